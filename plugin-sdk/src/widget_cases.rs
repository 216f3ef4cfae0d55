//! The cases that lie beside a plugin's widgets, from the author's own `cargo test`.
//!
//! Templates are drawn by the host's engine and nothing else, so this asks the `inlay` binary to run the cases
//! (`inlay widget test`). What it cannot see, because there a mock answers, is seen here: whether the plugin's handlers
//! understand what its widgets send.
use crate::Plugin;
use serde_json::Value;
use std::ffi::OsString;
use std::fmt;
use std::process::Command;

/// The variable that names the binary, where `inlay` on the PATH is not meant.
const BIN: &str = "INLAY_TEST_BIN";

/// Why the widgets are not as their cases say; its `Debug` is for people, so that `unwrap` prints it readably.
pub struct Unlike(String);

impl fmt::Debug for Unlike {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Unlike {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unlike {}

impl Plugin {
    /// Runs all cases below `folder` (`"widgets"`, from where `Cargo.toml` lies) with the `inlay` binary: the one that
    /// `INLAY_TEST_BIN` names, else the one on the PATH. Then every action of this plugin that the cases' events send is
    /// given to its handler in a fake workspace; it may be refused for many good reasons, but it has to be understood.
    ///
    /// Gives how many cases passed. Data has to fit the widgets' schemas. Errors: a case failed, a handler cannot read
    /// what is sent to it, there is no binary.
    pub fn test_widgets(&'static self, folder: &str) -> Result<u64, Unlike> {
        let binary = std::env::var_os(BIN).unwrap_or_else(|| OsString::from("inlay"));
        let ran = |more: &[&str]| {
            let output = Command::new(&binary).args(["widget", "test", "--strict"]).args(more).arg(folder).output();
            output.map_err(|e| {
                Unlike(format!("{} cannot be run ({e}); install inlay, or name it in {BIN}", binary.to_string_lossy()))
            })
        };
        let output = ran(&["--json"])?;
        if !output.status.success() {
            let told = ran(&[])?;
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            return Err(Unlike(format!("{}{}", text(&told.stdout), text(&told.stderr))));
        }
        let report: Value = serde_json::from_slice(&output.stdout).map_err(|e| Unlike(format!("no report: {e}")))?;
        let wrong = self.misunderstood(&report);
        if !wrong.is_empty() {
            return Err(Unlike(wrong.join("\n")));
        }
        Ok(report.get("passed").and_then(Value::as_u64).unwrap_or_default())
    }

    /// A sentence for each action in a report of `inlay widget test --json` whose handler cannot read its input.
    #[doc(hidden)]
    pub fn misunderstood(&'static self, report: &Value) -> Vec<String> {
        let mut wrong = Vec::new();
        for widget in list(report.get("widgets")) {
            for case in list(widget.get("cases")) {
                for sent in list(case.get("sent")).filter(|sent| sent.get("handler").is_none()) {
                    if let Some(why) = self.misunderstands(sent) {
                        wrong.push(format!("{} / {}: {why}", word(widget, "widget"), word(case, "name")));
                    }
                }
            }
        }
        wrong
    }

    fn misunderstands(&'static self, sent: &Value) -> Option<String> {
        let name = word(sent, "type");
        let entry = self.actions.iter().find(|entry| entry.name == name)?;
        let mut input = sent.get("payload").cloned().unwrap_or_default();
        read_texts(&(entry.input)(), &mut input);
        let failure = self.fake().act(name, input.clone()).err().filter(|failure| failure.code == "input.invalid")?;
        // The handler's own faults name a field; what cannot be read at all has no place.
        let unread = list(failure.detail.as_deref()).any(|fault| word(fault, "pointer").is_empty());
        unread.then(|| format!("{name} cannot read {input}: {}", failure.detail.unwrap_or_default()))
    }
}

fn list(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    value.and_then(Value::as_array).into_iter().flatten()
}

fn word<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// As the host does: a form sends texts, also where the schema asks for a number or a boolean.
fn read_texts(schema: &Value, input: &mut Value) {
    let Some(members) = input.as_object_mut() else { return };
    for (name, value) in members {
        let kind = schema.pointer(&format!("/properties/{name}/type"));
        let wants = |wanted: &str| kind.is_some_and(|kind| kind == wanted || list(Some(kind)).any(|one| one == wanted));
        let Some(text) = value.as_str() else { continue };
        let read: Option<Value> = serde_json::from_str(text).ok();
        let fits = |read: &Value| match read {
            Value::Number(_) => wants("integer") || wants("number"),
            Value::Bool(_) => wants("boolean"),
            _ => false,
        };
        if let Some(read) = read.filter(fits).filter(|_| !wants("string")) {
            *value = read;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn texts_of_forms_become_what_the_schema_asks_for() {
        let schema = json!({"properties": {"n": {"type": "integer"}, "b": {"type": ["boolean", "null"]}, "s": {"type": "string"}}});
        let mut input = json!({"n": "2", "b": "true", "s": "3", "x": "4"});
        read_texts(&schema, &mut input);
        assert_eq!(input, json!({"n": 2, "b": true, "s": "3", "x": "4"}));
    }
}
