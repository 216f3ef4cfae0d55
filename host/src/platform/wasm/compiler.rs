//! Compiling happens in a child process of this same binary, which can be killed: wasmtime promises no bound on what
//! compiling costs, so the child gets limits of memory and of processor time, and a parent that does not wait for ever.
//!
//! The component goes in by stdin; the code, or a refusal in words, comes out by stdout. The child has no key, no
//! environment and no file to write, and the parent believes nothing of it but code marked with the engine's
//! fingerprint.
use super::check::{self, Bounds};
use super::engine;
use crate::base::error::{Code, Error, Result};
use rustix::process::{Resource, Rlimit, Signal, set_parent_process_death_signal, setrlimit};
use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, ExitStatus, Stdio};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};

/// The hidden verb of the binary that is the compiler.
pub const VERB: &str = "compile-component";
/// Exit code of a refusal; its words are on stdout.
const REFUSED: u8 = 3;
/// Bytes of code that are taken: code is about five times as large as the component.
const MAX_CODE: u64 = 256 << 20;
const MAX_WORDS: usize = 2_000;
/// Threads of one compilation. Each costs address space, which is limited.
const THREADS: &str = "2";

/// What one compilation may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CompileLimits {
    /// Seconds of processor time, all threads together.
    pub cpu_s: u64,
    /// From start to end; counts also where the machine is busy with others.
    pub wall: Duration,
    /// MiB of address space.
    pub memory_mib: u64,
}

/// The program that compiles, and how much of the machine it gets.
#[derive(Clone, Debug)]
pub struct Compiler {
    /// This binary.
    pub program: PathBuf,
    pub limits: CompileLimits,
}

/// What the child is told on its command line.
#[derive(Clone, Copy, Debug)]
pub struct Job {
    pub limits: CompileLimits,
    pub bounds: Bounds,
}

impl Job {
    fn arguments(&self) -> [String; 4] {
        let Job { limits, bounds } = self;
        [limits.cpu_s, limits.memory_mib, bounds.bytes as u64, bounds.memory as u64].map(|number| number.to_string())
    }

    /// The arguments behind the verb; `None` when they are not what a parent of this binary sends.
    pub fn of(arguments: &[String]) -> Option<Job> {
        let numbers = arguments.iter().map(|text| text.parse().ok()).collect::<Option<Vec<u64>>>()?;
        let &[cpu_s, memory_mib, bytes, memory] = numbers.as_slice() else { return None };
        let bounds = Bounds { bytes: usize::try_from(bytes).ok()?, memory: usize::try_from(memory).ok()? };
        Some(Job { limits: CompileLimits { cpu_s, wall: Duration::MAX, memory_mib }, bounds })
    }
}

fn invalid(why: impl std::fmt::Display) -> Error {
    Error::new(Code::PluginInvalid, format!("The plugin is refused: {why}"))
}

impl Compiler {
    /// Code of the component. Errors: `plugin_invalid` with the child's own refusal, or which limit it ran into;
    /// `internal` when the child cannot be started or speaks nonsense.
    pub(super) async fn compile(
        &self,
        component: &[u8],
        bounds: Bounds,
        fingerprint: &str,
        folder: Option<&Path>,
    ) -> Result<Vec<u8>> {
        let mut child = self.start(bounds, folder).map_err(Error::internal)?;
        let wall = self.limits.wall;
        let Ok(ended) = tokio::time::timeout(wall, talk(&mut child, component)).await else {
            // Dropping it would kill it as well; so it is also gone before the next one starts.
            let _ = child.kill().await;
            return Err(invalid(format_args!("it takes more than {} s to compile", wall.as_secs())));
        };
        let said = ended.map_err(Error::internal)?;
        self.judge(said, fingerprint)
    }

    fn start(&self, bounds: Bounds, folder: Option<&Path>) -> std::io::Result<Child> {
        let job = Job { limits: self.limits, bounds };
        let mut command = Command::new(&self.program);
        command.arg(VERB).args(job.arguments());
        // Nothing of the host's environment, which may hold secrets. Arenas and threads would eat address space.
        command.env_clear().env("RAYON_NUM_THREADS", THREADS).env("MALLOC_ARENA_MAX", THREADS);
        command.current_dir(folder.filter(|folder| folder.is_dir()).unwrap_or(Path::new("/")));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        command.spawn()
    }

    fn judge(&self, said: Said, fingerprint: &str) -> Result<Vec<u8>> {
        let Said { status, mut out, err, too_much } = said;
        if too_much {
            return Err(invalid(format_args!("its code would take more than {} MiB", MAX_CODE >> 20)));
        }
        match status.code() {
            Some(0) if out.starts_with(fingerprint.as_bytes()) => Ok(out.split_off(fingerprint.len())),
            Some(code) if code == i32::from(REFUSED) => Err(invalid(plain(&out))),
            _ => Err(self.fallen(status, &plain(&err))),
        }
    }

