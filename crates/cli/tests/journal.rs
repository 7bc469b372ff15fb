//! `nzimbu payout` with a journal, and `nzimbu journal`.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a failing test may panic")]

mod common;

use assert_cmd::Command;
use common::process::{Running, ask, until};
use common::world::World;
use common::{Ended, end};
use nzimbu_sandbox::Decision;
use serde_json::{Value, json};

const PHONE: &str = "+2250700000000";
/// The order is made, then the connection is cut.
const CUT: &str = "+2250700977102";
/// The order is made; the answer comes after 30 s.
const STALLED: &str = "+2250700977103";

fn world() -> World {
    World::new().with_journal("")
}

fn pay_out(world: &World, phone: &str, gateway: &str, id: &str, amount: &str) -> Ended {
    end(&mut paying(world, phone, gateway, id, amount))
}

fn paying(world: &World, phone: &str, gateway: &str, id: &str, amount: &str) -> Command {
    let args = [
        "payout",
        "--gateway",
        gateway,
        "--json",
        "--ask",
        "phone,name,surname,email",
        "--order",
        id,
        "--amount",
        amount,
        "--currency",
        "XOF",
        "--operator",
        "CI:Orange",
    ];
    let mut command = world.nzimbu(&args);
    command.write_stdin(format!("{phone}\nKouassi\nAwa\nawa@example.com\n"));
    command
}

fn run(world: &World, args: &[&str]) -> Ended {
    end(&mut world.nzimbu(args))
}

fn show(world: &World, id: &str) -> Value {
    run(world, &["journal", "show", id, "--json"]).json()
}

#[test]
fn the_same_payout_twice_is_one_and_another_one_of_its_id_is_refused() {
    let world = world();
    for (gateway, emulated, id) in
        [("cinetpay", "cinetpay-transfer", "OUT-1"), ("bitlipa", "bitlipa", "OUT-2")]
    {
        let first = pay_out(&world, PHONE, gateway, id, "1000");
        assert_eq!(first.code, 0, "{}{}", first.stdout, first.stderr);
        let told = first.json();
        assert_eq!((&told["sent"], &told["journal"]["state"]), (&json!(true), &json!("accepted")));
        let again = pay_out(&world, PHONE, gateway, id, "1000");
        let told = again.json();
        assert_eq!((again.code, &told["sent"], &told["status"]), (0, &json!(false), &json!("pending")));
        assert_eq!(told["journal"]["attempts"], 1);
        let other = pay_out(&world, PHONE, gateway, id, "1005");
        assert_eq!(
            (other.code, &other.json()["error"]["kind"]),
            (1, &json!("key-reuse")),
            "{}",
            other.stdout
        );
        let whom = pay_out(&world, "+2250700000009", gateway, id, "1000");
        assert_eq!((whom.code, &whom.json()["error"]["kind"]), (1, &json!("key-reuse")));
        assert!(world.sandbox.settle(emulated, id, Decision::Approve));
        let moved = world.sandbox.ledger();
        assert_eq!(moved.iter().filter(|moved| moved.order_id == id).count(), 1, "{gateway}");
    }
    let settled = run(&world, &["reconcile", "--until-settled", "--json"]);
    assert_eq!(settled.code, 0, "{}{}", settled.stdout, settled.stderr);
    let again = pay_out(&world, PHONE, "cinetpay", "OUT-1", "1000");
    let told = again.json();
    assert_eq!(
        (again.code, &told["status"], &told["journal"]["paid"]),
        (0, &json!("succeeded"), &json!("yes"))
    );
    assert_eq!(world.sandbox.ledger().len(), 2);
}

#[test]
fn a_lost_answer_is_asked_for_and_never_paid_twice() {
    let world = world();
    let lost = pay_out(&world, CUT, "cinetpay", "OUT-1", "1000");
    let error = &lost.json()["error"];
    assert_eq!((lost.code, &error["state"], &error["outcome"]), (3, &json!("unknown"), &json!("unknown")));
    assert!(error["remedies"].to_string().contains("nzimbu reconcile"), "{}", lost.stdout);
    let again = pay_out(&world, CUT, "cinetpay", "OUT-1", "1000");
    assert_eq!((again.code, &again.json()["sent"]), (3, &json!(false)), "{}", again.stdout);
    assert!(world.sandbox.settle("cinetpay-transfer", "OUT-1", Decision::Approve));
    let settled = run(&world, &["reconcile"]);
    assert_eq!(settled.code, 0, "{}{}", settled.stdout, settled.stderr);
    assert!(settled.stdout.contains("everything has ended"), "{}", settled.stdout);
    assert_eq!(show(&world, "OUT-1")["state"], "succeeded");
    assert_eq!(world.sandbox.ledger().len(), 1);
}

