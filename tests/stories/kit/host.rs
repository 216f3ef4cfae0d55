//! `TestHost`: one `inlay serve` with a data folder of its own.
use super::client::{Client, Visitor};
use super::postgres::{Database, everywhere};
use super::{Folder, scratch};
use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// The first start of a run compiles the bundled plugins; with an unoptimised compiler on a busy machine that takes a while.
const START: Duration = Duration::from_secs(120);
/// Longer than the host's own drain.
const STOP: Duration = Duration::from_secs(30);

pub struct TestHost {
    child: Option<Child>,
    folder: Folder,
    settings: Vec<(String, String)>,
    url: String,
    log: Arc<Mutex<String>>,
    banner: Arc<Mutex<String>>,
    admin: Option<String>,
    /// Dropped after the host has ended.
    database: Option<Arc<Database>>,
    /// Mebibytes of the disk that its data folder is.
    disk: Option<u32>,
    /// The folder of an author, who works on it with `inlay dev`.
    project: Option<PathBuf>,
}

impl TestHost {
    pub async fn start() -> TestHost {
        TestHost::with(&[]).await
    }

    /// Starts with `INLAY_*` variables (or the older names).
    pub async fn with(settings: &[(&str, &str)]) -> TestHost {
        let database = everywhere().then(|| Arc::new(Database::new().expect("INLAY_TEST_POSTGRES names a server")));
        TestHost::on(database, settings).await
    }

    /// Starts on a database that others may share; `None` is SQLite in the host's own folder.
    pub async fn on(database: Option<Arc<Database>>, settings: &[(&str, &str)]) -> TestHost {
        let mut host = TestHost::unstarted(database, settings, None);
        host.launch().await;
        host
    }

    /// Starts with its data on a small disk of its own, that only the host sees; `on_disk` leads there.
    pub async fn on_small_disk(mib: u32) -> TestHost {
        let mut host = TestHost::unstarted(None, &[], Some(mib));
        host.launch().await;
        host
    }

    fn unstarted(database: Option<Arc<Database>>, settings: &[(&str, &str)], disk: Option<u32>) -> TestHost {
        let mut host = TestHost {
            child: None,
            folder: Folder::new("host"),
            settings: settings.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
            url: String::new(),
            log: Arc::default(),
            banner: Arc::default(),
            admin: None,
            database,
            disk,
            project: None,
        };
        if let Some(database) = &host.database {
            host.settings.push(("INLAY_DATA_DATABASE_URL".to_owned(), database.url()));
        }
        host
    }

    /// `inlay dev` on an author's folder.
    pub async fn dev(project: &Path, settings: &[(&str, &str)]) -> TestHost {
        let mut host = TestHost::unstarted(None, settings, None);
        host.project = Some(project.to_owned());
        host.launch().await;
        host
    }

