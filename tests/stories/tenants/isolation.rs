//! What is another workspace's is not there; what is one's own is as one's role allows.
use crate::kit::account::{Account, PASSWORD, bearer};
use crate::kit::{Client, TestHost};
use serde_json::{Value, json};

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}

async fn patch(client: &Client, path: &str, body: Value) -> crate::kit::Answer {
    client.send(client.request("PATCH", path).json(&body)).await
}

async fn delete(client: &Client, path: &str) -> crate::kit::Answer {
    client.send(client.request("DELETE", path)).await
}

#[tokio::test]
async fn nothing_of_another_workspace_is_there() {
    let host = TestHost::start().await;
    let (owner, stranger) = (host.owner().await, host.account("stranger@example.com", "admin").await);
    let other = owner.post("/api/workspaces", &json!({"name": "Other"})).await.is(201).json();
    let other = text(&other["id"]);
    let there = |path: &str| format!("{path}?workspace_id={other}");
    let key = owner.post(&there("/api/keys"), &json!({"name": "k"})).await.is(201).json();
    let sales = owner.post(&there("/api/organizations"), &json!({"name": "Sales"})).await.is(201).json();
    let operators = format!("/api/organizations/{}/operators", text(&sales["id"]));
    let olga = owner.post(&there(&operators), &json!({"name": "Olga"})).await.is(201).json();
    let wish = json!({"id": olga["id"], "expiresAt": "2099-01-01"});
    owner.post(&there("/api/operator/get-token"), &wish).await.problem(422, "invalid_body");
    let soon = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs() + 600;
    let wish = json!({"id": olga["id"], "expiresAt": soon});
    let token = owner.post(&there("/api/operator/get-token"), &wish).await.ok().text();
    let invitations = format!("/api/workspaces/{other}/invitations");
    let invited = owner.post(&invitations, &json!({"role": "agent"})).await.is(201).json();
    let (key, sales, olga) = (text(&key["id"]), text(&sales["id"]), text(&olga["id"]));

    // By the other workspace's name, and by the row's id alone, in the stranger's own workspace.
    for place in [String::new(), format!("?workspace_id={other}")] {
        for path in
            [format!("/api/keys/{key}"), format!("/api/keys/{key}/usage"), format!("/api/organizations/{sales}")]
        {
            stranger.get(&format!("{path}{place}")).await.problem(404, "not_found");
        }
        stranger.get(&format!("{operators}{place}")).await.problem(404, "not_found");
        for (path, body) in [
            (format!("/api/keys/{key}/rotate"), json!({})),
            (operators.clone(), json!({"name": "Mine"})),
            ("/api/operator/get-token".to_owned(), wish.clone()),
            ("/api/operator/revoke-token".to_owned(), json!({"token": token})),
            ("/api/operator/revoke-token".to_owned(), json!({"id": olga, "all": true})),
        ] {
            stranger.post(&format!("{path}{place}"), &body).await.problem(404, "not_found");
        }
        for path in
            [format!("/api/keys/{key}"), format!("/api/organizations/{sales}"), format!("/api/operators/{olga}")]
        {
            patch(&stranger, &format!("{path}{place}"), json!({"name": "Mine"})).await.problem(404, "not_found");
            delete(&stranger, &format!("{path}{place}")).await.problem(404, "not_found");
        }
    }
    for path in ["", "/members", "/invitations"] {
        stranger.get(&format!("/api/workspaces/{other}{path}")).await.problem(404, "not_found");
    }
    let one = format!("/api/workspaces/{other}");
    patch(&stranger, &one, json!({"name": "Mine"})).await.problem(404, "not_found");
    delete(&stranger, &one).await.problem(404, "not_found");
    patch(&stranger, &format!("{one}/members/{}", stranger.id()), json!({"role": "owner"}))
        .await
        .problem(404, "not_found");
    delete(&stranger, &format!("{invitations}/{}", text(&invited["id"]))).await.problem(404, "not_found");
    stranger.post(&invitations, &json!({"role": "agent"})).await.problem(404, "not_found");
    for list in ["keys", "organizations"] {
        let mine = stranger.get(&format!("/api/{list}")).await.ok().json();
        assert_eq!(mine, json!({list: [], "next": null}));
        stranger.get(&there(&format!("/api/{list}"))).await.problem(404, "not_found");
    }
    let mine = stranger.get("/api/workspaces").await.ok().json();
    assert_eq!(mine["workspaces"].as_array().map(Vec::len), Some(1), "{mine}");
    let state = stranger.post("/api/operator/validate-token", &json!({"token": token})).await.ok().json();
    assert_eq!(state["valid"], false);
    // All of it is still there for its owner; a deleted workspace is there for nobody.
    owner.get(&there(&format!("/api/keys/{key}"))).await.ok();
    delete(&owner, &one).await.is(204);
    owner.get(&one).await.problem(404, "not_found");
    owner.get(&there(&format!("/api/keys/{key}"))).await.problem(404, "not_found");
}

