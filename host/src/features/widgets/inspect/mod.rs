//! Looking at widgets before anybody uses them: validation and the profiler, for trees, templates and `.widget` files.
//! Nothing is stored, nothing is asked of plugins.
mod advice;
mod profile;

pub use profile::{Baseline, Profile, figures, profile};

use crate::base::error::{Code, Error, Fault, Result};
use crate::base::tree::Figures;
use crate::base::tree::diff::Fineness;
use crate::base::tree::finding::{Finding, Findings, Rule};
use crate::base::tree::review::{Bounds, review};
use crate::base::widget_file::WidgetFile;
use crate::platform::schema::Schema;
use crate::platform::templates::{FaultKind, Origins, RenderLimits, Template, TemplateFault};
use serde::Serialize;
use serde_json::{Map, Value};

/// What is looked at.
#[derive(Clone, Debug)]
pub enum Subject {
    Tree(Value),
    Template { name: String, template: String, schema: Option<Value>, data: Value },
}

/// How it is looked at.
#[derive(Clone, Copy, Debug, Default)]
pub struct Lens {
    pub bounds: Bounds,
    pub render: RenderLimits,
    /// How finely changes of a widget are told.
    pub updates: Fineness,
}

/// What validation says.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Whether nothing is an error.
    pub valid: bool,
    pub errors: usize,
    pub warnings: usize,
    pub findings: Vec<Finding>,
    /// Findings that are counted, but not listed.
    pub more: usize,
    /// Of the tree as it is sent; `None` where there is no tree.
    pub figures: Option<Figures>,
}

impl Subject {
    /// Reads a request: `{"widget": TREE}`, `{"template": …, "schema": …, "data": {…}}`, `{"file": WIDGET}`, or the tree
    /// itself. Errors: `invalid_body`; `invalid_widget` for the file.
    pub fn read(mut sent: Map<String, Value>) -> Result<Subject> {
        let misshapen = |pointer: &str, message: &str| {
            let fault = Fault { pointer: pointer.to_owned(), message: message.to_owned() };
            Error::new(Code::InvalidBody, "The body says nothing that can be looked at").with_faults(vec![fault])
        };
        let given = ["widget", "template", "file"].into_iter().filter(|name| sent.contains_key(*name)).count();
        if given == 0 && sent.get("type").is_some_and(Value::is_string) {
            return Ok(Subject::Tree(Value::Object(sent)));
        }
        if given != 1 {
            return Err(misshapen("", "needs one of widget, template and file"));
        }
        if let Some(tree) = sent.remove("widget") {
            return Ok(Subject::Tree(tree));
        }
        let data = match sent.remove("data") {
            None | Some(Value::Null) => None,
            Some(data @ Value::Object(_)) => Some(data),
            Some(_) => return Err(misshapen("/data", "must be an object")),
        };
        if let Some(file) = sent.remove("file") {
            let file = match &file {
                Value::String(text) => WidgetFile::parse(text)?,
                other => WidgetFile::from_json(other)?,
            };
            return Ok(Subject::of_file(&file, data));
        }
        let Some(Value::String(template)) = sent.remove("template") else {
            return Err(misshapen("/template", "must be a text"));
        };
        let name = sent.get("name").and_then(Value::as_str).unwrap_or("widget").chars().take(64).collect();
        let schema = sent.remove("schema").filter(|schema| !schema.is_null());
        let data = data.unwrap_or_else(|| Value::Object(Map::new()));
        Ok(Subject::Template { name, template, schema, data })
    }

    /// A widget with this input, or its own sample, or nothing.
    pub fn of_file(file: &WidgetFile, data: Option<Value>) -> Subject {
        let sample = file.inlay.as_ref().and_then(|extra| extra.get("sample")).cloned();
        let data = data.or(sample).unwrap_or_else(|| Value::Object(Map::new()));
        let (name, template, schema) = (file.name.clone(), file.template.clone(), file.json_schema.clone());
        Subject::Template { name, template, schema, data }
    }
}

/// Validates.
pub fn validate(subject: &Subject, lens: &Lens) -> Report {
    Seen::of(subject, lens).report
}

/// A subject's tree, where there is one, and what was found.
struct Seen {
    tree: Option<Value>,
    report: Report,
}

impl Seen {
    fn of(subject: &Subject, lens: &Lens) -> Seen {
        let Subject::Template { name, template, schema, data } = subject else {
            let Subject::Tree(tree) = subject else { return Seen::without(Findings::default()) };
            return Seen::at(tree.clone(), Findings::default(), lens, None);
        };
        let mut before = Findings::default();
        fits(schema.as_ref(), data, &mut before);
        let rendered = Template::compile(name, template).and_then(|own| own.render_unchecked(data, &lens.render));
        match rendered {
            Ok(tree) => {
                let origins = || Origins::of(name, template, data, &lens.render).filter(|origins| origins.is_of(&tree));
                let origins = (!is_faultless(&tree, lens)).then(origins).flatten();
                Seen::at(tree, before, lens, origins.as_ref())
            }
            Err(fault) => {
                failed(&fault, &mut before);
                Seen::without(before)
            }
        }
    }

    fn without(findings: Findings) -> Seen {
        Seen { tree: None, report: Report::new(findings, None) }
    }

    fn at(tree: Value, before: Findings, lens: &Lens, origins: Option<&Origins>) -> Seen {
        let seen = review(&tree, &lens.bounds);
        let mut findings = seen.findings;
        for finding in &mut findings.list {
            finding.line = origins.and_then(|origins| origins.line(&finding.pointer));
        }
        findings.list.splice(0..0, before.list);
        findings.errors += before.errors;
        findings.warnings += before.warnings;
        Seen { tree: Some(tree), report: Report::new(findings, Some(seen.figures)) }
    }
}

/// Lines are looked for only where there is something to say.
fn is_faultless(tree: &Value, lens: &Lens) -> bool {
    review(tree, &lens.bounds).findings.list.is_empty()
}

impl Report {
    fn new(findings: Findings, figures: Option<Figures>) -> Report {
        let (valid, errors, warnings) = (findings.errors == 0, findings.errors, findings.warnings);
        let more = findings.more();
        Report { valid, errors, warnings, findings: findings.list, more, figures }
    }
}

/// Whether the input fits its schema.
fn fits(schema: Option<&Value>, data: &Value, findings: &mut Findings) {
    match schema.map(Schema::compile).transpose() {
        Ok(None) => {}
        Ok(Some(schema)) => {
            for fault in schema.check(data).err().into_iter().flatten() {
                findings.add(Rule::DataMisfit, fault.pointer, fault.message);
            }
        }
        Err(why) => findings.add(Rule::SchemaInvalid, "", why),
    }
}

fn failed(fault: &TemplateFault, findings: &mut Findings) {
    let rule = match fault.kind {
        FaultKind::Render | FaultKind::Validate => Rule::TemplateFails,
        FaultKind::Json => Rule::NotJson,
        FaultKind::Limit => Rule::PastABound,
    };
    findings.add(rule, "", fault.message.clone());
    if let Some(finding) = findings.list.last_mut() {
        finding.line = fault.line;
    }
}

#[cfg(test)]
mod tests;
