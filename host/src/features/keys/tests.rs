//! The life of keys through the room, on either database.
use super::*;
use crate::base::error::Code;
use crate::base::page::Page;
use crate::features::audit::{By, Origin};
use crate::features::identity::{MemberRole, Tenant, Who};
use crate::platform::db::tests::{TestDb, on_both};

on_both!(keys_live_and_end, use_is_counted_in_batches);

const HOUR_MS: u64 = 3_600_000;
/// 2026-11-30T23:30:00Z.
const LATE_IN_NOVEMBER: u64 = 1_796_081_400_000;

fn by() -> By {
    By { who: Who::Start, origin: Origin::default() }
}

fn tenant(role: MemberRole) -> Tenant {
    Tenant::new(WorkspaceId::first(), role)
}

async fn keys(base: &TestDb, clock: Clock) -> Keys {
    let db = base.open().await;
    Keys::new(db.clone(), clock.clone(), Audit::new(db, clock))
}

fn at(keys: &Keys, ms: u64) -> Keys {
    Keys { clock: Clock::frozen(ms), ..keys.clone() }
}

/// One change in a transaction of its own.
macro_rules! change {
    ($keys:expr, $method:ident($($argument:expr),*)) => {{
        let mut tx = $keys.db.begin().await.unwrap();
        let done = $keys.$method(&mut tx, $($argument),*).await;
        if done.is_ok() {
            tx.commit().await.unwrap();
        }
        done
    }};
}

async fn keys_live_and_end(base: &TestDb) {
    let keys = keys(base, Clock::frozen(LATE_IN_NOVEMBER)).await;
    let (admin, agent) = (tenant(MemberRole::Admin), tenant(MemberRole::Agent));
    let other = Tenant::new(WorkspaceId::new(&Clock::system()), MemberRole::Owner);
    let page = || NewKey {
        name: "Shop".into(),
        allowed_domains: vec!["*.Shop.example".into()],
        rate_limit_per_hour: 7,
        ..NewKey::default()
    };
    let made = change!(keys, create_in(&admin, &by(), page())).unwrap();
    let found = keys.find(&made.key).await.unwrap().unwrap();
    assert_eq!(
        (found.secret, found.live, found.per_hour, found.domains[0].as_str()),
        (false, true, 7, "*.shop.example")
    );
    assert_eq!(made.info.shown, made.key);
    let secret = change!(
        keys,
        create_in(&admin, &by(), NewKey { secret: true, live: false, allowed_domains: vec![], ..page() })
    )
    .unwrap();
    assert!(secret.key.starts_with("sk_test_") && !secret.info.shown.contains(&secret.key[12..40]));
    // Nobody below admin, and nobody else.
    assert_eq!(keys.list(&agent, &Page::default()).await.unwrap().items.len(), 2);
    assert!(keys.list(&other, &Page::default()).await.unwrap().items.is_empty());
    for (tenant, code) in [(&agent, Code::Forbidden), (&other, Code::NotFound)] {
        let id = made.info.id.as_str();
        assert_eq!(change!(keys, change_in(tenant, &by(), id, KeyChange::default())).unwrap_err().code, code);
        assert_eq!(change!(keys, rotate_in(tenant, &by(), id, 0)).err().unwrap().code, code);
        assert_eq!(change!(keys, delete_in(tenant, &by(), id)).unwrap_err().code, code);
    }
    assert_eq!(change!(keys, create_in(&agent, &by(), page())).err().unwrap().code, Code::Forbidden);
    assert_eq!(keys.look(&other, &made.info.id).await.unwrap_err().code, Code::NotFound);
    for bad in [
        NewKey { name: " ".into(), ..page() },
        NewKey { rate_limit_per_hour: 0, ..page() },
        NewKey { allowed_domains: vec!["*.com".into()], ..page() },
        NewKey { secret: true, ..page() },
    ] {
        assert_eq!(change!(keys, create_in(&admin, &by(), bad)).err().unwrap().code, Code::InvalidBody);
    }
    // Switched off and on.
    let switch = |active| KeyChange { active: Some(active), ..KeyChange::default() };
    change!(keys, change_in(&admin, &by(), &made.info.id, switch(false))).unwrap();
    assert_eq!(keys.find(&made.key).await.unwrap(), None);
    assert_eq!(change!(keys, rotate_in(&admin, &by(), &made.info.id, 60)).err().unwrap().code, Code::Conflict);
    change!(keys, change_in(&admin, &by(), &made.info.id, switch(true))).unwrap();
    // Rotated: both for a while, then the new one alone.
    let next = change!(keys, rotate_in(&admin, &by(), &made.info.id, 60)).unwrap();
    assert_eq!((next.info.name.as_str(), &next.info.allowed_domains), ("Shop", &made.info.allowed_domains));
    assert!(keys.find(&made.key).await.unwrap().is_some() && keys.find(&next.key).await.unwrap().is_some());
    let later = at(&keys, LATE_IN_NOVEMBER + 60_000);
    assert!(later.find(&made.key).await.unwrap().is_none() && later.find(&next.key).await.unwrap().is_some());
    let old = keys.look(&admin, &made.info.id).await.unwrap();
    assert_eq!((old.replaced_by, old.expires_at_ms), (Some(next.info.id.clone()), Some(LATE_IN_NOVEMBER + 60_000)));
    assert_eq!(change!(keys, rotate_in(&admin, &by(), &made.info.id, 60)).err().unwrap().code, Code::Conflict);
    assert_eq!(change!(keys, rotate_in(&admin, &by(), &next.info.id, 1 << 40)).err().unwrap().code, Code::InvalidBody);
    let last = change!(keys, rotate_in(&admin, &by(), &next.info.id, 0)).unwrap();
    assert!(keys.find(&next.key).await.unwrap().is_none());
    keys.used(&ApiKeyId::parse(&last.info.id).unwrap());
    keys.write_used().await.unwrap();
    change!(keys, delete_in(&admin, &by(), &last.info.id)).unwrap();
    assert_eq!(keys.find(&last.key).await.unwrap(), None);
    assert_eq!(change!(keys, delete_in(&admin, &by(), &last.info.id)).unwrap_err().code, Code::NotFound);
}

