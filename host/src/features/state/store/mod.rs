//! The SQL of plugins' data: what both databases are asked, and one file for each one's way to write a group.
mod alone;
mod person;
mod shared;

pub(super) use alone::write;
pub(super) use person::{forget_traces, join, joined, plugins_in, traces};
pub(super) use shared::{Head, Held, NewEvent, ReplayKey, moment, rows, sweep_old};

use super::ledger::{Key, Row, ScanRead, Usage};
use super::{EventRow, LogRow, Replay};
use crate::base::error::Result;
use crate::platform::db::{Db, fault, on_db};
use std::sync::Arc;

fn int(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// Whose an event is.
fn owner_of(log: &LogRow, event: &EventRow, thread: Option<&str>) -> String {
    match event.audience {
        "visitor" => log.visitor.to_string(),
        "thread" => thread.unwrap_or_default().to_owned(),
        _ => log.workspace.to_string(),
    }
}

type Stored = (String, i64, Option<i64>);

fn row_of((value, version, expires_at): Stored) -> Row {
    let unsigned = |n: i64| u64::try_from(n).unwrap_or(0);
    Row { version: unsigned(version), value: Some(value.into()), expires_at: expires_at.map(unsigned) }
}

pub(super) async fn row(db: &Db, key: &Key) -> Result<Row> {
    const SQL: &str = "select value, version, expires_at from plugin_state \
                       where workspace_id = $1 and plugin = $2 and scope = $3 and owner = $4 and key = $5";
    let bucket = &key.bucket;
    let found: Option<Stored> = on_db!(db.read, pool => sqlx::query_as(SQL)
            .bind(&*bucket.workspace)
            .bind(&*bucket.plugin)
            .bind(bucket.scope)
            .bind(&*bucket.owner)
            .bind(&*key.key)
            .fetch_optional(pool)
            .await)
    .map_err(fault)?;
    Ok(found.map(row_of).unwrap_or_default())
}

/// Entries of a range that have not expired, in key order.
pub(super) async fn scan(db: &Db, scan: &ScanRead, now_ms: u64, limit: usize) -> Result<Vec<(String, Row)>> {
    const SQL: &str = "select key, value, version, expires_at from plugin_state \
                       where workspace_id = $1 and plugin = $2 and scope = $3 and owner = $4 \
                       and key >= $5 and key < $6 and key > $7 and (expires_at is null or expires_at > $8) \
                       order by key limit $9";
    let bucket = &scan.bucket;
    let rows: Vec<(String, String, i64, Option<i64>)> = on_db!(db.read, pool => sqlx::query_as(SQL)
            .bind(&*bucket.workspace)
            .bind(&*bucket.plugin)
            .bind(bucket.scope)
            .bind(&*bucket.owner)
            .bind(&scan.prefix)
            .bind(scan.end())
            .bind(scan.after.as_deref().unwrap_or(""))
            .bind(int(now_ms))
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(pool)
            .await)
    .map_err(fault)?;
    Ok(rows.into_iter().map(|(key, value, version, expiry)| (key, row_of((value, version, expiry)))).collect())
}

/// The answer that the visitor got under a key, or got while nobody knew yet who he is.
pub(super) async fn replay(db: &Db, workspace: &str, visitor: &str, key: &str) -> Result<Option<Replay>> {
    const SQL: &str = "select request_hash, answer from replays \
                       where workspace_id = $1 and visitor_id = $2 and key = $3 \
                       union all select r.request_hash, r.answer from visitor_merges m \
                       join replays r on r.workspace_id = m.workspace_id and r.visitor_id = m.visitor_id \
                       where m.workspace_id = $1 and m.into_id = $2 and r.key = $3 limit 1";
    let found: Option<(String, String)> =
        on_db!(db.read, pool => sqlx::query_as(SQL).bind(workspace).bind(visitor).bind(key).fetch_optional(pool).await)
            .map_err(fault)?;
    Ok(found.map(|(hash, answer)| Replay { key: key.into(), request_hash: hash.into(), answer: answer.into() }))
}

/// The highest place that was ever given away and stored.
pub(super) async fn last_seq(db: &Db) -> Result<u64> {
    const SQL: &str = "select coalesce(max(seq), 0) from (select max(seq) as seq from action_log \
                       union all select max(version) from plugin_state) places";
    let (last,): (i64,) = on_db!(db.read, pool => sqlx::query_as(SQL).fetch_one(pool).await).map_err(fault)?;
    Ok(u64::try_from(last).unwrap_or(0))
}

pub(super) async fn usage(db: &Db) -> Result<Usage> {
    const SQL: &str = "select workspace_id, plugin, sum(octet_length(key) + octet_length(value)) \
                       from plugin_state group by workspace_id, plugin";
    let rows: Vec<(String, String, i64)> =
        on_db!(db.read, pool => sqlx::query_as(SQL).fetch_all(pool).await).map_err(fault)?;
    Ok(rows.into_iter().map(|(w, p, bytes)| ((Arc::from(w), Arc::from(p)), bytes.unsigned_abs())).collect())
}

pub(super) struct Swept {
    /// Workspace, plugin and bytes of each expired entry.
    pub(super) entries: Vec<(String, String, u64)>,
    pub(super) others: u64,
}

pub(super) async fn sweep(db: &Db, now_ms: u64, older_than_ms: u64) -> Result<Swept> {
    const STATE: &str = "delete from plugin_state where expires_at is not null and expires_at <= $1 \
                         returning workspace_id, plugin, cast(octet_length(key) + octet_length(value) as bigint)";
    const OTHERS: [&str; 2] = ["delete from replays where at < $1", "delete from events where at < $1"];
    let expired: Vec<(String, String, i64)> =
        on_db!(db.write, pool => sqlx::query_as(STATE).bind(int(now_ms)).fetch_all(pool).await).map_err(fault)?;
    let mut others = 0;
    for sql in OTHERS {
        let before = int(older_than_ms);
        let gone = on_db!(db.write, pool => {
            sqlx::query(sql).bind(before).execute(pool).await.map(|done| done.rows_affected())
        });
        others += gone.map_err(fault)?;
    }
    let entries = expired.into_iter().map(|(w, p, bytes)| (w, p, bytes.unsigned_abs())).collect();
    Ok(Swept { entries, others })
}

/// Lets a test break the schema.
#[cfg(test)]
pub(super) async fn execute(db: &Db, sql: &'static str) -> Result<()> {
    on_db!(db.write, pool => sqlx::query(sql).execute(pool).await.map(|_| ())).map_err(fault)
}
