//! One version under supervision: who may enter, and what follows from how a call ended.
use super::breaker::{Breaker, Gate};
use super::offenders::Input;
use super::probation::Probation;
use super::verdict::judge;
use super::{BreakerState, Common, Verdict, locked};
use crate::base::error::{Code, Error};
use crate::features::plugins::logs::Logs;
use crate::features::plugins::manifest::Manifest;
use crate::features::plugins::stats::{Spent, Stats};
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering::Acquire, Ordering::Relaxed, Ordering::Release};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Notify;

/// A quarantine ends by a person's hand; asking more often than this is of no use.
const QUARANTINED_RETRY_S: u32 = 300;

/// `Watched::standing`.
const FREE: u8 = 0;
/// The breaker is not closed: its state decides.
const GUARDED: u8 = 1;
/// It is being taken out of force.
const CONDEMNED: u8 = 2;
const QUARANTINED: u8 = 3;
/// Another version has its place; calls that still hold this one look again.
const GONE: u8 = 4;

pub struct Watched {
    common: Arc<Common>,
    pub(crate) name: Arc<str>,
    pub(crate) version: Arc<str>,
    pub(crate) digest: String,
    /// When it was first looked at, since the start of the process.
    pub(super) since: Duration,
    pub(super) since_ms: u64,
    /// Read by every call, without the lock.
    standing: AtomicU8,
    /// Until then (milliseconds of `ticks`) an input may be among the offenders.
    offended_ms: AtomicU64,
    guard: Mutex<Guard>,
    /// The standing has changed.
    changed: Notify,
    pub(super) shed: AtomicU64,
    pub(super) inputs_refused: AtomicU64,
    pub(in crate::features::plugins) stats: Stats,
    pub(in crate::features::plugins) logs: Arc<Logs>,
    pub(super) actions: Vec<String>,
    pub(super) queries: Vec<String>,
}

struct Guard {
    breaker: Option<Breaker>,
    probation: Option<Probation>,
}

/// An action or query of a version, by its place in the manifest.
#[derive(Clone, Copy, Debug)]
pub struct Called<'a> {
    pub query: bool,
    pub index: usize,
    pub name: &'a str,
    /// JSON text.
    pub input: &'a str,
}

/// Why a call may not begin.
#[derive(Debug)]
pub enum Barred {
    /// The version is being taken out of force: look again for what is in force.
    Moved,
    Refused(Error),
}

/// A call that may run; its end is told with [`Pass::end`]. One that is dropped says nothing of the version.
pub struct Pass<'a> {
    watched: &'a Watched,
    called: Called<'a>,
    probe: bool,
    told: bool,
}

/// Something has to be done about a version.
#[derive(Clone, Debug)]
pub struct Alarm {
    pub kind: AlarmKind,
    pub plugin: Arc<str>,
    pub digest: String,
    pub reason: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlarmKind {
    /// Back to the version before; without one it stays.
    RollBack,
    /// Out of force in any case.
    Quarantine,
}

impl Watched {
    pub(super) fn new(common: Arc<Common>, logs: Arc<Logs>, digest: &str, manifest: &Manifest) -> Watched {
        let (since, since_ms) = (common.ticks.now(), common.clock.now_ms());
        let breaker = common.rules.breaker.map(Breaker::new);
        Watched {
            common,
            name: manifest.name.as_str().into(),
            version: manifest.version.as_str().into(),
            digest: digest.to_owned(),
            since,
            since_ms,
            standing: AtomicU8::new(FREE),
            offended_ms: AtomicU64::new(0),
            guard: Mutex::new(Guard { breaker, probation: None }),
            changed: Notify::new(),
            shed: AtomicU64::new(0),
            inputs_refused: AtomicU64::new(0),
            stats: Stats::new(manifest.actions.len(), manifest.queries.len()),
            logs,
            actions: manifest.actions.iter().map(|a| a.name.clone()).collect(),
            queries: manifest.queries.iter().map(|q| q.name.clone()).collect(),
        }
    }

