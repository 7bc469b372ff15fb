//! The gateways together with what they brought about; everything that is shared between connections.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::{Notify, broadcast};

use crate::adullam::{self, Adullam};
use crate::bitlipa::{self, Bitlipa};
use crate::cinetpay::checkout::{self, Checkout};
use crate::cinetpay::transfer::{self, Transfer};
use crate::clock::{Clock, Pace};
use crate::endpoints::Endpoints;
use crate::exchanges::{Exchange, Exchanges};
use crate::faults::{Fault, FaultKind, Faults, GATEWAYS, Plan, Seen, shapes};
use crate::gateway::{Callback, Decision, Effects, Gateway, Operator, Reply, Request};
use crate::html::Guard;
use crate::json::Json;
use crate::ledger::{Attempted, Delivery, Moved, Movement};
use crate::moment::Moment;
use crate::outbox::{self, Message, Outbox};
use crate::settings::Settings;
use crate::store::{Entries, Log, Store};
use crate::view::{OrderView, Signed};

/// Which gateway a listener belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Checkout = 0,
    Transfer = 1,
    Bitlipa = 2,
    Adullam = 3,
}

impl Place {
    /// As in the ledger.
    pub(crate) fn name(self) -> &'static str {
        GATEWAYS[self as usize]
    }

    pub(crate) fn find(name: &str) -> Option<Place> {
        PLACES.into_iter().find(|place| place.name() == name)
    }
}

pub(crate) struct Hub {
    gateways: [Mutex<Box<dyn Gateway>>; 4],
    /// Locked after a gateway, never before one.
    records: Mutex<Records>,
    exchanges: Mutex<Exchanges>,
    pub(crate) faults: Faults,
    store: Store,
    clock: Clock,
    settings: Settings,
    endpoints: Endpoints,
    pub(crate) guard: Guard,
    /// Wakes the task that waits for the next thing that time does.
    pub(crate) changed: Notify,
    /// Wakes the task that sends callbacks.
    pub(crate) mail: Notify,
    /// What happens, as it happens, each event a line of JSON.
    pub(crate) events: broadcast::Sender<Arc<str>>,
}

/// What the gateways brought about.
struct Records {
    ledger: Log<Moved>,
    deliveries: Log<Attempted>,
    outbox: Outbox,
    /// Where the dice of every gateway stand.
    dice: Entries<u64>,
    pace: Entries<Pace>,
    /// What the callbacks of single orders suffer.
    marks: Entries<Mark>,
}

/// A fault of an order's callbacks that was decided when the order was made.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Mark {
    kind: FaultKind,
    seconds: Option<i64>,
    copies: Option<u32>,
}

impl Hub {
    pub(crate) fn new(settings: &Settings, endpoints: &Endpoints, store: Store) -> Hub {
        let together = store.together();
        let records = Records::open(&store, settings);
        let clock = Clock::new(records.pace.value(PACE).unwrap_or_default());
        let guard = Guard::random();
        let gateways = make_gateways(settings, endpoints, &store, &records, &guard);
        drop(together);
        Hub {
            gateways: gateways.map(Mutex::new),
            records: Mutex::new(records),
            exchanges: Mutex::new(Exchanges::default()),
            faults: Faults::new(settings.seed, settings.magic, &settings.faults),
            store,
            clock,
            settings: settings.clone(),
            endpoints: endpoints.clone(),
            guard,
            changed: Notify::new(),
            mail: Notify::new(),
            events: broadcast::channel(MAX_EVENTS).0,
        }
    }

    /// What a request is about and what it shall suffer.
    pub(crate) fn plan(&self, place: Place, request: &Request) -> (Seen, Plan) {
        let seen = Seen::read(place, request);
        let plan = self.faults.plan(place.name(), &seen);
        (seen, plan)
    }

    /// Lets the gateway work.
    pub(crate) fn answer(&self, place: Place, request: &mut Request, plan: Plan) -> Reply {
        if plan.exchange.as_ref().is_some_and(|fault| fault.kind == FaultKind::OperatorDown) {
            if let Some(reply) = shapes::operator_down(place, self.clock.now()) {
                return reply;
            }
            request.operator = Operator::Down;
        }
        let reply = self.with(place, plan.marks, |gateway, now, effects| {
            // What was due happens before the question, whether or not the timer was quicker.
            gateway.advance(now, effects);
            if plan.expire_tokens {
                gateway.expire_tokens(now);
            }
            let reply = gateway.answer(request, now, effects);
            for (order_id, decision) in plan.decisions {
                gateway.settle(&order_id, decision, now, effects);
            }
            reply
        });
        self.changed.notify_one();
        reply
    }

