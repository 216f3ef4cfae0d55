//! Appointments as their widget shows them.
use crate::calendar::Calendar;
use crate::slots;
use inlay::*;

/// Days that are offered side by side.
const DAYS: usize = 5;

#[derive(Deserialize)]
pub struct Which {
    /// The day, such as 2026-03-02; without it, the first with a free time
    #[schemars(length(max = 40))]
    day: Option<String>,
}

#[derive(Serialize, Debug)]
#[serde(rename_all = "camelCase")]
pub struct View {
    title: String,
    note: String,
    minutes: u64,
    zone: String,
    /// The first and the last day that can be asked for.
    min: String,
    max: String,
    /// None when no day is open at all.
    day: Option<String>,
    day_label: Option<String>,
    days: Vec<Offered>,
    times: Vec<Time>,
    mine: Vec<Appointment>,
    /// The appointment that has just been made.
    booked: Option<Appointment>,
}

#[derive(Serialize, Debug)]
struct Offered {
    day: String,
    label: String,
}

#[derive(Serialize, Debug)]
struct Time {
    value: String,
    label: String,
}

#[derive(Serialize, Clone, Debug)]
struct Appointment {
    id: String,
    label: String,
}

pub fn show(cx: &Cx, which: Which) -> Result<View> {
    let calendar = Calendar::load(cx)?;
    let asked = which.day.filter(|day| !day.is_empty());
    let day = asked.map(|day| day.parse().map_err(|_| Failure::field("/day", "A date is written like 2026-03-02")));
    View::of(cx, &calendar, day.transpose()?, None)
}

impl View {
    /// `asked`: a day that is looked at; one that is not open leads to the next that is. `booked`: an appointment's id.
    pub fn of(cx: &Cx, calendar: &Calendar, asked: Option<Day>, booked: Option<String>) -> Result<View> {
        let from = asked.unwrap_or(calendar.today);
        let mut days: Vec<Day> = calendar.days(from).take(DAYS).collect();
        if days.is_empty() {
            // Nothing so late: what there is from today on.
            days = calendar.days(calendar.today).take(DAYS).collect();
        }
        let mut day = days.first().copied();
        let mut times = Vec::new();
        for one in &days {
            times = free(cx, calendar, *one)?;
            // Somebody who asked for a day wants to see that it is full.
            if !times.is_empty() || asked == Some(*one) {
                day = Some(*one);
                break;
            }
        }
        let mine = slots::mine(cx, calendar.today)?.into_iter().map(|one| Appointment {
            label: format!("{}, {}", one.day.parse().map_or(one.day.clone(), |day: Day| day.short_label()), one.time),
            id: one.id,
        });
        let mine: Vec<Appointment> = mine.collect();
        Ok(View {
            title: calendar.title.clone(),
            note: calendar.note.clone(),
            minutes: calendar.minutes,
            zone: calendar.zone.clone(),
            min: calendar.today.to_string(),
            max: calendar.last().to_string(),
            day: day.map(|day| day.to_string()),
            day_label: day.map(|day| format!("{}, {}", day.weekday_label(), day.label())),
            days: days.into_iter().map(|day| Offered { day: day.to_string(), label: day.short_label() }).collect(),
            times,
            booked: booked.and_then(|id| mine.iter().find(|one| one.id == id).cloned()),
            mine,
        })
    }
}

fn free(cx: &Cx, calendar: &Calendar, day: Day) -> Result<Vec<Time>> {
    let taken = slots::taken(cx, day)?;
    let free = calendar.times(day).into_iter().filter(|time| !taken.iter().any(|one| one == time));
    Ok(free.map(|time| Time { value: time.to_owned(), label: time.to_owned() }).collect())
}
