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
/// The disk drifts within a second, so what is compared sync by sync takes turns more often.
const SLICE: Duration = Duration::from_millis(25);
const SLICES: usize = 16;
/// Twice what is written between two checkpoints.
const LOG: u64 = 2 * 4_000 * 4_120;

fn main() {
    let mut numbers = env::args().filter_map(|arg| arg.parse::<usize>().ok());
    let rounds = numbers.next().unwrap_or(8);
    let folder = machine::Folder::new();
    if env::args().any(|arg| arg == "--profile") {
        // For a profiler: nothing but the journal with a hundred in flight.
        load::Load::new(&folder.file("journal.db")).run(TURN * 25, 100);
        return;
    }
    let mut floor = floor::Floor::new(&folder.file("floor"));
    let mut raw = raw::Raw::new(&folder.file("raw.db"));
    let mut load = load::Load::new(&folder.file("journal.db"));
    let mut table = Table::default();
    // Both logs reach their full length, so that no commit has to lengthen a file.
    let (mut raw_bytes, mut load_bytes) = (0, 0);
    while raw_bytes < LOG || load_bytes < LOG {
        raw_bytes += raw.run(TURN, 100).bytes;
        load_bytes += load.run(TURN, 100).bytes;
    }
    load.run(TURN, 1);
    for _ in 0..rounds {
        let bytes = load.bytes_per_commit();
        for _ in 0..SLICES {
            table.add("floor", floor.run(SLICE, bytes));
            table.add("raw rusqlite, 1 in a group", raw.run(SLICE, 1));
            table.add("journal, 1 in flight", load.run(SLICE, 1));
        }
        table.add("journal, 10 in flight", load.run(TURN, 10));
        table.add("raw rusqlite, 100 in a group", raw.run(TURN, 100));
        table.add("journal, 100 in flight", load.run(TURN, 100));
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
    fn add(&mut self, name: &'static str, turn: Turn) {
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, turns)) => turns.push(turn),
            None => self.0.push((name, vec![turn])),
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
