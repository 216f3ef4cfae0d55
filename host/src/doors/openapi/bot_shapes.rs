//! The JSON of bots, widget tokens and visitors, described for the OpenAPI document.
#![expect(dead_code, reason = "only the descriptions are used")]
use super::shapes::{Named, named};
use serde_json::Value;
use std::collections::BTreeMap;
use utoipa::ToSchema;

pub fn all() -> Vec<Named> {
    vec![
        named::<BotList>(),
        named::<Bot>(),
        named::<NewBot>(),
        named::<BotChange>(),
        named::<BotNamed>(),
        named::<TokenNamed>(),
        named::<WidgetToken>(),
        named::<WidgetRevocation>(),
        named::<Revoked>(),
        named::<Identify>(),
        named::<VisitorIdentity>(),
        named::<VisitorNamed>(),
        named::<IdentitySecret>(),
        named::<KeptOfVisitor>(),
        named::<KeptIdentity>(),
        named::<KeptByPlugin>(),
        named::<KeptAction>(),
        named::<KeptEvent>(),
        named::<KeptAnswer>(),
        named::<ErasedOfVisitor>(),
    ]
}

#[derive(ToSchema)]
struct BotList {
    bots: Vec<Bot>,
    /// What to give as `after` for the next page; null on the last one.
    next: Option<String>,
}

#[derive(ToSchema)]
struct Bot {
    id: String,
    workspace_id: String,
    slug: String,
    name: String,
    system_prompt: String,
    welcome_message: String,
    /// "light", "dark" or "auto".
    theme: String,
    /// A CSS colour.
    primary_color: String,
    /// "bottom-right", "bottom-left", "top-right" or "top-left".
    position: String,
    /// A character, or the address of a picture.
    bubble_icon: String,
    enable_streaming: bool,
    /// Milliseconds between two pieces of a streamed answer.
    streaming_speed: u32,
    active: bool,
    /// Pages that may show it; none: every page.
    allowed_origins: Vec<String>,
    /// Conversations at the same time.
    max_sessions: u32,
    /// Milliseconds since 1970.
    created_at_ms: u64,
    /// Milliseconds since 1970.
    changed_at_ms: u64,
}

/// A bot to be; what is absent gets a default. Members that are no field are passed over.
#[derive(ToSchema)]
struct NewBot {
    #[schema(min_length = 1, max_length = 100, example = "Sales")]
    name: String,
    /// The token's workspace where none is named.
    workspace_id: Option<String>,
    /// Unique in the workspace; made of the name where none is given.
    #[schema(min_length = 1, max_length = 60, pattern = "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$")]
    slug: Option<String>,
    #[schema(max_length = 32000)]
    system_prompt: Option<String>,
    #[schema(max_length = 2000)]
    welcome_message: Option<String>,
    #[schema(pattern = "^(light|dark|auto)$")]
    theme: Option<String>,
    /// Any CSS colour.
    #[schema(max_length = 64, example = "#1d4ed8")]
    primary_color: Option<String>,
    #[schema(pattern = "^(bottom|top)-(right|left)$")]
    position: Option<String>,
    /// A character, or the https address of a picture.
    #[schema(max_length = 2048)]
    bubble_icon: Option<String>,
    enable_streaming: Option<bool>,
    #[schema(maximum = 1000)]
    streaming_speed: Option<u32>,
    active: Option<bool>,
    /// `example.com`, `*.example.com`, or `https://example.com`; `*` or none: every page.
    #[schema(max_items = 50)]
    allowed_origins: Option<Vec<String>>,
    #[schema(minimum = 1, maximum = 1000000)]
    max_sessions: Option<u32>,
}

