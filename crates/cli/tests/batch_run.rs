//! `nzimbu batch run` and its neighbours: a file is paid once, whatever happens on the way.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a failing test may panic")]

mod common;

use std::fs;
use std::time::Duration;

use common::payroll::{Payroll, QUICK};
use common::process::Running;
use common::world::World;
use common::{Ended, end};
use nzimbu_sandbox::{Fault, FaultKind};
use serde_json::{Value, json};

fn world(more: &str) -> World {
    world_with(more, |_| {})
}

fn world_with(more: &str, change: impl FnOnce(&mut nzimbu_sandbox::Settings)) -> World {
    let world = World::with(|settings| {
        settings.auto = Some(Duration::from_millis(50));
        settings.magic = false;
        change(settings);
    });
    world.with_journal(&format!("{QUICK}{more}"))
}

fn run(world: &World, file: &str, more: &[&str]) -> Ended {
    end(&mut world.nzimbu(&[&["batch", "run", file, "--json"], more].concat()))
}

fn last(ended: &Ended) -> Value {
    ended.lines().pop().unwrap_or_else(|| panic!("no line; {}", ended.stderr))
}

fn problems(ended: &Ended) -> Vec<(u64, String)> {
    let lines = ended.lines().into_iter().filter(|line| line["kind"] == "problem");
    lines.map(|line| (line["line"].as_u64().unwrap(), line["rule"].as_str().unwrap().to_owned())).collect()
}

#[test]
fn every_row_is_paid_once_however_often_the_file_is_run() {
    let world = world("");
    let payroll = Payroll::new(20, &["cinetpay", "bitlipa"]);
    let file = payroll.put(&world);
    let first = run(&world, &file, &[]);
    assert_eq!(first.code, 0, "{}{}", first.stdout, first.stderr);
    payroll.assert_paid(&world.sandbox);
    let told = last(&first);
    assert_eq!(
        (&told["event"], &told["rows"], &told["succeeded"]),
        (&json!("summary"), &json!(20), &json!(20))
    );
    let again = run(&world, &file, &[]);
    assert_eq!(again.code, 0, "{}{}", again.stdout, again.stderr);
    let planned = again.lines().into_iter().find(|line| line["event"] == "planned").unwrap();
    assert_eq!((&planned["new"], &planned["known"]), (&json!(0), &json!(20)));
    // The same rows in another file are the same payouts.
    let other = world.folder.put("other.csv", &format!("{}\n", payroll.csv()));
    let other = run(&world, &other, &[]);
    let planned = other.lines().into_iter().find(|line| line["event"] == "planned").unwrap();
    assert_eq!((other.code, &planned["elsewhere"]), (0, &json!(20)), "{}{}", other.stdout, other.stderr);
    payroll.assert_paid(&world.sandbox);
}

#[test]
fn a_changed_row_is_named_and_nothing_new_is_sent() {
    let world = world("");
    let payroll = Payroll::new(3, &["cinetpay"]);
    let file = payroll.put(&world);
    assert_eq!(run(&world, &file, &[]).code, 0);
    let more = payroll.csv() + "PAY-9;PAY-9;600;XOF;+2250790000009;Yao;Koffi;koffi@example.com;cinetpay\n";
    let dearer = world
        .folder
        .put("dearer.csv", &more.replace("PAY-000002;PAY-000002;510", "PAY-000002;PAY-000002;610"));
    let ended = run(&world, &dearer, &[]);
    assert_eq!((ended.code, problems(&ended)), (1, vec![(3, "reference_reused".to_owned())]));
    // Through another gateway it would be a second payout.
    let moved = world.folder.put("moved.csv", &more.replacen(";cinetpay", ";bitlipa", 1));
    let ended = run(&world, &moved, &[]);
    assert_eq!((ended.code, problems(&ended)), (1, vec![(2, "other_gateway".to_owned())]));
    payroll.assert_paid(&world.sandbox);
    let list = end(&mut world.nzimbu(&["batch", "list", "--json"]));
    assert_eq!(list.lines().len(), 1, "a file that clashes leaves no batch: {}", list.stdout);
}

