//! minijinja: a widget's template and its data become a tree. Only this folder names the crate.
//!
//! # Text cannot become structure
//!
//! A template prints JSON, and whoever writes it may forget `tojson`. So that a visitor's text still cannot change the
//! structure of the widget, printing keeps apart what the template *says* and what it *shows*:
//!
//! * the template's own text, literals that are printed as they stand, numbers, `true`, `false`, the result of `tojson`, and captured blocks (`set` … `endset`,
//!   macros) are **fragments**: structure that the template's author meant;
//! * every other string is **text**. Inside quotes it is escaped, whatever it holds. Outside quotes it is refused, unless
//!   it is exactly one JSON number, `true`, `false` or `null`.
//! * a list or an object that is printed bare is written as JSON, like with `tojson`.
//!
//! Text may not be (part of) the name of a member in an object that the template spells out: it could take another
//! member's place, or add one that the renderer understands.
//!
//! A fragment that begins outside quotes must end outside quotes, and one that is printed inside quotes may hold no quote
//! of its own. `| safe` does not turn text into a fragment. A slice of a captured block is a fragment like the block.
//!
//! How: minijinja marks captured blocks and `tojson` as safe strings. Our formatter writes safe strings and text between
//! marks (noncharacters of Unicode, which data may not smuggle in: [`marks`]), and [`untangle`] walks once over the output
//! with a JSON lexer's eye and takes the marks out again.
mod diagnose;
mod filters;
mod lines;
mod marks;
mod pieces;
mod rewrite;
mod untangle;

pub use lines::{LineCost, Origins, costs, steps};

use crate::base::error::{Code, Error, Fault};
use crate::base::tree;
use crate::base::wire::{self, Wire};
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value as Jinja};
use serde_json::Value;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use untangle::Clean;

/// Bytes of a template's source.
const MAX_SOURCE: usize = 128 * 1024;
/// minijinja's parser recurses along chains such as `1+1+1`, which have no depth to bound. Only touched where it is used.
const COMPILE_STACK: usize = 512 * 1024 * 1024;
/// The name under which minijinja knows the one template of an environment.
const NAME: &str = "widget";

/// Bounds of one rendering.
#[derive(Clone, Copy, Debug)]
pub struct RenderLimits {
    /// minijinja's instructions.
    pub fuel: u64,
    /// Bytes of the rendered JSON.
    pub max_bytes: usize,
}

impl Default for RenderLimits {
    fn default() -> RenderLimits {
        RenderLimits { fuel: 1_000_000, max_bytes: 128 * 1024 }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// The template does not compile, or fails while it runs.
    Render,
    /// What it printed is not JSON.
    Json,
    /// It is JSON, but not a widget.
    Validate,
    /// It went past a bound.
    Limit,
}

/// Why a template gave no widget, in words for its author.
#[derive(Clone, Debug)]
pub struct TemplateFault {
    pub kind: FaultKind,
    pub template: Arc<str>,
    /// Line of the template, 1 being the first. For output that is wrong: of the expression printed at or after it.
    pub line: Option<usize>,
    pub message: String,
    pub faults: Vec<Fault>,
}

impl fmt::Display for TemplateFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "The template {}", self.template)?;
        if let Some(line) = self.line {
            write!(f, ", line {line}")?;
        }
        write!(f, ": {}", self.message)
    }
}

impl std::error::Error for TemplateFault {}

impl From<TemplateFault> for Error {
    fn from(fault: TemplateFault) -> Error {
        let text = fault.to_string();
        Error::new(Code::WidgetTemplate, text).with_faults(fault.faults)
    }
}

/// A compiled template. Cheap to clone.
#[derive(Clone)]
pub struct Template {
    name: Arc<str>,
    env: Arc<Environment<'static>>,
    /// Lines of output are lines of the template where nothing is computed.
    plain: bool,
}

impl Template {
    /// Errors: the source does not compile.
    pub fn compile(name: &str, source: &str) -> Result<Template, TemplateFault> {
        let name: Arc<str> = name.into();
        let fault = |kind, line, message: String| {
            let faults = Vec::new();
            TemplateFault { kind, template: name.clone(), line, message, faults }
        };
        if source.len() > MAX_SOURCE {
            let message = format!("it has {} bytes; at most {MAX_SOURCE} are compiled", source.len());
            return Err(fault(FaultKind::Limit, None, message));
        }
        if source.chars().any(marks::is_mark) {
            let message = "it holds one of the characters U+FDD0 to U+FDDF, which are not characters of any text";
            return Err(fault(FaultKind::Render, None, message.to_owned()));
        }
        let rewritten = rewrite::rewrite(source).map_err(|at| {
            let message = "an expression has too many brackets inside brackets".to_owned();
            fault(FaultKind::Limit, Some(diagnose::line_of(source, at)), message)
        })?;
        let env = compiled(rewritten).map_err(|e| fault(FaultKind::Render, e.line(), diagnose::words(&e)))?;
        let plain = !source.contains("{{") && !source.contains("{%");
        Ok(Template { name, env: Arc::new(env), plain })
    }

    /// Renders the tree for `data`, which must be an object: its members are the template's variables.
    pub fn render(&self, data: &Value, limits: &RenderLimits) -> Result<Value, TemplateFault> {
        let tree = self.render_unchecked(data, limits)?;
        self.checked(tree)
    }

    /// As [`render`](Template::render), but the JSON may be anything: for those who look at it themselves.
    pub fn render_unchecked(&self, data: &Value, limits: &RenderLimits) -> Result<Value, TemplateFault> {
        let (data, marked) = marks::without(data);
        let clean = self.clean(&data, limits)?;
        self.parsed(&clean, &data, marked, limits)
    }

