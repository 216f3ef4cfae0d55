//! Locks by name: who has claimed an idempotency key, whose turn it is in a lane.
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::OwnedMutexGuard;

type Locks = HashMap<String, Arc<tokio::sync::Mutex<()>>>;

#[derive(Clone, Default)]
pub(super) struct Claims(Arc<Mutex<Locks>>);

/// Holds the name until it is dropped.
pub(super) struct Claim {
    claims: Claims,
    name: String,
    held: Option<OwnedMutexGuard<()>>,
}

impl Claims {
    fn locks(&self) -> MutexGuard<'_, Locks> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until nobody else holds the name, first come, first served.
    pub(super) async fn claim(&self, name: &str) -> Claim {
        let lock = self.locks().entry(name.to_owned()).or_default().clone();
        // Made before the wait: a caller that goes away while waiting must not leave its entry behind.
        let mut claim = Claim { claims: self.clone(), name: name.to_owned(), held: None };
        claim.held = Some(lock.lock_owned().await);
        claim
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let mut locks = self.claims.locks();
        self.held.take();
        // Ours and the map's alone: nobody waits for it.
        if locks.get(&self.name).is_some_and(|lock| Arc::strong_count(lock) == 1) {
            locks.remove(&self.name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test]
    async fn one_at_a_time_and_nothing_left_behind() {
        let claims = Claims::default();
        let first = claims.claim("a").await;
        let other = claims.claim("b").await;
        let second = tokio::time::timeout(Duration::from_millis(20), claims.claim("a")).await;
        assert!(second.is_err(), "the name is held");
        drop((first, other));
        drop(claims.claim("a").await);
        assert!(claims.locks().is_empty());
    }
}
