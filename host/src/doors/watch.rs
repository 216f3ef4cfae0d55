//! How plugins are doing, for admins: statistics and logs.
use crate::base::error::{Code, Error, Fault, Result};
use crate::doors::kit::answer::Json;
use crate::doors::kit::auth::Admin;
use crate::doors::kit::sse::{self, Event};
use crate::doors::kit::{Answer, body};
use crate::doors::openapi::{Door, Guard};
use crate::doors::rooms::Watches;
use crate::doors::widgets::Name;
use crate::features::plugins::{Level, Next, PluginStats, Tail, Wish};
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde_json::{Value, json};
use std::sync::Arc;

/// Lines of the past that are given where nobody says how many.
const LINES: usize = 100;
const MOST_LINES: usize = 10_000;

pub fn doors() -> Vec<Door> {
    const TAG: &str = "plugins";
    vec![
        Door::get("/api/admin/plugins/{name}/stats", stats)
            .says(
                TAG,
                "pluginStats",
                "See how a plugin is doing",
                "Calls, errors and refusals by code, times, memory, by action and query, per version; the state of its breaker \
                 and the limits in force. Since the start of this process, and over the last five minutes.",
            )
            .guard(Guard::Admin)
            .path_param("name", "The plugin's name")
            .answers_json(200, "PluginStats", "The figures")
            .refuses(&[Code::UnknownPlugin, Code::PluginUnavailable]),
        Door::get("/api/admin/plugins/{name}/logs", logs)
            .says(
                TAG,
                "pluginLogs",
                "Read a plugin's log",
                "The last lines that its calls have logged, then every new one as a server-sent event `line` with the line as \
                 JSON. `missed` says that lines after the given id are not kept any more. The last event is `end` with a \
                 `reason`: `too_slow` when the reader is too far behind, `stopping` when the host stops. With \
                 `Accept: application/json` the last lines alone, as one document.",
            )
            .guard(Guard::Admin)
            .path_param("name", "The plugin's name")
            .query("limit", "Most lines of the past; 100 where nothing is said, 0 for new ones alone", "integer")
            .query("level", "The least level: debug, info, warn or error", "string")
            .query("after", "Only lines after the one with this id", "integer")
            .header("Last-Event-ID", "The same, as browsers send it when they connect again")
            .answers_json(200, "PluginLog", "The last lines")
            .answers(200, Some(("text/event-stream", "Data")), "The lines as events")
            .refuses(&[Code::UnknownPlugin, Code::InvalidParameters]),
    ]
}

async fn stats(State(watch): State<Arc<dyn Watches>>, _: Admin, Name(name): Name) -> Answer<Json<PluginStats>> {
    Ok(Json(watch.stats(&name).await?))
}

async fn logs(
    State(watch): State<Arc<dyn Watches>>,
    _: Admin,
    Name(name): Name,
    headers: HeaderMap,
    uri: Uri,
) -> Answer<Response> {
    let wish = wish(&headers, &uri)?;
    if sse::wants_json(&headers) {
        return Ok(Json(json!({"lines": watch.log_lines(&name, wish).await?})).into_response());
    }
    Ok(sse::stream(events(watch.log_tail(&name, wish).await?)))
}

/// Errors: `invalid_parameters`, for each parameter that is wrong.
fn wish(headers: &HeaderMap, uri: &Uri) -> Result<Wish> {
    let params = body::query(uri)?;
    let mut faults = Vec::new();
    let mut fault = |name: &str, message: &str| {
        faults.push(Fault { pointer: format!("/{name}"), message: message.to_owned() });
    };
    let number = |value: &Value| value.as_str().and_then(|text| text.parse::<u64>().ok());
    let limit = match params.get("limit").map(number) {
        None => LINES,
        Some(Some(limit)) => usize::try_from(limit).unwrap_or(MOST_LINES).min(MOST_LINES),
        Some(None) => {
            fault("limit", "must be a number of lines");
            LINES
        }
    };
    let level = params.get("level").map(|value| value.as_str().and_then(Level::known));
    if level == Some(None) {
        fault("level", "must be debug, info, warn or error");
    }
    let after = params.get("after").map(number);
    if after == Some(None) {
        fault("after", "must be the id of a line");
    }
    if !faults.is_empty() {
        return Err(Error::new(Code::InvalidParameters, "Some parameters are not right").with_faults(faults));
    }
    // A browser that lost the connection knows better than the address that it was given once. What is no id of ours
    // is passed over: it may be from another stream.
    let last = sse::last_id(headers).and_then(|id| id.parse().ok());
    Ok(Wish { after: last.or(after.flatten()), limit, level: level.flatten().unwrap_or(Level::Debug) })
}

enum Stage {
    Begins(Tail),
    Runs(Tail),
    Over,
}

fn events(tail: Tail) -> impl futures_util::Stream<Item = Event> + Send + 'static {
    stream::unfold(Stage::Begins(tail), async |stage| {
        let mut tail = match stage {
            Stage::Begins(tail) if tail.missed => return Some((event("missed", &json!({})), Stage::Runs(tail))),
            Stage::Begins(tail) | Stage::Runs(tail) => tail,
            Stage::Over => return None,
        };
        match tail.next().await {
            Next::Line(line) => Some((event("line", &*line).id(line.id.to_string()), Stage::Runs(tail))),
            Next::End(reason) => Some((event("end", &json!({"reason": reason})), Stage::Over)),
        }
    })
}

/// JSON has no line of its own that would end an event.
fn event(name: &str, data: &impl serde::Serialize) -> Event {
    Event::default().event(name).data(serde_json::to_string(data).unwrap_or_default())
}
