//! Chores of the workspace: `cargo xtask directory [--check]`.

mod directory;

use std::process::ExitCode;

use directory::Mode;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let words: Vec<_> = arguments.iter().map(String::as_str).collect();
    let result = match words[..] {
        ["directory"] => directory::run(Mode::Write),
        ["directory", "--check"] => directory::run(Mode::Check),
        _ => Err("usage: cargo xtask directory [--check]".to_owned()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(told) => {
            eprintln!("{told}");
            ExitCode::FAILURE
        }
    }
}
