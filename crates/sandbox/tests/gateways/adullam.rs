//! Adullam's checkouts.

use std::time::Duration;

use nzimbu_sandbox::{Decision, Sandbox, Settings};
use serde_json::{Value, json};

use crate::client::{Answer, get, request, until};

#[test]
fn a_checkout_has_the_documented_members() {
    let counter = Counter::manual();
    let answer = counter.create("K-1", &json!({"description": "Panier", "expires_in": 300}));
    assert_eq!(answer.status, 201);
    let body = answer.json();
    assert!(body["id"].as_str().unwrap().starts_with("cs_ci_"));
    assert_eq!((&body["status"], &body["amount"]), (&json!("created"), &json!(5000)));
    assert_eq!((&body["currency"], &body["user_phone"]), (&json!("XOF"), &json!("+22507987654")));
    assert_eq!((&body["description"], &body["transaction_fee"]), (&json!("Panier"), &json!(25)));
    assert!(body["payment_id"].as_str().unwrap().starts_with("ORDER_"));
    assert_eq!((&body["completed_at"], &body["failure_reason"]), (&Value::Null, &Value::Null));
    let seconds = |name: &str| {
        let text = body[name].as_str().unwrap();
        assert!(text.len() == 20 && text.ends_with('Z'));
        text[14..16].parse::<i64>().unwrap() * 60 + text[17..19].parse::<i64>().unwrap()
    };
    assert_eq!((seconds("expires_at") - seconds("created_at")).rem_euclid(3_600), 300);
    assert_eq!(body.as_object().unwrap().len(), 12);
}

#[test]
fn a_repeated_key_gets_the_same_checkout() {
    let counter = Counter::manual();
    let first = counter.create("K-1", &json!({})).json();
    let again = counter.create("K-1", &json!({}));
    assert_eq!((again.status, again.json()), (200, first.clone()));
    let other = counter.create("K-1", &json!({"amount": 6000}));
    assert_eq!(other.status, 422);
    assert!(other.json()["error"].is_string());
    assert!(counter.sandbox.settle("adullam", "K-1", Decision::Approve));
    assert!(!counter.sandbox.settle("adullam", "K-1", Decision::Approve));
    let done = counter.create("K-1", &json!({})).json();
    assert_eq!((&done["id"], &done["status"]), (&first["id"], &json!("completed")));
    assert!(done["completed_at"].is_string());
    let ledger = counter.sandbox.ledger();
    assert_eq!(ledger.len(), 1);
    assert_eq!((ledger[0].gateway, ledger[0].order_id.as_str()), ("adullam", "K-1"));
    assert_eq!((ledger[0].amount.as_str(), ledger[0].currency.as_str()), ("5000", "XOF"));
    assert_ne!(counter.create("K-2", &json!({})).json()["id"], first["id"]);
}

#[test]
fn a_checkout_completes_by_itself_or_fails() {
    let counter = Counter { sandbox: Sandbox::start_blocking(Settings::default()).unwrap() };
    counter.create("K-1", &json!({}));
    until("completion", || (counter.create("K-1", &json!({})).json()["status"] == "completed").then_some(()));
    assert_eq!(counter.sandbox.ledger().len(), 1);

    let counter = Counter::manual();
    for (key, decision, status) in [
        ("NO", Decision::Refuse, "failed"),
        ("LATE", Decision::Expire, "expired"),
        ("PIN", Decision::WrongPin, "failed"),
        ("POOR", Decision::TooLittleMoney, "failed"),
    ] {
        let id = counter.create(key, &json!({})).json()["id"].as_str().unwrap().to_owned();
        assert!(counter.sandbox.settle("adullam", &id, decision));
        let body = counter.create(key, &json!({})).json();
        assert_eq!(body["status"], status);
        assert!(body["failure_reason"].is_string());
    }
    assert!(counter.sandbox.ledger().is_empty());
}

