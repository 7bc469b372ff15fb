//! The commands over a journal in PostgreSQL, on a cluster that goes with its test. Without a server there is a loud line;
//! with `NZIMBU_REQUIRE_POSTGRES=1` that is a failure.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a failing test may panic")]

#[path = "../../journal/tests/postgres_server/cluster.rs"]
mod cluster;
mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use cluster::{Cluster, Recipe};
use common::end;
use common::payroll::{Payroll, QUICK};
use common::process::Running;
use common::world::World;
use serde_json::{Value, json};

/// A world whose journal is on this cluster; the URL, with its password, is a secret in a file.
fn world(cluster: &Cluster) -> World {
    let world = World::with(|settings| {
        settings.auto = Some(Duration::from_millis(50));
        settings.magic = false;
    })
    .with_journal(QUICK);
    let url = cluster.url().replace("nzimbu@", &format!("nzimbu:{}@", PASSWORD.replace(' ', "%20")));
    let file = world.folder.put("postgres-url", &url);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let place = "postgres = { file = \"postgres-url\" }\nschema = \"payments\"";
    world.rewrite(&world.settings().replace("path = \"journal.db\"", place));
    world
}

#[test]
fn every_command_works_over_a_journal_in_postgres() {
    let Some(cluster) = Cluster::new(&Recipe { password: Some(PASSWORD), ..Recipe::default() }) else {
        return;
    };
    let world = world(&cluster);
    let mut logs = String::new();
    let mut run = |args: &[&str]| {
        let ended = end(&mut world.nzimbu(args));
        logs = format!("{logs}{}{}", ended.stdout, ended.stderr);
        ended
    };
    let request = |role: &str| {
        format!(
            r#"{{"amount": {{"value": "1000", "currency": "XOF"}},
                "channel": {{"operator": {{"country": "CI", "name": "Orange"}}}},
                "{role}": {{"phone": "+2250701234567", "name": "Kouassi", "surname": "Awa",
                "email": "awa@example.com"}}}}"#
        )
    };
    let pay = world.folder.put("pay.json", &request("payer"));
    let payout = world.folder.put("payout.json", &request("recipient"));
    for (verb, id, file) in [("pay", "INV-1", &pay), ("payout", "OUT-1", &payout)] {
        let first = run(&[verb, "--gateway", "bitlipa", "--order", id, file, "--json"]);
        assert_eq!(first.code, 0, "{verb}: {}{}", first.stdout, first.stderr);
    }
    // The same again sends nothing, and another request under the same id is refused.
    let again = run(&["payout", "--gateway", "bitlipa", "--order", "OUT-1", &payout, "--json"]);
    assert!(again.code != 1 && again.code != 4, "{}", again.stdout);
    let other = fs::read_to_string(&payout).unwrap().replace("1000", "1005");
    let other = world.folder.put("other.json", &other);
    let reused = run(&["payout", "--gateway", "bitlipa", "--order", "OUT-1", &other, "--json"]);
    assert_eq!((reused.code, &reused.json()["error"]["kind"]), (1, &json!("key-reuse")), "{}", reused.stdout);
    assert_eq!(run(&["reconcile", "--until-settled"]).code, 0);
    for order in ["INV-1", "OUT-1"] {
        let shown = run(&["journal", "show", order, "--json"]);
        assert_eq!((shown.code, &shown.json()["state"]), (0, &json!("succeeded")), "{}", shown.stdout);
    }

    // A file, with a process that dies in the middle of it.
    let payroll = Payroll::new(60, &["cinetpay", "bitlipa"]);
    let file = payroll.put(&world);
    let mut running = Running::start(&world, &["batch", "run", &file, "--json", "--concurrency", "4"]);
    running.wait_for_event("planned");
    running.wait_for("some were paid", |line| line["succeeded"].as_u64().is_some_and(|rows| rows > 0));
    running.kill();
    let ended = run(&["batch", "run", &file, "--json"]);
    assert_eq!(ended.code, 0, "{}{}", ended.stdout, ended.stderr);
    let told = ended.lines().pop().unwrap();
    assert_eq!((&told["rows"], &told["succeeded"]), (&json!(60), &json!(60)));
    let moved = world.sandbox.ledger();
    let of_the_file = moved.iter().filter(|moved| moved.order_id.starts_with("PAY-")).count();
    let mut orders: Vec<_> = moved.iter().map(|moved| &moved.order_id).collect();
    orders.sort_unstable();
    orders.dedup();
    assert_eq!((moved.len(), orders.len(), of_the_file), (62, 62, 60), "{moved:?}");

    assert_eq!(run(&["batch", "status", &file]).code, 0);
    assert_eq!(run(&["batch", "list"]).code, 0);
    let counts = run(&["journal", "counts", "--json"]);
    let all: u64 = counts.lines().iter().filter_map(|line| line["orders"].as_u64()).sum();
    assert_eq!((counts.code, all), (0, 62), "{}", counts.stdout);
    let verified = run(&["journal", "verify", "--json"]);
    assert_eq!((verified.code, verified.json()["orders"].as_u64()), (0, Some(62)), "{}", verified.stdout);
    let export = run(&["journal", "export"]);
    let export = world.folder.put("export.jsonl", &export.stdout);
    assert_eq!(run(&["journal", "verify", "--export", &export]).code, 0);
    let doctor = run(&["doctor", "--json"]);
    assert!(!doctor.lines().iter().any(is_failed_journal), "{}", doctor.stdout);

    // Another environment is refused by the same journal.
    let settings = world.settings();
    world.rewrite(&settings.replace("namespace = \"tests/sandbox\"", "namespace = \"tests/other\""));
    assert_eq!(run(&["journal", "list"]).code, 2);
    world.rewrite(&settings);

    // What is personal goes with the purge; an address that does not answer is told without the password.
    let held = |cluster: &Cluster| {
        let sql = "SELECT count(*) FROM payments.orders WHERE request IS NOT NULL OR action IS NOT NULL";
        cluster.psql(sql).unwrap()
    };
    assert_eq!(held(&cluster), "62");
    assert_eq!(run(&["journal", "purge", "--older-than", "0s"]).code, 0);
    assert_eq!(held(&cluster), "0");
    assert_eq!(run(&["journal", "verify"]).code, 0);
    drop(cluster);
    let gone = run(&["batch", "run", &file]);
    assert_eq!(gone.code, 4, "{}{}", gone.stdout, gone.stderr);
    let secrets = world.secrets().map(|(_, secret)| secret);
    for word in secrets.into_iter().chain([PASSWORD, "open%20sesame", "Kouassi", "0701234567", "awa@"]) {
        assert!(!logs.contains(word), "{word} in {logs}");
    }
}

fn is_failed_journal(line: &Value) -> bool {
    line["check"].as_str().is_some_and(|name| name.starts_with("journal")) && line["verdict"] == "problem"
}

/// The one that the cluster's own tools give as well.
const PASSWORD: &str = "open sesame";
