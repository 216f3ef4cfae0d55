//! The live table: which plugin answers to which name, right now.
use super::PluginLimits;
use super::host::{OutLimits, PluginHost};
use super::logs::Source;
use super::manifest::{Asks, Declared, Effect, Manifest};
use super::standing::PluginInfo;
use super::used::Used;
use super::watch::{Called, LimitsView, Watched};
use crate::base::error::{Code, Error, Result};
use crate::features::identity::Caller;
use crate::features::state::{Owners, State, StateLimits, Unit};
use crate::platform::wasm::{Call, Compiled, Ended, FaultKind, Limits, Loaded, Reply, Usage};
use arc_swap::ArcSwap;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

/// What one plugin was granted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grants {
    pub visitor: bool,
    pub thread: bool,
    pub workspace: bool,
    pub topics: BTreeSet<String>,
}

impl Grants {
    pub fn of(permissions: &BTreeSet<String>) -> Grants {
        let has = |word: &str| permissions.contains(word);
        let topics = permissions.iter().filter_map(|p| p.strip_prefix("events:")).map(str::to_owned).collect();
        Grants { visitor: has("state:visitor"), thread: has("state:thread"), workspace: has("state:workspace"), topics }
    }

    pub fn any_state(&self) -> bool {
        self.visitor || self.thread || self.workspace
    }
}

/// A plugin version in force: compiled, linked, ready.
pub struct Active {
    /// Tells this one from every other that this process has linked, of the same version too: grants and configuration
    /// may differ.
    pub(super) serial: u64,
    pub info: PluginInfo,
    pub name: Arc<str>,
    pub version: Arc<str>,
    pub manifest: Arc<Manifest>,
    pub(super) grants: Arc<Grants>,
    pub(super) used: Arc<Used>,
    /// Swapped in place when the admin changes it: the next call reads the new one.
    pub(super) config: ArcSwap<serde_json::Value>,
    pub(super) compiled: Compiled,
    /// The row of the history that put it in force as it is.
    pub(super) activation: AtomicI64,
    pub(super) loaded: Loaded,
    pub(super) limits: PluginLimits,
    pub(super) watched: Arc<Watched>,
}

/// The next plugin's [`Active::serial`].
pub(super) fn serial() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// How one run of a handler ended, with all that it did and nothing of it stored.
pub struct Ran<T> {
    pub ended: Ended<T>,
    pub usage: Usage,
    /// Absent when the call never began.
    pub host: Option<PluginHost>,
}

impl PluginLimits {
    /// A call's own limits: what the manifest asks for, under the host's ceilings.
    pub(super) fn of_call(&self, asks: &Asks) -> Limits {
        Limits {
            cpu: asks.cpu.unwrap_or(self.cpu).min(self.cpu_ceiling),
            wall: asks.wall.unwrap_or(self.wall).min(self.wall_ceiling),
            memory: asks.memory.unwrap_or(self.memory).min(self.memory_ceiling),
            output: self.output_bytes,
            host_calls: self.host_calls,
        }
    }
}

impl Active {
    fn limits(&self) -> Limits {
        self.limits.of_call(&self.manifest.asks)
    }

    fn unit(&self, state: &State, caller: &Caller, thread: Option<&str>, now_ms: u64) -> Unit {
        let owners = Owners {
            workspace: caller.workspace.as_str().into(),
            plugin: self.name.clone(),
            visitor: caller.visitor.as_str().into(),
            thread: thread.map(Arc::from),
        };
        state.begin(owners, now_ms, self.limits.state)
    }

    fn host(&self, unit: Unit, read_only: bool) -> PluginHost {
        let out: OutLimits = self.limits.out;
        let (grants, used, config) = (self.grants.clone(), self.used.clone(), self.config.load_full());
        PluginHost::new(unit, self.name.clone(), grants, used, config, out, read_only)
    }

    /// Puts what the call has logged into the plugin's log.
    fn heard(&self, call: &Call, now_ms: u64, mut host: Option<PluginHost>) -> Option<PluginHost> {
        let said = host.as_mut().map(PluginHost::said).unwrap_or_default();
        let (action, attempt, version) = (call.name.as_str(), call.attempt, &self.version);
        self.watched.logs.write(now_ms, &Source { action, call: &call.id, attempt, version }, said);
        host
    }

    pub(super) fn limits_view(&self) -> LimitsView {
        let Limits { cpu, wall, memory, output, host_calls } = self.limits();
        let ms = |time: std::time::Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        LimitsView {
            cpu_ms: ms(cpu),
            wall_ms: ms(wall),
            memory_bytes: memory,
            output_bytes: output,
            host_calls,
            concurrency: self.limits.entry.concurrency,
            queue: self.limits.entry.queue,
        }
    }

    /// The supervision of this version.
    pub fn watched(&self) -> &Watched {
        &self.watched
    }

    /// Runs an action's handler once, on the state of this moment.
    pub async fn handle(&self, state: &State, caller: &Caller, action: &Declared, call: &Call) -> Ran<Reply> {
        let unit = self.unit(state, caller, call.thread.as_deref(), call.now_ms);
        self.handle_on(unit, action.effect == Effect::Read, call).await
    }

