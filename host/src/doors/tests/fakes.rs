//! Rooms that answer what a test needs, and a router in front of them.
use crate::base::clock::Clock;
use crate::base::error::{Code, Error, Fault, Result};
use crate::base::ids::{TokenId, WorkspaceId};
use crate::base::secret::Secret;
use crate::doors::rooms::{Admits, Checks, Condition, Dispatches, Health, Records, Shows, Soon, Watches, Welcomes};
use crate::doors::{MetricsAccess, Needs, Options, router};
use crate::features::accounts::Accounts;
use crate::features::actions::{Action, Outcome};
use crate::features::audit::Audit;
use crate::features::audit::{Event, Filter, Page};
use crate::features::dev::Dev;
use crate::features::identity::{Caller, Identity, Kind, Proved, Role, Tenant, Vouched, Who};
use crate::features::keys::Keys;
use crate::features::plugins::{
    Both, BreakerView, Figures, Level, Line, PluginInfo, PluginStats, Rejected, Tail, Upload, Wish,
};
use crate::features::replay::Replays;
use crate::features::tokens::Tokens;
use crate::features::widgets::inspect::{self, Profile, Report, Subject};
use crate::features::widgets::{Draft, Rendered, Trial, WidgetInfo};
use crate::features::workspaces::Workspaces;
use crate::platform::db::tests::nowhere;
use crate::platform::metrics::Metrics;
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use bytes::Bytes;
use http_body_util::BodyExt;
use serde_json::{Map, Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tower::ServiceExt;

pub fn plugin(name: &str) -> PluginInfo {
    PluginInfo {
        name: name.to_owned(),
        id: format!("dev.inlay.{name}"),
        version: "1.0.0".into(),
        title: String::new(),
        description: String::new(),
        digest: format!("sha256:{}", "0".repeat(64)),
        bytes: 1,
        state: "active".into(),
        reason: None,
        steps: vec![],
        actions: vec![],
        queries: vec![],
        widgets: vec![],
        permissions: vec![],
        granted: vec![],
        missing: vec![],
        no_longer_asked: vec![],
        reasons: Default::default(),
        bundled: false,
        uploaded_at_ms: 0,
        uploaded_by: "host".into(),
        activated_at_ms: Some(0),
        manifest: json!({}),
    }
}

pub fn rejected() -> Rejected {
    Rejected {
        name: None,
        version: None,
        digest: format!("sha256:{}", "1".repeat(64)),
        state: "rejected",
        step: "parsed".into(),
        code: "plugin_invalid",
        reason: "it is no component".into(),
        at_ms: 0,
        by: "tok_1".into(),
    }
}

pub fn widget(name: &str) -> WidgetInfo {
    WidgetInfo {
        name: name.to_owned(),
        title: format!("The {name}"),
        description: String::new(),
        plugin: None,
        schema: json!({}),
        params: json!({}),
        source: None,
        preview: json!({}),
        figures: json!({}),
    }
}

/// What the rooms were asked, in the order they were asked.
#[derive(Clone, Default)]
pub struct Rooms {
    pub actions: Arc<Mutex<Vec<(Caller, Action)>>>,
    pub queries: Arc<Mutex<Vec<(Caller, String, Value)>>>,
    pub uploads: Arc<Mutex<Vec<Upload>>>,
    /// Changes of plugins, in words.
    pub changes: Arc<Mutex<Vec<String>>>,
    pub condition: Arc<Mutex<Option<Condition>>>,
    pub stopping: Arc<Mutex<bool>>,
    pub wish: Arc<Mutex<Option<Wish>>>,
}

impl Welcomes for Rooms {
    fn accounts(&self) -> Result<&Accounts> {
        Err(Error::new(Code::NotReady, "There are no accounts here"))
    }
}

impl Dispatches for Rooms {
    fn dispatch<'a>(&'a self, caller: &'a Caller, action: Action) -> Soon<'a, Result<Outcome>> {
        let name = action.name.clone();
        let replayed = action.idempotency_key.as_deref() == Some("seen");
        self.actions.lock().unwrap().push((caller.clone(), action));
        Box::pin(async move {
            match name.as_str() {
                "unknown" => Err(Error::new(Code::UnknownAction, "No active plugin handles it")),
                "panic" => panic!("boom"),
                "slow" => {
                    tokio::time::sleep(Duration::from_secs(60)).await;
                    unreachable!()
                }
                "wait" => {
                    tokio::time::sleep(Duration::from_millis(200)).await;
                    Ok(Outcome { json: r#"{"success":true}"#.into(), replayed: false })
                }
                "broken" => Err(Error::internal(std::io::Error::other("/var/lib/inlay is gone"))),
                "refused" => {
                    let fault = Fault { pointer: "/email".into(), message: "is <b>not</b> an address".into() };
                    let error = Error::new(Code::InvalidForm, "Please look at the fields").with_reason("input.invalid");
                    Err(error.with_faults(vec![fault]))
                }
                "busy" => Err(Error::new(Code::PluginBusy, "busy").retry_after(7)),
                _ => Ok(Outcome { json: r#"{"success":true,  "as":"it is"}"#.into(), replayed }),
            }
        })
    }
}

impl Shows for Rooms {
    fn validate(&self, subject: Subject) -> Soon<'_, Result<Report>> {
        Box::pin(async move { Ok(inspect::validate(&subject, &Default::default())) })
    }
    fn profile(&self, subject: Subject) -> Soon<'_, Result<Profile>> {
        Box::pin(async move { Ok(inspect::profile(&subject, &Default::default(), None)) })
    }
    fn list(&self) -> Vec<WidgetInfo> {
        ["products", "cart", "contact-form"].map(widget).to_vec()
    }
    fn show<'a>(&'a self, caller: &'a Caller, name: &'a str, params: Map<String, Value>) -> Soon<'a, Result<Rendered>> {
        self.queries.lock().unwrap().push((caller.clone(), name.to_owned(), Value::Object(params)));
        Box::pin(async move {
            if !["products", "cart", "contact-form"].contains(&name) {
                return Err(Error::new(Code::UnknownWidget, "There is no such widget"));
            }
            let action = json!({"type": "refused", "payload": {"a": 1}});
            let tree = json!({"type": "Card", "children": [
                {"type": "Title", "value": format!("<{name}>")},
                {"type": "Form", "onSubmitAction": action, "children": [
                    {"type": "Input", "name": "email"}, {"type": "Button", "label": "Send", "submit": true}
                ]}
            ]});
            let json = Bytes::from(tree.to_string());
            let mut rendered = Rendered::new(name.into(), json, name == "products");
            rendered.etag = Arc::from("\"w1\"");
            Ok(rendered)
        })
    }
    fn file(&self, name: &str) -> Result<Value> {
        Ok(json!({"version": "1.0", "name": name, "template": "{}"}))
    }
    fn is_local(&self, name: &str) -> bool {
        name == "cart"
    }
    fn try_out(&self, draft: &Draft) -> Trial {
        let tree = Some(json!({"type": "Card", "said": draft.template, "given": draft.data}));
        Trial { tree, figures: None, findings: Vec::new(), warnings: Vec::new(), render_us: 1 }
    }
}

impl Records for Rooms {
    fn list(&self, _: Filter) -> Soon<'_, Result<Page>> {
        Box::pin(async { Ok(Page { events: vec![], next: None }) })
    }
    fn denied(&self, _: Event) {}
}

