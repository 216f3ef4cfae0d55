//! Supervision: after every call it is noted how it ended, and from that follows whether the next one may begin.
//!
//! What is kept here is in memory alone and begins anew with the process; what follows from it for good (a rollback, a
//! quarantine) becomes a row in the history of activations.
mod breaker;
mod offenders;
mod probation;
mod verdict;
mod view;
mod watched;

pub use breaker::{BreakerRules, BreakerState};
pub use offenders::OffenderRules;
pub use probation::ProbationRules;
pub use view::{BreakerView, LimitsView, PluginStats, VersionStats};
pub use watched::{Alarm, AlarmKind, Barred, Called, Pass, Watched};

use super::logs::{LogRules, Logs};
use super::manifest::Manifest;
use crate::base::clock::Clock;
use offenders::Offenders;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Versions of one plugin that are remembered when they are out of force.
const REMEMBERED: usize = 3;

/// What the end of a call says of the version that ran it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It did its work; a refusal in the plugin's own words is work too.
    Good,
    /// Nothing: the database failed, the host was busy, others were faster.
    Neutral,
    /// It took too long on the clock. Maybe the plugin's fault, maybe an overloaded host's.
    Slow,
    /// It broke the contract or went past a limit.
    Failed,
    /// The sandbox had to end it.
    Stopped,
}

#[derive(Clone, Copy, Debug)]
pub struct WatchRules {
    pub breaker: Option<BreakerRules>,
    pub probation: Option<ProbationRules>,
    pub offenders: OffenderRules,
    pub logs: LogRules,
}

/// Time that only goes forward, from the start of the process.
#[derive(Clone, Debug)]
struct Ticks {
    began: Instant,
    /// Tests let time pass.
    skipped_ms: Arc<AtomicU64>,
}

impl Ticks {
    fn now(&self) -> Duration {
        self.began.elapsed() + Duration::from_millis(self.skipped_ms.load(Relaxed))
    }
}

/// What all versions share.
struct Common {
    rules: WatchRules,
    ticks: Ticks,
    clock: Clock,
    offenders: Offenders,
    /// Counted for `/metrics`.
    rollbacks: AtomicU64,
    quarantines: AtomicU64,
    shed: AtomicU64,
}

/// How often supervision has interfered since the start.
#[derive(Clone, Copy, Debug, Default)]
pub struct Interventions {
    pub rollbacks: u64,
    pub quarantines: u64,
    /// Calls that were answered without running.
    pub shed: u64,
}

/// All that is watched. Cheap to clone.
#[derive(Clone)]
pub struct Watch(Arc<Inner>);

struct Inner {
    common: Arc<Common>,
    /// By digest.
    versions: Mutex<HashMap<String, Arc<Watched>>>,
    /// By the plugin's name.
    logs: Mutex<HashMap<String, Arc<Logs>>>,
    closed: std::sync::atomic::AtomicBool,
}

fn locked<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Watch {
    pub fn new(rules: WatchRules, clock: Clock) -> Watch {
        let common = Arc::new(Common {
            rules,
            ticks: Ticks { began: Instant::now(), skipped_ms: Arc::default() },
            clock,
            offenders: Offenders::new(rules.offenders),
            rollbacks: AtomicU64::new(0),
            quarantines: AtomicU64::new(0),
            shed: AtomicU64::new(0),
        });
        let (versions, logs) = (Mutex::default(), Mutex::default());
        Watch(Arc::new(Inner { common, versions, logs, closed: false.into() }))
    }

    /// The supervision of a version; the same for as long as it is remembered.
    pub(super) fn of(&self, digest: &str, manifest: &Manifest) -> Arc<Watched> {
        let mut versions = locked(&self.0.versions);
        if let Some(watched) = versions.get(digest) {
            return watched.clone();
        }
        let watched = Arc::new(Watched::new(self.0.common.clone(), self.logs(&manifest.name), digest, manifest));
        versions.insert(digest.to_owned(), watched.clone());
        forget_old(&mut versions, &manifest.name);
        watched
    }

    pub(super) fn logs(&self, name: &str) -> Arc<Logs> {
        let mut all = locked(&self.0.logs);
        let logs = all.entry(name.to_owned()).or_insert_with(|| {
            // Above every id of an earlier run, unless that one wrote a thousand lines in every millisecond of its life.
            let first = self.0.common.clock.now_ms().saturating_mul(1_000);
            Arc::new(Logs::new(self.0.common.rules.logs, first))
        });
        if self.0.closed.load(Relaxed) {
            logs.close();
        }
        logs.clone()
    }

    /// The remembered versions of a plugin, newest first.
    pub(super) fn versions(&self, name: &str) -> Vec<Arc<Watched>> {
        let mut all: Vec<_> =
            locked(&self.0.versions).values().filter(|watched| &*watched.name == name).cloned().collect();
        all.sort_by_key(|watched| std::cmp::Reverse(watched.since));
        all
    }

    pub(super) fn by_digest(&self, digest: &str) -> Option<Arc<Watched>> {
        locked(&self.0.versions).get(digest).cloned()
    }

    pub fn interventions(&self) -> Interventions {
        let common = &self.0.common;
        Interventions {
            rollbacks: common.rollbacks.load(Relaxed),
            quarantines: common.quarantines.load(Relaxed),
            shed: common.shed.load(Relaxed),
        }
    }

    pub(super) fn count_rollback(&self) {
        self.0.common.rollbacks.fetch_add(1, Relaxed);
    }

    pub(super) fn count_quarantine(&self) {
        self.0.common.quarantines.fetch_add(1, Relaxed);
    }

    /// The host stops: whoever reads a log is told so.
    pub fn close(&self) {
        self.0.closed.store(true, Relaxed);
        locked(&self.0.logs).values().for_each(|logs| logs.close());
    }
}

/// Versions that nobody holds any more, beyond the newest few of the plugin.
fn forget_old(versions: &mut HashMap<String, Arc<Watched>>, name: &str) {
    let unused = |watched: &&Arc<Watched>| &*watched.name == name && Arc::strong_count(watched) == 1;
    let mut old: Vec<_> = versions.values().filter(unused).map(|w| (w.since, w.digest.clone())).collect();
    old.sort();
    old.reverse();
    old.into_iter().skip(REMEMBERED).for_each(|(_, digest)| drop(versions.remove(&digest)));
}
