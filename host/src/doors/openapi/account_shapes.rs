//! What the doors of accounts take and give, described for the OpenAPI document.
#![expect(dead_code, reason = "only the descriptions are used")]
use super::shapes::{Named, named};
use utoipa::ToSchema;

pub(super) fn all() -> Vec<Named> {
    vec![
        named::<SignUp>(),
        named::<SignIn>(),
        named::<SignedIn>(),
        named::<RefreshBody>(),
        named::<SignOutBody>(),
        named::<SignedOut>(),
        named::<ForgotBody>(),
        named::<Accepted>(),
        named::<ResetBody>(),
        named::<Account>(),
        named::<Me>(),
        named::<Membership>(),
        named::<ProfileBody>(),
        named::<PasswordBody>(),
        named::<ChangePassword>(),
        named::<SwitchBody>(),
        named::<Switched>(),
        named::<SessionList>(),
        named::<Session>(),
    ]
}

#[derive(ToSchema)]
struct SignUp {
    #[schema(example = "ada@example.com", max_length = 254)]
    email: String,
    /// 8 to 128 characters, taken as they are; the commonest passwords are refused.
    #[schema(min_length = 8, max_length = 128)]
    password: String,
    /// What the person is called; else what stands before the address's "@".
    #[schema(nullable, max_length = 100)]
    name: Option<String>,
    /// To sign in with beside the address: 2 to 32 of a-z, 0-9, ".", "_" and "-".
    #[schema(nullable, max_length = 32)]
    username: Option<String>,
    /// The token of an invitation to a workspace.
    #[schema(nullable)]
    invite: Option<String>,
    /// What a fresh host has printed at its start; for its first account.
    #[schema(nullable)]
    credential: Option<String>,
}

/// One of `email` and `username`, whichever name it stands under.
#[derive(ToSchema)]
struct SignIn {
    #[schema(nullable, example = "ada@example.com")]
    email: Option<String>,
    #[schema(nullable)]
    username: Option<String>,
    password: String,
}

#[derive(ToSchema)]
struct SignedIn {
    /// The access token; the same as `access_token`.
    token: String,
    access_token: String,
    refresh_token: String,
    #[schema(pattern = "^Bearer$")]
    token_type: String,
    /// Seconds until the access token ends.
    #[schema(example = 3600)]
    expires_in: u64,
    user: Account,
    /// The workspace in which the access token acts.
    workspace_id: String,
}

#[derive(ToSchema)]
struct RefreshBody {
    #[schema(nullable)]
    refresh_token: Option<String>,
}

#[derive(ToSchema)]
struct SignOutBody {
    #[schema(nullable)]
    refresh_token: Option<String>,
}

#[derive(ToSchema)]
struct SignedOut {
    ended: u64,
}

#[derive(ToSchema)]
struct ForgotBody {
    email: String,
}

#[derive(ToSchema)]
struct Accepted {
    message: String,
}

#[derive(ToSchema)]
struct ResetBody {
    token: String,
    #[schema(min_length = 8, max_length = 128)]
    password: String,
}

#[derive(ToSchema)]
struct Account {
    #[schema(example = "usr_01kb0000000000000000000000")]
    id: String,
    email: String,
    #[schema(nullable)]
    username: Option<String>,
    name: String,
    created_at_ms: u64,
    disabled: bool,
}

/// The account, with its members also under `user`.
#[derive(ToSchema)]
struct Me {
    id: String,
    email: String,
    #[schema(nullable)]
    username: Option<String>,
    name: String,
    created_at_ms: u64,
    disabled: bool,
    user: Account,
    /// The workspace in which this access token acts; null where the account is no member of it any more.
    #[schema(nullable)]
    workspace: Option<Membership>,
    workspaces: Vec<Membership>,
    session_id: String,
}

/// A workspace and the role there.
#[derive(ToSchema)]
struct Membership {
    id: String,
    name: String,
    /// viewer, agent, admin or owner.
    role: String,
}

#[derive(ToSchema)]
struct ProfileBody {
    #[schema(nullable, max_length = 100)]
    name: Option<String>,
    #[schema(nullable, max_length = 32)]
    username: Option<String>,
}

#[derive(ToSchema)]
struct PasswordBody {
    password: String,
}

#[derive(ToSchema)]
struct ChangePassword {
    current_password: String,
    #[schema(min_length = 8, max_length = 128)]
    new_password: String,
}

#[derive(ToSchema)]
struct SwitchBody {
    workspace_id: String,
}

#[derive(ToSchema)]
struct Switched {
    token: String,
    access_token: String,
    token_type: String,
    expires_in: u64,
    workspace_id: String,
}

#[derive(ToSchema)]
struct SessionList {
    sessions: Vec<Session>,
}

#[derive(ToSchema)]
struct Session {
    id: String,
    /// account, or company for a company token.
    kind: String,
    created_at_ms: u64,
    used_at_ms: u64,
    expires_at_ms: u64,
    /// From where it began.
    address: String,
    /// What the program called itself.
    agent: String,
    /// The one that asks.
    current: bool,
}
