//! `nzimbu reconcile` and `nzimbu resolve`.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a failing test may panic")]

mod common;

use common::process::Running;
use common::world::World;
use common::{Ended, end};
use nzimbu_sandbox::{CheckShape, Decision};
use serde_json::{Value, json};

fn run(world: &World, args: &[&str]) -> Ended {
    end(&mut world.nzimbu(args))
}

fn order(world: &World, command: &str, gateway: &str, id: &str) -> Ended {
    let args = [
        command,
        "--gateway",
        gateway,
        "--json",
        "--ask",
        "phone,name,surname,email",
        "--order",
        id,
        "--amount",
        "2500",
        "--currency",
        "XOF",
        "--operator",
        "CI:Orange",
    ];
    let what = ["--description", "Two books"];
    let args = if command == "pay" { [&args[..], &what[..]].concat() } else { args.to_vec() };
    end(world.nzimbu(&args).write_stdin("+2250700000000\nKouassi\nAwa\nawa@example.com\n"))
}

fn summary(ended: &Ended) -> Value {
    ended.lines().pop().unwrap()
}

/// An order of which the gateway says that it is paid and not how much, where it always says how much.
fn for_people() -> World {
    let world = World::with(|settings| settings.checkout.check_shape = CheckShape::Of2021).with_journal("");
    assert_eq!(order(&world, "pay", "cinetpay", "INV-1").code, 0);
    assert!(world.sandbox.settle("cinetpay-checkout", "INV-1", Decision::Approve));
    let ended = run(&world, &["reconcile", "--until-settled", "--json"]);
    let told = summary(&ended);
    assert_eq!((ended.code, &told["needs_people"]), (1, &json!(1)), "{}{}", ended.stdout, ended.stderr);
    assert_eq!(told["orders"][0]["order"], "INV-1");
    world
}

#[test]
fn an_empty_journal_is_settled() {
    let world = World::new().with_journal("");
    for more in [&[][..], &["--once"], &["--until-settled"]] {
        let ended = run(&world, &[&["reconcile", "--json"], more].concat());
        assert_eq!(
            (ended.code, &summary(&ended)["open"]),
            (0, &json!([])),
            "{}{}",
            ended.stdout,
            ended.stderr
        );
    }
    let french = run(&world, &["reconcile", "--lang", "fr"]);
    assert!(french.stdout.contains("tout est terminé"), "{}", french.stdout);
    assert_eq!(run(&world, &["reconcile", "--once", "--worker"]).code, 2);
}

#[test]
fn what_is_under_way_is_3_and_what_ended_is_0() {
    let world = World::new().with_journal("");
    for (gateway, id) in [("cinetpay", "OUT-1"), ("bitlipa", "OUT-2")] {
        assert_eq!(order(&world, "payout", gateway, id).code, 0);
    }
    let open = run(&world, &["reconcile", "--json"]);
    assert_eq!((open.code, &summary(&open)["open"]), (3, &json!([{"state": "accepted", "orders": 2}])));
    assert!(world.sandbox.settle("cinetpay-transfer", "OUT-1", Decision::Approve));
    assert!(world.sandbox.settle("bitlipa", "OUT-2", Decision::Refuse));
    let ended = run(&world, &["reconcile", "--until-settled", "--json"]);
    let told = summary(&ended);
    assert_eq!((ended.code, &told["ended"]), (0, &json!(2)), "{}{}", ended.stdout, ended.stderr);
    assert_eq!(run(&world, &["journal", "show", "OUT-2", "--json"]).json()["state"], "failed");
}

#[test]
fn a_gateway_that_refuses_us_is_left_alone_and_said_so() {
    let world = World::new().with_journal("");
    assert_eq!(order(&world, "payout", "bitlipa", "OUT-1").code, 0);
    // The first question is due some seconds after the order.
    let mut shut = Value::Null;
    common::process::until("the first question", || {
        let ended = end(world.nzimbu(&["reconcile", "--json"]).env("T_BITLIPA", "sandbox-wrong"));
        assert_eq!(ended.code, 3, "{}{}", ended.stdout, ended.stderr);
        shut = summary(&ended)["closed"].clone();
        shut != json!([])
    });
    assert_eq!((&shut[0]["gateway"], &shut[0]["why"]), (&json!("bitlipa"), &json!("refused")));
}

#[test]
fn a_worker_goes_on_until_it_is_told_to_stop() {
    let world = World::new().with_journal("");
    assert_eq!(order(&world, "payout", "bitlipa", "OUT-1").code, 0);
    assert!(world.sandbox.settle("bitlipa", "OUT-1", Decision::Approve));
    for signal in ["-TERM", "-INT"] {
        let mut worker = Running::start(
            &world,
            &["reconcile", "--worker", if signal == "-TERM" { "--json" } else { "--at-once=2" }],
        );
        if signal == "-TERM" {
            let told = worker.wait_for("the end of the order", |told| told["ended"] == 1);
            assert_eq!(told["event"], "progress");
        } else {
            worker.wait_for_line("working until");
        }
        let (code, seen) = worker.stop(signal);
        assert_eq!(code, 0, "{signal}: {seen}");
        assert!(seen.contains("\"event\":\"summary\"") || seen.contains("everything has ended"), "{seen}");
    }
    assert_eq!(world.sandbox.ledger().len(), 1);
}

