//! ROOMS: what Inlay does, in its own words. No HTTP here, no SQL outside a `store.rs`. A room uses rooms above it in
//! this list, through their `mod.rs`.
pub mod identity;
pub mod replay;
pub mod audit;
pub mod tokens;
pub mod accounts;
pub mod workspaces;
pub mod keys;
pub mod bots;
pub mod vouching;
pub mod access;
pub mod state;
pub mod plugins;
pub mod widgets;
pub mod actions;
pub mod visitors;
pub mod privacy;
pub mod backup;
pub mod dev;
