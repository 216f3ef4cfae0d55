//! A copy of an SQLite database while others write to it, with all that they were told is stored.
//!
//! What has been committed is in the database file or in its write-ahead log, and a checkpoint moves it from the log to
//! the file. A snapshot (`VACUUM INTO`, the backup API) ends where it began; here everything counts that is acknowledged
//! until the copy has ended. So both files are copied, the log last:
//!
//! 1. [`Live::begin`] opens a read transaction and keeps it. While it lives, a checkpoint moves no frame to the file that
//!    is newer than its mark, and no log that holds frames up to that mark is begun anew. (A reader whose mark is 0, at a
//!    moment when all of the log was in the file, stops checkpoints altogether; the log may then be begun anew once, which
//!    [`Wal`] notices, and all that the old one held is in the file already.)
//! 2. The file is copied. A checkpoint may write to it meanwhile, so pages of the copy may be torn or of different
//!    moments; but every page that it writes comes from the log that is copied next, and reading that log puts the whole
//!    page over it.
//! 3. The log is copied, up to the last frame that is whole; again and again, until little is left.
//! 4. [`Live::hold`] takes the database's write lock. Nobody commits now, so nobody is told that anything is stored. The
//!    rest of the log is copied; with it the copy is complete, and its owner puts it in place before the lock goes. That
//!    is a few milliseconds; writers wait so long.
//!
//! SQLite reads such a pair of files as it does after a power cut: the log, up to its last commit, over the file.
use super::wal::{Piece, Wal};
use crate::base::error::{Code, Error, Result};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection};
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::{Duration, Instant};

/// How long writers that follow each other closely may keep the lock from us.
const PATIENCE: Duration = Duration::from_secs(60);
const BETWEEN: Duration = Duration::from_millis(1);

pub struct Live {
    /// Never closed before the end of the process: closing any handle on a file drops this process's locks on it, SQLite's
    /// included.
    file: File,
    bytes: u64,
    wal: Wal,
    reader: SqliteConnection,
    writer: SqliteConnection,
}

impl Live {
    /// Errors: there is no database, it is damaged, or it cannot be read.
    pub async fn begin(path: &Path) -> Result<Live> {
        let options = SqliteConnectOptions::new().filename(path).create_if_missing(false).busy_timeout(PATIENCE);
        let mut reader = options.connect().await.map_err(super::fault)?;
        let writer = options.busy_timeout(Duration::ZERO).connect().await.map_err(super::fault)?;
        sqlx::raw_sql("begin").execute(&mut reader).await.map_err(super::fault)?;
        // A transaction begins to read with its first statement.
        sqlx::query("select count(*) from sqlite_schema").execute(&mut reader).await.map_err(super::fault)?;
        let unreadable = |e| Error::new(Code::Database, "The database file cannot be read").caused_by(e);
        let file = File::open(path).map_err(unreadable)?;
        let bytes = file.metadata().map_err(unreadable)?.len();
        Ok(Live { file, bytes, wal: Wal::of(path), reader, writer })
    }

    /// Length of the database file.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// SQLite's complaints about what is stored at this moment; empty when there are none.
    pub async fn complaints(&mut self) -> Result<Vec<String>> {
        let rows: Vec<(String,)> =
            sqlx::query_as("pragma quick_check(10)").fetch_all(&mut self.reader).await.map_err(super::fault)?;
        Ok(rows.into_iter().map(|(line,)| line).filter(|line| line != "ok").collect())
    }

    /// Numbers of the migrations that the database has had.
    pub async fn migrations(&mut self) -> Result<Vec<i64>> {
        let rows: Vec<(i64,)> = sqlx::query_as("select version from _sqlx_migrations order by version")
            .fetch_all(&mut self.reader)
            .await
            .map_err(super::fault)?;
        Ok(rows.into_iter().map(|(version,)| version).collect())
    }

    /// The database file, exactly `bytes` of it; before any piece of the log.
    pub fn file(&self) -> impl Read + '_ {
        // Shorter than it was only if a checkpoint has cut it off; the log knows the length then.
        (&self.file).chain(std::io::repeat(0)).take(self.bytes)
    }

    /// How far the log goes that is left to copy; some of it may be of the past.
    pub fn left(&self) -> std::io::Result<u64> {
        self.wal.left()
    }

    /// More of the log, up to `most` bytes; `None` when all has been copied for now.
    pub fn more(&mut self, most: usize) -> std::io::Result<Option<Piece>> {
        self.wal.next(most)
    }

    /// Keeps everybody from committing, until the process ends.
    pub async fn hold(&mut self) -> Result<()> {
        let until = Instant::now() + PATIENCE;
        loop {
            match sqlx::raw_sql("begin immediate").execute(&mut self.writer).await {
                Ok(_) => return self.wal.recheck().map_err(Error::internal),
                Err(sqlx::Error::Database(e)) if is_busy(&*e) && Instant::now() < until => {
                    tokio::time::sleep(BETWEEN).await;
                }
                Err(error) => return Err(super::fault(error)),
            }
        }
    }

    /// Ends the copy. Writers go on.
    pub async fn end(self) {
        let _ = self.writer.close().await;
        let _ = self.reader.close().await;
    }

    /// Ends the copy together with the process: whoever learns that it has ended has been told of nothing that is not in
    /// it. The operating system takes the locks back.
    pub fn end_with_the_process(self) {
        std::mem::forget(self);
    }
}

