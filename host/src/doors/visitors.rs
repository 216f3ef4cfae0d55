//! Visitors: a site says who they are, they stop being it, they see and erase what is kept of them.
use crate::base::error::{Code, Error, Result};
use crate::doors::Ground;
use crate::doors::bots::object;
use crate::doors::kit::answer::{self, Json};
use crate::doors::kit::auth::{Anyone, Member};
use crate::doors::kit::came::Came;
use crate::doors::kit::replay::{Keyed, keyed};
use crate::doors::kit::{Answer, Problem, body};
use crate::doors::openapi::{Door, Guard};
use crate::doors::rooms::KnowsVisitors;
use crate::features::identity::{Role, Who};
use crate::features::privacy::{Asked, Erased, Kept};
use crate::features::vouching::Claim;
use axum::body::Body;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::sync::Arc;

const TAG: &str = "visitors";
const BODY: &[Code] = &[
    Code::RequestTimeout,
    Code::BodyTooLarge,
    Code::UnsupportedMedia,
    Code::InvalidBody,
    Code::MalformedJson,
    Code::TooDeep,
];

pub fn doors() -> Vec<Door> {
    let own = |door: Door| {
        let codes = [Code::OriginNotAllowed, Code::CrossSite, Code::Forbidden, Code::Database, Code::PluginFailed];
        door.guard(Guard::Visitor).works().refuses(&codes)
    };
    let one = |door: Door| {
        let door = door.guard(Guard::Member).path_param("id", "The workspace's id").works();
        door.path_param("visitor", "The visitor's id").refuses(&[Code::NotFound, Code::Database, Code::PluginFailed])
    };
    vec![
        keyed(Door::post("/api/workspaces/{id}/identity-secret", rotate).guard(Guard::Member))
            .says(
                TAG,
                "makeIdentitySecret",
                "Make an identity secret",
                "For admins. With it the site's server vouches for its signed-in users. It is shown this once; an earlier one, \
                 and whatever it vouched for, is void at once.",
            )
            .path_param("id", "The workspace's id")
            .answers_json(201, "IdentitySecret", "The secret")
            .refuses(&[Code::NotFound, Code::Database]),
        own(Door::post("/api/visitor/identify", identify))
            .says(
                TAG,
                "identifyVisitor",
                "Say who the visitor is",
                "The site's server vouches for its signed-in user: by `hash`, the hex HMAC-SHA256 of `user_id` under the \
                 workspace's identity secret, or by `jwt` (HS256 under it; `sub` is the user's id, `exp` at most a day ahead, \
                 `aud` the workspace's id if it is there). The answer carries the proof of the person. What the visitor did \
                 before becomes the person's: keys that only he had move; of those that both have the person's own stay, but \
                 where the plugin says otherwise (carts add up).",
            )
            .takes("application/json", "Identify", "The site's word")
            .answers_json(200, "VisitorIdentity", "Who the visitor is now")
            .refuses(BODY)
            .refuses(&[Code::IdentityRefused, Code::StateConflict, Code::StorageFull]),
        own(Door::post("/api/visitor/logout", logout))
            .says(
                TAG,
                "logoutVisitor",
                "Stop being somebody",
                "The answer carries the proof of a new visitor, who has nothing of the former one's.",
            )
            .answers_json(200, "VisitorNamed", "The new visitor"),
        own(Door::get("/api/visitor/export", export_own))
            .says(TAG, "exportOwnData", "See all that is kept of me", "Of the visitor who asks, in the caller's workspace.")
            .answers_json(200, "KeptOfVisitor", "All of it"),
        own(Door::delete("/api/visitor", erase_own))
            .says(
                TAG,
                "eraseOwnData",
                "Erase all that is kept of me",
                "Of the visitor who asks, in the caller's workspace, in all plugins. The answer carries the proof of a new \
                 visitor.",
            )
            .answers_json(200, "ErasedOfVisitor", "What was erased")
            .refuses(&[Code::StateConflict, Code::StorageFull]),
        one(Door::get("/api/workspaces/{id}/visitors/{visitor}/export", export_one))
            .says(TAG, "exportVisitor", "See all that is kept of a visitor", "For admins; it is noted in the audit log.")
            .answers_json(200, "KeptOfVisitor", "All of it"),
        one(Door::delete("/api/workspaces/{id}/visitors/{visitor}", erase_one))
            .says(
                TAG,
                "eraseVisitor",
                "Erase all that is kept of a visitor",
                "For admins; it is noted in the audit log. In all plugins, with those visitors that he was before.",
            )
            .answers_json(200, "ErasedOfVisitor", "What was erased")
            .refuses(&[Code::StateConflict, Code::StorageFull]),
    ]
}

/// A path's workspace and visitor.
struct Inside(String, String);

impl<S: Send + Sync> FromRequestParts<S> for Inside {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Inside, Problem> {
        match Path::<(String, String)>::from_request_parts(parts, state).await {
            Ok(Path((workspace, visitor))) => Ok(Inside(workspace, visitor)),
            Err(e) => Err(Error::new(Code::MalformedRequest, "The path cannot be decoded").caused_by(e).into()),
        }
    }
}

