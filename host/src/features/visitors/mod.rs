//! Visitors become somebody: a site vouches for its user, and what he did before anybody knew it becomes his.
//!
//! The rule of the merge, for each plugin in one commit: a key that only the anonymous visitor has moves; of a key that
//! both have, the person's own value stays, unless the plugin's action `visitors.merge` writes another (carts add up).
//! Afterwards the anonymous visitor has nothing, so that the merge can be repeated and his old proof brings nothing back.
use crate::base::clock::Clock;
use crate::base::error::{Code, Error, Result};
use crate::base::ids::{ActionId, VisitorId, WorkspaceId};
use crate::features::audit::{Audit, Event, Origin};
use crate::features::identity::Caller;
use crate::features::plugins::{Active, Plugins};
use crate::features::state::{Both, EventRow, LogRow, Owners, Record, Refusal, State, StateLimits, Unit};
use crate::features::vouching::{Claim, Vouching};
use crate::platform::wasm::{Call, Failure};
use serde::Serialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// Tries of one plugin's merge while the visitor goes on clicking.
const TRIES: u32 = 20;
/// Bytes of a plugin's input; past them the general rule is enough.
const MAX_INPUT: usize = 256 * 1024;
/// What the host itself does with data keeps to no limit of a call.
pub(in crate::features) const UNLIMITED: StateLimits =
    StateLimits { value_bytes: usize::MAX, key_bytes: usize::MAX, ops: u32::MAX, quota_bytes: u64::MAX };

/// Who a visitor is from now on.
#[derive(Clone, Debug, Serialize)]
pub struct Identity {
    pub visitor: VisitorId,
    /// The proof, to be kept by his browser.
    #[serde(skip)]
    pub proof: String,
    /// Plugins whose data have become his.
    pub merged: Vec<String>,
    /// Plugins that failed to say what becomes of theirs: they are as they were, and the next time tries again.
    pub waiting: Vec<String>,
}

/// The room. Cheap to clone.
#[derive(Clone)]
pub struct Visitors {
    vouching: Vouching,
    state: State,
    plugins: Plugins,
    audit: Audit,
    clock: Clock,
}

impl Visitors {
    pub fn new(vouching: Vouching, state: State, plugins: Plugins, audit: Audit, clock: Clock) -> Visitors {
        Visitors { vouching, state, plugins, audit, clock }
    }

    /// The site vouches for who the caller is. `anonymous`: whose data become his; `None` where the caller was somebody
    /// already. Errors: `identity_refused`, `state_conflict`.
    pub async fn identify(
        &self,
        caller: &Caller,
        anonymous: Option<&VisitorId>,
        claim: &Claim,
        origin: &Origin,
    ) -> Result<Identity> {
        let workspace = &caller.workspace;
        let person = match self.vouching.check(workspace, claim).await {
            Ok(person) => person,
            Err(error) => {
                let event = Event::new(workspace, &caller.who, "visitor.identify", caller.visitor.as_str());
                self.audit.note(&event.ended(error.code.word()).from(origin)).await;
                return Err(error);
            }
        };
        let (vouched, proof) = self.vouching.visitor(workspace, &person).await?;
        let mut identity = Identity { visitor: vouched.visitor, proof, merged: Vec::new(), waiting: Vec::new() };
        let Some(from) = anonymous.filter(|from| **from != identity.visitor) else { return Ok(identity) };
        // Somebody who became another person before keeps what he is: two people may use one browser.
        if !self.state.join(workspace.as_str(), from.as_str(), identity.visitor.as_str()).await? {
            return Ok(identity);
        }
        for plugin in self.state.plugins_in(workspace.as_str()).await? {
            match self.merge(workspace, &plugin, from, &identity.visitor, &caller.locale).await? {
                Merged::Nothing => {}
                Merged::Done => identity.merged.push(plugin.to_string()),
                Merged::Waits => identity.waiting.push(plugin.to_string()),
            }
        }
        Ok(identity)
    }

