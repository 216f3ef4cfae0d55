//! For tests: a reader of the HTML written here that is stricter than any browser. What it lets pass has only known
//! elements, attributes, classes and URL schemes, nests as HTML demands, and refers to ids that exist.
use std::collections::{BTreeMap, BTreeSet};

const ELEMENTS: &str = "a blockquote body br button code del details div em form h1 h2 h3 h4 h5 h6 head header hr html img input \
    label li link main meta nav ol option p path pre rect section select span strong summary svg table tbody td textarea th \
    thead title tr ul";
const VOID: &str = "br hr img input link meta";
const ATTRIBUTES: &str = "action alt aria-describedby aria-hidden aria-invalid aria-label aria-labelledby autocomplete \
    autofocus charset checked class colspan content d decoding dir disabled fill fill-rule focusable for formnovalidate height href id \
    lang loading max method min name nonce pattern placeholder referrerpolicy rel required role rows rx scope selected src \
    start step stroke stroke-linecap stroke-linejoin stroke-width tabindex title type value viewBox width";
const TYPES: &str = "hidden text email number password tel url date checkbox radio submit button image/svg+xml";
/// None of these may stand within another of them.
const INTERACTIVE: &str = "a button input select textarea";

fn is_of(list: &str, word: &str) -> bool {
    list.split_whitespace().any(|one| one == word)
}

struct Reader<'h> {
    rest: &'h str,
    stack: Vec<String>,
    ids: BTreeMap<String, String>,
    refs: Vec<(&'static str, String)>,
    classes: BTreeSet<String>,
}

/// Panics at the first thing that is wrong; gives the classes that were used.
pub(super) fn check(html: &str) -> BTreeSet<String> {
    let rest = html.strip_prefix("<!doctype html>\n").unwrap_or(html);
    let (stack, ids, refs, classes) = Default::default();
    let mut reader = Reader { rest, stack, ids, refs, classes };
    while !reader.rest.is_empty() {
        match reader.rest.strip_prefix('<') {
            Some(rest) => match rest.strip_prefix('/') {
                Some(rest) => reader.end(rest),
                None => reader.start(rest),
            },
            None => {
                let end = reader.rest.find('<').unwrap_or(reader.rest.len());
                let text = decode(&reader.rest[..end]);
                let parent = reader.stack.last().map_or("", String::as_str);
                let only_elements = is_of("ul ol table thead tbody tr select svg head", parent);
                assert!(!only_elements || text.trim().is_empty(), "text in <{parent}>: {text:?}");
                reader.rest = &reader.rest[end..];
            }
        }
    }
    assert!(reader.stack.is_empty(), "left open: {:?}", reader.stack);
    for (kind, id) in &reader.refs {
        let element = reader.ids.get(id).unwrap_or_else(|| panic!("{kind} refers to {id}, which is not there"));
        if *kind == "for" {
            assert!(is_of("input select textarea button", element), "a label for a <{element}>");
        }
    }
    reader.classes
}

