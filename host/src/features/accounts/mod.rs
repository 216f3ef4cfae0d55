//! People and their sign-ins.
mod store;

use crate::base::clock::Clock;
use crate::base::error::Result;
use crate::base::ids::{SessionId, UserId, WorkspaceId};
use crate::platform::db::Db;
use std::sync::Arc;
use std::time::Duration;

/// How old what is known of a sign-in may be: so long can its end, told by another process, stay unseen.
const FRESH: Duration = Duration::from_millis(500);
const REMEMBERED: u64 = 20_000;

/// A sign-in that is valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedIn {
    pub session: SessionId,
    pub user: UserId,
    /// The workspace that its tokens act in.
    pub workspace: WorkspaceId,
    /// "account" or "company".
    pub kind: String,
    pub expires_at_ms: u64,
}

/// The room. Cheap to clone.
#[derive(Clone)]
pub struct Accounts {
    db: Db,
    clock: Clock,
    sessions: moka::future::Cache<String, Option<Arc<SignedIn>>>,
}

impl Accounts {
    pub fn new(db: Db, clock: Clock) -> Accounts {
        let sessions = moka::future::Cache::builder().max_capacity(REMEMBERED).time_to_live(FRESH).build();
        Accounts { db, clock, sessions }
    }

    /// The sign-in of this id; `None` when it has ended, or its account is gone or disabled. At most half a second old.
    pub async fn session(&self, id: &str) -> Result<Option<Arc<SignedIn>>> {
        let found = self.sessions.try_get_with_by_ref(id, store::session(&self.db, id)).await;
        let session = found.map_err(|error| error.again())?;
        Ok(session.filter(|session| session.expires_at_ms > self.clock.now_ms()))
    }

    /// To be called once the end of sign-ins has been committed: nobody may remember what was before it.
    pub fn forget(&self) {
        self.sessions.invalidate_all();
    }

    /// Whether anybody has an account; a fresh host has nobody.
    pub async fn is_empty(&self) -> Result<bool> {
        store::is_empty(&self.db).await
    }
}