    /// It was put in force by somebody: it begins with a clean sheet, on probation when there is a version to go back to.
    pub(in crate::features::plugins) fn put_in_force(&self, on_probation: bool) {
        let rules = &self.common.rules;
        let mut guard = locked(&self.guard);
        guard.breaker = rules.breaker.map(Breaker::new);
        guard.probation =
            rules.probation.filter(|_| on_probation).map(|rules| Probation::new(rules, self.common.ticks.now()));
        self.stand(FREE);
    }

    /// The alarm came to nothing. `on_probation`: for now; else there is no version to go back to, and from now on the
    /// breaker alone decides.
    pub(in crate::features::plugins) fn pardon(&self, on_probation: bool) {
        let mut guard = locked(&self.guard);
        if !on_probation {
            guard.probation = None;
        }
        let closed = guard.breaker.as_ref().is_none_or(|b| b.state() == BreakerState::Closed);
        self.stand(if closed { FREE } else { GUARDED });
    }

    pub(in crate::features::plugins) fn quarantine(&self) {
        let mut guard = locked(&self.guard);
        guard.probation = None;
        self.stand(QUARANTINED);
    }

    /// Another version was put in its place because it failed.
    pub(in crate::features::plugins) fn go(&self) {
        let mut guard = locked(&self.guard);
        guard.probation = None;
        self.stand(GONE);
    }

    fn stand(&self, standing: u8) {
        self.standing.store(standing, Release);
        self.changed.notify_waiters();
    }

    pub fn is_condemned(&self) -> bool {
        self.standing.load(Acquire) == CONDEMNED
    }

    /// Nothing is wrong with it at the moment.
    pub fn is_calm(&self) -> bool {
        self.standing.load(Acquire) == FREE
    }

    /// Waits until it is decided what becomes of a condemned version.
    pub async fn decided(&self) {
        loop {
            let changed = self.changed.notified();
            if !self.is_condemned() {
                return;
            }
            changed.await;
        }
    }

    /// The breaker, in the words of statistics: "closed", "open", "probing", "quarantined".
    pub fn word(&self) -> &'static str {
        match self.standing.load(Acquire) {
            QUARANTINED | CONDEMNED | GONE => "quarantined",
            FREE => "closed",
            _ => locked(&self.guard).breaker.as_ref().map_or("closed", |breaker| breaker.state().word()),
        }
    }

    pub(super) fn minute(&self) -> u64 {
        self.common.ticks.now().as_secs() / 60
    }

    /// Whether this call may run. Errors: `plugin_unavailable`, `input_refused`.
    pub fn enter<'a>(&'a self, called: Called<'a>) -> Result<Pass<'a>, Barred> {
        let mut probe = false;
        match self.standing.load(Acquire) {
            FREE => {}
            CONDEMNED | GONE => return Err(Barred::Moved),
            QUARANTINED => return Err(self.shut("plugin.quarantined", "is in quarantine", QUARANTINED_RETRY_S)),
            _ => {
                let gate = locked(&self.guard).breaker.as_mut().map(|b| b.enter(self.common.ticks.now()));
                match gate.unwrap_or(Gate::Free) {
                    Gate::Free => {}
                    Gate::Probe => probe = true,
                    Gate::Shut { left } => {
                        return Err(self.shut(
                            "plugin.breaker-open",
                            "keeps failing and is given a rest",
                            seconds(left),
                        ));
                    }
                }
            }
        }
        let pass = Pass { watched: self, called, probe, told: false };
        if self.offended_ms.load(Relaxed) > 0
            && let Some(left) = self.refused_input(called)
        {
            self.inputs_refused.fetch_add(1, Relaxed);
            let detail = "This input made the plugin fail several times; it is refused for a while";
            return Err(Barred::Refused(Error::new(Code::InputRefused, detail).retry_after(seconds(left))));
        }
        Ok(pass)
    }

