//! Plugins' data: the unit of work, its snapshot, and its one commit.
//!
//! A unit reads versioned keys and buffers its writes ([`Unit`]). To commit, it is checked and given its place in the
//! commit sequence in memory ([`ledger`]), then written together with every other unit that waits at that moment, in one
//! database transaction with one wait for the disk ([`writer`]). From its place in the sequence on, later units see what
//! it wrote, but nobody outside is told anything that rests on it before it is on the disk: a commit's answer waits for
//! its own group, and an answer without a commit (a query, a refusal) waits for the groups that it read from. So two
//! clicks of one visitor need not wait for each other's disk write, and still nothing is seen that could be lost.
//!
//! That is so on SQLite, where this process alone writes. On Postgres other hosts may write too, and there the sequence
//! is kept by the database ([`shared`]). Rooms see no difference.
mod ledger;
mod memory;
mod person;
mod shared;
mod standing;
mod store;
mod unit;
mod writer;

pub use memory::Memory;
pub use person::{ActionTrace, AnswerTrace, Both, EventTrace, Traces};
pub use standing::Standing;
pub use unit::{UNAVAILABLE, Unit};

use crate::base::clock::Clock;
use crate::base::error::{Error, Result};
use crate::platform::db::Db;
use ledger::Ledger;
use shared::Shared;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::Notify;

/// Which rows a unit may touch: one plugin's, in one workspace, of one visitor and perhaps one thread.
#[derive(Clone, Debug)]
pub struct Owners {
    pub workspace: Arc<str>,
    pub plugin: Arc<str>,
    pub visitor: Arc<str>,
    pub thread: Option<Arc<str>>,
}

/// Limits of one unit, in bytes and numbers.
#[derive(Clone, Copy, Debug)]
pub struct StateLimits {
    pub value_bytes: usize,
    pub key_bytes: usize,
    /// Gets, puts, deletes, adds and scans together.
    pub ops: u32,
    /// Keys and values of one plugin in one workspace.
    pub quota_bytes: u64,
}

/// A unit's row in the action log.
#[derive(Clone, Debug)]
pub struct LogRow {
    pub id: String,
    pub at_ms: u64,
    pub workspace: Arc<str>,
    pub visitor: Arc<str>,
    pub plugin: Arc<str>,
    pub plugin_version: Arc<str>,
    pub action: String,
    /// "ok", or the code of the refusal or fault.
    pub outcome: String,
    pub attempts: u32,
    pub cpu_us: u64,
    pub wall_us: u64,
    pub memory_bytes: u64,
    pub host_calls: u32,
}

/// The answer that every repeat of a request with this key gets.
#[derive(Clone, Debug)]
pub struct Replay {
    pub key: Arc<str>,
    /// Hex digest of the request; another request with the same key is refused.
    pub request_hash: Arc<str>,
    pub answer: Arc<str>,
}

/// An event of the outbox.
#[derive(Clone, Debug)]
pub struct EventRow {
    /// "visitor", "thread" or "workspace".
    pub audience: &'static str,
    pub topic: String,
    pub payload: String,
}

/// What is stored with a unit's writes in the same commit.
#[derive(Debug)]
pub struct Record {
    pub log: LogRow,
    pub replay: Option<Replay>,
    pub events: Vec<EventRow>,
}

/// Why a unit was not committed. Nothing of it is stored.
#[derive(Debug)]
pub enum Refusal {
    /// Somebody else changed what it read: run it again on fresh data.
    Conflict,
    /// An `add` would have left its bounds.
    Bound {
        key: String,
    },
    /// The plugin's data would outgrow its quota.
    Quota,
    /// Its Idempotency-Key has an answer already: another host was faster.
    Replayed,
    Failed(Error),
}

/// The room. Cheap to clone.
#[derive(Clone)]
pub struct State(Arc<Inner>);

/// Who keeps the order of commits.
enum Order {
    /// This process, in memory.
    Alone(Ledger),
    /// The database, for all hosts.
    Shared(Shared),
}

impl Order {
    fn alone(&self) -> Option<&Ledger> {
        match self {
            Order::Alone(ledger) => Some(ledger),
            Order::Shared(_) => None,
        }
    }
}

struct Inner {
    order: Order,
    db: Db,
    clock: Clock,
    wake: Notify,
    /// Groups and units written since the start, for the metrics.
    groups: AtomicU64,
    units: AtomicU64,
    conflicts: AtomicU64,
    /// The last group was written; while it is not, the disk is full or the database away.
    stores: AtomicBool,
}

/// Counters since the start.
#[derive(Clone, Copy, Debug)]
pub struct Counters {
    pub groups: u64,
    pub units: u64,
    pub conflicts: u64,
}

