//! The command line, as a person and as a script use it.
use crate::kit::postgres::everywhere;
use crate::kit::{Folder, TestHost, host::run, repo, wasm};
use serde_json::Value;
use std::process::Output;

fn inlay(folder: &Folder, arguments: &[&str]) -> Output {
    run::<&str>(folder.path(), &[], arguments)
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[track_caller]
fn good(output: Output) -> String {
    assert!(output.status.success(), "{:?}\n{}\n{}", output.status, stdout(&output), stderr(&output));
    stdout(&output)
}

/// Failed with a reason for people: no panic, no backtrace, something said on stderr.
#[track_caller]
fn failed(output: Output) -> String {
    assert!(
        output.status.code().is_some_and(|code| code != 0 && code != 101),
        "{:?}\n{}",
        output.status,
        stdout(&output)
    );
    let said = stderr(&output);
    assert!(!said.trim().is_empty() && !said.contains("panicked") && !said.contains("RUST_BACKTRACE"), "{said}");
    said
}

#[test]
fn help_explains_every_verb() {
    let folder = Folder::new("cli");
    let help = good(inlay(&folder, &["--help"]));
    for verb in ["serve", "migrate", "backup", "restore", "config", "doctor", "widget", "plugin", "token"] {
        let line = help
            .lines()
            .find(|line| line.trim_start().starts_with(verb))
            .unwrap_or_else(|| panic!("no {verb} in {help}"));
        assert!(line.trim().len() > verb.len() + 10, "{verb} is not explained: {line}");
        assert!(!good(inlay(&folder, &[verb, "--help"])).is_empty());
    }
    assert!(good(inlay(&folder, &["--version"])).contains(env!("CARGO_PKG_VERSION")));
    failed(inlay(&folder, &["no-such-verb"]));
}

#[test]
fn a_widget_is_rendered_from_a_file_or_the_reason_is_told() {
    let folder = Folder::new("cli");
    let widget = r#"{"version": "1.0", "name": "hello",
        "template": "{\"type\": \"Card\", \"children\": [{\"type\": \"Text\", \"value\": {{ (name) | tojson }} }]}",
        "jsonSchema": {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}}"#;
    let file = folder.write("hello.widget", widget);
    let file = file.to_str().expect("a plain path");
    let tree: Value =
        serde_json::from_str(&good(inlay(&folder, &["widget", "render", file, "--data", r#"{"name": "Ada \" }"}"#])))
            .expect("JSON");
    assert_eq!(tree["children"][0]["value"], "Ada \" }", "{tree}");
    folder.write("data.json", r#"{"name": "from a file"}"#);
    let tree: Value =
        serde_json::from_str(&good(inlay(&folder, &["widget", "render", file, "--data", "@data.json"]))).expect("JSON");
    assert_eq!(tree["children"][0]["value"], "from a file", "{tree}");

    // ChatKit's own renderer does not hold data against the schema; by default ours only says so.
    let odd = inlay(&folder, &["widget", "render", file, "--data", r#"{"name": 7}"#]);
    assert!(stderr(&odd).contains("/name"), "{}", stderr(&odd));
    assert_eq!(serde_json::from_str::<Value>(&good(odd)).expect("JSON")["children"][0]["value"], 7);
    let wrong = inlay(&folder, &["widget", "render", file, "--strict", "--data", r#"{"name": 7}"#]);
    assert_eq!(wrong.status.code(), Some(1), "{}", stderr(&wrong));
    assert!(failed(wrong).contains("/name"));
    assert_eq!(inlay(&folder, &["widget", "render", file, "--data", "not JSON"]).status.code(), Some(1));
    assert_eq!(inlay(&folder, &["widget", "render", "missing.widget", "--data", "{}"]).status.code(), Some(1));
    let broken = folder.write("broken.widget", widget.replace("(name) | tojson }}", "(name | tojson }}"));
    let output = inlay(&folder, &["widget", "render", broken.to_str().expect("a path"), "--data", r#"{"name": "x"}"#]);
    assert_eq!(output.status.code(), Some(1));
    assert!(failed(output).contains("line"), "the place of the fault is named");
}

#[test]
fn a_widget_is_packed_and_unpacked_without_loss() {
    let folder = Folder::new("cli");
    for name in ["products", "cart", "contact-form", "ableton-live-12-suite"] {
        let source = repo().join("widgets").join(name);
        let packed = good(inlay(&folder, &["widget", "pack", source.to_str().expect("a path")]));
        // Printed, or written beside; what is printed is a widget file then.
        let packed: Value = serde_json::from_str(&packed).unwrap_or_else(|error| panic!("{name}: {error} in {packed}"));
        assert_eq!((&packed["version"], &packed["name"]), (&"1.0".into(), &name.into()), "{packed}");
        let file = folder.write(&format!("{name}.widget"), packed.to_string());
        let out = folder.path().join(format!("unpacked-{name}"));
        good(inlay(
            &folder,
            &["widget", "unpack", file.to_str().expect("a path"), "--out", out.to_str().expect("a path")],
        ));
        let again = good(inlay(&folder, &["widget", "pack", out.to_str().expect("a path")]));
        assert_eq!(serde_json::from_str::<Value>(&again).expect("JSON"), packed);
    }
}

#[tokio::test]
async fn a_token_is_all_that_token_create_prints() {
    let mut host = TestHost::start().await;
    let data = host.data();
    let data = data.to_str().expect("a path").to_owned();
    let create = ["token", "create", "--role", "admin", "--expires", "1h", "--data", &data];
    let output = host.inlay(&create);
    let text = stdout(&output);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(text.trim().len() >= 40 && !text.trim().contains(char::is_whitespace), "{text}");
    host.admin().get("/api/admin/plugins").await.ok();
    assert!(!host.log().contains(text.trim()), "tokens are not logged");
    let list = stdout(&host.inlay(&["token", "list", "--json", "--data", &data]));
    let list: Value = serde_json::from_str(&list).unwrap_or_else(|error| panic!("{error} in {list}"));
    assert!(!list.to_string().contains(text.trim()) && list["tokens"].as_array().is_some_and(|all| all.len() == 2));
    for token in list["tokens"].as_array().expect("tokens") {
        good(host.inlay(&["token", "revoke", token["id"].as_str().expect("an id"), "--data", &data]));
    }
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    host.admin().get("/api/admin/plugins").await.problem(401, "invalid_token");
    for wrong in [
        ["--role", "emperor", "--expires", "1h"],
        ["--role", "admin", "--expires", "soon"],
        ["--role", "admin", "--expires", "-1h"],
    ] {
        failed(host.inlay(&[&["token", "create"], wrong.as_slice(), &["--data", &data]].concat()));
    }
}

#[test]
fn migrate_makes_the_database_and_can_be_repeated() {
    let folder = Folder::new("cli");
    for _ in 0..2 {
        good(inlay(&folder, &["migrate", "--data", "data"]));
        assert!(folder.path().join("data/inlay.db").is_file());
    }
}

#[tokio::test]
async fn doctor_looks_at_the_folder_the_database_and_the_plugins() {
    let mut host = TestHost::start().await;
    let data = host.data();
    let data = data.to_str().expect("a path").to_owned();
    let said = good(host.inlay(&["doctor", "--data", &data]));
    for about in ["database", "plugin"] {
        assert!(said.to_lowercase().contains(about), "{said}");
    }
    host.stop().await;
    good(host.inlay(&["doctor", "--data", &data]));
    if everywhere() {
        return;
    }
    std::fs::write(
        host.data().join("inlay.db"),
        b"this is no database, but it is long enough to be read as one".repeat(200),
    )
    .expect("damage");
    let output = host.inlay(&["doctor", "--data", &data]);
    assert!(!output.status.success(), "a damaged database is found: {}", stdout(&output));
}

#[tokio::test]
async fn plugins_are_listed_and_a_file_is_inspected_without_being_installed() {
    let mut host = TestHost::start().await;
    let data = host.data();
    let data = data.to_str().expect("a path").to_owned();
    let list = good(host.inlay(&["plugin", "list", "--data", &data]));
    for name in ["shop", "contact", "mcq", "booking", "magazine"] {
        assert!(list.contains(name), "{list}");
    }
    let folder = Folder::new("cli");
    let file = folder.write("misbehave.wasm", wasm::misbehave());
    let file = file.to_str().expect("a path").to_owned();
    let said = good(host.inlay(&["plugin", "inspect", &file]));
    for what in ["misbehave", "state:visitor"] {
        assert!(said.contains(what), "no {what} in {said}");
    }
    host.visitor().act("ok", serde_json::json!({})).await.problem(404, "unknown_action");
    let bad = folder.write("bad.wasm", "no component");
    failed(host.inlay(&["plugin", "inspect", bad.to_str().expect("a path")]));

    // `plugin load` installs into a data folder; a host that starts on it has the plugin.
    host.stop().await;
    good(host.inlay(&["plugin", "load", &file, "--data", &data, "--grant", "all"]));
    host.restart().await;
    host.visitor().act("ok", serde_json::json!({})).await.ok();
}

#[tokio::test]
async fn serve_prints_the_links_and_how_to_act_as_admin() {
    let host = TestHost::start().await;
    let banner = host.banner();
    for link in ["/demo", "/docs"] {
        assert!(banner.contains(&format!("{}{link}", host.url())), "no {link} in {banner}");
    }
    // The credential of this start is printed where a person reads it, and works.
    let said = format!("{banner}{}", host.log());
    let word = said.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).find(|word| word.starts_with("adm_"));
    let word = word.unwrap_or_else(|| panic!("no credential in {said}"));
    let admin = host.anybody().with_header("authorization", &format!("Bearer {word}"));
    admin.get("/api/admin/plugins").await.ok();
}

/// A mistyped folder is not made, and a file that is no database is called what it is.
#[test]
fn a_wrong_folder_or_a_damaged_database_is_told_in_plain_words() {
    let folder = Folder::new("cli");
    for verb in [
        ["plugin", "list"].as_slice(),
        &["plugin", "inspect", "shop"],
        &["token", "create", "--role", "admin"],
        &["backup", "b.tar.gz"],
    ] {
        let said = failed(inlay(&folder, &[verb, &["--data", "typo"]].concat()));
        assert!(said.contains("no data folder typo") && said.contains("inlay migrate"), "{said}");
        assert!(!folder.path().join("typo").exists(), "{verb:?} makes no folder");
    }
    good(inlay(&folder, &["migrate", "--data", "data"]));
    let whole = std::fs::read(folder.path().join("data/inlay.db")).expect("a database");
    for wal in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(folder.path().join(format!("data/inlay.db{wal}")));
    }
    let garbage = b"this is no database, but it is long enough to be read as one".repeat(200);
    for (bytes, what) in
        [(garbage.as_slice(), "garbage"), (whole.get(..whole.len() / 3).expect("a third"), "truncated")]
    {
        folder.write("data/inlay.db", bytes);
        for verb in
            [["serve", "--listen", "127.0.0.1:0"].as_slice(), &["migrate"], &["plugin", "list"], &["backup", "b"]]
        {
            let said = failed(inlay(&folder, &[verb, &["--data", "data"]].concat()));
            assert!(said.contains("damaged") && said.contains("inlay restore"), "{what}, {verb:?}: {said}");
            assert!(!said.contains("request id"), "{what}, {verb:?}: {said}");
        }
    }
}
