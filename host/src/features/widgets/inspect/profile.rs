//! The profiler: what a widget weighs, how long it takes, what of its template costs most, and what could be better.
//!
//! Times belong to one machine in one moment. So each is said beside that of a reference widget which is rendered in the
//! same moment; what does not change from run to run (bytes, nodes, steps) is compared with figures that were kept.
use super::advice::advice;
use super::{Lens, Report, Seen, Subject};
use crate::base::tree::{self, nodes::Nodes, review::review};
use crate::platform::archive::gzipped;
use crate::platform::templates::{LineCost, RenderLimits, Template, costs, steps};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// Renderings that a median is made of.
const RUNS: usize = 21;
/// Each measurement ends when it has taken this long, the first run excepted.
const TIME: Duration = Duration::from_millis(100);
/// Lines that are listed.
const LINES: usize = 10;

/// A usual card with a list of ten rows, which everybody can picture.
const REFERENCE: &str = include_str!("reference.jinja");

/// Figures of the widgets that came with the host, made by `cargo xtask gen`.
static KEPT: LazyLock<BTreeMap<String, Baseline>> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../../../assets/widget-baseline.json")).unwrap_or_default());

/// What does not change from run to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Baseline {
    /// Of the tree as it is sent, as compact JSON.
    pub bytes: usize,
    /// The same, compressed with gzip.
    pub gzip_bytes: usize,
    pub nodes: usize,
    pub depth: usize,
    /// minijinja's instructions; 0 for a tree without a template.
    pub steps: u64,
}

