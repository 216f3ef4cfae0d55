//! The work on an author's folder: look, exchange, tell, and wait for the next change.
use super::folder::{self, Found, Stamp};
use super::{Dev, Trouble};
use crate::base::error::Error;
use crate::features::plugins::{Permissions, Plugins, Upload};
use crate::features::widgets::{Finding, Widgets};
use crate::platform::{cargo, files};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

/// Who the history of plugins names.
const WHO: &str = "inlay dev";

/// One line for the author's terminal, or several.
pub enum Said {
    Done(String),
    Wrong(String),
}

/// Watches a folder until it is dropped.
pub struct Author {
    pub dev: Dev,
    pub plugins: Plugins,
    pub widgets: Widgets,
    pub folder: PathBuf,
    pub say: fn(Said),
}

/// A plugin's crate, since when its compiler has been at work, and the component or what went wrong.
type Building = (PathBuf, Instant, JoinHandle<Result<PathBuf, String>>);

/// What is known of the folder.
#[derive(Default)]
struct Known {
    found: Found,
    /// The name of each widget that is shown, by its path.
    names: BTreeMap<PathBuf, String>,
    /// Plugins that wait for the compiler, which builds one after the other.
    waiting: BTreeSet<PathBuf>,
    building: Option<Building>,
}

impl Author {
    /// Errors: the folder cannot be watched.
    pub async fn work(self) -> std::io::Result<()> {
        let mut watch = files::Watch::new()?;
        let mut known = Known::default();
        loop {
            // Watched first: what changes while it is looked at is looked at again.
            let found = self.look().await;
            watch.set(&found.folders);
            self.compare(&mut known, found).await;
            self.build_next(&mut known);
            tokio::select! {
                () = watch.change() => {}
                built = finished(&mut known.building) => self.built(&mut known, built).await,
            }
        }
    }

    async fn look(&self) -> Found {
        let folder = self.folder.clone();
        tokio::task::spawn_blocking(move || folder::look(&folder)).await.unwrap_or_default()
    }

    /// Does what has changed since the last look.
    async fn compare(&self, known: &mut Known, found: Found) {
        for (path, stamp) in &found.widgets {
            if known.found.widgets.get(path) != Some(stamp) {
                self.show(known, path).await;
            }
        }
        for path in known.found.widgets.keys().filter(|path| !found.widgets.contains_key(*path)) {
            if let Some(name) = known.names.remove(path) {
                self.widgets.take_local(&name);
                self.changed_widget(path, &name);
                (self.say)(Said::Done(format!("{}: taken away", self.below(path))));
            }
            self.dev.change(|now| now.troubles.retain(|trouble| trouble.path != self.below(path)));
        }
        let is_new = |path: &PathBuf, stamp: &Stamp| known.found.plugins.get(path) != Some(stamp);
        let changed = found.plugins.iter().filter(|(path, stamp)| is_new(path, stamp)).map(|(path, _)| path.clone());
        known.waiting.extend(changed);
        known.waiting.retain(|path| found.plugins.contains_key(path));
        known.found = found;
    }

    /// Puts one widget in front, or says what is wrong with it.
    async fn show(&self, known: &mut Known, path: &Path) {
        let (widgets, at) = (self.widgets.clone(), path.to_owned());
        let put = tokio::task::spawn_blocking(move || {
            let file = folder::read(&at).map_err(|why| vec![Finding::whole(why)])?;
            widgets.put_local(&file)
        });
        match put.await.unwrap_or_else(|_| Err(vec![Finding::whole("it cannot be read".to_owned())])) {
            Ok(name) => {
                let before = known.names.insert(path.to_owned(), name.clone());
                if let Some(before) = before.filter(|before| *before != name) {
                    self.widgets.take_local(&before);
                }
                self.changed_widget(path, &name);
                (self.say)(Said::Done(format!("{}: the widget {name} is shown", self.below(path))));
            }
            Err(findings) => {
                let text = findings.iter().map(Finding::to_string).collect::<Vec<_>>().join("\n");
                let line = findings.iter().find_map(|finding| finding.line);
                let first = findings.first().map(Finding::to_string).unwrap_or_default();
                self.trouble(path, "widget", first, text, line);
            }
        }
    }

