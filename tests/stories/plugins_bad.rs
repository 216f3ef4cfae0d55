//! A plugin that traps, loops, eats memory or floods costs only its own call: a typed error, nothing stored, and the
//! next good call succeeds. `tests/fixtures/misbehave` is that plugin.
use crate::kit::{Client, TestHost, Visitor, wasm};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// A host with the misbehaving plugin beside the bundled ones, which lets it misbehave for ever.
async fn host() -> TestHost {
    let mut host = TestHost::with(&[("INLAY_WATCH_BREAKER", "false"), ("INLAY_WATCH_OFFENDER_STOPS", "0")]).await;
    let component = wasm::misbehave().to_vec();
    let answer = super::admin_plugins::upload(&host.admin(), component, Some("all")).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    host
}

async fn counts(visitor: &Visitor) -> Value {
    visitor.get("/api/data/count").await.ok().json()
}

/// A good call right after a bad one: it adds exactly one, and what the bad one wrote is not there.
async fn behaves(visitor: &Visitor, before: i64) {
    let good = visitor.act("ok", json!({})).await.ok().json();
    assert_eq!(good["result"], json!({"visitor": before + 1, "workspace": before + 1}), "{good}");
}

#[tokio::test]
async fn every_fault_is_a_typed_error_that_stores_nothing_and_the_next_call_succeeds() {
    // The action, its status, its code, and the words that may stand in `reason`.
    let faults: [(&str, u16, &str, &[&str]); 16] = [
        ("trap", 502, "plugin_failed", &["plugin.trap"]),
        ("panic", 502, "plugin_failed", &["plugin.trap"]),
        ("loop", 504, "plugin_timeout", &["limit.cpu"]),
        ("eat_memory", 502, "plugin_limit", &["limit.memory"]),
        ("recurse", 502, "plugin_limit", &["limit.stack"]),
        ("big_output", 502, "plugin_limit", &["limit.output"]),
        ("big_render", 502, "plugin_limit", &["limit.output"]),
        ("flood_state_ops", 502, "plugin_limit", &["limit.state-ops", "limit.host-calls"]),
        ("flood_events", 502, "plugin_limit", &["limit.events", "limit.host-calls"]),
        ("flood_logs", 502, "plugin_limit", &["limit.host-calls"]),
        ("big_value", 502, "plugin_limit", &["limit.state-value", "limit.output"]),
        ("put_then_fail", 409, "action_conflict", &["conflict.on-purpose"]),
        ("put_then_panic", 502, "plugin_failed", &["plugin.trap"]),
        ("put_then_loop", 504, "plugin_timeout", &["limit.cpu"]),
        ("bad_json_reply", 502, "plugin_failed", &["plugin.abi"]),
        ("undeclared_event", 502, "plugin_failed", &["cap.denied"]),
    ];
    let host = host().await;
    let visitor = Visitor::at(host.url(), &host.visitor().id().await);
    for (good, (action, status, code, reasons)) in (0..).zip(faults) {
        let before = counts(&visitor).await;
        let began = Instant::now();
        let answer = visitor.act(action, json!({})).await;
        assert!(began.elapsed() < Duration::from_secs(5), "{action} took {:?}", began.elapsed());
        assert_eq!(answer.status, status, "{action}: {}", answer.text());
        let problem = answer.problem(status, code);
        assert!(problem["reason"].as_str().is_some_and(|r| reasons.contains(&r)), "{action}: {problem}");
        assert!(!problem.to_string().contains("secret text"), "a panic's words are for the log alone: {problem}");
        assert_eq!(counts(&visitor).await, before, "{action} stored something");
        behaves(&visitor, good).await;
    }
}

#[tokio::test]
async fn a_plugin_without_rights_gets_nothing_and_says_so() {
    let host = host().await;
    let visitor = Visitor::at(host.url(), &host.visitor().id().await);
    visitor.act("thread_state", json!({})).await.problem(422, "action_refused");
    visitor.act("write_in_read", json!({})).await.problem(502, "plugin_failed");
    let tried = visitor.get("/api/data/write_in_query").await.ok().json();
    assert_eq!(tried, json!({"wrote": false, "code": "cap.read-only"}));
    let files = visitor.act("read_files", json!({})).await.ok().json();
    assert_eq!(files["result"], json!({"read": false, "write": false}), "{files}");
    let environment = visitor.act("read_env", json!({})).await.ok().json();
    assert_eq!(environment["result"], json!({"vars": 0, "args": 0}), "{environment}");
    // The clock stands still for the call; randomness belongs to the call and is the same when it is run again.
    let one = visitor.act("read_clock_random", json!({})).await.ok().json();
    assert_eq!(one["result"]["now_ms"], one["result"]["call_ms"], "{one}");
    let other = visitor.act("read_clock_random", json!({})).await.ok().json();
    assert_ne!(one["result"]["random"], other["result"]["random"], "another call, another seed");
    assert_eq!(counts(&visitor).await, json!({"visitor": 0, "workspace": 0}));
}

