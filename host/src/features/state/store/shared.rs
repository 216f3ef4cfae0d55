//! Postgres, which several hosts share: a group is checked and written in one transaction. Lists travel as arrays, so a
//! statement's text does not depend on their length.
use super::super::ledger::{Key, Row, ScanRead, Space, Usage};
use super::super::{EventRow, LogRow, Replay};
use super::{int, owner_of};
use crate::base::error::{Error, Result};
use crate::platform::db::{Db, Pool, fault, fault_in_commit, within};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgConnection, PgPool, Postgres, Transaction};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Rows that one statement of a sweep deletes, so that commits need not wait for long.
const SWEEP: i64 = 2_000;

fn pool(pool: &Pool) -> Result<&PgPool> {
    match pool {
        Pool::Postgres(pool) => Ok(pool),
        Pool::Sqlite(_) => Err(Error::internal("this is for Postgres")),
    }
}

/// The text without the one character that Postgres cannot keep.
fn plain(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { text.replace('\0', "\u{fffd}").into() } else { text.into() }
}

/// The five columns of a key, as arrays.
struct Keys<'a>([Vec<&'a str>; 5]);

impl<'a> Keys<'a> {
    fn of(keys: impl Iterator<Item = &'a Key>) -> Keys<'a> {
        let [mut w, mut p, mut s, mut o, mut k] = [const { Vec::new() }; 5];
        for Key { bucket, key } in keys {
            w.push(&*bucket.workspace);
            p.push(&*bucket.plugin);
            s.push(bucket.scope);
            o.push(&*bucket.owner);
            k.push(&**key);
        }
        Keys([w, p, s, o, k])
    }
}

/// What the database holds of a key.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Held {
    /// Its value is there only where it was asked for.
    pub(in super::super) row: Row,
    /// Bytes of the value; `None`: there is none.
    pub(in super::super) bytes: Option<usize>,
}

type HeldRow = (i64, i64, Option<i64>, i64, Option<String>);

async fn held(conn: &mut PgConnection, keys: &[(&Key, bool)]) -> Result<HashMap<Key, Held>, sqlx::Error> {
    const SQL: &str = "select w.n, p.version, p.expires_at, octet_length(p.value)::bigint, \
                       case when w.whole then p.value end \
                       from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::boolean[]) \
                       with ordinality as w (workspace_id, plugin, scope, owner, key, whole, n) \
                       join plugin_state p on p.workspace_id = w.workspace_id and p.plugin = w.plugin \
                       and p.scope = w.scope and p.owner = w.owner and p.key = w.key";
    let Keys([w, p, s, o, k]) = Keys::of(keys.iter().map(|(key, _)| *key));
    let whole: Vec<bool> = keys.iter().map(|(_, whole)| *whole).collect();
    let query = sqlx::query_as(SQL).bind(w).bind(p).bind(s).bind(o).bind(k).bind(whole);
    let rows: Vec<HeldRow> = query.fetch_all(conn).await?;
    let held = |(n, version, expires_at, bytes, value): HeldRow| {
        let (key, _) = keys.get(usize::try_from(n).ok()?.checked_sub(1)?)?;
        let row = Row {
            version: version.unsigned_abs(),
            value: value.map(Arc::from),
            expires_at: expires_at.map(i64::unsigned_abs),
        };
        Some(((*key).clone(), Held { row, bytes: Some(usize::try_from(bytes).ok()?) }))
    };
    Ok(rows.into_iter().filter_map(held).collect())
}

