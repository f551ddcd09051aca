//! Accepting connections, and stopping without dropping what is being worked on.
//!
//! Not the framework's own loop: that one waits forever for the rest of a half-sent header and lets small writes
//! wait for each other.

use super::{config::Limits, layers::Peer, site::Site};
use axum::{Router, body::Body};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulConnection, GracefulShutdown},
};
use std::{future::Future, io, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    signal::unix::{Signal, SignalKind, signal},
    sync::Semaphore,
};
use tower::ServiceExt as _;

/// How long requests may go on after the signal to stop.
pub const DRAIN: Duration = Duration::from_secs(25);
/// Bytes of a request's head.
const MAX_HEAD: usize = 32 * 1024;

/// Connections that may wait to be accepted. A shorter queue overflows when thousands come at once, and whoever falls
/// out of it waits a second or more before the system tries again.
const BACKLOG: u32 = 4096;

/// Listens on an address.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // A server that starts again need not wait until the old connections are forgotten.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// How serving ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// All requests were answered.
    Drained,
    /// Some were cut off: they took too long, or a second signal came.
    Forced,
}

/// Serves until `stop` ends, then lets open requests finish until `force` ends or the time is over.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    site: &Site,
    stop: impl Future<Output = ()>,
    force: impl Future<Output = ()>,
) -> Ended {
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(site.limits.connections));
    tokio::pin!(stop);
    loop {
        // A place first: without one, connections wait in the kernel's queue.
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { break };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                pause_after(&error).await;
                continue;
            }
        };
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "connection lost before it began");
            continue;
        }
        let connection = graceful.watch(connection(stream, peer, router.clone(), site.limits));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "connection ended");
            }
            drop(place);
        });
    }
    site.drain();
    drop(listener);
    tokio::select! {
        () = graceful.shutdown() => Ended::Drained,
        () = tokio::time::sleep(DRAIN) => Ended::Forced,
        () = force => Ended::Forced,
    }
}

/// HTTP/1 on one connection; a head that does not arrive in time ends it.
fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    limits: Limits,
) -> impl GracefulConnection<Error = hyper::Error> + Send {
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(Peer(peer));
        router.clone().oneshot(request)
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(limits.header_s))
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(stream), service)
}

/// Out of file descriptors or memory: accepting at once again would only spin.
async fn pause_after(error: &io::Error) {
    let of_the_peer = [
        io::ErrorKind::ConnectionAborted,
        io::ErrorKind::ConnectionReset,
        io::ErrorKind::ConnectionRefused,
    ];
    if !of_the_peer.contains(&error.kind()) {
        tracing::error!(%error, "cannot accept connections");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// The signals that mean "stop": asked of the operating system once, waited for twice.
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// From now on the signals no longer end the program by themselves.
    pub fn listen() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// The next signal.
    pub async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
