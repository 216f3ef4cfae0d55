//! Who did what, from where, and how it ended. Append-only; never holds a secret or the text of a message.
mod store;

use crate::base::clock::Clock;
use crate::base::error::Result;
use crate::base::ids::{AuditId, WorkspaceId};
use crate::features::identity::Who;
use crate::platform::db::{Db, Tx};
use serde::Serialize;
use serde_json::{Value, json};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// Lines of refusals that are being written at the same time; more are lost, and the log says so.
const AT_ONCE: usize = 32;

tokio::task_local! {
    static HERE: Origin;
}

/// Where a request came from.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// The client's address as `server.trusted_proxies` lets it be known; "" for the command line.
    pub address: String,
    pub request_id: String,
}

impl Origin {
    /// Where the request that is being worked on came from, for rooms that are only told who sent it; nowhere for what
    /// the host or the command line does by itself.
    pub fn here() -> Origin {
        HERE.try_with(Clone::clone).unwrap_or_default()
    }

    /// Does `work` as what came from here.
    pub async fn around<T>(self, work: impl Future<Output = T>) -> T {
        HERE.scope(self, work).await
    }
}

/// Which lines are asked for; what is `None` does not matter.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub workspace: Option<WorkspaceId>,
    pub actor: Option<String>,
    pub action: Option<String>,
    pub target: Option<String>,
    pub outcome: Option<String>,
    /// The first moment, and the first one that is too late.
    pub from_ms: Option<u64>,
    pub to_ms: Option<u64>,
    /// Only lines that are older than this one.
    pub after: Option<String>,
    pub limit: u32,
}

/// A line as it is read.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    pub id: String,
    pub at_ms: u64,
    pub workspace_id: String,
    pub actor: String,
    pub action: String,
    pub target: String,
    pub outcome: String,
    pub address: String,
    pub request_id: String,
    pub detail: Value,
}

/// The newest lines that fit, and where the next page begins.
#[derive(Clone, Debug, Serialize)]
pub struct Page {
    pub events: Vec<Line>,
    /// For `after`; null when there are no older ones.
    pub next: Option<String>,
}

/// Who makes a change, and from where.
#[derive(Clone, Debug)]
pub struct By {
    pub who: Who,
    pub origin: Origin,
}

impl By {
    /// A line about what they do.
    pub fn event(&self, workspace: &WorkspaceId, action: &'static str, target: impl Into<String>) -> Event {
        Event::new(workspace, &self.who, action, target).from(&self.origin)
    }
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
    refusals: Arc<Semaphore>,
}

impl Audit {
    pub fn new(db: Db, clock: Clock) -> Audit {
        Audit { db, clock, refusals: Arc::new(Semaphore::new(AT_ONCE)) }
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

    /// As `note`, without waiting for it: nobody's refusal is late because of its line.
    pub fn note_soon(&self, event: Event) {
        let Ok(turn) = self.refusals.clone().try_acquire_owned() else {
            tracing::warn!(action = event.action, outcome = event.outcome, "a line of the audit log is lost: too many");
            return;
        };
        let audit = self.clone();
        tokio::spawn(async move {
            audit.note(&event).await;
            drop(turn);
        });
    }

    /// Newest first.
    pub async fn list(&self, filter: &Filter) -> Result<Page> {
        let limit = filter.limit.clamp(1, 1_000);
        let mut events = store::list(&self.db, filter, limit + 1).await?;
        let more = events.len() > limit as usize;
        events.truncate(limit as usize);
        let next = events.last().filter(|_| more).map(|last| last.id.clone());
        Ok(Page { events, next })
    }

    /// Removes lines that are older than `keep`. Gives their number.
    pub async fn sweep(&self, keep: Duration) -> Result<u64> {
        let keep_ms = u64::try_from(keep.as_millis()).unwrap_or(u64::MAX);
        store::sweep(&self.db, self.clock.now_ms().saturating_sub(keep_ms)).await
    }
}

#[cfg(test)]
mod tests;
