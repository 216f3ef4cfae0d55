//! The first account of a host, and those after it.
use crate::kit::TestHost;
use crate::kit::account::{PASSWORD, bearer};
use serde_json::json;

#[tokio::test]
async fn a_fresh_host_s_credential_makes_its_owner_and_ends_with_that() {
    let host = TestHost::start().await;
    let anybody = host.anybody();
    let credential = host.credential();
    let body = json!({"email": "Ada@Example.com", "password": PASSWORD});
    let refused = anybody.post("/auth/signup", &body).await.problem(403, "set_up_needed");
    assert!(refused["detail"].as_str().is_some_and(|d| d.contains("printed") && d.contains("inlay user add")));
    bearer(host.url(), "adm_0123").post("/auth/signup", &body).await.problem(401, "invalid_token");
    bearer(host.url(), &credential).get("/api/admin/plugins").await.ok();

    let answer = bearer(host.url(), &credential).post("/auth/signup", &body).await.is(201).json();
    assert_eq!((&answer["token"], &answer["token_type"]), (&answer["access_token"], &json!("Bearer")), "{answer}");
    assert_eq!(
        (&answer["expires_in"], &answer["user"]["email"]),
        (&json!(3600), &json!("ada@example.com")),
        "{answer}"
    );
    let owner = bearer(host.url(), answer["access_token"].as_str().expect("a token"));
    let me = owner.get("/auth/me").await.ok().json();
    assert_eq!(me["workspace"], json!({"id": "ws_default", "name": "Default", "role": "owner"}), "{me}");
    assert_eq!((&me["email"], &me["user"]["id"]), (&json!("ada@example.com"), &answer["user"]["id"]), "{me}");
    owner.get("/api/admin/plugins").await.ok();

    // The credential is of no use any more, here or at the door that made the account.
    bearer(host.url(), &credential).get("/api/admin/plugins").await.problem(401, "invalid_token");
    let second = json!({"email": "eve@example.com", "password": PASSWORD, "credential": credential});
    anybody.post("/auth/signup", &second).await.problem(401, "invalid_token");
    anybody.post("/auth/signup", &body).await.problem(403, "sign_up_closed");
    assert!(!host.log().contains(&credential) && !host.log().contains(PASSWORD));
}

#[tokio::test]
async fn two_who_set_a_host_up_at_once_are_one_owner() {
    let host = TestHost::start().await;
    let credential = host.credential();
    let tries = (0..6).map(|n| {
        let client = bearer(host.url(), &credential);
        let body = json!({"email": format!("one{n}@example.com"), "password": PASSWORD});
        async move { client.post("/auth/signup", &body).await.status }
    });
    let statuses = futures_util::future::join_all(tries).await;
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| [201, 401, 403].contains(status)), "{statuses:?}");
}

#[tokio::test]
async fn a_host_with_accounts_prints_no_credential() {
    let mut host = TestHost::start().await;
    host.owner().await;
    host.stop().await;
    let before = host.banner().len();
    host.restart().await;
    let banner = host.banner()[before..].to_owned();
    assert!(!banner.contains("adm_") && banner.contains("/auth/signin"), "{banner}");
    host.owner().await.get("/auth/me").await.ok();
}

#[tokio::test]
async fn the_setting_says_who_may_sign_up_later() {
    let body = json!({"email": "bob@example.com", "password": PASSWORD, "name": "Bob", "username": "Bob.B"});
    for (setting, status, code) in
        [("closed", 403, "sign_up_closed"), ("invite", 403, "sign_up_closed"), ("open", 201, "")]
    {
        let host = TestHost::with(&[("INLAY_ACCOUNTS_SIGN_UP", setting)]).await;
        host.owner().await;
        let answer = host.anybody().post("/auth/signup", &body).await;
        assert_eq!(answer.status, status, "{setting}: {}", answer.text());
        if status != 201 {
            answer.problem(status, code);
            continue;
        }
        // An own workspace, and nothing of the host's first one.
        let bob = bearer(host.url(), answer.json()["token"].as_str().expect("a token"));
        let me = bob.get("/auth/me").await.ok().json();
        assert_eq!(me["workspaces"].as_array().map(Vec::len), Some(1), "{me}");
        assert_eq!((&me["workspace"]["role"], &me["workspace"]["name"]), (&json!("owner"), &json!("Bob")), "{me}");
        assert_ne!(me["workspace"]["id"], "ws_default");
        bob.get("/api/admin/plugins").await.problem(403, "forbidden");
        let taken = host.anybody().post("/auth/signup", &body).await.problem(409, "account_taken");
        assert_eq!(taken["faults"][0]["pointer"], "/email", "{taken}");
        let other = json!({"email": "bob2@example.com", "password": PASSWORD, "username": "bob.b"});
        let taken = host.anybody().post("/auth/signup", &other).await.problem(409, "account_taken");
        assert_eq!(taken["faults"][0]["pointer"], "/username", "{taken}");
    }
}

#[tokio::test]
async fn what_cannot_be_an_account_is_refused_with_a_pointer() {
    let host = TestHost::with(&[("INLAY_ACCOUNTS_SIGN_UP", "open")]).await;
    host.owner().await;
    let good = json!({"email": "bob@example.com", "password": PASSWORD});
    for (member, value, code) in [
        ("email", json!("bob"), "invalid_body"),
        ("email", json!(7), "invalid_body"),
        ("email", json!("x".repeat(300) + "@example.com"), "invalid_body"),
        ("password", json!("short"), "weak_password"),
        ("password", json!("Password"), "weak_password"),
        ("password", json!("bob@example.com"), "weak_password"),
        ("password", json!("x y".repeat(200)), "weak_password"),
        ("password", json!(null), "invalid_body"),
        ("name", json!("a\u{0}b"), "invalid_body"),
        ("username", json!("a@b"), "invalid_body"),
    ] {
        let mut body = good.clone();
        body[member] = value.clone();
        let problem = host.anybody().post("/auth/signup", &body).await.problem(422, code);
        assert_eq!(problem["faults"][0]["pointer"], format!("/{member}"), "{value} {problem}");
    }
    host.sign_in("bob@example.com", PASSWORD).await.problem(401, "sign_in_failed");
    // What is merely unusual is taken as it is.
    let odd = json!({"email": "bob@example.com", "password": " ünusual \u{1F600} \\ \" "});
    host.anybody().post("/auth/signup", &odd).await.is(201);
    host.sign_in("bob@example.com", " ünusual \u{1F600} \\ \" ").await.ok();
    host.sign_in("bob@example.com", "ünusual \u{1F600} \\ \"").await.problem(401, "sign_in_failed");
}
