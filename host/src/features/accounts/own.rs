//! What people do with their own account.
use super::{AccountInfo, Accounts, Begun, Device, Membership, SessionInfo, fields, invalid_token, store};
use crate::base::error::{Code, Error, Fault, Result};
use crate::base::ids::{SessionId, UserId, WorkspaceId};
use crate::base::secret::Secret;
use crate::features::audit::Event;
use crate::features::identity::{Kind, Who};
use serde_json::json;

/// What a profile is changed to; `None` leaves it.
#[derive(Clone, Debug, Default)]
pub struct Profile {
    pub name: Option<String>,
    /// `Some(None)`: no username any more.
    pub username: Option<Option<String>>,
}

impl Accounts {
    /// The account and the workspaces in which it is a member. Errors: `invalid_token` when it is gone.
    pub async fn about(&self, user: &UserId) -> Result<(AccountInfo, Vec<Membership>)> {
        let found = store::by_id(&self.db, user).await?.ok_or_else(invalid_token)?;
        Ok((found.into(), store::memberships(&self.db, user).await?))
    }

    /// Errors: `invalid_body`; `account_taken` for somebody else's username.
    pub async fn change_profile(&self, user: &UserId, profile: Profile) -> Result<AccountInfo> {
        let name = profile.name.as_deref().map(fields::name).transpose()?;
        let username = match profile.username {
            None => None,
            Some(None) => Some(None),
            Some(Some(text)) => Some(Some(fields::username(&text)?)),
        };
        let mut tx = self.db.begin().await?;
        let mut found = store::found_in(&mut tx, user).await?.ok_or_else(invalid_token)?;
        if let Some(name) = name {
            found.name = name;
        }
        if let Some(username) = username {
            found.username = username;
        }
        let (_, taken) = store::taken(&mut tx, "", found.username.as_deref(), Some(user)).await?;
        if taken {
            return Err(account_taken("/username"));
        }
        store::update_profile(&mut tx, user, &found.name, found.username.as_deref()).await?;
        tx.commit().await?;
        Ok(found.into())
    }

    /// The sign-ins of an account that are valid.
    pub async fn sessions(&self, user: &UserId, current: &SessionId) -> Result<Vec<SessionInfo>> {
        let all = store::of_user(&self.db, user, self.clock.now_ms()).await?;
        Ok(all.into_iter().map(|info| SessionInfo { current: info.id == current.as_str(), ..info }).collect())
    }

    /// Ends one of the account's own sign-ins. Errors: `not_found`.
    pub async fn end_own(&self, user: &UserId, session: &str, device: &Device) -> Result<()> {
        match self.end_session(user, session, "sign-out", device).await? {
            true => Ok(()),
            false => Err(Error::new(Code::NotFound, "You have no such sign-in")),
        }
    }

    pub(super) async fn end_session(
        &self,
        user: &UserId,
        session: &str,
        why: &'static str,
        device: &Device,
    ) -> Result<bool> {
        let mut tx = self.db.begin().await?;
        let ended = store::end(&mut tx, user, session, why, self.clock.now_ms()).await?;
        if ended {
            let event = Event::new(&WorkspaceId::first(), &Who::Nobody, "session.end", session).by(user.as_str());
            self.audit.within(&mut tx, &event.with(json!({"why": why})).from(&device.origin)).await?;
        }
        tx.commit().await?;
        self.forget();
        Ok(ended)
    }

    /// Ends every sign-in of an account, this one included; how many.
    pub async fn sign_out_everywhere(&self, user: &UserId, device: &Device) -> Result<u64> {
        let mut tx = self.db.begin().await?;
        let count = store::end_all(&mut tx, user, None, "everywhere", self.clock.now_ms()).await?;
        let event = Event::new(&WorkspaceId::first(), &Who::Nobody, "session.end", user.as_str()).by(user.as_str());
        self.audit
            .within(&mut tx, &event.with(json!({"why": "everywhere", "count": count})).from(&device.origin))
            .await?;
        tx.commit().await?;
        self.forget();
        Ok(count)
    }

