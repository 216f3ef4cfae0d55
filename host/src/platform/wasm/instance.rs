//! One call: a fresh store and instance, its limits, its deadline. Nothing survives it but what the host was told.
use super::abi_v1::{Exports, Imports};
use super::engine::{Compiled, Inner, Sandbox};
use super::missing;
use super::wasi::{self, LazyWasi};
use super::{Call, Ended, Failure, Fault, FaultKind, HostCalls, Limits, Reply, Usage};
use crate::base::error::{Code, Error, Result};
use crate::base::secret::sha256;
use rustix::time::{ClockId, clock_gettime};
use std::any::Any;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::time::{Duration, Instant};
use tokio::sync::{Semaphore, SemaphorePermit};
use wasmtime::component::{InstancePre, Linker, ResourceTable};
use wasmtime::{ResourceLimiter, Store, Trap};

/// Elements of one table.
const TABLE_ELEMENTS: usize = 10_000;
/// Resource handles (buckets, streams) that one call may hold.
const HANDLES: usize = 1_000;

/// What a store carries during one call.
pub(super) struct CallState {
    pub(super) host: Box<dyn HostCalls>,
    pub(super) table: ResourceTable,
    pub(super) wasi: LazyWasi,
    pub(super) host_calls: u32,
    pub(super) max_host_calls: u32,
    /// The last line of level error: a panic's text arrives there before the trap.
    pub(super) last_error: Option<String>,
    ceiling: Ceiling,
}

/// Raised by a host function to end the call with this fault.
#[derive(Debug)]
pub(super) struct LimitHit(pub(super) FaultKind);

impl std::fmt::Display for LimitHit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.word())
    }
}

impl std::error::Error for LimitHit {}

/// Bounds memory over all linear memories of the call, and remembers the high-water mark.
struct Ceiling {
    max: usize,
    used: usize,
    denied: bool,
}

impl ResourceLimiter for Ceiling {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let total = self.used.saturating_add(desired.saturating_sub(current));
        self.denied |= total > self.max;
        if total > self.max {
            return Ok(false);
        }
        self.used = total;
        Ok(true)
    }

    fn table_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        Ok(desired <= TABLE_ELEMENTS)
    }
}

/// How many calls of one plugin may run and wait.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    pub concurrency: usize,
    pub queue: usize,
    pub wait: Duration,
}

/// A plugin version, linked to what it was granted: ready to be called.
pub struct Loaded {
    sandbox: Arc<Inner>,
    pre: InstancePre<CallState>,
    exports: Exports,
    turns: Semaphore,
    waiting: AtomicUsize,
    entry: Entry,
}

impl Sandbox {
    /// Links a component to the interfaces it may use. Errors: `plugin_invalid` naming what is missing or misshapen.
    pub async fn link(&self, compiled: &Compiled, allowed: Imports, entry: Entry) -> Result<Loaded> {
        let sandbox = self.inner().clone();
        let refused = |why: String| Error::new(Code::PluginInvalid, format!("The plugin is refused: {why}"));
        if let Some(why) = missing::imports(&sandbox.engine, &compiled.component, allowed) {
            return Err(refused(why));
        }
        let mut linker = Linker::new(&sandbox.engine);
        wasi::add_to(&mut linker).map_err(Error::internal)?;
        allowed.add_to(&mut linker).map_err(Error::internal)?;
        let pre = linker.instantiate_pre(&compiled.component).map_err(|e| refused(missing::shape(&e)))?;
        let exports = Exports::find(&pre).map_err(refused)?;
        let loaded = Loaded {
            sandbox,
            pre,
            exports,
            turns: Semaphore::new(entry.concurrency),
            waiting: AtomicUsize::new(0),
            entry,
        };
        loaded.probe().await.map_err(|fault| refused(not_instantiated(&fault)))?;
        Ok(loaded)
    }
}

fn not_instantiated(fault: &Fault) -> String {
    let why: String = fault.message.chars().filter(|c| !c.is_control()).take(300).collect();
    format!("it cannot be instantiated ({}): {why}", fault.kind.word())
}

