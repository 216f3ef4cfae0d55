//! The SQL of keys as they are managed. Every statement names the workspace.
use super::super::KeyInfo;
use super::super::manage::{kind, mode};
use crate::base::error::{Error, Result};
use crate::base::ids::WorkspaceId;
use crate::base::page::Page;
use crate::platform::db::{Db, Tx, fault, on_db, on_tx};
use sqlx::{AssertSqlSafe, FromRow};

const COLUMNS: &str = "select id, name, kind, live, shown, active, domains, per_hour, created_by, created_at, expires_at, \
                       replaced_by, last_used_at, requests from api_keys";

#[derive(FromRow)]
struct Found {
    id: String,
    name: String,
    kind: String,
    live: i64,
    shown: String,
    active: i64,
    domains: String,
    per_hour: i64,
    created_by: String,
    created_at: i64,
    expires_at: Option<i64>,
    replaced_by: Option<String>,
    last_used_at: Option<i64>,
    requests: i64,
}

fn ms(at: u64) -> i64 {
    i64::try_from(at).unwrap_or(i64::MAX)
}

fn info(row: Found) -> Result<KeyInfo> {
    Ok(KeyInfo {
        id: row.id,
        name: row.name,
        kind: kind(row.kind == "secret"),
        mode: mode(row.live != 0),
        shown: row.shown,
        active: row.active != 0,
        allowed_domains: serde_json::from_str(&row.domains).map_err(Error::internal)?,
        rate_limit_per_hour: u32::try_from(row.per_hour).unwrap_or(0),
        created_by: row.created_by,
        created_at_ms: row.created_at.unsigned_abs(),
        expires_at_ms: row.expires_at.map(i64::unsigned_abs),
        replaced_by: row.replaced_by,
        last_used_at_ms: row.last_used_at.map(i64::unsigned_abs),
        requests: row.requests.unsigned_abs(),
    })
}

pub(in super::super) async fn list(db: &Db, workspace: &WorkspaceId, page: &Page) -> Result<Vec<KeyInfo>> {
    let sql = format!("{COLUMNS} where workspace_id = $1 and id > $2 order by id limit $3");
    let rows: Vec<Found> = on_db!(db.read, pool => sqlx::query_as(AssertSqlSafe(sql)).bind(workspace.as_str())
        .bind(&page.after).bind(page.rows()).fetch_all(pool).await)
    .map_err(fault)?;
    rows.into_iter().map(info).collect()
}

pub(in super::super) async fn find(db: &Db, workspace: &WorkspaceId, id: &str) -> Result<Option<KeyInfo>> {
    let sql = format!("{COLUMNS} where workspace_id = $1 and id = $2");
    let row: Option<Found> =
        on_db!(db.read, pool => sqlx::query_as(AssertSqlSafe(sql)).bind(workspace.as_str()).bind(id)
        .fetch_optional(pool).await)
        .map_err(fault)?;
    row.map(info).transpose()
}

pub(in super::super) async fn find_in(tx: &mut Tx, workspace: &WorkspaceId, id: &str) -> Result<Option<KeyInfo>> {
    let sql = format!("{COLUMNS} where workspace_id = $1 and id = $2");
    let row: Option<Found> = on_tx!(tx, conn => sqlx::query_as(AssertSqlSafe(sql)).bind(workspace.as_str()).bind(id)
        .fetch_optional(conn).await)
    .map_err(fault)?;
    row.map(info).transpose()
}

pub(in super::super) async fn count(tx: &mut Tx, workspace: &WorkspaceId) -> Result<i64> {
    const SQL: &str = "select count(*) from api_keys where workspace_id = $1";
    let (count,): (i64,) =
        on_tx!(tx, conn => sqlx::query_as(SQL).bind(workspace.as_str()).fetch_one(conn).await).map_err(fault)?;
    Ok(count)
}

fn list_text(domains: &[String]) -> Result<String> {
    serde_json::to_string(domains).map_err(Error::internal)
}

pub(in super::super) async fn insert(tx: &mut Tx, workspace: &WorkspaceId, new: &KeyInfo, hash: &str) -> Result<()> {
    const SQL: &str = "insert into api_keys \
                       (id, workspace_id, name, kind, live, hash, shown, active, domains, per_hour, created_by, created_at) \
                       values ($1, $2, $3, $4, $5, $6, $7, 1, $8, $9, $10, $11)";
    let domains = list_text(&new.allowed_domains)?;
    let live = i64::from(new.mode == "live");
    on_tx!(tx, conn => sqlx::query(SQL).bind(&new.id).bind(workspace.as_str()).bind(&new.name).bind(new.kind).bind(live)
        .bind(hash).bind(&new.shown).bind(domains).bind(i64::from(new.rate_limit_per_hour)).bind(&new.created_by)
        .bind(ms(new.created_at_ms)).execute(conn).await.map(|_| ()))
    .map_err(fault)
}

pub(in super::super) async fn update(tx: &mut Tx, workspace: &WorkspaceId, key: &KeyInfo) -> Result<()> {
    const SQL: &str = "update api_keys set name = $3, active = $4, domains = $5, per_hour = $6 \
                       where workspace_id = $1 and id = $2";
    let domains = list_text(&key.allowed_domains)?;
    on_tx!(tx, conn => sqlx::query(SQL).bind(workspace.as_str()).bind(&key.id).bind(&key.name)
        .bind(i64::from(key.active)).bind(domains).bind(i64::from(key.rate_limit_per_hour)).execute(conn).await
        .map(|_| ()))
    .map_err(fault)
}

/// `end_ms`: until when the old one goes on.
pub(in super::super) async fn replace(
    tx: &mut Tx,
    workspace: &WorkspaceId,
    old: &str,
    new: &str,
    end_ms: u64,
) -> Result<()> {
    const SQL: &str = "update api_keys set replaced_by = $3, expires_at = $4 where workspace_id = $1 and id = $2";
    on_tx!(tx, conn => sqlx::query(SQL).bind(workspace.as_str()).bind(old).bind(new).bind(ms(end_ms)).execute(conn)
        .await.map(|_| ()))
    .map_err(fault)
}

pub(in super::super) async fn delete(tx: &mut Tx, workspace: &WorkspaceId, id: &str) -> Result<bool> {
    const MONTHS: &str = "delete from api_key_months where key_id in \
                          (select id from api_keys where workspace_id = $1 and id = $2)";
    on_tx!(tx, conn => sqlx::query(MONTHS).bind(workspace.as_str()).bind(id).execute(conn).await.map(|_| ()))
        .map_err(fault)?;
    const SQL: &str = "delete from api_keys where workspace_id = $1 and id = $2";
    let rows = on_tx!(tx, conn => sqlx::query(SQL).bind(workspace.as_str()).bind(id).execute(conn).await
        .map(|done| done.rows_affected()))
    .map_err(fault)?;
    Ok(rows > 0)
}
