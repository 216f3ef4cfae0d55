//! What a plugin's call may do: its own slice of the data, the topics and scopes it was granted, its configuration.
use super::Grants;
use crate::features::state::{EventRow, Unit};
use crate::platform::wasm::{Failure, HostCalls, Scope};
use futures_util::future::BoxFuture;
use serde::de::IgnoredAny;
use serde_json::Value;
use std::sync::Arc;

/// Limits of one call's events and logs.
#[derive(Clone, Copy, Debug)]
pub struct OutLimits {
    pub events: usize,
    pub event_bytes: usize,
    pub log_lines: usize,
    pub log_bytes: usize,
}

/// The host of one call.
pub struct PluginHost {
    pub unit: Unit,
    pub events: Vec<EventRow>,
    plugin: Arc<str>,
    grants: Arc<Grants>,
    config: Arc<Value>,
    limits: OutLimits,
    /// A query, or an action that declares itself `read`.
    read_only: bool,
    breach: Option<&'static str>,
    log_lines: usize,
    log_bytes: usize,
    log_full: bool,
}

impl PluginHost {
    pub fn new(
        unit: Unit,
        plugin: Arc<str>,
        grants: Arc<Grants>,
        config: Arc<Value>,
        limits: OutLimits,
        read_only: bool,
    ) -> PluginHost {
        let (events, breach, log_lines, log_bytes, log_full) = (Vec::new(), None, 0, 0, false);
        PluginHost { unit, events, plugin, grants, config, limits, read_only, breach, log_lines, log_bytes, log_full }
    }

    /// The first limit that the call ran into, whether or not its handler noticed.
    pub fn breach(&self) -> Option<&'static str> {
        self.unit.breach().or(self.breach)
    }

    fn may_write(&self) -> Result<(), Failure> {
        if self.read_only {
            return Err(Failure::new("cap.read-only", "a query, or an action that declares itself read, cannot write"));
        }
        Ok(())
    }

    fn breached(&mut self, word: &'static str, message: String) -> Failure {
        self.breach.get_or_insert(word);
        Failure::new(word, message)
    }
}

impl HostCalls for PluginHost {
    fn open(&mut self, scope: &str) -> Result<Scope, Failure> {
        let (granted, scope) = match scope {
            "visitor" => (self.grants.visitor, Scope::Visitor),
            "thread" => (self.grants.thread, Scope::Thread),
            "workspace" => (self.grants.workspace, Scope::Workspace),
            _ => return Err(Failure::new("state.scope", "a scope is visitor, thread or workspace")),
        };
        if !granted {
            return Err(Failure::new("cap.denied", "this scope was not granted; ask for it in needs.state"));
        }
        if scope == Scope::Thread && !self.unit.has_thread() {
            return Err(Failure::new("state.no-thread", "this call is not part of a conversation"));
        }
        Ok(scope)
    }

    fn get(&mut self, scope: Scope, keys: Vec<String>) -> BoxFuture<'_, Result<Vec<Option<Arc<str>>>, Failure>> {
        Box::pin(self.unit.get(scope, keys))
    }

    fn put(&mut self, scope: Scope, key: String, value: String, ttl_s: Option<u64>) -> Result<(), Failure> {
        self.may_write()?;
        self.unit.put(scope, key, value, ttl_s)
    }

    fn delete(&mut self, scope: Scope, key: String) -> Result<(), Failure> {
        self.may_write()?;
        self.unit.delete(scope, key)
    }

    fn scan(
        &mut self,
        scope: Scope,
        prefix: String,
        after: Option<String>,
        limit: u32,
    ) -> BoxFuture<'_, Result<Vec<(String, Arc<str>)>, Failure>> {
        Box::pin(self.unit.scan(scope, prefix, after, limit))
    }

    fn add(
        &mut self,
        scope: Scope,
        key: String,
        delta: i64,
        min: Option<i64>,
        max: Option<i64>,
    ) -> Result<(), Failure> {
        self.may_write()?;
        self.unit.add(scope, key, delta, min, max)
    }

    fn emit(&mut self, topic: String, payload: String, audience: String) -> Result<(), Failure> {
        self.may_write()?;
        if !self.grants.topics.contains(&topic) {
            return Err(Failure::new("cap.denied", "this topic was not granted; ask for it in needs.events"));
        }
        let audience = match audience.as_str() {
            "visitor" => "visitor",
            "thread" => "thread",
            "workspace" => "workspace",
            _ => return Err(Failure::new("events.audience", "an audience is visitor, thread or workspace")),
        };
        if serde_json::from_str::<IgnoredAny>(&payload).is_err() {
            return Err(Failure::new("events.payload", "a payload must be JSON"));
        }
        if payload.len() > self.limits.event_bytes {
            let text = format!("a payload has at most {} bytes", self.limits.event_bytes);
            return Err(self.breached("limit.event-bytes", text));
        }
        if self.events.len() >= self.limits.events {
            let text = format!("one call may publish {} events", self.limits.events);
            return Err(self.breached("limit.events", text));
        }
        self.events.push(EventRow { audience, topic, payload });
        Ok(())
    }

    fn config(&mut self, key: &str) -> Option<String> {
        let found = if key.starts_with('/') { self.config.pointer(key) } else { self.config.get(key) };
        found.map(Value::to_string)
    }

    /// Lines past the limit are dropped, the first of them with a notice: logging too much is no reason to fail.
    fn log(&mut self, level: &str, message: &str, fields: &[(String, String)]) {
        if self.log_full {
            return;
        }
        self.log_lines += 1;
        self.log_bytes += message.len() + fields.iter().map(|(k, v)| k.len() + v.len()).sum::<usize>();
        let plugin = &*self.plugin;
        let full = self.log_lines > self.limits.log_lines || self.log_bytes > self.limits.log_bytes;
        if full {
            self.log_full = true;
            tracing::warn!(plugin, "this call logs more than is kept; the rest is dropped");
            return;
        }
        // A guest may not draw on the terminal of whoever reads the log, nor begin a line of its own.
        let plain = |text: &str| text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>();
        let message = plain(message);
        let fields = plain(&fields.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join(" "));
        match level {
            "error" => tracing::error!(target: "plugin", plugin, fields, "{message}"),
            "warn" => tracing::warn!(target: "plugin", plugin, fields, "{message}"),
            "debug" => tracing::debug!(target: "plugin", plugin, fields, "{message}"),
            _ => tracing::info!(target: "plugin", plugin, fields, "{message}"),
        }
    }
}
