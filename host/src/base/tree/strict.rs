//! Strict validation of a tree's structure by the vocabulary: what ChatKit's own check lets pass, because a renderer
//! would only skip it, is said here. The generated JSON Schema says the same of a tree as it is sent.
//!
//! A null counts as absent, as it is not sent. One walk over everything, in time linear in the tree's size.
use super::finding::{Findings, Rule, shown};
use super::nodes::{Nodes, Place, escape};
use super::url::{UrlUse, safe_url};
use super::vocabulary::{self, Children, Group, Kind, Known, Prop, Shape, Type, words};
use super::{colour, kind_of};
use serde_json::{Map, Value};

/// Members that every node may have.
const BASE: [&str; 4] = ["type", "key", "id", "children"];

/// Where a value is, from the inside out.
struct Path<'p> {
    up: Option<&'p Path<'p>>,
    step: Step<'p>,
}

#[derive(Clone, Copy)]
enum Step<'p> {
    Node(&'p Nodes<'p>, usize),
    Member(&'p str),
    Item(usize),
}

impl<'p> Path<'p> {
    fn below(&'p self, step: Step<'p>) -> Path<'p> {
        Path { up: Some(self), step }
    }

    fn pointer(&self) -> String {
        let before = self.up.map(Path::pointer).unwrap_or_default();
        match self.step {
            Step::Node(nodes, at) => nodes.pointer(at),
            Step::Member(name) => format!("{before}/{}", escape(name)),
            Step::Item(index) => format!("{before}/{index}"),
        }
    }

    /// The innermost name, for a message.
    fn name(&self) -> &str {
        match self.step {
            Step::Member(name) => name,
            Step::Item(_) => self.up.map_or("the value", |up| up.name()),
            Step::Node(..) => "the node",
        }
    }
}

/// Looks at every node and property. The tree's nesting must be bounded.
pub fn check(nodes: &Nodes<'_>, findings: &mut Findings) {
    let mut checker = Checker { findings };
    for (at, place) in nodes.0.iter().enumerate() {
        checker.node(nodes, at, place);
    }
}

struct Checker<'f> {
    findings: &'f mut Findings,
}

