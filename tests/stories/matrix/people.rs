//! Who comes: everybody that the matrix knows, settled in one host with two workspaces.
use super::table::CALLERS;
use crate::kit::account::{Account, PASSWORD, bearer};
use crate::kit::{Client, TestHost};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use serde_json::{Map, Value, json};
use sha2::Sha256;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

/// Stands in the name of everything of the first workspace that strangers must not read.
pub const MARK: &str = "markedalpha";
const SECRET: &str = "a key that these tests know, so that they can forge: 7f3a9c";
pub const SETTINGS: &[(&str, &str)] = &[("INLAY_AUTH_SECRET", SECRET), ("INLAY_ACCOUNTS_SIGN_UP", "open")];

pub struct World {
    pub host: TestHost,
    owner: Mutex<Account>,
    clients: Mutex<BTreeMap<&'static str, Client>>,
    /// What requests name: ids of the first workspace.
    fixed: BTreeMap<String, String>,
}

impl World {
    pub async fn settle(host: TestHost) -> World {
        let owner = host.owner().await;
        let other = stranger(&host, "other@example.net").await;
        let mut clients: BTreeMap<&'static str, Client> = BTreeMap::new();
        for role in ["viewer", "agent", "admin"] {
            clients.insert(role, (*host.account(&format!("{role}@example.com"), role).await).clone());
        }
        clients.insert("expired", bearer(host.url(), &expired(owner.access())));
        let gone = host.sign_in("admin@example.com", PASSWORD).await.ok().json();
        let gone = Account::of(host.url(), "admin@example.com", gone);
        gone.post("/auth/logout", &json!({"refresh_token": gone.refresh()})).await;
        clients.insert("revoked", (*gone).clone());
        clients.insert("nobody", host.anybody());
        for visitor in ["visitor", "visitor2"] {
            let id = host.visitor().id().await;
            clients.insert(visitor, host.anybody().with_header("x-inlay-visitor", &id));
        }
        clients.insert("owner", (*owner).clone());
        clients.insert("other", (*other).clone());
        let fixed = BTreeMap::from([
            ("workspace".to_owned(), "ws_default".to_owned()),
            ("soon".to_owned(), soon()),
            ("password".to_owned(), PASSWORD.to_owned()),
        ]);
        let world = World { owner: Mutex::new(owner), clients: Mutex::new(clients), fixed, host };
        for (name, kind) in [("pk", "publishable"), ("sk", "secret")] {
            let key = world.make("/api/keys", json!({"name": format!("{MARK} {name}"), "kind": kind})).await;
            let client = world.host.anybody().with_header("x-api-key", text(&key, "key"));
            world.put(name, client);
        }
        for name in ["widget", "widget2"] {
            let bot = world.make("/widget/bots", json!({"name": format!("{MARK} {name}")})).await;
            let made = world.make("/widget/generate", json!({"bot_id": bot["id"]})).await;
            let client = bearer(world.host.url(), text(&made, "token"));
            world.put(name, client);
        }
        let operator = world.fresh("operator").await;
        let token = world.owner().post("/api/operator/get-token", &json!({"id": operator, "expiresAt": soon()})).await;
        let client = bearer(world.host.url(), token.text().trim());
        world.put("operator", client);
        assert!(CALLERS.iter().all(|caller| world.all().contains_key(caller)));
        world
    }

    pub fn anybody(&self) -> Client {
        self.host.anybody()
    }

    pub fn client(&self, caller: &str) -> Client {
        self.all().get(caller).unwrap_or_else(|| panic!("nobody is called {caller}")).clone()
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<&'static str, Client>> {
        self.clients.lock().expect("clients")
    }

    fn put(&self, caller: &'static str, client: Client) {
        self.all().insert(caller, client);
    }

    fn owner(&self) -> Account {
        self.owner.lock().expect("the owner").clone()
    }

    /// Signs everybody in again whose sign-in a request may have ended.
    pub async fn renew(&self) {
        let people = [
            ("owner", "owner@example.com"),
            ("other", "other@example.net"),
            ("viewer", "viewer@example.com"),
            ("agent", "agent@example.com"),
            ("admin", "admin@example.com"),
        ];
        for (caller, email) in people {
            let signed_in = self.host.sign_in(email, PASSWORD).await.ok().json();
            let account = Account::of(self.host.url(), email, signed_in);
            self.put(caller, (*account).clone());
            if caller == "owner" {
                *self.owner.lock().expect("the owner") = account;
            }
        }
    }

