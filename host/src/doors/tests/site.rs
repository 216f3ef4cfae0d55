use super::fakes::{BROWSER, house, house_with, options};
use crate::base::error::Code;
use crate::doors::rooms::Condition;
use crate::doors::{MetricsAccess, Options};

#[tokio::test]
async fn the_start_is_a_page_for_people_and_a_list_for_programs() {
    let house = house();
    let list = house.get("/", &[("accept", "*/*")]).await;
    assert_eq!(list.header("content-type"), "application/json");
    let doors = list.json()["endpoints"].as_array().unwrap().len();
    assert_eq!(doors, crate::doors::all().len());
    let page = house.get("/", &[("accept", BROWSER)]).await;
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert!(page.text().contains("href=\"/demo\"") && page.text().contains("href=\"/docs\""));
    assert_ne!(page.header("etag"), list.header("etag"));
    let again = house.get("/", &[("accept", BROWSER), ("if-none-match", page.header("etag"))]).await;
    assert_eq!(again.status, 304);
    assert_eq!(list.header("vary"), "accept");
}

#[tokio::test]
async fn the_demo_shows_the_widgets_there_are_to_its_visitor() {
    let house = house();
    let page = house.get("/demo", &[("accept", BROWSER)]).await;
    assert_eq!(page.header("cache-control"), "private, no-store");
    assert!(page.header("set-cookie").starts_with("inlay_visitor="));
    let text = page.text();
    for name in ["products", "cart", "contact-form"] {
        assert!(text.contains(&format!("id=\"widget-{name}\"")), "{text}");
    }
    assert!(
        text.contains("value=\"/demo#widget-cart\"") && !text.contains("<script") && !text.contains(" style="),
        "{text}"
    );
    let off = house_with(Options { demo: false, ..options() });
    off.get("/demo", &[]).await.is_problem(404, Code::NotFound);
    assert!(!off.get("/", &[]).await.text().contains("\"/demo\""));
}

/// Whatever a page names must be there, and nothing of others.
#[tokio::test]
async fn pages_name_nothing_that_is_missing() {
    let house = house();
    for path in ["/", "/docs", "/demo", "/nope", "/api/widget/cart"] {
        let page = house.get(path, &[("accept", BROWSER)]).await;
        let mut rest = page.text();
        while let Some((_, after)) = rest.split_once("=\"/assets/") {
            let (file, after) = after.split_once('"').unwrap();
            let asset = house.get(&format!("/assets/{file}"), &[]).await;
            assert_eq!(asset.status, 200, "{path} names {file}");
            assert!(["text/css; charset=utf-8", "image/svg+xml"].contains(&asset.header("content-type")));
            let again = house.get(&format!("/assets/{file}"), &[("if-none-match", asset.header("etag"))]).await;
            assert_eq!(again.status, 304);
            rest = after;
        }
        assert!(!page.text().contains("src=\"http") && !page.text().contains("<script"), "{path}");
    }
    house.get("/assets/..%2fCargo.toml", &[]).await.is_problem(404, Code::NotFound);
    assert_eq!(house.get("/favicon.ico", &[]).await.header("content-type"), "image/svg+xml");
}

#[tokio::test]
async fn health_tells_what_is_wrong() {
    let house = house();
    for (condition, status, word) in
        [(Condition::Ok, 200, "ok"), (Condition::Degraded, 200, "degraded"), (Condition::Failed, 503, "failed")]
    {
        *house.rooms.condition.lock().unwrap() = Some(condition);
        for path in ["/health", "/api/health", "/readyz"] {
            let got = house.get(path, &[]).await;
            let health = got.json();
            assert_eq!(
                (got.status.as_u16(), &health["status"], &health["checks"]["database"]),
                (status, &word.into(), &word.into())
            );
            assert_eq!(health["version"], env!("CARGO_PKG_VERSION"));
            assert!(
                health["uptime_s"].is_u64() && health["checks"]["bus"] == "ok" && health["checks"]["plugins"] == "ok"
            );
            assert_eq!(got.header("cache-control"), "no-store");
        }
        assert_eq!(house.get("/livez", &[]).await.status, 200);
    }
    *house.rooms.condition.lock().unwrap() = None;
    *house.rooms.stopping.lock().unwrap() = true;
    let got = house.get("/readyz", &[]).await;
    assert_eq!((got.status.as_u16(), got.json()["status"].as_str()), (503, Some("stopping")));
}

#[tokio::test]
async fn numbers_are_given_to_whom_the_settings_say() {
    let open = house();
    open.get("/api/widget/nope", &[]).await;
    let got = open.get("/metrics", &[]).await;
    assert!(got.header("content-type").starts_with("text/plain; version=0.0.4"));
    let line = r#"inlay_http_requests_total{route="/api/widget/{name}",method="GET",status="404"} 1"#;
    assert!(got.text().lines().any(|l| l == line), "{}", got.text());
    assert!(got.text().contains("counted"), "what is counted elsewhere is asked for: {}", got.text());
    let admin = house_with(Options { metrics: MetricsAccess::Admin, ..options() });
    admin.get("/metrics", &[]).await.is_problem(401, Code::MissingToken);
    let bearer = format!("Bearer {}", admin.admin);
    assert_eq!(admin.get("/metrics", &[("authorization", &bearer)]).await.status, 200);
    let off = house_with(Options { metrics: MetricsAccess::Off, ..options() });
    off.get("/metrics", &[]).await.is_problem(404, Code::NotFound);
}

/// The client's parts are the same for everybody: any page may read them, and keep them by the address that names their
/// content.
#[tokio::test]
async fn the_client_may_be_read_by_every_page() {
    let house = house();
    let page = ("origin", "https://anybody.example");
    let plain = house.get("/static/widget.js", &[page]).await;
    assert_eq!(plain.status, 200);
    assert_eq!(plain.header("content-type"), "text/javascript; charset=utf-8");
    assert_eq!(plain.header("access-control-allow-origin"), "*");
    assert_eq!(plain.header("cross-origin-resource-policy"), "cross-origin");
    assert_eq!(plain.header("x-content-type-options"), "nosniff");
    assert_eq!((plain.header("vary"), plain.header("set-cookie")), ("accept-encoding", ""));
    assert!(plain.header("cache-control").starts_with("public, max-age=300"));
    for (accepted, form) in [("gzip, deflate, br", "br"), ("gzip", "gzip")] {
        let small = house.get("/static/widget.js", &[("accept-encoding", accepted)]).await;
        assert_eq!(small.header("content-encoding"), form);
        assert_ne!(small.header("etag"), plain.header("etag"));
        let again = [("accept-encoding", accepted), ("if-none-match", small.header("etag"))];
        assert_eq!(house.get("/static/widget.js", &again).await.status, 304);
    }
    // Every part that the loader names is there, under the address that names its content.
    let loader = plain.text();
    let parts: Vec<_> = loader.split('"').filter(|word| word.contains(".js?v=")).collect();
    assert!(parts.len() >= 8, "{parts:?}");
    for part in parts {
        let kept = house.get(&format!("/static/{part}"), &[]).await;
        assert!(kept.header("cache-control").ends_with("immutable"), "{part}: {}", kept.header("cache-control"));
        let (name, _) = part.split_once('?').unwrap();
        let other = house.get(&format!("/static/{name}?v=000000000000"), &[]).await;
        assert!(!other.header("cache-control").contains("immutable"));
    }
    house.get("/static/nope.js", &[page]).await.is_problem(404, Code::NotFound);
    house.get("/static/..%2f..%2fCargo.toml", &[]).await.is_problem(404, Code::NotFound);
}
