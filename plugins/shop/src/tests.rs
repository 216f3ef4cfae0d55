use crate::PLUGIN;
use inlay::*;

fn add(cx: &Cx, id: &str, quantity: u64) -> Result {
    cx.act("add_to_cart", json!({ "productId": id, "quantity": quantity }))
}

#[test]
fn the_catalogue_holds_what_it_promises() {
    let cx = PLUGIN.fake();
    let first = cx.ask("product", json!({ "productId": "prod_1" })).unwrap();
    assert_eq!(first["name"], "Ableton Live 12 Suite");
    assert_eq!(first["price"], json!({ "amount": 59900, "currency": "EUR" }));
    assert_eq!(first["priceLabel"], "€599.00");
    assert_eq!((&first["stock"], &first["available"]), (&json!(null), &json!(true)));
    assert_eq!(cx.ask("product", json!({ "productId": "prod_2" })).unwrap()["stock"], 100);
    for id in ["prod_999", "prod_1/name", "../currency", ""] {
        assert_eq!(cx.ask("product", json!({ "productId": id })).unwrap_err().code, "missing.product");
    }
}

#[test]
fn pages_hold_every_product_once_and_in_order() {
    let cx = PLUGIN.fake();
    let first = cx.ask("products", json!({})).unwrap();
    assert_eq!(first["items"].as_array().unwrap().len(), 12);
    assert_eq!(first["next"], "prod_12");
    let total = first["total"].as_u64().unwrap();
    assert!(total >= 24);
    let (mut seen, mut after) = (Vec::new(), json!(null));
    loop {
        let page = cx.ask("products", json!({ "limit": 5, "after": after })).unwrap();
        seen.extend(page["items"].as_array().unwrap().iter().map(|p| p["id"].as_str().unwrap().to_owned()));
        after = page["next"].clone();
        if after.is_null() {
            break;
        }
    }
    assert_eq!(seen, (1..=total).map(|n| format!("prod_{n}")).collect::<Vec<_>>());
    let lost = cx.ask("products", json!({ "after": "page two" })).unwrap_err();
    assert_eq!(lost.code, "input.invalid", "never page one again");
}

