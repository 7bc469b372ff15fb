//! The sandbox's table of documented behaviour: every test that it names must be there.

use std::collections::BTreeSet;
use std::fs;

use crate::run::{files, root};

/// What is wrong with the table.
pub(crate) fn check() -> Result<Vec<String>, String> {
    let readme = fs::read_to_string(root().join(README)).map_err(|error| format!("{README}: {error}"))?;
    let files = files()?;
    let mut tests = BTreeSet::new();
    for file in files.iter().filter(|file| file.starts_with(TESTS) && file.ends_with(".rs")) {
        // Those in `gateways` are named without it.
        let module = file[TESTS.len()..].trim_end_matches(".rs").replace('/', "::");
        let module = module.strip_prefix(USUAL).unwrap_or(&module);
        let text = fs::read_to_string(root().join(file)).map_err(|error| format!("{file}: {error}"))?;
        let names = names_of_tests(&text);
        if !names.is_empty() {
            tests.insert(module.to_owned());
        }
        tests.extend(names.into_iter().map(|name| format!("{module}::{name}")));
    }
    let is_tested = |path: &str| {
        let path = format!("{CRATE}{path}");
        let with_tests = |file: &String| {
            let text = fs::read_to_string(root().join(file)).unwrap_or_default();
            !names_of_tests(&text).is_empty()
        };
        files.iter().any(|file| (*file == path || file.starts_with(&format!("{path}/"))) && with_tests(file))
    };
    Ok(faults(&readme, &tests, is_tested).into_iter().map(|fault| format!("{README}: {fault}")).collect())
}

/// Rows that name no test, or one that is not there.
fn faults(readme: &str, tests: &BTreeSet<String>, is_tested: impl Fn(&str) -> bool) -> Vec<String> {
    let mut faults = Vec::new();
    let table = readme.split(HEADING).nth(1).unwrap_or_default();
    let rows = table.lines().skip_while(|line| !line.starts_with("|---")).skip(1);
    let rows: Vec<&str> = rows.take_while(|line| line.starts_with('|')).collect();
    if rows.len() < FEWEST {
        faults.push(format!("the table under \"{HEADING}\" has {} rows, fewer than it had", rows.len()));
    }
    for row in rows {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [behaviour, proof] = cells[..] else {
            faults.push(format!("not two columns: {row}"));
            continue;
        };
        let named: Vec<&str> = proof.split('`').skip(1).step_by(2).collect();
        // A row in bold is a heading.
        if named.is_empty() && !behaviour.starts_with("**") {
            faults.push(format!("no test is named for: {behaviour}"));
        }
        for name in named {
            let found = if name.contains('/') { is_tested(name) } else { tests.contains(name) };
            if !found {
                faults.push(format!("the test `{name}` is not there, for: {behaviour}"));
            }
        }
    }
    faults
}

/// The functions that stand under `#[test]`.
fn names_of_tests(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut marked = false;
    for line in text.lines().map(str::trim) {
        if line == "#[test]" || line.starts_with("#[tokio::test") {
            marked = true;
        } else if marked && let Some((_, rest)) = line.split_once("fn ") {
            names.extend(rest.split('(').next().map(str::to_owned));
            marked = false;
        }
    }
    names
}

const CRATE: &str = "crates/sandbox/";
const README: &str = "crates/sandbox/README.md";
const TESTS: &str = "crates/sandbox/tests/";
const USUAL: &str = "gateways::";
const HEADING: &str = "# Documented behaviour and the test that shows it";
/// Rows are added, not lost.
const FEWEST: usize = 95;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_without_their_tests_are_found() {
        let tests = BTreeSet::from(["a".to_owned(), "a::one".to_owned()]);
        let table =
            |rows: &str| format!("text\n{HEADING}\n\n| B | T |\n|---|---|\n{rows}\n\n| other | - |\n");
        let wrong = |rows: &str| faults(&table(rows), &tests, |path| path == "src/x.rs").len() - 1;
        assert_eq!(
            wrong("| **Heading** | |\n| x | `a` |\n| y | `a::one`; golden vectors in `src/x.rs` |"),
            0
        );
        assert_eq!(wrong("| x | `a::two` |"), 1);
        assert_eq!(wrong("| x | `a::one`, `b` |\n| y | `src/y.rs` |"), 2);
        assert_eq!(wrong("| x | by hand |"), 1);
        assert_eq!(wrong("| x | `a` | more |"), 1);
    }

    #[test]
    fn tests_are_read_by_their_mark() {
        let text = "#[test]\nfn one() {}\nfn help() {}\n    #[tokio::test]\n    #[track_caller]\n    async fn two() {";
        assert_eq!(names_of_tests(text), ["one", "two"]);
    }
}
