//! One file that holds many: a tar archive, packed with gzip, so that anybody can look into it with `tar tzf`. Its last
//! entry lists the SHA-256 of all others: an archive without it, or that does not agree with it, is not whole.
//!
//! What is read is not trusted: only plain files under plain names come out, each with its length known before it is read,
//! and nothing is unpacked here. Whoever reads decides which names and lengths may be.
use crate::base::secret::hex;
use flate2::Compression;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::{BufRead, BufWriter, Error, ErrorKind, Read, Result, Write};

/// The last entry.
const SUMS: &str = "checksums.json";
/// More than a list of all entries takes.
const SUMS_BYTES: u64 = 8 << 20;

#[derive(Default, Serialize, Deserialize)]
struct Sums {
    sha256: BTreeMap<String, String>,
}

pub struct Writer<W: Write> {
    tar: tar::Builder<BufWriter<GzEncoder<W>>>,
    sums: Sums,
    at_s: u64,
}

impl<W: Write> Writer<W> {
    /// `at_s`: the time of every entry, seconds since the epoch.
    pub fn new(out: W, at_s: u64) -> Writer<W> {
        // The quickest: a copy of a database in use should not last long.
        let gz = GzEncoder::new(out, Compression::fast());
        Writer { tar: tar::Builder::new(BufWriter::with_capacity(64 * 1024, gz)), sums: Sums::default(), at_s }
    }

    /// Adds `size` bytes of `content` under a plain path such as "keys/signing.key".
    pub fn add(&mut self, name: &str, size: u64, content: impl Read) -> Result<()> {
        let mut header = tar::Header::new_ustar();
        header.set_size(size);
        header.set_mode(0o600);
        header.set_mtime(self.at_s);
        let mut content = Summing { inner: content.take(size), sum: Sha256::new(), bytes: 0, broken: None };
        self.tar.append_data(&mut header, name, &mut content)?;
        if content.bytes != size {
            return Err(Error::new(ErrorKind::UnexpectedEof, format!("{name} is shorter than it was")));
        }
        self.sums.sha256.insert(name.to_owned(), hex(&content.sum.finalize()));
        Ok(())
    }

    /// Sends what has been added so far on its way.
    pub fn flush(&mut self) -> Result<()> {
        self.tar.get_mut().flush()
    }

    /// Adds the list of checksums and gives back what was written to.
    pub fn finish(mut self) -> Result<W> {
        let sums = serde_json::to_vec(&self.sums)?;
        self.add(SUMS, sums.len() as u64, sums.as_slice())?;
        let gz = self.tar.into_inner()?.into_inner().map_err(std::io::IntoInnerError::into_error)?;
        gz.finish()
    }
}

struct Summing<R> {
    inner: R,
    sum: Sha256,
    bytes: u64,
    /// Why reading went wrong.
    broken: Option<String>,
}

impl<R: Read> Read for Summing<R> {
    fn read(&mut self, into: &mut [u8]) -> Result<usize> {
        let read = self.inner.read(into).inspect_err(|e| self.broken = Some(e.to_string()))?;
        self.sum.update(into.get(..read).unwrap_or_default());
        self.bytes += read as u64;
        Ok(read)
    }
}

/// Why an archive was not read to its good end.
#[derive(Debug)]
pub enum Unread<E> {
    /// It is no such archive, or not whole.
    Damaged(String),
    /// Whoever took the entries did not want one.
    Refused(E),
}

/// Reads an archive, entry by entry in their order: `take` gets each one's name, length and content, and reads all of it.
/// Success means that every entry was as it had been written.
pub fn read<E>(
    from: impl BufRead,
    mut take: impl FnMut(&str, u64, &mut dyn Read) -> std::result::Result<(), E>,
) -> std::result::Result<(), Unread<E>> {
    let broken = |e: Error| Unread::Damaged(e.to_string());
    let mut archive = tar::Archive::new(GzDecoder::new(from));
    let mut sums = Sums::default();
    // Raw: extensions of the format, which may carry names of any length, are not followed.
    for entry in archive.entries().map_err(broken)?.raw(true) {
        let entry = entry.map_err(broken)?;
        if entry.header().entry_type() != tar::EntryType::Regular {
            return Err(Unread::Damaged("it holds something else than plain files".into()));
        }
        let size = entry.size();
        let name = entry.path_bytes();
        let name = std::str::from_utf8(&name).ok().filter(|name| is_plain(name)).map(str::to_owned);
        let name = name.ok_or_else(|| Unread::Damaged("it holds a file under a strange name".into()))?;
        let mut content = Summing { inner: entry, sum: Sha256::new(), bytes: 0, broken: None };
        if name == SUMS {
            return check(content, size, &sums);
        }
        let taken = take(&name, size, &mut content);
        if let Some(why) = content.broken {
            return Err(Unread::Damaged(why));
        }
        taken.map_err(Unread::Refused)?;
        if content.bytes != size {
            return Err(Unread::Damaged(format!("{name} ends early")));
        }
        if sums.sha256.insert(name.clone(), hex(&content.sum.finalize())).is_some() {
            return Err(Unread::Damaged(format!("it holds {name} twice")));
        }
    }
    Err(Unread::Damaged("its end is missing".into()))
}

