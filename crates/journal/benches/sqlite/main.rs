//! What the journal in a SQLite file costs, each figure beside its floor, in one run.
//!
//! `cargo bench -p nzimbu-journal --features sqlite --bench sqlite [-- ROUNDS [ORDERS]]`. The disk drifts, so the floor
//! (a bare write and `fdatasync`), raw rusqlite and the journal take turns in every round, and only their ratios count.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on has failed")]
#![allow(clippy::float_arithmetic, clippy::cast_precision_loss, reason = "ratios, not money")]

mod load;
mod floor;
mod raw;
mod machine;
mod shop;

use std::env;
use std::time::Duration;

const TURN: Duration = Duration::from_millis(400);

fn main() {
    let mut numbers = env::args().filter_map(|arg| arg.parse::<usize>().ok());
    let rounds = numbers.next().unwrap_or(8);
    let folder = machine::Folder::new();
    let mut floor = floor::Floor::new(&folder.file("floor"));
    let mut raw = raw::Raw::new(&folder.file("raw.db"));
    let mut load = load::Load::new(&folder.file("journal.db"));
    let mut table = Table::default();
    for round in 0..=rounds {
        let bytes = load.bytes_per_commit();
        let turns = [
            ("floor", floor.run(TURN, bytes)),
            ("raw rusqlite, 1 in a group", raw.run(TURN, 1)),
            ("journal, 1 in flight", load.run(TURN, 1)),
            ("journal, 10 in flight", load.run(TURN, 10)),
            ("raw rusqlite, 100 in a group", raw.run(TURN, 100)),
            ("journal, 100 in flight", load.run(TURN, 100)),
        ];
        // The first round grows the files and warms the caches.
        if round > 0 {
            table.add(turns);
        }
    }
    table.print();
}

/// What was done in one turn.
#[derive(Clone, Copy, Debug, Default)]
struct Turn {
    commands: u64,
    took: Duration,
    cpu: Duration,
    bytes: u64,
}

#[derive(Default)]
struct Table(Vec<(&'static str, Vec<Turn>)>);

impl Table {
    fn add(&mut self, turns: impl IntoIterator<Item = (&'static str, Turn)>) {
        for (name, turn) in turns {
            match self.0.iter_mut().find(|(known, _)| *known == name) {
                Some((_, turns)) => turns.push(turn),
                None => self.0.push((name, vec![turn])),
            }
        }
    }

    fn print(&self) {
        println!("{:<32} {:>12} {:>12} {:>14} {:>8}", "", "commands/s", "CPU µs each", "bytes each", "");
        for (name, turns) in &self.0 {
            let mut sum = Turn::default();
            for turn in turns {
                sum.commands += turn.commands;
                sum.took += turn.took;
                sum.cpu += turn.cpu;
                sum.bytes += turn.bytes;
            }
            let each = |what: f64| what / sum.commands as f64;
            println!(
                "{name:<32} {:>12.0} {:>12.1} {:>14.0}",
                sum.commands as f64 / sum.took.as_secs_f64(),
                each(sum.cpu.as_secs_f64() * 1e6),
                each(sum.bytes as f64),
            );
        }
    }
}
