//! The world of one run: one thread, one clock, one seed.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use nzimbu_core::{HttpResponse, OrderId, TransportError, UnixTime};
use nzimbu_journal::testing::Memory;
use nzimbu_journal::{State, Timing};
use nzimbu_sandbox::Settings;
use nzimbu_sandbox::direct::{Direct, Notification};

use super::Policy;
use super::dice::{Dice, whole};
use super::network::Message;
use super::orders::{Kind, Order};
use super::plain::{Copies, PlainGateway};
use super::process::Process;
use super::weather::Weather;

/// Who waits for an answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Caller {
    pub(super) process: usize,
    /// Counts the starts of the process: a new life hears nothing that was meant for an old one.
    pub(super) life: u32,
    pub(super) task: u32,
    /// Counts the requests of the task.
    pub(super) call: u32,
}

/// What happens at some time.
pub(super) enum Event {
    Begin(usize),
    Worker {
        process: usize,
        life: u32,
    },
    Notices {
        process: usize,
        life: u32,
    },
    Arrive(Message),
    Answer {
        caller: Caller,
        reply: Box<Result<HttpResponse, TransportError>>,
    },
    Wake(Caller),
    Callback {
        told: Rc<Notification>,
        tries: u32,
    },
    Settle(usize),
    Chaos,
    Start(usize),
    People,
    /// A policy without a journal goes on.
    Naive {
        process: usize,
        task: u32,
    },
}

/// What a whole gateway suffers for a while.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Outage {
    /// Nothing arrives.
    Dark,
    /// Everything arrives, and no answer comes back.
    Mute,
    /// It does not accept our address or key.
    Blocked,
}

/// A finding that may not be.
#[derive(Clone, Debug)]
pub(super) struct Violation {
    pub(super) order: Option<usize>,
    pub(super) told: String,
}

pub(super) struct World {
    pub(super) seed: u64,
    pub(super) policy: Policy,
    pub(super) dice: Dice,
    pub(super) weather: Weather,
    pub(super) timing: Timing,
    /// The true time in milliseconds.
    pub(super) now: i64,
    /// The true time for those who hold a clock.
    pub(super) clock: Arc<AtomicI64>,
    /// How far ahead the machine's clock is.
    pub(super) ahead: i64,
    events: BTreeMap<(i64, u64), Event>,
    serial: u64,
    pub(super) gateways: Direct,
    /// Those that are not the sandbox's.
    pub(super) plain: [PlainGateway; 2],
    pub(super) orders: Vec<Order>,
    pub(super) by_id: BTreeMap<OrderId, usize>,
    /// Every name of an order in the ledger.
    names: BTreeMap<(&'static str, String), usize>,
    pub(super) memory: Memory,
    pub(super) backup: Option<Memory>,
    pub(super) processes: Vec<Process>,
    /// What a whole gateway suffers, and until when, by its name in the journal.
    pub(super) outages: BTreeMap<&'static str, (i64, Outage)>,
    /// When the disk has room again.
    pub(super) disk_full_until: Arc<AtomicI64>,
    /// What the application was told of each order, in whatever order it came.
    pub(super) noticed: BTreeSet<(OrderId, State)>,
    pub(super) violation: Option<Violation>,
    pub(super) story: Option<Vec<(Option<usize>, String)>>,
    pub(super) counts: Counts,
}

/// What a run did, for the report.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    /// Payouts asked for.
    pub payouts: u64,
    /// Payments asked for.
    pub payments: u64,
    /// Money-moving requests that left.
    pub sent: u64,
    /// Questions that were asked.
    pub asked: u64,
    /// Processes that died.
    pub deaths: u64,
    /// Backups restored.
    pub restores: u64,
    /// Orders that ended.
    pub ended: u64,
    /// Orders that wait for people.
    pub waiting: u64,
}

impl Counts {
    /// Adds those of another run.
    pub fn add(&mut self, other: &Self) {
        self.payouts += other.payouts;
        self.payments += other.payments;
        self.sent += other.sent;
        self.asked += other.asked;
        self.deaths += other.deaths;
        self.restores += other.restores;
        self.ended += other.ended;
        self.waiting += other.waiting;
    }
}

const START: i64 = 1_700_000_000_000;
const PROCESSES: usize = 3;

