//! What was granted against what calls really use of it: counted in memory, added to the database now and then.
use super::Plugins;
use super::standing::shown_digest;
use super::store;
use super::table::Grants;
use crate::base::error::Result;
use crate::platform::wasm::Scope;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

/// Uses by the calls of one version in force, since they were written down last. Runs that were repeated count again.
pub struct Used {
    plugin: String,
    digest: String,
    visitor: AtomicU64,
    thread: AtomicU64,
    workspace: AtomicU64,
    topics: BTreeMap<String, AtomicU64>,
}

impl Used {
    fn new(plugin: &str, digest: &str, grants: &Grants) -> Used {
        let zero = || AtomicU64::new(0);
        let topics = grants.topics.iter().map(|topic| (topic.clone(), zero())).collect();
        let (plugin, digest) = (plugin.to_owned(), digest.to_owned());
        Used { plugin, digest, visitor: zero(), thread: zero(), workspace: zero(), topics }
    }

    pub(super) fn scope(&self, scope: Scope) {
        let count = match scope {
            Scope::Visitor => &self.visitor,
            Scope::Thread => &self.thread,
            Scope::Workspace => &self.workspace,
        };
        count.fetch_add(1, Relaxed);
    }

    pub(super) fn topic(&self, topic: &str) {
        if let Some(count) = self.topics.get(topic) {
            count.fetch_add(1, Relaxed);
        }
    }

    fn counts(&self) -> impl Iterator<Item = (String, &AtomicU64)> {
        let scopes = [("visitor", &self.visitor), ("thread", &self.thread), ("workspace", &self.workspace)];
        let scopes = scopes.into_iter().map(|(scope, count)| (format!("state:{scope}"), count));
        scopes.chain(self.topics.iter().map(|(topic, count)| (format!("events:{topic}"), count)))
    }
}

/// The counts of all versions that may still have calls under way.
#[derive(Default)]
pub(super) struct Ledger(Mutex<Vec<Arc<Used>>>);

impl Ledger {
    pub(super) fn open(&self, plugin: &str, digest: &str, grants: &Grants) -> Arc<Used> {
        let used = Arc::new(Used::new(plugin, digest, grants));
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(used.clone());
        used
    }

    fn all(&self) -> Vec<Arc<Used>> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let counted = |used: &Arc<Used>| used.counts().any(|(_, count)| count.load(Relaxed) > 0);
        all.retain(|used| Arc::strong_count(used) > 1 || counted(used));
        all.clone()
    }
}

/// One permission, and what is made of it.
#[derive(Clone, Debug, Serialize)]
pub struct PermissionInfo {
    pub permission: String,
    /// Whether this version asks for it.
    pub asked: bool,
    pub granted: bool,
    /// The author's reason.
    pub reason: Option<String>,
    /// Uses by this version: scopes opened, events published.
    pub uses: u64,
    /// Uses by all versions.
    pub uses_in_all: u64,
    pub last_used_at_ms: Option<u64>,
}

/// What a plugin asks for, what it was granted, and what of that it has used.
#[derive(Clone, Debug, Serialize)]
pub struct PermissionsInfo {
    pub version: String,
    pub digest: String,
    pub state: String,
    /// Since when its uses are counted.
    pub since_ms: Option<u64>,
    pub permissions: Vec<PermissionInfo>,
    pub missing: Vec<String>,
    pub no_longer_asked: Vec<String>,
    /// Granted, and not used by this version so far.
    pub unused: Vec<String>,
}

impl Plugins {
    /// Errors: `unknown_plugin`.
    pub async fn permissions(&self, name: &str) -> Result<PermissionsInfo> {
        let info = self.about(name).await?;
        self.write_used().await?;
        let grants = store::grants(&self.0.db, self.workspace(), name).await?;
        let rows = store::used(&self.0.db, self.workspace(), name).await?;
        let all = info.permissions.iter().chain(&grants).collect::<std::collections::BTreeSet<_>>();
        let permission = |word: &String| {
            let mine = || rows.iter().filter(|row| row.permission == *word);
            let version = mine().filter(|row| shown_digest(&row.digest) == info.digest);
            PermissionInfo {
                permission: word.clone(),
                asked: info.permissions.contains(word),
                granted: grants.contains(word),
                reason: info.reasons.get(word).cloned(),
                uses: version.map(|row| row.uses).sum(),
                uses_in_all: mine().map(|row| row.uses).sum(),
                last_used_at_ms: mine().map(|row| row.last_at_ms).max(),
            }
        };
        let permissions: Vec<PermissionInfo> = all.into_iter().map(permission).collect();
        let unused = permissions.iter().filter(|one| one.granted && one.uses == 0);
        Ok(PermissionsInfo {
            unused: unused.map(|one| one.permission.clone()).collect(),
            version: info.version,
            digest: info.digest,
            state: info.state,
            since_ms: info.activated_at_ms,
            permissions,
            missing: info.missing,
            no_longer_asked: info.no_longer_asked,
        })
    }

    /// Adds what was counted to the database. What cannot be written is counted on.
    pub async fn write_used(&self) -> Result<()> {
        let all = self.0.used.all();
        let mut taken = Vec::new();
        for used in &all {
            let counts = used.counts().map(|(permission, count)| (permission, count.swap(0, Relaxed)));
            let row = |(permission, n)| (used.plugin.clone(), used.digest.clone(), permission, n);
            taken.extend(counts.filter(|(_, n)| *n > 0).map(row));
        }
        if taken.is_empty() {
            return Ok(());
        }
        let written = store::add_used(&self.0.db, self.workspace(), self.0.clock.now_ms(), &taken).await;
        if written.is_err() {
            for (plugin, digest, permission, n) in taken {
                let back = all.iter().filter(|used| used.plugin == plugin && used.digest == digest);
                let back = back.flat_map(|used| used.counts()).find(|(word, _)| *word == permission);
                if let Some((_, count)) = back {
                    count.fetch_add(n, Relaxed);
                }
            }
        }
        written
    }
}
