//! `inlay doctor`: one line per check, and what to do where something is not right. Exit code 1 when a check fails;
//! warnings alone leave it 0.
use super::{block_on, explain, print};
use crate::app::{self, Failure};
use crate::platform::keys;
use crate::settings::Settings;
use std::io::{ErrorKind, Write};
use std::net::TcpListener;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

enum Found {
    Ok(String),
    Warn(String),
    Fail(String),
}
use Found::{Fail, Ok as Good, Warn};

/// Before this there was no Inlay: 2026-01-01.
const EPOCH_S: u64 = 1_767_225_600;
const DAY: Duration = Duration::from_secs(24 * 3600);
const MIB: u64 = 1 << 20;

pub fn run(settings: Result<Settings, Failure>) -> Result<(), Failure> {
    let settings = match settings {
        Err(failure) => {
            print(&line("settings", &Fail(explain(&failure))))?;
            return Err("the settings must be right before anything else can be checked".into());
        }
        Ok(settings) => settings,
    };
    let dir = settings.data.dir.as_path();
    let checks: [(&str, &dyn Fn() -> Found); 9] = [
        ("settings", &|| notes(&settings)),
        ("data folder", &|| data_folder(dir)),
        ("disk space", &|| disk_space(dir)),
        ("signing key", &|| signing_key(&settings)),
        ("database", &|| database(&settings)),
        ("plugins", &|| plugins(&settings)),
        ("port", &|| port(&settings)),
        ("clock", &|| clock(dir, SystemTime::now())),
        ("kernel", &|| kernel(&std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default())),
    ];
    let mut failed = 0;
    for (name, check) in checks {
        let found = check();
        failed += usize::from(matches!(found, Fail(_)));
        print(&line(name, &found))?;
    }
    print(&line("open files", &open_files(settings.server.max_connections)))?;
    if failed == 0 { Ok(()) } else { Err(format!("{failed} of the checks failed").into()) }
}

fn line(name: &str, found: &Found) -> String {
    let (word, text) = match found {
        Good(text) => ("ok  ", text),
        Warn(text) => ("warn", text),
        Fail(text) => ("FAIL", text),
    };
    format!("{word}  {name:<12} {}", text.replace('\n', "\n                   "))
}

fn notes(settings: &Settings) -> Found {
    if settings.notes.is_empty() { Good("understood".into()) } else { Warn(settings.notes.join("\n")) }
}

