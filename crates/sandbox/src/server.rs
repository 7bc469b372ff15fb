//! The thin server around the pure gateways: listeners, bounded bodies, time.

use std::future::IntoFuture;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request as HttpRequest};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use http_body_util::BodyExt;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::callbacks;
use crate::endpoints::Endpoints;
use crate::gateway::{Front, Reply, Request};
use crate::hub::{Hub, Place};
use crate::settings::Settings;
use crate::store::Store;

/// Everything that runs. It ends by itself once `stop` says so.
pub(crate) struct Server {
    pub(crate) hub: Arc<Hub>,
    pub(crate) endpoints: Endpoints,
    pub(crate) stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl Server {
    pub(crate) async fn start(settings: Settings) -> io::Result<Server> {
        let mut listeners = Vec::with_capacity(PLACES.len());
        let mut addresses = [SocketAddr::from((Ipv4Addr::LOCALHOST, 0)); PLACES.len()];
        for (offset, address) in (0_u16..).zip(&mut addresses) {
            let port = match settings.port {
                None => 0,
                Some(first) => first.checked_add(offset).ok_or_else(|| {
                    io::Error::new(
                        io::ErrorKind::InvalidInput,
                        "the first port leaves no room for the others",
                    )
                })?,
            };
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
            *address = listener.local_addr()?;
            listeners.push(listener);
        }
        let endpoints = Endpoints::new(&addresses, settings.seed);
        let hub = Arc::new(Hub::new(&settings, &endpoints, open_store(&settings)?));
        let (stop, stopping) = watch::channel(false);
        let mut tasks = JoinSet::new();
        for (listener, (place, front)) in listeners.into_iter().zip(PLACES) {
            let (hub, stopping) = (Arc::clone(&hub), stopping.clone());
            let app = Router::new().fallback(move |request: HttpRequest| answer(hub, place, front, request));
            tasks.spawn(async move {
                let server = axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>())
                    .with_graceful_shutdown(stopped(stopping));
                // `axum::serve` ends only by the signal; it retries what fails on accept.
                let _ = server.into_future().await;
            });
        }
        tasks.spawn(callbacks::run(Arc::clone(&hub), (&settings).into(), stopping.clone()));
        tasks.spawn(keep_time(Arc::clone(&hub), stopping));
        Ok(Server { hub, endpoints, stop, tasks })
    }

    /// Waits until everything has ended, though not for ever.
    pub(crate) async fn finish(mut self) {
        self.stop.send_replace(true);
        let ended = async { while self.tasks.join_next().await.is_some() {} };
        // What is still open after that belongs to a client that does not let go.
        let _ = tokio::time::timeout(MAX_FAREWELL, ended).await;
        self.hub.close();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        // Connections that are being served close by the signal; the tasks around them end with the set.
        self.tasks.abort_all();
        self.hub.close();
    }
}

#[cfg(feature = "store")]
fn open_store(settings: &Settings) -> io::Result<Store> {
    settings.store.as_deref().map_or_else(|| Ok(Store::memory()), Store::open)
}

#[cfg(not(feature = "store"))]
#[allow(clippy::unnecessary_wraps, reason = "with the feature it can fail")]
fn open_store(_: &Settings) -> io::Result<Store> {
    Ok(Store::memory())
}

async fn stopped(mut stopping: watch::Receiver<bool>) {
    // An error means that the sender is gone, which is a stop as well.
    let _ = stopping.wait_for(|stopping| *stopping).await;
}

async fn keep_time(hub: Arc<Hub>, mut stopping: watch::Receiver<bool>) {
    loop {
        let pause = hub.advance().unwrap_or(LONG_PAUSE).min(LONG_PAUSE).max(SHORT_PAUSE);
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = hub.changed.notified() => {}
            _ = stopping.wait_for(|stopping| *stopping) => return,
        }
    }
}

async fn answer(hub: Arc<Hub>, place: Place, front: Front, request: HttpRequest) -> Response {
    let (parts, body) = request.into_parts();
    let reply = match read(body).await {
        Err(reply) => reply,
        Ok(body) => hub.answer(
            place,
            &Request {
                caller: parts
                    .extensions
                    .get::<ConnectInfo<SocketAddr>>()
                    .map_or(Ipv4Addr::LOCALHOST.into(), |ConnectInfo(address)| address.ip()),
                front,
                method: parts.method.as_str().to_owned(),
                path: parts.uri.path().to_owned(),
                query: parts.uri.query().unwrap_or_default().to_owned(),
                headers: parts
                    .headers
                    .iter()
                    .map(|(name, value)| {
                        (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
                    })
                    .collect(),
                body,
            },
        ),
    };
    match hub.settled().await {
        Ok(()) => response(reply),
        Err(problem) => response(Reply::text(500, &format!("the store has failed: {problem}"))),
    }
}

/// Reads a body of bounded size. Some of what is too much is read as well and thrown away, because a client
/// that is still sending when the connection closes may never see the answer.
async fn read(mut body: Body) -> Result<Vec<u8>, Reply> {
    let (mut kept, mut seen) = (Vec::new(), 0);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Reply::text(400, "the body was cut off"))?;
        let Some(data) = frame.data_ref() else { continue };
        seen += data.len();
        if seen > MAX_SEEN {
            break;
        }
        if seen <= MAX_BODY {
            kept.extend_from_slice(data);
        }
    }
    if seen <= MAX_BODY { Ok(kept) } else { Err(Reply::text(413, "the body is larger than 1 MiB")) }
}

fn response(reply: Reply) -> Response {
    let mut response = Response::new(Body::from(reply.body));
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(reply.content_type));
    for (name, value) in reply.headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    response
}

/// In the order of the ports.
const PLACES: [(Place, Front); 5] = [
    (Place::Checkout, Front::Api),
    (Place::Transfer, Front::Api),
    (Place::Bitlipa, Front::Api),
    (Place::Bitlipa, Front::Pages),
    (Place::Adullam, Front::Api),
];
const MAX_BODY: usize = 1_048_576;
const MAX_SEEN: usize = 8 * MAX_BODY;
const MAX_FAREWELL: Duration = Duration::from_secs(2);
const LONG_PAUSE: Duration = Duration::from_secs(3_600);
/// Keeps a burst of due events from turning the timer into a busy loop.
const SHORT_PAUSE: Duration = Duration::from_millis(1);
