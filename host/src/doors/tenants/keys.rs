//! API keys of a workspace, and the door at which a script asks what its key is good for.
use super::{BODY, Member, Row, by, here, maybe_bool, maybe_number, maybe_sent, maybe_string, maybe_strings, sent};
use crate::base::error::{Code, Error, Result};
use crate::doors::Ground;
use crate::doors::kit::answer::Json;
use crate::doors::kit::auth::KeyText;
use crate::doors::kit::came::Came;
use crate::doors::kit::paged::{Paged, listed, paged};
use crate::doors::kit::replay::{Keyed, json, keyed, work};
use crate::doors::kit::{Answer, body};
use crate::doors::openapi::{Door, Guard};
use crate::features::identity::{Proved, Who};
use crate::features::keys::{KeyChange, KeyInfo, Keys, NewKey, Usage};
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::{Map, Value, json as value};

const TAG: &str = "keys";
/// What a rotation leaves the old key, where it does not say.
const USUAL_OVERLAP_S: u64 = 24 * 3_600;

pub fn doors() -> Vec<Door> {
    let member = |door: Door| here(door, Guard::Member);
    let one = |door: Door| member(door).path_param("id", "The key's id");
    vec![
        paged(member(Door::get("/api/keys", list)))
            .says(TAG, "listKeys", "List API keys", "For every member. Secret keys are shown by their beginning and end.")
            .answers_json(200, "KeyList", "Keys by id"),
        keyed(member(Door::post("/api/keys", create)))
            .says(
                TAG,
                "createKey",
                "Make an API key",
                "For admins. `key` is the key itself: of a secret one it is shown this once. A publishable key may be seen by \
                 everybody and is for pages, those of `allowed_domains` where there are any; a secret one is for servers.",
            )
            .takes("application/json", "NewKey", "What it is for")
            .answers_json(201, "ShownKey", "The key")
            .refuses(BODY)
            .refuses(&[Code::LimitReached]),
        one(Door::get("/api/keys/{id}", look))
            .says(TAG, "getKey", "Look at an API key", "For every member.")
            .answers_json(200, "Key", "The key"),
        keyed(one(Door::patch("/api/keys/{id}", change)))
            .says(TAG, "changeKey", "Change an API key", "For admins. It counts within a second on every host.")
            .takes("application/json", "KeyChange", "What is different; what is absent stays")
            .answers_json(200, "Key", "The key")
            .refuses(BODY),
        keyed(one(Door::delete("/api/keys/{id}", delete)))
            .says(TAG, "deleteKey", "Delete an API key", "For admins. It is refused within a second on every host.")
            .answers(204, None, "It is gone"),
        keyed(one(Door::post("/api/keys/{id}/rotate", rotate)))
            .says(
                TAG,
                "rotateKey",
                "Replace an API key",
                "For admins. Makes a key of the same kind, name, domains and limit; the old one goes on for `overlap_s` seconds, a \
                 day where it is absent, at most 30 days.",
            )
            .takes("application/json", "KeyRotation", "How long the old key goes on")
            .answers_json(201, "ShownKey", "The new key")
            .refuses(BODY)
            .refuses(&[Code::Conflict]),
        one(Door::get("/api/keys/{id}/usage", usage))
            .says(
                TAG,
                "getKeyUsage",
                "See how much a key is used",
                "Months and hours are those of UTC. What other hosts have counted in the last seconds may be missing.",
            )
            .answers_json(200, "KeyUsage", "Requests"),
        Door::get("/api/sdk/auth", sdk_auth)
            .says(
                TAG,
                "authenticateKey",
                "Ask what a key is good for",
                "A publishable key may also come as `key` in the query. A secret one may not: addresses are written to logs.",
            )
            .guard(Guard::Key)
            .query("key", "A publishable key, instead of the header", "string")
            .answers_json(200, "SdkAuth", "What the key is good for")
            .refuses(&[Code::Database]),
    ]
}

async fn list(State(keys): State<Keys>, member: Member, Paged(page): Paged) -> Answer<Json<Value>> {
    Ok(listed("keys", &keys.list(&member.tenant, &page).await?)?)
}

async fn look(State(keys): State<Keys>, member: Member, Row(id): Row) -> Answer<Json<KeyInfo>> {
    Ok(Json(keys.look(&member.tenant, &id).await?))
}

async fn usage(State(keys): State<Keys>, member: Member, Row(id): Row) -> Answer<Json<Usage>> {
    Ok(Json(keys.usage(&member.tenant, &id).await?))
}