#[test]
fn a_file_with_a_problem_is_paid_in_part_only_where_that_is_wanted() {
    let world = world("");
    let payroll = Payroll::new(4, &["cinetpay"]);
    let broken = payroll.csv() + "PAY-9;PAY-9;6OO;XOF;+2250790000009;Yao;Koffi;koffi@example.com;cinetpay\n";
    let file = world.folder.put("broken.csv", &broken);
    let ended = run(&world, &file, &[]);
    assert_eq!((ended.code, problems(&ended).len()), (1, 1), "{}{}", ended.stdout, ended.stderr);
    assert_eq!(world.sandbox.ledger(), []);
    let ended = run(&world, &file, &["--partial"]);
    assert_eq!((ended.code, &last(&ended)["error"]["kind"]), (1, &json!("partial")), "{}", ended.stdout);
    payroll.assert_paid(&world.sandbox);
    // A recipient twice is to be accepted by name.
    let twice = payroll.csv() + "PAY-8;PAY-8;505;XOF;+2250700000000;Yao;Koffi;koffi@example.com;cinetpay\n";
    let twice = world.folder.put("twice.csv", &twice);
    assert_eq!(run(&world, &twice, &["--partial"]).code, 1);
    payroll.assert_paid(&world.sandbox);
}

#[test]
fn an_interrupted_run_finishes_what_is_in_hand_and_is_resumed() {
    let world = world_with("", |settings| settings.latency = Some(Duration::from_millis(40)));
    let payroll = Payroll::new(60, &["cinetpay", "bitlipa"]);
    let file = payroll.put(&world);
    for signal in ["-INT", "-TERM"] {
        let mut running = Running::start(&world, &["batch", "run", &file, "--json", "--concurrency", "2"]);
        running.wait_for_event("progress");
        let (code, seen) = running.stop(signal);
        assert_eq!(code, 3, "{seen}");
        assert!(seen.contains("to go on: nzimbu batch run"), "{seen}");
        let status = end(&mut world.nzimbu(&["batch", "status", &file, "--json"]));
        assert_eq!((status.code, &status.json()["sending"]), (3, &json!(0)), "{}", status.stdout);
    }
    let ended = run(&world, &file, &[]);
    assert_eq!(ended.code, 0, "{}{}", ended.stdout, ended.stderr);
    payroll.assert_paid(&world.sandbox);
}

#[test]
fn two_who_run_the_same_file_at_once_pay_each_row_once() {
    let world = world_with("", |settings| settings.latency = Some(Duration::from_millis(20)));
    let payroll = Payroll::new(60, &["cinetpay", "bitlipa"]);
    let file = payroll.put(&world);
    let args = ["batch", "run", &file, "--json", "--concurrency", "2"];
    let both = [(); 2].map(|()| Running::start(&world, &args));
    for mut running in both {
        let (code, seen, _) = running.end();
        assert_eq!(code, 0, "{seen}");
    }
    payroll.assert_paid(&world.sandbox);
}

#[test]
fn whoever_is_interrupted_twice_has_lost_nothing() {
    let world = world_with("", |settings| settings.latency = Some(Duration::from_millis(200)));
    let payroll = Payroll::new(20, &["cinetpay", "bitlipa"]);
    let file = payroll.put(&world);
    let mut running = Running::start(&world, &["batch", "run", &file, "--json", "--concurrency", "4"]);
    running.wait_for_event("progress");
    running.signal("-INT");
    // The second one comes while the first is still heeded, or when all is over.
    let (code, seen) = running.stop("-INT");
    assert_ne!(code, 0, "{seen}");
    let ended = run(&world, &file, &[]);
    assert_eq!(ended.code, 0, "{}{}", ended.stdout, ended.stderr);
    payroll.assert_paid(&world.sandbox);
}

#[test]
fn a_large_batch_waits_for_a_second_person() {
    let world = world("[profile.sandbox.batch]\napproval_above = [\"1000 XOF\"]\n");
    let payroll = Payroll::new(3, &["cinetpay"]);
    let file = payroll.put(&world);
    assert_eq!(run(&world, &file, &[]).code, 2, "nobody said who plans it");
    let planned = run(&world, &file, &["--person", "A. Kouamé"]);
    assert_eq!(
        (planned.code, &last(&planned)["event"]),
        (3, &json!("waits_for_approval")),
        "{}",
        planned.stderr
    );
    let batch = last(&planned)["batch"].to_string();
    let approve =
        |person| end(&mut world.nzimbu(&["batch", "approve", &batch, "--person", person, "--json"]));
    assert_eq!(approve("a kouamé").json()["error"]["kind"], "same-person");
    // Whoever runs it again does not release it.
    assert_eq!(run(&world, &file, &["--person", "C. Yao"]).code, 3);
    assert_eq!(approve("A KOUAMÉ").code, 1, "the first planner stands");
    assert_eq!(world.sandbox.ledger(), []);
    let approved = approve("B. Traoré");
    assert_eq!((approved.code, &approved.json()["rows"]), (0, &json!(3)), "{}", approved.stdout);
    assert_eq!(approve("B. Traoré").code, 1, "it is released already");
    let ended = run(&world, &file, &[]);
    assert_eq!(ended.code, 0, "{}{}", ended.stdout, ended.stderr);
    payroll.assert_paid(&world.sandbox);
}

