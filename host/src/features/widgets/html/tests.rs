use super::checker::check;
use super::*;
use serde_json::json;

const WIDGETS_CSS: &str = include_str!("../../../../assets/widgets.css");
const SITE_CSS: &str = include_str!("../../../../assets/site.css");

pub(super) fn options() -> HtmlOptions<'static> {
    HtmlOptions { show_url: Some("/api/widget/w"), ..HtmlOptions::new("w", "/demo") }
}

fn html(value: &Value) -> String {
    let html = tree(value, &options());
    check(&html);
    html
}

/// Whether the class has a rule in one of the stylesheets.
pub(super) fn is_styled(class: &str) -> bool {
    [WIDGETS_CSS, SITE_CSS].iter().any(|css| {
        css.match_indices(&format!(".{class}"))
            .any(|(at, found)| !css[at + found.len()..].starts_with(|c: char| c.is_ascii_alphanumeric() || c == '-'))
    })
}

#[test]
fn an_action_outside_a_form_is_a_form_of_its_own() {
    let html = html(&json!({"type": "Card", "children": [{"type": "Button", "label": "Add", "onClickAction":
        {"type": "add_to_cart", "payload": {"productId": "prod_1\"'><"}}}]}));
    assert!(html.contains("<form class=\"iw-act\" method=\"post\" action=\"/api/widget-action\">"), "{html}");
    let sent = "{&quot;type&quot;:&quot;add_to_cart&quot;,&quot;payload&quot;:{&quot;productId&quot;:&quot;prod_1\\&quot;&#39;&gt;&lt;&quot;}}";
    assert!(html.contains(&format!("<input type=\"hidden\" name=\"inlay-action\" value=\"{sent}\">")), "{html}");
    assert!(html.contains("<input type=\"hidden\" name=\"inlay-return\" value=\"/demo\">"), "{html}");
}

#[test]
fn within_a_form_buttons_name_their_action_and_the_submitting_one_is_pressed_by_enter() {
    let html =
        html(&json!({"type": "Card", "children": [{"type": "Form", "onSubmitAction": {"type": "save"}, "children": [
            {"type": "Button", "label": "Clear", "onClickAction": {"type": "clear"}},
            {"type": "Input", "name": "title", "required": true},
            {"type": "Button", "label": "Save", "submit": true},
        ]}]}));
    let save = html.find("value=\"{&quot;type&quot;:&quot;save&quot;}\"").unwrap();
    let clear = html.find("value=\"{&quot;type&quot;:&quot;clear&quot;}\"").unwrap();
    assert!(save < clear, "the unseen default button comes first: {html}");
    assert_eq!(html.matches("<form").count(), 1);
    assert_eq!(html.matches("formnovalidate").count(), 1);
    assert!(!html.contains("type=\"hidden\" name=\"inlay-action\""), "only buttons say the action: {html}");
}

#[test]
fn a_form_without_a_button_gets_one() {
    let html = html(
        &json!({"type": "Basic", "children": [{"type": "Form", "onSubmitAction": {"type": "save"}, "children": []}]}),
    );
    assert!(html.contains(">Send</button>"), "{html}");
}

#[test]
fn a_card_that_is_a_form_is_sent_by_confirm_and_left_by_cancel() {
    let html = html(&json!({"type": "Card", "asForm": true, "children": [{"type": "Input", "name": "a"}],
        "confirm": {"label": "Yes", "action": {"type": "yes"}}, "cancel": {"label": "No", "action": {"type": "no"}}}));
    assert_eq!(html.matches("<form").count(), 1);
    let no = html
        .find("{&quot;type&quot;:&quot;no&quot;}\" formnovalidate")
        .or(html.find("formnovalidate name=\"inlay-action\""));
    assert!(no.is_some(), "{html}");
    assert!(html.find("iw-unseen").unwrap() < html.find(">No<").unwrap(), "Enter confirms: {html}");
}

#[test]
fn client_actions_are_dead_but_for_the_one_that_shows_the_widget_again() {
    let button = |action: Value| json!({"type": "Card", "children": [{"type": "Button", "label": "X", "onClickAction": action}]});
    let dead = html(&button(json!({"type": "open_url", "handler": "client"})));
    assert!(dead.contains(" disabled") && dead.contains("title="), "{dead}");
    let shown = json!({"type": "widget.show", "handler": "client",
        "payload": {"search": "a b&c=\"d\"", "category": null, "limit": 3, "inlay-x": 1, "deep": {"a": 1}}});
    let link = html(&button(shown.clone()));
    assert!(link.contains("href=\"/api/widget/w?search=a%20b%26c%3D%22d%22&amp;limit=3\""), "{link}");
    let without = tree(&button(shown), &HtmlOptions { show_url: None, ..options() });
    assert!(without.contains(" disabled"), "{without}");
}

