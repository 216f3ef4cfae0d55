//! Guessing passwords is made slow, without letting a stranger lock somebody out.
//!
//! What failed is counted, never what succeeded: by address and name together, by address alone, and by name alone. The
//! last one is loose and does not concern addresses from which this account has been signed in before: somebody who
//! guesses from many places slows down other strangers, not the person at home. All of it is in this process's memory.
use crate::base::error::{Code, Error, Result};
use crate::base::secret::sha256;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How many failures are free, and how long each one is remembered once they are used up.
#[derive(Clone, Copy)]
struct Pace {
    free: f64,
    every: Duration,
}

const PAIR: Pace = Pace { free: 10.0, every: Duration::from_secs(60) };
const ADDRESS: Pace = Pace { free: 60.0, every: Duration::from_secs(15) };
const NAME: Pace = Pace { free: 100.0, every: Duration::from_secs(36) };
/// Names and addresses that are remembered, and for how long after they were last heard of.
const REMEMBERED: u64 = 50_000;
const IDLE: Duration = Duration::from_secs(3_700);

/// A bucket that failures empty and time fills.
struct Bucket {
    left: f64,
    at: Instant,
}

impl Bucket {
    fn left(&mut self, pace: Pace, now: Instant) -> f64 {
        let filled = now.saturating_duration_since(self.at).as_secs_f64() / pace.every.as_secs_f64();
        (self.left, self.at) = ((self.left + filled).min(pace.free), now);
        self.left
    }
}

type Buckets = moka::sync::Cache<[u8; 32], Arc<Mutex<Bucket>>>;

#[derive(Clone)]
pub(super) struct Throttle {
    pairs: Buckets,
    addresses: Buckets,
    names: Buckets,
}

/// Who tries: the name that was typed, in lower case, and from where.
#[derive(Clone, Debug)]
pub(super) struct Try {
    pub name: String,
    pub address: String,
    /// From here the account has been signed in before.
    pub known: bool,
}

impl Throttle {
    pub(super) fn new() -> Throttle {
        let buckets = || moka::sync::Cache::builder().max_capacity(REMEMBERED).time_to_idle(IDLE).build();
        Throttle { pairs: buckets(), addresses: buckets(), names: buckets() }
    }

    fn each(&self, from: &Try) -> [(&Buckets, [u8; 32], Pace); 3] {
        let pair = [from.address.as_bytes(), b"\n", from.name.as_bytes()].concat();
        [
            (&self.pairs, sha256(&pair), PAIR),
            (&self.addresses, sha256(from.address.as_bytes()), ADDRESS),
            (&self.names, sha256(from.name.as_bytes()), NAME),
        ]
    }

    /// Errors: `rate_limited` when too much has failed lately.
    pub(super) fn admit(&self, from: &Try) -> Result<()> {
        let now = Instant::now();
        let counted = self.each(from).into_iter().take(if from.known { 2 } else { 3 });
        let waits = counted.filter_map(|(buckets, key, pace)| {
            let bucket = buckets.get(&key)?;
            let left = bucket.lock().unwrap_or_else(PoisonError::into_inner).left(pace, now);
            (left < 1.0).then_some((1.0 - left) * pace.every.as_secs_f64())
        });
        match waits.fold(None, |longest: Option<f64>, wait| Some(longest.map_or(wait, |l| l.max(wait)))) {
            None => Ok(()),
            Some(seconds) => {
                let detail = "Too many sign-ins have failed; wait before you try again";
                Err(Error::new(Code::RateLimited, detail).retry_after((seconds.ceil() as u32).max(1)))
            }
        }
    }

    pub(super) fn failed(&self, from: &Try) {
        let now = Instant::now();
        for (buckets, key, pace) in self.each(from) {
            let fresh = || Arc::new(Mutex::new(Bucket { left: pace.free, at: now }));
            let bucket = buckets.get_with(key, fresh);
            let mut bucket = bucket.lock().unwrap_or_else(PoisonError::into_inner);
            bucket.left = (bucket.left(pace, now) - 1.0).max(0.0);
        }
    }

    /// Whoever has signed in has mistyped before, not guessed.
    pub(super) fn succeeded(&self, from: &Try) {
        let [(pairs, key, _), ..] = self.each(from);
        pairs.invalidate(&key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(name: &str, address: &str) -> Try {
        Try { name: name.into(), address: address.into(), known: false }
    }

    fn tries(throttle: &Throttle, from: &Try, most: usize) -> usize {
        (0..most)
            .take_while(|_| {
                let admitted = throttle.admit(from).is_ok();
                throttle.failed(from);
                admitted
            })
            .count()
    }

    #[test]
    fn one_address_guesses_one_account_ten_times() {
        let throttle = Throttle::new();
        assert_eq!(tries(&throttle, &from("ada", "1.1.1.1"), 120), 10);
        let error = throttle.admit(&from("ada", "1.1.1.1")).unwrap_err();
        assert!(error.retry_after_s.is_some_and(|s| (1..=60).contains(&s)), "{error}");
        assert!(throttle.admit(&from("ada", "2.2.2.2")).is_ok(), "she can sign in from elsewhere");
        assert!(throttle.admit(&from("bob", "1.1.1.1")).is_ok());
        throttle.succeeded(&from("ada", "1.1.1.1"));
        assert!(throttle.admit(&from("ada", "1.1.1.1")).is_ok());
    }

    #[test]
    fn one_address_that_walks_over_many_names_is_stopped() {
        let throttle = Throttle::new();
        let admitted = (0..200)
            .take_while(|n| {
                let one = from(&format!("user{n}"), "1.1.1.1");
                let admitted = throttle.admit(&one).is_ok();
                throttle.failed(&one);
                admitted
            })
            .count();
        assert_eq!(admitted, 60);
        assert!(throttle.admit(&from("user0", "2.2.2.2")).is_ok());
    }

    #[test]
    fn many_addresses_on_one_account_stop_strangers_alone() {
        let throttle = Throttle::new();
        for n in 0..150 {
            throttle.failed(&from("ada", &format!("10.0.0.{n}")));
        }
        assert!(throttle.admit(&from("ada", "2.2.2.2")).is_err());
        assert!(throttle.admit(&Try { known: true, ..from("ada", "2.2.2.2") }).is_ok());
        assert!(throttle.admit(&from("bob", "2.2.2.2")).is_ok());
    }

    #[test]
    fn time_heals() {
        let now = Instant::now();
        let mut bucket = Bucket { left: 0.0, at: now };
        assert!(bucket.left(PAIR, now + Duration::from_secs(59)) < 1.0);
        assert!(bucket.left(PAIR, now + Duration::from_secs(61)) >= 1.0);
        assert_eq!(bucket.left(PAIR, now + Duration::from_secs(86_400)), PAIR.free);
    }
}
