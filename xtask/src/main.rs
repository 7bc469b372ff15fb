//! Chores of the workspace: `cargo xtask` alone lists them.

mod run;
mod fixtures;
mod directory;
mod new_gateway;
mod tidy;
mod packages;
mod features;
mod no_std;
mod bench;
mod build_time;
mod simulate;
mod ci;
mod proofs;

use std::process::ExitCode;

use run::Chore;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let told: Chore = match words.as_slice() {
        ["fixtures"] => fixtures::record(),
        ["fixtures", "--check"] => fixtures::check(),
        ["directory"] => directory::run(directory::Mode::Write),
        ["directory", "--check"] => directory::run(directory::Mode::Check),
        ["new-gateway", "--prove"] => new_gateway::prove(),
        ["new-gateway", name] => new_gateway::add(&run::root(), name),
        ["tidy"] => tidy::check(),
        ["packages"] => packages::check(),
        ["features"] => features::check(),
        ["no-std"] => no_std::check(),
        ["bench"] => bench::all(),
        ["bench", "--check"] => bench::check(),
        ["prove-batch"] => bench::batch(),
        ["build-time"] => build_time::measure(),
        ["simulate"] => simulate::usual(),
        ["simulate", words @ ..] => simulate::with(words),
        ["model"] => simulate::model(),
        ["ci"] => ci::all(),
        _ => Err(USAGE.to_owned()),
    };
    match told {
        Ok(()) => ExitCode::SUCCESS,
        Err(told) => {
            eprintln!("{told}");
            ExitCode::FAILURE
        }
    }
}

const USAGE: &str = "\
usage: cargo xtask CHORE

  fixtures [--check]    record what we say in fixtures/**/*.snap, or fail where a record is stale
  directory             write Bitlipa's operators from directory.toml; --check fails when they are stale
  new-gateway NAME      scaffold a gateway that compiles and passes; --prove shows it in a copy
  tidy                  the rules for files that no compiler checks
  packages              how many packages the facade brings, their licences and sources
  features              every combination of the facade's features compiles without a warning
  no-std                the core links into a program that has no std
  bench [--check]       all benches; with --check only what is the same on every machine
  prove-batch           10,000 payouts of a file with faults and 20 kills, then its rate beside that of the sandbox
  build-time            what a clean release build costs beyond the libraries for TLS and HTTP
  simulate [N [SEED]]   100,000 payouts, or N, with faults at every step; --seed SEED tells one run again
  model                 the large search of the journal's state machine
  ci                    everything that .ci/run runs";
