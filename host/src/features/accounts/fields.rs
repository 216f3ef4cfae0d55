//! What people may type: addresses, names, passwords.
use crate::base::error::{Code, Error, Fault, Result};
use crate::base::secret::Secret;

const LONGEST_EMAIL: usize = 254;
const LONGEST_NAME: usize = 100;
const SHORTEST_USERNAME: usize = 2;
const LONGEST_USERNAME: usize = 32;
/// Of a password: characters, and bytes.
const SHORTEST_PASSWORD: usize = 8;
const LONGEST_PASSWORD: usize = 128;
pub(super) const PASSWORD_BYTES: usize = 512;

/// Sorted bytewise, so that a look takes a dozen comparisons.
const COMMON: &str = include_str!("../../../assets/common-passwords.txt");

#[track_caller]
pub(super) fn misshapen(pointer: &str, message: &str) -> Error {
    let fault = Fault { pointer: pointer.to_owned(), message: message.to_owned() };
    Error::new(Code::InvalidBody, format!("{pointer} {message}")).with_faults(vec![fault])
}

/// An address in lower case, as it is stored. It only has to look like one: whether mail arrives shows when it is sent.
/// Errors: `invalid_body`.
pub fn email(text: &str) -> Result<String> {
    let lower = text.trim().to_lowercase();
    let plain = |c: char| !c.is_control() && !c.is_whitespace() && !"\"(),:;<>[\\]".contains(c);
    let fits = lower.len() <= LONGEST_EMAIL
        && lower.chars().all(plain)
        && lower.split_once('@').is_some_and(|(local, domain)| {
            (1..=64).contains(&local.len()) && !domain.is_empty() && !domain.contains('@') && is_domain(domain)
        });
    if fits { Ok(lower) } else { Err(misshapen("/email", "must be an e-mail address of at most 254 bytes")) }
}

fn is_domain(domain: &str) -> bool {
    domain.split('.').all(|label| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-'))
}

/// A name to sign in with, in lower case. It has no "@", so it is never somebody's address. Errors: `invalid_body`.
pub fn username(text: &str) -> Result<String> {
    let lower = text.trim().to_ascii_lowercase();
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b);
    let begins = lower.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric());
    if begins && (SHORTEST_USERNAME..=LONGEST_USERNAME).contains(&lower.len()) && lower.bytes().all(plain) {
        return Ok(lower);
    }
    Err(misshapen("/username", "must have 2 to 32 of a-z, 0-9, '.', '_' and '-', and begin with a letter or digit"))
}

/// What a person is called. Errors: `invalid_body`.
pub fn name(text: &str) -> Result<String> {
    let text = text.trim();
    if (1..=LONGEST_NAME).contains(&text.chars().count()) && !text.chars().any(char::is_control) {
        return Ok(text.to_owned());
    }
    Err(misshapen("/name", "must have 1 to 100 characters and no control characters"))
}

/// A new password; taken as it was typed. `own`: what others know of the person, and would try first. Errors:
/// `weak_password`.
pub fn password(password: &Secret<String>, own: &[&str], pointer: &str) -> Result<()> {
    let text = password.reveal();
    let length = text.chars().count();
    if length < SHORTEST_PASSWORD {
        return Err(weak(pointer, "must have at least 8 characters"));
    }
    if length > LONGEST_PASSWORD || text.len() > PASSWORD_BYTES {
        return Err(weak(pointer, "must have at most 128 characters and 512 bytes"));
    }
    let lower = text.to_lowercase();
    let mut kinds: Vec<char> = lower.chars().collect();
    kinds.sort_unstable();
    kinds.dedup();
    if is_common(&lower) || kinds.len() < 3 {
        return Err(weak(pointer, "is one of those that are tried first; choose another"));
    }
    if own.iter().any(|known| known.chars().count() >= 4 && lower == known.to_lowercase()) {
        return Err(weak(pointer, "must not be your address or name"));
    }
    Ok(())
}

