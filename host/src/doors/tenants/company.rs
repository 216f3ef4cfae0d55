//! Organizations of a workspace; an older API calls the workspace a company.
use super::{BODY, Manager, Row, by, here, sent};
use crate::base::error::Code;
use crate::base::secret::Secret;
use crate::doors::Ground;
use crate::doors::accounts::From;
use crate::doors::kit::answer::{Json, TEXT, with_type};
use crate::doors::kit::came::Came;
use crate::doors::kit::paged::{Paged, listed, paged};
use crate::doors::kit::replay::{Keyed, json, keyed, work};
use crate::doors::kit::{Answer, body};
use crate::doors::openapi::{Door, Guard};
use crate::doors::rooms::Welcomes;
use crate::features::workspaces::{OrganizationInfo, Workspaces};
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::Value;
use std::sync::Arc;

pub const TAG: &str = "operators";

pub fn doors() -> Vec<Door> {
    let managed = |door: Door| here(door, Guard::Manager);
    let one = |door: Door| managed(door).path_param("id", "The organization");
    vec![
        Door::post("/api/company/get-token", get_token)
            .says(
                TAG,
                "getCompanyToken",
                "Sign in for a workspace",
                "A company token as plain text: its bearer acts for the workspace in which the account became a member first,                  with the role that the account has there. Whatever is wrong, the answer is the same.",
            )
            .takes("application/json", "CompanySignIn", "Address or username, and password")
            .answers(200, Some(("text/plain", "TokenText")), "The token")
            .refuses(BODY)
            .refuses(&[Code::SignInFailed, Code::RateLimited, Code::Overloaded, Code::StorageFull, Code::Database]),
        paged(managed(Door::get("/api/organizations", list)))
            .says(TAG, "listOrganizations", "List organizations", "The departments of the workspace.")
            .answers_json(200, "OrganizationList", "Organizations by id"),
        keyed(managed(Door::post("/api/organizations", create)))
            .says(TAG, "createOrganization", "Make an organization", "For admins.")
            .takes("application/json", "Named", "Its name")
            .answers_json(201, "Organization", "The organization")
            .refuses(BODY)
            .refuses(&[Code::NameTaken, Code::LimitReached]),
        one(Door::get("/api/organizations/{id}", look))
            .says(TAG, "getOrganization", "Look at an organization", "")
            .answers_json(200, "Organization", "The organization"),
        keyed(one(Door::patch("/api/organizations/{id}", rename)))
            .says(TAG, "changeOrganization", "Rename an organization", "For admins.")
            .takes("application/json", "Named", "Its new name")
            .answers_json(200, "Organization", "The organization")
            .refuses(BODY)
            .refuses(&[Code::NameTaken]),
        keyed(one(Door::delete("/api/organizations/{id}", delete)))
            .says(
                TAG,
                "deleteOrganization",
                "Delete an organization",
                "For admins. Its operators go with it, and their tokens end at once.",
            )
            .answers(204, None, "It is gone"),
    ]
}

async fn get_token(
    State(people): State<Arc<dyn Welcomes>>,
    State(ground): State<Ground>,
    From(device): From,
    headers: HeaderMap,
    incoming: Body,
) -> Answer<Response> {
    let (_, mut body) = sent(&ground, &headers, incoming).await?;
    let login = body::take_string(&mut body, "login")?;
    let password = Secret::new(body::take_string(&mut body, "password")?);
    let token = people.accounts()?.company_token(&login, &password, &device).await?;
    Ok(with_type(TEXT, token.reveal().clone()))
}

async fn list(State(rooms): State<Workspaces>, manager: Manager, Paged(page): Paged) -> Answer<Json<Value>> {
    Ok(listed("organizations", &rooms.organizations(&manager.tenant, &page).await?)?)
}

async fn look(State(rooms): State<Workspaces>, manager: Manager, Row(id): Row) -> Answer<Json<OrganizationInfo>> {
    Ok(Json(rooms.organization(&manager.tenant, &id).await?))
}

async fn create(
    State(rooms): State<Workspaces>,
    State(ground): State<Ground>,
    manager: Manager,
    came: Came,
    keyed: Keyed,
    headers: HeaderMap,
    incoming: Body,
) -> Answer<Response> {
    let (bytes, mut body) = sent(&ground, &headers, incoming).await?;
    let name = body::take_string(&mut body, "name")?;
    let _turn = ground.shed.turn().await?;
    let (by, tenant) = (by(&manager.proved, came), manager.tenant);
    let work = work!(|tx| json(StatusCode::CREATED, &rooms.create_organization_in(tx, &tenant, &by, &name).await?));
    keyed.within(&manager.proved.who, &[&bytes], work).await
}

#[expect(clippy::too_many_arguments, reason = "each is a part of the request")]
async fn rename(
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
    let name = body::take_string(&mut body, "name")?;
    let _turn = ground.shed.turn().await?;
    let (by, tenant) = (by(&manager.proved, came), manager.tenant);
    let work = work!(|tx| json(StatusCode::OK, &rooms.rename_organization_in(tx, &tenant, &by, &id, &name).await?));
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
    let work = work!(|tx| json(StatusCode::NO_CONTENT, &rooms.delete_organization_in(tx, &tenant, &by, &id).await?));
    keyed.within(&manager.proved.who, &[], work).await
}
