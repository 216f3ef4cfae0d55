//! The SQL of operators.
use super::super::OperatorInfo;
use super::ms;
use crate::base::error::Result;
use crate::base::ids::WorkspaceId;
use crate::base::page::Page;
use crate::platform::db::{Db, Tx, fault, on_db, on_tx};

const FIND: &str = "select id, organization_id, user_id, name, email, disabled_at, created_at from operators \
                    where workspace_id = $1 and id = $2";
type Found = (String, String, Option<String>, String, Option<String>, Option<i64>, i64);

fn info((id, organization_id, user_id, name, email, disabled_at, created_at): Found) -> OperatorInfo {
    let disabled = disabled_at.is_some();
    OperatorInfo { id, organization_id, user_id, name, email, disabled, created_at_ms: created_at.unsigned_abs() }
}

pub(in super::super) async fn list(
    db: &Db,
    workspace: &WorkspaceId,
    organization: &str,
    page: &Page,
) -> Result<Vec<OperatorInfo>> {
    const SQL: &str = "select id, organization_id, user_id, name, email, disabled_at, created_at from operators \
                       where workspace_id = $1 and organization_id = $2 and id > $3 order by id limit $4";
    let rows: Vec<Found> = on_db!(db.read, pool => sqlx::query_as(SQL).bind(workspace.as_str()).bind(organization)
        .bind(&page.after).bind(page.rows()).fetch_all(pool).await)
    .map_err(fault)?;
    Ok(rows.into_iter().map(info).collect())
}

pub(in super::super) async fn find(db: &Db, workspace: &WorkspaceId, id: &str) -> Result<Option<OperatorInfo>> {
    let row: Option<Found> =
        on_db!(db.read, pool => sqlx::query_as(FIND).bind(workspace.as_str()).bind(id).fetch_optional(pool).await)
            .map_err(fault)?;
    Ok(row.map(info))
}

pub(in super::super) async fn find_in(tx: &mut Tx, workspace: &WorkspaceId, id: &str) -> Result<Option<OperatorInfo>> {
    let row: Option<Found> =
        on_tx!(tx, conn => sqlx::query_as(FIND).bind(workspace.as_str()).bind(id).fetch_optional(conn).await)
            .map_err(fault)?;
    Ok(row.map(info))
}

pub(in super::super) async fn count(tx: &mut Tx, workspace: &WorkspaceId) -> Result<i64> {
    const SQL: &str = "select count(*) from operators where workspace_id = $1";
    let (count,): (i64,) =
        on_tx!(tx, conn => sqlx::query_as(SQL).bind(workspace.as_str()).fetch_one(conn).await).map_err(fault)?;
    Ok(count)
}

pub(in super::super) async fn insert(tx: &mut Tx, workspace: &WorkspaceId, new: &OperatorInfo) -> Result<()> {
    const SQL: &str = "insert into operators (id, workspace_id, organization_id, user_id, name, email, created_at) \
                       values ($1, $2, $3, $4, $5, $6, $7)";
    on_tx!(tx, conn => sqlx::query(SQL).bind(&new.id).bind(workspace.as_str()).bind(&new.organization_id)
        .bind(&new.user_id).bind(&new.name).bind(&new.email).bind(ms(new.created_at_ms)).execute(conn).await.map(|_| ()))
    .map_err(fault)
}

pub(in super::super) async fn update(
    tx: &mut Tx,
    workspace: &WorkspaceId,
    operator: &OperatorInfo,
    now_ms: u64,
) -> Result<()> {
    const SQL: &str = "update operators set name = $3, email = $4, \
                       disabled_at = case when $5 = 0 then null else coalesce(disabled_at, $6) end \
                       where workspace_id = $1 and id = $2";
    let disabled = i64::from(operator.disabled);
    on_tx!(tx, conn => sqlx::query(SQL).bind(workspace.as_str()).bind(&operator.id).bind(&operator.name)
        .bind(&operator.email).bind(disabled).bind(ms(now_ms)).execute(conn).await.map(|_| ()))
    .map_err(fault)
}

pub(in super::super) async fn disable(tx: &mut Tx, workspace: &WorkspaceId, id: &str, now_ms: u64) -> Result<()> {
    const SQL: &str = "update operators set disabled_at = $3 \
                       where workspace_id = $1 and id = $2 and disabled_at is null";
    on_tx!(tx, conn => sqlx::query(SQL).bind(workspace.as_str()).bind(id).bind(ms(now_ms)).execute(conn).await
        .map(|_| ()))
    .map_err(fault)
}

pub(in super::super) async fn delete(tx: &mut Tx, workspace: &WorkspaceId, id: &str) -> Result<()> {
    const SQL: &str = "delete from operators where workspace_id = $1 and id = $2";
    on_tx!(tx, conn => sqlx::query(SQL).bind(workspace.as_str()).bind(id).execute(conn).await.map(|_| ()))
        .map_err(fault)
}

pub(in super::super) async fn of_user(tx: &mut Tx, workspace: &WorkspaceId, user: &str) -> Result<Vec<String>> {
    const SQL: &str = "select id from operators where workspace_id = $1 and user_id = $2";
    ids(tx, SQL, workspace, user).await
}

pub(in super::super) async fn of_organization(tx: &mut Tx, workspace: &WorkspaceId, id: &str) -> Result<Vec<String>> {
    const SQL: &str = "select id from operators where workspace_id = $1 and organization_id = $2";
    ids(tx, SQL, workspace, id).await
}

async fn ids(tx: &mut Tx, sql: &'static str, workspace: &WorkspaceId, id: &str) -> Result<Vec<String>> {
    let rows: Vec<(String,)> =
        on_tx!(tx, conn => sqlx::query_as(sql).bind(workspace.as_str()).bind(id).fetch_all(conn).await)
            .map_err(fault)?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}
