//! What processes do: begin orders, claim what is due, run exchanges step by step, take callbacks and notices.

use std::time::Duration;

use nzimbu_core::{
    HttpResponse, Method, Operation, ProviderError, RawCallback, Receipt, Run, Sending, Step, TransportError,
    Waiting,
};
use nzimbu_journal::{Attempt, Begun, Claims, Entry, Intent, JournalError, Question, Seen, Task as Claimed};
use nzimbu_sandbox::direct::Notification;
use std::rc::Rc;

use super::Policy;
use super::dice::whole;
use super::naive::Naive;
use super::world::{Caller, Event, World};

/// An exchange under way.
pub(super) struct Task {
    pub(super) order: usize,
    pub(super) call: u32,
    pub(super) job: Job,
}

pub(super) enum Job {
    Send(Attempt, Held<Receipt>),
    Ask(Question, Held<Option<Receipt>>),
    /// Of a policy without a journal.
    Naive(Naive),
}

/// Where a run stands while something else has to happen.
pub(super) enum Held<T> {
    Sending(Sending<T>),
    Waiting(Waiting<T>),
}

/// Something whose run is written down at the end.
pub(super) trait Holder: Sized {
    type Brings;
    fn settle(self, result: &Result<Self::Brings, ProviderError>) -> Result<Entry, JournalError>;
    fn brief(brought: &Self::Brings) -> String;
    fn job(self, held: Held<Self::Brings>) -> Job;
}

impl Holder for Attempt {
    type Brings = Receipt;
    fn settle(self, result: &Result<Receipt, ProviderError>) -> Result<Entry, JournalError> {
        Ok(self.settle(result).wait()?)
    }
    fn brief(brought: &Receipt) -> String {
        format!("{} {:?}", brought.status.as_str(), brought.amount.map(|amount| amount.to_string()))
    }
    fn job(self, held: Held<Receipt>) -> Job {
        Job::Send(self, held)
    }
}

impl Holder for Question {
    type Brings = Option<Receipt>;
    fn settle(self, result: &Result<Option<Receipt>, ProviderError>) -> Result<Entry, JournalError> {
        self.settle(result).wait()
    }
    fn brief(brought: &Option<Receipt>) -> String {
        brought.as_ref().map_or_else(|| "not known".to_owned(), Attempt::brief)
    }
    fn job(self, held: Held<Option<Receipt>>) -> Job {
        Job::Ask(self, held)
    }
}

/// Exchanges that one process runs at a time.
const AT_ONCE: usize = 12;
const REST: Duration = Duration::from_secs(60);

impl World {
    /// The application hands an order in, and again until the journal has it.
    pub(super) fn begin(&mut self, order: usize) {
        if self.policy != Policy::Journal {
            return self.naive_begin(order);
        }
        let again = self.dice.millis(Duration::from_secs(1), Duration::from_secs(60));
        let Some(process) = self.somebody() else { return self.at(again, Event::Begin(order)) };
        let asked = &self.orders[order];
        let provider = self.processes[process].house.of(asked.kind);
        let intent = match asked.kind.operation() {
            Operation::Payment => Intent::payment(provider, asked.payment(&asked.id), self.timing),
            Operation::Payout => Intent::payout(provider, asked.payout(&asked.id), self.timing),
        };
        // As the handbook says for what was handed in since the backup.
        let intent = if asked.lost { intent.perhaps_begun() } else { intent };
        let reply = self.processes[process].journal.begin(intent);
        match self.hear(process, reply) {
            // It does not know what became of it, and asks again.
            None => self.at(again, Event::Begin(order)),
            Some(Err(error)) => {
                self.tell(order, || format!("process {process} cannot begin it: {error}"));
                self.at(again, Event::Begin(order));
            }
            Some(Ok(Begun::Attempt(attempt))) => {
                self.orders[order].begun = true;
                self.attempt(process, order, attempt);
            }
            Some(Ok(Begun::Known(entry))) => {
                self.orders[order].begun = true;
                self.look(order, &entry);
            }
        }
    }