    pub(super) async fn handle_on(&self, unit: Unit, read_only: bool, call: &Call) -> Ran<Reply> {
        let host = self.host(unit, read_only);
        let (ended, usage, host) = self.loaded.handle(call, host, &self.limits()).await;
        Ran { ended, usage, host: self.heard(call, call.now_ms, host) }
    }

    /// Runs a query once, on the state of `now_ms`. A shared one reaches nothing that is a caller's own.
    pub async fn load(&self, state: &State, caller: &Caller, shared: bool, call: &Call, now_ms: u64) -> Ran<String> {
        let unit = self.unit(state, caller, call.thread.as_deref(), now_ms);
        let mut host = self.host(unit, true);
        if shared {
            host.share();
        }
        let (ended, usage, host) = self.loaded.load(call, host, &self.limits()).await;
        Ran { ended, usage, host: self.heard(call, now_ms, host) }
    }
}

impl Active {
    /// Runs a query on a unit that the host has begun.
    pub(super) async fn load_on(&self, unit: Unit, call: &Call) -> Ran<String> {
        let host = self.host(unit, true);
        let (ended, usage, host) = self.loaded.load(call, host, &self.limits()).await;
        Ran { ended, usage, host: self.heard(call, call.now_ms, host) }
    }

    /// Limits of a unit of this plugin.
    pub fn state_limits(&self) -> StateLimits {
        self.limits.state
    }
}

impl<T> Ran<T> {
    /// Whether it ran out of time while the database was at work for it.
    pub fn waited(&self) -> bool {
        let slow = self.ended.as_ref().is_err_and(|fault| fault.kind == FaultKind::Wall);
        slow && self.host.as_ref().is_some_and(PluginHost::waits)
    }
}

/// A name that leads to a plugin.
#[derive(Clone)]
pub struct Named {
    pub plugin: Arc<Active>,
    index: usize,
    query: bool,
}

impl Named {
    /// The declaration behind the name.
    pub fn declared(&self) -> Option<&Declared> {
        let all = if self.query { &self.plugin.manifest.queries } else { &self.plugin.manifest.actions };
        all.get(self.index)
    }

    /// As declared.
    pub fn name(&self) -> &str {
        self.declared().map_or("", |declared| &declared.name)
    }

    pub fn is_query(&self) -> bool {
        self.query
    }

    /// A call by this name, for supervision.
    pub fn called<'a>(&self, name: &'a str, input: &'a str) -> Called<'a> {
        Called { query: self.query, index: self.index, name, input }
    }
}

/// All plugins in force, by every name they answer to.
#[derive(Default)]
pub struct Table {
    pub plugins: BTreeMap<String, Arc<Active>>,
    /// Plugins that could not be loaded.
    pub failed: BTreeMap<String, PluginInfo>,
    actions: HashMap<String, Named>,
    queries: HashMap<String, Named>,
}

impl Table {
    pub fn action(&self, name: &str) -> Option<&Named> {
        self.actions.get(name)
    }

    pub fn query(&self, name: &str) -> Option<&Named> {
        self.queries.get(name)
    }

    /// The table with this plugin in it, in place of an older version. Errors: `name_taken`.
    pub fn with(&self, active: Arc<Active>) -> Result<Table> {
        let mut plugins = self.plugins.clone();
        let mut failed = self.failed.clone();
        failed.remove(&*active.name);
        plugins.insert(active.name.to_string(), active);
        Table::of(plugins, failed)
    }

    /// The table without this plugin.
    pub fn without(&self, name: &str) -> Table {
        let (mut plugins, mut failed) = (self.plugins.clone(), self.failed.clone());
        plugins.remove(name);
        failed.remove(name);
        // Names that did not meet before do not meet with one plugin fewer.
        Table::of(plugins, failed).unwrap_or_default()
    }

    fn of(plugins: BTreeMap<String, Arc<Active>>, failed: BTreeMap<String, PluginInfo>) -> Result<Table> {
        let mut table = Table { plugins, failed, ..Table::default() };
        for plugin in table.plugins.values() {
            let taken = |kind: &str, name: &str| {
                let detail = format!("The {kind} {name} belongs to another plugin in force; rename it");
                Error::new(Code::NameTaken, detail)
            };
            let personal = &plugin.manifest.personal;
            for (index, action) in plugin.manifest.actions.iter().enumerate() {
                if personal.has_action(&action.name) {
                    continue;
                }
                let named = Named { plugin: plugin.clone(), index, query: false };
                if table.actions.insert(action.name.clone(), named).is_some() {
                    return Err(taken("action", &action.name));
                }
            }
            for (index, query) in plugin.manifest.queries.iter().enumerate() {
                if personal.has_query(&query.name) {
                    continue;
                }
                let named = Named { plugin: plugin.clone(), index, query: true };
                if table.queries.insert(query.name.clone(), named).is_some() {
                    return Err(taken("query", &query.name));
                }
            }
        }
        Ok(table)
    }

    /// The table with a note that this plugin could not be loaded. An earlier version of it goes on serving here.
    pub fn with_failed(&self, info: PluginInfo) -> Table {
        let mut failed = self.failed.clone();
        failed.insert(info.name.clone(), info);
        Table { plugins: self.plugins.clone(), failed, actions: self.actions.clone(), queries: self.queries.clone() }
    }

    /// Whether every plugin in force could be loaded.
    pub fn healthy(&self) -> bool {
        self.failed.is_empty()
    }
}
