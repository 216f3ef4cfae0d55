//! What follows from supervision: a version that failed goes out of force; and what admins may see of it.
use super::logs::{Line, Tail, Wish};
use super::stats::Spent;
use super::watch::Barred;
use super::watch::{Alarm, AlarmKind, Interventions, Pass, PluginStats, Watched};
use super::{Manifest, Named, Plugins, permitted};
use crate::base::error::{Code, Error, Result};
use crate::features::identity::Caller;
use std::sync::Arc;
use std::time::Duration;

/// How long a call waits until a version that is being taken out of force is replaced.
const REPLACED: Duration = Duration::from_secs(5);

/// What is run under supervision, perhaps twice, on different versions.
pub trait Work: Send + Sync {
    type Answer: Send;

    /// `spent`: gets what each attempt used.
    fn run(&self, named: &Named, spent: &mut Spent) -> impl Future<Output = Result<Self::Answer>> + Send;
}

impl Plugins {
    /// Runs an action or a query under supervision: not at all where its version is given a rest or its input is known to
    /// be harmful; and once more, on the version that is put in force instead, where its own is taken out of force because
    /// of this call or meanwhile: nothing was stored then. `input`: JSON text that fits the declared schema. Errors: those
    /// of the work, `plugin_unavailable`, `input_refused`.
    pub async fn supervised<W: Work>(&self, caller: &Caller, named: &Named, input: &str, work: W) -> Result<W::Answer> {
        let mut named = named.clone();
        for last in [false, true] {
            let watched = named.plugin.watched.clone();
            match watched.enter(named.called(named.name(), input)) {
                Ok(pass) => {
                    let mut spent = Spent::default();
                    let ended = work.run(&named, &mut spent).await;
                    let moved = self.note(pass, &watched, ended.as_ref().err(), &spent).await;
                    if last || !moved {
                        return ended;
                    }
                }
                Err(Barred::Refused(error)) => return Err(error),
                Err(Barred::Moved) if last => return Err(leaving()),
                Err(Barred::Moved) => {}
            }
            named = self.successor(caller, &watched, &named, input).await?;
        }
        Err(leaving())
    }

    /// Errors: `plugin_invalid` where a widget that an action declares for the case of failure cannot be drawn then.
    pub(super) fn check_fallbacks(&self, manifest: &Manifest) -> Result<()> {
        let file = |name: &str| manifest.widgets.iter().find(|w| w.get("name").and_then(|n| n.as_str()) == Some(name));
        for action in &manifest.actions {
            if let Some(file) = action.fallback.as_deref().and_then(file) {
                (self.0.check_fallback)(file, &action.name)?;
            }
        }
        Ok(())
    }

    /// What answers to the same name now that the version is out of force.
    async fn successor(&self, caller: &Caller, gone: &Watched, named: &Named, input: &str) -> Result<Named> {
        if !self.is_replaced(gone).await && gone.is_condemned() {
            return Err(leaving());
        }
        let table = self.table();
        let found = if named.is_query() { table.query(named.name()) } else { table.action(named.name()) };
        let found = found.ok_or_else(leaving)?;
        let declared = found.declared().ok_or_else(leaving)?;
        permitted(caller, declared.role)?;
        let input: serde_json::Value = serde_json::from_str(input).map_err(Error::internal)?;
        declared.input.check(&input).map_err(|faults| {
            let detail = "The input does not fit the schema of the version that is in force now";
            Error::new(Code::InvalidParameters, detail).with_faults(faults)
        })?;
        Ok(found.clone())
    }

    /// Tells supervision how a call ended, and does what follows from it before it comes back. Whether the call failed on
    /// a version that is not in force any more.
    async fn note(&self, pass: Pass<'_>, watched: &Watched, error: Option<&Error>, spent: &Spent) -> bool {
        let told = pass.end(error, spent);
        if let Some(alarm) = told.alarm {
            let plugins = self.clone();
            // A task of its own: the caller may go away, the version must go in any case.
            if tokio::spawn(async move { plugins.take_out(alarm).await }).await.is_err() {
                tracing::error!(plugin = &*watched.name, "taking a version out of force ended with a panic");
                watched.pardon(false);
            }
        }
        told.failed && self.is_replaced(watched).await
    }

