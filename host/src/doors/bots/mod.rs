//! Bots, for members of their workspaces, and the tokens of pages that show one.
mod pages;

use crate::base::error::{Code, Error, Result};
use crate::doors::Ground;
use crate::doors::kit::answer::Json;
use crate::doors::kit::auth::Member;
use crate::doors::kit::came::Came;
use crate::doors::kit::replay::{Keyed, keyed};
use crate::doors::kit::{Answer, Problem, body};
use crate::doors::openapi::{Door, Guard};
use crate::doors::rooms::KeepsBots;
use crate::features::audit::Origin;
use crate::features::bots::{Bot, By, OwnedBot, Wish};
use crate::features::identity::Proved;
use axum::body::Body;
use axum::extract::{FromRef, FromRequestParts, Path, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use serde_json::{Map, Value, json};
use std::sync::Arc;

const TAG: &str = "bots";
const BODY: &[Code] = &[
    Code::RequestTimeout,
    Code::BodyTooLarge,
    Code::UnsupportedMedia,
    Code::InvalidBody,
    Code::MalformedJson,
    Code::TooDeep,
];

pub fn doors() -> Vec<Door> {
    let member = |door: Door| door.guard(Guard::Member).refuses(&[Code::Database]);
    let one = |door: Door| member(door).path_param("id", "The bot's id").refuses(&[Code::NotFound]);
    let mut all = vec![
        member(Door::get("/widget/bots", list))
            .says(TAG, "listBots", "List bots", "Those of all workspaces that the caller is a member of, the oldest first.")
            .query("limit", "Most bots of the answer, 1 to 100; 50 where nothing is said", "integer")
            .query("after", "The `next` of the page before", "string")
            .answers_json(200, "BotList", "The bots")
            .refuses(&[Code::InvalidParameters]),
        keyed(member(Door::post("/widget/bots", create)))
            .says(
                TAG,
                "createBot",
                "Make a bot",
                "For admins of the workspace `workspace_id`, of the token's where none is named. A slug is made of the name \
                 where none is given.",
            )
            .takes("application/json", "NewBot", "The bot; only its name is needed")
            .answers_json(201, "Bot", "The bot")
            .refuses(BODY)
            .refuses(&[Code::NotFound, Code::NameTaken, Code::TooManyBots]),
        one(Door::get("/widget/bots/{id}", get))
            .says(TAG, "getBot", "Look at a bot", "")
            .answers_json(200, "Bot", "The bot"),
        keyed(one(Door::put("/widget/bots/{id}", put)))
            .says(
                TAG,
                "changeBot",
                "Change a bot",
                "For admins. Members that are absent stay as they are. A bot that is switched off loses its widget tokens at \
                 once.",
            )
            .takes("application/json", "BotChange", "What is to be changed")
            .answers_json(200, "Bot", "The bot as it is now")
            .refuses(BODY)
            .refuses(&[Code::NameTaken]),
        keyed(one(Door::delete("/widget/bots/{id}", delete)))
            .says(TAG, "deleteBot", "Delete a bot", "For admins. Its widget tokens end at once.")
            .answers(204, None, "It is gone"),
    ];
    all.extend(pages::doors());
    all
}

/// The bot that the path names, inside a workspace of the caller.
pub(super) struct Owned(pub OwnedBot, pub Proved);

impl<S> FromRequestParts<S> for Owned
where
    S: Send + Sync,
    Ground: FromRef<S>,
    Arc<dyn KeepsBots>: FromRef<S>,
{
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Owned, Problem> {
        let member = Member::from_request_parts(parts, state).await?;
        let Path(id) = Path::<String>::from_request_parts(parts, state)
            .await
            .map_err(|e| Error::new(Code::MalformedRequest, "The path cannot be decoded").caused_by(e))?;
        let owned = Arc::<dyn KeepsBots>::from_ref(state).owned(&member.proved, &id).await?;
        Ok(Owned(owned, member.proved))
    }
}

/// Who acts, and from where.
pub(super) fn by(proved: &Proved, origin: &Origin) -> By {
    By { who: proved.who.clone(), origin: origin.clone() }
}

/// A JSON object as the body.
pub async fn object(ground: &Ground, headers: &HeaderMap, incoming: Body) -> Result<(Map<String, Value>, Vec<u8>)> {
    if body::kind(headers)? != body::Kind::Json {
        return Err(body::unsupported("Send application/json"));
    }
    let sent = body::read(headers, incoming, ground.body).await?;
    Ok((body::json_object(&sent)?, sent.to_vec()))
}

async fn list(State(bots): State<Arc<dyn KeepsBots>>, member: Member, uri: Uri) -> Answer<Json<Value>> {
    let page = Page::read(&uri)?;
    // One more than is shown tells whether there is a next page.
    let mut found = bots.list(&member.proved, &page.after, page.limit + 1).await?;
    let more = found.len() > page.limit as usize;
    found.truncate(page.limit as usize);
    let next = found.last().filter(|_| more).map(|bot| bot.id.clone());
    Ok(Json(json!({"bots": found, "next": next})))
}

struct Page {
    limit: u32,
    after: String,
}

impl Page {
    /// Errors: `invalid_parameters`.
    fn read(uri: &Uri) -> Result<Page> {
        let query = body::query(uri)?;
        let limit = match query.get("limit") {
            None => 50,
            Some(given) => given
                .as_str()
                .and_then(|text| text.parse().ok())
                .filter(|limit| (1..=100).contains(limit))
                .ok_or_else(|| Error::new(Code::InvalidParameters, "limit must be a whole number from 1 to 100"))?,
        };
        let after = query.get("after").map_or(Some(""), Value::as_str).unwrap_or("-");
        if after.len() > 100 || !after.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
            return Err(Error::new(Code::InvalidParameters, "after must be the `next` of the page before"));
        }
        Ok(Page { limit, after: after.to_owned() })
    }
}