/// What is to be changed; the rest stays. Members as for a new bot.
#[derive(ToSchema)]
struct BotChange {
    #[schema(min_length = 1, max_length = 100)]
    name: Option<String>,
    #[schema(min_length = 1, max_length = 60, pattern = "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$")]
    slug: Option<String>,
    #[schema(max_length = 32000)]
    system_prompt: Option<String>,
    #[schema(max_length = 2000)]
    welcome_message: Option<String>,
    #[schema(pattern = "^(light|dark|auto)$")]
    theme: Option<String>,
    #[schema(max_length = 64)]
    primary_color: Option<String>,
    #[schema(pattern = "^(bottom|top)-(right|left)$")]
    position: Option<String>,
    #[schema(max_length = 2048)]
    bubble_icon: Option<String>,
    enable_streaming: Option<bool>,
    #[schema(maximum = 1000)]
    streaming_speed: Option<u32>,
    active: Option<bool>,
    #[schema(max_items = 50)]
    allowed_origins: Option<Vec<String>>,
    #[schema(minimum = 1, maximum = 1000000)]
    max_sessions: Option<u32>,
}

#[derive(ToSchema)]
struct BotNamed {
    #[schema(min_length = 1)]
    bot_id: String,
}

#[derive(ToSchema)]
struct TokenNamed {
    #[schema(min_length = 1)]
    token: String,
}

#[derive(ToSchema)]
struct WidgetToken {
    token: String,
    /// RFC 3339.
    #[schema(format = DateTime)]
    expires_at: String,
    /// The line that shows the bot on a page.
    embed_code: String,
}

/// Either `token`, or `bot_id` and `all`.
#[derive(ToSchema)]
struct WidgetRevocation {
    token: Option<String>,
    bot_id: Option<String>,
    all: Option<bool>,
}

#[derive(ToSchema)]
struct Revoked {
    /// How many were valid until now.
    revoked: u64,
}

/// Either `user_id` and `hash`, or `jwt`.
#[derive(ToSchema)]
struct Identify {
    /// The site's own id of its user: a text, or a whole number.
    user_id: Option<String>,
    /// The hex HMAC-SHA256 of the id under the identity secret.
    hash: Option<String>,
    jwt: Option<String>,
}

#[derive(ToSchema)]
struct VisitorIdentity {
    visitor: String,
    /// Plugins whose data have become his.
    merged: Vec<String>,
    /// Plugins that failed to say what becomes of theirs; the next time tries again.
    waiting: Vec<String>,
}

#[derive(ToSchema)]
struct VisitorNamed {
    visitor: String,
}

#[derive(ToSchema)]
struct IdentitySecret {
    secret: String,
}

#[derive(ToSchema)]
struct KeptOfVisitor {
    visitor: String,
    workspace: String,
    /// Whom the site said he is; null where no site did.
    identified: Option<KeptIdentity>,
    /// Anonymous visitors that he turned out to be.
    joined: Vec<String>,
    /// By plugin.
    plugins: BTreeMap<String, KeptByPlugin>,
    actions: Vec<KeptAction>,
    events: Vec<KeptEvent>,
    answers: Vec<KeptAnswer>,
}

#[derive(ToSchema)]
struct KeptIdentity {
    external_id: String,
    visitor: String,
    /// `name` and `email`, where the site's token said them.
    attributes: Value,
    created_at_ms: u64,
    seen_at_ms: u64,
}

#[derive(ToSchema)]
struct KeptByPlugin {
    /// His own keys and values.
    data: BTreeMap<String, Value>,
    /// What the plugin keeps of him elsewhere, in its own words.
    more: Vec<Value>,
}

#[derive(ToSchema)]
struct KeptAction {
    id: String,
    at_ms: i64,
    plugin: String,
    action: String,
    outcome: String,
}

#[derive(ToSchema)]
struct KeptEvent {
    at_ms: i64,
    plugin: String,
    topic: String,
    /// JSON.
    payload: String,
}

/// An answer that is kept for repeats of its request.
#[derive(ToSchema)]
struct KeptAnswer {
    at_ms: i64,
    key: String,
    /// JSON.
    answer: String,
}

#[derive(ToSchema)]
struct ErasedOfVisitor {
    /// Plugins that had something of him.
    plugins: Vec<String>,
    /// Plugins out of force that had; they could not be asked for what they keep elsewhere.
    not_asked: Vec<String>,
    /// Rows of the action log, events, stored answers.
    traces: u64,
}
