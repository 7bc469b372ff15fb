//! The gateways together with what they brought about; everything that is shared between connections.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::{Notify, broadcast};

use crate::claim::Claim;
use crate::clock::{Clock, Pace};
use crate::desks::{Known, Shared};
use crate::endings::Endings;
use crate::endpoints::Endpoints;
use crate::exchanges::{Exchange, Exchanges};
use crate::faults::{Fault, FaultKind, Faults, GATEWAYS, Plan, Seen, shapes};
use crate::gateway::{Callback, Decision, Effects, Gateway, Operator, Reply, Request};
use crate::html::Guard;
use crate::json::Json;
use crate::latency::Latencies;
use crate::ledger::{Attempted, Delivery, Moved, Movement};
use crate::merchants::MAIN;
use crate::moment::Moment;
use crate::outbox::{self, Message, Outbox};
use crate::settings::Settings;
use crate::store::{Entries, Log, Store};
use crate::view::{Group, OrderView, Prompt, Signed, Standing};

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

/// One merchant at one gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Desk {
    pub(crate) place: Place,
    /// As in the settings, the first merchant at 0.
    pub(crate) merchant: usize,
}

/// Which orders a list shows.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Wanted<'a> {
    pub(crate) gateway: Option<&'a str>,
    pub(crate) merchant: Option<&'a str>,
    pub(crate) operation: Option<&'a str>,
    pub(crate) standing: Option<Standing>,
    pub(crate) prompt: Option<Prompt>,
}

pub(crate) struct Hub {
    /// By merchant, then by place.
    gateways: Vec<[Mutex<Box<dyn Gateway>>; 4]>,
    merchants: Vec<Known>,
    /// Locked after a gateway, never before one.
    records: Mutex<Records>,
    exchanges: Mutex<Exchanges>,
    pub(crate) faults: Faults,
    pub(crate) endings: Endings,
    pub(crate) latencies: Latencies,
    store: Store,
    clock: Clock,
    settings: Settings,
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
    pub(crate) fn new(settings: &Settings, merchants: Vec<Known>, store: Store) -> Hub {
        let together = store.together();
        let records = Records::open(&store, settings);
        let clock = Clock::new(records.pace.value(PACE).unwrap_or_default());
        let guard = Guard::random();
        let endings = Endings::new(settings.seed, &settings.endings);
        let shared = Shared { settings, store: &store, guard: &guard, endings: &endings };
        let gateways = merchants.iter().map(|known| records.resume(known, shared.gateways(known)));
        let gateways = gateways.map(|gateways| gateways.map(Mutex::new)).collect();
        drop(together);
        Hub {
            gateways,
            merchants,
            records: Mutex::new(records),
            exchanges: Mutex::new(Exchanges::default()),
            faults: Faults::new(settings.seed, settings.magic, &settings.faults),
            endings,
            latencies: Latencies::new(settings.latency, &settings.latencies),
            store,
            clock,
            settings: settings.clone(),
            guard,
            changed: Notify::new(),
            mail: Notify::new(),
            events: broadcast::channel(MAX_EVENTS).0,
        }
    }

    /// Whose a request is, what it is about and what it shall suffer.
    pub(crate) fn plan(&self, place: Place, request: &Request) -> (Desk, Seen, Plan) {
        let desk = Desk { place, merchant: self.sender(place, request) };
        let seen = Seen::read(place, request);
        let plan = self.faults.plan(place.name(), self.merchants[desk.merchant].name, &seen);
        (desk, seen, plan)
    }

    /// The merchant that a request claims to come from; the first when there is none such, who refuses it.
    fn sender(&self, place: Place, request: &Request) -> usize {
        if self.merchants.len() == 1 {
            return 0;
        }
        let Some(claim) = Claim::read(place, request) else { return 0 };
        let knows = |gateways: &[Mutex<Box<dyn Gateway>>; 4]| lock(&gateways[place as usize]).knows(&claim);
        self.gateways.iter().position(knows).unwrap_or(0)
    }