/// A file was planned, and corrected before anybody approved it.
#[test]
fn a_plan_that_was_given_up_makes_way_for_the_corrected_file() {
    let world = world("[profile.sandbox.batch]\napproval_above = [\"1000 XOF\"]\n");
    let payroll = Payroll::new(3, &["cinetpay"]);
    let wrong = payroll.csv().replace("PAY-000002;PAY-000002;510", "PAY-000002;PAY-000002;5100");
    let wrong = world.folder.put("wrong.csv", &wrong);
    let planned = run(&world, &wrong, &["--person", "A. Kouamé"]);
    assert_eq!((planned.code, &last(&planned)["batch"]), (3, &json!(1)), "{}", planned.stdout);

    let file = payroll.put(&world);
    let stopped = run(&world, &file, &["--person", "A. Kouamé"]);
    let found = [(2, "planned_before"), (3, "planned_otherwise"), (4, "planned_before")];
    assert_eq!(stopped.code, 1);
    assert_eq!(problems(&stopped), found.map(|(line, rule)| (line, rule.to_owned())));
    assert_eq!(stopped.stdout.matches("nzimbu batch discard 1 --person").count(), 3, "{}", stopped.stdout);

    let discard = |which: &str, person| {
        let args = ["batch", "discard", which, "--person", person, "--reason", "a zero too many", "--json"];
        end(&mut world.nzimbu(&args))
    };
    assert_eq!(discard(&wrong, " ").code, 2, "somebody has to give it up");
    let given_up = discard("1", "B. Traoré");
    assert_eq!((given_up.code, &given_up.json()["rows"]), (0, &json!(3)), "{}", given_up.stdout);
    assert_eq!(discard("1", "B. Traoré").json()["rows"], 0, "once more changes nothing");
    // Neither the file nor the batch comes back.
    assert_eq!(last(&run(&world, &wrong, &["--person", "C. Yao"]))["error"]["kind"], "discarded");
    let approve =
        |which| end(&mut world.nzimbu(&["batch", "approve", which, "--person", "C. Yao", "--json"]));
    assert_eq!(approve("1").json()["error"]["kind"], "discarded");

    assert_eq!(run(&world, &file, &["--person", "A. Kouamé"]).code, 3);
    assert_eq!(world.sandbox.ledger(), []);
    assert_eq!(approve("2").code, 0);
    let ended = run(&world, &file, &[]);
    assert_eq!(ended.code, 0, "{}{}", ended.stdout, ended.stderr);
    payroll.assert_paid(&world.sandbox);
    let released = discard("2", "B. Traoré");
    assert_eq!((released.code, &released.json()["error"]["kind"]), (1, &json!("released")));

    // Both are told, and neither is taken for the other.
    let list = end(&mut world.nzimbu(&["batch", "list", "--json"])).lines();
    assert_eq!((list.len(), &list[0]["cancelled"], &list[1]["succeeded"]), (2, &json!(3), &json!(3)));
    assert!(list[0]["discarded_at"].is_i64() && list[1]["discarded_at"].is_null(), "{list:?}");
    let status = end(&mut world.nzimbu(&["batch", "status", "1"]));
    assert!(status.stdout.contains("given up before it was released"), "{}", status.stdout);
    let export = "client_transaction_id;amount;currency;status\nPAY-000001;505;XOF;VAL\nPAY-000002;510;XOF;VAL\n\
                  PAY-000003;515;XOF;VAL\n";
    let export = world.folder.put("export.csv", export);
    let matched = end(&mut world.nzimbu(&["statement", "match", &export, "--gateway", "cinetpay", "--json"]));
    assert_eq!((matched.code, &last(&matched)["matched"]), (0, &json!(3)), "{}", matched.stdout);
    assert_eq!(end(&mut world.nzimbu(&["journal", "verify"])).code, 0);
}

#[test]
fn a_gateway_that_refuses_us_pauses_the_batch() {
    let world = world_with("", |settings| settings.ip_allowed = false);
    let payroll = Payroll::new(30, &["cinetpay"]);
    let file = payroll.put(&world);
    let ended = run(&world, &file, &["--concurrency", "2"]);
    let told = last(&ended);
    assert_eq!(
        (ended.code, &told["error"]["kind"]),
        (3, &json!("refused")),
        "{}{}",
        ended.stdout,
        ended.stderr
    );
    let status = end(&mut world.nzimbu(&["batch", "status", &file, "--json"])).json();
    // Not a single row is used up by what is no fault of its own.
    assert_eq!(status["ready"], 30, "{status}");
    assert_eq!(world.sandbox.ledger(), []);
}

