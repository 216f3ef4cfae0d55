//! What supervision knows of a plugin, as admins see it.
use super::{Watch, Watched};
use crate::features::plugins::stats::{Both, Figures};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

/// Statistics of a plugin: the version in force in detail, others in sum. In memory: they begin with the process.
#[derive(Clone, Debug, Serialize)]
pub struct PluginStats {
    pub name: String,
    /// Of the version in force, or of the one that was last.
    pub version: String,
    pub digest: String,
    pub since_ms: u64,
    pub breaker: BreakerView,
    /// What one call may use; absent when nothing is in force.
    pub limits: Option<LimitsView>,
    pub total: Figures,
    /// The last five minutes.
    pub recent: Figures,
    pub actions: BTreeMap<String, Both>,
    pub queries: BTreeMap<String, Both>,
    /// Every version that is remembered, newest first.
    pub versions: Vec<VersionStats>,
}

#[derive(Clone, Debug, Serialize)]
pub struct VersionStats {
    pub version: String,
    pub digest: String,
    pub in_force: bool,
    pub since_ms: u64,
    pub breaker: BreakerView,
    pub total: Figures,
    pub recent: Figures,
}

#[derive(Clone, Debug, Serialize)]
pub struct BreakerView {
    /// "closed", "open", "probing" or "quarantined".
    pub state: &'static str,
    /// Calls that were answered without running.
    pub shed: u64,
    /// Inputs that were refused because they had made it fail before.
    pub inputs_refused: u64,
}

/// Limits of one call.
#[derive(Clone, Debug, Serialize)]
pub struct LimitsView {
    pub cpu_ms: u64,
    pub wall_ms: u64,
    pub memory_bytes: usize,
    pub output_bytes: usize,
    pub host_calls: u32,
    pub concurrency: usize,
    pub queue: usize,
}

impl Watched {
    fn breaker_view(&self) -> BreakerView {
        let (shed, inputs_refused) = (self.shed.load(Relaxed), self.inputs_refused.load(Relaxed));
        BreakerView { state: self.word(), shed, inputs_refused }
    }

    fn stats_view(&self, in_force: bool) -> VersionStats {
        let Both { total, recent } = self.stats.sum(self.minute());
        VersionStats {
            version: self.version.to_string(),
            digest: format!("sha256:{}", self.digest),
            in_force,
            since_ms: self.since_ms,
            breaker: self.breaker_view(),
            total,
            recent,
        }
    }

    fn entries(&self, query: bool) -> BTreeMap<String, Both> {
        let names = if query { &self.queries } else { &self.actions };
        let called =
            |(index, name): (usize, &String)| Some((name.clone(), self.stats.of(query, index, self.minute())?));
        names.iter().enumerate().filter_map(called).collect()
    }
}

impl Watch {
    /// `in_force`: the version that answers now.
    pub(in crate::features::plugins) fn stats(
        &self,
        name: &str,
        in_force: Option<&Arc<Watched>>,
        limits: Option<LimitsView>,
    ) -> Option<PluginStats> {
        let known = self.versions(name);
        let shown = in_force.or(known.first())?;
        let is_it = |watched: &Arc<Watched>| in_force.is_some_and(|w| w.digest == watched.digest);
        let VersionStats { version, digest, since_ms, breaker, total, recent, .. } = shown.stats_view(true);
        Some(PluginStats {
            name: name.to_owned(),
            version,
            digest,
            since_ms,
            breaker,
            limits,
            total,
            recent,
            actions: shown.entries(false),
            queries: shown.entries(true),
            versions: known.iter().map(|watched| watched.stats_view(is_it(watched))).collect(),
        })
    }
}