    fn shut(&self, reason: &str, why: &str, retry_s: u32) -> Barred {
        self.shed.fetch_add(1, Relaxed);
        self.common.shed.fetch_add(1, Relaxed);
        let detail = format!("The plugin {} {why}; try again later", self.name);
        Barred::Refused(Error::new(Code::PluginUnavailable, detail).with_reason(reason).retry_after(retry_s))
    }

    fn refused_input(&self, called: Called<'_>) -> Option<Duration> {
        let now = self.common.ticks.now();
        if self.offended_ms.load(Relaxed) <= millis(now) {
            return None;
        }
        self.common.offenders.refused(self.key(called), now)
    }

    fn key(&self, called: Called<'_>) -> u64 {
        let Called { query, name, input, .. } = called;
        self.common.offenders.key(&Input { digest: &self.digest, query, name, input })
    }

    fn offended(&self, called: Called<'_>, now: Duration) {
        self.common.offenders.note(self.key(called), now);
        self.offended_ms.store(millis(now + self.common.rules.offenders.refused).max(1), Relaxed);
    }

    /// How a call ended, for breaker and probation.
    fn note(&self, now: Duration, probe: bool, verdict: Verdict) -> Option<Alarm> {
        let mut guard = locked(&self.guard);
        let standing = self.standing.load(Acquire);
        if matches!(standing, CONDEMNED | QUARANTINED | GONE) {
            return None;
        }
        if guard.probation.as_ref().is_some_and(|p| p.is_over(now)) {
            guard.probation = None;
        }
        let failed = guard.probation.as_mut().and_then(|p| p.condemns(verdict).then(|| p.reason()));
        let opened = guard.breaker.as_mut().and_then(|breaker| breaker.leave(now, probe, verdict));
        if let Some(opened) = opened {
            let (plugin, version) = (&*self.name, &*self.version);
            let for_s = opened.until.saturating_sub(now).as_secs();
            tracing::warn!(plugin, version, for_s, "a plugin keeps failing; its calls are answered without running it");
        }
        let alarm = match (failed, opened) {
            (Some(reason), _) => Some((AlarmKind::RollBack, reason)),
            (None, Some(opened)) if opened.too_often => {
                Some((AlarmKind::Quarantine, "it kept failing: its breaker opened too often".to_owned()))
            }
            (None, Some(opened)) if opened.own_fault && guard.probation.is_some() => {
                Some((AlarmKind::RollBack, "it kept failing soon after its activation".to_owned()))
            }
            _ => None,
        };
        let closed = guard.breaker.as_ref().is_none_or(|b| b.state() == BreakerState::Closed);
        match &alarm {
            Some(_) => self.stand(CONDEMNED),
            None if standing == GUARDED || !closed => self.stand(if closed { FREE } else { GUARDED }),
            None => {}
        }
        alarm.map(|(kind, reason)| Alarm { kind, plugin: self.name.clone(), digest: self.digest.clone(), reason })
    }
}

/// What became of a call.
pub struct Told {
    /// The version failed, which other versions may not.
    pub failed: bool,
    pub alarm: Option<Alarm>,
}

impl Pass<'_> {
    /// `error`: with what the call is answered.
    pub fn end(mut self, error: Option<&Error>, spent: &Spent) -> Told {
        self.told = true;
        let Pass { watched, called, probe, .. } = self;
        let now = watched.common.ticks.now();
        let (verdict, end) = judge(error, spent.waited);
        watched.stats.note(called.query, called.index, now.as_secs() / 60, end, spent);
        if verdict == Verdict::Stopped {
            watched.offended(called, now);
        }
        let failed = matches!(verdict, Verdict::Failed | Verdict::Stopped | Verdict::Slow);
        Told { failed, alarm: watched.note(now, probe, verdict) }
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if !self.told && self.probe {
            // The caller went away, or its input was refused: the probe is somebody else's.
            let _ = self.watched.note(self.watched.common.ticks.now(), true, Verdict::Neutral);
        }
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Whole seconds, rounded up, for `Retry-After`.
fn seconds(time: Duration) -> u32 {
    u32::try_from(time.as_millis().div_ceil(1_000)).unwrap_or(u32::MAX).max(1)
}
