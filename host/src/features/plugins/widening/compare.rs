//! The comparison of two JSON Schemas, keyword by keyword.
use crate::base::error::Fault;
use crate::platform::schema::Schema;
use serde_json::{Map, Number, Value};
use std::cmp::Ordering;
use std::collections::BTreeSet;

/// Levels of nesting, and comparisons in all, before it gives up.
const DEEPEST: usize = 40;
const STEPS: u32 = 20_000;
const FAULTS: usize = 20;

/// Says nothing of what is valid.
const NOTES: [&str; 14] = [
    "title",
    "description",
    "default",
    "examples",
    "$comment",
    "$schema",
    "$id",
    "$defs",
    "definitions",
    "deprecated",
    "readOnly",
    "writeOnly",
    "contentMediaType",
    "contentEncoding",
];
/// Keywords that mean something only together: both schemas must have the same of each group.
const GROUPS: [&[&str]; 5] = [
    &["if", "then", "else"],
    &["contains", "minContains", "maxContains"],
    &["prefixItems"],
    &["additionalItems"],
    &["unevaluatedItems", "unevaluatedProperties"],
];
const TYPES: [&str; 7] = ["null", "boolean", "object", "array", "string", "number", "integer"];

type Object = Map<String, Value>;

/// Places at which `new` refuses, or may refuse, what `old` takes. Empty: `new` takes all that `old` takes.
pub(super) fn narrowed(old: &Value, new: &Value) -> Vec<Fault> {
    if old == new {
        return Vec::new();
    }
    let whole = |message: &str| vec![Fault { pointer: String::new(), message: message.to_owned() }];
    if old.get("$schema") != new.get("$schema") {
        return whole("names another $schema, so it cannot be compared");
    }
    let (Some(old), Some(new)) = (inlined(old, old, DEEPEST), inlined(new, new, DEEPEST)) else {
        return whole("has references that cannot be followed, so it cannot be compared");
    };
    let mut comparison = Comparison { steps: STEPS };
    let mut faults = Vec::new();
    comparison.covers(&new, &old, "", DEEPEST, &mut faults);
    faults.truncate(FAULTS);
    faults
}

/// The schema with its local references put in place. `None`: a reference is recursive, leads elsewhere, or has other
/// constraints beside it.
fn inlined(schema: &Value, root: &Value, depth: usize) -> Option<Value> {
    let depth = depth.checked_sub(1)?;
    match schema {
        Value::Array(all) => {
            all.iter().map(|one| inlined(one, root, depth)).collect::<Option<Vec<_>>>().map(Value::Array)
        }
        Value::Object(members) => {
            if ["$dynamicRef", "$recursiveRef", "$anchor", "$dynamicAnchor"]
                .iter()
                .any(|key| members.contains_key(*key))
            {
                return None;
            }
            if let Some(reference) = members.get("$ref") {
                let plain = members.keys().all(|key| key == "$ref" || is_note(key));
                let path = reference.as_str()?.strip_prefix('#')?;
                let rooted = path.is_empty() || path.starts_with('/');
                if !plain || !rooted || root.get("$id").is_some() {
                    return None;
                }
                return inlined(root.pointer(path)?, root, depth);
            }
            let keep = |(key, value): (&String, &Value)| {
                let value = match (key.as_str(), value) {
                    // Values and names are no schemas.
                    ("enum" | "const" | "required" | "dependentRequired", _) => value.clone(),
                    // By names of the author's choice, which may be words of JSON Schema.
                    ("properties" | "patternProperties" | "dependentSchemas", Value::Object(schemas)) => {
                        let each = schemas.iter().map(|(name, one)| Some((name.clone(), inlined(one, root, depth)?)));
                        Value::Object(each.collect::<Option<Object>>()?)
                    }
                    _ => inlined(value, root, depth)?,
                };
                Some((key.clone(), value))
            };
            members.iter().filter(|(key, _)| !is_note(key)).map(keep).collect::<Option<Object>>().map(Value::Object)
        }
        plain => Some(plain.clone()),
    }
}

fn is_note(key: &str) -> bool {
    NOTES.contains(&key) || key.starts_with("x-")
}

