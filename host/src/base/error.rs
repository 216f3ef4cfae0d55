//! One error, one table of codes.
//!
//! What a client may read (`code`, `detail`, `faults`) and what only the log may read (`source`, `at`) are different
//! fields, so that no SQL, file path or wasm backtrace can reach an answer by accident. Doors turn the kind into an HTTP
//! status; nothing below them knows HTTP.
use serde::Serialize;
use std::borrow::Cow;
use std::panic::Location;

pub type Result<T, E = Error> = std::result::Result<T, E>;
type Source = Box<dyn std::error::Error + Send + Sync>;

/// What sort of answer a code deserves. Doors map these to statuses in one place (`doors/kit/problem.rs`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// 400: cannot be understood.
    Malformed,
    /// 401: who are you?
    Unauthenticated,
    /// 403: you may not.
    Forbidden,
    /// 404: not there, or not yours.
    NotFound,
    /// 405.
    MethodNotAllowed,
    /// 406.
    NotAcceptable,
    /// 408: the request did not arrive in time.
    Slow,
    /// 409: right, but not now.
    Conflict,
    /// 413.
    TooLarge,
    /// 414: more path and query than is read.
    LongPath,
    /// 431: more header fields than are read.
    LargeHead,
    /// 415.
    UnsupportedMedia,
    /// 422: understood, but wrong.
    Invalid,
    /// 425: the same request is still being worked on.
    TooEarly,
    /// 429.
    TooMany,
    /// 500: our own mistake.
    Internal,
    /// 502: a plugin failed.
    Plugin,
    /// 503: not ready, or shedding.
    Unavailable,
    /// 504: a plugin ran out of time.
    Timeout,
    /// 507: no room to store it.
    Storage,
}

macro_rules! codes {
    ($($name:ident = $word:literal, $kind:ident, $title:literal;)*) => {
        /// Every code that Inlay answers with. The word is stable: programs may compare it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code { $(#[doc = $title] $name,)* }
        impl Code {
            pub const ALL: &'static [Code] = &[$(Code::$name,)*];
            /// The stable machine word.
            pub fn word(self) -> &'static str { match self { $(Code::$name => $word,)* } }
            pub fn kind(self) -> Kind { match self { $(Code::$name => Kind::$kind,)* } }
            /// One sentence for people; the same for every occurrence.
            pub fn title(self) -> &'static str { match self { $(Code::$name => $title,)* } }
        }
    };
}

codes! {
    MalformedRequest = "malformed_request", Malformed, "The request cannot be understood";
    PathTooLong = "path_too_long", LongPath, "The path and query are too long";
    HeadTooLarge = "head_too_large", LargeHead, "The header fields are too large";
    MalformedJson = "malformed_json", Malformed, "The body is not JSON";
    RequestTimeout = "request_timeout", Slow, "The request did not arrive in time";
    InvalidBody = "invalid_body", Invalid, "The body does not have the shape that is asked for";
    TooDeep = "json_too_deep", Malformed, "The JSON is nested too deeply";
    InvalidParameters = "invalid_parameters", Invalid, "The parameters do not fit the schema";
    InvalidForm = "invalid_form", Invalid, "Some fields of the form are not right";
    Refused = "action_refused", Invalid, "The plugin refused the action";
    ActionConflict = "action_conflict", Conflict, "The action does not fit the present state";
    IdempotencyMismatch = "idempotency_key_reused", Invalid, "The Idempotency-Key was used with another request";
    IdempotencyKey = "invalid_idempotency_key", Malformed, "The Idempotency-Key is not acceptable";
    InProgress = "in_progress", TooEarly, "The same request is still being worked on";
    UnknownAction = "unknown_action", NotFound, "No active plugin handles this action";
    UnknownQuery = "unknown_query", NotFound, "No active plugin answers this query";
    UnknownWidget = "unknown_widget", NotFound, "There is no such widget";
    UnknownPlugin = "unknown_plugin", NotFound, "There is no such plugin";
    NotFound = "not_found", NotFound, "There is nothing here";
    MethodNotAllowed = "method_not_allowed", MethodNotAllowed, "This method is not allowed here";
    NotAcceptable = "not_acceptable", NotAcceptable, "None of the accepted media types can be produced";
    BodyTooLarge = "body_too_large", TooLarge, "The body is too large";
    UnsupportedMedia = "unsupported_media_type", UnsupportedMedia, "The body's media type is not supported";
    MissingToken = "missing_token", Unauthenticated, "A token is needed";
    InvalidToken = "invalid_token", Unauthenticated, "The token is not valid";
    Forbidden = "forbidden", Forbidden, "This caller may not do that";
    OriginNotAllowed = "origin_not_allowed", Forbidden, "The key may not be used on this page";
    RateLimited = "rate_limited", TooMany, "Too many requests";
    SignInFailed = "sign_in_failed", Unauthenticated, "The account or the password is not right";
    IdentityRefused = "identity_refused", Unauthenticated, "The site's word for this user is not right";
    SignUpClosed = "sign_up_closed", Forbidden, "This host takes no new accounts this way";
    SetUpNeeded = "set_up_needed", Forbidden, "The host has no owner yet";
    LastOwner = "last_owner", Conflict, "A workspace would be left without an owner";
    AccountTaken = "account_taken", Conflict, "There is an account with this address or name";
    WeakPassword = "weak_password", Invalid, "The password cannot be accepted";
    LimitReached = "limit_reached", Conflict, "There are as many as there may be";
    AlreadyMember = "already_member", Conflict, "The account is a member already";
    Conflict = "conflict", Conflict, "This does not fit the present state";
    CrossSite = "cross_site_request", Forbidden, "A form of another site may not act here";
    PluginFailed = "plugin_failed", Plugin, "The plugin failed";
    PluginTimeout = "plugin_timeout", Timeout, "The plugin did not answer in time";
    PluginLimit = "plugin_limit", Plugin, "The plugin went past one of its limits";
    PluginBusy = "plugin_busy", TooMany, "Too many calls of this plugin are under way";
    PluginUnavailable = "plugin_unavailable", Unavailable, "The plugin is out of service for a while";
    InputRefused = "input_refused", Invalid, "This input made the plugin fail and is refused for a while";
    PluginInvalid = "plugin_invalid", Invalid, "The plugin cannot be accepted";
    GrantsMissing = "grants_missing", Invalid, "The plugin asks for permissions that were not granted";
    SchemaNarrowed = "schema_narrowed", Invalid, "The new version takes less input than the one in force";
    InvalidConfig = "invalid_config", Invalid, "The configuration does not fit the plugin's schema";
    UnknownVersion = "unknown_version", NotFound, "There is no such version of the plugin";
    NoEarlierVersion = "no_earlier_version", Conflict, "There is no earlier version to go back to";
    VersionTaken = "version_taken", Conflict, "Another component was in force under this version number";
    TooManyVersions = "too_many_versions", Conflict, "Too many versions of the plugin wait";
    PluginInForce = "plugin_in_force", Conflict, "The plugin is in force";
    PluginBundled = "plugin_bundled", Conflict, "The plugin is part of the host";
    NameTaken = "name_taken", Conflict, "The name is taken";
    TooManyBots = "too_many_bots", Conflict, "The workspace has as many bots as it may";
    BotInactive = "bot_inactive", Conflict, "The bot is switched off";
    StateConflict = "state_conflict", Conflict, "Others kept changing the same data";
    WidgetTemplate = "widget_template", Plugin, "The widget's template does not give a valid widget";
    InvalidWidget = "invalid_widget", Invalid, "The widget file is not valid";
    InvalidSetting = "invalid_setting", Invalid, "A setting is not valid";
    Deadline = "deadline_exceeded", Timeout, "The host did not answer in time";
    Overloaded = "overloaded", Unavailable, "The host is busy";
    NotReady = "not_ready", Unavailable, "The host is not ready";
    Stopping = "stopping", Unavailable, "The host is stopping";
    Database = "database_unavailable", Unavailable, "The database is not available";
    StorageFull = "storage_full", Storage, "There is no room left to store this";
    Internal = "internal", Internal, "Something went wrong on our side";
}

