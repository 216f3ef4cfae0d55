//! Operators of an organization, and their tokens.
use super::company::TAG;
use super::{BODY, Manager, Row, by, here, maybe_bool, maybe_string, moments, sent};
use crate::base::error::Code;
use crate::doors::Ground;
use crate::doors::kit::answer::Json;
use crate::doors::kit::came::Came;
use crate::doors::kit::paged::{Paged, listed, paged};
use crate::doors::kit::replay::{self, Keyed, json, keyed, work};
use crate::doors::kit::{Answer, body};
use crate::doors::openapi::{Door, Guard};
use crate::features::workspaces::{NewOperator, OperatorChange, Workspaces};
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::{Value, json as value};

pub fn doors() -> Vec<Door> {
    let managed = |door: Door| here(door, Guard::Manager);
    let of = |door: Door| managed(door).path_param("id", "The organization");
    let one = |door: Door| managed(door).path_param("id", "The operator");
    vec![
        paged(of(Door::get("/api/organizations/{id}/operators", list)))
            .says(TAG, "listOperators", "List operators", "")
            .answers_json(200, "OperatorList", "Operators by id"),
        keyed(of(Door::post("/api/organizations/{id}/operators", create)))
            .says(
                TAG,
                "createOperator",
                "Make an operator",
                "For admins. With `user_id`, which must be a member with the role agent or above, the operator ends when the \
                 member leaves.",
            )
            .takes("application/json", "NewOperator", "Who it is")
            .answers_json(201, "Operator", "The operator")
            .refuses(BODY)
            .refuses(&[Code::LimitReached]),
        keyed(one(Door::patch("/api/operators/{id}", change)))
            .says(
                TAG,
                "changeOperator",
                "Change or disable an operator",
                "For admins. Who is disabled has no valid token any more, also not after he is enabled again.",
            )
            .takes("application/json", "OperatorChange", "What is different; what is absent stays")
            .answers_json(200, "Operator", "The operator")
            .refuses(BODY),
        keyed(one(Door::delete("/api/operators/{id}", delete)))
            .says(TAG, "deleteOperator", "Delete an operator", "For admins. His tokens end at once.")
            .answers(204, None, "He is gone"),
        keyed(managed(Door::post("/api/operator/get-token", get_token)))
            .says(
                TAG,
                "getOperatorToken",
                "Make an operator's token",
                "For admins. The token as plain text; it is valid until `expiresAt`, which lies at most a year away.",
            )
            .takes("application/json", "OperatorTokenWish", "For whom, and until when")
            .answers(200, Some(("text/plain", "TokenText")), "The token")
            .refuses(BODY),
        managed(Door::post("/api/operator/validate-token", validate))
            .says(
                TAG,
                "validateOperatorToken",
                "Ask whether an operator's token is valid",
                "A token of another workspace is as invalid as one that is none.",
            )
            .takes("application/json", "TokenBody", "The token")
            .answers_json(200, "OperatorTokenState", "Whether it is valid, and whose it is")
            .refuses(BODY),
        keyed(managed(Door::post("/api/operator/revoke-token", revoke)))
            .says(
                TAG,
                "revokeOperatorToken",
                "Revoke operators' tokens",
                "For admins. One by `token`, or all of an operator by `id` and `all`.",
            )
            .takes("application/json", "OperatorTokenRevoked", "Which")
            .answers(204, None, "They are void")
            .refuses(BODY),
    ]
}

async fn list(
    State(rooms): State<Workspaces>,
    manager: Manager,
    Row(organization): Row,
    Paged(page): Paged,
) -> Answer<Json<Value>> {
    Ok(listed("operators", &rooms.operators(&manager.tenant, &organization, &page).await?)?)
}

#[expect(clippy::too_many_arguments, reason = "each is a part of the request")]
async fn create(
    State(rooms): State<Workspaces>,
    State(ground): State<Ground>,
    manager: Manager,
    Row(organization): Row,
    came: Came,
    keyed: Keyed,
    headers: HeaderMap,
    incoming: Body,
) -> Answer<Response> {
    let (bytes, mut body) = sent(&ground, &headers, incoming).await?;
    let new = NewOperator {
        name: body::take_string(&mut body, "name")?,
        email: maybe_string(&mut body, "email")?,
        user_id: maybe_string(&mut body, "user_id")?,
    };
    let _turn = ground.shed.turn().await?;
    let (by, tenant) = (by(&manager.proved, came), manager.tenant);
    let work = work!(|tx| {
        json(StatusCode::CREATED, &rooms.create_operator_in(tx, &tenant, &by, &organization, new).await?)
    });
    keyed.within(&manager.proved.who, &[&bytes], work).await
}

