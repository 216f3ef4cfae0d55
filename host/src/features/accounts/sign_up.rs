//! New accounts: the first owner of a fresh host, those who were invited, and everybody where the host is open.
use super::own::account_taken;
use super::{AccountInfo, Accounts, Begun, Device, SignUps, fields, store};
use crate::base::error::{Code, Error, Result};
use crate::base::ids::{UserId, WorkspaceId};
use crate::base::secret::Secret;
use crate::features::audit::Event;
use crate::features::identity::{MemberRole, Who};
use crate::platform::db::Tx;
use serde_json::json;

/// What somebody says of himself.
#[derive(Clone, Debug)]
pub struct SignUp {
    pub email: String,
    pub password: Secret<String>,
    /// Where absent, what stands before the address's "@".
    pub name: Option<String>,
    pub username: Option<String>,
    /// An invitation's token.
    pub invite: Option<Secret<String>>,
    /// The caller has shown the credential of a fresh host, or an admin's token of the command line.
    pub is_host: bool,
}

/// An account that the command line has made.
#[derive(Clone, Debug)]
pub struct Added {
    pub account: AccountInfo,
    pub workspace: WorkspaceId,
    pub role: MemberRole,
}

/// The same, checked.
struct Checked {
    email: String,
    name: String,
    username: Option<String>,
}

/// How the new account comes into a workspace.
enum Way {
    First,
    Invited(Secret<String>),
    Open,
}

fn check(sign_up: &SignUp) -> Result<Checked> {
    let email = fields::email(&sign_up.email)?;
    let name = match sign_up.name.as_deref() {
        Some(name) => fields::name(name)?,
        None => email.split('@').next().unwrap_or_default().to_owned(),
    };
    let username = sign_up.username.as_deref().map(fields::username).transpose()?;
    let own = [email.as_str(), email.split('@').next().unwrap_or_default(), &name, username.as_deref().unwrap_or("")];
    fields::password(&sign_up.password, &own, "/password")?;
    Ok(Checked { email, name, username })
}

impl Accounts {
    /// Makes an account and signs it in. Errors: `set_up_needed` on a fresh host without its credential; `sign_up_closed`
    /// where one has to be invited and is not; `account_taken`; `invalid_body`, `weak_password`.
    pub async fn sign_up(&self, sign_up: SignUp, device: &Device) -> Result<Begun> {
        let way = self.way(&sign_up).await?;
        let checked = check(&sign_up)?;
        let hash = self.hashed(&sign_up.password).await?;
        let mut tx = self.db.begin().await?;
        let first = store::is_empty_in(&mut tx).await?;
        let account = self.insert(&mut tx, checked, Some(&hash)).await?;
        let (workspace, role) = match way {
            Way::First if first => (WorkspaceId::first(), MemberRole::Owner),
            // Somebody else was faster.
            Way::First => return Err(closed("This host has an owner by now")),
            Way::Invited(token) => self.invited(&mut tx, &token, &account.email).await?,
            Way::Open => (self.new_workspace(&mut tx, &account).await?, MemberRole::Owner),
        };
        self.settle(&mut tx, &account, &workspace, role, account.id.as_str(), device).await?;
        let begun = self.begin(&mut tx, account, workspace, device).await?;
        tx.commit().await?;
        self.identity.close_start_credential();
        Ok(begun)
    }

