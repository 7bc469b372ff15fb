//! A program that pays and kills itself at a chosen step, for `tests/crash.rs`.
//!
//! Arguments: the journal (a file, or an address that begins with `postgres`), the gateways' addresses as JSON, the
//! flow, the namespace of its orders, and the number of the step at which it dies; 0 for none. Every step of a write to
//! the journal and of a request to a gateway counts. Run again with the same arguments and 0, it goes on where it
//! was; it prints how many steps it took and how the orders ended.

use std::process::exit;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use nzimbu::BlockingHttp;
use nzimbu_core::{
    Effect, HttpRequest, HttpResponse, Operation, OrderId, Transport, TransportError, UnixTime,
};
use nzimbu_journal::testing::{Point, Watch};
use nzimbu_journal::{Cashier, Filter, Intent, JournalError, Limits, State, Stop, Timing};
use nzimbu_tests::crash::{self, Flow};
use nzimbu_tests::houses;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [journal, endpoints, flow, namespace, dies_at] = arguments.as_slice() else {
        eprintln!("journal, endpoints, flow, namespace, step");
        exit(2);
    };
    let steps = Steps::new(dies_at.parse().expect("the step is a number"));
    let endpoints = serde_json::from_str(endpoints).expect("the endpoints are the sandbox's");
    let flow = Flow::parse(flow).expect("the flow is known");
    let result = run(journal, &houses::at(&endpoints), flow, namespace, &steps);
    match result {
        Ok(states) => println!("{} steps, {states:?}", steps.count()),
        Err(error) => {
            eprintln!("{error}");
            exit(4);
        }
    }
}

fn run(
    journal: &str,
    houses: &[houses::House],
    flow: Flow,
    namespace: &str,
    steps: &Steps,
) -> Result<Vec<State>, JournalError> {
    let journal = crash::open(journal)?.watched(Arc::new(steps.clone()));
    let providers = houses.iter().map(|house| house.provider.clone());
    let providers = providers.filter(|provider| provider.id().as_str() == flow.gateway()).collect();
    let mut limits = Limits::default();
    limits.calls_per_second = 10_000;
    let cashier = Cashier::with(journal, providers, timing(), limits);
    let http = Fragile { http: BlockingHttp::new().expect("TLS can be set up"), steps: steps.clone() };

    let orders = flow.orders(namespace);
    if flow == Flow::Batch {
        batch(&cashier, &http, &orders)?;
    } else {
        for order in &orders {
            cashier.send(&http, intent(&cashier, flow, order)?)?;
        }
    }
    let patience = Instant::now() + Duration::from_secs(60);
    loop {
        // Looking is no step; only what is done is.
        let due = cashier.journal().pause(cashier.desks(), Duration::from_secs(1)).wait()?;
        if due.is_zero() {
            cashier.round(&http)?;
        }
        let mut states = Vec::new();
        for order in &orders {
            let entry = cashier.journal().find(flow.gateway(), flow.operation(), order).wait()?;
            states.extend(entry.filter(|entry| entry.state.is_final() || entry.needs_people()));
        }
        if states.len() == orders.len() {
            return Ok(states.into_iter().map(|entry| entry.state).collect());
        }
        if Instant::now() > patience {
            let all = cashier.journal().list(&Filter::default(), 0, 100).wait()?;
            eprintln!("stuck: {all:?}");
            exit(9);
        }
        thread::sleep(due.min(Duration::from_millis(20)));
    }
}

fn batch(cashier: &Cashier, http: &Fragile, orders: &[OrderId]) -> Result<(), JournalError> {
    let journal = cashier.journal();
    let provider = cashier.provider(Flow::Batch.gateway()).expect("the sandbox has all gateways");
    let digest = [7; 32];
    let batch = journal.open_batch(digest, "salaries").wait()?;
    let intents = orders.iter().map(|order| intent(cashier, Flow::Batch, order)).collect::<Result<_, _>>()?;
    journal.plan(&batch, intents).wait()?;
    let batch = journal.approve_batch(&batch, "Mireille").wait()?;
    let mut after = 0;
    while let Some(last) = journal.release(&batch, &**provider, timing(), after, 2).wait()? {
        after = last;
    }
    // Two workers for as long as the batch is under way.
    let stop = Stop::new();
    thread::scope(|scope| {
        let workers = [(); 2].map(|()| scope.spawn(|| cashier.work_batch(http, &batch, &stop)));
        thread::sleep(Duration::from_millis(300));
        stop.stop();
        workers.into_iter().try_for_each(|worker| worker.join().expect("no panic").map(drop))
    })
}

fn intent(cashier: &Cashier, flow: Flow, order: &OrderId) -> Result<Intent, JournalError> {
    match flow.operation() {
        Operation::Payment => cashier.payment(flow.gateway(), flow.payment(order)),
        Operation::Payout => cashier.payout(flow.gateway(), flow.payout(order)),
    }
}

fn timing() -> Timing {
    let mut timing = Timing::default();
    timing.lease = Duration::from_millis(1_500);
    timing.grace = Duration::from_millis(700);
    timing.first_poll = Duration::from_millis(40);
    timing.most_poll = Duration::from_millis(250);
    timing.first_retry = Duration::from_millis(20);
    timing.wake_pause = Duration::ZERO;
    timing
}

/// Counts the steps, and dies at one of them.
#[derive(Clone)]
struct Steps {
    count: Arc<AtomicU64>,
    dies_at: u64,
}

impl Steps {
    fn new(dies_at: u64) -> Self {
        Self { count: Arc::default(), dies_at }
    }

    fn count(&self) -> u64 {
        self.count.load(Ordering::SeqCst)
    }

    /// Takes a step; whether it is the last one.
    fn take(&self) -> bool {
        self.count.fetch_add(1, Ordering::SeqCst) + 1 == self.dies_at
    }

    fn take_or_die(&self) {
        if self.take() {
            die();
        }
    }
}

impl Watch for Steps {
    fn at(&self, _: Point) {
        self.take_or_die();
    }
}

fn die() -> ! {
    let this = rustix::process::getpid();
    rustix::process::kill_process(this, rustix::process::Signal::KILL).expect("a process may kill itself");
    // The signal may take a moment.
    loop {
        thread::park();
    }
}

/// A transport that counts as steps: before a request, while it is on its way, and with the answer in hand.
#[derive(Debug)]
struct Fragile {
    http: BlockingHttp,
    steps: Steps,
}

impl std::fmt::Debug for Steps {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Steps({})", self.count())
    }
}

impl Transport for Fragile {
    fn send(&self, request: &HttpRequest) -> Result<HttpResponse, TransportError> {
        self.steps.take_or_die();
        if request.effect() == Effect::MovesMoney && self.steps.take() {
            let (http, request) = (self.http.clone(), request.clone());
            thread::spawn(move || http.send(&request));
            // The gateway has it by then, or has a part of it, or the answer is back: it dies without knowing.
            thread::sleep(Duration::from_millis(3));
            die();
        }
        let reply = self.http.send(request);
        self.steps.take_or_die();
        reply
    }

    fn sleep(&self, delay: Duration) {
        self.http.sleep(delay);
    }

    fn now(&self) -> UnixTime {
        self.http.now()
    }
}
