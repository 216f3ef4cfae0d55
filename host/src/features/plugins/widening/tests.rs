use super::compare::narrowed;
use super::{less, may_follow};
use crate::features::plugins::manifest::Manifest;
use crate::platform::schema::Schema;
use proptest::prelude::*;
use serde_json::{Value, json};

#[track_caller]
fn wider(old: Value, new: Value) {
    assert_eq!(narrowed(&old, &new), [], "{old} -> {new}");
}

#[track_caller]
fn narrower(old: Value, new: Value, pointer: &str) {
    let faults = narrowed(&old, &new);
    assert!(faults.iter().any(|fault| fault.pointer == pointer), "{old} -> {new}: {faults:?}");
}

fn object(properties: Value, required: Value) -> Value {
    json!({"type": "object", "additionalProperties": false, "properties": properties, "required": required})
}

#[test]
fn what_takes_more_may_follow() {
    let old = object(
        json!({"id": {"type": "string", "maxLength": 10}, "n": {"type": "integer", "minimum": 1}}),
        json!(["id", "n"]),
    );
    wider(old.clone(), old.clone());
    wider(old.clone(), json!(true));
    wider(old.clone(), json!({}));
    wider(
        old.clone(),
        object(
            json!({"id": {"type": "string", "maxLength": 12}, "n": {"type": "number", "minimum": 0}}),
            json!(["id"]),
        ),
    );
    // An optional member more, where none was taken before.
    wider(
        old.clone(),
        object(json!({"id": {"type": "string"}, "n": {"type": "integer"}, "note": {"type": "string"}}), json!([])),
    );
    wider(json!({"enum": ["a", "b"]}), json!({"enum": ["a", "b", "c"]}));
    wider(json!({"enum": ["a", "b"]}), json!({"type": "string", "maxLength": 1}));
    wider(json!({"type": "integer", "exclusiveMinimum": 1}), json!({"minimum": 1, "type": ["integer", "null"]}));
    wider(json!({"type": "string"}), json!({"anyOf": [{"type": "string"}, {"type": "integer"}]}));
    wider(
        json!({"anyOf": [{"const": 1}, {"type": "null"}]}),
        json!({"anyOf": [{"type": "null"}, {"type": "integer"}]}),
    );
    wider(json!({"anyOf": [{"const": 1}, {"type": "integer"}]}), json!({"type": "integer"}));
    wider(json!({"type": "integer", "multipleOf": 6}), json!({"type": "integer", "multipleOf": 3}));
    wider(
        json!({"type": "array", "items": {"const": 1}, "minItems": 2}),
        json!({"type": "array", "items": {"type": "integer"}}),
    );
    let defs = json!({"properties": {"a": {"$ref": "#/$defs/x"}}, "$defs": {"x": {"type": "integer", "maximum": 3}}});
    wider(defs, json!({"properties": {"a": {"type": "integer", "maximum": 4, "title": "new"}}}));
    // A property may be called as a keyword is.
    narrower(
        json!({"properties": {"title": {"type": "string"}}}),
        json!({"properties": {"title": {"type": "null"}}}),
        "/properties/title/type",
    );
}

#[test]
fn what_takes_less_is_named() {
    let old =
        object(json!({"id": {"type": "string", "maxLength": 10}, "a/b": {"type": "integer", "maximum": 9}}), json!([]));
    narrower(old.clone(), json!(false), "");
    narrower(
        old.clone(),
        object(json!({"id": {"type": "string", "maxLength": 9}, "a/b": {}}), json!([])),
        "/properties/id/maxLength",
    );
    narrower(old.clone(), object(json!({"id": {}, "a/b": {"maximum": 8}}), json!([])), "/properties/a~1b/maximum");
    narrower(old.clone(), object(json!({"id": {}, "a/b": {}}), json!(["id"])), "/required");
    narrower(old.clone(), object(json!({"id": {}}), json!([])), "/properties/a~1b");
    narrower(old, object(json!({"id": {"type": "integer"}, "a/b": {}}), json!([])), "/properties/id/type");
    narrower(json!({}), json!({"type": "object"}), "/type");
    narrower(
        json!({"type": "object"}),
        json!({"type": "object", "additionalProperties": false}),
        "/additionalProperties",
    );
    // Anything was taken there, so a number was.
    narrower(json!({"type": "object"}), json!({"properties": {"note": {"type": "string"}}}), "/properties/note/type");
    narrower(json!({"enum": ["a", "b"]}), json!({"enum": ["a"]}), "");
    narrower(json!({"type": "number"}), json!({"type": "integer"}), "/type");
    narrower(json!({"minimum": 9007199254740992_u64}), json!({"minimum": 9007199254740993_u64}), "/minimum");
    narrower(json!({"type": "string"}), json!({"type": "string", "pattern": "a"}), "/pattern");
    narrower(
        json!({"anyOf": [{"type": "string"}, {"type": "null"}]}),
        json!({"anyOf": [{"type": "string"}]}),
        "/anyOf",
    );
}

