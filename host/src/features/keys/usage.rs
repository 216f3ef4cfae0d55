//! How much a key is used. Counted in memory and written in batches: a request costs no write.
use super::{Keys, manage, store};
use crate::base::error::Result;
use crate::base::ids::ApiKeyId;
use crate::features::identity::Tenant;
use serde::Serialize;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, UNIX_EPOCH};

const HOUR_MS: u64 = 3_600_000;
/// Months that are told.
pub(super) const MONTHS: i64 = 24;

/// Requests that were counted and are not written yet, by key and hour since the epoch.
#[derive(Default)]
pub(super) struct Counts(Mutex<HashMap<(ApiKeyId, u64), Count>>);

#[derive(Clone, Copy, Default)]
pub(super) struct Count {
    pub requests: u64,
    pub last_ms: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Usage {
    pub total: u64,
    /// The newest first.
    pub months: Vec<Month>,
    pub hour: Hour,
    pub last_used_at_ms: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Month {
    /// "2026-11", in UTC.
    pub month: String,
    pub requests: u64,
}

/// The present hour of the clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Hour {
    pub used: u64,
    pub limit: u32,
}

/// Requests of one key in one hour, to be written.
pub(super) struct Batch {
    pub key: ApiKeyId,
    pub hour: u64,
    pub month: String,
    pub count: Count,
}

impl Counts {
    fn lock(&self) -> MutexGuard<'_, HashMap<(ApiKeyId, u64), Count>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Keys {
    /// Counts one request.
    pub fn used(&self, key: &ApiKeyId) {
        let now = self.clock.now_ms();
        let mut counts = self.counts.lock();
        let count = counts.entry((key.clone(), now / HOUR_MS)).or_default();
        count.requests += 1;
        count.last_ms = count.last_ms.max(now);
    }

    /// Writes what was counted; what cannot be written now is kept for the next time.
    pub async fn write_used(&self) -> Result<()> {
        let taken = std::mem::take(&mut *self.counts.lock());
        if taken.is_empty() {
            return Ok(());
        }
        let batch = |((key, hour), count): (&(ApiKeyId, u64), &Count)| {
            let (key, hour, count) = (key.clone(), *hour, *count);
            Batch { month: month(hour * HOUR_MS), key, hour, count }
        };
        let mut batches: Vec<Batch> = taken.iter().map(batch).collect();
        // The hour before the one after it, so that the newest stays.
        batches.sort_by(|a, b| (a.hour, &a.key).cmp(&(b.hour, &b.key)));
        let written = store::usage::write(&self.db, &batches).await;
        if written.is_err() {
            let mut counts = self.counts.lock();
            for (at, count) in taken {
                let kept = counts.entry(at).or_default();
                kept.requests += count.requests;
                kept.last_ms = kept.last_ms.max(count.last_ms);
            }
        }
        written
    }

    /// Writes again and again, until it is dropped.
    pub async fn write_used_every(&self, pause: Duration) {
        let mut ticks = tokio::time::interval(pause);
        loop {
            ticks.tick().await;
            if let Err(error) = self.write_used().await {
                tracing::warn!(?error, "the use of API keys cannot be written; trying again");
            }
        }
    }

    /// What other hosts counted in the last seconds may be missing. Errors: `not_found`.
    pub async fn usage(&self, tenant: &Tenant, id: &str) -> Result<Usage> {
        let missing = manage::nothing;
        let id = ApiKeyId::parse(id).ok_or_else(missing)?;
        // Looked at before the database: what is written in between is counted twice for a moment rather than lost.
        let waiting: Vec<(u64, Count)> = {
            let counts = self.counts.lock();
            counts.iter().filter(|((key, _), _)| *key == id).map(|((_, hour), count)| (*hour, *count)).collect()
        };
        let stored = store::usage::find(&self.db, tenant.workspace(), &id).await?.ok_or_else(missing)?;
        let mut months = store::usage::months(&self.db, &id).await?;
        let this_hour = self.clock.now_ms() / HOUR_MS;
        let mut usage = Usage {
            total: stored.total,
            months: Vec::new(),
            hour: Hour { used: if stored.hour == this_hour { stored.in_hour } else { 0 }, limit: stored.limit },
            last_used_at_ms: stored.last_used_at_ms,
        };
        for (hour, count) in waiting {
            usage.total += count.requests;
            usage.hour.used += if hour == this_hour { count.requests } else { 0 };
            usage.last_used_at_ms = usage.last_used_at_ms.max(Some(count.last_ms));
            let name = month(hour * HOUR_MS);
            match months.iter_mut().find(|month| month.month == name) {
                Some(month) => month.requests += count.requests,
                None => months.insert(0, Month { month: name, requests: count.requests }),
            }
        }
        Ok(Usage { months, ..usage })
    }
}

/// "2026-11", in UTC.
fn month(at_ms: u64) -> String {
    let text = humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_millis(at_ms)).to_string();
    text.get(..7).unwrap_or_default().to_owned()
}
