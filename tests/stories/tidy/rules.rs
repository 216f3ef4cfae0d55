//! The rules of the house, on one file at a time, so that planted faults can be tried on them.
use super::source;

/// Floors from the ground up; an arrow may point down or stay.
const FLOORS: [&str; 5] = ["base", "platform", "features", "doors", "hall"];
/// Modules of the hall: the parts that join the others. Nobody below names them.
const HALL: [&str; 8] = ["app", "bundled", "cli", "lib", "main", "server", "settings", "telemetry"];

/// Which crate may be named where: a file, or a folder when it ends with a slash. `*` stands for one name.
const CRATES: [(&str, &[&str]); 13] = [
    ("axum", &["doors/", "app.rs", "server.rs"]),
    ("hyper", &["doors/", "server.rs", "cli/"]),
    ("tower_http", &["doors/", "server.rs"]),
    ("utoipa", &["doors/"]),
    ("sqlx", &["platform/db.rs", "platform/db/", "features/*/store.rs", "features/*/store/"]),
    ("wasmtime", &["platform/wasm/"]),
    ("wasmtime_wasi", &["platform/wasm/"]),
    ("wasmparser", &["platform/wasm/"]),
    ("minijinja", &["platform/templates.rs", "platform/templates/"]),
    ("jsonschema", &["platform/schema.rs", "platform/schema/"]),
    ("prometheus_client", &["platform/metrics.rs", "platform/metrics/"]),
    ("notify", &["platform/files.rs"]),
    ("clap", &["cli/", "cli.rs"]),
];

/// `unsafe` stands only where machine code of our own making is loaded, and in the guests' allocator.
const UNSAFE: [&str; 2] = ["host/src/platform/wasm/precompiled.rs", "plugin-sdk/src/alloc.rs"];

/// Lints that keep panics off the road; nobody switches them off in code that runs.
const PANICS: [&str; 4] = ["unwrap_used", "expect_used", "panic", "indexing_slicing"];

pub const LONGEST: usize = 450;

/// `path` from the repository's root, with slashes.
pub struct File<'a> {
    pub path: &'a str,
    pub text: &'a str,
}

/// A file's module path from its path below `src`.
fn module(path: &str) -> Vec<String> {
    let mut parts: Vec<String> = path.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    if parts.last().is_some_and(|last| last == "mod") {
        parts.pop();
    }
    parts
}

fn floor(module: &[String]) -> Option<usize> {
    let first = module.first().map_or("lib", String::as_str);
    let name = if HALL.contains(&first) { "hall" } else { first };
    FLOORS.iter().position(|floor| *floor == name)
}

/// Rules of the host's own sources. `rooms`: in their order.
pub fn host(file: &File<'_>, rooms: &[String]) -> Vec<String> {
    let Some(path) = file.path.strip_prefix("host/src/") else { return Vec::new() };
    let code = source::code(file.text);
    let from = module(path);
    let mut faults = Vec::new();
    let Some(own) = floor(&from) else {
        return vec![format!("{}: stands on no floor of the house", file.path)];
    };
    for named in source::paths(&code, &from) {
        if let Some(why) = arrow(&from, own, &named.path, rooms) {
            faults.push(format!("{}:{}: {} — {why}", file.path, named.line, named.path.join("::")));
        }
    }
    for (name, places) in CRATES {
        if !places.iter().any(|place| fits(path, place)) {
            let lines = source::lines_naming(&code, name);
            faults.extend(
                lines
                    .iter()
                    .map(|line| format!("{}:{line}: names {name}, which belongs in {}", file.path, places.join(", "))),
            );
        }
    }
    faults
}

/// Why this path may not be named from here.
fn arrow(from: &[String], own: usize, to: &[String], rooms: &[String]) -> Option<&'static str> {
    // A macro or an item of the crate's root belongs to nobody above.
    let target = floor(to)?;
    let (here, there) = (from.get(1), to.get(1));
    if target > own {
        return Some("points up");
    }
    match (FLOORS.get(own), FLOORS.get(target)) {
        (Some(&"platform"), Some(&"platform")) if there.is_some() && here.is_some() && here != there => {
            Some("plumbing does not use plumbing")
        }
        (Some(&"features"), Some(&"features")) if there.is_some() && here.is_some() && here != there => {
            let place = |room: Option<&String>| rooms.iter().position(|name| Some(name) == room);
            match (place(here), place(there)) {
                (Some(here), Some(there)) if there > here => Some("a room uses only rooms before it"),
                _ => store(to),
            }
        }
        (Some(floor), Some(&"features")) if *floor != "features" => store(to),
        _ => None,
    }
}