#[test]
fn a_process_that_dies_while_it_waits_for_the_answer_pays_once() {
    // With a time-out of 3 s an attempt counts as abandoned after 10.
    let world = World::new().with_journal("[profile.sandbox.http]\ntotal_timeout = 3\n");
    let request = world.folder.put(
        "payout.json",
        &format!(
            r#"{{"order": "OUT-1", "amount": {{"value": "1000", "currency": "XOF"}},
                "channel": {{"operator": {{"country": "CI", "name": "Orange"}}}},
                "recipient": {{"phone": "{STALLED}", "name": "Kouassi", "surname": "Awa", "email": "a@example.com"}}}}"#
        ),
    );
    let args = ["payout", "--gateway", "bitlipa", "--json", &request];
    let dying = Running::start(&world, &args);
    let admin = world.sandbox.endpoints().admin_url.clone();
    let port: u16 = admin.rsplit(':').next().unwrap().trim_end_matches('/').parse().unwrap();
    let get = "GET /api/orders/bitlipa/OUT-1 HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    until("the order at the gateway", || ask(port, get).contains(" 200"));
    dying.kill();

    let again = run(&world, &args);
    let told = again.json();
    assert_eq!((again.code, &told["sent"]), (3, &json!(false)), "{}", again.stdout);
    assert_eq!(told["journal"]["state"], "sending");
    assert!(world.sandbox.settle("bitlipa", "OUT-1", Decision::Approve));
    let settled = run(&world, &["reconcile", "--until-settled"]);
    assert_eq!(settled.code, 0, "{}{}", settled.stdout, settled.stderr);
    let shown = show(&world, "OUT-1");
    assert_eq!((&shown["state"], &shown["attempts"]), (&json!("succeeded"), &json!(1)));
    assert_eq!(world.sandbox.ledger().len(), 1);
}

#[test]
fn a_journal_never_changes_its_environment_or_namespace() {
    let world = world();
    assert_eq!(pay_out(&world, PHONE, "bitlipa", "OUT-1", "1000").code, 0);
    let live = "\n[profile.live]\nenvironment = \"live\"\nnamespace = \"tests/live\"\n[profile.live.adullam]\n\
                bearer = { env = \"T_LIVE\" }\n[profile.live.journal]\npath = \"journal.db\"\n";
    let settings = world.settings();
    world.rewrite(&format!("default_profile = \"sandbox\"\n{settings}{live}"));
    for args in [&["journal", "list"][..], &["reconcile"], &["journal", "purge"], &["journal", "verify"]] {
        let args = [args, &["--profile", "live", "--json"]].concat();
        let refused = end(world.nzimbu(&args).env("T_LIVE", "real"));
        assert_eq!(refused.code, 2, "{args:?}: {}{}", refused.stdout, refused.stderr);
        assert!(refused.stdout.contains("belongs to a sandbox profile"), "{}", refused.stdout);
    }
    // The reverse: the first to write is the live profile.
    world.rewrite(
        &format!("default_profile = \"sandbox\"\n{settings}{live}").replace("journal.db", "other.db"),
    );
    let args = ["journal", "purge", "--profile", "live"];
    assert_eq!(end(world.nzimbu(&args).env("T_LIVE", "real")).code, 0);
    let refused = run(&world, &["journal", "list"]);
    assert_eq!(refused.code, 2);
    assert!(refused.stderr.contains("belongs to a live profile"), "{}", refused.stderr);
    world.rewrite(&settings.replace("tests/sandbox", "tests/other"));
    let refused = run(&world, &["reconcile"]);
    assert_eq!(refused.code, 2);
    assert!(refused.stderr.contains("a second id"), "{}", refused.stderr);
}

