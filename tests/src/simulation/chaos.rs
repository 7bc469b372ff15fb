//! What befalls whole processes and their machine, and what people do about it.

use std::time::Duration;

use nzimbu_core::PaymentProvider;
use nzimbu_journal::testing::SoundDisk;
use nzimbu_journal::{Filter, Journal, Verdict};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::dice::whole;
use super::orders::{Kind, Order};
use super::weather::JUMP;
use super::world::{Event, Outage, World};

const MINUTE: Duration = Duration::from_secs(60);

impl World {
    pub(super) fn chaos_later(&mut self) {
        if let Some(mean) = self.weather.chaos {
            let delay = self.dice.millis(mean / 4, mean * 7 / 4);
            self.at(delay, Event::Chaos);
        }
    }

    /// One of the things that happen to machines.
    pub(super) fn chaos(&mut self) {
        if self.weather.chaos.is_none() {
            return;
        }
        let victim = self.dice.index(self.processes.len());
        match self.dice.below(26) {
            0..=5 => self.kill(victim),
            6..=10 => {
                // Often longer than a lease, sometimes longer than the grace period.
                let longest = if self.dice.happens(300) { MINUTE * 40 } else { MINUTE * 4 };
                self.stop(victim, longest);
            }
            11..=13 => {
                let span = self.dice.millis(Duration::from_secs(1), MINUTE);
                self.disk_full_until.store(self.now + span, Ordering::Relaxed);
                self.tell_all(None, || format!("the disk is full for {} s", span / 1_000));
            }
            14..=16 => {
                // Processes that run keep their time; those that start read the clock as it is then.
                self.ahead = self.dice.millis(Duration::ZERO, JUMP);
                let ahead = self.ahead;
                self.tell_all(None, || format!("the clock is set {} s ahead of the truth", ahead / 1_000));
            }
            17..=22 => {
                let gateway = Kind::ALL[self.dice.index(Kind::ALL.len())].gateway();
                let outage = [Outage::Dark, Outage::Mute, Outage::Blocked][self.dice.index(3)];
                let span = self.dice.millis(MINUTE, MINUTE * 40);
                self.outages.insert(gateway, (self.now + span, outage));
                self.tell_all(None, || format!("{gateway} is {outage:?} for {} s", span / 1_000));
            }
            23 | 24 => {
                self.backup = Some(self.memory.backup());
                self.tell_all(None, || "a backup is made".to_owned());
            }
            _ => self.restore(),
        }
        self.chaos_later();
    }

    /// SIGSTOP, and SIGCONT after a while.
    pub(super) fn stop(&mut self, process: usize, longest: Duration) {
        let span = self.dice.millis(MINUTE / 4, longest);
        self.processes[process].stopped_until = self.now + span;
        self.tell_all(None, || format!("process {process} is stopped for {} s", span / 1_000));
    }

    /// The disk is lost and the backup restored; as the handbook says, everything is stopped, and the journal doubted
    /// before anything starts again.
    fn restore(&mut self) {
        let Some(backup) = self.backup.take() else { return };
        self.tell_all(None, || "the backup is restored".to_owned());
        for process in 0..self.processes.len() {
            self.kill(process);
        }
        self.memory.restore(&backup);
        self.counts.restores += 1;
        let operator = self.operator();
        let providers = self.processes[0].house.clone();
        let providers: [&dyn PaymentProvider; 5] = providers.all();
        operator.doubt(&providers, self.timing, MINUTE * 60 * 24).expect("a new disk has room");
        // The application still has its own books, and hands in what the journal does not know.
        let entries = operator.list(&Filter::default(), 0, usize::MAX).wait().expect("memory can be read");
        for order in 0..self.orders.len() {
            let id = self.orders[order].id.clone();
            let known = entries.iter().any(|(_, entry)| entry.order == id);
            if self.orders[order].begun && !known {
                (self.orders[order].begun, self.orders[order].lost) = (false, true);
                self.tell(order, || "its intent was in no backup".to_owned());
                let delay = self.dice.millis(MINUTE * 3, MINUTE * 10);
                self.at(delay, Event::Begin(order));
            }
        }
    }

    fn operator(&self) -> Journal {
        Journal::in_memory(&self.memory, Arc::new(self.machine_clock()), Box::new(SoundDisk))
    }

    /// Somebody looks at what waits for people, every half hour.
    pub(super) fn people(&mut self) {
        if self.weather.chaos.is_none() {
            // From here on the machine has to come to an end by itself.
            return;
        }
        self.at(whole(MINUTE * 30), Event::People);
        let mut filter = Filter::default();
        filter.needs_people = true;
        let journal = self.operator();
        let waiting = journal.list(&filter, 0, usize::MAX).wait().expect("memory can be read");
        for (_, entry) in waiting {
            let Some(order) = self.by_id.get(&entry.order).copied() else { continue };
            let Order { kind, moved, under_way, arrived, .. } = self.orders[order];
            // Of ten that wait, people decide one in this half hour.
            if !self.dice.happens(100) {
                continue;
            }
            let asleep =
                self.processes.iter().any(|process| process.tasks.values().any(|task| task.order == order));
            let verdict = if moved > 0 && !entry.state.is_final() {
                Verdict::Succeeded
            } else if !arrived && under_way == 0 && !asleep && !entry.state.is_final() {
                Verdict::Resend
            } else {
                Verdict::Ask
            };
            let desk =
                nzimbu_journal::Desk::new(self.processes[0].house.of(kind), kind.operation(), self.timing);
            let told =
                journal.decide(&desk, &entry.order, verdict, "Awa", "looked at the gateway's pages").wait();
            self.tell(order, || format!("a person decides {}: {}", verdict.as_str(), told.is_ok()));
            if verdict == Verdict::Succeeded && told.is_ok() {
                self.orders[order].by_hand = true;
            }
        }
    }

    /// Faults stop: every process runs, and the network is as good as networks are.
    pub(super) fn calm(&mut self) {
        self.tell_all(None, || "faults stop".to_owned());
        self.weather = super::weather::Weather::CALM;
        self.disk_full_until.store(0, Ordering::Relaxed);
        self.outages.clear();
        for process in 0..self.processes.len() {
            self.processes[process].stopped_until = 0;
            // A new start, so that its disk is sound as well.
            self.kill(process);
            self.start(process);
        }
    }
}