    /// Lets the gateway work.
    pub(crate) fn answer(&self, desk: Desk, request: &mut Request, plan: Plan) -> Reply {
        if plan.exchange.as_ref().is_some_and(|fault| fault.kind == FaultKind::OperatorDown) {
            if let Some(reply) = shapes::operator_down(desk.place, self.clock.now()) {
                return reply;
            }
            request.operator = Operator::Down;
        }
        let reply = self.with(desk, plan.marks, |gateway, now, effects| {
            // What was due happens before the question, whether or not the timer was quicker.
            gateway.advance(now, effects);
            if plan.expire_tokens {
                gateway.expire_tokens(now);
            }
            let reply = gateway.answer(request, now, effects);
            for (order_id, decision) in plan.decisions {
                gateway.settle(&order_id, decision, now, effects);
            }
            // What ends at once has ended when the answer leaves.
            gateway.advance(now, effects);
            reply
        });
        self.changed.notify_one();
        reply
    }

    pub(crate) fn settle(&self, desk: Desk, order_id: &str, decision: Decision) -> bool {
        let settled = self.with(desk, Vec::new(), |gateway, now, effects| {
            gateway.advance(now, effects);
            gateway.settle(order_id, decision, now, effects)
        });
        self.changed.notify_one();
        settled
    }

    pub(crate) fn set_state(&self, desk: Desk, order_id: &str, state: &str) -> bool {
        let done = self.with(desk, Vec::new(), |gateway, now, effects| {
            gateway.advance(now, effects);
            gateway.set_state(order_id, state, now, effects)
        });
        self.changed.notify_one();
        done
    }

