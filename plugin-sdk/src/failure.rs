//! Why something did not work: a stable word, a sentence, and for forms the fields that are wrong.
use serde_json::{Value, json};
use std::borrow::Cow;

/// What handlers return. `Result` alone is an action's result; a query returns `Result<ItsData>`.
pub type Result<T = crate::Reply, E = Failure> = std::result::Result<T, E>;

/// A refusal or an error. When a handler returns one, nothing that it wrote is stored.
///
/// `code` is a dotted word. The first part decides how the caller sees it: `input.*` as wrong fields (422),
/// `conflict.*` as "not now" (409), `auth.*` as forbidden (403), `missing.*` and every word of your own as a refusal
/// (422). The words `plugin.*`, `state.*`, `cap.*` and `limit.*` are the SDK's and the host's.
///
/// Every error of the standard kind turns into a `plugin.error` by `?`.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    pub code: Cow<'static, str>,
    /// One sentence for the person who acted.
    pub message: String,
    /// For `input.*`: a list of `{"pointer", "message"}`.
    pub detail: Option<Box<Value>>,
    /// Whether the same call may work a little later.
    pub retryable: bool,
}

impl Failure {
    pub fn new(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Failure {
        Failure { code: code.into(), message: message.into(), detail: None, retryable: false }
    }

    /// One wrong field. `pointer`: a JSON pointer into the input, such as `/email`.
    pub fn field(pointer: &str, message: impl Into<String>) -> Failure {
        let mut faults = Faults::default();
        faults.add(pointer, message);
        faults.into_failure()
    }

    pub fn with_detail(mut self, detail: Value) -> Failure {
        self.detail = Some(Box::new(detail));
        self
    }

    pub fn retryable(mut self) -> Failure {
        self.retryable = true;
        self
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

/// Any error by `?`. The host keeps its text for the log, visitors read only that the plugin failed.
/// (`Failure` itself is no `std::error::Error`, or this could not be written.)
impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Failure {
        Failure::new("plugin.error", error.to_string())
    }
}

/// Refuses: `return fail("conflict.out-of-stock", "Nothing is left")`.
pub fn fail<T>(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Result<T> {
    Err(Failure::new(code, message))
}

/// Collects wrong fields, so that a form hears of all of them at once.
///
/// ```
/// # use inlay::*;
/// # fn check(name: &str, age: u32) -> Result<()> {
/// let mut faults = Faults::default();
/// faults.require(!name.trim().is_empty(), "/name", "Tell us your name");
/// faults.require(age >= 18, "/age", "You must be of age");
/// faults.check()
/// # }
/// assert_eq!(check("", 3).unwrap_err().code, "input.invalid");
/// ```
#[derive(Clone, Debug, Default)]
pub struct Faults(Vec<(String, String)>);

impl Faults {
    pub fn add(&mut self, pointer: &str, message: impl Into<String>) {
        self.0.push((pointer.to_owned(), message.into()));
    }

    /// Adds the fault unless `holds`.
    pub fn require(&mut self, holds: bool, pointer: &str, message: &str) {
        if !holds {
            self.add(pointer, message);
        }
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// `input.invalid` with every fault, if there is any.
    pub fn check(self) -> Result<()> {
        if self.is_empty() { Ok(()) } else { Err(self.into_failure()) }
    }

    pub fn into_failure(self) -> Failure {
        let message = match self.0.as_slice() {
            [(_, only)] => only.clone(),
            _ => "Some fields are not right".to_owned(),
        };
        let list = self.0.into_iter().map(|(pointer, message)| json!({ "pointer": pointer, "message": message }));
        Failure::new("input.invalid", message).with_detail(list.collect())
    }
}
