//! `inlay widget test`: runs the cases that lie beside widgets.
use super::super::{print, say};
use super::{cannot, read, read_text};
use crate::app::Failure;
use crate::features::widgets::cases::{self, Complaint, Difference, How, Report, Subject};
use clap::Args;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Folders below the one that is named in which widgets are looked for.
const DEEPEST: usize = 3;
/// Folders that are made, not written.
const MADE: [&str; 3] = ["target", "node_modules", "data"];
/// Characters of a value that a report shows.
const SHOWN: usize = 160;

#[derive(Args)]
pub struct TestArgs {
    /// Widgets, or folders that hold some [default: ./widgets, else the working directory]
    paths: Vec<PathBuf>,
    /// Take what the widgets do now for right, and write it into the cases
    #[arg(long)]
    update: bool,
    /// Fail when data does not fit a widget's schema, as the host does, instead of warning, and on whatever a review of the
    /// trees finds: wrong properties, limits, accessibility
    #[arg(long)]
    strict: bool,
    /// Print the outcome as JSON
    #[arg(long)]
    json: bool,
}

/// A widget and where its cases are, or would be.
struct Found {
    place: PathBuf,
    cases: PathBuf,
    subject: Arc<Subject>,
}

pub fn run(args: TestArgs) -> Result<(), Failure> {
    let mut paths = args.paths;
    if paths.is_empty() {
        paths.push(PathBuf::from(if Path::new("widgets").is_dir() { "widgets" } else { "." }));
    }
    let mut found = Vec::new();
    for path in &paths {
        let before = found.len();
        find(path, 0, &mut found)?;
        if found.len() == before {
            return Err(format!("{} holds no widget", path.display()).into());
        }
    }
    let others: BTreeMap<&str, &Arc<Subject>> = found.iter().map(|one| (&*one.subject.name, &one.subject)).collect();
    let how = How { strict: args.strict, update: args.update };
    let mut all = Vec::new();
    for one in &found {
        all.push((one, tested(one, &|name| others.get(name).map(|one| Arc::clone(one)), how)?));
    }
    let (count, failed) = counted(&all);
    if args.json {
        print(&format!("{:#}", to_json(&all, count, failed)))?;
    } else {
        all.iter().try_for_each(|(one, reports)| print(&told(one, reports)))?;
    }
    match (count, failed) {
        (0, _) => Err("there are no cases; `--update` makes one of each widget's sample".into()),
        (_, 0) => {
            say(&format!("{count} cases, all passed"));
            Ok(())
        }
        _ => Err(format!("{failed} of {count} cases failed").into()),
    }
}

fn find(path: &Path, depth: usize, into: &mut Vec<Found>) -> Result<(), Failure> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    if path.is_file() || path.join("widget.toml").is_file() {
        let file = read(path)?;
        let cases = if path.is_dir() { path.join("cases.json") } else { path.with_extension("cases.json") };
        let subject = Arc::new(Subject::of(&file)?);
        into.push(Found { place: path.to_owned(), cases, subject });
        return Ok(());
    }
    if depth > DEEPEST || (depth > 0 && (name.starts_with('.') || MADE.contains(&name.as_str()))) {
        return Ok(());
    }
    let entries = std::fs::read_dir(path).map_err(|e| cannot("be read", path, &e))?;
    let mut below: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    below.sort();
    for path in below.iter().filter(|path| path.is_dir() || path.extension().is_some_and(|kind| kind == "widget")) {
        find(path, depth + 1, into)?;
    }
    Ok(())
}

/// The cases of one widget; empty when it has none. With an update it gets one, and what changed is written.
fn tested(one: &Found, others: &dyn Fn(&str) -> Option<Arc<Subject>>, how: How) -> Result<Vec<Report>, Failure> {
    let mut file: Value = if one.cases.is_file() {
        let text = read_text(&one.cases)?;
        serde_json::from_str(&text).map_err(|e| format!("{} is not JSON: {e}", one.cases.display()))?
    } else if how.update {
        json!({"cases": [{"name": "the sample"}]})
    } else {
        return Ok(Vec::new());
    };
    let reports = cases::run(&mut file, &one.subject, others, how);
    let reports = reports.map_err(|why| format!("{}: {why}", one.cases.display()))?;
    if reports.iter().any(|report| report.changed) {
        std::fs::write(&one.cases, format!("{file:#}\n")).map_err(|e| cannot("be written", &one.cases, &e))?;
    }
    Ok(reports)
}

fn counted(all: &[(&Found, Vec<Report>)]) -> (usize, usize) {
    let reports = || all.iter().flat_map(|(_, reports)| reports);
    (reports().count(), reports().filter(|report| !report.passed()).count())
}

fn to_json(all: &[(&Found, Vec<Report>)], count: usize, failed: usize) -> Value {
    let widgets = all.iter().map(|(one, reports)| {
        let cases: Vec<Value> = reports.iter().map(Report::to_json).collect();
        json!({"widget": one.subject.name, "path": one.place.to_string_lossy(), "cases": cases})
    });
    json!({"passed": count - failed, "failed": failed, "widgets": widgets.collect::<Vec<_>>()})
}

fn told(one: &Found, reports: &[Report]) -> String {
    let mut text = match reports.len() {
        0 => return format!("{}: no cases", one.place.display()),
        _ => one.place.display().to_string(),
    };
    for report in reports {
        let outcome = match (report.passed(), report.changed) {
            (true, true) => "accepted",
            (true, false) => "ok",
            (false, _) => "FAILED",
        };
        text.push_str(&format!("\n  {outcome:<8} {}", report.name));
        report.complaints.iter().for_each(|complaint| text.push_str(&complained(complaint)));
        report.warnings.iter().for_each(|warning| text.push_str(&indented(&format!("warning: {warning}"))));
    }
    text
}

fn complained(Complaint { at, message, differences }: &Complaint) -> String {
    let mut text = indented(&if at.is_empty() { message.clone() } else { format!("{at}: {message}") });
    for Difference { pointer, expected, found } in differences {
        let side = |value: &Option<Value>| {
            value.as_ref().map_or_else(|| "nothing".to_owned(), |value| shortened(&value.to_string()))
        };
        let place = if pointer.is_empty() { "(all of it)" } else { pointer };
        text.push_str(&indented(&format!("  {place}\n    expected {}\n    found    {}", side(expected), side(found))));
    }
    text
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("\n           {line}")).collect()
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or(text)),
        None => text.to_owned(),
    }
}
