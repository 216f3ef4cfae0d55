use super::*;
use proptest::prelude::*;
use serde_json::json;

fn codes(tree: &Value) -> Vec<(String, &'static str)> {
    review(tree, &Bounds::default()).findings.list.iter().map(|f| (f.pointer.clone(), f.code)).collect()
}

fn one(child: Value) -> Vec<(String, &'static str)> {
    codes(&json!({"type": "Card", "children": [child]}))
}

fn expect(child: Value, pointer: &str, code: &str) {
    let found = one(child.clone());
    assert!(found.iter().any(|(at, word)| at == pointer && *word == code), "{child}: {found:?}");
}

#[test]
fn structure_is_held_against_the_vocabulary() {
    assert_eq!(codes(&json!([])), [("".into(), "invalid_root")]);
    assert_eq!(codes(&json!({"type": "Row"})), [("/type".into(), "invalid_root")]);
    assert_eq!(codes(&json!({"type": "Card"})), [("/children".into(), "missing_prop")]);
    expect(json!(7), "/children/0", "not_a_node");
    expect(json!({"value": "x"}), "/children/0", "not_a_node");
    expect(json!({"type": "Buton"}), "/children/0/type", "unknown_component");
    expect(json!({"type": "ListViewItem", "children": []}), "/children/0", "misplaced_component");
    expect(json!({"type": "Card", "children": []}), "/children/0", "misplaced_component");
    expect(json!({"type": "Text", "value": "x", "children": []}), "/children/0/children", "unexpected_children");
    expect(json!({"type": "Transition", "children": []}), "/children/0/children", "unexpected_children");
    expect(json!({"type": "Text"}), "/children/0/value", "missing_prop");
    expect(json!({"type": "Text", "value": null}), "/children/0/value", "missing_prop");
    expect(json!({"type": "Text", "value": "x", "colour": "red"}), "/children/0/colour", "unknown_prop");
    expect(json!({"type": "Text", "value": 5}), "/children/0/value", "wrong_type");
    expect(json!({"type": "Text", "value": "x", "maxLines": 1.5}), "/children/0/maxLines", "wrong_type");
    expect(json!({"type": "Text", "value": "x", "weight": "fat"}), "/children/0/weight", "unknown_word");
    expect(json!({"type": "Icon", "name": "serach"}), "/children/0/name", "unknown_icon");
    expect(json!({"type": "Input", "name": ""}), "/children/0/name", "empty_name");
    expect(json!({"type": "Box", "padding": {"x": 1, "z": 2}}), "/children/0/padding/z", "unknown_prop");
    expect(json!({"type": "Box", "border": {"size": 1, "top": 2}}), "/children/0/border/size", "unknown_prop");
    expect(json!({"type": "Box", "border": {"color": "red"}}), "/children/0/border/size", "missing_prop");
    expect(json!({"type": "Box", "background": {"light": "red"}}), "/children/0/background/dark", "missing_prop");
    let button = json!({"type": "Button", "label": "x", "onClickAction": {"type": "a", "handler": "me"}});
    expect(button, "/children/0/onClickAction/handler", "unknown_word");
    let chart =
        json!({"type": "Chart", "data": [{"x": true}], "xAxis": "x", "series": [{"type": "pie", "dataKey": "x"}]});
    expect(chart.clone(), "/children/0/data/0/x", "wrong_type");
    expect(chart, "/children/0/series/0/type", "unknown_word");
}

#[test]
fn mistakes_come_with_a_hint() {
    let tree = json!({"type": "Card", "children": [{"type": "Tilte", "value": "x"}, {"type": "Text", "value": "x", "weigth": "bold"},
        {"type": "Icon", "name": "chevron_right"}, {"type": "Badge", "label": "x", "color": "sucess"}, {"type": "Text", "value": "x", "maxLines": "2"}]});
    let review = review(&tree, &Bounds::default());
    let hints: Vec<_> = review.findings.list.iter().filter_map(|f| f.hint.as_deref()).collect();
    let expected = [
        "Did you mean Title?",
        "Did you mean weight?",
        "Did you mean \"chevron-right\"?",
        "Did you mean \"success\"?",
        "Leave the quotes away",
    ];
    assert_eq!(hints, expected);
    assert!(!review.is_valid());
}

