//! The doors that belong to no plugin: health, metrics, documents, and the manners that every door keeps.
use crate::kit::{TestHost, raw};
use serde_json::{Value, json};

#[tokio::test]
async fn health_says_what_was_checked() {
    let host = TestHost::start().await;
    let anybody = host.anybody();
    for path in ["/api/health", "/health"] {
        let health = anybody.get(path).await.ok().json();
        assert_eq!(health["status"], "ok", "{health}");
        assert!(health["version"].as_str().is_some_and(|v| v.split('.').count() == 3), "{health}");
        assert!(health["uptime_s"].is_number(), "{health}");
        for check in ["database", "plugins"] {
            assert!(health["checks"][check].is_string() || health["checks"][check].is_object(), "{health}");
        }
    }
    anybody.get("/livez").await.ok();
    anybody.get("/readyz").await.ok();
}

#[tokio::test]
async fn metrics_are_prometheus_text_and_count_what_happens() {
    let host = TestHost::start().await;
    host.visitor().act("add_to_cart", json!({"productId": "prod_1"})).await.ok();
    let metrics = host.anybody().get("/metrics").await.ok();
    assert!(["text/plain", "application/openmetrics-text"].contains(&metrics.media_type()), "{}", metrics.media_type());
    let text = metrics.text();
    assert!(text.contains("# TYPE inlay_"), "{text}");
    assert!(text.lines().any(|line| line.contains("add_to_cart") && !line.starts_with('#')), "{text}");
    assert!(!text.contains("vis_"), "no visitor's id in metrics");
}

#[tokio::test]
async fn metrics_can_be_kept_for_admins_or_switched_off() {
    let mut host = TestHost::with(&[("INLAY_METRICS_ACCESS", "admin")]).await;
    host.anybody().get("/metrics").await.problem(401, "missing_token");
    host.admin().get("/metrics").await.ok();
    let host = TestHost::with(&[("INLAY_METRICS_ACCESS", "off")]).await;
    host.anybody().get("/metrics").await.problem(404, "not_found");
}

#[tokio::test]
async fn the_first_page_is_html_for_people_and_a_list_for_programs() {
    let host = TestHost::start().await;
    let anybody = host.anybody();
    let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8";
    let page = anybody.get_as("/", browser).await.ok();
    assert_eq!(page.media_type(), "text/html");
    for link in ["/demo", "/docs"] {
        assert!(page.text().contains(link), "no {link} in {}", page.text());
    }
    for accept in ["application/json", "*/*"] {
        let list = anybody.get_as("/", accept).await.ok();
        assert_eq!(list.media_type(), "application/json", "{accept}");
        assert!(list.json().to_string().contains("/api/widget-action"), "{}", list.text());
        assert!(
            list.header("vary").is_some_and(|v| v.to_ascii_lowercase().contains("accept")),
            "caches must keep them apart"
        );
    }
}

#[tokio::test]
async fn the_openapi_document_describes_the_doors_and_docs_show_it() {
    let host = TestHost::start().await;
    let document = host.anybody().get("/openapi.json").await.ok().json();
    assert!(document["openapi"].as_str().is_some_and(|v| v.starts_with("3.")), "{document}");
    for (path, method) in [
        ("/api/widget/{name}", "get"),
        ("/api/widgets", "get"),
        ("/api/widget-action", "post"),
        ("/api/data/{query}", "get"),
        ("/api/health", "get"),
        ("/api/admin/plugins", "post"),
    ] {
        assert!(document["paths"][path][method].is_object(), "no {method} {path}");
    }
    let docs = host.anybody().get_as("/docs", "text/html").await.ok();
    assert_eq!(docs.media_type(), "text/html");
    assert!(docs.text().contains("/api/widget-action"), "readable without JavaScript");
}

#[tokio::test]
async fn an_unchanged_widget_is_304_and_a_changed_one_is_not() {
    let host = TestHost::start().await;
    let visitor = host.visitor();
    for (path, accept) in [
        ("/api/widget/products", "application/json"),
        ("/api/widget/products", "text/html"),
        ("/api/widget/cart", "application/json"),
    ] {
        let first = visitor.get_as(path, accept).await.ok();
        let tag = first.header("etag").unwrap_or_else(|| panic!("no ETag of {path}")).to_owned();
        let ask = |tag: &str| visitor.request("GET", path).header("accept", accept).header("if-none-match", tag);
        for listed in [tag.clone(), format!("\"other\", {tag}"), "*".to_owned()] {
            let again = visitor.send(ask(&listed)).await;
            assert_eq!((again.status, again.body.len()), (304, 0), "{path} {listed}");
            assert_eq!(again.header("etag"), Some(tag.as_str()));
        }
        visitor.send(ask("\"other\"")).await.ok();
    }
    let empty = visitor.get("/api/widget/cart").await.ok();
    visitor.act("add_to_cart", json!({"productId": "prod_1"})).await.ok();
    let filled = visitor.get("/api/widget/cart").await.ok();
    assert_ne!(empty.header("etag"), filled.header("etag"));
    let html = visitor.get_as("/api/widget/cart", "text/html").await.ok();
    assert_ne!(html.header("etag"), filled.header("etag"), "two representations, two tags");
    assert!(filled.header("vary").is_some_and(|v| v.to_ascii_lowercase().contains("accept")));
    assert!(filled.header("cache-control").is_some_and(|c| !c.contains("public")), "a visitor's cart is nobody else's");
}

