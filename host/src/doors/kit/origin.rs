//! Which web pages may call: CORS, and forms of other sites.
//!
//! A page of another origin may call the API only if it is listed. The visitor's cookie is answered to listed origins
//! alone, never to "*"; admin doors know no foreign origin at all.
use crate::base::error::{Code, Error, Result};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE");
const HEADERS: HeaderValue = HeaderValue::from_static(
    "authorization, content-type, idempotency-key, if-none-match, last-event-id, x-api-key, x-inlay-visitor, x-request-id",
);
const EXPOSED: HeaderValue = HeaderValue::from_static(
    "etag, idempotency-replayed, ratelimit, ratelimit-policy, retry-after, x-inlay-visitor, x-request-id",
);
/// How long a browser may keep a preflight's answer, in seconds.
const PREFLIGHT_AGE: HeaderValue = HeaderValue::from_static("7200");
/// No page of another origin has business here.
const CLOSED: &str = "/api/admin";

/// The origins of `server.cors_origins` and our own.
#[derive(Clone)]
pub struct Origins(Arc<Inner>);

struct Inner {
    any: bool,
    /// Compared byte by byte: browsers write origins in lower case, without a slash at the end.
    listed: Vec<HeaderValue>,
    /// Of `server.public_url`.
    own: Option<String>,
}

impl Origins {
    /// `listed`: exact origins, or "*". What is not a header value matches nothing.
    pub fn new(listed: &[String], public_url: Option<&str>) -> Origins {
        let plain = |origin: &str| origin.trim().trim_end_matches('/').to_ascii_lowercase();
        Origins(Arc::new(Inner {
            any: listed.iter().any(|origin| origin.trim() == "*"),
            listed: listed.iter().filter_map(|origin| HeaderValue::from_str(&plain(origin)).ok()).collect(),
            own: public_url.and_then(origin_of).map(|origin| plain(&origin)),
        }))
    }

    fn is_listed(&self, origin: &HeaderValue) -> bool {
        self.0.listed.contains(origin)
    }

    /// Whether the page that sent this request is one of ours: its origin is `public_url`'s, or names the host that the
    /// request was sent to.
    fn is_own(&self, origin: &HeaderValue, headers: &HeaderMap) -> bool {
        let Ok(origin) = origin.to_str() else { return false };
        if self.0.own.as_deref() == Some(origin) {
            return true;
        }
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
        match (origin.split_once("://"), host) {
            (Some(("http" | "https", authority)), Some(host)) => authority.eq_ignore_ascii_case(host),
            _ => false,
        }
    }

    /// Refuses what a page of another site made a browser send in the visitor's name.
    ///
    /// A form needs no permission to be posted across sites, so every sign of where it comes from must point here. No sign
    /// at all is fine: each browser of today sends `Origin` with a form, so what sends none is a program, whose cookie is
    /// its own. JSON needs a preflight, so an origin that is not allowed comes here only from outside browsers; with a
    /// cookie it is refused all the same. Errors: `cross_site_request`.
    pub fn check(&self, headers: &HeaderMap, with_cookie: bool, is_form: bool) -> Result<()> {
        let origin = headers.get(header::ORIGIN);
        let trusted = |origin: &HeaderValue| self.is_own(origin, headers) || self.is_listed(origin);
        let site = headers.get(SEC_FETCH_SITE).map(|site| site.as_bytes());
        let fine = match (origin, site, is_form) {
            (Some(origin), _, true) if origin != "null" => trusted(origin),
            (_, Some(site), true) => matches!(site, b"same-origin" | b"none"),
            (Some(_), None, true) => false,
            (None, None, true) => referer(headers).is_none_or(|page| trusted(&page)),
            (Some(origin), _, false) => !with_cookie || trusted(origin),
            (None, _, false) => true,
        };
        match fine {
            true => Ok(()),
            false => {
                Err(Error::new(Code::CrossSite, "This request comes from a page that may not act for its visitors"))
            }
        }
    }

