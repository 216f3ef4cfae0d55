//! What one plugin version's calls were like: a few atomic additions per call, read together when somebody asks.
mod histogram;

use crate::platform::wasm::Usage;
use histogram::{Counts, Histogram};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

/// "Recent" are the last whole minutes and the one that runs.
const RECENT_MINUTES: u64 = 5;
const SLOTS: usize = RECENT_MINUTES as usize + 1;
/// Different words of refusals and errors that are told apart; a plugin invents its own.
const MOST_WORDS: usize = 32;
const LONGEST_WORD: usize = 64;
const OTHER: &str = "other";

/// How a call ended, for counting. Words are a plugin's refusal code, or the stable word of a failure.
#[derive(Clone, Copy, Debug)]
pub(super) enum End<'a> {
    Ok,
    Refused(&'a str),
    Failed(&'a str),
}

/// What a call used over all its attempts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Spent {
    pub attempts: u32,
    pub usage: Usage,
    /// The last attempt ran out of time while the database was at work for it.
    pub waited: bool,
}

impl Spent {
    pub fn add(&mut self, usage: Usage, waited: bool) {
        (self.attempts, self.waited) = (self.attempts + 1, waited);
        let sum = &mut self.usage;
        sum.cpu += usage.cpu;
        sum.wall += usage.wall;
        sum.memory = sum.memory.max(usage.memory);
        sum.host_calls = sum.host_calls.saturating_add(usage.host_calls);
    }
}

#[derive(Default)]
struct Counters {
    calls: AtomicU64,
    refused: AtomicU64,
    failed: AtomicU64,
    attempts: AtomicU64,
    host_calls: AtomicU64,
    memory: AtomicU64,
    cpu_us: AtomicU64,
    wall_us: AtomicU64,
    cpu: Histogram,
    wall: Histogram,
}

impl Counters {
    fn note(&self, end: End<'_>, spent: &Spent) {
        let us = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let (cpu, wall) = (us(spent.usage.cpu), us(spent.usage.wall));
        self.calls.fetch_add(1, Relaxed);
        match end {
            End::Ok => {}
            End::Refused(_) => drop(self.refused.fetch_add(1, Relaxed)),
            End::Failed(_) => drop(self.failed.fetch_add(1, Relaxed)),
        }
        self.attempts.fetch_add(u64::from(spent.attempts), Relaxed);
        self.host_calls.fetch_add(u64::from(spent.usage.host_calls), Relaxed);
        if self.memory.load(Relaxed) < spent.usage.memory as u64 {
            self.memory.fetch_max(spent.usage.memory as u64, Relaxed);
        }
        self.cpu_us.fetch_add(cpu, Relaxed);
        self.wall_us.fetch_add(wall, Relaxed);
        self.cpu.note(cpu);
        self.wall.note(wall);
    }

    fn clear(&self) {
        let sums = [&self.calls, &self.refused, &self.failed, &self.attempts, &self.host_calls, &self.memory];
        sums.into_iter().chain([&self.cpu_us, &self.wall_us]).for_each(|number| number.store(0, Relaxed));
        self.cpu.clear();
        self.wall.clear();
    }
}

/// One minute of one entry.
#[derive(Default)]
struct Slot {
    minute: AtomicU64,
    counters: Counters,
}

type Words = Mutex<Vec<(Box<str>, u64)>>;

/// Of one action or query.
#[derive(Default)]
struct Entry {
    total: Counters,
    refusals: Words,
    errors: Words,
    slots: [Slot; SLOTS],
}

/// Counts a word; one beyond the bound counts as "other".
fn count(words: &Words, word: &str) {
    let word = if word.len() > LONGEST_WORD { OTHER } else { word };
    let mut words = words.lock().unwrap_or_else(PoisonError::into_inner);
    let full = words.len() >= MOST_WORDS;
    let position = words.iter().position(|(known, _)| **known == *word);
    match position.or_else(|| full.then(|| words.iter().position(|(known, _)| **known == *OTHER)).flatten()) {
        Some(at) => words.iter_mut().skip(at).take(1).for_each(|(_, n)| *n += 1),
        None => words.push((if full { OTHER } else { word }.into(), 1)),
    }
}