/// One thing that is wrong in the input, at a place that the sender can find.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
pub struct Fault {
    /// JSON pointer into the request's input, "" for the whole.
    pub pointer: String,
    pub message: String,
}

/// What is shown in place of something that failed.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The widget's name.
    pub name: String,
    /// Tells widgets of one name apart.
    pub key: String,
    pub tree: std::sync::Arc<serde_json::Value>,
}

pub struct Error {
    pub code: Code,
    /// For the client. Never holds a path, SQL, a backtrace or a secret.
    pub detail: Cow<'static, str>,
    pub faults: Vec<Fault>,
    /// A plugin's own dotted word for its refusal, such as "cart.empty".
    pub reason: Option<String>,
    /// Seconds after which trying again makes sense.
    pub retry_after_s: Option<u32>,
    /// A widget that the plugin declared for this case.
    pub shown: Option<Box<Shown>>,
    /// For the log alone.
    pub source: Option<Source>,
    /// Where it was made, for the log alone.
    pub at: &'static Location<'static>,
}

impl Error {
    #[track_caller]
    pub fn new(code: Code, detail: impl Into<Cow<'static, str>>) -> Error {
        let at = Location::caller();
        let (faults, detail) = (Vec::new(), detail.into());
        Error { code, detail, faults, reason: None, retry_after_s: None, shown: None, source: None, at }
    }

    /// Our own mistake: the client reads nothing of the cause.
    #[track_caller]
    pub fn internal(source: impl Into<Source>) -> Error {
        Error::new(Code::Internal, "Something went wrong on our side; the request id finds it in the log")
            .caused_by(source)
    }

    /// The same for another caller who waited for the same thing; its cause has been told once.
    pub fn again(&self) -> Error {
        let (faults, reason, retry_after_s) = (self.faults.clone(), self.reason.clone(), self.retry_after_s);
        Error {
            code: self.code,
            detail: self.detail.clone(),
            faults,
            reason,
            retry_after_s,
            shown: None,
            source: None,
            at: self.at,
        }
    }

    pub fn with_faults(mut self, faults: Vec<Fault>) -> Error {
        self.faults = faults;
        self
    }

    pub fn with_reason(mut self, reason: impl Into<String>) -> Error {
        self.reason = Some(reason.into());
        self
    }

    pub fn showing(mut self, shown: Shown) -> Error {
        self.shown = Some(Box::new(shown));
        self
    }

    pub fn retry_after(mut self, seconds: u32) -> Error {
        self.retry_after_s = Some(seconds);
        self
    }

    pub fn caused_by(mut self, source: impl Into<Source>) -> Error {
        self.source = Some(source.into());
        self
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code.word(), self.detail)?;
        for fault in &self.faults {
            write!(f, "\n  at {:?}: {}", fault.pointer, fault.message)?;
        }
        Ok(())
    }
}

impl std::fmt::Debug for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self} ({})", self.at)?;
        if let Some(source) = &self.source {
            write!(f, ": {source}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|s| s as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_words_are_unique_and_plain() {
        let mut words: Vec<_> = Code::ALL.iter().map(|c| c.word()).collect();
        words.sort_unstable();
        let all = words.len();
        words.dedup();
        assert_eq!(all, words.len());
        assert!(words.iter().all(|w| w.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')));
    }
}
