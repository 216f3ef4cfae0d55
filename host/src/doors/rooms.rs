//! What doors ask of rooms, as seams: tests put a stand-in behind a door instead of a whole host.
use crate::base::error::Result;
use crate::features::actions::{Action, Actions, Outcome};
use crate::features::identity::Caller;
use crate::features::plugins::{Line, Permissions, PluginInfo, PluginStats, Plugins, Tail, Wish};
use crate::features::widgets::{Rendered, WidgetInfo, Widgets};
use crate::platform::metrics::Metrics;
use bytes::Bytes;
use serde_json::{Map, Value};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

pub type Soon<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The room `actions`.
pub trait Dispatches: Send + Sync {
    fn dispatch<'a>(&'a self, caller: &'a Caller, action: Action) -> Soon<'a, Result<Outcome>>;
}

impl Dispatches for Actions {
    fn dispatch<'a>(&'a self, caller: &'a Caller, action: Action) -> Soon<'a, Result<Outcome>> {
        Box::pin(self.dispatch(caller, action))
    }
}

/// The room `widgets`.
pub trait Shows: Send + Sync {
    fn list(&self) -> Vec<WidgetInfo>;
    fn show<'a>(&'a self, caller: &'a Caller, name: &'a str, params: Map<String, Value>) -> Soon<'a, Result<Rendered>>;
}

impl Shows for Widgets {
    fn list(&self) -> Vec<WidgetInfo> {
        self.list()
    }
    fn show<'a>(&'a self, caller: &'a Caller, name: &'a str, params: Map<String, Value>) -> Soon<'a, Result<Rendered>> {
        Box::pin(self.show(caller, name, params))
    }
}

/// The room `plugins`.
pub trait Manages: Send + Sync {
    fn list(&self) -> Vec<PluginInfo>;
    fn get(&self, name: &str) -> Result<PluginInfo>;
    fn install(&self, component: Bytes, permissions: Permissions) -> Soon<'_, Result<PluginInfo>>;
    /// The answer's JSON.
    fn query<'a>(&'a self, caller: &'a Caller, name: &'a str, params: Map<String, Value>) -> Soon<'a, Result<String>>;
}

impl Manages for Plugins {
    fn list(&self) -> Vec<PluginInfo> {
        self.list()
    }
    fn get(&self, name: &str) -> Result<PluginInfo> {
        self.get(name)
    }
    fn install(&self, component: Bytes, permissions: Permissions) -> Soon<'_, Result<PluginInfo>> {
        Box::pin(self.install(component, permissions))
    }
    fn query<'a>(&'a self, caller: &'a Caller, name: &'a str, params: Map<String, Value>) -> Soon<'a, Result<String>> {
        Box::pin(self.query(caller, name, params))
    }
}

/// The room `plugins`, as far as it supervises.
pub trait Watches: Send + Sync {
    fn stats(&self, name: &str) -> Result<PluginStats>;
    fn log_lines(&self, name: &str, wish: Wish) -> Result<Vec<Arc<Line>>>;
    fn log_tail(&self, name: &str, wish: Wish) -> Result<Tail>;
}

impl Watches for Plugins {
    fn stats(&self, name: &str) -> Result<PluginStats> {
        self.stats(name)
    }
    fn log_lines(&self, name: &str, wish: Wish) -> Result<Vec<Arc<Line>>> {
        self.log_lines(name, wish)
    }
    fn log_tail(&self, name: &str, wish: Wish) -> Result<Tail> {
        self.log_tail(name, wish)
    }
}

/// How one part of the host is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Condition {
    Ok,
    /// Something is missing, but the host answers.
    Degraded,
    /// The host cannot do its work.
    Failed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checks {
    pub database: Condition,
    pub plugins: Condition,
    pub bus: Condition,
}

/// What only `app.rs` knows: how the parts are doing.
pub trait Health: Send + Sync {
    /// Looked at for every call; must come back soon, also while the database does not.
    fn checks(&self) -> Soon<'_, Checks>;
    /// Whether a stop has begun: no new work should be sent here.
    fn is_stopping(&self) -> bool;
    /// Sets those numbers that are counted elsewhere, before they are read.
    fn count(&self, metrics: &Metrics);
}
