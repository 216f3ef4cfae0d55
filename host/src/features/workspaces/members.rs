//! Who is in a workspace, and in which role.
use super::{Workspaces, needs, nothing, store};
use crate::base::error::{Code, Error, Result};
use crate::base::ids::UserId;
use crate::base::page::{Listed, Page};
use crate::features::audit::By;
use crate::features::identity::{MemberRole, Tenant, Who};
use crate::platform::db::Tx;
use serde::Serialize;
use serde_json::json;

/// A member, as the others see him.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MemberInfo {
    pub user_id: String,
    pub email: String,
    pub name: String,
    pub role: MemberRole,
    pub joined_at_ms: u64,
}

impl Workspaces {
    pub async fn members(&self, tenant: &Tenant, page: &Page) -> Result<Listed<MemberInfo>> {
        Ok(page.cut(store::members::list(&self.db, tenant.workspace(), page).await?, |it| &it.user_id))
    }

    /// Gives a member another role. Errors: `forbidden` below admin, and for an admin where an owner is or would be;
    /// `last_owner`; `not_found`.
    pub async fn set_role_in(
        &self,
        tx: &mut Tx,
        tenant: &Tenant,
        by: &By,
        user: &str,
        role: MemberRole,
    ) -> Result<MemberInfo> {
        needs(tenant, MemberRole::Admin)?;
        let member = self.member_in(tx, tenant, user).await?;
        if member.role.max(role) == MemberRole::Owner {
            needs(tenant, MemberRole::Owner)?;
        }
        if member.role == MemberRole::Owner && role != MemberRole::Owner {
            self.another_owner(tx, tenant).await?;
        }
        store::members::set_role(tx, tenant.workspace(), user, role).await?;
        let event = by.event(tenant.workspace(), "member.role", user);
        let event = event.with(json!({"from": member.role.word(), "to": role.word()}));
        self.audit.within(tx, &event).await?;
        self.forget_after(tx);
        Ok(MemberInfo { role, ..member })
    }

    /// Takes a member out; everybody may leave. An operator that he was ends with it, and his tokens. Errors: `forbidden`
    /// below admin, and for an admin where an owner would go; `last_owner`; `not_found`.
    pub async fn remove_in(&self, tx: &mut Tx, tenant: &Tenant, by: &By, user: &str) -> Result<()> {
        let himself = matches!(&by.who, Who::Account { user: own, .. } if own.as_str() == user);
        if !himself {
            needs(tenant, MemberRole::Admin)?;
        }
        let member = self.member_in(tx, tenant, user).await?;
        if member.role == MemberRole::Owner {
            if !himself {
                needs(tenant, MemberRole::Owner)?;
            }
            self.another_owner(tx, tenant).await?;
        }
        store::members::remove(tx, tenant.workspace(), user).await?;
        for operator in store::operators::of_user(tx, tenant.workspace(), user).await? {
            self.end_operator(tx, tenant, &operator).await?;
        }
        let event = by.event(tenant.workspace(), "member.remove", user).with(json!({"role": member.role.word()}));
        self.audit.within(tx, &event).await?;
        self.forget_after(tx);
        Ok(())
    }

    async fn member_in(&self, tx: &mut Tx, tenant: &Tenant, user: &str) -> Result<MemberInfo> {
        let missing = || nothing("member");
        UserId::parse(user).ok_or_else(missing)?;
        store::members::find(tx, tenant.workspace(), user).await?.ok_or_else(missing)
    }

    async fn another_owner(&self, tx: &mut Tx, tenant: &Tenant) -> Result<()> {
        if store::members::owners(tx, tenant.workspace()).await? > 1 {
            return Ok(());
        }
        Err(Error::new(Code::LastOwner, "Make somebody else an owner first"))
    }
}
