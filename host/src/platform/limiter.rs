//! governor: token buckets by name. A bucket holds as many tokens as its rate allows in one period and fills evenly.
//!
//! Memory is bounded: a bucket that nobody asked for during a period is full again and is forgotten; beyond `MOST` the
//! ones that are asked for least leave, which can only be to their owners' advantage.
use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use std::hash::Hash;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

/// Buckets that are kept at the same time, about 200 bytes each.
const MOST: u64 = 100_000;

/// So many tokens in this time, all of which may be taken at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    amount: NonZeroU32,
    per: Duration,
}

impl Rate {
    /// `None` for no tokens at all or no time: there is no such limit.
    pub fn new(amount: u32, per: Duration) -> Option<Rate> {
        let amount = NonZeroU32::new(amount)?;
        Quota::with_period(per / amount.get()).map(|_| Rate { amount, per })
    }

    pub fn amount(self) -> u32 {
        self.amount.get()
    }

    pub fn per(self) -> Duration {
        self.per
    }

    fn quota(self) -> Quota {
        let one = Quota::with_period(self.per / self.amount());
        one.unwrap_or(Quota::per_second(self.amount)).allow_burst(self.amount)
    }
}

/// What became of one try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Tokens that can be taken right now.
    pub left: u32,
    /// Until all of them are there again.
    pub full_in: Duration,
    /// No token was there; one will be, after this time.
    pub wait: Option<Duration>,
}

type Tokens<C> = RateLimiter<NotKeyed, InMemoryState, C, StateInformationMiddleware>;

struct Bucket<C: Clock> {
    rate: Rate,
    tokens: Tokens<C>,
}

/// Buckets of one kind.
pub struct Limiter<K, C: Clock = DefaultClock> {
    buckets: moka::sync::Cache<K, Arc<Bucket<C>>>,
    clock: C,
}

impl<K: Hash + Eq + Clone + Send + Sync + 'static> Limiter<K> {
    /// `longest`: the period of the slowest rate that is asked for.
    pub fn new(longest: Duration) -> Limiter<K> {
        Limiter::with_clock(longest, DefaultClock::default())
    }
}

impl<K, C> Limiter<K, C>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    C: Clock + Clone + Send + Sync + 'static,
    C::Instant: Send + Sync,
{
    fn with_clock(longest: Duration, clock: C) -> Limiter<K, C> {
        let buckets = moka::sync::Cache::builder().max_capacity(MOST).time_to_idle(longest).build();
        Limiter { buckets, clock }
    }

    /// Takes a token out of the bucket of this name. A rate that has changed begins with a full bucket.
    pub fn take(&self, key: &K, rate: Rate) -> Taken {
        let make = || {
            let tokens = RateLimiter::direct_with_clock(rate.quota(), self.clock.clone()).with_middleware();
            Arc::new(Bucket { rate, tokens })
        };
        let bucket = match self.buckets.get(key) {
            Some(bucket) if bucket.rate == rate => bucket,
            Some(_) => {
                let bucket = make();
                self.buckets.insert(key.clone(), bucket.clone());
                bucket
            }
            // Of several that come first at the same time, all find the same bucket.
            None => self.buckets.get_with_by_ref(key, make),
        };
        let (left, wait) = match bucket.tokens.check() {
            Ok(state) => (state.remaining_burst_capacity(), None),
            Err(not_until) => (0, Some(not_until.wait_time_from(self.clock.now()))),
        };
        let used = rate.amount().saturating_sub(left);
        Taken { left, full_in: (rate.per / rate.amount()).saturating_mul(used), wait }
    }

    /// The bucket of this name is full again.
    pub fn forget(&self, key: &K) {
        self.buckets.invalidate(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use governor::clock::FakeRelativeClock;

    const MINUTE: Duration = Duration::from_secs(60);

    fn limiter() -> (Limiter<&'static str, FakeRelativeClock>, FakeRelativeClock) {
        let clock = FakeRelativeClock::default();
        (Limiter::with_clock(MINUTE, clock.clone()), clock)
    }

    #[test]
    fn a_bucket_empties_at_once_and_fills_evenly() {
        let (limiter, clock) = limiter();
        let rate = Rate::new(6, MINUTE).unwrap();
        let first = limiter.take(&"a", rate);
        assert_eq!(first, Taken { left: 5, full_in: Duration::from_secs(10), wait: None });
        for _ in 0..4 {
            limiter.take(&"a", rate);
        }
        let last = limiter.take(&"a", rate);
        assert_eq!(last, Taken { left: 0, full_in: MINUTE, wait: None });
        let none = limiter.take(&"a", rate);
        assert_eq!(none.wait, Some(Duration::from_secs(10)));
        assert_eq!(limiter.take(&"b", rate).left, 5, "another name has its own bucket");
        clock.advance(Duration::from_secs(9));
        assert_eq!(limiter.take(&"a", rate).wait, Some(Duration::from_secs(1)), "a refusal costs nothing");
        clock.advance(Duration::from_secs(1));
        assert_eq!(limiter.take(&"a", rate).wait, None);
        assert!(limiter.take(&"a", rate).wait.is_some());
        clock.advance(Duration::from_secs(3_600));
        assert_eq!(limiter.take(&"a", rate).left, 5, "never more than full");
    }

    #[test]
    fn a_changed_rate_counts_at_once() {
        let (limiter, _) = limiter();
        assert_eq!(limiter.take(&"a", Rate::new(2, MINUTE).unwrap()).left, 1);
        assert_eq!(limiter.take(&"a", Rate::new(10, MINUTE).unwrap()).left, 9);
        assert!(Rate::new(0, MINUTE).is_none() && Rate::new(1, Duration::ZERO).is_none());
    }

    #[test]
    fn parallel_takers_share_one_bucket() {
        let limiter = Arc::new(Limiter::<u32>::new(Duration::from_secs(3_600)));
        let rate = Rate::new(100, Duration::from_secs(3_600)).unwrap();
        let takers: Vec<_> = (0..8)
            .map(|_| {
                let limiter = limiter.clone();
                std::thread::spawn(move || (0..100).filter(|_| limiter.take(&7, rate).wait.is_none()).count())
            })
            .collect();
        assert_eq!(takers.into_iter().map(|taker| taker.join().unwrap()).sum::<usize>(), 100);
    }
}