#[test]
fn a_new_optional_member_takes_nothing_away_but_closing_does() {
    let open = |properties: Value| json!({"type": "object", "properties": properties, "required": ["id"]});
    let old = open(json!({"id": {"type": "string"}, "to": {"type": "object", "properties": {"city": {}}}}));
    let grown = json!({"type": "object", "properties": {"city": {}, "street": {"type": "string"}}});
    let new = open(json!({"id": {"type": "string"}, "to": grown, "note": {"type": "string", "maxLength": 9}}));
    assert_eq!(less(&old, &new), []);
    let asks = json!({"type": "object", "properties": {"note": {}}, "required": ["id", "note"]});
    assert!(less(&old, &asks).iter().any(|fault| fault.pointer == "/required"));
    let mut closed = old.clone();
    closed["additionalProperties"] = json!(false);
    assert_eq!(less(&old, &closed).len(), 1);
    assert!(less(&new, &old).is_empty(), "an open schema takes what is not declared any more");
    assert!(!less(&open(json!({"id": {"type": "string"}})), &open(json!({"id": {"type": "integer"}}))).is_empty());
}

#[test]
fn what_cannot_be_told_is_refused() {
    narrower(json!({"type": "string"}), json!({"type": "string", "not": {"const": "x"}}), "/not");
    narrower(json!({"type": "integer"}), json!({"oneOf": [{"minimum": 0}, {"maximum": 0}]}), "/oneOf");
    narrower(json!({"$ref": "#"}), json!({"type": "object"}), "");
    narrower(
        json!({"type": "object"}),
        json!({"$schema": "http://json-schema.org/draft-07/schema#", "type": "object"}),
        "",
    );
    let mut deep = json!({"type": "integer"});
    for _ in 0..60 {
        deep = json!({"properties": {"a": deep}});
    }
    assert!(!narrowed(&json!({"properties": {}}), &deep).is_empty());
    let wide = json!({"anyOf": vec![json!({"anyOf": vec![json!({"type": "string", "minLength": 1}); 60]}); 60]});
    assert!(!narrowed(&wide, &json!({"type": "string", "minLength": 2})).is_empty(), "and it ends");
}

#[test]
fn a_manifest_keeps_its_names_within_a_major_version() {
    let manifest = |version: &str, names: &[&str]| {
        let actions: Vec<Value> = names.iter().map(|name| json!({"name": name})).collect();
        let text = json!({"plugin": {"id": "dev.a.b", "version": version}, "actions": actions}).to_string();
        Manifest::parse(&text).unwrap()
    };
    may_follow(&manifest("1.0.0", &["a"]), &manifest("1.1.0", &["a", "b"])).unwrap();
    let error = may_follow(&manifest("1.0.0", &["a", "b"]), &manifest("1.1.0", &["a"])).unwrap_err();
    assert_eq!(error.faults[0].pointer, "/actions/b");
    assert!(error.detail.contains("2.0.0"), "{error}");
    may_follow(&manifest("1.0.0", &["a", "b"]), &manifest("2.0.0", &["a"])).unwrap();
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(Value::from),
        (-3..4_i64).prop_map(Value::from),
        (-3..4_i64).prop_map(|n| json!(n as f64 + 0.5)),
        "[ab]{0,3}".prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map("[abc]", inner, 0..3).prop_map(|all| json!(all)),
        ]
    })
}

