//! Bitlipa's API.

use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use nzimbu_sandbox::{Decision, Sandbox, Settings};
use serde_json::{Value, json};

use crate::client::{Answer, fill_form, get, post_json, until};
use crate::merchant::{Merchant, Received};

#[test]
fn the_simulator_behaves_as_documented_for_ever() {
    let till = Till::new(Settings::default());
    // The documents' sample request, with the merchant of this sandbox.
    let mut order =
        till.order("16280954971628095497", "100.00", "CDF", 14, &[("customer_name", "Name Surname")]);
    order.set("customer_id", Part::Text("0900000001".to_owned()));
    order.set("country", Part::Text("KE".to_owned()));
    for call in ["payment_c2b", "status", "payment_b2c", "status"] {
        let answer = till.call(call, &order);
        assert_eq!(answer.status, 200);
        let body = answer.json();
        assert_eq!(body["order_id"], "16280954971628095497");
        assert!(!body["transaction_id"].as_str().unwrap().is_empty());
        assert_eq!((&body["transaction_ref"], &body["status"]), (&json!(""), &json!(1)));
        assert_eq!(body["result"], json!({"code": 0, "message": "OK"}));
        assert_eq!(body["provider_result"], json!({"code": -8888, "message": "Good"}));
        assert_eq!((&body["service_id"], &body["confirm_type"]), (&json!(1), &json!(0)));
        assert_eq!(body["service_version"], "1.03/1.14|1.0/1.26|1.0/1.0|1.01/1.01|1.01/1.01||1.01/1.27");
        assert_eq!(body["service_date_time"].as_str().unwrap().len(), 26);
        assert_eq!(body.as_object().unwrap().len(), 10);
        std::thread::sleep(Duration::from_millis(100));
    }
    assert!(!till.sandbox.settle("bitlipa", "16280954971628095497", Decision::Approve));
    assert!(till.merchant.received().is_empty() && till.sandbox.ledger().is_empty());
}

#[test]
fn a_collection_ends_in_a_signed_callback() {
    let till = Till::new(Settings::default());
    let order = till.order("KE-1", "100.00", "KES", 199, BOTH);
    let first = till.call("payment_c2b", &order);
    assert_eq!(first.json()["status"], 1);
    let post = till.merchant.wait_for_posts(1).remove(0);
    till.assert_genuine(&post, "KE-1", 2);
    let state = till.call("status", &till.question("KE-1")).json();
    assert_eq!(state["status"], 2);
    assert!(state["transaction_ref"].as_str().unwrap().starts_with("MP."));
    assert_eq!(state["transaction_id"], first.json()["transaction_id"]);
    assert_eq!(
        state["extra"]["customer_message"],
        "Complete the payment by following the instructions received by USSD"
    );
    let again = till.call("payment_c2b", &order);
    assert_eq!(again.body, first.body, "a repetition gets the first answer");
    let ledger = till.sandbox.ledger();
    assert_eq!(ledger.len(), 1);
    assert_eq!((ledger[0].gateway, ledger[0].operation), ("bitlipa", "payment"));
    assert_eq!((ledger[0].amount.as_str(), ledger[0].currency.as_str()), ("100.00", "KES"));
}

#[test]
fn a_callback_comes_again_until_it_is_taken() {
    let merchant = Merchant::answering(|_, count| if count < 2 { "202 Accepted\r\n" } else { "200 OK\r\n" });
    let mut settings = Settings::default();
    settings.callback_pause = Duration::from_millis(5);
    settings.callback_attempts = 9;
    let till = Till { sandbox: Sandbox::start_blocking(settings).unwrap(), merchant };
    till.call("payment_c2b", &till.order("KE-1", "100.00", "KES", 199, BOTH));
    let posts = till.merchant.wait_for_posts(3);
    assert!(posts.iter().all(|post| post.body == posts[0].body && post.path == "/cb"));
    let outcomes =
        || till.sandbox.deliveries().into_iter().map(|delivery| delivery.outcome).collect::<Vec<_>>();
    until("the last attempt", || (outcomes().len() == 3).then_some(()));
    std::thread::sleep(Duration::from_millis(60));
    assert_eq!(outcomes(), [Ok(202), Ok(202), Ok(200)]);
    assert_eq!(till.merchant.posts().len(), 3, "what was taken is not sent again");
    assert_eq!(till.sandbox.ledger().len(), 1);
}

