//! Which values make sense. A message names the setting, where its value came from, and what would be right; it never
//! repeats a secret.
use super::{Layers, Leaf, Settings, SettingsError};
use crate::platform::db::Place;
use ipnet::IpNet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;

/// Smallest and largest value of every number.
const RANGES: &[(&str, i64, i64)] = &[
    ("server.drain_s", 0, 600),
    ("server.header_timeout_s", 1, 300),
    ("server.body_timeout_s", 1, 3_600),
    ("server.idle_timeout_s", 1, 3_600),
    ("server.max_body_bytes", 1_024, 64 << 20),
    ("server.max_connections", 8, 1_000_000),
    ("data.state_cache_bytes", 0, 64 << 30),
    ("auth.widget_life_h", 1, 720),
    ("auth.widget_grace_h", 0, 720),
    ("auth.identified_life_h", 1, 8_760),
    ("limits.per_ip", 0, 1_000_000_000),
    ("limits.per_user", 0, 1_000_000_000),
    ("limits.per_key", 0, 1_000_000_000),
    ("limits.window_s", 1, 86_400),
    ("tokens.access_min", 1, 1_440),
    ("tokens.refresh_h", 1, 8_760),
    ("tokens.company_h", 1, 720),
    ("audit.keep_days", 1, 36_500),
    ("plugins.cpu_ms", 1, 60_000),
    ("plugins.cpu_max_ms", 1, 60_000),
    ("plugins.wall_ms", 10, 300_000),
    ("plugins.wall_max_ms", 10, 300_000),
    ("plugins.memory_mib", 2, 1_024),
    ("plugins.memory_max_mib", 2, 4_096),
    ("plugins.concurrency", 1, 10_000),
    ("plugins.queue", 0, 100_000),
    ("plugins.queue_wait_ms", 0, 60_000),
    ("plugins.instances", 1, 10_000),
    ("plugins.max_component_bytes", 65_536, 256 << 20),
    ("plugins.compile_cpu_s", 1, 600),
    ("plugins.compile_wall_s", 1, 50),
    ("plugins.compile_memory_mib", 256, 65_536),
    ("plugins.state_value_bytes", 256, 16 << 20),
    ("plugins.state_key_bytes", 16, 4_096),
    ("plugins.host_calls", 1, 1_000_000),
    ("plugins.state_ops", 1, 100_000),
    ("plugins.state_quota_bytes", 4_096, 1 << 40),
    ("plugins.output_bytes", 1_024, 16 << 20),
    ("plugins.log_bytes", 0, 1 << 20),
    ("plugins.log_lines", 0, 10_000),
    ("plugins.events_per_call", 0, 1_000),
    ("plugins.event_bytes", 64, 1 << 20),
    ("watch.window_s", 1, 3_600),
    ("watch.calls", 1, 1_000_000),
    ("watch.percent", 1, 100),
    ("watch.stops", 0, 1_000),
    ("watch.open_s", 1, 3_600),
    ("watch.open_max_s", 1, 86_400),
    ("watch.probes", 1, 1_000),
    ("watch.openings", 0, 64),
    ("watch.openings_s", 1, 86_400),
    ("watch.rollback_s", 1, 86_400),
    ("watch.rollback_calls", 1, 1_000_000),
    ("watch.rollback_percent", 1, 100),
    ("watch.rollback_stops", 0, 1_000),
    ("watch.offender_stops", 0, 1_000),
    ("watch.offender_s", 1, 86_400),
    ("watch.log_lines", 0, 100_000),
    ("watch.log_bytes", 0, 64 << 20),
    ("widgets.fuel", 1_000, 1_000_000_000),
    ("widgets.max_bytes", 1_024, 16 << 20),
    ("widgets.warn_bytes", 0, 16 << 20),
    ("widgets.warn_depth", 1, 64),
    ("widgets.cache_bytes", 0, 64 << 30),
    ("idempotency.keep_h", 24, 24 * 365),
];

/// Longest key of plugins' data that can be kept on Postgres, bytes.
const POSTGRES_KEY: usize = 1_024;

/// Texts that stand in tutorials and templates as a place for a secret.
const PLACEHOLDERS: &[&str] = &[
    "changeme",
    "change-me",
    "change_me",
    "change-in-production",
    "your-secret",
    "your_secret",
    "your-256-bit-secret",
];

