//! The first minutes of a version after its activation: one that fails then goes back to the version before. A pure state
//! machine, counted with every call, because it has to decide within a handful of them.
use super::Verdict;
use std::time::Duration;

#[derive(Clone, Copy, Debug)]
pub struct ProbationRules {
    /// Time after an activation.
    pub window: Duration,
    /// From so many calls on, the share of failures decides.
    pub calls: u32,
    pub percent: u32,
    /// So many failures are enough when no call has succeeded yet; 0: only the share decides.
    pub row: u32,
}

pub(super) struct Probation {
    rules: ProbationRules,
    ends: Duration,
    calls: u32,
    failed: u32,
    row: u32,
}

impl Probation {
    pub(super) fn new(rules: ProbationRules, now: Duration) -> Probation {
        Probation { rules, ends: now + rules.window, calls: 0, failed: 0, row: 0 }
    }

    pub(super) fn is_over(&self, now: Duration) -> bool {
        now >= self.ends
    }

    /// Whether the version is condemned by this call. What only took too long says nothing: the host may be overloaded.
    pub(super) fn condemns(&mut self, verdict: Verdict) -> bool {
        match verdict {
            Verdict::Neutral | Verdict::Slow => return false,
            Verdict::Good => (self.calls, self.row) = (self.calls.saturating_add(1), 0),
            Verdict::Failed | Verdict::Stopped => {
                (self.calls, self.failed, self.row) = (self.calls.saturating_add(1), self.failed + 1, self.row + 1);
            }
        }
        let rules = self.rules;
        let none_good = self.failed == self.calls;
        let row = rules.row > 0 && none_good && self.row >= rules.row;
        let share = u64::from(self.failed) * 100 >= u64::from(self.calls) * u64::from(rules.percent);
        verdict != Verdict::Good && (row || (self.calls >= rules.calls && share))
    }

    /// In words, for the history.
    pub(super) fn reason(&self) -> String {
        format!("{} of its first {} calls failed", self.failed, self.calls)
    }
}

#[cfg(test)]
mod tests {
    use super::Verdict::*;
    use super::*;

    fn first(verdicts: &[Verdict]) -> Option<usize> {
        let rules = ProbationRules { window: Duration::from_secs(300), calls: 5, percent: 50, row: 3 };
        let mut probation = Probation::new(rules, Duration::ZERO);
        verdicts.iter().position(|verdict| probation.condemns(*verdict))
    }

    #[test]
    fn three_failures_before_any_success_are_enough() {
        assert_eq!(first(&[Stopped, Failed, Stopped]), Some(2));
        assert_eq!(first(&[Stopped, Neutral, Stopped, Slow, Stopped]), Some(4));
        assert_eq!(first(&[Stopped, Good, Stopped, Good, Stopped]), Some(4), "half of five");
        assert_eq!(first(&[Good, Stopped, Good, Stopped, Good]), None);
        assert_eq!(first(&[Stopped, Stopped]), None);
    }

    #[test]
    fn a_share_of_the_calls_is_enough_later() {
        assert_eq!(first(&[Good, Good, Good, Stopped, Stopped, Stopped]), Some(5));
        let good = [Good; 100];
        assert_eq!(first(&[&good[..], &[Stopped; 99]].concat()), None);
        assert_eq!(first(&[Slow; 100]), None);
        assert_eq!(first(&[Neutral; 100]), None);
    }
}
