//! A gateway at its worst and a process that dies: the money that moved is what the file asks for.
//!
//! `NZIMBU_PROOF_ROWS` and `NZIMBU_PROOF_KILLS` make it larger: `cargo xtask prove-batch` runs it with the numbers of the
//! release, 10000 and 20, and measures the rate as well.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a failing test may panic")]

mod common;

use std::time::{Duration, Instant};

use common::end;
use common::payroll::{Payroll, QUICK};
use common::process::Running;
use common::world::World;
use nzimbu_sandbox::{Fault, FaultKind};

fn number(name: &str, usual: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// One request of twenty goes wrong, in five ways; callbacks never come, and now and then it is too much.
fn faults() -> Vec<Fault> {
    let ways = [
        FaultKind::CutBefore,
        FaultKind::CutAfter,
        FaultKind::Error500,
        FaultKind::Stall,
        FaultKind::Html200,
    ];
    let mut faults: Vec<_> = ways
        .into_iter()
        .map(|kind| {
            let mut fault = Fault::new(kind);
            fault.percent = 1;
            fault.seconds = (kind == FaultKind::Stall).then_some(4);
            fault
        })
        .collect();
    let mut often = Fault::new(FaultKind::RateLimit);
    (often.percent, often.times) = (1, Some(3));
    faults.extend([often, Fault::new(FaultKind::DropCallback)]);
    faults
}

#[test]
fn killed_again_and_again_a_batch_pays_each_row_once() {
    let (rows, kills) = (number("NZIMBU_PROOF_ROWS", 1_000), number("NZIMBU_PROOF_KILLS", 5));
    let world = World::with(|settings| {
        settings.auto = Some(Duration::from_millis(50));
        settings.magic = false;
        settings.transfer_balance = 1_000_000_000;
        settings.faults = faults();
    })
    .with_journal(QUICK);
    let payroll = Payroll::new(rows, &["bitlipa", "cinetpay"]);
    let file = payroll.put(&world);
    let args = ["batch", "run", &file, "--json", "--concurrency", "16"];
    let mut dice = 0x2545_f491_4f6c_dd1d_u64;
    let mut most_memory = 0;
    let began = Instant::now();
    for kill in 0..kills {
        dice ^= dice << 13;
        dice ^= dice >> 7;
        dice ^= dice << 17;
        let mut running = Running::start(&world, &args);
        if kill > 0 {
            // The first one may be hit while it writes the rows down.
            running.wait_for_event("planned");
        }
        std::thread::sleep(Duration::from_millis(50 + dice % 1_950));
        most_memory = most_memory.max(running.memory());
        running.kill();
    }
    let mut running = Running::start(&world, &args);
    let (code, seen, memory) = running.end();
    println!(
        "{rows} rows, {kills} kills, {:?}; resident memory at most {} KiB",
        began.elapsed(),
        most_memory.max(memory)
    );
    if code != 0 {
        let states = ["--state", "planned,ready,sending,accepted,unknown,failed,expired,cancelled,rejected"];
        let unpaid = end(&mut world.nzimbu(&[&["journal", "list"], &states[..]].concat()));
        let first = unpaid
            .stdout
            .lines()
            .find_map(|line| line.split_whitespace().find(|word| word.starts_with("PAY")));
        let shown = first.map(|order| end(&mut world.nzimbu(&["journal", "show", order])).stdout);
        println!("{}{}", unpaid.stdout, shown.unwrap_or_default());
    }
    payroll.assert_paid(&world.sandbox);
    assert_eq!(code, 0, "{seen}");
    assert_eq!(payroll.len(), rows);
}

/// A file is read as a stream; what is kept of a row is what tells repeats apart. Memory is looked at from outside while
/// the program runs, so that only a file that takes a while tells anything: the short one is half of it.
#[test]
fn a_long_file_is_checked_in_nearly_the_memory_of_a_short_one() {
    let long = number("NZIMBU_PROOF_ROWS", 10_000).max(40_000);
    let world = World::new();
    let memory = |rows: usize| {
        let file = Payroll::new(rows, &["bitlipa"]).put(&world);
        let mut running = Running::start(&world, &["batch", "check", &file, "--json"]);
        let (code, seen, memory) = running.end();
        assert_eq!(code, 0, "{seen}");
        assert!(seen.contains(&format!("\"good_rows\":{rows}")), "{seen}");
        memory
    };
    let (small, large) = (memory(long / 2), memory(long));
    println!("{} rows: {small} KiB, {long} rows: {large} KiB", long / 2);
    assert!(
        small > 1_024,
        "{small} KiB: the system tells the memory of a process, and it was looked at in time"
    );
    let most = small + 4_096 + long as u64 / 2 * 128 / 1_024;
    assert!(large <= most, "{large} KiB for {long} rows, {small} KiB for half of them");
}
