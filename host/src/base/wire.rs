//! A widget tree's text becomes what is sent, in one walk: checked, compact, without nulls.
//!
//! This is the short way for what templates mostly print; `tree::check` and `tree::wire` on a parsed value are the long
//! one, and the judge: whatever is wrong with a text, or merely unusual (a name twice or with escapes, very many names in
//! one object), is left to it.
use super::tree::{self, MAX_NESTING, ROOTS};
use serde_json::Value;

/// A tree as it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wire {
    pub json: String,
    /// The root's `key`, else its `id`.
    pub key: Option<String>,
}

impl Wire {
    /// The long way, for a tree that has been checked.
    pub fn of(tree: Value) -> Wire {
        let own = |name: &str| tree.get(name).and_then(Value::as_str).map(str::to_owned);
        let key = own("key").or_else(|| own("id"));
        Wire { key, json: tree::wire(tree).to_string() }
    }
}

/// Members of one object whose names are told apart by looking at each.
const MOST_MEMBERS: usize = 48;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Root,
    Node,
    /// A property's value: anything.
    Plain,
}

struct Walk<'a> {
    text: &'a str,
    at: usize,
    out: String,
    /// Names of the objects that are open, one behind the other.
    names: Vec<&'a str>,
    depth: usize,
    key: Option<String>,
    id: Option<String>,
}

/// `None` where the long way has to decide.
pub fn compact(text: &str) -> Option<Wire> {
    let out = String::with_capacity(text.len());
    let mut walk = Walk { text, at: 0, out, names: Vec::new(), depth: 0, key: None, id: None };
    walk.space();
    walk.object(Kind::Root)?;
    walk.space();
    let done = walk.at == text.len();
    done.then_some(Wire { json: walk.out, key: walk.key.or(walk.id) })
}

