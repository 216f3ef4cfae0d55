//! One story through the whole store, on either database.
use super::*;
use crate::platform::db::tests::{TestDb, on_both};

on_both!(a_plugin_comes_stays_and_goes);

const BY: By<'static> = By { workspace: "ws_a", plugin: "shop", who: "admin", at_ms: 5, audit: None };

fn version(digest: &str, number: &str) -> Version {
    Version {
        digest: digest.into(),
        name: "shop".into(),
        version: number.into(),
        state: "staged".into(),
        steps: "[]".into(),
        bytes: 4,
        uploaded_at_ms: 5,
        uploaded_by: "admin".into(),
        manifest: "{}".into(),
        ..Version::default()
    }
}

async fn activate(db: &Db, kind: Kind, version: &Version, granted: &BTreeSet<String>) -> i64 {
    let (digest, name) = (version.digest.as_str(), version.name.as_str());
    let change = Change { kind, name, digest, granted, reason: None, who: "admin", at_ms: 6 };
    let what = Write {
        version: Some((version, Some(b"\0asm"))),
        grants: Some(granted),
        change: Some(change),
        ..Write::default()
    };
    write(db, &BY, &what).await.unwrap().unwrap()
}

async fn a_plugin_comes_stays_and_goes(base: &TestDb) {
    let db = base.open().await;
    let (one, two) = (version("d1", "1.0.0"), version("d2", "2.0.0"));
    assert_eq!(newest(&db).await.unwrap(), 0);
    let staged = Write { version: Some((&one, Some(b"\0asm"))), ..Write::default() };
    assert_eq!(write(&db, &BY, &staged).await.unwrap(), None);
    assert!(!was_in_force(&db, "ws_a", "d1").await.unwrap());
    assert_eq!(component(&db, "d1").await.unwrap().as_deref(), Some(&b"\0asm"[..]));
    assert_eq!(component(&db, "none").await.unwrap(), None);

    let few = BTreeSet::from(["state:visitor".to_owned()]);
    let more = BTreeSet::from(["state:visitor".to_owned(), "events:x".to_owned()]);
    let first = activate(&db, Kind::Activate, &one, &few).await;
    let second = activate(&db, Kind::Activate, &two, &more).await;
    assert!(first < second && newest(&db).await.unwrap() == second);
    assert_eq!(grants(&db, "ws_a", "shop").await.unwrap(), more);
    let third = activate(&db, Kind::Rollback, &one, &few).await;
    assert_eq!(grants(&db, "ws_a", "shop").await.unwrap(), few, "what is not granted any more is gone");
    let rows = newest_of_each(&db, "ws_a").await.unwrap();
    assert_eq!(rows.iter().map(|row| (row.id, row.digest.as_str())).collect::<Vec<_>>(), [(third, "d1")]);
    assert_eq!((rows[0].kind, rows[0].bundled, rows[0].granted.len()), (Kind::Rollback, false, 1));
    let kinds: Vec<Kind> = history(&db, "ws_a", "shop").await.unwrap().into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds, [Kind::Activate, Kind::Activate, Kind::Rollback]);
    assert!(newest_of_each(&db, "ws_b").await.unwrap().is_empty(), "another workspace has none of it");

    let what = Write { config: Some("{\"a\":1}"), quarantined: Some(("d2", "it failed")), ..Write::default() };
    write(&db, &BY, &what).await.unwrap();
    assert_eq!(config(&db, "ws_a", "shop").await.unwrap().as_deref(), Some("{\"a\":1}"));
    let bad = super::version(&db, "ws_a", "d2").await.unwrap().unwrap();
    assert_eq!((bad.state.as_str(), bad.reason.as_deref()), ("quarantined", Some("it failed")));
    assert_eq!(names(&db, "ws_a").await.unwrap(), ["shop"]);
    assert_eq!(versions(&db, "ws_a", "shop").await.unwrap().len(), 2);
    let gone = ["d2".to_owned()];
    write(&db, &BY, &Write { forget: &gone, ..Write::default() }).await.unwrap();
    assert!(super::version(&db, "ws_a", "d2").await.unwrap().is_none());
    db.close().await;
}
