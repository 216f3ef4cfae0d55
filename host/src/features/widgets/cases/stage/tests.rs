use super::*;

fn form() -> Value {
    json!({"type": "Card", "asForm": true, "confirm": {"label": "Save", "action": {"type": "save", "payload": {"id": 7}}},
        "cancel": {"label": "Discard", "action": {"type": "discard"}}, "children": [
        {"type": "Input", "name": "todo.title", "required": true, "defaultValue": "Milk"},
        {"type": "Input", "name": "mail", "inputType": "email"},
        {"type": "Input", "name": "code", "pattern": "[A-Z]{2}"},
        {"type": "Input", "name": "id", "defaultValue": "typed"},
        {"type": "Select", "name": "size", "options": [{"value": "s", "label": "S"}, {"value": "l", "label": "L", "disabled": true}],
            "onChangeAction": {"type": "resize"}},
        {"type": "RadioGroup", "name": "way", "options": [{"value": "a", "label": "A"}]},
        {"type": "Checkbox", "name": "gift"},
        {"type": "ListViewItem", "key": "row", "onClickAction": {"type": "open", "handler": "client"}, "children": [
            {"type": "Text", "value": "First"}, {"type": "Caption", "value": "of two"}]},
    ]})
}

fn fill(value: Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap()
}

#[test]
fn a_form_s_values_go_along_nested_and_below_the_payload() {
    let tree = form();
    let stage = Stage::of(&tree);
    let expected = json!({"type": "save", "payload": {"id": 7, "todo": {"title": "Milk"}, "mail": "a@b.c", "code": "",
        "size": "s", "gift": true}});
    let sent = stage.submit(&fill(json!({"mail": "a@b.c", "size": "s", "gift": true}))).unwrap();
    assert_eq!(sent, Outcome::Sends(expected.clone()));
    assert_eq!(
        stage.click("Save", None, &fill(json!({"mail": "a@b.c", "size": "s", "gift": true}))).unwrap(),
        Outcome::Sends(expected)
    );
}

#[test]
fn the_browser_stops_what_it_can_see() {
    let tree = form();
    let stage = Stage::of(&tree);
    let stopped = stage.submit(&fill(json!({"todo.title": "", "mail": "nowhere", "code": "abc"}))).unwrap();
    assert_eq!(stopped, Outcome::Blocked(vec!["todo.title".into(), "mail".into(), "code".into()]));
    let cancelled = stage.click("Discard", None, &fill(json!({"todo.title": ""}))).unwrap();
    assert!(matches!(cancelled, Outcome::Sends(_)), "only sending is held up: {cancelled:?}");
}

#[test]
fn changing_one_control_sends_its_form() {
    let tree = form();
    let Outcome::Sends(sent) = Stage::of(&tree).change(&fill(json!({"size": "s"}))).unwrap() else { panic!() };
    assert_eq!(
        (&sent["type"], &sent["payload"]["size"], &sent["payload"]["gift"]),
        (&json!("resize"), &json!("s"), &json!(false))
    );
}

#[test]
fn what_cannot_be_done_is_said() {
    let tree = form();
    let stage = Stage::of(&tree);
    let said = |outcome: Result<Outcome, String>| outcome.unwrap_err();
    let none = Map::new();
    assert!(said(stage.click("Buy", None, &none)).contains("\"Discard\""));
    assert!(said(stage.submit(&fill(json!({"size": "l"})))).contains("no option \"l\""));
    assert!(said(stage.submit(&fill(json!({"nothing": "l"})))).contains("no form has"));
    assert!(said(stage.change(&fill(json!({"mail": "l"})))).contains("no onChangeAction"));
    assert!(said(stage.submit(&fill(json!({"gift": "yes"})))).contains("true or false"));
    let row = |key: &str| {
        let add = json!({"type": "add", "payload": {"key": key}});
        let button = json!({"type": "Button", "label": "Add", "disabled": key == "b", "onClickAction": add});
        json!({"type": "Row", "key": key, "children": [button]})
    };
    let two = json!({"type": "Card", "children": [row("a"), row("b")]});
    let stage = Stage::of(&two);
    assert!(said(stage.click("Add", None, &none)).contains("within"));
    assert_eq!(
        stage.click("Add", Some("a"), &none).unwrap(),
        Outcome::Sends(json!({"type": "add", "payload": {"key": "a"}}))
    );
    assert!(said(stage.click("Add", Some("b"), &none)).contains("disabled"));
}

#[test]
fn a_row_is_called_by_its_words() {
    let tree = form();
    let sent = Stage::of(&tree).click("First", Some("row"), &Map::new()).unwrap();
    let Outcome::Sends(sent) = sent else { panic!() };
    assert_eq!((&sent["type"], &sent["handler"]), (&json!("open"), &json!("client")));
}