impl<'a> Walk<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\t' | b'\r')) {
            self.at += 1;
        }
    }

    /// Whether the byte is next; it is taken then.
    fn takes(&mut self, byte: u8) -> bool {
        let there = self.peek() == Some(byte);
        self.at += usize::from(there);
        there
    }

    fn word(&mut self, word: &str) -> bool {
        let there = self.text.as_bytes().get(self.at..).is_some_and(|rest| rest.starts_with(word.as_bytes()));
        self.at += if there { word.len() } else { 0 };
        there
    }

    fn object(&mut self, kind: Kind) -> Option<()> {
        self.enter(b'{')?;
        let first_name = self.names.len();
        let mut has_type = false;
        let mut comma = false;
        self.space();
        if !self.takes(b'}') {
            loop {
                self.space();
                let name = self.name(first_name)?;
                self.space();
                if !self.takes(b':') {
                    return None;
                }
                self.space();
                if !self.word("null") {
                    self.separate(&mut comma);
                    self.out.push('"');
                    self.out.push_str(name);
                    self.out.push_str("\":");
                    has_type |= self.member(kind, name)?;
                } else if kind != Kind::Plain && name == "type" {
                    return None;
                }
                self.space();
                if self.takes(b'}') {
                    break;
                }
                if !self.takes(b',') {
                    return None;
                }
            }
        }
        self.names.truncate(first_name);
        self.leave('}');
        (has_type || kind == Kind::Plain).then_some(())
    }

    /// A member's value, which is not null; whether it is the type of a node.
    fn member(&mut self, kind: Kind, name: &str) -> Option<bool> {
        match name {
            _ if kind == Kind::Plain => self.value(Kind::Plain)?,
            "type" => {
                let value = self.string()?;
                let fits = kind == Kind::Node || value.is_some_and(|value| ROOTS.contains(&value));
                return fits.then_some(true);
            }
            "key" | "id" => {
                let value = self.string()?;
                if kind == Kind::Root {
                    // With escapes in it, it is no longer what it says.
                    let place = if name == "key" { &mut self.key } else { &mut self.id };
                    *place = Some(value?.to_owned());
                }
            }
            "children" => match self.peek()? {
                b'[' => self.array(Kind::Node)?,
                b'{' => self.object(Kind::Node)?,
                _ => return None,
            },
            _ => self.value(Kind::Plain)?,
        }
        Some(false)
    }

    fn array(&mut self, of: Kind) -> Option<()> {
        self.enter(b'[')?;
        let mut comma = false;
        self.space();
        if !self.takes(b']') {
            loop {
                self.space();
                if of == Kind::Node || !self.word("null") {
                    self.separate(&mut comma);
                    self.value(of)?;
                }
                self.space();
                if self.takes(b']') {
                    break;
                }
                if !self.takes(b',') {
                    return None;
                }
            }
        }
        self.leave(']');
        Some(())
    }

    fn value(&mut self, kind: Kind) -> Option<()> {
        match self.peek()? {
            b'{' => self.object(kind),
            _ if kind != Kind::Plain => None,
            b'[' => self.array(Kind::Plain),
            b'"' => self.string().map(drop),
            b'-' | b'0'..=b'9' => self.number(),
            _ => {
                let word = ["true", "false"].into_iter().find(|word| self.word(word))?;
                self.out.push_str(word);
                Some(())
            }
        }
    }

    fn enter(&mut self, open: u8) -> Option<()> {
        self.depth += 1;
        if self.depth > MAX_NESTING || !self.takes(open) {
            return None;
        }
        self.out.push(char::from(open));
        Some(())
    }

    fn leave(&mut self, close: char) {
        self.depth -= 1;
        self.out.push(close);
    }

    fn separate(&mut self, comma: &mut bool) {
        if std::mem::replace(comma, true) {
            self.out.push(',');
        }
    }

    /// A member's name; it is remembered, to see whether it comes again.
    fn name(&mut self, first: usize) -> Option<&'a str> {
        let (name, escaped) = self.quoted()?;
        let before = self.names.get(first..)?;
        if escaped || before.len() >= MOST_MEMBERS || before.contains(&name) {
            return None;
        }
        self.names.push(name);
        Some(name)
    }

    /// A string, which is written; `Some(None)` when it holds escapes.
    fn string(&mut self) -> Option<Option<&'a str>> {
        let (inside, escaped) = self.quoted()?;
        if !escaped || plainly_escaped(inside) {
            self.out.push('"');
            self.out.push_str(inside);
            self.out.push('"');
        } else {
            let begin = self.at.checked_sub(inside.len() + 2)?;
            let text: String = serde_json::from_str(self.text.get(begin..self.at)?).ok()?;
            self.out.push_str(&serde_json::to_string(&text).ok()?);
        }
        Some((!escaped).then_some(inside))
    }

    /// What stands between two quotes, and whether a backslash is in it.
    fn quoted(&mut self) -> Option<(&'a str, bool)> {
        if !self.takes(b'"') {
            return None;
        }
        let begin = self.at;
        let mut escaped = false;
        loop {
            let rest = self.text.as_bytes().get(self.at..)?;
            self.at += rest.iter().position(|b| matches!(b, b'"' | b'\\' | 0..=0x1f))?;
            match self.peek()? {
                b'"' => break,
                b'\\' => {
                    escaped = true;
                    self.at += 2;
                }
                // A bare control character is not JSON.
                _ => return None,
            }
        }
        let inside = self.text.get(begin..self.at)?;
        self.at += 1;
        Some((inside, escaped))
    }

    fn number(&mut self) -> Option<()> {
        let rest = self.text.get(self.at..)?;
        let length = rest.bytes().position(|b| !matches!(b, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E'));
        let token = rest.get(..length.unwrap_or(rest.len()))?;
        self.at += token.len();
        let digits = token.strip_prefix('-').unwrap_or(token);
        let whole = digits.len() <= 18 && digits.bytes().all(|b| b.is_ascii_digit());
        if whole && (token == "0" || !digits.is_empty() && !digits.starts_with('0')) {
            self.out.push_str(token);
        } else {
            let number: serde_json::Number = serde_json::from_str(token).ok()?;
            self.out.push_str(&number.to_string());
        }
        Some(())
    }
}

/// Whether every escape is one that serde_json would write too.
fn plainly_escaped(inside: &str) -> bool {
    let mut bytes = inside.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'\\' && !matches!(bytes.next(), Some(b'"' | b'\\' | b'b' | b'f' | b'n' | b'r' | b't')) {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    /// The long way.
    fn long(text: &str) -> Option<Wire> {
        let value: Value = serde_json::from_str(text).ok()?;
        if !tree::check(&value).is_empty() {
            return None;
        }
        Some(Wire::of(value))
    }

    #[test]
    fn what_templates_print_is_made_compact() {
        for text in [
            r#" {"type" : "Card", "key":null, "id": "x", "children": [ {"type":"Text","value":"a \"b\" \n \u00e9 \/"} ] } "#,
            r#"{"type":"Basic","children":{"type":"Row","children":[],"x":[null,1,[null],{"a":null}],"y":{}}}"#,
            r#"{"type":"ListView","n":[0,-1,1.50,1e3,-0,123456789012345678901234567890,18446744073709551615,0.1]}"#,
            "{\"type\":\"Card\",\"a\":true,\"b\":false,\"c\":\"\u{1F600}\u{7f}\",\"children\":null}",
        ] {
            assert_eq!(compact(text), long(text), "{text}");
            assert!(compact(text).is_some(), "{text}");
        }
    }

    #[test]
    fn whatever_is_wrong_or_unusual_is_left_to_the_long_way() {
        let deep = format!("{{\"type\":\"Card\",\"x\":{}{}}}", "[".repeat(100), "]".repeat(100));
        for text in [
            "",
            "[]",
            "{}",
            r#"{"type":"Row"}"#,
            r#"{"type":"Card"} x"#,
            r#"{"type":"Card",}"#,
            r#"{"type":"Card","a":01}"#,
            r#"{"type":"Card","a":1.}"#,
            r#"{"type":"Card","a":-}"#,
            r#"{"type":"Card","a":tru}"#,
            r#"{"type":"Card","a":nulls}"#,
            "{\"type\":\"Card\",\"a\":\"\n\"}",
            r#"{"type":"Card","a":"\x"}"#,
            r#"{"type":"Card","a":"\ud800"}"#,
            r#"{"type":"Card","a":1,"a":2}"#,
            r#"{"type":"Card","\u0061":1}"#,
            r#"{"type":"Card","key":7}"#,
            r#"{"type":"Card","key":"\u0061"}"#,
            r#"{"type":null,"children":[]}"#,
            r#"{"type":"Card","children":[null]}"#,
            r#"{"type":"Card","children":["x"]}"#,
            r#"{"type":"Card","children":[{"children":[]}]}"#,
            r#"{"type":"Card","children":"x"}"#,
            &deep,
        ] {
            assert_eq!(compact(text), None, "{text}");
        }
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(|f| json!(f)),
            "[a-z\"\\\\/<é\u{1}]{0,6}".prop_map(Value::from),
        ];
        let name = prop_oneof![Just("type"), Just("key"), Just("id"), Just("children"), Just("x"), Just("y")];
        let kind = prop_oneof![Just(json!("Card")), Just(json!("Row")), Just(json!("Text"))];
        leaf.prop_recursive(5, 48, 5, move |inner| {
            let node =
                (kind.clone(), prop::collection::vec((name.clone(), inner.clone()), 0..5)).prop_map(|(kind, rest)| {
                    let mut node = json!({"type": kind});
                    for (name, value) in rest {
                        node[name] = value;
                    }
                    node
                });
            prop_oneof![prop::collection::vec(inner, 0..5).prop_map(Value::from), node.clone(), node]
        })
    }

    proptest! {
        #[test]
        fn both_ways_lead_to_the_same(value in any_value(), pretty in any::<bool>()) {
            let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) }.unwrap();
            // Escapes in a key are for the long way.
            if !text.contains('\\') || compact(&text).is_some() {
                prop_assert_eq!(compact(&text), long(&text));
            }
        }

        /// A byte changed somewhere: the short way never takes what the long way refuses.
        #[test]
        fn damage_is_never_overlooked(value in any_value(), at in any::<prop::sample::Index>(), byte in 0u8..128) {
            let mut text = json!({"type": "Card", "children": [{"type": "Row", "x": value}]}).to_string().into_bytes();
            let at = at.index(text.len());
            text[at] = byte;
            if let Ok(text) = String::from_utf8(text)
                && let Some(short) = compact(&text)
            {
                prop_assert_eq!(Some(short), long(&text));
            }
        }
    }
}
