use super::*;
use quote::quote;
use std::fs;
use std::sync::atomic::{AtomicU32, Ordering};

/// A crate's folder with the given files, deleted at the end.
struct Folder(PathBuf);

impl Folder {
    fn with(files: &[(&str, &str)]) -> Folder {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("inlay-macros-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let folder = Folder(std::env::temp_dir().join(name));
        for (name, text) in files {
            let path = folder.0.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    fn build(&self) -> Result<Manifest, String> {
        let table = quote! {
            actions {
                /// Buys things.
                "buy" => buy,
                #[read] #[public] "look" => look,
            }
            queries { #[admin] "things" => things }
        };
        let package = |name: &str| (name == "CARGO_PKG_VERSION").then(|| "3.2.1".to_owned());
        build_in(&self.0, &syn::parse2(table).unwrap(), &package)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

const SMALLEST: &str = "[plugin]\nid = \"dev.acme.hello-world\"\n";

fn refusal(toml: &str, more: &[(&str, &str)]) -> String {
    let files = [&[("inlay.toml", toml)], more].concat();
    Folder::with(&files).build().err().unwrap_or_else(|| panic!("accepted: {toml}"))
}

#[test]
fn two_lines_are_enough() {
    let folder = Folder::with(&[("inlay.toml", SMALLEST)]);
    let manifest = folder.build().unwrap();
    let plugin = json!({ "id": "dev.acme.hello-world", "name": "hello-world", "version": "3.2.1",
        "title": "Hello world", "description": "", "license": null, "homepage": null });
    assert_eq!(manifest.json["plugin"], plugin);
    assert_eq!(manifest.json["needs"], json!({ "state": [], "events": [], "reasons": {} }));
    assert_eq!(manifest.json["config"], json!({ "schema": null, "default": {} }));
    assert_eq!(manifest.json["limits"], json!({}));
    let buy = json!({ "name": "buy", "title": "Buy", "description": "Buys things.", "effect": "write",
        "auth": "visitor" });
    assert_eq!(manifest.json["actions"][0], buy);
    assert_eq!(manifest.json["actions"][1]["auth"], "public");
    assert_eq!(manifest.json["queries"][0]["auth"], "admin");
    assert_eq!(manifest.read_actions, ["look"]);
    assert_eq!(manifest.files.len(), 1);
}

#[test]
fn the_file_refines_what_the_code_says() {
    let toml = r#"
        [plugin]
        id = "dev.acme.shop"
        name = "little-shop"
        version = "1.0.0-beta.1"
        [needs]
        state = ["visitor"]
        events = ["sold"]
        [needs.reasons]
        "events:sold" = "so that the badge is right"
        [limits]
        cpu-ms = 100
        memory-mib = 64
        [config]
        default = "config.json"
        schema = "schema.json"
        [actions.buy]
        title = "Buy now"
        effect = "destructive"
        auth = "operator"
        [queries.things]
        auth = "public"
    "#;
    let files = [("inlay.toml", toml), ("config.json", "{\"a\": 1}"), ("schema.json", "{\"type\": \"object\"}")];
    let manifest = Folder::with(&files).build().unwrap();
    assert_eq!(manifest.json["plugin"]["name"], "little-shop");
    assert_eq!(manifest.json["plugin"]["version"], "1.0.0-beta.1");
    assert_eq!(manifest.json["limits"], json!({ "cpu_ms": 100, "memory_mib": 64 }));
    assert_eq!(manifest.json["config"], json!({ "schema": { "type": "object" }, "default": { "a": 1 } }));
    let buy = &manifest.json["actions"][0];
    assert_eq!(
        (&buy["title"], &buy["effect"], &buy["auth"]),
        (&json!("Buy now"), &json!("destructive"), &json!("operator"))
    );
    assert_eq!(manifest.json["queries"][0]["auth"], "public");
    assert_eq!(manifest.files.len(), 3);
}

#[test]
fn mistakes_are_named_with_what_would_be_right() {
    assert!(refusal("[plugin]\nid = \"dev.acme.hello\"\ncolour = 1", &[]).contains("unknown field `colour`"));
    assert!(refusal("[plugin]", &[]).contains("missing field `id`"));
    assert!(refusal("[plugin]\nid = \"hello\"", &[]).contains("dev.acme.hello"));
    assert!(refusal("[plugin]\nid = \"dev.acme.Hello\"", &[]).contains("plugin.id"));
    assert!(refusal("[plugin]\nid = \"dev.acme.a_b\"", &[]).contains("set plugin.name"));
    assert!(refusal("[plugin]\nid = \"a.b\"\nname = \"B\"", &[]).contains("plugin.name"));
    assert!(refusal("[plugin]\nid = \"a.b\"\nversion = \"1\"", &[]).contains("1.2.3"));
    let more = |text: &str| refusal(&format!("{SMALLEST}{text}"), &[]);
    assert!(more("[needs]\nstate = [\"world\"]").contains("\"workspace\""));
    assert!(more("[needs]\nevents = [\"Cart Updated\"]").contains("a topic has"));
    assert!(more("[needs.reasons]\n\"state:thread\" = \"why\"").contains("not among the needs"));
    assert!(more("[actions.buyy]\ntitle = \"x\"").contains("the code has [\"buy\", \"look\"]"));
    assert!(more("[actions.buy]\neffect = \"maybe\"").contains("unknown variant `maybe`"));
    assert!(more("[queries.things]\neffect = \"read\"").contains("unknown field `effect`"));
    assert!(more("[limits]\ncpu_ms = 1").contains("cpu-ms"));
    assert!(more("[config]\ndefault = \"none.json\"").contains("cannot read"));
    assert!(refusal(&format!("{SMALLEST}[config]\ndefault = \"c.json\""), &[("c.json", "[]")]).contains("JSON object"));
    assert!(refusal(&format!("{SMALLEST}[config]\ndefault = \"c.json\""), &[("c.json", "{")]).contains("c.json: EOF"));
}

#[test]
fn widgets_come_in_two_forms() {
    let whole = json!({ "version": "1.0", "name": "whole", "template": "{}" }).to_string();
    let files = [
        ("inlay.toml", SMALLEST),
        ("widgets/whole.widget", whole.as_str()),
        (
            "widgets/parts/widget.toml",
            "version = \"1.0\"\nname = \"parts\"\ntitle = \"Parts\"\nsource = \"things\"\nauth = \"visitor\"\n",
        ),
        ("widgets/parts/template.jinja", "{\"type\": \"Card\", \"children\": []}\n"),
        ("widgets/parts/schema.json", "{\"type\": \"object\"}"),
        ("widgets/parts/params.json", "{\"properties\": {}}"),
        ("widgets/parts/sample.json", "{\"a\": 1}"),
        ("widgets/parts/preview.json", "{\"type\": \"Card\"}"),
        ("widgets/parts/encoded.json", "\"abc\"\n"),
        ("widgets/parts/inlay.json", r#"{"y": [2]}"#),
        ("widgets/parts/other.json", r#"{"x": 1}"#),
        ("widgets/parts/cases.json", "no part of the widget"),
        ("widgets/README.md", "not a widget"),
    ];
    let manifest = Folder::with(&files).build().unwrap();
    let parts = json!({
        "version": "1.0", "name": "parts", "template": "{\"type\": \"Card\", \"children\": []}\n",
        "jsonSchema": { "type": "object" }, "outputJsonPreview": { "type": "Card" }, "encodedWidget": "abc", "x": 1,
        "inlay": { "title": "Parts", "source": "things", "auth": "visitor", "params": { "properties": {} },
            "sample": { "a": 1 }, "y": [2] },
    });
    assert_eq!(manifest.json["widgets"], json!([parts, serde_json::from_str::<Value>(&whole).unwrap()]));
    assert_eq!(manifest.files.len(), 11);
}

#[test]
fn broken_widgets_are_named() {
    let with = |name: &str, text: &str| refusal(SMALLEST, &[(name, text)]);
    assert!(with("widgets/a.widget", "{").contains("widgets/a.widget: EOF"));
    assert!(with("widgets/a.widget", r#"{"version": "1.0", "name": "b", "template": "{}"}"#).contains("lies at \"a\""));
    assert!(with("widgets/a.widget", r#"{"version": "2", "name": "a", "template": "{}"}"#).contains("version"));
    assert!(with("widgets/a.widget", r#"{"version": "1.0", "name": "a"}"#).contains("no template"));
    assert!(with("widgets/A B.widget", r#"{"version": "1.0", "name": "A B", "template": "{}"}"#).contains("a-z"));
    assert!(with("widgets/a/widget.toml", "").contains("template.jinja"));
    assert!(with("widgets/a/template.jinja", "{}").contains("widget.toml"));
    assert!(with("widgets/a/templat.jinja", "{}").contains("templat.jinja is no file of a widget"));
    let nameless = [("widgets/a/widget.toml", "version = \"1.0\""), ("widgets/a/template.jinja", "{}")];
    assert!(refusal(SMALLEST, &nameless).contains("name = None"));
}

#[test]
fn fixtures_are_carried_along_and_named_after_their_files() {
    let good = r#"{"action": "buy", "input": {"id": 1}, "expect": {"ok": true}}"#;
    let named = r#"{"name": "looking", "action": "look", "expect": {"error": "missing.thing"}}"#;
    let files =
        [("inlay.toml", SMALLEST), ("fixtures/b.json", named), ("fixtures/a.json", good), ("fixtures/notes.md", "")];
    let manifest = Folder::with(&files).build().unwrap();
    let names: Vec<_> = manifest.json["fixtures"].as_array().unwrap().iter().map(|one| &one["name"]).collect();
    assert_eq!(names, ["a", "looking"]);
    assert!(manifest.files.iter().any(|file| file.ends_with("fixtures/a.json")), "{:?}", manifest.files);
    for (fixture, words) in [
        ("[]", "a JSON object"),
        (r#"{"expect": {}}"#, "either"),
        (r#"{"action": "buy", "query": "things", "expect": {}}"#, "either"),
        (r#"{"action": "sell", "expect": {}}"#, "\"sell\""),
        (r#"{"query": "things"}"#, "expect"),
        (r#"{"query": "things", "expects": {}, "expect": {}}"#, "\"expects\""),
        ("{", "fixtures/x.json"),
    ] {
        let why = refusal(SMALLEST, &[("fixtures/x.json", fixture)]);
        assert!(why.contains(words) && why.contains("fixtures/x.json"), "{fixture}: {why}");
    }
}

#[test]
fn a_fallback_is_a_widget_of_the_plugin() {
    let toml = format!("{SMALLEST}[actions.buy]\non-failure = {{ fallback = \"closed\" }}\n");
    assert!(refusal(&toml, &[]).contains("closed"));
    let widget = r#"{"version": "1.0", "name": "closed", "template": "{\"type\": \"Card\"}"}"#;
    let folder = Folder::with(&[("inlay.toml", &toml), ("widgets/closed.widget", widget)]);
    let manifest = folder.build().unwrap();
    assert_eq!(manifest.json["actions"][0]["on_failure"], json!({ "fallback": "closed" }));
    assert!(manifest.json["actions"][1].get("on_failure").is_none());
    assert!(refusal(&toml.replace("fallback =", "falback ="), &[]).contains("falback"));
}
