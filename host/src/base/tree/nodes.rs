//! The nodes of a tree in reading order, each with what it stands in: what rules walk over.
use serde_json::{Map, Value};

/// How a node is reached from the one above.
#[derive(Clone, Copy, Debug)]
enum Step {
    Root,
    /// Member of a list of children.
    Item(usize),
    /// The only child.
    Only,
}

/// One node.
pub struct Place<'t> {
    pub node: &'t Map<String, Value>,
    pub kind: &'t str,
    pub parent: Option<usize>,
    /// The innermost form around it.
    pub form: Option<usize>,
    /// Nodes inside each other, the root being 1.
    pub depth: usize,
    /// One past the last node below it.
    pub end: usize,
    step: Step,
}

impl<'t> Place<'t> {
    /// A property; null is none.
    pub fn get(&self, name: &str) -> Option<&'t Value> {
        self.node.get(name).filter(|value| !value.is_null())
    }

    pub fn str(&self, name: &str) -> Option<&'t str> {
        self.get(name).and_then(Value::as_str)
    }

    pub fn is(&self, name: &str) -> bool {
        self.get(name) == Some(&Value::Bool(true))
    }

    /// Whether there is a text to read in this property.
    pub fn says(&self, name: &str) -> bool {
        self.str(name).is_some_and(|text| !text.trim().is_empty())
    }

    pub fn is_form(&self) -> bool {
        self.kind == "Form" || (self.kind == "Card" && self.is("asForm"))
    }
}

pub struct Nodes<'t>(pub Vec<Place<'t>>);

impl<'t> Nodes<'t> {
    /// What is no node is passed over with all below it. The tree's nesting must be bounded.
    pub fn of(root: &'t Value) -> Nodes<'t> {
        let mut nodes = Nodes(Vec::new());
        nodes.enter(root, None, None, 1, Step::Root);
        nodes
    }

    fn enter(&mut self, value: &'t Value, parent: Option<usize>, form: Option<usize>, depth: usize, step: Step) {
        let Some(node) = value.as_object() else { return };
        let kind = node.get("type").and_then(Value::as_str).unwrap_or_default();
        let at = self.0.len();
        let place = Place { node, kind, parent, form, depth, end: at + 1, step };
        let form = if place.is_form() { Some(at) } else { form };
        self.0.push(place);
        match node.get("children") {
            Some(Value::Array(children)) => {
                for (index, child) in children.iter().enumerate() {
                    self.enter(child, Some(at), form, depth + 1, Step::Item(index));
                }
            }
            Some(child @ Value::Object(_)) => self.enter(child, Some(at), form, depth + 1, Step::Only),
            _ => {}
        }
        let end = self.0.len();
        if let Some(place) = self.0.get_mut(at) {
            place.end = end;
        }
    }

    pub fn get(&self, at: usize) -> Option<&Place<'t>> {
        self.0.get(at)
    }

    /// The node and all below it.
    pub fn below(&self, at: usize) -> &[Place<'t>] {
        let end = self.0.get(at).map_or(at, |place| place.end);
        self.0.get(at..end).unwrap_or_default()
    }

    pub fn pointer(&self, at: usize) -> String {
        let mut steps = Vec::new();
        let mut next = self.0.get(at);
        while let Some(place) = next {
            steps.push(place.step);
            next = place.parent.and_then(|parent| self.0.get(parent));
        }
        let mut pointer = String::new();
        for step in steps.iter().rev() {
            match step {
                Step::Root => {}
                Step::Item(index) => pointer.push_str(&format!("/children/{index}")),
                Step::Only => pointer.push_str("/children"),
            }
        }
        pointer
    }

    /// The pointer of a property.
    pub fn prop(&self, at: usize, name: &str) -> String {
        format!("{}/{}", self.pointer(at), escape(name))
    }
}

/// One step of a JSON pointer (RFC 6901).
pub fn escape(step: &str) -> String {
    step.replace('~', "~0").replace('/', "~1")
}