#[track_caller]
fn weak(pointer: &str, message: &str) -> Error {
    let fault = Fault { pointer: pointer.to_owned(), message: message.to_owned() };
    Error::new(Code::WeakPassword, format!("The password {message}")).with_faults(vec![fault])
}

fn is_common(lower: &str) -> bool {
    // Below the lines that are for people.
    let mut list = COMMON.get(COMMON.rfind("\n#").map_or(0, |at| at + 1)..).unwrap_or_default();
    list = list.split_once('\n').map_or("", |(_, rest)| rest);
    // Halves the text, not a list of lines: nothing has to be built.
    while let Some(middle) = list.len().checked_div(2).filter(|_| !list.is_empty()) {
        let bytes = list.as_bytes();
        let begin = bytes.get(..middle).and_then(|b| b.iter().rposition(|b| *b == b'\n')).map_or(0, |at| at + 1);
        let end = bytes.iter().skip(middle).position(|b| *b == b'\n').map_or(list.len(), |at| middle + at);
        let line = list.get(begin..end).unwrap_or_default();
        match line.cmp(lower) {
            std::cmp::Ordering::Equal => return true,
            std::cmp::Ordering::Less => list = list.get(end + 1..).unwrap_or_default(),
            std::cmp::Ordering::Greater => list = list.get(..begin).unwrap_or_default(),
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_common_password_is_found_and_others_are_not() {
        let all: Vec<&str> = COMMON.lines().filter(|line| !line.starts_with('#')).collect();
        assert!(all.len() >= 3000 && all.is_sorted(), "{}", all.len());
        for word in &all {
            assert!(is_common(word), "{word}");
            assert!(!is_common(&format!("{word}~")) && !is_common(&word[1..]) || all.contains(&&word[1..]), "{word}");
        }
        assert!(!is_common("") && !is_common("~~~~~~~~~") && !is_common("\u{0}"));
    }

    #[test]
    fn passwords_are_long_enough_and_not_the_first_guess() {
        let check = |text: &str| password(&Secret::new(text.to_owned()), &["ada@example.com", "adalove"], "/password");
        for good in ["correct horse", "äöüßäöüß1", " eight b ", &"xyz".repeat(42), "Pässwörter \u{1F600}"] {
            assert!(check(good).is_ok(), "{good}");
        }
        let long = "xyz".repeat(43);
        for bad in [
            "",
            "1234567",
            "äöüßäöü",
            "password",
            "PassWord",
            "11111111",
            "abababababab",
            "ada@example.com",
            "ADALOVE",
            &long,
        ] {
            assert_eq!(check(bad).err().map(|e| e.code), Some(Code::WeakPassword), "{bad}");
        }
    }

    #[test]
    fn addresses_and_names_are_bounded() {
        assert_eq!(email(" Ada@Example.COM ").unwrap(), "ada@example.com");
        assert!(
            email("a+b@xn--bcher-kva.example").is_ok() && email("ä@exämple.de").is_ok() && email("a@localhost").is_ok()
        );
        let long = format!("{}@{}", "a".repeat(64), "b".repeat(190));
        for bad in
            ["", "a", "@b", "a@", "a@b@c", "a b@c.d", "a@b..c", "a@-b.c", "a@b.c\n", "a\u{0}@b.c", &long, "<a@b.c>"]
        {
            let bad_email = email(bad);
            assert!(bad_email.is_err() || bad == "a@b.c\n", "{bad:?}");
        }
        assert_eq!(username("Ada.L-1").unwrap(), "ada.l-1");
        for bad in ["", "a", ".ab", "a b", "a@b", "ä-b", &"a".repeat(33), "a\nb"] {
            assert!(username(bad).is_err(), "{bad:?}");
        }
        assert!(name("Ada Lovelace").is_ok() && name(&"ß".repeat(100)).is_ok());
        for bad in ["", "  ", &"a".repeat(101), "a\u{7}b"] {
            assert!(name(bad).is_err(), "{bad:?}");
        }
    }
}
