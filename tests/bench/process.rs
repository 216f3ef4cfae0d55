//! The host as a process: how soon it answers, and what it holds while idle.
use crate::{Done, percentile};
use inlay_host::base::clock::Clock;
use inlay_host::base::secret::Secret;
use inlay_host::features::identity::Identity;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// Signs the visitors of a measurement and nothing else.
pub const SECRET: &str = "a-secret-for-measurements-only-0123456789";
const STARTS: usize = 11;
static FOLDERS: AtomicUsize = AtomicUsize::new(0);

/// A data folder whose plugins are compiled, removed at the end.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Done<Folder> {
        // Beside the binary: on the disk that the target folder is on, not in a memory file system.
        let binary = Path::new(env!("CARGO_BIN_EXE_inlay"));
        let path = binary.parent().ok_or("the binary is in a folder")?.join(format!(
            "figures-{}-{}",
            std::process::id(),
            FOLDERS.fetch_add(1, Relaxed)
        ));
        std::fs::create_dir_all(&path)?;
        let folder = Folder(path);
        // The first start compiles the plugins.
        drop(Host::start(&folder)?);
        Ok(folder)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub struct Host {
    child: Child,
    pub port: u16,
    /// From the start of the process to the first healthy answer.
    pub took: Duration,
}

impl Host {
    pub fn start(folder: &Folder) -> Done<Host> {
        Host::spawn(Command::new(env!("CARGO_BIN_EXE_inlay")), folder)
    }

    /// On the first core, where the machine has another one for the load, and with room for more data than by default.
    pub fn for_load(folder: &Folder) -> Done<Host> {
        let mut command = Command::new("taskset");
        command.args(["-c", "0", env!("CARGO_BIN_EXE_inlay")]);
        if !has_two_cores() || Command::new("taskset").arg("--version").output().is_err() {
            command = Command::new(env!("CARGO_BIN_EXE_inlay"));
        }
        command.env("INLAY_PLUGINS_STATE_QUOTA_BYTES", (1u64 << 30).to_string());
        Host::spawn(command, folder)
    }

    fn spawn(mut command: Command, folder: &Folder) -> Done<Host> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        command.args(["serve", "--listen", &format!("127.0.0.1:{port}"), "--data"]).arg(folder.path());
        command.env("INLAY_AUTH_SECRET", SECRET).env("INLAY_LOG_LEVEL", "warn");
        command.envs(["IP", "USER", "KEY"].map(|class| (format!("INLAY_LIMITS_PER_{class}"), "0")));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::inherit());
        let began = Instant::now();
        let mut host = Host { child: command.spawn()?, port, took: Duration::ZERO };
        while !host.healthy() {
            if let Some(status) = host.child.try_wait()? {
                return Err(format!("the host ended with {status}").into());
            }
            if began.elapsed() > Duration::from_secs(60) {
                return Err("the host does not become healthy".into());
            }
            std::thread::sleep(Duration::from_micros(500));
        }
        host.took = began.elapsed();
        Ok(host)
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    fn healthy(&self) -> bool {
        let ask = || -> std::io::Result<bool> {
            let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
            stream.write_all(b"GET /api/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer)?;
            Ok(answer.starts_with("HTTP/1.1 200"))
        };
        ask().unwrap_or(false)
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let pid = i32::try_from(self.child.id()).ok().and_then(rustix::process::Pid::from_raw);
        if let Some(pid) = pid {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        }
        let _ = self.child.wait();
    }
}

fn has_two_cores() -> bool {
    std::thread::available_parallelism().is_ok_and(|cores| cores.get() >= 2)
}

/// Binds the calling thread to a core, where there are two.
pub fn take_core(core: usize) {
    if has_two_cores() {
        let mut set = rustix::thread::CpuSet::new();
        set.set(core);
        // Where it is not allowed, the figures are lower.
        let _ = rustix::thread::sched_setaffinity(None, &set);
    }
}

/// Signs what the measured hosts accept.
pub fn identity() -> Identity {
    Identity::new(&Secret::new(SECRET.as_bytes().to_vec()), &[], Clock::system())
}

/// A signed visitor id.
pub fn visitor() -> String {
    identity().mint_visitor().1
}

pub fn start(folder: &Folder) -> Done<Value> {
    let mut millis = Vec::new();
    for _ in 0..STARTS {
        millis.push(Host::start(folder)?.took.as_secs_f64() * 1e3);
    }
    let (middle, worst) = (percentile(&mut millis, 0.5), percentile(&mut millis, 1.0));
    println!(
        "\nStart to the first healthy answer, compiled plugins on disk\n  median of {STARTS}  {middle:.0} ms, slowest {worst:.0} ms  (goal: 100 ms)"
    );
    Ok(json!({"median_ms": middle, "slowest_ms": worst, "goal": 100}))
}

pub fn memory(folder: &Folder) -> Done<Value> {
    let host = Host::start(folder)?;
    std::thread::sleep(Duration::from_secs(2));
    let idle = resident(host.id())?;
    println!(
        "\nMemory, idle for two seconds after the start\n  RSS {:.1} MiB, PSS {:.1} MiB  (goal: 40 MiB RSS)",
        idle.0, idle.1
    );
    Ok(json!({"rss_mib": idle.0, "pss_mib": idle.1, "goal": 40}))
}

/// Resident and proportional memory in MiB.
pub fn resident(pid: u32) -> Done<(f64, f64)> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?;
    let mib = |name: &str| {
        let line = text.lines().find(|line| line.starts_with(name));
        line.and_then(|line| line.split_whitespace().nth(1)?.parse::<f64>().ok()).map_or(f64::NAN, |kib| kib / 1024.0)
    };
    Ok((mib("Rss:"), mib("Pss:")))
}

/// Seconds of processor time of a process so far, user and system.
pub fn cpu_seconds(pid: u32) -> Done<f64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let fields: Vec<&str> = text.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<f64>().ok()).unwrap_or(0.0);
    // Linux has counted in hundredths towards programs since there is this file.
    Ok((ticks(11) + ticks(12)) / 100.0)
}
