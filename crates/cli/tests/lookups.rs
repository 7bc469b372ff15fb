//! `nzimbu balance`, `banks`, `link` and `operators`.
#![allow(clippy::unwrap_used, reason = "a failing test may panic")]

mod common;

use common::world::{Folder, World};
use common::{end, nzimbu};
use serde_json::json;

#[test]
fn the_balance_is_that_of_the_account_for_payouts() {
    let world = World::new();
    let json = end(&mut world.nzimbu(&["balance", "--gateway", "cinetpay", "--json"]));
    assert_eq!(
        json.json(),
        json!({
            "gateway": "cinetpay",
            "available": {"value": "10000000", "currency": "XOF"},
            "reserved": {"value": "0", "currency": "XOF"},
            "total": {"value": "10000000", "currency": "XOF"},
        })
    );
    let french = end(&mut world.nzimbu(&["balance", "--gateway", "cinetpay", "--lang", "fr"]));
    assert_eq!(
        french.stdout,
        "passerelle  cinetpay\ndisponible  10000000 XOF\nréservé     0 XOF\ntotal       10000000 XOF\n"
    );
    let other = end(&mut world.nzimbu(&["balance", "--gateway", "cinetpay", "--currency", "XAF"]));
    assert_eq!(other.code, 1, "{}{}", other.stdout, other.stderr);
}

#[test]
fn banks_have_codes_and_names() {
    let world = World::new();
    let banks = ["banks", "--gateway", "bitlipa", "--provider", "5008"];
    let json = end(&mut world.nzimbu(&[&banks[..], &["--json"]].concat()));
    assert_eq!(json.code, 0, "{}", json.stderr);
    let first = json.lines()[0].clone();
    assert!(first["code"].is_string() && first["name"].is_string(), "{first}");
    let table = end(&mut world.nzimbu(&banks)).stdout;
    assert!(table.contains(first["name"].as_str().unwrap()), "{table}");
    assert!(table.lines().nth(1).unwrap().contains("bank"), "{table}");
    let none =
        end(&mut world.nzimbu(&["banks", "--gateway", "bitlipa", "--provider", "193", "--lang", "fr"]));
    assert_eq!((none.code, &*none.stdout), (0, "la passerelle n'y liste aucune banque\n"));
    world.rewrite(&world.settings().replace("banks_path = \"banks\"", ""));
    let pathless = end(&mut world.nzimbu(&banks));
    assert_eq!(pathless.code, 1);
    assert!(pathless.stderr.contains("banks_path"), "{}", pathless.stderr);
}

#[test]
fn a_link_opens_the_sandboxs_hosted_page() {
    let world = World::new();
    let link = ["link", "--gateway", "bitlipa", "--provider", "5010", "--order", "INV-7"];
    let more = ["--customer-id", "CUST-7", "--amount", "2500", "--currency", "NGN"];
    let made = end(&mut world.nzimbu(&[&link[..], &more].concat()));
    assert_eq!((made.code, &*made.stderr), (0, ""));
    let url = made.stdout.trim();
    let page = &world.sandbox.endpoints().bitlipa.hosted_page_url;
    assert!(url.starts_with(page.as_str()) && url.contains("&amount=2500.00&signature="), "{url}");
    // The sandbox verifies the signature with code of its own.
    let answer = get(url);
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(
        !get(&url.replace("2500.00", "2500.01")).starts_with("HTTP/1.1 200"),
        "a changed link is refused"
    );
    let json = end(&mut world.nzimbu(&[&link[..], &more, &["--json"]].concat()));
    assert_eq!((&json.json()["url"], &json.json()["order"]), (&json!(url), &json!("INV-7")));
    let by_phone = end(world.nzimbu(&[&link[..], &["--ask-phone"]].concat()).write_stdin("+2348012345678\n"));
    assert_eq!(by_phone.code, 0, "{}", by_phone.stderr);
    let wrong = end(world.nzimbu(&[&link[..], &["--ask-phone"]].concat()).write_stdin("0801\n"));
    assert_eq!(wrong.code, 2, "{}", wrong.stdout);
    let bad =
        end(&mut world.nzimbu(&[&link[..3], &["--provider", "193", "--order", "X"], &more[..2]].concat()));
    assert_eq!(bad.code, 1);
    assert!(bad.stderr.contains("provider_id is not offered by this gateway"), "{}", bad.stderr);
}

#[test]
fn operators_are_listed_without_settings_and_without_a_network() {
    let folder = Folder::new();
    let list = |more: &[&str]| {
        let ended = end(nzimbu(&[&["operators"], more].concat()).current_dir(folder.path()));
        assert_eq!((ended.code, &*ended.stderr), (0, ""), "{more:?}");
        ended
    };
    let all = list(&["--json"]).lines();
    assert!(all.len() > 100, "{}", all.len());
    let orange =
        list(&["--json", "--gateway", "bitlipa", "--country", "CI", "--operation", "payout"]).lines();
    let orange = orange.iter().find(|row| row["operator"] == "Orange").unwrap();
    assert_eq!(
        *orange,
        json!({
            "gateway": "bitlipa", "operation": "payout", "country": "CI", "operator": "Orange", "currency": "XOF",
            "code": "193", "phone_shape": "msisdn", "least": {"value": "1", "currency": "XOF"},
            "most": {"value": "550000", "currency": "XOF"}, "needs": ["recipient.name"], "flow": "undocumented",
        })
    );
    let kenya = list(&["--json", "--country", "KE"]).lines();
    assert!(!kenya.is_empty() && kenya.iter().all(|row| row["country"] == "KE" && row["currency"] == "KES"));
    assert!(list(&["--json", "--currency", "GNF"]).lines().iter().all(|row| row["currency"] == "GNF"));
    let table = list(&["--country", "CI", "--lang", "fr"]).stdout;
    assert!(table.lines().nth(1).unwrap().starts_with(" pays   opérateur"), "{table}");
    assert!(table.contains("adullam ne liste pas d'opérateurs"), "{table}");
    assert!(table.contains("name, surname, email"), "one line where nobody looks");
}

#[test]
fn entries_of_the_settings_stand_for_built_in_ones() {
    let world = World::new();
    let list = || {
        let args = ["operators", "--json", "--gateway", "bitlipa", "--country", "CM", "--operation", "pay"];
        end(&mut world.nzimbu(&args)).lines()
    };
    let codes = |operator: &str| -> Vec<String> {
        let rows = list().into_iter().filter(|row| row["operator"] == operator);
        rows.map(|row| row["code"].as_str().unwrap().to_owned()).collect()
    };
    let many = codes("MTN");
    assert!(many.len() > 1, "{many:?}");
    let pick = world.settings().replace("banks_path", "picks = [658]\nbanks_path");
    world.rewrite(&pick);
    assert_eq!(codes("MTN"), ["658"]);
    let own = "\n[[profile.sandbox.bitlipa.directory]]\ncountry = \"CM\"\noperator = \"Orange\"\noperation = \"pay\"\n\
               currency = \"XAF\"\ncode = \"9999\"\nphone = \"national\"\nneeds = [\"payer.email\"]\nmost = \"1000\"\n";
    world.rewrite(&(pick + own));
    assert_eq!(codes("Orange"), ["9999"]);
}

/// The start of what a page answers.
fn get(url: &str) -> String {
    use std::io::{Read as _, Write as _};
    let (host, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let mut stream = std::net::TcpStream::connect(host).unwrap();
    write!(stream, "GET /{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}
