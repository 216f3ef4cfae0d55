//! Lines of the audit log for changes of plugins, in the transaction of the change.
use super::store::{By, Kind, Write};
use crate::base::error::Result;
use crate::base::ids::WorkspaceId;
use crate::features::audit::{Event, Origin};
use crate::features::identity::Who;
use crate::platform::db::Tx;
use serde_json::{Value, json};

/// Most characters of a reason.
const REASON: usize = 200;

/// What one change is to the log. An upload that is put in force at once is two things.
pub(super) fn events(what: &Write<'_>) -> Vec<(&'static str, Value)> {
    let mut events = Vec::new();
    if let Some((version, Some(_))) = what.version {
        let (number, digest, state) = (&version.version, &version.digest, &version.state);
        events.push(("plugin.upload", json!({"version": number, "digest": digest, "state": state})));
    }
    match (&what.change, what.quarantined) {
        (Some(change), _) => {
            let reason = change.reason.map(|reason| reason.chars().take(REASON).collect::<String>());
            let detail = json!({"digest": change.digest, "granted": change.granted, "reason": reason});
            events.push((action(change.kind), detail));
        }
        (None, Some((digest, _))) => events.push(("plugin.quarantine", json!({"digest": digest}))),
        (None, None) if what.config.is_some() => events.push(("plugin.config", json!({}))),
        (None, None) if what.version.is_none() && !what.forget.is_empty() => {
            events.push(("plugin.delete-version", json!({"digests": what.forget})));
        }
        (None, None) => {}
    }
    events
}

fn action(kind: Kind) -> &'static str {
    match kind {
        Kind::Activate => "plugin.activate",
        Kind::Rollback => "plugin.rollback",
        Kind::AutoRollback => "plugin.auto-rollback",
        Kind::Config => "plugin.config",
        Kind::Deactivate => "plugin.deactivate",
        Kind::Quarantine => "plugin.quarantine",
        Kind::Delete => "plugin.delete",
    }
}

pub(super) async fn record(tx: &mut Tx, by: &By<'_>, events: Vec<(&'static str, Value)>) -> Result<()> {
    let Some(audit) = by.audit else { return Ok(()) };
    let workspace = WorkspaceId::parse(by.workspace).unwrap_or_else(WorkspaceId::first);
    for (action, detail) in events {
        let event = Event::new(&workspace, &Who::Nobody, action, by.plugin).by(by.who).with(detail);
        audit.within(tx, &event.from(&Origin::here())).await?;
    }
    Ok(())
}
