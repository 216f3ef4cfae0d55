//! The SQL of what keys are used.
use super::super::Month;
use super::super::usage::{Batch, MONTHS};
use crate::base::error::Result;
use crate::base::ids::{ApiKeyId, WorkspaceId};
use crate::platform::db::{Db, fault, on_db, on_tx};

pub(in super::super) struct Stored {
    pub total: u64,
    /// Hours since the epoch, and the requests in that one.
    pub hour: u64,
    pub in_hour: u64,
    pub limit: u32,
    pub last_used_at_ms: Option<u64>,
}

fn ms(at: u64) -> i64 {
    i64::try_from(at).unwrap_or(i64::MAX)
}

/// All or nothing. A key that has been deleted meanwhile is passed over.
pub(in super::super) async fn write(db: &Db, batches: &[Batch]) -> Result<()> {
    const KEY: &str = "update api_keys set requests = requests + $2, \
                       last_used_at = case when last_used_at > $3 then last_used_at else $3 end, \
                       hour_requests = case when hour = $4 then hour_requests + $2 when hour < $4 then $2 \
                       else hour_requests end, \
                       hour = case when hour < $4 then $4 else hour end where id = $1";
    const MONTH: &str = "insert into api_key_months (key_id, month, requests) values ($1, $2, $3) \
                         on conflict (key_id, month) do update set requests = api_key_months.requests + excluded.requests";
    let mut tx = db.begin().await?;
    for Batch { key, hour, month, count } in batches {
        let (requests, last, hour) = (ms(count.requests), ms(count.last_ms), ms(*hour));
        let rows = on_tx!(tx, conn => sqlx::query(KEY).bind(key.as_str()).bind(requests).bind(last).bind(hour)
            .execute(conn).await.map(|done| done.rows_affected()))
        .map_err(fault)?;
        if rows > 0 {
            on_tx!(tx, conn => sqlx::query(MONTH).bind(key.as_str()).bind(month).bind(requests).execute(conn).await
                .map(|_| ()))
            .map_err(fault)?;
        }
    }
    tx.commit().await
}

pub(in super::super) async fn find(db: &Db, workspace: &WorkspaceId, id: &ApiKeyId) -> Result<Option<Stored>> {
    const SQL: &str = "select requests, hour, hour_requests, per_hour, last_used_at from api_keys \
                       where workspace_id = $1 and id = $2";
    let row: Option<(i64, i64, i64, i64, Option<i64>)> = on_db!(db.read, pool => sqlx::query_as(SQL)
        .bind(workspace.as_str()).bind(id.as_str()).fetch_optional(pool).await)
    .map_err(fault)?;
    Ok(row.map(|(total, hour, in_hour, limit, last)| Stored {
        total: total.unsigned_abs(),
        hour: hour.unsigned_abs(),
        in_hour: in_hour.unsigned_abs(),
        limit: u32::try_from(limit).unwrap_or(0),
        last_used_at_ms: last.map(i64::unsigned_abs),
    }))
}

/// The newest first. Of a key that was found in its workspace.
pub(in super::super) async fn months(db: &Db, id: &ApiKeyId) -> Result<Vec<Month>> {
    const SQL: &str = "select month, requests from api_key_months where key_id = $1 order by month desc limit $2";
    let rows: Vec<(String, i64)> =
        on_db!(db.read, pool => sqlx::query_as(SQL).bind(id.as_str()).bind(MONTHS).fetch_all(pool).await)
            .map_err(fault)?;
    Ok(rows.into_iter().map(|(month, requests)| Month { month, requests: requests.unsigned_abs() }).collect())
}
