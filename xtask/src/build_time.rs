//! What a user's clean release build costs beyond the libraries for TLS and HTTP that it needs anyway.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::run::{Chore, cargo, output, root, run};

/// Hundredths of CPU seconds, on the machine that the figure was set on.
const MOST: u64 = 30 * 100;

/// Builds both from nothing, in folders of their own, and compares the CPU that the compilers took. It is a matter of
/// minutes, and of what else the machine does: no part of `ci`.
pub(crate) fn measure() -> Chore {
    let target = root().join("target/build-time");
    // What stands there from a run before would cost nothing.
    let _ = fs::remove_dir_all(&target);
    let libraries = target.join("libraries");
    write_package(&libraries)?;
    let words = ["build", "--release", "--quiet", "--offline", "--locked"];
    let manifest = libraries.join("Cargo.toml").to_string_lossy().into_owned();
    let alone = spent(&[&words[..], &["--manifest-path", &manifest]].concat(), &target.join("alone"))?;
    let choice = ["--package", "nzimbu", "--no-default-features"];
    let features = ["--features", "adullam,bitlipa,blocking,cinetpay"];
    let whole = spent(&[&words[..], &choice, &features].concat(), &target.join("whole"))?;
    let _ = fs::remove_dir_all(&target);
    let beyond = whole.saturating_sub(alone);
    println!("CPU of a clean release build, user and system:");
    for (name, spent) in [
        ("ureq, rustls and the platform's certificates alone", alone),
        ("nzimbu, blocking, with all gateways", whole),
        ("beyond", beyond),
    ] {
        println!("  {name:<52}{:>8} s", shown(spent));
    }
    let limit = format!("at most {} s", shown(MOST));
    if beyond <= MOST { Ok(()) } else { Err(format!("{} s are too many: {limit}", shown(beyond))) }
}

fn shown(hundredths: u64) -> String {
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

/// A package that needs what the blocking transport needs, with the same features, but for our own crates.
fn write_package(folder: &Path) -> Chore {
    let told = output(&mut cargo(&["metadata", "--format-version", "1", "--no-deps", "--offline"]))?;
    let told: Value = serde_json::from_str(&told).map_err(|error| format!("cargo metadata: {error}"))?;
    let packages = told["packages"].as_array().into_iter().flatten();
    let transport = packages.into_iter().find(|package| package["name"] == "nzimbu-transport-blocking");
    let needed = transport.and_then(|package| package["dependencies"].as_array());
    let needed = needed.ok_or("cargo metadata tells no dependencies of nzimbu-transport-blocking")?;
    let mut manifest = "[package]\nname = \"libraries\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
        [workspace]\n\n[dependencies]\n"
        .to_owned();
    for needed in needed.iter().filter(|needed| needed["kind"].is_null() && needed["path"].is_null()) {
        let (name, version, features) = (&needed["name"], &needed["req"], &needed["features"]);
        let defaults = &needed["uses_default_features"];
        let name = name.as_str().ok_or("a dependency without a name")?;
        manifest += &format!(
            "{name} = {{ version = {version}, features = {features}, default-features = {defaults} }}\n"
        );
    }
    fs::create_dir_all(folder.join("src")).map_err(|error| error.to_string())?;
    fs::write(folder.join("Cargo.toml"), manifest).map_err(|error| error.to_string())?;
    fs::write(folder.join("src/lib.rs"), "").map_err(|error| error.to_string())?;
    // The same versions: cargo drops from a lock what a package does not need.
    fs::copy(root().join("Cargo.lock"), folder.join("Cargo.lock")).map_err(|error| error.to_string())?;
    let manifest = folder.join("Cargo.toml").to_string_lossy().into_owned();
    output(&mut cargo(&["metadata", "--format-version", "1", "--offline", "--manifest-path", &manifest]))?;
    Ok(())
}

/// The CPU time of cargo and of all that it starts, in hundredths of a second.
fn spent(words: &[&str], target: &Path) -> Result<u64, String> {
    let before = children()?;
    run(cargo(words).env("CARGO_TARGET_DIR", target))?;
    Ok(children()? - before)
}

/// User and system time of the processes that were started from here and have ended, theirs included. The kernel counts
/// in hundredths of a second.
fn children() -> Result<u64, String> {
    let stat = fs::read_to_string("/proc/self/stat").map_err(|error| format!("only Linux tells: {error}"))?;
    let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks = after_name.split_whitespace().skip(13).take(2).map(str::parse::<u64>);
    ticks.sum::<Result<u64, _>>().map_err(|error| format!("/proc/self/stat: {error}"))
}