impl Watches for Rooms {
    fn stats<'a>(&'a self, name: &'a str) -> Soon<'a, Result<PluginStats>> {
        Box::pin(async move {
            known(name)?;
            Ok(PluginStats {
                name: name.to_owned(),
                version: "1.0.0".into(),
                digest: String::new(),
                since_ms: 0,
                breaker: BreakerView { state: "closed", shed: 0, inputs_refused: 0 },
                limits: None,
                total: Figures { calls: 7, ..Figures::default() },
                recent: Figures::default(),
                actions: [("add".to_owned(), Both::default())].into(),
                queries: [].into(),
                versions: vec![],
            })
        })
    }
    fn log_lines<'a>(&'a self, name: &'a str, wish: Wish) -> Soon<'a, Result<Vec<Arc<Line>>>> {
        *self.wish.lock().unwrap() = Some(wish);
        Box::pin(async move { known(name).map(|_| vec![line(1, "hello")]) })
    }
    fn log_tail<'a>(&'a self, name: &'a str, wish: Wish) -> Soon<'a, Result<Tail>> {
        *self.wish.lock().unwrap() = Some(wish);
        Box::pin(
            async move { known(name).map(|_| Tail::new(vec![line(1, "hello"), line(2, "two\nlines")], None, true)) },
        )
    }
}