#[test]
fn failed_orders_move_nothing() {
    let till = Till::manual();
    for (id, decision, status, result) in [
        ("NO", Decision::Refuse, 3, 0),
        ("LATE", Decision::Expire, 4, 0),
        ("PIN", Decision::WrongPin, 3, 1),
        ("POOR", Decision::TooLittleMoney, 3, 10_301),
    ] {
        till.call("payment_c2b", &till.order(id, "100.00", "KES", 199, BOTH));
        assert!(till.sandbox.settle("bitlipa", id, decision));
        assert!(!till.sandbox.settle("bitlipa", id, Decision::Approve));
        let state = till.call("status", &till.question(id)).json();
        assert_eq!((&state["status"], &state["result"]["code"]), (&json!(status), &json!(result)));
        let post = until("the callback", || {
            till.merchant.posts().into_iter().find(|post| post.body.contains(&format!("\"{id}\"")))
        });
        till.assert_genuine(&post, id, status);
        assert!(post.body.contains(&format!("\"result\":{{\"code\":{result},")), "{}", post.body);
    }
    assert!(till.sandbox.ledger().is_empty());
    assert!(!till.sandbox.settle("bitlipa", "NOBODY", Decision::Approve));
}

#[test]
fn a_payout_moves_money_once() {
    let till = Till::new(Settings::default());
    let papers =
        [("customer_name", "A B"), ("customer_doc_type", "national_id"), ("customer_doc_number", "00123")];
    let order = till.order("ke:1.a-b_c", "500.00", "KES", 199, &papers);
    let first = till.call("payment_b2c", &order).json();
    assert_eq!((&first["status"], &first["confirm_type"]), (&json!(1), &json!(0)));
    till.assert_genuine(&till.merchant.wait_for_posts(1)[0], "ke:1.a-b_c", 2);
    for _ in 0..3 {
        assert_eq!(till.call("payment_b2c", &order).json(), first);
    }
    let ledger = till.sandbox.ledger();
    assert_eq!(ledger.len(), 1);
    assert_eq!((ledger[0].operation, ledger[0].order_id.as_str()), ("payout", "ke:1.a-b_c"));
}

#[test]
fn one_amount_asks_for_a_confirmation() {
    let till = Till::new(Settings::default());
    let order = till.order("CONFIRM", "2222.00", "KES", 347, NAME);
    let answer = till.call("payment_b2c", &order).json();
    assert_eq!((&answer["status"], &answer["confirm_type"]), (&json!(1), &json!(1)));
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(till.call("status", &till.question("CONFIRM")).json()["status"], 1);
    assert!(till.sandbox.ledger().is_empty());
}

#[test]
fn only_the_merchant_is_heard() {
    let till = Till::manual();
    let denied = json!({"result": {"code": 10201, "message": "merchant authentication failed"}});
    let order = till.order("A", "100.00", "KES", 199, BOTH);
    let good = order.signed(&till.sandbox.endpoints().bitlipa.secret);
    for body in [
        order.signed("another secret"),
        order.signed("x").replace("\"signature\"", "\"unsigned\""),
        good.replace("\"100.00\"", "\"900.00\""),
        // The same members in another order have another signature.
        good.replacen("\"currency\":\"KES\",", "", 1).replacen('{', "{\"currency\":\"KES\",", 1),
    ] {
        let answer = post_json(&till.url("payment_c2b"), &body);
        assert_eq!((answer.status, answer.json()), (200, denied.clone()), "{body}");
    }
    let mut other = order.clone();
    other.set("merchant_id", Part::Text("other".to_owned()));
    assert_eq!(till.call("payment_c2b", &other).json(), denied);
    let elsewhere = till.url("payment_c2b").replace(&till.sandbox.endpoints().bitlipa.public_id, "other");
    assert_eq!(post_json(&elsewhere, &good).json(), denied);
    assert_eq!(till.call("status", &till.question("A")).json()["status"], -1);
    assert_eq!(post_json(&till.url("payment_c2b"), &good).json()["status"], 1);
}

