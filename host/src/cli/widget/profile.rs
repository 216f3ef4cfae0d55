//! `inlay widget profile`: what widgets weigh and take, also against figures that were kept before.
use super::super::print;
use super::looked_at::{Looked, not_understood, say_report};
use crate::app::Failure;
use crate::features::widgets::inspect::{Baseline, Profile, Subject, profile};
use clap::Args;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

#[derive(Args)]
pub struct ProfileArgs {
    #[command(flatten)]
    looked: Looked,
    /// Compare with the figures in this file; a widget that has grown past the tolerance fails
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Keep the figures in this file, for --baseline
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    /// How much bytes, nodes and steps may grow, in percent
    #[arg(long, default_value_t = 10.0, value_name = "PERCENT")]
    tolerance: f64,
}

type Kept = BTreeMap<String, Baseline>;

pub fn run(args: &ProfileArgs) -> Result<(), Failure> {
    let kept = args.baseline.as_deref().map(load).transpose()?.unwrap_or_default();
    let lens = args.looked.lens();
    let mut profiles = Vec::new();
    for (file, subject) in args.looked.subjects()? {
        let name = match &subject {
            Subject::Template { name, .. } => name.clone(),
            Subject::Tree(_) => file.clone(),
        };
        let seen = profile(&subject, &lens, kept.get(&name));
        profiles.push((file, name, seen));
    }
    if let Some(path) = &args.save {
        let sizes: Kept = profiles.iter().filter_map(|(_, name, seen)| Some((name.clone(), seen.size?))).collect();
        let text = format!("{:#}\n", json!(sizes));
        std::fs::write(path, text).map_err(|e| not_understood(format!("{} cannot be written: {e}", path.display())))?;
    }
    let grown = |seen: &Profile| {
        let change = seen.change.as_ref().filter(|_| args.baseline.is_some());
        change.is_some_and(|c| [c.bytes_percent, c.nodes_percent, c.steps_percent].iter().any(|p| *p > args.tolerance))
    };
    let failed = profiles.iter().filter(|(_, _, seen)| args.looked.fails(&seen.report) || grown(seen)).count();
    if args.looked.json {
        let widgets: Vec<Value> = profiles
            .iter()
            .map(|(file, name, seen)| {
                let mut all = json!({"file": file, "name": name});
                if let (Some(all), Ok(Value::Object(seen))) = (all.as_object_mut(), serde_json::to_value(seen)) {
                    all.extend(seen);
                }
                all
            })
            .collect();
        print(&format!("{:#}", json!({"ok": failed == 0, "widgets": widgets})))?;
    } else {
        profiles.iter().try_for_each(|(file, _, seen)| say(file, seen))?;
    }
    match failed {
        0 => Ok(()),
        failed => Err(format!("{failed} of {} widgets did not pass", profiles.len()).into()),
    }
}

fn load(path: &Path) -> Result<Kept, Failure> {
    let why = |e: &dyn std::fmt::Display| not_understood(format!("the baseline {}: {e}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|e| why(&e))?;
    serde_json::from_str(&text).map_err(|e| why(&e))
}

fn say(file: &str, seen: &Profile) -> Result<(), Failure> {
    say_report(file, &seen.report)?;
    let Some(size) = seen.size else { return Ok(()) };
    let components: Vec<String> = seen.components.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    print(&format!("  size     {} bytes, {} with gzip; {}", size.bytes, size.gzip_bytes, components.join(", ")))?;
    if let Some(times) = &seen.times {
        if let (Some(render), Some(ratio)) = (times.render_us, times.to_reference) {
            print(&format!(
                "  render   {render} us, {ratio} times a card with ten rows ({} us); {} steps",
                times.reference_us, size.steps
            ))?;
        }
        print(&format!(
            "  others   validate {} us, serialize {} us, parse {} us (medians of {} runs)",
            times.validate_us, times.serialize_us, times.parse_us, times.runs
        ))?;
    }
    if let Some(change) = &seen.change {
        print(&format!(
            "  change   bytes {:+} %, gzip {:+} %, nodes {:+} %, steps {:+} % since the figures were kept",
            change.bytes_percent, change.gzip_bytes_percent, change.nodes_percent, change.steps_percent
        ))?;
    }
    for line in seen.lines.iter().take(5) {
        let cost = &line.cost;
        print(&format!(
            "  line {:>4}  {:>5.1} %, {} rounds, {} ns: {}",
            cost.line, line.percent, cost.visits, cost.nanoseconds, line.source
        ))?;
    }
    seen.recommendations.iter().try_for_each(|advice| print(&format!("  advice   {advice}")))
}
