//! Errors as RFC 9457 problems.
//!
//! A handler returns a [`Problem`]; the frame around all doors, which knows the request's id and whether a person is
//! waiting, turns it into JSON or into a page and logs it, once. What the log says of a cause never reaches an answer.
use crate::base::clock::Clock;
use crate::base::error::{Code, Error, Fault, Kind, Shown};
use crate::base::quiet::Quiet;
use crate::doors::kit::request_id::RequestId;
use crate::doors::kit::{answer, pages};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;

pub type Answer<T> = Result<T, Problem>;

/// A refusal on its way to the frame. `?` makes one of any error.
pub struct Problem {
    error: Box<Error>,
    /// Where a page of this problem leads back to.
    back: Option<String>,
}

impl<E: Into<Error>> From<E> for Problem {
    fn from(error: E) -> Problem {
        Problem { error: Box::new(error.into()), back: None }
    }
}

impl Problem {
    pub fn leading_back_to(mut self, path: &str) -> Problem {
        self.back = Some(path.to_owned());
        self
    }
}

/// What the frame finds in a response's extensions.
#[derive(Clone)]
pub struct Refusal {
    pub error: Arc<Error>,
    pub back: Option<Arc<str>>,
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = status(self.error.code.kind()).into_response();
        response.extensions_mut().insert(Refusal { error: Arc::new(*self.error), back: self.back.map(Arc::from) });
        response
    }
}

/// The one place where a kind becomes a status.
pub fn status(kind: Kind) -> StatusCode {
    match kind {
        Kind::Malformed => StatusCode::BAD_REQUEST,
        Kind::Unauthenticated => StatusCode::UNAUTHORIZED,
        Kind::Forbidden => StatusCode::FORBIDDEN,
        Kind::NotFound => StatusCode::NOT_FOUND,
        Kind::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        Kind::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
        Kind::Slow => StatusCode::REQUEST_TIMEOUT,
        Kind::Conflict => StatusCode::CONFLICT,
        Kind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Kind::LongPath => StatusCode::URI_TOO_LONG,
        Kind::LargeHead => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
        Kind::UnsupportedMedia => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Kind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        Kind::TooEarly => StatusCode::TOO_EARLY,
        Kind::TooMany => StatusCode::TOO_MANY_REQUESTS,
        Kind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        Kind::Plugin => StatusCode::BAD_GATEWAY,
        Kind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Kind::Timeout => StatusCode::GATEWAY_TIMEOUT,
        Kind::Storage => StatusCode::INSUFFICIENT_STORAGE,
    }
}

/// The problem as it is sent.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Problem)]
pub struct ProblemJson<'a> {
    /// Where the code is explained, relative to this host.
    #[serde(rename = "type")]
    #[schema(example = "/docs#code-unknown_action")]
    kind: String,
    /// One sentence, the same for every occurrence of the code.
    title: &'a str,
    /// The HTTP status.
    #[schema(example = 404)]
    status: u16,
    /// What went wrong this time.
    detail: &'a str,
    /// A stable word that programs may compare.
    #[schema(example = "unknown_action")]
    code: &'a str,
    /// Also in the header `X-Request-Id` and in the log.
    request_id: &'a str,
    /// The same text as `detail`, for older clients.
    error: &'a str,
    /// What is wrong in the input, place by place.
    #[serde(skip_serializing_if = "<[Fault]>::is_empty")]
    #[schema(required = false, value_type = [FaultJson])]
    faults: &'a [Fault],
    /// A plugin's own dotted word for its refusal, such as "cart.empty".
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, nullable = false)]
    reason: Option<&'a str>,
    /// What the plugin shows in place of what failed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, value_type = [super::super::openapi::ShownWidget])]
    widgets: Vec<ShownJson<'a>>,
}

/// A widget of a problem; the same shape as in an action's answer.
#[derive(Serialize)]
struct ShownJson<'a> {
    name: &'a str,
    key: &'a str,
    mode: &'static str,
    widget: &'a serde_json::Value,
}

/// `base::error::Fault`, described for the OpenAPI document.
#[derive(utoipa::ToSchema)]
#[schema(as = Fault)]
#[expect(dead_code, reason = "only its description is used")]
pub struct FaultJson {
    /// JSON pointer into the request's input, "" for the whole.
    #[schema(example = "/email")]
    pointer: String,
    message: String,
}

impl ShownJson<'_> {
    fn of(shown: &Shown) -> ShownJson<'_> {
        ShownJson { name: &shown.name, key: &shown.key, mode: "replace", widget: &shown.tree }
    }
}

