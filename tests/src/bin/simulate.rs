//! Runs the simulation: `simulate PAYOUTS [SEED]`, or one run again with its story: `simulate --seed SEED`.
//!
//! Runs are spread over the processors; each is one thread with one seed. A failure prints the seed, the commit and
//! everything that happened to the order.

use std::process::{Command, ExitCode};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use nzimbu_tests::simulation::{Counts, Policy, run};

/// Payouts of one run.
const SIZE: u64 = 500;
/// Runs of each policy without a journal, for the contrast.
const CONTRAST: u64 = 20;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let number = |word: &str| word.parse::<u64>();
    let told = match words[..] {
        ["--seed", seed] => number(seed).map(again),
        [payouts] => number(payouts).map(|payouts| all(payouts, 1)),
        [payouts, seed] => number(payouts).and_then(|payouts| Ok(all(payouts, number(seed)?))),
        _ => Ok(Err("usage: simulate PAYOUTS [FIRST-SEED] | simulate --seed SEED".to_owned())),
    };
    match told {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(told)) => {
            eprintln!("{told}");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("not a number: {error}");
            ExitCode::FAILURE
        }
    }
}

fn again(seed: u64) -> Result<(), String> {
    match failure(seed, run(seed, Policy::Journal, size()).failure) {
        Some(told) => Err(told),
        None => {
            println!("seed={seed} goes well");
            Ok(())
        }
    }
}

fn all(payouts: u64, first: u64) -> Result<(), String> {
    let start = Instant::now();
    let runs = payouts.div_ceil(SIZE).max(1);
    // Whatever may not be ends it, an order that is lost or stuck as well.
    let (counts, duplicates, lies) = spread(first, runs, Policy::Journal)?;
    let Counts { payouts, payments, sent, asked, deaths, restores, ended, waiting } = counts;
    println!(
        "{runs} runs from seed {first}: {payouts} payouts and {payments} payments, sent {sent} times, asked for {asked} \
         times; {deaths} processes died, {restores} backups were restored; {ended} orders ended, {waiting} wait for \
         people; {duplicates} duplicates, {lies} false claims, 0 lost, 0 stuck, in {} s",
        start.elapsed().as_secs()
    );
    println!("\nThe same seeds, payouts, networks and gateways under the policies that others use:\n");
    println!("{:<28} {:>8} {:>14} {:>14}", "policy", "payouts", "paid twice", "false claims");
    for policy in Policy::ALL {
        let (counts, duplicates, lies) = spread(first, runs.min(CONTRAST), policy)?;
        println!("{:<28} {:>8} {duplicates:>14} {lies:>14}", policy.as_str(), counts.payouts);
        let harmless = duplicates == 0 && lies == 0;
        if harmless != (policy == Policy::Journal) {
            return Err(format!(
                "{}: the simulation has no teeth, or the journal has a fault",
                policy.as_str()
            ));
        }
    }
    Ok(())
}

/// Runs seeds on all processors; the first failure ends it.
fn spread(first: u64, runs: u64, policy: Policy) -> Result<(Counts, u64, u64), String> {
    let (next, stop) = (AtomicU64::new(0), AtomicBool::new(false));
    let sum = Mutex::new((Counts::default(), 0, 0));
    let failed = Mutex::new(None);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= runs {
                        break;
                    }
                    let done = run(first + number, policy, size());
                    if let Some(told) = failure(first + number, done.failure) {
                        stop.store(true, Ordering::Relaxed);
                        failed.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(told);
                    }
                    let mut sum = sum.lock().unwrap_or_else(PoisonError::into_inner);
                    sum.0.add(&done.counts);
                    sum.1 += done.duplicates;
                    sum.2 += done.lies;
                }
            });
        }
    });
    match failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(told) => Err(told),
        None => Ok(sum.into_inner().unwrap_or_else(PoisonError::into_inner)),
    }
}

fn failure(seed: u64, told: Option<String>) -> Option<String> {
    let commit = Command::new("git").args(["rev-parse", "--short", "HEAD"]).output();
    let commit = commit.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    let commit = commit.unwrap_or_default();
    Some(format!("seed={seed} commit={commit}\n{}\nagain: cargo xtask simulate --seed {seed}", told?))
}

fn size() -> usize {
    usize::try_from(SIZE).unwrap_or(usize::MAX)
}