async fn use_is_counted_in_batches(base: &TestDb) {
    let keys = keys(base, Clock::frozen(LATE_IN_NOVEMBER)).await;
    let admin = tenant(MemberRole::Admin);
    let new = NewKey { name: "k".into(), ..NewKey::default() };
    let made = change!(keys, create_in(&admin, &by(), new)).unwrap();
    let id = ApiKeyId::parse(&made.info.id).unwrap();
    let told = |usage: Usage| {
        let months: Vec<(String, u64)> = usage.months.into_iter().map(|month| (month.month, month.requests)).collect();
        (usage.total, usage.hour.used, usage.last_used_at_ms, months)
    };
    assert_eq!(told(keys.usage(&admin, id.as_str()).await.unwrap()), (0, 0, None, vec![]));
    for _ in 0..3 {
        keys.used(&id);
    }
    let november = |n| vec![("2026-11".to_owned(), n)];
    let expected = (3, 3, Some(LATE_IN_NOVEMBER), november(3));
    // Told before it is written, and after.
    assert_eq!(told(keys.usage(&admin, id.as_str()).await.unwrap()), expected);
    keys.write_used().await.unwrap();
    assert_eq!(told(keys.usage(&admin, id.as_str()).await.unwrap()), expected);
    // Another host counts in the next hour, which is in the next month.
    let next_hour = LATE_IN_NOVEMBER + HOUR_MS;
    let other = Keys { counts: Arc::default(), ..at(&keys, next_hour) };
    keys.used(&id);
    other.used(&id);
    other.write_used().await.unwrap();
    keys.write_used().await.unwrap();
    let months = vec![("2026-12".to_owned(), 1), ("2026-11".to_owned(), 4)];
    assert_eq!(told(other.usage(&admin, id.as_str()).await.unwrap()), (5, 1, Some(next_hour), months));
    let elsewhere = Tenant::new(WorkspaceId::new(&Clock::system()), MemberRole::Owner);
    assert_eq!(keys.usage(&elsewhere, id.as_str()).await.unwrap_err().code, Code::NotFound);
    // What cannot be written is kept.
    keys.used(&id);
    keys.db.close().await;
    assert!(keys.write_used().await.is_err());
    let again = Keys { db: base.open().await, ..keys.clone() };
    again.write_used().await.unwrap();
    assert_eq!(again.usage(&admin, id.as_str()).await.unwrap().total, 6);
}
