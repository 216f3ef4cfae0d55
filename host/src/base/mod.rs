//! GROUND: words that every floor uses. Knows nothing of the rest, does no I/O.
pub mod clock;
pub mod error;
pub mod ids;
pub mod json;
pub mod page;
pub mod quiet;
pub mod seal;
pub mod secret;
pub mod tree;
pub mod widget_file;
pub mod wire;