    /// As [`render`](Template::render), but the tree as it is sent.
    pub fn render_wire(&self, data: &Value, limits: &RenderLimits) -> Result<Wire, TemplateFault> {
        let (data, marked) = marks::without(data);
        let clean = self.clean(&data, limits)?;
        if let Some(wire) = wire::compact(&clean.text).filter(|_| !marked) {
            return Ok(wire);
        }
        let tree = self.parsed(&clean, &data, marked, limits)?;
        Ok(Wire::of(self.checked(tree)?))
    }

    /// What the template prints, without marks.
    fn clean(&self, data: &Value, limits: &RenderLimits) -> Result<Clean, TemplateFault> {
        let printed = self.print(data, limits).map_err(|e| self.failed(&e))?;
        let clean = match untangle::untangle(&printed) {
            Ok(clean) => clean,
            Err(tangle) => return Err(self.wrong(FaultKind::Json, tangle.message, data, limits, tangle.at)),
        };
        if clean.text.len() > limits.max_bytes {
            let message =
                format!("the widget has {} bytes; at most {} are rendered", clean.text.len(), limits.max_bytes);
            return Err(self.fault(FaultKind::Limit, None, message));
        }
        Ok(clean)
    }

    fn parsed(&self, clean: &Clean, data: &Value, marked: bool, limits: &RenderLimits) -> Result<Value, TemplateFault> {
        let mut tree: Value = match serde_json::from_str(&clean.text) {
            Ok(tree) => tree,
            Err(error) => {
                let at = clean.source_of(diagnose::offset(&clean.text, error.line(), error.column()));
                let message = format!("what it prints is not JSON: {error}");
                return Err(self.wrong(FaultKind::Json, message, data, limits, at));
            }
        };
        if marked {
            marks::restore(&mut tree);
        }
        Ok(tree)
    }

    fn checked(&self, tree: Value) -> Result<Value, TemplateFault> {
        let faults = tree::check(&tree);
        match faults.first() {
            None => Ok(tree),
            Some(first) => {
                let message = format!("what it prints is not a widget: {}: {}", first.pointer, first.message);
                Err(TemplateFault { faults, ..self.fault(FaultKind::Validate, None, message) })
            }
        }
    }

    fn print(&self, data: &Value, limits: &RenderLimits) -> Result<String, minijinja::Error> {
        let refuelled;
        let env = if self.env.fuel() == Some(limits.fuel) {
            &*self.env
        } else {
            let mut env = (*self.env).clone();
            env.set_fuel(Some(limits.fuel));
            refuelled = env;
            &refuelled
        };
        filters::begin();
        let mut out = diagnose::Capped::new(limits.max_bytes.saturating_mul(3));
        // Arithmetic at the edge of its range panics in places; one template's fault may not be more than that.
        let printed = catch_unwind(AssertUnwindSafe(|| {
            env.get_template(NAME)?.render_captured_to(Jinja::from(Serde(data)), &mut out).map(drop)
        }));
        printed.unwrap_or_else(|_| Err(failure("it asks for something that cannot be computed")))?;
        String::from_utf8(out.into_bytes())
            .map_err(|e| minijinja::Error::new(minijinja::ErrorKind::WriteFailure, e.to_string()))
    }

    fn fault(&self, kind: FaultKind, line: Option<usize>, message: String) -> TemplateFault {
        TemplateFault { kind, template: self.name.clone(), line, message, faults: Vec::new() }
    }

    fn failed(&self, error: &minijinja::Error) -> TemplateFault {
        let limit = matches!(error.kind(), minijinja::ErrorKind::OutOfFuel | minijinja::ErrorKind::WriteFailure);
        let kind = if limit || filters::exhausted(error) { FaultKind::Limit } else { FaultKind::Render };
        self.fault(kind, error.line(), diagnose::words(error))
    }

    /// A fault of the output: renders once more to see which line of the template was printing there.
    fn wrong(&self, kind: FaultKind, message: String, data: &Value, limits: &RenderLimits, at: usize) -> TemplateFault {
        filters::begin();
        let line = if self.plain {
            self.print(data, limits).ok().map(|out| diagnose::line_of(&out, at))
        } else {
            diagnose::line_at(&self.env, NAME, data, at)
        };
        self.fault(kind, line, message)
    }
}

fn failure(words: &'static str) -> minijinja::Error {
    minijinja::Error::new(minijinja::ErrorKind::InvalidOperation, words)
}

/// Parses on a stack of its own.
fn compiled(source: String) -> Result<Environment<'static>, minijinja::Error> {
    let work = move || {
        let mut env = environment();
        env.add_template_owned(NAME, source).map(|()| env)
    };
    let thread = std::thread::Builder::new().name("inlay-template".into()).stack_size(COMPILE_STACK).spawn(work);
    let compiled = thread.map_err(|_| failure("there is no thread to compile it on"))?.join();
    compiled.unwrap_or_else(|_| Err(failure("it cannot be compiled")))
}

/// The dialect of the reference: strict about what is undefined, nothing to load, Python's methods.
fn environment() -> Environment<'static> {
    let mut env = Environment::new();
    env.set_undefined_behavior(UndefinedBehavior::Strict);
    env.set_auto_escape_callback(|_| AutoEscape::Custom("fragments".into()));
    env.set_formatter(marks::format);
    env.set_unknown_method_callback(filters::method);
    env.set_fuel(Some(RenderLimits::default().fuel));
    env.set_recursion_limit(100);
    filters::install(&mut env);
    env
}

#[cfg(test)]
mod bounds_tests;
#[cfg(test)]
mod tests;
