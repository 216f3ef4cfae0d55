//! Filters that differ from minijinja's own, and the budget of one rendering.
use super::marks;
use minijinja::value::{Kwargs, Rest, StringInput, ValueKind, ValueOrKwargs};
use minijinja::{Environment, Error, ErrorKind, State, Value as Jinja};
use std::cell::Cell;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Bytes that all expressions of one rendering may print together, captured blocks included.
const PRINTED: usize = 4 * 1024 * 1024;
/// Bytes of one string, and values inside one list or object, that an expression may make.
const STRING: usize = 512 * 1024;
const VALUES: usize = 20_000;
/// Lists and objects inside each other; one may even hold itself.
const DEEPEST: usize = 100;
/// Filters that this name adds; a template cannot meet it by accident.
pub(super) const LIKE: &str = "inlay_like";
pub(super) const SAID: &str = "inlay_said";
pub(super) const BOUNDED: &str = "inlay_bounded";
pub(super) const GROWN: &str = "inlay_grown";
pub(super) const FACTOR: &str = "inlay_factor";
pub(super) const TICK: &str = "inlay_tick";

/// A rendering takes a few milliseconds at most; one that takes this long will never do anything useful.
const TIME: Duration = Duration::from_millis(500);

thread_local! {
    /// What the rendering on this thread may still print or make.
    static LEFT: Cell<usize> = const { Cell::new(PRINTED) };
    /// When it must have ended.
    static END: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// A rendering begins on this thread; it ends on it, too.
pub(super) fn begin() {
    LEFT.set(PRINTED);
    END.set(Instant::now().checked_add(TIME));
}

pub(super) fn spend(bytes: usize) -> Result<(), Error> {
    if END.get().is_some_and(|end| Instant::now() > end) {
        return Err(too_much("it takes too long"));
    }
    match LEFT.get().checked_sub(bytes) {
        Some(left) => {
            LEFT.set(left);
            Ok(())
        }
        None => Err(too_much("it prints too much")),
    }
}

const TOO_MUCH: &str = "(past a bound) ";

fn too_much(message: &str) -> Error {
    Error::new(ErrorKind::InvalidOperation, format!("{TOO_MUCH}{message}"))
}

/// Whether an error says that a bound was reached.
pub(super) fn exhausted(error: &Error) -> bool {
    error.detail().is_some_and(|d| d.starts_with(TOO_MUCH))
}

pub(super) fn install(env: &mut Environment<'static>) {
    env.add_filter("tojson", tojson);
    env.add_filter("length", length);
    env.add_filter("count", length);
    // A template cannot vouch for text: it stays text.
    env.add_filter("safe", |value: Jinja| value);
    env.add_filter(LIKE, like);
    env.add_filter(SAID, |literal: String| Jinja::from_safe_string(literal));
    env.add_filter(BOUNDED, bounded);
    env.add_filter(GROWN, grown);
    env.add_filter(FACTOR, factor);
    env.add_filter(TICK, tick);
    env.add_filter("replace", replace);
    env.add_filter("join", join);
    env.add_filter("format", format);
    env.add_filter("split", split);
    env.add_filter("lines", lines);
    for grows in ["indent", "batch", "slice", "pprint"] {
        env.remove_filter(grows);
    }
}

/// JSON that fails on what is undefined, also deep inside, as the reference does; with a bound on its size.
pub(super) fn to_json(value: &Jinja) -> Result<String, Error> {
    let mut budget = VALUES;
    check(value, &mut budget, DEEPEST)?;
    if let Some(text) = value.as_str() {
        return serde_json::to_string(&*marks::stripped(text)).map_err(json_error);
    }
    let mut out = super::diagnose::Capped::new(STRING);
    serde_json::to_writer(&mut out, value).map_err(json_error)?;
    let text =
        String::from_utf8(out.into_bytes()).map_err(|e| Error::new(ErrorKind::BadSerialization, e.to_string()))?;
    Ok(marks::stripped(&text).into_owned())
}

fn json_error(error: serde_json::Error) -> Error {
    if error.is_io() {
        too_much("a value is too large")
    } else {
        Error::new(ErrorKind::BadSerialization, error.to_string())
    }
}

/// Nothing undefined in it, and not too much of it: nested lists may share their parts and be huge when written out.
fn check(value: &Jinja, budget: &mut usize, deeper: usize) -> Result<(), Error> {
    *budget = budget.checked_sub(1).ok_or_else(|| too_much("a list or object holds too much"))?;
    let deeper = deeper.checked_sub(1).ok_or_else(|| too_much("a list or object is nested too deeply"))?;
    match value.kind() {
        ValueKind::Undefined => Err(Error::new(ErrorKind::UndefinedError, "a value given to tojson is not defined")),
        ValueKind::Seq | ValueKind::Iterable => {
            for item in value.try_iter()? {
                check(&item, budget, deeper)?;
            }
            Ok(())
        }
        ValueKind::Map => {
            for key in value.try_iter()? {
                check(&value.get_item(&key)?, budget, deeper)?;
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

fn tojson(value: &Jinja) -> Result<Jinja, Error> {
    to_json(value).map(Jinja::from_safe_string)
}

fn length(value: &Jinja) -> Result<usize, Error> {
    let text = value.as_str().map(|s| marks::stripped(s).chars().count());
    text.or_else(|| value.len()).ok_or_else(|| {
        Error::new(ErrorKind::InvalidOperation, format!("cannot calculate length of value of type {}", value.kind()))
    })
}

/// The beginning or the end of a fragment is one too, unless it was cut through the middle of something that is shown.
fn like(slice: Jinja, origin: &Jinja) -> Jinja {
    let (Some(part), Some(whole), true) = (slice.as_str(), origin.as_str(), origin.is_safe()) else { return slice };
    let end = whole.strip_suffix(part).is_some_and(marks::balanced);
    let beginning = whole.starts_with(part) && marks::balanced(part);
    if marks::balanced(part) && (end || beginning) {
        Jinja::from_safe_string(part.to_owned())
    } else {
        Jinja::from(&*marks::stripped(part))
    }
}

/// Gives the value back and takes its size from the budget.
fn bounded(value: Jinja) -> Result<Jinja, Error> {
    weigh(&value, DEEPEST)?;
    Ok(value)
}

/// Bytes of a value's strings, and some for every value in it.
fn weigh(value: &Jinja, deeper: usize) -> Result<(), Error> {
    const EACH: usize = 16;
    let deeper = deeper.checked_sub(1).ok_or_else(|| too_much("a list or object is nested too deeply"))?;
    match value.kind() {
        ValueKind::String => spend(value.as_str().map_or(0, str::len)),
        ValueKind::Seq | ValueKind::Iterable => {
            value.try_iter()?.try_for_each(|item| spend(EACH).and_then(|()| weigh(&item, deeper)))
        }
        ValueKind::Map => value.try_iter()?.try_for_each(|key| {
            spend(EACH)?;
            weigh(&key, deeper)?;
            weigh(&value.get_item(&key)?, deeper)
        }),
        _ => Ok(()),
    }
}

/// A list that had one more appended: that one was weighed. Written out, or it would be a chain as deep as it is long.
fn grown(list: &Jinja) -> Result<Jinja, Error> {
    let items: Vec<Jinja> = list.try_iter()?.take(VALUES + 1).collect();
    if items.len() > VALUES {
        return Err(too_much("a list holds too much"));
    }
    spend(items.len())?;
    Ok(Jinja::from(items))
}

/// Parts of a block may lie inside something that is shown: they are text.
fn split(value: &Jinja, by: Option<Arc<str>>, most: Option<i64>) -> Result<Jinja, Error> {
    minijinja::filters::split(&as_text(value), by, most)
}

fn lines(value: &Jinja) -> Result<Jinja, Error> {
    minijinja::filters::lines(&as_text(value))
}

fn as_text(value: &Jinja) -> Jinja {
    match value.as_str() {
        Some(text) if value.is_safe() => Jinja::from(&*marks::stripped(text)),
        _ => value.clone(),
    }
}

fn factor(value: Jinja) -> Result<Jinja, Error> {
    match value.kind() {
        ValueKind::Number | ValueKind::Bool | ValueKind::Undefined => Ok(value),
        kind => Err(Error::new(ErrorKind::InvalidOperation, format!("numbers are multiplied, not a {kind}"))),
    }
}

fn replace(
    state: &mut State<'_, '_>,
    value: StringInput<'_>,
    from: StringInput<'_>,
    to: StringInput<'_>,
) -> Result<Jinja, Error> {
    let places =
        if from.as_str().is_empty() { value.as_str().len() + 1 } else { value.as_str().matches(from.as_str()).count() };
    spend(value.as_str().len() + places.saturating_mul(to.as_str().len()))?;
    let fragments = [&value, &from, &to].iter().filter(|part| part.is_safe()).count();
    if fragments == 0 || fragments == 3 {
        return minijinja::filters::replace(state, value, from, to);
    }
    // Marks inside marks would tangle: what mixes a fragment with text is text.
    let [value, from, to] = [&value, &from, &to].map(|part| marks::stripped(part.as_str()).into_owned());
    Ok(Jinja::from(value.replace(&from, &to)))
}

fn join(
    state: &mut State<'_, '_>,
    value: &Jinja,
    joiner: Option<StringInput<'_>>,
    attribute: Option<&str>,
    kwargs: Kwargs,
) -> Result<Jinja, Error> {
    weigh(value, DEEPEST)?;
    spend(value.len().unwrap_or(0).saturating_mul(joiner.as_ref().map_or(0, |j| j.as_str().len())))?;
    minijinja::filters::join(state, value, joiner, attribute, kwargs)
}

/// Widths and precisions of more than three digits only serve to fill memory.
fn widths(format: &str) -> Result<(), Error> {
    let digits = format.split(|c: char| !c.is_ascii_digit()).map(str::len).max();
    match digits > Some(3) || format.contains('*') {
        true => Err(too_much("a width or precision in a format is too large")),
        false => Ok(()),
    }
}

fn format(state: &mut State<'_, '_>, text: &Jinja, values: Rest<ValueOrKwargs>) -> Result<Jinja, Error> {
    widths(text.as_str().unwrap_or_default())?;
    weigh(text, DEEPEST)?;
    // A fragment would mark the values before they are cut to a width; plain text is cut and shown as it is.
    minijinja::filters::format(state, &as_text(text), values)
}

/// At the end of a loop's or macro's body: the body's own text, which no formatter sees, costs what it may print.
fn tick(bytes: usize) -> Result<Jinja, Error> {
    spend(bytes)?;
    Ok(Jinja::from_safe_string(String::new()))
}

/// Python's methods of strings, lists and dictionaries, which templates of the reference call.
pub(super) fn method(state: &mut State<'_, '_>, value: &Jinja, method: &str, args: &[Jinja]) -> Result<Jinja, Error> {
    let large = |v: &Jinja| v.as_i64().is_some_and(|n| n.unsigned_abs() > 1_000);
    if args.iter().any(large) {
        return Err(too_much("a number given to a method is too large"));
    }
    if method == "format" {
        widths(value.as_str().unwrap_or_default())?;
    }
    spend(value.as_str().map_or(0, str::len))?;
    let longest = args.iter().filter_map(|a| a.as_str().map(str::len)).max().unwrap_or(0);
    if value.as_str().map_or(0, str::len).saturating_mul(longest) > STRING {
        return Err(too_much("a string would become too long"));
    }
    minijinja_contrib::pycompat::unknown_method_callback(state, value, method, args)
}
