//! Every door × every kind of caller. What each gets is data (`expected.txt`, `requests.json`); a door of the OpenAPI
//! document that is missing there fails the test. Whatever the answer, nothing of the workspace is in what others get.
mod people;
mod table;

use crate::kit::{Client, TestHost};
use people::World;
use serde_json::{Map, Value};
use std::fmt::Write;

#[tokio::test]
async fn every_door_answers_every_caller_as_the_table_says() {
    let host = TestHost::with(people::SETTINGS).await;
    let world = World::settle(host).await;
    let expected = table::expected();
    let requests = table::requests();
    let documented = table::documented(&world.anybody().get("/openapi.json").await.ok().json());
    let listed: Vec<&str> = expected.iter().map(|row| row.door.as_str()).collect();
    let missing: Vec<&String> = documented.iter().filter(|door| !listed.contains(&door.as_str())).collect();
    assert!(missing.is_empty(), "doors that the matrix does not know: {missing:#?}");
    let gone: Vec<&&str> = listed.iter().filter(|door| !documented.iter().any(|known| known == *door)).collect();
    assert!(gone.is_empty(), "doors of the matrix that do not exist: {gone:#?}");
    let nothing = Map::new();
    let (mut faults, mut found) = (Vec::new(), String::new());
    for row in &expected {
        let request = requests.get(&row.door).unwrap_or(&nothing);
        let mut statuses = Vec::new();
        for (caller, wanted) in table::CALLERS.iter().zip(&row.statuses) {
            let status = ask(&world, caller, &row.door, request, &mut faults).await;
            if *wanted != status.to_string() {
                faults.push(format!("{} as {caller}: {status} instead of {wanted}", row.door));
            }
            statuses.push(status.to_string());
        }
        let _ = writeln!(found, "{:<62}| {}", row.door, statuses.join(" "));
    }
    assert!(faults.is_empty(), "{} faults:\n{}\n\nas found:\n{found}", faults.len(), faults.join("\n"));
}

/// Asks a door as this caller; the status. Notes a leak as a fault.
async fn ask(world: &World, caller: &str, door: &str, request: &Map<String, Value>, faults: &mut Vec<String>) -> u16 {
    let (method, pattern) = door.split_once(' ').expect("a method and a path");
    let values = world.values(request).await;
    let path = world.fill(pattern, &values);
    let query = request.get("query").and_then(Value::as_str).map(|query| format!("?{}", world.fill(query, &values)));
    let client: Client = world.client(caller);
    let mut ask = client.request(method, &format!("{path}{}", query.unwrap_or_default()));
    if let Some(body) = request.get("body") {
        let body = world.fill(&body.to_string(), &values);
        ask = ask.header("content-type", "application/json").body(body);
    }
    if let Some(accept) = request.get("accept").and_then(Value::as_str) {
        ask = ask.header("accept", accept);
    }
    if request.contains_key("stream") {
        // A stream has no end: its head is the answer.
        let response = ask.send().await.expect("an answer");
        return response.status().as_u16();
    }
    let answer = client.send(ask).await;
    let text = String::from_utf8_lossy(&answer.body);
    if world.is_stranger(caller) && text.contains(people::MARK) {
        faults.push(format!("{door} tells {caller} of the workspace: {text:.300}"));
    }
    if request.contains_key("ends") {
        world.renew().await;
    }
    if answer.status == 401 && !request.contains_key("takes") && ["expired", "revoked"].contains(&caller) {
        let code = answer.json()["code"].clone();
        if code != "invalid_token" {
            faults.push(format!("{door} as {caller}: {code}"));
        }
    }
    if answer.status >= 500 {
        faults.push(format!("{door} as {caller}: {text:.300}"));
    }
    answer.status
}
