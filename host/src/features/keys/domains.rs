//! On which domains a publishable key may be used, as people write them.
use crate::base::error::{Code, Error, Fault, Result};

/// Domains of one key.
const MOST: usize = 50;
const LONGEST: usize = 253;

/// In lower case, each once: `example.com`, `*.example.com`, `localhost:3000`, `https://shop.example`. Errors: `invalid_body`
/// with a pointer to each that is none.
pub(super) fn check(domains: &[String]) -> Result<Vec<String>> {
    if domains.len() > MOST {
        return Err(faulty(vec![fault("/allowed_domains", &format!("may have at most {MOST} domains"))]));
    }
    let mut faults = Vec::new();
    let mut good: Vec<String> = Vec::with_capacity(domains.len());
    for (index, domain) in domains.iter().enumerate() {
        let lower = domain.trim().to_ascii_lowercase();
        match wrong(&lower) {
            Some(why) => faults.push(fault(&format!("/allowed_domains/{index}"), why)),
            None if good.contains(&lower) => {}
            None => good.push(lower),
        }
    }
    if faults.is_empty() { Ok(good) } else { Err(faulty(faults)) }
}

#[track_caller]
fn faulty(faults: Vec<Fault>) -> Error {
    Error::new(Code::InvalidBody, "Some of the allowed domains are not right").with_faults(faults)
}

fn fault(pointer: &str, message: &str) -> Fault {
    Fault { pointer: pointer.to_owned(), message: message.to_owned() }
}

fn wrong(domain: &str) -> Option<&'static str> {
    const SHAPE: &str = "must be a domain such as example.com, *.example.com or localhost:3000, or an origin such as https://shop.example";
    if domain.len() > LONGEST || !domain.is_ascii() {
        return Some("must have at most 253 ASCII characters; write names of other scripts in their xn-- form");
    }
    let (rest, wild) = match domain.strip_prefix("*.") {
        Some(rest) => (rest, true),
        None => (domain, false),
    };
    let rest = match ["https://", "http://"].iter().find_map(|scheme| rest.strip_prefix(scheme)) {
        Some(_) if wild => return Some(SHAPE),
        Some(rest) => rest,
        None => rest,
    };
    let (name, port) = rest.rsplit_once(':').map_or((rest, None), |(name, port)| (name, Some(port)));
    let good_port = |port: &str| !port.starts_with('0') && port.parse::<u16>().is_ok();
    if port.is_some_and(|port| !good_port(port)) || name.is_empty() || !name.split('.').all(is_label) {
        return Some(SHAPE);
    }
    if wild && !name.contains('.') {
        return Some("is too wide: a wildcard needs a domain of its own under it, such as *.example.com");
    }
    None
}

fn is_label(label: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
    (1..=63).contains(&label.len()) && label.bytes().all(plain) && !label.starts_with('-') && !label.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains_are_names_and_nothing_wider() {
        let good =
            ["example.com", "*.example.com", "localhost", "localhost:3000", "127.0.0.1:8080", "https://shop.example"];
        let given: Vec<String> = good.iter().map(|text| (*text).to_owned()).collect();
        assert_eq!(check(&given).unwrap(), good);
        let twice = ["Example.COM".to_owned(), " example.com ".to_owned()];
        assert_eq!(check(&twice).unwrap(), ["example.com"]);
        for bad in [
            "",
            "*",
            "*.",
            "*.com",
            "*.localhost",
            "*.*.com",
            "a.*.com",
            "*example.com",
            "https://*.example.com",
            "*.https://example.com",
            "example.com/path",
            "https://example.com/",
            "example.com:",
            "example.com:0",
            "example.com:99999",
            "example..com",
            ".example.com",
            "-a.com",
            "a b.com",
            "münchen.de",
            "user@example.com",
            "ftp://example.com",
        ] {
            let error = check(&["fine.example".to_owned(), bad.to_owned()]).unwrap_err();
            assert_eq!(
                (error.code, error.faults[0].pointer.as_str()),
                (Code::InvalidBody, "/allowed_domains/1"),
                "{bad}"
            );
        }
        assert!(check(&vec!["a.example".to_owned(); 51]).is_err());
        assert!(check(&["x".repeat(300)]).is_err());
    }
}
