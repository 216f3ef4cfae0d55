//! Who did what, from where, and how it ended. Append-only; never holds a secret or the text of a message.
mod store;

use crate::base::clock::Clock;
use crate::base::error::Result;
use crate::base::ids::{AuditId, WorkspaceId};
use crate::features::identity::Who;
use crate::platform::db::{Db, Tx};
use serde_json::{Value, json};

/// Where a request came from.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// The client's address as `server.trusted_proxies` lets it be known; "" for the command line.
    pub address: String,
    pub request_id: String,
}

/// One line.
#[derive(Clone, Debug)]
pub struct Event {
    pub workspace: WorkspaceId,
    pub actor: String,
    /// "session.begin", "key.create": what was tried.
    pub action: &'static str,
    /// An id or a name; "" where there is none.
    pub target: String,
    /// "ok", or the code of the refusal.
    pub outcome: &'static str,
    pub origin: Origin,
    /// Bounded by whoever makes it.
    pub detail: Value,
}

impl Event {
    pub fn new(workspace: &WorkspaceId, who: &Who, action: &'static str, target: impl Into<String>) -> Event {
        Event {
            workspace: workspace.clone(),
            actor: who.name(),
            action,
            target: target.into(),
            outcome: "ok",
            origin: Origin::default(),
            detail: json!({}),
        }
    }

    pub fn by(mut self, actor: impl Into<String>) -> Event {
        self.actor = actor.into();
        self
    }

    pub fn ended(mut self, outcome: &'static str) -> Event {
        self.outcome = outcome;
        self
    }

    pub fn from(mut self, origin: &Origin) -> Event {
        self.origin = origin.clone();
        self
    }

    pub fn with(mut self, detail: Value) -> Event {
        self.detail = detail;
        self
    }
}

/// The room. Cheap to clone.
#[derive(Clone)]
pub struct Audit {
    db: Db,
    clock: Clock,
}

impl Audit {
    pub fn new(db: Db, clock: Clock) -> Audit {
        Audit { db, clock }
    }

    /// With the change itself: both are stored, or neither.
    pub async fn within(&self, tx: &mut Tx, event: &Event) -> Result<()> {
        store::append(tx, &AuditId::new(&self.clock), self.clock.now_ms(), event).await
    }

    /// By itself: for what changed nothing, such as a refusal. A line that cannot be stored is said in the log.
    pub async fn note(&self, event: &Event) {
        let noted = async {
            let mut tx = self.db.begin().await?;
            self.within(&mut tx, event).await?;
            tx.commit().await
        };
        if let Err(error) = noted.await {
            tracing::warn!(?error, action = event.action, outcome = event.outcome, "a line of the audit log is lost");
        }
    }
}