    /// Whether another version has the place of this one. Waits for it while this one is being taken out of force.
    async fn is_replaced(&self, watched: &Watched) -> bool {
        let other = || self.table().plugins.get(&*watched.name).is_some_and(|p| p.watched.digest != watched.digest);
        if watched.is_condemned() && !other() {
            let _ = tokio::time::timeout(REPLACED, watched.decided()).await;
        }
        other()
    }

    /// Takes a version out of force: back to the one before, where there is one; else, if it must go in any case, into
    /// quarantine.
    async fn take_out(&self, alarm: Alarm) {
        let Alarm { kind, plugin, digest, reason } = alarm;
        let Some(watched) = self.0.watch.by_digest(&digest) else { return };
        let done = match self.auto_rollback(&plugin, &digest, &reason).await {
            Ok(Some(restored)) => {
                let version = &*watched.version;
                tracing::warn!(%plugin, version, digest, reason, restored = restored.version, "a version failed and was rolled back");
                self.0.watch.count_rollback();
                watched.go();
                return;
            }
            Ok(None) if kind == AlarmKind::RollBack => {
                watched.pardon(false);
                return;
            }
            Ok(None) => self.quarantine(&plugin, &digest, &reason).await,
            Err(error) => Err(error),
        };
        match done {
            Ok(()) => self.0.watch.count_quarantine(),
            // The database does not answer: nothing is decided, the next failure asks again.
            Err(error) => {
                tracing::error!(?error, %plugin, digest, "a version that fails cannot be taken out of force");
                watched.pardon(true);
            }
        }
    }

    /// Errors: `unknown_plugin`.
    pub async fn stats(&self, name: &str) -> Result<PluginStats> {
        let table = self.table();
        let active = table.plugins.get(name);
        let stats = self.0.watch.stats(name, active.map(|p| &p.watched), active.map(|p| p.limits_view()));
        match stats {
            Some(stats) => Ok(stats),
            None => Err(self.about(name).await.err().unwrap_or_else(nothing_known)),
        }
    }

    /// The newest lines of a plugin's log. Errors: `unknown_plugin`.
    pub async fn log_lines(&self, name: &str, wish: Wish) -> Result<Vec<Arc<Line>>> {
        self.about(name).await?;
        Ok(self.0.watch.logs(name).last(wish))
    }

    /// The same, and what is written from now on. Errors: `unknown_plugin`.
    pub async fn log_tail(&self, name: &str, wish: Wish) -> Result<Tail> {
        self.about(name).await?;
        Ok(self.0.watch.logs(name).tail(wish))
    }

    /// The host stops: readers of logs are told so.
    pub fn close_logs(&self) {
        self.0.watch.close();
    }

    /// Whether every plugin in force may be called.
    pub fn is_calm(&self) -> bool {
        let table = self.table();
        table.healthy() && table.plugins.values().all(|plugin| plugin.watched.is_calm())
    }

    /// Each plugin in force and the state of its breaker, for `/metrics`.
    pub fn breakers(&self) -> Vec<(String, &'static str)> {
        self.table().plugins.iter().map(|(name, plugin)| (name.clone(), plugin.watched.word())).collect()
    }

    pub fn interventions(&self) -> Interventions {
        self.0.watch.interventions()
    }
}

/// Whether an error means that the plugin could not do its work, so that something is shown in its place.
pub fn is_down(error: &Error) -> bool {
    matches!(error.code, Code::PluginFailed | Code::PluginTimeout | Code::PluginLimit | Code::PluginUnavailable)
}

/// Its version goes, and what comes instead is not there yet or does not know the name.
fn leaving() -> Error {
    let detail = "The plugin failed and is being taken out of service; try again shortly";
    Error::new(Code::PluginUnavailable, detail).with_reason("plugin.leaving").retry_after(1)
}

/// A plugin that could not be loaded since the start.
fn nothing_known() -> Error {
    Error::new(Code::PluginUnavailable, "This plugin could not be loaded, so there is nothing to tell of its calls")
}