#[test]
fn a_live_payout_without_a_journal_has_to_be_meant() {
    let folder = common::world::Folder::new();
    let live = "[profile.live]\nenvironment = \"live\"\n[profile.live.bitlipa]\n\
                base_url = \"https://gateway.example\"\npublic_id = \"a\"\nmerchant_id = \"b\"\nsecrets = [{ env = \"T\" }]\n";
    let config = folder.put("nzimbu.toml", live);
    let run = |more: &[&str]| {
        let args =
            [&["payout", "--gateway", "bitlipa", "--live", "--config", &config, "--order", "OUT-1"], more]
                .concat();
        end(common::nzimbu(&args).env("T", "real"))
    };
    let refused = run(&[]);
    assert_eq!(refused.code, 2, "{}", refused.stderr);
    assert!(
        refused.stderr.contains("has no journal") && refused.stderr.contains("--no-journal"),
        "{}",
        refused.stderr
    );
    let meant = run(&["--no-journal"]);
    assert_eq!(meant.code, 1, "the request itself is looked at: {}", meant.stderr);
    folder.put("nzimbu.toml", &format!("{live}[profile.live.journal]\npath = \"j.db\"\n"));
    let refused = run(&["--no-journal"]);
    assert_eq!(refused.code, 2);
    assert!(refused.stderr.contains("leave out --no-journal"), "{}", refused.stderr);
}

