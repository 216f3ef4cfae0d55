//! Workspaces themselves.
use super::{BODY, Inside, by, inside, sent};
use crate::base::error::Code;
use crate::doors::Ground;
use crate::doors::kit::answer::Json;
use crate::doors::kit::auth::{self, Account};
use crate::doors::kit::came::Came;
use crate::doors::kit::paged::{Paged, listed, paged};
use crate::doors::kit::replay::{Keyed, json, keyed, work};
use crate::doors::kit::{Answer, body};
use crate::doors::openapi::{Door, Guard};
use crate::features::workspaces::{WorkspaceInfo, Workspaces};
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::Value;

const TAG: &str = "workspaces";

pub fn doors() -> Vec<Door> {
    vec![
        paged(Door::get("/api/workspaces", list))
            .says(TAG, "listWorkspaces", "List your workspaces", "Those in which you are a member, with your role.")
            .guard(Guard::Member)
            .answers_json(200, "WorkspaceList", "Workspaces by id")
            .refuses(&[Code::Database]),
        keyed(Door::post("/api/workspaces", create))
            .says(TAG, "createWorkspace", "Make a workspace", "You become its owner.")
            .guard(Guard::Account)
            .takes("application/json", "Named", "Its name")
            .answers_json(201, "Workspace", "The workspace")
            .refuses(BODY)
            .refuses(&[Code::LimitReached]),
        inside(Door::get("/api/workspaces/{id}", look))
            .says(TAG, "getWorkspace", "Look at a workspace", "")
            .answers_json(200, "Workspace", "The workspace"),
        inside(keyed(Door::patch("/api/workspaces/{id}", rename)))
            .says(TAG, "changeWorkspace", "Rename a workspace", "For admins.")
            .takes("application/json", "Named", "Its new name")
            .answers_json(200, "Workspace", "The workspace")
            .refuses(BODY),
        inside(keyed(Door::delete("/api/workspaces/{id}", delete)))
            .says(
                TAG,
                "deleteWorkspace",
                "Delete a workspace",
                "For owners. Members, keys, bots and tokens of it are refused from then on. The host's first workspace stays.",
            )
            .answers(204, None, "It is gone")
            .refuses(&[Code::Conflict]),
    ]
}

async fn list(State(rooms): State<Workspaces>, member: auth::Member, Paged(page): Paged) -> Answer<Json<Value>> {
    Ok(listed("workspaces", &rooms.mine(&member.proved, &page).await?)?)
}

async fn create(
    State(rooms): State<Workspaces>,
    State(ground): State<Ground>,
    account: Account,
    came: Came,
    keyed: Keyed,
    headers: HeaderMap,
    incoming: Body,
) -> Answer<Response> {
    let (bytes, mut body) = sent(&ground, &headers, incoming).await?;
    let name = body::take_string(&mut body, "name")?;
    let _turn = ground.shed.turn().await?;
    let (by, user) = (by(&account.proved, came), account.user);
    let work = work!(|tx| json(StatusCode::CREATED, &rooms.create_in(tx, &by, &user, &name).await?));
    keyed.within(&account.proved.who, &[&bytes], work).await
}

async fn look(State(rooms): State<Workspaces>, inside: Inside) -> Answer<Json<WorkspaceInfo>> {
    Ok(Json(rooms.look(&inside.tenant).await?))
}

async fn rename(
    State(rooms): State<Workspaces>,
    State(ground): State<Ground>,
    inside: Inside,
    came: Came,
    keyed: Keyed,
    headers: HeaderMap,
    incoming: Body,
) -> Answer<Response> {
    let (bytes, mut body) = sent(&ground, &headers, incoming).await?;
    let name = body::take_string(&mut body, "name")?;
    let _turn = ground.shed.turn().await?;
    let (by, tenant) = (by(&inside.proved, came), inside.tenant);
    let work = work!(|tx| json(StatusCode::OK, &rooms.rename_in(tx, &tenant, &by, &name).await?));
    keyed.within(&inside.proved.who, &[&bytes], work).await
}

async fn delete(
    State(rooms): State<Workspaces>,
    State(ground): State<Ground>,
    inside: Inside,
    came: Came,
    keyed: Keyed,
) -> Answer<Response> {
    let _turn = ground.shed.turn().await?;
    let (by, tenant) = (by(&inside.proved, came), inside.tenant);
    let work = work!(|tx| json(StatusCode::NO_CONTENT, &rooms.delete_in(tx, &tenant, &by).await?));
    keyed.within(&inside.proved.who, &[], work).await
}
