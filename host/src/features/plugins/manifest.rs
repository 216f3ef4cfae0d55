//! What a plugin says of itself, and what of it is believed.
//!
//! The plugin's word is taken once, at upload; afterwards the stored manifest counts.
use super::personal::{Personal, RawPersonal};
use super::selftest::{self, Fixture};
use crate::base::error::{Code, Error, Result};
use crate::features::identity::Role;
use crate::platform::schema::Schema;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Bytes of a whole manifest.
const MAX_BYTES: usize = 4 * 1024 * 1024;
const MAX_NAMES: usize = 200;

#[derive(Debug, Deserialize)]
struct Raw {
    plugin: RawAbout,
    #[serde(default)]
    needs: RawNeeds,
    #[serde(default)]
    limits: RawLimits,
    #[serde(default)]
    config: RawConfig,
    #[serde(default)]
    visitors: RawPersonal,
    #[serde(default)]
    actions: Vec<RawEntry>,
    #[serde(default)]
    queries: Vec<RawEntry>,
    #[serde(default)]
    widgets: Vec<Value>,
    #[serde(default)]
    fixtures: Vec<Value>,
}

#[derive(Debug, Deserialize)]
struct RawAbout {
    id: String,
    name: Option<String>,
    version: String,
    title: Option<String>,
    description: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
struct RawNeeds {
    #[serde(default)]
    state: Vec<String>,
    #[serde(default)]
    events: Vec<String>,
    #[serde(default)]
    secrets: Vec<RawSecret>,
    #[serde(default)]
    reasons: BTreeMap<String, String>,
}

/// A secret by its name alone, or with more about it.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum RawSecret {
    Name(String),
    More { name: String, reason: Option<String> },
}

#[derive(Debug, Default, Deserialize)]
struct RawLimits {
    cpu_ms: Option<u64>,
    wall_ms: Option<u64>,
    memory_mib: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
struct RawConfig {
    schema: Option<Value>,
    default: Option<Map<String, Value>>,
}

#[derive(Debug, Deserialize)]
struct RawEntry {
    name: String,
    title: Option<String>,
    description: Option<String>,
    input: Option<Value>,
    effect: Option<String>,
    auth: Option<String>,
    on_failure: Option<RawOnFailure>,
    #[serde(default)]
    shared: bool,
}

#[derive(Debug, Deserialize)]
struct RawOnFailure {
    fallback: String,
}

/// What an action does to the data. The host holds a `read` action to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    Read,
    Write,
    Destructive,
}

/// An action or a query, as declared.
pub struct Declared {
    pub name: String,
    pub title: String,
    pub description: String,
    pub input: Schema,
    pub effect: Effect,
    /// `None`: anybody, also without being a visitor yet.
    pub role: Option<Role>,
    /// The plugin's widget that is shown when the action cannot be done because the plugin is down.
    pub fallback: Option<String>,
    /// A query that answers everybody alike: it is not told who asks, nor when, and its answer is kept.
    pub shared: bool,
}

/// Limits that a plugin asks for; the host's ceilings win.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asks {
    pub cpu: Option<Duration>,
    pub wall: Option<Duration>,
    pub memory: Option<usize>,
}

/// What can be configured, and what holds where the admin says nothing.
pub struct Config {
    pub default: Map<String, Value>,
    pub schema: Option<Schema>,
}

/// A checked manifest.
pub struct Manifest {
    pub id: String,
    pub name: String,
    pub version: String,
    pub title: String,
    pub description: String,
    /// Every permission it asks for: "state:visitor", "events:cart-updated" …
    pub permissions: BTreeSet<String>,
    /// Why, in the author's words, by permission.
    pub reasons: BTreeMap<String, String>,
    pub asks: Asks,
    pub config: Config,
    pub personal: Personal,
    pub actions: Vec<Declared>,
    pub queries: Vec<Declared>,
    /// Widget files, unchecked: the widgets' room knows them.
    pub widgets: Vec<Value>,
    /// What the plugin is tested with before it can be in force.
    pub(super) fixtures: Vec<Fixture>,
    /// As the plugin gave it, for showing.
    pub source: Value,
}

