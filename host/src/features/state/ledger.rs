//! The commit sequence, in memory: which versions are current, who may commit, in which order.
//!
//! One process owns the database's plugin data, so every commit passes here and the check needs no statement:
//! `recent` holds each key written since the oldest running unit began, whether on the disk yet or not. A unit that read
//! another version of such a key than the one there now has a conflict; a key that is not in `recent` cannot have
//! changed since the unit began. Keys leave `recent` for the cache of hot rows only when no running unit is older than
//! their write, and a row read from the database is kept only if `recent` has nothing newer: so the cache is never stale.
use super::standing::{Standing, Watchers};
use super::unit::Unit;
use super::{LogRow, Record, Refusal};
use crate::base::error::{Code, Error, Result};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{oneshot, watch};

/// Whose keys: one scope's data of one plugin and owner.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Bucket {
    pub(super) workspace: Arc<str>,
    pub(super) plugin: Arc<str>,
    pub(super) scope: &'static str,
    pub(super) owner: Arc<str>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) bucket: Arc<Bucket>,
    pub(super) key: Arc<str>,
}

impl Key {
    fn bytes(&self) -> usize {
        self.key.len()
    }
}

/// What a key holds, and the commit that wrote it. Version 0: never written, as far as anybody remembers.
#[derive(Clone, Debug, Default)]
pub(super) struct Row {
    pub(super) version: u64,
    pub(super) value: Option<Arc<str>>,
    pub(super) expires_at: Option<u64>,
}

impl Row {
    pub(super) fn seen_at(&self, now_ms: u64) -> Option<Arc<str>> {
        let gone = self.expires_at.is_some_and(|at| at <= now_ms);
        if gone { None } else { self.value.clone() }
    }

    fn bytes(&self) -> usize {
        self.value.as_ref().map_or(0, |v| v.len())
    }
}

/// A range that was read: no key in it may have changed since.
#[derive(Clone, Debug)]
pub(super) struct ScanRead {
    pub(super) bucket: Arc<Bucket>,
    pub(super) prefix: String,
    pub(super) after: Option<String>,
    at: u64,
    pub(super) seen: Seen,
}

/// What a range held when it was read from a database that others write to. Versions only grow, so these tell whether
/// anything in it was written or deleted since.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    pub(super) entries: u64,
    pub(super) newest: u64,
    /// The last key that was looked at, where the page was full.
    pub(super) until: Option<String>,
}

impl ScanRead {
    pub(super) fn new(bucket: Arc<Bucket>, prefix: String, after: Option<String>) -> ScanRead {
        ScanRead { bucket, prefix, after, at: 0, seen: Seen::default() }
    }

    /// Where the range ends: no key holds the last character's successor.
    pub(super) fn end(&self) -> String {
        format!("{}\u{10FFFF}", self.prefix)
    }

    /// Where the range begins.
    pub(super) fn first(&self) -> Key {
        Key { bucket: self.bucket.clone(), key: self.prefix.as_str().into() }
    }

    /// Whether a key at or after `first` belongs to the bucket and prefix.
    pub(super) fn covers(&self, key: &Key) -> bool {
        key.bucket == self.bucket && key.key.starts_with(&self.prefix)
    }

    /// Whether a key lies behind the page before.
    pub(super) fn wants(&self, key: &Key) -> bool {
        self.after.as_deref().is_none_or(|after| &*key.key > after)
    }
}

/// Marks a unit as running; the ledger remembers what changes while it lives.
pub(super) struct Started {
    ledger: Arc<Mutex<Inner>>,
    at: u64,
    epoch: u64,
}

impl Drop for Started {
    fn drop(&mut self) {
        let mut inner = lock(&self.ledger);
        if let Some(count) = inner.running.get_mut(&self.at) {
            *count -= 1;
            if *count == 0 {
                inner.running.remove(&self.at);
            }
        }
    }
}

/// A row to be written: `None` deletes it.
pub(super) type Change = (Key, Row);

/// What is stored beside the data: the answer under its key, the events, the conversation they belong to.
type Kept = (Option<super::Replay>, Vec<super::EventRow>, Option<Arc<str>>);

/// A unit in its place in the sequence, waiting for the disk.
pub(super) struct Pending {
    pub(super) seq: u64,
    pub(super) changes: Vec<Change>,
    pub(super) log: LogRow,
    pub(super) record: Option<Kept>,
    pub(super) done: Option<oneshot::Sender<Result<(), Refusal>>>,
}

pub(super) struct Ledger {
    inner: Arc<Mutex<Inner>>,
    hot: moka::sync::Cache<Key, Row>,
    durable: watch::Sender<u64>,
}

struct Inner {
    /// The last place given away.
    seq: u64,
    /// All up to here is on the disk.
    durable: u64,
    /// Goes up when a group could not be written: units that began before must run again.
    epoch: u64,
    recent: BTreeMap<Key, Row>,
    /// Keys in the order of their writes, for forgetting them.
    order: VecDeque<(u64, Key)>,
    /// When the running units began, and how many began there.
    running: BTreeMap<u64, usize>,
    queue: Vec<Pending>,
    /// Kept answers, by what they rest on.
    watchers: Watchers,
    /// Bytes of keys and values by workspace and plugin.
    usage: Usage,
}

