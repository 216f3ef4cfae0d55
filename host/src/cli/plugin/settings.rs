//! What belongs to a plugin whichever version of it is in force.
use super::{WHO, list, offline, print_json};
use crate::app::Failure;
use crate::base::json;
use crate::base::secret::Secret;
use crate::cli::{Place, block_on, print};
use crate::features::plugins::PermissionsInfo;
use clap::Subcommand;
use serde_json::{Map, Value};
use std::io::Read;
use std::path::PathBuf;

/// Bytes of a configuration or a secret that are read.
const MOST: u64 = 1024 * 1024;

#[derive(Subcommand)]
pub enum Verb {
    /// See and change a plugin's configuration
    #[command(subcommand)]
    Config(Config),
    /// Set and remove a plugin's secrets; a value is never shown, and never given on the command line
    #[command(subcommand)]
    Secret(Secrets),
    /// Compare what a plugin asks for, was granted and has really used
    Permissions {
        name: String,
        /// As JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        place: Place,
    },
}

#[derive(Subcommand)]
pub enum Config {
    /// Print what the plugin reads, as JSON
    Get {
        name: String,
        /// The admin's own values, the defaults under them and the schema as well
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Replace the admin's own values; they are checked against the plugin's schema first
    Set {
        name: String,
        /// A JSON file; without it, standard input
        file: Option<PathBuf>,
        #[command(flatten)]
        place: Place,
    },
}

#[derive(Subcommand)]
pub enum Secrets {
    /// Read a value from standard input, or a file, and store it encrypted
    Set {
        name: String,
        key: String,
        /// A file with the value; without it, standard input. A line break at its end does not count
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
        #[command(flatten)]
        place: Place,
    },
    /// List names and dates
    List {
        name: String,
        /// As JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Remove a secret
    Delete {
        name: String,
        key: String,
        #[command(flatten)]
        place: Place,
    },
}

pub fn run(verb: Verb) -> Result<(), Failure> {
    match verb {
        Verb::Config(Config::Get { name, json, place }) => {
            let config = block_on(async { Ok(offline(&place).await?.config(&name).await?) })?;
            if json { print_json(&config) } else { print_json(&config.config) }
        }
        Verb::Config(Config::Set { name, file, place }) => {
            let values = object(&read(file)?)?;
            block_on(async { Ok(offline(&place).await?.set_config(&name, values, WHO).await?) })?;
            print(&format!("{name} is configured"))
        }
        Verb::Secret(verb) => secret(verb),
        Verb::Permissions { name, json, place } => {
            let permissions = block_on(async { Ok(offline(&place).await?.permissions(&name).await?) })?;
            if json { print_json(&permissions) } else { print(&table(&permissions)) }
        }
    }
}

fn secret(verb: Secrets) -> Result<(), Failure> {
    match verb {
        Secrets::Set { name, key, file, place } => {
            let mut value = read(file)?;
            value.truncate(value.trim_end_matches(['\n', '\r']).len());
            let value = Secret::new(value);
            block_on(async { Ok(offline(&place).await?.put_secret(&name, &key, &value, WHO).await?) })?;
            print(&format!("the secret {key} of {name} is set"))
        }
        Secrets::List { name, json, place } => {
            let secrets = block_on(async { Ok(offline(&place).await?.secrets(&name).await?) })?;
            if json {
                return print_json(&secrets);
            }
            let line = |one: &crate::features::plugins::SecretInfo| match one.readable {
                true => format!("{}\n", one.name),
                false => format!("{} (cannot be read with the host's present key: set it again)\n", one.name),
            };
            print(&secrets.iter().map(line).collect::<String>())
        }
        Secrets::Delete { name, key, place } => {
            block_on(async { Ok(offline(&place).await?.delete_secret(&name, &key, WHO).await?) })?;
            print(&format!("the secret {key} of {name} is gone"))
        }
    }
}

/// A file's text, or that of standard input.
pub fn read(file: Option<PathBuf>) -> Result<String, Failure> {
    let mut text = String::new();
    match file {
        Some(file) => {
            let failed = |e: std::io::Error| format!("{} cannot be read: {e}", file.display());
            std::fs::File::open(&file).and_then(|f| f.take(MOST).read_to_string(&mut text)).map_err(failed)?;
        }
        None => {
            std::io::stdin().lock().take(MOST).read_to_string(&mut text)?;
        }
    }
    Ok(text)
}

pub fn object(text: &str) -> Result<Map<String, Value>, Failure> {
    match json::parse(text.as_bytes())? {
        Value::Object(object) => Ok(object),
        _ => Err("a configuration is a JSON object".into()),
    }
}

fn table(info: &PermissionsInfo) -> String {
    let mut out = String::new();
    for one in &info.permissions {
        let granted = if one.granted { "granted" } else { "not granted" };
        let asked = if one.asked { "" } else { ", no longer asked for" };
        out.push_str(&format!("{} ({granted}{asked})  used {} times\n", one.permission, one.uses));
        if let Some(reason) = &one.reason {
            out.push_str(&format!("  reason:  {reason}\n"));
        }
    }
    out.push_str(&format!("granted and not used by {}: {}\n", info.version, list(&info.unused)));
    out
}
