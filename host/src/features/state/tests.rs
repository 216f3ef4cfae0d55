//! Stories of the unit of work on a real database.
mod person;

use super::*;
use crate::platform::db::tests::{TestDb, on_both};
use crate::platform::wasm::Scope::{Visitor, Workspace};

const LIMITS: StateLimits = StateLimits { value_bytes: 1_000, key_bytes: 50, ops: 50, quota_bytes: 10_000 };

struct Desk {
    state: State,
    stop: Arc<Notify>,
    writer: tokio::task::JoinHandle<()>,
}

on_both!(
    what_was_committed_is_there_after_a_restart_and_belongs_to_its_owner,
    a_lost_update_is_a_conflict,
    a_phantom_in_a_scanned_range_is_a_conflict,
    bounded_adds_commute_and_never_pass_their_bounds,
    counting_by_reading_and_writing_loses_nothing_when_conflicts_run_again,
    entries_expire_and_are_swept,
    limits_hold,
    a_failed_group_leaves_no_trace,
    any_text_is_kept_or_refused,
    an_answer_is_stored_with_its_unit_and_found_again,
    what_was_seen_holds_until_one_of_its_rows_changes,
    what_was_seen_holds_until_one_of_its_rows_expires,
);

impl Desk {
    async fn open(base: &TestDb) -> Desk {
        Desk::open_at(base, 1_000_000).await
    }

    async fn open_at(base: &TestDb, now_ms: u64) -> Desk {
        let state = State::open(base.open().await, Clock::frozen(now_ms), 1 << 20).await.unwrap();
        let stop = Arc::new(Notify::new());
        let writer = tokio::spawn({
            let (state, stop) = (state.clone(), stop.clone());
            async move { state.write_groups(&stop).await }
        });
        Desk { state, stop, writer }
    }

    async fn close(self) {
        self.stop.notify_one();
        self.writer.await.unwrap();
        self.state.0.db.close().await;
    }

    fn unit(&self, visitor: &str) -> Unit {
        self.unit_at(visitor, 1_000_000)
    }

    fn unit_at(&self, visitor: &str, now_ms: u64) -> Unit {
        let owners = Owners { workspace: "ws_a".into(), plugin: "shop".into(), visitor: visitor.into(), thread: None };
        self.state.begin(owners, now_ms, LIMITS)
    }

    async fn commit(&self, unit: Unit) -> Result<(), Refusal> {
        self.commit_with(unit, None).await
    }

    fn log(&self, unit: &Unit) -> LogRow {
        LogRow {
            id: "act_1".to_owned(),
            at_ms: unit.now_ms(),
            workspace: unit.owners().workspace.clone(),
            visitor: unit.owners().visitor.clone(),
            plugin: unit.owners().plugin.clone(),
            plugin_version: "1.0.0".into(),
            action: "a".into(),
            outcome: "ok".into(),
            attempts: 1,
            cpu_us: 1,
            wall_us: 1,
            memory_bytes: 1,
            host_calls: 1,
        }
    }

    async fn commit_with(&self, unit: Unit, replay: Option<Replay>) -> Result<(), Refusal> {
        let log = self.log(&unit);
        let event = EventRow { audience: "visitor", topic: "t".into(), payload: "\"\\u0000\"".into() };
        self.state.commit(unit, Record { log, replay, events: vec![event] }).await
    }
}

async fn reopened(desk: Desk, base: &TestDb) -> Desk {
    desk.close().await;
    Desk::open(base).await
}

async fn get(unit: &mut Unit, key: &str) -> Option<String> {
    unit.get(Visitor, vec![key.into()]).await.unwrap().remove(0).map(|v| v.to_string())
}

fn put(unit: &mut Unit, key: &str, value: &str) {
    unit.put(Visitor, key.into(), value.into(), None).unwrap();
}

async fn keys(unit: &mut Unit, prefix: &str) -> Vec<String> {
    unit.scan(Visitor, prefix.into(), None, 100).await.unwrap().into_iter().map(|(key, _)| key).collect()
}

