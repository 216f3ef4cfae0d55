//! People with accounts, signed in.
use super::{Answer, Client, TestHost};
use serde_json::{Value, json};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, PgConnection};

pub const PASSWORD: &str = "a long enough passphrase";

/// Somebody who has signed in; requests carry the access token.
#[derive(Clone)]
pub struct Account {
    client: Client,
    pub email: String,
    /// What the sign-in answered.
    pub signed_in: Value,
}

impl std::ops::Deref for Account {
    type Target = Client;
    fn deref(&self) -> &Client {
        &self.client
    }
}

impl Account {
    pub fn of(url: &str, email: &str, signed_in: Value) -> Account {
        let client = bearer(url, text(&signed_in, "access_token"));
        Account { client, email: email.to_owned(), signed_in }
    }

    pub fn id(&self) -> &str {
        self.signed_in["user"]["id"].as_str().expect("an id")
    }

    pub fn access(&self) -> &str {
        text(&self.signed_in, "access_token")
    }

    pub fn refresh(&self) -> &str {
        text(&self.signed_in, "refresh_token")
    }

    /// The same sign-in at another host.
    pub fn at(&self, url: &str) -> Account {
        Account::of(url, &self.email, self.signed_in.clone())
    }
}

fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap_or_else(|| panic!("no {member} in {value}"))
}

pub fn bearer(url: &str, token: &str) -> Client {
    Client::new(url).with_header("authorization", &format!("Bearer {token}"))
}

impl TestHost {
    /// What a fresh host has printed for its first account.
    pub fn credential(&self) -> String {
        self.printed("adm_").unwrap_or_else(|| panic!("no credential in {}", self.banner()))
    }

    /// The last word of this beginning that was printed.
    pub fn printed(&self, prefix: &str) -> Option<String> {
        word(&self.banner(), prefix)
    }

    /// The owner of this host: the first account, made when it is asked for the first time.
    pub async fn owner(&self) -> Account {
        let email = "owner@example.com";
        let answer = self.sign_in(email, PASSWORD).await;
        if answer.status == 200 {
            return Account::of(self.url(), email, answer.json());
        }
        let body = json!({"email": email, "password": PASSWORD, "name": "Olga Owner", "credential": self.credential()});
        let answer = self.anybody().post("/auth/signup", &body).await.is(201);
        Account::of(self.url(), email, answer.json())
    }

    /// A member of the first workspace, made by the command line; the host has an owner then.
    pub async fn account(&self, email: &str, role: &str) -> Account {
        self.owner().await;
        let data = self.data();
        let data = data.to_str().expect("a path");
        let output = self.inlay(&["user", "add", email, "--role", role, "--data", data]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let token = word(&String::from_utf8_lossy(&output.stdout), "rst_").expect("a token to set a password with");
        let body = json!({"token": token, "password": PASSWORD});
        self.anybody().post("/auth/password/reset", &body).await.is(204);
        let signed_in = self.sign_in(email, PASSWORD).await.ok().json();
        Account::of(self.url(), email, signed_in)
    }

    /// Changes what is stored, as time or a damage would.
    pub async fn change(&self, sql: &'static str) {
        match self.database_url() {
            Some(url) => {
                let mut conn = PgConnection::connect(&url).await.expect("the host's database");
                sqlx::raw_sql(sql).execute(&mut conn).await.expect("a change");
            }
            None => {
                let options = SqliteConnectOptions::new().filename(self.data().join("inlay.db"));
                let options = options.busy_timeout(std::time::Duration::from_secs(20));
                let mut conn = options.connect().await.expect("the host's database");
                sqlx::raw_sql(sql).execute(&mut conn).await.expect("a change");
                conn.close().await.expect("a closed connection");
            }
        }
    }

    pub async fn sign_in(&self, login: &str, password: &str) -> Answer {
        self.anybody().post("/auth/signin", &json!({"email": login, "password": password})).await
    }
}

/// The last word with this beginning.
pub fn word(text: &str, prefix: &str) -> Option<String> {
    let mut words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-'));
    words.rfind(|word| word.starts_with(prefix)).map(str::to_owned)
}
