//! Backups: the database and the keys of a data folder in one file, made while a host works, and put back.
//!
//! What is acknowledged to anybody before [`make`] has ended is in the file (see `platform/db/live.rs`). Compiled plugins
//! are not: they are made again from what is stored.
mod restore;
mod swap;

pub use restore::{Restored, restore};
pub use swap::{finish, is_unfinished};

use crate::base::clock::Clock;
use crate::base::error::Error;
use crate::platform::archive;
use crate::platform::db::{Live, Piece};
use rustix::fs::Mode;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// The format of the file; goes up when an older Inlay could not read it.
const FORMAT: u32 = 1;
const MANIFEST: &str = "manifest.json";
const DATABASE: &str = "inlay.db";
/// Longest key file, and most of them.
const KEY_BYTES: u64 = 64 << 10;
const KEYS: usize = 64;
/// Bytes of the log in one entry; they are held in memory.
const PIECE: usize = 8 << 20;
/// So much of the log may be left for the moment in which nobody can commit.
const LITTLE: u64 = 256 << 10;

/// The first entry: what the file is.
#[derive(Debug, Serialize, Deserialize)]
struct Manifest {
    inlay_backup: u32,
    /// Of the Inlay that made it.
    version: String,
    /// "sqlite"
    database: String,
    made_at_ms: u64,
    /// Numbers of the migrations that the database has had.
    migrations: Vec<i64>,
    database_bytes: u64,
    with_keys: bool,
}

/// What went wrong, for the person at the command line.
#[derive(Debug)]
pub struct Trouble(pub String);

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Trouble {}

impl From<Error> for Trouble {
    fn from(error: Error) -> Trouble {
        match &error.source {
            Some(source) => Trouble(format!("{}\n  because: {source}", error.detail)),
            None => Trouble(error.detail.into_owned()),
        }
    }
}

fn trouble(what: impl std::fmt::Display, cause: impl std::fmt::Display) -> Trouble {
    Trouble(format!("{what}: {cause}"))
}

/// Bytes done, and bytes in all as far as they are known.
pub type Progress<'a> = dyn FnMut(u64, u64) + 'a;

/// Where a data folder's parts are.
pub struct Home {
    pub folder: PathBuf,
    /// The SQLite file.
    pub database: PathBuf,
}

impl Home {
    fn keys(&self) -> PathBuf {
        self.folder.join("keys")
    }
}

/// Where a backup goes.
pub enum To {
    /// Written beside under another name, and renamed when it is whole.
    File(PathBuf),
    Stdout,
}

/// A finished backup. Until it is dropped nobody can commit; see [`Made::end_with_the_process`].
pub struct Made {
    live: Live,
    pub database_bytes: u64,
    /// Bytes of the log that came on top.
    pub log_bytes: u64,
    pub keys: usize,
}

impl Made {
    /// The last thing that its process does.
    pub fn end_with_the_process(self) {
        self.live.end_with_the_process();
    }
}

/// Makes a backup of a data folder that others may be writing to. Errors leave nothing behind.
pub async fn make(
    home: &Home,
    with_keys: bool,
    to: &To,
    clock: &Clock,
    progress: &mut Progress<'_>,
) -> Result<Made, Trouble> {
    let mut live = Live::begin(&home.database).await?;
    if let Some(first) = live.complaints().await?.first() {
        let what = "The database is damaged, and so would be its backup; nothing was written";
        return Err(trouble(what, first));
    }
    let manifest = Manifest {
        inlay_backup: FORMAT,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        database: "sqlite".to_owned(),
        made_at_ms: clock.now_ms(),
        migrations: live.migrations().await?,
        database_bytes: live.bytes(),
        with_keys,
    };
    let out = Out::begin(to)?;
    let mut pack = Pack { archive: archive::Writer::new(out, clock.now_s()), log_bytes: 0, series: 0, pieces: 0 };
    let packed = pack.all(&mut live, &manifest, home, progress).await;
    let keys = match packed {
        Ok(keys) => keys,
        Err(error) => {
            live.end().await;
            return Err(trouble("The backup was given up", error));
        }
    };
    let log_bytes = pack.log_bytes;
    let whole = pack.archive.finish().and_then(Out::keep);
    whole.map_err(|e| trouble("The backup cannot be written to its end", e))?;
    Ok(Made { database_bytes: live.bytes(), live, log_bytes, keys })
}

struct Pack {
    archive: archive::Writer<Out>,
    log_bytes: u64,
    series: u32,
    pieces: u32,
}

