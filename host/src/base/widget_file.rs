//! The `.widget` file, ChatKit's own format, and its readable form on disk. Both hold the same and convert into each
//! other without loss; reading and writing folders is the caller's.
use super::error::{Code, Error, Fault, Result};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The one version there is.
const VERSION: &str = "1.0";
/// Members of our extension that stand in `widget.toml`, where they are texts.
const IN_TOML: [&str; 5] = ["title", "description", "source", "auth", "fallback"];

/// The files of the readable form; anything else in such a folder is none of ours.
pub const FILES: [&str; 9] = [
    "widget.toml",
    "template.jinja",
    "schema.json",
    "params.json",
    "sample.json",
    "preview.json",
    "encoded.json",
    "inlay.json",
    "other.json",
];

/// A widget as its author wrote it. Values are kept as they are, whether or not anything reads them.
#[derive(Clone, Debug, PartialEq)]
pub struct WidgetFile {
    pub name: String,
    /// Jinja text whose output is one JSON object.
    pub template: String,
    /// JSON Schema of the template's input.
    pub json_schema: Option<Value>,
    /// The rendered default state, a test vector.
    pub preview: Option<Value>,
    /// What ChatKit's editor keeps for itself.
    pub encoded: Option<Value>,
    /// Our extension: title, description, source, auth, params, input, sample.
    pub inlay: Option<Map<String, Value>>,
    /// Members that nobody here knows.
    pub other: Map<String, Value>,
}

/// The readable form: file name and text.
pub type Folder = BTreeMap<String, String>;

fn invalid(pointer: &str, message: impl Into<String>) -> Error {
    let message = message.into();
    let fault = Fault { pointer: pointer.to_owned(), message: message.clone() };
    Error::new(Code::InvalidWidget, format!("The widget file is not valid: {message}")).with_faults(vec![fault])
}

impl WidgetFile {
    /// Parses a `.widget` file's text. Errors: `invalid_widget`.
    pub fn parse(text: &str) -> Result<WidgetFile> {
        let json = serde_json::from_str(text).map_err(|e| invalid("", format!("it is not JSON: {e}")))?;
        WidgetFile::from_json(&json)
    }

    /// Errors: `invalid_widget`, with a pointer to the member.
    pub fn from_json(json: &Value) -> Result<WidgetFile> {
        let Value::Object(members) = json else { return Err(invalid("", "it must be a JSON object")) };
        let mut members = members.clone();
        match members.remove("version") {
            Some(Value::String(version)) if version == VERSION => {}
            Some(_) => return Err(invalid("/version", "version must be the string \"1.0\"")),
            None => return Err(invalid("/version", "version is missing; it must be the string \"1.0\"")),
        }
        let mut text = |key: &str| match members.remove(key) {
            Some(Value::String(text)) => Ok(text),
            Some(_) => Err(invalid(&format!("/{key}"), format!("{key} must be a string"))),
            None => Err(invalid(&format!("/{key}"), format!("{key} is missing"))),
        };
        let (name, template) = (text("name")?, text("template")?);
        let inlay = match members.remove("inlay") {
            None => None,
            Some(Value::Object(inlay)) => Some(inlay),
            Some(_) => return Err(invalid("/inlay", "inlay must be an object")),
        };
        let json_schema = members.remove("jsonSchema");
        let preview = members.remove("outputJsonPreview");
        let encoded = members.remove("encodedWidget");
        Ok(WidgetFile { name, template, json_schema, preview, encoded, inlay, other: members })
    }

    pub fn to_json(&self) -> Value {
        let mut all = Map::new();
        all.insert("version".into(), VERSION.into());
        all.insert("name".into(), self.name.as_str().into());
        all.insert("template".into(), self.template.as_str().into());
        let mut optional = |key: &str, value: &Option<Value>| {
            if let Some(value) = value {
                all.insert(key.into(), value.clone());
            }
        };
        optional("jsonSchema", &self.json_schema);
        optional("outputJsonPreview", &self.preview);
        optional("encodedWidget", &self.encoded);
        optional("inlay", &self.inlay.clone().map(Value::Object));
        all.extend(self.other.clone());
        Value::Object(all)
    }

    /// The readable form: `widget.toml`, `template.jinja` and, where there is something to hold, `schema.json`,
    /// `params.json`, `sample.json`, `preview.json`, `encoded.json`, `inlay.json`, `other.json`.
    pub fn to_folder(&self) -> Folder {
        let mut folder = Folder::new();
        let mut about = toml::Table::new();
        about.insert("version".into(), VERSION.into());
        about.insert("name".into(), self.name.as_str().into());
        let mut rest = self.inlay.clone().unwrap_or_default();
        for key in IN_TOML {
            if let Some(Value::String(text)) = rest.get(key) {
                about.insert(key.into(), text.as_str().into());
                rest.remove(key);
            }
        }
        let mut json = |file: &str, value: Option<&Value>| {
            if let Some(value) = value {
                folder.insert(file.into(), pretty(value));
            }
        };
        json("schema.json", self.json_schema.as_ref());
        json("preview.json", self.preview.as_ref());
        json("encoded.json", self.encoded.as_ref());
        json("params.json", rest.remove("params").as_ref());
        json("sample.json", rest.remove("sample").as_ref());
        // An extension that is there but empty must come back empty, not absent.
        let bare = self.inlay.as_ref().is_some_and(Map::is_empty);
        json("inlay.json", (!rest.is_empty() || bare).then_some(Value::Object(rest)).as_ref());
        json("other.json", (!self.other.is_empty()).then(|| Value::Object(self.other.clone())).as_ref());
        folder.insert("widget.toml".into(), toml_text(&about));
        folder.insert("template.jinja".into(), self.template.clone());
        folder
    }

