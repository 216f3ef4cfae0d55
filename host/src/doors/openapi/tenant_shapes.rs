//! The JSON of the doors of workspaces, described for the OpenAPI document.
#![expect(dead_code, reason = "only the descriptions are used")]
use super::shapes::{Named, named};
use utoipa::ToSchema;

pub fn all() -> Vec<Named> {
    vec![
        named::<CompanySignIn>(),
        named::<NamedBody>(),
        named::<Workspace>(),
        named::<WorkspaceList>(),
        named::<Member>(),
        named::<MemberList>(),
        named::<RoleOfMember>(),
        named::<Invitation>(),
        named::<InvitationList>(),
        named::<NewInvitation>(),
        named::<InvitationWithToken>(),
        named::<InvitationToken>(),
        named::<Organization>(),
        named::<OrganizationList>(),
        named::<Operator>(),
        named::<OperatorList>(),
        named::<NewOperator>(),
        named::<OperatorChange>(),
        named::<OperatorTokenWish>(),
        named::<Moment>(),
        named::<TokenText>(),
        named::<TokenBody>(),
        named::<OperatorTokenState>(),
        named::<OperatorTokenRevoked>(),
        named::<Key>(),
        named::<KeyList>(),
        named::<NewKey>(),
        named::<KeyChange>(),
        named::<ShownKey>(),
        named::<KeyRotation>(),
        named::<KeyUsage>(),
        named::<KeyMonth>(),
        named::<KeyHour>(),
        named::<SdkAuth>(),
        named::<SdkUser>(),
        named::<SdkKey>(),
        named::<SdkLimits>(),
    ]
}

#[derive(ToSchema)]
struct CompanySignIn {
    /// An address or a username.
    #[schema(min_length = 1, example = "ada@example.com")]
    login: String,
    #[schema(min_length = 1)]
    password: String,
}

#[derive(ToSchema)]
#[schema(as = Named)]
struct NamedBody {
    /// 1 to 100 characters, none of control.
    #[schema(min_length = 1, max_length = 100, example = "Sales")]
    name: String,
}

#[derive(ToSchema)]
struct Workspace {
    #[schema(example = "ws_default")]
    id: String,
    name: String,
    /// Your role.
    #[schema(pattern = "^(owner|admin|agent|viewer)$", example = "owner")]
    role: String,
    created_at_ms: u64,
}

#[derive(ToSchema)]
struct WorkspaceList {
    workspaces: Vec<Workspace>,
    /// What to ask for as `after`; null at the end.
    next: Option<String>,
}

#[derive(ToSchema)]
struct Member {
    user_id: String,
    email: String,
    name: String,
    #[schema(pattern = "^(owner|admin|agent|viewer)$")]
    role: String,
    joined_at_ms: u64,
}

#[derive(ToSchema)]
struct MemberList {
    members: Vec<Member>,
    next: Option<String>,
}

#[derive(ToSchema)]
struct RoleOfMember {
    #[schema(pattern = "^(owner|admin|agent|viewer)$", example = "agent")]
    role: String,
}

#[derive(ToSchema)]
struct Invitation {
    id: String,
    email: Option<String>,
    #[schema(pattern = "^(owner|admin|agent|viewer)$")]
    role: String,
    created_by: String,
    created_at_ms: u64,
    expires_at_ms: u64,
}

#[derive(ToSchema)]
struct InvitationList {
    invitations: Vec<Invitation>,
    next: Option<String>,
}

#[derive(ToSchema)]
struct NewInvitation {
    /// Whom it is for; absent: whoever has the token.
    #[schema(required = false, max_length = 254, example = "ada@example.com")]
    email: Option<String>,
    #[schema(pattern = "^(owner|admin|agent|viewer)$", example = "agent")]
    role: String,
}

#[derive(ToSchema)]
struct InvitationWithToken {
    id: String,
    email: Option<String>,
    #[schema(pattern = "^(owner|admin|agent|viewer)$")]
    role: String,
    created_by: String,
    created_at_ms: u64,
    expires_at_ms: u64,
    /// Shown this once.
    token: String,
}

#[derive(ToSchema)]
struct InvitationToken {
    #[schema(min_length = 1, max_length = 128)]
    token: String,
}

#[derive(ToSchema)]
struct Organization {
    #[schema(example = "org_01kaw3")]
    id: String,
    name: String,
    created_at_ms: u64,
}

#[derive(ToSchema)]
struct OrganizationList {
    organizations: Vec<Organization>,
    next: Option<String>,
}

#[derive(ToSchema)]
struct Operator {
    #[schema(example = "opr_01kaw3")]
    id: String,
    organization_id: String,
    /// The member, where the operator is one.
    user_id: Option<String>,
    name: String,
    email: Option<String>,
    disabled: bool,
    created_at_ms: u64,
}

#[derive(ToSchema)]
struct OperatorList {
    operators: Vec<Operator>,
    next: Option<String>,
}

#[derive(ToSchema)]
struct NewOperator {
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    #[schema(required = false, max_length = 254)]
    email: Option<String>,
    #[schema(required = false)]
    user_id: Option<String>,
}

#[derive(ToSchema)]
struct OperatorChange {
    #[schema(required = false, min_length = 1, max_length = 100)]
    name: Option<String>,
    #[schema(required = false, max_length = 254)]
    email: Option<String>,
    #[schema(required = false)]
    disabled: Option<bool>,
}