impl Entry {
    fn note(&self, minute: u64, end: End<'_>, spent: &Spent) {
        self.total.note(end, spent);
        match end {
            End::Ok => {}
            End::Refused(word) => count(&self.refusals, word),
            End::Failed(word) => count(&self.errors, word),
        }
        let Some(slot) = self.slots.get((minute % SLOTS as u64) as usize) else { return };
        let shown = slot.minute.load(Relaxed);
        if shown != minute {
            // Whoever turns the page wipes it; a count that falls in between is lost from the minute, not from the total.
            if slot.minute.compare_exchange(shown, minute, Relaxed, Relaxed).is_ok() {
                slot.counters.clear();
            }
        }
        slot.counters.note(end, spent);
    }
}

/// Counters of one version: an entry per action and query, made when it is first called.
pub(super) struct Stats {
    actions: Box<[OnceLock<Box<Entry>>]>,
    queries: Box<[OnceLock<Box<Entry>>]>,
}

/// Times in microseconds; quantiles are right within an eighth.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Times {
    pub mean: u64,
    pub p50: u64,
    pub p90: u64,
    pub p99: u64,
}

/// Sums over calls.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Figures {
    pub calls: u64,
    pub ok: u64,
    /// In the plugin's own words, or because somebody else was faster: nobody's fault.
    pub refused: u64,
    /// Faults of the plugin or of the host.
    pub failed: u64,
    /// Runs of handlers; what is more than `calls` ran again because its data had changed.
    pub attempts: u64,
    pub conflicts: u64,
    pub host_calls: u64,
    /// High-water mark of one call's linear memory.
    pub memory_bytes: u64,
    /// Of the guest itself, over all attempts.
    pub cpu_us: Times,
    /// From the begin of a run to its end, over all attempts.
    pub wall_us: Times,
    /// By code. Only since the start, not for the last minutes.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub refusals: BTreeMap<String, u64>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub errors: BTreeMap<String, u64>,
}

/// Since the start, and over the last minutes.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Both {
    pub total: Figures,
    pub recent: Figures,
}

#[derive(Default)]
struct Sum {
    figures: Figures,
    cpu: Counts,
    wall: Counts,
}

impl Sum {
    fn add(&mut self, counters: &Counters) {
        let f = &mut self.figures;
        f.calls += counters.calls.load(Relaxed);
        f.refused += counters.refused.load(Relaxed);
        f.failed += counters.failed.load(Relaxed);
        f.attempts += counters.attempts.load(Relaxed);
        f.host_calls += counters.host_calls.load(Relaxed);
        f.memory_bytes = f.memory_bytes.max(counters.memory.load(Relaxed));
        f.cpu_us.mean += counters.cpu_us.load(Relaxed);
        f.wall_us.mean += counters.wall_us.load(Relaxed);
        counters.cpu.add_to(&mut self.cpu);
        counters.wall.add_to(&mut self.wall);
    }

    fn add_words(&mut self, entry: &Entry) {
        for (from, to) in [(&entry.refusals, &mut self.figures.refusals), (&entry.errors, &mut self.figures.errors)] {
            for (word, n) in from.lock().unwrap_or_else(PoisonError::into_inner).iter() {
                *to.entry(word.to_string()).or_default() += n;
            }
        }
    }

    fn finish(self) -> Figures {
        let Sum { figures, cpu, wall } = self;
        let calls = figures.calls.max(1);
        let times = |sum: u64, counts: &Counts| Times {
            mean: sum / calls,
            p50: counts.quantile(0.5),
            p90: counts.quantile(0.9),
            p99: counts.quantile(0.99),
        };
        Figures {
            ok: figures.calls.saturating_sub(figures.refused + figures.failed),
            conflicts: figures.attempts.saturating_sub(figures.calls),
            cpu_us: times(figures.cpu_us.mean, &cpu),
            wall_us: times(figures.wall_us.mean, &wall),
            ..figures
        }
    }
}

impl Stats {
    pub(super) fn new(actions: usize, queries: usize) -> Stats {
        let empty = |n: usize| (0..n).map(|_| OnceLock::new()).collect();
        Stats { actions: empty(actions), queries: empty(queries) }
    }

