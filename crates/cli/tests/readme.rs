//! The README's way to pay a spreadsheet, taken from the README and walked to its end.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a failing test may panic")]

mod common;

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use common::world::Folder;
use common::{end, nzimbu};

#[test]
fn a_spreadsheet_is_paid_as_the_readme_says() {
    let readme = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md")).unwrap();
    let section = readme.split("### Pay a spreadsheet").nth(1).unwrap();
    let csv = block(section, "csv");
    let commands: Vec<_> = block(section, "console").lines().filter_map(words).collect();
    assert_eq!(commands.len(), 4, "{commands:?}");
    let sandbox = section.split('`').find(|text| text.starts_with("cargo run -- sandbox")).unwrap();

    let folder = Folder::new();
    folder.put("salaries.csv", csv);
    let mut sandbox = start(folder.path(), &words(&format!("$ {sandbox}")).unwrap());
    for command in &commands {
        let args: Vec<_> = command.iter().map(String::as_str).collect();
        let ended = end(nzimbu(&args).current_dir(folder.path()));
        assert_eq!(ended.code, 0, "{command:?}: {}{}", ended.stdout, ended.stderr);
        if command[..2] == ["batch", "run"] {
            assert!(ended.stdout.contains("All rows are paid."), "{}", ended.stdout);
        }
    }
    drop(sandbox.stdin.take());
    assert!(sandbox.wait().unwrap().success());
    let report = fs::read_to_string(folder.path().join("report.csv")).unwrap();
    let paid = report.lines().filter(|line| line.contains("succeeded")).count();
    assert_eq!((report.lines().count(), paid), (csv.lines().count(), csv.lines().count() - 1), "{report}");
    let html = fs::read_to_string(folder.path().join("report.html")).unwrap();
    assert!(html.contains("salaries.csv"), "{html}");
}

/// What stands in the first block of this language.
fn block<'a>(section: &'a str, language: &str) -> &'a str {
    let (_, rest) = section.split_once(&format!("```{language}\n")).unwrap();
    rest.split("```").next().unwrap()
}

/// The arguments of a line such as `$ cargo run -- batch check salaries.csv   # a remark`.
fn words(line: &str) -> Option<Vec<String>> {
    let line = line.strip_prefix("$ cargo run -- ")?;
    let line = line.split(" #").next().unwrap();
    Some(line.split_whitespace().map(str::to_owned).collect())
}

/// Starts the sandbox, and waits until it has written the settings.
fn start(folder: &Path, args: &[String]) -> Child {
    let mut child = Command::new(env!("CARGO_BIN_EXE_nzimbu"))
        .env_clear()
        .current_dir(folder)
        .args(args)
        .args(["--json", "--stop-with-stdin"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.starts_with('{'), "{line}");
    child
}
