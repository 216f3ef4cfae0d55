//! An anonymous visitor turned out to be somebody who has been here before: what both have comes together.
use crate::actions::CartUpdated;
use crate::cart::{self, Cart};
use crate::{orders, plans};
use inlay::*;

/// What was put in the cart before it was known whose it is comes on top of what is there; orders are listed together; of two
/// plans the person's own goes on.
pub fn merge(cx: &Cx, merge: Merge) -> Result {
    let mine = cx.visitor()?;
    for both in merge.both {
        match both.key.as_str() {
            cart::KEY => {
                let (theirs, mut own): (Cart, Cart) = both.read()?;
                own.take_over(theirs);
                own.store(&mine)?;
            }
            orders::RECENT_KEY => {
                let (theirs, own): (Vec<String>, Vec<String>) = both.read()?;
                mine.put(orders::RECENT_KEY, &orders::newest(theirs, own))?;
            }
            plans::KEY => plans::give_up(cx, both)?,
            _ => {}
        }
    }
    let count = Cart::load(&mine)?.view(cx)?.count;
    cx.emit("cart-updated", &CartUpdated { product_id: None, count }, Audience::Visitor)?;
    reply(json!({ "count": count }))
}
