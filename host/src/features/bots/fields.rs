//! What can be said of a bot, checked.
use crate::base::error::{Code, Error, Fault, Result};
use serde_json::{Map, Value};

const LONGEST_NAME: usize = 100;
pub(super) const LONGEST_SLUG: usize = 60;
const LONGEST_PROMPT: usize = 32_000;
const LONGEST_WELCOME: usize = 2_000;
const LONGEST_COLOUR: usize = 64;
const LONGEST_ADDRESS: usize = 2_048;
/// Code points of a bubble's sign: one character for people may be several, such as a flag.
const LONGEST_SIGN: usize = 16;
const MOST_ORIGINS: usize = 50;
const THEMES: &[&str] = &["light", "dark", "auto"];
const POSITIONS: &[&str] = &["bottom-right", "bottom-left", "top-right", "top-left"];

/// What somebody wants a bot to be; what is absent stays as it is, or gets its default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    pub name: Option<String>,
    pub slug: Option<String>,
    pub system_prompt: Option<String>,
    pub welcome_message: Option<String>,
    pub theme: Option<String>,
    pub primary_color: Option<String>,
    pub position: Option<String>,
    pub bubble_icon: Option<String>,
    pub enable_streaming: Option<bool>,
    /// Milliseconds between two pieces of a streamed answer.
    pub streaming_speed: Option<u32>,
    pub active: Option<bool>,
    pub allowed_origins: Option<Vec<String>>,
    /// Conversations at the same time.
    pub max_sessions: Option<u32>,
}

impl Wish {
    /// Reads a wish; null counts as absent, and members that are no field are passed over. Errors: `invalid_body` with a
    /// fault for each field that is wrong.
    pub fn read(mut from: Map<String, Value>) -> Result<Wish> {
        let mut desk = Desk { from: &mut from, faults: Vec::new() };
        let wish = Wish {
            name: desk.text("name", name),
            slug: desk.text("slug", slug),
            system_prompt: desk.text("system_prompt", |text| prose(text, LONGEST_PROMPT)),
            welcome_message: desk.text("welcome_message", |text| prose(text, LONGEST_WELCOME)),
            theme: desk.text("theme", |text| one_of(text, THEMES)),
            primary_color: desk.text("primary_color", colour),
            position: desk.text("position", |text| one_of(text, POSITIONS)),
            bubble_icon: desk.text("bubble_icon", icon),
            enable_streaming: desk.flag("enable_streaming"),
            streaming_speed: desk.number("streaming_speed", 0, 1_000),
            active: desk.flag("active"),
            allowed_origins: desk.origins(),
            max_sessions: desk.number("max_sessions", 1, 1_000_000),
        };
        match desk.faults {
            faults if faults.is_empty() => Ok(wish),
            faults => Err(Error::new(Code::InvalidBody, "Some fields of the bot are not right").with_faults(faults)),
        }
    }
}

/// Reads fields, and gathers what is wrong with them.
struct Desk<'a> {
    from: &'a mut Map<String, Value>,
    faults: Vec<Fault>,
}

impl Desk<'_> {
    fn fault(&mut self, field: &str, message: impl Into<String>) {
        self.faults.push(Fault { pointer: format!("/{field}"), message: message.into() });
    }

    fn take(&mut self, field: &str) -> Option<Value> {
        self.from.remove(field).filter(|value| !value.is_null())
    }

    fn text(&mut self, field: &str, check: impl Fn(&str) -> Result<String, String>) -> Option<String> {
        let checked = match self.take(field)? {
            Value::String(text) => check(&text),
            _ => Err("must be a string".to_owned()),
        };
        checked.map_err(|message| self.fault(field, message)).ok()
    }

    fn flag(&mut self, field: &str) -> Option<bool> {
        let value = self.take(field)?;
        if !value.is_boolean() {
            self.fault(field, "must be true or false");
        }
        value.as_bool()
    }

    fn number(&mut self, field: &str, least: u32, most: u32) -> Option<u32> {
        let value = self.take(field)?;
        let number = value.as_u64().and_then(|number| u32::try_from(number).ok());
        let number = number.filter(|number| (least..=most).contains(number));
        if number.is_none() {
            self.fault(field, format!("must be a whole number from {least} to {most}"));
        }
        number
    }

    fn origins(&mut self) -> Option<Vec<String>> {
        const FIELD: &str = "allowed_origins";
        let Value::Array(all) = self.take(FIELD)? else {
            self.fault(FIELD, "must be a list of strings");
            return None;
        };
        if all.len() > MOST_ORIGINS {
            self.fault(FIELD, format!("may have at most {MOST_ORIGINS} entries"));
            return None;
        }
        let mut origins: Vec<String> = Vec::with_capacity(all.len());
        for (at, one) in all.iter().enumerate() {
            match one.as_str().map(str::trim).and_then(origin) {
                Some(origin) if origins.contains(&origin) => {}
                Some(origin) => origins.push(origin),
                None => self.fault(
                    &format!("{FIELD}/{at}"),
                    "must be a host such as example.com or *.example.com, or an origin such as https://example.com",
                ),
            }
        }
        // "*" is how the older API says "every page"; here an empty list does.
        if origins.iter().any(|origin| origin == "*") { Some(Vec::new()) } else { Some(origins) }
    }
}

