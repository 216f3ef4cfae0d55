//! Plugins are swapped while people click.
use crate::kit::{Client, TestHost, Visitor, variant};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// People who click all the time.
const CONNECTIONS: usize = 32;
const SWAPS: usize = 20;
/// Calls of a broken version that may fail before it is judged: three failures condemn it, and what is under way at that
/// moment runs again on the version before.
const FIRST_CALLS: usize = 6;

/// A version of the shop that nobody has seen yet.
fn shop(number: usize) -> (String, Vec<u8>) {
    let version = format!("0.{}.{}", 2 + number / 10, number % 10);
    (version.clone(), variant::versioned(variant::bundled("shop"), "0.1.0", &version))
}

async fn upload(admin: &Client, component: Vec<u8>) -> Value {
    super::admin_plugins::upload(admin, component, Some("all")).await.is(201).json()
}

async fn in_force(admin: &Client) -> String {
    let shop = admin.get("/api/admin/plugins/shop").await.ok().json();
    shop["version"].as_str().expect("a version").to_owned()
}

struct Failed {
    at: Instant,
    status: u16,
    problem: Value,
}

/// Fills a cart and empties it again, until `stop`; gives what failed.
async fn clicks(visitor: Visitor, stop: Arc<AtomicBool>, done: Arc<AtomicUsize>) -> Vec<Failed> {
    let mut failed = Vec::new();
    let steps = ["add_to_cart", "view_product_details", "remove_from_cart"];
    for step in steps.iter().cycle() {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let at = Instant::now();
        let answer = visitor.act(step, json!({"productId": "prod_1"})).await;
        match answer.status {
            200 => drop(done.fetch_add(1, Ordering::Relaxed)),
            status => failed.push(Failed { at, status, problem: answer.json() }),
        }
    }
    failed
}

/// Waits until so many clicks more have succeeded.
async fn more(done: &AtomicUsize, clicks: usize) {
    let (from, until) = (done.load(Ordering::Relaxed), Instant::now() + Duration::from_secs(60));
    while done.load(Ordering::Relaxed) < from + clicks {
        assert!(Instant::now() < until, "nobody's click succeeds any more");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// `INLAY_SWAP_SECONDS` stretches it.
#[tokio::test(flavor = "multi_thread")]
async fn twenty_swaps_under_load_fail_nothing_but_the_first_calls_of_broken_versions() {
    let mut host = TestHost::with(&[("INLAY_LOG_LEVEL", "warn")]).await;
    let admin = host.admin();
    let (stop, done) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let people: Vec<_> =
        (0..CONNECTIONS).map(|_| tokio::spawn(clicks(host.visitor(), stop.clone(), done.clone()))).collect();
    let seconds = std::env::var("INLAY_SWAP_SECONDS").ok().and_then(|s| s.parse().ok()).unwrap_or(0.0);
    let pause = Duration::from_secs_f64(seconds / SWAPS as f64);
    let (mut good, mut windows) = ("0.1.0".to_owned(), Vec::new());
    for number in 1..=SWAPS {
        let began = Instant::now();
        let (version, component) = shop(number);
        if number % 3 == 0 {
            upload(&admin, variant::broken(component)).await;
            // Nobody asks for it: its own failures take it out of force.
            let until = Instant::now() + Duration::from_secs(30);
            while in_force(&admin).await != good {
                assert!(Instant::now() < until, "the broken version stays in force");
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            windows.push((began, Instant::now(), version));
        } else {
            upload(&admin, component).await;
            assert_eq!(in_force(&admin).await, version);
            good = version;
        }
        more(&done, CONNECTIONS * 2).await;
        tokio::time::sleep(pause.saturating_sub(began.elapsed())).await;
    }
    stop.store(true, Ordering::Relaxed);
    let mut failed = Vec::new();
    for person in people {
        failed.extend(person.await.expect("a person"));
    }
    for Failed { at, status, problem } in &failed {
        let by_a_broken_one = *status == 502 && problem["reason"] == "plugin.trap";
        let then = windows.iter().any(|(from, to, _)| (*from..*to).contains(at));
        assert!(by_a_broken_one && then, "{problem}");
    }
    let most = windows.iter().map(|(from, to, _)| failed.iter().filter(|f| (*from..*to).contains(&f.at)).count()).max();
    assert!(most.is_some_and(|most| (1..=FIRST_CALLS).contains(&most)), "{most:?} failures of one broken version");
    let versions = admin.get("/api/admin/plugins/shop/versions").await.ok().json();
    let last = &windows.last().expect("broken versions").2;
    let listed = versions["versions"].as_array().expect("a list");
    let broken = listed.iter().find(|v| v["version"] == last.as_str()).unwrap_or_else(|| panic!("{versions}"));
    assert_eq!(broken["state"], "quarantined", "{broken}");
    assert!(broken["reason"].as_str().is_some_and(|reason| reason.contains("failed")), "{broken}");
    assert!(host.is_running());
    eprintln!(
        "{} clicks, {} failed over {} broken versions",
        done.load(Ordering::Relaxed),
        failed.len(),
        windows.len()
    );
}

fn resident_kib(host: &TestHost) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", host.pid())).expect("the host's status");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("VmRSS");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

#[tokio::test]
async fn two_hundred_swaps_leave_no_memory_behind() {
    let mut host = TestHost::with(&[("INLAY_LOG_LEVEL", "warn")]).await;
    let admin = host.admin();
    let visitor = host.visitor();
    let mut digests = Vec::new();
    for number in 1..=2 {
        digests.push(upload(&admin, shop(number).1).await["digest"].clone());
    }
    let mut after_20 = 0.0;
    for (number, digest) in (1..=200).zip(digests.iter().cycle()) {
        admin.post("/api/admin/plugins/shop/activate", &json!({"digest": digest})).await.ok();
        visitor.act("view_product_details", json!({"productId": "prod_1"})).await.ok();
        if number == 20 {
            after_20 = resident_kib(&host);
        }
    }
    let after_200 = resident_kib(&host);
    assert!(after_200 <= after_20 * 1.1, "{after_20} KiB after 20 swaps, {after_200} KiB after 200");
}

#[tokio::test]
async fn a_variant_of_the_shop_is_the_shop_and_a_broken_one_traps() {
    let mut host = TestHost::start().await;
    let admin = host.admin();
    let (_, other) = shop(1);
    upload(&admin, other).await;
    let visitor = host.visitor();
    let added = visitor.act("add_to_cart", json!({"productId": "prod_1"})).await.ok().json();
    assert_eq!(added["result"]["count"], 1, "{added}");
    upload(&admin, variant::broken(shop(2).1)).await;
    let fault = visitor.act("add_to_cart", json!({"productId": "prod_1"})).await.problem(502, "plugin_failed");
    assert_eq!(fault["reason"], "plugin.trap", "{fault}");
}