    /// A worker claims what is due.
    pub(super) fn worker(&mut self, process: usize, life: u32) {
        if self.processes[process].life != life || !self.processes[process].alive {
            return;
        }
        if self.processes[process].worker_at != self.now {
            // Woken earlier meanwhile.
            return;
        }
        let stopped = self.processes[process].stopped_until - self.now;
        if stopped > 0 {
            return self.wake_worker(process, stopped);
        }
        self.processes[process].worker_at = i64::MAX;
        for desk in 0..self.processes[process].desks.len() {
            let room = AT_ONCE.saturating_sub(self.processes[process].tasks.len());
            if room == 0 {
                break;
            }
            let most = 1 + self.dice.index(room.min(4));
            let claims = [Claims::Any, Claims::Questions, Claims::Sends, Claims::Any][self.dice.index(4)];
            let place = &self.processes[process];
            let reply = place.journal.claim(&place.desks[desk], claims, most);
            match self.hear(process, reply) {
                None => return,
                Some(Err(_)) => {}
                Some(Ok(tasks)) => {
                    for task in tasks {
                        self.take_on(process, task);
                        if self.processes[process].life != life || !self.processes[process].alive {
                            return;
                        }
                    }
                }
            }
        }
        let place = &self.processes[process];
        let pause = place.journal.pause(&place.desks, REST).wait().unwrap_or(REST);
        let pause = whole(pause) + self.dice.millis(Duration::from_millis(200), Duration::from_secs(2));
        self.wake_worker(process, pause);
    }

    /// Lets the worker of a process look for work so many milliseconds from now, if it does not do so earlier.
    pub(super) fn wake_worker(&mut self, process: usize, delay: i64) {
        let place = &mut self.processes[process];
        if self.now + delay < place.worker_at {
            place.worker_at = self.now + delay;
            let life = place.life;
            self.at(delay, Event::Worker { process, life });
        }
    }

    fn take_on(&mut self, process: usize, task: Claimed) {
        let entry = match &task {
            Claimed::Ask(question) => question.entry(),
            Claimed::Send(attempt) => attempt.entry(),
            _ => return,
        };
        let Some(order) = self.by_id.get(&entry.order).copied() else {
            return self.wrong(None, "the journal holds an order that nobody asked for");
        };
        match task {
            Claimed::Send(attempt) => self.attempt(process, order, attempt),
            Claimed::Ask(question) => {
                self.counts.asked += 1;
                self.tell(order, || format!("process {process} asks for it, {:?}", entry.state));
                let provider = self.processes[process].house.of(self.orders[order].kind);
                let exchange = question.exchange(provider);
                let number = self.task(process);
                self.go_on(process, number, 0, order, question, exchange.start());
            }
            _ => {}
        }
    }

    fn attempt(&mut self, process: usize, order: usize, attempt: Attempt) {
        self.counts.sent += 1;
        self.tell(order, || format!("process {process} has attempt {}", attempt.entry().attempts));
        let exchange = attempt.exchange(self.processes[process].house.of(self.orders[order].kind));
        let number = self.task(process);
        self.go_on(process, number, 0, order, attempt, exchange.start());
    }

    pub(super) fn task(&mut self, process: usize) -> u32 {
        let place = &mut self.processes[process];
        place.next_task += 1;
        place.next_task
    }

    /// Takes the next step of a run.
    fn go_on<H: Holder>(
        &mut self,
        process: usize,
        task: u32,
        call: u32,
        order: usize,
        holder: H,
        run: Run<H::Brings>,
    ) {
        let call = call + 1;
        let caller = Caller { process, life: self.processes[process].life, task, call };
        let held = match run.step(self.wall()) {
            Step::Done(result) => {
                self.tell(order, || match &result {
                    Ok(brought) => format!("process {process} hears: {}", H::brief(brought)),
                    Err(error) => format!("process {process} fails: {} {error}", error.outcome().as_str()),
                });
                let told = holder.settle(&result);
                match self.heard(process, told) {
                    None => {}
                    // It is not known to the journal; the lease ends it.
                    Some(Err(error)) => self.tell(order, || format!("and cannot write it down: {error}")),
                    Some(Ok(entry)) => self.look(order, &entry),
                }
                return;
            }
            Step::Send(sending) => {
                self.send(caller, order, sending.request());
                Held::Sending(sending)
            }
            Step::Wait(waiting) => {
                self.at(whole(waiting.delay()), Event::Wake(caller));
                Held::Waiting(waiting)
            }
        };
        let task_of = Task { order, call, job: holder.job(held) };
        self.processes[process].tasks.insert(task, task_of);
    }

