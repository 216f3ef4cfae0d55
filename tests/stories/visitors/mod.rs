//! Bots and their pages' tokens, who visitors are, and what is kept of them.
mod bots;
mod identity;
mod privacy;

use crate::kit::{Answer, Client, TestHost, Visitor};
use hmac::{Hmac, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

/// What a site's server does: the hex HMAC-SHA256 of its user's id.
fn hash(secret: &str, id: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key of any length");
    mac.update(id.as_bytes());
    mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The first workspace's identity secret.
async fn secret(admin: &Client) -> String {
    let made = admin.post("/api/workspaces/ws_default/identity-secret", &json!({})).await;
    assert_eq!(made.status, 201, "{}", made.text());
    made.json()["secret"].as_str().expect("a secret").to_owned()
}

/// Says who the visitor is; the same visitor goes on with the proof that he was given.
async fn identify(visitor: &Visitor, secret: &str, id: &str) -> Answer {
    visitor.post("/api/visitor/identify", &json!({"user_id": id, "hash": hash(secret, id)})).await
}

async fn add(visitor: &Client, product: &str, quantity: u64) -> Value {
    visitor.act("add_to_cart", json!({"productId": product, "quantity": quantity})).await.ok().json()
}

async fn host() -> (TestHost, Client) {
    let mut host = TestHost::start().await;
    let admin = host.admin();
    (host, admin)
}
