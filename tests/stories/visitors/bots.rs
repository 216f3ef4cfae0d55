use super::host;
use crate::kit::Client;
use serde_json::{Value, json};

async fn made(admin: &Client, body: Value) -> Value {
    let made = admin.post("/widget/bots", &body).await;
    assert_eq!(made.status, 201, "{}", made.text());
    made.json()
}

#[tokio::test]
async fn a_bot_is_made_changed_and_deleted() {
    let (host, admin) = host().await;
    let bot = made(&admin, json!({"name": "Sales Bot", "primary_color": "rebeccapurple", "id": "bot_mine"})).await;
    let id = bot["id"].as_str().unwrap();
    assert_eq!((bot["slug"].as_str(), bot["max_sessions"].as_u64()), (Some("sales-bot"), Some(1_000)));
    assert_ne!(id, "bot_mine");
    assert_eq!(made(&admin, json!({"name": "Sales bot!"})).await["slug"], "sales-bot-2");
    let taken = admin.post("/widget/bots", &json!({"name": "x", "slug": "sales-bot"})).await;
    taken.problem(409, "name_taken");
    let wrong = admin.post("/widget/bots", &json!({"name": "x", "theme": "pink", "max_sessions": 0})).await;
    let pointers: Vec<Value> = wrong.problem(422, "invalid_body")["faults"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fault| fault["pointer"].clone())
        .collect();
    assert_eq!(pointers, ["/theme", "/max_sessions"]);
    admin.post("/widget/bots", &json!({})).await.problem(422, "invalid_body");

    let change = json!({"welcome_message": "Hola", "slug": "ventas", "active": null});
    let changed = admin.send(admin.request("PUT", &format!("/widget/bots/{id}")).json(&change)).await.ok().json();
    assert_eq!((changed["slug"].as_str(), changed["active"].as_bool()), (Some("ventas"), Some(true)));
    assert_eq!(changed["name"], "Sales Bot");
    assert_eq!(admin.get(&format!("/widget/bots/{id}")).await.ok().json(), changed);
    let page = admin.get("/widget/bots?limit=1").await.ok().json();
    assert_eq!((page["bots"].as_array().unwrap().len(), page["next"].as_str()), (1, Some(id)));
    let rest = admin.get(&format!("/widget/bots?limit=1&after={id}")).await.ok().json();
    assert_eq!((rest["bots"][0]["slug"].as_str(), rest["next"].as_str()), (Some("sales-bot-2"), None));
    admin.get("/widget/bots?limit=0").await.problem(422, "invalid_parameters");

    let gone = admin.send(admin.request("DELETE", &format!("/widget/bots/{id}"))).await;
    assert_eq!(gone.status, 204);
    admin.get(&format!("/widget/bots/{id}")).await.problem(404, "not_found");
    host.anybody().get("/widget/bots").await.problem(401, "missing_token");
}

#[tokio::test]
async fn a_request_that_is_sent_again_makes_one_bot() {
    let (_host, admin) = host().await;
    let send = |body: Value| {
        let request = admin.request("POST", "/widget/bots").header("idempotency-key", "k1").json(&body);
        admin.send(request)
    };
    let first = send(json!({"name": "Once"})).await;
    let again = send(json!({"name": "Once"})).await;
    assert_eq!((again.status, first.json()), (201, again.json()));
    send(json!({"name": "Twice"})).await.problem(422, "idempotency_key_reused");
    assert_eq!(admin.get("/widget/bots").await.ok().json()["bots"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_page_s_token_opens_its_bot_until_it_is_revoked() {
    let (host, admin) = host().await;
    let bot = made(&admin, json!({"name": "Helper", "allowed_origins": ["shop.example"]})).await;
    let id = bot["id"].as_str().unwrap();
    let token = |answer: crate::kit::Answer| answer.json()["token"].as_str().unwrap().to_owned();
    let generated = admin.post("/widget/generate", &json!({"bot_id": id})).await;
    assert_eq!(generated.status, 201, "{}", generated.text());
    let shown = generated.json();
    let first = shown["token"].as_str().unwrap().to_owned();
    let line = format!("<script async src=\"{}/static/widget.js\" data-token=\"{first}\"></script>", host.url());
    assert_eq!(shown["embed_code"], line);
    assert!(shown["expires_at"].as_str().unwrap().ends_with('Z'));

    let page = |token: &str, origin: &str| {
        let page = host.anybody().with_header("authorization", &format!("Bearer {token}"));
        let page = page.with_header("origin", origin);
        async move { page.get("/api/cart").await }
    };
    assert_eq!(page(&first, "https://shop.example").await.status, 200);
    page(&first, "https://other.example").await.problem(403, "origin_not_allowed");
    // A page's token is no member's.
    let member = host.anybody().with_header("authorization", &format!("Bearer {first}"));
    member.get("/widget/bots").await.problem(401, "invalid_token");

    let second = token(host.anybody().post("/widget/refresh", &json!({"token": first})).await);
    assert_ne!(first, second);
    page(&first, "https://shop.example").await.problem(401, "invalid_token");
    assert_eq!(page(&second, "https://shop.example").await.status, 200);
    host.anybody().post("/widget/refresh", &json!({"token": first})).await.problem(401, "invalid_token");
    for junk in [json!({"token": "x"}), json!({"token": host.token("1h")})] {
        host.anybody().post("/widget/refresh", &junk).await.problem(401, "invalid_token");
    }

    let revoked = admin.post("/widget/revoke", &json!({"token": second})).await.ok().json();
    assert_eq!(revoked["revoked"], 1);
    page(&second, "https://shop.example").await.problem(401, "invalid_token");
    admin.post("/widget/revoke", &json!({"token": second})).await.problem(404, "not_found");

    let third = token(admin.post("/widget/generate", &json!({"bot_id": id})).await);
    admin.post("/widget/revoke", &json!({"bot_id": id})).await.problem(422, "invalid_body");
    let all = admin.post("/widget/revoke", &json!({"bot_id": id, "all": true})).await.ok().json();
    assert_eq!(all["revoked"], 1);
    page(&third, "https://shop.example").await.problem(401, "invalid_token");
}

#[tokio::test]
async fn a_bot_that_is_switched_off_takes_its_tokens_along() {
    let (host, admin) = host().await;
    let bot = made(&admin, json!({"name": "Helper"})).await;
    let id = bot["id"].as_str().unwrap();
    let made = admin.post("/widget/generate", &json!({"bot_id": id})).await.json();
    let token = made["token"].as_str().unwrap();
    let page = host.anybody().with_header("authorization", &format!("Bearer {token}"));
    assert_eq!(page.get("/api/cart").await.status, 200);
    let switch = |active: bool| {
        let request = admin.request("PUT", &format!("/widget/bots/{id}")).json(&json!({"active": active}));
        admin.send(request)
    };
    switch(false).await.ok();
    page.get("/api/cart").await.problem(401, "invalid_token");
    admin.post("/widget/generate", &json!({"bot_id": id})).await.problem(409, "bot_inactive");
    switch(true).await.ok();
    page.get("/api/cart").await.problem(401, "invalid_token");
    host.anybody().post("/widget/refresh", &json!({"token": token})).await.problem(401, "invalid_token");
}