#[test]
fn a_search_is_a_get_form() {
    let html = html(
        &json!({"type": "Card", "children": [{"type": "Form", "onSubmitAction": {"type": "widget.show", "handler": "client",
        "payload": {"category": "Monitors", "search": "old"}}, "children": [{"type": "Input", "name": "search"}, {"type": "Button", "submit": true, "label": "Go"}]}]}),
    );
    assert!(html.contains("method=\"get\" action=\"/api/widget/w\""), "{html}");
    assert!(html.contains("type=\"hidden\" name=\"category\" value=\"Monitors\""), "{html}");
    assert_eq!(html.matches("name=\"search\"").count(), 1, "{html}");
    assert!(!html.contains("inlay-"), "{html}");
}

#[test]
fn labels_faults_and_typed_values_meet_at_their_fields() {
    let values = json!({"user_name": "A\"B", "todo": {"title": "T"}, "reason": "demo", "box": "true"});
    let faults = [
        Fault { pointer: "/user_name".into(), message: "<too long>".into() },
        Fault { pointer: "/todo/title".into(), message: "taken".into() },
        Fault { pointer: "/elsewhere".into(), message: "lost".into() },
    ];
    let action = json!({"type": "send", "payload": null});
    let refused = Refused { action: Some(&action), values: values.as_object().unwrap(), faults: &faults };
    let form = |action: &str| {
        json!({"type": "Form", "onSubmitAction": {"type": action}, "children": [
            {"type": "Label", "value": "Name", "fieldName": "user_name"}, {"type": "Input", "name": "user_name", "defaultValue": "old"},
            {"type": "Textarea", "name": "todo.title"},
            {"type": "Select", "name": "reason", "options": [{"value": "sales", "label": "Sales"}, {"value": "demo", "label": "Demo"}]},
            {"type": "Checkbox", "name": "box", "label": "Box"}, {"type": "Checkbox", "name": "off", "label": "Off", "defaultChecked": true},
            {"type": "RadioGroup", "name": "r", "options": [{"value": "1", "label": "One"}]}, {"type": "Label", "value": "R", "fieldName": "r"},
            {"type": "Input", "name": "secret", "inputType": "password", "defaultValue": "x"},
        ]})
    };
    let widget = json!({"type": "Card", "children": [form("other"), form("send")]});
    let html = tree(&widget, &HtmlOptions { refused: Some(refused), ..options() });
    check(&html);
    let (first, second) = html.split_at(html.rfind("<form").unwrap());
    assert!(first.contains("value=\"old\"") && !first.contains("aria-invalid"), "{first}");
    assert!(second.contains("value=\"A&quot;B\"") && second.contains("&lt;too long&gt;"), "{second}");
    assert!(second.contains("\nT</textarea>") && second.contains("value=\"demo\" selected"), "{second}");
    assert_eq!(second.matches("aria-invalid=\"true\"").count(), 2);
    assert_eq!(second.matches(" checked").count(), 1, "{second}");
    assert_eq!(second.matches("role=\"alert\"").count(), 1);
    assert!(second.contains("<li>lost</li>"), "{second}");
    assert!(!html.contains("value=\"x\""), "a password is not sent back");
}

#[test]
fn a_form_in_a_form_is_one_form_and_forms_keep_their_numbers() {
    let form = |action: &str, inner: Value| json!({"type": "Form", "onSubmitAction": {"type": action}, "children": [inner, {"type": "Input", "name": "a"}]});
    let widget = json!({"type": "Card", "children": [form("outer", form("inner", json!({"type": "Text", "value": "x"}))),
        form("last", json!({"type": "Spacer"}))]});
    let (action, values) = (json!({"type": "last"}), json!({"a": "typed"}));
    let refused = Refused { action: Some(&action), values: values.as_object().unwrap(), faults: &[] };
    let html = tree(&widget, &HtmlOptions { refused: Some(refused), ..options() });
    check(&html);
    assert_eq!(html.matches("<form").count(), 2, "{html}");
    let (first, last) = html.split_at(html.rfind("<form").unwrap());
    assert!(!first.contains("typed") && last.contains("value=\"typed\""), "{html}");
}

#[test]
fn a_row_with_an_action_is_one_button_named_by_its_content() {
    let html = html(&json!({"type": "ListView", "limit": 1, "children": [
        {"type": "ListViewItem", "onClickAction": {"type": "pick"}, "children": [{"type": "Text", "value": "One"}, {"type": "Button", "label": "B", "onClickAction": {"type": "b"}}]},
        {"type": "ListViewItem", "children": [{"type": "Text", "value": "Two"}]},
        {"type": "Text", "value": "not an item"},
    ]}));
    assert!(html.contains("class=\"iw-spread\" type=\"submit\" aria-labelledby=\"iw-w-"), "{html}");
    assert!(html.contains("Show 2 more"), "{html}");
}

