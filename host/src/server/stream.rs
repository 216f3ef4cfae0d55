//! A stream that notes when something moves, and that puts hyper's own refusals into our words.
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// What has happened on a connection, seen from both of its ends.
pub(super) struct Pulse {
    born: Instant,
    /// Milliseconds after `born` when something was read or written last.
    last_ms: AtomicU64,
    /// Reads that brought something, and how many of them belong to requests that have been taken up.
    reads: AtomicU64,
    taken: AtomicU64,
    /// The next answer is the last.
    pub(super) closing: AtomicBool,
}

impl Pulse {
    pub(super) fn new() -> Pulse {
        let (last_ms, reads, taken) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
        Pulse { born: Instant::now(), last_ms, reads, taken, closing: AtomicBool::new(false) }
    }
    fn beat(&self) {
        self.last_ms.store(u64::try_from(self.born.elapsed().as_millis()).unwrap_or(u64::MAX), Relaxed);
    }
    pub(super) fn last(&self) -> Instant {
        self.born + Duration::from_millis(self.last_ms.load(Relaxed))
    }
    pub(super) fn take_up(&self) {
        self.taken.store(self.reads.load(Relaxed), Relaxed);
    }
    pub(super) fn has_half_a_request(&self) -> bool {
        self.reads.load(Relaxed) != self.taken.load(Relaxed)
    }

    fn note(&self, written: &Poll<io::Result<usize>>) {
        if matches!(written, Poll::Ready(Ok(1..))) {
            self.beat();
        }
    }
}

/// The stream of one connection.
pub(super) struct Watched {
    stream: TcpStream,
    pulse: Arc<Pulse>,
    unreadable: fn(u16) -> Vec<u8>,
    instead: Option<Instead>,
}

/// What is written in place of a refusal of hyper's.
struct Instead {
    text: Vec<u8>,
    written: usize,
    /// Bytes of the refusal, which hyper is told were written.
    stands_for: usize,
}

impl Watched {
    pub(super) fn new(stream: TcpStream, pulse: Arc<Pulse>, unreadable: fn(u16) -> Vec<u8>) -> Watched {
        Watched { stream, pulse, unreadable, instead: None }
    }

    pub(super) fn into_stream(self) -> TcpStream {
        self.stream
    }

    /// Whether `head` is to be replaced; all later calls until it is written find it so.
    fn replaces(&mut self, head: &[u8]) -> bool {
        if self.instead.is_none()
            && let Some(status) = own_refusal(head)
        {
            self.instead = Some(Instead { text: (self.unreadable)(status), written: 0, stands_for: head.len() });
        }
        self.instead.is_some()
    }

    fn poll_instead(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        while let Some(instead) = &mut self.instead {
            match instead.text.get(instead.written..).filter(|left| !left.is_empty()) {
                Some(left) => instead.written += ready!(Pin::new(&mut self.stream).poll_write(cx, left))?,
                None => {
                    let stands_for = instead.stands_for;
                    self.instead = None;
                    return Poll::Ready(Ok(stands_for));
                }
            }
        }
        Poll::Ready(Ok(0))
    }
}

/// The status of an answer that hyper made by itself, because it could not read a head: no door has seen the request, so
/// the answer has no request id. There is no hook to write it differently.
fn own_refusal(head: &[u8]) -> Option<u16> {
    const LONGEST: usize = 256;
    let status = head.strip_prefix(b"HTTP/1.1 4").filter(|_| head.len() < LONGEST)?;
    let has = |words: &[u8]| head.windows(words.len()).any(|window| window.eq_ignore_ascii_case(words));
    let status = match status.get(..2)? {
        b"00" => 400,
        b"14" => 414,
        b"31" => 431,
        _ => return None,
    };
    (has(b"content-length: 0") && !has(b"x-request-id")).then_some(status)
}

impl AsyncRead for Watched {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buf);
        if matches!(read, Poll::Ready(Ok(()))) && buf.filled().len() > before {
            self.pulse.beat();
            self.pulse.reads.fetch_add(1, Relaxed);
        }
        read
    }
}

impl AsyncWrite for Watched {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        if self.replaces(buf) {
            return self.poll_instead(cx);
        }
        let written = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.pulse.note(&written);
        written
    }
    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        // Such a refusal is a head alone.
        if let Some(head) = bufs.first()
            && self.replaces(head)
        {
            return self.poll_instead(cx);
        }
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.pulse.note(&written);
        written
    }
    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
