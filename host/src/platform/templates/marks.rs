//! The marks that keep text and fragments apart while a template prints.
use super::filters;
use minijinja::value::ValueKind;
use minijinja::{Error, Output, State, Value as Jinja};
use serde_json::Value;
use std::borrow::Cow;

/// Around a string that is shown, not said.
pub(super) const TEXT: char = '\u{FDD0}';
pub(super) const TEXT_END: char = '\u{FDD1}';
/// Around what the template's author meant as structure.
pub(super) const FRAGMENT: char = '\u{FDD2}';
pub(super) const FRAGMENT_END: char = '\u{FDD3}';
/// Before a letter that stands for a mark in the data.
const STANDS_FOR: char = '\u{FDD4}';

/// Noncharacters that we use or might use. They have no meaning in any text.
pub(super) fn is_mark(c: char) -> bool {
    ('\u{FDD0}'..='\u{FDDF}').contains(&c)
}

/// The formatter: every `{{ … }}` passes here.
pub(super) fn format(out: &mut Output<'_>, _: &mut State<'_, '_>, value: &Jinja) -> Result<(), Error> {
    match value.kind() {
        // An inline `if` without `else` prints nothing, as in the reference. What is really undefined does not get here:
        // strictness refuses it before.
        ValueKind::Undefined => return Ok(()),
        ValueKind::None | ValueKind::Bool | ValueKind::Number => return write!(out, "{value}").map_err(Error::from),
        ValueKind::String => {}
        _ => {
            // As with `tojson`; a list in quotes then shows its JSON.
            let json = filters::to_json(value)?;
            filters::spend(json.len())?;
            return wrapped(out, FRAGMENT, &json, FRAGMENT_END);
        }
    }
    let text = value.as_str().unwrap_or_default();
    filters::spend(text.len())?;
    match (text.is_empty(), value.is_safe()) {
        (true, _) => Ok(()),
        (false, true) => wrapped(out, FRAGMENT, text, FRAGMENT_END),
        // A fragment that an expression turned into a plain string brings its marks along; as text it has none.
        (false, false) => wrapped(out, TEXT, &stripped(text), TEXT_END),
    }
}

fn wrapped(out: &mut Output<'_>, open: char, text: &str, close: char) -> Result<(), Error> {
    use std::fmt::Write;
    out.write_char(open)?;
    out.write_str(text)?;
    out.write_char(close)?;
    Ok(())
}

/// The text of a captured block as people would read it: without its marks.
pub(super) fn stripped(text: &str) -> Cow<'_, str> {
    if text.chars().any(|c| (TEXT..=FRAGMENT_END).contains(&c)) {
        Cow::Owned(text.chars().filter(|c| !(TEXT..=FRAGMENT_END).contains(c)).collect())
    } else {
        Cow::Borrowed(text)
    }
}

/// Data whose strings hold no marks, and whether any did.
pub(super) fn without(data: &Value) -> (Cow<'_, Value>, bool) {
    if !holds_marks(data) {
        return (Cow::Borrowed(data), false);
    }
    let mut copy = data.clone();
    each_text(&mut copy, &|text| {
        let mut out = String::with_capacity(text.len() + 8);
        for c in text.chars() {
            match letter(c) {
                Some(letter) => out.extend([STANDS_FOR, letter]),
                None => out.push(c),
            }
        }
        out
    });
    (Cow::Owned(copy), true)
}

/// Puts the marks that stood in the data back: stored text comes out identical.
pub(super) fn restore(tree: &mut Value) {
    each_text(tree, &|text| {
        let mut out = String::with_capacity(text.len());
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            if c != STANDS_FOR {
                out.push(c);
                continue;
            }
            match chars.next().map(|letter| (letter, unletter(letter))) {
                Some((_, Some(mark))) => out.push(mark),
                Some((other, None)) => out.push(other),
                None => {}
            }
        }
        out
    });
}

fn letter(c: char) -> Option<char> {
    is_mark(c).then(|| char::from_u32('a' as u32 + (c as u32 - TEXT as u32))).flatten()
}

fn unletter(letter: char) -> Option<char> {
    ('a'..='p').contains(&letter).then(|| char::from_u32(TEXT as u32 + (letter as u32 - 'a' as u32))).flatten()
}

fn holds_marks(value: &Value) -> bool {
    match value {
        Value::String(text) => text.chars().any(is_mark),
        Value::Array(items) => items.iter().any(holds_marks),
        Value::Object(members) => members.iter().any(|(key, value)| key.chars().any(is_mark) || holds_marks(value)),
        _ => false,
    }
}

fn each_text(value: &mut Value, change: &impl Fn(&str) -> String) {
    match value {
        Value::String(text) => *text = change(text),
        Value::Array(items) => items.iter_mut().for_each(|item| each_text(item, change)),
        Value::Object(members) => {
            let taken = std::mem::take(members);
            for (key, mut below) in taken {
                each_text(&mut below, change);
                members.insert(change(&key), below);
            }
        }
        _ => {}
    }
}
