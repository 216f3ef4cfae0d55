//! `inlay:plugin@1`: WIT types ⇄ ours, here and nowhere else.
use super::instance::{CallState, LimitHit};
use super::{Call, Failure, FaultKind, Render, Reply, Scope};
use wasmtime::component::{Component, HasSelf, InstancePre, Linker, Resource};
use wasmtime::{Engine, Result, Store};

mod bindings {
    wasmtime::component::bindgen!({
        path: "../plugin-sdk/wit",
        world: "plugin",
        imports: {
            default: trappable,
            "inlay:plugin/state.[method]bucket.get": async | trappable,
            "inlay:plugin/state.[method]bucket.get-many": async | trappable,
            "inlay:plugin/state.[method]bucket.scan": async | trappable,
        },
        exports: { default: async },
        with: { "inlay:plugin/state.bucket": super::Bucket },
    });
}

use bindings::exports::inlay::plugin as exports;
use bindings::inlay::plugin::{config, events, log, state, types};

/// A guest's handle on one scope's data.
pub struct Bucket(Scope);

impl From<Failure> for types::Failure {
    fn from(f: Failure) -> types::Failure {
        types::Failure { code: f.code, message: f.message, detail: f.detail, retryable: f.retryable }
    }
}

impl From<types::Failure> for Failure {
    fn from(f: types::Failure) -> Failure {
        Failure { code: f.code, message: f.message, detail: f.detail, retryable: f.retryable }
    }
}

type Answer<T> = Result<Result<T, types::Failure>>;

/// Turns the room's answer into the guest's.
fn answer<T>(from: Result<T, Failure>) -> Answer<T> {
    Ok(from.map_err(types::Failure::from))
}

impl CallState {
    fn scope(&self, bucket: &Resource<Bucket>) -> Result<Scope> {
        Ok(self.table.get(bucket)?.0)
    }

    /// Every host call passes here, so that none is free.
    fn count(&mut self) -> Result<()> {
        self.host_calls += 1;
        if self.host_calls > self.max_host_calls {
            return Err(wasmtime::Error::new(LimitHit(FaultKind::HostCalls)));
        }
        Ok(())
    }
}

impl types::Host for CallState {}

impl state::Host for CallState {
    fn open(&mut self, scope: String) -> Answer<Resource<Bucket>> {
        self.count()?;
        match self.host.open(&scope) {
            Ok(scope) => Ok(Ok(self.table.push(Bucket(scope))?)),
            Err(refusal) => Ok(Err(refusal.into())),
        }
    }
}

impl state::HostBucket for CallState {
    async fn get(&mut self, bucket: Resource<Bucket>, key: String) -> Answer<Option<String>> {
        self.count()?;
        let scope = self.scope(&bucket)?;
        let found = self.host.get(scope, vec![key]).await;
        answer(found.map(|values| values.into_iter().next().flatten().map(|v| v.to_string())))
    }

    async fn get_many(&mut self, bucket: Resource<Bucket>, keys: Vec<String>) -> Answer<Vec<Option<String>>> {
        self.count()?;
        let scope = self.scope(&bucket)?;
        let found = self.host.get(scope, keys).await;
        answer(found.map(|values| values.into_iter().map(|v| v.map(|v| v.to_string())).collect()))
    }

    fn put(&mut self, bucket: Resource<Bucket>, key: String, value: String, ttl_s: Option<u64>) -> Answer<()> {
        self.count()?;
        let scope = self.scope(&bucket)?;
        answer(self.host.put(scope, key, value, ttl_s))
    }

    fn delete(&mut self, bucket: Resource<Bucket>, key: String) -> Answer<()> {
        self.count()?;
        let scope = self.scope(&bucket)?;
        answer(self.host.delete(scope, key))
    }

    async fn scan(
        &mut self,
        bucket: Resource<Bucket>,
        prefix: String,
        after: Option<String>,
        limit: u32,
    ) -> Answer<Vec<state::Entry>> {
        self.count()?;
        let scope = self.scope(&bucket)?;
        let found = self.host.scan(scope, prefix, after, limit).await;
        answer(
            found.map(|all| {
                all.into_iter().map(|(key, value)| state::Entry { key, value: value.to_string() }).collect()
            }),
        )
    }

    fn add(
        &mut self,
        bucket: Resource<Bucket>,
        key: String,
        delta: i64,
        min: Option<i64>,
        max: Option<i64>,
    ) -> Answer<()> {
        self.count()?;
        let scope = self.scope(&bucket)?;
        answer(self.host.add(scope, key, delta, min, max))
    }

    fn drop(&mut self, bucket: Resource<Bucket>) -> Result<()> {
        self.table.delete(bucket)?;
        Ok(())
    }
}

impl events::Host for CallState {
    fn emit(&mut self, topic: String, payload: String, audience: String) -> Answer<()> {
        self.count()?;
        answer(self.host.emit(topic, payload, audience))
    }
}

impl config::Host for CallState {
    fn get(&mut self, key: String) -> Result<Option<String>> {
        self.count()?;
        Ok(self.host.config(&key))
    }
}

