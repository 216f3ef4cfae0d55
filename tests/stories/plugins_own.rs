//! The bundled plugins' own tests: plain Rust against the SDK's fake host. Their workspace is for another target, so the
//! `cargo test` that runs this does not see them by itself.
use crate::kit::{repo, wasm};

#[test]
fn the_bundled_plugins_pass_their_own_tests() {
    let output = wasm::cargo(&repo().join("plugins"), &["test", "--locked", "--workspace", "--quiet"]);
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}");
    assert!(said.matches("test result: ok").count() >= 3, "every plugin has tests:\n{said}");
}
