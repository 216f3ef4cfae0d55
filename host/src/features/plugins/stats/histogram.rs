//! Times in buckets of a quarter of an octave, from 1 microsecond to a minute: quantiles are right within an eighth.
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Up to 2^26 microseconds; what is longer counts as that.
const BUCKETS: usize = 104;

pub(super) struct Histogram([AtomicU64; BUCKETS]);

impl Default for Histogram {
    fn default() -> Histogram {
        Histogram(std::array::from_fn(|_| AtomicU64::new(0)))
    }
}

impl Histogram {
    pub(super) fn note(&self, us: u64) {
        if let Some(bucket) = self.0.get(bucket(us)) {
            bucket.fetch_add(1, Relaxed);
        }
    }

    pub(super) fn clear(&self) {
        self.0.iter().for_each(|bucket| bucket.store(0, Relaxed));
    }

    pub(super) fn add_to(&self, sum: &mut Counts) {
        for (sum, bucket) in sum.0.iter_mut().zip(&self.0) {
            *sum += bucket.load(Relaxed);
        }
    }
}

fn bucket(us: u64) -> usize {
    if us < 4 {
        return us as usize;
    }
    let octave = us.ilog2();
    let quarter = (us >> (octave - 2)) & 3;
    ((octave as usize - 1) * 4 + quarter as usize).min(BUCKETS - 1)
}

/// The smallest time of a bucket.
fn edge(bucket: usize) -> u64 {
    if bucket < 4 {
        return bucket as u64;
    }
    let (octave, quarter) = (bucket / 4 + 1, bucket as u64 % 4);
    (4 + quarter) << (octave - 2)
}

/// What several histograms hold together.
#[derive(Clone)]
pub(super) struct Counts([u64; BUCKETS]);

impl Default for Counts {
    fn default() -> Counts {
        Counts([0; BUCKETS])
    }
}

impl Counts {
    /// The time below which this share of all lies, by interpolation; 0 when there is none.
    pub(super) fn quantile(&self, share: f64) -> u64 {
        let all: u64 = self.0.iter().sum();
        let wanted = (all as f64 * share).ceil().max(1.0) as u64;
        let mut seen = 0;
        for (bucket, count) in self.0.iter().enumerate() {
            if *count > 0 && seen + count >= wanted {
                let (from, to) = (edge(bucket), edge(bucket + 1));
                return from + (to - from) * (wanted - seen) / (count + 1);
            }
            seen += count;
        }
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bucket_begins_at_its_edge() {
        for n in 0..BUCKETS {
            assert_eq!(bucket(edge(n)), n);
            assert_eq!(bucket(edge(n + 1) - 1), n);
        }
        assert_eq!(bucket(u64::MAX), BUCKETS - 1);
    }

    #[test]
    fn quantiles_are_near_the_truth() {
        let histogram = Histogram::default();
        (1..=10_000).for_each(|us| histogram.note(us));
        let mut counts = Counts::default();
        histogram.add_to(&mut counts);
        for (share, truth) in [(0.5, 5_000.0), (0.9, 9_000.0), (0.99, 9_900.0)] {
            let found = counts.quantile(share) as f64;
            assert!((found - truth).abs() < truth * 0.13, "{share}: {found}");
        }
        assert_eq!(Counts::default().quantile(0.5), 0);
    }
}
