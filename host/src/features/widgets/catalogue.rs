//! Which widgets there are: first-party ones from the binary, and those that plugins ship.
use crate::base::error::{Code, Error, Result};
use crate::base::secret::sha256;
use crate::base::widget_file::WidgetFile;
use crate::features::identity::Role;
use crate::features::plugins::Active;
use crate::platform::schema::Schema;
use crate::platform::templates::{RenderLimits, Template};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Files of the first-party widgets in their readable form: "cart/template.jinja" and its text.
pub type WidgetFiles = &'static [(&'static str, &'static str)];

/// Compiled widgets of plugins that are kept; more are compiled when they are asked for.
const COMPILED: u64 = 500;

/// A widget, compiled.
pub struct Widget {
    pub name: Arc<str>,
    pub title: String,
    pub description: String,
    /// The query that its data comes from.
    pub source: Option<String>,
    /// Given to the query whatever the caller says.
    pub fixed: Map<String, Value>,
    pub role: Option<Role>,
    /// Shown in its place when the plugin of its source is down.
    pub fallback: Option<String>,
    pub schema: Option<Schema>,
    pub params: Option<Schema>,
    pub sample: Value,
    pub template: Template,
    /// The whole file.
    pub file: Arc<Value>,
    /// Of the whole file.
    pub digest: [u8; 32],
}

impl Widget {
    /// Errors: `invalid_widget`, naming the part.
    pub fn compile(file: &Value) -> Result<Widget> {
        let digest = sha256(file.to_string().as_bytes());
        let whole = Arc::new(file.clone());
        let file = WidgetFile::from_json(file)?;
        let slug = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if !(1..=64).contains(&file.name.len()) || !file.name.bytes().all(slug) {
            let detail = "A widget that is served has a name of 1 to 64 characters of a-z, 0-9 and -";
            return Err(Error::new(Code::InvalidWidget, detail));
        }
        let wrong = |what: &str, why: String| {
            Error::new(Code::InvalidWidget, format!("The {what} of the widget {}: {why}", file.name))
        };
        let extra = file.inlay.clone().unwrap_or_default();
        let text = |key: &str| extra.get(key).and_then(Value::as_str).map(str::to_owned);
        let schema = file.json_schema.as_ref().map(Schema::compile).transpose().map_err(|e| wrong("schema", e))?;
        let params = extra.get("params").map(Schema::compile).transpose().map_err(|e| wrong("params schema", e))?;
        let role = match extra.get("auth").map(|a| a.as_str().unwrap_or_default()) {
            None | Some("public") => None,
            Some("visitor") => Some(Role::Visitor),
            Some("user") => Some(Role::User),
            Some("operator") => Some(Role::Operator),
            Some("admin") => Some(Role::Admin),
            Some(_) => return Err(wrong("auth", "must be public, visitor, user, operator or admin".into())),
        };
        let template = Template::compile(&file.name, &file.template)?;
        Ok(Widget {
            title: text("title").unwrap_or_else(|| file.name.clone()),
            description: text("description").unwrap_or_default(),
            source: text("source"),
            fallback: text("fallback"),
            fixed: extra.get("input").and_then(Value::as_object).cloned().unwrap_or_default(),
            sample: extra.get("sample").cloned().unwrap_or_else(|| Value::Object(Map::new())),
            name: file.name.as_str().into(),
            role,
            schema,
            params,
            template,
            file: whole,
            digest,
        })
    }

    /// The door's query parameters, read and checked as the widget declares them. Errors: `invalid_parameters`.
    pub fn params_checked(&self, mut params: Map<String, Value>) -> Result<Map<String, Value>> {
        let Some(schema) = &self.params else { return Ok(if self.source.is_some() { Map::new() } else { params }) };
        schema.read_texts(&mut params);
        let input = Value::Object(params);
        schema.check(&input).map_err(|faults| {
            let detail = format!("The parameters of the widget {} do not fit its schema", self.name);
            Error::new(Code::InvalidParameters, detail).with_faults(faults)
        })?;
        match input {
            Value::Object(params) => Ok(params),
            _ => Ok(Map::new()),
        }
    }
}

/// Checks a widget that a plugin ships: it compiles, and its sample fits its schema and renders. Gives its name. Errors:
/// `plugin_invalid`.
pub fn check(file: &Value) -> Result<String> {
    let refused = |e: Error| {
        let detail = format!("The plugin is refused: {}", e.detail);
        Error::new(Code::PluginInvalid, detail).with_faults(e.faults)
    };
    let widget = Widget::compile(file).map_err(refused)?;
    if file.pointer("/inlay/sample").is_some() {
        if let Some(schema) = &widget.schema {
            schema.check(&widget.sample).map_err(|faults| {
                let detail = format!("The sample of the widget {} does not fit its schema", widget.name);
                refused(Error::new(Code::PluginInvalid, detail).with_faults(faults))
            })?;
        }
        widget.template.render(&widget.sample, &RenderLimits::default()).map_err(|e| refused(e.into()))?;
    }
    Ok(widget.name.to_string())
}

pub(super) struct Catalogue {
    first_party: BTreeMap<String, Arc<Widget>>,
    /// Plugins' widgets by plugin digest and name: exact for ever, since a digest names its bytes.
    shipped: moka::sync::Cache<(String, String), Arc<Widget>>,
}

impl Catalogue {
    pub(super) fn open(files: WidgetFiles) -> Result<Catalogue> {
        let mut folders: BTreeMap<&str, BTreeMap<String, String>> = BTreeMap::new();
        for (path, text) in files {
            if let Some((folder, file)) = path.split_once('/') {
                folders.entry(folder).or_default().insert(file.to_owned(), (*text).to_owned());
            }
        }
        let mut first_party = BTreeMap::new();
        for (folder, files) in folders {
            let file = WidgetFile::from_folder(&files)?;
            let widget = Widget::compile(&file.to_json())?;
            if *widget.name != *folder {
                let detail = format!("The widget in the folder {folder} calls itself {}", widget.name);
                return Err(Error::new(Code::InvalidWidget, detail));
            }
            first_party.insert(folder.to_owned(), Arc::new(widget));
        }
        Ok(Catalogue { first_party, shipped: moka::sync::Cache::new(COMPILED) })
    }

    pub(super) fn first_party(&self) -> impl Iterator<Item = &Widget> {
        self.first_party.values().map(|w| &**w)
    }

    pub(super) fn get(&self, name: &str) -> Option<Arc<Widget>> {
        self.first_party.get(name).cloned()
    }

    pub(super) fn of_plugin(&self, plugin: &Active, file: &Value) -> Result<Arc<Widget>> {
        let name = file.get("name").and_then(Value::as_str).unwrap_or_default();
        let key = (plugin.info.digest.clone(), name.to_owned());
        if let Some(widget) = self.shipped.get(&key) {
            return Ok(widget);
        }
        let widget = Arc::new(Widget::compile(file)?);
        self.shipped.insert(key, widget.clone());
        Ok(widget)
    }
}
