//! Plugins, for admins: list, look at, upload.
use crate::base::error::{Code, Error, Result};
use crate::doors::Ground;
use crate::doors::kit::Answer;
use crate::doors::kit::answer::Json;
use crate::doors::kit::auth::Admin;
use crate::doors::kit::body::{self, Bounds, Kind};
use crate::doors::openapi::{Door, Guard};
use crate::doors::rooms::Manages;
use crate::doors::widgets::Name;
use crate::features::plugins::{Permissions, PluginInfo};
use axum::body::Body;
use axum::extract::{FromRequest, Multipart, Request, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::{Value, json};
use std::sync::Arc;

/// Bytes around the component in a multipart body.
const WRAPPING: usize = 64 * 1024;
/// Bytes of the field `permissions`.
const LONGEST_LIST: usize = 16 * 1024;

pub fn doors() -> Vec<Door> {
    const TAG: &str = "plugins";
    vec![
        Door::get("/api/admin/plugins", list)
            .says(TAG, "listPlugins", "List plugins", "The plugins in force, and those that could not be loaded, with the reason.")
            .guard(Guard::Admin)
            .answers_json(200, "PluginList", "Plugins by name"),
        Door::post("/api/admin/plugins", upload)
            .says(
                TAG,
                "uploadPlugin",
                "Upload a plugin",
                "The component is validated and described inside the sandbox before it is accepted. A file that is refused \
                 changes nothing. `permissions` grants what the plugin asks for: `all`, or words separated by commas; \
                 without it nothing is granted.",
            )
            .guard(Guard::Admin)
            .query("permissions", "`all`, or a list such as `state:visitor,events:cart-updated`", "string")
            .takes("application/wasm", "Component", "The component")
            .takes("application/octet-stream", "Component", "The component")
            .takes("multipart/form-data", "PluginUpload", "The component and what it is granted")
            .answers_json(201, "Plugin", "The plugin, in force")
            .refuses(&[
                Code::MalformedRequest,
                Code::RequestTimeout,
                Code::BodyTooLarge,
                Code::UnsupportedMedia,
                Code::InvalidBody,
                Code::PluginInvalid,
                Code::GrantsMissing,
                Code::NameTaken,
                Code::InvalidWidget,
                Code::StorageFull,
                Code::Database,
            ]),
        Door::get("/api/admin/plugins/{name}", get)
            .says(TAG, "getPlugin", "Look at a plugin", "What is in force under this name, with its manifest.")
            .guard(Guard::Admin)
            .path_param("name", "The plugin's name")
            .answers_json(200, "Plugin", "The plugin")
            .refuses(&[Code::UnknownPlugin]),
    ]
}

async fn list(State(plugins): State<Arc<dyn Manages>>, _: Admin) -> Json<Value> {
    Json(json!({"plugins": plugins.list()}))
}

async fn get(State(plugins): State<Arc<dyn Manages>>, _: Admin, Name(name): Name) -> Answer<Json<PluginInfo>> {
    Ok(Json(plugins.get(&name)?))
}

async fn upload(
    State(plugins): State<Arc<dyn Manages>>,
    State(ground): State<Ground>,
    _: Admin,
    request: Request,
) -> Answer<Response> {
    let (parts, incoming) = request.into_parts();
    let by_query = body::query(&parts.uri)?.remove("permissions");
    let by_query =
        by_query.map(|value| value.as_str().map(str::to_owned).ok_or_else(|| once("permissions"))).transpose()?;
    let (component, by_field) = match body::kind(&parts.headers)? {
        Kind::Binary => (body::read(&parts.headers, incoming, ground.upload).await?, None),
        Kind::Multipart => multipart(parts, incoming, ground.upload).await?,
        Kind::Json | Kind::Form => {
            return Err(body::unsupported("Send application/wasm, or multipart/form-data with the field plugin").into());
        }
    };
    if component.is_empty() {
        return Err(body::misshapen("", "is empty; send a component".to_owned()).into());
    }
    let permissions = permissions(by_field.or(by_query).as_deref().unwrap_or_default());
    let _turn = ground.shed.turn().await?;
    let plugin = plugins.install(component, permissions).await?;
    Ok((StatusCode::CREATED, Json(plugin)).into_response())
}

/// The fields `plugin` and `permissions`; others are passed over.
async fn multipart(parts: Parts, incoming: Body, bounds: Bounds) -> Result<(Bytes, Option<String>)> {
    let whole = Bounds { bytes: bounds.bytes.saturating_add(WRAPPING), ..bounds };
    let sent = body::read(&parts.headers, incoming, whole).await?;
    let request = Request::from_parts(parts, Body::from(sent));
    let broken = |e: &dyn std::fmt::Display| {
        Error::new(Code::MalformedRequest, "The multipart body is broken").caused_by(e.to_string())
    };
    let mut form = Multipart::from_request(request, &()).await.map_err(|e| broken(&e))?;
    let (mut plugin, mut permissions) = (None, None);
    while let Some(field) = form.next_field().await.map_err(|e| broken(&e))? {
        let name = field.name().unwrap_or_default().to_owned();
        if !matches!(name.as_str(), "plugin" | "permissions") {
            continue;
        }
        let content = field.bytes().await.map_err(|e| broken(&e))?;
        let limit = if name == "plugin" { bounds.bytes } else { LONGEST_LIST };
        if content.len() > limit {
            return Err(body::too_large(limit));
        }
        let slot = if name == "plugin" { &mut plugin } else { &mut permissions };
        if slot.replace(content).is_some() {
            return Err(once(&name));
        }
    }
    let plugin = plugin.ok_or_else(|| body::misshapen("/plugin", "is missing: the component goes there".to_owned()))?;
    let text = |list: Bytes| {
        String::from_utf8(list.to_vec())
            .map_err(|_| body::misshapen("/permissions", "must be text in UTF-8".to_owned()))
    };
    Ok((plugin, permissions.map(text).transpose()?))
}

#[track_caller]
fn once(name: &str) -> Error {
    body::misshapen(&format!("/{name}"), "must be sent once".to_owned())
}

fn permissions(list: &str) -> Permissions {
    let words = || list.split(',').map(str::trim).filter(|word| !word.is_empty());
    if words().eq(["all"]) { Permissions::All } else { Permissions::These(words().map(str::to_owned).collect()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permissions_are_all_or_a_list() {
        assert_eq!(permissions("all"), Permissions::All);
        assert_eq!(permissions(""), Permissions::These(vec![]));
        let list = Permissions::These(vec!["state:visitor".into(), "events:a".into()]);
        assert_eq!(permissions(" state:visitor, events:a,"), list);
        assert_eq!(permissions("all,state:visitor"), Permissions::These(vec!["all".into(), "state:visitor".into()]));
    }
}
