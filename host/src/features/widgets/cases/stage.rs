//! What a person finds in a tree: things to press, fields to fill, forms to send; and what the browser sends for it.
//!
//! The rules are those of ChatKit and of our client: a form's values go along with every action inside it under the
//! names of their controls, dots nest, and what the payload says already wins.
use crate::platform::schema::Schema;
use serde_json::{Map, Value, json};

/// Levels that a control's name such as "todo.title" may open.
const MAX_NESTING: usize = 8;
const CONTROLS: [&str; 6] = ["Input", "Textarea", "Select", "RadioGroup", "Checkbox", "DatePicker"];

/// Something to press.
struct Trigger<'a> {
    name: String,
    action: Option<&'a Value>,
    form: Option<usize>,
    /// It sends its form, which the browser checks first.
    submits: bool,
    disabled: bool,
    /// Keys and ids of the nodes around it, and its own.
    within: Vec<&'a str>,
}

struct Field<'a> {
    name: &'a str,
    node: &'a Value,
    form: Option<usize>,
    initial: Option<Value>,
}

#[derive(Default)]
pub struct Stage<'a> {
    triggers: Vec<Trigger<'a>>,
    fields: Vec<Field<'a>>,
    /// For each form the action that sending it fires.
    forms: Vec<Option<&'a Value>>,
}

/// What came of it.
#[derive(Debug, PartialEq)]
pub enum Outcome {
    /// An action with its payload as the host will read it.
    Sends(Value),
    /// The browser says what is missing in these fields, and sends nothing.
    Blocked(Vec<String>),
}

/// Where a walk through the tree is.
struct At<'a, 'b> {
    form: Option<usize>,
    keys: &'b mut Vec<&'a str>,
}

fn text<'a>(node: &'a Value, name: &str) -> Option<&'a str> {
    node.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

fn yes(node: &Value, name: &str) -> bool {
    node.get(name) == Some(&Value::Bool(true))
}

fn action<'a>(node: &'a Value, name: &str) -> Option<&'a Value> {
    node.get(name).filter(|action| action.is_object())
}

/// The nodes below a node: a list, or one.
pub fn children(node: &Value) -> impl Iterator<Item = &Value> {
    let children = node.get("children");
    let list = children.and_then(Value::as_array).into_iter().flatten();
    list.chain(children.filter(|one| one.is_object()))
}

/// All words that a node shows, in their order.
fn words(node: &Value, into: &mut String) {
    for said in ["value", "label"].into_iter().filter_map(|name| text(node, name)) {
        into.push_str(if into.is_empty() { "" } else { " " });
        into.push_str(said);
    }
    children(node).for_each(|child| words(child, into));
}

