//! Organizations: the departments of a workspace.
use super::{Workspaces, fields, needs, nothing, room_for_one, store};
use crate::base::error::{Code, Error, Result};
use crate::base::ids::OrganizationId;
use crate::base::page::{Listed, Page};
use crate::features::audit::By;
use crate::features::identity::{MemberRole, Tenant};
use crate::platform::db::Tx;
use serde::Serialize;

/// Organizations of one workspace.
const MOST: i64 = 500;

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OrganizationInfo {
    pub id: String,
    pub name: String,
    pub created_at_ms: u64,
}

impl Workspaces {
    pub async fn organizations(&self, tenant: &Tenant, page: &Page) -> Result<Listed<OrganizationInfo>> {
        Ok(page.cut(store::organizations::list(&self.db, tenant.workspace(), page).await?, |it| &it.id))
    }

    /// Errors: `not_found`.
    pub async fn organization(&self, tenant: &Tenant, id: &str) -> Result<OrganizationInfo> {
        let found = store::organizations::find(&self.db, tenant.workspace(), id).await?;
        found.ok_or_else(|| nothing("organization"))
    }

    /// Errors: `forbidden` below admin; `invalid_body`; `name_taken`; `limit_reached`.
    pub async fn create_organization_in(
        &self,
        tx: &mut Tx,
        tenant: &Tenant,
        by: &By,
        name: &str,
    ) -> Result<OrganizationInfo> {
        needs(tenant, MemberRole::Admin)?;
        let name = fields::name(name)?;
        let workspace = tenant.workspace();
        room_for_one(store::organizations::count(tx, workspace).await?, MOST, "organizations in a workspace")?;
        let (id, now) = (OrganizationId::new(&self.clock), self.clock.now_ms());
        let made = OrganizationInfo { id: id.to_string(), name, created_at_ms: now };
        if !store::organizations::insert(tx, workspace, &made).await? {
            return Err(taken());
        }
        self.audit.within(tx, &by.event(workspace, "organization.create", &made.id)).await?;
        Ok(made)
    }

    /// Errors: `forbidden` below admin; `not_found`; `invalid_body`; `name_taken`.
    pub async fn rename_organization_in(
        &self,
        tx: &mut Tx,
        tenant: &Tenant,
        by: &By,
        id: &str,
        name: &str,
    ) -> Result<OrganizationInfo> {
        needs(tenant, MemberRole::Admin)?;
        let name = fields::name(name)?;
        let workspace = tenant.workspace();
        let found = store::organizations::find_in(tx, workspace, id).await?.ok_or_else(|| nothing("organization"))?;
        if store::organizations::is_taken(tx, workspace, &name, id).await? {
            return Err(taken());
        }
        store::organizations::rename(tx, workspace, id, &name).await?;
        self.audit.within(tx, &by.event(workspace, "organization.change", id)).await?;
        Ok(OrganizationInfo { name, ..found })
    }

    /// With its operators, whose tokens end at once. Errors: `forbidden` below admin; `not_found`.
    pub async fn delete_organization_in(&self, tx: &mut Tx, tenant: &Tenant, by: &By, id: &str) -> Result<()> {
        needs(tenant, MemberRole::Admin)?;
        let workspace = tenant.workspace();
        store::organizations::find_in(tx, workspace, id).await?.ok_or_else(|| nothing("organization"))?;
        for operator in store::operators::of_organization(tx, workspace, id).await? {
            self.end_operator(tx, tenant, &operator).await?;
            store::operators::delete(tx, workspace, &operator).await?;
        }
        store::organizations::delete(tx, workspace, id).await?;
        self.audit.within(tx, &by.event(workspace, "organization.delete", id)).await?;
        self.forget_after(tx);
        Ok(())
    }
}

#[track_caller]
fn taken() -> Error {
    Error::new(Code::NameTaken, "There is an organization of this name")
}
