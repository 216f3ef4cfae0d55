use super::fakes::{BROWSER, House, house, house_with, options};
use crate::base::error::Code;
use crate::doors::Options;
use axum::body::Body;
use bytes::Bytes;
use serde_json::{Value, json};
use std::time::Duration;

const ADD: &str = r#"{"type":"custom","name":"add","parameters":{"id":7},"formData":{"n":"2"}}"#;

#[tokio::test]
async fn both_bodies_reach_the_dispatcher_and_its_text_comes_back_as_it_is() {
    let house = house();
    for body in [ADD, r#"{"type":"add","payload":{"id":7},"formData":{"n":"2"},"widget":[1],"x":null}"#] {
        let got = house.act(body, &[]).await;
        assert_eq!((got.status.as_u16(), got.text()), (200, r#"{"success":true,  "as":"it is"}"#));
        assert_eq!(got.header("content-type"), "application/json");
        assert_eq!(got.header("idempotency-replayed"), "");
        let (_, action) = house.last_action();
        assert_eq!(action.name, "add");
        assert_eq!(Value::Object(action.parameters), json!({"id": 7}));
        assert_eq!(Value::Object(action.form), json!({"n": "2"}));
    }
}

#[tokio::test]
async fn keys_are_checked_and_repeats_are_marked() {
    let house = house();
    let got = house.act(ADD, &[("idempotency-key", "seen")]).await;
    assert_eq!(got.header("idempotency-replayed"), "true");
    assert_eq!(house.last_action().1.idempotency_key.as_deref(), Some("seen"));
    house.act(ADD, &[("idempotency-key", "a b")]).await.is_problem(400, Code::IdempotencyKey);
    house.act(ADD, &[("idempotency-key", "a"), ("idempotency-key", "b")]).await.is_problem(400, Code::IdempotencyKey);
}

#[tokio::test]
async fn bad_bodies_are_problems_and_reach_nobody() {
    let house = house();
    let deep = format!(r#"{{"type":"a","payload":{}1{}}}"#, r#"{"a":"#.repeat(10_000), "}".repeat(10_000));
    let big = format!(r#"{{"type":"a","payload":{{"a":"{}"}}}}"#, "x".repeat(2 << 20));
    for (body, status, code) in [
        ("", 400, Code::MalformedJson),
        ("nonsense", 400, Code::MalformedJson),
        (r#"{"type":"a","payload":{"n":NaN}}"#, 400, Code::MalformedJson),
        (r#"{"type":"a"} {}"#, 400, Code::MalformedJson),
        (deep.as_str(), 400, Code::TooDeep),
        (big.as_str(), 413, Code::BodyTooLarge),
        ("[]", 422, Code::InvalidBody),
        ("null", 422, Code::InvalidBody),
        ("\"add\"", 422, Code::InvalidBody),
        ("{}", 422, Code::InvalidBody),
        (r#"{"type":{"$ne":null}}"#, 422, Code::InvalidBody),
        (r#"{"type":"custom"}"#, 422, Code::InvalidBody),
        (r#"{"type":"custom","name":"a","parameters":[1]}"#, 422, Code::InvalidBody),
        (r#"{"type":"a","formData":"x"}"#, 422, Code::InvalidBody),
    ] {
        let problem = house.act(body, &[]).await.is_problem(status, code);
        if code == Code::InvalidBody {
            assert!(problem["faults"][0]["pointer"].is_string(), "{problem}");
        }
    }
    let invalid = Bytes::from_static(b"{\"type\":\"a\xff\"}");
    house
        .post("/api/widget-action", &[("content-type", "application/json")], invalid)
        .await
        .is_problem(400, Code::MalformedJson);
    assert!(house.rooms.actions.lock().unwrap().is_empty());
}

#[tokio::test]
async fn bodies_of_other_kinds_are_refused() {
    let house = house();
    for headers in [
        &[][..],
        &[("content-type", "text/plain")],
        &[("content-type", "multipart/form-data; boundary=x")],
        &[("content-type", "application/wasm")],
        &[("content-type", "application/json"), ("content-encoding", "gzip")],
        &[("content-type", "application/json"), ("content-type", "text/plain")],
        &[("content-type", "application/json; charset=utf-16")],
    ] {
        house.post("/api/widget-action", headers, ADD).await.is_problem(415, Code::UnsupportedMedia);
    }
}

#[tokio::test]
async fn a_body_that_trickles_is_given_up_and_a_declared_giant_at_once() {
    let house = house();
    let never = || Body::from_stream(futures_util::stream::pending::<std::io::Result<Bytes>>());
    let json = ("content-type", "application/json");
    house.post("/api/widget-action", &[json], never()).await.is_problem(408, Code::RequestTimeout);
    let began = std::time::Instant::now();
    let got = house.post("/api/widget-action", &[json, ("content-length", "1048577")], never()).await;
    got.is_problem(413, Code::BodyTooLarge);
    assert!(began.elapsed() < Duration::from_millis(100));
    assert_eq!(got.header("connection"), "close");
}

#[tokio::test]
async fn failures_keep_their_status_and_their_secrets() {
    let house = house();
    house.act(r#"{"type":"unknown"}"#, &[]).await.is_problem(404, Code::UnknownAction);
    let refused = house.act(r#"{"type":"refused"}"#, &[]).await.is_problem(422, Code::InvalidForm);
    assert_eq!(refused["faults"], json!([{"pointer": "/email", "message": "is <b>not</b> an address"}]));
    assert_eq!(refused["reason"], "input.invalid");
    let busy = house.act(r#"{"type":"busy"}"#, &[]).await;
    busy.is_problem(429, Code::PluginBusy);
    assert_eq!(busy.header("retry-after"), "7");
    let broken = house.act(r#"{"type":"broken"}"#, &[]).await;
    broken.is_problem(500, Code::Internal);
    assert!(!broken.text().contains("/var"), "{}", broken.text());
    let panicked = house.act(r#"{"type":"panic"}"#, &[]).await;
    panicked.is_problem(500, Code::Internal);
    assert!(!panicked.text().contains("boom") && !panicked.text().contains(".rs"));
    house.act(r#"{"type":"slow"}"#, &[]).await.is_problem(504, Code::Deadline);
}

#[tokio::test]
async fn too_many_at_once_are_refused_at_once() {
    let house = house_with(Options { at_once: 2, ..options() });
    let wait = || house.act(r#"{"type":"wait"}"#, &[]);
    let answers = futures_util::future::join_all([wait(), wait(), wait(), wait()]).await;
    let (good, shed): (Vec<_>, Vec<_>) = answers.iter().partition(|got| got.status == 200);
    assert_eq!((good.len(), shed.len()), (2, 2));
    for got in shed {
        got.is_problem(503, Code::Overloaded);
        assert_eq!(got.header("retry-after"), "1");
    }
    // Requests that do no work are answered meanwhile, and everybody afterwards.
    assert_eq!(wait().await.status, 200);
}

fn fields(action: &str, back: &str) -> String {
    let encode = |text: &str| text.bytes().map(|b| format!("%{b:02X}")).collect::<String>();
    format!("inlay-action={}&inlay-return={}&email=me%40&todo.title=x+y", encode(action), encode(back))
}

async fn posted(house: &House, action: &str, back: &str) -> super::fakes::Got {
    house.form(&fields(action, back), &[("origin", "http://inlay.test")]).await
}

#[tokio::test]
async fn a_form_leads_back_to_where_it_came_from() {
    let house = house();
    let got = posted(&house, r#"{"type":"add","payload":{"id":7}}"#, "/demo#widget-cart").await;
    assert_eq!((got.status.as_u16(), got.header("location")), (303, "/demo#widget-cart"));
    let (_, action) = house.last_action();
    assert_eq!(Value::Object(action.form), json!({"email": "me@", "todo.title": "x y"}));
    assert_eq!(Value::Object(action.parameters), json!({"id": 7}));
    for foreign in ["https://evil.example/", "//evil.example", "/\\evil.example", "/a\r\nx: y", "evil"] {
        assert_eq!(posted(&house, r#"{"type":"add"}"#, foreign).await.header("location"), "/demo", "{foreign}");
    }
    // Who asks for JSON by name gets the answer itself.
    let json = [("accept", "application/json"), ("content-type", "application/x-www-form-urlencoded")];
    let got = house.post("/api/widget-action", &json, fields(r#"{"type":"add"}"#, "/demo")).await;
    assert_eq!((got.status.as_u16(), got.header("content-type")), (200, "application/json"));
}

#[tokio::test]
async fn a_refused_form_is_shown_again_with_what_was_typed() {
    let house = house();
    let action = r#"{"type":"refused","payload":{"a":1}}"#;
    for back in ["/api/widget/contact-form?x=1", "/demo#widget-contact-form"] {
        let got = posted(&house, action, back).await;
        assert_eq!((got.status.as_u16(), got.header("content-type")), (422, "text/html; charset=utf-8"), "{back}");
        let page = got.text();
        assert!(page.contains("is &lt;b&gt;not&lt;/b&gt; an address") && page.contains("me@"), "{page}");
        assert!(!page.contains("<b>not"), "{page}");
        assert!(got.header("content-security-policy").contains("form-action 'self'"));
    }
    assert_eq!(house.last_query().1, "contact-form");
}

#[tokio::test]
async fn other_refusals_of_a_form_are_a_page_with_a_way_back() {
    let house = house();
    let got = posted(&house, r#"{"type":"unknown"}"#, "/demo#widget-cart").await;
    assert_eq!((got.status.as_u16(), got.header("content-type")), (404, "text/html; charset=utf-8"));
    assert!(got.text().contains("href=\"/demo#widget-cart\""), "{}", got.text());
    assert!(got.text().contains(got.header("x-request-id")));
    let got = house.form("a=1", &[("origin", "http://inlay.test")]).await;
    assert_eq!((got.status.as_u16(), got.header("content-type")), (422, "text/html; charset=utf-8"));
    // Without a browser the problem is JSON.
    let plain = [("content-type", "application/x-www-form-urlencoded")];
    house
        .post("/api/widget-action", &plain, fields(r#"{"type":"unknown"}"#, "/"))
        .await
        .is_problem(404, Code::UnknownAction);
    house.post("/api/widget-action", &plain, "inlay-action=%zz").await.is_problem(400, Code::MalformedRequest);
}

#[tokio::test]
async fn forms_of_other_sites_do_not_act() {
    let house = house();
    let cookie = format!("inlay_visitor={}", house.identity.mint_visitor().1);
    let body = fields(r#"{"type":"add"}"#, "/demo");
    for (headers, status) in [
        (&[("cookie", cookie.as_str())][..], 303),
        (&[("cookie", &cookie), ("referer", "https://evil.example/")], 403),
        (&[("cookie", &cookie), ("origin", "https://evil.example")], 403),
        (&[("origin", "https://evil.example")], 403),
        (&[("cookie", &cookie), ("sec-fetch-site", "cross-site")], 403),
        (&[("cookie", &cookie), ("origin", "null")], 403),
        (&[("cookie", &cookie), ("origin", "http://inlay.test")], 303),
        (&[("cookie", &cookie), ("origin", "https://shop.example")], 303),
        (&[("cookie", &cookie), ("sec-fetch-site", "same-origin")], 303),
        (&[], 303),
    ] {
        assert_eq!(house.form(&body, headers).await.status.as_u16(), status, "{headers:?}");
    }
    // A script of another site: JSON with the cookie.
    let evil = [("cookie", cookie.as_str()), ("origin", "https://evil.example"), ("host", "inlay.test")];
    house.act(ADD, &evil).await.is_problem(403, Code::CrossSite);
    assert_eq!(house.act(ADD, &[("cookie", &cookie), ("accept", BROWSER)]).await.status, 200);
}
