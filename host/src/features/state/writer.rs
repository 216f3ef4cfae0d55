//! Group commit: everything that waits is written in one transaction, with one wait for the disk. While that wait
//! lasts the next group gathers, so the busier the host, the larger the groups and the cheaper each commit.
use super::ledger::Ledger;
use super::{Inner, again, store};
use crate::base::quiet::Quiet;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::Notify;

/// Units of one transaction. More would only make the first of them wait longer.
const GROUP: usize = 256;
/// After a failure: a full disk does not get better by hammering it.
const PAUSE: Duration = Duration::from_millis(20);

/// While it lasts, one line in this time.
const SAY: Duration = Duration::from_secs(10);

/// Writes until `stop` is notified and nothing is left.
pub(super) async fn run(inner: &Inner, ledger: &Ledger, stop: &Notify) {
    let mut stopping = false;
    let quiet = Quiet::new(SAY);
    loop {
        // Whoever is ready to commit goes along: a larger group costs each of them less.
        tokio::task::yield_now().await;
        let group = ledger.next_group(GROUP);
        if group.is_empty() {
            if stopping {
                return;
            }
            tokio::select! {
                () = inner.wake.notified() => {}
                () = stop.notified() => stopping = true,
            }
            continue;
        }
        let units = group.len() as u64;
        match store::write(&inner.db, &group).await {
            Ok(()) => {
                inner.groups.fetch_add(1, Ordering::Relaxed);
                inner.units.fetch_add(units, Ordering::Relaxed);
                ledger.written(group);
                if !inner.stores.swap(true, Ordering::Relaxed) {
                    quiet.end();
                    tracing::info!("commits are written again");
                }
            }
            Err(error) => {
                inner.stores.store(false, Ordering::Relaxed);
                if let Some(more) = quiet.turn() {
                    tracing::error!(
                        ?error,
                        units,
                        more,
                        "a group of commits could not be written; nothing of it is stored"
                    );
                }
                ledger.failed(group, || again(&error));
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}