fn schemas() -> impl Strategy<Value = Value> {
    let kind = prop::sample::select(vec!["null", "boolean", "object", "array", "string", "number", "integer"]);
    let constraint = prop_oneof![
        kind.clone().prop_map(|kind| json!({"type": kind})),
        prop::collection::vec(kind, 1..4).prop_map(|mut kinds| {
            kinds.sort_unstable();
            kinds.dedup();
            json!({"type": kinds})
        }),
        (prop::sample::select(vec!["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"]), -3..4_i64)
            .prop_map(|(key, n)| json!({key: n})),
        (
            prop::sample::select(vec![
                "minLength",
                "maxLength",
                "minItems",
                "maxItems",
                "minProperties",
                "maxProperties"
            ]),
            0..4_u64
        )
            .prop_map(|(key, n)| json!({key: n})),
        (1..4_u64).prop_map(|n| json!({"multipleOf": n})),
        prop::sample::select(vec!["^a", "b$"]).prop_map(|pattern| json!({"pattern": pattern})),
        prop::collection::vec("[abc]", 0..3).prop_map(|mut names| {
            names.sort_unstable();
            names.dedup();
            json!({"required": names})
        }),
        prop::collection::vec(values(), 1..4).prop_map(|mut all| {
            all.dedup();
            json!({"enum": all})
        }),
        values().prop_map(|value| json!({"const": value})),
        Just(json!({"uniqueItems": true})),
        any::<bool>().prop_map(Value::from),
    ];
    constraint.prop_recursive(3, 24, 3, |inner| {
        let named = prop::collection::btree_map("[abc]", inner.clone(), 0..3);
        let members = prop_oneof![
            named.clone().prop_map(|all| json!({"properties": all})),
            inner.clone().prop_map(|one| json!({"additionalProperties": one})),
            inner.clone().prop_map(|one| json!({"items": one})),
            inner.clone().prop_map(|one| json!({"not": one})),
            prop::collection::vec(inner.clone(), 1..3).prop_map(|all| json!({"prefixItems": all})),
            (prop::sample::select(vec!["anyOf", "allOf", "oneOf"]), prop::collection::vec(inner.clone(), 1..3))
                .prop_map(|(key, all)| json!({key: all})),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| json!({"if": a, "then": b})),
            named.prop_map(
                |all| json!({"patternProperties": {"^a": all.values().next().cloned().unwrap_or(json!(true))}})
            ),
            inner,
        ];
        prop::collection::vec(members, 1..4).prop_map(|parts| {
            let mut whole = serde_json::Map::new();
            for part in parts {
                whole.extend(part.as_object().cloned().unwrap_or_default());
            }
            Value::Object(whole)
        })
    })
}

/// The same schema with one thing changed somewhere: pairs that are nearly the same try the comparison hardest.
fn changed(schema: &Value, with: &Value, at: &mut usize) -> Value {
    if *at == 0 {
        *at = usize::MAX;
        return with.clone();
    }
    *at = at.saturating_sub(1);
    match schema {
        Value::Object(members) => {
            Value::Object(members.iter().map(|(key, value)| (key.clone(), changed(value, with, at))).collect())
        }
        Value::Number(n) => n.as_i64().map_or(schema.clone(), |n| json!(n + i64::from(at.is_multiple_of(3)))),
        other => other.clone(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// The one thing that must never happen.
    #[test]
    fn nothing_that_was_taken_is_refused_by_what_passes(
        old in schemas(), other in schemas(), mut at in 0..12_usize, near in any::<bool>(),
        tried in prop::collection::vec(values(), 40),
    ) {
        let new = if near { changed(&old, &other, &mut at) } else { other };
        let (Ok(before), Ok(after)) = (Schema::compile(&old), Schema::compile(&new)) else { return Ok(()) };
        if narrowed(&old, &new).is_empty() {
            for value in &tried {
                prop_assert!(before.check(value).is_err() || after.check(value).is_ok(), "{value}: {old} -> {new}");
            }
        }
    }
}
