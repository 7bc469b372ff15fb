//! The primary is killed and its standby promoted while orders are begun, sent and settled, again and again: no order is
//! paid twice, and all end. A synchronous standby has everything that was acknowledged; an asynchronous one lacks some.
//!
//! `NZIMBU_FAILOVERS=50 cargo test -p nzimbu-journal --all-features --test postgres_failover -- --nocapture` has so many
//! rounds of each.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod postgres_server;
mod till;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use nzimbu_core::{
    Channel, HttpRequest, HttpResponse, Operation, OrderId, PayoutRequest, Transport, TransportError,
    TransportExt, UnixTime,
};
use nzimbu_journal::{
    Begun, Cashier, Clock as _, Intent, Journal, JournalErrorKind, Limits, State, SteadyClock, Stop, Timing,
};

use self::postgres_server::{Cluster, Recipe, Schema};
use self::till::{Till, francs};

const CALLERS: usize = 4;
const MOMENT: Duration = Duration::from_millis(20);

/// A lease is longer than any thread of this process is held up, and the grace period longer than a lease.
fn timing() -> Timing {
    let mut timing = Timing::default();
    timing.lease = Duration::from_secs(3);
    timing.grace = Duration::from_secs(5);
    timing.first_poll = Duration::from_millis(50);
    timing.most_poll = Duration::from_millis(500);
    timing.first_retry = Duration::from_millis(50);
    timing
}

/// What the standby is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Standby {
    /// Nothing is acknowledged before it has it.
    Synchronous,
    /// It is cut off a while before the primary dies.
    Behind,
}

/// The till, which executes whatever it is told, without a line in between. One answer of seven gets lost.
#[derive(Debug)]
struct Counter {
    executed: Mutex<BTreeMap<String, u32>>,
    answers: AtomicU32,
    clock: SteadyClock,
}

impl Counter {
    fn new() -> Self {
        Self { executed: Mutex::default(), answers: AtomicU32::new(0), clock: SteadyClock::new() }
    }
}

impl Transport for Counter {
    fn send(&self, request: &HttpRequest) -> Result<HttpResponse, TransportError> {
        let mut executed = self.executed.lock().unwrap();
        let answer = match request.path().rsplit_once('/') {
            Some(("/pay", order)) => {
                *executed.entry(order.to_owned()).or_insert(0) += 1;
                "taken\n"
            }
            Some(("/ask", order)) if executed.contains_key(order) => "paid\n",
            _ => "unknown\n",
        };
        if self.answers.fetch_add(1, Ordering::SeqCst) % 7 == 6 {
            return Err(TransportError::unknown("the answer is lost"));
        }
        Ok(HttpResponse::new(200, answer))
    }

    fn sleep(&self, delay: Duration) {
        thread::sleep(delay);
    }

    fn now(&self) -> UnixTime {
        self.clock.now()
    }
}

fn intent(name: &str) -> Intent {
    let request = PayoutRequest::new(OrderId::parse(name).unwrap(), francs(), Channel::MobileMoney);
    Intent::payout(&Till, request, timing())
}

fn state(journal: &Journal, name: &str) -> Option<State> {
    let order = OrderId::parse(name).unwrap();
    journal.find("till", Operation::Payout, &order).wait().unwrap().map(|entry| entry.state)
}

/// What the application knows of its orders.
#[derive(Default)]
struct Books {
    handed_in: BTreeSet<String>,
    /// The journal said that they are durable.
    acknowledged: BTreeSet<String>,
}

/// Hands orders in, one after another, as an application does that does not give up.
fn hand_in(journal: &Journal, till: &Counter, books: &Mutex<Books>, over: &AtomicBool, prefix: &str) {
    for turn in 0.. {
        if over.load(Ordering::SeqCst) {
            return;
        }
        let name = format!("{prefix}-{turn}");
        // Written down before it is handed in, and perhaps handed in for the first time when all is over.
        books.lock().unwrap().handed_in.insert(name.clone());
        while !over.load(Ordering::SeqCst) {
            match journal.begin(intent(&name)).wait() {
                Ok(Begun::Attempt(attempt)) => {
                    books.lock().unwrap().acknowledged.insert(name.clone());
                    let answer = till.run(attempt.exchange(&Till));
                    // What cannot be written down is found out by asking.
                    let _ = attempt.settle(&answer).wait();
                    break;
                }
                Ok(Begun::Known(_)) => {
                    books.lock().unwrap().acknowledged.insert(name.clone());
                    break;
                }
                Err(error) => {
                    let kind = error.kind();
                    let passes = [
                        JournalErrorKind::Doubted,
                        JournalErrorKind::Unavailable,
                        JournalErrorKind::NotWritable,
                    ];
                    assert!(passes.contains(&kind), "{name}: {error}");
                    thread::sleep(MOMENT);
                }
            }
        }
    }
}

/// A worker that begins again whenever the journal was away.
fn work(cashier: &Cashier, till: &Counter, stop: &Stop) {
    while !stop.is_stopped() {
        if cashier.work(till, stop).is_err() {
            thread::sleep(MOMENT);
        }
    }
}

/// Ends what goes on in other threads, also when this one panics.
struct Ends<'a>(&'a AtomicBool, &'a Stop);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
        self.1.stop();
    }
}

/// The two clusters under one address, with the journal of this name.
fn both(primary: &Cluster, standby: &Cluster, schema: &str) -> Schema {
    let url = format!(
        "host=127.0.0.1,127.0.0.1 port={},{} user=nzimbu dbname=postgres",
        primary.port, standby.port
    );
    Schema { url, name: schema.to_owned() }
}

