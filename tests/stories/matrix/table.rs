//! The data of the matrix, read: which doors there are, who gets which status, and what is asked.
use crate::kit::repo;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The columns of `expected.txt`, in their order.
pub const CALLERS: [&str; 15] = [
    "nobody", "other", "viewer", "agent", "admin", "owner", "visitor", "visitor2", "pk", "sk", "expired", "revoked",
    "widget", "widget2", "operator",
];

/// A door, "GET /api/keys", and the status that each caller gets.
pub struct Row {
    pub door: String,
    pub statuses: Vec<String>,
}

pub fn read(name: &str) -> String {
    let file = repo().join("tests/stories/matrix").join(name);
    std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// `expected.txt`: a door, a bar, a status for each caller; lines that begin with # are for people.
pub fn expected() -> Vec<Row> {
    let text = read("expected.txt");
    let lines = text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
    let row = |line: &str| {
        let (door, statuses) = line.split_once('|').unwrap_or_else(|| panic!("no bar in {line:?}"));
        let statuses: Vec<String> = statuses.split_whitespace().map(str::to_owned).collect();
        assert_eq!(statuses.len(), CALLERS.len(), "{line}");
        Row { door: door.trim().to_owned(), statuses }
    };
    lines.map(row).collect()
}

/// `requests.json`: by door, what is asked of it.
pub fn requests() -> BTreeMap<String, Map<String, Value>> {
    serde_json::from_str(&read("requests.json")).expect("requests.json")
}

/// Every door of the document.
pub fn documented(document: &Value) -> Vec<String> {
    let paths = document["paths"].as_object().expect("paths");
    let doors = paths.iter().flat_map(|(path, item)| {
        let methods = item.as_object().expect("a path").keys();
        let methods = methods.filter(|key| ["get", "post", "put", "patch", "delete"].contains(&key.as_str()));
        methods.map(move |method| format!("{} {path}", method.to_uppercase()))
    });
    doors.collect()
}
