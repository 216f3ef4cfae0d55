//! One engine for the process: its settings, the epoch ticker, compiling and the cache of compiled code.
use super::abi_v1::Imports;
use super::{check, precompiled};
use crate::base::error::{Code, Error, Result};
use crate::base::secret::{hex, sha256};
use bytes::Bytes;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;
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
    /// The folder of compiled code; `None` compiles at every start.
    pub cache: Option<PathBuf>,
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
    /// Part of a compiled file's name: code of another engine or configuration is never even opened.
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
}

impl Sandbox {
    pub fn new(settings: SandboxSettings) -> Result<Sandbox> {
        let (engine, pagemap_scan) = match Engine::new(&config(&settings, Enabled::Yes)) {
            Ok(engine) => (engine, true),
            Err(_) => (Engine::new(&config(&settings, Enabled::No)).map_err(unusable)?, false),
        };
        let mut hasher = DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut hasher);
        let fingerprint = format!("{:016x}", hasher.finish());
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
        let _turn = self.0.compiling.lock().await;
        let inner = self.0.clone();
        tokio::task::spawn_blocking(move || inner.compile(&bytes)).await.map_err(Error::internal)?
    }
}

impl Inner {
    fn compile(&self, bytes: &[u8]) -> Result<Compiled> {
        let digest = hex(&sha256(bytes));
        let file = self.settings.cache.as_ref().map(|dir| dir.join(format!("{digest}-{}.cwasm", self.fingerprint)));
        let cached = file.as_ref().and_then(|file| precompiled::load(&self.engine, file));
        let component = match cached {
            Some(component) => component,
            None => {
                let invalid = |why: String| Error::new(Code::PluginInvalid, format!("The plugin is refused: {why}"));
                check::check(bytes, self.settings.max_component_bytes).map_err(invalid)?;
                let component =
                    Component::new(&self.engine, bytes).map_err(|e| invalid(format!("it does not compile: {e}")))?;
                if let Some(file) = &file
                    && let Err(error) = precompiled::save(&component, file)
                {
                    tracing::warn!(%error, "the compiled plugin cannot be cached; the next start compiles it again");
                }
                component
            }
        };
        let used = Imports::used(&self.engine, &component);
        Ok(Compiled { component, digest, used })
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
    let mut config = Config::new();
    config
        .wasm_component_model(true)
        .epoch_interruption(true)
        .max_wasm_stack(WASM_STACK)
        .async_stack_size(ASYNC_STACK)
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    // One input, one answer, on every machine: no bits of a NaN may differ.
    config.cranelift_nan_canonicalization(true).wasm_relaxed_simd(false);
    config
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
