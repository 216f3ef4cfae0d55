//! Signing up, in and out.
use super::{BODY, From, TAG, maybe, maybe_object, missing, object, secret, shown};
use crate::base::error::{Code, Error, Result};
use crate::base::secret::Secret;
use crate::doors::Ground;
use crate::doors::kit::answer::Json;
use crate::doors::kit::auth::{Account, bearer_text};
use crate::doors::kit::{Answer, body};
use crate::doors::openapi::{Door, Guard};
use crate::doors::rooms::Welcomes;
use crate::features::accounts::SignUp;
use crate::features::identity::{Kind, Role, Who};
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde_json::{Map, Value, json};
use std::sync::Arc;

type People = State<Arc<dyn Welcomes>>;

pub(super) fn doors() -> Vec<Door> {
    [sign_ins(), sign_outs(), passwords()].into_iter().flatten().collect()
}

fn sign_ins() -> Vec<Door> {
    let sign_in = |door: Door, id: &'static str, about: &'static str| {
        door.says(TAG, id, "Sign in", about)
            .takes("application/json", "SignIn", "Address or username, and password")
            .answers_json(200, "SignedIn", "An access token and a refresh token")
            .refuses(BODY)
            .refuses(&[Code::SignInFailed, Code::RateLimited])
    };
    vec![
        Door::post("/auth/signup", sign_up)
            .says(
                TAG,
                "signUp",
                "Make an account",
                "The first account of a fresh host needs the credential that its start has printed, as bearer token or as \
                 `credential`, and becomes the owner. Later the setting `accounts.sign_up` says who may.",
            )
            .takes("application/json", "SignUp", "Who it is")
            .answers_json(201, "SignedIn", "The account, signed in")
            .refuses(BODY)
            .refuses(&[
                Code::InvalidToken,
                Code::SetUpNeeded,
                Code::SignUpClosed,
                Code::AccountTaken,
                Code::WeakPassword,
            ]),
        sign_in(
            Door::post("/auth/signin", sign_in_door),
            "signIn",
            "Whatever is wrong, the answer is the same and takes as long. After some failures it is 429 for a while.",
        ),
        sign_in(Door::post("/auth/login", sign_in_door), "logIn", "Another name of `/auth/signin`."),
        Door::post("/auth/refresh", refresh)
            .says(
                TAG,
                "refresh",
                "Get the next access token",
                "A refresh token can be used once. The answer holds its successor; asked again within 30 seconds, it is the \
                 same one. Used later again, it ends the whole sign-in, because two people must have it then.",
            )
            .takes("application/json", "RefreshBody", "The refresh token; it may also be sent as bearer token")
            .answers_json(200, "SignedIn", "A new access token and the next refresh token")
            .refuses(BODY)
            .refuses(&[Code::MissingToken, Code::InvalidToken]),
    ]
}

fn sign_outs() -> Vec<Door> {
    let sign_out = |door: Door, id: &'static str, about: &'static str| {
        door.says(TAG, id, "Sign out", about)
            .takes("application/json", "SignOutBody", "A refresh token, where no access token is sent")
            .answers(204, None, "The sign-in has ended, with all its tokens")
            .refuses(BODY)
            .refuses(&[Code::MissingToken, Code::InvalidToken])
    };
    vec![
        sign_out(
            Door::post("/auth/logout", sign_out_door),
            "logOut",
            "By the access token as bearer token, or by the refresh token.",
        ),
        sign_out(Door::post("/auth/signout", sign_out_door), "signOut", "Another name of `/auth/logout`."),
        Door::post("/auth/signout/everywhere", everywhere)
            .says(
                TAG,
                "signOutEverywhere",
                "Sign out everywhere",
                "Ends every sign-in of the account, this one included.",
            )
            .guard(Guard::Account)
            .answers_json(200, "SignedOut", "How many sign-ins have ended")
            .refuses(&[Code::Database, Code::StorageFull]),
    ]
}

fn passwords() -> Vec<Door> {
    vec![
        Door::post("/auth/password/forgot", forgot)
            .says(
                TAG,
                "forgotPassword",
                "Ask for a new password",
                "Sends a reset to the account's address, or prints it at the host where no mail server is set. The answer is \
                 the same whether there is such an account or not.",
            )
            .takes("application/json", "ForgotBody", "The account's address")
            .answers_json(202, "Accepted", "Taken note of")
            .refuses(BODY),
        Door::post("/auth/password/reset", reset)
            .says(
                TAG,
                "resetPassword",
                "Set a new password by a reset",
                "A reset can be used once, within half an hour. Every sign-in of the account ends.",
            )
            .takes("application/json", "ResetBody", "The reset's token and the new password")
            .answers(204, None, "The password is set")
            .refuses(BODY)
            .refuses(&[Code::InvalidToken, Code::WeakPassword]),
    ]
}

