//! The tutorial of `docs/plugin-authors.md`, done as written: its files are taken from the page, built and uploaded.
use crate::kit::{Folder, TestHost, Visitor, repo, wasm};
use serde_json::json;

/// Files that a page shows: a comment `<!-- file: PATH -->`, then a fenced block.
pub(super) fn files(page: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let Some(path) = line.trim().strip_prefix("<!-- file:").and_then(|rest| rest.strip_suffix("-->")) else {
            continue;
        };
        let fence = lines.by_ref().find(|line| !line.trim().is_empty()).expect("a block after the comment");
        assert!(fence.starts_with("```"), "{path}: a fenced block has to follow its comment, not {fence:?}");
        let body: Vec<_> = lines.by_ref().take_while(|line| !line.starts_with("```")).collect();
        found.push((path.trim().to_owned(), body.join("\n") + "\n"));
    }
    found
}

#[test]
fn files_are_taken_from_a_page() {
    let page = "Text\n<!-- file: src/lib.rs -->\n\n```rust\nfn a() {}\n```\nmore\n```\nnot a file\n```\n<!-- file: b -->\n```\nx\n```\n";
    assert_eq!(files(page), [("src/lib.rs".into(), "fn a() {}\n".into()), ("b".into(), "x\n".into())]);
}

#[tokio::test]
async fn the_tutorial_builds_and_greets() {
    let page = std::fs::read_to_string(repo().join("docs/plugin-authors.md")).expect("the authors' guide");
    let folder = Folder::new("tutorial");
    let files = files(&page);
    assert!(files.iter().any(|(path, _)| path == "src/lib.rs"), "the guide shows src/lib.rs");
    for (path, text) in &files {
        folder.write(path, text);
    }
    // The reader's SDK comes from a registry or a git address; here it is the one of this repository.
    let manifest = std::fs::read_to_string(folder.path().join("Cargo.toml")).expect("the guide shows Cargo.toml");
    folder.write("Cargo.toml", with_our_sdk(&manifest));
    let name = manifest
        .lines()
        .find_map(|line| line.strip_prefix("name = "))
        .expect("a name")
        .trim_matches('"')
        .replace('-', "_");
    let lock = repo().join("plugins/Cargo.lock");
    if lock.is_file() {
        std::fs::copy(lock, folder.path().join("Cargo.lock")).expect("the versions that are downloaded already");
    }
    let component = std::fs::read(wasm::build(folder.path(), &name)).expect("the component");

    let mut host = TestHost::start().await;
    super::admin_plugins::upload(&host.admin(), component, Some("all")).await.is(201);
    let visitor = Visitor::at(host.url(), &host.visitor().id().await);
    visitor.act("hello.greet", json!({"name": "Ada"})).await.ok();
    let again = visitor.act("hello.greet", json!({"name": "Ada"})).await.ok().json();
    let text = again.to_string();
    assert!(text.contains("Ada") && text.contains('2'), "the second visit is counted: {again}");
    assert_eq!(again["widgets"][0]["name"], "hello", "{again}");
    visitor.act("hello.greet", json!({"name": 7})).await.problem(422, "invalid_parameters");
}

/// The line of the dependency `inlay` points to `plugin-sdk`; the folder is no member of the repository's workspace.
pub(super) fn with_our_sdk(manifest: &str) -> String {
    let sdk = repo().join("plugin-sdk");
    let ours = format!("inlay = {{ path = {:?} }}", sdk.to_str().expect("a plain path"));
    let mut replaced = 0;
    let lines: Vec<String> = manifest
        .lines()
        .map(|line| match line.split_once('=') {
            Some((name, _)) if name.trim() == "inlay" => {
                replaced += 1;
                ours.clone()
            }
            _ => line.to_owned(),
        })
        .collect();
    assert_eq!(replaced, 1, "one dependency for the author, one line: {manifest}");
    let workspace = if manifest.contains("[workspace]") { "" } else { "\n[workspace]\n" };
    lines.join("\n") + workspace
}
