//! Extractors that carry the proof of who is calling. A handler that takes one cannot forget the check.
//!
//! Every caller is a visitor, proved by a signed id in the header `X-Inlay-Visitor` or the cookie `inlay_visitor`; who
//! brings neither becomes a new one. A bearer token or an API key raises what the visitor may do. One that is brought
//! and is not right is refused, never ignored: silently acting with less would hide the mistake.
use crate::base::error::{Code, Error, Result};
use crate::base::ids::{VisitorId, WorkspaceId};
use crate::doors::Ground;
use crate::doors::kit::frame::Exchange;
use crate::doors::kit::{Problem, accept, body};
use crate::features::identity::{Caller, Identity, Role};
use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};

pub const VISITOR: HeaderName = HeaderName::from_static("x-inlay-visitor");
const API_KEY: HeaderName = HeaderName::from_static("x-api-key");
const COOKIE: &str = "inlay_visitor";
/// A visitor stays the same person to us for a year after the last new cookie.
const COOKIE_AGE_S: u32 = 31_536_000;
/// Cookies of our name that are looked at in one request.
const MOST_COOKIES: usize = 4;

/// The proof of a visitor, to be handed back to the caller.
#[derive(Clone, Debug)]
pub struct Proof {
    pub signed: HeaderValue,
    /// Minted by this request: the cookie is set.
    pub minted: bool,
}

impl Proof {
    /// `HttpOnly`: scripts use the header; `Lax`: other sites' forms come without it.
    pub fn cookie(&self, secure: bool) -> Option<HeaderValue> {
        let signed = self.signed.to_str().ok().filter(|_| self.minted)?;
        let secure = if secure { "; Secure" } else { "" };
        let cookie = format!("{COOKIE}={signed}; Path=/; Max-Age={COOKIE_AGE_S}; HttpOnly; SameSite=Lax{secure}");
        HeaderValue::try_from(cookie).ok()
    }
}

/// A visitor, known or new; the answer hands the proof back.
pub struct Visitor(pub Caller);

/// As `Visitor`, for answers that may turn out to be the same for everybody: the proof is handed back only on demand,
/// so that no shared cache ever keeps one.
pub struct Anyone {
    pub caller: Caller,
    proof: Proof,
    exchange: Option<Exchange>,
}

/// Somebody with the role admin.
pub struct Admin {
    pub caller: Caller,
    /// For histories and the log: which token. Not a secret.
    pub who: String,
}

impl Anyone {
    /// Whether the caller had said who it is.
    pub fn is_known(&self) -> bool {
        !self.proof.minted || self.caller.role > Role::Visitor
    }

    /// The answer is this caller's own.
    pub fn hand_back(&self) {
        if let Some(exchange) = &self.exchange {
            exchange.hand_back(self.proof.clone());
        }
    }
}

impl<S> FromRequestParts<S> for Anyone
where
    S: Send + Sync,
    Ground: FromRef<S>,
{
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Anyone, Problem> {
        Ok(find(parts, &Ground::from_ref(state))?.anyone)
    }
}

impl<S> FromRequestParts<S> for Visitor
where
    S: Send + Sync,
    Ground: FromRef<S>,
{
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Visitor, Problem> {
        let anyone = find(parts, &Ground::from_ref(state))?.anyone;
        anyone.hand_back();
        Ok(Visitor(anyone.caller))
    }
}

impl<S> FromRequestParts<S> for Admin
where
    S: Send + Sync,
    Ground: FromRef<S>,
{
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Admin, Problem> {
        let ground = Ground::from_ref(state);
        ground.origins.check_admin(&parts.headers)?;
        let found = find(parts, &ground)?;
        match (found.anyone.caller.role, found.credential) {
            (Role::Admin, who) => Ok(Admin { caller: found.anyone.caller, who: who.unwrap_or_default() }),
            (_, None) => Err(Error::new(Code::MissingToken, "Send an admin's token as Authorization: Bearer").into()),
            (_, Some(_)) => Err(Error::new(Code::Forbidden, "This needs the role admin").into()),
        }
    }
}

