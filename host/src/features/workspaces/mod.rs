//! Workspaces (an older API calls them companies), their members, organizations and operators.
mod store;

use crate::base::error::Result;
use crate::base::ids::{OperatorId, OrganizationId, UserId, WorkspaceId};
use crate::features::identity::{MemberRole, Tenant};
use crate::platform::db::Db;
use std::sync::Arc;
use std::time::Duration;

/// How old what is known of a member or an operator may be.
const FRESH: Duration = Duration::from_millis(500);
const REMEMBERED: u64 = 20_000;

/// An operator who may work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperatorView {
    pub id: OperatorId,
    pub workspace: WorkspaceId,
    pub organization: OrganizationId,
    pub name: String,
}

/// The room. Cheap to clone.
#[derive(Clone)]
pub struct Workspaces {
    db: Db,
    members: moka::future::Cache<(WorkspaceId, UserId), Option<MemberRole>>,
    operators: moka::future::Cache<String, Option<Arc<OperatorView>>>,
}

impl Workspaces {
    pub fn new(db: Db) -> Workspaces {
        let members = moka::future::Cache::builder().max_capacity(REMEMBERED).time_to_live(FRESH).build();
        let operators = moka::future::Cache::builder().max_capacity(REMEMBERED).time_to_live(FRESH).build();
        Workspaces { db, members, operators }
    }

    /// The workspace, if this user is a member of it and it exists. At most half a second old.
    pub async fn member(&self, workspace: &WorkspaceId, user: &UserId) -> Result<Option<Tenant>> {
        let key = (workspace.clone(), user.clone());
        let found = self.members.try_get_with(key, store::role(&self.db, workspace, user)).await;
        let role = found.map_err(|error| error.again())?;
        Ok(role.map(|role| Tenant::new(workspace.clone(), role)))
    }

    /// The operator of this id, if he may work. At most half a second old.
    pub async fn operator(&self, id: &str) -> Result<Option<Arc<OperatorView>>> {
        let found = self.operators.try_get_with_by_ref(id, store::operator(&self.db, id)).await;
        found.map_err(|error| error.again())
    }

    /// To be called once a change of roles, members or operators has been committed.
    pub fn forget(&self) {
        self.members.invalidate_all();
        self.operators.invalidate_all();
    }
}
