//! How orders end by themselves, and how long answers take.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use nzimbu_sandbox::{Decision, Ending, Latency};
use serde_json::{Value, json};

use crate::client::{post_json, request, until};
use crate::merchant::Merchant;
use crate::{admin_get, admin_post, checkout, create, end, fail, payment, quiet, start, status};

#[test]
fn what_ends_at_once_has_ended_when_the_answer_leaves() {
    let sandbox = start(quiet());
    end(&sandbox, &json!({"decision": "approve", "order_id": "GOOD-*"}));
    end(&sandbox, &json!({"decision": "refuse", "gateway": "cinetpay-checkout", "order_id": "BAD-*"}));
    end(&sandbox, &json!({"decision": "expire", "amount": "700"}));
    end(&sandbox, &json!({"decision": "too_little_money", "phone": "*99"}));
    for (id, amount) in [("GOOD-1", 100), ("BAD-1", 100), ("GOOD-2", 700), ("OPEN", 100)] {
        create(sandbox.endpoints(), id, amount);
    }
    let states = ["GOOD-1", "BAD-1", "GOOD-2", "OPEN"].map(|id| status(sandbox.endpoints(), id).unwrap());
    assert_eq!(states, ["ACCEPTED", "REFUSED", "REFUSED", "WAITING_FOR_CUSTOMER"]);
    checkout(sandbox.endpoints(), "GOOD-3", 500, "+2250707070799");
    checkout(sandbox.endpoints(), "BAD-2", 500, "+2250707070707");
    let state =
        |key: &str| admin_get(&sandbox, &format!("/api/orders/adullam/{key}"))["order"]["status"].clone();
    assert_eq!([state("GOOD-3"), state("BAD-2")], ["failed", "created"], "the newest rule counts");
    let keys = admin_get(&sandbox, "/api/ledger/keys");
    assert_eq!(keys["items"], json!([{"key": "GOOD-1", "count": 1}]));
    let used: Vec<Value> = rules(&sandbox).iter().map(|rule| rule["used"].clone()).collect();
    assert_eq!(used, [1, 1, 1, 1]);
}

#[test]
fn an_ending_takes_its_time_and_can_be_spent() {
    let sandbox = start(quiet());
    admin_post(&sandbox, "/api/time", &json!({"mode": "frozen"}));
    end(&sandbox, &json!({"decision": "approve", "after_ms": 30_000, "times": 1}));
    create(sandbox.endpoints(), "FIRST", 100);
    create(sandbox.endpoints(), "SECOND", 100);
    admin_post(&sandbox, "/api/time", &json!({"advance_seconds": 29}));
    assert!(sandbox.ledger().is_empty());
    admin_post(&sandbox, "/api/time", &json!({"advance_seconds": 1}));
    let moved: Vec<String> = sandbox.ledger().into_iter().map(|moved| moved.order_id).collect();
    assert_eq!(moved, ["FIRST"], "the rule was spent");
}

#[test]
fn rules_stand_before_the_settings_and_are_taken_away_again() {
    let mut settings = quiet();
    settings.auto = Some(Duration::ZERO);
    let mut ending = Ending::new(Some(Decision::WrongPin));
    ending.order_id = Some("PIN-*".to_owned());
    settings.endings.push(ending);
    let sandbox = start(settings);
    for id in ["PIN-1", "AUTO-1"] {
        create(sandbox.endpoints(), id, 100);
    }
    let hold = end(&sandbox, &json!({"decision": "hold"}));
    create(sandbox.endpoints(), "PIN-2", 100);
    let delete = |path: &str| {
        let url = format!("{}{path}", sandbox.endpoints().admin_url);
        request("DELETE", &url, &[], "").json()
    };
    assert_eq!(delete(&format!("/api/endings/{hold}"))["removed"], hold.to_string());
    create(sandbox.endpoints(), "PIN-3", 100);
    let states = ["PIN-1", "AUTO-1", "PIN-2", "PIN-3"].map(|id| status(sandbox.endpoints(), id).unwrap());
    assert_eq!(states, ["REFUSED", "ACCEPTED", "WAITING_FOR_CUSTOMER", "REFUSED"]);
    assert_eq!(delete("/api/endings"), json!({"removed": 1}));
    create(sandbox.endpoints(), "PIN-4", 100);
    assert_eq!(status(sandbox.endpoints(), "PIN-4").unwrap(), "ACCEPTED");
    for wrong in [
        json!({}),
        json!({"decision": "perhaps"}),
        json!({"decision": "hold", "after_ms": 5}),
        json!({"decision": "approve", "percent": 0}),
        json!({"decision": "approve", "colour": "red"}),
    ] {
        assert_eq!(admin_post(&sandbox, "/api/endings", &wrong).status, 400, "{wrong}");
    }
}

