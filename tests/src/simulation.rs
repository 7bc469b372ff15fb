//! A deterministic simulation: the real state machine, the real clients and a journal that loses what was not synced,
//! against simulated gateways, with a virtual clock and one seed per run. Every step can go wrong.
//!
//! The gateways are the sandbox's, and two more: one executes every copy of a request, one refuses copies and can be reached
//! late, because it has no login. Their ledgers are the oracle: they alone know how often money moved.
//!
//! A run has two parts. In the first, requests and answers are lost, late, doubled and spoilt, processes are killed, stopped
//! and put to sleep in the middle of an attempt, gateways go dark, the disk is full, the clock jumps, backups are restored.
//! Then, in three runs of four, faults stop, and within [`Timing::bound`](nzimbu_journal::Timing::bound) every order has to
//! have ended or to wait for a person.

mod dice;
mod weather;
mod orders;
mod plain;
mod house;
mod network;
mod process;
mod worker;
mod chaos;
mod naive;
mod oracle;
mod world;

use std::time::Duration;

use oracle::End;
pub use world::Counts;
use world::World;

/// Who decides what is sent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Policy {
    /// The journal.
    Journal,
    /// Up to three more tries after every error, each under an id of its own.
    RetryThrice,
    /// What brings no answer has failed.
    TimeoutFails,
    /// What has not ended after a minute has failed.
    PendingFails,
}

impl Policy {
    /// All of them, the journal first.
    pub const ALL: [Self; 4] = [Self::Journal, Self::RetryThrice, Self::TimeoutFails, Self::PendingFails];

    /// In words.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Journal => "the journal",
            Self::RetryThrice => "retry three times on error",
            Self::TimeoutFails => "a timeout means failed",
            Self::PendingFails => "pending means failed",
        }
    }
}

/// How a run ended.
#[derive(Clone, Debug)]
pub struct Run {
    /// What was done.
    pub counts: Counts,
    /// Orders whose money moved more than once.
    pub duplicates: u64,
    /// Orders of which the policy claims what is not true.
    pub lies: u64,
    /// The first thing that may not be, with everything that happened to its order.
    pub failure: Option<String>,
}

/// Runs one seed with so many payouts. A failure is run again, and told as a story.
#[must_use]
pub fn run(seed: u64, policy: Policy, payouts: usize) -> Run {
    let world = play(seed, policy, payouts, false);
    let (duplicates, lies) = world.damage();
    let failure = world.violation.is_some().then(|| story(&play(seed, policy, payouts, true)));
    Run { counts: world.counts, duplicates, lies, failure }
}

fn play(seed: u64, policy: Policy, payouts: usize, told: bool) -> World {
    let mut world = World::new(seed, policy, payouts, told);
    let hours = 2 + dice::Dice::new(seed, 4).below(8);
    world.pass(Duration::from_secs(hours * 3_600));
    let bound = world.timing.bound() + weather::JUMP;
    if seed.is_multiple_of(4) && policy == Policy::Journal {
        world.pass(bound);
        world.audit(End::Stormy);
    } else {
        world.calm();
        world.pass(bound + Duration::from_secs(3_600));
        world.audit(End::Settled);
    }
    world
}

/// Everything that happened to the order that went wrong, and to all processes.
fn story(world: &World) -> String {
    let Some(violation) = &world.violation else {
        return "the second run of the seed went well: the simulation is not deterministic".to_owned();
    };
    let mut text = format!("{}\n", violation.told);
    if let Some(order) = violation.order {
        let order = &world.orders[order];
        text += &format!("{:?} {} of {}\n", order.kind, order.id, order.amount);
    }
    for (order, line) in world.story.iter().flatten() {
        if order.is_none() || *order == violation.order {
            text += line;
            text.push('\n');
        }
    }
    text
}
