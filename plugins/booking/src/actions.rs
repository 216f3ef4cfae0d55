//! What visitors do with appointments, and what administrators read.
use crate::calendar::Calendar;
use crate::slots::{self, Booking};
use crate::view::View;
use inlay::*;

#[derive(Deserialize)]
pub struct Book {
    /// The day, such as 2026-03-02
    #[schemars(length(min = 10, max = 40))]
    day: String,
    /// When it begins, such as 10:30
    #[schemars(length(min = 5, max = 5))]
    time: String,
    /// Who comes
    #[schemars(length(min = 1, max = 100))]
    name: String,
    /// Where to write if something changes
    #[schemars(length(min = 1, max = 254))]
    email: String,
}

/// Errors: `input.invalid` with the fields, also when the time is taken; `conflict.too-many`.
pub fn book(cx: &Cx, book: Book) -> Result {
    let calendar = Calendar::load(cx)?;
    let (name, email) = (book.name.trim().to_owned(), book.email.trim().to_owned());
    let day = book.day.parse::<Day>().ok();
    let open = day.is_some_and(|day| calendar.times(day).contains(&book.time.as_str()));
    let mut faults = Faults::default();
    faults.require(!name.is_empty(), "/name", "Please tell us your name");
    faults.require(is_email(&email), "/email", "This does not look like an email address");
    faults.require(open, "/time", "There is no appointment at this time; please choose another one");
    faults.check()?;
    let Some(day) = day else { return Err(Failure::field("/day", "A date is written like 2026-03-02")) };

    let most: usize = cx.config("perVisitor")?;
    if slots::mine(cx, calendar.today)?.len() >= most {
        return fail("conflict.too-many", "You have as many appointments as one person may have; cancel one first");
    }
    let id = format!("apt_{}", cx.call().id.trim_start_matches("act_"));
    let booking = Booking { id: id.clone(), day: day.to_string(), time: book.time, name, email };
    slots::take(cx, day, calendar.today, &booking)?;
    let slot = json!({ "day": booking.day, "time": booking.time });
    cx.emit("appointment-booked", &slot, Audience::Workspace)?;
    let message = format!("We are looking forward to {}, {}", day.short_label(), booking.time);
    let view = View::of(cx, &calendar, Some(day), Some(id.clone()))?;
    render("appointment", view).data(json!({ "appointmentId": id })).message(message)
}

#[derive(Deserialize)]
pub struct Cancel {
    /// The appointment's id
    #[schemars(length(min = 1, max = 64))]
    id: String,
}

pub fn cancel(cx: &Cx, cancel: Cancel) -> Result {
    let calendar = Calendar::load(cx)?;
    let gone = slots::release(cx, calendar.today, &cancel.id)?;
    cx.emit("appointment-cancelled", &json!({ "day": gone.day, "time": gone.time }), Audience::Workspace)?;
    let view = View::of(cx, &calendar, gone.day.parse().ok(), None)?;
    render("appointment", view).message("Your appointment is cancelled")
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
    items: Vec<Booking>,
    next: Option<String>,
}

pub fn booked(cx: &Cx, wanted: Wanted) -> Result<Page> {
    let today = Calendar::load(cx)?.today;
    let after = wanted.after.filter(|after| !after.is_empty());
    let mut found = slots::all(cx, today, after.as_deref(), wanted.limit + 1)?;
    let limit = usize::try_from(wanted.limit)?;
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| more).map(|entry| format!("{}/{}", entry.value.day, entry.value.time));
    Ok(Page { items: found.into_iter().map(|entry| entry.value).collect(), next })
}

/// One "@", something before it, and a host with a dot behind it. Whether mail arrives there, only mail can tell.
fn is_email(text: &str) -> bool {
    let Some((local, host)) = text.split_once('@') else { return false };
    let plain =
        |part: &str| !part.is_empty() && !part.contains(|c: char| c.is_whitespace() || c.is_control() || c == '@');
    plain(local) && plain(host) && host.contains('.') && host.split('.').all(|label| !label.is_empty())
}
