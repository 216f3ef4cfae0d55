use super::*;
use crate::platform::db::tests::{TestDb, on_both};
use std::sync::atomic::{AtomicU32, Ordering};

on_both!(a_change_with_a_key_is_made_once, nothing_of_a_refusal_is_kept);

fn once(key: &str, request: u8) -> Once {
    Once { who: "usr_a".into(), key: key.into(), request: [request; 32] }
}

/// Counts how often it was really done, and answers with the count.
fn work(done: &Arc<AtomicU32>) -> Work<'static> {
    let done = done.clone();
    Box::new(move |_| {
        Box::pin(async move {
            let text = format!("the secret of turn {}", done.fetch_add(1, Ordering::SeqCst) + 1);
            Ok(Answered { status: 201, text, replayed: false })
        })
    })
}

async fn a_change_with_a_key_is_made_once(base: &TestDb) {
    let db = base.open().await;
    let replays = Replays::new(db.clone(), Clock::frozen(5_000), b"host key");
    let done = Arc::new(AtomicU32::new(0));
    let (a, b) = (once("k", 1), once("k", 1));
    let twins = tokio::join!(replays.within(Some(&a), work(&done)), replays.within(Some(&b), work(&done)));
    let (first, second) = (twins.0.unwrap(), twins.1.unwrap());
    assert_eq!((first.text.as_str(), &first.text), ("the secret of turn 1", &second.text));
    assert_eq!(u8::from(first.replayed) + u8::from(second.replayed), 1);
    // Another host on the same database, with the same key.
    let other = Replays::new(db.clone(), Clock::frozen(6_000), b"host key");
    let again = other.around(Some(&a), async { Err(Error::internal("not asked")) }).await.unwrap();
    assert_eq!(again, Answered { replayed: true, ..first.clone() });
    // Another caller, another key, no key at all: work of their own.
    let elsewhere = Once { who: "usr_b".into(), ..once("k", 1) };
    for it in [Some(&elsewhere), Some(&once("l", 1)), None, None] {
        assert!(!replays.within(it, work(&done)).await.unwrap().replayed);
    }
    assert_eq!(done.load(Ordering::SeqCst), 5);
    let error = replays.within(Some(&once("k", 2)), work(&done)).await.unwrap_err();
    assert_eq!(error.code, Code::IdempotencyMismatch);
    let (_, _, sealed) = store::find(&db, "usr_a", "k").await.unwrap().unwrap();
    assert!(!sealed.windows(6).any(|part| part == b"secret"));
    assert_eq!(other.sweep(Duration::from_millis(500)).await.unwrap(), 3);
    assert!(!replays.within(Some(&a), work(&done)).await.unwrap().replayed);
}

async fn nothing_of_a_refusal_is_kept(base: &TestDb) {
    let replays = Replays::new(base.open().await, Clock::frozen(5_000), b"host key");
    let refuse: Work<'_> = Box::new(|_| Box::pin(async { Err(Error::new(Code::NameTaken, "no")) }));
    assert_eq!(replays.within(Some(&once("k", 1)), refuse).await.unwrap_err().code, Code::NameTaken);
    let done = Arc::new(AtomicU32::new(0));
    assert!(!replays.within(Some(&once("k", 1)), work(&done)).await.unwrap().replayed);
}
