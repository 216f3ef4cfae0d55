//! A graceful stop: what has begun is answered, what is new is refused, the exit code is 0.
use crate::kit::{Crowd, TestHost, Visitor, raw, until};
use rustix::process::Signal;
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

#[tokio::test]
async fn sigterm_and_sigint_end_with_exit_code_0() {
    let mut host = TestHost::start().await;
    for signal in [Signal::TERM, Signal::INT] {
        let began = Instant::now();
        host.signal(signal);
        let status = host.ended().await;
        assert_eq!(status.code(), Some(0), "{signal:?}: {}", host.log());
        assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
        host.restart().await;
    }
}

/// Half of a request was there when the stop began: the rest comes and is answered.
#[tokio::test]
async fn a_half_sent_request_is_answered_before_the_end() {
    let mut host = TestHost::start().await;
    let id = host.visitor().id().await;
    let body = br#"{"type":"custom","name":"add_to_cart","parameters":{"productId":"prod_1"}}"#;
    let request = raw::post("/api/widget-action", Some("application/json"), &[("X-Inlay-Visitor", &id)], body);
    let (first, rest) = request.split_at(request.len() - 20);
    let mut stream = TcpStream::connect(host.address()).await.expect("a connection");
    stream.write_all(first).await.expect("sent");
    tokio::time::sleep(Duration::from_millis(200)).await;
    host.signal(Signal::TERM);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(host.is_running(), "the host waits for the request:\n{}", host.log());
    stream.write_all(rest).await.expect("sent");
    let answer = raw::answer(&mut stream).await.expect("the answer");
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(host.ended().await.code(), Some(0), "{}", host.log());
    host.restart().await;
    assert_eq!(Visitor::at(host.url(), &id).count().await, 1, "what was answered is stored");
}

/// While 32 visitors act: every answer is whole, nothing acknowledged is lost, and the end comes soon.
#[tokio::test]
async fn a_stop_under_load_tears_no_answer() {
    let mut host = TestHost::start().await;
    let crowd = Crowd::gather(&host, 32).await;
    let acting = crowd.act(host.url(), &[503]);
    until("everybody has acted", || crowd.acknowledged().iter().all(|count| *count > 1)).await;
    let began = Instant::now();
    assert_eq!(host.stop().await.code(), Some(0), "{}", host.log());
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    acting.cut_off().await;
    host.restart().await;
    crowd.check(host.url()).await;
}

/// A connection on which nothing is under way does not hold up the end.
#[tokio::test]
async fn idle_connections_do_not_delay_the_end() {
    let mut host = TestHost::start().await;
    let mut idle = Vec::new();
    for _ in 0..10 {
        let mut stream = TcpStream::connect(host.address()).await.expect("a connection");
        stream.write_all(&raw::get("/api/health", &[])).await.expect("sent");
        assert_eq!(raw::answer(&mut stream).await.map(|a| a.status), Some(200));
        idle.push(stream);
    }
    let began = Instant::now();
    assert_eq!(host.stop().await.code(), Some(0));
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

/// A second host on the same data folder would break the one-writer rule.
#[tokio::test]
async fn one_data_folder_has_one_host() {
    let host = TestHost::start().await;
    let output = host.inlay(&["serve", "--listen", "127.0.0.1:0", "--data", &host.data().to_string_lossy()]);
    assert!(!output.status.success(), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr).to_lowercase();
    assert!(said.contains("data") && !said.contains("panicked"), "{said}");
    host.anybody().get("/readyz").await.ok();
}