#[test]
fn requests_of_the_wrong_shape_are_no_orders() {
    let till = Till::manual();
    let text = |text: &str| Part::Text(text.to_owned());
    for (name, part) in [
        ("order_id", text("")),
        ("order_id", text("a b")),
        ("order_id", text("é")),
        ("order_id", text(&"x".repeat(129))),
        ("amount", Part::Number(0)),
        ("amount", text("100.0")),
        ("amount", text("100.000")),
        ("amount", text("0.00")),
        ("amount", text("-1.00")),
        ("currency", text("EUR")),
        ("country", text("KEN")),
        ("provider_id", text("mpesa")),
        ("callback_url", text("file:///etc/passwd")),
        ("customer_id", text("")),
        ("extra", text("none")),
    ] {
        let mut order = till.order("SHAPE", "100.00", "KES", 199, BOTH);
        order.set(name, part);
        let answer = till.call("payment_c2b", &order);
        assert_eq!((answer.status, &answer.json()["result"]["code"]), (400, &json!(4)), "{name}");
        let message = answer.json()["result"]["message"].as_str().unwrap().to_owned();
        assert!(message.contains(name), "{message}");
    }
    let francs = till.call("payment_c2b", &till.order("SHAPE", "100.50", "XOF", 355, &[]));
    assert_eq!(francs.status, 400);
    assert_eq!(till.call("status", &till.question("SHAPE")).json()["status"], -1);
    for body in ["", "{", "[]", "{\"a\":1,\"a\":2}"] {
        assert_eq!(post_json(&till.url("status"), body).status, 400, "{body:?}");
    }
    assert_eq!(get(&till.url("status")).status, 405);
    assert_eq!(post_json(&till.url("balance"), "{}").status, 404);
}

#[test]
fn what_the_operator_refuses_has_failed() {
    let till = Till::new(Settings::default());
    let mut wrong_phone = till.order("R1", "100.00", "KES", 199, BOTH);
    wrong_phone.set("customer_id", Part::Text("0700000001".to_owned()));
    let mut wrong_country = till.order("R2", "100.00", "KES", 199, BOTH);
    wrong_country.set("country", Part::Text("UG".to_owned()));
    for (id, call, order, message) in [
        ("R1", "payment_c2b", wrong_phone, "MSISDN2 INCORRECT"),
        ("R2", "payment_c2b", wrong_country, "country does not fit the provider"),
        (
            "R3",
            "payment_c2b",
            till.order("R3", "100.00", "KES", 199, NAME),
            "required extra parameter is missing",
        ),
        (
            "R4",
            "payment_b2c",
            till.order("R4", "500.00", "KES", 199, NAME),
            "required extra parameter is missing",
        ),
        ("R5", "payment_c2b", till.order("R5", "0.99", "KES", 199, BOTH), "amount is below the minimum"),
        ("R6", "payment_b2c", till.order("R6", "499.99", "KES", 347, NAME), "amount is below the minimum"),
        ("R7", "payment_c2b", till.order("R7", "150000.01", "KES", 199, BOTH), "amount is above the maximum"),
        ("R8", "payment_c2b", till.order("R8", "100.00", "KES", 31_337, BOTH), "provider is not available"),
        (
            "R9",
            "payment_c2b",
            till.order("R9", "100.00", "UGX", 199, BOTH),
            "currency does not fit the provider",
        ),
        (
            "R10",
            "payment_c2b",
            till.order("R10", "100.00", "NGN", 5010, BOTH),
            "this provider collects over the hosted page only",
        ),
    ] {
        let first = till.call(call, &order).json();
        assert_eq!(first["status"], 3, "{id}");
        assert_eq!(first["result"], json!({"code": 10301, "message": message}), "{id}");
        assert_eq!(till.call(call, &order).json(), first);
        assert_eq!(till.call("status", &till.question(id)).json()["status"], 3);
    }
    std::thread::sleep(Duration::from_millis(200));
    assert!(till.sandbox.ledger().is_empty() && till.merchant.received().is_empty());
    assert_eq!(
        till.call("payment_c2b", &till.order("OK", "150000.00", "KES", 199, BOTH)).json()["status"],
        1
    );
}

#[test]
fn an_unknown_order_is_undefined() {
    let till = Till::manual();
    let answer = till.call("status", &till.question("NOBODY")).json();
    assert_eq!((&answer["order_id"], &answer["status"]), (&json!("NOBODY"), &json!(-1)));
    assert_ne!(answer["result"]["code"], 0);
}