    /// Admin doors: a page of another origin is refused, whatever it holds. Errors: `cross_site_request`.
    pub fn check_admin(&self, headers: &HeaderMap) -> Result<()> {
        match headers.get(header::ORIGIN) {
            Some(origin) if !self.is_own(origin, headers) => {
                Err(Error::new(Code::CrossSite, "Pages of other origins may not administer this host"))
            }
            _ => Ok(()),
        }
    }

    /// The answer to a preflight; `None` when the request is not one. An origin that is not allowed gets an answer
    /// without permissions.
    pub fn preflight(&self, method: &Method, path: &str, headers: &HeaderMap) -> Option<Response> {
        let asks = headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD) && headers.contains_key(header::ORIGIN);
        if method != Method::OPTIONS || !asks {
            return None;
        }
        let mut response = StatusCode::NO_CONTENT.into_response();
        let origin = headers.get(header::ORIGIN).filter(|_| !is_closed(path));
        let allowed = origin.is_some_and(|origin| self.allow(origin, &mut response));
        if allowed {
            let sent = response.headers_mut();
            sent.insert(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
            sent.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HEADERS);
            sent.insert(header::ACCESS_CONTROL_MAX_AGE, PREFLIGHT_AGE);
        } else if let Some(origin) = origin.filter(|_| brings_credential(headers)).filter(|origin| *origin != "null") {
            // Which key comes is not known yet. It is no cookie, so nothing is lost by letting it be sent; whether the page
            // may read the answer is decided by the key's domains.
            let sent = response.headers_mut();
            sent.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            sent.insert(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
            sent.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HEADERS);
            sent.insert(header::ACCESS_CONTROL_MAX_AGE, PREFLIGHT_AGE);
            super::answer::vary(&mut response, header::ORIGIN);
        }
        Some(response)
    }

    /// Adds what the page at `origin` needs to read this answer of a door that is not closed. `vouched`: the page brought
    /// a key or token that may be used on it.
    pub fn answer(&self, origin: Option<&HeaderValue>, vouched: bool, response: &mut Response) {
        let allowed = origin.is_some_and(|origin| self.allow(origin, response));
        if let Some(origin) = origin.filter(|origin| vouched && !allowed && *origin != "null") {
            response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        }
        if allowed || (vouched && origin.is_some()) {
            response.headers_mut().insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
        }
        if !self.0.any && (origin.is_some() || !self.0.listed.is_empty()) {
            super::answer::vary(response, header::ORIGIN);
        }
    }

    fn allow(&self, origin: &HeaderValue, response: &mut Response) -> bool {
        let headers = response.headers_mut();
        if self.is_listed(origin) && !self.0.any {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
            true
        } else if self.0.any {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
            true
        } else {
            false
        }
    }
}

/// Whether a preflight asks for leave to send a key or a token.
fn brings_credential(headers: &HeaderMap) -> bool {
    let asked = headers.get(header::ACCESS_CONTROL_REQUEST_HEADERS).and_then(|names| names.to_str().ok());
    let names = asked.unwrap_or_default().split(',').map(str::trim);
    names.into_iter().any(|name| name.eq_ignore_ascii_case("x-api-key") || name.eq_ignore_ascii_case("authorization"))
}

/// Whether what is at this path is the same for everybody: pages of every origin may read it, listed or not.
pub fn is_open(path: &str) -> bool {
    path.starts_with("/static/")
}

/// The origin of the page that sent this, by `Origin`, else by `Referer`.
pub fn page(headers: &HeaderMap) -> Option<HeaderValue> {
    headers.get(header::ORIGIN).cloned().or_else(|| referer(headers))
}

/// The origin of the page that `Referer` names; one that cannot be read is nobody's.
fn referer(headers: &HeaderMap) -> Option<HeaderValue> {
    let page = headers.get(header::REFERER)?;
    let origin = page.to_str().ok().and_then(origin_of).and_then(|origin| HeaderValue::try_from(origin).ok());
    Some(origin.unwrap_or(HeaderValue::from_static("null")))
}

/// Whether the doors at this path are closed to pages of other origins.
pub fn is_closed(path: &str) -> bool {
    path.starts_with(CLOSED)
}

