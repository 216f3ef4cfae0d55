//! Small changes to a template's source before it is compiled, each on one line so that line numbers stay:
//!
//! * `set _ = A.B.append(E)` becomes `set A.B = A.B + [E]`: the reference appends in place, minijinja's values cannot change;
//! * `NAME[a:b]` becomes `(NAME[a:b] | like NAME)`: a slice of a captured block is a fragment like the block;
//! * a literal that is printed as it stands (`{{ "," if not loop.last else "" }}`) is said by the template, not shown: it
//!   becomes a fragment; `set X = "…"` likewise;
//! * `set X = E` becomes `set X = (E) | bounded`, `A ~ B` and `A + B` become `A | bounded ~ B`, a list or object that is
//!   written out is bounded, and `*` takes numbers only: whatever doubles pays from the rendering's budget for its size;
//! * before the end of a loop or macro stands a tick that counts the body's own text.
use super::filters::{BOUNDED, FACTOR, GROWN, LIKE, SAID, TICK};
use super::pieces::{Piece, group_len, next, string_len};

/// Brackets inside brackets of one expression.
const DEEPEST: usize = 64;

/// Errors: the offset of an expression with too many brackets inside brackets.
pub(super) fn rewrite(source: &str) -> Result<String, usize> {
    let mut out = String::with_capacity(source.len() + source.len() / 8);
    // Where the body of each open loop or macro begins, in the source.
    let mut bodies: Vec<usize> = Vec::new();
    let mut at = 0;
    let mut raw = false;
    while let Some((piece, len)) = next(source.get(at..).unwrap_or_default(), raw) {
        if let Piece::Print(_, inside, _) | Piece::Tag(_, inside, _) = piece
            && too_deep(inside)
        {
            return Err(at);
        }
        match piece {
            Piece::Text(text) => out.push_str(text),
            Piece::Print(open, inside, close) => {
                out.push_str(open);
                out.push_str(&said(inside));
                out.push_str(close);
            }
            Piece::Tag(open, inside, close) => {
                let word = inside.split_whitespace().next().unwrap_or_default();
                match word {
                    "raw" => raw = true,
                    "endraw" => raw = false,
                    "for" | "macro" | "call" => bodies.push(at + len),
                    "endfor" | "endmacro" | "endcall" => {
                        let body = bodies.pop().map_or(0, |begin| at.saturating_sub(begin));
                        let trim = if open.ends_with('-') { "-" } else { "" };
                        out.push_str(&format!("{{{{{trim} {body} | {TICK} }}}}"));
                    }
                    _ => {}
                }
                out.push_str(open);
                out.push_str(&tag(inside, word));
                out.push_str(close);
            }
        }
        at += len;
    }
    Ok(out)
}

fn too_deep(inside: &str) -> bool {
    let mut depth = 0usize;
    inside.bytes().any(|b| {
        match b {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth > DEEPEST
    })
}

fn tag(inside: &str, word: &str) -> String {
    if word == "with" {
        // Names in `with` are values of one expression each; a list made there is bounded as a literal.
        return expression(inside);
    }
    let Some(assigned) = (word == "set").then(|| top_level(inside, '=')).flatten() else { return expression(inside) };
    let (target, value) = inside.split_at(assigned);
    let value = value.get(1..).unwrap_or_default();
    if let Some((list, item)) = append(value) {
        let item = expression(item);
        return format!(" set {list} = ({list} + [({item}) | {BOUNDED}]) | {GROWN} ");
    }
    format!("{target}= ({}) | {BOUNDED} ", said(value))
}

/// `A.B.append(E)`: the list's name and the item.
fn append(value: &str) -> Option<(&str, &str)> {
    let value = value.trim();
    let call = value.find(".append(")?;
    let list = value.get(..call)?;
    let dotted = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.');
    if !list.contains('.') || !list.chars().all(dotted) {
        return None;
    }
    let arguments = value.get(call + ".append".len()..)?;
    let end = group_len(arguments)?;
    (end == arguments.len()).then(|| arguments.get(1..end - 1)).flatten().map(|item| (list, item))
}

/// The first `sign` outside of strings and brackets that is not part of a longer operator.
fn top_level(text: &str, sign: char) -> Option<usize> {
    let (mut depth, mut at, mut before) = (0usize, 0, ' ');
    while let Some(c) = text.get(at..).and_then(|s| s.chars().next()) {
        let after = text.get(at + c.len_utf8()..).and_then(|s| s.chars().next());
        match c {
            '"' | '\'' => {
                at += string_len(text.get(at..).unwrap_or_default());
                before = c;
                continue;
            }
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ if c == sign && depth == 0 && after != Some('=') && !matches!(before, '=' | '!' | '<' | '>') => {
                return Some(at);
            }
            _ => {}
        }
        before = c;
        at += c.len_utf8();
    }
    None
}

/// An expression whose result is printed or kept: literals that can be that result are marked as said by the template.
fn said(source: &str) -> String {
    let (mut out, mut begin, mut at) = (String::new(), 0, 0);
    let mut depth = 0usize;
    // The word, or the first sign, of the token before; "" at the start.
    let mut before = "";
    while let Some(c) = source.get(at..).and_then(|s| s.chars().next()) {
        let rest = source.get(at..).unwrap_or_default();
        let len = match c {
            '"' | '\'' => string_len(rest),
            _ if c.is_alphabetic() || c == '_' => {
                rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len())
            }
            _ => c.len_utf8(),
        };
        let token = rest.get(..len).unwrap_or_default();
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            '"' | '\'' if depth == 0 && matches!(before, "" | "else") => {
                let after = rest.get(len..).unwrap_or_default().trim_start();
                let word = after.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
                if after.is_empty() || matches!(word, "if" | "else") {
                    out.push_str(&expression(source.get(begin..at).unwrap_or_default()));
                    out.push_str(&format!("({token} | {SAID})"));
                    begin = at + len;
                }
            }
            _ => {}
        }
        if !c.is_whitespace() {
            before = token;
        }
        at += len;
    }
    out.push_str(&expression(source.get(begin..).unwrap_or_default()));
    out
}

