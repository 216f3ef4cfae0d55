//! What an action answers with: a widget to show, data for programs, a sentence for the person.
use crate::Result;
use serde::Serialize;
use serde_json::Value;

/// An action's answer. Made by [`render`], [`reply`] or [`reply_json`] and refined with [`ReplyExt`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reply {
    pub(crate) render: Option<Render>,
    pub(crate) data: Option<String>,
    pub(crate) extra: Vec<(String, String)>,
}

/// A widget to show.
#[derive(Clone, Debug, PartialEq)]
pub struct Render {
    pub widget: String,
    /// JSON text: the template's input.
    pub data: String,
    /// "replace" (the default), "append", "patch" or "close".
    pub mode: String,
}

/// Shows `widget`, a widget of this plugin or of the workspace, with `data` as its template's input.
/// Errors: `plugin.json` when `data` cannot be written as JSON (a map with keys that are no strings).
pub fn render(widget: &str, data: impl Serialize) -> Result {
    let render = Render { widget: widget.to_owned(), data: to_json(&data)?, mode: "replace".to_owned() };
    Ok(Reply { render: Some(render), ..Reply::default() })
}

/// Answers with data alone. Errors: as [`render`].
pub fn reply(data: impl Serialize) -> Result {
    Ok(Reply { data: Some(to_json(&data)?), ..Reply::default() })
}

/// Answers with JSON text as it is, such as a stored value passed on. It is not checked here; the host refuses an
/// answer that is no JSON.
pub fn reply_json(text: impl Into<String>) -> Result {
    Ok(Reply { data: Some(text.into()), ..Reply::default() })
}

/// Refines an answer under construction: `render("cart", &cart).message("Added").data(&cart)`.
pub trait ReplyExt: Sized {
    /// A sentence for the person who acted.
    fn message(self, text: impl Into<String>) -> Self;
    /// Data for programs (`result` in the HTTP answer).
    fn data(self, data: impl Serialize) -> Self;
    /// How the rendered widget meets the one that is shown: "replace", "append", "patch" or "close".
    fn mode(self, mode: &str) -> Self;
    /// A named fact beside the answer; hosts ignore names that they do not know.
    fn extra(self, name: &str, value: impl Into<String>) -> Self;
}

impl ReplyExt for Result {
    fn message(self, text: impl Into<String>) -> Self {
        self.extra("message", text)
    }

    fn data(self, data: impl Serialize) -> Self {
        let mut reply = self?;
        reply.data = Some(to_json(&data)?);
        Ok(reply)
    }

    fn mode(self, mode: &str) -> Self {
        let mut reply = self?;
        if let Some(render) = &mut reply.render {
            render.mode = mode.to_owned();
        }
        Ok(reply)
    }

    fn extra(self, name: &str, value: impl Into<String>) -> Self {
        let mut reply = self?;
        reply.extra.retain(|(present, _)| present != name);
        reply.extra.push((name.to_owned(), value.into()));
        Ok(reply)
    }
}

/// What tests ask of an answer.
impl Reply {
    /// The name of the widget to show.
    pub fn widget(&self) -> Option<&str> {
        self.render.as_ref().map(|r| r.widget.as_str())
    }

    /// The widget's input; null without a widget.
    pub fn widget_data(&self) -> Value {
        parse(self.render.as_ref().map(|r| r.data.as_str()))
    }

    pub fn render(&self) -> Option<&Render> {
        self.render.as_ref()
    }

    /// The data for programs; null when there is none.
    pub fn data(&self) -> Value {
        parse(self.data.as_deref())
    }

    pub fn message(&self) -> Option<&str> {
        self.extra.iter().find(|(name, _)| name == "message").map(|(_, text)| text.as_str())
    }
}

fn parse(json: Option<&str>) -> Value {
    json.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

pub(crate) fn to_json<T: Serialize + ?Sized>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|e| crate::Failure::new("plugin.json", e.to_string()))
}
