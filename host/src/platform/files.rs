//! notify: hears that something in a set of folders has changed. What has changed is for the caller to look at: editors
//! write in many ways, and what they did in between is nobody's business.
use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;

/// Changes that come so soon after each other are one: an editor that replaces a file, a tool that writes several.
const SETTLE: Duration = Duration::from_millis(20);

/// Folders that are watched, each without what is below it.
pub struct Watch {
    watcher: RecommendedWatcher,
    folders: BTreeSet<PathBuf>,
    heard: Arc<Notify>,
}

impl Watch {
    /// Errors: the system gives no watcher, which on Linux means too many of them are in use.
    pub fn new() -> io::Result<Watch> {
        let heard = Arc::new(Notify::new());
        let tell = heard.clone();
        // Reading a file is an event too, and would have no end.
        let on_event = move |event: notify::Result<notify::Event>| {
            if event.is_ok_and(|event| !event.kind.is_access()) {
                tell.notify_one();
            }
        };
        let watcher = notify::recommended_watcher(on_event).map_err(io::Error::other)?;
        Ok(Watch { watcher, folders: BTreeSet::new(), heard })
    }

    /// Watches these folders from now on and no others. One that is gone meanwhile is left out.
    pub fn set(&mut self, folders: &BTreeSet<PathBuf>) {
        for gone in self.folders.difference(folders) {
            let _ = self.watcher.unwatch(gone);
        }
        let new: Vec<PathBuf> = folders.difference(&self.folders).cloned().collect();
        self.folders = self.folders.intersection(folders).cloned().collect();
        for folder in new {
            match self.watcher.watch(&folder, RecursiveMode::NonRecursive) {
                Ok(()) => drop(self.folders.insert(folder)),
                Err(error) => tracing::warn!(folder = %folder.display(), %error, "this folder is not watched"),
            }
        }
    }

    /// Returns after something has changed and is quiet again.
    pub async fn change(&self) {
        self.heard.notified().await;
        while tokio::time::timeout(SETTLE, self.heard.notified()).await.is_ok() {}
    }
}
