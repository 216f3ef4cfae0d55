//! Moments as people write them.
use crate::base::error::Result;
use crate::doors::kit::body;
use serde_json::{Map, Value};
use std::time::{Duration, UNIX_EPOCH};

/// From here on a number is milliseconds: seconds of that size lie in the year 5138.
const MILLISECONDS_FROM: u64 = 100_000_000_000;
/// 9999-12-31: the last moment that can be written in ISO 8601.
const LAST_MS: u64 = 253_402_300_799_000;

/// A moment of ISO 8601, or seconds or milliseconds since the epoch; as milliseconds. Errors: `invalid_body`.
pub fn take(from: &mut Map<String, Value>, name: &str) -> Result<u64> {
    let wrong = |words: &str| body::misshapen(&format!("/{name}"), words.to_owned());
    let moment = match from.remove(name) {
        None | Some(Value::Null) => return Err(wrong("is missing")),
        Some(Value::Number(number)) => {
            number.as_u64().map(|n| if n < MILLISECONDS_FROM { n.saturating_mul(1000) } else { n })
        }
        Some(Value::String(text)) => iso(text.trim()),
        Some(_) => None,
    };
    let shape = "must be a moment such as 2026-12-31T23:59:59Z, or seconds or milliseconds since 1970";
    moment.filter(|ms| *ms <= LAST_MS).ok_or_else(|| wrong(shape))
}

fn iso(text: &str) -> Option<u64> {
    if text.len() > 40 {
        return None;
    }
    let (moment, offset_s) = match text.char_indices().rev().find(|(_, c)| matches!(c, '+' | '-' | 'T' | 't' | ' ')) {
        Some((at, sign @ ('+' | '-'))) if at > 10 => {
            let (moment, offset) = text.split_at_checked(at)?;
            let digits: String = offset.chars().skip(1).filter(|c| *c != ':').collect();
            if digits.len() != 4 || !digits.bytes().all(|b| b.is_ascii_digit()) {
                return None;
            }
            let (hours, minutes) = (digits.get(..2)?.parse::<i64>().ok()?, digits.get(2..)?.parse::<i64>().ok()?);
            let seconds = (hours <= 23 && minutes <= 59).then_some(hours * 3600 + minutes * 60)?;
            (format!("{moment}Z"), if sign == '+' { seconds } else { -seconds })
        }
        // A day alone begins at midnight.
        _ if text.len() == 10 => (format!("{text}T00:00:00Z"), 0),
        _ => (text.to_owned(), 0),
    };
    let at = humantime::parse_rfc3339_weak(&moment.to_uppercase()).ok()?;
    let ms = i64::try_from(at.duration_since(UNIX_EPOCH).ok()?.as_millis()).ok()?;
    u64::try_from(ms - offset_s * 1000).ok()
}

/// In ISO 8601, UTC.
pub fn write(at_ms: u64) -> String {
    humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_millis(at_ms.min(LAST_MS))).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(value: Value) -> Option<u64> {
        take(&mut Map::from_iter([("at".to_owned(), value)]), "at").ok()
    }

    #[test]
    fn moments_are_read_in_every_usual_way() {
        let moment = 1_798_761_599_000;
        for same in [
            json!("2026-12-31T23:59:59Z"),
            json!("2026-12-31t23:59:59z"),
            json!("2026-12-31 23:59:59"),
            json!("2027-01-01T01:59:59+02:00"),
            json!("2026-12-31T18:59:59-0500"),
            json!(1_798_761_599),
            json!(1_798_761_599_000u64),
        ] {
            assert_eq!(read(same.clone()), Some(moment), "{same}");
        }
        assert_eq!(read(json!("2026-12-31T23:59:59.250Z")), Some(moment + 250));
        assert_eq!(read(json!("2026-12-31")), Some(1_798_675_200_000));
        assert_eq!(write(moment), "2026-12-31T23:59:59Z");
        for bad in [
            json!(null),
            json!(true),
            json!([]),
            json!(-1),
            json!(1.5),
            json!(u64::MAX),
            json!(""),
            json!("tomorrow"),
            json!("2026-13-01T00:00:00Z"),
            json!("2026-12-31T23:59:59+25:00"),
            json!("2026-12-31T23:59:59+2"),
            json!("1969-12-31T23:59:59Z"),
            json!("é".repeat(10)),
            json!("-".repeat(39)),
            json!("9".repeat(1000)),
        ] {
            assert_eq!(read(bad.clone()), None, "{bad}");
        }
        assert_eq!(write(u64::MAX), "9999-12-31T23:59:59Z");
    }
}
