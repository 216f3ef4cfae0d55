//! Tokens that live long and can be revoked one by one: widget and operator tokens, which are not valid without their row,
//! and the command line's for admins, which are valid unless their row says otherwise.
mod store;

use crate::base::clock::Clock;
use crate::base::error::Result;
use crate::base::ids::WorkspaceId;
use crate::base::secret::{Secret, hex, sha256};
use crate::features::identity::{Claims, Identity, Kind, Subject};
use crate::platform::db::{Db, Tx};
use std::sync::Arc;
use std::time::Duration;

/// How old what is known of a token may be: so long can another process's revocation stay unseen.
const FRESH: Duration = Duration::from_millis(500);
const REMEMBERED: u64 = 20_000;

/// A token's row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issued {
    pub id: String,
    pub kind: String,
    pub workspace: WorkspaceId,
    pub subject: String,
    pub issued_by: String,
    pub issued_at_ms: u64,
    pub expires_at_ms: u64,
    pub revoked_at_ms: Option<u64>,
}

/// The word of a kind in the table.
fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Widget => "widget",
        Kind::Operator => "operator",
        Kind::Admin => "admin",
        Kind::Access => "access",
        Kind::Company => "company",
        Kind::Browser => "browser",
    }
}

/// The room. Cheap to clone.
#[derive(Clone)]
pub struct Tokens {
    db: Db,
    clock: Clock,
    identity: Identity,
    known: moka::future::Cache<String, Option<Arc<Issued>>>,
}

impl Tokens {
    pub fn new(db: Db, clock: Clock, identity: Identity) -> Tokens {
        let known = moka::future::Cache::builder().max_capacity(REMEMBERED).time_to_live(FRESH).build();
        Tokens { db, clock, identity, known }
    }

    /// Mints a token and stores its row, with whatever else the transaction changes. Errors: `invalid_setting` for a life
    /// that no token of this kind may have.
    pub async fn issue(
        &self,
        tx: &mut Tx,
        kind: Kind,
        subject: Subject,
        life: Duration,
        by: &str,
    ) -> Result<(Secret<String>, Claims)> {
        let (token, claims) = self.identity.mint(kind, subject, life)?;
        store::insert(tx, word(kind), &claims, &hex(&sha256(token.reveal().as_bytes())), by, self.clock.now_ms())
            .await?;
        Ok((token, claims))
    }

    /// The token's row; `None` when there is none, or it has been revoked. At most half a second old.
    pub async fn standing(&self, claims: &Claims) -> Result<Option<Arc<Issued>>> {
        let found = self.known.try_get_with_by_ref(&claims.jti, store::find(&self.db, &claims.jti)).await;
        let row = found.map_err(|error| error.again())?;
        let now = self.clock.now_ms();
        Ok(row.filter(|row| {
            row.revoked_at_ms.is_none()
                && row.expires_at_ms > now
                && row.subject == claims.subject.sub
                && row.workspace.as_str() == claims.subject.ws
        }))
    }

    /// What a token says that is valid, or was until at most `grace` ago, and has not been revoked. Only for exchanging it
    /// for a new one, and for revoking it.
    pub async fn recently_valid(&self, token: &str, kind: Kind, grace: Duration) -> Result<Option<Claims>> {
        let Some(claims) = self.identity.read_ended(token, kind, grace) else { return Ok(None) };
        let row = store::find(&self.db, &claims.jti).await?;
        let fits = |row: &Arc<Issued>| {
            row.revoked_at_ms.is_none()
                && row.subject == claims.subject.sub
                && row.workspace.as_str() == claims.subject.ws
        };
        Ok(row.filter(fits).map(|_| claims))
    }

    /// Whether the token's row says that it was revoked. For tokens that need no row: an admin's, whose bearer has the
    /// host's key.
    pub async fn is_revoked(&self, claims: &Claims) -> Result<bool> {
        let found = self.known.try_get_with_by_ref(&claims.jti, store::find(&self.db, &claims.jti)).await;
        Ok(found.map_err(|error| error.again())?.is_some_and(|row| row.revoked_at_ms.is_some()))
    }

    /// Revokes one; whether it was valid until now. Seen here at once, by other hosts within half a second.
    pub async fn revoke(&self, tx: &mut Tx, workspace: &WorkspaceId, id: &str) -> Result<bool> {
        let rows = store::revoke(tx, workspace.as_str(), id, self.clock.now_ms()).await?;
        self.known.invalidate(id).await;
        Ok(rows > 0)
    }

    /// Revokes all that are about `subject`; how many.
    pub async fn revoke_all(&self, tx: &mut Tx, workspace: &WorkspaceId, kind: Kind, subject: &str) -> Result<u64> {
        let rows = store::revoke_all(tx, workspace.as_str(), word(kind), subject, self.clock.now_ms()).await?;
        self.known.invalidate_all();
        Ok(rows)
    }

    /// To be called once the transaction of a revocation has been committed: nobody may remember what was before it.
    pub async fn forget(&self) {
        self.known.invalidate_all();
    }

    /// The same, by the transaction itself.
    pub fn forget_after(&self, tx: &mut Tx) {
        let known = self.known.clone();
        tx.then(move || known.invalidate_all());
    }

    /// Those about `subject` that are valid, the newest first.
    pub async fn valid(&self, workspace: &WorkspaceId, kind: Kind, subject: &str) -> Result<Vec<Issued>> {
        store::valid(&self.db, workspace.as_str(), word(kind), subject, self.clock.now_ms()).await
    }

    /// Removes rows of tokens that expired more than `keep` ago.
    pub async fn sweep(&self, keep: Duration) -> Result<u64> {
        let keep = u64::try_from(keep.as_millis()).unwrap_or(u64::MAX);
        store::sweep(&self.db, self.clock.now_ms().saturating_sub(keep)).await
    }
}
