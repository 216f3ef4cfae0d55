//! Widgets and actions: `/api/widget…`, `/api/widget-action`, `/api/data`, and the older public names of three queries.
mod action;
mod describe;
mod form;
mod inspect;

pub use describe::doors;

use crate::base::error::{Code, Error};
use crate::doors::kit::answer::{self, HTML, JSON, Json};
use crate::doors::kit::auth::{Anyone, Visitor, WorkspaceAdmin};
use crate::doors::kit::shed::Shed;
use crate::doors::kit::{Answer, accept, body, pages};
use crate::doors::rooms::{Manages, Shows};
use crate::doors::{Ground, kit::Problem};
use crate::features::identity::Caller;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri, header};
use axum::response::Response;
use bytes::Bytes;
use serde_json::{Value, json};
use std::sync::Arc;

/// The last part of a path. Errors: `malformed_request` when it cannot be decoded.
pub struct Name(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Name {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Name, Problem> {
        match Path::<String>::from_request_parts(parts, state).await {
            Ok(Path(name)) => Ok(Name(name)),
            Err(e) => Err(Error::new(Code::MalformedRequest, "The path cannot be decoded").caused_by(e).into()),
        }
    }
}

async fn list(State(widgets): State<Arc<dyn Shows>>) -> Json<Value> {
    Json(json!({"widgets": widgets.list()}))
}

/// A rendered widget as JSON or as a page that works without JavaScript, under its entity tag.
async fn show(
    State(widgets): State<Arc<dyn Shows>>,
    State(ground): State<Ground>,
    anyone: Anyone,
    Name(name): Name,
    headers: HeaderMap,
    uri: Uri,
) -> Answer<Response> {
    let wants = accept::wants(&headers);
    if wants == accept::Wants::Neither {
        return Err(Error::new(Code::NotAcceptable, "This door writes application/json and text/html").into());
    }
    let params = body::query(&uri)?;
    let _turn = ground.shed.turn().await?;
    let shown = widgets.show(&anyone.caller, &name, params).await?;
    let keep = if shown.public && !anyone.is_known() {
        answer::SHARED
    } else {
        anyone.hand_back();
        answer::PRIVATE
    };
    let mut response = if wants == accept::Wants::Html {
        let etag = page_tag(&shown.etag);
        if accept::has_it_already(&headers, &etag) {
            answer::tagged(&headers, &etag, keep, HTML, Bytes::new())
        } else {
            let title = pages::title(&widgets.list(), &name);
            let here = uri.path_and_query().map_or("/", |here| here.as_str());
            answer::tagged(&headers, &etag, keep, HTML, pages::widget(&shown, &title, here, None).into())
        }
    } else {
        answer::tagged(&headers, &shown.etag, keep, JSON, shown.json)
    };
    answer::vary(&mut response, header::ACCEPT);
    // Plugins may answer in the caller's language.
    answer::vary(&mut response, header::ACCEPT_LANGUAGE);
    Ok(response)
}

/// The page's tag: the same tree looks different as a page, and after an update of the host.
fn page_tag(etag: &str) -> String {
    format!("{}-page-{}\"", etag.trim_end_matches('"'), env!("CARGO_PKG_VERSION"))
}

async fn data(
    State(plugins): State<Arc<dyn Manages>>,
    State(ground): State<Ground>,
    Visitor(caller): Visitor,
    Name(query): Name,
    uri: Uri,
) -> Answer<Response> {
    ask(&*plugins, &ground.shed, &caller, &query, &uri).await
}

async fn products(
    State(plugins): State<Arc<dyn Manages>>,
    State(ground): State<Ground>,
    Visitor(caller): Visitor,
    uri: Uri,
) -> Answer<Response> {
    ask(&*plugins, &ground.shed, &caller, "products", &uri).await
}

async fn cart(
    State(plugins): State<Arc<dyn Manages>>,
    State(ground): State<Ground>,
    Visitor(caller): Visitor,
    uri: Uri,
) -> Answer<Response> {
    ask(&*plugins, &ground.shed, &caller, "cart", &uri).await
}

async fn submissions(
    State(plugins): State<Arc<dyn Manages>>,
    State(ground): State<Ground>,
    WorkspaceAdmin { caller }: WorkspaceAdmin,
    uri: Uri,
) -> Answer<Response> {
    ask(&*plugins, &ground.shed, &caller, "submissions", &uri).await
}

async fn ask(plugins: &dyn Manages, shed: &Shed, caller: &Caller, query: &str, uri: &Uri) -> Answer<Response> {
    let params = body::query(uri)?;
    let _turn = shed.turn().await?;
    Ok(answer::ready_json(plugins.query(caller, query, params).await?.json()))
}
