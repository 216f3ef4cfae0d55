//! HALL: the one place where parts are joined; background loops; graceful stop.
use crate::base::clock::Clock;
use crate::base::error::{Code, Error, Result as Answer};
use crate::base::secret::Secret;
use crate::bundled;
use crate::features::actions::Actions;
use crate::features::identity::Identity;
use crate::features::plugins::{OutLimits, Parts, PluginLimits, Plugins};
use crate::features::state::{State, StateLimits};
use crate::features::widgets::{self, Widgets};
use crate::platform::db::Db;
use crate::platform::keys;
use crate::platform::metrics::Metrics;
use crate::platform::templates::RenderLimits;
use crate::platform::wasm::{Entry, Sandbox, SandboxSettings};
use crate::settings::Settings;
use rustix::fs::{FlockOperation, flock};
use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// Why a verb failed, for the person at the command line.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// How often activations made by other processes are looked for.
const FOLLOW: Duration = Duration::from_secs(1);
/// How often what has expired is swept away.
const SWEEP: Duration = Duration::from_secs(600);
/// The rooms, joined, and the plumbing they stand on.
pub struct House {
    pub db: Db,
    pub clock: Clock,
    pub state: State,
    pub plugins: Plugins,
    pub widgets: Widgets,
    pub actions: Actions,
    pub sandbox: Sandbox,
    pub metrics: Metrics,
}

impl House {
    /// Opens the database and loads the plugins. The schema must be up to date.
    pub async fn open(settings: &Settings, db: Db) -> Answer<House> {
        let clock = Clock::system();
        let metrics = Metrics::new(env!("CARGO_PKG_VERSION"));
        let state = State::open(db.clone(), clock.clone(), settings.data.state_cache_bytes).await?;
        let limits = plugin_limits(settings);
        let sandbox = Sandbox::new(SandboxSettings {
            instances: settings.plugins.instances,
            memory_ceiling: limits.memory_ceiling,
            max_component_bytes: settings.plugins.max_component_bytes,
            cache: Some(cache_folder(settings)),
        })?;
        let plugins = Plugins::open(Parts {
            db: db.clone(),
            state: state.clone(),
            sandbox: sandbox.clone(),
            clock: clock.clone(),
            limits,
            bundled: bundled::BUNDLED,
            check_widget: widgets::check,
        })
        .await?;
        let render = RenderLimits { fuel: settings.widgets.fuel, max_bytes: settings.widgets.max_bytes };
        let widgets = Widgets::open(plugins.clone(), bundled::WIDGET_FILES, render, settings.widgets.cache_bytes)?;
        let actions = Actions::new(state.clone(), plugins.clone(), widgets.clone(), metrics.clone(), clock.clone());
        Ok(House { db, clock, state, plugins, widgets, actions, sandbox, metrics })
    }
}

fn cache_folder(settings: &Settings) -> PathBuf {
    match &settings.plugins.cache_dir {
        Some(dir) => PathBuf::from(dir),
        None => settings.data.dir.join("cache").join("compiled"),
    }
}

fn plugin_limits(settings: &Settings) -> PluginLimits {
    let p = &settings.plugins;
    PluginLimits {
        cpu: Duration::from_millis(p.cpu_ms),
        cpu_ceiling: Duration::from_millis(p.cpu_max_ms),
        wall: Duration::from_millis(p.wall_ms),
        wall_ceiling: Duration::from_millis(p.wall_max_ms),
        memory: p.memory_mib << 20,
        memory_ceiling: p.memory_max_mib << 20,
        output_bytes: p.output_bytes,
        host_calls: p.host_calls,
        state: StateLimits {
            value_bytes: p.state_value_bytes,
            key_bytes: p.state_key_bytes,
            ops: p.state_ops,
            quota_bytes: p.state_quota_bytes,
        },
        out: OutLimits {
            events: p.events_per_call,
            event_bytes: p.event_bytes,
            log_lines: p.log_lines,
            log_bytes: p.log_bytes,
        },
        entry: Entry { concurrency: p.concurrency, queue: p.queue, wait: Duration::from_millis(p.queue_wait_ms) },
    }
}

