//! Many at once: stock is never oversold, no update of a cart is lost, and nobody is turned away for being one of many.
use crate::kit::{Answer, TestHost, Visitor};
use serde_json::json;
use std::collections::BTreeMap;
use std::future::Future;

/// Runs all at the same time.
async fn together<F: Future<Output = Answer> + Send + 'static>(calls: impl Iterator<Item = F>) -> Vec<Answer> {
    let mut all = tokio::task::JoinSet::new();
    calls.for_each(|call| {
        all.spawn(call);
    });
    all.join_all().await
}

/// How often each status came.
fn statuses(answers: &[Answer]) -> BTreeMap<u16, usize> {
    let mut counts = BTreeMap::new();
    for answer in answers {
        *counts.entry(answer.status).or_default() += 1;
    }
    counts
}

#[tokio::test]
async fn a_stock_of_100_is_sold_to_exactly_100_of_150_buyers() {
    let host = TestHost::start().await;
    let buyers: Vec<Visitor> = (0..150).map(|_| host.visitor()).collect();
    let filled = together(
        buyers
            .iter()
            .cloned()
            .map(|buyer| async move { buyer.act("add_to_cart", json!({"productId": "prod_2"})).await }),
    );
    assert_eq!(statuses(&filled.await), BTreeMap::from([(200, 150)]), "an item in a cart is not sold yet");

    let orders =
        together(buyers.iter().cloned().map(|buyer| async move { buyer.act("checkout", json!({})).await })).await;
    let sold = orders.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(sold, 100, "{:?}", statuses(&orders));
    for refused in orders.iter().filter(|answer| answer.status != 200) {
        assert!([409, 422].contains(&refused.status), "{} {}", refused.status, refused.text());
        refused.any_problem();
    }

    let product = host.anybody().get("/api/data/product?productId=prod_2").await.ok().json();
    assert_eq!((&product["stock"], &product["available"]), (&json!(0), &json!(false)), "{product}");
    let mut emptied = 0;
    for buyer in &buyers {
        emptied += usize::from(buyer.count().await == 0);
    }
    assert_eq!(emptied, 100, "a refused order leaves the cart as it was");
    let late = host.visitor().act("add_to_cart", json!({"productId": "prod_2"})).await;
    assert!([409, 422].contains(&late.status), "nothing is left: {}", late.text());
}

#[tokio::test]
async fn three_hundred_adds_to_one_cart_are_three_hundred() {
    let host = TestHost::start().await;
    let visitor = Visitor::at(host.url(), &host.visitor().id().await);
    let adds = together((0..300).map(|_| {
        let visitor = visitor.clone();
        async move { visitor.act("add_to_cart", json!({"productId": "prod_1"})).await }
    }))
    .await;
    assert_eq!(
        statuses(&adds),
        BTreeMap::from([(200, 300)]),
        "{:?}",
        adds.iter().find(|a| a.status != 200).map(Answer::text)
    );
    assert_eq!(visitor.count().await, 300);
    // Each of them saw another state: the answers are the counts 1 to 300, none twice.
    let mut counts: Vec<_> = adds.iter().filter_map(|answer| answer.json()["result"]["count"].as_u64()).collect();
    counts.sort_unstable();
    assert_eq!(counts, (1..=300).collect::<Vec<_>>());
}

#[tokio::test]
async fn different_lines_of_one_cart_do_not_overwrite_each_other() {
    let host = TestHost::start().await;
    let visitor = Visitor::at(host.url(), &host.visitor().id().await);
    let products = ["prod_1", "prod_3", "prod_4", "prod_5"];
    let adds = together((0..40).map(|n| {
        let (visitor, product) = (visitor.clone(), products[n % products.len()]);
        async move { visitor.act("add_to_cart", json!({"productId": product})).await }
    }))
    .await;
    assert_eq!(
        statuses(&adds),
        BTreeMap::from([(200, 40)]),
        "{:?}",
        adds.iter().find(|a| a.status != 200).map(Answer::text)
    );
    let cart = visitor.cart().await;
    for line in cart["items"].as_array().expect("lines") {
        assert_eq!(line["quantity"], 10, "{cart}");
    }
}

/// The answer of a shared query is kept; every sale changes what it says.
#[tokio::test]
async fn a_kept_answer_is_never_an_old_one() {
    let host = TestHost::start().await;
    let buyer = host.visitor();
    for sold in 1..=5 {
        let (by_query, by_widget) = ("/api/data/product?productId=prod_2", "/api/widget/products?limit=3");
        let before = host.anybody().get(by_widget).await.ok();
        assert_eq!(host.anybody().get(by_widget).await.ok().header("etag"), before.header("etag"));
        buyer.act("add_to_cart", json!({"productId": "prod_2"})).await.ok();
        assert_eq!(
            host.anybody().get(by_widget).await.ok().header("etag"),
            before.header("etag"),
            "nothing is sold yet"
        );
        buyer.act("checkout", json!({})).await.ok();
        assert_eq!(host.anybody().get(by_query).await.ok().json()["stock"], json!(100 - sold));
        let data = host.anybody().get("/api/data/products?limit=3").await.ok().json();
        let item = data["items"].as_array().and_then(|all| all.iter().find(|p| p["id"] == "prod_2"));
        assert_eq!(item.map(|p| &p["stock"]), Some(&json!(100 - sold)), "{data}");
    }
}
