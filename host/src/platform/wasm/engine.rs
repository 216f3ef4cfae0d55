//! One engine for the process: its settings, the epoch ticker, compiling and the cache of compiled code.
use super::abi_v1::Imports;
use super::cache::Cache;
use super::check::{self, Bounds};
use super::compiler::{self, Compiler};
use super::precompiled;
use crate::base::error::{Code, Error, Result};
use crate::base::secret::{hex, sha256};
use bytes::Bytes;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{JoinHandle, Thread};
use std::time::Duration;
use tokio::sync::Semaphore;
use wasmtime::component::Component;
use wasmtime::{Config, Enabled, Engine, EngineWeak, InstanceAllocationStrategy, PoolingAllocationConfig};

/// How often a guest that computes gives other tasks a turn, and how finely its CPU time is cut.
const TICK: Duration = Duration::from_millis(2);
/// Bytes of wasm stack; a deeper recursion traps.
const WASM_STACK: usize = 512 * 1024;
const ASYNC_STACK: usize = 1024 * 1024;
/// Kept mapped between calls so that a fresh instance faults in no pages (measured: 43 us to 19 us a call).
const MEMORY_KEEP: usize = 256 * 1024;
const TABLE_KEEP: usize = 64 * 1024;

#[derive(Clone, Debug)]
pub struct SandboxSettings {
    /// Calls at once, over all plugins: slots of the instance pool.
    pub instances: u32,
    /// Largest linear memory that any plugin may ask for, in bytes.
    pub memory_ceiling: usize,
    pub max_component_bytes: usize,
    /// Where compiled code is kept; `None` compiles at every start.
    pub cache: Option<Cache>,
    /// Who compiles; `None`: this process itself, which only tests and measurements should do.
    pub compiler: Option<Compiler>,
}

/// The engine and what belongs to it. Cheap to clone.
#[derive(Clone)]
pub struct Sandbox(Arc<Inner>);

pub(super) struct Inner {
    pub(super) engine: Engine,
    /// In front of the pool, which answers with an error at once when it is exhausted.
    pub(super) slots: Semaphore,
    pub(super) ticker: Ticker,
    settings: SandboxSettings,
    fingerprint: String,
    /// One compilation at a time: an upload may not take every core.
    compiling: tokio::sync::Mutex<()>,
    pagemap_scan: bool,
}

/// A component that passed the checks and was compiled.
#[derive(Clone)]
pub struct Compiled {
    pub(super) component: Component,
    /// SHA-256 of the component's bytes, in hex.
    pub digest: String,
    /// What it imports of `inlay:plugin`.
    pub used: Imports,
    /// Whether it was compiled now and not taken from the cache.
    pub fresh: bool,
}

impl Sandbox {
    pub fn new(settings: SandboxSettings) -> Result<Sandbox> {
        let (engine, pagemap_scan) = match Engine::new(&config(&settings, Enabled::Yes)) {
            Ok(engine) => (engine, true),
            Err(_) => (Engine::new(&config(&settings, Enabled::No)).map_err(unusable)?, false),
        };
        let fingerprint = fingerprint(&engine);
        let slots = Semaphore::new(settings.instances as usize);
        let ticker = Ticker::start(engine.weak())?;
        let compiling = tokio::sync::Mutex::new(());
        Ok(Sandbox(Arc::new(Inner { engine, slots, ticker, settings, fingerprint, compiling, pagemap_scan })))
    }

    /// Whether the kernel helps to reset instances quickly (Linux 6.7 or newer); without it calls cost twice as much.
    pub fn pagemap_scan(&self) -> bool {
        self.0.pagemap_scan
    }

    pub(super) fn inner(&self) -> &Arc<Inner> {
        &self.0
    }

    /// Checks and compiles a component, or takes its code from the cache. Errors: `plugin_invalid`, saying what an
    /// author can mend.
    pub async fn compile(&self, bytes: Bytes) -> Result<Compiled> {
        let digest = hex(&sha256(&bytes));
        if let Some(compiled) = self.cached(&digest).await? {
            return Ok(compiled);
        }
        let _turn = self.0.compiling.lock().await;
        // Somebody else may have compiled it while this one waited.
        if let Some(compiled) = self.cached(&digest).await? {
            return Ok(compiled);
        }
        let code = self.code(bytes).await?;
        self.blocking(move |inner| inner.keep_and_load(digest, &code)).await?
    }

