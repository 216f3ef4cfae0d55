//! Query strings and form bodies, read strictly: what cannot be decoded is refused instead of being replaced.
use crate::base::error::{Code, Error, Result};
use serde_json::{Map, Value};

/// Pairs in one query string or form.
const MOST_PAIRS: usize = 1000;

/// Decodes `a=1&b=2`. A pair without a name is left out; a name without "=" has the value "".
///
/// Errors: `malformed_request` for a percent sign without two hex digits, for text that is not UTF-8, and for more than
/// 1000 pairs.
pub fn pairs(text: &[u8]) -> Result<Vec<(String, String)>> {
    let mut out = Vec::new();
    for pair in text.split(|b| *b == b'&').filter(|pair| !pair.is_empty()) {
        if out.len() == MOST_PAIRS {
            return Err(Error::new(Code::MalformedRequest, format!("more than {MOST_PAIRS} parameters")));
        }
        let mut halves = pair.splitn(2, |b| *b == b'=');
        let (name, value) = (halves.next().unwrap_or_default(), halves.next().unwrap_or_default());
        if !name.is_empty() {
            out.push((decode(name)?, decode(value)?));
        }
    }
    Ok(out)
}

/// Pairs as an object of strings; a name that comes more than once holds an array.
pub fn object(pairs: Vec<(String, String)>) -> Map<String, Value> {
    let mut out = Map::with_capacity(pairs.len());
    for (name, value) in pairs {
        match out.get_mut(&name) {
            None => {
                out.insert(name, Value::String(value));
            }
            Some(Value::Array(all)) => all.push(Value::String(value)),
            Some(one) => *one = Value::Array(vec![one.take(), Value::String(value)]),
        }
    }
    out
}

fn decode(text: &[u8]) -> Result<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.iter().copied();
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'+' => b' ',
            b'%' => match (bytes.next().and_then(hex), bytes.next().and_then(hex)) {
                (Some(high), Some(low)) => high << 4 | low,
                _ => {
                    return Err(Error::new(Code::MalformedRequest, "a percent sign is not followed by two hex digits"));
                }
            },
            other => other,
        });
    }
    String::from_utf8(out).map_err(|_| Error::new(Code::MalformedRequest, "a parameter is not UTF-8"))
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|d| u8::try_from(d).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(text: &str) -> Value {
        Value::Object(object(pairs(text.as_bytes()).unwrap()))
    }

    #[test]
    fn reads_what_browsers_write() {
        assert_eq!(read(""), json!({}));
        assert_eq!(read("a=1&b=x+y%20z&c&d="), json!({"a": "1", "b": "x y z", "c": "", "d": ""}));
        assert_eq!(read("a=1&a=2&b=3&a=4"), json!({"a": ["1", "2", "4"], "b": "3"}));
        assert_eq!(read("a=b=c&&=x&%C3%BC=%F0%9F%8E%B9"), json!({"a": "b=c", "ü": "🎹"}));
    }

    #[test]
    fn refuses_what_cannot_be_decoded() {
        for bad in ["a=%", "a=%4", "a=%zz", "%=a", "a=%ff", "a=%C3", "a=%+1"] {
            assert_eq!(pairs(bad.as_bytes()).unwrap_err().code, Code::MalformedRequest, "{bad}");
        }
        assert!(pairs("a&".repeat(1000).as_bytes()).is_ok());
        assert!(pairs("a&".repeat(1001).as_bytes()).is_err());
    }
}
