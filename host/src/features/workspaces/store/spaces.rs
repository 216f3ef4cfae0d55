//! The SQL of workspaces themselves.
use super::super::WorkspaceInfo;
use super::{ms, read_role};
use crate::base::error::Result;
use crate::base::ids::{UserId, WorkspaceId};
use crate::base::page::Page;
use crate::features::identity::MemberRole;
use crate::platform::db::{Db, Tx, fault, on_db, on_tx};

const FIND: &str = "select id, name, created_at from workspaces where id = $1 and deleted_at is null";
type Found = (String, String, i64);

fn info((id, name, created_at): Found, role: MemberRole) -> WorkspaceInfo {
    WorkspaceInfo { id, name, role, created_at_ms: created_at.unsigned_abs() }
}

pub(in super::super) async fn find(db: &Db, id: &WorkspaceId, role: MemberRole) -> Result<Option<WorkspaceInfo>> {
    let row: Option<Found> =
        on_db!(db.read, pool => sqlx::query_as(FIND).bind(id.as_str()).fetch_optional(pool).await).map_err(fault)?;
    Ok(row.map(|row| info(row, role)))
}

pub(in super::super) async fn find_in(
    tx: &mut Tx,
    id: &WorkspaceId,
    role: MemberRole,
) -> Result<Option<WorkspaceInfo>> {
    let row: Option<Found> =
        on_tx!(tx, conn => sqlx::query_as(FIND).bind(id.as_str()).fetch_optional(conn).await).map_err(fault)?;
    Ok(row.map(|row| info(row, role)))
}

pub(in super::super) async fn of_user(db: &Db, user: &UserId, page: &Page) -> Result<Vec<WorkspaceInfo>> {
    const SQL: &str = "select w.id, w.name, w.created_at, m.role from members m join workspaces w on w.id = m.workspace_id \
                       where m.user_id = $1 and w.deleted_at is null and w.id > $2 order by w.id limit $3";
    let rows: Vec<(String, String, i64, String)> = on_db!(db.read, pool => sqlx::query_as(SQL).bind(user.as_str())
        .bind(&page.after).bind(page.rows()).fetch_all(pool).await)
    .map_err(fault)?;
    rows.into_iter().map(|(id, name, at, role)| Ok(info((id, name, at), read_role(&role)?))).collect()
}

pub(in super::super) async fn owned(tx: &mut Tx, user: &UserId) -> Result<i64> {
    const SQL: &str = "select count(*) from members m join workspaces w on w.id = m.workspace_id \
                       where m.user_id = $1 and m.role = 'owner' and w.deleted_at is null";
    let (count,): (i64,) =
        on_tx!(tx, conn => sqlx::query_as(SQL).bind(user.as_str()).fetch_one(conn).await).map_err(fault)?;
    Ok(count)
}

pub(in super::super) async fn insert(tx: &mut Tx, id: &WorkspaceId, name: &str, now_ms: u64) -> Result<()> {
    const SQL: &str = "insert into workspaces (id, name, created_at) values ($1, $2, $3)";
    on_tx!(tx, conn => sqlx::query(SQL).bind(id.as_str()).bind(name).bind(ms(now_ms)).execute(conn).await.map(|_| ()))
        .map_err(fault)
}

/// When it was made; `None` when it is not there.
pub(in super::super) async fn rename(tx: &mut Tx, id: &WorkspaceId, name: &str) -> Result<Option<u64>> {
    const SQL: &str = "update workspaces set name = $2 where id = $1 and deleted_at is null returning created_at";
    let row: Option<(i64,)> =
        on_tx!(tx, conn => sqlx::query_as(SQL).bind(id.as_str()).bind(name).fetch_optional(conn).await)
            .map_err(fault)?;
    Ok(row.map(|(at,)| at.unsigned_abs()))
}

pub(in super::super) async fn delete(tx: &mut Tx, id: &WorkspaceId, now_ms: u64) -> Result<bool> {
    const SQL: &str = "update workspaces set deleted_at = $2 where id = $1 and deleted_at is null";
    let rows = on_tx!(tx, conn => sqlx::query(SQL).bind(id.as_str()).bind(ms(now_ms)).execute(conn).await
        .map(|done| done.rows_affected()))
    .map_err(fault)?;
    Ok(rows > 0)
}
