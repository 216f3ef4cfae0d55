//! Changing a password, and resetting one that is forgotten.
use super::sign_in::hash;
use super::{AccountInfo, Accounts, Device, fields, invalid_token, millis, store};
use crate::base::error::{Code, Error, Result};
use crate::base::ids::{SessionId, UserId, WorkspaceId};
use crate::base::secret::Secret;
use crate::features::audit::Event;
use crate::features::identity::Who;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use std::time::Duration;

/// How long a reset can be used.
const RESET_LIFE: Duration = Duration::from_secs(30 * 60);
const RESET_PREFIX: &str = "rst_";
/// Resets of one account that may be asked for in `RESET_LIFE`: nobody's mailbox is flooded.
const MOST_RESETS: u64 = 3;

/// Brings a reset to its owner: by mail, or to the terminal of whoever runs the host.
pub trait Mailer: Send + Sync {
    /// `token` is good for `life`. What cannot be delivered is told in the log.
    fn reset(&self, account: &AccountInfo, token: &Secret<String>, life: Duration);
}

impl Accounts {
    /// Ends every other sign-in of the account. Errors: `sign_in_failed` for another present password; `weak_password`.
    pub async fn change_password(
        &self,
        user: &UserId,
        session: &SessionId,
        present: &Secret<String>,
        new: &Secret<String>,
        device: &Device,
    ) -> Result<()> {
        let account = self.check_again(user, present, device).await?;
        self.set_password(&account, new, Some(session), device, "/new_password").await
    }

    async fn set_password(
        &self,
        account: &AccountInfo,
        new: &Secret<String>,
        but: Option<&SessionId>,
        device: &Device,
        pointer: &str,
    ) -> Result<()> {
        check_new(account, new, pointer)?;
        let hashed = self.hashed(new).await?;
        let (mut tx, now) = (self.db.begin().await?, self.clock.now_ms());
        store::set_password(&mut tx, &account.id, &hashed, now).await?;
        let ended = store::end_all(&mut tx, &account.id, but, "password", now).await?;
        self.note_change(&mut tx, &account.id, ended, device).await?;
        tx.commit().await?;
        self.forget();
        Ok(())
    }

    async fn note_change(
        &self,
        tx: &mut crate::platform::db::Tx,
        user: &UserId,
        ended: u64,
        device: &Device,
    ) -> Result<()> {
        let event = Event::new(&WorkspaceId::first(), &Who::Nobody, "password.change", user.as_str());
        let event = event.by(user.as_str()).with(json!({"sessions_ended": ended})).from(&device.origin);
        self.audit.within(tx, &event).await
    }

    /// Sends a reset to the owner of this address. Whether there is one is not told, not even by the time it takes: the work
    /// is done after the answer.
    pub fn forgot(&self, email: &str, device: &Device) {
        let (accounts, email, device) = (self.clone(), email.trim().to_lowercase(), device.clone());
        tokio::spawn(async move {
            let made = async {
                match store::find(&accounts.db, &email, "").await? {
                    Some((found, _)) if !found.disabled && found.email == email => {
                        accounts.make_reset(found.into(), true, &device).await.map(Some)
                    }
                    _ => Ok::<_, Error>(None),
                }
            };
            match made.await {
                Ok(Some((account, token))) => accounts.mailer.reset(&account, &token, RESET_LIFE),
                Ok(None) => {}
                Err(error) => tracing::info!(%error, "a reset of a password was not made"),
            }
        });
    }

    /// A token that resets a password, for the command line. Errors: `not_found`.
    pub async fn reset_token(&self, login: &str) -> Result<(AccountInfo, Secret<String>, Duration)> {
        let found = self.named(login).await?;
        let (account, token) = self.make_reset(found.into(), false, &Device::default()).await?;
        Ok((account, token, RESET_LIFE))
    }

    async fn make_reset(
        &self,
        account: AccountInfo,
        bounded: bool,
        device: &Device,
    ) -> Result<(AccountInfo, Secret<String>)> {
        let mut random = [0u8; 32];
        self.clock.fill(&mut random);
        let token = Secret::new(format!("{RESET_PREFIX}{}", URL_SAFE_NO_PAD.encode(random)));
        let (now, life) = (self.clock.now_ms(), millis(RESET_LIFE));
        let mut tx = self.db.begin().await?;
        if bounded && store::resets_since(&mut tx, &account.id, now.saturating_sub(life)).await? >= MOST_RESETS {
            return Err(Error::new(Code::RateLimited, "Too many resets of this password were asked for"));
        }
        store::store_reset(&mut tx, &hash(&token), &account.id, now, now.saturating_add(life)).await?;
        let event = Event::new(&WorkspaceId::first(), &Who::Nobody, "password.reset", account.id.as_str());
        self.audit.within(&mut tx, &event.from(&device.origin)).await?;
        tx.commit().await?;
        Ok((account, token))
    }

    /// Sets a password by a reset, and ends every sign-in of the account. Errors: `invalid_token`, whatever is wrong with
    /// the reset; `weak_password`, which leaves the reset as it was.
    pub async fn reset_password(&self, token: &Secret<String>, new: &Secret<String>, device: &Device) -> Result<()> {
        let hashed_token = hash(token);
        let now = self.clock.now_ms();
        // Looked at first, so that strangers cannot make us hash and a weak password does not use the reset up.
        let user = store::reset_of(&self.db, &hashed_token, now).await?.ok_or_else(invalid_token)?;
        let found = store::by_id(&self.db, &user).await?.filter(|found| !found.disabled).ok_or_else(invalid_token)?;
        let account = AccountInfo::from(found);
        check_new(&account, new, "/password")?;
        let hashed = self.hashed(new).await?;
        let mut tx = self.db.begin().await?;
        let user = store::reset_used(&mut tx, &hashed_token, now).await?.ok_or_else(invalid_token)?;
        store::set_password(&mut tx, &user, &hashed, now).await?;
        let ended = store::end_all(&mut tx, &user, None, "password", now).await?;
        self.note_change(&mut tx, &user, ended, device).await?;
        tx.commit().await?;
        self.forget();
        Ok(())
    }
}

fn check_new(account: &AccountInfo, new: &Secret<String>, pointer: &str) -> Result<()> {
    let local = account.email.split('@').next().unwrap_or_default();
    let own = [account.email.as_str(), local, &account.name, account.username.as_deref().unwrap_or("")];
    fields::password(new, &own, pointer)
}
