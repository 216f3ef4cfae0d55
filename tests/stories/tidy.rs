//! The house keeps its shape: arrows point down, each outside crate is named in one place, files stay readable, and
//! the text speaks of this repository alone. See ARCHITECTURE.md.
mod rules;
mod source;

use crate::kit::repo;
use rules::File;
use std::path::{Path, PathBuf};

/// Folders that are made, not written.
const MADE: [&str; 5] = ["target", ".git", "data", "node_modules", "proptest-regressions"];

fn walk(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder of the repository") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() && !MADE.contains(&name) {
            walk(&path, into);
        } else if path.is_file() && !MADE.contains(&name) {
            into.push(path);
        }
    }
}

/// Every text file: its path from the root, and its text.
fn files() -> Vec<(String, String)> {
    let root = repo();
    let mut paths = Vec::new();
    walk(&root, &mut paths);
    paths.sort();
    let texts = paths.iter().filter_map(|path| {
        let text = String::from_utf8(std::fs::read(path).ok()?).ok()?;
        Some((path.strip_prefix(&root).ok()?.to_str()?.replace('\\', "/"), text))
    });
    texts.collect()
}

/// The rooms in the order of their list.
fn rooms(list: &str) -> Vec<String> {
    let code = source::code(list);
    code.lines().filter_map(|line| Some(line.trim().strip_prefix("pub mod ")?.strip_suffix(';')?.to_owned())).collect()
}

/// All faults of one file.
fn faults(file: &File<'_>, rooms: &[String]) -> Vec<String> {
    let mut found = rules::text(file);
    if file.path.ends_with(".rs") {
        found.extend(rules::rust(file));
        found.extend(rules::host(file, rooms));
    }
    if file.path.ends_with("Cargo.toml") {
        found.extend(rules::manifest(file));
    }
    found
}

#[test]
fn the_house_is_tidy() {
    let files = files();
    let list = files.iter().find(|(path, _)| path == "host/src/features/mod.rs").expect("the list of rooms");
    let rooms = rooms(&list.1);
    assert!(rooms.len() >= 5, "{rooms:?}");
    // A lock file and a generated document are not written by hand.
    let written = files.iter().filter(|(path, _)| !path.ends_with(".lock") && path != "host/openapi.json");
    let found: Vec<String> = written.flat_map(|(path, text)| faults(&File { path, text }, &rooms)).collect();
    assert!(found.is_empty(), "{} faults:\n{}", found.len(), found.join("\n"));
    assert!(files.iter().filter(|(path, _)| path.starts_with("host/src/")).count() > 30, "the sources were looked at");
}

