//! Expected and actual values: objects are compared by the members that are expected, everything else as a whole.
use serde_json::Value;

/// What one answer lists.
const MOST: usize = 5;
const VALUE_CHARS: usize = 160;

#[derive(Default)]
pub(super) struct Differences {
    /// The place, dotted, and what is different there.
    pub(super) list: Vec<(String, String)>,
}

impl Differences {
    pub(super) fn add(&mut self, place: &str, what: String) {
        if self.list.len() < MOST {
            self.list.push((place.to_owned(), what));
        }
    }

    /// An object matches when each expected member does; a list when it is as long and each element does.
    pub(super) fn compare(&mut self, place: &str, expected: &Value, actual: &Value) {
        match (expected, actual) {
            (Value::Object(expected), Value::Object(actual)) => {
                for (name, value) in expected {
                    let place = format!("{place}.{name}");
                    match actual.get(name) {
                        Some(there) => self.compare(&place, value, there),
                        None => self.add(&place, format!("expected {}, got nothing", shown(value))),
                    }
                }
            }
            (Value::Array(expected), Value::Array(actual)) if expected.len() == actual.len() => {
                for (at, (expected, actual)) in expected.iter().zip(actual).enumerate() {
                    self.compare(&format!("{place}.{at}"), expected, actual);
                }
            }
            (Value::Number(a), Value::Number(b)) if a.as_f64() == b.as_f64() => {}
            (expected, actual) if expected == actual => {}
            (expected, actual) => self.add(place, format!("expected {}, got {}", shown(expected), shown(actual))),
        }
    }

    /// A stored value; null is expected where there is none.
    pub(super) fn compare_key(&mut self, place: &str, expected: &Value, actual: Option<&str>) {
        match (expected, actual) {
            (Value::Null, None) => {}
            (expected, None) => self.add(place, format!("expected {}, but nothing is stored", shown(expected))),
            (expected, Some(text)) => self.compare(place, expected, &super::parsed(text)),
        }
    }
}

fn shown(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= VALUE_CHARS {
        return text;
    }
    format!("{}…", text.chars().take(VALUE_CHARS).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn differences(expected: Value, actual: Value) -> Vec<(String, String)> {
        let mut found = Differences::default();
        found.compare("data", &expected, &actual);
        found.list
    }

    #[test]
    fn objects_match_by_part_and_lists_as_a_whole() {
        let actual = json!({"count": 2, "items": [{"id": "a", "n": 1}, {"id": "b"}], "more": true});
        assert_eq!(differences(json!({"count": 2.0, "items": [{"id": "a"}, {}]}), actual.clone()), []);
        let place = |expected: Value| {
            let all = differences(expected, actual.clone());
            assert_eq!(all.len(), 1, "{all:?}");
            all[0].clone()
        };
        assert_eq!(place(json!({"count": 3})), ("data.count".into(), "expected 3, got 2".into()));
        assert_eq!(place(json!({"gone": 1})), ("data.gone".into(), "expected 1, got nothing".into()));
        assert_eq!(place(json!({"items": [{"id": "a"}, {"id": "c"}]})).0, "data.items.1.id");
        assert_eq!(place(json!({"items": []})).0, "data.items");
        assert_eq!(place(json!([])).0, "data");
        assert!(place(json!({"count": "x".repeat(9_000)})).1.len() < 400);
        let many: Value = (0..50).map(|n| (format!("k{n}"), json!(n))).collect::<serde_json::Map<_, _>>().into();
        assert_eq!(differences(many, actual).len(), MOST);
    }

    #[test]
    fn null_means_that_nothing_is_stored() {
        let mut found = Differences::default();
        found.compare_key("k", &Value::Null, None);
        found.compare_key("k", &json!({"a": 1}), Some("{\"a\": 1, \"b\": 2}"));
        assert_eq!(found.list, []);
        found.compare_key("k", &Value::Null, Some("1"));
        found.compare_key("k", &json!(1), None);
        assert_eq!(found.list.len(), 2);
    }
}
