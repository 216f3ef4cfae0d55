//! Queries: a plugin's named, read-only data.
use super::answers::Asked;
use super::stats::Spent;
use super::table::{Named, Ran};
use super::{Data, Plugins, Work};
use crate::base::error::{Code, Error, Fault as InputFault, Kind, Result};
use crate::base::ids::ActionId;
use crate::base::json::whole_numbers;
use crate::features::identity::{Caller, Role};
use crate::features::state::UNAVAILABLE;
use crate::platform::wasm::{Call, Ended, Failure, Fault, FaultKind, Usage};
use serde::Deserialize;
use serde_json::{Map, Value};

/// Runs of a query whose data changed under it.
const TRIES: u32 = 5;

/// One query of one caller.
struct Load<'a> {
    plugins: &'a Plugins,
    caller: &'a Caller,
    input: &'a str,
}

impl Work for Load<'_> {
    type Answer = Data;

    async fn run(&self, named: &Named, spent: &mut Spent) -> Result<Data> {
        self.plugins.load(self.caller, named, self.input, spent).await
    }
}

impl Plugins {
    /// Runs a named query, or gives the kept answer of a shared one. `params` come from a query string or a widget: texts
    /// are read as the schema asks. Errors: `unknown_query`, `invalid_parameters`, `forbidden`, `action_refused`,
    /// `plugin_*`.
    pub async fn query(&self, caller: &Caller, name: &str, mut params: Map<String, Value>) -> Result<Data> {
        let table = self.table();
        let unknown = || Error::new(Code::UnknownQuery, "No active plugin answers a query of this name");
        let named = table.query(name).ok_or_else(unknown)?;
        let declared = named.declared().ok_or_else(unknown)?;
        permitted(caller, declared.role)?;
        declared.input.read_texts(&mut params);
        let mut input = Value::Object(params);
        whole_numbers(&mut input);
        declared.input.check(&input).map_err(|faults| {
            Error::new(Code::InvalidParameters, format!("The parameters of {name} do not fit its schema"))
                .with_faults(faults)
        })?;
        let input = input.to_string();
        if declared.shared
            && let Some(kept) = self.kept(&Asked::new(named, &input, caller), named)
        {
            return Ok(kept);
        }
        let work = Load { plugins: self, caller, input: &input };
        self.supervised(caller, named, &input, work).await
    }

    fn kept(&self, asked: &Asked, named: &Named) -> Option<Data> {
        self.0.answers.get(asked, &named.plugin.config.load(), self.0.clock.now_ms())
    }

    /// What a plugin is told of a query. Of a shared one nothing that differs between two callers of one language: no
    /// visitor, no time, the same id and so the same randomness.
    fn call(&self, caller: &Caller, named: &Named, input: &str, now_ms: u64, shared: bool) -> Call {
        let own = |text: &str| if shared { String::new() } else { text.to_owned() };
        Call {
            name: named.name().to_owned(),
            input: input.to_owned(),
            id: if shared { "shared".to_owned() } else { ActionId::new(&self.0.clock).to_string() },
            workspace: caller.workspace.to_string(),
            thread: None,
            visitor: own(caller.visitor.as_str()),
            locale: caller.locale.clone(),
            now_ms: if shared { 0 } else { now_ms },
            attempt: 1,
        }
    }

    /// Runs a query until its data stand still.
    async fn load(&self, caller: &Caller, named: &Named, input: &str, spent: &mut Spent) -> Result<Data> {
        let (shared, state) = (named.declared().is_some_and(|declared| declared.shared), &self.0.state);
        let now_ms = self.0.clock.now_ms();
        let mut call = self.call(caller, named, input, now_ms, shared);
        for attempt in 1..=TRIES {
            if !shared {
                call.attempt = attempt;
            }
            let ran = named.plugin.load(state, caller, shared, &call, now_ms).await;
            spent.add(ran.usage, ran.waited());
            let Ran { ended, usage, host } = ran;
            report(named, &ended, &usage);
            if let Some(breach) = host.as_ref().and_then(|h| h.breach()) {
                return Err(breached(breach));
            }
            if let Some(host) = &host
                && ended.is_ok()
                && !state.settle(&host.unit).await?
            {
                continue;
            }
            return match ended {
                Ok(Ok(text)) if serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok() => {
                    let data = Data::new(text);
                    if let Some(host) = host.filter(|_| shared)
                        && let Some(rows) = state.standing(&host.unit)
                    {
                        let config = host.configuration().clone();
                        self.0.answers.keep(Asked::new(named, input, caller), &data, rows, config);
                    }
                    Ok(data)
                }
                Ok(Ok(_)) => {
                    Err(Error::new(Code::PluginFailed, "The plugin's answer is not JSON").with_reason("plugin.abi"))
                }
                Ok(Err(failure)) => Err(refused(failure)),
                Err(fault) => Err(faulted(&fault)),
            };
        }
        Err(Error::new(Code::StateConflict, "The data kept changing while it was read; try again").retry_after(1))
    }
}

