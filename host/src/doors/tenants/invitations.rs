//! Invitations into a workspace.
use super::{BODY, Inside, Second, by, inside, maybe_string, role, sent};
use crate::base::error::Code;
use crate::doors::Ground;
use crate::doors::kit::answer::Json;
use crate::doors::kit::auth::Account;
use crate::doors::kit::came::Came;
use crate::doors::kit::paged::{Paged, listed, paged};
use crate::doors::kit::replay::{Keyed, json, keyed, work};
use crate::doors::kit::{Answer, body};
use crate::doors::openapi::{Door, Guard};
use crate::features::workspaces::{NewInvitation, Workspaces};
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::Value;

const TAG: &str = "workspaces";

pub fn doors() -> Vec<Door> {
    vec![
        paged(inside(Door::get("/api/workspaces/{id}/invitations", list)))
            .says(TAG, "listInvitations", "List invitations that wait", "For admins. Tokens are not shown again.")
            .answers_json(200, "InvitationList", "Invitations by id"),
        keyed(inside(Door::post("/api/workspaces/{id}/invitations", invite)))
            .says(
                TAG,
                "invite",
                "Invite somebody",
                "For admins; only an owner invites owners. The token is shown this once, is good once and for seven days: for a \
                 sign-up, or for somebody who has an account. With `email`, for the account of that address alone.",
            )
            .takes("application/json", "NewInvitation", "Whom, and as what")
            .answers_json(201, "InvitationWithToken", "The invitation and its token")
            .refuses(BODY)
            .refuses(&[Code::LimitReached]),
        keyed(inside(Door::delete("/api/workspaces/{id}/invitations/{member}", uninvite)))
            .path_param("member", "The invitation")
            .says(TAG, "uninvite", "Take an invitation back", "For admins.")
            .answers(204, None, "It is void"),
        keyed(Door::post("/api/invitations/accept", accept))
            .says(TAG, "acceptInvitation", "Accept an invitation", "With your account's access token.")
            .guard(Guard::Account)
            .takes("application/json", "InvitationToken", "The token")
            .answers_json(200, "Workspace", "The workspace that you are a member of now")
            .refuses(BODY)
            .refuses(&[Code::NotFound, Code::AlreadyMember]),
    ]
}

async fn list(State(rooms): State<Workspaces>, inside: Inside, Paged(page): Paged) -> Answer<Json<Value>> {
    Ok(listed("invitations", &rooms.invitations(&inside.tenant, &page).await?)?)
}

async fn invite(
    State(rooms): State<Workspaces>,
    State(ground): State<Ground>,
    inside: Inside,
    came: Came,
    keyed: Keyed,
    headers: HeaderMap,
    incoming: Body,
) -> Answer<Response> {
    let (bytes, mut body) = sent(&ground, &headers, incoming).await?;
    let new = NewInvitation { email: maybe_string(&mut body, "email")?, role: role(&mut body)? };
    let _turn = ground.shed.turn().await?;
    let (by, tenant) = (by(&inside.proved, came), inside.tenant);
    let work = work!(|tx| json(StatusCode::CREATED, &rooms.invite_in(tx, &tenant, &by, new).await?));
    keyed.within(&inside.proved.who, &[&bytes], work).await
}

async fn uninvite(
    State(rooms): State<Workspaces>,
    State(ground): State<Ground>,
    inside: Inside,
    Second(invitation): Second,
    came: Came,
    keyed: Keyed,
) -> Answer<Response> {
    let _turn = ground.shed.turn().await?;
    let (by, tenant) = (by(&inside.proved, came), inside.tenant);
    let work = work!(|tx| json(StatusCode::NO_CONTENT, &rooms.uninvite_in(tx, &tenant, &by, &invitation).await?));
    keyed.within(&inside.proved.who, &[], work).await
}

async fn accept(
    State(rooms): State<Workspaces>,
    State(ground): State<Ground>,
    account: Account,
    came: Came,
    keyed: Keyed,
    headers: HeaderMap,
    incoming: Body,
) -> Answer<Response> {
    let (bytes, mut body) = sent(&ground, &headers, incoming).await?;
    let token = body::take_string(&mut body, "token")?;
    let _turn = ground.shed.turn().await?;
    let (by, user) = (by(&account.proved, came), account.user);
    let work = work!(|tx| json(StatusCode::OK, &rooms.accept_in(tx, &by, &user, &token).await?));
    keyed.within(&account.proved.who, &[&bytes], work).await
}
