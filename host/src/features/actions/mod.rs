//! Actions: one dispatcher behind every door.
//!
//! An action is a serializable transaction: schema check, claim of the idempotency key, the handler on a snapshot, its
//! widgets rendered, one commit. A handler whose data changed under it runs again on fresh data. Whatever goes wrong on
//! the way, nothing is stored.
mod answer;
mod claims;
mod input;

pub use answer::{Answer, EventOut, WidgetOut};

use crate::base::clock::Clock;
use crate::base::error::{Code, Error, Result};
use crate::base::ids::ActionId;
use crate::base::secret::{hex, sha256};
use crate::features::identity::Caller;
use crate::features::plugins::{
    Active, Declared, Named, Plugins, Ran, Spent, Work, breached, faulted, permitted, refused,
};
use crate::features::state::{EventRow, LogRow, Record, Refusal, Replay, State, Unit};
use crate::features::widgets::Widgets;
use crate::platform::metrics::Metrics;
use crate::platform::wasm::{Call, Fault, Reply, Usage};
use claims::Claims;
use serde_json::{Map, Value};
use std::sync::Arc;
use std::time::Duration;

/// Runs of one action on ever fresh data before it gives up.
const TRIES: u32 = 10;
/// The same where other hosts, whose turns nobody keeps, may win: a quicker one wins until its whole queue is empty.
const SHARED_TRIES: u32 = 400;
/// From this try on, actions of one plugin that keep meeting each other go one by one.
const PATIENCE: u32 = 3;
/// How long a request waits for its twin with the same key.
const TWIN: Duration = Duration::from_secs(10);
const IN_PROGRESS: &str = "A request with this Idempotency-Key is still being worked on";
/// Bytes of an action's input as JSON.
const MAX_INPUT: usize = 256 * 1024;

/// What a person did in a widget, as any door hands it over.
#[derive(Clone, Debug, Default)]
pub struct Action {
    pub name: String,
    /// `payload` or `parameters`; a key here wins over a form value.
    pub parameters: Map<String, Value>,
    /// Values of named controls; dots in names nest.
    pub form: Map<String, Value>,
    /// The caller's `Idempotency-Key`, already checked for shape (1 to 255 visible ASCII characters).
    pub idempotency_key: Option<String>,
    /// "thr_…" inside a conversation.
    pub thread: Option<String>,
}

/// A stored or fresh answer.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The answer's JSON, exactly as every repeat gets it.
    pub json: Arc<str>,
    /// Whether it was answered from the record of an earlier request with the same key.
    pub replayed: bool,
}

/// The room. Cheap to clone.
#[derive(Clone)]
pub struct Actions(Arc<Inner>);

struct Inner {
    state: State,
    plugins: Plugins,
    widgets: Widgets,
    metrics: Metrics,
    clock: Clock,
    /// Idempotency keys that are being worked on.
    claims: Claims,
    /// Plugins whose actions keep meeting each other.
    lanes: Claims,
}

/// One action on its way: what stays the same over its tries.
struct Job<'a> {
    caller: &'a Caller,
    plugin: &'a Active,
    declared: &'a Declared,
    key: Option<Key>,
}

/// An idempotency key, and the hash of the request that it was first used with.
type Key = (Arc<str>, Arc<str>);

/// One action of one caller, on whatever version.
struct Run<'a> {
    actions: &'a Actions,
    caller: &'a Caller,
    key: Option<Key>,
    input: &'a str,
    thread: Option<&'a str>,
}

impl Work for Run<'_> {
    type Answer = Arc<str>;

    async fn run(&self, named: &Named, spent: &mut Spent) -> Result<Arc<str>> {
        let declared = named.declared().ok_or_else(|| Error::internal("a declaration has gone"))?;
        let job = Job { caller: self.caller, plugin: &named.plugin, declared, key: self.key.clone() };
        self.actions.run(job, self.input, self.thread, spent).await
    }
}

/// How one try ended, when it is not to be repeated.
struct Done {
    outcome: String,
    answer: Result<Arc<str>>,
}

impl Actions {
    pub fn new(state: State, plugins: Plugins, widgets: Widgets, metrics: Metrics, clock: Clock) -> Actions {
        let (claims, lanes) = (Claims::default(), Claims::default());
        Actions(Arc::new(Inner { state, plugins, widgets, metrics, clock, claims, lanes }))
    }

