//! Refusing early what could only be answered late.
//!
//! A turn is taken when a request is complete and about to make a room work, not when its head arrives: a thousand bodies
//! that trickle in hold memory but no turn, so they cannot keep others out.
use crate::base::error::{Code, Error, Result};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How many requests may be worked on at the same time, and how long one may wait for its turn.
#[derive(Clone)]
pub struct Shed {
    turns: Arc<Semaphore>,
    wait: Duration,
}

/// Lasts as long as the work.
pub struct Turn(#[expect(dead_code, reason = "held for its Drop")] OwnedSemaphorePermit);

impl Shed {
    pub fn new(at_once: usize, wait: Duration) -> Shed {
        Shed { turns: Arc::new(Semaphore::new(at_once.clamp(1, Semaphore::MAX_PERMITS))), wait }
    }

    /// Errors: `overloaded` when no turn comes free in time.
    pub async fn turn(&self) -> Result<Turn> {
        if let Ok(permit) = self.turns.clone().try_acquire_owned() {
            return Ok(Turn(permit));
        }
        match tokio::time::timeout(self.wait, self.turns.clone().acquire_owned()).await {
            Ok(Ok(permit)) => Ok(Turn(permit)),
            _ => Err(Error::new(Code::Overloaded, "Too many requests are being worked on; try again shortly")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_third_of_two_waits_and_is_refused() {
        let shed = Shed::new(2, Duration::from_millis(20));
        let first = shed.turn().await.unwrap();
        let _second = shed.turn().await.unwrap();
        assert_eq!(shed.turn().await.err().map(|e| e.code), Some(Code::Overloaded));
        let waiting = tokio::spawn({
            let shed = Shed { wait: Duration::from_secs(5), ..shed.clone() };
            async move { shed.turn().await.is_ok() }
        });
        drop(first);
        assert!(waiting.await.unwrap());
    }
}