fn refuse(why: impl std::fmt::Display) -> Error {
    Error::new(Code::PluginInvalid, format!("The plugin's manifest is refused: {why}"))
}

impl Manifest {
    /// Errors: `plugin_invalid`, naming the part that is wrong.
    pub fn parse(text: &str) -> Result<Manifest> {
        if text.len() > MAX_BYTES {
            return Err(refuse(format!("it has {} bytes; at most {MAX_BYTES} are read", text.len())));
        }
        let source: Value = serde_json::from_str(text).map_err(|e| refuse(format!("it is not JSON: {e}")))?;
        if !source.is_object() {
            return Err(refuse("it is not a JSON object"));
        }
        let raw: Raw = serde_json::from_value(source.clone()).map_err(refuse)?;
        let id = raw.plugin.id;
        if !is_id(&id) {
            return Err(refuse("plugin.id must be a reverse domain name such as \"dev.acme.hello\""));
        }
        let name = raw.plugin.name.unwrap_or_else(|| id.rsplit('.').next().unwrap_or_default().to_owned());
        if !is_slug(&name, 40) {
            return Err(refuse("plugin.name must have 1 to 40 characters of a-z, 0-9 and -"));
        }
        let version = raw.plugin.version;
        if !is_version(&version) {
            return Err(refuse("plugin.version must look like 1.2.3"));
        }
        let actions = declared(raw.actions, "action", Effect::Write, Some(Role::Visitor))?;
        let queries = declared(raw.queries, "query", Effect::Read, None)?;
        let is_shipped = |name: &str| raw.widgets.iter().any(|w| w.get("name").and_then(Value::as_str) == Some(name));
        for Declared { name, fallback, .. } in &actions {
            if let Some(widget) = fallback.as_ref().filter(|widget| !is_shipped(widget)) {
                return Err(refuse(format!("on_failure of {name} names the widget {widget}, which it does not ship")));
            }
        }
        let fixtures = selftest::parse(raw.fixtures, &actions, &queries).map_err(refuse)?;
        Ok(Manifest {
            fixtures,
            title: short(raw.plugin.title.as_deref().unwrap_or(&name), 100),
            description: short(raw.plugin.description.as_deref().unwrap_or_default(), 1_000),
            permissions: permissions(&raw.needs)?,
            reasons: reasons(raw.needs),
            asks: raw.limits.into(),
            config: config(raw.config)?,
            personal: Personal::of(raw.visitors, &actions, &queries).map_err(refuse)?,
            id,
            name,
            version,
            actions,
            queries,
            widgets: raw.widgets,
            source,
        })
    }
}

impl From<RawLimits> for Asks {
    fn from(raw: RawLimits) -> Asks {
        Asks {
            cpu: raw.cpu_ms.map(Duration::from_millis),
            wall: raw.wall_ms.map(Duration::from_millis),
            memory: raw.memory_mib.map(|mib| usize::try_from(mib.saturating_mul(1 << 20)).unwrap_or(usize::MAX)),
        }
    }
}

