//! Operators, and the tokens with which they work.
use super::{Workspaces, fields, needs, nothing, room_for_one, store};
use crate::base::error::Result;
use crate::base::ids::{OperatorId, UserId};
use crate::base::page::{Listed, Page};
use crate::base::secret::Secret;
use crate::features::audit::By;
use crate::features::identity::{Kind, MemberRole, Subject, Tenant};
use crate::platform::db::Tx;
use serde::Serialize;
use serde_json::json;
use std::time::Duration;

/// Operators of one workspace.
const MOST: i64 = 5_000;
/// A token may live a year.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OperatorInfo {
    pub id: String,
    pub organization_id: String,
    /// The member, where the operator is one.
    pub user_id: Option<String>,
    pub name: String,
    pub email: Option<String>,
    pub disabled: bool,
    pub created_at_ms: u64,
}

#[derive(Clone, Debug, Default)]
pub struct NewOperator {
    pub name: String,
    pub email: Option<String>,
    pub user_id: Option<String>,
}

/// What is absent stays as it is.
#[derive(Clone, Debug, Default)]
pub struct OperatorChange {
    pub name: Option<String>,
    pub email: Option<String>,
    pub disabled: Option<bool>,
}

/// A new token and when it ends.
pub struct OperatorToken {
    pub token: Secret<String>,
    pub expires_at_ms: u64,
}

/// What is known of a token that somebody brought.
#[derive(Clone, Debug)]
pub struct Validated {
    pub operator: OperatorInfo,
    pub expires_at_ms: u64,
}

impl Workspaces {
    /// Errors: `not_found` for an organization that is not there.
    pub async fn operators(&self, tenant: &Tenant, organization: &str, page: &Page) -> Result<Listed<OperatorInfo>> {
        self.organization(tenant, organization).await?;
        let rows = store::operators::list(&self.db, tenant.workspace(), organization, page).await?;
        Ok(page.cut(rows, |it| &it.id))
    }

    /// Errors: `forbidden` below admin; `not_found` for the organization; `invalid_body`; `limit_reached`.
    pub async fn create_operator_in(
        &self,
        tx: &mut Tx,
        tenant: &Tenant,
        by: &By,
        organization: &str,
        new: NewOperator,
    ) -> Result<OperatorInfo> {
        needs(tenant, MemberRole::Admin)?;
        let workspace = tenant.workspace();
        let there = store::organizations::find_in(tx, workspace, organization).await?;
        let organization = there.ok_or_else(|| nothing("organization"))?.id;
        if let Some(user) = &new.user_id {
            let fault = || fields::wrong("/user_id", "must be a member of this workspace with the role agent or above");
            UserId::parse(user).ok_or_else(fault)?;
            let member = store::members::find(tx, workspace, user).await?.ok_or_else(fault)?;
            if member.role < MemberRole::Agent {
                return Err(fault());
            }
        }
        room_for_one(store::operators::count(tx, workspace).await?, MOST, "operators in a workspace")?;
        let made = OperatorInfo {
            id: OperatorId::new(&self.clock).to_string(),
            organization_id: organization,
            user_id: new.user_id,
            name: fields::name(&new.name)?,
            email: new.email.as_deref().map(fields::email).transpose()?,
            disabled: false,
            created_at_ms: self.clock.now_ms(),
        };
        store::operators::insert(tx, workspace, &made).await?;
        self.audit.within(tx, &by.event(workspace, "operator.create", &made.id)).await?;
        // Somebody may have asked for this id before it was there.
        self.forget_after(tx);
        Ok(made)
    }

    /// Who is disabled has no valid token any more, also not after he is enabled again. Errors: `forbidden` below admin;
    /// `not_found`; `invalid_body`.
    pub async fn change_operator_in(
        &self,
        tx: &mut Tx,
        tenant: &Tenant,
        by: &By,
        id: &str,
        change: OperatorChange,
    ) -> Result<OperatorInfo> {
        needs(tenant, MemberRole::Admin)?;
        let workspace = tenant.workspace();
        let mut operator = store::operators::find_in(tx, workspace, id).await?.ok_or_else(|| nothing("operator"))?;
        if let Some(name) = change.name {
            operator.name = fields::name(&name)?;
        }
        if let Some(email) = change.email {
            operator.email = Some(fields::email(&email)?);
        }
        operator.disabled = change.disabled.unwrap_or(operator.disabled);
        let now = self.clock.now_ms();
        store::operators::update(tx, workspace, &operator, now).await?;
        if operator.disabled {
            self.tokens.revoke_all(tx, workspace, Kind::Operator, id).await?;
            self.tokens.forget_after(tx);
        }
        let event = by.event(workspace, "operator.change", id).with(json!({"disabled": operator.disabled}));
        self.audit.within(tx, &event).await?;
        self.forget_after(tx);
        Ok(operator)
    }

