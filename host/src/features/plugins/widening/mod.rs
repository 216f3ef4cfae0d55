//! Whether a new version of a plugin still takes every input that the version in force takes. Widgets that people have
//! open send what the old version asked for, so within a major version an input schema may only widen.
//!
//! The comparison errs on one side alone: it may refuse a schema that is in fact wider and say that it cannot tell, but
//! never passes one that refuses what the old one took.
mod compare;

#[cfg(test)]
mod tests;

use super::manifest::{Declared, Manifest};
use crate::base::error::{Code, Error, Fault, Result};
use compare::narrowed;

/// Errors: `schema_narrowed`, with a fault per place. Versions of different majors are not compared.
pub(super) fn may_follow(old: &Manifest, new: &Manifest) -> Result<()> {
    if major(&old.version) != major(&new.version) {
        return Ok(());
    }
    let mut faults = vanished("actions", &old.actions, &new.actions);
    faults.extend(vanished("queries", &old.queries, &new.queries));
    if faults.is_empty() {
        return Ok(());
    }
    let detail = format!(
        "Version {} takes less input than {}, which is in force; bump the major version to {}.0.0",
        new.version,
        old.version,
        major(&old.version).saturating_add(1)
    );
    Err(Error::new(Code::SchemaNarrowed, detail).with_faults(faults))
}

fn vanished(kind: &str, old: &[Declared], new: &[Declared]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for old in old {
        let at = format!("/{kind}/{}", old.name);
        match new.iter().find(|new| new.name == old.name) {
            None => faults.push(Fault { pointer: at, message: "is gone".to_owned() }),
            Some(new) => {
                faults.extend(
                    narrowed(old.input.source(), new.input.source())
                        .into_iter()
                        .map(|fault| Fault { pointer: format!("{at}/input{}", fault.pointer), message: fault.message }),
                );
            }
        }
    }
    faults
}

fn major(version: &str) -> u32 {
    version.split('.').next().and_then(|number| number.parse().ok()).unwrap_or(0)
}
