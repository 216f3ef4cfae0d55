//! Writing a group on SQLite, where one process owns the data: everything was decided in memory, so this only writes.
use super::super::ledger::{Key, Pending, Row};
use super::super::{EventRow, Replay};
use super::{int, owner_of};
use crate::base::error::{Error, Result};
use crate::platform::db::{Db, Pool, fault};
use sqlx::sqlite::SqliteArguments;
use sqlx::{AssertSqlSafe, Sqlite, SqliteConnection, SqlitePool};
use std::sync::{Arc, LazyLock};

/// A statement for 1, 2, 4 … 64 rows at a time: few texts, so that each is prepared once, and few round trips. The marks
/// have no numbers: SQLite finds a numbered one by walking through all before it.
struct ManyRows {
    columns: usize,
    texts: [(usize, Arc<str>); 7],
}

impl ManyRows {
    fn new(head: &str, columns: usize, tail: &str) -> ManyRows {
        let text = |rows: usize| {
            let row = format!("({})", vec!["?"; columns].join(", "));
            (rows, Arc::from(format!("{head} values {} {tail}", vec![row.as_str(); rows].join(", "))))
        };
        ManyRows { columns, texts: [64, 32, 16, 8, 4, 2, 1].map(text) }
    }

    /// Writes all rows; `bind` adds one row's values in the order of the columns.
    async fn write<T>(
        &self,
        conn: &mut SqliteConnection,
        rows: &[T],
        bind: impl Fn(&mut SqliteArguments, &T) -> Result<(), sqlx::error::BoxDynError>,
    ) -> Result<(), sqlx::Error> {
        let mut rest = rows;
        for (size, text) in &self.texts {
            while rest.len() >= *size {
                let (now, later) = rest.split_at(*size);
                let mut arguments = SqliteArguments::default();
                sqlx::Arguments::reserve(&mut arguments, size * self.columns, 0);
                for row in now {
                    bind(&mut arguments, row).map_err(sqlx::Error::Encode)?;
                }
                sqlx::query_with::<Sqlite, _>(AssertSqlSafe(text.clone()), arguments).execute(&mut *conn).await?;
                rest = later;
            }
        }
        Ok(())
    }
}

static PUT: LazyLock<ManyRows> = LazyLock::new(|| {
    ManyRows::new(
        "insert into plugin_state (workspace_id, plugin, scope, owner, key, value, version, expires_at)",
        8,
        "on conflict (workspace_id, plugin, scope, owner, key) do update \
         set value = excluded.value, version = excluded.version, expires_at = excluded.expires_at",
    )
});
static LOG: LazyLock<ManyRows> = LazyLock::new(|| {
    ManyRows::new(
        "insert into action_log (seq, id, at, workspace_id, visitor_id, plugin, plugin_version, action, outcome, \
         attempts, cpu_us, wall_us, memory_bytes, host_calls)",
        14,
        "",
    )
});
static REPLAY: LazyLock<ManyRows> = LazyLock::new(|| {
    ManyRows::new("insert into replays (workspace_id, visitor_id, key, request_hash, answer, at)", 6, "")
});
static EVENT: LazyLock<ManyRows> = LazyLock::new(|| {
    ManyRows::new("insert into events (seq, n, at, workspace_id, audience, owner, plugin, topic, payload)", 9, "")
});

/// Writes a group: state, action log, stored answers and outbox, all or nothing.
pub(in super::super) async fn write(db: &Db, group: &[Pending]) -> Result<()> {
    match &db.write {
        Pool::Sqlite(pool) => write_in(pool, group).await.map_err(fault),
        Pool::Postgres(_) => Err(Error::internal("groups of one process are for SQLite")),
    }
}

