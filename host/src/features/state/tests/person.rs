//! A visitor becomes somebody, is shown what is kept of him, and is erased.
use super::*;

on_both!(
    what_only_one_has_moves_and_what_both_have_is_given_back,
    a_merge_meets_a_click_and_neither_is_lost,
    a_merge_twice_at_once_moves_once,
    an_erased_visitor_leaves_nothing,
    a_visitor_becomes_one_person_and_brings_his_answers,
);

async fn stored(desk: &Desk, visitor: &str, pairs: &[(&str, &str)]) {
    let mut unit = desk.unit(visitor);
    pairs.iter().for_each(|(key, value)| put(&mut unit, key, value));
    desk.commit(unit).await.unwrap();
}

async fn all(desk: &Desk, visitor: &str) -> Vec<(String, String)> {
    let own = desk.unit(visitor).own().await.unwrap();
    own.into_iter().map(|(key, value)| (key, value.to_string())).collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

async fn what_only_one_has_moves_and_what_both_have_is_given_back(base: &TestDb) {
    let desk = Desk::open(base).await;
    stored(&desk, "vis_a", &[("cart", "1"), ("order/1", "\"a\"")]).await;
    stored(&desk, "vis_b", &[("cart", "2"), ("plan", "3")]).await;
    let mut unit = desk.unit("vis_a");
    unit.put(Visitor, "brief".into(), "9".into(), Some(60)).unwrap();
    desk.commit(unit).await.unwrap();

    let mut unit = desk.unit("vis_b");
    let both = unit.inherit("vis_a").await.unwrap();
    assert_eq!(both, [Both { key: "cart".into(), theirs: "1".into(), own: "2".into() }]);
    assert_eq!(get(&mut unit, "order/1").await.as_deref(), Some("\"a\""), "a handler sees what has moved");
    desk.commit(unit).await.unwrap();
    assert_eq!(all(&desk, "vis_a").await, []);
    let expected = pairs(&[("brief", "9"), ("cart", "2"), ("order/1", "\"a\""), ("plan", "3")]);
    assert_eq!(all(&desk, "vis_b").await, expected);
    let later = desk.unit_at("vis_b", 1_000_000 + 61_000).own().await.unwrap();
    assert_eq!(later.len(), 3, "what moves keeps its time");

    // More than one page, and again: nothing is left to move.
    let many: Vec<String> = (0..40).map(|n| format!("k{n:02}")).collect();
    for keys in many.chunks(20) {
        stored(&desk, "vis_a", &keys.iter().map(|key| (key.as_str(), "0")).collect::<Vec<_>>()).await;
    }
    let mut unit = desk.unit("vis_b");
    assert_eq!(unit.inherit("vis_a").await.unwrap(), []);
    desk.commit(unit).await.unwrap();
    assert_eq!((all(&desk, "vis_a").await.len(), all(&desk, "vis_b").await.len()), (0, 44));
    let mut unit = desk.unit("vis_b");
    unit.inherit("vis_a").await.unwrap();
    assert!(!unit.wrote());
    let desk = reopened(desk, base).await;
    assert_eq!(all(&desk, "vis_b").await.len(), 44);
    desk.close().await;
}

async fn a_merge_meets_a_click_and_neither_is_lost(base: &TestDb) {
    let desk = Desk::open(base).await;
    stored(&desk, "vis_a", &[("cart", "1")]).await;
    // A click that began before the merge and ends after it.
    let mut click = desk.unit("vis_a");
    assert_eq!(get(&mut click, "cart").await.as_deref(), Some("1"));
    put(&mut click, "cart", "2");
    // A merge that began before a click on a key that was not there.
    let mut merge = desk.unit("vis_b");
    merge.inherit("vis_a").await.unwrap();
    stored(&desk, "vis_a", &[("wish", "5")]).await;
    assert!(matches!(desk.commit(merge).await, Err(Refusal::Conflict)), "a new key would have stayed behind");
    let mut merge = desk.unit("vis_b");
    merge.inherit("vis_a").await.unwrap();
    desk.commit(merge).await.unwrap();
    assert!(matches!(desk.commit(click).await, Err(Refusal::Conflict)), "the moved cart would have come back");
    assert_eq!(all(&desk, "vis_a").await, []);
    assert_eq!(all(&desk, "vis_b").await, pairs(&[("cart", "1"), ("wish", "5")]));
    desk.close().await;
}

async fn a_merge_twice_at_once_moves_once(base: &TestDb) {
    let desk = Desk::open(base).await;
    stored(&desk, "vis_a", &[("n", "1")]).await;
    let (mut first, mut second) = (desk.unit("vis_b"), desk.unit("vis_b"));
    first.inherit("vis_a").await.unwrap();
    second.inherit("vis_a").await.unwrap();
    let (one, other) = tokio::join!(desk.commit(first), desk.commit(second));
    assert_eq!([one.is_ok(), other.is_ok()].iter().filter(|ok| **ok).count(), 1);
    assert_eq!(all(&desk, "vis_b").await, pairs(&[("n", "1")]));
    desk.close().await;
}

async fn an_erased_visitor_leaves_nothing(base: &TestDb) {
    let desk = Desk::open(base).await;
    stored(&desk, "vis_a", &[("cart", "1"), ("plan", "2")]).await;
    stored(&desk, "vis_b", &[("cart", "3")]).await;
    let mut unit = desk.unit("vis_a");
    let replay = Replay { key: "k".into(), request_hash: "h".into(), answer: "{}".into() };
    put(&mut unit, "cart", "4");
    desk.commit_with(unit, Some(replay)).await.unwrap();
    let kept = desk.state.traces("ws_a", "vis_a").await.unwrap();
    assert_eq!((kept.actions.len(), kept.events.len(), kept.answers.len()), (2, 2, 1));
    assert!(desk.state.traces("ws_b", "vis_a").await.unwrap().is_empty(), "another workspace has its own");

    let mut unit = desk.unit("vis_a");
    put(&mut unit, "late", "1");
    assert_eq!(unit.clear().await.unwrap(), 2);
    let log = LogRow { visitor: "erased".into(), ..desk.log(&unit) };
    desk.state.commit(unit, Record { log, replay: None, events: Vec::new() }).await.unwrap();
    assert!(desk.state.forget_traces("ws_a", "vis_a").await.unwrap() >= 5);
    assert_eq!(all(&desk, "vis_a").await, []);
    assert!(desk.state.traces("ws_a", "vis_a").await.unwrap().is_empty());
    assert!(desk.state.replay("ws_a", "vis_a", "k").await.unwrap().is_none());
    assert_eq!(all(&desk, "vis_b").await, pairs(&[("cart", "3")]));
    assert_eq!(desk.state.traces("ws_a", "vis_b").await.unwrap().actions.len(), 1);
    assert_eq!(desk.state.plugins_in("ws_a").await.unwrap(), ["shop".into()]);
    assert_eq!(desk.state.plugins_in("ws_b").await.unwrap(), Vec::<Arc<str>>::new());
    desk.close().await;
}

async fn a_visitor_becomes_one_person_and_brings_his_answers(base: &TestDb) {
    let desk = Desk::open(base).await;
    let mut unit = desk.unit("vis_a");
    put(&mut unit, "cart", "1");
    let replay = Replay { key: "k".into(), request_hash: "h".into(), answer: "\"once\"".into() };
    desk.commit_with(unit, Some(replay)).await.unwrap();
    let state = &desk.state;
    assert!(state.replay("ws_a", "vis_b", "k").await.unwrap().is_none());
    assert!(state.join("ws_a", "vis_a", "vis_b").await.unwrap());
    assert!(state.join("ws_a", "vis_a", "vis_b").await.unwrap(), "again is the same");
    assert!(!state.join("ws_a", "vis_a", "vis_c").await.unwrap(), "nobody else");
    assert!(state.join("ws_b", "vis_a", "vis_c").await.unwrap(), "another workspace knows nothing of it");
    let again = state.replay("ws_a", "vis_b", "k").await.unwrap().unwrap();
    assert_eq!((&*again.request_hash, &*again.answer), ("h", "\"once\""));
    assert!(state.replay("ws_b", "vis_c", "k").await.unwrap().is_none());
    assert_eq!(state.joined("ws_a", "vis_b").await.unwrap(), ["vis_a"]);
    desk.close().await;
}