/// An expression with its slices of names made alike.
fn expression(source: &str) -> String {
    let mut out = String::with_capacity(source.len() + 16);
    // Where the dotted name that ends here begins, in `out`.
    let mut name: Option<usize> = None;
    let mut at = 0;
    while let Some(c) = source.get(at..).and_then(|s| s.chars().next()) {
        let rest = source.get(at..).unwrap_or_default();
        let len = match c {
            '"' | '\'' => {
                name = None;
                string_len(rest)
            }
            '[' => {
                let len = group_len(rest).unwrap_or(rest.len());
                let inside = rest.get(1..len.saturating_sub(1)).unwrap_or_default();
                bracket(&mut out, &mut name, inside);
                at += len;
                continue;
            }
            '~' | '+' if binary(&out) => {
                name = None;
                // A filter binds tighter than the operator: it takes what stands right before.
                let end = out.trim_end().len();
                out.insert_str(end, &format!(" | {BOUNDED}"));
                1
            }
            '*' if binary(&out) && !rest.starts_with("**") && !out.ends_with('*') => {
                name = None;
                let end = out.trim_end().len();
                out.insert_str(end, &format!(" | {FACTOR}"));
                let right = operand_len(rest.get(1..).unwrap_or_default());
                out.push('*');
                out.push_str(&expression(rest.get(1..1 + right).unwrap_or_default()));
                out.push_str(&format!(" | {FACTOR}"));
                at += 1 + right;
                continue;
            }
            '{' => {
                name = None;
                let len = group_len(rest).unwrap_or(rest.len());
                literal(&mut out, rest.get(..len).unwrap_or_default());
                at += len;
                continue;
            }
            _ if c.is_alphabetic() || c == '_' => {
                if !out.ends_with('.') || name.is_none() {
                    name = Some(out.len());
                }
                rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len())
            }
            '.' => 1,
            _ => {
                name = None;
                c.len_utf8()
            }
        };
        out.push_str(rest.get(..len).unwrap_or_default());
        at += len;
    }
    out
}

/// Whether an operator behind this text takes an operand from it, and is not a sign.
fn binary(before: &str) -> bool {
    let before = before.trim_end();
    let word = before.rsplit(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
    let keyword = matches!(word, "if" | "else" | "and" | "or" | "not" | "in" | "is" | "return");
    !keyword && before.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | ')' | ']' | '}' | '"' | '\''))
}

