//! Which addresses a widget may carry. What is not allowed is said to the author, and never reaches a page.

/// What an address is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UrlUse {
    /// Somewhere to go: http, https, mailto, tel, relative.
    Link,
    /// The source of a picture: http, https, `data:image/…`, relative.
    Image,
}

/// The address as a browser would read it (outer blanks and all tabs and line ends gone), if its scheme is allowed.
/// `None` for every other scheme; a scheme that a browser does not see as one is a relative address and allowed.
pub fn safe_url(raw: &str, usage: UrlUse) -> Option<String> {
    let url: String =
        raw.trim_matches(|c: char| c <= ' ').chars().filter(|c| !matches!(c, '\t' | '\n' | '\r')).collect();
    if url.is_empty() || url.chars().any(char::is_control) {
        return None;
    }
    let Some(scheme) = scheme(&url) else { return Some(url) };
    let allowed = match scheme.as_str() {
        "http" | "https" => true,
        "mailto" | "tel" => usage == UrlUse::Link,
        "data" => usage == UrlUse::Image && is_data_image(&url),
        _ => false,
    };
    allowed.then_some(url)
}

fn scheme(url: &str) -> Option<String> {
    let end = url.find([':', '/', '?', '#', '\\'])?;
    let (scheme, rest) = url.split_at_checked(end)?;
    rest.starts_with(':').then(|| scheme.to_ascii_lowercase())
}

fn is_data_image(url: &str) -> bool {
    let rest = url.get(5..).unwrap_or_default().to_ascii_lowercase();
    let Some(subtype) = rest.strip_prefix("image/") else { return false };
    let end = subtype.find([';', ',']).unwrap_or(0);
    end > 0 && subtype.bytes().take(end).all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
}