async fn sign_up(
    State(people): People,
    State(ground): State<Ground>,
    From(device): From,
    headers: HeaderMap,
    incoming: Body,
) -> Answer<(StatusCode, Json<Value>)> {
    let mut sent = object(&ground, &headers, incoming).await?;
    let is_host = is_host(&ground, &headers, &mut sent).await?;
    let sign_up = SignUp {
        email: body::take_string(&mut sent, "email")?,
        password: secret(&mut sent, "password")?,
        name: maybe(&mut sent, "name")?,
        username: maybe(&mut sent, "username")?,
        invite: maybe(&mut sent, "invite")?.map(Secret::new),
        is_host,
    };
    let _turn = ground.shed.turn().await?;
    let begun = people.accounts()?.sign_up(sign_up, &device).await?;
    Ok((StatusCode::CREATED, Json(shown(&begun))))
}

/// Whether the caller brings the credential of a fresh host, or an admin's token of the command line. Errors: `invalid_token`
/// for another one.
async fn is_host(ground: &Ground, headers: &HeaderMap, sent: &mut Map<String, Value>) -> Result<bool> {
    let in_body = maybe(sent, "credential")?;
    let Some(credential) = in_body.as_deref().or(bearer_text(headers)?) else { return Ok(false) };
    let proved = ground.access.bearer(credential, &[Kind::Admin], None).await?;
    Ok(proved.role == Role::Admin && matches!(proved.who, Who::Start | Who::Host { .. }))
}

async fn sign_in_door(
    State(people): People,
    State(ground): State<Ground>,
    From(device): From,
    headers: HeaderMap,
    incoming: Body,
) -> Answer<Json<Value>> {
    let mut sent = object(&ground, &headers, incoming).await?;
    let login = match (maybe(&mut sent, "email")?, maybe(&mut sent, "username")?) {
        (Some(login), _) | (None, Some(login)) => login,
        (None, None) => Err(body::misshapen("/email", "is missing; send \"email\" or \"username\"".to_owned()))?,
    };
    let password = secret(&mut sent, "password")?;
    let _turn = ground.shed.turn().await?;
    Ok(Json(shown(&people.accounts()?.sign_in(&login, &password, &device).await?)))
}

async fn refresh(
    State(people): People,
    State(ground): State<Ground>,
    From(device): From,
    headers: HeaderMap,
    incoming: Body,
) -> Answer<Json<Value>> {
    let mut sent = maybe_object(&ground, &headers, incoming).await?;
    let by_body = maybe(&mut sent, "refresh_token")?;
    let token = match by_body {
        Some(token) => token,
        None => {
            bearer_text(&headers)?.map(str::to_owned).ok_or_else(|| missing("the refresh token as refresh_token"))?
        }
    };
    let _turn = ground.shed.turn().await?;
    Ok(Json(shown(&people.accounts()?.refresh(&Secret::new(token), &device).await?)))
}

async fn sign_out_door(
    State(people): People,
    State(ground): State<Ground>,
    From(device): From,
    headers: HeaderMap,
    incoming: Body,
) -> Answer<StatusCode> {
    let mut sent = maybe_object(&ground, &headers, incoming).await?;
    let refresh = maybe(&mut sent, "refresh_token")?.map(Secret::new);
    let accounts = people.accounts()?;
    let _turn = ground.shed.turn().await?;
    if let Some(token) = refresh {
        accounts.sign_out_by_refresh(&token, &device).await?;
        return Ok(StatusCode::NO_CONTENT);
    }
    let token = bearer_text(&headers)?.ok_or_else(|| missing("the access token as Authorization: Bearer"))?;
    match ground.access.bearer(token, &[Kind::Access], None).await?.who {
        Who::Account { user, session } => accounts.sign_out(&user, &session, &device).await?,
        _ => Err(Error::new(Code::InvalidToken, "The token is unknown, damaged or expired"))?,
    }
    Ok(StatusCode::NO_CONTENT)
}

async fn everywhere(State(people): People, From(device): From, account: Account) -> Answer<Json<Value>> {
    let ended = people.accounts()?.sign_out_everywhere(&account.user, &device).await?;
    Ok(Json(json!({"ended": ended})))
}

async fn forgot(
    State(people): People,
    State(ground): State<Ground>,
    From(device): From,
    headers: HeaderMap,
    incoming: Body,
) -> Answer<(StatusCode, Json<Value>)> {
    let mut sent = object(&ground, &headers, incoming).await?;
    let email = body::take_string(&mut sent, "email")?;
    people.accounts()?.forgot(&email, &device);
    let message = "If there is an account with this address, a reset of its password is on its way";
    Ok((StatusCode::ACCEPTED, Json(json!({"message": message}))))
}

async fn reset(
    State(people): People,
    State(ground): State<Ground>,
    From(device): From,
    headers: HeaderMap,
    incoming: Body,
) -> Answer<StatusCode> {
    let mut sent = object(&ground, &headers, incoming).await?;
    let (token, password) = (secret(&mut sent, "token")?, secret(&mut sent, "password")?);
    let _turn = ground.shed.turn().await?;
    people.accounts()?.reset_password(&token, &password, &device).await?;
    Ok(StatusCode::NO_CONTENT)
}