#[tokio::test]
async fn queries_fail_as_actions_do() {
    let host = host().await;
    let visitor = host.visitor();
    let panicked = visitor.get("/api/data/query_panic").await.problem(502, "plugin_failed");
    assert!(!panicked.to_string().contains("secret text"), "{panicked}");
    visitor.get("/api/data/query_loop").await.problem(504, "plugin_timeout");
    visitor.get("/api/data/query_big").await.problem(502, "plugin_limit");
    let echoed = visitor.get("/api/data/echo?a=b%20c").await.ok().json();
    assert_eq!(echoed["a"], "b c", "{echoed}");
}

#[tokio::test]
async fn a_widget_that_cannot_be_rendered_is_a_typed_error_and_nothing_is_stored() {
    let host = host().await;
    let visitor = host.visitor();
    for action in ["unknown_widget", "bad_widget_data"] {
        let answer = visitor.act(action, json!({})).await;
        assert!([502].contains(&answer.status), "{action}: {}", answer.text());
        answer.any_problem();
    }
}

#[tokio::test]
async fn a_form_s_faults_come_back_by_field() {
    let host = host().await;
    let problem = host.visitor().act("invalid_form", json!({})).await.problem(422, "invalid_form");
    let pointers: Vec<_> = problem["faults"].as_array().into_iter().flatten().map(|fault| &fault["pointer"]).collect();
    assert_eq!(pointers, ["/email", "/name"], "{problem}");
}

#[tokio::test]
async fn a_failed_call_leaves_one_line_in_the_log_with_the_panic_s_own_words() {
    let host = host().await;
    host.visitor().act("panic", json!({})).await.problem(502, "plugin_failed");
    host.log_line(|line| line.contains("misbehave") && line.contains("plugin.trap")).await;
    host.log_line(|line| line.contains("secret text")).await;
    let lines: Vec<_> = host.log().lines().filter(|line| line.contains("plugin.trap")).map(str::to_owned).collect();
    assert_eq!(lines.len(), 1, "{lines:?}");
    for what in ["misbehave", "0.", "panic", "cpu"] {
        assert!(lines[0].contains(what), "no {what} in {lines:?}");
    }
}

#[tokio::test]
async fn a_flood_of_log_lines_is_cut() {
    let host = host().await;
    host.visitor().act("flood_logs", json!({})).await.any_problem();
    let lines = host.log().lines().filter(|line| line.contains("flood")).count();
    assert!((1..=300).contains(&lines), "{lines} lines of one call");
}

#[tokio::test]
async fn the_key_of_a_failed_call_is_not_used_up() {
    let host = host().await;
    let visitor = Visitor::at(host.url(), &host.visitor().id().await);
    visitor.act_once("k1", "put_then_panic", json!({})).await.problem(502, "plugin_failed");
    visitor.act_once("k1", "put_then_panic", json!({})).await.problem(502, "plugin_failed");
    assert_eq!(counts(&visitor).await, json!({"visitor": 0, "workspace": 0}));
}

/// Sixteen endless loops at once: health and another plugin go on, and all loops end.
#[tokio::test]
async fn looping_calls_do_not_delay_others() {
    let host = host().await;
    let mut loops = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let visitor = host.visitor();
        loops.spawn(async move { visitor.act("loop", json!({})).await });
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
        loops.spawn(async move { visitor.act("loop", json!({})).await });
    }
    let answers = loops.join_all().await;
    let busy: Vec<_> = answers.iter().filter(|answer| answer.status == 429).collect();
    assert!(
        !busy.is_empty() && busy.len() < answers.len(),
        "{:?}",
        answers.iter().map(|a| a.status).collect::<Vec<_>>()
    );
    for answer in busy {
        answer.problem(429, "plugin_busy");
        assert!(answer.header("retry-after").is_some_and(|s| s.parse::<u32>().is_ok()));
    }
    behaves(&host.visitor(), 0).await;
}
