//! Passwords: argon2id with the parameters that OWASP asks for (19 MiB, two passes, one lane).
//!
//! One hash takes some hundredths of a second of a whole processor, on purpose. So it happens on few threads of its own, at
//! a lower priority than the rest, and only so many may wait: a burst of sign-ins is slow for itself and for nobody else.
use crate::base::clock::Clock;
use crate::base::error::{Code, Error, Result};
use crate::base::secret::Secret;
use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::oneshot;

/// Hashes that may wait. At the speed of one slow processor that is about five seconds.
const QUEUE: usize = 160;
/// Threads at most; each needs 19 MiB while it works. Half of the processors are left alone.
const MOST_THREADS: usize = 4;
/// Added to their niceness: a thread of this kind gets about a tenth of what another one gets that wants the same processor.
const NICE: i32 = 10;
const SALT: usize = 16;
/// What the password of an account that does not exist is held against, so that it takes as long. Nothing hashes to it.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IG5vYm9keSEhIQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

type Job = Box<dyn FnOnce() + Send>;

/// The pool. Cheap to clone; its threads end with the last clone.
#[derive(Clone)]
pub struct Passwords {
    jobs: SyncSender<Job>,
    clock: Clock,
}

/// What hashes, on one of the pool's threads.
pub struct Hasher {
    argon2: Argon2<'static>,
    clock: Clock,
}

impl Hasher {
    /// A text that tells the parameters, the salt and the hash.
    pub fn hash(&self, password: &Secret<String>) -> Result<String> {
        let mut salt = [0u8; SALT];
        self.clock.fill(&mut salt);
        let hash = self.argon2.hash_password_with_salt(password.reveal().as_bytes(), &salt);
        hash.map(|hash| hash.to_string()).map_err(|error| Error::internal(error.to_string()))
    }

    /// Whether the password fits. It takes as long where there is nothing to fit.
    pub fn fits(&self, password: &Secret<String>, stored: Option<&str>) -> bool {
        let Ok(hash) = PasswordHash::new(stored.unwrap_or(NOBODY)) else { return false };
        let fits = self.argon2.verify_password(password.reveal().as_bytes(), &hash).is_ok();
        fits && stored.is_some()
    }
}

impl Passwords {
    /// Errors: a thread cannot be started.
    pub fn start(clock: Clock) -> Result<Passwords> {
        let (jobs, queue) = sync_channel::<Job>(QUEUE);
        let queue = Arc::new(Mutex::new(queue));
        let processors = std::thread::available_parallelism().map_or(1, |n| n.get());
        for number in 0..(processors / 2).clamp(1, MOST_THREADS) {
            let queue = queue.clone();
            let thread = std::thread::Builder::new().name(format!("passwords-{number}"));
            thread.spawn(move || work(&queue)).map_err(Error::internal)?;
        }
        Ok(Passwords { jobs, clock })
    }

    /// Has something hashed. Work whose caller has gone away meanwhile is not begun. Errors: `overloaded` when too much
    /// waits already.
    pub async fn with<T: Send + 'static>(&self, work: impl FnOnce(&Hasher) -> T + Send + 'static) -> Result<T> {
        let (tell, told) = oneshot::channel();
        let hasher = Hasher { argon2: Argon2::default(), clock: self.clock.clone() };
        let job: Job = Box::new(move || {
            if !tell.is_closed() {
                let _gone = tell.send(work(&hasher));
            }
        });
        let busy = || Error::new(Code::Overloaded, "Too many people are signing in; try again shortly").retry_after(3);
        match self.jobs.try_send(job) {
            Ok(()) => told.await.map_err(Error::internal),
            Err(TrySendError::Full(_)) => Err(busy()),
            Err(TrySendError::Disconnected(_)) => Err(Error::internal("the threads that hash passwords have ended")),
        }
    }
}

fn work(queue: &Mutex<Receiver<Job>>) {
    // A system that does not let us be modest is no reason not to work.
    let _as_it_is = rustix::process::nice(NICE);
    loop {
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = next else { return };
        // A panic is in the log through the process's hook; whoever waits for the job learns that it will not come.
        let _caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(job));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    #[tokio::test]
    async fn what_was_hashed_fits_and_nothing_else_does() {
        let pool = Passwords::start(Clock::system()).unwrap();
        let secret = |text: &str| Secret::new(text.to_owned());
        let hash = pool.with(move |hasher| hasher.hash(&secret(" pässword \u{0} "))).await.unwrap().unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        let fits = |text: &'static str, stored: Option<String>| {
            let pool = pool.clone();
            async move { pool.with(move |hasher| hasher.fits(&secret(text), stored.as_deref())).await.unwrap() }
        };
        assert!(fits(" pässword \u{0} ", Some(hash.clone())).await);
        for bad in ["", "pässword", " pässword \u{0}", " PÄSSWORD \u{0} "] {
            assert!(!fits(bad, Some(hash.clone())).await, "{bad:?}");
            assert!(!fits(bad, None).await);
        }
        assert!(!fits("x", Some("no hash".to_owned())).await);
        let again = pool.with(move |hasher| hasher.hash(&secret(" pässword \u{0} "))).await.unwrap().unwrap();
        assert_ne!(again, hash, "each has a salt of its own");
    }

    #[tokio::test]
    async fn nobody_s_password_takes_as_long_as_somebody_s() {
        assert!(PasswordHash::new(NOBODY).is_ok());
        let pool = Passwords::start(Clock::system()).unwrap();
        let secret = || Secret::new("a password".to_owned());
        let times = pool.with(move |hasher| {
            let hash = hasher.hash(&secret()).unwrap();
            let time = |stored: Option<&str>| {
                let mut all: Vec<_> = (0..5)
                    .map(|_| {
                        let began = Instant::now();
                        hasher.fits(&secret(), stored);
                        began.elapsed()
                    })
                    .collect();
                all.sort();
                all[2].as_secs_f64()
            };
            time(None) / time(Some(&hash))
        });
        let ratio = times.await.unwrap();
        assert!((0.2..5.0).contains(&ratio), "{ratio}");
    }

    #[tokio::test]
    async fn only_so_many_may_wait() {
        let pool = Passwords::start(Clock::system()).unwrap();
        let (open, gate) = std::sync::mpsc::channel::<()>();
        let gate = Arc::new(Mutex::new(gate));
        let mut jobs = Vec::new();
        let error = loop {
            let (pool, gate) = (pool.clone(), gate.clone());
            let job = tokio::spawn(async move { pool.with(move |_| gate.lock().unwrap().recv().is_ok()).await });
            tokio::task::yield_now().await;
            if job.is_finished() {
                break job.await.unwrap().unwrap_err();
            }
            jobs.push(job);
            assert!(jobs.len() <= QUEUE + 2 * MOST_THREADS);
        };
        assert_eq!((error.code, error.retry_after_s), (Code::Overloaded, Some(3)));
        drop(open);
        for job in jobs {
            job.await.unwrap().unwrap();
        }
        assert!(pool.with(|_| ()).await.is_ok());
    }
}
