//! Hostile requests: each gets a complete problem with a 4xx, on a connection that answers, and the host goes on.
use crate::kit::{TestHost, raw};
use serde_json::{Value, json};

const JSON: &str = "application/json";
const PATH: &str = "/api/widget-action";

/// What is sent, and the statuses that are a right answer to it.
struct Case {
    what: &'static str,
    content_type: Option<&'static str>,
    headers: &'static [(&'static str, &'static str)],
    body: Vec<u8>,
    statuses: &'static [u16],
}

fn case(what: &'static str, body: impl Into<Vec<u8>>, statuses: &'static [u16]) -> Case {
    Case { what, content_type: Some(JSON), headers: &[], body: body.into(), statuses }
}

fn deep(open: &str, close: &str, depth: usize) -> String {
    format!("{}{}", open.repeat(depth), close.repeat(depth))
}

fn in_parameters(value: &str) -> String {
    format!(r#"{{"type":"custom","name":"add_to_cart","parameters":{value}}}"#)
}

fn malformed() -> Vec<Case> {
    vec![
        case("nothing", "", &[400]),
        case("blanks", "  \r\n ", &[400]),
        case("not JSON", "add_to_cart please", &[400]),
        case("half of an object", r#"{"type":"custom","name":"#, &[400]),
        case("two documents", r#"{"type":"custom","name":"add_to_cart"}{}"#, &[400]),
        case("a trailing comma", r#"{"type":"custom","name":"add_to_cart",}"#, &[400]),
        case("NaN", in_parameters(r#"{"productId":"prod_1","quantity":NaN}"#), &[400]),
        case("Infinity", in_parameters(r#"{"productId":"prod_1","quantity":Infinity}"#), &[400]),
        case("a number without end", in_parameters(r#"{"productId":"prod_1","quantity":1e999}"#), &[400, 422]),
        case("single quotes", "{'type':'custom'}", &[400]),
        case("invalid UTF-8", b"{\"type\":\"custom\",\"name\":\"add_to_cart\xff\xfe\"}".to_vec(), &[400]),
        case("UTF-16", b"\xff\xfe{\0}\0".to_vec(), &[400]),
        case("half a surrogate pair", r#"{"type":"custom","name":"\ud800"}"#, &[400, 404, 422]),
        case("a control character in a text", b"{\"type\":\"custom\",\"name\":\"add\x01\"}".to_vec(), &[400]),
        case("binary", (0..=255u8).cycle().take(5_000).collect::<Vec<_>>(), &[400]),
        case("arrays 10,000 deep", deep("[", "]", 10_000), &[400]),
        case("objects 10,000 deep", deep(r#"{"a":"#, "}", 10_000).replace(":}", ":1}"), &[400]),
        case("parameters 10,000 deep", in_parameters(&deep("[", "]", 10_000)), &[400]),
        case("parameters 200 deep", in_parameters(&format!(r#"{{"a":{}}}"#, deep("[", "]", 200))), &[400, 422]),
        case("2 MiB", in_parameters(&format!(r#"{{"productId":"{}"}}"#, "x".repeat(2 << 20))), &[413]),
        case("2 MiB of blanks", " ".repeat(2 << 20), &[413]),
    ]
}

fn understood_but_wrong() -> Vec<Case> {
    vec![
        case("null", "null", &[400, 422]),
        case("true", "true", &[400, 422]),
        case("a number", "42", &[400, 422]),
        case("a text", r#""add_to_cart""#, &[400, 422]),
        case("an array", "[]", &[400, 422]),
        case("an array of actions", r#"[{"type":"custom","name":"add_to_cart"}]"#, &[400, 422]),
        case("an empty object", "{}", &[400, 422]),
        case("no name", r#"{"type":"custom","parameters":{}}"#, &[400, 422]),
        case("a name that is null", r#"{"type":"custom","name":null}"#, &[400, 422]),
        case("a name that is a number", r#"{"type":"custom","name":7}"#, &[400, 422]),
        case("a name that is an object", r#"{"type":"custom","name":{"$ne":""}}"#, &[400, 422]),
        case("an empty name", r#"{"type":"custom","name":""}"#, &[400, 404, 422]),
        case(
            "a name of 100,000 letters",
            format!(r#"{{"type":"custom","name":"{}"}}"#, "a".repeat(100_000)),
            &[400, 404, 422],
        ),
        case("a name like a path", r#"{"type":"custom","name":"../../etc/passwd"}"#, &[400, 404, 422]),
        case("a name of the language's own", r#"{"type":"custom","name":"__proto__"}"#, &[400, 404, 422]),
        case("a type that is a list", r#"{"type":["custom"],"name":"add_to_cart"}"#, &[400, 422]),
        case("an unknown action", r#"{"type":"custom","name":"no_such_action"}"#, &[404]),
        case("an unknown action of the other form", r#"{"type":"no_such_action","payload":{}}"#, &[404]),
        case("parameters that are a text", in_parameters(r#""prod_1""#), &[400, 422]),
        case("parameters that are a list", in_parameters(r#"["prod_1"]"#), &[400, 422]),
        case("parameters that are null", in_parameters("null"), &[400, 422]),
        case("no product", in_parameters("{}"), &[422]),
        case("a product that is null", in_parameters(r#"{"productId":null}"#), &[422]),
        case("a product that is a number", in_parameters(r#"{"productId":1}"#), &[422]),
        case("a product that is a list", in_parameters(r#"{"productId":["prod_1"]}"#), &[422]),
        case("a product that does not exist", in_parameters(r#"{"productId":"prod_999999"}"#), &[404, 422]),
        case("a product like SQL", in_parameters(r#"{"productId":"prod_1' or 1=1 --"}"#), &[404, 422]),
        case("a product with a zero byte", in_parameters(r#"{"productId":"prod_1\u0000"}"#), &[400, 404, 422]),
        case("a quantity of 0", in_parameters(r#"{"productId":"prod_1","quantity":0}"#), &[422]),
        case("a negative quantity", in_parameters(r#"{"productId":"prod_1","quantity":-1}"#), &[422]),
        case("half a quantity", in_parameters(r#"{"productId":"prod_1","quantity":1.5}"#), &[422]),
        case("too large a quantity", in_parameters(r#"{"productId":"prod_1","quantity":1e18}"#), &[422]),
        case(
            "a quantity beyond 64 bits",
            in_parameters(r#"{"productId":"prod_1","quantity":99999999999999999999999}"#),
            &[422],
        ),
        case("a quantity that is a text", in_parameters(r#"{"productId":"prod_1","quantity":"two"}"#), &[422]),
        case("form values that are a text", r#"{"type":"custom","name":"add_to_cart","formData":"x"}"#, &[400, 422]),
        case("form values that are a list", r#"{"type":"custom","name":"add_to_cart","formData":[1]}"#, &[400, 422]),
    ]
}

fn wrong_wrapping() -> Vec<Case> {
    let good = || in_parameters(r#"{"productId":"prod_1"}"#).into_bytes();
    let typed = |what, content_type, body: Vec<u8>, statuses| Case { what, content_type, headers: &[], body, statuses };
    let gzip = Case { headers: &[("Content-Encoding", "gzip")], ..case("a gzip body", GZIP, &[400, 415]) };
    let zstd = Case { headers: &[("Content-Encoding", "zstd")], ..case("a zstd body", "(\u{b5}/\u{fd}", &[400, 415]) };
    vec![
        gzip,
        zstd,
        typed("no content type", None, good(), &[400, 415]),
        typed("plain text", Some("text/plain"), good(), &[415]),
        typed("XML", Some("application/xml"), b"<action/>".to_vec(), &[415]),
        typed("a content type that is none", Some("json"), good(), &[400, 415]),
        typed(
            "another character set",
            Some("application/json; charset=utf-16"),
            b"\xff\xfe{\0}\0".to_vec(),
            &[400, 415],
        ),
        typed("multipart without a boundary", Some("multipart/form-data"), good(), &[400, 415]),
        typed("a form without an action", Some("application/x-www-form-urlencoded"), b"a=1".to_vec(), &[400, 422]),
        typed(
            "a form whose action is not JSON",
            Some("application/x-www-form-urlencoded"),
            b"inlay-action=%7B".to_vec(),
            &[400, 422],
        ),
        typed(
            "a form whose action is a list",
            Some("application/x-www-form-urlencoded"),
            b"inlay-action=%5B%5D".to_vec(),
            &[400, 422],
        ),
        typed(
            "a form with bad escapes",
            Some("application/x-www-form-urlencoded"),
            b"inlay-action=%zz&%=%f".to_vec(),
            &[400, 422],
        ),
    ]
}

/// `{}` as gzip makes it.
const GZIP: &[u8] = b"\x1f\x8b\x08\0\0\0\0\0\0\x03\xab\xae\x05\0C\xbf\xa6\xa3\x02\0\0\0";

/// The members of a problem, and nothing of the host's inside.
fn check(what: &str, answer: Option<raw::RawAnswer>, statuses: &[u16]) {
    let answer = answer.unwrap_or_else(|| panic!("{what}: the connection ended without an answer"));
    let text = answer.text();
    assert!(statuses.contains(&answer.status), "{what}: {} {text}", answer.status);
    // A browser's form gets its problem as a page, but nothing here accepts HTML.
    assert_eq!(
        answer.header("content-type").and_then(|t| t.split(';').next()),
        Some("application/problem+json"),
        "{what}: {text}"
    );
    let problem: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{what}: {error} in {text}"));
    for member in ["type", "title", "detail", "code", "request_id", "error"] {
        assert!(problem[member].as_str().is_some_and(|v| !v.is_empty()), "{what}: no {member} in {problem}");
    }
    assert_eq!(problem["status"], answer.status, "{what}: {problem}");
    assert_eq!(problem["request_id"].as_str(), answer.header("x-request-id"), "{what}: {problem}");
    for inside in [".rs", "sqlite", "wasm backtrace", "panicked"] {
        assert!(!text.contains(inside), "{what}: {inside:?} leaks in {problem}");
    }
}

#[tokio::test]
async fn every_hostile_action_body_gets_a_complete_problem() {
    let host = TestHost::start().await;
    let cases: Vec<Case> = malformed().into_iter().chain(understood_but_wrong()).chain(wrong_wrapping()).collect();
    for case in &cases {
        let request = raw::post(PATH, case.content_type, case.headers, &case.body);
        check(case.what, raw::exchange(host.address(), &request).await, case.statuses);
    }
    assert_eq!(host.visitor().count().await, 0);
    host.anybody().get("/readyz").await.ok();
}

/// The faults of a schema are named one by one, each with a pointer.
#[tokio::test]
async fn parameters_that_break_the_schema_name_every_fault() {
    let host = TestHost::start().await;
    let answer = host.visitor().act("add_to_cart", json!({"productId": 7, "quantity": "two"})).await;
    let problem = answer.problem(422, "invalid_parameters");
    let pointers: Vec<_> =
        problem["faults"].as_array().into_iter().flatten().filter_map(|f| f["pointer"].as_str()).collect();
    assert!(pointers.contains(&"/productId") && pointers.contains(&"/quantity"), "{problem}");
}

#[tokio::test]
async fn hostile_heads_and_paths_are_answered() {
    let host = TestHost::start().await;
    let huge = "x".repeat(64 << 10);
    let get = |path: &str, headers: &[(&str, &str)]| raw::get(path, headers);
    // An HTTP server may answer what it cannot read as HTTP without a body of ours; it must answer.
    let plain: [(&str, Vec<u8>); 6] = [
        ("a header of 64 KiB", get("/api/health", &[("x-huge", &huge)])),
        ("a path of 64 KiB", get(&format!("/{huge}"), &[])),
        ("a header with a zero byte", b"GET / HTTP/1.1\r\nHost: a\r\nX-Bad: a\0b\r\n\r\n".to_vec()),
        (
            "two lengths",
            b"POST /api/widget-action HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}".to_vec(),
        ),
        (
            "a length that is none",
            b"POST /api/widget-action HTTP/1.1\r\nHost: a\r\nContent-Length: two\r\n\r\n{}".to_vec(),
        ),
        ("no HTTP at all", b"hello?\r\n\r\n".to_vec()),
    ];
    for (what, request) in plain {
        let answer = raw::exchange(host.address(), &request).await;
        let status = answer.unwrap_or_else(|| panic!("{what}: no answer")).status;
        assert!((400..500).contains(&status), "{what}: {status}");
    }
    let of_ours = [
        ("a bad escape in a path", "/api/widget/%zz"),
        ("an escape cut off", "/api/widget/products%"),
        ("bytes that are not UTF-8", "/api/widget/%ff%fe"),
        ("a zero byte", "/api/widget/%00"),
        ("a way up", "/api/widget/..%2f..%2fetc%2fpasswd"),
        ("a bad escape in a query", "/api/widget/products?limit=%zz"),
        ("a query that is not UTF-8", "/api/products?search=%ff"),
        ("a parameter twice", "/api/products?limit=1&limit=2"),
        ("an unknown query", "/api/data/%24%7Bjndi%7D"),
    ];
    for (what, path) in of_ours {
        let answer = raw::exchange(host.address(), &get(path, &[])).await;
        check(what, answer, &[400, 404, 422]);
    }
    let many: Vec<(String, String)> = (0..90).map(|n| (format!("x-{n}"), "y".into())).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let answer = raw::exchange(host.address(), &get("/api/health", &many)).await.expect("an answer");
    assert!([200, 431].contains(&answer.status));
    host.anybody().get("/readyz").await.ok();
}

/// A connection that has been answered with a problem goes on to answer good requests.
#[tokio::test]
async fn a_connection_survives_a_bad_body() {
    use tokio::io::AsyncWriteExt;
    let host = TestHost::start().await;
    let mut stream = tokio::net::TcpStream::connect(host.address()).await.expect("a connection");
    for _ in 0..3 {
        stream.write_all(&raw::post(PATH, Some(JSON), &[], b"not JSON")).await.expect("sent");
        check("not JSON", raw::answer(&mut stream).await, &[400]);
        stream.write_all(&raw::get("/api/health", &[])).await.expect("sent");
        assert_eq!(raw::answer(&mut stream).await.map(|a| a.status), Some(200));
    }
}

#[tokio::test]
async fn bad_credentials_in_headers_never_end_in_a_5xx() {
    let host = TestHost::start().await;
    let long = "y".repeat(5_000);
    let headers: Vec<(&str, &str)> = vec![
        ("cookie", "inlay_visitor=%%%"),
        ("cookie", "inlay_visitor="),
        ("cookie", ";;;=;=;inlay_visitor"),
        ("x-inlay-visitor", "vis_1.2"),
        ("x-inlay-visitor", &long),
        ("authorization", "Bearer"),
        ("authorization", "Bearer "),
        ("authorization", "Basic Zm9vOmJhcg=="),
        ("x-api-key", "not a key"),
        ("accept", "*/*;q=x, /, text"),
        ("accept-language", "-,;q=1,☃"),
        ("if-none-match", "\"unclosed"),
        ("idempotency-key", &long),
        ("x-request-id", &long),
    ];
    for (name, value) in headers {
        let mut request =
            raw::post(PATH, Some(JSON), &[(name, value)], in_parameters(r#"{"productId":"prod_1"}"#).as_bytes());
        let answer = raw::exchange(host.address(), &request).await.expect("an answer");
        assert!(answer.status < 500, "{name}: {value}: {} {}", answer.status, answer.text());
        request = raw::get("/api/widget/products", &[(name, value)]);
        let answer = raw::exchange(host.address(), &request).await.expect("an answer");
        assert!(answer.status < 500, "{name}: {value}: {} {}", answer.status, answer.text());
    }
}
