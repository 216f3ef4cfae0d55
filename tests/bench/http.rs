//! add_to_cart over HTTP, each answer durable: beside other servers by their own load, or alone by a plain loop.
use crate::process::{self, Folder, Host};
use crate::{Done, calls::number, percentile};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const BODY: &str = r#"{"type":"custom","name":"add_to_cart","parameters":{"productId":"prod_1"}}"#;
const CONNECTIONS: usize = 32;
/// What the figures are compared with: Express 5 and better-sqlite3, every write on disk before its answer.
const RIVAL: &str = "node-sqlite";

/// One core for the server, one for the load, as the load of the others does it.
pub fn beside_peers(peers: &Path, folder: &Folder, seconds: u64) -> Done<Value> {
    println!("\nOver HTTP, beside {} ({})", RIVAL, peers.display());
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
        .args(["inlay", RIVAL])
        .env("TARGETS_FILE", &targets_file)
        .env("OUT", &out)
        .env("CASES", "health,products,cart,add_to_cart,submit_contact_form")
        .env("SECONDS_PER_ROUND", seconds.to_string())
        .status()?;
    if !status.success() {
        return Err(format!("the load ended with {status}").into());
    }
    let report: Value = serde_json::from_str(&std::fs::read_to_string(&out)?)?;
    let rate = |target: &str| {
        report.pointer(&format!("/targets/{target}/cases/add_to_cart/rps")).and_then(Value::as_f64).unwrap_or(f64::NAN)
    };
    let ratio = rate("inlay") / rate(RIVAL);
    println!("\n  add_to_cart: {:.0}/s beside {:.0}/s, {ratio:.1} times  (goal: 4)", rate("inlay"), rate(RIVAL));
    Ok(json!({"ratio": ratio, "goal": 4, "report": report}))
}

/// Without peers: this process is the load, so both share the cores.
pub fn alone(folder: &Folder, seconds: u64) -> Done<Value> {
    println!("\nOver HTTP, {CONNECTIONS} connections, the load on the same cores");
    let host = Host::start(folder)?;
    let visitor = process::visitor();
    let post = format!(
        "POST /api/widget-action HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nX-Inlay-Visitor: {visitor}\r\nContent-Length: {}\r\n\r\n{BODY}",
        BODY.len()
    );
    let get = |path: &str| format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nX-Inlay-Visitor: {visitor}\r\n\r\n");
    let cases = [
        ("health", get("/api/health")),
        ("products", get("/api/widget/products")),
        ("cart", get("/api/widget/cart")),
        ("add_to_cart", post),
    ];
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let mut figures = serde_json::Map::new();
    for (name, request) in cases {
        let row = runtime.block_on(async {
            load(host.port, &request, Duration::from_secs(1)).await?;
            let before = process::cpu_seconds(host.id())?;
            let (mut millis, took) = load(host.port, &request, Duration::from_secs(seconds)).await?;
            let used = process::cpu_seconds(host.id())? - before;
            let count = millis.len() as f64;
            Done::Ok(json!({"rps": count / took.as_secs_f64(), "p50_ms": percentile(&mut millis, 0.5),
                "p99_ms": percentile(&mut millis, 0.99), "cpu_us": used * 1e6 / count}))
        })?;
        println!(
            "  {name:<12} {:>8.0}/s  p50 {:>6.2} ms  p99 {:>6.2} ms  cpu {:>6.1} us/request",
            number(&row, "rps"),
            number(&row, "p50_ms"),
            number(&row, "p99_ms"),
            number(&row, "cpu_us")
        );
        figures.insert(name.to_owned(), row);
    }
    println!("  With --peers DIR: beside Express and SQLite (goal: 4 times its add_to_cart)");
    Ok(Value::Object(figures))
}

/// Requests one after the other on each connection; milliseconds of each.
async fn load(port: u16, request: &str, time: Duration) -> Done<(Vec<f64>, Duration)> {
    let began = Instant::now();
    let mut all = tokio::task::JoinSet::new();
    for _ in 0..CONNECTIONS {
        let request = request.to_owned();
        all.spawn(async move {
            let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
            stream.set_nodelay(true)?;
            let (mut millis, mut buffer) = (Vec::new(), Vec::new());
            while began.elapsed() < time {
                let one = Instant::now();
                stream.write_all(request.as_bytes()).await?;
                answer(&mut stream, &mut buffer).await?;
                millis.push(one.elapsed().as_secs_f64() * 1e3);
            }
            Done::Ok(millis)
        });
    }
    let mut millis = Vec::new();
    for one in all.join_all().await {
        millis.extend(one?);
    }
    Ok((millis, began.elapsed()))
}

/// Reads one answer with a length; anything but 200 ends the measurement.
async fn answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Done<()> {
    buffer.clear();
    loop {
        if stream.read_buf(buffer).await? == 0 {
            return Err("the connection ended".into());
        }
        let Some(head) = buffer.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let text = String::from_utf8_lossy(buffer.get(..head).unwrap_or_default()).to_ascii_lowercase();
        if !text.starts_with("http/1.1 200") {
            return Err(format!("an answer that is not 200: {}", String::from_utf8_lossy(buffer)).into());
        }
        let length = text.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
        if buffer.len() >= head + 4 + length.ok_or("an answer without a length")? {
            return Ok(());
        }
    }
}
