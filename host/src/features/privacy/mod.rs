//! What is kept of one visitor, shown whole and erased whole, whichever room or plugin keeps it.
//!
//! It passes through the state's sequencer, one commit per plugin, so that caches and calls that run meanwhile see before or
//! after. What stays: the lines of the audit log, which name a visitor by his id alone; the action log's rows without the
//! visitor; and what backups hold, for as long as they are kept.
use crate::base::clock::Clock;
use crate::base::error::{Code, Error, Result};
use crate::base::ids::{VisitorId, WorkspaceId};
use crate::features::audit::{Audit, Event, Origin};
use crate::features::identity::{MemberRole, Tenant, Who};
use crate::features::plugins::{Active, Plugins};
use crate::features::state::{Owners, Record, Refusal, State, Traces, Unit};
use crate::features::visitors::{UNLIMITED, host_call, log_row, unreadable};
use crate::features::vouching::{Identified, Vouching};
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

const TRIES: u32 = 20;
/// Calls of a plugin's own action or query for one visitor.
const MOST_CALLS: u32 = 1_000;

/// All that is kept of a visitor.
#[derive(Clone, Debug, Serialize)]
pub struct Kept {
    pub visitor: VisitorId,
    pub workspace: WorkspaceId,
    /// Whom the site said he is.
    pub identified: Option<Identified>,
    /// Anonymous visitors that he turned out to be; their traces are among the others.
    pub joined: Vec<String>,
    pub plugins: BTreeMap<String, KeptByPlugin>,
    #[serde(flatten)]
    pub traces: Traces,
}

/// What one plugin keeps of him.
#[derive(Clone, Debug, Default, Serialize)]
pub struct KeptByPlugin {
    /// His own keys and values.
    pub data: Map<String, Value>,
    /// What the plugin keeps of him elsewhere, in its own words.
    pub more: Vec<Value>,
}

/// What an erasure has done.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Erased {
    /// Plugins that had something of him.
    pub plugins: Vec<String>,
    /// Plugins out of force that had: what they keep of him elsewhere than under his name could not be asked for.
    pub not_asked: Vec<String>,
    /// Rows of the action log, events, stored answers.
    pub traces: u64,
}

/// The room. Cheap to clone.
#[derive(Clone)]
pub struct Privacy {
    vouching: Vouching,
    state: State,
    plugins: Plugins,
    audit: Audit,
    clock: Clock,
}

/// Who asks, and from where.
#[derive(Clone, Debug)]
pub struct Asked<'a> {
    pub who: &'a Who,
    /// The visitor himself, where it is he.
    pub own: bool,
    pub origin: &'a Origin,
}

impl Privacy {
    pub fn new(vouching: Vouching, state: State, plugins: Plugins, audit: Audit, clock: Clock) -> Privacy {
        Privacy { vouching, state, plugins, audit, clock }
    }

    /// Errors: `forbidden` below admin; `not_found` for what cannot be a visitor's id, and for one of whom nothing is kept.
    pub async fn export_of(&self, tenant: &Tenant, visitor: &str, asked: &Asked<'_>) -> Result<Kept> {
        let visitor = self.named(tenant, visitor)?;
        let kept = self.export(tenant.workspace(), &visitor, asked).await?;
        let empty = kept.plugins.is_empty() && kept.identified.is_none() && kept.traces.is_empty();
        if empty { Err(nothing()) } else { Ok(kept) }
    }

    /// Errors: as for [`Privacy::export_of`]; `plugin_failed` where a plugin could not erase what it keeps.
    pub async fn erase_of(&self, tenant: &Tenant, visitor: &str, asked: &Asked<'_>) -> Result<Erased> {
        let visitor = self.named(tenant, visitor)?;
        let done = self.erase(tenant.workspace(), &visitor, asked).await?;
        if done.plugins.is_empty() && done.traces == 0 { Err(nothing()) } else { Ok(done) }
    }

