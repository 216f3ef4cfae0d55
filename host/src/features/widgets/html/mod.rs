//! A widget tree as plain HTML that works without JavaScript, and the pages that such widgets stand in.
//!
//! Safe by construction: names of elements, attributes and classes are known when compiling (`writer.rs`,
//! `classes.rs`), every value passes one escaper, URLs pass one list of schemes, and there is neither script nor inline
//! style, so that the pages need no exception in their Content-Security-Policy.
//!
//! Actions are form posts: a button outside any form becomes a form of its own, inside a form it is a submit button
//! whose `name` and `value` say which action it is. A `widget.show` action of the client becomes a link or a GET form.
mod actions;
mod buttons;
mod classes;
mod colour;
mod controls;
mod data;
mod fields;
mod icons;
mod layout;
mod markdown;
mod node;
mod pages;
mod type_text;
mod writer;

#[cfg(test)]
mod checker;
#[cfg(test)]
mod random;
#[cfg(test)]
mod tests;

pub use pages::{Link, Problem, demo_page, landing, outcome_page, page, problem_page};

use crate::base::error::Fault;
use serde_json::{Map, Value};

/// Levels of nodes that are shown; what is nested deeper is left out and said to be.
pub const MAX_DEPTH: usize = 64;
/// Nodes, options and table cells that are shown.
pub const MAX_NODES: usize = 10_000;
/// The path that takes actions.
pub const ACTION_URL: &str = "/api/widget-action";
/// A client action: "show this widget again with the payload as its parameters".
pub const SHOW_ACTION: &str = "widget.show";

/// What a tree needs to know of the page it will stand in.
#[derive(Clone, Copy, Debug)]
pub struct HtmlOptions<'a> {
    /// The widget's name. Ids begin with it, so it must be unique on the page.
    pub name: &'a str,
    /// Names the widget for assistive technology where the tree has no title of its own.
    pub title: Option<&'a str>,
    /// Where actions are posted.
    pub action_url: &'a str,
    /// The same-site path to come back to after an action.
    pub return_to: &'a str,
    /// The path that shows this widget and takes its parameters as a query. Without it `widget.show` cannot be used.
    pub show_url: Option<&'a str>,
    /// Level of the widget's title, 1 to 5.
    pub heading: u8,
    /// What came of a form that was sent and not accepted.
    pub refused: Option<Refused<'a>>,
}

impl<'a> HtmlOptions<'a> {
    /// Options for a widget that is shown at `/api/widget/{name}`, with a title on level 2.
    pub fn new(name: &'a str, return_to: &'a str) -> HtmlOptions<'a> {
        let (action_url, title, show_url, refused) = (ACTION_URL, None, None, None);
        HtmlOptions { name, title, action_url, return_to, show_url, heading: 2, refused }
    }
}

/// A form that was not accepted: shown again with what was typed, the faults at their fields.
#[derive(Clone, Copy, Debug)]
pub struct Refused<'a> {
    /// `{type, payload}` of the action, which says which of several forms was sent; `None` = the first.
    pub action: Option<&'a Value>,
    /// What was typed, by the controls' names.
    pub values: &'a Map<String, Value>,
    pub faults: &'a [Fault],
}

/// The tree as one HTML element. Never fails: what cannot be shown is left out, unknown types show their children.
/// The result is well-formed, and at most about 2 MiB long.
pub fn tree(tree: &Value, options: &HtmlOptions) -> String {
    layout::Render::new(tree, options).run(tree)
}
