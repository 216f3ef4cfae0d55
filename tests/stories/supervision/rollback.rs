use super::{host, plugins_are, trap, wait_for};
use crate::admin_plugins::upload;
use crate::kit::{Client, TestHost, variant};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

fn shop(version: &str) -> Vec<u8> {
    variant::versioned(variant::bundled("shop"), "0.1.0", version)
}

async fn version_in_force(admin: &Client) -> String {
    let shop = admin.get("/api/admin/plugins/shop").await.ok().json();
    shop["version"].as_str().unwrap_or_else(|| panic!("{shop}")).to_owned()
}

async fn version(admin: &Client, name: &str, version: &str) -> Value {
    let all = admin.get(&format!("/api/admin/plugins/{name}/versions")).await.ok().json();
    let found = all["versions"].as_array().into_iter().flatten().find(|one| one["version"] == version);
    found.unwrap_or_else(|| panic!("no {version} in {all}")).clone()
}

/// Clicks without pause: how many were stored, and the answers that were not.
async fn clicks(client: Client, stop: Arc<AtomicBool>) -> (u64, Vec<Value>) {
    let (mut stored, mut failed) = (0, Vec::new());
    while !stop.load(Ordering::Relaxed) {
        let answer = client.act("add_to_cart", json!({"productId": "prod_1"})).await;
        if answer.status == 200 { stored += 1 } else { failed.push(answer.any_problem()) }
    }
    (stored, failed)
}

#[tokio::test]
async fn a_version_that_fails_under_load_goes_back_to_the_one_before() {
    let mut host = TestHost::start().await;
    let admin = host.admin();
    let stop = Arc::new(AtomicBool::new(false));
    let visitors: Vec<_> = (0..16).map(|_| host.visitor()).collect();
    let mut running = tokio::task::JoinSet::new();
    for visitor in &visitors {
        visitor.id().await;
        running.spawn(clicks((**visitor).clone(), stop.clone()));
    }
    for (bad, number) in [("0.1.2", 1), ("0.1.4", 2)] {
        upload(&admin, variant::broken(shop(bad)), Some("all")).await.is(201);
        wait_for("the rollback", || async { version_in_force(&admin).await == "0.1.0" }).await;
        let quarantined = version(&admin, "shop", bad).await;
        assert_eq!(quarantined["state"], "quarantined", "{quarantined}");
        assert!(quarantined["reason"].as_str().is_some_and(|reason| reason.contains("failed")), "{quarantined}");
        let metrics = host.anybody().get("/metrics").await.ok().text();
        assert!(metrics.contains(&format!("inlay_plugin_rollbacks_total {number}\n")), "{metrics}");
    }
    stop.store(true, Ordering::Relaxed);
    let ended = running.join_all().await;
    let failed: Vec<&Value> = ended.iter().flat_map(|(_, failed)| failed).collect();
    assert!(failed.len() <= 4, "more than the first two calls of each broken version failed: {failed:?}");
    assert!(failed.iter().all(|problem| problem["reason"] == "plugin.trap"), "{failed:?}");
    let stored: u64 = ended.iter().map(|(stored, _)| stored).sum();
    assert!(stored > 0);
    let mut carts = 0;
    for visitor in &visitors {
        carts += visitor.cart().await["count"].as_u64().expect("a count");
    }
    assert_eq!(carts, stored, "what was acknowledged is stored, and nothing else");
    assert_eq!(plugins_are(&host).await, "ok");
    host.kill();
    host.restart().await;
    assert_eq!(version_in_force(&host.admin()).await, "0.1.0");
    assert_eq!(version(&host.admin(), "shop", "0.1.2").await["state"], "quarantined");
}

#[tokio::test]
async fn a_version_that_only_refuses_stays() {
    let mut host = TestHost::start().await;
    let admin = host.admin();
    upload(&admin, shop("0.1.2"), Some("all")).await.is(201);
    for _ in 0..10 {
        host.visitor().act("checkout", json!({})).await.any_problem();
        host.visitor().act("add_to_cart", json!({"productId": "no_such"})).await.any_problem();
    }
    assert_eq!(version_in_force(&admin).await, "0.1.2");
}

#[tokio::test]
async fn a_version_that_keeps_failing_without_another_is_put_in_quarantine() {
    let mut host = host(&[("INLAY_WATCH_OPENINGS", "2")]).await;
    let (admin, visitor) = (host.admin(), host.visitor());
    trap(&visitor, 5).await;
    wait_for("a probe", || async { visitor.act("trap", json!({})).await.status == 502 }).await;
    let refused = |answer: crate::kit::Answer| {
        let problem = answer.problem(503, "plugin_unavailable");
        assert_eq!(problem["reason"], "plugin.quarantined", "{problem}");
        problem
    };
    let problem = refused(visitor.act("trap", json!({})).await);
    assert_eq!(problem["widgets"][0]["name"], "sorry", "{problem}");
    let state = |one: &Value| (one["state"].clone(), one["version"].clone());
    let shown = admin.get("/api/admin/plugins/misbehave").await.ok().json();
    assert_eq!(shown["state"], "quarantined", "{shown}");
    assert!(shown["reason"].as_str().is_some_and(|reason| reason.contains("breaker")), "{shown}");
    assert_eq!(plugins_are(&host).await, "degraded");
    host.kill();
    host.restart().await;
    let visitor = host.visitor();
    refused(visitor.act("ok", json!({})).await);
    assert_eq!(plugins_are(&host).await, "degraded");
    // An admin may give it another chance.
    let again = json!({"version": shown["version"]});
    let given = host.admin().post("/api/admin/plugins/misbehave/activate", &again).await.ok().json();
    assert_eq!(state(&given), (json!("active"), shown["version"].clone()));
    visitor.act("ok", json!({})).await.ok();
    assert_eq!(plugins_are(&host).await, "ok");
}
