//! cargo: builds a plugin's crate to a component.
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::process::Command;

pub const TARGET: &str = "wasm32-wasip2";
/// Bytes of a compiler's words that are passed on: nobody reads on after the first errors.
const MOST_WORDS: usize = 64 * 1024;

/// Builds the crate in `folder` for release and gives its component. Errors: the compiler's words, or cargo's.
pub async fn build(folder: &Path) -> Result<PathBuf, String> {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut cargo = Command::new(&program);
    cargo.current_dir(folder).args(["build", "--release", "--lib", "--target", TARGET, "--message-format=json"]);
    // What an outer cargo tells its children is about another crate.
    for (name, _) in std::env::vars_os() {
        let of_outer = name.to_str().is_some_and(|name| name.starts_with("CARGO_PKG_") || name.ends_with("RUSTFLAGS"));
        if of_outer {
            cargo.env_remove(name);
        }
    }
    cargo.stdin(Stdio::null()).kill_on_drop(true);
    let done = cargo.output().await.map_err(|e| {
        let program = program.to_string_lossy();
        format!("{program} does not run: {e}. Plugins are built with Rust: https://rustup.rs")
    })?;
    let mut words = String::new();
    let mut component = None;
    for message in String::from_utf8_lossy(&done.stdout).lines().filter_map(|line| serde_json::from_str(line).ok()) {
        let message: Value = message;
        match message.get("reason").and_then(Value::as_str) {
            Some("compiler-message") => words.push_str(error_in(&message)),
            Some("compiler-artifact") => component = component_in(&message).or(component),
            _ => {}
        }
    }
    if !done.status.success() {
        if words.is_empty() {
            words = String::from_utf8_lossy(&done.stderr).into_owned();
        }
        if words.contains("E0463") && words.contains(TARGET) {
            words.push_str(&format!("\nType: rustup target add {TARGET}\n"));
        }
        return Err(words.chars().take(MOST_WORDS).collect());
    }
    component.ok_or_else(|| "cargo built no component: Cargo.toml needs [lib] crate-type = [\"cdylib\"]".to_owned())
}

/// A compiler's error as it reads on a terminal; "" for a warning.
fn error_in(message: &Value) -> &str {
    let of = |pointer| message.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    if of("/message/level") == "error" { of("/message/rendered") } else { "" }
}

/// Dependencies come first, so that the last one counts.
fn component_in(message: &Value) -> Option<PathBuf> {
    let files = message.get("filenames")?.as_array()?.iter().filter_map(Value::as_str);
    files.map(PathBuf::from).find(|path| path.extension().is_some_and(|end| end == "wasm"))
}
