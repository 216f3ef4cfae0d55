//! HALL: what the settings say, in the rooms' own words.
use crate::base::tree::diff::Fineness;
use crate::base::tree::review::Bounds;
use crate::doors::kit::came::Proxies;
use crate::doors::kit::limits::Rates;
use crate::doors::kit::problem;
use crate::doors::{MetricsAccess as Access, Options};
use crate::features::plugins::{BreakerRules, LogRules, OffenderRules, ProbationRules, WatchRules};
use crate::features::widgets::inspect::Lens;
use crate::platform::templates::RenderLimits;
use crate::server;
use crate::settings::{self, MetricsAccess, ProxyHeader, Settings};
use std::net::SocketAddr;
use std::time::Duration;

/// Checking an uploaded component may take this long on top of its transfer.
const UPLOAD_CHECK: Duration = Duration::from_secs(60);
/// Requests worked on at the same time, and how long one more waits before it is told that the host is busy.
const AT_ONCE: usize = 1_024;
const TURN_WAIT: Duration = Duration::from_millis(500);

pub(super) fn watch(settings: &Settings) -> WatchRules {
    let (w, s) = (&settings.watch, Duration::from_secs);
    let breaker = BreakerRules {
        window: s(w.window_s),
        calls: w.calls,
        percent: w.percent,
        stops: w.stops,
        open: s(w.open_s),
        open_max: s(w.open_max_s),
        probes: w.probes,
        openings: w.openings,
        openings_within: s(w.openings_s),
    };
    let (window, calls, percent) = (s(w.rollback_s), w.rollback_calls, w.rollback_percent);
    let probation = ProbationRules { window, calls, percent, row: w.rollback_stops };
    WatchRules {
        breaker: w.breaker.then_some(breaker),
        probation: w.rollback.then_some(probation),
        offenders: OffenderRules { stops: w.offender_stops, refused: s(w.offender_s) },
        logs: LogRules { lines: w.log_lines, bytes: w.log_bytes },
    }
}

/// What bounds connections.
pub(super) fn connections(settings: &Settings) -> server::Limits {
    let server = &settings.server;
    server::Limits {
        head: Duration::from_secs(server.header_timeout_s),
        idle: Duration::from_secs(server.idle_timeout_s),
        drain: Duration::from_secs(server.drain_s),
        connections: server.max_connections,
        unreadable: problem::unreadable,
    }
}

/// What doors are told.
pub(super) fn doors(settings: &Settings, address: SocketAddr) -> Options {
    let server = &settings.server;
    let body_time = Duration::from_secs(server.body_timeout_s);
    Options {
        public_url: server.public_url.clone(),
        address,
        cors_origins: server.cors_origins.clone(),
        proxies: Proxies::new(server.trusted_proxies.clone(), server.proxy_header == ProxyHeader::Forwarded),
        rates: rates(&settings.limits),
        max_body_bytes: server.max_body_bytes,
        body_time,
        max_upload_bytes: settings.plugins.max_component_bytes,
        deadline: body_time + UPLOAD_CHECK,
        at_once: AT_ONCE,
        turn_wait: TURN_WAIT,
        metrics: match settings.metrics.access {
            MetricsAccess::Open => Access::Open,
            MetricsAccess::Admin => Access::Admin,
            MetricsAccess::Off => Access::Off,
        },
        demo: settings.demo.enabled,
    }
}

fn rates(limits: &settings::Limits) -> Rates {
    Rates {
        per_ip: limits.per_ip,
        per_user: limits.per_user,
        per_key: limits.per_key,
        window: Duration::from_secs(limits.window_s),
        loopback: limits.loopback,
    }
}

/// How widgets are rendered and looked at.
pub fn lens(settings: &Settings) -> Lens {
    let widgets = &settings.widgets;
    let (bytes, depth, strict) = (widgets.warn_bytes, widgets.warn_depth, widgets.strict_limits);
    Lens {
        bounds: Bounds { bytes, depth, strict, ..Bounds::default() },
        render: RenderLimits { fuel: widgets.fuel, max_bytes: widgets.max_bytes },
        updates: if widgets.small_updates { Fineness::Small } else { Fineness::ChatKit },
    }
}
