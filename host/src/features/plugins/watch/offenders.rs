//! Inputs that made the sandbox end a call three times: refused for a while instead of being tried again and again.
use std::hash::{BuildHasher, Hash, RandomState};
use std::time::Duration;

/// Inputs that are remembered over all plugins; 64 bytes each.
const KEPT: u64 = 10_000;

#[derive(Clone, Copy, Debug)]
pub struct OffenderRules {
    /// From so many stopped calls on the input is refused; 0: never.
    pub stops: u32,
    /// For this long.
    pub refused: Duration,
}

#[derive(Clone, Copy)]
struct Offence {
    count: u32,
    last: Duration,
}

pub(super) struct Offenders {
    rules: OffenderRules,
    /// Keyed by a secret of this process, so that nobody can make another's input look like an offender.
    hasher: RandomState,
    known: moka::sync::Cache<u64, Offence>,
}

/// An input of one plugin version's action or query.
#[derive(Hash)]
pub(super) struct Input<'a> {
    pub(super) digest: &'a str,
    pub(super) query: bool,
    pub(super) name: &'a str,
    pub(super) input: &'a str,
}

impl Offenders {
    pub(super) fn new(rules: OffenderRules) -> Offenders {
        let ttl = rules.refused.max(Duration::from_secs(1));
        let known = moka::sync::Cache::builder().max_capacity(KEPT).time_to_live(ttl).build();
        Offenders { rules, hasher: RandomState::new(), known }
    }

    pub(super) fn key(&self, input: &Input<'_>) -> u64 {
        self.hasher.hash_one(input)
    }

    /// For how long it is still refused.
    pub(super) fn refused(&self, key: u64, now: Duration) -> Option<Duration> {
        let offence = self.known.get(&key)?;
        let until = offence.last + self.rules.refused;
        (self.rules.stops > 0 && offence.count >= self.rules.stops && now < until).then(|| until.saturating_sub(now))
    }

    /// It made the sandbox end a call.
    pub(super) fn note(&self, key: u64, now: Duration) {
        if self.rules.stops == 0 {
            return;
        }
        let before = self.known.get(&key).filter(|offence| now < offence.last + self.rules.refused);
        // Whoever was refused and comes back begins anew.
        let count = before.map_or(0, |offence| offence.count) + 1;
        self.known.insert(key, Offence { count, last: now });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fourth_time_is_refused_and_later_it_is_let_in_again() {
        let offenders = Offenders::new(OffenderRules { stops: 3, refused: Duration::from_secs(600) });
        let s = Duration::from_secs;
        let input = |input| offenders.key(&Input { digest: "d", query: false, name: "a", input });
        let (bad, other) = (input("{}"), input("{\"a\":1}"));
        assert_ne!(bad, other);
        assert_ne!(bad, offenders.key(&Input { digest: "e", query: false, name: "a", input: "{}" }));
        for now in 0..3 {
            assert_eq!(offenders.refused(bad, s(now)), None);
            offenders.note(bad, s(now));
        }
        assert_eq!(offenders.refused(bad, s(2)), Some(s(600)));
        assert_eq!(offenders.refused(other, s(2)), None);
        assert_eq!(offenders.refused(bad, s(602)), None);
        offenders.note(bad, s(602));
        assert_eq!(offenders.refused(bad, s(603)), None, "it begins anew");
    }
}
