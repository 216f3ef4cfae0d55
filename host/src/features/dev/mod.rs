//! Development mode: an author's folder is watched, its widgets and plugins are exchanged while the host runs, and whoever
//! looks at them hears of it.
mod author;
mod folder;

pub use author::{Author, Said};

use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::watch;

/// What is wrong with one widget or plugin of the folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Trouble {
    /// Path below the folder.
    pub path: String,
    /// "widget" or "plugin".
    pub kind: &'static str,
    /// One sentence.
    pub title: String,
    /// All that there is to say, in lines: a compiler's words, for one.
    pub text: String,
    /// Line of the template, where it is known.
    pub line: Option<usize>,
}

/// How a folder is doing. The newest says everything, so that nobody has to hear of every step.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Now {
    /// Tells one process from the next.
    pub host: String,
    /// Grows with every change.
    pub turn: u64,
    /// For each of the folder's widgets, the turn of its last change.
    pub widgets: BTreeMap<String, u64>,
    /// For each of its plugins, the turn at which it came into force.
    pub plugins: BTreeMap<String, u64>,
    /// Plugins that are being built, as paths below the folder.
    pub building: Vec<String>,
    pub troubles: Vec<Trouble>,
}

/// What the author's work and the doors share. Cheap to clone.
#[derive(Clone)]
pub struct Dev(Arc<Inner>);

struct Inner {
    open: bool,
    now: watch::Sender<Option<Arc<Now>>>,
}

impl Dev {
    /// `open`: whether this host is in development mode at all.
    pub fn new(open: bool, host: String) -> Dev {
        let now = Now { host, ..Now::default() };
        Dev(Arc::new(Inner { open, now: watch::Sender::new(Some(Arc::new(now))) }))
    }

    pub fn is_open(&self) -> bool {
        self.0.open
    }

    /// The state now, and every newer one; `None` when the host stops.
    pub fn follow(&self) -> watch::Receiver<Option<Arc<Now>>> {
        self.0.now.subscribe()
    }

    /// Ends what follows.
    pub fn close(&self) {
        self.0.now.send_replace(None);
    }

    fn change(&self, change: impl FnOnce(&mut Now)) {
        self.0.now.send_if_modified(|now| match now {
            None => false,
            Some(now) => {
                let now = Arc::make_mut(now);
                now.turn += 1;
                change(now);
                true
            }
        });
    }
}
