//! On which pages a publishable credential may be used.
use crate::base::error::{Code, Error, Result};

/// `domains`: `example.com`, `*.example.com` (any depth, not the domain itself), or whole origins; none: everywhere.
/// `page`: an origin, as a browser sends it. Only browsers tell the truth here, and only they are what this is about: a
/// program can send whatever it likes, so a request without an origin passes. Errors: `origin_not_allowed`.
pub(super) fn allowed(domains: &[String], page: Option<&str>) -> Result<()> {
    let Some(page) = page else { return Ok(()) };
    if domains.is_empty() || domains.iter().any(|domain| fits(domain, page)) {
        return Ok(());
    }
    Err(Error::new(Code::OriginNotAllowed, "The page that sent this is not among those on which the key may be used"))
}

fn fits(domain: &str, page: &str) -> bool {
    if domain.contains("://") {
        return domain.eq_ignore_ascii_case(page);
    }
    let host = page.split_once("://").map_or("", |(_, rest)| rest);
    // A port belongs to the host only where the domain names one.
    let bare = if domain.contains(':') { host } else { host.rsplit_once(':').map_or(host, |(name, _)| name) };
    match domain.strip_prefix("*.") {
        None => bare.eq_ignore_ascii_case(domain),
        Some(parent) => {
            let cut = bare.len().checked_sub(parent.len()).filter(|cut| *cut > 1);
            cut.and_then(|cut| bare.split_at_checked(cut))
                .is_some_and(|(sub, end)| sub.ends_with('.') && end.eq_ignore_ascii_case(parent))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains_fit_whole_names() {
        let table = [
            ("example.com", "https://example.com", true),
            ("example.com", "http://EXAMPLE.com:8080", true),
            ("example.com", "https://www.example.com", false),
            ("example.com", "https://badexample.com", false),
            ("example.com", "https://example.com.evil.test", false),
            ("*.example.com", "https://www.example.com", true),
            ("*.example.com", "https://a.b.example.com:444", true),
            ("*.example.com", "https://example.com", false),
            ("*.example.com", "https://xexample.com", false),
            ("*.example.com", "https://.example.com", false),
            ("localhost:3000", "http://localhost:3000", true),
            ("localhost:3000", "http://localhost:3001", false),
            ("https://shop.example", "https://shop.example", true),
            ("https://shop.example", "http://shop.example", false),
            ("example.com", "null", false),
        ];
        for (domain, page, fine) in table {
            assert_eq!(allowed(&[domain.to_owned()], Some(page)).is_ok(), fine, "{domain} {page}");
        }
        assert!(allowed(&[], Some("null")).is_ok() && allowed(&["a.example".into()], None).is_ok());
    }
}
