//! Answers that are more than JSON: pages, texts, and their headers, made once.
use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Response as HttpResponse, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::Serialize;

pub const JSON: HeaderValue = HeaderValue::from_static("application/json");
pub const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");
pub const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
/// Kept by the caller's own browser, and asked about before every use.
pub const PRIVATE: HeaderValue = HeaderValue::from_static("private, no-cache");
/// Kept by anybody, and asked about before every use.
pub const SHARED: HeaderValue = HeaderValue::from_static("public, no-cache");
pub const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// Our own pages: no script, nothing of others but images, forms that lead home only, never inside a frame.
pub const PAGE_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; img-src 'self' https: data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
);
/// Whatever is not a page must not become one.
pub const DATA_POLICY: HeaderValue =
    HeaderValue::from_static("default-src 'none'; base-uri 'none'; frame-ancestors 'none'");

pub fn with_type(content_type: HeaderValue, body: impl Into<Body>) -> Response {
    let mut response = HttpResponse::new(body.into());
    response.headers_mut().insert(header::CONTENT_TYPE, content_type);
    response
}

/// An HTML page under [`PAGE_POLICY`].
pub fn page(html: impl Into<Body>) -> Response {
    let mut response = with_type(HTML, html);
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, PAGE_POLICY);
    response
}

/// JSON of anything serializable.
pub struct Json<T>(pub T);

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(body) => with_type(JSON, body),
            Err(e) => super::Problem::from(crate::base::error::Error::internal(e)).into_response(),
        }
    }
}

/// JSON that is already text and is sent as it is.
pub fn ready_json(body: impl Into<Body>) -> Response {
    with_type(JSON, body)
}

/// An answer that the caller may keep under its tag; 304 without a body when it has it already.
pub fn tagged(
    headers: &axum::http::HeaderMap,
    etag: &str,
    keep: HeaderValue,
    content_type: HeaderValue,
    body: Bytes,
) -> Response {
    let mut response = if super::accept::has_it_already(headers, etag) {
        // A browser gives the page it kept the headers of this answer, its policy among them.
        let policy = if content_type == HTML { PAGE_POLICY } else { DATA_POLICY };
        (StatusCode::NOT_MODIFIED, [(header::CONTENT_SECURITY_POLICY, policy)]).into_response()
    } else if content_type == HTML {
        page(body)
    } else {
        with_type(content_type, body)
    };
    let sent = response.headers_mut();
    sent.insert(header::CACHE_CONTROL, keep);
    if let Ok(etag) = HeaderValue::from_str(etag) {
        sent.insert(header::ETAG, etag);
    }
    response
}

/// A strong entity tag of content.
pub fn content_tag(body: &[u8]) -> String {
    let hash = crate::base::secret::hex(&crate::base::secret::sha256(body));
    format!("\"{}\"", hash.get(..32).unwrap_or(&hash))
}

/// Back to a page of this host after a form was posted.
pub fn see_other(path: &str) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    let to = HeaderValue::from_str(path).unwrap_or(HeaderValue::from_static("/"));
    response.headers_mut().insert(header::LOCATION, to);
    response
}

/// Adds to `Vary` unless it is there.
pub fn vary(response: &mut Response, on: HeaderName) {
    let there = response
        .headers()
        .get_all(header::VARY)
        .iter()
        .any(|v| v.as_bytes().eq_ignore_ascii_case(on.as_str().as_bytes()));
    if !there {
        response.headers_mut().append(header::VARY, HeaderValue::from(on));
    }
}
