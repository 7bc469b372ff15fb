//! `nzimbu check`: rules of every gateway, and requests that cannot be read.
#![allow(clippy::unwrap_used, reason = "a failing test may panic")]

mod common;

use common::{Ended, end, nzimbu};
use serde_json::Value;

fn check(gateway: &str, operation: &str, request: &str) -> Ended {
    end(nzimbu(&["check", "--gateway", gateway, "--operation", operation]).write_stdin(request))
}

/// Fields and rules in their order, such as `amount multiple_of`.
fn violations(gateway: &str, operation: &str, request: &str) -> Vec<String> {
    let ended = check(gateway, operation, request);
    let found = ended.json();
    let found = found.as_array().unwrap();
    assert_eq!(ended.code, i32::from(!found.is_empty()), "{request}: {}", ended.stdout);
    assert_eq!(ended.stderr, "");
    let text = |violation: &Value, member: &str| violation[member].as_str().unwrap().to_owned();
    for violation in found {
        assert_eq!(violation.as_object().unwrap().len(), 3);
        assert!(!text(violation, "message").is_empty());
    }
    found
        .iter()
        .map(|violation| format!("{} {}", text(violation, "field"), text(violation, "rule")))
        .collect()
}

const PAYMENT: &str = r#"{
    "order": "INV-7",
    "amount": {"value": "2500", "currency": "XOF"},
    "channel": {"operator": {"country": "CI", "name": "Orange"}},
    "payer": {"phone": "+2250700000000", "name": "Kouassi", "surname": "Awa", "email": "awa@example.com"},
    "description": "Two books"
}"#;

const PAYOUT: &str = r#"{
    "order": "OUT-7",
    "amount": {"value": "1000", "currency": "XOF"},
    "channel": {"operator": {"country": "CI", "name": "Orange"}},
    "recipient": {"phone": "+2250700000000", "name": "Kouassi", "surname": "Awa", "email": "awa@example.com"},
    "reason": "One book came back"
}"#;

#[test]
fn the_documented_requests_break_no_rule_of_any_gateway() {
    for gateway in ["adullam", "bitlipa", "cinetpay"] {
        assert_eq!(violations(gateway, "pay", PAYMENT), [""; 0], "{gateway}");
    }
    for gateway in ["bitlipa", "cinetpay"] {
        assert_eq!(violations(gateway, "payout", PAYOUT), [""; 0], "{gateway}");
    }
    assert_eq!(check("bitlipa", "pay", PAYMENT).stdout, "[]\n");
}

#[test]
fn every_shape_of_a_request_is_understood() {
    let start = r#"{"order_id": "INV-7", "phone": "+2250700000000","#;
    for amount in [
        r#""amount": "2500", "currency": "XOF""#,
        r#""amount": 2500, "currency": "XOF""#,
        r#""amount": {"value": 2500, "currency": "XOF"}"#,
        r#""amount": {"value": "2500"}, "currency": "XOF""#,
        r#""amount": {"minor": 2500, "currency": "XOF"}"#,
        r#""amount": {"minor": "2500", "currency": "XOF"}, "payer": null, "channel": "any", "metadata": {"cart": "9"}"#,
        r#""amount": 2500, "currency": "XOF", "customer": {"name": "Kouassi"}, "language": "fr""#,
        r#""amount": 2500, "currency": "XOF", "channel": "mobile_money", "return_url": "https://shop.example/thanks""#,
    ] {
        assert_eq!(violations("adullam", "pay", &format!("{start} {amount}}}")), [""; 0], "{amount}");
    }
}

#[test]
fn the_gateways_own_rules_are_reported_all_at_once() {
    let rows = [
        ("adullam", "pay", PAYMENT, "\"2500\"", "\"99\"", &["amount minimum"][..]),
        ("adullam", "pay", PAYMENT, "+2250700000000", "+221771234567", &["payer.phone format"]),
        ("adullam", "pay", PAYMENT, "XOF", "GHS", &["amount.currency supported"]),
        ("bitlipa", "pay", PAYMENT, "Orange", "Tigo", &["channel supported"]),
        ("bitlipa", "payout", PAYOUT, "\"phone\": \"+2250700000000\",", "", &["recipient.phone required"]),
        ("cinetpay", "pay", PAYMENT, "2500", "2502", &["amount multiple_of"]),
        ("cinetpay", "pay", PAYMENT, "Two books", "Two #books", &["description forbidden_character"]),
        ("cinetpay", "payout", PAYOUT, "1000", "1002", &["amount multiple_of"]),
        (
            "cinetpay",
            "payout",
            PAYOUT,
            "\"reason\"",
            "\"bank_code\": \"7\", \"reason\"",
            &["bank_code supported"],
        ),
    ];
    for (gateway, operation, request, good, bad, expected) in rows {
        let request = request.replace(good, bad);
        assert_eq!(violations(gateway, operation, &request), expected, "{gateway} {request}");
    }
    let request = PAYMENT
        .replace("2500", "99")
        .replace("Two books", &"x".repeat(201))
        .replace("+2250700000000", "+221771234567");
    assert_eq!(
        violations("adullam", "pay", &request),
        ["amount minimum", "payer.phone format", "description max_length"]
    );
}

