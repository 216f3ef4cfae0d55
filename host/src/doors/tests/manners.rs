//! What every answer has, whatever it answers.
use super::fakes::{BROWSER, house, house_with, options, request};
use crate::base::error::Code;
use crate::doors::Options;
use axum::body::Body;

#[tokio::test]
async fn every_answer_has_its_headers() {
    let house = house();
    for (path, accept) in
        [("/", "*/*"), ("/", BROWSER), ("/nope", "*/*"), ("/nope", BROWSER), ("/api/cart", "*/*"), ("/metrics", "*/*")]
    {
        let got = house.get(path, &[("accept", accept)]).await;
        assert!(got.header("x-request-id").starts_with("req_"), "{path}");
        assert_eq!(got.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(got.header("referrer-policy"), "same-origin", "{path}");
        assert!(got.header("content-security-policy").starts_with("default-src 'none'"), "{path}");
        assert!(got.header("content-security-policy").contains("frame-ancestors 'none'"), "{path}");
        assert!(got.header("cache-control").contains("no-"), "{path}");
        assert_eq!(got.headers.get_all("content-security-policy").iter().count(), 1);
    }
    let got = house.get("/api/cart", &[("x-request-id", "mine.1")]).await;
    assert_eq!(got.header("x-request-id"), "mine.1");
}

#[tokio::test]
async fn what_is_not_there_is_a_problem() {
    let house = house();
    house.get("/nope", &[]).await.is_problem(404, Code::NotFound);
    house.get("/api", &[("accept", BROWSER)]).await;
    house.get("/api/nope", &[("accept", BROWSER)]).await.is_problem(404, Code::NotFound);
    let page = house.get("/nope", &[("accept", BROWSER)]).await;
    assert_eq!((page.status.as_u16(), page.header("content-type")), (404, "text/html; charset=utf-8"));
    for (method, path, allowed) in [
        ("DELETE", "/api/widgets", "GET,HEAD"),
        ("GET", "/api/widget-action", "POST"),
        ("PUT", "/api/admin/plugins", "GET,HEAD,POST"),
        ("OPTIONS", "/api/cart", "GET,HEAD"),
        ("BREW", "/health", "GET,HEAD"),
    ] {
        let got = house.send(request(method, path, &[], Body::empty())).await;
        got.is_problem(405, Code::MethodNotAllowed);
        assert_eq!(got.header("allow"), allowed, "{method} {path}");
    }
    let head = house.send(request("HEAD", "/api/cart", &[], Body::empty())).await;
    assert_eq!((head.status.as_u16(), head.body.len()), (200, 0));
}

#[tokio::test]
async fn pages_of_other_origins_get_what_the_settings_say() {
    let house = house();
    let listed = house.get("/api/cart", &[("origin", "https://shop.example")]).await;
    assert_eq!(listed.header("access-control-allow-origin"), "https://shop.example");
    assert_eq!(listed.header("access-control-allow-credentials"), "true");
    assert!(listed.header("access-control-expose-headers").contains("x-inlay-visitor"));
    let foreign = house.get("/api/cart", &[("origin", "https://evil.example")]).await;
    assert_eq!(foreign.header("access-control-allow-origin"), "");
    for got in [&listed, &foreign] {
        assert!(got.headers.get_all("vary").iter().any(|v| v == "origin"));
    }
    // Also on a refusal, or a page could not read what is wrong.
    let refused = house.get("/nope", &[("origin", "https://shop.example")]).await;
    assert_eq!(refused.header("access-control-allow-origin"), "https://shop.example");
    let any = house_with(Options { cors_origins: vec!["*".into()], ..options() });
    let got = any.get("/api/cart", &[("origin", "https://evil.example")]).await;
    assert_eq!(got.header("access-control-allow-origin"), "*");
    assert_eq!(got.header("access-control-allow-credentials"), "");
    let bearer = format!("Bearer {}", any.admin);
    let got = any.get("/api/admin/plugins", &[("origin", "https://evil.example"), ("authorization", &bearer)]).await;
    got.is_problem(403, Code::CrossSite);
    assert_eq!(got.header("access-control-allow-origin"), "");
}

#[tokio::test]
async fn preflights_are_answered() {
    let house = house();
    let ask = async |path: &str, origin: &str| {
        let headers = [("origin", origin), ("access-control-request-method", "POST")];
        house.send(request("OPTIONS", path, &headers, Body::empty())).await
    };
    let listed = ask("/api/widget-action", "https://shop.example").await;
    assert_eq!((listed.status.as_u16(), listed.header("access-control-allow-origin")), (204, "https://shop.example"));
    assert!(listed.header("access-control-allow-methods").contains("POST"));
    assert!(listed.header("access-control-allow-headers").contains("idempotency-key"));
    for (path, origin) in
        [("/api/widget-action", "https://evil.example"), ("/api/admin/plugins", "https://shop.example")]
    {
        let got = ask(path, origin).await;
        assert_eq!((got.status.as_u16(), got.header("access-control-allow-origin")), (204, ""));
        assert_eq!(got.header("access-control-allow-methods"), "");
    }
}
