//! The widget tree: its shape, its wire form, its figures.
//!
//! The shape check is ChatKit's own and deliberately narrow: unknown components, unknown properties and wrong property
//! values pass. What is stricter than this (types, properties, actions, forms, accessibility) is a separate, reportable
//! step: [`review`], which knows the components from one table, [`vocabulary`].
pub mod access;
pub mod colour;
pub mod diff;
pub mod finding;
mod named_colours;
pub mod nodes;
pub mod review;
pub mod rules;
pub mod schema;
pub mod strict;
pub mod url;
pub mod vocabulary;

use crate::base::error::Fault;
use serde_json::{Map, Value};

/// Types that a root may have.
pub const ROOTS: [&str; 3] = ["Card", "ListView", "Basic"];
/// A report names at most this many faults.
const MAX_FAULTS: usize = 20;
/// Arrays and objects inside each other, counted over everything. A tree travels inside an answer and is parsed again by
/// readers that stop at 128.
pub(super) const MAX_NESTING: usize = 100;

/// Hard bounds of a tree; past one of them it is refused.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of the wire form as compact JSON.
    pub bytes: usize,
    /// Nodes inside each other, the root being 1.
    pub depth: usize,
    pub nodes: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { bytes: 128 * 1024, depth: 64, nodes: 10_000 }
    }
}

/// Above these a widget works, but loads slowly and is hard to use; reports mention it.
pub const WARN: Limits = Limits { bytes: 50 * 1024, depth: 10, nodes: 1_000 };

/// What a tree weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Figures {
    /// Bytes of the wire form as compact JSON.
    pub bytes: usize,
    pub nodes: usize,
    /// Nodes inside each other, the root being 1.
    pub depth: usize,
}

/// Everything that is wrong with the shape of `root`; empty if nothing is. Pointers lead to the node, or to the member
/// where it exists. Trees nested past what any reader takes are refused here too.
pub fn check(root: &Value) -> Vec<Fault> {
    let mut faults = Vec::new();
    match root.get("type").and_then(Value::as_str) {
        Some(kind) if ROOTS.contains(&kind) => {}
        Some(kind) => push(&mut faults, "/type", format!("the root is a {kind:?}, but must be one of {ROOTS:?}")),
        None if root.is_object() => push(&mut faults, "", format!("the root has no type; it must be one of {ROOTS:?}")),
        None => push(&mut faults, "", "the root must be an object".into()),
    }
    if !nesting_within(root, MAX_NESTING) {
        push(&mut faults, "", format!("more than {MAX_NESTING} arrays and objects inside each other"));
    } else if let Some(node) = root.as_object() {
        check_members(node, &mut String::new(), &mut faults);
    }
    faults
}

fn push(faults: &mut Vec<Fault>, pointer: &str, message: String) {
    if faults.len() < MAX_FAULTS {
        faults.push(Fault { pointer: pointer.into(), message });
    }
}

fn check_node(value: &Value, at: &mut String, faults: &mut Vec<Fault>) {
    let Some(node) = value.as_object() else {
        return push(faults, at, format!("{} where a node (an object with a type) is expected", kind_of(value)));
    };
    match node.get("type") {
        Some(Value::String(_)) => {}
        Some(other) => push(faults, &format!("{at}/type"), format!("type must be a string, not {}", kind_of(other))),
        None => push(faults, at, "a node without type".into()),
    }
    check_members(node, at, faults);
}

