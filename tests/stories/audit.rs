//! The audit log: who did what, from where, how it ended; and what must never be in it.
use crate::kit::TestHost;
use crate::kit::client::Client;
use serde_json::{Value, json};
use std::time::Duration;

async fn lines(admin: &Client, filter: &str) -> Vec<Value> {
    let page = admin.get(&format!("/api/admin/audit?{filter}")).await.ok().json();
    page["events"].as_array().expect("events").clone()
}

/// A refusal's line may come a moment after its answer.
async fn one_line(admin: &Client, filter: &str) -> Value {
    for _ in 0..200 {
        if let Some(line) = lines(admin, filter).await.into_iter().next() {
            return line;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("no line with {filter}");
}

#[tokio::test]
async fn changes_of_plugins_are_written_with_who_and_from_where() {
    let mut host = TestHost::with(&[("INLAY_SERVER_TRUSTED_PROXIES", "127.0.0.1")]).await;
    let admin =
        host.admin().with_header("x-forwarded-for", "198.51.100.7").with_header("x-request-id", "the-request-1");
    admin.send(admin.request("POST", "/api/admin/plugins/shop/deactivate")).await.ok();
    admin.post("/api/admin/plugins/shop/rollback", &json!({})).await.ok();
    let all = lines(&admin, "target=shop&from=2020-01-01T00:00:00Z").await;
    let actions: Vec<&str> = all.iter().filter_map(|line| line["action"].as_str()).collect();
    assert_eq!(actions[..2], ["plugin.rollback", "plugin.deactivate"], "newest first, each once: {actions:?}");
    assert_eq!(actions.iter().filter(|action| **action == "plugin.deactivate").count(), 1);
    let line = &all[0];
    assert_eq!((line["address"].as_str(), line["request_id"].as_str()), (Some("198.51.100.7"), Some("the-request-1")));
    assert!(line["actor"].as_str().is_some_and(|actor| actor.starts_with("tok_")), "{line}");
    assert_eq!((line["outcome"].as_str(), line["workspace_id"].as_str()), (Some("ok"), Some("ws_default")));
    // What the host did by itself comes from nowhere.
    let bundled = lines(&admin, "actor=host&action=plugin.activate&target=shop").await;
    assert_eq!(bundled.first().map(|line| line["address"].clone()), Some(json!("")));
    // The command line reads the same.
    let data = host.data();
    let output =
        host.inlay(&["audit", "--json", "--target", "shop", "--limit", "1", "--data", data.to_str().expect("a path")]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let read: Value = serde_json::from_slice(&output.stdout).expect("one line of JSON");
    assert_eq!(&read, line);
}

#[tokio::test]
async fn refused_requests_are_written_and_a_flood_of_them_fills_nothing() {
    let mut host = TestHost::with(&[("INLAY_SERVER_TRUSTED_PROXIES", "127.0.0.1")]).await;
    let admin = host.admin();
    let from = |ip: &str| host.anybody().with_header("x-forwarded-for", ip);
    from("198.51.100.1").get("/api/admin/plugins").await.problem(401, "missing_token");
    let line = one_line(&admin, "outcome=missing_token").await;
    assert_eq!(line["target"], "GET /api/admin/plugins");
    assert_eq!((line["action"].as_str(), line["actor"].as_str()), (Some("access.denied"), Some("nobody")));
    for _ in 0..60 {
        let forged = from("198.51.100.2").with_header("authorization", "Bearer forged");
        forged.get("/api/admin/plugins").await.problem(401, "invalid_token");
    }
    one_line(&admin, "outcome=invalid_token").await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let written = lines(&admin, "outcome=invalid_token&limit=100").await.len();
    assert!((5..=15).contains(&written), "{written} of 60 lines are written");
    // Another address still has its lines, and the first of them says how many were left out.
    from("198.51.100.3").get("/api/admin/audit").await.problem(401, "missing_token");
    let next = one_line(&admin, "outcome=missing_token&target=GET%20/api/admin/audit").await;
    assert!(next["detail"]["left_out_before"].as_u64().is_some_and(|more| more >= 40), "{next}");
}

#[tokio::test]
async fn pages_and_filters_are_checked() {
    let mut host = TestHost::start().await;
    let admin = host.admin();
    let first = admin.get("/api/admin/audit?limit=2").await.ok().json();
    let next = first["next"].as_str().expect("more lines");
    let second = admin.get(&format!("/api/admin/audit?limit=2&after={next}")).await.ok().json();
    assert!(second["events"][0]["id"].as_str() < Some(next), "{second}");
    for bad in [
        "limit=0",
        "limit=101",
        "limit=x",
        "from=yesterday",
        "after=usr_1",
        "actor=",
        "colour=red",
        "actor=a&actor=b",
        "workspace=..",
    ] {
        admin.get(&format!("/api/admin/audit?{bad}")).await.problem(422, "invalid_parameters");
    }
    assert_eq!(lines(&admin, "to=2020-01-01T00:00:00Z").await.len(), 0);
    // A workspace's own log; another one's id and a wrong one look alike.
    let own = admin.get("/api/workspaces/ws_default/audit?limit=1").await.ok().json();
    assert_eq!(own["events"].as_array().map(Vec::len), Some(1));
    for other in ["ws_01jd0000000000000000000000", "nonsense"] {
        admin.get(&format!("/api/workspaces/{other}/audit")).await.problem(404, "not_found");
    }
}

#[tokio::test]
async fn no_secret_is_in_any_log_or_table_and_no_message_in_a_log() {
    let mut host =
        TestHost::with(&[("INLAY_LOG_LEVEL", "trace"), ("VALID_API_KEYS", "marker-key-of-a-server-0123456789")]).await;
    let (secret, message) = ("marker-of-a-secret-4711", "marker-of-a-message-4711");
    let admin = host.admin();
    let put = admin.request("PUT", "/api/admin/plugins/shop/secrets/PRICE_KEY").json(&json!({"value": secret}));
    admin.send(put).await;
    for (name, value) in [
        ("authorization", format!("Bearer {secret}")),
        ("x-api-key", secret.to_owned()),
        ("x-inlay-visitor", secret.to_owned()),
        ("cookie", format!("inlay_visitor={secret}")),
        ("x-api-key", "marker-key-of-a-server-0123456789".to_owned()),
    ] {
        host.anybody().with_header(name, &value).get("/api/products").await;
    }
    for door in ["/auth/signin", "/auth/login", "/auth/signup"] {
        let body =
            json!({"email": "a@example.com", "username": "a", "password": secret, "credential": secret, "name": "A"});
        host.anybody().post(door, &body).await;
    }
    let form =
        json!({"name": "Ada", "email": "ada@example.com", "subject": "Question", "message": message, "topic": "sales"});
    host.visitor().act_form("contact.submit", json!({}), form).await;
    host.visitor().act_form("submit_contact", json!({}), json!({"message": message})).await;
    let log = lines(&admin, "limit=100").await;
    host.stop().await;
    let bytes: Vec<u8> = std::fs::read_dir(host.data())
        .expect("the data folder")
        .flatten()
        .filter_map(|entry| std::fs::read(entry.path()).ok())
        .flatten()
        .collect();
    let in_tables = |mark: &str| bytes.windows(mark.len()).any(|window| window == mark.as_bytes());
    let (trace, audit) = (host.log(), json!(log).to_string());
    for mark in [secret, "marker-key-of-a-server"] {
        assert!(!trace.contains(mark) && !audit.contains(mark) && !in_tables(mark), "{mark}");
    }
    assert!(!trace.contains(message) && !audit.contains(message), "a message's text is in a log");
    // Tables on Postgres lie elsewhere.
    let looked = !bytes.is_empty() || std::env::var("INLAY_TEST_DB").is_ok_and(|db| db == "postgres");
    assert!(trace.len() > 1_000 && looked, "something was looked at");
}
