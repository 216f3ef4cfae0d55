//! Plugins are swapped while people click.
use crate::kit::{TestHost, variant};
use serde_json::json;

#[tokio::test]
async fn a_variant_of_the_shop_is_the_shop_and_a_broken_one_traps() {
    let mut host = TestHost::start().await;
    let shop = variant::bundled("shop");
    let admin = host.admin();
    let other = variant::versioned(shop.clone(), "0.1.0", "0.1.1");
    super::admin_plugins::upload(&admin, other, Some("all")).await.is(201);
    let visitor = host.visitor();
    let added = visitor.act("add_to_cart", json!({"productId": "prod_1"})).await.ok().json();
    assert_eq!(added["result"]["count"], 1, "{added}");
    let broken = variant::broken(variant::versioned(shop, "0.1.0", "0.1.2"));
    super::admin_plugins::upload(&admin, broken, Some("all")).await.is(201);
    let fault = visitor.act("add_to_cart", json!({"productId": "prod_1"})).await.problem(502, "plugin_failed");
    assert_eq!(fault["reason"], "plugin.trap", "{fault}");
}
