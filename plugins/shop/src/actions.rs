//! What visitors do in the shop.
use crate::cart::{Cart, CartView, OrderView};
use crate::catalogue::{self, Label, Listing};
use crate::orders::Order;
use crate::stock;
use inlay::*;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OneProduct {
    /// The product's id, such as prod_1
    #[schemars(length(min = 1, max = 40))]
    pub product_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Add {
    /// The product's id, such as prod_1
    #[schemars(length(min = 1, max = 40))]
    product_id: String,
    /// How many
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 99))]
    quantity: u64,
}

fn one() -> u64 {
    1
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Update {
    /// The product's id, such as prod_1
    #[schemars(length(min = 1, max = 40))]
    product_id: String,
    /// How many from now on; 0 takes the product out
    #[schemars(range(min = 0, max = 99_999))]
    quantity: u64,
}

pub fn view_product_details(cx: &Cx, input: OneProduct) -> Result {
    let listing: Listing = catalogue::product(cx, &input.product_id)?;
    let left = stock::left_of(cx, &input.product_id, listing.stock)?;
    let product = listing.show(&input.product_id, &catalogue::currency(cx)?, left);
    cx.emit("product-viewed", &json!({ "productId": product.id }), Audience::Visitor)?;
    render("product-card", &product).data(json!({ "product": product }))
}

pub fn add_to_cart(cx: &Cx, input: Add) -> Result {
    let product: Label = catalogue::product(cx, &input.product_id)?;
    stock::some_left(cx, &input.product_id, &product)?;
    let message = format!("{} is in your cart", product.name);
    change(cx, &input.product_id, message, |cart| cart.add(&input.product_id, input.quantity))
}

pub fn update_cart_item(cx: &Cx, input: Update) -> Result {
    let message = "Your cart is up to date".to_owned();
    change(cx, &input.product_id, message, |cart| cart.set(&input.product_id, input.quantity))
}

pub fn remove_from_cart(cx: &Cx, input: OneProduct) -> Result {
    let message = "Taken out of your cart".to_owned();
    change(cx, &input.product_id, message, |cart| {
        cart.remove(&input.product_id);
        Ok(())
    })
}

/// Changes the stored cart, tells the visitor's pages, and shows it.
fn change(cx: &Cx, id: &str, message: String, how: impl FnOnce(&mut Cart) -> Result<()>) -> Result {
    let mine = cx.visitor()?;
    let mut cart = Cart::load(&mine)?;
    how(&mut cart)?;
    cart.store(&mine)?;
    let view = cart.view(cx)?;
    cx.emit("cart-updated", &CartUpdated { product_id: Some(id), count: view.count }, Audience::Visitor)?;
    render("cart", &view).data(Changed { cart: &view, count: view.count }).message(message)
}

#[derive(Serialize)]
struct Changed<'a> {
    cart: &'a CartView,
    count: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CartUpdated<'a> {
    pub product_id: Option<&'a str>,
    pub count: u64,
}

pub fn checkout(cx: &Cx) -> Result {
    let mine = cx.visitor()?;
    let lines = Cart::load(&mine)?.labelled(cx)?;
    if lines.is_empty() {
        return fail("conflict.empty-cart", "Your cart is empty");
    }
    let currency = catalogue::currency(cx)?;
    for (line, product) in &lines {
        if product.stock.is_some() {
            let left = stock::take(cx, &line.id, product, line.quantity)?;
            // Without a figure the listener asks the query `product` for it.
            let payload = json!({ "productId": line.id, "stock": left });
            cx.emit("inventory-updated", &payload, Audience::Workspace)?;
        }
    }
    let bought = CartView::of(lines, &currency);
    let order = Order::of(cx, bought);
    order.place(cx)?;
    Cart::default().store(&mine)?;
    cx.emit("cart-updated", &CartUpdated { product_id: None, count: 0 }, Audience::Visitor)?;
    info!(cx, "order {}: {} of {} products", order.id, order.count, order.items.len());

    let mut view = CartView::of(Vec::new(), &currency);
    view.order = Some(OrderView { id: order.id.clone(), total_label: order.total_label.clone(), count: order.count });
    render("cart", &view).data(json!({ "order": order })).message("Thank you for your order")
}
