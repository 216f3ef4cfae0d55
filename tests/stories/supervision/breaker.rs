use super::{host, plugins_are, stats, trap, wait_for};
use serde_json::json;

#[tokio::test]
async fn a_plugin_that_keeps_trapping_is_given_a_rest_and_let_back_in_when_it_behaves() {
    let mut host = host(&[]).await;
    let (admin, visitor) = (host.admin(), host.visitor());
    visitor.act("ok", json!({})).await.ok();
    trap(&visitor, 5).await;
    let calls = stats(&admin, "misbehave").await["total"]["calls"].clone();
    let shut = visitor.act("ok", json!({})).await;
    let problem = shut.problem(503, "plugin_unavailable");
    assert_eq!(problem["reason"], "plugin.breaker-open", "{problem}");
    assert!(shut.header("retry-after").is_some_and(|s| s.parse::<u32>().is_ok_and(|s| s >= 1)));
    visitor.get("/api/data/count").await.problem(503, "plugin_unavailable");
    let now = stats(&admin, "misbehave").await;
    assert_eq!((now["breaker"]["state"].as_str(), &now["total"]["calls"]), (Some("open"), &calls), "it did not run");
    assert!(now["breaker"]["shed"].as_u64() >= Some(2), "{now}");
    assert_eq!(plugins_are(&host).await, "degraded");
    let metrics = host.anybody().get("/metrics").await.ok().text();
    assert!(metrics.contains(r#"inlay_plugin_breaker{plugin="misbehave"} 2"#), "{metrics}");
    // Others are not touched.
    visitor.act("add_to_cart", json!({"productId": "prod_1"})).await.ok();
    wait_for("the first probe", || async { visitor.act("ok", json!({})).await.status == 200 }).await;
    for _ in 0..2 {
        visitor.act("ok", json!({})).await.ok();
    }
    assert_eq!(stats(&admin, "misbehave").await["breaker"]["state"], "closed");
    assert_eq!(plugins_are(&host).await, "ok");
}

#[tokio::test]
async fn a_bad_probe_shuts_it_again() {
    let mut host = host(&[]).await;
    let (admin, visitor) = (host.admin(), host.visitor());
    trap(&visitor, 5).await;
    wait_for("a probe", || async { visitor.act("trap", json!({})).await.status == 502 }).await;
    visitor.act("ok", json!({})).await.problem(503, "plugin_unavailable");
    assert_eq!(stats(&admin, "misbehave").await["breaker"]["state"], "open");
}

#[tokio::test]
async fn refusals_in_the_plugin_s_own_words_and_bad_inputs_are_no_failures() {
    let mut host = host(&[]).await;
    let (admin, visitor) = (host.admin(), host.visitor());
    for _ in 0..40 {
        visitor.act("refuse", json!({})).await.problem(422, "action_refused");
        visitor.act("say", json!({"text": 7})).await.problem(422, "invalid_parameters");
        visitor.act("put_then_fail", json!({})).await.problem(409, "action_conflict");
    }
    let now = stats(&admin, "misbehave").await;
    assert_eq!(now["breaker"]["state"], "closed", "{now}");
    assert_eq!(now["actions"]["refuse"]["total"]["refusals"], json!({"cart.empty": 40}), "{now}");
    assert_eq!((now["total"]["refused"].as_u64(), now["total"]["failed"].as_u64()), (Some(80), Some(0)), "{now}");
    visitor.act("ok", json!({})).await.ok();
}

#[tokio::test]
async fn a_quarter_of_the_calls_is_too_many() {
    let mut host = host(&[("INLAY_WATCH_STOPS", "0")]).await;
    let (admin, visitor) = (host.admin(), host.visitor());
    for _ in 0..4 {
        for _ in 0..3 {
            visitor.act("ok", json!({})).await.ok();
        }
        trap(&visitor, 1).await;
    }
    for _ in 0..3 {
        visitor.act("ok", json!({})).await.ok();
    }
    assert_eq!(stats(&admin, "misbehave").await["breaker"]["state"], "closed", "19 calls say nothing");
    trap(&visitor, 1).await;
    visitor.act("ok", json!({})).await.problem(503, "plugin_unavailable");
}
