use super::{host, stats, wait_for};
use serde_json::json;

#[tokio::test]
async fn an_input_that_made_it_trap_three_times_is_refused_for_a_while() {
    let mut host = host(&[("INLAY_WATCH_OFFENDER_S", "2"), ("INLAY_WATCH_BREAKER", "false")]).await;
    let (admin, visitor) = (host.admin(), host.visitor());
    for _ in 0..3 {
        visitor.act("trap", json!({"n": 1})).await.problem(502, "plugin_failed");
    }
    let calls = stats(&admin, "misbehave").await["total"]["calls"].clone();
    let refused = visitor.act("trap", json!({"n": 1})).await;
    refused.problem(422, "input_refused");
    assert!(refused.header("retry-after").is_some_and(|s| s.parse::<u32>().is_ok_and(|s| (1..=2).contains(&s))));
    let now = stats(&admin, "misbehave").await;
    assert_eq!((&now["total"]["calls"], now["breaker"]["inputs_refused"].as_u64()), (&calls, Some(1)), "{now}");
    // Another input, and another action with the same one, are let in.
    visitor.act("trap", json!({"n": 2})).await.problem(502, "plugin_failed");
    visitor.act("ok", json!({})).await.ok();
    wait_for("the end of the refusal", || async { visitor.act("trap", json!({"n": 1})).await.status == 502 }).await;
}
