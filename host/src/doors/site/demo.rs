//! `/demo`: the bundled widgets side by side, with the caller's own data. Actions lead back to the widget that shows what
//! they did.
use super::Site;
use crate::base::error::{Code, Error};
use crate::doors::Ground;
use crate::doors::kit::auth::Visitor;
use crate::doors::kit::{Answer, answer, pages};
use crate::doors::rooms::Shows;
use axum::extract::{Request, State};
use axum::http::HeaderValue;
use axum::response::Response;
use serde_json::Map;
use std::sync::Arc;

/// In the order of the page, each with the widget that its actions lead back to.
const WIDGETS: [(&str, &str); 11] = [
    ("products", "cart"),
    ("cart", "cart"),
    ("ableton-live-12-suite", "cart"),
    ("order-status", "order-status"),
    ("pricing", "pricing"),
    ("appointment", "appointment"),
    ("survey", "survey"),
    ("articles", "articles"),
    ("mcq", "mcq"),
    ("feedback", "feedback"),
    ("contact-form", "contact-form"),
];

pub(super) async fn show(
    State(site): State<Arc<Site>>,
    State(widgets): State<Arc<dyn Shows>>,
    State(ground): State<Ground>,
    Visitor(caller): Visitor,
    _: Request,
) -> Answer<Response> {
    if !site.demo {
        return Err(Error::new(Code::NotFound, "The demo is switched off").into());
    }
    let _turn = ground.shed.turn().await?;
    let all = widgets.list();
    let mut shown = Vec::with_capacity(WIDGETS.len());
    for (name, back) in WIDGETS {
        // A host may run without one of the bundled plugins; the page shows what there is.
        if !all.iter().any(|widget| widget.name == name) {
            continue;
        }
        let title = pages::title(&all, name);
        match widgets.show(&caller, name, Map::new()).await {
            Ok(rendered) => {
                let html = pages::tree(&rendered, &title, &format!("/demo#widget-{back}"), 2, None);
                shown.push((name.to_owned(), title, html));
            }
            Err(error) if error.shown.is_some() => {
                let html = error.shown.as_ref().map(|instead| pages::instead(instead, &format!("/demo#widget-{back}")));
                shown.push((name.to_owned(), title, html.unwrap_or_default()));
            }
            Err(error) => {
                tracing::warn!(widget = name, code = error.code.word(), "not on the demo page: {}", error.detail)
            }
        }
    }
    let mut response = answer::page(crate::features::widgets::html::demo_page(&shown));
    response.headers_mut().insert(axum::http::header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    Ok(response)
}
