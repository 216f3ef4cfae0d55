use super::*;
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use std::net::SocketAddr;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tower::service_fn;

const LIMITS: Limits = Limits {
    head: Duration::from_millis(600),
    idle: Duration::from_millis(1500),
    drain: Duration::from_secs(3),
    connections: 100,
    unreadable: |status| format!("HTTP/1.1 {status} No\r\ncontent-length: 8\r\n\r\nour word").into_bytes(),
};

struct Host {
    at: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    done: JoinHandle<()>,
}

/// Answers with the length of the body; "/slow" takes half a second, "/never" for ever, "/strict" takes 1 KiB and refuses
/// more without reading it.
async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let path = request.uri().path().to_owned();
    match path.as_str() {
        "/slow" => tokio::time::sleep(Duration::from_millis(500)).await,
        "/never" => std::future::pending().await,
        _ => {}
    }
    let declared = request.headers().get("content-length").and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
    if path == "/strict" && declared.is_some_and(|length| length > 1024) {
        return Ok(Response::builder().status(413).body("too large".into()).unwrap());
    }
    let body = Limited::new(request.into_body(), 64 << 20).collect().await;
    let length = body.map(|body| body.to_bytes().len()).unwrap_or(0);
    Ok(Response::new(format!("got {length}").into()))
}

async fn host(limits: Limits) -> Host {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let service = service_fn(|request| Box::pin(answer(request)) as Pin<Box<dyn Future<Output = _> + Send>>);
    let done = tokio::spawn(run(listener, service, limits, async { drop(stopped.await) }));
    Host { at, stop: Some(stop), done }
}

impl Host {
    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.at).await.unwrap()
    }
    fn stop(&mut self) {
        self.stop.take().unwrap().send(()).unwrap();
    }
    /// How long it takes until nothing runs any more.
    async fn ended(self) -> Duration {
        let began = Instant::now();
        self.done.await.unwrap();
        began.elapsed()
    }
}

/// Reads one answer, or what there is until the end.
async fn read(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let whole = String::from_utf8_lossy(&text);
        if let Some((head, body)) = whole.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
            if body.len() >= length.unwrap_or(0) {
                return whole.into_owned();
            }
        }
        match stream.read(&mut chunk).await {
            Ok(n @ 1..) => text.extend(&chunk[..n]),
            Ok(_) => return String::from_utf8_lossy(&text).into_owned(),
            Err(error) => return format!("{} after {:?}", error, String::from_utf8_lossy(&text)),
        }
    }
}

/// How long until the other side has closed.
async fn closes(stream: &mut TcpStream) -> Duration {
    let began = Instant::now();
    assert_eq!(read(stream).await, "", "closed without a word");
    began.elapsed()
}

const GET: &[u8] = b"GET / HTTP/1.1\r\nhost: a\r\n\r\n";

#[tokio::test]
async fn slow_heads_are_cut_and_others_are_answered_meanwhile() {
    let host = host(LIMITS).await;
    let mut slow = host.connect().await;
    slow.write_all(b"GET / HTTP/1.1\r\nhost:").await.unwrap();
    let trickle = tokio::spawn(async move {
        let began = Instant::now();
        while slow.write_all(b"a").await.is_ok() && began.elapsed() < Duration::from_secs(5) {
            tokio::time::sleep(Duration::from_millis(50)).await;
            if slow.try_read(&mut [0; 1]).is_ok_and(|n| n == 0) {
                break;
            }
        }
        began.elapsed()
    });
    let mut silent = host.connect().await;
    let mut good = host.connect().await;
    good.write_all(GET).await.unwrap();
    assert!(read(&mut good).await.ends_with("got 0"));
    assert!(closes(&mut silent).await < Duration::from_secs(1));
    assert!(trickle.await.unwrap() < Duration::from_secs(1));
}

