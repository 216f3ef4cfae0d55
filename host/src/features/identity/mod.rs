//! Who is calling: visitors by a signed id, servers by a key, admins by a token.
use crate::base::ids::{VisitorId, WorkspaceId};
use serde::{Deserialize, Serialize};

/// What a caller may do. Ordered: a later role may do what an earlier one may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    Visitor,
    Operator,
    Admin,
}

/// A caller whose identity has been proved.
#[derive(Clone, Debug)]
pub struct Caller {
    pub workspace: WorkspaceId,
    pub visitor: VisitorId,
    pub role: Role,
    /// BCP 47, from `Accept-Language`; "en" when nothing usable was sent.
    pub locale: String,
}
