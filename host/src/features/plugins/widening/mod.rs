//! Whether a new version of a plugin still takes every input that the version in force takes. Widgets that people have
//! open send what the old version asked for, so within a major version an input schema may only widen.
//!
//! The comparison of schemas errs on one side alone: it may refuse a schema that is in fact wider and say that it cannot tell, but
//! never passes one that refuses what the old one took.
mod compare;

#[cfg(test)]
mod tests;

use super::manifest::{Declared, Manifest};
use crate::base::error::{Code, Error, Fault, Result};
use compare::narrowed;
use serde_json::Value;

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
            Some(new) => faults.extend(
                less(old.input.source(), new.input.source())
                    .into_iter()
                    .map(|fault| Fault { pointer: format!("{at}/input{}", fault.pointer), message: fault.message }),
            ),
        }
    }
    faults
}

/// What widgets of the old version may send and the new one refuses. They send only members that were declared, so a new
/// optional member takes nothing away, although an open schema took anything under its name. To close an open schema does:
/// a form may hold more controls than were declared.
fn less(old: &Value, new: &Value) -> Vec<Fault> {
    let mut faults = narrowed(&as_sent(old), new);
    let closed = narrowed(old, new).into_iter().filter(|fault| fault.pointer.ends_with("/additionalProperties"));
    faults.extend(closed);
    faults
}

/// The schema with its objects closed where they say nothing of other members. Parts of an `allOf` are not: each of them
/// sees the members of the others.
fn as_sent(schema: &Value) -> Value {
    const OTHERS: [&str; 4] = ["additionalProperties", "patternProperties", "unevaluatedProperties", "allOf"];
    let Value::Object(schema) = schema else { return schema.clone() };
    let is_open = schema.contains_key("properties") && !OTHERS.iter().any(|key| schema.contains_key(*key));
    let mut sent = schema.clone();
    for (key, inner) in &mut sent {
        match (key.as_str(), inner) {
            ("properties", Value::Object(all)) => all.values_mut().for_each(|one| *one = as_sent(one)),
            ("items", one) => *one = as_sent(one),
            _ => {}
        }
    }
    if is_open {
        sent.insert("additionalProperties".to_owned(), Value::Bool(false));
    }
    Value::Object(sent)
}

fn major(version: &str) -> u32 {
    version.split('.').next().and_then(|number| number.parse().ok()).unwrap_or(0)
}
