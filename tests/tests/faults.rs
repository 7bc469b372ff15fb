//! Every fault that the sandbox knows of a request that moves money, at every gateway and in both directions, over real
//! HTTP and under both drivers: whatever the first answer was, money moves once and the journal says so, or it does not
//! move and the journal says that.
#![allow(clippy::unwrap_used, reason = "a failing test may panic")]

use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use nzimbu::{AsyncHttp, BlockingHttp, HttpSettings};
use nzimbu_core::{Callbacks, Operation, OrderId, Outcome};
use nzimbu_journal::testing::{Memory, SoundDisk};
use nzimbu_journal::{Cashier, Entry, Journal, Limits, State, SteadyClock, Timing};
use nzimbu_sandbox::{Fault, FaultKind, Sandbox, Settings};
use nzimbu_tests::houses;
use nzimbu_tests::player::Driver;
use nzimbu_tests::world::{Merchant, Net, World};

/// A time-out that makes nobody wait long, and is longer than any answer that is not held back on purpose.
const TIMEOUT: Duration = Duration::from_secs(3);
/// What is held back is held back for longer.
const HELD_BACK: i64 = 6;
/// The sandbox can only be a day wrong.
const A_DAY: i64 = 86_400;

/// Where an order can go, as the ledger names it, and what the call that moves money is called there.
const PLACES: [(usize, Operation, &str, &str); 5] = [
    (0, Operation::Payment, "adullam", "create"),
    (1, Operation::Payment, "bitlipa", "create"),
    (1, Operation::Payout, "bitlipa", "create"),
    (2, Operation::Payment, "cinetpay-checkout", "create"),
    (2, Operation::Payout, "cinetpay-transfer", "send"),
];

/// What the first answer has to be worth.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum First {
    /// Nobody can know whether money moves.
    Unknown,
    /// The gateway has refused, where a document says how it does that; otherwise nobody can know.
    Refused,
}

/// A fault, how often it strikes each order, and what its first answer is worth.
const CASES: [(FaultKind, u32, First); 14] = [
    (FaultKind::CutBefore, 1, First::Unknown),
    (FaultKind::CutBefore, 3, First::Unknown),
    (FaultKind::CutAfter, 1, First::Unknown),
    (FaultKind::CutAfter, 3, First::Unknown),
    (FaultKind::Stall, 1, First::Unknown),
    (FaultKind::Drip, 1, First::Unknown),
    (FaultKind::Oversize, 1, First::Unknown),
    (FaultKind::Error500, 2, First::Unknown),
    (FaultKind::Html403, 2, First::Unknown),
    (FaultKind::Html200, 2, First::Unknown),
    (FaultKind::Redirect307, 1, First::Unknown),
    (FaultKind::Redirect303, 1, First::Unknown),
    (FaultKind::RateLimit, 2, First::Refused),
    (FaultKind::OperatorDown, 1, First::Unknown),
];

fn timing() -> Timing {
    let mut timing = Timing::default();
    timing.lease = Duration::from_secs(30);
    timing.grace = Duration::from_millis(400);
    timing.first_poll = Duration::from_millis(20);
    timing.most_poll = Duration::from_millis(200);
    timing.first_retry = Duration::from_millis(20);
    timing.wake_pause = Duration::ZERO;
    timing
}

fn order(place: usize, operation: Operation) -> OrderId {
    OrderId::derive("faults", operation, &format!("at place {place}"))
}

/// As the ledger names it.
fn booked(place: usize, order: &OrderId) -> String {
    if place == 0 { order.to_uuid("adullam checkout") } else { order.as_str().to_owned() }
}

/// A sandbox in which every order is approved by itself, and all of these go wrong.
fn world(faults: Vec<Fault>) -> World {
    let mut settings = Settings::default();
    settings.auto = Some(Duration::from_millis(50));
    settings.magic = false;
    settings.faults = faults;
    World { sandbox: Sandbox::start_blocking(settings).unwrap(), merchant: Merchant::listen() }
}

fn net(driver: Driver) -> Net {
    let mut settings = HttpSettings::default();
    settings.total_timeout = TIMEOUT;
    match driver {
        Driver::Blocking => Net::Blocking(BlockingHttp::with(settings).unwrap()),
        Driver::Async => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let http = runtime.block_on(async { AsyncHttp::with(settings) }).unwrap();
            Net::Async(http, runtime)
        }
    }
}

/// How an order went.
struct Course {
    gateway: &'static str,
    first: Option<Outcome>,
    entry: Entry,
    moved: usize,
}

