//! The layers under the typed settings: one leaf per setting, its value and where that came from. A name that is not in
//! `config.default.toml` is an error, so a typing mistake cannot silently leave a default in force.
use super::SettingsError;
use std::fmt;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// The defaults, and their documentation.
pub const DEFAULTS: &str = include_str!("../../config.default.toml");

/// Variables that start like settings and are none: they steer tests and choose the file.
const RESERVED: [&str; 2] = ["INLAY_GOLDEN", "INLAY_CONFIG"];
const RESERVED_PREFIX: &str = "INLAY_TEST_";

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    Default,
    /// A variable of an earlier system, such as PORT.
    Older(&'static str),
    File(PathBuf),
    Variable(String),
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Default => f.write_str("default"),
            Origin::Older(name) => write!(f, "variable {name}, an older name"),
            Origin::File(path) => write!(f, "file {}", path.display()),
            Origin::Variable(name) => write!(f, "variable {name}"),
            Origin::Flag(name) => write!(f, "flag {name}"),
        }
    }
}

/// One setting.
#[derive(Clone)]
pub struct Leaf {
    pub section: String,
    pub key: String,
    pub value: Value,
    pub origin: Origin,
}

impl Leaf {
    /// "server.listen".
    pub fn name(&self) -> String {
        format!("{}.{}", self.section, self.key)
    }

    /// "INLAY_SERVER_LISTEN".
    pub fn variable(&self) -> String {
        format!("INLAY_{}_{}", self.section, self.key).to_uppercase()
    }

    fn kind(&self) -> &'static str {
        match self.value {
            Value::Integer(_) => "a whole number",
            Value::Boolean(_) => "true or false",
            Value::Array(_) => "a list of texts",
            _ => "a text",
        }
    }

    /// Reads a text as this setting's kind of value.
    fn parse(&self, text: &str) -> Option<Value> {
        Some(match self.value {
            Value::Integer(_) => Value::Integer(text.trim().parse().ok()?),
            Value::Boolean(_) => Value::Boolean(text.trim().parse().ok()?),
            Value::Array(_) => Value::Array(
                text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(|item| item.into()).collect(),
            ),
            _ => Value::String(text.to_owned()),
        })
    }

    fn fits(&self, value: &Value) -> bool {
        match (&self.value, value) {
            (Value::Array(_), Value::Array(items)) => items.iter().all(Value::is_str),
            (old, new) => old.same_type(new),
        }
    }

    /// Shown instead of a value that must stay hidden. A server's URL may hold a password.
    fn is_secret(&self) -> bool {
        let of_server = || self.value.as_str().is_some_and(|url| !url.starts_with("sqlite://"));
        self.section == "auth" || self.key == "database_url" && of_server()
    }

    fn shown(&self) -> String {
        let text = |text: &str| if self.is_secret() && !text.is_empty() { quoted("(hidden)") } else { quoted(text) };
        match &self.value {
            Value::String(value) => text(value),
            Value::Array(items) => {
                let items: Vec<String> = items.iter().filter_map(Value::as_str).map(text).collect();
                format!("[{}]", items.join(", "))
            }
            Value::Integer(number) => number.to_string(),
            Value::Boolean(yes) => yes.to_string(),
            _ => String::new(),
        }
    }
}

/// A TOML text. JSON's escapes are TOML's, but for DEL, which JSON leaves as it is.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string().replace('\u{7f}', "\\u007f")
}

/// All settings, in the order of the defaults file.
#[derive(Clone, Debug)]
pub struct Layers {
    leaves: Vec<Leaf>,
}

