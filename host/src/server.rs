//! HALL: connections: taken, watched, drained.
//!
//! hyper reads the heads; what it does not bound is bounded here: a connection on which nothing moves is closed, there are
//! never more than a set number, and a stop ends them without tearing an answer. (A body's time is the doors' business.)
//!
//! **A stop** has three moments. At once nothing new is accepted, except what already waits to be, and every answer says
//! `Connection: close`. After a short linger, in which requests that were on their way are still answered, connections
//! on which nothing is under way are closed. At the end of the drain time the rest is cut.
//!
//! **A last answer is read.** Closing a socket with unread data makes the kernel reset the connection, and the peer may lose
//! the answer it was sent, such as the 413 to a body it is still sending. So the write side is closed first, and what the
//! peer still sends is thrown away for a moment.
mod stream;

use crate::doors::kit::came::Peer;
use hyper::body::{Body, Incoming};
use hyper::header::{CONNECTION, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::Service as HyperService;
use hyper::{Request, Response, Version};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};
use stream::{Pulse, Watched};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tower::Service;

/// What bounds connections.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// For a request's head; also how long a connection may wait for its next request.
    pub head: Duration,
    /// Nothing read and nothing written for this long ends a connection, whatever it waits for.
    pub idle: Duration,
    /// How long a stop waits for what is under way.
    pub drain: Duration,
    /// Held at the same time; more wait in the system's queue.
    pub connections: usize,
    /// Writes the whole answer to a head that cannot be read: 400, 414 or 431.
    pub unreadable: fn(u16) -> Vec<u8>,
}

/// Bytes of a request's head. More is 431, or 414 where the path alone is too long.
const LARGEST_HEAD: usize = 32 * 1024;
/// After a stop began: how long a connection without a request stays open for one that is on its way.
const LINGER: Duration = Duration::from_millis(300);
/// How long, and up to how many bytes, the rest of a refused body is thrown away.
const DISCARD: Duration = Duration::from_secs(5);
const MOST_DISCARDED: u64 = 64 << 20;
/// After a failed accept (usually no file descriptor is left) it makes no sense to try again at once.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves until `stop` is done and everything has been drained. `service` is called once for each request.
pub async fn run<S, B>(listener: TcpListener, service: S, limits: Limits, stop: impl Future<Output = ()>)
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Clone + Send + Unpin + 'static,
    S::Future: Send,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    raise_file_limit();
    let room = Arc::new(Semaphore::new(limits.connections.clamp(1, Semaphore::MAX_PERMITS)));
    let (stopping, watching) = watch::channel(false);
    let mut connections = JoinSet::new();
    let mut take = |(stream, peer, permit): Accepted| {
        let serving = serve(stream, peer, service.clone(), limits, watching.clone());
        connections.spawn(async move {
            serving.await;
            drop(permit);
        });
        // What has ended is forgotten here, so that the set does not grow.
        while connections.try_join_next().is_some() {}
    };
    let mut stop = std::pin::pin!(stop);
    loop {
        tokio::select! {
            biased;
            () = &mut stop => break,
            accepted = accept(&listener, &room) => if let Some(accepted) = accepted { take(accepted) },
        }
    }
    stopping.send_replace(true);
    // Connections that the system has taken for us would be reset if the listener went away.
    while let Ok(Some(accepted)) = tokio::time::timeout(Duration::from_millis(1), accept(&listener, &room)).await {
        take(accepted);
    }
    drop(listener);
    let drained = tokio::time::timeout(limits.drain, async { while connections.join_next().await.is_some() {} }).await;
    if drained.is_err() {
        tracing::warn!(connections = connections.len(), "cutting connections that did not end in time");
        connections.shutdown().await;
    }
}

/// Each connection is an open file, and systems give a process few of them unless it asks. What they refuse is no
/// reason not to serve.
fn raise_file_limit() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        tracing::debug!(%error, "the limit of open files stays as it is");
    }
}

type Accepted = (TcpStream, Peer, OwnedSemaphorePermit);

