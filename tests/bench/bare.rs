//! The yardstick: the least that wasmtime needs to run the same component once. A fresh store from a pool with the same
//! settings, the typed export, the same answers from the host; no limits, no metering, no unit of work.
use crate::Done;
use crate::calls::Canned;
use wasmtime::component::{Component, HasSelf, InstancePre, Linker, Resource, ResourceTable};
use wasmtime::{Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, Store};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

mod bindings {
    wasmtime::component::bindgen!({
        path: "../plugin-sdk/wit",
        world: "plugin",
        imports: { default: trappable },
        exports: { default: async },
        with: { "inlay:plugin/state.bucket": super::Bucket },
    });
}
use bindings::inlay::plugin::{config, events, log, state, types};

pub struct Bucket;

pub struct Own {
    table: ResourceTable,
    wasi: WasiCtx,
    canned: Canned,
}

impl WasiView for Own {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

type Answer<T> = wasmtime::Result<Result<T, types::Failure>>;

impl types::Host for Own {}

impl state::Host for Own {
    fn open(&mut self, _: String) -> Answer<Resource<Bucket>> {
        Ok(Ok(self.table.push(Bucket)?))
    }
}

impl state::HostBucket for Own {
    fn get(&mut self, _: Resource<Bucket>, key: String) -> Answer<Option<String>> {
        Ok(Ok(self.canned.stored(&key).map(str::to_owned)))
    }
    fn get_many(&mut self, _: Resource<Bucket>, keys: Vec<String>) -> Answer<Vec<Option<String>>> {
        Ok(Ok(keys.iter().map(|key| self.canned.stored(key).map(str::to_owned)).collect()))
    }
    fn put(&mut self, _: Resource<Bucket>, key: String, value: String, _: Option<u64>) -> Answer<()> {
        self.canned.written.push((key, value));
        Ok(Ok(()))
    }
    fn delete(&mut self, _: Resource<Bucket>, _: String) -> Answer<()> {
        Ok(Ok(()))
    }
    fn scan(&mut self, _: Resource<Bucket>, _: String, _: Option<String>, _: u32) -> Answer<Vec<state::Entry>> {
        Ok(Ok(Vec::new()))
    }
    fn add(&mut self, _: Resource<Bucket>, _: String, _: i64, _: Option<i64>, _: Option<i64>) -> Answer<()> {
        Ok(Ok(()))
    }
    fn drop(&mut self, bucket: Resource<Bucket>) -> wasmtime::Result<()> {
        self.table.delete(bucket)?;
        Ok(())
    }
}

impl events::Host for Own {
    fn emit(&mut self, topic: String, payload: String, _: String) -> Answer<()> {
        self.canned.written.push((topic, payload));
        Ok(Ok(()))
    }
}

impl config::Host for Own {
    fn get(&mut self, key: String) -> wasmtime::Result<Option<String>> {
        Ok(self.canned.configured(&key))
    }
}

impl log::Host for Own {
    fn write(&mut self, _: String, _: String, _: Vec<(String, String)>) -> wasmtime::Result<()> {
        Ok(())
    }
}

pub struct Bare {
    engine: Engine,
    pre: InstancePre<Own>,
    actions: bindings::exports::inlay::plugin::actions::GuestIndices,
}

impl Bare {
    pub fn new(component: &[u8]) -> Done<Bare> {
        // What the host's own engine uses, where its kernel has it.
        let engine = Engine::new(&settings(Enabled::Yes)).or_else(|_| Engine::new(&settings(Enabled::No)))?;
        let component = Component::new(&engine, component)?;
        let mut linker = Linker::new(&engine);
        wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
        types::add_to_linker::<_, HasSelf<_>>(&mut linker, |own| own)?;
        state::add_to_linker::<_, HasSelf<_>>(&mut linker, |own| own)?;
        events::add_to_linker::<_, HasSelf<_>>(&mut linker, |own| own)?;
        config::add_to_linker::<_, HasSelf<_>>(&mut linker, |own| own)?;
        log::add_to_linker::<_, HasSelf<_>>(&mut linker, |own| own)?;
        let pre = linker.instantiate_pre(&component)?;
        let actions = bindings::exports::inlay::plugin::actions::GuestIndices::new(&pre)?;
        Ok(Bare { engine, pre, actions })
    }

    /// One action; gives how much the guest wrote, so that both sides can be seen to do the same.
    pub async fn call(&self, call: &inlay_host::platform::wasm::Call, canned: Canned) -> Done<usize> {
        let own = Own { table: ResourceTable::new(), wasi: WasiCtx::builder().build(), canned };
        let mut store = Store::new(&self.engine, own);
        store.set_epoch_deadline(1_000_000);
        let instance = self.pre.instantiate_async(&mut store).await?;
        let guest = self.actions.load(&mut store, &instance)?;
        let reply = guest.call_handle(&mut store, &given(call)).await?;
        reply.map_err(|failure| failure.message)?;
        Ok(store.into_data().canned.written.len())
    }
}

fn given(call: &inlay_host::platform::wasm::Call) -> types::Call {
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

fn settings(pagemap_scan: Enabled) -> Config {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(64)
        .total_core_instances(256)
        .total_memories(64)
        .total_tables(256)
        .total_stacks(64)
        .max_memory_size(64 << 20)
        .table_elements(10_000)
        .linear_memory_keep_resident(256 << 10)
        .table_keep_resident(64 << 10)
        .pagemap_scan(pagemap_scan);
    let mut config = Config::new();
    config.wasm_component_model(true).epoch_interruption(true);
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    config
}
