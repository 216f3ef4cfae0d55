//! The stand-in for the host outside wasm: one workspace in memory, with the host's semantics.
//!
//! [`Cx::fake`] is for handlers on their own, [`Plugin::fake`] for a whole plugin: its configuration's defaults are
//! there, and what `inlay.toml` does not ask for is denied.
mod store;

use crate::{Call, Cx, Failure, Plugin, Reply, Result};
use serde_json::Value;
use std::cell::RefCell;
use std::rc::Rc;
use store::{Change, Store};

/// An event that a fake context collected.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    pub topic: String,
    pub payload: Value,
    /// "visitor", "thread" or "workspace".
    pub audience: String,
}

/// A log line that a fake context collected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    pub level: String,
    pub message: String,
    pub fields: Vec<(String, String)>,
}

/// What all contexts of one fake workspace share.
#[derive(Default)]
struct World {
    store: Store,
    config: Value,
    published: Vec<Event>,
    logs: Vec<LogLine>,
    now_ms: u64,
    calls: u64,
    plugin: Option<&'static Plugin>,
    /// What the manifest asks for; None allows everything.
    needs: Option<Vec<String>>,
}

pub(crate) struct Host {
    world: Rc<RefCell<World>>,
    identity: Identity,
    unit: Rc<RefCell<Unit>>,
    /// The call is a shared query's: nothing that belongs to one visitor can be opened.
    shared: bool,
}

/// One call's own writes and events, until they are committed.
#[derive(Default)]
struct Unit {
    changes: Vec<Change>,
    events: Vec<Event>,
    ops: u32,
}

/// The identities behind the scopes.
#[derive(Clone)]
struct Identity {
    visitor: String,
    thread: Option<String>,
}

pub(crate) struct Bucket {
    world: Rc<RefCell<World>>,
    unit: Rc<RefCell<Unit>>,
    /// Scope and identity, such as "visitor/vis_1".
    place: String,
}

/// The host's defaults.
const MAX_OPS: u32 = 100;
const MAX_KEY_BYTES: usize = 256;
const MAX_VALUE_BYTES: usize = 64 * 1024;
const MAX_SCAN: u32 = 1000;
const MAX_EVENTS: usize = 20;
const MAX_EVENT_BYTES: usize = 16 * 1024;
/// 1 July 2025, noon; tests move it with [`Cx::advance`].
const START_MS: u64 = 1_751_371_200_000;

impl Cx {
    /// A context for unit tests: an empty workspace, visitor "vis_1" in thread "thr_1", nothing denied.
    pub fn fake() -> Cx {
        let world = World { config: Value::Object(Default::default()), now_ms: START_MS, ..World::default() };
        let identity = Identity { visitor: "vis_1".to_owned(), thread: Some("thr_1".to_owned()) };
        Cx::of_world(Rc::new(RefCell::new(world)), identity)
    }

    fn of_world(world: Rc<RefCell<World>>, identity: Identity) -> Cx {
        let call = {
            let mut world = world.borrow_mut();
            world.calls += 1;
            Call {
                name: String::new(),
                id: format!("act_{}", world.calls),
                workspace: "wsp_1".to_owned(),
                thread: identity.thread.clone(),
                visitor: identity.visitor.clone(),
                locale: "en".to_owned(),
                now_ms: world.now_ms,
                attempt: 1,
                extra: Vec::new(),
            }
        };
        Cx { call, read_only: false, host: Host { world, identity, unit: Rc::default(), shared: false } }
    }

    /// A new call by the same visitor in the same workspace.
    fn next(&self) -> Cx {
        let mut next = Cx::of_world(self.host.world.clone(), self.host.identity.clone());
        next.call.locale = self.call.locale.clone();
        next
    }

    /// The same workspace, seen by another visitor.
    pub fn as_visitor(&self, visitor: &str) -> Cx {
        let identity = Identity { visitor: visitor.to_owned(), ..self.host.identity.clone() };
        Cx::of_world(self.host.world.clone(), identity)
    }

    /// The same visitor in another conversation, or outside any.
    pub fn in_thread(&self, thread: Option<&str>) -> Cx {
        let identity = Identity { thread: thread.map(str::to_owned), ..self.host.identity.clone() };
        Cx::of_world(self.host.world.clone(), identity)
    }

    pub fn with_locale(mut self, locale: &str) -> Cx {
        self.call.locale = locale.to_owned();
        self
    }

    /// Replaces the configuration of the whole workspace.
    pub fn with_config(self, config: Value) -> Cx {
        self.host.world.borrow_mut().config = config;
        self
    }

    /// Makes every write fail, as it does in a query.
    pub fn read_only(mut self) -> Cx {
        self.read_only = true;
        self
    }

