//! Every course that events can take, searched breadth first with the real machine: one order, two workers, a gateway,
//! up to three copies of the request under way, one crash, one backup restored, and a clock of a few ticks.
//!
//! A network loses what is older than the grace period; everything younger may arrive at any time, twice workers may
//! sleep at any place for any time, and every answer may be lost.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use super::*;
use crate::event::Worth;

mod world;
mod moves;

use world::{Bounds, World};

type Decide = fn(&Row, &Event, &Rules, UnixTime) -> Result<Change, Refusal>;

/// What a search found.
struct Found {
    worlds: usize,
    steps: usize,
    /// The shortest course to a violation.
    story: Option<(String, Vec<String>)>,
    whole: bool,
}

/// Searches from a new order on, for at most so many worlds.
fn search(bounds: Bounds, decide: Decide, most: usize) -> Found {
    let start = World::new(&bounds);
    let mut seen: HashMap<u128, (u128, String)> = HashMap::new();
    let mut queue = VecDeque::from([start.clone()]);
    seen.insert(start.key(), (0, String::new()));
    let mut steps = 0;
    while let Some(world) = queue.pop_front() {
        let from = world.key();
        for (told, result) in moves::all(&world, &bounds, decide) {
            steps += 1;
            let (after, wrong) = match result {
                Ok(after) => {
                    let wrong = after.wrong(&bounds);
                    (after, wrong)
                }
                Err(wrong) => (world.clone(), Some(wrong)),
            };
            if let Some(wrong) = wrong {
                let mut story = vec![told];
                let mut at = from;
                while let Some((before, told)) = seen.get(&at).filter(|(_, told)| !told.is_empty()) {
                    story.push(told.clone());
                    at = *before;
                }
                story.reverse();
                return Found { worlds: seen.len(), steps, story: Some((wrong, story)), whole: false };
            }
            let key = after.key();
            if let std::collections::hash_map::Entry::Vacant(place) = seen.entry(key) {
                place.insert((from, told));
                queue.push_back(after);
            }
        }
        if seen.len() >= most {
            return Found { worlds: seen.len(), steps, story: None, whole: false };
        }
    }
    Found { worlds: seen.len(), steps, story: None, whole: true }
}

/// The usual size fits into every test run; `cargo xtask simulate` sets the variable and searches the large worlds.
fn is_large() -> bool {
    std::env::var_os("NZIMBU_MODEL").is_some()
}

fn holds(mut bounds: Bounds) {
    if !is_large() {
        (bounds.ticks, bounds.attempts) = (bounds.ticks - 1, bounds.attempts - 1);
    }
    let found = search(bounds, decide, 5_000_000);
    println!("{} worlds, {} steps", found.worlds, found.steps);
    if let Some((wrong, story)) = found.story {
        panic!("{wrong}\n  {}", story.join("\n  "));
    }
    assert!(found.whole, "the search was cut short");
}

#[test]
fn a_gateway_that_can_be_asked_and_refuses_copies() {
    holds(Bounds::of(true, Repeats::Refused));
}

#[test]
fn a_gateway_that_can_be_asked_and_replays_copies() {
    holds(Bounds::of(true, Repeats::Replayed));
}

#[test]
fn a_gateway_that_cannot_be_asked_and_replays_copies() {
    holds(Bounds::of(false, Repeats::Replayed));
}

#[test]
fn a_gateway_that_executes_copies() {
    holds(Bounds::of(true, Repeats::Executed));
    holds(Bounds::of(false, Repeats::Executed));
}

#[test]
fn a_gateway_that_calls_back() {
    let mut bounds = Bounds::of(true, Repeats::Refused);
    bounds.callbacks = true;
    if !is_large() {
        bounds.workers = 1;
    }
    holds(bounds);
}

#[test]
fn a_deadline_that_passes() {
    for (can_ask, repeats) in [(true, Repeats::Refused), (false, Repeats::Replayed)] {
        let mut bounds = Bounds::of(can_ask, repeats);
        bounds.rules.timing.deadline = world::TICK * 3;
        holds(bounds);
    }
}

#[test]
fn a_gateway_that_gives_an_id_twice() {
    for (can_ask, repeats) in [(true, Repeats::Refused), (false, Repeats::Replayed)] {
        let mut bounds = Bounds::of(can_ask, repeats);
        bounds.twins = true;
        if !is_large() {
            bounds.workers = 1;
        }
        holds(bounds);
    }
}

