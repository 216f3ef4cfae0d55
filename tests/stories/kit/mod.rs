//! What the stories stand on: the real binary as a child process, and clients that speak to it only over HTTP and the
//! command line, as everybody else does.
pub mod account;
pub mod browser;
pub mod client;
pub mod cluster;
pub mod crowd;
pub mod guest;
pub mod host;
pub mod postgres;
pub mod raw;
pub mod variant;
pub mod wasm;

pub use account::Account;
pub use client::{Answer, Client, Visitor};
pub use crowd::Crowd;
pub use guest::Guest;
pub use host::TestHost;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// The root of the repository.
pub fn repo() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().expect("the repository's root")
}

/// Where this run may leave files: `target/tmp`.
pub fn scratch() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
}

/// A folder of its own for one test; removed at the end unless the test failed.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new(purpose: &str) -> Folder {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = scratch().join(format!("{purpose}-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a folder in target/tmp");
        Folder(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a file, with the folders above it, and gives its path.
    pub fn write(&self, name: &str, contents: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().expect("a file has a folder")).expect("folders");
        std::fs::write(&path, contents).expect("a file in target/tmp");
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }
}

/// Waits for a condition, for two minutes at most.
pub async fn until(what: &str, is_so: impl Fn() -> bool) {
    let end = std::time::Instant::now() + std::time::Duration::from_secs(120);
    while !is_so() {
        assert!(std::time::Instant::now() < end, "waited in vain: {what}");
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

/// How often a story repeats itself: `INLAY_ROUNDS`, or a short form.
pub fn rounds(short: usize) -> usize {
    std::env::var("INLAY_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(short)
}

/// True where a missing browser is a failure and not a reason to leave one test out.
pub fn in_ci() -> bool {
    std::env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false")
}
