//! Members of a workspace.
use super::{BODY, Inside, Second, by, inside, role, sent};
use crate::base::error::Code;
use crate::doors::Ground;
use crate::doors::kit::Answer;
use crate::doors::kit::answer::Json;
use crate::doors::kit::came::Came;
use crate::doors::kit::paged::{Paged, listed, paged};
use crate::doors::kit::replay::{Keyed, json, keyed, work};
use crate::doors::openapi::Door;
use crate::features::workspaces::Workspaces;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::Value;

const TAG: &str = "workspaces";

pub fn doors() -> Vec<Door> {
    let one = |door: Door| keyed(inside(door)).path_param("member", "The member's user id").refuses(&[Code::LastOwner]);
    vec![
        paged(inside(Door::get("/api/workspaces/{id}/members", list)))
            .says(TAG, "listMembers", "List members", "For every member.")
            .answers_json(200, "MemberList", "Members by id"),
        one(Door::patch("/api/workspaces/{id}/members/{member}", change))
            .says(
                TAG,
                "changeMember",
                "Give a member another role",
                "For admins; only an owner makes owners or changes one. It counts at once, for every sign-in.",
            )
            .takes("application/json", "RoleOfMember", "The role")
            .answers_json(200, "Member", "The member")
            .refuses(BODY),
        one(Door::delete("/api/workspaces/{id}/members/{member}", remove))
            .says(
                TAG,
                "removeMember",
                "Take a member out",
                "For admins; everybody may leave. An operator that he was ends with it, and his tokens.",
            )
            .answers(204, None, "He is out"),
    ]
}

async fn list(State(rooms): State<Workspaces>, inside: Inside, Paged(page): Paged) -> Answer<Json<Value>> {
    Ok(listed("members", &rooms.members(&inside.tenant, &page).await?)?)
}

#[expect(clippy::too_many_arguments, reason = "each is a part of the request")]
async fn change(
    State(rooms): State<Workspaces>,
    State(ground): State<Ground>,
    inside: Inside,
    Second(user): Second,
    came: Came,
    keyed: Keyed,
    headers: HeaderMap,
    incoming: Body,
) -> Answer<Response> {
    let (bytes, mut body) = sent(&ground, &headers, incoming).await?;
    let role = role(&mut body)?;
    let _turn = ground.shed.turn().await?;
    let (by, tenant) = (by(&inside.proved, came), inside.tenant);
    let work = work!(|tx| json(StatusCode::OK, &rooms.set_role_in(tx, &tenant, &by, &user, role).await?));
    keyed.within(&inside.proved.who, &[&bytes], work).await
}

async fn remove(
    State(rooms): State<Workspaces>,
    State(ground): State<Ground>,
    inside: Inside,
    Second(user): Second,
    came: Came,
    keyed: Keyed,
) -> Answer<Response> {
    let _turn = ground.shed.turn().await?;
    let (by, tenant) = (by(&inside.proved, came), inside.tenant);
    let work = work!(|tx| json(StatusCode::NO_CONTENT, &rooms.remove_in(tx, &tenant, &by, &user).await?));
    keyed.within(&inside.proved.who, &[], work).await
}
