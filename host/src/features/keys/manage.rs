//! Making, changing, rotating and deleting keys.
use super::{Keys, domains, store, text};
use crate::base::error::{Code, Error, Fault, Result};
use crate::base::ids::{ApiKeyId, WorkspaceId};
use crate::base::page::{Listed, Page};
use crate::base::secret::{hex, sha256};
use crate::features::audit::By;
use crate::features::identity::{MemberRole, Tenant};
use crate::platform::db::Tx;
use serde::Serialize;
use serde_json::json;

/// Keys of one workspace.
const MOST: i64 = 1_000;
const LONGEST_NAME: usize = 100;
pub const USUAL_PER_HOUR: u32 = 1_000;
const MOST_PER_HOUR: u32 = 10_000_000;
/// A month.
pub const LONGEST_OVERLAP_S: u64 = 30 * 24 * 3_600;

/// A key, as lists show it: nothing in it is secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeyInfo {
    pub id: String,
    pub name: String,
    /// "publishable" or "secret".
    pub kind: &'static str,
    /// "live" or "test".
    #[serde(rename = "type")]
    pub mode: &'static str,
    /// A publishable key whole; of a secret one its beginning and end.
    pub shown: String,
    pub active: bool,
    pub allowed_domains: Vec<String>,
    pub rate_limit_per_hour: u32,
    pub created_by: String,
    pub created_at_ms: u64,
    /// The end of a rotation's overlap.
    pub expires_at_ms: Option<u64>,
    /// The key that was made in its place.
    pub replaced_by: Option<String>,
    pub last_used_at_ms: Option<u64>,
    pub requests: u64,
}

/// A key with its text, which of a secret one is shown now and never again.
#[derive(Clone, Serialize)]
pub struct ShownKey {
    #[serde(flatten)]
    pub info: KeyInfo,
    pub key: String,
}

#[derive(Clone, Debug)]
pub struct NewKey {
    pub name: String,
    pub secret: bool,
    pub live: bool,
    pub allowed_domains: Vec<String>,
    pub rate_limit_per_hour: u32,
}

impl Default for NewKey {
    fn default() -> NewKey {
        let (name, allowed_domains) = (String::new(), Vec::new());
        NewKey { name, secret: false, live: true, allowed_domains, rate_limit_per_hour: USUAL_PER_HOUR }
    }
}

/// What is absent stays as it is.
#[derive(Clone, Debug, Default)]
pub struct KeyChange {
    pub name: Option<String>,
    pub active: Option<bool>,
    pub allowed_domains: Option<Vec<String>>,
    pub rate_limit_per_hour: Option<u32>,
}

impl Keys {
    pub async fn list(&self, tenant: &Tenant, page: &Page) -> Result<Listed<KeyInfo>> {
        Ok(page.cut(store::manage::list(&self.db, tenant.workspace(), page).await?, |it| &it.id))
    }

    /// Errors: `not_found`.
    pub async fn look(&self, tenant: &Tenant, id: &str) -> Result<KeyInfo> {
        store::manage::find(&self.db, tenant.workspace(), id).await?.ok_or_else(nothing)
    }

    /// Errors: `forbidden` below admin; `invalid_body`; `limit_reached`.
    pub async fn create_in(&self, tx: &mut Tx, tenant: &Tenant, by: &By, new: NewKey) -> Result<ShownKey> {
        needs_admin(tenant)?;
        let workspace = tenant.workspace();
        if store::manage::count(tx, workspace).await? >= MOST {
            return Err(Error::new(Code::LimitReached, format!("There may be at most {MOST} keys in a workspace")));
        }
        let new = NewKey {
            name: name(&new.name)?,
            allowed_domains: allowed(&new.allowed_domains, new.secret)?,
            rate_limit_per_hour: per_hour(new.rate_limit_per_hour)?,
            ..new
        };
        let made = self.insert(tx, workspace, by, new).await?;
        let detail = json!({"kind": made.info.kind, "type": made.info.mode});
        self.audit.within(tx, &by.event(workspace, "key.create", &made.info.id).with(detail)).await?;
        Ok(made)
    }

    async fn insert(&self, tx: &mut Tx, workspace: &WorkspaceId, by: &By, new: NewKey) -> Result<ShownKey> {
        let key = text::make(&self.clock, new.secret, new.live);
        let info = KeyInfo {
            id: ApiKeyId::new(&self.clock).to_string(),
            name: new.name,
            kind: kind(new.secret),
            mode: mode(new.live),
            shown: text::shown(&key, new.secret),
            active: true,
            allowed_domains: new.allowed_domains,
            rate_limit_per_hour: new.rate_limit_per_hour,
            created_by: by.who.name(),
            created_at_ms: self.clock.now_ms(),
            expires_at_ms: None,
            replaced_by: None,
            last_used_at_ms: None,
            requests: 0,
        };
        store::manage::insert(tx, workspace, &info, &hex(&sha256(key.reveal().as_bytes()))).await?;
        Ok(ShownKey { info, key: key.reveal().clone() })
    }

