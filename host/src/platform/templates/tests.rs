//! The rule, held against careless templates and hostile text; and templates that would never end.
use super::{FaultKind, RenderLimits, Template};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// A template whose author forgot something, and text that is harmless in it.
struct Careless {
    name: &'static str,
    template: &'static str,
    harmless: &'static str,
}

const fn careless(name: &'static str, template: &'static str) -> Careless {
    Careless { name, template, harmless: "x" }
}

/// A careless template that only works with numbers.
const fn bare(name: &'static str, template: &'static str) -> Careless {
    Careless { name, template, harmless: "7" }
}

/// `a` and `b` are text, `list` and `object` hold text.
const CARELESS: &[Careless] = &[
    careless("in quotes", r#"{"type": "Card", "v": "{{ a }}", "w": "{{ a }}{{ b }}-{{ a }}"}"#),
    careless("tojson", r#"{"type": "Card", "v": {{ a | tojson }}, "w": [{{ b | tojson }}]}"#),
    careless("in quotes and safe", r#"{"type": "Card", "v": "{{ a | safe }}{{ b | e }}"}"#),
    careless("tojson in quotes", r#"{"type": "Card", "v": "{{ a | tojson }}"}"#),
    bare("outside quotes", r#"{"type": "Card", "v": {{ a }}, "w": {"x": {{ b }}}}"#),
    bare("outside quotes and safe", r#"{"type": "Card", "v": {{ a | safe }}}"#),
    bare("in a list", r#"{"type": "Card", "v": [{{ a }}], "w": [1, {{ b }}, 2]}"#),
    bare("beside each other", r#"{"type": "Card", "v": [{{ a }}{{ b }}]}"#),
    bare("in a block", r#"{"type": "Card", "v": {% set c %}{{ a }}{% endset %}{{ c }}}"#),
    careless("a quoted block", r#"{"type": "Card", "v": {% set c %}"{{ a }}", "w": "{{ b }}"{% endset %}{{ c }}}"#),
    careless("a block in quotes", r#"{"type": "Card", "v": "{% set c %}{{ a }} and {{ b }}{% endset %}{{ c }}"}"#),
    careless(
        "a block given to tojson",
        r#"{%- set c %}{{ a }}, {{ b }}{% endset -%}{"type": "Card", "v": {{ c | tojson }}}"#,
    ),
    careless(
        "commas cut off, block in block",
        r#"{"type": "Card", "children": [{% set _c %}{% for t in list %},{"type": "Row", "children": [{% set _c %},{"type": "Text",
        "value": "{{ t }}"}{% endset %}{{ _c[1:] if _c and _c[0] == ',' else _c }}]}{% endfor %}{% endset %}{{ _c[1:] if _c and _c[0] == ',' }}]}"#,
    ),
    bare("a block cut at both ends", r#"{%- set c %}{{ a }}{% endset -%}{"type": "Card", "v": {{ c[1:-1] }}}"#),
    bare("a cut block in a list", r#"{%- set c %}-{{ a }}-{% endset -%}{"type": "Card", "v": [{{ c[2:-2] }}]}"#),
    bare("the middle of a block", r#"{%- set c %}{{ a }}{{ b }}{% endset -%}{"type": "Card", "v": [0{{ c[1:4] }}]}"#),
    bare("a block in steps", r#"{%- set c %}{{ a }}{% endset -%}{"type": "Card", "v": {{ c[1::2] }}}"#),
    careless(
        "a cut block in quotes",
        r#"{%- set c %}{{ a }} {{ b }}{% endset -%}{"type": "Card", "v": "{{ c[1:5] }}"}"#,
    ),
    bare("one character of a block", r#"{%- set c %}{{ a }}{% endset -%}{"type": "Card", "v": {{ c[1] }}}"#),
    bare(
        "a block split again",
        r#"{%- set c %}{% for t in list %}{{ t }},{% endfor %}{% endset -%}{"type": "Card", "v": [{{ (c | split(","))[0] }}]}"#,
    ),
    bare(
        "the middle of a split block",
        r#"{%- set c %}1,{{ a }},2{% endset -%}{"type": "Card", "v": [{% for p in c | split(",") %}{{ p }}{{ "," if not loop.last }}{% endfor %}]}"#,
    ),
    bare(
        "lines of a block",
        r#"{%- set c %}{{ a }}{% endset -%}{"type": "Card", "v": [{% for p in c | lines %}{{ p }}{% endfor %}]}"#,
    ),
    bare("a block reversed", r#"{%- set c %}{{ a }}{% endset -%}{"type": "Card", "v": {{ c | reverse }}}"#),
    careless(
        "first and last",
        r#"{%- set c %}{{ a }}{% endset -%}{"type": "Card", "v": "{{ c | first }}{{ c | last }}"}"#,
    ),
    careless("keys in quotes", r#"{"type": "Card", "payload": {"{{ a }}": 1}, "more": {"-{{ b }}": [1]}}"#),
    careless("keys by tojson", r#"{"type": "Card", "payload": { {{ a | tojson }}: {{ {b: 1} | tojson }} }}"#),
    bare("keys outside quotes", r#"{"type": "Card", "payload": { {{ a }}: 1 }}"#),
    careless("join in quotes", r#"{"type": "Card", "v": "{{ list | join(", ") }}{{ list | join(a) }}"}"#),
    careless("join by a kept literal", r#"{%- set sep = '", "' -%}{"type": "Card", "v": ["{{ list | join(sep) }}"]}"#),
    bare("join outside quotes", r#"{"type": "Card", "v": [{{ list | join(", ") }}]}"#),
    careless("joined by a tilde", r#"{"type": "Card", "v": "{{ "<" ~ a ~ ">" ~ b }}"}"#),
    bare("quotes joined by a tilde", r#"{"type": "Card", "v": {{ '"' ~ a ~ '"' }}}"#),
    bare("quotes joined by a kept literal", r#"{%- set q = '"' -%}{"type": "Card", "v": {{ q ~ a ~ q }}}"#),
    bare("quotes joined by a plus", r#"{%- set q = '"' -%}{"type": "Card", "v": {{ q + a + q }}}"#),
    careless(
        "lists and objects as they are",
        r#"{"type": "Card", "v": {{ list }}, "w": {{ object }}, "x": {{ [a, {"k": b}] }}}"#,
    ),
    careless("lists in quotes", r#"{"type": "Card", "v": "{{ list }}"}"#),
    careless(
        "macros",
        r#"{%- macro m(t, u="y") -%}{"type": "Text", "value": "{{ t }}", "u": {{ u | tojson }}}{%- endmacro -%}
        {"type": "Card", "children": [{{ m(a) }}, {{ m(b, u=a) }}]}"#,
    ),
    bare(
        "a macro outside quotes",
        r#"{%- macro m(t) -%}{{ t }}{%- endmacro -%}{"type": "Card", "v": {{ m(a) }}, "w": "{{ m(b) | upper }}"}"#,
    ),
    careless(
        "a caller",
        r#"{%- macro m() -%}"{{ caller() }}"{%- endmacro -%}{"type": "Card", "v": {% call m() %}{{ a }}{% endcall %}}"#,
    ),
    careless(
        "filters in quotes",
        r#"{"type": "Card", "v": "{{ a | upper }}{{ b | replace("x", a) | trim }}{{ a | title }}"}"#,
    ),
    bare(
        "filters outside quotes",
        r#"{"type": "Card", "v": {{ a | replace("'", '"') | trim }}, "w": {{ b | lower }}}"#,
    ),
    careless("format in quotes", r#"{"type": "Card", "v": "{{ "%s: %5s" | format(a, b) }}"}"#),
    careless(
        "format with a kept literal",
        r#"{%- set f = '"%s", "w": "%s"' -%}{"type": "Card", "v": {{ f | format(a, b) }}}"#,
    ),
    careless("format that cuts", r#"{%- set f = '"%.3s", "w": "%s"' -%}{"type": "Card", "v": {{ f | format(a, b) }}}"#),
    careless(
        "replace in a kept literal",
        r#"{%- set f = '"NAME", "w": 1' -%}{"type": "Card", "v": {{ f | replace("NAME", a) }}}"#,
    ),
    careless(
        "replace in a block",
        r#"{%- set c %}"{{ a }}"{% endset -%}{"type": "Card", "v": {{ c | replace("x", b) }}}"#,
    ),
    careless(
        "trim of a block",
        r#"{%- set c %} "{{ a }}" {% endset -%}{"type": "Card", "v": {{ c | trim }}, "w": "{{ c | trim('" ') }}"}"#,
    ),
    bare("a filter block", r#"{"type": "Card", "v": {% filter trim %}{{ a }}{% endfilter %}}"#),
    careless(
        "a kept literal or text",
        r#"{%- set v = a if a else "none" -%}{"type": "Card", "v": "{{ v }}", "w": "{{ a or "none" }}"}"#,
    ),
    bare(
        "text or a literal",
        r#"{%- set v = a if a else "null" -%}{"type": "Card", "v": {{ v }}, "w": {{ a if b else "null" }}}"#,
    ),
    careless("after a backslash", r#"{"type": "Card", "v": "\\{{ a }}", "w": "\{{ b }}"}"#),
    careless("methods", r#"{"type": "Card", "v": "{{ a.upper() }}{{ b.split(",")[0] }}{{ "{}".format(a) }}"}"#),
    bare(
        "methods of a block",
        r#"{%- set c %}{{ a }}{% endset -%}{"type": "Card", "v": {{ c.strip() }}, "w": {{ c.split(",")[0] }}}"#,
    ),
    careless(
        "kept in a namespace",
        r#"{%- set n = namespace(out="") -%}{% for t in list %}{% set n.out = n.out ~ t ~ " " %}{% endfor %}{"type": "Card", "v": "{{ n.out }}"}"#,
    ),
    careless("ended by a comment", r#"{"type": "Card", "v": "{{ a }}{# " #}{% if a %}{{ b }}{% endif %}"}"#),
];

fn data(a: &str, b: &str) -> Value {
    json!({"a": a, "b": b, "list": [a, b], "object": {"k": a, "l": {"m": [b]}}})
}

/// What a visitor's text must not change: every leaf is one, and keys that hold text are counted only.
fn structure(value: &Value, fixed: &[&str]) -> Value {
    match value {
        Value::Array(items) => items.iter().map(|v| structure(v, fixed)).collect(),
        Value::Object(members) => {
            let (kept, free): (Vec<_>, Vec<_>) = members.iter().partition(|(key, _)| fixed.contains(&key.as_str()));
            let mut below: Vec<String> = free.iter().map(|(_, v)| structure(v, fixed).to_string()).collect();
            below.sort();
            let kept: serde_json::Map<String, Value> =
                kept.into_iter().map(|(key, v)| (key.clone(), structure(v, fixed))).collect();
            json!({"kept": kept, "free": below})
        }
        // The rule lets one number, `true`, `false` or `null` stand for another.
        _ => Value::Null,
    }
}

/// Keys that templates write themselves. A visitor's key may be one of them only below `payload` and `more`.
const KEYS: &[&str] = &["type", "children", "value", "payload", "more", "u", "v", "w"];

fn holds(careless: &Careless, template: &Template, a: &str, b: &str) -> Result<(), TestCaseError> {
    // Dynamic keys do not stand beside fixed ones here: one that is equal to a fixed one would take its place.
    let fixed: &[&str] = if careless.name.starts_with("keys") { &["type", "payload", "more"] } else { KEYS };
    let limits = RenderLimits::default();
    let Ok(tree) = template.render(&data(a, b), &limits) else { return Ok(()) };
    let harmless = template.render(&data(careless.harmless, careless.harmless), &limits);
    match harmless {
        Ok(harmless) => prop_assert_eq!(
            structure(&tree, fixed),
            structure(&harmless, fixed),
            "{} with {:?} and {:?}: {}",
            careless.name,
            a,
            b,
            tree
        ),
        // What harmless text cannot do, no other text can: nothing but marks or brackets would make it render.
        Err(fault) => prop_assert!(false, "{} renders {} for {:?}, but {}", careless.name, tree, a, fault),
    }
    prop_assert_eq!(&tree["type"], "Card");
    Ok(())
}

/// Text that was chosen to break out of something.
fn hostile() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "\"",
        "\\",
        "\\\"",
        "\\\\",
        "\\u0022",
        ",",
        ":",
        "{",
        "}",
        "[",
        "]",
        "\"}",
        "\"]",
        "\":",
        "\",\"",
        "},{",
        "],[",
        "null",
        "true",
        "1",
        "-1",
        "1e3",
        "0.5",
        " ",
        "\n",
        "\r",
        "\t",
        "\0",
        "'",
        "x",
        "Row",
        "\"type\":\"Row\"",
        ", \"type\": \"Row\"",
        "1, \"v\": {\"type\": 1}",
        "{{",
        "}}",
        "{{ a }}",
        "{%",
        "%}",
        "{#",
        "#}",
        "{% endset %}",
        "{% raw %}",
        "%s",
        "%",
        "\u{fdd0}",
        "\u{fdd1}",
        "\u{fdd2}",
        "\u{fdd3}",
        "\u{fdd4}",
        "\u{fdd4}a",
        "\u{fddf}",
        "\u{fdd1}\"",
        "a",
        "b",
        "p",
        "\u{2028}",
        "é",
        "😀",
        "</script>",
        "<",
        "&",
    ]);
    prop_oneof![
        4 => prop::collection::vec(pieces, 0..8).prop_map(|pieces| pieces.concat()),
        1 => ".{0,12}".prop_map(String::from),
        1 => "-?[0-9]{1,3}(,[0-9{}\\[\\]:\" ]{1,6}){0,2}".prop_map(String::from),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn text_cannot_become_structure(texts in prop::collection::vec((hostile(), hostile()), 6)) {
        for careless in CARELESS {
            let template = Template::compile(careless.name, careless.template).map_err(|e| TestCaseError::fail(e.to_string()))?;
            for (a, b) in &texts {
                holds(careless, &template, a, b)?;
            }
        }
    }

    #[test]
    fn text_comes_out_as_it_went_in(a in hostile(), b in any::<String>()) {
        let template = r#"{"type": "Card", "a": {{ a | tojson }}, "b": "{{ b }}", "both": {{ [a, {"k": b}] }}, "list": {{ list | tojson }},
            "object": {{ {a: b} | tojson }}, "block": {% set c %}"{{ a }}"{% endset %}{{ c }}, "kept": {% set k = b %}{{ k | tojson }},
            "shown": {% set c %}{{ a }}{{ b }}{% endset %}{{ c | tojson }}}"#;
        let tree = Template::compile("t", template).unwrap().render(&data(&a, &b), &RenderLimits::default());
        let mut object = serde_json::Map::new();
        object.insert(a.clone(), b.as_str().into());
        let expected = json!({"type": "Card", "a": a, "b": b, "both": [a, {"k": b}], "list": [a, b], "object": object, "block": a,
            "kept": b, "shown": format!("{a}{b}")});
        prop_assert_eq!(tree.unwrap(), expected);
    }
}

/// What was once found, or thought of, to break out.
#[test]
fn known_breakouts_stay_closed() {
    let texts = [
        "7",
        "77",
        "-7-",
        "7,{\"type\":1},7",
        "7, \"type\": \"Row\"",
        "1,2",
        "1, 2",
        "\n1,2\n",
        "]",
        "],\"x\":[",
        "\\",
        "\"",
        "ab\", \"v\": 2, \"w\": \"",
        "",
        "xyz",
        "abcdef",
        "\u{fdd1}\"",
        "\u{fdd3}",
        "null",
        "\"x\":2,\"type\":\"Row\",\"y\":",
    ];
    let mut broken = Vec::new();
    for careless in CARELESS {
        let template = Template::compile(careless.name, careless.template).unwrap();
        for a in texts {
            for b in ["7", a] {
                if let Err(e) = holds(careless, &template, a, b) {
                    broken.push(format!("{}: {e}", careless.name));
                }
            }
        }
    }
    assert!(broken.is_empty(), "{} broken\n{}", broken.len(), broken.join("\n\n"));
}

/// Harmless text must do in most of them, or they would prove nothing.
#[test]
fn careless_templates_mostly_work() {
    let works = |c: &&Careless| {
        let template = Template::compile(c.name, c.template).unwrap();
        template.render(&data(c.harmless, c.harmless), &RenderLimits::default()).is_ok()
    };
    let refused: Vec<_> = CARELESS.iter().filter(|c| !works(c)).map(|c| c.name).collect();
    assert!(refused.len() * 4 < CARELESS.len(), "{refused:?}");
}

/// Templates that want all time or memory there is. They are handed in by plugins and operators.
const ENDLESS: &[(&str, &str)] = &[
    ("loops in loops", "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}"),
    ("empty loops with filters", "{% for a in range(9999) %}{% set x = range(9999) | list | length %}{% endfor %}"),
    ("sorting in a loop", "{% for a in range(9999) %}{% set x = range(9999) | reverse | sort | first %}{% endfor %}"),
    ("sums in a loop", "{% for a in range(9999) %}{% set x = range(9999) | sum %}{% endfor %}"),
    ("a string times a billion", "{{ 'x' * 1000000000 }}"),
    ("a kept string times a billion", "{% set s = 'xxxxxxxxxx' %}{% set t = s * 1000000000 %}"),
    ("a list times a billion", "{{ [1] * 1000000000 }}"),
    ("a billion times a list", "{% set n = 1000000000 %}{{ (n * [1, 2]) | length }}"),
    ("a product in a product", "{% for i in range(50) %}{% if 'ab' * 1000 * 1000 * 1000 %}{% endif %}{% endfor %}"),
    ("doubling by ~", "{% set n = namespace(s='x') %}{% for i in range(60) %}{% set n.s = n.s ~ n.s %}{% endfor %}"),
    ("doubling by +", "{% set n = namespace(s='x') %}{% for i in range(60) %}{% set n.s = n.s + n.s %}{% endfor %}"),
    (
        "doubling without set",
        "{% macro d(s, n) %}{% if n %}{{ d(s ~ s, n - 1) }}{% endif %}{% endmacro %}{{ d('xxxxxxxx', 60) }}",
    ),
    (
        "doubling in with",
        "{% macro d(s, n) %}{% with t = s ~ s %}{% if n %}{{ d(t, n - 1) }}{% endif %}{% endwith %}{% endmacro %}{{ d('xxxxxxxx', 60) }}",
    ),
    (
        "doubling in a condition",
        "{% macro d(s, n) %}{% if s ~ s and n %}{{ d([s ~ s][0], n - 1) }}{% endif %}{% endmacro %}{{ d('xxxxxxxx', 60) }}",
    ),
    ("doubling a list", "{% set n = namespace(s=[1]) %}{% for i in range(60) %}{% set n.s = n.s + n.s %}{% endfor %}"),
    (
        "lists in lists",
        "{% set n = namespace(s=[1]) %}{% for i in range(60) %}{% set n.s = [n.s, n.s] %}{% endfor %}{{ n.s }}",
    ),
    (
        "lists in lists, compared",
        "{% set n = namespace(s=[1], t=[1]) %}{% for i in range(60) %}{% set n.s = [n.s, n.s] %}{% set n.t = [n.t, n.t] %}{% endfor %}{{ n.s == n.t }}",
    ),
    (
        "lists in lists by a macro",
        "{% macro d(s, n) %}{% if n %}{{ d([s, s], n - 1) }}{% else %}{{ s | string | length }}{% endif %}{% endmacro %}{{ d([1], 60) }}",
    ),
    (
        "objects in objects",
        "{% set n = namespace(s={}) %}{% for i in range(60) %}{% set n.s = {'a': n.s, 'b': n.s} %}{% endfor %}{{ n.s | tojson }}",
    ),
    (
        "appending for ever",
        "{% set n = namespace(s=[]) %}{% for i in range(99999) %}{% set _ = n.s.append(i) %}{% endfor %}",
    ),
    (
        "appending the list to itself",
        "{% set n = namespace(s=[1]) %}{% for i in range(60) %}{% set _ = n.s.append(n.s) %}{% endfor %}{{ n.s }}",
    ),
    ("a macro that calls itself", "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}"),
    (
        "a macro that calls itself twice",
        "{% macro m(n) %}{% if n %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(90) }}",
    ),
    ("a recursive loop", "{% for x in [[1]] recursive %}{{ loop([[1]]) }}{% endfor %}"),
    (
        "replace that grows",
        "{% set n = namespace(s='x') %}{% for i in range(60) %}{% set n.s = n.s | replace('x', 'xxxxxxxxxx') %}{% endfor %}",
    ),
    (
        "replace of nothing",
        "{% set n = namespace(s='x') %}{% for i in range(60) %}{% set n.s = n.s | replace('', n.s) %}{% endfor %}",
    ),
    (
        "replace in a chain",
        "{% macro r(s) %}{{ s | replace('x', 'xxxxxxxxxx') | replace('x', 'xxxxxxxxxx') | replace('x', 'xxxxxxxxxx') | replace('x', 'xxxxxxxxxx') | replace('x', 'xxxxxxxxxx') | replace('x', 'xxxxxxxxxx') | replace('x', 'xxxxxxxxxx') | replace('x', 'xxxxxxxxxx') | replace('x', 'xxxxxxxxxx') | length }}{% endmacro %}{{ r('x') }}",
    ),
    (
        "the method replace in a chain",
        "{{ 'x'.replace('x', 'xxxxxxxxxx').replace('x', 'xxxxxxxxxx').replace('x', 'xxxxxxxxxx').replace('x', 'xxxxxxxxxx').replace('x', 'xxxxxxxxxx').replace('x', 'xxxxxxxxxx').replace('x', 'xxxxxxxxxx').replace('x', 'xxxxxxxxxx').replace('x', 'xxxxxxxxxx') | length }}",
    ),
    (
        "the method join in a chain",
        "{% set n = namespace(s='xx') %}{% for i in range(60) %}{% set n.s = n.s.join(n.s) %}{% endfor %}",
    ),
    (
        "join that grows",
        "{% set n = namespace(s='xx') %}{% for i in range(60) %}{% set n.s = [n.s, n.s] | join(n.s) %}{% endfor %}",
    ),
    (
        "join of many",
        "{{ range(99999) | join('xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx') | length }}",
    ),
    ("a wide format", "{{ '%999999999d' | format(1) }}"),
    ("a precise format", "{{ '%.999999999f' | format(1) }}"),
    ("a width from the arguments", "{{ '%*d' | format(999999999, 1) }}"),
    ("the method format", "{{ '{:>999999999}'.format(1) }}"),
    ("the method format with a width inside", "{{ '{:>{}}'.format('x', 999999999) }}"),
    ("centred widely", "{{ 'x'.center(999999999) ~ 'x'.ljust(999999999) }}"),
    ("a great power", "{{ 2 ** 999999999 }}{{ 10.0 ** 999999 }}"),
    (
        "raw text in a captured loop",
        concat!(
            "{% set c %}{% for i in range(99999) %}",
            "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789",
            "{% endfor %}{% endset %}"
        ),
    ),
    (
        "captures that double",
        "{% macro d(s, n) %}{% set c %}{{ s }}{{ s }}{% endset %}{% if n %}{{ d(c, n - 1) }}{% endif %}{% endmacro %}{{ d('xxxxxxxx', 60) }}",
    ),
    (
        "captures in loops in captures",
        "{% set c %}xxxxxxxxxx{% endset %}{% set d %}{% for i in range(9999) %}{{ c }}{% endfor %}{% endset %}{% set e %}{% for i in range(9999) %}{{ d }}{% endfor %}{% endset %}",
    ),
    (
        "a filter block in a loop",
        "{% for i in range(9999) %}{% filter upper %}{% for i in range(9999) %}xxxxxxxxxx{% endfor %}{% endfilter %}{% endfor %}",
    ),
    (
        "slices of a long string in a loop",
        "{% set s = 'xxxxxxxxxx' | replace('x', 'xxxxxxxxxx') | replace('x', 'xxxxxxxxxx') | replace('x', 'xxxxxxxxxx') %}{% for i in range(99999) %}{% if s[i:] == s[:i] %}{% endif %}{% endfor %}",
    ),
    (
        "searches in a long string",
        "{% set s = 'xxxxxxxxxx' | replace('x', 'xxxxxxxxxx') | replace('x', 'xxxxxxxxxx') | replace('x', 'xxxxxxxxxx') | replace('x', 'xxxxxxxxxx') %}{% for i in range(99999) %}{% if 'y' in s or s | upper == s | lower %}{% endif %}{% endfor %}",
    ),
    (
        "nested brackets",
        concat!(
            "{{ ",
            "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
        ),
    ),
];

/// A template that is cut off must not have cost much first.
#[test]
fn endless_templates_end() {
    let mut wrong = Vec::new();
    for (name, template) in ENDLESS {
        let started = Instant::now();
        let source = format!("{{\"type\": \"Card\"}}{template}");
        let outcome = Template::compile(name, &source).and_then(|t| t.render(&json!({}), &RenderLimits::default()));
        let took = started.elapsed();
        let ended = match &outcome {
            Ok(_) => "rendered".to_owned(),
            Err(fault) => format!("{:?}: {}", fault.kind, fault.message),
        };
        eprintln!("{name}: {ended} after {took:?}");
        if outcome.is_ok() || took > Duration::from_secs(2) {
            wrong.push(format!("{name}: {ended} after {took:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Ten thousand brackets, or quotes, or tags: the source is walked over in time that grows with its length only.
#[test]
fn strange_sources_are_read_quickly() {
    for piece in
        ["[", "(", "{{", "{%", "{#", "\"", "{{ a[", "{{ '", "{% for a in b %}", "{% set x = [", "{{ a[1:", "}}", "{{ -"]
    {
        for n in [50, 2_000] {
            let started = Instant::now();
            let outcome =
                Template::compile("t", &piece.repeat(n)).and_then(|t| t.render(&json!({}), &RenderLimits::default()));
            assert!(outcome.is_err());
            assert!(started.elapsed() < Duration::from_secs(2), "{n} times {piece:?} took {:?}", started.elapsed());
        }
    }
}

#[test]
fn bounds_are_named_as_such() {
    let limits = RenderLimits { fuel: 1_000, max_bytes: 60 };
    let template =
        Template::compile("t", r#"{"type": "Card", "v": {{ a | tojson }}{% for i in range(n) %}{% endfor %}}"#)
            .unwrap();
    let render = |a: &str, n: i32| template.render(&json!({"a": a, "n": n}), &limits);
    assert!(render("a", 1).is_ok());
    assert_eq!(render(&"a".repeat(60), 1).unwrap_err().kind, FaultKind::Limit);
    assert_eq!(render("a", 10_000).unwrap_err().kind, FaultKind::Limit);
    let long = " ".repeat(super::MAX_SOURCE + 1);
    assert_eq!(Template::compile("t", &long).err().unwrap().kind, FaultKind::Limit);
}