    /// Starts on a backup.
    pub async fn restored(backup: &Path) -> TestHost {
        let mut host = TestHost::unstarted(None, &[], None);
        let (data, backup) = (host.data(), backup.to_str().expect("a path"));
        let output = host.inlay(&["restore", backup, "--data", data.to_str().expect("a path")]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        host.launch().await;
        host
    }

    /// Starts again on the same data folder; the address changes.
    pub async fn restart(&mut self) {
        assert!(self.child.is_none(), "stop or kill the host before it is started again");
        self.launch().await;
    }

    async fn launch(&mut self) {
        let data = self.data();
        let mut command = inlay(self.folder.path(), &self.settings);
        match &self.project {
            Some(project) => command.arg("dev").arg(project),
            None => command.arg("serve"),
        };
        command.args(["--listen", "127.0.0.1:0", "--data"]).arg(&data);
        if let Some(mib) = self.disk {
            std::fs::create_dir_all(&data).expect("a folder to mount on");
            command = on_disk_of(mib, &data, &command);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the inlay binary starts");
        let (found, address) = channel();
        let (out, err) = (child.stdout.take().expect("stdout"), child.stderr.take().expect("stderr"));
        collect(err, self.log.clone(), |_| {});
        collect(out, self.banner.clone(), move |line| {
            if let Some(url) = address_in(line) {
                let _ = found.send(url);
            }
        });
        self.child = Some(child);
        let until = Instant::now() + START;
        self.url = loop {
            match address.recv_timeout(Duration::from_millis(20)) {
                Ok(url) => break url,
                Err(RecvTimeoutError::Timeout) if Instant::now() < until && self.is_running() => {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                Err(_) => panic!("the host did not say where it listens:\n{}\n{}", self.banner(), self.log()),
            }
        };
        let client = Client::new(&self.url);
        while client.try_get("/readyz").await.is_none_or(|answer| answer.status != 200) {
            assert!(Instant::now() < until && self.is_running(), "the host did not become ready:\n{}", self.log());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// `127.0.0.1:PORT`
    pub fn address(&self) -> &str {
        self.url.trim_start_matches("http://")
    }

    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Its database on Postgres, where it has one.
    pub fn database_url(&self) -> Option<String> {
        self.database.as_ref().map(|database| database.url())
    }

    /// The data folder as the host sees it.
    pub fn on_disk(&self) -> PathBuf {
        let data = self.data();
        let inside = data.strip_prefix("/").expect("an absolute path");
        PathBuf::from(format!("/proc/{}/root", self.pid())).join(inside)
    }

    /// What it has written to stderr so far, over all its starts.
    pub fn log(&self) -> String {
        self.log.lock().expect("log").clone()
    }

    /// What it has written to stdout so far.
    pub fn banner(&self) -> String {
        self.banner.lock().expect("banner").clone()
    }

    /// Waits until the log says so; a log line may come a moment after the answer.
    pub async fn log_line(&self, about: impl Fn(&str) -> bool) -> String {
        for _ in 0..200 {
            if let Some(line) = self.log().lines().find(|line| about(line)) {
                return line.to_owned();
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("no such line in the log:\n{}", self.log());
    }

    pub fn is_running(&mut self) -> bool {
        self.child.as_mut().is_some_and(|child| matches!(child.try_wait(), Ok(None)))
    }

    pub fn pid(&self) -> u32 {
        self.child.as_ref().map(Child::id).expect("the host runs")
    }

    /// `kill -9`: nothing of the host gets another turn.
    pub fn kill(&mut self) {
        let mut child = self.child.take().expect("the host runs");
        child.kill().expect("SIGKILL");
        child.wait().expect("the end of the host");
    }

    pub fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.pid()).ok().and_then(Pid::from_raw).expect("a pid");
        kill_process(pid, signal).expect("a signal to the host");
    }

    /// Waits for the end after a signal.
    pub async fn ended(&mut self) -> ExitStatus {
        let until = Instant::now() + STOP;
        let mut child = self.child.take().expect("the host runs");
        loop {
            if let Some(status) = child.try_wait().expect("the state of the host") {
                return status;
            }
            if Instant::now() > until {
                let _ = child.kill();
                panic!("the host did not stop:\n{}", self.log());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// SIGTERM, then the end.
    pub async fn stop(&mut self) -> ExitStatus {
        self.signal(Signal::TERM);
        self.ended().await
    }

    /// Somebody without any credential, who keeps no cookies.
    pub fn anybody(&self) -> Client {
        Client::new(&self.url)
    }

    /// A new visitor.
    pub fn visitor(&self) -> Visitor {
        Visitor::new(&self.url)
    }

    /// A client with an admin's token, made by the command line while the host runs.
    pub fn admin(&mut self) -> Client {
        if self.admin.is_none() {
            self.admin = Some(self.token("1h"));
        }
        let token = self.admin.clone().expect("a token");
        Client::new(&self.url).with_header("authorization", &format!("Bearer {token}"))
    }

    /// The same where the data folder is seen by the host alone.
    pub fn admin_at(&self, data: &Path) -> Client {
        let token = self.token_at("1h", data);
        Client::new(&self.url).with_header("authorization", &format!("Bearer {token}"))
    }

    /// `inlay token create --role admin --expires …`
    pub fn token(&self, expires: &str) -> String {
        self.token_at(expires, &self.data())
    }

    fn token_at(&self, expires: &str, data: &Path) -> String {
        let output = self.inlay(&[
            "token",
            "create",
            "--role",
            "admin",
            "--expires",
            expires,
            "--data",
            &data.to_string_lossy(),
        ]);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).expect("a token is text").trim().to_owned()
    }

    /// Runs another verb where this host's small disk is seen.
    pub fn inlay_inside(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new("nsenter");
        command.args(["-t", &self.pid().to_string(), "-U", "-m", "--preserve-credentials"]);
        command.arg(env!("CARGO_BIN_EXE_inlay")).args(arguments).output().expect("nsenter runs")
    }

    /// Runs another verb with this host's settings.
    pub fn inlay(&self, arguments: &[&str]) -> Output {
        run(self.folder.path(), &self.settings, arguments)
    }
}

impl Drop for TestHost {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
        if std::thread::panicking() {
            eprintln!("---- log of the host ({}) ----\n{}", self.folder.path().display(), self.log());
        }
    }
}

/// Runs a verb of the binary to its end in `folder`, with nothing of our own environment that it could mistake for a setting.
pub fn run<S: AsRef<str>>(folder: &Path, settings: &[(S, S)], arguments: &[&str]) -> Output {
    let mut command = inlay(folder, settings);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the inlay binary runs");
    let (stdout, stderr) = (child.stdout.take().expect("stdout"), child.stderr.take().expect("stderr"));
    let (stdout, stderr) = (std::thread::spawn(|| all_of(stdout)), std::thread::spawn(|| all_of(stderr)));
    let until = Instant::now() + START;
    let status = loop {
        match child.try_wait().expect("the state of the verb") {
            Some(status) => break status,
            None if Instant::now() < until => std::thread::sleep(Duration::from_millis(5)),
            None => {
                let _ = child.kill();
                panic!("`inlay {}` does not end", arguments.join(" "));
            }
        }
    };
    Output { status, stdout: stdout.join().expect("stdout"), stderr: stderr.join().expect("stderr") }
}

fn all_of(mut stream: impl Read) -> Vec<u8> {
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    bytes
}

fn inlay<S: AsRef<str>>(folder: &Path, settings: &[(S, S)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_inlay"));
    command.env_clear().current_dir(folder);
    for kept in ["PATH", "HOME", "TMPDIR", "RUST_BACKTRACE", "LLVM_PROFILE_FILE"] {
        if let Some(value) = std::env::var_os(kept) {
            command.env(kept, value);
        }
    }
    // Stories hammer; the one that is about limits sets its own.
    command.envs(["IP", "USER", "KEY"].map(|class| (format!("INLAY_LIMITS_PER_{class}"), "0")));
    // Plugins are compiled once for all hosts of all runs; what is compiled is found by its content.
    command.env("INLAY_PLUGINS_CACHE_DIR", scratch().join("compiled"));
    command.envs(settings.iter().map(|(name, value)| (name.as_ref(), value.as_ref())));
    command
}

/// The same command in a mount namespace of its own, where `data` is a disk in memory; it keeps its process id.
fn on_disk_of(mib: u32, data: &Path, command: &Command) -> Command {
    let script = format!("mount -t tmpfs -o size={mib}m,mode=700 tmpfs \"$0\" && exec \"$@\"");
    let mut wrapped = Command::new("unshare");
    wrapped.args(["-r", "-m", "sh", "-c", &script]).arg(data).arg(command.get_program()).args(command.get_args());
    wrapped.env_clear().current_dir(command.get_current_dir().expect("a folder"));
    wrapped.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    wrapped.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    wrapped
}

/// Whether this user may mount a disk in a namespace of his own.
pub fn can_mount() -> bool {
    let tried = Command::new("unshare").args(["-r", "-m", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]).output();
    tried.is_ok_and(|output| output.status.success())
}

/// Starts a verb in `folder` without waiting for its end.
pub fn spawn(folder: &Path, arguments: &[&str]) -> Child {
    let mut command = inlay::<&str>(folder, &[]);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    command.spawn().expect("the inlay binary runs")
}

/// Reads a stream to its end on a thread of its own, so that a full pipe never stops the host.
fn collect(stream: impl Read + Send + 'static, into: Arc<Mutex<String>>, each: impl Fn(&str) + Send + 'static) {
    std::thread::spawn(move || {
        for line in BufReader::new(stream).split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line);
            each(&line);
            let mut text = into.lock().expect("collected text");
            text.push_str(&line);
            text.push('\n');
        }
    });
}

/// The address in the banner's first line. The links below it may be those of a public address.
fn address_in(line: &str) -> Option<String> {
    let (_, rest) = line.split_once("127.0.0.1:")?;
    let port: String = rest.chars().take_while(char::is_ascii_digit).collect();
    (!port.is_empty() && port != "0").then(|| format!("http://127.0.0.1:{port}"))
}

#[test]
fn the_address_is_found_in_the_banner() {
    assert_eq!(address_in("  demo   http://127.0.0.1:4711/demo").as_deref(), Some("http://127.0.0.1:4711"));
    assert_eq!(address_in("listening on http://127.0.0.1:0"), None);
    assert_eq!(address_in("no address here"), None);
}
