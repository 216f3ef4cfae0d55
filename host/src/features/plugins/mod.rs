//! Plugins: inspect, install, activate; the live table; queries.
mod host;
mod load;
mod logs;
mod manifest;
mod query;
mod stats;
mod store;
mod supervise;
mod table;
mod watch;

pub use host::{OutLimits, PluginHost};
pub use logs::{Level, Line, LogRules, Next, Tail, Wish};
pub use manifest::{Declared, Effect, Manifest};
pub use query::{breached, faulted, permitted, refused};
pub use stats::{Both, Figures, Spent, Times};
pub use supervise::Work;
pub use table::{Active, Grants, Named, Ran, Table};
pub use watch::{
    Barred, BreakerRules, BreakerState, BreakerView, Called, Interventions, LimitsView, OffenderRules, Pass,
    PluginStats, ProbationRules, VersionStats, Watch, WatchRules, Watched,
};

use crate::base::clock::Clock;
use crate::base::error::{Code, Error, Result};
use crate::base::ids::WorkspaceId;
use crate::features::state::{State, StateLimits};
use crate::platform::db::Db;
use crate::platform::wasm::{Entry, Sandbox};
use arc_swap::ArcSwap;
use serde::Serialize;
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::Duration;

/// A plugin in force, for lists and answers.
#[derive(Clone, Debug, Serialize)]
pub struct PluginInfo {
    pub name: String,
    pub id: String,
    pub version: String,
    pub title: String,
    pub description: String,
    /// "sha256:" and 64 hex digits.
    pub digest: String,
    /// Size of the component in bytes.
    pub bytes: u64,
    /// "active" or "failed".
    pub state: String,
    /// Why it is not active, in words.
    pub reason: Option<String>,
    pub actions: Vec<String>,
    pub queries: Vec<String>,
    pub widgets: Vec<String>,
    /// What it asks for: "state:visitor", "events:cart-updated" …
    pub permissions: Vec<String>,
    /// What it was granted.
    pub granted: Vec<String>,
    /// Whether it came with the binary.
    pub bundled: bool,
    pub activated_at_ms: u64,
    pub manifest: Value,
}

/// What an admin grants at upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Permissions {
    All,
    These(Vec<String>),
}

/// Limits of one plugin's calls: what it gets, and up to what it may ask for more.
#[derive(Clone, Copy, Debug)]
pub struct PluginLimits {
    pub cpu: Duration,
    pub cpu_ceiling: Duration,
    pub wall: Duration,
    pub wall_ceiling: Duration,
    /// Bytes.
    pub memory: usize,
    pub memory_ceiling: usize,
    pub output_bytes: usize,
    pub host_calls: u32,
    pub state: StateLimits,
    pub out: OutLimits,
    pub entry: Entry,
}

/// A component inside the binary.
pub type Bundled = &'static [(&'static str, &'static [u8])];

/// Checks the widgets that a plugin ships, which is the widgets' room's knowledge: file and plugin name in, slug out.
pub type CheckWidget = fn(&Value) -> Result<String>;

/// The room. Cheap to clone.
#[derive(Clone)]
pub struct Plugins(Arc<Inner>);

struct Inner {
    db: Db,
    state: State,
    sandbox: Sandbox,
    clock: Clock,
    limits: PluginLimits,
    workspace: WorkspaceId,
    bundled: Bundled,
    check_widget: CheckWidget,
    watch: Watch,
    table: ArcSwap<Table>,
    /// One change of the table at a time.
    changing: tokio::sync::Mutex<()>,
    /// The newest activation that the table shows.
    shown: AtomicI64,
}

/// What the room is made of.
pub struct Parts {
    pub db: Db,
    pub state: State,
    pub sandbox: Sandbox,
    pub clock: Clock,
    pub limits: PluginLimits,
    pub bundled: Bundled,
    pub check_widget: CheckWidget,
    pub watch: WatchRules,
}

impl Plugins {
    /// Loads what is in force. A plugin that cannot be loaded is listed as failed and keeps nobody else from starting.
    pub async fn open(parts: Parts) -> Result<Plugins> {
        let Parts { db, state, sandbox, clock, limits, bundled, check_widget, watch } = parts;
        let watch = Watch::new(watch, clock.clone());
        let plugins = Plugins(Arc::new(Inner {
            db,
            state,
            sandbox,
            clock,
            limits,
            workspace: WorkspaceId::first(),
            bundled,
            check_widget,
            watch,
            table: ArcSwap::from_pointee(Table::default()),
            changing: tokio::sync::Mutex::new(()),
            shown: AtomicI64::new(0),
        }));
        plugins.load_all().await?;
        Ok(plugins)
    }

    /// The table of this moment. A call that began on it finishes on it, whatever is swapped meanwhile.
    pub fn table(&self) -> Arc<Table> {
        self.0.table.load_full()
    }

    pub fn list(&self) -> Vec<PluginInfo> {
        let table = self.table();
        let active = table.plugins.values().map(|p| p.info.clone());
        let mut all: Vec<PluginInfo> = active.chain(table.failed.values().cloned()).collect();
        all.sort_by(|a, b| a.name.cmp(&b.name));
        all
    }

    /// Errors: `unknown_plugin`.
    pub fn get(&self, name: &str) -> Result<PluginInfo> {
        let table = self.table();
        let active = table.plugins.get(name).map(|p| p.info.clone());
        active
            .or_else(|| table.failed.get(name).cloned())
            .ok_or_else(|| Error::new(Code::UnknownPlugin, "There is no plugin of this name"))
    }
}
