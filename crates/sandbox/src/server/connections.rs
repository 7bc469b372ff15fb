//! Connections of one gateway: accepted, refused, reset, cut.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::exchange::{self, Origin};
use crate::gateway::Front;
use crate::hub::{Hub, Place};

/// Serves one port until the sandbox stops.
pub(super) async fn serve(
    hub: Arc<Hub>,
    listener: TcpListener,
    place: Place,
    front: Front,
    stopping: watch::Receiver<bool>,
) {
    let mut stopped = stopping.clone();
    let Ok(address) = listener.local_addr() else { return };
    let mut listener = Some(listener);
    let mut connections = JoinSet::new();
    loop {
        let refusing = hub.faults.refuses(place.name());
        if refusing {
            listener = None;
        } else if listener.is_none() {
            listener = TcpListener::bind(address).await.ok();
        }
        let mut failed = false;
        tokio::select! {
            accepted = accept(listener.as_ref()), if connections.len() < MAX_CONNECTIONS => match accepted {
                Ok((stream, _)) if hub.faults.refuses(place.name()) || hub.faults.resets(place.name()) => {
                    reset(stream);
                }
                Ok((stream, caller)) => {
                    let origin = Origin { place, front, caller: caller.ip() };
                    let connection = converse(Arc::clone(&hub), stream, origin, stopping.clone());
                    connections.spawn(connection);
                }
                // Too many open files, or a caller who has gone already.
                Err(_) => failed = true,
            },
            // Faults come and go while nobody calls.
            () = tokio::time::sleep(PATIENCE) => {}
            Some(_) = connections.join_next() => {}
            _ = stopped.wait_for(|stopping| *stopping) => break,
        }
        if failed {
            tokio::time::sleep(PATIENCE).await;
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

/// Never ends while the port is closed.
async fn accept(listener: Option<&TcpListener>) -> std::io::Result<(TcpStream, SocketAddr)> {
    match listener {
        Some(listener) => listener.accept().await,
        None => std::future::pending().await,
    }
}

/// Closes a connection so that the caller sees a reset, not an end.
fn reset(stream: TcpStream) {
    // Without it the caller sees an end; a failure here is no failure of anything else.
    let _ = stream.set_zero_linger();
    drop(stream);
}

async fn converse(hub: Arc<Hub>, stream: TcpStream, origin: Origin, mut stopping: watch::Receiver<bool>) {
    // Answers are written whole; waiting for more would only delay them.
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| exchange::answer(Arc::clone(&hub), origin, request));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(MAX_HEADERS)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let stopped = async move { drop(stopping.wait_for(|stopping| *stopping).await) };
    tokio::select! {
        // An error is a connection that was cut, by the caller or on demand.
        _ = connection.as_mut() => return,
        () = stopped => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = connection.await;
}

const MAX_CONNECTIONS: usize = 1_024;
const MAX_HEADERS: Duration = Duration::from_secs(60);
const PATIENCE: Duration = Duration::from_millis(25);
