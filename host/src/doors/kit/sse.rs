//! Server-sent events: a stream that says it is alive while nothing happens, and that ends with a last event.
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::sse::{KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::Stream;
use std::convert::Infallible;
use std::time::Duration;

pub use axum::response::sse::Event;

/// A comment after so much silence keeps proxies from closing the connection.
const HEARTBEAT: Duration = Duration::from_secs(15);
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// Asks nginx not to collect events before it hands them on.
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// What a reader that comes again saw last.
pub fn last_id(headers: &HeaderMap) -> Option<&str> {
    headers.get(LAST_EVENT_ID)?.to_str().ok().map(str::trim).filter(|id| !id.is_empty())
}

/// Whether JSON is asked for by name, and a stream is not.
pub fn wants_json(headers: &HeaderMap) -> bool {
    let asked = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let asked: Vec<&str> =
        asked.flat_map(|value| value.split(',')).map(|one| one.split(';').next().unwrap_or_default().trim()).collect();
    let names = |media: &str| asked.iter().any(|one| one.eq_ignore_ascii_case(media));
    names("application/json") && !names("text/event-stream")
}

pub fn stream(events: impl Stream<Item = Event> + Send + 'static) -> Response {
    let events = futures_util::StreamExt::map(events, Ok::<Event, Infallible>);
    let mut response = Sse::new(events).keep_alive(KeepAlive::new().interval(HEARTBEAT)).into_response();
    response.headers_mut().insert(X_ACCEL_BUFFERING, HeaderValue::from_static("no"));
    response
}
