//! The frame around all doors: what every request and every answer goes through, in one layer.
//!
//! In order, from the outside in:
//! 1. the request's id, and the span that carries it into every line of the log;
//! 2. CORS preflights are answered;
//! 3. a deadline for everything that follows, and a net for panics;
//! 4. the doors: routing, extractors, handler (turns are taken there, see `shed`);
//! 5. a refusal becomes a problem (JSON or page) and one line in the log;
//! 6. headers: the id, the visitor's proof, security, caching, CORS;
//! 7. the numbers.
use crate::base::clock::Clock;
use crate::base::error::{Code, Error};
use crate::doors::kit::answer::{self, DATA_POLICY};
use crate::doors::kit::auth::{self, Proof, VISITOR};
use crate::doors::kit::came::{Address, Came, Peer, Proxies};
use crate::doors::kit::denied::Denied;
use crate::doors::kit::limits::{Counting, Limits, Standing};
use crate::doors::kit::origin::{self, Origins};
use crate::doors::kit::problem::{self, Problem, Refusal};
use crate::doors::kit::request_id::{self, RequestId};
use crate::doors::kit::{accept, body};
use crate::doors::openapi::Door;
use crate::doors::rooms::Records;
use crate::doors::{Ground, Options};
use crate::features::audit;
use crate::features::identity::{Proved, Who};
use crate::platform::metrics::Metrics;
use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use futures_util::future::Either;
use std::collections::HashMap;
use std::convert::Infallible;
use std::future::Future;
use std::net::{IpAddr, Ipv4Addr};
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tower::{Layer, Service};
use tracing::Instrument;

const X_CONTENT_TYPE_OPTIONS: HeaderName = HeaderName::from_static("x-content-type-options");
const NOSNIFF: HeaderValue = HeaderValue::from_static("nosniff");
const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const CROSS_ORIGIN: HeaderValue = HeaderValue::from_static("cross-origin");
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
/// None of our pages needs any of it.
const NO_PERMISSIONS: HeaderValue =
    HeaderValue::from_static("camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()");
/// With "no-referrer" browsers would send our own forms with `Origin: null`.
const SAME_ORIGIN: HeaderValue = HeaderValue::from_static("same-origin");
const HSTS: HeaderValue = HeaderValue::from_static("max-age=31536000");
/// A refused request with more body than this is not read to its end; the connection is closed behind the answer.
const SMALL_BODY: u64 = 16 * 1024;

/// One request and its answer, as extractors see it.
#[derive(Clone)]
pub struct Exchange(Arc<Inside>);

struct Inside {
    id: RequestId,
    address: Address,
    counting: Counting,
    proof: OnceLock<Proof>,
    standing: OnceLock<Standing>,
    proved: OnceLock<Proved>,
}

impl Exchange {
    pub fn came(&self) -> Came {
        let address = self.0.address;
        let origin = audit::Origin { address: address.ip.to_string(), request_id: self.0.id.as_str().to_owned() };
        Came { address, origin }
    }

    /// Counts the request, once: by what was proved, else by address. Errors: `rate_limited`.
    pub fn count(&self, limits: &Limits, proved: Option<&Proved>) -> Result<(), Error> {
        let inside = &self.0;
        if let Some(proved) = proved {
            // Of several credentials the first one speaks.
            let _ = inside.proved.set(proved.clone());
        }
        if inside.counting == Counting::Free || inside.standing.get().is_some() {
            return Ok(());
        }
        inside.standing.get_or_init(|| limits.check(proved, inside.address)).allowed()
    }

    /// The answer will carry this visitor's proof.
    pub fn hand_back(&self, proof: Proof) {
        // A second extractor of the same request finds the same visitor.
        let _ = self.0.proof.set(proof);
    }
}

/// What the frame knows; see the module's words.
#[derive(Clone)]
pub struct Frame(Arc<Shared>);

struct Shared {
    clock: Clock,
    origins: Origins,
    proxies: Proxies,
    limits: Limits,
    /// By pattern and method.
    counting: HashMap<(&'static str, &'static str), Counting>,
    denied: Denied,
    metrics: Metrics,
    deadline: Duration,
    /// The host is reached by https.
    secure: bool,
}

/// What a request without a connection, as tests send it, comes from.
const NO_CONNECTION: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

impl Frame {
    pub fn new(
        clock: Clock,
        ground: &Ground,
        records: Arc<dyn Records>,
        metrics: Metrics,
        options: &Options,
        doors: &[Door],
    ) -> Frame {
        let counting = doors.iter().map(|door| ((door.path, door.verb()), door.counting())).collect();
        Frame(Arc::new(Shared {
            clock,
            origins: ground.origins.clone(),
            proxies: options.proxies.clone(),
            limits: ground.limits.clone(),
            counting,
            denied: Denied::new(records),
            metrics,
            deadline: options.deadline,
            secure: options.public_url.as_deref().is_some_and(|url| url.starts_with("https://")),
        }))
    }
}

