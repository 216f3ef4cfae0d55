//! Reads Rust source just far enough for the house's rules: comments and texts blanked out, paths opened.

/// The source with comments, texts and characters replaced by blanks; line breaks stay, so that lines keep their numbers.
pub fn code(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            block_comment(rest)
        } else if first == '"' {
            text(rest)
        } else if let Some(length) = raw_text(rest).filter(|_| !ends_in_word(&out)) {
            length
        } else if first == '\'' {
            character(rest)
        } else {
            0
        };
        if skipped == 0 {
            out.push(first);
            rest = rest.get(first.len_utf8()..).unwrap_or_default();
        } else {
            let (gone, kept) = rest.split_at(skipped.min(rest.len()));
            out.extend(gone.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
            rest = kept;
        }
    }
    out
}

fn ends_in_word(text: &str) -> bool {
    text.chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_')
}

fn block_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while let Some(here) = rest.get(at..).filter(|here| !here.is_empty()) {
        if here.starts_with("/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if here.starts_with("*/") {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                return at;
            }
        } else {
            at += here.chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

fn text(rest: &str) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// `r"…"`, `r#"…"#`, `br"…"`.
fn raw_text(rest: &str) -> Option<usize> {
    let body = rest.strip_prefix("br").or_else(|| rest.strip_prefix('r'))?;
    let hashes = body.len() - body.trim_start_matches('#').len();
    let inside = body.get(hashes..)?.strip_prefix('"')?;
    let close = format!("\"{}", "#".repeat(hashes));
    let start = rest.len() - inside.len();
    Some(inside.find(&close).map_or(rest.len(), |end| start + end + close.len()))
}

/// `'x'`, `'\n'`; a lifetime is none.
fn character(rest: &str) -> usize {
    let mut chars = rest.char_indices().skip(1);
    match chars.next() {
        Some((_, '\\')) => rest.get(3..).and_then(|tail| tail.find('\'')).map_or(0, |end| end + 4),
        Some((_, _)) => chars.next().filter(|(_, c)| *c == '\'').map_or(0, |(at, _)| at + 1),
        None => 0,
    }
}

/// One path that a file names, from the crate's root, and its line.
#[derive(Debug, PartialEq, Eq, Clone)]
pub struct Named {
    pub line: usize,
    pub path: Vec<String>,
}

/// Every path inside this crate: `crate::…` wherever it stands, `super::…` from the module it stands in; nested braces
/// opened. `module` is the file's own place, such as `["features", "plugins", "store"]`.
pub fn paths(code: &str, module: &[String]) -> Vec<Named> {
    let mut found = Vec::new();
    for (at, word) in words(code) {
        let root = match word {
            "crate" => Vec::new(),
            "super" if leads_on(code, at + word.len()) && !before(code, at).ends_with("::") => {
                inner_modules(code, at, module)
            }
            _ => continue,
        };
        let root_len = root.len();
        let mut rest = code.get(at..).unwrap_or_default();
        let mut prefix = root;
        while let Some(tail) = rest.strip_prefix("super") {
            prefix.pop();
            let Some(tail) = tail.trim_start().strip_prefix("::") else { break };
            rest = tail.trim_start();
        }
        let from_crate = word == "crate";
        if from_crate {
            let Some(tail) = rest.get(5..).map(str::trim_start).and_then(|tail| tail.strip_prefix("::")) else {
                continue;
            };
            rest = tail.trim_start();
        } else if root_len == 0 {
            continue;
        }
        let line = code.get(..at).unwrap_or_default().matches('\n').count() + 1;
        let mut opened = Vec::new();
        open(rest, &prefix, &mut opened);
        found.extend(opened.into_iter().map(|path| Named { line, path }));
    }
    found
}

fn leads_on(code: &str, at: usize) -> bool {
    code.get(at..).unwrap_or_default().trim_start().starts_with("::")
}

fn before(code: &str, at: usize) -> &str {
    code.get(..at).unwrap_or_default().trim_end()
}

/// The file's module with the inline modules that are open at this place.
fn inner_modules(code: &str, at: usize, module: &[String]) -> Vec<String> {
    let mut stack: Vec<Option<String>> = Vec::new();
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    for c in code.get(..at).unwrap_or_default().chars() {
        if c.is_alphanumeric() || c == '_' {
            word.push(c);
            continue;
        }
        if !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        match c {
            '{' => {
                let name = match words.as_slice() {
                    [.., keyword, name] if keyword == "mod" => Some(name.clone()),
                    _ => None,
                };
                stack.push(name);
                words.clear();
            }
            '}' => {
                stack.pop();
                words.clear();
            }
            ';' => words.clear(),
            _ => {}
        }
    }
    module.iter().cloned().chain(stack.into_iter().flatten()).collect()
}

/// Opens `a::{b, c::d}` to `a::b` and `a::c::d`; gives what follows the path.
fn open<'a>(rest: &'a str, prefix: &[String], into: &mut Vec<Vec<String>>) -> &'a str {
    let rest = rest.trim_start();
    if let Some(mut inside) = rest.strip_prefix('{') {
        loop {
            inside = inside.trim_start();
            if let Some(after) = inside.strip_prefix('}') {
                return after;
            }
            let after = open(inside, prefix, into);
            let next = after.find([',', '}']).unwrap_or(after.len());
            let (_, tail) = after.split_at(next);
            inside = tail.strip_prefix(',').unwrap_or(tail);
            if inside.is_empty() {
                return inside;
            }
        }
    }
    let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
    let (name, after) = rest.split_at(end);
    let mut path = prefix.to_vec();
    if !name.is_empty() && name != "self" {
        path.push(name.to_owned());
    }
    match after.trim_start().strip_prefix("::") {
        Some(deeper) if !name.is_empty() && !deeper.trim_start().starts_with('<') => open(deeper, &path, into),
        _ => {
            into.push(path);
            after
        }
    }
}

