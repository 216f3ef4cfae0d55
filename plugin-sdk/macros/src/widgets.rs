//! The plugin's own widgets: `widgets/NAME.widget`, or the readable folder `widgets/NAME/`.
use crate::manifest::Reader;
use crate::names;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::Path;

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
    if !names::is_widget(name) {
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

/// Keys of `widget.toml` that belong to Inlay's own part of the file.
const OURS: &[&str] = &["title", "description", "source", "auth"];

fn folder(reader: &mut Reader, name: &str) -> Result<Value, String> {
    let file = |part: &str| format!("widgets/{name}/{part}");
    let head: Map<String, Value> = {
        let text = reader.read(&file("widget.toml"))?;
        toml::from_str(&text).map_err(|e| format!("{}: {e}", file("widget.toml")))?
    };
    let mut widget = Map::new();
    let mut ours = Map::new();
    widget.insert("version".to_owned(), "1.0".into());
    widget.insert("name".to_owned(), name.into());
    for (key, value) in head {
        let target = if OURS.contains(&key.as_str()) { &mut ours } else { &mut widget };
        target.insert(key, value);
    }
    let has = |reader: &Reader, part: &str| Path::new(reader.root).join(file(part)).is_file();
    widget.insert("template".to_owned(), reader.read(&file("template.jinja"))?.into());
    for (part, key) in [("schema.json", "jsonSchema"), ("preview.json", "outputJsonPreview")] {
        if has(reader, part) {
            widget.insert(key.to_owned(), reader.read_json(&file(part))?);
        }
    }
    if has(reader, "encoded.txt") {
        widget.insert("encodedWidget".to_owned(), reader.read(&file("encoded.txt"))?.trim_end().into());
    }
    for (part, key) in [("params.json", "params"), ("sample.json", "sample")] {
        if has(reader, part) {
            ours.insert(key.to_owned(), reader.read_json(&file(part))?);
        }
    }
    if !ours.is_empty() {
        widget.insert("inlay".to_owned(), ours.into());
    }
    Ok(widget.into())
}
