//! Files that pages name, inside the binary.
use crate::base::error::{Code, Error};
use crate::doors::kit::{Answer, answer};
use crate::doors::widgets::Name;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use bytes::Bytes;
use std::sync::OnceLock;

struct Asset {
    name: &'static str,
    content_type: HeaderValue,
    body: &'static [u8],
    etag: OnceLock<String>,
}

const fn asset(name: &'static str, content_type: &'static str, body: &'static [u8]) -> Asset {
    Asset { name, content_type: HeaderValue::from_static(content_type), body, etag: OnceLock::new() }
}

const CSS: &str = "text/css; charset=utf-8";
const SVG: &str = "image/svg+xml";
static ICON: Asset = asset("favicon.svg", SVG, include_bytes!("../../../assets/favicon.svg"));
static ASSETS: [Asset; 3] = [
    asset("playground.css", CSS, include_bytes!("../../../assets/playground.css")),
    asset("site.css", CSS, include_bytes!("../../../assets/site.css")),
    asset("widgets.css", CSS, include_bytes!("../../../assets/widgets.css")),
];

/// An hour without asking again; then the tag is compared. The names carry no version, so not for ever.
const KEEP: HeaderValue = HeaderValue::from_static("public, max-age=3600");

/// A strong entity tag of content.
pub(super) fn tag(body: &[u8]) -> String {
    answer::content_tag(body)
}

fn answer(asset: &'static Asset, headers: &HeaderMap) -> Response {
    let etag = asset.etag.get_or_init(|| tag(asset.body));
    answer::tagged(headers, etag, KEEP, asset.content_type.clone(), Bytes::from_static(asset.body))
}

pub(super) async fn show(Name(file): Name, headers: HeaderMap) -> Answer<Response> {
    let asset = ASSETS.iter().chain([&ICON]).find(|asset| asset.name == file);
    let asset = asset.ok_or_else(|| Error::new(Code::NotFound, "There is no such file"))?;
    Ok(answer(asset, &headers))
}

/// Browsers ask for it by this name, whatever a page says; they look at the type, not at the name.
pub(super) async fn favicon(headers: HeaderMap) -> Response {
    answer(&ICON, &headers)
}
