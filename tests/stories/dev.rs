//! `inlay dev`: what an author saves is shown, what is wrong is said, and what worked before stays.
use crate::kit::{Folder, TestHost, Visitor, repo, scratch};
use crate::tutorial::{files, with_our_sdk};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Longer than any compiler here takes.
const PATIENCE: Duration = Duration::from_secs(120);

fn template(greeting: &str) -> String {
    format!(
        r#"{{"type": "Card", "children": [{{"type": "Title", "value": {{{{ ("{greeting}, " ~ name) | tojson }}}}}}]}}"#
    )
}

/// The title that a widget shows.
async fn title(host: &TestHost) -> Value {
    host.anybody().get("/api/widget/hello").await.ok().json()["children"][0]["value"].clone()
}

/// Asks until the answer is right.
async fn becomes<F: Future<Output = bool>>(what: &str, host: &TestHost, is_so: impl Fn() -> F) {
    let end = Instant::now() + PATIENCE;
    while !is_so().await {
        assert!(Instant::now() < end, "waited in vain: {what}\n{}", host.log());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The first state of the author's folder that is as asked for.
async fn state(host: &TestHost, wanted: impl Fn(&Value) -> bool) -> Value {
    let mut stream = reqwest::get(format!("{}/api/dev/events", host.url())).await.expect("the events");
    let mut text = String::new();
    let reading = async {
        while let Ok(Some(piece)) = stream.chunk().await {
            text.push_str(&String::from_utf8_lossy(&piece));
            while let Some((event, rest)) = text.split_once("\n\n") {
                let data = event.lines().find_map(|line| line.strip_prefix("data: "));
                let now: Value = serde_json::from_str(data.unwrap_or("null")).expect("JSON");
                text = rest.to_owned();
                if now.is_object() && wanted(&now) {
                    return now;
                }
            }
        }
        panic!("the events ended:\n{}", host.log());
    };
    tokio::time::timeout(PATIENCE, reading).await.expect("the state that is waited for")
}

#[tokio::test]
async fn a_template_that_is_saved_is_shown_and_a_broken_one_is_not() {
    let folder = Folder::new("author");
    folder.write("hello/widget.toml", "name = \"hello\"\ntitle = \"Hello\"\n");
    folder.write("hello/sample.json", r#"{"name": "Ada"}"#);
    folder.write("hello/template.jinja", template("Hello"));
    let host = TestHost::dev(folder.path(), &[]).await;
    becomes("the widget is shown", &host, async || host.anybody().get("/api/widget/hello").await.status == 200).await;
    assert_eq!(title(&host).await, "Hello, Ada");

    folder.write("hello/template.jinja", template("Good morning"));
    becomes("the change is shown", &host, async || title(&host).await == "Good morning, Ada").await;
    let before = state(&host, |_| true).await;

    folder.write("hello/template.jinja", "{\n\"type\": {{ nothing");
    let wrong = state(&host, |now| now["troubles"][0]["path"] == "hello").await;
    assert_eq!(wrong["troubles"][0]["line"], 2, "{wrong}");
    assert_eq!(wrong["widgets"], before["widgets"], "nobody has to look at it again: {wrong}");
    assert_eq!(title(&host).await, "Good morning, Ada", "what worked stays");
    assert!(host.log().contains("WRONG  hello: template, line 2"), "{}", host.log());
    // The browser's own check says the same.
    let draft = json!({"template": "{\n\"type\": {{ nothing", "data": {}});
    let trial = host.anybody().post("/api/playground/render", &draft).await.ok().json();
    assert_eq!((&trial["tree"], &trial["findings"][0]["line"]), (&Value::Null, &json!(2)), "{trial}");

    folder.write("hello/template.jinja", template("Good evening"));
    let well = state(&host, |now| now["troubles"] == json!([])).await;
    assert_ne!(well["widgets"], before["widgets"]);
    assert_eq!(title(&host).await, "Good evening, Ada");

    // One that comes later, as a file; and one that goes.
    let file = json!({"version": "1.0", "name": "later", "template": r#"{"type": "Card", "children": []}"#});
    folder.write("more/later.widget", file.to_string());
    becomes("a new file is shown", &host, async || host.anybody().get("/api/widget/later").await.status == 200).await;
    std::fs::remove_dir_all(folder.path().join("more")).expect("the folder goes");
    becomes("a file that is gone is not", &host, async || host.anybody().get("/api/widget/later").await.status == 404)
        .await;
}

#[tokio::test]
async fn a_plugin_is_built_exchanged_and_kept_when_the_next_one_does_not_compile() {
    let page = std::fs::read_to_string(repo().join("docs/plugin-authors.md")).expect("the authors' guide");
    let folder = Folder::new("author");
    // Without its self-tests, which would refuse what is changed below.
    for (path, text) in files(&page).into_iter().filter(|(path, _)| !path.starts_with("fixtures/")) {
        // Its component must not be taken for the one that the guide's own story builds in the same target folder.
        let text = text.replace("name = \"hello\"", "name = \"greeter\"");
        folder.write(&path, if path == "Cargo.toml" { with_our_sdk(&text) } else { text });
    }
    std::fs::copy(repo().join("plugins/Cargo.lock"), folder.path().join("Cargo.lock")).expect("known versions");
    let target = scratch().parent().expect("target").join("plugins");
    let host = TestHost::dev(folder.path(), &[("CARGO_TARGET_DIR", target.to_str().expect("a plain path"))]).await;
    state(&host, |now| now["plugins"] != json!({})).await;
    let visitor = Visitor::at(host.url(), &host.visitor().id().await);
    let greet = async || visitor.act("hello.greet", json!({"name": "Ada"})).await;
    let shown = greet().await.ok().text();
    assert!(shown.contains("Visit number 1"), "{shown}");

    // The input becomes narrower and the version stays: fine for work in progress.
    let first = state(&host, |now| now["plugins"] != json!({})).await;
    let code = std::fs::read_to_string(folder.path().join("src/lib.rs")).expect("the code");
    let next = code.replace("max = 80", "max = 40");
    folder.write("src/lib.rs", next.replace("? + 1;", "? + 100;"));
    state(&host, |now| now["plugins"] != first["plugins"]).await;
    let shown = greet().await.ok().text();
    assert!(shown.contains("Visit number 101"), "{shown}");

    folder.write("src/lib.rs", next.replace("? + 1;", "? + true;"));
    let wrong = state(&host, |now| now["troubles"] != json!([])).await;
    let trouble = &wrong["troubles"][0];
    assert_eq!(trouble["kind"], "plugin", "{wrong}");
    assert!(trouble["text"].as_str().expect("words").contains("src/lib.rs"), "the compiler's words: {trouble}");
    greet().await.ok();
}

#[tokio::test]
async fn an_empty_folder_explains_what_to_do() {
    let folder = Folder::new("author");
    let host = TestHost::dev(folder.path(), &[]).await;
    assert!(host.banner().contains("There is nothing here yet"), "{}", host.banner());
    assert!(host.banner().contains("/playground"), "{}", host.banner());
    let page = host.anybody().get("/playground").await.ok();
    assert!(page.text().contains("/static/playground.js"));
    host.anybody().get("/static/playground.js").await.ok();
}