/// Checks every setting by itself.
pub fn each(layers: &Layers) -> Result<(), SettingsError> {
    for leaf in layers.leaves() {
        let name = leaf.name();
        if let Some(number) = leaf.value.as_integer() {
            let range = RANGES.iter().find(|(known, _, _)| *known == name);
            if let Some((_, from, to)) = range
                && !(from..=to).contains(&&number)
            {
                return Err(wrong(leaf, &format!("is {number}, but must be from {from} to {to}")));
            }
        } else if let Err(reason) = text(leaf, &name) {
            return Err(wrong(leaf, &reason));
        }
    }
    Ok(())
}

fn wrong(leaf: &Leaf, reason: &str) -> SettingsError {
    SettingsError(format!("{} (from {}) {reason}", leaf.name(), leaf.origin))
}

fn text(leaf: &Leaf, name: &str) -> Result<(), String> {
    let text = leaf.value.as_str().unwrap_or_default();
    let items = || leaf.value.as_array().into_iter().flatten().filter_map(|item| item.as_str());
    match name {
        "server.listen" => address(text).map(|_| ()),
        "server.public_url" if text.is_empty() => Ok(()),
        "server.public_url" => origin(text.trim_end_matches('/')),
        "server.cors_origins" => items().filter(|item| *item != "*").try_for_each(origin),
        "server.trusted_proxies" => items().try_for_each(|item| network(item).map(|_| ())),
        "server.proxy_header" => one_of(text, &["x-forwarded-for", "forwarded"]),
        "data.dir" if text.trim().is_empty() => Err("must name a folder".into()),
        "data.database_url" => database(text),
        "auth.secret" => secret(text),
        "auth.api_keys" => items().try_for_each(api_key),
        "accounts.sign_up" => one_of(text, &["open", "invite", "closed"]),
        "log.level" => level(text),
        "log.format" => one_of(text, &["auto", "text", "json"]),
        "metrics.access" => one_of(text, &["open", "admin", "off"]),
        _ => Ok(()),
    }
}

fn one_of(text: &str, words: &[&str]) -> Result<(), String> {
    if words.contains(&text) { Ok(()) } else { Err(format!("is {text:?}, but must be one of {}", words.join(", "))) }
}

/// "127.0.0.1:3000", "[::1]:3000", or "localhost:3000", which means 127.0.0.1.
pub fn address(text: &str) -> Result<SocketAddr, String> {
    let local = text.strip_prefix("localhost:").and_then(|port| port.parse().ok());
    let parsed = local.map(|port: u16| (Ipv4Addr::LOCALHOST, port).into()).or_else(|| text.parse().ok());
    parsed.ok_or_else(|| {
        format!("is {text:?}, but must be an IP address and a port, such as 127.0.0.1:3000 or [::1]:3000")
    })
}

/// "10.0.0.0/8", "2001:db8::/32", or a single address.
pub fn network(text: &str) -> Result<IpNet, String> {
    let single = text.parse::<IpAddr>().ok().map(IpNet::from);
    single.or_else(|| text.parse().ok()).ok_or_else(|| {
        format!("holds {text:?}, but needs addresses or networks, such as 10.0.0.1, 10.0.0.0/8 or 2001:db8::/32")
    })
}

/// Scheme, host and port, as a browser sends it in `Origin`.
fn origin(text: &str) -> Result<(), String> {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or_default();
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._:[]".contains(&b);
    if !host.is_empty() && host.len() <= 255 && host.bytes().all(plain) {
        return Ok(());
    }
    Err(format!(
        "holds {text:?}, but needs http:// or https://, a host and nothing after it, such as https://shop.example.com"
    ))
}

fn database(text: &str) -> Result<(), String> {
    Place::parse(text, Path::new("")).map(|_| ())
}

fn secret(text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Ok(());
    }
    let make =
        "make one with `openssl rand -hex 32`, or leave it empty to have one generated and kept in the data folder";
    if text.len() < 32 {
        return Err(format!("has {} bytes, but needs at least 32: {make}", text.len()));
    }
    let mut distinct = [false; 256];
    text.bytes().for_each(|b| distinct.iter_mut().skip(usize::from(b)).take(1).for_each(|seen| *seen = true));
    let lower = text.to_lowercase();
    if distinct.iter().filter(|seen| **seen).count() < 8 || PLACEHOLDERS.iter().any(|word| lower.contains(word)) {
        return Err(format!("can be guessed: {make}"));
    }
    if text.len() > 4_096 {
        return Err("is longer than 4096 bytes".into());
    }
    Ok(())
}

