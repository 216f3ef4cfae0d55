//! Versions of a plugin: staged, approved, in force, rolled back, out of force, deleted; over restarts, and as the command
//! line changes them beside a running host.
use crate::kit::guest::Guest;
use crate::kit::{Answer, Client, TestHost};
use serde_json::{Value, json};

/// A version of the plugin `v` whose action `v.go` answers with its version number.
fn version(number: &str) -> Guest {
    Guest::new("v").version(number).text(json!(number).to_string()).handle("(call $say (call $text1))")
}

async fn upload(admin: &Client, guest: &Guest, query: &str) -> Answer {
    let path = format!("/api/admin/plugins{query}");
    admin.send(admin.request("POST", &path).header("content-type", "application/wasm").body(guest.bytes())).await
}

async fn post(admin: &Client, path: &str, body: Value) -> Answer {
    admin.post(&format!("/api/admin/plugins/{path}"), &body).await
}

/// What answers right now.
async fn answers(host: &TestHost) -> Value {
    host.anybody().act("v.go", json!({})).await.ok().json()["result"].clone()
}

/// Number and state of every version, the newest first.
async fn states(admin: &Client) -> Vec<(String, String)> {
    let list = admin.get("/api/admin/plugins/v/versions").await.ok().json();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let versions = list["versions"].as_array().expect("a list");
    versions.iter().map(|version| (text(&version["version"]), text(&version["state"]))).collect()
}

fn pairs(states: &[(&str, &str)]) -> Vec<(String, String)> {
    states.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
}

#[tokio::test]
async fn versions_replace_each_other_and_rollbacks_lead_further_back() {
    let mut host = TestHost::start().await;
    let admin = host.admin();
    for number in ["1.0.0", "1.1.0", "1.2.0"] {
        let answer = upload(&admin, &version(number), "").await.is(201).json();
        assert_eq!((&answer["state"], &answer["version"]), (&json!("active"), &json!(number)), "{answer}");
        assert_eq!(answers(&host).await, number);
    }
    let all = pairs(&[("1.2.0", "active"), ("1.1.0", "retired"), ("1.0.0", "retired")]);
    assert_eq!(states(&admin).await, all);
    assert_eq!(post(&admin, "v/rollback", json!({})).await.ok().json()["version"], "1.1.0");
    assert_eq!(answers(&host).await, "1.1.0");
    // What was rolled back to is in force after a restart, and the next rollback leads further back.
    host.kill();
    host.restart().await;
    let admin = host.admin();
    assert_eq!(answers(&host).await, "1.1.0");
    assert_eq!(post(&admin, "v/rollback", json!({})).await.ok().json()["version"], "1.0.0");
    assert_eq!(answers(&host).await, "1.0.0");
    post(&admin, "v/rollback", json!({})).await.problem(409, "no_earlier_version");
    // Any version that is kept can be put in force by its number or its digest.
    let list = admin.get("/api/admin/plugins/v/versions").await.ok().json();
    assert_eq!(post(&admin, "v/activate", json!({"version": "1.2.0"})).await.ok().json()["state"], "active");
    assert_eq!(answers(&host).await, "1.2.0");
    let digest = list["versions"][1]["digest"].clone();
    assert_eq!(post(&admin, "v/activate", json!({"digest": digest})).await.ok().json()["version"], "1.1.0");
    post(&admin, "v/activate", json!({"version": "9.9.9"})).await.problem(404, "unknown_version");
    post(&admin, "nobody/activate", json!({"version": "1.0.0"})).await.problem(404, "unknown_plugin");
    post(&admin, "v/activate", json!({})).await.problem(422, "invalid_body");
    host.log_line(|line| line.contains("rollback") && line.contains("1.2.0") && line.contains("1.1.0")).await;
}