    /// Errors: `forbidden` below admin; `not_found`; `invalid_body`.
    pub async fn change_in(
        &self,
        tx: &mut Tx,
        tenant: &Tenant,
        by: &By,
        id: &str,
        change: KeyChange,
    ) -> Result<KeyInfo> {
        needs_admin(tenant)?;
        let workspace = tenant.workspace();
        let mut key = store::manage::find_in(tx, workspace, id).await?.ok_or_else(nothing)?;
        if let Some(text) = change.name {
            key.name = name(&text)?;
        }
        if let Some(domains) = change.allowed_domains {
            key.allowed_domains = allowed(&domains, key.kind == "secret")?;
        }
        if let Some(limit) = change.rate_limit_per_hour {
            key.rate_limit_per_hour = per_hour(limit)?;
        }
        key.active = change.active.unwrap_or(key.active);
        store::manage::update(tx, workspace, &key).await?;
        let event = by.event(workspace, "key.change", id).with(json!({"active": key.active}));
        self.audit.within(tx, &event).await?;
        self.forget_after(tx);
        Ok(key)
    }

    /// Makes a key in the place of another, which goes on for `overlap_s`. Errors: `forbidden` below admin; `not_found`;
    /// `conflict` for one that has been replaced or is not active; `invalid_body`.
    pub async fn rotate_in(&self, tx: &mut Tx, tenant: &Tenant, by: &By, id: &str, overlap_s: u64) -> Result<ShownKey> {
        needs_admin(tenant)?;
        if overlap_s > LONGEST_OVERLAP_S {
            return Err(wrong("/overlap_s", "must lie between 0 and 2592000, which is 30 days"));
        }
        let workspace = tenant.workspace();
        let old = store::manage::find_in(tx, workspace, id).await?.ok_or_else(nothing)?;
        if old.replaced_by.is_some() || !old.active {
            return Err(Error::new(Code::Conflict, "Only a key that is active and not replaced yet can be rotated"));
        }
        let new = NewKey {
            name: old.name,
            secret: old.kind == "secret",
            live: old.mode == "live",
            allowed_domains: old.allowed_domains,
            rate_limit_per_hour: old.rate_limit_per_hour,
        };
        let made = self.insert(tx, workspace, by, new).await?;
        let end = self.clock.now_ms().saturating_add(overlap_s * 1000);
        store::manage::replace(tx, workspace, id, &made.info.id, end).await?;
        let detail = json!({"replaced_by": made.info.id, "overlap_s": overlap_s});
        self.audit.within(tx, &by.event(workspace, "key.rotate", id).with(detail)).await?;
        self.forget_after(tx);
        Ok(made)
    }

    /// Ends a key for good. Errors: `forbidden` below admin; `not_found`.
    pub async fn delete_in(&self, tx: &mut Tx, tenant: &Tenant, by: &By, id: &str) -> Result<()> {
        needs_admin(tenant)?;
        let workspace = tenant.workspace();
        if ApiKeyId::parse(id).is_none() || !store::manage::delete(tx, workspace, id).await? {
            return Err(nothing());
        }
        self.audit.within(tx, &by.event(workspace, "key.delete", id)).await?;
        self.forget_after(tx);
        Ok(())
    }

    /// What is remembered is forgotten when this transaction has been committed.
    fn forget_after(&self, tx: &mut Tx) {
        let known = self.known.clone();
        tx.then(move || known.invalidate_all());
    }
}

pub(super) fn kind(secret: bool) -> &'static str {
    if secret { "secret" } else { "publishable" }
}

pub(super) fn mode(live: bool) -> &'static str {
    if live { "live" } else { "test" }
}

#[track_caller]
fn needs_admin(tenant: &Tenant) -> Result<()> {
    if tenant.role() >= MemberRole::Admin {
        return Ok(());
    }
    Err(Error::new(Code::Forbidden, "This needs the role admin"))
}

#[track_caller]
pub(super) fn nothing() -> Error {
    Error::new(Code::NotFound, "There is no such key")
}

#[track_caller]
fn wrong(pointer: &str, message: &str) -> Error {
    let fault = Fault { pointer: pointer.to_owned(), message: message.to_owned() };
    Error::new(Code::InvalidBody, format!("{pointer} {message}")).with_faults(vec![fault])
}

fn name(text: &str) -> Result<String> {
    let text = text.trim();
    let fits = (1..=LONGEST_NAME).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    if fits { Ok(text.to_owned()) } else { Err(wrong("/name", "must have 1 to 100 characters, none of control")) }
}

/// A secret key is for servers, which have no page.
fn allowed(list: &[String], secret: bool) -> Result<Vec<String>> {
    if secret && !list.is_empty() {
        return Err(wrong("/allowed_domains", "must be empty for a secret key: only pages have a domain"));
    }
    domains::check(list)
}

fn per_hour(limit: u32) -> Result<u32> {
    if (1..=MOST_PER_HOUR).contains(&limit) {
        return Ok(limit);
    }
    Err(wrong("/rate_limit_per_hour", "must lie between 1 and 10000000"))
}
