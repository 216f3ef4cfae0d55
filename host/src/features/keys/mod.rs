//! API keys: `pk_live_…` and `pk_test_…` for pages, which everybody may see, `sk_live_…` and `sk_test_…` for servers.
mod domains;
mod manage;
mod store;
mod text;
mod usage;

#[cfg(test)]
mod tests;

use crate::base::clock::Clock;
use crate::base::error::Result;
use crate::base::ids::{ApiKeyId, WorkspaceId};
use crate::base::secret::{hex, sha256};
use crate::features::audit::Audit;
use crate::platform::db::Db;
use std::sync::Arc;
use std::time::Duration;

pub use manage::{KeyChange, KeyInfo, NewKey, ShownKey};
pub use usage::{Hour, Month, Usage};

/// How old what is known of a key may be.
const FRESH: Duration = Duration::from_millis(500);
const REMEMBERED: u64 = 20_000;

/// A key that may be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyView {
    pub id: ApiKeyId,
    pub workspace: WorkspaceId,
    pub secret: bool,
    pub live: bool,
    /// Where pages may be that use it: `example.com`, `*.example.com`; none: everywhere.
    pub domains: Vec<String>,
    pub per_hour: u32,
    /// The end of a rotation's overlap.
    pub expires_at_ms: Option<u64>,
}

/// The room. Cheap to clone.
#[derive(Clone)]
pub struct Keys {
    db: Db,
    clock: Clock,
    audit: Audit,
    known: moka::future::Cache<[u8; 32], Option<Arc<KeyView>>>,
    counts: Arc<usage::Counts>,
}

impl Keys {
    pub fn new(db: Db, clock: Clock, audit: Audit) -> Keys {
        let known = moka::future::Cache::builder().max_capacity(REMEMBERED).time_to_live(FRESH).build();
        Keys { db, clock, audit, known, counts: Arc::default() }
    }

    /// Whether a text can be one of ours: nothing else is looked up.
    pub fn is_one(text: &str) -> bool {
        text::is_one(text)
    }

    /// The key, if it exists, is active and its workspace is there. At most half a second old.
    pub async fn find(&self, text: &str) -> Result<Option<Arc<KeyView>>> {
        if !Keys::is_one(text) {
            return Ok(None);
        }
        let hash = sha256(text.as_bytes());
        let found = self.known.try_get_with(hash, async { store::find(&self.db, &hex(&hash)).await }).await;
        let key = found.map_err(|error| error.again())?;
        let now = self.clock.now_ms();
        Ok(key.filter(|key| key.expires_at_ms.is_none_or(|end| end > now)))
    }

    /// To be called once a change of keys has been committed.
    pub fn forget(&self) {
        self.known.invalidate_all();
    }
}