impl Checker<'_> {
    fn node(&mut self, nodes: &Nodes<'_>, at: usize, place: &Place<'_>) {
        let path = Path { up: None, step: Step::Node(nodes, at) };
        for name in ["key", "id"] {
            if let Some(value) = place.get(name).filter(|value| !value.is_string()) {
                let message = format!("{name} must be a text, not {}", kind_of(value));
                self.findings.add(Rule::WrongType, nodes.prop(at, name), message);
            }
        }
        match place.get("type") {
            None => return self.findings.add(Rule::NotANode, path.pointer(), "a node needs a type"),
            Some(Value::String(_)) => {}
            Some(other) => {
                let message = format!("type must be a text, not {}", kind_of(other));
                return self.findings.add(Rule::NotANode, nodes.prop(at, "type"), message);
            }
        }
        let Some(known) = vocabulary::component(place.kind) else { return self.unknown(nodes, at, place) };
        self.place(nodes, at, place, known);
        self.children(&path, place, known);
        let prop = |name: &str| known.props.get(name).copied();
        self.members(&path, place.kind, place.node, prop, || known.component.props(), &BASE);
    }

    fn unknown(&mut self, nodes: &Nodes<'_>, at: usize, place: &Place<'_>) {
        let names = vocabulary::COMPONENTS.iter().map(|component| component.name);
        let hint = vocabulary::nearest(place.kind, names).map(|name| format!("Did you mean {name}?"));
        let message = format!("there is no component {}", shown(place.kind));
        let rule = if place.parent.is_none() { Rule::InvalidRoot } else { Rule::UnknownComponent };
        self.findings.add_with(rule, nodes.prop(at, "type"), message, hint);
        if let Some(Value::Array(children)) = place.get("children") {
            let path = Path { up: None, step: Step::Node(nodes, at) };
            self.items(&path, children);
        }
    }

    fn place(&mut self, nodes: &Nodes<'_>, at: usize, place: &Place<'_>, known: &Known) {
        let group = known.component.group;
        let Some(parent) = place.parent.and_then(|parent| nodes.get(parent)) else {
            if group != Group::Root {
                let message = format!("the root is a {}, but must be a Card, a ListView or a Basic", place.kind);
                self.findings.add(Rule::InvalidRoot, nodes.prop(at, "type"), message);
            }
            return;
        };
        let Some(above) = vocabulary::component(parent.kind) else { return };
        let allowed = above.component.children.groups();
        if allowed.is_empty() || allowed.contains(&group) {
            return;
        }
        let (message, hint) = match group {
            Group::Root => (format!("a {} is a root", place.kind), "Use a Box, Col or Row inside of a widget"),
            Group::Item => ("a ListViewItem stands in a ListView".into(), "Use a Row here"),
            Group::Row => ("a Table.Row stands in a Table".into(), "Put a Table around the rows"),
            Group::Cell => ("a Table.Cell stands in a Table.Row".into(), "Put a Table.Row around the cells"),
            Group::Usual if parent.kind == "ListView" => {
                (format!("a ListView holds ListViewItems, not a {}", place.kind), "Put a ListViewItem around it")
            }
            Group::Usual => {
                (format!("a {} may not stand in a {}", place.kind, parent.kind), "Put a Table.Cell around it")
            }
        };
        self.findings.add_with(Rule::MisplacedComponent, nodes.pointer(at), message, Some(hint.to_owned()));
    }

    fn children(&mut self, path: &Path<'_>, place: &Place<'_>, known: &Known) {
        let here = || path.below(Step::Member("children")).pointer();
        let children = known.component.children;
        match (place.get("children"), children) {
            (None, Children::Many { required: true, .. }) => {
                self.findings.add(Rule::MissingProp, here(), format!("a {} needs children", place.kind));
            }
            (None, _) => {}
            (Some(_), Children::None) => {
                let message = format!("a {} has no children", place.kind);
                self.findings.add(Rule::UnexpectedChildren, here(), message);
            }
            (Some(Value::Array(_)), Children::One(_)) => {
                let message = format!("a {} has one child, not a list", place.kind);
                self.findings.add(Rule::UnexpectedChildren, here(), message);
            }
            (Some(Value::Array(items)), Children::Many { .. }) => self.items(path, items),
            (Some(Value::Object(_)), _) => {}
            (Some(other), _) => {
                let message = format!("children must be a list of nodes, not {}", kind_of(other));
                self.findings.add(Rule::NotANode, here(), message);
            }
        }
    }

    fn items(&mut self, path: &Path<'_>, items: &[Value]) {
        for (index, item) in items.iter().enumerate().filter(|(_, item)| !item.is_object()) {
            let list = path.below(Step::Member("children"));
            let pointer = list.below(Step::Item(index)).pointer();
            self.findings.add(Rule::NotANode, pointer, format!("{} stands where a node is expected", kind_of(item)));
        }
    }

    /// Members of an object: each is known and fits, and none is missing.
    fn members<I: Iterator<Item = &'static Prop>>(
        &mut self,
        path: &Path<'_>,
        owner: &str,
        object: &Map<String, Value>,
        prop: impl Fn(&str) -> Option<&'static Prop>,
        all: impl Fn() -> I,
        others: &[&str],
    ) {
        for (name, value) in object.iter().filter(|(_, value)| !value.is_null()) {
            if others.contains(&name.as_str()) {
                continue;
            }
            let path = path.below(Step::Member(name));
            match prop(name) {
                Some(prop) => self.value(&path, prop.of, value),
                None => {
                    let hint = vocabulary::nearest(name, all().map(|prop| prop.name));
                    let hint = hint.map(|name| format!("Did you mean {name}?"));
                    let message = format!("{owner} has no property {}", shown(name));
                    self.findings.add_with(Rule::UnknownProp, path.pointer(), message, hint);
                }
            }
        }
        for prop in all().filter(|prop| prop.required && object.get(prop.name).is_none_or(Value::is_null)) {
            let message = format!("{owner} needs {}: {}", prop.name, prop.of.says);
            self.findings.add(Rule::MissingProp, path.below(Step::Member(prop.name)).pointer(), message);
        }
    }

    fn shape(&mut self, path: &Path<'_>, shape: &'static Shape, object: &Map<String, Value>, others: &[&str]) {
        self.members(path, path.name(), object, |name| shape.prop(name), || shape.props.iter(), others);
    }

    fn value(&mut self, path: &Path<'_>, of: &'static Type, value: &Value) {
        match (&of.kind, value) {
            (Kind::Anything, _) | (Kind::Bool, Value::Bool(_)) | (Kind::False, Value::Bool(false)) => {}
            (Kind::Number, Value::Number(_)) | (Kind::Text, Value::String(_)) => {}
            (Kind::Integer, Value::Number(number)) => {
                if number.as_f64().is_some_and(|number| number.fract() != 0.0) {
                    let message = format!("{} must be a whole number", path.name());
                    self.findings.add(Rule::WrongType, path.pointer(), message);
                }
            }
            (Kind::Name | Kind::Word(_) | Kind::Icon | Kind::Colour | Kind::Url | Kind::Date, Value::String(text)) => {
                self.text(path, &of.kind, text)
            }
            (Kind::Shape(shape), Value::Object(object)) => self.shape(path, shape, object, &[]),
            (Kind::Either(first, second), Value::Object(object)) => {
                self.shape(path, Shape::choose(first, second, object), object, &[]);
            }
            (Kind::Tagged(shapes), Value::Object(object)) => self.tagged(path, shapes, object),
            (Kind::List(of), Value::Array(items)) => {
                for (index, item) in items.iter().enumerate().filter(|(_, item)| !item.is_null()) {
                    self.value(&path.below(Step::Item(index)), of, item);
                }
            }
            (Kind::Map(of), Value::Object(members)) => {
                for (name, member) in members.iter().filter(|(_, member)| !member.is_null()) {
                    self.value(&path.below(Step::Member(name)), of, member);
                }
            }
            (Kind::OneOf(types), _) => match types.iter().find(|of| fits(&of.kind, value)) {
                Some(of) => self.value(path, of, value),
                None => self.wrong(path, of, value),
            },
            _ => self.wrong(path, of, value),
        }
    }

    fn wrong(&mut self, path: &Path<'_>, of: &Type, value: &Value) {
        let wanted = match of.kind {
            Kind::Word(all) => format!("one of {}", all.join(", ")),
            _ => of.says.to_owned(),
        };
        let hint = match (value, &of.kind) {
            (Value::String(text), Kind::Bool | Kind::Number | Kind::Integer) if text.parse::<f64>().is_ok() => {
                Some("Leave the quotes away".to_owned())
            }
            (Value::String(text), Kind::Bool) if text == "true" || text == "false" => {
                Some("Leave the quotes away".to_owned())
            }
            _ => None,
        };
        let message = format!("{} must be {wanted}, not {}", path.name(), kind_of(value));
        self.findings.add_with(Rule::WrongType, path.pointer(), message, hint);
    }

    fn text(&mut self, path: &Path<'_>, kind: &Kind, text: &str) {
        let name = path.name();
        let meant = |among: &[&'static str]| {
            vocabulary::nearest(text, among.iter().copied()).map(|word| format!("Did you mean {word:?}?"))
        };
        match kind {
            Kind::Name if text.is_empty() => {
                self.findings.add(Rule::EmptyName, path.pointer(), format!("{name} is empty"));
            }
            Kind::Word(all) if !all.contains(&text) => {
                let message = format!("{name} must be one of {}, not {}", all.join(", "), shown(text));
                self.findings.add_with(Rule::UnknownWord, path.pointer(), message, meant(all));
            }
            Kind::Icon if !vocabulary::is_icon(text) => {
                let hint = meant(words::ICONS)
                    .unwrap_or_else(|| "Icons of other sets begin with \"lucide:\" or \"vendor:\"".to_owned());
                let message = format!("there is no icon {}", shown(text));
                self.findings.add_with(Rule::UnknownIcon, path.pointer(), message, Some(hint));
            }
            Kind::Colour if !colour::is_known(text) => {
                let hint = vocabulary::nearest(text, colour::names()).map(|word| format!("Did you mean {word:?}?"));
                let message = format!("{} is neither a colour's name nor a CSS colour", shown(text));
                self.findings.add_with(Rule::UnknownColour, path.pointer(), message, hint);
            }
            Kind::Url if !text.trim().is_empty() && safe_url(text, UrlUse::Image).is_none() => {
                let message = format!("the address {} is never loaded", shown(text));
                let hint = "Pictures come from http:, https:, data:image/ and relative addresses";
                self.findings.add_with(Rule::ScriptUrl, path.pointer(), message, Some(hint.to_owned()));
            }
            Kind::Date if !is_date(text) => {
                let message = format!("{name} is {}, which is no ISO date", shown(text));
                let hint = "Write 2026-03-31 or 2026-03-31T10:00:00Z";
                self.findings.add_with(Rule::InvalidDate, path.pointer(), message, Some(hint.to_owned()));
            }
            _ => {}
        }
    }

    fn tagged(&mut self, path: &Path<'_>, shapes: &[&'static Shape], object: &Map<String, Value>) {
        let tag = path.below(Step::Member("type"));
        let names: Vec<&str> = shapes.iter().map(|shape| shape.name).collect();
        match object.get("type").filter(|tag| !tag.is_null()) {
            None => {
                let message = format!("{} needs a type: one of {}", path.name(), names.join(", "));
                self.findings.add(Rule::MissingProp, tag.pointer(), message);
            }
            Some(value) => match shapes.iter().find(|shape| value.as_str() == Some(shape.name)) {
                Some(shape) => self.shape(path, shape, object, &["type"]),
                None => {
                    let message = format!("type must be one of {}", names.join(", "));
                    let meant = value.as_str().and_then(|text| vocabulary::nearest(text, names.iter().copied()));
                    let hint = meant.map(|word| format!("Did you mean {word:?}?"));
                    self.findings.add_with(Rule::UnknownWord, tag.pointer(), message, hint);
                }
            },
        }
    }
}