impl<S> Layer<S> for Frame {
    type Service = Framed<S>;
    fn layer(&self, inner: S) -> Framed<S> {
        Framed { shared: self.0.clone(), inner }
    }
}

#[derive(Clone)]
pub struct Framed<S> {
    shared: Arc<Shared>,
    inner: S,
}

impl<S> Service<Request> for Framed<S>
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let shared = self.shared.clone();
        let seen = Seen::of(&request, &shared.clock);
        let exchange = shared.exchange(&seen, &request);
        let span =
            tracing::info_span!("request", id = seen.id.as_str(), method = %seen.method, path = %request.uri().path());
        let preflight = shared.origins.preflight(request.method(), request.uri().path(), request.headers());
        let refused = || shared.count_early(&exchange, request.headers()).err();
        let early = preflight.or_else(|| refused().map(|error| Problem::from(error).into_response()));
        let answered = match early {
            Some(response) => Either::Left(std::future::ready(response)),
            None => {
                request.extensions_mut().insert(exchange.clone());
                let inner = self.inner.call(request);
                // Rooms that change the host want to know from where; for others it would only cost.
                let inner = match seen.is_closed {
                    true => Either::Left(exchange.came().origin.around(inner)),
                    false => Either::Right(inner),
                };
                let inner = AssertUnwindSafe(inner).catch_unwind();
                Either::Right(guarded(tokio::time::timeout(shared.deadline, inner)))
            }
        };
        let whole = async move {
            let under_way = shared.metrics.in_flight();
            let mut response = answered.await;
            // Whoever was refused before his credential was looked at has sent a request all the same.
            let _ = exchange.count(&shared.limits, None);
            if let Some(refusal) = response.extensions_mut().remove::<Refusal>() {
                problem::log(&refusal.error);
                shared.note(&refusal.error, &seen, &exchange);
                let allow = response.headers_mut().remove(header::ALLOW);
                response = problem::render(&refusal, &seen.id, seen.wants_page);
                if let Some(allow) = allow {
                    response.headers_mut().insert(header::ALLOW, allow);
                }
            }
            shared.dress(&seen, &exchange, &mut response);
            let took = seen.began.elapsed();
            let status = response.status().as_u16();
            shared.metrics.http(seen.route(), seen.method.as_str(), status, took);
            drop(under_way);
            tracing::debug!(status, duration_ms = took.as_secs_f64() * 1000.0, "answered");
            Ok(response)
        };
        Box::pin(whole.instrument(span))
    }
}

type Caught = Result<Result<Result<Response, Infallible>, Box<dyn std::any::Any + Send>>, tokio::time::error::Elapsed>;

async fn guarded(inner: impl Future<Output = Caught>) -> Response {
    match inner.await {
        Ok(Ok(Ok(response))) => response,
        // The panic's text is in the log already, through the process's panic hook.
        Ok(Err(_panic)) => Problem::from(Error::internal("a handler panicked")).into_response(),
        Err(_elapsed) => {
            Problem::from(Error::new(Code::Deadline, "The request took too long and was given up")).into_response()
        }
    }
}

/// What is needed of a request after it has been given away.
struct Seen {
    id: RequestId,
    method: Method,
    path: Option<MatchedPath>,
    origin: Option<HeaderValue>,
    is_closed: bool,
    is_open: bool,
    /// Pages of others name it: a script, a picture of a widget.
    is_shared: bool,
    wants_page: bool,
    /// More body than is read for the sake of a refusal.
    has_large_body: bool,
    began: Instant,
}

impl Seen {
    fn of(request: &Request, clock: &Clock) -> Seen {
        let headers = request.headers();
        let path = request.uri().path();
        Seen {
            id: RequestId::of(headers, clock),
            method: request.method().clone(),
            path: request.extensions().get::<MatchedPath>().cloned(),
            origin: headers.get(header::ORIGIN).cloned(),
            is_closed: origin::is_closed(path),
            is_open: origin::is_open(path),
            is_shared: origin::is_open(path) || path.starts_with("/assets/"),
            wants_page: wants_page(request.method(), path, headers),
            has_large_body: has_large_body(headers),
            began: Instant::now(),
        }
    }

    /// The route's pattern, never the path that was asked for.
    fn route(&self) -> &str {
        self.path.as_ref().map_or("none", MatchedPath::as_str)
    }
}

