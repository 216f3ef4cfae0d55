//! A plugin that traps, loops, eats memory or floods costs only its own call: a typed error, nothing stored, and the
//! next good call succeeds. `tests/fixtures/misbehave` is that plugin.
use crate::kit::{Client, TestHost, Visitor, wasm};
use serde_json::json;
use std::time::{Duration, Instant};

/// A host with the misbehaving plugin beside the bundled ones.
async fn host() -> TestHost {
    let mut host = TestHost::start().await;
    let component = wasm::misbehave().to_vec();
    let answer = super::admin_plugins::upload(&host.admin(), component, Some("all")).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    host
}

async fn notes(visitor: &Visitor) -> serde_json::Value {
    visitor.get("/api/data/misbehave.notes").await.ok().json()
}

async fn behaves(visitor: &Visitor) {
    visitor.act("misbehave.good", json!({})).await.ok();
}

#[tokio::test]
async fn every_fault_is_a_typed_error_that_stores_nothing_and_the_next_call_succeeds() {
    // The action, its status, its code, and the words that may stand in `reason`.
    let faults: [(&str, u16, &str, &[&str]); 8] = [
        ("misbehave.trap", 502, "plugin_failed", &["plugin.trap"]),
        ("misbehave.panic", 502, "plugin_failed", &["plugin.trap"]),
        ("misbehave.loop", 504, "plugin_timeout", &["limit.cpu"]),
        ("misbehave.memory", 502, "plugin_limit", &["limit.memory"]),
        ("misbehave.recurse", 502, "plugin_limit", &["limit.stack"]),
        ("misbehave.big_output", 502, "plugin_limit", &["limit.output"]),
        ("misbehave.flood_state", 502, "plugin_limit", &["limit.state-ops", "limit.host-calls"]),
        ("misbehave.flood_events", 502, "plugin_limit", &["limit.events", "limit.host-calls"]),
    ];
    let host = host().await;
    let visitor = Visitor::at(host.url(), &host.visitor().id().await);
    behaves(&visitor).await;
    let before = notes(&visitor).await;
    for (action, status, code, reasons) in faults {
        let began = Instant::now();
        let answer = visitor.act(action, json!({})).await;
        assert!(began.elapsed() < Duration::from_secs(5), "{action} took {:?}", began.elapsed());
        let problem = answer.problem(status, code);
        assert!(problem["reason"].as_str().is_some_and(|r| reasons.contains(&r)), "{action}: {problem}");
        assert_eq!(notes(&visitor).await, before, "{action} stored something");
        behaves(&visitor).await;
    }
}

#[tokio::test]
async fn a_failed_call_leaves_one_line_in_the_log_and_a_panic_its_words() {
    let host = host().await;
    let visitor = host.visitor();
    visitor.act("misbehave.panic", json!({})).await.problem(502, "plugin_failed");
    let line = host.log_line(|line| line.contains("misbehave.panic") && line.contains("plugin.trap")).await;
    assert!(line.contains("misbehave"), "{line}");
    assert!(line.contains("on purpose"), "the panic's own words are in the log: {line}");
}

#[tokio::test]
async fn what_was_put_before_a_refusal_or_a_trap_is_not_stored() {
    let host = host().await;
    let visitor = Visitor::at(host.url(), &host.visitor().id().await);
    behaves(&visitor).await;
    let before = notes(&visitor).await;
    let refused = visitor.act("misbehave.put_then_fail", json!({})).await;
    assert_eq!(refused.status, 422, "{}", refused.text());
    refused.any_problem();
    visitor.act("misbehave.put_then_trap", json!({})).await.problem(502, "plugin_failed");
    assert_eq!(notes(&visitor).await, before);
    // The key of a failed call is not used up by it.
    visitor.act_once("k1", "misbehave.put_then_trap", json!({})).await.problem(502, "plugin_failed");
    assert_eq!(notes(&visitor).await, before);
}

#[tokio::test]
async fn a_flood_of_log_lines_is_cut_and_not_an_error() {
    let host = host().await;
    host.visitor().act("misbehave.flood_log", json!({})).await.ok();
    let lines = host.log().lines().filter(|line| line.contains("flooding the log")).count();
    assert!((1..=300).contains(&lines), "{lines} lines of one call");
}

/// Sixteen endless loops at once: health and another plugin go on, and all loops end.
#[tokio::test]
async fn looping_calls_do_not_delay_others() {
    let host = host().await;
    let mut loops = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let visitor = host.visitor();
        loops.spawn(async move { visitor.act("misbehave.loop", json!({})).await });
    }
    let (anybody, shopper) = (host.anybody(), Visitor::at(host.url(), &host.visitor().id().await));
    let mut slowest = Duration::ZERO;
    let mut rounds = 0;
    while !loops.is_empty() || rounds < 10 {
        slowest = slowest.max(time(&anybody, "/api/health").await);
        shopper.act("add_to_cart", json!({"productId": "prod_1"})).await.ok();
        rounds += 1;
        while let Some(ended) = loops.try_join_next() {
            ended.expect("an answer").problem(504, "plugin_timeout");
        }
        assert!(rounds < 5_000, "the loops do not end");
    }
    assert_eq!(shopper.count().await, rounds);
    assert!(slowest < Duration::from_millis(500), "health took {slowest:?} beside loops");
}

async fn time(client: &Client, path: &str) -> Duration {
    let began = Instant::now();
    client.get(path).await.ok();
    began.elapsed()
}

#[tokio::test]
async fn more_calls_than_a_plugin_may_have_are_told_to_come_back() {
    let host = TestHost::with(&[
        ("INLAY_PLUGINS_CONCURRENCY", "1"),
        ("INLAY_PLUGINS_QUEUE", "1"),
        ("INLAY_PLUGINS_QUEUE_WAIT_MS", "50"),
        ("INLAY_PLUGINS_CPU_MS", "500"),
    ]);
    let mut host = host.await;
    let answer = super::admin_plugins::upload(&host.admin(), wasm::misbehave().to_vec(), Some("all")).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let mut loops = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let visitor = host.visitor();
        loops.spawn(async move { visitor.act("misbehave.loop", json!({})).await });
    }
    let answers = loops.join_all().await;
    let busy: Vec<_> = answers.iter().filter(|answer| answer.status == 429).collect();
    assert!(!busy.is_empty() && busy.len() < answers.len(), "{:?}", answers.iter().map(|a| a.status).collect::<Vec<_>>());
    for answer in busy {
        answer.problem(429, "plugin_busy");
        assert!(answer.header("retry-after").is_some_and(|s| s.parse::<u32>().is_ok()));
    }
    behaves(&host.visitor()).await;
}
