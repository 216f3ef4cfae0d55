//! Bodies, bounded before they are believed: by size, by time, by kind, by shape.
use crate::base::error::{Code, Error, Fault, Result};
use crate::base::json;
use crate::doors::kit::urlencoded;
use axum::body::Body;
use axum::http::{HeaderMap, header};
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde_json::{Map, Value};
use std::time::Duration;

/// What a body may be.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    pub bytes: usize,
    /// From the head to the last byte.
    pub time: Duration,
}

/// The kinds of body that a door can be offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Json,
    Form,
    Multipart,
    /// `application/wasm` or `application/octet-stream`.
    Binary,
}

/// The body's declared kind. Errors: `unsupported_media_type` for any other, for none, for a charset that is not UTF-8 and
/// for a compressed body.
pub fn kind(headers: &HeaderMap) -> Result<Kind> {
    let coding = headers.get(header::CONTENT_ENCODING).map_or(&b"identity"[..], |value| value.as_bytes());
    if !coding.eq_ignore_ascii_case(b"identity") {
        return Err(unsupported("Compressed bodies are not taken"));
    }
    let mut sent = headers.get_all(header::CONTENT_TYPE).iter();
    let declared = match (sent.next(), sent.next()) {
        (Some(one), None) => one.to_str().unwrap_or_default(),
        (None, _) => return Err(unsupported("Content-Type is missing; send application/json")),
        (Some(_), Some(_)) => return Err(unsupported("Content-Type must be sent once")),
    };
    let mut parts = declared.split(';').map(str::trim);
    let media = parts.next().unwrap_or_default();
    let charset =
        parts.find_map(|p| p.get(..8).filter(|k| k.eq_ignore_ascii_case("charset=")).and_then(|_| p.get(8..)));
    if charset
        .is_some_and(|c| !matches!(c.trim_matches('"').to_ascii_lowercase().as_str(), "utf-8" | "utf8" | "us-ascii"))
    {
        return Err(unsupported("Text must be UTF-8"));
    }
    if media.eq_ignore_ascii_case("application/json") || is_json_suffix(media) {
        Ok(Kind::Json)
    } else if media.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        Ok(Kind::Form)
    } else if media.eq_ignore_ascii_case("multipart/form-data") {
        Ok(Kind::Multipart)
    } else if media.eq_ignore_ascii_case("application/wasm") || media.eq_ignore_ascii_case("application/octet-stream") {
        Ok(Kind::Binary)
    } else {
        Err(unsupported("This media type is not taken here"))
    }
}

/// `application/cloudevents+json` and its like.
fn is_json_suffix(media: &str) -> bool {
    let lower = media.to_ascii_lowercase();
    lower.strip_prefix("application/").is_some_and(|rest| rest.len() > 5 && rest.ends_with("+json"))
}

#[track_caller]
pub fn unsupported(detail: &'static str) -> Error {
    Error::new(Code::UnsupportedMedia, detail)
}

/// Reads the whole body. Errors: `body_too_large`, at once where the length is declared; `request_timeout`;
/// `malformed_request` when the connection or its framing broke.
pub async fn read(headers: &HeaderMap, body: Body, bounds: Bounds) -> Result<Bytes> {
    let declared =
        headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()).and_then(|v| v.parse::<u64>().ok());
    if declared.is_some_and(|length| length > bounds.bytes as u64) {
        return Err(too_large(bounds.bytes));
    }
    match tokio::time::timeout(bounds.time, Limited::new(body, bounds.bytes).collect()).await {
        Ok(Ok(whole)) => Ok(whole.to_bytes()),
        Ok(Err(e)) if e.downcast_ref::<LengthLimitError>().is_some() => Err(too_large(bounds.bytes)),
        Ok(Err(e)) => Err(Error::new(Code::MalformedRequest, "The body could not be read to its end").caused_by(e)),
        Err(_) => {
            let detail = format!("The body did not arrive within {} s", bounds.time.as_secs());
            Err(Error::new(Code::RequestTimeout, detail))
        }
    }
}

#[track_caller]
pub fn too_large(limit: usize) -> Error {
    Error::new(Code::BodyTooLarge, format!("The body may have at most {limit} bytes"))
}

/// A JSON body that is an object. Errors: `malformed_json`, `json_too_deep`; `invalid_body` for any other JSON value.
pub fn json_object(body: &[u8]) -> Result<Map<String, Value>> {
    match json::parse(body)? {
        Value::Object(object) => Ok(object),
        other => Err(misshapen("", format!("must be an object, not {}", kind_of(&other)))),
    }
}

/// Takes the member `name`, which must be an object; absent and null count as empty. Errors: `invalid_body`.
pub fn take_object(from: &mut Map<String, Value>, name: &str) -> Result<Map<String, Value>> {
    match from.get_mut(name).map(Value::take) {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(object)) => Ok(object),
        Some(other) => Err(misshapen(&format!("/{name}"), format!("must be an object, not {}", kind_of(&other)))),
    }
}

