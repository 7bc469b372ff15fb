//! Syncs, counted from outside where system calls can be traced: those of commits, and those of checkpoints, which bring
//! the file up to date with its log.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::load::Load;

const PLACE: &str = "NZIMBU_BENCH_SYNCS";
const ORDERS: u64 = 1_000;

pub(crate) fn run(folder: &Path) {
    let trace = folder.join("trace");
    let traced = Command::new("strace")
        .args(["-f", "-y", "-e", "trace=fsync,fdatasync,openat", "-o"])
        .arg(&trace)
        .arg(env::current_exe().unwrap())
        .env(PLACE, folder.join("syncs.db"))
        .status();
    if !traced.is_ok_and(|status| status.success()) {
        println!("*** SYNCS WERE NOT COUNTED: strace is missing or may not trace ***");
        return;
    }
    let trace = fs::read_to_string(trace).unwrap();
    let lines = trace.lines().skip_while(|line| !line.contains("mark-begin"));
    let lines = lines.take_while(|line| !line.contains("mark-end"));
    let syncs: Vec<_> = lines.filter(|line| line.contains("sync(") && !line.contains("resumed>")).collect();
    let of = |name: &str| syncs.iter().filter(|line| line.contains(name)).count();
    let (log, file) = (of("syncs.db-wal>"), of("syncs.db>"));
    let commits = usize::try_from(2 * ORDERS).unwrap();
    // Each checkpoint syncs the log, the file, and then the new head of the log.
    let checkpoints = file;
    println!(
        "{commits} commits alone: {} syncs of the log for them, and {} for {checkpoints} checkpoints ({:.2} % more)",
        log - 2 * checkpoints,
        syncs.len() - (log - 2 * checkpoints),
        (syncs.len() as f64 / commits as f64 - 1.0) * 100.0,
    );
}

pub(crate) fn is_child() -> bool {
    env::var_os(PLACE).is_some()
}

pub(crate) fn commit() {
    let path = PathBuf::from(env::var_os(PLACE).unwrap());
    let mut load = Load::new(&path);
    load.run(1, 1);
    fs::write(path.with_file_name("mark-begin"), "").unwrap();
    load.run(ORDERS, 1);
    fs::write(path.with_file_name("mark-end"), "").unwrap();
}
