//! What is booked. `slot/<day>/<time>` holds who comes then; each visitor has a list of their own.
use inlay::*;

const PREFIX: &str = "slot/";
pub const MINE: &str = "appointments";
const DAY_S: u64 = 86_400;
/// Days after an appointment for which it is remembered who was there.
const KEPT_DAYS: u64 = 30;

#[derive(Deserialize, Serialize, Clone, Debug)]
pub struct Booking {
    pub id: String,
    pub day: String,
    pub time: String,
    pub name: String,
    pub email: String,
}

/// A visitor's own.
#[derive(Deserialize, Serialize, Clone, Debug, PartialEq)]
pub struct Mine {
    pub id: String,
    pub day: String,
    pub time: String,
}

fn key(day: Day, time: &str) -> String {
    format!("{PREFIX}{day}/{time}")
}

/// The times of a day that are taken.
pub fn taken(cx: &Cx, day: Day) -> Result<Vec<String>> {
    let prefix = format!("{PREFIX}{day}/");
    let found = cx.workspace()?.scan::<Value>(&prefix, None, 100)?;
    Ok(found.into_iter().map(|entry| entry.key.trim_start_matches(&prefix).to_owned()).collect())
}

/// Books a time that is free. The look and the entry are one transaction: of two at once, one looks again and finds it taken.
/// Errors: `input.invalid` at `/time`.
pub fn take(cx: &Cx, day: Day, today: Day, booking: &Booking) -> Result<()> {
    let all = cx.workspace()?;
    let key = key(day, &booking.time);
    if all.find::<Value>(&key)?.is_some() {
        return Err(Failure::field(
            "/time",
            format!("{} has just been taken; please choose another time", booking.time),
        ));
    }
    let days = u64::try_from(day.since(today)).unwrap_or(0) + KEPT_DAYS;
    all.put_for(&key, booking, days * DAY_S)?;
    let mut mine = mine(cx, today)?;
    mine.push(Mine { id: booking.id.clone(), day: booking.day.clone(), time: booking.time.clone() });
    sort(&mut mine);
    cx.visitor()?.put(MINE, &mine)
}

/// By day and time.
pub fn sort(mine: &mut [Mine]) {
    mine.sort_by(|a, b| (&a.day, &a.time).cmp(&(&b.day, &b.time)));
}

/// What is kept of the visitor's appointments, with the keys that it is kept under.
pub fn of_visitor(cx: &Cx) -> Result<Vec<(String, Booking)>> {
    let mine: Vec<Mine> = cx.visitor()?.get(MINE)?;
    let all = cx.workspace()?;
    let mut found = Vec::new();
    for one in mine {
        let key = key(one.day.parse()?, &one.time);
        // The time may be somebody else's by now.
        if let Some(booking) = all.find::<Booking>(&key)?.filter(|booking| booking.id == one.id) {
            found.push((key, booking));
        }
    }
    Ok(found)
}

/// The visitor's appointments from today on, in their order.
pub fn mine(cx: &Cx, today: Day) -> Result<Vec<Mine>> {
    let mut mine: Vec<Mine> = cx.visitor()?.get(MINE)?;
    let today = today.to_string();
    mine.retain(|one| one.day >= today);
    Ok(mine)
}

/// Gives a time of the visitor's back. Errors: `missing.appointment`.
pub fn release(cx: &Cx, today: Day, id: &str) -> Result<Mine> {
    let mut mine = mine(cx, today)?;
    let Some(at) = mine.iter().position(|one| one.id == id) else {
        return fail("missing.appointment", "You have no such appointment");
    };
    let one = mine.remove(at);
    cx.workspace()?.delete(&key(one.day.parse()?, &one.time))?;
    cx.visitor()?.put(MINE, &mine)?;
    Ok(one)
}

/// All bookings from a day on, in their order, after the key `after`.
pub fn all(cx: &Cx, from: Day, after: Option<&str>, limit: u32) -> Result<Vec<Entry<Booking>>> {
    // The day before's last possible key: keys sort by day.
    let start = format!("{PREFIX}{}/~", from.plus(-1));
    let after = after.map(|after| format!("{PREFIX}{after}")).filter(|after| *after > start).unwrap_or(start);
    cx.workspace()?.scan(PREFIX, Some(&after), limit)
}
