//! Plugins, for admins: what there is, uploads, versions; configuration, secrets and permissions.
mod settings;
mod upload;
mod versions;

use crate::base::error::{Code, Error, Result};
use crate::doors::Ground;
use crate::doors::kit::answer::Json;
use crate::doors::kit::auth::Admin;
use crate::doors::kit::{Answer, body};
use crate::doors::openapi::{Door, Guard};
use crate::doors::rooms::Manages;
use crate::doors::widgets::Name;
use crate::features::plugins::PluginInfo;
use axum::body::Body;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use bytes::Bytes;
use serde_json::{Map, Value, json};
use std::sync::Arc;

const TAG: &str = "plugins";

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
