//! The documents' own sample requests against their own sample answers: the same members, in the same order,
//! of the same types, with the same values. Only what no two answers can share is left out of the comparison:
//! ids, tokens, times, and in two places values that the sample itself does not take from its request.

use std::fmt;

use nzimbu_sandbox::{Decision, Sandbox, Settings};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Value, json};

use crate::adullam::Counter;
use crate::bitlipa::{Till, hmac_sha512};
use crate::checkout::Shop;
use crate::client::{get, post_form, post_json, until};
use crate::transfer::Desk;

#[test]
fn checkout_requests_are_answered_as_shown() {
    let created = sample("cinetpay/checkout-created.json");
    let fragments = ["checkout-invoice-data.json", "checkout-lock-phone-number.json"];
    for (name, currency, added) in [
        ("checkout-request-full.json", "USD", None),
        ("checkout-request-mobile-money.json", "XOF", None),
        ("checkout-request-mobile-money.json", "XOF", Some(fragments[0])),
        ("checkout-request-mobile-money.json", "XOF", Some(fragments[1])),
    ] {
        let mut settings = Settings::default();
        settings.auto = None;
        settings.cinetpay_currency = currency.to_owned();
        let shop = Shop::new(settings);
        let cinetpay = &shop.sandbox.endpoints().cinetpay;
        let mut request = value(&format!("cinetpay/{name}"));
        for (name, blank) in [
            ("apikey", cinetpay.apikey.as_str()),
            ("site_id", cinetpay.site_id.as_str()),
            ("notify_url", "https://merchant.example/notify"),
            ("return_url", "https://merchant.example/back"),
        ] {
            request[name] = json!(blank);
        }
        if let Some(added) = added {
            for (name, value) in value(&format!("cinetpay/{added}")).as_object().unwrap() {
                request[name] = value.clone();
            }
        }
        let answer = post_json(&shop.url("/v2/payment"), &request.to_string());
        created.compare(&answer.body, &["payment_token", "payment_url", "api_response_id"]);
        request["apikey"] = json!("wrong");
        let refusal = post_json(&shop.url("/v2/payment"), &request.to_string());
        let shown = sample("cinetpay/checkout-error.json");
        shown.compare(&refusal.body, &["code", "message", "description", "api_response_id"]);
    }
}

#[test]
fn transfer_logins_and_balances_are_answered_as_shown() {
    let desk = rich(663);
    let cinetpay = &desk.sandbox.endpoints().cinetpay;
    for suffix in ["", "-2018"] {
        let fields = [("apikey", cinetpay.apikey.as_str()), ("password", cinetpay.password.as_str())];
        let answer = post_form(&desk.url("/v1/auth/login?lang=fr"), &fields);
        sample(&format!("cinetpay/transfer-login-success{suffix}.json")).compare(&answer.body, &["token"]);
        let answer = post_form(&desk.url("/v1/auth/login?lang=fr"), &[("apikey", "a"), ("password", "b")]);
        assert_eq!(answer.status, 401);
        sample(&format!("cinetpay/transfer-login-error-701{suffix}.json")).compare(&answer.body, &[]);
    }
    let token = desk.log_in();
    let balance = get(&desk.url(&format!("/v1/transfer/check/balance/?token={token}&lang=fr")));
    sample("cinetpay/transfer-balance-success.json").compare(&balance.body, &[]);
    let balance = get(&desk.url("/v1/transfer/check/balance?token=your_token_here&lang=fr"));
    sample("cinetpay/transfer-balance-error-706.json").compare(&balance.body, &[]);
}

#[test]
fn contacts_are_answered_as_shown() {
    let shown = sample("cinetpay/transfer-contact-success.json");
    // The answer that the page shows belongs to the request of 2018.
    let answer = rich(663).call("contact", &text("cinetpay/transfer-contact-request-2018.json"));
    shown.compare(&answer.body, &["lot"]);
    // The request above it has one number twice, so the second is a contact already.
    let answer = rich(663).call("contact", &text("cinetpay/transfer-contact-request.json"));
    shown.compare(&answer.body, &["phone", "code", "status", "lot"]);
    let items = &answer.json()["data"][0];
    assert_eq!((&items[0]["code"], &items[1]["code"]), (&json!(0), &json!(726)));
}

