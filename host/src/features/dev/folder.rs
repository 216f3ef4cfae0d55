//! What an author's folder holds: widgets as files or folders, and plugins' crates.
use crate::base::widget_file::{self, Folder, WidgetFile};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Folders inside each other, and entries altogether, that are looked at: a bound for somebody's home folder.
const DEEPEST: usize = 8;
const MOST_ENTRIES: usize = 20_000;

/// Changes when one of the files does.
pub(super) type Stamp = Vec<(PathBuf, Option<SystemTime>, u64)>;

/// What was found at one moment.
#[derive(Default)]
pub(super) struct Found {
    /// `.widget` files, and folders in the readable form.
    pub(super) widgets: BTreeMap<PathBuf, Stamp>,
    /// Folders of crates that have an inlay.toml.
    pub(super) plugins: BTreeMap<PathBuf, Stamp>,
    pub(super) folders: BTreeSet<PathBuf>,
    left: usize,
}

/// Looks through a folder. What cannot be read counts as not there: it may come with the next change.
pub(super) fn look(root: &Path) -> Found {
    let mut found = Found { left: MOST_ENTRIES, ..Found::default() };
    enter(root, &mut found, None, DEEPEST);
    found
}

fn enter(folder: &Path, found: &mut Found, inside: Option<&Path>, depth: usize) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let mut paths: Vec<PathBuf> = entries.flatten().take(found.left).map(|entry| entry.path()).collect();
    found.left -= paths.len();
    found.folders.insert(folder.to_owned());
    paths.sort();
    let has = |name: &str| paths.iter().any(|path| path.ends_with(name));
    if has("widget.toml") && has("template.jinja") {
        let own = paths.iter().filter(|path| name(path).is_some_and(|name| widget_file::FILES.contains(&name)));
        found.widgets.insert(folder.to_owned(), own.filter_map(|path| stamp(path)).collect());
        return;
    }
    let is_plugin = has("Cargo.toml") && has("inlay.toml");
    let inside = if is_plugin { Some(folder) } else { inside };
    if is_plugin {
        found.plugins.entry(folder.to_owned()).or_default();
    }
    for path in &paths {
        let Some(name) = name(path).filter(|name| !name.starts_with('.')) else { continue };
        if path.is_dir() {
            if depth > 0 && !matches!(name, "target" | "node_modules" | "data") {
                enter(path, found, inside, depth - 1);
            }
        } else if name.ends_with(".widget") {
            found.widgets.insert(path.clone(), stamp(path).into_iter().collect());
        } else if let Some(plugin) = inside {
            // Cargo writes it while it builds.
            let stamp = stamp(path).filter(|_| name != "Cargo.lock");
            found.plugins.entry(plugin.to_owned()).or_default().extend(stamp);
        }
    }
}

fn name(path: &Path) -> Option<&str> {
    path.file_name()?.to_str()
}

fn stamp(path: &Path) -> Option<(PathBuf, Option<SystemTime>, u64)> {
    let about = fs::metadata(path).ok()?;
    Some((path.to_owned(), about.modified().ok(), about.len()))
}

/// Reads a widget. Errors: in words.
pub(super) fn read(path: &Path) -> Result<Value, String> {
    let text = |path: &Path| fs::read_to_string(path).map_err(|e| format!("it cannot be read: {e}"));
    if !path.is_dir() {
        return serde_json::from_str(&text(path)?).map_err(|e| format!("it is not JSON: {e}"));
    }
    let mut folder = Folder::new();
    for file in widget_file::FILES {
        let path = path.join(file);
        if path.exists() {
            folder.insert(file.to_owned(), text(&path)?);
        }
    }
    WidgetFile::from_folder(&folder).map(|file| file.to_json()).map_err(|e| e.detail.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widgets_and_plugins_are_found_and_the_rest_is_left_alone() {
        let root = std::env::temp_dir().join(format!("inlay-dev-{}", std::process::id()));
        let _ = fs::remove_dir_all(&root);
        let write = |path: &str| {
            let path = root.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        };
        for path in [
            "a.widget",
            "card/widget.toml",
            "card/template.jinja",
            "card/notes.txt",
            "hello/Cargo.toml",
            "hello/inlay.toml",
            "hello/src/lib.rs",
            "hello/widgets/h.widget",
            "hello/target/x.widget",
            ".git/b.widget",
            "node_modules/c.widget",
            "crate/Cargo.toml",
            "crate/src/lib.rs",
            "data/d.widget",
        ] {
            write(path);
        }
        let below = |path: &PathBuf| path.strip_prefix(&root).unwrap().display().to_string();
        let found = look(&root);
        assert_eq!(found.widgets.keys().map(below).collect::<Vec<_>>(), ["a.widget", "card", "hello/widgets/h.widget"]);
        assert_eq!(found.plugins.keys().map(below).collect::<Vec<_>>(), ["hello"]);
        let hello = &found.plugins[&root.join("hello")];
        assert_eq!(hello.iter().map(|(path, ..)| below(path)).collect::<Vec<_>>().len(), 3, "widgets are no code");
        assert_eq!(found.widgets[&root.join("card")].len(), 2);
        fs::remove_dir_all(root).unwrap();
    }
}
