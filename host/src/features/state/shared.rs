//! The commit sequence of a database that several hosts share: nothing is decided from memory, which could be stale.
//!
//! A unit reads rows from the database and remembers their versions. What waits to be committed goes together into one
//! transaction, which first takes the head of the sequence: a row whose lock puts the groups of all hosts in one order.
//! From then on nobody else writes, so the versions that are there now are the ones that count: each unit of the group is
//! checked against them, and against the units before it, in memory; what passed is written at once. While a group is
//! under way the next one gathers, so the lock is taken once for many.
use super::ledger::{Key, Row, ScanRead, Space, Usage};
use super::store::{Head, Held, NewEvent, ReplayKey, moment, sweep_old};
use super::unit::{Unit, Write};
use super::{Inner, LogRow, Record, Refusal, again};
use crate::base::error::{Code, Result};
use crate::platform::db::{Db, unreachable};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::atomic::Ordering;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{Notify, oneshot};

/// Units of one transaction.
const GROUP: usize = 256;
/// A group that has not come to its commit by then is given up: its callers would rather try again.
const GATHER: Duration = Duration::from_secs(3);
/// A failure that comes sooner is one of an old connection, and a new one is worth a try.
const STALE: Duration = Duration::from_millis(500);
/// How long the end of a commit is looked for when the connection was lost in the middle of it.
const LOOK: Duration = Duration::from_millis(2_500);
const LOOK_PAUSE: Duration = Duration::from_millis(100);

type Done = oneshot::Sender<Result<(), Refusal>>;

/// A unit that waits for its commit, or a line for the action log alone.
struct Waiting {
    unit: Option<Unit>,
    record: Record,
    done: Option<Done>,
}

#[derive(Default)]
pub(super) struct Shared(Mutex<Vec<Waiting>>);

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Vec<Waiting>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn submit(&self, unit: Unit, record: Record) -> oneshot::Receiver<Result<(), Refusal>> {
        let (done, wait) = oneshot::channel();
        self.queue().push(Waiting { unit: Some(unit), record, done: Some(done) });
        wait
    }

    pub(super) fn note(&self, log: LogRow) {
        let record = Record { log, replay: None, events: Vec::new() };
        self.queue().push(Waiting { unit: None, record, done: None });
    }

    fn next_group(&self) -> Vec<Waiting> {
        let mut queue = self.queue();
        let take = queue.len().min(GROUP);
        queue.drain(..take).collect()
    }
}

/// Writes groups until `stop` is notified and nothing is left.
pub(super) async fn run(inner: &Inner, shared: &Shared, stop: &Notify) {
    let mut stopping = false;
    loop {
        let group = shared.next_group();
        if group.is_empty() {
            if stopping {
                return;
            }
            tokio::select! {
                () = inner.wake.notified() => {}
                () = stop.notified() => stopping = true,
            }
            continue;
        }
        match commit(&inner.db, &group).await {
            Ok(refusals) => {
                let units = refusals.iter().filter(|refusal| refusal.is_none()).count() as u64;
                inner.groups.fetch_add(u64::from(units > 0), Ordering::Relaxed);
                inner.units.fetch_add(units, Ordering::Relaxed);
                for (waiting, refusal) in group.into_iter().zip(refusals) {
                    if matches!(refusal, Some(Refusal::Conflict)) {
                        inner.conflicts.fetch_add(1, Ordering::Relaxed);
                    }
                    answer(waiting, refusal.map_or(Ok(()), Err));
                }
            }
            Err(error) => {
                // Those behind would only wait as long for the same.
                let behind: Vec<Waiting> = shared.queue().drain(..).collect();
                let units = group.len() + behind.len();
                tracing::error!(?error, units, "a group of commits could not be written");
                group.into_iter().for_each(|waiting| answer(waiting, Err(Refusal::Failed(again(&error)))));
                behind.into_iter().for_each(|waiting| answer(waiting, Err(Refusal::Failed(unreachable()))));
            }
        }
    }
}

fn answer(waiting: Waiting, result: Result<(), Refusal>) {
    if let Some(done) = waiting.done {
        // A caller that went away has its answer under its Idempotency-Key.
        let _gone = done.send(result);
    }
}

/// Commits a group; what was refused of it is told one by one.
async fn commit(db: &Db, group: &[Waiting]) -> Result<Vec<Option<Refusal>>> {
    let began = Instant::now();
    let prepared = match prepare(db, group).await {
        Err(error) if error.code == Code::Database && began.elapsed() < STALE => prepare(db, group).await?,
        other => other?,
    };
    let Prepared { head, refusals, witness } = prepared;
    let Some(witness) = witness else { return Ok(refusals) };
    match head.commit().await {
        Ok(()) => Ok(refusals),
        Err(error) => match ended(db, &witness).await {
            Some(true) => Ok(refusals),
            Some(false) => Err(unreachable().caused_by(error)),
            None => Err(error),
        },
    }
}