/// Whether a value is of the JSON type that a kind is written in.
fn fits(kind: &Kind, value: &Value) -> bool {
    match kind {
        Kind::Anything => true,
        Kind::Bool => value.is_boolean(),
        Kind::False => value == &Value::Bool(false),
        Kind::Number | Kind::Integer => value.is_number(),
        Kind::Text | Kind::Name | Kind::Word(_) | Kind::Icon | Kind::Colour | Kind::Url | Kind::Date => {
            value.is_string()
        }
        Kind::Shape(_) | Kind::Either(..) | Kind::Tagged(_) | Kind::Map(_) => value.is_object(),
        Kind::List(_) => value.is_array(),
        Kind::OneOf(types) => types.iter().any(|of| fits(&of.kind, value)),
    }
}

/// "2026-03-31", with "T10:00", seconds and a zone behind it or not.
fn is_date(text: &str) -> bool {
    let like = |text: &str, pattern: &str| {
        text.len() == pattern.len()
            && text.bytes().zip(pattern.bytes()).all(|(b, p)| if p == b'0' { b.is_ascii_digit() } else { b == p })
    };
    let (date, time) = text.split_once(['T', ' ']).map_or((text, None), |(date, time)| (date, Some(time)));
    let number = |at: usize| date.get(at..at + 2).and_then(|text| text.parse::<u8>().ok()).unwrap_or(0);
    if !like(date, "0000-00-00") || !(1..=12).contains(&number(5)) || !(1..=31).contains(&number(8)) {
        return false;
    }
    let Some(time) = time else { return true };
    let zone = time.find(['Z', 'z', '+', '-']).unwrap_or(time.len());
    let (clock, zone) = time.split_at_checked(zone).unwrap_or((time, ""));
    let clock = clock.split_once('.').map_or(clock, |(clock, _)| clock);
    let fits_zone = matches!(zone, "" | "Z" | "z") || like(zone, "+00:00") || like(zone, "-00:00");
    fits_zone && (like(clock, "00:00") || like(clock, "00:00:00"))
}
