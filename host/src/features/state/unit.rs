//! The unit of work: reads with their versions, buffered writes, and nothing outside.
use super::ledger::{Bucket, Key, Ledger, Row, ScanRead, Seen, Started};
use super::{Order, Owners, Refusal, State, StateLimits, store};
use crate::base::error::Result;
use crate::platform::db::unreachable;
use crate::platform::wasm::{Failure, Scope};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

/// How long a handler waits for one read: less than a call may take by default.
const READ: Duration = Duration::from_millis(1_600);
/// Entries that one scan may give.
pub(super) const SCAN_MAX: u32 = 1_000;

/// A buffered write.
#[derive(Clone, Debug)]
pub(super) enum Write {
    Put {
        value: Arc<str>,
        expires_at: Option<u64>,
    },
    Delete,
    /// Applied at commit to whatever is there then.
    Add(Vec<Add>),
}

impl Write {
    /// An `add` after this write. Errors: `state.bound`, `state.not-a-number`, where the sum is known already.
    pub(super) fn then(&mut self, add: Add, key: &str) -> Result<(), Failure> {
        match self {
            Write::Add(adds) => adds.push(add),
            Write::Delete => {
                let value = add.apply(0).ok_or_else(|| out_of_bounds(key))?;
                *self = Write::Put { value: value.to_string().into(), expires_at: None };
            }
            Write::Put { value, .. } => {
                let sum = number(value)?;
                *value = add.apply(sum).ok_or_else(|| out_of_bounds(key))?.to_string().into();
            }
        }
        Ok(())
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Add {
    pub(super) delta: i64,
    pub(super) min: Option<i64>,
    pub(super) max: Option<i64>,
}

impl Add {
    /// The new sum, or `None` when it leaves the bounds.
    pub(super) fn apply(&self, to: i64) -> Option<i64> {
        let sum = to.checked_add(self.delta)?;
        let fits = self.min.is_none_or(|min| sum >= min) && self.max.is_none_or(|max| sum <= max);
        fits.then_some(sum)
    }
}

impl Write {
    /// The row that it makes of another, at its place in the sequence.
    pub(super) fn applied(&self, key: &Key, old: &Row, now_ms: u64, seq: u64) -> Result<Row, Refusal> {
        Ok(match self {
            Write::Put { value, expires_at } => {
                Row { version: seq, value: Some(value.clone()), expires_at: *expires_at }
            }
            Write::Delete => Row { version: seq, value: None, expires_at: None },
            Write::Add(adds) => {
                let refused = || Refusal::Bound { key: key.key.to_string() };
                let stored = old.seen_at(now_ms);
                let mut sum = stored.as_deref().map_or(Ok(0), number).map_err(|_| refused())?;
                for add in adds {
                    sum = add.apply(sum).ok_or_else(refused)?;
                }
                let expires_at = stored.and(old.expires_at);
                Row { version: seq, value: Some(sum.to_string().into()), expires_at }
            }
        })
    }
}

/// One unit of work. Dropping it leaves no trace.
pub struct Unit {
    pub(super) state: State,
    /// On a database of our own, where memory knows what changes meanwhile.
    pub(super) started: Option<Started>,
    pub(super) owners: Owners,
    pub(super) now_ms: u64,
    pub(super) limits: StateLimits,
    /// What it has seen; version 0 for a key that was not there. Nobody may change it before the commit.
    pub(super) reads: HashMap<Key, Row>,
    /// Rows that it writes without having looked.
    pub(super) fetched: HashMap<Key, Row>,
    pub(super) scans: Vec<ScanRead>,
    pub(super) writes: BTreeMap<Key, Write>,
    buckets: [Option<Arc<Bucket>>; 3],
    newest: u64,
    /// How often it has looked into a database that others write to; what one look saw was there at one moment.
    looks: u32,
    /// When the first of the rows that it has seen expires.
    expiry: Option<u64>,
    ops: u32,
    /// The first limit that it ran into; a unit past a limit is not committed, whatever its handler says.
    breach: Option<&'static str>,
}

impl Unit {
    pub(super) fn new(state: State, owners: Owners, now_ms: u64, limits: StateLimits) -> Unit {
        let started = state.0.order.alone().map(Ledger::start);
        Unit {
            state,
            started,
            owners,
            now_ms,
            limits,
            reads: HashMap::new(),
            fetched: HashMap::new(),
            scans: Vec::new(),
            writes: BTreeMap::new(),
            buckets: [None, None, None],
            newest: 0,
            looks: 0,
            expiry: None,
            ops: 0,
            breach: None,
        }
    }

    pub fn owners(&self) -> &Owners {
        &self.owners
    }

    pub fn now_ms(&self) -> u64 {
        self.now_ms
    }

    pub fn wrote(&self) -> bool {
        !self.writes.is_empty()
    }

    pub fn breach(&self) -> Option<&'static str> {
        self.breach
    }

    /// The newest commit that it has read from.
    pub(super) fn newest_read(&self) -> u64 {
        self.newest
    }

    /// When, in ms since the epoch, the first row that it has seen is gone.
    pub(super) fn expiry(&self) -> Option<u64> {
        self.expiry
    }

    pub fn has_thread(&self) -> bool {
        self.owners.thread.is_some()
    }

    pub async fn get(&mut self, scope: Scope, keys: Vec<String>) -> Result<Vec<Option<Arc<str>>>, Failure> {
        let mut wanted = Vec::with_capacity(keys.len());
        for key in keys {
            self.op()?;
            wanted.push(self.key(scope, key)?);
        }
        if let Order::Shared(_) = self.state.0.order {
            self.look(&wanted).await.map_err(|e| self.unavailable(e))?;
        }
        let mut found = Vec::with_capacity(wanted.len());
        for key in wanted {
            found.push(self.see(key).await?);
        }
        Ok(found)
    }

    pub fn put(&mut self, scope: Scope, key: String, value: String, ttl_s: Option<u64>) -> Result<(), Failure> {
        self.op()?;
        let key = self.key(scope, key)?;
        if value.len() > self.limits.value_bytes {
            let text = format!("a value has {} bytes; at most {} are kept", value.len(), self.limits.value_bytes);
            return Err(self.breached("limit.state-value", text));
        }
        if serde_json::from_str::<serde::de::IgnoredAny>(&value).is_err() {
            return Err(Failure::new("state.value", "a value must be JSON"));
        }
        let expires_at = ttl_s.map(|s| self.now_ms.saturating_add(s.saturating_mul(1000)).min(i64::MAX as u64));
        self.writes.insert(key, Write::Put { value: value.into(), expires_at });
        Ok(())
    }

    pub fn delete(&mut self, scope: Scope, key: String) -> Result<(), Failure> {
        self.op()?;
        let key = self.key(scope, key)?;
        self.writes.insert(key, Write::Delete);
        Ok(())
    }

    pub fn add(
        &mut self,
        scope: Scope,
        key: String,
        delta: i64,
        min: Option<i64>,
        max: Option<i64>,
    ) -> Result<(), Failure> {
        self.op()?;
        let key = self.key(scope, key)?;
        let add = Add { delta, min, max };
        match self.writes.get_mut(&key) {
            None => {
                self.writes.insert(key, Write::Add(vec![add]));
                Ok(())
            }
            Some(write) => write.then(add, &key.key),
        }
    }

    pub async fn scan(
        &mut self,
        scope: Scope,
        prefix: String,
        after: Option<String>,
        limit: u32,
    ) -> Result<Vec<(String, Arc<str>)>, Failure> {
        self.op()?;
        let limit = limit.clamp(1, SCAN_MAX) as usize;
        // No key has control characters; Postgres cannot even be asked for this one.
        if prefix.contains('\0') {
            return Ok(Vec::new());
        }
        let after = after.map(|after| after.split('\0').next().unwrap_or_default().to_owned());
        let bucket = self.bucket(scope)?;
        let (mut found, scan) = self.scan_stored(bucket, prefix, after, limit).await?;
        for (key, write) in self.writes.range(scan.first()..) {
            if !scan.covers(key) {
                break;
            }
            if !scan.wants(key) {
                continue;
            }
            let before = found.get(&*key.key).cloned();
            match overlaid(write, before)? {
                Some(value) => found.insert(key.key.to_string(), value),
                None => found.remove(&*key.key),
            };
        }
        self.scans.push(scan);
        Ok(found.into_iter().take(limit).collect())
    }

    /// Stored entries of the range with what is committed in memory laid over them.
    pub(super) async fn scan_stored(
        &mut self,
        bucket: Arc<Bucket>,
        prefix: String,
        after: Option<String>,
        limit: usize,
    ) -> Result<(BTreeMap<String, Arc<str>>, ScanRead), Failure> {
        let (mut scan, recent) = match self.state.0.order.alone() {
            Some(ledger) => {
                let scan = ledger.scan_at(bucket, prefix, after);
                let recent = ledger.recent_in(&scan);
                (scan, recent)
            }
            None => (ScanRead::new(bucket, prefix, after), Vec::new()),
        };
        // As many more as could be hidden: removed in memory or by this unit.
        let most = limit + recent.len() + self.writes.len();
        let rows =
            soon(store::scan(&self.state.0.db, &scan, self.now_ms, most)).await.map_err(|e| self.unavailable(e))?;
        self.looks += 1;
        scan.seen = Seen {
            entries: rows.len() as u64,
            newest: rows.iter().map(|(_, row)| row.version).max().unwrap_or(0),
            until: rows.last().filter(|_| rows.len() == most).map(|(key, _)| key.clone()),
        };
        let mut found: BTreeMap<String, Arc<str>> = BTreeMap::new();
        for (key, row) in rows {
            if let Some(value) = self.value_of(&row) {
                found.insert(key, value);
            }
        }
        for (key, row) in recent {
            match self.value_of(&row) {
                Some(value) => found.insert(key.key.to_string(), value),
                None => found.remove(&*key.key),
            };
        }
        Ok((found, scan))
    }

    /// A key's value as this unit sees it.
    pub(super) async fn see(&mut self, key: Key) -> Result<Option<Arc<str>>, Failure> {
        match self.writes.get(&key) {
            Some(Write::Put { value, .. }) => return Ok(Some(value.clone())),
            Some(Write::Delete) => return Ok(None),
            Some(Write::Add(_)) | None => {}
        }
        let row = match self.reads.get(&key) {
            Some(row) => row.clone(),
            None => self.state.row(&key).await.map_err(|e| self.unavailable(e))?,
        };
        let stored = self.value_of(&row);
        self.reads.entry(key.clone()).or_insert(row);
        match self.writes.get(&key) {
            Some(write) => overlaid(write, stored),
            None => Ok(stored),
        }
    }

    /// Reads from a database that others write to: every key once, so that the unit's view of it stays.
    pub(super) async fn look(&mut self, keys: &[Key]) -> Result<()> {
        let blind = |key: &Key| matches!(self.writes.get(key), Some(Write::Put { .. } | Write::Delete));
        let wanted: BTreeSet<&Key> = keys.iter().filter(|key| !self.reads.contains_key(key) && !blind(key)).collect();
        if wanted.is_empty() {
            return Ok(());
        }
        let wanted: Vec<&Key> = wanted.into_iter().collect();
        let mut found = soon(store::rows(&self.state.0.db, &wanted)).await?;
        self.looks += 1;
        for key in wanted {
            let row = found.remove(key).unwrap_or_default().row;
            self.reads.insert(key.clone(), row);
        }
        Ok(())
    }

    /// Whether others may write to its database too.
    pub(super) fn is_shared(&self) -> bool {
        self.started.is_none()
    }

    /// Whether what it has read may come from different moments.
    pub(super) fn looked_twice(&self) -> bool {
        self.looks > 1
    }

    /// A row's value at the unit's moment.
    fn value_of(&mut self, row: &Row) -> Option<Arc<str>> {
        self.newest = self.newest.max(row.version);
        let value = row.seen_at(self.now_ms)?;
        self.expiry = [self.expiry, row.expires_at].into_iter().flatten().min();
        Some(value)
    }

    /// Fetches what will be written but was not read, so that the check at commit needs no database.
    pub(super) async fn prefetch(&mut self) -> Result<()> {
        for key in self.writes.keys().filter(|key| !self.reads.contains_key(key)) {
            let row = self.state.row(key).await?;
            self.fetched.insert(key.clone(), row);
        }
        Ok(())
    }

    fn bucket(&mut self, scope: Scope) -> Result<Arc<Bucket>, Failure> {
        let (slot, word, owner) = match scope {
            Scope::Visitor => (0, "visitor", Some(self.owners.visitor.clone())),
            Scope::Thread => (1, "thread", self.owners.thread.clone()),
            Scope::Workspace => (2, "workspace", Some(self.owners.workspace.clone())),
        };
        let Some(owner) = owner else {
            return Err(Failure::new("state.no-thread", "this call is not part of a conversation"));
        };
        let slot = self.buckets.get_mut(slot).ok_or_else(|| Failure::new("state.scope", "no such scope"))?;
        let (workspace, plugin) = (self.owners.workspace.clone(), self.owners.plugin.clone());
        Ok(slot.get_or_insert_with(|| Arc::new(Bucket { workspace, plugin, scope: word, owner })).clone())
    }

    fn key(&mut self, scope: Scope, key: String) -> Result<Key, Failure> {
        let max = self.limits.key_bytes;
        if key.is_empty() || key.len() > max || key.chars().any(char::is_control) {
            return Err(Failure::new("state.key", format!("a key has 1 to {max} bytes and no control characters")));
        }
        Ok(Key { bucket: self.bucket(scope)?, key: key.into() })
    }

    fn op(&mut self) -> Result<(), Failure> {
        self.ops += 1;
        if self.ops > self.limits.ops {
            let text = format!("one call may use the state {} times", self.limits.ops);
            return Err(self.breached("limit.state-ops", text));
        }
        Ok(())
    }

    fn breached(&mut self, word: &'static str, message: String) -> Failure {
        self.breach.get_or_insert(word);
        Failure::new(word, message)
    }

    pub(super) fn unavailable(&mut self, error: crate::base::error::Error) -> Failure {
        tracing::error!(?error, "plugin data cannot be read");
        self.breach.get_or_insert(UNAVAILABLE);
        Failure { retryable: true, ..Failure::new(UNAVAILABLE, "the data cannot be read at the moment") }
    }
}

/// A read ends before the call that waits for it runs out of time: the database is to blame, and not the plugin.
async fn soon<T>(read: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::time::timeout(READ, read).await.unwrap_or_else(|_| Err(unreachable()))
}

/// The breach of a unit whose reads failed: the database's fault, not the plugin's.
pub const UNAVAILABLE: &str = "state.unavailable";

/// A stored value with one buffered write over it.
pub(super) fn overlaid(write: &Write, stored: Option<Arc<str>>) -> Result<Option<Arc<str>>, Failure> {
    match write {
        Write::Put { value, .. } => Ok(Some(value.clone())),
        Write::Delete => Ok(None),
        Write::Add(adds) => {
            let mut sum = stored.as_deref().map_or(Ok(0), number)?;
            for add in adds {
                sum = sum.saturating_add(add.delta);
            }
            Ok(Some(sum.to_string().into()))
        }
    }
}

pub(super) fn number(value: &str) -> Result<i64, Failure> {
    value.trim().parse().map_err(|_| Failure::new("state.not-a-number", "add works on whole numbers only"))
}

pub(super) fn out_of_bounds(key: &str) -> Failure {
    Failure::new("state.bound", format!("{key} would leave its bounds"))
}

impl State {
    /// A key's committed row: from memory, else from the database.
    pub(super) async fn row(&self, key: &Key) -> Result<Row> {
        let Some(ledger) = self.0.order.alone() else { return store::row(&self.0.db, key).await };
        if let Some(row) = ledger.row(key) {
            return Ok(row);
        }
        let stored = store::row(&self.0.db, key).await?;
        Ok(ledger.keep(key, stored))
    }
}
