//! API keys of a workspace, beside a host that may be running: it follows within a second.
use super::{Place, block_on, print};
use crate::app::Failure;
use crate::app::upkeep::{Tenants, tenants};
use crate::base::page::Page;
use crate::features::audit::{By, Origin};
use crate::features::identity::Who;
use crate::features::keys::{KeyInfo, NewKey};
use clap::{Args, Subcommand, ValueEnum};

#[derive(Subcommand)]
pub enum Verb {
    /// Make a key and print it. A secret one is never shown again
    Create {
        /// What the key is called
        name: String,
        /// What it is for: `pk` for pages, `sk` for servers
        #[arg(long = "type", value_enum)]
        kind: Kind,
        /// For trying things out
        #[arg(long)]
        test: bool,
        /// A domain whose pages may use it, such as example.com or *.example.com; may be repeated. None: every page
        #[arg(long, value_name = "DOMAIN")]
        domain: Vec<String>,
        #[command(flatten)]
        at: At,
    },
    /// End a key for good
    Revoke {
        /// Its id: key_…
        id: String,
        #[command(flatten)]
        at: At,
    },
    /// List the keys of a workspace
    List {
        #[command(flatten)]
        at: At,
    },
}

#[derive(Args)]
pub struct At {
    /// The workspace
    #[arg(long, value_name = "ID", default_value = "ws_default")]
    workspace: String,
    /// As JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    Pk,
    Sk,
}

pub fn run(verb: Verb) -> Result<(), Failure> {
    match verb {
        Verb::Create { name, kind, test, domain, at } => {
            let usual = NewKey::default();
            let secret = kind == Kind::Sk;
            let new = NewKey { name, secret, live: !test, allowed_domains: domain, ..usual };
            let made = block_on(async {
                let Tenants { db, workspaces, keys } = tenants(&at.place.settings()?).await?;
                let tenant = workspaces.as_owner(&at.workspace).await?;
                let mut tx = db.begin().await?;
                let made = keys.create_in(&mut tx, &tenant, &by(), new).await?;
                tx.commit().await?;
                Ok(made)
            })?;
            if at.json { print(&serde_json::to_string_pretty(&made)?) } else { print(&made.key) }
        }
        Verb::Revoke { id, at } => {
            block_on(async {
                let Tenants { db, workspaces, keys } = tenants(&at.place.settings()?).await?;
                let tenant = workspaces.as_owner(&at.workspace).await?;
                let mut tx = db.begin().await?;
                keys.delete_in(&mut tx, &tenant, &by(), &id).await?;
                Ok(tx.commit().await?)
            })?;
            if at.json {
                print(&serde_json::json!({"revoked": id}).to_string())
            } else {
                print(&format!("{id} is ended"))
            }
        }
        Verb::List { at } => {
            let all = block_on(async {
                let Tenants { workspaces, keys, .. } = tenants(&at.place.settings()?).await?;
                let tenant = workspaces.as_owner(&at.workspace).await?;
                let (mut all, mut page) = (Vec::new(), Page::default());
                loop {
                    let list = keys.list(&tenant, &page).await?;
                    all.extend(list.items);
                    match list.next {
                        Some(next) => page.after = next,
                        None => return Ok(all),
                    }
                }
            })?;
            if at.json { print(&serde_json::to_string_pretty(&all)?) } else { print(&table(&all)) }
        }
    }
}

fn by() -> By {
    By { who: Who::Server { name: "cli".to_owned() }, origin: Origin::default() }
}

fn table(keys: &[KeyInfo]) -> String {
    let line = |key: &KeyInfo| {
        let state = if key.active { "" } else { ", switched off" };
        let domains = match key.allowed_domains.as_slice() {
            [] => String::new(),
            domains => format!("  {}", domains.join(", ")),
        };
        format!("{}  {}  {} ({}{state}){domains}\n", key.id, key.shown, key.name, key.mode)
    };
    let lines: String = keys.iter().map(line).collect();
    if lines.is_empty() { "There is no key; `inlay key create` makes one.".to_owned() } else { lines }
}