fn bounded(text: &str, most: usize) -> Result<(), String> {
    match text.chars().count() {
        n if n > most => Err(format!("may have at most {most} characters")),
        _ => Ok(()),
    }
}

fn name(text: &str) -> Result<String, String> {
    let text = text.trim();
    bounded(text, LONGEST_NAME)?;
    if text.is_empty() || text.chars().any(char::is_control) {
        return Err("must have 1 to 100 characters, none of them a control character".to_owned());
    }
    Ok(text.to_owned())
}

fn slug(text: &str) -> Result<String, String> {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    let fits = (1..=LONGEST_SLUG).contains(&text.len())
        && text.bytes().all(plain)
        && !text.starts_with('-')
        && !text.ends_with('-');
    fits.then(|| text.to_owned()).ok_or_else(|| {
        format!("must have 1 to {LONGEST_SLUG} characters of a-z, 0-9 and -, and neither begin nor end with -")
    })
}

/// Text of several lines.
fn prose(text: &str, most: usize) -> Result<String, String> {
    bounded(text, most)?;
    if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return Err("may not have control characters but line breaks and tabs".to_owned());
    }
    Ok(text.to_owned())
}

fn one_of(text: &str, words: &[&str]) -> Result<String, String> {
    words.contains(&text).then(|| text.to_owned()).ok_or_else(|| format!("must be one of {}", words.join(", ")))
}

fn colour(text: &str) -> Result<String, String> {
    let text = text.trim();
    let real = text.len() <= LONGEST_COLOUR && csscolorparser::parse(text).is_ok();
    // The parser takes "1d4ed8" and hsv() too, which no browser does.
    let ours_alone = text.bytes().all(|b| b.is_ascii_hexdigit()) || text.to_ascii_lowercase().starts_with("hsv");
    if !real || ours_alone {
        return Err("must be a CSS colour, such as #1d4ed8, rgb(29 78 216) or rebeccapurple".to_owned());
    }
    Ok(text.to_owned())
}

/// A character, or the address of a picture.
fn icon(text: &str) -> Result<String, String> {
    let text = text.trim();
    let address = text.strip_prefix("https://").or_else(|| text.strip_prefix('/'));
    let plain = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '\'' | '<' | '>' | '\\' | '`' | '(' | ')');
    let fits = match address {
        Some(rest) => {
            !rest.is_empty() && !rest.starts_with('/') && text.len() <= LONGEST_ADDRESS && text.chars().all(plain)
        }
        None => {
            let some = (1..=LONGEST_SIGN).contains(&text.chars().count());
            some && !text.contains(':') && !text.chars().any(|c| c.is_control() || matches!(c, '<' | '>' | '&'))
        }
    };
    fits.then(|| text.to_owned()).ok_or_else(|| "must be a character, or the https address of a picture".to_owned())
}

/// A host, perhaps with a port, perhaps any below it; or a whole origin. In lower case.
fn origin(text: &str) -> Option<String> {
    if text == "*" {
        return Some(text.to_owned());
    }
    let text = text.to_ascii_lowercase();
    let (whole, host) = match text.split_once("://") {
        Some(("http" | "https", host)) => (true, host.strip_suffix('/').unwrap_or(host)),
        Some(_) => return None,
        None => (false, text.as_str()),
    };
    let (name, port) = host.rsplit_once(':').map_or((host, None), |(name, port)| (name, Some(port)));
    let name = if whole { name } else { name.strip_prefix("*.").unwrap_or(name) };
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let port_fits = port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0) && !port.starts_with('+'));
    let fits = name.len() <= 253 && name.split('.').all(label) && port_fits;
    fits.then(|| text.trim_end_matches('/').to_owned())
}

