//! The plugin's own widgets: `widgets/NAME.widget`, or the readable folder `widgets/NAME/`.
use crate::manifest::Reader;
use crate::names;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Every widget as a `.widget` file's JSON, by name. Errors: sentences that name the file.
pub fn all(reader: &mut Reader) -> Result<Vec<Value>, String> {
    let Ok(entries) = std::fs::read_dir(reader.root.join("widgets")) else { return Ok(Vec::new()) };
    let mut found = BTreeMap::new();
    for entry in entries.flatten() {
        let path = entry.path();
        let file = entry.file_name().to_string_lossy().into_owned();
        let (name, widget) = if path.is_dir() {
            (file.clone(), folder(reader, &file)?)
        } else if let Some(name) = file.strip_suffix(".widget") {
            (name.to_owned(), reader.read_json(&format!("widgets/{file}"))?)
        } else {
            continue;
        };
        check(&file, &name, &widget)?;
        if found.insert(name.clone(), widget).is_some() {
            return Err(format!("widgets/: there are two widgets called {name:?}"));
        }
    }
    Ok(found.into_values().collect())
}

fn check(file: &str, name: &str, widget: &Value) -> Result<(), String> {
    if !names::is_slug(name) {
        return Err(format!("widgets/{file}: a widget's name has 1 to 64 of a-z, 0-9 and '-'"));
    }
    match widget.get("name").and_then(Value::as_str) {
        Some(inside) if inside == name => {}
        inside => return Err(format!("widgets/{file}: the file says name = {inside:?}, but it lies at {name:?}")),
    }
    if widget.get("version").is_none_or(|version| version != "1.0") {
        return Err(format!("widgets/{file}: version must be \"1.0\""));
    }
    if !widget.get("template").is_some_and(Value::is_string) {
        return Err(format!("widgets/{file}: there is no template"));
    }
    Ok(())
}

/// Every file of the readable form; `inlay widget unpack` writes them, `inlay widget pack` reads them. `cases.json` is there
/// for `inlay widget test` and goes into no component.
const FILES: &[&str] = &[
    "widget.toml",
    "template.jinja",
    "schema.json",
    "preview.json",
    "encoded.json",
    "params.json",
    "sample.json",
    "inlay.json",
    "other.json",
    "cases.json",
];

fn folder(reader: &mut Reader, name: &str) -> Result<Value, String> {
    let file = |part: &str| format!("widgets/{name}/{part}");
    let present = parts(reader, name)?;
    let has = |part: &str| present.iter().any(|file| file == part);
    let mut widget = Map::new();
    let mut ours = Map::new();
    let text = reader.read(&file("widget.toml"))?;
    let head: Map<String, Value> = toml::from_str(&text).map_err(|e| format!("{}: {e}", file("widget.toml")))?;
    for (key, value) in head {
        let target = if matches!(key.as_str(), "version" | "name") { &mut widget } else { &mut ours };
        target.insert(key, value);
    }
    widget.insert("template".to_owned(), reader.read(&file("template.jinja"))?.into());
    let members =
        [("schema.json", "jsonSchema"), ("preview.json", "outputJsonPreview"), ("encoded.json", "encodedWidget")];
    for (part, key) in members {
        if has(part) {
            widget.insert(key.to_owned(), reader.read_json(&file(part))?);
        }
    }
    for (part, key) in [("params.json", "params"), ("sample.json", "sample")] {
        if has(part) {
            ours.insert(key.to_owned(), reader.read_json(&file(part))?);
        }
    }
    for (part, target) in [("inlay.json", &mut ours), ("other.json", &mut widget)] {
        if has(part) {
            match reader.read_json(&file(part))? {
                Value::Object(members) => target.extend(members),
                _ => return Err(format!("{}: it must hold an object", file(part))),
            }
        }
    }
    if !ours.is_empty() {
        widget.insert("inlay".to_owned(), ours.into());
    }
    Ok(widget.into())
}

/// The names of a widget's files. Errors: a file that belongs to no widget is a misspelt one.
fn parts(reader: &Reader, name: &str) -> Result<Vec<String>, String> {
    let entries =
        std::fs::read_dir(reader.root.join("widgets").join(name)).map_err(|e| format!("widgets/{name}: {e}"))?;
    let names: Vec<String> = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    match names.iter().find(|name| !FILES.contains(&name.as_str())) {
        Some(strange) => {
            Err(format!("widgets/{name}/{strange} is no file of a widget; these are: {}", FILES.join(", ")))
        }
        None => Ok(names),
    }
}
