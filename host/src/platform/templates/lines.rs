//! Which line of a template made which part of its tree, and what each line costs. Both are found by rendering a copy of
//! the template into which marks or ticks were put; what visitors get is never rendered this way.
use super::pieces::{self, Piece};
use super::{NAME, RenderLimits, Template, compiled, diagnose, marks, rewrite};
use minijinja::{Environment, State};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Around the number of a line. Noncharacters, like the marks of text, and like them in no template and no data.
const LINE: char = '\u{FDD5}';
const LINE_END: char = '\u{FDD6}';
/// A template cannot meet it by accident.
const AT: &str = "inlay_at";
/// Renderings end when they have taken this long together, the first one excepted.
const TIME: Duration = Duration::from_millis(200);

/// Lines of the template by places in its output.
pub struct Origins {
    text: String,
    /// Offset in the text and line, ascending.
    lines: Vec<(usize, usize)>,
}

impl Origins {
    /// `None` where marks would change the tree, or the template does not render.
    pub fn of(name: &str, source: &str, data: &Value, limits: &RenderLimits) -> Option<Origins> {
        let template = assemble(name, &with_marks(source), |_| {})?;
        let (data, marked) = marks::without(data);
        let limits = RenderLimits { max_bytes: limits.max_bytes.saturating_mul(4), ..*limits };
        let printed = template.clean(&data, &limits).ok().filter(|_| !marked)?.text;
        let mut origins = Origins { text: String::with_capacity(printed.len()), lines: Vec::new() };
        let mut rest = printed.as_str();
        while let Some((before, after)) = rest.split_once(LINE) {
            origins.text.push_str(before);
            let (line, after) = after.split_once(LINE_END)?;
            origins.lines.push((origins.text.len(), line.parse().ok()?));
            rest = after;
        }
        origins.text.push_str(rest);
        Some(origins)
    }

    /// Whether this is the text of the tree: marks may have changed what a template does.
    pub fn is_of(&self, tree: &Value) -> bool {
        serde_json::from_str::<Value>(&self.text).is_ok_and(|own| own == *tree)
    }

    /// The line that made what a pointer leads to; of something that is missing, what it is missing in.
    pub fn line(&self, pointer: &str) -> Option<usize> {
        let at = locate(&self.text, pointer);
        // The mark of an object stands behind its bracket.
        let after = self.lines.partition_point(|(offset, _)| *offset <= at + 1);
        self.lines.get(after.checked_sub(1)?).map(|(_, line)| *line)
    }
}

/// Puts a mark behind each bracket that opens something, and before each line of text that is not the first of its piece.
fn with_marks(source: &str) -> String {
    let mut out = String::with_capacity(source.len() * 2);
    each_piece(source, |line, piece, raw| match piece {
        Piece::Text(text) if !text.starts_with("{#") || raw => mark_text(text, line, &mut out),
        Piece::Text(text) => out.push_str(text),
        Piece::Print(open, inside, close) | Piece::Tag(open, inside, close) => out.extend([open, inside, close]),
    });
    out
}

fn mark_text(text: &str, mut line: usize, out: &mut String) {
    let mark = |line: usize, out: &mut String| out.push_str(&format!("{LINE}{line}{LINE_END}"));
    let (mut seen, mut at_start) = (false, false);
    for c in text.chars() {
        if c == '\n' {
            line += 1;
            at_start = true;
        } else if !c.is_whitespace() {
            // Templates look at the first sign of a captured block, so nothing is put before a comma there.
            if std::mem::take(&mut at_start) && (seen || c == '"') {
                mark(line, out);
            }
            seen = true;
        }
        out.push(c);
        if matches!(c, '{' | '[') {
            mark(line, out);
        }
    }
}

/// Calls with every piece, the line it begins on, and whether it is raw text.
fn each_piece<'s>(source: &'s str, mut with: impl FnMut(usize, Piece<'s>, bool)) {
    let (mut at, mut line, mut raw) = (0, 1, false);
    while let Some((piece, len)) = pieces::next(source.get(at..).unwrap_or_default(), raw) {
        with(line, piece, raw);
        if let Piece::Tag(_, inside, _) = piece {
            match inside.split_whitespace().next() {
                Some("raw") => raw = true,
                Some("endraw") => raw = false,
                _ => {}
            }
        }
        line += diagnose::line_of(source.get(at..at + len).unwrap_or_default(), len) - 1;
        at += len;
    }
}

