use super::{host, trap};
use crate::kit::{TestHost, variant};
use serde_json::json;

#[tokio::test]
async fn an_action_that_fails_shows_what_its_plugin_declared_for_that() {
    let host = host(&[]).await;
    let visitor = host.visitor();
    let problem = visitor.act("trap", json!({})).await.problem(502, "plugin_failed");
    let shown = &problem["widgets"][0];
    assert_eq!(
        (shown["name"].as_str(), shown["key"].as_str(), shown["mode"].as_str()),
        (Some("sorry"), Some("sorry"), Some("replace"))
    );
    assert_eq!(shown["widget"]["children"][0]["value"], "Sorry for trap: plugin_failed", "{problem}");
    let late = visitor.act("loop", json!({})).await.problem(504, "plugin_timeout");
    assert_eq!(late["widgets"][0]["widget"]["children"][0]["value"], "Sorry for loop: plugin_timeout", "{late}");
    let none = visitor.act("panic", json!({})).await.problem(502, "plugin_failed");
    assert!(none.get("widgets").is_none(), "{none}");
    let page = visitor.form(&json!({"type": "trap"}), "/demo", &[]).await.is(502);
    assert_eq!(page.media_type(), "text/html");
    assert!(page.text().contains("Sorry for trap: plugin_failed") && page.text().contains("href=\"/demo\""));
}

#[tokio::test]
async fn a_widget_whose_plugin_is_down_shows_its_own_stand_in() {
    let host = host(&[]).await;
    let visitor = host.visitor();
    let problem = visitor.get("/api/widget/panics").await.problem(502, "plugin_failed");
    assert_eq!(problem["widgets"][0]["widget"]["children"][0]["value"], "Sorry for query_panic: plugin_failed");
    trap(&visitor, 4).await;
    let problem = visitor.get("/api/widget/panics").await.problem(503, "plugin_unavailable");
    assert_eq!(problem["widgets"][0]["widget"]["children"][0]["value"], "Sorry for query_panic: plugin_unavailable");
    let page = visitor.get_as("/api/widget/panics", "text/html").await.is(503);
    assert!(page.text().contains("Sorry for query_panic: plugin_unavailable"), "{}", page.text());
}

#[tokio::test]
async fn the_shop_says_that_it_is_closed() {
    let mut host = TestHost::with(&[("INLAY_WATCH_ROLLBACK", "false")]).await;
    let broken = variant::broken(variant::versioned(variant::bundled("shop"), "0.1.0", "0.1.1"));
    crate::admin_plugins::upload(&host.admin(), broken, Some("all")).await.is(201);
    let visitor = host.visitor();
    for product in ["prod_1", "prod_2", "prod_3", "prod_1", "prod_2"] {
        let problem = visitor.act("add_to_cart", json!({"productId": product})).await.problem(502, "plugin_failed");
        assert_eq!(problem["widgets"][0]["name"], "shop-closed", "{problem}");
    }
    let problem = visitor.act("checkout", json!({})).await.problem(503, "plugin_unavailable");
    assert!(problem["widgets"][0]["widget"].to_string().contains("You were not charged"), "{problem}");
    let problem = visitor.get("/api/widget/products").await.problem(503, "plugin_unavailable");
    assert_eq!(problem["widgets"][0]["name"], "unavailable", "{problem}");
    let page = visitor.get_as("/api/widget/products", "text/html").await.is(503);
    assert!(page.text().contains("Not available at the moment"), "{}", page.text());
    let demo = visitor.get_as("/demo", "text/html").await.ok();
    assert!(demo.text().contains("Not available at the moment") && demo.text().contains("Write to us"));
}
