//! wasmtime: compile a component, link what it was granted, run one call in a fresh instance.
//!
//! Plumbing asks, a room answers: a guest's requests arrive at the [`HostCalls`] that the room hands over with the call.
//! The WIT types stay inside `abi_v1`; the rest of the host sees only the types of this file.
mod abi_v1;
mod cache;
mod check;
mod compiler;
mod engine;
mod instance;
mod missing;
mod precompiled;
mod wasi;

pub use abi_v1::Imports;
pub use cache::Cache;
pub use compiler::{CompileLimits, Compiler, Job, VERB as COMPILE_VERB, run as run_compiler};
pub use engine::{Compiled, Sandbox, SandboxSettings};
pub use instance::{Entry, Loaded};

use futures_util::future::BoxFuture;
use std::sync::Arc;
use std::time::Duration;

/// One unit of work for a plugin; the record of the same name in the WIT.
#[derive(Clone, Debug)]
pub struct Call {
    pub name: String,
    pub input: String,
    pub id: String,
    pub workspace: String,
    pub thread: Option<String>,
    pub visitor: String,
    pub locale: String,
    pub now_ms: u64,
    pub attempt: u32,
}

/// A handler's good answer.
#[derive(Clone, Debug, Default)]
pub struct Reply {
    pub render: Option<Render>,
    /// JSON text, not yet parsed.
    pub data: Option<String>,
    pub extra: Vec<(String, String)>,
}

#[derive(Clone, Debug)]
pub struct Render {
    pub widget: String,
    /// JSON text, not yet parsed.
    pub data: String,
    pub mode: String,
}

/// A refusal: a handler's to its caller, or a host function's to the guest.
#[derive(Clone, Debug)]
pub struct Failure {
    pub code: String,
    pub message: String,
    pub detail: Option<String>,
    pub retryable: bool,
}

impl Failure {
    pub fn new(code: &str, message: impl Into<String>) -> Failure {
        Failure { code: code.to_owned(), message: message.into(), detail: None, retryable: false }
    }
}

/// Which of the three kinds of data a bucket holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    Visitor,
    Thread,
    Workspace,
}

/// Keys and their values.
pub type Entries = Vec<(String, Arc<str>)>;

/// What a guest may ask of the host. Errors go back to the guest, which may handle them.
pub trait HostCalls: std::any::Any + Send + 'static {
    fn open(&mut self, scope: &str) -> Result<Scope, Failure>;
    /// Values of the keys, in their order.
    fn get(&mut self, scope: Scope, keys: Vec<String>) -> BoxFuture<'_, Result<Vec<Option<Arc<str>>>, Failure>>;
    fn put(&mut self, scope: Scope, key: String, value: String, ttl_s: Option<u64>) -> Result<(), Failure>;
    fn delete(&mut self, scope: Scope, key: String) -> Result<(), Failure>;
    fn scan(
        &mut self,
        scope: Scope,
        prefix: String,
        after: Option<String>,
        limit: u32,
    ) -> BoxFuture<'_, Result<Entries, Failure>>;
    fn add(&mut self, scope: Scope, key: String, delta: i64, min: Option<i64>, max: Option<i64>)
    -> Result<(), Failure>;
    fn emit(&mut self, topic: String, payload: String, audience: String) -> Result<(), Failure>;
    fn config(&mut self, key: &str) -> Option<String>;
    fn log(&mut self, level: &str, message: &str, fields: &[(String, String)]);
}

/// The host of a call that may do nothing but log: a plugin describing itself.
pub struct Nothing;

impl Nothing {
    fn refuse<T>() -> Result<T, Failure> {
        Err(Failure::new("cap.denied", "nothing but the log may be used while describing"))
    }
}

impl HostCalls for Nothing {
    fn open(&mut self, _: &str) -> Result<Scope, Failure> {
        Nothing::refuse()
    }
    fn get(&mut self, _: Scope, _: Vec<String>) -> BoxFuture<'_, Result<Vec<Option<Arc<str>>>, Failure>> {
        Box::pin(std::future::ready(Nothing::refuse()))
    }
    fn put(&mut self, _: Scope, _: String, _: String, _: Option<u64>) -> Result<(), Failure> {
        Nothing::refuse()
    }
    fn delete(&mut self, _: Scope, _: String) -> Result<(), Failure> {
        Nothing::refuse()
    }
    fn scan(&mut self, _: Scope, _: String, _: Option<String>, _: u32) -> BoxFuture<'_, Result<Entries, Failure>> {
        Box::pin(std::future::ready(Nothing::refuse()))
    }
    fn add(&mut self, _: Scope, _: String, _: i64, _: Option<i64>, _: Option<i64>) -> Result<(), Failure> {
        Nothing::refuse()
    }
    fn emit(&mut self, _: String, _: String, _: String) -> Result<(), Failure> {
        Nothing::refuse()
    }
    fn config(&mut self, _: &str) -> Option<String> {
        None
    }
    fn log(&mut self, _: &str, message: &str, _: &[(String, String)]) {
        tracing::debug!(message, "a plugin logs while describing itself");
    }
}

/// Limits of one call.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The guest's own thread CPU time.
    pub cpu: Duration,
    /// Everything, waiting for the host included.
    pub wall: Duration,
    /// Bytes of linear memory.
    pub memory: usize,
    /// Bytes of an answer (data, render data and extra together), and of what one host call may carry.
    pub output: usize,
    /// Calls of host functions of all kinds.
    pub host_calls: u32,
}

/// What one call used.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usage {
    pub cpu: Duration,
    pub wall: Duration,
    /// High-water mark of linear memory in bytes.
    pub memory: usize,
    pub host_calls: u32,
}

/// Why a call ended without an answer. The plugin's fault, never the caller's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    Trap,
    Cpu,
    Wall,
    Memory,
    Stack,
    Output,
    HostCalls,
    /// Does not keep to the contract: an export of another shape, text that is not UTF-8 …
    Abi,
    /// Too many calls of this plugin are under way. Not a fault of the plugin's code.
    Busy,
}

impl FaultKind {
    /// The stable word, as in logs, statistics and the problem's `reason`.
    pub fn word(self) -> &'static str {
        match self {
            FaultKind::Trap => "plugin.trap",
            FaultKind::Cpu => "limit.cpu",
            FaultKind::Wall => "limit.wall",
            FaultKind::Memory => "limit.memory",
            FaultKind::Stack => "limit.stack",
            FaultKind::Output => "limit.output",
            FaultKind::HostCalls => "limit.host-calls",
            FaultKind::Abi => "plugin.abi",
            FaultKind::Busy => "plugin.busy",
        }
    }
}

#[derive(Clone, Debug)]
pub struct Fault {
    pub kind: FaultKind,
    /// For the log: may hold what the guest wrote.
    pub message: String,
}

impl Fault {
    pub fn new(kind: FaultKind, message: impl Into<String>) -> Fault {
        Fault { kind, message: message.into() }
    }
}

/// How a call ended: the handler's answer or its refusal, or a fault.
pub type Ended<T> = Result<Result<T, Failure>, Fault>;