/// Sends an order to every place, and settles them.
fn courses(world: &World, net: &Net) -> Vec<Course> {
    let houses = houses::all(world);
    let journal = Journal::in_memory(&Memory::new(), Arc::new(SteadyClock::new()), Box::new(SoundDisk));
    let mut limits = Limits::default();
    limits.calls_per_second = 10_000;
    limits.first_pause = Duration::from_millis(20);
    let providers = houses.iter().map(|house| house.provider.clone()).collect();
    let cashier = Cashier::with(journal, providers, timing(), limits);
    let mut firsts = Vec::new();
    for (place, operation, ..) in PLACES {
        let provider = &houses[place].provider;
        let id = order(place, operation);
        let calls_back = provider.capabilities(operation).callbacks != Callbacks::None;
        let notify = calls_back.then(|| world.merchant.url("/notify"));
        let intent = match operation {
            Operation::Payment => {
                let mut request = houses::payment(&id);
                request.notify_url = notify;
                request.return_url = Some(world.merchant.url("/thanks"));
                cashier.payment(provider.id().as_str(), request)
            }
            Operation::Payout => {
                let mut request = houses::payout(&id);
                request.notify_url = notify;
                cashier.payout(provider.id().as_str(), request)
            }
        };
        let handled = match net {
            Net::Blocking(http) => cashier.send(http, intent.unwrap()).unwrap(),
            Net::Async(http, runtime) => runtime.block_on(cashier.send_async(http, intent.unwrap())).unwrap(),
        };
        firsts.push(handled.answer.unwrap().err().map(|error| error.outcome()));
    }
    let start = Instant::now();
    loop {
        match net {
            Net::Blocking(http) => cashier.reconcile(http).unwrap(),
            Net::Async(http, runtime) => runtime.block_on(cashier.reconcile_async(http)).unwrap(),
        };
        let entries: Vec<_> = PLACES
            .iter()
            .map(|(place, operation, ..)| {
                let gateway = houses[*place].provider.id();
                let id = order(*place, *operation);
                cashier.journal().find(gateway.as_str(), *operation, &id).wait().unwrap().unwrap()
            })
            .collect();
        if entries.iter().all(|entry| entry.state.is_final() || entry.needs_people()) {
            assert!(cashier.journal().verify().unwrap().flaw.is_none());
            let places = PLACES.iter().zip(entries).zip(firsts);
            return places
                .map(|(((place, operation, ledger, _), entry), first)| {
                    let name = booked(*place, &order(*place, *operation));
                    Course { gateway: ledger, first, entry, moved: world.movements(ledger, &name).len() }
                })
                .collect();
        }
        assert!(start.elapsed() < Duration::from_secs(120), "{entries:?}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// Works through jobs on several threads; most of the time they wait.
fn together<T: Send>(jobs: Vec<T>, work: impl Fn(T) + Sync) {
    let jobs = Mutex::new(jobs.into_iter());
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                loop {
                    let job = jobs.lock().unwrap().next();
                    let Some(job) = job else { break };
                    work(job);
                }
            });
        }
    });
}

fn line(name: &str, driver: Driver, course: &Course) -> String {
    let first = course.first.map_or("taken", Outcome::as_str);
    let Course { gateway, entry, moved, .. } = course;
    format!(
        "{name:<15} {:<9} {gateway:<18} {:<7} {first:<9} {:<10} attempts {}, moved {moved}",
        format!("{driver:?}"),
        entry.operation.as_str(),
        entry.state.as_str(),
        entry.attempts,
    )
}

#[test]
fn whatever_the_first_answer_was_money_moves_once() {
    let jobs = CASES.iter().flat_map(|case| Driver::ALL.map(|driver| (*case, driver))).collect();
    let lines = Mutex::new(Vec::new());
    together(jobs, |((kind, times, worth), driver): ((FaultKind, u32, First), Driver)| {
        let faults = PLACES.iter().map(|(place, operation, ledger, call)| {
            let mut fault = Fault::new(kind);
            fault.gateway = Some((*ledger).to_owned());
            fault.operation = Some((*call).to_owned());
            fault.order_id = Some(booked(*place, &order(*place, *operation)));
            fault.times = Some(times);
            fault.seconds = (kind == FaultKind::Stall).then_some(HELD_BACK);
            fault
        });
        let world = world(faults.collect());
        for course in courses(&world, &net(driver)) {
            let line = line(&format!("{kind:?} {times}×"), driver, &course);
            let Course { gateway, first, entry, moved } = course;
            let wanted = match worth {
                First::Refused if ["adullam", "cinetpay-checkout"].contains(&gateway) => {
                    Some(Outcome::Rejected)
                }
                First::Unknown | First::Refused => Some(Outcome::Unknown),
            };
            assert_eq!(first, wanted, "{line}");
            assert!(!entry.needs_people(), "{line}");
            assert_eq!(moved, usize::from(entry.state == State::Succeeded), "{line}");
            assert!(entry.state == State::Succeeded || kind == FaultKind::OperatorDown, "{line}");
            lines.lock().unwrap().push(line);
        }
    });
    let mut lines = lines.into_inner().unwrap();
    lines.sort();
    println!("{}", lines.join("\n"));
    assert_eq!(lines.len(), CASES.len() * Driver::ALL.len() * PLACES.len());
}

#[test]
fn neither_a_wrong_clock_nor_connections_that_are_reset_change_what_is_paid() {
    let mut cases = Vec::new();
    for seconds in [-A_DAY, A_DAY] {
        let mut fault = Fault::new(FaultKind::ClockSkew);
        fault.seconds = Some(seconds);
        cases.push((format!("clock {seconds:+} s"), fault));
    }
    let mut fault = Fault::new(FaultKind::Reset);
    fault.percent = 30;
    cases.push(("reset 30 %".to_owned(), fault));
    let mut fault = Fault::new(FaultKind::ExpireTokens);
    fault.times = Some(2);
    cases.push(("tokens end".to_owned(), fault));
    let jobs = cases.iter().flat_map(|case| Driver::ALL.map(|driver| (case, driver))).collect();
    together(jobs, |((name, fault), driver): (&(String, Fault), Driver)| {
        let world = world(vec![fault.clone()]);
        for course in courses(&world, &net(driver)) {
            let line = line(name, driver, &course);
            println!("{line}");
            assert_eq!((course.entry.state, course.moved), (State::Succeeded, 1), "{line}");
            assert!(!course.entry.needs_people(), "{line}");
        }
    });
}
