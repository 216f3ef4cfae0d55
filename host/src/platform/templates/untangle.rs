//! Takes the marks out of what a template printed: one walk with a JSON lexer's eye. The rule is in the folder's header.
use super::marks::{FRAGMENT, FRAGMENT_END, TEXT, TEXT_END};

/// JSON text without marks.
pub(super) struct Clean {
    pub(super) text: String,
    /// Pairs of offsets, in the clean and the printed text, ascending; what lies between runs in step.
    steps: Vec<(usize, usize)>,
}

impl Clean {
    /// Where in the printed text an offset of the clean one comes from.
    pub(super) fn source_of(&self, at: usize) -> usize {
        let before = self.steps.partition_point(|(clean, _)| *clean <= at);
        let (clean, printed) = before.checked_sub(1).and_then(|i| self.steps.get(i)).copied().unwrap_or((0, 0));
        printed + (at - clean)
    }
}

/// What broke the rule, and where in the printed text.
pub(super) struct Tangle {
    pub(super) at: usize,
    pub(super) message: String,
}

struct Walk {
    out: String,
    steps: Vec<(usize, usize)>,
    in_quotes: bool,
    /// The character before was a backslash inside quotes.
    escaped: bool,
    /// The string that is open, or that was the last thing, shows text: it may not become a name.
    shows_text: bool,
    /// For each open fragment: whether it began inside quotes.
    fragments: Vec<bool>,
}

const CUT: &str = "a string that is shown was cut in two; slice it before it is captured";

pub(super) fn untangle(printed: &str) -> Result<Clean, Tangle> {
    let out = String::with_capacity(printed.len());
    let mut walk =
        Walk { out, steps: Vec::new(), in_quotes: false, escaped: false, shows_text: false, fragments: Vec::new() };
    let mut at = 0;
    while let Some(c) = printed.get(at..).and_then(|rest| rest.chars().next()) {
        match c {
            TEXT => {
                let begin = at + c.len_utf8();
                let Some(end) = printed.get(begin..).and_then(|s| s.find(TEXT_END)).map(|n| begin + n) else {
                    return Err(tangle(at, CUT));
                };
                let text = printed.get(begin..end).unwrap_or_default();
                if text.contains([TEXT, FRAGMENT, FRAGMENT_END]) {
                    return Err(tangle(at, CUT));
                }
                walk.text(at, text)?;
                at = end + TEXT_END.len_utf8();
                walk.steps.push((walk.out.len(), at));
                continue;
            }
            TEXT_END => {
                return Err(tangle(at, CUT));
            }
            FRAGMENT => walk.open(at)?,
            FRAGMENT_END => walk.close(at)?,
            _ => walk.said(at, c)?,
        }
        at += c.len_utf8();
        at += walk.run(printed.get(at..).unwrap_or_default());
    }
    match walk.fragments.is_empty() {
        true => Ok(Clean { text: walk.out, steps: walk.steps }),
        false => Err(tangle(printed.len(), "a captured block was cut in two")),
    }
}

fn tangle(at: usize, message: &str) -> Tangle {
    Tangle { at, message: message.to_owned() }
}

impl Walk {
    fn said(&mut self, at: usize, c: char) -> Result<(), Tangle> {
        if self.in_quotes {
            if !self.escaped && c == '"' {
                if self.fragments.last() == Some(&true) {
                    let message = "something with quotes of its own (tojson, a captured block) is printed inside quotes; \
                                   leave the quotes around it away";
                    return Err(tangle(at, message));
                }
                self.in_quotes = false;
            }
            self.escaped = !self.escaped && c == '\\';
        } else if c == '"' {
            self.in_quotes = true;
            self.shows_text = false;
        } else if c == ':' && self.shows_text {
            return Err(tangle(
                at,
                "text is printed as a name; write the whole object as {{ {name: value} | tojson }}",
            ));
        } else if !c.is_whitespace() {
            self.shows_text = false;
        }
        self.out.push(c);
        Ok(())
    }

    /// Takes at once what changes nothing but the output: text up to the next quote, backslash or mark. Gives its bytes.
    fn run(&mut self, rest: &str) -> usize {
        if self.escaped || (self.shows_text && !self.in_quotes) {
            return 0;
        }
        // Each mark begins with this byte in UTF-8, as do some other characters.
        let special = |b: u8| matches!(b, b'"' | b'\\' | 0xEF);
        let end = rest.bytes().position(special).unwrap_or(rest.len());
        self.out.push_str(rest.get(..end).unwrap_or_default());
        end
    }

    fn open(&mut self, at: usize) -> Result<(), Tangle> {
        self.no_backslash(at)?;
        self.fragments.push(self.in_quotes);
        self.steps.push((self.out.len(), at + FRAGMENT.len_utf8()));
        Ok(())
    }

    fn close(&mut self, at: usize) -> Result<(), Tangle> {
        self.no_backslash(at)?;
        if self.fragments.pop() != Some(self.in_quotes) {
            return Err(tangle(at, "a captured block ends inside quotes but began outside, or the other way round"));
        }
        self.steps.push((self.out.len(), at + FRAGMENT_END.len_utf8()));
        Ok(())
    }

    /// A string that is shown.
    fn text(&mut self, at: usize, text: &str) -> Result<(), Tangle> {
        self.no_backslash(at)?;
        self.steps.push((self.out.len(), at));
        if self.in_quotes {
            self.shows_text = true;
            escape(text, &mut self.out);
            return Ok(());
        }
        if is_scalar(text) {
            self.out.push_str(text);
            return Ok(());
        }
        Err(tangle(at, "text is printed outside quotes; write {{ … | tojson }}"))
    }

    fn no_backslash(&self, at: usize) -> Result<(), Tangle> {
        match self.escaped {
            true => Err(tangle(at, "a backslash stands right before an expression inside quotes")),
            false => Ok(()),
        }
    }
}

/// The characters of a JSON string.
fn escape(text: &str, out: &mut String) {
    // serde_json knows the escapes; a string always serialises.
    let quoted = serde_json::to_string(text).unwrap_or_default();
    out.push_str(quoted.strip_prefix('"').and_then(|s| s.strip_suffix('"')).unwrap_or_default());
}

/// One number, `true`, `false` or `null`: takes the place of a value and opens nothing.
fn is_scalar(text: &str) -> bool {
    matches!(text, "true" | "false" | "null")
        || (text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'-' | b'+' | b'.' | b'e' | b'E'))
            && serde_json::from_str::<serde_json::Number>(text).is_ok())
}