struct Comparison {
    steps: u32,
}

impl Comparison {
    /// Adds a fault for every reason why `new` might refuse what `old` takes.
    fn covers(&mut self, new: &Value, old: &Value, at: &str, depth: usize, faults: &mut Vec<Fault>) {
        let mut fault = |pointer: String, message: &str| faults.push(Fault { pointer, message: message.to_owned() });
        self.steps = self.steps.saturating_sub(1);
        let Some(depth) = depth.checked_sub(1).filter(|_| self.steps > 0) else {
            return fault(at.to_owned(), "is too deep to be compared");
        };
        let empty = Object::new();
        let (new_object, old_object) = match (new, old) {
            (_, Value::Bool(false)) | (Value::Bool(true), _) => return,
            (Value::Bool(false), _) => return fault(at.to_owned(), "takes nothing any more"),
            (Value::Object(new), Value::Object(old)) => (new, old),
            (Value::Object(new), _) => (new, &empty),
            _ => return fault(at.to_owned(), "cannot be compared"),
        };
        if new == old || new_object.is_empty() {
            return;
        }
        if let Some(values) = listed(old_object) {
            return self.takes_each(new, old, &values, at, faults);
        }
        let mut found = Vec::new();
        self.keywords(new_object, old_object, at, depth, &mut found);
        // What the whole does not show its parts may: all branches of a choice, or one part of a conjunction.
        let branches = |key: &str| old_object.get(key).and_then(Value::as_array).filter(|all| !all.is_empty());
        let explained = |comparison: &mut Comparison, part: &Value| {
            let mut inner = Vec::new();
            comparison.covers(new, part, at, depth, &mut inner);
            inner.is_empty()
        };
        let explained = !found.is_empty()
            && (branches("anyOf").is_some_and(|all| all.iter().all(|part| explained(self, part)))
                || branches("oneOf").is_some_and(|all| all.iter().all(|part| explained(self, part)))
                || branches("allOf").is_some_and(|all| all.iter().any(|part| explained(self, part))));
        if !explained {
            faults.extend(found);
        }
    }

    /// An old schema that lists its values: each is tried.
    fn takes_each(&mut self, new: &Value, old: &Value, values: &[&Value], at: &str, faults: &mut Vec<Fault>) {
        let (Ok(new), Ok(old)) = (Schema::compile(new), Schema::compile(old)) else {
            return faults.push(Fault { pointer: at.to_owned(), message: "cannot be compared".to_owned() });
        };
        if values.iter().any(|value| old.check(value).is_ok() && new.check(value).is_err()) {
            let message = "does not take every value that was listed".to_owned();
            faults.push(Fault { pointer: at.to_owned(), message });
        }
    }

