//! The proof of a visitor: what his browser keeps. An anonymous one's is his id and a signature; that of one for whom a site
//! has vouched names the workspace and the moment too, so that it ends, and is nothing to another workspace.
use super::Identity;
use crate::base::ids::{VisitorId, WorkspaceId};
use crate::base::secret::{MacKey, same};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// 30 characters of id, 29 of workspace, 13 of time, 43 of signature and the dots; ids from outside may be longer.
const LONGEST: usize = 192;

/// For whom a site has vouched, where, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vouched {
    pub visitor: VisitorId,
    pub workspace: WorkspaceId,
    /// Milliseconds since the epoch.
    pub at_ms: u64,
}

/// What a proof proves. Whether a vouched one still counts is another question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VisitorProof {
    Anonymous(VisitorId),
    Vouched(Vouched),
}

fn signed(key: &MacKey, text: &str) -> String {
    let mut token = String::with_capacity(text.len() + 44);
    token.push_str(text);
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(key.sign(text.as_bytes()), &mut token);
    token
}

fn verified(key: &MacKey, text: &str, signature: &str) -> bool {
    let mut given = [0u8; 33];
    // One byte more than a signature has, so that a longer one is seen and not cut.
    let length = URL_SAFE_NO_PAD.decode_slice(signature, &mut given).ok();
    let given = length.and_then(|length| given.get(..length));
    given.is_some_and(|given| same(given, &key.sign(text.as_bytes())))
}

impl Identity {
    /// The token of an anonymous visitor that is known already.
    pub fn visitor_token(&self, visitor: &VisitorId) -> String {
        signed(&self.0.visitors, visitor.as_str())
    }

    /// The token of a visitor for whom a site has vouched.
    pub fn vouched_token(&self, vouched: &Vouched) -> String {
        let Vouched { visitor, workspace, at_ms } = vouched;
        signed(&self.0.vouched, &format!("{visitor}.{workspace}.{at_ms}"))
    }

    /// The anonymous visitor whom a token proves; `None` for anything that this host has not signed.
    pub fn visitor(&self, token: &str) -> Option<VisitorId> {
        match self.proof(token)? {
            VisitorProof::Anonymous(visitor) => Some(visitor),
            VisitorProof::Vouched(_) => None,
        }
    }

    /// What a token proves; `None` for anything that this host has not signed.
    pub fn proof(&self, token: &str) -> Option<VisitorProof> {
        if token.len() > LONGEST {
            return None;
        }
        let (text, signature) = token.rsplit_once('.')?;
        if !text.contains('.') {
            let fits = verified(&self.0.visitors, text, signature);
            return fits.then(|| VisitorId::parse(text)).flatten().map(VisitorProof::Anonymous);
        }
        if !verified(&self.0.vouched, text, signature) {
            return None;
        }
        let mut parts = text.splitn(3, '.');
        let visitor = VisitorId::parse(parts.next()?)?;
        let workspace = WorkspaceId::parse(parts.next()?)?;
        let at_ms = parts.next()?.parse().ok()?;
        Some(VisitorProof::Vouched(Vouched { visitor, workspace, at_ms }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::Clock;
    use crate::base::secret::Secret;

    #[test]
    fn a_vouched_proof_says_where_and_when_and_is_no_anonymous_one() {
        let identity = Identity::new(&Secret::new(vec![7; 32]), &[], Clock::system());
        let visitor = VisitorId::new(&Clock::system());
        let vouched = Vouched { visitor: visitor.clone(), workspace: WorkspaceId::first(), at_ms: 1_800_000_000_000 };
        let token = identity.vouched_token(&vouched);
        assert!(token.len() < LONGEST);
        assert_eq!(identity.proof(&token), Some(VisitorProof::Vouched(vouched.clone())));
        assert_eq!(identity.visitor(&token), None);
        let (text, signature) = token.rsplit_once('.').unwrap();
        let anonymous = identity.visitor_token(&visitor);
        let anonymous_signature = anonymous.rsplit_once('.').unwrap().1;
        for bad in [
            format!("{visitor}.{signature}"),
            format!("{text}.{anonymous_signature}"),
            format!("{}.{signature}", text.replace("ws_default", "ws_other")),
            format!("{}.{signature}", text.replace("1800", "1801")),
            format!("{text}.x.{signature}"),
            format!("{text}."),
            text.to_owned(),
        ] {
            assert_eq!(identity.proof(&bad), None, "{bad}");
        }
        assert_eq!(Identity::new(&Secret::new(vec![8; 32]), &[], Clock::system()).proof(&token), None);
    }
}