fn declared(raw: Vec<RawEntry>, kind: &str, effect: Effect, role: Option<Role>) -> Result<Vec<Declared>> {
    if raw.len() > MAX_NAMES {
        return Err(refuse(format!("at most {MAX_NAMES} names of one kind are accepted")));
    }
    let mut seen = BTreeSet::new();
    raw.into_iter()
        .map(|entry| {
            let name = entry.name;
            if !is_name(&name) {
                return Err(refuse(format!("an {kind}'s name must have 1 to 64 characters of a-z, 0-9, _, - and .")));
            }
            if !seen.insert(name.clone()) {
                return Err(refuse(format!("the {kind} {name} is declared twice")));
            }
            let input = entry.input.unwrap_or_else(|| json!({"type": "object"}));
            let input = Schema::compile(&input).map_err(|e| refuse(format!("the input schema of {name}: {e}")))?;
            let effect = match entry.effect.as_deref() {
                None => effect,
                Some("read") => Effect::Read,
                Some("write") if kind == "action" => Effect::Write,
                Some("destructive") if kind == "action" => Effect::Destructive,
                Some(_) => return Err(refuse(format!("the effect of {name} must be read, write or destructive"))),
            };
            let role = match entry.auth.as_deref() {
                None => role,
                Some("public") => None,
                Some("visitor") => Some(Role::Visitor),
                Some("user") => Some(Role::User),
                Some("operator") => Some(Role::Operator),
                Some("admin") => Some(Role::Admin),
                Some(_) => {
                    return Err(refuse(format!("auth of {name} must be public, visitor, user, operator or admin")));
                }
            };
            if entry.shared && (kind != "query" || role.is_some()) {
                return Err(refuse(format!("{name} cannot be shared; only a query that is public can")));
            }
            let title = short(entry.title.as_deref().unwrap_or(&name), 100);
            let description = short(entry.description.as_deref().unwrap_or_default(), 1_000);
            let shared = entry.shared;
            let fallback = entry.on_failure.map(|on_failure| on_failure.fallback);
            Ok(Declared { name, title, description, input, effect, role, fallback, shared })
        })
        .collect()
}

fn permissions(needs: &RawNeeds) -> Result<BTreeSet<String>> {
    let mut all = BTreeSet::new();
    for scope in &needs.state {
        if !matches!(scope.as_str(), "visitor" | "thread" | "workspace") {
            return Err(refuse("needs.state may hold visitor, thread and workspace"));
        }
        all.insert(format!("state:{scope}"));
    }
    for topic in &needs.events {
        if !is_slug(topic, 64) {
            return Err(refuse("a topic of needs.events must have 1 to 64 characters of a-z, 0-9 and -"));
        }
        all.insert(format!("events:{topic}"));
    }
    for secret in &needs.secrets {
        let (RawSecret::Name(name) | RawSecret::More { name, .. }) = secret;
        if !is_secret_name(name) {
            return Err(refuse("a name of needs.secrets must have 1 to 64 characters of a-z, A-Z, 0-9, _, - and ."));
        }
        all.insert(format!("secret:{name}"));
    }
    Ok(all)
}

/// What a stored manifest asks for and why, without checking all the rest of it again.
pub(super) fn asked(manifest: &Value) -> (BTreeSet<String>, BTreeMap<String, String>) {
    let needs = || manifest.get("needs").and_then(|needs| RawNeeds::deserialize(needs).ok()).unwrap_or_default();
    (permissions(&needs()).unwrap_or_default(), reasons(needs()))
}

fn reasons(needs: RawNeeds) -> BTreeMap<String, String> {
    let of_secrets = needs.secrets.into_iter().filter_map(|secret| match secret {
        RawSecret::More { name, reason: Some(reason) } => Some((format!("secret:{name}"), reason)),
        _ => None,
    });
    let all = of_secrets.chain(needs.reasons).take(MAX_NAMES);
    all.map(|(permission, reason)| (short(&permission, 100), short(&reason, 300))).collect()
}

fn config(raw: RawConfig) -> Result<Config> {
    let default = raw.default.unwrap_or_default();
    let schema = raw.schema.filter(|s| !s.is_null()).map(|schema| Schema::compile(&schema)).transpose();
    let schema = schema.map_err(|e| refuse(format!("the configuration's schema: {e}")))?;
    let config = Config { default, schema };
    config.effective(&Map::new()).map_err(|faults| {
        refuse("the default configuration does not fit the configuration's schema").with_faults(faults)
    })?;
    Ok(config)
}

/// Of a secret: what environment variables are called is fine, too.
pub fn is_secret_name(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    (1..=64).contains(&text.len()) && text.bytes().all(plain)
}

