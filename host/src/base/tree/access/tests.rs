use super::super::review::{Bounds, review};
use serde_json::{Value, json};

fn found(children: Value) -> Vec<(String, &'static str)> {
    let review = review(&json!({"type": "Card", "children": children}), &Bounds::default());
    let about_people = |f: &&crate::base::tree::finding::Finding| f.wcag.is_some();
    review.findings.list.iter().filter(about_people).map(|f| (f.pointer.clone(), f.code)).collect()
}

fn codes(children: Value) -> Vec<&'static str> {
    found(children).into_iter().map(|(_, code)| code).collect()
}

#[test]
fn pictures_say_what_they_show() {
    assert_eq!(found(json!([{"type": "Image", "src": "/a.png"}])), [("/children/0/alt".into(), "image_without_alt")]);
    assert_eq!(codes(json!([{"type": "Image", "src": "/a", "alt": "IMG_1.png"}])), ["alt_is_a_file_name"]);
    assert!(
        codes(
            json!([{"type": "Image", "src": "/a", "alt": ""}, {"type": "Image", "src": "/b", "alt": "A cat.png file"}])
        )
        .is_empty()
    );
}

#[test]
fn controls_have_labels_of_their_own_form() {
    assert_eq!(codes(json!([{"type": "Input", "name": "a"}])), ["control_without_label"]);
    assert_eq!(codes(json!([{"type": "Input", "name": "a", "placeholder": "A"}])), ["placeholder_as_label"]);
    assert_eq!(codes(json!([{"type": "Checkbox", "name": "a"}])), ["control_without_label"]);
    assert_eq!(codes(json!([{"type": "Text", "value": "", "editable": {"name": "a"}}])), ["control_without_label"]);
    let search = |button: Value| {
        codes(json!([{"type": "Form", "onSubmitAction": {"type": "a"}, "children": [{"type": "Input", "name": "q",
        "placeholder": "Search"}, button]}]))
    };
    assert!(search(json!({"type": "Button", "submit": true, "iconStart": "search", "ariaLabel": "Search"})).is_empty());
    assert_eq!(search(json!({"type": "Divider"})), ["placeholder_as_label"], "no button says what it is for");
    let label = json!({"type": "Label", "value": "A", "fieldName": "a"});
    assert!(codes(json!([label, {"type": "Textarea", "name": "a"}])).is_empty());
    assert!(
        codes(
            json!([{"type": "RadioGroup", "name": "a", "ariaLabel": "A", "options": [{"label": "x", "value": "x"}]}])
        )
        .is_empty()
    );
    let other_form = json!([label, {"type": "Form", "children": [{"type": "DatePicker", "name": "a"}]}]);
    assert_eq!(codes(other_form), ["label_without_control", "control_without_label"]);
}

#[test]
fn what_is_pressed_has_a_name() {
    let act = json!({"type": "a"});
    assert_eq!(codes(json!([{"type": "Button", "iconStart": "plus", "onClickAction": act}])), ["button_without_name"]);
    assert!(
        codes(json!([{"type": "Button", "iconStart": "plus", "ariaLabel": "Add", "onClickAction": act}])).is_empty()
    );
    let list = |child: Value| {
        let tree = json!({"type": "ListView", "children": [{"type": "ListViewItem", "onClickAction": act, "children": [child]}]});
        review(&tree, &Bounds::default()).findings.list.iter().map(|f| f.code).collect::<Vec<_>>()
    };
    assert_eq!(list(json!({"type": "Icon", "name": "plus"})), ["item_without_name"]);
    assert!(list(json!({"type": "Row", "children": [{"type": "Text", "value": "Open"}]})).is_empty());
    assert_eq!(codes(json!([{"type": "Button", "label": "x", "size": "3xs", "onClickAction": act}])), ["small_target"]);
}

#[test]
fn headings_follow_each_other() {
    let title = |size: &str| json!({"type": "Title", "value": "T", "size": size});
    assert_eq!(found(json!([title("md"), title("lg")])), [("/children/1/size".into(), "heading_order")]);
    assert!(
        codes(json!([title("sm"), title("3xl"), title("lg"), title("3xl")])).is_empty(),
        "small ones are no headings"
    );
    assert_eq!(codes(json!([{"type": "Title", "value": " "}])), ["empty_heading"]);
    let markdown = |text: &str| codes(json!([{"type": "Markdown", "value": text}]));
    assert_eq!(markdown("# a\n### b"), ["heading_order"]);
    assert!(markdown("# a\n## b\n```\n#### code\n```\n### c\n# d\n#hash").is_empty());
}

#[test]
fn given_colours_have_contrast_in_both_themes() {
    let text = |color: Value| codes(json!([{"type": "Text", "value": "x", "color": color}]));
    assert_eq!(text(json!("#999")), ["low_contrast"], "too light for the light theme");
    assert_eq!(text(json!("#000")), ["low_contrast"], "not to be seen in the dark theme");
    assert!(text(json!({"light": "#333", "dark": "#ddd"})).is_empty());
    assert_eq!(text(json!({"light": "#ddd", "dark": "#333"})), ["low_contrast"]);
    assert!(text(json!("secondary")).is_empty() && text(json!("danger")).is_empty());
    assert!(text(json!("var(--mine)")).is_empty(), "nobody knows");

    let on =
        |background: Value, node: Value| codes(json!([{"type": "Box", "background": background, "children": [node]}]));
    let plain = json!({"type": "Text", "value": "x"});
    assert!(on(json!("purple-100"), plain.clone()).is_empty(), "what stands on one shade changes with it");
    assert!(on(json!("purple-900"), plain.clone()).is_empty());
    assert_eq!(on(json!({"light": "purple-900", "dark": "purple-900"}), plain.clone()), ["low_contrast"]);
    assert_eq!(on(json!("#ffffff"), json!({"type": "Text", "value": "x", "color": "#bbbbbb"})), ["low_contrast"]);
    assert!(on(json!("linear-gradient(red, blue)"), plain.clone()).is_empty());
    assert!(on(json!("alpha-10"), plain).is_empty());
    let large = json!({"type": "Title", "value": "x", "size": "2xl", "color": "#8a8a8a"});
    assert!(on(json!("#fff"), large).is_empty(), "3:1 is enough for large text");
    assert_eq!(on(json!("#fff"), json!({"type": "Icon", "name": "plus", "color": "#eeeeee"})), ["low_contrast_icon"]);
    let dark_card =
        json!({"type": "Card", "theme": "dark", "children": [{"type": "Text", "value": "x", "color": "#eee"}]});
    assert!(review(&dark_card, &Bounds::default()).findings.list.is_empty());
}

#[test]
fn tables_charts_and_the_focus() {
    let row = |header: bool| json!({"type": "Table.Row", "header": header, "children": [{"type": "Table.Cell", "value": "x"}]});
    assert_eq!(codes(json!([{"type": "Table", "children": [row(false)]}])), ["table_without_header"]);
    assert!(codes(json!([{"type": "Table", "children": [row(true), row(false)]}])).is_empty());
    let chart = json!({"type": "Chart", "data": [{"x": "a", "y": 1}], "xAxis": "x", "series": [{"type": "bar", "dataKey": "y", "label": null}]});
    assert_eq!(codes(json!([chart])), ["series_without_label"]);
    let field = |name: &str| json!({"type": "Input", "name": name, "autoFocus": true});
    let label = |name: &str| json!({"type": "Label", "value": "L", "fieldName": name});
    assert_eq!(codes(json!([label("a"), field("a"), label("b"), field("b")])), ["several_autofocus"]);
}
