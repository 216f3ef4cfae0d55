//! `kill -9` at any moment, of a host at work and of a migration: nothing acknowledged is lost, nothing happens twice.
use crate::kit::host::{run, spawn};
use crate::kit::{Crowd, Folder, TestHost, repo, rounds, until};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::Path;
use std::time::{Duration, Instant};

/// Another one each time: the moment of a kill must not be one that the test knows.
pub fn random_below(most: Duration) -> Duration {
    let word = RandomState::new().build_hasher().finish();
    most.mul_f64((word % 10_000) as f64 / 10_000.0)
}

#[tokio::test]
async fn every_acknowledged_action_survives_kill_9_and_every_unsure_one_can_be_repeated() {
    let mut host = TestHost::start().await;
    let crowd = Crowd::gather(&host, 8).await;
    let mut slowest = Duration::ZERO;
    let all = rounds(8);
    for _ in 0..all {
        let before = crowd.total();
        let acting = crowd.act(host.url(), &[]);
        until("somebody acts", || crowd.total() > before).await;
        tokio::time::sleep(random_below(Duration::from_millis(400))).await;
        host.kill();
        acting.cut_off().await;
        let began = Instant::now();
        host.restart().await;
        slowest = slowest.max(began.elapsed());
        crowd.check(host.url()).await;
    }
    println!("{all} kills, {} clicks, ready again after {slowest:?} at most", crowd.total());
    assert!(slowest < Duration::from_secs(30), "{slowest:?}");
}

async fn open(folder: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(folder.join("inlay.db"));
    options.create_if_missing(true).busy_timeout(Duration::from_secs(10)).connect().await.expect("a database")
}

/// Carts and log of a database that was made by the very first version.
const ROWS: i64 = 5_000;

async fn old_database(folder: &Path) {
    std::fs::create_dir_all(folder).expect("a folder");
    let mut conn = open(folder).await;
    sqlx::raw_sql("pragma journal_mode = wal").execute(&mut conn).await.expect("a log");
    let migrations = sqlx::migrate::Migrator::new(repo().join("migrations/sqlite")).await.expect("migrations");
    migrations.run_to(1, &mut conn).await.expect("the first migration");
    sqlx::raw_sql(
        "with recursive n (n) as (select 1 union all select n + 1 from n where n < 5000)
         insert into plugin_state select 'default', 'shop', 'visitor', 'v' || n, 'cart', '{\"n\":' || n || '}', n, null from n;
         with recursive n (n) as (select 1 union all select n + 1 from n where n < 5000)
         insert into action_log select n, 'act_' || n, n, 'default', 'v' || n, 'shop', '1.0.0', 'add_to_cart', 'ok', 1, 1, 1, 1, 1 from n;
         insert into plugin_versions values ('d1', 'old', '1.0.0', '{}', x'00', 0, 1);
         insert into activations (workspace_id, name, digest, granted, at) values ('default', 'old', 'd1', '[]', 1);",
    )
    .execute(&mut conn)
    .await
    .expect("rows");
    conn.close().await.expect("closed");
}

/// Rows of an old database, by table.
async fn rows(folder: &Path) -> [i64; 4] {
    let mut conn = open(folder).await;
    let mut counts = [0; 4];
    for (count, sql) in counts.iter_mut().zip([
        "select count(*) from plugin_state where value = '{\"n\":' || version || '}'",
        "select count(*) from action_log where id = 'act_' || seq",
        "select count(*) from plugin_versions",
        "select count(*) from activations",
    ]) {
        (*count,) = sqlx::query_as::<_, (i64,)>(sql).fetch_one(&mut conn).await.expect("a count");
    }
    counts
}

#[tokio::test]
async fn a_migration_that_is_killed_loses_nothing_and_is_finished_by_the_next() {
    let folder = Folder::new("migrate");
    old_database(&folder.path().join("old")).await;
    let began = Instant::now();
    assert!(run::<&str>(folder.path(), &[], &["migrate", "--data", "fresh"]).status.success());
    let whole = began.elapsed();
    for round in 0..rounds(20) {
        let name = format!("d{round}");
        let data = folder.path().join(&name);
        // Every fourth time there is nothing yet: the schema itself is being made.
        let is_old = round % 4 != 0;
        if is_old {
            std::fs::create_dir_all(&data).expect("a folder");
            std::fs::copy(folder.path().join("old/inlay.db"), data.join("inlay.db")).expect("a copy");
        }
        let mut child = spawn(folder.path(), &["migrate", "--data", &name]);
        std::thread::sleep(random_below(whole));
        child.kill().expect("SIGKILL");
        child.wait().expect("its end");
        for _ in 0..2 {
            let output = run::<&str>(folder.path(), &[], &["migrate", "--data", &name]);
            assert!(output.status.success(), "round {round}: {output:?}");
        }
        if is_old {
            assert_eq!(rows(&data).await, [ROWS, ROWS, 1, 1], "round {round}");
        }
        let mut conn = open(&data).await;
        let done: Vec<(i64,)> = sqlx::query_as("select version from _sqlx_migrations where success order by version")
            .fetch_all(&mut conn)
            .await
            .expect("migrations");
        let files = std::fs::read_dir(repo().join("migrations/sqlite")).expect("migrations").count();
        assert_eq!(done.len(), files, "round {round}: {done:?}");
    }
}

#[tokio::test]
async fn migrations_at_the_same_time_do_not_disturb_one_another() {
    let folder = Folder::new("migrate");
    old_database(&folder.path().join("old")).await;
    for name in ["old", "new"] {
        let all: Vec<_> = (0..4).map(|_| spawn(folder.path(), &["migrate", "--data", name])).collect();
        for child in all {
            let output = child.wait_with_output().expect("its end");
            assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
        }
    }
    assert_eq!(rows(&folder.path().join("old")).await, [ROWS, ROWS, 1, 1]);
}

/// A newer version has migrated while an older one was at work: that goes on, and does not start again.
#[tokio::test]
async fn an_older_host_goes_on_beside_a_newer_migration_and_is_refused_afterwards() {
    let mut host = TestHost::on(None, &[]).await;
    let crowd = Crowd::gather(&host, 2).await;
    let acting = crowd.act(host.url(), &[]);
    until("both act", || crowd.total() > 4).await;
    let mut conn = open(&host.data()).await;
    sqlx::raw_sql(
        "begin immediate;
         alter table plugin_state add column later text;
         create table later (id integer primary key);
         insert into _sqlx_migrations (version, description, success, checksum, execution_time) values (9999, 'later', true, x'00', 1);
         commit;",
    )
    .execute(&mut conn)
    .await
    .expect("a newer migration");
    conn.close().await.expect("closed");
    let then = crowd.total();
    until("both go on", || crowd.total() > then + 10).await;
    acting.stop().await;
    crowd.check(host.url()).await;
    host.stop().await;
    let data = host.data();
    let data = data.to_str().expect("a path");
    for verb in ["serve", "migrate"] {
        let output = host.inlay(&[verb, "--data", data]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains("newer version of Inlay") && said.contains("9999"), "{said}");
    }
}
