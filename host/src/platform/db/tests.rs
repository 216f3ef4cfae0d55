//! A database of its own for each test, on either kind. Postgres joins in when `INLAY_TEST_POSTGRES` holds the URL of a
//! server where databases may be made; under `CI` it has to.
use super::{Db, Place, Pool};
use crate::base::clock::Clock;
use crate::base::secret::{Secret, hex};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use std::path::PathBuf;
use std::sync::Once;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Sqlite,
    Postgres,
}

/// Names of databases that a crashed run may have left begin like this, followed by the hour they were made in.
const PREFIX: &str = "inlay_unit_";

/// A database that nobody may ask: for tests of what stands in front of the rooms.
pub fn nowhere() -> Db {
    let pool = || {
        let options = sqlx::sqlite::SqlitePoolOptions::new().idle_timeout(None).max_lifetime(None);
        Pool::Sqlite(options.connect_lazy_with(sqlx::sqlite::SqliteConnectOptions::new().in_memory(true)))
    };
    Db { read: pool(), write: pool(), place: Place::Sqlite(PathBuf::new()) }
}

pub struct TestDb {
    pub place: Place,
    folder: PathBuf,
    name: String,
}

fn server() -> Option<String> {
    static SAID: Once = Once::new();
    let url = std::env::var("INLAY_TEST_POSTGRES").ok().filter(|url| !url.is_empty());
    if url.is_none() {
        let ci = std::env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false");
        assert!(!ci, "INLAY_TEST_POSTGRES must name a server under CI");
        SAID.call_once(|| eprintln!("left out: tests on Postgres; INLAY_TEST_POSTGRES names no server"));
    }
    url
}

impl TestDb {
    /// `None`: tests on Postgres are left out.
    pub async fn new(kind: Kind) -> Option<TestDb> {
        let mut random = [0u8; 6];
        Clock::system().fill(&mut random);
        let hour = Clock::system().now_ms() / 3_600_000;
        let name = format!("{PREFIX}{hour}_{}", hex(&random));
        let folder = std::env::temp_dir().join(&name);
        let place = match kind {
            Kind::Sqlite => {
                std::fs::create_dir_all(&folder).unwrap();
                Place::Sqlite(folder.join("inlay.db"))
            }
            Kind::Postgres => {
                let url = server()?;
                let mut admin = PgConnection::connect(&url).await.unwrap();
                sweep(&mut admin, hour).await;
                let make = format!("create database {name} template template0 encoding 'UTF8'");
                sqlx::query(AssertSqlSafe(make)).execute(&mut admin).await.unwrap();
                admin.close().await.unwrap();
                Place::Postgres(Secret::new(with_name(&url, &name)))
            }
        };
        Some(TestDb { place, folder, name })
    }

    /// Open and migrated.
    pub async fn open(&self) -> Db {
        let db = Db::open(&self.place).await.unwrap();
        db.migrate().await.unwrap();
        db
    }

    pub async fn remove(self) {
        match &self.place {
            Place::Sqlite(_) => std::fs::remove_dir_all(&self.folder).unwrap(),
            Place::Postgres(_) => {
                let mut admin = PgConnection::connect(&server().unwrap()).await.unwrap();
                let drop = format!("drop database {} with (force)", self.name);
                sqlx::query(AssertSqlSafe(drop)).execute(&mut admin).await.unwrap();
            }
        }
    }
}

fn with_name(url: &str, name: &str) -> String {
    let (rest, parameters) = url.split_once('?').map_or((url, String::new()), |(rest, p)| (rest, format!("?{p}")));
    let (scheme, rest) = rest.split_once("://").unwrap();
    let server = rest.split('/').next().unwrap();
    format!("{scheme}://{server}/{name}{parameters}")
}

async fn sweep(admin: &mut PgConnection, hour: u64) {
    let all: Vec<(String,)> = sqlx::query_as("select datname from pg_database where datname like 'inlay_unit_%'")
        .fetch_all(&mut *admin)
        .await
        .unwrap();
    let made = |name: &str| name.strip_prefix(PREFIX)?.split('_').next()?.parse::<u64>().ok();
    for (name,) in all.iter().filter(|(name,)| made(name).is_some_and(|made| made + 2 <= hour)) {
        let drop = format!("drop database if exists {name} with (force)");
        let _another_run_was_faster = sqlx::query(AssertSqlSafe(drop)).execute(&mut *admin).await;
    }
}

/// Makes a test for each kind of database of `async fn name(base: &TestDb)`.
macro_rules! on_both {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test] async fn $name() { crate::platform::db::tests::run!(Sqlite, super::$name); })*
        }
        mod postgres {
            $(#[tokio::test] async fn $name() { crate::platform::db::tests::run!(Postgres, super::$name); })*
        }
    };
}
pub(crate) use on_both;

macro_rules! run {
    ($kind:ident, $test:path) => {
        use crate::platform::db::tests::{Kind, TestDb};
        if let Some(base) = TestDb::new(Kind::$kind).await {
            $test(&base).await;
            base.remove().await;
        }
    };
}
pub(crate) use run;

on_both!(a_database_is_migrated_once_and_by_several_at_the_same_time, a_transaction_that_is_dropped_never_happened);

async fn a_database_is_migrated_once_and_by_several_at_the_same_time(base: &TestDb) {
    let first = Db::open(&base.place).await.unwrap();
    assert!(!first.pending().await.unwrap().is_empty());
    if first.is_shared() {
        let others = [Db::open(&base.place).await.unwrap(), Db::open(&base.place).await.unwrap()];
        let (a, b, c) = tokio::join!(first.migrate(), others[0].migrate(), others[1].migrate());
        a.and(b).and(c).unwrap();
    }
    first.migrate().await.unwrap();
    assert_eq!(first.pending().await.unwrap(), Vec::<String>::new());
    first.ping().await.unwrap();
    first.close().await;
    assert_eq!(first.ping().await.unwrap_err().code.word(), "database_unavailable");
}

async fn a_transaction_that_is_dropped_never_happened(base: &TestDb) {
    const ADD: &str = "insert into plugin_versions (digest, name, version, manifest, component, bundled, uploaded_at) \
                       values ($1, 'n', '1.0.0', '{}', $2, $3, 1)";
    const ALL: &str = "select digest, component, bundled from plugin_versions";
    let db = base.open().await;
    for (digest, keep) in [("kept", true), ("dropped", false)] {
        let mut tx = db.begin().await.unwrap();
        let bytes: &[u8] = b"\0asm";
        super::on_tx!(tx, conn => sqlx::query(ADD).bind(digest).bind(bytes).bind(true).execute(conn).await.map(|_| ()))
            .unwrap();
        if keep {
            tx.commit().await.unwrap();
        }
    }
    let rows: Vec<(String, Option<Vec<u8>>, bool)> =
        super::on_db!(db.read, pool => sqlx::query_as(ALL).fetch_all(pool).await).unwrap();
    assert_eq!(rows, [("kept".to_owned(), Some(b"\0asm".to_vec()), true)]);
    db.close().await;
}