#[test]
fn all_faults_are_switched_off_at_once() {
    let sandbox = start(quiet());
    let merchant = Merchant::start();
    end(&sandbox, &json!({"decision": "approve"}));
    fail(&sandbox, &json!({"kind": "drop_callback", "percent": 100}));
    fail(&sandbox, &json!({"kind": "error_500", "operation": "create"}));
    let pay = |id: &str| {
        let body = payment(sandbox.endpoints(), id, 100, &merchant.url);
        post_json(&format!("{}/v2/payment", sandbox.endpoints().cinetpay.checkout_url), &body).status
    };
    assert_eq!(pay("LOST"), 500);
    assert_eq!(admin_get(&sandbox, "/api/ledger/keys/LOST")["count"], 1, "the money moved all the same");
    let url = format!("{}/api/faults", sandbox.endpoints().admin_url);
    assert_eq!(request("DELETE", &url, &[], "").json(), json!({"removed": 2}));
    assert_eq!(pay("HEARD"), 200);
    let posts = merchant.wait_for_posts(1);
    assert!(posts.iter().all(|post| post.body.contains("HEARD") && !post.body.contains("LOST")));
}

#[test]
fn money_moves_behind_an_answer_that_never_comes() {
    let sandbox = start(quiet());
    end(&sandbox, &json!({"decision": "approve"}));
    fail(&sandbox, &json!({"kind": "cut_after", "operation": "create", "times": 1}));
    let host = sandbox.endpoints().cinetpay.checkout_url.strip_prefix("http://").unwrap().to_owned();
    let body = payment(sandbox.endpoints(), "CUT", 100, "http://localhost:1/");
    let mut stream = TcpStream::connect(&host).unwrap();
    write!(
        stream,
        "POST /v2/payment HTTP/1.1\r\nhost: {host}\r\nuser-agent: t\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = Vec::new();
    // A reset is as good as an end.
    drop(stream.read_to_end(&mut answer));
    assert!(answer.is_empty());
    assert_eq!(admin_get(&sandbox, "/api/ledger/keys/CUT")["count"], 1);
    // The same order again, as a program does that does not know what became of it.
    assert_eq!(create(sandbox.endpoints(), "OTHER", 100).status, 200);
    let body = payment(sandbox.endpoints(), "CUT", 100, "http://localhost:1/");
    let url = format!("{}/v2/payment", sandbox.endpoints().cinetpay.checkout_url);
    assert_eq!(post_json(&url, &body).json()["code"], "201");
    assert_eq!(admin_get(&sandbox, "/api/ledger/keys/CUT")["count"], 1, "still once");
}

#[test]
fn gateways_and_operations_are_as_slow_as_they_are_told() {
    let mut settings = quiet();
    let mut slow = Latency::new(Duration::from_millis(120));
    slow.gateway = Some("cinetpay-checkout".to_owned());
    slow.operation = Some("create".to_owned());
    settings.latencies.push(slow);
    let sandbox = start(settings);
    let took = |act: &dyn Fn()| {
        let start = Instant::now();
        act();
        start.elapsed()
    };
    let create_one = || drop(create(sandbox.endpoints(), "SLOW", 100));
    assert!(took(&create_one) >= Duration::from_millis(120));
    let set = |body: Value| admin_post(&sandbox, "/api/latency", &body);
    assert_eq!(set(json!({"gateway": "adullam", "milliseconds": 90})).status, 200);
    let checkout_one = || drop(checkout(sandbox.endpoints(), "SLOW", 500, "+2250707070707"));
    assert!(took(&checkout_one) >= Duration::from_millis(90));
    set(json!({"gateway": "adullam", "milliseconds": 0}));
    set(json!({"gateway": "cinetpay-checkout", "operation": "create", "milliseconds": 0}));
    // No clock can prove that there is no pause; many answers without one are quicker than one pause.
    let quick = || (0..3).for_each(|_| drop(create(sandbox.endpoints(), "SLOW", 100)));
    until("answers without a pause", || (took(&quick) < Duration::from_millis(120)).then_some(()));
    let listed = admin_get(&sandbox, "/api/latency");
    assert_eq!(
        listed["items"][0],
        json!({"gateway": "cinetpay-checkout", "operation": "create", "milliseconds": 0})
    );
    for wrong in
        [json!({}), json!({"milliseconds": 600_001}), json!({"milliseconds": 1, "gateway": "paypal"})]
    {
        assert_eq!(set(wrong.clone()).status, 400, "{wrong}");
    }
}

fn rules(sandbox: &nzimbu_sandbox::Sandbox) -> Vec<Value> {
    admin_get(sandbox, "/api/endings")["items"].as_array().unwrap().clone()
}
