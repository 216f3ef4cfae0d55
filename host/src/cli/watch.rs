//! `inlay plugin stats` and `inlay plugin logs`: what a running host knows of its plugins' calls.
use super::door::{Door, Where};
use super::{block_on, print, say};
use crate::app::Failure;
use clap::Args;
use http_body_util::BodyExt;
use serde_json::Value;
use std::time::{Duration, SystemTime};

#[derive(Args)]
pub struct Stats {
    name: String,
    /// As JSON, with everything
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Where,
}

#[derive(Args)]
pub struct Logs {
    name: String,
    /// Go on with every new line until the host stops
    #[arg(short, long)]
    follow: bool,
    /// The least level: debug, info, warn or error
    #[arg(long, default_value = "debug")]
    level: String,
    /// Most lines of the past
    #[arg(long, default_value_t = 100)]
    limit: usize,
    /// Each line as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Where,
}

pub fn stats(args: &Stats) -> Result<(), Failure> {
    let door = Door::of(&args.place)?;
    let stats = block_on(door.json(&format!("/api/admin/plugins/{}/stats", part(&args.name)?)))?;
    if args.json { print(&serde_json::to_string_pretty(&stats)?) } else { print(&in_words(&stats)) }
}

pub fn logs(args: &Logs) -> Result<(), Failure> {
    let door = Door::of(&args.place)?;
    let path = |limit: usize| -> Result<String, Failure> {
        Ok(format!("/api/admin/plugins/{}/logs?limit={limit}&level={}", part(&args.name)?, part(&args.level)?))
    };
    if !args.follow {
        let log = block_on(door.json(&path(args.limit)?))?;
        let mut lines = log.get("lines").and_then(Value::as_array).into_iter().flatten();
        return lines.try_for_each(|one| print(&line(one, args.json)));
    }
    block_on(async {
        let mut last = String::new();
        // Whoever was cut off because it was too slow comes again for what it missed.
        loop {
            let after = [("last-event-id", last.as_str())];
            let headers = if last.is_empty() { &[][..] } else { &after[..] };
            let limit = if last.is_empty() { args.limit } else { usize::MAX >> 1 };
            let mut body = door.get(&path(limit)?, headers).await?.into_body();
            let mut events = Events::default();
            let reason = 'stream: loop {
                let Some(frame) = body.frame().await else { break "cut" };
                let Ok(data) = frame?.into_data() else { continue };
                for event in events.push(&data) {
                    match event.kind.as_str() {
                        "line" => {
                            last = event.id;
                            print(&line(&event.data, args.json))?;
                        }
                        "missed" => say("(some lines in between are not kept any more)"),
                        "end" if event.data.get("reason").is_some_and(|reason| reason == "too_slow") => {
                            break 'stream "too_slow";
                        }
                        _ => break 'stream "stopping",
                    }
                }
            };
            match reason {
                "too_slow" => {}
                "stopping" => {
                    say("(the host stops)");
                    return Ok(());
                }
                _ => return Err("The host has gone away".into()),
            }
        }
    })
}

/// Part of a path or a query. Errors: it is no name.
fn part(name: &str) -> Result<&str, Failure> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    if name.is_empty() || !name.bytes().all(plain) {
        return Err(format!("{name:?} has characters that do not belong there").into());
    }
    Ok(name)
}

struct Event {
    kind: String,
    id: String,
    data: Value,
}

/// Server-sent events, put together from pieces.
#[derive(Default)]
struct Events(Vec<u8>);

impl Events {
    fn push(&mut self, piece: &[u8]) -> Vec<Event> {
        self.0.extend_from_slice(piece);
        let mut found = Vec::new();
        while let Some(end) = self.0.windows(2).position(|two| two == b"\n\n") {
            let whole: Vec<u8> = self.0.drain(..end + 2).collect();
            let text = String::from_utf8_lossy(&whole);
            let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
            // Without data it is a sign of life.
            if let Some(data) = field("data") {
                let (kind, id) =
                    (field("event").unwrap_or_default().to_owned(), field("id").unwrap_or_default().to_owned());
                found.push(Event { kind, id, data: serde_json::from_str(data).unwrap_or_default() });
            }
        }
        found
    }
}

/// A line of a log for people. What a guest wrote has no control characters; the host has seen to that.
fn line(line: &Value, json: bool) -> String {
    if json {
        return line.to_string();
    }
    let text = |name: &str| line.get(name).and_then(Value::as_str).unwrap_or_default();
    let at = Duration::from_millis(line.get("at_ms").and_then(Value::as_u64).unwrap_or_default());
    let at = humantime::format_rfc3339_millis(SystemTime::UNIX_EPOCH + at);
    let fields = line.get("fields").and_then(Value::as_object).into_iter().flatten();
    let fields: String =
        fields.map(|(name, value)| format!(" {name}={}", value.as_str().unwrap_or_default())).collect();
    format!(
        "{at} {:5} {} {}: {}{fields}",
        text("level").to_uppercase(),
        text("version"),
        text("action"),
        text("message")
    )
}

fn in_words(stats: &Value) -> String {
    let text = |pointer: &str| stats.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let mut out = format!("{} {} (breaker {})\n", text("/name"), text("/version"), text("/breaker/state"));
    for (title, pointer) in [("since the start", "/total"), ("last 5 minutes", "/recent")] {
        if let Some(figures) = stats.pointer(pointer) {
            out.push_str(&row(title, figures));
        }
    }
    for kind in ["actions", "queries"] {
        for (name, both) in stats.get(kind).and_then(Value::as_object).into_iter().flatten() {
            out.push_str(&row(name, both.get("total").unwrap_or(&Value::Null)));
        }
    }
    for (what, pointer) in [("refused", "/total/refusals"), ("failed", "/total/errors")] {
        for (word, count) in stats.pointer(pointer).and_then(Value::as_object).into_iter().flatten() {
            out.push_str(&format!("  {what} as {word}: {count}\n"));
        }
    }
    out
}

fn row(title: &str, figures: &Value) -> String {
    let number = |pointer: &str| figures.pointer(pointer).and_then(Value::as_u64).unwrap_or_default();
    let (calls, refused, failed) = (number("/calls"), number("/refused"), number("/failed"));
    let (cpu, wall) = (number("/cpu_us/p50"), number("/wall_us/p50"));
    let (cpu99, wall99, memory) = (number("/cpu_us/p99"), number("/wall_us/p99"), number("/memory_bytes") / 1024);
    format!(
        "  {title}: {calls} calls, {refused} refused, {failed} failed; cpu {cpu} us (p99 {cpu99}), time {wall} us \
         (p99 {wall99}), memory {memory} KiB\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn events_come_in_pieces() {
        let mut events = Events::default();
        assert!(events.push(b"event: line\ndata: {\"a\":").is_empty());
        let found = events.push(b"1}\nid: 7\n\n:\n\nevent: end\ndata: {}\n\n");
        assert_eq!((found[0].kind.as_str(), found[0].id.as_str(), &found[0].data), ("line", "7", &json!({"a": 1})));
        assert_eq!((found.len(), found[1].kind.as_str()), (2, "end"));
    }

    #[test]
    fn a_line_is_for_people() {
        let one = json!({"id": 1, "at_ms": 1_000, "level": "info", "message": "sold", "fields": {"n": "3"}, "action": "buy",
            "version": "1.0.0"});
        assert_eq!(line(&one, false), "1970-01-01T00:00:01.000Z INFO  1.0.0 buy: sold n=3");
        assert!(part("../x").is_err() && part("shop").is_ok());
    }
}
