//! The catalogue, as the configuration holds it, and products as widgets and programs see them.
use crate::money::Money;
use inlay::*;

/// A product in the configuration, under its id.
#[derive(Deserialize, Clone, Debug)]
pub struct Listing {
    pub name: String,
    pub category: String,
    /// In the currency's smallest unit.
    pub price: u64,
    /// How many there are to sell in all; None sells without limit.
    #[serde(default)]
    pub stock: Option<u64>,
    pub summary: String,
    pub description: String,
    #[serde(default)]
    pub badge: Option<String>,
    #[serde(default = "plain_icon")]
    pub icon: String,
    #[serde(default = "plain_color")]
    pub color: String,
    #[serde(default)]
    pub features: Vec<String>,
}

fn plain_icon() -> String {
    "cube".to_owned()
}

fn plain_color() -> String {
    "gray-100".to_owned()
}

#[derive(Serialize, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Product {
    pub id: String,
    pub name: String,
    pub category: String,
    pub summary: String,
    pub description: String,
    pub price: Money,
    pub price_label: String,
    /// What is left; null without limit.
    pub stock: Option<u64>,
    pub available: bool,
    pub badge: Option<String>,
    pub icon: String,
    pub color: String,
    pub features: Vec<String>,
}

/// The little of a listing that a line of the cart shows; a cart reads one for each of its lines.
#[derive(Deserialize, Clone, Debug)]
pub struct Label {
    pub name: String,
    /// In the currency's smallest unit.
    pub price: u64,
    /// How many there are to sell in all; None sells without limit.
    #[serde(default)]
    pub stock: Option<u64>,
    #[serde(default = "plain_icon")]
    pub icon: String,
    #[serde(default = "plain_color")]
    pub color: String,
}

/// The currency of all prices.
pub fn currency(cx: &Cx) -> Result<String> {
    cx.config("currency")
}

/// One product's [`Listing`] or [`Label`], without reading the others. Errors: `missing.product`.
pub fn product<T: DeserializeOwned>(cx: &Cx, id: &str) -> Result<T> {
    find(cx, id)?.ok_or_else(|| Failure::new("missing.product", "This product is not in the catalogue"))
}

pub fn find<T: DeserializeOwned>(cx: &Cx, id: &str) -> Result<Option<T>> {
    // An id is a word of one kind; anything else could point deeper into the configuration.
    if number(id).is_none() {
        return Ok(None);
    }
    cx.find_config(&format!("/products/{id}"))
}

/// `prod_12` -> 12
pub fn number(id: &str) -> Option<u64> {
    let digits = id.strip_prefix("prod_")?;
    digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok())?
}

impl Listing {
    /// `left`: what is left of a limited stock.
    pub fn show(self, id: &str, currency: &str, left: Option<u64>) -> Product {
        let price = Money { amount: self.price, currency: currency.to_owned() };
        Product {
            id: id.to_owned(),
            price_label: price.label(),
            price,
            stock: left,
            available: left != Some(0),
            name: self.name,
            category: self.category,
            summary: self.summary,
            description: self.description,
            badge: self.badge,
            icon: self.icon,
            color: self.color,
            features: self.features,
        }
    }

    /// Whether all words of a search are found in it. `words`: lower case.
    pub fn matches(&self, words: &[String]) -> bool {
        let text = format!("{} {} {} {}", self.name, self.category, self.summary, self.description).to_lowercase();
        words.iter().all(|word| text.contains(word.as_str()))
    }
}