    /// Takes what was compiled for a plugin that is refused after all out of the cache. `digest`: of the component, in hex.
    pub async fn forget(&self, digest: &str) {
        let digest = digest.to_owned();
        let _ = self
            .blocking(move |inner| {
                if let Some(cache) = &inner.settings.cache {
                    cache.remove(&inner.name(&digest));
                }
            })
            .await;
    }

    async fn cached(&self, digest: &str) -> Result<Option<Compiled>> {
        let digest = digest.to_owned();
        self.blocking(move |inner| inner.cached(digest)).await
    }

    /// By the child process, or here. The cheap questions are asked here in any case: junk starts no process.
    async fn code(&self, bytes: Bytes) -> Result<Vec<u8>> {
        let bounds = self.0.bounds();
        check::glance(&bytes, &bounds).map_err(invalid)?;
        let Some(compiler) = &self.0.settings.compiler else {
            return self
                .blocking(move |inner| {
                    check::check(&bytes, &bounds).map_err(invalid)?;
                    compiler::precompile(&inner.engine, &bytes).map_err(invalid)
                })
                .await?;
        };
        let folder = self.0.settings.cache.as_ref().map(|cache| cache.folder.as_path());
        compiler.compile(&bytes, bounds, &self.0.fingerprint, folder).await
    }

    async fn blocking<T: Send + 'static>(&self, work: impl FnOnce(&Inner) -> T + Send + 'static) -> Result<T> {
        let inner = self.0.clone();
        tokio::task::spawn_blocking(move || work(&inner)).await.map_err(Error::internal)
    }
}

fn invalid(why: String) -> Error {
    Error::new(Code::PluginInvalid, format!("The plugin is refused: {why}"))
}

impl Inner {
    fn name(&self, digest: &str) -> String {
        format!("{digest}-{}", self.fingerprint)
    }

    fn bounds(&self) -> Bounds {
        Bounds { bytes: self.settings.max_component_bytes, memory: self.settings.memory_ceiling }
    }

    fn cached(&self, digest: String) -> Option<Compiled> {
        let code = self.settings.cache.as_ref()?.get(&self.name(&digest))?;
        match precompiled::load(&self.engine, &code) {
            Ok(component) => Some(self.compiled(component, digest, false)),
            Err(error) => {
                tracing::warn!(%error, "a compiled plugin in the cache cannot be loaded; compiling it again");
                None
            }
        }
    }

    fn keep_and_load(&self, digest: String, code: &[u8]) -> Result<Compiled> {
        let component = precompiled::load(&self.engine, code).map_err(Error::internal)?;
        if let Some(cache) = &self.settings.cache
            && let Err(error) = cache.put(&self.name(&digest), code)
        {
            tracing::warn!(%error, "the compiled plugin cannot be cached; the next start compiles it again");
        }
        Ok(self.compiled(component, digest, true))
    }

    fn compiled(&self, component: Component, digest: String, fresh: bool) -> Compiled {
        let used = Imports::used(&self.engine, &component);
        Compiled { component, digest, used, fresh }
    }
}

fn unusable(error: wasmtime::Error) -> Error {
    let why = "The plugin engine cannot start: the memory that the instance pool reserves is not available; lower \
               plugins.instances or lift the limit on address space (ulimit -v)";
    Error::new(Code::InvalidSetting, why).caused_by(error)
}

fn config(settings: &SandboxSettings, pagemap_scan: Enabled) -> Config {
    let mut pool = PoolingAllocationConfig::new();
    let slots = settings.instances;
    pool.total_component_instances(slots)
        .total_core_instances(slots.saturating_mul(4))
        .total_memories(slots)
        .total_tables(slots.saturating_mul(4))
        .total_stacks(slots)
        .max_core_instances_per_component(20)
        .max_memories_per_component(3)
        .max_tables_per_component(8)
        .max_memory_size(settings.memory_ceiling)
        .table_elements(10_000)
        .linear_memory_keep_resident(MEMORY_KEEP)
        .table_keep_resident(TABLE_KEEP)
        .pagemap_scan(pagemap_scan);
    let mut config = code_config();
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    config
}

