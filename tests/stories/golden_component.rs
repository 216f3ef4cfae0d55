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
