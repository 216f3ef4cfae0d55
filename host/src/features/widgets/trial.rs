//! Trying out a widget that is not served: an author's draft, with everything that is wrong with it.
use super::{Widget, Widgets};
use crate::base::error::{Error, Fault};
use crate::base::tree::{self, Figures};
use crate::base::widget_file::WidgetFile;
use crate::platform::schema::Schema;
use crate::platform::templates::{FaultKind, Template, TemplateFault};
use serde::Serialize;
use serde_json::Value;
use std::fmt;
use std::time::Instant;

/// A widget as it stands in an editor.
#[derive(Clone, Debug)]
pub struct Draft {
    pub name: String,
    pub template: String,
    pub schema: Option<Value>,
    /// The template's input.
    pub data: Value,
}

impl Draft {
    /// A widget file with its own sample.
    fn of(file: &WidgetFile) -> Draft {
        let sample = file.inlay.as_ref().and_then(|extra| extra.get("sample")).cloned();
        let data = sample.unwrap_or_else(|| Value::Object(serde_json::Map::new()));
        Draft { name: file.name.clone(), template: file.template.clone(), schema: file.json_schema.clone(), data }
    }
}

/// One thing that is wrong with a draft.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Where: "template", "schema", "data", "tree", or "file" for the rest of a widget file.
    pub part: &'static str,
    /// JSON pointer within that part; "" for the whole of it.
    pub pointer: String,
    /// Line of the template, 1 being the first, where it is known.
    pub line: Option<usize>,
    pub message: String,
}

impl Finding {
    fn new(part: &'static str, message: impl Into<String>) -> Finding {
        Finding { part, pointer: String::new(), line: None, message: message.into() }
    }

    /// Of a whole widget file.
    pub fn whole(message: String) -> Finding {
        Finding::new("file", message)
    }

    fn at(part: &'static str, fault: Fault) -> Finding {
        Finding { part, pointer: fault.pointer, line: None, message: fault.message }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.part)?;
        if let Some(line) = self.line {
            write!(f, ", line {line}")?;
        }
        if !self.pointer.is_empty() {
            write!(f, " at {}", self.pointer)?;
        }
        write!(f, ": {}", self.message)
    }
}

/// What came of a draft.
#[derive(Debug, Serialize)]
pub struct Trial {
    /// The tree as it is sent; none where the template does not give one.
    pub tree: Option<Value>,
    pub figures: Option<Figures>,
    pub findings: Vec<Finding>,
    /// What works, but should be better.
    pub warnings: Vec<Fault>,
    /// Rendering once, in microseconds.
    pub render_us: u64,
}

impl Widgets {
    /// Renders a draft within the bounds of every widget. Takes as long as the template, so not on a thread that others
    /// wait for.
    pub fn try_out(&self, draft: &Draft) -> Trial {
        let mut findings = draft.schema.as_ref().map_or_else(Vec::new, |schema| misfits(schema, &draft.data));
        let rendered = match draft.data {
            Value::Object(_) => self.render_draft(draft),
            _ => Err(vec![Finding::new("data", "it must be a JSON object: its members are the template's variables")]),
        };
        match rendered {
            Ok((tree, render_us)) => {
                let figures = tree::figures(&tree);
                let warnings = tree::within(&figures, &tree::WARN);
                Trial { tree: Some(tree), figures: Some(figures), findings, warnings, render_us }
            }
            Err(wrong) => {
                findings.extend(wrong);
                Trial { tree: None, figures: None, findings, warnings: Vec::new(), render_us: 0 }
            }
        }
    }

    fn render_draft(&self, draft: &Draft) -> Result<(Value, u64), Vec<Finding>> {
        let template = Template::compile(&draft.name, &draft.template).map_err(template_findings)?;
        let began = Instant::now();
        let tree = template.render(&draft.data, &self.0.limits).map_err(template_findings)?;
        let took = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
        Ok((tree::wire(tree), took))
    }

    /// Compiles a widget file and renders its sample. Errors: everything that is wrong with it.
    pub(super) fn proven(&self, file: &Value) -> Result<Widget, Vec<Finding>> {
        let whole = |error: Error| {
            let faults = error.faults.into_iter().map(|fault| Finding::at("file", fault)).collect::<Vec<_>>();
            if faults.is_empty() { vec![Finding::new("file", error.detail)] } else { faults }
        };
        let read = WidgetFile::from_json(file).map_err(whole)?;
        let findings = self.try_out(&Draft::of(&read)).findings;
        if findings.is_empty() { Widget::compile(file).map_err(whole) } else { Err(findings) }
    }
}

fn misfits(schema: &Value, data: &Value) -> Vec<Finding> {
    match Schema::compile(schema) {
        Err(why) => vec![Finding::new("schema", format!("it cannot be used: {why}"))],
        Ok(schema) => match schema.check(data) {
            Ok(()) => Vec::new(),
            Err(faults) => faults.into_iter().map(|fault| Finding::at("data", fault)).collect(),
        },
    }
}

fn template_findings(fault: TemplateFault) -> Vec<Finding> {
    if fault.kind == FaultKind::Validate && !fault.faults.is_empty() {
        return fault.faults.into_iter().map(|one| Finding::at("tree", one)).collect();
    }
    vec![Finding { line: fault.line, ..Finding::new("template", fault.message) }]
}
