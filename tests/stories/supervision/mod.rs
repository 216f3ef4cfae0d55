//! What the host does when a plugin keeps failing: a rest, a way back, a quarantine, something shown in its place; and what
//! admins can see of it.
mod breaker;
mod fallback;
mod logs;
mod offenders;
mod rollback;
mod stats;

use crate::kit::{Client, TestHost, wasm};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Short times, so that a story can wait for them; the plugin `misbehave` is in force.
async fn host(settings: &[(&str, &str)]) -> TestHost {
    let short = [("INLAY_WATCH_OPEN_S", "1"), ("INLAY_WATCH_OPENINGS", "0")];
    let mut host = TestHost::with(&[&short, settings].concat()).await;
    super::admin_plugins::upload(&host.admin(), wasm::misbehave().to_vec(), Some("all")).await.is(201);
    host
}

/// Traps, each time with another input.
async fn trap(client: &Client, times: usize) {
    for n in 0..times {
        let at = Instant::now();
        client.act("trap", json!({"n": n, "at": format!("{at:?}")})).await.problem(502, "plugin_failed");
    }
}

async fn stats(admin: &Client, name: &str) -> Value {
    admin.get(&format!("/api/admin/plugins/{name}/stats")).await.ok().json()
}

async fn plugins_are(host: &TestHost) -> String {
    let health = host.anybody().get("/api/health").await.ok().json();
    health["checks"]["plugins"].as_str().unwrap_or_else(|| panic!("{health}")).to_owned()
}

/// Asks again and again until it is so.
async fn wait_for<F: Future<Output = bool>>(what: &str, mut is_so: impl FnMut() -> F) {
    let until = Instant::now() + Duration::from_secs(30);
    while !is_so().await {
        assert!(Instant::now() < until, "{what} does not come");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
