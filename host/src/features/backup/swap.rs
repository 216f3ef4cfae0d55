//! Puts restored files in the place of the present ones, all or none, whenever the process ends.
//!
//! Renaming one file is atomic; here it is a file and a folder, and what is there is kept. So the moves are written down
//! first, in a journal that appears by one rename: before that moment nothing has changed, after it whoever opens the data
//! folder next makes the rest of the moves. Each is made only while its new file still lies where it was unpacked.
use super::{Trouble, trouble};
use serde::{Deserialize, Serialize};
use std::fs::{DirBuilder, File};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// In the data folder, while a restore has begun to change it.
const JOURNAL: &str = "restore.json";
/// Where files are unpacked; in the folder that they go to.
pub(super) const STAGE: &str = ".restore";

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Move {
    pub(super) new: PathBuf,
    pub(super) to: PathBuf,
    /// Where what is there goes.
    pub(super) aside: PathBuf,
    /// Files that belong to what is there: its name with these endings.
    pub(super) with: Vec<String>,
}

/// Whether a restore was begun and must be finished before anything is opened.
pub fn is_unfinished(data: &Path) -> bool {
    data.join(JOURNAL).exists()
}

/// From here on it is going to happen.
pub(super) fn decide(data: &Path, moves: &[Move]) -> Result<(), Trouble> {
    let draft = data.join(STAGE).join(JOURNAL);
    // A folder may be somewhere else when it is opened next.
    let inside = |path: &PathBuf| path.strip_prefix(data).map_or_else(|_| path.clone(), Path::to_path_buf);
    let moves: Vec<Move> = moves
        .iter()
        .map(|m| Move { new: inside(&m.new), to: inside(&m.to), aside: inside(&m.aside), with: m.with.clone() })
        .collect();
    let written = || -> std::io::Result<()> {
        let mut file = File::create(&draft)?;
        file.write_all(&serde_json::to_vec_pretty(&moves)?)?;
        file.sync_all()?;
        std::fs::rename(&draft, data.join(JOURNAL))?;
        sync(data)
    };
    written().map_err(|e| trouble("The restore cannot begin", e))
}

/// Finishes a restore that was begun, and clears away one that was not. The caller holds the lock of the data folder.
pub fn finish(data: &Path) -> Result<(), Trouble> {
    finish_moves(data).map_err(|e| trouble(format!("A restore into {} cannot be finished", data.display()), e))
}

fn finish_moves(data: &Path) -> std::io::Result<()> {
    let journal = data.join(JOURNAL);
    let moves: Vec<Move> = match std::fs::read(&journal) {
        Ok(bytes) => serde_json::from_slice(&bytes)?,
        Err(e) if e.kind() == ErrorKind::NotFound => return clear(&data.join(STAGE)),
        Err(e) => return Err(e),
    };
    for Move { new, to, aside, with } in &moves {
        let (new, to, aside) = (&data.join(new), &data.join(to), &data.join(aside));
        if !new.exists() {
            continue;
        }
        for ending in [String::new()].iter().chain(with) {
            let (from, to) = (ended(to, ending), ended(aside, ending));
            if from.exists() {
                if let Some(folder) = to.parent() {
                    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
                }
                std::fs::rename(from, to)?;
            }
        }
        std::fs::rename(new, to)?;
        for path in [to, aside, new] {
            if let Some(folder) = path.parent().filter(|folder| folder.exists()) {
                sync(folder)?;
            }
        }
    }
    std::fs::remove_file(&journal)?;
    sync(data)?;
    for stage in moves.iter().filter_map(|m| m.new.parent()) {
        clear(&data.join(stage))?;
    }
    clear(&data.join(STAGE))
}

fn ended(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

pub(super) fn clear(stage: &Path) -> std::io::Result<()> {
    match std::fs::remove_dir_all(stage) {
        Err(e) if e.kind() != ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
}

pub(super) fn sync(folder: &Path) -> std::io::Result<()> {
    File::open(folder)?.sync_all()
}
