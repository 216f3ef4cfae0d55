//! What `validate` and `profile` share: finding widgets in files and folders, and saying what was found.
use super::super::print;
use super::{input, read};
use crate::app::Failure;
use crate::base::tree::finding::{Finding, Severity};
use crate::base::tree::review::Bounds;
use crate::base::widget_file::WidgetFile;
use crate::features::widgets::inspect::{Lens, Report, Subject};
use clap::Args;
use serde_json::Value;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The command cannot be followed: a file that cannot be read, or holds no widget. Exit code 2.
#[derive(Debug)]
pub struct NotUnderstood(String);

impl std::fmt::Display for NotUnderstood {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NotUnderstood {}

pub(super) fn not_understood(why: impl std::fmt::Display) -> Failure {
    Box::new(NotUnderstood(why.to_string()))
}

#[derive(Args)]
pub struct Looked {
    /// .widget files, folders in the readable form, trees as JSON, folders of any of these, or - for stdin
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The template's input: JSON, @FILE, or @- for stdin [default: each widget's own sample]
    #[arg(long, value_name = "JSON|@FILE")]
    data: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
    /// Let a warning fail, too
    #[arg(long)]
    deny_warnings: bool,
    /// A tree above 50 KiB, 1,000 nodes or 10 nodes inside each other is an error, not a warning
    #[arg(long)]
    strict_limits: bool,
}

impl Looked {
    pub(super) fn lens(&self) -> Lens {
        Lens { bounds: Bounds { strict: self.strict_limits, ..Bounds::default() }, ..Lens::default() }
    }

    /// Whether a report is bad enough to fail.
    pub(super) fn fails(&self, report: &Report) -> bool {
        !report.valid || (self.deny_warnings && report.warnings > 0)
    }

    /// Every widget that the command names, by what people call it.
    pub(super) fn subjects(&self) -> Result<Vec<(String, Subject)>, Failure> {
        let data = self.data.as_deref().map(input).transpose().map_err(not_understood)?;
        let mut found = Vec::new();
        for file in &self.files {
            for path in widgets_at(file)? {
                found.push((path.display().to_string(), subject(&path, data.clone())?));
            }
        }
        Ok(found)
    }
}

/// The path itself, or the widgets in a folder that is none.
fn widgets_at(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    if !path.is_dir() || path.join("widget.toml").is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let cannot = |e| not_understood(format!("{} cannot be read: {e}", path.display()));
    let entries = std::fs::read_dir(path).map_err(cannot)?.collect::<Result<Vec<_>, _>>().map_err(cannot)?;
    let mut inside: Vec<PathBuf> = entries.iter().map(|entry| entry.path()).collect();
    inside.retain(|path| path.join("widget.toml").is_file() || path.extension().is_some_and(|e| e == "widget"));
    inside.sort();
    match inside.is_empty() {
        true => Err(not_understood(format!("{} holds no widget", path.display()))),
        false => Ok(inside),
    }
}

fn subject(path: &Path, data: Option<Value>) -> Result<Subject, Failure> {
    if path.is_dir() {
        return Ok(Subject::of_file(&read(path).map_err(|e| not_understood(super::explain(&e)))?, data));
    }
    let why = |e: &dyn std::fmt::Display| not_understood(format!("{}: {e}", path.display()));
    let text = if path == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map_err(|e| why(&e))?;
        text
    } else {
        std::fs::read_to_string(path).map_err(|e| why(&format!("it cannot be read: {e}")))?
    };
    let json: Value = serde_json::from_str(&text).map_err(|e| why(&format!("it is not JSON: {e}")))?;
    if json.get("template").is_some() {
        let file = WidgetFile::from_json(&json).map_err(|e| why(&e.detail))?;
        return Ok(Subject::of_file(&file, data));
    }
    if json.get("type").is_some() {
        return Ok(Subject::Tree(json));
    }
    Err(why(&"it is neither a .widget file, which has a template, nor a tree, which has a type"))
}

/// A report for people.
pub(super) fn say_report(name: &str, report: &Report) -> Result<(), Failure> {
    let count = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    let verdict = match (report.errors, report.warnings) {
        (0, 0) => "fine".to_owned(),
        (errors, 0) => count(errors, "error"),
        (0, warnings) => count(warnings, "warning"),
        (errors, warnings) => format!("{}, {}", count(errors, "error"), count(warnings, "warning")),
    };
    let figures = report.figures.filter(|figures| figures.nodes > 0);
    let figures = figures
        .map(|f| format!(" ({} bytes, {}, {} deep)", f.bytes, count(f.nodes, "node"), f.depth))
        .unwrap_or_default();
    print(&format!("{name}: {verdict}{figures}"))?;
    for finding in &report.findings {
        print(&line(finding))?;
    }
    match report.more {
        0 => Ok(()),
        more => print(&format!("  and {more} more")),
    }
}

fn line(finding: &Finding) -> String {
    let severity = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let place = match (finding.pointer.as_str(), finding.line) {
        ("", None) => String::new(),
        ("", Some(line)) => format!(" line {line}"),
        (pointer, None) => format!(" {pointer}"),
        (pointer, Some(line)) => format!(" {pointer} (line {line})"),
    };
    let mut text = format!("  {severity} {}{place}: {}", finding.code, finding.message);
    if let Some(criterion) = finding.wcag {
        text.push_str(&format!(" [WCAG {criterion}]"));
    }
    if let Some(hint) = &finding.hint {
        text.push_str(&format!("\n    {hint}"));
    }
    text
}
