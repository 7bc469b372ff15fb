//! Callbacks that are lost, none of them, thirty of a hundred, or all: everything is settled by asking, within two pauses
//! between questions after its end, or waits for a person within the stated bound. The questions that it took are printed.
//!
//! The worker, the clients and the gateways are the real ones; only the time is made up, so that hours pass in a moment.
//! `NZIMBU_CALLBACKS=100000 cargo test --release -p nzimbu-tests --test lost_callbacks -- --nocapture` has as many
//! orders.
#![allow(clippy::unwrap_used, reason = "a failing test may panic")]

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, MutexGuard};
use std::time::{Duration, SystemTime};

use nzimbu_core::{
    Callbacks, HttpRequest, HttpResponse, Method, Operation, OrderId, RawCallback, Transport, TransportError,
    UnixTime,
};
use nzimbu_journal::testing::{Memory, SoundDisk};
use nzimbu_journal::{Cashier, Clock, Filter, Journal, Limits, Seen, State, Stop, Timing};
use nzimbu_sandbox::direct::{Call, Direct, Notification};
use nzimbu_sandbox::{Decision, Settings};
use nzimbu_tests::houses::{self, House};

const START: i64 = 1_700_000_000_000;
/// How long an answer takes.
const ANSWER: Duration = Duration::from_millis(1);
/// How long customers take at most, and those of Adullam, whose sessions end after a quarter of an hour.
const DECIDED: [Duration; 3] =
    [Duration::from_secs(600), Duration::from_secs(3_600), Duration::from_secs(3_600)];
/// Of so many orders one is never decided.
const NEVER: u64 = 51;

/// The time of everybody: the machine's, the gateways' and the customers'.
#[derive(Clone, Debug)]
struct Time(Arc<AtomicI64>);

impl Time {
    fn millis(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }

    fn pass(&self, span: Duration) {
        self.0.fetch_add(whole(span), Ordering::Relaxed);
    }

    fn moment(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_millis(u64::try_from(self.millis()).unwrap())
    }
}

impl Clock for Time {
    fn now(&self) -> UnixTime {
        UnixTime { millis: self.millis() }
    }
}

fn whole(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap()
}

/// One order, and what its customer will do.
struct Order {
    house: usize,
    operation: Operation,
    id: OrderId,
    decision: Option<(i64, Decision)>,
}

/// The gateways, their customers, and the line that some callbacks get lost on.
struct Town {
    time: Time,
    gateways: Mutex<Direct>,
    houses: Vec<House>,
    cashier: Cashier,
    /// Decisions to come, by their time.
    decisions: Mutex<Vec<(i64, &'static str, String, Decision)>>,
    lost_percent: u64,
    dice: AtomicU64,
    called_back: AtomicU64,
    moved: Mutex<BTreeMap<String, u32>>,
    /// When the worker is told to stop.
    ends: AtomicI64,
    stop: Stop,
}

impl std::fmt::Debug for Town {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Town")
    }
}

impl Town {
    fn new(lost_percent: u64, timing: Timing) -> Self {
        let mut settings = Settings::default();
        settings.auto = None;
        settings.magic = false;
        settings.transfer_balance = 1 << 50;
        settings.capacity = usize::MAX;
        let gateways = Direct::new(&settings);
        let houses = houses::at(gateways.endpoints());
        let time = Time(Arc::new(AtomicI64::new(START)));
        let journal = Journal::in_memory(&Memory::new(), Arc::new(time.clone()), Box::new(SoundDisk));
        let mut limits = Limits::default();
        limits.calls_per_second = 1_000;
        let providers = houses.iter().map(|house| house.provider.clone()).collect();
        Self {
            time,
            gateways: Mutex::new(gateways),
            cashier: Cashier::with(journal, providers, timing, limits),
            houses,
            decisions: Mutex::default(),
            lost_percent,
            dice: AtomicU64::new(1),
            called_back: AtomicU64::new(0),
            moved: Mutex::default(),
            ends: AtomicI64::new(i64::MAX),
            stop: Stop::new(),
        }
    }

