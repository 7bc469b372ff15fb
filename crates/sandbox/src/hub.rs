//! The gateways together with what they brought about; everything that is shared between connections.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use crate::adullam::{self, Adullam};
use crate::bitlipa::{self, Bitlipa};
use crate::cinetpay::checkout::{self, Checkout};
use crate::cinetpay::transfer::{self, Transfer};
use crate::clock::{Clock, Pace};
use crate::endpoints::Endpoints;
use crate::gateway::{Decision, Effects, Gateway, Reply, Request};
use crate::html::Guard;
use crate::ledger::{Attempted, Delivery, Moved, Movement};
use crate::moment::Moment;
use crate::outbox::{self, Outbox};
use crate::settings::Settings;
use crate::store::{Entries, Log, Store};

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
    /// Locked after a gateway, never before one.
    records: Mutex<Records>,
    store: Store,
    clock: Clock,
    settings: Settings,
    endpoints: Endpoints,
    /// Wakes the task that waits for the next thing that time does.
    pub(crate) changed: Notify,
    /// Wakes the task that sends callbacks.
    pub(crate) mail: Notify,
}

/// What the gateways brought about.
struct Records {
    ledger: Log<Moved>,
    deliveries: Log<Attempted>,
    outbox: Outbox,
    /// Where the dice of every gateway stand.
    dice: Entries<u64>,
    pace: Entries<Pace>,
}

impl Hub {
    pub(crate) fn new(settings: &Settings, endpoints: &Endpoints, store: Store) -> Hub {
        let together = store.together();
        let records = Records::open(&store, settings);
        let clock = Clock::new(records.pace.value(PACE).unwrap_or_default());
        let gateways = gateways(settings, endpoints, &store, &records, &Guard::random());
        drop(together);
        Hub {
            gateways: gateways.map(Mutex::new),
            records: Mutex::new(records),
            store,
            clock,
            settings: settings.clone(),
            endpoints: endpoints.clone(),
            changed: Notify::new(),
            mail: Notify::new(),
        }
    }

    pub(crate) fn answer(&self, place: Place, request: &Request) -> Reply {
        let reply = self.with(place, |gateway, now, effects| {
            // What was due happens before the question, whether or not the timer was quicker.
            gateway.advance(now, effects);
            gateway.answer(request, now, effects)
        });
        self.changed.notify_one();
        reply
    }

    pub(crate) fn settle(&self, name: &str, order_id: &str, decision: Decision) -> bool {
        let Some(place) = self.place(name) else { return false };
        let settled = self.with(place, |gateway, now, effects| {
            gateway.advance(now, effects);
            gateway.settle(order_id, decision, now, effects)
        });
        self.changed.notify_one();
        settled
    }

    pub(crate) fn set_state(&self, name: &str, order_id: &str, state: &str) -> bool {
        let Some(place) = self.place(name) else { return false };
        let done = self.with(place, |gateway, now, effects| {
            gateway.advance(now, effects);
            gateway.set_state(order_id, state, now, effects)
        });
        self.changed.notify_one();
        done
    }

    /// Does what is due and tells when there is something to do again.
    pub(crate) fn advance(&self) -> Option<Duration> {
        let mut next: Option<Moment> = None;
        for place in PLACES {
            let due = self.with(place, |gateway, now, effects| {
                gateway.advance(now, effects);
                gateway.next_due()
            });
            next = [next, due].into_iter().flatten().min();
        }
        match self.clock.pace() {
            Pace::Frozen(_) => None,
            Pace::Real | Pace::Moved(_) => next.map(|due| self.clock.now().until(due)),
        }
    }

    pub(crate) fn now(&self) -> Moment {
        self.clock.now()
    }

    /// Waits until everything that happened so far would survive the end of this process.
    pub(crate) async fn settled(&self) -> Result<(), String> {
        self.store.settled().await
    }

    /// Lets go of the store.
    pub(crate) fn close(&self) {
        self.store.close();
    }

    /// The next callback to send, or when there will be one.
    pub(crate) fn next_callback(&self) -> Result<(u64, std::sync::Arc<outbox::Message>), Option<Duration>> {
        let now = self.clock.now();
        let mut records = lock(&self.records);
        let pause = |due: Moment| match self.clock.pace() {
            Pace::Frozen(_) => None,
            Pace::Real | Pace::Moved(_) => Some(now.until(due)),
        };
        match records.outbox.take_due(now) {
            Some(found) => Ok(found),
            None => Err(records.outbox.next_due().and_then(pause)),
        }
    }

    /// Notes what became of an attempt to deliver a callback.
    pub(crate) fn attempted(&self, callback: u64, delivery: Delivery, result: outbox::Result) {
        let now = self.clock.now();
        let together = self.store.together();
        let mut records = lock(&self.records);
        records.note(now, callback, delivery);
        records.outbox.finish(callback, result, now);
        drop(records);
        drop(together);
        self.mail.notify_one();
    }

