//! Plans that one subscribes to: what each costs and offers, and which one is the visitor's.
use crate::catalogue;
use crate::money::Money;
use inlay::*;

pub const KEY: &str = "plan";

#[derive(Deserialize, Serialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Period {
    #[default]
    Monthly,
    Yearly,
}

/// A plan in the configuration.
#[derive(Deserialize, Clone, Debug)]
struct Listing {
    id: String,
    name: String,
    summary: String,
    /// Per month, in the currency's smallest unit.
    monthly: u64,
    /// Per year, in the currency's smallest unit.
    yearly: u64,
    #[serde(default)]
    features: Vec<String>,
    #[serde(default)]
    popular: bool,
}

#[derive(Deserialize, Serialize, Clone, Debug)]
struct Subscription {
    plan: String,
    period: Period,
    /// Milliseconds since the Unix epoch.
    since: u64,
}

#[derive(Deserialize)]
pub struct Which {
    /// Prices for a month or for a year
    #[serde(default)]
    period: Period,
}

#[derive(Deserialize)]
pub struct Choice {
    /// The plan's id
    #[schemars(length(min = 1, max = 40))]
    plan: String,
    /// How it is paid
    #[serde(default)]
    period: Period,
}

#[derive(Serialize, Debug)]
pub struct View {
    period: Period,
    plans: Vec<Plan>,
    /// "Tempo, yearly"
    mine: Option<String>,
}

#[derive(Serialize, Debug)]
#[serde(rename_all = "camelCase")]
struct Plan {
    id: String,
    name: String,
    summary: String,
    price_label: String,
    per: &'static str,
    /// "Saves €24.00 a year"; None where nothing is saved.
    saving: Option<String>,
    features: Vec<String>,
    popular: bool,
    /// Whether it is the visitor's, paid like this.
    mine: bool,
}

fn listings(cx: &Cx) -> Result<Vec<Listing>> {
    Ok(cx.find_config("plans")?.unwrap_or_default())
}

pub fn show(cx: &Cx, which: Which) -> Result<View> {
    let mine: Option<Subscription> = cx.visitor()?.find(KEY)?;
    let currency = catalogue::currency(cx)?;
    let listings = listings(cx)?;
    let named = mine.as_ref().and_then(|mine| listings.iter().find(|one| one.id == mine.plan));
    let label = named.zip(mine.as_ref()).map(|(plan, mine)| match mine.period {
        _ if plan.is_free() => plan.name.clone(),
        Period::Monthly => format!("{}, paid monthly", plan.name),
        Period::Yearly => format!("{}, paid yearly", plan.name),
    });
    let is_mine = |one: &Listing| mine.as_ref().is_some_and(|mine| mine.is(one, which.period));
    let plans = listings.iter().map(|one| one.show(which.period, &currency, is_mine(one))).collect();
    Ok(View { period: which.period, plans, mine: label })
}

impl Subscription {
    /// Whether it is this plan, paid like this; what costs nothing is not paid at all.
    fn is(&self, plan: &Listing, period: Period) -> bool {
        self.plan == plan.id && (self.period == period || plan.is_free())
    }
}

impl Listing {
    fn is_free(&self) -> bool {
        self.monthly == 0 && self.yearly == 0
    }

    fn show(&self, period: Period, currency: &str, mine: bool) -> Plan {
        let money = |amount: u64| Money { amount, currency: currency.to_owned() }.label();
        let saved = self.monthly.saturating_mul(12).saturating_sub(self.yearly);
        let (amount, per) = match period {
            Period::Monthly => (self.monthly, "a month"),
            Period::Yearly => (self.yearly, "a year"),
        };
        Plan {
            id: self.id.clone(),
            name: self.name.clone(),
            summary: self.summary.clone(),
            price_label: if amount == 0 { "Free".to_owned() } else { money(amount) },
            per: if amount == 0 { "for ever" } else { per },
            saving: (period == Period::Yearly && saved > 0).then(|| format!("Saves {} a year", money(saved))),
            features: self.features.clone(),
            popular: self.popular,
            mine,
        }
    }
}

/// Errors: `missing.plan`, `conflict.same-plan`.
pub fn choose(cx: &Cx, choice: Choice) -> Result {
    let listings = listings(cx)?;
    let Some(plan) = listings.iter().find(|one| one.id == choice.plan) else {
        return fail("missing.plan", "There is no such plan");
    };
    let mine = cx.visitor()?;
    let before: Option<Subscription> = mine.find(KEY)?;
    if before.as_ref().is_some_and(|before| before.is(plan, choice.period)) {
        return fail("conflict.same-plan", "This is your plan already");
    }
    count(cx, before.as_ref(), Some(&plan.id))?;
    mine.put(KEY, &Subscription { plan: plan.id.clone(), period: choice.period, since: cx.call().now_ms })?;
    let message = format!("Your plan is {} from now on", plan.name);
    render("pricing", show(cx, Which { period: choice.period })?).message(message)
}

/// Errors: `conflict.no-plan`.
pub fn leave(cx: &Cx, which: Which) -> Result {
    let mine = cx.visitor()?;
    let Some(before) = mine.find::<Subscription>(KEY)? else {
        return fail("conflict.no-plan", "You have no plan");
    };
    count(cx, Some(&before), None)?;
    mine.delete(KEY)?;
    render("pricing", show(cx, which)?).message("Your plan has ended")
}

/// The plan that somebody chose before it was known that he has one: it ends.
pub fn give_up(cx: &Cx, both: Both) -> Result<()> {
    let (theirs, _): (Subscription, Subscription) = both.read()?;
    count(cx, Some(&theirs), None)
}

/// How many have a plan; adds do not disturb one another.
fn count(cx: &Cx, before: Option<&Subscription>, after: Option<&str>) -> Result<()> {
    let all = cx.workspace()?;
    if let Some(before) = before {
        all.add_within(&format!("subscribers/{}", before.plan), -1, 0..)?;
    }
    if let Some(after) = after {
        all.add_within(&format!("subscribers/{after}"), 1, 0..)?;
    }
    Ok(())
}

#[derive(Serialize, Debug)]
pub struct Subscribers {
    plan: String,
    count: u64,
}

pub fn subscribers(cx: &Cx) -> Result<Vec<Subscribers>> {
    let listings = listings(cx)?;
    let keys: Vec<String> = listings.iter().map(|one| format!("subscribers/{}", one.id)).collect();
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let counts = cx.workspace()?.get_many::<u64, _>(&keys)?;
    let all = listings.into_iter().zip(counts);
    Ok(all.map(|(plan, count)| Subscribers { plan: plan.id, count: count.unwrap_or(0) }).collect())
}
