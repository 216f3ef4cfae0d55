use super::fakes::{BROWSER, house, request};
use crate::base::error::Code;
use crate::doors;
use axum::body::Body;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

fn document() -> Value {
    serde_json::to_value(doors::openapi()).unwrap()
}

/// `UPDATE=1 cargo test -p inlay-host openapi` writes the file anew.
#[test]
fn the_committed_document_is_the_generated_one() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi.json");
    let generated = doors::openapi().to_pretty_json().unwrap() + "\n";
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &generated).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == generated,
        "host/openapi.json is not what the doors are; run again with UPDATE=1 and look at the difference"
    );
}

#[test]
fn every_reference_leads_somewhere_and_every_name_is_used() {
    let document = document();
    let mut named = BTreeSet::new();
    collect(&document, &mut named);
    let there: BTreeSet<String> = document["components"]["schemas"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(named, there);
}

fn collect(value: &Value, into: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            if let Some(name) = members.get("$ref").and_then(Value::as_str) {
                into.insert(name.strip_prefix("#/components/schemas/").unwrap().to_owned());
            }
            members.values().for_each(|member| collect(member, into));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, into)),
        _ => {}
    }
}

#[test]
fn every_door_is_described_in_full() {
    let document = document();
    let mut ids = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let at = format!("{method} {path}");
            assert!(ids.insert(operation["operationId"].as_str().unwrap()), "{at}: the id is taken");
            assert!(!operation["summary"].as_str().unwrap().is_empty(), "{at}");
            let good = ["200", "201", "202", "204"].iter().any(|status| operation["responses"][status].is_object());
            assert!(good, "{at}");
            assert_eq!(operation["responses"]["500"]["x-codes"][0], "internal", "{at}");
            let described = operation["parameters"].as_array().into_iter().flatten().filter(|p| p["in"] == "path");
            assert_eq!(described.count(), path.matches('{').count(), "{at}: parameters of the path");
            assert!(operation["security"].is_array(), "{at}");
        }
    }
    let schemes: Vec<_> = document["components"]["securitySchemes"].as_object().unwrap().keys().collect();
    let all = ["account", "apiKey", "company", "operator", "token", "visitorCookie", "visitorHeader", "widget"];
    assert_eq!(schemes, all);
}

/// The document and the router are made from one list; this holds that the router really has what the document says.
#[tokio::test]
async fn the_router_has_every_door_of_the_document_and_no_other_method() {
    let house = house();
    for (path, item) in document()["paths"].as_object().unwrap() {
        let concrete = path.replace("{name}", "cart").replace("{query}", "cart").replace("{file}", "site.css");
        let concrete = concrete.replace("{version}", "1.0.0").replace("{key}", "K").replace(['{', '}'], "");
        let allowed = house.send(request("BREW", &concrete, &[], Body::empty())).await;
        allowed.is_problem(405, Code::MethodNotAllowed);
        let mut routed: Vec<String> = allowed.header("allow").split(',').map(str::to_ascii_lowercase).collect();
        routed.retain(|method| method != "head");
        let mut described: Vec<String> = item.as_object().unwrap().keys().cloned().collect();
        routed.sort();
        described.sort();
        assert_eq!(routed, described, "{path}");
    }
    assert_eq!(
        doors::all().len(),
        document()["paths"].as_object().unwrap().values().map(|i| i.as_object().unwrap().len()).sum::<usize>()
    );
}

#[tokio::test]
async fn the_document_is_served_and_can_be_read() {
    let house = house();
    assert_eq!(house.get("/openapi.json", &[]).await.json(), document());
    let page = house.get("/docs", &[("accept", BROWSER)]).await;
    let text = page.text();
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    for code in Code::ALL {
        assert!(text.contains(&format!("id=\"code-{}\"", code.word())), "{}", code.word());
    }
    for link in text.split("href=\"#").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        assert!(text.contains(&format!("id=\"{link}\"")), "#{link} leads nowhere");
    }
    assert!(text.contains("POST /api/widget-action") && !text.contains("<script") && !text.contains(" style="));
}