    fn named(&self, tenant: &Tenant, visitor: &str) -> Result<VisitorId> {
        if tenant.role() < MemberRole::Admin {
            return Err(Error::new(
                Code::Forbidden,
                "Only admins of the workspace see or erase what is kept of visitors",
            ));
        }
        VisitorId::parse(visitor).ok_or_else(nothing)
    }

    /// All that is kept of a visitor, and of those that he was before.
    pub async fn export(&self, workspace: &WorkspaceId, visitor: &VisitorId, asked: &Asked<'_>) -> Result<Kept> {
        let ws = workspace.as_str();
        let joined = self.state.joined(ws, visitor.as_str()).await?;
        let mut kept = Kept {
            visitor: visitor.clone(),
            workspace: workspace.clone(),
            identified: self.vouching.known(workspace, visitor).await?,
            plugins: BTreeMap::new(),
            traces: Traces::default(),
            joined,
        };
        let all: Vec<String> = std::iter::once(visitor.to_string()).chain(kept.joined.iter().cloned()).collect();
        for one in &all {
            for plugin in self.state.plugins_in(ws).await? {
                let found = self.kept_by(workspace, &plugin, one).await?;
                if found.data.is_empty() && found.more.is_empty() {
                    continue;
                }
                let slot = kept.plugins.entry(plugin.to_string()).or_default();
                slot.data.extend(found.data);
                slot.more.extend(found.more);
            }
            kept.traces.add(self.state.traces(ws, one).await?);
        }
        self.audit.note(&self.event(workspace, "data.export", visitor, asked)).await;
        Ok(kept)
    }

    async fn kept_by(&self, workspace: &WorkspaceId, plugin: &Arc<str>, visitor: &str) -> Result<KeptByPlugin> {
        let table = self.plugins.table();
        let active = table.plugins.get(&**plugin);
        let mut unit = self.unit(workspace, plugin, visitor, active);
        let own = unit.own().await.map_err(unreadable)?;
        let parsed = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_default();
        let data: Map<String, Value> = own.iter().map(|(key, json)| (key.clone(), parsed(json))).collect();
        let mut kept = KeptByPlugin { data, more: Vec::new() };
        let Some((active, name)) = active.and_then(|a| Some((a, a.manifest.personal.export.clone()?))) else {
            return Ok(kept);
        };
        let mut input = json!({});
        for _ in 0..MOST_CALLS {
            let mut call = host_call(&self.clock, &name, workspace, visitor, "en", 1);
            call.input = input.to_string();
            let unit = self.unit(workspace, plugin, visitor, Some(active));
            let json = active.ask_for_host(unit, &call).await.map_err(|why| failed(plugin, &why))?;
            let answer = parsed(&json);
            let next = answer.get("next").filter(|next| !next.is_null()).cloned();
            let empty = answer.get("items").and_then(Value::as_array).is_some_and(Vec::is_empty);
            if !empty {
                kept.more.push(answer);
            }
            match next {
                Some(next) => input = json!({"after": next}),
                None => break,
            }
        }
        Ok(kept)
    }

    /// Erases all that is kept of a visitor, and of those that he was before. What can be erased is, also where one plugin
    /// fails. Errors: `plugin_failed` with the names of those that did.
    pub async fn erase(&self, workspace: &WorkspaceId, visitor: &VisitorId, asked: &Asked<'_>) -> Result<Erased> {
        let ws = workspace.as_str();
        let joined = self.state.joined(ws, visitor.as_str()).await?;
        // His proofs are void first, so that nothing of his begins any more.
        let mut done = Erased::default();
        done.traces += u64::from(self.vouching.forget(workspace, visitor).await?);
        let mut failed = Vec::new();
        for one in joined.iter().map(String::as_str).chain([visitor.as_str()]) {
            for plugin in self.state.plugins_in(ws).await? {
                match self.erased_by(workspace, &plugin, one).await {
                    Ok(Some(asked)) => {
                        done.plugins.push(plugin.to_string());
                        if !asked {
                            done.not_asked.push(plugin.to_string());
                        }
                    }
                    Ok(None) => {}
                    Err(error) if error.code == Code::PluginFailed => {
                        tracing::warn!(%plugin, ?error, "a plugin cannot erase what it keeps of a visitor");
                        failed.push(plugin.to_string());
                    }
                    Err(error) => return Err(error),
                }
            }
            done.traces += self.state.forget_traces(ws, one).await?;
        }
        for names in [&mut done.plugins, &mut done.not_asked] {
            names.sort_unstable();
            names.dedup();
        }
        let event = self.event(workspace, "data.erase", visitor, asked);
        if failed.is_empty() {
            self.audit.note(&event.with(json!({"plugins": done.plugins, "traces": done.traces}))).await;
            return Ok(done);
        }
        let detail =
            format!("The rest is erased, but these plugins failed to erase what they keep: {}", failed.join(", "));
        self.audit.note(&event.ended(Code::PluginFailed.word()).with(json!({"failed": failed}))).await;
        Err(Error::new(Code::PluginFailed, detail))
    }

