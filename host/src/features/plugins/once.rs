//! The stored answer for an admin's `Idempotency-Key`: the same key, token and request are answered alike, and a change is
//! made once.
use super::{Plugins, store};
use crate::base::error::{Code, Error, Result};
use crate::base::secret::hex;
use std::future::Future;
use std::time::Duration;

/// A change that carries a key.
#[derive(Clone, Debug)]
pub struct Once {
    /// Which token; keys of one are nothing to another.
    pub who: String,
    pub key: String,
    /// Digest of method, path and body.
    pub request: [u8; 32],
}

/// What was answered: an HTTP status and a JSON text, which may be empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    pub status: u16,
    pub text: String,
    /// Whether it is the record of an earlier request.
    pub replayed: bool,
}

impl Plugins {
    /// Does the work, or answers from the record of an earlier request with this key. Refusals are not recorded. Errors:
    /// those of the work; `idempotency_key_reused`.
    pub async fn once(&self, once: &Once, work: impl Future<Output = Result<Answered>> + Send) -> Result<Answered> {
        // Changes that carry a key go one by one, so a twin waits for the first and gets its answer.
        let _turn = self.0.keyed.lock().await;
        // A request may hold a secret, so its digest is kept under a key.
        let hash = hex(&self.0.requests.sign(&once.request));
        match store::replay(&self.0.db, self.workspace(), &once.who, &once.key).await? {
            Some((stored, status, text)) if stored == hash => return Ok(Answered { status, text, replayed: true }),
            Some(_) => {
                let detail = "This Idempotency-Key was used with another request; use a new key for a new intent";
                return Err(Error::new(Code::IdempotencyMismatch, detail));
            }
            None => {}
        }
        let answered = work.await?;
        let (who, at_ms) = (once.who.as_str(), self.0.clock.now_ms());
        let row = (once.key.as_str(), hash.as_str(), answered.status, answered.text.as_str());
        store::keep_replay(&self.0.db, self.workspace(), who, at_ms, row).await?;
        Ok(answered)
    }

    /// Forgets answers that are older than `keep`. Gives their number.
    pub async fn sweep(&self, keep: Duration) -> Result<u64> {
        let keep = u64::try_from(keep.as_millis()).unwrap_or(u64::MAX);
        store::sweep_replays(&self.0.db, self.0.clock.now_ms().saturating_sub(keep)).await
    }
}
