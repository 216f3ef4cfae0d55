//! The one place with `unsafe`: loading machine code that this host compiled.
//!
//! `Component::deserialize` trusts its input completely, so nothing that came from outside may reach it. Code gets here
//! on two ways: from the compiler's own output, over the pipe of a child process that this host started from its own
//! binary, or from the cache, which gives back only what carries a mark made with the host's key over the component's
//! digest, the engine's fingerprint and the code (see `cache`). An upload never becomes code without being compiled.
#![allow(
    unsafe_code,
    reason = "wasmtime cannot prove that machine code is its own; the module's header says why ours is"
)]
use wasmtime::component::Component;
use wasmtime::{Engine, Precompiled};

/// The component of the code. Errors: it was made by another version or configuration of the engine.
pub(super) fn load(engine: &Engine, code: &[u8]) -> wasmtime::Result<Component> {
    if Engine::detect_precompiled(code) != Some(Precompiled::Component) {
        return Err(wasmtime::Error::msg("this is not the code of a component"));
    }
    // SAFETY: `code` was produced by `Engine::precompile_component` in this binary (see the module's header). wasmtime
    // itself refuses code of another version or configuration.
    unsafe { Component::deserialize(engine, code) }
}
