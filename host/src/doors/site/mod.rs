//! Everything that is not the API itself: the start page, the document, the demo, what pages need, and how the host is doing.
mod assets;
mod client;
mod demo;
mod docs;

use crate::base::error::{Code, Error};
use crate::doors::kit::answer::{self, HTML, JSON, Json, SHARED};
use crate::doors::kit::auth::Admin;
use crate::doors::kit::{Answer, accept};
use crate::doors::openapi::{self, Door, Guard};
use crate::doors::rooms::{Checks, Condition, Health};
use crate::doors::{Ground, Hall, MetricsAccess, Options};
use crate::features::widgets::html::{self, Link};
use crate::platform::metrics::Metrics;
use axum::extract::{FromRef, FromRequestParts, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::Serialize;
use serde_json::json;
use std::sync::Arc;

/// What these doors show, made once: nothing of it changes while the host runs.
pub struct Site {
    health: Arc<dyn Health>,
    metrics: Metrics,
    access: MetricsAccess,
    demo: bool,
    endpoints: Kept,
    landing: Kept,
    document: Kept,
    docs: Kept,
}

/// A body and the tag of its content.
struct Kept {
    etag: String,
    body: Bytes,
}

impl Kept {
    fn new(body: impl Into<Bytes>) -> Kept {
        let body = body.into();
        Kept { etag: assets::tag(&body), body }
    }

    fn answer(&self, headers: &HeaderMap, content_type: HeaderValue) -> Response {
        answer::tagged(headers, &self.etag, SHARED, content_type, self.body.clone())
    }
}

impl Site {
    pub fn new(doors: &[Door], health: Arc<dyn Health>, metrics: Metrics, options: &Options) -> Site {
        let document = openapi::document(doors);
        let json = document.to_pretty_json().unwrap_or_default();
        let shown = doors.iter().filter(|door| door.path != "/demo" || options.demo);
        let endpoints: Vec<_> =
            shown.map(|door| json!({"method": door.verb(), "path": door.path, "summary": door.summary})).collect();
        let endpoints = json!({
            "name": "Inlay", "version": env!("CARGO_PKG_VERSION"), "documentation": "/docs", "openapi": "/openapi.json",
            "endpoints": endpoints,
        });
        Site {
            health,
            metrics,
            access: options.metrics,
            demo: options.demo,
            endpoints: Kept::new(endpoints.to_string()),
            landing: Kept::new(landing(options.demo)),
            docs: Kept::new(docs::page(&document)),
            document: Kept::new(json),
        }
    }
}

fn landing(demo: bool) -> String {
    let link = |href, title, text| Link { href, title, text };
    let mut links = vec![
        link("/docs", "Documentation", "Every door of the API, with what it takes and answers"),
        link("/api/widget/products", "Products", "A widget on its own, as a page"),
        link("/openapi.json", "OpenAPI", "The same document for programs"),
        link("/health", "Health", "How the host is doing"),
    ];
    if demo {
        links.insert(0, link("/demo", "Demo", "A shop in widgets, rendered on the server"));
    }
    html::landing(env!("CARGO_PKG_VERSION"), &links)
}

pub fn doors() -> Vec<Door> {
    const TAG: &str = "site";
    const PAGE: Option<(&str, &str)> = Some(("text/html", "Text"));
    let health = |path, id, summary, about| {
        Door::get(path, health)
            .says(TAG, id, summary, about)
            .answers_json(200, "Health", "The host answers")
            .answers_json(503, "Health", "The host cannot do its work, or is stopping")
    };
    let doors = vec![
        Door::get("/", start)
            .says(TAG, "start", "Start", "A page with links for people, the list of doors for programs.")
            .answers_json(200, "Endpoints", "The doors")
            .answers(200, PAGE, "The doors")
            .answers(304, None, "The caller has it already")
            .refuses(&[Code::NotAcceptable]),
        Door::get("/docs", docs_page)
            .says(TAG, "docs", "Read the document", "This document as a page.")
            .answers(200, PAGE, "The page"),
        Door::get("/openapi.json", document).says(TAG, "openapi", "This document", "").answers(
            200,
            Some(("application/json", "Data")),
            "OpenAPI 3.1",
        ),
        Door::get("/demo", demo::show)
            .says(TAG, "demo", "See widgets at work", "The bundled widgets side by side; works without JavaScript.")
            .guard(Guard::Visitor)
            .works()
            .answers(200, PAGE, "The page")
            .refuses(&[Code::NotFound]),
        Door::get("/assets/{file}", assets::show)
            .says(TAG, "asset", "What pages need", "Style sheets and pictures.")
            .path_param("file", "The file's name")
            .answers(200, Some(("text/css", "Text")), "The file")
            .answers(304, None, "The caller has it already")
            .refuses(&[Code::NotFound]),
        Door::get("/static/{file}", client::show)
            .says(
                TAG,
                "client",
                "The browser client",
                "`widget.js` is what pages name; it brings the other parts. Compressed where the caller reads it; with \
                 `v` of its content a part may be kept for ever.",
            )
            .path_param("file", "The part's name")
            .query("v", "The first twelve digits of the content's SHA-256", "string")
            .answers(200, Some(("text/javascript", "Text")), "The part")
            .answers(304, None, "The caller has it already")
            .refuses(&[Code::NotFound]),
        Door::get("/favicon.ico", assets::favicon).says(TAG, "favicon", "The icon", "").answers(
            200,
            Some(("image/svg+xml", "Text")),
            "The icon",
        ),
        health("/health", "health", "How the host is doing", "`degraded`: something is missing, but the host answers."),
        health("/api/health", "apiHealth", "How the host is doing", "The same as `/health`."),
        health(
            "/readyz",
            "ready",
            "Whether to send requests here",
            "The same as `/health`; 503 from the moment a stop begins.",
        ),
        Door::get("/livez", alive)
            .says(TAG, "alive", "Whether the process answers", "Looks at nothing else.")
            .answers_json(200, "Data", "It does"),
        Door::get("/metrics", metrics)
            .says(TAG, "metrics", "Numbers", "Prometheus' text format. `metrics.access` says who may read it.")
            .answers(200, Some(("text/plain", "Text")), "The numbers")
            .refuses(&[Code::NotFound, Code::MissingToken, Code::InvalidToken, Code::Forbidden]),
    ];
    // Pages and files are the same for everybody, and monitors are never turned away; the demo makes plugins work.
    doors.into_iter().map(|door| if door.path == "/demo" { door } else { door.free() }).collect()
}

async fn start(State(site): State<Arc<Site>>, headers: HeaderMap) -> Answer<Response> {
    let mut response = match accept::wants(&headers) {
        accept::Wants::Html => site.landing.answer(&headers, HTML),
        accept::Wants::Json => site.endpoints.answer(&headers, JSON),
        accept::Wants::Neither => {
            return Err(Error::new(Code::NotAcceptable, "This door writes application/json and text/html").into());
        }
    };
    answer::vary(&mut response, header::ACCEPT);
    Ok(response)
}

async fn docs_page(State(site): State<Arc<Site>>, headers: HeaderMap) -> Response {
    site.docs.answer(&headers, HTML)
}

async fn document(State(site): State<Arc<Site>>, headers: HeaderMap) -> Response {
    site.document.answer(&headers, JSON)
}

/// How the host is doing.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Health)]
pub struct HealthJson {
    /// "ok", "degraded", "failed" or "stopping".
    status: &'static str,
    version: &'static str,
    uptime_s: u64,
    checks: ChecksJson,
}

/// Each "ok", "degraded" or "failed".
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Checks)]
pub struct ChecksJson {
    database: &'static str,
    plugins: &'static str,
    bus: &'static str,
}

