//! Clients: anybody, a visitor with a cookie jar, and the answers they get.
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};

/// Requests to one host with fixed headers. Never follows a redirect: where a door sends people is part of its answer.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    url: String,
    headers: HeaderMap,
}

impl Client {
    pub fn new(url: &str) -> Client {
        Client::build(url, false)
    }

    fn build(url: &str, cookies: bool) -> Client {
        let http = reqwest::Client::builder()
            .no_proxy()
            .cookie_store(cookies)
            .redirect(reqwest::redirect::Policy::none())
            .timeout(std::time::Duration::from_secs(60))
            .build()
            .expect("an HTTP client");
        Client { http, url: url.to_owned(), headers: HeaderMap::new() }
    }

    pub fn with_header(mut self, name: &str, value: &str) -> Client {
        let name = HeaderName::from_bytes(name.as_bytes()).expect("a header name");
        self.headers.insert(name, HeaderValue::from_str(value).expect("a header value"));
        self
    }

    pub fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let method = reqwest::Method::from_bytes(method.as_bytes()).expect("a method");
        self.http.request(method, format!("{}{path}", self.url)).headers(self.headers.clone())
    }

    pub async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        let response = request.send().await.unwrap_or_else(|error| panic!("no answer: {error:?}"));
        Answer::read(response).await.expect("the whole answer")
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request("GET", path)).await
    }

    /// `None` when there is no answer at all, as while a host starts.
    pub async fn try_get(&self, path: &str) -> Option<Answer> {
        Answer::read(self.request("GET", path).send().await.ok()?).await.ok()
    }

    pub async fn get_as(&self, path: &str, accept: &str) -> Answer {
        self.send(self.request("GET", path).header("accept", accept)).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request("POST", path).json(body)).await
    }

    /// Acts with parameters only.
    pub async fn act(&self, name: &str, parameters: Value) -> Answer {
        self.post("/api/widget-action", &custom(name, parameters)).await
    }

    /// Acts with form values beside the parameters.
    pub async fn act_form(&self, name: &str, parameters: Value, form: Value) -> Answer {
        let body = json!({"type": "custom", "name": name, "parameters": parameters, "formData": form});
        self.post("/api/widget-action", &body).await
    }

    pub async fn act_once(&self, key: &str, name: &str, parameters: Value) -> Answer {
        self.try_act_once(key, name, parameters).await.expect("an answer")
    }

    /// `None` when the host ends before it answers: nobody knows then whether the action was stored.
    pub async fn try_act_once(&self, key: &str, name: &str, parameters: Value) -> Option<Answer> {
        let request =
            self.request("POST", "/api/widget-action").header("idempotency-key", key).json(&custom(name, parameters));
        Answer::read(request.send().await.ok()?).await.ok()
    }

    /// What a page without JavaScript posts: the action in hidden fields, the form's own values beside them.
    pub async fn form(&self, action: &Value, back: &str, values: &[(&str, &str)]) -> Answer {
        let action = action.to_string();
        let mut fields = vec![("inlay-action", action.as_str()), ("inlay-return", back)];
        fields.extend_from_slice(values);
        let request =
            self.request("POST", "/api/widget-action").header("accept", "text/html").header("origin", &self.url);
        self.send(request.form(&fields)).await
    }
}

pub fn custom(name: &str, parameters: Value) -> Value {
    json!({"type": "custom", "name": name, "parameters": parameters})
}

/// A person with a cookie jar; the same person after a restart by `at`.
#[derive(Clone)]
pub struct Visitor(Client);

impl std::ops::Deref for Visitor {
    type Target = Client;
    fn deref(&self) -> &Client {
        &self.0
    }
}

impl Visitor {
    pub fn new(url: &str) -> Visitor {
        Visitor(Client::build(url, true))
    }

    /// The signed visitor id, which programs carry in a header instead of the cookie.
    pub async fn id(&self) -> String {
        let answer = self.get("/api/cart").await.ok();
        answer.header("x-inlay-visitor").expect("a visitor is told the signed id").to_owned()
    }

    /// The same visitor as a program, perhaps at a host that has been started again at another port.
    pub fn at(url: &str, id: &str) -> Visitor {
        Visitor(Client::new(url).with_header("x-inlay-visitor", id))
    }

    pub async fn cart(&self) -> Value {
        self.get("/api/cart").await.ok().json()
    }

    /// Pieces in the cart, all lines together.
    pub async fn count(&self) -> u64 {
        let cart = self.cart().await;
        cart["count"].as_u64().unwrap_or_else(|| panic!("no count in {cart}"))
    }
}

pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    async fn read(response: reqwest::Response) -> Result<Answer, reqwest::Error> {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Ok(Answer { status, headers, body: response.bytes().await?.to_vec() })
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    pub fn media_type(&self) -> &str {
        self.header("content-type").unwrap_or_default().split(';').next().unwrap_or_default().trim()
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).expect("UTF-8")
    }

    /// The beginning of the text, for messages.
    fn short(&self) -> String {
        String::from_utf8_lossy(&self.body).chars().take(600).collect()
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error} in {:?}", self.text()))
    }

    #[track_caller]
    pub fn ok(self) -> Answer {
        self.is(200)
    }

    #[track_caller]
    pub fn is(self, status: u16) -> Answer {
        assert_eq!(self.status, status, "{}", self.short());
        self
    }

    /// Asserts a problem with this status and code, and that it has every member; gives its JSON.
    #[track_caller]
    pub fn problem(&self, status: u16, code: &str) -> Value {
        let problem = self.any_problem();
        assert_eq!((self.status, problem["code"].as_str()), (status, Some(code)), "{problem}");
        problem
    }

    /// Asserts that this is a complete problem of RFC 9457 that tells nothing about the inside of the host.
    #[track_caller]
    pub fn any_problem(&self) -> Value {
        let text = self.text();
        assert_eq!(self.media_type(), "application/problem+json", "{} {}", self.status, self.short());
        let problem = self.json();
        for member in ["type", "title", "detail", "code", "request_id", "error"] {
            assert!(problem[member].as_str().is_some_and(|value| !value.is_empty()), "no {member} in {problem}");
        }
        assert_eq!(problem["status"], self.status, "{problem}");
        assert_eq!(problem["error"], problem["detail"], "{problem}");
        assert_eq!(problem["request_id"].as_str(), self.header("x-request-id"), "{problem}");
        for inside in [".rs:", "wasm backtrace", "SELECT ", "select ", "sqlite", "/host/src", "panicked at"] {
            assert!(!text.contains(inside), "{inside:?} leaks in {problem}");
        }
        problem
    }
}
