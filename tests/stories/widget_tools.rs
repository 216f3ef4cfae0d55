//! What authors of widgets type: the cases of a widget, and the way from and to ChatKit's tools.
use crate::kit::{Folder, host::run, repo};
use serde_json::{Value, json};
use std::process::Output;

const TEMPLATE: &str = r#"{"type": "Card", "asForm": true, "confirm": {"label": "Send", "action": {"type": "send"}},
  "children": [{"type": "Input", "name": "who", "required": true, "defaultValue": {{ who | tojson }}},
  {"type": "Label", "value": "Who", "fieldName": "who"}]}"#;

fn inlay(folder: &Folder, arguments: &[&str]) -> Output {
    run::<&str>(folder.path(), &[], arguments)
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn hello(more: Value) -> String {
    let schema = json!({"type": "object", "required": ["who"], "properties": {"who": {"type": "string"}}});
    let mut file = json!({"version": "1.0", "name": "hello", "template": TEMPLATE, "jsonSchema": schema});
    file.as_object_mut().expect("an object").extend(more.as_object().cloned().expect("an object"));
    file.to_string()
}

#[test]
fn cases_pass_or_say_what_is_different_and_can_be_accepted() {
    let folder = Folder::new("cases");
    folder.write("widgets/hello.widget", hello(json!({"inlay": {"sample": {"who": "you"}}})));
    let none = inlay(&folder, &["widget", "test"]);
    assert!(none.status.code() == Some(1) && err(&none).contains("--update"), "{}", err(&none));

    // What it does now is taken for right; then it passes, and says so in words and in JSON.
    assert!(inlay(&folder, &["widget", "test", "--update"]).status.success());
    let cases = folder.path().join("widgets/hello.cases.json");
    let mut file: Value = serde_json::from_str(&std::fs::read_to_string(&cases).expect("a case file")).expect("JSON");
    assert_eq!(file["cases"][0]["rendered"]["children"][0]["defaultValue"], "you", "{file}");
    let again = inlay(&folder, &["widget", "test"]);
    assert!(again.status.success() && out(&again).contains("ok") && err(&again).contains("1 cases, all passed"));

    // An event: what a person does, what is sent for it, what a mock answers.
    let sends = json!({"type": "send", "payload": {"who": "Ada"}});
    file["cases"][0]["events"] = json!([
        {"submit": {"who": ""}, "blocked": ["who"]},
        {"submit": {"who": "Ada"}, "sends": sends, "answer": {"data": {"who": "Bob"}}, "finds": [{"type": "Input", "defaultValue": "Bob"}]},
    ]);
    std::fs::write(&cases, file.to_string()).expect("written");
    let report = inlay(&folder, &["widget", "test", "widgets/hello.widget", "--json", "--strict"]);
    let report: Value = serde_json::from_str(&out(&report)).expect("JSON");
    assert_eq!((&report["passed"], &report["failed"]), (&json!(1), &json!(0)), "{report}");
    assert_eq!(report["widgets"][0]["cases"][0]["sent"], json!([sends]), "{report}");

    // A field without a label: fine by the cases, but not where one is strict.
    let unlabelled = TEMPLATE.replace("{\"type\": \"Label\"", "{\"type\": \"Text\"");
    folder.write("widgets/hello.widget", hello(json!({"template": unlabelled, "inlay": {"sample": {"who": "you"}}})));
    assert!(inlay(&folder, &["widget", "test", "--update"]).status.success());
    let strict = inlay(&folder, &["widget", "test", "--strict"]);
    assert!(!strict.status.success() && out(&strict).contains("at /children/0"), "{}", out(&strict));
    std::fs::write(&cases, file.to_string()).expect("written");

    // The widget changes: the places are named, with what was expected and what was found.
    let changed = TEMPLATE.replace("\"Send\"", "\"Go\"");
    folder.write("widgets/hello.widget", hello(json!({"template": changed, "inlay": {"sample": {"who": "you"}}})));
    let failed = inlay(&folder, &["widget", "test"]);
    assert_eq!(failed.status.code(), Some(1));
    for said in ["FAILED", "/confirm/label", "expected \"Send\"", "found    \"Go\""] {
        assert!(out(&failed).contains(said), "{said}: {}", out(&failed));
    }
    assert!(err(&failed).contains("1 of 1 cases failed"), "{}", err(&failed));
}

#[test]
fn the_widgets_that_ship_pass_their_cases() {
    let folder = Folder::new("cases");
    let root = repo();
    let at = |part: &str| root.join(part).to_str().expect("a path").to_owned();
    let tested = inlay(&folder, &["widget", "test", "--strict", &at("widgets"), &at("plugins")]);
    assert!(tested.status.success(), "{}{}", out(&tested), err(&tested));
    let without: Vec<_> = out(&tested).lines().filter(|line| line.ends_with(": no cases")).map(str::to_owned).collect();
    assert_eq!(without, [""; 0], "every widget has cases");
    assert!(inlay(&folder, &["widget", "test", &at("tests/widgets")]).status.success(), "the format's own cases too");
}

#[test]
fn a_widget_of_chatkit_s_comes_in_with_warnings_and_goes_out_as_it_was() {
    use base64::Engine;
    let folder = Folder::new("exchange");
    let editor = json!({"id": "wig_1", "view": "<Card/>", "defaultState": {"who": 1}}).to_string();
    let encoded = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(editor);
    let original = hello(json!({"name": "Say Hello", "encodedWidget": encoded, "theirs": [1]}));
    folder.write("theirs.widget", &original);
    let refused = inlay(&folder, &["widget", "import", "theirs.widget", "--strict"]);
    assert!(!refused.status.success() && !folder.path().join("say-hello").exists());
    let imported = inlay(&folder, &["widget", "import", "theirs.widget", "--json"]);
    let said: Value = serde_json::from_str(&out(&imported)).expect("JSON");
    assert_eq!(said["folder"], "say-hello", "{said}");
    let warnings = said["warnings"].to_string();
    assert!(warnings.contains("--name say-hello") && warnings.contains("/who"), "{said}");
    let sample = std::fs::read_to_string(folder.path().join("say-hello/sample.json")).expect("a sample");
    assert_eq!(serde_json::from_str::<Value>(&sample).expect("JSON"), json!({"who": 1}));
    assert!(inlay(&folder, &["widget", "export", "say-hello", "--out", "ours.widget"]).status.success());
    let read = |name: &str| -> Value {
        serde_json::from_str(&std::fs::read_to_string(folder.path().join(name)).expect(name)).expect("JSON")
    };
    assert_eq!(read("ours.widget"), serde_json::from_str::<Value>(&original).expect("JSON"));

    // One of our own gets what an editor looks for.
    let cart = repo().join("widgets/cart");
    let cart = cart.to_str().expect("a path");
    assert!(inlay(&folder, &["widget", "export", cart, "--plain", "--out", "cart.widget"]).status.success());
    let exported = read("cart.widget");
    assert_eq!((&exported["inlay"], &exported["outputJsonPreview"]["type"]), (&Value::Null, &json!("Card")));
    let again = inlay(&folder, &["widget", "import", "cart.widget", "--strict"]);
    assert!(again.status.success(), "{}", err(&again));
    assert!(inlay(&folder, &["widget", "render", "cart"]).status.success(), "its sample came along");
}
