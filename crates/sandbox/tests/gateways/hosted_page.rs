//! Bitlipa's hosted page.

use nzimbu_sandbox::{Sandbox, Settings};

use crate::bitlipa::hmac_sha512;
use crate::client::{fill_form, get};
use crate::merchant::Merchant;

#[test]
fn the_customer_completes_a_signed_link_and_pays() {
    let (sandbox, merchant) = start();
    let link = link(&sandbox, &pairs(&sandbox, &merchant, "HPP-1"));
    for url in [link.clone(), link.replacen("/?", "//?", 1), link.replacen("/?", "?", 1)] {
        let page = get(&url);
        assert_eq!(page.status, 200, "{url}");
        assert!(page.body.contains("SANDBOX") && page.body.contains("name=\"email\""));
    }
    let incomplete = fill_form(&link, &[("amount", "100.00"), ("name", "<b>A"), ("email", "none")]);
    assert_eq!(incomplete.status, 422);
    assert!(incomplete.body.contains("&#60;b&#62;A") && !incomplete.body.contains("<b>A"));
    for amount in ["99.99", "400000.01", "many"] {
        let answer = fill_form(&link, &[("amount", amount), ("name", "A"), ("email", "a@b.ng")]);
        assert_eq!(answer.status, 422, "{amount}");
    }
    let accepted = fill_form(&link, &[("amount", "100.00"), ("name", "A"), ("email", "a@b.ng")]);
    assert_eq!(accepted.status, 303);
    let page = format!(
        "{}{}",
        sandbox.endpoints().bitlipa.hosted_page_url.trim_end_matches('/'),
        accepted.header("location")
    );
    assert!(get(&page).body.contains("Account number"));
    assert_eq!(get(&link).header("location"), accepted.header("location"), "one order, one page");
    assert_eq!(fill_form(&page, &[("decision", "approve")]).status, 303);
    assert!(get(&page).body.contains("Payment accepted"));
    assert!(merchant.wait_for_posts(1)[0].body.contains("\"order_id\":\"HPP-1\",\"status\":2"));
    let ledger = sandbox.ledger();
    assert_eq!(ledger.len(), 1);
    assert_eq!((ledger[0].amount.as_str(), ledger[0].currency.as_str()), ("100.00", "NGN"));
}

#[test]
fn a_changed_or_unsigned_link_is_refused() {
    let (sandbox, merchant) = start();
    let pairs = pairs(&sandbox, &merchant, "HPP-1");
    let link = link(&sandbox, &pairs);
    for url in [
        link.replace("HPP-1", "HPP-2"),
        link.replace("signature=", "signature=0"),
        link.split("&signature").next().unwrap().to_owned(),
        sandbox.endpoints().bitlipa.hosted_page_url.clone(),
    ] {
        assert_eq!(get(&url).status, 403, "{url}");
    }
}

#[test]
fn a_signed_link_must_still_make_sense() {
    let (sandbox, merchant) = start();
    for (name, value) in [
        ("country", "GH"),
        ("currency", "GHS"),
        ("provider_id", "199"),
        ("operation", "b2c"),
        ("type", "card"),
        ("order_id", "a b"),
        ("callback_url", "javascript:alert(1)"),
    ] {
        let mut pairs = pairs(&sandbox, &merchant, "HPP-1");
        pairs.iter_mut().find(|(key, _)| *key == name).unwrap().1 = value.to_owned();
        assert_eq!(get(&link(&sandbox, &pairs)).status, 400, "{name}={value}");
    }
    // The documents' own example says NGA where the table says NG.
    let mut pairs = pairs(&sandbox, &merchant, "HPP-1");
    pairs.iter_mut().find(|(key, _)| *key == "country").unwrap().1 = "NGA".to_owned();
    assert_eq!(get(&link(&sandbox, &pairs)).status, 200);
}

fn start() -> (Sandbox, Merchant) {
    let mut settings = Settings::default();
    settings.auto = None;
    (Sandbox::start_blocking(settings).unwrap(), Merchant::start())
}

fn pairs(sandbox: &Sandbox, merchant: &Merchant, order_id: &str) -> Vec<(&'static str, String)> {
    vec![
        ("merchant_id", sandbox.endpoints().bitlipa.merchant_id.clone()),
        ("order_id", order_id.to_owned()),
        ("country", "NG".to_owned()),
        ("currency", "NGN".to_owned()),
        ("provider_id", "5008".to_owned()),
        ("operation", "c2b".to_owned()),
        ("type", "bank_transfer".to_owned()),
        ("callback_url", format!("{}/cb?x=1&y=2", merchant.url)),
    ]
}

fn link(sandbox: &Sandbox, pairs: &[(&str, String)]) -> String {
    let bitlipa = &sandbox.endpoints().bitlipa;
    let text: String = pairs.iter().map(|(name, value)| format!("{name}{value}")).collect();
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .append_pair("signature", &hmac_sha512(&text, &bitlipa.secret))
        .finish();
    format!("{}?{query}", bitlipa.hosted_page_url)
}