impl Pack {
    /// Everything but the list of checksums; from some moment in it on, nobody can commit.
    async fn all(
        &mut self,
        live: &mut Live,
        manifest: &Manifest,
        home: &Home,
        progress: &mut Progress<'_>,
    ) -> std::io::Result<usize> {
        let bytes = serde_json::to_vec_pretty(manifest)?;
        self.archive.add(MANIFEST, bytes.len() as u64, bytes.as_slice())?;
        let size = live.bytes();
        self.archive.add(DATABASE, size, Told { inner: live.file(), done: 0, of: size, progress: &mut *progress })?;
        // Writers go on while their log is copied, until little is left or they turn out to be faster than this is.
        let mut before = u64::MAX;
        loop {
            let left = live.left()?;
            if left < LITTLE || left > before / 4 * 3 {
                break;
            }
            before = left;
            self.log(live, left, progress)?;
        }
        self.archive.flush()?;
        live.hold().await.map_err(|e| std::io::Error::other(Trouble::from(e)))?;
        self.log(live, u64::MAX, progress)?;
        // A key that something in the log was sealed with is there by now.
        if manifest.with_keys { self.keys(&home.keys()) } else { Ok(0) }
    }

    /// What the log has at the moment, but not much more than `most` bytes.
    fn log(&mut self, live: &mut Live, most: u64, progress: &mut Progress<'_>) -> std::io::Result<()> {
        let until = self.log_bytes.saturating_add(most);
        while self.log_bytes < until {
            let Some(Piece { series, bytes }) = live.more(PIECE)? else { break };
            self.pieces = if series == self.series { self.pieces + 1 } else { 1 };
            self.series = series;
            let name = format!("wal/{series:04}-{:06}", self.pieces);
            self.archive.add(&name, bytes.len() as u64, bytes.as_slice())?;
            self.log_bytes += bytes.len() as u64;
            let done = live.bytes() + self.log_bytes;
            progress(done, done);
        }
        Ok(())
    }

    fn keys(&mut self, folder: &Path) -> std::io::Result<usize> {
        let mut names = Vec::new();
        match std::fs::read_dir(folder) {
            // With the setting auth.secret there may be none.
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(0),
            Err(e) => return Err(e),
            Ok(entries) => {
                for entry in entries {
                    let entry = entry?;
                    let name = entry.file_name().to_string_lossy().into_owned();
                    // A name with a dot before it is a draft.
                    if entry.file_type()?.is_file() && !name.starts_with('.') {
                        names.push(name);
                    }
                }
            }
        }
        names.sort();
        for name in &names {
            let mut bytes = Vec::new();
            File::open(folder.join(name))?.take(KEY_BYTES).read_to_end(&mut bytes)?;
            self.archive.add(&format!("keys/{name}"), bytes.len() as u64, bytes.as_slice())?;
        }
        Ok(names.len())
    }
}

/// Tells how far a copy is.
struct Told<'a, 'p, R> {
    inner: R,
    done: u64,
    of: u64,
    progress: &'a mut Progress<'p>,
}

impl<R: Read> Read for Told<'_, '_, R> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let read = self.inner.read(into)?;
        self.done += read as u64;
        (self.progress)(self.done, self.of);
        Ok(read)
    }
}

enum Out {
    File { file: File, partial: Partial, to: PathBuf },
    Stdout(std::io::Stdout),
}

/// A file that goes away unless it is kept.
struct Partial(PathBuf);

impl Drop for Partial {
    fn drop(&mut self) {
        // Renamed when all went well.
        let _ = std::fs::remove_file(&self.0);
    }
}

impl Out {
    fn begin(to: &To) -> Result<Out, Trouble> {
        let To::File(to) = to else { return Ok(Out::Stdout(std::io::stdout())) };
        if to.is_dir() {
            return Err(Trouble(format!("{} is a folder; name the file to write", to.display())));
        }
        let mut name = to.as_os_str().to_owned();
        name.push(format!(".partial-{}", std::process::id()));
        let partial = PathBuf::from(name);
        let mode = Mode::RUSR | Mode::WUSR;
        let flags = rustix::fs::OFlags::WRONLY | rustix::fs::OFlags::CREATE | rustix::fs::OFlags::EXCL;
        let file = rustix::fs::open(&partial, flags | rustix::fs::OFlags::CLOEXEC, mode)
            .map_err(|e| trouble(format!("{} cannot be written", partial.display()), e))?;
        Ok(Out::File { file: file.into(), partial: Partial(partial), to: to.clone() })
    }

    fn keep(self) -> std::io::Result<()> {
        match self {
            Out::File { file, partial, to } => {
                file.sync_all()?;
                std::fs::rename(&partial.0, &to)?;
                File::open(folder_of(&to))?.sync_all()
            }
            Out::Stdout(mut out) => out.flush(),
        }
    }
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        match self {
            Out::File { file, .. } => file.write(bytes),
            Out::Stdout(out) => out.write(bytes),
        }
    }
    /// As far as the disk, so that little is left to do at the end.
    fn flush(&mut self) -> std::io::Result<()> {
        match self {
            Out::File { file, .. } => file.sync_data(),
            Out::Stdout(out) => out.flush(),
        }
    }
}

fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
