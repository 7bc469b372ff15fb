//! Readers that go away and outputs that cannot be written.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a failing test may panic")]

use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};

const CHECK: [&str; 5] = ["check", "--gateway", "adullam", "--operation", "pay"];

#[test]
fn a_reader_that_has_gone_changes_nothing_about_the_verdict() {
    for (request, code) in [
        (r#"{"order": "INV-7", "amount": "2500", "currency": "XOF", "phone": "+2250700000000"}"#, 0),
        ("{}", 1),
    ] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_nzimbu"))
            .args(CHECK)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // The program waits for its input, so the reader is gone before anything is written.
        drop(child.stdout.take());
        child.stdin.take().unwrap().write_all(request.as_bytes()).unwrap();
        let mut told = String::new();
        child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
        assert_eq!((child.wait().unwrap().code(), told.as_str()), (Some(code), ""));
    }
}

#[test]
#[cfg(target_os = "linux")]
fn an_output_that_is_full_is_told() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_nzimbu"))
        .args(CHECK)
        .stdin(Stdio::null())
        .stdout(full)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("cannot write"));
}

#[test]
fn a_directory_and_a_missing_file_cannot_be_read() {
    for path in [env!("CARGO_MANIFEST_DIR"), "/no/such/file"] {
        let output = Command::new(env!("CARGO_BIN_EXE_nzimbu")).args(CHECK).arg(path).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{path}");
        assert!(String::from_utf8(output.stderr).unwrap().contains("cannot read"), "{path}");
    }
}