#[test]
fn a_backup_that_is_restored() {
    let mut bounds = Bounds::of(true, Repeats::Refused);
    (bounds.restores, bounds.crashes, bounds.workers) = (1, 0, 1);
    holds(bounds);
}

/// The search would be worth nothing if it passed machines that are wrong.
mod broken {
    use super::*;

    fn finds(bounds: Bounds, decide: Decide, wrong: &str) {
        let found = search(bounds, decide, 1_000_000);
        let (told, story) = found.story.unwrap_or_else(|| panic!("not found in {} worlds", found.worlds));
        println!("{told}\n  {}", story.join("\n  "));
        assert!(told.contains(wrong), "{told}");
    }

    #[test]
    fn one_that_sends_again_at_once() {
        finds(
            Bounds::of(true, Repeats::Refused),
            |row, event, rules, now| {
                let mut change = decide(row, event, rules, now)?;
                let ended = matches!(event, Event::Ended { .. } | Event::Dropped { .. });
                if ended && change.row.state == State::Unknown {
                    (change.row.state, change.row.prior, change.row.due_at) =
                        (State::Ready, Prior::None, Some(now));
                }
                Ok(change)
            },
            "although a copy may still be executed",
        );
    }

    #[test]
    fn one_that_forgets_earlier_attempts() {
        for (can_ask, repeats) in [(true, Repeats::Refused), (false, Repeats::Replayed)] {
            finds(
                Bounds::of(can_ask, repeats),
                |row, event, rules, now| {
                    let mut row = row.clone();
                    if matches!(event, Event::Ended { ended: Err(_), .. }) {
                        row.prior = Prior::None;
                    }
                    decide(&row, event, rules, now)
                },
                "although",
            );
        }
    }

    #[test]
    fn one_that_takes_a_timeout_for_a_failure() {
        finds(
            Bounds::of(true, Repeats::Refused),
            |row, event, rules, now| {
                let mut change = decide(row, event, rules, now)?;
                if row.state == State::Sending && change.row.state == State::Unknown {
                    change.row.state = State::Failed;
                }
                Ok(change)
            },
            "ended although a copy may still be executed",
        );
    }

    #[test]
    fn one_that_takes_a_lapsed_attempt_for_unsent() {
        finds(
            Bounds::of(true, Repeats::Refused),
            |row, event, rules, now| {
                let mut row = row.clone();
                if matches!(event, Event::Claim) && row.state == State::Sending && row.due_at <= Some(now) {
                    row.state = State::Ready;
                    let mut change =
                        decide(&row, &Event::Woken { worth: Worth::Hint, says: None }, rules, now)?;
                    change.row.due_at = Some(now);
                    return Ok(change);
                }
                decide(&row, event, rules, now)
            },
            "a lapsed attempt went back to ready",
        );
    }

    #[test]
    fn one_that_believes_the_first_miss() {
        finds(
            Bounds::of(true, Repeats::Refused),
            |row, event, rules, now| {
                let mut change = decide(row, event, rules, now)?;
                if matches!(event, Event::Told { said: None, .. }) && change.row.state == State::Unknown {
                    (change.row.state, change.row.prior, change.row.due_at) =
                        (State::Ready, Prior::None, Some(now));
                }
                Ok(change)
            },
            "although",
        );
    }

    #[test]
    fn one_that_sends_copies_where_they_are_executed() {
        finds(
            Bounds::of(true, Repeats::Executed),
            |row, event, rules, now| decide(row, event, &Rules { repeats: Repeats::Refused, ..*rules }, now),
            "executed twice",
        );
    }

    #[test]
    fn one_that_believes_an_id_which_another_order_has() {
        let mut bounds = Bounds::of(true, Repeats::Refused);
        bounds.twins = true;
        finds(
            bounds,
            |row, event, rules, now| {
                // Whose the id is is noted, and makes no difference.
                let (mut row, mut event) = (row.clone(), event.clone());
                let mut noted = row.twin.take();
                if let Event::Ended { twin, .. } | Event::Told { twin, .. } = &mut event {
                    noted = twin.take().or(noted);
                }
                let mut change = decide(&row, &event, rules, now)?;
                change.row.twin = noted;
                Ok(change)
            },
            "another order",
        );
    }
}
