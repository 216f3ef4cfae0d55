//! Builds plugins for the stories, in the target folder that the build of the host has used for the bundled ones.
#[path = "../../../host/build/component.rs"]
mod component;

use super::{repo, scratch};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, OnceLock};

/// `target/plugins`.
fn target() -> PathBuf {
    scratch().parent().expect("target/tmp is in target").join("plugins")
}

/// The plugin whose actions misbehave in every way that the runtime has to withstand.
pub fn misbehave() -> &'static [u8] {
    static BYTES: OnceLock<Vec<u8>> = OnceLock::new();
    BYTES.get_or_init(|| {
        let _turn = one_at_a_time();
        let built =
            component::build(&repo().join("plugins"), &["misbehave"], &target(), &|_| ()).expect("the fixture builds");
        std::fs::read(built.join("misbehave.wasm")).expect("the component")
    })
}

/// `cargo build --release --target wasm32-wasip2`, as an author types it in a folder of one's own.
pub fn build(folder: &Path, name: &str) -> PathBuf {
    let _turn = one_at_a_time();
    let output = cargo(folder, &["build", "--release", "--target", "wasm32-wasip2"]);
    assert!(output.status.success(), "it does not build:\n{}", String::from_utf8_lossy(&output.stderr));
    target().join("wasm32-wasip2/release").join(format!("{name}.wasm"))
}

/// A cargo of its own, which knows nothing of the one that runs the tests and uses another target folder: that one's is locked.
pub fn cargo(folder: &Path, arguments: &[&str]) -> std::process::Output {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(folder);
    for (variable, _) in std::env::vars_os() {
        let name = variable.to_string_lossy();
        if (name.starts_with("CARGO_") && name != "CARGO_HOME") || ["RUSTFLAGS", "LLVM_PROFILE_FILE"].contains(&&*name)
        {
            command.env_remove(&variable);
        }
    }
    // What tests of plugins draw their widgets with.
    command.env("INLAY_TEST_BIN", env!("CARGO_BIN_EXE_inlay"));
    command.env("CARGO_TARGET_DIR", target()).output().expect("cargo runs")
}

fn one_at_a_time() -> std::sync::MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(|held| held.into_inner())
}
