//! The log on either database.
use super::*;
use crate::platform::db::tests::{TestDb, on_both};

on_both!(lines_are_found_again_and_never_change);

async fn lines_are_found_again_and_never_change(base: &TestDb) {
    let db = base.open().await;
    let audit = Audit::new(db.clone(), Clock::system());
    let (first, other) = (WorkspaceId::first(), WorkspaceId::new(&Clock::system()));
    let origin = Origin { address: "198.51.100.7".into(), request_id: "req_1".into() };
    for n in 0..5 {
        let workspace = if n == 4 { &other } else { &first };
        let event = Event::new(workspace, &Who::Start, "key.create", format!("key_{n}")).with(json!({"n": n}));
        audit.note(&event.from(&origin)).await;
        // Lines are in the order of their milliseconds.
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let refused = Event::new(&first, &Who::Nobody, "access.denied", "GET /x").ended("invalid_token");
    audit.note(&refused).await;
    let find = async |filter: Filter| audit.list(&Filter { limit: 2, ..filter }).await.unwrap();
    let all = find(Filter::default()).await;
    assert_eq!(all.events.iter().map(|line| line.target.as_str()).collect::<Vec<_>>(), ["GET /x", "key_4"]);
    let next = find(Filter { after: all.next.clone(), ..Filter::default() }).await;
    assert_eq!(next.events[0].target, "key_3");
    assert_eq!((next.events[0].address.as_str(), next.events[0].detail.clone()), ("198.51.100.7", json!({"n": 3})));
    let of_other = find(Filter { workspace: Some(other), ..Filter::default() }).await;
    assert_eq!((of_other.events.len(), of_other.next), (1, None));
    let denied = Filter { outcome: Some("invalid_token".into()), actor: Some("nobody".into()), ..Filter::default() };
    assert_eq!(find(denied).await.events.len(), 1);
    let one = Filter { action: Some("key.create".into()), target: Some("key_2".into()), ..Filter::default() };
    let at = find(one.clone()).await.events[0].at_ms;
    assert_eq!(find(Filter { from_ms: Some(at), to_ms: Some(at + 1), ..one.clone() }).await.events.len(), 1);
    assert!(find(Filter { to_ms: Some(at), ..one }).await.events.is_empty());
    assert!(store::overwrite(&db).await.is_err(), "the log is append-only");
    assert!(find(Filter::default()).await.events.iter().all(|line| line.actor != "overwritten"));
    assert_eq!(audit.sweep(Duration::from_secs(3_600)).await.unwrap(), 0);
    tokio::time::sleep(Duration::from_millis(5)).await;
    assert_eq!(audit.sweep(Duration::ZERO).await.unwrap(), 6);
}
