//! What browsers are told on every answer, and which pages of other sites may call.
use crate::kit::TestHost;

#[tokio::test]
async fn every_answer_carries_the_headers_that_keep_browsers_safe() {
    let host = TestHost::with(&[("INLAY_SERVER_PUBLIC_URL", "https://inlay.example")]).await;
    for (path, accept) in [
        ("/", "text/html"),
        ("/docs", "text/html"),
        ("/demo", "text/html"),
        ("/api/widget/products", "text/html"),
        ("/nowhere", "text/html"),
        ("/", "application/json"),
        ("/api/products", "application/json"),
        ("/api/admin/plugins", "application/json"),
        ("/nowhere", "application/json"),
        ("/health", "*/*"),
        ("/static/widget.js", "*/*"),
        ("/assets/site.css", "*/*"),
        ("/openapi.json", "*/*"),
    ] {
        let answer = host.anybody().get_as(path, accept).await;
        let header =
            |name: &str| answer.header(name).unwrap_or_else(|| panic!("{path} ({accept}) has no {name}")).to_owned();
        let policy = header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors"), "{path}: {policy}");
        assert!(!policy.contains("unsafe-inline") && !policy.contains("unsafe-eval"), "{path}: {policy}");
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header("referrer-policy"), "same-origin", "{path}");
        assert!(header("strict-transport-security").starts_with("max-age="), "{path}");
        let shared = path.starts_with("/static/") || path.starts_with("/assets/");
        let expected = if shared { "cross-origin" } else { "same-origin" };
        assert_eq!(header("cross-origin-resource-policy"), expected, "{path}");
        if answer.media_type() == "text/html" {
            assert_eq!(header("cross-origin-opener-policy"), "same-origin", "{path}");
            assert!(header("permissions-policy").contains("camera=()"), "{path}");
            assert!(
                !answer.text().contains("<script>") && !answer.text().contains(" onclick="),
                "{path}: inline script"
            );
        }
        if path.starts_with("/api/products") || path.starts_with("/api/admin") {
            assert!(header("cache-control").contains("no-store"), "{path}");
        }
    }
}

#[tokio::test]
async fn without_tls_nobody_is_told_to_insist_on_it() {
    let host = TestHost::start().await;
    assert_eq!(host.anybody().get("/").await.header("strict-transport-security"), None);
}

#[tokio::test]
async fn a_page_that_is_not_listed_may_ask_with_a_key_but_never_with_cookies() {
    let host = TestHost::with(&[("INLAY_SERVER_CORS_ORIGINS", "https://shop.example")]).await;
    let ask = async |origin: &str, path: &str, headers: &str| {
        let request = host.anybody().request("OPTIONS", path).header("origin", origin);
        let request =
            request.header("access-control-request-method", "POST").header("access-control-request-headers", headers);
        let answer = host.anybody().send(request).await.is(204);
        let allowed = answer.header("access-control-allow-origin").map(str::to_owned);
        (allowed, answer.header("access-control-allow-credentials").is_some())
    };
    let shop = (Some("https://shop.example".to_owned()), true);
    assert_eq!(ask("https://shop.example", "/api/widget-action", "content-type").await, shop);
    let other = "https://other.example";
    assert_eq!(ask(other, "/api/widget-action", "content-type").await, (None, false));
    assert_eq!(ask(other, "/api/widget-action", "content-type, x-api-key").await, (Some(other.to_owned()), false));
    assert_eq!(ask(other, "/api/widget-action", "authorization").await, (Some(other.to_owned()), false));
    assert_eq!(ask(other, "/api/admin/plugins", "authorization").await, (None, false));
    assert_eq!(ask("null", "/api/widget-action", "x-api-key").await, (None, false));
    // The answer itself is for those alone whose key was found good for the page.
    let client = host.anybody().with_header("origin", other).with_header("x-api-key", "pk_live_nobody_has_this_one");
    let refused = client.get("/api/products").await;
    refused.problem(401, "invalid_token");
    assert_eq!(refused.header("access-control-allow-origin"), None);
    let vary: Vec<_> = refused.headers.get_all("vary").iter().filter_map(|value| value.to_str().ok()).collect();
    assert!(vary.iter().any(|value| value.eq_ignore_ascii_case("origin")), "{vary:?}");
}