fn api_key(key: &str) -> Result<(), String> {
    let visible = key.bytes().all(|b| b.is_ascii_graphic());
    if key.len() < 8 || key.len() > 256 || !visible {
        return Err(
            "holds a key that is not 8 to 256 visible ASCII characters; make one with `openssl rand -hex 16`".into()
        );
    }
    Ok(())
}

fn level(text: &str) -> Result<(), String> {
    let word =
        |word: &str| ["off", "error", "warn", "info", "debug", "trace"].contains(&word.to_ascii_lowercase().as_str());
    let fits = |directive: &str| match directive.rsplit_once('=') {
        Some((part, level)) => !part.is_empty() && word(level),
        None => word(directive),
    };
    if text.split(',').all(|directive| fits(directive.trim())) {
        return Ok(());
    }
    Err(format!("is {text:?}, but must be error, warn, info, debug or trace, or a list by part such as info,sqlx=warn"))
}

/// Settings that contradict each other.
pub fn together(settings: &Settings) -> Result<(), SettingsError> {
    let (p, w) = (&settings.plugins, &settings.widgets);
    let wide = |size: usize| u64::try_from(size).unwrap_or(u64::MAX);
    let pairs = [
        ("plugins.cpu_ms", p.cpu_ms, "plugins.cpu_max_ms", p.cpu_max_ms),
        ("plugins.wall_ms", p.wall_ms, "plugins.wall_max_ms", p.wall_max_ms),
        ("plugins.memory_mib", wide(p.memory_mib), "plugins.memory_max_mib", wide(p.memory_max_mib)),
        ("plugins.cpu_ms", p.cpu_ms, "plugins.wall_ms", p.wall_ms),
        ("plugins.cpu_max_ms", p.cpu_max_ms, "plugins.wall_max_ms", p.wall_max_ms),
        ("plugins.concurrency", wide(p.concurrency), "plugins.instances", p.instances.into()),
        ("plugins.state_value_bytes", wide(p.state_value_bytes), "plugins.state_quota_bytes", p.state_quota_bytes),
        ("watch.open_s", settings.watch.open_s, "watch.open_max_s", settings.watch.open_max_s),
        ("widgets.warn_bytes", wide(w.warn_bytes), "widgets.max_bytes", wide(w.max_bytes)),
    ];
    // An entry of Postgres's index holds at most 2,704 bytes, the names around the key included.
    if settings.data.on_server() && p.state_key_bytes > POSTGRES_KEY {
        let is = p.state_key_bytes;
        let text = format!("plugins.state_key_bytes is {is}, but Postgres keeps keys of at most {POSTGRES_KEY} bytes");
        return Err(SettingsError(text));
    }
    match pairs.into_iter().find(|(_, smaller, _, larger)| smaller > larger) {
        Some((small, smaller, large, larger)) => Err(SettingsError(format!(
            "{small} is {smaller} and {large} is {larger}, but {small} must not be above {large}"
        ))),
        None => Ok(()),
    }
}

/// What works, but should be better.
pub fn notes(settings: &Settings) -> Vec<String> {
    let mut notes = Vec::new();
    if settings.auth.api_keys.iter().any(|key| key.reveal().len() < 24) {
        notes.push(
            "auth.api_keys holds a key of less than 24 characters; make longer ones with `openssl rand -hex 16`".into(),
        );
    }
    if !settings.server.listen.ip().is_loopback() && settings.server.public_url.is_none() {
        notes.push(
            "server.listen is reachable for others and server.public_url is not set; put TLS in front and set it"
                .into(),
        );
    }
    if settings.server.public_url.is_some() && settings.server.trusted_proxies.is_empty() {
        notes.push(
            "server.public_url is set and server.trusted_proxies is empty: if a proxy stands in front, everybody seems to \
             come from its address; name the proxy there"
                .into(),
        );
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_has_a_range_and_every_range_a_number() {
        let layers = Layers::defaults().unwrap();
        let numbers: Vec<String> = layers.leaves().iter().filter(|l| l.value.is_integer()).map(|l| l.name()).collect();
        let ranges: Vec<&str> = RANGES.iter().map(|(name, _, _)| *name).collect();
        assert_eq!(numbers, ranges);
    }
}
