//! Cases of a widget: an input and the tree that it must give, and what happens when somebody presses something in it.
//!
//! A case file is read as plain JSON and stays that: accepting what a widget does now only replaces the members that say
//! what was expected. No plugin runs: a case says itself what an action is answered with.
mod compare;
mod stage;

pub use compare::{Difference, differences, matches};
pub use stage::children;
use stage::{Outcome, Stage};

use crate::base::error::{Error, Fault, Result};
use crate::base::tree;
use crate::base::tree::review::{Bounds, review};
use crate::base::widget_file::WidgetFile;
use crate::platform::schema::Schema;
use crate::platform::templates::{FaultKind, RenderLimits, Template, TemplateFault};
use serde_json::{Map, Value, json};
use std::sync::Arc;

const OF_A_CASE: [&str; 9] = ["name", "data", "rendered", "wire", "finds", "lacks", "error", "line", "events"];
const OF_AN_EVENT: [&str; 12] =
    ["click", "submit", "change", "within", "fill", "sends", "blocked", "answer", "rendered", "wire", "finds", "lacks"];
/// Members that are rewritten when a case is accepted; the patterns of `finds` and `lacks` are for their author.
const TREES: [&str; 2] = ["rendered", "wire"];

/// A widget under test.
pub struct Subject {
    pub name: String,
    /// A case may expect that it does not compile.
    template: Result<Template, TemplateFault>,
    schema: Option<Schema>,
    sample: Value,
}

impl Subject {
    /// Errors: the schema does not compile.
    pub fn of(file: &WidgetFile) -> Result<Subject> {
        use crate::base::error::Code;
        let schema = file.json_schema.as_ref().map(Schema::compile).transpose();
        let schema =
            schema.map_err(|why| Error::new(Code::InvalidWidget, format!("The schema of {}: {why}", file.name)))?;
        let sample = file.inlay.as_ref().and_then(|extra| extra.get("sample")).cloned();
        Ok(Subject {
            name: file.name.clone(),
            template: Template::compile(&file.name, &file.template),
            schema,
            sample: sample.unwrap_or_else(|| Value::Object(Map::new())),
        })
    }
}

/// How cases are run.
#[derive(Clone, Copy, Debug, Default)]
pub struct How {
    /// Data that does not fit a schema is a fault, as it is when a widget is served; so is whatever the review of a tree finds.
    pub strict: bool,
    /// What the widget does now is taken for right, and the cases say so afterwards.
    pub update: bool,
}

/// Something that is not as the case says.
#[derive(Clone, Debug)]
pub struct Complaint {
    /// "" for the case itself, else such as "event 2".
    pub at: String,
    pub message: String,
    pub differences: Vec<Difference>,
}

#[derive(Clone, Debug, Default)]
pub struct Report {
    pub name: String,
    pub complaints: Vec<Complaint>,
    pub warnings: Vec<String>,
    /// The actions that its events sent.
    pub sent: Vec<Value>,
    /// Accepted: the case is another one now.
    pub changed: bool,
}

/// Runs all cases of a file. `others` finds the widgets that answers show. Errors: the file has no list of cases.
pub fn run(
    file: &mut Value,
    subject: &Arc<Subject>,
    others: &dyn Fn(&str) -> Option<Arc<Subject>>,
    how: How,
) -> Result<Vec<Report>, String> {
    let members = file.as_object_mut().ok_or("a case file is an object with a list of \"cases\"")?;
    if let Some(strange) = members.keys().find(|name| !["widget", "cases"].contains(&name.as_str())) {
        return Err(format!("{strange:?} is no member of a case file; these are: widget, cases"));
    }
    let cases = members.get_mut("cases").and_then(Value::as_array_mut).ok_or("there is no list of \"cases\"")?;
    Ok(cases.iter_mut().enumerate().map(|(at, case)| Run::new(subject, others, how).case(at, case)).collect())
}

struct Run<'a> {
    subject: Arc<Subject>,
    others: &'a dyn Fn(&str) -> Option<Arc<Subject>>,
    how: How,
    report: Report,
    at: String,
}

