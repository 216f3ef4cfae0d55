//! Refresh tokens: rotation, lost answers, thieves.
use crate::kit::account::bearer;
use crate::kit::postgres::Database;
use crate::kit::{Account, Answer, TestHost};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

async fn refresh(url: &str, token: &str) -> Answer {
    crate::kit::Client::new(url).post("/auth/refresh", &json!({"refresh_token": token})).await
}

fn token(answer: Answer, member: &str) -> String {
    let json = answer.ok().json();
    json[member].as_str().unwrap_or_else(|| panic!("no {member} in {json}")).to_owned()
}

#[tokio::test]
async fn a_refresh_gives_the_next_pair_and_a_lost_answer_is_given_again() {
    let host = TestHost::start().await;
    let owner = host.owner().await;
    let first = refresh(host.url(), owner.refresh()).await.ok().json();
    let next = first["refresh_token"].as_str().expect("a token").to_owned();
    assert_ne!(next, owner.refresh());
    bearer(host.url(), first["token"].as_str().expect("a token")).get("/auth/me").await.ok();
    let again = token(refresh(host.url(), owner.refresh()).await, "refresh_token");
    assert_eq!(again, next, "the same successor, not another branch");
    // As a bearer token too, and by the chain on.
    let third = bearer(host.url(), &next).send(bearer(host.url(), &next).request("POST", "/auth/refresh")).await;
    assert_ne!(token(third, "refresh_token"), next);
    for bad in ["", "ref_", &owner.refresh()[1..], &owner.refresh().to_uppercase(), owner.access(), &"x".repeat(5000)] {
        let answer = refresh(host.url(), bad).await;
        assert!([401, 422].contains(&answer.status), "{bad:.40} {}", answer.text());
    }
    host.anybody().send(host.anybody().request("POST", "/auth/refresh")).await.problem(401, "missing_token");
    // A refresh token is nothing else than that.
    bearer(host.url(), owner.refresh()).get("/auth/me").await.problem(401, "invalid_token");
}

#[tokio::test]
async fn many_refreshes_at_once_end_in_one_successor() {
    let host = TestHost::start().await;
    let owner = host.owner().await;
    let all = (0..20).map(|_| refresh(host.url(), owner.refresh()));
    let all: Vec<String> =
        futures_util::future::join_all(all).await.into_iter().map(|a| token(a, "refresh_token")).collect();
    assert!(all.iter().all(|one| *one == all[0]), "{all:?}");
    refresh(host.url(), &all[0]).await.ok();
}

/// Makes the grace of an exchange be over, as if half a minute had passed.
async fn half_a_minute_later(host: &TestHost) {
    host.change("update refresh_tokens set used_at = used_at - 31000 where used_at is not null").await;
}

#[tokio::test]
async fn a_stolen_token_that_is_used_again_ends_the_sign_in() {
    let host = TestHost::start().await;
    let owner = host.owner().await;
    let other = host.owner().await;
    let next = token(refresh(host.url(), owner.refresh()).await, "refresh_token");
    half_a_minute_later(&host).await;
    let thief = refresh(host.url(), owner.refresh()).await.problem(401, "invalid_token");
    let unknown = refresh(host.url(), &format!("ref_{}", "A".repeat(43))).await.problem(401, "invalid_token");
    assert_eq!(thief["detail"], unknown["detail"], "the thief learns nothing");
    refresh(host.url(), &next).await.problem(401, "invalid_token");
    owner.get("/auth/me").await.problem(401, "invalid_token");
    other.get("/auth/me").await.ok();
    host.log_line(|line| line.contains("used a second time")).await;
    assert!(!host.log().contains(owner.refresh()));
}

#[tokio::test]
async fn two_hosts_on_one_database_agree() {
    let Some(database) = Database::new() else { return };
    let database = Arc::new(database);
    let secret = [("INLAY_AUTH_SECRET", "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a6978")];
    let one = TestHost::on(Some(database.clone()), &secret).await;
    let two = TestHost::on(Some(database), &secret).await;
    let owner = one.owner().await;
    owner.at(two.url()).get("/auth/me").await.ok();
    let urls = [one.url(), two.url()];
    let all = (0..12).map(|n| refresh(urls[n % 2], owner.refresh()));
    let all: Vec<String> =
        futures_util::future::join_all(all).await.into_iter().map(|a| token(a, "refresh_token")).collect();
    assert!(all.iter().all(|successor| *successor == all[0]), "{all:?}");
    // The second host's credential ended when the first one got its owner.
    within_a_second(|| bearer(two.url(), &two.credential()), "/api/admin/plugins").await;
    // A sign-out at one host is seen at the other.
    owner.post("/auth/logout", &json!({})).await.is(204);
    let there: Account = owner.at(two.url());
    within_a_second(|| (*there).clone(), "/auth/me").await;
}

/// 401 after a second at the latest; the safety bound is generous, because the machine is shared.
async fn within_a_second(client: impl Fn() -> crate::kit::Client, path: &str) {
    tokio::time::sleep(Duration::from_millis(1_000)).await;
    for _ in 0..40 {
        if client().get(path).await.status == 401 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{path} is still open");
}
