//! Who is calling: visitors by a signed id, servers by a key, admins by a token.
mod caller;
mod proof;
mod tokens;

use crate::base::clock::Clock;
use crate::base::error::Result;
use crate::base::ids::{UserId, VisitorId};
use crate::base::secret::{MacKey, Secret, hex, same, sha256};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

pub use caller::{Caller, MemberRole, Proved, Role, Tenant, Who};
pub use proof::{VisitorProof, Vouched};
pub use tokens::{Claims, Kind, LONGEST, SHORTEST, Subject};

/// How long the credential of a start is accepted.
pub const START_CREDENTIAL_LIFE: Duration = Duration::from_secs(3600);
const START_PREFIX: &str = "adm_";

/// Mints and checks every credential. Cheap to clone; keys are prepared once.
#[derive(Clone)]
pub struct Identity(Arc<Inner>);

struct Inner {
    clock: Clock,
    visitors: MacKey,
    vouched: MacKey,
    people: MacKey,
    tokens: tokens::Tokens,
    api_keys: Vec<[u8; 32]>,
    start: OnceLock<Start>,
    start_closed: AtomicBool,
}

/// Only its hash is kept. Its time is the monotonic clock's, which nobody can set back.
struct Start {
    hash: [u8; 32],
    since: Instant,
    life: Duration,
}

impl Identity {
    /// `signing_key`: the bytes of `auth.secret`, else of the key file. It signs admin tokens as it is; visitor ids are
    /// signed by a key derived from it.
    pub fn new(signing_key: &Secret<Vec<u8>>, api_keys: &[Secret<String>], clock: Clock) -> Identity {
        let key = signing_key.reveal();
        Identity(Arc::new(Inner {
            visitors: MacKey::derive(key, "inlay visitor v1"),
            vouched: MacKey::derive(key, "inlay vouched visitor v1"),
            people: MacKey::derive(key, "inlay visitor of an account v1"),
            tokens: tokens::Tokens::new(key),
            api_keys: api_keys.iter().map(|key| sha256(key.reveal().as_bytes())).collect(),
            start: OnceLock::new(),
            start_closed: AtomicBool::new(false),
            clock,
        }))
    }

    /// A new visitor and the token that proves it: the id, a dot, its signature.
    pub fn mint_visitor(&self) -> (VisitorId, String) {
        let visitor = VisitorId::new(&self.0.clock);
        let token = self.visitor_token(&visitor);
        (visitor, token)
    }

    /// The visitor that a person with an account is, on whatever device: always the same, and nobody else's.
    pub fn visitor_of(&self, user: &UserId) -> VisitorId {
        let mac = self.0.people.sign(user.as_str().as_bytes());
        VisitorId::of(&hex(mac.get(..16).unwrap_or(&mac)))
    }

    /// A token with role admin on the whole host, for the command line. Errors: `invalid_setting` for a life below
    /// `SHORTEST` or above `LONGEST`.
    pub fn mint_admin(&self, life: Duration) -> Result<Secret<String>> {
        Ok(self.mint(Kind::Admin, Subject::host(), life)?.0)
    }

    /// A new token of this kind, and what it says. Errors: `invalid_setting` for a life that no token may have.
    pub fn mint(&self, kind: Kind, subject: Subject, life: Duration) -> Result<(Secret<String>, Claims)> {
        self.0.tokens.mint(kind, subject, life, &self.0.clock)
    }

    /// What a token of one of these kinds says, if this host has signed it and its time has come and not passed. Whether
    /// it has been revoked is another question.
    pub fn read(&self, token: &str, kinds: &[Kind]) -> Option<Claims> {
        self.0.tokens.read(token, kinds, &self.0.clock)
    }

    /// What a token of this kind says, also when it ended up to `grace` ago: only for exchanging it for a new one.
    pub fn read_ended(&self, token: &str, kind: Kind, grace: Duration) -> Option<Claims> {
        self.0.tokens.read_within(token, &[kind], &self.0.clock, grace)
    }

    /// The start's own admin credential: made anew by every process, accepted for an hour, kept as a hash. `None` when
    /// it has been handed out before.
    pub fn open_start_credential(&self) -> Option<Secret<String>> {
        self.open_start_credential_for(START_CREDENTIAL_LIFE)
    }

    fn open_start_credential_for(&self, life: Duration) -> Option<Secret<String>> {
        let mut random = [0u8; 20];
        self.0.clock.fill(&mut random);
        let text = format!("{START_PREFIX}{}", hex(&random));
        let start = Start { hash: sha256(text.as_bytes()), since: Instant::now(), life };
        self.0.start.set(start).is_ok().then(|| Secret::new(text))
    }

    /// The start's credential is void from now on: the host has an owner.
    pub fn close_start_credential(&self) {
        self.0.start_closed.store(true, Ordering::Release);
    }

    /// Whether this is the credential that this process has printed, and it still counts.
    pub fn is_start_credential(&self, text: &str) -> bool {
        let Some(start) = self.0.start.get() else { return false };
        // Compared before anything else is looked at, so that the time it takes tells nothing.
        let fits = same(&sha256(text.as_bytes()), &start.hash);
        fits & (start.since.elapsed() < start.life) & !self.0.start_closed.load(Ordering::Acquire)
    }

