//! From one state of a widget to the next: what to send so that a client need not be sent the whole tree.
//!
//! [`Fineness::ChatKit`] says what ChatKit's own server says: a text that grows is sent by its new part, everything else
//! as the whole tree. Its client is never told of growth that has no `id` to name it; the state at the end makes up for
//! it. [`Fineness::Small`] never loses anything, and replaces the smallest node with an `id` of its own that holds a
//! change. Both are in ChatKit's protocol.
use super::{nodes::Nodes, wire};
use serde_json::{Map, Value, json};
use std::collections::HashMap;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fineness {
    #[default]
    ChatKit,
    Small,
}

/// One message to a client.
#[derive(Clone, Debug, PartialEq)]
pub enum Update {
    Root(Value),
    Component { id: String, component: Value },
    Text { id: String, delta: String, done: bool },
}

impl Update {
    /// As ChatKit's protocol writes it.
    pub fn to_json(&self) -> Value {
        match self {
            Update::Root(widget) => json!({"type": "widget.root.updated", "widget": widget}),
            Update::Component { id, component } => {
                json!({"type": "widget.component.updated", "component_id": id, "component": component})
            }
            Update::Text { id, delta, done } => {
                json!({"type": "widget.streaming_text.value_delta", "component_id": id, "delta": delta, "done": done})
            }
        }
    }
}

/// What leads from `before` to `after`, in the order in which it must be applied. Both must have passed the shape check,
/// which bounds their nesting; nulls in them count as absent.
pub fn diff(before: &Value, after: &Value, fineness: Fineness) -> Vec<Update> {
    let (before, after) = (wire(before.clone()), wire(after.clone()));
    if before == after {
        return Vec::new();
    }
    match fineness {
        Fineness::ChatKit if is_replaced(&before, &after) => vec![Update::Root(after)],
        Fineness::ChatKit => grown_texts(&before, &after),
        Fineness::Small => {
            let ids = Ids { before: counts(&before), after: counts(&after) };
            let mut updates = Vec::new();
            let weight = |updates: &[Update]| updates.iter().map(|u| u.to_json().to_string().len()).sum::<usize>();
            if ids.node(&before, &after, &mut updates).is_err() || weight(&updates) > after.to_string().len() {
                return vec![Update::Root(after)];
            }
            updates
        }
    }
}

/// The tree after these updates. `None`: one names a node that is not there, or is no text.
pub fn apply(tree: &Value, updates: &[Update]) -> Option<Value> {
    let mut tree = wire(tree.clone());
    for update in updates {
        match update {
            Update::Root(widget) => tree = widget.clone(),
            Update::Component { id, component } => *find(&mut tree, id, false)? = component.clone(),
            Update::Text { id, delta, .. } => match find(&mut tree, id, true)?.get_mut("value") {
                Some(Value::String(text)) => text.push_str(delta),
                _ => return None,
            },
        }
    }
    Some(tree)
}

/// The last node with this id; for texts, the last text.
fn find<'t>(node: &'t mut Value, id: &str, text: bool) -> Option<&'t mut Value> {
    let is_it = |node: &Value| node.get("id").and_then(Value::as_str) == Some(id) && (!text || is_text(node));
    let own = is_it(node);
    let below = match node.get("children") {
        Some(Value::Array(children)) => children.iter().rposition(|child| holds(child, &is_it)).map(Some),
        Some(child @ Value::Object(_)) if holds(child, &is_it) => Some(None),
        _ => None,
    };
    match below {
        Some(Some(index)) => find(node.get_mut("children")?.get_mut(index)?, id, text),
        Some(None) => find(node.get_mut("children")?, id, text),
        None => own.then_some(node),
    }
}

fn holds(node: &Value, is_it: &dyn Fn(&Value) -> bool) -> bool {
    is_it(node)
        || match node.get("children") {
            Some(Value::Array(children)) => children.iter().any(|child| holds(child, is_it)),
            Some(child) => holds(child, is_it),
            None => false,
        }
}

fn is_text(node: &Value) -> bool {
    matches!(node.get("type").and_then(Value::as_str), Some("Text" | "Markdown"))
}

/// Whether a text only grew, by nothing perhaps.
fn grew(before: &Value, after: &Value) -> bool {
    let value = |node: &'_ Value| node.get("value").and_then(Value::as_str).map(str::to_owned);
    let both = is_text(before) && is_text(after);
    both && value(before).zip(value(after)).is_some_and(|(before, after)| after.starts_with(&before))
}