    /// Does what is due and tells when there is something to do again.
    pub(crate) fn advance(&self) -> Option<Duration> {
        let mut next: Option<Duration> = None;
        for desk in self.desks() {
            let due = self.with(desk, Vec::new(), |gateway, now, effects| {
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

    /// What the first merchant has to know.
    pub(crate) fn endpoints(&self) -> &Endpoints {
        &self.merchants[0].endpoints
    }

    pub(crate) fn merchants(&self) -> &[Known] {
        &self.merchants
    }

    /// A merchant at a gateway; the first merchant when none is named.
    pub(crate) fn desk(&self, gateway: &str, merchant: Option<&str>) -> Option<Desk> {
        let place = Place::find(gateway)?;
        let name = merchant.unwrap_or(MAIN);
        Some(Desk { place, merchant: self.merchants.iter().position(|known| known.name == name)? })
    }

    fn desks(&self) -> impl Iterator<Item = Desk> {
        let count = self.merchants.len();
        PLACES.into_iter().flat_map(move |place| (0..count).map(move |merchant| Desk { place, merchant }))
    }

    fn gateway(&self, desk: Desk) -> MutexGuard<'_, Box<dyn Gateway>> {
        lock(&self.gateways[desk.merchant][desk.place as usize])
    }

    /// Forgets everything that happened and all faults that were added; credentials stay.
    pub(crate) fn reset(&self) {
        let mut gateways: Vec<_> =
            self.gateways.iter().map(|gateways| gateways.each_ref().map(lock)).collect();
        let together = self.store.together();
        let mut records = lock(&self.records);
        self.store.clear();
        *records = Records::open(&self.store, &self.settings);
        self.endings.restart(&self.settings.endings);
        self.latencies.restart(self.settings.latency, &self.settings.latencies);
        let shared = Shared {
            settings: &self.settings,
            store: &self.store,
            guard: &self.guard,
            endings: &self.endings,
        };
        for (known, desks) in self.merchants.iter().zip(&mut gateways) {
            for (old, new) in desks.iter_mut().zip(records.resume(known, shared.gateways(known))) {
                **old = new;
            }
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

    /// How many movements each key has, by key.
    pub(crate) fn tally(&self, prefix: &str, after: &str, limit: usize) -> Vec<(String, usize)> {
        lock(&self.records).ledger.tally(prefix, after, limit)
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

    /// Orders below a serial number, newest first.
    pub(crate) fn orders(&self, before: u64, limit: usize, wanted: Wanted<'_>) -> Vec<OrderView> {
        let groups: Vec<Group> = Group::all()
            .filter(|group| wanted.operation.is_none_or(|name| name == group.operation))
            .filter(|group| wanted.standing.is_none_or(|standing| standing == group.standing))
            .filter(|group| wanted.prompt.is_none_or(|prompt| prompt == group.prompt))
            .collect();
        let mut found: Vec<OrderView> = self
            .desks()
            .filter(|desk| wanted.gateway.is_none_or(|name| name == desk.place.name()))
            .filter(|desk| wanted.merchant.is_none_or(|name| name == self.merchants[desk.merchant].name))
            .flat_map(|desk| self.gateway(desk).orders(&groups, before, limit))
            .collect();
        found.sort_unstable_by_key(|order: &OrderView| std::cmp::Reverse(order.serial));
        found.truncate(limit);
        found
    }

    pub(crate) fn order(&self, desk: Desk, order_id: &str) -> Option<OrderView> {
        self.gateway(desk).order(order_id)
    }

    pub(crate) fn explain(
        &self,
        gateway: &str,
        merchant: &str,
        headers: &[(String, String)],
        body: &str,
    ) -> Option<Signed> {
        self.gateway(self.desk(gateway, Some(merchant))?).explain(headers, body)
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
                    ("merchant", movement.merchant.into()),
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
        desk: Desk,
        marks: Vec<(String, Fault)>,
        act: impl FnOnce(&mut dyn Gateway, Moment, &mut Effects) -> R,
    ) -> R {
        let mut gateway = self.gateway(desk);
        let merchant = self.merchants[desk.merchant].name;
        let now = self.now_at(desk.place);
        let mut effects = Effects::default();
        let together = self.store.together();
        let result = act(gateway.as_mut(), now, &mut effects);
        // With the gateway still locked, so that its events keep their order.
        let mut records = lock(&self.records);
        let has_mail = !effects.callbacks.is_empty();
        for (order_id, Fault { kind, seconds, copies, .. }) in marks {
            // Ids of orders that are never made must not fill the memory.
            if records.marks.len() >= MAX_MARKS {
                break;
            }
            let name = mark_name(desk.place.name(), merchant, &order_id);
            records.marks.set(&name, Mark { kind, seconds, copies });
        }
        self.announce(desk.place, &effects);
        // The post keeps the sandbox's time, however far the gateway's clock is off.
        records.apply(effects, self.clock.now(), &self.faults);
        let (name, dice) = (dice_name(gateway.name(), merchant), gateway.dice().state());
        if records.dice.value(&name) != Some(dice) {
            records.dice.set(&name, dice);
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
            ledger: Log::open(
                store,
                "ledger",
                settings.capacity.saturating_mul(PLACES.len() * (settings.merchants.len() + 1)),
            ),
            deliveries: Log::open(store, "deliveries", MAX_DELIVERIES),
            outbox: Outbox::open(store, MAX_WAITING_CALLBACKS),
            dice: Entries::open(store, "dice"),
            pace: Entries::open(store, "pace"),
            marks: Entries::open(store, "marks"),
        }
    }

    /// Lets the dice of a merchant's gateways go on where they stood.
    fn resume(&self, known: &Known, mut gateways: [Box<dyn Gateway>; 4]) -> [Box<dyn Gateway>; 4] {
        for gateway in &mut gateways {
            if let Some(state) = self.dice.value(&dice_name(gateway.name(), known.name)) {
                gateway.dice().resume(state);
            }
        }
        gateways
    }

    fn apply(&mut self, effects: Effects, now: Moment, faults: &Faults) {
        for movement in effects.movements {
            let key = movement.order_id.clone();
            self.ledger.push(&key, Moved { at: now, movement });
        }
        for callback in effects.callbacks {
            let mark = match self.marks.len() {
                0 => None,
                _ => self.marks.value(&mark_name(callback.gateway, callback.merchant, &callback.order_id)),
            };
            let fault = mark.or_else(|| {
                let Fault { kind, seconds, copies, .. } =
                    faults.for_callback(callback.gateway, callback.merchant, &callback.order_id)?;
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
                let held = !self.outbox.has_line(&callback);
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
            merchant: callback.merchant,
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

fn mark_name(gateway: &str, merchant: &str, order_id: &str) -> String {
    format!("{gateway} {merchant} {order_id}")
}

fn dice_name(gateway: &str, merchant: &str) -> String {
    format!("{gateway} {merchant}")
}

/// A panic in one request must not silence the sandbox for all others.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) const PLACES: [Place; 4] = [Place::Checkout, Place::Transfer, Place::Bitlipa, Place::Adullam];
const MAX_MARKS: usize = 100_000;
const PACE: &str = "pace";
const MAX_DELIVERIES: usize = 50_000;
const MAX_WAITING_CALLBACKS: usize = 20_000;
/// A watcher who lags further behind misses some.
const MAX_EVENTS: usize = 1_024;
