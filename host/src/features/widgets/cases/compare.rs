//! What is different between two JSON values, for people: the places, and what stands there.
use serde_json::{Map, Value};

/// Differences that a report names.
const MOST: usize = 20;

/// One place where two values differ.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    pub pointer: String,
    /// `None` where nothing should stand.
    pub expected: Option<Value>,
    /// `None` where nothing stands.
    pub found: Option<Value>,
}

/// All differences, at most 20; empty if there is none. Order of members and the notation of numbers do not count.
pub fn differences(expected: &Value, found: &Value) -> Vec<Difference> {
    let mut all = Vec::new();
    walk(Some(expected), Some(found), &mut String::new(), &mut all);
    all
}

/// Whether `value` is like `pattern`: objects match when the members that the pattern names do; everything else is equal.
pub fn matches(pattern: &Value, value: &Value) -> bool {
    match (pattern, value) {
        (Value::Object(wanted), Value::Object(there)) => {
            wanted.iter().all(|(name, wanted)| there.get(name).is_some_and(|there| matches(wanted, there)))
        }
        (Value::Array(wanted), Value::Array(there)) => {
            wanted.len() == there.len() && wanted.iter().zip(there).all(|(wanted, there)| matches(wanted, there))
        }
        _ => same(pattern, value),
    }
}

fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        // 1 and 1.0 are one number in JSON.
        (Value::Number(one), Value::Number(two)) => one == two || one.as_f64() == two.as_f64(),
        (Value::Array(one), Value::Array(two)) => {
            one.len() == two.len() && one.iter().zip(two).all(|(a, b)| same(a, b))
        }
        (Value::Object(one), Value::Object(two)) => {
            one.len() == two.len() && one.iter().all(|(name, a)| two.get(name).is_some_and(|b| same(a, b)))
        }
        _ => a == b,
    }
}

fn walk(expected: Option<&Value>, found: Option<&Value>, at: &mut String, all: &mut Vec<Difference>) {
    if all.len() >= MOST {
        return;
    }
    match (expected, found) {
        (Some(Value::Object(one)), Some(Value::Object(two))) => members(one, two, at, all),
        (Some(Value::Array(one)), Some(Value::Array(two))) => elements(one, two, at, all),
        (Some(one), Some(two)) if same(one, two) => {}
        (None, None) => {}
        _ => all.push(Difference { pointer: at.clone(), expected: expected.cloned(), found: found.cloned() }),
    }
}

fn below(step: &str, expected: Option<&Value>, found: Option<&Value>, at: &mut String, all: &mut Vec<Difference>) {
    let here = at.len();
    at.push('/');
    at.push_str(&step.replace('~', "~0").replace('/', "~1"));
    walk(expected, found, at, all);
    at.truncate(here);
}

fn members(one: &Map<String, Value>, two: &Map<String, Value>, at: &mut String, all: &mut Vec<Difference>) {
    for (name, value) in one {
        below(name, Some(value), two.get(name), at, all);
    }
    for (name, value) in two.iter().filter(|(name, _)| !one.contains_key(*name)) {
        below(name, None, Some(value), at, all);
    }
}

/// What both lists begin and end with is laid side by side, so that one more child is one difference.
fn elements(one: &[Value], two: &[Value], at: &mut String, all: &mut Vec<Difference>) {
    let shorter = one.len().min(two.len());
    let head = one.iter().zip(two).take_while(|(a, b)| same(a, b)).count();
    let tail = one.iter().rev().zip(two.iter().rev()).take_while(|(a, b)| same(a, b)).count().min(shorter - head);
    let middle_one = one.get(head..one.len() - tail).unwrap_or_default();
    let middle_two = two.get(head..two.len() - tail).unwrap_or_default();
    for step in 0..middle_one.len().max(middle_two.len()) {
        below(&(head + step).to_string(), middle_one.get(step), middle_two.get(step), at, all);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn places(expected: Value, found: Value) -> Vec<String> {
        differences(&expected, &found).into_iter().map(|one| one.pointer).collect()
    }

    #[test]
    fn numbers_and_order_of_members_do_not_count() {
        let none: [&str; 0] = [];
        assert_eq!(places(json!({"a": 1, "b": [1.5]}), json!({"b": [1.5], "a": 1.0})), none);
        assert_eq!(places(json!([1, {"a": 2}]), json!([1.0, {"a": 2.0}])), none);
        assert_eq!(places(json!(1), json!("1")), [""]);
        assert_eq!(places(json!({"a": null}), json!({})), ["/a"]);
    }

    #[test]
    fn one_more_child_is_one_difference() {
        let (a, b, c) = (json!({"v": 1}), json!({"v": 2}), json!({"v": 3}));
        let found = differences(&json!([a, c]), &json!([a, b, c]));
        assert_eq!(found, [Difference { pointer: "/1".into(), expected: None, found: Some(b.clone()) }]);
        assert_eq!(places(json!([a, b, c]), json!([a, c])), ["/1"]);
        assert_eq!(places(json!([a, b]), json!([a, c])), ["/1/v"]);
        assert_eq!(places(json!([a, a, a]), json!([a])), ["/1", "/2"]);
        assert_eq!(places(json!({"a/b": {"~": 1}}), json!({"a/b": {"~": 2}})), ["/a~1b/~0"]);
    }

    #[test]
    fn a_report_stays_short() {
        assert_eq!(places(json!((0..100).collect::<Vec<_>>()), json!((1..101).collect::<Vec<_>>())).len(), MOST);
    }

    #[test]
    fn a_pattern_asks_for_what_it_names() {
        let badge = json!({"type": "Badge", "label": "Sold out", "color": "secondary"});
        assert!(matches(&json!({"type": "Badge", "label": "Sold out"}), &badge));
        assert!(!matches(&json!({"type": "Badge", "pill": true}), &badge));
        assert!(!matches(&json!({"children": [{"type": "Text"}]}), &json!({"children": []})));
        assert!(matches(
            &json!({"children": [{"type": "Text"}]}),
            &json!({"children": [{"type": "Text", "value": "a"}]})
        ));
    }
}
