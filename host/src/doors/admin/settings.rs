//! What belongs to a plugin whichever version of it is in force: configuration, secrets, permissions.
use super::{Inside, TAG, bytes, object};
use crate::base::error::Code;
use crate::base::secret::Secret;
use crate::doors::Ground;
use crate::doors::kit::answer::Json;
use crate::doors::kit::auth::Admin;
use crate::doors::kit::replay::{Keyed, keyed};
use crate::doors::kit::{Answer, body};
use crate::doors::openapi::{Door, Guard};
use crate::doors::rooms::Manages;
use crate::doors::widgets::Name;
use crate::features::plugins::{ConfigInfo, PermissionsInfo};
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};
use std::sync::Arc;

const BODY: &[Code] = &[
    Code::RequestTimeout,
    Code::BodyTooLarge,
    Code::UnsupportedMedia,
    Code::InvalidBody,
    Code::MalformedJson,
    Code::TooDeep,
];

pub fn doors() -> Vec<Door> {
    let named = |door: Door| {
        let door = door.guard(Guard::Admin).path_param("name", "The plugin's name");
        door.refuses(&[Code::UnknownPlugin, Code::Database])
    };
    let secret = |door: Door| named(door).path_param("key", "The secret's name: a-z, A-Z, 0-9, _, - and .");
    vec![
        named(Door::get("/api/admin/plugins/{name}/permissions", permissions))
            .says(
                TAG,
                "getPermissions",
                "Compare granted and used",
                "What the plugin asks for and why, what it was granted, and what calls really used of that since the version \
                 came into force: what is granted and never used can be taken away with the next activation.",
            )
            .answers_json(200, "PluginPermissions", "The permissions"),
        named(Door::get("/api/admin/plugins/{name}/config", get_config))
            .says(
                TAG,
                "getConfig",
                "Look at a configuration",
                "What the plugin reads, the admin's own values, the defaults under them, and the plugin's schema.",
            )
            .answers_json(200, "PluginConfig", "The configuration"),
        keyed(named(Door::put("/api/admin/plugins/{name}/config", put_config)))
            .says(
                TAG,
                "putConfig",
                "Configure a plugin",
                "The body is the admin's own values, all of them. They are merged into the manifest's default (objects \
                 member by member, null takes a default away), what is still absent gets the schema's `default`, and the \
                 whole must fit the schema. The next call reads it; it is kept over versions.",
            )
            .takes("application/json", "PluginConfigValues", "The admin's own values")
            .answers_json(200, "PluginConfig", "The configuration, in force")
            .refuses(BODY)
            .refuses(&[Code::InvalidConfig]),
        named(Door::get("/api/admin/plugins/{name}/secrets", secrets))
            .says(TAG, "listSecrets", "List secrets", "Names and dates; values are never shown.")
            .answers_json(200, "PluginSecretList", "The secrets"),
        keyed(secret(Door::put("/api/admin/plugins/{name}/secrets/{key}", put_secret)))
            .says(TAG, "putSecret", "Set a secret", "Stored encrypted, and never shown again. An earlier value is replaced.")
            .takes("application/json", "PluginSecretValue", "The value")
            .answers(204, None, "It is set")
            .refuses(BODY),
        keyed(secret(Door::delete("/api/admin/plugins/{name}/secrets/{key}", delete_secret)))
            .says(TAG, "deleteSecret", "Delete a secret", "")
            .answers(204, None, "It is gone")
            .refuses(&[Code::NotFound]),
    ]
}

async fn permissions(
    State(plugins): State<Arc<dyn Manages>>,
    _: Admin,
    Name(name): Name,
) -> Answer<Json<PermissionsInfo>> {
    Ok(Json(plugins.permissions(&name).await?))
}

async fn get_config(State(plugins): State<Arc<dyn Manages>>, _: Admin, Name(name): Name) -> Answer<Json<ConfigInfo>> {
    Ok(Json(plugins.config(&name).await?))
}

async fn put_config(
    State(plugins): State<Arc<dyn Manages>>,
    State(ground): State<Ground>,
    admin: Admin,
    keyed: Keyed,
    Name(name): Name,
    headers: HeaderMap,
    incoming: Body,
) -> Answer<Response> {
    let sent = bytes(&ground, &headers, incoming).await?;
    let values = object(&headers, &sent)?;
    let _turn = ground.shed.turn().await?;
    let what: [&[u8]; 1] = [&sent];
    let work = plugins.set_config(&name, values, &admin.who);
    keyed.around(&admin.who, &what, StatusCode::OK, work).await
}

async fn secrets(State(plugins): State<Arc<dyn Manages>>, _: Admin, Name(name): Name) -> Answer<Json<Value>> {
    Ok(Json(json!({"secrets": plugins.secrets(&name).await?})))
}

async fn put_secret(
    State(plugins): State<Arc<dyn Manages>>,
    State(ground): State<Ground>,
    admin: Admin,
    keyed: Keyed,
    Inside(name, key): Inside,
    headers: HeaderMap,
    incoming: Body,
) -> Answer<Response> {
    let sent = bytes(&ground, &headers, incoming).await?;
    let value = Secret::new(body::take_string(&mut object(&headers, &sent)?, "value")?);
    let _turn = ground.shed.turn().await?;
    let what: [&[u8]; 1] = [&sent];
    let work = plugins.put_secret(&name, &key, value, &admin.who);
    keyed.around(&admin.who, &what, StatusCode::NO_CONTENT, work).await
}

async fn delete_secret(
    State(plugins): State<Arc<dyn Manages>>,
    State(ground): State<Ground>,
    admin: Admin,
    keyed: Keyed,
    Inside(name, key): Inside,
) -> Answer<Response> {
    let _turn = ground.shed.turn().await?;
    let work = plugins.delete_secret(&name, &key, &admin.who);
    keyed.around(&admin.who, &[], StatusCode::NO_CONTENT, work).await
}
