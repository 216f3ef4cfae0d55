//! What a plugin does about people: `visitors` of its manifest names actions and a query that the host alone calls.
use super::manifest::Declared;
use super::table::Active;
use crate::features::state::Unit;
use crate::platform::wasm::{Call, Reply};
use serde::Deserialize;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RawPersonal {
    merge: Option<String>,
    export: Option<String>,
    erase: Option<String>,
}

/// Names of the plugin's own that nobody outside can call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Personal {
    /// The action that is given the keys which an anonymous visitor and the person he turned out to be both have.
    pub merge: Option<String>,
    /// The query for what the plugin keeps of a visitor beside his own scope.
    pub export: Option<String>,
    /// The action that deletes that. It answers `{"more": true}` while there is more than one call can delete.
    pub erase: Option<String>,
}

impl Personal {
    /// Errors: a sentence about a name that is not declared, or is of the wrong kind.
    pub(super) fn of(raw: RawPersonal, actions: &[Declared], queries: &[Declared]) -> Result<Personal, String> {
        let RawPersonal { merge, export, erase } = raw;
        for (what, name) in [("merge", &merge), ("erase", &erase)] {
            if let Some(name) = name
                && !actions.iter().any(|action| action.name == *name && action.effect != super::Effect::Read)
            {
                return Err(format!("visitors.{what} names {name}, which is no action of the plugin that writes"));
            }
        }
        if let Some(name) = &export
            && !queries.iter().any(|query| query.name == *name && !query.shared)
        {
            return Err(format!("visitors.export names {name}, which is no query of the plugin, or a shared one"));
        }
        Ok(Personal { merge, export, erase })
    }

    pub(super) fn has_action(&self, name: &str) -> bool {
        [&self.merge, &self.erase].into_iter().flatten().any(|own| own == name)
    }

    pub(super) fn has_query(&self, name: &str) -> bool {
        self.export.as_deref() == Some(name)
    }
}

/// How an action ended that the host itself has called. Nothing of it is stored.
pub struct Hooked {
    pub unit: Unit,
    pub events: Vec<crate::features::state::EventRow>,
    pub reply: Reply,
}

impl Active {
    /// Runs an action of `visitors` on a unit that the host has begun. `Err`: in words for the log, why it did not end well.
    pub async fn act_for_host(&self, unit: Unit, call: &Call) -> Result<Hooked, String> {
        let ran = self.handle_on(unit, false, call).await;
        let breach = ran.host.as_ref().and_then(|host| host.breach());
        match (ran.ended, breach, ran.host) {
            (Ok(Ok(reply)), None, Some(host)) => Ok(Hooked { unit: host.unit, events: host.events, reply }),
            (_, Some(breach), _) => Err(breach.to_owned()),
            (Ok(Err(failure)), ..) => Err(format!("{}: {}", failure.code, failure.message)),
            (Err(fault), ..) => Err(format!("{}: {}", fault.kind.word(), fault.message)),
            (Ok(Ok(_)), None, None) => Err("the call came back without its host".to_owned()),
        }
    }

    /// Runs the query of `visitors` on a unit that the host has begun; gives its JSON.
    pub async fn ask_for_host(&self, unit: Unit, call: &Call) -> Result<String, String> {
        let ran = self.load_on(unit, call).await;
        match ran.ended {
            Ok(Ok(json)) => Ok(json),
            Ok(Err(failure)) => Err(format!("{}: {}", failure.code, failure.message)),
            Err(fault) => Err(format!("{}: {}", fault.kind.word(), fault.message)),
        }
    }
}
