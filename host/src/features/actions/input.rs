//! An action's input: form values and parameters in one object, checked by the schema that the plugin declared.
use crate::base::error::{Code, Error, Result};
use crate::base::json::whole_numbers;
use crate::features::plugins::Declared;
use serde_json::{Map, Value};

/// Levels that a form name such as "todo.title" may open.
const MAX_NESTING: usize = 8;

/// The input's JSON text. Errors: `invalid_parameters` with a pointer per fault.
pub(super) fn checked(
    declared: &Declared,
    parameters: Map<String, Value>,
    form: Map<String, Value>,
    max_bytes: usize,
) -> Result<String> {
    let mut merged = Map::new();
    for (name, value) in form {
        nest(&mut merged, &name, value);
    }
    // A form field that a browser posted is a text, whatever the control shows.
    declared.input.read_texts(&mut merged);
    for (name, value) in parameters {
        merged.insert(name, value);
    }
    let mut input = Value::Object(merged);
    whole_numbers(&mut input);
    declared.input.check(&input).map_err(|faults| {
        let detail = format!("The parameters of {} do not fit its schema", declared.name);
        Error::new(Code::InvalidParameters, detail).with_faults(faults)
    })?;
    let text = input.to_string();
    if text.len() > max_bytes {
        return Err(Error::new(Code::BodyTooLarge, format!("An action's input has at most {max_bytes} bytes")));
    }
    Ok(text)
}

/// ChatKit's rule: dots in a control's name nest. A name that would go through a value that is not an object stays flat.
fn nest(into: &mut Map<String, Value>, name: &str, value: Value) {
    let steps: Vec<&str> = name.split('.').collect();
    if steps.len() > MAX_NESTING || steps.iter().any(|s| s.is_empty()) {
        into.insert(name.to_owned(), value);
        return;
    }
    put(into, &steps, value);
}

fn put(into: &mut Map<String, Value>, steps: &[&str], value: Value) {
    match steps {
        [] => {}
        [last] => {
            into.insert((*last).to_owned(), value);
        }
        [first, rest @ ..] => {
            let below = into.entry((*first).to_owned()).or_insert_with(|| Value::Object(Map::new()));
            match below {
                Value::Object(map) => put(map, rest, value),
                _ => {
                    into.insert(steps.join("."), value);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn dots_nest() {
        let mut form = Map::new();
        for (name, value) in
            [("todo.title", "Milk"), ("todo.tags.first", "a"), ("plain", "x"), (".odd", "y"), ("plain.z", "1")]
        {
            nest(&mut form, name, json!(value));
        }
        let expected =
            json!({"todo": {"title": "Milk", "tags": {"first": "a"}}, "plain": "x", ".odd": "y", "plain.z": "1"});
        assert_eq!(Value::Object(form), expected);
    }
}