impl Layers {
    pub fn defaults() -> Result<Layers, SettingsError> {
        let table: Table = DEFAULTS.parse().map_err(|e| SettingsError(format!("config.default.toml: {e}")))?;
        let mut leaves = Vec::new();
        let mut section = "";
        // The parser sorts names; the file's own order is the one to show.
        for line in DEFAULTS.lines() {
            if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                section = name;
            } else if let Some((key, _)) = line.split_once(" = ").filter(|_| !line.starts_with('#'))
                && let Some(value) = table.get(section).and_then(|part| part.get(key))
            {
                let (section, key) = (section.to_owned(), key.to_owned());
                leaves.push(Leaf { section, key, value: value.clone(), origin: Origin::Default });
            }
        }
        Ok(Layers { leaves })
    }

    pub fn leaves(&self) -> &[Leaf] {
        &self.leaves
    }

    pub fn leaf(&self, name: &str) -> Option<&Leaf> {
        self.leaves.iter().find(|leaf| leaf.name() == name)
    }

    /// Lays a file over what is there.
    pub fn file(&mut self, path: &Path, text: &str) -> Result<(), SettingsError> {
        let at = path.display();
        let table: Table = text.parse().map_err(|e| SettingsError(format!("{at} is not TOML: {e}")))?;
        for (section, part) in table {
            let known = self.leaves.iter().any(|leaf| leaf.section == section);
            let Value::Table(part) = part else {
                let names = self.leaves.iter().map(Leaf::name);
                let hint =
                    nearest(&section, names.clone().filter_map(|n| n.split_once('.').map(|(_, key)| key.to_owned())));
                let full = hint.and_then(|key| names.into_iter().find(|n| n.ends_with(&format!(".{key}"))));
                let hint = full
                    .map(|name| {
                        format!(
                            " (did you mean {name}, in the section [{}]?)",
                            name.split_once('.').map_or("", |(s, _)| s)
                        )
                    })
                    .unwrap_or_default();
                return Err(SettingsError(format!("{at}: there is no setting {section:?} outside of a section{hint}")));
            };
            if !known {
                let sections = self.leaves.iter().map(|leaf| leaf.section.clone());
                let hint = did_you_mean(&section, sections);
                return Err(SettingsError(format!("{at}: there is no section [{section}]{hint}")));
            }
            for (key, value) in part {
                let name = format!("{section}.{key}");
                let Some(leaf) = self.leaves.iter_mut().find(|leaf| leaf.section == section && leaf.key == key) else {
                    let hint = did_you_mean(&name, self.leaves.iter().map(Leaf::name));
                    return Err(SettingsError(format!("{at}: there is no setting {name}{hint}")));
                };
                if !leaf.fits(&value) {
                    return Err(SettingsError(format!("{at}: {name} must be {}", leaf.kind())));
                }
                leaf.value = value;
                leaf.origin = Origin::File(path.to_path_buf());
            }
        }
        Ok(())
    }

    /// Lays the variables named INLAY_* over what is there.
    pub fn variables(&mut self, vars: &[(String, String)]) -> Result<(), SettingsError> {
        for (name, text) in vars {
            if !name.starts_with("INLAY_") || RESERVED.contains(&name.as_str()) || name.starts_with(RESERVED_PREFIX) {
                continue;
            }
            let Some(leaf) = self.leaves.iter_mut().find(|leaf| leaf.variable() == *name) else {
                let hint = did_you_mean(name, self.leaves.iter().map(Leaf::variable));
                return Err(SettingsError(format!(
                    "the environment sets {name}, but there is no such setting{hint}; unset it or correct its name"
                )));
            };
            let Some(value) = leaf.parse(text) else {
                return Err(SettingsError(format!("{name} ({}) must be {}", leaf.name(), leaf.kind())));
            };
            leaf.value = value;
            leaf.origin = Origin::Variable(name.clone());
        }
        Ok(())
    }

    /// Puts one text into the setting `name`.
    pub fn put(&mut self, name: &str, text: &str, origin: Origin) -> Result<(), SettingsError> {
        let Some(leaf) = self.leaves.iter_mut().find(|leaf| leaf.name() == name) else {
            return Err(SettingsError(format!("there is no setting {name}")));
        };
        let Some(value) = leaf.parse(text) else {
            return Err(SettingsError(format!("{name} (from {origin}) must be {}", leaf.kind())));
        };
        leaf.value = value;
        leaf.origin = origin;
        Ok(())
    }

    /// The values alone, by section.
    pub fn table(&self) -> Table {
        let mut table = Table::new();
        for leaf in &self.leaves {
            let part = table.entry(leaf.section.clone()).or_insert_with(|| Value::Table(Table::new()));
            if let Value::Table(part) = part {
                part.insert(leaf.key.clone(), leaf.value.clone());
            }
        }
        table
    }

    /// TOML that says of each value where it came from. Secrets are hidden.
    pub fn to_toml(&self) -> String {
        let mut out = String::new();
        let mut section = "";
        for leaf in &self.leaves {
            if leaf.section != section {
                section = &leaf.section;
                out.push_str(&format!("{}[{section}]\n", if out.is_empty() { "" } else { "\n" }));
            }
            out.push_str(&format!("{} = {}  # {}\n", leaf.key, leaf.shown(), leaf.origin));
        }
        out
    }
}

