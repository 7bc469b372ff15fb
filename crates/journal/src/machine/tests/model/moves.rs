//! Everything that can happen next in a world.

use super::world::{Bounds, Copy, Ended, Gateway, TICK, Worker, World, time};
use super::*;

type Moves = Vec<(String, Result<World, String>)>;

/// Every move, with what becomes of the world, or which rule the machine broke.
pub(super) fn all(world: &World, bounds: &Bounds, decide: Decide) -> Moves {
    let mut turn = Turn { world, bounds, decide, moves: Vec::new() };
    turn.time();
    turn.network();
    for number in 0..world.workers.len() {
        // Two idle workers are alike.
        let twin =
            number > 0 && world.workers[number] == Worker::Idle && world.workers[number - 1] == Worker::Idle;
        if !twin {
            turn.worker(number);
        }
    }
    turn.moves
}

struct Turn<'a> {
    world: &'a World,
    bounds: &'a Bounds,
    decide: Decide,
    moves: Moves,
}

impl Turn<'_> {
    fn time(&mut self) {
        let world = self.world;
        if world.now < i64::from(self.bounds.ticks) {
            let mut after = world.clone();
            after.now += 1;
            let grace =
                i64::try_from(self.bounds.rules.timing.grace.as_secs() / TICK.as_secs()).expect("short");
            after.copies.retain(|copy| after.now - copy.sent_at < grace);
            self.moves.push((format!("time passes: {}", after.now), Ok(after)));
        }
        if world.gateway == Gateway::Pending {
            for end in [Gateway::Succeeded, Gateway::Failed] {
                let mut after = world.clone();
                after.gateway = end;
                self.moves.push((format!("the gateway ends it: {end:?}"), Ok(after)));
            }
        }
        if self.bounds.callbacks && world.gateway != Gateway::NotSeen {
            let says = Some(status(world.gateway));
            self.event(
                "a callback".to_owned(),
                &Event::Woken { worth: Worth::Authentic, says },
                world.clone(),
            );
        }
        if world.restores < self.bounds.restores {
            match &world.backup {
                None => {
                    let mut after = world.clone();
                    after.backup = Some(Box::new(world.row.clone()));
                    self.moves.push(("a backup is made".to_owned(), Ok(after)));
                }
                Some(backup) => {
                    let mut after = world.clone();
                    after.row = (**backup).clone();
                    after.restores += 1;
                    for number in 0..after.workers.len() {
                        after.crash(number);
                    }
                    self.event(
                        "the backup is restored, all workers start anew".to_owned(),
                        &Event::Doubted,
                        after,
                    );
                }
            }
        }
    }

    fn network(&mut self) {
        let (world, repeats) = (self.world, self.bounds.rules.repeats);
        for place in 0..world.copies.len() {
            let copy = world.copies[place];
            let mut gone = world.clone();
            gone.copies.remove(place);
            let mut done = gone.clone();
            let answer = match (world.gateway, repeats) {
                (Gateway::NotSeen, _) => {
                    done.gateway = Gateway::Pending;
                    done.executed += 1;
                    Ended::Receipt(Gateway::Pending)
                }
                (_, Repeats::Executed) => {
                    done.executed += 1;
                    Ended::Receipt(world.gateway)
                }
                (_, Repeats::Refused) => Ended::Unknown,
                (_, Repeats::Replayed) => Ended::Receipt(world.gateway),
            };
            // A gateway may also be busy, or dislike the login or the balance, before it looks at the key.
            for (told, after, answer) in [
                ("is taken", done, answer),
                ("is refused for now", gone.clone(), Ended::Repeat),
                ("is refused", gone.clone(), Ended::Change),
            ] {
                if let Some(from) = copy.from {
                    let mut heard = after.clone();
                    if let Worker::Waits { fence } = heard.workers[from] {
                        heard.workers[from] = Worker::Knows { fence, ended: answer };
                    }
                    self.moves
                        .push((format!("a copy {told}, and the answer arrives: {answer:?}"), Ok(heard)));
                }
                self.moves.push((format!("a copy {told}, and the answer is lost"), Ok(after)));
            }
            self.moves.push(("a copy is lost".to_owned(), Ok(gone)));
        }
    }

    fn worker(&mut self, number: usize) {
        let world = self.world;
        if world.crashes < self.bounds.crashes && world.workers[number] != Worker::Idle {
            let mut after = world.clone();
            after.crash(number);
            after.crashes += 1;
            self.moves.push((format!("worker {number} dies"), Ok(after)));
        }
        match world.workers[number].clone() {
            Worker::Idle => {
                self.take(number, "claims", &Event::Claim);
                if world.row.state == State::Ready {
                    self.take(number, "begins", &Event::Begin { digest: DIGEST });
                }
            }
            Worker::Holds { fence, until } => {
                let mut after = world.clone();
                after.workers[number] = if world.now < until {
                    Worker::Sends { fence }
                } else {
                    Worker::Knows { fence, ended: Ended::Repeat }
                };
                self.moves.push((format!("worker {number} looks at the clock"), Ok(after)));
                self.dropped(number, fence);
            }
            Worker::Sends { fence } => {
                if world.copies.len() < self.bounds.copies {
                    let mut after = world.clone();
                    after.copies.push(Copy { sent_at: world.now, from: Some(number) });
                    after.workers[number] = Worker::Waits { fence };
                    self.moves.push((format!("worker {number} sends"), Ok(after)));
                }
                for ended in [Ended::Repeat, Ended::Change] {
                    let mut after = world.clone();
                    after.workers[number] = Worker::Knows { fence, ended };
                    self.moves.push((format!("worker {number} cannot send: {ended:?}"), Ok(after)));
                }
            }
            Worker::Waits { fence } => {
                let mut after = world.clone();
                after.leave(number);
                after.workers[number] = Worker::Knows { fence, ended: Ended::Unknown };
                self.moves.push((format!("worker {number} has waited long enough"), Ok(after)));
                self.dropped(number, fence);
            }
            Worker::Knows { fence, ended } => {
                let result = match ended {
                    Ended::Receipt(gateway) => Ok(said(gateway)),
                    Ended::Unknown => Err(unknown()),
                    Ended::Repeat => Err(failure(Outcome::Rejected, Advice::Repeat)),
                    Ended::Change => Err(failure(Outcome::Rejected, Advice::Change)),
                };
                let mut after = world.clone();
                after.workers[number] = Worker::Idle;
                for twin in self.twins() {
                    let told = format!("worker {number} writes down {ended:?}, shared with {twin:?}");
                    let event = Event::Ended { fence, ended: result.clone(), twin };
                    self.event(told, &event, after.clone());
                }
            }
            Worker::Asks { fence, asked_at } => {
                let mut after = world.clone();
                let told = Some(world.gateway).filter(|gateway| *gateway != Gateway::NotSeen);
                after.workers[number] = Worker::Heard { fence, asked_at, said: told };
                self.moves.push((format!("worker {number} is told {told:?}"), Ok(after)));
                let mut after = world.clone();
                after.workers[number] = Worker::Idle;
                let event = Event::NotTold { fence, failure: unknown() };
                self.event(format!("worker {number} is told nothing"), &event, after);
            }
            Worker::Heard { fence, asked_at, said: told } => {
                let mut after = world.clone();
                after.workers[number] = Worker::Idle;
                for twin in self.twins() {
                    let event = Event::Told {
                        fence,
                        asked_at: time(asked_at),
                        said: told.map(said),
                        twin: twin.clone(),
                    };
                    let told = format!("worker {number} writes down {told:?}, shared with {twin:?}");
                    self.event(told, &event, after.clone());
                }
            }
        }
    }

    /// The other orders that may have the id which the gateway states.
    fn twins(&self) -> Vec<Option<OrderId>> {
        let other = || OrderId::parse("A-0").expect("an id");
        if self.bounds.twins { vec![None, Some(other())] } else { vec![None] }
    }

    /// A worker takes hold of the order.
    fn take(&mut self, number: usize, told: &str, event: &Event) {
        let (before, now) = (&self.world.row, self.world.now);
        let Ok(change) = (self.decide)(before, event, &self.bounds.rules, time(now)) else { return };
        let mut after = self.world.clone();
        let fence = change.row.fence;
        match change.next {
            Next::Nothing if change.row == *before => return,
            Next::Nothing => {}
            Next::Send if change.row.attempts > self.bounds.attempts => return,
            Next::Send => after.workers[number] = Worker::Holds { fence, until: now + 1 },
            Next::Ask => after.workers[number] = Worker::Asks { fence, asked_at: now },
        }
        let told = format!("worker {number} {told}: {:?}", change.next);
        self.changed(told, event, change, after);
    }

    fn dropped(&mut self, number: usize, fence: u32) {
        let mut after = self.world.clone();
        after.leave(number);
        after.workers[number] = Worker::Idle;
        self.event(format!("worker {number} drops its attempt"), &Event::Dropped { fence }, after);
    }

    fn event(&mut self, told: String, event: &Event, world: World) {
        if let Ok(change) = (self.decide)(&world.row, event, &self.bounds.rules, time(world.now)) {
            self.changed(told, event, change, world);
        }
    }

    /// Takes a change over, unless it breaks a rule about changes.
    fn changed(&mut self, told: String, event: &Event, change: Change, mut world: World) {
        let (before, after) = (world.row.state, change.row.state);
        let told = format!("{told} → {after:?}");
        let lapsed = before == State::Sending && matches!(event, Event::Claim) && after == State::Ready;
        let corrected = before == State::Expired || before == State::Failed && after == State::Succeeded;
        let moved = before.is_final() && after != before && !corrected;
        world.row = change.row;
        world.row.updated_at = UnixTime::default();
        world.row.word = None;
        let shared = self.world.row.twin.is_some() && !before.is_final() && after.is_final();
        let result = match (lapsed, moved) {
            (true, _) => Err("a lapsed attempt went back to ready".to_owned()),
            _ if shared => Err(format!("{after:?} by machine, with an id that another order has")),
            (_, true) => Err(format!("{before:?} was left")),
            _ => Ok(world),
        };
        self.moves.push((told, result));
    }
}

impl World {
    fn crash(&mut self, number: usize) {
        self.leave(number);
        self.workers[number] = Worker::Idle;
    }

    /// Nobody waits for the answer to this worker's copy any longer.
    fn leave(&mut self, number: usize) {
        for copy in &mut self.copies {
            if copy.from == Some(number) {
                copy.from = None;
            }
        }
    }
}

fn status(gateway: Gateway) -> Status {
    match gateway {
        Gateway::NotSeen | Gateway::Pending => Status::Pending,
        Gateway::Succeeded => Status::Succeeded,
        Gateway::Failed => Status::Failed,
    }
}

fn said(gateway: Gateway) -> Receipt {
    receipt(status(gateway), Some(1_000))
}
