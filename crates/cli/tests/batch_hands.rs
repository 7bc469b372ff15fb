//! A batch in the hands of a person: what is typed back, what is interrupted, what is put right and gone on with.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a failing test may panic")]

mod common;

use std::process::Command;
use std::time::Duration;

use common::payroll::{Payroll, QUICK};
use common::process::{Running, until};
use common::terminal::Terminal;
use common::world::{Folder, World};
use common::{Ended, end};
use nzimbu_sandbox::{Decision, Ending, Fault, FaultKind};
use serde_json::{Value, json};

fn status(world: &World, file: &str) -> Value {
    end(&mut world.nzimbu(&["batch", "status", file, "--json"])).json()
}

fn last(ended: &Ended) -> Value {
    ended.lines().pop().unwrap_or_else(|| panic!("no line; {}", ended.stderr))
}

/// The account of one country runs out in the middle, where no question beforehand could tell.
#[test]
fn an_account_that_runs_out_pauses_the_batch_and_the_same_command_goes_on() {
    let world = World::with(|settings| {
        settings.auto = Some(Duration::from_millis(50));
        settings.magic = false;
        // The balance that CinetPay tells is that of Ivory Coast.
        settings.transfer.balances.insert("221".to_owned(), 20_000);
        let mut held = Ending::new(None);
        held.order_id = Some("HELD-1".to_owned());
        settings.endings.push(held);
    })
    .with_journal(QUICK);
    let request = r#"{"amount": {"value": "17500", "currency": "XOF"}, "channel": "mobile_money",
        "recipient": {"phone": "+221770000099", "name": "Diop", "surname": "Aminata", "email": "a@example.com"}}"#;
    let request = world.folder.put("held.json", request);
    let held = ["payout", "--gateway", "cinetpay", "--order", "HELD-1", &request, "--json"];
    let held = end(&mut world.nzimbu(&held));
    assert_eq!(held.code, 0, "{}", held.stdout);

    let mut csv = "reference;order_id;amount;currency;phone;name;surname;email\n".to_owned();
    for row in 1..=20 {
        csv += &format!("SN-{row};SN-{row};500;XOF;+2217700000{row:02};Diop;Awa;awa{row}@example.com\n");
    }
    let file = world.folder.put("senegal.csv", &csv);
    let run = || {
        let args = ["batch", "run", &file, "--gateway", "cinetpay", "--concurrency", "1", "--json"];
        end(&mut world.nzimbu(&args))
    };
    let paused = run();
    let told = last(&paused);
    assert_eq!((paused.code, &told["error"]["kind"]), (3, &json!("empty")), "{}", paused.stdout);
    let remedy = told["error"]["remedies"].to_string();
    assert!(remedy.contains("put that right") && remedy.contains("nzimbu batch run"), "{remedy}");
    // What fitted was paid; one more was tried, and neither it nor any other is used up.
    let stands = status(&world, &file);
    assert_eq!(
        (&stands["ready"], &stands["rejected"], &stands["failed"]),
        (&json!(15), &json!(0), &json!(0))
    );
    until("what was under way ended", || {
        end(&mut world.nzimbu(&["reconcile"]));
        status(&world, &file)["succeeded"] == 5
    });
    assert_eq!(world.sandbox.ledger().len(), 5);
    // As long as it is empty, the same command changes nothing.
    let still = run();
    assert_eq!((still.code, &last(&still)["error"]["kind"]), (3, &json!("empty")), "{}", still.stdout);
    assert_eq!(world.sandbox.ledger().len(), 5);

    // What the other payout had reserved comes back.
    assert!(world.sandbox.settle("cinetpay-transfer", "HELD-1", Decision::Refuse));
    let ended = run();
    assert_eq!(ended.code, 0, "{}{}", ended.stdout, ended.stderr);
    let mut paid: Vec<_> = world.sandbox.ledger().into_iter().map(|moved| moved.order_id).collect();
    paid.sort_unstable();
    paid.dedup();
    assert_eq!((paid.len(), world.sandbox.ledger().len()), (20, 20), "{paid:?}");
}

/// Nobody approves what was sent, so that whoever waited would wait for ever.
#[test]
fn no_wait_ends_once_everything_was_sent() {
    let world = World::with(|settings| settings.magic = false).with_journal(QUICK);
    let payroll = Payroll::new(8, &["cinetpay", "bitlipa"]);
    let file = payroll.put(&world);
    let ended = end(&mut world.nzimbu(&["batch", "run", &file, "--no-wait", "--json"]));
    let told = last(&ended);
    assert_eq!((ended.code, &told["accepted"]), (3, &json!(8)), "{}{}", ended.stdout, ended.stderr);
    assert_eq!(world.sandbox.ledger(), []);
    for row in 1..=8 {
        let order = format!("PAY-{row:06}");
        let approve = |gateway: &&str| world.sandbox.settle(gateway, &order, Decision::Approve);
        assert!(["bitlipa", "cinetpay-transfer"].iter().any(approve), "{order}");
    }
    assert_eq!(end(&mut world.nzimbu(&["reconcile", "--until-settled"])).code, 0);
    assert_eq!(status(&world, &file)["succeeded"], 8);
    payroll.assert_paid(&world.sandbox);
}

