//! Keys in files, readable for their owner alone: `keys/signing.key` in the data folder, and `cache.key` beside compiled
//! plugins, which may be shared between hosts.
//!
//! A file holds one line, `ik1.<32 random bytes>.<checksum>`, both base64url. The checksum tells a damaged file from a
//! good one: a host that went on with another key would silently sign everyone out.
use crate::base::clock::Clock;
use crate::base::secret::{Secret, hex, sha256};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rustix::process::geteuid;
use std::fs::{DirBuilder, File, Metadata, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

const MARK: &str = "ik1";
/// The checksum's length in bytes.
const CHECK: usize = 6;

/// A key file: what people call it, and what can be done when it is damaged.
struct Kind {
    name: &'static str,
    damaged: &'static str,
    /// Permissions of others that its folder must not have: reading tells something, or only writing does harm.
    folder: u32,
    /// Whether nobody else may own them: their owner could put code of his own there.
    ours: bool,
}

const SIGNING: Kind = Kind {
    name: "signing key",
    damaged: "put its backup in place, or remove it to have a new one made, which ends every session and token",
    folder: 0o077,
    ours: false,
};
const CACHE: Kind = Kind {
    name: "key of the compiled plugins",
    damaged: "remove it to have a new one made",
    folder: 0o022,
    ours: true,
};

/// What is wrong with the key file, and what to do; for the person at the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyError(pub String);

impl std::fmt::Display for KeyError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for KeyError {}

/// Where the key of a data folder is.
pub fn signing_key_path(data_dir: &Path) -> PathBuf {
    data_dir.join("keys").join("signing.key")
}

/// The key that signs: the setting `auth.secret` if it is there, else the data folder's. Errors: those of `signing_key`.
pub fn in_force(secret: Option<&Secret<String>>, data_dir: &Path) -> Result<Secret<Vec<u8>>, KeyError> {
    match secret {
        Some(secret) => Ok(Secret::new(secret.reveal().clone().into_bytes())),
        None => signing_key(data_dir),
    }
}

/// The data folder's signing key, made at first use. Errors: permissions that let others read it, a damaged file, a
/// folder that cannot be written.
pub fn signing_key(data_dir: &Path) -> Result<Secret<Vec<u8>>, KeyError> {
    made(&SIGNING, &signing_key_path(data_dir))
}

/// The same, but `None` where there is no key yet.
pub fn existing_signing_key(data_dir: &Path) -> Result<Option<Secret<Vec<u8>>>, KeyError> {
    existing(&SIGNING, &signing_key_path(data_dir))
}

/// The key that marks what this user's hosts have compiled into `folder`, made at first use. Errors: as of the signing
/// key, and a folder or file that somebody else owns or can write.
pub fn cache_key(folder: &Path) -> Result<Secret<Vec<u8>>, KeyError> {
    made(&CACHE, &folder.join("cache.key"))
}

fn made(kind: &Kind, path: &Path) -> Result<Secret<Vec<u8>>, KeyError> {
    if let Some(key) = existing(kind, path)? {
        return Ok(key);
    }
    let Kind { name, .. } = kind;
    create(path).map_err(|e| KeyError(format!("the {name} {} cannot be written: {e}", path.display())))?;
    // Read back even what this process wrote: another one may have been first.
    existing(kind, path)?.ok_or_else(|| KeyError(format!("the {name} {} has vanished", path.display())))
}

fn existing(kind: &Kind, path: &Path) -> Result<Option<Secret<Vec<u8>>>, KeyError> {
    let Kind { name, damaged, .. } = kind;
    let file = match File::open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(KeyError(format!("the {name} {} cannot be opened: {e}", path.display()))),
    };
    let unreadable = |e| KeyError(format!("the {name} {} cannot be read: {e}", path.display()));
    private(path, &file.metadata().map_err(unreadable)?, 0o077, kind.ours)?;
    if let Some(folder) = path.parent() {
        private(folder, &folder.metadata().map_err(unreadable)?, kind.folder, kind.ours)?;
    }
    let mut text = String::new();
    match file.take(256).read_to_string(&mut text) {
        Err(e) if e.kind() != ErrorKind::InvalidData => return Err(unreadable(e)),
        Err(_) => {}
        Ok(_) => {
            if let Some(key) = decode(&text) {
                return Ok(Some(Secret::new(key)));
            }
        }
    }
    Err(KeyError(format!("the {name} {} is damaged: {damaged}", path.display())))
}

fn private(path: &Path, about: &Metadata, others: u32, ours: bool) -> Result<(), KeyError> {
    let (mode, path) = (about.permissions().mode() & 0o777, path.display());
    if ours && about.uid() != geteuid().as_raw() {
        return Err(KeyError(format!("{path} belongs to another user (uid {}): give it to this one", about.uid())));
    }
    if mode & others == 0 {
        return Ok(());
    }
    Err(KeyError(format!("{path} is open to other users (mode {mode:03o}): run `chmod go-rwx {path}`")))
}

fn encode(key: &[u8]) -> String {
    let check: Vec<u8> = sha256(key).into_iter().take(CHECK).collect();
    format!("{MARK}.{}.{}\n", URL_SAFE_NO_PAD.encode(key), URL_SAFE_NO_PAD.encode(check))
}

