//! The virtual WASI of a call: no files, no sockets, no environment; the clock stands still, randomness is seeded by the
//! call, stderr goes to the log. A guest that asks for more than this does not link.
use super::instance::CallState;
use rand::SeedableRng;
use rand::rngs::StdRng;
use std::time::Duration;
use wasmtime::Result;
use wasmtime::component::Linker;
use wasmtime_wasi::cli::{WasiCli, WasiCliView};
use wasmtime_wasi::clocks::{HostMonotonicClock, HostWallClock};
use wasmtime_wasi::filesystem::{WasiFilesystem, WasiFilesystemView};
use wasmtime_wasi::p2::bindings::{cli, filesystem, random};
use wasmtime_wasi::p2::pipe::MemoryOutputPipe;
use wasmtime_wasi::random::WasiRandom;
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};

/// Bytes of stderr that are kept of one call.
const STDERR_BYTES: usize = 4 * 1024;
/// Bytes of randomness that one request may ask for.
const RANDOM_BYTES: u64 = 64 * 1024;

/// Made only when a guest first asks for something of WASI, which most calls never do.
pub(super) struct LazyWasi {
    now_ms: u64,
    seed: [u8; 32],
    made: Option<Box<WasiCtx>>,
    stderr: Option<MemoryOutputPipe>,
}

impl LazyWasi {
    pub(super) fn new(now_ms: u64, seed: [u8; 32]) -> LazyWasi {
        LazyWasi { now_ms, seed, made: None, stderr: None }
    }

    /// What the guest wrote to stderr, as text.
    pub(super) fn stderr(&self) -> Option<String> {
        let bytes = self.stderr.as_ref()?.contents();
        (!bytes.is_empty()).then(|| String::from_utf8_lossy(&bytes).trim().to_owned())
    }

    fn ctx(&mut self) -> &mut WasiCtx {
        let LazyWasi { now_ms, seed, made, stderr } = self;
        made.get_or_insert_with(|| {
            let pipe = MemoryOutputPipe::new(STDERR_BYTES);
            *stderr = Some(pipe.clone());
            let insecure_seed = u128::from_le_bytes(seed.first_chunk().copied().unwrap_or_default());
            let ctx = WasiCtxBuilder::new()
                .stderr(pipe)
                .wall_clock(StandingClock(Duration::from_millis(*now_ms)))
                .monotonic_clock(StandingClock(Duration::from_millis(*now_ms)))
                .secure_random(StdRng::from_seed(*seed))
                .insecure_random(StdRng::from_seed(*seed))
                .insecure_random_seed(insecure_seed)
                .max_random_size(RANDOM_BYTES)
                .allow_tcp(false)
                .allow_udp(false)
                .build();
            Box::new(ctx)
        })
    }
}

/// Frozen for the whole call: the same input gives the same answer, on a re-run too.
struct StandingClock(Duration);

impl HostWallClock for StandingClock {
    fn resolution(&self) -> Duration {
        Duration::from_millis(1)
    }
    fn now(&self) -> Duration {
        self.0
    }
}

impl HostMonotonicClock for StandingClock {
    fn resolution(&self) -> u64 {
        1_000_000
    }
    fn now(&self) -> u64 {
        // Saturates in the year 2554.
        u64::try_from(self.0.as_nanos()).unwrap_or(u64::MAX)
    }
}

impl WasiView for CallState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: self.wasi.ctx(), table: &mut self.table }
    }
}

/// Links what a program of the wasip2 target needs to start and to panic. Sockets are not among it, so a guest that
/// imports them is refused by name. The file interfaces are there because the standard library imports them; without a
/// preopened folder they lead nowhere.
pub(super) fn add_to(linker: &mut Linker<CallState>) -> Result<()> {
    wasmtime_wasi::p2::add_to_linker_proxy_interfaces_async(linker)?;
    random::insecure::add_to_linker::<_, WasiRandom>(linker, |t| t.ctx().ctx.random())?;
    random::insecure_seed::add_to_linker::<_, WasiRandom>(linker, |t| t.ctx().ctx.random())?;
    cli::exit::add_to_linker::<_, WasiCli>(linker, CallState::cli)?;
    cli::environment::add_to_linker::<_, WasiCli>(linker, CallState::cli)?;
    cli::terminal_input::add_to_linker::<_, WasiCli>(linker, CallState::cli)?;
    cli::terminal_output::add_to_linker::<_, WasiCli>(linker, CallState::cli)?;
    cli::terminal_stdin::add_to_linker::<_, WasiCli>(linker, CallState::cli)?;
    cli::terminal_stdout::add_to_linker::<_, WasiCli>(linker, CallState::cli)?;
    cli::terminal_stderr::add_to_linker::<_, WasiCli>(linker, CallState::cli)?;
    filesystem::types::add_to_linker::<_, WasiFilesystem>(linker, CallState::filesystem)?;
    filesystem::preopens::add_to_linker::<_, WasiFilesystem>(linker, CallState::filesystem)?;
    Ok(())
}
