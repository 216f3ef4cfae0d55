//! An author's own widgets, in development mode: they stand in front of all others of their name, and are exchanged while
//! the host runs.
use super::{Finding, Widget, Widgets};
use crate::base::error::Result;
use arc_swap::ArcSwap;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// By name.
#[derive(Default)]
pub(super) struct Local(ArcSwap<BTreeMap<String, Arc<Widget>>>);

impl Local {
    pub(super) fn get(&self, name: &str) -> Option<Arc<Widget>> {
        self.0.load().get(name).cloned()
    }

    pub(super) fn all(&self) -> Arc<BTreeMap<String, Arc<Widget>>> {
        self.0.load_full()
    }

    fn change(&self, change: impl Fn(&mut BTreeMap<String, Arc<Widget>>)) {
        self.0.rcu(|all| {
            let mut all = BTreeMap::clone(all);
            change(&mut all);
            all
        });
    }
}

impl Widgets {
    /// Puts a widget in front and gives its name. Errors: all that is wrong with it; what was there stays then.
    pub fn put_local(&self, file: &Value) -> Result<String, Vec<Finding>> {
        let widget = Arc::new(self.proven(file)?);
        let name = widget.name.to_string();
        self.0.local.change(|all| drop(all.insert(name.clone(), widget.clone())));
        Ok(name)
    }

    /// What stood behind it is shown again.
    pub fn take_local(&self, name: &str) {
        self.0.local.change(|all| drop(all.remove(name)));
    }

    pub fn is_local(&self, name: &str) -> bool {
        self.0.local.get(name).is_some()
    }

    /// The widget's whole file, as its author wrote it. Errors: `unknown_widget`.
    pub fn file(&self, name: &str) -> Result<Value> {
        Ok(Value::clone(&self.find(name)?.file))
    }
}