    fn changed_widget(&self, path: &Path, name: &str) {
        let below = self.below(path);
        self.dev.change(|now| {
            now.widgets.insert(name.to_owned(), now.turn);
            now.troubles.retain(|trouble| trouble.path != below);
        });
    }

    fn build_next(&self, known: &mut Known) {
        if known.building.is_some() {
            return;
        }
        let Some(path) = known.waiting.pop_first() else { return };
        let below = self.below(&path);
        (self.say)(Said::Done(format!("{below}: building")));
        self.dev.change(|now| now.building = vec![below]);
        let folder = path.clone();
        let build = tokio::spawn(async move { cargo::build(&folder).await });
        known.building = Some((path, Instant::now(), build));
    }

    /// A compiler has ended.
    async fn built(&self, known: &mut Known, built: Result<PathBuf, String>) {
        let Some((path, began, _)) = known.building.take() else { return };
        let compiled = began.elapsed();
        let loaded = match built {
            Ok(component) => self.load(&component).await,
            Err(words) => Err(("it does not compile".to_owned(), words)),
        };
        self.dev.change(|now| now.building.clear());
        match loaded {
            Ok((name, version)) => {
                let below = self.below(&path);
                self.dev.change(|now| {
                    now.plugins.insert(name.clone(), now.turn);
                    now.troubles.retain(|trouble| trouble.path != below);
                });
                let (compiled, whole) = (seconds(compiled), seconds(began.elapsed()));
                let took = format!("built in {compiled}, in force after {whole}");
                (self.say)(Said::Done(format!("{below}: the plugin {name} {version} is in force ({took})")));
            }
            Err((title, text)) => self.trouble(&path, "plugin", title, text, None),
        }
    }

    /// Errors: a sentence, and all of it.
    async fn load(&self, component: &Path) -> Result<(String, String), (String, String)> {
        let unread = |e: std::io::Error| ("its component cannot be read".to_owned(), e.to_string());
        let component = tokio::fs::read(component).await.map_err(unread)?;
        let permissions = Some(Permissions::All);
        let upload =
            Upload { component: component.into(), permissions, activate: true, who: WHO.to_owned(), draft: true };
        let info = self.plugins.upload(upload).await.map_err(|error| (error.detail.to_string(), in_full(&error)))?;
        match info.state.as_str() {
            "active" => Ok((info.name, info.version)),
            state => {
                let why = info.reason.unwrap_or_default();
                Err((format!("{} {} is not in force: {state}", info.name, info.version), why))
            }
        }
    }

    fn trouble(&self, path: &Path, kind: &'static str, title: String, text: String, line: Option<usize>) {
        let path = self.below(path);
        let more = if text == title { String::new() } else { format!("\n{}", text.trim_end()) };
        (self.say)(Said::Wrong(format!("{path}: {title}{more}")));
        self.dev.change(|now| {
            now.troubles.retain(|trouble| trouble.path != path);
            now.troubles.push(Trouble { path, kind, title, text, line });
        });
    }

    /// The path below the folder, for people.
    fn below(&self, path: &Path) -> String {
        match path.strip_prefix(&self.folder).unwrap_or(path).display().to_string() {
            empty if empty.is_empty() => ".".to_owned(),
            below => below,
        }
    }
}

/// Never, while nothing is being built.
async fn finished(building: &mut Option<Building>) -> Result<PathBuf, String> {
    match building {
        Some((_, _, build)) => build.await.unwrap_or_else(|e| Err(e.to_string())),
        None => std::future::pending().await,
    }
}

/// With what only the author's own eyes may see.
fn in_full(error: &Error) -> String {
    let mut lines = vec![error.detail.to_string()];
    lines.extend(error.faults.iter().map(|fault| format!("at {}: {}", fault.pointer, fault.message)));
    lines.extend(error.source.as_ref().map(|source| format!("because: {source}")));
    lines.join("\n")
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}
