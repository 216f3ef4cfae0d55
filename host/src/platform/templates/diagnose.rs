//! From a fault in what was printed back to the line of the template, and minijinja's errors in plain words.
use super::{filters, marks};
use minijinja::value::{Serde, ValueKind};
use minijinja::{Environment, Error, ErrorKind, Value as Jinja};
use serde_json::Value;
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Output that ends the rendering when it grows too large.
pub(super) struct Capped {
    bytes: Vec<u8>,
    most: usize,
}

impl Capped {
    pub(super) fn new(most: usize) -> Capped {
        Capped { bytes: Vec::with_capacity(4096), most }
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

impl Write for Capped {
    fn write(&mut self, part: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + part.len() > self.most {
            return Err(io::Error::other("the widget is too large"));
        }
        self.bytes.extend_from_slice(part);
        Ok(part.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Counted(Arc<AtomicUsize>);

impl Write for Counted {
    fn write(&mut self, part: &[u8]) -> io::Result<usize> {
        self.0.fetch_add(part.len(), Ordering::Relaxed);
        Ok(part.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The line of the first expression that is printed when `at` bytes are out, found by rendering once more. Output that
/// is captured first is counted when it is printed.
pub(super) fn line_at(env: &Environment<'static>, name: &str, data: &Value, at: usize) -> Option<usize> {
    let count = Arc::new(AtomicUsize::new(0));
    let mut env = env.clone();
    let seen = count.clone();
    env.set_formatter(move |out, state, value| {
        let before = seen.load(Ordering::Relaxed);
        let len = match value.kind() {
            ValueKind::Seq | ValueKind::Map | ValueKind::Iterable => {
                filters::to_json(value).map_or(0, |json| json.len())
            }
            _ => value.as_str().map_or(0, str::len),
        };
        if before + len >= at {
            return Err(Error::new(ErrorKind::InvalidOperation, "here"));
        }
        marks::format(out, state, value)
    });
    let template = env.get_template(name).ok()?;
    template.render_captured_to(Jinja::from(Serde(data)), Counted(count)).err().and_then(|e| e.line())
}

/// The line of an offset, 1 being the first.
pub(super) fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|b| *b == b'\n').count() + 1
}

/// The offset of serde_json's line and column (1-based; a column counts bytes).
pub(super) fn offset(text: &str, line: usize, column: usize) -> usize {
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    (start + column.saturating_sub(1)).min(text.len())
}

/// An error for the template's author.
pub(super) fn words(error: &Error) -> String {
    match (error.kind(), error.detail()) {
        (ErrorKind::OutOfFuel, _) => "it takes too many steps".to_owned(),
        (ErrorKind::WriteFailure, _) => "what it prints is too large".to_owned(),
        (kind, Some(detail)) => format!("{kind}: {detail}"),
        (kind, None) => kind.to_string(),
    }
}
