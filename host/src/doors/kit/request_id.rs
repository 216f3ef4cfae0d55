//! The id by which one request is found again: in its answer, in its problem, in every line of the log.
use crate::base::clock::Clock;
use crate::base::ids;
use axum::http::{HeaderMap, HeaderName, HeaderValue};

pub const HEADER: HeaderName = HeaderName::from_static("x-request-id");
const LONGEST: usize = 128;

/// Either the caller's own `X-Request-Id` or "req_" and a time-ordered random part. Always safe to log and to send back.
#[derive(Clone, Debug)]
pub struct RequestId(HeaderValue);

impl RequestId {
    /// Keeps the caller's id if it is sane: 1 to 128 of `A-Z a-z 0-9 _ . -`, sent once.
    pub fn of(headers: &HeaderMap, clock: &Clock) -> RequestId {
        let mut sent = headers.get_all(&HEADER).iter();
        match (sent.next(), sent.next()) {
            (Some(id), None) if is_sane(id.as_bytes()) => RequestId(id.clone()),
            _ => RequestId::fresh(clock),
        }
    }

    fn fresh(clock: &Clock) -> RequestId {
        let id = ids::RequestId::new(clock).to_string();
        RequestId(HeaderValue::try_from(id).unwrap_or(HeaderValue::from_static("req_0")))
    }

    pub fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }

    pub fn header(&self) -> HeaderValue {
        self.0.clone()
    }
}

fn is_sane(id: &[u8]) -> bool {
    (1..=LONGEST).contains(&id.len()) && id.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(sent: &[&[u8]]) -> String {
        let mut headers = HeaderMap::new();
        for id in sent {
            headers.append(HEADER, HeaderValue::from_bytes(id).unwrap());
        }
        RequestId::of(&headers, &Clock::system()).as_str().to_owned()
    }

    #[test]
    fn keeps_a_sane_id_and_replaces_any_other() {
        assert_eq!(of(&[b"trace-1.a_B"]), "trace-1.a_B");
        assert_eq!(of(&[&[b'a'; 128]]), "a".repeat(128));
        let long = [b'a'; 129];
        for other in [&[][..], &[b"".as_slice()], &[b"a b"], &[b"<b>"], &[b"\xff"], &[&long], &[b"one", b"two"]] {
            let id = of(other);
            assert!(id.starts_with("req_") && id.len() == 30, "{other:?} gave {id}");
        }
    }
}