    fn keywords(&mut self, new: &Object, old: &Object, at: &str, depth: usize, faults: &mut Vec<Fault>) {
        let types = types(old);
        let is = |kind: &str| types.contains(kind);
        let numeric = is("number") || is("integer");
        let mut fault = |key: &str, message: &str| {
            faults.push(Fault { pointer: format!("{at}/{key}"), message: message.to_owned() });
        };
        let same = |key: &str| new.get(key) == old.get(key);
        let mut nested: Vec<(&str, String, &Value, &Value)> = Vec::new();
        const ANY: &Value = &Value::Bool(true);
        for (key, value) in new {
            if is_note(key) {
                continue;
            }
            match key.as_str() {
                "type" => {
                    let taken = named_types(value);
                    let fits = |kind: &&str| taken.contains(kind) || (*kind == "integer" && taken.contains("number"));
                    if !types.iter().all(fits) {
                        fault(key, "does not take every type that was taken");
                    }
                }
                "minimum" | "exclusiveMinimum" if !numeric || lower(old, key, value) => {}
                "maximum" | "exclusiveMaximum" if !numeric || upper(old, key, value) => {}
                "multipleOf" if !numeric || multiple(old, value, is("number")) => {}
                "minLength" if !is("string") || at_most(value, old.get(key)) => {}
                "maxLength" if !is("string") || at_least(value, old.get(key)) => {}
                "pattern" | "format" if !is("string") || same(key) => {}
                "minItems" if !is("array") || at_most(value, old.get(key)) => {}
                "maxItems" if !is("array") || at_least(value, old.get(key)) => {}
                "uniqueItems" if !is("array") || value == &Value::Bool(false) || same(key) => {}
                "items" if !is("array") => {}
                "items" if value.is_array() || old.get(key).is_some_and(Value::is_array) => {
                    if !same(key) {
                        fault(key, "cannot be compared");
                    }
                }
                "items" => nested.push(("items", String::new(), value, old.get(key).unwrap_or(ANY))),
                "required" if !is("object") => {}
                "required" => {
                    for name in names(value).difference(&names(old.get(key).unwrap_or(&Value::Null))) {
                        fault(key, &format!("asks for {name}, which was not required"));
                    }
                }
                "minProperties" if !is("object") || at_most(value, old.get(key)) => {}
                "maxProperties" if !is("object") || at_least(value, old.get(key)) => {}
                "properties" if !is("object") => {}
                "properties" => {
                    for (name, schema) in value.as_object().into_iter().flatten() {
                        nested.push(("properties", name.clone(), schema, property(old, name)));
                    }
                }
                "additionalProperties" if !is("object") => {}
                "additionalProperties" => {
                    if !same("patternProperties") {
                        fault("patternProperties", "cannot be compared");
                    }
                    let declared = new.get("properties").and_then(Value::as_object);
                    let is_declared = |name: &str| declared.is_some_and(|all| all.contains_key(name));
                    let before = old.get("properties").and_then(Value::as_object);
                    for (name, schema) in before.into_iter().flatten().filter(|(name, _)| !is_declared(name)) {
                        nested.push(("properties", name.clone(), value, schema));
                    }
                    nested.push(("additionalProperties", String::new(), value, old.get(key).unwrap_or(ANY)));
                }
                "anyOf" => {
                    if !same(key) && !self.chosen(value, old, at, depth) {
                        fault(key, "has no branch for something that was taken");
                    }
                }
                "allOf" => {
                    for (n, part) in value.as_array().into_iter().flatten().enumerate() {
                        let mut inner = Vec::new();
                        self.covers(part, &Value::Object(old.clone()), at, depth, &mut inner);
                        if !inner.is_empty() {
                            fault(&format!("{key}/{n}"), "may refuse something that was taken");
                        }
                    }
                }
                known if KNOWN.contains(&known) => fault(key, "is narrower than it was"),
                _ if GROUPS.iter().any(|group| group.contains(&key.as_str())) => {}
                // Alone, the same constraint as before refuses nothing new.
                _ if same(key) => {}
                _ => fault(key, "is new or different, and cannot be compared"),
            }
        }
        for group in GROUPS.iter().filter(|group| group.iter().any(|key| new.contains_key(*key))) {
            if !group.iter().all(|key| same(key)) || *group == ["unevaluatedItems", "unevaluatedProperties"] {
                fault(group.first().copied().unwrap_or_default(), "cannot be compared");
            }
        }
        // Where the first items are told apart, "items" speaks of the rest.
        if ["prefixItems", "additionalItems"].iter().any(|key| !same(key)) && new.contains_key("items") {
            fault("items", "cannot be compared");
        }
        for (key, name, new, old) in nested {
            let at = if name.is_empty() { format!("{at}/{key}") } else { format!("{at}/{key}/{}", step(&name)) };
            self.covers(new, old, &at, depth, faults);
        }
    }

    /// Whether every branch of the old choice, or the old schema as a whole, is taken by some branch of the new one.
    fn chosen(&mut self, new: &Value, old: &Object, at: &str, depth: usize) -> bool {
        let none = Vec::new();
        let branches = new.as_array().unwrap_or(&none);
        let rest =
            Value::Object(old.iter().filter(|(key, _)| *key != "anyOf").map(|(k, v)| (k.clone(), v.clone())).collect());
        let mut by_one = |old: &Value| {
            branches.iter().any(|new| {
                let mut inner = Vec::new();
                self.covers(new, old, at, depth, &mut inner);
                inner.is_empty()
            })
        };
        by_one(&rest) || old.get("anyOf").and_then(Value::as_array).is_some_and(|all| all.iter().all(by_one))
    }
}

