//! The plugin's self-tests: `fixtures/*.json`, which hosts run before the plugin can be in force.
use crate::manifest::Reader;
use crate::table::{Entry, Table};
use serde_json::Value;

/// The members of a fixture; the host refuses others as well.
const MEMBERS: &[&str] = &["name", "action", "query", "input", "visitor", "thread", "config", "state", "expect"];

/// Every fixture in the order of the files' names. Errors: sentences that name the file.
pub fn all(reader: &mut Reader, table: &Table) -> Result<Vec<Value>, String> {
    let Ok(entries) = std::fs::read_dir(reader.root.join("fixtures")) else { return Ok(Vec::new()) };
    let mut files: Vec<String> = entries.flatten().map(|e| e.file_name().to_string_lossy().into_owned()).collect();
    files.retain(|file| file.ends_with(".json"));
    files.sort();
    files.iter().map(|file| one(reader, file, table)).collect()
}

fn one(reader: &mut Reader, file: &str, table: &Table) -> Result<Value, String> {
    let path = format!("fixtures/{file}");
    let mut fixture = reader.read_json(&path)?;
    let about = |why: String| Err(format!("{path}: {why}"));
    let Some(members) = fixture.as_object_mut() else { return about("a fixture is a JSON object".to_owned()) };
    if let Some(unknown) = members.keys().find(|name| !MEMBERS.contains(&name.as_str())) {
        return about(format!("{unknown:?} is not known; a fixture may have {MEMBERS:?}"));
    }
    let called = |kind: &str| members.get(kind).map(|name| name.as_str().unwrap_or_default().to_owned());
    let (name, known) = match (called("action"), called("query")) {
        (Some(name), None) => (name, &table.actions),
        (None, Some(name)) => (name, &table.queries),
        _ => return about("a fixture names either an \"action\" or a \"query\"".to_owned()),
    };
    let names = |entries: &[Entry]| entries.iter().map(|entry| entry.name.value()).collect::<Vec<_>>();
    if !names(known).contains(&name) {
        return about(format!("it calls {name:?}; the code has {:?}", names(known)));
    }
    if !members.get("expect").is_some_and(Value::is_object) {
        return about("\"expect\" says what should come of it, as an object".to_owned());
    }
    members.entry("name").or_insert_with(|| file.trim_end_matches(".json").into());
    Ok(fixture)
}
