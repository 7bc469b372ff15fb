//! Every status of Bitlipa's, and what settings change about it.

use std::time::Duration;

use nzimbu_sandbox::{BadSignature, BitlipaCallback, BitlipaChoices, Decision, Replay, Settings};
use serde_json::{Value, json};

use crate::bitlipa::{Part, Till, hmac_sha512};
use crate::client::{post_json, request, until};

#[test]
fn every_status_can_be_had() {
    let till = Till::manual();
    for (status, amount) in [
        (0, "4370.00"),
        (1, "4371.00"),
        (2, "4372.00"),
        (3, "4373.00"),
        (4, "4374.00"),
        (5, "4375.00"),
        (6, "4376.00"),
        (-1, "4379.00"),
    ] {
        let set = format!("SET:{status}");
        assert_eq!(till.call("payment_c2b", &till.zambian(&set, "100.00")).json()["status"], 1);
        assert!(till.sandbox.set_state("bitlipa", &set, &status.to_string()));
        assert_eq!(till.status(&set)["status"], status);
        let paid = format!("AMOUNT:{status}");
        assert_eq!(till.call("payment_c2b", &till.zambian(&paid, amount)).json()["status"], status);
        assert_eq!(till.status(&paid)["status"], status);
        let moved = till
            .sandbox
            .ledger()
            .iter()
            .filter(|moved| moved.order_id.ends_with(&format!(":{status}")))
            .count();
        assert_eq!(moved, if status == 2 { 2 } else { 0 });
        let ended = matches!(status, 2..=5);
        for id in [&set, &paid] {
            assert_eq!(till.sandbox.settle("bitlipa", id, Decision::Refuse), !ended, "{id}");
        }
    }
    assert!(!till.sandbox.set_state("bitlipa", "SET:2", "3"));
    assert!(!till.sandbox.set_state("bitlipa", "SET:2", "7"));
    assert!(!till.sandbox.set_state("bitlipa", "NOBODY", "2"));
    assert_eq!(till.status("NOBODY")["status"], -1);
    // What ends, or is held half-way, is told: 2 to 6, each of them twice, and the refusals afterwards.
    let told: Vec<Value> = till
        .merchant
        .wait_for_posts(18)
        .iter()
        .map(|post| serde_json::from_str::<Value>(&post.body).unwrap()["status"].clone())
        .collect();
    for (status, count) in [(2, 2), (4, 2), (5, 2), (6, 2), (3, 2 + 8), (0, 0), (1, 0), (-1, 0)] {
        assert_eq!(told.iter().filter(|given| **given == json!(status)).count(), count, "{status}");
    }
}

#[test]
fn refused_pins_have_codes_of_their_own() {
    let till = Till::manual();
    for (code, amount) in [(1, "4381.00"), (2, "4382.00"), (3, "4383.00")] {
        let answer = till.call("payment_c2b", &till.zambian(&format!("PIN-{code}"), amount)).json();
        assert_eq!((&answer["status"], &answer["result"]["code"]), (&json!(3), &json!(code)));
        assert_eq!(till.status(&format!("PIN-{code}"))["result"]["code"], code);
    }
}

#[test]
fn a_payout_may_want_a_confirmation() {
    let mut settings = Settings::default();
    settings.auto = Some(Duration::from_millis(20));
    let till = Till::new(settings);
    let order = till.zambian("CONFIRM", "2222.00");
    assert_eq!(till.call("payment_b2c", &order).json()["confirm_type"], 1);
    let confirm = |code: &str| {
        let mut second = order.clone();
        second.set("confirmation_code", Part::Text(code.to_owned()));
        till.call("payment_b2c", &second).json()
    };
    for (given, code) in [("", 2), ("12", 3), ("9999", 1)] {
        let answer = confirm(given);
        assert_eq!(
            (&answer["result"]["code"], &answer["confirm_type"]),
            (&json!(code), &json!(1)),
            "{given}"
        );
        assert_eq!(answer["status"], 1);
    }
    assert!(till.sandbox.ledger().is_empty());
    let answer = confirm("1234");
    assert_eq!((&answer["result"]["code"], &answer["confirm_type"]), (&json!(0), &json!(0)));
    until("the payout", || (till.sandbox.ledger().len() == 1).then_some(()));
    confirm("1234");
    assert_eq!(till.sandbox.ledger().len(), 1);
}

