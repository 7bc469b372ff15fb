//! Scaffolds a gateway: the usual files, everything `Unsupported`, one transcript, and the lines that make it known.

use std::fs;
use std::path::Path;

use crate::run::{Chore, cargo, files, root, run};

/// Adds a gateway to the workspace at `root`.
pub(crate) fn add(root: &Path, name: &str) -> Chore {
    let lower = |sign: char| sign.is_ascii_lowercase() || sign.is_ascii_digit() || sign == '_';
    if !name.starts_with(|sign: char| sign.is_ascii_lowercase()) || !name.chars().all(lower) {
        return Err("a gateway's name is small letters, digits and _, beginning with a letter".to_owned());
    }
    let folder = format!("crates/providers/src/{name}");
    if root.join(&folder).exists() {
        return Err(format!("{folder} is there already"));
    }
    let edits = edits(name);
    // Every place is looked for before anything is written, so that a failure leaves the workspace as it was.
    let mut edited = Vec::new();
    for (file, mark, line) in &edits {
        let done = edited.iter().rposition(|(known, _): &(&str, String)| known == file);
        let text = match done {
            Some(place) => edited.remove(place).1,
            None => fs::read_to_string(root.join(file)).map_err(|error| format!("{file}: {error}"))?,
        };
        if !text.contains(mark.as_str()) {
            return Err(format!("{file}: nothing to hang the new lines on: {mark:?} is missing"));
        }
        edited.push((file, text.replacen(mark.as_str(), line, 1)));
    }
    for (template, file) in TEMPLATES {
        write(root, &fill(file, name), &fill(template, name))?;
    }
    for (file, text) in edited {
        write(root, file, &text)?;
    }
    // How long a name is decides where lines break.
    run(cargo(&["fmt", "--package", "nzimbu-providers", "--package", "nzimbu-tests"]).current_dir(root))?;
    println!("{folder}/ is there; begin with its README.md, then fixtures/{name}/ and wire.rs");
    Ok(())
}

/// Scaffolds in a copy of the workspace and shows that the result is formatted, free of warnings and passes.
pub(crate) fn prove() -> Chore {
    let copy = root().join("target/new-gateway");
    if copy.exists() {
        fs::remove_dir_all(&copy).map_err(|error| error.to_string())?;
    }
    for file in files()? {
        let to = copy.join(&file);
        fs::create_dir_all(to.parent().unwrap_or(&copy)).map_err(|error| error.to_string())?;
        fs::copy(root().join(&file), to).map_err(|error| format!("{file}: {error}"))?;
    }
    add(&copy, "wave_money")?;
    // A folder of its own: cargo names what it compiles by the place inside a workspace, which is the same in the copy.
    let target = root().join("target/scaffold");
    let step = |words: &[&str]| run(cargo(words).current_dir(&copy).env("CARGO_TARGET_DIR", &target));
    step(&["fmt", "--all", "--check"])?;
    step(&["check", "--quiet", "--package", "nzimbu", "--no-default-features", "--features", "wave_money"])?;
    let packages = ["--package", "nzimbu-providers", "--package", "nzimbu-tests"];
    let clippy = ["clippy", "--quiet", "--all-targets", "--all-features"];
    step(&[&clippy[..], &packages[..], &["--", "-D", "warnings"][..]].concat())?;
    let mut test = cargo(&["test", "--quiet", "--package", "nzimbu-tests", "--test", "transcripts"]);
    run(test.current_dir(&copy).env("CARGO_TARGET_DIR", &target).env("INSTA_UPDATE", "no"))
}

/// File, the text that marks the place, and what stands there afterwards.
fn edits(name: &str) -> Vec<(&'static str, String, String)> {
    let mut edits = Vec::new();
    let mut before = |file, mark: &str, line: String| edits.push((file, mark.to_owned(), line + mark));
    before("crates/providers/Cargo.toml", "\n[dependencies]\n", format!("{name} = []\n"));
    before("crates/nzimbu/Cargo.toml", "# `AsyncHttp`,", format!("{name} = [\"nzimbu-providers/{name}\"]\n"));
    before(
        "crates/providers/src/lib.rs",
        "\n#[cfg(any(",
        format!("#[cfg(feature = \"{name}\")]\npub mod {name};\n"),
    );
    before("tests/src/gateways.rs", "\nuse std::fmt::Debug;", format!("mod {name};\n"));
    before("tests/Cargo.toml", "\"cinetpay\", \"serde\"]", format!("\"{name}\", "));
    let row = "(\"adullam\", adullam::open)";
    edits.push(("tests/src/gateways.rs", row.to_owned(), format!("(\"{name}\", {name}::open), {row}")));
    edits
}

fn write(root: &Path, file: &str, text: &str) -> Chore {
    let path = root.join(file);
    fs::create_dir_all(path.parent().unwrap_or(root)).map_err(|error| format!("{file}: {error}"))?;
    fs::write(path, text).map_err(|error| format!("{file}: {error}"))
}

fn fill(template: &str, name: &str) -> String {
    let word = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect::<String>()
    };
    let camel: String = name.split('_').map(word).collect();
    let text = template.replace("{{name}}", name).replace("{{Name}}", &camel);
    text.replace("{{host}}", &name.replace('_', "-"))
}

const TEMPLATES: &[(&str, &str)] = &[
    (include_str!("../templates/README.md.txt"), "crates/providers/src/{{name}}/README.md"),
    (include_str!("../templates/mod.rs.txt"), "crates/providers/src/{{name}}/mod.rs"),
    (include_str!("../templates/wire.rs.txt"), "crates/providers/src/{{name}}/wire.rs"),
    (include_str!("../templates/rules.rs.txt"), "crates/providers/src/{{name}}/rules.rs"),
    (include_str!("../templates/codes.rs.txt"), "crates/providers/src/{{name}}/codes.rs"),
    (include_str!("../templates/callback.rs.txt"), "crates/providers/src/{{name}}/callback.rs"),
    (include_str!("../templates/tests.rs.txt"), "tests/src/gateways/{{name}}.rs"),
    (include_str!("../templates/unsupported.http.txt"), "fixtures/{{name}}/unsupported.http"),
    (include_str!("../templates/unsupported.snap.txt"), "fixtures/{{name}}/unsupported.snap"),
];

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failing test may panic")]
    use super::*;

    #[test]
    fn names_become_types() {
        assert_eq!(fill("{{name}} {{Name}} {{host}}", "wave_money"), "wave_money WaveMoney wave-money");
    }

    #[test]
    fn wrong_and_taken_names_are_refused() {
        for name in ["", "Wave", "1wave", "wave-money", "../wave", "adullam"] {
            assert!(add(&root(), name).is_err(), "{name}");
        }
    }

    #[test]
    fn every_place_for_new_lines_is_there() {
        for (file, mark, _) in edits("wave") {
            assert!(fs::read_to_string(root().join(file)).unwrap().contains(&mark), "{file}: {mark:?}");
        }
    }
}