/// Identifiers and where they begin.
pub fn words(code: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = code.get(at..)?;
        let start = rest.find(|c: char| c.is_alphabetic() || c == '_')?;
        let tail = rest.get(start..)?;
        let end = tail.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(tail.len());
        let found = (at + start, tail.get(..end)?);
        at += start + end;
        Some(found)
    })
}

/// Lines on which another crate is named: `name::…`, `use name;`, `extern crate name`.
pub fn lines_naming(code: &str, name: &str) -> Vec<usize> {
    let mut lines = Vec::new();
    for (at, word) in words(code) {
        let after = code.get(at + word.len()..).unwrap_or_default().trim_start();
        let before = before(code, at);
        // A part of a longer path (`crate::x::name`) or a field is not the crate; `::name` at a path's start is.
        let part = before.strip_suffix("::").is_some_and(ends_in_word) || before.ends_with('.');
        let opens = after.starts_with("::") || (before.ends_with("use") && after.starts_with([';', ' ', 'a']));
        if word == name && !part && opens {
            lines.push(code.get(..at).unwrap_or_default().matches('\n').count() + 1);
        }
    }
    lines
}

#[test]
fn comments_and_texts_are_blank_and_lines_stay() {
    let source =
        "let a = \"crate::x \\\" y\"; // crate::z\n/* crate::q /* deep */ */ r#\"crate::\"w\"# '\"' 'a 'x' crate::k";
    let code = code(source);
    assert_eq!(code.lines().count(), 2);
    assert!(
        !code.contains("crate::x")
            && !code.contains("crate::z")
            && !code.contains("crate::q")
            && !code.contains("deep")
    );
    assert!(code.contains("crate::k") && code.contains("let a = "), "{code}");
}

#[test]
fn nested_braces_and_supers_are_opened() {
    let module = ["features".to_owned(), "actions".to_owned()];
    let opened = |code: &str| paths(code, &module).into_iter().map(|named| named.path.join("::")).collect::<Vec<_>>();
    assert_eq!(
        opened("use crate::{base::{self, ids::A}, features::state::{State, store::{x, y as z}}};"),
        ["base", "base::ids::A", "features::state::State", "features::state::store::x", "features::state::store::y"]
    );
    assert_eq!(opened("let x = crate::doors::kit::json(1);"), ["doors::kit::json"]);
    assert_eq!(opened("use super::plugins::Active;"), ["features::plugins::Active"]);
    assert_eq!(
        opened("mod tests { use super::*; use super::super::state::store; }"),
        ["features::actions", "features::state::store"]
    );
    assert_eq!(opened("pub(crate) fn a() {} pub(super) fn b() {}"), Vec::<String>::new());
}

#[test]
fn a_crate_is_told_from_a_module_of_the_same_name() {
    assert_eq!(lines_naming("use axum::Router;\nlet x = axum::serve();\n", "axum"), [1, 2]);
    assert_eq!(
        lines_naming("use crate::doors::axum::x;\nself.axum::<T>();\nlet axum = 1;", "axum"),
        Vec::<usize>::new()
    );
    assert_eq!(lines_naming("use axum as web;\nuse {::axum::x};", "axum"), [1, 2]);
}
