//! A shop: a catalogue from the configuration, a cart for every visitor, and a stock that cannot be oversold.
mod actions;
mod cart;
mod catalogue;
mod money;
mod queries;
mod stock;
#[cfg(test)]
mod tests;

use inlay::*;

plugin! {
    actions {
        /// Show one product in full.
        "view_product_details" => actions::view_product_details,
        /// Put a product in the visitor's cart.
        "add_to_cart" => actions::add_to_cart,
        /// Set how many of a product are in the cart; 0 takes it out.
        "update_cart_item" => actions::update_cart_item,
        /// Take a product out of the cart.
        "remove_from_cart" => actions::remove_from_cart,
        /// Buy what is in the cart.
        #[destructive]
        "checkout" => actions::checkout,
    }
    queries {
        /// A page of the catalogue, searched and filtered.
        #[shared]
        "products" => queries::products,
        /// One product.
        #[shared]
        "product" => queries::product,
        /// The visitor's cart.
        #[visitor]
        "cart" => queries::cart,
    }
}
