//! The folder of compiled code. A file in it is run only if this host's key says that the host wrote it, for that
//! component and that engine: whoever can merely write there can make the host compile again, and nothing more.
use crate::base::secret::{MacKey, Secret, same};
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Length of the mark behind the code, in bytes.
const MARK: usize = 32;
/// What is kept at most; what was used longest ago goes first.
const MAX_FILES: usize = 128;
const MAX_BYTES: u64 = 512 << 20;
/// A file that was not finished after this time belongs to a process that ended.
const ABANDONED: Duration = Duration::from_secs(600);

/// Where compiled code is kept, and the key that marks it as ours.
#[derive(Clone, Debug)]
pub struct Cache {
    pub folder: PathBuf,
    pub key: Secret<Vec<u8>>,
}

impl Cache {
    /// The code kept under `name` (a component's digest and the engine's fingerprint), or `None` when there is none, or
    /// none that this host's key vouches for.
    pub(super) fn get(&self, name: &str) -> Option<Vec<u8>> {
        let path = self.path(name);
        let mut code = std::fs::read(&path).ok()?;
        let mark = code.split_off(code.len().checked_sub(MARK)?);
        if !same(&mark, &self.mark(name, &code)) {
            tracing::warn!(file = %path.display(), "a compiled plugin in the cache is not this host's or is damaged; compiling it again");
            return None;
        }
        // The time of the last use decides what is removed first; if it cannot be set, that of writing does.
        let _ = File::options().append(true).open(&path).and_then(|file| file.set_modified(SystemTime::now()));
        Some(code)
    }

    /// Keeps the code so that a reader sees all of it or nothing.
    pub(super) fn put(&self, name: &str, code: &[u8]) -> std::io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)?;
        let path = self.path(name);
        let partial = path.with_extension(format!("{}.part", std::process::id()));
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&partial)?;
        let written = file.write_all(code).and_then(|()| file.write_all(&self.mark(name, code)));
        if let Err(error) = written.and_then(|()| std::fs::rename(&partial, &path)) {
            let _ = std::fs::remove_file(&partial);
            return Err(error);
        }
        self.prune(MAX_FILES, MAX_BYTES)
    }

    pub(super) fn remove(&self, name: &str) {
        let _ = std::fs::remove_file(self.path(name));
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.cwasm"))
    }

    fn mark(&self, name: &str, code: &[u8]) -> [u8; 32] {
        MacKey::derive(self.key.reveal(), &format!("compiled {name}")).sign(code)
    }

    fn prune(&self, files: usize, bytes: u64) -> std::io::Result<()> {
        let mut kept: Vec<(SystemTime, u64, PathBuf)> = Vec::new();
        for entry in std::fs::read_dir(&self.folder)?.flatten() {
            let (path, Ok(about)) = (entry.path(), entry.metadata()) else { continue };
            let used = about.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            if has_extension(&path, "cwasm") {
                kept.push((used, about.len(), path));
            } else if has_extension(&path, "part") && used.elapsed().is_ok_and(|age| age > ABANDONED) {
                let _ = std::fs::remove_file(path);
            }
        }
        kept.sort_by(|a, b| b.cmp(a));
        let mut total = 0;
        for (number, (_, size, path)) in kept.into_iter().enumerate() {
            total += size;
            if number >= files || total > bytes {
                let _ = std::fs::remove_file(path);
            }
        }
        Ok(())
    }
}

fn has_extension(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|found| found == extension)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache(purpose: &str, key: u8) -> Cache {
        let folder = std::env::temp_dir().join(format!("inlay-cache-{}-{purpose}", std::process::id()));
        Cache { folder, key: Secret::new(vec![key; 32]) }
    }

    #[test]
    fn only_what_this_key_marked_under_this_name_is_given_back() {
        let ours = cache("mark", 1);
        assert_eq!(ours.get("a"), None, "no file");
        ours.put("a", b"code").unwrap();
        assert_eq!(ours.get("a").as_deref(), Some(&b"code"[..]));
        assert_eq!(cache("mark", 2).get("a"), None, "another host's key");
        let whole = std::fs::read(ours.path("a")).unwrap();
        std::fs::write(ours.path("b"), &whole).unwrap();
        assert_eq!(ours.get("b"), None, "our file under another component's name");
        for at in 0..whole.len() {
            let mut bent = whole.clone();
            bent[at] ^= 1;
            std::fs::write(ours.path("a"), bent).unwrap();
            assert_eq!(ours.get("a"), None, "byte {at} changed");
        }
        for length in 0..whole.len() {
            std::fs::write(ours.path("a"), &whole[..length]).unwrap();
            assert_eq!(ours.get("a"), None, "cut to {length} bytes");
        }
        let checksum = crate::base::secret::sha256(b"code");
        std::fs::write(ours.path("a"), [&b"code"[..], &checksum].concat()).unwrap();
        assert_eq!(ours.get("a"), None, "a checksum is no mark: anybody can make one");
        std::fs::remove_dir_all(&ours.folder).unwrap();
    }

    #[test]
    fn what_was_used_longest_ago_goes_first() {
        let cache = cache("prune", 1);
        let age = |name: &str, seconds: u64| {
            let file = File::options().append(true).open(cache.path(name)).unwrap();
            file.set_modified(SystemTime::now() - Duration::from_secs(seconds)).unwrap();
        };
        for (name, seconds) in [("old", 300), ("older", 400), ("new", 100)] {
            cache.put(name, name.as_bytes()).unwrap();
            age(name, seconds);
        }
        assert!(cache.get("older").is_some(), "used just now");
        cache.prune(2, u64::MAX).unwrap();
        assert_eq!((cache.get("old"), cache.get("new").is_some()), (None, true));
        age("new", 100);
        cache.prune(2, 40).unwrap();
        assert_eq!((cache.get("new"), cache.get("older").is_some()), (None, true), "5 + 3 + 2 * {MARK} bytes");
        std::fs::write(cache.folder.join("x.1.part"), b"").unwrap();
        cache.prune(2, u64::MAX).unwrap();
        assert!(cache.folder.join("x.1.part").exists(), "somebody is writing it");
        std::fs::remove_dir_all(&cache.folder).unwrap();
    }
}
