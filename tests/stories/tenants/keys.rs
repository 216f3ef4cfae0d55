//! API keys: shown once, used, counted, rotated, ended.
use crate::kit::postgres::Database;
use crate::kit::{Client, TestHost};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};

async fn make(admin: &Client, body: Value) -> Value {
    admin.post("/api/keys", &body).await.is(201).json()
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

fn with(host: &TestHost, key: &Value) -> Client {
    host.anybody().with_header("x-api-key", &text(key))
}

#[tokio::test]
async fn a_key_is_shown_once_and_works_until_it_is_ended() {
    let mut host = TestHost::start().await;
    let admin = host.admin();
    let secret = make(&admin, json!({"name": "Server", "kind": "secret", "type": "test"})).await;
    assert!(text(&secret["key"]).starts_with("sk_test_"));
    let path = format!("/api/keys/{}", text(&secret["id"]));
    for answer in [admin.get("/api/keys").await.ok(), admin.get(&path).await.ok()] {
        assert!(!answer.text().contains(&text(&secret["key"])), "{}", answer.text());
    }
    let auth = with(&host, &secret["key"]).get("/api/sdk/auth").await.ok().json();
    assert_eq!((&auth["success"], &auth["user"]["id"]), (&json!(true), &json!("ws_default")), "{auth}");
    // A secret does not belong in an address; a publishable key may be there.
    let in_query = |key: &Value| format!("/api/sdk/auth?key={}", text(key));
    host.anybody().get(&in_query(&secret["key"])).await.problem(401, "invalid_token");
    let page = make(&admin, json!({"name": "Page", "allowed_domains": ["*.shop.example"]})).await;
    let auth = host.anybody().get(&in_query(&page["key"])).await.ok().json();
    assert_eq!(auth["key"], json!({"kind": "publishable", "type": "live"}), "{auth}");
    for (origin, fine) in [("https://www.shop.example", true), ("https://evil.example", false), ("null", false)] {
        let answer = with(&host, &page["key"]).with_header("origin", origin).get("/api/sdk/auth").await;
        if fine {
            answer.ok();
        } else {
            answer.problem(403, "origin_not_allowed");
        }
    }
    admin.send(admin.request("PATCH", &path).json(&json!({"active": false}))).await.ok();
    with(&host, &secret["key"]).get("/api/sdk/auth").await.problem(401, "invalid_token");
    admin.send(admin.request("PATCH", &path).json(&json!({"active": true}))).await.ok();
    let next = admin.post(&format!("{path}/rotate"), &json!({"overlap_s": 3600})).await.is(201).json();
    for key in [&secret["key"], &next["key"]] {
        with(&host, key).get("/api/sdk/auth").await.ok();
    }
    admin.post(&format!("{path}/rotate"), &json!({})).await.problem(409, "conflict");
    for id in [&secret["id"], &next["id"]] {
        admin.send(admin.request("DELETE", &format!("/api/keys/{}", text(id)))).await.is(204);
    }
    for key in [&secret["key"], &next["key"]] {
        with(&host, key).get("/api/sdk/auth").await.problem(401, "invalid_token");
    }
    admin.get(&path).await.problem(404, "not_found");
    assert!(!host.log().contains(&text(&secret["key"])), "a key is in the log");
}

#[tokio::test]
async fn a_lost_answer_is_given_again_with_its_secret() {
    let mut host = TestHost::start().await;
    let admin = host.admin();
    let send = |name: &'static str| {
        let body = json!({"name": name, "kind": "secret"});
        admin.send(admin.request("POST", "/api/keys").header("idempotency-key", "once").json(&body))
    };
    let first = send("Server").await.is(201);
    let again = send("Server").await.is(201);
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(first.text(), again.text());
    send("Other").await.problem(422, "idempotency_key_reused");
    assert_eq!(admin.get("/api/keys").await.ok().json()["keys"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn bad_keys_are_refused_place_by_place() {
    let mut host = TestHost::start().await;
    let admin = host.admin();
    for (body, pointer) in [
        (json!({}), "/name"),
        (json!({"name": ""}), "/name"),
        (json!({"name": "x", "kind": "other"}), "/kind"),
        (json!({"name": "x", "type": "other"}), "/type"),
        (json!({"name": "x", "allowed_domains": "a.example"}), "/allowed_domains"),
        (json!({"name": "x", "allowed_domains": ["*.com"]}), "/allowed_domains/0"),
        (json!({"name": "x", "rate_limit_per_hour": 0}), "/rate_limit_per_hour"),
        (json!({"name": "x", "rate_limit_per_hour": -1}), "/rate_limit_per_hour"),
        (json!({"name": "x", "kind": "secret", "allowed_domains": ["a.example"]}), "/allowed_domains"),
    ] {
        let problem = admin.post("/api/keys", &body).await.problem(422, "invalid_body");
        assert_eq!(problem["faults"][0]["pointer"], pointer, "{problem}");
    }
    admin.get("/api/keys?limit=0").await.problem(422, "invalid_parameters");
    host.anybody().get("/api/keys").await.problem(401, "missing_token");
    host.anybody().get("/api/sdk/auth").await.problem(401, "missing_token");
    assert_eq!(admin.get("/api/keys").await.ok().json(), json!({"keys": [], "next": null}));
}

#[tokio::test]
async fn use_is_counted_and_survives_a_restart() {
    let mut host = TestHost::start().await;
    let admin = host.admin();
    let key = make(&admin, json!({"name": "Server", "kind": "secret"})).await;
    let path = format!("/api/keys/{}/usage", text(&key["id"]));
    for _ in 0..3 {
        with(&host, &key["key"]).get("/api/sdk/auth").await.ok();
    }
    let before = admin.get(&path).await.ok().json();
    assert_eq!((&before["total"], &before["months"][0]["requests"]), (&json!(3), &json!(3)), "{before}");
    assert!(host.stop().await.success());
    host.restart().await;
    let after = host.admin().get(&path).await.ok().json();
    assert_eq!(after["total"], 3, "{after}");
    assert_eq!(after["hour"]["limit"], 1000, "{after}");
    assert_eq!(after["last_used_at_ms"], before["last_used_at_ms"]);
}

#[tokio::test]
async fn a_key_that_is_ended_on_one_host_is_refused_by_the_other() {
    let Some(database) = Database::new().map(Arc::new) else { return };
    let secret = ("INLAY_AUTH_SECRET", "one secret for both of these hosts, long enough");
    let mut one = TestHost::on(Some(database.clone()), &[secret]).await;
    let two = TestHost::on(Some(database), &[secret]).await;
    let admin = one.admin();
    let key = make(&admin, json!({"name": "Server", "kind": "secret"})).await;
    with(&two, &key["key"]).get("/api/sdk/auth").await.ok();
    admin.send(admin.request("DELETE", &format!("/api/keys/{}", text(&key["id"])))).await.is(204);
    with(&one, &key["key"]).get("/api/sdk/auth").await.problem(401, "invalid_token");
    let until = Instant::now() + Duration::from_secs(5);
    while with(&two, &key["key"]).get("/api/sdk/auth").await.status != 401 {
        assert!(Instant::now() < until, "the other host still takes the key");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn the_command_line_makes_lists_and_ends_keys_beside_a_host() {
    let host = TestHost::start().await;
    let data = host.data();
    let inlay = |arguments: &[&str]| {
        let output = host.inlay(&[arguments, &["--data", data.to_str().expect("a path")]].concat());
        let (out, err) = (String::from_utf8(output.stdout).expect("UTF-8"), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{err}");
        out
    };
    let key = inlay(&["key", "create", "Shop", "--type", "sk", "--test"]);
    let key = key.trim();
    assert!(key.starts_with("sk_test_"), "{key}");
    host.anybody().with_header("x-api-key", key).get("/api/sdk/auth").await.ok();
    let listed: Value = serde_json::from_str(&inlay(&["key", "list", "--json"])).expect("JSON");
    assert_eq!(listed[0]["name"], "Shop");
    assert!(!listed.to_string().contains(key) && !inlay(&["key", "list"]).contains(key));
    inlay(&["key", "revoke", listed[0]["id"].as_str().expect("an id")]);
    let until = Instant::now() + Duration::from_secs(5);
    while host.anybody().with_header("x-api-key", key).get("/api/sdk/auth").await.status != 401 {
        assert!(Instant::now() < until, "the host still takes the key");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let path = data.to_str().expect("a path");
    assert!(!host.inlay(&["key", "list", "--workspace", "ws_none", "--data", path]).status.success());
}
