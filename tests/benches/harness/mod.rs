//! Compares several ways of doing one thing with the least that it can cost, in one run.
//!
//! Absolute times depend on the machine and on what else runs on it. What is compared here runs in
//! turns, a few hundred microseconds each, so that a disturbance hits all alike; the figure is the
//! median of the ratios of the turns. A turn is far shorter than what the system lets a process run
//! at once, so that most turns are not interrupted, and those that are do not move the median.
#![allow(clippy::float_arithmetic, reason = "ratios of times are no money")]

use std::process::exit;
use std::time::{Duration, Instant};

/// Ways of doing one thing, and its floor.
pub(crate) struct Group {
    title: String,
    floor: Way,
    ways: Vec<Way>,
}

struct Way {
    /// The name by which it can be counted.
    name: Option<&'static str>,
    label: String,
    work: Box<dyn FnMut()>,
    limits: Option<Limits>,
}

#[derive(Clone, Copy)]
struct Limits {
    time: Time,
    /// The ratio to the floor's instructions, in hundredths.
    instructions: u32,
}

#[derive(Clone, Copy)]
pub(crate) enum Time {
    /// As a ratio to the floor's.
    OfFloor(f64),
    /// By far, on any machine.
    Within(Duration),
}

impl From<f64> for Time {
    fn from(ratio: f64) -> Self {
        Self::OfFloor(ratio)
    }
}

impl From<Duration> for Time {
    fn from(most: Duration) -> Self {
        Self::Within(most)
    }
}

impl Group {
    pub(crate) fn new(title: &str, name: &'static str, label: &str, floor: impl FnMut() + 'static) -> Self {
        let floor = Way { name: Some(name), label: label.into(), work: Box::new(floor), limits: None };
        Self { title: title.into(), floor, ways: Vec::new() }
    }

    /// A way to look at.
    pub(crate) fn way(mut self, label: &str, work: impl FnMut() + 'static) -> Self {
        self.ways.push(Way { name: None, label: label.into(), work: Box::new(work), limits: None });
        self
    }

    /// A way that has to keep to its limits, of time and of instructions in hundredths of the floor's.
    pub(crate) fn judged(
        mut self,
        name: &'static str,
        label: &str,
        time: impl Into<Time>,
        instructions: u32,
        work: impl FnMut() + 'static,
    ) -> Self {
        let limits = Some(Limits { time: time.into(), instructions });
        self.ways.push(Way { name: Some(name), label: label.into(), work: Box::new(work), limits });
        self
    }

    /// Prints a table of the ways against the floor, and says whether all limits hold.
    fn compare(&mut self) -> bool {
        let Self { title, floor, ways } = self;
        let batch = calibrate(&mut floor.work);
        for way in &mut *ways {
            time(batch, &mut way.work);
        }
        let mut floor_times = Vec::with_capacity(ROUNDS);
        let mut ratios = vec![Vec::with_capacity(ROUNDS); ways.len()];
        let mut times = ratios.clone();
        for _ in 0..ROUNDS {
            for (n, way) in ways.iter_mut().enumerate() {
                // The floor runs before and after, so that a drift of the clock cancels out.
                let before = time(batch, &mut floor.work);
                let candidate = time(batch, &mut way.work);
                let after = time(batch, &mut floor.work);
                let around = (before + after) / 2.0;
                floor_times.push(around);
                times[n].push(candidate);
                ratios[n].push(candidate / around);
            }
        }
        println!("\n{title}");
        println!("  {:<48} {:>9.0} ns", floor.label, median(&mut floor_times));
        let mut all_hold = true;
        for (n, way) in ways.iter().enumerate() {
            let (ratio, time) = (median(&mut ratios[n]), median(&mut times[n]));
            let verdict = way.limits.map(|limits| match limits.time {
                Time::OfFloor(most) => (ratio <= most, format!("at most {most:.2}")),
                Time::Within(most) => (time <= most.as_secs_f64() * 1e9, format!("within {most:?}")),
            });
            let verdict = verdict.map_or_else(String::new, |(holds, limit)| {
                all_hold &= holds;
                format!("{limit}: {}", if holds { "holds" } else { "OVER" })
            });
            println!("  {:<48} {time:>9.0} ns {ratio:>7.2} x  {verdict}", way.label);
        }
        all_hold
    }
}

/// Does what the command line asks for: compares all groups, lists what can be counted, or does one work some times.
pub(crate) fn main_of(mut groups: Vec<Group>) {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        [] => {
            let held: Vec<bool> = groups.iter_mut().map(Group::compare).collect();
            println!("\n{}", if held.contains(&false) { "NOT all limits hold" } else { "all limits hold" });
        }
        ["--list-counted"] => {
            for group in &groups {
                for (way, limits) in
                    group.ways.iter().filter_map(|way| way.limits.map(|limits| (way, limits)))
                {
                    let (name, floor) = (way.name.unwrap_or_default(), group.floor.name.unwrap_or_default());
                    println!("{name}\t{floor}\t{}", limits.instructions);
                }
            }
        }
        ["--count", name, calls] => {
            let mut ways =
                groups.iter_mut().flat_map(|group| [&mut group.floor].into_iter().chain(&mut group.ways));
            match (ways.find(|way| way.name == Some(name)), calls.parse::<u32>()) {
                (Some(way), Ok(calls)) => (0..calls).for_each(|_| (way.work)()),
                _ => refuse(),
            }
        }
        _ => refuse(),
    }
}

fn refuse() -> ! {
    eprintln!("either no arguments, or --list-counted, or --count NAME CALLS with a listed name");
    exit(2)
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
