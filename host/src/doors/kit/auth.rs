//! Extractors that carry the proof of who is calling. A handler that takes one cannot forget the check.
//!
//! Every caller is a visitor, proved by a signed id in the header `X-Inlay-Visitor` or the cookie `inlay_visitor`; who
//! brings neither becomes a new one. A bearer token or an API key raises what the visitor may do. One that is brought
//! and is not right is refused, never ignored: silently acting with less would hide the mistake.
use crate::base::error::{Code, Error, Result};
use crate::base::ids::{BotId, OperatorId, OrganizationId, SessionId, UserId, VisitorId, WorkspaceId};
use crate::doors::Ground;
use crate::doors::kit::frame::Exchange;
use crate::doors::kit::{Problem, accept, body, origin};
use crate::features::access::GENERAL;
use crate::features::identity::{Caller, Kind, MemberRole, Proved, Role, Tenant, VisitorProof, Who};
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
    /// A site has vouched for the visitor, in whichever workspace.
    pub vouched: bool,
    proof: Proof,
    exchange: Option<Exchange>,
}

/// Somebody who may administer the whole host: an admin of its first workspace, or the command line's token.
pub struct Admin {
    pub caller: Caller,
    /// For histories and the log: which token or whose. Not a secret.
    pub who: String,
}

/// An admin of the workspace that he acts in, which need not be the host's own.
pub struct WorkspaceAdmin {
    pub caller: Caller,
}

/// Somebody who has signed in, wherever he is a member.
pub struct Account {
    pub user: UserId,
    pub session: SessionId,
    pub proved: Proved,
}

/// Somebody who acts in a workspace as its member.
pub struct Member {
    pub tenant: Tenant,
    pub proved: Proved,
}

/// The bearer of a company token, who acts for the workspace.
pub struct Company {
    pub tenant: Tenant,
    pub proved: Proved,
}

/// The bearer of an operator token.
pub struct Operator {
    pub operator: OperatorId,
    pub organization: OrganizationId,
    pub proved: Proved,
}

/// A page that shows a bot, and the visitor who looks at it.
pub struct Widget {
    pub bot: BotId,
    pub caller: Caller,
}

/// Somebody who brings a token or key of any kind; a visitor's own proof is none.
pub struct Known {
    pub caller: Caller,
}

/// The bearer of an API key, which may also come as `key` in the query if it is a publishable one: a secret does not
/// belong in an address.
pub struct KeyText(pub Proved);

/// The bearer of an API key.
pub struct KeyHolder {
    pub proved: Proved,
}

impl Anyone {
    /// Whether the caller had said who it is.
    pub fn is_known(&self) -> bool {
        !self.proof.minted || self.caller.role > Role::Visitor || self.caller.who != Who::Nobody
    }

    /// The answer carries another visitor's proof: the caller is him from now on.
    pub fn become_visitor(&self, signed: &str) {
        let signed = HeaderValue::try_from(signed).unwrap_or(HeaderValue::from_static(""));
        if let Some(exchange) = &self.exchange {
            exchange.hand_back(Proof { signed, minted: true });
        }
    }

    /// The answer is this caller's own.
    pub fn hand_back(&self) {
        if let Some(exchange) = &self.exchange {
            exchange.hand_back(self.proof.clone());
        }
    }
}

impl Member {
    /// Errors: `forbidden` for a member whose role is lower.
    pub fn needs(&self, role: MemberRole) -> Result<&Tenant> {
        needs(&self.tenant, role)
    }
}

/// Errors: `forbidden` for a member whose role is lower.
pub fn needs(tenant: &Tenant, role: MemberRole) -> Result<&Tenant> {
    if tenant.role() >= role {
        return Ok(tenant);
    }
    Err(Error::new(Code::Forbidden, format!("This needs the role {}", role.word())))
}

macro_rules! extracts {
    ($($name:ty: $parts:ident, $ground:ident => $found:block)*) => {$(
        impl<S> FromRequestParts<S> for $name
        where
            S: Send + Sync,
            Ground: FromRef<S>,
        {
            type Rejection = Problem;
            async fn from_request_parts($parts: &mut Parts, state: &S) -> Result<$name, Problem> {
                let $ground = Ground::from_ref(state);
                Ok($found)
            }
        }
    )*};
}

