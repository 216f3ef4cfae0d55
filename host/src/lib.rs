//! Inlay's host: one engine behind several doors. Modules in reading order, from the ground up; see ARCHITECTURE.md.
pub mod app;
pub mod base;
pub mod bundled;
pub mod cli;
pub mod doors;
pub mod features;
pub mod platform;
pub mod server;
pub mod settings;
pub mod telemetry;
