//! Which version of a plugin is in force.
use super::{WHO, granted, in_words_of_flags, list, offline, print_json, show};
use crate::app::Failure;
use crate::cli::{Place, block_on, print};
use crate::features::plugins::{Activate, Rejected, VersionInfo, Versions};
use clap::Subcommand;
use std::path::PathBuf;

#[derive(Subcommand)]
pub enum Verb {
    /// List a plugin's versions: state and reason, permissions, when each was uploaded and put in force
    Versions {
        name: String,
        /// As JSON, with the steps that each upload passed
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Put a stored version in force, or approve one that waits
    Activate {
        name: String,
        /// A version number or a digest
        version: String,
        /// What the plugin may do from now on, in place of what was granted before; "all" adds what the version asks for
        #[arg(long, value_name = "LIST", value_delimiter = ',')]
        grant: Vec<String>,
        /// A JSON file with the plugin's configuration, for a version that does not take the present one
        #[arg(long, value_name = "FILE")]
        with_config: Option<PathBuf>,
        /// Print the version as JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Put the version in force that was before; again to go further back
    Rollback {
        name: String,
        /// Print the version as JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Take a plugin out of force; its data, versions, grants, configuration and secrets stay
    Deactivate {
        name: String,
        #[command(flatten)]
        place: Place,
    },
    /// Delete a plugin that is out of force: versions, grants, configuration, secrets; the data that it stored stays
    Delete {
        name: String,
        /// Delete only this version, which must not be in force
        #[arg(long, value_name = "VERSION")]
        version: Option<String>,
        #[command(flatten)]
        place: Place,
    },
}

pub fn run(verb: Verb) -> Result<(), Failure> {
    match verb {
        Verb::Versions { name, json, place } => {
            let versions = block_on(async { Ok(offline(&place).await?.versions(&name).await?) })?;
            if json { print_json(&versions) } else { print(&table(&versions)) }
        }
        Verb::Activate { name, version, grant, with_config, json, place } => {
            let config = with_config.map(|file| super::settings::read(Some(file))).transpose()?;
            let config = config.as_deref().map(super::settings::object).transpose()?;
            let activate = Activate { version, permissions: granted(grant), config, who: WHO.to_owned() };
            let info =
                block_on(async { offline(&place).await?.activate(&name, activate).await.map_err(in_words_of_flags) })?;
            show(&info, json)
        }
        Verb::Rollback { name, json, place } => {
            let info = block_on(async { Ok(offline(&place).await?.rollback(&name, WHO).await?) })?;
            show(&info, json)
        }
        Verb::Deactivate { name, place } => {
            block_on(async { Ok(offline(&place).await?.deactivate(&name, WHO).await?) })?;
            print(&format!("{name} is out of force"))
        }
        Verb::Delete { name, version: Some(version), place } => {
            block_on(async { Ok(offline(&place).await?.delete_version(&name, &version, WHO).await?) })?;
            print(&format!("{name} {version} is deleted"))
        }
        Verb::Delete { name, version: None, place } => {
            block_on(async { Ok(offline(&place).await?.delete(&name, WHO).await?) })?;
            print(&format!("{name} is deleted; the data that it stored stays"))
        }
    }
}

fn time(ms: u64) -> String {
    let at = std::time::UNIX_EPOCH + std::time::Duration::from_millis(ms);
    humantime::format_rfc3339_seconds(at).to_string()
}

fn table(versions: &Versions) -> String {
    let mut out = String::new();
    for one in &versions.versions {
        let VersionInfo { version, digest, state, bytes, .. } = one;
        let short = digest.get(..19).unwrap_or(digest);
        out.push_str(&format!("{version} ({state})  {short}  {bytes} bytes\n"));
        if let Some(reason) = &one.reason {
            out.push_str(&format!("  reason:    {reason}\n"));
        }
        out.push_str(&format!("  uploaded:  {} by {}\n", time(one.uploaded_at_ms), one.uploaded_by));
        if let Some(at) = one.activated_at_ms {
            out.push_str(&format!("  in force:  {}\n", time(at)));
        }
        out.push_str(&format!("  asks:      {}\n", list(&one.asks)));
        if !one.missing.is_empty() {
            out.push_str(&format!("  missing:   {}\n", list(&one.missing)));
        }
    }
    for Rejected { version, step, reason, .. } in &versions.rejected {
        out.push_str(&format!("{} (rejected at {step})\n  reason:    {reason}\n", version.as_deref().unwrap_or("?")));
    }
    out
}