impl<'a> Stage<'a> {
    pub fn of(tree: &'a Value) -> Stage<'a> {
        let mut stage = Stage::default();
        stage.walk(tree, &mut At { form: None, keys: &mut Vec::new() });
        stage
    }

    fn walk(&mut self, node: &'a Value, at: &mut At<'a, '_>) {
        let kind = text(node, "type").unwrap_or_default();
        let depth = at.keys.len();
        at.keys.extend(["key", "id"].into_iter().filter_map(|name| text(node, name)));
        let around = at.form;
        let own = match kind {
            "Form" => Some(action(node, "onSubmitAction")),
            "Card" if yes(node, "asForm") => Some(node.get("confirm").and_then(|confirm| action(confirm, "action"))),
            _ => None,
        };
        // A form within another belongs to the outer one.
        if let (Some(sends), None) = (own, around) {
            at.form = Some(self.forms.len());
            self.forms.push(sends);
        }
        match kind {
            "Card" => self.card(node, at),
            "Text" => {
                if let Some(editable) = action(node, "editable") {
                    let initial = node.get("value").cloned();
                    self.field(editable, at, initial);
                }
            }
            kind if CONTROLS.contains(&kind) => self.field(node, at, initial(kind, node)),
            _ => self.press(kind, node, at),
        }
        children(node).for_each(|child| self.walk(child, at));
        at.form = around;
        at.keys.truncate(depth);
    }

    fn card(&mut self, node: &'a Value, at: &At<'a, '_>) {
        for name in ["confirm", "cancel"] {
            let Some(button) = node.get(name).filter(|button| button.is_object()) else { continue };
            self.triggers.push(Trigger {
                name: text(button, "label").unwrap_or_default().to_owned(),
                action: action(button, "action"),
                form: at.form,
                submits: name == "confirm" && at.form.is_some(),
                disabled: false,
                within: at.keys.clone(),
            });
        }
    }

    fn field(&mut self, node: &'a Value, at: &At<'a, '_>, initial: Option<Value>) {
        if let Some(name) = text(node, "name") {
            self.fields.push(Field { name, node, form: at.form, initial });
        }
    }

    fn press(&mut self, kind: &str, node: &'a Value, at: &At<'a, '_>) {
        let submits = kind == "Button" && yes(node, "submit") && at.form.is_some();
        let clicked = action(node, "onClickAction");
        if kind != "Button" && clicked.is_none() {
            return;
        }
        let name = ["ariaLabel", "label"].into_iter().find_map(|name| text(node, name)).map(str::to_owned);
        let name = name.unwrap_or_else(|| {
            let mut all = String::new();
            words(node, &mut all);
            all
        });
        let sent = at.form.and_then(|form| self.forms.get(form).copied().flatten());
        self.triggers.push(Trigger {
            name,
            action: if submits { sent } else { clicked },
            form: at.form,
            submits,
            disabled: yes(node, "disabled"),
            within: at.keys.clone(),
        });
    }

    /// Presses what is called `name`, below a node of the key `within` where one is given. Errors: sentences.
    pub fn click(&self, name: &str, within: Option<&str>, fill: &Map<String, Value>) -> Result<Outcome, String> {
        let inside = |one: &&Trigger<'_>| within.is_none_or(|key| one.within.contains(&key));
        let mut named: Vec<_> = self.triggers.iter().filter(|one| one.name == name).filter(inside).collect();
        if named.is_empty() {
            named = self.triggers.iter().filter(|one| one.name.contains(name)).filter(inside).collect();
        }
        let one = match named.as_slice() {
            [one] => one,
            [] => return Err(format!("there is nothing to press called {name:?}; there is {}", self.names())),
            more => return Err(format!("{} things are called {name:?}: say which by \"within\", a key", more.len())),
        };
        if one.disabled {
            return Err(format!("{name:?} is disabled"));
        }
        let Some(action) = one.action else { return Err(format!("{name:?} has no action")) };
        self.send(action, one.form, one.submits, fill)
    }

    /// Fills and sends the form that has these fields. Errors: sentences.
    pub fn submit(&self, fill: &Map<String, Value>) -> Result<Outcome, String> {
        let has = |form: usize, name: &String| self.fields.iter().any(|one| one.form == Some(form) && one.name == name);
        let fitting = (0..self.forms.len()).filter(|form| fill.keys().all(|name| has(*form, name)));
        match fitting.collect::<Vec<_>>().as_slice() {
            [] if self.forms.is_empty() => Err("there is no form".to_owned()),
            [] => Err(format!("no form has all of these fields; there are {}", self.field_names())),
            [form] => match self.forms.get(*form).copied().flatten() {
                Some(action) => self.send(action, Some(*form), true, fill),
                None => Err("the form has no action".to_owned()),
            },
            _ => Err("several forms have these fields; press one's button by \"click\", with \"fill\"".to_owned()),
        }
    }

    /// Changes one control that has an action of its own. Errors: sentences.
    pub fn change(&self, fill: &Map<String, Value>) -> Result<Outcome, String> {
        let changed = fill.keys().next_back().map(String::as_str).unwrap_or_default();
        let field = self.fields.iter().find(|one| one.name == changed);
        let field = field.ok_or_else(|| format!("there is no field {changed:?}; there are {}", self.field_names()))?;
        let Some(action) = action(field.node, "onChangeAction") else {
            return Err(format!("the field {changed:?} has no onChangeAction"));
        };
        if field.form.is_some() {
            return self.send(action, field.form, false, fill);
        }
        let value = typed(field, fill.get(changed).unwrap_or(&Value::Null))?;
        Ok(Outcome::Sends(sent(action, vec![(changed, value)])))
    }

    fn send(
        &self,
        action: &Value,
        form: Option<usize>,
        submits: bool,
        fill: &Map<String, Value>,
    ) -> Result<Outcome, String> {
        let fields: Vec<_> = self.fields.iter().filter(|one| form.is_some() && one.form == form).collect();
        if let Some(stranger) = fill.keys().find(|name| !fields.iter().any(|one| one.name == name.as_str())) {
            return Err(format!("there is no field {stranger:?} to fill; there are {}", self.field_names()));
        }
        let mut values = Vec::new();
        let mut wrong = Vec::new();
        for field in fields {
            let value = match fill.get(field.name) {
                Some(value) if yes(field.node, "disabled") && !value.is_null() => {
                    return Err(format!("the field {:?} is disabled", field.name));
                }
                Some(value) => typed(field, value)?,
                None => field.initial.clone(),
            };
            if submits && !acceptable(field, value.as_ref()) {
                wrong.push(field.name.to_owned());
            }
            values.push((field.name, value));
        }
        Ok(if wrong.is_empty() { Outcome::Sends(sent(action, values)) } else { Outcome::Blocked(wrong) })
    }

    /// Whether a fault of this pointer would stand at a field.
    pub fn has_field(&self, pointer: &str) -> bool {
        let name = pointer.trim_start_matches('/').replace('/', ".");
        self.fields.iter().any(|one| one.name == name)
    }

    fn names(&self) -> String {
        listed(self.triggers.iter().map(|one| one.name.as_str()))
    }

    fn field_names(&self) -> String {
        listed(self.fields.iter().map(|one| one.name))
    }
}

fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let mut names: Vec<String> = names.map(|name| format!("{name:?}")).collect();
    names.dedup();
    if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
}

