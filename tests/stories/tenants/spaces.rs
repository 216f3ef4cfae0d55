//! Workspaces and invitations, as far as the command line's admin may.
use crate::kit::TestHost;
use serde_json::json;

#[tokio::test]
async fn the_first_workspace_is_the_hosts_own() {
    let mut host = TestHost::start().await;
    let admin = host.admin();
    let mine = admin.get("/api/workspaces").await.ok().json();
    assert_eq!((&mine["workspaces"][0]["id"], &mine["next"]), (&json!("ws_default"), &json!(null)), "{mine}");
    let path = "/api/workspaces/ws_default";
    let renamed = admin.send(admin.request("PATCH", path).json(&json!({"name": " Shop "}))).await.ok().json();
    assert_eq!(renamed["name"], "Shop");
    admin.send(admin.request("DELETE", path)).await.problem(409, "conflict");
    // One that is not there, one that cannot be, and nobody's: the same.
    for id in ["ws_other", "WS", "..", "%00", "ws_default%20", "'%20or%201=1"] {
        admin.get(&format!("/api/workspaces/{id}")).await.problem(404, "not_found");
        admin.get(&format!("/api/keys?workspace_id={id}")).await.problem(404, "not_found");
    }
    host.anybody().get(path).await.problem(401, "missing_token");
    // The command line is nobody's account.
    admin.post("/api/workspaces", &json!({"name": "x"})).await.problem(401, "invalid_token");
}

#[tokio::test]
async fn an_invitation_is_shown_once_and_taken_back() {
    let mut host = TestHost::start().await;
    let admin = host.admin();
    let path = "/api/workspaces/ws_default/invitations";
    let made = admin.post(path, &json!({"email": "Ada@Example.com", "role": "agent"})).await.is(201).json();
    assert_eq!((&made["email"], &made["role"]), (&json!("ada@example.com"), &json!("agent")), "{made}");
    let token = made["token"].as_str().expect("a token");
    let listed = admin.get(path).await.ok();
    assert!(!listed.text().contains(token) && listed.json()["invitations"][0]["id"] == made["id"]);
    for (body, pointer) in [
        (json!({}), "/role"),
        (json!({"role": "king"}), "/role"),
        (json!({"role": "agent", "email": "nobody"}), "/email"),
    ] {
        assert_eq!(admin.post(path, &body).await.problem(422, "invalid_body")["faults"][0]["pointer"], pointer);
    }
    let one = format!("{path}/{}", made["id"].as_str().expect("an id"));
    admin.send(admin.request("DELETE", &one)).await.is(204);
    admin.send(admin.request("DELETE", &one)).await.problem(404, "not_found");
    assert_eq!(admin.get(path).await.ok().json(), json!({"invitations": [], "next": null}));
}
