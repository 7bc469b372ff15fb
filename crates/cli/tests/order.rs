//! `nzimbu pay` and `nzimbu payout` at every gateway of a sandbox.
#![allow(clippy::unwrap_used, reason = "a failing test may panic")]

mod common;

use common::world::World;
use common::{Ended, end};
use nzimbu_sandbox::Decision;
use serde_json::json;

const PAY: [&str; 6] = ["--amount", "2500", "--currency", "XOF", "--operator", "CI:Orange"];
const PHONE: &str = "+2250700000000";

fn order(world: &World, command: &str, gateway: &str, more: &[&str]) -> Ended {
    order_of(world, PHONE, command, gateway, more)
}

fn order_of(world: &World, phone: &str, command: &str, gateway: &str, more: &[&str]) -> Ended {
    let mut args = vec![command, "--gateway", gateway, "--json", "--ask", "phone,name,surname,email"];
    args.extend(more);
    end(world.nzimbu(&args).write_stdin(format!("{phone}\nKouassi\nAwa\nawa@example.com\n")))
}

fn pay(world: &World, gateway: &str, id: &str) -> Ended {
    order(world, "pay", gateway, &[&["--order", id, "--description", "Two books"], &PAY[..]].concat())
}

fn pay_out(world: &World, gateway: &str, id: &str, amount: &str) -> Ended {
    let more = ["--order", id, "--amount", amount, "--currency", "XOF", "--operator", "CI:Orange"];
    order(world, "payout", gateway, &more)
}

#[test]
fn a_payment_is_taken_by_every_gateway() {
    let world = World::new();
    let page = pay(&world, "cinetpay", "INV-1");
    assert_eq!(page.code, 0, "{}{}", page.stdout, page.stderr);
    let told = page.json();
    assert_eq!(
        (&told["gateway"], &told["operation"], &told["order"], &told["status"], &told["final"]),
        (&json!("cinetpay"), &json!("payment"), &json!("INV-1"), &json!("pending"), &json!(false)),
    );
    assert_eq!(told["next_action"]["kind"], "redirect");
    let url = told["next_action"]["url"].as_str().unwrap();
    assert!(url.starts_with(&world.sandbox.endpoints().cinetpay.checkout_url), "{url}");

    let prompt = pay(&world, "bitlipa", "INV-2");
    assert_eq!((prompt.code, &prompt.json()["status"]), (0, &json!("pending")), "{}", prompt.stdout);

    let session = pay(&world, "adullam", "INV-3");
    let told = session.json();
    assert_eq!((session.code, &told["status"]), (0, &json!("pending")), "{}", session.stdout);
    assert_eq!((&told["amount"]["value"], &told["amount_confirmed"]), (&json!("2500"), &json!(true)));

    assert_eq!(world.sandbox.ledger(), [], "nobody has paid yet");
}

#[test]
fn a_payout_moves_money_once_and_its_status_says_so() {
    let world = World::new();
    for (gateway, emulated, id) in
        [("cinetpay", "cinetpay-transfer", "OUT-1"), ("bitlipa", "bitlipa", "OUT-2")]
    {
        let sent = pay_out(&world, gateway, id, "1000");
        assert_eq!(sent.code, 0, "{gateway}: {}{}", sent.stdout, sent.stderr);
        let status = |more: &[&str]| {
            let args = ["status", "--gateway", gateway, "--operation", "payout", "--order", id, "--json"];
            end(&mut world.nzimbu(&[&args[..], more].concat()))
        };
        let asked = status(&[]);
        assert_eq!((asked.code, &asked.json()["status"]), (3, &json!("pending")), "{gateway}");
        assert!(world.sandbox.settle(emulated, id, Decision::Approve));
        let asked = status(&["--amount", "1000", "--currency", "XOF"]);
        assert_eq!((asked.code, &asked.json()["status"]), (0, &json!("succeeded")), "{gateway}");
        // Bitlipa states no amount.
        assert_eq!(asked.json()["amount_confirmed"], json!(gateway == "cinetpay"));
        assert_eq!(status(&["--wait", "5"]).code, 0);
        let moved = world.sandbox.ledger();
        assert_eq!(moved.iter().filter(|moved| moved.order_id == id).count(), 1, "{gateway}");
    }
}

