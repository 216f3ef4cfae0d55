//! What happens to a visitor's own data beyond a call: it moves to another visitor when it is known who he is, it is shown
//! to him, and it is erased. All of it inside a unit of work, so that calls that run meanwhile see before or after.
use super::ledger::{Bucket, Key};
use super::unit::{Unit, Write};
use super::{State, store};
use crate::base::error::Result;
use crate::platform::wasm::Failure;
use std::sync::Arc;

/// Keys that are looked at together.
const PAGE: usize = 500;

/// A key that both visitors have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Both {
    pub key: String,
    /// JSON, of the visitor whose data moves.
    pub theirs: Arc<str>,
    /// JSON, of the visitor who takes it over.
    pub own: Arc<str>,
}

impl Unit {
    /// Takes over all that the visitor `from` has here: a key that the unit's own visitor does not have becomes his as it
    /// is, one that both have stays his and is given back. Nothing of `from` is left.
    pub async fn inherit(&mut self, from: &str) -> Result<Vec<Both>, Failure> {
        let theirs = self.bucket_of(from);
        let mine = self.bucket_of(&self.owners.visitor.clone());
        let mut both = Vec::new();
        for key in self.all_keys(&theirs).await? {
            let (old, new) = (Key { bucket: theirs.clone(), key: key.clone() }, Key { bucket: mine.clone(), key });
            if let Some(value) = self.value(&old).await? {
                match self.value(&new).await? {
                    Some(own) => both.push(Both { key: new.key.to_string(), theirs: value, own }),
                    None => {
                        let expires_at = self.reads.get(&old).and_then(|row| row.expires_at);
                        self.writes.insert(new, Write::Put { value, expires_at });
                    }
                }
            }
            self.writes.insert(old, Write::Delete);
        }
        Ok(both)
    }

    /// All that the unit's visitor has here, as JSON by key.
    pub async fn own(&mut self) -> Result<Vec<(String, Arc<str>)>, Failure> {
        let mine = self.bucket_of(&self.owners.visitor.clone());
        let mut all = Vec::new();
        for key in self.all_keys(&mine).await? {
            let key = Key { bucket: mine.clone(), key };
            if let Some(value) = self.value(&key).await? {
                all.push((key.key.to_string(), value));
            }
        }
        Ok(all)
    }

    /// Deletes all that the unit's visitor has here, with what the unit itself has written of his; how many keys.
    pub async fn clear(&mut self) -> Result<usize, Failure> {
        let mine = self.bucket_of(&self.owners.visitor.clone());
        let stored = self.all_keys(&mine).await?;
        let written: Vec<Arc<str>> =
            self.writes.keys().filter(|key| key.bucket == mine).map(|key| key.key.clone()).collect();
        let count = stored.len();
        for key in stored.into_iter().chain(written) {
            self.writes.insert(Key { bucket: mine.clone(), key }, Write::Delete);
        }
        Ok(count)
    }

    fn bucket_of(&self, visitor: &str) -> Arc<Bucket> {
        let (workspace, plugin) = (self.owners.workspace.clone(), self.owners.plugin.clone());
        Arc::new(Bucket { workspace, plugin, scope: "visitor", owner: visitor.into() })
    }

    /// Every key that is stored in a bucket; what this unit has written is not among them.
    async fn all_keys(&mut self, bucket: &Arc<Bucket>) -> Result<Vec<Arc<str>>, Failure> {
        let mut keys: Vec<Arc<str>> = Vec::new();
        loop {
            let after = keys.last().map(|key| key.to_string());
            let (found, scan) = self.scan_stored(bucket.clone(), String::new(), after, PAGE).await?;
            self.scans.push(scan);
            let full = found.len() >= PAGE;
            keys.extend(found.into_keys().take(PAGE).map(Arc::from));
            if !full {
                return Ok(keys);
            }
        }
    }

    /// What is stored, with its row in the read set.
    async fn value(&mut self, key: &Key) -> Result<Option<Arc<str>>, Failure> {
        if self.is_shared() {
            self.look(std::slice::from_ref(key)).await.map_err(|e| self.unavailable(e))?;
        }
        self.see(key.clone()).await
    }
}

impl State {
    /// Plugins that keep data in a workspace.
    pub async fn plugins_in(&self, workspace: &str) -> Result<Vec<Arc<str>>> {
        match self.0.order.alone() {
            Some(ledger) => Ok(ledger.plugins_in(workspace)),
            None => store::plugins_in(&self.0.db, workspace).await,
        }
    }

    /// Remembers that what the visitor `from` did is another's from now on. `false` where he has become somebody else
    /// before: one visitor becomes one person, and nobody else later.
    pub async fn join(&self, workspace: &str, from: &str, into: &str) -> Result<bool> {
        store::join(&self.0.db, workspace, from, into, self.0.clock.now_ms()).await
    }

    /// The visitors that have become this one.
    pub async fn joined(&self, workspace: &str, into: &str) -> Result<Vec<String>> {
        store::joined(&self.0.db, workspace, into).await
    }

    /// What is kept of some visitors beside plugins' data: rows of the action log, events, stored answers, as JSON.
    pub async fn traces(&self, workspace: &str, visitor: &str) -> Result<Traces> {
        store::traces(&self.0.db, workspace, visitor).await
    }

    /// Takes the visitor's name off the action log, and deletes his events, stored answers and joins. Returns the rows.
    pub async fn forget_traces(&self, workspace: &str, visitor: &str) -> Result<u64> {
        store::forget_traces(&self.0.db, workspace, visitor).await
    }
}

/// What is kept of a visitor beside plugins' data.
#[derive(Clone, Debug, Default, serde::Serialize)]
pub struct Traces {
    pub actions: Vec<ActionTrace>,
    pub events: Vec<EventTrace>,
    pub answers: Vec<AnswerTrace>,
}

impl Traces {
    pub fn is_empty(&self) -> bool {
        self.actions.is_empty() && self.events.is_empty() && self.answers.is_empty()
    }

    pub fn add(&mut self, other: Traces) {
        self.actions.extend(other.actions);
        self.events.extend(other.events);
        self.answers.extend(other.answers);
    }
}

#[derive(Clone, Debug, serde::Serialize)]
pub struct ActionTrace {
    pub id: String,
    pub at_ms: i64,
    pub plugin: String,
    pub action: String,
    pub outcome: String,
}

#[derive(Clone, Debug, serde::Serialize)]
pub struct EventTrace {
    pub at_ms: i64,
    pub plugin: String,
    pub topic: String,
    /// JSON.
    pub payload: String,
}

/// An answer that is kept for repeats of its request.
#[derive(Clone, Debug, serde::Serialize)]
pub struct AnswerTrace {
    pub at_ms: i64,
    pub key: String,
    /// JSON.
    pub answer: String,
}
