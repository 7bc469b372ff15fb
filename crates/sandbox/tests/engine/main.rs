//! What surrounds the gateways: the store, the clock, failure on demand, the admin API.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

#[path = "../gateways/client.rs"]
#[allow(dead_code, reason = "shared with the other tests")]
mod client;
#[path = "../gateways/merchant.rs"]
#[allow(dead_code, reason = "the gateways' tests look at more of what a merchant receives")]
mod merchant;

mod admin;
mod callbacks;
mod endings;
mod faults;
#[cfg(feature = "store")]
mod store;

use std::sync::atomic::{AtomicU32, Ordering};

use nzimbu_sandbox::{Endpoints, Sandbox, Settings};
use serde_json::{Value, json};

use crate::client::{Answer, post_json, request};

/// A sandbox that decides nothing by itself.
fn quiet() -> Settings {
    let mut settings = Settings::default();
    settings.auto = None;
    settings
}

fn start(settings: Settings) -> Sandbox {
    Sandbox::start_blocking(settings).unwrap()
}

fn fresh_id(prefix: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("{prefix}-{}", COUNT.fetch_add(1, Ordering::Relaxed))
}

/// A checkout payment of CinetPay.
fn payment(endpoints: &Endpoints, id: &str, amount: u64, notify_url: &str) -> String {
    let cinetpay = &endpoints.cinetpay;
    json!({"apikey": cinetpay.apikey, "site_id": cinetpay.site_id, "transaction_id": id, "amount": amount,
        "currency": "XOF", "description": "test", "notify_url": notify_url,
        "return_url": "http://localhost:1/"})
    .to_string()
}

fn create(endpoints: &Endpoints, id: &str, amount: u64) -> Answer {
    post_json(
        &format!("{}/v2/payment", endpoints.cinetpay.checkout_url),
        &payment(endpoints, id, amount, "http://localhost:1/"),
    )
}

/// The status of a payment as `payment/check` tells it; `None` for one that is unknown.
fn status(endpoints: &Endpoints, id: &str) -> Option<String> {
    let cinetpay = &endpoints.cinetpay;
    let body = json!({"apikey": cinetpay.apikey, "site_id": cinetpay.site_id, "transaction_id": id});
    let answer = post_json(&format!("{}/v2/payment/check", cinetpay.checkout_url), &body.to_string()).json();
    answer["data"]["status"].as_str().map(str::to_owned)
}

/// A checkout of Adullam.
fn checkout(endpoints: &Endpoints, key: &str, amount: u64, phone: &str) -> Answer {
    let adullam = &endpoints.adullam;
    request(
        "POST",
        &format!("{}/v1/checkouts", adullam.base_url),
        &[
            ("authorization", &format!("Bearer {}", adullam.token)),
            ("idempotency-key", key),
            ("content-type", "application/json"),
        ],
        &json!({"amount": amount, "currency": "XOF", "user_phone": phone}).to_string(),
    )
}

fn admin_get(sandbox: &Sandbox, path: &str) -> Value {
    client::get(&format!("{}{path}", sandbox.endpoints().admin_url)).json()
}

fn admin_post(sandbox: &Sandbox, path: &str, body: &Value) -> Answer {
    post_json(&format!("{}{path}", sandbox.endpoints().admin_url), &body.to_string())
}

/// Puts a fault in force over the admin API.
#[track_caller]
fn fail(sandbox: &Sandbox, fault: &Value) -> u64 {
    let answer = admin_post(sandbox, "/api/faults", fault);
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.json()["id"].as_u64().unwrap()
}

/// Decides over the admin API how orders to come end.
#[track_caller]
fn end(sandbox: &Sandbox, ending: &Value) -> u64 {
    let answer = admin_post(sandbox, "/api/endings", ending);
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.json()["id"].as_u64().unwrap()
}