#[test]
fn search_wants_all_words_and_category_the_whole_one() {
    let cx = PLUGIN.fake();
    let names = |input: Value| -> Vec<String> {
        let page = cx.ask("products", input).unwrap();
        assert_eq!(page["total"].as_u64().unwrap() as usize, page["items"].as_array().unwrap().len());
        page["items"].as_array().unwrap().iter().map(|p| p["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(json!({ "search": " LIVE  suite " })), ["Ableton Live 12 Suite"]);
    assert_eq!(names(json!({ "category": "headphones", "limit": 100 })).len(), 2);
    assert!(names(json!({ "search": "nothing like this" })).is_empty());
    assert_eq!(names(json!({ "search": "serum", "category": "Software" })), ["Serum 2"]);
}

#[test]
fn adding_shows_the_cart_and_tells_the_other_pages() {
    let cx = PLUGIN.fake();
    add(&cx, "prod_3", 2).unwrap();
    let reply = add(&cx, "prod_3", 1).unwrap();
    assert_eq!(reply.widget(), Some("cart"));
    assert_eq!(reply.message(), Some("Komplete Kontrol S61 is in your cart"));
    assert_eq!(reply.data()["count"], 3);
    let cart = reply.widget_data();
    assert_eq!(cart, reply.data()["cart"]);
    assert_eq!(cart["items"][0]["quantity"], 3);
    assert_eq!(cart["items"][0]["lineTotalLabel"], "€2,247.00");
    assert_eq!(cart["total"], json!({ "amount": 224_700, "currency": "EUR" }));
    assert_eq!((&cart["empty"], &cart["order"]), (&json!(false), &json!(null)));
    let events = cx.events();
    assert_eq!(events.len(), 2);
    assert_eq!(events[1].topic, "cart-updated");
    assert_eq!(events[1].payload, json!({ "productId": "prod_3", "count": 3 }));
    assert_eq!(events[1].audience, "visitor");
    assert_eq!(cx.ask("cart", json!({})).unwrap(), cart);
    assert_eq!(cx.as_visitor("vis_2").ask("cart", json!({})).unwrap()["empty"], true);
}

#[test]
fn quantities_change_and_go() {
    let cx = PLUGIN.fake();
    add(&cx, "prod_1", 1).unwrap();
    add(&cx, "prod_3", 1).unwrap();
    let set = |id: &str, quantity: u64| cx.act("update_cart_item", json!({ "productId": id, "quantity": quantity }));
    assert_eq!(set("prod_1", 5).unwrap().data()["count"], 6);
    assert_eq!(set("prod_1", 0).unwrap().data()["count"], 1);
    assert_eq!(set("prod_1", 2).unwrap_err().code, "missing.cart-item");
    let reply = cx.act("remove_from_cart", json!({ "productId": "prod_3" })).unwrap();
    assert_eq!(reply.data()["cart"]["empty"], true);
    cx.act("remove_from_cart", json!({ "productId": "prod_3" })).unwrap();
}

#[test]
fn a_line_takes_a_hundred_thousand_adds_but_not_a_million() {
    let cx = PLUGIN.fake();
    add(&cx, "prod_1", 1).unwrap();
    cx.act("update_cart_item", json!({ "productId": "prod_1", "quantity": 99_999 })).unwrap();
    assert_eq!(add(&cx, "prod_1", 1).unwrap().data()["count"], 100_000);
    let failure = add(&cx, "prod_1", 900_000).unwrap_err();
    assert_eq!((&*failure.code, &failure.detail.unwrap()[0]["pointer"]), ("input.invalid", &json!("/quantity")));
}

#[test]
fn checkout_sells_the_stock_and_empties_the_cart() {
    let cx = PLUGIN.fake();
    add(&cx, "prod_2", 30).unwrap();
    add(&cx, "prod_1", 1).unwrap();
    let reply = cx.act("checkout", json!({})).unwrap();
    let cart = reply.widget_data();
    assert_eq!((&cart["empty"], &cart["count"]), (&json!(true), &json!(0)));
    assert_eq!(cart["order"]["count"], 31);
    assert_eq!(cart["order"]["totalLabel"], "€59,069.00");
    assert_eq!(reply.data()["order"]["id"], cart["order"]["id"]);
    assert_eq!(cx.ask("product", json!({ "productId": "prod_2" })).unwrap()["stock"], 70);
    assert_eq!(cx.ask("cart", json!({})).unwrap()["order"], json!(null));
    let last: Vec<_> = cx.events().into_iter().skip(2).map(|e| (e.topic, e.payload, e.audience)).collect();
    let inventory = json!({ "productId": "prod_2", "stock": 70 });
    assert_eq!(last[0], ("inventory-updated".into(), inventory, "workspace".into()));
    assert_eq!(last[1], ("cart-updated".into(), json!({ "productId": null, "count": 0 }), "visitor".into()));
    assert_eq!(cx.act("checkout", json!({})).unwrap_err().code, "conflict.empty-cart");
}

#[test]
fn what_is_sold_out_cannot_be_added_or_bought() {
    let cx = PLUGIN.fake();
    let other = cx.as_visitor("vis_2");
    assert_eq!(add(&cx, "prod_22", 1).unwrap_err().code, "conflict.out-of-stock");
    add(&cx, "prod_16", 2).unwrap();
    add(&other, "prod_16", 2).unwrap();
    cx.act("checkout", json!({})).unwrap();
    let failure = other.act("checkout", json!({})).unwrap_err();
    assert_eq!((&*failure.code, &*failure.message), ("conflict.out-of-stock", "U 87 Ai Studio Set: only 1 left"));
    assert_eq!(other.ask("cart", json!({})).unwrap()["count"], 2, "a refused checkout keeps the cart");
    other.act("update_cart_item", json!({ "productId": "prod_16", "quantity": 1 })).unwrap();
    other.act("checkout", json!({})).unwrap();
    let card = cx.ask("product", json!({ "productId": "prod_16" })).unwrap();
    assert_eq!((&card["stock"], &card["available"]), (&json!(0), &json!(false)));
    assert_eq!(add(&cx, "prod_16", 1).unwrap_err().code, "conflict.out-of-stock");
}

/// From the second attempt on the counter is not read any more, so that buyers cannot hold one another up for ever.
#[test]
fn later_attempts_rely_on_the_bound_alone() {
    let cx = PLUGIN.fake();
    let buyers: Vec<Cx> = (0..150).map(|n| cx.as_visitor(&format!("vis_{n}")).with_attempt(2)).collect();
    for buyer in &buyers {
        add(buyer, "prod_2", 1).unwrap();
    }
    let outcomes: Vec<Result> = buyers.iter().map(|buyer| buyer.act("checkout", json!({}))).collect();
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 100);
    let codes = outcomes.iter().filter_map(|outcome| outcome.as_ref().err());
    assert!(codes.into_iter().all(|failure| failure.code == "state.bound"));
    assert_eq!(cx.ask("product", json!({ "productId": "prod_2" })).unwrap()["stock"], 0);
    assert_eq!(add(&cx.with_attempt(2), "prod_2", 1).unwrap_err().code, "state.bound");
}

#[test]
fn viewing_a_product_shows_its_card() {
    let cx = PLUGIN.fake();
    let reply = cx.act("view_product_details", json!({ "productId": "prod_2" })).unwrap();
    assert_eq!(reply.widget(), Some("product-card"));
    assert_eq!(reply.widget_data()["name"], "Push 3 Standalone");
    assert_eq!(cx.events()[0].payload, json!({ "productId": "prod_2" }));
}

#[test]
fn the_manifest_says_what_the_contract_wants() {
    let manifest = PLUGIN.manifest();
    assert_eq!(manifest["plugin"]["name"], "shop");
    assert_eq!(manifest["needs"]["state"], json!(["visitor", "workspace"]));
    let names: Vec<&str> = manifest["actions"].as_array().unwrap().iter().filter_map(|a| a["name"].as_str()).collect();
    assert_eq!(
        names[..5],
        ["view_product_details", "add_to_cart", "update_cart_item", "remove_from_cart", "checkout"],
        "the first of them are a contract"
    );
    let quantity = &manifest["actions"][1]["input"]["properties"]["quantity"];
    assert_eq!((&quantity["minimum"], &quantity["maximum"], &quantity["default"]), (&json!(1), &json!(99), &json!(1)));
    assert_eq!(manifest["actions"][1]["input"]["required"], json!(["productId"]));
    let widgets = manifest["widgets"].as_array().unwrap();
    let card = widgets.iter().find(|widget| widget["name"] == "product-card").unwrap();
    assert_eq!(card["inlay"]["source"], "product");
}

#[test]
fn the_widgets_are_as_their_cases_say_and_are_understood() {
    assert!(PLUGIN.test_widgets("widgets").unwrap() > 1);
    for shown in ["cart", "products", "ableton-live-12-suite"] {
        assert!(PLUGIN.test_widgets(&format!("../../widgets/{shown}")).unwrap() > 1, "{shown}");
    }
}
