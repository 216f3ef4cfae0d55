//! Puts a backup back: unpacks it beside, looks through it, and only then changes anything.
use super::swap::{self, Move, STAGE};
use super::{DATABASE, FORMAT, Home, KEY_BYTES, KEYS, MANIFEST, Manifest, Progress, Trouble, folder_of, trouble};
use crate::base::clock::Clock;
use crate::platform::archive::{self, Unread};
use crate::platform::db::{Copied, settle};
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{BufRead, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

/// Room on the disk that unpacking never takes.
const RESERVE: u64 = 64 << 20;
const MANIFEST_BYTES: u64 = 64 << 10;
const PIECE_BYTES: u64 = 64 << 20;

/// What was put back.
pub struct Restored {
    pub made_at_ms: u64,
    /// Of the Inlay that made the backup.
    pub version: String,
    pub keys: usize,
    /// Where the files are that were there before.
    pub aside: Option<PathBuf>,
}

/// Restores into `home`, whose lock the caller holds. Without `replace`, a folder that holds a database or keys is left
/// alone. Errors leave everything as it was.
pub async fn restore(
    from: impl BufRead,
    home: &Home,
    replace: bool,
    clock: &Clock,
    progress: &mut Progress<'_>,
) -> Result<Restored, Trouble> {
    let there: Vec<PathBuf> = [home.database.clone(), home.keys()].into_iter().filter(|path| path.exists()).collect();
    if let Some(first) = there.first().filter(|_| !replace) {
        return Err(Trouble(format!(
            "{} is there already; --replace puts the backup in its place and keeps it aside, or choose another folder \
             with --data DIR",
            first.display()
        )));
    }
    let mut stage = Stage::new(home)?;
    let taken = archive::read(from, |name, size, content| stage.take(name, size, content, progress));
    taken.map_err(|unread| match unread {
        Unread::Damaged(why) => trouble("This is not a whole backup of Inlay; nothing was changed", why),
        Unread::Refused(trouble) => trouble,
    })?;
    let manifest = stage.whole()?;
    let Copied { complaints, unknown } = settle(&stage.database)
        .await
        .map_err(|e| trouble("The database in this backup cannot be read; nothing was changed", Trouble::from(e)))?;
    if let Some(number) = unknown.first() {
        return Err(newer(&manifest.version, &format!("its database has had migration {number:04}")));
    }
    if let Some(first) = complaints.first() {
        return Err(trouble("The database in this backup is damaged; nothing was changed", first));
    }
    let made = UNIX_EPOCH + Duration::from_millis(clock.now_ms());
    let name = format!("before-restore-{}", humantime::format_rfc3339_millis(made)).replace(':', "-");
    stage.sync().map_err(|e| trouble("The backup cannot be unpacked; nothing was changed", e))?;
    swap::decide(&home.folder, &stage.moves(home, &name))?;
    swap::finish(&home.folder)?;
    let aside = (!there.is_empty()).then(|| folder_of(&home.database).join(name));
    Ok(Restored { made_at_ms: manifest.made_at_ms, version: manifest.version, keys: stage.keys, aside })
}

fn newer(version: &str, why: &str) -> Trouble {
    Trouble(format!(
        "This backup was made by Inlay {version}, which is newer than this one ({}): {why}. Restore it with that version; \
         nothing was changed",
        env!("CARGO_PKG_VERSION")
    ))
}

/// The files of a backup, unpacked beside their places.
struct Stage {
    folders: Vec<PathBuf>,
    database: PathBuf,
    keys_folder: PathBuf,
    manifest: Option<Manifest>,
    database_is_whole: bool,
    /// Series and number of the log's last piece.
    log: (u32, u32),
    keys: usize,
    done: u64,
    decided: bool,
}

impl Drop for Stage {
    fn drop(&mut self) {
        for folder in self.folders.iter().filter(|_| !self.decided) {
            // What is left over is cleared away by the next start.
            let _ = swap::clear(folder);
        }
    }
}

impl Stage {
    fn new(home: &Home) -> Result<Stage, Trouble> {
        let beside = folder_of(&home.database).join(STAGE);
        let inside = home.folder.join(STAGE);
        let keys_folder = inside.join("keys");
        let database = beside.join(DATABASE);
        let folders = if beside == inside { vec![inside] } else { vec![beside, inside] };
        for folder in &folders {
            let made = swap::clear(folder).and_then(|()| DirBuilder::new().recursive(true).mode(0o700).create(folder));
            made.map_err(|e| trouble(format!("{} cannot be made", folder.display()), e))?;
        }
        let (manifest, database_is_whole, log) = (None, false, (0, 0));
        Ok(Stage { folders, database, keys_folder, manifest, database_is_whole, log, keys: 0, done: 0, decided: false })
    }

    fn take(
        &mut self,
        name: &str,
        size: u64,
        content: &mut dyn Read,
        progress: &mut Progress<'_>,
    ) -> Result<(), Trouble> {
        self.has_room(size)?;
        let (folder, rest) = name.split_once('/').unwrap_or(("", name));
        match (&self.manifest, folder, rest) {
            (None, "", MANIFEST) if size <= MANIFEST_BYTES => self.read_manifest(content)?,
            (None, ..) => return Err(Trouble("This is not a backup of Inlay; nothing was changed".into())),
            (Some(manifest), "", DATABASE) if size == manifest.database_bytes && !self.database_is_whole => {
                unpack(&self.database, content, false)?;
                self.database_is_whole = true;
            }
            (Some(_), "wal", rest) if self.database_is_whole && size <= PIECE_BYTES => self.take_log(rest, content)?,
            (Some(_), "keys", rest) if size <= KEY_BYTES && self.keys < KEYS => {
                let made = DirBuilder::new().recursive(true).mode(0o700).create(&self.keys_folder);
                made.map_err(|e| trouble("A folder for the keys cannot be made", e))?;
                unpack(&self.keys_folder.join(rest), content, false)?;
                self.keys += 1;
            }
            _ => return Err(Trouble(format!("This backup holds something strange, {name}; nothing was changed"))),
        }
        self.done += size;
        progress(self.done, self.manifest.as_ref().map_or(0, |m| m.database_bytes).max(self.done));
        Ok(())
    }

    /// However much the file claims to hold, it does not fill the disk.
    fn has_room(&self, size: u64) -> Result<(), Trouble> {
        let folder = self.folders.first().map_or(Path::new("."), PathBuf::as_path);
        let disk = rustix::fs::statvfs(folder).map_err(|e| trouble("The disk's free space cannot be read", e))?;
        let free = disk.f_bavail.saturating_mul(disk.f_frsize);
        match size.saturating_add(RESERVE) <= free {
            true => Ok(()),
            false => Err(Trouble(format!(
                "The backup needs {} MiB more, but only {} MiB are free beside {} MiB that stay free; nothing was changed",
                size >> 20,
                free.saturating_sub(RESERVE) >> 20,
                RESERVE >> 20
            ))),
        }
    }

    fn read_manifest(&mut self, content: &mut dyn Read) -> Result<(), Trouble> {
        let mut bytes = Vec::new();
        content.read_to_end(&mut bytes).map_err(|e| trouble("The backup cannot be read", e))?;
        let value: serde_json::Value = serde_json::from_slice(&bytes)
            .map_err(|e| trouble("This is not a backup of Inlay; nothing was changed", e))?;
        let format = value.get("inlay_backup").and_then(serde_json::Value::as_u64);
        let version = value.get("version").and_then(serde_json::Value::as_str).unwrap_or("?");
        match format {
            Some(format) if format == u64::from(FORMAT) => {}
            Some(format) => return Err(newer(version, &format!("its format is {format}"))),
            None => return Err(Trouble("This is not a backup of Inlay; nothing was changed".into())),
        }
        let manifest: Manifest = serde_json::from_value(value)
            .map_err(|e| trouble("This backup's description is damaged; nothing was changed", e))?;
        if manifest.database != "sqlite" {
            let kind = &manifest.database;
            return Err(Trouble(format!(
                "This is the backup of a {kind} database, and here is SQLite; nothing was changed"
            )));
        }
        self.manifest = Some(manifest);
        Ok(())
    }

    /// "0001-000002": of the second piece of the first series. A later series stands for the earlier ones.
    fn take_log(&mut self, name: &str, content: &mut dyn Read) -> Result<(), Trouble> {
        let number = |text: &str| text.parse::<u32>().unwrap_or(0);
        let (series, piece) = name.split_once('-').map_or((0, 0), |(a, b)| (number(a), number(b)));
        let (last_series, last_piece) = self.log;
        let follows = (series == last_series && piece == last_piece + 1) || (series > last_series && piece == 1);
        if !follows {
            return Err(Trouble("A piece of this backup is missing; nothing was changed".into()));
        }
        self.log = (series, piece);
        let mut path = self.database.clone().into_os_string();
        path.push("-wal");
        unpack(Path::new(&path), content, piece > 1)
    }

    fn whole(&mut self) -> Result<Manifest, Trouble> {
        let manifest = self.manifest.take().filter(|_| self.database_is_whole);
        manifest.ok_or_else(|| Trouble("There is no database in this backup; nothing was changed".into()))
    }

    /// Everything is on the disk before anything depends on it.
    fn sync(&mut self) -> std::io::Result<()> {
        File::open(&self.database)?.sync_all()?;
        if self.keys > 0 {
            for entry in std::fs::read_dir(&self.keys_folder)? {
                File::open(entry?.path())?.sync_all()?;
            }
            swap::sync(&self.keys_folder)?;
        }
        self.folders.iter().try_for_each(|folder| swap::sync(folder))
    }

    fn moves(&mut self, home: &Home, aside: &str) -> Vec<Move> {
        self.decided = true;
        let name = home.database.file_name().unwrap_or_default();
        let mut moves = vec![Move {
            new: self.database.clone(),
            to: home.database.clone(),
            aside: folder_of(&home.database).join(aside).join(name),
            with: vec!["-wal".into(), "-shm".into()],
        }];
        if self.keys > 0 {
            let aside = home.folder.join(aside).join("keys");
            moves.push(Move { new: self.keys_folder.clone(), to: home.keys(), aside, with: Vec::new() });
        }
        moves
    }
}

fn unpack(path: &Path, content: &mut dyn Read, append: bool) -> Result<(), Trouble> {
    let mut options = OpenOptions::new();
    options.mode(0o600).write(true).create(true).append(append).truncate(!append);
    let copied = options.open(path).and_then(|mut file| {
        std::io::copy(content, &mut file)?;
        file.flush()
    });
    copied.map_err(|e| trouble("The backup cannot be unpacked; nothing was changed", e))
}