async fn create(
    State(bots): State<Arc<dyn KeepsBots>>,
    State(ground): State<Ground>,
    member: Member,
    came: Came,
    keyed: Keyed,
    headers: HeaderMap,
    incoming: Body,
) -> Answer<Response> {
    let (mut body, sent) = object(&ground, &headers, incoming).await?;
    let tenant = match body.get("workspace_id") {
        None | Some(Value::Null) => member.tenant,
        Some(_) => {
            let id = body::take_string(&mut body, "workspace_id")?;
            ground.access.tenant(&member.proved, &id).await?
        }
    };
    let wish = Wish::read(body)?;
    let by = by(&member.proved, &came.origin);
    let work = bots.create(&tenant, &by, wish);
    keyed.around(&by.who.name(), &[&sent], StatusCode::CREATED, work).await
}

async fn get(Owned(owned, _): Owned) -> Answer<Json<Bot>> {
    Ok(Json(owned.bot))
}

async fn put(
    State(bots): State<Arc<dyn KeepsBots>>,
    State(ground): State<Ground>,
    Owned(owned, proved): Owned,
    came: Came,
    keyed: Keyed,
    headers: HeaderMap,
    incoming: Body,
) -> Answer<Response> {
    let (body, sent) = object(&ground, &headers, incoming).await?;
    let wish = Wish::read(body)?;
    let by = by(&proved, &came.origin);
    let work = bots.change(&owned, &by, wish);
    keyed.around(&by.who.name(), &[&sent], StatusCode::OK, work).await
}

async fn delete(
    State(bots): State<Arc<dyn KeepsBots>>,
    Owned(owned, proved): Owned,
    came: Came,
    keyed: Keyed,
) -> Answer<Response> {
    let by = by(&proved, &came.origin);
    let work = bots.delete(&owned, &by);
    keyed.around(&by.who.name(), &[], StatusCode::NO_CONTENT, work).await
}
