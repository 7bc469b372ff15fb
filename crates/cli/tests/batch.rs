//! `nzimbu batch check`: every kind of malformed file gives exactly its errors, and nothing is sent.

#![allow(clippy::unwrap_used, reason = "a failing test may panic")]

mod common;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use common::nzimbu;

/// Files of real-world kinds with invented people; `expected.txt` beside them says what is wrong with each.
#[test]
fn every_malformed_file_gives_exactly_its_errors() {
    let expected = fs::read_to_string(folder().join("expected.txt")).unwrap();
    let mut expected: Vec<_> = expected.split("\n\n").skip(1).map(str::trim_end).collect();
    let files = files();
    let name = |file: &Path| file.file_stem().unwrap().to_str().unwrap().to_owned();
    let malformed = files.iter().filter(|file| !name(file).starts_with("good-")).count();
    assert!(malformed >= 60, "{malformed} kinds of malformed files");
    let mut seen = Vec::new();
    for file in &files {
        let (status, lines, errors) = check(file, &["--gateway", "cinetpay"]);
        let text = told(&name(file), status, &lines, &errors);
        assert_eq!(status == 0, name(file).starts_with("good-") || name(file) == "unknown-column", "{text}");
        assert!(expected.contains(&text.as_str()), "not expected:\n{text}");
        seen.push(text);
    }
    expected.retain(|text| !seen.iter().any(|seen| seen == text));
    assert_eq!(expected, Vec::<&str>::new(), "expected of no file");
}

/// The rules of one gateway or another are applied to the same rows.
#[test]
fn the_gateway_decides_what_is_wrong() {
    let good = folder().join("good-plain.csv");
    let (status, lines, _) = check(&good, &["--gateway", "adullam"]);
    assert_eq!((status, rules(&lines)), (1, "1 supported".to_owned()));
    let (status, lines, _) = check(&good, &["--gateway", "bitlipa"]);
    assert_eq!((status, rules(&lines)), (0, String::new()));
    // Nobody says which.
    let (status, lines, _) = check(&good, &[]);
    assert_eq!((status, rules(&lines)), (1, "2 required, 3 required".to_owned()));
    let (status, lines, _) = check(&folder().join("gateways.csv"), &[]);
    assert_eq!((status, rules(&lines)), (1, "3 required, 4 supported, 5 supported".to_owned()));
}

#[test]
fn what_was_left_open_can_be_told() {
    let told = |file: &str, args: &[&str]| {
        let (status, lines, _) = check(&folder().join(file), &[&["--gateway", "cinetpay"], args].concat());
        (status, rules(&lines))
    };
    let accepted = ["--accept-duplicate-recipients"];
    assert_eq!(told("duplicate-recipient.csv", &accepted), (0, "4 duplicate_recipient".to_owned()));
    let old_windows = ["--encoding", "windows-1252"];
    assert_eq!(told("windows-1252-cell.csv", &old_windows), (0, String::new()));
    assert_eq!(told("windows-1252-header.csv", &old_windows), (0, String::new()));
    assert!(!told("amounts.csv", &["--decimal-mark", "comma"]).1.contains("6 ambiguous"));
    assert!(!told("phones.csv", &["--country", "CI"]).1.contains("6 phone"));
}

#[test]
fn a_file_that_is_not_there_is_no_file_without_problems() {
    for file in [folder().join("absent.csv"), folder()] {
        let (status, lines, errors) = check(&file, &["--gateway", "cinetpay"]);
        assert_eq!((status, lines.len()), (2, 0), "{errors}");
        assert!(errors.contains("cannot read the file"), "{errors}");
    }
}

#[test]
fn totals_needs_and_balances_are_shown() {
    let good = folder().join("good-plain.csv");
    let (status, lines, _) = check(&good, &["--gateway", "cinetpay", "--balance", "3000XOF"]);
    assert_eq!(status, 1);
    let found: Vec<_> = lines.iter().map(ToString::to_string).collect();
    assert_eq!(
        found[..3],
        [
            r#"{"amount":"2500","country":"CI","currency":"XOF","kind":"total","operator":"MTN","rows":1}"#,
            r#"{"amount":"1000","country":"CI","currency":"XOF","kind":"total","operator":"Orange","rows":1}"#,
            r#"{"balance":"3000","currency":"XOF","enough":false,"fees":"undocumented","kind":"need","need":"3500","rows":2}"#,
        ]
    );
    let digest = lines[3]["sha256"].as_str().unwrap();
    assert_eq!(digest.len(), 64);
    assert_eq!(lines[3]["fine"], false);
    assert_eq!(check(&good, &["--gateway", "cinetpay", "--balance", "3500XOF"]).0, 0);
}

