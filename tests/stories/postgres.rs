//! Several hosts on one Postgres, and a Postgres that goes away under them.
use crate::admin_plugins::upload;
use crate::kit::cluster::Cluster;
use crate::kit::postgres::Database;
use crate::kit::{Answer, Folder, TestHost, Visitor, host::run, wasm};
use rustix::process::Signal;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Hosts that share a database must agree on who is who.
const SECRET: (&str, &str) = ("INLAY_AUTH_SECRET", "0a1b2c3d4e5f60718293a4b5c6d7e8f9-two-hosts");

/// Longer than any answer may take, also while the database is gone.
const HUNG: Duration = Duration::from_secs(10);

async fn two_hosts() -> Option<(TestHost, TestHost)> {
    let database = Arc::new(Database::new()?);
    let first = TestHost::on(Some(database.clone()), &[SECRET]).await;
    let second = TestHost::on(Some(database), &[SECRET]).await;
    Some((first, second))
}

#[tokio::test]
async fn buyers_at_two_hosts_get_exactly_the_stock() {
    let Some((first, second)) = two_hosts().await else { return };
    let mut orders = tokio::task::JoinSet::new();
    for n in 0..130 {
        let (cart, order) = if n % 2 == 0 { (first.url(), second.url()) } else { (second.url(), first.url()) };
        let (buyer, order) = (Visitor::new(cart), order.to_owned());
        orders.spawn(async move {
            buyer.act("add_to_cart", json!({"productId": "prod_2"})).await.ok();
            // What one host stored, the other knows at once.
            Visitor::at(&order, &buyer.id().await).act("checkout", json!({})).await
        });
    }
    let answers = orders.join_all().await;
    let sold = answers.iter().filter(|answer| answer.status == 200).count();
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        assert!([409, 422].contains(&answer.status), "{}", answer.text());
    }
    assert_eq!(sold, 100);
    for host in [&first, &second] {
        let product = host.anybody().get("/api/data/product?productId=prod_2").await.ok().json();
        assert_eq!(product["stock"], json!(0), "{product}");
    }
}

#[tokio::test]
async fn one_cart_filled_at_two_hosts_loses_nothing() {
    let Some((first, second)) = two_hosts().await else { return };
    let id = first.visitor().id().await;
    let mut adds = tokio::task::JoinSet::new();
    for n in 0..100 {
        let visitor = Visitor::at(if n % 2 == 0 { first.url() } else { second.url() }, &id);
        adds.spawn(async move { visitor.act("add_to_cart", json!({"productId": "prod_1"})).await.ok() });
    }
    let mut counts: Vec<u64> =
        adds.join_all().await.iter().filter_map(|answer| answer.json()["result"]["count"].as_u64()).collect();
    counts.sort_unstable();
    assert_eq!(counts, (1..=100).collect::<Vec<_>>(), "each of them saw another cart");
    assert_eq!(Visitor::at(second.url(), &id).count().await, 100);
}

#[tokio::test]
async fn one_key_at_two_hosts_at_once_acts_once() {
    let Some((first, second)) = two_hosts().await else { return };
    let id = first.visitor().id().await;
    let (one, two) = (Visitor::at(first.url(), &id), Visitor::at(second.url(), &id));
    for n in 1..=15 {
        let (key, product) = (format!("key-{n}"), || json!({"productId": "prod_1"}));
        let (a, b) =
            tokio::join!(one.act_once(&key, "add_to_cart", product()), two.act_once(&key, "add_to_cart", product()));
        assert_eq!(a.ok().text(), b.ok().text(), "both get the one stored answer");
        assert_eq!(one.count().await, n);
    }
    // An order that one host has placed leaves an empty cart to the other: the stored answer counts all the same.
    let (a, b) =
        tokio::join!(one.act_once("order", "checkout", json!({})), two.act_once("order", "checkout", json!({})));
    assert_eq!(a.ok().text(), b.ok().text());
    // The same key with another intent.
    let other = two.act_once("key-1", "add_to_cart", json!({"productId": "prod_3"})).await;
    other.problem(422, "idempotency_key_reused");
}

