//! `inlay audit`: who did what, from where, and how it ended.
use super::{Place, block_on, print, say};
use crate::app::{Failure, upkeep};
use crate::base::clock;
use crate::base::ids::{AuditId, WorkspaceId};
use crate::features::audit::{Filter, Line};
use clap::Args;
use std::time::{Duration, UNIX_EPOCH};

#[derive(Args)]
pub struct AuditArgs {
    /// Only of this workspace
    #[arg(long, value_name = "ID", value_parser = workspace)]
    workspace: Option<WorkspaceId>,
    /// Who: an id, start, host or nobody
    #[arg(long)]
    actor: Option<String>,
    /// What was tried, such as session.begin or access.denied
    #[arg(long)]
    action: Option<String>,
    /// An id or a name
    #[arg(long)]
    target: Option<String>,
    /// ok, or the code of a refusal
    #[arg(long)]
    outcome: Option<String>,
    /// The first moment: RFC 3339, or milliseconds since 1970
    #[arg(long, value_name = "TIME", value_parser = moment)]
    from: Option<u64>,
    /// The first moment that is too late
    #[arg(long, value_name = "TIME", value_parser = moment)]
    to: Option<u64>,
    /// Only lines older than the one with this id
    #[arg(long, value_name = "ID", value_parser = line_id)]
    after: Option<AuditId>,
    /// Most lines
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
    limit: u32,
    /// Each line as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

fn moment(text: &str) -> Result<u64, &'static str> {
    clock::moment(text).ok_or("needs a time such as 2026-11-24T18:00:00Z")
}

fn workspace(text: &str) -> Result<WorkspaceId, &'static str> {
    WorkspaceId::parse(text).ok_or("is no workspace's id")
}

fn line_id(text: &str) -> Result<AuditId, &'static str> {
    AuditId::parse(text).ok_or("is no line's id")
}

pub fn run(args: &AuditArgs) -> Result<(), Failure> {
    let filter = Filter {
        workspace: args.workspace.clone(),
        actor: args.actor.clone(),
        action: args.action.clone(),
        target: args.target.clone(),
        outcome: args.outcome.clone(),
        from_ms: args.from,
        to_ms: args.to,
        after: args.after.as_ref().map(ToString::to_string),
        limit: args.limit,
    };
    let page = block_on(async { Ok(upkeep::audit(&args.place.settings()?).await?.list(&filter).await?) })?;
    for line in &page.events {
        print(&if args.json { serde_json::to_string(line)? } else { in_words(line) })?;
    }
    if let Some(next) = page.next {
        say(&format!("There are older lines: --after {next}"));
    }
    Ok(())
}

fn in_words(line: &Line) -> String {
    let at = humantime::format_rfc3339_millis(UNIX_EPOCH + Duration::from_millis(line.at_ms));
    let Line { workspace_id, actor, action, target, outcome, address, request_id, detail, .. } = line;
    let from = if address.is_empty() { String::new() } else { format!("  from {address} ({request_id})") };
    let detail =
        if detail.as_object().is_some_and(|all| all.is_empty()) { String::new() } else { format!("  {detail}") };
    format!("{at}  {workspace_id}  {actor}  {action}  {target}  {outcome}{from}{detail}")
}
