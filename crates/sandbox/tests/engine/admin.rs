//! The admin API: what it tells, what it does, whom it keeps out, and that its description is true.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use nzimbu_sandbox::{Decision, MAGIC};
use serde_json::{Value, json};

use crate::client::{get, request};
use crate::{admin_get, admin_post, checkout, create, end, fail, quiet, start, status};

#[test]
fn every_described_route_answers_as_described() {
    let sandbox = start(quiet());
    let admin = &sandbox.endpoints().admin_url;
    create(sandbox.endpoints(), "ORDER", 100);
    assert!(sandbox.settle("cinetpay-checkout", "ORDER", Decision::Approve));
    let description = admin_get(&sandbox, "/openapi.json");
    assert_eq!(description["openapi"], "3.1.0");
    let mut count = 0;
    for (path, methods) in description["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            count += 1;
            if path == "/api/events" {
                continue; // It never ends; a test of its own reads it.
            }
            let callbacks = admin_get(&sandbox, "/api/callbacks");
            let callback = callbacks["items"][0]["id"].to_string();
            let nobody = json!({"kind": "stall", "order_id": "nobody"});
            let hold = json!({"decision": "hold", "order_id": "nobody"});
            let id = match path.as_str() {
                "/api/faults/{id}" => fail(&sandbox, &nobody).to_string(),
                "/api/endings/{id}" => end(&sandbox, &hold).to_string(),
                _ => callback,
            };
            let filled = path
                .replace("{gateway}", "cinetpay-checkout")
                .replace("{order_id}", "ORDER")
                .replace("{key}", "ORDER")
                .replace("{id}", &id);
            let body = match path.as_str() {
                "/api/faults" => nobody,
                "/api/endings" => hold,
                "/api/latency" => json!({"milliseconds": 0}),
                "/api/settle" => {
                    create(sandbox.endpoints(), "SETTLE", 100);
                    json!({"gateway": "cinetpay-checkout", "order_id": "SETTLE", "decision": "refuse"})
                }
                _ => json!({}),
            };
            let body = if method == "post" { body.to_string() } else { String::new() };
            let headers = [("content-type", "application/json")];
            let answer = request(&method.to_uppercase(), &format!("{admin}{filled}"), &headers, &body);
            let described = &operation["responses"][answer.status.to_string()];
            assert!(answer.status < 300, "{method} {path}: {} {}", answer.status, answer.body);
            assert!(described.is_object(), "{method} {path}: {} is not described", answer.status);
            let schema = &described["content"]["application/json"]["schema"];
            if schema.is_object() {
                assert_fits(&description, schema, &answer.json(), &format!("{method} {path}"));
            }
        }
    }
    assert!(count >= 30, "{count}");
}

#[test]
fn the_ledger_tells_one_movement_per_key() {
    let sandbox = start(quiet());
    for _ in 0..3 {
        checkout(sandbox.endpoints(), "KEY-1", 500, "+2250707070707");
    }
    checkout(sandbox.endpoints(), "KEY-2", 500, "+2250707070707");
    let settle = json!({"gateway": "adullam", "order_id": "KEY-1", "decision": "approve"});
    assert_eq!(admin_post(&sandbox, "/api/settle", &settle).json()["state"], "approved");
    assert_eq!(admin_post(&sandbox, "/api/settle", &settle).status, 409, "once is enough");
    for (change, status) in [
        (json!({"decision": "approve", "state": "failed"}), 400),
        (json!({"state": "nonsense"}), 409),
        (json!({}), 400),
        (json!({"decision": "perhaps", "state": "failed"}), 400),
    ] {
        let mut request = json!({"gateway": "adullam", "order_id": "KEY-1"});
        request.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        assert_eq!(admin_post(&sandbox, "/api/settle", &request).status, status, "{change}");
    }
    let word = json!({"gateway": "adullam", "order_id": "KEY-2", "state": "processing"});
    assert_eq!(admin_post(&sandbox, "/api/settle", &word).json()["status"], "processing");
    let ledger = admin_get(&sandbox, "/api/ledger?key=KEY-1");
    let [movement] = &ledger["items"].as_array().unwrap()[..] else { panic!("{ledger}") };
    assert_eq!((&movement["amount"], &movement["currency"]), (&json!("500"), &json!("XOF")));
    assert_eq!(admin_get(&sandbox, "/api/ledger?key=KEY-2")["items"], json!([]));
    assert_eq!(admin_get(&sandbox, "/api/ledger?key=KEY-1&gateway=bitlipa")["items"], json!([]));
    let moved = |key: &str| admin_get(&sandbox, &format!("/api/ledger/keys/{key}"));
    assert_eq!(moved("KEY-1")["count"], 1, "three requests, one movement");
    assert_eq!(moved("KEY-1")["items"][0], *movement);
    assert_eq!(moved("KEY-1?gateway=bitlipa")["count"], 0);
    assert_eq!(moved("KEY-2"), json!({"key": "KEY-2", "count": 0, "items": []}));
    assert_eq!(moved("a%2Fb%20c")["key"], "a/b c");
}