/// Keywords that are compared by their meaning: one that comes here is narrower, or has a value of the wrong kind.
const KNOWN: [&str; 14] = [
    "minimum",
    "exclusiveMinimum",
    "maximum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "pattern",
    "format",
    "minItems",
    "maxItems",
    "uniqueItems",
    "minProperties",
    "maxProperties",
];

/// The values that a schema lists, if it lists them.
fn listed(schema: &Object) -> Option<Vec<&Value>> {
    match (schema.get("const"), schema.get("enum").and_then(Value::as_array)) {
        (Some(value), _) => Some(vec![value]),
        (None, Some(values)) => Some(values.iter().collect()),
        (None, None) => None,
    }
}

fn named_types(value: &Value) -> BTreeSet<&str> {
    match value {
        Value::String(one) => BTreeSet::from([one.as_str()]),
        Value::Array(many) => many.iter().filter_map(Value::as_str).collect(),
        _ => BTreeSet::new(),
    }
}

/// Types that a schema may take.
fn types(schema: &Object) -> BTreeSet<&str> {
    schema.get("type").map_or_else(|| TYPES.into(), named_types)
}

fn names(value: &Value) -> BTreeSet<&str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

/// What the old schema asked of a property; where patterns of names are involved, that anything was taken.
fn property<'a>(old: &'a Object, name: &str) -> &'a Value {
    const ANY: &Value = &Value::Bool(true);
    if let Some(schema) = old.get("properties").and_then(|all| all.get(name)) {
        return schema;
    }
    let patterns = old.contains_key("patternProperties");
    old.get("additionalProperties").filter(|_| !patterns).unwrap_or(ANY)
}

/// Compares exactly, or not at all: a rounded number could hide a narrowing.
fn compare(a: &Number, b: &Number) -> Option<Ordering> {
    let whole = |n: &Number| n.as_i64().map(i128::from).or_else(|| n.as_u64().map(i128::from));
    match (whole(a), whole(b)) {
        (Some(a), Some(b)) => Some(a.cmp(&b)),
        _ => {
            const EXACT: f64 = 9_007_199_254_740_992.0;
            let (a, b) = (a.as_f64()?, b.as_f64()?);
            if a.abs() < EXACT && b.abs() < EXACT { a.partial_cmp(&b) } else { None }
        }
    }
}

fn bound(schema: &Object, key: &str, test: impl Fn(Ordering) -> bool, against: &Value) -> bool {
    let (Some(Value::Number(old)), Value::Number(new)) = (schema.get(key), against) else { return false };
    compare(old, new).is_some_and(test)
}

/// Whether the old bounds imply this lower one.
fn lower(old: &Object, key: &str, new: &Value) -> bool {
    let inclusive = if key == "minimum" { Ordering::is_ge } else { Ordering::is_gt };
    bound(old, "minimum", inclusive, new) || bound(old, "exclusiveMinimum", Ordering::is_ge, new)
}

fn upper(old: &Object, key: &str, new: &Value) -> bool {
    let inclusive = if key == "maximum" { Ordering::is_le } else { Ordering::is_lt };
    bound(old, "maximum", inclusive, new) || bound(old, "exclusiveMaximum", Ordering::is_le, new)
}

fn multiple(old: &Object, new: &Value, fractions: bool) -> bool {
    let whole = |value: Option<&Value>| value.and_then(Value::as_u64).filter(|n| *n > 0);
    match (whole(old.get("multipleOf")), whole(Some(new))) {
        (Some(old), Some(new)) => old % new == 0,
        (None, Some(1)) => !fractions,
        _ => old.get("multipleOf") == Some(new),
    }
}

/// A lower limit of a size: no more than it was.
fn at_most(new: &Value, old: Option<&Value>) -> bool {
    let old = old.map_or(Some(0), Value::as_u64);
    new.as_u64().zip(old).is_some_and(|(new, old)| new <= old)
}

/// An upper limit of a size: no less than it was.
fn at_least(new: &Value, old: Option<&Value>) -> bool {
    new.as_u64().zip(old.and_then(Value::as_u64)).is_some_and(|(new, old)| new >= old)
}

fn step(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}
