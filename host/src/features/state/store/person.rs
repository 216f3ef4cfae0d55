//! The SQL of what is kept of a visitor beside plugins' data, and of who became whom.
use super::super::person::{ActionTrace, AnswerTrace, EventTrace, Traces};
use super::int;
use crate::base::error::Result;
use crate::platform::db::{Db, fault, on_db, on_tx};
use std::sync::Arc;

/// Rows of the action log that one statement looks at: its lock is short, however long the log is.
const STRETCH: i64 = 50_000;
/// What the log says of somebody who was erased.
const ERASED: &str = "erased";

pub(in super::super) async fn plugins_in(db: &Db, workspace: &str) -> Result<Vec<Arc<str>>> {
    const SQL: &str = "select plugin from plugin_usage where workspace_id = $1 order by plugin";
    let rows: Vec<(String,)> =
        on_db!(db.read, pool => sqlx::query_as(SQL).bind(workspace).fetch_all(pool).await).map_err(fault)?;
    Ok(rows.into_iter().map(|(plugin,)| plugin.into()).collect())
}

pub(in super::super) async fn join(db: &Db, workspace: &str, from: &str, into: &str, at_ms: u64) -> Result<bool> {
    const PUT: &str = "insert into visitor_merges (workspace_id, visitor_id, into_id, at) values ($1, $2, $3, $4) \
                       on conflict (workspace_id, visitor_id) do nothing";
    const GET: &str = "select into_id from visitor_merges where workspace_id = $1 and visitor_id = $2";
    let mut tx = db.begin().await?;
    on_tx!(tx, conn => sqlx::query(PUT).bind(workspace).bind(from).bind(into).bind(int(at_ms)).execute(conn).await
        .map(|_| ()))
    .map_err(fault)?;
    let (found,): (String,) =
        on_tx!(tx, conn => sqlx::query_as(GET).bind(workspace).bind(from).fetch_one(conn).await).map_err(fault)?;
    tx.commit().await?;
    Ok(found == into)
}

pub(in super::super) async fn joined(db: &Db, workspace: &str, into: &str) -> Result<Vec<String>> {
    const SQL: &str = "select visitor_id from visitor_merges where workspace_id = $1 and into_id = $2 order by at";
    let rows: Vec<(String,)> =
        on_db!(db.read, pool => sqlx::query_as(SQL).bind(workspace).bind(into).fetch_all(pool).await).map_err(fault)?;
    Ok(rows.into_iter().map(|(visitor,)| visitor).collect())
}

/// The first and last place of the action log.
async fn ends(db: &Db) -> Result<(i64, i64)> {
    const SQL: &str = "select coalesce(min(seq), 0), coalesce(max(seq), 0) from action_log";
    on_db!(db.read, pool => sqlx::query_as(SQL).fetch_one(pool).await).map_err(fault)
}

pub(in super::super) async fn traces(db: &Db, workspace: &str, visitor: &str) -> Result<Traces> {
    const ACTIONS: &str = "select id, at, plugin, action, outcome from action_log \
                           where seq >= $1 and seq < $2 and workspace_id = $3 and visitor_id = $4 order by seq";
    const EVENTS: &str = "select at, plugin, topic, payload from events \
                          where workspace_id = $1 and audience = 'visitor' and owner = $2 order by seq, n";
    const ANSWERS: &str = "select at, key, answer from replays where workspace_id = $1 and visitor_id = $2 order by at";
    let mut traces = Traces::default();
    let (mut from, last) = ends(db).await?;
    while from <= last {
        let rows: Vec<(String, i64, String, String, String)> = on_db!(db.read, pool => sqlx::query_as(ACTIONS)
            .bind(from).bind(from + STRETCH).bind(workspace).bind(visitor).fetch_all(pool).await)
        .map_err(fault)?;
        let trace = |(id, at_ms, plugin, action, outcome)| ActionTrace { id, at_ms, plugin, action, outcome };
        traces.actions.extend(rows.into_iter().map(trace));
        from += STRETCH;
    }
    let events: Vec<(i64, String, String, String)> =
        on_db!(db.read, pool => sqlx::query_as(EVENTS).bind(workspace).bind(visitor).fetch_all(pool).await)
            .map_err(fault)?;
    let event = |(at_ms, plugin, topic, payload)| EventTrace { at_ms, plugin, topic, payload };
    traces.events = events.into_iter().map(event).collect();
    let answers: Vec<(i64, String, String)> =
        on_db!(db.read, pool => sqlx::query_as(ANSWERS).bind(workspace).bind(visitor).fetch_all(pool).await)
            .map_err(fault)?;
    traces.answers = answers.into_iter().map(|(at_ms, key, answer)| AnswerTrace { at_ms, key, answer }).collect();
    Ok(traces)
}

pub(in super::super) async fn forget_traces(db: &Db, workspace: &str, visitor: &str) -> Result<u64> {
    const ACTIONS: &str = "update action_log set visitor_id = $1 \
                           where seq >= $2 and seq < $3 and workspace_id = $4 and visitor_id = $5";
    const FOUND: &str = "select count(*) from action_log \
                         where seq >= $1 and seq < $2 and workspace_id = $3 and visitor_id = $4";
    const OTHERS: [&str; 3] = [
        "delete from events where workspace_id = $1 and audience = 'visitor' and owner = $2",
        "delete from replays where workspace_id = $1 and visitor_id = $2",
        "delete from visitor_merges where workspace_id = $1 and visitor_id = $2",
    ];
    let mut gone = 0;
    let (mut from, last) = ends(db).await?;
    while from <= last {
        let to = from + STRETCH;
        // Looked for first where nobody waits: most stretches hold nothing of his.
        let (count,): (i64,) = on_db!(db.read, pool => sqlx::query_as(FOUND).bind(from).bind(to).bind(workspace)
            .bind(visitor).fetch_one(pool).await)
        .map_err(fault)?;
        if count > 0 {
            let rows = on_db!(db.write, pool => sqlx::query(ACTIONS).bind(ERASED).bind(from).bind(to).bind(workspace)
                .bind(visitor).execute(pool).await.map(|done| done.rows_affected()));
            gone += rows.map_err(fault)?;
        }
        from = to;
    }
    for sql in OTHERS {
        let rows = on_db!(db.write, pool => sqlx::query(sql).bind(workspace).bind(visitor).execute(pool).await
            .map(|done| done.rows_affected()));
        gone += rows.map_err(fault)?;
    }
    Ok(gone)
}