async fn rotate(
    State(visitors): State<Arc<dyn KnowsVisitors>>,
    State(ground): State<Ground>,
    member: Member,
    crate::doors::widgets::Name(id): crate::doors::widgets::Name,
    came: Came,
    keyed: Keyed,
) -> Answer<Response> {
    let tenant = ground.access.tenant(&member.proved, &id).await?;
    let who = member.proved.who;
    let work = async {
        let secret = visitors.rotate(&tenant, &who, &came.origin).await?;
        Ok(json!({"secret": secret.reveal()}))
    };
    keyed.around(&who.name(), &[], StatusCode::CREATED, work).await
}

async fn identify(
    State(visitors): State<Arc<dyn KnowsVisitors>>,
    State(ground): State<Ground>,
    anyone: Anyone,
    came: Came,
    headers: HeaderMap,
    incoming: Body,
) -> Answer<Response> {
    // Only who has no other name can be given one: an operator is not the shop's customer.
    if anyone.caller.role > Role::User || matches!(anyone.caller.who, Who::Account { .. }) {
        return Err(Error::new(Code::Forbidden, "Only a visitor can be identified; send no other token").into());
    }
    let (mut body, _) = object(&ground, &headers, incoming).await?;
    let claim = match body.contains_key("jwt") {
        true => Claim::Jwt(body::take_string(&mut body, "jwt")?),
        false => {
            let id = body.remove("user_id").or_else(|| body.remove("external_id")).unwrap_or_default();
            Claim::by_hash(&id, body::take_string(&mut body, "hash")?)?
        }
    };
    let _turn = ground.shed.turn().await?;
    let from = (!anyone.vouched).then_some(&anyone.caller.visitor);
    let identity = visitors.identify(&anyone.caller, from, &claim, &came.origin).await?;
    anyone.become_visitor(&identity.proof);
    Ok(private(Json(identity)))
}

async fn logout(State(ground): State<Ground>, anyone: Anyone) -> Answer<Response> {
    let (visitor, proof) = ground.identity.mint_visitor();
    anyone.become_visitor(&proof);
    Ok(private(Json(json!({"visitor": visitor}))))
}

async fn export_own(
    State(visitors): State<Arc<dyn KnowsVisitors>>,
    State(ground): State<Ground>,
    anyone: Anyone,
    came: Came,
) -> Answer<Response> {
    own(&anyone)?;
    anyone.hand_back();
    let _turn = ground.shed.turn().await?;
    let asked = Asked { who: &anyone.caller.who, own: true, origin: &came.origin };
    let kept: Kept = visitors.export(&anyone.caller.workspace, &anyone.caller.visitor, &asked).await?;
    Ok(private(Json(kept)))
}

async fn erase_own(
    State(visitors): State<Arc<dyn KnowsVisitors>>,
    State(ground): State<Ground>,
    anyone: Anyone,
    came: Came,
) -> Answer<Response> {
    own(&anyone)?;
    let _turn = ground.shed.turn().await?;
    let asked = Asked { who: &anyone.caller.who, own: true, origin: &came.origin };
    let erased: Erased = visitors.erase(&anyone.caller.workspace, &anyone.caller.visitor, &asked).await?;
    let (_, proof) = ground.identity.mint_visitor();
    anyone.become_visitor(&proof);
    Ok(private(Json(erased)))
}

async fn export_one(
    State(visitors): State<Arc<dyn KnowsVisitors>>,
    State(ground): State<Ground>,
    member: Member,
    Inside(workspace, visitor): Inside,
    came: Came,
) -> Answer<Response> {
    let tenant = ground.access.tenant(&member.proved, &workspace).await?;
    let _turn = ground.shed.turn().await?;
    let asked = Asked { who: &member.proved.who, own: false, origin: &came.origin };
    Ok(private(Json(visitors.export_of(&tenant, &visitor, &asked).await?)))
}

async fn erase_one(
    State(visitors): State<Arc<dyn KnowsVisitors>>,
    State(ground): State<Ground>,
    member: Member,
    Inside(workspace, visitor): Inside,
    came: Came,
) -> Answer<Json<Value>> {
    let tenant = ground.access.tenant(&member.proved, &workspace).await?;
    let _turn = ground.shed.turn().await?;
    let asked = Asked { who: &member.proved.who, own: false, origin: &came.origin };
    let erased = visitors.erase_of(&tenant, &visitor, &asked).await?;
    Ok(Json(json!(erased)))
}

/// A server's key speaks for no visitor: whose proof it passes on may be anybody's.
fn own(anyone: &Anyone) -> Result<()> {
    match anyone.caller.who {
        Who::Server { .. } | Who::Key { secret: true, .. } | Who::Operator { .. } => {
            Err(Error::new(Code::Forbidden, "This is for the visitor; admins have a door of their own"))
        }
        _ => Ok(()),
    }
}

/// What is somebody's own is kept by nobody on the way.
fn private(body: impl IntoResponse) -> Response {
    let mut response = body.into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, answer::NO_STORE);
    response
}