    /// Whether this caller has no business in the first workspace's own things.
    pub fn is_stranger(&self, caller: &str) -> bool {
        ["nobody", "other", "visitor", "visitor2", "expired", "revoked", "widget", "widget2", "pk"].contains(&caller)
    }

    /// The values that a request's braces stand for; things that a request may use up are made anew for each.
    pub async fn values(&self, request: &Map<String, Value>) -> BTreeMap<String, String> {
        let mut values = self.fixed.clone();
        for (name, value) in request.get("values").and_then(Value::as_object).into_iter().flatten() {
            let value = value.as_str().expect("a text");
            let made = match value.strip_prefix("fresh ") {
                Some(kind) => self.fresh(kind).await,
                None => value.to_owned(),
            };
            values.insert(name.clone(), made);
        }
        values
    }

    /// `{name}` in a text.
    pub fn fill(&self, text: &str, values: &BTreeMap<String, String>) -> String {
        values.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
    }

    /// A new thing in the first workspace; its id, or its token.
    async fn fresh(&self, kind: &str) -> String {
        let n = self.count();
        let name = format!("{MARK} {n}");
        match kind {
            "key" => id(&self.make("/api/keys", json!({"name": name, "kind": "publishable"})).await),
            "bot" => id(&self.make("/widget/bots", json!({"name": name})).await),
            "page" => {
                let bot = self.make("/widget/bots", json!({"name": name})).await;
                let made = self.make("/widget/generate", json!({"bot_id": bot["id"]})).await;
                text(&made, "token").to_owned()
            }
            "organization" => id(&self.make("/api/organizations", json!({"name": name})).await),
            "operator" => {
                let organization = self.make("/api/organizations", json!({"name": name})).await;
                let path = format!("/api/organizations/{}/operators", id(&organization));
                id(&self.make(&path, json!({"name": name})).await)
            }
            "invitation" => id(&self.make("/api/workspaces/ws_default/invitations", json!({"role": "viewer"})).await),
            "member" => self.host.account(&format!("m{n}@example.com"), "viewer").await.id().to_owned(),
            "workspace" => id(&self.make("/api/workspaces", json!({"name": name})).await),
            "visitor" => {
                let visitor = self.host.visitor();
                visitor.id().await.split('.').next().expect("an id").to_owned()
            }
            "name" => format!("thing {n}"),
            "email" => format!("m{n}@example.org"),
            other => panic!("nothing is called {other}"),
        }
    }

    fn count(&self) -> u32 {
        use std::sync::atomic::{AtomicU32, Ordering};
        static COUNT: AtomicU32 = AtomicU32::new(0);
        COUNT.fetch_add(1, Ordering::Relaxed)
    }

    async fn make(&self, path: &str, body: Value) -> Value {
        self.owner().post(path, &body).await.is(201).json()
    }
}

fn id(made: &Value) -> String {
    text(made, "id").to_owned()
}

fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap_or_else(|| panic!("no {member} in {value}"))
}

/// A moment that is still to come.
fn soon() -> String {
    let soon = std::time::SystemTime::now() + std::time::Duration::from_secs(3_600);
    humantime::format_rfc3339_seconds(soon).to_string()
}

/// Somebody who has a workspace of his own.
async fn stranger(host: &TestHost, email: &str) -> Account {
    let body = json!({"email": email, "password": PASSWORD, "name": "Otto Other"});
    let answer = host.anybody().post("/auth/signup", &body).await.is(201);
    Account::of(host.url(), email, answer.json())
}

/// An access token that was good an hour ago: the same claims, signed by the key that the tests know.
fn expired(token: &str) -> String {
    let mut parts = token.split('.');
    let (head, body) = (parts.next().expect("a header"), parts.next().expect("claims"));
    let mut claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(body).expect("base64")).expect("JSON");
    for time in ["iat", "exp"] {
        claims[time] = json!(claims[time].as_u64().expect("a time") - 7_200);
    }
    let message = format!("{head}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()));
    let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(SECRET.as_bytes()).expect("a key");
    mac.update(message.as_bytes());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}
