//! The thin server around the pure gateways: listeners, time, and the end.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::desks::Known;
use crate::endpoints::Endpoints;
use crate::gateway::Front;
use crate::hub::{Hub, Place};
use crate::settings::Settings;
use crate::store::{self, Store};
use crate::{admin, callbacks};

mod connections;
mod exchange;
mod outgoing;

/// Everything that runs. It ends by itself once `stop` says so.
pub(crate) struct Server {
    pub(crate) hub: Arc<Hub>,
    pub(crate) endpoints: Endpoints,
    pub(crate) stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl Server {
    pub(crate) async fn start(settings: Settings) -> io::Result<Server> {
        settings.check().map_err(|problems| io::Error::new(io::ErrorKind::InvalidInput, problems))?;
        let mut listeners = Vec::with_capacity(PORTS);
        let mut addresses = [SocketAddr::from((Ipv4Addr::LOCALHOST, 0)); PORTS];
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
            let listener = TcpListener::bind((settings.host, port)).await.map_err(|error| {
                io::Error::new(
                    error.kind(),
                    format!(
                        "{} cannot be bound: {error}; choose another first port",
                        SocketAddr::from((settings.host, port))
                    ),
                )
            })?;
            *address = listener.local_addr()?;
            if address.ip().is_unspecified() {
                // An address that stands for all of them is none to call.
                address.set_ip(match address.ip() {
                    IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
                    IpAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
                });
            }
            listeners.push(listener);
        }
        let merchants: Vec<Known> = settings
            .all_merchants()
            .into_iter()
            .map(|merchant| Known {
                name: store::intern(merchant.name.clone()),
                endpoints: Endpoints::new(&addresses, merchant.seed(settings.seed), &merchant.credentials),
                merchant,
            })
            .collect();
        let endpoints = merchants[0].endpoints.clone();
        let hub = Arc::new(Hub::new(&settings, merchants, open_store(&settings)?));
        let (stop, stopping) = watch::channel(false);
        let mut tasks = JoinSet::new();
        let admin = listeners.pop();
        for (listener, (place, front)) in listeners.into_iter().zip(PLACES) {
            tasks.spawn(connections::serve(Arc::clone(&hub), listener, place, front, stopping.clone()));
        }
        if let Some(listener) = admin {
            tasks.spawn(admin::serve(Arc::clone(&hub), listener, stopping.clone()));
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

/// In the order of the ports; the admin's comes last.
const PLACES: [(Place, Front); 5] = [
    (Place::Checkout, Front::Api),
    (Place::Transfer, Front::Api),
    (Place::Bitlipa, Front::Api),
    (Place::Bitlipa, Front::Pages),
    (Place::Adullam, Front::Api),
];
const PORTS: usize = PLACES.len() + 1;
const MAX_FAREWELL: Duration = Duration::from_secs(2);
const LONG_PAUSE: Duration = Duration::from_secs(3_600);
/// Keeps a burst of due events from turning the timer into a busy loop.
const SHORT_PAUSE: Duration = Duration::from_millis(1);