#[test]
fn the_ledger_counts_by_key() {
    let sandbox = start(quiet());
    for id in ["T-3", "T-1", "OTHER", "T-2"] {
        create(sandbox.endpoints(), id, 100);
        assert!(sandbox.settle("cinetpay-checkout", id, Decision::Approve));
    }
    // The same id at another gateway is another order.
    checkout(sandbox.endpoints(), "T-2", 500, "+2250707070707");
    assert!(sandbox.settle("adullam", "T-2", Decision::Approve));
    let page = admin_get(&sandbox, "/api/ledger/keys?prefix=T-&limit=2");
    assert_eq!(page["items"], json!([{"key": "T-1", "count": 1}, {"key": "T-2", "count": 2}]));
    assert_eq!(page["next_after"], "T-2");
    let page = admin_get(&sandbox, "/api/ledger/keys?prefix=T-&limit=2&after=T-2");
    assert_eq!(page, json!({"items": [{"key": "T-3", "count": 1}], "next_after": null}));
    assert_eq!(admin_get(&sandbox, "/api/ledger/keys")["items"].as_array().unwrap().len(), 4);
}

#[test]
fn lists_are_narrowed_and_a_wrong_name_is_no_empty_list() {
    let sandbox = start(quiet());
    for (number, decision) in [Decision::Approve, Decision::Refuse, Decision::Approve].into_iter().enumerate()
    {
        let id = format!("L-{number}");
        create(sandbox.endpoints(), &id, 100);
        sandbox.settle("cinetpay-checkout", &id, decision);
    }
    create(sandbox.endpoints(), "L-OPEN", 100);
    let ids = |query: &str| {
        let page = admin_get(&sandbox, &format!("/api/payments?{query}"));
        let items = page["items"].as_array().unwrap().iter();
        items.map(|item| item["order_id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(ids("state=approved"), ["L-2", "L-0"]);
    assert_eq!(ids("state=approved&limit=1"), ["L-2"]);
    assert_eq!(ids("state=refused&gateway=cinetpay-checkout&merchant=main"), ["L-1"]);
    assert_eq!(ids("state=open"), ["L-OPEN"]);
    assert!(ids("gateway=bitlipa").is_empty());
    let admin = &sandbox.endpoints().admin_url;
    for wrong in
        ["payments?state=paid", "payouts?gateway=paypal", "ledger?merchant=nobody", "callbacks?gateway=x"]
    {
        let answer = get(&format!("{admin}/api/{wrong}"));
        assert_eq!(answer.status, 400, "{wrong}: {}", answer.body);
    }
}

#[test]
fn lists_come_in_pages_over_all_gateways() {
    let sandbox = start(quiet());
    for number in 0..7 {
        create(sandbox.endpoints(), &format!("P-{number}"), 100);
        checkout(sandbox.endpoints(), &format!("A-{number}"), 500, "+2250707070707");
    }
    let (mut seen, mut before) = (Vec::new(), String::new());
    loop {
        let page = admin_get(&sandbox, &format!("/api/payments?limit=4{before}"));
        let items = page["items"].as_array().unwrap();
        seen.extend(items.iter().map(|item| item["order_id"].as_str().unwrap().to_owned()));
        match page["next_before"].as_u64() {
            Some(next) => before = format!("&before={next}"),
            None => break,
        }
    }
    let expected: Vec<String> =
        (0..7).rev().flat_map(|number| [format!("A-{number}"), format!("P-{number}")]).collect();
    assert_eq!(seen, expected);
    let filtered = admin_get(&sandbox, "/api/payments?gateway=adullam&state=open&limit=1000");
    assert_eq!(filtered["items"].as_array().unwrap().len(), 7);
    assert_eq!(admin_get(&sandbox, "/api/payouts")["items"], json!([]));
    let admin = &sandbox.endpoints().admin_url;
    for bad in ["limit=0", "limit=1001", "limit=x", "before=-1"] {
        assert_eq!(get(&format!("{admin}/api/payments?{bad}")).status, 400, "{bad}");
    }
}

#[test]
fn an_order_shows_its_exchanges_with_the_signed_text() {
    let sandbox = start(quiet());
    create(sandbox.endpoints(), "SHOWN", 100);
    status(sandbox.endpoints(), "SHOWN");
    sandbox.settle("cinetpay-checkout", "SHOWN", Decision::Approve);
    let shown = admin_get(&sandbox, "/api/orders/cinetpay-checkout/SHOWN");
    let operations: Vec<&Value> =
        shown["exchanges"].as_array().unwrap().iter().map(|exchange| &exchange["operation"]).collect();
    assert_eq!(operations, ["check", "create"]);
    assert!(shown["exchanges"][1]["request_body"].as_str().unwrap().contains("SHOWN"));
    assert!(shown["exchanges"][1]["answer_body"].as_str().unwrap().contains("CREATED"));
    let signature = &shown["callbacks"][0]["signature"];
    assert_eq!(signature["valid"], true);
    assert!(signature["signed_text"].as_str().unwrap().starts_with(&sandbox.endpoints().cinetpay.site_id));
    assert_eq!(shown["ledger"].as_array().unwrap().len(), 1);
    assert_eq!(get(&format!("{}/api/orders/bitlipa/SHOWN", sandbox.endpoints().admin_url)).status, 404);
}

#[test]
fn time_stops_and_jumps_and_does_what_is_due() {
    let mut settings = quiet();
    settings.auto = Some(Duration::from_secs(60));
    let sandbox = start(settings);
    let frozen = admin_post(&sandbox, "/api/time", &json!({"mode": "frozen"})).json();
    create(sandbox.endpoints(), "T", 100);
    std::thread::sleep(Duration::from_millis(20));
    assert_eq!(admin_get(&sandbox, "/api/time"), frozen, "it stands still");
    admin_post(&sandbox, "/api/time", &json!({"advance_seconds": 59}));
    assert!(sandbox.ledger().is_empty());
    admin_post(&sandbox, "/api/time", &json!({"advance_seconds": 2}));
    assert_eq!(sandbox.ledger().len(), 1, "done before the answer");
    let set = admin_post(&sandbox, "/api/time", &json!({"set_unix_seconds": 1_900_000_000, "mode": "moved"}));
    assert!((1_900_000_000..1_900_000_010).contains(&set.json()["unix_seconds"].as_u64().unwrap()));
    assert_eq!(admin_post(&sandbox, "/api/time", &json!({"mode": "real"})).json()["mode"], "real");
    assert_eq!(admin_post(&sandbox, "/api/time", &json!({"mode": "odd", "x": 1})).status, 400);
}

#[test]
fn a_reset_forgets_everything_but_the_credentials() {
    let sandbox = start(quiet());
    create(sandbox.endpoints(), "R", 100);
    sandbox.settle("cinetpay-checkout", "R", Decision::Approve);
    fail(&sandbox, &json!({"kind": "error_500"}));
    end(&sandbox, &json!({"decision": "refuse"}));
    admin_post(&sandbox, "/api/latency", &json!({"milliseconds": 1}));
    assert_eq!(admin_post(&sandbox, "/api/reset", &json!({})).status, 200);
    assert_eq!(status(sandbox.endpoints(), "R"), None);
    assert!(sandbox.ledger().is_empty());
    for list in ["faults", "endings", "latency"] {
        assert_eq!(admin_get(&sandbox, &format!("/api/{list}"))["items"], json!([]), "{list}");
    }
    assert_eq!(create(sandbox.endpoints(), "R", 200).status, 200);
}

#[test]
fn events_follow_what_happens() {
    let sandbox = start(quiet());
    let host = sandbox.endpoints().admin_url.strip_prefix("http://").unwrap().to_owned();
    let mut stream = TcpStream::connect(&host).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    write!(stream, "GET /api/events HTTP/1.1\r\nhost: {host}\r\n\r\n").unwrap();
    let mut lines = BufReader::new(stream).lines().map(Result::unwrap);
    assert!(lines.any(|line| line == "content-type: text/event-stream"));
    assert!(lines.any(|line| line == ": watching"));
    create(sandbox.endpoints(), "EVENT", 100);
    sandbox.settle("cinetpay-checkout", "EVENT", Decision::Approve);
    let kinds: Vec<String> = lines
        .filter_map(|line| serde_json::from_str::<Value>(line.strip_prefix("data: ")?).ok())
        .take(3)
        .map(|event| event["type"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(kinds, ["exchange", "movement", "callback"]);
}

#[test]
fn other_sites_are_kept_out() {
    let sandbox = start(quiet());
    let admin = &sandbox.endpoints().admin_url;
    let host = admin.strip_prefix("http://").unwrap();
    let port = host.rsplit(':').next().unwrap();
    let raw = |head: &str, body: &str| {
        let mut stream = TcpStream::connect(host).unwrap();
        write!(stream, "{head}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len())
            .unwrap();
        let mut answer = String::new();
        std::io::Read::read_to_string(&mut stream, &mut answer).unwrap();
        answer[9..12].parse::<u16>().unwrap()
    };
    let get_from = |name: &str| raw(&format!("GET /api/state HTTP/1.1\r\nhost: {name}"), "");
    assert_eq!(get_from(host), 200);
    assert_eq!(get_from(&format!("localhost:{port}")), 200);
    assert_eq!(get_from(&format!("evil.example:{port}")), 403, "DNS rebinding");
    assert_eq!(get_from(&format!("127.0.0.1.evil.example:{port}")), 403);
    assert_eq!(get_from(""), 403);
    let post = |more: &str| raw(&format!("POST /api/reset HTTP/1.1\r\nhost: {host}\r\n{more}"), "{}");
    assert_eq!(post("content-type: application/json"), 200);
    assert_eq!(post("content-type: text/plain"), 415, "what a plain form can send");
    assert_eq!(post("content-type: application/x-www-form-urlencoded"), 415);
    assert_eq!(post("content-type: application/json\r\norigin: http://evil.example"), 403);
    assert_eq!(post("content-type: application/json\r\norigin: null"), 403);
    assert_eq!(post(&format!("content-type: application/json\r\norigin: {admin}")), 200);
    let delete = |more: &str| raw(&format!("DELETE /api/faults/1 HTTP/1.1\r\nhost: {host}\r\n{more}"), "");
    assert_eq!(delete("origin: http://evil.example"), 403);
}

#[test]
fn wrong_requests_name_every_problem() {
    let sandbox = start(quiet());
    let answer = admin_post(
        &sandbox,
        "/api/faults",
        &json!({"kind": "explode", "percent": "x", "gateway": 3, "colour": "red"}),
    );
    assert_eq!(answer.status, 400);
    for part in ["kind must be one of", "percent must be", "gateway must be a string", "colour is unknown"] {
        assert!(answer.body.contains(part), "{part}: {}", answer.body);
    }
    let answer = admin_post(&sandbox, "/api/settle", &json!({"decision": "perhaps"}));
    assert_eq!(answer.status, 400);
    assert!(answer.body.contains("gateway is missing") && answer.body.contains("decision must be one of"));
    let long = json!({"kind": "x".repeat(100_000)});
    assert_eq!(admin_post(&sandbox, "/api/faults", &long).status, 413);
    let admin = &sandbox.endpoints().admin_url;
    assert_eq!(get(&format!("{admin}/api/nothing")).status, 404);
    assert_eq!(get(&format!("{admin}/api/reset")).status, 405);
}

#[test]
fn the_index_lists_the_magic_values() {
    let sandbox = start(quiet());
    let index = get(&sandbox.endpoints().admin_url).body;
    for value in MAGIC {
        assert!(index.contains(&value.amount.to_string()) && index.contains(value.phone_ending), "{index}");
    }
    assert_eq!(admin_get(&sandbox, "/api/magic")["items"].as_array().unwrap().len(), MAGIC.len());
}

/// As much of JSON Schema as the description uses.
#[track_caller]
fn assert_fits(description: &Value, schema: &Value, value: &Value, at: &str) {
    if let Some(name) = schema["$ref"].as_str() {
        let schema = &description["components"]["schemas"][name.rsplit('/').next().unwrap()];
        return assert_fits(description, schema, value, at);
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        // Always something or null.
        return match value {
            Value::Null => {}
            _ => assert_fits(description, &choices[0], value, at),
        };
    }
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let allowed = match &schema["type"] {
        Value::String(only) => only == kind,
        Value::Array(several) => several.iter().any(|one| one == kind),
        _ => panic!("{at}: no type in {schema}"),
    };
    assert!(allowed, "{at}: {value} is not {}", schema["type"]);
    if let Some(choices) = schema["enum"].as_array() {
        assert!(choices.contains(value), "{at}: {value} is none of {choices:?}");
    }
    if let Some(members) = value.as_object() {
        for name in schema["required"].as_array().into_iter().flatten() {
            assert!(members.contains_key(name.as_str().unwrap()), "{at}: {name} is missing in {value}");
        }
        if let Some(properties) = schema["properties"].as_object() {
            for (name, member) in members {
                let schema = properties.get(name).unwrap_or_else(|| panic!("{at}: {name} is not described"));
                assert_fits(description, schema, member, &format!("{at} {name}"));
            }
        }
    }
    for item in value.as_array().into_iter().flatten() {
        assert_fits(description, &schema["items"], item, at);
    }
}