extracts! {
    Anyone: parts, ground => { find(parts, &ground).await?.anyone }

    Visitor: parts, ground => {
        let anyone = find(parts, &ground).await?.anyone;
        anyone.hand_back();
        Visitor(anyone.caller)
    }

    Admin: parts, ground => {
        ground.origins.check_admin(&parts.headers)?;
        let found = find(parts, &ground).await?;
        let caller = found.anyone.caller;
        match found.proved {
            None => Err(missing("an admin's token"))?,
            Some(proved) if proved.role == Role::Admin && proved.workspace == WorkspaceId::first() => {
                Admin { caller, who: proved.who.name() }
            }
            Some(_) => Err(Error::new(Code::Forbidden, "This needs the role admin on this host"))?,
        }
    }

    WorkspaceAdmin: parts, ground => {
        ground.origins.check_admin(&parts.headers)?;
        let found = find(parts, &ground).await?;
        match found.proved {
            None => Err(missing("an admin's token"))?,
            Some(proved) if proved.role == Role::Admin => WorkspaceAdmin { caller: found.anyone.caller },
            Some(_) => Err(Error::new(Code::Forbidden, "This needs the role admin"))?,
        }
    }

    Account: parts, ground => {
        let proved = bearer(parts, &ground, &[Kind::Access], "an account's access token").await?;
        match &proved.who {
            Who::Account { user, session } => Account { user: user.clone(), session: session.clone(), proved },
            _ => Err(invalid())?,
        }
    }

    Member: parts, ground => {
        let proved = bearer(parts, &ground, &[Kind::Access, Kind::Admin], "an account's access token").await?;
        let gone = || Error::new(Code::Forbidden, "You are no member of this workspace any more");
        Member { tenant: proved.tenant.clone().ok_or_else(gone)?, proved }
    }

    Company: parts, ground => {
        let proved = bearer(parts, &ground, &[Kind::Company], "a company token").await?;
        Company { tenant: proved.tenant.clone().ok_or_else(invalid)?, proved }
    }

    Operator: parts, ground => {
        let proved = bearer(parts, &ground, &[Kind::Operator], "an operator's token").await?;
        match &proved.who {
            Who::Operator { operator, organization, .. } => {
                Operator { operator: operator.clone(), organization: organization.clone(), proved }
            }
            _ => Err(invalid())?,
        }
    }

    Widget: parts, ground => {
        let proved = bearer(parts, &ground, &[Kind::Widget], "a widget token").await?;
        match &proved.who {
            Who::Widget { bot, .. } => {
                let seen = visitor(&parts.headers, &ground).await?;
                let anyone = anyone(parts, seen, Some(&proved));
                anyone.hand_back();
                Widget { bot: bot.clone(), caller: anyone.caller }
            }
            _ => Err(invalid())?,
        }
    }

    Known: parts, ground => {
        let found = find(parts, &ground).await?;
        found.proved.ok_or_else(|| missing("any token or key"))?;
        Known { caller: found.anyone.caller }
    }

    KeyHolder: parts, ground => { KeyHolder { proved: key_in_header(parts, &ground).await? } }

    KeyText: parts, ground => {
        match body::query(&parts.uri)?.remove("key") {
            Some(serde_json::Value::String(key)) if !parts.headers.contains_key(API_KEY) => {
                let proof = match key.starts_with("pk_") {
                    true => ground.access.api_key(key.trim(), page(&parts.headers).as_deref()).await.map(Some),
                    false => Err(Error::new(Code::InvalidToken, "The API key is not known")),
                };
                KeyText(counted(parts, &ground, proof)?.ok_or_else(invalid)?)
            }
            _ => KeyText(key_in_header(parts, &ground).await?),
        }
    }
}