/// A template of a changed source. `None`: the changed source does not compile.
fn assemble(name: &str, source: &str, install: impl FnOnce(&mut Environment<'static>)) -> Option<Template> {
    let mut env = compiled(rewrite::rewrite(source).ok()?).ok()?;
    install(&mut env);
    Some(Template { name: name.into(), env: Arc::new(env), plain: false })
}

/// The offset of what a pointer leads to, or of the last thing on the way that exists. For a member it is that of its name.
fn locate(text: &str, pointer: &str) -> usize {
    let mut at = skip_space(text, 0);
    let mut found = at;
    for step in pointer.split('/').skip(1) {
        let step = step.replace("~1", "/").replace("~0", "~");
        let Some((name, value)) = member(text, at, &step) else { break };
        (found, at) = (name, value);
    }
    found
}

/// Where a member or item of the value at `at` begins: its name, and its value.
fn member(text: &str, at: usize, step: &str) -> Option<(usize, usize)> {
    let open = *text.as_bytes().get(at)?;
    let mut next = skip_space(text, at + 1);
    let mut index = 0usize;
    loop {
        if matches!(text.as_bytes().get(next)?, b'}' | b']') {
            return None;
        }
        let (name, value) = match open {
            b'{' => {
                let colon = skip_space(text, skip_value(text, next));
                (next, skip_space(text, colon + 1))
            }
            b'[' => (next, next),
            _ => return None,
        };
        let is_it = match open {
            b'{' => {
                serde_json::from_str::<String>(text.get(name..skip_value(text, name))?).is_ok_and(|own| own == step)
            }
            _ => step.parse() == Ok(index),
        };
        if is_it {
            return Some((name, value));
        }
        index += 1;
        next = skip_space(text, skip_value(text, value));
        if text.as_bytes().get(next) == Some(&b',') {
            next = skip_space(text, next + 1);
        }
    }
}

fn skip_space(text: &str, at: usize) -> usize {
    let space = |b: &u8| matches!(b, b' ' | b'\n' | b'\t' | b'\r');
    at + text.as_bytes().get(at..).unwrap_or_default().iter().take_while(|b| space(b)).count()
}

/// One past the value that begins here.
fn skip_value(text: &str, at: usize) -> usize {
    let (mut depth, mut quoted, mut escaped) = (0usize, false, false);
    let rest = text.as_bytes().get(at..).unwrap_or_default();
    for (offset, byte) in rest.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => {
                quoted = !quoted;
                if !quoted && depth == 0 {
                    return at + offset + 1;
                }
            }
            _ if quoted => {}
            b'{' | b'[' => depth += 1,
            b'}' | b']' | b',' | b':' if depth == 0 => return at + offset,
            b'}' | b']' => {
                depth -= 1;
                if depth == 0 {
                    return at + offset + 1;
                }
            }
            _ => {}
        }
    }
    text.len()
}

/// What one line of a template costs in one rendering.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct LineCost {
    /// 1 being the first. A line without an expression or tag counts with the one before it that has one.
    pub line: usize,
    /// How often something on it ran.
    pub visits: u64,
    /// minijinja's instructions: exact, and the same on every machine.
    pub steps: u64,
    /// The median of several renderings, the cost of measuring taken off.
    pub nanoseconds: u64,
}

#[derive(Default)]
struct Recorder {
    last: Option<(usize, u64, Instant)>,
    lines: BTreeMap<usize, (u64, u64, u64)>,
}

impl Recorder {
    fn tick(&mut self, line: usize, fuel: u64) {
        if let Some((last, fuel_then, then)) = self.last {
            let entry = self.lines.entry(last).or_default();
            entry.0 += 1;
            entry.1 += fuel.saturating_sub(fuel_then);
            entry.2 += u64::try_from(then.elapsed().as_nanos()).unwrap_or(u64::MAX);
        }
        self.last = Some((line, fuel, Instant::now()));
    }
}

/// What each line costs, over at most `runs` renderings. `None` where ticks would change what the template does, or where
/// it does not render.
pub fn costs(name: &str, source: &str, data: &Value, limits: &RenderLimits, runs: usize) -> Option<Vec<LineCost>> {
    let (tick_steps, tick_nanoseconds) = tick_cost(limits)?;
    let recorded = record(name, &with_ticks(source), data, limits, runs)?;
    let mut lines: BTreeMap<usize, LineCost> = BTreeMap::new();
    let all: Vec<usize> = recorded.first()?.keys().copied().filter(|line| *line > 0).collect();
    for line in all {
        let (visits, steps, _) = *recorded.first()?.get(&line)?;
        let mut times: Vec<u64> = recorded.iter().filter_map(|run| run.get(&line).map(|cost| cost.2)).collect();
        times.sort_unstable();
        let median = times.get(times.len() / 2).copied().unwrap_or(0);
        let nanoseconds = median.saturating_sub(visits * tick_nanoseconds);
        lines.insert(line, LineCost { line, visits, steps: steps.saturating_sub(visits * tick_steps), nanoseconds });
    }
    Some(lines.into_values().collect())
}

/// Before every tag and expression, and at the end.
fn with_ticks(source: &str) -> String {
    let mut out = String::with_capacity(source.len() * 2);
    each_piece(source, |line, piece, raw| match piece {
        Piece::Text(text) => out.push_str(text),
        Piece::Print(open, inside, close) | Piece::Tag(open, inside, close) => {
            if !raw {
                // What the tag would trim, the tick trims instead.
                let trim = if open.ends_with('-') { "-" } else { "" };
                out.push_str(&format!("{{{{{trim} {AT}({line}) {trim}}}}}"));
            }
            out.extend([open, inside, close]);
        }
    });
    out.push_str(&format!("{{{{ {AT}(0) }}}}"));
    out
}

type Lines = BTreeMap<usize, (u64, u64, u64)>;

