//! Case files beside `.widget` files: input in, tree or kind of failure out. A new case is a new entry in a file.
//!
//! Two folders: `tests/widgets` holds cases of our own; the folder that INLAY_GOLDEN names holds recordings of the
//! reference implementation, which are not ours to ship.
use inlay_host::base::tree;
use inlay_host::base::widget_file::WidgetFile;
use inlay_host::platform::templates::{FaultKind, RenderLimits, Template};
use serde_json::Value;
use std::path::Path;

/// Runs every case of a folder; returns how many, and what went wrong.
fn run(folder: &Path) -> (usize, Vec<String>) {
    let mut count = 0;
    let mut wrong = Vec::new();
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|f| f.unwrap().path()).collect();
    files.sort();
    for path in files.iter().filter(|p| p.extension().is_some_and(|e| e == "widget")) {
        let cases = std::fs::read_to_string(path.with_extension("cases.json")).unwrap();
        let cases: Value = serde_json::from_str(&cases).unwrap();
        let file = WidgetFile::parse(&std::fs::read_to_string(path).unwrap()).unwrap();
        assert_eq!(WidgetFile::from_folder(&file.to_folder()).unwrap(), file, "{path:?} in its readable form");
        for case in cases["cases"].as_array().unwrap() {
            count += 1;
            if let Err(why) = judge(&file, case) {
                wrong.push(format!("{} / {}: {why}", file.name, case["name"]));
            }
        }
    }
    (count, wrong)
}

fn judge(file: &WidgetFile, case: &Value) -> Result<(), String> {
    let rendered = Template::compile(&file.name, &file.template)
        .and_then(|template| template.render(&case["data"], &RenderLimits::default()));
    match (rendered, case["error"].as_str()) {
        (Ok(tree), None) => {
            if tree != case["rendered"] {
                return Err(format!("rendered {tree}\nexpected {}", case["rendered"]));
            }
            match case.get("wire") {
                Some(wire) if tree::wire(tree.clone()) != *wire => Err(format!("as sent: {}", tree::wire(tree))),
                _ => Ok(()),
            }
        }
        (Ok(tree), Some(expected)) => Err(format!("rendered {tree}, expected the failure {expected}")),
        (Err(fault), None) => Err(format!("failed: {fault}")),
        (Err(fault), Some(expected)) => {
            let kind = match fault.kind {
                FaultKind::Render => "render",
                FaultKind::Json => "json",
                FaultKind::Validate => "validate",
                FaultKind::Limit => "limit",
            };
            let line = case.get("line").and_then(Value::as_u64).map(|n| n as usize);
            if kind != expected || (line.is_some() && line != fault.line) {
                return Err(format!("{kind} at line {:?} ({fault}), expected {expected} at line {line:?}", fault.line));
            }
            Ok(())
        }
    }
}

#[test]
fn our_own_cases() {
    let (count, wrong) = run(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/widgets")));
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(count >= 40, "only {count} cases were found");
}

#[test]
fn the_reference_s_cases() {
    let Ok(golden) = std::env::var("INLAY_GOLDEN") else {
        assert!(std::env::var("CI").is_err(), "INLAY_GOLDEN must name the folder of golden data");
        eprintln!("INLAY_GOLDEN is not set: the reference's cases are not run");
        return;
    };
    let (count, wrong) = run(&Path::new(&golden).join("widgets"));
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(count >= 43, "only {count} cases were found");
}