/// What a bot is called in addresses, made of its name: its letters and digits, hyphens between them.
pub(super) fn slug_of(name: &str) -> String {
    let mut slug = String::new();
    for c in name.to_lowercase().chars() {
        match c {
            'a'..='z' | '0'..='9' => slug.push(c),
            _ if slug.ends_with('-') || slug.is_empty() => {}
            _ => slug.push('-'),
        }
    }
    slug.truncate(LONGEST_SLUG - 4);
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() { "bot".to_owned() } else { slug.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn faulty(field: &str, value: Value) -> bool {
        let body = json!({ field: value });
        match Wish::read(body.as_object().unwrap().clone()) {
            Ok(_) => false,
            Err(error) => {
                assert_eq!(error.code, Code::InvalidBody);
                assert!(error.faults.iter().all(|fault| fault.pointer.starts_with(&format!("/{field}"))));
                true
            }
        }
    }

    #[test]
    fn fields_are_what_they_say() {
        let good = [
            ("name", json!("Ana Ω")),
            ("slug", json!("soporte-2")),
            ("system_prompt", json!("Be brief.\n\tAlways.")),
            ("theme", json!("auto")),
            ("primary_color", json!("#1d4ed8")),
            ("primary_color", json!("rgb(29 78 216 / 50%)")),
            ("primary_color", json!("rebeccapurple")),
            ("primary_color", json!("oklch(60% 0.2 250)")),
            ("position", json!("top-left")),
            ("bubble_icon", json!("💬")),
            ("bubble_icon", json!("🏳️‍🌈")),
            ("bubble_icon", json!("https://cdn.example/i.svg?v=1")),
            ("streaming_speed", json!(0)),
            ("max_sessions", json!(1_000_000)),
            ("allowed_origins", json!(["example.com", "*.example.com", "https://a.example:8443", "localhost:3000"])),
            ("theme", json!(null)),
        ];
        for (field, value) in good {
            assert!(!faulty(field, value.clone()), "{field} {value}");
        }
        let bad = [
            ("name", json!("")),
            ("name", json!("a\u{7}b")),
            ("name", json!("x".repeat(101))),
            ("name", json!(7)),
            ("slug", json!("-a")),
            ("slug", json!("Über")),
            ("system_prompt", json!("a\u{0}b")),
            ("welcome_message", json!("x".repeat(2_001))),
            ("theme", json!("blue")),
            ("primary_color", json!("1d4ed8")),
            ("primary_color", json!("red;}body{display:none")),
            ("primary_color", json!("url(javascript:alert(1))")),
            ("primary_color", json!("var(--x)")),
            ("position", json!("middle")),
            ("bubble_icon", json!("javascript:alert(1)")),
            ("bubble_icon", json!("http://plain.example/i.png")),
            ("bubble_icon", json!("<svg>")),
            ("bubble_icon", json!("https://x.example/\"><script>")),
            ("enable_streaming", json!("yes")),
            ("streaming_speed", json!(1_001)),
            ("streaming_speed", json!(1.5)),
            ("streaming_speed", json!(-1)),
            ("max_sessions", json!(0)),
            ("allowed_origins", json!("example.com")),
            ("allowed_origins", json!(["ftp://example.com"])),
            ("allowed_origins", json!(["https://*.example.com"])),
            ("allowed_origins", json!(["https://example.com/path"])),
            ("allowed_origins", json!(["exa mple.com"])),
            ("allowed_origins", json!(["a.example:0"])),
            ("allowed_origins", json!(vec!["a.example"; 51])),
        ];
        for (field, value) in bad {
            assert!(faulty(field, value.clone()), "{field} {value}");
        }
    }

    #[test]
    fn every_page_is_an_empty_list() {
        let read = |list: Value| Wish::read(json!({"allowed_origins": list}).as_object().unwrap().clone()).unwrap();
        assert_eq!(read(json!(["a.example", "*"])).allowed_origins, Some(vec![]));
        assert_eq!(read(json!(["A.example", "a.example"])).allowed_origins, Some(vec!["a.example".to_owned()]));
        assert_eq!(read(json!(["https://A.example/"])).allowed_origins, Some(vec!["https://a.example".to_owned()]));
    }

    #[test]
    fn slugs_come_of_names() {
        for (name, expected) in
            [("Sales Bot", "sales-bot"), ("  Ünal & Co. ", "nal-co"), ("日本", "bot"), ("a", "a"), ("--", "bot")]
        {
            assert_eq!(slug_of(name), expected);
        }
        assert!(slug(&slug_of(&"long name ".repeat(20))).is_ok());
    }
}
