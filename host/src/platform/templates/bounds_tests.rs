//! Templates that would never end, or take all memory: each is stopped.
use super::*;
use serde_json::json;
use std::time::{Duration, Instant};

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
        "lists around one another",
        "{% set n = namespace(s=[]) %}{% for i in range(99999) %}{% set n.s = [n.s] %}{% endfor %}{{ n.s }}",
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

/// How a rendering ended, within two seconds; "did not end" if it goes on.
fn ending(source: String) -> Result<String, String> {
    let (done, outcome) = std::sync::mpsc::channel();
    let started = Instant::now();
    std::thread::spawn(move || {
        let outcome = Template::compile("t", &source).and_then(|t| t.render(&json!({}), &RenderLimits::default()));
        let _ = done.send(outcome.map(|_| ()));
    });
    match outcome.recv_timeout(Duration::from_secs(2)) {
        Ok(Ok(())) => Err(format!("rendered after {:?}", started.elapsed())),
        Ok(Err(fault)) => Ok(format!("{:?} after {:?}: {}", fault.kind, started.elapsed(), fault.message)),
        Err(_) => Err("did not end".to_owned()),
    }
}

#[test]
fn endless_templates_end() {
    let mut wrong = Vec::new();
    for (name, template) in ENDLESS {
        let ended = ending(format!("{{\"type\": \"Card\"}}{template}"));
        eprintln!("{name}: {ended:?}");
        if let Err(how) = ended {
            wrong.push(format!("{name}: {how}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Brackets in brackets, quotes, tags: a source is walked over in time that grows with its length only, and without
/// using up the stack.
#[test]
fn strange_sources_are_read_quickly() {
    let mut wrong = Vec::new();
    for piece in [
        "[",
        "(",
        "{{",
        "{%",
        "{#",
        "\"",
        "{{ a[",
        "{{ '",
        "{% for a in b %}",
        "{% set x = [",
        "{{ a[1:",
        "}}",
        "{{ -",
        "{{ a[a[a[a[",
        "{% set a = {{ 'b' ~ [1:[",
    ] {
        for n in [50, 2_000, 40_000 / piece.len()] {
            let source = piece.repeat(n);
            if let Err(how) = ending(source) {
                wrong.push(format!("{n} times {piece}: {how}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
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