    /// The name by which the log knows an API key of `auth.api_keys`, "key_" and 8 hex digits of its hash; `None` for a
    /// key that is not listed. All listed keys are looked at, whichever fits.
    pub fn api_key(&self, key: &str) -> Option<String> {
        let hash = sha256(key.as_bytes());
        let known = self.0.api_keys.iter().fold(false, |found, listed| found | same(listed, &hash));
        known.then(|| format!("key_{}", hex(&hash).get(..8).unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    fn identity() -> Identity {
        let keys = [Secret::new("first-api-key".to_owned()), Secret::new("second-api-key".to_owned())];
        Identity::new(&Secret::new(vec![7; 32]), &keys, Clock::system())
    }

    #[test]
    fn visitors_are_proved_by_their_token_alone() {
        let identity = identity();
        let (visitor, token) = identity.mint_visitor();
        assert_eq!(identity.visitor(&token), Some(visitor.clone()));
        assert_eq!(identity.visitor_token(&visitor), token);
        let (other, other_token) = identity.mint_visitor();
        let (id, signature) = token.split_once('.').unwrap();
        let longer = URL_SAFE_NO_PAD.encode([URL_SAFE_NO_PAD.decode(signature).unwrap(), vec![0]].concat());
        let junk = [
            String::new(),
            ".".into(),
            id.into(),
            format!("{id}."),
            format!("{id}.{}", &signature[..42]),
            format!("{id}.{signature}="),
            format!("{id}.{longer}"),
            format!("{id}.{signature}.{signature}"),
            format!("{other}.{signature}"),
            format!("{}.{}", id, other_token.split_once('.').unwrap().1),
            token.to_uppercase(),
            format!(" {token}"),
            "vis_é\u{0}.ü".into(),
            "v".repeat(1 << 20),
            format!("vis_{}.{}", "a".repeat(90), signature),
        ];
        for bad in junk {
            assert_eq!(identity.visitor(&bad), None, "{bad:.80}");
        }
        assert_eq!(Identity::new(&Secret::new(vec![8; 32]), &[], Clock::system()).visitor(&token), None);
    }

    #[test]
    fn one_signature_has_one_spelling() {
        let identity = identity();
        let (_, token) = identity.mint_visitor();
        // The last of 43 characters carries two bits of padding: its neighbours decode alike in a lax decoder.
        let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let accepted =
            alphabet.chars().filter(|c| identity.visitor(&format!("{}{c}", &token[..token.len() - 1])).is_some());
        assert_eq!(accepted.count(), 1);
    }

    #[test]
    fn a_signed_text_that_is_no_visitor_is_refused() {
        let identity = identity();
        let mac = URL_SAFE_NO_PAD.encode(identity.0.visitors.sign(b"adm_1"));
        assert_eq!(identity.visitor(&format!("adm_1.{mac}")), None);
    }

    #[test]
    fn the_start_credential_is_handed_out_once_and_ends() {
        let identity = identity();
        assert!(!identity.is_start_credential("adm_"));
        let credential = identity.open_start_credential().unwrap();
        assert_eq!(credential.reveal().len(), "adm_".len() + 40);
        assert!(identity.is_start_credential(credential.reveal()));
        assert!(identity.open_start_credential().is_none());
        let mut close = credential.reveal().clone();
        close.pop();
        assert!(!identity.is_start_credential(&close));
        identity.close_start_credential();
        assert!(!identity.is_start_credential(credential.reveal()));
        let ended = super::tests::identity();
        let credential = ended.open_start_credential_for(Duration::ZERO).unwrap();
        assert!(!ended.is_start_credential(credential.reveal()));
    }

    #[test]
    fn api_keys_are_known_by_a_name() {
        let identity = identity();
        let name = identity.api_key("second-api-key").unwrap();
        assert!(name.starts_with("key_") && name.len() == 12);
        assert_ne!(identity.api_key("first-api-key").unwrap(), name);
        for bad in ["", "first-api-ke", "first-api-key ", "third-api-key"] {
            assert_eq!(identity.api_key(bad), None);
        }
    }

    #[test]
    fn credentials_of_one_kind_never_pass_as_another() {
        let identity = identity();
        let start = identity.open_start_credential().unwrap();
        let admin = identity.mint_admin(Duration::from_secs(60)).unwrap();
        let (_, visitor) = identity.mint_visitor();
        for other in [visitor.as_str(), "first-api-key", start.reveal()] {
            assert!(identity.read(other, &Kind::ALL).is_none());
        }
        for other in [visitor.as_str(), "first-api-key", admin.reveal()] {
            assert!(!identity.is_start_credential(other));
        }
        for other in [start.reveal(), admin.reveal(), "first-api-key"] {
            assert_eq!(identity.visitor(other), None);
        }
        for other in [start.reveal(), admin.reveal(), &visitor] {
            assert_eq!(identity.api_key(other), None);
        }
    }
}
