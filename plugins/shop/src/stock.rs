//! What is left of each product.
//!
//! The catalogue says how many there are, the workspace's state counts how many are sold: `sold/<id>`, only ever
//! changed by an `add` with the stock as its upper bound. Such adds do not disturb one another, so a hundred buyers
//! at once sell exactly what there is.
//!
//! To read the counter is another matter: a read makes the action run again whenever somebody else buys. It is worth
//! one attempt, because it gives a buyer the better sentence; from the second attempt on the bound alone decides.
use crate::catalogue::Listing;
use inlay::*;

fn key(id: &str) -> String {
    format!("sold/{id}")
}

/// What is left of each product that has a limit, in the order given.
pub fn left<'a>(cx: &Cx, products: impl Iterator<Item = (&'a str, &'a Listing)>) -> Result<Vec<Option<u64>>> {
    let products: Vec<_> = products.collect();
    let keys: Vec<String> = products.iter().filter(|(_, p)| p.stock.is_some()).map(|(id, _)| key(id)).collect();
    if keys.is_empty() {
        return Ok(vec![None; products.len()]);
    }
    let mut sold = cx.workspace()?.get_many::<u64, _>(&keys)?.into_iter();
    let mut one = |stock: u64| stock.saturating_sub(sold.next().flatten().unwrap_or(0));
    Ok(products.iter().map(|(_, product)| product.stock.map(&mut one)).collect())
}

pub fn left_of(cx: &Cx, id: &str, listing: &Listing) -> Result<Option<u64>> {
    Ok(left(cx, std::iter::once((id, listing)))?.into_iter().next().flatten())
}

fn sold_out(name: &str) -> Failure {
    Failure::new("conflict.out-of-stock", format!("{name} is sold out"))
}

/// Fails with `conflict.out-of-stock` (or at the commit with `state.bound`) when nothing is left.
pub fn some_left(cx: &Cx, id: &str, listing: &Listing) -> Result<()> {
    let Some(stock) = listing.stock else { return Ok(()) };
    let Some(last) = stock.checked_sub(1) else { return Err(sold_out(&listing.name)) };
    if cx.call().attempt > 1 {
        return cx.workspace()?.add_within(&key(id), 0, ..=signed(last)?);
    }
    if left_of(cx, id, listing)? == Some(0) { Err(sold_out(&listing.name)) } else { Ok(()) }
}

/// Takes `quantity` of a product and says what is left, where that is known.
/// Errors: `conflict.out-of-stock`, or at the commit `state.bound`.
pub fn take(cx: &Cx, id: &str, listing: &Listing, quantity: u64) -> Result<Option<u64>> {
    let Some(stock) = listing.stock else { return Ok(None) };
    let mut after = None;
    if cx.call().attempt == 1 {
        let left = left_of(cx, id, listing)?.unwrap_or(stock);
        after = Some(left.checked_sub(quantity).ok_or_else(|| too_few(&listing.name, left))?);
    }
    cx.workspace()?.add_within(&key(id), signed(quantity)?, 0..=signed(stock)?)?;
    Ok(after)
}

fn too_few(name: &str, left: u64) -> Failure {
    match left {
        0 => sold_out(name),
        _ => Failure::new("conflict.out-of-stock", format!("Only {left} of {name} are left")),
    }
}

fn signed(number: u64) -> Result<i64> {
    Ok(i64::try_from(number)?)
}