impl fmt::Debug for Leaf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {} ({})", self.name(), self.shown(), self.origin)
    }
}

fn did_you_mean(name: &str, known: impl Iterator<Item = String>) -> String {
    nearest(name, known).map(|best| format!(" (did you mean {best}?)")).unwrap_or_default()
}

/// The known name with the fewest edits, if there are few enough to call it a typing mistake.
fn nearest(name: &str, known: impl Iterator<Item = String>) -> Option<String> {
    let allowed = (name.len() / 3).clamp(2, 6);
    known
        .map(|candidate| (edits(name, &candidate), candidate))
        .filter(|(n, _)| *n <= allowed)
        .min()
        .map(|(_, best)| best)
}

/// Levenshtein's distance.
fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut next = vec![i + 1];
        for (to, costs) in b.iter().zip(row.windows(2)) {
            let [diagonal, above] = costs else { continue };
            let left = next.last().copied().unwrap_or(0);
            next.push((diagonal + usize::from(from != *to)).min(above + 1).min(left + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_of_the_file_is_a_leaf_with_words_about_it() {
        let layers = Layers::defaults().unwrap();
        let table: Table = DEFAULTS.parse().unwrap();
        assert_eq!(layers.table(), table);
        let mut before = "";
        for line in DEFAULTS.lines() {
            if line.contains(" = ") && !line.starts_with('#') {
                assert!(before.starts_with("# "), "{line} has no words about it");
            }
            before = line;
        }
    }

    #[test]
    fn edits_are_counted() {
        assert_eq!(edits("listen", "listen"), 0);
        assert_eq!(edits("lisen", "listen"), 1);
        assert_eq!(edits("", "abc"), 3);
        assert_eq!(edits("kitten", "sitting"), 3);
    }

    #[test]
    fn shown_settings_are_toml_again_and_hide_secrets() {
        let mut layers = Layers::defaults().unwrap();
        layers.put("auth.secret", "a-very-secret-value", Origin::Flag("--x")).unwrap();
        layers.put("auth.api_keys", "key-one,key-two", Origin::Flag("--x")).unwrap();
        layers.put("data.dir", "a\"b\\c\u{7f}\u{1}\né", Origin::Flag("--x")).unwrap();
        layers.put("data.database_url", "postgres://me:password@db/x", Origin::Flag("--x")).unwrap();
        let shown = layers.to_toml();
        let table: Table = shown.parse().unwrap();
        assert_eq!(table["data"]["dir"].as_str(), Some("a\"b\\c\u{7f}\u{1}\né"));
        assert_eq!(table["auth"]["secret"].as_str(), Some("(hidden)"));
        assert_eq!(table["auth"]["api_keys"].as_array().unwrap().len(), 2);
        assert!(shown.contains("# flag --x"));
        for mark in ["a-very-secret-value", "key-one", "key-two", "password"] {
            assert!(!shown.contains(mark), "{mark} is shown");
        }
    }
}
