//! The main job: a widget is shown, its button is pressed, a plugin runs, the cart is stored and answered.
use crate::kit::{TestHost, Visitor, client::custom};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// All strings of a tree, which is what a person can read or press.
fn strings(tree: &Value, into: &mut Vec<String>) {
    match tree {
        Value::String(text) => into.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| strings(item, into)),
        Value::Object(members) => members.values().for_each(|member| strings(member, into)),
        _ => {}
    }
}

fn says(tree: &Value, what: &str) -> bool {
    let mut all = Vec::new();
    strings(tree, &mut all);
    all.iter().any(|text| text.contains(what))
}

#[tokio::test]
async fn the_products_widget_is_a_tree_for_programs_and_a_page_for_people() {
    let host = TestHost::start().await;
    let anybody = host.anybody();

    let tree = anybody.get("/api/widget/products").await.ok();
    assert_eq!(tree.media_type(), "application/json");
    let tree = tree.json();
    assert!(["Card", "ListView", "Basic"].contains(&tree["type"].as_str().unwrap_or_default()), "{tree}");
    for what in ["Ableton Live 12 Suite", "add_to_cart", "prod_1"] {
        assert!(says(&tree, what), "no {what:?} in {tree}");
    }

    let page = anybody.get_as("/api/widget/products", "text/html").await.ok();
    assert_eq!(page.media_type(), "text/html");
    let page = page.text();
    for what in ["Ableton Live 12 Suite", "<form", "inlay-action", "Add to cart"] {
        assert!(page.contains(what), "no {what:?} in {page}");
    }
    assert!(!page.contains("<script"), "the page needs no JavaScript");

    let few = anybody.get("/api/widget/products?limit=2").await.ok().json();
    assert!(says(&few, "prod_1") && !says(&few, "prod_9"), "{few}");
    let searched = anybody.get("/api/widget/products?search=ableton").await.ok().json();
    assert!(says(&searched, "Ableton"), "{searched}");
    anybody.get("/api/widget/products?limit=many").await.problem(422, "invalid_parameters");
    anybody.get("/api/widget/products?limit=0").await.problem(422, "invalid_parameters");
}

#[tokio::test]
async fn the_list_of_widgets_names_the_first_party_ones_and_all_of_them_render() {
    let host = TestHost::start().await;
    let visitor = host.visitor();
    let list = visitor.get("/api/widgets").await.ok().json();
    let text = list.to_string();
    for name in ["products", "cart", "contact-form", "ableton-live-12-suite", "mcq"] {
        assert!(text.contains(&format!("\"{name}\"")), "no {name} in {list}");
        let tree = visitor.get(&format!("/api/widget/{name}")).await.ok().json();
        assert!(tree["type"].is_string(), "{name}: {tree}");
        visitor.get_as(&format!("/api/widget/{name}"), "text/html").await.ok();
    }
    visitor.get("/api/widget/no-such-widget").await.problem(404, "unknown_widget");
}

#[tokio::test]
async fn adding_to_the_cart_answers_with_the_updated_cart() {
    let host = TestHost::start().await;
    let visitor = host.visitor();
    let answer = visitor.act("add_to_cart", json!({"productId": "prod_1", "quantity": 2})).await.ok().json();
    assert_eq!(answer["success"], true, "{answer}");
    assert_eq!(answer["action"], "add_to_cart", "{answer}");
    assert_eq!(answer["result"]["count"], 2, "{answer}");
    assert_eq!(answer["result"]["cart"]["total"], json!({"amount": 119_800, "currency": "EUR"}), "{answer}");
    assert!(answer["message"].as_str().is_some_and(|m| m.contains("Ableton Live 12 Suite")), "{answer}");
    assert_eq!(answer["widgets"][0]["name"], "cart", "{answer}");
    assert!(says(&answer["widgets"][0]["widget"], "Ableton Live 12 Suite"), "{answer}");
    assert_eq!(answer["events"][0]["topic"], "cart-updated", "{answer}");
    assert_eq!(answer["events"][0]["payload"]["productId"], "prod_1", "{answer}");
    assert_eq!(answer["events"][0]["payload"]["count"], 2, "{answer}");

    let cart = visitor.cart().await;
    assert_eq!(cart["items"][0]["productId"], "prod_1", "{cart}");
    assert_eq!(cart["count"], 2, "{cart}");
    let widget = visitor.get("/api/widget/cart").await.ok().json();
    assert!(says(&widget, "Ableton Live 12 Suite"), "{widget}");
    assert_eq!(host.visitor().count().await, 0, "another visitor has another cart");
}

