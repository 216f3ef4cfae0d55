//! What a site says of its user, and whether it is the site that says so.
use crate::base::error::{Code, Error, Fault, Result};
use crate::base::ids::WorkspaceId;
use crate::base::secret::{hmac_sha256, same};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;
use serde_json::{Map, Value, json};

const LONGEST_ID: usize = 200;
const LONGEST_JWT: usize = 4_096;
/// A token for one sign-in need not live longer.
const LONGEST_LIFE_S: u64 = 24 * 3600;
/// The site's clock and ours may differ by this much.
const LEEWAY_S: u64 = 60;

/// A claim as it came.
#[derive(Clone, Debug)]
pub enum Claim {
    /// The site's id of the user, and the hex HMAC-SHA256 of it under the identity secret.
    Hash { id: String, hash: String },
    /// A JWT (HS256) under the identity secret.
    Jwt(String),
}

/// Whom a site has vouched for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub external_id: String,
    /// What a signed token said besides.
    pub attributes: Value,
}

#[derive(Deserialize)]
struct Head {
    alg: String,
}

#[derive(Deserialize)]
struct Claims {
    sub: Value,
    exp: u64,
    iat: Option<u64>,
    nbf: Option<u64>,
    aud: Option<Value>,
    name: Option<String>,
    email: Option<String>,
}

impl Claim {
    /// Errors: `invalid_body` for an id that no site would use.
    pub fn by_hash(id: &Value, hash: String) -> Result<Claim> {
        let id = external_id(id).ok_or_else(|| {
            let message = format!("must have 1 to {LONGEST_ID} characters, none of them a control character");
            let fault = Fault { pointer: "/user_id".to_owned(), message: message.clone() };
            Error::new(Code::InvalidBody, format!("/user_id {message}")).with_faults(vec![fault])
        })?;
        Ok(Claim::Hash { id, hash })
    }

    /// Whom it names, if it was made with this secret, for this workspace, and its time has come and not passed.
    pub(super) fn person(&self, secret: &[u8], workspace: &WorkspaceId, now_s: u64) -> Option<Person> {
        match self {
            Claim::Hash { id, hash } => {
                let given = unhex(hash)?;
                let fits = same(&given, &hmac_sha256(secret, id.as_bytes()));
                fits.then(|| Person { external_id: id.clone(), attributes: json!({}) })
            }
            Claim::Jwt(token) => by_token(token, secret, workspace, now_s),
        }
    }
}

/// One algorithm, decided here; nothing that the header names is followed.
fn by_token(token: &str, secret: &[u8], workspace: &WorkspaceId, now_s: u64) -> Option<Person> {
    if token.len() > LONGEST_JWT {
        return None;
    }
    let head = URL_SAFE_NO_PAD.decode(token.split('.').next()?).ok()?;
    let head: Head = serde_json::from_slice(&head).ok()?;
    if head.alg != "HS256" {
        return None;
    }
    let mut validation = Validation::new(Algorithm::HS256);
    // The library checks the signature; claims are checked below, against our clock.
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    let key = DecodingKey::from_secret(secret);
    let claims = jsonwebtoken::decode::<Claims>(token, &key, &validation).ok()?.claims;
    let soon = now_s.saturating_add(LEEWAY_S);
    let for_us = match &claims.aud {
        None => true,
        Some(Value::String(aud)) => aud == workspace.as_str(),
        Some(Value::Array(all)) => all.iter().any(|aud| aud == workspace.as_str()),
        Some(_) => false,
    };
    let good = for_us
        && claims.exp > now_s
        && claims.exp <= soon.saturating_add(LONGEST_LIFE_S)
        && claims.iat.is_none_or(|iat| iat <= soon && claims.exp.saturating_sub(iat) <= LONGEST_LIFE_S)
        && claims.nbf.is_none_or(|nbf| nbf <= soon);
    let external_id = external_id(&claims.sub).filter(|_| good)?;
    let mut attributes = Map::new();
    for (name, value) in [("name", claims.name), ("email", claims.email)] {
        let fits = |text: &String| text.chars().count() <= 254 && !text.chars().any(char::is_control);
        if let Some(text) = value.filter(fits) {
            attributes.insert(name.to_owned(), text.into());
        }
    }
    Some(Person { external_id, attributes: attributes.into() })
}

