//! The tables that name the tests of what they say: every test that they name must be there, and no row may be lost.

use std::collections::BTreeSet;
use std::fs;
use std::ops::RangeInclusive;

use crate::run::{files, root};

/// A table of this workspace, in one section of a file or in several.
struct Table {
    file: &'static str,
    headings: &'static [&'static str],
    columns: usize,
    /// What a name may leave out at its beginning.
    places: &'static [&'static str],
    rows: Rows,
}

/// Which rows there have to be.
enum Rows {
    /// Rows are added, not lost; one in bold is a heading.
    AtLeast(usize),
    /// One for every number behind these letters, of so many digits at least, in this order.
    Numbered(&'static [(&'static str, usize, RangeInclusive<u32>)]),
}

const TABLES: [Table; 2] = [
    Table {
        file: "crates/sandbox/README.md",
        headings: &["# Documented behaviour and the test that shows it"],
        columns: 2,
        places: &["sandbox::", "sandbox::gateways::"],
        rows: Rows::AtLeast(95),
    },
    Table {
        file: "tests/FAULTS.md",
        headings: &[
            "# Network and gateways",
            "# Callbacks",
            "# Journal, processes and storage",
            "# Values, people and secrets",
            "# Crash points of a payout",
            "# Rules",
        ],
        columns: 4,
        places: &[""],
        rows: Rows::Numbered(&[
            ("N", 2, 1..=33),
            ("C", 2, 1..=18),
            ("J", 2, 1..=22),
            ("V", 2, 1..=8),
            ("P", 1, 0..=11),
            ("R", 1, 1..=20),
        ]),
    },
];

/// What begins a row that has no test, before its reason.
const NONE: &str = "no test: ";

/// What is wrong with the tables.
pub(crate) fn check() -> Result<Vec<String>, String> {
    let proofs = Proofs::read()?;
    let mut wrong = Vec::new();
    for table in &TABLES {
        let text = fs::read_to_string(root().join(table.file))
            .map_err(|error| format!("{}: {error}", table.file))?;
        wrong.extend(
            faults(table, &text, &proofs).into_iter().map(|fault| format!("{}: {fault}", table.file)),
        );
    }
    Ok(wrong)
}

/// What can be named.
#[derive(Default)]
struct Proofs {
    /// Tests, and the modules that hold some, from the name of the package on.
    tests: BTreeSet<String>,
    /// Files with tests, relative to the top, and the folders that hold them.
    files: BTreeSet<String>,
    /// Texts in the code of the suite for transports, whose cases have names and are no functions.
    cases: BTreeSet<String>,
}

impl Proofs {
    fn read() -> Result<Self, String> {
        let mut proofs = Self::default();
        for file in files()?.iter().filter(|file| file.ends_with(".rs")) {
            let text = fs::read_to_string(root().join(file)).map_err(|error| format!("{file}: {error}"))?;
            if file.starts_with("crates/sandbox/src/wire") {
                proofs.cases.extend(text.split('"').map(str::to_owned));
            }
            let names = names_of_tests(&text);
            if names.is_empty() {
                continue;
            }
            let module = module(file);
            proofs.tests.extend(names.into_iter().map(|name| format!("{module}::{name}")));
            proofs.tests.insert(module);
            let parts = file.match_indices('/').map(|(at, _)| file[..at].to_owned());
            proofs.files.extend(parts.chain([file.clone()]));
        }
        Ok(proofs)
    }

    fn has(&self, table: &Table, name: &str) -> bool {
        if name.contains('/') {
            let folder = table.file.rsplit_once('/').map_or("", |(folder, _)| folder);
            return self.files.contains(&format!("{folder}/{name}"));
        }
        table.places.iter().any(|place| self.tests.contains(&format!("{place}{name}")))
    }
}

/// The name of a file's module, without the folder that makes it a library or its tests.
fn module(file: &str) -> String {
    let file = file.trim_start_matches("crates/").trim_end_matches(".rs").trim_end_matches("/mod");
    let (package, rest) = file.split_once('/').unwrap_or((file, ""));
    let rest = rest.split_once('/').map_or(rest, |(_, rest)| rest);
    format!("{package}/{rest}").replace('/', "::")
}

/// Rows that are missing, name no test, or one that is not there.
fn faults(table: &Table, text: &str, proofs: &Proofs) -> Vec<String> {
    let mut faults = Vec::new();
    let mut heads = Vec::new();
    for row in rows(table, text) {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let (Some(head), Some(proof)) = (cells.first(), cells.last()) else { continue };
        heads.push((*head).to_owned());
        if cells.len() != table.columns {
            faults.push(format!("not {} columns: {row}", table.columns));
            continue;
        }
        let unproven = match table.rows {
            Rows::AtLeast(_) => head.starts_with("**"),
            Rows::Numbered(_) => proof.strip_prefix(NONE).is_some_and(|reason| reason.len() > 10),
        };
        let mut module = "";
        let mut named = 0;
        for name in proof.split('`').skip(1).step_by(2) {
            named += 1;
            // A name without a module is in that of the name before it.
            let name = match name.strip_prefix("::") {
                Some(short) => format!("{module}::{short}"),
                None => {
                    module = name.rsplit_once("::").map_or(name, |(module, _)| module);
                    name.to_owned()
                }
            };
            if !proofs.has(table, &name) {
                faults.push(format!("the test `{name}` is not there, for: {head}"));
            }
        }
        if named == 0 && !unproven {
            faults.push(format!("no test is named for: {head}"));
        }
        for case in proof.split('"').skip(1).step_by(2) {
            if !proofs.cases.contains(case) {
                faults.push(format!("the suite for transports has no case \"{case}\", for: {head}"));
            }
        }
    }
    match &table.rows {
        Rows::AtLeast(fewest) if heads.len() < *fewest => {
            faults.push(format!("{} rows, fewer than there were", heads.len()));
        }
        Rows::AtLeast(_) => {}
        Rows::Numbered(ranges) => {
            let ids = ranges.iter().flat_map(|(letter, digits, range)| {
                range.clone().map(move |number| format!("{letter}{number:0digits$}"))
            });
            let wanted: Vec<_> = ids.collect();
            let lost = wanted.iter().filter(|id| !heads.contains(id)).map(|id| format!("no row for {id}"));
            faults.extend(lost);
            if faults.is_empty() && heads != wanted {
                faults.push(format!("rows stand twice, or not in their order: {}", heads.join(" ")));
            }
        }
    }
    faults
}