    fn gateways(&self) -> MutexGuard<'_, Direct> {
        self.gateways.lock().unwrap()
    }

    /// Splitmix64, so that a run repeats itself.
    fn below(&self, limit: u64) -> u64 {
        let step = 0x9e37_79b9_7f4a_7c15_u64;
        let mut mixed = self.dice.fetch_add(step, Ordering::Relaxed).wrapping_add(step);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }

    /// An order is sent, and its customer begins to think.
    fn begin(&self, number: u64) -> Order {
        let places = [
            (0, Operation::Payment),
            (1, Operation::Payment),
            (1, Operation::Payout),
            (2, Operation::Payment),
            (2, Operation::Payout),
        ];
        let (house, operation) = places[usize::try_from(number).unwrap() % places.len()];
        let id = OrderId::derive("lost callbacks", operation, &number.to_string());
        let provider = &self.houses[house].provider;
        let gateway = provider.id();
        let notify = (provider.capabilities(operation).callbacks != Callbacks::None)
            .then(|| "http://127.0.0.1:8/notify".to_owned());
        let intent = match operation {
            Operation::Payment => {
                let mut request = houses::payment(&id);
                request.notify_url = notify;
                request.return_url = Some("http://127.0.0.1:8/thanks".to_owned());
                self.cashier.payment(gateway.as_str(), request)
            }
            Operation::Payout => {
                let mut request = houses::payout(&id);
                request.notify_url = notify;
                self.cashier.payout(gateway.as_str(), request)
            }
        };
        let handled = self.cashier.send(self, intent.unwrap()).unwrap();
        assert_eq!(handled.entry.state, State::Accepted, "{handled:?}");
        let longest = u64::try_from(DECIDED[house].as_millis()).unwrap();
        let thinks = 1_000 + i64::try_from(self.below(longest)).unwrap();
        let decision = match (number % NEVER, self.below(10)) {
            (0, _) => None,
            (_, 0) => Some((self.time.millis() + thinks, Decision::Refuse)),
            _ => Some((self.time.millis() + thinks, Decision::Approve)),
        };
        Order { house, operation, id, decision }
    }

    /// Everybody decides whose time has come, and is told of, or not.
    fn go_on(&self) {
        let now = self.time.millis();
        loop {
            let next = {
                let mut decisions = self.decisions.lock().unwrap();
                let due = decisions.last().is_some_and(|(at, ..)| *at <= now);
                if due { decisions.pop() } else { None }
            };
            let Some((_, ledger, name, decision)) = next else { break };
            assert!(self.gateways().settle(ledger, &name, decision, self.time.moment()), "{name}");
        }
        let (moved, told) = {
            let mut gateways = self.gateways();
            (gateways.take_movements(), gateways.take_notifications())
        };
        for movement in moved {
            *self.moved.lock().unwrap().entry(movement.order_id).or_insert(0) += 1;
        }
        for notification in told {
            if self.below(100) >= self.lost_percent {
                self.call_back(&notification);
            }
        }
        if now >= self.ends.load(Ordering::Relaxed) {
            self.stop.stop();
        }
    }

    fn call_back(&self, told: &Notification) {
        self.called_back.fetch_add(1, Ordering::Relaxed);
        let gateway = if told.gateway.starts_with("cinetpay") { "cinetpay" } else { told.gateway };
        let headers: Vec<_> = told.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let raw = RawCallback::post(&headers, told.body.as_bytes());
        let seen = self.cashier.receive(gateway, &raw, self.time.now()).wait().unwrap();
        assert!(matches!(seen, Seen::Noted(_)), "{seen:?}");
    }
}

impl Transport for Town {
    fn send(&self, request: &HttpRequest) -> Result<HttpResponse, TransportError> {
        let mut headers = vec![("user-agent", "nzimbu/test")];
        headers.extend(request.headers.iter().map(|header| (header.name, header.value.as_str())));
        let method = if request.method() == Method::Get { "GET" } else { "POST" };
        let call = Call::new(method, &request.url, &headers, &request.body);
        let answer = self.gateways().answer(&call, self.time.moment()).unwrap();
        self.time.pass(ANSWER);
        Ok(HttpResponse::new(answer.status, answer.body))
    }

    fn sleep(&self, delay: Duration) {
        self.time.pass(delay);
        self.go_on();
    }

    fn now(&self) -> UnixTime {
        Clock::now(&self.time)
    }
}

