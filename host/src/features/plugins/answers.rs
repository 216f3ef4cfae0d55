//! Answers of shared queries, kept for exactly as long as the query would answer the same.
//!
//! A shared query is told neither who asks nor when: its answer follows from the version in force, the workspace, the input,
//! the language, the configuration, and the rows that it reads. The first four are the key, the configuration must be the
//! same one still, the rows are watched (`Standing`).
use super::table::Named;
use crate::base::ids::WorkspaceId;
use crate::base::secret::sha256;
use crate::features::identity::Caller;
use crate::features::state::Standing;
use bytes::Bytes;
use serde_json::Value;
use std::sync::{Arc, OnceLock};

/// Keys and answers that are kept, in bytes.
const CAPACITY: u64 = 8 << 20;

/// A query's answer: JSON. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Data(Arc<Text>);

#[derive(Debug)]
struct Text {
    json: Bytes,
    digest: OnceLock<[u8; 32]>,
}

impl Data {
    pub fn new(json: String) -> Data {
        Data(Arc::new(Text { json: json.into(), digest: OnceLock::new() }))
    }

    pub fn json(&self) -> Bytes {
        self.0.json.clone()
    }

    /// SHA-256 of the JSON text, worked out once.
    pub fn digest(&self) -> [u8; 32] {
        *self.0.digest.get_or_init(|| sha256(&self.0.json))
    }
}

/// What was asked, of which version.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Asked {
    version: u64,
    workspace: WorkspaceId,
    query: Box<str>,
    input: Box<str>,
    locale: Box<str>,
}

impl Asked {
    pub(super) fn new(named: &Named, input: &str, caller: &Caller) -> Asked {
        let (query, locale) = (named.name().into(), caller.locale.as_str().into());
        let workspace = caller.workspace.clone();
        Asked { version: named.plugin.serial, workspace, query, input: input.into(), locale }
    }

    fn bytes(&self) -> usize {
        self.workspace.as_str().len() + self.query.len() + self.input.len() + self.locale.len()
    }
}

/// An answer and what it rests on.
#[derive(Clone)]
struct Kept {
    data: Data,
    rows: Arc<Standing>,
    config: Arc<Value>,
}

pub(super) struct Answers(moka::sync::Cache<Asked, Kept>);

impl Answers {
    pub(super) fn new() -> Answers {
        let weight = |asked: &Asked, kept: &Kept| {
            u32::try_from(asked.bytes() + kept.data.0.json.len() + 400).unwrap_or(u32::MAX)
        };
        Answers(moka::sync::Cache::builder().max_capacity(CAPACITY).weigher(weight).build())
    }

    /// `config`: the one in force now.
    pub(super) fn get(&self, asked: &Asked, config: &Arc<Value>, now_ms: u64) -> Option<Data> {
        let kept = self.0.get(asked)?;
        let holds = Arc::ptr_eq(&kept.config, config) && kept.rows.holds(now_ms);
        holds.then_some(kept.data)
    }

    /// `config`: the one that the call has read.
    pub(super) fn keep(&self, asked: Asked, data: &Data, rows: Standing, config: Arc<Value>) {
        self.0.insert(asked, Kept { data: data.clone(), rows: Arc::new(rows), config });
    }
}