#[test]
fn a_change_is_sent_by_a_button() {
    let html = html(
        &json!({"type": "Card", "children": [{"type": "Select", "name": "a", "options": [{"value": "1", "label": "1"}],
        "onChangeAction": {"type": "changed"}}]}),
    );
    assert!(html.contains(">Apply</button>") && html.contains("name=\"inlay-action\""), "{html}");
}

#[test]
fn markdown_is_safe() {
    let text = "# Hi\n**b** *i* ~~d~~ `c`\n\n<script>alert(1)</script><img src=x onerror=y>\n\n[x](javascript:alert(1)) \
        [y](https://a.example/?q=\"x\") ![alt *t*](data:text/html,x) ![ok](https://a.example/i.png) <a@b.example> <javascript:x>\n\n\
        - [x] done\n- two\n  1. three\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n> quote\n\n```\n<b>\n```\n\n---\n&lt;\n";
    let html = html(&json!({"type": "Basic", "children": [{"type": "Markdown", "value": text}]}));
    assert!(html.contains("&lt;script&gt;") && !html.contains("<script"), "{html}");
    assert_eq!(html.matches("<a href").count(), 2, "{html}");
    assert_eq!(html.matches("<img").count(), 1, "{html}");
    assert!(html.contains("<th scope=\"col\">b</th>") && html.contains("<td>2</td>"), "{html}");
    assert!(html.contains("href=\"mailto:a@b.example\""), "{html}");
}

#[test]
fn markdown_nested_past_the_limit_keeps_its_words() {
    for outer in 0..30 {
        let text =
            format!("{}1. a\n{0}2. b\n{0}\n{0}| t |\n{0}|---|\n{0}| c |\n{0}\n{0}- - - - - d", "> ".repeat(outer));
        let html = html(&json!({"type": "Basic", "children": [{"type": "Markdown", "value": text}]}));
        assert!(["a", "b", "t", "c", "d"].iter().all(|word| html.contains(word)), "{html}");
        assert!(html.matches("<blockquote").count() <= 20);
    }
}

#[test]
fn hostile_markdown_is_bounded() {
    for text in [
        ">".repeat(50_000),
        "[".repeat(50_000),
        "- ".repeat(20_000),
        "*a_".repeat(20_000),
        "![".repeat(20_000),
        "`".repeat(60_000),
    ] {
        let started = std::time::Instant::now();
        let html = html(&json!({"type": "Basic", "children": [{"type": "Markdown", "value": text}]}));
        assert!(html.len() < MAX_NODES * 100 && started.elapsed().as_secs() < 5, "{:?}", started.elapsed());
    }
}

#[test]
fn depth_and_number_of_nodes_are_bounded() {
    // Copying or dropping a value this deep overflows the stack, so it is moved about and forgotten.
    let object = |members: [(&str, Value); 2]| {
        Value::Object(members.map(|(key, value)| (key.to_owned(), value)).into_iter().collect())
    };
    let mut deep = json!({"type": "Text", "value": "x"});
    for _ in 0..10_000 {
        deep = object([("type", "Col".into()), ("children", Value::Array(vec![deep]))]);
    }
    let shown = html(&deep);
    assert_eq!(shown.matches("iw-col").count(), MAX_DEPTH);
    assert!(shown.contains("nested deeper"));
    let action = object([("type", "a".into()), ("payload", deep)]);
    let button = object([("type", "Button".into()), ("onClickAction", action)]);
    assert!(html(&button).contains(" disabled"));
    std::mem::forget(button);

    let wide: Vec<Value> = (0..100_000).map(|n| json!({"type": "Text", "value": n})).collect();
    let shown = html(&json!({"type": "Card", "children": wide}));
    assert!(shown.matches("<p").count() <= MAX_NODES + 1 && shown.contains("too large"), "{}", shown.len());
    let options: Vec<Value> = (0..100_000).map(|n| json!({"value": n, "label": n})).collect();
    let shown = html(&json!({"type": "Card", "children": [{"type": "Select", "name": "s", "options": options}]}));
    assert!(shown.matches("<option").count() <= MAX_NODES + 1);
    let long = json!({"type": "Card", "children": vec![json!({"type": "Text", "value": "<".repeat(60_000)}); 500]});
    assert!(html(&long).len() < writer::MAX_BYTES + 400_000);
}

#[test]
fn our_own_field_names_cannot_be_taken() {
    let html = html(
        &json!({"type": "Card", "asForm": true, "confirm": {"label": "x", "action": {"type": "x"}}, "children": [
        {"type": "Input", "name": "inlay-action", "defaultValue": "{}"}, {"type": "Input", "name": "INLAY-return"},
        {"type": "Checkbox", "name": "inlay-return"}, {"type": "RadioGroup", "name": "inlay-action", "options": [{"value": "x", "label": "x"}]}]}),
    );
    assert!(!html.contains("name=\"INLAY"), "{html}");
}