/// How many entries a range holds that have not expired at the time given with it, and their newest version.
async fn ranges(conn: &mut PgConnection, scans: &[(&ScanRead, u64)]) -> Result<Vec<(u64, u64)>, sqlx::Error> {
    const SQL: &str = "select p.entries, p.newest \
                       from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], \
                       $8::text[], $9::bigint[]) with ordinality \
                       as w (workspace_id, plugin, scope, owner, first, last, after, until, now, n) \
                       cross join lateral (select count(*) as entries, coalesce(max(version), 0) as newest \
                       from plugin_state s where s.workspace_id = w.workspace_id and s.plugin = w.plugin \
                       and s.scope = w.scope and s.owner = w.owner and s.key >= w.first and s.key < w.last \
                       and s.key > w.after and (w.until is null or s.key <= w.until) \
                       and (s.expires_at is null or s.expires_at > w.now)) p order by w.n";
    if scans.is_empty() {
        return Ok(Vec::new());
    }
    let firsts: Vec<Key> = scans.iter().map(|(scan, _)| scan.first()).collect();
    let Keys([w, p, s, o, first]) = Keys::of(firsts.iter());
    let last: Vec<String> = scans.iter().map(|(scan, _)| scan.end()).collect();
    let after: Vec<&str> = scans.iter().map(|(scan, _)| scan.after.as_deref().unwrap_or("")).collect();
    let until: Vec<Option<&str>> = scans.iter().map(|(scan, _)| scan.seen.until.as_deref()).collect();
    let now: Vec<i64> = scans.iter().map(|(_, now)| int(*now)).collect();
    let query = sqlx::query_as(SQL).bind(w).bind(p).bind(s).bind(o).bind(first).bind(last).bind(after);
    let rows: Vec<(i64, i64)> = query.bind(until).bind(now).fetch_all(conn).await?;
    Ok(rows.into_iter().map(|(entries, newest)| (entries.unsigned_abs(), newest.unsigned_abs())).collect())
}

/// Several rows in one look.
pub(in super::super) async fn rows(db: &Db, keys: &[&Key]) -> Result<HashMap<Key, Held>> {
    let wanted: Vec<(&Key, bool)> = keys.iter().map(|key| (*key, true)).collect();
    let work = async { held(&mut *pool_conn(&db.read).await?, &wanted).await };
    within(work).await.map_err(fault)
}

async fn pool_conn(of: &Pool) -> Result<sqlx::pool::PoolConnection<Postgres>, sqlx::Error> {
    match of {
        Pool::Postgres(pool) => pool.acquire().await,
        Pool::Sqlite(_) => Err(sqlx::Error::WorkerCrashed),
    }
}

/// What is there of some keys and ranges, all at one moment.
pub(in super::super) async fn moment(
    db: &Db,
    keys: &[&Key],
    scans: &[(&ScanRead, u64)],
) -> Result<(HashMap<Key, Held>, Vec<(u64, u64)>)> {
    let wanted: Vec<(&Key, bool)> = keys.iter().map(|key| (*key, false)).collect();
    let pool = pool(&db.read)?;
    let work = async {
        let mut tx = pool.begin_with("begin isolation level repeatable read read only").await?;
        let found = (held(&mut tx, &wanted).await?, ranges(&mut tx, scans).await?);
        tx.commit().await?;
        Ok(found)
    };
    within(work).await.map_err(fault)
}

/// A transaction at the head of the sequence: no other host commits until it ends.
pub(in super::super) struct Head {
    tx: Transaction<'static, Postgres>,
    /// The last of the places that were taken.
    pub(in super::super) last: u64,
}

/// A replay's workspace, visitor and key.
pub(in super::super) type ReplayKey<'a> = (&'a str, &'a str, &'a str);

impl Head {
    /// Waits for its turn among all hosts and takes `places` in the sequence.
    pub(in super::super) async fn take(db: &Db, places: usize) -> Result<Head> {
        const SQL: &str = "update commit_head set seq = seq + $1 returning seq";
        let pool = pool(&db.write)?;
        let work = async {
            let mut tx = pool.begin().await?;
            let (last,): (i64,) = sqlx::query_as(SQL).bind(int(places as u64)).fetch_one(&mut *tx).await?;
            Ok(Head { tx, last: last.unsigned_abs() })
        };
        within(work).await.map_err(fault)
    }