impl<'a> Run<'a> {
    fn new(subject: &Arc<Subject>, others: &'a dyn Fn(&str) -> Option<Arc<Subject>>, how: How) -> Run<'a> {
        Run { subject: subject.clone(), others, how, report: Report::default(), at: String::new() }
    }

    fn complain(&mut self, message: impl Into<String>) {
        self.differ(message, Vec::new());
    }

    fn differ(&mut self, message: impl Into<String>, differences: Vec<Difference>) {
        self.report.complaints.push(Complaint { at: self.at.clone(), message: message.into(), differences });
    }

    fn case(mut self, number: usize, case: &mut Value) -> Report {
        let named = case.get("name").and_then(Value::as_str).map(str::to_owned);
        self.report.name = named.unwrap_or_else(|| format!("case {}", number + 1));
        match case.as_object_mut() {
            Some(case) => self.members(case),
            None => self.complain("a case is an object"),
        }
        self.report
    }

    fn members(&mut self, case: &mut Map<String, Value>) {
        self.known(case, &OF_A_CASE);
        let data = case.get("data").cloned().unwrap_or_else(|| self.subject.sample.clone());
        match self.render(&data) {
            Err(fault) => self.failed(case, &fault),
            Ok(mut tree) => {
                if let Some(expected) = case.get("error").cloned() {
                    match self.how.update {
                        false => return self.complain(format!("it renders, but should fail: {expected}")),
                        true => {
                            case.remove("error");
                            case.remove("line");
                        }
                    }
                }
                self.expect(case, &tree, !case.contains_key("events"));
                let Some(events) = case.get_mut("events") else { return };
                let Some(events) = events.as_array_mut() else { return self.complain("events are a list") };
                let count = events.len();
                for (number, event) in events.iter_mut().enumerate() {
                    self.at = format!("event {}", number + 1);
                    let Some(event) = event.as_object_mut() else { return self.complain("an event is an object") };
                    match self.event(event, &tree) {
                        Some(next) => tree = next,
                        None if number + 1 < count => {
                            return self.complain("nothing is known of what is shown now, so nothing can follow");
                        }
                        None => {}
                    }
                }
            }
        }
    }

    /// A misspelt member would never be looked at.
    fn known(&mut self, object: &Map<String, Value>, names: &[&str]) {
        let strange: Vec<&String> = object.keys().filter(|name| !names.contains(&name.as_str())).collect();
        if !strange.is_empty() {
            self.complain(format!("{strange:?} is not known here; these are: {}", names.join(", ")));
        }
    }

    fn render(&mut self, data: &Value) -> Result<Value, TemplateFault> {
        if let Some(Err(faults)) = self.subject.schema.as_ref().map(|schema| schema.check(data)) {
            let places =
                faults.iter().map(|fault| format!("\n{}: {}", fault.pointer, fault.message)).collect::<String>();
            let message = format!("the data for {} does not fit its schema:{places}", self.subject.name);
            if self.how.strict {
                self.complain(message);
            } else {
                self.report.warnings.push(message);
            }
        }
        self.subject.template.as_ref().map_err(Clone::clone)?.render(data, &RenderLimits::default())
    }

    /// What a review has against the tree, accessibility included.
    fn review(&mut self, tree: &Value) {
        if !self.how.strict {
            return;
        }
        for finding in review(tree, &Bounds::default()).findings.list {
            let hint = finding.hint.map(|hint| format!(" ({hint})")).unwrap_or_default();
            self.complain(format!("{} at {}: {}{hint}", finding.code, finding.pointer, finding.message));
        }
    }

    fn failed(&mut self, case: &mut Map<String, Value>, fault: &TemplateFault) {
        let kind = kind(fault.kind);
        let line = case.get("line").and_then(Value::as_u64).map(|line| line as usize);
        if case.get("error").is_some_and(|expected| expected == kind) && (line.is_none() || line == fault.line) {
            return;
        }
        if self.how.update && !case.contains_key("events") && !case.contains_key("finds") {
            TREES.iter().for_each(|name| drop(case.remove(*name)));
            case.insert("error".into(), kind.into());
            fault.line.map(|line| case.insert("line".into(), line.into()));
            self.report.changed = true;
            return;
        }
        self.complain(format!("it fails ({kind}): {fault}"));
    }

    /// Holds a tree against what is expected of it. `needed`: a case that expects nothing tests nothing.
    fn expect(&mut self, expected: &mut Map<String, Value>, tree: &Value, needed: bool) {
        if needed && !["rendered", "wire", "finds", "lacks"].iter().any(|name| expected.contains_key(*name)) {
            if !self.how.update {
                return self.complain("it says nothing of the tree; accept the present one with --update");
            }
            expected.insert("rendered".into(), tree.clone());
            self.report.changed = true;
        }
        self.review(tree);
        for name in TREES {
            let Some(wanted) = expected.get(name) else { continue };
            let found = if name == "wire" { tree::wire(tree.clone()) } else { tree.clone() };
            self.same(expected, name, wanted.clone(), found);
        }
        for (name, should) in [("finds", true), ("lacks", false)] {
            let patterns = expected.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
            for pattern in patterns.iter().filter(|pattern| somewhere(tree, pattern) != should) {
                self.complain(format!("the tree {} {pattern}", if should { "lacks" } else { "has" }));
            }
        }
    }

    fn same(&mut self, expected: &mut Map<String, Value>, name: &str, wanted: Value, found: Value) {
        let differences = differences(&wanted, &found);
        if differences.is_empty() {
            return;
        }
        if self.how.update {
            expected.insert(name.to_owned(), found);
            self.report.changed = true;
        } else {
            self.differ(format!("{name} is different"), differences);
        }
    }

    /// What is shown afterwards, as far as that is known.
    fn event(&mut self, event: &mut Map<String, Value>, tree: &Value) -> Option<Value> {
        self.known(event, &OF_AN_EVENT);
        match done(event, tree) {
            Err(why) => {
                self.complain(why);
                return None;
            }
            Ok(Outcome::Blocked(fields)) => {
                event.remove("sends").filter(|_| !self.how.update).inspect(|sends| {
                    self.complain(format!("the browser stops at {fields:?}, but it should send {sends}"));
                });
                let wanted = event.get("blocked").cloned().unwrap_or_default();
                self.same(event, "blocked", wanted, fields.into());
                return Some(tree.clone());
            }
            Ok(Outcome::Sends(sent)) => {
                if self.how.update {
                    event.remove("blocked");
                } else if let Some(fields) = event.get("blocked") {
                    self.complain(format!("the browser should stop at {fields}, but sends {sent}"));
                }
                let wanted = event.get("sends").cloned().unwrap_or_default();
                if wanted.is_null() && !self.how.update {
                    self.complain(format!(
                        "it sends {sent}, and the case says nothing of that; accept it with --update"
                    ));
                } else {
                    self.same(event, "sends", wanted, sent.clone());
                }
                self.report.sent.push(sent);
            }
        }
        let shown = match event.get("answer").cloned() {
            None => return Some(tree.clone()),
            Some(answer) => self.answered(&answer, tree)?,
        };
        self.expect(event, &shown, false);
        Some(shown)
    }

    /// What the mock answer shows.
    fn answered(&mut self, answer: &Value, tree: &Value) -> Option<Value> {
        if let Some(faults) = answer.get("faults").and_then(Value::as_array) {
            let stage = Stage::of(tree);
            let pointers = faults.iter().filter_map(|fault| fault.get("pointer").and_then(Value::as_str));
            for lost in pointers.filter(|pointer| !stage.has_field(pointer)) {
                self.complain(format!("the fault at {lost} has no field to stand at"));
            }
            return Some(tree.clone());
        }
        if let Some(tree) = answer.get("tree") {
            let faults = tree::check(tree);
            if let Some(Fault { pointer, message }) = faults.first() {
                self.complain(format!("the answer's tree is no widget: {pointer}: {message}"));
            }
            return Some(tree.clone());
        }
        if let Some(name) = answer.get("widget").and_then(Value::as_str).filter(|name| *name != self.subject.name) {
            self.subject = (self.others)(name)?;
        }
        let data = answer.get("data").cloned().unwrap_or_else(|| self.subject.sample.clone());
        match self.render(&data) {
            Ok(tree) => Some(tree),
            Err(fault) => {
                self.complain(format!("what the answer shows cannot be drawn: {fault}"));
                None
            }
        }
    }
}

fn done(event: &Map<String, Value>, tree: &Value) -> Result<Outcome, String> {
    let object = |name: &str| event.get(name).and_then(Value::as_object).cloned();
    let stage = Stage::of(tree);
    let within = event.get("within").and_then(Value::as_str);
    match (event.get("click").and_then(Value::as_str), object("submit"), object("change")) {
        (Some(name), None, None) => stage.click(name, within, &object("fill").unwrap_or_default()),
        (None, Some(fill), None) => stage.submit(&fill),
        (None, None, Some(fill)) => stage.change(&fill),
        _ => Err("an event says one of \"click\": NAME, \"submit\": {…} and \"change\": {…}".to_owned()),
    }
}

fn kind(kind: FaultKind) -> &'static str {
    match kind {
        FaultKind::Render => "render",
        FaultKind::Json => "json",
        FaultKind::Validate => "validate",
        FaultKind::Limit => "limit",
    }
}

fn somewhere(node: &Value, pattern: &Value) -> bool {
    matches(pattern, node) || children(node).any(|child| somewhere(child, pattern))
}

impl Report {
    pub fn passed(&self) -> bool {
        self.complaints.is_empty()
    }

    pub fn to_json(&self) -> Value {
        let difference = |one: &Difference| {
            let mut said = json!({"pointer": one.pointer});
            let sides = [("expected", &one.expected), ("found", &one.found)];
            if let Some(said) = said.as_object_mut() {
                said.extend(sides.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value.clone()?))));
            }
            said
        };
        let complaint = |one: &Complaint| {
            let differences: Vec<Value> = one.differences.iter().map(difference).collect();
            json!({"at": one.at, "message": one.message, "differences": differences})
        };
        json!({
            "name": self.name,
            "passed": self.passed(),
            "accepted": self.changed,
            "complaints": self.complaints.iter().map(complaint).collect::<Vec<_>>(),
            "warnings": self.warnings,
            "sent": self.sent,
        })
    }
}

#[cfg(test)]
mod tests;