/// Takes the member `name`, which must be a string that is not empty. Errors: `invalid_body`.
pub fn take_string(from: &mut Map<String, Value>, name: &str) -> Result<String> {
    let fault = |message: String| misshapen(&format!("/{name}"), message);
    match from.get_mut(name).map(Value::take) {
        Some(Value::String(text)) if !text.is_empty() => Ok(text),
        Some(Value::String(_)) => Err(fault("must not be empty".to_owned())),
        None => Err(fault("is missing".to_owned())),
        Some(other) => Err(fault(format!("must be a string, not {}", kind_of(&other)))),
    }
}

#[track_caller]
pub fn misshapen(pointer: &str, message: String) -> Error {
    let name = if pointer.is_empty() { "The body" } else { pointer };
    Error::new(Code::InvalidBody, format!("{name} {message}"))
        .with_faults(vec![Fault { pointer: pointer.to_owned(), message }])
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// The query string as an object of strings. Errors: `malformed_request`.
pub fn query(uri: &axum::http::Uri) -> Result<Map<String, Value>> {
    match uri.query() {
        Some(text) => Ok(urlencoded::object(urlencoded::pairs(text.as_bytes())?)),
        None => Ok(Map::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;
    use serde_json::json;

    const BOUNDS: Bounds = Bounds { bytes: 10, time: Duration::from_millis(30) };

    fn declared(content_type: &str) -> Result<Kind> {
        kind(&HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_str(content_type).unwrap())]))
    }

    #[test]
    fn kinds_are_told_apart_and_others_refused() {
        for (content_type, expected) in [
            ("application/json", Kind::Json),
            ("Application/JSON; charset=utf-8", Kind::Json),
            ("application/json;charset=\"UTF-8\"", Kind::Json),
            ("application/vnd.inlay+json", Kind::Json),
            ("application/x-www-form-urlencoded", Kind::Form),
            ("multipart/form-data; boundary=x", Kind::Multipart),
            ("application/wasm", Kind::Binary),
        ] {
            assert_eq!(declared(content_type).unwrap(), expected, "{content_type}");
        }
        for bad in [
            "",
            "text/plain",
            "application/jsonp",
            "application/+json",
            "application/json; charset=utf-16",
            "json",
            "é",
        ] {
            assert_eq!(declared(bad).unwrap_err().code, Code::UnsupportedMedia, "{bad}");
        }
        assert!(kind(&HeaderMap::new()).is_err());
        let mut headers = HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        assert!(kind(&headers).is_err());
    }

    #[tokio::test]
    async fn size_and_time_are_bounded() {
        let none = HeaderMap::new();
        assert_eq!(read(&none, Body::from("0123456789"), BOUNDS).await.unwrap(), "0123456789");
        assert_eq!(read(&none, Body::from("0123456789a"), BOUNDS).await.unwrap_err().code, Code::BodyTooLarge);
        let never = Body::from_stream(futures_util::stream::pending::<std::io::Result<Bytes>>());
        assert_eq!(read(&none, never, BOUNDS).await.unwrap_err().code, Code::RequestTimeout);
        let broken = Body::from_stream(futures_util::stream::iter([Err::<Bytes, _>(std::io::Error::other("reset"))]));
        assert_eq!(read(&none, broken, BOUNDS).await.unwrap_err().code, Code::MalformedRequest);
        // A length that is declared is believed before a byte is read.
        let long = HeaderMap::from_iter([(header::CONTENT_LENGTH, HeaderValue::from(11))]);
        let never = Body::from_stream(futures_util::stream::pending::<std::io::Result<Bytes>>());
        assert_eq!(read(&long, never, BOUNDS).await.unwrap_err().code, Code::BodyTooLarge);
    }

    #[test]
    fn shapes_are_checked_with_a_pointer() {
        for bad in ["null", "[]", "\"x\"", "1", "true"] {
            let error = json_object(bad.as_bytes()).unwrap_err();
            assert_eq!((error.code, error.faults[0].pointer.as_str()), (Code::InvalidBody, ""), "{bad}");
        }
        let mut body = json_object(br#"{"a": {"b": 1}, "n": null, "s": "x", "e": "", "l": []}"#).unwrap();
        assert_eq!(Value::Object(take_object(&mut body, "a").unwrap()), json!({"b": 1}));
        assert!(
            take_object(&mut body, "n").unwrap().is_empty() && take_object(&mut body, "absent").unwrap().is_empty()
        );
        assert_eq!(take_object(&mut body, "l").unwrap_err().faults[0].pointer, "/l");
        assert_eq!(take_string(&mut body, "s").unwrap(), "x");
        assert_eq!(take_string(&mut body, "e").unwrap_err().detail, "/e must not be empty");
        assert_eq!(take_string(&mut body, "absent").unwrap_err().detail, "/absent is missing");
    }
}
