//! What is left of each product.
//!
//! The catalogue says how many there are, the workspace's state counts how many are sold: `sold/<id>`, only ever
//! changed by an `add` with the stock as its upper bound. Such adds do not disturb one another, so a hundred buyers
//! at once sell exactly what there is.
//!
//! To read the counter is another matter: a read makes the action run again whenever somebody else buys. It is worth
//! one attempt, because it gives a buyer the better sentence; from the second attempt on the bound alone decides.
use crate::catalogue::Label;
use inlay::*;

fn key(id: &str) -> String {
    format!("sold/{id}")
}

/// What is left of each product, given its id and its stock in all; None where that has no limit.
pub fn left<'a>(cx: &Cx, products: impl Iterator<Item = (&'a str, Option<u64>)>) -> Result<Vec<Option<u64>>> {
    let products: Vec<_> = products.collect();
    let keys: Vec<String> = products.iter().filter(|(_, stock)| stock.is_some()).map(|(id, _)| key(id)).collect();
    if keys.is_empty() {
        return Ok(vec![None; products.len()]);
    }
    let mut sold = cx.workspace()?.get_many::<u64, _>(&keys)?.into_iter();
    let mut one = |stock: u64| stock.saturating_sub(sold.next().flatten().unwrap_or(0));
    Ok(products.iter().map(|(_, stock)| stock.map(&mut one)).collect())
}

pub fn left_of(cx: &Cx, id: &str, stock: Option<u64>) -> Result<Option<u64>> {
    Ok(left(cx, std::iter::once((id, stock)))?.into_iter().next().flatten())
}

fn sold_out(name: &str) -> Failure {
    Failure::new("conflict.out-of-stock", format!("{name} is sold out"))
}

/// Fails with `conflict.out-of-stock` (or at the commit with `state.bound`) when nothing is left.
pub fn some_left(cx: &Cx, id: &str, product: &Label) -> Result<()> {
    let Some(stock) = product.stock else { return Ok(()) };
    let Some(last) = stock.checked_sub(1) else { return Err(sold_out(&product.name)) };
    if cx.call().attempt > 1 {
        return cx.workspace()?.add_within(&key(id), 0, ..=signed(last)?);
    }
    if left_of(cx, id, product.stock)? == Some(0) { Err(sold_out(&product.name)) } else { Ok(()) }
}

/// Takes `quantity` of a product and says what is left, where that is known.
/// Errors: `conflict.out-of-stock`, or at the commit `state.bound`.
pub fn take(cx: &Cx, id: &str, product: &Label, quantity: u64) -> Result<Option<u64>> {
    let Some(stock) = product.stock else { return Ok(None) };
    let mut after = None;
    if cx.call().attempt == 1 {
        let left = left_of(cx, id, product.stock)?.unwrap_or(stock);
        after = Some(left.checked_sub(quantity).ok_or_else(|| too_few(&product.name, left))?);
    }
    cx.workspace()?.add_within(&key(id), signed(quantity)?, 0..=signed(stock)?)?;
    Ok(after)
}

/// Takes a sale back.
pub fn give_back(cx: &Cx, id: &str, product: &Label, quantity: u64) -> Result<()> {
    let Some(stock) = product.stock else { return Ok(()) };
    cx.workspace()?.add_within(&key(id), -signed(quantity)?, 0..=signed(stock)?)
}

fn too_few(name: &str, left: u64) -> Failure {
    match left {
        0 => sold_out(name),
        _ => Failure::new("conflict.out-of-stock", format!("{name}: only {left} left")),
    }
}

fn signed(number: u64) -> Result<i64> {
    Ok(i64::try_from(number)?)
}