fn line(id: u64, message: &str) -> Arc<Line> {
    Arc::new(Line {
        id,
        at_ms: 5,
        level: Level::Info,
        message: message.to_owned(),
        fields: vec![("a".into(), "b".into())],
        action: "add".into(),
        call: "act_1".into(),
        attempt: 1,
        version: "1.0.0".into(),
    })
}

impl Health for Rooms {
    fn checks(&self) -> Soon<'_, Checks> {
        let database = self.condition.lock().unwrap().unwrap_or(Condition::Ok);
        Box::pin(async move { Checks { database, plugins: Condition::Ok, bus: Condition::Ok } })
    }
    fn is_stopping(&self) -> bool {
        *self.stopping.lock().unwrap()
    }
    fn count(&self, metrics: &Metrics) {
        metrics.action("elsewhere", "counted", "ok", Duration::from_millis(1));
    }
}

/// Credentials that need no database: tokens of the command line, and the servers' keys.
struct Gate(Identity);

impl Admits for Gate {
    fn bearer<'a>(&'a self, token: &'a str, kinds: &'a [Kind], _: Option<&'a str>) -> Soon<'a, Result<Proved>> {
        Box::pin(async move {
            let claims = self.0.read(token, kinds).filter(|claims| claims.kind == Some(Kind::Admin));
            let token = claims.and_then(|claims| TokenId::parse(&claims.jti));
            let who = Who::Host { token: token.ok_or_else(|| Error::new(Code::InvalidToken, "no"))? };
            Ok(Proved { who, role: Role::Admin, workspace: WorkspaceId::first(), tenant: None })
        })
    }
    fn api_key<'a>(&'a self, key: &'a str, _: Option<&'a str>) -> Soon<'a, Result<Proved>> {
        Box::pin(async move {
            let name = self.0.api_key(key).ok_or_else(|| Error::new(Code::InvalidToken, "no"))?;
            let (who, workspace) = (Who::Server { name }, WorkspaceId::first());
            Ok(Proved { who, role: Role::Operator, workspace, tenant: None })
        })
    }
    fn tenant<'a>(&'a self, _: &'a Proved, _: &'a str) -> Soon<'a, Result<Tenant>> {
        Box::pin(async { Err(Error::new(Code::NotFound, "no")) })
    }
    fn stands<'a>(&'a self, _: &'a Vouched) -> Soon<'a, Result<bool>> {
        Box::pin(async { Ok(false) })
    }
}

/// The doors, what stands behind them, and who may come.
pub struct House {
    pub rooms: Rooms,
    pub router: Router,
    pub identity: Identity,
    /// An admin's token.
    pub admin: String,
}

pub const API_KEY: &str = "a-servers-own-key";

pub fn options() -> Options {
    Options {
        public_url: None,
        address: ([127, 0, 0, 1], 3000).into(),
        cors_origins: vec!["https://shop.example".into()],
        proxies: Default::default(),
        rates: Default::default(),
        max_body_bytes: 1 << 20,
        body_time: Duration::from_millis(200),
        max_upload_bytes: 2 << 20,
        deadline: Duration::from_secs(1),
        at_once: 64,
        turn_wait: Duration::from_millis(20),
        metrics: MetricsAccess::Open,
        demo: true,
    }
}

pub fn house() -> House {
    house_with(options())
}