/// The rows of a table, without those that name its columns.
fn rows<'a>(table: &Table, text: &'a str) -> Vec<&'a str> {
    let mut rows = Vec::new();
    for heading in table.headings {
        let section = text.lines().skip_while(|line| line != heading).skip(1);
        let section = section.take_while(|line| !line.starts_with('#'));
        let lines = section.filter(|line| line.starts_with('|'));
        rows.extend(lines.skip_while(|line| !line.starts_with("|---")).skip(1));
    }
    rows
}

/// The functions that stand under `#[test]`, and the cases that a macro makes tests of.
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
    // `name!(@ place, module: case, case; module: case);`
    if let Some((_, cases)) = text.split_once("(@ $place,\n").filter(|_| text.contains("macro_rules!")) {
        let cases = cases.split_once(");").map_or(cases, |(cases, _)| cases);
        let words = cases.split([',', ';']).map(|word| word.rsplit(':').next().unwrap_or(word).trim());
        names.extend(words.filter(|word| !word.is_empty()).map(str::to_owned));
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proofs() -> Proofs {
        let set = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        Proofs {
            tests: set(&["box::a", "box::a::one", "box::a::two"]),
            files: set(&["box", "box/src/x.rs"]),
            cases: set(&["a bomb"]),
        }
    }

    #[test]
    fn rows_without_their_tests_are_found() {
        let table = Table {
            file: "box/README.md",
            headings: &["# Shown"],
            columns: 2,
            places: &["box::"],
            rows: Rows::AtLeast(3),
        };
        let wrong = |rows: &str| {
            let rows = format!(
                "text\n# Shown\n\n| B | T |\n|---|---|\n| **Heading** | |\n{rows}\n\n# Other\n| o | - |\n"
            );
            faults(&table, &rows, &proofs())
        };
        let none: [&str; 0] = [];
        assert_eq!(wrong("| x | `a` |\n| y | `a::one`, `::two`; golden vectors in `src/x.rs` |"), none);
        assert_eq!(wrong("| x | `a::six` |\n| y | `a` |").len(), 1);
        assert_eq!(wrong("| x | `a::one`, `::six`, `b` |\n| y | `src/y.rs` |").len(), 3);
        assert_eq!(wrong("| x | by hand |\n| y | `a` | more |").len(), 2);
        assert_eq!(wrong("| y | `a` |"), ["2 rows, fewer than there were"]);
    }

    #[test]
    fn rows_of_the_matrix_that_are_missing_are_found() {
        let table = Table {
            file: "box/FAULTS.md",
            headings: &["# One", "# Two"],
            columns: 2,
            places: &[""],
            rows: Rows::Numbered(&[("N", 2, 1..=2), ("P", 1, 0..=0)]),
        };
        let wrong = |first: &str, second: &str| {
            let head = "| I | T |\n|---|---|\n";
            faults(&table, &format!("# One\n{head}{first}\n# Two\n{head}{second}\n"), &proofs())
        };
        let none: [&str; 0] = [];
        let good = "| N01 | `box::a::one` \"a bomb\" |\n| N02 | no test: nobody can say |";
        assert_eq!(wrong(good, "| P0 | `box::a` |"), none);
        assert_eq!(wrong(good, ""), ["no row for P0"]);
        assert_eq!(wrong(&good.replace("bomb", "pump"), "| P0 | `box::a` |").len(), 1);
        assert_eq!(wrong(&good.replace("nobody can say", "-"), "| P0 | `box::a` |").len(), 1);
        assert_eq!(wrong(&good.replace("no test: ", ""), "| P0 | `box::a` |").len(), 1);
        assert_eq!(wrong(good, "| P0 | `box::a` |\n| P0 | `box::a` |").len(), 1);
    }

    #[test]
    fn tests_are_read_by_their_mark() {
        let text = "#[test]\nfn one() {}\nfn help() {}\n    #[tokio::test]\n    #[track_caller]\n    async fn two() {";
        assert_eq!(names_of_tests(text), ["one", "two"]);
        let text = "macro_rules! suite {\n suite!(@ $place,\n  a: one, two,\n  three; b: four);\n";
        assert_eq!(names_of_tests(text), ["one", "two", "three", "four"]);
    }

    #[test]
    fn modules_are_named_by_their_package() {
        for (file, name) in [
            ("crates/journal/tests/sqlite_faults.rs", "journal::sqlite_faults"),
            ("crates/journal/tests/store_suite/mod.rs", "journal::store_suite"),
            ("crates/journal/src/machine/tests/named.rs", "journal::machine::tests::named"),
            ("tests/tests/crash.rs", "tests::crash"),
            ("tests/src/args.rs", "tests::args"),
            ("xtask/src/tidy.rs", "xtask::tidy"),
        ] {
            assert_eq!(module(file), name);
        }
    }
}
