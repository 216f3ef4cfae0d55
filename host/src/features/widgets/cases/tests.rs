use super::*;

const TEMPLATE: &str = r#"{"type": "Card", "asForm": {{ (not sent) | tojson }}, "confirm": {"label": "Send", "action": {"type": "send"}},
 "children": [{% if sent %}{"type": "Text", "value": {{ ("Thanks, " ~ name) | tojson }}}{% else %}
 {"type": "Label", "value": "Name", "fieldName": "name"},
 {"type": "Input", "name": "name", "required": true}{% endif %}]}"#;

fn subject() -> Arc<Subject> {
    let file = json!({"version": "1.0", "name": "hello", "template": TEMPLATE,
        "jsonSchema": {"type": "object", "required": ["sent"], "properties": {"sent": {"type": "boolean"}}},
        "inlay": {"sample": {"sent": false}}});
    Arc::new(Subject::of(&WidgetFile::from_json(&file).unwrap()).unwrap())
}

fn tried(case: Value, how: How) -> (Report, Value) {
    let mut file = json!({"cases": [case]});
    let mut reports = run(&mut file, &subject(), &|_| None, how).unwrap();
    (reports.pop().unwrap(), file["cases"][0].take())
}

#[track_caller]
fn complaints(case: Value) -> Vec<String> {
    let (report, _) = tried(case, How::default());
    report.complaints.into_iter().map(|one| format!("{} {}", one.at, one.message)).collect()
}

const NONE: [&str; 0] = [];
const UPDATE: How = How { strict: false, update: true };

#[test]
fn a_case_that_is_accepted_passes_and_one_that_changed_does_not() {
    let (report, case) = tried(json!({"name": "empty"}), UPDATE);
    assert!(report.changed && case["rendered"]["type"] == "Card", "{case}");
    assert_eq!(complaints(case.clone()), NONE);
    let mut other = case;
    other["rendered"]["confirm"]["label"] = json!("Go");
    let (report, _) = tried(other, How::default());
    let [difference] = report.complaints[0].differences.as_slice() else { panic!("{report:?}") };
    assert_eq!(difference.pointer, "/confirm/label");
    assert!(complaints(json!({"name": "nothing expected"}))[0].contains("--update"));
    assert!(complaints(json!({"renderd": {}, "finds": []}))[0].contains("renderd"));
}

#[test]
fn an_event_sends_is_answered_and_goes_on_in_what_is_shown() {
    let flow = json!({"events": [
        {"submit": {"name": ""}, "blocked": ["name"]},
        {"submit": {"name": "Ada"}, "sends": {"type": "send", "payload": {"name": "Ada"}}, "answer": {"faults": [{"pointer": "/name", "message": "No"}]}},
        {"click": "Send", "fill": {"name": "Ada"}, "sends": {"type": "send", "payload": {"name": "Ada"}},
         "answer": {"data": {"sent": true, "name": "Ada"}}, "finds": [{"value": "Thanks, Ada"}], "lacks": [{"type": "Input"}]},
    ]});
    assert_eq!(complaints(flow.clone()), NONE);
    let broken = |pointer: &str, value: Value| {
        let mut flow = flow.clone();
        *flow.pointer_mut(pointer).unwrap() = value;
        complaints(flow)
    };
    assert!(broken("/events/0/blocked", json!([]))[0].starts_with("event 1 blocked"));
    assert!(broken("/events/1/sends/payload/name", json!("Bob"))[0].starts_with("event 2 sends"));
    assert!(broken("/events/1/answer/faults/0/pointer", json!("/mail"))[0].contains("no field"));
    assert!(broken("/events/2/answer/data/name", json!("Bob"))[0].contains("lacks"));
    assert!(broken("/events/2/click", json!("Buy"))[0].contains("nothing to press"));
    assert!(broken("/events/1/answer", json!({"widget": "elsewhere"}))[0].contains("nothing can follow"));
}

#[test]
fn events_are_accepted_too() {
    let (report, case) = tried(json!({"events": [{"submit": {}}, {"submit": {"name": "Ada"}}]}), UPDATE);
    assert!(report.passed() && report.changed);
    assert_eq!(case["events"][0]["blocked"], json!(["name"]));
    assert_eq!(case["events"][1]["sends"], json!({"type": "send", "payload": {"name": "Ada"}}));
    assert_eq!(complaints(case), NONE);
}

#[test]
fn failures_are_expected_by_kind_and_line() {
    let bare = json!({"data": {"sent": true}, "error": "render", "line": 2});
    assert_eq!(complaints(bare), NONE);
    assert!(complaints(json!({"data": {"sent": true}, "error": "json"}))[0].contains("render"));
    assert!(complaints(json!({"data": {"sent": true}, "error": "render", "line": 1}))[0].contains("line 2"));
    assert!(complaints(json!({"error": "render"}))[0].contains("should fail"));
}

#[test]
fn a_misfit_is_a_warning_unless_it_is_asked_for() {
    let case = json!({"data": {"sent": false, "more": 1}, "finds": [{"type": "Input"}]});
    assert!(tried(case.clone(), How { strict: true, update: false }).0.passed());
    let case = json!({"data": {"sent": 0}, "finds": [{"type": "Input"}]});
    let (report, _) = tried(case.clone(), How::default());
    assert!(report.passed() && report.warnings[0].contains("/sent"));
    assert!(!tried(case, How { strict: true, update: false }).0.passed());
}
