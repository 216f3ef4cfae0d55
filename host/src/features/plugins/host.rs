//! What a plugin's call may do: its own slice of the data, the topics and scopes it was granted, its configuration.
use super::Grants;
use super::logs::{Level, Said};
use super::used::Used;
use crate::features::state::{EventRow, Unit};
use crate::platform::wasm::{Failure, HostCalls, Scope};
use futures_util::future::BoxFuture;
use serde::de::IgnoredAny;
use serde_json::Value;
use std::collections::BTreeSet;
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
    used: Arc<Used>,
    config: Arc<Value>,
    limits: OutLimits,
    /// A query, or an action that declares itself `read`.
    read_only: bool,
    breach: Option<&'static str>,
    log_lines: usize,
    log_bytes: usize,
    log_full: bool,
    /// The log's lines, until it is known how the call ended.
    said: Vec<Said>,
    /// The database is at work for the call.
    waits: bool,
}

impl PluginHost {
    pub fn new(
        unit: Unit,
        plugin: Arc<str>,
        grants: Arc<Grants>,
        used: Arc<Used>,
        config: Arc<Value>,
        limits: OutLimits,
        read_only: bool,
    ) -> PluginHost {
        PluginHost {
            unit,
            events: Vec::new(),
            plugin,
            grants,
            used,
            config,
            limits,
            read_only,
            breach: None,
            log_lines: 0,
            log_bytes: 0,
            log_full: false,
            said: Vec::new(),
            waits: false,
        }
    }

    /// The first limit that the call ran into, whether or not its handler noticed.
    pub fn breach(&self) -> Option<&'static str> {
        self.unit.breach().or(self.breach)
    }

    /// The lines that the call has logged so far; they are handed out once.
    pub fn said(&mut self) -> Vec<Said> {
        std::mem::take(&mut self.said)
    }

    /// Whether the call ended while the database was at work for it.
    pub fn waits(&self) -> bool {
        self.waits
    }

    /// The configuration that the call reads, whatever an admin changes meanwhile.
    pub(super) fn configuration(&self) -> &Arc<Value> {
        &self.config
    }

    /// Shuts what belongs to one caller: the call is a shared query's.
    pub(super) fn share(&mut self) {
        let topics = BTreeSet::new();
        self.grants = Arc::new(Grants { visitor: false, thread: false, workspace: self.grants.workspace, topics });
    }

    fn may_write(&self) -> Result<(), Failure> {
        if self.read_only {
            return Err(Failure::new("cap.read-only", "a query, or an action that declares itself read, cannot write"));
        }
        Ok(())
    }
}

/// The scope of this name, if it was granted and is there.
pub(super) fn opened(grants: &Grants, scope: &str, has_thread: bool) -> Result<Scope, Failure> {
    let (granted, scope) = match scope {
        "visitor" => (grants.visitor, Scope::Visitor),
        "thread" => (grants.thread, Scope::Thread),
        "workspace" => (grants.workspace, Scope::Workspace),
        _ => return Err(Failure::new("state.scope", "a scope is visitor, thread or workspace")),
    };
    if !granted {
        return Err(Failure::new("cap.denied", "this scope was not granted; ask for it in needs.state"));
    }
    if scope == Scope::Thread && !has_thread {
        return Err(Failure::new("state.no-thread", "this call is not part of a conversation"));
    }
    Ok(scope)
}

/// One event more after `before`, if its topic was granted and it keeps to the limits.
pub(super) fn event(
    grants: &Grants,
    limits: &OutLimits,
    before: usize,
    topic: String,
    payload: String,
    audience: &str,
) -> Result<EventRow, Failure> {
    if !grants.topics.contains(&topic) {
        return Err(Failure::new("cap.denied", "this topic was not granted; ask for it in needs.events"));
    }
    let audience = match audience {
        "visitor" => "visitor",
        "thread" => "thread",
        "workspace" => "workspace",
        _ => return Err(Failure::new("events.audience", "an audience is visitor, thread or workspace")),
    };
    if serde_json::from_str::<IgnoredAny>(&payload).is_err() {
        return Err(Failure::new("events.payload", "a payload must be JSON"));
    }
    if payload.len() > limits.event_bytes {
        let text = format!("a payload has at most {} bytes", limits.event_bytes);
        return Err(Failure::new("limit.event-bytes", text));
    }
    if before >= limits.events {
        return Err(Failure::new("limit.events", format!("one call may publish {} events", limits.events)));
    }
    Ok(EventRow { audience, topic, payload })
}

/// A key of the configuration, or a JSON pointer into it.
pub(super) fn configured(config: &Value, key: &str) -> Option<String> {
    let found = if key.starts_with('/') { config.pointer(key) } else { config.get(key) };
    found.map(Value::to_string)
}

impl HostCalls for PluginHost {
    fn open(&mut self, scope: &str) -> Result<Scope, Failure> {
        let scope = opened(&self.grants, scope, self.unit.has_thread())?;
        self.used.scope(scope);
        Ok(scope)
    }

    fn get(&mut self, scope: Scope, keys: Vec<String>) -> BoxFuture<'_, Result<Vec<Option<Arc<str>>>, Failure>> {
        self.waits = true;
        Box::pin(async move {
            let got = self.unit.get(scope, keys).await;
            self.waits = false;
            got
        })
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
        self.waits = true;
        Box::pin(async move {
            let got = self.unit.scan(scope, prefix, after, limit).await;
            self.waits = false;
            got
        })
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
        let before = self.events.len();
        match event(&self.grants, &self.limits, before, topic, payload, &audience) {
            Ok(event) => {
                self.used.topic(&event.topic);
                self.events.push(event);
            }
            Err(failure) => {
                let limits = ["limit.events", "limit.event-bytes"];
                if let Some(word) = limits.into_iter().find(|word| failure.code == *word) {
                    self.breach.get_or_insert(word);
                }
                return Err(failure);
            }
        }
        Ok(())
    }

    fn config(&mut self, key: &str) -> Option<String> {
        configured(&self.config, key)
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
            const CUT: &str = "this call logs more than is kept; the rest is dropped";
            tracing::warn!(plugin, "{CUT}");
            self.said.push(Said { level: Level::Warn, message: CUT.to_owned(), fields: Vec::new() });
            return;
        }
        // A guest may not draw on the terminal of whoever reads the log, nor begin a line of its own.
        let plain = |text: &str| text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>();
        let (level, message) = (Level::of(level), plain(message));
        let named: Vec<_> = fields.iter().map(|(name, value)| (plain(name), plain(value))).collect();
        let fields = named.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join(" ");
        match level {
            Level::Error => tracing::error!(target: "plugin", plugin, fields, "{message}"),
            Level::Warn => tracing::warn!(target: "plugin", plugin, fields, "{message}"),
            Level::Debug => tracing::debug!(target: "plugin", plugin, fields, "{message}"),
            Level::Info => tracing::info!(target: "plugin", plugin, fields, "{message}"),
        }
        self.said.push(Said { level, message, fields: named });
    }
}
