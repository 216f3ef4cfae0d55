//! How a key is spelled: what it is for, 32 random characters, and 6 that follow from the rest, so that a text with a typing
//! mistake, or a made-up one, is known as none without a look into the database.
use crate::base::clock::Clock;
use crate::base::secret::{Secret, sha256};

const BEGINS: [&str; 4] = ["pk_live_", "pk_test_", "sk_live_", "sk_test_"];
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const RANDOM: usize = 32;
const CHECK: usize = 6;
/// Of a secret key as lists show it: behind its beginning, and at its end.
const SHOWN: usize = 4;

pub(super) fn make(clock: &Clock, secret: bool, live: bool) -> Secret<String> {
    let mut text = String::with_capacity(8 + RANDOM + CHECK);
    text.push_str(if secret { "sk_" } else { "pk_" });
    text.push_str(if live { "live_" } else { "test_" });
    let end = text.len() + RANDOM;
    while text.len() < end {
        let mut byte = [0u8; 1];
        clock.fill(&mut byte);
        // 248 is the largest multiple of 62 in a byte: every letter is as likely as any other.
        let [byte] = byte;
        if byte < 248 {
            text.push(letter(usize::from(byte)));
        }
    }
    text.push_str(&check(&text));
    Secret::new(text)
}

fn letter(number: usize) -> char {
    char::from(ALPHABET.get(number % ALPHABET.len()).copied().unwrap_or(b'0'))
}

fn check(text: &str) -> String {
    sha256(text.as_bytes()).iter().take(CHECK).map(|byte| letter(usize::from(*byte))).collect()
}

pub(super) fn is_one(text: &str) -> bool {
    let begin = BEGINS.iter().find(|begin| text.starts_with(**begin));
    let plain = begin.is_some_and(|begin| text.len() == begin.len() + RANDOM + CHECK);
    plain && text.split_at_checked(text.len() - CHECK).is_some_and(|(body, end)| check(body) == end)
}

/// What lists show: a publishable key whole, of a secret one its beginning and its end.
pub(super) fn shown(text: &Secret<String>, secret: bool) -> String {
    let text = text.reveal();
    if !secret {
        return text.clone();
    }
    let begin = text.get(..8 + SHOWN).unwrap_or_default();
    format!("{begin}…{}", text.get(text.len().saturating_sub(SHOWN)..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_known_by_its_spelling() {
        let clock = Clock::system();
        for (secret, live, begin) in
            [(false, true, "pk_live_"), (false, false, "pk_test_"), (true, true, "sk_live_"), (true, false, "sk_test_")]
        {
            let key = make(&clock, secret, live);
            let text = key.reveal();
            assert!(text.starts_with(begin) && text.len() == 46 && is_one(text), "{text}");
            assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'));
            assert_ne!(text, make(&clock, secret, live).reveal());
            let mut typed = text.clone().into_bytes();
            typed[20] = if typed[20] == b'a' { b'b' } else { b'a' };
            assert!(!is_one(std::str::from_utf8(&typed).unwrap()));
            for other in [&text[..45], &format!("{text}x"), &text.to_lowercase(), &text.replacen('k', "K", 1)] {
                assert!(!is_one(other), "{other}");
            }
            let shown = shown(&key, secret);
            assert_eq!(shown == *text, !secret);
            assert!(!secret || shown.len() < 20);
        }
        for other in ["", "pk_live_", "sk_live_é", &format!("pk_live_{}", "é".repeat(19)), &"pk_live_x".repeat(9_999)]
        {
            assert!(!is_one(other));
        }
    }
}