    pub(crate) fn ledger(&self) -> Vec<Movement> {
        lock(&self.records).ledger.tail(usize::MAX).into_iter().map(|moved| moved.movement).collect()
    }

    pub(crate) fn deliveries(&self) -> Vec<Delivery> {
        lock(&self.records)
            .deliveries
            .tail(MAX_DELIVERIES)
            .into_iter()
            .map(|attempted| attempted.delivery)
            .collect()
    }

    fn place(&self, name: &str) -> Option<Place> {
        PLACES.into_iter().find(|place| lock(&self.gateways[*place as usize]).name() == name)
    }

    /// Lets a gateway act, and keeps what it did together with what that brought about.
    fn with<R>(&self, place: Place, act: impl FnOnce(&mut dyn Gateway, Moment, &mut Effects) -> R) -> R {
        let mut gateway = lock(&self.gateways[place as usize]);
        let now = self.clock.now();
        let mut effects = Effects::default();
        let together = self.store.together();
        let result = act(gateway.as_mut(), now, &mut effects);
        // With the gateway still locked, so that its events keep their order.
        let mut records = lock(&self.records);
        let has_mail = !effects.callbacks.is_empty();
        records.apply(effects, now);
        let (name, dice) = (gateway.name(), gateway.dice().state());
        if records.dice.value(name) != Some(dice) {
            records.dice.set(name, dice);
        }
        drop(records);
        drop(together);
        if has_mail {
            self.mail.notify_one();
        }
        result
    }
}

impl Records {
    fn open(store: &Store, settings: &Settings) -> Records {
        Records {
            // Every order moves money once at most.
            ledger: Log::open(store, "ledger", settings.capacity.saturating_mul(PLACES.len())),
            deliveries: Log::open(store, "deliveries", MAX_DELIVERIES),
            outbox: Outbox::open(store, MAX_WAITING_CALLBACKS),
            dice: Entries::open(store, "dice"),
            pace: Entries::open(store, "pace"),
        }
    }

    fn apply(&mut self, effects: Effects, now: Moment) {
        for movement in effects.movements {
            let key = movement.order_id.clone();
            self.ledger.push(&key, Moved { at: now, movement });
        }
        for callback in effects.callbacks {
            if let Err(callback) = self.outbox.push(callback, now, now, outbox::Place::InLine) {
                let delivery = Delivery {
                    url: callback.url,
                    gateway: callback.gateway,
                    order_id: callback.order_id,
                    attempt: 1,
                    outcome: Err("too many callbacks are waiting".to_owned()),
                };
                self.note(now, 0, delivery);
            }
        }
    }

    fn note(&mut self, now: Moment, callback: u64, delivery: Delivery) {
        let key = delivery.order_id.clone();
        self.deliveries.push(&key, Attempted { at: now, callback, delivery });
    }
}

fn gateways(
    settings: &Settings,
    endpoints: &Endpoints,
    store: &Store,
    records: &Records,
    guard: &Guard,
) -> [Box<dyn Gateway>; 4] {
    let Settings { auto, capacity, seed, .. } = *settings;
    let checkout = Checkout::new(checkout::Config {
        apikey: endpoints.cinetpay.apikey.clone(),
        site_id: endpoints.cinetpay.site_id.clone(),
        secret_key: endpoints.cinetpay.secret_key.clone(),
        currency: settings.cinetpay_currency.clone(),
        base_url: endpoints.cinetpay.checkout_url.clone(),
        guard: guard.clone(),
        friends: settings.allowed_callback_hosts.clone(),
        store: store.clone(),
        auto,
        capacity,
        seed,
        magic: true,
        choices: settings.checkout.clone(),
    });
    let transfer = Transfer::new(transfer::Config {
        apikey: endpoints.cinetpay.apikey.clone(),
        password: endpoints.cinetpay.password.clone(),
        store: store.clone(),
        token_life: settings.transfer_token_life,
        balance: settings.transfer_balance,
        ip_allowed: settings.ip_allowed,
        email_confirmation: settings.email_confirmation,
        magic: true,
        choices: settings.transfer.clone(),
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
        store: store.clone(),
        auto,
        capacity,
        seed,
        magic: true,
        choices: settings.bitlipa.clone(),
    });
    let adullam = Adullam::new(adullam::Config {
        token: endpoints.adullam.token.clone(),
        store: store.clone(),
        auto,
        capacity,
        seed,
        choices: settings.adullam.clone(),
    });
    let mut gateways: [Box<dyn Gateway>; 4] =
        [Box::new(checkout), Box::new(transfer), Box::new(bitlipa), Box::new(adullam)];
    for gateway in &mut gateways {
        if let Some(state) = records.dice.value(gateway.name()) {
            gateway.dice().resume(state);
        }
    }
    gateways
}

/// A panic in one request must not silence the sandbox for all others.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

const PLACES: [Place; 4] = [Place::Checkout, Place::Transfer, Place::Bitlipa, Place::Adullam];
const PACE: &str = "pace";
const MAX_DELIVERIES: usize = 50_000;
const MAX_WAITING_CALLBACKS: usize = 20_000;
