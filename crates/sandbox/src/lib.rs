#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

use std::io;
use std::sync::Arc;
use std::thread;

use tokio::runtime;
use tokio::sync::oneshot;

pub use crate::choices::{
    AdullamChoices, BadSignature, BitlipaCallback, BitlipaChoices, CheckShape, CheckoutChoices, RefusalData,
    Replay, ReusedKey, TransferChoices, TransferNotification,
};
pub use crate::endings::Ending;
pub use crate::endpoints::{AdullamEndpoints, BitlipaEndpoints, CinetPayEndpoints, Endpoints};
pub use crate::faults::{Fault, FaultKind, MAGIC, MagicEffect, MagicValue};
pub use crate::gateway::Decision;
use crate::hub::Hub;
pub use crate::latency::Latency;
pub use crate::ledger::{Delivery, Movement};
pub use crate::merchants::{MAIN, Merchant};
use crate::server::Server;
pub use crate::settings::{Credentials, Settings};

mod admin;
mod adullam;
mod bitlipa;
mod callbacks;
mod choices;
mod cinetpay;
mod claim;
mod clock;
#[cfg(feature = "config")]
mod config;
mod dashboard;
mod desks;
mod dice;
#[cfg(feature = "direct")]
pub mod direct;
mod endings;
mod endpoints;
mod exchanges;
mod faults;
mod gateway;
mod html;
mod hub;
mod json;
mod latency;
mod ledger;
mod merchants;
mod moment;
mod multipart;
mod outbox;
mod rate;
mod schedule;
mod server;
mod settings;
mod store;
mod view;
#[cfg(feature = "wire")]
pub mod wire;

/// Every gateway, running on loopback. Stops when dropped.
///
/// ```
/// use nzimbu_sandbox::{Decision, Sandbox, Settings};
///
/// let sandbox = Sandbox::start_blocking(Settings::default())?;
/// let cinetpay = &sandbox.endpoints().cinetpay;
/// assert!(cinetpay.checkout_url.starts_with("http://127.0.0.1:"));
/// // ... point a client at it, then look at what really happened:
/// assert!(sandbox.ledger().is_empty());
/// assert!(!sandbox.settle("cinetpay-checkout", "never-created", Decision::Approve));
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Sandbox {
    hub: Arc<Hub>,
    endpoints: Endpoints,
    running: Running,
}

enum Running {
    Here(Box<Server>),
    Apart(Apart),
}

/// A server on a thread and runtime of its own.
struct Apart {
    /// Dropping it is the sign to stop.
    stop: Option<oneshot::Sender<()>>,
    ended: Option<oneshot::Receiver<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Sandbox {
    /// Starts every gateway on 127.0.0.1, served by the current tokio runtime.
    ///
    /// # Errors
    /// When a port cannot be bound: with [`Settings::port`] because one of the five is taken or the number is
    /// too high.
    ///
    /// # Panics
    /// When called outside a tokio runtime with I/O and time enabled.
    pub async fn start(settings: Settings) -> io::Result<Sandbox> {
        let server = Server::start(settings).await?;
        Ok(Sandbox {
            hub: Arc::clone(&server.hub),
            endpoints: server.endpoints.clone(),
            running: Running::Here(Box::new(server)),
        })
    }

    /// Starts every gateway on a thread and a small runtime of its own, for programs and tests without tokio.
    ///
    /// # Errors
    /// As [`Sandbox::start`], and when the thread or its runtime cannot be made.
    pub fn start_blocking(settings: Settings) -> io::Result<Sandbox> {
        let runtime = runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("nzimbu-sandbox")
            .enable_io()
            .enable_time()
            .build()?;
        let (stop, stopping) = oneshot::channel::<()>();
        let (started, start) = std::sync::mpsc::channel();
        let (end, ended) = oneshot::channel();
        let thread = thread::Builder::new().name("nzimbu-sandbox".to_owned()).spawn(move || {
            runtime.block_on(async move {
                match Server::start(settings).await {
                    Err(error) => drop(started.send(Err(error))),
                    Ok(server) => {
                        let parts = (Arc::clone(&server.hub), server.endpoints.clone());
                        if started.send(Ok(parts)).is_ok() {
                            // Both an answer and a dropped sender mean: stop.
                            let _ = stopping.await;
                        }
                        server.finish().await;
                    }
                }
            });
            runtime.shutdown_background();
            let _ = end.send(());
        })?;
        let (hub, endpoints) =
            start.recv().map_err(|_| io::Error::other("the sandbox's thread has died"))??;
        let apart = Apart { stop: Some(stop), ended: Some(ended), thread: Some(thread) };
        Ok(Sandbox { hub, endpoints, running: Running::Apart(apart) })
    }

    /// Where the gateways listen and what they accept.
    pub fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// The same places with the credentials of one [merchant](Merchant), by name; nothing when it is unknown.
    pub fn endpoints_of(&self, merchant: &str) -> Option<&Endpoints> {
        self.hub.merchants().iter().find(|known| known.name == merchant).map(|known| &known.endpoints)
    }

    /// The names of all merchants, the first at the front.
    pub fn merchants(&self) -> Vec<&'static str> {
        self.hub.merchants().iter().map(|known| known.name).collect()
    }

