//! Times several ways of doing one thing against the least that it can cost, in one run.
//!
//! Absolute times depend on the machine and on what else runs on it. What is compared here runs in
//! turns, a few hundred microseconds each, so that a disturbance hits all alike; the figure is the
//! median of the ratios of the turns.
#![allow(clippy::float_arithmetic, reason = "ratios of times are no money")]

use std::time::{Duration, Instant};

/// One way of doing it: its name, the work, and the ratio to the floor that it must not exceed.
pub(crate) type Candidate<'a> = (&'a str, &'a mut dyn FnMut(), Option<f64>);

/// Prints a table of the candidates against the floor, and says whether all limits hold.
pub(crate) fn compare(
    title: &str,
    floor: (&str, &mut dyn FnMut()),
    candidates: &mut [Candidate<'_>],
) -> bool {
    let (floor_name, floor) = floor;
    let batch = calibrate(floor);
    for (_, work, _) in &mut *candidates {
        time(batch, work);
    }
    let mut floor_times = Vec::with_capacity(ROUNDS);
    let mut ratios = vec![Vec::with_capacity(ROUNDS); candidates.len()];
    let mut times = ratios.clone();
    for _ in 0..ROUNDS {
        for (n, (_, work, _)) in candidates.iter_mut().enumerate() {
            // The floor runs before and after, so that a drift of the clock cancels out.
            let before = time(batch, floor);
            let candidate = time(batch, work);
            let after = time(batch, floor);
            let around = (before + after) / 2.0;
            floor_times.push(around);
            times[n].push(candidate);
            ratios[n].push(candidate / around);
        }
    }
    println!("\n{title}");
    println!("  {:<44} {:>9.0} ns", floor_name, median(&mut floor_times));
    let mut all_hold = true;
    for (n, (name, _, limit)) in candidates.iter().enumerate() {
        let ratio = median(&mut ratios[n]);
        let verdict = match limit {
            Some(limit) if ratio <= *limit => format!("at most {limit:.2}: holds"),
            Some(limit) => {
                all_hold = false;
                format!("at most {limit:.2}: OVER")
            }
            None => String::new(),
        };
        println!("  {:<44} {:>9.0} ns {:>7.2} x  {verdict}", name, median(&mut times[n]), ratio);
    }
    all_hold
}

/// How many calls take about one turn.
fn calibrate(work: &mut dyn FnMut()) -> u32 {
    let mut batch = 1;
    loop {
        let start = Instant::now();
        for _ in 0..batch {
            work();
        }
        if start.elapsed() >= TURN {
            return batch;
        }
        batch *= 2;
    }
}

/// Nanoseconds per call.
fn time(batch: u32, work: &mut dyn FnMut()) -> f64 {
    let start = Instant::now();
    for _ in 0..batch {
        work();
    }
    start.elapsed().as_secs_f64() * 1e9 / f64::from(batch)
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

const ROUNDS: usize = 301;
const TURN: Duration = Duration::from_micros(200);
