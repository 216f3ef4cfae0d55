//! Keys and values of the fake workspace. A call's changes are a list that is replayed over what is stored: simple,
//! and so close to the words of the contract that it can serve as their reference.
use crate::{Failure, Result};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Default)]
pub(super) struct Store(BTreeMap<(String, String), Item>);

#[derive(Clone)]
struct Item {
    json: String,
    expires_ms: Option<u64>,
}

pub(super) struct Change {
    place: String,
    key: String,
    op: Op,
}

enum Op {
    Put(Item),
    Delete,
    Add { delta: i64, min: Option<i64>, max: Option<i64> },
}

impl Change {
    pub(super) fn put(place: &str, key: &str, json: &str, expires_ms: Option<u64>) -> Change {
        Change::new(place, key, Op::Put(Item { json: json.to_owned(), expires_ms }))
    }

    pub(super) fn delete(place: &str, key: &str) -> Change {
        Change::new(place, key, Op::Delete)
    }

    pub(super) fn add(place: &str, key: &str, delta: i64, min: Option<i64>, max: Option<i64>) -> Change {
        Change::new(place, key, Op::Add { delta, min, max })
    }

    fn new(place: &str, key: &str, op: Op) -> Change {
        Change { place: place.to_owned(), key: key.to_owned(), op }
    }
}

impl Op {
    /// What `item` becomes. `bounded` is false while the call still runs: bounds count only at the commit.
    fn over(&self, item: Option<Item>, key: &str, bounded: bool) -> Result<Option<Item>> {
        let (delta, min, max) = match self {
            Op::Put(new) => return Ok(Some(new.clone())),
            Op::Delete => return Ok(None),
            Op::Add { delta, min, max } => (delta, min, max),
        };
        let expires_ms = item.as_ref().and_then(|item| item.expires_ms);
        let present: i64 = match item {
            None => 0,
            Some(item) => serde_json::from_str(&item.json)
                .map_err(|_| Failure::new("state.not-a-number", format!("{key:?} does not hold a whole number")))?,
        };
        let out = || Failure::new("state.bound", format!("The sum in {key:?} would leave its bounds"));
        let sum = present.checked_add(*delta).ok_or_else(out)?;
        if bounded && (min.is_some_and(|min| sum < min) || max.is_some_and(|max| sum > max)) {
            return Err(out());
        }
        Ok(Some(Item { json: sum.to_string(), expires_ms }))
    }
}

impl Store {
    fn live(&self, place: &str, key: &str, now_ms: u64) -> Option<Item> {
        let item = self.0.get(&(place.to_owned(), key.to_owned()))?;
        let over = item.expires_ms.is_some_and(|at| at <= now_ms);
        (!over).then(|| item.clone())
    }

    /// The value under `key` as a call with these changes sees it.
    pub(super) fn read(&self, changes: &[Change], place: &str, key: &str, now_ms: u64) -> Result<Option<String>> {
        let mut item = self.live(place, key, now_ms);
        for change in changes.iter().filter(|c| c.place == place && c.key == key) {
            item = change.op.over(item, key, false)?;
        }
        Ok(item.map(|item| item.json))
    }

    /// Errors: `state.bound`, `state.not-a-number`, if a value that the changes themselves wrote rules the addition out.
    pub(super) fn check_add(&self, changes: &[Change], add: &Change, now_ms: u64) -> Result<()> {
        let mut own = changes.iter().filter(|c| c.place == add.place && c.key == add.key);
        if !own.any(|change| matches!(change.op, Op::Put(_) | Op::Delete)) {
            return Ok(());
        }
        let json = self.read(changes, &add.place, &add.key, now_ms)?;
        let item = json.map(|json| Item { json, expires_ms: None });
        add.op.over(item, &add.key, true).map(|_| ())
    }

    /// All keys that may have a value, in order.
    pub(super) fn keys(&self, changes: &[Change], place: &str, prefix: &str, after: Option<&str>) -> BTreeSet<String> {
        let stored = self.0.keys().filter(|(p, _)| p == place).map(|(_, key)| key);
        let changed = changes.iter().filter(|c| c.place == place).map(|c| &c.key);
        let wanted = |key: &&String| key.starts_with(prefix) && after.is_none_or(|after| key.as_str() > after);
        stored.chain(changed).filter(wanted).cloned().collect()
    }

    /// Stores all of the changes, or none.
    pub(super) fn apply(&mut self, changes: &[Change], now_ms: u64) -> Result<()> {
        let mut fresh = BTreeMap::new();
        for change in changes {
            let at = (change.place.clone(), change.key.clone());
            let item = match fresh.remove(&at) {
                Some(item) => item,
                None => self.live(&change.place, &change.key, now_ms),
            };
            fresh.insert(at, change.op.over(item, &change.key, true)?);
        }
        for (at, item) in fresh {
            match item {
                Some(item) => self.0.insert(at, item),
                None => self.0.remove(&at),
            };
        }
        Ok(())
    }
}
