//! What people may type.
use crate::base::error::{Code, Error, Fault, Result};

const LONGEST_NAME: usize = 100;
const LONGEST_EMAIL: usize = 254;

#[track_caller]
pub(super) fn wrong(pointer: &str, message: &str) -> Error {
    let fault = Fault { pointer: pointer.to_owned(), message: message.to_owned() };
    Error::new(Code::InvalidBody, format!("{pointer} {message}")).with_faults(vec![fault])
}

/// Errors: `invalid_body` unless it has 1 to 100 characters and none of control.
pub(super) fn name(text: &str) -> Result<String> {
    let text = text.trim();
    let fits = (1..=LONGEST_NAME).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    if fits { Ok(text.to_owned()) } else { Err(wrong("/name", "must have 1 to 100 characters, none of control")) }
}

/// In lower case. Whether mail arrives there shows when it is sent. Errors: `invalid_body`.
pub(super) fn email(text: &str) -> Result<String> {
    let text = text.trim().to_lowercase();
    let plain = |c: char| !c.is_control() && !c.is_whitespace();
    let parts = text.split_once('@').is_some_and(|(local, domain)| {
        (1..=64).contains(&local.len()) && domain.split('.').all(|label| !label.is_empty()) && !domain.contains('@')
    });
    let fits = parts && text.len() <= LONGEST_EMAIL && text.chars().all(plain);
    if fits { Ok(text) } else { Err(wrong("/email", "must be an e-mail address of at most 254 characters")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_addresses_are_bounded() {
        assert_eq!(name("  Sales ").unwrap(), "Sales");
        assert!(name(&"ä".repeat(100)).is_ok());
        for bad in ["", "   ", "a\u{0}b", "a\nb", &"x".repeat(101)] {
            assert_eq!(name(bad).unwrap_err().code, Code::InvalidBody, "{bad:?}");
        }
        assert_eq!(email(" A@Example.COM ").unwrap(), "a@example.com");
        for bad in ["", "a", "@b", "a@", "a@b@c", "a b@c.d", "a@b..c", &format!("a@{}", "b".repeat(260))] {
            assert_eq!(email(bad).unwrap_err().code, Code::InvalidBody, "{bad:?}");
        }
    }
}