    /// Says which attempt this is, for handlers that look.
    pub fn with_attempt(mut self, attempt: u32) -> Cx {
        self.call.attempt = attempt;
        self
    }

    /// Moves the workspace's clock; entries whose time is over are gone.
    pub fn advance(&mut self, seconds: u64) {
        let mut world = self.host.world.borrow_mut();
        world.now_ms += seconds * 1000;
        self.call.now_ms = world.now_ms;
    }

    /// Runs `work` as one call: committed when it returns ok, else as if it had never been.
    /// Errors: those of `work`, and `state.bound` from the commit.
    pub fn run<T>(&self, work: impl FnOnce(&Cx) -> Result<T>) -> Result<T> {
        let mut cx = self.next();
        cx.read_only = self.read_only;
        cx.call.attempt = self.call.attempt;
        let done = work(&cx)?;
        cx.commit()?;
        Ok(done)
    }

    /// Runs the plugin's action `name` as the host would. Only for contexts of [`Plugin::fake`]. The input is not
    /// checked against the schema: that is the host's part.
    pub fn act(&self, name: &str, input: Value) -> Result<Reply> {
        self.call_plugin(name, |plugin, cx| plugin.handle(cx, &input.to_string()))
    }

    /// Runs the plugin's query `name` and gives its data. Only for contexts of [`Plugin::fake`].
    pub fn ask(&self, name: &str, input: Value) -> Result<Value> {
        let json = self.call_plugin(name, |plugin, cx| {
            if plugin.queries.iter().any(|query| query.shared && query.name == name) {
                cx.share();
            }
            plugin.load(cx, &input.to_string())
        })?;
        Ok(serde_json::from_str(&json)?)
    }

    fn call_plugin<T>(&self, name: &str, work: impl FnOnce(&Plugin, &mut Cx) -> Result<T>) -> Result<T> {
        let Some(plugin) = self.host.world.borrow().plugin else {
            return Err(Failure::new("plugin.error", "Use PLUGIN.fake() to call actions and queries by name"));
        };
        let mut cx = self.next();
        cx.call.attempt = self.call.attempt;
        cx.call.name = name.to_owned();
        let done = work(plugin, &mut cx)?;
        cx.commit()?;
        Ok(done)
    }

    /// Takes away what a shared query is not told.
    fn share(&mut self) {
        self.call =
            Call { id: "shared".to_owned(), visitor: String::new(), thread: None, now_ms: 0, ..self.call.clone() };
        self.host.shared = true;
    }

    /// Stores what this context wrote and publishes its events. [`run`](Cx::run) and [`act`](Cx::act) do it themselves.
    /// Errors: `state.bound` when a sum leaves its bounds; nothing is stored then.
    pub fn commit(&self) -> Result<()> {
        let unit = self.host.unit.take();
        let mut world = self.host.world.borrow_mut();
        let now_ms = world.now_ms;
        world.store.apply(&unit.changes, now_ms)?;
        world.published.extend(unit.events);
        Ok(())
    }

    /// Everything published so far in this workspace, and what this context has emitted but not committed.
    pub fn events(&self) -> Vec<Event> {
        let mut events = self.host.world.borrow().published.clone();
        events.extend(self.host.unit.borrow().events.iter().cloned());
        events
    }

    /// Every log line of this workspace so far.
    pub fn logs(&self) -> Vec<LogLine> {
        self.host.world.borrow().logs.clone()
    }
}

impl Plugin {
    /// A fake workspace in which this plugin is installed with its default configuration, and granted what its
    /// manifest asks for.
    pub fn fake(&'static self) -> Cx {
        let manifest = self.manifest();
        let list = |pointer: &str, kind: &str| -> Vec<String> {
            let words = manifest.pointer(pointer).and_then(Value::as_array).into_iter().flatten();
            words.filter_map(Value::as_str).map(|word| format!("{kind}:{word}")).collect()
        };
        let cx = Cx::fake();
        {
            let mut world = cx.host.world.borrow_mut();
            world.needs = Some([list("/needs/state", "state"), list("/needs/events", "events")].concat());
            world.config = manifest.pointer("/config/default").cloned().unwrap_or_default();
            world.plugin = Some(self);
        }
        cx
    }
}

impl World {
    fn demand(&self, capability: &str) -> Result<()> {
        let granted = self.needs.as_ref().is_none_or(|needs| needs.iter().any(|n| n == capability));
        let denied = || Failure::new("cap.denied", format!("The plugin was not granted {capability}"));
        granted.then_some(()).ok_or_else(denied)
    }
}

