//! What widgets and programs read of the shop.
use crate::actions::OneProduct;
use crate::cart::{Cart, CartView};
use crate::catalogue::{self, Listing, Product};
use crate::stock;
use inlay::*;
use std::collections::BTreeMap;

#[derive(Deserialize)]
#[serde(default)]
pub struct Wanted {
    /// Words that must all occur
    #[schemars(length(max = 100))]
    search: String,
    /// Only this category
    #[schemars(length(max = 60))]
    category: Option<String>,
    /// How many on a page
    #[schemars(range(min = 1, max = 100))]
    limit: usize,
    /// The last product of the page before
    #[schemars(length(max = 40))]
    after: Option<String>,
}

impl Default for Wanted {
    fn default() -> Wanted {
        Wanted { search: String::new(), category: None, limit: 12, after: None }
    }
}

#[derive(Serialize, Debug)]
pub struct Page {
    items: Vec<Product>,
    /// What to give as `after` for the next page; null on the last one.
    next: Option<String>,
    /// How many products fit the search, on all pages.
    total: usize,
    search: String,
    category: Option<String>,
    /// All categories, in the order of the catalogue.
    categories: Vec<String>,
}

pub fn products(cx: &Cx, wanted: Wanted) -> Result<Page> {
    let catalogue: BTreeMap<String, Listing> = cx.config("products")?;
    let categories = categories(&catalogue);
    let words: Vec<String> = wanted.search.to_lowercase().split_whitespace().map(str::to_owned).collect();
    let category = wanted.category.filter(|name| !name.is_empty());
    let in_category =
        |listing: &Listing| category.as_ref().is_none_or(|name| name.eq_ignore_ascii_case(&listing.category));
    let fitting = catalogue.into_iter().filter(|(_, listing)| in_category(listing) && listing.matches(&words));
    let mut found: Vec<(String, Listing)> = fitting.collect();
    found.sort_by_key(|(id, _)| catalogue::number(id));

    let total = found.len();
    let after = match wanted.after.as_deref().filter(|after| !after.is_empty()) {
        None => None,
        Some(id) => Some(
            catalogue::number(id)
                .ok_or_else(|| Failure::field("/after", "must be the `next` of the page before, such as prod_12"))?,
        ),
    };
    found.retain(|(id, _)| catalogue::number(id) > after);
    let more = found.len() > wanted.limit;
    found.truncate(wanted.limit);
    let next = found.last().filter(|_| more).map(|(id, _)| id.clone());

    let currency = catalogue::currency(cx)?;
    let left = stock::left(cx, found.iter().map(|(id, listing)| (id.as_str(), listing.stock)))?;
    let items = found.into_iter().zip(left).map(|((id, listing), left)| listing.show(&id, &currency, left)).collect();
    Ok(Page { items, next, total, search: wanted.search, category, categories })
}

fn categories(catalogue: &BTreeMap<String, Listing>) -> Vec<String> {
    let mut listings: Vec<_> = catalogue.iter().collect();
    listings.sort_by_key(|(id, _)| catalogue::number(id));
    let mut names: Vec<String> = Vec::new();
    for (_, listing) in listings {
        if !names.contains(&listing.category) {
            names.push(listing.category.clone());
        }
    }
    names
}

pub fn product(cx: &Cx, input: OneProduct) -> Result<Product> {
    let listing: Listing = catalogue::product(cx, &input.product_id)?;
    let left = stock::left_of(cx, &input.product_id, listing.stock)?;
    Ok(listing.show(&input.product_id, &catalogue::currency(cx)?, left))
}

pub fn cart(cx: &Cx) -> Result<CartView> {
    Cart::load(&cx.visitor()?)?.view(cx)
}
