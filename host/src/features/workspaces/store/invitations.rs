//! The SQL of invitations.
use super::super::InvitationInfo;
use super::{ms, read_role};
use crate::base::error::{Error, Result};
use crate::base::ids::{UserId, WorkspaceId};
use crate::base::page::Page;
use crate::features::identity::MemberRole;
use crate::platform::db::{Db, Tx, fault, on_db, on_tx};

type Found = (String, Option<String>, String, String, i64, i64);

fn info((id, email, role, created_by, created_at, expires_at): Found) -> Result<InvitationInfo> {
    let (created_at_ms, expires_at_ms) = (created_at.unsigned_abs(), expires_at.unsigned_abs());
    Ok(InvitationInfo { id, email, role: read_role(&role)?, created_by, created_at_ms, expires_at_ms })
}

pub(in super::super) async fn insert(
    tx: &mut Tx,
    workspace: &WorkspaceId,
    new: &InvitationInfo,
    hash: &str,
) -> Result<()> {
    const SQL: &str = "insert into invitations \
                       (id, workspace_id, email, role, token_hash, created_by, created_at, expires_at) \
                       values ($1, $2, $3, $4, $5, $6, $7, $8)";
    on_tx!(tx, conn => sqlx::query(SQL).bind(&new.id).bind(workspace.as_str()).bind(&new.email).bind(new.role.word())
        .bind(hash).bind(&new.created_by).bind(ms(new.created_at_ms)).bind(ms(new.expires_at_ms)).execute(conn).await
        .map(|_| ()))
    .map_err(fault)
}

pub(in super::super) async fn waiting(tx: &mut Tx, workspace: &WorkspaceId, now_ms: u64) -> Result<i64> {
    const SQL: &str = "select count(*) from invitations \
                       where workspace_id = $1 and accepted_at is null and expires_at > $2";
    let (count,): (i64,) =
        on_tx!(tx, conn => sqlx::query_as(SQL).bind(workspace.as_str()).bind(ms(now_ms)).fetch_one(conn).await)
            .map_err(fault)?;
    Ok(count)
}

pub(in super::super) async fn list(
    db: &Db,
    workspace: &WorkspaceId,
    now_ms: u64,
    page: &Page,
) -> Result<Vec<InvitationInfo>> {
    const SQL: &str = "select id, email, role, created_by, created_at, expires_at from invitations \
                       where workspace_id = $1 and accepted_at is null and expires_at > $2 and id > $3 \
                       order by id limit $4";
    let rows: Vec<Found> = on_db!(db.read, pool => sqlx::query_as(SQL).bind(workspace.as_str()).bind(ms(now_ms))
        .bind(&page.after).bind(page.rows()).fetch_all(pool).await)
    .map_err(fault)?;
    rows.into_iter().map(info).collect()
}

pub(in super::super) async fn delete(tx: &mut Tx, workspace: &WorkspaceId, id: &str) -> Result<bool> {
    const SQL: &str = "delete from invitations where workspace_id = $1 and id = $2 and accepted_at is null";
    let rows = on_tx!(tx, conn => sqlx::query(SQL).bind(workspace.as_str()).bind(id).execute(conn).await
        .map(|done| done.rows_affected()))
    .map_err(fault)?;
    Ok(rows > 0)
}

/// Uses up the invitation of this token, if it is good for this user: where to, and in which role.
pub(in super::super) async fn accept(
    tx: &mut Tx,
    hash: &str,
    user: &UserId,
    now_ms: u64,
) -> Result<Option<(WorkspaceId, MemberRole)>> {
    const SQL: &str = "update invitations set accepted_at = $3 \
                       where token_hash = $1 and accepted_at is null and expires_at > $3 \
                       and (email is null or email = (select email from users where id = $2)) \
                       and workspace_id in (select id from workspaces where deleted_at is null) \
                       returning workspace_id, role";
    let row: Option<(String, String)> =
        on_tx!(tx, conn => sqlx::query_as(SQL).bind(hash).bind(user.as_str()).bind(ms(now_ms)).fetch_optional(conn).await)
            .map_err(fault)?;
    let Some((workspace, role)) = row else { return Ok(None) };
    let workspace = WorkspaceId::parse(&workspace);
    let workspace = workspace.ok_or_else(|| Error::internal("an invitation's row names no workspace"))?;
    Ok(Some((workspace, read_role(&role)?)))
}