#[test]
fn a_person_decides_and_is_remembered() {
    let world = for_people();
    let shown = run(&world, &["journal", "show", "INV-1"]);
    assert!(shown.stdout.contains("nzimbu resolve INV-1"), "{}", shown.stdout);
    let listed = run(&world, &["journal", "list", "--needs-people", "--json"]);
    assert_eq!(listed.lines().len(), 1);
    let waits = run(&world, &["reconcile", "--lang", "fr"]);
    assert_eq!(waits.code, 1);
    assert!(waits.stdout.contains("attendent une personne"), "{}", waits.stdout);

    let decide = |more: &[&str]| {
        run(&world, &[&["resolve", "INV-1", "--reason", "seen in the back-office"], more].concat())
    };
    assert_eq!(decide(&["--verdict", "succeeded"]).code, 2, "nobody decided");
    assert_eq!(decide(&["--verdict", "succeeded", "--person", " "]).code, 2);
    assert_eq!(decide(&["--verdict", "perhaps", "--person", "A. Kouame"]).code, 2);
    let decided = decide(&["--verdict", "succeeded", "--person", "A. Kouame", "--json"]);
    let told = decided.json();
    assert_eq!((decided.code, &told["state"], &told["paid"]), (0, &json!("succeeded"), &json!("yes")));
    assert!(decided.stderr.contains("what happened"), "the history is seen first: {}", decided.stderr);
    let history = run(&world, &["journal", "show", "INV-1"]);
    let words = "A. Kouame decided succeeded: seen in the back-office";
    assert!(history.stdout.contains(words), "{}", history.stdout);
    assert_eq!(run(&world, &["reconcile"]).code, 0);
    let again = decide(&["--verdict", "resend", "--person", "A. Kouame", "--json"]);
    assert_eq!(
        (again.code, &again.json()["error"]["kind"]),
        (1, &json!("refused")),
        "money moved: {}",
        again.stdout
    );
    let nobody = run(&world, &["resolve", "INV-9", "--verdict", "ask", "--person", "A", "--reason", "b"]);
    assert_eq!(nobody.code, 1, "{}", nobody.stderr);
}

#[test]
fn a_live_decision_is_typed_back() {
    let folder = common::world::Folder::new();
    // Nobody listens at the proxy, so that nothing leaves.
    let config = folder.put(
        "nzimbu.toml",
        "[profile.live]\nenvironment = \"live\"\nnamespace = \"tests/live\"\n\
         [profile.live.http]\nproxy = { env = \"PROXY\" }\n\
         [profile.live.bitlipa]\nbase_url = \"https://gateway.example\"\npublic_id = \"a\"\nmerchant_id = \"b\"\n\
         secrets = [{ env = \"SECRET\" }]\nnotify_url = \"https://shop.example/bitlipa\"\n\
         [profile.live.journal]\npath = \"journal.db\"\n",
    );
    let request = folder.put(
        "payout.json",
        r#"{"order": "OUT-1", "amount": {"value": "1000", "currency": "XOF"},
            "channel": {"operator": {"country": "CI", "name": "Orange"}},
            "recipient": {"phone": "+2250700000000", "name": "Kouassi", "surname": "Awa"}}"#,
    );
    let run = |args: &[&str], typed: &str| {
        let args = [args, &["--config", &config]].concat();
        let mut command = common::nzimbu(&args);
        end(command.env("SECRET", "real").env("PROXY", "http://127.0.0.1:9").write_stdin(typed))
    };
    let sent = run(&["payout", "--gateway", "bitlipa", "--live", "--json", &request], "1000 XOF\n");
    let error = &sent.json()["error"];
    assert_eq!(
        (sent.code, &error["outcome"], &error["state"]),
        (1, &json!("not-sent"), &json!("ready")),
        "{}",
        sent.stdout
    );
    assert!(
        error["remedies"].to_string().contains("nzimbu resolve OUT-1 --verdict cancelled"),
        "{}",
        sent.stdout
    );
    let cancel =
        ["resolve", "OUT-1", "--verdict", "cancelled", "--person", "A. Kouame", "--reason", "given up"];
    for typed in ["", "1000\n", "yes\n"] {
        let refused = run(&cancel, typed);
        assert_eq!((refused.code, &*refused.stdout), (1, ""), "{}", refused.stderr);
        assert!(
            refused.stderr.contains("LIVE profile live: this decides about the order OUT-1"),
            "{}",
            refused.stderr
        );
    }
    let decided = run(&cancel, "1000 XOF\n");
    assert_eq!(decided.code, 0, "{}", decided.stderr);
    assert!(decided.stdout.contains("OUT-1 is cancelled"), "{}", decided.stdout);
    assert_eq!(run(&["reconcile"], "").code, 0, "there is nothing left to do");
}
