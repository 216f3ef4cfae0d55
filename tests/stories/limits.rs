//! How often one may ask: by address, account and key; and what a client is told of it.
use crate::kit::TestHost;
use crate::kit::client::{Answer, Client};

const LIMITS: [(&str, &str); 5] = [
    ("INLAY_LIMITS_PER_IP", "5"),
    ("INLAY_LIMITS_PER_USER", "7"),
    ("INLAY_LIMITS_PER_KEY", "9"),
    ("INLAY_LIMITS_LOOPBACK", "true"),
    ("VALID_API_KEYS", "a-key-of-a-server-of-ours,another-key-of-a-server"),
];

/// How many requests pass before the first refusal, and that refusal.
async fn pass(client: &Client, path: &str) -> (usize, Answer) {
    for n in 0..50 {
        let answer = client.get(path).await;
        if answer.status == 429 {
            return (n, answer);
        }
        assert_ne!(answer.header("ratelimit"), None, "{path} says how much is left");
    }
    panic!("{path} is not limited");
}

#[tokio::test]
async fn each_caller_has_a_bucket_of_its_own() {
    let mut host = TestHost::with(&LIMITS).await;
    let anybody = host.anybody();
    let first = anybody.get("/api/products").await;
    assert_eq!(first.header("ratelimit-policy"), Some("\"ip\";q=5;w=900"));
    assert_eq!(first.header("ratelimit"), Some("\"ip\";r=4;t=180"));
    let (more, refusal) = pass(&anybody, "/api/products").await;
    assert_eq!(more, 4);
    let problem = refusal.problem(429, "rate_limited");
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("5 requests in 900 s")), "{problem}");
    let wait: u32 = refusal.header("retry-after").and_then(|s| s.parse().ok()).expect("Retry-After in seconds");
    assert!((1..=180).contains(&wait), "{wait}");
    assert_eq!(refusal.header("ratelimit").map(|left| left.starts_with("\"ip\";r=0;t=")), Some(true));
    // A name that is forged, a new visitor, another door: all the same sender.
    for (name, value) in
        [("x-forwarded-for", "198.51.100.1"), ("forwarded", "for=198.51.100.1"), ("x-real-ip", "1.1.1.1")]
    {
        assert_eq!(host.anybody().with_header(name, value).get("/api/products").await.status, 429, "{name}");
    }
    assert_eq!(host.visitor().get("/api/cart").await.status, 429);
    // What must always answer.
    for free in ["/", "/health", "/livez", "/readyz", "/docs", "/openapi.json", "/metrics", "/static/widget.js"] {
        let answer = anybody.get(free).await;
        assert_eq!((answer.status, answer.header("ratelimit")), (200, None), "{free}");
    }
    // Who proves something has a share of his own, and whatever is no proof has none.
    for key in ["a-key-of-a-server-of-ours", "another-key-of-a-server"] {
        assert_eq!(pass(&host.anybody().with_header("x-api-key", key), "/api/products").await.0, 9, "{key}");
    }
    let admin = host.admin();
    assert_eq!(pass(&admin, "/api/admin/plugins").await.0, 7);
    let forged = host.anybody().with_header("authorization", "Bearer nobody.knows.it");
    forged.get("/api/admin/plugins").await.problem(429, "rate_limited");
}

#[tokio::test]
async fn guesses_are_counted_by_address() {
    let host = TestHost::with(&LIMITS).await;
    let mut answers = Vec::new();
    for n in 0..8 {
        let guess = host.anybody().with_header("x-api-key", &format!("a-guess-of-a-key-{n}"));
        answers.push(guess.get("/api/products").await.status);
    }
    assert_eq!(answers, [401, 401, 401, 401, 401, 429, 429, 429]);
}

#[tokio::test]
async fn a_trusted_proxy_speaks_for_its_visitors() {
    let proxied = [&LIMITS[..], &[("INLAY_SERVER_TRUSTED_PROXIES", "127.0.0.0/8")]].concat();
    let host = TestHost::with(&proxied).await;
    let from = |list: &str| host.anybody().with_header("x-forwarded-for", list);
    assert_eq!(pass(&from("198.51.100.1"), "/api/products").await.0, 5);
    // What the visitor claims stands before what the proxy has written.
    assert_eq!(from("203.0.113.9, 198.51.100.1").get("/api/products").await.status, 429);
    assert_eq!(from("127.0.0.1, 198.51.100.1").get("/api/products").await.status, 429);
    assert_eq!(pass(&from("198.51.100.2"), "/api/products").await.0, 5);
    // One subscriber of IPv6 has a whole network.
    assert_eq!(pass(&from("2001:db8:5::1"), "/api/products").await.0, 5);
    assert_eq!(from("2001:db8:5::ffff:1").get("/api/products").await.status, 429);
    assert_eq!(from("2001:db8:5:1::1").get("/api/products").await.status, 200);
}

#[tokio::test]
async fn callers_on_this_machine_are_not_counted_by_address_unless_asked_to() {
    let host = TestHost::with(&[("INLAY_LIMITS_PER_IP", "5")]).await;
    for _ in 0..12 {
        let answer = host.anybody().get("/api/products").await;
        assert_eq!((answer.status, answer.header("ratelimit")), (200, None));
    }
}
