//! Requests that go wrong on demand, seen from a plain socket.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use nzimbu_sandbox::{Fault, FaultKind, Sandbox};
use serde_json::json;

use crate::client::{get, post_form, until};
use crate::{admin_get, checkout, create, fail, fresh_id, payment, quiet, start, status};

#[test]
fn a_cut_before_the_work_does_nothing_and_one_after_it_does() {
    let sandbox = start(quiet());
    for (kind, found) in [("cut_before", None), ("cut_after", Some("WAITING_FOR_CUSTOMER"))] {
        let id = fresh_id(kind);
        fail(&sandbox, &json!({"kind": kind, "order_id": id}));
        let mut stream = ask(&sandbox, &id, 100);
        let mut answer = Vec::new();
        // An end or a reset, but never a byte.
        let _ = stream.read_to_end(&mut answer);
        assert!(answer.is_empty(), "{kind}: {}", String::from_utf8_lossy(&answer));
        delete_faults(&sandbox);
        assert_eq!(status(sandbox.endpoints(), &id).as_deref(), found, "{kind}");
    }
}

#[test]
fn work_is_done_behind_a_500_and_html_and_a_long_answer() {
    let sandbox = start(quiet());
    for (kind, expected) in [("error_500", 500), ("html_200", 200), ("oversize", 200)] {
        let id = fresh_id(kind);
        fail(&sandbox, &json!({"kind": kind, "operation": "create"}));
        let answer = create(sandbox.endpoints(), &id, 100);
        assert_eq!(answer.status, expected, "{kind}");
        assert_eq!(answer.header("content-type").starts_with("text/html"), kind == "html_200");
        if kind == "oversize" {
            assert_eq!(answer.body.len(), 2 * 1_048_576);
            assert_eq!(answer.json()["code"], "201", "blanks change nothing about JSON");
        }
        delete_faults(&sandbox);
        assert_eq!(status(sandbox.endpoints(), &id).as_deref(), Some("WAITING_FOR_CUSTOMER"), "{kind}");
    }
}

#[test]
fn no_work_is_done_behind_a_firewall_a_redirect_and_a_limit() {
    let sandbox = start(quiet());
    for (kind, expected) in
        [("html_403", 403), ("redirect_307", 307), ("redirect_303", 303), ("rate_limit", 429)]
    {
        let id = fresh_id(kind);
        fail(&sandbox, &json!({"kind": kind}));
        let answer = create(sandbox.endpoints(), &id, 100);
        assert_eq!(answer.status, expected, "{kind}");
        match kind {
            "html_403" => assert!(answer.body.contains("<html>")),
            "rate_limit" => {
                assert_eq!(answer.json()["code"], "429");
                assert_eq!(answer.header("retry-after"), "1");
            }
            _ => assert_eq!(answer.header("location"), "/v2/payment"),
        }
        delete_faults(&sandbox);
        assert_eq!(status(sandbox.endpoints(), &id), None, "{kind}");
    }
}

#[test]
fn a_refused_connection_is_refused_and_the_port_comes_back() {
    let sandbox = start(quiet());
    let url = sandbox.endpoints().adullam.base_url.clone();
    let address = url.strip_prefix("http://").unwrap().to_owned();
    let id = fail(&sandbox, &json!({"kind": "refuse", "gateway": "adullam"}));
    until("a closed port", || match TcpStream::connect(&address) {
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => Some(()),
        _ => None,
    });
    assert_eq!(create(sandbox.endpoints(), &fresh_id("other"), 100).status, 200, "the others go on");
    let removed = crate::client::request(
        "DELETE",
        &format!("{}/api/faults/{id}", sandbox.endpoints().admin_url),
        &[],
        "",
    );
    assert_eq!(removed.status, 200);
    until("an open port", || TcpStream::connect(&address).ok());
    assert_eq!(get(&url).status, 404);
}

#[test]
fn a_reset_comes_before_a_byte_is_read() {
    let sandbox = start(quiet());
    fail(&sandbox, &json!({"kind": "reset", "gateway": "cinetpay-checkout", "times": 1}));
    let id = fresh_id("reset");
    let body = payment(sandbox.endpoints(), &id, 100, "http://localhost:1/");
    let host = sandbox.endpoints().cinetpay.checkout_url.strip_prefix("http://").unwrap().to_owned();
    let mut answer = Vec::new();
    // Whichever comes after the reset reports it, and only that one does; it may be the connecting itself.
    let end = TcpStream::connect(&host).and_then(|mut stream| {
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        stream.write_all(body.as_bytes())?;
        stream.read_to_end(&mut answer)
    });
    assert!(answer.is_empty());
    let kind = end.expect_err("a reset is an error").kind();
    assert!(matches!(kind, ErrorKind::ConnectionReset | ErrorKind::BrokenPipe), "{kind}");
    assert_eq!(status(sandbox.endpoints(), &id), None);
    assert_eq!(create(sandbox.endpoints(), &id, 100).status, 200, "it was for once");
}