/// Limits of what happens while a plugin is being looked at.
const INSPECTION: Limits = Limits {
    cpu: Duration::from_millis(500),
    wall: Duration::from_secs(3),
    memory: 64 << 20,
    output: 4 << 20,
    host_calls: 1_000,
};

impl Loaded {
    pub fn has_actions(&self) -> bool {
        self.exports.has_actions()
    }

    pub fn has_loaders(&self) -> bool {
        self.exports.has_loaders()
    }

    async fn probe(&self) -> Result<(), Fault> {
        // A start function may never end.
        let _ticking = self.sandbox.ticker.keep();
        let mut store = self.store(Box::new(super::Nothing), "probe", 0, &INSPECTION);
        let (ended, _) = timed(&INSPECTION, self.exports.probe(&mut store, &self.pre)).await;
        ended.map_err(|stop| self.fault(stop, store.data()))
    }

    /// What the plugin says of itself: JSON text, unchecked.
    pub async fn describe(&self) -> Result<String, Fault> {
        let _ticking = self.sandbox.ticker.keep();
        let mut store = self.store(Box::new(super::Nothing), "describe", 0, &INSPECTION);
        let (ended, _) = timed(&INSPECTION, self.exports.describe(&mut store, &self.pre)).await;
        ended.map_err(|stop| self.fault(stop, store.data()))
    }

    /// Runs an action. The host comes back with what it was told, also when the call failed.
    pub async fn handle<H: HostCalls>(
        &self,
        call: &Call,
        host: H,
        limits: &Limits,
    ) -> (Ended<Reply>, Usage, Option<H>) {
        let (ended, usage, host) =
            self.run(call, host, limits, async |store| self.exports.handle(store, &self.pre, call).await).await;
        (ended.and_then(|answer| bounded(answer, limits, reply_size)), usage, host)
    }

    /// Runs a query: the answer is JSON text, not yet parsed.
    pub async fn load<H: HostCalls>(&self, call: &Call, host: H, limits: &Limits) -> (Ended<String>, Usage, Option<H>) {
        let (ended, usage, host) =
            self.run(call, host, limits, async |store| self.exports.load(store, &self.pre, call).await).await;
        (ended.and_then(|answer| bounded(answer, limits, String::len)), usage, host)
    }

    async fn run<H: HostCalls, T>(
        &self,
        call: &Call,
        host: H,
        limits: &Limits,
        work: impl AsyncFnOnce(&mut Store<CallState>) -> wasmtime::Result<Result<T, Failure>>,
    ) -> (Ended<T>, Usage, Option<H>) {
        let _turn = match self.turn().await {
            Ok(turn) => turn,
            Err(fault) => return (Err(fault), Usage::default(), Some(host)),
        };
        let _ticking = self.sandbox.ticker.keep();
        let started = Instant::now();
        let mut store = self.store(Box::new(host), &call.id, call.now_ms, limits);
        let (ended, cpu) = timed(limits, work(&mut store)).await;
        let ended = ended.map_err(|stop| self.fault(stop, store.data()));
        let state = store.into_data();
        let usage = Usage { cpu, wall: started.elapsed(), memory: state.ceiling.used, host_calls: state.host_calls };
        let host: Box<dyn Any> = state.host;
        (ended, usage, host.downcast::<H>().ok().map(|host| *host))
    }

    /// Waits for a place among this plugin's calls, and among all. Errors: `plugin.busy`.
    async fn turn(&self) -> Result<(SemaphorePermit<'_>, SemaphorePermit<'_>), Fault> {
        let busy = || Fault::new(FaultKind::Busy, "too many calls are under way");
        if let (Ok(own), Ok(slot)) = (self.turns.try_acquire(), self.sandbox.slots.try_acquire()) {
            return Ok((own, slot));
        }
        if self.waiting.fetch_add(1, Ordering::AcqRel) >= self.entry.queue {
            self.waiting.fetch_sub(1, Ordering::AcqRel);
            return Err(busy());
        }
        let both = async { Ok((self.turns.acquire().await?, self.sandbox.slots.acquire().await?)) };
        let got = tokio::time::timeout(self.entry.wait, both).await;
        self.waiting.fetch_sub(1, Ordering::AcqRel);
        match got {
            Ok(Ok::<_, tokio::sync::AcquireError>(permits)) => Ok(permits),
            _ => Err(busy()),
        }
    }

