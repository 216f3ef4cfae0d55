//! Settings from outside: layers, older names, unknown keys, and secrets that stay hidden.
use crate::kit::{Folder, TestHost, host::run};
use std::process::Output;

fn config(folder: &Folder, settings: &[(&str, &str)]) -> Output {
    run(folder.path(), settings, &["config"])
}

fn shown(folder: &Folder, settings: &[(&str, &str)]) -> String {
    let output = config(folder, settings);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

fn refused(folder: &Folder, settings: &[(&str, &str)]) -> String {
    let output = config(folder, settings);
    assert!(!output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8(output.stderr).expect("text")
}

#[test]
fn a_file_stands_over_the_defaults_and_a_variable_over_the_file() {
    let folder = Folder::new("settings");
    assert!(shown(&folder, &[]).contains("127.0.0.1:3000"));
    folder.write("inlay.config.toml", "[plugins]\ncpu_ms = 77\nwall_ms = 3333\n");
    let text = shown(&folder, &[("INLAY_PLUGINS_CPU_MS", "88")]);
    assert!(text.contains("cpu_ms = 88") && text.contains("wall_ms = 3333"), "{text}");
    folder.write("other.toml", "[plugins]\ncpu_ms = 66\n");
    let text = shown(&folder, &[("INLAY_CONFIG", "other.toml")]);
    assert!(text.contains("cpu_ms = 66") && !text.contains("3333"), "{text}");
}

#[test]
fn an_unknown_name_or_a_bad_value_is_an_error_that_names_it() {
    let folder = Folder::new("settings");
    assert!(refused(&folder, &[("INLAY_PLUGINS_CPU_SM", "50")]).contains("INLAY_PLUGINS_CPU_SM"));
    assert!(refused(&folder, &[("INLAY_PLUGINS_CPU_MS", "a lot")]).to_lowercase().contains("cpu_ms"));
    folder.write("inlay.config.toml", "[plugins]\ncpu_sm = 50\n");
    assert!(refused(&folder, &[]).contains("cpu_sm"));
    folder.write("inlay.config.toml", "[plugins\n");
    assert!(refused(&folder, &[]).contains("inlay.config.toml"));
    std::fs::remove_file(folder.path().join("inlay.config.toml")).expect("removed");
    assert!(!refused(&folder, &[("INLAY_CONFIG", "missing.toml")]).is_empty());
}

#[test]
fn the_older_names_are_understood() {
    let folder = Folder::new("settings");
    let text = shown(&folder, &[("PORT", "4711"), ("CORS_ORIGIN", "https://shop.example.com")]);
    assert!(text.contains(":4711") && text.contains("https://shop.example.com"), "{text}");
    let text = shown(&folder, &[("PORT", "4711"), ("INLAY_SERVER_LISTEN", "127.0.0.1:4712")]);
    assert!(text.contains(":4712") && !text.contains(":4711"), "the newer name wins: {text}");
}

#[test]
fn secrets_are_hidden_and_short_ones_refused_without_being_shown() {
    let folder = Folder::new("settings");
    let secret = "a-long-secret-that-nobody-may-read-0123";
    for (name, value) in [
        ("JWT_SECRET", secret),
        ("INLAY_AUTH_SECRET", secret),
        ("VALID_API_KEYS", "first-key-aaaaaaaaaa,second-key-bbbbbbbbb"),
    ] {
        let text = shown(&folder, &[(name, value)]);
        for part in value.split(',') {
            assert!(!text.contains(part), "{text}");
        }
    }
    let said = refused(&folder, &[("JWT_SECRET", "tooshort")]);
    assert!(said.contains("32") && !said.contains("tooshort"), "{said}");
}

/// The older names work on a running host, not only in what `config` prints.
#[tokio::test]
async fn an_older_api_key_opens_the_door() {
    let host = TestHost::with(&[("VALID_API_KEYS", "older-server-key-0123456789")]).await;
    let server = host.anybody().with_header("x-api-key", "older-server-key-0123456789");
    server.act("add_to_cart", serde_json::json!({"productId": "prod_1"})).await.ok();
    assert!(!host.log().contains("older-server-key-0123456789"));
}

/// A secret of one's own signs; with another one, yesterday's visitors and tokens are nobody.
#[tokio::test]
async fn the_generated_key_stays_and_is_for_the_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let mut host = TestHost::start().await;
    let id = host.visitor().id().await;
    let keys = host.data().join("keys");
    for entry in std::fs::read_dir(&keys).expect("the folder of keys") {
        let file = entry.expect("an entry");
        let mode = file.metadata().expect("metadata").permissions().mode();
        assert_eq!(mode & 0o077, 0, "{} is for its owner alone: {mode:o}", file.path().display());
    }
    host.stop().await;
    host.restart().await;
    let again = crate::kit::Visitor::at(host.url(), &id);
    assert_eq!(again.get("/api/cart").await.ok().header("x-inlay-visitor"), Some(id.as_str()));
}
