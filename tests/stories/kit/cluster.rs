//! A Postgres of one's own, to be restarted under a host. `None` where its programs are not installed; under CI that is
//! a failure.
use super::in_ci;
use rustix::process::{Pid, Signal, kill_process};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub struct Cluster {
    programs: PathBuf,
    port: u16,
    /// Where the server has its files: a folder that its user can reach.
    home: PathBuf,
}

/// The folder of `initdb` and `pg_ctl`; Debian keeps them apart by version.
fn programs() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut places: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut versions: Vec<PathBuf> = versions.map(|version| version.path().join("bin")).collect();
    versions.sort();
    places.extend(versions.into_iter().rev());
    places.into_iter().find(|place| place.join("initdb").is_file())
}

/// Postgres refuses to run as root.
fn as_its_user(program: &Path) -> Command {
    if !rustix::process::geteuid().is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("runuser");
    command.args(["-u", "postgres", "--"]).arg(program);
    command
}

fn good(mut command: Command) {
    // No pipes: the server would hold them open.
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).status();
    assert!(status.as_ref().is_ok_and(|status| status.success()), "{command:?}: {status:?}");
}

impl Cluster {
    pub fn start() -> Option<Cluster> {
        let Some(programs) = programs() else {
            assert!(!in_ci(), "initdb is missing: install postgresql");
            eprintln!("left out: a Postgres restarted under load; initdb is not installed");
            return None;
        };
        let port = TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr()).expect("a free port").port();
        let home = std::env::temp_dir().join(format!("inlay-cluster-{port}"));
        std::fs::create_dir_all(&home).expect("a folder for the server");
        if rustix::process::geteuid().is_root() {
            let mut give = Command::new("chown");
            give.arg("postgres").arg(&home);
            good(give);
        }
        let cluster = Cluster { programs, port, home };
        let mut init = as_its_user(&cluster.programs.join("initdb"));
        init.args(["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C", "-D"]).arg(cluster.data());
        good(init);
        cluster.begin();
        Some(cluster)
    }

    fn data(&self) -> PathBuf {
        self.home.join("data")
    }

    fn control(&self, arguments: &[&str]) -> Command {
        let mut command = as_its_user(&self.programs.join("pg_ctl"));
        command.args(arguments).arg("-w").arg("-D").arg(self.data()).arg("-l").arg(self.home.join("log"));
        command
    }

    /// Starts it after [`Cluster::end`].
    pub fn begin(&self) {
        let options = format!("-p {} -k {} -c listen_addresses=127.0.0.1", self.port, self.home.display());
        good(self.control(&["start", "-o", &options]));
    }

    /// `mode`: "fast" tells its clients, "immediate" is a crash.
    pub fn end(&self, mode: &str) {
        good(self.control(&["stop", "-m", mode]));
    }

    /// `STOP` leaves its connections open and says nothing more, as a network that swallows everything; `CONT` ends that.
    pub fn signal(&self, signal: Signal) {
        let id = std::fs::read_to_string(self.data().join("postmaster.pid")).expect("the server runs");
        let first = id.lines().next().expect("a pid").to_owned();
        let all = std::fs::read_dir("/proc").expect("/proc").flatten().filter_map(|entry| {
            let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
            let (before, after) = stat.rsplit_once(')')?;
            let pid = before.split(' ').next()?.to_owned();
            (pid == first || after.split(' ').nth(2)? == first).then_some(pid)
        });
        for pid in all.filter_map(|pid| Pid::from_raw(pid.parse().ok()?)) {
            // One of them may have ended just now.
            let _gone = kill_process(pid, signal);
        }
    }

    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let mut stop = self.control(&["stop", "-m", "immediate"]);
        let _it_may_have_stopped = stop.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
        let _left_behind = std::fs::remove_dir_all(&self.home);
    }
}