    /// Errors: `unknown_action`, `invalid_parameters`, `invalid_form`, `action_conflict`, `action_refused`,
    /// `forbidden`, `idempotency_key_reused`, `in_progress`, `plugin_*`, `state_conflict`, `storage_full`,
    /// `database_unavailable`.
    pub async fn dispatch(&self, caller: &Caller, action: Action) -> Result<Outcome> {
        let table = self.0.plugins.table();
        let unknown = || Error::new(Code::UnknownAction, "No active plugin handles an action of this name");
        let named = table.action(&action.name).ok_or_else(unknown)?;
        let declared = named.declared().ok_or_else(unknown)?;
        permitted(caller, declared.role)?;
        let input = input::checked(declared, action.parameters, action.form, MAX_INPUT)?;
        let thread = action.thread;
        let Some(key) = action.idempotency_key else {
            let json = self.watched(caller, named, None, &input, thread.as_deref()).await?;
            return Ok(Outcome { json, replayed: false });
        };
        let hash: Arc<str> = hex(&sha256(format!("{}\n{input}", action.name).as_bytes())).into();
        let scope = format!("{}\n{}\n{key}", caller.workspace, caller.visitor);
        let claimed = tokio::time::timeout(TWIN, self.0.claims.claim(&scope)).await;
        let _claim = claimed.map_err(|_| Error::new(Code::InProgress, IN_PROGRESS).retry_after(1))?;
        if let Some(json) = self.replay(caller, &key, &hash).await? {
            return Ok(Outcome { json, replayed: true });
        }
        let mine = Some((key.as_str().into(), hash.clone()));
        match self.watched(caller, named, mine, &input, thread.as_deref()).await {
            Ok(json) => Ok(Outcome { json, replayed: false }),
            Err(error) => self.told_elsewhere(caller, &key, &hash, error).await,
        }
    }

    /// Claims are this host's. Where others share the database, one of them may have been faster with the same key, and
    /// whatever went wrong here went wrong because of that: its answer counts.
    async fn told_elsewhere(&self, caller: &Caller, key: &str, hash: &str, error: Error) -> Result<Outcome> {
        if !self.0.state.is_shared() || error.code == Code::Database {
            return Err(error);
        }
        match self.replay(caller, key, hash).await {
            Ok(Some(json)) => Ok(Outcome { json, replayed: true }),
            Err(other) if other.code == Code::IdempotencyMismatch => Err(other),
            Ok(None) | Err(_) => Err(error),
        }
    }

    /// Runs it under supervision: not at all where that is pointless, and once more where its version was taken out of
    /// force by its failure. Where it fails for good, what the plugin declared for that case is shown.
    async fn watched(
        &self,
        caller: &Caller,
        named: &Named,
        key: Option<Key>,
        input: &str,
        thread: Option<&str>,
    ) -> Result<Arc<str>> {
        let work = Run { actions: self, caller, key, input, thread };
        let done = self.0.plugins.supervised(caller, named, input, work).await;
        done.map_err(|error| self.0.widgets.instead(named, error))
    }

    async fn replay(&self, caller: &Caller, key: &str, hash: &str) -> Result<Option<Arc<str>>> {
        let stored = self.0.state.replay(caller.workspace.as_str(), caller.visitor.as_str(), key).await?;
        match stored {
            None => Ok(None),
            Some(replay) if &*replay.request_hash == hash => Ok(Some(replay.answer)),
            Some(_) => {
                let detail = "This Idempotency-Key was used with another request; use a new key for a new intent";
                Err(Error::new(Code::IdempotencyMismatch, detail))
            }
        }
    }

    /// Tries until it commits, is refused, or nobody can say that it should go on.
    async fn run(&self, job: Job<'_>, input: &str, thread: Option<&str>, spent: &mut Spent) -> Result<Arc<str>> {
        let clock = &self.0.clock;
        let mut call = Call {
            name: job.declared.name.clone(),
            input: input.to_owned(),
            id: ActionId::new(clock).to_string(),
            workspace: job.caller.workspace.to_string(),
            thread: thread.map(str::to_owned),
            visitor: job.caller.visitor.to_string(),
            locale: job.caller.locale.clone(),
            now_ms: clock.now_ms(),
            attempt: 0,
        };
        let mut _lane = None;
        let tries = if self.0.state.is_shared() { SHARED_TRIES } else { TRIES };
        for attempt in 1..=tries {
            call.attempt = attempt;
            if attempt == PATIENCE {
                _lane = Some(self.0.lanes.claim(&job.plugin.name).await);
            }
            let ran = job.plugin.handle(&self.0.state, job.caller, job.declared, &call).await;
            spent.add(ran.usage, ran.waited());
            let Ran { ended, usage, host } = ran;
            let log = log_row(&job, &call, usage);
            let breach = host.as_ref().and_then(|h| h.breach());
            let (unit, events) = match host {
                Some(host) => (Some(host.unit), host.events),
                None => (None, Vec::new()),
            };
            let done = match (ended, breach, unit) {
                (Err(fault), _, _) => Some(faulted_try(&fault)),
                (Ok(_), Some(breach), _) => Some(Done { outcome: breach.to_owned(), answer: Err(breached(breach)) }),
                (Ok(Err(failure)), None, Some(unit)) => {
                    let settled = self.0.state.settle(&unit).await?;
                    settled.then(|| Done { outcome: failure.code.clone(), answer: Err(refused(failure)) })
                }
                (Ok(Ok(reply)), None, Some(unit)) => match self.finish(&job, &call, &log, reply, unit, events).await {
                    Ok(answer) => return Ok(answer),
                    Err(Tried::Again) => None,
                    Err(Tried::Done(done)) => Some(done),
                },
                (Ok(_), None, None) => return Err(Error::internal("a call came back without its host")),
            };
            if let Some(Done { outcome, answer }) = done {
                self.report(&log, &outcome, answer.as_ref().err());
                self.0.state.note(LogRow { outcome, ..log });
                return answer;
            }
        }
        let detail = "Others kept changing the same data; nothing was stored, try again";
        Err(Error::new(Code::StateConflict, detail).retry_after(1))
    }

