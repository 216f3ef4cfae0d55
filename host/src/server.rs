//! The connections: accept, serve, and on a stop finish what is under way.
use crate::settings::Server;
use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// After an accept that failed for want of descriptors or memory.
const PAUSE: Duration = Duration::from_millis(50);

/// Serves until `stop` ends; then accepts nobody any more, lets requests that are under way finish within the drain time,
/// and returns.
pub async fn run(listener: TcpListener, router: Router, settings: &Server, stop: impl Future<Output = ()>) {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(settings.header_timeout_s))
        .max_headers(100)
        .keep_alive(true);
    builder.http2().timer(TokioTimer::new()).max_concurrent_streams(100).keep_alive_interval(Duration::from_secs(30));
    let builder = Arc::new(builder);
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(settings.max_connections));
    let mut stop = pin!(stop);
    loop {
        let accepted = async {
            // Beyond the limit connections wait in the kernel's queue.
            let place = places.clone().acquire_owned().await;
            (listener.accept().await, place)
        };
        tokio::select! {
            (accepted, place) = accepted => match (accepted, place) {
                (Ok((stream, _)), Ok(place)) => serve(stream, place, router.clone(), builder.clone(), &graceful),
                (Err(error), _) => {
                    tracing::warn!(%error, "a connection cannot be accepted");
                    tokio::time::sleep(PAUSE).await;
                }
                (Ok(_), Err(_)) => return,
            },
            () = &mut stop => break,
        }
    }
    drop(listener);
    let drain = Duration::from_secs(settings.drain_s);
    if tokio::time::timeout(drain, graceful.shutdown()).await.is_err() {
        tracing::warn!(drain_s = settings.drain_s, "some requests did not finish in time; their connections are closed");
    }
}

fn serve(
    stream: TcpStream,
    place: OwnedSemaphorePermit,
    router: Router,
    builder: Arc<Builder<TokioExecutor>>,
    graceful: &GracefulShutdown,
) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY cannot be set");
    }
    let service = TowerToHyperService::new(router);
    let connection = builder.serve_connection(TokioIo::new(stream), service).into_owned();
    let connection = graceful.watch(connection);
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection ended early");
        }
        drop(place);
    });
}
