//! Bots: how an assistant looks, what it is told, and its limits.
mod store;

use crate::base::error::Result;
use crate::base::ids::{BotId, WorkspaceId};
use crate::platform::db::Db;
use std::sync::Arc;
use std::time::Duration;

/// How old what is known of a bot may be.
const FRESH: Duration = Duration::from_millis(500);
const REMEMBERED: u64 = 20_000;

/// A bot that is active, as far as its widget tokens ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BotView {
    pub id: BotId,
    pub workspace: WorkspaceId,
    /// Pages that may show it: origins; none: every page.
    pub allowed_origins: Vec<String>,
}

/// The room. Cheap to clone.
#[derive(Clone)]
pub struct Bots {
    db: Db,
    known: moka::future::Cache<String, Option<Arc<BotView>>>,
}

impl Bots {
    pub fn new(db: Db) -> Bots {
        let known = moka::future::Cache::builder().max_capacity(REMEMBERED).time_to_live(FRESH).build();
        Bots { db, known }
    }

    /// The bot of this id, if it is active. At most half a second old.
    pub async fn active(&self, id: &str) -> Result<Option<Arc<BotView>>> {
        let found = self.known.try_get_with_by_ref(id, store::active(&self.db, id)).await;
        found.map_err(|error| error.again())
    }

    /// To be called once a change of bots has been committed.
    pub fn forget(&self) {
        self.known.invalidate_all();
    }
}
