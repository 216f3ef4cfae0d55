//! What becomes of an order. What was bought is the visitor's (`order/<id>`); how far it is, the workspace's
//! (`fulfilment/<id>`), where those who pack see it.
use crate::cart::CartView;
use crate::catalogue::{self, Label};
use crate::money::Money;
use crate::stock;
use inlay::*;

/// Orders that a visitor's list remembers.
const RECENT: usize = 10;
pub const RECENT_KEY: &str = "recent-orders";
const FULFILMENT: &str = "fulfilment/";

#[derive(Deserialize, Serialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    Placed,
    Packed,
    Shipped,
    Delivered,
    Cancelled,
}

/// The way of an order that is not cancelled.
const WAY: [(Status, &str); 4] = [
    (Status::Placed, "Order placed"),
    (Status::Packed, "Packed"),
    (Status::Shipped, "On its way"),
    (Status::Delivered, "Delivered"),
];

#[derive(Deserialize, Serialize, Clone, Debug)]
pub struct Order {
    pub id: String,
    pub items: Vec<Bought>,
    pub count: u64,
    pub total: Money,
    #[serde(rename = "totalLabel")]
    pub total_label: String,
    /// Milliseconds since the Unix epoch.
    pub at: u64,
}

#[derive(Deserialize, Serialize, Clone, Debug)]
#[serde(rename_all = "camelCase")]
pub struct Bought {
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

/// How far an order is, and when it got there.
#[derive(Deserialize, Serialize, Clone, Debug)]
#[serde(rename_all = "camelCase")]
pub struct Fulfilment {
    pub id: String,
    pub status: Status,
    /// Statuses and the milliseconds when they were reached.
    pub reached: Vec<(Status, u64)>,
    pub count: u64,
    pub total_label: String,
}

impl Order {
    pub fn of(cx: &Cx, bought: CartView) -> Order {
        let id = format!("ord_{}", cx.call().id.trim_start_matches("act_"));
        let items = bought.items.into_iter().map(|item| Bought {
            product_id: item.product_id,
            name: item.name,
            icon: item.icon,
            color: item.color,
            quantity: item.quantity,
            price: item.price,
            price_label: item.price_label,
            line_total: item.line_total,
            line_total_label: item.line_total_label,
        });
        Order {
            id,
            items: items.collect(),
            count: bought.count,
            total: bought.total,
            total_label: bought.total_label,
            at: cx.call().now_ms,
        }
    }

    /// Stores it for its visitor and for those who pack.
    pub fn place(&self, cx: &Cx) -> Result<()> {
        let mine = cx.visitor()?;
        let mut recent: Vec<String> = mine.get(RECENT_KEY)?;
        recent.insert(0, self.id.clone());
        recent.truncate(RECENT);
        mine.put(RECENT_KEY, &recent)?;
        mine.put(&format!("order/{}", self.id), self)?;
        let fulfilment = Fulfilment {
            id: self.id.clone(),
            status: Status::Placed,
            reached: vec![(Status::Placed, self.at)],
            count: self.count,
            total_label: self.total_label.clone(),
        };
        fulfilment.store(cx)
    }
}

/// Two lists of orders as one, the newest first: ids are made in the order of time.
pub fn newest(theirs: Vec<String>, own: Vec<String>) -> Vec<String> {
    let mut all: Vec<String> = theirs.into_iter().chain(own).collect();
    all.sort_by(|a, b| b.cmp(a));
    all.dedup();
    all.truncate(RECENT);
    all
}

impl Fulfilment {
    /// Errors: `missing.order`.
    fn load(cx: &Cx, id: &str) -> Result<Fulfilment> {
        let missing = || Failure::new("missing.order", "There is no such order");
        cx.workspace()?.find(&format!("{FULFILMENT}{id}"))?.ok_or_else(missing)
    }

    fn store(&self, cx: &Cx) -> Result<()> {
        cx.workspace()?.put(&format!("{FULFILMENT}{}", self.id), self)
    }