#[test]
fn orders_are_listed_counted_and_shown_in_both_languages() {
    let world = world();
    assert_eq!(pay_out(&world, PHONE, "cinetpay", "OUT-1", "1000").code, 0);
    assert_eq!(pay_out(&world, PHONE, "bitlipa", "OUT-2", "2000").code, 0);
    assert!(world.sandbox.settle("bitlipa", "OUT-2", Decision::Refuse));
    let names = |more: &[&str]| -> Vec<String> {
        let ended = run(&world, &[&["journal", "list", "--json"], more].concat());
        assert_eq!(ended.code, 0, "{more:?}: {}{}", ended.stdout, ended.stderr);
        ended.lines().iter().map(|line| line["order"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&[]), ["OUT-1", "OUT-2"]);
    assert_eq!(names(&["--most", "1"]), ["OUT-1"]);
    assert_eq!(names(&["--gateway", "bitlipa"]), ["OUT-2"]);
    assert_eq!(names(&["--operation", "pay"]), [""; 0]);
    assert_eq!(names(&["--state", "accepted,unknown"]), ["OUT-1", "OUT-2"]);
    assert_eq!(names(&["--state", "failed"]), [""; 0]);
    assert_eq!(names(&["--needs-people"]), [""; 0]);
    assert_eq!(names(&["--since", "1h"]), ["OUT-1", "OUT-2"]);
    assert_eq!(names(&["--since", "2100-01-01"]), [""; 0]);
    assert_eq!(names(&["--batch", "1"]), [""; 0]);

    let shown = run(&world, &["journal", "show", "OUT-1"]);
    for words in
        ["state           accepted", "written down: 1000 XOF, CI Orange +225…00", "the gateway says pending"]
    {
        assert!(shown.stdout.contains(words), "{words}: {}", shown.stdout);
    }
    let french = run(&world, &["journal", "show", "OUT-1", "--lang", "fr"]);
    assert!(french.stdout.contains("ensuite : la passerelle l'a"), "{}", french.stdout);
    assert_eq!(run(&world, &["journal", "show", "OUT-9"]).code, 1);
    let derived = run(&world, &["journal", "show", "--reference", "nobody"]);
    assert_eq!(derived.code, 1, "{}", derived.stderr);

    let counts = run(&world, &["journal", "counts", "--json"]).lines();
    assert_eq!(counts.len(), 2);
    assert_eq!((&counts[1]["gateway"], &counts[1]["amount"]), (&json!("cinetpay"), &json!("1000")));
    assert!(run(&world, &["journal", "counts", "--lang", "fr"]).stdout.contains("versement"));
    assert_eq!(run(&world, &["journal", "strays"]).code, 0);
}

#[test]
fn a_journal_that_is_not_there_is_not_made_by_looking() {
    let world = world();
    for command in ["list", "counts", "verify", "strays", "export"] {
        let ended = run(&world, &["journal", command]);
        assert_eq!(ended.code, 1, "{command}: {}", ended.stderr);
        assert!(ended.stderr.contains("there is no journal"), "{command}: {}", ended.stderr);
    }
    assert!(!world.folder.path().join("journal.db").exists());
    world.rewrite(&world.settings().replace("path = \"journal.db\"", "path = \"gone/journal.db\""));
    let ended = pay_out(&world, PHONE, "bitlipa", "OUT-1", "1000");
    assert_eq!(
        (ended.code, &ended.json()["error"]["kind"]),
        (4, &json!("journal-not-writable")),
        "{}",
        ended.stdout
    );
    assert_eq!(world.sandbox.ledger().len(), 0);
    let none = World::new();
    let ended = run(&none, &["journal", "list"]);
    assert_eq!(ended.code, 2);
    assert!(ended.stderr.contains("[profile.sandbox.journal]"), "{}", ended.stderr);
}

#[test]
fn one_altered_byte_is_found_and_named() {
    let world = world();
    for id in ["OUT-1", "OUT-2", "OUT-3"] {
        assert_eq!(pay_out(&world, PHONE, "bitlipa", id, "1000").code, 0);
    }
    let sound = run(&world, &["journal", "verify", "--json"]);
    assert_eq!((sound.code, &sound.json()["orders"]), (0, &json!(3)), "{}", sound.stdout);
    let file = world.folder.path().join("journal.db");
    let bytes = std::fs::read(&file).unwrap();
    // The amount as the first event of the second order tells it.
    let place = |text: &str, from: usize| {
        from + bytes[from..].windows(text.len()).position(|window| window == text.as_bytes()).unwrap()
    };
    let mut at = 0;
    let mut altered = 0;
    // Whichever copy of the text is the live one, each of them is altered in turn.
    while bytes[at..].windows(8).any(|window| window == b"1000 XOF") {
        at = place("1000 XOF", at) + 1;
        let mut changed = bytes.clone();
        changed[at - 1] = b'9';
        std::fs::write(&file, &changed).unwrap();
        let found = run(&world, &["journal", "verify", "--json"]);
        let error = &found.json()["error"];
        assert_eq!((found.code, &error["kind"]), (4, &json!("journal-damaged")), "{}", found.stdout);
        let named = error["order"].as_str().unwrap();
        assert!(named.starts_with("OUT-"), "{}", found.stdout);
        assert!(error["message"].as_str().unwrap().contains("was altered"), "{}", found.stdout);
        altered += 1;
    }
    assert_eq!(altered, 3);
    std::fs::write(&file, &bytes).unwrap();
    assert_eq!(run(&world, &["journal", "verify"]).code, 0);
}

#[test]
fn damage_stops_sending_until_somebody_accepts_it_by_name() {
    let world = world();
    for id in ["OUT-1", "OUT-2"] {
        assert_eq!(pay_out(&world, PHONE, "bitlipa", id, "1000").code, 0);
    }
    let file = world.folder.path().join("journal.db");
    let mut bytes = std::fs::read(&file).unwrap();
    let place = bytes.windows(8).position(|window| window == b"1000 XOF").unwrap();
    bytes[place] = b'9';
    std::fs::write(&file, &bytes).unwrap();
    assert_eq!(run(&world, &["journal", "verify"]).code, 4);
    let refused = pay_out(&world, PHONE, "bitlipa", "OUT-3", "1000");
    assert_eq!(
        (refused.code, &refused.json()["error"]["kind"]),
        (4, &json!("journal-damaged")),
        "{}",
        refused.stdout
    );
    assert!(refused.stdout.contains("nzimbu journal accept"), "{}", refused.stdout);
    assert_eq!(run(&world, &["journal", "accept", "--person", " ", "--reason", "why"]).code, 2);
    let accept = ["journal", "accept", "--person", "A. Kouame", "--reason", "ticket 4711", "--json"];
    let accepted = run(&world, &accept);
    assert_eq!((accepted.code, accepted.json()["events"].as_u64()), (0, Some(1)), "{}", accepted.stdout);
    assert!(accepted.stderr.contains("was altered"), "what is accepted is seen: {}", accepted.stderr);
    let verified = run(&world, &["journal", "verify", "--json"]);
    assert_eq!((verified.code, &verified.json()["accepted"]), (0, &json!(1)), "{}", verified.stdout);
    assert_eq!(pay_out(&world, PHONE, "bitlipa", "OUT-3", "1000").code, 0);
    let shown = ["OUT-1", "OUT-2"].map(|id| run(&world, &["journal", "show", id]).stdout);
    assert!(shown.iter().any(|shown| shown.contains("A. Kouame accepted")), "{shown:?}");
    assert_eq!(run(&world, &["journal", "accept", "--person", "A", "--reason", "again"]).code, 0);
}

#[test]
fn what_is_personal_is_encrypted_with_the_keys_of_the_profile() {
    const NEW: (&str, &str) = ("JOURNAL_NEW", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
    const OLD: (&str, &str) = ("JOURNAL_OLD", "//////////////////////////////////////////8=");
    let world = world();
    let open = world.settings();
    let with = |keys: &str| {
        let at = "path = \"journal.db\"\n";
        assert!(open.contains(at), "{open}");
        world.rewrite(&open.replace(at, &format!("{at}encryption_keys = [{keys}]\n")));
    };
    let keys = |args: &[&str]| {
        let mut command = world.nzimbu(args);
        command.env(NEW.0, NEW.1).env(OLD.0, OLD.1);
        end(&mut command)
    };
    let pay = |id: &str, set: bool| {
        let mut command = paying(&world, PHONE, "bitlipa", id, "1000");
        if set {
            command.env(NEW.0, NEW.1).env(OLD.0, OLD.1);
        }
        end(&mut command)
    };
    let holds = |text: &str| {
        ["journal.db", "journal.db-wal"].iter().any(|name| {
            let bytes = std::fs::read(world.folder.path().join(name)).unwrap_or_default();
            bytes.windows(text.len()).any(|window| window == text.as_bytes())
        })
    };
    with("{ env = \"JOURNAL_OLD\" }");
    let missing = pay("OUT-1", false);
    assert_eq!(missing.code, 2, "{}", missing.stdout);
    assert!(missing.stdout.contains("encryption_keys[0] refers to a variable"), "{}", missing.stdout);
    let paid = pay("OUT-1", true);
    assert_eq!(paid.code, 0, "{}{}", paid.stdout, paid.stderr);
    assert!(!holds("Kouassi") && !holds("+22507"), "the name and the number are in the open");
    // A second key encrypts from now on; both are read.
    with("{ env = \"JOURNAL_NEW\" }, { env = \"JOURNAL_OLD\" }");
    assert_eq!(pay("OUT-2", true).code, 0);
    assert!(!holds("Kouassi") && !holds("+22507"));
    assert_eq!(keys(&["journal", "verify"]).code, 0);
    let shown = |id: &str| keys(&["journal", "show", id, "--json"]).json();
    assert_eq!((&shown("OUT-1")["locked_by"], &shown("OUT-2")["locked_by"]), (&json!(null), &json!(null)));
    // Without the old one it is told which is missing, and the gateway is asked all the same.
    with("{ env = \"JOURNAL_NEW\" }");
    assert!(shown("OUT-1")["locked_by"].is_string() && shown("OUT-2")["locked_by"].is_null());
    assert!(world.sandbox.settle("bitlipa", "OUT-1", Decision::Approve));
    assert!(world.sandbox.settle("bitlipa", "OUT-2", Decision::Approve));
    let settled = keys(&["reconcile", "--until-settled"]);
    assert_eq!(settled.code, 0, "{}", settled.stderr);
    assert_eq!(shown("OUT-1")["state"], "succeeded");
    // A key that is none is refused, and not shown.
    with("{ env = \"JOURNAL_NEW\" }");
    let mut command = world.nzimbu(&["journal", "list", "--json"]);
    let wrong = end(command.env(NEW.0, "canary of a key"));
    assert!(wrong.code == 2 && wrong.stdout.contains("openssl rand -base64 32"), "{}", wrong.stdout);
    assert!(!wrong.stdout.contains("canary"), "{}", wrong.stdout);
}

#[test]
fn an_export_is_masked_and_can_be_checked_without_the_journal() {
    let world = world();
    for id in ["OUT-1", "OUT-2"] {
        assert_eq!(pay_out(&world, PHONE, "bitlipa", id, "1000").code, 0);
    }
    let file = world.folder.path().join("export.jsonl");
    let name = file.to_str().unwrap();
    let written = run(&world, &["journal", "export", "--output", name, "--json"]);
    assert_eq!(
        (written.code, &written.json()["orders"]),
        (0, &json!(2)),
        "{}{}",
        written.stdout,
        written.stderr
    );
    let again = run(&world, &["journal", "export", "--output", name]);
    assert_eq!(again.code, 2, "a file is not overwritten: {}", again.stderr);
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(!text.contains("Kouassi") && !text.contains("awa@") && !text.contains("0700000000"), "{text}");
    assert_eq!(text.lines().count(), 4);
    let verify = |text: &str| {
        let file = world.folder.put("check.jsonl", text);
        end(&mut common::nzimbu(&["journal", "verify", "--json", "--export", &file]))
    };
    let sound = verify(&text);
    assert_eq!((sound.code, &sound.json()["sha256"]), (0, &written.json()["sha256"]), "{}", sound.stdout);
    let lines: Vec<_> = text.lines().collect();
    let without_one = [lines[0], lines[2], lines[3]].join("\n");
    let cut = [lines[0], lines[1]].join("\n");
    for (what, altered) in [
        ("an amount", text.replacen("\"value\":\"1000\"", "\"value\":\"9000\"", 1)),
        ("a body", text.replacen("1000 XOF", "9000 XOF", 1)),
        ("a state", text.replacen("\"state\":\"accepted\"", "\"state\":\"succeeded\"", 1)),
        ("a time", text.replacen("\"at\":17", "\"at\":18", 2)),
        ("a line", without_one),
        ("the end", cut),
        ("more", format!("{text}{{}}\n")),
        ("nothing", String::new()),
    ] {
        let found = verify(&altered);
        assert_eq!((found.code, &found.json()["error"]["kind"]), (4, &json!("journal-damaged")), "{what}");
    }
    let piped = run(&world, &["journal", "export"]);
    // The first line has the time, and the last one covers it.
    assert_eq!(piped.stdout.lines().skip(1).take(2).collect::<Vec<_>>(), &lines[1..3]);
}

#[test]
fn what_ended_long_ago_is_forgotten_and_a_restored_journal_is_doubted() {
    let world = world();
    assert_eq!(pay_out(&world, PHONE, "bitlipa", "OUT-1", "1000").code, 0);
    assert!(world.sandbox.settle("bitlipa", "OUT-1", Decision::Approve));
    assert_eq!(run(&world, &["reconcile", "--until-settled"]).code, 0);
    let holds = |text: &str| {
        // What was not written back yet lies beside the file.
        ["journal.db", "journal.db-wal"].iter().any(|name| {
            let bytes = std::fs::read(world.folder.path().join(name)).unwrap_or_default();
            bytes.windows(text.len()).any(|window| window == text.as_bytes())
        })
    };
    assert!(holds("Kouassi"));
    assert_eq!(run(&world, &["journal", "purge"]).code, 0);
    assert!(holds("Kouassi"), "it ended just now");
    let purged = run(&world, &["journal", "purge", "--older-than", "0s", "--json"]);
    assert_eq!((purged.code, &purged.json()["done"]), (0, &json!("purged")), "{}", purged.stdout);
    assert_eq!(purged.json()["orders"], 1, "{}", purged.stdout);
    assert!(!holds("Kouassi"));
    assert_eq!(run(&world, &["journal", "verify"]).code, 0);

    assert_eq!(run(&world, &["journal", "restored", "--person", "A. Kouame"]).code, 0);
    let kept = pay_out(&world, PHONE, "bitlipa", "OUT-2", "1000");
    assert_eq!((kept.code, &kept.json()["error"]["kind"]), (4, &json!("journal-doubted")), "{}", kept.stdout);
    assert_eq!(run(&world, &["reconcile"]).code, 4);
    let doctor = run(&world, &["doctor", "--offline"]);
    assert!(doctor.code == 1 && doctor.stdout.contains("nzimbu journal doubt"), "{}", doctor.stdout);
    let doubted = run(&world, &["journal", "doubt", "--reach", "1h"]);
    assert_eq!(doubted.code, 0, "{}", doubted.stderr);
    let shown = show(&world, "OUT-1");
    assert_eq!(shown["history"].as_array().unwrap().last().unwrap()["event"]["event"], "doubted");
    assert!(shown["due_at"].is_number(), "{shown}");
    let settled = run(&world, &["reconcile", "--json"]);
    let summary = settled.lines().pop().unwrap();
    assert_eq!((settled.code, &summary["asked"]), (0, &json!(1)), "{}", settled.stdout);
    assert_eq!(show(&world, "OUT-1")["state"], "succeeded");
}
