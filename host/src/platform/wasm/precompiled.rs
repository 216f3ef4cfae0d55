//! The one place with `unsafe`: loading machine code that this host compiled earlier.
//!
//! `Component::deserialize` trusts its input completely, so nothing that came from outside may reach it. What is loaded
//! here was written by [`save`] into the host's own cache folder (mode 0700, files 0600), is named by the component's
//! digest and the engine's compatibility hash, and starts with a checksum of what follows, so that a torn or altered
//! file is compiled anew instead of being run. Uploads never become such a file without being compiled here first.
#![allow(
    unsafe_code,
    reason = "wasmtime cannot prove that machine code is its own; the module's header says why ours is"
)]
use crate::base::secret::{same, sha256};
use std::io::Write;
use std::path::Path;
use wasmtime::Engine;
use wasmtime::component::Component;

const CHECKSUM: usize = 32;

/// The compiled component, or `None` when there is no file, or none that this engine wrote whole.
pub(super) fn load(engine: &Engine, path: &Path) -> Option<Component> {
    let bytes = std::fs::read(path).ok()?;
    let (checksum, code) = bytes.split_at_checked(CHECKSUM)?;
    if !same(checksum, &sha256(code)) {
        tracing::warn!(file = %path.display(), "a compiled plugin in the cache is damaged; compiling it again");
        return None;
    }
    // SAFETY: `code` was produced by `Component::serialize` in `save` (see the module's header), and its checksum holds.
    // wasmtime itself refuses code of another version or configuration.
    unsafe { Component::deserialize(engine, code) }.ok()
}

/// Writes the compiled component so that a reader sees all of it or nothing. A cache that cannot be written costs time,
/// not correctness, so the caller only logs the error.
pub(super) fn save(component: &Component, path: &Path) -> std::io::Result<()> {
    let code = component.serialize().map_err(std::io::Error::other)?;
    let folder = path.parent().unwrap_or(Path::new("."));
    private_folder(folder)?;
    let partial = path.with_extension(format!("{}.part", std::process::id()));
    let mut file = private_file(&partial)?;
    file.write_all(&sha256(&code))?;
    file.write_all(&code)?;
    drop(file);
    std::fs::rename(&partial, path)
}

fn private_folder(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

fn private_file(path: &Path) -> std::io::Result<std::fs::File> {
    use std::os::unix::fs::OpenOptionsExt;
    std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_file_of_ours_is_loaded() {
        let engine = Engine::default();
        let component = Component::new(&engine, wat::parse_str("(component)").unwrap()).unwrap();
        let folder = std::env::temp_dir().join(format!("inlay-precompiled-{}", std::process::id()));
        let path = folder.join("a.cwasm");
        assert!(load(&engine, &path).is_none(), "no file");
        save(&component, &path).unwrap();
        assert!(load(&engine, &path).is_some(), "what was saved");
        let whole = std::fs::read(&path).unwrap();
        let mut bent = whole.clone();
        let last = bent.len() - 1;
        bent[last] ^= 1;
        std::fs::write(&path, &bent).unwrap();
        assert!(load(&engine, &path).is_none(), "one bit changed");
        std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
        assert!(load(&engine, &path).is_none(), "torn");
        std::fs::write(&path, b"short").unwrap();
        assert!(load(&engine, &path).is_none(), "too short for a checksum");
        std::fs::remove_dir_all(folder).unwrap();
    }
}
