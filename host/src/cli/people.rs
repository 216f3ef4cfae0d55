//! `inlay user`: accounts, from the command line of whoever runs the host.
use super::banner::reset_text;
use super::{Place, block_on, print};
use crate::app::Failure;
use crate::app::people::People;
use crate::base::secret::Secret;
use crate::features::accounts::{AccountInfo, Membership, SignUp};
use crate::features::identity::MemberRole;
use clap::{Subcommand, ValueEnum};
use serde_json::json;
use std::io::Read;

/// Bytes of a password on stdin that are read.
const LONGEST: u64 = 1024;

#[derive(Subcommand)]
pub enum Verb {
    /// Make an account. Without --password-stdin a token is printed with which its owner sets a password
    Add {
        /// The account's address
        email: String,
        /// What the person is called [default: the address's beginning]
        #[arg(long)]
        name: Option<String>,
        /// To sign in with beside the address
        #[arg(long)]
        username: Option<String>,
        /// What the person may do; the first account of a host becomes its owner
        #[arg(long, value_enum, default_value = "viewer")]
        role: Role,
        /// Where [default: the host's first workspace, ws_default]
        #[arg(long, value_name = "ID")]
        workspace: Option<String>,
        /// Read the password from stdin, to the end of the first line
        #[arg(long)]
        password_stdin: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Print a token with which the owner of an account sets a new password, within half an hour
    Reset {
        /// Address or username
        account: String,
        #[command(flatten)]
        place: Place,
    },
    /// List all accounts
    List {
        /// As JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Keep an account from signing in, and end its sign-ins
    Disable {
        /// Address or username
        account: String,
        #[command(flatten)]
        place: Place,
    },
    /// Let a disabled account sign in again
    Enable {
        /// Address or username
        account: String,
        #[command(flatten)]
        place: Place,
    },
}

#[derive(Clone, Copy, ValueEnum)]
pub enum Role {
    Viewer,
    Agent,
    Admin,
    Owner,
}

impl Role {
    fn member(self) -> MemberRole {
        match self {
            Role::Viewer => MemberRole::Viewer,
            Role::Agent => MemberRole::Agent,
            Role::Admin => MemberRole::Admin,
            Role::Owner => MemberRole::Owner,
        }
    }
}

pub fn run(verb: Verb) -> Result<(), Failure> {
    match verb {
        Verb::Add { email, name, username, role, workspace, password_stdin, place } => {
            let password = if password_stdin { password()? } else { Secret::default() };
            let sign_up = SignUp { email, password, name, username, invite: None, is_host: true };
            print(&with(&place, async |people| {
                let accounts = &people.accounts;
                let added = accounts.add(sign_up, password_stdin, workspace.as_deref(), role.member()).await?;
                let (account, role) = (&added.account, added.role.word());
                let said = format!("{} is {role} of {} ({})", account.email, added.workspace, account.id);
                if password_stdin {
                    return Ok(said);
                }
                let (account, token, life) = accounts.reset_token(&added.account.email).await?;
                Ok(said + &reset_text(&account, &token, life))
            })?)
        }
        Verb::Reset { account, place } => print(&with(&place, async |people| {
            let (account, token, life) = people.accounts.reset_token(&account).await?;
            Ok(reset_text(&account, &token, life).trim_start().to_owned())
        })?),
        Verb::List { json, place } => {
            let all = with(&place, async |people| Ok(people.accounts.everybody().await?))?;
            print(&if json { as_json(&all)? } else { as_table(&all) })
        }
        Verb::Disable { account, place } => set_disabled(&place, &account, true),
        Verb::Enable { account, place } => set_disabled(&place, &account, false),
    }
}

pub(super) fn with<T>(place: &Place, work: impl AsyncFnOnce(&People) -> Result<T, Failure>) -> Result<T, Failure> {
    let settings = place.settings()?;
    block_on(async {
        let people = People::of(&settings).await?;
        let done = work(&people).await;
        people.db.close().await;
        done
    })
}

fn set_disabled(place: &Place, account: &str, disabled: bool) -> Result<(), Failure> {
    let account = with(place, async |people| Ok(people.accounts.set_disabled(account, disabled).await?))?;
    let now = if disabled { "is disabled; its sign-ins have ended" } else { "can sign in again" };
    print(&format!("{} {now}", account.email))
}

fn password() -> Result<Secret<String>, Failure> {
    let mut text = String::new();
    std::io::stdin().lock().take(LONGEST).read_to_string(&mut text)?;
    let line = text.split('\n').next().unwrap_or_default().trim_end_matches('\r');
    Ok(Secret::new(line.to_owned()))
}

type Listed = (AccountInfo, Vec<Membership>);

fn as_json(all: &[Listed]) -> Result<String, Failure> {
    let each = all.iter().map(|(account, workspaces)| {
        let mut value = serde_json::to_value(account)?;
        if let Some(members) = value.as_object_mut() {
            members.insert("workspaces".to_owned(), json!(workspaces));
        }
        Ok(value)
    });
    let each: Vec<serde_json::Value> = each.collect::<Result<_, serde_json::Error>>()?;
    Ok(serde_json::to_string_pretty(&json!({"users": each}))?)
}

fn as_table(all: &[Listed]) -> String {
    if all.is_empty() {
        return "There are no accounts yet.".to_owned();
    }
    let line = |(account, workspaces): &Listed| {
        let roles: Vec<String> = workspaces.iter().map(|m| format!("{} of {}", m.role.word(), m.id)).collect();
        let disabled = if account.disabled { "  (disabled)" } else { "" };
        format!("{}  {}  {}{disabled}", account.id, account.email, roles.join(", "))
    };
    all.iter().map(line).collect::<Vec<_>>().join("\n")
}