fn lock(inner: &Mutex<Inner>) -> MutexGuard<'_, Inner> {
    inner.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A workspace and a plugin.
pub(super) type Space = (Arc<str>, Arc<str>);

/// Bytes per plugin and workspace.
pub(super) type Usage = HashMap<Space, u64>;

impl Ledger {
    pub(super) fn new(last: u64, usage: Usage, cache_bytes: u64) -> Ledger {
        let weight = |key: &Key, row: &Row| u32::try_from(key.bytes() + row.bytes() + 160).unwrap_or(u32::MAX);
        let hot = moka::sync::Cache::builder().max_capacity(cache_bytes).weigher(weight).build();
        let inner = Inner {
            seq: last,
            durable: last,
            epoch: 0,
            recent: BTreeMap::new(),
            order: VecDeque::new(),
            running: BTreeMap::new(),
            queue: Vec::new(),
            watchers: Watchers::default(),
            usage,
        };
        Ledger { inner: Arc::new(Mutex::new(inner)), hot, durable: watch::Sender::new(last) }
    }

    pub(super) fn start(&self) -> Started {
        let mut inner = lock(&self.inner);
        let (at, epoch) = (inner.seq, inner.epoch);
        *inner.running.entry(at).or_insert(0) += 1;
        Started { ledger: self.inner.clone(), at, epoch }
    }

    /// A committed row that is in memory.
    pub(super) fn row(&self, key: &Key) -> Option<Row> {
        if let Some(row) = lock(&self.inner).recent.get(key) {
            return Some(row.clone());
        }
        self.hot.get(key)
    }

    /// Keeps a row that was read from the database, unless memory knows better; returns the one that counts.
    pub(super) fn keep(&self, key: &Key, stored: Row) -> Row {
        let inner = lock(&self.inner);
        if let Some(row) = inner.recent.get(key) {
            return row.clone();
        }
        self.hot.insert(key.clone(), stored.clone());
        stored
    }

    pub(super) fn scan_at(&self, bucket: Arc<Bucket>, prefix: String, after: Option<String>) -> ScanRead {
        let at = lock(&self.inner).seq;
        ScanRead { at, ..ScanRead::new(bucket, prefix, after) }
    }

    /// What memory holds of a range.
    pub(super) fn recent_in(&self, scan: &ScanRead) -> Vec<Change> {
        let inner = lock(&self.inner);
        let range = inner.recent.range(scan.first()..).take_while(|(key, _)| scan.covers(key));
        range.filter(|(key, _)| scan.wants(key)).map(|(key, row)| (key.clone(), row.clone())).collect()
    }

    /// Whether all that the unit has read is still so.
    pub(super) fn holds(&self, unit: &Unit) -> bool {
        lock(&self.inner).holds(unit)
    }

    /// What the unit has read, to be asked later whether it still is so; `None` when it is not so now.
    pub(super) fn standing(&self, unit: &Unit) -> Option<Standing> {
        let mut inner = lock(&self.inner);
        inner.holds(unit).then(|| inner.watchers.remember(unit)).flatten()
    }

    /// Waits until the commit `seq` is on the disk. Errors: it could not be written.
    pub(super) async fn settled(&self, seq: u64) -> Result<()> {
        let epoch = {
            let inner = lock(&self.inner);
            if inner.durable >= seq {
                return Ok(());
            }
            inner.epoch
        };
        let mut durable = self.durable.subscribe();
        loop {
            {
                let inner = lock(&self.inner);
                if inner.durable >= seq {
                    return Ok(());
                }
                if inner.epoch != epoch {
                    let detail = "The data that the answer rests on could not be stored; try again";
                    return Err(Error::new(Code::Database, detail).retry_after(1));
                }
            }
            if durable.changed().await.is_err() {
                return Err(Error::internal("the writer is gone"));
            }
        }
    }

    /// Checks a unit and gives it its place. From here on later units see its writes.
    pub(super) fn submit(
        &self,
        unit: &Unit,
        record: Record,
    ) -> Result<oneshot::Receiver<Result<(), Refusal>>, Refusal> {
        let mut inner = lock(&self.inner);
        if !inner.holds(unit) {
            return Err(Refusal::Conflict);
        }
        let seq = inner.seq + 1;
        let (changes, grown) = inner.changes(unit, seq)?;
        let space = (unit.owners.workspace.clone(), unit.owners.plugin.clone());
        let used = inner.usage.get(&space).copied().unwrap_or(0);
        let after = used.saturating_add_signed(grown);
        if grown > 0 && after > unit.limits.quota_bytes {
            return Err(Refusal::Quota);
        }
        inner.usage.insert(space, after);
        inner.seq = seq;
        for (key, row) in &changes {
            inner.watchers.change(key);
            inner.order.push_back((seq, key.clone()));
            inner.recent.insert(key.clone(), row.clone());
        }
        let (done, wait) = oneshot::channel();
        let Record { log, replay, events } = record;
        let record = Some((replay, events, unit.owners.thread.clone()));
        inner.queue.push(Pending { seq, changes, log, record, done: Some(done) });
        Ok(wait)
    }