#[test]
fn orders_are_answered_as_shown() {
    let desk = rich(100_000);
    desk.add("225", "0102324373");
    let answer = desk.call("money/send/contact", &text("cinetpay/transfer-send-request.json"));
    // The sample echoes other addresses and another second amount than its request has.
    sample("cinetpay/transfer-send-success.json")
        .compare(&answer.body, &["transaction_id", "lot", "notify_url", "amount"]);
    assert_eq!(answer.json()["data"][0][1]["amount"], 2000);

    desk.add("225", "07895086");
    let request = value("cinetpay/transfer-send-request-2018.json");
    let items = desk.call("money/send/contact", &request.to_string()).json()["data"][0].clone();
    for (item, sent) in items.as_array().unwrap().iter().zip(request.as_array().unwrap()) {
        assert_eq!(item["amount"], sent["amount"], "a text stays a text");
        assert_eq!((&item["code"], &item["treatment_status"]), (&json!(0), &json!("NEW")));
    }
    assert!(desk.sandbox.settle("cinetpay-transfer", "MYMERCHANTID1", Decision::Approve));
    let token = desk.log_in();
    let url = format!("/v1/transfer/check/money?token={token}&client_transaction_id=MYMERCHANTID1&lang=fr");
    let state = get(&desk.url(&url));
    sample("cinetpay/transfer-check-success.json")
        .compare(&state.body, &["transaction_id", "lot", "validated_at"]);
    let state = get(&desk.url(&url.replace("MYMERCHANTID1", "my_transaction_id")));
    sample("cinetpay/transfer-check-error-723.json").compare(&state.body, &[]);
}

#[test]
fn too_little_money_is_told_as_shown() {
    let desk = rich(4_233);
    desk.add("225", "0707070707");
    let answer = desk.call("money/send/contact", &json!([desk.order("A", 32_000)]).to_string());
    sample("cinetpay/transfer-send-error-602.json").compare(&answer.body, &[]);
}

#[test]
fn bitlipas_simulator_is_as_shown() {
    let till = Till::manual();
    for call in ["c2b", "b2c"] {
        let request = sample(&format!("bitlipa/{call}-request.json")).renamed(call).signed(&till.sandbox);
        let answer = post_json(&till.url(&format!("payment_{call}")), &request);
        let shown = sample("bitlipa/simulator-in-progress.json");
        shown.compare(&answer.body, &["order_id", "transaction_id", "service_date_time"]);
        assert_eq!(post_json(&till.url(&format!("payment_{call}")), &request).body, answer.body);
        let question = sample("bitlipa/status-request.json").renamed(call).signed(&till.sandbox);
        let state = post_json(&till.url("status"), &question);
        shown.compare(&state.body, &["order_id", "transaction_id", "service_date_time"]);
        assert!(!till.sandbox.settle("bitlipa", call, Decision::Approve), "it stays where it is");
    }
    let banks = post_json(&till.url("banks"), &sample("bitlipa/banks-request.json").signed(&till.sandbox));
    sample("bitlipa/banks-success.json").compare(&banks.body, &[]);
}

#[test]
fn bitlipas_bank_requests_are_served() {
    let till = Till::manual();
    let request = sample("bitlipa/ng-5008-c2b-request.json").signed(&till.sandbox);
    let answer = post_json(&till.url("payment_c2b"), &request);
    sample("bitlipa/ng-5008-c2b-bank-details.json")
        .compare(&answer.body, &["order_id", "account_number", "bank_name", "service_date_time"]);
    for (id, call, name) in [
        ("A", "payment_b2c", "ng-5008-b2c-request.json"),
        ("B", "payment_c2b", "za-5012-c2b-request.json"),
        ("C", "payment_b2c", "za-5012-b2c-request.json"),
    ] {
        let request = sample(&format!("bitlipa/{name}")).renamed(id).signed(&till.sandbox);
        let answer = post_json(&till.url(call), &request).json();
        assert_eq!(
            (&answer["status"], &answer["result"]["code"]),
            (&json!(1), &json!(0)),
            "{name}: {answer}"
        );
    }
}

