//! HALL: the one place where parts are joined; background loops; graceful stop.
mod project;
mod background;
pub mod people;
mod rules;
pub mod upkeep;

pub use project::Project;

use crate::base::clock::Clock;
use crate::base::error::{Code, Error, Result as Answer};
use crate::base::seal::SealKey;
use crate::doors::rooms::{Checks, Condition, Health, People, Soon};
use crate::doors::{self, Needs};
use crate::features::access::Access;
use crate::features::actions::Actions;
use crate::features::audit::Audit;
use crate::features::backup;
use crate::features::bots::{Bots, WidgetLife};
use crate::features::dev::Dev;
use crate::features::identity::Identity;
use crate::features::keys::Keys;
use crate::features::plugins::{Interventions, OutLimits, Parts, PluginLimits, Plugins};
use crate::features::privacy::Privacy;
use crate::features::replay::Replays;
use crate::features::state::{State, StateLimits};
use crate::features::tokens::Tokens;
use crate::features::visitors::Visitors;
use crate::features::vouching::Vouching;
use crate::features::widgets::{self, Widgets};
use crate::features::workspaces::Workspaces;
use crate::platform::db::{Db, Place};
use crate::platform::keys;
use crate::platform::metrics::{Metrics, Totals, Watched};
use crate::platform::wasm::{Cache, CompileLimits, Compiler, Entry, Sandbox, SandboxSettings};
use crate::settings::Settings;
use crate::{bundled, cli, server};
use background::Background;
use people::accounts;
use rustix::fs::{FlockOperation, flock};
use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::net::TcpListener;

/// Why a verb failed, for the person at the command line.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// A database that does not answer a ping in this time counts as down.
const PING: Duration = Duration::from_secs(2);

/// The rooms, joined, and the plumbing they stand on.
pub struct House {
    pub db: Db,
    pub clock: Clock,
    pub identity: Identity,
    pub audit: Audit,
    pub access: Access,
    pub replays: Replays,
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
        let key = keys::in_force(settings.auth.secret.as_ref(), &settings.data.dir)
            .map_err(|error| Error::new(Code::InvalidSetting, "The host's key cannot be read").caused_by(error))?;
        let sandbox = Sandbox::new(SandboxSettings {
            instances: settings.plugins.instances,
            memory_ceiling: limits.memory_ceiling,
            max_component_bytes: settings.plugins.max_component_bytes,
            cache: cache(settings),
            compiler: Some(compiler(settings)?),
        })?;
        let plugins = Plugins::open(Parts {
            db: db.clone(),
            state: state.clone(),
            sandbox: sandbox.clone(),
            clock: clock.clone(),
            limits,
            bundled: bundled::BUNDLED,
            check_widget: widgets::check,
            check_fallback: widgets::check_fallback,
            watch: rules::watch(settings),
            seal: SealKey::derive(key.reveal(), "inlay plugin secrets v1"),
        })
        .await?;
        let lens = rules::lens(settings);
        let widgets = Widgets::open(plugins.clone(), bundled::WIDGET_FILES, lens, settings.widgets.cache_bytes)?;
        let actions = Actions::new(state.clone(), plugins.clone(), widgets.clone(), metrics.clone(), clock.clone());
        let identity = Identity::new(&key, &settings.auth.api_keys, clock.clone());
        let audit = Audit::new(db.clone(), clock.clone());
        let tokens = Tokens::new(db.clone(), clock.clone(), identity.clone());
        let workspaces = Workspaces::new(db.clone(), clock.clone(), identity.clone(), audit.clone(), tokens.clone());
        let life = WidgetLife { life: settings.auth.widget_life(), grace: settings.auth.widget_grace() };
        let bots = (db.clone(), clock.clone(), tokens.clone(), workspaces.clone(), audit.clone());
        let access = Access {
            keys: Keys::new(db.clone(), clock.clone(), audit.clone()),
            identity: identity.clone(),
            accounts: accounts(settings, &db, &clock, &identity, &audit, key.reveal())?,
            vouching: Vouching::new(
                db.clone(),
                clock.clone(),
                SealKey::derive(key.reveal(), "inlay identity secrets v1"),
                audit.clone(),
                identity.clone(),
                settings.auth.identified_life(),
            ),
            bots: Bots::new(bots.0, bots.1, bots.2, bots.3, bots.4, life),
            tokens,
            workspaces,
        };
        let replays = Replays::new(db.clone(), clock.clone(), key.reveal());
        Ok(House { db, clock, identity, audit, access, replays, state, plugins, widgets, actions, sandbox, metrics })
    }
}

