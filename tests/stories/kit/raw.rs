//! HTTP/1.1 by hand, for requests that no good client would send.
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub struct RawAnswer {
    pub status: u16,
    /// Head lines, names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl RawAnswer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Sends the bytes on a connection of their own and reads one answer. `None`: the connection ended without one.
pub async fn exchange(address: &str, request: &[u8]) -> Option<RawAnswer> {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    // A host may refuse after the head and stop reading; its answer counts all the same.
    let _ = stream.write_all(request).await;
    answer(&mut stream).await
}

/// Reads one answer from a connection.
pub async fn answer(stream: &mut TcpStream) -> Option<RawAnswer> {
    let mut got = Vec::new();
    let read = async {
        let mut piece = [0u8; 16 * 1024];
        loop {
            if let Some(done) = parse(&got) {
                return Some(done);
            }
            match stream.read(&mut piece).await {
                Ok(0) | Err(_) => return parse_to_end(&got),
                Ok(n) => got.extend_from_slice(piece.get(..n).unwrap_or_default()),
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(60), read).await.expect("an answer within a minute")
}

/// A POST of an action body with one content type, the framing done right.
pub fn post(path: &str, content_type: Option<&str>, extra: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut request = format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n", body.len());
    if let Some(content_type) = content_type {
        request.push_str(&format!("Content-Type: {content_type}\r\n"));
    }
    for (name, value) in extra {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str("\r\n");
    [request.as_bytes(), body].concat()
}

pub fn get(path: &str, extra: &[(&str, &str)]) -> Vec<u8> {
    let lines: String = extra.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{lines}\r\n").into_bytes()
}

type Head = (u16, Vec<(String, String)>, usize);

fn head(got: &[u8]) -> Option<Head> {
    let end = got.windows(4).position(|w| w == b"\r\n\r\n")?;
    let text = String::from_utf8_lossy(got.get(..end)?).into_owned();
    let mut lines = text.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    Some((status, headers, end + 4))
}

/// A whole answer, or `None` while something is still to come.
fn parse(got: &[u8]) -> Option<RawAnswer> {
    let (status, headers, start) = head(got)?;
    let rest = got.get(start..)?;
    let find = |name: &str| headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.clone());
    let body = match (find("content-length"), find("transfer-encoding")) {
        (Some(length), _) => rest.get(..length.parse().ok()?)?.to_vec(),
        (None, Some(_)) => unchunk(rest)?,
        // Without either, the body goes on to the end of the connection.
        (None, None) if status == 204 || status == 304 => Vec::new(),
        (None, None) => return None,
    };
    Some(RawAnswer { status, headers, body })
}

fn parse_to_end(got: &[u8]) -> Option<RawAnswer> {
    let (status, headers, start) = head(got)?;
    Some(RawAnswer { status, headers, body: got.get(start..)?.to_vec() })
}

fn unchunk(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = rest.windows(2).position(|w| w == b"\r\n")?;
        let size = usize::from_str_radix(std::str::from_utf8(rest.get(..line)?).ok()?.trim(), 16).ok()?;
        let chunk = rest.get(line + 2..line + 2 + size)?;
        rest.get(line + 2 + size..line + 4 + size)?;
        if size == 0 {
            return Some(body);
        }
        body.extend_from_slice(chunk);
        rest = rest.get(line + 4 + size..)?;
    }
}

#[test]
fn answers_are_read_to_their_end_and_not_further() {
    let plain = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 400";
    assert_eq!(parse(plain).map(|a| (a.status, a.text())), Some((200, "ok".into())));
    let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n";
    assert_eq!(parse(chunked).map(|a| a.text()), Some("ok".into()));
    assert!(parse(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nok").is_none());
    assert!(parse(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n").is_none());
}
