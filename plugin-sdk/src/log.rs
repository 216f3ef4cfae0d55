//! Lines for the operator's log. They are kept also when the action fails.
use crate::Cx;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    Debug,
    Info,
    Warn,
    Error,
}

impl Level {
    pub fn word(self) -> &'static str {
        match self {
            Level::Debug => "debug",
            Level::Info => "info",
            Level::Warn => "warn",
            Level::Error => "error",
        }
    }
}

/// `cx.log().field("order", &id).info("paid")`; the macros [`info!`](crate::info) and its sisters are shorter.
#[must_use = "a logger writes nothing before one of debug, info, warn or error is called"]
pub struct Logger<'a> {
    cx: &'a Cx,
    fields: Vec<(String, String)>,
}

impl<'a> Logger<'a> {
    pub(crate) fn new(cx: &'a Cx) -> Logger<'a> {
        Logger { cx, fields: Vec::new() }
    }

    pub fn field(mut self, name: &str, value: impl ToString) -> Self {
        self.fields.push((name.to_owned(), value.to_string()));
        self
    }

    pub fn write(self, level: Level, message: &str) {
        self.cx.host.log(level.word(), message, &self.fields);
    }

    pub fn debug(self, message: &str) {
        self.write(Level::Debug, message);
    }

    pub fn info(self, message: &str) {
        self.write(Level::Info, message);
    }

    pub fn warn(self, message: &str) {
        self.write(Level::Warn, message);
    }

    pub fn error(self, message: &str) {
        self.write(Level::Error, message);
    }
}

/// `debug!(cx, "looked at {id}")`
#[macro_export]
macro_rules! debug {
    ($cx:expr, $($text:tt)+) => { $cx.log().debug(&::std::format!($($text)+)) };
}

/// `info!(cx, "sold {count} of {id}")`
#[macro_export]
macro_rules! info {
    ($cx:expr, $($text:tt)+) => { $cx.log().info(&::std::format!($($text)+)) };
}

/// `warn!(cx, "{id} is nearly sold out")`
#[macro_export]
macro_rules! warn {
    ($cx:expr, $($text:tt)+) => { $cx.log().warn(&::std::format!($($text)+)) };
}

/// `error!(cx, "the catalogue has no {id}")`
#[macro_export]
macro_rules! error {
    ($cx:expr, $($text:tt)+) => { $cx.log().error(&::std::format!($($text)+)) };
}
