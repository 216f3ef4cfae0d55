//! A reply becomes the answer that every door gives: widgets rendered, events listed, one JSON text.
use crate::base::error::{Code, Error, Result};
use crate::features::plugins::Active;
use crate::features::state::EventRow;
use crate::features::widgets::{Shown, Widgets};
use crate::platform::wasm::{Call, Reply};
use serde::Serialize;
use serde_json::value::RawValue;

/// A widget to show, as text that is JSON already.
pub struct WidgetOut<'a> {
    pub name: &'a str,
    /// Tells widgets of one name apart, such as a product's id; the tree's own key, else the widget's name.
    pub key: &'a str,
    /// "replace", "append", "patch" or "close".
    pub mode: &'a str,
    pub widget: &'a str,
}

#[derive(Serialize)]
pub struct EventOut<'a> {
    pub topic: &'a str,
    pub payload: &'a RawValue,
}

/// What every door answers, in its own words.
pub struct Answer<'a> {
    pub action: &'a str,
    /// "act_…", also in the action log.
    pub id: &'a str,
    pub result: &'a RawValue,
    pub widget: Option<WidgetOut<'a>>,
    pub events: Vec<EventOut<'a>>,
    pub message: Option<&'a str>,
}

impl Answer<'_> {
    /// Written in pieces: the widget, most of the text, has been checked and need not be read again.
    pub fn json(&self) -> Result<String> {
        #[derive(Serialize)]
        struct Head<'a> {
            success: bool,
            action: &'a str,
            id: &'a str,
            result: &'a RawValue,
        }
        #[derive(Serialize)]
        struct Frame<'a> {
            name: &'a str,
            key: &'a str,
            mode: &'a str,
        }
        #[derive(Serialize)]
        struct Tail<'a> {
            events: &'a [EventOut<'a>],
            #[serde(skip_serializing_if = "Option::is_none")]
            message: Option<&'a str>,
        }
        let Answer { action, id, result, widget, events, message } = self;
        let size = result.get().len() + widget.as_ref().map_or(0, |w| w.widget.len()) + 512;
        let mut out = Vec::with_capacity(size);
        begin(&mut out, &Head { success: true, action, id, result })?;
        out.extend_from_slice(b",\"widgets\":[");
        if let Some(WidgetOut { name, key, mode, widget }) = widget {
            begin(&mut out, &Frame { name, key, mode })?;
            out.extend_from_slice(b",\"widget\":");
            out.extend_from_slice(widget.as_bytes());
            out.push(b'}');
        }
        out.extend_from_slice(b"],");
        let tail = serde_json::to_string(&Tail { events, message: *message }).map_err(Error::internal)?;
        out.extend_from_slice(tail.as_bytes().get(1..).unwrap_or_default());
        String::from_utf8(out).map_err(Error::internal)
    }
}

/// An object whose end is still to come.
fn begin(out: &mut Vec<u8>, object: &impl Serialize) -> Result<()> {
    serde_json::to_writer(&mut *out, object).map_err(Error::internal)?;
    out.pop();
    Ok(())
}

/// Errors: `plugin_failed` when the plugin's JSON is none, `unknown_widget`, `widget_template`.
pub(super) fn build(
    widgets: &Widgets,
    plugin: &Active,
    call: &Call,
    reply: &Reply,
    events: &[EventRow],
) -> Result<String> {
    let result = raw(reply.data.as_deref().unwrap_or("null"), "data")?;
    let shown = reply.render.as_ref().map(|render| widgets.render(plugin, &render.widget, &render.data)).transpose()?;
    let widget = shown.as_ref().zip(reply.render.as_ref()).map(|(Shown { name, wire }, render)| {
        let key = wire.key.as_deref().unwrap_or(name);
        WidgetOut { name, key, mode: &render.mode, widget: &wire.json }
    });
    let events = events
        .iter()
        .map(|e| Ok(EventOut { topic: &e.topic, payload: raw(&e.payload, "payload")? }))
        .collect::<Result<Vec<_>>>()?;
    let message = reply.extra.iter().find(|(key, _)| key == "message").map(|(_, text)| text.as_str());
    Answer { action: &call.name, id: &call.id, result, widget, events, message }.json()
}

fn raw<'a>(text: &'a str, what: &str) -> Result<&'a RawValue> {
    serde_json::from_str(text).map_err(|e| {
        let detail = "The plugin's answer is not JSON; nothing was stored";
        Error::new(Code::PluginFailed, detail).with_reason("plugin.abi").caused_by(format!("{what}: {e}"))
    })
}
