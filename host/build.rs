//! Makes the binary self-contained: builds the bundled plugins to components and embeds them, with the widgets.
#[path = "build/component.rs"]
mod component;

use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{env, process};

const BUNDLED: &[&str] = &["shop", "contact", "mcq", "booking", "magazine"];

fn main() {
    if let Err(why) = embed() {
        println!("cargo::error={why}");
        process::exit(1);
    }
}

fn embed() -> Result<(), String> {
    let root = folder("CARGO_MANIFEST_DIR")?.join("..").canonicalize().map_err(|e| e.to_string())?;
    let out = folder("OUT_DIR")?;
    watch(&root);
    // OUT_DIR is TARGET/PROFILE/build/inlay-host-HASH/out; all profiles share one set of built plugins.
    let target = out.ancestors().nth(4).unwrap_or(&out).join("plugins");
    say(&format!("Building the plugins {} (about a minute the first time)", BUNDLED.join(", ")));
    let built = component::build(&root.join("plugins"), BUNDLED, &target, &say)?;

    let mut code =
        String::from("/// The bundled plugins: name and component.\npub static BUNDLED: &[(&str, &[u8])] = &[\n");
    for name in BUNDLED {
        // A copy, so that a later build by another profile cannot change what this one embeds.
        let copy = out.join(format!("{name}.wasm"));
        fs::copy(built.join(format!("{name}.wasm")), &copy).map_err(|e| format!("{name}.wasm: {e}"))?;
        let _ = writeln!(code, "    ({name:?}, include_bytes!({copy:?})),");
    }
    code.push_str("];\n\n/// The first-party widgets' files: \"NAME/FILE\" and content.\n");
    code.push_str("pub static WIDGET_FILES: &[(&str, &str)] = &[\n");
    let widgets = root.join("widgets");
    // Cases are for `inlay widget test`.
    for file in files(&widgets).into_iter().filter(|file| !file.ends_with("cases.json")) {
        let name = file.strip_prefix(&widgets).unwrap_or(&file).to_string_lossy().replace('\\', "/");
        let _ = writeln!(code, "    ({name:?}, include_str!({file:?})),");
    }
    code.push_str("];\n");
    fs::write(out.join("bundled.rs"), code).map_err(|e| format!("bundled.rs: {e}"))
}

fn folder(variable: &str) -> Result<PathBuf, String> {
    env::var_os(variable).map(PathBuf::from).ok_or_else(|| format!("cargo did not set {variable}"))
}

/// Everything that the outcome depends on; not plugins/target, which an author's own build fills.
fn watch(root: &Path) {
    let whole = ["Cargo.toml", "widgets", "host/build.rs", "host/build", "plugins/Cargo.toml", "plugins/Cargo.lock"];
    let sdk = ["Cargo.toml", "src", "wit", "macros"].map(|part| format!("plugin-sdk/{part}"));
    let plugins = BUNDLED.iter().chain(&[".cargo"]).map(|part| format!("plugins/{part}"));
    for path in whole.map(str::to_owned).into_iter().chain(sdk).chain(plugins) {
        println!("cargo::rerun-if-changed={}", root.join(path).display());
    }
}

/// All files below a folder, in a stable order.
fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths.into_iter().flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// Cargo hides what a build script prints, so progress goes to the terminal itself, where there is one.
fn say(text: &str) {
    if let Ok(mut terminal) = OpenOptions::new().write(true).open("/dev/tty") {
        // Cargo's progress bar has no line end: take its line, it will draw itself again.
        let _ = writeln!(terminal, "\r\x1b[K    {text}");
    }
}