/// In development mode.
pub fn house_of_dev() -> House {
    house_in(options(), Dev::new(true, String::new()))
}

pub fn house_with(options: Options) -> House {
    house_in(options, Dev::new(false, String::new()))
}

fn house_in(options: Options, dev: Dev) -> House {
    let identity = Identity::new(&Secret::new(vec![7; 32]), &[Secret::new(API_KEY.to_owned())], Clock::system());
    let admin = identity.mint_admin(Duration::from_secs(3600)).unwrap().reveal().clone();
    let rooms = Rooms::default();
    let shared = Arc::new(rooms.clone());
    let audit = || Audit::new(nowhere(), Clock::system());
    let tokens = Tokens::new(nowhere(), Clock::system(), identity.clone());
    let router = router(Needs {
        identity: identity.clone(),
        access: Arc::new(Gate(identity.clone())),
        replays: Replays::new(nowhere(), Clock::system(), b"a key"),
        audit: shared.clone(),
        accounts: shared.clone(),
        bots: Arc::new(super::fake_bots::NoBots),
        visitors: Arc::new(super::fake_bots::NoVisitors),
        workspaces: Workspaces::new(nowhere(), Clock::system(), identity.clone(), audit(), tokens),
        keys: Keys::new(nowhere(), Clock::system(), audit()),
        plugins: shared.clone(),
        watch: shared.clone(),
        widgets: shared.clone(),
        actions: shared.clone(),
        health: shared,
        dev,
        metrics: Metrics::new("1"),
        clock: Clock::system(),
        options,
    });
    House { rooms, router, identity, admin }
}

/// An answer, read to its end.
pub struct Got {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Got {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.text()))
    }
    /// Asserts a complete problem with this status and code.
    pub fn is_problem(&self, status: u16, code: Code) -> Value {
        let text = self.text();
        assert_eq!(self.status.as_u16(), status, "{text}");
        assert_eq!(self.header("content-type"), "application/problem+json", "{text}");
        let problem = self.json();
        assert_eq!(problem["code"], code.word(), "{problem}");
        assert_eq!(problem["status"], status, "{problem}");
        assert_eq!(problem["detail"], problem["error"], "{problem}");
        assert_eq!(problem["request_id"], self.header("x-request-id"), "{problem}");
        assert_eq!(problem["type"], format!("/docs#code-{}", code.word()), "{problem}");
        assert!(problem["title"].as_str().is_some_and(|title| !title.is_empty()), "{problem}");
        problem
    }
}

impl House {
    pub async fn send(&self, request: Request<Body>) -> Got {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Got { status: parts.status, headers: parts.headers, body }
    }

    pub async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Got {
        self.send(request("GET", path, headers, Body::empty())).await
    }

    pub async fn post(&self, path: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Got {
        self.send(request("POST", path, headers, body.into())).await
    }

    /// JSON to the dispatcher.
    pub async fn act(&self, body: &str, headers: &[(&str, &str)]) -> Got {
        let headers = [&[("content-type", "application/json")], headers].concat();
        self.post("/api/widget-action", &headers, body.to_owned()).await
    }

    /// A form, as a browser posts it.
    pub async fn form(&self, body: &str, headers: &[(&str, &str)]) -> Got {
        let form = [("content-type", "application/x-www-form-urlencoded"), ("accept", BROWSER), ("host", "inlay.test")];
        self.post("/api/widget-action", &[&form, headers].concat(), body.to_owned()).await
    }

    pub fn last_action(&self) -> (Caller, Action) {
        self.rooms.actions.lock().unwrap().last().cloned().unwrap()
    }

    pub fn last_query(&self) -> (Caller, String, Value) {
        self.rooms.queries.lock().unwrap().last().cloned().unwrap()
    }
}

pub const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

pub fn request(method: &str, path: &str, headers: &[(&str, &str)], body: Body) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(body).unwrap()
}

fn known(name: &str) -> Result<()> {
    match name {
        "shop" => Ok(()),
        _ => Err(Error::new(Code::UnknownPlugin, "There is no plugin of this name")),
    }
}