#[test]
fn nigeria_names_a_bank_account_at_once() {
    let till = Till::manual();
    // "100" without decimals stands in the documents' own samples.
    let mut order = till.order("0900000001", "100", "NGN", 5008, &[("customer_email", "a@example.com")]);
    order.set("customer_id", Part::Text("0000000000".to_owned()));
    let answer = till.call("payment_c2b", &order);
    let body = answer.json();
    assert_eq!((&body["transaction_id"], &body["status"]), (&json!(""), &json!(1)));
    assert_eq!(body["provider_result"], json!({"code": -8888, "message": ""}));
    assert_eq!(body["extra"]["transfer_amount"], 100);
    assert_eq!(body["extra"]["account_number"].as_str().unwrap().len(), 10);
    assert!(body["extra"]["bank_name"].is_string());
    assert_in_order(
        &answer.body,
        &[
            "order_id",
            "transaction_id",
            "transaction_ref",
            "status",
            "result",
            "provider_result",
            "service_id",
            "service_version",
            "service_date_time",
            "extra",
            "confirm_type",
        ],
    );
    assert!(till.sandbox.settle("bitlipa", "0900000001", Decision::Approve));
    let state = till.call("status", &till.question("0900000001")).json();
    assert_eq!(state["status"], 2);
    assert_ne!(state["transaction_id"], "");
    assert_eq!(till.sandbox.ledger()[0].amount, "100.00");
}

#[test]
fn redirect_countries_name_the_page_in_status() {
    let till = Till::manual();
    let mut order = till.order("CI-1", "1000.00", "XOF", 193, BOTH);
    order.set("customer_id", Part::Text("2250707070707".to_owned()));
    order.set("country", Part::Text("CI".to_owned()));
    assert!(till.call("payment_c2b", &order).json().get("extra").is_none());
    let state = till.call("status", &till.question("CI-1")).json();
    let page = state["extra"]["customer_redirect"].as_str().unwrap().to_owned();
    assert!(page.starts_with(&till.sandbox.endpoints().bitlipa.hosted_page_url));
    assert!(get(&page).body.contains("SANDBOX – aucun argent réel"));
    let wrong = fill_form(&page, &[("decision", "approve"), ("otp", "0000")]);
    assert!(wrong.status == 422 && wrong.body.contains("Le code est faux."));
    assert!(till.sandbox.ledger().is_empty());
    assert_eq!(fill_form(&page, &[("decision", "approve"), ("otp", "1234")]).status, 303);
    assert!(get(&page).body.contains("Paiement accepté"));
    till.assert_genuine(&till.merchant.wait_for_posts(1)[0], "CI-1", 2);
    assert_eq!(till.sandbox.ledger().len(), 1);
}

#[test]
fn banks_are_listed() {
    let till = Till::manual();
    let ask = |provider: i64| {
        let mut body = Body(vec![]);
        body.set("merchant_id", Part::Text(till.sandbox.endpoints().bitlipa.merchant_id.clone()));
        body.set("provider_id", Part::Number(provider));
        till.call("banks", &body).json()
    };
    // The documents' sample, asked for the documents' provider.
    let sample = json!({"banks": [{"code": "000001", "name": "OK"}], "result": {"code": 0, "message": "OK"}});
    assert_eq!(ask(14), sample);
    assert_eq!(ask(5012)["banks"][0]["code"], "FNB");
    assert_eq!(ask(199)["banks"], json!([]));
}

pub(crate) struct Till {
    pub(crate) sandbox: Sandbox,
    pub(crate) merchant: Merchant,
}

impl Till {
    pub(crate) fn new(settings: Settings) -> Till {
        Till { sandbox: Sandbox::start_blocking(settings).unwrap(), merchant: Merchant::start() }
    }

    pub(crate) fn manual() -> Till {
        let mut settings = Settings::default();
        settings.auto = None;
        Till::new(settings)
    }

    pub(crate) fn url(&self, call: &str) -> String {
        let bitlipa = &self.sandbox.endpoints().bitlipa;
        format!("{}/{}/{call}", bitlipa.base_url, bitlipa.public_id)
    }

    pub(crate) fn order(
        &self,
        id: &str,
        amount: &str,
        currency: &str,
        provider: i64,
        extra: &[(&str, &str)],
    ) -> Body {
        let mut body = self.question(id);
        body.set("customer_id", Part::Text("254700000001".to_owned()));
        body.set("amount", Part::Text(amount.to_owned()));
        body.set("currency", Part::Text(currency.to_owned()));
        body.set("callback_url", Part::Text(format!("{}/cb", self.merchant.url)));
        body.set("provider_id", Part::Number(provider));
        let extra = extra.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        body.set("extra", Part::Object(extra));
        body
    }

