use super::fakes::{BROWSER, house};
use crate::base::error::Code;
use serde_json::json;

#[tokio::test]
async fn a_widget_is_json_or_a_page() {
    let house = house();
    let json = house.get("/api/widget/cart", &[]).await;
    assert_eq!((json.status.as_u16(), json.header("content-type")), (200, "application/json"));
    assert_eq!(json.json()["type"], "Card");
    let page = house.get("/api/widget/cart?limit=2", &[("accept", BROWSER)]).await;
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert!(page.text().contains("&lt;cart&gt;") && page.text().contains("The cart"), "{}", page.text());
    assert!(page.text().contains("value=\"/api/widget/cart?limit=2\""), "its forms lead back to it: {}", page.text());
    assert!(!page.text().contains("<script"));
    house.get("/api/widget/cart", &[("accept", "image/png")]).await.is_problem(406, Code::NotAcceptable);
    for got in [&json, &page] {
        let vary: Vec<_> = got.headers.get_all("vary").iter().map(|v| v.to_str().unwrap()).collect();
        assert!(vary.contains(&"accept") && vary.contains(&"accept-language"), "{vary:?}");
    }
}

#[tokio::test]
async fn who_has_it_already_is_not_sent_it_again() {
    let house = house();
    for (accept, tag) in [("*/*", "\"w1\"".to_owned()), (BROWSER, format!("\"w1-page-{}\"", env!("CARGO_PKG_VERSION")))]
    {
        let first = house.get("/api/widget/cart", &[("accept", accept)]).await;
        assert_eq!(first.header("etag"), tag);
        let again = house.get("/api/widget/cart", &[("accept", accept), ("if-none-match", &tag)]).await;
        assert_eq!((again.status.as_u16(), again.body.len(), again.header("etag")), (304, 0, tag.as_str()));
        assert_eq!(again.header("content-type"), "");
        assert_eq!(again.header("content-security-policy"), first.header("content-security-policy"));
        let other = house.get("/api/widget/cart", &[("accept", accept), ("if-none-match", "\"x\"")]).await;
        assert_eq!(other.status, 200);
    }
}

/// A shared cache must never keep a visitor's proof, and never one visitor's widget.
#[tokio::test]
async fn only_answers_without_a_visitor_are_public() {
    let house = house();
    let visitor = house.identity.mint_visitor().1;
    let stranger = house.get("/api/widget/products", &[]).await;
    assert_eq!(stranger.header("cache-control"), "public, no-cache");
    assert_eq!((stranger.header("set-cookie"), stranger.header("x-inlay-visitor")), ("", ""));
    let known = house.get("/api/widget/products", &[("x-inlay-visitor", &visitor)]).await;
    assert_eq!(
        (known.header("cache-control"), known.header("x-inlay-visitor")),
        ("private, no-cache", visitor.as_str())
    );
    let admin = house.get("/api/widget/products", &[("authorization", &format!("Bearer {}", house.admin))]).await;
    assert_eq!(admin.header("cache-control"), "private, no-cache");
    let own = house.get("/api/widget/cart", &[]).await;
    assert_eq!(own.header("cache-control"), "private, no-cache");
    assert!(own.header("set-cookie").starts_with("inlay_visitor="));
}

#[tokio::test]
async fn query_parameters_become_an_object() {
    let house = house();
    house.get("/api/data/products?search=a+b&tag=x&tag=y&flag", &[]).await;
    let (_, name, params) = house.last_query();
    assert_eq!((name.as_str(), params), ("products", json!({"search": "a b", "tag": ["x", "y"], "flag": ""})));
    for (path, name) in
        [("/api/products?limit=2", "products"), ("/api/cart", "cart"), ("/api/widget/cart?a=%C3%BC", "cart")]
    {
        assert_eq!(house.get(path, &[]).await.status, 200);
        assert_eq!(house.last_query().1, name);
    }
    let got = house.get("/api/cart", &[]).await;
    assert_eq!((got.text(), got.header("cache-control")), (r#"{"items":[]}"#, "no-store"));
}

#[tokio::test]
async fn paths_and_queries_that_cannot_be_read_are_refused() {
    let house = house();
    for path in
        ["/api/products?limit=%zz", "/api/data/x?a=%ff", "/api/widget/cart?%", "/api/widget/%ff", "/api/data/%ff"]
    {
        house.get(path, &[]).await.is_problem(400, Code::MalformedRequest);
    }
    house.get("/api/widget/..%2f..%2fetc", &[]).await.is_problem(404, Code::UnknownWidget);
    house.get("/api/widget/nope", &[]).await.is_problem(404, Code::UnknownWidget);
    house.get("/api/data/unknown", &[]).await.is_problem(404, Code::UnknownQuery);
    let page = house.get("/api/widget/nope", &[("accept", BROWSER)]).await;
    assert_eq!((page.status.as_u16(), page.header("content-type")), (404, "text/html; charset=utf-8"));
    house.get("/api/data/unknown", &[("accept", BROWSER)]).await.is_problem(404, Code::UnknownQuery);
}

#[tokio::test]
async fn the_catalogue_lists_widgets() {
    let list = house().get("/api/widgets", &[]).await.json();
    assert_eq!(list["widgets"][0]["name"], "products");
}
