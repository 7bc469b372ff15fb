//! The endpoint over a real file: what is answered while another process holds it, and what is in it afterwards.
#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

mod common;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use common::{CINETPAY_BODY, CINETPAY_TOKEN, begin, exchange, gateways, request, send, serve, token};
use nzimbu_axum::{Cashier, Inbox, Settings};
use nzimbu_journal::{Journal, Limits, Timing};
use rusqlite::Connection;

const FORM: &str = "content-type: application/x-www-form-urlencoded";

fn file(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}.db", std::process::id()));
    for end in ["", "-wal", "-shm"] {
        // It is there only if an earlier process had the same number and was killed.
        let _ = std::fs::remove_file(format!("{}{end}", path.display()));
    }
    path
}

/// A cashier over a file whose order is not asked for while a test lasts.
async fn cashier(path: &Path) -> Cashier {
    let mut timing = Timing::default();
    timing.first_poll = Duration::from_secs(600);
    let journal = Journal::sqlite(path).unwrap();
    let cashier = Cashier::with(journal, gateways(), timing, Limits::default());
    begin(&cashier, "cinetpay").await;
    cashier
}

/// What another process reads: callbacks that were noted.
fn noted(path: &Path) -> i64 {
    let file = Connection::open(path).unwrap();
    let table: String = file
        .query_row("SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE '%inbox%'", [], |row| {
            row.get(0)
        })
        .unwrap();
    file.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_file_is_held_nothing_is_acknowledged() {
    let path = file("held");
    let cashier = cashier(&path).await;
    let mut settings = Settings::default();
    settings.journal_time = Duration::from_millis(200);
    let inbox = Inbox::with(cashier, settings).unwrap();
    let to = serve(inbox.router()).await;
    let headers = [&*token(CINETPAY_TOKEN), FORM];
    let held = Connection::open(&path).unwrap();
    held.execute_batch("BEGIN IMMEDIATE").unwrap();
    for _ in 0..2 {
        let answer = send(to, "POST", "/cinetpay", &headers, CINETPAY_BODY).await;
        assert_eq!((answer.status, answer.header("retry-after")), (503, Some("5")));
    }
    assert_eq!(noted(&path), 0);
    // Pings and forgeries need no file.
    assert_eq!(send(to, "GET", "/cinetpay", &[], "").await.status, 200);
    assert_eq!(send(to, "POST", "/cinetpay", &[FORM], CINETPAY_BODY).await.status, 401);
    held.execute_batch("ROLLBACK").unwrap();
    drop(held);
    // The gateway repeats it. Whether the journal has written the first one meanwhile is all the same.
    loop {
        let answer = send(to, "POST", "/cinetpay", &headers, CINETPAY_BODY).await;
        match answer.status {
            200 => break,
            503 => {}
            other => panic!("{other}"),
        }
    }
    assert_eq!(noted(&path), 1);
    assert_eq!(inbox.tally().refused, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_copies_leave_one_row_in_the_file() {
    let path = file("copies");
    let mut settings = Settings::default();
    settings.at_once = 1_000;
    let inbox = Inbox::with(cashier(&path).await, settings).unwrap();
    let to = serve(inbox.router()).await;
    let request = Arc::new(request("POST", "/cinetpay", &[&token(CINETPAY_TOKEN), FORM], CINETPAY_BODY));
    let copies: Vec<_> = (0..1_000)
        .map(|_| {
            let request = Arc::clone(&request);
            tokio::spawn(async move { exchange(to, &request).await.map(|answer| answer.status) })
        })
        .collect();
    for copy in copies {
        assert_eq!(copy.await.unwrap(), Some(200));
    }
    let tally = inbox.tally();
    assert_eq!((tally.noted, tally.replays, tally.turned_away), (1, 999, 0));
    assert_eq!(noted(&path), 1);
}
