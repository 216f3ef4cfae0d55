//! Versions of a plugin: which there are, and which is in force.
use super::{Inside, TAG, bytes, object, upload};
use crate::base::error::{Code, Result};
use crate::doors::Ground;
use crate::doors::kit::answer::Json;
use crate::doors::kit::auth::Admin;
use crate::doors::kit::replay::{Keyed, keyed};
use crate::doors::kit::{Answer, body};
use crate::doors::openapi::{Door, Guard};
use crate::doors::rooms::Manages;
use crate::doors::widgets::Name;
use crate::features::plugins::{Activate, Permissions, Versions};
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::{Map, Value};
use std::sync::Arc;

pub fn doors() -> Vec<Door> {
    let named = |door: Door| door.guard(Guard::Admin).path_param("name", "The plugin's name");
    let json = &[Code::RequestTimeout, Code::BodyTooLarge, Code::UnsupportedMedia, Code::InvalidBody];
    let json = |door: Door| door.refuses(json).refuses(&[Code::MalformedJson, Code::TooDeep]);
    vec![
        named(Door::get("/api/admin/plugins/{name}/versions", list))
            .says(
                TAG,
                "listVersions",
                "List a plugin's versions",
                "The newest first: state and reason, the steps that the upload passed, and what it asks for against what is \
                 granted. Kept are the version in force, what waits, and the last three that were in force before.",
            )
            .answers_json(200, "Versions", "The versions, and uploads under this name that were refused lately")
            .refuses(&[Code::UnknownPlugin, Code::Database]),
        keyed(json(named(Door::post("/api/admin/plugins/{name}/activate", activate))))
            .says(
                TAG,
                "activatePlugin",
                "Put a version in force",
                "The swap fails no request: calls under way finish on the version on which they began. What the version asks \
                 for must be granted: by `permissions`, which replace what was granted before (`all` adds what it asks for), \
                 or earlier. `config` replaces the configuration with the same step.",
            )
            .takes("application/json", "Activate", "Which version, and on what terms")
            .answers_json(200, "Plugin", "The version, in force")
            .refuses(&[
                Code::UnknownPlugin,
                Code::UnknownVersion,
                Code::GrantsMissing,
                Code::InvalidConfig,
                Code::SchemaNarrowed,
                Code::PluginInvalid,
                Code::NameTaken,
            ]),
        keyed(named(Door::post("/api/admin/plugins/{name}/rollback", rollback)))
            .says(
                TAG,
                "rollBackPlugin",
                "Go back to the version before",
                "Puts the version in force that was before, and so further back each time; from a plugin out of force, the \
                 one that was last. Quarantined versions are passed over, and schemas may narrow.",
            )
            .answers_json(200, "Plugin", "The version, in force")
            .refuses(&[Code::UnknownPlugin, Code::NoEarlierVersion, Code::GrantsMissing, Code::PluginInvalid, Code::NameTaken]),
        keyed(named(Door::post("/api/admin/plugins/{name}/deactivate", deactivate)))
            .says(
                TAG,
                "deactivatePlugin",
                "Take a plugin out of force",
                "Its actions and queries are unknown from the next call on, also after a restart. Its data, versions, grants, \
                 configuration and secrets stay. A plugin that came with the host can be deactivated as well.",
            )
            .answers_json(200, "Plugin", "The version that was in force")
            .refuses(&[Code::UnknownPlugin]),
        keyed(named(Door::delete("/api/admin/plugins/{name}", delete)))
            .says(
                TAG,
                "deletePlugin",
                "Delete a plugin",
                "Of a plugin out of force: all versions, grants, configuration and secrets. The data that it stored stays, and \
                 is there for a plugin that is uploaded under the same name later.",
            )
            .answers(204, None, "It is gone")
            .refuses(&[Code::UnknownPlugin, Code::PluginInForce, Code::PluginBundled]),
        keyed(named(Door::delete("/api/admin/plugins/{name}/versions/{version}", delete_version)))
            .path_param("version", "A version number or a digest")
            .says(TAG, "deleteVersion", "Delete a version", "Of a version that is not in force.")
            .answers(204, None, "It is gone")
            .refuses(&[Code::UnknownPlugin, Code::UnknownVersion, Code::PluginInForce, Code::PluginBundled]),
    ]
}

async fn list(State(plugins): State<Arc<dyn Manages>>, _: Admin, Name(name): Name) -> Answer<Json<Versions>> {
    Ok(Json(plugins.versions(&name).await?))
}

async fn activate(
    State(plugins): State<Arc<dyn Manages>>,
    State(ground): State<Ground>,
    admin: Admin,
    keyed: Keyed,
    Name(name): Name,
    headers: HeaderMap,
    incoming: Body,
) -> Answer<Response> {
    let sent = bytes(&ground, &headers, incoming).await?;
    let activate = read(object(&headers, &sent)?, admin.who.clone())?;
    let _turn = ground.shed.turn().await?;
    let what: [&[u8]; 1] = [&sent];
    keyed.around(&admin.who, &what, StatusCode::OK, plugins.activate(&name, activate)).await
}

fn read(mut body: Map<String, Value>, who: String) -> Result<Activate> {
    let which = if body.contains_key("digest") { "digest" } else { "version" };
    let version = body::take_string(&mut body, which)?;
    let permissions = match body.remove("permissions") {
        None | Some(Value::Null) => None,
        Some(Value::String(list)) => Some(upload::permissions(&list)),
        Some(Value::Array(words)) => {
            let text = |word: &Value| word.as_str().map(str::to_owned);
            let words: Option<Vec<String>> = words.iter().map(text).collect();
            let wrong = || body::misshapen("/permissions", "must be all, or a list of words".to_owned());
            Some(Permissions::These(words.ok_or_else(wrong)?))
        }
        Some(_) => return Err(body::misshapen("/permissions", "must be all, or a list of words".to_owned())),
    };
    let config = match body.contains_key("config") {
        true => Some(body::take_object(&mut body, "config")?),
        false => None,
    };
    Ok(Activate { version, permissions, config, who })
}

async fn rollback(
    State(plugins): State<Arc<dyn Manages>>,
    State(ground): State<Ground>,
    admin: Admin,
    keyed: Keyed,
    Name(name): Name,
) -> Answer<Response> {
    let _turn = ground.shed.turn().await?;
    keyed.around(&admin.who, &[], StatusCode::OK, plugins.rollback(&name, &admin.who)).await
}

async fn deactivate(
    State(plugins): State<Arc<dyn Manages>>,
    State(ground): State<Ground>,
    admin: Admin,
    keyed: Keyed,
    Name(name): Name,
) -> Answer<Response> {
    let _turn = ground.shed.turn().await?;
    keyed.around(&admin.who, &[], StatusCode::OK, plugins.deactivate(&name, &admin.who)).await
}

async fn delete(
    State(plugins): State<Arc<dyn Manages>>,
    State(ground): State<Ground>,
    admin: Admin,
    keyed: Keyed,
    Name(name): Name,
) -> Answer<Response> {
    let _turn = ground.shed.turn().await?;
    keyed.around(&admin.who, &[], StatusCode::NO_CONTENT, plugins.delete(&name, &admin.who)).await
}

async fn delete_version(
    State(plugins): State<Arc<dyn Manages>>,
    State(ground): State<Ground>,
    admin: Admin,
    keyed: Keyed,
    Inside(name, version): Inside,
) -> Answer<Response> {
    let _turn = ground.shed.turn().await?;
    let work = plugins.delete_version(&name, &version, &admin.who);
    keyed.around(&admin.who, &[], StatusCode::NO_CONTENT, work).await
}
