//! The figures of docs/performance.md, in one command: `cargo xtask bench`. Prints a table and writes JSON.
mod bare;
mod calls;
mod http;
mod load;
mod process;
mod scale;
mod widgets;

use clap::Parser;
use serde_json::{Map, Value, json};
use std::path::PathBuf;
use std::time::Instant;

pub type Failure = Box<dyn std::error::Error + Send + Sync>;
pub type Done<T> = Result<T, Failure>;

#[derive(Parser)]
struct Arguments {
    /// A folder with other servers to measure beside ours.
    #[arg(long)]
    peers: Option<PathBuf>,
    #[arg(long)]
    out: Option<PathBuf>,
    /// calls, threads, start, memory, http, plugins, carts, million, widgets
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// A million actions in the part `million`, not a hundred thousand.
    #[arg(long)]
    full: bool,
    /// Seconds of each timed loop.
    #[arg(long, default_value_t = 4)]
    seconds: u64,
    /// Cargo says so to every bench.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> Done<()> {
    let arguments = Arguments::parse();
    let wanted = |part: &str| arguments.only.is_empty() || arguments.only.iter().any(|name| name == part);
    let quiet = calibrate();
    let mut figures = Map::new();
    figures.insert("machine".into(), json!({"cpus": std::thread::available_parallelism()?.get(), "kernel": kernel()}));
    if wanted("calls") {
        figures.insert("calls".into(), calls::measure(arguments.seconds)?);
    }
    if wanted("threads") {
        figures.insert("threads".into(), calls::threads(arguments.seconds)?);
    }
    let folder = process::Folder::new()?;
    if wanted("start") {
        figures.insert("start".into(), process::start(&folder)?);
    }
    if wanted("memory") {
        figures.insert("memory".into(), process::memory(&folder)?);
    }
    if wanted("http") {
        let result = match &arguments.peers {
            Some(peers) => http::beside_peers(peers, &folder, arguments.seconds)?,
            None => http::alone(&folder, arguments.seconds)?,
        };
        figures.insert("http".into(), result);
    }
    if wanted("plugins") {
        figures.insert("plugins".into(), scale::plugins(arguments.seconds)?);
    }
    if wanted("carts") {
        figures.insert("carts".into(), scale::carts(arguments.seconds)?);
    }
    if wanted("million") {
        figures.insert("million".into(), scale::memory(arguments.full)?);
    }
    if wanted("widgets") {
        figures.insert("widgets".into(), widgets::measure(arguments.seconds)?);
    }
    let after = calibrate();
    println!("\nA fixed piece of work took {quiet:.0} ms before and {after:.0} ms after: alike on a quiet machine.");
    figures.insert("calibration_ms".into(), json!([quiet, after]));
    if let Some(out) = arguments.out {
        if let Some(folder) = out.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(&out, serde_json::to_string_pretty(&Value::Object(figures))? + "\n")?;
        println!("Written to {}", out.display());
    }
    Ok(())
}

/// Milliseconds of a fixed piece of work, which tells whether others use the machine.
fn calibrate() -> f64 {
    use sha2::{Digest, Sha256};
    let began = Instant::now();
    let mut hash = [0u8; 32];
    for _ in 0..500_000 {
        hash = Sha256::digest(hash).into();
    }
    std::hint::black_box(hash);
    began.elapsed().as_secs_f64() * 1e3
}

fn kernel() -> String {
    std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default().trim().to_owned()
}

/// The value below which this part of the values lies. Sorts them.
pub fn percentile(values: &mut [f64], part: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let at = ((values.len().saturating_sub(1)) as f64 * part).round() as usize;
    values.get(at).copied().unwrap_or(f64::NAN)
}
