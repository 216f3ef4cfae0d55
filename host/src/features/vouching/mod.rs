//! Sites vouch for their signed-in users: with a hash or a short-lived token made with the workspace's identity secret. Who
//! was vouched for once is the same visitor ever after, on whatever device.
mod claim;
mod store;

pub use claim::{Claim, Person};

use crate::base::clock::Clock;
use crate::base::error::{Code, Error, Result};
use crate::base::ids::{VisitorId, WorkspaceId};
use crate::base::seal::SealKey;
use crate::base::secret::{Secret, hex};
use crate::features::audit::{Audit, Event, Origin};
use crate::features::identity::{Identity, MemberRole, Tenant, Vouched, Who};
use crate::platform::db::Db;
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;

/// How old what is known of a visitor may be.
const FRESH: Duration = Duration::from_millis(500);
const REMEMBERED: u64 = 20_000;

/// Whom a site has vouched for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Identified {
    pub external_id: String,
    pub visitor: VisitorId,
    /// What the site said of the person, by a signed token: `name`, `email`.
    pub attributes: serde_json::Value,
    pub created_at_ms: u64,
    /// Proofs made before are void.
    #[serde(skip)]
    pub valid_from_ms: u64,
    pub seen_at_ms: u64,
}

/// The room. Cheap to clone.
#[derive(Clone)]
pub struct Vouching {
    db: Db,
    clock: Clock,
    seal: SealKey,
    audit: Audit,
    identity: Identity,
    /// So long a proof counts after the site vouched.
    life: Duration,
    known: moka::future::Cache<(WorkspaceId, VisitorId), Option<u64>>,
}

fn bound(workspace: &WorkspaceId) -> Vec<u8> {
    format!("{workspace}\nidentity").into_bytes()
}

impl Vouching {
    pub fn new(db: Db, clock: Clock, seal: SealKey, audit: Audit, identity: Identity, life: Duration) -> Vouching {
        let known = moka::future::Cache::builder().max_capacity(REMEMBERED).time_to_live(FRESH).build();
        Vouching { db, clock, seal, audit, identity, life, known }
    }

    /// Makes the workspace's identity secret, or a new one in its place: what the old one vouched for is void at once, and
    /// sites vouch again with the new one. It is shown this once. Errors: `forbidden` below admin.
    pub async fn rotate(&self, tenant: &Tenant, who: &Who, origin: &Origin) -> Result<Secret<String>> {
        if tenant.role() < MemberRole::Admin {
            return Err(Error::new(Code::Forbidden, "Only admins of the workspace make its identity secret"));
        }
        let mut random = [0u8; 32];
        self.clock.fill(&mut random);
        let secret = format!("ids_{}", hex(&random));
        let workspace = tenant.workspace();
        let sealed = self.seal.seal(&self.clock, secret.as_bytes(), &bound(workspace));
        let sealed = sealed.ok_or_else(|| Error::internal("an identity secret cannot be sealed"))?;
        let mut tx = self.db.begin().await?;
        if !store::put_secret(&mut tx, workspace, &sealed).await? {
            return Err(Error::new(Code::NotFound, "There is no such workspace"));
        }
        // One more than now: a proof of this very millisecond was made with the old one.
        store::void_all(&mut tx, workspace, self.clock.now_ms() + 1).await?;
        let event = Event::new(workspace, who, "key.rotate", "identity-secret").from(origin);
        self.audit.within(&mut tx, &event).await?;
        tx.commit().await?;
        self.known.invalidate_all();
        Ok(Secret::new(secret))
    }

    /// Whether a workspace has an identity secret.
    pub async fn has_secret(&self, tenant: &Tenant) -> Result<bool> {
        Ok(store::secret(&self.db, tenant.workspace()).await?.is_some())
    }

    /// Whom a claim names. Errors: `identity_refused`, the same whatever is wrong with it, also where the workspace has no
    /// secret; `invalid_body` for an id that no site would use.
    pub async fn check(&self, workspace: &WorkspaceId, claim: &Claim) -> Result<Person> {
        let sealed = store::secret(&self.db, workspace).await?;
        let secret = sealed.and_then(|sealed| self.seal.open(&sealed, &bound(workspace)));
        let person = secret.and_then(|secret| claim.person(&secret, workspace, self.clock.now_s()));
        person.ok_or_else(|| {
            let detail = "The site's word for this user is not right: unknown, damaged, expired, or without a secret";
            Error::new(Code::IdentityRefused, detail)
        })
    }

    /// The visitor that this person is, made when he comes for the first time, and the proof of it.
    pub async fn visitor(&self, workspace: &WorkspaceId, person: &Person) -> Result<(Vouched, String)> {
        let now = self.clock.now_ms();
        let fresh = VisitorId::new(&self.clock);
        let (visitor, valid_from) = store::see(&self.db, workspace, person, &fresh, now).await?;
        self.known.invalidate(&(workspace.clone(), visitor.clone())).await;
        // A rotation of this moment may lie ahead by a millisecond.
        let vouched = Vouched { visitor, workspace: workspace.clone(), at_ms: now.max(valid_from) };
        let token = self.identity.vouched_token(&vouched);
        Ok((vouched, token))
    }

    /// Whether a proof still counts. At most half a second old.
    pub async fn stands(&self, vouched: &Vouched) -> Result<bool> {
        let age = self.clock.now_ms().saturating_sub(vouched.at_ms);
        if u128::from(age) >= self.life.as_millis() {
            return Ok(false);
        }
        let key = (vouched.workspace.clone(), vouched.visitor.clone());
        let found = self.known.try_get_with(key, store::valid_from(&self.db, &vouched.workspace, &vouched.visitor));
        let valid_from = found.await.map_err(|error: Arc<Error>| error.again())?;
        Ok(valid_from.is_some_and(|from| vouched.at_ms >= from))
    }

    /// What is known of a visitor for whom a site has vouched.
    pub async fn known(&self, workspace: &WorkspaceId, visitor: &VisitorId) -> Result<Option<Identified>> {
        store::identified(&self.db, workspace, visitor).await
    }

    /// Forgets who the visitor is: his proofs are void, and the next time he is somebody new.
    pub async fn forget(&self, workspace: &WorkspaceId, visitor: &VisitorId) -> Result<bool> {
        let gone = store::forget(&self.db, workspace, visitor).await?;
        self.known.invalidate_all();
        Ok(gone)
    }
}
