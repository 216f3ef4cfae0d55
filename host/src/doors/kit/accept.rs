//! What the caller would like to read: JSON or HTML, and in which language.
use axum::http::{HeaderMap, header};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wants {
    Json,
    Html,
    /// Neither of the two is acceptable.
    Neither,
}

/// How well a media type is accepted: its weight in thousandths, and how exactly it was named (0 not at all, 1 `*/*`,
/// 2 `type/*`, 3 by name). The most exact range decides, as RFC 9110 says.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Wish {
    exact: u8,
    weight: u16,
}

impl Wish {
    fn hear(&mut self, exact: u8, weight: u16) {
        // Of two equally exact ranges the one that is wanted more counts.
        if exact > self.exact || (exact == self.exact && weight > self.weight) {
            *self = Wish { exact, weight };
        }
    }
}

/// JSON unless HTML is wanted more, or is named where JSON is only let in by a wildcard.
pub fn wants(headers: &HeaderMap) -> Wants {
    let all = || headers.get_all(header::ACCEPT).iter();
    let first = all().next().map_or(&b"*/*"[..], |value| value.as_bytes());
    // What programs send, without a closer look.
    if matches!(first, b"*/*" | b"application/json" | b"") && all().nth(1).is_none() {
        return Wants::Json;
    }
    let (mut json, mut html) = (Wish::default(), Wish::default());
    for range in all().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')) {
        let mut parts = range.split(';').map(str::trim);
        let media = parts.next().unwrap_or_default();
        let weight =
            parts.find_map(|p| p.strip_prefix("q=").or_else(|| p.strip_prefix("Q="))).map_or(1000, thousandths);
        if media == "*/*" {
            json.hear(1, weight);
            html.hear(1, weight);
        } else if media.eq_ignore_ascii_case("text/*") {
            html.hear(2, weight);
        } else if media.eq_ignore_ascii_case("application/*") {
            json.hear(2, weight);
        } else if media.eq_ignore_ascii_case("text/html") {
            html.hear(3, weight);
        } else if media.eq_ignore_ascii_case("application/json")
            || media.eq_ignore_ascii_case("application/problem+json")
        {
            json.hear(3, weight);
        }
    }
    match (json.weight, html.weight) {
        (0, 0) => Wants::Neither,
        (j, h) if h > j || (h == j && html.exact > json.exact) => Wants::Html,
        _ => Wants::Json,
    }
}

/// A compressed form of a body that we have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    Brotli,
    Gzip,
    Plain,
}

/// The smallest form that the caller says it can read. `*` alone names none.
pub fn encoding(headers: &HeaderMap) -> Encoding {
    let all = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let mut found = Encoding::Plain;
    for one in all.flat_map(|value| value.split(',')) {
        let mut parts = one.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        if parts
            .find_map(|p| p.strip_prefix("q=").or_else(|| p.strip_prefix("Q=")))
            .is_some_and(|q| thousandths(q) == 0)
        {
            continue;
        }
        if name.eq_ignore_ascii_case("br") {
            return Encoding::Brotli;
        }
        if name.eq_ignore_ascii_case("gzip") {
            found = Encoding::Gzip;
        }
    }
    found
}

/// "0.85" is 850; what is not a weight counts as 1.
fn thousandths(text: &str) -> u16 {
    match text.parse::<f32>() {
        Ok(weight) if (0.0..=1.0).contains(&weight) => (weight * 1000.0) as u16,
        _ => 1000,
    }
}

/// The language that is wanted most, as a BCP 47 tag; "en" when nothing usable was sent.
pub fn locale(headers: &HeaderMap) -> String {
    let sent = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut best: Option<(&str, u16)> = None;
    for range in sent.split(',').take(32) {
        let mut parts = range.split(';').map(str::trim);
        let tag = parts.next().unwrap_or_default();
        let weight = parts.find_map(|p| p.strip_prefix("q=")).map_or(1000, thousandths);
        if is_tag(tag) && weight > best.map_or(0, |(_, w)| w) {
            best = Some((tag, weight));
        }
    }
    best.map_or("en", |(tag, _)| tag).to_owned()
}

