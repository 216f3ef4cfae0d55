//! Actions without JavaScript: what a button sends, and where to.
use super::SHOW_ACTION;
use super::fields::Scope;
use super::layout::Render;
use super::node::{Node, text_of, within_depth};
use serde_json::{Value, json};

/// The hidden field, or the button's name, that says which action it is.
pub(super) const ACTION_FIELD: &str = "inlay-action";
pub(super) const RETURN_FIELD: &str = "inlay-return";
/// An action's JSON longer than this (bytes) cannot be sent by a form.
const MAX_ACTION: usize = 64 * 1024;
const MAX_PAYLOAD_DEPTH: usize = 64;

/// What an action config becomes in plain HTML.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Wire {
    /// Nothing to do.
    None,
    /// Only a client with JavaScript can do it.
    Client,
    /// To be posted: the JSON of `{type, payload}`.
    Post(String),
    /// To be shown with these parameters.
    Show(Vec<(String, String)>),
}

fn wire(action: Option<&Value>) -> Wire {
    let Some(node) = action.and_then(Node::new) else { return Wire::None };
    let Some(name) = node.str("type").filter(|name| !name.is_empty()) else { return Wire::None };
    let payload = node.get("payload").unwrap_or(&Value::Null);
    if node.str("handler") == Some("client") {
        return if name == SHOW_ACTION { Wire::Show(parameters(payload)) } else { Wire::Client };
    }
    // Writing JSON recurses, so depth is checked before.
    if !within_depth(payload, MAX_PAYLOAD_DEPTH) {
        return Wire::Client;
    }
    let sent = if payload.is_null() { json!({"type": name}) } else { json!({"type": name, "payload": payload}) };
    let sent = sent.to_string();
    if sent.len() > MAX_ACTION { Wire::Client } else { Wire::Post(sent) }
}

/// The payload's plain members; empty ones say nothing in a query.
fn parameters(payload: &Value) -> Vec<(String, String)> {
    let members = payload.as_object().into_iter().flatten();
    let plain = members.filter(|(name, _)| !name.starts_with("inlay-"));
    plain
        .map(|(name, value)| (name.clone(), text_of(value).into_owned()))
        .filter(|(_, value)| !value.is_empty())
        .collect()
}

/// A form that is open.
#[derive(Clone, Debug)]
pub(super) struct OpenForm {
    pub scope: Scope,
    pub submit: Wire,
}

impl Render<'_> {
    /// What an action becomes on this page.
    pub(super) fn wire(&self, action: Option<&Value>) -> Wire {
        match wire(action) {
            Wire::Show(_) if self.options.show_url.is_none() => Wire::Client,
            wire => wire,
        }
    }

    /// Opens a form of a tree for its submit action; the caller closes it.
    pub(super) fn open_form(&mut self, classes: &super::classes::Classes, submit: &Wire) {
        let (method, url) = match (submit, self.options.show_url) {
            (Wire::Show(_), Some(url)) => ("get", url),
            _ => ("post", self.options.action_url),
        };
        self.html.tag("form").class(classes).attr("method", method).attr("action", url).open();
        match submit {
            Wire::Show(parameters) => {
                for (name, value) in parameters {
                    if self.fields.control(self.scope(), name).is_none() {
                        self.hidden(name, value);
                    }
                }
            }
            _ => self.hidden(RETURN_FIELD, self.options.return_to),
        }
    }

    pub(super) fn hidden(&mut self, name: &str, value: &str) {
        self.html.tag("input").attr("type", "hidden").attr("name", name).attr("value", value).void();
    }

    /// Opens a form of one button, if no form is open that the button could belong to.
    pub(super) fn open_own_form(&mut self, json: &str) {
        self.html
            .tag("form")
            .attr("class", "iw-act")
            .attr("method", "post")
            .attr("action", self.options.action_url)
            .open();
        self.hidden(ACTION_FIELD, json);
        self.hidden(RETURN_FIELD, self.options.return_to);
    }

    /// The link that a `widget.show` action becomes, if this page can show the widget.
    pub(super) fn show_link(&self, parameters: &[(String, String)]) -> Option<String> {
        let url = super::writer::safe_url(self.options.show_url?, super::writer::UrlUse::Link)?;
        let mut link = url;
        for (index, (name, value)) in parameters.iter().enumerate() {
            link.push(if index == 0 && !link.contains('?') { '?' } else { '&' });
            percent_encode(&mut link, name);
            link.push('=');
            percent_encode(&mut link, value);
        }
        Some(link)
    }

    /// A form's submit button must be the one that the Enter key presses. Where another button stands before it, an
    /// unseen twin goes first; where there is none at all, the form gets one at its end (see `close_form`).
    pub(super) fn default_button(&mut self) {
        let Some(form) = &self.form else { return };
        let facts = self.fields.form(form.scope);
        if facts.is_none_or(|facts| facts.first_submits || !facts.has_submit) {
            return;
        }
        let value = match &form.submit {
            Wire::Post(json) => Some(json.clone()),
            Wire::Show(_) => None,
            _ => return,
        };
        let tag = self.html.tag("button").attr("class", "iw-unseen").attr("type", "submit");
        let tag = tag.attr("tabindex", "-1").attr("aria-hidden", "true");
        match value {
            Some(json) => tag.attr("name", ACTION_FIELD).attr("value", &json).text("Submit"),
            None => tag.text("Submit"),
        };
    }

    /// A visible submit button for a form whose tree has none.
    pub(super) fn missing_button(&mut self) {
        let Some(form) = self.form.clone() else { return };
        if self.fields.form(form.scope).is_some_and(|facts| facts.has_submit) {
            return;
        }
        let tag = match &form.submit {
            Wire::Post(json) => self
                .html
                .tag("button")
                .attr("class", "iw-btn bv-solid")
                .attr("type", "submit")
                .attr("name", ACTION_FIELD)
                .attr("value", json),
            Wire::Show(_) => self.html.tag("button").attr("class", "iw-btn bv-solid").attr("type", "submit"),
            _ => return,
        };
        tag.text("Send");
    }

    /// The button that sends an `onChangeAction`: without JavaScript a change alone sends nothing.
    pub(super) fn apply_button(&mut self, json: &str) {
        let tag = self.html.tag("button").attr("class", "iw-btn bv-outline cz-sm").attr("type", "submit");
        if self.form.is_some() {
            tag.attr("name", ACTION_FIELD).attr("value", json).flag("formnovalidate", true).text("Apply");
        } else {
            tag.text("Apply");
        }
    }
}

fn percent_encode(out: &mut String, text: &str) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let digit = |nibble: u8| HEX.get(usize::from(nibble)).map_or('0', |digit| char::from(*digit));
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(digit(byte >> 4));
            out.push(digit(byte & 15));
        }
    }
}