#[test]
fn bitlipas_final_answers_status_and_callback_are_as_shown() {
    let till = Till::manual();
    let volatile = ["order_id", "transaction_id", "transaction_ref", "service_date_time"];
    // No sample request leads to these samples, because the simulator never ends.
    let order = till.order("FINAL", "4372.00", "ZMW", 2159, &[]);
    for call in ["c2b", "b2c"] {
        let mut order = order.clone();
        order.set("order_id", crate::bitlipa::Part::Text(format!("FINAL-{call}")));
        order.set("customer_id", crate::bitlipa::Part::Text("260976000000".to_owned()));
        let answer = till.call(&format!("payment_{call}"), &order);
        sample(&format!("bitlipa/{call}-success.json")).compare(&answer.body, &volatile);
    }
    let question = sample("bitlipa/status-request.json").renamed("FINAL-c2b").signed(&till.sandbox);
    let state = post_json(&till.url("status"), &question);
    sample("bitlipa/status-success.json").compare(&state.body, &volatile);
    let callback = &till.merchant.wait_for_posts(1)[0];
    sample("bitlipa/callback-success.json")
        .compare(&callback.body, &["order_id", "transaction_id", "service_date_time", "signature"]);
}

#[test]
fn the_php_sample_of_bitlipa_is_served() {
    let till = Till::manual();
    // `$postData`, with client_id and a whole number as the amount.
    let request = r#"{"merchant_id":"","provider_id":14,"client_id":"080000000","country":"KE",
        "order_id":"order_3444298767545","amount":1000,"currency":"KES","callback_url":"https://my.callback.url"}"#;
    let request: Node = serde_json::from_str(request).unwrap();
    let answer = post_json(&till.url("payment_c2b"), &request.signed(&till.sandbox));
    sample("bitlipa/simulator-in-progress.json")
        .compare(&answer.body, &["order_id", "transaction_id", "service_date_time"]);
}

#[test]
fn adullams_checkout_is_as_shown() {
    let counter = Counter::manual();
    let request = json!({"amount": 5000, "currency": "XOF", "user_phone": "+22507987654",
        "description": "<string>"});
    let answer = counter.post("K-1", &request);
    assert_eq!(answer.status, 201);
    let shown = sample("adullam/checkout-created.json");
    let volatile = ["id", "payment_id", "created_at", "expires_at", "completed_at", "failure_reason"];
    shown.compare(&answer.body, &volatile);
    // The sample has a text in these two, which no fresh checkout can have; an ended one has one of them.
    assert!(counter.sandbox.settle("adullam", "K-1", Decision::Refuse));
    let ended = until("the end", || Some(counter.post("K-1", &request).json()));
    assert!(ended["failure_reason"].is_string() && ended["completed_at"].is_null());
    let generic = counter.post("K-2", &value("adullam/generic-checkout-request.json"));
    assert_eq!(generic.status, 400, "the generic half of the page is another API");
    let other: Vec<String> = sample("adullam/generic-checkout-response.json").names();
    assert!(other.contains(&"customer_id".to_owned()) && ended.get("customer_id").is_none());
}

fn rich(balance: u64) -> Desk {
    let mut settings = Settings::default();
    settings.auto = None;
    settings.transfer_balance = balance;
    Desk::new(settings)
}

