//! Tokens: JWTs that this host alone mints and reads. The verifier decides everything: one algorithm, one type, one
//! issuer, one audience. Nothing in a token's header is followed; a header with anything but `alg` and `typ` is refused.
use crate::base::clock::Clock;
use crate::base::error::{Code, Error, Result};
use crate::base::ids::{TokenId, WorkspaceId};
use crate::base::secret::Secret;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Lives that a token may have. There is no list of revoked admin tokens, so none lives longer than a month.
pub const SHORTEST: Duration = Duration::from_secs(1);
pub const LONGEST: Duration = Duration::from_secs(30 * 24 * 3600);

const ISSUER: &str = "inlay";
/// Clocks of two nodes may differ by this much: a token may seem to come from the future. It never lives longer.
const LEEWAY_S: u64 = 60;
/// Ours have about 300 bytes.
const LONGEST_TEXT: usize = 2048;

/// What a token is for. Each kind has a type and an audience of its own, so that none passes as another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// An account's, 60 minutes by default.
    Access,
    /// A page's, for one bot.
    Widget,
    /// An operator's, in one organization.
    Operator,
    /// A member's who acts for the workspace.
    Company,
    /// The command line's.
    Admin,
    /// A browser's, in a cookie, for our own pages.
    Browser,
}

impl Kind {
    pub const ALL: [Kind; 6] = [Kind::Access, Kind::Widget, Kind::Operator, Kind::Company, Kind::Admin, Kind::Browser];

    /// `typ` of the header, `aud` of the claims.
    fn marks(self) -> (&'static str, &'static str) {
        match self {
            Kind::Access => ("inlay-access+jwt", "inlay"),
            Kind::Widget => ("inlay-widget+jwt", "inlay-widget"),
            Kind::Operator => ("inlay-operator+jwt", "inlay-operator"),
            Kind::Company => ("inlay-company+jwt", "inlay-company"),
            Kind::Admin => ("inlay-admin+jwt", "inlay-admin"),
            Kind::Browser => ("inlay-browser+jwt", "inlay-browser"),
        }
    }

    /// The longest life that a token of this kind may have.
    pub fn longest(self) -> Duration {
        const DAY: u64 = 24 * 3600;
        match self {
            Kind::Access => Duration::from_secs(DAY),
            Kind::Widget | Kind::Company | Kind::Admin | Kind::Browser => LONGEST,
            Kind::Operator => Duration::from_secs(366 * DAY),
        }
    }
}

/// Whom a token is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// A user's id, a bot's, an operator's; "host" for the command line's admin.
    pub sub: String,
    /// The workspace that it acts in.
    pub ws: String,
    /// The sign-in that it comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
}

impl Subject {
    /// The command line's admin.
    pub fn host() -> Subject {
        Subject { sub: "host".to_owned(), ws: WorkspaceId::first().to_string(), sid: None }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    pub iss: String,
    pub aud: String,
    #[serde(flatten)]
    pub subject: Subject,
    /// Seconds since the epoch.
    pub iat: u64,
    pub exp: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nbf: Option<u64>,
    pub jti: String,
    /// Which kind it was: from the header.
    #[serde(skip)]
    pub kind: Option<Kind>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    alg: String,
    typ: String,
}

pub(super) struct Tokens {
    signing: EncodingKey,
    checking: DecodingKey,
    validation: Validation,
}

impl Tokens {
    pub(super) fn new(key: &[u8]) -> Tokens {
        let mut validation = Validation::new(Algorithm::HS256);
        // The library checks the signature; claims are checked below, against our clock and without its leniency
        // (a list of audiences, times as fractions).
        validation.validate_exp = false;
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        Tokens { signing: EncodingKey::from_secret(key), checking: DecodingKey::from_secret(key), validation }
    }

    pub(super) fn mint(
        &self,
        kind: Kind,
        subject: Subject,
        life: Duration,
        clock: &Clock,
    ) -> Result<(Secret<String>, Claims)> {
        if !(SHORTEST..=kind.longest()).contains(&life) {
            let longest = humantime::format_duration(kind.longest());
            return Err(Error::new(Code::InvalidSetting, format!("Such a token lives from 1 second to {longest}")));
        }
        let iat = clock.now_s();
        let (typ, aud) = kind.marks();
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: aud.to_owned(),
            subject,
            iat,
            exp: iat + life.as_secs(),
            nbf: None,
            jti: TokenId::new(clock).to_string(),
            kind: Some(kind),
        };
        let header = Header { typ: Some(typ.to_owned()), ..Header::new(Algorithm::HS256) };
        let token = jsonwebtoken::encode(&header, &claims, &self.signing).map_err(Error::internal)?;
        Ok((Secret::new(token), claims))
    }