/// All that decides what the code looks like. How instances are allocated is not part of it, so the compiler's process
/// needs no pool, and can be given little memory.
fn code_config() -> Config {
    let mut config = Config::new();
    config.wasm_component_model(true).epoch_interruption(true);
    config.max_wasm_stack(WASM_STACK).async_stack_size(ASYNC_STACK);
    // One input, one answer, on every machine: no bits of a NaN may differ.
    config.cranelift_nan_canonicalization(true).wasm_relaxed_simd(false);
    config
}

/// An engine that compiles for the engines of hosts and runs nothing.
pub(super) fn for_compiling() -> wasmtime::Result<Engine> {
    Engine::new(&code_config())
}

/// Tells engines apart whose code differs. Part of a compiled file's name: code of another engine or configuration is
/// never even opened.
pub(super) fn fingerprint(engine: &Engine) -> String {
    let mut hasher = DefaultHasher::new();
    engine.precompile_compatibility_hash().hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

/// A thread that advances the engine's epoch while calls are under way, and sleeps while none is.
pub(super) struct Ticker {
    active: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
    thread: Thread,
    handle: Option<JoinHandle<()>>,
}

impl Ticker {
    fn start(engine: EngineWeak) -> Result<Ticker> {
        let active = Arc::new(AtomicUsize::new(0));
        let stop = Arc::new(AtomicBool::new(false));
        let (seen, ended) = (active.clone(), stop.clone());
        let run = move || {
            while !ended.load(Ordering::Acquire) {
                if seen.load(Ordering::Acquire) == 0 {
                    std::thread::park();
                    continue;
                }
                std::thread::sleep(TICK);
                match engine.upgrade() {
                    Some(engine) => engine.increment_epoch(),
                    None => return,
                }
            }
        };
        let handle = std::thread::Builder::new().name("inlay-ticker".into()).spawn(run).map_err(Error::internal)?;
        Ok(Ticker { active, stop, thread: handle.thread().clone(), handle: Some(handle) })
    }

    /// Ticks go on at least as long as the answer lives.
    pub(super) fn keep(&self) -> Ticking<'_> {
        if self.active.fetch_add(1, Ordering::AcqRel) == 0 {
            self.thread.unpark();
        }
        Ticking(&self.active)
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        self.thread.unpark();
        if let Some(handle) = self.handle.take()
            && handle.join().is_err()
        {
            tracing::error!("the epoch ticker ended with a panic");
        }
    }
}

pub(super) struct Ticking<'a>(&'a AtomicUsize);

impl Drop for Ticking<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sandbox() -> Sandbox {
        let (instances, memory_ceiling) = (4, 8 << 20);
        let settings =
            SandboxSettings { instances, memory_ceiling, max_component_bytes: 1 << 20, cache: None, compiler: None };
        Sandbox::new(settings).unwrap()
    }

    #[test]
    fn code_of_an_engine_without_a_pool_runs_in_the_pool() {
        let sandbox = sandbox();
        let small = for_compiling().unwrap();
        assert_eq!(fingerprint(&small), sandbox.0.fingerprint);
        let component = wat::parse_str("(component (core module $m (func)) (core instance (instantiate $m)))").unwrap();
        let code = compiler::precompile(&small, &component).unwrap();
        precompiled::load(&sandbox.0.engine, &code).unwrap();
        let other = Engine::new(code_config().epoch_interruption(false)).unwrap();
        assert_ne!(fingerprint(&other), sandbox.0.fingerprint);
        let code = compiler::precompile(&other, &component).unwrap();
        assert!(precompiled::load(&sandbox.0.engine, &code).is_err(), "code that nobody could stop");
    }

    #[tokio::test]
    async fn a_refusal_is_for_the_author() {
        let refused = sandbox().compile(Bytes::from_static(b"junk")).await.err().unwrap();
        assert_eq!(refused.code, Code::PluginInvalid);
        assert!(refused.detail.contains("not a .wasm"), "{refused}");
    }
}