    /// Lets a sign-in act in another workspace. Access tokens that were given out before end; the refresh token stays. The
    /// answer holds no refresh token. Errors: `not_found` where the account is no member.
    pub async fn switch(&self, user: &UserId, session: &SessionId, workspace: &str) -> Result<Begun> {
        let (account, memberships) = self.about(user).await?;
        let to = memberships.into_iter().find(|membership| membership.id.as_str() == workspace);
        let to = to.ok_or_else(|| Error::new(Code::NotFound, "There is no such workspace"))?.id;
        let mut tx = self.db.begin().await?;
        store::switch(&mut tx, session, &to).await?;
        tx.commit().await?;
        self.forget();
        let subject = super::sign_in::subject(user, &to, session);
        let (access, _) = self.identity.mint(Kind::Access, subject, self.rules.access_life)?;
        let expires_in_s = self.rules.access_life.as_secs();
        Ok(Begun { account, session: session.clone(), workspace: to, access, refresh: Secret::default(), expires_in_s })
    }

    /// Removes an account and all that is its own. Errors: `sign_in_failed` for another password; `last_owner` while a
    /// workspace has other members and no other owner.
    pub async fn delete_own(&self, user: &UserId, password: &Secret<String>, device: &Device) -> Result<()> {
        self.check_again(user, password, device).await?;
        let mut tx = self.db.begin().await?;
        if let Some(workspace) = store::only_owner_of(&mut tx, user).await? {
            let detail =
                format!("The workspace {workspace:?} has members and no other owner; make one of them its owner");
            return Err(Error::new(Code::LastOwner, detail));
        }
        store::delete_user(&mut tx, user).await?;
        let event = Event::new(&WorkspaceId::first(), &Who::Nobody, "account.delete", user.as_str()).by(user.as_str());
        self.audit.within(&mut tx, &event.from(&device.origin)).await?;
        tx.commit().await?;
        self.forget();
        Ok(())
    }

    /// Everybody, for the command line.
    pub async fn everybody(&self) -> Result<Vec<(AccountInfo, Vec<Membership>)>> {
        let mut all = Vec::new();
        for found in store::everybody(&self.db).await? {
            let memberships = store::memberships(&self.db, &found.id).await?;
            all.push((found.into(), memberships));
        }
        Ok(all)
    }

    /// Keeps an account from signing in, and ends its sign-ins; or lets it in again. Errors: `not_found`.
    pub async fn set_disabled(&self, login: &str, disabled: bool) -> Result<AccountInfo> {
        let found = self.named(login).await?;
        let (now, mut tx) = (self.clock.now_ms(), self.db.begin().await?);
        store::set_disabled(&mut tx, &found.id, disabled.then_some(now)).await?;
        if disabled {
            store::end_all(&mut tx, &found.id, None, "admin", now).await?;
        }
        let action = if disabled { "account.disable" } else { "account.enable" };
        let event = Event::new(&WorkspaceId::first(), &Who::Nobody, action, found.id.as_str()).by("cli");
        self.audit.within(&mut tx, &event).await?;
        tx.commit().await?;
        self.forget();
        Ok(AccountInfo { disabled, ..found.into() })
    }

    /// Errors: `not_found`.
    pub(super) async fn named(&self, login: &str) -> Result<store::Found> {
        let found = store::find(&self.db, &login.trim().to_lowercase(), "").await?;
        found
            .map(|(found, _)| found)
            .ok_or_else(|| Error::new(Code::NotFound, format!("There is no account {login:?}")))
    }
}

#[track_caller]
pub(super) fn account_taken(pointer: &str) -> Error {
    let what = if pointer == "/email" { "this address" } else { "this username" };
    let fault = Fault { pointer: pointer.to_owned(), message: "is taken".to_owned() };
    Error::new(Code::AccountTaken, format!("There is an account with {what}")).with_faults(vec![fault])
}
