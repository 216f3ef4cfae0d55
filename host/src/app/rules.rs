//! HALL: what the settings say, in the rooms' own words.
use crate::features::plugins::{BreakerRules, LogRules, OffenderRules, ProbationRules, WatchRules};
use crate::settings::Settings;
use std::time::Duration;

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