#[test]
fn only_the_partner_is_heard() {
    let counter = Counter::manual();
    let body = json!({"amount": 100, "currency": "XOF", "user_phone": "+2250707070707"}).to_string();
    let token = counter.sandbox.endpoints().adullam.token.clone();
    let bearer = format!("Bearer {token}");
    for (name, value, status) in [
        ("authorization", bearer.as_str(), 201),
        ("x-auth", token.as_str(), 200),
        ("authorization", "Bearer other", 401),
        ("authorization", token.as_str(), 401),
        ("x-auth", "other", 401),
        ("x-other", "none", 401),
    ] {
        let headers = [(name, value), ("idempotency-key", "K"), ("content-type", "application/json")];
        let answer = request("POST", &counter.url(), &headers, &body);
        assert_eq!(answer.status, status, "{name}: {value}");
        assert_eq!(status == 401, answer.json()["error"].is_string());
    }
}

#[test]
fn a_key_is_required() {
    let counter = Counter::manual();
    for key in ["", &"k".repeat(1_001)] {
        let answer = counter.create(key, &json!({}));
        assert_eq!(answer.status, 400);
        assert!(answer.json()["error"].as_str().unwrap().contains("idempotency-key"));
    }
    assert_eq!(counter.create(&"k".repeat(1_000), &json!({})).status, 201);
}

#[test]
fn bounds_are_kept() {
    let counter = Counter::manual();
    for (index, (change, field)) in [
        (json!({"amount": 99}), "amount"),
        (json!({"amount": "5000"}), "amount"),
        (json!({"amount": 100.5}), "amount"),
        (json!({"currency": "usd"}), "currency"),
        (json!({"currency": null}), "currency"),
        (json!({"user_phone": "07987654"}), "user_phone"),
        (json!({"user_phone": "+221701234567"}), "user_phone"),
        (json!({"description": "x".repeat(201)}), "description"),
        (json!({"expires_in": 299}), "expires_in"),
        (json!({"expires_in": 86_401}), "expires_in"),
    ]
    .into_iter()
    .enumerate()
    {
        let answer = counter.create(&index.to_string(), &change);
        assert_eq!(answer.status, 400, "{change}");
        assert!(answer.json()["error"].as_str().unwrap().contains(field), "{change}");
    }
    for (index, change) in [
        json!({"amount": 100}),
        json!({"currency": "xof"}),
        json!({"user_phone": "+2250707070707"}),
        json!({"description": "é".repeat(200)}),
        json!({"expires_in": 86_400}),
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(counter.create(&format!("good-{index}"), &change).status, 201, "{change}");
    }
}

#[test]
fn the_generic_half_of_the_page_is_not_the_api() {
    let counter = Counter::manual();
    let generic = json!({"amount": 1000, "currency": "usd", "payment_method": "card",
        "success_url": "https://example.com/success", "cancel_url": "https://example.com/cancel"});
    let answer = counter.post("K", &generic);
    assert_eq!(answer.status, 400);
    assert_eq!(get(&counter.url()).status, 405);
    assert_eq!(get(&format!("{}/cs_ci_1", counter.url())).status, 404);
}

pub(crate) struct Counter {
    pub(crate) sandbox: Sandbox,
}

impl Counter {
    pub(crate) fn manual() -> Counter {
        let mut settings = Settings::default();
        settings.auto = None;
        settings.callback_pause = Duration::from_millis(5);
        Counter { sandbox: Sandbox::start_blocking(settings).unwrap() }
    }

    pub(crate) fn url(&self) -> String {
        format!("{}/v1/checkouts", self.sandbox.endpoints().adullam.base_url)
    }

    pub(crate) fn create(&self, key: &str, change: &Value) -> Answer {
        // The documents' sample.
        let mut body = json!({"amount": 5000, "currency": "XOF", "user_phone": "+22507987654"});
        for (name, value) in change.as_object().unwrap() {
            body[name] = value.clone();
        }
        self.post(key, &body)
    }

    pub(crate) fn post(&self, key: &str, body: &Value) -> Answer {
        let bearer = format!("Bearer {}", self.sandbox.endpoints().adullam.token);
        let headers = [
            ("authorization", bearer.as_str()),
            ("idempotency-key", key),
            ("content-type", "application/json"),
        ];
        request("POST", &self.url(), &headers, &body.to_string())
    }
}
