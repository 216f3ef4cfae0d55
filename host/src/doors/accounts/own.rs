//! What people do with their own account.
use super::{BODY, From, TAG, maybe, object, secret};
use crate::base::error::{Code, Result};
use crate::doors::Ground;
use crate::doors::kit::answer::Json;
use crate::doors::kit::auth::Account;
use crate::doors::kit::{Answer, body};
use crate::doors::openapi::{Door, Guard};
use crate::doors::rooms::Welcomes;
use crate::doors::widgets::Name;
use crate::features::accounts::{AccountInfo, Membership, Profile};
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde_json::{Map, Value, json};
use std::sync::Arc;

type People = State<Arc<dyn Welcomes>>;

pub(super) fn doors() -> Vec<Door> {
    let own = |door: Door| door.guard(Guard::Account).refuses(&[Code::Database]);
    let changing = |door: Door| own(door).refuses(BODY);
    vec![
        own(Door::get("/auth/me", me))
            .says(TAG, "me", "Look at one's own account", "Beside it, the workspaces in which it is a member.")
            .answers_json(200, "Me", "The account"),
        changing(Door::patch("/auth/me", change))
            .says(TAG, "changeMe", "Change name or username", "What is left out stays; null takes the username away.")
            .takes("application/json", "ProfileBody", "What changes")
            .answers_json(200, "Me", "The account")
            .refuses(&[Code::AccountTaken]),
        changing(Door::delete("/auth/me", delete))
            .says(TAG, "deleteMe", "Delete one's own account", "For good, with its sign-ins and memberships.")
            .takes("application/json", "PasswordBody", "The password, once more")
            .answers(204, None, "The account is gone")
            .refuses(&[Code::SignInFailed, Code::RateLimited, Code::LastOwner]),
        changing(Door::post("/auth/password", password))
            .says(TAG, "changePassword", "Change the password", "Every other sign-in of the account ends.")
            .takes("application/json", "ChangePassword", "The present and the new password")
            .answers(204, None, "The password is changed")
            .refuses(&[Code::SignInFailed, Code::RateLimited, Code::WeakPassword]),
        changing(Door::post("/auth/switch", switch))
            .says(
                TAG,
                "switchWorkspace",
                "Act in another workspace",
                "This sign-in's access tokens end; the answer holds the next one. The refresh token stays.",
            )
            .takes("application/json", "SwitchBody", "One of the workspaces of `/auth/me`")
            .answers_json(200, "Switched", "The access token for that workspace")
            .refuses(&[Code::NotFound]),
        own(Door::get("/auth/sessions", sessions))
            .says(TAG, "listSessions", "List one's own sign-ins", "Those that are valid, the newest first.")
            .answers_json(200, "SessionList", "The sign-ins"),
        own(Door::delete("/auth/sessions/{id}", end))
            .says(TAG, "endSession", "End one of one's own sign-ins", "")
            .path_param("id", "The sign-in's id")
            .answers(204, None, "It has ended")
            .refuses(&[Code::NotFound, Code::StorageFull]),
    ]
}

/// The account's members stand at the top and under `user`: clients of earlier systems read either.
fn shown(account: &AccountInfo, memberships: &[Membership], by: &Account) -> Result<Value> {
    let value = serde_json::to_value(account).map_err(crate::base::error::Error::internal)?;
    let mut shown: Map<String, Value> = value.as_object().cloned().unwrap_or_default();
    let workspace = memberships.iter().find(|membership| membership.id == by.proved.workspace);
    shown.insert("user".to_owned(), value);
    shown.insert("workspace".to_owned(), json!(workspace));
    shown.insert("workspaces".to_owned(), json!(memberships));
    shown.insert("session_id".to_owned(), json!(by.session));
    Ok(Value::Object(shown))
}

async fn me(State(people): People, account: Account) -> Answer<Json<Value>> {
    let (info, memberships) = people.accounts()?.about(&account.user).await?;
    Ok(Json(shown(&info, &memberships, &account)?))
}

async fn change(
    State(people): People,
    State(ground): State<Ground>,
    account: Account,
    headers: HeaderMap,
    incoming: Body,
) -> Answer<Json<Value>> {
    let mut sent = object(&ground, &headers, incoming).await?;
    let username = match sent.get("username") {
        Some(Value::Null) => Some(None),
        _ => maybe(&mut sent, "username")?.map(Some),
    };
    let profile = Profile { name: maybe(&mut sent, "name")?, username };
    let _turn = ground.shed.turn().await?;
    let accounts = people.accounts()?;
    accounts.change_profile(&account.user, profile).await?;
    let (info, memberships) = accounts.about(&account.user).await?;
    Ok(Json(shown(&info, &memberships, &account)?))
}

async fn delete(
    State(people): People,
    State(ground): State<Ground>,
    From(device): From,
    account: Account,
    headers: HeaderMap,
    incoming: Body,
) -> Answer<StatusCode> {
    let password = secret(&mut object(&ground, &headers, incoming).await?, "password")?;
    let _turn = ground.shed.turn().await?;
    people.accounts()?.delete_own(&account.user, &password, &device).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn password(
    State(people): People,
    State(ground): State<Ground>,
    From(device): From,
    account: Account,
    headers: HeaderMap,
    incoming: Body,
) -> Answer<StatusCode> {
    let mut sent = object(&ground, &headers, incoming).await?;
    let (present, new) = (secret(&mut sent, "current_password")?, secret(&mut sent, "new_password")?);
    let _turn = ground.shed.turn().await?;
    people.accounts()?.change_password(&account.user, &account.session, &present, &new, &device).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn switch(
    State(people): People,
    State(ground): State<Ground>,
    account: Account,
    headers: HeaderMap,
    incoming: Body,
) -> Answer<Json<Value>> {
    let workspace = body::take_string(&mut object(&ground, &headers, incoming).await?, "workspace_id")?;
    let _turn = ground.shed.turn().await?;
    let begun = people.accounts()?.switch(&account.user, &account.session, &workspace).await?;
    Ok(Json(json!({
        "token": begun.access.reveal(),
        "access_token": begun.access.reveal(),
        "token_type": "Bearer",
        "expires_in": begun.expires_in_s,
        "workspace_id": begun.workspace,
    })))
}

async fn sessions(State(people): People, account: Account) -> Answer<Json<Value>> {
    let sessions = people.accounts()?.sessions(&account.user, &account.session).await?;
    Ok(Json(json!({"sessions": sessions})))
}

async fn end(State(people): People, From(device): From, account: Account, Name(id): Name) -> Answer<StatusCode> {
    people.accounts()?.end_own(&account.user, &id, &device).await?;
    Ok(StatusCode::NO_CONTENT)
}
