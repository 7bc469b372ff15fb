//! The benches, and what of them can be checked on any machine.

use std::process::Command;

use crate::run::{Chore, cargo, exists, output, root, run};

pub(crate) fn all() -> Chore {
    run(&mut cargo(&["bench", "--package", "nzimbu-tests"]))?;
    check()
}

/// Counts the instructions of every bench that offers work to count: `BENCH -- --list-counted` names pairs of
/// work and floor with a limit, and `BENCH -- --count NAME N` does the work N times.
pub(crate) fn check() -> Chore {
    if !exists("valgrind") {
        println!("NOT CHECKED: instruction counts, because valgrind is not installed");
        return Ok(());
    }
    let mut over = Vec::new();
    for bench in benches()? {
        let Ok(list) = output(Command::new(&bench).arg("--list-counted")) else { continue };
        for row in list.lines() {
            let [name, floor, limit] = row.split('\t').collect::<Vec<_>>()[..] else {
                return Err(format!("{bench} --list-counted: not name, floor and limit: {row}"));
            };
            let (work, floor) = (per_call(&bench, name)?, per_call(&bench, floor)?);
            let limit: u64 =
                limit.parse().map_err(|error| format!("{name}: limit in hundredths: {error}"))?;
            let ratio = work * 100 / floor.max(1);
            let verdict = if ratio <= limit { "holds" } else { "OVER" };
            println!(
                "{name}: {work} instructions, floor {floor}: {}.{:02} x, at most {}.{:02}: {verdict}",
                ratio / 100,
                ratio % 100,
                limit / 100,
                limit % 100
            );
            if ratio > limit {
                over.push(name.to_owned());
            }
        }
    }
    if over.is_empty() { Ok(()) } else { Err(format!("too many instructions: {}", over.join(", "))) }
}

/// The instructions of one call: the difference between 1,100 and 100 calls, so that the start does not count.
fn per_call(bench: &str, name: &str) -> Result<u64, String> {
    let count = |calls: &str| -> Result<u64, String> {
        let mut valgrind = Command::new("valgrind");
        valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null", bench, "--count", name, calls]);
        let done = valgrind.current_dir(root()).output().map_err(|error| error.to_string())?;
        let told = String::from_utf8_lossy(&done.stderr).into_owned();
        let refs = told
            .lines()
            .find_map(|line| line.split_once("Collected :").or_else(|| line.split_once("I   refs:")));
        let refs = refs.map(|(_, refs)| refs.trim().replace(',', ""));
        refs.and_then(|refs| refs.parse().ok())
            .ok_or_else(|| format!("valgrind counted nothing for {name}:\n{told}"))
    };
    Ok((count("1100")?.saturating_sub(count("100")?)) / 1_000)
}

fn benches() -> Result<Vec<String>, String> {
    let mut build = cargo(&["bench", "--package", "nzimbu-tests", "--no-run", "--message-format", "json"]);
    let told = output(&mut build)?;
    let messages = told.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let of_benches = messages.filter(|message| message["target"]["kind"][0] == "bench");
    Ok(of_benches.filter_map(|message| message["executable"].as_str().map(str::to_owned)).collect())
}