    /// Plugins that keep data in a workspace.
    pub(super) fn plugins_in(&self, workspace: &str) -> Vec<Arc<str>> {
        let inner = lock(&self.inner);
        let here = inner.usage.keys().filter(|(space, _)| &**space == workspace);
        here.map(|(_, plugin)| plugin.clone()).collect()
    }

    /// Rows were swept away: their bytes are free again.
    pub(super) fn freed(&self, workspace: &str, plugin: &str, bytes: u64) {
        if let Some(used) = lock(&self.inner).usage.get_mut(&(workspace.into(), plugin.into())) {
            *used = used.saturating_sub(bytes);
        }
    }

    pub(super) fn note(&self, log: LogRow) {
        let mut inner = lock(&self.inner);
        inner.seq += 1;
        let seq = inner.seq;
        inner.queue.push(Pending { seq, changes: Vec::new(), log, record: None, done: None });
    }

    /// Up to `most` units, in their order.
    pub(super) fn next_group(&self, most: usize) -> Vec<Pending> {
        let mut inner = lock(&self.inner);
        let take = inner.queue.len().min(most);
        inner.queue.drain(..take).collect()
    }

    /// The group is on the disk: tells its callers, and lets memory forget what nobody needs.
    pub(super) fn written(&self, group: Vec<Pending>) {
        let Some(last) = group.last().map(|p| p.seq) else { return };
        {
            let mut inner = lock(&self.inner);
            inner.durable = last;
            inner.forget(&self.hot);
        }
        self.durable.send_replace(last);
        for done in group.into_iter().filter_map(|p| p.done) {
            // A caller that went away has its answer under its Idempotency-Key.
            let _gone = done.send(Ok(()));
        }
    }

    /// The group could not be written: none of it happened, nor anything that came after it.
    pub(super) fn failed(&self, group: Vec<Pending>, error: impl Fn() -> Error) {
        let followers = {
            let mut inner = lock(&self.inner);
            inner.epoch += 1;
            let durable = inner.durable;
            let undone: Vec<Key> =
                inner.recent.iter().filter(|(_, row)| row.version > durable).map(|(key, _)| key.clone()).collect();
            for key in undone {
                inner.recent.remove(&key);
                // If the disk failed only after the write, the cache must not contradict it.
                self.hot.invalidate(&key);
            }
            inner.order.retain(|(seq, _)| *seq <= durable);
            std::mem::take(&mut inner.queue)
        };
        self.durable.send_modify(|_| {});
        for done in group.into_iter().filter_map(|p| p.done) {
            let _gone = done.send(Err(Refusal::Failed(error())));
        }
        for done in followers.into_iter().filter_map(|p| p.done) {
            let _gone = done.send(Err(Refusal::Conflict));
        }
    }
}

impl Inner {
    fn holds(&self, unit: &Unit) -> bool {
        let keys =
            || unit.reads.iter().all(|(key, seen)| self.recent.get(key).is_none_or(|row| row.version == seen.version));
        let ranges = || unit.scans.iter().all(|scan| self.unchanged(scan));
        unit.started.as_ref().is_some_and(|started| started.epoch == self.epoch) && keys() && ranges()
    }

    fn unchanged(&self, scan: &ScanRead) -> bool {
        let mut range = self.recent.range(scan.first()..).take_while(|(key, _)| scan.covers(key));
        range.all(|(key, row)| row.version <= scan.at || !scan.wants(key))
    }

    /// The rows that the unit's writes come to, and by how many bytes the data grows.
    fn changes(&self, unit: &Unit, seq: u64) -> Result<(Vec<Change>, i64), Refusal> {
        let mut changes = Vec::with_capacity(unit.writes.len());
        let mut grown = 0i64;
        for (key, write) in &unit.writes {
            // What the unit fetched is current unless it has been written since, and then it is in `recent`.
            let fetched = || unit.reads.get(key).or_else(|| unit.fetched.get(key));
            let old = self.recent.get(key).or_else(fetched).cloned().unwrap_or_default();
            let row = write.applied(key, &old, unit.now_ms, seq)?;
            let size = |row: &Row| row.value.as_ref().map_or(0, |v| (v.len() + key.bytes()) as i64);
            grown += size(&row) - size(&old);
            changes.push((key.clone(), row));
        }
        Ok((changes, grown))
    }

    /// Moves to the cache what is on the disk and older than every running unit.
    fn forget(&mut self, hot: &moka::sync::Cache<Key, Row>) {
        let oldest = self.running.keys().next().copied().unwrap_or(self.seq).min(self.durable);
        while let Some((seq, _)) = self.order.front()
            && *seq <= oldest
        {
            let Some((seq, key)) = self.order.pop_front() else { return };
            if self.recent.get(&key).is_some_and(|row| row.version == seq)
                && let Some(row) = self.recent.remove(&key)
            {
                hot.insert(key, row);
            }
        }
    }
}