impl Host {
    pub(crate) fn open(&self, scope: &str) -> Result<Bucket> {
        self.world.borrow().demand(&format!("state:{scope}"))?;
        if self.shared && scope != "workspace" {
            return Err(Failure::new("cap.denied", "A shared query opens the workspace alone"));
        }
        let place = match scope {
            "visitor" => format!("visitor/{}", self.identity.visitor),
            "thread" => format!("thread/{}", self.identity.thread.clone().unwrap_or_default()),
            _ => scope.to_owned(),
        };
        Ok(Bucket { world: self.world.clone(), unit: self.unit.clone(), place })
    }

    pub(crate) fn emit(&self, topic: &str, payload: &str, audience: &str) -> Result<()> {
        self.world.borrow().demand(&format!("events:{topic}"))?;
        let mut unit = self.unit.borrow_mut();
        if payload.len() > MAX_EVENT_BYTES {
            return Err(Failure::new("limit.event-bytes", format!("A payload has at most {MAX_EVENT_BYTES} bytes")));
        }
        if unit.events.len() >= MAX_EVENTS {
            return Err(Failure::new("limit.events", format!("One call may publish {MAX_EVENTS} events")));
        }
        let payload = serde_json::from_str(payload)?;
        unit.events.push(Event { topic: topic.to_owned(), payload, audience: audience.to_owned() });
        Ok(())
    }

    pub(crate) fn config(&self, key: &str) -> Option<String> {
        let world = self.world.borrow();
        let found = if key.starts_with('/') { world.config.pointer(key) } else { world.config.get(key) };
        found.map(Value::to_string)
    }

    pub(crate) fn log(&self, level: &str, message: &str, fields: &[(String, String)]) {
        let line = LogLine { level: level.to_owned(), message: message.to_owned(), fields: fields.to_vec() };
        self.world.borrow_mut().logs.push(line);
    }
}

impl Bucket {
    fn count(&self) -> Result<()> {
        let mut unit = self.unit.borrow_mut();
        unit.ops += 1;
        if unit.ops > MAX_OPS {
            return Err(Failure::new("limit.state-ops", format!("One call may use the state {MAX_OPS} times")));
        }
        Ok(())
    }

    fn step(&self, key: &str) -> Result<()> {
        self.count()?;
        if key.is_empty() || key.len() > MAX_KEY_BYTES || key.chars().any(char::is_control) {
            let why = format!("A key has 1 to {MAX_KEY_BYTES} bytes and no control characters");
            return Err(Failure::new("state.key", why));
        }
        Ok(())
    }

    fn push(&self, change: Change) {
        self.unit.borrow_mut().changes.push(change);
    }

    pub(crate) fn get(&self, key: &str) -> Result<Option<String>> {
        self.step(key)?;
        self.peek(key)
    }

    fn peek(&self, key: &str) -> Result<Option<String>> {
        let world = self.world.borrow();
        world.store.read(&self.unit.borrow().changes, &self.place, key, world.now_ms)
    }

    pub(crate) fn get_many(&self, keys: &[String]) -> Result<Vec<Option<String>>> {
        keys.iter().map(|key| self.get(key)).collect()
    }

    pub(crate) fn put(&self, key: &str, json: &str, ttl_s: Option<u64>) -> Result<()> {
        self.step(key)?;
        if json.len() > MAX_VALUE_BYTES {
            return Err(Failure::new("limit.state-value", format!("A value is larger than {MAX_VALUE_BYTES} bytes")));
        }
        let expires_ms = ttl_s.map(|s| self.world.borrow().now_ms.saturating_add(s.saturating_mul(1000)));
        self.push(Change::put(&self.place, key, json, expires_ms));
        Ok(())
    }

    pub(crate) fn delete(&self, key: &str) -> Result<()> {
        self.step(key)?;
        self.push(Change::delete(&self.place, key));
        Ok(())
    }

    pub(crate) fn scan(&self, prefix: &str, after: Option<&str>, limit: u32) -> Result<Vec<(String, String)>> {
        self.count()?;
        let keys = self.world.borrow().store.keys(&self.unit.borrow().changes, &self.place, prefix, after);
        let mut found = Vec::new();
        for key in keys {
            if found.len() >= limit.min(MAX_SCAN) as usize {
                break;
            }
            if let Some(json) = self.peek(&key)? {
                found.push((key, json));
            }
        }
        Ok(found)
    }

    pub(crate) fn add(&self, key: &str, delta: i64, min: Option<i64>, max: Option<i64>) -> Result<()> {
        self.step(key)?;
        let world = self.world.borrow();
        let change = Change::add(&self.place, key, delta, min, max);
        // Over a value that this call itself wrote, the bounds are known at once; else only the commit knows.
        world.store.check_add(&self.unit.borrow().changes, &change, world.now_ms)?;
        self.push(change);
        Ok(())
    }
}