#[derive(Clone, Debug, Serialize)]
pub struct Times {
    /// Renderings that the medians are of.
    pub runs: usize,
    /// The template, from its input to the text that is sent; `None` for a tree without one.
    pub render_us: Option<f64>,
    pub validate_us: f64,
    pub serialize_us: f64,
    pub parse_us: f64,
    /// A usual card with ten rows, rendered in the same moment.
    pub reference_us: f64,
    /// `render_us` of this widget to that of the reference.
    pub to_reference: Option<f64>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Line {
    #[serde(flatten)]
    pub cost: LineCost,
    /// Of all steps, in percent.
    pub percent: f64,
    /// What stands there.
    pub source: String,
}

/// Against figures that were kept.
#[derive(Clone, Debug, Serialize)]
pub struct Change {
    pub baseline: Baseline,
    /// In percent; above 0 it grew.
    pub bytes_percent: f64,
    pub gzip_bytes_percent: f64,
    pub nodes_percent: f64,
    pub steps_percent: f64,
}

#[derive(Clone, Debug, Serialize)]
pub struct Profile {
    #[serde(flatten)]
    pub report: Report,
    pub size: Option<Baseline>,
    /// How many there are of each component.
    pub components: BTreeMap<String, usize>,
    pub times: Option<Times>,
    /// The lines of the template that take most steps.
    pub lines: Vec<Line>,
    pub change: Option<Change>,
    pub recommendations: Vec<String>,
}

/// Profiles. `baseline`: what to compare with; absent: the figures kept for a widget of this name, if it came with the host.
pub fn profile(subject: &Subject, lens: &Lens, baseline: Option<&Baseline>) -> Profile {
    let Seen { tree, report } = Seen::of(subject, lens);
    let mut profile = Profile {
        report,
        size: None,
        components: BTreeMap::new(),
        times: None,
        lines: Vec::new(),
        change: None,
        recommendations: Vec::new(),
    };
    let Some(tree) =
        tree.filter(Value::is_object).filter(|_| profile.report.findings.iter().all(|f| f.code != "too_deep"))
    else {
        return profile;
    };
    let sent = tree::wire(tree);
    let costs = match subject {
        Subject::Tree(_) => Vec::new(),
        Subject::Template { name, template, data, .. } => {
            costs(name, template, data, &lens.render, RUNS).unwrap_or_default()
        }
    };
    let size = weigh(&sent, steps(&costs));
    let nodes = Nodes::of(&sent);
    for place in &nodes.0 {
        *profile.components.entry(place.kind.chars().take(40).collect()).or_insert(0) += 1;
    }
    let kept = match subject {
        Subject::Template { name, .. } => KEPT.get(name),
        Subject::Tree(_) => None,
    };
    profile.change = baseline.or(kept).map(|before| change(before, &size));
    profile.times = Some(times(subject, &sent, lens));
    profile.lines = slowest(subject, costs);
    profile.size = Some(size);
    profile.recommendations = advice(&nodes, &profile, &lens.bounds);
    profile
}

fn weigh(sent: &Value, steps: u64) -> Baseline {
    let figures = tree::figures(sent);
    let gzip_bytes = gzipped(sent.to_string().as_bytes());
    Baseline { bytes: figures.bytes, gzip_bytes, nodes: figures.nodes, depth: figures.depth, steps }
}

fn change(before: &Baseline, now: &Baseline) -> Change {
    let percent = |before: f64, now: f64| match before {
        0.0 => 0.0,
        _ => ((now - before) / before * 1000.0).round() / 10.0,
    };
    let sizes = |of: fn(&Baseline) -> usize| percent(of(before) as f64, of(now) as f64);
    Change {
        baseline: *before,
        bytes_percent: sizes(|b| b.bytes),
        gzip_bytes_percent: sizes(|b| b.gzip_bytes),
        nodes_percent: sizes(|b| b.nodes),
        steps_percent: percent(before.steps as f64, now.steps as f64),
    }
}

fn times(subject: &Subject, sent: &Value, lens: &Lens) -> Times {
    let text = sent.to_string();
    let render = |name: &str, template: &str, data: &Value, limits: &RenderLimits| {
        let template = Template::compile(name, template).ok()?;
        Some(median(|| drop(black_box(template.render_wire(black_box(data), limits)))).0)
    };
    let render_us = match subject {
        Subject::Tree(_) => None,
        Subject::Template { name, template, data, .. } => render(name, template, data, &lens.render),
    };
    let rows: Vec<Value> = (1..=10).map(|n| json!({"name": format!("Row {n}"), "price": n * 100})).collect();
    let reference = json!({"title": "Ten rows", "rows": rows});
    let reference_us = render("reference", REFERENCE, &reference, &RenderLimits::default()).unwrap_or(0.0);
    let (validate_us, runs) = median(|| drop(black_box(review(black_box(sent), &lens.bounds))));
    let (serialize_us, _) = median(|| drop(black_box(black_box(sent).to_string())));
    let (parse_us, _) = median(|| drop(black_box(serde_json::from_str::<Value>(black_box(&text)))));
    let to_reference = render_us.filter(|_| reference_us > 0.0).map(|us| (us / reference_us * 100.0).round() / 100.0);
    Times { runs, render_us, validate_us, serialize_us, parse_us, reference_us, to_reference }
}

/// Microseconds, and of how many runs.
fn median(mut work: impl FnMut()) -> (f64, usize) {
    let began = Instant::now();
    let mut all = Vec::with_capacity(RUNS);
    while all.len() < RUNS && (all.is_empty() || began.elapsed() < TIME) {
        let run = Instant::now();
        work();
        all.push(run.elapsed().as_secs_f64() * 1e6);
    }
    all.sort_by(f64::total_cmp);
    let middle = all.get(all.len() / 2).copied().unwrap_or(0.0);
    ((middle * 10.0).round() / 10.0, all.len())
}

fn slowest(subject: &Subject, mut costs: Vec<LineCost>) -> Vec<Line> {
    let Subject::Template { template, .. } = subject else { return Vec::new() };
    let all = steps(&costs).max(1);
    costs.sort_by_key(|cost| (std::cmp::Reverse(cost.steps), cost.line));
    costs.truncate(LINES);
    let source = |line: usize| template.lines().nth(line.saturating_sub(1)).unwrap_or_default().trim();
    let line = |cost: LineCost| Line {
        cost,
        percent: (cost.steps as f64 / all as f64 * 1000.0).round() / 10.0,
        source: source(cost.line).chars().take(120).collect(),
    };
    costs.into_iter().map(line).collect()
}

/// The figures of a widget as they are kept, `None` where it does not render.
pub fn figures(subject: &Subject, lens: &Lens) -> Option<Baseline> {
    let Subject::Template { name, template, data, .. } = subject else { return None };
    let tree = Seen::of(subject, lens).tree?;
    Some(weigh(&tree::wire(tree), steps(&costs(name, template, data, &lens.render, 1)?)))
}