    /// An answer arrives, or the transport gives up.
    pub(super) fn answered(&mut self, caller: Caller, reply: Box<Result<HttpResponse, TransportError>>) {
        if !self.listens(caller) {
            return;
        }
        let Caller { process, task, call, .. } = caller;
        let sends =
            self.processes[process].tasks.get(&task).is_some_and(|task| matches!(task.job, Job::Send(..)));
        if sends && self.dice.happens(self.weather.asleep) {
            // Others take the order for lost, ask for it, and perhaps send a copy, before this one goes on.
            self.stop(process, REST * 80);
        }
        if self.processes[process].stopped_until > self.now {
            let until = self.processes[process].stopped_until - self.now;
            return self.at(until, Event::Answer { caller, reply });
        }
        let Some(Task { order, job, .. }) = self.processes[process].tasks.remove(&task) else { return };
        let dropped = self.dice.happens(self.weather.dropped);
        match job {
            Job::Naive(naive) => self.naive_answered(process, task, call, order, naive, *reply),
            _ if dropped => {
                // The panic of a worker, or a future that is dropped: the attempt says so itself.
                self.tell(order, || format!("process {process} drops it"));
                drop(job);
                self.bury(process);
            }
            Job::Send(attempt, Held::Sending(sending)) => {
                self.go_on(process, task, call, order, attempt, sending.resume(*reply));
            }
            Job::Ask(question, Held::Sending(sending)) => {
                self.go_on(process, task, call, order, question, sending.resume(*reply));
            }
            Job::Send(..) | Job::Ask(..) => {}
        }
    }

    /// A pause within a run is over.
    pub(super) fn woken(&mut self, caller: Caller) {
        if !self.listens(caller) {
            return;
        }
        let Caller { process, task, call, .. } = caller;
        if self.later(process, Event::Wake(caller)) {
            return;
        }
        let Some(Task { order, job, .. }) = self.processes[process].tasks.remove(&task) else { return };
        match job {
            Job::Send(attempt, Held::Waiting(waiting)) => {
                self.go_on(process, task, call, order, attempt, waiting.resume());
            }
            Job::Ask(question, Held::Waiting(waiting)) => {
                self.go_on(process, task, call, order, question, waiting.resume());
            }
            Job::Naive(naive) => self.naive_woken(process, task, call, order, naive),
            Job::Send(..) | Job::Ask(..) => {}
        }
    }

    fn listens(&self, caller: Caller) -> bool {
        let place = &self.processes[caller.process];
        let task = place.tasks.get(&caller.task);
        place.life == caller.life && place.alive && task.is_some_and(|task| task.call == caller.call)
    }

    /// Whether a process is stopped, and does this later.
    fn later(&mut self, process: usize, event: Event) -> bool {
        let until = self.processes[process].stopped_until - self.now;
        if until > 0 {
            self.at(until, event);
        }
        until > 0
    }

    /// A gateway calls back.
    pub(super) fn called_back(&mut self, told: &Rc<Notification>, tries: u32) {
        let order = self.booked(told.gateway, &told.order_id);
        let again = |world: &mut Self| {
            if tries < 3 {
                world.at(5_000, Event::Callback { told: Rc::clone(told), tries: tries + 1 });
            }
        };
        if self.policy != Policy::Journal {
            return;
        }
        let Some(process) = self.somebody() else { return again(self) };
        let place = &self.processes[process];
        let provider = place.house.called_back_by(told.gateway);
        if told.asks_first {
            let ping = RawCallback { method: Method::Get, query: "", headers: &[], body: b"" };
            let seen = place.journal.receive(provider, &ping, self.timing, self.wall()).wait();
            if !matches!(seen, Ok(Seen::Ping)) {
                return self.wrong(order, format!("a ping is not taken for one: {seen:?}"));
            }
        }
        let headers: Vec<_> = told.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let raw = RawCallback::post(&headers, told.body.as_bytes());
        let reply = place.journal.receive(provider, &raw, self.timing, self.wall());
        match self.hear(process, reply) {
            None | Some(Err(_)) => again(self),
            Some(Ok(Seen::Refused(error))) => {
                self.wrong(order, format!("a genuine callback is refused: {error}"));
            }
            Some(Ok(Seen::Noted(entry))) => {
                if let Some(order) = order {
                    self.tell(order, || format!("process {process} takes a callback"));
                    self.look(order, &entry);
                }
                self.wake_worker(process, 100);
            }
            Some(Ok(_)) => {}
        }
    }

    /// The application reads what changed, acts on it, and sometimes dies before it says so.
    pub(super) fn read_notices(&mut self, process: usize, life: u32) {
        if self.processes[process].life != life || !self.processes[process].alive {
            return;
        }
        if self.later(process, Event::Notices { process, life }) {
            return;
        }
        self.at(whole(REST) * 5, Event::Notices { process, life });
        let reply = self.processes[process].journal.notices(100, REST);
        let Some(Ok(notices)) = self.hear(process, reply) else { return };
        for notice in &notices {
            self.noticed.insert((notice.entry.order.clone(), notice.state));
        }
        if !notices.is_empty() {
            let reply = self.processes[process].journal.acknowledge(&notices);
            drop(self.hear(process, reply));
        }
    }
}
