use super::host;
use crate::kit::Client;
use rustix::process::Signal;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::time::Duration;

/// A reader of server-sent events.
struct Reader {
    response: reqwest::Response,
    text: String,
    events: VecDeque<Value>,
}

impl Reader {
    async fn open(client: &Client, path: &str, headers: &[(&str, &str)]) -> Reader {
        let request = headers.iter().fold(client.request("GET", path), |r, (name, value)| r.header(*name, *value));
        let response = request.send().await.expect("an answer");
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Reader { response, text: String::new(), events: VecDeque::new() }
    }

    /// The next event as `{event, id, data}`; `None` at the end.
    async fn next(&mut self) -> Option<Value> {
        loop {
            if let Some(event) = self.events.pop_front() {
                return Some(event);
            }
            let chunk =
                tokio::time::timeout(Duration::from_secs(30), self.response.chunk()).await.expect("an event in time");
            self.text.push_str(std::str::from_utf8(&chunk.expect("the stream")?).expect("UTF-8"));
            while let Some((event, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
                if let Some(data) = field("data") {
                    let data: Value = serde_json::from_str(data).expect("JSON");
                    self.events.push_back(json!({"event": field("event"), "id": field("id"), "data": data}));
                }
                self.text = rest.to_owned();
            }
        }
    }

    async fn message(&mut self) -> String {
        let event = self.next().await.expect("an event");
        assert_eq!(event["event"], "line", "{event}");
        event["data"]["message"].as_str().expect("a message").to_owned()
    }
}

const LOGS: &str = "/api/admin/plugins/misbehave/logs";

#[tokio::test]
async fn a_log_is_read_along_resumed_and_ended() {
    let mut host = host(&[]).await;
    let (admin, visitor) = (host.admin(), host.visitor());
    visitor.act("say", json!({"text": "first"})).await.ok();
    let mut reader = Reader::open(&admin, LOGS, &[]).await;
    let first = reader.next().await.expect("an event");
    let line = &first["data"];
    assert_eq!(
        (line["message"].as_str(), line["level"].as_str(), line["action"].as_str()),
        (Some("first"), Some("info"), Some("say"))
    );
    assert_eq!((&line["fields"], line["attempt"].as_u64()), (&json!({"n": "0"}), Some(1)), "{line}");
    assert!(line["call"].as_str().is_some_and(|call| call.starts_with("act_")), "{line}");
    assert!(!line.to_string().contains("vis_"), "no visitor in {line}");
    let id = first["id"].as_str().expect("an id").to_owned();
    visitor.act("say", json!({"text": "second\nline"})).await.ok();
    assert_eq!(reader.message().await, "second line");
    // A line of a call that failed is there as well.
    visitor.act("panic", json!({})).await.problem(502, "plugin_failed");
    assert!(reader.message().await.contains("secret text"));
    drop(reader);
    let mut again = Reader::open(&admin, LOGS, &[("last-event-id", &id)]).await;
    assert_eq!(again.message().await, "second line");
    let mut errors = Reader::open(&admin, &format!("{LOGS}?level=error&limit=0"), &[]).await;
    visitor.act("say", json!({"text": "unheard"})).await.ok();
    visitor.act("say", json!({"text": "", "times": 0})).await.ok();
    assert_eq!(errors.message().await, "nothing to say");
    let last = admin.get_as(&format!("{LOGS}?limit=2"), "application/json").await.ok().json();
    let messages: Vec<_> = last["lines"].as_array().expect("lines").iter().map(|line| &line["message"]).collect();
    assert_eq!(messages, ["unheard", "nothing to say"]);
    host.signal(Signal::TERM);
    assert_eq!(
        errors.next().await.expect("a last event"),
        json!({"event": "end", "id": null, "data": {"reason": "stopping"}})
    );
    assert_eq!(errors.next().await, None);
    assert_eq!(host.ended().await.code(), Some(0));
}

#[tokio::test]
async fn only_the_last_lines_are_kept() {
    let mut host = host(&[("INLAY_WATCH_LOG_LINES", "5")]).await;
    let (admin, visitor) = (host.admin(), host.visitor());
    for text in ["a", "b"] {
        visitor.act("say", json!({"text": text, "times": 4})).await.ok();
    }
    let kept = admin.get_as(LOGS, "application/json").await.ok().json();
    let texts: Vec<_> = kept["lines"].as_array().expect("lines").iter().map(|line| &line["message"]).collect();
    assert_eq!(texts, ["a", "b", "b", "b", "b"]);
    let mut reader = Reader::open(&admin, &format!("{LOGS}?after=1"), &[]).await;
    assert_eq!(reader.next().await.expect("an event")["event"], "missed");
}

#[tokio::test]
async fn the_command_line_asks_the_running_host() {
    let host = host(&[]).await;
    host.visitor().act("say", json!({"text": "hello from a call"})).await.ok();
    let data = host.data().to_string_lossy().into_owned();
    let ask = |verb: &str, name: &str, url: &str, more: &[&str]| {
        let output = host.inlay(&[&["plugin", verb, name, "--url", url, "--data", &data], more].concat());
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    let (code, out, err) = ask("logs", "misbehave", host.url(), &[]);
    assert_eq!(code, Some(0), "{err}");
    assert!(out.contains("INFO") && out.contains("say: hello from a call n=0"), "{out}");
    let (code, out, err) = ask("stats", "misbehave", host.url(), &[]);
    assert_eq!(code, Some(0), "{err}");
    assert!(out.contains("breaker closed") && out.contains("say: 1 calls, 0 refused, 0 failed"), "{out}");
    let (_, out, _) = ask("stats", "misbehave", host.url(), &["--json"]);
    let stats: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(stats["total"]["calls"], 1, "{stats}");
    let (code, _, err) = ask("logs", "nobody", host.url(), &[]);
    assert!(code == Some(1) && err.contains("404"), "{err}");
    let (code, _, err) = ask("stats", "misbehave", "http://127.0.0.1:1", &[]);
    assert!(code == Some(1) && err.contains("Is it running?"), "{err}");
}
