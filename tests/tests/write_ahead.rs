//! Seen from outside, by the system calls: what is written to the journal has been synced before the first byte of a
//! request that moves money leaves.
#![allow(clippy::unwrap_used, reason = "a failing test may panic")]

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use nzimbu_sandbox::{Sandbox, Settings};
use nzimbu_tests::crash::Flow;

/// What a trace shows of one run.
#[derive(Debug, Default, PartialEq)]
struct Order {
    /// Syncs of the journal that have returned.
    syncs: u64,
    /// Requests whose first bytes left.
    requests: u64,
    /// Requests that left while something was written to the journal and not synced.
    inversions: Vec<String>,
}

/// Reads the trace of `strace -f -y`: each line is a process, a call, and what came of it; a call that another
/// interrupts is in two lines.
fn read(trace: &str) -> Order {
    let mut order = Order::default();
    let mut dirty = BTreeSet::new();
    // Syncs under way, by process: what they cover is what was dirty when they began.
    let mut syncing: BTreeMap<&str, (String, bool)> = BTreeMap::new();
    for line in trace.lines() {
        let Some((process, call)) = line.trim_start().split_once(' ') else { continue };
        let call = call.trim_start();
        let path = call.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map(|(path, _)| path);
        let of_journal = path.filter(|path| path.contains("journal.db") && !path.ends_with("-shm"));
        if call.starts_with("pwrite64(") || call.starts_with("ftruncate(") {
            if let Some(path) = of_journal {
                dirty.insert(path.to_owned());
                for (path_under_way, still_clean) in syncing.values_mut() {
                    if path_under_way == path {
                        *still_clean = false;
                    }
                }
            }
        } else if call.starts_with("fdatasync(") || call.starts_with("fsync(") {
            let Some(path) = of_journal else { continue };
            if call.contains("<unfinished") {
                syncing.insert(process, (path.to_owned(), true));
            } else if call.ends_with("= 0") {
                order.syncs += 1;
                dirty.remove(path);
            }
        } else if call.starts_with("<... fdatasync resumed>") || call.starts_with("<... fsync resumed>") {
            let Some((path, still_clean)) = syncing.remove(process) else { continue };
            if call.ends_with("= 0") {
                order.syncs += 1;
                if still_clean {
                    dirty.remove(&path);
                }
            }
        } else if ["sendto(", "write(", "writev(", "sendmsg("].iter().any(|name| call.starts_with(name))
            && call.contains("POST /")
        {
            order.requests += 1;
            if order.syncs == 0 || !dirty.is_empty() {
                order.inversions.push(call.to_owned());
            }
        }
    }
    order
}

#[test]
fn the_intent_is_synced_before_the_request_leaves() {
    if Command::new("strace").arg("--version").output().is_err() {
        assert!(
            std::env::var_os("NZIMBU_REQUIRE_STRACE").is_none(),
            "strace is missing and NZIMBU_REQUIRE_STRACE is set: install strace"
        );
        eprintln!("\n*** strace is missing: the order of sync and send was NOT looked at ***\n");
        return;
    }
    let sandbox = Sandbox::start_blocking(Settings::default()).unwrap();
    let endpoints = serde_json::to_string(sandbox.endpoints()).unwrap();
    let place = tempfile::tempdir().unwrap();
    for flow in [Flow::B2c, Flow::C2b, Flow::Checkout] {
        let trace = place.path().join(format!("{}.trace", flow.as_str()));
        let journal = place.path().join(format!("{}-journal.db", flow.as_str()));
        let output = Command::new("strace")
            .args(["-f", "-y", "-s", "64", "-o"])
            .arg(&trace)
            .args(["-e", "trace=pwrite64,ftruncate,fdatasync,fsync,sendto,write,writev,sendmsg"])
            .arg(env!("CARGO_BIN_EXE_crash_child"))
            .arg(&journal)
            .args([&*endpoints, flow.as_str(), "write ahead", "0"])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let order = read(&std::fs::read_to_string(&trace).unwrap());
        println!("{}: {} syncs, {} requests", flow.as_str(), order.syncs, order.requests);
        assert!(order.syncs >= 2 && order.requests >= 2, "the trace shows the whole run: {order:?}");
        assert_eq!(order.inversions, Vec::<String>::new(), "{}", flow.as_str());
    }
}

#[test]
fn a_trace_in_the_wrong_order_is_noticed() {
    let write = "7 pwrite64(5</x/x-journal.db-wal>, \"\"..., 4096, 0) = 4096\n";
    let sync = "7 fdatasync(5</x/x-journal.db-wal>) = 0\n";
    let send = "9 sendto(8<socket:[1]>, \"POST /x HTTP/1.1\\r\\n\"..., 20, MSG_NOSIGNAL, NULL, 0) = 20\n";
    let inversions = |lines: &[&str]| read(&lines.concat()).inversions.len();
    assert_eq!(inversions(&[write, sync, send]), 0);
    assert_eq!(inversions(&[write, send, sync]), 1);
    assert_eq!(inversions(&[send]), 1);
    assert_eq!(inversions(&[write, sync, write, send, sync]), 1);
    // A sync that has begun and not returned has synced nothing yet.
    let begun = "7 fdatasync(5</x/x-journal.db-wal> <unfinished ...>\n";
    let returned = "7 <... fdatasync resumed>) = 0\n";
    assert_eq!(inversions(&[write, sync, write, begun, send, returned]), 1);
    assert_eq!(inversions(&[write, sync, write, begun, returned, send]), 0);
}
