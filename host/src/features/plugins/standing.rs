//! How a plugin and its versions stand, for lists and answers.
use super::manifest::{asked, short};
use super::permissions::missing;
use super::store::Version;
use crate::base::clock::Clock;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What an upload passed, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// "uploaded", "verified", "parsed", "compiled", "linked", "self-tested", "staged" or "active".
    pub step: String,
    pub at_ms: u64,
}

/// A version of a plugin, with what it says of itself.
#[derive(Clone, Debug, Serialize)]
pub struct PluginInfo {
    pub name: String,
    pub id: String,
    pub version: String,
    pub title: String,
    pub description: String,
    /// "sha256:" and 64 hex digits.
    pub digest: String,
    /// Size of the component in bytes.
    pub bytes: u64,
    /// "active", "staged", "needs-approval", "retired", "quarantined" or "failed".
    pub state: String,
    /// Why it is in this state, in words.
    pub reason: Option<String>,
    pub steps: Vec<Step>,
    pub actions: Vec<String>,
    pub queries: Vec<String>,
    pub widgets: Vec<String>,
    /// What it asks for: "state:visitor", "events:cart-updated" …
    pub permissions: Vec<String>,
    /// What it gets, or would get, of that.
    pub granted: Vec<String>,
    /// What would have to be granted before it can be active.
    pub missing: Vec<String>,
    /// What the plugin was granted earlier and this version does not ask for.
    pub no_longer_asked: Vec<String>,
    /// The author's reasons, by permission.
    pub reasons: BTreeMap<String, String>,
    /// Whether it came with the binary.
    pub bundled: bool,
    pub uploaded_at_ms: u64,
    /// "host" for one that came with it, "command line", or which token.
    pub uploaded_by: String,
    /// When it was last put in force; null for one that never was.
    pub activated_at_ms: Option<u64>,
    pub manifest: Value,
}

/// A version in the list of a plugin's versions.
#[derive(Clone, Debug, Serialize)]
pub struct VersionInfo {
    pub version: String,
    pub digest: String,
    pub state: String,
    pub reason: Option<String>,
    pub steps: Vec<Step>,
    pub asks: Vec<String>,
    pub granted: Vec<String>,
    pub missing: Vec<String>,
    pub no_longer_asked: Vec<String>,
    pub reasons: BTreeMap<String, String>,
    pub bytes: u64,
    pub uploaded_at_ms: u64,
    pub uploaded_by: String,
    pub activated_at_ms: Option<u64>,
    pub bundled: bool,
}

/// An upload that was refused. Nothing of it is stored.
#[derive(Clone, Debug, Serialize)]
pub struct Rejected {
    /// Absent when it was refused before it could say its name.
    pub name: Option<String>,
    pub version: Option<String>,
    pub digest: String,
    /// Always "rejected".
    pub state: &'static str,
    /// The step that it did not pass.
    pub step: String,
    /// The code of the answer.
    pub code: &'static str,
    pub reason: String,
    pub at_ms: u64,
    pub by: String,
}

/// A plugin's versions, the newest first, and uploads under its name that were refused lately.
#[derive(Clone, Debug, Serialize)]
pub struct Versions {
    pub versions: Vec<VersionInfo>,
    pub rejected: Vec<Rejected>,
}

impl From<PluginInfo> for VersionInfo {
    fn from(info: PluginInfo) -> VersionInfo {
        VersionInfo {
            version: info.version,
            digest: info.digest,
            state: info.state,
            reason: info.reason,
            steps: info.steps,
            asks: info.permissions,
            granted: info.granted,
            missing: info.missing,
            no_longer_asked: info.no_longer_asked,
            reasons: info.reasons,
            bytes: info.bytes,
            uploaded_at_ms: info.uploaded_at_ms,
            uploaded_by: info.uploaded_by,
            activated_at_ms: info.activated_at_ms,
            bundled: info.bundled,
        }
    }
}

/// The steps that an upload passes, in their order.
const ORDER: [&str; 8] = ["uploaded", "verified", "parsed", "compiled", "linked", "self-tested", "staged", "active"];

/// Writes down what an upload passes.
pub(super) struct Steps {
    clock: Clock,
    passed: Vec<Step>,
}

impl Steps {
    pub(super) fn begin(clock: &Clock) -> Steps {
        let mut steps = Steps { clock: clock.clone(), passed: Vec::new() };
        steps.reach("uploaded");
        steps
    }

    /// Those of a version that is known, to be continued.
    pub(super) fn of(clock: &Clock, version: &Version) -> Steps {
        Steps { clock: clock.clone(), passed: parse(&version.steps) }
    }

    /// A step that was passed before keeps its time, but for the last one: what is put in force again is so from now on.
    pub(super) fn reach(&mut self, step: &str) {
        let at_ms = self.clock.now_ms();
        match self.passed.iter_mut().find(|passed| passed.step == step) {
            Some(passed) if step == "active" => passed.at_ms = at_ms,
            Some(_) => {}
            None => self.passed.push(Step { step: step.to_owned(), at_ms }),
        }
    }

    /// The step that comes after the last one that was passed.
    pub(super) fn next(&self) -> &'static str {
        let last = self.passed.last().and_then(|passed| ORDER.iter().position(|step| *step == passed.step));
        ORDER.get(last.map_or(0, |at| at + 1)).copied().unwrap_or("active")
    }

    pub(super) fn json(&self) -> String {
        serde_json::to_string(&self.passed).unwrap_or_else(|_| "[]".to_owned())
    }
}

fn parse(steps: &str) -> Vec<Step> {
    serde_json::from_str(steps).unwrap_or_default()
}

pub(super) fn shown_digest(digest: &str) -> String {
    format!("sha256:{digest}")
}

/// How a version stands that is not in force.
pub(super) fn state_of(version: &Version) -> String {
    match version.state.as_str() {
        "quarantined" => "quarantined".to_owned(),
        _ if version.activated_at_ms.is_some() => "retired".to_owned(),
        state => state.to_owned(),
    }
}

/// A version as admins see it. The manifest is read without being checked again. `granted`: all that the plugin was
/// granted.
pub(super) fn info(version: &Version, granted: &BTreeSet<String>, state: String, widgets: Vec<String>) -> PluginInfo {
    let manifest: Value = serde_json::from_str(&version.manifest).unwrap_or_default();
    let text = |pointer: &str| manifest.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    let names = |list: &str| {
        let entries = manifest.get(list).and_then(Value::as_array).into_iter().flatten();
        entries.filter_map(|entry| entry.get("name")?.as_str()).map(str::to_owned).collect()
    };
    let (asks, reasons) = asked(&manifest);
    let title = Some(text("/plugin/title")).filter(|title| !title.is_empty()).unwrap_or_else(|| version.name.clone());
    let (title, description) = (short(&title, 100), short(&text("/plugin/description"), 1_000));
    PluginInfo {
        name: version.name.clone(),
        id: text("/plugin/id"),
        version: version.version.clone(),
        title,
        description,
        digest: shown_digest(&version.digest),
        bytes: version.bytes,
        state,
        reason: version.reason.clone(),
        steps: parse(&version.steps),
        actions: names("actions"),
        queries: names("queries"),
        widgets,
        missing: missing(&asks, granted),
        no_longer_asked: missing(granted, &asks),
        granted: asks.intersection(granted).cloned().collect(),
        permissions: asks.into_iter().collect(),
        reasons,
        bundled: version.bundled,
        uploaded_at_ms: version.uploaded_at_ms,
        uploaded_by: version.uploaded_by.clone(),
        activated_at_ms: version.activated_at_ms,
        manifest,
    }
}
