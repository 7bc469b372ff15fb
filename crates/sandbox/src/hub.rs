//! The gateways together with what they brought about; everything that is shared between connections.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use tokio::sync::{Notify, mpsc};

use crate::adullam::{self, Adullam};
use crate::bitlipa::{self, Bitlipa};
use crate::cinetpay::checkout::{self, Checkout};
use crate::cinetpay::transfer::{self, Transfer};
use crate::endpoints::Endpoints;
use crate::gateway::{Callback, Decision, Effects, Gateway, Reply, Request};
use crate::html::Guard;
use crate::ledger::{Delivery, Movement};
use crate::moment::Moment;
use crate::settings::Settings;

/// Which gateway a listener belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Checkout = 0,
    Transfer = 1,
    Bitlipa = 2,
    Adullam = 3,
}

pub(crate) struct Hub {
    gateways: [Mutex<Box<dyn Gateway>>; 4],
    ledger: Mutex<Vec<Movement>>,
    deliveries: Mutex<VecDeque<Delivery>>,
    outbox: mpsc::Sender<Callback>,
    /// Wakes the task that waits for the next thing that time does.
    pub(crate) changed: Notify,
}

impl Hub {
    pub(crate) fn new(settings: &Settings, endpoints: &Endpoints, outbox: mpsc::Sender<Callback>) -> Hub {
        let Settings { auto, capacity, seed, .. } = *settings;
        let guard = Guard::random();
        let checkout = Checkout::new(checkout::Config {
            apikey: endpoints.cinetpay.apikey.clone(),
            site_id: endpoints.cinetpay.site_id.clone(),
            secret_key: endpoints.cinetpay.secret_key.clone(),
            currency: settings.cinetpay_currency.clone(),
            base_url: endpoints.cinetpay.checkout_url.clone(),
            guard: guard.clone(),
            friends: settings.allowed_callback_hosts.clone(),
            auto,
            capacity,
            seed,
        });
        let transfer = Transfer::new(transfer::Config {
            apikey: endpoints.cinetpay.apikey.clone(),
            password: endpoints.cinetpay.password.clone(),
            token_life: settings.transfer_token_life,
            balance: settings.transfer_balance,
            ip_allowed: settings.ip_allowed,
            email_confirmation: settings.email_confirmation,
            auto,
            capacity,
            seed,
        });
        let bitlipa = Bitlipa::new(bitlipa::Config {
            public_id: endpoints.bitlipa.public_id.clone(),
            merchant_id: endpoints.bitlipa.merchant_id.clone(),
            secret: endpoints.bitlipa.secret.clone(),
            hosted_page_url: endpoints.bitlipa.hosted_page_url.clone(),
            guard: guard.clone(),
            auto,
            capacity,
            seed,
        });
        let adullam =
            Adullam::new(adullam::Config { token: endpoints.adullam.token.clone(), auto, capacity, seed });
        Hub {
            gateways: [
                Mutex::new(Box::new(checkout)),
                Mutex::new(Box::new(transfer)),
                Mutex::new(Box::new(bitlipa)),
                Mutex::new(Box::new(adullam)),
            ],
            ledger: Mutex::new(Vec::new()),
            deliveries: Mutex::new(VecDeque::new()),
            outbox,
            changed: Notify::new(),
        }
    }

    pub(crate) fn answer(&self, place: Place, request: &Request) -> Reply {
        let now = now();
        let mut effects = Effects::default();
        let mut gateway = lock(&self.gateways[place as usize]);
        // What was due happens before the question, whether or not the timer was quicker.
        gateway.advance(now, &mut effects);
        let reply = gateway.answer(request, now, &mut effects);
        self.apply(effects);
        drop(gateway);
        self.changed.notify_one();
        reply
    }

    pub(crate) fn settle(&self, name: &str, order_id: &str, decision: Decision) -> bool {
        let now = now();
        for gateway in &self.gateways {
            let mut gateway = lock(gateway);
            if gateway.name() == name {
                let mut effects = Effects::default();
                gateway.advance(now, &mut effects);
                let settled = gateway.settle(order_id, decision, now, &mut effects);
                self.apply(effects);
                return settled;
            }
        }
        false
    }

    /// Does what is due and tells when there is something to do again.
    pub(crate) fn advance(&self) -> Option<std::time::Duration> {
        let now = now();
        let mut next: Option<Moment> = None;
        for gateway in &self.gateways {
            let mut gateway = lock(gateway);
            let mut effects = Effects::default();
            gateway.advance(now, &mut effects);
            self.apply(effects);
            next = [next, gateway.next_due()].into_iter().flatten().min();
        }
        next.map(|due| now.until(due))
    }

    pub(crate) fn record(&self, delivery: Delivery) {
        let mut deliveries = lock(&self.deliveries);
        if deliveries.len() >= MAX_DELIVERIES {
            deliveries.pop_front();
        }
        deliveries.push_back(delivery);
    }

    pub(crate) fn ledger(&self) -> Vec<Movement> {
        lock(&self.ledger).clone()
    }

    pub(crate) fn deliveries(&self) -> Vec<Delivery> {
        lock(&self.deliveries).iter().cloned().collect()
    }

    /// Called with the gateway still locked, so that its events keep their order.
    fn apply(&self, effects: Effects) {
        if !effects.movements.is_empty() {
            lock(&self.ledger).extend(effects.movements);
        }
        for callback in effects.callbacks {
            if let Err(unsent) = self.outbox.try_send(callback) {
                let (reason, callback) = match unsent {
                    mpsc::error::TrySendError::Full(callback) => ("too many callbacks are waiting", callback),
                    mpsc::error::TrySendError::Closed(callback) => ("the sandbox is stopping", callback),
                };
                self.record(Delivery {
                    url: callback.url,
                    gateway: callback.gateway,
                    order_id: callback.order_id,
                    attempt: 1,
                    outcome: Err(reason.to_owned()),
                });
            }
        }
    }
}

fn now() -> Moment {
    SystemTime::now().into()
}

/// A panic in one request must not silence the sandbox for all others.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

const MAX_DELIVERIES: usize = 50_000;
