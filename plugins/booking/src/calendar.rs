//! When there are appointments at all: the configuration, seen from now.
use inlay::*;

pub struct Calendar {
    pub title: String,
    pub note: String,
    pub minutes: u64,
    pub zone: String,
    pub today: Day,
    /// Minutes since the local midnight.
    now: u64,
    weekdays: Vec<u8>,
    times: Vec<String>,
    closed: Vec<String>,
    days_ahead: i64,
}

impl Calendar {
    pub fn load(cx: &Cx) -> Result<Calendar> {
        let offset: i64 = cx.config("offsetMinutes")?;
        let now_ms = cx.call().now_ms;
        let local_ms = i64::try_from(now_ms)?.saturating_add(offset * 60_000);
        Ok(Calendar {
            title: cx.config("title")?,
            note: cx.find_config("note")?.unwrap_or_default(),
            minutes: cx.config("minutes")?,
            zone: cx.config("zone")?,
            today: Day::at(now_ms, offset),
            now: u64::try_from(local_ms.div_euclid(60_000).rem_euclid(24 * 60))?,
            weekdays: cx.config("weekdays")?,
            times: cx.config("times")?,
            closed: cx.find_config("closed")?.unwrap_or_default(),
            days_ahead: cx.config("daysAhead")?,
        })
    }

    pub fn last(&self) -> Day {
        self.today.plus(self.days_ahead)
    }

    fn is_open(&self, day: Day) -> bool {
        self.weekdays.contains(&day.weekday()) && !self.closed.contains(&day.to_string())
    }

    /// The times of a day that are still to come; none where it is not open.
    pub fn times(&self, day: Day) -> Vec<&str> {
        if day < self.today || day > self.last() || !self.is_open(day) {
            return Vec::new();
        }
        let to_come = |time: &&str| day > self.today || minutes(time) > Some(self.now);
        self.times.iter().map(String::as_str).filter(to_come).collect()
    }

    /// Open days with times to come, from `day` on.
    pub fn days(&self, from: Day) -> impl Iterator<Item = Day> {
        let first = from.max(self.today);
        let left = self.last().since(first);
        (0..=left).map(move |step| first.plus(step)).filter(|day| !self.times(*day).is_empty())
    }
}

/// "10:30" -> 630
fn minutes(time: &str) -> Option<u64> {
    let (hours, minutes) = time.split_once(':')?;
    Some(hours.parse::<u64>().ok()? * 60 + minutes.parse::<u64>().ok()?)
}
