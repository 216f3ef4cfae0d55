//! What no upload and no plugin may do to the host, generated here: no binary files.
use crate::kit::{Guest, TestHost, guest};
use serde_json::json;

#[tokio::test]
async fn a_plugin_made_from_text_is_a_plugin() {
    let mut host = TestHost::start().await;
    let admin = host.admin();
    let code = format!("(local $bucket i32) {} {} (call $ok)", guest::open("workspace"), guest::add("n", 1));
    let made = Guest::new("made").imports(&["state"]).needs(&["workspace"]).handle(code);
    super::admin_plugins::upload(&admin, made.bytes(), Some("all")).await.is(201);
    let answer = host.visitor().act("made.go", json!({})).await.ok().json();
    assert_eq!(answer["result"], "made", "{answer}");
    assert_eq!(host.visitor().get("/api/data/made.ask").await.ok().json(), "made");
}