/// A site's id of its user: a text or a whole number, as its database has it.
fn external_id(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) if number.is_u64() || number.is_i64() => number.to_string(),
        _ => return None,
    };
    let fits = (1..=LONGEST_ID).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    fits.then_some(text)
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    (0..32).map(|at| u8::from_str_radix(text.get(at * 2..at * 2 + 2)?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::secret::hex;

    const SECRET: &[u8] = b"ids_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    const NOW: u64 = 1_800_000_000;

    fn signed(head: &Value, claims: &Value) -> String {
        let b64 = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", b64(head), b64(claims));
        let signature = URL_SAFE_NO_PAD.encode(hmac_sha256(SECRET, message.as_bytes()));
        format!("{message}.{signature}")
    }

    fn read(claim: &Claim) -> Option<Person> {
        claim.person(SECRET, &WorkspaceId::first(), NOW)
    }

    fn with(changes: Value) -> Option<Person> {
        let mut claims = json!({"sub": "u1", "iat": NOW, "exp": NOW + 300, "name": "Ada"});
        for (name, value) in changes.as_object().unwrap() {
            claims[name] = value.clone();
        }
        claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        read(&Claim::Jwt(signed(&json!({"alg": "HS256", "typ": "JWT", "kid": "1"}), &claims)))
    }

    #[test]
    fn a_hash_is_of_this_id_and_this_secret() {
        let hash = |id: &str| hex(&hmac_sha256(SECRET, id.as_bytes()));
        let claim = |id: &str, hash: String| Claim::Hash { id: id.to_owned(), hash };
        assert_eq!(read(&claim("u1", hash("u1"))).unwrap().external_id, "u1");
        assert!(read(&claim("u1", hash("u1").to_uppercase())).is_some());
        for bad in [hash("u2"), String::new(), hash("u1")[..62].to_owned(), "é".repeat(32), format!("{}00", hash("u1"))]
        {
            assert_eq!(read(&claim("u1", bad.clone())), None, "{bad}");
        }
        let other = claim("u1", hash("u1")).person(b"ids_other", &WorkspaceId::first(), NOW);
        assert_eq!(other, None);
        for id in [json!(""), json!("a\u{0}b"), json!("x".repeat(201)), json!(1.5), json!({}), Value::Null] {
            assert!(Claim::by_hash(&id, String::new()).is_err(), "{id}");
        }
        assert!(matches!(Claim::by_hash(&json!(42), String::new()), Ok(Claim::Hash { id, .. }) if id == "42"));
    }

    #[test]
    fn a_token_lives_for_a_day_at_most_and_is_for_this_workspace() {
        let person = with(json!({})).expect("otherwise the refusals below prove nothing");
        assert_eq!(person, Person { external_id: "u1".into(), attributes: json!({"name": "Ada"}) });
        for good in [
            json!({"iat": null}),
            json!({"aud": "ws_default"}),
            json!({"aud": ["x", "ws_default"]}),
            json!({"sub": 42}),
            json!({"iat": NOW + 60, "exp": NOW + 61}),
            json!({"name": "a\u{7}"}),
        ] {
            assert!(with(good.clone()).is_some(), "{good}");
        }
        for bad in [
            json!({"exp": NOW}),
            json!({"exp": null}),
            json!({"exp": -1}),
            json!({"exp": NOW + 86_401}),
            json!({"iat": null, "exp": NOW + 2 * 86_400}),
            json!({"iat": NOW + 61}),
            json!({"nbf": NOW + 61}),
            json!({"aud": "ws_other"}),
            json!({"aud": ["ws_other"]}),
            json!({"sub": null}),
            json!({"sub": ""}),
        ] {
            assert_eq!(with(bad.clone()), None, "{bad}");
        }
    }

    #[test]
    fn algorithms_and_damage_do_not_pass() {
        let claims = json!({"sub": "u1", "exp": NOW + 300});
        for alg in ["none", "None", "HS384", "HS512", "RS256", "hs256", ""] {
            assert_eq!(read(&Claim::Jwt(signed(&json!({"alg": alg}), &claims))), None, "{alg}");
        }
        let good = signed(&json!({"alg": "HS256"}), &claims);
        assert!(read(&Claim::Jwt(good.clone())).is_some());
        let unsigned = good.rsplit_once('.').unwrap().0.to_owned();
        for bad in
            ["".into(), unsigned.clone(), format!("{unsigned}."), good[..good.len() - 2].into(), "x".repeat(5_000)]
        {
            assert_eq!(read(&Claim::Jwt(bad)), None);
        }
    }
}