struct Found {
    anyone: Anyone,
    /// Which token or key was brought, if any.
    credential: Option<String>,
}

fn find(parts: &Parts, ground: &Ground) -> Result<Found> {
    let headers = &parts.headers;
    let (role, credential) = credential(headers, &ground.identity)?.unzip();
    let (visitor, proof, by_cookie) = visitor(headers, &ground.identity);
    if !matches!(parts.method, Method::GET | Method::HEAD) {
        let is_form = matches!(body::kind(headers), Ok(body::Kind::Form | body::Kind::Multipart));
        ground.origins.check(headers, by_cookie, is_form && role.is_none())?;
    }
    let (workspace, locale) = (WorkspaceId::first(), accept::locale(headers));
    let caller = Caller { workspace, visitor, role: role.unwrap_or(Role::Visitor), locale };
    let exchange = parts.extensions.get::<Exchange>().cloned();
    Ok(Found { anyone: Anyone { caller, proof, exchange }, credential })
}

/// The role that a token or key proves, and which one it was. Errors: `invalid_token`.
fn credential(headers: &HeaderMap, identity: &Identity) -> Result<Option<(Role, String)>> {
    let refused = || Error::new(Code::InvalidToken, "The token is unknown, damaged or expired");
    let mut proved: Option<(Role, String)> = None;
    for value in headers.get_all(header::AUTHORIZATION) {
        // Other schemes are a proxy's business.
        if let Some(bearer) = strip_bearer(value.as_bytes()) {
            let bearer = std::str::from_utf8(bearer).map_err(|_| refused())?;
            if proved.is_some() {
                return Err(Error::new(Code::InvalidToken, "Send one token"));
            }
            let bearer = identity.bearer(bearer.trim())?;
            proved = Some((bearer.role, bearer.id));
        }
    }
    for value in headers.get_all(API_KEY) {
        let known = value.to_str().ok().and_then(|key| identity.api_key(key.trim()));
        let key = known.ok_or_else(|| Error::new(Code::InvalidToken, "The API key is not known"))?;
        if proved.as_ref().is_none_or(|(role, _)| *role < Role::Operator) {
            proved = Some((Role::Operator, key));
        }
    }
    Ok(proved)
}

fn strip_bearer(value: &[u8]) -> Option<&[u8]> {
    match value.split_at_checked(7) {
        Some((scheme, rest)) => scheme.eq_ignore_ascii_case(b"bearer ").then_some(rest),
        None => value.eq_ignore_ascii_case(b"bearer").then_some(b""),
    }
}

/// The visitor, the proof, and whether the cookie was what proved it.
fn visitor(headers: &HeaderMap, identity: &Identity) -> (VisitorId, Proof, bool) {
    let by_header = headers.get(VISITOR).and_then(|value| value.to_str().ok()).map(str::trim);
    if let Some((visitor, signed)) = by_header.and_then(|signed| proved(signed, identity)) {
        return (visitor, Proof { signed, minted: false }, false);
    }
    if let Some((visitor, signed)) = cookies(headers).take(MOST_COOKIES).find_map(|signed| proved(signed, identity)) {
        return (visitor, Proof { signed, minted: false }, true);
    }
    let (visitor, signed) = identity.mint_visitor();
    let signed = HeaderValue::try_from(signed).unwrap_or(HeaderValue::from_static(""));
    (visitor, Proof { signed, minted: true }, false)
}

fn proved(signed: &str, identity: &Identity) -> Option<(VisitorId, HeaderValue)> {
    Some((identity.visitor(signed)?, HeaderValue::from_str(signed).ok()?))
}

/// Ours among the cookies. Others beside it may hold any bytes: they belong to somebody else.
fn cookies(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let all = headers.get_all(header::COOKIE).iter().flat_map(|value| value.as_bytes().split(|b| *b == b';'));
    let pairs = all.filter_map(|pair| std::str::from_utf8(pair).ok());
    pairs.filter_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('=')).map(|value| value.trim_matches('"'))
}