/// What one share of lost callbacks came to.
struct Outcome {
    /// How long after their ends the orders were settled, all together, in milliseconds.
    delays: i64,
    line: String,
}

fn settled_without(lost_percent: u64, count: u64) -> Outcome {
    // The deadline for people comes after hours and not days; all other times are the usual ones.
    let mut timing = Timing::default();
    timing.deadline = Duration::from_secs(2 * 3_600);
    let town = Town::new(lost_percent, timing);
    let orders: Vec<_> = (0..count).map(|number| town.begin(number)).collect();
    let last_begun = town.time.millis();
    let mut decisions: Vec<_> = orders
        .iter()
        .filter_map(|order| {
            let house = &town.houses[order.house];
            order.decision.map(|(at, decision)| {
                (at.max(last_begun), house.ledger(order.operation), house.booked(&order.id), decision)
            })
        })
        .collect();
    decisions.sort_by_key(|(at, ..)| std::cmp::Reverse(*at));
    *town.decisions.lock().unwrap() = decisions;
    town.ends.store(last_begun + whole(timing.bound()), Ordering::Relaxed);
    let round = town.cashier.work(&town, &town.stop).unwrap();

    let journal = town.cashier.journal();
    let entries = journal.list(&Filter::default(), 0, usize::MAX).wait().unwrap();
    let entries: BTreeMap<_, _> =
        entries.into_iter().map(|(_, entry)| (entry.order.clone(), entry)).collect();
    let mut told = BTreeMap::new();
    for notice in journal.notices(usize::MAX, Duration::ZERO).wait().unwrap() {
        told.entry((notice.entry.order.clone(), notice.state)).or_insert(notice.at.millis);
    }
    let moved = town.moved.lock().unwrap();
    let (mut settled, mut people, mut latest, mut sum) = (0, 0, 0, 0);
    for order in &orders {
        let entry = &entries[&order.id];
        let moves = moved.get(&town.houses[order.house].booked(&order.id)).copied().unwrap_or(0);
        let Some((decided, decision)) = order.decision else {
            // Some gateways give up by themselves; with the others a person has to.
            assert!(entry.needs_people() || entry.state == State::Expired, "nobody decided: {entry:?}");
            assert_eq!(moves, 0, "{entry:?}");
            people += u64::from(entry.needs_people());
            continue;
        };
        assert!(entry.state.is_final(), "not settled within {:?}: {entry:?}", timing.bound());
        assert_eq!(entry.state == State::Succeeded, decision == Decision::Approve, "{entry:?}");
        assert_eq!(moves, u32::from(decision == Decision::Approve), "{entry:?}");
        let late = told[&(order.id.clone(), entry.state)] - decided.max(last_begun);
        settled += 1;
        latest = latest.max(late);
        sum += late;
    }
    let cycle = timing.most_poll + timing.most_poll / 4;
    assert!(
        latest <= whole(cycle * 2),
        "settled {latest} ms after the end, later than two pauses of {cycle:?}"
    );
    let taken = town.called_back.load(Ordering::Relaxed);
    let line = format!(
        "{lost_percent:>4} % {settled:>9} {:>9} {taken:>9} {:>9} {:>9}.{:02} {:>9} s {:>9} s",
        people,
        round.asked,
        round.asked / count,
        round.asked * 100 / count % 100,
        sum / i64::from(settled) / 1_000,
        latest / 1_000,
    );
    Outcome { delays: sum, line }
}

#[test]
fn lost_callbacks_cost_time_and_no_order() {
    let count = std::env::var("NZIMBU_CALLBACKS").ok().and_then(|text| text.parse().ok()).unwrap_or(1_000);
    let outcomes = [0, 30, 100].map(|lost| settled_without(lost, count));
    println!(
        "{:>6} {:>9} {:>9} {:>9} {:>9} {:>12} {:>11} {:>11}",
        "lost", "settled", "to people", "callbacks", "questions", "per order", "mean delay", "longest"
    );
    for outcome in &outcomes {
        println!("{}", outcome.line);
    }
    println!(
        "(delays after the end of an order; one of {NEVER} is never decided, and Adullam's expire by themselves)"
    );
    let delays = outcomes.map(|outcome| outcome.delays);
    assert!(delays[0] < delays[1] && delays[1] < delays[2], "callbacks spare time: {delays:?}");
}