    /// `None` whatever is wrong: the caller learns nothing, and one answer cannot be told from another.
    pub(super) fn read(&self, token: &str, kinds: &[Kind], clock: &Clock) -> Option<Claims> {
        self.read_within(token, kinds, clock, Duration::ZERO)
    }

    /// The same, but a token may have ended up to `grace` ago.
    pub(super) fn read_within(&self, token: &str, kinds: &[Kind], clock: &Clock, grace: Duration) -> Option<Claims> {
        if token.len() > LONGEST_TEXT {
            return None;
        }
        let head = URL_SAFE_NO_PAD.decode(token.split('.').next()?).ok()?;
        let head: Head = serde_json::from_slice(&head).ok()?;
        let kind = kinds.iter().copied().find(|kind| kind.marks().0 == head.typ)?;
        if head.alg != "HS256" {
            return None;
        }
        let claims = jsonwebtoken::decode::<Claims>(token, &self.checking, &self.validation).ok()?.claims;
        let now = clock.now_s();
        let good = claims.iss == ISSUER
            && claims.aud == kind.marks().1
            && claims.exp.saturating_add(grace.as_secs()) > now
            && claims.iat <= now.saturating_add(LEEWAY_S)
            && claims.nbf.is_none_or(|nbf| nbf <= now.saturating_add(LEEWAY_S))
            && claims.exp.checked_sub(claims.iat).is_some_and(|life| (1..=kind.longest().as_secs()).contains(&life));
        TokenId::parse(&claims.jti)?;
        good.then_some(Claims { kind: Some(kind), ..claims })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::secret::hmac_sha256;
    use serde_json::{Value, json};

    const KEY: &[u8] = b"the key of these tests, 32 bytes and more";
    const NOW_S: u64 = 1_800_000_000;

    fn clock() -> Clock {
        Clock::frozen(NOW_S * 1000)
    }

    fn check(token: &str) -> Option<Claims> {
        Tokens::new(KEY).read(token, &[Kind::Admin], &clock())
    }

    fn b64(bytes: impl AsRef<[u8]>) -> String {
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Signs any text, so that the attack stands or falls by what it says and not by its signature.
    fn forge(header: &str, claims: &str) -> String {
        let message = format!("{}.{}", b64(header), b64(claims));
        let signature = b64(hmac_sha256(KEY, message.as_bytes()));
        format!("{message}.{signature}")
    }

    fn header() -> Value {
        json!({"alg": "HS256", "typ": "inlay-admin+jwt"})
    }

    fn claims() -> Value {
        json!({
            "iss": "inlay", "aud": "inlay-admin", "sub": "host", "ws": "ws_default",
            "iat": NOW_S, "exp": NOW_S + 600, "jti": "tok_1",
        })
    }

    fn with(mut value: Value, changes: Value) -> String {
        for (key, change) in changes.as_object().unwrap() {
            match change {
                Value::Null => value.as_object_mut().unwrap().remove(key),
                change => value.as_object_mut().unwrap().insert(key.clone(), change.clone()),
            };
        }
        value.to_string()
    }

    fn with_claims(changes: Value) -> Option<Claims> {
        check(&forge(&header().to_string(), &with(claims(), changes)))
    }

    fn with_header(changes: Value) -> Option<Claims> {
        check(&forge(&with(header(), changes), &claims().to_string()))
    }

    #[test]
    fn a_minted_token_passes_for_its_life_and_no_longer() {
        let tokens = Tokens::new(KEY);
        let life = Duration::from_secs(600);
        let (token, claims) = tokens.mint(Kind::Admin, Subject::host(), life, &clock()).unwrap();
        let read = |clock: Clock| tokens.read(token.reveal(), &[Kind::Admin], &clock);
        let at = |seconds| read(Clock::frozen((NOW_S + seconds) * 1000));
        assert_eq!(at(0), Some(claims));
        assert!(tokens.read(token.reveal(), &[Kind::Access, Kind::Widget], &clock()).is_none());
        assert!(at(599).is_some());
        assert!(at(600).is_none());
        let late = |seconds, grace| {
            let clock = Clock::frozen((NOW_S + seconds) * 1000);
            tokens.read_within(token.reveal(), &[Kind::Admin], &clock, Duration::from_secs(grace)).is_some()
        };
        assert!(late(600, 1) && late(699, 100) && !late(700, 100) && !late(600, 0));
        let early = |seconds| read(Clock::frozen((NOW_S - seconds) * 1000));
        assert!(early(60).is_some() && early(61).is_none());
        assert!(
            Tokens::new(b"another key of 32 bytes or more, surely")
                .read(token.reveal(), &[Kind::Admin], &clock())
                .is_none()
        );
        for life in [0, LONGEST.as_secs() + 1] {
            assert!(tokens.mint(Kind::Admin, Subject::host(), Duration::from_secs(life), &clock()).is_err());
        }
    }

    #[test]
    fn the_forge_is_able_to_forge() {
        assert!(with_claims(json!({})).is_some(), "otherwise every refusal below would prove nothing");
    }

    #[test]
    fn headers_decide_nothing() {
        let bad = [
            json!({"alg": "none"}),
            json!({"alg": "None"}),
            json!({"alg": ""}),
            json!({"alg": null}),
            json!({"alg": "hs256"}),
            json!({"alg": "HS384"}),
            json!({"alg": "RS256"}),
            json!({"alg": "ES256"}),
            json!({"alg": "EdDSA"}),
            json!({"alg": ["HS256"]}),
            json!({"typ": "JWT"}),
            json!({"typ": "at+jwt"}),
            json!({"typ": "inlay-widget+jwt"}),
            json!({"typ": null}),
            json!({"kid": "../../dev/null"}),
            json!({"jku": "https://attacker.example/keys"}),
            json!({"x5u": "https://attacker.example/cert"}),
            json!({"jwk": {"kty": "oct", "k": "AAAA"}}),
            json!({"crit": ["b64"], "b64": false}),
            json!({"zip": "DEF"}),
            json!({"cty": "JWT"}),
        ];
        for changes in bad {
            assert_eq!(with_header(changes.clone()), None, "{changes}");
        }
        let twice = r#"{"alg":"none","alg":"HS256","typ":"inlay-admin+jwt"}"#;
        assert_eq!(check(&forge(twice, &claims().to_string())), None);
    }

    #[test]
    fn claims_must_all_be_right() {
        let bad = [
            json!({"iss": "other"}),
            json!({"iss": null}),
            json!({"iss": ["inlay"]}),
            json!({"aud": "inlay-widget"}),
            json!({"aud": ["inlay-admin", "other"]}),
            json!({"aud": null}),
            json!({"exp": NOW_S}),
            json!({"exp": null}),
            json!({"exp": (NOW_S + 600).to_string()}),
            json!({"exp": NOW_S as f64 + 600.5}),
            json!({"exp": -1}),
            json!({"exp": u64::MAX}),
            json!({"exp": 253_402_300_799u64}),
            json!({"exp": NOW_S, "iat": NOW_S + 10}),
            json!({"iat": NOW_S + 61, "exp": NOW_S + 600}),
            json!({"iat": null}),
            json!({"iat": 0}),
            json!({"nbf": NOW_S + 61}),
            json!({"sub": null}),
            json!({"sub": ["host"]}),
            json!({"ws": null}),
            json!({"sid": 1}),
            json!({"jti": null}),
            json!({"jti": "vis_1"}),
        ];
        for changes in bad {
            assert_eq!(with_claims(changes.clone()), None, "{changes}");
        }
        let twice = claims().to_string().replacen('{', r#"{"sub":"other","#, 1);
        assert_eq!(check(&forge(&header().to_string(), &twice)), None);
    }

    #[test]
    fn texts_that_are_no_token_of_ours() {
        let token = forge(&header().to_string(), &claims().to_string());
        let (message, signature) = token.rsplit_once('.').unwrap();
        let (head, body) = message.split_once('.').unwrap();
        let resigned = |alg: &str| {
            let message = format!("{}.{body}", b64(with(header(), json!({"alg": alg}))));
            format!("{message}.{}", b64(hmac_sha256(KEY, message.as_bytes())))
        };
        let bad = [
            String::new(),
            "..".into(),
            message.into(),
            format!("{message}."),
            format!("{}.{body}.", b64(with(header(), json!({"alg": "none"})))),
            resigned("RS256"),
            resigned("none"),
            token[..token.len() - 1].into(),
            format!("{token}A"),
            format!("{token}="),
            format!("{token}.{signature}"),
            format!("{head}.{}.{signature}", b64(with(claims(), json!({"role": "admin", "exp": NOW_S + 900})))),
            format!("{head}=.{body}.{signature}"),
            format!(" {token}"),
            format!("{token}\n"),
            format!("{message}.{}", b64([URL_SAFE_NO_PAD.decode(signature).unwrap(), vec![0]].concat())),
            forge("null", &claims().to_string()),
            forge(&header().to_string(), "null"),
            forge(&header().to_string(), "[]"),
            forge(&header().to_string(), "\u{0}"),
            forge(&header().to_string(), &with(claims(), json!({"padding": "x".repeat(4096)}))),
            "é.ü.ö".into(),
            "a".repeat(1 << 20),
            "[".repeat(2000),
        ];
        for text in bad {
            assert_eq!(check(&text), None, "{text:.120}");
        }
    }

    #[test]
    fn one_signature_has_one_spelling() {
        let token = forge(&header().to_string(), &claims().to_string());
        let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/";
        let accepted = alphabet.chars().filter(|c| check(&format!("{}{c}", &token[..token.len() - 1])).is_some());
        assert_eq!(accepted.count(), 1);
    }
}
