//! A large journal: how soon it is open, how long it takes to verify, how much memory that takes.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use nzimbu_journal::Journal;

use crate::{load, machine};

const PLACE: &str = "NZIMBU_BENCH_JOURNAL";

pub(crate) fn run(path: &Path, orders: u64) {
    let took = load::fill(path, orders);
    let size = std::fs::metadata(path).unwrap().len();
    println!("{orders} orders begun and settled in {} s, {} MB", took.as_secs(), size / 1_000_000);
    // In a process of its own, which has used no memory yet; twice, since the first may read from the disk.
    for _ in 0..2 {
        let status = Command::new(env::current_exe().unwrap()).env(PLACE, path).status().unwrap();
        assert!(status.success());
    }
}

pub(crate) fn is_child() -> bool {
    env::var_os(PLACE).is_some()
}

/// Opens the journal and verifies it.
pub(crate) fn look() {
    let path = PathBuf::from(env::var_os(PLACE).unwrap());
    let start = Instant::now();
    let journal = Journal::sqlite(path).unwrap();
    let pause = journal.pause(&[], Duration::from_secs(1)).wait().unwrap();
    let (open, resident) = (start.elapsed(), machine::most_resident());
    assert_eq!(pause, Duration::from_secs(1));
    let (start, cpu) = (Instant::now(), machine::cpu());
    let audit = journal.verify().unwrap();
    let (verified, cpu) = (start.elapsed(), machine::cpu() - cpu);
    assert_eq!(audit.flaw, None);
    println!(
        "open {} ms, {} events and {} orders verified in {:.2} s ({:.2} s of CPU); memory {} KiB when open, {} KiB at most",
        open.as_millis(),
        audit.events,
        audit.orders,
        verified.as_secs_f64(),
        cpu.as_secs_f64(),
        resident,
        machine::most_resident()
    );
}
