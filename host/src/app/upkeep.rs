//! What is done to a data folder beside serving it: migration, check, backup and restore.
use super::{Failure, explained, lock_data, open_database, place};
use crate::base::clock::Clock;
use crate::features::audit::Audit;
use crate::features::backup::{self, Home, Made, Progress, Restored, To};
use crate::features::identity::Identity;
use crate::features::keys::Keys;
use crate::features::tokens::Tokens;
use crate::features::workspaces::Workspaces;
use crate::platform::db::{Db, Place};
use crate::platform::keys;
use crate::settings::Settings;
use std::fs::{DirBuilder, File};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

fn home(settings: &Settings) -> Result<Home, Failure> {
    let folder = std::path::absolute(&settings.data.dir)?;
    match place(settings)? {
        Place::Sqlite(file) => Ok(Home { folder, database: std::path::absolute(file)? }),
        Place::Postgres(_) => {
            Err("This data folder's database is on Postgres. Back it up with pg_dump and restore it with pg_restore; \
             the folder keys of the data folder belongs to it"
                .into())
        }
    }
}

/// Only `serve`, `migrate` and `restore` make a data folder; for others a missing one is most likely a wrong path.
pub fn existing(settings: &Settings) -> Result<(), Failure> {
    let dir = settings.data.dir.as_path();
    let is_there = match place(settings)? {
        Place::Sqlite(file) => file.exists() || backup::is_unfinished(dir),
        Place::Postgres(_) => dir.is_dir(),
    };
    if is_there {
        return Ok(());
    }
    let what = if dir.is_dir() { "no database in the" } else { "no" };
    let dir = dir.display();
    Err(format!(
        "There is {what} data folder {dir}. Name the right one with --data DIR; `inlay migrate --data {dir}` makes a new one"
    )
    .into())
}

/// The audit log of a data folder; a host may be at work on it.
pub async fn audit(settings: &Settings) -> Result<Audit, Failure> {
    existing(settings)?;
    let db = open_database(settings).await?;
    db.migrate().await.map_err(|e| explained("The database is not usable", &e))?;
    Ok(Audit::new(db, Clock::system()))
}

/// Rooms of a data folder for verbs that manage what belongs to workspaces; a host may be at work on it.
pub struct Tenants {
    pub db: Db,
    pub workspaces: Workspaces,
    pub keys: Keys,
}

pub async fn tenants(settings: &Settings) -> Result<Tenants, Failure> {
    existing(settings)?;
    let db = open_database(settings).await?;
    db.migrate().await.map_err(|e| explained("The database is not usable", &e))?;
    let clock = Clock::system();
    let audit = Audit::new(db.clone(), clock.clone());
    let key = keys::in_force(settings.auth.secret.as_ref(), &settings.data.dir)?;
    let identity = Identity::new(&key, &[], clock.clone());
    let tokens = Tokens::new(db.clone(), clock.clone(), identity.clone());
    let keys = Keys::new(db.clone(), clock.clone(), audit.clone());
    let workspaces = Workspaces::new(db.clone(), clock, identity, audit, tokens);
    Ok(Tenants { db, workspaces, keys })
}

/// A restore that was cut off is finished before anything is opened.
pub(super) fn finish_restore(settings: &Settings) -> Result<(), Failure> {
    if !backup::is_unfinished(&settings.data.dir) {
        return Ok(());
    }
    let _lock = lock_data(settings)?;
    Ok(backup::finish(&settings.data.dir)?)
}

/// Makes a backup while a host may be at work on the folder.
pub async fn backup(
    settings: &Settings,
    to: &To,
    with_keys: bool,
    progress: &mut Progress<'_>,
) -> Result<Made, Failure> {
    existing(settings)?;
    finish_restore(settings)?;
    Ok(backup::make(&home(settings)?, with_keys, to, &Clock::system(), progress).await?)
}

/// Puts a backup into the data folder, which no host may be using. `from`: a file, or "-" for stdin.
pub async fn restore(
    settings: &Settings,
    from: &Path,
    replace: bool,
    progress: &mut Progress<'_>,
) -> Result<Restored, Failure> {
    let from: Box<dyn BufRead> = match from == Path::new("-") {
        true => Box::new(BufReader::new(std::io::stdin())),
        false => {
            let file = File::open(from).map_err(|e| format!("{} cannot be opened: {e}", from.display()))?;
            Box::new(BufReader::new(file))
        }
    };
    let dir = settings.data.dir.as_path();
    let is_new = !dir.exists();
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .map_err(|e| format!("The data folder {} cannot be made: {e}", dir.display()))?;
    let restored = async {
        let _lock = lock_data(settings)?;
        backup::finish(dir)?;
        Ok(backup::restore(from, &home(settings)?, replace, &Clock::system(), progress).await?)
    };
    let restored: Result<Restored, Failure> = restored.await;
    if is_new && restored.is_err() {
        // As it was: a folder that is not empty stays.
        let _ = std::fs::remove_file(dir.join("inlay.lock"));
        let _ = std::fs::remove_dir(dir);
    }
    restored
}

/// Names of the migrations that were applied now.
pub async fn migrate(settings: &Settings) -> Result<Vec<String>, Failure> {
    let db = open_database(settings).await?;
    let pending = db.pending().await?;
    db.migrate().await.map_err(|e| explained("Nothing was migrated", &e))?;
    db.close().await;
    Ok(pending)
}

/// Opens the database, walks through it and says how it is, in one line.
pub async fn doctor_database(settings: &Settings) -> Result<String, Failure> {
    let db = open_database(settings).await?;
    let complaints = db.integrity().await?;
    let pending = db.pending().await?;
    db.close().await;
    match (complaints.first(), pending.len()) {
        (Some(first), _) if db.is_shared() => Err(first.clone().into()),
        (Some(first), _) => Err(format!("SQLite finds the file damaged: {first}").into()),
        (None, 0) => Ok("sound, and its schema is up to date".to_owned()),
        (None, n) => Ok(format!("sound; {n} migrations are pending and run at the next start")),
    }
}
