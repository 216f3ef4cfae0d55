//! What was sent. Keys sort newest first, so that a page is one scan.
use crate::form::Reason;
use inlay::*;

#[derive(Deserialize, Serialize, Clone, Debug)]
pub struct Submission {
    pub id: String,
    pub user_name: String,
    pub email: String,
    pub reason: Reason,
    pub message: String,
    /// Milliseconds since the Unix epoch.
    pub at: u64,
}

const PREFIX: &str = "submission/";
/// Later than any time that fits into 13 digits of milliseconds (the year 2286).
const END_OF_TIME_MS: u64 = 9_999_999_999_999;
const DAY_S: u64 = 86_400;

/// Stores a submission and gives its id.
pub fn store(cx: &Cx, submission: Submission) -> Result<String> {
    let days: u64 = cx.config("keepDays")?;
    let age = END_OF_TIME_MS.saturating_sub(submission.at);
    let key = format!("{PREFIX}{age:013}-{}", submission.id);
    cx.workspace()?.put_for(&key, &submission, days * DAY_S)?;
    Ok(submission.id)
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

#[derive(Serialize, Debug)]
pub struct Page {
    items: Vec<Submission>,
    next: Option<String>,
}

pub fn page(cx: &Cx, wanted: Wanted) -> Result<Page> {
    let after = wanted.after.filter(|after| !after.is_empty()).map(|after| format!("{PREFIX}{after}"));
    let mut found = cx.workspace()?.scan::<Submission>(PREFIX, after.as_deref(), wanted.limit + 1)?;
    let limit = usize::try_from(wanted.limit)?;
    let more = found.len() > limit;
    found.truncate(limit);
    let last = found.last().filter(|_| more);
    let next = last.map(|entry| entry.key.trim_start_matches(PREFIX).to_owned());
    Ok(Page { items: found.into_iter().map(|entry| entry.value).collect(), next })
}
