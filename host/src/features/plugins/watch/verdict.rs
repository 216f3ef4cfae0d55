//! What the end of a call says of its version, and under which word it is counted.
use super::Verdict;
use crate::base::error::{Code, Error, Kind};
use crate::features::plugins::stats::End;

/// `waited`: the call ran out of time while the database was at work for it.
pub(super) fn judge(error: Option<&Error>, waited: bool) -> (Verdict, End<'_>) {
    let Some(error) = error else { return (Verdict::Good, End::Ok) };
    let word = error.reason.as_deref().unwrap_or(error.code.word());
    let verdict = match error.code {
        Code::PluginFailed | Code::PluginLimit | Code::PluginTimeout | Code::WidgetTemplate => match word {
            "limit.wall" if waited => Verdict::Neutral,
            "limit.wall" => Verdict::Slow,
            // What others have stored before is not this version's doing.
            "limit.state-quota" => Verdict::Neutral,
            "plugin.trap" | "limit.cpu" | "limit.memory" | "limit.stack" | "limit.host-calls" => Verdict::Stopped,
            _ => Verdict::Failed,
        },
        code => match code.kind() {
            Kind::Internal | Kind::Storage | Kind::Unavailable | Kind::TooMany | Kind::Timeout => Verdict::Neutral,
            _ if code == Code::StateConflict => Verdict::Neutral,
            _ => return (Verdict::Good, End::Refused(word)),
        },
    };
    (verdict, End::Failed(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_plugin_s_own_failures_count_against_it() {
        let judged = |code, reason: &str| judge(Some(&Error::new(code, "x").with_reason(reason)), false).0;
        assert_eq!(judge(None, false).0, Verdict::Good);
        for (code, reason, verdict) in [
            (Code::PluginFailed, "plugin.trap", Verdict::Stopped),
            (Code::PluginTimeout, "limit.cpu", Verdict::Stopped),
            (Code::PluginTimeout, "limit.wall", Verdict::Slow),
            (Code::PluginLimit, "limit.memory", Verdict::Stopped),
            (Code::PluginLimit, "limit.output", Verdict::Failed),
            (Code::PluginLimit, "limit.events", Verdict::Failed),
            (Code::PluginLimit, "limit.state-quota", Verdict::Neutral),
            (Code::PluginFailed, "plugin.abi", Verdict::Failed),
            (Code::PluginFailed, "cap.denied", Verdict::Failed),
            (Code::WidgetTemplate, "", Verdict::Failed),
            (Code::Refused, "cart.empty", Verdict::Good),
            (Code::InvalidForm, "input.form", Verdict::Good),
            (Code::ActionConflict, "state.bound", Verdict::Good),
            (Code::Forbidden, "auth.none", Verdict::Good),
            (Code::PluginBusy, "plugin.busy", Verdict::Neutral),
            (Code::Database, "", Verdict::Neutral),
            (Code::StorageFull, "", Verdict::Neutral),
            (Code::StateConflict, "", Verdict::Neutral),
            (Code::Internal, "", Verdict::Neutral),
        ] {
            assert_eq!(judged(code, reason), verdict, "{} {reason}", code.word());
        }
        let slow = Error::new(Code::PluginTimeout, "x").with_reason("limit.wall");
        assert_eq!(judge(Some(&slow), true).0, Verdict::Neutral);
    }
}
