//! Fixtures that a plugin ships, run in the real sandbox on data that exists only for them, before it can be in force.
mod compare;
mod virtual_host;

use super::PluginLimits;
use super::host::opened;
use super::manifest::{Declared, Effect, Manifest};
use super::table::Grants;
use crate::base::error::{Code, Error, Fault, Result};
use crate::features::state::Memory;
use crate::platform::wasm::{Call, Failure, Loaded, Reply};
use compare::Differences;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use virtual_host::VirtualHost;

/// Fixtures of one plugin, and the time that all of them together may take.
const MOST: usize = 32;
const TIME: Duration = Duration::from_secs(3);
/// 1 July 2025, noon: the time of the SDK's fake host.
const NOW_MS: u64 = 1_751_371_200_000;

/// One fixture, as it stands in the manifest. docs/plugin-authors.md describes the format.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fixture {
    name: String,
    action: Option<String>,
    query: Option<String>,
    #[serde(default)]
    input: Map<String, Value>,
    visitor: Option<String>,
    thread: Option<String>,
    /// What an admin would have configured.
    #[serde(default)]
    config: Map<String, Value>,
    #[serde(default)]
    state: Scopes,
    expect: Expect,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Scopes {
    visitor: Map<String, Value>,
    thread: Map<String, Value>,
    workspace: Map<String, Value>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expect {
    ok: Option<bool>,
    /// The code of a refusal, such as "conflict.out-of-stock".
    error: Option<String>,
    data: Option<Value>,
    render: Option<ExpectRender>,
    events: Option<Vec<Value>>,
    #[serde(default)]
    state: Scopes,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectRender {
    widget: String,
    data: Option<Value>,
}

/// What came of a fixture's call.
struct Outcome {
    /// The answer, or the code of what it ended with.
    ended: std::result::Result<Answer, String>,
    events: Vec<Value>,
    /// By scope: visitor, thread, workspace.
    state: [BTreeMap<String, Arc<str>>; 3],
}

struct Answer {
    data: Option<Value>,
    render: Option<(String, Value)>,
}

/// Reads the manifest's fixtures. Errors: what is wrong with which, in words.
pub(super) fn parse(
    raw: Vec<Value>,
    actions: &[Declared],
    queries: &[Declared],
) -> std::result::Result<Vec<Fixture>, String> {
    if raw.len() > MOST {
        return Err(format!("at most {MOST} fixtures are accepted"));
    }
    let read = |(number, one): (usize, Value)| {
        let fixture: Fixture = serde_json::from_value(one).map_err(|e| format!("fixture {number}: {e}"))?;
        let about = |why: &str| Err(format!("the fixture {:?} {why}", short(&fixture.name)));
        let known = |all: &[Declared], name: &str| all.iter().any(|declared| declared.name == name);
        match (&fixture.action, &fixture.query) {
            (Some(action), None) if !known(actions, action) => return about("names an action that is not declared"),
            (None, Some(query)) if !known(queries, query) => return about("names a query that is not declared"),
            (Some(_), None) | (None, Some(_)) => {}
            _ => return about("must name either an action or a query"),
        }
        match (fixture.expect.ok, &fixture.expect.error) {
            (Some(true), Some(_)) | (Some(false), None) => about("must expect either ok or an error's code"),
            _ => Ok(fixture),
        }
    };
    raw.into_iter().enumerate().map(read).collect()
}

/// Runs all fixtures of the manifest. Errors: `plugin_invalid` with the differences of the first one that fails.
pub(super) async fn run(plugin: &Loaded, manifest: &Manifest, limits: &PluginLimits) -> Result<()> {
    let grants = Arc::new(Grants::of(&manifest.permissions));
    let began = Instant::now();
    for (number, fixture) in manifest.fixtures.iter().enumerate() {
        if began.elapsed() > TIME {
            let why = format!("its self-tests take more than {} s together", TIME.as_secs());
            return Err(refused(&why));
        }
        let differences = fixture.differences(plugin, manifest, &grants, limits).await;
        if !differences.is_empty() {
            return Err(failed(number, fixture, differences));
        }
    }
    Ok(())
}

fn refused(why: &str) -> Error {
    Error::new(Code::PluginInvalid, format!("The plugin is refused: {why}"))
}

fn failed(number: usize, fixture: &Fixture, differences: Vec<(String, String)>) -> Error {
    let (place, what) = differences.first().cloned().unwrap_or_default();
    let detail = format!("its self-test {:?} failed: at {place}: {what}", short(&fixture.name));
    let fault = |(place, message): (String, String)| {
        let pointer = format!("/fixtures/{number}/{}", place.replace('.', "/"));
        Fault { pointer, message }
    };
    refused(&detail).with_faults(differences.into_iter().map(fault).collect())
}

fn short(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(100).collect()
}

impl Fixture {
    /// Where the outcome is not as expected, and how.
    async fn differences(
        &self,
        plugin: &Loaded,
        manifest: &Manifest,
        grants: &Arc<Grants>,
        limits: &PluginLimits,
    ) -> Vec<(String, String)> {
        let outcome = self.outcome(plugin, manifest, grants, limits).await;
        let mut found = Differences::default();
        match (&outcome.ended, &self.expect.error) {
            (Err(code), Some(expected)) if code == expected => {}
            (Err(code), Some(expected)) => found.add("expect.error", format!("expected {expected}, got {code}")),
            (Err(code), None) => found.add("expect.ok", format!("expected ok, got the refusal {code}")),
            (Ok(_), Some(expected)) => found.add("expect.error", format!("expected {expected}, but it went well")),
            (Ok(answer), None) => self.expect.compare_answer(answer, &mut found),
        }
        if let Some(events) = &self.expect.events {
            let actual = Value::Array(outcome.events);
            found.compare("expect.events", &Value::Array(events.clone()), &actual);
        }
        let Scopes { visitor, thread, workspace } = &self.expect.state;
        let scopes = [("visitor", visitor), ("thread", thread), ("workspace", workspace)];
        for ((name, expected), actual) in scopes.into_iter().zip(&outcome.state) {
            for (key, value) in expected {
                found.compare_key(&format!("expect.state.{name}.{key}"), value, actual.get(key).map(|text| &**text));
            }
        }
        found.list
    }

    async fn outcome(
        &self,
        plugin: &Loaded,
        manifest: &Manifest,
        grants: &Arc<Grants>,
        limits: &PluginLimits,
    ) -> Outcome {
        let (all, name, read_only) = match (&self.action, &self.query) {
            (Some(action), _) => (&manifest.actions, action, false),
            (None, query) => (&manifest.queries, query.as_ref().unwrap_or(&self.name), true),
        };
        let declared = all.iter().find(|declared| declared.name == *name);
        let input = Value::Object(self.input.clone());
        if declared.is_none_or(|declared| declared.input.check(&input).is_err()) {
            return self.unchanged("input.invalid");
        }
        let Ok(config) = manifest.config.effective(&self.config) else { return self.unchanged("config.invalid") };
        let read_only = read_only || declared.is_some_and(|declared| declared.effect == Effect::Read);
        let host = VirtualHost::new(
            Memory::new(limits.state, self.state.texts()),
            grants.clone(),
            config,
            limits.out,
            self.thread().is_some(),
            read_only,
        );
        let (call, limits) = (self.call(name, &input), limits.of_call(&manifest.asks));
        let (ended, host) = if self.action.is_some() {
            let (ended, _, host) = plugin.handle(&call, host, &limits).await;
            (ended.map(|answer| answer.map(Answer::of_reply)), host)
        } else {
            let (ended, _, host) = plugin.load(&call, host, &limits).await;
            (ended.map(|answer| answer.map(|text| Answer { data: Some(parsed(&text)), render: None })), host)
        };
        let Some(host) = host else { return self.unchanged("plugin.busy") };
        if let Some(word) = host.breach() {
            return self.unchanged(word);
        }
        let events = host
            .events
            .iter()
            .map(|event| json!({"topic": event.topic, "payload": parsed(&event.payload), "audience": event.audience}));
        match (ended, events.collect(), host.memory.commit()) {
            (Ok(Ok(answer)), events, Ok(state)) => Outcome { ended: Ok(answer), events, state },
            (Ok(Ok(_)), _, Err(Failure { code, .. })) | (Ok(Err(Failure { code, .. })), ..) => self.unchanged(&code),
            (Err(fault), ..) => self.unchanged(fault.kind.word()),
        }
    }

    /// A call that stored nothing.
    fn unchanged(&self, code: &str) -> Outcome {
        Outcome { ended: Err(short(code)), events: Vec::new(), state: self.state.texts() }
    }

    fn thread(&self) -> Option<String> {
        let in_one = !self.state.thread.is_empty() || !self.expect.state.thread.is_empty();
        self.thread.clone().or_else(|| in_one.then(|| "thr_test".to_owned()))
    }

    fn call(&self, name: &str, input: &Value) -> Call {
        Call {
            name: name.to_owned(),
            input: input.to_string(),
            id: "act_test".to_owned(),
            workspace: "wsp_test".to_owned(),
            thread: self.thread(),
            visitor: self.visitor.clone().unwrap_or_else(|| "vis_test".to_owned()),
            locale: "en".to_owned(),
            now_ms: NOW_MS,
            attempt: 1,
        }
    }
}

impl Expect {
    fn compare_answer(&self, answer: &Answer, found: &mut Differences) {
        if let Some(data) = &self.data {
            found.compare("expect.data", data, answer.data.as_ref().unwrap_or(&Value::Null));
        }
        let Some(render) = &self.render else { return };
        let Some((widget, data)) = &answer.render else {
            return found.add("expect.render", format!("expected the widget {}, got none", short(&render.widget)));
        };
        found.compare("expect.render.widget", &json!(render.widget), &json!(widget));
        if let Some(expected) = &render.data {
            found.compare("expect.render.data", expected, data);
        }
    }
}

impl Scopes {
    fn texts(&self) -> [BTreeMap<String, Arc<str>>; 3] {
        let texts = |scope: &Map<String, Value>| {
            scope.iter().map(|(key, value)| (key.clone(), Arc::from(value.to_string()))).collect()
        };
        [texts(&self.visitor), texts(&self.thread), texts(&self.workspace)]
    }
}

impl Answer {
    fn of_reply(reply: Reply) -> Answer {
        let render = reply.render.map(|render| (render.widget, parsed(&render.data)));
        Answer { data: reply.data.as_deref().map(parsed), render }
    }
}

/// Text that is not JSON is compared as a text: the difference then says what it was.
fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_one(fixture: Value) -> std::result::Result<Vec<Fixture>, String> {
        let manifest = json!({"plugin": {"id": "dev.test.x", "version": "1.0.0"},
            "actions": [{"name": "go"}], "queries": [{"name": "ask"}]});
        let manifest = Manifest::parse(&manifest.to_string()).unwrap();
        parse(vec![fixture], &manifest.actions, &manifest.queries)
    }

    #[test]
    fn a_fixture_names_what_it_calls_and_what_should_come_of_it() {
        assert!(parse_one(json!({"name": "x", "action": "go", "expect": {}})).is_ok());
        assert!(parse_one(json!({"name": "x", "query": "ask", "expect": {"error": "a.b"}})).is_ok());
        for (wrong, words) in [
            (json!({"name": "x", "expect": {}}), "either an action or a query"),
            (json!({"name": "x", "action": "go", "query": "ask", "expect": {}}), "either an action or a query"),
            (json!({"name": "x", "action": "ask", "expect": {}}), "not declared"),
            (json!({"name": "x", "action": "go"}), "expect"),
            (json!({"name": "x", "action": "go", "expect": {"ok": false}}), "either ok or an error"),
            (json!({"name": "x", "action": "go", "expect": {"ok": true, "error": "a"}}), "either ok or an error"),
            (json!({"name": "x", "action": "go", "inputs": {}, "expect": {}}), "inputs"),
        ] {
            let why = parse_one(wrong.clone()).unwrap_err();
            assert!(why.contains(words), "{wrong}: {why}");
        }
    }
}
