//! Workspaces and what belongs to them: members, invitations, organizations, operators, API keys.
mod company;
mod invitations;
mod keys;
mod members;
mod moments;
mod operators;
mod spaces;

use crate::base::error::{Code, Error, Result};
use crate::doors::Ground;
use crate::doors::kit::auth::bearer;
use crate::doors::kit::came::Came;
use crate::doors::kit::{Problem, body};
use crate::doors::openapi::{Door, Guard};
use crate::features::audit::By;
use crate::features::identity::{Kind, MemberRole, Proved, Tenant};
use axum::body::Body;
use axum::extract::{FromRef, FromRequestParts, RawPathParams};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use bytes::Bytes;
use serde_json::{Map, Value};

/// What every door with a JSON body may answer.
const BODY: &[Code] = &[
    Code::RequestTimeout,
    Code::BodyTooLarge,
    Code::UnsupportedMedia,
    Code::InvalidBody,
    Code::MalformedJson,
    Code::TooDeep,
];

pub fn doors() -> Vec<Door> {
    [spaces::doors(), members::doors(), invitations::doors(), company::doors(), operators::doors(), keys::doors()]
        .into_iter()
        .flatten()
        .collect()
}

/// The workspace that the path names, for one of its members. Errors: `not_found` for everybody else.
struct Inside {
    tenant: Tenant,
    proved: Proved,
}

/// The workspace that the caller acts in: that of his token, or the one of his that `workspace_id` in the query names.
/// With a company token it is the token's own.
struct Here<const COMPANY: bool> {
    tenant: Tenant,
    proved: Proved,
}

/// A member of the workspace, or the bearer of a company token.
type Manager = Here<true>;
/// A member of the workspace.
type Member = Here<false>;

impl<S> FromRequestParts<S> for Inside
where
    S: Send + Sync,
    Ground: FromRef<S>,
{
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Inside, Problem> {
        let ground = Ground::from_ref(state);
        let proved = bearer(parts, &ground, &[Kind::Access, Kind::Admin], "an account's access token").await?;
        let id = param(parts, state, "id").await?;
        Ok(Inside { tenant: ground.access.tenant(&proved, &id).await?, proved })
    }
}

impl<S, const COMPANY: bool> FromRequestParts<S> for Here<COMPANY>
where
    S: Send + Sync,
    Ground: FromRef<S>,
{
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Here<COMPANY>, Problem> {
        let ground = Ground::from_ref(state);
        let kinds = [Kind::Access, Kind::Admin, Kind::Company];
        let proved = if COMPANY {
            bearer(parts, &ground, &kinds, "a company token or an access token").await?
        } else {
            bearer(parts, &ground, &[Kind::Access, Kind::Admin], "an account's access token").await?
        };
        let tenant = match body::query(&parts.uri)?.remove("workspace_id") {
            None => {
                let gone = || Error::new(Code::Forbidden, "You are no member of this workspace any more");
                proved.tenant.clone().ok_or_else(gone)?
            }
            Some(Value::String(id)) => ground.access.tenant(&proved, &id).await?,
            Some(_) => Err(Error::new(Code::MalformedRequest, "workspace_id must be sent once"))?,
        };
        Ok(Here { tenant, proved })
    }
}

/// The part `name` of the path, decoded.
async fn param<S: Send + Sync>(parts: &mut Parts, state: &S, name: &str) -> Result<String> {
    let params = RawPathParams::from_request_parts(parts, state).await;
    let params = params.map_err(|e| Error::new(Code::MalformedRequest, "The path cannot be decoded").caused_by(e))?;
    let found = params.iter().find(|(key, _)| *key == name).map(|(_, value)| value.to_owned());
    found.ok_or_else(|| Error::internal("a path without its part"))
}

/// The second part of a path that has one.
struct Second(String);

impl<S: Send + Sync> FromRequestParts<S> for Second {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Second, Problem> {
        Ok(Second(param(parts, state, "member").await?))
    }
}

/// The row that a path under a workspace's own door names.
struct Row(String);

impl<S: Send + Sync> FromRequestParts<S> for Row {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Row, Problem> {
        Ok(Row(param(parts, state, "id").await?))
    }
}

fn by(proved: &Proved, came: Came) -> By {
    By { who: proved.who.clone(), origin: came.origin }
}

/// The bytes of a body, and the JSON object that they are.
async fn sent(ground: &Ground, headers: &HeaderMap, incoming: Body) -> Result<(Bytes, Map<String, Value>)> {
    let kind = body::kind(headers)?;
    let sent = body::read(headers, incoming, ground.body).await?;
    match kind {
        body::Kind::Json => {
            let object = body::json_object(&sent)?;
            Ok((sent, object))
        }
        _ => Err(body::unsupported("Send application/json")),
    }
}

/// The same where a body may be left out.
async fn maybe_sent(ground: &Ground, headers: &HeaderMap, incoming: Body) -> Result<(Bytes, Map<String, Value>)> {
    let sent = body::read(headers, incoming, ground.body).await?;
    if sent.is_empty() {
        return Ok((sent, Map::new()));
    }
    match body::kind(headers)? {
        body::Kind::Json => {
            let object = body::json_object(&sent)?;
            Ok((sent, object))
        }
        _ => Err(body::unsupported("Send application/json")),
    }
}

/// A member that may be absent; null counts as absent. Errors: `invalid_body`.
fn maybe_string(from: &mut Map<String, Value>, name: &str) -> Result<Option<String>> {
    match from.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(_) => body::take_string(from, name).map(Some),
    }
}

fn maybe_bool(from: &mut Map<String, Value>, name: &str) -> Result<Option<bool>> {
    match from.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Bool(value)) => Ok(Some(value)),
        Some(_) => Err(body::misshapen(&format!("/{name}"), "must be true or false".to_owned())),
    }
}

/// A whole number that is not negative.
fn maybe_number(from: &mut Map<String, Value>, name: &str) -> Result<Option<u64>> {
    match from.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Number(value)) if value.is_u64() => Ok(value.as_u64()),
        Some(_) => Err(body::misshapen(&format!("/{name}"), "must be a whole number that is not negative".to_owned())),
    }
}

fn maybe_strings(from: &mut Map<String, Value>, name: &str) -> Result<Option<Vec<String>>> {
    let wrong = || body::misshapen(&format!("/{name}"), "must be a list of strings".to_owned());
    match from.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Array(items)) => {
            let texts: Option<Vec<String>> = items.iter().map(|item| item.as_str().map(str::to_owned)).collect();
            texts.map(Some).ok_or_else(wrong)
        }
        Some(_) => Err(wrong()),
    }
}

/// Errors: `invalid_body`.
fn role(from: &mut Map<String, Value>) -> Result<MemberRole> {
    let word = body::take_string(from, "role")?;
    let wrong = || body::misshapen("/role", "must be owner, admin, agent or viewer".to_owned());
    MemberRole::parse(&word).ok_or_else(wrong)
}

/// A door that names a workspace in its path.
fn inside(door: Door) -> Door {
    door.guard(Guard::Member).path_param("id", "The workspace").refuses(&[Code::NotFound, Code::Database])
}

/// A door that acts in the caller's workspace.
fn here(door: Door, guard: Guard) -> Door {
    door.guard(guard)
        .query("workspace_id", "Another workspace of yours than the token's own", "string")
        .refuses(&[Code::NotFound, Code::Database])
}
