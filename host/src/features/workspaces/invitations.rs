//! Invitations: a token, good once and for a week, that makes whoever brings it a member.
use super::{Workspaces, fields, needs, nothing, room_for_one, store};
use crate::base::error::{Code, Error, Result};
use crate::base::ids::{InvitationId, UserId};
use crate::base::page::{Listed, Page};
use crate::base::secret::{hex, sha256};
use crate::features::audit::By;
use crate::features::identity::{MemberRole, Tenant};
use crate::platform::db::Tx;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde_json::json;

const LIFE_MS: u64 = 7 * 24 * 3_600_000;
/// Invitations of one workspace that wait at the same time.
const MOST: i64 = 500;
/// So that a leaked one is recognised for what it is.
const PREFIX: &str = "invite_";
const LONGEST_TOKEN: usize = 128;

/// An invitation that waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct InvitationInfo {
    pub id: String,
    /// Whom it is for; none: whoever has the token.
    pub email: Option<String>,
    pub role: MemberRole,
    pub created_by: String,
    pub created_at_ms: u64,
    pub expires_at_ms: u64,
}

#[derive(Clone, Debug)]
pub struct NewInvitation {
    pub email: Option<String>,
    pub role: MemberRole,
}

/// A new invitation, with its token: shown now and never again.
#[derive(Clone, Serialize)]
pub struct Invited {
    #[serde(flatten)]
    pub invitation: InvitationInfo,
    pub token: String,
}

impl Workspaces {
    /// Errors: `forbidden` below admin, and for an admin who invites an owner; `invalid_body`; `limit_reached`.
    pub async fn invite_in(&self, tx: &mut Tx, tenant: &Tenant, by: &By, new: NewInvitation) -> Result<Invited> {
        needs(tenant, MemberRole::Admin)?;
        if new.role == MemberRole::Owner {
            needs(tenant, MemberRole::Owner)?;
        }
        let email = new.email.as_deref().map(fields::email).transpose()?;
        let now = self.clock.now_ms();
        room_for_one(store::invitations::waiting(tx, tenant.workspace(), now).await?, MOST, "invitations that wait")?;
        let mut random = [0u8; 32];
        self.clock.fill(&mut random);
        let token = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(random));
        let invitation = InvitationInfo {
            id: InvitationId::new(&self.clock).to_string(),
            email,
            role: new.role,
            created_by: by.who.name(),
            created_at_ms: now,
            expires_at_ms: now.saturating_add(LIFE_MS),
        };
        store::invitations::insert(tx, tenant.workspace(), &invitation, &hash(&token)).await?;
        let event = by.event(tenant.workspace(), "member.invite", &invitation.id);
        self.audit.within(tx, &event.with(json!({"role": new.role.word()}))).await?;
        Ok(Invited { invitation, token })
    }

    /// Those that wait. Errors: `forbidden` below admin.
    pub async fn invitations(&self, tenant: &Tenant, page: &Page) -> Result<Listed<InvitationInfo>> {
        needs(tenant, MemberRole::Admin)?;
        let rows = store::invitations::list(&self.db, tenant.workspace(), self.clock.now_ms(), page).await?;
        Ok(page.cut(rows, |it| &it.id))
    }

    /// Takes one back. Errors: `forbidden` below admin; `not_found`.
    pub async fn uninvite_in(&self, tx: &mut Tx, tenant: &Tenant, by: &By, id: &str) -> Result<()> {
        needs(tenant, MemberRole::Admin)?;
        if InvitationId::parse(id).is_none() || !store::invitations::delete(tx, tenant.workspace(), id).await? {
            return Err(nothing("invitation"));
        }
        let event = by.event(tenant.workspace(), "member.invite", id).with(json!({"taken_back": true}));
        self.audit.within(tx, &event).await
    }

    /// Makes the user a member of the workspace that the token is for, and uses it up. Errors: `not_found`, whatever is
    /// wrong with the token; `already_member`, and the token stays good.
    pub async fn accept_in(&self, tx: &mut Tx, by: &By, user: &UserId, token: &str) -> Result<super::WorkspaceInfo> {
        let nothing = || Error::new(Code::NotFound, "The invitation is unknown, used, expired or for another address");
        if token.len() > LONGEST_TOKEN {
            return Err(nothing());
        }
        let now = self.clock.now_ms();
        let (workspace, role) = store::invitations::accept(tx, &hash(token), user, now).await?.ok_or_else(nothing)?;
        if store::members::find(tx, &workspace, user.as_str()).await?.is_some() {
            return Err(Error::new(Code::AlreadyMember, "You are a member of this workspace"));
        }
        store::members::insert(tx, &workspace, user, role, now).await?;
        let event = by.event(&workspace, "member.join", user.as_str()).with(json!({"role": role.word()}));
        self.audit.within(tx, &event).await?;
        self.forget_after(tx);
        store::spaces::find_in(tx, &workspace, role).await?.ok_or_else(nothing)
    }
}

/// By which a token is recognised that is not stored.
fn hash(token: &str) -> String {
    hex(&sha256(token.as_bytes()))
}
