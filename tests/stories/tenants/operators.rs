//! Organizations, operators and their tokens.
use crate::kit::{Client, TestHost};
use serde_json::{Value, json};

async fn validated(admin: &Client, token: &str) -> Value {
    admin.post("/api/operator/validate-token", &json!({"token": token})).await.ok().json()
}

#[tokio::test]
async fn an_operators_token_is_valid_as_long_as_the_operator() {
    let mut host = TestHost::start().await;
    let admin = host.admin();
    let sales = admin.post("/api/organizations", &json!({"name": "Sales"})).await.is(201).json();
    admin.post("/api/organizations", &json!({"name": "Sales"})).await.problem(409, "name_taken");
    let id = sales["id"].as_str().expect("an id");
    let operators = format!("/api/organizations/{id}/operators");
    let olga = admin.post(&operators, &json!({"name": "Olga", "email": "olga@example.com"})).await.is(201).json();
    assert_eq!(admin.get(&operators).await.ok().json()["operators"], json!([olga]));
    let wish = |expires: Value| json!({"id": olga["id"], "expiresAt": expires});
    let answer = admin.post("/api/operator/get-token", &wish(json!("2026-01-01T00:00:00Z"))).await;
    assert_eq!(answer.problem(422, "invalid_body")["faults"][0]["pointer"], "/expiresAt");
    for expires in [json!("9999-01-01T00:00:00Z"), json!(0), json!("soon"), json!(null)] {
        admin.post("/api/operator/get-token", &wish(expires)).await.problem(422, "invalid_body");
    }
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs();
    let answer = admin.post("/api/operator/get-token", &wish(json!(now + 3600))).await.ok();
    assert_eq!(answer.media_type(), "text/plain");
    let token = answer.text();
    let found = validated(&admin, &token).await;
    assert_eq!((&found["valid"], &found["operator"]), (&json!(true), &olga), "{found}");
    assert_eq!(validated(&admin, "nonsense").await, json!({"valid": false, "operator": null, "expiresAt": null}));
    // It is no token of another kind.
    let operator = host.anybody().with_header("authorization", &format!("Bearer {token}"));
    for path in ["/api/organizations", "/api/keys", "/api/workspaces", "/api/workspaces/ws_default"] {
        operator.get(path).await.problem(401, "invalid_token");
    }
    let one = format!("/api/operators/{}", olga["id"].as_str().expect("an id"));
    admin.send(admin.request("PATCH", &one).json(&json!({"disabled": true}))).await.ok();
    assert_eq!(validated(&admin, &token).await["valid"], false);
    admin.post("/api/operator/get-token", &wish(json!(now + 3600))).await.problem(404, "not_found");
    admin.send(admin.request("PATCH", &one).json(&json!({"disabled": false}))).await.ok();
    let token = admin.post("/api/operator/get-token", &wish(json!((now + 3600) * 1000))).await.ok().text();
    assert_eq!(validated(&admin, &token).await["valid"], true);
    admin.post("/api/operator/revoke-token", &json!({"token": token})).await.is(204);
    assert_eq!(validated(&admin, &token).await["valid"], false);
    admin.post("/api/operator/revoke-token", &json!({})).await.problem(422, "invalid_body");
    admin.send(admin.request("DELETE", &format!("/api/organizations/{id}"))).await.is(204);
    admin.get(&operators).await.problem(404, "not_found");
}
