//! Widgets: the catalogue, rendering with a data source, the cache of rendered trees.
pub mod cases;
pub mod exchange;
mod catalogue;
mod fallback;
pub mod html;
mod local;
mod trial;
pub mod inspect;

pub use catalogue::{Widget, WidgetFiles, check};
pub use fallback::check_fallback;
pub use trial::{Draft, Finding, Trial};

use crate::base::error::{Code, Error, Result};
use crate::base::secret::sha256;
use crate::base::tree;
use crate::base::tree::diff::{Update, diff};
use crate::base::wire::{self, Wire};
use crate::features::identity::Caller;
use crate::features::plugins::{Active, Data, Plugins, permitted};
use crate::platform::templates::RenderLimits;
use bytes::Bytes;
use catalogue::Catalogue;
use inspect::{Lens, Profile, Report, Subject};
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

/// One line of the catalogue.
#[derive(Clone, Debug, Serialize)]
pub struct WidgetInfo {
    pub name: String,
    pub title: String,
    pub description: String,
    /// The plugin that ships it, `None` for a first-party one.
    pub plugin: Option<String>,
    /// Schema of the template's input.
    pub schema: Value,
    /// Schema of the door's query parameters.
    pub params: Value,
    /// The query that its data comes from.
    pub source: Option<String>,
    /// A sample input.
    pub preview: Value,
    /// Of the preview: bytes of JSON, nodes, depth.
    pub figures: Value,
}

/// A rendered widget, ready to send. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Rendered {
    pub name: Arc<str>,
    /// The tree as sent: nulls dropped, compact JSON.
    pub json: Bytes,
    /// Strong entity tag with its quotes.
    pub etag: Arc<str>,
    /// Whether the same answer may be given to anybody (a public source).
    pub public: bool,
    tree: Arc<OnceLock<Value>>,
}

impl Rendered {
    pub fn new(name: Arc<str>, json: Bytes, public: bool) -> Rendered {
        let digest = sha256(&json);
        let etag = format!("\"{}\"", crate::base::secret::hex(digest.get(..12).unwrap_or(&digest)));
        Rendered { name, json, etag: etag.into(), public, tree: Arc::default() }
    }

    /// The tree that `json` is the text of; read when it is first asked for.
    pub fn tree(&self) -> &Value {
        self.tree.get_or_init(|| serde_json::from_slice(&self.json).unwrap_or_default())
    }
}

/// A widget that an action shows: a tree of its moment, not kept.
pub struct Shown {
    pub name: Arc<str>,
    pub wire: Wire,
}

/// The room. Cheap to clone.
#[derive(Clone)]
pub struct Widgets(Arc<Inner>);

struct Inner {
    plugins: Plugins,
    catalogue: Catalogue,
    local: local::Local,
    /// By the digests of widget and input, and whether it is public, so that it can never be stale: other data, other key.
    rendered: moka::sync::Cache<Drawn, Rendered>,
    limits: RenderLimits,
    lens: Lens,
    hits: AtomicU64,
    renders: AtomicU64,
}

type Drawn = ([u8; 32], [u8; 32], bool);

impl Widgets {
    /// Errors: a first-party widget does not load, which is a mistake of this build.
    pub fn open(plugins: Plugins, files: WidgetFiles, lens: Lens, cache_bytes: u64) -> Result<Widgets> {
        let limits = lens.render;
        let catalogue = Catalogue::open(files)?;
        let weight = |_: &Drawn, r: &Rendered| u32::try_from(r.json.len() * 6 + 200).unwrap_or(u32::MAX);
        let rendered = moka::sync::Cache::builder().max_capacity(cache_bytes).weigher(weight).build();
        let (hits, renders) = (AtomicU64::new(0), AtomicU64::new(0));
        Ok(Widgets(Arc::new(Inner {
            plugins,
            catalogue,
            local: local::Local::default(),
            rendered,
            limits,
            lens,
            hits,
            renders,
        })))
    }

    /// Looks at a widget of anybody's; nothing is stored. Errors: `internal`, when the work is lost.
    pub async fn validate(&self, subject: Subject) -> Result<Report> {
        let lens = self.0.lens;
        tokio::task::spawn_blocking(move || inspect::validate(&subject, &lens)).await.map_err(Error::internal)
    }