fn check_members(node: &Map<String, Value>, at: &mut String, faults: &mut Vec<Fault>) {
    for name in ["key", "id"] {
        if let Some(value) = node.get(name).filter(|v| !v.is_string() && !v.is_null()) {
            push(faults, &format!("{at}/{name}"), format!("{name} must be a string, not {}", kind_of(value)));
        }
    }
    let here = at.len();
    at.push_str("/children");
    match node.get("children") {
        None | Some(Value::Null) => {}
        Some(Value::Array(children)) => {
            let list = at.len();
            for (index, child) in children.iter().enumerate() {
                at.push('/');
                at.push_str(&index.to_string());
                check_node(child, at, faults);
                at.truncate(list);
            }
        }
        Some(Value::Object(_)) => node.get("children").into_iter().for_each(|child| check_node(child, at, faults)),
        Some(other) => push(faults, at, format!("children must be a node or a list, not {}", kind_of(other))),
    }
    at.truncate(here);
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

fn nesting_within(value: &Value, left: usize) -> bool {
    match value {
        Value::Array(items) => left > 0 && items.iter().all(|v| nesting_within(v, left - 1)),
        Value::Object(members) => left > 0 && members.values().all(|v| nesting_within(v, left - 1)),
        _ => true,
    }
}

/// The tree as it is sent: every null is dropped, in objects and in lists, everywhere. Falsy values stay.
pub fn wire(tree: Value) -> Value {
    match tree {
        Value::Array(items) => Value::Array(items.into_iter().filter(|v| !v.is_null()).map(wire).collect()),
        Value::Object(members) => {
            Value::Object(members.into_iter().filter(|(_, v)| !v.is_null()).map(|(k, v)| (k, wire(v))).collect())
        }
        other => other,
    }
}

/// What the tree weighs. Give the wire form, as the bytes are its own.
pub fn figures(tree: &Value) -> Figures {
    let mut figures = Figures { bytes: 0, nodes: 0, depth: 0 };
    let mut counter = Counter(0);
    // counting cannot fail, and a tree has only string keys
    let _ = serde_json::to_writer(&mut counter, tree);
    figures.bytes = counter.0;
    count(tree, 1, &mut figures);
    figures
}

fn count(node: &Value, depth: usize, figures: &mut Figures) {
    figures.nodes += 1;
    figures.depth = figures.depth.max(depth);
    match node.get("children") {
        Some(Value::Array(children)) => children.iter().for_each(|child| count(child, depth + 1, figures)),
        Some(child @ Value::Object(_)) => count(child, depth + 1, figures),
        _ => {}
    }
}

/// Whether `figures` keep to `limits`; the faults name the figure and the bound.
pub fn within(figures: &Figures, limits: &Limits) -> Vec<Fault> {
    [
        (figures.bytes, limits.bytes, "bytes"),
        (figures.nodes, limits.nodes, "nodes"),
        (figures.depth, limits.depth, "nodes inside each other"),
    ]
    .into_iter()
    .filter(|(is, most, _)| is > most)
    .map(|(is, most, what)| Fault { pointer: String::new(), message: format!("{is} {what}, at most {most}") })
    .collect()
}

struct Counter(usize);

impl std::io::Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn pointers(tree: Value) -> Vec<String> {
        check(&tree).into_iter().map(|f| f.pointer).collect()
    }

    #[test]
    fn good_shapes_pass() {
        for tree in [
            json!({"type": "Card", "children": []}),
            json!({"type": "Basic"}),
            json!({"type": "ListView", "children": null, "key": null, "id": "x"}),
            json!({"type": "Card", "children": {"type": "Transition", "children": {"type": "Unknown", "size": []}}}),
            json!({"type": "Card", "children": [{"type": "Text", "value": {"children": 5}}], "status": {"children": 7}}),
        ] {
            assert_eq!(check(&tree), [], "{tree}");
        }
    }

    #[test]
    fn bad_shapes_name_the_place() {
        assert_eq!(pointers(json!([])), [""]);
        assert_eq!(pointers(json!({"type": "Row"})), ["/type"]);
        assert_eq!(pointers(json!({"type": 5})), [""]);
        assert_eq!(pointers(json!({"type": "Card", "children": [null]})), ["/children/0"]);
        assert_eq!(pointers(json!({"type": "Card", "children": [[]]})), ["/children/0"]);
        assert_eq!(pointers(json!({"type": "Card", "children": "x"})), ["/children"]);
        assert_eq!(pointers(json!({"type": "Card", "id": 7, "key": false})), ["/key", "/id"]);
        let deep = json!({"type": "Card", "children": [{"type": "Row", "children": {"type": "Col", "children": [{"v": 1}, {"type": 1}]}}]});
        assert_eq!(pointers(deep), ["/children/0/children/children/0", "/children/0/children/children/1/type"]);
    }

    #[test]
    fn faults_are_bounded_and_so_is_nesting() {
        assert_eq!(check(&json!({"type": "Card", "children": vec![Value::Null; 1000]})).len(), MAX_FAULTS);
        let mut tree = json!({"type": "Text"});
        for _ in 0..60 {
            tree = json!({"type": "Card", "children": [tree]});
        }
        assert_eq!(pointers(tree), [""]);
    }

    #[test]
    fn wire_drops_nulls_everywhere_and_keeps_falsy_values() {
        let tree = json!({"type": "Card", "a": null, "b": [null, {"c": null, "d": 0}, [null]], "e": "", "f": false, "g": {}, "h": {"i": null}});
        let expected = json!({"type": "Card", "b": [{"d": 0}, []], "e": "", "f": false, "g": {}, "h": {}});
        assert_eq!(wire(tree), expected);
    }

    #[test]
    fn figures_and_limits() {
        let tree =
            json!({"type": "Card", "children": [{"type": "Row", "children": {"type": "Text"}}, {"type": "Text"}]});
        let figures = figures(&tree);
        assert_eq!((figures.nodes, figures.depth), (4, 3));
        assert_eq!(figures.bytes, tree.to_string().len());
        assert!(within(&figures, &Limits::default()).is_empty());
        assert_eq!(within(&figures, &Limits { bytes: 10, depth: 2, nodes: 3 }).len(), 3);
    }
}
