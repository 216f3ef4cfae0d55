//! Databases on Postgres for stories. `INLAY_TEST_POSTGRES` holds the URL of a server where databases may be made; with
//! `INLAY_TEST_DB=postgres` every host of the suite stores there.
use super::in_ci;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use std::future::Future;
use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// Names of databases that a crashed run may have left begin like this, followed by the hour they were made in.
const PREFIX: &str = "inlay_story_";

/// A database of its own, dropped at the end.
pub struct Database {
    server: String,
    name: String,
}

/// The server for tests. `None`, said once: stories on Postgres are left out; under CI that is a failure.
pub fn server() -> Option<String> {
    static SAID: Once = Once::new();
    let url = std::env::var("INLAY_TEST_POSTGRES").ok().filter(|url| !url.is_empty());
    if url.is_none() {
        assert!(!in_ci(), "INLAY_TEST_POSTGRES must name a server under CI");
        SAID.call_once(|| eprintln!("left out: stories on Postgres; INLAY_TEST_POSTGRES names no server"));
    }
    url
}

/// Whether every host of this run stores on Postgres.
pub fn everywhere() -> bool {
    match std::env::var("INLAY_TEST_DB").as_deref() {
        Ok("postgres") => true,
        Ok("sqlite" | "") | Err(_) => false,
        Ok(other) => panic!("INLAY_TEST_DB is {other:?}, but must be sqlite or postgres"),
    }
}

impl Database {
    /// `None`: there is no server.
    pub fn new() -> Option<Database> {
        let server = server()?;
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let hour = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock").as_secs() / 3600;
        let name = format!("{PREFIX}{hour}_{}_{number}", std::process::id());
        let make = format!("create database {name} template template0 encoding 'UTF8'");
        apart({
            let server = server.clone();
            async move {
                let mut admin = PgConnection::connect(&server).await.expect("the server of INLAY_TEST_POSTGRES");
                if number == 0 {
                    sweep(&mut admin, hour).await;
                }
                sqlx::query(AssertSqlSafe(make)).execute(&mut admin).await.expect("a database");
                admin.close().await.expect("a closed connection");
            }
        });
        Some(Database { server, name })
    }

    pub fn url(&self) -> String {
        let (rest, parameters) = match self.server.split_once('?') {
            Some((rest, parameters)) => (rest, format!("?{parameters}")),
            None => (self.server.as_str(), String::new()),
        };
        let (scheme, rest) = rest.split_once("://").expect("a URL");
        let place = rest.split('/').next().expect("a server");
        format!("{scheme}://{place}/{}{parameters}", self.name)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let (server, drop) = (self.server.clone(), format!("drop database if exists {} with (force)", self.name));
        apart(async move {
            if let Ok(mut admin) = PgConnection::connect(&server).await {
                let _left_for_the_sweep = sqlx::query(AssertSqlSafe(drop)).execute(&mut admin).await;
                let _closed = admin.close().await;
            }
        });
    }
}

async fn sweep(admin: &mut PgConnection, hour: u64) {
    let all: Vec<(String,)> = sqlx::query_as("select datname from pg_database where datname like 'inlay_story_%'")
        .fetch_all(&mut *admin)
        .await
        .expect("the list of databases");
    let made = |name: &str| name.strip_prefix(PREFIX)?.split('_').next()?.parse::<u64>().ok();
    for (name,) in all.iter().filter(|(name,)| made(name).is_some_and(|made| made + 2 <= hour)) {
        let drop = format!("drop database if exists {name} with (force)");
        let _another_run_was_faster = sqlx::query(AssertSqlSafe(drop)).execute(&mut *admin).await;
    }
}

/// Runs it to its end, also from a destructor in the middle of another runtime.
fn apart(work: impl Future<Output = ()> + Send + 'static) {
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(work);
    });
    thread.join().expect("work on the server of INLAY_TEST_POSTGRES");
}
