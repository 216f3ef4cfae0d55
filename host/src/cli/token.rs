//! `inlay token`: credentials of the command line. They work at once with a host that runs on the same data folder, and
//! their end is seen by it within a second.
use super::people::with;
use super::{Place, print, say};
use crate::app::Failure;
use crate::app::people::People;
use crate::base::error::{Code, Error};
use crate::base::ids::WorkspaceId;
use crate::features::audit::Event;
use crate::features::identity::{Kind, Subject, Who};
use crate::features::tokens::Issued;
use clap::{Subcommand, ValueEnum};
use serde_json::json;
use std::time::{Duration, UNIX_EPOCH};

#[derive(Subcommand)]
pub enum Verb {
    /// Print a new token, and nothing else. It works at once with a host that runs on the same data folder
    Create {
        /// What its bearer may do
        #[arg(long, value_enum)]
        role: Role,
        /// How long it is valid: 15m, 1h, 7d; at most 30 days
        #[arg(long, value_name = "TIME", default_value = "1h", value_parser = humantime::parse_duration)]
        expires: Duration,
        #[command(flatten)]
        place: Place,
    },
    /// List the tokens of the command line that are valid; a token itself is never shown again
    List {
        /// As JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Make a token void, by its id
    Revoke {
        /// "tok_…", as `inlay token list` shows it
        id: String,
        #[command(flatten)]
        place: Place,
    },
}

#[derive(Clone, Copy, ValueEnum)]
pub enum Role {
    Admin,
}

pub fn run(verb: Verb) -> Result<(), Failure> {
    let first = WorkspaceId::first();
    match verb {
        Verb::Create { role: Role::Admin, expires, place } => print(&with(&place, async |people| {
            match listed(people, expires).await {
                // Help is wanted most when nothing can be stored: the token is valid without its row.
                Err(error) if matches!(error.code, Code::StorageFull | Code::Database) => {
                    say(&format!("inlay: the token is not in the list and cannot be revoked alone: {error}"));
                    Ok(people.identity.mint_admin(expires)?.reveal().clone())
                }
                token => Ok(token?),
            }
        })?),
        Verb::List { json, place } => {
            let all = with(&place, async |people| Ok(people.tokens.valid(&first, Kind::Admin, "host").await?))?;
            print(&if json { as_json(&all)? } else { as_table(&all) })
        }
        Verb::Revoke { id, place } => with(&place, async |people| {
            let mut tx = people.db.begin().await?;
            if !people.tokens.revoke(&mut tx, &first, &id).await? {
                return Err(format!("There is no valid token {id}").into());
            }
            let event = Event::new(&first, &Who::Nobody, "token.revoke", id.as_str()).by("cli");
            people.audit.within(&mut tx, &event).await?;
            tx.commit().await?;
            print(&format!("{id} is void"))
        }),
    }
}

async fn listed(people: &People, expires: Duration) -> Result<String, Error> {
    let mut tx = people.db.begin().await?;
    let (token, claims) = people.tokens.issue(&mut tx, Kind::Admin, Subject::host(), expires, "cli").await?;
    let event = Event::new(&WorkspaceId::first(), &Who::Nobody, "token.create", claims.jti).by("cli");
    people.audit.within(&mut tx, &event.with(json!({"kind": "admin"}))).await?;
    tx.commit().await?;
    Ok(token.reveal().clone())
}

fn as_json(all: &[Issued]) -> Result<String, Failure> {
    let each = all.iter().map(|token| {
        json!({"id": token.id, "kind": token.kind, "issued_by": token.issued_by,
            "issued_at_ms": token.issued_at_ms, "expires_at_ms": token.expires_at_ms})
    });
    Ok(serde_json::to_string_pretty(&json!({"tokens": each.collect::<Vec<_>>()}))?)
}

fn as_table(all: &[Issued]) -> String {
    if all.is_empty() {
        return "There are no valid tokens.".to_owned();
    }
    let until = |ms: u64| humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_millis(ms));
    let line = |token: &Issued| format!("{}  {}  until {}", token.id, token.kind, until(token.expires_at_ms));
    all.iter().map(line).collect::<Vec<_>>().join("\n")
}