/// "https://example.com" of "https://example.com/inlay".
fn origin_of(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next().filter(|authority| !authority.is_empty())?;
    Some(format!("{scheme}://{authority}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(sent: &[(&'static str, &'static str)]) -> HeaderMap {
        sent.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn forms_must_come_from_here() {
        let origins = Origins::new(&["https://shop.example".into()], Some("https://inlay.example/x"));
        let host = ("host", "inlay.local:3000");
        for (sent, cookie, expected) in [
            (&[host][..], false, true),
            (&[host], true, true),
            (&[host, ("referer", "http://inlay.local:3000/demo")], true, true),
            (&[host, ("referer", "https://evil.example/http://inlay.local:3000")], true, false),
            (&[host, ("referer", "about:blank")], true, false),
            (&[host, ("origin", "http://inlay.local:3000")], true, true),
            (&[host, ("origin", "https://inlay.example")], true, true),
            (&[host, ("origin", "https://shop.example")], true, true),
            (&[host, ("origin", "https://evil.example")], true, false),
            (&[host, ("origin", "https://evil.example")], false, false),
            (&[host, ("origin", "https://evil.example"), ("sec-fetch-site", "same-origin")], true, false),
            (&[host, ("origin", "http://inlay.local:3000.evil.example")], true, false),
            (&[host, ("origin", "null")], true, false),
            (&[host, ("origin", "null"), ("sec-fetch-site", "cross-site")], false, false),
            (&[host, ("sec-fetch-site", "same-origin")], true, true),
            (&[host, ("sec-fetch-site", "none")], true, true),
            (&[host, ("sec-fetch-site", "same-site")], true, false),
            (&[host, ("sec-fetch-site", "cross-site")], true, false),
            (&[("origin", "http://inlay.local:3000")], true, false),
        ] {
            assert_eq!(origins.check(&headers(sent), cookie, true).is_ok(), expected, "{sent:?}, cookie: {cookie}");
        }
    }

    #[test]
    fn json_with_the_cookie_must_come_from_an_allowed_page() {
        let origins = Origins::new(&["*".into()], None);
        let host = ("host", "inlay.local");
        for (sent, cookie, expected) in [
            (&[host][..], true, true),
            (&[host, ("origin", "https://inlay.local")], true, true),
            (&[host, ("origin", "https://evil.example")], true, false),
            (&[host, ("origin", "https://evil.example")], false, true),
            (&[host, ("origin", "null")], true, false),
        ] {
            assert_eq!(origins.check(&headers(sent), cookie, false).is_ok(), expected, "{sent:?}, cookie: {cookie}");
        }
    }

    #[test]
    fn credentials_go_to_listed_origins_alone() {
        let ask = |origins: &Origins, path: &str, origin: &'static str| {
            let sent = headers(&[("origin", origin), ("access-control-request-method", "POST")]);
            let response = origins.preflight(&Method::OPTIONS, path, &sent).unwrap();
            assert_eq!(response.status(), StatusCode::NO_CONTENT);
            let get = |name| response.headers().get(name).map(|v: &HeaderValue| v.to_str().unwrap().to_owned());
            (get(header::ACCESS_CONTROL_ALLOW_ORIGIN), get(header::ACCESS_CONTROL_ALLOW_CREDENTIALS).is_some())
        };
        let any = Origins::new(&["*".into(), "https://shop.example".into()], None);
        assert_eq!(ask(&any, "/api/products", "https://evil.example"), (Some("*".into()), false));
        assert_eq!(ask(&any, "/api/products", "https://shop.example"), (Some("*".into()), false));
        assert_eq!(ask(&any, "/api/admin/plugins", "https://shop.example"), (None, false));
        let exact = Origins::new(&["https://Shop.example/".into()], None);
        assert_eq!(ask(&exact, "/api/products", "https://shop.example"), (Some("https://shop.example".into()), true));
        assert_eq!(ask(&exact, "/api/products", "https://evil.example"), (None, false));
        assert_eq!(ask(&exact, "/api/products", "null"), (None, false));
        assert!(exact.preflight(&Method::OPTIONS, "/", &headers(&[])).is_none());
        let mut response = StatusCode::OK.into_response();
        exact.answer(None, false, &mut response);
        assert_eq!(response.headers()[header::VARY], "origin");
    }
}
