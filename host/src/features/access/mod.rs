//! What a credential proves at this moment: its signature, its time, and that nobody has revoked what it stands on.
//!
//! Every refusal is the same, whatever is wrong: unknown, damaged, expired, revoked, of another kind.
mod pages;

use crate::base::error::{Code, Error, Result};
use crate::base::ids::{SessionId, TokenId, UserId, WorkspaceId};
use crate::features::accounts::Accounts;
use crate::features::bots::Bots;
use crate::features::identity::{Claims, Identity, Kind, MemberRole, Proved, Role, Tenant, Who};
use crate::features::keys::Keys;
use crate::features::tokens::Tokens;
use crate::features::vouching::Vouching;
use crate::features::workspaces::Workspaces;

/// What callers of doors that are open to all may bring; others name the kinds that they take.
pub const GENERAL: [Kind; 4] = [Kind::Access, Kind::Admin, Kind::Operator, Kind::Widget];

/// The room. Cheap to clone.
#[derive(Clone)]
pub struct Access {
    pub identity: Identity,
    pub tokens: Tokens,
    pub accounts: Accounts,
    pub workspaces: Workspaces,
    pub keys: Keys,
    pub bots: Bots,
    pub vouching: Vouching,
}

impl Access {
    /// Who a bearer token of one of these kinds proves. The credential of a fresh host's start counts as an admin's token.
    /// Errors: `invalid_token`, the same whatever is wrong with it.
    pub async fn bearer(&self, token: &str, kinds: &[Kind], page: Option<&str>) -> Result<Proved> {
        if kinds.contains(&Kind::Admin) && self.identity.is_start_credential(token) {
            return Ok(host(Who::Start));
        }
        let claims = self.identity.read(token, kinds).ok_or_else(invalid_token)?;
        let proved = match claims.kind {
            Some(Kind::Access | Kind::Browser) => self.account(&claims, "account").await?,
            Some(Kind::Company) => self.account(&claims, "company").await?,
            Some(Kind::Operator) => self.operator(&claims).await?,
            Some(Kind::Widget) => self.widget(&claims, page).await?,
            Some(Kind::Admin) if self.tokens.is_revoked(&claims).await? => None,
            Some(Kind::Admin) => TokenId::parse(&claims.jti).map(|token| host(Who::Host { token })),
            None => None,
        };
        proved.ok_or_else(invalid_token)
    }

    async fn account(&self, claims: &Claims, kind: &str) -> Result<Option<Proved>> {
        let (Some(sid), Some(user)) = (claims.subject.sid.as_deref(), UserId::parse(&claims.subject.sub)) else {
            return Ok(None);
        };
        let Some(session) = self.accounts.session(sid).await? else { return Ok(None) };
        let fits = session.user == user && session.kind == kind && session.workspace.as_str() == claims.subject.ws;
        if !fits {
            return Ok(None);
        }
        let session_id: SessionId = session.session.clone();
        let who = match kind {
            "company" => Who::Company { user: user.clone(), session: session_id },
            _ => Who::Account { user: user.clone(), session: session_id },
        };
        let tenant = self.workspaces.member(&session.workspace, &user).await?;
        // Somebody who has left the workspace is still somebody; with no tenant there is nothing to see for him.
        let role = tenant.as_ref().map_or(Role::Visitor, |tenant| tenant.role().role());
        Ok(Some(Proved { who, role, workspace: session.workspace.clone(), tenant }))
    }

    async fn operator(&self, claims: &Claims) -> Result<Option<Proved>> {
        let Some(token) = TokenId::parse(&claims.jti) else { return Ok(None) };
        if self.tokens.standing(claims).await?.is_none() {
            return Ok(None);
        }
        let Some(operator) = self.workspaces.operator(&claims.subject.sub).await? else { return Ok(None) };
        if operator.workspace.as_str() != claims.subject.ws {
            return Ok(None);
        }
        let who = Who::Operator { operator: operator.id.clone(), organization: operator.organization.clone(), token };
        Ok(Some(Proved { who, role: Role::Operator, workspace: operator.workspace.clone(), tenant: None }))
    }

    async fn widget(&self, claims: &Claims, page: Option<&str>) -> Result<Option<Proved>> {
        let Some(token) = TokenId::parse(&claims.jti) else { return Ok(None) };
        if self.tokens.standing(claims).await?.is_none() {
            return Ok(None);
        }
        let Some(bot) = self.bots.active(&claims.subject.sub).await? else { return Ok(None) };
        if bot.workspace.as_str() != claims.subject.ws {
            return Ok(None);
        }
        pages::allowed(&bot.allowed_origins, page)?;
        let who = Who::Widget { bot: bot.id.clone(), token };
        Ok(Some(Proved { who, role: Role::Visitor, workspace: bot.workspace.clone(), tenant: None }))
    }

    /// Who an API key proves. `page`: the origin of the page that uses it, where a browser said so. Errors:
    /// `invalid_token`; `origin_not_allowed` for a page that is not among the key's domains.
    pub async fn api_key(&self, text: &str, page: Option<&str>) -> Result<Proved> {
        if let Some(name) = self.identity.api_key(text) {
            let (who, workspace) = (Who::Server { name }, WorkspaceId::first());
            return Ok(Proved { who, role: Role::Operator, workspace, tenant: None });
        }
        let unknown = || Error::new(Code::InvalidToken, "The API key is not known");
        let key = self.keys.find(text).await?.ok_or_else(unknown)?;
        if !key.secret {
            pages::allowed(&key.domains, page)?;
        }
        self.keys.used(&key.id);
        let who = Who::Key { key: key.id.clone(), secret: key.secret, live: key.live, per_hour: key.per_hour };
        let role = if key.secret { Role::Operator } else { Role::Visitor };
        Ok(Proved { who, role, workspace: key.workspace.clone(), tenant: None })
    }

    /// The workspace of this id, if the caller is a member of it: what paths name is loaded inside it. Errors:
    /// `not_found` for everybody else, as for a workspace that does not exist.
    pub async fn tenant(&self, proved: &Proved, workspace: &str) -> Result<Tenant> {
        let nothing = || Error::new(Code::NotFound, "There is no such workspace");
        let id = WorkspaceId::parse(workspace).ok_or_else(nothing)?;
        match &proved.who {
            Who::Account { user, .. } => self.workspaces.member(&id, user).await?.ok_or_else(nothing),
            _ => proved.tenant.clone().filter(|tenant| *tenant.workspace() == id).ok_or_else(nothing),
        }
    }
}

/// The command line's admin, and whoever sets a fresh host up: owner of the first workspace.
fn host(who: Who) -> Proved {
    let tenant = Tenant::new(WorkspaceId::first(), MemberRole::Owner);
    Proved { who, role: Role::Admin, workspace: WorkspaceId::first(), tenant: Some(tenant) }
}

#[track_caller]
fn invalid_token() -> Error {
    Error::new(Code::InvalidToken, "The token is unknown, damaged or expired")
}
