//! Says the same only now and then: while a disk is full, every request fails, and a log that says so each time makes it
//! fuller.
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

pub struct Quiet {
    every: Duration,
    /// When it was said last, and how often it was kept back since.
    said: Mutex<(Option<Instant>, u64)>,
}

impl Quiet {
    pub const fn new(every: Duration) -> Quiet {
        Quiet { every, said: Mutex::new((None, 0)) }
    }

    /// `Some` when it may be said now, with how often it was not said since the last time.
    pub fn turn(&self) -> Option<u64> {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        if said.0.is_some_and(|at| at.elapsed() < self.every) {
            said.1 += 1;
            return None;
        }
        let (_, more) = std::mem::replace(&mut *said, (Some(Instant::now()), 0));
        Some(more)
    }

    /// It is over: the next time is said at once.
    pub fn end(&self) {
        *self.said.lock().unwrap_or_else(PoisonError::into_inner) = (None, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn once_in_a_while_with_a_count() {
        let quiet = Quiet::new(Duration::from_secs(3600));
        assert_eq!((quiet.turn(), quiet.turn(), quiet.turn()), (Some(0), None, None));
        quiet.end();
        assert_eq!(quiet.turn(), Some(0));
        let often = Quiet::new(Duration::ZERO);
        assert_eq!((often.turn(), often.turn()), (Some(0), Some(0)));
    }
}