    /// The flag says whether the value is wanted too.
    pub(in super::super) async fn held(&mut self, keys: &[(&Key, bool)]) -> Result<HashMap<Key, Held>> {
        within(held(&mut self.tx, keys)).await.map_err(fault)
    }

    pub(in super::super) async fn ranges(&mut self, scans: &[(&ScanRead, u64)]) -> Result<Vec<(u64, u64)>> {
        within(ranges(&mut self.tx, scans)).await.map_err(fault)
    }

    pub(in super::super) async fn usage(&mut self, spaces: &HashSet<Space>) -> Result<Usage> {
        const SQL: &str = "select u.workspace_id, u.plugin, u.bytes from plugin_usage u \
                           join unnest($1::text[], $2::text[]) as w (workspace_id, plugin) \
                           on u.workspace_id = w.workspace_id and u.plugin = w.plugin";
        let (w, p): (Vec<&str>, Vec<&str>) = spaces.iter().map(|(w, p)| (&**w, &**p)).unzip();
        let rows: Vec<(String, String, i64)> = self.all(sqlx::query_as(SQL).bind(w).bind(p)).await?;
        Ok(rows.into_iter().map(|(w, p, bytes)| ((Arc::from(w), Arc::from(p)), bytes.unsigned_abs())).collect())
    }

