//! `inlay plugin`: on the data folder itself, so it works with and without a running host, which follows within moments.
//! Exit code 3: a version was stored and waits for approval.
mod change;
mod settings;

use super::{Place, block_on, print, watch};
use crate::app::{self, Failure};
use crate::base::error::{Code, Error};
use crate::features::plugins::{Manifest, Permissions, PluginInfo, Plugins, Upload};
use crate::settings::Settings;
use bytes::Bytes;
use clap::Subcommand;
use serde_json::{Value, json};
use std::io::Read;
use std::path::{Path, PathBuf};

#[derive(Subcommand)]
pub enum Verb {
    /// List the plugins, what they offer, and which are in force
    List {
        /// As JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Print what a plugin says of itself, as JSON: an installed one by its name, or a component file, which stays uninstalled
    Inspect {
        #[arg(value_name = "NAME|FILE")]
        what: String,
        #[command(flatten)]
        place: Place,
    },
    /// Check a component file in the sandbox and put it in force
    Load {
        file: PathBuf,
        /// What it may do, such as state:visitor,events:cart-updated, or "all" that it asks for
        #[arg(long, value_name = "LIST", value_delimiter = ',')]
        grant: Vec<String>,
        /// Store it without putting it in force
        #[arg(long)]
        stage: bool,
        /// Print the version as JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        place: Place,
    },
    /// See how a plugin's calls are doing, on the running host
    Stats(watch::Stats),
    /// Read what a plugin's calls have logged, on the running host
    Logs(watch::Logs),
    #[command(flatten)]
    Change(change::Verb),
    #[command(flatten)]
    Settings(settings::Verb),
}

/// A version that was stored and does not serve yet: exit code 3.
#[derive(Debug)]
pub struct Waits(String);

impl std::fmt::Display for Waits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Waits {}

/// Who changes plugins here, for the history.
const WHO: &str = "command line";

pub fn run(verb: Verb) -> Result<(), Failure> {
    match verb {
        Verb::Stats(args) => watch::stats(&args),
        Verb::Logs(args) => watch::logs(&args),
        Verb::List { json, place } => {
            let settings = place.settings()?;
            let all = block_on(async { Ok(app::plugins_offline(&settings).await?.all().await?) })?;
            if json { print(&serde_json::to_string_pretty(&all)?) } else { print(&table(&all)) }
        }
        Verb::Inspect { what, place } => {
            let settings = place.settings()?;
            let file = Path::new(&what);
            let component = if file.is_file() { Some(read(file, &settings)?) } else { None };
            let value = block_on(async {
                let plugins = app::plugins_offline(&settings).await?;
                Ok(match component {
                    Some(component) => described(plugins.inspect(component).await?)?,
                    None => serde_json::to_value(plugins.about(&what).await?)?,
                })
            })?;
            print(&serde_json::to_string_pretty(&value)?)
        }
        Verb::Load { file, grant, stage, json, place } => {
            let settings = place.settings()?;
            let component = read(&file, &settings)?;
            let permissions = granted(grant);
            let upload = Upload { component, permissions, activate: !stage, who: WHO.to_owned(), draft: false };
            let info = block_on(async {
                let plugins = app::plugins_offline(&settings).await?;
                plugins.upload(upload).await.map_err(in_words_of_flags)
            })?;
            show(&info, json)
        }
        Verb::Change(verb) => change::run(verb),
        Verb::Settings(verb) => settings::run(verb),
    }
}

async fn offline(place: &Place) -> Result<Plugins, Failure> {
    app::plugins_offline(&place.settings()?).await
}

/// What `--grant` says; without it nothing is said.
fn granted(grant: Vec<String>) -> Option<Permissions> {
    Some(permissions(grant)).filter(|permissions| *permissions != Permissions::These(Vec::new()))
}

fn print_json(value: &impl serde::Serialize) -> Result<(), Failure> {
    print(&serde_json::to_string_pretty(value)?)
}

/// A version after it was stored or put in force.
fn show(info: &PluginInfo, json: bool) -> Result<(), Failure> {
    let PluginInfo { name, version, digest, state, .. } = info;
    if json {
        print_json(info)?;
    } else if state == "active" {
        print(&format!("{name} {version} is in force ({digest}); granted: {}", list(&info.granted)))?;
    } else {
        print(&format!("{name} {version} is stored ({digest}); state: {state}"))?;
    }
    if state != "needs-approval" {
        return Ok(());
    }
    let mut text = format!("{name} {version} waits: {}", info.reason.as_deref().unwrap_or_default());
    for permission in &info.missing {
        let reason = info.reasons.get(permission).map(|reason| format!(": {reason}")).unwrap_or_default();
        text.push_str(&format!("\n  {permission}{reason}"));
    }
    text.push_str(&format!("\n  approve it with `inlay plugin activate {name} {version} --grant all`"));
    Err(Waits(text).into())
}

/// The room speaks of permissions; here they are given with a flag.
fn in_words_of_flags(error: Error) -> Failure {
    if error.code != Code::GrantsMissing {
        return error.into();
    }
    let missing: Vec<&str> = error.faults.iter().map(|fault| fault.message.trim_start_matches("missing: ")).collect();
    format!("the plugin asks for more than it was granted: {}\n  give it all with --grant all", missing.join(", "))
        .into()
}

/// A file's manifest, and what it would have to be granted.
fn described(manifest: Value) -> Result<Value, Failure> {
    let permissions = Manifest::parse(&manifest.to_string())?.permissions;
    Ok(json!({"permissions": permissions, "manifest": manifest}))
}

fn permissions(grant: Vec<String>) -> Permissions {
    if grant.iter().any(|word| word == "all") { Permissions::All } else { Permissions::These(grant) }
}

/// Reads a component, but never more of it than could be installed.
fn read(file: &Path, settings: &Settings) -> Result<Bytes, Failure> {
    let limit = settings.plugins.max_component_bytes;
    let failed = |e: std::io::Error| format!("{} cannot be read: {e}", file.display());
    let mut bytes = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    std::fs::File::open(file).and_then(|f| f.take(most).read_to_end(&mut bytes)).map_err(failed)?;
    if bytes.len() > limit {
        return Err(format!("{} is larger than plugins.max_component_bytes ({limit})", file.display()).into());
    }
    Ok(bytes.into())
}

fn list(words: &[String]) -> String {
    if words.is_empty() { "nothing".to_owned() } else { words.join(", ") }
}

fn table(all: &[PluginInfo]) -> String {
    let mut out = String::new();
    for plugin in all {
        let bundled = if plugin.bundled { ", bundled" } else { "" };
        out.push_str(&format!("{} {} ({}{bundled})  {}\n", plugin.name, plugin.version, plugin.state, plugin.title));
        if let Some(reason) = &plugin.reason {
            out.push_str(&format!("  reason:   {reason}\n"));
        }
        let parts = [("actions", &plugin.actions), ("queries", &plugin.queries), ("widgets", &plugin.widgets)];
        for (name, words) in parts.into_iter().chain([("granted", &plugin.granted)]) {
            out.push_str(&format!("  {name}:  {}\n", list(words)));
        }
    }
    if out.is_empty() { "There is no plugin; `inlay plugin load FILE` adds one.".to_owned() } else { out }
}