/// Whether a commit whose connection was lost has happened. Its transaction holds the head until it has ended, so
/// whoever has the head after it knows. `None`: the database does not come back in time.
async fn ended(db: &Db, (seq, id): &(u64, String)) -> Option<bool> {
    let look = async {
        loop {
            if let Ok(mut head) = Head::take(db, 0).await
                && let Ok(found) = head.has(*seq, id).await
            {
                return found;
            }
            tokio::time::sleep(LOOK_PAUSE).await;
        }
    };
    tokio::time::timeout(LOOK, look).await.ok()
}

/// A group that is written and only waits for its commit.
struct Prepared {
    head: Head,
    refusals: Vec<Option<Refusal>>,
    /// Place and id of one of the units, by which the whole group is recognised. `None`: all were refused.
    witness: Option<(u64, String)>,
}

async fn prepare(db: &Db, group: &[Waiting]) -> Result<Prepared> {
    let work = async {
        let mut head = Head::take(db, group.len()).await?;
        let mut desk = Desk::load(&mut head, group).await?;
        let first = head.last - group.len() as u64 + 1;
        let refusals: Vec<Option<Refusal>> =
            (first..).zip(group).map(|(seq, waiting)| desk.decide(seq, waiting).err()).collect();
        let passed: Vec<(u64, &Waiting)> =
            (first..).zip(group).zip(&refusals).filter(|(_, r)| r.is_none()).map(|(unit, _)| unit).collect();
        desk.write(&mut head, &passed).await?;
        let witness = passed.first().map(|(seq, waiting)| (*seq, waiting.record.log.id.clone()));
        Ok(Prepared { head, refusals, witness })
    };
    tokio::time::timeout(GATHER, work).await.unwrap_or_else(|_| Err(unreachable()))
}

/// What counts at the head of the sequence: as it was loaded, then as the units of the group leave it, one after another.
struct Desk {
    held: HashMap<Key, Held>,
    /// Entries and newest version of each range, in the order of the group's scans.
    ranges: std::vec::IntoIter<(u64, u64)>,
    usage: Usage,
    answered: HashSet<(String, String, String)>,
    changed: BTreeSet<Key>,
    grown: HashSet<Space>,
}

fn replay_key(waiting: &Waiting) -> Option<ReplayKey<'_>> {
    let Record { log, replay, .. } = &waiting.record;
    replay.as_ref().map(|replay| (&*log.workspace, &*log.visitor, &*replay.key))
}

fn space(unit: &Unit) -> Space {
    (unit.owners.workspace.clone(), unit.owners.plugin.clone())
}

impl Desk {
    async fn load(head: &mut Head, group: &[Waiting]) -> Result<Desk> {
        let units = || group.iter().filter_map(|waiting| waiting.unit.as_ref());
        let mut wanted: HashMap<&Key, bool> = HashMap::new();
        for unit in units() {
            unit.reads.keys().for_each(|key| _ = wanted.entry(key).or_insert(false));
            for (key, write) in &unit.writes {
                *wanted.entry(key).or_insert(false) |= matches!(write, Write::Add(_));
            }
        }
        let wanted: Vec<(&Key, bool)> = wanted.into_iter().collect();
        let held = if wanted.is_empty() { HashMap::new() } else { head.held(&wanted).await? };
        let scans: Vec<(&ScanRead, u64)> =
            units().flat_map(|unit| unit.scans.iter().map(|scan| (scan, unit.now_ms))).collect();
        let ranges = head.ranges(&scans).await?.into_iter();
        let spaces: HashSet<Space> = units().filter(|unit| unit.wrote()).map(space).collect();
        let usage = if spaces.is_empty() { Usage::new() } else { head.usage(&spaces).await? };
        let keys: Vec<ReplayKey<'_>> = group.iter().filter_map(replay_key).collect();
        let answered = head.answered(&keys).await?;
        let (changed, grown) = (BTreeSet::new(), HashSet::new());
        Ok(Desk { held, ranges, usage, answered, changed, grown })
    }

    /// Lets a unit through, with its writes laid on the desk for those behind it, or refuses it.
    fn decide(&mut self, seq: u64, waiting: &Waiting) -> Result<(), Refusal> {
        let Some(unit) = &waiting.unit else { return Ok(()) };
        // Taken in any case: the next unit's ranges come after these.
        let ranges: Vec<(u64, u64)> = unit.scans.iter().filter_map(|_| self.ranges.next()).collect();
        if let Some((workspace, visitor, key)) = replay_key(waiting)
            && !self.answered.insert((workspace.to_owned(), visitor.to_owned(), key.to_owned()))
        {
            return Err(Refusal::Replayed);
        }
        let result = self.apply(seq, unit, &ranges);
        if result.is_err()
            && let Some((workspace, visitor, key)) = replay_key(waiting)
        {
            self.answered.remove(&(workspace.to_owned(), visitor.to_owned(), key.to_owned()));
        }
        result
    }

