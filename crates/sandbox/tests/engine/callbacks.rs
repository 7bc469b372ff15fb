//! Callbacks that go wrong on demand, and where they never go.

use std::time::Duration;

use nzimbu_sandbox::{Decision, Sandbox};
use serde_json::json;

use crate::client::{post_json, until};
use crate::merchant::Merchant;
use crate::{admin_get, admin_post, fail, payment, quiet, start};

#[test]
fn callbacks_are_dropped_doubled_forged_and_cut() {
    let sandbox = start(quiet());
    let merchant = Merchant::start();
    let clean = pay(&sandbox, &merchant.url, "CLEAN", 100);
    assert!(signature_is_valid(&sandbox, "CLEAN"));
    assert_eq!(merchant.wait_for_posts(1)[0].body, clean);

    fail(&sandbox, &json!({"kind": "drop_callback", "order_id": "DROP"}));
    create(&sandbox, &merchant.url, "DROP", 100);
    assert!(sandbox.settle("cinetpay-checkout", "DROP", Decision::Approve));
    let dropped = until("the loss", || sandbox.deliveries().into_iter().find(|d| d.order_id == "DROP"));
    assert!(dropped.outcome.unwrap_err().contains("dropped by a fault"));

    fail(&sandbox, &json!({"kind": "duplicate_callback", "order_id": "DOUBLE", "copies": 2}));
    let body = pay(&sandbox, &merchant.url, "DOUBLE", 100);
    let posts = merchant.wait_for_posts(4);
    assert!(posts[1..].iter().all(|post| post.body == body), "{posts:?}");

    fail(&sandbox, &json!({"kind": "forge_callback", "order_id": "FORGED"}));
    pay(&sandbox, &merchant.url, "FORGED", 100);
    assert!(!signature_is_valid(&sandbox, "FORGED"));

    fail(&sandbox, &json!({"kind": "corrupt_callback", "order_id": "CUT"}));
    let cut = pay(&sandbox, &merchant.url, "CUT", 100);
    assert!(cut.len() < clean.len() * 2 / 3, "{cut}");
}

#[test]
fn callbacks_of_magic_amounts_are_spoilt_too() {
    let sandbox = start(quiet());
    let merchant = Merchant::start();
    create(&sandbox, &merchant.url, "MAGIC", 771_065);
    assert!(sandbox.settle("cinetpay-checkout", "MAGIC", Decision::Approve));
    let posts = merchant.wait_for_posts(2);
    assert_eq!(posts[0].body, posts[1].body);
}

#[test]
fn callbacks_wait_for_the_sandboxs_clock() {
    let sandbox = start(quiet());
    let merchant = Merchant::start();
    admin_post(&sandbox, "/api/time", &json!({"mode": "frozen"}));
    fail(&sandbox, &json!({"kind": "delay_callback", "seconds": 3_600}));
    create(&sandbox, &merchant.url, "LATE", 100);
    assert!(sandbox.settle("cinetpay-checkout", "LATE", Decision::Approve));
    std::thread::sleep(Duration::from_millis(100));
    assert!(merchant.received().is_empty());
    admin_post(&sandbox, "/api/time", &json!({"advance_seconds": 3_601}));
    merchant.wait_for_posts(1);
}

#[test]
fn a_callback_can_be_overtaken() {
    let mut settings = quiet();
    settings.auto = Some(Duration::from_millis(40));
    let sandbox = start(settings);
    let merchant = Merchant::start();
    fail(&sandbox, &json!({"kind": "reorder_callback", "seconds": 1}));
    create(&sandbox, &merchant.url, "MIXED", 100);
    let posts = merchant.wait_for_posts(2);
    let message = |index: usize| {
        let form = posts[index].form();
        form.into_iter().find(|(name, _)| name == "cpm_error_message").unwrap().1
    };
    assert_eq!((message(0).as_str(), message(1).as_str()), ("SUCCES", "WAITING_FOR_CUSTOMER"));
}

#[test]
fn a_callback_can_be_sent_again() {
    let sandbox = start(quiet());
    let merchant = Merchant::start();
    let body = pay(&sandbox, &merchant.url, "AGAIN", 100);
    let id = admin_get(&sandbox, "/api/callbacks?order_id=AGAIN")["items"][0]["id"].as_u64().unwrap();
    let resent = admin_post(&sandbox, &format!("/api/callbacks/{id}/resend"), &json!({}));
    assert_eq!(resent.status, 202);
    assert_eq!(merchant.wait_for_posts(2)[1].body, body);
    assert_eq!(admin_post(&sandbox, "/api/callbacks/999999/resend", &json!({})).status, 404);
    assert_eq!(admin_post(&sandbox, "/api/callbacks/x/resend", &json!({})).status, 404);
}

#[test]
fn callbacks_never_leave_this_machine_unless_allowed() {
    let mut settings = quiet();
    settings.callback_attempts = 1;
    // Named, but not for what it leads to: the address of cloud metadata, and a name for another machine.
    settings.allowed_callback_hosts =
        vec!["169.254.169.254".to_owned(), "[fe80::1]".to_owned(), "0.0.0.0".to_owned()];
    let sandbox = start(settings);
    for (index, url) in [
        "http://169.254.169.254/latest/meta-data/",
        "http://[fe80::1]/",
        "http://[::ffff:169.254.169.254]/",
        "http://0.0.0.0:80/",
        "http://192.0.2.1/",
        "http://10.0.0.1/",
        "http://example.com/",
        "http://2130706433/",
        "https://127.0.0.1/",
        "http://user@127.0.0.1.example.com/",
    ]
    .into_iter()
    .enumerate()
    {
        let id = format!("OUT-{index}");
        create(&sandbox, url, &id, 100);
        assert!(sandbox.settle("cinetpay-checkout", &id, Decision::Approve));
        let attempt = until(url, || sandbox.deliveries().into_iter().find(|d| d.order_id == id));
        let reason = attempt.outcome.unwrap_err();
        assert!(reason.contains("allowed") || reason.contains("only http"), "{url}: {reason}");
    }
}

fn create(sandbox: &Sandbox, notify_url: &str, id: &str, amount: u64) {
    let url = format!("{}/v2/payment", sandbox.endpoints().cinetpay.checkout_url);
    let answer = post_json(&url, &payment(sandbox.endpoints(), id, amount, notify_url));
    assert_eq!(answer.status, 200, "{}", answer.body);
}

/// Approves a payment and gives the body of its first callback.
fn pay(sandbox: &Sandbox, notify_url: &str, id: &str, amount: u64) -> String {
    create(sandbox, notify_url, id, amount);
    assert!(sandbox.settle("cinetpay-checkout", id, Decision::Approve));
    let callback = until("the callback", || {
        let callbacks = admin_get(sandbox, &format!("/api/callbacks?order_id={id}"));
        let first = callbacks["items"].as_array()?.last()?.clone();
        (first["state"] == "taken").then_some(first)
    });
    callback["body"].as_str().unwrap().to_owned()
}

fn signature_is_valid(sandbox: &Sandbox, id: &str) -> bool {
    let callbacks = admin_get(sandbox, &format!("/api/callbacks?order_id={id}"));
    callbacks["items"][0]["signature"]["valid"].as_bool().unwrap()
}