#[test]
fn people_read_it_in_two_languages() {
    let shown = |lang: &str, file: &str| {
        let output = nzimbu(&[])
            .args(["batch", "check", "--gateway", "cinetpay", "--lang", lang])
            .arg(folder().join(file))
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let english = shown("en", "many-faults-in-one-row.csv");
    assert!(english.contains("can be read as decimals or as thousands"), "{english}");
    assert!(english.contains("Not fine: rows 1, without error 0; errors 7, to be accepted 0."), "{english}");
    let french = shown("fr", "many-faults-in-one-row.csv");
    assert!(french.contains("peut se lire en décimales ou en milliers"), "{french}");
    assert!(french.contains("À corriger : lignes 1, sans erreur 0 ; erreurs 7, à accepter 0."), "{french}");
    assert!(french.contains("Rien n'a été envoyé."));
    assert!(shown("fr", "good-plain.csv").contains("Besoin : 3\u{a0}500 XOF."));
}

/// Whatever is wrong, nothing of what stands in a cell is repeated.
#[test]
fn no_number_and_no_name_is_printed() {
    for file in files() {
        for args in [&["--json"][..], &["--lang", "fr"], &["--gateway", "bitlipa"]] {
            let output = nzimbu(&[])
                .args(["batch", "check", "--country", "CI"])
                .args(args)
                .arg(&file)
                .output()
                .unwrap();
            let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
            let held = ["Kouassi", "Awa", "awa@", "Koffi", "Yao", "4111", "000001", "00000001", "0000002"];
            for held in held {
                // The digest of a file is hexadecimal and may hold any run of digits.
                let found =
                    text.lines().filter(|line| !line.contains("sha256")).any(|line| line.contains(held));
                assert!(!found, "{} shows {held}:\n{text}", file.display());
            }
        }
    }
}

/// What checks files names nothing that could send.
#[test]
fn nothing_can_be_sent_while_a_file_is_checked() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = vec![source.join("commands/batch/check.rs"), source.join("commands/batch/print.rs")];
    let mut folders = vec![source.join("batch")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    assert!(files.len() > 15);
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        for word in ["Transport", "BlockingHttp", "AsyncHttp", "std::net", "tokio", ".start()"] {
            assert!(!text.contains(word), "{} names {word}", file.display());
        }
    }
}

/// What was found in a file, as `expected.txt` has it.
fn told(name: &str, status: i32, lines: &[serde_json::Value], errors: &str) -> String {
    let mut text = format!("{name}: exit {status}");
    if let Some(summary) = lines.last() {
        let _ = write!(text, ", {} of {} rows", summary["good_rows"], summary["rows"]);
        if summary["empty_rows"] != 0 {
            let _ = write!(text, ", {} empty", summary["empty_rows"]);
        }
    }
    for line in lines.iter().filter(|line| line["kind"] == "problem") {
        let column = line["column"].as_u64().map_or("-".to_owned(), |column| column.to_string());
        let field = line["field"].as_str().unwrap_or("row");
        let rule = line["rule"].as_str().unwrap();
        let _ = write!(text, "\n  {}:{column} {field} {rule}", line["line"]);
    }
    if !errors.is_empty() {
        let _ = write!(text, "\n  {}", errors.trim());
    }
    text
}

fn rules(lines: &[serde_json::Value]) -> String {
    let problems = lines.iter().filter(|line| line["kind"] == "problem");
    problems
        .map(|line| format!("{} {}", line["line"], line["rule"].as_str().unwrap()))
        .collect::<Vec<_>>()
        .join(", ")
}

fn check(file: &Path, args: &[&str]) -> (i32, Vec<serde_json::Value>, String) {
    let output = nzimbu(&[]).args(["batch", "check", "--json"]).args(args).arg(file).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    (output.status.code().unwrap(), lines, String::from_utf8(output.stderr).unwrap())
}

fn files() -> Vec<PathBuf> {
    let files = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = files.filter(|path| path.extension().is_some_and(|kind| kind == "csv")).collect();
    files.sort();
    files
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/batch")
}