#[tokio::test]
async fn both_spellings_of_an_action_do_the_same() {
    let host = TestHost::start().await;
    let visitor = host.visitor();
    visitor.act("add_to_cart", json!({"productId": "prod_1"})).await.ok();
    let chatkit = json!({"type": "add_to_cart", "payload": {"productId": "prod_1"}});
    let answer = visitor.post("/api/widget-action", &chatkit).await.ok().json();
    assert_eq!(answer["result"]["count"], 2, "{answer}");
    // Form values are input as well; a parameter of the same name wins.
    visitor
        .act_form("add_to_cart", json!({"productId": "prod_1"}), json!({"quantity": 3, "productId": "prod_3"}))
        .await
        .ok();
    assert_eq!(visitor.count().await, 5);
}

/// JSON Schema calls 2.0 an integer, and some clients have no other numbers.
#[tokio::test]
async fn a_whole_number_may_be_written_with_a_fraction() {
    let host = TestHost::start().await;
    let visitor = host.visitor();
    let added = visitor.act("add_to_cart", json!({"productId": "prod_1", "quantity": 2.0})).await.ok().json();
    assert_eq!(added["result"]["count"], 2, "{added}");
    visitor
        .act("add_to_cart", json!({"productId": "prod_1", "quantity": 1.5}))
        .await
        .problem(422, "invalid_parameters");
}

#[tokio::test]
async fn the_whole_shop_from_search_to_order() {
    let host = TestHost::start().await;
    let visitor = host.visitor();
    let first = visitor.get("/api/products?limit=5").await.ok().json();
    assert_eq!(first["items"].as_array().map(Vec::len), Some(5), "{first}");
    assert!(first["total"].as_u64().is_some_and(|total| total >= 24), "{first}");
    let mut seen = 5;
    let mut after = first["next"].as_str().map(str::to_owned);
    while let Some(next) = after {
        let page = visitor.get(&format!("/api/products?limit=5&after={next}")).await.ok().json();
        seen += page["items"].as_array().map_or(0, Vec::len);
        after = page["next"].as_str().map(str::to_owned);
    }
    assert_eq!(Some(seen as u64), first["total"].as_u64(), "every product is on exactly one page");
    let lost = visitor.get("/api/products?after=nowhere").await.problem(422, "invalid_form");
    assert_eq!(lost["faults"][0]["pointer"], "/after", "{lost}");

    let details = visitor.act("view_product_details", json!({"productId": "prod_2"})).await.ok().json();
    assert_eq!(details["widgets"][0]["name"], "product-card", "{details}");
    assert_eq!(details["events"][0]["topic"], "product-viewed", "{details}");
    let before = details_stock(&visitor, "prod_2").await;

    visitor.act("add_to_cart", json!({"productId": "prod_1"})).await.ok();
    visitor.act("add_to_cart", json!({"productId": "prod_2"})).await.ok();
    visitor.act("update_cart_item", json!({"productId": "prod_2", "quantity": 4})).await.ok();
    visitor.act("remove_from_cart", json!({"productId": "prod_1"})).await.ok();
    assert_eq!(visitor.count().await, 4);
    let order = visitor.act("checkout", json!({})).await.ok().json();
    assert_eq!(order["result"]["order"]["count"], 4, "{order}");
    let topics: Vec<_> = order["events"].as_array().into_iter().flatten().filter_map(|e| e["topic"].as_str()).collect();
    assert!(topics.contains(&"inventory-updated") && topics.contains(&"cart-updated"), "{order}");
    assert_eq!(visitor.count().await, 0, "the cart is empty after the order");
    assert_eq!(details_stock(&visitor, "prod_2").await, before - 4);
    let refused = visitor.act("checkout", json!({})).await;
    assert!([409, 422].contains(&refused.status), "an empty cart cannot be ordered: {}", refused.text());
    refused.any_problem();
}

async fn details_stock(visitor: &Visitor, id: &str) -> i64 {
    let product = visitor.get(&format!("/api/data/product?productId={id}")).await.ok().json();
    product["stock"].as_i64().unwrap_or_else(|| panic!("no stock in {product}"))
}

