//! Settings: defaults ← older names ← file ← `INLAY_*` ← flags, then one typed struct per part. What each setting
//! means, its unit and its default stand in `config.default.toml`.
mod checks;
mod layers;

pub use layers::{DEFAULTS, Layers, Leaf, Origin};

use crate::base::secret::Secret;
use ipnet::IpNet;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What is wrong with the settings, and what to do about it; for the person at the command line. Never holds a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsError(pub String);

impl std::fmt::Display for SettingsError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SettingsError {}

#[derive(Clone, Debug)]
pub struct Settings {
    pub server: Server,
    pub data: Data,
    pub auth: Auth,
    pub limits: Limits,
    pub audit: Audit,
    pub accounts: Accounts,
    pub tokens: Tokens,
    pub plugins: Plugins,
    pub watch: Watch,
    pub widgets: Widgets,
    pub idempotency: Idempotency,
    pub log: Log,
    pub metrics: Metrics,
    pub dev: Dev,
    pub demo: Demo,
    /// Where each value came from, for `inlay config`.
    pub layers: Layers,
    /// Said once at start: older names in use, values that work but should be better.
    pub notes: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    #[serde(deserialize_with = "address")]
    pub listen: SocketAddr,
    /// Without a slash at its end.
    #[serde(deserialize_with = "optional")]
    pub public_url: Option<String>,
    pub cors_origins: Vec<String>,
    #[serde(deserialize_with = "networks")]
    pub trusted_proxies: Vec<IpNet>,
    pub proxy_header: ProxyHeader,
    pub drain_s: u64,
    pub header_timeout_s: u64,
    pub body_timeout_s: u64,
    pub idle_timeout_s: u64,
    pub max_body_bytes: usize,
    pub max_connections: usize,
}

/// The header in which trusted proxies name who has sent a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProxyHeader {
    XForwardedFor,
    Forwarded,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Data {
    pub dir: PathBuf,
    /// `None`: SQLite, in a file of the data folder.
    #[serde(deserialize_with = "optional_secret")]
    pub database_url: Option<Secret<String>>,
    pub state_cache_bytes: u64,
}