async fn accept(listener: &TcpListener, room: &Arc<Semaphore>) -> Option<Accepted> {
    let permit = room.clone().acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, peer)) => {
            // Answers are small and whole; waiting for more to send only delays them.
            let _ = stream.set_nodelay(true);
            Some((stream, Peer(peer), permit))
        }
        Err(error) => {
            if !matches!(error.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset) {
                tracing::error!(%error, "a connection cannot be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
            None
        }
    }
}

async fn serve<S, B>(stream: TcpStream, peer: Peer, service: S, limits: Limits, mut stopping: watch::Receiver<bool>)
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Clone + Send + Unpin + 'static,
    S::Future: Send,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let pulse = Arc::new(Pulse::new());
    let watched = Watched::new(stream, pulse.clone(), limits.unreadable);
    let answering = Answering { service, peer, pulse: pulse.clone() };
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(limits.head).max_buf_size(LARGEST_HEAD).half_close(true);
    let mut connection = builder.serve_connection(TokioIo::new(watched), answering);
    let mut phase = if *stopping.borrow() { Phase::linger(&pulse) } else { Phase::Serving };
    let mut look = Box::pin(tokio::time::sleep(limits.idle));
    loop {
        let linger = phase.ends();
        tokio::select! {
            ended = std::future::poll_fn(|cx| connection.poll_without_shutdown(cx)) => {
                if let Err(error) = ended {
                    tracing::debug!(%error, "a connection ended early");
                }
                break;
            }
            changed = stopping.changed(), if phase == Phase::Serving => {
                phase = if changed.is_ok() { Phase::linger(&pulse) } else { Phase::Draining };
            }
            () = tokio::time::sleep_until(linger.into()), if phase.is_lingering() => {
                // Half of a request is there: it is answered, and its answer closes the connection.
                if !pulse.has_half_a_request() {
                    Pin::new(&mut connection).graceful_shutdown();
                }
                phase = Phase::Draining;
            }
            () = &mut look => match pulse.last().checked_add(limits.idle) {
                Some(due) if due > Instant::now() => look.as_mut().reset(due.into()),
                _ => {
                    tracing::debug!("a connection on which nothing moved is closed");
                    return;
                }
            },
        }
    }
    let patience = if phase == Phase::Serving { DISCARD } else { LINGER };
    part(connection.into_parts().io.into_inner().into_stream(), patience).await;
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Serving,
    /// Until then a request that is on its way is still taken.
    Lingering(Instant),
    Draining,
}

impl Phase {
    fn linger(pulse: &Pulse) -> Phase {
        pulse.closing.store(true, Relaxed);
        Phase::Lingering(Instant::now() + LINGER)
    }
    fn is_lingering(self) -> bool {
        matches!(self, Phase::Lingering(_))
    }
    fn ends(self) -> Instant {
        if let Phase::Lingering(until) = self { until } else { Instant::now() }
    }
}

/// Closes so that the peer can read what it was sent last.
async fn part(mut stream: TcpStream, patience: Duration) {
    if stream.shutdown().await.is_err() {
        return;
    }
    let mut scrap = vec![0; 16 * 1024];
    let throw_away = async {
        let mut left = MOST_DISCARDED;
        while let Ok(n @ 1..) = stream.read(&mut scrap).await {
            left = left.saturating_sub(n as u64);
            if left == 0 {
                break;
            }
        }
    };
    let _ = tokio::time::timeout(patience, throw_away).await;
}

/// The service of one connection.
struct Answering<S> {
    service: S,
    peer: Peer,
    pulse: Arc<Pulse>,
}

impl<S, B> HyperService<Request<Incoming>> for Answering<S>
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Clone + Send + Unpin + 'static,
    S::Future: Send,
{
    type Response = Response<B>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<B>, Infallible>> + Send>>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        request.extensions_mut().insert(self.peer);
        self.pulse.take_up();
        let pulse = self.pulse.clone();
        let http1 = request.version() < Version::HTTP_2;
        // The router is always ready: it asks its routes when it calls them.
        let answer = self.service.clone().call(request);
        Box::pin(async move {
            let mut response = answer.await?;
            // Reads of this request's body are no half of a next one.
            pulse.take_up();
            if http1 && pulse.closing.load(Relaxed) {
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            Ok(response)
        })
    }
}

#[cfg(test)]
mod tests;
