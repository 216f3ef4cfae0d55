//! A copied database file and its log, before they are put in place.
use super::fault;
use super::sqlite::MIGRATIONS;
use crate::base::error::Result;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection};
use std::path::Path;

/// What a copy holds.
pub struct Copied {
    /// SQLite's complaints; empty when the copy is sound.
    pub complaints: Vec<String>,
    /// Migrations that this version of Inlay does not know.
    pub unknown: Vec<i64>,
}

/// Puts the log over the file, leaves the file alone and whole on the disk, and walks through all of it.
/// Errors: it cannot be read as a database at all.
pub async fn settle(file: &Path) -> Result<Copied> {
    let options = SqliteConnectOptions::new().filename(file).create_if_missing(false);
    let options = options.journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Full);
    let mut conn = options.connect().await.map_err(fault)?;
    sqlx::query("pragma wal_checkpoint(truncate)").fetch_all(&mut conn).await.map_err(fault)?;
    let lines: Vec<(String,)> =
        sqlx::query_as("pragma integrity_check(10)").fetch_all(&mut conn).await.map_err(fault)?;
    let complaints: Vec<String> = lines.into_iter().map(|(line,)| line).filter(|line| line != "ok").collect();
    let applied: Vec<(i64,)> =
        sqlx::query_as("select version from _sqlx_migrations").fetch_all(&mut conn).await.map_err(fault)?;
    let unknown = applied.into_iter().map(|(v,)| v).filter(|v| !MIGRATIONS.version_exists(*v)).collect();
    conn.close().await.map_err(fault)?;
    Ok(Copied { complaints, unknown })
}
