//! Postgres: a server that any number of hosts may share.
use super::{fault, within};
use crate::base::error::{Code, Error, Result};
use crate::base::secret::Secret;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions};
use sqlx::{Connection, PgPool, Postgres, Transaction};
use std::io::ErrorKind;
use std::str::FromStr;
use std::time::{Duration, Instant};

pub(super) static MIGRATIONS: Migrator = sqlx::migrate!("../migrations/postgres");

/// Connections of one host for reading, and for writing. A server allows 100 in all unless told otherwise.
const READERS: u32 = 8;
const WRITERS: u32 = 3;
/// How long a read waits for a connection: less than a plugin's call may take, so that the plugin is not blamed.
const READ_WAIT: Duration = Duration::from_millis(1_500);
const WRITE_WAIT: Duration = Duration::from_secs(2);
/// A connection that was idle for longer is tried before it is used.
const IDLE_TRUST: Duration = Duration::from_secs(1);
/// How long a start waits for a server that is starting itself.
const START_WAIT: Duration = Duration::from_secs(10);
const START_PAUSE: Duration = Duration::from_millis(200);
/// The name of the lock under which transactions of all hosts go one by one: "inlay" in ASCII.
const ALONE: i64 = 0x69_6e_6c_61_79;
/// What a connection asks of the server. A host that has stopped in the middle of a transaction, or has lost its
/// network, must not hold up the others for longer than its own callers would wait.
const SESSION: [(&str, &str); 6] = [
    ("idle_in_transaction_session_timeout", "5000"),
    ("lock_timeout", "4000"),
    ("statement_timeout", "10000"),
    ("tcp_keepalives_idle", "10"),
    ("tcp_keepalives_interval", "3"),
    ("tcp_keepalives_count", "3"),
];

fn parsed(url: &Secret<String>) -> Result<PgConnectOptions, sqlx::Error> {
    Ok(PgConnectOptions::from_str(url.reveal())?.application_name("inlay"))
}

/// The pools of readers and of writers.
pub(super) async fn open(url: &Secret<String>) -> Result<(PgPool, PgPool)> {
    let options = parsed(url).map_err(fault)?.options(SESSION);
    let mut first = reach(&options).await?;
    let (encoding,): (String,) = sqlx::query_as("show server_encoding").fetch_one(&mut first).await.map_err(fault)?;
    if encoding != "UTF8" {
        let detail = format!("The database's encoding is {encoding}; make it with `create database … encoding 'UTF8'`");
        return Err(Error::new(Code::Database, detail));
    }
    let _closed = first.close().await;
    let pool = |most: u32, wait: Duration| {
        let pool = PgPoolOptions::new().max_connections(most).acquire_timeout(wait).test_before_acquire(false);
        let pool = pool.before_acquire(|conn, meta| {
            Box::pin(async move {
                match meta.idle_for > IDLE_TRUST {
                    true => Ok(within(conn.ping()).await.is_ok()),
                    false => Ok(true),
                }
            })
        });
        pool.connect_lazy_with(options.clone())
    };
    Ok((pool(READERS, READ_WAIT), pool(WRITERS, WRITE_WAIT)))
}

/// A first connection. A server that is starting up, as after a power cut that took both, is waited for.
async fn reach(options: &PgConnectOptions) -> Result<PgConnection> {
    let until = Instant::now() + START_WAIT;
    loop {
        let error = match within(PgConnection::connect_with(options)).await {
            Ok(connection) => return Ok(connection),
            Err(error) => error,
        };
        let soon = match &error {
            sqlx::Error::Io(e) => e.kind() == ErrorKind::ConnectionRefused,
            sqlx::Error::Database(e) => e.code().is_some_and(|code| code == "57P03"),
            _ => false,
        };
        if !soon || Instant::now() > until {
            return Err(fault(error));
        }
        tokio::time::sleep(START_PAUSE).await;
    }
}

/// On a connection of its own: building an index may take its time, and the lock that keeps two migrations apart ends
/// with the connection, whatever happens.
pub(super) async fn migrate(url: &Secret<String>) -> Result<(), MigrateError> {
    let mut connection = PgConnection::connect_with(&parsed(url)?).await?;
    let done = MIGRATIONS.run_direct(None, &mut connection, false).await;
    let _closed = connection.close().await;
    done
}

pub(super) async fn begin_alone(pool: &PgPool) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
    let mut tx = pool.begin().await?;
    sqlx::query("select pg_advisory_xact_lock($1)").bind(ALONE).execute(&mut *tx).await?;
    Ok(tx)
}

/// What would make the hosts' promises untrue.
pub(super) async fn integrity(pool: &PgPool) -> Result<Vec<String>, sqlx::Error> {
    const SQL: &str = "select name from pg_settings where name in ('fsync', 'full_page_writes') and setting <> 'on' \
                       union all select name from pg_settings where name = 'synchronous_commit' and setting = 'off'";
    let off: Vec<(String,)> = sqlx::query_as(SQL).fetch_all(pool).await?;
    Ok(off.into_iter().map(|(name,)| format!("{name} is off: what was acknowledged may be lost in a crash")).collect())
}