#[test]
fn an_order_that_ended_without_money_is_told_by_its_exit_status() {
    let world = World::new();
    assert_eq!(pay_out(&world, "cinetpay", "OUT-1", "1000").code, 0);
    assert!(world.sandbox.settle("cinetpay-transfer", "OUT-1", Decision::Refuse));
    let args = ["status", "--gateway", "cinetpay", "--operation", "payout", "--order", "OUT-1"];
    let asked = end(&mut world.nzimbu(&args));
    assert_eq!(asked.code, 1, "{}{}", asked.stdout, asked.stderr);
    assert!(asked.stdout.contains("failed"), "{}", asked.stdout);
}

#[test]
fn an_unknown_outcome_is_3_and_says_to_ask_and_not_to_repeat() {
    let world = World::new();
    // The order is made, then the connection is cut.
    let phone = "+2250700977102";
    for (gateway, id) in [("cinetpay", "OUT-1"), ("bitlipa", "OUT-2")] {
        let more = ["--order", id, "--amount", "1000", "--currency", "XOF", "--operator", "CI:Orange"];
        let lost = order_of(&world, phone, "payout", gateway, &more);
        let error = &lost.json()["error"];
        assert_eq!(lost.code, 3, "{}{}", lost.stdout, lost.stderr);
        assert_eq!(
            (&error["outcome"], &error["advice"], &error["order"], &error["exit"]),
            (&json!("unknown"), &json!("ask-status"), &json!(id), &json!(3)),
        );
        let remedies = error["remedies"].to_string();
        let command = format!("nzimbu status --gateway {gateway} --operation payout --order {id}");
        assert!(remedies.contains(&command) && remedies.contains("never send it again"), "{remedies}");
        let asked = end(&mut world.nzimbu(&command.split(' ').skip(1).collect::<Vec<_>>()));
        assert_eq!(asked.code, 3, "it is under way: {}{}", asked.stdout, asked.stderr);
    }
    // It cannot be asked: the same request is answered as the first time.
    let args = ["--order", "INV-3", "--amount", "2500", "--currency", "XOF"];
    let lost = order_of(&world, phone, "pay", "adullam", &args);
    assert_eq!(lost.code, 3, "{}", lost.stdout);
    assert!(lost.stdout.contains("repeat the very same request"), "{}", lost.stdout);
}

#[test]
fn what_no_document_describes_is_unsupported_and_not_sent() {
    let world = World::new();
    let sent = pay_out(&world, "adullam", "OUT-1", "1000");
    assert_eq!((sent.code, &sent.json()["error"]["kind"]), (1, &json!("unsupported")), "{}", sent.stdout);
    for (args, words) in [
        (vec!["balance", "--gateway", "adullam"], "balance"),
        (vec!["balance", "--gateway", "bitlipa"], "balance"),
        (vec!["banks", "--gateway", "cinetpay", "--provider", "1"], "lists no banks"),
        (vec!["banks", "--gateway", "adullam", "--provider", "1"], "lists no banks"),
        (
            vec!["link", "--gateway", "cinetpay", "--provider", "1", "--order", "X", "--customer-id", "C"],
            "nzimbu pay",
        ),
    ] {
        let ended = end(&mut world.nzimbu(&args));
        assert_eq!((ended.code, &*ended.stdout), (1, ""), "{args:?}: {}", ended.stderr);
        assert!(ended.stderr.contains(words), "{args:?}: {}", ended.stderr);
        let json = end(&mut world.nzimbu(&[&args[..], &["--json"]].concat()));
        assert_eq!((json.code, &json.json()["error"]["kind"]), (1, &json!("unsupported")), "{args:?}");
    }
}

#[test]
fn a_reference_gets_the_same_id_every_time_and_the_namespace_counts() {
    let world = World::new();
    let run = |world: &World| {
        order(world, "pay", "bitlipa", &[&["--reference", "invoice 7"], &PAY[..]].concat()).json()["order"]
            .clone()
    };
    let first = run(&world);
    assert_eq!(first, run(&world), "the second is a replay");
    // base32 of SHA-256 over the four parts, each after its length; computed outside of this program.
    assert_eq!(first, "TSHARSPBN2PQUZWFLN6BTF75GQ");
    world.rewrite(&world.settings().replace("tests/sandbox", "tests/other"));
    assert_ne!(first, run(&world));
    world.rewrite(&world.settings().replace("namespace = \"tests/other\"", ""));
    let refused = order(&world, "pay", "bitlipa", &[&["--reference", "invoice 7"], &PAY[..]].concat());
    assert_eq!(refused.code, 2);
    assert!(refused.stdout.contains("namespace"), "{}", refused.stdout);
    for reference in ["", " "] {
        let refused = order(&world, "pay", "bitlipa", &[&["--reference", reference], &PAY[..]].concat());
        assert_eq!(refused.code, 2, "{}", refused.stdout);
    }
}