    /// The money that really moved, in order: the truth to compare a client's records with.
    pub fn ledger(&self) -> Vec<Movement> {
        self.hub.ledger()
    }

    /// The attempts to deliver callbacks, in order; the last 50,000.
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.hub.deliveries()
    }

    /// Decides an order as the customer or the operator would, and sends the callbacks.
    ///
    /// `gateway` and `order_id` are those of [`Movement`]; the order is the first merchant's. False when the order is unknown, is decided already,
    /// or belongs to Bitlipa's simulator, which never decides.
    pub fn settle(&self, gateway: &str, order_id: &str, outcome: Decision) -> bool {
        self.settle_of(MAIN, gateway, order_id, outcome)
    }

    /// As [`Sandbox::settle`], for an order of any merchant.
    pub fn settle_of(&self, merchant: &str, gateway: &str, order_id: &str, outcome: Decision) -> bool {
        let desk = self.hub.desk(gateway, Some(merchant));
        desk.is_some_and(|desk| self.hub.settle(desk, order_id, outcome))
    }

    /// Puts an order into a state by the gateway's own word, and sends the callbacks that go with it.
    ///
    /// The words are, for CinetPay checkout the codes of its documentation that a payment can have (`662`, `623`,
    /// `600`, `804`, `00` ...), for CinetPay transfer `CONFIRM`, `REC`, `NOS`, `VAL` and `REJ`, for Bitlipa `-1`
    /// to `6`, for Adullam `pending`, `processing`, `completed`, `failed`, `expired` and `cancelled`. A word that
    /// means success moves the money.
    ///
    /// False when the order or the word is unknown, when the order is decided already, or when it belongs to
    /// Bitlipa's simulator.
    pub fn set_state(&self, gateway: &str, order_id: &str, state: &str) -> bool {
        self.set_state_of(MAIN, gateway, order_id, state)
    }

    /// As [`Sandbox::set_state`], for an order of any merchant.
    pub fn set_state_of(&self, merchant: &str, gateway: &str, order_id: &str, state: &str) -> bool {
        let desk = self.hub.desk(gateway, Some(merchant));
        desk.is_some_and(|desk| self.hub.set_state(desk, order_id, state))
    }

    /// Stops: requests being answered are finished, callbacks not yet attempted are not sent.
    pub async fn stop(self) {
        match self.running {
            Running::Here(server) => server.finish().await,
            Running::Apart(mut apart) => {
                drop(apart.stop.take());
                if let Some(ended) = apart.ended.take() {
                    // An error means that the thread is gone, which is what was wanted.
                    let _ = ended.await;
                }
            }
        }
    }
}

impl std::fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sandbox").field("endpoints", &self.endpoints).finish_non_exhaustive()
    }
}

impl Drop for Apart {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic over there has been printed already.
            let _ = thread.join();
        }
    }
}
