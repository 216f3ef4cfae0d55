//! Keys and JSON values that live as long as the workspace keeps them.
use crate::cx::writable;
use crate::reply::to_json;
use crate::{Failure, Result, sys};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::ops::{Bound, RangeBounds};

/// One scope's keys and values. Reads see the snapshot of this call plus its own writes; writes are kept apart and
/// stored together when the handler returns ok, or not at all. If another action changed what this one read, the
/// handler runs again on fresh data.
///
/// Every method fails with `limit.*` past the host's limits, writing methods with `cap.read-only` in a query.
pub struct Bucket {
    pub(crate) inner: sys::Bucket,
    pub(crate) read_only: bool,
}

/// A key and its value, as [`Bucket::scan`] finds them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry<T> {
    pub key: String,
    pub value: T,
}

impl Bucket {
    /// The value, or the type's default where there is none. Errors: `state.shape` when the value does not fit `T`.
    pub fn get<T: DeserializeOwned + Default>(&self, key: &str) -> Result<T> {
        Ok(self.find(key)?.unwrap_or_default())
    }

    /// The value if there is one. Errors: as [`get`](Bucket::get).
    pub fn find<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>> {
        self.inner.get(key)?.map(|json| decode(key, &json)).transpose()
    }

    /// Several values by one call to the host, in the order of the keys. Errors: as [`get`](Bucket::get).
    pub fn get_many<T: DeserializeOwned, K: AsRef<str>>(&self, keys: &[K]) -> Result<Vec<Option<T>>> {
        let keys: Vec<String> = keys.iter().map(|k| k.as_ref().to_owned()).collect();
        let found = self.inner.get_many(&keys)?;
        let decoded = keys.iter().zip(found).map(|(key, json)| json.map(|json| decode(key, &json)).transpose());
        decoded.collect()
    }

    pub fn put<T: Serialize + ?Sized>(&self, key: &str, value: &T) -> Result<()> {
        self.write(key, value, None)
    }

    /// Stores a value that is gone after `ttl_s` seconds.
    pub fn put_for<T: Serialize + ?Sized>(&self, key: &str, value: &T, ttl_s: u64) -> Result<()> {
        self.write(key, value, Some(ttl_s))
    }

    fn write<T: Serialize + ?Sized>(&self, key: &str, value: &T, ttl_s: Option<u64>) -> Result<()> {
        writable(self.read_only)?;
        self.inner.put(key, &to_json(value)?, ttl_s)
    }

    /// Deleting what is not there is fine.
    pub fn delete(&self, key: &str) -> Result<()> {
        writable(self.read_only)?;
        self.inner.delete(key)
    }

    /// Entries whose key starts with `prefix`, in key order, after the key `after`; at most `limit` (up to 1,000).
    pub fn scan<T: DeserializeOwned>(&self, prefix: &str, after: Option<&str>, limit: u32) -> Result<Vec<Entry<T>>> {
        let found = self.inner.scan(prefix, after, limit)?;
        let decoded = found.into_iter().map(|(key, json)| Ok(Entry { value: decode(&key, &json)?, key }));
        decoded.collect()
    }

    /// Adds to a whole number (absent counts as 0). Actions that only add to a key never disturb one another, however
    /// many run at once: use it for counters that everybody touches.
    pub fn add(&self, key: &str, delta: i64) -> Result<()> {
        self.add_within(key, delta, ..)
    }

    /// As [`add`](Bucket::add), with bounds for the sum: `add_within("sold/prod_2", 1, 0..=100)`. The bounds are
    /// checked when the action is committed, after the handler: past them it fails as a whole with `state.bound`.
    pub fn add_within(&self, key: &str, delta: i64, bounds: impl RangeBounds<i64>) -> Result<()> {
        writable(self.read_only)?;
        let min = match bounds.start_bound() {
            Bound::Included(n) => Some(*n),
            Bound::Excluded(n) => Some(n.saturating_add(1)),
            Bound::Unbounded => None,
        };
        let max = match bounds.end_bound() {
            Bound::Included(n) => Some(*n),
            Bound::Excluded(n) => Some(n.saturating_sub(1)),
            Bound::Unbounded => None,
        };
        self.inner.add(key, delta, min, max)
    }
}

fn decode<T: DeserializeOwned>(key: &str, json: &str) -> Result<T> {
    let shape =
        |e| Failure::new("state.shape", format!("The value stored as {key:?} is not what the plugin reads: {e}"));
    serde_json::from_str(json).map_err(shape)
}
