//! `Idempotency-Key`: the same key, caller and body give the stored answer. Rooms keep the record; here the key's shape is
//! checked.
use crate::base::error::{Code, Error, Result};
use axum::http::{HeaderMap, HeaderName};

pub const KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// On an answer that was given before.
pub const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
const LONGEST: usize = 255;

/// The caller's key. Errors: `invalid_idempotency_key` unless it is 1 to 255 visible ASCII characters, sent once.
pub fn key(headers: &HeaderMap) -> Result<Option<String>> {
    let mut sent = headers.get_all(&KEY).iter();
    let Some(key) = sent.next() else { return Ok(None) };
    let visible = key.as_bytes().iter().all(u8::is_ascii_graphic) && (1..=LONGEST).contains(&key.len());
    match key.to_str() {
        Ok(key) if visible && sent.next().is_none() => Ok(Some(key.to_owned())),
        _ => Err(Error::new(
            Code::IdempotencyKey,
            "Idempotency-Key must be 1 to 255 visible ASCII characters, sent once",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn only_visible_ascii_passes() {
        let read = |keys: &[&[u8]]| {
            let mut headers = HeaderMap::new();
            for key in keys {
                headers.append(KEY, HeaderValue::from_bytes(key).unwrap());
            }
            key(&headers)
        };
        assert_eq!(read(&[]).unwrap(), None);
        assert_eq!(read(&[b"a-1"]).unwrap().as_deref(), Some("a-1"));
        assert!(read(&[&[b'k'; 255]]).is_ok());
        for bad in [&[b"".as_slice()][..], &[b"a b"], &[b"\xc3\xa4"], &[&[b'k'; 256]], &[b"a", b"a"], &[b"a\tb"]] {
            assert_eq!(read(bad).unwrap_err().code, Code::IdempotencyKey, "{bad:?}");
        }
    }
}