fn is_busy(error: &dyn sqlx::error::DatabaseError) -> bool {
    error.code().and_then(|code| code.parse::<i32>().ok()).is_some_and(|code| code & 0xff == 5)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::path::PathBuf;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

    async fn connect(path: &Path) -> SqliteConnection {
        let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
        // A small cache, so that large transactions reach the log before they end.
        let options = options.pragma("journal_mode", "wal").pragma("synchronous", "off").pragma("cache_size", "8");
        options.busy_timeout(PATIENCE).connect().await.unwrap()
    }

    async fn run(conn: &mut SqliteConnection, sql: &'static str) {
        sqlx::raw_sql(sql).execute(conn).await.unwrap();
    }

    /// Writes rows and counts them once they are committed; now and then much that is rolled back.
    async fn write(path: PathBuf, stored: Arc<AtomicU64>, stop: Arc<AtomicBool>) {
        let mut conn = connect(&path).await;
        run(&mut conn, "pragma wal_autocheckpoint = 20").await;
        while !stop.load(Ordering::Relaxed) {
            run(&mut conn, "insert into t (text) values (hex(randomblob(700)))").await;
            let n = stored.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_micros(500)).await;
            if n.is_multiple_of(7) {
                run(&mut conn, "begin immediate; update t set text = 'never'; insert into t (text) select hex(randomblob(500)) from t limit 60; rollback").await;
            }
        }
    }

    /// Copies as a backup does, with `work` in every pause.
    async fn copy(live: &mut Live, to: &Path, stored: &AtomicU64) -> u64 {
        std::io::copy(&mut live.file(), &mut File::create(to).unwrap()).unwrap();
        let (mut log, mut series) = (Vec::new(), 0);
        let before = stored.load(Ordering::SeqCst);
        let mut held = false;
        while !held {
            held = stored.load(Ordering::SeqCst) > before + 60;
            if held {
                live.hold().await.unwrap();
            }
            // Others may write faster than this reads.
            for _ in 0..if held { 100_000 } else { 20 } {
                let Some(piece) = live.more(30_000).unwrap() else { break };
                if piece.series != series {
                    log.clear();
                }
                series = piece.series;
                log.extend(piece.bytes);
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        File::create(PathBuf::from(format!("{}-wal", to.display()))).unwrap().write_all(&log).unwrap();
        stored.load(Ordering::SeqCst)
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_copy_holds_all_that_was_committed_before_its_end() {
        for round in 0..12 {
            let dir = std::env::temp_dir().join(format!("inlay-live-{}-{round}", std::process::id()));
            let _ = std::fs::remove_dir_all(&dir);
            std::fs::create_dir_all(&dir).unwrap();
            let (path, to) = (dir.join("a.db"), dir.join("copy.db"));
            let mut conn = connect(&path).await;
            run(
                &mut conn,
                "create table t (n integer primary key, text text); create table _sqlx_migrations (version integer);",
            )
            .await;
            let (stored, stop) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
            let writer = || tokio::spawn(write(path.clone(), stored.clone(), stop.clone()));
            // Half of the times all of the log is in the file when the copy begins, and the log is begun anew under it.
            let (live, writer) = if round % 2 == 0 {
                run(&mut conn, "pragma wal_checkpoint(passive)").await;
                (Live::begin(&path).await.unwrap(), writer())
            } else {
                let writer = writer();
                while stored.load(Ordering::SeqCst) < 40 {
                    tokio::task::yield_now().await;
                }
                (Live::begin(&path).await.unwrap(), writer)
            };
            let mut live = live;
            let stored_then = copy(&mut live, &to, &stored).await;
            live.end().await;
            stop.store(true, Ordering::Relaxed);
            writer.await.unwrap();
            let copied = settle_and_count(&to).await;
            assert!(copied.0.is_empty(), "round {round}: {:?}", copied.0);
            assert!(
                copied.1 >= stored_then && copied.1 <= stored_then + 1,
                "round {round}: {stored_then} stored, {copied:?}"
            );
            assert!(stored_then > 20, "{stored_then}");
            assert_eq!(copied.2, 0, "round {round}: what was rolled back is in the copy");
            let _ = std::fs::remove_dir_all(&dir);
        }
    }

    async fn settle_and_count(to: &Path) -> (Vec<String>, u64, i64) {
        let complaints = super::super::settle(to).await.unwrap().complaints;
        let mut conn = connect(to).await;
        let (rows, never): (i64, i64) =
            sqlx::query_as("select count(*), count(*) filter (where text = 'never') from t")
                .fetch_one(&mut conn)
                .await
                .unwrap();
        (complaints, rows.unsigned_abs(), never)
    }

    #[tokio::test]
    async fn what_is_no_database_is_said_so() {
        let path = std::env::temp_dir().join(format!("inlay-live-{}-none", std::process::id()));
        assert!(Live::begin(&path).await.is_err());
        assert!(!path.exists(), "nothing is made");
    }
}