impl World {
    pub(super) fn new(seed: u64, policy: Policy, size: usize, told: bool) -> Self {
        let mut dice = Dice::new(seed, 1);
        let weather = Weather::drawn(&mut Dice::new(seed, 2));
        let mut settings = Settings::default();
        settings.auto = None;
        settings.magic = false;
        settings.seed = seed;
        settings.transfer_balance = 1 << 50;
        settings.transfer.allowed_callers = vec![std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST)];
        let mut orders = Vec::new();
        let mut makers = Dice::new(seed, 3);
        for number in 0..size {
            let kinds = &Kind::PAYOUTS;
            orders.push(Order::new(number, kinds[makers.index(kinds.len())], &mut makers));
        }
        // Payments go along; the policies without a journal have payouts alone.
        for number in 0..if policy == Policy::Journal { size / 4 } else { 0 } {
            let kinds = &Kind::PAYMENTS;
            orders.push(Order::new(size + number, kinds[makers.index(kinds.len())], &mut makers));
        }
        // The journal's own times, but for a deadline that comes after hours and not days.
        let mut timing = Timing::default();
        timing.deadline = Duration::from_secs(4 * 3_600);
        let mut world = Self {
            seed,
            policy,
            weather,
            timing,
            now: START,
            clock: Arc::new(AtomicI64::new(START)),
            ahead: 0,
            events: BTreeMap::new(),
            serial: 0,
            gateways: Direct::new(&settings),
            plain: [Copies::Executed, Copies::Refused].map(PlainGateway::new),
            names: BTreeMap::new(),
            by_id: orders.iter().enumerate().map(|(number, order)| (order.id.clone(), number)).collect(),
            memory: Memory::new(),
            backup: None,
            processes: Vec::new(),
            outages: BTreeMap::new(),
            disk_full_until: Arc::new(AtomicI64::new(0)),
            noticed: BTreeSet::new(),
            violation: None,
            story: told.then(Vec::new),
            counts: Counts::default(),
            orders,
            dice: dice.clone(),
        };
        for number in 0..world.orders.len() {
            let id = world.orders[number].id.clone();
            world.book(number, &id);
            let operation = world.orders[number].kind.operation();
            if operation == nzimbu_core::Operation::Payout {
                world.counts.payouts += 1;
            } else {
                world.counts.payments += 1;
            }
            let delay = dice.millis(Duration::ZERO, Duration::from_secs(3_600));
            world.at(delay, Event::Begin(number));
        }
        world.dice = dice;
        for number in 0..PROCESSES {
            let process = Process::idle(&world, number);
            world.processes.push(process);
            world.start(number);
        }
        if policy == Policy::Journal {
            world.chaos_later();
            world.at(0, Event::People);
        }
        world
    }

    /// Lets something happen so many milliseconds from now.
    pub(super) fn at(&mut self, delay: i64, event: Event) {
        self.serial += 1;
        self.events.insert((self.now + delay, self.serial), event);
    }

    /// Lets everything happen that happens within a span, unless something is wrong.
    pub(super) fn pass(&mut self, span: Duration) {
        let end = self.now + whole(span);
        while self.violation.is_none() {
            let Some(entry) = self.events.first_entry().filter(|entry| entry.key().0 <= end) else { break };
            let ((at, _), event) = entry.remove_entry();
            self.set_now(at);
            self.happen(event);
        }
        self.set_now(end.max(self.now));
    }

    fn set_now(&mut self, now: i64) {
        self.now = now;
        self.clock.store(now, Ordering::Relaxed);
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Begin(order) => self.begin(order),
            Event::Worker { process, life } => self.worker(process, life),
            Event::Notices { process, life } => self.read_notices(process, life),
            Event::Arrive(message) => self.arrive(message),
            Event::Answer { caller, reply } => self.answered(caller, reply),
            Event::Wake(caller) => self.woken(caller),
            Event::Callback { told, tries } => self.called_back(&told, tries),
            Event::Settle(order) => self.settle(order),
            Event::Chaos => self.chaos(),
            Event::Start(process) => self.start(process),
            Event::People => self.people(),
            Event::Naive { process, task } => self.naive(process, task),
        }
    }

    /// The time by the machine's clock, which may be set.
    pub(super) fn wall(&self) -> UnixTime {
        UnixTime { millis: self.now + self.ahead }
    }

    /// Enters a name of an order into the books.
    pub(super) fn book(&mut self, order: usize, id: &OrderId) {
        let kind = self.orders[order].kind;
        self.names.insert((kind.ledger(), kind.booked(id)), order);
        self.orders[order].ids.push(id.clone());
    }

    pub(super) fn booked(&self, ledger: &str, name: &str) -> Option<usize> {
        let place = Kind::ALL.into_iter().map(Kind::ledger).find(|known| *known == ledger)?;
        self.names.get(&(place, name.to_owned())).copied()
    }

    /// Every name of an order in the ledger.
    pub(super) fn names_of(&self, order: usize) -> Vec<String> {
        let order = &self.orders[order];
        order.ids.iter().map(|id| order.kind.booked(id)).collect()
    }

    /// What the gateway of an order suffers at this time.
    pub(super) fn outage(&self, order: usize) -> Option<Outage> {
        let (until, outage) = *self.outages.get(self.orders[order].kind.gateway())?;
        (self.now < until).then_some(outage)
    }

    /// Adds a line to the story, if one is told.
    pub(super) fn tell(&mut self, order: usize, line: impl FnOnce() -> String) {
        self.tell_all(Some(order), line);
    }

    pub(super) fn tell_all(&mut self, order: Option<usize>, line: impl FnOnce() -> String) {
        let since = self.now - START;
        if let Some(story) = &mut self.story {
            story.push((order, format!("{:>6}.{:03} s  {}", since / 1_000, since % 1_000, line())));
        }
    }

    /// Notes the first thing that may not be.
    pub(super) fn wrong(&mut self, order: Option<usize>, told: impl Into<String>) {
        let told = told.into();
        self.tell_all(order, || format!("WRONG: {told}"));
        self.violation.get_or_insert(Violation { order, told });
    }
}
