//! The SQL of organizations.
use super::super::OrganizationInfo;
use super::ms;
use crate::base::error::Result;
use crate::base::ids::WorkspaceId;
use crate::base::page::Page;
use crate::platform::db::{Db, Tx, fault, on_db, on_tx};

const FIND: &str = "select id, name, created_at from organizations where workspace_id = $1 and id = $2";
type Found = (String, String, i64);

fn info((id, name, created_at): Found) -> OrganizationInfo {
    OrganizationInfo { id, name, created_at_ms: created_at.unsigned_abs() }
}

pub(in super::super) async fn list(db: &Db, workspace: &WorkspaceId, page: &Page) -> Result<Vec<OrganizationInfo>> {
    const SQL: &str = "select id, name, created_at from organizations where workspace_id = $1 and id > $2 \
                       order by id limit $3";
    let rows: Vec<Found> = on_db!(db.read, pool => sqlx::query_as(SQL).bind(workspace.as_str()).bind(&page.after)
        .bind(page.rows()).fetch_all(pool).await)
    .map_err(fault)?;
    Ok(rows.into_iter().map(info).collect())
}

pub(in super::super) async fn find(db: &Db, workspace: &WorkspaceId, id: &str) -> Result<Option<OrganizationInfo>> {
    let row: Option<Found> =
        on_db!(db.read, pool => sqlx::query_as(FIND).bind(workspace.as_str()).bind(id).fetch_optional(pool).await)
            .map_err(fault)?;
    Ok(row.map(info))
}

pub(in super::super) async fn find_in(
    tx: &mut Tx,
    workspace: &WorkspaceId,
    id: &str,
) -> Result<Option<OrganizationInfo>> {
    let row: Option<Found> =
        on_tx!(tx, conn => sqlx::query_as(FIND).bind(workspace.as_str()).bind(id).fetch_optional(conn).await)
            .map_err(fault)?;
    Ok(row.map(info))
}

pub(in super::super) async fn count(tx: &mut Tx, workspace: &WorkspaceId) -> Result<i64> {
    const SQL: &str = "select count(*) from organizations where workspace_id = $1";
    let (count,): (i64,) =
        on_tx!(tx, conn => sqlx::query_as(SQL).bind(workspace.as_str()).fetch_one(conn).await).map_err(fault)?;
    Ok(count)
}

/// Whether the name was free.
pub(in super::super) async fn insert(tx: &mut Tx, workspace: &WorkspaceId, new: &OrganizationInfo) -> Result<bool> {
    const SQL: &str = "insert into organizations (id, workspace_id, name, created_at) values ($1, $2, $3, $4) \
                       on conflict (workspace_id, name) do nothing";
    let rows = on_tx!(tx, conn => sqlx::query(SQL).bind(&new.id).bind(workspace.as_str()).bind(&new.name)
        .bind(ms(new.created_at_ms)).execute(conn).await.map(|done| done.rows_affected()))
    .map_err(fault)?;
    Ok(rows > 0)
}

/// Whether another organization than `but` has the name.
pub(in super::super) async fn is_taken(tx: &mut Tx, workspace: &WorkspaceId, name: &str, but: &str) -> Result<bool> {
    const SQL: &str = "select count(*) from organizations where workspace_id = $1 and name = $2 and id <> $3";
    let (count,): (i64,) =
        on_tx!(tx, conn => sqlx::query_as(SQL).bind(workspace.as_str()).bind(name).bind(but).fetch_one(conn).await)
            .map_err(fault)?;
    Ok(count > 0)
}

pub(in super::super) async fn rename(tx: &mut Tx, workspace: &WorkspaceId, id: &str, name: &str) -> Result<()> {
    const SQL: &str = "update organizations set name = $3 where workspace_id = $1 and id = $2";
    on_tx!(tx, conn => sqlx::query(SQL).bind(workspace.as_str()).bind(id).bind(name).execute(conn).await.map(|_| ()))
        .map_err(fault)
}

pub(in super::super) async fn delete(tx: &mut Tx, workspace: &WorkspaceId, id: &str) -> Result<()> {
    const SQL: &str = "delete from organizations where workspace_id = $1 and id = $2";
    on_tx!(tx, conn => sqlx::query(SQL).bind(workspace.as_str()).bind(id).execute(conn).await.map(|_| ()))
        .map_err(fault)
}