#[tokio::test]
async fn one_key_acts_once_and_gets_the_same_answer_byte_for_byte() {
    let host = TestHost::start().await;
    let visitor = host.visitor();
    let input = json!({"productId": "prod_1"});
    let first = visitor.act_once("order-1", "add_to_cart", input.clone()).await.ok();
    let second = visitor.act_once("order-1", "add_to_cart", input.clone()).await.ok();
    assert_eq!(String::from_utf8_lossy(&first.body), String::from_utf8_lossy(&second.body));
    assert_eq!(visitor.count().await, 1, "one key adds once");

    visitor.act_once("order-2", "add_to_cart", input.clone()).await.ok();
    assert_eq!(visitor.count().await, 2, "two keys add twice");

    let other = visitor.act_once("order-1", "add_to_cart", json!({"productId": "prod_3"})).await;
    other.problem(422, "idempotency_key_reused");
    assert_eq!(visitor.count().await, 2);

    // A key belongs to its caller: another visitor's equal key is another key.
    let other = host.visitor();
    other.act_once("order-1", "add_to_cart", input.clone()).await.ok();
    assert_eq!((visitor.count().await, other.count().await), (2, 1));

    let long = "k".repeat(256);
    visitor.act_once(&long, "add_to_cart", input.clone()).await.problem(400, "invalid_idempotency_key");
    visitor.act_once("", "add_to_cart", input).await.problem(400, "invalid_idempotency_key");
}

#[tokio::test]
async fn twins_of_one_key_at_the_same_time_add_once() {
    let host = TestHost::start().await;
    let visitor = host.visitor();
    visitor.id().await;
    let mut twins = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let visitor = visitor.clone();
        twins.spawn(async move { visitor.act_once("twin", "add_to_cart", json!({"productId": "prod_1"})).await });
    }
    let mut bodies = BTreeMap::new();
    for answer in twins.join_all().await {
        // A twin may be told to come back; the ones that are answered are answered alike.
        assert!([200, 409, 425].contains(&answer.status), "{} {}", answer.status, answer.text());
        if answer.status == 200 {
            *bodies.entry(answer.text()).or_insert(0) += 1;
        }
    }
    assert_eq!(bodies.len(), 1, "{bodies:?}");
    assert_eq!(visitor.count().await, 1);
}

#[tokio::test]
async fn a_visitor_without_a_cookie_is_given_one_and_keeps_the_cart() {
    let host = TestHost::start().await;
    let answer = host.anybody().act("add_to_cart", json!({"productId": "prod_1"})).await.ok();
    let id = answer.header("x-inlay-visitor").expect("the signed id").to_owned();
    let cookie = answer.header("set-cookie").expect("a cookie").to_owned();
    assert!(cookie.starts_with("inlay_visitor="), "{cookie}");
    assert_eq!(Visitor::at(host.url(), &id).count().await, 1);
    let pair = cookie.split(';').next().expect("a pair").to_owned();
    let by_cookie = host.anybody().with_header("cookie", &pair).get("/api/cart").await.ok().json();
    assert_eq!(by_cookie["count"], 1, "{by_cookie}");

    // A forged id is nobody's: either refused, or a new visitor with an empty cart.
    let mut forged = id.clone();
    let last = forged.pop().expect("characters");
    forged.push(if last == 'a' { 'b' } else { 'a' });
    let answer = host.anybody().with_header("x-inlay-visitor", &forged).get("/api/cart").await;
    if answer.status == 200 {
        assert_eq!(answer.json()["count"], 0, "{}", answer.text());
    } else {
        answer.problem(401, "invalid_token");
    }
}

/// The plain sequence of an acceptance test with curl: one action, kill, start, look.
#[tokio::test]
async fn the_cart_is_there_right_after_a_kill() {
    let mut host = TestHost::start().await;
    let id = host.visitor().id().await;
    for expected in 1..=3 {
        let answer = Visitor::at(host.url(), &id)
            .post("/api/widget-action", &custom("add_to_cart", json!({"productId": "prod_1"})))
            .await;
        host.kill();
        assert_eq!(answer.ok().json()["result"]["count"], expected);
        host.restart().await;
        assert_eq!(Visitor::at(host.url(), &id).count().await, expected);
    }
}
