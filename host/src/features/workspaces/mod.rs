//! Workspaces (an older API calls them companies), their members, organizations and operators.
//!
//! Whatever is looked at or changed is looked for inside a [`Tenant`]'s workspace: there is no way to ask for a row by its
//! id alone. Roles: a viewer looks, an agent works as an operator, an admin manages, an owner also makes owners and deletes.
mod fields;
mod invitations;
mod members;
mod operators;
mod organizations;
mod spaces;
mod store;

#[cfg(test)]
mod tests;

use crate::base::clock::Clock;
use crate::base::error::{Code, Error, Result};
use crate::base::ids::{OperatorId, OrganizationId, UserId, WorkspaceId};
use crate::features::audit::Audit;
use crate::features::identity::{Identity, MemberRole, Tenant};
use crate::features::tokens::Tokens;
use crate::platform::db::{Db, Tx};
use std::sync::Arc;
use std::time::Duration;

pub use invitations::{InvitationInfo, Invited, NewInvitation};
pub use members::MemberInfo;
pub use operators::{NewOperator, OperatorChange, OperatorInfo, OperatorToken, Validated};
pub use organizations::OrganizationInfo;
pub use spaces::WorkspaceInfo;

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
    clock: Clock,
    identity: Identity,
    audit: Audit,
    tokens: Tokens,
    members: moka::future::Cache<(WorkspaceId, UserId), Option<MemberRole>>,
    operators: moka::future::Cache<String, Option<Arc<OperatorView>>>,
}

impl Workspaces {
    pub fn new(db: Db, clock: Clock, identity: Identity, audit: Audit, tokens: Tokens) -> Workspaces {
        let members = moka::future::Cache::builder().max_capacity(REMEMBERED).time_to_live(FRESH).build();
        let operators = moka::future::Cache::builder().max_capacity(REMEMBERED).time_to_live(FRESH).build();
        Workspaces { db, clock, identity, audit, tokens, members, operators }
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

    /// What is remembered is forgotten when this transaction has been committed.
    fn forget_after(&self, tx: &mut Tx) {
        let (members, operators) = (self.members.clone(), self.operators.clone());
        tx.then(move || {
            members.invalidate_all();
            operators.invalidate_all();
        });
    }
}

/// Errors: `forbidden` for a member whose role is lower.
#[track_caller]
fn needs(tenant: &Tenant, role: MemberRole) -> Result<()> {
    if tenant.role() >= role {
        return Ok(());
    }
    Err(Error::new(Code::Forbidden, format!("This needs the role {}", role.word())))
}

/// The same words for what is not there and what belongs to another workspace.
#[track_caller]
fn nothing(what: &'static str) -> Error {
    Error::new(Code::NotFound, format!("There is no such {what}"))
}

/// Errors: `limit_reached`.
#[track_caller]
fn room_for_one(count: i64, most: i64, what: &'static str) -> Result<()> {
    if count < most {
        return Ok(());
    }
    Err(Error::new(Code::LimitReached, format!("There may be at most {most} {what}")))
}
