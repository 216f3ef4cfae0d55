//! How an account comes into workspaces, and in which it is.
use super::super::Membership;
use super::ms;
use crate::base::error::{Error, Result};
use crate::base::ids::{UserId, WorkspaceId};
use crate::features::identity::MemberRole;
use crate::platform::db::{Db, Tx, fault, on_db, on_tx};

/// What an invitation invites to.
pub(in super::super) struct Invited {
    pub workspace: WorkspaceId,
    pub role: MemberRole,
    /// The one who is meant; none: whoever has the token.
    pub email: Option<String>,
}

/// Uses an invitation up, if it is still good.
pub(in super::super) async fn accept(tx: &mut Tx, hash: &str, now_ms: u64) -> Result<Option<Invited>> {
    const SQL: &str = "update invitations set accepted_at = $2 \
                       where token_hash = $1 and accepted_at is null and expires_at > $2 and workspace_id in \
                       (select id from workspaces where deleted_at is null) returning workspace_id, role, email";
    let row: Option<(String, String, Option<String>)> =
        on_tx!(tx, conn => sqlx::query_as(SQL).bind(hash).bind(ms(now_ms)).fetch_optional(conn).await)
            .map_err(fault)?;
    let Some((workspace, role, email)) = row else { return Ok(None) };
    match (WorkspaceId::parse(&workspace), MemberRole::parse(&role)) {
        (Some(workspace), Some(role)) => Ok(Some(Invited { workspace, role, email })),
        _ => Err(Error::internal("an invitation's row cannot be read")),
    }
}

pub(in super::super) async fn add_workspace(tx: &mut Tx, id: &WorkspaceId, name: &str, now_ms: u64) -> Result<()> {
    const SQL: &str = "insert into workspaces (id, name, created_at) values ($1, $2, $3)";
    on_tx!(tx, conn => sqlx::query(SQL).bind(id.as_str()).bind(name).bind(ms(now_ms)).execute(conn).await.map(|_| ()))
        .map_err(fault)
}

pub(in super::super) async fn join(
    tx: &mut Tx,
    workspace: &WorkspaceId,
    user: &UserId,
    role: MemberRole,
    now_ms: u64,
) -> Result<()> {
    const SQL: &str = "insert into members (workspace_id, user_id, role, created_at) values ($1, $2, $3, $4)";
    on_tx!(tx, conn => sqlx::query(SQL).bind(workspace.as_str()).bind(user.as_str()).bind(role.word())
        .bind(ms(now_ms)).execute(conn).await.map(|_| ()))
    .map_err(fault)
}

/// Workspaces in which this account is a member, the longest first.
pub(in super::super) async fn memberships(db: &Db, user: &UserId) -> Result<Vec<Membership>> {
    const SQL: &str = "select w.id, w.name, m.role from members m join workspaces w on w.id = m.workspace_id \
                       where m.user_id = $1 and w.deleted_at is null order by m.created_at, w.id";
    let rows: Vec<(String, String, String)> =
        on_db!(db.read, pool => sqlx::query_as(SQL).bind(user.as_str()).fetch_all(pool).await).map_err(fault)?;
    let read = |(id, name, role): (String, String, String)| {
        Some(Membership { id: WorkspaceId::parse(&id)?, name, role: MemberRole::parse(&role)? })
    };
    Ok(rows.into_iter().filter_map(read).collect())
}

/// A workspace that would have members and no owner without this account.
pub(in super::super) async fn only_owner_of(tx: &mut Tx, user: &UserId) -> Result<Option<String>> {
    const SQL: &str = "select w.name from members m join workspaces w on w.id = m.workspace_id \
                       where m.user_id = $1 and m.role = 'owner' and w.deleted_at is null \
                       and exists (select 1 from members o where o.workspace_id = w.id and o.user_id <> $1) \
                       and not exists (select 1 from members o where o.workspace_id = w.id and o.user_id <> $1 \
                       and o.role = 'owner') limit 1";
    let row: Option<(String,)> =
        on_tx!(tx, conn => sqlx::query_as(SQL).bind(user.as_str()).fetch_optional(conn).await).map_err(fault)?;
    Ok(row.map(|(name,)| name))
}

pub(in super::super) async fn exists(tx: &mut Tx, workspace: &WorkspaceId) -> Result<bool> {
    const SQL: &str = "select count(*) from workspaces where id = $1 and deleted_at is null";
    let (count,): (i64,) =
        on_tx!(tx, conn => sqlx::query_as(SQL).bind(workspace.as_str()).fetch_one(conn).await).map_err(fault)?;
    Ok(count > 0)
}