async fn write_in(pool: &SqlitePool, group: &[Pending]) -> Result<(), sqlx::Error> {
    let mut conn = pool.acquire().await?;
    let mut tx = sqlx::Connection::begin_with(&mut *conn, "begin immediate").await?;
    write_state(&mut tx, group).await?;
    LOG.write(&mut tx, group, bind_log).await?;
    let replays: Vec<_> = group.iter().filter_map(|p| Some((p, p.record.as_ref()?.0.as_ref()?))).collect();
    REPLAY.write(&mut tx, &replays, |a, (p, replay)| bind_replay(a, p, replay)).await?;
    let events: Vec<_> = group
        .iter()
        .filter_map(|p| p.record.as_ref().map(|(_, events, thread)| (p, events, thread)))
        .flat_map(|(p, events, thread)| events.iter().enumerate().map(move |(n, e)| (p, n, e, thread.as_deref())))
        .collect();
    EVENT.write(&mut tx, &events, |a, (p, n, e, thread)| bind_event(a, p, *n, e, *thread)).await?;
    tx.commit().await
}

/// Only the last write of a key in the group matters.
async fn write_state(conn: &mut SqliteConnection, group: &[Pending]) -> Result<(), sqlx::Error> {
    const DELETE: &str = "delete from plugin_state \
                          where workspace_id = $1 and plugin = $2 and scope = $3 and owner = $4 and key = $5";
    let mut last: std::collections::HashMap<&Key, &Row> = std::collections::HashMap::new();
    for (key, row) in group.iter().flat_map(|p| &p.changes) {
        last.insert(key, row);
    }
    let (puts, deletes): (Vec<_>, Vec<_>) = last.into_iter().partition(|(_, row)| row.value.is_some());
    PUT.write(conn, &puts, |a, (key, row)| bind_put(a, key, row)).await?;
    for (key, _) in deletes {
        let bucket = &key.bucket;
        sqlx::query(DELETE)
            .bind(&*bucket.workspace)
            .bind(&*bucket.plugin)
            .bind(bucket.scope)
            .bind(&*bucket.owner)
            .bind(&*key.key)
            .execute(&mut *conn)
            .await?;
    }
    Ok(())
}

type Bound = Result<(), sqlx::error::BoxDynError>;

fn add<'q, T: sqlx::Encode<'q, Sqlite> + sqlx::Type<Sqlite> + 'q>(a: &mut SqliteArguments, value: T) -> Bound {
    sqlx::Arguments::add(a, value)
}

fn bind_put(a: &mut SqliteArguments, key: &Key, row: &Row) -> Bound {
    let bucket = &key.bucket;
    add(a, bucket.workspace.clone())?;
    add(a, bucket.plugin.clone())?;
    add(a, bucket.scope)?;
    add(a, bucket.owner.clone())?;
    add(a, key.key.clone())?;
    add(a, row.value.clone())?;
    add(a, int(row.version))?;
    add(a, row.expires_at.map(int))
}

fn bind_log(a: &mut SqliteArguments, pending: &Pending) -> Bound {
    let log = &pending.log;
    add(a, int(pending.seq))?;
    add(a, log.id.clone())?;
    add(a, int(log.at_ms))?;
    add(a, log.workspace.clone())?;
    add(a, log.visitor.clone())?;
    add(a, log.plugin.clone())?;
    add(a, log.plugin_version.clone())?;
    add(a, log.action.clone())?;
    add(a, log.outcome.clone())?;
    add(a, i64::from(log.attempts))?;
    add(a, int(log.cpu_us))?;
    add(a, int(log.wall_us))?;
    add(a, int(log.memory_bytes))?;
    add(a, i64::from(log.host_calls))
}

fn bind_replay(a: &mut SqliteArguments, pending: &Pending, replay: &Replay) -> Bound {
    add(a, pending.log.workspace.clone())?;
    add(a, pending.log.visitor.clone())?;
    add(a, replay.key.clone())?;
    add(a, replay.request_hash.clone())?;
    add(a, replay.answer.clone())?;
    add(a, int(pending.log.at_ms))
}

fn bind_event(a: &mut SqliteArguments, pending: &Pending, n: usize, event: &EventRow, thread: Option<&str>) -> Bound {
    let log = &pending.log;
    let owner = owner_of(log, event, thread);
    add(a, int(pending.seq))?;
    add(a, int(n as u64))?;
    add(a, int(log.at_ms))?;
    add(a, log.workspace.clone())?;
    add(a, event.audience)?;
    add(a, owner)?;
    add(a, log.plugin.clone())?;
    add(a, event.topic.clone())?;
    add(a, event.payload.clone())
}
