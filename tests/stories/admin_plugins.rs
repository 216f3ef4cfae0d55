//! Admins see, upload and describe plugins; nobody else does, and a bad upload changes nothing.
use crate::kit::{Answer, Client, TestHost, wasm};
use serde_json::{Value, json};

/// Uploads a component as the raw body. `permissions`: "all", or words separated by commas.
pub async fn upload(admin: &Client, component: Vec<u8>, permissions: Option<&str>) -> Answer {
    let path = match permissions {
        Some(words) => format!("/api/admin/plugins?permissions={words}"),
        None => "/api/admin/plugins".to_owned(),
    };
    admin.send(admin.request("POST", &path).header("content-type", "application/wasm").body(component)).await
}

async fn names(admin: &Client) -> Vec<String> {
    let list = admin.get("/api/admin/plugins").await.ok().json();
    let plugins = list.as_array().or_else(|| list["plugins"].as_array()).or_else(|| list["items"].as_array());
    let plugins = plugins.unwrap_or_else(|| panic!("no list in {list}"));
    plugins.iter().filter_map(|plugin| plugin["name"].as_str().map(str::to_owned)).collect()
}

#[tokio::test]
async fn the_bundled_plugins_are_listed_and_each_can_be_looked_at() {
    let mut host = TestHost::start().await;
    let admin = host.admin();
    let names = names(&admin).await;
    for name in ["shop", "contact", "mcq", "booking", "magazine"] {
        assert!(names.iter().any(|n| n == name), "{names:?}");
        let one = admin.get(&format!("/api/admin/plugins/{name}")).await.ok().json();
        assert_eq!(one["name"], name, "{one}");
        assert!(one["digest"].as_str().is_some_and(|d| d.starts_with("sha256:") && d.len() == 71), "{one}");
        assert_eq!(one["state"], "active", "{one}");
    }
    admin.get("/api/admin/plugins/no-such-plugin").await.problem(404, "unknown_plugin");
}

#[tokio::test]
async fn only_admins_may_look_or_upload() {
    let host = TestHost::start().await;
    let component = wasm::misbehave().to_vec();
    let anybody = host.anybody();
    anybody.get("/api/admin/plugins").await.problem(401, "missing_token");
    upload(&anybody, component.clone(), Some("all")).await.problem(401, "missing_token");
    let forged = anybody.clone().with_header("authorization", "Bearer adm_0000000000000000000000000000000000000000");
    forged.get("/api/admin/plugins").await.problem(401, "invalid_token");
    let garbage = anybody.with_header("authorization", "Bearer eyJhbGciOiJub25lIn0.eyJyb2xlIjoiYWRtaW4ifQ.");
    upload(&garbage, component.clone(), Some("all")).await.problem(401, "invalid_token");
    // Being a known visitor opens nothing.
    let visitor = host.visitor();
    visitor.id().await;
    let refused = upload(&visitor, component, Some("all")).await;
    assert!([401, 403].contains(&refused.status), "{}", refused.text());
    refused.any_problem();
}

#[tokio::test]
async fn an_uploaded_plugin_answers_and_is_still_there_after_a_restart() {
    let mut host = TestHost::start().await;
    let admin = host.admin();
    host.visitor().act("ok", json!({})).await.problem(404, "unknown_action");
    let answer = upload(&admin, wasm::misbehave().to_vec(), Some("all")).await.is(201).json();
    assert_eq!(answer["name"], "misbehave", "{answer}");
    assert!(answer["digest"].as_str().is_some_and(|d| d.starts_with("sha256:")), "{answer}");
    assert!(answer["permissions"].as_array().is_some_and(|p| !p.is_empty()), "{answer}");
    assert!(answer["manifest"]["actions"].as_array().is_some_and(|a| !a.is_empty()), "{answer}");
    host.visitor().act("ok", json!({})).await.ok();
    host.kill();
    host.restart().await;
    host.visitor().act("ok", json!({})).await.ok();
}

