//! The unit of work: reads with their versions, buffered writes, and nothing outside.
use super::ledger::{Bucket, Key, Row, ScanRead, Started};
use super::{Owners, State, StateLimits, store};
use crate::base::error::Result;
use crate::platform::wasm::{Failure, Scope};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Entries that one scan may give.
const SCAN_MAX: u32 = 1_000;

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

/// One unit of work. Dropping it leaves no trace.
pub struct Unit {
    pub(super) state: State,
    pub(super) started: Started,
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
    ops: u32,
    /// The first limit that it ran into; a unit past a limit is not committed, whatever its handler says.
    breach: Option<&'static str>,
}

impl Unit {
    pub(super) fn new(state: State, owners: Owners, now_ms: u64, limits: StateLimits) -> Unit {
        let started = state.0.ledger.start();
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

    pub fn has_thread(&self) -> bool {
        self.owners.thread.is_some()
    }

    pub async fn get(&mut self, scope: Scope, keys: Vec<String>) -> Result<Vec<Option<Arc<str>>>, Failure> {
        let mut found = Vec::with_capacity(keys.len());
        for key in keys {
            self.op()?;
            let key = self.key(scope, key)?;
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
            }
            Some(Write::Add(adds)) => adds.push(add),
            Some(write @ Write::Delete) => {
                let value = add.apply(0).ok_or_else(|| out_of_bounds(&key.key))?;
                *write = Write::Put { value: value.to_string().into(), expires_at: None };
            }
            Some(Write::Put { value, .. }) => {
                let sum = number(value)?;
                *value = add.apply(sum).ok_or_else(|| out_of_bounds(&key.key))?.to_string().into();
            }
        }
        Ok(())
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
    async fn scan_stored(
        &mut self,
        bucket: Arc<Bucket>,
        prefix: String,
        after: Option<String>,
        limit: usize,
    ) -> Result<(BTreeMap<String, Arc<str>>, ScanRead), Failure> {
        let scan = self.state.0.ledger.scan_at(bucket.clone(), prefix, after);
        let recent = self.state.0.ledger.recent_in(&scan);
        // As many more as could be hidden: removed in memory or by this unit.
        let hidden = recent.len() + self.writes.len();
        let rows = store::scan(&self.state.0.db, &scan, limit + hidden).await.map_err(|e| self.unavailable(e))?;
        let mut found: BTreeMap<String, Arc<str>> = BTreeMap::new();
        for (key, row) in rows {
            if let Some(value) = row.seen_at(self.now_ms) {
                found.insert(key, value);
            }
        }
        for (key, row) in recent {
            self.newest = self.newest.max(row.version);
            match row.seen_at(self.now_ms) {
                Some(value) => found.insert(key.key.to_string(), value),
                None => found.remove(&*key.key),
            };
        }
        Ok((found, scan))
    }

    /// A key's value as this unit sees it.
    async fn see(&mut self, key: Key) -> Result<Option<Arc<str>>, Failure> {
        match self.writes.get(&key) {
            Some(Write::Put { value, .. }) => return Ok(Some(value.clone())),
            Some(Write::Delete) => return Ok(None),
            Some(Write::Add(_)) | None => {}
        }
        let row = self.state.row(&key).await.map_err(|e| self.unavailable(e))?;
        self.newest = self.newest.max(row.version);
        let stored = row.seen_at(self.now_ms);
        self.reads.entry(key.clone()).or_insert(row);
        match self.writes.get(&key) {
            Some(write) => overlaid(write, stored),
            None => Ok(stored),
        }
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

    fn unavailable(&mut self, error: crate::base::error::Error) -> Failure {
        tracing::error!(?error, "plugin data cannot be read");
        self.breach.get_or_insert(UNAVAILABLE);
        Failure { retryable: true, ..Failure::new(UNAVAILABLE, "the data cannot be read at the moment") }
    }
}

/// The breach of a unit whose reads failed: the database's fault, not the plugin's.
pub const UNAVAILABLE: &str = "state.unavailable";

/// A stored value with one buffered write over it.
fn overlaid(write: &Write, stored: Option<Arc<str>>) -> Result<Option<Arc<str>>, Failure> {
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

fn out_of_bounds(key: &str) -> Failure {
    Failure::new("state.bound", format!("{key} would leave its bounds"))
}

impl State {
    /// A key's committed row: from memory, else from the database.
    pub(super) async fn row(&self, key: &Key) -> Result<Row> {
        if let Some(row) = self.0.ledger.row(key) {
            return Ok(row);
        }
        let stored = store::row(&self.0.db, key).await?;
        Ok(self.0.ledger.keep(key, stored))
    }
}
