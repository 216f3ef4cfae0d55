//! Plugins, for admins: what there is, uploads, versions; configuration, secrets and permissions.
mod settings;
mod upload;
mod versions;

use crate::base::error::{Code, Error, Result};
use crate::base::secret::sha256;
use crate::doors::Ground;
use crate::doors::kit::answer::{Json, ready_json};
use crate::doors::kit::auth::Admin;
use crate::doors::kit::{Answer, body, replay};
use crate::doors::openapi::{Door, Guard};
use crate::doors::rooms::{Manages, Soon};
use crate::doors::widgets::Name;
use crate::features::plugins::{Answered, Once, PluginInfo};
use axum::body::Body;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::sync::Arc;

const TAG: &str = "plugins";
/// What every door that changes something may answer.
const CHANGING: &[Code] = &[Code::MalformedRequest, Code::Overloaded, Code::StorageFull, Code::Database];

pub fn doors() -> Vec<Door> {
    let own = [
        Door::get("/api/admin/plugins", list)
            .says(
                TAG,
                "listPlugins",
                "List plugins",
                "Every plugin that is known: in force, waiting or out of force, or not to be loaded, with the reason. Beside \
                 them the uploads that were refused lately.",
            )
            .guard(Guard::Admin)
            .answers_json(200, "PluginList", "Plugins by name")
            .refuses(&[Code::Database]),
        Door::get("/api/admin/plugins/{name}", get)
            .says(
                TAG,
                "getPlugin",
                "Look at a plugin",
                "What is in force under this name, with its manifest; else the version that was last, else the newest one.",
            )
            .guard(Guard::Admin)
            .path_param("name", "The plugin's name")
            .answers_json(200, "Plugin", "The plugin")
            .refuses(&[Code::UnknownPlugin, Code::Database]),
        upload::door(),
    ];
    own.into_iter().chain(versions::doors()).chain(settings::doors()).collect()
}

/// A plugin's name and what comes after it in the path.
struct Inside(String, String);

impl<S: Send + Sync> FromRequestParts<S> for Inside {
    type Rejection = crate::doors::kit::Problem;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Inside, Self::Rejection> {
        match Path::<(String, String)>::from_request_parts(parts, state).await {
            Ok(Path((name, inside))) => Ok(Inside(name, inside)),
            Err(e) => Err(Error::new(Code::MalformedRequest, "The path cannot be decoded").caused_by(e).into()),
        }
    }
}

/// Does a change, once for each `Idempotency-Key`. `what`: all that tells one request from another.
async fn once<T: Serialize>(
    plugins: &Arc<dyn Manages>,
    admin: &Admin,
    headers: &HeaderMap,
    what: &[&[u8]],
    status: StatusCode,
    work: Soon<'_, Result<T>>,
) -> Answer<Response> {
    let work = async move {
        let done = work.await?;
        let text = match status {
            StatusCode::NO_CONTENT => String::new(),
            _ => serde_json::to_string(&done).map_err(Error::internal)?,
        };
        Ok(Answered { status: status.as_u16(), text, replayed: false })
    };
    let answered = match replay::key(headers)? {
        None => work.await?,
        Some(key) => {
            // Each part with its length, so that no two requests run into one.
            let parts = what.iter().flat_map(|part| [&part.len().to_be_bytes()[..], part].concat());
            let request = sha256(&parts.collect::<Vec<u8>>());
            let once = Once { who: admin.who.clone(), key, request };
            plugins.once(&once, Box::pin(work)).await?
        }
    };
    let status = StatusCode::from_u16(answered.status).unwrap_or(StatusCode::OK);
    let mut response = match status {
        StatusCode::NO_CONTENT => status.into_response(),
        _ => (status, ready_json(answered.text)).into_response(),
    };
    if answered.replayed {
        response.headers_mut().insert(replay::REPLAYED, HeaderValue::from_static("true"));
    }
    Ok(response)
}

/// What `Idempotency-Key` adds to a door.
fn keyed(door: Door) -> Door {
    let words = "1 to 255 visible ASCII characters; a repeat with the same token and body gets the stored answer";
    door.header("Idempotency-Key", words).refuses(CHANGING).refuses(&[Code::IdempotencyMismatch, Code::IdempotencyKey])
}

/// The body's bytes.
async fn bytes(ground: &Ground, headers: &HeaderMap, incoming: Body) -> Result<Bytes> {
    body::read(headers, incoming, ground.body).await
}

/// A JSON object as the body; none at all counts as an empty one.
fn object(headers: &HeaderMap, sent: &[u8]) -> Result<Map<String, Value>> {
    if sent.is_empty() {
        return Ok(Map::new());
    }
    match body::kind(headers)? {
        body::Kind::Json => body::json_object(sent),
        _ => Err(body::unsupported("Send application/json")),
    }
}

async fn list(State(plugins): State<Arc<dyn Manages>>, _: Admin) -> Answer<Json<Value>> {
    Ok(Json(json!({"plugins": plugins.all().await?, "rejected": plugins.rejected()})))
}

async fn get(State(plugins): State<Arc<dyn Manages>>, _: Admin, Name(name): Name) -> Answer<Json<PluginInfo>> {
    Ok(Json(plugins.about(&name).await?))
}