#[test]
fn every_component_shows_what_it_says() {
    let all = json!({"type": "Card", "size": "lg", "status": {"text": "STATUS", "icon": "star"}, "children": [
        {"type": "Title", "value": "TITLE"}, {"type": "Text", "value": "TEXT"}, {"type": "Caption", "value": "CAPTION"},
        {"type": "Markdown", "value": "MARKDOWN"}, {"type": "Badge", "label": "BADGE"}, {"type": "Button", "label": "BUTTON"},
        {"type": "Transition", "children": {"type": "Text", "value": "TRANSITION"}}, {"type": "Image", "src": "/i.png", "alt": "IMAGE", "size": 40},
        {"type": "Image", "src": "javascript:x", "alt": "NOIMAGE"},
        {"type": "Icon", "name": "nonsense"}, {"type": "Icon", "name": "check"}, {"type": "Divider"}, {"type": "Spacer"},
        {"type": "Input", "name": "i", "placeholder": "INPUT"}, {"type": "Textarea", "name": "t", "defaultValue": "AREA"},
        {"type": "Select", "name": "s", "options": [{"value": "1", "label": "OPTION"}]}, {"type": "DatePicker", "name": "d", "defaultValue": "2026-01-02T00:00:00Z"},
        {"type": "RadioGroup", "name": "r", "options": [{"value": "1", "label": "RADIO"}]}, {"type": "Checkbox", "name": "c", "label": "CHECK"},
        {"type": "Text", "value": "EDIT", "editable": {"name": "e"}}, {"type": "Label", "value": "LABEL", "fieldName": "nothing"},
        {"type": "Chart", "data": [{"m": "MAY", "v": 12}], "series": [{"type": "bar", "dataKey": "v", "label": "SERIES"}], "xAxis": "m"},
        {"type": "Table", "children": [{"type": "Table.Row", "header": true, "children": [{"type": "Table.Cell", "children": [{"type": "Text", "value": "HEAD"}]}]},
            {"type": "Table.Row", "children": [{"type": "Table.Cell", "value": "CELL"}, {"type": "Text", "value": "STRAY"}]}, {"type": "Text", "value": "NOROW"}]},
        {"type": "Later", "children": [{"type": "Text", "value": "UNKNOWN"}]},
    ]});
    let html = html(&all);
    for word in [
        "STATUS",
        "TITLE",
        "TEXT",
        "CAPTION",
        "MARKDOWN",
        "BADGE",
        "BUTTON",
        "TRANSITION",
        "alt=\"IMAGE\"",
        "NOIMAGE",
        "INPUT",
        "AREA",
        "OPTION",
        "2026-01-02",
        "RADIO",
        "CHECK",
        "value=\"EDIT\"",
        "LABEL",
        "MAY",
        "SERIES",
        ">12<",
        "HEAD",
        "CELL",
        "STRAY",
        "NOROW",
        "UNKNOWN",
    ] {
        assert!(html.contains(word), "{word} is missing in {html}");
    }
    assert!(html.contains("<h2 class=\"iw-title\">TITLE</h2>"));
    assert_eq!(html.matches("<svg").count(), 3, "the unknown icon is a dot");
}

#[test]
fn pages_are_well_formed_and_lead_back_only_here() {
    let faults = [Fault { pointer: "/a/b".into(), message: "<script>".into() }];
    for back in ["/demo", "//evil.example", "https://evil.example", "javascript:x", "/\\evil.example"] {
        let problem = Problem { status: 422, title: "<Title>", detail: "detail \"x\"", faults: &faults };
        let page = problem_page(problem, None, Some(back));
        check(&page);
        assert!(!page.contains("evil") && !page.contains("javascript"), "{page}");
    }
    check(&landing(
        "0.1.0",
        &[Link { href: "/demo", title: "Demo", text: "t" }, Link { href: "javascript:x", title: "no", text: "no" }],
    ));
    let demo = demo_page(&[("products".into(), "<b>".into(), html(&json!({"type": "Card", "children": []})))]);
    for class in check(&demo) {
        assert!(is_styled(&class), "{class}");
    }
    assert!(page("T", "<p>x</p>", Some("abc")).contains("nonce=\"abc\""));
}

#[test]
fn stylesheets_are_small() {
    assert!(WIDGETS_CSS.len() < 24 * 1024 && SITE_CSS.len() < 8 * 1024);
    assert!(!WIDGETS_CSS.contains("url(") && !WIDGETS_CSS.contains("@import"));
}
