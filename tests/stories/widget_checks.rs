//! Looking at widgets: every bundled one is without a finding, by the command line and by the doors.
use crate::kit::{TestHost, repo};
use inlay_host::base::tree::schema;
use inlay_host::base::widget_file::{Folder, WidgetFile};
use inlay_host::features::widgets::inspect::{Baseline, Lens, Subject, figures, validate};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Output;

/// Folders of all widgets that come with the host and its plugins.
pub fn bundled() -> Vec<PathBuf> {
    let folders = |path: PathBuf| std::fs::read_dir(path).into_iter().flatten().map(|entry| entry.unwrap().path());
    let of_plugins = folders(repo().join("plugins")).flat_map(|plugin| folders(plugin.join("widgets")));
    let all = folders(repo().join("widgets")).chain(of_plugins);
    let mut all: Vec<PathBuf> = all.filter(|path| path.join("widget.toml").is_file()).collect();
    all.sort();
    all
}

fn read(folder: &Path) -> WidgetFile {
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    let text = |path: PathBuf| Some((path.file_name()?.to_str()?.to_owned(), std::fs::read_to_string(&path).ok()?));
    let files: Folder = files.filter_map(text).collect();
    WidgetFile::from_folder(&files).unwrap()
}

/// What `cargo xtask gen` keeps: figures that are the same in every run.
pub fn baselines() -> BTreeMap<String, Baseline> {
    let one = |folder: &PathBuf| {
        let file = read(folder);
        (file.name.clone(), figures(&Subject::of_file(&file, None), &Lens::default()).expect("its sample renders"))
    };
    bundled().iter().map(one).collect()
}

