//! Widget tokens: made by members, exchanged by pages, revoked by members.
use super::{BODY, TAG, by, object};
use crate::base::error::Code;
use crate::doors::Ground;
use crate::doors::kit::answer::Json;
use crate::doors::kit::auth::Member;
use crate::doors::kit::came::Came;
use crate::doors::kit::replay::{Keyed, keyed};
use crate::doors::kit::{Answer, body};
use crate::doors::openapi::{Door, Guard};
use crate::doors::rooms::KeepsBots;
use crate::features::bots::PageToken;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

pub(super) fn doors() -> Vec<Door> {
    let member = |door: Door| keyed(door.guard(Guard::Member)).refuses(BODY).refuses(&[Code::NotFound, Code::Database]);
    vec![
        member(Door::post("/widget/generate", generate))
            .says(
                TAG,
                "generateWidgetToken",
                "Make a widget token",
                "For admins of the bot's workspace. The token is shown once; pages carry it, so it opens only what everybody \
                 who reads the page may do.",
            )
            .takes("application/json", "BotNamed", "The bot")
            .answers_json(201, "WidgetToken", "The token, and the line that a page needs")
            .refuses(&[Code::BotInactive]),
        Door::post("/widget/refresh", refresh)
            .guard(Guard::Nobody)
            .says(
                TAG,
                "refreshWidgetToken",
                "Exchange a widget token",
                "The token itself is the credential, also for some days after its end (`auth.widget_grace_h`). It is revoked \
                 by this: of two requests with one token the second is refused.",
            )
            .takes("application/json", "TokenNamed", "The token")
            .answers_json(200, "WidgetToken", "A new token, and the line that a page needs")
            .refuses(BODY)
            .refuses(&[Code::InvalidToken, Code::Database]),
        member(Door::post("/widget/revoke", revoke))
            .says(
                TAG,
                "revokeWidgetTokens",
                "Revoke widget tokens",
                "For admins of the bot's workspace: one `token`, or all of a bot with `bot_id` and `all`. It counts at once.",
            )
            .takes("application/json", "WidgetRevocation", "Which")
            .answers_json(200, "Revoked", "How many were valid until now"),
    ]
}

async fn generate(
    State(bots): State<Arc<dyn KeepsBots>>,
    State(ground): State<Ground>,
    member: Member,
    came: Came,
    keyed: Keyed,
    headers: HeaderMap,
    incoming: Body,
) -> Answer<Response> {
    let (mut body, sent) = object(&ground, &headers, incoming).await?;
    let id = body::take_string(&mut body, "bot_id")?;
    let owned = bots.owned(&member.proved, &id).await?;
    let by = by(&member.proved, &came.origin);
    let work = async { Ok(shown(&ground, &bots.generate(&owned, &by).await?)) };
    keyed.around(&by.who.name(), &[&sent], StatusCode::CREATED, work).await
}

async fn refresh(
    State(bots): State<Arc<dyn KeepsBots>>,
    State(ground): State<Ground>,
    came: Came,
    headers: HeaderMap,
    incoming: Body,
) -> Answer<Json<Value>> {
    let (mut body, _) = object(&ground, &headers, incoming).await?;
    let token = body::take_string(&mut body, "token")?;
    let made = bots.refresh(&token, &came.origin).await?;
    Ok(Json(shown(&ground, &made)))
}

async fn revoke(
    State(bots): State<Arc<dyn KeepsBots>>,
    State(ground): State<Ground>,
    member: Member,
    came: Came,
    keyed: Keyed,
    headers: HeaderMap,
    incoming: Body,
) -> Answer<Response> {
    let (mut body, sent) = object(&ground, &headers, incoming).await?;
    let by = by(&member.proved, &came.origin);
    let work = async {
        let revoked = if body.contains_key("token") {
            let token = body::take_string(&mut body, "token")?;
            bots.revoke(&member.proved, &token, &by).await?
        } else {
            let id = body::take_string(&mut body, "bot_id")?;
            if body.get("all") != Some(&Value::Bool(true)) {
                return Err(body::misshapen("/all", "must be true to revoke all tokens of a bot".to_owned()));
            }
            let owned = bots.owned(&member.proved, &id).await?;
            bots.revoke_all(&owned, &by).await?
        };
        Ok(json!({"revoked": revoked}))
    };
    keyed.around(&by.who.name(), &[&sent], StatusCode::OK, work).await
}

fn shown(ground: &Ground, made: &PageToken) -> Value {
    let (token, home) = (made.token.reveal(), &ground.home);
    let ends = UNIX_EPOCH + Duration::from_secs(made.expires_at_s);
    // Of letters that need no escape: the token is base64url with dots, the address was checked with the settings.
    let embed = format!("<script async src=\"{home}/static/widget.js\" data-token=\"{token}\"></script>");
    json!({
        "token": token,
        "expires_at": humantime::format_rfc3339_seconds(ends).to_string(),
        "embed_code": embed,
    })
}
