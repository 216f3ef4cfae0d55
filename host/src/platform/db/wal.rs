//! Reads SQLite's write-ahead log piece by piece while others append to it.
//!
//! The format is SQLite's own (<https://sqlite.org/fileformat2.html#walformat>): a header of 32 bytes, then frames, each a
//! header of 24 bytes and a page. Every frame carries the log's two salts and a checksum over all frames up to it; where
//! either is wrong, the log ends. A log is begun anew, with other salts, only when all of it has been moved to the
//! database file; and frames of a transaction that was never committed may be written over.
use std::fs::File;
use std::hash::{DefaultHasher, Hasher};
use std::io::ErrorKind;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

const HEADER: usize = 32;
const FRAME: usize = 24;
/// The first four bytes: checksums of little-endian or of big-endian words.
const MAGIC: [u32; 2] = [0x377f_0682, 0x377f_0683];

/// Some of the log, behind the piece before. Pieces of one series, put together, are a log that SQLite reads.
#[derive(Debug, PartialEq, Eq)]
pub struct Piece {
    /// Goes up when the log was begun anew: what came before is in the database file, or never was committed.
    pub series: u32,
    pub bytes: Vec<u8>,
}

/// Where reading has got to. Behind the last commit, so that a transaction that does not come to its end does not come
/// into a copy either.
pub struct Wal {
    path: PathBuf,
    file: Option<File>,
    series: u32,
    header: [u8; HEADER],
    big_endian: bool,
    page: usize,
    mark: Mark,
}

#[derive(Clone, Default)]
struct Mark {
    at: u64,
    sums: (u32, u32),
    /// Of the headers of all frames up to here.
    trail: DefaultHasher,
}

impl Wal {
    /// The log of the database `file`; it may be empty or not there yet.
    pub fn of(file: &Path) -> Wal {
        let mut path = file.as_os_str().to_owned();
        path.push("-wal");
        let (path, header) = (path.into(), [0; HEADER]);
        Wal { path, file: None, series: 0, header, big_endian: false, page: 0, mark: Mark::default() }
    }

    /// The next transactions, `most` bytes of them or a little more; `None` when there are no further whole ones.
    pub fn next(&mut self, most: usize) -> std::io::Result<Option<Piece>> {
        let Some(mut bytes) = self.go_on()? else { return Ok(None) };
        let mut frame = vec![0; FRAME + self.page];
        let (mut mark, mut length) = (self.mark.clone(), bytes.len());
        // A large transaction goes out in parts; `recheck` finds out if it did not come to its end.
        while bytes.len() < most || (length == 0 && bytes.len() < 4 * most) {
            if !self.read(&mut frame, mark.at)? {
                break;
            }
            let Some((head, sums)) = self.checked(mark.sums, &frame) else { break };
            bytes.extend_from_slice(&frame);
            mark.at += frame.len() as u64;
            mark.sums = sums;
            mark.trail.write(&head);
            if word(&head, 4, true) > 0 || bytes.len() >= 4 * most {
                (self.mark, length) = (mark.clone(), bytes.len());
            }
        }
        bytes.truncate(length);
        Ok((!bytes.is_empty()).then_some(Piece { series: self.series, bytes }))
    }

    /// Looks whether all that was read is still so, while nobody writes; reading begins again if it is not. A process that
    /// was killed in the middle of a commit leaves frames behind that look committed and are written over.
    pub fn recheck(&mut self) -> std::io::Result<()> {
        let mut trail = DefaultHasher::new();
        let mut at = HEADER as u64;
        while at < self.mark.at {
            let mut head = [0; FRAME];
            if !self.read(&mut head, at)? {
                break;
            }
            trail.write(&head);
            at += (FRAME + self.page) as u64;
        }
        if trail.finish() != self.mark.trail.finish() {
            self.mark.at = 0;
        }
        Ok(())
    }

    /// Bytes of the file behind what was read. Some of them may be older than the log.
    pub fn left(&self) -> std::io::Result<u64> {
        match std::fs::metadata(&self.path) {
            Ok(file) => Ok(file.len().saturating_sub(self.mark.at)),
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(0),
            Err(e) => Err(e),
        }
    }

    /// Makes sure that the file still has the log that was read, or begins with the one it has. Gives what a piece begins
    /// with.
    fn go_on(&mut self) -> std::io::Result<Option<Vec<u8>>> {
        if self.file.is_none() {
            match File::open(&self.path) {
                Ok(file) => self.file = Some(file),
                Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
                Err(e) => return Err(e),
            }
        }
        let mut header = [0; HEADER];
        if !self.read(&mut header, 0)? {
            return Ok(None);
        }
        if self.mark.at > 0 && header == self.header {
            return Ok(Some(Vec::new()));
        }
        Ok(self.begin(header).then(|| header.to_vec()))
    }

    /// A new series; `false` while the header is being written.
    fn begin(&mut self, header: [u8; HEADER]) -> bool {
        let magic = word(&header, 0, true);
        let big_endian = magic == MAGIC[1];
        let sums = summed((0, 0), header.get(..24).unwrap_or_default(), big_endian);
        let page = word(&header, 8, true) as usize;
        let good = MAGIC.contains(&magic)
            && sums == (word(&header, 24, true), word(&header, 28, true))
            && (512..=65_536).contains(&page)
            && page.is_power_of_two();
        if good {
            self.series += 1;
            (self.header, self.big_endian, self.page) = (header, big_endian, page);
            self.mark = Mark { at: HEADER as u64, sums, trail: DefaultHasher::new() };
        }
        good
    }

    /// A frame's header and the checksums up to it, if it belongs to this log and is whole. `sums`: those before it.
    fn checked(&self, sums: (u32, u32), frame: &[u8]) -> Option<([u8; FRAME], (u32, u32))> {
        let (head, page) = frame.split_at_checked(FRAME)?;
        let head: [u8; FRAME] = head.try_into().ok()?;
        let sums = summed(sums, head.get(..8)?, self.big_endian);
        let sums = summed(sums, page, self.big_endian);
        let ours = head.get(8..16)? == self.header.get(16..24)?;
        (ours && sums == (word(&head, 16, true), word(&head, 20, true))).then_some((head, sums))
    }

    /// `false` when the file ends before.
    fn read(&self, into: &mut [u8], at: u64) -> std::io::Result<bool> {
        let Some(file) = &self.file else { return Ok(false) };
        match file.read_exact_at(into, at) {
            Ok(()) => Ok(true),
            Err(e) if e.kind() == ErrorKind::UnexpectedEof => Ok(false),
            Err(e) => Err(e),
        }
    }
}

fn word(bytes: &[u8], at: usize, big_endian: bool) -> u32 {
    let word = bytes.get(at..at + 4).and_then(|b| b.try_into().ok()).unwrap_or_default();
    if big_endian { u32::from_be_bytes(word) } else { u32::from_le_bytes(word) }
}

fn summed((mut a, mut b): (u32, u32), bytes: &[u8], big_endian: bool) -> (u32, u32) {
    for pair in bytes.chunks_exact(8) {
        a = a.wrapping_add(word(pair, 0, big_endian)).wrapping_add(b);
        b = b.wrapping_add(word(pair, 4, big_endian)).wrapping_add(a);
    }
    (a, b)
}
