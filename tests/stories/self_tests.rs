//! A plugin ships fixtures; the host runs them in the sandbox at upload, and one that fails refuses it with the difference.
use crate::kit::{Guest, TestHost, guest};
use serde_json::{Value, json};

/// A plugin that counts its calls in the workspace and answers "counter", with one fixture.
fn counter(version: &str, fixture: &Value) -> Vec<u8> {
    let code = format!("(local $bucket i32) {} {} (call $ok)", guest::open("workspace"), guest::add("n", 1));
    let made = Guest::new("counter").version(version).imports(&["state"]).needs(&["workspace"]).handle(code);
    made.manifest(json!({"fixtures": [fixture]})).bytes()
}

#[tokio::test]
async fn a_plugin_that_passes_its_own_tests_is_in_force_and_they_leave_no_trace() {
    let mut host = TestHost::start().await;
    let admin = host.admin();
    let fixture = json!({
        "name": "counting", "action": "counter.go", "state": {"workspace": {"n": 41}},
        "expect": {"ok": true, "data": "counter", "events": [], "state": {"workspace": {"n": 42, "other": null}}}
    });
    super::admin_plugins::upload(&admin, counter("1.0.0", &fixture), Some("all")).await.is(201);
    host.visitor().act("counter.go", json!({})).await.ok();
    let asked = json!({"name": "asking", "query": "counter.ask", "expect": {"data": "counter"}});
    super::admin_plugins::upload(&admin, counter("1.1.0", &asked), Some("all")).await.is(201);
}

#[tokio::test]
async fn a_failing_fixture_refuses_the_upload_and_says_what_is_different() {
    let mut host = TestHost::start().await;
    let admin = host.admin();
    let expect = |expect: Value| json!({"name": "counting", "action": "counter.go", "expect": expect});
    for (fixture, place, words) in [
        (expect(json!({"data": "another"})), "/fixtures/0/expect/data", "got \"counter\""),
        (expect(json!({"error": "conflict.full"})), "/fixtures/0/expect/error", "conflict.full"),
        (expect(json!({"render": {"widget": "cart"}})), "/fixtures/0/expect/render", "got none"),
        (expect(json!({"events": [{"topic": "x"}]})), "/fixtures/0/expect/events", "got []"),
        (
            expect(json!({"state": {"workspace": {"n": 2}}})),
            "/fixtures/0/expect/state/workspace/n",
            "expected 2, got 1",
        ),
    ] {
        let answer = super::admin_plugins::upload(&admin, counter("1.0.0", &fixture), Some("all")).await;
        let problem = answer.problem(422, "plugin_invalid");
        assert!(problem["detail"].as_str().is_some_and(|d| d.contains("\"counting\" failed")), "{problem}");
        assert_eq!(problem["faults"][0]["pointer"], place, "{problem}");
        assert!(problem["faults"][0]["message"].as_str().is_some_and(|m| m.contains(words)), "{problem}");
    }
    host.visitor().act("counter.go", json!({})).await.problem(404, "unknown_action");
}

#[tokio::test]
async fn a_fixture_that_never_ends_or_makes_no_sense_is_refused() {
    let mut host = TestHost::start().await;
    let admin = host.admin();
    let endless = Guest::new("endless").handle("(loop $l (br $l)) unreachable");
    let fixture = json!({"name": "for ever", "action": "endless.go", "expect": {}});
    let many = vec![fixture.clone(); 32];
    let answer =
        super::admin_plugins::upload(&admin, endless.clone().manifest(json!({"fixtures": many})).bytes(), None);
    let problem = answer.await.problem(422, "plugin_invalid");
    assert!(problem["detail"].as_str().is_some_and(|d| d.contains("limit.cpu")), "{problem}");
    for fixtures in [json!(vec![fixture; 33]), json!([{"name": "x"}]), json!([7]), json!({}), json!([{"expect": {}}])] {
        let made = endless.clone().manifest(json!({"fixtures": fixtures})).bytes();
        super::admin_plugins::upload(&admin, made, None).await.problem(422, "plugin_invalid");
    }
}