#[tokio::test]
async fn every_step_of_an_upload_is_written_down() {
    let mut host = TestHost::start().await;
    let admin = host.admin();
    upload(&admin, &version("1.0.0"), "").await.is(201);
    let list = admin.get("/api/admin/plugins/v/versions").await.ok().json();
    let one = &list["versions"][0];
    let steps = one["steps"].as_array().expect("steps");
    let names: Vec<_> = steps.iter().filter_map(|step| step["step"].as_str()).collect();
    let all = ["uploaded", "verified", "parsed", "compiled", "linked", "self-tested", "staged", "active"];
    for step in all {
        assert!(names.contains(&step), "no {step} in {one}");
    }
    let times: Vec<_> = steps.iter().filter_map(|step| step["at_ms"].as_u64()).collect();
    assert!(times.is_sorted() && times[0] > 1_600_000_000_000, "{one}");
    assert_eq!(one["bytes"], version("1.0.0").bytes().len());
    assert!(one["uploaded_by"].as_str().is_some_and(|who| who.starts_with("tok_")), "{one}");

    // A refused one leaves its step and reason, and nothing else.
    let lie = Guest::new("v").version("2.0.0").imports(&["state"]);
    upload(&admin, &lie, "?permissions=all").await.problem(422, "plugin_invalid");
    upload(&admin, &Guest::new("v").version("two"), "").await.problem(422, "plugin_invalid");
    let list = admin.get("/api/admin/plugins").await.ok().json();
    let rejected = list["rejected"].as_array().expect("a list");
    assert_eq!(rejected.len(), 2, "{list}");
    assert!(rejected.iter().all(|one| one["state"] == "rejected" && one["step"] == "self-tested"), "{list}");
    assert!(rejected[1]["reason"].as_str().is_some_and(|reason| reason.contains("needs.state")), "{list}");
    assert_eq!(states(&admin).await, pairs(&[("1.0.0", "active")]));
}

#[tokio::test]
async fn an_upload_can_be_staged_and_one_that_asks_for_more_waits_for_approval() {
    let mut host = TestHost::start().await;
    let admin = host.admin();
    upload(&admin, &version("1.0.0"), "").await.is(201);
    let staged = upload(&admin, &version("1.1.0"), "?activate=false").await.is(201).json();
    assert_eq!(staged["state"], "staged", "{staged}");
    assert_eq!(answers(&host).await, "1.0.0");

    let needs = json!({"needs": {"state": ["workspace"], "reasons": {"state:workspace": "counts all sales"}}});
    let asking = version("1.2.0").imports(&["state"]).manifest(needs);
    let waiting = upload(&admin, &asking, "").await.is(201).json();
    assert_eq!(waiting["state"], "needs-approval", "{waiting}");
    assert_eq!(waiting["missing"], json!(["state:workspace"]), "{waiting}");
    assert_eq!(waiting["reasons"]["state:workspace"], "counts all sales", "{waiting}");
    assert_eq!(answers(&host).await, "1.0.0", "the old one keeps serving");
    let all = pairs(&[("1.2.0", "needs-approval"), ("1.1.0", "staged"), ("1.0.0", "active")]);
    assert_eq!(states(&admin).await, all);
    let refused = post(&admin, "v/activate", json!({"version": "1.2.0"})).await.problem(422, "grants_missing");
    assert!(refused["faults"][0]["message"].as_str().is_some_and(|m| m.contains("counts all sales")), "{refused}");
    upload(&admin, &asking, "?permissions=state:visitor").await.problem(422, "grants_missing");

    host.kill();
    host.restart().await;
    let admin = host.admin();
    assert_eq!(states(&admin).await, all, "what waits is still there");
    let approve = json!({"version": "1.2.0", "permissions": ["state:workspace"]});
    let approved = post(&admin, "v/activate", approve).await.ok().json();
    assert_eq!((&approved["state"], &approved["granted"]), (&json!("active"), &json!(["state:workspace"])));
    assert_eq!(answers(&host).await, "1.2.0");
    // The grant is remembered: a later version that asks for the same comes into force at once.
    let later = version("1.3.0").imports(&["state"]).needs(&["workspace"]);
    assert_eq!(upload(&admin, &later, "").await.is(201).json()["state"], "active");
    // A version that asks for less keeps it in mind, until the admin takes it away.
    let less = upload(&admin, &version("1.4.0"), "").await.is(201).json();
    assert_eq!(less["no_longer_asked"], json!(["state:workspace"]), "{less}");
    let fewer = post(&admin, "v/activate", json!({"version": "1.4.0", "permissions": []})).await.ok().json();
    assert_eq!(fewer["no_longer_asked"], json!([]), "{fewer}");
    post(&admin, "v/rollback", json!({})).await.problem(422, "grants_missing");
    assert_eq!(answers(&host).await, "1.4.0");
}
