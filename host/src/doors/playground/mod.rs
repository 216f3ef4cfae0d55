//! `/playground`: widgets behind glass, for those who make them; and `/api/dev/events`, which says what changes.
mod guard;
mod shapes;

pub use shapes::all as shapes;

use crate::base::error::{Code, Error, Result};
use crate::doors::Ground;
use crate::doors::kit::answer::{self, HTML, Json};
use crate::doors::kit::sse::{self, Event};
use crate::doors::kit::{Answer, body};
use crate::doors::openapi::{Door, Guard};
use crate::doors::rooms::Shows;
use crate::doors::widgets::Name;
use crate::features::dev::{Dev, Now};
use crate::features::widgets::{Draft, Trial};
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use futures_util::stream;
use guard::Developer;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::watch;

const TAG: &str = "playground";
/// Our own scripts and styles, the host's own data, pictures from anywhere, for widgets show them; nothing else.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' https: data:; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
);
const PAGE: &str = include_str!("../../../assets/playground.html");

pub fn doors() -> Vec<Door> {
    vec![
        Door::get("/playground", page)
            .says(
                TAG,
                "playground",
                "Make widgets",
                "Every widget with its sample, an editor for template, schema and data, and what is found in them. In \
                 development mode (`dev.enabled`, or `inlay dev`) for everybody, else for admins; so are the doors behind it.",
            )
            .guard(Guard::Admin)
            .answers(200, Some(("text/html", "Text")), "The page"),
        Door::get("/api/playground/widgets", list)
            .says(TAG, "playgroundWidgets", "List widgets for the playground", "Also says whose they are.")
            .guard(Guard::Admin)
            .answers_json(200, "PlaygroundList", "The widgets"),
        Door::get("/api/playground/widgets/{name}", file)
            .says(TAG, "playgroundWidget", "Read a widget's file", "The whole `.widget` file, as its author wrote it.")
            .guard(Guard::Admin)
            .path_param("name", "The widget's name")
            .answers_json(200, "Data", "The file")
            .refuses(&[Code::UnknownWidget]),
        Door::post("/api/playground/render", render)
            .says(
                TAG,
                "playgroundRender",
                "Try a draft out",
                "Renders a template that is not served, within the bounds of every widget. What is wrong with it is no failure \
                 of the request: it stands in `findings`, with the template's line where that is known.",
            )
            .guard(Guard::Admin)
            .works()
            .takes("application/json", "Draft", "The draft")
            .answers_json(200, "Trial", "What came of it")
            .refuses(&[
                Code::MalformedJson,
                Code::TooDeep,
                Code::InvalidBody,
                Code::BodyTooLarge,
                Code::UnsupportedMedia,
                Code::RequestTimeout,
            ]),
        Door::get("/api/dev/events", events)
            .says(
                TAG,
                "devEvents",
                "Hear what an author changes",
                "In development mode alone. Events `now` hold the whole state as JSON: the turn of each widget's and plugin's \
                 last change, what is being built, and what is wrong. The last event is `end`, when the host stops.",
            )
            .guard(Guard::Visitor)
            .answers(200, Some(("text/event-stream", "Text")), "The states as events")
            .refuses(&[Code::NotFound]),
    ]
}

async fn page(_: Developer) -> Response {
    let mut response = answer::with_type(HTML, PAGE);
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, POLICY);
    response
}

async fn list(State(widgets): State<Arc<dyn Shows>>, State(dev): State<Dev>, _: Developer) -> Json<Value> {
    let all = widgets.list();
    let listed: Vec<Value> = all
        .iter()
        .map(|w| {
            json!({
                "name": w.name, "title": w.title, "description": w.description, "plugin": w.plugin, "source": w.source,
                "local": widgets.is_local(&w.name),
            })
        })
        .collect();
    Json(json!({"dev": dev.is_open(), "widgets": listed}))
}

async fn file(State(widgets): State<Arc<dyn Shows>>, _: Developer, Name(name): Name) -> Answer<Json<Value>> {
    Ok(Json(widgets.file(&name)?))
}

async fn render(
    State(widgets): State<Arc<dyn Shows>>,
    State(ground): State<Ground>,
    _: Developer,
    request: Request,
) -> Answer<Json<Trial>> {
    let (parts, incoming) = request.into_parts();
    let draft = draft(&ground, &parts.headers, incoming).await?;
    let _turn = ground.shed.turn().await?;
    let trial = tokio::task::spawn_blocking(move || widgets.try_out(&draft)).await.map_err(Error::internal)?;
    Ok(Json(trial))
}

async fn draft(ground: &Ground, headers: &axum::http::HeaderMap, incoming: Body) -> Result<Draft> {
    if body::kind(headers)? != body::Kind::Json {
        return Err(body::unsupported("Send application/json"));
    }
    let mut sent = body::json_object(&body::read(headers, incoming, ground.body).await?)?;
    let template = match sent.remove("template") {
        Some(Value::String(template)) => template,
        _ => return Err(body::misshapen("/template", "must be a string".to_owned())),
    };
    let name = match sent.remove("name") {
        None | Some(Value::Null) => "draft".to_owned(),
        Some(Value::String(name)) if name.len() <= 100 => name,
        Some(_) => return Err(body::misshapen("/name", "must be a string of at most 100 bytes".to_owned())),
    };
    let schema = sent.remove("schema").filter(|schema| !schema.is_null());
    let data = sent.remove("data").unwrap_or_else(|| json!({}));
    Ok(Draft { name, template, schema, data })
}

async fn events(State(dev): State<Dev>) -> Answer<Response> {
    if !dev.is_open() {
        return Err(Error::new(Code::NotFound, "This host is not in development mode; see `inlay dev`").into());
    }
    let mut follow = dev.follow();
    follow.mark_changed();
    Ok(sse::stream(stream::unfold(Some(follow), next)))
}

async fn next(
    follow: Option<watch::Receiver<Option<Arc<Now>>>>,
) -> Option<(Event, Option<watch::Receiver<Option<Arc<Now>>>>)> {
    let mut follow = follow?;
    let open = follow.changed().await.is_ok();
    let now = follow.borrow_and_update().clone().filter(|_| open);
    Some(match now {
        Some(now) => {
            let data = serde_json::to_string(&*now).unwrap_or_default();
            (Event::default().event("now").data(data), Some(follow))
        }
        None => (Event::default().event("end").data(r#"{"reason":"stopping"}"#), None),
    })
}