#[tokio::test]
async fn unknown_paths_methods_and_media_types_are_problems() {
    let host = TestHost::start().await;
    let anybody = host.anybody();
    anybody.get("/no/such/door").await.problem(404, "not_found");
    anybody.get("/api/data/no_such_query").await.problem(404, "unknown_query");
    for (method, path) in
        [("DELETE", "/api/widgets"), ("GET", "/api/widget-action"), ("PUT", "/api/health"), ("POST", "/api/cart")]
    {
        let answer = anybody.send(anybody.request(method, path)).await;
        answer.problem(405, "method_not_allowed");
        assert!(answer.header("allow").is_some_and(|allow| !allow.is_empty()), "{method} {path} names what is allowed");
    }
    anybody.get_as("/api/widget/products", "image/png").await.problem(406, "not_acceptable");
    let head = anybody.send(anybody.request("HEAD", "/api/health")).await;
    assert_eq!((head.status, head.body.len()), (200, 0));
}

#[tokio::test]
async fn a_sane_request_id_is_kept_and_another_replaced() {
    let host = TestHost::start().await;
    let with = async |id: &str| {
        let answer =
            raw::exchange(host.address(), &raw::get("/api/health", &[("X-Request-Id", id)])).await.expect("an answer");
        answer.header("x-request-id").expect("a request id").to_owned()
    };
    assert_eq!(with("order-4711.a_b").await, "order-4711.a_b");
    for insane in ["", "a b", "<script>", "a\u{e9}", &"x".repeat(500)] {
        let id = with(insane).await;
        assert!(id != insane && id.len() >= 8 && id.len() <= 64, "{insane:?} became {id:?}");
    }
    let (one, other) = (host.anybody().get("/api/health").await, host.anybody().get("/api/health").await);
    assert_ne!(one.header("x-request-id"), other.header("x-request-id"));
    // The id finds the request in the log.
    host.anybody()
        .with_header("x-request-id", "findable-1")
        .act("no_such", json!({}))
        .await
        .problem(404, "unknown_action");
    host.log_line(|line| line.contains("findable-1")).await;
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let host = TestHost::start().await;
    let anybody = host.anybody();
    let answers = [
        anybody.get("/api/health").await,
        anybody.get("/no/such/door").await,
        anybody.get_as("/", "text/html").await,
        anybody.get_as("/demo", "text/html").await,
        anybody.get_as("/docs", "text/html").await,
        anybody.act("no_such", json!({})).await,
    ];
    for answer in answers {
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{:?}", answer.headers);
        assert!(answer.header("referrer-policy").is_some(), "{:?}", answer.headers);
        let policy =
            answer.header("content-security-policy").unwrap_or_else(|| panic!("no policy: {:?}", answer.headers));
        assert!(policy.contains("default-src 'none'") || policy.contains("default-src 'self'"), "{policy}");
        assert!(!policy.contains("unsafe-eval"), "{policy}");
        if answer.media_type() == "text/html" {
            assert!(policy.contains("frame-ancestors"), "{policy}");
            assert!(!policy.contains("script-src 'unsafe-inline'"), "{policy}");
        }
        assert!(answer.header("server").is_none_or(|server| !server.contains('/')), "no versions for strangers");
    }
    let answer = host.visitor().get("/api/cart").await.ok();
    assert!(
        answer.header("cache-control").is_some_and(|c| c.contains("no-store") || c.contains("private")),
        "{:?}",
        answer.headers
    );
}