    /// Moves one plugin's data in one commit.
    async fn merge(
        &self,
        workspace: &WorkspaceId,
        plugin: &Arc<str>,
        from: &VisitorId,
        into: &VisitorId,
        locale: &str,
    ) -> Result<Merged> {
        let table = self.plugins.table();
        let active = table.plugins.get(&**plugin);
        for attempt in 1..=TRIES {
            let owners = Owners {
                workspace: workspace.as_str().into(),
                plugin: plugin.clone(),
                visitor: into.as_str().into(),
                thread: None,
            };
            let limits = active.map_or(UNLIMITED, |active| active.state_limits());
            let mut unit = self.state.begin(owners, self.clock.now_ms(), limits);
            let both = unit.inherit(from.as_str()).await.map_err(unreadable)?;
            if !unit.wrote() {
                return Ok(Merged::Nothing);
            }
            let call = self.call("visitor.merge", workspace, into, locale, attempt);
            let asked = self.ask(active, unit, call, both).await;
            let (unit, events, call) = match asked {
                Ok(asked) => asked,
                Err(why) => {
                    tracing::warn!(%plugin, why, "a plugin cannot say what becomes of an anonymous visitor's data");
                    return Ok(Merged::Waits);
                }
            };
            let log = log_row(&unit, &call, active);
            match self.state.commit(unit, Record { log, replay: None, events }).await {
                Ok(()) => return Ok(Merged::Done),
                Err(Refusal::Conflict | Refusal::Replayed) => {}
                Err(Refusal::Bound { .. } | Refusal::Quota) => return Ok(Merged::Waits),
                Err(Refusal::Failed(error)) => return Err(error),
            }
        }
        Err(Error::new(Code::StateConflict, "The visitor's data kept changing; try again").retry_after(1))
    }

    /// Lets the plugin say what becomes of what both have, where it wants to.
    async fn ask(
        &self,
        active: Option<&Arc<Active>>,
        unit: Unit,
        mut call: Call,
        both: Vec<Both>,
    ) -> Result<(Unit, Vec<EventRow>, Call), String> {
        let named = active.and_then(|active| Some((active, active.manifest.personal.merge.clone()?)));
        let Some((active, name)) = named.filter(|_| !both.is_empty()) else { return Ok((unit, Vec::new(), call)) };
        let parsed = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_default();
        let both: Vec<Value> = both
            .iter()
            .map(|Both { key, theirs, own }| json!({"key": key, "theirs": parsed(theirs), "own": parsed(own)}))
            .collect();
        let input = json!({"both": both}).to_string();
        if input.len() > MAX_INPUT {
            return Err(format!(
                "what both have takes {} bytes; an action's input has at most {MAX_INPUT}",
                input.len()
            ));
        }
        (call.name, call.input) = (name, input);
        let done = active.act_for_host(unit, &call).await?;
        Ok((done.unit, done.events, call))
    }

    fn call(&self, name: &str, workspace: &WorkspaceId, visitor: &VisitorId, locale: &str, attempt: u32) -> Call {
        host_call(&self.clock, name, workspace, visitor.as_str(), locale, attempt)
    }
}

enum Merged {
    Nothing,
    Done,
    Waits,
}

/// A call that the host itself makes.
pub(in crate::features) fn host_call(
    clock: &Clock,
    name: &str,
    workspace: &WorkspaceId,
    visitor: &str,
    locale: &str,
    attempt: u32,
) -> Call {
    Call {
        name: name.to_owned(),
        input: "{}".to_owned(),
        id: ActionId::new(clock).to_string(),
        workspace: workspace.to_string(),
        thread: None,
        visitor: visitor.to_owned(),
        locale: locale.to_owned(),
        now_ms: clock.now_ms(),
        attempt,
    }
}

/// The line of the action log for what the host did with a visitor's data.
pub(in crate::features) fn log_row(unit: &Unit, call: &Call, active: Option<&Arc<Active>>) -> LogRow {
    let owners = unit.owners();
    LogRow {
        id: call.id.clone(),
        at_ms: call.now_ms,
        workspace: owners.workspace.clone(),
        visitor: owners.visitor.clone(),
        plugin: owners.plugin.clone(),
        plugin_version: active.map_or_else(|| "".into(), |active| active.version.clone()),
        action: call.name.clone(),
        outcome: "ok".to_owned(),
        attempts: call.attempt,
        cpu_us: 0,
        wall_us: 0,
        memory_bytes: 0,
        host_calls: 0,
    }
}

#[track_caller]
pub(in crate::features) fn unreadable(failure: Failure) -> Error {
    let detail = "The data cannot be read at the moment; nothing was stored";
    Error::new(Code::Database, detail).retry_after(1).caused_by(failure.message)
}