impl log::Host for CallState {
    fn write(&mut self, level: String, message: String, fields: Vec<(String, String)>) -> Result<()> {
        self.count()?;
        if level == "error" {
            self.last_error = Some(message.chars().take(500).collect());
        }
        self.host.log(&level, &message, &fields);
        Ok(())
    }
}

/// Which of our interfaces a plugin may import.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Imports {
    pub state: bool,
    pub events: bool,
}

impl Imports {
    pub const ALL: Imports = Imports { state: true, events: true };

    /// What a component really imports of us.
    pub fn used(engine: &Engine, component: &Component) -> Imports {
        let mut used = Imports::default();
        for (name, _) in component.component_type().imports(engine) {
            used.state |= name.starts_with("inlay:plugin/state@");
            used.events |= name.starts_with("inlay:plugin/events@");
        }
        used
    }

    pub(super) fn add_to(self, linker: &mut Linker<CallState>) -> Result<()> {
        types::add_to_linker::<_, HasSelf<_>>(linker, |s| s)?;
        config::add_to_linker::<_, HasSelf<_>>(linker, |s| s)?;
        log::add_to_linker::<_, HasSelf<_>>(linker, |s| s)?;
        if self.state {
            state::add_to_linker::<_, HasSelf<_>>(linker, |s| s)?;
        }
        if self.events {
            events::add_to_linker::<_, HasSelf<_>>(linker, |s| s)?;
        }
        Ok(())
    }
}

/// The exports that a component has, found once when it is linked.
pub(super) struct Exports {
    manifest: exports::manifest::GuestIndices,
    actions: Option<exports::actions::GuestIndices>,
    loaders: Option<exports::loaders::GuestIndices>,
}

impl Exports {
    /// Errors: no `manifest` export, in words for the author.
    pub(super) fn find(pre: &InstancePre<CallState>) -> Result<Exports, String> {
        let manifest = exports::manifest::GuestIndices::new(pre)
            .map_err(|_| "it does not export the interface inlay:plugin/manifest@1.0.0".to_owned())?;
        let actions = exports::actions::GuestIndices::new(pre).ok();
        let loaders = exports::loaders::GuestIndices::new(pre).ok();
        Ok(Exports { manifest, actions, loaders })
    }

    pub(super) fn has_actions(&self) -> bool {
        self.actions.is_some()
    }

    pub(super) fn has_loaders(&self) -> bool {
        self.loaders.is_some()
    }

    /// Instantiates and looks every export up with its types: a record of another shape shows only now.
    pub(super) async fn probe(&self, store: &mut Store<CallState>, pre: &InstancePre<CallState>) -> Result<()> {
        let instance = pre.instantiate_async(&mut *store).await?;
        self.manifest.load(&mut *store, &instance)?;
        if let Some(actions) = &self.actions {
            actions.load(&mut *store, &instance)?;
        }
        if let Some(loaders) = &self.loaders {
            loaders.load(&mut *store, &instance)?;
        }
        Ok(())
    }

    pub(super) async fn describe(&self, store: &mut Store<CallState>, pre: &InstancePre<CallState>) -> Result<String> {
        let instance = pre.instantiate_async(&mut *store).await?;
        let guest = self.manifest.load(&mut *store, &instance)?;
        guest.call_describe(&mut *store).await
    }

    pub(super) async fn handle(
        &self,
        store: &mut Store<CallState>,
        pre: &InstancePre<CallState>,
        call: &Call,
    ) -> Result<Result<Reply, Failure>> {
        let indices = self.actions.as_ref().ok_or_else(|| wasmtime::Error::msg("no actions are exported"))?;
        let instance = pre.instantiate_async(&mut *store).await?;
        let guest = indices.load(&mut *store, &instance)?;
        let ended = guest.call_handle(&mut *store, &to_wit(call)).await?;
        Ok(ended.map(from_wit).map_err(Failure::from))
    }

    pub(super) async fn load(
        &self,
        store: &mut Store<CallState>,
        pre: &InstancePre<CallState>,
        call: &Call,
    ) -> Result<Result<String, Failure>> {
        let indices = self.loaders.as_ref().ok_or_else(|| wasmtime::Error::msg("no loaders are exported"))?;
        let instance = pre.instantiate_async(&mut *store).await?;
        let guest = indices.load(&mut *store, &instance)?;
        let ended = guest.call_load(&mut *store, &to_wit(call)).await?;
        Ok(ended.map_err(Failure::from))
    }
}

fn to_wit(call: &Call) -> types::Call {
    types::Call {
        name: call.name.clone(),
        input: call.input.clone(),
        id: call.id.clone(),
        workspace: call.workspace.clone(),
        thread: call.thread.clone(),
        visitor: call.visitor.clone(),
        locale: call.locale.clone(),
        now_ms: call.now_ms,
        attempt: call.attempt,
        extra: Vec::new(),
    }
}

fn from_wit(reply: types::Reply) -> Reply {
    let render = reply.render.map(|r| Render { widget: r.widget, data: r.data, mode: r.mode });
    Reply { render, data: reply.data, extra: reply.extra }
}
