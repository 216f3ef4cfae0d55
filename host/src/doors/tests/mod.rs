//! Every door from outside, with stand-ins behind it.
mod actions;
mod admin;
mod callers;
mod fake_bots;
pub mod fake_plugins;
pub mod fakes;
mod manners;
mod playground;
mod openapi;
mod site;
mod watch;
mod widgets;
