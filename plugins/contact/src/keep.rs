//! What visitors have sent, kept for a while. Keys sort newest first, so that a page is one scan.
use inlay::*;

/// Later than any time that fits into 13 digits of milliseconds (the year 2286).
const END_OF_TIME_MS: u64 = 9_999_999_999_999;
const DAY_S: u64 = 86_400;

/// Stores something that was sent now.
pub fn store<T: Serialize>(cx: &Cx, prefix: &str, id: &str, value: &T) -> Result<()> {
    let days: u64 = cx.config("keepDays")?;
    let age = END_OF_TIME_MS.saturating_sub(cx.call().now_ms);
    let key = format!("{prefix}{age:013}-{id}");
    cx.workspace()?.put_for(&key, value, days * DAY_S)?;
    // Under the same key the visitor remembers that it is his.
    cx.visitor()?.put_for(&key, &cx.call().now_ms, days * DAY_S)
}

/// Keys of one scan, and entries that one call looks at.
const MANY: u32 = 1_000;
const AT_ONCE: usize = 40;

fn keys_of_visitor(cx: &Cx) -> Result<Vec<String>> {
    let mine = cx.visitor()?;
    let mut keys: Vec<String> = Vec::new();
    loop {
        let found = mine.scan::<u64>("", keys.last().map(String::as_str), MANY)?;
        let last = found.len() < MANY as usize;
        keys.extend(found.into_iter().map(|entry| entry.key));
        if last {
            return Ok(keys);
        }
    }
}

#[derive(Deserialize)]
pub struct From {
    /// The page before's `next`
    #[serde(default)]
    after: Option<String>,
}

#[derive(Serialize, Debug)]
pub struct Sent {
    items: Vec<Value>,
    next: Option<String>,
}

/// A page of what the visitor has sent.
pub fn sent(cx: &Cx, from: From) -> Result<Sent> {
    let mut keys = keys_of_visitor(cx)?;
    keys.retain(|key| from.after.as_ref().is_none_or(|after| key > after));
    let more = keys.len() > AT_ONCE;
    keys.truncate(AT_ONCE);
    let items = cx.workspace()?.get_many(&keys)?.into_iter().flatten().collect();
    Ok(Sent { items, next: keys.pop().filter(|_| more) })
}

/// Deletes what the visitor has sent. One call may use the state only so often: what is left goes with the next one.
pub fn erase(cx: &Cx) -> Result {
    let (all, mine) = (cx.workspace()?, cx.visitor()?);
    let mut keys = keys_of_visitor(cx)?;
    let more = keys.len() > AT_ONCE;
    keys.truncate(AT_ONCE);
    for key in &keys {
        all.delete(key)?;
        mine.delete(key)?;
    }
    reply(json!({ "erased": keys.len(), "more": more }))
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