impl State {
    /// `cache_bytes` bounds the hot keys and values kept in memory. The caller runs [`State::write_groups`].
    pub async fn open(db: Db, clock: Clock, cache_bytes: u64) -> Result<State> {
        let order = match db.is_shared() {
            true => Order::Shared(Shared::default()),
            false => {
                let last = store::last_seq(&db).await?;
                Order::Alone(Ledger::new(last, store::usage(&db).await?, cache_bytes))
            }
        };
        let zero = || AtomicU64::new(0);
        let (groups, units, conflicts) = (zero(), zero(), zero());
        let stores = AtomicBool::new(true);
        Ok(State(Arc::new(Inner { order, db, clock, wake: Notify::new(), groups, units, conflicts, stores })))
    }

    /// Starts a unit of work on the present state. `now_ms` is the unit's frozen clock.
    pub fn begin(&self, owners: Owners, now_ms: u64, limits: StateLimits) -> Unit {
        Unit::new(self.clone(), owners, now_ms, limits)
    }

    /// Checks the unit, stores its writes and the record in one transaction, and answers when that is on the disk.
    pub async fn commit(&self, mut unit: Unit, record: Record) -> Result<(), Refusal> {
        let durable = match &self.0.order {
            Order::Alone(ledger) => {
                unit.prefetch().await.map_err(Refusal::Failed)?;
                ledger.submit(&unit, record).inspect_err(|refusal| {
                    if matches!(refusal, Refusal::Conflict) {
                        self.0.conflicts.fetch_add(1, Ordering::Relaxed);
                    }
                })?
            }
            Order::Shared(shared) => shared.submit(unit, record),
        };
        self.0.wake.notify_one();
        match durable.await {
            Ok(answer) => answer,
            Err(_) => Err(Refusal::Failed(Error::internal("the writer dropped a unit"))),
        }
    }

    /// For an answer that stores nothing: waits until all it was read from is on the disk. `false` when something of it
    /// has changed meanwhile, so that the answer may rest on two different moments: run it again.
    pub async fn settle(&self, unit: &Unit) -> Result<bool> {
        match &self.0.order {
            Order::Alone(ledger) => {
                ledger.settled(unit.newest_read()).await?;
                Ok(ledger.holds(unit))
            }
            // What one look saw was there at one moment, and on the server's disk.
            Order::Shared(_) if !unit.looked_twice() => Ok(true),
            Order::Shared(_) => shared::holds(&self.0.db, unit).await,
        }
    }

    /// What a settled unit has read, to be asked later whether it still is so: an answer may be kept for as long. `None`
    /// when something of it has changed already, or others may change it unseen.
    pub fn standing(&self, unit: &Unit) -> Option<Standing> {
        self.0.order.alone()?.standing(unit)
    }

    /// Adds a row to the action log for a unit that stored nothing. Does not wait.
    pub fn note(&self, log: LogRow) {
        match &self.0.order {
            Order::Alone(ledger) => ledger.note(log),
            Order::Shared(shared) => shared.note(log),
        }
        self.0.wake.notify_one();
    }

    /// The stored answer for a caller's key.
    pub async fn replay(&self, workspace: &str, visitor: &str, key: &str) -> Result<Option<Replay>> {
        store::replay(&self.0.db, workspace, visitor, key).await
    }

    /// Whether what was to be stored last could be stored.
    pub fn stores(&self) -> bool {
        self.0.stores.load(Ordering::Relaxed)
    }

    pub fn counters(&self) -> Counters {
        let read = |c: &AtomicU64| c.load(Ordering::Relaxed);
        Counters { groups: read(&self.0.groups), units: read(&self.0.units), conflicts: read(&self.0.conflicts) }
    }

    /// Writes groups until `stop` is notified and the queue is empty.
    pub async fn write_groups(&self, stop: &Notify) {
        match &self.0.order {
            Order::Alone(ledger) => writer::run(&self.0, ledger, stop).await,
            Order::Shared(shared) => shared::run(&self.0, shared, stop).await,
        }
    }

    /// Deletes what has expired: entries past their time to live, stored answers and outbox rows older than `keep`.
    /// Returns the number of rows.
    pub async fn sweep(&self, keep: Duration) -> Result<u64> {
        let now = self.0.clock.now_ms();
        let keep_ms = u64::try_from(keep.as_millis()).unwrap_or(u64::MAX);
        let old = now.saturating_sub(keep_ms);
        let Order::Alone(ledger) = &self.0.order else { return shared::sweep(&self.0.db, now, old).await };
        let swept = store::sweep(&self.0.db, now, old).await?;
        for (workspace, plugin, bytes) in &swept.entries {
            ledger.freed(workspace, plugin, *bytes);
        }
        Ok(swept.entries.len() as u64 + swept.others)
    }

    /// Whether other hosts may commit too: an answer that was not there a moment ago may be there now.
    pub fn is_shared(&self) -> bool {
        self.0.order.alone().is_none()
    }
}

/// Every caller of a group gets the error; its cause is in the log once.
fn again(error: &Error) -> Error {
    let mut copy = Error::new(error.code, error.detail.clone());
    copy.retry_after_s = error.retry_after_s;
    copy
}

#[cfg(test)]
mod tests;
