//! What the facade brings with it: how many packages, which ones not, from where, under which licences.

use std::collections::BTreeSet;
use std::fs;

use serde::Deserialize;

use crate::run::{Chore, cargo, exists, output, root, run};

const GATEWAYS: [&str; 3] = ["adullam", "bitlipa", "cinetpay"];
/// The most packages with TLS and all gateways, build scripts included.
const LIMITS: [(&str, usize, &str); 3] =
    [("blocking", 60, "tokio"), ("blocking,journal-sqlite", 80, "tokio"), ("async", 110, "ureq")];

pub(crate) fn check() -> Chore {
    let all = GATEWAYS.join(",");
    for (transport, most, foreign) in LIMITS {
        let packages = tree(&format!("{all},{transport}"))?;
        println!("nzimbu with {transport} and all gateways: {} packages, at most {most}", packages.len());
        if packages.len() > most {
            return Err(format!("{transport}: {} packages are more than {most}", packages.len()));
        }
        if packages.iter().any(|package| package.split(' ').next() == Some(foreign)) {
            return Err(format!("{transport} brings {foreign}"));
        }
    }
    for gateway in GATEWAYS {
        alone(gateway, &all)?;
    }
    licences_and_sources()?;
    if exists("cargo-deny") {
        run(&mut cargo(&["deny", "--all-features", "check", "bans", "licenses", "sources"]))?;
        advisories()
    } else {
        println!(
            "NOT RUN: cargo-deny is not installed; licences and sources were checked here, advisories were not"
        );
        Ok(())
    }
}

/// Known faults of packages. The list of them comes from the network; where that cannot be reached, it is said.
fn advisories() -> Chore {
    match output(&mut cargo(&["deny", "--all-features", "check", "advisories"])) {
        Err(told) if told.contains("fetch") || told.contains("clone") => {
            println!("NOT RUN: the list of advisories cannot be fetched here, so that none was looked up");
            Ok(())
        }
        told => told.map(drop),
    }
}

/// A gateway that is not chosen costs nothing: none of its files is compiled, no package comes only for it.
fn alone(gateway: &str, all: &str) -> Chore {
    let (own, every) = (tree(gateway)?, tree(all)?);
    if !own.is_subset(&every) {
        return Err(format!("{gateway} alone brings packages that all gateways together do not"));
    }
    let target = root().join("target/features");
    let words = ["check", "--quiet", "--package", "nzimbu", "--no-default-features", "--features", gateway];
    output(cargo(&words).env("RUSTFLAGS", "-Dwarnings").env("CARGO_TARGET_DIR", &target))?;
    let mut newest = None;
    for entry in fs::read_dir(target.join("debug/deps")).map_err(|error| error.to_string())?.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with("nzimbu_providers-") && name.ends_with(".d") {
            let text = fs::read_to_string(entry.path()).map_err(|error| error.to_string())?;
            if text.contains(&format!("src/{gateway}/mod.rs")) {
                let others = GATEWAYS.iter().filter(|other| **other != gateway);
                let foreign = others.filter(|other| text.contains(&format!("src/{other}/"))).count();
                newest = Some(newest.map_or(foreign, |least: usize| least.min(foreign)));
            }
        }
    }
    match newest {
        Some(0) => {
            println!("nzimbu with {gateway} alone: {} packages, no file of another gateway", own.len());
            Ok(())
        }
        Some(_) => Err(format!("{gateway} alone compiles files of another gateway")),
        None => Err(format!("no build of {gateway} alone was found")),
    }
}

fn tree(features: &str) -> Result<BTreeSet<String>, String> {
    let words = ["tree", "--package", "nzimbu", "--no-default-features", "--features", features];
    let shape = ["--edges", "normal,build", "--prefix", "none", "--format", "{p}"];
    let told = output(&mut cargo(&[&words[..], &shape[..]].concat()))?;
    Ok(told
        .lines()
        .map(|line| line.trim_end_matches(" (*)").to_owned())
        .filter(|line| !line.is_empty())
        .collect())
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    license: Option<String>,
    source: Option<String>,
}

