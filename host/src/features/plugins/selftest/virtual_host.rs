//! What a call of a self-test may do: as a call of a visitor, on data of its own.
use super::super::host::{configured, event};
use super::{Grants, opened};
use crate::features::plugins::OutLimits;
use crate::features::state::{EventRow, Memory};
use crate::platform::wasm::{Entries, Failure, HostCalls, Scope};
use futures_util::future::{BoxFuture, ready};
use serde_json::Value;
use std::sync::Arc;

pub(super) struct VirtualHost {
    pub(super) memory: Memory,
    pub(super) events: Vec<EventRow>,
    grants: Arc<Grants>,
    config: Value,
    limits: OutLimits,
    has_thread: bool,
    read_only: bool,
    breach: Option<&'static str>,
}

impl VirtualHost {
    pub(super) fn new(
        memory: Memory,
        grants: Arc<Grants>,
        config: Value,
        limits: OutLimits,
        has_thread: bool,
        read_only: bool,
    ) -> VirtualHost {
        VirtualHost { memory, events: Vec::new(), grants, config, limits, has_thread, read_only, breach: None }
    }

    pub(super) fn breach(&self) -> Option<&'static str> {
        self.memory.breach().or(self.breach)
    }

    fn may_write(&self) -> Result<(), Failure> {
        if self.read_only {
            return Err(Failure::new("cap.read-only", "a query, or an action that declares itself read, cannot write"));
        }
        Ok(())
    }
}

impl HostCalls for VirtualHost {
    fn open(&mut self, scope: &str) -> Result<Scope, Failure> {
        opened(&self.grants, scope, self.has_thread)
    }

    fn get(&mut self, scope: Scope, keys: Vec<String>) -> BoxFuture<'_, Result<Vec<Option<Arc<str>>>, Failure>> {
        Box::pin(ready(self.memory.get(scope, keys)))
    }

    fn put(&mut self, scope: Scope, key: String, value: String, _: Option<u64>) -> Result<(), Failure> {
        self.may_write()?;
        self.memory.put(scope, key, value)
    }

    fn delete(&mut self, scope: Scope, key: String) -> Result<(), Failure> {
        self.may_write()?;
        self.memory.delete(scope, key)
    }

    fn scan(
        &mut self,
        scope: Scope,
        prefix: String,
        after: Option<String>,
        limit: u32,
    ) -> BoxFuture<'_, Result<Entries, Failure>> {
        Box::pin(ready(self.memory.scan(scope, &prefix, after.as_deref(), limit)))
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
        self.memory.add(scope, key, delta, min, max)
    }

    fn emit(&mut self, topic: String, payload: String, audience: String) -> Result<(), Failure> {
        self.may_write()?;
        let event = event(&self.grants, &self.limits, self.events.len(), topic, payload, &audience);
        let event = event.inspect_err(|failure| {
            let limits = ["limit.events", "limit.event-bytes"];
            self.breach = self.breach.or(limits.into_iter().find(|word| failure.code == *word));
        })?;
        self.events.push(event);
        Ok(())
    }

    fn config(&mut self, key: &str) -> Option<String> {
        configured(&self.config, key)
    }

    fn log(&mut self, level: &str, message: &str, _: &[(String, String)]) {
        tracing::debug!(level, message, "a plugin logs in its self-test");
    }
}
