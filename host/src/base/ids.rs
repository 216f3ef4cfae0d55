//! Identifiers: a prefix that names the kind, then time-ordered randomness. Never a bare `String`.
use crate::base::clock::Clock;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Crockford's alphabet in lower case: no i, l, o, u, so that ids can be read aloud.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// 26 characters: 48 bits of milliseconds, then 80 random bits, so that later ids sort after earlier ones.
fn time_ordered(clock: &Clock) -> String {
    let mut bytes = [0u8; 16];
    clock.fill(&mut bytes);
    let random = u128::from_be_bytes(bytes) & ((1u128 << 80) - 1);
    let mut rest = (u128::from(clock.now_ms()) << 80) | random;
    let mut out = [0u8; 26];
    for slot in out.iter_mut().rev() {
        *slot = ALPHABET.get((rest & 31) as usize).copied().unwrap_or(b'0');
        rest >>= 5;
    }
    String::from_utf8_lossy(&out).into_owned()
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);
        impl $name {
            pub const PREFIX: &'static str = $prefix;
            pub fn new(clock: &Clock) -> $name { $name(format!(concat!($prefix, "_{}"), time_ordered(clock))) }
            /// Takes an id that came from outside; `None` unless it has this kind's shape.
            pub fn parse(text: &str) -> Option<$name> {
                let rest = text.strip_prefix($prefix)?.strip_prefix('_')?;
                let fits = (1..=64).contains(&rest.len()) && rest.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
                fits.then(|| $name(text.to_owned()))
            }
            pub fn as_str(&self) -> &str { &self.0 }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(&self.0) }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(&self.0) }
        }
    )*};
}

ids! {
    /// The tenant.
    WorkspaceId = "ws";
    /// The person on the embedding site.
    VisitorId = "vis";
    /// One action: the unit of work and its row in the action log.
    ActionId = "act";
    /// A conversation.
    ThreadId = "thr";
    /// One HTTP request.
    RequestId = "req";
    /// One token that the host has minted.
    TokenId = "tok";
    /// A person with an account.
    UserId = "usr";
    /// One sign-in.
    SessionId = "ses";
    InvitationId = "inv";
    ApiKeyId = "key";
    BotId = "bot";
    /// A department of a workspace.
    OrganizationId = "org";
    OperatorId = "opr";
    /// A line of the audit log.
    AuditId = "aud";
}

impl WorkspaceId {
    /// The workspace that a fresh host has.
    pub fn first() -> WorkspaceId {
        WorkspaceId("ws_default".to_owned())
    }
}

impl VisitorId {
    /// A visitor that is not new each time but made of something: lower-case letters and digits, at most 64.
    pub fn of(text: &str) -> VisitorId {
        VisitorId(format!("vis_{text}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_time_and_parse_back() {
        let clock = Clock::system();
        let first = ActionId::new(&clock);
        std::thread::sleep(std::time::Duration::from_millis(2));
        let second = ActionId::new(&clock);
        assert!(first < second);
        assert_eq!(ActionId::parse(first.as_str()), Some(first));
        assert_eq!(ActionId::parse("vis_abc"), None);
        assert_eq!(ActionId::parse("act_../etc"), None);
    }
}