    fn reach(&mut self, cx: &Cx, status: Status) -> Result<()> {
        self.status = status;
        self.reached.push((status, cx.call().now_ms));
        self.store(cx)?;
        // Only the id: everybody may hear it.
        cx.emit("order-updated", &json!({ "orderId": self.id, "status": status }), Audience::Workspace)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Which {
    /// The order; without it, the visitor's latest
    #[schemars(length(max = 64))]
    order_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct One {
    /// The order's id, such as ord_1
    #[schemars(length(min = 1, max = 64))]
    order_id: String,
}

#[derive(Serialize, Debug)]
pub struct View {
    /// None before the first order.
    order: Option<OrderView>,
    others: Vec<Other>,
}

#[derive(Serialize, Debug)]
#[serde(rename_all = "camelCase")]
struct OrderView {
    id: String,
    /// The end of the id, as people read it to one another.
    number: String,
    placed: String,
    items: Vec<Bought>,
    count: u64,
    total_label: String,
    status: Status,
    status_label: &'static str,
    steps: Vec<Step>,
    cancellable: bool,
}

#[derive(Serialize, Debug)]
struct Step {
    label: &'static str,
    /// When it was reached; None before.
    at: Option<String>,
    done: bool,
    current: bool,
}

#[derive(Serialize, Debug)]
struct Other {
    id: String,
    number: String,
}

pub fn show(cx: &Cx, which: Which) -> Result<View> {
    let mine = cx.visitor()?;
    let recent: Vec<String> = mine.get(RECENT_KEY)?;
    let Some(id) = which.order_id.filter(|id| !id.is_empty()).or_else(|| recent.first().cloned()) else {
        return Ok(View { order: None, others: Vec::new() });
    };
    let missing = || Failure::new("missing.order", "There is no such order");
    let order: Order = mine.find(&format!("order/{id}"))?.ok_or_else(missing)?;
    let fulfilment = Fulfilment::load(cx, &id)?;
    let others = recent.into_iter().filter(|other| *other != id).map(|id| Other { number: number(&id), id });
    Ok(View { others: others.collect(), order: Some(OrderView::of(order, &fulfilment)) })
}

/// "ord_0197abcdef" -> "ABCDEF"
fn number(id: &str) -> String {
    let tail: Vec<char> = id.chars().rev().take(6).collect();
    tail.into_iter().rev().collect::<String>().trim_start_matches("ord_").to_uppercase()
}

impl OrderView {
    fn of(order: Order, fulfilment: &Fulfilment) -> OrderView {
        let when = |status: Status| fulfilment.reached.iter().find(|(reached, _)| *reached == status);
        let cancelled = fulfilment.status == Status::Cancelled;
        let mut steps: Vec<Step> = Vec::new();
        for (status, label) in WAY {
            let at = when(status).map(|(_, ms)| Day::at(*ms, 0).label());
            // What a cancelled order will never reach is not shown.
            if at.is_some() || !cancelled {
                steps.push(Step { label, done: at.is_some(), current: status == fulfilment.status, at });
            }
        }
        if cancelled {
            let at = when(Status::Cancelled).map(|(_, ms)| Day::at(*ms, 0).label());
            steps.push(Step { label: "Cancelled", done: true, current: true, at });
        }
        OrderView {
            number: number(&order.id),
            placed: Day::at(order.at, 0).label(),
            status: fulfilment.status,
            status_label: steps.iter().find(|step| step.current).map_or("Order placed", |step| step.label),
            steps,
            cancellable: fulfilment.status == Status::Placed,
            id: order.id,
            items: order.items,
            count: order.count,
            total_label: order.total_label,
        }
    }
}

pub fn view(cx: &Cx, which: Which) -> Result {
    render("order-status", show(cx, which)?)
}

/// Gives what was bought back to the stock. Errors: `missing.order`, `conflict.too-late` once it is packed.
pub fn cancel(cx: &Cx, one: One) -> Result {
    let order: Order = cx
        .visitor()?
        .find(&format!("order/{}", one.order_id))?
        .ok_or_else(|| Failure::new("missing.order", "There is no such order"))?;
    let mut fulfilment = Fulfilment::load(cx, &order.id)?;
    if fulfilment.status != Status::Placed {
        return fail("conflict.too-late", "This order can no longer be cancelled");
    }
    for item in &order.items {
        if let Some(product) = catalogue::find::<Label>(cx, &item.product_id)?.filter(|product| product.stock.is_some())
        {
            stock::give_back(cx, &item.product_id, &product, item.quantity)?;
            let payload = json!({ "productId": item.product_id, "stock": null });
            cx.emit("inventory-updated", &payload, Audience::Workspace)?;
        }
    }
    fulfilment.reach(cx, Status::Cancelled)?;
    view(cx, Which { order_id: Some(order.id) }).message("Your order is cancelled")
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    /// The order's id, such as ord_1
    #[schemars(length(min = 1, max = 64))]
    order_id: String,
    /// How far it is from now on
    status: Status,
}

/// Errors: `missing.order`, `conflict.order` when the order is further already, or cancelled.
pub fn advance(cx: &Cx, progress: Progress) -> Result {
    let mut fulfilment = Fulfilment::load(cx, &progress.order_id)?;
    let rank = |status: Status| WAY.iter().position(|(one, _)| *one == status);
    if rank(progress.status) <= rank(fulfilment.status) || fulfilment.status == Status::Cancelled {
        return fail("conflict.order", "An order only goes forward, and a cancelled one nowhere");
    }
    fulfilment.reach(cx, progress.status)?;
    reply(&fulfilment)
}

#[derive(Deserialize)]
#[serde(default)]
pub struct Wanted {
    /// How many on a page
    #[schemars(range(min = 1, max = 100))]
    limit: u32,
    /// The page before's `next`
    #[schemars(length(max = 64))]
    after: Option<String>,
}

impl Default for Wanted {
    fn default() -> Wanted {
        Wanted { limit: 20, after: None }
    }
}

#[derive(Serialize, Debug)]
pub struct Page {
    items: Vec<Fulfilment>,
    next: Option<String>,
}

/// All orders, oldest first: ids are made in the order of time.
pub fn page(cx: &Cx, wanted: Wanted) -> Result<Page> {
    let after = wanted.after.filter(|after| !after.is_empty()).map(|after| format!("{FULFILMENT}{after}"));
    let mut found = cx.workspace()?.scan::<Fulfilment>(FULFILMENT, after.as_deref(), wanted.limit + 1)?;
    let limit = usize::try_from(wanted.limit)?;
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| more).map(|entry| entry.value.id.clone());
    Ok(Page { items: found.into_iter().map(|entry| entry.value).collect(), next })
}