    pub(crate) fn settle(&self, name: &str, order_id: &str, decision: Decision) -> bool {
        let Some(place) = Place::find(name) else { return false };
        let settled = self.with(place, Vec::new(), |gateway, now, effects| {
            gateway.advance(now, effects);
            gateway.settle(order_id, decision, now, effects)
        });
        self.changed.notify_one();
        settled
    }

    pub(crate) fn set_state(&self, name: &str, order_id: &str, state: &str) -> bool {
        let Some(place) = Place::find(name) else { return false };
        let done = self.with(place, Vec::new(), |gateway, now, effects| {
            gateway.advance(now, effects);
            gateway.set_state(order_id, state, now, effects)
        });
        self.changed.notify_one();
        done
    }

    /// Does what is due and tells when there is something to do again.
    pub(crate) fn advance(&self) -> Option<Duration> {
        let mut next: Option<Duration> = None;
        for place in PLACES {
            let due = self.with(place, Vec::new(), |gateway, now, effects| {
                gateway.advance(now, effects);
                gateway.next_due().map(|due| now.until(due))
            });
            next = [next, due].into_iter().flatten().min();
        }
        match self.clock.pace() {
            Pace::Frozen(_) => None,
            Pace::Real | Pace::Moved(_) => next,
        }
    }

    pub(crate) fn now(&self) -> Moment {
        self.clock.now()
    }

    /// The time by the gateway's own clock.
    pub(crate) fn now_at(&self, place: Place) -> Moment {
        let skew = self.faults.skew(place.name());
        self.clock.now().shifted(skew.saturating_mul(1_000_000))
    }

    pub(crate) fn pace(&self) -> Pace {
        self.clock.pace()
    }