#[derive(Deserialize)]
struct Deny {
    licenses: Licences,
    sources: Sources,
}

#[derive(Deserialize)]
struct Licences {
    allow: Vec<String>,
    #[serde(default)]
    exceptions: Vec<Exception>,
}

#[derive(Deserialize)]
struct Exception {
    allow: Vec<String>,
    #[serde(rename = "crate")]
    package: String,
}

#[derive(Deserialize)]
struct Sources {
    #[serde(rename = "allow-registry")]
    allow_registry: Vec<String>,
}

/// The rules of `deny.toml` that need no database.
fn licences_and_sources() -> Chore {
    let text = fs::read_to_string(root().join("deny.toml")).map_err(|error| format!("deny.toml: {error}"))?;
    let deny: Deny = toml::from_str(&text).map_err(|error| format!("deny.toml: {error}"))?;
    let told = output(&mut cargo(&["metadata", "--format-version", "1", "--all-features"]))?;
    let metadata: Metadata =
        serde_json::from_str(&told).map_err(|error| format!("cargo metadata: {error}"))?;
    let mut wrong = Vec::new();
    for package in &metadata.packages {
        let name = format!("{} {}", package.name, package.version);
        if let Some(source) = &package.source {
            let registry = source.trim_start_matches("registry+");
            if !deny.sources.allow_registry.iter().any(|known| known == registry) {
                wrong.push(format!("{name} comes from {source}"));
            }
        }
        let exceptions =
            deny.licenses.exceptions.iter().filter(|exception| exception.package == package.name);
        let allowed: Vec<_> =
            deny.licenses.allow.iter().chain(exceptions.flat_map(|exception| &exception.allow)).collect();
        let licence = package.license.as_deref().unwrap_or_default();
        if !fits(licence, &|name| allowed.iter().any(|known| known.as_str() == name)) {
            wrong.push(format!("{name} has the licence {licence:?}"));
        }
    }
    println!(
        "{} packages in the lock file: licences and sources as deny.toml has them",
        metadata.packages.len()
    );
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
}

/// Whether an SPDX expression can be fulfilled with these licences. `AND` binds closer than `OR`.
fn fits(expression: &str, allowed: &dyn Fn(&str) -> bool) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<_> = spaced.split_whitespace().collect();
    let mut place = 0;
    let fit = any(&words, &mut place, allowed);
    fit && place == words.len()
}

fn any(words: &[&str], place: &mut usize, allowed: &dyn Fn(&str) -> bool) -> bool {
    let mut fit = every(words, place, allowed);
    while words.get(*place) == Some(&"OR") {
        *place += 1;
        fit |= every(words, place, allowed);
    }
    fit
}

fn every(words: &[&str], place: &mut usize, allowed: &dyn Fn(&str) -> bool) -> bool {
    let mut fit = one(words, place, allowed);
    while words.get(*place) == Some(&"AND") {
        *place += 1;
        fit &= one(words, place, allowed);
    }
    fit
}

fn one(words: &[&str], place: &mut usize, allowed: &dyn Fn(&str) -> bool) -> bool {
    let Some(word) = words.get(*place) else { return false };
    *place += 1;
    if *word == "(" {
        let fit = any(words, place, allowed);
        *place += 1;
        return fit;
    }
    if words.get(*place) == Some(&"WITH") {
        let whole = format!("{word} WITH {}", words.get(*place + 1).unwrap_or(&""));
        *place += 2;
        return allowed(&whole);
    }
    allowed(word)
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn licence_expressions_are_weighed() {
        let allowed = |name: &str| ["MIT", "ISC"].contains(&name);
        for good in ["MIT", "GPL-3.0 OR MIT", "Unlicense/MIT", "(GPL-3.0 OR MIT) AND ISC", "A WITH B OR MIT"]
        {
            assert!(fits(good, &allowed), "{good}");
        }
        for bad in ["", "GPL-3.0", "MIT AND GPL-3.0", "(MIT OR ISC) AND A", "MIT WITH B", "MIT MIT"] {
            assert!(!fits(bad, &allowed), "{bad}");
        }
    }
}