/// Whether ChatKit sends the whole tree: anything but a growing text is different.
fn is_replaced(before: &Value, after: &Value) -> bool {
    let (Some(old), Some(new)) = (before.as_object(), after.as_object()) else { return before != after };
    let names = ["type", "id", "key"];
    if names.iter().any(|name| old.get(*name) != new.get(*name)) {
        return true;
    }
    let grew = grew(before, after);
    let differs = |name: &String| match (old.get(name), new.get(name)) {
        _ if grew && name == "value" => false,
        (Some(old), Some(new)) if name == "children" => children_replaced(old, new),
        (old, new) => old != new,
    };
    old.keys().chain(new.keys().filter(|name| !old.contains_key(*name))).any(differs)
}

fn children_replaced(old: &Value, new: &Value) -> bool {
    match (old, new) {
        (Value::Array(old), Value::Array(new)) => {
            old.len() != new.len() || old.iter().zip(new).any(|(old, new)| is_replaced(old, new))
        }
        (Value::Object(_), Value::Object(_)) => is_replaced(old, new),
        _ => old != new,
    }
}

/// Texts with an id, as ChatKit finds them: through lists of children alone, and of two with one id the last.
fn texts<'t>(node: &'t Value, found: &mut Vec<(&'t str, &'t Value)>, places: &mut HashMap<&'t str, usize>) {
    if let Some(id) = node.get("id").and_then(Value::as_str).filter(|_| is_text(node)) {
        match places.get(id).and_then(|at| found.get_mut(*at)) {
            Some(place) => place.1 = node,
            None => {
                places.insert(id, found.len());
                found.push((id, node));
            }
        }
    }
    for child in node.get("children").and_then(Value::as_array).into_iter().flatten() {
        texts(child, found, places);
    }
}

fn grown_texts(before: &Value, after: &Value) -> Vec<Update> {
    let all = |tree| {
        let (mut found, mut places) = (Vec::new(), HashMap::new());
        texts(tree, &mut found, &mut places);
        found
    };
    // Both have the same nodes, so the lists run in step.
    all(before).into_iter().zip(all(after)).filter_map(|((_, old), (id, new))| delta(id, old, new)).collect()
}

/// The new part of a text that grew; `None` where nothing was added.
fn delta(id: &str, before: &Value, after: &Value) -> Option<Update> {
    let text = |node: &Value| node.get("value").and_then(Value::as_str).map(str::to_owned);
    let delta = text(after)?.strip_prefix(text(before)?.as_str())?.to_owned();
    let done = after.get("streaming") != Some(&Value::Bool(true));
    (!delta.is_empty()).then(|| Update::Text { id: id.to_owned(), delta, done })
}

fn counts(tree: &Value) -> HashMap<String, usize> {
    let mut counts = HashMap::new();
    for place in &Nodes::of(tree).0 {
        if let Some(id) = place.str("id") {
            *counts.entry(id.to_owned()).or_insert(0) += 1;
        }
    }
    counts
}

/// How often each id occurs.
struct Ids {
    before: HashMap<String, usize>,
    after: HashMap<String, usize>,
}

/// The change cannot be named here: something around it must be replaced.
struct Around;

impl Ids {
    /// The node's id, if it names this node and no other, before and after.
    fn name<'t>(&self, before: &Value, after: &'t Value) -> Option<&'t str> {
        let id = after.get("id").and_then(Value::as_str)?;
        let alone = self.before.get(id) == Some(&1) && self.after.get(id) == Some(&1);
        (alone && before.get("id") == after.get("id")).then_some(id)
    }

    fn node(&self, before: &Value, after: &Value, updates: &mut Vec<Update>) -> Result<(), Around> {
        let so_far = updates.len();
        if self.inside(before, after, updates).is_ok() {
            return Ok(());
        }
        updates.truncate(so_far);
        let id = self.name(before, after).ok_or(Around)?.to_owned();
        updates.push(Update::Component { id, component: after.clone() });
        Ok(())
    }

    fn inside(&self, before: &Value, after: &Value, updates: &mut Vec<Update>) -> Result<(), Around> {
        let (Some(old), Some(new)) = (before.as_object(), after.as_object()) else { return Err(Around) };
        let grew = grew(before, after);
        let skipped = |name: &str| name == "children" || (grew && name == "value");
        let same = |old: &Map<String, Value>, new: &Map<String, Value>| {
            old.iter().all(|(name, value)| skipped(name) || new.get(name) == Some(value))
        };
        if !same(old, new) || !same(new, old) {
            return Err(Around);
        }
        if grew && old.get("value") != new.get("value") {
            let id = self.name(before, after).ok_or(Around)?;
            updates.extend(delta(id, before, after));
        }
        match (old.get("children"), new.get("children")) {
            (Some(Value::Array(old)), Some(Value::Array(new))) if old.len() == new.len() => {
                old.iter().zip(new).try_for_each(|(old, new)| self.node(old, new, updates))
            }
            (Some(old @ Value::Object(_)), Some(new @ Value::Object(_))) => self.node(old, new, updates),
            (old, new) if old == new => Ok(()),
            _ => Err(Around),
        }
    }
}

#[cfg(test)]
mod tests;