#[test]
fn a_stalled_answer_comes_late_and_a_dripping_one_byte_by_byte() {
    let mut settings = quiet();
    settings.drip_pause = Duration::from_millis(2);
    let sandbox = start(settings);
    fail(&sandbox, &json!({"kind": "stall", "order_id": "STALL", "seconds": 1}));
    let begin = Instant::now();
    assert_eq!(create(sandbox.endpoints(), "STALL", 100).status, 200);
    assert!(begin.elapsed() >= Duration::from_secs(1));

    fail(&sandbox, &json!({"kind": "drip", "order_id": "DRIP"}));
    let mut stream = ask(&sandbox, "DRIP", 100);
    let begin = Instant::now();
    let (mut pieces, mut answer) = (0, Vec::new());
    let mut buffer = [0; 4_096];
    while let Ok(count @ 1..) = stream.read(&mut buffer) {
        pieces += 1;
        answer.extend_from_slice(&buffer[..count]);
    }
    let answer = String::from_utf8(answer).unwrap();
    let body = answer.split_once("\r\n\r\n").unwrap().1;
    assert!(body.contains("CREATED"), "{answer}");
    assert!(pieces > 50, "{pieces} pieces");
    assert!(begin.elapsed() >= Duration::from_millis(2) * u32::try_from(body.len()).unwrap() / 2);
}

#[test]
fn magic_amounts_and_numbers_need_no_admin() {
    let sandbox = start(quiet());
    let endpoints = sandbox.endpoints();
    assert_eq!(create(endpoints, "M-500", 771_020).status, 500);
    assert_eq!(status(endpoints, "M-500").as_deref(), Some("WAITING_FOR_CUSTOMER"));
    assert_eq!(create(endpoints, "M-403", 771_025).status, 403);
    assert_eq!(status(endpoints, "M-403"), None);
    for (id, amount, expected) in
        [("M-YES", 771_100, "ACCEPTED"), ("M-NO", 771_105, "REFUSED"), ("M-PIN", 771_110, "REFUSED")]
    {
        assert_eq!(create(endpoints, id, amount).status, 200);
        assert_eq!(status(endpoints, id).as_deref(), Some(expected), "{id}");
    }
    assert_eq!(checkout(endpoints, "M-PHONE", 500, "+2250500977104").status, 500);
    assert_eq!(checkout(endpoints, "M-PHONE", 500, "+2250500977121").status, 422, "the order was made");
    let refused = checkout(endpoints, "M-PHONE-2", 500, "+2250500977121");
    assert_eq!(refused.status, 201);
    let replay = checkout(endpoints, "M-PHONE-2", 500, "+2250500977121").json();
    assert_eq!(replay["status"], "failed", "{replay}");
    assert_eq!(sandbox.ledger().len(), 1);
}

#[test]
fn an_operator_can_be_down_in_every_gateway() {
    let sandbox = start(quiet());
    fail(&sandbox, &json!({"kind": "operator_down"}));
    let endpoints = sandbox.endpoints();
    assert_eq!(create(endpoints, "DOWN", 100).json()["code"], "804");
    assert_eq!(checkout(endpoints, "DOWN", 500, "+2250707070707").status, 503);
    delete_faults(&sandbox);
    assert_eq!(status(endpoints, "DOWN"), None);
}

#[test]
fn tokens_end_early_and_clocks_go_wrong() {
    let sandbox = start(quiet());
    let cinetpay = &sandbox.endpoints().cinetpay;
    let form = [("apikey", cinetpay.apikey.as_str()), ("password", cinetpay.password.as_str())];
    let login = post_form(&format!("{}/v1/auth/login", cinetpay.transfer_url), &form).json();
    let token = login["data"]["token"].as_str().unwrap();
    let balance = format!("{}/v1/transfer/check/balance?token={token}", cinetpay.transfer_url);
    assert_eq!(get(&balance).json()["code"], 0);
    fail(&sandbox, &json!({"kind": "expire_tokens", "times": 1}));
    assert_eq!(get(&balance).json()["code"], 705);

    fail(&sandbox, &json!({"kind": "clock_skew", "gateway": "adullam", "seconds": -7_200}));
    let made = checkout(sandbox.endpoints(), "SKEW", 500, "+2250707070707").json();
    let now = admin_get(&sandbox, "/api/time")["now"].as_str().unwrap().to_owned();
    let hour = |text: &str| text[11..13].parse::<u8>().unwrap();
    let behind = (24 + hour(&now) - hour(made["created_at"].as_str().unwrap())) % 24;
    assert!((2..=3).contains(&behind), "{made} at {now}");
}

#[test]
fn faults_of_the_settings_are_in_force_from_the_start() {
    let mut settings = quiet();
    let mut fault = Fault::new(FaultKind::Error500);
    fault.gateway = Some("adullam".to_owned());
    settings.faults = vec![fault];
    let sandbox = start(settings);
    assert_eq!(checkout(sandbox.endpoints(), "K", 500, "+2250707070707").status, 500);
    let mut settings = quiet();
    let mut fault = Fault::new(FaultKind::Error500);
    fault.percent = 101;
    settings.faults = vec![fault];
    let error = Sandbox::start_blocking(settings).unwrap_err().to_string();
    assert!(error.contains("percent must be 1 to 100"), "{error}");
}

/// Sends a request and leaves the answer to the caller.
fn ask(sandbox: &Sandbox, id: &str, amount: u64) -> TcpStream {
    let body = payment(sandbox.endpoints(), id, amount, "http://localhost:1/");
    let host = sandbox.endpoints().cinetpay.checkout_url.strip_prefix("http://").unwrap().to_owned();
    let mut stream = TcpStream::connect(&host).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    write!(
        stream,
        "POST /v2/payment HTTP/1.1\r\nhost: {host}\r\nuser-agent: test/1\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    stream
}

fn delete_faults(sandbox: &Sandbox) {
    for fault in admin_get(sandbox, "/api/faults")["items"].as_array().unwrap() {
        let url = format!("{}/api/faults/{}", sandbox.endpoints().admin_url, fault["id"]);
        assert_eq!(crate::client::request("DELETE", &url, &[], "").status, 200);
    }
}