fn store(to: &[String]) -> Option<&'static str> {
    to.get(2).is_some_and(|part| part == "store").then_some("a room is used through its mod.rs, never its store")
}

/// Whether a path is this place, or below it.
fn fits(path: &str, place: &str) -> bool {
    let (folder, pattern) = (place.ends_with('/'), place.trim_end_matches('/'));
    let mut parts = path.split('/');
    let all = pattern.split('/').all(|wanted| parts.next().is_some_and(|part| wanted == "*" || wanted == part));
    all && (folder != (parts.next().is_none()))
}

/// Rules of every Rust file of the repository.
pub fn rust(file: &File<'_>) -> Vec<String> {
    let code = source::code(file.text);
    let mut faults = Vec::new();
    let lines = file.text.lines().count();
    if lines > LONGEST {
        faults.push(format!("{}: {lines} lines, more than {LONGEST}", file.path));
    }
    if !UNSAFE.contains(&file.path) {
        for (at, word) in source::words(&code) {
            if word == "unsafe" {
                let line = code.get(..at).unwrap_or_default().matches('\n').count() + 1;
                faults.push(format!("{}:{line}: unsafe", file.path));
            }
        }
    }
    for (number, line) in code.lines().enumerate() {
        let switched_off = ["allow(", "expect("].iter().any(|word| line.contains(&format!("[{word}")));
        if switched_off && PANICS.iter().any(|lint| line.contains(&format!("clippy::{lint}"))) {
            faults.push(format!("{}:{}: a lint that keeps panics away is switched off", file.path, number + 1));
        }
    }
    faults
}

/// Rules of every text of the repository: it speaks of itself alone. Machine paths and notes to ourselves stay out.
pub fn text(file: &File<'_>) -> Vec<String> {
    // Put together here, so that this file does not break its own rule.
    let words = [
        ["/wo", "rk/"].concat(),
        ["/ro", "ot/"].concat(),
        ["/ho", "me/"].concat(),
        ["iss", "ue #"].concat(),
        ["TO", "DO"].concat(),
        ["FIX", "ME"].concat(),
        ["X", "XX"].concat(),
    ];
    let mut faults = Vec::new();
    for (number, line) in file.text.lines().enumerate() {
        for word in words.iter().filter(|word| has(line, word)) {
            faults.push(format!("{}:{}: {word:?}", file.path, number + 1));
        }
    }
    faults
}

/// Not the middle of a longer word or path: `XXXL` is a size.
fn has(line: &str, word: &str) -> bool {
    let ends_in_letter = word.ends_with(|c: char| c.is_alphabetic());
    line.match_indices(word).any(|(at, _)| {
        let before = line.get(..at).and_then(|text| text.chars().next_back());
        let after = line.get(at + word.len()..).and_then(|text| text.chars().next());
        let inside = before.is_some_and(|c| c.is_alphanumeric() || (c == '.' && word.starts_with('/')));
        let longer = ends_in_letter && after.is_some_and(char::is_alphanumeric);
        !inside && !longer
    })
}

/// A plugin has one dependency, the SDK, which never sees the host; the host never sees the SDK.
pub fn manifest(file: &File<'_>) -> Vec<String> {
    let mut section = String::new();
    let mut faults = Vec::new();
    for (number, line) in file.text.lines().enumerate() {
        let line = line.trim();
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end_matches(']').to_owned();
            continue;
        }
        let Some(name) = line.split(['=', '.', ' ']).next().filter(|name| !name.is_empty() && !name.starts_with('#'))
        else {
            continue;
        };
        let dependency = section.ends_with("dependencies") && section != "workspace.dependencies";
        let wrong = match file.path {
            path if path.starts_with("plugins/") => dependency && section == "dependencies" && name != "inlay",
            path if path.starts_with("plugin-sdk/") => dependency && name.starts_with("inlay-host"),
            path if path.starts_with("host/") => dependency && (name == "inlay" || name == "inlay-macros"),
            _ => false,
        };
        if wrong {
            faults.push(format!("{}:{}: depends on {name}", file.path, number + 1));
        }
    }
    faults
}