#[derive(ToSchema)]
struct OperatorTokenWish {
    /// The operator.
    #[schema(example = "opr_01kaw3")]
    id: String,
    #[serde(rename = "expiresAt")]
    expires_at: Moment,
}

/// ISO 8601, or seconds or milliseconds since the epoch.
#[derive(ToSchema)]
#[serde(untagged)]
enum Moment {
    Text(String),
    Number(u64),
}

/// A token.
#[derive(ToSchema)]
struct TokenText(String);

#[derive(ToSchema)]
struct TokenBody {
    #[schema(min_length = 1)]
    token: String,
}

#[derive(ToSchema)]
struct OperatorTokenState {
    valid: bool,
    /// Null where it is not valid.
    operator: Option<Operator>,
    #[serde(rename = "expiresAt")]
    #[schema(example = "2026-12-31T23:59:59Z")]
    expires_at: Option<String>,
}

/// `token`, or `id` with `all`.
#[derive(ToSchema)]
struct OperatorTokenRevoked {
    #[schema(required = false)]
    token: Option<String>,
    /// The operator.
    #[schema(required = false)]
    id: Option<String>,
    #[schema(required = false)]
    all: Option<bool>,
}

#[derive(ToSchema)]
struct Key {
    #[schema(example = "key_01kaw3")]
    id: String,
    name: String,
    #[schema(pattern = "^(publishable|secret)$")]
    kind: String,
    #[schema(rename = "type", pattern = "^(live|test)$")]
    r#type: String,
    /// A publishable key whole; of a secret one its beginning and end.
    shown: String,
    active: bool,
    allowed_domains: Vec<String>,
    rate_limit_per_hour: u32,
    created_by: String,
    created_at_ms: u64,
    /// The end of a rotation's overlap.
    expires_at_ms: Option<u64>,
    /// The key that was made in its place.
    replaced_by: Option<String>,
    last_used_at_ms: Option<u64>,
    requests: u64,
}

#[derive(ToSchema)]
struct KeyList {
    keys: Vec<Key>,
    next: Option<String>,
}

#[derive(ToSchema)]
struct NewKey {
    #[schema(min_length = 1, max_length = 100, example = "Shop")]
    name: String,
    /// "publishable" where it is absent.
    #[schema(required = false, pattern = "^(publishable|secret|pk|sk)$")]
    kind: Option<String>,
    /// "live" where it is absent.
    #[schema(rename = "type", required = false, pattern = "^(live|test)$")]
    r#type: Option<String>,
    /// `example.com`, `*.example.com`, `localhost:3000`, or whole origins; none: every page. Of publishable keys alone.
    #[schema(required = false, max_items = 50)]
    allowed_domains: Option<Vec<String>>,
    /// 1000 where it is absent.
    #[schema(required = false, minimum = 1, maximum = 10_000_000)]
    rate_limit_per_hour: Option<u32>,
}

#[derive(ToSchema)]
struct KeyChange {
    #[schema(required = false, min_length = 1, max_length = 100)]
    name: Option<String>,
    #[schema(required = false)]
    active: Option<bool>,
    #[schema(required = false, max_items = 50)]
    allowed_domains: Option<Vec<String>>,
    #[schema(required = false, minimum = 1, maximum = 10_000_000)]
    rate_limit_per_hour: Option<u32>,
}

#[derive(ToSchema)]
struct ShownKey {
    id: String,
    name: String,
    kind: String,
    #[schema(rename = "type")]
    r#type: String,
    shown: String,
    active: bool,
    allowed_domains: Vec<String>,
    rate_limit_per_hour: u32,
    created_by: String,
    created_at_ms: u64,
    expires_at_ms: Option<u64>,
    replaced_by: Option<String>,
    last_used_at_ms: Option<u64>,
    requests: u64,
    /// The key. Of a secret one it is shown this once.
    key: String,
}

#[derive(ToSchema)]
struct KeyRotation {
    #[schema(required = false, maximum = 2_592_000, example = 86_400)]
    overlap_s: Option<u64>,
}

#[derive(ToSchema)]
struct KeyUsage {
    total: u64,
    /// The newest first.
    months: Vec<KeyMonth>,
    hour: KeyHour,
    last_used_at_ms: Option<u64>,
}

#[derive(ToSchema)]
struct KeyMonth {
    #[schema(example = "2026-11")]
    month: String,
    requests: u64,
}

#[derive(ToSchema)]
struct KeyHour {
    used: u64,
    limit: u32,
}

#[derive(ToSchema)]
struct SdkAuth {
    success: bool,
    user: SdkUser,
    key: SdkKey,
    limits: SdkLimits,
}

#[derive(ToSchema)]
struct SdkUser {
    /// The workspace.
    id: String,
    #[schema(example = "self-hosted")]
    plan: String,
}

#[derive(ToSchema)]
struct SdkKey {
    #[schema(pattern = "^(publishable|secret)$")]
    kind: String,
    #[schema(rename = "type", pattern = "^(live|test)$")]
    r#type: String,
}

#[derive(ToSchema)]
struct SdkLimits {
    /// Null: none of its own.
    requests_per_hour: Option<u32>,
}