impl Data {
    /// Whether the database is a server's and not a file.
    pub fn on_server(&self) -> bool {
        self.database_url.as_ref().is_some_and(|url| !url.reveal().starts_with("sqlite:"))
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Auth {
    /// `None`: the key file in the data folder is used.
    #[serde(deserialize_with = "optional_secret")]
    pub secret: Option<Secret<String>>,
    #[serde(deserialize_with = "secrets")]
    pub api_keys: Vec<Secret<String>>,
    pub widget_life_h: u64,
    pub widget_grace_h: u64,
    pub identified_life_h: u64,
}

impl Auth {
    pub fn widget_life(&self) -> Duration {
        Duration::from_secs(self.widget_life_h * 3600)
    }

    pub fn identified_life(&self) -> Duration {
        Duration::from_secs(self.identified_life_h * 3600)
    }

    pub fn widget_grace(&self) -> Duration {
        Duration::from_secs(self.widget_grace_h * 3600)
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    pub per_ip: u32,
    pub per_user: u32,
    pub per_key: u32,
    pub window_s: u64,
    pub loopback: bool,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Audit {
    pub keep_days: u64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accounts {
    pub sign_up: SignUp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SignUp {
    Open,
    Invite,
    Closed,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tokens {
    pub access_min: u64,
    pub refresh_h: u64,
    pub company_h: u64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plugins {
    pub cpu_ms: u64,
    pub cpu_max_ms: u64,
    pub wall_ms: u64,
    pub wall_max_ms: u64,
    pub memory_mib: usize,
    pub memory_max_mib: usize,
    pub concurrency: usize,
    pub queue: usize,
    pub queue_wait_ms: u64,
    pub instances: u32,
    pub max_component_bytes: usize,
    pub compile_cpu_s: u64,
    pub compile_wall_s: u64,
    pub compile_memory_mib: u64,
    /// `None`: a folder in the data folder.
    #[serde(deserialize_with = "optional")]
    pub cache_dir: Option<String>,
    pub state_value_bytes: usize,
    pub state_key_bytes: usize,
    pub host_calls: u32,
    pub state_ops: u32,
    pub state_quota_bytes: u64,
    pub output_bytes: usize,
    pub log_bytes: usize,
    pub log_lines: usize,
    pub events_per_call: usize,
    pub event_bytes: usize,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Watch {
    pub breaker: bool,
    pub window_s: u64,
    pub calls: u32,
    pub percent: u32,
    pub stops: u32,
    pub open_s: u64,
    pub open_max_s: u64,
    pub probes: u32,
    pub openings: u32,
    pub openings_s: u64,
    pub rollback: bool,
    pub rollback_s: u64,
    pub rollback_calls: u32,
    pub rollback_percent: u32,
    pub rollback_stops: u32,
    pub offender_stops: u32,
    pub offender_s: u64,
    pub log_lines: usize,
    pub log_bytes: usize,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Widgets {
    pub fuel: u64,
    pub max_bytes: usize,
    pub warn_bytes: usize,
    pub warn_depth: usize,
    pub strict_limits: bool,
    pub small_updates: bool,
    pub cache_bytes: u64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Idempotency {
    pub keep_h: u64,
}

impl Idempotency {
    pub fn keep(&self) -> Duration {
        Duration::from_secs(self.keep_h * 3600)
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    pub level: String,
    pub format: LogFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    Auto,
    Text,
    Json,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metrics {
    pub access: MetricsAccess,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MetricsAccess {
    Open,
    Admin,
    Off,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dev {
    pub enabled: bool,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Demo {
    pub enabled: bool,
}

/// What stands outside of the settings and decides them; a test gives its own.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// `--config`.
    pub config: Option<PathBuf>,
    /// Where `inlay.config.toml` is looked for.
    pub working_dir: PathBuf,
    /// The environment.
    pub variables: Vec<(String, String)>,
    /// Setting, flag, text.
    pub flags: Vec<(&'static str, &'static str, String)>,
}

impl Sources {
    /// The process's own environment. A variable of ours that is not UTF-8 is kept with its damage visible, so that it
    /// is refused by name.
    pub fn of_process(config: Option<PathBuf>, flags: Vec<(&'static str, &'static str, String)>) -> Sources {
        let text = |os: std::ffi::OsString| os.to_string_lossy().into_owned();
        let variables = std::env::vars_os().map(|(name, value)| (text(name), text(value))).collect();
        Sources { config, working_dir: PathBuf::from("."), variables, flags }
    }

    fn variable(&self, name: &str) -> Option<&str> {
        self.variables
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    fn file(&self) -> Option<PathBuf> {
        let named = self.config.clone().or_else(|| self.variable("INLAY_CONFIG").map(PathBuf::from));
        named.or_else(|| Some(self.working_dir.join("inlay.config.toml")).filter(|path| path.exists()))
    }
}

impl Settings {
    /// Joins the layers and checks every value. Errors: an unknown name, a value of the wrong kind or out of range, a
    /// file that cannot be read.
    pub fn load(sources: &Sources) -> Result<Settings, SettingsError> {
        let mut layers = Layers::defaults()?;
        older_names(&mut layers, sources)?;
        if let Some(path) = sources.file() {
            let text = std::fs::read_to_string(&path)
                .map_err(|e| SettingsError(format!("the settings file {} cannot be read: {e}", path.display())))?;
            layers.file(&path, &text)?;
        }
        layers.variables(&sources.variables)?;
        for (name, flag, text) in &sources.flags {
            layers.put(name, text, Origin::Flag(flag))?;
        }
        Settings::from_layers(layers)
    }

    fn from_layers(layers: Layers) -> Result<Settings, SettingsError> {
        checks::each(&layers)?;
        let mut parts = layers.table();
        let settings = Settings {
            server: part(&mut parts, "server")?,
            data: part(&mut parts, "data")?,
            auth: part(&mut parts, "auth")?,
            limits: part(&mut parts, "limits")?,
            audit: part(&mut parts, "audit")?,
            accounts: part(&mut parts, "accounts")?,
            tokens: part(&mut parts, "tokens")?,
            plugins: part(&mut parts, "plugins")?,
            watch: part(&mut parts, "watch")?,
            widgets: part(&mut parts, "widgets")?,
            idempotency: part(&mut parts, "idempotency")?,
            log: part(&mut parts, "log")?,
            metrics: part(&mut parts, "metrics")?,
            dev: part(&mut parts, "dev")?,
            demo: part(&mut parts, "demo")?,
            notes: layers.leaves().iter().filter_map(older_note).collect(),
            layers,
        };
        checks::together(&settings)?;
        let notes = settings.notes.iter().cloned().chain(checks::notes(&settings)).collect();
        Ok(Settings { notes, ..settings })
    }

    /// The defaults with another data folder; for tests and tools.
    pub fn for_data_dir(dir: &Path) -> Result<Settings, SettingsError> {
        let mut layers = Layers::defaults()?;
        layers.put("data.dir", &dir.to_string_lossy(), Origin::Flag("--data"))?;
        Settings::from_layers(layers)
    }
}

fn older_note(leaf: &Leaf) -> Option<String> {
    match leaf.origin {
        Origin::Older(old) => Some(format!(
            "{} comes from {old}, a name of an earlier system; {} is its name here",
            leaf.name(),
            leaf.variable()
        )),
        _ => None,
    }
}

/// PORT, JWT_SECRET, VALID_API_KEYS and CORS_ORIGIN, as the systems that Inlay replaces knew them.
fn older_names(layers: &mut Layers, sources: &Sources) -> Result<(), SettingsError> {
    if let Some(port) = sources.variable("PORT") {
        let port: u16 =
            port.trim().parse().map_err(|_| SettingsError("PORT must be a number from 0 to 65535".into()))?;
        layers.put("server.listen", &format!("127.0.0.1:{port}"), Origin::Older("PORT"))?;
    }
    let others =
        [("JWT_SECRET", "auth.secret"), ("VALID_API_KEYS", "auth.api_keys"), ("CORS_ORIGIN", "server.cors_origins")];
    for (old, name) in others {
        if let Some(text) = sources.variable(old) {
            layers.put(name, text, Origin::Older(old))?;
        }
    }
    Ok(())
}

/// Takes one section out of the table, typed. `checks` has looked at every value before, so that an error here is a
/// disagreement between the defaults file and the structs; a test holds them together.
fn part<T: serde::de::DeserializeOwned>(table: &mut toml::Table, section: &str) -> Result<T, SettingsError> {
    let value = table.remove(section).unwrap_or_else(|| toml::Value::Table(toml::Table::new()));
    value.try_into().map_err(|error: toml::de::Error| SettingsError(format!("[{section}]: {}", error.message())))
}

fn address<'de, D: Deserializer<'de>>(from: D) -> Result<SocketAddr, D::Error> {
    let text = String::deserialize(from)?;
    checks::address(&text).map_err(D::Error::custom)
}

fn networks<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<IpNet>, D::Error> {
    Vec::<String>::deserialize(from)?.iter().map(|text| checks::network(text).map_err(D::Error::custom)).collect()
}

fn optional<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    let text = String::deserialize(from)?;
    Ok(Some(text.trim_end_matches('/').to_owned()).filter(|text| !text.is_empty()))
}

fn optional_secret<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Secret<String>>, D::Error> {
    let text = String::deserialize(from)?;
    Ok(Some(text).filter(|text| !text.is_empty()).map(Secret::new))
}

fn secrets<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Secret<String>>, D::Error> {
    Ok(Vec::<String>::deserialize(from)?.into_iter().map(Secret::new).collect())
}

#[cfg(test)]
mod tests;
