use super::{add, host, identify, secret};
use crate::kit::{Client, Visitor};
use serde_json::{Value, json};

const MARK: &str = "mark-9f3a";

async fn write(visitor: &Client) {
    let form = json!({"user_name": format!("Ada {MARK}"), "email": "ada@example.org", "reason": "demo",
        "message": format!("Hello {MARK}")});
    visitor.act_form("submit_contact_form", json!({}), form).await.ok();
    visitor.act_form("send_feedback", json!({}), json!({"rating": 5, "comment": MARK})).await.ok();
    add(visitor, "prod_1", 2).await;
    visitor.act_once("once", "add_to_cart", json!({"productId": "prod_1", "quantity": 1})).await.ok();
}

async fn erase(client: &Client, path: &str) -> crate::kit::Answer {
    client.send(client.request("DELETE", path)).await
}

#[tokio::test]
async fn a_person_sees_and_erases_all_that_is_kept_of_him() {
    let (host, admin) = host().await;
    let secret = secret(&admin).await;
    let visitor = host.visitor();
    write(&visitor).await;
    let person = identify(&visitor, &secret, "ada").await.ok().json()["visitor"].as_str().unwrap().to_owned();
    add(&visitor, "prod_3", 1).await;
    let neighbour = host.visitor();
    write(&neighbour).await;

    let kept = visitor.get("/api/visitor/export").await.ok();
    assert_eq!(kept.header("cache-control"), Some("no-store"));
    let kept = kept.json();
    assert_eq!((kept["visitor"].as_str(), kept["identified"]["external_id"].as_str()), (Some(&*person), Some("ada")));
    assert_eq!(kept["joined"].as_array().unwrap().len(), 1);
    assert_eq!(kept["plugins"]["shop"]["data"]["cart"]["lines"].as_array().unwrap().len(), 2);
    let sent = &kept["plugins"]["contact"]["more"][0]["items"];
    assert_eq!(sent.as_array().unwrap().len(), 2, "{kept}");
    assert!(sent.to_string().contains(MARK));
    let actions: Vec<&str> = kept["actions"].as_array().unwrap().iter().filter_map(|a| a["action"].as_str()).collect();
    assert!(actions.contains(&"submit_contact_form") && actions.contains(&"add_to_cart"), "{actions:?}");
    assert_eq!(kept["answers"].as_array().unwrap().len(), 1);
    assert!(!kept["events"].as_array().unwrap().is_empty());
    let path = format!("/api/workspaces/ws_default/visitors/{person}");
    assert_eq!(admin.get(&format!("{path}/export")).await.ok().json()["plugins"], kept["plugins"]);

    let proof = visitor.id().await;
    let erased = erase(&visitor, "/api/visitor").await.ok().json();
    assert_eq!(erased["plugins"], json!(["contact", "shop"]));
    assert_ne!(visitor.id().await, proof, "who erased himself is somebody new");
    assert_eq!(visitor.count().await, 0);
    // The old proof is nobody's, and the site's word makes somebody new.
    assert_eq!(Visitor::at(host.url(), &proof).count().await, 0);
    let anew = host.visitor();
    assert_ne!(identify(&anew, &secret, "ada").await.ok().json()["visitor"], person.as_str());
    admin.get(&format!("{path}/export")).await.problem(404, "not_found");
    erase(&admin, &path).await.problem(404, "not_found");

    // The neighbour's are there still.
    let messages = admin.get("/api/submissions").await.ok().json();
    assert_eq!(messages["items"].as_array().unwrap().len(), 1);
    assert_eq!(neighbour.count().await, 3);
}

#[tokio::test]
async fn an_erased_visitor_is_in_no_row_of_the_database() {
    let (mut host, admin) = host().await;
    let visitor = host.visitor();
    write(&visitor).await;
    let id = visitor.id().await.split('.').next().unwrap().to_owned();
    let other = host.visitor();
    add(&other, "prod_1", 1).await;
    let erased = erase(&admin, &format!("/api/workspaces/ws_default/visitors/{id}")).await.ok().json();
    assert_eq!(erased["not_asked"], json!([]));
    admin.get("/api/workspaces/ws_default/visitors/nobody/export").await.problem(404, "not_found");
    host.visitor().get(&format!("/api/workspaces/ws_default/visitors/{id}/export")).await.problem(401, "missing_token");
    assert_eq!(other.count().await, 1);
    host.stop().await;
    host.restart().await;
    let admin = host.admin();
    admin.get(&format!("/api/workspaces/ws_default/visitors/{id}/export")).await.problem(404, "not_found");
    let messages: Value = admin.get("/api/submissions").await.ok().json();
    assert!(!messages.to_string().contains(MARK));
    let feedback = admin.get("/api/data/received-feedback").await.ok().json();
    assert!(!feedback.to_string().contains(MARK));
}

#[tokio::test]
async fn what_the_host_alone_calls_nobody_else_can() {
    let (host, admin) = host().await;
    let visitor = host.visitor();
    for action in ["merge_visitors", "erase_visitor"] {
        visitor.act(action, json!({})).await.problem(404, "unknown_action");
        admin.act(action, json!({})).await.problem(404, "unknown_action");
    }
    for query in ["sent_by_visitor", "appointments_of_visitor"] {
        admin.get(&format!("/api/data/{query}")).await.problem(404, "unknown_query");
    }
}