#[test]
fn a_file_and_flags_make_one_request_and_nothing_is_said_twice() {
    let world = World::new();
    let file = world.folder.put(
        "request.json",
        r#"{"order": "INV-7", "amount": {"value": "2500", "currency": "XOF"},
            "channel": {"operator": {"country": "CI", "name": "Orange"}},
            "payer": {"phone": "+2250700000000", "name": "Kouassi", "email": "k@example.com"}}"#,
    );
    let alone = end(&mut world.nzimbu(&["pay", "--gateway", "bitlipa", "--json", &file]));
    assert_eq!((alone.code, &alone.json()["order"]), (0, &json!("INV-7")), "{}", alone.stdout);
    let twice = end(world
        .nzimbu(&[
            "pay",
            "--gateway",
            "bitlipa",
            "--json",
            "--order",
            "INV-8",
            "--amount",
            "1",
            "--currency",
            "XOF",
            "--operator",
            "CI:MTN",
            "--ask",
            "phone",
            &file,
        ])
        .write_stdin("+2250500000000\n"));
    let error = &twice.json()["error"];
    assert_eq!((twice.code, &error["kind"], &error["outcome"]), (1, &json!("request"), &json!("not-sent")));
    let problems: Vec<_> = error["problems"].as_array().unwrap().iter().collect();
    let named = |field: &str| {
        problems.iter().any(|problem| problem["field"] == field && problem["rule"] == "duplicate")
    };
    for field in ["order", "amount", "channel", "payer.phone"] {
        assert!(named(field), "{field}: {}", twice.stdout);
    }
    let piped = r#"{"amount": 2500, "currency": "XOF", "payer": {"phone": "+2250700000000"}}"#;
    let piped =
        end(world.nzimbu(&["pay", "--gateway", "adullam", "--order", "INV-9", "-"]).write_stdin(piped));
    assert_eq!(piped.code, 0, "{}", piped.stderr);
}

#[test]
fn all_violations_are_told_at_once_in_both_languages() {
    let world = World::new();
    let args = ["payout", "--gateway", "cinetpay", "--operator", "CI:Orange", "--reason", "x"];
    let english = end(&mut world.nzimbu(&args));
    assert_eq!((english.code, &*english.stdout), (1, ""));
    for line in [
        "order is required: set it",
        "amount is required",
        "recipient.phone is required: set it",
        "recipient.email is required: set it",
    ] {
        assert!(english.stderr.contains(line), "{line}: {}", english.stderr);
    }
    let french = end(&mut world.nzimbu(&[&args[..], &["--lang", "fr"]].concat()));
    let lines: Vec<_> = french.stderr.lines().collect();
    assert_eq!(lines[0], "erreur : rien n'a été envoyé, car la demande enfreint ces règles :");
    assert_eq!(lines[1], "  order est requis : indiquez-le");
    assert_eq!(lines.len(), english.stderr.lines().count());
    assert_eq!(world.sandbox.ledger(), []);
}

#[test]
fn people_read_what_happened_and_what_to_do_next() {
    let world = World::new();
    let args = ["pay", "--gateway", "bitlipa", "--order", "INV-7", "--ask", "phone,name,email"];
    let args = [&args[..], &PAY[..]].concat();
    let answers = "+2250700000000\nKouassi\nk@example.com\n";
    let english = end(world.nzimbu(&args).write_stdin(answers)).stdout;
    let reference = english.lines().find_map(|line| line.strip_prefix("gateway's id  ")).unwrap().to_owned();
    assert_eq!(
        english,
        format!(
            "order         INV-7\n\
             gateway       bitlipa\n\
             direction     payment\n\
             status        pending (1)\n\
             amount        not stated by the gateway\n\
             gateway's id  {reference}\n\
             next          ask with `nzimbu status --gateway bitlipa --operation pay --order INV-7`, and never \
             send it again under another id\n"
        ),
    );
    let french = end(world.nzimbu(&args).env("LANG", "fr_CI.UTF-8").write_stdin(answers)).stdout;
    assert_eq!(
        french,
        format!(
            "commande    INV-7\n\
             passerelle  bitlipa\n\
             sens        encaissement\n\
             état        en cours (1)\n\
             montant     non indiqué par la passerelle\n\
             référence   {reference}\n\
             ensuite     demandez avec `nzimbu status --gateway bitlipa --operation pay --order INV-7`, et ne le \
             renvoyez jamais sous un autre identifiant\n"
        ),
    );
}

