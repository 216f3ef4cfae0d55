//! JSON from outside: bounded before it is believed.
//!
//! A linear scan looks at nesting and size first, so that no hostile body reaches the recursive parser with more than it
//! can take. What the scan lets pass is judged by serde_json alone: NaN, Infinity, trailing text, lone surrogates and
//! invalid UTF-8 are refused there.
use super::error::{Code, Error, Result};
use serde_json::Value;

/// Arrays and objects may lie this deep in each other.
pub const MAX_DEPTH: usize = 64;
/// Values (elements and members) in one document. A parsed value takes some 30 times the memory of its shortest text, so
/// the size of the body alone is no bound.
pub const MAX_VALUES: usize = 100_000;

/// Parses one document that fills `bytes`.
///
/// Errors: `json_too_deep`, `body_too_large` (more than [`MAX_VALUES`] values), `malformed_json`; each tells where.
pub fn parse(bytes: &[u8]) -> Result<Value> {
    scan(bytes)?;
    serde_json::from_slice(bytes).map_err(|e| {
        let detail = match std::str::from_utf8(bytes) {
            Err(utf8) => format!("invalid UTF-8 at byte {}", utf8.valid_up_to()),
            Ok(_) => e.to_string(),
        };
        Error::new(Code::MalformedJson, detail)
    })
}

/// Writes whole numbers without a fraction: to JSON Schema `3.0` is an integer, to a typed plugin it must look like one.
pub fn whole_numbers(value: &mut Value) {
    /// Beyond this not every whole number has a double of its own.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    match value {
        Value::Number(number) if number.is_f64() => {
            if let Some(float) = number.as_f64().filter(|f| f.fract() == 0.0 && f.abs() <= EXACT) {
                *value = Value::from(float as i64);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(whole_numbers),
        Value::Object(members) => members.values_mut().for_each(whole_numbers),
        _ => {}
    }
}

/// Depth and number of values, without understanding anything but strings and brackets. On text that is not JSON it may
/// count nonsense, but never less than the parser would meet before it stops.
fn scan(bytes: &[u8]) -> Result<()> {
    let (mut depth, mut values) = (0_usize, 1_usize);
    let (mut in_string, mut escaped) = (false, false);
    for (at, &byte) in bytes.iter().enumerate() {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'[' | b'{' => {
                depth += 1;
                values += 1;
                if depth > MAX_DEPTH {
                    let detail = format!("more than {MAX_DEPTH} arrays and objects inside each other at byte {at}");
                    return Err(Error::new(Code::TooDeep, detail));
                }
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            b',' => values += 1,
            _ => {}
        }
        if values > MAX_VALUES {
            return Err(Error::new(Code::BodyTooLarge, format!("more than {MAX_VALUES} values in one document")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn code(bytes: &[u8]) -> Code {
        parse(bytes).unwrap_err().code
    }

    #[test]
    fn whole_numbers_lose_their_fraction_and_others_stay() {
        let mut value = serde_json::json!({"a": 3.0, "b": [-0.0, 1.5, 1e15, 1e300, 7], "c": "3.0"});
        whole_numbers(&mut value);
        assert_eq!(value.to_string(), r#"{"a":3,"b":[0,1.5,1000000000000000,1e+300,7],"c":"3.0"}"#);
    }

    #[test]
    fn accepts_up_to_the_depth_and_no_deeper() {
        let nested = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
        assert!(parse(nested(MAX_DEPTH).as_bytes()).is_ok());
        assert_eq!(code(nested(MAX_DEPTH + 1).as_bytes()), Code::TooDeep);
        assert_eq!(code("{\"a\":".repeat(10_000).as_bytes()), Code::TooDeep);
        // brackets inside strings are text, also behind an escaped quote
        assert!(parse(format!("\"\\\"{}\"", "[".repeat(500)).as_bytes()).is_ok());
    }

    #[test]
    fn refuses_what_is_not_json_and_tells_where() {
        for bad in ["", "nul", "NaN", "[NaN]", "{\"a\":Infinity}", "-Infinity", "{} {}", "[1,]", "{\"a\":1,}", "'a'"] {
            assert_eq!(code(bad.as_bytes()), Code::MalformedJson, "{bad}");
        }
        assert_eq!(code(b"\"\xff\""), Code::MalformedJson);
        assert_eq!(code(br#""\ud800""#), Code::MalformedJson);
        assert!(parse(b"[1,\n x]").unwrap_err().detail.contains("line 2"));
        assert!(parse(b"[\"ok\", \"\xc3\"]").unwrap_err().detail.contains("byte 8"));
    }

    #[test]
    fn refuses_a_million_values() {
        let many = format!("[{}0]", "0,".repeat(1_000_000));
        assert_eq!(code(many.as_bytes()), Code::BodyTooLarge);
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            ".*".prop_map(Value::from),
        ];
        leaf.prop_recursive(6, 64, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::hash_map(".*", inner, 0..6).prop_map(|m| Value::Object(m.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(value) = parse(&bytes) {
                prop_assert_eq!(value, serde_json::from_slice::<Value>(&bytes).unwrap());
            }
        }

        #[test]
        fn reads_what_serde_json_writes(value in any_json()) {
            prop_assert_eq!(parse(&serde_json::to_vec_pretty(&value).unwrap()).unwrap(), value);
        }

        /// One byte changed somewhere: the same verdict as serde_json's.
        #[test]
        fn agrees_on_damaged_documents(value in any_json(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let mut text = serde_json::to_vec(&value).unwrap();
            let at = at.index(text.len());
            text[at] = byte;
            prop_assert_eq!(parse(&text).ok(), serde_json::from_slice::<Value>(&text).ok());
        }
    }
}
