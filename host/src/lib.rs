//! Inlay's host: one engine behind several doors. Modules in reading order, from the ground up; see ARCHITECTURE.md.
pub mod base;
pub mod platform;
pub mod features;
pub mod doors;
pub mod bundled;
pub mod settings;
pub mod telemetry;
pub mod app;
pub mod cli;
