//! What the journal in a SQLite file costs, each figure beside its floor, in one run.
//!
//! `cargo bench -p nzimbu-journal --features sqlite --bench sqlite [-- ROUNDS [ORDERS]]`: 10 rounds, and a journal of
//! 1,000,000 orders to open and verify. The disk drifts, so the floor (a bare write and `fdatasync`), raw rusqlite and
//! the journal take turns many times a second, and only their ratios count.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on has failed")]
#![allow(clippy::float_arithmetic, clippy::cast_precision_loss, reason = "ratios, not money")]

mod floor;
mod large;
mod load;
mod machine;
mod raw;
mod shop;
mod syncs;

use std::env;
use std::time::Duration;

/// Twice what is written between two checkpoints.
const LOG: u64 = 2 * 4_000 * 4_120;

fn main() {
    if large::is_child() {
        return large::look();
    }
    if syncs::is_child() {
        return syncs::commit();
    }
    let folder = machine::Folder::new();
    if env::args().any(|arg| arg == "--profile") {
        // For a profiler: nothing but the journal with a hundred in flight, or nothing but what it is compared with.
        load::Load::new(&folder.file("journal.db")).run(50_000, 100);
        return;
    }
    if env::args().any(|arg| arg == "--profile-raw") {
        raw::Raw::new(&folder.file("raw.db")).run(50_000, 100);
        return;
    }
    if let Some(path) = env::args().skip_while(|arg| arg != "--fill").nth(1) {
        // A journal to be kept, for a profiler that looks at its verification.
        load::fill(path.as_ref(), 200_000);
        return;
    }
    let mut numbers = env::args().filter_map(|arg| arg.parse::<u64>().ok());
    small(&folder, numbers.next().unwrap_or(10));
    syncs::run(folder.path());
    large::run(&folder.file("large.db"), numbers.next().unwrap_or(1_000_000));
}

fn small(folder: &machine::Folder, rounds: u64) {
    let mut floor = floor::Floor::new(&folder.file("floor"));
    let mut raw = raw::Raw::new(&folder.file("raw.db"));
    let mut load = load::Load::new(&folder.file("journal.db"));
    // Both logs reach their full length, so that no commit has to lengthen a file.
    let (mut raw_bytes, mut load_bytes) = (0, 0);
    while raw_bytes < LOG || load_bytes < LOG {
        raw_bytes += raw.run(2_000, 100).bytes;
        load_bytes += load.run(2_000, 100).bytes;
    }
    load.run(100, 1);
    let mut table = Table::default();
    for _ in 0..rounds {
        for _ in 0..25 {
            table.add(FLOOR, floor.run(8, load.bytes_per_commit()));
            table.add(RAW_ALONE, raw.run(4, 1));
            table.add(ALONE, load.run(4, 1));
        }
        for _ in 0..4 {
            table.add(TEN, load.run(100, 10));
            table.add(RAW_HUNDRED, raw.run(500, 100));
            table.add(HUNDRED, load.run(500, 100));
        }
    }
    table.print();
    let rate = |name| table.sum(name).rate();
    let cpu = |name| table.sum(name).cpu_each();
    println!();
    told("alone, to the floor", rate(ALONE) / rate(FLOOR), ">=", 0.90);
    told("10 in flight, to alone", rate(TEN) / rate(ALONE), ">=", 8.0);
    told("100 in flight, to alone", rate(HUNDRED) / rate(ALONE), ">=", 40.0);
    told("CPU of 100 in flight, to raw rusqlite", cpu(HUNDRED) / cpu(RAW_HUNDRED), "<=", 1.25);
    told("CPU alone, to raw rusqlite", cpu(ALONE) / cpu(RAW_ALONE), "<=", 1.25);
    println!();
}

fn told(what: &str, ratio: f64, sign: &str, goal: f64) {
    let reached = if sign == ">=" { ratio >= goal } else { ratio <= goal };
    let word = if reached { "" } else { "  MISSED" };
    println!("{what:<40} {ratio:>8.2}  goal {sign} {goal:.2}{word}");
}

const FLOOR: &str = "floor: write and fdatasync";
const RAW_ALONE: &str = "raw rusqlite, groups of 1";
const ALONE: &str = "journal, 1 in flight";
const TEN: &str = "journal, 10 in flight";
const RAW_HUNDRED: &str = "raw rusqlite, groups of 100";
const HUNDRED: &str = "journal, 100 in flight";

/// What was done in one turn.
#[derive(Clone, Copy, Debug, Default)]
struct Turn {
    commands: u64,
    took: Duration,
    cpu: Duration,
    bytes: u64,
}

impl Turn {
    fn rate(&self) -> f64 {
        self.commands as f64 / self.took.as_secs_f64()
    }

    fn cpu_each(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / self.commands as f64
    }
}

#[derive(Default)]
struct Table(Vec<(&'static str, Turn)>);

impl Table {
    fn add(&mut self, name: &'static str, turn: Turn) {
        if !self.0.iter().any(|(known, _)| *known == name) {
            self.0.push((name, Turn::default()));
        }
        for (_, sum) in self.0.iter_mut().filter(|(known, _)| *known == name) {
            sum.commands += turn.commands;
            sum.took += turn.took;
            sum.cpu += turn.cpu;
            sum.bytes += turn.bytes;
        }
    }

    fn sum(&self, name: &str) -> Turn {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, sum)| *sum).unwrap()
    }

    fn print(&self) {
        println!("{:<32} {:>12} {:>14} {:>14}", "", "commands/s", "CPU \u{b5}s each", "bytes each");
        for (name, sum) in &self.0 {
            println!(
                "{name:<32} {:>12.0} {:>14.1} {:>14}",
                sum.rate(),
                sum.cpu_each(),
                sum.bytes / sum.commands
            );
        }
    }
}
