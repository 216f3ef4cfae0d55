//! Plugins: upload, activate, roll back; what each was granted and how it is configured; the live table; queries.
mod answers;
mod audited;
mod change;
mod config;
mod follow;
mod history;
mod host;
mod load;
mod logs;
mod manifest;
mod permissions;
mod personal;
mod query;
mod secrets;
mod selftest;
mod standing;
mod stats;
mod store;
mod supervise;
mod table;
mod upload;
mod used;
mod watch;
mod widening;

pub use answers::Data;
pub use change::Activate;
pub use config::ConfigInfo;
pub use host::{OutLimits, PluginHost};
pub use logs::{Level, Line, LogRules, Next, Tail, Wish};
pub use manifest::{Declared, Effect, Manifest};
pub use permissions::Permissions;
pub use personal::{Hooked, Personal};
pub use query::{breached, faulted, permitted, refused};
pub use secrets::SecretInfo;
pub use standing::{PluginInfo, Rejected, Step, VersionInfo, Versions};
pub use stats::{Both, Figures, Spent, Times};
pub use supervise::{Work, is_down};
pub use table::{Active, Grants, Named, Ran, Table};
pub use upload::Upload;
pub use used::{PermissionInfo, PermissionsInfo};
pub use watch::{
    Barred, BreakerRules, BreakerState, BreakerView, Called, Interventions, LimitsView, OffenderRules, Pass,
    PluginStats, ProbationRules, VersionStats, Watch, WatchRules, Watched,
};

use crate::base::clock::Clock;
use crate::base::error::{Code, Error, Result};
use crate::base::ids::WorkspaceId;
use crate::base::seal::SealKey;
use crate::features::audit::Audit;
use crate::features::state::{State, StateLimits};
use crate::platform::db::Db;
use crate::platform::wasm::{Entry, Sandbox};
use answers::Answers;
use arc_swap::ArcSwap;
use load::Shelf;
use serde_json::Value;
use std::collections::VecDeque;
use std::sync::atomic::AtomicI64;
use std::sync::{Arc, Mutex};
use std::time::Duration;

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

/// Checks that a widget file can be shown in place of an action of this name that failed.
pub type CheckFallback = fn(&Value, &str) -> Result<()>;

/// The room. Cheap to clone.
#[derive(Clone)]
pub struct Plugins(Arc<Inner>);

struct Inner {
    db: Db,
    audit: Audit,
    state: State,
    sandbox: Sandbox,
    clock: Clock,
    limits: PluginLimits,
    workspace: WorkspaceId,
    bundled: Bundled,
    check_widget: CheckWidget,
    check_fallback: CheckFallback,
    watch: Watch,
    table: ArcSwap<Table>,
    /// Of shared queries.
    answers: Answers,
    /// One change of the table at a time.
    changing: tokio::sync::Mutex<()>,
    /// The newest activation that the table shows.
    shown: AtomicI64,
    /// The compiled code of versions that left force a short while ago.
    shelf: Shelf,
    used: used::Ledger,
    seal: SealKey,
    /// Uploads that were refused, the latest last. Nothing of them is stored.
    rejected: Mutex<VecDeque<Rejected>>,
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
    pub check_fallback: CheckFallback,
    pub watch: WatchRules,
    /// Seals secrets at rest.
    pub seal: SealKey,
}

impl Plugins {
    /// Loads what is in force. A plugin that cannot be loaded is listed as failed and keeps nobody else from starting.
    pub async fn open(parts: Parts) -> Result<Plugins> {
        let Parts { db, state, sandbox, clock, limits, bundled, check_widget, check_fallback, watch, seal } = parts;
        let watch = Watch::new(watch, clock.clone());
        let audit = Audit::new(db.clone(), clock.clone());
        let plugins = Plugins(Arc::new(Inner {
            db,
            audit,
            state,
            sandbox,
            clock,
            limits,
            workspace: WorkspaceId::first(),
            bundled,
            check_widget,
            check_fallback,
            watch,
            table: ArcSwap::from_pointee(Table::default()),
            answers: Answers::new(),
            changing: tokio::sync::Mutex::new(()),
            shown: AtomicI64::new(0),
            shelf: Shelf::default(),
            used: used::Ledger::default(),
            seal,
            rejected: Mutex::default(),
        }));
        plugins.start().await?;
        Ok(plugins)
    }

    /// The table of this moment. A call that began on it finishes on it, whatever is swapped meanwhile.
    pub fn table(&self) -> Arc<Table> {
        self.0.table.load_full()
    }

    /// What is in force, and what should be and cannot be loaded.
    pub fn list(&self) -> Vec<PluginInfo> {
        let table = self.table();
        let active = table.plugins.values().filter(|p| !table.failed.contains_key(&*p.name)).map(|p| p.info.clone());
        let mut all: Vec<PluginInfo> = active.chain(table.failed.values().cloned()).collect();
        all.sort_by(|a, b| a.name.cmp(&b.name));
        all
    }

    /// What is in force, or should be, under this name. Errors: `unknown_plugin`.
    pub fn get(&self, name: &str) -> Result<PluginInfo> {
        let table = self.table();
        let found = table.failed.get(name).or_else(|| table.plugins.get(name).map(|active| &active.info)).cloned();
        found.ok_or_else(|| Error::new(Code::UnknownPlugin, "There is no plugin of this name in force"))
    }

    fn workspace(&self) -> &str {
        self.0.workspace.as_str()
    }
}
