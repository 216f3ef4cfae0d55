//! A template's source cut into text, expressions and tags, as far as rewriting needs to know them.

/// A tag's kind and where its parts lie in the source.
#[derive(Clone, Copy)]
pub(super) enum Piece<'a> {
    /// Text between tags, and comments.
    Text(&'a str),
    /// `{{ … }}`: opening, inside, closing.
    Print(&'a str, &'a str, &'a str),
    /// `{% … %}`: opening, inside, closing.
    Tag(&'a str, &'a str, &'a str),
}

/// Where the tag that ends a raw block begins.
pub(super) fn end_of_raw(rest: &str) -> usize {
    let word = |at: &usize| {
        let before = rest.get(..*at).unwrap_or_default().trim_end();
        let before = before.strip_suffix(['-', '+']).unwrap_or(before);
        before.ends_with("{%").then(|| before.len() - 2)
    };
    rest.match_indices("endraw").find_map(|(at, _)| word(&at)).unwrap_or(rest.len())
}

/// The next piece of the rest, and its length.
pub(super) fn next(rest: &str, raw: bool) -> Option<(Piece<'_>, usize)> {
    if rest.is_empty() {
        return None;
    }
    if raw {
        let end = end_of_raw(rest);
        if end > 0 {
            return Some((Piece::Text(rest.get(..end)?), end));
        }
    }
    let opens = |s: &str| s.starts_with("{{") || s.starts_with("{%") || s.starts_with("{#");
    if !opens(rest) {
        let end = rest.match_indices('{').map(|(i, _)| i).find(|i| opens(rest.get(*i..).unwrap_or_default()));
        let end = end.unwrap_or(rest.len());
        return Some((Piece::Text(rest.get(..end)?), end));
    }
    if rest.starts_with("{#") {
        let end = rest.find("#}").map_or(rest.len(), |i| i + 2);
        return Some((Piece::Text(rest.get(..end)?), end));
    }
    let print = rest.starts_with("{{");
    let (inside_at, inside_end, end) = if print { bounds(rest, "}}") } else { bounds(rest, "%}") };
    let (open, inside, close) = (rest.get(..inside_at)?, rest.get(inside_at..inside_end)?, rest.get(inside_end..end)?);
    Some((if print { Piece::Print(open, inside, close) } else { Piece::Tag(open, inside, close) }, end))
}

/// Where a tag's inside begins and ends, and where the tag ends; strings in it are skipped, and so are
/// brackets: two objects may end with the closing sign.
pub(super) fn bounds(tag: &str, close: &str) -> (usize, usize, usize) {
    let signs = |c: char| matches!(c, '-' | '+');
    let begin = 2 + usize::from(tag.get(2..).is_some_and(|s| s.starts_with(signs)));
    let (mut at, mut depth) = (begin, 0usize);
    while let Some(c) = tag.get(at..).and_then(|s| s.chars().next()) {
        if matches!(c, '"' | '\'') {
            at += string_len(tag.get(at..).unwrap_or_default());
            continue;
        }
        if depth == 0 && tag.get(at..).is_some_and(|s| s.starts_with(close)) {
            let inside_end =
                if tag.get(..at).is_some_and(|s| s.len() > begin && s.ends_with(signs)) { at - 1 } else { at };
            return (begin, inside_end, at + close.len());
        }
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        at += c.len_utf8();
    }
    (begin.min(tag.len()), tag.len(), tag.len())
}

/// Bytes of the quoted string that the text begins with.
pub(super) fn string_len(text: &str) -> usize {
    let mut chars = text.char_indices();
    let quote = chars.next().map(|(_, c)| c);
    let mut escaped = false;
    for (at, c) in chars {
        if !escaped && Some(c) == quote {
            return at + 1;
        }
        escaped = !escaped && c == '\\';
    }
    text.len()
}

/// Bytes of the bracketed group that the text begins with.
pub(super) fn group_len(text: &str) -> Option<usize> {
    let (mut depth, mut at) = (0usize, 0);
    while let Some(c) = text.get(at..).and_then(|s| s.chars().next()) {
        match c {
            '"' | '\'' => {
                at += string_len(text.get(at..).unwrap_or_default());
                continue;
            }
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
        at += c.len_utf8();
    }
    None
}
