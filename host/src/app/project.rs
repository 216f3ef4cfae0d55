//! An author's folder that is worked on while the host serves.
use super::House;
use crate::features::dev::{Author, Dev, Said};
use std::path::PathBuf;
use tokio::task::JoinHandle;

pub struct Project {
    pub folder: PathBuf,
    /// Where its news is said.
    pub say: fn(Said),
}

impl Project {
    pub(super) fn start(self, dev: &Dev, house: &House) -> JoinHandle<()> {
        let Project { folder, say } = self;
        let (dev, plugins, widgets) = (dev.clone(), house.plugins.clone(), house.widgets.clone());
        tokio::spawn(async move {
            if let Err(error) = (Author { dev, plugins, widgets, folder, say }).work().await {
                say(Said::Wrong(format!("the folder cannot be watched, so nothing is shown: {error}")));
            }
        })
    }
}
