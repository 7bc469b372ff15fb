//! A process: a journal over the common memory by its own clock and disk, clients with their own logins, and what it
//! is doing. It can die at every step.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use nzimbu_core::UnixTime;
use nzimbu_journal::testing::{Commit, Disk};
use nzimbu_journal::{Clock, Desk, Journal, JournalError, Reply};

use super::Policy;
use super::dice::Dice;
use super::house::House;
use super::orders::Kind;
use super::worker::Task;
use super::world::{Event, World};

pub(super) struct Process {
    pub(super) life: u32,
    pub(super) alive: bool,
    /// Stopped by a signal until then; what comes meanwhile waits.
    pub(super) stopped_until: i64,
    pub(super) journal: Journal,
    pub(super) house: House,
    pub(super) desks: Vec<Desk>,
    pub(super) tasks: BTreeMap<u32, Task>,
    pub(super) next_task: u32,
    /// When its worker looks for work next.
    pub(super) worker_at: i64,
    dead: Arc<AtomicBool>,
}

/// A clock that was read once, and goes on with true time from there.
#[derive(Debug)]
struct Steady {
    truth: Arc<AtomicI64>,
    ahead: i64,
}

impl Clock for Steady {
    fn now(&self) -> UnixTime {
        UnixTime { millis: self.truth.load(Ordering::Relaxed) + self.ahead }
    }
}

/// A disk that fills up, and a process that may not live to see its commit end.
struct Frail {
    dice: Dice,
    truth: Arc<AtomicI64>,
    full_until: Arc<AtomicI64>,
    kills: u64,
    dead: Arc<AtomicBool>,
}

impl Disk for Frail {
    fn commit(&mut self) -> Commit {
        if self.dead.load(Ordering::Relaxed) {
            // The dead write nothing, also not while they are being cleared away.
            return Commit::DiesBefore;
        }
        if self.truth.load(Ordering::Relaxed) < self.full_until.load(Ordering::Relaxed) {
            return Commit::Full;
        }
        if !self.dice.happens(self.kills) {
            return Commit::Synced;
        }
        self.dead.store(true, Ordering::Relaxed);
        if self.dice.happens(500) { Commit::DiesBefore } else { Commit::DiesAfter }
    }
}

impl Process {
    pub(super) fn idle(world: &World, number: usize) -> Self {
        Self::new(world, number, 0)
    }

    fn new(world: &World, number: usize, life: u32) -> Self {
        let dead = Arc::new(AtomicBool::new(false));
        let disk = Frail {
            dice: Dice::new(world.seed, 100 + number as u64 + 10 * u64::from(life)),
            truth: Arc::clone(&world.clock),
            full_until: Arc::clone(&world.disk_full_until),
            kills: world.weather.commit_kills,
            dead: Arc::clone(&dead),
        };
        let clock = world.machine_clock();
        let house = House::new(world.gateways.endpoints());
        let desk = |kind: &Kind| Desk::new(house.of(*kind), kind.operation(), world.timing);
        Self {
            life,
            alive: false,
            stopped_until: 0,
            journal: Journal::in_memory(&world.memory, Arc::new(clock), Box::new(disk)),
            desks: Kind::ALL.iter().map(desk).collect(),
            house,
            tasks: BTreeMap::new(),
            next_task: 0,
            worker_at: i64::MAX,
            dead,
        }
    }
}

impl World {
    /// Starts a process anew.
    pub(super) fn start(&mut self, number: usize) {
        if self.processes[number].alive {
            return;
        }
        let life = self.processes[number].life + 1;
        let mut process = Process::new(self, number, life);
        process.alive = true;
        self.processes[number] = process;
        self.tell_all(None, || format!("process {number} starts"));
        if self.policy == Policy::Journal {
            self.wake_worker(number, 0);
            self.at(1_000, Event::Notices { process: number, life });
        }
    }

    /// Kills a process; what it held in memory is gone.
    pub(super) fn kill(&mut self, number: usize) {
        let process = &mut self.processes[number];
        if !process.alive {
            return;
        }
        // Dropped attempts would say goodbye to the journal; killed processes do not.
        process.dead.store(true, Ordering::Relaxed);
        process.alive = false;
        process.tasks.clear();
        self.counts.deaths += 1;
        self.tell_all(None, || format!("process {number} dies"));
        let delay = self.dice.millis(Duration::from_secs(1), Duration::from_secs(120));
        self.at(delay, Event::Start(number));
    }

    /// What the journal says to a process, which may die over it.
    pub(super) fn hear<T>(&mut self, number: usize, reply: Reply<T>) -> Option<Result<T, JournalError>> {
        let told = reply.wait();
        self.heard(number, told)
    }

    /// The same for what was told already.
    pub(super) fn heard<T>(
        &mut self,
        number: usize,
        told: Result<T, JournalError>,
    ) -> Option<Result<T, JournalError>> {
        if self.bury(number) {
            // Whatever the reply brought is gone with its process.
            return None;
        }
        Some(told)
    }

    /// Clears a process away that has died over a commit.
    pub(super) fn bury(&mut self, number: usize) -> bool {
        let dead = self.processes[number].dead.load(Ordering::Relaxed);
        if dead {
            self.kill(number);
        }
        dead
    }

    /// The machine's clock, as a process reads it that starts now.
    pub(super) fn machine_clock(&self) -> impl Clock + use<> {
        Steady { truth: Arc::clone(&self.clock), ahead: self.ahead }
    }

    /// A process that can take something on.
    pub(super) fn somebody(&mut self) -> Option<usize> {
        let from = self.dice.index(self.processes.len());
        let all = self.processes.len();
        let now = self.now;
        let awake =
            |number: &usize| self.processes[*number].alive && self.processes[*number].stopped_until <= now;
        (0..all).map(|step| (from + step) % all).find(awake)
    }
}
