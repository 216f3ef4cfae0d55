//! Refresh tokens: each can be exchanged once, for its one successor.
//!
//! A successor is made out of its predecessor under the host's key, so that a client which lost the answer, or asked twice
//! at once, gets the same one again for a short while, from any host, although nothing but hashes is stored. Later, the use of
//! a token that was exchanged shows that two people have it: the whole sign-in ends.
use super::sign_in::{REFRESH_PREFIX, hash, refresh_text};
use super::{AccountInfo, Accounts, Begun, Device, SignedIn, invalid_token, millis, store};
use crate::base::error::Result;
use crate::base::ids::{SessionId, UserId};
use crate::base::secret::Secret;
use crate::features::audit::Event;
use crate::features::identity::Who;
use crate::platform::db::Tx;
use std::time::Duration;

/// How long the successor is told again.
const GRACE: Duration = Duration::from_secs(30);
/// "ref_" and 43 characters.
const LENGTH: usize = REFRESH_PREFIX.len() + 43;

impl Accounts {
    /// Exchanges a refresh token. Errors: `invalid_token`, whatever is wrong with it.
    pub async fn refresh(&self, token: &Secret<String>, device: &Device) -> Result<Begun> {
        if token.reveal().len() != LENGTH {
            return Err(invalid_token());
        }
        let mut tx = self.db.begin().await?;
        let hashed = hash(token);
        let row = store::refresh(&mut tx, &hashed).await?.ok_or_else(invalid_token)?;
        let now = self.clock.now_ms();
        let over = row.ended || row.session.expires_at_ms <= now || row.expires_at_ms <= now;
        if over {
            return Err(invalid_token());
        }
        let account = store::found_in(&mut tx, &row.session.user).await?.ok_or_else(invalid_token)?.into();
        let successor = refresh_text(&self.successors.sign(token.reveal().as_bytes()));
        match row.used_at_ms {
            None => self.exchange(&mut tx, &hashed, &successor, &row.session.session, now).await?,
            Some(at) if now.saturating_sub(at) <= millis(GRACE) => {}
            Some(_) => return self.stolen(tx, row.session, account, device).await,
        }
        tx.commit().await?;
        self.grant(account, row.session.session, row.session.workspace, successor)
    }

    async fn exchange(
        &self,
        tx: &mut Tx,
        hashed: &str,
        successor: &Secret<String>,
        session: &SessionId,
        now: u64,
    ) -> Result<()> {
        let end = now.saturating_add(millis(self.rules.refresh_life));
        store::exchange(tx, hashed, now).await?;
        store::store_refresh(tx, &hash(successor), session, now, end).await?;
        store::used(tx, session, now, end).await
    }

    async fn stolen(&self, mut tx: Tx, session: SignedIn, account: AccountInfo, device: &Device) -> Result<Begun> {
        let SignedIn { session, user, workspace, .. } = session;
        store::end(&mut tx, &user, session.as_str(), "reuse", self.clock.now_ms()).await?;
        let event = Event::new(&workspace, &Who::Nobody, "session.end", session.as_str()).ended("reuse");
        self.audit.within(&mut tx, &event.from(&device.origin)).await?;
        tx.commit().await?;
        self.forget();
        tracing::warn!(user = %account.id, session = %session, "a refresh token was used a second time: its sign-in is ended");
        Err(invalid_token())
    }

    /// Ends the sign-in that a refresh token belongs to. Errors: `invalid_token`.
    pub async fn sign_out_by_refresh(&self, token: &Secret<String>, device: &Device) -> Result<()> {
        let mut tx = self.db.begin().await?;
        let row = store::refresh(&mut tx, &hash(token)).await?.ok_or_else(invalid_token)?;
        drop(tx);
        self.sign_out(&row.session.user, &row.session.session, device).await
    }

    /// Ends a sign-in. Errors: none where it has ended before.
    pub async fn sign_out(&self, user: &UserId, session: &SessionId, device: &Device) -> Result<()> {
        self.end_session(user, session.as_str(), "sign-out", device).await.map(|_| ())
    }
}