#[test]
fn an_account_that_holds_too_little_is_told_before_anything_is_sent() {
    let world = world_with("", |settings| settings.transfer_balance = 1_000);
    let payroll = Payroll::new(3, &["cinetpay"]);
    let ended = run(&world, &payroll.put(&world), &[]);
    assert_eq!((ended.code, &last(&ended)["error"]["kind"]), (1, &json!("balance")), "{}", ended.stdout);
    assert_eq!(end(&mut world.nzimbu(&["batch", "list", "--json"])).lines().len(), 0);
}

#[test]
fn a_live_profile_has_count_and_total_typed_back() {
    let world = world("");
    let payroll = Payroll::new(2, &["cinetpay"]);
    let file = payroll.put(&world);
    let ended = run(&world, &file, &["--live"]);
    assert_eq!(ended.code, 2, "a sandbox is not live: {}", ended.stdout);
}

#[test]
fn reports_and_statements_tell_what_became_of_the_rows() {
    let world = world_with("", |settings| {
        let mut fault = Fault::new(FaultKind::DropCallback);
        fault.percent = 100;
        settings.faults.push(fault);
    });
    let payroll = Payroll::new(4, &["cinetpay"]);
    let file = payroll.put(&world);
    assert_eq!(run(&world, &file, &[]).code, 0);
    let place = |name: &str| world.folder.path().join(name).to_str().unwrap().to_owned();
    let (csv, html) = (place("out.csv"), place("out.html"));
    let args = ["batch", "report", &file, "--csv", &csv, "--html", &html, "--lang", "fr"];
    assert_eq!(end(&mut world.nzimbu(&args)).code, 0);
    let (csv, html) = (fs::read_to_string(csv).unwrap(), fs::read_to_string(html).unwrap());
    assert_eq!(csv.lines().count(), 5);
    assert!(csv.contains("PAY-000001") && csv.contains("CI") && html.contains("Payé"), "{csv}");
    for secret in ["0700000000", "Kouassi", "Awa", "awa0"] {
        assert!(!csv.contains(secret) && !html.contains(secret), "{secret}");
    }

    let lines: Vec<_> = csv.lines().collect();
    assert!(lines[1].contains("succeeded"), "{}", lines[1]);
    let export = "client_transaction_id;amount;currency;treatment_status\nPAY-000001;505;XOF;VAL\nPAY-000002;999;XOF;VAL\n\
                  PAY-000003;515;XOF;REJ\nSTRANGE-1;1;XOF;VAL\n";
    let export = world.folder.put("export.csv", export);
    let args = ["statement", "match", &export, "--gateway", "cinetpay", "--json"];
    let ended = end(&mut world.nzimbu(&args));
    let mut found: Vec<_> = ended
        .lines()
        .iter()
        .filter(|line| line["kind"] == "difference")
        .map(|line| format!("{} {}", line["order"].as_str().unwrap(), line["difference"].as_str().unwrap()))
        .collect();
    found.sort();
    let expected = [
        "PAY-000002 amount",
        "PAY-000003 status",
        "PAY-000004 missing_in_export",
        "STRANGE-1 missing_in_journal",
    ];
    assert_eq!(
        (ended.code, found),
        (1, expected.map(str::to_owned).to_vec()),
        "{}{}",
        ended.stdout,
        ended.stderr
    );
    // A word that nobody knows may be a name, where the column is a wrong one.
    let strange = world.folder.put(
        "strange.csv",
        "client_transaction_id;amount;currency;treatment_status\nPAY-000001;505;XOF;Kouassi\n",
    );
    let strange = [&args[..2], &[&strange], &args[3..5]].concat();
    for more in [&["--json"][..], &["--lang", "fr"]] {
        let ended = end(&mut world.nzimbu(&[&strange[..], more].concat()));
        let told = ended.stdout.contains("unrecognized") && ended.stdout.contains("--map succeeded=");
        assert!(told && !ended.stdout.contains("Kouassi"), "{}", ended.stdout);
    }
    // Orders of another time are not missing.
    let later = end(&mut world.nzimbu(&[&args[..], &["--until", "2020-01-01"]].concat()));
    assert!(!later.stdout.contains("missing_in_export"), "{}", later.stdout);
    let french =
        end(&mut world.nzimbu(&["statement", "match", &export, "--gateway", "cinetpay", "--lang", "fr"]));
    assert!(french.stdout.contains("différences : 4"), "{}", french.stdout);
}