#[tokio::test]
async fn a_plugin_put_in_force_at_one_host_is_followed_by_the_other() {
    let Some((mut first, second)) = two_hosts().await else { return };
    second.visitor().act("ok", json!({})).await.problem(404, "unknown_action");
    let uploaded = upload(&first.admin(), wasm::misbehave().to_vec(), Some("all")).await;
    assert!([200, 201].contains(&uploaded.status), "{}", uploaded.text());
    let until = Instant::now() + HUNG;
    while second.visitor().act("ok", json!({})).await.status != 200 {
        assert!(Instant::now() < until, "the other host does not follow:\n{}", second.log());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    first.visitor().act("ok", json!({})).await.ok();
}

/// One visitor who adds to a cart until told to stop, and repeats with its key what he is unsure of.
async fn shopper(url: String, who: usize, stop: Arc<AtomicBool>) -> (String, u64, u64) {
    let visitor = Visitor::at(&url, &Visitor::new(&url).id().await);
    let (mut stored, mut turned_away) = (0, 0);
    while !stop.load(Ordering::Relaxed) {
        let key = format!("{who}-{stored}");
        loop {
            let answer =
                tokio::time::timeout(HUNG, visitor.act_once(&key, "add_to_cart", json!({"productId": "prod_1"})));
            let answer: Answer = answer.await.expect("no request hangs");
            if answer.status == 200 {
                break;
            }
            answer.any_problem();
            assert_eq!(answer.status, 503, "{}", answer.text());
            assert!(answer.header("retry-after").is_some(), "{}", answer.text());
            turned_away += 1;
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        stored += 1;
    }
    (visitor.id().await, stored, turned_away)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_postgres_that_is_restarted_under_load_loses_and_doubles_nothing() {
    let Some(cluster) = Cluster::start() else { return };
    let url = cluster.url();
    let mut host = TestHost::on(None, &[SECRET, ("INLAY_DATA_DATABASE_URL", &url)]).await;
    let pid = host.pid();
    let stop = Arc::new(AtomicBool::new(false));
    let mut shoppers = tokio::task::JoinSet::new();
    for who in 0..6 {
        shoppers.spawn(shopper(host.url().to_owned(), who, stop.clone()));
    }
    let anybody = host.anybody();
    for (mode, away) in [("fast", 0), ("immediate", 0), ("immediate", 1_500), ("fast", 2_500)] {
        tokio::time::sleep(Duration::from_millis(700)).await;
        cluster.end(mode);
        if away > 0 {
            let began = Instant::now();
            let answer = anybody.act("add_to_cart", json!({"productId": "prod_1"})).await;
            answer.problem(503, "database_unavailable");
            assert!(began.elapsed() < HUNG, "{:?}", began.elapsed());
            assert_eq!(anybody.get("/readyz").await.status, 503);
            tokio::time::sleep(Duration::from_millis(away)).await;
        }
        cluster.begin();
        let until = Instant::now() + HUNG;
        while anybody.act("add_to_cart", json!({"productId": "prod_1"})).await.status != 200
            || anybody.get("/readyz").await.status != 200
        {
            assert!(Instant::now() < until, "it does not recover:\n{}", host.log());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    stop.store(true, Ordering::Relaxed);
    let mut turned_away = 0;
    for (id, stored, away) in shoppers.join_all().await {
        assert_eq!(Visitor::at(host.url(), &id).count().await, stored, "0 lost, 0 doubled");
        turned_away += away;
    }
    assert!(turned_away > 0, "nobody noticed");
    assert!(host.is_running() && host.pid() == pid, "{}", host.log());
    assert_eq!(host.stop().await.code(), Some(0), "{}", host.log());
}

/// The connections stay open and nothing comes back: the worst way to go away.
#[tokio::test(flavor = "multi_thread")]
async fn a_postgres_that_falls_silent_hangs_nobody() {
    let Some(cluster) = Cluster::start() else { return };
    let url = cluster.url();
    let mut host = TestHost::on(None, &[SECRET, ("INLAY_DATA_DATABASE_URL", &url)]).await;
    let id = host.visitor().id().await;
    let add = |n: u64| {
        let visitor = Visitor::at(host.url(), &id);
        async move {
            let key = format!("k{n}");
            let add = visitor.act_once(&key, "add_to_cart", json!({"productId": "prod_1"}));
            tokio::time::timeout(HUNG, add).await.expect("no request hangs")
        }
    };
    add(0).await.ok();
    cluster.signal(Signal::STOP);
    let mut adds = tokio::task::JoinSet::new();
    (1..=20).for_each(|n| drop(adds.spawn(add(n))));
    for answer in adds.join_all().await {
        answer.problem(503, "database_unavailable");
    }
    cluster.signal(Signal::CONT);
    let until = Instant::now() + HUNG;
    for n in 0..=20 {
        while add(n).await.status != 200 {
            assert!(Instant::now() < until, "it does not recover:\n{}", host.log());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    assert_eq!(Visitor::at(host.url(), &id).count().await, 21, "0 lost, 0 doubled");
    assert_eq!(host.stop().await.code(), Some(0), "{}", host.log());
}

#[tokio::test]
async fn the_verbs_of_the_command_line_work_on_postgres() {
    let Some(database) = Database::new() else { return };
    let folder = Folder::new("postgres");
    let url = database.url();
    let verb = |words: &[&str]| {
        let output = run(folder.path(), &[("INLAY_DATA_DATABASE_URL", url.as_str())], words);
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        (output.status.success(), said)
    };
    let (well, said) = verb(&["doctor"]);
    assert!(well && said.contains("pending"), "{said}");
    // Three at the same time: one migrates, the others wait for it.
    let all: Vec<_> = std::thread::scope(|scope| {
        let running: Vec<_> = (0..3).map(|_| scope.spawn(|| verb(&["migrate"]))).collect();
        running.into_iter().map(|verb| verb.join().expect("a verb")).collect()
    });
    assert!(all.iter().all(|(well, _)| *well), "{all:?}");
    assert!(verb(&["migrate"]).1.contains("up to date"));
    let (well, said) = verb(&["doctor"]);
    assert!(well && said.contains("schema is up to date"), "{said}");
    let (well, said) = verb(&["plugin", "list"]);
    assert!(well && said.contains("shop"), "{said}");
    assert!(!folder.path().join("data/inlay.db").exists(), "nothing is in SQLite");
}

#[tokio::test]
async fn the_password_of_a_url_is_said_nowhere() {
    let Some(server) = crate::kit::postgres::server() else { return };
    let place = server.split_once('@').map_or("127.0.0.1", |(_, rest)| rest).split('/').next().unwrap_or_default();
    let url = format!("postgres://nobody-of-that-name:hunter2-secret@{place}/no_such_database");
    let folder = Folder::new("postgres");
    let settings = [("INLAY_DATA_DATABASE_URL", url.as_str())];
    for verb in [&["config"] as &[&str], &["migrate"], &["doctor"], &["serve", "--listen", "127.0.0.1:0"]] {
        let output = run(folder.path(), &settings, verb);
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(!said.contains("hunter2") && !said.contains("panicked"), "{said}");
        assert_eq!(output.status.success(), verb == ["config"], "{verb:?}: {said}");
    }
}
