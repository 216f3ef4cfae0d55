//! prometheus-client: what the host counts about itself. Names are bounded: whatever comes beyond `MOST_NAMES` of a kind
//! is counted under "other", so that nothing from outside can make the host's memory or the answer grow.
use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

/// Different routes, plugins, actions and outcomes that are told apart, of each kind.
const MOST_NAMES: usize = 256;
const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Request {
    route: Arc<str>,
    method: &'static str,
    status: u16,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Route {
    route: Arc<str>,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ActionDone {
    plugin: Arc<str>,
    action: Arc<str>,
    outcome: Arc<str>,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Plugin {
    plugin: Arc<str>,
}

/// What rooms have counted since the start.
#[derive(Clone, Copy, Debug, Default)]
pub struct Totals {
    pub commits: u64,
    /// Actions stored by these commits; together they give the mean size of a group.
    pub committed_actions: u64,
    /// Actions that had to run again because others changed the same data.
    pub conflicts: u64,
    /// Renderings of a template; an answer from the cache is none.
    pub widget_renders: u64,
    pub widget_cache_hits: u64,
}

/// What supervision of plugins has done since the start, and how it stands.
#[derive(Clone, Debug, Default)]
pub struct Watched {
    pub rollbacks: u64,
    pub quarantines: u64,
    /// Calls that were answered without running.
    pub shed: u64,
    /// Each plugin, and the word of its breaker: closed, probing, open, quarantined.
    pub breakers: Vec<(String, &'static str)>,
}

type Times<L> = Family<L, Histogram, fn() -> Histogram>;

/// Everything that is counted; a clone counts into the same numbers.
#[derive(Clone)]
pub struct Metrics(Arc<Inner>);

struct Inner {
    registry: Registry,
    started: Instant,
    names: RwLock<[HashSet<Arc<str>>; 4]>,
    requests: Family<Request, Counter>,
    request_times: Times<Route>,
    in_flight: Gauge,
    actions: Family<ActionDone, Counter>,
    action_times: Times<Plugin>,
    plugin_cpu: Times<Plugin>,
    plugin_wall: Times<Plugin>,
    commits: Counter,
    committed: Counter,
    conflicts: Counter,
    renders: Counter,
    render_hits: Counter,
    rollbacks: Counter,
    quarantines: Counter,
    shed: Counter,
    breakers: Family<Plugin, Gauge>,
    process: Process,
}

/// Read from the operating system when somebody asks.
#[derive(Default)]
struct Process {
    uptime: Gauge<f64, AtomicU64>,
    cpu: Counter<f64, AtomicU64>,
    resident: Gauge,
    threads: Gauge,
    files: Gauge,
}

#[derive(Clone, Copy)]
enum Kind {
    Route,
    Plugin,
    Action,
    Outcome,
}

/// 0.1 ms to 10 s.
fn times() -> Histogram {
    Histogram::new([0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0])
}

/// A request that is under way, for as long as this lives.
pub struct InFlight(Metrics);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.0.in_flight.dec();
    }
}

impl Metrics {
    /// What `render` returns: Prometheus' text format.
    pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

    pub fn new(version: &str) -> Metrics {
        let family = || Family::new_with_constructor(times as fn() -> Histogram);
        let mut inner = Inner {
            registry: Registry::default(),
            started: Instant::now(),
            names: RwLock::default(),
            requests: Family::default(),
            request_times: family(),
            in_flight: Gauge::default(),
            actions: Family::default(),
            action_times: Family::new_with_constructor(times),
            plugin_cpu: Family::new_with_constructor(times),
            plugin_wall: Family::new_with_constructor(times),
            commits: Counter::default(),
            committed: Counter::default(),
            conflicts: Counter::default(),
            renders: Counter::default(),
            render_hits: Counter::default(),
            rollbacks: Counter::default(),
            quarantines: Counter::default(),
            shed: Counter::default(),
            breakers: Family::default(),
            process: Process::default(),
        };
        inner.register(version);
        Metrics(Arc::new(inner))
    }

    /// One answered request. `route` is the route's pattern, never the path that was asked for.
    pub fn http(&self, route: &str, method: &str, status: u16, took: Duration) {
        let m = &self.0;
        let route = m.name(Kind::Route, route);
        let method = METHODS.into_iter().find(|known| *known == method).unwrap_or("other");
        m.request_times.get_or_create(&Route { route: route.clone() }).observe(took.as_secs_f64());
        m.requests.get_or_create(&Request { route, method, status }).inc();
    }

    /// Counts a request as under way until the returned value is dropped.
    pub fn in_flight(&self) -> InFlight {
        self.0.in_flight.inc();
        InFlight(self.clone())
    }

    /// One dispatched action; `outcome` is "ok" or a code of `base::error`.
    pub fn action(&self, plugin: &str, action: &str, outcome: &str, took: Duration) {
        let m = &self.0;
        let plugin = m.name(Kind::Plugin, plugin);
        m.action_times.get_or_create(&Plugin { plugin: plugin.clone() }).observe(took.as_secs_f64());
        let (action, outcome) = (m.name(Kind::Action, action), m.name(Kind::Outcome, outcome));
        m.actions.get_or_create(&ActionDone { plugin, action, outcome }).inc();
    }

    /// One call into a plugin: processor time and time on the clock.
    pub fn plugin_call(&self, plugin: &str, cpu: Duration, wall: Duration) {
        let plugin = Plugin { plugin: self.0.name(Kind::Plugin, plugin) };
        self.0.plugin_cpu.get_or_create(&plugin).observe(cpu.as_secs_f64());
        self.0.plugin_wall.get_or_create(&plugin).observe(wall.as_secs_f64());
    }

    /// Takes over what rooms have counted themselves; call it before `render`.
    pub fn totals(&self, totals: Totals) {
        let m = &self.0;
        for (counter, total) in [
            (&m.commits, totals.commits),
            (&m.committed, totals.committed_actions),
            (&m.conflicts, totals.conflicts),
            (&m.renders, totals.widget_renders),
            (&m.render_hits, totals.widget_cache_hits),
        ] {
            counter.inner().store(total, Relaxed);
        }
    }

    /// Takes over how plugins are supervised; call it before `render`.
    pub fn watched(&self, watched: &Watched) {
        let m = &self.0;
        m.rollbacks.inner().store(watched.rollbacks, Relaxed);
        m.quarantines.inner().store(watched.quarantines, Relaxed);
        m.shed.inner().store(watched.shed, Relaxed);
        m.breakers.clear();
        for (plugin, word) in watched.breakers.iter().take(MOST_NAMES) {
            let level = ["closed", "probing", "open", "quarantined"].iter().position(|known| known == word);
            let level = level.and_then(|level| i64::try_from(level).ok()).unwrap_or(-1);
            m.breakers.get_or_create(&Plugin { plugin: plugin.as_str().into() }).set(level);
        }
    }

    /// Time since this was made.
    pub fn uptime(&self) -> Duration {
        self.0.started.elapsed()
    }

    /// All numbers, as `CONTENT_TYPE`.
    pub fn render(&self) -> String {
        self.0.process.read(self.0.started);
        let mut out = String::with_capacity(16 * 1024);
        // Writing into a text cannot fail.
        let _ = text::encode(&mut out, &self.0.registry);
        as_prometheus(&out)
    }
}

impl Inner {
    fn register(&mut self, version: &str) {
        let r = &mut self.registry;
        let build: Family<[(&'static str, String); 1], Gauge> = Family::default();
        build.get_or_create(&[("version", version.to_owned())]).set(1);
        r.register("inlay_build_info", "The version that runs", build);
        r.register("inlay_http_requests", "Answered requests", self.requests.clone());
        let times = self.request_times.clone();
        r.register_with_unit("inlay_http_request_duration", "Time to answer a request", Unit::Seconds, times);
        r.register("inlay_http_requests_in_flight", "Requests under way", self.in_flight.clone());
        r.register("inlay_actions", "Dispatched actions by outcome", self.actions.clone());
        let times = self.action_times.clone();
        r.register_with_unit("inlay_action_duration", "Time of an action, its commit included", Unit::Seconds, times);
        let times = self.plugin_cpu.clone();
        r.register_with_unit("inlay_plugin_cpu", "Processor time of one plugin call", Unit::Seconds, times);
        let times = self.plugin_wall.clone();
        r.register_with_unit("inlay_plugin_wall", "Time of one plugin call", Unit::Seconds, times);
        r.register("inlay_commits", "Commits of plugins' data", self.commits.clone());
        r.register("inlay_commit_actions", "Actions stored by these commits", self.committed.clone());
        let conflicts = self.conflicts.clone();
        r.register("inlay_commit_conflicts", "Actions run again because others changed the same data", conflicts);
        r.register("inlay_widget_renders", "Renderings of a template", self.renders.clone());
        r.register("inlay_widget_cache_hits", "Widgets answered from the cache", self.render_hits.clone());
        let breakers = self.breakers.clone();
        r.register("inlay_plugin_breaker", "0 closed, 1 probing, 2 open, 3 quarantined", breakers);
        r.register("inlay_plugin_rollbacks", "Versions taken back because they failed", self.rollbacks.clone());
        r.register("inlay_plugin_quarantines", "Versions put in quarantine", self.quarantines.clone());
        r.register("inlay_plugin_shed", "Calls answered without running the plugin", self.shed.clone());
        self.process.register(r);
    }

    /// The kept copy of a name, or "other" once there are too many of its kind.
    fn name(&self, kind: Kind, name: &str) -> Arc<str> {
        if let Some(kept) =
            self.names.read().unwrap_or_else(PoisonError::into_inner).get(kind as usize).and_then(|n| n.get(name))
        {
            return kept.clone();
        }
        let mut names = self.names.write().unwrap_or_else(PoisonError::into_inner);
        match names.get_mut(kind as usize) {
            Some(names) if names.len() < MOST_NAMES && name.len() <= 128 => {
                let kept: Arc<str> = name.into();
                names.insert(kept.clone());
                kept
            }
            _ => "other".into(),
        }
    }
}

impl Process {
    fn register(&self, r: &mut Registry) {
        r.register_with_unit("inlay_uptime", "Time since the start", Unit::Seconds, self.uptime.clone());
        r.register_with_unit("process_cpu", "Processor time of the host", Unit::Seconds, self.cpu.clone());
        r.register_with_unit("process_resident_memory", "Resident memory", Unit::Bytes, self.resident.clone());
        r.register("process_threads", "Threads", self.threads.clone());
        r.register("process_open_fds", "Open files and connections", self.files.clone());
    }

    /// What cannot be read (another operating system than Linux) stays at 0.
    fn read(&self, started: Instant) {
        self.uptime.set(started.elapsed().as_secs_f64());
        let cpu = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
        let cpu = Duration::new(u64::try_from(cpu.tv_sec).unwrap_or(0), u32::try_from(cpu.tv_nsec).unwrap_or(0));
        self.cpu.inner().store(cpu.as_secs_f64().to_bits(), Relaxed);
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let field = |name: &str| -> Option<i64> {
            status.lines().find_map(|line| line.strip_prefix(name))?.split_whitespace().next()?.parse().ok()
        };
        self.resident.set(field("VmRSS:").unwrap_or(0).saturating_mul(1024));
        self.threads.set(field("Threads:").unwrap_or(0));
        let files = std::fs::read_dir("/proc/self/fd").map(|files| files.count()).unwrap_or(0);
        self.files.set(i64::try_from(files).unwrap_or(i64::MAX));
    }
}

/// The crate writes OpenMetrics; Prometheus' older format, which every collector reads, names a counter's family with its
/// "_total" and knows neither units nor an end mark.
fn as_prometheus(open_metrics: &str) -> String {
    let mut out = String::with_capacity(open_metrics.len() + 1024);
    let mut lines = open_metrics.lines().peekable();
    while let Some(line) = lines.next() {
        if line.starts_with("# UNIT ") || line == "# EOF" {
            continue;
        }
        let counter =
            |line: &str| line.strip_prefix("# TYPE ").and_then(|l| l.strip_suffix(" counter")).map(str::to_owned);
        if let Some(help) = line.strip_prefix("# HELP ")
            && let Some(name) = lines.peek().and_then(|next| counter(next))
        {
            let words = help.strip_prefix(name.as_str()).unwrap_or_default();
            out.push_str(&format!("# HELP {name}_total{words}\n"));
        } else if let Some(name) = counter(line) {
            out.push_str(&format!("# TYPE {name}_total counter\n"));
        } else {
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn line(text: &str, line: &str) -> bool {
        text.lines().any(|l| l == line)
    }

    #[test]
    fn numbers_come_back_as_prometheus_text() {
        let metrics = Metrics::new("1.2.3");
        metrics.http("/api/widget/{name}", "GET", 200, MS);
        metrics.http("/api/widget/{name}", "GET", 200, MS);
        metrics.http("/api/widget/{name}", "BREW", 405, MS);
        metrics.action("shop", "add_to_cart", "ok", MS);
        metrics.plugin_call("shop", MS, 2 * MS);
        metrics.totals(Totals {
            commits: 2,
            committed_actions: 30,
            conflicts: 1,
            widget_renders: 4,
            widget_cache_hits: 5,
        });
        let breakers = vec![("shop".to_owned(), "open")];
        metrics.watched(&Watched { rollbacks: 1, quarantines: 2, shed: 3, breakers });
        let under_way = metrics.in_flight();
        let text = metrics.render();
        for expected in [
            r#"inlay_build_info{version="1.2.3"} 1"#,
            "# TYPE inlay_http_requests_total counter",
            "# HELP inlay_http_requests_total Answered requests.",
            r#"inlay_http_requests_total{route="/api/widget/{name}",method="GET",status="200"} 2"#,
            r#"inlay_http_requests_total{route="/api/widget/{name}",method="other",status="405"} 1"#,
            r#"inlay_http_request_duration_seconds_count{route="/api/widget/{name}"} 3"#,
            "inlay_http_requests_in_flight 1",
            r#"inlay_actions_total{plugin="shop",action="add_to_cart",outcome="ok"} 1"#,
            r#"inlay_plugin_wall_seconds_sum{plugin="shop"} 0.002"#,
            "inlay_commits_total 2",
            "inlay_commit_actions_total 30",
            "inlay_commit_conflicts_total 1",
            "inlay_widget_renders_total 4",
            "inlay_widget_cache_hits_total 5",
            r#"inlay_plugin_breaker{plugin="shop"} 2"#,
            "inlay_plugin_rollbacks_total 1",
            "inlay_plugin_quarantines_total 2",
            "inlay_plugin_shed_total 3",
        ] {
            assert!(line(&text, expected), "{expected} is not in\n{text}");
        }
        drop(under_way);
        assert!(line(&metrics.render(), "inlay_http_requests_in_flight 0"));
        assert!(!text.contains("# EOF") && !text.contains("# UNIT"));
    }

    #[test]
    fn the_process_is_measured() {
        let text = Metrics::new("1").render();
        let value = |name: &str| -> f64 {
            let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
            line.unwrap_or_else(|| panic!("{name} is not in\n{text}")).parse().unwrap()
        };
        assert!(value("process_resident_memory_bytes") > 1e6);
        assert!(value("process_cpu_seconds_total") > 0.0);
        assert!(value("process_threads") >= 1.0 && value("process_open_fds") >= 3.0);
        assert!(value("inlay_uptime_seconds") < 10.0);
    }

    #[test]
    fn names_from_outside_cannot_grow_without_end() {
        let metrics = Metrics::new("1");
        for i in 0..5000 {
            metrics.http(&format!("/{i}"), "GET", 200, MS);
            metrics.action("p", &format!("a{i}"), "ok", MS);
        }
        metrics.action("p", &"x".repeat(100_000), "ok", MS);
        let text = metrics.render();
        assert!(text.lines().filter(|l| l.starts_with("inlay_http_requests_total")).count() <= MOST_NAMES + 1);
        assert!(line(
            &text,
            &format!(r#"inlay_actions_total{{plugin="p",action="other",outcome="ok"}} {}"#, 5001 - MOST_NAMES)
        ));
        assert!(text.len() < 1_000_000);
    }
}
