//! The promise to authors: a plugin compiled against `inlay:plugin@1.0.0` runs on every later host. The component in
//! `tests/golden` was compiled once and is never compiled again.
use crate::kit::{TestHost, Visitor, repo};
use serde_json::json;
use sha2::{Digest, Sha256};

const COMPONENT: &str = "tests/golden/golden-1.0.0.wasm";

#[tokio::test]
async fn the_golden_component_still_loads_and_runs() {
    let component = std::fs::read(repo().join(COMPONENT)).expect("the golden component is in the repository");
    let mut host = TestHost::start().await;
    let admin = host.admin();
    let installed = super::admin_plugins::upload(&admin, component, Some("all")).await.is(201).json();
    assert_eq!(installed["name"], "golden", "{installed}");

    let visitor = Visitor::at(host.url(), &host.visitor().id().await);
    let first = visitor.act("golden.count", json!({"by": 2})).await.ok().json();
    assert_eq!(first["result"]["count"], 2, "{first}");
    let second = visitor.act("golden.count", json!({"by": 3})).await.ok().json();
    assert_eq!(second["result"]["count"], 5, "{second}");
    assert_eq!(second["events"][0]["topic"], "golden-counted", "{second}");
    let state = visitor.get("/api/data/golden.state").await.ok().json();
    assert_eq!(state["count"], 5, "{state}");
    visitor.act("golden.count", json!({"by": "two"})).await.problem(422, "invalid_parameters");
}

/// Every function of every interface, with the answers that the component got when it was compiled.
#[tokio::test]
async fn the_golden_component_gets_the_answers_it_was_compiled_for() {
    let component = std::fs::read(repo().join(COMPONENT)).expect("the golden component is in the repository");
    let mut host = TestHost::start().await;
    let admin = host.admin();
    super::admin_plugins::upload(&admin, component, Some("all")).await.is(201);
    let visitor = Visitor::at(host.url(), &host.visitor().id().await);
    let result = async |action: &str, parameters| visitor.act(action, parameters).await.ok().json()["result"].clone();

    for scope in ["visitor", "workspace"] {
        let first = result("golden.every", json!({"scope": scope})).await;
        assert_eq!(first["before"], json!(null), "{first}");
        assert_eq!(first["one"], json!({"n": 1, "text": "grüße 🎹"}), "{first}");
        assert_eq!(first["many"], json!([[1, 2, 3], null, null, 3]), "{first}");
        assert_eq!((&first["scanned"], &first["rest"]), (&json!(["k/a", "k/b", "k/d"]), &json!(["k/b"])), "{first}");
        let second = result("golden.every", json!({"scope": scope})).await;
        assert_eq!(second["before"], first["one"], "what was put is there the next time: {second}");
    }
    let threadless = visitor.act("golden.every", json!({"scope": "thread"})).await;
    assert_eq!(threadless.problem(422, "action_refused")["reason"], "state.no-thread");

    assert_eq!(result("golden.add", json!({"scope": "workspace", "by": 7, "max": 10})).await, 7);
    let past = visitor.act("golden.add", json!({"scope": "workspace", "by": 7, "max": 10})).await;
    assert_eq!(past.problem(409, "action_conflict")["reason"], "state.bound");
    assert_eq!(result("golden.look", json!({"scope": "workspace"})).await, 7, "a refused sum is not stored");

    let reply = visitor.act("golden.reply", json!({})).await.ok().json();
    assert_eq!(reply["widgets"][0]["name"], "golden", "{reply}");
    assert!(reply["message"].is_string() && !reply["result"].is_null(), "{reply}");
    let config = visitor.get("/api/data/golden.config").await.ok().json();
    assert_eq!(config, json!({"text": "hello", "last": 3, "missing": null}));

    let refused = visitor.act("golden.refuse", json!({})).await.problem(422, "invalid_form");
    let pointers: Vec<_> = refused["faults"].as_array().into_iter().flatten().map(|fault| &fault["pointer"]).collect();
    assert_eq!(pointers, ["/a", "/b/0"], "{refused}");
    visitor.act("golden.panic", json!({})).await.problem(502, "plugin_failed");
    host.log_line(|line| line.contains("golden panic")).await;
    visitor.act("golden.log", json!({})).await.ok();

    // Roles that the manifest asks for.
    visitor.act("golden.forget", json!({"scope": "workspace"})).await.problem(401, "missing_token");
    visitor.get("/api/data/golden.all?scope=visitor").await.problem(401, "missing_token");
    admin.act("golden.forget", json!({"scope": "workspace"})).await.ok();
    assert_eq!(result("golden.look", json!({"scope": "workspace"})).await, 0);
    let all = admin.get("/api/data/golden.all?scope=workspace").await.ok().json();
    assert!(!all.to_string().contains("refused") && !all.to_string().contains("panicked"), "{all}");
}

/// Compiling it again would make this test prove nothing.
#[test]
fn the_golden_component_is_the_one_that_was_compiled_then() {
    let component = std::fs::read(repo().join(COMPONENT)).expect("the golden component is in the repository");
    let digest: String = Sha256::digest(&component).iter().map(|byte| format!("{byte:02x}")).collect();
    let stated = std::fs::read_to_string(repo().join("tests/golden/SHA256SUMS")).expect("tests/golden/SHA256SUMS");
    assert!(
        stated.lines().any(|line| line.starts_with(&digest) && line.ends_with("golden-1.0.0.wasm")),
        "{digest}\n{stated}"
    );
}