fn until(what: &str, mut so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !so() {
        assert!(start.elapsed() < Duration::from_secs(120), "in vain: {what}");
        thread::sleep(MOMENT);
    }
}

/// How many follow a primary, by how they do it.
fn followers(primary: &Cluster) -> String {
    primary.psql("SELECT string_agg(sync_state, ' ') FROM pg_stat_replication").unwrap()
}

/// One failover with everything under way; the promoted standby is the next primary. How many acknowledged orders it
/// did not have.
fn round(number: usize, kind: Standby, mut primary: Cluster, schema: &str) -> (Cluster, usize, usize) {
    let standby = primary.standby();
    until("the standby follows", || followers(&primary) == "async");
    if kind == Standby::Synchronous {
        primary.psql("ALTER SYSTEM SET synchronous_standby_names TO '*'").unwrap();
        primary.psql("SELECT pg_reload_conf()").unwrap();
        until("the standby is synchronous", || followers(&primary) == "sync");
    }
    let journal = both(&primary, &standby, schema).open(4);
    let mut limits = Limits::default();
    limits.calls_per_second = 100_000;
    let cashier = Cashier::with(journal.clone(), vec![std::sync::Arc::new(Till)], timing(), limits);
    let till = Counter::new();
    let (books, over, stop) = (Mutex::new(Books::default()), AtomicBool::new(false), Stop::new());
    let lost = thread::scope(|scope| {
        let ends = Ends(&over, &stop);
        let worker = scope.spawn(|| work(&cashier, &till, &stop));
        let callers: Vec<_> = (0..CALLERS)
            .map(|caller| {
                let (journal, till, books, over) = (&journal, &till, &books, &over);
                scope.spawn(move || hand_in(journal, till, books, over, &format!("R{number}-{caller}")))
            })
            .collect();
        let many = |count: usize| until("orders go on", || books.lock().unwrap().acknowledged.len() >= count);
        many(40 + number * 7 % 30);
        if kind == Standby::Behind {
            standby.psql("ALTER SYSTEM SET primary_conninfo TO ''").unwrap();
            standby.psql("SELECT pg_reload_conf()").unwrap();
            until("the standby is cut off", || followers(&primary).is_empty());
            let since = books.lock().unwrap().acknowledged.len();
            many(since + 20);
        }
        let before: BTreeSet<_> = books.lock().unwrap().acknowledged.clone();
        primary.kill();
        standby.promote();
        // It would wait for a standby that it does not have yet.
        standby.psql("ALTER SYSTEM RESET synchronous_standby_names").unwrap();
        standby.psql("SELECT pg_reload_conf()").unwrap();
        until("the journal sees that it may be older", || {
            journal.is_doubted().wait().is_ok_and(|doubted| doubted)
        });
        let lost: Vec<_> = before.iter().filter(|name| state(&journal, name).is_none()).cloned().collect();
        journal.doubt(&[&Till], timing(), Duration::from_secs(3_600)).unwrap();
        let since = books.lock().unwrap().acknowledged.len();
        many(since + 20);
        over.store(true, Ordering::SeqCst);
        for caller in callers {
            caller.join().unwrap();
        }
        // The application compares its books, and says of what is missing that it may have been begun.
        let handed_in = books.lock().unwrap().handed_in.clone();
        for name in handed_in.iter().filter(|name| state(&journal, name).is_none()) {
            let begun = journal.begin(intent(name).perhaps_begun()).wait().unwrap();
            assert!(matches!(begun, Begun::Known(_)), "{name} is asked for before it is sent");
        }
        until("all have ended", || {
            let counts = journal.counts(None).wait().unwrap();
            counts.iter().all(|count| count.state == State::Succeeded && !count.flags.needs_people())
        });
        drop(ends);
        worker.join().unwrap();
        lost
    });
    let books = books.into_inner().unwrap();
    let executed = till.executed.into_inner().unwrap();
    let twice: Vec<_> = executed.iter().filter(|(_, times)| **times != 1).collect();
    assert!(twice.is_empty(), "executed twice: {twice:?}");
    assert_eq!(executed.len(), books.handed_in.len(), "each was executed");
    for name in &books.handed_in {
        assert_eq!(state(&journal, name), Some(State::Succeeded), "{name}");
    }
    match kind {
        Standby::Synchronous => assert_eq!(lost, [""; 0], "acknowledged, and not there any more"),
        Standby::Behind => assert!(!lost.is_empty(), "the standby was not behind"),
    }
    let audit = journal.verify().unwrap();
    assert_eq!(audit.flaw, None, "{audit:?}");
    (standby, books.handed_in.len(), lost.len())
}

fn failovers(kind: Standby) {
    let Some(mut primary) = Cluster::new(&Recipe::default()) else { return };
    let schema = primary.schema().name;
    let rounds = std::env::var("NZIMBU_FAILOVERS").ok().and_then(|text| text.parse().ok()).unwrap_or(2);
    let (mut orders, mut lost) = (0, 0);
    for number in 0..rounds {
        let (promoted, handed_in, gone) = round(number, kind, primary, &schema);
        primary = promoted;
        orders += handed_in;
        lost += gone;
    }
    println!(
        "{kind:?}: {rounds} failovers, {orders} orders, of which {lost} had been acknowledged and were not in the \
         promoted server; 0 paid twice, all paid"
    );
}

#[test]
fn a_synchronous_standby_takes_over_and_no_order_is_paid_twice() {
    failovers(Standby::Synchronous);
}

#[test]
fn a_standby_that_lacks_orders_takes_over_and_no_order_is_paid_twice() {
    failovers(Standby::Behind);
}