#[test]
fn good_trees_have_no_findings() {
    let form = json!({"type": "Form", "onSubmitAction": {"type": "send"}, "children": [
        {"type": "Label", "value": "Name", "fieldName": "user.name"}, {"type": "Input", "name": "user.name", "required": true},
        {"type": "Label", "value": "Day", "fieldName": "day"}, {"type": "DatePicker", "name": "day", "min": "2026-01-01", "max": "2026-12-31T10:00:00Z"},
        {"type": "Select", "name": "size", "options": [{"value": "s", "label": "S"}], "defaultValue": "s", "onChangeAction": null},
        {"type": "Label", "value": "Size", "fieldName": "size"}, {"type": "Checkbox", "name": "yes", "label": "Yes"},
        {"type": "Button", "label": "Send", "submit": true, "iconStart": "lucide:send"}]});
    let table = json!({"type": "Table", "children": [{"type": "Table.Row", "header": true, "children": [{"type": "Table.Cell", "align": "end",
        "colSize": "sm", "children": [{"type": "Text", "value": "Price"}]}]}]});
    let chart = json!({"type": "Chart", "data": [{"month": "May", "sold": 3}], "xAxis": {"dataKey": "month", "labels": {"May": "5"}},
        "series": [{"type": "area", "dataKey": "sold", "label": "Sold", "curveType": "natural", "color": {"light": "blue", "dark": "blue-300"}}], "height": "10rem"});
    let tree = json!({"type": "Card", "key": "k", "size": "lg", "status": {"text": "New", "icon": "sparkle"}, "border": {"x": 1, "top": {"size": 2, "style": "dashed"}},
        "children": [form, table, chart, {"type": "Transition", "children": {"type": "Markdown", "value": "# Hi", "streaming": true}}, {"type": "Row", "children": null},
        {"type": "Text", "value": "x", "editable": false, "width": "50%"}, {"type": "Image", "src": "data:image/png;base64,AA", "alt": "", "position": "top left"}]});
    assert_eq!(codes(&tree), []);
    let list = json!({"type": "ListView", "limit": "auto", "status": {"text": "x", "favicon": "https://a.example/f.png", "frame": true},
        "children": [{"type": "ListViewItem", "children": [{"type": "Text", "value": "x"}]}]});
    assert_eq!(codes(&list), []);
    assert_eq!(codes(&json!({"type": "Basic", "children": [{"type": "Card", "children": []}]})), []);
}

#[test]
fn rules_look_at_what_belongs_together() {
    expect(json!({"type": "Image", "alt": "", "src": " JavaScript:alert(1)"}), "/children/0/src", "script_url");
    expect(
        json!({"type": "Markdown", "value": "[a](https://a.example) [b](<javascript:1>)"}),
        "/children/0/value",
        "script_url",
    );
    expect(json!({"type": "Text", "value": "x", "color": "secundary"}), "/children/0/color", "unknown_colour");
    expect(json!({"type": "DatePicker", "name": "d", "min": "tomorrow"}), "/children/0/min", "invalid_date");
    expect(json!({"type": "Button", "label": "x", "submit": true}), "/children/0/submit", "submit_outside_form");
    expect(json!({"type": "Button", "label": "x"}), "/children/0", "button_without_action");
    expect(json!({"type": "Form", "onSubmitAction": {"type": "a"}}), "/children/0", "form_without_submit");
    expect(
        json!({"type": "Form", "children": [{"type": "Button", "label": "x", "submit": true}]}),
        "/children/0",
        "form_without_action",
    );
    expect(json!({"type": "Form", "children": [{"type": "Form"}]}), "/children/0/children/0", "nested_form");
    expect(json!({"type": "Label", "value": "x", "fieldName": "y"}), "/children/0/fieldName", "label_without_control");
    expect(json!({"type": "Select", "name": "x", "options": []}), "/children/0/options", "no_options");
    let options = json!([{"value": "a", "label": "A"}, {"value": "a", "label": "B"}]);
    let select = json!({"type": "Select", "name": "x", "options": options, "defaultValue": "c"});
    expect(select.clone(), "/children/0/options/1/value", "duplicate_option");
    expect(select, "/children/0/defaultValue", "default_not_an_option");
    let twins = json!({"type": "Row", "children": [{"type": "Spacer", "id": "a", "key": "b"}, {"type": "Spacer", "id": "a", "key": "b"}]});
    expect(twins.clone(), "/children/0/children/1/id", "duplicate_id");
    expect(twins, "/children/0/children/1/key", "duplicate_key");
    let chart = json!({"type": "Chart", "data": [{"x": "a"}], "xAxis": "z", "series": [{"type": "bar", "dataKey": "y", "label": "Y"}]});
    expect(chart.clone(), "/children/0/xAxis", "unknown_field");
    expect(chart, "/children/0/series/0/dataKey", "unknown_field");
    let box_twice = json!({"type": "Row", "children": [{"type": "Checkbox", "name": "a", "label": "A"}, {"type": "Checkbox", "name": "a", "label": "B"}]});
    expect(box_twice, "/children/0/children/1", "duplicate_name");
}

