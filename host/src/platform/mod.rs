//! PLUMBING: one file per outside thing; only it names that crate. Plumbing does not use plumbing.
pub mod archive;
pub mod cargo;
pub mod db;
pub mod files;
pub mod keys;
pub mod limiter;
pub mod metrics;
pub mod passwords;
pub mod schema;
pub mod templates;
pub mod wasm;