    /// As `validate`; takes some tenths of a second. Errors: `internal`, when the work is lost.
    pub async fn profile(&self, subject: Subject) -> Result<Profile> {
        let lens = self.0.lens;
        tokio::task::spawn_blocking(move || inspect::profile(&subject, &lens, None)).await.map_err(Error::internal)
    }

    /// What tells a client of ChatKit's protocol how to get from one state of a widget to the next.
    pub fn updates(&self, before: &Value, after: &Value) -> Vec<Update> {
        diff(before, after, self.0.lens.updates)
    }

    /// Cache hits and renderings since the start.
    pub fn counters(&self) -> (u64, u64) {
        (self.0.hits.load(Ordering::Relaxed), self.0.renders.load(Ordering::Relaxed))
    }

    pub fn list(&self) -> Vec<WidgetInfo> {
        let table = self.0.plugins.table();
        let mut all: Vec<WidgetInfo> = self.0.catalogue.first_party().map(|w| self.info(w, None)).collect();
        for plugin in table.plugins.values() {
            let shipped =
                plugin.manifest.widgets.iter().filter_map(|file| self.0.catalogue.of_plugin(plugin, file).ok());
            all.extend(shipped.map(|w| self.info(&w, Some(&plugin.name))));
        }
        let local = self.0.local.all();
        all.retain(|widget| !local.contains_key(&widget.name));
        all.extend(local.values().map(|w| self.info(w, None)));
        all.sort_by(|a, b| a.name.cmp(&b.name));
        all
    }

    fn info(&self, widget: &Widget, plugin: Option<&str>) -> WidgetInfo {
        let rendered = self.draw(widget, &Data::new(widget.sample.to_string()), false);
        let figures = match rendered {
            Ok(r) => {
                let figures = tree::figures(r.tree());
                json!({"bytes": r.json.len(), "nodes": figures.nodes, "depth": figures.depth})
            }
            Err(error) => json!({"error": error.detail}),
        };
        WidgetInfo {
            name: widget.name.to_string(),
            title: widget.title.clone(),
            description: widget.description.clone(),
            plugin: plugin.map(str::to_owned),
            schema: widget.schema.as_ref().map_or_else(|| json!({}), |s| s.source().clone()),
            params: widget.params.as_ref().map_or_else(|| json!({}), |s| s.source().clone()),
            source: widget.source.clone(),
            preview: widget.sample.clone(),
            figures,
        }
    }

    /// Renders a widget with its data source, or, where it has none, with `params` as its input. Errors:
    /// `unknown_widget`, `invalid_parameters`, `widget_template`, and those of its query.
    pub async fn show(&self, caller: &Caller, name: &str, params: Map<String, Value>) -> Result<Rendered> {
        let widget = self.find(name)?;
        permitted(caller, widget.role)?;
        let Some(source) = &widget.source else {
            // Its author, who has nothing yet that would give it data, sees it with its sample.
            if params.is_empty() && self.is_local(name) {
                return self.draw(&widget, &Data::new(widget.sample.to_string()), false);
            }
            let input = Value::Object(widget.params_checked(params)?);
            if let Some(schema) = &widget.schema {
                // Nobody but the caller gave it this input, so what does not fit is the caller's.
                schema.check(&input).map_err(|faults| {
                    Error::new(Code::InvalidParameters, "The parameters are not what this widget shows")
                        .with_faults(faults)
                })?;
            }
            return self.draw(&widget, &Data::new(input.to_string()), true);
        };
        let mut input = widget.params_checked(params)?;
        input.extend(widget.fixed.clone());
        let public = {
            let table = self.0.plugins.table();
            table.query(source).and_then(|q| q.declared()).is_some_and(|q| q.role.is_none())
        };
        let data =
            self.0.plugins.query(caller, source, input).await.map_err(|e| self.in_its_place(&widget, source, e))?;
        self.draw(&widget, &data, public)
    }