/// The key of a door that takes nothing else. Errors: `missing_token`, `invalid_token`, `origin_not_allowed`.
async fn key_in_header(parts: &Parts, ground: &Ground) -> Result<Proved> {
    let mut keys = parts.headers.get_all(API_KEY).iter();
    let key = keys.next().ok_or_else(|| Error::new(Code::MissingToken, "Send a key as X-API-Key"))?;
    if keys.next().is_some() {
        return Err(Error::new(Code::InvalidToken, "Send one key"));
    }
    let proof = api_key(key, &parts.headers, ground).await.map(Some);
    counted(parts, ground, proof)?.ok_or_else(invalid)
}

struct Found {
    anyone: Anyone,
    /// What the token or key that was brought proves, if any was.
    proved: Option<Proved>,
}

async fn find(parts: &Parts, ground: &Ground) -> Result<Found> {
    let headers = &parts.headers;
    let proved = counted(parts, ground, credential(headers, ground).await)?;
    let mut seen = visitor(headers, ground).await?;
    // A person with an account is the same visitor everywhere, unless he says whose place he takes.
    if let Some(Who::Account { user, .. }) = proved.as_ref().map(|proved| &proved.who)
        && (seen.by_cookie || seen.proof.minted)
    {
        seen.visitor = ground.identity.visitor_of(user);
        let signed = HeaderValue::try_from(ground.identity.visitor_token(&seen.visitor));
        seen.proof = Proof { signed: signed.unwrap_or(HeaderValue::from_static("")), minted: false };
        seen.vouched = None;
    }
    if !matches!(parts.method, Method::GET | Method::HEAD) {
        let is_form = matches!(body::kind(headers), Ok(body::Kind::Form | body::Kind::Multipart));
        ground.origins.check(headers, seen.by_cookie, is_form && proved.is_none())?;
    }
    Ok(Found { anyone: anyone(parts, seen, proved.as_ref()), proved })
}

fn anyone(parts: &Parts, seen: Seen, proved: Option<&Proved>) -> Anyone {
    let workspace = proved.map_or_else(WorkspaceId::first, |proved| proved.workspace.clone());
    let mut role = proved.map_or(Role::Visitor, |proved| proved.role);
    // Another workspace's site has no say here.
    if seen.vouched.as_ref() == Some(&workspace) {
        role = role.max(Role::User);
    }
    let caller = Caller {
        workspace,
        visitor: seen.visitor,
        role,
        locale: accept::locale(&parts.headers),
        who: proved.map_or(Who::Nobody, |proved| proved.who.clone()),
    };
    let exchange = parts.extensions.get::<Exchange>().cloned();
    Anyone { caller, vouched: seen.vouched.is_some(), proof: seen.proof, exchange }
}

/// What a token or key proves that may be brought to any door; of both, the one that allows more. Errors: `invalid_token`.
async fn credential(headers: &HeaderMap, ground: &Ground) -> Result<Option<Proved>> {
    let mut proved = match bearer_text(headers)? {
        Some(token) => Some(ground.access.bearer(token, &GENERAL, page(headers).as_deref()).await?),
        None => None,
    };
    for key in headers.get_all(API_KEY) {
        let by_key = api_key(key, headers, ground).await?;
        if proved.as_ref().is_none_or(|proved| proved.role < by_key.role) {
            proved = Some(by_key);
        }
    }
    Ok(proved)
}

/// The bearer token of a door that takes these kinds alone. Errors: `missing_token`, `invalid_token`.
pub(in crate::doors) async fn bearer(parts: &Parts, ground: &Ground, kinds: &[Kind], what: &str) -> Result<Proved> {
    let token = bearer_text(&parts.headers)?.ok_or_else(|| missing(what))?;
    let proof = ground.access.bearer(token, kinds, page(&parts.headers).as_deref()).await.map(Some);
    counted(parts, ground, proof)?.ok_or_else(invalid)
}

/// Whether a request brings anything by which it could be counted instead of by its address.
pub fn brings_credential(headers: &HeaderMap) -> bool {
    headers.contains_key(API_KEY) || !matches!(bearer_text(headers), Ok(None))
}