    pub(crate) fn question(&self, id: &str) -> Body {
        let mut body = Body(vec![]);
        body.set("merchant_id", Part::Text(self.sandbox.endpoints().bitlipa.merchant_id.clone()));
        body.set("order_id", Part::Text(id.to_owned()));
        body
    }

    pub(crate) fn call(&self, call: &str, body: &Body) -> Answer {
        post_json(&self.url(call), &body.signed(&self.sandbox.endpoints().bitlipa.secret))
    }

    /// The documented members in their order, signed by hand.
    #[track_caller]
    pub(crate) fn assert_genuine(&self, post: &Received, order_id: &str, status: i64) {
        assert_eq!(post.header("content-type"), Some("application/json"));
        let body: Value = serde_json::from_str(&post.body).unwrap();
        let text = |name: &str| body[name].as_str().unwrap().to_owned();
        assert_eq!((text("order_id").as_str(), &body["status"]), (order_id, &json!(status)));
        let result = &body["result"];
        assert!(status == 3 || *result == json!({"code": 0, "message": "OK"}));
        assert_eq!(body.as_object().unwrap().len(), 8);
        assert_in_order(
            &post.body,
            &[
                "transaction_id",
                "order_id",
                "status",
                "service_id",
                "service_version",
                "service_date_time",
                "result",
                "signature",
            ],
        );
        let signed = format!(
            "transaction_id{}order_id{order_id}status{status}service_id{}service_version{}\
             service_date_time{}result.code{}result.message{}",
            text("transaction_id"),
            body["service_id"].as_i64().unwrap(),
            text("service_version"),
            text("service_date_time"),
            result["code"].as_i64().unwrap(),
            result["message"].as_str().unwrap(),
        );
        assert_eq!(text("signature"), hmac_sha512(&signed, &self.sandbox.endpoints().bitlipa.secret));
    }
}

/// A body that knows its JSON and its signed text, members in order.
#[derive(Clone)]
pub(crate) struct Body(pub(crate) Vec<(String, Part)>);

#[derive(Clone)]
pub(crate) enum Part {
    Text(String),
    Number(i64),
    Object(Vec<(String, String)>),
}

impl Body {
    pub(crate) fn set(&mut self, name: &str, part: Part) {
        match self.0.iter_mut().find(|(key, _)| key == name) {
            Some(member) => member.1 = part,
            None => self.0.push((name.to_owned(), part)),
        }
    }

    pub(crate) fn signed(&self, secret: &str) -> String {
        let (mut json, mut text) = (Vec::new(), String::new());
        for (name, part) in &self.0 {
            match part {
                Part::Text(value) => {
                    json.push(format!("{}:{}", json!(name), json!(value)));
                    text += &format!("{name}{value}");
                }
                Part::Number(value) => {
                    json.push(format!("{}:{value}", json!(name)));
                    text += &format!("{name}{value}");
                }
                Part::Object(members) => {
                    let inner: Vec<_> = members
                        .iter()
                        .map(|(key, value)| format!("{}:{}", json!(key), json!(value)))
                        .collect();
                    json.push(format!("{}:{{{}}}", json!(name), inner.join(",")));
                    for (key, value) in members {
                        text += &format!("{name}.{key}{value}");
                    }
                }
            }
        }
        json.push(format!("\"signature\":\"{}\"", hmac_sha512(&text, secret)));
        format!("{{{}}}", json.join(","))
    }
}

pub(crate) fn hmac_sha512(text: &str, secret: &str) -> String {
    let mut mac = Hmac::<sha2::Sha512>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(text.as_bytes());
    hex::encode(mac.finalize().into_bytes())
}

#[track_caller]
fn assert_in_order(text: &str, names: &[&str]) {
    let places: Vec<_> = names.iter().map(|name| text.find(&format!("\"{name}\"")).unwrap()).collect();
    assert!(places.is_sorted(), "{names:?} in {text}");
}

const NAME: &[(&str, &str)] = &[("customer_name", "A B")];
const BOTH: &[(&str, &str)] = &[("customer_name", "A B"), ("customer_email", "a@example.com")];
