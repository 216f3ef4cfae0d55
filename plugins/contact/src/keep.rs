//! What visitors have sent, kept for a while. Keys sort newest first, so that a page is one scan.
use inlay::*;

/// Later than any time that fits into 13 digits of milliseconds (the year 2286).
const END_OF_TIME_MS: u64 = 9_999_999_999_999;
const DAY_S: u64 = 86_400;

/// Stores something that was sent now.
pub fn store<T: Serialize>(cx: &Cx, prefix: &str, id: &str, value: &T) -> Result<()> {
    let days: u64 = cx.config("keepDays")?;
    let age = END_OF_TIME_MS.saturating_sub(cx.call().now_ms);
    cx.workspace()?.put_for(&format!("{prefix}{age:013}-{id}"), value, days * DAY_S)
}

#[derive(Deserialize)]
#[serde(default)]
pub struct Wanted {
    /// How many on a page
    #[schemars(range(min = 1, max = 100))]
    limit: u32,
    /// The page before's `next`
    #[schemars(length(max = 200))]
    after: Option<String>,
}

impl Default for Wanted {
    fn default() -> Wanted {
        Wanted { limit: 20, after: None }
    }
}

/// A page, and what to give as `after` for the next one.
pub fn page<T: DeserializeOwned>(cx: &Cx, prefix: &str, wanted: Wanted) -> Result<(Vec<T>, Option<String>)> {
    let after = wanted.after.filter(|after| !after.is_empty()).map(|after| format!("{prefix}{after}"));
    let mut found = cx.workspace()?.scan::<T>(prefix, after.as_deref(), wanted.limit + 1)?;
    let limit = usize::try_from(wanted.limit)?;
    let more = found.len() > limit;
    found.truncate(limit);
    let last = found.last().filter(|_| more);
    let next = last.map(|entry| entry.key.trim_start_matches(prefix).to_owned());
    Ok((found.into_iter().map(|entry| entry.value).collect(), next))
}
