use super::{host, stats};
use serde_json::json;

#[tokio::test]
async fn statistics_are_true() {
    let mut host = host(&[("INLAY_WATCH_BREAKER", "false")]).await;
    let (admin, visitor) = (host.admin(), host.visitor());
    let empty = stats(&admin, "misbehave").await;
    assert_eq!((empty["total"]["calls"].as_u64(), &empty["actions"]), (Some(0), &json!({})), "{empty}");
    for _ in 0..10 {
        visitor.act("ok", json!({})).await.ok();
    }
    for _ in 0..3 {
        visitor.act("refuse", json!({})).await.problem(422, "action_refused");
    }
    visitor.act("trap", json!({})).await.problem(502, "plugin_failed");
    visitor.act("loop", json!({})).await.problem(504, "plugin_timeout");
    for _ in 0..4 {
        visitor.get("/api/data/count").await.ok();
    }
    visitor.act_once("key", "ok", json!({})).await.ok();
    visitor.act_once("key", "ok", json!({})).await.ok();
    let now = stats(&admin, "misbehave").await;
    let total = &now["total"];
    for (what, expected) in
        [("calls", 20), ("ok", 15), ("refused", 3), ("failed", 2), ("attempts", 20), ("conflicts", 0)]
    {
        assert_eq!(total[what], expected, "{what}: {now}");
        assert_eq!(now["recent"][what], expected, "recent {what}: {now}");
    }
    assert_eq!(total["errors"], json!({"plugin.trap": 1, "limit.cpu": 1}), "{now}");
    assert_eq!(total["refusals"], json!({"cart.empty": 3}), "{now}");
    let ok = &now["actions"]["ok"]["total"];
    assert_eq!(
        (ok["calls"].as_u64(), ok["ok"].as_u64()),
        (Some(11), Some(11)),
        "a repeat with its key is no call: {now}"
    );
    assert!(ok["host_calls"].as_u64() >= Some(44) && ok["memory_bytes"].as_u64() >= Some(65_536), "{now}");
    let times = |of: &str| {
        let t = &total[of];
        [t["p50"].as_u64(), t["p90"].as_u64(), t["p99"].as_u64()].map(|t| t.expect("a time"))
    };
    for of in ["cpu_us", "wall_us"] {
        let [p50, p90, p99] = times(of);
        assert!(p50 > 0 && p50 <= p90 && p90 <= p99, "{now}");
    }
    assert!(times("cpu_us")[2] >= 40_000, "the endless loop took 50 ms: {now}");
    assert_eq!(now["queries"]["count"]["total"]["ok"], 4, "{now}");
    assert_eq!(now["limits"]["cpu_ms"], 50, "{now}");
    let versions = now["versions"].as_array().expect("versions");
    assert_eq!((versions.len(), &versions[0]["in_force"], &versions[0]["total"]), (1, &json!(true), total), "{now}");
    admin.get("/api/admin/plugins/nobody/stats").await.problem(404, "unknown_plugin");
    host.visitor().get("/api/admin/plugins/shop/stats").await.problem(401, "missing_token");
}

#[tokio::test]
async fn actions_that_meet_each_other_are_counted_once_with_their_attempts() {
    let mut host = host(&[]).await;
    let admin = host.admin();
    let visitor = crate::kit::Visitor::at(host.url(), &host.visitor().id().await);
    let clicks = (0..24).map(|_| {
        let visitor = visitor.clone();
        async move { visitor.act("ok", json!({})).await.ok() }
    });
    clicks.collect::<tokio::task::JoinSet<_>>().join_all().await;
    let now = stats(&admin, "misbehave").await;
    let ok = &now["actions"]["ok"]["total"];
    let (calls, attempts, conflicts) = (ok["calls"].as_u64(), ok["attempts"].as_u64(), ok["conflicts"].as_u64());
    assert_eq!(calls, Some(24), "{now}");
    assert_eq!(attempts, calls.zip(conflicts).map(|(calls, conflicts)| calls + conflicts), "{now}");
}
