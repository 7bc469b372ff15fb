//! `nzimbu-core` links into a program that has no std (`tests/no-std`), and the same program does not link when a
//! part of the core brings std with it.
#![allow(clippy::unwrap_used, reason = "a failing test may panic")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

#[test]
fn the_core_links_without_std_and_std_would_be_noticed() {
    let built = build(&[]);
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    let status = Command::new(target().join("debug/nzimbu-no-std")).status().unwrap();
    assert_eq!(status.code(), Some(0), "the check of this number failed: see `main` in tests/no-std");

    let crept = build(&["--features", "creep"]);
    let told = String::from_utf8_lossy(&crept.stderr);
    assert!(!crept.status.success(), "std crept in and nobody noticed");
    assert!(told.contains("panic_impl"), "it failed for another reason:\n{told}");
}

fn build(words: &[&str]) -> Output {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("no-std");
    // The versions of the workspace: what links here is what users get.
    fs::copy(program.join("../../Cargo.lock"), program.join("Cargo.lock")).unwrap();
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet"]).args(words).current_dir(&program);
    // Flags that the workspace is compiled with, such as those for coverage, may bring std.
    cargo.env_remove("RUSTFLAGS").env("CARGO_TARGET_DIR", target()).output().unwrap()
}

fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("no-std")
}