    /// Errors: `invalid_widget`, naming the file.
    pub fn from_folder(folder: &Folder) -> Result<WidgetFile> {
        let missing = |file: &str| invalid("", format!("{file} is missing"));
        let about = folder.get("widget.toml").ok_or_else(|| missing("widget.toml"))?;
        let about: toml::Table = about.parse().map_err(|e| invalid("", format!("widget.toml: {e}")))?;
        let mut inlay = Map::new();
        let (mut name, mut version) = (None, None);
        for (key, value) in about {
            let toml::Value::String(text) = value else {
                return Err(invalid(&format!("/{key}"), format!("widget.toml: {key} must be a string")));
            };
            match key.as_str() {
                "name" => name = Some(text),
                "version" => version = Some(text),
                key if IN_TOML.contains(&key) => drop(inlay.insert(key.to_owned(), text.into())),
                _ => return Err(invalid(&format!("/{key}"), format!("widget.toml: {key} is not known there"))),
            }
        }
        if version.as_deref().is_some_and(|v| v != VERSION) {
            return Err(invalid("/version", "widget.toml: version must be \"1.0\""));
        }
        let json = |file: &str| -> Result<Option<Value>> {
            let parsed = folder.get(file).map(|text| serde_json::from_str(text)).transpose();
            parsed.map_err(|e| invalid("", format!("{file} is not JSON: {e}")))
        };
        let object = |file: &str| -> Result<Option<Map<String, Value>>> {
            match json(file)? {
                None => Ok(None),
                Some(Value::Object(map)) => Ok(Some(map)),
                Some(_) => Err(invalid("", format!("{file} must hold an object"))),
            }
        };
        let rest = object("inlay.json")?;
        let mut extended = rest.is_some() || !inlay.is_empty();
        inlay.extend(rest.unwrap_or_default());
        for (file, key) in [("params.json", "params"), ("sample.json", "sample")] {
            if let Some(value) = json(file)? {
                inlay.insert(key.into(), value);
                extended = true;
            }
        }
        Ok(WidgetFile {
            name: name.ok_or_else(|| invalid("/name", "widget.toml: name is missing"))?,
            template: folder.get("template.jinja").cloned().ok_or_else(|| missing("template.jinja"))?,
            json_schema: json("schema.json")?,
            preview: json("preview.json")?,
            encoded: json("encoded.json")?,
            inlay: extended.then_some(inlay),
            other: object("other.json")?.unwrap_or_default(),
        })
    }
}

fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}

/// Keys and basic strings; JSON's escapes are TOML's too.
fn toml_text(table: &toml::Table) -> String {
    table
        .iter()
        .map(|(key, value)| {
            format!("{key} = {}\n", Value::from(value.as_str().unwrap_or_default())).replace('\u{7f}', "\\u007f")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn says_which_member_is_wrong() {
        let pointer = |json: Value| WidgetFile::from_json(&json).unwrap_err().faults[0].pointer.clone();
        assert_eq!(pointer(json!([])), "");
        assert_eq!(pointer(json!({"version": 1.0, "name": "a", "template": ""})), "/version");
        assert_eq!(pointer(json!({"name": "a", "template": ""})), "/version");
        assert_eq!(pointer(json!({"version": "1.0", "template": ""})), "/name");
        assert_eq!(pointer(json!({"version": "1.0", "name": "a", "template": {}})), "/template");
        assert_eq!(pointer(json!({"version": "1.0", "name": "a", "template": "", "inlay": 1})), "/inlay");
        assert!(WidgetFile::parse("{").is_err());
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            ".*".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 20, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map(".*", inner, 0..4).prop_map(|m| Value::Object(m.into_iter().collect())),
            ]
        })
    }

    fn any_object(keys: &'static str) -> impl Strategy<Value = Map<String, Value>> {
        prop::collection::btree_map(keys, any_json(), 0..5).prop_map(|m| m.into_iter().collect())
    }

    proptest! {
        #[test]
        fn both_forms_hold_the_same(
            name in ".*",
            template in "(?s).*",
            json_schema in prop::option::of(any_json()),
            preview in prop::option::of(any_json()),
            encoded in prop::option::of(any_json()),
            inlay in prop::option::of(any_object("title|description|source|auth|params|sample|input|[a-z]*")),
            other in any_object("x[a-z]*"),
        ) {
            let file = WidgetFile { name, template, json_schema, preview, encoded, inlay, other };
            prop_assert_eq!(&WidgetFile::from_folder(&file.to_folder()).unwrap(), &file);
            prop_assert_eq!(&WidgetFile::from_json(&file.to_json()).unwrap(), &file);
        }
    }
}