#[test]
fn no_bundled_widget_has_a_finding() {
    let all = bundled();
    assert!(all.len() >= 8, "{all:?}");
    let mut found = Vec::new();
    for folder in all {
        let file = read(&folder);
        let mut inputs = vec![None];
        let cases = std::fs::read_to_string(folder.join("cases.json")).unwrap_or_else(|_| "{}".into());
        let cases: Value = serde_json::from_str(&cases).unwrap();
        let cases = cases["cases"].as_array().cloned().unwrap_or_default();
        inputs.extend(
            cases
                .iter()
                .filter(|case| case.get("error").is_none())
                .filter_map(|case| case.get("data").cloned().map(Some)),
        );
        for data in inputs {
            let report = validate(&Subject::of_file(&file, data), &Lens::default());
            found.extend(
                report.findings.iter().map(|f| format!("{} {:?} {} {}", file.name, f.line, f.pointer, f.message)),
            );
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

fn inlay(arguments: &[&str], folder: &Path) -> Output {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_inlay"));
    command.args(["widget"]).args(arguments).current_dir(folder).output().unwrap()
}

#[test]
fn the_command_line_says_what_is_wrong_and_by_its_exit_code_how_bad_it_is() {
    let folder = std::env::temp_dir().join(format!("inlay-checks-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
    write("good.json", r#"{"type": "Card", "children": []}"#);
    write("warns.json", r#"{"type": "Card", "children": [{"type": "Button", "label": "x"}]}"#);
    let template = "{\"type\": \"Card\", \"children\": [\n{\"type\": \"Imag\", \"src\": {{ src | tojson }}}]}";
    write("bad.widget", &json!({"version": "1.0", "name": "bad", "template": template}).to_string());
    write("text.json", "no json");

    let code = |arguments: &[&str]| inlay(arguments, &folder).status.code();
    let text = |arguments: &[&str]| String::from_utf8(inlay(arguments, &folder).stdout).unwrap();
    assert_eq!(code(&["validate", "good.json"]), Some(0));
    assert_eq!(code(&["validate", "good.json", "warns.json"]), Some(0));
    assert_eq!(code(&["validate", "--deny-warnings", "good.json", "warns.json"]), Some(1));
    for nothing in ["text.json", "absent.json"] {
        assert_eq!(code(&["validate", nothing]), Some(2), "{nothing}");
        assert_eq!(code(&["profile", nothing]), Some(2), "{nothing}");
    }
    assert_eq!(code(&["validate", "bad.widget"]), Some(1));
    let data = r#"{"src": "/x.png"}"#;
    let said = text(&["validate", "bad.widget", "--data", data]);
    assert!(
        said.contains("error unknown_component /children/0/type (line 2)") && said.contains("Did you mean Image?"),
        "{said}"
    );
    let as_json: Value =
        serde_json::from_str(&text(&["validate", "bad.widget", "warns.json", "--json", "--data", data])).unwrap();
    assert_eq!(as_json["ok"], false);
    assert_eq!(as_json["widgets"][0]["findings"][0]["line"], 2);
    assert_eq!(as_json["widgets"][1]["warnings"], 1);

    let widgets = repo().join("widgets");
    let widgets = widgets.to_str().unwrap();
    assert_eq!(
        code(&["validate", "--deny-warnings", "--strict-limits", widgets]),
        Some(0),
        "{}",
        text(&["validate", widgets])
    );
    assert_eq!(code(&["profile", widgets, "--save", "kept.json"]), Some(0));
    assert_eq!(code(&["profile", widgets, "--baseline", "kept.json", "--tolerance", "0"]), Some(0));
    let mut kept: BTreeMap<String, Baseline> =
        serde_json::from_str(&std::fs::read_to_string(folder.join("kept.json")).unwrap()).unwrap();
    kept.get_mut("cart").unwrap().bytes /= 2;
    write("kept.json", &json!(kept).to_string());
    assert_eq!(code(&["profile", widgets, "--baseline", "kept.json"]), Some(1), "the cart has grown");
    let profile = text(&["profile", widgets]);
    for part in ["with gzip", "times a card with ten rows", "rounds"] {
        assert!(profile.contains(part), "{part}: {profile}");
    }
    let published: Value = serde_json::from_str(&text(&["schema"])).unwrap();
    assert_eq!(published, schema::schema());
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn the_doors_look_at_widgets_for_those_who_have_a_key() {
    let mut host = TestHost::start().await;
    let tree = json!({"type": "Card", "children": [{"type": "Image", "src": "javascript:alert(1)"}]});
    let stranger = host.anybody().post("/api/widgets/validate", &json!({"widget": tree})).await;
    assert_eq!((stranger.status, stranger.json()["code"].clone()), (401, json!("missing_token")));
    let admin = host.admin();
    let report = admin.post("/api/widgets/validate", &json!({"widget": tree})).await.ok().json();
    let codes: Vec<&str> = report["findings"].as_array().unwrap().iter().map(|f| f["code"].as_str().unwrap()).collect();
    assert_eq!((report["valid"].clone(), codes), (json!(false), vec!["image_without_alt", "script_url"]));
    let endless = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}";
    let report = admin.post("/api/widgets/profile", &json!({"template": endless})).await.ok().json();
    assert_eq!((report["findings"][0]["code"].clone(), report["times"].clone()), (json!("past_a_bound"), Value::Null));
    let file = json!({"version": "1.0", "name": "cart", "template": "{\"type\": \"Card\", \"children\": []}"});
    let profile = admin.post("/api/widgets/profile", &json!({"file": file})).await.ok().json();
    assert!(profile["change"]["bytes_percent"].as_f64().unwrap() < -50.0, "smaller than the bundled cart: {profile}");
    for body in [json!({}), json!({"widget": {}, "file": {}}), json!({"template": 7}), json!([])] {
        let refused = admin.post("/api/widgets/validate", &body).await;
        assert_eq!((refused.status, refused.json()["code"].clone()), (422, json!("invalid_body")), "{body}");
    }
    let published = host.anybody().get("/schemas/widget.json").await.ok().json();
    assert_eq!(published, schema::schema());
}