    fn store(&self, host: Box<dyn HostCalls>, seed: &str, now_ms: u64, limits: &Limits) -> Store<CallState> {
        let mut table = ResourceTable::new();
        table.set_max_capacity(HANDLES);
        let state = CallState {
            host,
            table,
            wasi: LazyWasi::new(now_ms, sha256(seed.as_bytes())),
            host_calls: 0,
            max_host_calls: limits.host_calls,
            last_error: None,
            ceiling: Ceiling { max: limits.memory, used: 0, denied: false },
        };
        let mut store = Store::new(&self.sandbox.engine, state);
        store.limiter(|state| &mut state.ceiling);
        store.set_hostcall_fuel(limits.output.saturating_mul(2));
        // A guest that computes for a whole tick lets other tasks run, then goes on.
        store.set_epoch_deadline(1);
        store.epoch_deadline_async_yield_and_update(1);
        store
    }

    fn fault(&self, stop: Stop, state: &CallState) -> Fault {
        let said = state.last_error.clone().or_else(|| state.wasi.stderr()).unwrap_or_default();
        let error = match stop {
            Stop::Cpu => return Fault::new(FaultKind::Cpu, "used up its CPU time"),
            Stop::Wall => return Fault::new(FaultKind::Wall, "took too long, waiting for the host included"),
            Stop::Error(error) => error,
        };
        let kind = match (error.downcast_ref::<LimitHit>(), error.downcast_ref::<Trap>()) {
            (Some(hit), _) => hit.0,
            (None, _) if state.ceiling.denied => FaultKind::Memory,
            (None, Some(Trap::StackOverflow)) => FaultKind::Stack,
            (None, Some(_)) => FaultKind::Trap,
            (None, None) if error.root_cause().to_string().contains("fuel") => FaultKind::Output,
            (None, None) => FaultKind::Abi,
        };
        let cause = error.root_cause().to_string();
        Fault::new(kind, if said.is_empty() { cause } else { format!("{said} ({cause})") })
    }
}

/// Why a call was ended from outside, or by itself with an error.
enum Stop {
    Cpu,
    Wall,
    Error(wasmtime::Error),
}

/// Drives the work within its CPU budget and its wall limit. The CPU time is the thread's own, taken around every poll,
/// so a loaded machine costs an innocent call nothing; a call may move between threads from poll to poll.
async fn timed<T>(
    limits: &Limits,
    work: impl Future<Output = wasmtime::Result<T>>,
) -> (std::result::Result<T, Stop>, Duration) {
    let mut cpu = Duration::ZERO;
    let mut work = pin!(work);
    let metered = poll_fn(|cx| {
        let before = thread_cpu();
        let polled = work.as_mut().poll(cx);
        cpu += thread_cpu().saturating_sub(before);
        match polled {
            Poll::Ready(done) => Poll::Ready(done.map_err(Stop::Error)),
            Poll::Pending if cpu > limits.cpu => Poll::Ready(Err(Stop::Cpu)),
            Poll::Pending => Poll::Pending,
        }
    });
    let ended = tokio::time::timeout(limits.wall, metered).await.unwrap_or(Err(Stop::Wall));
    (ended, cpu)
}

fn thread_cpu() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or(0))
}

fn reply_size(reply: &Reply) -> usize {
    let render = reply.render.as_ref().map_or(0, |r| r.widget.len() + r.data.len() + r.mode.len());
    let extra: usize = reply.extra.iter().map(|(k, v)| k.len() + v.len()).sum();
    render + extra + reply.data.as_ref().map_or(0, String::len)
}

fn bounded<T>(answer: Result<T, Failure>, limits: &Limits, size: impl Fn(&T) -> usize) -> Ended<T> {
    let bytes = match &answer {
        Ok(reply) => size(reply),
        Err(f) => f.code.len() + f.message.len() + f.detail.as_ref().map_or(0, String::len),
    };
    if bytes > limits.output {
        return Err(Fault::new(FaultKind::Output, format!("answered with {bytes} bytes of at most {}", limits.output)));
    }
    Ok(answer)
}
