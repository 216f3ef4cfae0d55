//! add_to_cart over HTTP, each answer durable: beside other servers by their own load, or alone by a plain loop.
use crate::Done;
use crate::load::{self, CONNECTIONS, Until};
use crate::process::{self, Folder, Host};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

/// What the figures are compared with: Express 5 and better-sqlite3, every write on disk before its answer; and Express 5
/// that keeps everything in memory.
const DURABLE: &str = "node-sqlite";
const IN_MEMORY: &str = "node";

/// One core for the server, one for the load, as the load of the others does it.
pub fn beside_peers(peers: &Path, folder: &Folder, seconds: u64) -> Done<Value> {
    println!("\nOver HTTP, beside {DURABLE} and {IN_MEMORY} ({})", peers.display());
    let headers = json!({"X-Inlay-Visitor": process::visitor()});
    let action = |name: &str, parameters: Value, form: Value| {
        json!({"method": "POST", "path": "/api/widget-action", "headers": headers,
            "json": {"type": "custom", "name": name, "parameters": parameters, "formData": form}})
    };
    let contact = json!({"user_name": "John Doe", "email": "john@example.com", "reason": "demo", "message": "Interested in your product"});
    let targets = json!({"targets": {"inlay": {
        "title": "Inlay, SQLite, synchronous=FULL",
        "start": [env!("CARGO_BIN_EXE_inlay"), "serve", "--listen", "127.0.0.1:${port}", "--data", folder.path()],
        "env": {"INLAY_AUTH_SECRET": process::SECRET, "INLAY_LOG_LEVEL": "warn"},
        "health": "/api/health",
        "requests": {
            "health": {"path": "/api/health"},
            "products": {"path": "/api/widget/products?limit=24", "min_bytes": 10_000},
            "cart": {"path": "/api/widget/cart", "headers": headers},
            "add_to_cart": action("add_to_cart", json!({"productId": "prod_1"}), json!({})),
            "submit_contact_form": action("submit_contact_form", json!({}), contact),
        }
    }}});
    let (targets_file, out) = (folder.path().join("targets.json"), folder.path().join("peers.json"));
    std::fs::write(&targets_file, targets.to_string())?;
    let status = Command::new(peers.join("load/run.sh"))
        .args(["inlay", DURABLE, IN_MEMORY])
        .env("TARGETS_FILE", &targets_file)
        .env("OUT", &out)
        .env("CASES", "products,cart,add_to_cart")
        .env("SECONDS_PER_ROUND", seconds.to_string())
        .status()?;
    if !status.success() {
        return Err(format!("the load ended with {status}").into());
    }
    let report: Value = serde_json::from_str(&std::fs::read_to_string(&out)?)?;
    let figure = |target: &str, case: &str, what: &str| {
        let at = format!("/targets/{target}/cases/{case}/{what}");
        report.pointer(&at).and_then(Value::as_f64).unwrap_or(f64::NAN)
    };
    println!();
    let goal = |words: &str, value: f64, goal: &str| {
        println!("  {words:<58} {value:>8.1}  (goal: {goal})");
        json!({"value": value, "goal": goal})
    };
    let times = |case: &str, rival: &str| figure("inlay", case, "rps") / figure(rival, case, "rps");
    let goals = json!({
        "durable": goal("add_to_cart, times the requests of Express + SQLite", times("add_to_cart", DURABLE), "8"),
        "in_memory": goal("add_to_cart, times the requests of Express in memory", times("add_to_cart", IN_MEMORY), "4"),
        "p99": goal("add_to_cart, p99 in ms", figure("inlay", "add_to_cart", "p99"), &format!(
            "below {:.1} and {:.1}", figure(DURABLE, "add_to_cart", "p99"), figure(IN_MEMORY, "add_to_cart", "p99"))),
        "cpu": goal("add_to_cart, processor time in us", figure("inlay", "add_to_cart", "cpu_us"), "100"),
        "products": goal("products, times the requests of Express", times("products", IN_MEMORY), "10"),
        "products_cpu": goal("products, processor time in us", figure("inlay", "products", "cpu_us"), "30"),
    });
    Ok(json!({"goals": goals, "report": report}))
}

/// Without peers: by our own load.
pub fn alone(folder: &Folder, seconds: u64) -> Done<Value> {
    println!("\nOver HTTP, {CONNECTIONS} connections");
    let host = Host::for_load(folder)?;
    let visitor = process::visitor();
    let cases = [
        ("health", load::get("/api/health", None)),
        ("products", load::get("/api/widget/products?limit=24", None)),
        ("cart", load::get("/api/widget/cart", Some(&visitor))),
        ("add_to_cart", load::add_to_cart(&visitor)),
    ];
    let mut figures = serde_json::Map::new();
    for (name, request) in cases {
        let requests = Arc::new(vec![request]);
        load::run(&host, &requests, Until::Time(Duration::from_secs(1)))?;
        let row = load::run(&host, &requests, Until::Time(Duration::from_secs(seconds)))?;
        row.print(name);
        figures.insert(name.to_owned(), row.json());
    }
    println!("  goals: add_to_cart at most 100 us, products at most 30 us; with --peers DIR also the ratios");
    Ok(Value::Object(figures))
}
