//! `nzimbu demo`: the whole way through every gateway, under both drivers.
#![allow(clippy::unwrap_used, reason = "a failing test may panic")]

mod common;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use common::{end, nzimbu};
use serde_json::{Value, json};

const OPERATIONS: [&str; 7] =
    ["payment", "callback", "status", "payout", "payout_callback", "payout_status", "balance"];

#[test]
fn every_gateway_works_under_both_drivers_within_three_seconds() {
    let begun = Instant::now();
    let ended = end(&mut nzimbu(&["demo", "--json"]));
    let took = begun.elapsed();
    assert_eq!(ended.code, 0, "{}\n{}", ended.stdout, ended.stderr);
    assert!(took < Duration::from_secs(3), "{took:?}");

    let mut rows = BTreeMap::new();
    for line in ended.stdout.lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        let members: Vec<_> = row.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(members, ["amount", "currency", "driver", "gateway", "operation", "reference", "status"]);
        assert_eq!(row["amount"].is_null(), row["currency"].is_null(), "{line}");
        assert!(row["amount"].is_null() || row["amount"].is_string(), "{line}");
        let key = |member: &str| row[member].as_str().unwrap().to_owned();
        let known = rows.insert((key("gateway"), key("driver"), key("operation")), row);
        assert_eq!(known, None, "{line}");
    }
    assert_eq!(rows.len(), 3 * 2 * 7);

    let unsupported = "unsupported";
    let done = "succeeded";
    let expected = [
        (
            "adullam",
            ["created", unsupported, unsupported, unsupported, unsupported, unsupported, unsupported],
        ),
        ("bitlipa", [done, done, done, done, done, done, unsupported]),
        ("cinetpay", [done; 7]),
    ];
    for (gateway, statuses) in expected {
        for driver in ["async", "blocking"] {
            for (operation, status) in OPERATIONS.into_iter().zip(statuses) {
                let row = &rows[&(gateway.to_owned(), driver.to_owned(), operation.to_owned())];
                assert_eq!(row["status"], status, "{row}");
                if status == unsupported {
                    assert_eq!((&row["amount"], &row["reference"]), (&Value::Null, &Value::Null), "{row}");
                }
                match operation {
                    "payment" => {
                        assert_eq!((&row["amount"], &row["currency"]), (&json!("2500"), &json!("XOF")))
                    }
                    "payout" if status == done => assert_eq!(row["amount"], "1000"),
                    _ => {}
                }
            }
        }
    }
}

#[test]
fn off_a_terminal_progress_is_plain_lines_and_the_table_is_alone_on_standard_output() {
    let ended = end(&mut nzimbu(&["demo"]));
    assert_eq!(ended.code, 0, "{}\n{}", ended.stdout, ended.stderr);
    assert!(!ended.stderr.contains('\u{1b}') && !ended.stdout.contains('\u{1b}'));
    for gateway in ["adullam", "bitlipa", "cinetpay"] {
        assert!(ended.stdout.contains(gateway), "{}", ended.stdout);
        for driver in ["async", "blocking"] {
            for operation in OPERATIONS {
                let line = format!("{gateway} {driver} {operation}: ");
                assert_eq!(ended.stderr.matches(&line).count(), 1, "{line}\n{}", ended.stderr);
            }
        }
    }
    assert!(ended.stdout.contains("0 failed"), "{}", ended.stdout);
}

#[test]
fn no_secret_of_the_sandbox_is_printed() {
    for args in [&["demo"][..], &["demo", "--json"]] {
        let ended = end(&mut nzimbu(args));
        // Everything that the sandbox gives out to be kept secret begins like this.
        for secret in
            ["sandbox-secret", "sandbox-apikey", "sandbox-password", "sandbox-token", "+2250700000000"]
        {
            assert!(!ended.stdout.contains(secret) && !ended.stderr.contains(secret), "{secret}");
        }
    }
}
