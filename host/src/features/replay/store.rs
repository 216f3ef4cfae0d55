//! The SQL of recorded answers.
use crate::base::error::Result;
use crate::platform::db::{Db, Tx, fault, on_db, on_tx};

/// The keyed digest of the request, the status, the sealed answer.
pub(super) type Row = (String, u16, Vec<u8>);
type Found = (String, i64, Vec<u8>);

const FIND: &str = "select request_hash, status, answer from door_replays where who = $1 and key = $2";

fn row((hash, status, answer): Found) -> Row {
    (hash, u16::try_from(status).unwrap_or(200), answer)
}

pub(super) async fn find(db: &Db, who: &str, key: &str) -> Result<Option<Row>> {
    let found: Option<Found> =
        on_db!(db.read, pool => sqlx::query_as(FIND).bind(who).bind(key).fetch_optional(pool).await).map_err(fault)?;
    Ok(found.map(row))
}

pub(super) async fn find_in(tx: &mut Tx, who: &str, key: &str) -> Result<Option<Row>> {
    let found: Option<Found> =
        on_tx!(tx, conn => sqlx::query_as(FIND).bind(who).bind(key).fetch_optional(conn).await).map_err(fault)?;
    Ok(found.map(row))
}

pub(super) async fn keep(tx: &mut Tx, who: &str, key: &str, row: Row, at_ms: u64) -> Result<()> {
    const SQL: &str = "insert into door_replays (who, key, request_hash, status, answer, at) \
                       values ($1, $2, $3, $4, $5, $6) on conflict (who, key) do nothing";
    let (hash, status, answer) = row;
    let at = i64::try_from(at_ms).unwrap_or(i64::MAX);
    on_tx!(tx, conn => sqlx::query(SQL).bind(who).bind(key).bind(hash).bind(i64::from(status)).bind(answer).bind(at)
        .execute(conn).await.map(|_| ()))
    .map_err(fault)
}

pub(super) async fn sweep(db: &Db, before_ms: u64) -> Result<u64> {
    const SQL: &str = "delete from door_replays where at < $1";
    let before = i64::try_from(before_ms).unwrap_or(i64::MAX);
    let mut tx = db.begin().await?;
    let rows = on_tx!(tx, conn => sqlx::query(SQL).bind(before).execute(conn).await.map(|done| done.rows_affected()))
        .map_err(fault)?;
    tx.commit().await?;
    Ok(rows)
}
