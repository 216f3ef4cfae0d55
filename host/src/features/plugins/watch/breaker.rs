//! The breaker of one plugin version: a version that keeps failing is left alone for a while, then tried with a few calls.
//! A pure state machine; `now` is time on a monotonic clock since any fixed moment.
use super::Verdict;
use std::collections::VecDeque;
use std::time::Duration;

/// Parts of the window: what is older leaves in steps of a twelfth.
const SLOTS: usize = 12;
/// While all probes are under way, others are told to come back after this time.
const PROBING: Duration = Duration::from_secs(1);
/// Openings that are remembered.
const OPENINGS: usize = 64;

#[derive(Clone, Copy, Debug)]
pub struct BreakerRules {
    /// Failures are counted over this time.
    pub window: Duration,
    /// Fewer calls in the window say nothing.
    pub calls: u32,
    /// Of these calls, how many may not fail.
    pub percent: u32,
    /// Calls in a row that the sandbox had to end; 0: such a row does not open it.
    pub stops: u32,
    /// Time of the first opening; it doubles with every other one, up to `open_max`.
    pub open: Duration,
    pub open_max: Duration,
    /// Calls that are let through after that time. All of them must be good.
    pub probes: u32,
    /// So many openings within this time are enough for a quarantine.
    pub openings: u32,
    pub openings_within: Duration,
}

/// What stands at the door of a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gate {
    Free,
    /// One of the probes.
    Probe,
    Shut {
        left: Duration,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreakerState {
    Closed,
    Open,
    Probing,
}

impl BreakerState {
    pub fn word(self) -> &'static str {
        match self {
            BreakerState::Closed => "closed",
            BreakerState::Open => "open",
            BreakerState::Probing => "probing",
        }
    }
}

/// It has just opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Opened {
    pub(super) until: Duration,
    /// The plugin itself failed, not only waited too long.
    pub(super) own_fault: bool,
    /// It has opened too often.
    pub(super) too_often: bool,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Closed,
    Open { until: Duration },
    Probing { left: u32, good: u32 },
}

#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    number: u64,
    calls: u32,
    failed: u32,
    /// Of those, the ones that only took too long.
    slow: u32,
}

pub(super) struct Breaker {
    rules: BreakerRules,
    state: State,
    slots: [Slot; SLOTS],
    /// Calls in a row that the sandbox had to end.
    row: u32,
    /// When it opened, and whether the plugin's own failures were why.
    opened: VecDeque<(Duration, bool)>,
}

impl Breaker {
    pub(super) fn new(rules: BreakerRules) -> Breaker {
        Breaker { rules, state: State::Closed, slots: Default::default(), row: 0, opened: VecDeque::new() }
    }

    pub(super) fn state(&self) -> BreakerState {
        match self.state {
            State::Closed => BreakerState::Closed,
            State::Open { .. } => BreakerState::Open,
            State::Probing { .. } => BreakerState::Probing,
        }
    }

    /// A call wants to begin.
    pub(super) fn enter(&mut self, now: Duration) -> Gate {
        if let State::Open { until } = self.state {
            if now < until {
                return Gate::Shut { left: until.saturating_sub(now) };
            }
            self.state = State::Probing { left: self.rules.probes, good: 0 };
        }
        match &mut self.state {
            State::Probing { left: 0, .. } => Gate::Shut { left: PROBING },
            State::Probing { left, .. } => {
                *left -= 1;
                Gate::Probe
            }
            _ => Gate::Free,
        }
    }

    /// A call has ended. Says when the breaker opens by it.
    pub(super) fn leave(&mut self, now: Duration, probe: bool, verdict: Verdict) -> Option<Opened> {
        match (&mut self.state, probe) {
            (State::Closed, _) => self.count(now, verdict),
            (State::Probing { left, good }, true) => match verdict {
                Verdict::Neutral => {
                    *left += 1;
                    None
                }
                Verdict::Good => {
                    *good += 1;
                    if *good >= self.rules.probes {
                        (self.state, self.slots, self.row) = (State::Closed, Default::default(), 0);
                    }
                    None
                }
                Verdict::Slow | Verdict::Failed | Verdict::Stopped => Some(self.open(now, verdict != Verdict::Slow)),
            },
            // It began before the breaker opened: whatever came of it, it is known by now.
            _ => None,
        }
    }