    /// `minute`: whole minutes since any fixed moment, never going back.
    pub(super) fn note(&self, query: bool, index: usize, minute: u64, end: End<'_>, spent: &Spent) {
        let entries = if query { &self.queries } else { &self.actions };
        if let Some(entry) = entries.get(index) {
            entry.get_or_init(Box::default).note(minute + 1, end, spent);
        }
    }

    /// All entries together.
    pub(super) fn sum(&self, minute: u64) -> Both {
        both(self.actions.iter().chain(&self.queries).filter_map(OnceLock::get).map(|entry| &**entry), minute)
    }

    /// One entry; `None` when it was never called.
    pub(super) fn of(&self, query: bool, index: usize, minute: u64) -> Option<Both> {
        let entries = if query { &self.queries } else { &self.actions };
        entries.get(index)?.get().map(|entry| both(std::iter::once(&**entry), minute))
    }
}

fn both<'a>(entries: impl Iterator<Item = &'a Entry>, minute: u64) -> Both {
    let (mut total, mut recent) = (Sum::default(), Sum::default());
    for entry in entries {
        total.add(&entry.total);
        total.add_words(entry);
        let fresh = |slot: &&Slot| slot.minute.load(Relaxed) + RECENT_MINUTES > minute;
        entry.slots.iter().filter(fresh).for_each(|slot| recent.add(&slot.counters));
    }
    Both { total: total.finish(), recent: recent.finish() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spent(us: u64) -> Spent {
        let time = Duration::from_micros(us);
        let mut spent = Spent::default();
        spent.add(Usage { cpu: time, wall: time * 2, memory: 65_536, host_calls: 3 }, false);
        spent
    }

    #[test]
    fn calls_are_counted_by_end_and_by_entry() {
        let stats = Stats::new(2, 1);
        for us in 1..=100 {
            stats.note(false, 0, 0, End::Ok, &spent(us));
        }
        stats.note(false, 0, 0, End::Refused("cart.empty"), &spent(10));
        stats.note(false, 1, 0, End::Failed("plugin.trap"), &spent(10));
        stats.note(true, 0, 0, End::Ok, &Spent { attempts: 3, ..spent(10) });
        stats.note(false, 7, 0, End::Ok, &spent(1));
        let Both { total, recent } = stats.sum(0);
        assert_eq!((total.calls, total.ok, total.refused, total.failed), (103, 101, 1, 1));
        assert_eq!((total.attempts, total.conflicts, total.host_calls), (105, 2, 309));
        assert_eq!((recent.calls, recent.memory_bytes), (103, 65_536));
        assert_eq!(total.refusals, BTreeMap::from([("cart.empty".to_owned(), 1)]));
        assert_eq!(total.errors, BTreeMap::from([("plugin.trap".to_owned(), 1)]));
        let first = stats.of(false, 0, 0).unwrap().total;
        assert!((40..=60).contains(&first.cpu_us.p50) && (80..=120).contains(&first.wall_us.p50), "{first:?}");
        assert!(stats.of(false, 7, 0).is_none());
    }

    #[test]
    fn minutes_leave_the_recent_figures() {
        let stats = Stats::new(1, 0);
        for minute in 0..20 {
            stats.note(false, 0, minute, End::Ok, &spent(1));
        }
        let at = |minute| stats.sum(minute).recent.calls;
        assert_eq!((at(19), at(21), at(23), at(24), at(90)), (6, 4, 2, 1, 0));
        assert_eq!(stats.sum(90).total.calls, 20);
    }

    #[test]
    fn words_cannot_grow_without_end() {
        let stats = Stats::new(1, 0);
        for n in 0..1_000 {
            stats.note(false, 0, 0, End::Refused(&format!("word.{n}")), &spent(1));
        }
        stats.note(false, 0, 0, End::Refused(&"x".repeat(1_000)), &spent(1));
        let refusals = stats.sum(0).total.refusals;
        assert_eq!(refusals.len(), MOST_WORDS + 1);
        assert_eq!(refusals[OTHER], 1_001 - MOST_WORDS as u64);
    }
}