    /// Renders what the handler asked for, then commits everything at once.
    async fn finish(
        &self,
        job: &Job<'_>,
        call: &Call,
        log: &LogRow,
        reply: Reply,
        unit: Unit,
        events: Vec<EventRow>,
    ) -> Result<Arc<str>, Tried> {
        let answer = answer::build(&self.0.widgets, job.plugin, call, &reply, &events)
            .map_err(|error| Tried::Done(Done { outcome: error.code.word().to_owned(), answer: Err(error) }))?;
        let json: Arc<str> = answer.into();
        if !unit.wrote() && events.is_empty() && job.key.is_none() {
            let settled = self.0.state.settle(&unit).await;
            return match settled {
                Ok(true) => Err(Tried::Done(Done { outcome: "ok".to_owned(), answer: Ok(json) })),
                Ok(false) => Err(Tried::Again),
                Err(error) => Err(Tried::Done(Done { outcome: error.code.word().to_owned(), answer: Err(error) })),
            };
        }
        let replay = job.key.as_ref().map(|(key, hash)| Replay {
            key: key.clone(),
            request_hash: hash.clone(),
            answer: json.clone(),
        });
        let record = Record { log: log.clone(), replay, events };
        match self.0.state.commit(unit, record).await {
            Ok(()) => {
                self.report(log, "ok", None);
                Ok(json)
            }
            Err(Refusal::Conflict) => Err(Tried::Again),
            Err(Refusal::Replayed) => {
                let error = Error::new(Code::InProgress, IN_PROGRESS).retry_after(1);
                Err(Tried::Done(Done { outcome: error.code.word().to_owned(), answer: Err(error) }))
            }
            Err(Refusal::Bound { key }) => Err(Tried::Done(bound(&key))),
            Err(Refusal::Quota) => {
                let error = breached("limit.state-quota");
                Err(Tried::Done(Done { outcome: "limit.state-quota".to_owned(), answer: Err(error) }))
            }
            Err(Refusal::Failed(error)) => {
                Err(Tried::Done(Done { outcome: error.code.word().to_owned(), answer: Err(error) }))
            }
        }
    }
}

/// Why a good reply was not committed.
enum Tried {
    Again,
    Done(Done),
}

fn bound(key: &str) -> Done {
    let detail = "There is not enough left of what this action takes; nothing was stored";
    let error = Error::new(Code::ActionConflict, detail).with_reason("state.bound");
    tracing::debug!(key, "a bounded counter refused");
    Done { outcome: "state.bound".to_owned(), answer: Err(error) }
}

fn faulted_try(fault: &Fault) -> Done {
    let error = faulted(fault).caused_by(fault.message.clone());
    Done { outcome: fault.kind.word().to_owned(), answer: Err(error) }
}

fn log_row(job: &Job<'_>, call: &Call, usage: Usage) -> LogRow {
    let us = |d: Duration| u64::try_from(d.as_micros()).unwrap_or(u64::MAX);
    LogRow {
        id: call.id.clone(),
        at_ms: call.now_ms,
        workspace: call.workspace.as_str().into(),
        visitor: call.visitor.as_str().into(),
        plugin: job.plugin.name.clone(),
        plugin_version: job.plugin.version.clone(),
        action: call.name.clone(),
        outcome: "ok".to_owned(),
        attempts: call.attempt,
        cpu_us: us(usage.cpu),
        wall_us: us(usage.wall),
        memory_bytes: usage.memory as u64,
        host_calls: usage.host_calls,
    }
}

impl Actions {
    /// One line per action: faults of plugins are loud, refusals and successes quiet.
    fn report(&self, log: &LogRow, outcome: &str, error: Option<&Error>) {
        let took = Duration::from_millis(self.0.clock.now_ms().saturating_sub(log.at_ms));
        self.0.metrics.action(&log.plugin, &log.action, outcome, took);
        self.0.metrics.plugin_call(&log.plugin, Duration::from_micros(log.cpu_us), Duration::from_micros(log.wall_us));
        let LogRow { plugin, plugin_version: version, action, id, cpu_us, wall_us, memory_bytes, host_calls, .. } = log;
        let fault = error.filter(|e| e.code.word().starts_with("plugin_") || e.code == Code::WidgetTemplate);
        match fault {
            Some(error) => {
                let why = error.source.as_ref().map(ToString::to_string).unwrap_or_default();
                tracing::warn!(
                    %plugin, %version, action, id, outcome, cpu_us, wall_us, memory_bytes, host_calls, why, "action failed"
                );
            }
            None => {
                tracing::debug!(%plugin, %version, action, id, outcome, cpu_us, wall_us, memory_bytes, host_calls, "action");
            }
        }
    }
}
