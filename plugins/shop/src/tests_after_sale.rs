//! Orders after checkout, and plans.
use crate::PLUGIN;
use inlay::*;

fn bought(cx: &Cx, id: &str, quantity: u64) -> String {
    cx.act("add_to_cart", json!({ "productId": id, "quantity": quantity })).unwrap();
    let reply = cx.act("checkout", json!({})).unwrap();
    reply.data()["order"]["id"].as_str().unwrap().to_owned()
}

fn status(cx: &Cx, id: &str, status: &str) -> Result {
    cx.act("set_order_status", json!({ "orderId": id, "status": status }))
}

#[test]
fn an_order_is_followed_from_the_cart_to_the_door() {
    let cx = PLUGIN.fake();
    assert_eq!(cx.ask("order", json!({})).unwrap()["order"], json!(null));
    let id = bought(&cx, "prod_3", 2);
    let order = cx.ask("order", json!({})).unwrap()["order"].clone();
    assert_eq!((&order["id"], &order["status"], &order["cancellable"]), (&json!(id), &json!("placed"), &json!(true)));
    assert_eq!((&order["placed"], &order["items"][0]["quantity"]), (&json!("1 July 2025"), &json!(2)));
    assert_eq!(order["steps"].as_array().unwrap().len(), 4);

    status(&cx, &id, "shipped").unwrap();
    let reply = cx.act("view_order", json!({ "orderId": id })).unwrap();
    let shown = reply.widget_data()["order"].clone();
    assert_eq!((reply.widget(), &shown["statusLabel"]), (Some("order-status"), &json!("On its way")));
    assert_eq!((&shown["steps"][1]["done"], &shown["steps"][2]["current"]), (&json!(false), &json!(true)));
    assert_eq!(status(&cx, &id, "packed").unwrap_err().code, "conflict.order", "never backwards");
    assert_eq!(cx.act("cancel_order", json!({ "orderId": id })).unwrap_err().code, "conflict.too-late");
    assert_eq!(cx.events().last().unwrap().payload, json!({ "orderId": id, "status": "shipped" }));
    let other = cx.as_visitor("vis_2");
    for code in [
        other.ask("order", json!({ "orderId": id })).unwrap_err().code,
        other.act("cancel_order", json!({ "orderId": id })).unwrap_err().code,
    ] {
        assert_eq!(code, "missing.order", "an order is its visitor's alone");
    }
}

#[test]
fn a_cancelled_order_gives_the_stock_back() {
    let cx = PLUGIN.fake();
    let first = bought(&cx, "prod_2", 30);
    let second = bought(&cx, "prod_2", 10);
    let left = || cx.ask("product", json!({ "productId": "prod_2" })).unwrap()["stock"].clone();
    assert_eq!(left(), 60);
    let view = cx.act("cancel_order", json!({ "orderId": first })).unwrap().widget_data();
    assert_eq!(left(), 90);
    assert_eq!((&view["order"]["statusLabel"], &view["others"][0]["id"]), (&json!("Cancelled"), &json!(second)));
    assert_eq!(view["order"]["steps"].as_array().unwrap().len(), 2, "what it will never reach is not shown");
    assert_eq!(cx.act("cancel_order", json!({ "orderId": first })).unwrap_err().code, "conflict.too-late");
    assert_eq!(left(), 90, "only once");
    assert_eq!(status(&cx, &first, "packed").unwrap_err().code, "conflict.order");
    let page = cx.ask("orders", json!({ "limit": 1 })).unwrap();
    assert_eq!((&page["items"][0]["status"], &page["next"]), (&json!("cancelled"), &json!(first)));
    let rest = cx.ask("orders", json!({ "after": first })).unwrap();
    assert_eq!((&rest["items"][0]["id"], &rest["next"]), (&json!(second), &json!(null)));
}

#[test]
fn a_plan_is_chosen_changed_and_left_and_the_subscribers_are_counted() {
    let cx = PLUGIN.fake();
    let other = cx.as_visitor("vis_2");
    let count = || {
        cx.ask("subscribers", json!({}))
            .unwrap()
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["count"].as_u64().unwrap())
            .collect::<Vec<_>>()
    };
    cx.act("choose_plan", json!({ "plan": "studio", "period": "yearly" })).unwrap();
    other.act("choose_plan", json!({ "plan": "studio" })).unwrap();
    assert_eq!(count(), [0, 2, 0]);
    let again = cx.act("choose_plan", json!({ "plan": "studio", "period": "yearly" })).unwrap_err();
    assert_eq!(again.code, "conflict.same-plan");
    let view = cx.act("choose_plan", json!({ "plan": "label" })).unwrap().widget_data();
    assert_eq!(
        (count(), &view["mine"], &view["plans"][2]["mine"]),
        (vec![0, 1, 1], &json!("Label, paid monthly"), &json!(true))
    );
    cx.act("leave_plan", json!({})).unwrap();
    assert_eq!(
        (count(), cx.act("leave_plan", json!({})).unwrap_err().code),
        (vec![0, 1, 0], "conflict.no-plan".into())
    );
    let yearly = cx.ask("plans", json!({ "period": "yearly" })).unwrap();
    assert_eq!(
        (&yearly["plans"][1]["priceLabel"], &yearly["plans"][1]["saving"]),
        (&json!("€120.00"), &json!("Saves €24.00 a year"))
    );
    assert_eq!((&yearly["plans"][0]["priceLabel"], &yearly["plans"][0]["saving"]), (&json!("Free"), &json!(null)));
    cx.act("choose_plan", json!({ "plan": "sketch", "period": "yearly" })).unwrap();
    let free = cx.ask("plans", json!({})).unwrap();
    assert_eq!(
        (&free["mine"], &free["plans"][0]["mine"]),
        (&json!("Sketch"), &json!(true)),
        "what is free is not paid"
    );
    assert_eq!(cx.act("choose_plan", json!({ "plan": "sketch" })).unwrap_err().code, "conflict.same-plan");
    assert_eq!(cx.act("choose_plan", json!({ "plan": "none" })).unwrap_err().code, "missing.plan");
}
