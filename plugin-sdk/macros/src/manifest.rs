//! `inlay.toml`, read and checked at compile time, and the manifest made of it.
use crate::table::{Entry, Table};
use crate::{fixtures, names, widgets};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub struct Manifest {
    pub json: Value,
    /// Absolute paths of the files it was made of.
    pub files: Vec<String>,
    /// Actions whose effect is "read".
    pub read_actions: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Document {
    plugin: PluginSection,
    #[serde(default)]
    needs: Needs,
    #[serde(default)]
    limits: Limits,
    #[serde(default)]
    config: Config,
    #[serde(default)]
    visitors: Visitors,
    #[serde(default)]
    actions: BTreeMap<String, ActionSection>,
    #[serde(default)]
    queries: BTreeMap<String, QuerySection>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct PluginSection {
    id: String,
    name: Option<String>,
    version: Option<String>,
    title: Option<String>,
    description: Option<String>,
    license: Option<String>,
    homepage: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
struct Needs {
    state: Vec<String>,
    events: Vec<String>,
    reasons: BTreeMap<String, String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
struct Limits {
    cpu_ms: Option<u32>,
    wall_ms: Option<u32>,
    memory_mib: Option<u32>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
struct Config {
    schema: Option<String>,
    default: Option<String>,
}

/// Names that the host alone calls.
#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
struct Visitors {
    /// An action: what becomes of keys that an anonymous visitor and the person he turns out to be both have.
    merge: Option<String>,
    /// A query: what the plugin keeps of a visitor beside his own scope.
    export: Option<String>,
    /// An action: deletes that.
    erase: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
struct ActionSection {
    title: Option<String>,
    description: Option<String>,
    effect: Option<Effect>,
    auth: Option<Auth>,
    on_failure: Option<OnFailure>,
}

#[derive(Deserialize, serde::Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct OnFailure {
    fallback: String,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
struct QuerySection {
    title: Option<String>,
    description: Option<String>,
    auth: Option<Auth>,
}

#[derive(Deserialize, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
enum Effect {
    Read,
    Write,
    Destructive,
}

#[derive(Deserialize, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
enum Auth {
    Public,
    Visitor,
    Operator,
    Admin,
}

/// Reads the crate's `inlay.toml` and `widgets/`. Errors: sentences for the author, with file and place.
pub fn build(table: &Table) -> Result<Manifest, String> {
    let root = std::env::var("CARGO_MANIFEST_DIR").map_err(|_| "the plugin must be built by cargo".to_owned())?;
    build_in(&Path::new(&root).join(&table.folder), table, &|name| {
        std::env::var(name).ok().filter(|value| !value.is_empty())
    })
}

/// `package`: what `Cargo.toml` says, by the names of cargo's variables.
fn build_in(root: &Path, table: &Table, package: &dyn Fn(&str) -> Option<String>) -> Result<Manifest, String> {
    let mut reader = Reader { root, files: Vec::new() };
    let text = reader.read("inlay.toml")?;
    let document: Document = toml::from_str(&text).map_err(|e| format!("inlay.toml: {e}"))?;
    check(&document, table)?;

    let actions: Vec<Value> = table.actions.iter().map(|e| action(e, document.actions.get(&e.name.value()))).collect();
    let queries: Vec<Value> = table.queries.iter().map(|e| query(e, document.queries.get(&e.name.value()))).collect();
    let is_read = |entry: &&Value| entry.get("effect").is_some_and(|effect| effect == "read");
    let names = actions.iter().filter(is_read).filter_map(|entry| entry.get("name")?.as_str());
    let read_actions = names.map(str::to_owned).collect();
    let widgets = widgets::all(&mut reader)?;
    check_fallbacks(&document, &widgets)?;
    let mut json = json!({
        "sdk": concat!("rust/", env!("CARGO_PKG_VERSION")),
        "plugin": plugin(&document.plugin, package),
        "needs": { "state": document.needs.state, "events": document.needs.events, "reasons": document.needs.reasons },
        "limits": limits(&document.limits),
        "config": config(&document.config, &mut reader)?,
        "actions": actions,
        "queries": queries,
        "widgets": widgets,
        "fixtures": fixtures::all(&mut reader, table)?,
    });
    if let (Some(visitors), Some(members)) = (visitors(&document.visitors, table)?, json.as_object_mut()) {
        members.insert("visitors".to_owned(), visitors);
    }
    Ok(Manifest { json, files: reader.files, read_actions })
}

/// Reads files of the crate and remembers which.
pub struct Reader<'a> {
    pub root: &'a Path,
    files: Vec<String>,
}

impl Reader<'_> {
    /// `name`: relative to `Cargo.toml`. Errors: a sentence that names the file.
    pub fn read(&mut self, name: &str) -> Result<String, String> {
        let path: PathBuf = self.root.join(name);
        let text = std::fs::read_to_string(&path).map_err(|e| format!("cannot read {}: {e}", path.display()))?;
        self.files.push(path.display().to_string());
        Ok(text)
    }

    pub fn read_json(&mut self, name: &str) -> Result<Value, String> {
        serde_json::from_str(&self.read(name)?).map_err(|e| format!("{name}: {e}"))
    }
}

fn check(document: &Document, table: &Table) -> Result<(), String> {
    let id = &document.plugin.id;
    if !names::is_plugin_id(id) {
        return Err(format!("inlay.toml: plugin.id {id:?} is not of the form \"dev.acme.hello\" (a-z, 0-9, '-', '_')"));
    }
    if let Some(name) = document.plugin.name.as_ref().filter(|name| !names::is_plugin(name)) {
        return Err(format!("inlay.toml: plugin.name {name:?} must have 1 to 40 of a-z, 0-9 and '-'"));
    }
    if document.plugin.name.is_none() && !names::is_plugin(last_segment(id)) {
        return Err("inlay.toml: the id's last part is no good name; set plugin.name (a-z, 0-9, '-')".to_owned());
    }
    if let Some(version) = document.plugin.version.as_ref().filter(|version| !names::is_version(version)) {
        return Err(format!("inlay.toml: plugin.version {version:?} is not of the form \"1.2.3\""));
    }
    const SCOPES: &[&str] = &["visitor", "thread", "workspace"];
    if let Some(scope) = document.needs.state.iter().find(|scope| !SCOPES.contains(&scope.as_str())) {
        return Err(format!(
            "inlay.toml: needs.state has {scope:?}; it may have \"visitor\", \"thread\", \"workspace\""
        ));
    }
    if let Some(topic) = document.needs.events.iter().find(|topic| !names::is_slug(topic)) {
        return Err(format!("inlay.toml: needs.events has {topic:?}; a topic has 1 to 64 of a-z, 0-9 and '-'"));
    }
    let states = document.needs.state.iter().map(|scope| format!("state:{scope}"));
    let events = document.needs.events.iter().map(|topic| format!("events:{topic}"));
    let needed: Vec<String> = states.chain(events).collect();
    if let Some(word) = document.needs.reasons.keys().find(|word| !needed.contains(word)) {
        return Err(format!("inlay.toml: needs.reasons explains {word:?}, which is not among the needs: {needed:?}"));
    }
    for entry in table.queries.iter().filter(|entry| entry.shared) {
        let name = entry.name.value();
        let refined = document.queries.get(&name).and_then(|section| section.auth.as_ref());
        if !matches!(refined, None | Some(Auth::Public)) || entry.auth.as_deref().is_some_and(|word| word != "public") {
            return Err(format!("the query {name} is #[shared], so it must be public: everybody gets the same answer"));
        }
    }
    all_known("actions", document.actions.keys(), &table.actions)?;
    all_known("queries", document.queries.keys(), &table.queries)
}

/// Errors: a sentence about a name that the code does not have.
fn visitors(section: &Visitors, table: &Table) -> Result<Option<Value>, String> {
    let mut named = Map::new();
    for (what, name, kind, entries) in [
        ("merge", &section.merge, "action", &table.actions),
        ("export", &section.export, "query", &table.queries),
        ("erase", &section.erase, "action", &table.actions),
    ] {
        let Some(name) = name else { continue };
        if !entries.iter().any(|entry| entry.name.value() == *name) {
            return Err(format!("inlay.toml: visitors.{what} names the {kind} {name:?}, which the code does not have"));
        }
        named.insert(what.to_owned(), json!(name));
    }
    Ok((!named.is_empty()).then_some(Value::Object(named)))
}

/// What stands in for an action that failed is a widget of the plugin.
fn check_fallbacks(document: &Document, widgets: &[Value]) -> Result<(), String> {
    for (action, section) in &document.actions {
        let Some(OnFailure { fallback }) = &section.on_failure else { continue };
        if !widgets.iter().any(|widget| widget.get("name").is_some_and(|name| name == fallback)) {
            return Err(format!(
                "inlay.toml: [actions.{action:?}] falls back to {fallback:?}, but widgets/ has no such one"
            ));
        }
    }
    Ok(())
}

/// A section that refines an entry which the code does not have is a misspelt name.
fn all_known<'a>(kind: &str, sections: impl Iterator<Item = &'a String>, entries: &[Entry]) -> Result<(), String> {
    let known: Vec<String> = entries.iter().map(|entry| entry.name.value()).collect();
    for section in sections {
        if !known.contains(section) {
            return Err(format!("inlay.toml: [{kind}.{section:?}] refines nothing; the code has {known:?}"));
        }
    }
    Ok(())
}

fn last_segment(id: &str) -> &str {
    id.rsplit('.').next().unwrap_or(id)
}

fn plugin(section: &PluginSection, package: &dyn Fn(&str) -> Option<String>) -> Value {
    let name = section.name.clone().unwrap_or_else(|| last_segment(&section.id).to_owned());
    json!({
        "id": section.id,
        "version": section.version.clone().or_else(|| package("CARGO_PKG_VERSION")),
        "title": section.title.clone().unwrap_or_else(|| names::humanize(&name)),
        "description": section.description.clone().or_else(|| package("CARGO_PKG_DESCRIPTION")).unwrap_or_default(),
        "license": section.license.clone().or_else(|| package("CARGO_PKG_LICENSE")),
        "homepage": section.homepage.clone().or_else(|| package("CARGO_PKG_HOMEPAGE")),
        "name": name,
    })
}

fn limits(limits: &Limits) -> Value {
    let asked = [("cpu_ms", limits.cpu_ms), ("wall_ms", limits.wall_ms), ("memory_mib", limits.memory_mib)];
    let some = asked.into_iter().filter_map(|(name, value)| Some((name.to_owned(), Value::from(value?))));
    Value::Object(some.collect::<Map<_, _>>())
}

fn config(config: &Config, reader: &mut Reader) -> Result<Value, String> {
    let schema = config.schema.as_ref().map(|name| reader.read_json(name)).transpose()?;
    let default = match &config.default {
        Some(name) => reader.read_json(name)?,
        None => json!({}),
    };
    if !default.is_object() {
        return Err("inlay.toml: the file of config.default must hold a JSON object".to_owned());
    }
    Ok(json!({ "schema": schema, "default": default }))
}

fn action(entry: &Entry, section: Option<&ActionSection>) -> Value {
    let name = entry.name.value();
    let effect = section.and_then(|s| s.effect.as_ref()).map(|effect| json!(effect));
    let auth = section.and_then(|s| s.auth.as_ref()).map(|auth| json!(auth));
    let mut action = json!({
        "title": section.and_then(|s| s.title.clone()).unwrap_or_else(|| names::humanize(&name)),
        "description": section.and_then(|s| s.description.clone()).unwrap_or_else(|| entry.description.clone()),
        "effect": effect.or_else(|| entry.effect.as_ref().map(|word| json!(word))).unwrap_or_else(|| json!("write")),
        "auth": auth.or_else(|| entry.auth.as_ref().map(|word| json!(word))).unwrap_or_else(|| json!("visitor")),
        "name": name,
    });
    let on_failure = section.and_then(|s| s.on_failure.as_ref());
    if let (Some(action), Some(on_failure)) = (action.as_object_mut(), on_failure) {
        action.insert("on_failure".to_owned(), json!(on_failure));
    }
    action
}

fn query(entry: &Entry, section: Option<&QuerySection>) -> Value {
    let name = entry.name.value();
    let auth = section.and_then(|s| s.auth.as_ref()).map(|auth| json!(auth));
    let mut query = json!({
        "title": section.and_then(|s| s.title.clone()).unwrap_or_else(|| names::humanize(&name)),
        "description": section.and_then(|s| s.description.clone()).unwrap_or_else(|| entry.description.clone()),
        "auth": auth.or_else(|| entry.auth.as_ref().map(|word| json!(word))).unwrap_or_else(|| json!("public")),
        "name": name,
    });
    if let (true, Some(query)) = (entry.shared, query.as_object_mut()) {
        query.insert("shared".to_owned(), true.into());
    }
    query
}

#[cfg(test)]
mod tests;
