//! Write Inlay plugins: typed actions and queries that run in a sandbox, each action one transaction.
//!
//! ```ignore
//! use inlay::*;
//!
//! #[derive(Deserialize)]
//! struct Greet { name: String }
//!
//! fn greet(cx: &Cx, input: Greet) -> Result {
//!     let s = cx.thread()?;
//!     let n = s.get::<u64>("visits")? + 1;
//!     s.put("visits", &n)?;
//!     render("hello", json!({ "name": input.name, "visits": n }))
//! }
//!
//! actions! { "hello.greet" => greet }
//! ```
//!
//! Beside it lie `inlay.toml` (who the plugin is and what it needs) and `widgets/`. There is nothing else: no build
//! script, no second dependency, no unsafe code. `docs/plugin-authors.md` is the guide.
//!
//! On wasm32 a [`Cx`] talks to the host; everywhere else to an in-memory stand-in ([`Cx::fake`]) with the same
//! semantics, so that plain `cargo test` tests a plugin.

// The derives name `::inlay`, also inside this crate's own tests.
extern crate self as inlay;

mod cx;
mod day;
mod failure;
mod log;
mod people;
mod plugin;
mod reply;
mod state;

#[cfg(all(target_arch = "wasm32", feature = "fast-alloc"))]
mod alloc;
#[cfg(not(target_arch = "wasm32"))]
mod fake;
#[cfg(not(target_arch = "wasm32"))]
mod widget_cases;
#[cfg(target_arch = "wasm32")]
mod guest;

#[cfg(not(target_arch = "wasm32"))]
use fake as sys;
#[cfg(target_arch = "wasm32")]
use guest as sys;

pub use cx::{Audience, Call, Cx};
pub use day::Day;
pub use failure::{Failure, Faults, Result, fail};
#[cfg(not(target_arch = "wasm32"))]
pub use fake::{Event, LogLine};
pub use log::{Level, Logger};
pub use people::{Both, Merge};
pub use plugin::{Empty, Plugin};
pub use reply::{Render, Reply, ReplyExt, render, reply, reply_json};
pub use state::{Bucket, Entry};
#[cfg(not(target_arch = "wasm32"))]
pub use widget_cases::Unlike;

pub use inlay_macros::{Deserialize, Serialize, actions, plugin};
pub use schemars::{self, JsonSchema};
pub use serde::de::{Deserialize, DeserializeOwned};
pub use serde::ser::Serialize;
pub use serde_json::{self, Value, json};

/// What the macros' output names. Not for people; may change in any version.
#[doc(hidden)]
pub mod __private {
    #[cfg(target_arch = "wasm32")]
    pub use crate::guest::{bindings, describe, handle, load};
    pub use crate::plugin::{ActionEntry, QueryEntry, input_of, run_action, run_query};
    pub use serde;
}
