//! What a plugin asks for against what it was granted. Deny first: nothing is granted that nobody granted.
use super::manifest::Manifest;
use crate::base::error::{Code, Error, Fault};
use std::collections::BTreeSet;

/// What an admin grants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Permissions {
    /// All that this version asks for.
    All,
    These(Vec<String>),
}

impl Permissions {
    /// The words that are meant, for a version that asks for these.
    pub(super) fn words(&self, asks: &BTreeSet<String>) -> BTreeSet<String> {
        match self {
            Permissions::All => asks.clone(),
            Permissions::These(words) => words.iter().cloned().collect(),
        }
    }
}

pub(super) fn missing(asks: &BTreeSet<String>, granted: &BTreeSet<String>) -> Vec<String> {
    asks.difference(granted).cloned().collect()
}

/// Errors: `grants_missing`, with a fault per permission and the author's reason for it.
pub(super) fn covered(manifest: &Manifest, granted: &BTreeSet<String>) -> Result<(), Error> {
    let missing = missing(&manifest.permissions, granted);
    if missing.is_empty() {
        return Ok(());
    }
    let fault = |word: &String| {
        let why = manifest.reasons.get(word).map(|reason| format!(" ({reason})")).unwrap_or_default();
        Fault { pointer: "/permissions".into(), message: format!("missing: {word}{why}") }
    };
    let faults = missing.iter().map(fault).collect();
    let all = manifest.permissions.iter().cloned().collect::<Vec<_>>().join(",");
    let detail = format!("The plugin {} asks for more than was granted; grant permissions={all}", manifest.name);
    Err(Error::new(Code::GrantsMissing, detail).with_faults(faults))
}