    /// Renders a widget that a plugin's handler asked for: its own by that name, else a first-party one; "" takes the
    /// data as a tree.
    pub fn render(&self, plugin: &Active, name: &str, data: &str) -> Result<Shown> {
        if name.is_empty() {
            return Ok(Shown { name: "".into(), wire: self.bare(data)? });
        }
        if let Some(widget) = self.0.local.get(name) {
            return Ok(Shown { name: widget.name.clone(), wire: self.fresh(&widget, data.as_bytes())? });
        }
        let own = plugin.manifest.widgets.iter().find(|file| file.get("name").and_then(Value::as_str) == Some(name));
        let widget = match own {
            Some(file) => self.0.catalogue.of_plugin(plugin, file)?,
            None => self.0.catalogue.get(name).ok_or_else(|| {
                let detail = format!("The plugin asked for the widget {}, which does not exist", printable(name));
                Error::new(Code::PluginFailed, detail).with_reason("plugin.unknown-widget")
            })?,
        };
        Ok(Shown { name: widget.name.clone(), wire: self.fresh(&widget, data.as_bytes())? })
    }

    fn find(&self, name: &str) -> Result<Arc<Widget>> {
        if let Some(widget) = self.0.local.get(name).or_else(|| self.0.catalogue.get(name)) {
            return Ok(widget);
        }
        let table = self.0.plugins.table();
        let named = |file: &&Value| file.get("name").and_then(Value::as_str) == Some(name);
        let shipped = table.plugins.values().find_map(|p| p.manifest.widgets.iter().find(named).map(|file| (p, file)));
        match shipped {
            Some((plugin, file)) => self.0.catalogue.of_plugin(plugin, file),
            None => Err(Error::new(Code::UnknownWidget, "There is no widget of this name")),
        }
    }

    /// From the cache, else rendered and kept.
    fn draw(&self, widget: &Widget, data: &Data, public: bool) -> Result<Rendered> {
        let id = (widget.digest, data.digest(), public);
        if let Some(rendered) = self.0.rendered.get(&id) {
            self.0.hits.fetch_add(1, Ordering::Relaxed);
            return Ok(rendered);
        }
        let json = Bytes::from(self.fresh(widget, &data.json())?.json);
        let rendered = Rendered::new(widget.name.clone(), json, public);
        self.0.rendered.insert(id, rendered.clone());
        Ok(rendered)
    }

    fn fresh(&self, widget: &Widget, data: &[u8]) -> Result<Wire> {
        self.0.renders.fetch_add(1, Ordering::Relaxed);
        let data: Value = serde_json::from_slice(data).map_err(|e| {
            Error::new(Code::PluginFailed, "The widget's data is not JSON").with_reason("plugin.abi").caused_by(e)
        })?;
        if let Some(schema) = &widget.schema {
            schema.check(&data).map_err(|faults| {
                let detail = format!("The data for the widget {} does not fit the widget's schema", widget.name);
                Error::new(Code::WidgetTemplate, detail).with_faults(faults)
            })?;
        }
        self.bounded(widget.template.render_wire(&data, &self.0.limits)?)
    }

    fn bare(&self, data: &str) -> Result<Wire> {
        if let Some(wire) = wire::compact(data) {
            return self.bounded(wire);
        }
        let tree: Value = serde_json::from_str(data).map_err(|e| {
            Error::new(Code::PluginFailed, "The widget is not JSON").with_reason("plugin.abi").caused_by(e)
        })?;
        let faults = tree::check(&tree);
        if !faults.is_empty() {
            return Err(Error::new(Code::WidgetTemplate, "The plugin's tree is not a valid widget").with_faults(faults));
        }
        self.bounded(Wire::of(tree))
    }

    fn bounded(&self, wire: Wire) -> Result<Wire> {
        let (bytes, most) = (wire.json.len(), self.0.limits.max_bytes);
        if bytes > most {
            let detail = format!("The widget has {bytes} bytes; at most {most} are sent");
            return Err(Error::new(Code::WidgetTemplate, detail));
        }
        Ok(wire)
    }
}

/// A name from outside, fit for a message.
fn printable(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_graphic()).take(64).collect()
}