pub(super) fn short(text: &str, most: usize) -> String {
    text.chars().filter(|c| !c.is_control()).take(most).collect()
}

fn is_slug(text: &str, most: usize) -> bool {
    (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

fn is_name(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-' | b'.');
    (1..=64).contains(&text.len()) && text.bytes().all(plain)
}

fn is_id(text: &str) -> bool {
    let part = |p: &str| !p.is_empty() && p.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    text.len() <= 100 && text.contains('.') && text.split('.').all(part)
}

fn is_version(text: &str) -> bool {
    let (core, rest) = match text.find(['-', '+']) {
        Some(at) => text.split_at(at),
        None => (text, ""),
    };
    let number = |p: &str| !p.is_empty() && p.len() <= 9 && p.bytes().all(|b| b.is_ascii_digit());
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'+' | b'.');
    text.len() <= 64 && core.split('.').count() == 3 && core.split('.').all(number) && rest.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(value: Value) -> Result<Manifest> {
        Manifest::parse(&value.to_string())
    }

    #[test]
    fn the_smallest_manifest_has_sensible_defaults() {
        let plugin = json!({"id": "dev.acme.hello", "version": "0.1.0"});
        let manifest = parse(json!({"plugin": plugin, "actions": [{"name": "hello.greet"}],
            "queries": [{"name": "hello"}], "needs": {"state": ["thread"], "events": ["greeted"]}}))
        .unwrap();
        assert_eq!(manifest.name, "hello");
        assert_eq!(manifest.permissions.iter().collect::<Vec<_>>(), ["events:greeted", "state:thread"]);
        assert_eq!(manifest.actions[0].effect, Effect::Write);
        assert_eq!(manifest.actions[0].role, Some(Role::Visitor));
        assert_eq!(manifest.queries[0].effect, Effect::Read);
        assert_eq!(manifest.queries[0].role, None);
    }

    #[test]
    fn lies_and_nonsense_are_refused_by_name() {
        let with = |part: Value| {
            let mut whole = json!({"plugin": {"id": "dev.acme.hello", "version": "0.1.0"}});
            whole.as_object_mut().unwrap().extend(part.as_object().unwrap().clone());
            parse(whole).err().map(|e| e.detail.to_string()).unwrap_or_default()
        };
        assert!(Manifest::parse("{").is_err());
        assert!(Manifest::parse("[]").is_err());
        assert!(with(json!({"plugin": {"id": "hello", "version": "1.0.0"}})).contains("plugin.id"));
        assert!(with(json!({"plugin": {"id": "a.b", "version": "1"}})).contains("version"));
        assert!(with(json!({"plugin": {"id": "a.b", "name": "../x", "version": "1.0.0"}})).contains("name"));
        assert!(with(json!({"actions": [{"name": "a"}, {"name": "a"}]})).contains("twice"));
        assert!(with(json!({"actions": [{"name": "a b"}]})).contains("characters"));
        assert!(with(json!({"actions": [{"name": "a", "input": {"type": 7}}]})).contains("input schema of a"));
        assert!(with(json!({"actions": [{"name": "a", "effect": "maybe"}]})).contains("effect"));
        assert!(with(json!({"queries": [{"name": "a", "effect": "write"}]})).contains("effect"));
        assert!(with(json!({"actions": [{"name": "a", "auth": "root"}]})).contains("auth"));
        let fallback = json!({"name": "a", "on_failure": {"fallback": "gone"}});
        assert!(with(json!({"actions": [fallback]})).contains("widget gone"));
        assert!(with(json!({"actions": [{"name": "a", "shared": true}]})).contains("shared"));
        assert!(with(json!({"queries": [{"name": "a", "shared": true, "auth": "visitor"}]})).contains("shared"));
        assert!(with(json!({"needs": {"state": ["everything"]}})).contains("needs.state"));
        assert!(with(json!({"config": {"schema": {"required": ["x"]}, "default": {}}})).contains("default"));
    }
}
