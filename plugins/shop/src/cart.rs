//! The visitor's cart. Only ids and quantities are stored; names and prices always are those of the catalogue.
use crate::catalogue::{self, Label};
use crate::money::Money;
use inlay::*;

pub const KEY: &str = "cart";
/// The highest quantity of one line.
pub const MOST: u64 = 999_999;

#[derive(Deserialize, Serialize, Default, Clone, Debug)]
pub struct Cart {
    lines: Vec<Line>,
}

#[derive(Deserialize, Serialize, Clone, Debug)]
pub struct Line {
    pub id: String,
    pub quantity: u64,
}

/// The cart as widgets and programs see it.
#[derive(Serialize, Clone, Debug)]
#[serde(rename_all = "camelCase")]
pub struct CartView {
    pub items: Vec<Item>,
    pub count: u64,
    pub total: Money,
    pub total_label: String,
    pub empty: bool,
    /// The order that has just been placed.
    pub order: Option<OrderView>,
}

#[derive(Serialize, Clone, Debug)]
#[serde(rename_all = "camelCase")]
pub struct Item {
    pub product_id: String,
    pub name: String,
    pub icon: String,
    pub color: String,
    pub quantity: u64,
    pub price: Money,
    pub price_label: String,
    pub line_total: Money,
    pub line_total_label: String,
}

#[derive(Serialize, Clone, Debug)]
#[serde(rename_all = "camelCase")]
pub struct OrderView {
    pub id: String,
    pub total_label: String,
    pub count: u64,
}

impl Cart {
    pub fn load(mine: &Bucket) -> Result<Cart> {
        mine.get(KEY)
    }

    pub fn store(&self, mine: &Bucket) -> Result<()> {
        mine.put(KEY, self)
    }

    /// Errors: `input.invalid` past [`MOST`].
    pub fn add(&mut self, id: &str, quantity: u64) -> Result<()> {
        let line = self.lines.iter_mut().find(|line| line.id == id);
        let sum = line.as_ref().map_or(0, |line| line.quantity).saturating_add(quantity);
        if sum > MOST {
            return Err(Failure::field("/quantity", format!("At most {MOST} of one product fit in the cart")));
        }
        match line {
            Some(line) => line.quantity = sum,
            None => self.lines.push(Line { id: id.to_owned(), quantity }),
        }
        Ok(())
    }

    /// Adds another cart's lines; a line is full at [`MOST`].
    pub fn take_over(&mut self, other: Cart) {
        for line in other.lines {
            match self.lines.iter_mut().find(|own| own.id == line.id) {
                Some(own) => own.quantity = own.quantity.saturating_add(line.quantity).min(MOST),
                None => self.lines.push(line),
            }
        }
    }

    /// Errors: `missing.cart-item` when the product is not in the cart.
    pub fn set(&mut self, id: &str, quantity: u64) -> Result<()> {
        let Some(line) = self.lines.iter_mut().find(|line| line.id == id) else {
            return fail("missing.cart-item", "This product is not in your cart");
        };
        line.quantity = quantity;
        self.lines.retain(|line| line.quantity > 0);
        Ok(())
    }

    pub fn remove(&mut self, id: &str) {
        self.lines.retain(|line| line.id != id);
    }

    /// The lines whose products the catalogue still has, with what the catalogue says of them.
    pub fn labelled(self, cx: &Cx) -> Result<Vec<(Line, Label)>> {
        let mut found = Vec::with_capacity(self.lines.len());
        for line in self.lines {
            if let Some(label) = catalogue::find(cx, &line.id)? {
                found.push((line, label));
            }
        }
        Ok(found)
    }

    pub fn view(self, cx: &Cx) -> Result<CartView> {
        Ok(CartView::of(self.labelled(cx)?, &catalogue::currency(cx)?))
    }
}

impl CartView {
    pub fn of(lines: Vec<(Line, Label)>, currency: &str) -> CartView {
        let items: Vec<Item> = lines.into_iter().map(|(line, label)| Item::of(line, label, currency)).collect();
        let sum = items.iter().fold(0, |sum: u64, item| sum.saturating_add(item.line_total.amount));
        let total = Money { amount: sum, currency: currency.to_owned() };
        CartView {
            count: items.iter().map(|item| item.quantity).sum(),
            total_label: total.label(),
            total,
            empty: items.is_empty(),
            items,
            order: None,
        }
    }
}

impl Item {
    fn of(line: Line, label: Label, currency: &str) -> Item {
        let price = Money { amount: label.price, currency: currency.to_owned() };
        let line_total = Money { amount: label.price.saturating_mul(line.quantity), currency: currency.to_owned() };
        Item {
            product_id: line.id,
            name: label.name,
            icon: label.icon,
            color: label.color,
            quantity: line.quantity,
            price_label: price.label(),
            price,
            line_total_label: line_total.label(),
            line_total,
        }
    }
}