    /// Errors: `forbidden` below admin; `not_found`.
    pub async fn delete_operator_in(&self, tx: &mut Tx, tenant: &Tenant, by: &By, id: &str) -> Result<()> {
        needs(tenant, MemberRole::Admin)?;
        let workspace = tenant.workspace();
        store::operators::find_in(tx, workspace, id).await?.ok_or_else(|| nothing("operator"))?;
        self.end_operator(tx, tenant, id).await?;
        store::operators::delete(tx, workspace, id).await?;
        self.audit.within(tx, &by.event(workspace, "operator.delete", id)).await?;
        self.forget_after(tx);
        Ok(())
    }

    /// A token for an operator until this moment. Errors: `forbidden` below admin; `not_found` for an operator who is not
    /// there or is disabled; `invalid_body` for a moment that has passed or is more than a year away.
    pub async fn operator_token_in(
        &self,
        tx: &mut Tx,
        tenant: &Tenant,
        by: &By,
        id: &str,
        expires_at_ms: u64,
    ) -> Result<OperatorToken> {
        needs(tenant, MemberRole::Admin)?;
        // Tokens begin and end with a whole second.
        let life = Duration::from_secs((expires_at_ms / 1000).saturating_sub(self.clock.now_s()));
        if life.is_zero() || life > LONGEST {
            return Err(fields::wrong("/expiresAt", "must lie in the future, at most 365 days away"));
        }
        let workspace = tenant.workspace();
        let operator = store::operators::find_in(tx, workspace, id).await?.filter(|operator| !operator.disabled);
        let operator = operator.ok_or_else(|| nothing("operator"))?;
        let subject = Subject { sub: operator.id, ws: workspace.to_string(), sid: None };
        let (token, claims) = self.tokens.issue(tx, Kind::Operator, subject, life, &by.who.name()).await?;
        let event = by.event(workspace, "token.create", &claims.jti).with(json!({"kind": "operator", "operator": id}));
        self.audit.within(tx, &event).await?;
        Ok(OperatorToken { token, expires_at_ms: claims.exp.saturating_mul(1000) })
    }

    /// Whose token it is; `None` for one that is not valid, or of another workspace.
    pub async fn validate(&self, tenant: &Tenant, token: &str) -> Result<Option<Validated>> {
        let Some(claims) = self.identity.read(token, &[Kind::Operator]) else { return Ok(None) };
        if claims.subject.ws != tenant.workspace().as_str() || self.tokens.standing(&claims).await?.is_none() {
            return Ok(None);
        }
        let operator = store::operators::find(&self.db, tenant.workspace(), &claims.subject.sub).await?;
        let operator = operator.filter(|operator| !operator.disabled);
        Ok(operator.map(|operator| Validated { operator, expires_at_ms: claims.exp.saturating_mul(1000) }))
    }

    /// Revokes one token; whether it was valid until now does not matter. Errors: `forbidden` below admin; `not_found` for
    /// what is no operator's token of this workspace.
    pub async fn revoke_operator_token_in(&self, tx: &mut Tx, tenant: &Tenant, by: &By, token: &str) -> Result<()> {
        needs(tenant, MemberRole::Admin)?;
        let claims = self.identity.read(token, &[Kind::Operator]);
        let claims = claims.filter(|claims| claims.subject.ws == tenant.workspace().as_str());
        let claims = claims.ok_or_else(|| nothing("token"))?;
        self.tokens.revoke(tx, tenant.workspace(), &claims.jti).await?;
        self.tokens.forget_after(tx);
        let event = by.event(tenant.workspace(), "token.revoke", &claims.jti);
        self.audit.within(tx, &event.with(json!({"kind": "operator", "operator": claims.subject.sub}))).await
    }

    /// Revokes all tokens of an operator; how many were valid. Errors: `forbidden` below admin; `not_found`.
    pub async fn revoke_operator_tokens_in(&self, tx: &mut Tx, tenant: &Tenant, by: &By, id: &str) -> Result<u64> {
        needs(tenant, MemberRole::Admin)?;
        let workspace = tenant.workspace();
        store::operators::find_in(tx, workspace, id).await?.ok_or_else(|| nothing("operator"))?;
        let revoked = self.tokens.revoke_all(tx, workspace, Kind::Operator, id).await?;
        self.tokens.forget_after(tx);
        let event = by.event(workspace, "token.revoke", id).with(json!({"kind": "operator", "tokens": revoked}));
        self.audit.within(tx, &event).await?;
        Ok(revoked)
    }

    /// Ends the tokens of an operator and disables him.
    pub(super) async fn end_operator(&self, tx: &mut Tx, tenant: &Tenant, id: &str) -> Result<()> {
        self.tokens.revoke_all(tx, tenant.workspace(), Kind::Operator, id).await?;
        self.tokens.forget_after(tx);
        store::operators::disable(tx, tenant.workspace(), id, self.clock.now_ms()).await
    }
}