    fn apply(&mut self, seq: u64, unit: &Unit, ranges: &[(u64, u64)]) -> Result<(), Refusal> {
        if !keys_hold(&self.held, unit) || !ranges_hold(ranges, unit) {
            return Err(Refusal::Conflict);
        }
        if unit.scans.iter().any(|scan| self.changed_in(scan)) {
            return Err(Refusal::Conflict);
        }
        let mut changes = Vec::with_capacity(unit.writes.len());
        let mut grown = 0i64;
        for (key, write) in &unit.writes {
            let old = self.held.get(key).cloned().unwrap_or_default();
            let row = write.applied(key, &old.row, unit.now_ms, seq)?;
            let bytes = row.value.as_ref().map(|value| value.len());
            let size = |bytes: Option<usize>| bytes.map_or(0, |bytes| (bytes + key.key.len()) as i64);
            grown += size(bytes) - size(old.bytes);
            changes.push((key, Held { row, bytes }));
        }
        let used = self.usage.get(&space(unit)).copied().unwrap_or(0);
        let after = used.saturating_add_signed(grown);
        if grown > 0 && after > unit.limits.quota_bytes {
            return Err(Refusal::Quota);
        }
        if after != used {
            self.usage.insert(space(unit), after);
            self.grown.insert(space(unit));
        }
        for (key, held) in changes {
            self.held.insert(key.clone(), held);
            self.changed.insert(key.clone());
        }
        Ok(())
    }

    /// Whether a unit before it in the group has written into the range.
    fn changed_in(&self, scan: &ScanRead) -> bool {
        let mut range = self.changed.range(scan.first()..).take_while(|key| scan.covers(key));
        range.any(|key| scan.wants(key) && scan.seen.until.as_deref().is_none_or(|until| &*key.key <= until))
    }

    async fn write(&mut self, head: &mut Head, passed: &[(u64, &Waiting)]) -> Result<()> {
        let changes: HashMap<&Key, &Row> =
            self.changed.iter().filter_map(|key| Some((key, &self.held.get(key)?.row))).collect();
        head.write_state(&changes).await?;
        self.usage.retain(|space, _| self.grown.contains(space));
        head.write_usage(&self.usage).await?;
        let logs: Vec<(u64, &LogRow)> = passed.iter().map(|(seq, waiting)| (*seq, &waiting.record.log)).collect();
        head.write_log(&logs).await?;
        let records = || passed.iter().map(|(seq, waiting)| (*seq, *waiting, &waiting.record));
        let replays: Vec<_> = records().filter_map(|(_, _, r)| Some((&r.log, r.replay.as_ref()?))).collect();
        head.write_replays(&replays).await?;
        let events: Vec<NewEvent<'_>> = records()
            .flat_map(|(seq, waiting, record)| {
                let thread = waiting.unit.as_ref().and_then(|unit| unit.owners.thread.as_deref());
                let log = &record.log;
                record.events.iter().enumerate().map(move |(n, event)| NewEvent { seq, n, log, event, thread })
            })
            .collect();
        head.write_events(&events).await
    }
}

fn keys_hold(held: &HashMap<Key, Held>, unit: &Unit) -> bool {
    let version = |key: &Key| held.get(key).map_or(0, |held| held.row.version);
    unit.reads.iter().all(|(key, seen)| version(key) == seen.version)
}

fn ranges_hold(ranges: &[(u64, u64)], unit: &Unit) -> bool {
    ranges.len() == unit.scans.len()
        && unit.scans.iter().zip(ranges).all(|(scan, now)| (scan.seen.entries, scan.seen.newest) == *now)
}

/// Whether all that the unit has read holds at one moment.
pub(super) async fn holds(db: &Db, unit: &Unit) -> Result<bool> {
    let keys: Vec<&Key> = unit.reads.keys().collect();
    let scans: Vec<(&ScanRead, u64)> = unit.scans.iter().map(|scan| (scan, unit.now_ms)).collect();
    let (held, ranges) = moment(db, &keys, &scans).await?;
    Ok(keys_hold(&held, unit) && ranges_hold(&ranges, unit))
}

/// Deletes what has expired. Returns the number of rows.
pub(super) async fn sweep(db: &Db, now_ms: u64, older_than_ms: u64) -> Result<u64> {
    let mut gone = 0;
    loop {
        let mut head = Head::take(db, 0).await?;
        let swept = head.sweep(now_ms).await?;
        let mut freed = Usage::new();
        for (workspace, plugin, bytes) in &swept {
            *freed.entry((workspace.as_str().into(), plugin.as_str().into())).or_default() += bytes;
        }
        let mut usage = head.usage(&freed.keys().cloned().collect()).await?;
        for (space, used) in &mut usage {
            *used = used.saturating_sub(freed.get(space).copied().unwrap_or(0));
        }
        head.write_usage(&usage).await?;
        head.commit().await?;
        gone += swept.len() as u64;
        if swept.is_empty() {
            return Ok(gone + sweep_old(db, older_than_ms).await?);
        }
    }
}
