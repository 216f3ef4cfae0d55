//! Tests with random trees, of good and of hostile props.
use super::checker::check;
use super::tests::{is_styled, options};
use super::*;
use proptest::prelude::*;
use serde_json::json;

const KINDS: &[&str] = &[
    "Card",
    "ListView",
    "Basic",
    "ListViewItem",
    "Box",
    "Row",
    "Col",
    "Form",
    "Transition",
    "Text",
    "Title",
    "Caption",
    "Markdown",
    "Label",
    "Badge",
    "Icon",
    "Image",
    "Divider",
    "Spacer",
    "Button",
    "Checkbox",
    "Input",
    "Textarea",
    "Select",
    "RadioGroup",
    "DatePicker",
    "Chart",
    "Table",
    "Table.Row",
    "Table.Cell",
    "script",
    "Unknown\"><script>",
];

/// Values that a prop may have, good and hostile.
fn prop_value() -> impl Strategy<Value = Value> {
    let words = prop::sample::select(vec![
        "sm",
        "md",
        "lg",
        "xl",
        "2xl",
        "full",
        "100%",
        "50%",
        "none",
        "center",
        "start",
        "between",
        "wrap",
        "row",
        "col",
        "auto",
        "1 1 0",
        "primary",
        "secondary",
        "danger",
        "blue-100",
        "gray-900",
        "alpha-10",
        "surface-secondary",
        "strong",
        "#12f",
        "rgb(1,2,3)",
        "solid",
        "soft",
        "outline",
        "dashed",
        "16/9",
        "12px",
        "1.5rem",
        "top left",
        "contain",
        "check",
        "lucide:music",
        "email",
        "number",
        "client",
        "javascript:alert(1)",
        " java\nscript:x",
        "data:text/html,<script>",
        "data:image/png;base64,AA",
        "https://a.example/\"onload=x",
        "\"><script>alert(1)</script>",
        "' onfocus=alert(1) autofocus='",
        "</textarea><script>",
        "</title>",
        "<!--",
        "]]>",
        "&lt;",
        "&#x3c;",
        "a b",
        "inlay-action",
        "name",
        "__proto__",
        "id",
        "\0",
        "\u{202e}",
        "שלום",
        "\u{ffff}",
        "a.b",
        "-",
        "widget.show",
        "add",
        "**md** [x](javascript:y) <b>",
        "| a |\n|---|\n| b |",
        "2026-01-02",
    ]);
    let leaf = prop_oneof![
        4 => words.clone().prop_map(Value::from),
        1 => any::<String>().prop_map(Value::from),
        1 => any::<i32>().prop_map(Value::from),
        1 => (-2.0..2000.0).prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from),
        1 => Just(Value::Null),
    ];
    let keys = prop::sample::select(vec![
        "light",
        "dark",
        "top",
        "x",
        "size",
        "color",
        "style",
        "type",
        "payload",
        "handler",
        "action",
        "label",
        "value",
        "name",
        "text",
        "icon",
        "favicon",
        "dataKey",
        "disabled",
        "description",
        "required",
        "m",
        "onclick",
    ]);
    leaf.prop_recursive(2, 8, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::vec((keys.clone(), inner), 0..5)
                .prop_map(|pairs| Value::Object(pairs.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())),
        ]
    })
}

fn node() -> impl Strategy<Value = Value> {
    let keys = prop::sample::select(vec![
        "key",
        "id",
        "value",
        "label",
        "name",
        "fieldName",
        "size",
        "weight",
        "color",
        "background",
        "border",
        "radius",
        "padding",
        "margin",
        "gap",
        "align",
        "justify",
        "wrap",
        "flex",
        "width",
        "height",
        "minWidth",
        "maxHeight",
        "aspectRatio",
        "direction",
        "theme",
        "asForm",
        "confirm",
        "cancel",
        "status",
        "collapsed",
        "limit",
        "onClickAction",
        "onSubmitAction",
        "onChangeAction",
        "submit",
        "disabled",
        "iconStart",
        "iconEnd",
        "variant",
        "style",
        "pill",
        "uniform",
        "block",
        "src",
        "alt",
        "fit",
        "position",
        "frame",
        "flush",
        "options",
        "defaultValue",
        "defaultChecked",
        "placeholder",
        "pattern",
        "required",
        "inputType",
        "rows",
        "min",
        "max",
        "editable",
        "data",
        "series",
        "xAxis",
        "maxLines",
        "truncate",
        "italic",
        "lineThrough",
        "textAlign",
        "spacing",
        "minSize",
        "header",
        "colSpan",
        "autoFocus",
        "ariaLabel",
        "clearable",
        "onclick",
        "style",
        "srcdoc",
    ]);
    let props = prop::collection::vec((keys, prop_value()), 0..8).boxed();
    let with = |kind: &str, props: Vec<(&str, Value)>, children: Option<Vec<Value>>| {
        let mut node: Map<String, Value> = props.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        node.insert("type".into(), kind.into());
        if let Some(children) = children {
            node.insert("children".into(), children.into());
        }
        Value::Object(node)
    };
    let kinds = prop::sample::select(KINDS);
    let leaf = (kinds.clone(), props.clone()).prop_map(move |(kind, props)| with(kind, props, None));
    leaf.prop_recursive(5, 40, 6, move |inner| {
        (kinds.clone(), props.clone(), prop::collection::vec(inner, 0..6))
            .prop_map(move |(kind, props, children)| with(kind, props, Some(children)))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn any_tree_gives_well_formed_styled_html(value in node(), refuse in any::<bool>()) {
        let values = json!({"name": "\"<", "a": {"b": "<x>"}, "id": true});
        let faults = [Fault { pointer: "/name".into(), message: "<m>".into() }, Fault { pointer: "/a/b".into(), message: "\"".into() }];
        let refused = Refused { action: None, values: values.as_object().unwrap(), faults: &faults };
        let html = tree(&value, &HtmlOptions { refused: refuse.then_some(refused), ..options() });
        for class in check(&html) {
            prop_assert!(is_styled(&class), "no rule for {}", class);
        }
    }
}

/// Each step of each scale has a rule, also those that random trees seldom reach.
#[test]
fn every_number_ends_on_a_styled_step() {
    for n in 0..700 {
        let (n, unit) = (json!(n), json!(f64::from(n) / 4.0));
        let sides = json!({"top": unit, "right": unit, "bottom": unit, "left": unit});
        let edges = json!({"top": n, "right": n, "bottom": n, "left": n});
        let of = |spacing: &Value, border: &Value| {
            json!({"type": "Box", "gap": unit, "padding": spacing, "margin": spacing, "border": border, "width": n, "height": n,
                "minWidth": n, "minHeight": n, "maxWidth": n, "maxHeight": n, "aspectRatio": n, "background": format!("blue-{n}")})
        };
        let text = json!({"type": "Text", "value": "", "maxLines": n, "color": {"light": format!("red-{n}"), "dark": format!("pink-{n}")}});
        let more = [
            text,
            json!({"type": "Divider", "spacing": unit, "color": format!("green-{n}"), "size": n}),
            json!({"type": "Spacer", "minSize": n}),
            json!({"type": "Box", "background": format!("alpha-{n}")}),
        ];
        let card = json!({"type": "Card", "padding": unit, "children": [of(&unit, &n), of(&sides, &edges), {"type": "Col", "children": more}]});
        for class in check(&tree(&card, &options())) {
            assert!(is_styled(&class), "no rule for {class} at {n}");
        }
    }
}
