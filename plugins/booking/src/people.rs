//! What the host asks about visitors: who one turned out to be, what is kept of one, and to delete it.
use crate::slots::{self, Booking, MINE, Mine};
use inlay::*;

/// Both lists are one from now on.
pub fn merge(cx: &Cx, merge: Merge) -> Result {
    for both in merge.both {
        if both.key == MINE {
            let (theirs, mut own): (Vec<Mine>, Vec<Mine>) = both.read()?;
            own.extend(theirs);
            slots::sort(&mut own);
            cx.visitor()?.put(MINE, &own)?;
        }
    }
    reply(json!({}))
}

#[derive(Serialize, Debug)]
pub struct Booked {
    items: Vec<Booking>,
}

pub fn export(cx: &Cx) -> Result<Booked> {
    let mut items = Vec::new();
    for (_, booking) in slots::of_visitor(cx)? {
        items.push(booking);
    }
    Ok(Booked { items })
}

pub fn erase(cx: &Cx) -> Result {
    let all = cx.workspace()?;
    let found = slots::of_visitor(cx)?;
    for (key, _) in &found {
        all.delete(key)?;
    }
    reply(json!({ "erased": found.len() }))
}