#[tokio::test]
async fn the_visitors_cookie_is_for_this_site_and_not_for_scripts() {
    let host = TestHost::start().await;
    let answer = host.anybody().get("/api/cart").await.ok();
    let cookie = answer.header("set-cookie").expect("a cookie").to_owned();
    let parts: Vec<String> = cookie.split(';').map(|part| part.trim().to_ascii_lowercase()).collect();
    assert!(parts[0].starts_with("inlay_visitor="), "{cookie}");
    assert!(parts.contains(&"httponly".to_owned()) && parts.contains(&"path=/".to_owned()), "{cookie}");
    assert!(parts.contains(&"samesite=lax".to_owned()) || parts.contains(&"samesite=strict".to_owned()), "{cookie}");
    assert!(parts.iter().any(|part| part.starts_with("max-age=")), "{cookie}");
    assert!(!parts.contains(&"secure".to_owned()), "over plain http a Secure cookie would be lost: {cookie}");

    let host = TestHost::with(&[("INLAY_SERVER_PUBLIC_URL", "https://shop.example.com")]).await;
    let answer = host.anybody().get("/api/cart").await.ok();
    let cookie = answer.header("set-cookie").expect("a cookie").to_ascii_lowercase();
    assert!(cookie.contains("secure"), "{cookie}");
}

/// A form of another site would carry the visitor's cookie where a browser is old; it must not act.
#[tokio::test]
async fn a_form_of_another_site_does_not_act() {
    let host = TestHost::start().await;
    let visitor = host.visitor();
    visitor.id().await;
    let action = json!({"type": "add_to_cart", "payload": {"productId": "prod_1"}}).to_string();
    let post = async |name: &str, value: &str| {
        let fields = [("inlay-action", action.as_str()), ("inlay-return", "/demo#widget-cart")];
        visitor.send(visitor.request("POST", "/api/widget-action").header(name, value).form(&fields)).await
    };
    for (name, value) in [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site"), ("origin", "null")] {
        let answer = post(name, value).await;
        assert_eq!(answer.status, 403, "{name}: {value}: {}", answer.text());
    }
    assert_eq!(visitor.count().await, 0);
    post("origin", host.url()).await.is(303);
    post("sec-fetch-site", "same-origin").await.is(303);
    assert_eq!(visitor.count().await, 2);
    // The way back never leads to another site.
    for back in ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"] {
        let fields = [("inlay-action", action.as_str()), ("inlay-return", back)];
        let answer = visitor
            .send(visitor.request("POST", "/api/widget-action").header("origin", host.url()).form(&fields))
            .await;
        assert!([200, 303, 400, 422].contains(&answer.status), "{back}: {}", answer.status);
        assert!(!answer.text().contains(back), "{back} is a link in {}", answer.text());
        if answer.status == 303 {
            let to = answer.header("location").expect("a location");
            assert!(to.starts_with('/') && !to.starts_with("//") && !to.contains('\\'), "{back} became {to}");
        }
    }
}

#[tokio::test]
async fn other_origins_are_answered_as_the_settings_say() {
    let host = TestHost::with(&[("INLAY_SERVER_CORS_ORIGINS", "https://shop.example.com")]).await;
    let ask = async |origin: &str| {
        let anybody = host.anybody();
        anybody.send(anybody.request("GET", "/api/widget/products").header("origin", origin)).await.ok()
    };
    assert_eq!(
        ask("https://shop.example.com").await.header("access-control-allow-origin"),
        Some("https://shop.example.com")
    );
    assert_eq!(ask("https://evil.example").await.header("access-control-allow-origin"), None);
    let anybody = host.anybody();
    let preflight = anybody
        .request("OPTIONS", "/api/widget-action")
        .header("origin", "https://shop.example.com")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "content-type,idempotency-key");
    let answer = anybody.send(preflight).await;
    assert!([200, 204].contains(&answer.status), "{}", answer.status);
    assert!(
        answer
            .header("access-control-allow-headers")
            .is_some_and(|h| h.to_ascii_lowercase().contains("idempotency-key"))
    );
}

#[tokio::test]
async fn an_api_key_is_a_caller_and_a_wrong_one_is_not() {
    let host =
        TestHost::with(&[("INLAY_AUTH_API_KEYS", "first-server-key-0123456789,second-server-key-0123456789")]).await;
    let server = host.anybody().with_header("x-api-key", "second-server-key-0123456789");
    server.act("add_to_cart", json!({"productId": "prod_1"})).await.ok();
    let wrong = host.anybody().with_header("x-api-key", "third-server-key-0123456789");
    wrong.act("add_to_cart", json!({"productId": "prod_1"})).await.problem(401, "invalid_token");
}

#[tokio::test]
async fn the_demo_can_be_switched_off() {
    let host = TestHost::with(&[("INLAY_DEMO_ENABLED", "false")]).await;
    assert_eq!(host.anybody().get_as("/demo", "text/html").await.status, 404);
    let page: Value = host.anybody().get("/").await.ok().json();
    assert!(!page.to_string().contains("/demo"), "{page}");
}
