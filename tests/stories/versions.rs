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

/// Whether the host behind this client says so within some seconds: other processes' changes are followed.
async fn becomes(host: &TestHost, answer: &str) {
    for _ in 0..500 {
        let got = host.anybody().act("v.go", json!({})).await;
        if (got.status == 200 && got.json()["result"] == answer) || (got.status == 404 && answer.is_empty()) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("it does not become {answer:?}");
}

#[tokio::test]
async fn a_deactivated_plugin_stays_out_of_force_also_a_bundled_one() {
    let mut host = TestHost::start().await;
    let admin = host.admin();
    upload(&admin, &version("1.0.0"), "").await.is(201);
    admin.send(admin.request("DELETE", "/api/admin/plugins/v")).await.problem(409, "plugin_in_force");
    for name in ["v", "shop"] {
        let answer = post(&admin, &format!("{name}/deactivate"), json!({})).await.ok().json();
        assert_eq!(answer["state"], "retired", "{answer}");
    }
    host.anybody().act("v.go", json!({})).await.problem(404, "unknown_action");
    host.kill();
    host.restart().await;
    let admin = host.admin();
    host.anybody().act("v.go", json!({})).await.problem(404, "unknown_action");
    host.visitor().act("add_to_cart", json!({"productId": "prod_1"})).await.problem(404, "unknown_action");
    assert_eq!(admin.get("/api/admin/plugins/shop").await.ok().json()["state"], "retired");
    // Back in force, with all that it had.
    post(&admin, "shop/rollback", json!({})).await.ok();
    host.visitor().act("add_to_cart", json!({"productId": "prod_1"})).await.ok();
    post(&admin, "shop/deactivate", json!({})).await.ok();
    admin.send(admin.request("DELETE", "/api/admin/plugins/shop")).await.problem(409, "plugin_bundled");
    admin.send(admin.request("DELETE", "/api/admin/plugins/v")).await.is(204);
    admin.get("/api/admin/plugins/v").await.problem(404, "unknown_plugin");
    // The same bytes are welcome again.
    upload(&admin, &version("1.0.0"), "").await.is(201);
    assert_eq!(answers(&host).await, "1.0.0");
}

#[tokio::test]
async fn a_version_number_is_used_once_and_old_versions_go() {
    let mut host = TestHost::start().await;
    let admin = host.admin();
    upload(&admin, &version("1.0.0"), "").await.is(201);
    let twin = upload(&admin, &version("1.0.0"), "").await.is(201).json();
    assert_eq!(twin["state"], "active", "the same bytes again change nothing: {twin}");
    let other = version("1.0.0").text("more");
    upload(&admin, &other, "").await.problem(409, "version_taken");
    // What never was in force may be replaced.
    upload(&admin, &version("2.0.0"), "?activate=false").await.is(201);
    let better = version("2.0.0").text("more");
    upload(&admin, &better, "?activate=false").await.is(201);
    assert_eq!(states(&admin).await, pairs(&[("2.0.0", "staged"), ("1.0.0", "active")]));
    for number in ["2.0.0", "3.0.0", "4.0.0", "5.0.0"] {
        let guest = if number == "2.0.0" { better.clone() } else { version(number) };
        assert_eq!(upload(&admin, &guest, "").await.is(201).json()["state"], "active");
    }
    let kept: Vec<_> = states(&admin).await.into_iter().map(|(number, _)| number).collect();
    assert_eq!(kept, ["5.0.0", "4.0.0", "3.0.0", "2.0.0"], "in force, and the last three before");
    let path = "/api/admin/plugins/v/versions/3.0.0";
    admin.send(admin.request("DELETE", path)).await.is(204);
    admin.send(admin.request("DELETE", path)).await.problem(404, "unknown_version");
    admin.send(admin.request("DELETE", "/api/admin/plugins/v/versions/5.0.0")).await.problem(409, "plugin_in_force");
    assert_eq!(post(&admin, "v/rollback", json!({})).await.ok().json()["version"], "4.0.0");
    assert_eq!(post(&admin, "v/rollback", json!({})).await.ok().json()["version"], "2.0.0", "3.0.0 is passed over");
}

#[tokio::test]
async fn an_input_may_widen_within_a_major_version_and_not_narrow() {
    let mut host = TestHost::start().await;
    let admin = host.admin();
    let takes = |number: &str, most: u32, names: &[&str]| {
        let input = json!({"type": "object", "additionalProperties": false,
            "properties": {"quantity": {"type": "integer", "maximum": most}}});
        let action = |name: &&str| json!({"name": name, "auth": "public", "input": input});
        version(number).manifest(json!({"actions": names.iter().map(action).collect::<Vec<_>>()}))
    };
    upload(&admin, &takes("1.0.0", 10, &["v.go", "v.more"]), "").await.is(201);
    for query in ["", "?activate=false"] {
        let refused = upload(&admin, &takes("1.1.0", 9, &["v.go"]), query).await.problem(422, "schema_narrowed");
        let pointers: Vec<_> = refused["faults"].as_array().into_iter().flatten().map(|f| &f["pointer"]).collect();
        assert_eq!(pointers, ["/actions/v.go/input/properties/quantity/maximum", "/actions/v.more"], "{refused}");
        assert!(refused["detail"].as_str().is_some_and(|detail| detail.contains("bump the major")), "{refused}");
    }
    let wider = upload(&admin, &takes("1.2.0", 11, &["v.go", "v.more", "v.new"]), "").await.is(201).json();
    assert_eq!(wider["state"], "active", "{wider}");
    post(&admin, "v/activate", json!({"version": "1.0.0"})).await.problem(422, "schema_narrowed");
    assert_eq!(post(&admin, "v/rollback", json!({})).await.ok().json()["version"], "1.0.0", "a rollback may");
    assert_eq!(upload(&admin, &takes("2.0.0", 1, &["v.go"]), "").await.is(201).json()["state"], "active");
}

#[tokio::test]
async fn a_configuration_holds_for_the_next_call_and_over_versions_and_restarts() {
    let mut host = TestHost::start().await;
    let admin = host.admin();
    let before = host.anybody().get("/api/products").await.ok().json();
    let info = admin.get("/api/admin/plugins/shop/config").await.ok().json();
    assert!(info["schema"].is_object() && info["values"] == json!({}) && info["config"] == info["default"], "{info}");
    let refused = put(&admin, "shop/config", json!({"products": {"prod_1": {"price_cents": "free"}}})).await;
    let refused = refused.problem(422, "invalid_config");
    assert!(!refused["faults"].as_array().expect("faults").is_empty(), "{refused}");
    let named = json!({"products": {"prod_1": {"name": "A thing of its own name"}}});
    let set = put(&admin, "shop/config", named.clone()).await.ok().json();
    assert_eq!(set["values"], named, "{set}");
    let after = host.anybody().get("/api/products").await.ok().json();
    assert!(after.to_string().contains("A thing of its own name"), "in force at once: {after}");
    host.kill();
    host.restart().await;
    let admin = host.admin();
    assert!(host.anybody().get("/api/products").await.ok().json().to_string().contains("A thing of its own name"));
    put(&admin, "shop/config", json!({})).await.ok();
    assert_eq!(host.anybody().get("/api/products").await.ok().json(), before);

    // A version that does not take what is stored waits.
    let schema = |kind: &str| json!({"config": {"schema": {"properties": {"n": {"type": kind, "default": 1}}}}});
    upload(&admin, &version("1.0.0").manifest(schema("integer")), "").await.is(201);
    assert_eq!(put(&admin, "v/config", json!({"n": 2})).await.ok().json()["config"], json!({"n": 2}));
    let text = json!({"config": {"schema": {"properties": {"n": {"type": "string"}}}}});
    let waits = upload(&admin, &version("1.1.0").manifest(text), "").await.is(201).json();
    assert_eq!(waits["state"], "needs-approval", "{waits}");
    assert!(waits["reason"].as_str().is_some_and(|reason| reason.contains("/n")), "{waits}");
    assert_eq!(answers(&host).await, "1.0.0");
    post(&admin, "v/activate", json!({"version": "1.1.0"})).await.problem(422, "invalid_config");
    post(&admin, "v/activate", json!({"version": "1.1.0", "config": {"n": "two"}})).await.ok();
    assert_eq!(answers(&host).await, "1.1.0");
    assert_eq!(admin.get("/api/admin/plugins/v/config").await.ok().json()["config"], json!({"n": "two"}));
    // A rollback never fails because of it: the defaults hold, and it says so.
    let back = post(&admin, "v/rollback", json!({})).await.ok().json();
    assert!(back["reason"].as_str().is_some_and(|reason| reason.contains("defaults hold")), "{back}");
    assert_eq!(admin.get("/api/admin/plugins/v/config").await.ok().json()["config"], json!({"n": 1}));
}

#[tokio::test]
async fn a_secret_is_written_and_never_seen_again() {
    const VALUE: &str = "sk_live_4711_do_not_tell";
    let mut host = TestHost::start().await;
    let admin = host.admin();
    let needs = json!({"needs": {"secrets": [{"name": "PAY_KEY", "reason": "to charge cards"}]}});
    let asking = version("1.0.0").manifest(needs);
    let waits = upload(&admin, &asking, "").await.is(201).json();
    assert_eq!(waits["missing"], json!(["secret:PAY_KEY"]), "{waits}");
    assert_eq!(put(&admin, "v/secrets/PAY_KEY", json!({"value": VALUE})).await.status, 204);
    assert_eq!(put(&admin, "v/secrets/OTHER", json!({"value": VALUE})).await.status, 204);
    put(&admin, "v/secrets/a%20b", json!({"value": VALUE})).await.problem(422, "invalid_body");
    put(&admin, "v/secrets/EMPTY", json!({"value": ""})).await.problem(422, "invalid_body");
    put(&admin, "nobody/secrets/K", json!({"value": VALUE})).await.problem(404, "unknown_plugin");
    admin.send(admin.request("DELETE", "/api/admin/plugins/v/secrets/OTHER")).await.is(204);
    admin.send(admin.request("DELETE", "/api/admin/plugins/v/secrets/OTHER")).await.problem(404, "not_found");
    let list = admin.get("/api/admin/plugins/v/secrets").await.ok();
    assert!(!list.text().contains(VALUE), "{}", list.text());
    let list = list.json();
    assert_eq!(list["secrets"].as_array().map(Vec::len), Some(1), "{list}");
    assert_eq!((&list["secrets"][0]["name"], &list["secrets"][0]["readable"]), (&json!("PAY_KEY"), &json!(true)));
    host.stop().await;
    assert!(!host.log().contains(VALUE), "secrets are not logged");
    for file in std::fs::read_dir(host.data()).expect("the data folder").flatten() {
        let bytes = std::fs::read(file.path()).unwrap_or_default();
        let found = bytes.windows(VALUE.len()).any(|part| part == VALUE.as_bytes());
        assert!(!found, "{} holds it in plain", file.path().display());
    }
}

#[tokio::test]
async fn what_is_granted_is_compared_with_what_is_used() {
    let mut host = TestHost::start().await;
    let admin = host.admin();
    host.visitor().act("add_to_cart", json!({"productId": "prod_1"})).await.ok();
    let report = admin.get("/api/admin/plugins/shop/permissions").await.ok().json();
    let one = |word: &str| {
        let all = report["permissions"].as_array().expect("a list");
        all.iter().find(|one| one["permission"] == word).unwrap_or_else(|| panic!("no {word} in {report}")).clone()
    };
    let visitor = one("state:visitor");
    assert!(visitor["uses"].as_u64() > Some(0) && visitor["granted"] == true, "{report}");
    let unused = report["unused"].as_array().expect("a list");
    assert!(!unused.contains(&json!("state:visitor")), "{report}");
    let uses = visitor["uses"].clone();
    host.stop().await;
    host.restart().await;
    let admin = host.admin();
    let again = admin.get("/api/admin/plugins/shop/permissions").await.ok().json();
    assert!(again["permissions"].to_string().contains(&format!("\"uses\":{uses}")), "{again}");
}

async fn put(admin: &Client, path: &str, body: Value) -> Answer {
    admin.send(admin.request("PUT", &format!("/api/admin/plugins/{path}")).json(&body)).await
}

#[tokio::test]
async fn the_command_line_changes_what_a_running_host_does() {
    let host = TestHost::start().await;
    let data = host.data();
    let data = data.to_str().expect("a path").to_owned();
    let folder = crate::kit::Folder::new("cli-versions");
    let plugin = |host: &TestHost, arguments: &[&str]| {
        let output = host.inlay(&[&["plugin"], arguments, &["--data", &data]].concat());
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    let file = |guest: &Guest, name: &str| folder.write(name, guest.bytes()).to_str().expect("a path").to_owned();
    let first = file(&version("1.0.0"), "1.wasm");
    let second = file(&version("1.1.0").imports(&["state"]).needs(&["visitor"]), "2.wasm");
    assert_eq!(plugin(&host, &["load", &first]).0, Some(0));
    becomes(&host, "1.0.0").await;
    let (code, _, said) = plugin(&host, &["load", &second]);
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("state:visitor") && said.contains("inlay plugin activate"), "{said}");
    assert_eq!(plugin(&host, &["activate", "v", "1.1.0"]).0, Some(1));
    assert_eq!(plugin(&host, &["activate", "v", "1.1.0", "--grant", "all"]).0, Some(0));
    becomes(&host, "1.1.0").await;
    let (_, versions, _) = plugin(&host, &["versions", "v", "--json"]);
    let versions: Value = serde_json::from_str(&versions).expect("JSON");
    assert_eq!(versions["versions"][1]["state"], "retired", "{versions}");
    assert!(plugin(&host, &["versions", "v"]).1.contains("1.1.0 (active)"));
    assert!(plugin(&host, &["permissions", "v"]).1.contains("state:visitor (granted)"));
    assert_eq!(plugin(&host, &["rollback", "v"]).0, Some(0));
    becomes(&host, "1.0.0").await;

    let config = folder.write("config.json", r#"{"n": 7}"#);
    assert_eq!(plugin(&host, &["config", "set", "v", config.to_str().expect("a path")]).0, Some(0));
    assert_eq!(
        serde_json::from_str::<Value>(&plugin(&host, &["config", "get", "v"]).1).expect("JSON"),
        json!({"n": 7})
    );
    let secret = folder.write("secret", "hush\n");
    let path = secret.to_str().expect("a path");
    assert_eq!(plugin(&host, &["secret", "set", "v", "KEY", "--file", path]).0, Some(0));
    let (_, listed, _) = plugin(&host, &["secret", "list", "v"]);
    assert!(listed.contains("KEY") && !listed.contains("hush"), "{listed}");
    assert_eq!(plugin(&host, &["secret", "delete", "v", "KEY"]).0, Some(0));

    assert_eq!(plugin(&host, &["delete", "v"]).0, Some(1), "it is in force");
    assert_eq!(plugin(&host, &["deactivate", "v"]).0, Some(0));
    becomes(&host, "").await;
    assert_eq!(plugin(&host, &["delete", "v"]).0, Some(0));
    assert_eq!(plugin(&host, &["versions", "v"]).0, Some(1));
}

#[tokio::test]
async fn a_change_with_a_key_is_made_once() {
    let mut host = TestHost::start().await;
    let admin = host.admin();
    for number in ["1.0.0", "1.1.0", "1.2.0"] {
        upload(&admin, &version(number), "").await.is(201);
    }
    let keyed = admin.clone().with_header("idempotency-key", "back-1");
    let first = post(&keyed, "v/rollback", json!({})).await.ok();
    assert_eq!(first.json()["version"], "1.1.0");
    let again = post(&keyed, "v/rollback", json!({})).await.ok();
    assert_eq!((again.body, again.headers["idempotency-replayed"].as_bytes()), (first.body, &b"true"[..]));
    assert_eq!(answers(&host).await, "1.1.0", "one step, not two");
    post(&keyed, "v/deactivate", json!({})).await.problem(422, "idempotency_key_reused");
    // Another token's key is another key; so is a key after a refusal.
    let other = host.anybody().with_header("authorization", &format!("Bearer {}", host.token("1h")));
    let other = other.with_header("idempotency-key", "back-1");
    assert_eq!(post(&other, "v/rollback", json!({})).await.ok().json()["version"], "1.0.0");
    let refused = admin.clone().with_header("idempotency-key", "back-2");
    post(&refused, "v/rollback", json!({})).await.problem(409, "no_earlier_version");
    post(&admin, "v/activate", json!({"version": "1.2.0"})).await.ok();
    assert_eq!(post(&refused, "v/rollback", json!({})).await.ok().json()["version"], "1.0.0");
}
