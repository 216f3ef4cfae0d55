//! What the binary carries: the plugins and widgets that build.rs put there.
include!(concat!(env!("OUT_DIR"), "/bundled.rs"));
