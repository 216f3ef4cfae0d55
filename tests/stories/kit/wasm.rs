//! Builds plugins for the stories with the same commands that an author types.
use super::{repo, scratch};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, OnceLock};

/// `cargo build --release --target wasm32-wasip2` in `folder`; gives the path of the component `name`.wasm. All builds
/// share one target folder (the SDK is compiled once), which is not the one of the cargo that runs the tests: that one is locked.
pub fn build(folder: &Path, name: &str) -> PathBuf {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(|held| held.into_inner());
    let target = scratch().join("wasm");
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(["build", "--release", "--target", "wasm32-wasip2", "--target-dir"]).arg(&target).current_dir(folder);
    // What the outer cargo says about itself and about our own build does not hold for this one.
    for (variable, _) in std::env::vars_os() {
        let name = variable.to_string_lossy();
        let ours = ["CARGO_PKG_", "CARGO_BIN_", "CARGO_CFG_", "CARGO_FEATURE_", "CARGO_MANIFEST_"];
        if ours.iter().any(|prefix| name.starts_with(prefix)) || ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_TARGET_DIR"].contains(&&*name) {
            command.env_remove(&variable);
        }
    }
    let output = command.output().expect("cargo runs");
    assert!(
        output.status.success(),
        "{} does not build (is the target there? `rustup target add wasm32-wasip2`):\n{}",
        folder.display(),
        String::from_utf8_lossy(&output.stderr)
    );
    let component = target.join("wasm32-wasip2/release").join(format!("{name}.wasm"));
    assert!(component.exists(), "{} was not made", component.display());
    component
}

/// The plugin whose actions misbehave in every way that the runtime has to withstand.
pub fn misbehave() -> &'static [u8] {
    static BYTES: OnceLock<Vec<u8>> = OnceLock::new();
    BYTES.get_or_init(|| std::fs::read(build(&repo().join("tests/fixtures/misbehave"), "misbehave")).expect("the component"))
}
