//! What an answer rests on, remembered beyond its unit of work: whether it still is so, without looking anywhere.
//!
//! Every commit passes the ledger, which marks whoever has seen a key that it changes. A mark is set when the commit gets
//! its place in the sequence, before anybody can be told of it, so an answer that is not marked is the one that a unit
//! beginning now would give.
use super::ledger::{Bucket, Key, ScanRead};
use super::unit::Unit;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};

/// The rows and ranges that one unit has read.
pub struct Standing {
    changed: Arc<AtomicBool>,
    /// When the first of the rows expires, in ms since the epoch.
    until_ms: Option<u64>,
}

impl Standing {
    /// Whether all that was read is still so.
    pub fn holds(&self, now_ms: u64) -> bool {
        !self.changed.load(Ordering::Acquire) && self.until_ms.is_none_or(|until| now_ms < until)
    }
}

type Mark = Weak<AtomicBool>;

/// Ranges of one bucket that are remembered: every change in the bucket looks at each.
const RANGES: usize = 256;

/// Who has seen what.
#[derive(Default)]
pub(super) struct Watchers {
    keys: HashMap<Key, Vec<Mark>>,
    ranges: HashMap<Arc<Bucket>, Vec<(ScanRead, Mark)>>,
    /// Marks that were set down since those whose owner is gone were last thrown away.
    fresh: usize,
}

impl Watchers {
    /// `None` when the ranges of a bucket are too many to be watched.
    pub(super) fn remember(&mut self, unit: &Unit) -> Option<Standing> {
        self.tidy();
        let full = |scan: &ScanRead| self.ranges.get(&scan.bucket).is_some_and(|all| all.len() >= RANGES);
        if unit.scans.len() > RANGES || unit.scans.iter().any(full) {
            return None;
        }
        let changed = Arc::new(AtomicBool::new(false));
        for key in unit.reads.keys() {
            self.keys.entry(key.clone()).or_default().push(Arc::downgrade(&changed));
        }
        for scan in &unit.scans {
            let all = self.ranges.entry(scan.bucket.clone()).or_default();
            all.push((scan.clone(), Arc::downgrade(&changed)));
        }
        self.fresh += unit.reads.len() + unit.scans.len();
        Some(Standing { changed, until_ms: unit.expiry() })
    }

    /// The key is about to hold something else.
    pub(super) fn change(&mut self, key: &Key) {
        let set = |mark: &Mark| {
            if let Some(mark) = mark.upgrade() {
                mark.store(true, Ordering::Release);
            }
        };
        if !self.keys.is_empty() {
            self.keys.remove(key).iter().flatten().for_each(set);
        }
        let Some(ranges) = self.ranges.get_mut(&key.bucket) else { return };
        ranges.retain(|(scan, mark)| {
            let hit = scan.covers(key) && scan.wants(key);
            if hit {
                set(mark);
            }
            !hit
        });
    }

    /// Throws away what belongs to answers that nobody keeps, when as much has come as is there.
    fn tidy(&mut self) {
        const FEW: usize = RANGES / 2;
        if self.fresh < FEW.max(self.keys.len() + self.ranges.len()) {
            return;
        }
        let lives = |mark: &Mark| mark.strong_count() > 0;
        self.keys.retain(|_, marks| {
            marks.retain(lives);
            !marks.is_empty()
        });
        self.ranges.retain(|_, marks| {
            marks.retain(|(_, mark)| lives(mark));
            !marks.is_empty()
        });
        self.fresh = 0;
    }
}
