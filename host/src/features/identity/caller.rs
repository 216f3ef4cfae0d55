//! Who is calling, and what that allows.
use crate::base::ids::{
    ApiKeyId, BotId, OperatorId, OrganizationId, SessionId, TokenId, UserId, VisitorId, WorkspaceId,
};
use serde::{Deserialize, Serialize};

/// What a caller may do in widgets: what manifests ask for. Ordered: a later role may do what an earlier one may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    Visitor,
    /// Somebody who has signed in: a member of the workspace, or a visitor whom the site vouches for.
    User,
    Operator,
    Admin,
}

/// A member's role in a workspace. Ordered as `Role` is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MemberRole {
    Viewer,
    Agent,
    Admin,
    Owner,
}

impl MemberRole {
    pub const ALL: [MemberRole; 4] = [MemberRole::Viewer, MemberRole::Agent, MemberRole::Admin, MemberRole::Owner];

    pub fn word(self) -> &'static str {
        match self {
            MemberRole::Viewer => "viewer",
            MemberRole::Agent => "agent",
            MemberRole::Admin => "admin",
            MemberRole::Owner => "owner",
        }
    }

    pub fn parse(word: &str) -> Option<MemberRole> {
        MemberRole::ALL.into_iter().find(|role| role.word() == word)
    }

    /// What it allows in widgets.
    pub fn role(self) -> Role {
        match self {
            MemberRole::Viewer => Role::User,
            MemberRole::Agent => Role::Operator,
            MemberRole::Admin | MemberRole::Owner => Role::Admin,
        }
    }
}

/// A workspace in which the caller has been proved to have a role. Rooms take it instead of an id, so that a row of another
/// workspace cannot be asked for: nobody outside the rooms can make one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenant {
    workspace: WorkspaceId,
    role: MemberRole,
}

impl Tenant {
    pub(in crate::features) fn new(workspace: WorkspaceId, role: MemberRole) -> Tenant {
        Tenant { workspace, role }
    }

    pub fn workspace(&self) -> &WorkspaceId {
        &self.workspace
    }

    pub fn role(&self) -> MemberRole {
        self.role
    }
}

/// Whose credential it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// No credential but the visitor's own proof.
    Nobody,
    /// The credential that a fresh host prints.
    Start,
    /// An admin's token from the command line.
    Host {
        token: TokenId,
    },
    Account {
        user: UserId,
        session: SessionId,
    },
    /// A company token: a member who acts for the workspace.
    Company {
        user: UserId,
        session: SessionId,
    },
    Operator {
        operator: OperatorId,
        organization: OrganizationId,
        token: TokenId,
    },
    /// A widget token: a page that shows this bot.
    Widget {
        bot: BotId,
        token: TokenId,
    },
    Key {
        key: ApiKeyId,
        secret: bool,
        live: bool,
        /// Requests that it may make; 0: no limit.
        per_hour: u32,
    },
    /// A key of `auth.api_keys`, by the name that the log knows.
    Server {
        name: String,
    },
}

impl Who {
    /// For the audit log and histories. Never a secret.
    pub fn name(&self) -> String {
        match self {
            Who::Nobody => "nobody".to_owned(),
            Who::Start => "start".to_owned(),
            Who::Host { token } | Who::Widget { token, .. } => token.to_string(),
            Who::Account { user, .. } | Who::Company { user, .. } => user.to_string(),
            Who::Operator { operator, .. } => operator.to_string(),
            Who::Key { key, .. } => key.to_string(),
            Who::Server { name } => name.clone(),
        }
    }
}

/// What a credential was found to prove, at this moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proved {
    pub who: Who,
    pub role: Role,
    pub workspace: WorkspaceId,
    /// For those who may see and manage what belongs to a workspace: members, and the command line's admin.
    pub tenant: Option<Tenant>,
}

/// A caller whose identity has been proved.
#[derive(Clone, Debug)]
pub struct Caller {
    pub workspace: WorkspaceId,
    pub visitor: VisitorId,
    pub role: Role,
    /// BCP 47, from `Accept-Language`; "en" when nothing usable was sent.
    pub locale: String,
    pub who: Who,
}
