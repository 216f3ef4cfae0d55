//! The audit log, for those who answer for the host or for a workspace.
use crate::base::error::{Code, Error, Fault, Result};
use crate::base::ids::{AuditId, WorkspaceId};
use crate::doors::Ground;
use crate::doors::kit::answer::Json;
use crate::doors::kit::auth::{self, Admin, Member};
use crate::doors::kit::{Answer, body};
use crate::doors::openapi::{Door, Guard};
use crate::doors::rooms::Records;
use crate::doors::widgets::Name;
use crate::features::audit::{Filter, Page};
use crate::features::identity::MemberRole;
use axum::extract::State;
use axum::http::Uri;
use std::sync::Arc;

const DEFAULT_LIMIT: u32 = 50;
const MOST: u32 = 100;
/// Characters of a filter.
const LONGEST: usize = 300;

pub fn doors() -> Vec<Door> {
    const TAG: &str = "audit";
    let filtered = |door: Door| {
        door.query("actor", "Who: an id, `start`, `host` or `nobody`", "string")
            .query("action", "What was tried, such as `session.begin`, `plugin.activate` or `access.denied`", "string")
            .query("target", "An id or a name", "string")
            .query("outcome", "`ok`, or the code of a refusal", "string")
            .query("from", "The first moment: RFC 3339, or milliseconds since 1970", "string")
            .query("to", "The first moment that is too late", "string")
            .query("limit", "Most lines of one page: 1 to 100; 50 where nothing is said", "integer")
            .query("after", "`next` of the page before", "string")
            .answers_json(200, "AuditPage", "Lines, newest first")
            .refuses(&[Code::InvalidParameters, Code::Database])
    };
    vec![
        filtered(
            Door::get("/api/admin/audit", of_host)
                .says(
                    TAG,
                    "listAudit",
                    "Read the audit log",
                    "Sign-ins, tokens, keys, roles, plugins and refused requests: who, what, from where, and how it ended. \
                     Lines are only ever added, and leave after `audit.keep_days`. Of refusals in a flood the first are \
                     written, and then how many were left out.",
                )
                .guard(Guard::Admin)
                .query("workspace", "Of this workspace alone", "string"),
        ),
        filtered(
            Door::get("/api/workspaces/{id}/audit", of_workspace)
                .says(
                    TAG,
                    "listWorkspaceAudit",
                    "Read a workspace's audit log",
                    "The same, of one workspace; for its admins and owners.",
                )
                .guard(Guard::Member)
                .path_param("id", "The workspace's id"),
        )
        .refuses(&[Code::NotFound]),
    ]
}

async fn of_host(State(records): State<Arc<dyn Records>>, _: Admin, uri: Uri) -> Answer<Json<Page>> {
    Ok(Json(records.list(filter(&uri, true)?).await?))
}

async fn of_workspace(
    State(records): State<Arc<dyn Records>>,
    State(ground): State<Ground>,
    member: Member,
    Name(id): Name,
    uri: Uri,
) -> Answer<Json<Page>> {
    let tenant = ground.access.tenant(&member.proved, &id).await?;
    let workspace = auth::needs(&tenant, MemberRole::Admin)?.workspace().clone();
    let filter = Filter { workspace: Some(workspace), ..filter(&uri, false)? };
    Ok(Json(records.list(filter).await?))
}

/// Errors: `invalid_parameters`, with every fault; `malformed_request`.
fn filter(uri: &Uri, any_workspace: bool) -> Result<Filter> {
    let mut filter = Filter { limit: DEFAULT_LIMIT, ..Filter::default() };
    let mut faults = Vec::new();
    for (name, value) in body::query(uri)? {
        let read =
            value.as_str().ok_or("must be sent once").and_then(|text| read(&mut filter, &name, text, any_workspace));
        if let Err(message) = read {
            faults.push(Fault { pointer: format!("/{name}"), message: message.to_owned() });
        }
    }
    if faults.is_empty() {
        return Ok(filter);
    }
    Err(Error::new(Code::InvalidParameters, "The filters do not fit").with_faults(faults))
}

fn read(filter: &mut Filter, name: &str, text: &str, any_workspace: bool) -> Result<(), &'static str> {
    let plain = || match text {
        "" => Err("must not be empty"),
        _ if text.chars().count() > LONGEST || text.chars().any(char::is_control) => Err("is no name of anything"),
        _ => Ok(Some(text.to_owned())),
    };
    let moment = || crate::base::clock::moment(text).map(Some).ok_or("must be a time such as 2026-11-24T18:00:00Z");
    match name {
        "actor" => filter.actor = plain()?,
        "action" => filter.action = plain()?,
        "target" => filter.target = plain()?,
        "outcome" => filter.outcome = plain()?,
        "from" => filter.from_ms = moment()?,
        "to" => filter.to_ms = moment()?,
        "workspace" if any_workspace => {
            filter.workspace = Some(WorkspaceId::parse(text).ok_or("is no workspace's id")?)
        }
        "after" => filter.after = Some(AuditId::parse(text).ok_or("is no line's id")?.to_string()),
        "limit" => {
            let limit = text.parse().ok().filter(|limit| (1..=MOST).contains(limit));
            filter.limit = limit.ok_or("must be a number from 1 to 100")?;
        }
        _ => return Err("is not known here"),
    }
    Ok(())
}

/// What the OpenAPI document says of these shapes.
pub mod shapes {
    #![expect(dead_code, reason = "only the descriptions are used")]
    use utoipa::ToSchema;

    #[derive(ToSchema)]
    pub struct AuditPage {
        events: Vec<AuditLine>,
        /// For `after`; null when there are no older lines.
        #[schema(nullable)]
        next: Option<String>,
    }

    #[derive(ToSchema)]
    pub struct AuditLine {
        id: String,
        /// Milliseconds since 1970.
        at_ms: u64,
        workspace_id: String,
        /// Who: an id, "start", "cli", "host" or "nobody".
        actor: String,
        #[schema(example = "plugin.activate")]
        action: String,
        /// An id, a name, or the door.
        target: String,
        /// "ok", or the code of the refusal.
        outcome: String,
        /// The client's address; empty for the command line.
        address: String,
        request_id: String,
        detail: serde_json::Map<String, serde_json::Value>,
    }
}
