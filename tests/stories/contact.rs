//! The contact form: field errors a person can act on, and submissions that only admins read.
use crate::kit::TestHost;
use serde_json::{Value, json};

fn good() -> Value {
    json!({"user_name": "  Ada Lovelace ", "email": "ada@example.org", "reason": "demo", "message": "A word about the engine?"})
}

#[tokio::test]
async fn a_submission_is_stored_and_read_by_admins_only() {
    let mut host = TestHost::start().await;
    let visitor = host.visitor();
    let sent = visitor.act_form("submit_contact_form", json!({}), good()).await.ok().json();
    let id = sent["result"]["submissionId"].as_str().unwrap_or_else(|| panic!("no id in {sent}")).to_owned();
    assert_eq!(sent["widgets"][0]["name"], "contact-form", "{sent}");
    visitor
        .act_form(
            "submit_contact_form",
            json!({}),
            json!({"user_name": "Grace", "email": "grace@example.org", "reason": "sales", "message": "Second"}),
        )
        .await
        .ok();

    let refused = visitor.get("/api/submissions").await;
    assert!([401, 403].contains(&refused.status), "{}", refused.text());
    refused.any_problem();
    host.anybody().get("/api/data/submissions").await.problem(401, "missing_token");

    let admin = host.admin();
    let list = admin.get("/api/submissions").await.ok().json();
    assert_eq!(list["items"][0]["user_name"], "Grace", "newest first: {list}");
    assert_eq!(list["items"][1]["id"], id.as_str(), "{list}");
    assert_eq!(list["items"][1]["user_name"], "Ada Lovelace", "trimmed: {list}");
    assert_eq!(list["items"][1]["reason"], "demo", "{list}");
    let page = admin.get("/api/submissions?limit=1").await.ok().json();
    assert_eq!(page["items"].as_array().map(Vec::len), Some(1), "{page}");
    let next = page["next"].as_str().unwrap_or_else(|| panic!("no next in {page}"));
    let rest = admin.get(&format!("/api/submissions?limit=1&after={next}")).await.ok().json();
    assert_eq!(rest["items"][0]["id"], id.as_str(), "{rest}");
}

#[tokio::test]
async fn each_wrong_field_is_named_and_nothing_is_stored() {
    let mut host = TestHost::start().await;
    let visitor = host.visitor();
    let wrong: [(&str, Value); 9] = [
        ("/user_name", json!("   ")),
        ("/user_name", json!("x".repeat(101))),
        ("/user_name", json!(7)),
        ("/email", json!("not an address")),
        ("/email", json!("a@b@c")),
        ("/email", Value::Null),
        ("/reason", json!("because")),
        ("/message", json!("")),
        ("/message", json!("x".repeat(5001))),
    ];
    for (pointer, value) in wrong {
        let mut form = good();
        form[&pointer[1..]] = value;
        let answer = visitor.act_form("submit_contact_form", json!({}), form.clone()).await;
        let problem = answer.any_problem();
        assert_eq!(answer.status, 422, "{problem}");
        assert!(
            ["invalid_form", "invalid_parameters"].contains(&problem["code"].as_str().unwrap_or_default()),
            "{problem}"
        );
        let faults = problem["faults"].as_array().unwrap_or_else(|| panic!("no faults in {problem}"));
        assert!(faults.iter().any(|fault| fault["pointer"] == pointer), "{pointer} in {form}: {problem}");
        assert!(faults.iter().all(|fault| fault["message"].as_str().is_some_and(|m| !m.is_empty())), "{problem}");
    }
    let missing = visitor.act_form("submit_contact_form", json!({}), json!({"user_name": "Ada"})).await;
    assert_eq!(missing.status, 422, "{}", missing.text());
    let list = host.admin().get("/api/submissions").await.ok().json();
    assert_eq!(list["items"], json!([]), "{list}");
}

#[tokio::test]
async fn text_comes_back_as_it_was_sent_and_stays_text() {
    let mut host = TestHost::start().await;
    let hostile = "</p><script>alert(1)</script> \"quotes\" {{ 7*7 }} {% raw %} \\ \u{202e}abc 🎹 nul-free";
    let mut form = good();
    form["user_name"] = json!(hostile);
    form["message"] = json!(hostile);
    let visitor = host.visitor();
    let sent = visitor.act_form("submit_contact_form", json!({}), form).await.ok().json();
    assert!(sent["widgets"][0]["widget"]["type"].is_string(), "a name cannot break the widget: {sent}");
    let list = host.admin().get("/api/submissions").await.ok().json();
    assert_eq!(list["items"][0]["message"], hostile, "{list}");
    assert_eq!(list["items"][0]["user_name"], hostile, "{list}");
}

#[tokio::test]
async fn the_form_works_as_a_plain_page_with_errors_and_a_way_back() {
    let host = TestHost::start().await;
    let visitor = host.visitor();
    let page = visitor.get_as("/api/widget/contact-form", "text/html").await.ok().text();
    for field in ["user_name", "email", "reason", "message"] {
        assert!(page.contains(&format!("name=\"{field}\"")), "no field {field} in {page}");
    }
    let action = json!({"type": "submit_contact_form", "payload": {}});
    let values = [("user_name", "Ada"), ("email", "ada@example.org"), ("reason", "demo"), ("message", "Hello")];
    let sent = visitor.form(&action, "/demo#widget-contact-form", &values).await.ok().text();
    assert!(sent.contains("Thank you, Ada") && sent.contains("/demo"), "a confirmation and a way back: {sent}");

    let wrong = [("user_name", "Ada"), ("email", "<b>nobody"), ("reason", "demo"), ("message", "Hello")];
    let refused = visitor.form(&action, "/demo", &wrong).await.is(422);
    assert_eq!(refused.media_type(), "text/html");
    let text = refused.text();
    assert!(text.contains("/demo"), "a way back: {text}");
    assert!(
        text.contains("email") && !text.contains("<b>nobody"),
        "the fault is named, what was typed stays text: {text}"
    );
}
