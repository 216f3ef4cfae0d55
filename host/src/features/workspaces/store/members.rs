//! The SQL of members.
use super::super::MemberInfo;
use super::{ms, read_role};
use crate::base::error::Result;
use crate::base::ids::{UserId, WorkspaceId};
use crate::base::page::Page;
use crate::features::identity::MemberRole;
use crate::platform::db::{Db, Tx, fault, on_db, on_tx};

type Found = (String, String, String, String, i64);

fn info((user_id, email, name, role, joined_at): Found) -> Result<MemberInfo> {
    Ok(MemberInfo { user_id, email, name, role: read_role(&role)?, joined_at_ms: joined_at.unsigned_abs() })
}

pub(in super::super) async fn list(db: &Db, workspace: &WorkspaceId, page: &Page) -> Result<Vec<MemberInfo>> {
    const SQL: &str = "select m.user_id, u.email, u.name, m.role, m.created_at \
                       from members m join users u on u.id = m.user_id \
                       where m.workspace_id = $1 and m.user_id > $2 order by m.user_id limit $3";
    let rows: Vec<Found> = on_db!(db.read, pool => sqlx::query_as(SQL).bind(workspace.as_str()).bind(&page.after)
        .bind(page.rows()).fetch_all(pool).await)
    .map_err(fault)?;
    rows.into_iter().map(info).collect()
}

pub(in super::super) async fn find(tx: &mut Tx, workspace: &WorkspaceId, user: &str) -> Result<Option<MemberInfo>> {
    const SQL: &str = "select m.user_id, u.email, u.name, m.role, m.created_at \
                       from members m join users u on u.id = m.user_id where m.workspace_id = $1 and m.user_id = $2";
    let row: Option<Found> =
        on_tx!(tx, conn => sqlx::query_as(SQL).bind(workspace.as_str()).bind(user).fetch_optional(conn).await)
            .map_err(fault)?;
    row.map(info).transpose()
}

pub(in super::super) async fn insert(
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

pub(in super::super) async fn set_role(
    tx: &mut Tx,
    workspace: &WorkspaceId,
    user: &str,
    role: MemberRole,
) -> Result<()> {
    const SQL: &str = "update members set role = $3 where workspace_id = $1 and user_id = $2";
    on_tx!(tx, conn => sqlx::query(SQL).bind(workspace.as_str()).bind(user).bind(role.word()).execute(conn).await
        .map(|_| ()))
    .map_err(fault)
}

pub(in super::super) async fn remove(tx: &mut Tx, workspace: &WorkspaceId, user: &str) -> Result<()> {
    const SQL: &str = "delete from members where workspace_id = $1 and user_id = $2";
    on_tx!(tx, conn => sqlx::query(SQL).bind(workspace.as_str()).bind(user).execute(conn).await.map(|_| ()))
        .map_err(fault)
}

pub(in super::super) async fn owners(tx: &mut Tx, workspace: &WorkspaceId) -> Result<i64> {
    const SQL: &str = "select count(*) from members where workspace_id = $1 and role = 'owner'";
    let (count,): (i64,) =
        on_tx!(tx, conn => sqlx::query_as(SQL).bind(workspace.as_str()).fetch_one(conn).await).map_err(fault)?;
    Ok(count)
}

/// An account, for tests of this room: the room `accounts` makes them.
#[cfg(test)]
pub(in super::super) async fn insert_user(tx: &mut Tx, user: &UserId, email: &str) -> Result<()> {
    const SQL: &str = "insert into users (id, email, name, created_at, password_changed_at) values ($1, $2, $2, 1, 1)";
    on_tx!(tx, conn => sqlx::query(SQL).bind(user.as_str()).bind(email).execute(conn).await.map(|_| ())).map_err(fault)
}