/// The folder itself, or what will become its parent.
fn nearest_existing(dir: &Path) -> &Path {
    let found = dir.ancestors().find(|path| path.exists());
    found.filter(|path| !path.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn data_folder(dir: &Path) -> Found {
    let at = nearest_existing(dir);
    let probe = at.join(format!(".inlay-doctor-{}", std::process::id()));
    let written = std::fs::File::create_new(&probe).and_then(|mut file| {
        file.write_all(b"probe")?;
        file.sync_all()
    });
    let _ = std::fs::remove_file(&probe);
    match written {
        Err(e) => Fail(format!(
            "{} cannot be written: {e}; choose another with --data DIR or give this user the right",
            at.display()
        )),
        Ok(()) if at == dir => Good(format!("{} can be written", dir.display())),
        Ok(()) => Good(format!("{} is not there yet and will be made at the first start", dir.display())),
    }
}

fn disk_space(dir: &Path) -> Found {
    let Ok(disk) = rustix::fs::statvfs(nearest_existing(dir)) else { return Warn("cannot be read".into()) };
    let free = disk.f_bavail.saturating_mul(disk.f_frsize) / MIB;
    match free {
        0..100 => Fail(format!("{free} MiB free; writes will soon be refused: make room")),
        100..1024 => Warn(format!("{free} MiB free; the database and compiled plugins need room to grow")),
        _ => Good(format!("{free} MiB free")),
    }
}

fn signing_key(settings: &Settings) -> Found {
    if settings.auth.secret.is_some() {
        return Good("auth.secret is set".into());
    }
    match keys::existing_signing_key(&settings.data.dir) {
        Ok(Some(_)) => Good(format!("{} is whole and private", keys::signing_key_path(&settings.data.dir).display())),
        Ok(None) => Good("not there yet; the first start makes one".into()),
        Err(error) => Fail(error.to_string()),
    }
}

/// A check must not leave a data folder behind where there was none.
fn fresh(settings: &Settings) -> bool {
    !settings.data.dir.exists()
}

fn database(settings: &Settings) -> Found {
    // A server is there or not, whatever is in the folder.
    if fresh(settings) && !settings.data.on_server() {
        return Good("not there yet; the first start makes one".into());
    }
    match block_on(app::upkeep::doctor_database(settings)) {
        Ok(text) => Good(text),
        Err(failure) => Fail(explain(&failure)),
    }
}

fn plugins(settings: &Settings) -> Found {
    if fresh(settings) {
        return Good("the bundled ones; the first start compiles them".into());
    }
    match block_on(async { Ok(app::plugins_offline(settings).await?.list()) }) {
        Err(failure) => Fail(explain(&failure)),
        Ok(all) => {
            let name = |p: &crate::features::plugins::PluginInfo| format!("{} {}", p.name, p.version);
            let broken = all.iter().filter(|p| p.state != "active");
            let broken: Vec<String> =
                broken.map(|p| format!("{}: {}", name(p), p.reason.as_deref().unwrap_or("not active"))).collect();
            match broken.is_empty() {
                true => Good(all.iter().map(name).collect::<Vec<_>>().join(", ")),
                false => {
                    Warn(format!("{}\nput another version in force with `inlay plugin load FILE`", broken.join("\n")))
                }
            }
        }
    }
}

fn port(settings: &Settings) -> Found {
    let address = settings.server.listen;
    match TcpListener::bind(address) {
        Ok(_) => Good(format!("{address} is free")),
        Err(e) if e.kind() == ErrorKind::AddrInUse => {
            Warn(format!("{address} is in use: by a running Inlay, or choose another with --listen ADDR"))
        }
        Err(e) => Fail(format!("{address} cannot be used: {e}; choose another with --listen ADDR")),
    }
}

fn clock(dir: &Path, now: SystemTime) -> Found {
    let since = now.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    if since.as_secs() < EPOCH_S {
        return Fail("the system's clock is in the past: tokens would have wrong times; set it".into());
    }
    let newest = std::fs::read_dir(dir).into_iter().flatten().flatten();
    let newest = newest.filter_map(|entry| entry.metadata().ok()?.modified().ok()).max();
    match newest {
        Some(written) if written.duration_since(now).unwrap_or(Duration::ZERO) > DAY => {
            Warn("the data folder was written more than a day in the future: the clock has gone back; check it".into())
        }
        _ => Good("sane".into()),
    }
}

/// 6.7 has PAGEMAP_SCAN, with which a fresh plugin instance costs less than half.
fn kernel(release: &str) -> Found {
    let release = release.trim();
    let mut numbers = release.split(['.', '-']).map(|part| part.parse::<u32>());
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) if (major, minor) >= (6, 7) => Good(format!("Linux {release}")),
        (Some(Ok(_)), Some(Ok(_))) => {
            Warn(format!("Linux {release}; from 6.7 on, plugin calls take about half the time"))
        }
        _ => Warn("not Linux; plugin calls take more time than there".into()),
    }
}

fn open_files(connections: usize) -> Found {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current.unwrap_or(u64::MAX);
    let needed = u64::try_from(connections).unwrap_or(u64::MAX).saturating_add(64);
    match limit >= needed {
        true => Good(format!("up to {limit}")),
        false => Warn(format!(
            "up to {limit}, but server.max_connections is {connections}: run `ulimit -n {needed}` before the start"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(found: &Found) -> &'static str {
        match found {
            Good(_) => "ok",
            Warn(_) => "warn",
            Fail(_) => "fail",
        }
    }

    #[test]
    fn kernels_are_told_apart() {
        for (release, expected) in [
            ("6.18.0-1-cloud", "ok"),
            ("6.7", "ok"),
            ("7.0.1", "ok"),
            ("6.6.99", "warn"),
            ("5.15.0-generic", "warn"),
            ("", "warn"),
            ("what", "warn"),
        ] {
            assert_eq!(word(&kernel(release)), expected, "{release}");
        }
    }

    #[test]
    fn an_insane_clock_is_seen() {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR"));
        assert_eq!(word(&clock(dir, UNIX_EPOCH)), "fail");
        assert_eq!(word(&clock(dir, UNIX_EPOCH + Duration::from_secs(EPOCH_S + 1))), "warn");
        assert_eq!(word(&clock(dir, SystemTime::now())), "ok");
    }

    #[test]
    fn folders_and_ports() {
        assert_eq!(word(&data_folder(Path::new("/proc/nowhere/data"))), "fail");
        let fresh = std::env::temp_dir().join(format!("inlay-doctor-test-{}", std::process::id()));
        assert_eq!(word(&data_folder(&fresh)), "ok");
        assert!(!fresh.exists(), "a check leaves nothing behind");
        let mut settings = Settings::for_data_dir(&fresh).unwrap();
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        settings.server.listen = taken.local_addr().unwrap();
        assert_eq!(word(&port(&settings)), "warn");
        drop(taken);
        assert_eq!(word(&port(&settings)), "ok");
        settings.server.listen = "192.0.2.1:3000".parse().unwrap();
        assert_eq!(word(&port(&settings)), "fail");
        assert_eq!(word(&database(&settings)), "ok");
    }
}