fn word(condition: Condition) -> &'static str {
    match condition {
        Condition::Ok => "ok",
        Condition::Degraded => "degraded",
        Condition::Failed => "failed",
    }
}

async fn health(State(site): State<Arc<Site>>) -> Response {
    let Checks { database, plugins, bus } = site.health.checks().await;
    let worst = database.max(plugins).max(bus);
    let stopping = site.health.is_stopping();
    let body = HealthJson {
        status: if stopping { "stopping" } else { word(worst) },
        version: env!("CARGO_PKG_VERSION"),
        uptime_s: site.metrics.uptime().as_secs(),
        checks: ChecksJson { database: word(database), plugins: word(plugins), bus: word(bus) },
    };
    let fails = stopping || worst == Condition::Failed;
    let status = if fails { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    (status, Json(body)).into_response()
}

async fn alive() -> Json<serde_json::Value> {
    Json(json!({"status": "ok"}))
}

async fn metrics(State(site): State<Arc<Site>>, State(hall): State<Whole>, request: Request) -> Answer<Response> {
    match site.access {
        MetricsAccess::Open => {}
        MetricsAccess::Off => return Err(Error::new(Code::NotFound, "Numbers are not given out here").into()),
        MetricsAccess::Admin => {
            let (mut parts, _) = request.into_parts();
            Admin::from_request_parts(&mut parts, &hall.0).await?;
        }
    }
    site.health.count(&site.metrics);
    let content_type = HeaderValue::from_static(Metrics::CONTENT_TYPE);
    Ok(answer::with_type(content_type, site.metrics.render()))
}

/// The ground that extractors stand on, for a handler that calls one itself.
#[derive(Clone)]
struct Whole(Ground);

impl FromRef<Hall> for Whole {
    fn from_ref(hall: &Hall) -> Whole {
        Whole(Ground::from_ref(hall))
    }
}
