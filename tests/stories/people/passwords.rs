//! Signing in, guessing, and new passwords.
use crate::kit::TestHost;
use crate::kit::account::{PASSWORD, word};
use serde_json::{Value, json};

/// A problem without what differs from request to request.
fn told(problem: Value) -> Value {
    let mut problem = problem;
    problem["request_id"] = Value::Null;
    problem
}

#[tokio::test]
async fn whatever_is_wrong_with_a_sign_in_the_answer_is_the_same() {
    let host = TestHost::start().await;
    host.owner().await;
    let wrong = told(host.sign_in("owner@example.com", "another password").await.problem(401, "sign_in_failed"));
    for (login, password) in [
        ("nobody@example.com", PASSWORD),
        ("nobody", PASSWORD),
        ("owner@example.com\u{0}", PASSWORD),
        ("owner@example.com", &"x".repeat(10_000)),
    ] {
        assert_eq!(told(host.sign_in(login, password).await.problem(401, "sign_in_failed")), wrong, "{login:?}");
    }
    let data = host.data();
    let data = data.to_str().expect("a path");
    let output = host.inlay(&["user", "disable", "owner@example.com", "--data", data]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(told(host.sign_in("owner@example.com", PASSWORD).await.problem(401, "sign_in_failed")), wrong);
    assert!(host.inlay(&["user", "enable", "owner@example.com", "--data", data]).status.success());
    host.sign_in("OWNER@example.com", PASSWORD).await.ok();
    for login in ["owner@example.com", "nobody@example.com"] {
        let forgot = host.anybody().post("/auth/password/forgot", &json!({"email": login})).await.is(202).json();
        assert!(forgot["message"].as_str().is_some_and(|text| text.starts_with("If there is")), "{forgot}");
    }
}

#[tokio::test]
async fn guessing_is_slowed_and_the_owner_gets_in_from_elsewhere() {
    let host = TestHost::with(&[("INLAY_SERVER_TRUSTED_PROXIES", "127.0.0.1")]).await;
    host.owner().await;
    let at = |address: &str| host.anybody().with_header("x-forwarded-for", address);
    let body = |password: &str| json!({"email": "owner@example.com", "password": password});
    let mut refused = 0;
    for n in 0..120 {
        // What stands before the proxy's own entry is the guesser's claim.
        let guesser = at(&format!("198.51.100.{n}, 203.0.113.9"));
        let answer = guesser.post("/auth/signin", &body(&format!("guess number {n}"))).await;
        if answer.status == 429 {
            answer.problem(429, "rate_limited");
            let wait: u32 = answer.header("retry-after").and_then(|text| text.parse().ok()).expect("Retry-After");
            assert!((1..=120).contains(&wait), "{wait}");
            refused += 1;
        } else {
            answer.problem(401, "sign_in_failed");
        }
        if refused == 3 {
            break;
        }
    }
    assert_eq!(refused, 3, "120 guesses are too many");
    at("203.0.113.9").post("/auth/signin", &body(PASSWORD)).await.problem(429, "rate_limited");
    at("192.0.2.77").post("/auth/signin", &body(PASSWORD)).await.ok();
}

#[tokio::test]
async fn a_new_password_ends_the_other_sign_ins() {
    let host = TestHost::start().await;
    let (here, there) = (host.owner().await, host.owner().await);
    let new = "another long enough phrase";
    let change = |present: &str, new: &str| json!({"current_password": present, "new_password": new});
    here.post("/auth/password", &change("wrong one", new)).await.problem(401, "sign_in_failed");
    here.post("/auth/password", &change(PASSWORD, "password")).await.problem(422, "weak_password");
    here.post("/auth/password", &change(PASSWORD, new)).await.is(204);
    here.get("/auth/me").await.ok();
    there.get("/auth/me").await.problem(401, "invalid_token");
    let refresh = json!({"refresh_token": there.refresh()});
    host.anybody().post("/auth/refresh", &refresh).await.problem(401, "invalid_token");
    host.sign_in("owner@example.com", PASSWORD).await.problem(401, "sign_in_failed");
    host.sign_in("owner@example.com", new).await.ok();
}

#[tokio::test]
async fn a_reset_is_good_once_and_ends_every_sign_in() {
    let host = TestHost::start().await;
    let owner = host.owner().await;
    host.anybody().post("/auth/password/forgot", &json!({"email": "Owner@example.com"})).await.is(202);
    let mut asked = None;
    for _ in 0..200 {
        asked = host.printed("rst_");
        if asked.is_some() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let asked = asked.expect("a reset is printed where there is no mail server");
    assert!(!host.log().contains(&asked), "never logged");
    let data = host.data();
    let output = host.inlay(&["user", "reset", "owner@example.com", "--data", data.to_str().expect("a path")]);
    let by_hand = word(&String::from_utf8_lossy(&output.stdout), "rst_").expect("a reset");
    let reset = |token: &str, password: &str| json!({"token": token, "password": password});
    let anybody = host.anybody();
    anybody.post("/auth/password/reset", &reset("rst_x", "some new long phrase")).await.problem(401, "invalid_token");
    anybody.post("/auth/password/reset", &reset(&asked, "short")).await.problem(422, "weak_password");
    anybody.post("/auth/password/reset", &reset(&asked, "some new long phrase")).await.is(204);
    owner.get("/auth/me").await.problem(401, "invalid_token");
    for used in [&asked, &by_hand] {
        let again = anybody.post("/auth/password/reset", &reset(used, "yet another phrase")).await;
        again.problem(401, "invalid_token");
    }
    host.sign_in("owner@example.com", "some new long phrase").await.ok();
}

#[tokio::test]
async fn people_look_after_their_own_account() {
    let host = TestHost::start().await;
    let ada = host.account("ada@example.com", "agent").await;
    let again = host.sign_in("ada@example.com", PASSWORD).await.ok().json();
    let list = ada.get("/auth/sessions").await.ok().json();
    let all = list["sessions"].as_array().expect("sessions").clone();
    assert_eq!((all.len(), all.iter().filter(|s| s["current"] == true).count()), (2, 1), "{list}");
    let other = all.iter().find(|s| s["current"] == false).expect("the other one");
    let path = format!("/auth/sessions/{}", other["id"].as_str().expect("an id"));
    host.owner().await.send(host.owner().await.request("DELETE", &path)).await.problem(404, "not_found");
    ada.send(ada.request("DELETE", &path)).await.is(204);
    ada.send(ada.request("DELETE", &path)).await.problem(404, "not_found");
    let ended = json!({"refresh_token": again["refresh_token"]});
    host.anybody().post("/auth/refresh", &ended).await.problem(401, "invalid_token");

    let change = json!({"name": "Ada L.", "username": "Ada"});
    let me = ada.send(ada.request("PATCH", "/auth/me").json(&change)).await.ok().json();
    assert_eq!(
        (&me["name"], &me["username"], &me["workspace"]["role"]),
        (&json!("Ada L."), &json!("ada"), &json!("agent"))
    );
    let by_name = json!({"username": "ada", "password": PASSWORD});
    host.anybody().post("/auth/login", &by_name).await.ok();
    ada.post("/auth/switch", &json!({"workspace_id": "ws_other"})).await.problem(404, "not_found");
    let switched = ada.post("/auth/switch", &json!({"workspace_id": "ws_default"})).await.ok().json();
    assert!(switched["access_token"].is_string(), "{switched}");

    let gone = ada.post("/auth/signout/everywhere", &json!({})).await.ok().json();
    assert!(gone["ended"].as_u64().is_some_and(|n| n >= 2), "{gone}");
    ada.get("/auth/me").await.problem(401, "invalid_token");
    let ada = host.sign_in("ada@example.com", PASSWORD).await.ok().json();
    let ada = crate::kit::Account::of(host.url(), "ada@example.com", ada);
    ada.send(ada.request("DELETE", "/auth/me").json(&json!({"password": "wrong one"})))
        .await
        .problem(401, "sign_in_failed");
    ada.send(ada.request("DELETE", "/auth/me").json(&json!({"password": PASSWORD}))).await.is(204);
    ada.get("/auth/me").await.problem(401, "invalid_token");
    host.sign_in("ada@example.com", PASSWORD).await.problem(401, "sign_in_failed");
}
