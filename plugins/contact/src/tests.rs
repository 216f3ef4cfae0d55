use crate::PLUGIN;
use inlay::*;

fn form() -> Value {
    json!({ "user_name": " Ada Lovelace ", "email": "ada@example.org ", "reason": "demo", "message": "\nHello\n" })
}

#[test]
fn a_message_is_stored_trimmed_and_thanked_for() {
    let cx = PLUGIN.fake();
    let reply = cx.act("submit_contact_form", form()).unwrap();
    assert_eq!(reply.widget(), Some("contact-form"));
    assert_eq!(reply.widget_data(), json!({ "sent": true, "name": "Ada Lovelace" }));
    assert!(reply.message().unwrap().contains("Ada Lovelace"));
    let page = cx.ask("submissions", json!({})).unwrap();
    assert_eq!(page["items"][0]["id"], reply.data()["submissionId"]);
    assert_eq!(page["items"][0]["email"], "ada@example.org");
    assert_eq!(page["items"][0]["message"], "Hello");
    assert_eq!(page["items"][0]["at"], cx.call().now_ms);
    assert_eq!(page["next"], Value::Null);
}

#[test]
fn every_wrong_field_is_named_and_nothing_is_stored() {
    let cx = PLUGIN.fake();
    let input = json!({ "user_name": "  ", "email": "nobody", "reason": "sales", "message": " " });
    let failure = cx.act("submit_contact_form", input).unwrap_err();
    assert_eq!(failure.code, "input.invalid");
    let detail = failure.detail.unwrap();
    let pointers: Vec<&str> = detail.as_array().unwrap().iter().filter_map(|f| f["pointer"].as_str()).collect();
    assert_eq!(pointers, ["/user_name", "/email", "/message"]);
    assert_eq!(cx.ask("submissions", json!({})).unwrap()["items"], json!([]));
}

#[test]
fn an_unknown_reason_is_refused() {
    let cx = PLUGIN.fake();
    let mut input = form();
    input["reason"] = json!("gossip");
    assert_eq!(cx.act("submit_contact_form", input).unwrap_err().code, "input.invalid");
}

#[test]
fn pages_are_newest_first_and_meet_without_gaps() {
    let mut cx = PLUGIN.fake();
    for n in 0..7 {
        let mut input = form();
        input["message"] = json!(format!("number {n}"));
        cx.act("submit_contact_form", input).unwrap();
        cx.advance(60);
    }
    let mut seen = Vec::new();
    let mut after = json!(null);
    loop {
        let page = cx.ask("submissions", json!({ "limit": 3, "after": after })).unwrap();
        seen.extend(page["items"].as_array().unwrap().iter().map(|item| item["message"].clone()));
        after = page["next"].clone();
        if after.is_null() {
            break;
        }
    }
    let expected: Vec<Value> = (0..7).rev().map(|n| json!(format!("number {n}"))).collect();
    assert_eq!(seen, expected);
}

#[test]
fn messages_delete_themselves() {
    let mut cx = PLUGIN.fake();
    cx.act("submit_contact_form", form()).unwrap();
    cx.advance(365 * 86_400);
    assert_eq!(cx.ask("submissions", json!({})).unwrap()["items"], json!([]));
}

#[test]
fn the_empty_form_knows_its_reasons() {
    let data = PLUGIN.fake().ask("contact-form", json!({})).unwrap();
    assert_eq!(data["sent"], false);
    let values: Vec<&str> = data["reasons"].as_array().unwrap().iter().filter_map(|r| r["value"].as_str()).collect();
    assert_eq!(values, ["sales", "support", "demo", "feedback", "other"]);
}

#[test]
fn only_administrators_read() {
    let manifest = PLUGIN.manifest();
    assert_eq!(manifest["queries"][1]["name"], "submissions");
    assert_eq!(manifest["queries"][1]["auth"], "admin");
    let reason = &manifest["actions"][0]["input"]["properties"]["reason"];
    assert_eq!(reason["enum"], json!(["sales", "support", "demo", "feedback", "other"]));
}

#[test]
fn feedback_is_counted_and_only_administrators_read_what_was_said() {
    let mut cx = PLUGIN.fake();
    for (rating, comment) in [(5, ""), (4, "  Fast delivery "), (5, "")] {
        cx.act("send_feedback", json!({ "rating": rating, "comment": comment })).unwrap();
        cx.advance(1);
    }
    let view = cx.act("send_feedback", json!({ "rating": 1 })).unwrap().widget_data();
    assert_eq!((&view["sent"], &view["results"]["total"]), (&json!(true), &json!(4)));
    assert_eq!(view["results"]["averageLabel"], "3.8");
    assert_eq!(view["results"]["bars"][0], json!({ "label": "Very good", "count": 2 }));
    assert!(!view.to_string().contains("delivery"), "what others say is not shown");
    let received = cx.ask("received-feedback", json!({ "limit": 2 })).unwrap();
    assert_eq!((&received["items"][0]["rating"], &received["results"]["total"]), (&json!(1), &json!(4)));
    let rest = cx.ask("received-feedback", json!({ "after": received["next"] })).unwrap();
    assert_eq!(rest["items"][0]["comment"], "Fast delivery");
    // Later attempts do not look at what others change.
    let late = cx.with_attempt(2).act("send_feedback", json!({ "rating": 3 })).unwrap().widget_data();
    assert_eq!((&late["sent"], &late["results"]), (&json!(true), &json!(null)));
    let manifest = PLUGIN.manifest();
    let admin: Vec<_> = manifest["queries"].as_array().unwrap().iter().filter(|q| q["auth"] == "admin").collect();
    assert_eq!(admin.len(), 2, "{admin:?}");
}

#[test]
fn the_widgets_are_as_their_cases_say_and_are_understood() {
    for folder in ["widgets", "../../widgets/contact-form"] {
        assert!(PLUGIN.test_widgets(folder).unwrap() > 1, "{folder}");
    }
}