async fn create(
    State(keys): State<Keys>,
    State(ground): State<Ground>,
    member: Member,
    came: Came,
    keyed: Keyed,
    headers: HeaderMap,
    incoming: Body,
) -> Answer<Response> {
    let (bytes, mut body) = sent(&ground, &headers, incoming).await?;
    let new = new_key(&mut body)?;
    let _turn = ground.shed.turn().await?;
    let (by, tenant) = (by(&member.proved, came), member.tenant);
    let work = work!(|tx| json(StatusCode::CREATED, &keys.create_in(tx, &tenant, &by, new).await?));
    keyed.within(&member.proved.who, &[&bytes], work).await
}

fn new_key(body: &mut Map<String, Value>) -> Result<NewKey> {
    let usual = NewKey::default();
    Ok(NewKey {
        name: body::take_string(body, "name")?,
        secret: match maybe_string(body, "kind")?.as_deref() {
            None | Some("publishable" | "pk") => false,
            Some("secret" | "sk") => true,
            Some(_) => return Err(body::misshapen("/kind", "must be publishable or secret".to_owned())),
        },
        live: match maybe_string(body, "type")?.as_deref() {
            None | Some("live") => true,
            Some("test") => false,
            Some(_) => return Err(body::misshapen("/type", "must be live or test".to_owned())),
        },
        allowed_domains: maybe_strings(body, "allowed_domains")?.unwrap_or_default(),
        rate_limit_per_hour: per_hour(body)?.unwrap_or(usual.rate_limit_per_hour),
    })
}

/// What does not fit is refused by the room, with what is too large.
fn per_hour(body: &mut Map<String, Value>) -> Result<Option<u32>> {
    let limit = maybe_number(body, "rate_limit_per_hour")?;
    Ok(limit.map(|limit| u32::try_from(limit).unwrap_or(u32::MAX)))
}

#[expect(clippy::too_many_arguments, reason = "each is a part of the request")]
async fn change(
    State(keys): State<Keys>,
    State(ground): State<Ground>,
    member: Member,
    Row(id): Row,
    came: Came,
    keyed: Keyed,
    headers: HeaderMap,
    incoming: Body,
) -> Answer<Response> {
    let (bytes, mut body) = sent(&ground, &headers, incoming).await?;
    let change = KeyChange {
        name: maybe_string(&mut body, "name")?,
        active: maybe_bool(&mut body, "active")?,
        allowed_domains: maybe_strings(&mut body, "allowed_domains")?,
        rate_limit_per_hour: per_hour(&mut body)?,
    };
    let _turn = ground.shed.turn().await?;
    let (by, tenant) = (by(&member.proved, came), member.tenant);
    let work = work!(|tx| json(StatusCode::OK, &keys.change_in(tx, &tenant, &by, &id, change).await?));
    keyed.within(&member.proved.who, &[&bytes], work).await
}

#[expect(clippy::too_many_arguments, reason = "each is a part of the request")]
async fn rotate(
    State(keys): State<Keys>,
    State(ground): State<Ground>,
    member: Member,
    Row(id): Row,
    came: Came,
    keyed: Keyed,
    headers: HeaderMap,
    incoming: Body,
) -> Answer<Response> {
    let (bytes, mut body) = maybe_sent(&ground, &headers, incoming).await?;
    let overlap_s = maybe_number(&mut body, "overlap_s")?.unwrap_or(USUAL_OVERLAP_S);
    let _turn = ground.shed.turn().await?;
    let (by, tenant) = (by(&member.proved, came), member.tenant);
    let work = work!(|tx| json(StatusCode::CREATED, &keys.rotate_in(tx, &tenant, &by, &id, overlap_s).await?));
    keyed.within(&member.proved.who, &[&bytes], work).await
}

async fn delete(
    State(keys): State<Keys>,
    State(ground): State<Ground>,
    member: Member,
    Row(id): Row,
    came: Came,
    keyed: Keyed,
) -> Answer<Response> {
    let _turn = ground.shed.turn().await?;
    let (by, tenant) = (by(&member.proved, came), member.tenant);
    let work = work!(|tx| json(StatusCode::NO_CONTENT, &keys.delete_in(tx, &tenant, &by, &id).await?));
    keyed.within(&member.proved.who, &[], work).await
}

/// What everybody may know who can read the page on which a publishable key stands.
async fn sdk_auth(KeyText(proved): KeyText) -> Answer<Json<Value>> {
    let Proved { who, workspace, .. } = &proved;
    let (kind, mode, per_hour) = match who {
        Who::Key { secret, live, per_hour, .. } => {
            let kind = if *secret { "secret" } else { "publishable" };
            (kind, if *live { "live" } else { "test" }, Some(*per_hour))
        }
        Who::Server { .. } => ("secret", "live", None),
        _ => return Err(Error::internal("a key that proves no key").into()),
    };
    Ok(Json(value!({
        "success": true,
        "user": {"id": workspace, "plan": "self-hosted"},
        "key": {"kind": kind, "type": mode},
        "limits": {"requests_per_hour": per_hour},
    })))
}