#[test]
fn what_cannot_be_read_is_reported_beside_the_gateways_rules_and_without_what_follows_from_it() {
    let rows: [(&str, &str, &[&str]); 22] = [
        (r#""INV-7""#, r#""inv 7""#, &["order format"]),
        (r#""INV-7""#, "7", &["order type"]),
        (r#""INV-7""#, "null", &["order required"]),
        (r#""2500""#, r#""2,500""#, &["amount format"]),
        (r#""2500""#, r#""25.5""#, &["amount format"]),
        (r#""2500""#, "2500.0", &["amount type"]),
        (r#""2500""#, "25e2", &["amount type"]),
        (r#""2500""#, "-2500", &["amount format"]),
        (r#""2500""#, "true", &["amount type"]),
        (r#""2500""#, r#""99999999999999999999999""#, &["amount format"]),
        (r#""value": "2500", "#, "", &["amount required"]),
        (r#""value""#, r#""minor": 5, "value""#, &["amount duplicate"]),
        (r#""XOF""#, r#""EUR""#, &["amount.currency supported"]),
        (r#", "currency": "XOF""#, "", &["amount.currency required"]),
        (r#""order""#, r#""order_id": "X", "order""#, &["order duplicate"]),
        (r#""payer""#, r#""phone": "+2250700000001", "payer""#, &["payer.phone duplicate"]),
        ("+2250700000000", "+22507000000", &["payer.phone format"]),
        ("+2250700000000", "0700000000", &["payer.phone format"]),
        (r#""CI""#, r#""Ivory Coast""#, &["channel.operator.country format"]),
        (r#", "name": "Orange""#, "", &["channel.operator.name required"]),
        (r#"{"operator": {"country": "CI", "name": "Orange"}}"#, r#""pigeon""#, &["channel supported"]),
        (
            r#""description""#,
            r#""colour": "red", "language": "sw", "description""#,
            &["language supported", "colour unknown"],
        ),
    ];
    for gateway in ["adullam", "bitlipa", "cinetpay"] {
        for (good, bad, expected) in rows {
            let request = PAYMENT.replacen(good, bad, 1);
            assert_ne!(request, PAYMENT);
            assert_eq!(violations(gateway, "pay", &request), expected, "{gateway} {request}");
        }
    }
    // Both kinds together: an id and a phone that cannot be read, and a description that the gateway refuses.
    let request = PAYMENT
        .replace("INV-7", "inv")
        .replace("+2250700000000", "12")
        .replace("Two books", &"x".repeat(201));
    assert_eq!(
        violations("adullam", "pay", &request),
        ["order format", "payer.phone format", "description max_length"]
    );
}

#[test]
fn parts_of_a_payout_are_read_strictly() {
    let extended = |more: &str| PAYOUT.replacen('{', &format!("{{{more},"), 1);
    let rows: [(&str, &[&str]); 5] = [
        (r#""document": {"kind": "passport", "number": "07AB"}"#, &[]),
        (r#""document": {"kind": "library card", "number": "7"}"#, &["document supported"]),
        (r#""document": {"kind": "passport"}"#, &["document.number required"]),
        (r#""metadata": {"cart": 7}"#, &["metadata.cart type"]),
        (r#""description": "for a payment""#, &["description unknown"]),
    ];
    for (more, expected) in rows {
        assert_eq!(violations("bitlipa", "payout", &extended(more)), expected, "{more}");
    }
}

#[test]
fn a_direction_that_a_gateway_does_not_offer_is_one_violation() {
    assert_eq!(violations("adullam", "payout", PAYOUT), [" supported"]);
}

#[test]
fn what_is_no_request_at_all_is_one_violation() {
    for request in ["", "{", "[]", "7", r#"{"order":"A","order":"B"}"#, "\u{feff}{}"] {
        assert_eq!(violations("bitlipa", "pay", request), [" format"], "{request}");
    }
}

#[test]
fn messages_do_not_repeat_phone_numbers() {
    let ended = check("adullam", "pay", &PAYMENT.replace("+2250700000000", "+2250712345678x"));
    assert_eq!(ended.code, 1);
    assert!(!ended.stdout.contains("12345678"), "{}", ended.stdout);
}

#[test]
fn bad_usage_ends_with_2() {
    let rows: [&[&str]; 5] = [
        &["check", "--gateway", "adullam"],
        &["check", "--gateway", "paypal", "--operation", "pay"],
        &["check", "--gateway", "adullam", "--operation", "refund"],
        &["check", "--gateway", "adullam", "--operation", "pay", "--account-currency", "EUR"],
        &["check", "--gateway", "adullam", "--operation", "pay", "no/such/file"],
    ];
    for args in rows {
        let ended = end(nzimbu(args).write_stdin(PAYMENT));
        assert_eq!((ended.code, ended.stdout.as_str()), (2, ""), "{args:?}");
    }
}

#[test]
fn the_currency_of_the_account_can_be_given() {
    let args = ["check", "--gateway", "cinetpay", "--operation", "pay", "--account-currency", "XAF"];
    let ended = end(nzimbu(&args).write_stdin(PAYMENT));
    assert_eq!(
        (ended.code, &ended.json()[0]["field"]),
        (1, &Value::from("amount.currency")),
        "{}",
        ended.stdout
    );
}

#[test]
fn help_has_an_example_for_every_command() {
    for command in [
        "demo",
        "sandbox",
        "sign",
        "verify",
        "check",
        "pay",
        "payout",
        "status",
        "balance",
        "banks",
        "link",
        "operators",
        "doctor",
        "completions",
        "man",
    ] {
        let ended = end(&mut nzimbu(&[command, "--help"]));
        assert_eq!(ended.code, 0);
        assert!(
            ended.stdout.contains(&format!("  nzimbu {command}"))
                || ended.stdout.contains(&format!("| nzimbu {command}"))
                || ended.stdout.contains(&format!("(nzimbu {command}"))
        );
        assert!(ended.stdout.contains("exit status"), "{command}");
    }
}
