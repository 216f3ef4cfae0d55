use super::{add, hash, host, identify, secret};
use crate::kit::{Answer, Visitor};
use serde_json::{Value, json};

fn merged(answer: &Answer) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["merged"].clone()
}

#[tokio::test]
async fn a_cart_goes_along_when_its_visitor_signs_in_and_adds_up() {
    let (host, admin) = host().await;
    let secret = secret(&admin).await;
    // At home.
    let home = host.visitor();
    add(&home, "prod_1", 2).await;
    let signed_in = identify(&home, &secret, "ada").await;
    assert_eq!(merged(&signed_in), json!(["shop"]));
    let person = signed_in.json()["visitor"].as_str().unwrap().to_owned();
    assert_eq!(home.count().await, 2, "the cookie is the person's from now on");
    // On another device, where there is a cart already.
    let phone = host.visitor();
    add(&phone, "prod_1", 1).await;
    add(&phone, "prod_3", 4).await;
    let before = phone.id().await;
    let signed_in = identify(&phone, &secret, "ada").await;
    assert_eq!(signed_in.json()["visitor"], person.as_str());
    let quantities = |cart: Value| {
        let line = |item: &Value| (item["productId"].as_str().unwrap().to_owned(), item["quantity"].as_u64().unwrap());
        cart["items"].as_array().unwrap().iter().map(line).collect::<Vec<_>>()
    };
    let expected = [("prod_1".to_owned(), 3), ("prod_3".to_owned(), 4)];
    assert_eq!(quantities(phone.cart().await), expected);
    assert_eq!(quantities(home.cart().await), expected);
    // Again, with the anonymous proof too: nothing comes back, nothing is doubled.
    identify(&phone, &secret, "ada").await.ok();
    let old = Visitor::at(host.url(), &before);
    assert_eq!(old.count().await, 0);
    assert_eq!(merged(&identify(&old, &secret, "ada").await), json!([]));
    assert_eq!(phone.count().await, 7);
    // Another person sees nothing of it.
    let other = host.visitor();
    identify(&other, &secret, "bob").await.ok();
    assert_eq!(other.count().await, 0);
}

#[tokio::test]
async fn an_action_sent_again_after_signing_in_acts_once() {
    let (host, admin) = host().await;
    let secret = secret(&admin).await;
    let visitor = host.visitor();
    visitor.cart().await;
    let item = json!({"productId": "prod_1", "quantity": 1});
    let first = visitor.act_once("click-1", "add_to_cart", item.clone()).await.ok().json();
    identify(&visitor, &secret, "ada").await.ok();
    let again = visitor.act_once("click-1", "add_to_cart", item).await.ok().json();
    assert_eq!((first, visitor.count().await), (again, 1));
}

#[tokio::test]
async fn clicks_and_sign_ins_at_once_lose_nothing() {
    let (host, admin) = host().await;
    let secret = secret(&admin).await;
    let visitor = host.visitor();
    let proof = visitor.id().await;
    let clicks = (0..20).map(|n| {
        let visitor = Visitor::at(host.url(), &proof);
        tokio::spawn(async move {
            visitor
                .act_once(&format!("c{n}"), "add_to_cart", json!({"productId": "prod_1", "quantity": 1}))
                .await
                .status
        })
    });
    let clicks: Vec<_> = clicks.collect();
    let sign_ins: Vec<_> = (0..5)
        .map(|_| {
            let (visitor, secret) = (Visitor::at(host.url(), &proof), secret.clone());
            tokio::spawn(async move { identify(&visitor, &secret, "ada").await.status })
        })
        .collect();
    for click in clicks {
        assert_eq!(click.await.unwrap(), 200);
    }
    for sign_in in sign_ins {
        assert_eq!(sign_in.await.unwrap(), 200);
    }
    // What was clicked with the old proof after the last sign-in comes along with the next one.
    let last = identify(&Visitor::at(host.url(), &proof), &secret, "ada").await;
    let person = last.ok().header("x-inlay-visitor").unwrap().to_owned();
    assert_eq!(Visitor::at(host.url(), &person).count().await, 20);
    assert_eq!(Visitor::at(host.url(), &proof).count().await, 0);
}

#[tokio::test]
async fn the_next_person_at_the_same_browser_gets_nothing_of_the_former() {
    let (host, admin) = host().await;
    let secret = secret(&admin).await;
    let browser = host.visitor();
    add(&browser, "prod_1", 2).await;
    let anonymous = browser.id().await;
    let ada = identify(&browser, &secret, "ada").await.ok().header("x-inlay-visitor").unwrap().to_owned();
    // Somebody else signs in without anybody having signed out.
    assert_eq!(merged(&identify(&browser, &secret, "bob").await), json!([]));
    assert_eq!(browser.count().await, 0);
    // Nor does the anonymous visitor, who became Ada, become Bob.
    let old = Visitor::at(host.url(), &anonymous);
    add(&old, "prod_3", 1).await;
    assert_eq!(merged(&identify(&old, &secret, "bob").await), json!([]));
    assert_eq!(browser.count().await, 0);
    browser.post("/api/visitor/logout", &json!({})).await.ok();
    assert_eq!(browser.count().await, 0);
    let fresh = browser.id().await;
    assert!(fresh != ada && fresh != anonymous);
    assert_eq!(fresh.matches('.').count(), 1, "an anonymous proof");
    assert_eq!(Visitor::at(host.url(), &ada).count().await, 2);
}

#[tokio::test]
async fn only_the_site_s_word_counts() {
    let (host, admin) = host().await;
    let visitor = host.visitor();
    let refused = |answer: Answer| answer.problem(401, "identity_refused");
    let none = refused(identify(&visitor, "no secret yet", "ada").await);
    let first = secret(&admin).await;
    let wrong = [
        json!({"user_id": "ada", "hash": hash(&first, "bob")}),
        json!({"user_id": "ada", "hash": "00"}),
        json!({"jwt": "a.b.c"}),
        json!({"jwt": first}),
    ];
    for body in wrong {
        let problem = refused(visitor.post("/api/visitor/identify", &body).await);
        assert_eq!(problem["detail"], none["detail"], "one answer cannot be told from another");
    }
    for body in [json!({}), json!({"user_id": "ada"}), json!({"user_id": {}, "hash": "00"}), json!({"jwt": 7})] {
        visitor.post("/api/visitor/identify", &body).await.problem(422, "invalid_body");
    }
    identify(&visitor, &first, "ada").await.ok();
    let proof = visitor.id().await;
    assert_eq!(proof.matches('.').count(), 3);
    // An operator is not the shop's customer.
    let body = json!({"user_id": "ada", "hash": hash(&first, "ada")});
    admin.post("/api/visitor/identify", &body).await.problem(403, "forbidden");

    // A new secret: the old one's word is void at once, and so is what it vouched for.
    add(&visitor, "prod_1", 1).await;
    let second = secret(&admin).await;
    assert_ne!(first, second);
    refused(identify(&visitor, &first, "ada").await);
    let anew = Visitor::at(host.url(), &proof);
    let given = anew.get("/api/cart").await.ok().header("x-inlay-visitor").unwrap().to_owned();
    assert_ne!(given, proof);
    identify(&visitor, &second, "ada").await.ok();
    assert_eq!(visitor.count().await, 1, "the person is the same");
    host.anybody().post("/api/workspaces/ws_default/identity-secret", &json!({})).await.problem(401, "missing_token");
    admin.post("/api/workspaces/ws_other/identity-secret", &json!({})).await.problem(404, "not_found");
}