    fn count(&mut self, now: Duration, verdict: Verdict) -> Option<Opened> {
        let rules = self.rules;
        let length = (rules.window / SLOTS as u32).max(Duration::from_millis(1));
        let number = u64::try_from(now.as_nanos() / length.as_nanos()).unwrap_or(u64::MAX);
        let slot = self.slots.get_mut((number % SLOTS as u64) as usize)?;
        if slot.number != number {
            *slot = Slot { number, ..Slot::default() };
        }
        match verdict {
            Verdict::Neutral => return None,
            Verdict::Good => (slot.calls, self.row) = (slot.calls.saturating_add(1), 0),
            _ => {
                slot.calls = slot.calls.saturating_add(1);
                slot.failed += 1;
                slot.slow += u32::from(verdict == Verdict::Slow);
                self.row = if verdict == Verdict::Stopped { self.row + 1 } else { 0 };
            }
        }
        if verdict == Verdict::Good {
            return None;
        }
        if rules.stops > 0 && self.row >= rules.stops {
            return Some(self.open(now, true));
        }
        let fresh = |slot: &&Slot| slot.number + SLOTS as u64 > number;
        let (mut calls, mut failed, mut slow) = (0_u64, 0_u64, 0_u64);
        for slot in self.slots.iter().filter(fresh) {
            calls += u64::from(slot.calls);
            failed += u64::from(slot.failed);
            slow += u64::from(slot.slow);
        }
        let too_many = calls >= u64::from(rules.calls) && failed * 100 >= calls * u64::from(rules.percent);
        too_many.then(|| self.open(now, slow * 2 <= failed))
    }

    fn open(&mut self, now: Duration, own_fault: bool) -> Opened {
        let rules = self.rules;
        while self.opened.front().is_some_and(|(at, _)| *at + rules.openings_within < now)
            || self.opened.len() >= OPENINGS
        {
            self.opened.pop_front();
        }
        let doubled = u32::try_from(self.opened.len()).unwrap_or(u32::MAX).min(16);
        self.opened.push_back((now, own_fault));
        let until = now + rules.open.saturating_mul(1 << doubled).min(rules.open_max);
        (self.state, self.slots, self.row) = (State::Open { until }, Default::default(), 0);
        let own = self.opened.iter().filter(|(_, own)| *own).count();
        let too_often = own_fault && rules.openings > 0 && own >= rules.openings as usize;
        Opened { until, own_fault, too_often }
    }
}

#[cfg(test)]
mod tests {
    use super::Verdict::*;
    use super::*;

    fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn breaker() -> Breaker {
        Breaker::new(BreakerRules {
            window: s(60),
            calls: 20,
            percent: 25,
            stops: 5,
            open: s(30),
            open_max: s(300),
            probes: 3,
            openings: 3,
            openings_within: s(900),
        })
    }

    fn feed(breaker: &mut Breaker, now: Duration, verdicts: &[Verdict]) -> Option<Opened> {
        verdicts.iter().map(|verdict| breaker.leave(now, false, *verdict)).collect::<Vec<_>>().pop().flatten()
    }

    #[test]
    fn a_quarter_of_twenty_opens_it_and_less_does_not() {
        let mut b = breaker();
        feed(&mut b, s(1), &[Good; 15]);
        assert_eq!(feed(&mut b, s(2), &[Failed; 4]), None, "19 calls");
        let opened = feed(&mut b, s(3), &[Failed]).unwrap();
        assert_eq!(opened, Opened { until: s(33), own_fault: true, too_often: false });
        assert_eq!(b.enter(s(10)), Gate::Shut { left: s(23) });
        let mut b = breaker();
        feed(&mut b, s(1), &[Good; 40]);
        assert_eq!(feed(&mut b, s(2), &[Failed; 13]), None, "13 of 53");
        assert_eq!(b.state(), BreakerState::Closed);
    }

