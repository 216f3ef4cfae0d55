//! What the doors of supervision give, described for the OpenAPI document.
#![expect(dead_code, reason = "only the descriptions are used")]
use super::shapes::{Named, named};
use std::collections::BTreeMap;
use utoipa::ToSchema;

pub(super) fn all() -> Vec<Named> {
    vec![
        named::<PluginStats>(),
        named::<VersionStats>(),
        named::<BreakerState>(),
        named::<CallLimits>(),
        named::<TwoFigures>(),
        named::<Figures>(),
        named::<Times>(),
        named::<PluginLog>(),
        named::<LogLine>(),
    ]
}

/// How a plugin is doing. In memory: the figures begin with the process.
#[derive(ToSchema)]
struct PluginStats {
    name: String,
    /// Of the version in force, or of the one that was last.
    version: String,
    digest: String,
    /// When its figures begin, in milliseconds since 1970.
    since_ms: u64,
    breaker: BreakerState,
    /// What one call may use; null when nothing is in force.
    #[schema(nullable)]
    limits: Option<CallLimits>,
    /// All calls of this version.
    total: Figures,
    /// Those of the last five minutes.
    recent: Figures,
    /// By action, those that were called.
    actions: BTreeMap<String, TwoFigures>,
    queries: BTreeMap<String, TwoFigures>,
    /// Every version that is remembered, newest first.
    versions: Vec<VersionStats>,
}

#[derive(ToSchema)]
struct VersionStats {
    version: String,
    digest: String,
    in_force: bool,
    since_ms: u64,
    breaker: BreakerState,
    total: Figures,
    recent: Figures,
}

#[derive(ToSchema)]
struct BreakerState {
    #[schema(pattern = "^(closed|open|probing|quarantined)$", example = "closed")]
    state: String,
    /// Calls that were answered without running.
    shed: u64,
    /// Inputs that were refused because they had made it fail before.
    inputs_refused: u64,
}

#[derive(ToSchema)]
struct CallLimits {
    cpu_ms: u64,
    wall_ms: u64,
    memory_bytes: u64,
    output_bytes: u64,
    host_calls: u32,
    /// Calls at the same time, and how many more may wait.
    concurrency: u64,
    queue: u64,
}

#[derive(ToSchema)]
struct TwoFigures {
    total: Figures,
    recent: Figures,
}

#[derive(ToSchema)]
struct Figures {
    calls: u64,
    ok: u64,
    /// In the plugin's own words: nobody's fault.
    refused: u64,
    /// Faults of the plugin or of the host.
    failed: u64,
    /// Runs of handlers, those that were repeated on fresh data included.
    attempts: u64,
    conflicts: u64,
    host_calls: u64,
    /// High-water mark of one call's memory.
    memory_bytes: u64,
    cpu_us: Times,
    wall_us: Times,
    /// By the plugin's code; since the start alone.
    #[schema(required = false, nullable = false)]
    refusals: Option<BTreeMap<String, u64>>,
    /// By word, such as "plugin.trap" or "limit.cpu".
    #[schema(required = false, nullable = false)]
    errors: Option<BTreeMap<String, u64>>,
}

/// Microseconds; quantiles are right within an eighth.
#[derive(ToSchema)]
struct Times {
    mean: u64,
    p50: u64,
    p90: u64,
    p99: u64,
}

#[derive(ToSchema)]
struct PluginLog {
    /// The oldest first.
    lines: Vec<LogLine>,
}

#[derive(ToSchema)]
struct LogLine {
    /// Grows from line to line.
    id: u64,
    at_ms: u64,
    #[schema(pattern = "^(debug|info|warn|error)$", example = "info")]
    level: String,
    message: String,
    fields: BTreeMap<String, String>,
    /// The action or query.
    action: String,
    /// The call's id, also in the action log.
    call: String,
    attempt: u32,
    version: String,
}
