//! SQLite: a file in the data folder, for one host.
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection, SqlitePool};
use std::path::Path;
use std::time::Duration;

pub(super) static MIGRATIONS: Migrator = sqlx::migrate!("../migrations/sqlite");

/// Readers: enough for cache misses of a machine's cores; each holds a page cache of its own.
const READERS: u32 = 4;
/// How long a statement waits for another process's lock (a verb of the command line) before it fails.
const BUSY: Duration = Duration::from_secs(5);
/// Page cache of one connection, KiB.
const PAGE_CACHE_KIB: &str = "-2048";

/// The pools of readers and of the one writer.
pub(super) async fn open(file: &Path) -> Result<(SqlitePool, SqlitePool), sqlx::Error> {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // An acknowledged write survives a power cut, not only a crash.
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY)
        .foreign_keys(true)
        .pragma("cache_size", PAGE_CACHE_KIB)
        .statement_cache_capacity(64);
    // On a full disk SQLite itself rolls back, of which sqlx hears nothing: its connection would count as being in a
    // transaction for ever.
    let write = SqlitePoolOptions::new()
        .max_connections(1)
        .before_acquire(|conn, _| Box::pin(async move { Ok(!conn.is_in_transaction()) }));
    let write = write.connect_with(options.clone()).await?;
    let read = SqlitePoolOptions::new().max_connections(READERS).min_connections(1);
    let read = read.connect_with(options.read_only(true).create_if_missing(false)).await?;
    Ok((read, write))
}

/// All that is pending in one transaction, begun with the write lock: killed at any point it has not happened, and of two
/// processes the second finds nothing left to do.
pub(super) async fn migrate(pool: &SqlitePool) -> Result<(), MigrateError> {
    let mut conn = pool.acquire().await?;
    // Another process may be in the middle of a long one.
    sqlx::query("pragma busy_timeout = 600000").execute(&mut *conn).await?;
    let mut tx = conn.begin_with("begin immediate").await?;
    MIGRATIONS.run(&mut *tx).await?;
    tx.commit().await?;
    sqlx::query("pragma busy_timeout = 5000").execute(&mut *conn).await?;
    Ok(())
}

pub(super) async fn integrity(pool: &SqlitePool) -> Result<Vec<String>, sqlx::Error> {
    let rows: Vec<(String,)> = sqlx::query_as("pragma integrity_check").fetch_all(pool).await?;
    Ok(rows.into_iter().map(|(line,)| line).filter(|line| line != "ok").collect())
}