#[test]
fn settings_change_what_bitlipa_says() {
    let till = with(|choices| {
        choices.bad_signature = BadSignature::Html;
        choices.callback = BitlipaCallback::Seen;
        choices.payout_callback = false;
        choices.replay = Replay::Present;
        choices.strict_amounts = true;
    });
    let order = till.zambian("A", "100.50");
    let forged = post_json(&till.url("payment_c2b"), &order.signed("other"));
    assert_eq!(forged.status, 403);
    assert!(forged.header("content-type").starts_with("text/html"));
    till.call("payment_c2b", &order);
    till.call("payment_b2c", &till.zambian("B", "100.00"));
    for id in ["A", "B"] {
        assert!(till.sandbox.settle("bitlipa", id, Decision::Approve));
    }
    assert_eq!(till.call("payment_c2b", &order).json()["status"], 2);
    let post = &till.merchant.wait_for_posts(1)[0];
    let body: Value = serde_json::from_str(&post.body).unwrap();
    let secret = &till.sandbox.endpoints().bitlipa.secret;
    let merchant = &till.sandbox.endpoints().bitlipa.merchant_id;
    let id = body["transaction_id"].as_str().unwrap();
    let text = format!(
        "order_idAtransaction_id{id}status2customer_id260976000000provider_id2159amount100.5currencyZMW\
         merchant_id{merchant}"
    );
    let expected = format!(
        "{{\"order_id\":\"A\",\"transaction_id\":\"{id}\",\"status\":2,\"customer_id\":\"260976000000\",\
         \"provider_id\":2159,\"amount\":100.5,\"currency\":\"ZMW\",\"merchant_id\":\"{merchant}\",\
         \"signature\":\"{}\"}}",
        hmac_sha512(&text, secret)
    );
    assert_eq!(post.body, expected);
    for amount in [Part::Text("100".to_owned()), Part::Number(100)] {
        let mut order = till.zambian("C", "100.00");
        order.set("amount", amount);
        assert_eq!(till.call("payment_c2b", &order).status, 400);
    }
    std::thread::sleep(Duration::from_millis(50));
    assert_eq!(till.merchant.posts().len(), 1, "payouts are silent");
}

#[test]
fn the_rules_of_providers_can_be_switched_off() {
    let refused = |till: &Till, id: &str| {
        let mut order = till.order(id, "0.50", "KES", 199, &[]);
        order.set("customer_id", Part::Text("none".to_owned()));
        let known = till.call("payment_b2c", &order).json()["result"]["code"].clone();
        let unknown =
            till.call("payment_b2c", &till.order(&format!("{id}X"), "1.00", "KES", 4711, &[])).json();
        (known, unknown["result"]["code"].clone())
    };
    assert_eq!(refused(&Till::manual(), "A"), (json!(10_301), json!(10_301)));
    assert_eq!(refused(&with(|choices| choices.provider_rules = false), "A"), (json!(0), json!(0)));
}