    /// Lets the clock go differently, and does what became due by it.
    pub(crate) fn set_pace(&self, pace: Pace) {
        self.clock.set_pace(pace);
        let together = self.store.together();
        lock(&self.records).pace.set(PACE, pace);
        drop(together);
        self.advance();
        self.changed.notify_one();
        self.mail.notify_one();
        self.tell("time", Json::object([("now", self.now().rfc3339().into()), ("mode", pace.name().into())]));
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(crate) fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// Forgets everything that happened and all faults that were added; credentials stay.
    pub(crate) fn reset(&self) {
        let mut gateways: Vec<_> = self.gateways.iter().map(lock).collect();
        let together = self.store.together();
        let mut records = lock(&self.records);
        self.store.clear();
        *records = Records::open(&self.store, &self.settings);
        let fresh = make_gateways(&self.settings, &self.endpoints, &self.store, &records, &self.guard);
        for (old, new) in gateways.iter_mut().zip(fresh) {
            **old = new;
        }
        lock(&self.exchanges).clear();
        self.faults.clear();
        for fault in &self.settings.faults {
            self.faults.add(fault.clone());
        }
        self.clock.set_pace(Pace::Real);
        drop(records);
        drop(together);
        drop(gateways);
        self.changed.notify_one();
        self.mail.notify_one();
        self.tell("reset", Json::Null);
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
    pub(crate) fn next_callback(&self) -> Result<(u64, Arc<Message>), Option<Duration>> {
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
        let told = Json::object([
            ("callback", callback.into()),
            ("gateway", delivery.gateway.into()),
            ("order_id", delivery.order_id.as_str().into()),
            ("attempt", u64::from(delivery.attempt).into()),
            ("status", delivery.outcome.as_ref().ok().map(|status| u64::from(*status)).into()),
        ]);
        let together = self.store.together();
        let mut records = lock(&self.records);
        records.note(now, callback, delivery);
        records.outbox.finish(callback, result, now);
        drop(records);
        drop(together);
        self.tell("delivery", told);
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

    /// Movements of one order or of all below a number, newest first.
    pub(crate) fn movements(&self, key: Option<&str>, before: u64, limit: usize) -> Vec<(u64, Moved)> {
        lock(&self.records).ledger.newest(key, before, limit)
    }

    /// Attempts of one order or of all below a number, newest first.
    pub(crate) fn attempts(
        &self,
        order_id: Option<&str>,
        before: u64,
        limit: usize,
    ) -> Vec<(u64, Attempted)> {
        lock(&self.records).deliveries.newest(order_id, before, limit)
    }

    /// Callbacks of one order or of all below a number, newest first.
    pub(crate) fn callbacks(
        &self,
        order_id: Option<&str>,
        before: u64,
        limit: usize,
    ) -> Vec<(u64, Arc<Message>)> {
        lock(&self.records).outbox.newest(order_id, before, limit)
    }

    pub(crate) fn waiting_callbacks(&self) -> usize {
        lock(&self.records).outbox.waiting()
    }

    /// Sends a callback once more; its new number, or nothing when it is unknown or too many wait.
    pub(crate) fn resend(&self, callback: u64) -> Option<u64> {
        let together = self.store.together();
        let sent = lock(&self.records).outbox.resend(callback, self.clock.now());
        drop(together);
        self.mail.notify_one();
        sent
    }

    /// Orders of all gateways below a serial number, newest first.
    pub(crate) fn orders(
        &self,
        before: u64,
        limit: usize,
        fits: impl Fn(&OrderView) -> bool,
    ) -> Vec<OrderView> {
        let mut found = Vec::new();
        for gateway in &self.gateways {
            let mut from = before;
            let mut taken = 0;
            let page_size = limit.max(SCAN);
            while taken < limit {
                let page = lock(gateway).orders(from, page_size);
                let Some(last) = page.last() else { break };
                from = last.serial;
                let fitting = page.into_iter().filter(&fits).take(limit - taken);
                let start = found.len();
                found.extend(fitting);
                taken += found.len() - start;
            }
        }
        found.sort_unstable_by_key(|order: &OrderView| std::cmp::Reverse(order.serial));
        found.truncate(limit);
        found
    }

    pub(crate) fn order(&self, gateway: &str, order_id: &str) -> Option<OrderView> {
        lock(&self.gateways[Place::find(gateway)? as usize]).order(order_id)
    }

    pub(crate) fn explain(&self, gateway: &str, headers: &[(String, String)], body: &str) -> Option<Signed> {
        lock(&self.gateways[Place::find(gateway)? as usize]).explain(headers, body)
    }

    /// Notes what was asked and answered.
    pub(crate) fn record(&self, exchange: Exchange) {
        if self.events.receiver_count() > 0 {
            self.tell("exchange", exchange.summary());
        }
        lock(&self.exchanges).push(exchange);
    }

    /// Exchanges of one order or of all below a number, newest first.
    pub(crate) fn exchanges(&self, order_id: Option<&str>, before: u64, limit: usize) -> Vec<Exchange> {
        lock(&self.exchanges).newest(order_id, before, limit)
    }

    /// Tells the watchers.
    pub(crate) fn tell(&self, kind: &str, data: Json) {
        if self.events.receiver_count() > 0 {
            let line = Json::object([("type", kind.into()), ("data", data)]).write();
            // No one may be left by now.
            let _ = self.events.send(line.into());
        }
    }

    fn announce(&self, place: Place, effects: &Effects) {
        if self.events.receiver_count() == 0 {
            return;
        }
        for movement in &effects.movements {
            self.tell(
                "movement",
                Json::object([
                    ("gateway", movement.gateway.into()),
                    ("operation", movement.operation.into()),
                    ("order_id", movement.order_id.as_str().into()),
                    ("amount", movement.amount.as_str().into()),
                    ("currency", movement.currency.as_str().into()),
                ]),
            );
        }
        for callback in &effects.callbacks {
            let order_id = callback.order_id.as_str().into();
            self.tell("callback", Json::object([("gateway", place.name().into()), ("order_id", order_id)]));
        }
    }

    /// Lets a gateway act, and keeps what it did together with what that brought about.
    fn with<R>(
        &self,
        place: Place,
        marks: Vec<(String, Fault)>,
        act: impl FnOnce(&mut dyn Gateway, Moment, &mut Effects) -> R,
    ) -> R {
        let mut gateway = lock(&self.gateways[place as usize]);
        let now = self.now_at(place);
        let mut effects = Effects::default();
        let together = self.store.together();
        let result = act(gateway.as_mut(), now, &mut effects);
        // With the gateway still locked, so that its events keep their order.
        let mut records = lock(&self.records);
        let has_mail = !effects.callbacks.is_empty();
        for (order_id, Fault { kind, seconds, copies, .. }) in marks {
            records.marks.set(&mark_name(place.name(), &order_id), Mark { kind, seconds, copies });
        }
        self.announce(place, &effects);
        // The post keeps the sandbox's time, however far the gateway's clock is off.
        records.apply(effects, self.clock.now(), &self.faults);
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
            marks: Entries::open(store, "marks"),
        }
    }

    fn apply(&mut self, effects: Effects, now: Moment, faults: &Faults) {
        for movement in effects.movements {
            let key = movement.order_id.clone();
            self.ledger.push(&key, Moved { at: now, movement });
        }
        for callback in effects.callbacks {
            let mark = match self.marks.len() {
                0 => None,
                _ => self.marks.value(&mark_name(callback.gateway, &callback.order_id)),
            };
            let fault = mark.or_else(|| {
                let Fault { kind, seconds, copies, .. } =
                    faults.for_callback(callback.gateway, &callback.order_id)?;
                Some(Mark { kind, seconds, copies })
            });
            match fault {
                None => self.post(callback, now, now, outbox::Place::InLine),
                Some(fault) => self.post_spoilt(callback, now, fault),
            }
        }
    }

    fn post_spoilt(&mut self, mut callback: Callback, now: Moment, fault: Mark) {
        let after = |default: u64| {
            let seconds = fault.seconds.and_then(|seconds| u64::try_from(seconds).ok()).unwrap_or(default);
            now.plus(Duration::from_secs(seconds))
        };
        match fault.kind {
            FaultKind::DropCallback => self.lose(callback, now, "dropped by a fault"),
            FaultKind::DuplicateCallback => {
                for _ in 0..=fault.copies.unwrap_or(1) {
                    self.post(callback.clone(), now, now, outbox::Place::InLine);
                }
            }
            FaultKind::DelayCallback => self.post(callback, now, after(5), outbox::Place::InLine),
            FaultKind::ReorderCallback => {
                // Only the first is held back; were all, none would be overtaken.
                let held = self.outbox.newest(Some(&callback.order_id), u64::MAX, 1).is_empty();
                if held {
                    self.post(callback, now, after(2), outbox::Place::Alone);
                } else {
                    self.post(callback, now, now, outbox::Place::InLine);
                }
            }
            FaultKind::ForgeCallback => {
                shapes::forge(&mut callback);
                self.post(callback, now, now, outbox::Place::InLine);
            }
            FaultKind::CorruptCallback => {
                shapes::corrupt(&mut callback);
                self.post(callback, now, now, outbox::Place::InLine);
            }
            _ => self.post(callback, now, now, outbox::Place::InLine),
        }
    }

    fn post(&mut self, callback: Callback, now: Moment, due: Moment, place: outbox::Place) {
        if let Err(callback) = self.outbox.push(callback, now, due, place) {
            self.lose(*callback, now, "too many callbacks are waiting");
        }
    }

    fn lose(&mut self, callback: Callback, now: Moment, reason: &str) {
        let delivery = Delivery {
            url: callback.url,
            gateway: callback.gateway,
            order_id: callback.order_id,
            attempt: 1,
            outcome: Err(reason.to_owned()),
        };
        self.note(now, 0, delivery);
    }

    fn note(&mut self, now: Moment, callback: u64, delivery: Delivery) {
        let key = delivery.order_id.clone();
        self.deliveries.push(&key, Attempted { at: now, callback, delivery });
    }
}

fn make_gateways(
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
        magic: settings.magic,
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
        magic: settings.magic,
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
        magic: settings.magic,
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

fn mark_name(gateway: &str, order_id: &str) -> String {
    format!("{gateway} {order_id}")
}

/// A panic in one request must not silence the sandbox for all others.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

const PLACES: [Place; 4] = [Place::Checkout, Place::Transfer, Place::Bitlipa, Place::Adullam];
/// Few long looks hold a gateway up less than many short ones.
const SCAN: usize = 500;
const PACE: &str = "pace";
const MAX_DELIVERIES: usize = 50_000;
const MAX_WAITING_CALLBACKS: usize = 20_000;
/// A watcher who lags further behind misses some.
const MAX_EVENTS: usize = 1_024;