fn report(named: &Named, ended: &Ended<String>, usage: &Usage) {
    let outcome = match ended {
        Ok(Ok(_)) => "ok",
        Ok(Err(failure)) => failure.code.as_str(),
        Err(fault) => fault.kind.word(),
    };
    let (plugin, version, query) = (&*named.plugin.name, &*named.plugin.version, named.name());
    let (cpu_us, memory, host_calls) = (usage.cpu.as_micros(), usage.memory, usage.host_calls);
    if let Err(fault) = ended {
        let why = &fault.message;
        tracing::warn!(plugin, version, query, outcome, cpu_us, memory, host_calls, why, "query failed");
    } else {
        tracing::debug!(plugin, version, query, outcome, cpu_us, memory, host_calls, "query");
    }
}

/// Whether a caller may use something that asks for this role. Errors: `missing_token` for somebody who brought no
/// token or key, `forbidden` for one whose role is too low.
pub fn permitted(caller: &Caller, role: Option<Role>) -> Result<()> {
    match role {
        Some(role) if caller.role < role && caller.role == Role::Visitor => {
            Err(Error::new(Code::MissingToken, "This needs a token; send it as Authorization: Bearer"))
        }
        Some(role) if caller.role < role => {
            Err(Error::new(Code::Forbidden, "This needs a role that the caller does not have"))
        }
        _ => Ok(()),
    }
}

/// A plugin's refusal, as callers read it. The first word of the plugin's code tells the kind.
pub fn refused(failure: Failure) -> Error {
    let (code, faults) = match failure.code.split('.').next().unwrap_or_default() {
        _ if failure.code == "state.bound" => (Code::ActionConflict, Vec::new()),
        // The caller is not in a conversation; nobody's mistake.
        _ if failure.code == "state.no-thread" => (Code::Refused, Vec::new()),
        // A handler that trips over the host's own words has a mistake in it; its text is for the log.
        "plugin" | "state" | "config" | "cap" | "limit" | "events" => {
            let reason: String = failure.code.chars().filter(|c| c.is_ascii_graphic()).take(64).collect();
            let error = Error::new(Code::PluginFailed, "The plugin failed; nothing was stored");
            return error.with_reason(reason).caused_by(failure.message);
        }
        "input" => (Code::InvalidForm, faults(failure.detail.as_deref())),
        "conflict" => (Code::ActionConflict, Vec::new()),
        "auth" => (Code::Forbidden, Vec::new()),
        _ => (Code::Refused, Vec::new()),
    };
    let message: String = failure.message.chars().filter(|c| !c.is_control()).take(500).collect();
    let reason: String = failure.code.chars().filter(|c| c.is_ascii_graphic()).take(64).collect();
    Error::new(code, message).with_faults(faults).with_reason(reason)
}

fn faults(detail: Option<&str>) -> Vec<InputFault> {
    #[derive(Deserialize)]
    struct One {
        #[serde(default)]
        pointer: String,
        message: String,
    }
    let parsed: Vec<One> = detail.and_then(|d| serde_json::from_str(d).ok()).unwrap_or_default();
    parsed.into_iter().take(50).map(|f| InputFault { pointer: f.pointer, message: f.message }).collect()
}

/// A plugin's fault, as callers read it: which limit, never what the guest wrote.
pub fn faulted(fault: &Fault) -> Error {
    let (code, detail) = match fault.kind {
        FaultKind::Cpu | FaultKind::Wall => {
            (Code::PluginTimeout, "The plugin did not answer in time; nothing was stored")
        }
        FaultKind::Busy => (Code::PluginBusy, "Too many calls of this plugin are under way; try again"),
        FaultKind::Trap | FaultKind::Abi => (Code::PluginFailed, "The plugin failed; nothing was stored"),
        FaultKind::Memory | FaultKind::Stack | FaultKind::Output | FaultKind::HostCalls => {
            (Code::PluginLimit, "The plugin went past one of its limits; nothing was stored")
        }
    };
    let error = Error::new(code, detail).with_reason(fault.kind.word());
    if code.kind() == Kind::TooMany { error.retry_after(1) } else { error }
}

/// A unit that ran into a limit of the data or the events.
pub fn breached(word: &'static str) -> Error {
    if word == UNAVAILABLE {
        return Error::new(Code::Database, "The database does not answer at the moment; nothing was stored")
            .retry_after(1);
    }
    Error::new(Code::PluginLimit, "The plugin went past one of its limits; nothing was stored").with_reason(word)
}