    #[test]
    fn what_is_older_than_the_window_does_not_count() {
        let mut b = breaker();
        feed(&mut b, s(1), &[Failed; 19]);
        assert_eq!(feed(&mut b, s(70), &[Failed]), None);
        assert_eq!(feed(&mut b, s(120), &[Failed; 18]), None, "1 + 18");
        assert!(feed(&mut b, s(121), &[Failed]).is_some());
    }

    #[test]
    fn neutral_ends_never_count() {
        let mut b = breaker();
        assert_eq!(feed(&mut b, s(1), &[Neutral; 1000]), None);
        feed(&mut b, s(1), &[Good; 15]);
        feed(&mut b, s(1), &[Failed; 4]);
        assert_eq!(feed(&mut b, s(1), &[Neutral; 50]), None);
    }

    #[test]
    fn five_in_a_row_open_it_however_few_the_calls_are() {
        let mut b = breaker();
        assert_eq!(feed(&mut b, s(1), &[Stopped, Stopped, Stopped, Stopped, Good, Stopped]), None);
        assert_eq!(feed(&mut b, s(1), &[Stopped, Stopped, Stopped, Neutral]), None);
        assert!(feed(&mut b, s(1), &[Stopped]).is_some(), "a neutral end does not break a row");
    }

    #[test]
    fn three_good_probes_close_it() {
        let mut b = breaker();
        feed(&mut b, s(0), &[Stopped; 5]).unwrap();
        assert_eq!(b.leave(s(1), false, Failed), None, "it began before");
        for _ in 0..3 {
            assert_eq!(b.enter(s(30)), Gate::Probe);
        }
        assert_eq!(b.enter(s(30)), Gate::Shut { left: PROBING });
        assert_eq!(b.leave(s(31), true, Neutral), None);
        assert_eq!(b.enter(s(31)), Gate::Probe, "a probe that says nothing is repeated");
        for _ in 0..3 {
            assert_eq!(b.state(), BreakerState::Probing);
            b.leave(s(31), true, Good);
        }
        assert_eq!((b.state(), b.enter(s(31))), (BreakerState::Closed, Gate::Free));
    }

    #[test]
    fn a_bad_probe_opens_it_for_twice_as_long_and_the_third_time_is_too_often() {
        let mut b = breaker();
        feed(&mut b, s(0), &[Stopped; 5]).unwrap();
        assert_eq!(b.enter(s(30)), Gate::Probe);
        assert_eq!(b.leave(s(30), true, Failed).unwrap(), Opened { until: s(90), own_fault: true, too_often: false });
        assert_eq!(b.enter(s(90)), Gate::Probe);
        assert!(b.leave(s(90), true, Failed).unwrap().too_often);
    }

    #[test]
    fn openings_long_ago_are_forgiven() {
        let mut b = breaker();
        for round in 0..5 {
            let now = s(round * 2_000);
            feed(&mut b, now, &[Stopped; 5]);
            (0..3).for_each(|_| assert_eq!(b.enter(now + s(30)), Gate::Probe, "round {round}: not doubled"));
            (0..3).for_each(|_| assert_eq!(b.leave(now + s(31), true, Good), None));
        }
    }

    #[test]
    fn waiting_too_long_opens_it_but_is_no_reason_for_a_quarantine() {
        let mut b = breaker();
        let opened = feed(&mut b, s(0), &[Slow; 20]).unwrap();
        assert!(!opened.own_fault && !opened.too_often);
        for (now, until) in [(30, 90), (90, 210), (210, 450), (450, 750), (750, 1050)] {
            assert_eq!(b.enter(s(now)), Gate::Probe);
            let opened = b.leave(s(now), true, Slow).unwrap();
            assert_eq!((opened.until, opened.too_often), (s(until), false));
        }
    }
}