fn is_tag(tag: &str) -> bool {
    let first = tag.split('-').next().unwrap_or_default();
    (2..=8).contains(&first.len())
        && first.bytes().all(|b| b.is_ascii_alphabetic())
        && tag.len() <= 35
        && tag.split('-').all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric()))
}

/// Whether `If-None-Match` names `etag` (weak comparison), so that 304 is the answer.
pub fn has_it_already(headers: &HeaderMap, etag: &str) -> bool {
    let strong = etag.strip_prefix("W/").unwrap_or(etag);
    headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|v| v.split(','))
        .any(|one| {
            let one = one.trim();
            one == "*" || one.strip_prefix("W/").unwrap_or(one) == strong
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn the_smallest_form_that_is_accepted() {
        for (sent, expected) in [
            (&["gzip, deflate, br, zstd"][..], Encoding::Brotli),
            (&["gzip", "BR"], Encoding::Brotli),
            (&["br;q=0, gzip;q=0.5"], Encoding::Gzip),
            (&["br;q=0.0,gzip;q=0"], Encoding::Plain),
            (&["*"], Encoding::Plain),
            (&["brx, xgzip"], Encoding::Plain),
            (&[], Encoding::Plain),
        ] {
            assert_eq!(encoding(&with(header::ACCEPT_ENCODING, sent)), expected, "{sent:?}");
        }
    }

    fn with(name: header::HeaderName, values: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(&name, HeaderValue::from_str(value).unwrap());
        }
        headers
    }

    #[test]
    fn the_media_type_follows_the_weights() {
        use Wants::*;
        const FIREFOX: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
        for (accept, expected) in [
            (&[][..], Json),
            (&["*/*"], Json),
            (&[""], Json),
            (&["application/json"], Json),
            (&["application/problem+json"], Json),
            (&[FIREFOX], Html),
            (&["text/html"], Html),
            (&["TEXT/HTML"], Html),
            (&["text/*"], Html),
            (&["application/*"], Json),
            (&["text/html, application/json"], Json),
            (&["text/html;q=0.8, application/json;q=0.9"], Json),
            (&["text/html;q=0.9, application/json;q=0.8"], Html),
            (&["text/html;level=1;q=0.4, application/json;q=0.3"], Html),
            (&["text/html, */*"], Html),
            (&["application/json;q=0, */*"], Html),
            (&["text/html;q=0, */*;q=0.1"], Json),
            (&["image/png"], Neither),
            (&["text/html;q=0"], Neither),
            (&["*/*;q=0"], Neither),
            (&["text/html;q=nonsense"], Html),
            (&["*/*", "text/html"], Html),
            (&["image/png", "application/json"], Json),
        ] {
            assert_eq!(wants(&with(header::ACCEPT, accept)), expected, "{accept:?}");
        }
    }

    #[test]
    fn the_language_is_the_one_wanted_most() {
        for (sent, expected) in [
            (&[][..], "en"),
            (&["de"], "de"),
            (&["de-CH, de;q=0.9, en;q=0.8"], "de-CH"),
            (&["en;q=0.5, fr-FR;q=0.9"], "fr-FR"),
            (&["*"], "en"),
            (&["<script>, zh-Hant-TW;q=0.1"], "zh-Hant-TW"),
            (&["de;q=0"], "en"),
            (&["x"], "en"),
        ] {
            assert_eq!(locale(&with(header::ACCEPT_LANGUAGE, sent)), expected, "{sent:?}");
        }
    }

    #[test]
    fn entity_tags_compare_weakly() {
        for (sent, expected) in [
            (&[][..], false),
            (&["\"a\""], true),
            (&["W/\"a\""], true),
            (&["\"b\", \"a\""], true),
            (&["\"b\"", "\"a\""], true),
            (&["*"], true),
            (&["\"b\""], false),
            (&["a"], false),
        ] {
            assert_eq!(has_it_already(&with(header::IF_NONE_MATCH, sent), "\"a\""), expected, "{sent:?}");
        }
    }
}