    /// Which of these keys have an answer already.
    pub(in super::super) async fn answered(
        &mut self,
        keys: &[ReplayKey<'_>],
    ) -> Result<HashSet<(String, String, String)>> {
        const SQL: &str = "select r.workspace_id, r.visitor_id, r.key from replays r \
                           join unnest($1::text[], $2::text[], $3::text[]) as w (workspace_id, visitor_id, key) \
                           on r.workspace_id = w.workspace_id and r.visitor_id = w.visitor_id and r.key = w.key";
        if keys.is_empty() {
            return Ok(HashSet::new());
        }
        let w: Vec<&str> = keys.iter().map(|key| key.0).collect();
        let v: Vec<&str> = keys.iter().map(|key| key.1).collect();
        let k: Vec<&str> = keys.iter().map(|key| key.2).collect();
        Ok(self.all(sqlx::query_as(SQL).bind(w).bind(v).bind(k)).await?.into_iter().collect())
    }

    pub(in super::super) async fn write_state(&mut self, changes: &HashMap<&Key, &Row>) -> Result<()> {
        const PUT: &str = "insert into plugin_state (workspace_id, plugin, scope, owner, key, value, version, expires_at) \
                           select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], \
                           $7::bigint[], $8::bigint[]) on conflict (workspace_id, plugin, scope, owner, key) do update \
                           set value = excluded.value, version = excluded.version, expires_at = excluded.expires_at";
        const DELETE: &str = "delete from plugin_state p using \
                              unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[]) \
                              as w (workspace_id, plugin, scope, owner, key) \
                              where p.workspace_id = w.workspace_id and p.plugin = w.plugin and p.scope = w.scope \
                              and p.owner = w.owner and p.key = w.key";
        let (puts, deletes): (Vec<_>, Vec<_>) = changes.iter().partition(|(_, row)| row.value.is_some());
        if !puts.is_empty() {
            let Keys([w, p, s, o, k]) = Keys::of(puts.iter().map(|(key, _)| **key));
            let values: Vec<Option<&str>> = puts.iter().map(|(_, row)| row.value.as_deref()).collect();
            let versions: Vec<i64> = puts.iter().map(|(_, row)| int(row.version)).collect();
            let expiries: Vec<Option<i64>> = puts.iter().map(|(_, row)| row.expires_at.map(int)).collect();
            let query = sqlx::query(PUT).bind(w).bind(p).bind(s).bind(o).bind(k);
            self.run(query.bind(values).bind(versions).bind(expiries)).await?;
        }
        if !deletes.is_empty() {
            let Keys([w, p, s, o, k]) = Keys::of(deletes.iter().map(|(key, _)| **key));
            self.run(sqlx::query(DELETE).bind(w).bind(p).bind(s).bind(o).bind(k)).await?;
        }
        Ok(())
    }

    pub(in super::super) async fn write_usage(&mut self, usage: &Usage) -> Result<()> {
        const SQL: &str = "insert into plugin_usage (workspace_id, plugin, bytes) \
                           select * from unnest($1::text[], $2::text[], $3::bigint[]) \
                           on conflict (workspace_id, plugin) do update set bytes = excluded.bytes";
        if usage.is_empty() {
            return Ok(());
        }
        let (w, p): (Vec<&str>, Vec<&str>) = usage.keys().map(|(w, p)| (&**w, &**p)).unzip();
        let bytes: Vec<i64> = usage.values().map(|bytes| int(*bytes)).collect();
        self.run(sqlx::query(SQL).bind(w).bind(p).bind(bytes)).await
    }

    pub(in super::super) async fn write_log(&mut self, rows: &[(u64, &LogRow)]) -> Result<()> {
        const SQL: &str = "insert into action_log (seq, id, at, workspace_id, visitor_id, plugin, plugin_version, action, \
                           outcome, attempts, cpu_us, wall_us, memory_bytes, host_calls) \
                           select * from unnest($1::bigint[], $2::text[], $3::bigint[], $4::text[], $5::text[], \
                           $6::text[], $7::text[], $8::text[], $9::text[], $10::bigint[], $11::bigint[], $12::bigint[], \
                           $13::bigint[], $14::bigint[])";
        if rows.is_empty() {
            return Ok(());
        }
        let ints = |of: fn(&LogRow) -> u64| rows.iter().map(|(_, log)| int(of(log))).collect::<Vec<_>>();
        let texts = |of: fn(&LogRow) -> &str| rows.iter().map(|(_, log)| plain(of(log))).collect::<Vec<_>>();
        let query = sqlx::query(SQL)
            .bind(rows.iter().map(|(seq, _)| int(*seq)).collect::<Vec<_>>())
            .bind(texts(|log| &log.id))
            .bind(ints(|log| log.at_ms))
            .bind(texts(|log| &log.workspace))
            .bind(texts(|log| &log.visitor))
            .bind(texts(|log| &log.plugin))
            .bind(texts(|log| &log.plugin_version))
            .bind(texts(|log| &log.action))
            .bind(texts(|log| &log.outcome))
            .bind(ints(|log| log.attempts.into()))
            .bind(ints(|log| log.cpu_us))
            .bind(ints(|log| log.wall_us))
            .bind(ints(|log| log.memory_bytes))
            .bind(ints(|log| log.host_calls.into()));
        self.run(query).await
    }

    pub(in super::super) async fn write_replays(&mut self, rows: &[(&LogRow, &Replay)]) -> Result<()> {
        const SQL: &str = "insert into replays (workspace_id, visitor_id, key, request_hash, answer, at) \
                           select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[])";
        if rows.is_empty() {
            return Ok(());
        }
        let texts = |of: fn(&LogRow, &Replay) -> Arc<str>| {
            rows.iter().map(|(log, replay)| plain(&of(log, replay)).into_owned()).collect::<Vec<_>>()
        };
        let query = sqlx::query(SQL)
            .bind(texts(|log, _| log.workspace.clone()))
            .bind(texts(|log, _| log.visitor.clone()))
            .bind(texts(|_, replay| replay.key.clone()))
            .bind(texts(|_, replay| replay.request_hash.clone()))
            .bind(texts(|_, replay| replay.answer.clone()))
            .bind(rows.iter().map(|(log, _)| int(log.at_ms)).collect::<Vec<_>>());
        self.run(query).await
    }

    pub(in super::super) async fn write_events(&mut self, rows: &[NewEvent<'_>]) -> Result<()> {
        const SQL: &str = "insert into events (seq, n, at, workspace_id, audience, owner, plugin, topic, payload) \
                           select * from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], \
                           $6::text[], $7::text[], $8::text[], $9::text[])";
        if rows.is_empty() {
            return Ok(());
        }
        let ints = |of: fn(&NewEvent<'_>) -> u64| rows.iter().map(|row| int(of(row))).collect::<Vec<_>>();
        let texts =
            |of: fn(&NewEvent<'_>) -> String| rows.iter().map(|row| plain(&of(row)).into_owned()).collect::<Vec<_>>();
        let query = sqlx::query(SQL)
            .bind(ints(|row| row.seq))
            .bind(ints(|row| row.n as u64))
            .bind(ints(|row| row.log.at_ms))
            .bind(texts(|row| row.log.workspace.to_string()))
            .bind(texts(|row| row.event.audience.to_owned()))
            .bind(texts(|row| owner_of(row.log, row.event, row.thread)))
            .bind(texts(|row| row.log.plugin.to_string()))
            .bind(texts(|row| row.event.topic.clone()))
            .bind(texts(|row| row.event.payload.clone()));
        self.run(query).await
    }

    /// Errors: see [`fault_in_commit`].
    pub(in super::super) async fn commit(self) -> Result<()> {
        within(self.tx.commit()).await.map_err(fault_in_commit)
    }

    /// Whether an action was stored at this place of the sequence.
    pub(in super::super) async fn has(&mut self, seq: u64, id: &str) -> Result<bool> {
        const SQL: &str = "select seq from action_log where seq = $1 and id = $2";
        let rows: Vec<(i64,)> = self.all(sqlx::query_as(SQL).bind(int(seq)).bind(id.to_owned())).await?;
        Ok(!rows.is_empty())
    }

    /// Deletes some entries that have expired. Returns their workspace, plugin and bytes.
    pub(in super::super) async fn sweep(&mut self, now_ms: u64) -> Result<Vec<(String, String, u64)>> {
        const SQL: &str = "delete from plugin_state where ctid = any (array(select ctid from plugin_state \
                           where expires_at <= $1 limit $2)) \
                           returning workspace_id, plugin, (octet_length(key) + octet_length(value))::bigint";
        let rows: Vec<(String, String, i64)> = self.all(sqlx::query_as(SQL).bind(int(now_ms)).bind(SWEEP)).await?;
        Ok(rows.into_iter().map(|(w, p, bytes)| (w, p, bytes.unsigned_abs())).collect())
    }

    async fn run(&mut self, query: sqlx::query::Query<'_, Postgres, sqlx::postgres::PgArguments>) -> Result<()> {
        within(query.execute(&mut *self.tx)).await.map_err(fault)?;
        Ok(())
    }

    async fn all<T: for<'r> FromRow<'r, PgRow> + Send + Unpin>(
        &mut self,
        query: sqlx::query::QueryAs<'_, Postgres, T, sqlx::postgres::PgArguments>,
    ) -> Result<Vec<T>> {
        within(query.fetch_all(&mut *self.tx)).await.map_err(fault)
    }
}

pub(in super::super) struct NewEvent<'a> {
    pub(in super::super) seq: u64,
    pub(in super::super) n: usize,
    pub(in super::super) log: &'a LogRow,
    pub(in super::super) event: &'a EventRow,
    pub(in super::super) thread: Option<&'a str>,
}

/// Deletes stored answers and outbox rows of before `older_than_ms`, a part at a time. Returns their number.
pub(in super::super) async fn sweep_old(db: &Db, older_than_ms: u64) -> Result<u64> {
    const OLD: [&str; 2] = [
        "delete from replays where ctid = any (array(select ctid from replays where at < $1 limit $2))",
        "delete from events where ctid = any (array(select ctid from events where at < $1 limit $2))",
    ];
    let (pool, mut gone) = (pool(&db.write)?, 0);
    for sql in OLD {
        loop {
            let query = sqlx::query(sql).bind(int(older_than_ms)).bind(SWEEP);
            let rows = within(query.execute(pool)).await.map_err(fault)?.rows_affected();
            gone += rows;
            if rows < SWEEP.unsigned_abs() {
                break;
            }
        }
    }
    Ok(gone)
}
