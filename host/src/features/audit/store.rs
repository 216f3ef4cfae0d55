//! The SQL of the audit log.
use super::{Event, Filter, Line};
use crate::base::error::Result;
use crate::base::ids::AuditId;
use crate::platform::db::{Db, Tx, fault, on_db, on_tx};

pub(super) async fn append(tx: &mut Tx, id: &AuditId, at_ms: u64, event: &Event) -> Result<()> {
    const SQL: &str = "insert into audit_log \
                       (id, at, workspace_id, actor, action, target, outcome, address, request_id, detail) \
                       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    let at = i64::try_from(at_ms).unwrap_or(i64::MAX);
    on_tx!(tx, conn => sqlx::query(SQL).bind(id.as_str()).bind(at).bind(event.workspace.as_str()).bind(&event.actor)
        .bind(event.action).bind(&event.target).bind(event.outcome).bind(&event.origin.address)
        .bind(&event.origin.request_id).bind(event.detail.to_string()).execute(conn).await.map(|_| ()))
    .map_err(fault)
}

type Row = (String, i64, String, String, String, String, String, String, String, String);

pub(super) async fn list(db: &Db, filter: &Filter, limit: u32) -> Result<Vec<Line>> {
    const SQL: &str = "select id, at, workspace_id, actor, action, target, outcome, address, request_id, detail \
                       from audit_log where ($1 = '' or workspace_id = $1) and ($2 = '' or actor = $2) \
                       and ($3 = '' or action = $3) and ($4 = '' or target = $4) and ($5 = '' or outcome = $5) \
                       and at >= $6 and at < $7 and ($8 = '' or id < $8) order by id desc limit $9";
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let time = |ms: Option<u64>, none: i64| ms.map_or(none, |ms| i64::try_from(ms).unwrap_or(i64::MAX));
    let workspace = filter.workspace.as_ref().map(|id| id.as_str().to_owned()).unwrap_or_default();
    let rows: Vec<Row> = on_db!(db.read, pool => sqlx::query_as(SQL).bind(&workspace).bind(text(&filter.actor))
        .bind(text(&filter.action)).bind(text(&filter.target)).bind(text(&filter.outcome))
        .bind(time(filter.from_ms, i64::MIN)).bind(time(filter.to_ms, i64::MAX)).bind(text(&filter.after))
        .bind(i64::from(limit)).fetch_all(pool).await)
    .map_err(fault)?;
    let line = |(id, at, workspace_id, actor, action, target, outcome, address, request_id, detail): Row| Line {
        id,
        at_ms: at.unsigned_abs(),
        workspace_id,
        actor,
        action,
        target,
        outcome,
        address,
        request_id,
        detail: serde_json::from_str(&detail).unwrap_or_default(),
    };
    Ok(rows.into_iter().map(line).collect())
}

pub(super) async fn sweep(db: &Db, before_ms: u64) -> Result<u64> {
    const SQL: &str = "delete from audit_log where at < $1";
    let before = i64::try_from(before_ms).unwrap_or(i64::MAX);
    let mut tx = db.begin().await?;
    let rows = on_tx!(tx, conn => sqlx::query(SQL).bind(before).execute(conn).await.map(|done| done.rows_affected()))
        .map_err(fault)?;
    tx.commit().await?;
    Ok(rows)
}

/// For the test that nothing changes a line.
#[cfg(test)]
pub(super) async fn overwrite(db: &Db) -> Result<()> {
    let mut tx = db.begin().await?;
    on_tx!(tx, conn => sqlx::query("update audit_log set actor = 'nobody'").execute(conn).await.map(|_| ()))
        .map_err(fault)?;
    tx.commit().await
}