async fn what_was_committed_is_there_after_a_restart_and_belongs_to_its_owner(base: &TestDb) {
    let desk = Desk::open(base).await;
    let mut unit = desk.unit("vis_a");
    assert_eq!(get(&mut unit, "cart").await, None);
    put(&mut unit, "cart", "1");
    assert_eq!(get(&mut unit, "cart").await.as_deref(), Some("1"), "a unit sees its own writes");
    assert_eq!(get(&mut desk.unit("vis_a"), "cart").await, None, "nobody else does");
    desk.commit(unit).await.unwrap();
    let desk = reopened(desk, base).await;
    assert_eq!(get(&mut desk.unit("vis_a"), "cart").await.as_deref(), Some("1"));
    assert_eq!(get(&mut desk.unit("vis_b"), "cart").await, None);
    desk.close().await;
}

async fn a_lost_update_is_a_conflict(base: &TestDb) {
    let desk = Desk::open(base).await;
    let (mut first, mut second) = (desk.unit("vis_a"), desk.unit("vis_a"));
    for unit in [&mut first, &mut second] {
        assert_eq!(get(unit, "n").await, None);
        put(unit, "n", "1");
    }
    desk.commit(first).await.unwrap();
    assert!(matches!(desk.commit(second).await, Err(Refusal::Conflict)));
    // Deleting and writing again is a change too, even where the value is the same in the end.
    let mut old = desk.unit("vis_a");
    assert_eq!(get(&mut old, "n").await.as_deref(), Some("1"));
    let mut delete = desk.unit("vis_a");
    delete.delete(Visitor, "n".into()).unwrap();
    desk.commit(delete).await.unwrap();
    let mut again = desk.unit("vis_a");
    put(&mut again, "n", "1");
    desk.commit(again).await.unwrap();
    put(&mut old, "m", "2");
    assert!(matches!(desk.commit(old).await, Err(Refusal::Conflict)));
    // Blind writes of the same key do not conflict: the later one wins.
    let (mut one, mut two) = (desk.unit("vis_a"), desk.unit("vis_a"));
    put(&mut one, "n", "10");
    put(&mut two, "n", "20");
    desk.commit(one).await.unwrap();
    desk.commit(two).await.unwrap();
    assert_eq!(get(&mut desk.unit("vis_a"), "n").await.as_deref(), Some("20"));
    desk.close().await;
}

async fn a_phantom_in_a_scanned_range_is_a_conflict(base: &TestDb) {
    let desk = Desk::open(base).await;
    let mut seed = desk.unit("vis_a");
    for key in ["item/1", "item/3", "other"] {
        put(&mut seed, key, "0");
    }
    desk.commit(seed).await.unwrap();
    let mut reader = desk.unit("vis_a");
    put(&mut reader, "item/2", "1");
    reader.delete(Visitor, "item/3".into()).unwrap();
    assert_eq!(keys(&mut reader, "item/").await, ["item/1", "item/2"], "its own writes lie over the stored ones");
    // Where others write too, one look is of one moment and needs no second.
    assert_eq!(get(&mut reader, "more").await, None);
    let mut elsewhere = desk.unit("vis_a");
    put(&mut elsewhere, "other", "1");
    desk.commit(elsewhere).await.unwrap();
    assert!(desk.state.settle(&reader).await.unwrap(), "another range does not matter");
    let mut phantom = desk.unit("vis_a");
    put(&mut phantom, "item/9", "1");
    desk.commit(phantom).await.unwrap();
    assert!(!desk.state.settle(&reader).await.unwrap());
    assert!(matches!(desk.commit(reader).await, Err(Refusal::Conflict)));
    desk.close().await;
}

