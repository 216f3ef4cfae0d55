//! Our own load: requests one after the other on each of 32 connections. Where the machine has two cores, the host has
//! the first and the load the second, as the load of the other servers does it.
use crate::process::{self, Host};
use crate::{Done, percentile};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub const CONNECTIONS: usize = 32;
const BODY: &str = r#"{"type":"custom","name":"add_to_cart","parameters":{"productId":"prod_1"}}"#;

pub fn add_to_cart(visitor: &str) -> String {
    format!(
        "POST /api/widget-action HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nX-Inlay-Visitor: {visitor}\r\nContent-Length: {}\r\n\r\n{BODY}",
        BODY.len()
    )
}

pub fn get(path: &str, visitor: Option<&str>) -> String {
    let who = visitor.map(|visitor| format!("X-Inlay-Visitor: {visitor}\r\n")).unwrap_or_default();
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{who}\r\n")
}

/// When a load ends.
#[derive(Clone, Copy)]
pub enum Until {
    Time(Duration),
    Count(usize),
}

/// What a load came to.
pub struct Load {
    pub rps: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
    /// Processor time of the host for one request, in microseconds.
    pub cpu_us: f64,
}

impl Load {
    pub fn json(&self) -> Value {
        json!({"rps": self.rps, "p50_ms": self.p50_ms, "p99_ms": self.p99_ms, "cpu_us": self.cpu_us})
    }

    pub fn print(&self, name: &str) {
        let Load { rps, p50_ms, p99_ms, cpu_us } = self;
        println!("  {name:<34} {rps:>7.0}/s  p50 {p50_ms:>6.2} ms  p99 {p99_ms:>6.2} ms  cpu {cpu_us:>6.1} us/request");
    }
}

/// Sends the requests in turn, over and over.
pub fn run(host: &Host, requests: &Arc<Vec<String>>, until: Until) -> Done<Load> {
    let before = process::cpu_seconds(host.id())?;
    let (port, requests) = (host.port, requests.clone());
    let thread = std::thread::spawn(move || -> Done<(Vec<f64>, Duration)> {
        process::take_core(1);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(connections(port, requests, until))
    });
    let (mut millis, took) = thread.join().map_err(|_| "the load ended with a panic")??;
    let used = process::cpu_seconds(host.id())? - before;
    let count = millis.len() as f64;
    Ok(Load {
        rps: count / took.as_secs_f64(),
        p50_ms: percentile(&mut millis, 0.5),
        p99_ms: percentile(&mut millis, 0.99),
        cpu_us: used * 1e6 / count,
    })
}

async fn connections(port: u16, requests: Arc<Vec<String>>, until: Until) -> Done<(Vec<f64>, Duration)> {
    let began = Instant::now();
    let next = Arc::new(AtomicUsize::new(0));
    let mut all = tokio::task::JoinSet::new();
    for _ in 0..CONNECTIONS {
        let (requests, next) = (requests.clone(), next.clone());
        all.spawn(async move {
            let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
            stream.set_nodelay(true)?;
            let (mut millis, mut buffer) = (Vec::new(), Vec::new());
            loop {
                let at = next.fetch_add(1, Relaxed);
                let goes_on = match until {
                    Until::Time(time) => began.elapsed() < time,
                    Until::Count(count) => at < count,
                };
                let request = requests.get(at % requests.len().max(1)).filter(|_| goes_on);
                let Some(request) = request else { return Done::Ok(millis) };
                let one = Instant::now();
                stream.write_all(request.as_bytes()).await?;
                answer(&mut stream, &mut buffer).await?;
                millis.push(one.elapsed().as_secs_f64() * 1e3);
            }
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
        let text = std::str::from_utf8(buffer.get(..head).unwrap_or_default())?;
        if !text.starts_with("HTTP/1.1 200") {
            return Err(format!("an answer that is not 200: {}", String::from_utf8_lossy(buffer)).into());
        }
        let length = text.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
        if buffer.len() >= head + 4 + length.ok_or("an answer without a length")? {
            return Ok(());
        }
    }
}
