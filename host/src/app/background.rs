//! Loops that run beside the doors.
use super::House;
use crate::base::error::Error;
use crate::features::keys::Keys;
use crate::features::plugins::Plugins;
use crate::features::state::State;
use crate::features::widgets::Widgets;
use crate::settings::Settings;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// How often what other processes have changed is looked for: activations, accounts, keys.
const FOLLOW: Duration = Duration::from_secs(1);
/// How often the counted use of API keys is written.
const WRITE_USE: Duration = Duration::from_secs(5);
/// How often what has expired is swept away.
const SWEEP: Duration = Duration::from_secs(600);
/// Sign-ins and tokens that have ended are remembered so long after they would have expired.
const KEEP_ENDED: Duration = Duration::from_secs(30 * 24 * 3600);

/// Loops that run beside the doors.
pub(super) struct Background {
    state: State,
    plugins: Plugins,
    keys: Keys,
    stop_writer: Arc<Notify>,
    writer: JoinHandle<()>,
    pub(super) others: Vec<JoinHandle<()>>,
}

impl Background {
    pub(super) fn start(house: &House, settings: &Settings) -> Background {
        let keep = settings.idempotency.keep();
        let (audit, keep_lines) = (house.audit.clone(), Duration::from_secs(settings.audit.keep_days * 86_400));
        let (warn_bytes, warn_depth) = (settings.widgets.warn_bytes, settings.widgets.warn_depth);
        let (state, plugins) = (house.state.clone(), house.plugins.clone());
        let stop_writer = Arc::new(Notify::new());
        let writer = tokio::spawn({
            let (state, stop) = (state.clone(), stop_writer.clone());
            async move { state.write_groups(&stop).await }
        });
        let follow = tokio::spawn({
            let plugins = plugins.clone();
            async move { plugins.follow(FOLLOW).await }
        });
        let accounts = tokio::spawn({
            let accounts = house.access.accounts.clone();
            async move { accounts.follow(FOLLOW).await }
        });
        let sweep = tokio::spawn({
            let (state, replays, access) = (state.clone(), house.replays.clone(), house.access.clone());
            async move {
                let mut ticks = tokio::time::interval(SWEEP);
                loop {
                    ticks.tick().await;
                    let swept = async {
                        let people = access.accounts.sweep(KEEP_ENDED).await? + access.tokens.sweep(KEEP_ENDED).await?;
                        Ok::<_, Error>(
                            replays.sweep(keep).await?
                                + state.sweep(keep).await?
                                + audit.sweep(keep_lines).await?
                                + people,
                        )
                    };
                    match swept.await {
                        Ok(0) => {}
                        Ok(rows) => tracing::info!(rows, "swept away what had expired"),
                        Err(error) => {
                            tracing::warn!(?error, "what has expired cannot be swept away; trying again later")
                        }
                    }
                }
            }
        });
        let keys = house.access.keys.clone();
        let use_of_keys = tokio::spawn({
            let keys = keys.clone();
            async move { keys.write_used_every(WRITE_USE).await }
        });
        let weigh = tokio::spawn({
            let widgets = house.widgets.clone();
            async move { warn_of_heavy(&widgets, warn_bytes, warn_depth) }
        });
        let others = vec![follow, accounts, sweep, use_of_keys, weigh];
        Background { state, plugins, keys, stop_writer, writer, others }
    }

    /// Writes what waits, then ends the loops.
    pub(super) async fn stop(self) {
        for other in self.others {
            other.abort();
        }
        self.stop_writer.notify_one();
        if self.writer.await.is_err() {
            tracing::error!("the writer ended with a panic");
        }
        if let Err(error) = self.plugins.write_used().await {
            tracing::warn!(?error, "what plugins used of their grants is lost");
        }
        if let Err(error) = self.keys.write_used().await {
            tracing::warn!(?error, "the last use of API keys is lost");
        }
        drop((self.state, self.plugins));
    }
}

/// Says which widgets are heavier, drawn from their samples, than people like to wait for.
fn warn_of_heavy(widgets: &Widgets, bytes: usize, depth: usize) {
    for widget in widgets.list() {
        let figure = |name: &str| widget.figures.get(name).and_then(serde_json::Value::as_u64).unwrap_or(0) as usize;
        let (has_bytes, has_depth) = (figure("bytes"), figure("depth"));
        if has_bytes > bytes || has_depth > depth {
            let name = widget.name;
            tracing::warn!(
                widget = name,
                bytes = has_bytes,
                depth = has_depth,
                "a widget is heavy; see widgets.warn_*"
            );
        }
    }
}