/// Bytes of the operand that the text begins with: signs, a value, what is called, taken or filtered of it.
fn operand_len(text: &str) -> usize {
    let word = |s: &str| s.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(s.len());
    let blank = |at: usize| text.get(at..).map_or(0, |s| s.len() - s.trim_start().len());
    let mut at = blank(0);
    while text.get(at..).is_some_and(|s| s.starts_with(['-', '+'])) {
        at += 1 + blank(at + 1);
    }
    let rest = text.get(at..).unwrap_or_default();
    at += match rest.chars().next() {
        Some('(' | '[' | '{') => group_len(rest).unwrap_or(rest.len()),
        Some('"' | '\'') => string_len(rest),
        _ => word(rest),
    };
    loop {
        let next = at + blank(at);
        let rest = text.get(next..).unwrap_or_default();
        match rest.chars().next() {
            Some('[' | '(') => at = next + group_len(rest).unwrap_or(rest.len()),
            Some('.') => at = next + 1 + word(rest.get(1..).unwrap_or_default()),
            Some('|') => {
                let name = next + 1 + blank(next + 1);
                at = name + word(text.get(name..).unwrap_or_default());
            }
            _ => return at,
        }
    }
}

/// A list or an object that is written out.
fn literal(out: &mut String, group: &str) {
    let (open, rest) = group.split_at(group.len().min(1));
    let (inside, close) = rest.split_at(rest.len().saturating_sub(1));
    out.push_str(&format!("({open}{}{close} | {BOUNDED})", expression(inside)));
}

/// A list that is written out, a slice, or what is taken by a key.
fn bracket(out: &mut String, name: &mut Option<usize>, inside: &str) {
    if name.is_none() && !out.ends_with([')', ']', '}', '"', '\'']) {
        return literal(out, &format!("[{inside}]"));
    }
    let rewritten = expression(inside);
    match (*name, top_level(inside, ':')) {
        (Some(begin), Some(_)) => {
            let origin = out.split_off(begin);
            out.push_str(&format!("({origin}[{rewritten}] | {LIKE}({origin}))"));
            *name = None;
        }
        _ => {
            out.push('[');
            out.push_str(&rewritten);
            out.push(']');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_what_it_must_and_nothing_else() {
        let same = [
            "plain { text } {\"a\": [1:2]}",
            "{# x[1:] #}{{ a['x[1:]'] }}{{ x == \"}} x[1:]\" }}",
            "{% raw %}{{ x[1:] }}{% set a = 1 %}{% endraw %}",
            "{% set x %}a{% endset %}{% if a == b %}{% endif %}",
            "{{ -a - b / c // d % e ** f }}{{ a[k] }}{{ x if a == b }}",
        ];
        for source in same {
            assert_eq!(rewrite(source).unwrap(), source);
        }
        assert_eq!(
            rewrite("{{ _c[1:] if _c and _c[0] == ',' }}").unwrap(),
            "{{ (_c[1:] | inlay_like(_c)) if _c and _c[0] == ',' }}"
        );
        assert_eq!(rewrite("{{- a.b[i][:2] -}}").unwrap(), "{{- (a.b[i][:2] | inlay_like(a.b[i])) -}}");
        assert_eq!(
            rewrite("{{ ',' if not loop.last else \"\" }}{{ x | default(',') }}").unwrap(),
            "{{ (',' | inlay_said) if not loop.last else (\"\" | inlay_said) }}{{ x | default(',') }}"
        );
        assert_eq!(rewrite("{{ a ~ b[0] + -1 }}").unwrap(), "{{ a | inlay_bounded ~ b[0] | inlay_bounded + -1 }}");
        assert_eq!(
            rewrite("{{ a.b * -c(1)|abs + [1] }}").unwrap(),
            "{{ a.b | inlay_factor * -c(1)|abs | inlay_factor | inlay_bounded + ([1] | inlay_bounded) }}"
        );
        assert_eq!(rewrite("{%- set x = 1 -%}").unwrap(), "{%- set x = ( 1 ) | inlay_bounded -%}");
        assert_eq!(
            rewrite("{{ {'a': {'b': c}} | tojson }}{{ d }}").unwrap(),
            "{{ ({'a': ({'b': c} | inlay_bounded)} | inlay_bounded) | tojson }}{{ d }}"
        );
        assert_eq!(
            rewrite("{% set _ = ns.list.append({'a': ')'}) %}").unwrap(),
            "{% set ns.list = (ns.list + [(({'a': ')'} | inlay_bounded)) | inlay_bounded]) | inlay_grown %}"
        );
        assert_eq!(
            rewrite("{% for a in b %}12345{%- endfor %}").unwrap(),
            "{% for a in b %}12345{{- 5 | inlay_tick }}{%- endfor %}"
        );
    }

    #[test]
    fn survives_anything() {
        for source in
            ["{{", "{%", "{#", "{{ 'a", "{% set x = [", "{{ x[", "{%-", "{{-}}", "{% endfor %}", "{{ é[1:] }}", "{"]
        {
            assert!(rewrite(source).is_ok());
        }
    }
}
