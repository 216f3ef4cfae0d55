//! Reading a widget's nodes without trusting them: a prop of the wrong kind is a prop that is not there.
use serde_json::{Map, Value};
use std::borrow::Cow;

/// Text longer than this (bytes) is cut.
const MAX_TEXT: usize = 64 * 1024;

#[derive(Clone, Copy)]
pub(super) struct Node<'a>(&'a Map<String, Value>);

impl<'a> Node<'a> {
    pub(super) fn new(value: &'a Value) -> Option<Node<'a>> {
        value.as_object().map(Node)
    }

    pub(super) fn kind(self) -> &'a str {
        self.str("type").unwrap_or_default()
    }

    pub(super) fn get(self, key: &str) -> Option<&'a Value> {
        self.0.get(key).filter(|value| !value.is_null())
    }

    pub(super) fn node(self, key: &str) -> Option<Node<'a>> {
        self.get(key).and_then(Node::new)
    }

    pub(super) fn str(self, key: &str) -> Option<&'a str> {
        self.get(key).and_then(Value::as_str)
    }

    /// A string, or a number or truth value as one; "" for all else.
    pub(super) fn text(self, key: &str) -> Cow<'a, str> {
        self.get(key).map_or(Cow::Borrowed(""), text_of)
    }

    /// As `text`, but `None` where there is nothing to show.
    pub(super) fn some_text(self, key: &str) -> Option<Cow<'a, str>> {
        Some(self.text(key)).filter(|text| !text.trim().is_empty())
    }

    pub(super) fn is(self, key: &str) -> bool {
        self.get(key) == Some(&Value::Bool(true))
    }

    pub(super) fn number(self, key: &str) -> Option<f64> {
        self.get(key).and_then(Value::as_f64)
    }

    /// One child or many, as a list.
    pub(super) fn children(self) -> &'a [Value] {
        self.list("children")
    }

    pub(super) fn list(self, key: &str) -> &'a [Value] {
        match self.get(key) {
            Some(Value::Array(list)) => list,
            Some(one @ Value::Object(_)) => std::slice::from_ref(one),
            _ => &[],
        }
    }
}

pub(super) fn text_of(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => Cow::Borrowed(cut(text, MAX_TEXT)),
        Value::Number(_) | Value::Bool(_) => Cow::Owned(value.to_string()),
        _ => Cow::Borrowed(""),
    }
}

/// The longest beginning of `text` of at most `max` bytes that ends between characters.
pub(super) fn cut(text: &str, max: usize) -> &str {
    let mut end = max.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

/// Whether `value` is nested at most `levels` deep. Stops at the limit, so depth is no danger to the stack.
pub(super) fn within_depth(value: &Value, levels: usize) -> bool {
    let next = |inner: &Value| levels.checked_sub(1).is_some_and(|left| within_depth(inner, left));
    match value {
        Value::Array(list) => list.iter().all(next),
        Value::Object(map) => map.values().all(next),
        _ => true,
    }
}