impl<'h> Reader<'h> {
    fn word(&mut self) -> &'h str {
        let end = self.rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word
    }

    fn end(&mut self, rest: &'h str) {
        self.rest = rest;
        let name = self.word();
        assert_eq!(self.stack.pop().as_deref(), Some(name), "wrong end tag");
        self.rest = self.rest.strip_prefix('>').expect("end tag without end");
    }

    fn start(&mut self, rest: &'h str) {
        self.rest = rest;
        let name = self.word();
        assert!(is_of(ELEMENTS, name), "element <{name}>");
        let mut attributes = BTreeMap::new();
        while let Some(rest) = self.rest.strip_prefix(' ') {
            self.rest = rest;
            let attribute = self.word();
            assert!(is_of(ATTRIBUTES, attribute), "attribute {attribute:?} in <{name}>");
            let mut value = String::new();
            if let Some(rest) = self.rest.strip_prefix("=\"") {
                let end = rest.find('"').expect("attribute without end");
                value = decode(&rest[..end]);
                self.rest = &rest[end + 1..];
            }
            self.attribute(name, attribute, &value);
            assert!(attributes.insert(attribute, value).is_none(), "{attribute} twice");
        }
        self.rest =
            self.rest.strip_prefix('>').unwrap_or_else(|| panic!("in <{name}>: {}", self.rest.get(..40).unwrap_or("")));
        self.nesting(name, &attributes);
        if !is_of(VOID, name) {
            self.stack.push(name.to_owned());
        }
    }

    fn attribute(&mut self, element: &str, attribute: &str, value: &str) {
        match attribute {
            "id" => {
                assert!(
                    value.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'),
                    "id {value:?}"
                );
                assert!(self.ids.insert(value.to_owned(), element.to_owned()).is_none(), "id {value} twice");
            }
            "class" => {
                for class in value.split(' ') {
                    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
                    assert!(!class.is_empty() && class.bytes().all(plain), "class {value:?}");
                    self.classes.insert(class.to_owned());
                }
            }
            "href" | "action" | "src" => self.url(element, attribute, value),
            "type" => assert!(is_of(TYPES, value), "type {value:?}"),
            "method" => assert!(value == "post" || value == "get"),
            "for" => self.refs.push(("for", value.to_owned())),
            "aria-labelledby" => self.refs.push(("aria-labelledby", value.to_owned())),
            "aria-describedby" => self.refs.push(("aria-describedby", value.to_owned())),
            "width" | "height" | "rows" | "colspan" | "start" => {
                assert!(value.parse::<u32>().is_ok(), "{attribute} {value:?}")
            }
            _ => {}
        }
    }

    /// As the URL standard reads a scheme, written anew here.
    fn url(&mut self, element: &str, attribute: &str, value: &str) {
        if let Some(id) = value.strip_prefix('#') {
            if element == "a" && id.starts_with("iw-") {
                self.refs.push(("href", id.to_owned()));
            }
            return;
        }
        let read: String = value.chars().filter(|c| !"\t\n\r".contains(*c)).collect();
        let read = read.trim_start_matches(|c: char| c <= ' ').to_ascii_lowercase();
        let is_scheme = |s: &str| {
            s.starts_with(|c: char| c.is_ascii_alphabetic())
                && s.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
        };
        if let Some((scheme, rest)) = read.split_once(':').filter(|(scheme, _)| is_scheme(scheme)) {
            let image = scheme == "data" && rest.starts_with("image/") && element == "img" && attribute == "src";
            let link = matches!(scheme, "mailto" | "tel") && element == "a";
            assert!(matches!(scheme, "http" | "https") || image || link, "{element} {attribute} {value:?}");
        }
        if element == "form" {
            assert!(value.starts_with('/'), "a form to {value:?}");
        }
    }

    fn nesting(&mut self, name: &str, attributes: &BTreeMap<&str, String>) {
        let within = |outer: &str| self.stack.iter().any(|open| is_of(outer, open));
        if name == "form" {
            assert!(!within("form"), "a form in a form");
        }
        if is_of(INTERACTIVE, name) && attributes.get("type").map(String::as_str) != Some("hidden") {
            assert!(!within("a button select textarea"), "<{name}> within {:?}", self.stack);
        }
        if is_of("div p ul ol form section table li h1 h2 h3 h4 h5 h6 hr blockquote pre details", name) {
            assert!(!within("p button a span label h1 h2 h3 h4 h5 h6"), "<{name}> within {:?}", self.stack);
        }
        match (name, self.stack.last().map(String::as_str)) {
            ("li", parent) => assert!(matches!(parent, Some("ul" | "ol")), "<li> in {parent:?}"),
            ("option", parent) => assert_eq!(parent, Some("select")),
            ("tr", parent) => assert!(matches!(parent, Some("tbody" | "thead")), "<tr> in {parent:?}"),
            ("td" | "th", parent) => assert_eq!(parent, Some("tr")),
            (_, Some(parent @ ("ul" | "ol" | "table" | "tbody" | "tr"))) if !is_of("thead tbody", name) => {
                panic!("<{name}> in <{parent}>")
            }
            (_, Some("select")) => panic!("<{name}> in <select>"),
            (_, Some("textarea" | "title" | "option")) => panic!("<{name}> where only text can be"),
            _ => {}
        }
        let is_named = |key: &str| attributes.get(key).is_some_and(|value| value.starts_with("inlay-"));
        let hidden = attributes.get("type").map(String::as_str) == Some("hidden");
        assert!(!is_named("name") || hidden || name == "button", "a control of a tree takes a name of ours");
    }
}

/// Text or an attribute's value. Panics where something is not escaped or no HTML text at all.
fn decode(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(index) = rest.find(['&', '<', '>', '"']) {
        out.push_str(&rest[..index]);
        assert!(rest[index..].starts_with('&'), "not escaped: {:?}", rest.get(index..).unwrap_or(""));
        let end = rest[index..].find(';').expect("a bare ampersand") + index;
        out.push_str(match &rest[index..=end] {
            "&amp;" => "&",
            "&lt;" => "<",
            "&gt;" => ">",
            "&quot;" => "\"",
            "&#39;" => "'",
            other => panic!("{other:?}"),
        });
        rest = &rest[end + 1..];
    }
    out.push_str(rest);
    assert!(!out.contains(|c: char| c.is_control() && c != '\n' && c != '\t'), "control characters");
    out
}
