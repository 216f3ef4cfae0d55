//! Days of the calendar, for plugins that show or compare dates. All of it is in UTC unless an offset is given.
use crate::Failure;
use std::fmt;
use std::str::FromStr;

const DAY_MS: i64 = 86_400_000;
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// A day. It is written and read as `2025-07-01`, and sorts by time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(i64);

impl Day {
    /// The day at a time in milliseconds since the Unix epoch, such as `cx.call().now_ms`; `offset_minutes`: how far local
    /// clocks are ahead of UTC.
    pub fn at(ms: u64, offset_minutes: i64) -> Day {
        let ms = i64::try_from(ms).unwrap_or(i64::MAX).saturating_add(offset_minutes.saturating_mul(60_000));
        Day(ms.div_euclid(DAY_MS))
    }

    pub fn plus(self, days: i64) -> Day {
        Day(self.0.saturating_add(days))
    }

    /// Days from `other` to this one.
    pub fn since(self, other: Day) -> i64 {
        self.0 - other.0
    }

    /// 1 for Monday to 7 for Sunday.
    pub fn weekday(self) -> u8 {
        u8::try_from((self.0 + 3).rem_euclid(7)).unwrap_or(0) + 1
    }

    /// Year, month and day of the month, from 1.
    pub fn parts(self) -> (i64, u8, u8) {
        // Howard Hinnant's civil_from_days: years that begin in March, in eras of 400 years.
        let shifted = self.0 + 719_468;
        let of_era = shifted.rem_euclid(146_097);
        let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let from_march = (5 * of_year + 2) / 153;
        let day = of_year - (153 * from_march + 2) / 5 + 1;
        let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
        let year = year_of_era + shifted.div_euclid(146_097) * 400 + i64::from(month <= 2);
        (year, u8::try_from(month).unwrap_or(1), u8::try_from(day).unwrap_or(1))
    }

    fn of(year: i64, month: i64, day: i64) -> Day {
        let year = if month <= 2 { year - 1 } else { year };
        let year_of_era = year.rem_euclid(400);
        let from_march = (month + 9) % 12;
        let of_year = (153 * from_march + 2) / 5 + day - 1;
        let of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year;
        Day(year.div_euclid(400) * 146_097 + of_era - 719_468)
    }

    /// "1 July 2025"
    pub fn label(self) -> String {
        let (year, month, day) = self.parts();
        format!("{day} {} {year}", MONTHS.get(usize::from(month) - 1).unwrap_or(&""))
    }

    /// "Tuesday"
    pub fn weekday_label(self) -> &'static str {
        WEEKDAYS.get(usize::from(self.weekday()) - 1).unwrap_or(&"")
    }

    /// "Tue 1 Jul"
    pub fn short_label(self) -> String {
        let (_, month, day) = self.parts();
        let three = |word: &str| word.get(..3).unwrap_or(word).to_owned();
        let month = MONTHS.get(usize::from(month) - 1).copied().unwrap_or_default();
        format!("{} {day} {}", three(self.weekday_label()), three(month))
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.parts();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

/// Reads `2025-07-01`, also at the beginning of an ISO date-time. Errors: `input.date`; there is no such day.
impl FromStr for Day {
    type Err = Failure;

    fn from_str(text: &str) -> Result<Day, Failure> {
        let wrong = || Failure::new("input.date", "A date is written like 2025-07-01");
        let date = text.get(..10).ok_or_else(wrong)?;
        let rest = text.get(10..).unwrap_or_default();
        if !(rest.is_empty() || rest.starts_with('T')) {
            return Err(wrong());
        }
        let mut parts = date.split('-').map(|part| {
            let digits = part.bytes().all(|byte| byte.is_ascii_digit());
            part.parse::<i64>().ok().filter(|_| digits)
        });
        let (Some(Some(year)), Some(Some(month)), Some(Some(day)), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(wrong());
        };
        let found = Day::of(year, month, day);
        // A day that is not in its month comes out as another one.
        let (y, m, d) = found.parts();
        if (y, i64::from(m), i64::from(d)) == (year, month, day) { Ok(found) } else { Err(wrong()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_written_as_they_are_read() {
        for text in ["1970-01-01", "2000-02-29", "2024-02-29", "2025-07-01", "2100-03-01", "1969-12-31", "9999-12-31"] {
            assert_eq!(text.parse::<Day>().unwrap().to_string(), text);
        }
        let mut day: Day = "1999-12-31".parse().unwrap();
        for _ in 0..1000 {
            let next = day.plus(1);
            assert_eq!(next.to_string().parse::<Day>().unwrap(), next);
            assert_eq!(next.weekday(), day.weekday() % 7 + 1);
            assert!(next > day && next.to_string() > day.to_string() && next.since(day) == 1);
            day = next;
        }
    }

    #[test]
    fn what_is_no_day_is_refused() {
        for text in [
            "",
            "2025-02-29",
            "2025-13-01",
            "2025-00-10",
            "2025-1-01",
            "2025-07-01x",
            "+025-07-01",
            "2025-07-0é",
            "tomorrow!!",
        ] {
            assert!(text.parse::<Day>().is_err(), "{text}");
        }
        assert_eq!("2025-07-01T12:00:00Z".parse::<Day>().unwrap().to_string(), "2025-07-01");
    }

    #[test]
    fn days_have_names() {
        let day = Day::at(1_751_371_200_000, 0);
        assert_eq!((day.label(), day.short_label(), day.weekday()), ("1 July 2025".into(), "Tue 1 Jul".into(), 2));
        assert_eq!(Day::at(1_751_371_200_000, 12 * 60).to_string(), "2025-07-02", "it is midnight already over there");
    }
}
