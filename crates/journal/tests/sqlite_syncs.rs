//! Syncs, counted from outside: one for each durable commit, and before anybody is told.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[macro_use]
#[allow(unused_macros, reason = "the cases are tried elsewhere")]
mod store_suite;
mod sqlite_file;

use std::fs;
use std::path::Path;
use std::process::Command;

use nzimbu_core::Status;
use nzimbu_journal::{Begun, Journal};

use self::sqlite_file::Folder;
use self::store_suite::cases::attempt;
use self::store_suite::shop::{payout, receipt};

const PLACE: &str = "NZIMBU_TEST_JOURNAL";
const ALONE: usize = 100;
const TOGETHER: usize = 400;

/// Whether system calls can be traced here; says so loudly where not.
fn strace() -> bool {
    let tried = Command::new("strace").args(["-e", "trace=none", "-o", "/dev/null", "true"]).output();
    let works = tried.is_ok_and(|output| output.status.success());
    if !works {
        assert!(
            std::env::var_os("NZIMBU_REQUIRE_STRACE").is_none(),
            "strace is missing or may not trace, and NZIMBU_REQUIRE_STRACE is set"
        );
        eprintln!("\n*** SYNCS WERE NOT COUNTED: strace is missing or may not trace. Install strace. ***\n");
    }
    works
}

#[test]
fn a_commit_is_one_sync() {
    if !strace() {
        return;
    }
    let folder = Folder::new();
    let trace = folder.path().join("trace");
    let status = Command::new("strace")
        .args(["-f", "-y", "-e", "trace=fsync,fdatasync,sync_file_range,msync,openat", "-o"])
        .arg(&trace)
        .arg(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "commits_alone_and_together", "--test-threads=1"])
        .env(PLACE, folder.journal())
        .status()
        .unwrap();
    assert!(status.success());
    let trace = fs::read_to_string(&trace).unwrap();
    let between = |from: &str, to: &str| -> Vec<&str> {
        let lines = trace.lines().skip_while(|line| !line.contains(from)).skip(1);
        let lines = lines.take_while(|line| !line.contains(to));
        // A call that another thread interrupts in the trace is told in two halves.
        lines.filter(|line| line.contains("sync(") && !line.contains("resumed>")).collect()
    };
    let alone = between("mark-alone", "mark-read");
    assert!(alone.iter().all(|line| line.contains("journal.db-wal>")), "{alone:#?}");
    assert_eq!(alone.len(), ALONE, "one sync for each commit");
    let read = between("mark-read", "mark-together");
    assert_eq!(read.len(), 0, "commands that write nothing sync nothing: {read:#?}");
    let together = between("mark-together", "mark-end");
    assert!(together.iter().all(|line| line.contains("journal.db-wal>")), "{together:#?}");
    assert!((1..TOGETHER / 4).contains(&together.len()), "{} syncs for {TOGETHER} commands", together.len());
    println!("{ALONE} commits alone: {} syncs; {TOGETHER} together: {}", alone.len(), together.len());
}

#[test]
#[ignore = "run by a_commit_is_one_sync"]
fn commits_alone_and_together() {
    let path = std::env::var_os(PLACE).expect("this test is run by another");
    let path = Path::new(&path);
    let mark = |name: &str| fs::write(path.with_file_name(format!("mark-{name}")), "").unwrap();
    let journal = Journal::sqlite(path).unwrap();
    mark("alone");
    for number in 0..ALONE / 2 {
        let name = format!("A-{number}");
        attempt(&journal, payout(&name, 100))
            .settle(&Ok(receipt(&name, Status::Pending, None)))
            .wait()
            .unwrap();
    }
    mark("read");
    for number in 0..ALONE / 2 {
        let begun = journal.begin(payout(&format!("A-{number}"), 100)).wait().unwrap();
        assert!(matches!(begun, Begun::Known(_)));
    }
    mark("together");
    let replies: Vec<_> =
        (0..TOGETHER).map(|number| journal.begin(payout(&format!("B-{number}"), 100))).collect();
    for reply in replies {
        std::mem::forget(reply.wait().unwrap());
    }
    mark("end");
}
