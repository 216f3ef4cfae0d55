//! A reply becomes the answer that every door gives: widgets rendered, events listed, one JSON text.
use crate::base::error::{Code, Error, Result};
use crate::features::plugins::Active;
use crate::features::state::EventRow;
use crate::features::widgets::Widgets;
use crate::platform::wasm::{Call, Reply};
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::sync::Arc;

#[derive(Clone, Debug, Serialize)]
pub struct WidgetOut {
    pub name: String,
    /// Tells widgets of one name apart, such as a product's id; the tree's own key, else the widget's name.
    pub key: String,
    /// "replace", "append", "patch" or "close".
    pub mode: String,
    pub widget: Arc<Value>,
}

#[derive(Clone, Debug, Serialize)]
pub struct EventOut<'a> {
    pub topic: &'a str,
    pub payload: &'a RawValue,
}

/// What every door answers, in its own words.
#[derive(Clone, Debug, Serialize)]
pub struct Answer<'a> {
    pub success: bool,
    pub action: &'a str,
    /// "act_…", also in the action log.
    pub id: &'a str,
    pub result: &'a RawValue,
    pub widgets: Vec<WidgetOut>,
    pub events: Vec<EventOut<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<&'a str>,
}

/// Errors: `plugin_failed` when the plugin's JSON is none, `unknown_widget`, `widget_template`.
pub(super) fn build(
    widgets: &Widgets,
    plugin: &Active,
    call: &Call,
    reply: Reply,
    events: &[EventRow],
) -> Result<String> {
    let Reply { render, data, extra } = reply;
    let result = raw(data.as_deref().unwrap_or("null"), "data")?;
    let mut shown = Vec::new();
    if let Some(render) = render {
        let rendered = widgets.render(plugin, &render.widget, &render.data)?;
        let own = |name: &str| rendered.tree.get(name).and_then(Value::as_str).map(str::to_owned);
        let key = own("key").or_else(|| own("id")).unwrap_or_else(|| rendered.name.to_string());
        shown.push(WidgetOut { name: rendered.name.to_string(), key, mode: render.mode, widget: rendered.tree });
    }
    let events = events
        .iter()
        .map(|e| Ok(EventOut { topic: &e.topic, payload: raw(&e.payload, "payload")? }))
        .collect::<Result<Vec<_>>>()?;
    let message = extra.iter().find(|(key, _)| key == "message").map(|(_, text)| text.as_str());
    let answer = Answer { success: true, action: &call.name, id: &call.id, result, widgets: shown, events, message };
    serde_json::to_string(&answer).map_err(Error::internal)
}

fn raw<'a>(text: &'a str, what: &str) -> Result<&'a RawValue> {
    serde_json::from_str(text).map_err(|e| {
        let detail = "The plugin's answer is not JSON; nothing was stored";
        Error::new(Code::PluginFailed, detail).with_reason("plugin.abi").caused_by(format!("{what}: {e}"))
    })
}