/// Whether a refusal is read by a person: a form that was posted, or a page that was asked for. The API's own paths answer
/// problems as JSON, whoever asks.
fn wants_page(method: &Method, path: &str, headers: &HeaderMap) -> bool {
    let is_form = || *method == Method::POST && matches!(body::kind(headers), Ok(body::Kind::Form));
    let may_be_page = match path.strip_prefix("/api/") {
        None => true,
        Some("widget-action") => is_form(),
        Some(rest) => rest.starts_with("widget/"),
    };
    may_be_page && accept::wants(headers) == accept::Wants::Html
}

fn has_large_body(headers: &HeaderMap) -> bool {
    match headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()).map(str::parse::<u64>) {
        Some(length) => length.is_ok_and(|length| length > SMALL_BODY),
        None => headers.contains_key(header::TRANSFER_ENCODING),
    }
}

impl Shared {
    fn exchange(&self, seen: &Seen, request: &Request) -> Exchange {
        let peer = request.extensions().get::<Peer>().map_or(NO_CONNECTION, |peer| peer.0.ip());
        let method = if seen.method == Method::HEAD { "GET" } else { seen.method.as_str() };
        // A path without a door costs nothing, and neither does a preflight.
        let counting = self.counting.get(&(seen.route(), method)).copied().unwrap_or(Counting::Free);
        Exchange(Arc::new(Inside {
            id: seen.id.clone(),
            address: self.proxies.sender(peer, request.headers()),
            counting,
            proof: OnceLock::new(),
            standing: OnceLock::new(),
            proved: OnceLock::new(),
        }))
    }

    /// Counts what nobody has to look at first. Errors: `rate_limited`.
    fn count_early(&self, exchange: &Exchange, headers: &HeaderMap) -> Result<(), Error> {
        match exchange.0.counting {
            Counting::ByCaller if auth::brings_credential(headers) => Ok(()),
            _ => exchange.count(&self.limits, None),
        }
    }

    fn note(&self, error: &Error, seen: &Seen, exchange: &Exchange) {
        let door = format!("{} {}", seen.method, seen.route());
        let (came, block) = (|| exchange.came(), exchange.0.address.block());
        self.denied.note(error, came, block, exchange.0.proved.get(), door);
    }

    fn dress(&self, seen: &Seen, exchange: &Exchange, response: &mut Response) {
        if let Some(proof) = exchange.0.proof.get() {
            if let Some(cookie) = proof.cookie(self.secure) {
                response.headers_mut().append(header::SET_COOKIE, cookie);
            }
            response.headers_mut().insert(VISITOR, proof.signed.clone());
        }
        if seen.is_open {
            let anybody = HeaderValue::from_static("*");
            response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, anybody);
        } else if !seen.is_closed {
            // Both were checked against the page when they were proved.
            let vouched = exchange
                .0
                .proved
                .get()
                .is_some_and(|proved| matches!(proved.who, Who::Key { secret: false, .. } | Who::Widget { .. }));
            self.origins.answer(seen.origin.as_ref(), vouched, response);
        }
        if let Some(standing) = exchange.0.standing.get() {
            standing.write(response.headers_mut());
        }
        let refused = response.status().is_client_error() || response.status().is_server_error();
        let headers = response.headers_mut();
        headers.insert(request_id::HEADER, exchange.0.id.header());
        headers.insert(X_CONTENT_TYPE_OPTIONS, NOSNIFF);
        headers.insert(header::REFERRER_POLICY, SAME_ORIGIN);
        if !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
            headers.insert(header::CONTENT_SECURITY_POLICY, DATA_POLICY);
        } else {
            headers.insert(OPENER_POLICY, SAME_ORIGIN);
            headers.insert(PERMISSIONS_POLICY, NO_PERMISSIONS);
        }
        headers.insert(RESOURCE_POLICY, if seen.is_shared { CROSS_ORIGIN } else { SAME_ORIGIN });
        if !headers.contains_key(header::CACHE_CONTROL) {
            headers.insert(header::CACHE_CONTROL, answer::NO_STORE);
        }
        if self.secure {
            headers.insert(header::STRICT_TRANSPORT_SECURITY, HSTS);
        }
        if refused && seen.has_large_body {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
    }
}

/// No door fits the path.
pub async fn nothing_here() -> Problem {
    Error::new(Code::NotFound, "There is nothing at this path; GET / lists the doors").into()
}

/// A door fits the path, but not the method; `Allow` says which do.
pub async fn wrong_method() -> Problem {
    Error::new(Code::MethodNotAllowed, "This method is not allowed here; the header Allow says which are").into()
}