fn check<E>(list: impl Read, size: u64, found: &Sums) -> std::result::Result<(), Unread<E>> {
    let listed: Sums = match size {
        0..SUMS_BYTES => serde_json::from_reader(list).map_err(|_| Unread::Damaged("its end is damaged".into()))?,
        _ => return Err(Unread::Damaged("its end is damaged".into())),
    };
    if listed.sha256 == found.sha256 {
        return Ok(());
    }
    let differs = |(name, sum): &(&String, &String)| found.sha256.get(*name) != Some(sum);
    match listed.sha256.iter().find(differs) {
        Some((name, _)) => Err(Unread::Damaged(format!("{name} is missing or not as it was written"))),
        None => Err(Unread::Damaged("it holds more than was written".into())),
    }
}

/// Lower-case words, digits, dots and dashes in at most one folder; never a step upwards.
fn is_plain(name: &str) -> bool {
    let word = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
    };
    name.len() <= 100 && name.split('/').count() <= 2 && name.split('/').all(word)
}

/// Bytes that these bytes have when they are sent compressed with gzip.
pub fn gzipped(bytes: &[u8]) -> usize {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    // Writing to memory does not fail.
    let _ = encoder.write_all(bytes);
    encoder.finish().map_or(bytes.len(), |compressed| compressed.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = Writer::new(Vec::new(), 1_800_000_000);
        for (name, content) in entries {
            writer.add(name, content.len() as u64, *content).unwrap();
        }
        writer.finish().unwrap()
    }

    fn unpacked(bytes: &[u8]) -> std::result::Result<Vec<(String, Vec<u8>)>, String> {
        let mut all = Vec::new();
        let taken = read(bytes, |name, _, content| {
            let mut bytes = Vec::new();
            content.read_to_end(&mut bytes).map_err(|e| e.to_string())?;
            all.push((name.to_owned(), bytes));
            Ok(())
        });
        match taken {
            Ok(()) => Ok(all),
            Err(Unread::Damaged(why) | Unread::Refused(why)) => Err(why),
        }
    }

    #[test]
    fn what_is_packed_comes_out_again() {
        let long = vec![7; 200_000];
        let archive = packed(&[("manifest.json", b"{}"), ("keys/signing.key", b""), ("inlay.db", &long)]);
        assert!(archive.len() < 20_000);
        let out = unpacked(&archive).unwrap();
        assert_eq!(out.len(), 3);
        assert_eq!(out[2], ("inlay.db".to_owned(), long));
    }

    #[test]
    fn damage_anywhere_is_found() {
        let content: Vec<u8> = (0..4_000u32).flat_map(|n| (n * n).to_le_bytes()).collect();
        let archive = packed(&[("a", &content), ("b", b"short")]);
        for length in [0, 1, 10, archive.len() / 2, archive.len() - 30] {
            assert!(unpacked(&archive[..length]).is_err(), "cut to {length}");
        }
        for at in (20..archive.len() - 8).step_by(97) {
            let mut damaged = archive.clone();
            damaged[at] ^= 1;
            assert!(unpacked(&damaged).is_err(), "bit of byte {at}");
        }
        assert!(unpacked(b"no archive at all").is_err());
    }

    #[test]
    fn strange_entries_are_refused() {
        for name in ["..", "a/../b", "/etc", ".hidden", "a/b/c", "a//b", "name with space", ""] {
            assert!(!is_plain(name), "{name}");
        }
        assert!(is_plain("keys/signing.key") && is_plain("inlay.db") && is_plain("wal/0001-0002"));
        let mut link = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::Symlink);
        header.set_size(0);
        link.append_link(&mut header, "keys", "/etc").unwrap();
        let bytes = link.into_inner().unwrap().finish().unwrap();
        assert!(unpacked(&bytes).unwrap_err().contains("plain files"));
        // Everything may be there twice but under one name.
        assert!(unpacked(&packed(&[("a", b"1"), ("a", b"2")])).unwrap_err().contains("twice"));
    }
}