#[tokio::test]
async fn a_form_with_a_file_uploads_as_well() {
    let mut host = TestHost::start().await;
    let admin = host.admin();
    let part = reqwest::multipart::Part::bytes(wasm::misbehave().to_vec()).file_name("misbehave.wasm");
    let form = reqwest::multipart::Form::new().part("plugin", part).text("permissions", "all");
    let answer = admin.send(admin.request("POST", "/api/admin/plugins").multipart(form)).await.is(201).json();
    assert_eq!(answer["name"], "misbehave", "{answer}");
    host.visitor().act("ok", json!({})).await.ok();
}

#[tokio::test]
async fn what_is_not_granted_is_named_and_nothing_is_installed() {
    let mut host = TestHost::start().await;
    let admin = host.admin();
    for granted in ["state:thread", "state:visitor"] {
        let problem = upload(&admin, wasm::misbehave().to_vec(), Some(granted)).await.problem(422, "grants_missing");
        assert!(problem.to_string().contains("state:workspace"), "what is missing is named: {problem}");
    }
    assert!(!names(&admin).await.contains(&"misbehave".to_owned()));
    host.visitor().act("ok", json!({})).await.problem(404, "unknown_action");
}

#[tokio::test]
async fn a_bad_file_is_refused_with_its_reason_and_changes_nothing() {
    let mut host = TestHost::start().await;
    let admin = host.admin();
    let before = names(&admin).await;
    let good = wasm::misbehave();
    let module = wat::parse_str("(module (func (export \"run\")))").expect("a module");
    let empty = wat::parse_str("(component)").expect("a component");
    let asks_files =
        wat::parse_str(r#"(component (import "wasi:filesystem/preopens@0.2.0" (instance)))"#).expect("a component");
    let bad: Vec<(&str, Vec<u8>)> = vec![
        ("nothing", Vec::new()),
        ("text", b"hello, I am a plugin".to_vec()),
        ("the text format", b"(component)".to_vec()),
        ("a core module", module),
        ("a component without exports", empty),
        ("a component that wants files", asks_files),
        ("cut off", good[..good.len() / 2].to_vec()),
        ("damaged", damaged(good)),
        ("machine code, as wasmtime precompiles it", [b"\x7fELF".as_slice(), &[0; 4096]].concat()),
    ];
    for (what, bytes) in bad {
        let answer = upload(&admin, bytes, Some("all")).await;
        assert_eq!(answer.status, 422, "{what}: {}", answer.text());
        let problem = answer.any_problem();
        if what != "nothing" {
            assert_eq!(problem["code"], "plugin_invalid", "{what}: {problem}");
        }
        assert!(problem["detail"].as_str().is_some_and(|detail| detail.len() > 10), "{what}: {problem}");
    }
    assert_eq!(names(&admin).await, before);
    host.anybody().get("/readyz").await.ok();

    let wrong_type = admin.send(admin.request("POST", "/api/admin/plugins").json(&json!({"plugin": "no"}))).await;
    wrong_type.problem(415, "unsupported_media_type");
    let form = reqwest::multipart::Form::new().text("permissions", "all");
    let without = admin.send(admin.request("POST", "/api/admin/plugins").multipart(form)).await;
    assert!((400..500).contains(&without.status), "{}", without.text());
    without.any_problem();
}

/// Every 97th byte turned around, behind the header.
fn damaged(good: &[u8]) -> Vec<u8> {
    good.iter().enumerate().map(|(n, byte)| if n > 16 && n % 97 == 0 { !byte } else { *byte }).collect()
}

#[tokio::test]
async fn a_component_above_the_limit_is_413_and_the_host_goes_on() {
    let mut host = TestHost::with(&[("INLAY_PLUGINS_MAX_COMPONENT_BYTES", "1048576")]).await;
    let admin = host.admin();
    let answer = upload(&admin, vec![0; 2_000_000], Some("all")).await;
    answer.problem(413, "body_too_large");
    let health: Value = host.anybody().get("/api/health").await.ok().json();
    assert_eq!(health["status"], "ok", "{health}");
}
