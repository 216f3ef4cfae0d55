//! `Idempotency-Key`: the same key, caller and request give the stored answer. The room `replay` keeps the record; here the
//! key's shape is checked, and an answer is written as it was.
use crate::base::error::{Code, Error, Result};
use crate::base::secret::sha256;
use crate::doors::Ground;
use crate::doors::kit::answer::{TEXT, ready_json};
use crate::doors::kit::{Answer, Problem};
use crate::doors::openapi::Door;
use crate::features::identity::Who;
use crate::features::replay::{Answered, Once, Replays, Work};
use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

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

/// What `Idempotency-Key` adds to a door.
pub fn keyed(door: Door) -> Door {
    let words =
        "1 to 255 visible ASCII characters; a repeat by the same caller with the same body gets the stored answer";
    let codes = [Code::IdempotencyMismatch, Code::IdempotencyKey, Code::Overloaded, Code::StorageFull, Code::Database];
    door.header("Idempotency-Key", words).refuses(&codes)
}

/// A request that may carry a key. A handler that takes one calls [`Keyed::within`] or [`Keyed::around`].
pub struct Keyed {
    key: Option<String>,
    /// Method, path and query.
    head: String,
    replays: Replays,
}

impl<S> FromRequestParts<S> for Keyed
where
    S: Send + Sync,
    Ground: FromRef<S>,
{
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Keyed, Problem> {
        let head = format!("{} {}", parts.method, parts.uri);
        Ok(Keyed { key: key(&parts.headers)?, head, replays: Ground::from_ref(state).replays })
    }
}

impl Keyed {
    /// Makes a change in one transaction with the record of its answer. `sent`: the body, in parts. The work gets the
    /// transaction and ends with [`json`]; [`work!`] writes it down:
    ///
    /// ```ignore
    /// keyed.within(&who, &[&sent], work!(|tx| json(CREATED, &keys.create_in(tx, &tenant, &by, new).await?))).await
    /// ```
    pub async fn within(&self, who: &Who, sent: &[&[u8]], work: Work<'_>) -> Answer<Response> {
        Ok(written(self.replays.within(self.once(&who.name(), sent).as_ref(), work).await?))
    }

    /// The same for an answer of plain text.
    pub async fn within_as_text(&self, who: &Who, sent: &[&[u8]], work: Work<'_>) -> Answer<Response> {
        let mut response = self.within(who, sent, work).await?;
        response.headers_mut().insert(header::CONTENT_TYPE, TEXT);
        Ok(response)
    }

    /// The same for work that has transactions of its own, or takes long; see [`Replays::around`] for what that means.
    pub async fn around<T: Serialize>(
        &self,
        who: &str,
        sent: &[&[u8]],
        status: StatusCode,
        work: impl Future<Output = Result<T>> + Send,
    ) -> Answer<Response> {
        let work = async { json(status, &work.await?) };
        Ok(written(self.replays.around(self.once(who, sent).as_ref(), work).await?))
    }

    fn once(&self, who: &str, sent: &[&[u8]]) -> Option<Once> {
        let key = self.key.clone()?;
        // Each part with its length, so that no two requests run into one.
        let parts = std::iter::once(self.head.as_bytes()).chain(sent.iter().copied());
        let whole: Vec<u8> = parts.flat_map(|part| [&part.len().to_be_bytes()[..], part].concat()).collect();
        Some(Once { who: who.to_owned(), key, request: sha256(&whole) })
    }
}

/// Work inside a transaction, for [`Keyed::within`]. It takes what it names.
macro_rules! work {
    (|$tx:ident| $done:expr) => {{
        let work: $crate::features::replay::Work<'_> = Box::new(move |$tx| Box::pin(async move { $done }));
        work
    }};
}
pub(crate) use work;

/// An answer of plain text.
pub fn text(text: String) -> Answered {
    Answered { status: StatusCode::OK.as_u16(), text, replayed: false }
}

/// An answer of JSON; none with 204.
pub fn json<T: Serialize>(status: StatusCode, body: &T) -> Result<Answered> {
    let text = match status {
        StatusCode::NO_CONTENT => String::new(),
        _ => serde_json::to_string(body).map_err(Error::internal)?,
    };
    Ok(Answered { status: status.as_u16(), text, replayed: false })
}

fn written(answered: Answered) -> Response {
    let status = StatusCode::from_u16(answered.status).unwrap_or(StatusCode::OK);
    let mut response = match status {
        StatusCode::NO_CONTENT => status.into_response(),
        _ => (status, ready_json(answered.text)).into_response(),
    };
    if answered.replayed {
        response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    }
    response
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
