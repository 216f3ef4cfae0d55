//! PLUMBING: one file per outside thing; only it names that crate. Plumbing does not use plumbing.
pub mod keys;
pub mod metrics;
pub mod templates;
pub mod db;
pub mod schema;
pub mod wasm;
