//! Builds plugins to components. Shared by the build script and by tests that need a plugin which is not bundled
//! (`#[path = "../build/component.rs"] mod component;`).
use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

const TARGET: &str = "wasm32-wasip2";

/// Builds packages of the workspace at `dir` in release mode, and gives the folder where their `.wasm` files lie.
/// `say` hears what takes long. Errors: sentences, with the command to type where we cannot help ourselves.
pub fn build(dir: &Path, packages: &[&str], target_dir: &Path, say: &dyn Fn(&str)) -> Result<PathBuf, String> {
    have_target(say)?;
    let mut cargo = command(&env::var("CARGO").unwrap_or_else(|_| "cargo".into()));
    // The folder decides which .cargo/config.toml counts: plugins/ has one.
    cargo.current_dir(dir).args(["build", "--release", "--locked", "--target", TARGET, "--target-dir"]).arg(target_dir);
    cargo.arg("--config").arg(same_everywhere(dir));
    for package in packages {
        cargo.args(["--package", package]);
    }
    run(&mut cargo)?;
    Ok(target_dir.join(TARGET).join("release"))
}

/// Panic messages name source files. Without the folders of this machine in them, the same sources give the same
/// component everywhere. (Cargo adds these flags to those of .cargo/config.toml.)
fn same_everywhere(dir: &Path) -> String {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| Some(env::home_dir()?.join(".cargo")));
    let registries = home.and_then(|home| home.join("registry/src").read_dir().ok()).into_iter().flatten().flatten();
    let crates = registries.map(|entry| (entry.path(), "crates"));
    let ours = dir.parent().map(|root| (root.to_owned(), "inlay"));
    let flags =
        ours.into_iter().chain(crates).map(|(path, name)| format!("--remap-path-prefix={}={name}", path.display()));
    format!("target.{TARGET}.rustflags={:?}", flags.collect::<Vec<_>>())
}

/// The toolchain's standard library for the target: there already, or fetched by rustup.
fn have_target(say: &dyn Fn(&str)) -> Result<(), String> {
    let rustc = env::var("RUSTC").unwrap_or_else(|_| "rustc".into());
    let found = command(&rustc).args(["--print", "target-libdir", "--target", TARGET]).output();
    let libdir = found.map_err(|e| format!("cannot run {rustc}: {e}"))?.stdout;
    if Path::new(String::from_utf8_lossy(&libdir).trim()).is_dir() {
        return Ok(());
    }
    say(&format!("Adding the target {TARGET} with rustup"));
    run(command("rustup").args(["target", "add", TARGET])).map_err(|why| {
        format!(
            "plugins need Rust's target {TARGET}, and it could not be added ({why}). Type: rustup target add {TARGET}"
        )
    })
}

fn run(command: &mut Command) -> Result<(), String> {
    let name = command.get_program().to_string_lossy().into_owned();
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{name} ended with {status}")),
        Err(error) => Err(format!("cannot run {name}: {error}")),
    }
}

/// What the outer cargo tells its children must not reach the inner one: its flags are for another target, its
/// wrappers (clippy's, say) for other code. What says where crates come from, and the job server, stays.
fn command(program: &str) -> Command {
    const KEPT: &[&str] = &["HOME", "NET_", "HTTP_", "REGISTRIES_", "REGISTRY_", "SOURCE_", "TERM_", "MAKEFLAGS"];
    const DROPPED: &[&str] =
        &["RUSTFLAGS", "RUSTDOCFLAGS", "RUSTC_WRAPPER", "RUSTC_WORKSPACE_WRAPPER", "LLVM_PROFILE_FILE"];
    let mut command = Command::new(program);
    for (name, _) in env::vars_os() {
        let Some(name) = name.to_str() else { continue };
        let of_cargo = name.strip_prefix("CARGO_").is_some_and(|rest| !KEPT.iter().any(|kept| rest.starts_with(kept)));
        if of_cargo || DROPPED.contains(&name) {
            command.env_remove(name);
        }
    }
    command
}
