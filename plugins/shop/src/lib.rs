//! A shop: a catalogue from the configuration, a cart for every visitor, and a stock that cannot be oversold.
mod actions;
mod cart;
mod catalogue;
mod merge;
mod money;
mod orders;
mod plans;
mod queries;
mod stock;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_after_sale;

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
        /// Show how far an order is.
        #[read]
        "view_order" => orders::view,
        /// Cancel an order that is not packed yet.
        #[destructive]
        "cancel_order" => orders::cancel,
        /// Say how far an order is.
        #[admin]
        "set_order_status" => orders::advance,
        /// Subscribe to a plan.
        "choose_plan" => plans::choose,
        /// End the visitor's plan.
        #[destructive]
        "leave_plan" => plans::leave,
        /// Bring an anonymous visitor's cart, orders and plan together with those of the person he turned out to be.
        "merge_visitors" => merge::merge,
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
        /// One of the visitor's orders, and how far it is.
        #[visitor]
        "order" => orders::show,
        /// All orders, oldest first.
        #[admin]
        "orders" => orders::page,
        /// The plans, and which one is the visitor's.
        #[visitor]
        "plans" => plans::show,
        /// How many have which plan.
        #[admin]
        "subscribers" => plans::subscribers,
    }
}
