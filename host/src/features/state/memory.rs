//! A unit of work on data that exists only for it: what plugins' self-tests run on. Reads, writes and limits are those
//! of [`super::Unit`]; nobody else is there, so nothing conflicts.
use super::StateLimits;
use super::unit::{Add, SCAN_MAX, Write, number, out_of_bounds, overlaid};
use crate::platform::wasm::{Entries, Failure, Scope};
use std::collections::BTreeMap;
use std::sync::Arc;

type Values = BTreeMap<String, Arc<str>>;

/// One visitor's, one thread's and the workspace's data, and what one call does to it.
pub struct Memory {
    limits: StateLimits,
    scopes: [One; 3],
    ops: u32,
    breach: Option<&'static str>,
}

#[derive(Default)]
struct One {
    stored: Values,
    writes: BTreeMap<String, Write>,
}

fn index(scope: Scope) -> usize {
    match scope {
        Scope::Visitor => 0,
        Scope::Thread => 1,
        Scope::Workspace => 2,
    }
}

impl Memory {
    /// `stored`: what is there before, as JSON texts: of the visitor, the thread, the workspace.
    pub fn new(limits: StateLimits, stored: [Values; 3]) -> Memory {
        let scopes = stored.map(|stored| One { stored, writes: BTreeMap::new() });
        Memory { limits, scopes, ops: 0, breach: None }
    }

    pub fn breach(&self) -> Option<&'static str> {
        self.breach
    }

    pub fn get(&mut self, scope: Scope, keys: Vec<String>) -> Result<Vec<Option<Arc<str>>>, Failure> {
        let mut found = Vec::new();
        for key in keys {
            self.step(&key)?;
            let one = self.one(scope)?;
            let stored = one.stored.get(&key).cloned();
            found.push(match one.writes.get(&key) {
                Some(write) => overlaid(write, stored)?,
                None => stored,
            });
        }
        Ok(found)
    }

    /// A time to live is longer than a test.
    pub fn put(&mut self, scope: Scope, key: String, value: String) -> Result<(), Failure> {
        self.step(&key)?;
        if value.len() > self.limits.value_bytes {
            let text = format!("a value has {} bytes; at most {} are kept", value.len(), self.limits.value_bytes);
            return Err(self.breached("limit.state-value", text));
        }
        if serde_json::from_str::<serde::de::IgnoredAny>(&value).is_err() {
            return Err(Failure::new("state.value", "a value must be JSON"));
        }
        self.one(scope)?.writes.insert(key, Write::Put { value: value.into(), expires_at: None });
        Ok(())
    }

    pub fn delete(&mut self, scope: Scope, key: String) -> Result<(), Failure> {
        self.step(&key)?;
        self.one(scope)?.writes.insert(key, Write::Delete);
        Ok(())
    }

    pub fn add(
        &mut self,
        scope: Scope,
        key: String,
        delta: i64,
        min: Option<i64>,
        max: Option<i64>,
    ) -> Result<(), Failure> {
        self.step(&key)?;
        let add = Add { delta, min, max };
        let writes = &mut self.one(scope)?.writes;
        match writes.get_mut(&key) {
            None => {
                writes.insert(key, Write::Add(vec![add]));
                Ok(())
            }
            Some(write) => write.then(add, &key),
        }
    }

    pub fn scan(&mut self, scope: Scope, prefix: &str, after: Option<&str>, limit: u32) -> Result<Entries, Failure> {
        self.op()?;
        let one = self.one(scope)?;
        let mut found = one.stored.clone();
        for (key, write) in &one.writes {
            match overlaid(write, one.stored.get(key).cloned())? {
                Some(value) => found.insert(key.clone(), value),
                None => found.remove(key),
            };
        }
        let wanted = |key: &str| key.starts_with(prefix) && after.is_none_or(|after| key > after);
        let limit = limit.clamp(1, SCAN_MAX) as usize;
        Ok(found.into_iter().filter(|(key, _)| wanted(key)).take(limit).collect())
    }

    /// What is there after the commit: of the visitor, the thread, the workspace. Errors: `state.bound` and
    /// `state.not-a-number`, as the commit of a unit would end.
    pub fn commit(self) -> Result<[Values; 3], Failure> {
        let [visitor, thread, workspace] = self.scopes;
        Ok([visitor.commit()?, thread.commit()?, workspace.commit()?])
    }

    fn one(&mut self, scope: Scope) -> Result<&mut One, Failure> {
        self.scopes.get_mut(index(scope)).ok_or_else(|| Failure::new("state.scope", "no such scope"))
    }

    fn step(&mut self, key: &str) -> Result<(), Failure> {
        self.op()?;
        let max = self.limits.key_bytes;
        if key.is_empty() || key.len() > max || key.chars().any(char::is_control) {
            return Err(Failure::new("state.key", format!("a key has 1 to {max} bytes and no control characters")));
        }
        Ok(())
    }

    fn op(&mut self) -> Result<(), Failure> {
        self.ops += 1;
        if self.ops > self.limits.ops {
            let text = format!("one call may use the state {} times", self.limits.ops);
            return Err(self.breached("limit.state-ops", text));
        }
        Ok(())
    }

    fn breached(&mut self, word: &'static str, message: String) -> Failure {
        self.breach.get_or_insert(word);
        Failure::new(word, message)
    }
}