impl House {
    /// The rooms that know visitors.
    fn people(&self) -> People {
        let vouching = self.access.vouching.clone();
        let (state, plugins, audit) = (self.state.clone(), self.plugins.clone(), self.audit.clone());
        let visitors =
            Visitors::new(vouching.clone(), state.clone(), plugins.clone(), audit.clone(), self.clock.clone());
        let privacy = Privacy::new(vouching.clone(), state, plugins, audit, self.clock.clone());
        People { vouching, visitors, privacy }
    }
}

/// A cache costs time when it is missing, never correctness: a folder that cannot be trusted is no reason to stay down.
fn cache(settings: &Settings) -> Option<Cache> {
    let folder = match &settings.plugins.cache_dir {
        Some(dir) => PathBuf::from(dir),
        None => settings.data.dir.join("cache").join("compiled"),
    };
    match keys::cache_key(&folder) {
        Ok(key) => Some(Cache { folder, key }),
        Err(error) => {
            tracing::warn!(%error, "compiled plugins are not kept: every start compiles them again");
            None
        }
    }
}

/// This binary again, also when the file that it was started from has been replaced meanwhile.
fn compiler(settings: &Settings) -> Answer<Compiler> {
    let own = PathBuf::from("/proc/self/exe");
    let program = if own.exists() { own } else { std::env::current_exe().map_err(Error::internal)? };
    let p = &settings.plugins;
    let wall = Duration::from_secs(p.compile_wall_s);
    Ok(Compiler { program, limits: CompileLimits { cpu_s: p.compile_cpu_s, wall, memory_mib: p.compile_memory_mib } })
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

/// Where the database is.
fn place(settings: &Settings) -> Result<Place, Failure> {
    let url = settings.data.database_url.as_ref().map_or("", |url| url.reveal());
    Ok(Place::parse(url, &settings.data.dir).map_err(|e| format!("data.database_url {e}"))?)
}

async fn open_database(settings: &Settings) -> Result<Db, Failure> {
    upkeep::finish_restore(settings)?;
    std::fs::create_dir_all(&settings.data.dir)
        .map_err(|e| format!("The data folder {} cannot be made: {e}", settings.data.dir.display()))?;
    let place = place(settings)?;
    let what = match &place {
        Place::Sqlite(file) => format!("The database {} cannot be opened", file.display()),
        Place::Postgres(_) => "The database of data.database_url cannot be opened".to_owned(),
    };
    Ok(Db::open(&place).await.map_err(|e| explained(&what, &e))?)
}

/// For the command line, where the cause may be shown.
fn explained(what: &str, error: &Error) -> String {
    match &error.source {
        Some(source) if error.code == Code::Internal => format!("{what}: {source}"),
        Some(source) => format!("{what}: {} ({source})", error.detail),
        None => format!("{what}: {}", error.detail),
    }
}

/// One process writes plugin data: its order of commits is in memory.
fn lock_data(settings: &Settings) -> Result<File, Failure> {
    let path = settings.data.dir.join("inlay.lock");
    let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(|e| {
        let dir = settings.data.dir.display();
        format!("The data folder {dir} cannot be written: {e}. Give it to the user that runs Inlay, or choose another with --data DIR")
    })?;
    flock(&file, FlockOperation::NonBlockingLockExclusive).map_err(|_| {
        let dir = settings.data.dir.display();
        format!("Another Inlay serves the data folder {dir}; stop it, or choose another folder with --data DIR")
    })?;
    Ok(file)
}

/// The plugins' room on the data folder, without doors; a host may run beside it and follows what is activated here.
pub async fn plugins_offline(settings: &Settings) -> Result<Plugins, Failure> {
    upkeep::existing(settings)?;
    let db = open_database(settings).await?;
    db.migrate().await.map_err(|e| explained("The database is not usable", &e))?;
    Ok(House::open(settings, db).await?.plugins)
}

/// Serves until a signal asks to stop; then drains, writes what waits, and closes.
pub async fn serve(settings: Settings, project: Option<Project>) -> Result<(), Failure> {
    let settings = Arc::new(settings);
    std::fs::create_dir_all(&settings.data.dir)
        .map_err(|e| format!("The data folder {} cannot be made: {e}", settings.data.dir.display()))?;
    let lock = lock_data(&settings)?;
    backup::finish(&settings.data.dir)?;
    let listen = settings.server.listen;
    let listener = TcpListener::bind(listen)
        .await
        .map_err(|e| format!("Cannot listen on {listen}: {e}. Choose another address with --listen ADDR"))?;
    let db = open_database(&settings).await?;
    db.migrate().await.map_err(|e| explained("The database is not usable", &e))?;
    let house = Arc::new(House::open(&settings, db).await.map_err(|e| explained("The host cannot start", &e))?);
    if !house.sandbox.pagemap_scan() {
        tracing::warn!("this kernel is older than Linux 6.7: plugin calls cost about twice as much");
    }
    let mut background = Background::start(&house, &settings);
    let health = Arc::new(Pulse { house: house.clone(), stopping: AtomicBool::new(false) });
    let dev = Dev::new(settings.dev.enabled, house.clock.now_ms().to_string());
    let router = doors::router(Needs {
        identity: house.identity.clone(),
        access: Arc::new(house.access.clone()),
        replays: house.replays.clone(),
        audit: Arc::new(house.audit.clone()),
        accounts: Arc::new(house.access.accounts.clone()),
        bots: Arc::new(house.access.bots.clone()),
        visitors: Arc::new(house.people()),
        workspaces: house.access.workspaces.clone(),
        keys: house.access.keys.clone(),
        plugins: Arc::new(house.plugins.clone()),
        watch: Arc::new(house.plugins.clone()),
        widgets: Arc::new(house.widgets.clone()),
        actions: Arc::new(house.actions.clone()),
        health: health.clone(),
        dev: dev.clone(),
        metrics: house.metrics.clone(),
        clock: house.clock.clone(),
        options: rules::doors(&settings, listener.local_addr()?),
    });
    let fresh = house.access.accounts.is_empty().await.map_err(|e| explained("The host cannot start", &e))?;
    let credential = if fresh { house.identity.open_start_credential() } else { None };
    cli::banner(listener.local_addr()?, &settings, credential.as_ref())?;
    drop(credential);
    background.others.extend(project.map(|project| project.start(&dev, &house)));
    let stop = {
        let (health, plugins) = (health.clone(), house.plugins.clone());
        async move {
            stop_signal().await;
            health.stopping.store(true, Ordering::Release);
            plugins.close_logs();
            dev.close();
            tracing::info!("stopping: no new connections, finishing what is under way");
        }
    };
    server::run(listener, router, rules::connections(&settings), stop).await;
    background.stop().await;
    house.db.close().await;
    drop(lock);
    tracing::info!("stopped");
    Ok(())
}

/// SIGTERM from whoever runs the host, or Ctrl-C.
async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut term) => tokio::select! {
            _ = term.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        },
        Err(error) => {
            tracing::warn!(%error, "SIGTERM cannot be heard; only Ctrl-C stops gracefully");
            if tokio::signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }
}

