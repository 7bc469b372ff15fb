//! Rules for files that no compiler checks. They run as a test as well.

use std::fs;

use crate::proofs;
use crate::run::{Chore, files, root};

pub(crate) fn check() -> Chore {
    let mut wrong = Vec::new();
    let mut long = Vec::new();
    let files = files()?;
    for file in &files {
        let Ok(text) = fs::read_to_string(root().join(file)) else { continue };
        if file.ends_with(".rs") && text.lines().count() > LONG {
            long.push(format!("{file}: {} lines", text.lines().count()));
        }
        wrong.extend(faults(file, &text).into_iter().map(|fault| format!("{file}{fault}")));
    }
    wrong.extend(proofs::check()?);
    if !long.is_empty() {
        println!(
            "files of more than {LONG} lines, to be split by noun when they grow:\n  {}",
            long.join("\n  ")
        );
    }
    println!("{} files looked at", files.len());
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
}

const LONG: usize = 600;

/// What is wrong with a file, behind its line.
fn faults(file: &str, text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let mut forbid = |scope: &str, words: &[&str], rule: &str| {
        for (index, line) in scope.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            let looked_at = if file.ends_with(".rs") { code } else { line };
            if words.iter().any(|word| names(looked_at, word)) {
                faults.push(format!(":{}: {rule}", index + 1));
            }
        }
    };
    let machine = [
        concat!("/ho", "me/"),
        concat!("/ro", "ot/"),
        concat!("/Us", "ers/"),
        concat!("/wo", "rk/"),
        concat!("/t", "mp/"),
    ];
    forbid(text, &machine, "names a path of one machine");
    if file.ends_with(".rs") {
        // A test may be one that another test runs in a process of its own.
        let mark = concat!("#[ig", "nore");
        let run_by = format!("{mark} = \"run by ");
        forbid(&text.replace(&run_by, ""), &[mark], "ignores a test: assert what it does instead");
    }
    // Tests inside a file may do what the code may not.
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    if file.starts_with("crates/providers/src/") && file.ends_with(".rs") && !file.ends_with("tests.rs") {
        let io = [
            "SystemTime",
            "Instant",
            "std::thread",
            "thread::",
            "std::fs",
            "fs::",
            "std::net",
            "net::Tcp",
            "std::env",
            "env::",
            "tokio",
            "reqwest",
            "ureq",
            "async fn",
            "std::process",
        ];
        forbid(code, &io, "does I/O, reads a clock or waits: hand it in or let the driver do it");
    }
    if file.starts_with("crates/sandbox/src/") && !file.starts_with("crates/sandbox/src/wire") {
        forbid(
            code,
            &["nzimbu_core", "nzimbu_providers"],
            "shares code with the client: write it from the documents",
        );
    }
    if file.starts_with("crates/transport-") {
        forbid(code, &["cinetpay", "bitlipa", "adullam", "nzimbu_providers"], "knows a gateway");
    }
    if file.starts_with("fixtures/") && file.ends_with(".http") {
        let origin = text.lines().find_map(|line| line.strip_prefix("# from:"));
        if origin.is_none_or(|origin| origin.trim().len() < 8) {
            faults.push(": does not say where its words come from: add `# from: …`".to_owned());
        }
    }
    let member = (file.starts_with("crates/") || file == "tests/Cargo.toml" || file == "xtask/Cargo.toml")
        && file.ends_with("Cargo.toml");
    if member && !text.contains("[lints]\nworkspace = true") {
        faults.push(": does not take the workspace's lints".to_owned());
    }
    faults
}

/// Whether a word stands in a line, not as a part of a longer name.
fn names(line: &str, word: &str) -> bool {
    let part = |sign: char| sign.is_ascii_alphanumeric() || sign == '_';
    line.match_indices(word).any(|(at, _)| {
        let before = word.starts_with(part) && line[..at].ends_with(part);
        let after = word.ends_with(part) && line[at + word.len()..].starts_with(part);
        !before && !after
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_workspace_is_tidy() {
        assert_eq!(check(), Ok(()));
    }

    #[test]
    fn each_rule_finds_what_it_forbids() {
        let path = concat!("see /wo", "rk/x");
        let rows = [
            ("README.md", path, 1),
            ("crates/providers/src/x/mod.rs", "use std::time::Instant;\nlet at = fs::read(x);", 2),
            (
                "crates/providers/src/x/mod.rs",
                "use std::time::Duration; // no Instant\n#[cfg(test)]\nuse std::thread;",
                0,
            ),
            ("crates/providers/src/x/mod.rs", "let offset = instants::of(x);", 0),
            ("crates/sandbox/src/x.rs", "use nzimbu_core::Money;", 1),
            ("crates/sandbox/src/wire/x.rs", "use nzimbu_core::Transport;", 0),
            ("crates/transport-async/src/lib.rs", "const HOST: &str = \"cinetpay\";", 1),
            ("fixtures/x/y.http", "# a case\ncall pay", 1),
            ("fixtures/x/y.http", "# a case\n# from: the page X\ncall pay", 0),
            ("tests/x.rs", concat!("#[ig", "nore]\nfn x() {}"), 1),
            ("tests/x.rs", concat!("#[ig", "nore = \"run by y\"]\nfn x() {}"), 0),
            ("crates/x/Cargo.toml", "[package]", 1),
            ("crates/x/Cargo.toml", "[lints]\nworkspace = true\n", 0),
        ];
        for (file, text, count) in rows {
            assert_eq!(faults(file, text).len(), count, "{file}: {text}");
        }
    }
}