impl One {
    fn commit(mut self) -> Result<Values, Failure> {
        for (key, write) in self.writes {
            match write {
                Write::Put { value, .. } => {
                    self.stored.insert(key, value);
                }
                Write::Delete => {
                    self.stored.remove(&key);
                }
                Write::Add(adds) => {
                    let mut sum = self.stored.get(&key).map_or(Ok(0), |value| number(value))?;
                    for add in adds {
                        sum = add.apply(sum).ok_or_else(|| out_of_bounds(&key))?;
                    }
                    self.stored.insert(key, sum.to_string().into());
                }
            }
        }
        Ok(self.stored)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Scope::{Visitor, Workspace};

    fn memory() -> Memory {
        let limits = StateLimits { value_bytes: 20, key_bytes: 8, ops: 12, quota_bytes: 1_000 };
        let stored = |pairs: &[(&str, &str)]| pairs.iter().map(|(k, v)| ((*k).to_owned(), Arc::from(*v))).collect();
        Memory::new(limits, [stored(&[("a", "1"), ("b", "[]")]), Values::new(), stored(&[("sold", "9")])])
    }

    fn text(key: &str) -> String {
        key.to_owned()
    }

    #[test]
    fn a_call_sees_its_own_writes_and_the_commit_applies_them() {
        let mut memory = memory();
        memory.put(Visitor, text("c"), text("{}")).unwrap();
        memory.delete(Visitor, text("b")).unwrap();
        memory.add(Workspace, text("sold"), 2, None, Some(11)).unwrap();
        memory.add(Visitor, text("a"), 4, None, None).unwrap();
        let seen = memory.get(Visitor, vec![text("a"), text("b"), text("c")]).unwrap();
        assert_eq!(seen, [Some("5".into()), None, Some("{}".into())]);
        assert_eq!(memory.scan(Visitor, "", Some("a"), 10).unwrap(), [(text("c"), "{}".into())]);
        let [visitor, thread, workspace] = memory.commit().unwrap();
        assert_eq!(visitor.into_iter().collect::<Vec<_>>(), [(text("a"), "5".into()), (text("c"), "{}".into())]);
        assert_eq!((thread.len(), &*workspace["sold"]), (0, "11"));
    }

    #[test]
    fn bounds_and_limits_are_a_unit_s() {
        let mut memory = memory();
        memory.add(Workspace, text("sold"), 3, None, Some(11)).unwrap();
        assert_eq!(memory.commit().unwrap_err().code, "state.bound");
        let mut memory = self::memory();
        memory.add(Visitor, text("b"), 1, None, None).unwrap();
        assert_eq!(memory.commit().unwrap_err().code, "state.not-a-number");
        let mut memory = self::memory();
        let code = |done: Result<(), Failure>| done.unwrap_err().code;
        assert_eq!(code(memory.put(Visitor, text("a"), "x".repeat(21))), "limit.state-value");
        assert_eq!(code(memory.put(Visitor, text("a"), text("x"))), "state.value");
        assert_eq!(code(memory.put(Visitor, text("too long a"), text("1"))), "state.key");
        assert_eq!(memory.breach(), Some("limit.state-value"));
        let mut memory = self::memory();
        assert_eq!(code((0..13).try_for_each(|_| memory.delete(Visitor, text("a")))), "limit.state-ops");
    }
}
