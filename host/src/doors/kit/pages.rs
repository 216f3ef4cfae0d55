//! The host's own pages, put together of what `features/widgets/html` draws.
use crate::base::error::{Error, Shown};
use crate::features::widgets::html::{self, HtmlOptions, Refused};
use crate::features::widgets::{Rendered, WidgetInfo};
use serde_json::Value;

pub fn problem(status: u16, error: &Error, id: &str, back: &str) -> String {
    let detail = format!("{} (request {id})", error.detail);
    let shown = error.shown.as_ref().map(|shown| instead(shown, back));
    let words = html::Problem { status, title: error.code.title(), detail: &detail, faults: &error.faults };
    html::problem_page(words, shown.as_deref(), Some(back))
}

/// A widget in place of something that failed.
pub fn instead(shown: &Shown, back: &str) -> String {
    let options = HtmlOptions { heading: 2, ..HtmlOptions::new(&shown.name, back) };
    html::tree(&shown.tree, &options)
}

/// One widget on a page of its own. `here` is the path and query that it is shown at.
pub fn widget(shown: &Rendered, title: &str, here: &str, refused: Option<Refused<'_>>) -> String {
    html::page(title, &tree(shown, title, here, 1, refused), None)
}

/// One widget among others on a page. `return_to` is where its actions lead back to.
pub fn tree(shown: &Rendered, title: &str, return_to: &str, heading: u8, refused: Option<Refused<'_>>) -> String {
    let show_url = format!("/api/widget/{}", shown.name);
    let options = HtmlOptions {
        title: Some(title),
        show_url: Some(&show_url),
        heading,
        refused,
        ..HtmlOptions::new(&shown.name, return_to)
    };
    html::tree(shown.tree(), &options)
}

/// What an action led to: each widget's name and tree.
pub fn outcome(message: Option<&str>, shown: &[(&str, &Value)], back: &str) -> String {
    let draw = |(name, tree): &(&str, &Value)| {
        let options = HtmlOptions { heading: 2, ..HtmlOptions::new(name, back) };
        html::tree(tree, &options)
    };
    html::outcome_page(message, &shown.iter().map(draw).collect::<String>(), back)
}

/// The title of a widget, its name where it has none.
pub fn title(all: &[WidgetInfo], name: &str) -> String {
    let title = all.iter().find(|widget| widget.name == name).map(|widget| widget.title.as_str());
    title.filter(|title| !title.is_empty()).unwrap_or(name).to_owned()
}
