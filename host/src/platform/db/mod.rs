//! The database: SQLite in the data folder, or Postgres where a URL names one. One text of SQL serves both (`$1`,
//! `returning`, `on conflict`), so a statement is written once, inside [`on_db!`] or [`on_tx!`], which run it on whichever
//! is there. Only this folder and the rooms' `store` name sqlx.
mod copy;
mod fault;
mod live;
mod place;
mod postgres;
mod sqlite;
mod wal;

pub use copy::{Copied, settle};
pub use fault::{fault, fault_in_commit, unreachable};
pub use live::Live;
pub use place::Place;
pub use wal::Piece;

use crate::base::error::{Code, Error, Result};
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::{PgPool, Postgres, Sqlite, SqlitePool, Transaction};
use std::time::Duration;

/// A statement on Postgres that takes longer than this is given up: nobody waits for a server that is gone without a word.
const PATIENCE: Duration = Duration::from_secs(3);
/// The same for a statement of a [`Tx`], which may carry a component or wait for another transaction.
const LONG_PATIENCE: Duration = Duration::from_secs(15);

/// Connections of one purpose.
#[derive(Clone)]
pub enum Pool {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

/// A handle on the database; cheap to clone.
#[derive(Clone)]
pub struct Db {
    /// Snapshot reads.
    pub read: Pool,
    /// On SQLite a pool of one: it has one writer, so ours queue here and not at its lock.
    pub write: Pool,
    place: Place,
}

/// A transaction that writes; dropped without [`Tx::commit`], nothing of it happened.
pub struct Tx {
    begun: Begun,
    after: Vec<Box<dyn FnOnce() + Send>>,
}

#[doc(hidden)]
pub enum Begun {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

/// Runs a statement on a [`Pool`]: `on_db!(db.read, pool => sqlx::query_as(SQL).bind(id).fetch_one(pool).await)`. The
/// result is sqlx's; [`fault`] makes it ours.
macro_rules! on_db {
    ($pool:expr, $name:ident => $run:expr) => {
        match &$pool {
            $crate::platform::db::Pool::Sqlite($name) => $run,
            $crate::platform::db::Pool::Postgres($name) => $crate::platform::db::within(async { $run }).await,
        }
    };
}
pub(crate) use on_db;

/// Runs a statement in a [`Tx`]: `on_tx!(tx, conn => sqlx::query(SQL).bind(id).execute(conn).await)`.
macro_rules! on_tx {
    ($tx:expr, $name:ident => $run:expr) => {
        match $tx.each() {
            $crate::platform::db::Begun::Sqlite(tx) => {
                let $name = &mut **tx;
                $run
            }
            $crate::platform::db::Begun::Postgres(tx) => {
                let $name = &mut **tx;
                $crate::platform::db::patiently(async { $run }).await
            }
        }
    };
}
pub(crate) use on_tx;

/// Gives a statement up after a while.
pub async fn within<T>(work: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, sqlx::Error> {
    bounded(PATIENCE, work).await
}

#[doc(hidden)]
pub async fn patiently<T>(work: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, sqlx::Error> {
    bounded(LONG_PATIENCE, work).await
}

async fn bounded<T>(time: Duration, work: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, sqlx::Error> {
    match tokio::time::timeout(time, work).await {
        Ok(result) => result,
        Err(_) => Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into())),
    }
}

impl Tx {
    #[doc(hidden)]
    pub fn each(&mut self) -> &mut Begun {
        &mut self.begun
    }

    /// Runs after the commit, also after one of which nobody can say whether it happened: for what is remembered of rows
    /// that this transaction changes.
    pub fn then(&mut self, forget: impl FnOnce() + Send + 'static) {
        self.after.push(Box::new(forget));
    }

    /// Errors: when the connection is lost on the way, nobody can say whether the transaction happened.
    pub async fn commit(self) -> Result<()> {
        let done = match self.begun {
            Begun::Sqlite(tx) => tx.commit().await.map_err(fault),
            Begun::Postgres(tx) => patiently(tx.commit()).await.map_err(fault_in_commit),
        };
        self.after.into_iter().for_each(|forget| forget());
        done
    }
}

impl Db {
    /// Opens the database; an SQLite file is made where it is missing. Does not migrate.
    pub async fn open(place: &Place) -> Result<Db> {
        let (read, write) = match place {
            Place::Sqlite(file) => {
                let (read, write) = sqlite::open(file).await.map_err(fault)?;
                (Pool::Sqlite(read), Pool::Sqlite(write))
            }
            Place::Postgres(url) => {
                let (read, write) = postgres::open(url).await?;
                (Pool::Postgres(read), Pool::Postgres(write))
            }
        };
        Ok(Db { read, write, place: place.clone() })
    }

    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Whether other hosts may use the same database at the same time.
    pub fn is_shared(&self) -> bool {
        matches!(self.read, Pool::Postgres(_))
    }

    /// Begins a transaction that writes. One at a time over all processes (SQLite's lock; a lock by name on Postgres),
    /// so that what it reads stays true until it commits, and ids that grow are seen in the order of their commits.
    pub async fn begin(&self) -> Result<Tx> {
        let begun = match &self.write {
            Pool::Sqlite(pool) => Begun::Sqlite(pool.begin_with("begin immediate").await.map_err(fault)?),
            Pool::Postgres(pool) => Begun::Postgres(patiently(postgres::begin_alone(pool)).await.map_err(fault)?),
        };
        Ok(Tx { begun, after: Vec::new() })
    }

    fn migrations(&self) -> &'static Migrator {
        match self.read {
            Pool::Sqlite(_) => &sqlite::MIGRATIONS,
            Pool::Postgres(_) => &postgres::MIGRATIONS,
        }
    }

    /// Brings the schema up to this version; safe to be killed at any point, to run again, and to run beside others.
    pub async fn migrate(&self) -> Result<()> {
        let done = match (&self.write, &self.place) {
            (_, Place::Postgres(url)) => postgres::migrate(url).await,
            (Pool::Sqlite(pool), _) => sqlite::migrate(pool).await,
            (Pool::Postgres(pool), _) => self.migrations().run(pool).await,
        };
        done.map_err(|error| match error {
            MigrateError::Execute(error) => fault(error),
            MigrateError::VersionMissing(number) => {
                let detail = format!(
                    "The database belongs to a newer version of Inlay: it has had migration {number:04}, which this one \
                     does not know. Run that version, or restore a backup of before"
                );
                Error::new(Code::Database, detail)
            }
            other => Error::new(Code::Database, "The database cannot be migrated").caused_by(other),
        })
    }

    /// Migrations that this binary knows and the database does not have yet.
    pub async fn pending(&self) -> Result<Vec<String>> {
        const SQL: &str = "select version from _sqlx_migrations";
        let rows = on_db!(self.read, pool => sqlx::query_as(SQL).fetch_all(pool).await);
        let applied: Vec<(i64,)> = match rows {
            Ok(rows) => rows,
            // A database without the table has had no migration yet.
            Err(sqlx::Error::Database(e)) if matches!(e.code().as_deref(), Some("1" | "42P01")) => Vec::new(),
            Err(error) => return Err(fault(error)),
        };
        let known = self.migrations().iter().filter(|m| !applied.iter().any(|(version,)| *version == m.version));
        Ok(known.map(|m| format!("{:04} {}", m.version, m.description)).collect())
    }

    /// Answers when the database answers.
    pub async fn ping(&self) -> Result<()> {
        on_db!(self.read, pool => sqlx::query("select 1").execute(pool).await.map(|_| ())).map_err(fault)
    }

    /// Walks the whole file of SQLite; Postgres watches over its own. `Ok` holds complaints, empty when there are none.
    pub async fn integrity(&self) -> Result<Vec<String>> {
        match &self.read {
            Pool::Sqlite(pool) => sqlite::integrity(pool).await.map_err(fault),
            Pool::Postgres(pool) => within(postgres::integrity(pool)).await.map_err(fault),
        }
    }

    /// Writes what is pending to the file and closes every connection.
    pub async fn close(&self) {
        for pool in [&self.read, &self.write] {
            match pool {
                Pool::Sqlite(pool) => pool.close().await,
                // A server that is gone must not hold up the end.
                Pool::Postgres(pool) => drop(tokio::time::timeout(PATIENCE, pool.close()).await),
            }
        }
    }
}

#[cfg(test)]
pub mod tests;