#[test]
fn limits_are_warnings_or_errors() {
    let mut tree = json!({"type": "Text", "value": "x".repeat(60_000)});
    for _ in 0..10 {
        tree = json!({"type": "Col", "children": [tree]});
    }
    tree = json!({"type": "Card", "children": [tree]});
    let lenient = review(&tree, &Bounds::default());
    assert_eq!(
        lenient.findings.list.iter().map(|f| f.code).collect::<Vec<_>>(),
        ["too_many_bytes", "depth_past_limit"]
    );
    assert!(lenient.is_valid());
    let strict = review(&tree, &Bounds { strict: true, ..Bounds::default() });
    assert_eq!((strict.findings.errors, strict.figures.depth), (2, 12));
}

#[test]
fn what_nobody_could_read_is_refused_and_not_walked() {
    let mut tree = json!({"type": "Text"});
    for _ in 0..60 {
        tree = json!({"type": "Col", "children": [tree]});
    }
    assert_eq!(codes(&json!({"type": "Card", "children": [tree]})), [("".into(), "too_deep")]);
}

/// Any JSON, with the words of trees in it.
pub fn any_json() -> impl Strategy<Value = Value> {
    let words = prop::sample::select(vec![
        "Card",
        "ListView",
        "ListViewItem",
        "Row",
        "Form",
        "Text",
        "Markdown",
        "Title",
        "Button",
        "Input",
        "Select",
        "Image",
        "Table",
        "Table.Row",
        "Chart",
        "type",
        "x",
        "",
        "red-500",
        "javascript:alert(1)",
        "# a\n### b",
        "lg",
        "plus",
        "2026-13-01",
        "é😀",
        "#fff",
        "alpha-10",
        "~/",
    ]);
    let names = prop::sample::select(vec![
        "type",
        "children",
        "value",
        "id",
        "key",
        "name",
        "color",
        "background",
        "options",
        "data",
        "series",
        "xAxis",
        "editable",
        "border",
        "status",
        "onClickAction",
        "fieldName",
        "src",
        "alt",
        "size",
        "label",
        "theme",
        "asForm",
        "confirm",
        "light",
        "dark",
        "a/b~c",
    ]);
    let leaf = prop_oneof![
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<f64>().prop_map(Value::from),
        6 => words.prop_map(Value::from),
        1 => ".{0,20}".prop_map(Value::from),
    ];
    leaf.prop_recursive(8, 96, 6, move |inner| {
        prop_oneof![
            1 => prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            3 => prop::collection::vec((names.clone(), inner), 0..8).prop_map(|members| Value::Object(members.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn any_json_gets_a_review(tree in any_json(), other in any_json()) {
        let review = review(&tree, &Bounds::default());
        for finding in &review.findings.list {
            // A pointer leads to something, or to a member of something that is missing.
            let parent = finding.pointer.rsplit_once('/').map_or("", |(parent, _)| parent);
            prop_assert!(tree.pointer(&finding.pointer).is_some() || tree.pointer(parent).is_some(), "{:?}", finding);
        }
        // But for a null among children, nulls make no difference.
        let as_sent = super::super::review::review(&wire(tree.clone()), &Bounds::default());
        prop_assert!(!super::super::check(&tree).is_empty() || review.is_valid() == as_sent.is_valid());
        // What the shape check refuses, the strict validation refuses too.
        prop_assert!(super::super::check(&tree).is_empty() || !review.is_valid());
        for fineness in [super::super::diff::Fineness::ChatKit, super::super::diff::Fineness::Small] {
            let updates = super::super::diff::diff(&tree, &other, fineness);
            let _ = super::super::diff::apply(&tree, &updates);
        }
    }
}
