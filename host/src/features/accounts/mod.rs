//! People and their sign-ins.
mod fields;
mod own;
mod passwords;
mod refresh;
mod sign_in;
mod sign_up;
mod store;
mod throttle;

use crate::base::clock::Clock;
use crate::base::error::{Code, Error, Result};
use crate::base::ids::{SessionId, UserId, WorkspaceId};
use crate::base::secret::{MacKey, Secret};
use crate::features::audit::{Audit, Origin};
use crate::features::identity::{Identity, MemberRole};
use crate::platform::db::Db;
use crate::platform::passwords::Passwords;
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;
use throttle::Throttle;

pub use own::Profile;
pub use passwords::Mailer;
pub use sign_up::{Added, SignUp};

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

/// An account, as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AccountInfo {
    pub id: UserId,
    pub email: String,
    pub username: Option<String>,
    pub name: String,
    pub created_at_ms: u64,
    pub disabled: bool,
}

/// A workspace in which an account is a member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Membership {
    pub id: WorkspaceId,
    pub name: String,
    pub role: MemberRole,
}

/// A sign-in, as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SessionInfo {
    pub id: String,
    pub kind: String,
    pub created_at_ms: u64,
    pub used_at_ms: u64,
    pub expires_at_ms: u64,
    pub address: String,
    /// What the program called itself.
    pub agent: String,
    /// The one that asks.
    pub current: bool,
}

/// What a new or renewed sign-in gives.
#[derive(Clone, Debug)]
pub struct Begun {
    pub account: AccountInfo,
    pub session: SessionId,
    pub workspace: WorkspaceId,
    pub access: Secret<String>,
    pub refresh: Secret<String>,
    /// Of the access token.
    pub expires_in_s: u64,
}

/// From where somebody signs in.
#[derive(Clone, Debug, Default)]
pub struct Device {
    pub origin: Origin,
    /// What counts as one sender: the address, or the network that it belongs to.
    pub block: String,
    /// `User-Agent`; what is too long is cut off.
    pub agent: String,
}

/// Who may make an account for himself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignUps {
    /// Everybody, with a workspace of his own.
    Open,
    /// Those who were invited.
    Invite,
    Closed,
}

/// What the settings say.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    pub sign_ups: SignUps,
    pub access_life: Duration,
    pub refresh_life: Duration,
    pub company_life: Duration,
}

/// What the room stands on.
pub struct Parts {
    pub db: Db,
    pub clock: Clock,
    pub identity: Identity,
    pub audit: Audit,
    pub passwords: Passwords,
    /// Makes the successor of a refresh token out of its predecessor.
    pub successors: MacKey,
    pub rules: Rules,
    /// Sends a reset of a password to its owner.
    pub mailer: Arc<dyn Mailer>,
}

/// The room. Cheap to clone.
#[derive(Clone)]
pub struct Accounts {
    db: Db,
    clock: Clock,
    identity: Identity,
    audit: Audit,
    hashing: Passwords,
    successors: MacKey,
    rules: Rules,
    mailer: Arc<dyn Mailer>,
    throttle: Throttle,
    sessions: moka::future::Cache<String, Option<Arc<SignedIn>>>,
}

impl Accounts {
    pub fn new(parts: Parts) -> Accounts {
        let sessions = moka::future::Cache::builder().max_capacity(REMEMBERED).time_to_live(FRESH).build();
        let Parts { db, clock, identity, audit, passwords, successors, rules, mailer } = parts;
        let (hashing, throttle) = (passwords, Throttle::new());
        Accounts { db, clock, identity, audit, hashing, successors, rules, mailer, throttle, sessions }
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

    /// Closes the credential of the start as soon as there is an account, whichever process has made it.
    pub async fn follow(&self, every: Duration) {
        loop {
            match self.is_empty().await {
                Ok(false) => return self.identity.close_start_credential(),
                Ok(true) => {}
                Err(error) => tracing::debug!(?error, "whether there are accounts cannot be seen; trying again"),
            }
            tokio::time::sleep(every).await;
        }
    }

    /// Removes sign-ins and resets that ended more than `keep` ago, and refresh tokens that have expired.
    pub async fn sweep(&self, keep: Duration) -> Result<u64> {
        let (now, keep) = (self.clock.now_ms(), u64::try_from(keep.as_millis()).unwrap_or(u64::MAX));
        store::sweep(&self.db, now, now.saturating_sub(keep)).await
    }
}

impl From<store::Found> for AccountInfo {
    fn from(found: store::Found) -> AccountInfo {
        let store::Found { id, email, username, name, created_at_ms, disabled, .. } = found;
        AccountInfo { id, email, username, name, created_at_ms, disabled }
    }
}

#[track_caller]
fn invalid_token() -> Error {
    Error::new(Code::InvalidToken, "The token is unknown, damaged or expired")
}

fn millis(life: Duration) -> u64 {
    u64::try_from(life.as_millis()).unwrap_or(u64::MAX)
}
