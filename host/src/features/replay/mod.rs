//! `Idempotency-Key`: the same key, caller and request are answered alike, and a change is made once.
//!
//! Answers are kept sealed under the host's key, so that one which shows a secret for the only time can be given again to
//! the caller who never got it, and nobody finds the secret in the database.
mod store;

use crate::base::clock::Clock;
use crate::base::error::{Code, Error, Result};
use crate::base::seal::SealKey;
use crate::base::secret::{MacKey, hex, sha256};
use crate::platform::db::{Db, Tx};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;

/// Keys that are worked on at the same time; others wait for one of these turns.
const TURNS: usize = 64;

/// A change that carries a key.
#[derive(Clone, Debug)]
pub struct Once {
    /// Who sent it; keys of one are nothing to another.
    pub who: String,
    pub key: String,
    /// Digest of method, path and body.
    pub request: [u8; 32],
}

/// What was answered: an HTTP status and a text, which may be empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    pub status: u16,
    pub text: String,
    /// Whether it is the record of an earlier request.
    pub replayed: bool,
}

/// Work inside a transaction. It must not begin another one: the database has one writer at a time.
pub type Work<'a> =
    Box<dyn for<'t> FnOnce(&'t mut Tx) -> Pin<Box<dyn Future<Output = Result<Answered>> + Send + 't>> + Send + 'a>;

/// The room. Cheap to clone.
#[derive(Clone)]
pub struct Replays(Arc<Inner>);

struct Inner {
    db: Db,
    clock: Clock,
    seal: SealKey,
    requests: MacKey,
    turns: [Mutex<()>; TURNS],
}

impl Replays {
    /// `host_key`: what is kept can be read with this key alone.
    pub fn new(db: Db, clock: Clock, host_key: &[u8]) -> Replays {
        let seal = SealKey::derive(host_key, "inlay replayed answers v1");
        let requests = MacKey::derive(host_key, "inlay replayed requests v1");
        Replays(Arc::new(Inner { db, clock, seal, requests, turns: [const { Mutex::const_new(()) }; TURNS] }))
    }

    /// Does the work in one transaction with the record of its answer, or answers from the record of an earlier request:
    /// the change is made exactly once, whatever fails, also where hosts share a database. Refusals are not recorded.
    /// Errors: those of the work; `idempotency_key_reused`.
    pub async fn within(&self, once: Option<&Once>, work: Work<'_>) -> Result<Answered> {
        let mut tx = self.0.db.begin().await?;
        let Some(once) = once else {
            let answered = work(&mut tx).await?;
            tx.commit().await?;
            return Ok(answered);
        };
        // Looked for inside the transaction, which nobody else writes beside.
        if let Some(answered) = self.recorded(once, store::find_in(&mut tx, &once.who, &once.key).await?)? {
            return Ok(answered);
        }
        let answered = work(&mut tx).await?;
        self.keep(&mut tx, once, &answered).await?;
        tx.commit().await?;
        Ok(answered)
    }

    /// The same for work that has transactions of its own, or takes long: on one host a twin waits for the first. A host
    /// that is killed after the work and before its record is written does the work again for the next request.
    pub async fn around(
        &self,
        once: Option<&Once>,
        work: impl Future<Output = Result<Answered>> + Send,
    ) -> Result<Answered> {
        let Some(once) = once else { return work.await };
        let _turn = self.turn(once).lock().await;
        if let Some(answered) = self.recorded(once, store::find(&self.0.db, &once.who, &once.key).await?)? {
            return Ok(answered);
        }
        let answered = work.await?;
        let mut tx = self.0.db.begin().await?;
        self.keep(&mut tx, once, &answered).await?;
        tx.commit().await?;
        Ok(answered)
    }

    /// Forgets answers that are older than `keep`. Gives their number.
    pub async fn sweep(&self, keep: Duration) -> Result<u64> {
        let keep = u64::try_from(keep.as_millis()).unwrap_or(u64::MAX);
        store::sweep(&self.0.db, self.0.clock.now_ms().saturating_sub(keep)).await
    }

    fn turn(&self, once: &Once) -> &Mutex<()> {
        let [first, ..] = sha256(bound(once).as_bytes());
        let [fallback, ..] = &self.0.turns;
        self.0.turns.get(usize::from(first) % TURNS).unwrap_or(fallback)
    }

    /// A request may hold a secret, so its digest is kept under a key.
    fn hash(&self, once: &Once) -> String {
        hex(&self.0.requests.sign(&once.request))
    }

    fn recorded(&self, once: &Once, row: Option<store::Row>) -> Result<Option<Answered>> {
        let Some((hash, status, sealed)) = row else { return Ok(None) };
        if hash != self.hash(once) {
            let detail = "This Idempotency-Key was used with another request; use a new key for a new intent";
            return Err(Error::new(Code::IdempotencyMismatch, detail));
        }
        let text = self.0.seal.open(&sealed, bound(once).as_bytes());
        let text = text.and_then(|text| String::from_utf8(text).ok());
        // The host's key has changed; the digest, which is keyed as well, would not have fitted then.
        let text = text.ok_or_else(|| Error::internal("a recorded answer cannot be opened"))?;
        Ok(Some(Answered { status, text, replayed: true }))
    }

    async fn keep(&self, tx: &mut Tx, once: &Once, answered: &Answered) -> Result<()> {
        let sealed = self.0.seal.seal(&self.0.clock, answered.text.as_bytes(), bound(once).as_bytes());
        let sealed = sealed.ok_or_else(|| Error::internal("an answer cannot be sealed"))?;
        let row = (self.hash(once), answered.status, sealed);
        store::keep(tx, &once.who, &once.key, row, self.0.clock.now_ms()).await
    }
}

/// Where an answer belongs. A key has visible characters only, so the two parts cannot run into each other.
fn bound(once: &Once) -> String {
    format!("{} {}", once.key, once.who)
}

#[cfg(test)]
mod tests;