#[expect(clippy::too_many_arguments, reason = "each is a part of the request")]
async fn change(
    State(rooms): State<Workspaces>,
    State(ground): State<Ground>,
    manager: Manager,
    Row(id): Row,
    came: Came,
    keyed: Keyed,
    headers: HeaderMap,
    incoming: Body,
) -> Answer<Response> {
    let (bytes, mut body) = sent(&ground, &headers, incoming).await?;
    let change = OperatorChange {
        name: maybe_string(&mut body, "name")?,
        email: maybe_string(&mut body, "email")?,
        disabled: maybe_bool(&mut body, "disabled")?,
    };
    let _turn = ground.shed.turn().await?;
    let (by, tenant) = (by(&manager.proved, came), manager.tenant);
    let work = work!(|tx| json(StatusCode::OK, &rooms.change_operator_in(tx, &tenant, &by, &id, change).await?));
    keyed.within(&manager.proved.who, &[&bytes], work).await
}

async fn delete(
    State(rooms): State<Workspaces>,
    State(ground): State<Ground>,
    manager: Manager,
    Row(id): Row,
    came: Came,
    keyed: Keyed,
) -> Answer<Response> {
    let _turn = ground.shed.turn().await?;
    let (by, tenant) = (by(&manager.proved, came), manager.tenant);
    let work = work!(|tx| json(StatusCode::NO_CONTENT, &rooms.delete_operator_in(tx, &tenant, &by, &id).await?));
    keyed.within(&manager.proved.who, &[], work).await
}

async fn get_token(
    State(rooms): State<Workspaces>,
    State(ground): State<Ground>,
    manager: Manager,
    came: Came,
    keyed: Keyed,
    headers: HeaderMap,
    incoming: Body,
) -> Answer<Response> {
    let (bytes, mut body) = sent(&ground, &headers, incoming).await?;
    let id = body::take_string(&mut body, "id")?;
    let expires = moments::take(&mut body, "expiresAt")?;
    let _turn = ground.shed.turn().await?;
    let (by, tenant) = (by(&manager.proved, came), manager.tenant);
    let work = work!(|tx| {
        let made = rooms.operator_token_in(tx, &tenant, &by, &id, expires).await?;
        Ok(replay::text(made.token.reveal().clone()))
    });
    keyed.within_as_text(&manager.proved.who, &[&bytes], work).await
}

async fn validate(
    State(rooms): State<Workspaces>,
    State(ground): State<Ground>,
    manager: Manager,
    headers: HeaderMap,
    incoming: Body,
) -> Answer<Json<Value>> {
    let (_, mut body) = sent(&ground, &headers, incoming).await?;
    let token = body::take_string(&mut body, "token")?;
    Ok(Json(match rooms.validate(&manager.tenant, token.trim()).await? {
        Some(found) => {
            value!({"valid": true, "operator": found.operator, "expiresAt": moments::write(found.expires_at_ms)})
        }
        None => value!({"valid": false, "operator": null, "expiresAt": null}),
    }))
}

async fn revoke(
    State(rooms): State<Workspaces>,
    State(ground): State<Ground>,
    manager: Manager,
    came: Came,
    keyed: Keyed,
    headers: HeaderMap,
    incoming: Body,
) -> Answer<Response> {
    let (bytes, mut body) = sent(&ground, &headers, incoming).await?;
    let token = maybe_string(&mut body, "token")?;
    let all_of = match &token {
        Some(_) => None,
        None if maybe_bool(&mut body, "all")? == Some(true) => Some(body::take_string(&mut body, "id")?),
        None => return Err(body::misshapen("", "must have token, or id with all: true".to_owned()).into()),
    };
    let _turn = ground.shed.turn().await?;
    let (by, tenant) = (by(&manager.proved, came), manager.tenant);
    let work = work!(|tx| {
        if let Some(token) = token {
            rooms.revoke_operator_token_in(tx, &tenant, &by, token.trim()).await?;
        }
        if let Some(id) = all_of {
            rooms.revoke_operator_tokens_in(tx, &tenant, &by, &id).await?;
        }
        json(StatusCode::NO_CONTENT, &())
    });
    keyed.within(&manager.proved.who, &[&bytes], work).await
}