fn decode(text: &str) -> Option<Vec<u8>> {
    let mut parts = text.trim_end().split('.');
    let (mark, key, check) = (parts.next()?, parts.next()?, parts.next()?);
    let key = URL_SAFE_NO_PAD.decode(key).ok()?;
    let check = URL_SAFE_NO_PAD.decode(check).ok()?;
    let good = mark == MARK && key.len() == 32 && check.len() == CHECK && sha256(&key).starts_with(&check);
    (good && parts.next().is_none()).then_some(key)
}

/// Writes a whole file beside the final name, then gives it that name only if no other process was faster.
fn create(path: &Path) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    if let Some(data) = folder.parent() {
        DirBuilder::new().recursive(true).create(data)?;
    }
    match DirBuilder::new().mode(0o700).create(folder) {
        Err(e) if e.kind() != ErrorKind::AlreadyExists => return Err(e),
        _ => {}
    }
    let clock = Clock::system();
    let (mut key, mut mark) = ([0; 32], [0; 8]);
    clock.fill(&mut key);
    clock.fill(&mut mark);
    let draft = folder.join(format!(".key.{}", hex(&mark)));
    let written = write_draft(&draft, &key).and_then(|()| claim(&draft, path));
    let removed = std::fs::remove_file(&draft);
    written?;
    match removed {
        Err(e) if e.kind() != ErrorKind::NotFound => return Err(e),
        _ => {}
    }
    File::open(folder)?.sync_all()
}

fn write_draft(draft: &Path, key: &[u8]) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(draft)?;
    file.write_all(encode(key).as_bytes())?;
    file.sync_all()
}

fn claim(draft: &Path, path: &Path) -> std::io::Result<()> {
    match std::fs::hard_link(draft, path) {
        Err(e) if e.kind() == ErrorKind::AlreadyExists => Ok(()),
        // Some file systems know no hard links; two first starts at the same moment are then told apart by nobody.
        Err(_) if !path.exists() => std::fs::rename(draft, path),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::Permissions;

    struct Folder(PathBuf);
    impl Folder {
        fn new(name: &str) -> Folder {
            let path = std::env::temp_dir().join(format!("inlay-keys-{}-{name}", std::process::id()));
            let _ = std::fs::remove_dir_all(&path);
            Folder(path)
        }
        fn set(&self, path: &Path, mode: u32) {
            std::fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
        }
    }
    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_key_is_made_once_and_for_the_owner_alone() {
        let dir = Folder::new("once");
        assert_eq!(existing_signing_key(&dir.0).unwrap(), None);
        let first = signing_key(&dir.0).unwrap();
        assert_eq!(first.reveal().len(), 32);
        assert_eq!(signing_key(&dir.0).unwrap(), first);
        let path = signing_key_path(&dir.0);
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(path.parent().unwrap().metadata().unwrap().permissions().mode() & 0o777, 0o700);
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "a draft was left over");
    }

    #[test]
    fn two_first_starts_agree() {
        let dir = Folder::new("race");
        let keys: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| signing_key(&dir.0).unwrap())).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(keys.iter().all(|key| key == &keys[0]));
    }

    #[test]
    fn open_permissions_are_refused_with_the_command_that_helps() {
        let dir = Folder::new("open");
        signing_key(&dir.0).unwrap();
        let path = signing_key_path(&dir.0);
        dir.set(&path, 0o640);
        let message = signing_key(&dir.0).unwrap_err().0;
        assert!(message.contains("chmod go-rwx") && message.contains("640"), "{message}");
        dir.set(&path, 0o600);
        dir.set(path.parent().unwrap(), 0o755);
        assert!(signing_key(&dir.0).unwrap_err().0.contains("/keys is open"));
    }

    #[test]
    fn damaged_files_are_refused_and_left_alone() {
        let dir = Folder::new("damaged");
        let key = signing_key(&dir.0).unwrap();
        let path = signing_key_path(&dir.0);
        let good = std::fs::read_to_string(&path).unwrap();
        let flipped = good.replacen(&good[10..11], if &good[10..11] == "A" { "B" } else { "A" }, 1);
        let bad: Vec<Vec<u8>> = vec![
            Vec::new(),
            b"\xff\xfe".to_vec(),
            good[..good.len() / 2].into(),
            flipped.into(),
            format!("{}.x", good.trim_end()).into(),
            good.replace("ik1", "ik2").into(),
            vec![b'a'; 100_000],
            encode(&key.reveal()[..16]).into(),
        ];
        for content in bad {
            std::fs::write(&path, &content).unwrap();
            let message = signing_key(&dir.0).unwrap_err().0;
            assert!(message.contains("is damaged") && !message.contains(good.trim()), "{message}");
            assert_eq!(std::fs::read(&path).unwrap(), content);
        }
        std::fs::write(&path, good).unwrap();
        assert_eq!(signing_key(&dir.0).unwrap(), key);
    }

    #[test]
    fn a_cache_s_folder_may_be_read_but_not_written_by_others() {
        let dir = Folder::new("cache");
        let folder = dir.0.join("compiled");
        let key = cache_key(&folder).unwrap();
        assert_eq!(folder.metadata().unwrap().permissions().mode() & 0o777, 0o700);
        dir.set(&folder, 0o755);
        assert_eq!(cache_key(&folder).unwrap(), key);
        for mode in [0o775, 0o757] {
            dir.set(&folder, mode);
            let message = cache_key(&folder).unwrap_err().0;
            assert!(message.contains("open to other users") && message.contains("compiled"), "{message}");
        }
        dir.set(&folder, 0o700);
        dir.set(&folder.join("cache.key"), 0o644);
        assert!(cache_key(&folder).unwrap_err().0.contains("cache.key is open"));
    }
}