/// Counts the request by what was proved; what proves nothing counts by its address. Errors: `rate_limited`, else the
/// refusal itself.
fn counted(parts: &Parts, ground: &Ground, proof: Result<Option<Proved>>) -> Result<Option<Proved>> {
    if let Some(exchange) = parts.extensions.get::<Exchange>() {
        exchange.count(&ground.limits, proof.as_ref().ok().and_then(Option::as_ref))?;
    }
    proof
}

async fn api_key(key: &HeaderValue, headers: &HeaderMap, ground: &Ground) -> Result<Proved> {
    let key = key.to_str().map_err(|_| Error::new(Code::InvalidToken, "The API key is not known"))?;
    ground.access.api_key(key.trim(), page(headers).as_deref()).await
}

/// The origin of the page that sent the request, where its browser says so.
fn page(headers: &HeaderMap) -> Option<String> {
    origin::page(headers).and_then(|page| page.to_str().map(str::to_owned).ok())
}

#[track_caller]
fn missing(what: &str) -> Error {
    Error::new(Code::MissingToken, format!("Send {what} as Authorization: Bearer"))
}

#[track_caller]
fn invalid() -> Error {
    Error::new(Code::InvalidToken, "The token is unknown, damaged or expired")
}

/// The one bearer token of a request. Other schemes are a proxy's business. Errors: `invalid_token` for several, or for one
/// that is no text.
pub fn bearer_text(headers: &HeaderMap) -> Result<Option<&str>> {
    let mut all = headers.get_all(header::AUTHORIZATION).iter().filter_map(|value| strip_bearer(value.as_bytes()));
    let (first, second) = (all.next(), all.next());
    if second.is_some() {
        return Err(Error::new(Code::InvalidToken, "Send one token"));
    }
    first.map(|bearer| std::str::from_utf8(bearer).map(str::trim).map_err(|_| invalid())).transpose()
}

fn strip_bearer(value: &[u8]) -> Option<&[u8]> {
    match value.split_at_checked(7) {
        Some((scheme, rest)) => scheme.eq_ignore_ascii_case(b"bearer ").then_some(rest),
        None => value.eq_ignore_ascii_case(b"bearer").then_some(b""),
    }
}

/// A visitor as the request shows him.
struct Seen {
    visitor: VisitorId,
    proof: Proof,
    /// The cookie was what proved him.
    by_cookie: bool,
    /// Where a site has vouched for him.
    vouched: Option<WorkspaceId>,
}

/// Who the visitor is; somebody new where no proof is there that counts.
async fn visitor(headers: &HeaderMap, ground: &Ground) -> Result<Seen> {
    let by_header = headers.get(VISITOR).and_then(|value| value.to_str().ok()).map(str::trim);
    let by_header = by_header.and_then(|signed| Some((signed, ground.identity.proof(signed)?, false)));
    let by_cookie = || cookies(headers).take(MOST_COOKIES).find_map(|s| Some((s, ground.identity.proof(s)?, true)));
    if let Some((signed, proved, by_cookie)) = by_header.or_else(by_cookie)
        && let Ok(value) = HeaderValue::from_str(signed)
    {
        let proof = Proof { signed: value, minted: false };
        match proved {
            VisitorProof::Anonymous(visitor) => return Ok(Seen { visitor, proof, by_cookie, vouched: None }),
            VisitorProof::Vouched(vouched) if ground.access.stands(&vouched).await? => {
                let (visitor, workspace) = (vouched.visitor, vouched.workspace);
                return Ok(Seen { visitor, proof, by_cookie, vouched: Some(workspace) });
            }
            VisitorProof::Vouched(_) => {}
        }
    }
    let (visitor, signed) = ground.identity.mint_visitor();
    let signed = HeaderValue::try_from(signed).unwrap_or(HeaderValue::from_static(""));
    Ok(Seen { visitor, proof: Proof { signed, minted: true }, by_cookie: false, vouched: None })
}

/// Ours among the cookies. Others beside it may hold any bytes: they belong to somebody else.
fn cookies(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let all = headers.get_all(header::COOKIE).iter().flat_map(|value| value.as_bytes().split(|b| *b == b';'));
    let pairs = all.filter_map(|pair| std::str::from_utf8(pair).ok());
    pairs.filter_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('=')).map(|value| value.trim_matches('"'))
}