fn record(name: &str, source: &str, data: &Value, limits: &RenderLimits, runs: usize) -> Option<Vec<Lines>> {
    let recorder: Arc<Mutex<Recorder>> = Arc::default();
    let own = recorder.clone();
    let template = assemble(name, source, |env| {
        env.add_function(AT, move |state: &mut State<'_, '_>, line: usize| {
            let fuel = state.fuel_levels().map_or(0, |(used, _)| used);
            own.lock().unwrap_or_else(PoisonError::into_inner).tick(line, fuel);
            ""
        });
    })?;
    // Ticks take steps, too.
    let limits = RenderLimits { fuel: limits.fuel.saturating_mul(6), ..*limits };
    let (data, _) = marks::without(data);
    let (began, mut all) = (Instant::now(), Vec::new());
    while all.len() < runs && (all.is_empty() || began.elapsed() < TIME) {
        *recorder.lock().unwrap_or_else(PoisonError::into_inner) = Recorder::default();
        template.clean(&data, &limits).ok()?;
        all.push(std::mem::take(&mut recorder.lock().unwrap_or_else(PoisonError::into_inner).lines));
    }
    Some(all)
}

/// Steps and nanoseconds from one tick to the next with nothing in between.
fn tick_cost(limits: &RenderLimits) -> Option<(u64, u64)> {
    const TICKS: u64 = 64;
    let source = format!("{{{{ {AT}(1) }}}}").repeat(TICKS as usize + 1);
    let runs = record(NAME, &source, &Value::Object(Default::default()), limits, 9)?;
    let steps = runs.first()?.get(&1)?.1 / TICKS;
    let mut times: Vec<u64> = runs.iter().filter_map(|run| run.get(&1).map(|cost| cost.2 / TICKS)).collect();
    times.sort_unstable();
    Some((steps, times.get(times.len() / 2).copied()?))
}

/// Steps of a whole rendering.
pub fn steps(costs: &[LineCost]) -> u64 {
    costs.iter().map(|cost| cost.steps).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const SOURCE: &str = r#"{
  "type": "Card",
  "children": [{% set _c %}
    {%- if note %},
    {"type": "Text",
     "value": {{ note | tojson }}}
    {%- endif %}
    {%- for tag in tags %},
    {"type": "Badge", "label": {{ tag | tojson }}}
    {%- endfor %}
  {%- endset %}{{ _c[1:] if _c and _c[0] == ',' else _c }}]
}
"#;

    #[test]
    fn places_in_the_tree_lead_back_to_lines() {
        let data = json!({"note": "n", "tags": ["a", "b"]});
        let limits = RenderLimits::default();
        let tree = Template::compile("t", SOURCE).unwrap().render(&data, &limits).unwrap();
        let origins = Origins::of("t", SOURCE, &data, &limits).unwrap();
        assert!(origins.is_of(&tree), "{}", origins.text);
        let lines = [
            "",
            "/type",
            "/children",
            "/children/0",
            "/children/0/value",
            "/children/1/label",
            "/children/2",
            "/children/2/absent",
        ]
        .map(|pointer| origins.line(pointer).unwrap());
        assert_eq!(lines, [1, 2, 3, 5, 6, 9, 9, 9]);
    }

    #[test]
    fn pointers_find_their_place_in_any_json() {
        let text = r#" {"a~/b": [1, "x\"]", {"c": null}], "d" : {"e":true} } "#;
        let at = |pointer: &str| &text[locate(text, pointer)..];
        assert!(at("/a~0~1b/2/c").starts_with(r#""c": null"#));
        assert!(at("/a~0~1b/1").starts_with(r#""x\"]""#));
        assert!(at("/d/e").starts_with(r#""e":true"#));
        assert!(at("/d/e/f").starts_with(r#""e":true"#), "the last thing that is there");
        assert!(at("/z").starts_with(r#"{"a~"#));
    }

    #[test]
    fn a_line_that_works_more_costs_more() {
        let source = "{\"type\": \"Card\",\n \"x\": {{ 1 }},\n \"y\": [{% for a in range(50) %}\n {{ (a * a + 1) | string | length }},\n{% endfor %} 0]}";
        let data = json!({});
        let costs = costs("t", source, &data, &RenderLimits::default(), 3).unwrap();
        let of = |line: usize| costs.iter().find(|cost| cost.line == line).copied().unwrap();
        assert_eq!((of(2).visits, of(4).visits), (1, 50));
        assert!(of(4).steps > 20 * of(2).steps, "{costs:?}");
        assert!(of(2).steps > 0 && of(2).steps < 10, "{costs:?}");
        assert_eq!(steps(&costs), costs.iter().map(|cost| cost.steps).sum::<u64>());
    }

    #[test]
    fn what_does_not_render_has_no_lines() {
        let limits = RenderLimits::default();
        for source in ["{{ missing }}", "{% for %}", "{\"type\": "] {
            assert!(Origins::of("t", source, &json!({}), &limits).is_none_or(|o| !o.is_of(&json!({}))), "{source}");
            let _ = costs("t", source, &json!({}), &limits, 1);
        }
    }
}
