//! The database: one writer, several readers. Only this file and the rooms' `store.rs` name sqlx.
use crate::base::error::{Code, Error, Result};
use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use std::path::Path;
use std::time::Duration;

static MIGRATIONS: Migrator = sqlx::migrate!("../migrations/sqlite");

/// Readers: enough for cache misses of a machine's cores; each holds a page cache of its own.
const READERS: u32 = 4;
/// How long a statement waits for another process's lock (a verb of the command line) before it fails.
const BUSY: Duration = Duration::from_secs(5);
/// Page cache of one connection, KiB.
const PAGE_CACHE_KIB: &str = "-2048";

/// A handle on the database; cheap to clone.
#[derive(Clone)]
pub struct Db {
    /// Snapshot reads.
    pub read: SqlitePool,
    /// A pool of one: SQLite has one writer, so ours queue here and not at its lock.
    pub write: SqlitePool,
}

impl Db {
    /// Opens the file, and creates it where it is missing. Does not migrate.
    pub async fn open(file: &Path) -> Result<Db> {
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
        let write = SqlitePoolOptions::new().max_connections(1).connect_with(options.clone()).await.map_err(fault)?;
        let read = SqlitePoolOptions::new().max_connections(READERS).min_connections(1);
        let read = read.connect_with(options.read_only(true).create_if_missing(false)).await.map_err(fault)?;
        Ok(Db { read, write })
    }

    /// Brings the schema up to this version; safe to be killed at any point and to run again.
    pub async fn migrate(&self) -> Result<()> {
        MIGRATIONS.run(&self.write).await.map_err(|e| {
            let detail = "The database cannot be migrated; it may belong to a newer version of Inlay, or be damaged";
            Error::new(Code::Database, detail).caused_by(e)
        })
    }

    /// Migrations that this binary knows and the database does not have yet.
    pub async fn pending(&self) -> Result<Vec<String>> {
        // A database without the table has had no migration yet.
        let rows = sqlx::query_as("select version from _sqlx_migrations").fetch_all(&self.read).await;
        let applied: Vec<(i64,)> = rows.unwrap_or_default();
        let known = MIGRATIONS.iter().filter(|m| !applied.iter().any(|(version,)| *version == m.version));
        Ok(known.map(|m| format!("{:04} {}", m.version, m.description)).collect())
    }

    /// Answers when the database answers.
    pub async fn ping(&self) -> Result<()> {
        sqlx::query("select 1").execute(&self.read).await.map_err(fault)?;
        Ok(())
    }

    /// Walks the whole file. `Ok` holds SQLite's complaints, empty when there are none.
    pub async fn integrity(&self) -> Result<Vec<String>> {
        let rows: Vec<(String,)> =
            sqlx::query_as("pragma integrity_check").fetch_all(&self.read).await.map_err(fault)?;
        Ok(rows.into_iter().map(|(line,)| line).filter(|line| line != "ok").collect())
    }

    /// Writes what is pending to the file and closes every connection.
    pub async fn close(&self) {
        self.read.close().await;
        self.write.close().await;
    }
}

/// What a caller may know of a database error; the rest goes to the log.
#[track_caller]
pub fn fault(error: sqlx::Error) -> Error {
    let code = match &error {
        sqlx::Error::Database(e) => e.code().and_then(|c| c.parse::<i32>().ok()).map(|c| c & 0xff),
        _ => None,
    };
    // SQLite's primary result codes: 5 BUSY, 6 LOCKED, 8 READONLY, 10 IOERR, 13 FULL, 14 CANTOPEN.
    match code {
        Some(13) => {
            Error::new(Code::StorageFull, "There is no room left on the disk; nothing was stored").retry_after(5)
        }
        Some(5 | 6 | 8 | 10 | 14) => {
            Error::new(Code::Database, "The database does not answer at the moment; nothing was stored").retry_after(1)
        }
        _ => match error {
            sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_) | sqlx::Error::WorkerCrashed => {
                Error::new(Code::Database, "The database does not answer at the moment; nothing was stored")
                    .retry_after(1)
            }
            _ => return Error::internal(error),
        },
    }
    .caused_by(error)
}