#[tokio::test]
async fn roles_count_at_once() {
    let host = TestHost::start().await;
    let (owner, admin) = (host.owner().await, host.account("admin@example.com", "admin").await);
    let (agent, viewer) =
        (host.account("agent@example.com", "agent").await, host.account("viewer@example.com", "viewer").await);
    let member = |of: &Account| format!("/api/workspaces/ws_default/members/{}", of.id());
    let new = json!({"name": "k"});
    admin.post("/api/keys", &new).await.is(201);
    for low in [&agent, &viewer] {
        low.get("/api/keys").await.ok();
        low.get("/api/workspaces/ws_default/members").await.ok();
        low.post("/api/keys", &new).await.problem(403, "forbidden");
        low.post("/api/organizations", &new).await.problem(403, "forbidden");
        low.get("/api/workspaces/ws_default/invitations").await.problem(403, "forbidden");
        patch(low, &member(low), json!({"role": "owner"})).await.problem(403, "forbidden");
        patch(low, "/api/workspaces/ws_default", new.clone()).await.problem(403, "forbidden");
    }
    patch(&admin, &member(&owner), json!({"role": "viewer"})).await.problem(403, "forbidden");
    patch(&admin, &member(&admin), json!({"role": "owner"})).await.problem(403, "forbidden");
    delete(&admin, &member(&owner)).await.problem(403, "forbidden");
    patch(&owner, &member(&owner), json!({"role": "viewer"})).await.problem(409, "last_owner");
    delete(&owner, &member(&owner)).await.problem(409, "last_owner");
    // With the access token that each has already.
    patch(&owner, &member(&viewer), json!({"role": "admin"})).await.ok();
    viewer.post("/api/keys", &new).await.is(201);
    patch(&owner, &member(&admin), json!({"role": "viewer"})).await.ok();
    admin.post("/api/keys", &new).await.problem(403, "forbidden");
    delete(&agent, &member(&agent)).await.is(204);
    agent.get("/api/keys").await.problem(403, "forbidden");
}

#[tokio::test]
async fn an_invitation_and_a_company_token_lead_into_a_workspace() {
    let host = TestHost::start().await;
    let (owner, guest) = (host.owner().await, host.account("guest@example.com", "viewer").await);
    let other = owner.post("/api/workspaces", &json!({"name": "Other"})).await.is(201).json();
    let path = format!("/api/workspaces/{}", text(&other["id"]));
    let body = json!({"role": "agent", "email": "Guest@example.com"});
    let token = owner.post(&format!("{path}/invitations"), &body).await.is(201).json()["token"].clone();
    let accept = |who: &Account| {
        let (who, body) = (who.clone(), json!({"token": token}));
        async move { who.post("/api/invitations/accept", &body).await }
    };
    accept(&owner).await.problem(404, "not_found");
    assert_eq!(accept(&guest).await.ok().json()["role"], "agent");
    accept(&guest).await.problem(404, "not_found");
    assert_eq!(guest.get(&path).await.ok().json()["name"], "Other");

    let sign_in = |login: &'static str, password: &'static str| {
        let anybody = host.anybody();
        async move { anybody.post("/api/company/get-token", &json!({"login": login, "password": password})).await }
    };
    sign_in("owner@example.com", "wrong wrong wrong").await.problem(401, "sign_in_failed");
    let answer = sign_in("owner@example.com", PASSWORD).await.ok();
    assert_eq!(answer.media_type(), "text/plain");
    let company = bearer(host.url(), &answer.text());
    company.post("/api/organizations", &json!({"name": "Sales"})).await.is(201);
    for path in ["/api/keys", "/api/workspaces", "/auth/me"] {
        company.get(path).await.problem(401, "invalid_token");
    }
    company.get(&format!("/api/organizations?workspace_id={}", text(&other["id"]))).await.problem(404, "not_found");
    // It is worth what its member is worth, and ends with him.
    let low = bearer(host.url(), &sign_in("guest@example.com", PASSWORD).await.ok().text());
    assert_eq!(low.get("/api/organizations").await.ok().json()["organizations"].as_array().map(Vec::len), Some(1));
    low.post("/api/organizations", &json!({"name": "Mine"})).await.problem(403, "forbidden");
    delete(&owner, &format!("/api/workspaces/ws_default/members/{}", guest.id())).await.is(204);
    low.get("/api/organizations").await.problem(403, "forbidden");
}
