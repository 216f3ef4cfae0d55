//! Workspaces themselves.
use super::{Workspaces, fields, needs, nothing, room_for_one, store};
use crate::base::error::{Code, Error, Result};
use crate::base::ids::{UserId, WorkspaceId};
use crate::base::page::{Listed, Page};
use crate::features::audit::By;
use crate::features::identity::{MemberRole, Proved, Tenant, Who};
use crate::platform::db::Tx;
use serde::Serialize;

/// Workspaces in which one account may be an owner.
const MOST_OWNED: i64 = 50;

/// A workspace, as one of its members sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WorkspaceInfo {
    pub id: String,
    pub name: String,
    /// The caller's role.
    pub role: MemberRole,
    pub created_at_ms: u64,
}

impl Workspaces {
    /// Those in which the caller is a member; for the command line's admin the first.
    pub async fn mine(&self, proved: &Proved, page: &Page) -> Result<Listed<WorkspaceInfo>> {
        if let Who::Account { user, .. } = &proved.who {
            return Ok(page.cut(store::spaces::of_user(&self.db, user, page).await?, |it| &it.id));
        }
        let own = match &proved.tenant {
            Some(tenant) if tenant.workspace().as_str() > page.after.as_str() => vec![self.look(tenant).await?],
            _ => Vec::new(),
        };
        Ok(Listed { items: own, next: None })
    }

    /// Any workspace, as its owner: for the command line, whose user has the host's database anyway. Errors: `not_found`.
    pub async fn as_owner(&self, id: &str) -> Result<Tenant> {
        let id = WorkspaceId::parse(id).ok_or_else(|| nothing("workspace"))?;
        let found = store::spaces::find(&self.db, &id, MemberRole::Owner).await?;
        found.map(|_| Tenant::new(id, MemberRole::Owner)).ok_or_else(|| nothing("workspace"))
    }

    /// Errors: `not_found` when it was deleted just now.
    pub async fn look(&self, tenant: &Tenant) -> Result<WorkspaceInfo> {
        let found = store::spaces::find(&self.db, tenant.workspace(), tenant.role()).await?;
        found.ok_or_else(|| nothing("workspace"))
    }

    /// A new workspace with this user as its owner. Errors: `invalid_body`, `limit_reached`.
    pub async fn create_in(&self, tx: &mut Tx, by: &By, owner: &UserId, name: &str) -> Result<WorkspaceInfo> {
        let name = fields::name(name)?;
        room_for_one(store::spaces::owned(tx, owner).await?, MOST_OWNED, "workspaces of one owner")?;
        let (id, now) = (WorkspaceId::new(&self.clock), self.clock.now_ms());
        store::spaces::insert(tx, &id, &name, now).await?;
        store::members::insert(tx, &id, owner, MemberRole::Owner, now).await?;
        self.audit.within(tx, &by.event(&id, "workspace.create", id.as_str())).await?;
        self.forget_after(tx);
        Ok(WorkspaceInfo { id: id.to_string(), name, role: MemberRole::Owner, created_at_ms: now })
    }

    /// Errors: `forbidden` below admin; `invalid_body`.
    pub async fn rename_in(&self, tx: &mut Tx, tenant: &Tenant, by: &By, name: &str) -> Result<WorkspaceInfo> {
        needs(tenant, MemberRole::Admin)?;
        let name = fields::name(name)?;
        let id = tenant.workspace();
        let created_at_ms = store::spaces::rename(tx, id, &name).await?.ok_or_else(|| nothing("workspace"))?;
        self.audit.within(tx, &by.event(id, "workspace.change", id.as_str())).await?;
        Ok(WorkspaceInfo { id: id.to_string(), name, role: tenant.role(), created_at_ms })
    }

    /// From now on nobody finds it: its members, keys, bots and tokens are as good as gone. What it holds stays on the disk.
    /// Errors: `forbidden` below owner; `conflict` for the first workspace, which belongs to the host.
    pub async fn delete_in(&self, tx: &mut Tx, tenant: &Tenant, by: &By) -> Result<()> {
        needs(tenant, MemberRole::Owner)?;
        let id = tenant.workspace();
        if *id == WorkspaceId::first() {
            return Err(Error::new(Code::Conflict, "The first workspace is the host's own and stays"));
        }
        if !store::spaces::delete(tx, id, self.clock.now_ms()).await? {
            return Err(nothing("workspace"));
        }
        self.audit.within(tx, &by.event(id, "workspace.delete", id.as_str())).await?;
        self.forget_after(tx);
        Ok(())
    }
}
