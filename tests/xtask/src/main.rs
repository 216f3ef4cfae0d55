//! Chores of the repository. Each runs cargo with the right arguments, so that nobody has to remember them.
use clap::{Parser, Subcommand};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Chores of the repository")]
struct Chores {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Measure: a plugin call beside the bare loop, actions over HTTP, memory, start (builds in release mode)
    Bench {
        /// A folder with other servers to measure beside ours; its load/run.sh is called
        #[arg(long, value_name = "DIR")]
        peers: Option<PathBuf>,
        /// Where to write the figures as JSON [default: target/figures.json]
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// Only these parts, separated by commas: calls, threads, start, memory, http, plugins, carts, million, widgets
        #[arg(long, value_name = "LIST")]
        only: Option<String>,
        /// Do a million actions where a hundred thousand are done otherwise (some minutes)
        #[arg(long)]
        full: bool,
        /// Seconds of each timed loop
        #[arg(long, default_value_t = 4)]
        seconds: u32,
    },
    /// Write the files that are made from the code, such as host/openapi.json
    Gen {
        /// Only compare; exit code 1 when one differs
        #[arg(long)]
        check: bool,
    },
    /// Build the plugins that tests use and print where they are
    Fixtures,
}

fn main() -> ExitCode {
    let done = match Chores::parse().chore {
        Chore::Bench { peers, out, only, full, seconds } => bench(peers, out, only, full, seconds),
        Chore::Gen { check } => generate(check),
        Chore::Fixtures => fixtures(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("xtask: {why}");
            ExitCode::FAILURE
        }
    }
}

/// Relative to where the caller stands, not to where cargo runs.
fn absolute(path: &Path) -> Result<String, String> {
    let path = std::path::absolute(path).map_err(|e| format!("{}: {e}", path.display()))?;
    path.into_os_string().into_string().map_err(|_| "a path must be UTF-8".to_owned())
}

fn bench(
    peers: Option<PathBuf>,
    out: Option<PathBuf>,
    only: Option<String>,
    full: bool,
    seconds: u32,
) -> Result<(), String> {
    let mut arguments = vec!["--seconds".to_owned(), seconds.to_string()];
    let out = out.unwrap_or_else(|| root().join("target/figures.json"));
    arguments.extend(["--out".to_owned(), absolute(&out)?]);
    if let Some(peers) = peers {
        arguments.extend(["--peers".to_owned(), absolute(&peers)?]);
    }
    if let Some(only) = only {
        arguments.extend(["--only".to_owned(), only]);
    }
    if full {
        arguments.push("--full".to_owned());
    }
    // A bench target brings the release binary with it, built with the same dependencies.
    run(cargo().args(["bench", "--package", "inlay-host", "--bench", "figures", "--"]).args(arguments))
}

/// The files are made by a test, because it runs in a build that is there already. The same packages are named as by a
/// plain `cargo test`: naming fewer would build them again with fewer features.
fn generate(check: bool) -> Result<(), String> {
    let mut command = cargo();
    command.args(["test", "--quiet", "--test", "stories", "generated::"]);
    run(command.env("INLAY_GENERATE", if check { "check" } else { "write" }))
}

fn fixtures() -> Result<(), String> {
    let target = root().join("target/plugins");
    let mut command = cargo();
    command.current_dir(root().join("plugins"));
    run(command
        .args(["build", "--release", "--locked", "--target", "wasm32-wasip2", "--package", "misbehave"])
        .env("CARGO_TARGET_DIR", &target))?;
    println!("{}", target.join("wasm32-wasip2/release/misbehave.wasm").display());
    Ok(())
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).map_or_else(PathBuf::new, Path::to_path_buf)
}

fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

fn run(command: &mut Command) -> Result<(), String> {
    let status = command.status().map_err(|e| format!("cargo cannot be run: {e}"))?;
    if status.success() { Ok(()) } else { Err(format!("cargo ended with {status}")) }
}
