//! Clients that are slow, silent or too many: they are cut, and nobody else waits for them.
use crate::kit::{TestHost, raw};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

const EACH: usize = 200;
/// A loaded machine may look away for so long; a connection that nobody cuts would stay for minutes.
const SLACK: Duration = Duration::from_secs(15);

/// What a client does that never comes to an end: it sends this, then a byte at a time, or nothing at all.
#[derive(Clone, Copy)]
struct Slow {
    begins: &'static [u8],
    trickle: Option<&'static [u8]>,
}

const HEAD: Slow = Slow { begins: b"GET /health HTTP/1.1\r\nHost: localhost\r\nX-Slow: ", trickle: Some(b"a") };
const BODY: Slow = Slow {
    begins: b"POST /api/widget-action HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{",
    trickle: Some(b" "),
};
const SILENT: Slow = Slow { begins: b"", trickle: None };

/// How long until the host ends the connection, and what it said before.
async fn cut(address: &str, slow: Slow) -> (Duration, String) {
    let began = Instant::now();
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    let _ = stream.write_all(slow.begins).await;
    let (mut reader, mut writer) = stream.into_split();
    let trickle = tokio::spawn(async move {
        while let Some(byte) = slow.trickle {
            tokio::time::sleep(Duration::from_millis(200)).await;
            if writer.write_all(byte).await.is_err() {
                break;
            }
        }
        // The silent one stays, too.
        std::future::pending::<()>().await;
    });
    let mut said = Vec::new();
    let _ = reader.read_to_end(&mut said).await;
    trickle.abort();
    (began.elapsed(), String::from_utf8_lossy(&said).into_owned())
}

async fn crowd(address: &str, slow: Slow) -> Vec<(Duration, String)> {
    let mut all = JoinSet::new();
    for _ in 0..EACH {
        let address = address.to_owned();
        all.spawn(async move { cut(&address, slow).await });
    }
    all.join_all().await
}

/// The true limits are 30, 60 and 120 s; nothing but the figures differs.
#[tokio::test]
async fn six_hundred_slow_clients_are_cut_while_others_are_answered() {
    let host = TestHost::with(&[
        ("INLAY_SERVER_HEADER_TIMEOUT_S", "3"),
        ("INLAY_SERVER_BODY_TIMEOUT_S", "4"),
        ("INLAY_SERVER_IDLE_TIMEOUT_S", "5"),
    ])
    .await;
    let address = host.address();
    let client = host.anybody();
    let answered = async {
        let mut worst = Duration::ZERO;
        for _ in 0..60 {
            let began = Instant::now();
            client.get("/health").await.ok();
            worst = worst.max(began.elapsed());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        worst
    };
    let (heads, bodies, silent, worst) =
        tokio::join!(crowd(address, HEAD), crowd(address, BODY), crowd(address, SILENT), answered);
    for (kind, all, limit) in [("head", &heads, 3), ("body", &bodies, 4), ("silent", &silent, 5)] {
        let longest = all.iter().map(|(took, _)| *took).max().unwrap_or_default();
        let shortest = all.iter().map(|(took, _)| *took).min().unwrap_or_default();
        assert!(longest < Duration::from_secs(limit) + SLACK, "{kind}: the last was cut after {longest:?}");
        assert!(shortest > Duration::from_secs(1), "{kind}: the first was cut after {shortest:?}");
    }
    assert!(
        bodies.iter().all(|(_, said)| said.starts_with("HTTP/1.1 408")),
        "a slow body is told so: {:?}",
        bodies.first()
    );
    assert!(worst < Duration::from_secs(5), "health took {worst:?} meanwhile");
    client.get("/health").await.ok();
}

/// What is spoken is HTTP/1.1 alone: floods of streams, resets and continuations are no requests here.
#[tokio::test]
async fn http_2_is_refused_as_no_request() {
    let host = TestHost::start().await;
    let answer = raw::exchange(host.address(), b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await;
    assert!(answer.is_none_or(|answer| (400..=505).contains(&answer.status)), "nothing of HTTP/2 is taken up");
    host.anybody().get("/health").await.ok();
}

#[tokio::test]
async fn heads_are_bounded() {
    let host = TestHost::start().await;
    let many: String = (0..200).map(|n| format!("x-{n}: a\r\n")).collect();
    for (request, statuses) in [
        (format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "a".repeat(100_000)), &[414, 431][..]),
        (format!("GET / HTTP/1.1\r\nHost: a\r\nx: {}\r\n\r\n", "a".repeat(100_000)), &[431]),
        (format!("GET / HTTP/1.1\r\nHost: a\r\n{many}\r\n"), &[431]),
    ] {
        let answer = raw::exchange(host.address(), request.as_bytes()).await.expect("an answer");
        assert!(statuses.contains(&answer.status), "{} for {:.60}", answer.status, request);
        assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    }
}
