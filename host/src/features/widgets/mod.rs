//! Widgets: the catalogue, rendering with a data source, the cache of rendered trees.
pub mod html;

use crate::base::error::Result;
use crate::features::identity::Caller;
use bytes::Bytes;
use serde::Serialize;
use serde_json::Value;
use std::sync::Arc;

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
    pub tree: Arc<Value>,
    /// The tree as sent: nulls dropped, compact JSON.
    pub json: Bytes,
    /// Strong entity tag with its quotes.
    pub etag: Arc<str>,
    /// Whether the same answer may be given to anybody (a public source).
    pub public: bool,
}

#[derive(Clone)]
pub struct Widgets {}

impl Widgets {
    pub fn list(&self) -> Vec<WidgetInfo> {
        unimplemented!()
    }
    /// Renders a widget with its data source, or, where it has none, with `params` as its input. Errors:
    /// `unknown_widget`, `invalid_parameters`, `widget_template`, and those of its query.
    pub async fn show(&self, _caller: &Caller, _name: &str, _params: Value) -> Result<Rendered> {
        unimplemented!()
    }
}