    /// A child that gave neither code nor words: by a limit, or by a fault of the compiler.
    fn fallen(&self, status: ExitStatus, last_words: &str) -> Error {
        let CompileLimits { cpu_s, memory_mib, .. } = self.limits;
        tracing::warn!(%status, last_words, "the compiler ended without an answer");
        let memory = ["memory allocation of", "Cannot allocate memory", "out of memory", "WouldBlock"];
        match status.signal().and_then(Signal::from_named_raw) {
            Some(Signal::XCPU) => invalid(format_args!("it takes more than {cpu_s} s of processor time to compile")),
            Some(Signal::KILL) => invalid("its compiler was killed from outside, as by a machine short of memory"),
            Some(Signal::SEGV | Signal::ABORT) if last_words.contains("overflowed its stack") => {
                invalid("it does not compile: it is nested too deeply")
            }
            _ if memory.iter().any(|words| last_words.contains(words)) => {
                invalid(format_args!("it takes more than {memory_mib} MiB to compile"))
            }
            _ => invalid("it does not compile: the compiler cannot handle it"),
        }
    }
}

/// All that a child said, and how it ended.
struct Said {
    status: ExitStatus,
    out: Vec<u8>,
    err: Vec<u8>,
    /// It said more than anybody wants to hear, and was killed.
    too_much: bool,
}

async fn talk(child: &mut Child, component: &[u8]) -> std::io::Result<Said> {
    let gone = || std::io::Error::other("the compiler's pipes are gone");
    let mut stdin = child.stdin.take().ok_or_else(gone)?;
    let (stdout, stderr) = (child.stdout.take().ok_or_else(gone)?, child.stderr.take().ok_or_else(gone)?);
    let feed = async {
        // A child that does not want to hear the rest has said why, or will be asked how it ended.
        let _ = stdin.write_all(component).await;
        drop(stdin);
    };
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let listen = async {
        let all = hear(stdout, MAX_CODE, &mut out).await?;
        Ok::<bool, std::io::Error>(!all)
    };
    let complaints = async {
        let _ = hear(stderr, MAX_WORDS as u64, &mut err).await;
    };
    let (_, too_much, ()) = tokio::join!(feed, listen, complaints);
    let too_much = too_much?;
    if too_much {
        child.start_kill()?;
    }
    Ok(Said { status: child.wait().await?, out, err, too_much })
}

/// Reads up to `most` bytes; whether that was all. What is more stays unread: the pipe closes, and its writer ends.
async fn hear(stream: impl AsyncRead + Unpin, most: u64, into: &mut Vec<u8>) -> std::io::Result<bool> {
    let mut bounded = stream.take(most + 1);
    bounded.read_to_end(into).await?;
    Ok(bounded.limit() > 0)
}

/// Words for people, whatever the bytes are.
fn plain(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_WORDS).collect::<String>().trim().to_owned()
}

/// The child: takes its limits on before it reads anything, then checks and compiles.
pub fn run(job: &Job) -> ExitCode {
    if let Err(error) = restrict(&job.limits) {
        return speak(format!("the compiler's limits cannot be set: {error}").as_bytes(), 1);
    }
    let mut component = Vec::new();
    // One byte more than is accepted, so that the check can tell.
    let most = (job.bounds.bytes as u64).saturating_add(1);
    if let Err(error) = std::io::stdin().lock().take(most).read_to_end(&mut component) {
        return speak(format!("the component cannot be read: {error}").as_bytes(), 1);
    }
    match code(&component, &job.bounds) {
        Ok((fingerprint, code)) => {
            let fingerprint = speak(fingerprint.as_bytes(), 0);
            if fingerprint == ExitCode::SUCCESS { speak(&code, 0) } else { fingerprint }
        }
        Err(why) => speak(why.as_bytes(), REFUSED),
    }
}

fn code(component: &[u8], bounds: &Bounds) -> std::result::Result<(String, Vec<u8>), String> {
    check::check(component, bounds)?;
    let engine = engine::for_compiling().map_err(|e| format!("the compiler does not start: {e:#}"))?;
    let code = precompile(&engine, component)?;
    Ok((engine::fingerprint(&engine), code))
}

/// Checks nothing. Errors: words for the author.
pub(super) fn precompile(engine: &wasmtime::Engine, component: &[u8]) -> std::result::Result<Vec<u8>, String> {
    engine.precompile_component(component).map_err(|e| format!("it does not compile: {}", e.root_cause()))
}

fn speak(words: &[u8], code: u8) -> ExitCode {
    let mut out = std::io::stdout().lock();
    match out.write_all(words).and_then(|()| out.flush()) {
        Ok(()) => ExitCode::from(code),
        // Nobody listens any more.
        Err(_) => ExitCode::FAILURE,
    }
}

fn restrict(limits: &CompileLimits) -> std::io::Result<()> {
    let most = |resource, number| setrlimit(resource, Rlimit { current: Some(number), maximum: Some(number) });
    most(Resource::As, limits.memory_mib.saturating_mul(1 << 20))?;
    // At the first it gets SIGXCPU, which the parent can tell from a kill by somebody else.
    let (current, maximum) = (Some(limits.cpu_s), Some(limits.cpu_s.saturating_add(1)));
    setrlimit(Resource::Cpu, Rlimit { current, maximum })?;
    // It writes no file and leaves no core behind.
    most(Resource::Fsize, 0)?;
    most(Resource::Core, 0)?;
    most(Resource::Nofile, 16)?;
    Ok(set_parent_process_death_signal(Some(Signal::KILL))?)
}

#[cfg(test)]
mod tests;
