//! Adullam's tokens, states and limits, and what settings change about them.

use nzimbu_sandbox::{AdullamChoices, ReusedKey, Sandbox, Settings};
use serde_json::{Value, json};

use crate::adullam::Counter;
use crate::client::{Answer, request};

#[test]
fn a_token_is_handed_out_and_rotated() {
    let counter = Counter::manual();
    let log_in = |phone: &str, password: &str| {
        counter.auth("token", &[], &json!({"phone": phone, "password": password}).to_string())
    };
    for (phone, password, status) in [
        ("07123456", "sandbox-password", 400),
        ("+22507123456", "short", 400),
        ("+22507123456", "another password", 401),
        ("+22507000000", "sandbox-password", 401),
    ] {
        let refused = log_in(phone, password);
        assert_eq!(refused.status, status);
        assert!(refused.json()["error"].is_string());
    }
    let body = log_in("+22507123456", "sandbox-password").json();
    assert_eq!((&body["token_type"], &body["expires_in"]), (&json!("Bearer"), &json!(3_600)));
    assert!(body["partner_id"].is_string() && body.as_object().unwrap().len() == 4);
    let first = body["access_token"].as_str().unwrap().to_owned();
    assert_eq!(counter.create_with("K-1", "authorization", &format!("Bearer {first}")), 201);
    assert_eq!(counter.create_with("K-1", "x-auth", &first), 200);
    assert_eq!(counter.create_with("K-1", "Authorization", &format!("bearer {first}")), 200);

    let rotated = counter.auth("rotate", &[("authorization", &format!("Bearer {first}"))], "");
    let second = rotated.json()["access_token"].as_str().unwrap().to_owned();
    assert_ne!(first, second);
    assert_eq!(counter.create_with("K-1", "x-auth", &first), 401, "the old token is dead");
    assert_eq!(counter.create_with("K-1", "x-auth", &second), 200);
    assert_eq!(counter.auth("rotate", &[("x-auth", &first)], "").status, 401);

    let fixed = counter.sandbox.endpoints().adullam.token.clone();
    assert_eq!(counter.create_with("K-1", "x-auth", &fixed), 200);
    assert_eq!(counter.auth("rotate", &[("x-auth", &fixed)], "").status, 200);
    assert_eq!(counter.create_with("K-1", "x-auth", &fixed), 401, "the long-lived key as well");
}

#[test]
fn every_status_can_be_had() {
    let counter = Counter::manual();
    for status in ["pending", "processing", "completed", "failed", "expired", "cancelled"] {
        assert_eq!(counter.create(status, &json!({})).json()["status"], "created");
        assert!(counter.sandbox.set_state("adullam", status, status));
        let body = counter.create(status, &json!({})).json();
        assert_eq!(body["status"], status);
        assert_eq!(body["completed_at"].is_string(), status == "completed");
        assert_eq!(body["failure_reason"].is_string(), ["failed", "expired", "cancelled"].contains(&status));
    }
    assert!(!counter.sandbox.set_state("adullam", "completed", "cancelled"));
    assert!(!counter.sandbox.set_state("adullam", "pending", "created"));
    assert!(!counter.sandbox.set_state("adullam", "nobody", "failed"));
    assert_eq!(counter.sandbox.ledger().len(), 1);
}

#[test]
fn settings_change_keys_credentials_and_limits() {
    let counter = with(|choices| {
        choices.phone = "+2250707123456".to_owned();
        choices.password = "sandbox-other".to_owned();
        choices.uuid_keys = true;
        choices.reused_key = ReusedKey::Replay;
    });
    let body = json!({"phone": "+2250707123456", "password": "sandbox-other"}).to_string();
    assert_eq!(counter.auth("token", &[], &body).status, 200);
    assert_eq!(counter.create("K-1", &json!({})).status, 400);
    let key = "123e4567-e89b-42d3-a456-426614174000";
    let first = counter.create(key, &json!({})).json();
    let other = counter.create(key, &json!({"amount": 6000}));
    assert_eq!((other.status, other.json()), (200, first));
}

#[test]
fn a_hundred_calls_a_minute_can_be_the_limit() {
    let counter = with(|choices| choices.rate_limit = true);
    for index in 0..100 {
        assert_eq!(counter.create(&index.to_string(), &json!({})).status, 201);
    }
    let answer = counter.create("more", &json!({}));
    assert_eq!((answer.status, answer.json()["error"].is_string()), (429, true));
    assert!((1..=60).contains(&answer.header("retry-after").parse::<u64>().unwrap()));
}

#[test]
fn other_methods_are_refused() {
    let counter = Counter::manual();
    for (method, status) in [("GET", 405), ("HEAD", 405), ("PUT", 405), ("OPTIONS", 200)] {
        let answer = request(method, &counter.url(), &[], "");
        assert_eq!((answer.status, answer.header("allow")), (status, "POST"), "{method}");
    }
}

impl Counter {
    fn auth(&self, call: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut headers = headers.to_vec();
        headers.push(("content-type", "application/json"));
        let url = format!("{}/v1/auth/{call}", self.sandbox.endpoints().adullam.base_url);
        request("POST", &url, &headers, body)
    }

    fn create_with(&self, key: &str, name: &str, value: &str) -> u16 {
        let body: Value = json!({"amount": 5000, "currency": "XOF", "user_phone": "+22507987654"});
        let headers = [(name, value), ("Idempotency-Key", key), ("content-type", "application/json")];
        request("POST", &self.url(), &headers, &body.to_string()).status
    }
}

fn with(change: impl FnOnce(&mut AdullamChoices)) -> Counter {
    let mut settings = Settings::default();
    settings.auto = None;
    change(&mut settings.adullam);
    Counter { sandbox: Sandbox::start_blocking(settings).unwrap() }
}
