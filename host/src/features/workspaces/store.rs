//! The SQL of workspaces and who is in them.
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
