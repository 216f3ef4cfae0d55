//! Signing in with a password.
//!
//! Whatever is wrong — no such account, another password, a disabled account, an account without a password — the answer is
//! the same and takes as long.
use super::throttle::Try;
use super::{AccountInfo, Accounts, Begun, Device, fields, invalid_token, millis, store};
use crate::base::error::{Code, Error, Result};
use crate::base::ids::{SessionId, UserId, WorkspaceId};
use crate::base::secret::{Secret, hex, sha256};
use crate::features::audit::Event;
use crate::features::identity::{Kind, Subject, Who};
use crate::platform::db::Tx;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

/// What a refresh token begins with, so that a leaked one is recognised for what it is.
pub(super) const REFRESH_PREFIX: &str = "ref_";
const LONGEST_LOGIN: usize = 254;
const LONGEST_AGENT: usize = 200;

impl Accounts {
    /// `login`: an address or a username. Errors: `sign_in_failed`, whatever is wrong; `rate_limited` after too many
    /// failures; `overloaded`.
    pub async fn sign_in(&self, login: &str, password: &Secret<String>, device: &Device) -> Result<Begun> {
        let account = self.prove(login, password, device).await?;
        let workspace = self.home(&account.id).await?;
        let mut tx = self.db.begin().await?;
        let begun = self.begin(&mut tx, account, workspace, device).await?;
        tx.commit().await?;
        Ok(begun)
    }

    /// A token with which a member acts for his workspace. Errors: as of `sign_in`.
    pub async fn company_token(
        &self,
        login: &str,
        password: &Secret<String>,
        device: &Device,
    ) -> Result<Secret<String>> {
        let account = self.prove(login, password, device).await?;
        let workspace = self.home(&account.id).await?;
        let mut tx = self.db.begin().await?;
        let life = self.rules.company_life;
        let session = self.open(&mut tx, &account.id, &workspace, "company", millis(life), device).await?;
        let subject = subject(&account.id, &workspace, &session);
        let (token, _) = self.identity.mint(Kind::Company, subject, life)?;
        tx.commit().await?;
        Ok(token)
    }

    /// Whose password it is.
    async fn prove(&self, login: &str, password: &Secret<String>, device: &Device) -> Result<AccountInfo> {
        let name: String = login.trim().to_lowercase().chars().take(LONGEST_LOGIN).collect();
        let found = store::find(&self.db, &name, &device.origin.address).await?;
        let known = found.as_ref().is_some_and(|(_, known)| *known);
        let from = Try { name, address: device.block.clone(), known };
        let found = found.map(|(found, _)| found);
        let checked = match self.throttle.admit(&from) {
            Ok(()) => self.check(from, password, found.as_ref().and_then(|found| found.password.clone())).await,
            Err(error) => Err(error),
        };
        let whose = found.as_ref().map(|found| found.id.clone());
        let outcome = checked.and_then(|fits| match found {
            Some(found) if fits && !found.disabled => Ok(AccountInfo::from(found)),
            _ => Err(Error::new(Code::SignInFailed, "There is no such account, or its password is another one")),
        });
        if let Err(error) = &outcome {
            self.note_refusal(whose.as_ref(), error, device).await;
        }
        outcome
    }

    /// Holds the password against what is stored. The tries are counted by the thread that hashes, so that many at once do not
    /// get further than many one after the other.
    async fn check(&self, from: Try, password: &Secret<String>, stored: Option<String>) -> Result<bool> {
        let (throttle, password) = (self.throttle.clone(), password.clone());
        let stored = stored.filter(|_| password.reveal().len() <= fields::PASSWORD_BYTES);
        self.hashing
            .with(move |hasher| {
                throttle.admit(&from)?;
                let fits = hasher.fits(&password, stored.as_deref());
                if fits {
                    throttle.succeeded(&from);
                } else {
                    throttle.failed(&from);
                }
                Ok(fits)
            })
            .await?
    }

