//! The benches, and what of them can be checked on any machine.

use std::process::Command;

use crate::run::{Chore, cargo, exists, output, root, run};

pub(crate) fn all() -> Chore {
    run(&mut cargo(&["bench", "--package", "nzimbu-tests"]))?;
    check()
}

/// The proof of batches in the size of the release, and how fast they are.
pub(crate) fn batch() -> Chore {
    let words =
        ["test", "--release", "--package", "nzimbu-cli", "--test", "batch_proof", "--", "--nocapture"];
    run(cargo(&words).env("NZIMBU_PROOF_ROWS", "10000").env("NZIMBU_PROOF_KILLS", "20"))?;
    run(&mut cargo(&["bench", "--package", "nzimbu-cli", "--bench", "batch_rate"]))
}

/// The benches that offer work to count: `--list-counted` prints name, floor and limit in hundredths of the floor,
/// `--count NAME N` does the work N times.
const COUNTED: [&str; 2] = ["signature", "payment"];

/// Counts the instructions of what these benches offer.
pub(crate) fn check() -> Chore {
    if !exists("valgrind") {
        println!("NOT CHECKED: instruction counts, because valgrind is not installed");
        return Ok(());
    }
    let mut over = Vec::new();
    for bench in COUNTED {
        over.extend(count(&built(bench)?)?);
    }
    if over.is_empty() { Ok(()) } else { Err(format!("too many instructions: {}", over.join(", "))) }
}

/// The works of a bench that take too many.
fn count(bench: &str) -> Result<Vec<String>, String> {
    let mut over = Vec::new();
    for row in output(Command::new(bench).arg("--list-counted"))?.lines() {
        let [name, floor, limit] = row.split('\t').collect::<Vec<_>>()[..] else {
            return Err(format!("not name, floor and limit: {row}"));
        };
        let (work, floor) = (per_call(bench, name)?, per_call(bench, floor)?);
        let limit: u64 = limit.parse().map_err(|error| format!("{name}: limit in hundredths: {error}"))?;
        let ratio = work * 100 / floor.max(1);
        let verdict = if ratio <= limit { "holds" } else { "OVER" };
        let hundredths = |ratio: u64| format!("{}.{:02}", ratio / 100, ratio % 100);
        println!(
            "{name}: {work} instructions, floor {floor}: {} x, at most {}: {verdict}",
            hundredths(ratio),
            hundredths(limit)
        );
        if ratio > limit {
            over.push(name.to_owned());
        }
    }
    Ok(over)
}

/// The instructions of one call: the difference between 150 and 50 calls, so that neither the start nor the first
/// calls count.
fn per_call(bench: &str, name: &str) -> Result<u64, String> {
    let count = |calls: &str| -> Result<u64, String> {
        let mut valgrind = Command::new("valgrind");
        valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null", bench, "--count", name, calls]);
        let done = valgrind.current_dir(root()).output().map_err(|error| error.to_string())?;
        let told = String::from_utf8_lossy(&done.stderr).into_owned();
        let refs = told.lines().find_map(|line| line.split_once("Collected :").map(|(_, refs)| refs.trim()));
        let refs = refs.filter(|_| done.status.success()).and_then(|refs| refs.parse().ok());
        refs.ok_or_else(|| format!("valgrind counted nothing for {name}:\n{told}"))
    };
    Ok(count("150")?.saturating_sub(count("50")?) / 100)
}

fn built(bench: &str) -> Result<String, String> {
    let words = ["bench", "--package", "nzimbu-tests", "--bench", bench, "--no-run"];
    let told = output(cargo(&words).args(["--message-format", "json"]))?;
    let messages = told.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let mut built = messages.filter(|message| message["target"]["name"] == bench);
    let path = built.find_map(|message| message["executable"].as_str().map(str::to_owned));
    path.ok_or_else(|| format!("cargo built no bench of the name {bench}"))
}