async fn bounded_adds_commute_and_never_pass_their_bounds(base: &TestDb) {
    let desk = Arc::new(Desk::open(base).await);
    let buyers: Vec<_> = (0..150)
        .map(|n| {
            let desk = desk.clone();
            tokio::spawn(async move {
                let mut unit = desk.unit(&format!("vis_{n}"));
                unit.add(Workspace, "sold".into(), 1, Some(0), Some(100)).unwrap();
                desk.commit(unit).await
            })
        })
        .collect();
    let (mut sold, mut refused) = (0, 0);
    for buyer in buyers {
        match buyer.await.unwrap() {
            Ok(()) => sold += 1,
            Err(Refusal::Bound { .. }) => refused += 1,
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!((sold, refused), (100, 50));
    let mut unit = desk.unit("vis_a");
    let total = unit.get(Workspace, vec!["sold".into()]).await.unwrap();
    assert_eq!(total[0].as_deref(), Some("100"));
    // Within a unit: the sum is seen, and joins what must not change.
    unit.add(Workspace, "sold".into(), -5, Some(0), None).unwrap();
    assert_eq!(unit.get(Workspace, vec!["sold".into()]).await.unwrap()[0].as_deref(), Some("95"));
    assert!(unit.add(Visitor, "text".into(), 1, None, None).is_ok());
    unit.put(Visitor, "text".into(), "\"x\"".into(), None).unwrap();
    assert_eq!(unit.add(Visitor, "text".into(), 1, None, None).unwrap_err().code, "state.not-a-number");
}

async fn counting_by_reading_and_writing_loses_nothing_when_conflicts_run_again(base: &TestDb) {
    let desk = Arc::new(Desk::open(base).await);
    let clicks: Vec<_> = (0..100)
        .map(|_| {
            let desk = desk.clone();
            tokio::spawn(async move {
                loop {
                    let mut unit = desk.unit("vis_a");
                    let n: u32 = get(&mut unit, "n").await.map_or(0, |v| v.parse().unwrap());
                    tokio::task::yield_now().await;
                    put(&mut unit, "n", &(n + 1).to_string());
                    match desk.commit(unit).await {
                        Ok(()) => return,
                        Err(Refusal::Conflict) => tokio::task::yield_now().await,
                        Err(other) => panic!("{other:?}"),
                    }
                }
            })
        })
        .collect();
    for click in clicks {
        click.await.unwrap();
    }
    assert_eq!(get(&mut desk.unit("vis_a"), "n").await.as_deref(), Some("100"));
    let counters = desk.state.counters();
    // Where all meet on one key and nobody sees what is not stored yet, each group has one winner.
    let shared = desk.state.is_shared();
    assert!(
        counters.groups < counters.units || shared && counters.groups == counters.units,
        "commits share their waits for the disk: {counters:?}"
    );
}

async fn entries_expire_and_are_swept(base: &TestDb) {
    let desk = Desk::open(base).await;
    let mut unit = desk.unit_at("vis_a", 1_000_000);
    unit.put(Visitor, "short".into(), "1".into(), Some(10)).unwrap();
    put(&mut unit, "long", "2");
    desk.commit(unit).await.unwrap();
    let mut before = desk.unit_at("vis_a", 1_009_999);
    assert_eq!(get(&mut before, "short").await.as_deref(), Some("1"));
    let mut after = desk.unit_at("vis_a", 1_010_000);
    assert_eq!(get(&mut after, "short").await, None);
    assert_eq!(keys(&mut after, "").await, ["long"]);
    drop((before, after));
    desk.close().await;
    let desk = Desk::open_at(base, 2_000_000).await;
    let mut late = desk.unit_at("vis_b", 1_000_000);
    late.put(Visitor, "other".into(), "1".into(), None).unwrap();
    desk.commit(late).await.unwrap();
    assert_eq!(desk.state.sweep(Duration::from_secs(3600)).await.unwrap(), 1);
    assert_eq!(desk.state.sweep(Duration::from_secs(3600)).await.unwrap(), 0);
    desk.close().await;
}

async fn limits_hold(base: &TestDb) {
    let desk = Desk::open(base).await;
    let mut unit = desk.unit("vis_a");
    assert_eq!(unit.put(Visitor, "k".repeat(51), "1".into(), None).unwrap_err().code, "state.key");
    assert_eq!(unit.put(Visitor, "a\u{1f}b".into(), "1".into(), None).unwrap_err().code, "state.key");
    assert_eq!(unit.put(Visitor, "k".into(), "{".into(), None).unwrap_err().code, "state.value");
    assert_eq!(unit.breach(), None, "a mistake that the plugin can mend");
    let long = format!("\"{}\"", "x".repeat(1_000));
    assert_eq!(unit.put(Visitor, "k".into(), long, None).unwrap_err().code, "limit.state-value");
    assert_eq!(unit.breach(), Some("limit.state-value"));
    let mut busy = desk.unit("vis_a");
    for _ in 0..50 {
        busy.delete(Visitor, "k".into()).unwrap();
    }
    assert_eq!(busy.delete(Visitor, "k".into()).unwrap_err().code, "limit.state-ops");
    // The quota counts what is stored, and makes room again.
    let value = format!("\"{}\"", "x".repeat(900));
    let fill = async |visitor: &str| {
        let mut unit = desk.unit(visitor);
        unit.put(Visitor, "big".into(), value.clone(), None).unwrap();
        desk.commit(unit).await
    };
    for n in 0..11 {
        fill(&format!("vis_{n}")).await.unwrap();
    }
    assert!(matches!(fill("vis_x").await, Err(Refusal::Quota)));
    fill("vis_1").await.unwrap();
    let mut delete = desk.unit("vis_2");
    delete.delete(Visitor, "big".into()).unwrap();
    desk.commit(delete).await.unwrap();
    fill("vis_x").await.unwrap();
    desk.close().await;
}

/// A group that cannot be written takes everything with it that was built on it, and nothing else.
async fn a_failed_group_leaves_no_trace(base: &TestDb) {
    let desk = Desk::open(base).await;
    let mut first = desk.unit("vis_a");
    put(&mut first, "n", "1");
    desk.commit(first).await.unwrap();
    sqlx_rename(&desk, "alter table action_log rename to away").await;
    let mut second = desk.unit("vis_a");
    put(&mut second, "n", "2");
    let (state, mut reader) = (desk.state.clone(), desk.unit("vis_a"));
    let failing = desk.commit(second);
    let reading = async {
        // Runs while the write is under way: it may see the new value, but it may not tell anybody.
        let seen = get(&mut reader, "n").await;
        let settled = state.settle(&reader).await;
        (seen, settled)
    };
    let (committed, (seen, settled)) = tokio::join!(failing, reading);
    assert!(matches!(committed, Err(Refusal::Failed(_))), "{committed:?}");
    assert!(seen.as_deref() == Some("1") || !matches!(settled, Ok(true)), "{seen:?} {settled:?}");
    assert_eq!(get(&mut desk.unit("vis_a"), "n").await.as_deref(), Some("1"));
    sqlx_rename(&desk, "alter table away rename to action_log").await;
    let mut third = desk.unit("vis_a");
    put(&mut third, "n", "3");
    desk.commit(third).await.unwrap();
    let desk = reopened(desk, base).await;
    assert_eq!(get(&mut desk.unit("vis_a"), "n").await.as_deref(), Some("3"));
    desk.close().await;
}

async fn sqlx_rename(desk: &Desk, sql: &'static str) {
    store::execute(&desk.state.0.db, sql).await.unwrap();
}

/// Postgres cannot keep U+0000 in a text; nothing that holds it may come out as a failure of the host.
async fn any_text_is_kept_or_refused(base: &TestDb) {
    let desk = Desk::open(base).await;
    let mut unit = desk.unit("vis_a");
    put(&mut unit, "é/\u{10fffd}", "\"\\u0000 \u{10ffff}\"");
    desk.commit(unit).await.unwrap();
    let mut unit = desk.unit("vis_a");
    assert_eq!(get(&mut unit, "é/\u{10fffd}").await.as_deref(), Some("\"\\u0000 \u{10ffff}\""));
    assert_eq!(keys(&mut unit, "é").await, ["é/\u{10fffd}"]);
    assert_eq!(keys(&mut unit, "\0").await, Vec::<String>::new());
    let after = unit.scan(Visitor, "é".into(), Some("é/\0".into()), 10).await.unwrap();
    assert_eq!(after.len(), 1);
    assert_eq!(unit.get(Visitor, vec!["a\0b".into()]).await.unwrap_err().code, "state.key");
    assert_eq!(unit.breach(), None);
    let mut log = desk.log(&unit);
    log.outcome = "odd\0word".into();
    desk.state.note(log);
    let mut next = desk.unit("vis_a");
    put(&mut next, "n", "1");
    desk.commit(next).await.unwrap();
    desk.close().await;
}

async fn an_answer_is_stored_with_its_unit_and_found_again(base: &TestDb) {
    let desk = Desk::open(base).await;
    let replay = || Replay { key: "k".into(), request_hash: "h".into(), answer: "{}".into() };
    let find = async || desk.state.replay("ws_a", "vis_a", "k").await.unwrap().map(|r| r.answer.to_string());
    let (mut first, mut second) = (desk.unit("vis_a"), desk.unit("vis_a"));
    assert_eq!(get(&mut first, "n").await, None);
    put(&mut second, "n", "1");
    desk.commit(second).await.unwrap();
    assert!(matches!(desk.commit_with(first, Some(replay())).await, Err(Refusal::Conflict)));
    assert_eq!(find().await, None, "the answer of a refused unit is not stored");
    desk.commit_with(desk.unit("vis_a"), Some(replay())).await.unwrap();
    assert_eq!(find().await.as_deref(), Some("{}"));
    if desk.state.is_shared() {
        // Two at once, as from two hosts: in one group and in two.
        for _ in 0..2 {
            let twin = desk.commit_with(desk.unit("vis_a"), Some(replay())).await;
            assert!(matches!(twin, Err(Refusal::Replayed)), "{twin:?}");
        }
        let other = || Replay { key: "other".into(), ..replay() };
        let (a, b) = tokio::join!(
            desk.commit_with(desk.unit("vis_a"), Some(other())),
            desk.commit_with(desk.unit("vis_a"), Some(other()))
        );
        assert!(matches!((&a, &b), (Ok(()), Err(Refusal::Replayed)) | (Err(Refusal::Replayed), Ok(()))), "{a:?} {b:?}");
    }
    desk.close().await;
}

async fn what_was_seen_holds_until_one_of_its_rows_changes(base: &TestDb) {
    let desk = Desk::open(base).await;
    if desk.state.is_shared() {
        // Others may change what they like: nothing can be said of later.
        assert!(desk.state.standing(&desk.unit("vis_a")).is_none());
        return desk.close().await;
    }
    let write = async |key: &str| {
        let mut unit = desk.unit("vis_a");
        unit.put(Workspace, key.into(), "1".into(), None).unwrap();
        desk.commit(unit).await.unwrap();
    };
    let mut reader = desk.unit("vis_b");
    reader.get(Workspace, vec!["a".into()]).await.unwrap();
    reader.scan(Workspace, "list/".into(), None, 10).await.unwrap();
    let (by_key, by_range, unseen) = (
        desk.state.standing(&reader).unwrap(),
        desk.state.standing(&reader).unwrap(),
        desk.state.standing(&reader).unwrap(),
    );
    for key in ["b", "listless"] {
        write(key).await;
    }
    assert!(by_key.holds(0) && by_range.holds(0), "others' rows do not matter");
    drop(unseen);
    write("list/1").await;
    assert!(!by_range.holds(0) && !by_key.holds(0), "the range was seen by both");
    assert!(desk.state.standing(&reader).is_none(), "it does not hold now");

    let mut again = desk.unit("vis_b");
    again.get(Workspace, vec!["a".into()]).await.unwrap();
    let seen = desk.state.standing(&again).unwrap();
    write("list/2").await;
    assert!(seen.holds(0));
    let mut add = desk.unit("vis_a");
    add.add(Workspace, "a".into(), 1, None, None).unwrap();
    desk.commit(add).await.unwrap();
    assert!(!seen.holds(0), "an add is a change");
    desk.close().await;
}

async fn what_was_seen_holds_until_one_of_its_rows_expires(base: &TestDb) {
    let desk = Desk::open(base).await;
    if desk.state.is_shared() {
        return desk.close().await;
    }
    let mut unit = desk.unit("vis_a");
    unit.put(Workspace, "soon".into(), "1".into(), Some(10)).unwrap();
    unit.put(Workspace, "later".into(), "1".into(), Some(20)).unwrap();
    desk.commit(unit).await.unwrap();
    let mut reader = desk.unit_at("vis_b", 1_000_001);
    reader.get(Workspace, vec!["later".into(), "soon".into(), "never".into()]).await.unwrap();
    let seen = desk.state.standing(&reader).unwrap();
    assert!(seen.holds(1_009_999) && !seen.holds(1_010_000));
    desk.close().await;
}