    /// The same for somebody who has signed in and says his password again.
    pub(super) async fn check_again(
        &self,
        user: &UserId,
        password: &Secret<String>,
        device: &Device,
    ) -> Result<AccountInfo> {
        let found = store::by_id(&self.db, user).await?.ok_or_else(invalid_token)?;
        let from = Try { name: user.to_string(), address: device.block.clone(), known: true };
        self.throttle.admit(&from)?;
        match self.check(from, password, found.password.clone()).await? {
            true => Ok(found.into()),
            false => Err(Error::new(Code::SignInFailed, "This is not your present password")),
        }
    }

    async fn note_refusal(&self, user: Option<&UserId>, error: &Error, device: &Device) {
        if !matches!(error.code, Code::SignInFailed | Code::RateLimited) {
            return;
        }
        let target = user.map(ToString::to_string).unwrap_or_default();
        let event = Event::new(&WorkspaceId::first(), &Who::Nobody, "session.refused", target);
        self.audit.note(&event.ended(error.code.word()).from(&device.origin)).await;
    }

    /// The workspace in which a new sign-in acts: where he became a member first. Somebody who is nowhere a member sees
    /// nothing of the one that is named then.
    pub(super) async fn home(&self, user: &UserId) -> Result<WorkspaceId> {
        let memberships = store::memberships(&self.db, user).await?;
        Ok(memberships.into_iter().next().map_or_else(WorkspaceId::first, |membership| membership.id))
    }

    /// Begins a sign-in with its first refresh token.
    pub(super) async fn begin(
        &self,
        tx: &mut Tx,
        account: AccountInfo,
        workspace: WorkspaceId,
        device: &Device,
    ) -> Result<Begun> {
        let life = millis(self.rules.refresh_life);
        let session = self.open(tx, &account.id, &workspace, "account", life, device).await?;
        let mut random = [0u8; 32];
        self.clock.fill(&mut random);
        let refresh = refresh_text(&random);
        let now = self.clock.now_ms();
        store::store_refresh(tx, &hash(&refresh), &session, now, now.saturating_add(life)).await?;
        self.grant(account, session, workspace, refresh)
    }

    async fn open(
        &self,
        tx: &mut Tx,
        user: &UserId,
        workspace: &WorkspaceId,
        kind: &'static str,
        life_ms: u64,
        device: &Device,
    ) -> Result<SessionId> {
        let (id, now_ms) = (SessionId::new(&self.clock), self.clock.now_ms());
        let agent: String = device.agent.chars().filter(|c| !c.is_control()).take(LONGEST_AGENT).collect();
        let (expires_at_ms, address) = (now_ms.saturating_add(life_ms), device.origin.address.as_str());
        let row = store::Row { id: &id, user, workspace, kind, now_ms, expires_at_ms, address, agent: &agent };
        store::begin(tx, &row).await?;
        let who = Who::Account { user: user.clone(), session: id.clone() };
        let event = Event::new(workspace, &who, "session.begin", id.as_str()).with(json!({"kind": kind}));
        self.audit.within(tx, &event.from(&device.origin)).await?;
        Ok(id)
    }

    /// An access token beside a refresh token.
    pub(super) fn grant(
        &self,
        account: AccountInfo,
        session: SessionId,
        workspace: WorkspaceId,
        refresh: Secret<String>,
    ) -> Result<Begun> {
        let life = self.rules.access_life;
        let (access, _) = self.identity.mint(Kind::Access, subject(&account.id, &workspace, &session), life)?;
        Ok(Begun { account, session, workspace, access, refresh, expires_in_s: life.as_secs() })
    }
}

pub(super) fn subject(user: &UserId, workspace: &WorkspaceId, session: &SessionId) -> Subject {
    Subject { sub: user.to_string(), ws: workspace.to_string(), sid: Some(session.to_string()) }
}

pub(super) fn refresh_text(bytes: &[u8; 32]) -> Secret<String> {
    Secret::new(format!("{REFRESH_PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes)))
}

/// By which a token is recognised that is not stored.
pub(super) fn hash(token: &Secret<String>) -> String {
    hex(&sha256(token.reveal().as_bytes()))
}