    /// Makes an account for somebody else; for the command line. The first one of a host becomes its owner, whatever
    /// `role` says. Without a password the account waits for a reset. Errors: as of `sign_up`; `not_found` for a
    /// workspace that does not exist.
    pub async fn add(
        &self,
        sign_up: SignUp,
        with_password: bool,
        workspace: Option<&str>,
        role: MemberRole,
    ) -> Result<Added> {
        let mut sign_up = sign_up;
        if !with_password {
            // Only so that everything else is checked alike; it is not stored.
            sign_up.password = Secret::new("no password is set yet".to_owned());
        }
        let checked = check(&sign_up)?;
        let hash = if with_password { Some(self.hashed(&sign_up.password).await?) } else { None };
        let nowhere = || Error::new(Code::NotFound, "There is no such workspace");
        let asked = workspace.map(|id| WorkspaceId::parse(id).ok_or_else(nowhere)).transpose()?;
        let mut tx = self.db.begin().await?;
        let first = store::is_empty_in(&mut tx).await?;
        let workspace = asked.unwrap_or_else(WorkspaceId::first);
        if !store::exists(&mut tx, &workspace).await? {
            return Err(nowhere());
        }
        let role = if first && workspace == WorkspaceId::first() { MemberRole::Owner } else { role };
        let account = self.insert(&mut tx, checked, hash.as_deref()).await?;
        self.settle(&mut tx, &account, &workspace, role, "cli", &Device::default()).await?;
        tx.commit().await?;
        self.identity.close_start_credential();
        Ok(Added { account, workspace, role })
    }

    /// Decided before anything is looked up that the answer could tell.
    async fn way(&self, sign_up: &SignUp) -> Result<Way> {
        if self.is_empty().await? {
            return match sign_up.is_host {
                true => Ok(Way::First),
                false => Err(Error::new(
                    Code::SetUpNeeded,
                    "The first account needs the credential that this host printed when it started; send it as \
                     Authorization: Bearer, or as \"credential\". `inlay user add` makes an account without it",
                )),
            };
        }
        match (self.rules.sign_ups, &sign_up.invite) {
            (SignUps::Closed, _) => Err(closed("This host takes no new accounts")),
            (_, Some(token)) => Ok(Way::Invited(token.clone())),
            (SignUps::Invite, None) => {
                Err(closed("This host takes new accounts by invitation; send its token as \"invite\""))
            }
            (SignUps::Open, None) => Ok(Way::Open),
        }
    }

    pub(super) async fn hashed(&self, password: &Secret<String>) -> Result<String> {
        let password = password.clone();
        self.hashing.with(move |hasher| hasher.hash(&password)).await?
    }

    async fn insert(&self, tx: &mut Tx, checked: Checked, password: Option<&str>) -> Result<AccountInfo> {
        let Checked { email, name, username } = checked;
        match store::taken(tx, &email, username.as_deref(), None).await? {
            (true, _) => return Err(account_taken("/email")),
            (_, true) => return Err(account_taken("/username")),
            _ => {}
        }
        let (id, now) = (UserId::new(&self.clock), self.clock.now_ms());
        let user = store::NewUser { id: &id, email: &email, username: username.as_deref(), name: &name, password };
        store::insert(tx, &user, now).await?;
        Ok(AccountInfo { id, email, username, name, created_at_ms: now, disabled: false })
    }

    async fn invited(&self, tx: &mut Tx, token: &Secret<String>, email: &str) -> Result<(WorkspaceId, MemberRole)> {
        let hash = super::sign_in::hash(token);
        let invited = store::accept(tx, &hash, self.clock.now_ms()).await?;
        let invited = invited.filter(|invited| invited.email.as_deref().is_none_or(|meant| meant == email));
        let invited =
            invited.ok_or_else(|| closed("The invitation is unknown, used, expired or for another address"))?;
        Ok((invited.workspace, invited.role))
    }

    async fn new_workspace(&self, tx: &mut Tx, account: &AccountInfo) -> Result<WorkspaceId> {
        let id = WorkspaceId::new(&self.clock);
        let name: String = account.name.chars().take(100).collect();
        store::add_workspace(tx, &id, &name, self.clock.now_ms()).await?;
        Ok(id)
    }

    async fn settle(
        &self,
        tx: &mut Tx,
        account: &AccountInfo,
        workspace: &WorkspaceId,
        role: MemberRole,
        by: &str,
        device: &Device,
    ) -> Result<()> {
        store::join(tx, workspace, &account.id, role, self.clock.now_ms()).await?;
        let event = Event::new(workspace, &Who::Nobody, "account.create", account.id.as_str()).by(by);
        self.audit.within(tx, &event.with(json!({"role": role.word()})).from(&device.origin)).await
    }
}

#[track_caller]
fn closed(detail: &'static str) -> Error {
    Error::new(Code::SignUpClosed, detail)
}
