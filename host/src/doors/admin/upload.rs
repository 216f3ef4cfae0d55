//! An upload: a component as the body, or in a form.
use super::TAG;
use crate::base::error::{Code, Error, Result};
use crate::doors::Ground;
use crate::doors::kit::Answer;
use crate::doors::kit::auth::Admin;
use crate::doors::kit::body::{self, Bounds, Kind};
use crate::doors::kit::replay::{Keyed, keyed};
use crate::doors::openapi::{Door, Guard};
use crate::doors::rooms::Manages;
use crate::features::plugins::{Permissions, Upload};
use axum::body::Body;
use axum::extract::{FromRequest, Multipart, Request, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use bytes::Bytes;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Bytes around the component in a multipart body.
const WRAPPING: usize = 64 * 1024;
/// Bytes of the other fields.
const LONGEST_FIELD: usize = 16 * 1024;
/// What may stand beside the component: in the query, or as a field of the form, which wins.
const OPTIONS: [&str; 2] = ["permissions", "activate"];

pub fn door() -> Door {
    keyed(Door::post("/api/admin/plugins", upload))
        .says(
            TAG,
            "uploadPlugin",
            "Upload a plugin",
            "The component is validated and described inside the sandbox before it is accepted. A file that is refused \
             changes nothing. The answer's `state` is `active` when all that the version asks for is granted, now by \
             `permissions` or by an earlier grant; `needs-approval` when `permissions` is absent and it asks for more, or \
             when the stored configuration does not fit its schema: the version in force keeps serving then; `staged` \
             with `activate=false`. Bytes that are known are not looked at again.",
        )
        .guard(Guard::Admin)
        .query("permissions", "`all`, or a list such as `state:visitor,events:cart-updated`; beside what was granted before", "string")
        .query("activate", "`false` stages the version", "string")
        .takes("application/wasm", "Component", "The component")
        .takes("application/octet-stream", "Component", "The component")
        .takes("multipart/form-data", "PluginUpload", "The component and what it is granted")
        .answers_json(201, "Plugin", "The version and its state")
        .refuses(&[
            Code::RequestTimeout,
            Code::BodyTooLarge,
            Code::UnsupportedMedia,
            Code::InvalidBody,
            Code::PluginInvalid,
            Code::GrantsMissing,
            Code::SchemaNarrowed,
            Code::NameTaken,
            Code::VersionTaken,
            Code::TooManyVersions,
            Code::InvalidWidget,
        ])
}

async fn upload(
    State(plugins): State<Arc<dyn Manages>>,
    State(ground): State<Ground>,
    admin: Admin,
    keyed: Keyed,
    request: Request,
) -> Answer<Response> {
    let (parts, incoming) = request.into_parts();
    let mut query = body::query(&parts.uri)?;
    let mut options = BTreeMap::new();
    for name in OPTIONS {
        if let Some(value) = query.remove(name) {
            options.insert(name.to_owned(), value.as_str().map(str::to_owned).ok_or_else(|| sent_twice(name))?);
        }
    }
    let headers = parts.headers.clone();
    let component = match body::kind(&headers)? {
        Kind::Binary => body::read(&parts.headers, incoming, ground.upload).await?,
        Kind::Multipart => multipart(parts, incoming, ground.upload, &mut options).await?,
        Kind::Json | Kind::Form => {
            return Err(body::unsupported("Send application/wasm, or multipart/form-data with the field plugin").into());
        }
    };
    if component.is_empty() {
        return Err(body::misshapen("", "is empty; send a component".to_owned()).into());
    }
    let permissions = options.get("permissions").map(|list| permissions(list));
    let activate = match options.get("activate").map(String::as_str) {
        None | Some("true") => true,
        Some("false") => false,
        Some(_) => return Err(body::misshapen("/activate", "must be true or false".to_owned()).into()),
    };
    let _turn = ground.shed.turn().await?;
    let said = format!("{permissions:?} {activate}");
    let sent = component.clone();
    let what: [&[u8]; 2] = [said.as_bytes(), &sent];
    let work = plugins.upload(Upload { component, permissions, activate, who: admin.who.clone(), draft: false });
    keyed.around(&admin.who, &what, StatusCode::CREATED, work).await
}

/// The field `plugin` and the options; others are passed over.
async fn multipart(
    parts: Parts,
    incoming: Body,
    bounds: Bounds,
    options: &mut BTreeMap<String, String>,
) -> Result<Bytes> {
    let whole = Bounds { bytes: bounds.bytes.saturating_add(WRAPPING), ..bounds };
    let sent = body::read(&parts.headers, incoming, whole).await?;
    let request = Request::from_parts(parts, Body::from(sent));
    let broken = |e: &dyn std::fmt::Display| {
        Error::new(Code::MalformedRequest, "The multipart body is broken").caused_by(e.to_string())
    };
    let mut form = Multipart::from_request(request, &()).await.map_err(|e| broken(&e))?;
    let mut fields: BTreeMap<String, Bytes> = BTreeMap::new();
    while let Some(field) = form.next_field().await.map_err(|e| broken(&e))? {
        let name = field.name().unwrap_or_default().to_owned();
        if name != "plugin" && !OPTIONS.contains(&name.as_str()) {
            continue;
        }
        let content = field.bytes().await.map_err(|e| broken(&e))?;
        let limit = if name == "plugin" { bounds.bytes } else { LONGEST_FIELD };
        if content.len() > limit {
            return Err(body::too_large(limit));
        }
        if fields.insert(name.clone(), content).is_some() {
            return Err(sent_twice(&name));
        }
    }
    let plugin = fields.remove("plugin");
    for (name, content) in fields {
        let text = String::from_utf8(content.to_vec());
        let text = text.map_err(|_| body::misshapen(&format!("/{name}"), "must be text in UTF-8".to_owned()))?;
        options.insert(name, text);
    }
    plugin.ok_or_else(|| body::misshapen("/plugin", "is missing: the component goes there".to_owned()))
}

#[track_caller]
fn sent_twice(name: &str) -> Error {
    body::misshapen(&format!("/{name}"), "must be sent once".to_owned())
}

pub fn permissions(list: &str) -> Permissions {
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