async fn open_database(settings: &Settings) -> Result<Db, Failure> {
    std::fs::create_dir_all(&settings.data.dir)
        .map_err(|e| format!("The data folder {} cannot be made: {e}", settings.data.dir.display()))?;
    let file = settings.data.dir.join("inlay.db");
    Ok(Db::open(&file)
        .await
        .map_err(|e| explained(&format!("The database {} cannot be opened", file.display()), &e))?)
}

/// For the command line, where the cause may be shown.
fn explained(what: &str, error: &Error) -> String {
    match &error.source {
        Some(source) => format!("{what}: {} ({source})", error.detail),
        None => format!("{what}: {}", error.detail),
    }
}

/// One process writes plugin data: its order of commits is in memory.
fn lock_data(settings: &Settings) -> Result<File, Failure> {
    let path = settings.data.dir.join("inlay.lock");
    let file = File::options().create(true).truncate(false).write(true).open(&path)?;
    flock(&file, FlockOperation::NonBlockingLockExclusive).map_err(|_| {
        let dir = settings.data.dir.display();
        format!("Another Inlay serves the data folder {dir}; stop it, or choose another folder with --data DIR")
    })?;
    Ok(file)
}

fn signing_key(settings: &Settings) -> Result<Secret<Vec<u8>>, Failure> {
    match &settings.auth.secret {
        Some(secret) => Ok(Secret::new(secret.reveal().clone().into_bytes())),
        None => Ok(keys::signing_key(&settings.data.dir)?),
    }
}

/// Names of the migrations that were applied now.
pub async fn migrate(settings: &Settings) -> Result<Vec<String>, Failure> {
    let db = open_database(settings).await?;
    let pending = db.pending().await?;
    db.migrate().await.map_err(|e| explained("Nothing was migrated", &e))?;
    db.close().await;
    Ok(pending)
}

/// The plugins' room on the data folder, without doors; a host may run beside it and follows what is activated here.
pub async fn plugins_offline(settings: &Settings) -> Result<Plugins, Failure> {
    let db = open_database(settings).await?;
    db.migrate().await.map_err(|e| explained("The database is not usable", &e))?;
    Ok(House::open(settings, db).await?.plugins)
}

/// Opens the database, walks through it and says how it is, in one line.
pub async fn doctor_database(settings: &Settings) -> Result<String, Failure> {
    let db = open_database(settings).await?;
    let complaints = db.integrity().await?;
    let pending = db.pending().await?;
    db.close().await;
    match (complaints.first(), pending.len()) {
        (Some(first), _) => Err(format!("SQLite finds the file damaged: {first}").into()),
        (None, 0) => Ok("sound, and its schema is up to date".to_owned()),
        (None, n) => Ok(format!("sound; {n} migrations are pending and run at the next start")),
    }
}

/// Loops that run beside the doors.
struct Background {
    state: State,
    plugins: Plugins,
    stop_writer: Arc<Notify>,
    writer: JoinHandle<()>,
    others: Vec<JoinHandle<()>>,
}

impl Background {
    fn start(house: &House, keep: Duration) -> Background {
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
        let sweep = tokio::spawn({
            let state = state.clone();
            async move {
                let mut ticks = tokio::time::interval(SWEEP);
                loop {
                    ticks.tick().await;
                    match state.sweep(keep).await {
                        Ok(0) => {}
                        Ok(rows) => tracing::info!(rows, "swept away what had expired"),
                        Err(error) => {
                            tracing::warn!(?error, "what has expired cannot be swept away; trying again later")
                        }
                    }
                }
            }
        });
        Background { state, plugins, stop_writer, writer, others: vec![follow, sweep] }
    }

    /// Writes what waits, then ends the loops.
    async fn stop(self) {
        for other in self.others {
            other.abort();
        }
        self.stop_writer.notify_one();
        if self.writer.await.is_err() {
            tracing::error!("the writer ended with a panic");
        }
        drop((self.state, self.plugins));
    }
}
pub async fn serve(_settings: Settings) -> Result<(), Failure> {
    Ok(())
}