#[test]
fn a_status_of_another_amount_is_a_mismatch_and_of_nobody_is_not_known() {
    let world = World::new();
    assert_eq!(pay_out(&world, "cinetpay", "OUT-1", "1000").code, 0);
    let status = |id: &str, more: &[&str]| {
        let args = ["status", "--gateway", "cinetpay", "--operation", "payout", "--json", "--order", id];
        end(&mut world.nzimbu(&[&args[..], more].concat()))
    };
    let other = status("OUT-1", &["--amount", "1005", "--currency", "XOF"]);
    assert_eq!((other.code, &other.json()["error"]["kind"]), (3, &json!("mismatch")), "{}", other.stdout);
    let wrong = end(&mut world.nzimbu(&[
        "status",
        "--gateway",
        "bitlipa",
        "--operation",
        "pay",
        "--order",
        "status1",
    ]));
    assert_eq!(wrong.code, 2, "a name that spells a signed field: {}{}", wrong.stdout, wrong.stderr);
    let nobody = status("OUT-2", &[]);
    assert_eq!((nobody.code, &nobody.json()["error"]["kind"]), (3, &json!("not-found")), "{}", nobody.stdout);
}

/// Exit status 1 means that the order ended without money, and nothing else may be taken for that.
#[test]
fn a_question_that_fails_says_nothing_about_the_order() {
    let world = World::new();
    let status = |world: &World, gateway: &str, variables: &[(&str, &str)]| {
        let args = ["status", "--gateway", gateway, "--operation", "pay", "--order", "INV-1", "--json"];
        end(world.nzimbu(&args).envs(variables.iter().copied()))
    };
    // CinetPay answers a question about a payment that it does not know as it answers a wrong field.
    for (gateway, variables, kind) in [
        ("cinetpay", &[][..], "invalid-request"),
        ("cinetpay", &[("T_APIKEY", "sandbox-wrong")], "authentication"),
        ("bitlipa", &[("T_BITLIPA", "sandbox-wrong")], "authentication"),
        ("adullam", &[], "unsupported"),
    ] {
        let ended = status(&world, gateway, variables);
        assert_eq!((ended.code, &ended.json()["error"]["kind"]), (3, &json!(kind)), "{}", ended.stdout);
    }
    let settings =
        world.settings().replace(&world.sandbox.endpoints().bitlipa.base_url, "http://127.0.0.1:9");
    world.rewrite(&settings);
    let ended = status(&world, "bitlipa", &[]);
    assert_eq!((ended.code, &ended.json()["error"]["kind"]), (3, &json!("transport")), "{}", ended.stdout);
}

#[test]
fn a_repeated_order_is_asked_about_and_not_taken_for_refused() {
    let world = World::new();
    assert_eq!(pay_out(&world, "cinetpay", "OUT-1", "1000").code, 0);
    let again = pay_out(&world, "cinetpay", "OUT-1", "1000");
    let error = again.json();
    assert!(again.code == 0 || again.code == 3 && error["error"]["outcome"] == "unknown", "{}", again.stdout);
    assert!(world.sandbox.settle("cinetpay-transfer", "OUT-1", Decision::Approve));
    assert_eq!(world.sandbox.ledger().len(), 1);
}

#[test]
fn a_success_without_its_amount_is_not_taken_for_one() {
    let world = World::with(|settings| settings.checkout.check_shape = nzimbu_sandbox::CheckShape::Of2021);
    assert_eq!(pay(&world, "cinetpay", "INV-1").code, 0);
    assert!(world.sandbox.settle("cinetpay-checkout", "INV-1", Decision::Approve));
    let args = ["status", "--gateway", "cinetpay", "--operation", "pay", "--order", "INV-1", "--json"];
    let told = end(&mut world.nzimbu(&args)).json();
    assert_eq!((&told["status"], &told["amount"]), (&json!("succeeded"), &json!(null)));
    let compared = end(&mut world.nzimbu(&[&args[..], &["--amount", "2500", "--currency", "XOF"]].concat()));
    assert_eq!(
        (compared.code, &compared.json()["error"]["kind"]),
        (3, &json!("amount-unconfirmed")),
        "{}",
        compared.stdout
    );
}