/// What a control holds before anybody touches it; `None` is a group in which nothing is chosen.
fn initial(kind: &str, node: &Value) -> Option<Value> {
    let given = node.get("defaultValue").filter(|value| !value.is_null());
    let said = given.map(plain).unwrap_or_default();
    match kind {
        "Checkbox" => Some(yes(node, "defaultChecked").into()),
        "RadioGroup" => given.map(|_| said.into()),
        "DatePicker" => Some(said.get(..10).unwrap_or(&said).into()),
        _ => Some(said.into()),
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A value as the control holds it once somebody has put it there. Errors: it cannot be put there.
fn typed(field: &Field<'_>, value: &Value) -> Result<Option<Value>, String> {
    let refuse = |why: &str| Err(format!("the field {:?} {why}", field.name));
    let kind = text(field.node, "type").unwrap_or_default();
    match (kind, value) {
        ("Checkbox", Value::Bool(checked)) => Ok(Some((*checked).into())),
        ("Checkbox", _) => refuse("is a checkbox: true or false"),
        ("RadioGroup", Value::Null) => Ok(None),
        (_, Value::Bool(_) | Value::Object(_) | Value::Array(_)) => refuse("takes text"),
        ("Select" | "RadioGroup", value) => {
            let chosen = if value.is_null() { String::new() } else { plain(value) };
            let options = field.node.get("options").and_then(Value::as_array).into_iter().flatten();
            let mut open = options.filter(|option| !yes(option, "disabled")).filter_map(|option| option.get("value"));
            if (kind == "Select" && chosen.is_empty()) || open.any(|option| plain(option) == chosen) {
                return Ok(Some(chosen.into()));
            }
            refuse(&format!("has no option {chosen:?} that can be chosen"))
        }
        (_, Value::Null) => Ok(Some("".into())),
        (_, value) => Ok(Some(plain(value).into())),
    }
}

/// Whether a browser would let a form go with this value.
fn acceptable(field: &Field<'_>, value: Option<&Value>) -> bool {
    if yes(field.node, "disabled") {
        return true;
    }
    let said = value.and_then(Value::as_str).unwrap_or_default();
    if said.is_empty() && value != Some(&Value::Bool(true)) {
        return !yes(field.node, "required");
    }
    let parts =
        |at: char| said.split_once(at).is_some_and(|(a, b)| !a.is_empty() && !b.is_empty() && !said.contains(' '));
    let kind = match text(field.node, "inputType") {
        Some("email") => parts('@'),
        Some("url") => parts(':'),
        Some("number") => said.trim().parse::<f64>().is_ok(),
        _ => true,
    };
    // A pattern that no browser understands is not held against anybody either.
    let pattern = text(field.node, "pattern").is_none_or(|pattern| {
        let schema = json!({"type": "string", "pattern": format!("^(?:{pattern})$")});
        Schema::compile(&schema).map_or(true, |schema| schema.check(&Value::from(said)).is_ok())
    });
    kind && pattern
}

fn sent(action: &Value, values: Vec<(&str, Option<Value>)>) -> Value {
    let mut merged = Map::new();
    for (name, value) in values {
        if let Some(value) = value {
            nest(&mut merged, name, value);
        }
    }
    let payload = match action.get("payload") {
        Some(Value::Object(payload)) => {
            merged.extend(payload.clone());
            Value::Object(merged)
        }
        None | Some(Value::Null) => Value::Object(merged),
        Some(other) => other.clone(),
    };
    let mut sent = json!({"type": action.get("type"), "payload": payload});
    if let (Some(object), Some("client")) = (sent.as_object_mut(), text(action, "handler")) {
        object.insert("handler".to_owned(), "client".into());
    }
    sent
}

fn nest(into: &mut Map<String, Value>, name: &str, value: Value) {
    let steps: Vec<&str> = name.split('.').collect();
    let flat = steps.len() > MAX_NESTING || steps.iter().any(|step| step.is_empty());
    let Some((last, above)) = steps.split_last().filter(|_| !flat) else {
        into.insert(name.to_owned(), value);
        return;
    };
    let mut place = into;
    for step in above {
        let below = place.entry((*step).to_owned()).or_insert_with(|| Value::Object(Map::new()));
        if !below.is_object() {
            *below = Value::Object(Map::new());
        }
        let Some(map) = below.as_object_mut() else { return };
        place = map;
    }
    place.insert((*last).to_owned(), value);
}

#[cfg(test)]
mod tests;