#[tokio::test]
async fn a_connection_on_which_nothing_moves_is_closed() {
    let host = host(LIMITS).await;
    let mut stalled = host.connect().await;
    stalled.write_all(b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nabc").await.unwrap();
    let took = closes(&mut stalled).await;
    assert!(took > Duration::from_secs(1) && took < Duration::from_secs(3), "{took:?}");
    // One that is slow, but moves, goes on.
    let mut slow = host.connect().await;
    slow.write_all(b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\n").await.unwrap();
    for _ in 0..10 {
        tokio::time::sleep(Duration::from_millis(250)).await;
        slow.write_all(b"x").await.unwrap();
    }
    assert!(read(&mut slow).await.ends_with("got 10"));
}

#[tokio::test]
async fn a_stop_answers_what_has_begun_and_refuses_the_rest() {
    let mut host = host(LIMITS).await;
    // One idle after an answer, one that never spoke, one waiting for its answer, one with half a body, one with half a head,
    // one idle that speaks again just after the stop.
    let mut idle = host.connect().await;
    let mut again = host.connect().await;
    for stream in [&mut idle, &mut again] {
        stream.write_all(GET).await.unwrap();
        assert!(read(stream).await.ends_with("got 0"));
    }
    let mut silent = host.connect().await;
    let mut waiting = host.connect().await;
    waiting.write_all(b"GET /slow HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    let mut half_body = host.connect().await;
    half_body.write_all(b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 6\r\n\r\nabc").await.unwrap();
    let mut half_head = host.connect().await;
    half_head.write_all(GET).await.unwrap();
    assert!(read(&mut half_head).await.ends_with("got 0"));
    half_head.write_all(b"GET / HTTP/1.1\r\nho").await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    let at = host.at;
    host.stop();
    tokio::time::sleep(Duration::from_millis(100)).await;
    again.write_all(GET).await.unwrap();
    let last = read(&mut again).await;
    assert!(last.contains("connection: close") && last.ends_with("got 0"), "{last}");
    assert!(TcpStream::connect(at).await.is_err(), "new ones are refused");
    closes(&mut idle).await;
    closes(&mut silent).await;
    half_head.write_all(b"st: a\r\n\r\n").await.unwrap();
    half_body.write_all(b"def").await.unwrap();
    for (stream, body) in [(&mut half_head, "got 0"), (&mut half_body, "got 6"), (&mut waiting, "got 0")] {
        let answer = read(stream).await;
        assert!(
            answer.starts_with("HTTP/1.1 200") && answer.contains("connection: close") && answer.ends_with(body),
            "{answer}"
        );
    }
    assert!(host.ended().await < Duration::from_secs(2));
}

#[tokio::test]
async fn a_stop_with_idle_connections_is_quick_and_one_that_hangs_is_cut() {
    let mut quick = host(LIMITS).await;
    let mut idle = Vec::new();
    for _ in 0..20 {
        idle.push(quick.connect().await);
    }
    quick.stop();
    assert!(quick.ended().await < Duration::from_millis(1500));
    let mut hanging = host(Limits { drain: Duration::from_millis(800), idle: Duration::from_secs(60), ..LIMITS }).await;
    let mut never = hanging.connect().await;
    never.write_all(b"GET /never HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    hanging.stop();
    let took = hanging.ended().await;
    assert!(took > Duration::from_millis(700) && took < Duration::from_secs(2), "{took:?}");
}

/// A peer that sends all of a large body before it reads still gets its refusal.
#[tokio::test]
async fn a_refusal_reaches_who_is_still_sending() {
    let host = host(LIMITS).await;
    for _ in 0..20 {
        let mut stream = host.connect().await;
        let length = 8 << 20;
        stream
            .write_all(format!("POST /strict HTTP/1.1\r\nhost: a\r\ncontent-length: {length}\r\n\r\n").as_bytes())
            .await
            .unwrap();
        stream.write_all(&vec![b'x'; length]).await.unwrap();
        let answer = read(&mut stream).await;
        assert!(answer.starts_with("HTTP/1.1 413") && answer.ends_with("too large"), "{answer}");
    }
}

#[tokio::test]
async fn what_is_no_http_is_answered() {
    let host = host(LIMITS).await;
    let long = format!("GET / HTTP/1.1\r\nhost: a\r\nx: {}\r\n\r\n", "y".repeat(64 << 10));
    for (sent, status) in [
        (&b"hello?\r\n\r\n"[..], "400"),
        (b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: two\r\n\r\n", "400"),
        (b"GET / HTTP/1.1\r\nhost: a\r\nx: a\0b\r\n\r\n", "400"),
        (long.as_bytes(), "431"),
    ] {
        let mut stream = host.connect().await;
        // Also behind a request that was answered.
        stream.write_all(GET).await.unwrap();
        assert!(read(&mut stream).await.ends_with("got 0"));
        stream.write_all(sent).await.unwrap();
        let answer = read(&mut stream).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} No")) && answer.ends_with("our word"), "{answer}");
    }
}

#[tokio::test]
async fn connections_are_counted() {
    let host = host(Limits { connections: 1, ..LIMITS }).await;
    let mut first = host.connect().await;
    first.write_all(GET).await.unwrap();
    assert!(read(&mut first).await.ends_with("got 0"));
    // The second waits in the system's queue until the first has gone.
    let mut second = host.connect().await;
    second.write_all(GET).await.unwrap();
    assert!(tokio::time::timeout(Duration::from_millis(200), read(&mut second)).await.is_err());
    drop(first);
    assert!(read(&mut second).await.ends_with("got 0"));
}
