//! JSON Schema: what a plugin or widget declares, and whether an input fits it. Only this file names the crate.
use crate::base::error::Fault;
use jsonschema::PatternOptions;
use jsonschema::error::ValidationErrorKind;
use serde_json::{Map, Number, Value};

/// Bytes of a schema as JSON.
const MAX_BYTES: usize = 64 * 1024;
/// Faults that one answer lists.
const MAX_FAULTS: usize = 20;
/// Bytes of a compiled pattern: a schema may not be a way to eat memory.
const PATTERN_BYTES: usize = 256 * 1024;

/// A compiled schema (draft 2020-12 unless it says otherwise).
pub struct Schema {
    validator: jsonschema::Validator,
    source: Value,
}

impl Schema {
    /// Errors: what is wrong with the schema, in words for its author. References to other documents are refused:
    /// nothing is ever fetched.
    pub fn compile(source: &Value) -> Result<Schema, String> {
        if !source.is_object() && !source.is_boolean() {
            return Err("a schema is an object or a boolean".into());
        }
        if source.to_string().len() > MAX_BYTES {
            return Err(format!("a schema has at most {MAX_BYTES} bytes"));
        }
        // Patterns run in linear time: a look-around that could be made to run for ever does not compile.
        let patterns = PatternOptions::regex().size_limit(PATTERN_BYTES);
        let options = jsonschema::options().should_validate_formats(true).with_pattern_options(patterns);
        let validator = options.build(source).map_err(|e| e.to_string())?;
        Ok(Schema { validator, source: source.clone() })
    }

    pub fn source(&self) -> &Value {
        &self.source
    }

    /// Errors: a fault per place, at most 20. A fault never repeats the value: it may be a secret or megabytes long.
    pub fn check(&self, input: &Value) -> Result<(), Vec<Fault>> {
        if self.validator.is_valid(input) {
            return Ok(());
        }
        let faults: Vec<Fault> = self.validator.iter_errors(input).take(MAX_FAULTS).map(fault).collect();
        Err(faults)
    }

    /// Query strings and HTML forms know only text: where the schema asks for a number or a boolean, a text that is one
    /// is read as one. An empty text for a property that is not required counts as absent.
    pub fn read_texts(&self, input: &mut Map<String, Value>) {
        let required = self.source.get("required").and_then(Value::as_array);
        let needed = |name: &str| required.is_some_and(|names| names.iter().any(|n| n == name));
        let Some(properties) = self.source.get("properties").and_then(Value::as_object) else { return };
        for (name, schema) in properties {
            let Some(Value::String(text)) = input.get(name) else { continue };
            if text.is_empty() && !needed(name) {
                input.remove(name);
                continue;
            }
            if let Some(value) = read_text(text, schema) {
                input.insert(name.clone(), value);
            }
        }
    }
}

fn read_text(text: &str, schema: &Value) -> Option<Value> {
    let kinds = match schema.get("type")? {
        Value::String(one) => vec![one.as_str()],
        Value::Array(many) => many.iter().filter_map(Value::as_str).collect(),
        _ => return None,
    };
    if kinds.contains(&"string") {
        return None;
    }
    kinds.into_iter().find_map(|kind| match kind {
        "integer" => text.parse::<i64>().ok().map(Value::from),
        "number" => text.parse::<f64>().ok().and_then(Number::from_f64).map(Value::Number),
        "boolean" => match text {
            "true" | "on" | "1" => Some(Value::Bool(true)),
            "false" | "off" | "0" => Some(Value::Bool(false)),
            _ => None,
        },
        _ => None,
    })
}

fn fault(error: jsonschema::ValidationError<'_>) -> Fault {
    let mut pointer = error.instance_path().to_string();
    let message = match error.kind() {
        ValidationErrorKind::Required { property } => {
            if let Some(name) = property.as_str() {
                pointer = format!("{pointer}/{}", escape(name));
            }
            "is required".to_owned()
        }
        _ => error.masked_with("the value").to_string(),
    };
    Fault { pointer, message }
}

/// One step of a JSON pointer (RFC 6901).
fn escape(step: &str) -> String {
    step.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn schema() -> Schema {
        let source = json!({
            "type": "object",
            "properties": {
                "id": {"type": "string", "pattern": "^prod_[0-9]{1,6}$"},
                "quantity": {"type": "integer", "minimum": 1, "maximum": 99},
                "email": {"type": "string", "format": "email"},
                "news": {"type": "boolean"},
            },
            "required": ["id"],
        });
        Schema::compile(&source).unwrap()
    }

    #[test]
    fn names_the_place_and_keeps_the_value_to_itself() {
        let faults = schema().check(&json!({"quantity": 1000, "email": "my secret"})).unwrap_err();
        let pointers: Vec<_> = faults.iter().map(|f| f.pointer.as_str()).collect();
        assert!(
            pointers.contains(&"/id") && pointers.contains(&"/quantity") && pointers.contains(&"/email"),
            "{faults:?}"
        );
        assert!(!format!("{faults:?}").contains("my secret"), "{faults:?}");
        schema().check(&json!({"id": "prod_1", "quantity": 3})).unwrap();
    }

    #[test]
    fn reads_texts_as_the_schema_asks() {
        let mut input = json!({"id": "1", "quantity": "3", "news": "on", "email": ""});
        schema().read_texts(input.as_object_mut().unwrap());
        assert_eq!(input, json!({"id": "1", "quantity": 3, "news": true}));
        let mut kept = json!({"quantity": "three"});
        schema().read_texts(kept.as_object_mut().unwrap());
        assert_eq!(kept, json!({"quantity": "three"}), "left for the check to refuse");
    }

    #[test]
    fn fetches_nothing_and_bounds_patterns() {
        assert!(Schema::compile(&json!({"$ref": "http://127.0.0.1:9/x.json"})).is_err());
        assert!(Schema::compile(&json!({"$ref": "file:///etc/passwd"})).is_err());
        assert!(Schema::compile(&json!({"pattern": "(?=a)b"})).is_err(), "look-around has no linear time");
        assert!(Schema::compile(&json!({"pattern": "((a{1000}){1000}){1000}"})).is_err());
        assert!(Schema::compile(&json!("x")).is_err());
    }
}
