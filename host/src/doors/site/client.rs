//! The browser client: `/static/widget.js`, which pages name, and the parts that it brings.
//!
//! The files are built and committed in `host/client`; here they are inside the binary, each with its compressed forms.
//! They are the same for everybody and hold nothing of anybody, so every page of every origin may read them.
use super::assets::tag;
use crate::base::error::{Code, Error};
use crate::doors::kit::{Answer, accept, answer};
use crate::doors::widgets::Name;
use crate::features::dev::Dev;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Uri, header};
use axum::response::Response;
use bytes::Bytes;
use std::sync::OnceLock;

const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const JAVASCRIPT: HeaderValue = HeaderValue::from_static("text/javascript; charset=utf-8");
/// What pages name stays where it is, so it is asked for again soon; an old one does for a day where we are slow.
const SOON: HeaderValue = HeaderValue::from_static("public, max-age=300, stale-while-revalidate=86400");
/// The address names the content.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

struct Part {
    name: &'static str,
    plain: &'static [u8],
    brotli: &'static [u8],
    gzip: &'static [u8],
    etag: OnceLock<String>,
}

macro_rules! parts {
    ($($name:literal),* $(,)?) => {
        [$(Part {
            name: $name,
            plain: include_bytes!(concat!("../../../client/dist/", $name)),
            brotli: include_bytes!(concat!("../../../client/dist/", $name, ".br")),
            gzip: include_bytes!(concat!("../../../client/dist/", $name, ".gz")),
            etag: OnceLock::new(),
        }),*]
    };
}
static PARTS: [Part; 13] = parts![
    "widget.js",
    "widgets.js",
    "actions.js",
    "forms.js",
    "combo.js",
    "lists.js",
    "looks.js",
    "text.js",
    "words.js",
    "chart.js",
    "icons.js",
    "playground.js",
    "dev.js",
];

/// A part in the form that the caller reads best. With `?v=` of its content the address may be kept for ever.
pub(super) async fn show(State(dev): State<Dev>, Name(file): Name, uri: Uri, headers: HeaderMap) -> Answer<Response> {
    let part = PARTS.iter().find(|part| part.name == file);
    let part = part.ok_or_else(|| Error::new(Code::NotFound, "There is no such file"))?;
    if dev.is_open() && part.name == "widget.js" {
        return Ok(loader_of_dev(part));
    }
    let etag = part.etag.get_or_init(|| tag(part.plain));
    let version = uri.query().and_then(|query| query.strip_prefix("v="));
    let named = version.is_some_and(|version| version.len() == 12 && etag.get(1..13) == Some(version));
    let (form, body) = match accept::encoding(&headers) {
        accept::Encoding::Brotli => (Some("br"), part.brotli),
        accept::Encoding::Gzip => (Some("gzip"), part.gzip),
        accept::Encoding::Plain => (None, part.plain),
    };
    // Each form has a tag of its own: their bytes differ.
    let etag = form.map_or_else(|| etag.clone(), |form| format!("{}-{form}\"", etag.trim_end_matches('"')));
    let keep = if named { FOR_EVER } else { SOON };
    let mut response = answer::tagged(&headers, &etag, keep, JAVASCRIPT, Bytes::from_static(body));
    answer::vary(&mut response, header::ACCEPT_ENCODING);
    let sent = response.headers_mut();
    if let Some(form) = form {
        sent.insert(header::CONTENT_ENCODING, HeaderValue::from_static(form));
    }
    sent.insert(RESOURCE_POLICY, HeaderValue::from_static("cross-origin"));
    Ok(response)
}

/// In development mode the loader also brings the part that follows what the author changes; every page asks anew.
fn loader_of_dev(part: &Part) -> Response {
    const BRINGS: &str = "\nimport(new URL(\"dev.js\",document.currentScript?.src??location.href)).catch(()=>{});\n";
    let mut response = answer::with_type(JAVASCRIPT, [part.plain, BRINGS.as_bytes()].concat());
    response.headers_mut().insert(header::CACHE_CONTROL, answer::NO_STORE);
    response.headers_mut().insert(RESOURCE_POLICY, HeaderValue::from_static("cross-origin"));
    response
}