fn text(name: &str) -> String {
    let path = format!("{}/tests/data/samples/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn value(name: &str) -> Value {
    serde_json::from_str(&text(name)).unwrap()
}

fn sample(name: &str) -> Node {
    serde_json::from_str(&text(name)).unwrap()
}

/// A document that keeps the order of its members.
#[derive(Clone, Debug)]
enum Node {
    Scalar(Value),
    List(Vec<Node>),
    Object(Vec<(String, Node)>),
}

impl Node {
    /// Fails unless the answer is the sample, apart from the values of the volatile members.
    #[track_caller]
    fn compare(&self, answer: &str, volatile: &[&str]) {
        let given: Node = serde_json::from_str(answer).unwrap_or_else(|error| panic!("{error}: {answer}"));
        if let Err(difference) = self.differs(&given, volatile, "$") {
            panic!("{difference}\nin {answer}");
        }
    }

    fn differs(&self, given: &Node, volatile: &[&str], path: &str) -> Result<(), String> {
        match (self, given) {
            (Node::Object(shown), Node::Object(given)) => {
                let names = |members: &[(String, Node)]| {
                    members.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>()
                };
                if names(shown) != names(given) {
                    return Err(format!("{path}: shown {:?}, given {:?}", names(shown), names(given)));
                }
                shown.iter().zip(given).try_for_each(|((name, shown), (_, given))| {
                    let path = format!("{path}.{name}");
                    match (shown, given) {
                        (Node::Scalar(shown), Node::Scalar(given)) if volatile.contains(&name.as_str()) => {
                            let same = std::mem::discriminant(shown) == std::mem::discriminant(given)
                                || given.is_null();
                            same.then_some(()).ok_or_else(|| format!("{path}: another type, {given}"))
                        }
                        _ => shown.differs(given, volatile, &path),
                    }
                })
            }
            (Node::List(shown), Node::List(given)) if shown.len() == given.len() => shown
                .iter()
                .zip(given)
                .try_for_each(|(shown, given)| shown.differs(given, volatile, &format!("{path}[]"))),
            (Node::Scalar(shown), Node::Scalar(given)) if shown == given => Ok(()),
            _ => Err(format!("{path}: shown {self:?}, given {given:?}")),
        }
    }

    fn names(&self) -> Vec<String> {
        match self {
            Node::Object(members) => members.iter().map(|(name, _)| name.clone()).collect(),
            _ => Vec::new(),
        }
    }

    /// The request with another order id.
    fn renamed(mut self, order_id: &str) -> Node {
        if let Node::Object(members) = &mut self {
            for (name, value) in members.iter_mut().filter(|(name, _)| name == "order_id") {
                *value = Node::Scalar(json!(order_id));
                assert_eq!(name, "order_id");
            }
        }
        self
    }

    /// The request in the merchant's name, with a signature that holds.
    fn signed(&self, sandbox: &Sandbox) -> String {
        let bitlipa = &sandbox.endpoints().bitlipa;
        let Node::Object(mut members) = self.clone() else { panic!("a request is an object") };
        members.retain(|(name, _)| name != "signature");
        for (_, value) in members.iter_mut().filter(|(name, _)| name == "merchant_id") {
            *value = Node::Scalar(json!(bitlipa.merchant_id));
        }
        let mut node = Node::Object(members);
        let signature = hmac_sha512(&node.signed_text(""), &bitlipa.secret);
        if let Node::Object(members) = &mut node {
            members.push(("signature".to_owned(), Node::Scalar(json!(signature))));
        }
        node.write()
    }

    fn signed_text(&self, prefix: &str) -> String {
        let Node::Object(members) = self else { return String::new() };
        members
            .iter()
            .map(|(name, value)| match value {
                Node::Scalar(Value::String(text)) => format!("{prefix}{name}{text}"),
                Node::Scalar(value) => format!("{prefix}{name}{value}"),
                nested => nested.signed_text(&format!("{prefix}{name}.")),
            })
            .collect()
    }

    fn write(&self) -> String {
        match self {
            Node::Scalar(value) => value.to_string(),
            Node::List(items) => {
                format!("[{}]", items.iter().map(Node::write).collect::<Vec<_>>().join(","))
            }
            Node::Object(members) => {
                let members: Vec<String> = members
                    .iter()
                    .map(|(name, value)| format!("{}:{}", json!(name), value.write()))
                    .collect();
                format!("{{{}}}", members.join(","))
            }
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Node, D::Error> {
        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = Node;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("JSON")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
                let mut members = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    members.push(entry);
                }
                Ok(Node::Object(members))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Node, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = seq.next_element()? {
                    items.push(item);
                }
                Ok(Node::List(items))
            }

            fn visit_str<E>(self, text: &str) -> Result<Node, E> {
                Ok(Node::Scalar(json!(text)))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Node, E> {
                Ok(Node::Scalar(json!(number)))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Node, E> {
                Ok(Node::Scalar(json!(number)))
            }

            fn visit_f64<E>(self, number: f64) -> Result<Node, E> {
                Ok(Node::Scalar(json!(number)))
            }

            fn visit_bool<E>(self, truth: bool) -> Result<Node, E> {
                Ok(Node::Scalar(json!(truth)))
            }

            fn visit_unit<E>(self) -> Result<Node, E> {
                Ok(Node::Scalar(Value::Null))
            }
        }

        reader.deserialize_any(Reader)
    }
}