/// The second signal does not wait for answers; what they would have said is asked for.
#[test]
fn a_second_interrupt_ends_it_at_once_and_pays_nothing_twice() {
    let world = World::with(|settings| {
        settings.auto = Some(Duration::from_millis(50));
        settings.magic = false;
        let mut stall = Fault::new(FaultKind::Stall);
        (stall.times, stall.seconds) = (Some(2), Some(9));
        settings.faults.push(stall);
    })
    .with_journal(
        &QUICK
            .replace("read_timeout = 2", "read_timeout = 10")
            .replace("total_timeout = 5", "total_timeout = 10"),
    );
    let payroll = Payroll::new(6, &["bitlipa"]);
    let file = payroll.put(&world);
    let mut running = Running::start(&world, &["batch", "run", &file, "--json", "--concurrency", "2"]);
    running.wait_for_event("planned");
    until("both are under way", || status(&world, &file)["sending"] == 2);
    running.signal("-INT");
    running.wait_for_event("stopping");
    let (code, seen) = running.stop("-INT");
    assert_eq!(code, 130, "{seen}");
    assert!(seen.contains("asked for next time"), "{seen}");
    let stands = status(&world, &file);
    assert_eq!((&stands["sending"], &stands["ready"]), (&json!(2), &json!(4)), "{stands}");
    let ended = end(&mut world.nzimbu(&["batch", "run", &file, "--json"]));
    assert_eq!(ended.code, 0, "{}{}", ended.stdout, ended.stderr);
    payroll.assert_paid(&world.sandbox);
}

/// A live profile at a host that is none, so that nothing can leave.
fn live(folder: &Folder) -> Command {
    let config = folder.put(
        "live.toml",
        r#"
[profile.live]
environment = "live"
namespace = "tests/live"

[profile.live.bitlipa]
base_url = "https://pay.nowhere.invalid"
public_id = "p-1"
merchant_id = "m-1"
secrets = [{ env = "T_LIVE" }]
notify_url = "https://shop.example/bitlipa"

[profile.live.journal]
path = "live.db"
"#,
    );
    let mut command = Command::new(env!("CARGO_BIN_EXE_nzimbu"));
    command
        .env_clear()
        .env("NZIMBU_CONFIG", config)
        .env("T_LIVE", "hush-live-4f1c9b2a77")
        .env("TERM", "xterm");
    command
}

#[test]
fn a_live_batch_moves_only_for_somebody_who_types_its_count_and_total() {
    let folder = Folder::new();
    let csv = Payroll::new(3, &["bitlipa"]).csv().replace(";+22507000", ";+22507123");
    let file = folder.put("live.csv", &csv);
    let args = ["batch", "run", &file, "--live"];
    for typed in ["", "yes", "3", "3 1530", "2 1530 XOF", "3 1531 XOF", "1530 XOF 3"] {
        let mut terminal = Terminal::start(live(&folder).args(args), 80);
        terminal.wait_for("Type 3 1530 XOF to go on: ");
        assert!(terminal.seen().contains("LIVE profile live"), "{}", terminal.seen());
        terminal.say(typed);
        let (code, seen) = terminal.end();
        assert_eq!(code, 1, "{typed}: {seen}");
        assert!(seen.contains("was not typed back, so nothing was sent"), "{typed}: {seen}");
        let list = live(&folder).args(["batch", "list", "--json"]).output().unwrap();
        assert_eq!((list.status.code(), list.stdout.len()), (Some(0), 0), "{typed}: nothing was planned");
    }
    let mut terminal = Terminal::start(live(&folder).args(args), 80);
    terminal.wait_for("to go on: ");
    terminal.say("3 1530  XOF");
    terminal.wait_for("batch 1: rows written down now 3");
    terminal.wait_for("to send 3");
    terminal.signal("-INT");
    let (code, seen) = terminal.end();
    assert_eq!(code, 3, "{seen}");
    // The command is on a line of its own, unbroken, so that it can be copied.
    let command = format!("nzimbu batch run {file} --live");
    assert!(seen.contains("to go on:") && seen.contains(&command), "{seen}");
    for secret in ["hush-live", "0712300000", "Kouassi", "awa0"] {
        assert!(!seen.contains(secret), "{secret}: {seen}");
    }
    // Without the flag nothing is even asked.
    let without = live(&folder).args(["batch", "run", &file]).output().unwrap();
    assert_eq!(without.status.code(), Some(2), "{}", String::from_utf8_lossy(&without.stderr));
}