#[test]
fn the_sample_phones_of_every_country_are_taken() {
    let till = Till::manual();
    let both: &[(&str, &str)] = &[("customer_name", "A B"), ("customer_email", "a@example.com")];
    for (provider, currency, amount, phone, fits) in [
        (2302, "BIF", "2000.00", "25700000000", true),
        (189, "XOF", "500.00", "22600000000", true),
        (191, "XAF", "500.00", "237000000000", true),
        (2079, "CDF", "500.00", "0800000000", true),
        (2079, "CDF", "500.00", "800000000", false),
        (2078, "CDF", "500.00", "999000000", true),
        (2078, "CDF", "500.00", "0999000000", false),
        (2078, "CDF", "500.00", "099900000", false),
        (2080, "CDF", "500.00", "0900000000", true),
        (193, "XOF", "500.00", "2250000000000", true),
        (196, "GHS", "500.00", "233000000000", true),
        (660, "GNF", "1000.00", "22400000000", true),
        (660, "GNF", "1000.00", "620000000", true),
        (199, "KES", "500.00", "254000000000", true),
        (199, "KES", "500.00", "+254000000000", false),
        (2157, "MWK", "500.00", "265000000000", true),
        (661, "XOF", "1000.00", "22300000000", true),
        (200, "RWF", "500.00", "250700000000", true),
        (202, "XOF", "500.00", "221700000000", true),
        (2007, "TZS", "1000.00", "255000000000", true),
        (2005, "UGX", "2000.00", "256709000000", true),
        (2159, "ZMW", "500.00", "260976000000", true),
        (355, "XOF", "500.00", "22890000000", true),
    ] {
        let mut order = till.order(
            &format!("{provider}.{}", phone.replace('+', "plus")),
            amount,
            currency,
            provider,
            both,
        );
        order.set("customer_id", Part::Text(phone.to_owned()));
        let answer = till.call("payment_c2b", &order).json();
        let expected = if fits { (1, "OK") } else { (3, "MSISDN2 INCORRECT") };
        let given = (answer["status"].as_i64().unwrap(), answer["result"]["message"].as_str().unwrap());
        assert_eq!(given, expected, "{provider} {phone}");
    }
}

#[test]
fn a_link_is_told_by_status_in_the_documented_countries_only() {
    let till = Till::manual();
    let both: &[(&str, &str)] = &[("customer_name", "A B"), ("customer_email", "a@example.com")];
    for (provider, currency, phone, redirects) in [
        (193, "XOF", "2250000000000", true),
        (197, "GHS", "233000000000", true),
        (201, "RWF", "250700000000", true),
        (203, "XOF", "221700000000", true),
        (211, "UGX", "256709000000", true),
        (199, "KES", "254000000000", false),
        (189, "XOF", "22600000000", false),
        (2159, "ZMW", "260976000000", false),
    ] {
        let id = provider.to_string();
        let mut order = till.order(&id, "1000.00", currency, provider, both);
        order.set("customer_id", Part::Text(phone.to_owned()));
        let first = till.call("payment_c2b", &order).json();
        assert!(first.get("extra").is_none(), "never in the first answer");
        let extra = till.status(&id)["extra"].clone();
        assert_eq!(extra["customer_redirect"].is_string(), redirects, "{provider}");
        assert_eq!(extra["customer_message"].is_string(), !redirects, "{provider}");
    }
}

#[test]
fn papers_must_be_of_a_known_kind() {
    let till = Till::manual();
    for (kind, code) in
        [("national_id", 0), ("intl_passport", 0), ("driving_license", 0), ("library_card", 10_301)]
    {
        let extra = [("customer_name", "A B"), ("customer_doc_type", kind), ("customer_doc_number", "1")];
        let answer = till.call("payment_b2c", &till.order(kind, "500.00", "KES", 199, &extra)).json();
        assert_eq!(answer["result"]["code"], code, "{kind}");
    }
}

#[test]
fn the_content_type_does_not_matter_and_other_methods_are_refused() {
    let till = Till::manual();
    let body = till.zambian("A", "100.00").signed(&till.sandbox.endpoints().bitlipa.secret);
    for kind in ["application/json;charset=utf-8", "text/plain", "application/x-www-form-urlencoded"] {
        let answer = request("POST", &till.url("payment_c2b/"), &[("Content-Type", kind)], &body);
        assert_eq!(answer.json()["status"], 1, "{kind}");
    }
    for (method, status) in [("GET", 405), ("HEAD", 405), ("OPTIONS", 200)] {
        assert_eq!(request(method, &till.url("status"), &[], "").status, status);
    }
}

impl Till {
    /// An order that needs no extras, within all limits.
    fn zambian(&self, id: &str, amount: &str) -> crate::bitlipa::Body {
        let mut order = self.order(id, amount, "ZMW", 2159, &[]);
        order.set("customer_id", Part::Text("260976000000".to_owned()));
        order
    }

    fn status(&self, id: &str) -> Value {
        self.call("status", &self.question(id)).json()
    }
}

fn with(change: impl FnOnce(&mut BitlipaChoices)) -> Till {
    let mut settings = Settings::default();
    settings.auto = None;
    change(&mut settings.bitlipa);
    Till::new(settings)
}