#[test]
fn planted_faults_are_found() {
    let rooms: Vec<String> = ["identity", "state", "plugins", "widgets", "actions"].map(str::to_owned).into();
    let planted = [
        ("host/src/base/x.rs", "use crate::platform::db::Db;", "points up"),
        ("host/src/base/x.rs", "fn f() { crate::app::run() }", "points up"),
        ("host/src/platform/db.rs", "use crate::features::state::State;", "points up"),
        ("host/src/platform/db.rs", "use crate::settings::Settings;", "points up"),
        ("host/src/platform/db.rs", "use crate::platform::metrics::Metrics;", "plumbing does not use plumbing"),
        ("host/src/platform/wasm/engine.rs", "use super::super::db::Db;", "plumbing does not use plumbing"),
        ("host/src/features/state/mod.rs", "use crate::features::plugins::Table;", "only rooms before it"),
        ("host/src/features/state/mod.rs", "use super::plugins::Table;", "only rooms before it"),
        (
            "host/src/features/state/mod.rs",
            "use crate::{base::{ids, error::Error}, features::{identity, actions::Run}};",
            "only rooms before it",
        ),
        ("host/src/features/actions/mod.rs", "use crate::features::state::store::Row;", "never its store"),
        ("host/src/features/actions/mod.rs", "use crate::doors::kit::Problem;", "points up"),
        ("host/src/doors/site.rs", "use crate::app::App;", "points up"),
        ("host/src/doors/site.rs", "use crate::features::state::store;", "never its store"),
        ("host/src/features/actions/mod.rs", "use axum::Json;", "names axum"),
        ("host/src/features/actions/mod.rs", "let q = sqlx::query(SQL);", "names sqlx"),
        ("host/src/features/state/store_x.rs", "use sqlx::Row;", "names sqlx"),
        ("host/src/platform/templates/mod.rs", "use wasmtime::Engine;", "names wasmtime"),
        ("host/src/features/widgets/mod.rs", "fn f(e: minijinja::Error) {}", "names minijinja"),
        ("host/src/helpers/mod.rs", "fn f() {}", "no floor"),
        ("host/src/doors/site.rs", "unsafe { x() }", "unsafe"),
        ("host/src/platform/wasm/engine.rs", "#![allow(unsafe_code)]\nunsafe fn f() {}", "unsafe"),
        ("host/src/doors/site.rs", "#[allow(clippy::unwrap_used, reason = \"short\")]", "switched off"),
        ("plugins/shop/src/lib.rs", "#![expect(clippy::indexing_slicing, reason = \"safe\")]", "switched off"),
        ("plugins/shop/Cargo.toml", "[dependencies]\ninlay.workspace = true\nserde = \"1\"", "depends on serde"),
        ("plugin-sdk/Cargo.toml", "[dependencies]\ninlay-host = { path = \"../host\" }", "depends on inlay-host"),
        ("host/Cargo.toml", "[dependencies]\ninlay = { path = \"../plugin-sdk\" }", "depends on inlay"),
    ];
    for (path, text, expected) in planted {
        let found = faults(&File { path, text }, &rooms);
        assert!(found.iter().any(|fault| fault.contains(expected)), "{path}: {text}\nfound only {found:?}");
    }
    for word in [["see iss", "ue #12"], ["in /wo", "rk/x"], ["run /ro", "ot/x"], ["// TO", "DO: later"]] {
        let text = word.concat();
        assert_eq!(faults(&File { path: "README.md", text: &text }, &rooms).len(), 1, "{text}");
    }
    let long = "\n".repeat(rules::LONGEST + 1);
    assert_eq!(faults(&File { path: "host/src/doors/site.rs", text: &long }, &rooms).len(), 1);
}

#[test]
fn good_code_is_left_alone() {
    let rooms: Vec<String> = ["identity", "state", "plugins", "widgets", "actions"].map(str::to_owned).into();
    let good = [
        (
            "host/src/features/actions/mod.rs",
            "use crate::features::{identity::Caller, state::State};\nuse crate::platform::db::Db;\nmod store;\nuse store::Rows;",
        ),
        ("host/src/features/actions/run.rs", "use super::store::Rows;\nuse super::super::state::State;"),
        ("host/src/features/actions/mod.rs", "// use axum::Json;\nlet s = \"use axum::Json; unsafe crate::doors::x\";"),
        ("host/src/features/state/store.rs", "use sqlx::Row;\nmod tests { use super::*; }"),
        (
            "host/src/platform/wasm/abi.rs",
            "use super::engine::Sandbox; use wasmtime::Engine; use crate::base::error::Error;",
        ),
        (
            "host/src/doors/kit/auth.rs",
            "use axum::http; use crate::features::identity::Identity; use crate::doors::kit::problem::Problem;",
        ),
        ("host/src/app.rs", "use crate::doors; use crate::settings::Settings; use axum::Router;"),
        ("host/src/lib.rs", "pub mod base;\npub(crate) mod app;"),
        ("host/src/platform/wasm/precompiled.rs", "unsafe { load() }"),
        ("docs/guide.md", "a/home/page, the tissue #, TODOs of others"),
    ];
    for (path, text) in good {
        assert_eq!(faults(&File { path, text }, &rooms), Vec::<String>::new(), "{path}: {text}");
    }
}