    /// Whether there was something, and whether the plugin itself could be asked.
    async fn erased_by(&self, workspace: &WorkspaceId, plugin: &Arc<str>, visitor: &str) -> Result<Option<bool>> {
        let table = self.plugins.table();
        let active = table.plugins.get(&**plugin);
        let (mut some, mut conflicts) = (false, 0);
        for _ in 0..MOST_CALLS {
            let mut unit = self.unit(workspace, plugin, visitor, active);
            let mut call = host_call(&self.clock, "visitor.erase", workspace, visitor, "en", 1);
            let mut more = false;
            if let Some((active, name)) = active.and_then(|a| Some((a, a.manifest.personal.erase.clone()?))) {
                call.name = name;
                let hooked = active.act_for_host(unit, &call).await.map_err(|why| failed(plugin, &why))?;
                let data = hooked.reply.data.as_deref().and_then(|data| serde_json::from_str::<Value>(data).ok());
                more = data.is_some_and(|data| data.get("more") == Some(&Value::Bool(true)));
                // Events would tell of him again.
                unit = hooked.unit;
            }
            if !more {
                unit.clear().await.map_err(unreadable)?;
            }
            if !unit.wrote() {
                return Ok(some.then_some(active.is_some()));
            }
            some = true;
            let mut log = log_row(&unit, &call, active);
            log.visitor = "erased".into();
            match self.state.commit(unit, Record { log, replay: None, events: Vec::new() }).await {
                Ok(()) if more => {}
                Ok(()) => return Ok(Some(active.is_some())),
                Err(Refusal::Conflict | Refusal::Replayed) if conflicts < TRIES => conflicts += 1,
                Err(Refusal::Failed(error)) => return Err(error),
                Err(_) => break,
            }
        }
        Err(Error::new(Code::StateConflict, "The visitor's data kept changing; try again").retry_after(1))
    }

    fn unit(&self, workspace: &WorkspaceId, plugin: &Arc<str>, visitor: &str, active: Option<&Arc<Active>>) -> Unit {
        let owners = Owners {
            workspace: workspace.as_str().into(),
            plugin: plugin.clone(),
            visitor: visitor.into(),
            thread: None,
        };
        let limits = active.map_or(UNLIMITED, |active| active.state_limits());
        self.state.begin(owners, self.clock.now_ms(), limits)
    }

    fn event(&self, workspace: &WorkspaceId, action: &'static str, visitor: &VisitorId, asked: &Asked<'_>) -> Event {
        let event = Event::new(workspace, asked.who, action, visitor.as_str()).from(asked.origin);
        if asked.own { event.by(visitor.as_str()) } else { event }
    }
}

#[track_caller]
fn nothing() -> Error {
    Error::new(Code::NotFound, "Nothing is kept of such a visitor")
}

#[track_caller]
fn failed(plugin: &str, why: &str) -> Error {
    let detail = format!("The plugin {plugin} failed to say or erase what it keeps of the visitor");
    Error::new(Code::PluginFailed, detail).caused_by(why.to_owned())
}
