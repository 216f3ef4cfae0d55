//! The SQL of workspaces and who is in them. Every statement that is not a look-up by a token's own id names the workspace.
pub(super) mod invitations;
pub(super) mod members;
pub(super) mod operators;
pub(super) mod organizations;
pub(super) mod spaces;

use super::OperatorView;
use crate::base::error::{Error, Result};
use crate::base::ids::{OperatorId, OrganizationId, UserId, WorkspaceId};
use crate::features::identity::MemberRole;
use crate::platform::db::{Db, fault, on_db};
use std::sync::Arc;

pub(super) async fn role(db: &Db, workspace: &WorkspaceId, user: &UserId) -> Result<Option<MemberRole>> {
    const SQL: &str = "select m.role from members m join workspaces w on w.id = m.workspace_id \
                       where m.workspace_id = $1 and m.user_id = $2 and w.deleted_at is null";
    let row: Option<(String,)> =
        on_db!(db.read, pool => sqlx::query_as(SQL).bind(workspace.as_str()).bind(user.as_str()).fetch_optional(pool).await)
            .map_err(fault)?;
    Ok(row.and_then(|(word,)| MemberRole::parse(&word)))
}

pub(super) async fn operator(db: &Db, id: &str) -> Result<Option<Arc<OperatorView>>> {
    const SQL: &str = "select o.id, o.workspace_id, o.organization_id, o.name \
                       from operators o join workspaces w on w.id = o.workspace_id \
                       where o.id = $1 and o.disabled_at is null and w.deleted_at is null";
    type Found = (String, String, String, String);
    let row: Option<Found> =
        on_db!(db.read, pool => sqlx::query_as(SQL).bind(id).fetch_optional(pool).await).map_err(fault)?;
    let Some((id, workspace, organization, name)) = row else { return Ok(None) };
    let ids = (OperatorId::parse(&id), WorkspaceId::parse(&workspace), OrganizationId::parse(&organization));
    let (Some(id), Some(workspace), Some(organization)) = ids else {
        return Err(Error::internal("an operator's row holds an id that is none"));
    };
    Ok(Some(Arc::new(OperatorView { id, workspace, organization, name })))
}

fn ms(at: u64) -> i64 {
    i64::try_from(at).unwrap_or(i64::MAX)
}

fn read_role(word: &str) -> Result<MemberRole> {
    MemberRole::parse(word).ok_or_else(|| Error::internal("a row holds a role that is none"))
}