fn json(error: &Error, status: StatusCode, id: &RequestId) -> Vec<u8> {
    let body = ProblemJson {
        kind: format!("/docs#code-{}", error.code.word()),
        title: error.code.title(),
        status: status.as_u16(),
        detail: &error.detail,
        code: error.code.word(),
        request_id: id.as_str(),
        error: &error.detail,
        faults: &error.faults,
        reason: error.reason.as_deref(),
        widgets: error.shown.iter().map(|shown| ShownJson::of(shown)).collect(),
    };
    serde_json::to_vec(&body).unwrap_or_default()
}

/// Writes the problem for a program, or as a page for a person.
pub fn render(refusal: &Refusal, id: &RequestId, as_page: bool) -> Response {
    let Refusal { error, back } = refusal;
    let status = status(error.code.kind());
    let mut response = if as_page {
        let back = back.as_deref().unwrap_or("/");
        answer::page(pages::problem(status.as_u16(), error, id.as_str(), back))
    } else {
        answer::with_type(HeaderValue::from_static("application/problem+json"), json(error, status, id))
    };
    *response.status_mut() = status;
    let headers = response.headers_mut();
    if let Some(seconds) = error.retry_after_s.or(wait(error.code.kind())) {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    if status == StatusCode::UNAUTHORIZED {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge(error)));
    }
    response
}

/// The whole answer to a request of which not even the head could be read, as it goes over the wire. Such a request never
/// comes to a door; the server that reads heads asks for this text.
pub fn unreadable(status: u16) -> Vec<u8> {
    let error = match status {
        414 => Error::new(Code::PathTooLong, "The path and query are longer than this host reads"),
        431 => Error::new(Code::HeadTooLarge, "The header fields are larger or more than this host reads"),
        _ => Error::new(Code::MalformedRequest, "This is not a request of HTTP/1.1 as this host reads it"),
    };
    let id = RequestId::of(&HeaderMap::new(), &Clock::system());
    tracing::info!(id = id.as_str(), code = error.code.word(), "{}", error.detail);
    let status = self::status(error.code.kind());
    let body = json(&error, status, &id);
    let (code, reason, id, length) =
        (status.as_u16(), status.canonical_reason().unwrap_or_default(), id.as_str(), body.len());
    let mut whole = format!(
        "HTTP/1.1 {code} {reason}\r\ncontent-type: application/problem+json\r\nx-request-id: {id}\r\n\
         x-content-type-options: nosniff\r\ncontent-security-policy: default-src 'none'; frame-ancestors 'none'\r\n\
         cache-control: no-store\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n"
    )
    .into_bytes();
    whole.extend(body);
    whole
}

/// Seconds after which it makes sense to try again, where the error does not say.
fn wait(kind: Kind) -> Option<u32> {
    matches!(kind, Kind::Unavailable | Kind::TooMany | Kind::TooEarly).then_some(1)
}

fn challenge(error: &Error) -> &'static str {
    match error.code {
        Code::MissingToken => r#"Bearer realm="inlay""#,
        _ => r#"Bearer realm="inlay", error="invalid_token""#,
    }
}

/// What can be said of a full disk or of a database that is away, once in this time.
static AWAY: Quiet = Quiet::new(Duration::from_secs(10));

/// One line in the log, with the cause and the place, so that the request id in an answer leads to it.
pub fn log(error: &Error) {
    let code = error.code.word();
    let cause = error.source.as_ref().map(|source| chain(source.as_ref()));
    let cause = cause.as_deref();
    match error.code.kind() {
        // One line was written when the breaker opened; a line for every call that it spares would be a flood.
        _ if error.code == Code::PluginUnavailable => {
            tracing::debug!(code, cause, at = %error.at, "{}", error.detail);
        }
        // Every request fails in the same way then.
        _ if matches!(error.code, Code::StorageFull | Code::Database) => match AWAY.turn() {
            Some(more) => tracing::error!(code, cause, more, at = %error.at, "{}", error.detail),
            None => tracing::debug!(code, cause, at = %error.at, "{}", error.detail),
        },
        Kind::Internal | Kind::Storage | Kind::Unavailable => {
            tracing::error!(code, cause, at = %error.at, "{}", error.detail);
        }
        Kind::Plugin | Kind::Timeout => tracing::warn!(code, cause, at = %error.at, "{}", error.detail),
        _ => tracing::info!(code, cause, at = %error.at, "{}", error.detail),
    }
}

fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    std::iter::successors(Some(error), |e| e.source()).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