/// How the host is doing, for the doors.
struct Pulse {
    house: Arc<House>,
    stopping: AtomicBool,
}

impl Health for Pulse {
    fn checks(&self) -> Soon<'_, Checks> {
        Box::pin(async {
            let database = match tokio::time::timeout(PING, self.house.db.ping()).await {
                Ok(Ok(())) if self.house.state.stores() => Condition::Ok,
                // Reads go on; see the state's writer.
                Ok(Ok(())) => Condition::Degraded,
                _ => Condition::Failed,
            };
            let plugins = if self.house.plugins.is_calm() { Condition::Ok } else { Condition::Degraded };
            // Events leave by the outbox, which is a table: there is no bus beside it yet that could fail alone.
            Checks { database, plugins, bus: database }
        })
    }

    fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    fn count(&self, metrics: &Metrics) {
        let state = self.house.state.counters();
        let (hits, renders) = self.house.widgets.counters();
        metrics.totals(Totals {
            commits: state.groups,
            committed_actions: state.units,
            conflicts: state.conflicts,
            widget_renders: renders,
            widget_cache_hits: hits,
        });
        let plugins = &self.house.plugins;
        let Interventions { rollbacks, quarantines, shed } = plugins.interventions();
        metrics.watched(&Watched { rollbacks, quarantines, shed, breakers: plugins.breakers() });
    }
}
