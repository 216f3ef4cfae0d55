//! Accounts: signing up, in and out, and what people do with their own account. An older API calls some of these doors
//! otherwise; both names lead to the same handler.
mod own;
mod sign;

use crate::base::error::{Code, Error, Result};
use crate::base::secret::Secret;
use crate::doors::Ground;
use crate::doors::kit::came::Came;
use crate::doors::kit::{Problem, body};
use crate::doors::openapi::Door;
use crate::features::accounts::{Begun, Device};
use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use serde_json::{Map, Value, json};

const TAG: &str = "accounts";
/// What every door with a JSON body may answer.
const BODY: &[Code] = &[
    Code::RequestTimeout,
    Code::BodyTooLarge,
    Code::UnsupportedMedia,
    Code::InvalidBody,
    Code::MalformedJson,
    Code::TooDeep,
    Code::Overloaded,
    Code::StorageFull,
    Code::Database,
];

pub fn doors() -> Vec<Door> {
    sign::doors().into_iter().chain(own::doors()).collect()
}

/// From where a request comes.
pub struct From(pub Device);

impl<S: Send + Sync> FromRequestParts<S> for From {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<From, Problem> {
        let came = Came::from_request_parts(parts, state).await?;
        let agent = parts.headers.get(header::USER_AGENT).map(|agent| String::from_utf8_lossy(agent.as_bytes()));
        let block = came.address.block().to_string();
        Ok(From(Device { origin: came.origin, block, agent: agent.unwrap_or_default().into_owned() }))
    }
}

/// The body, which has to be a JSON object.
async fn object(ground: &Ground, headers: &HeaderMap, incoming: Body) -> Result<Map<String, Value>> {
    let kind = body::kind(headers)?;
    let sent = body::read(headers, incoming, ground.body).await?;
    match kind {
        body::Kind::Json => body::json_object(&sent),
        _ => Err(body::unsupported("Send application/json")),
    }
}

/// The same where a body may be left out.
async fn maybe_object(ground: &Ground, headers: &HeaderMap, incoming: Body) -> Result<Map<String, Value>> {
    let sent = body::read(headers, incoming, ground.body).await?;
    if sent.is_empty() {
        return Ok(Map::new());
    }
    match body::kind(headers)? {
        body::Kind::Json => body::json_object(&sent),
        _ => Err(body::unsupported("Send application/json")),
    }
}

/// A member that may be left out; null counts as left out. Errors: `invalid_body`.
fn maybe(from: &mut Map<String, Value>, name: &str) -> Result<Option<String>> {
    match from.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(_) => body::take_string(from, name).map(Some),
    }
}

fn secret(from: &mut Map<String, Value>, name: &str) -> Result<Secret<String>> {
    body::take_string(from, name).map(Secret::new)
}

/// A sign-in, with the access token under both of its names.
fn shown(begun: &Begun) -> Value {
    json!({
        "token": begun.access.reveal(),
        "access_token": begun.access.reveal(),
        "refresh_token": begun.refresh.reveal(),
        "token_type": "Bearer",
        "expires_in": begun.expires_in_s,
        "user": begun.account,
        "workspace_id": begun.workspace,
    })
}

#[track_caller]
fn missing(what: &str) -> Error {
    Error::new(Code::MissingToken, format!("Send {what}"))
}
