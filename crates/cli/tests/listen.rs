//! `nzimbu listen` from the gateway's callback to the application's acknowledgement.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a failing test may panic")]

mod common;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use common::end;
use common::process::{HOOK, OLD_HOOK, Running, SEGMENT, ask, free_port, until};
use common::world::World;
use hmac::{Hmac, KeyInit as _, Mac as _};
use nzimbu_sandbox::Decision;
use serde_json::{Value, json};

/// A world whose gateways call `listen`, which passes on to this port.
fn world(port: u16, forward: u16, more: &str) -> World {
    let listen = format!(
        "[profile.sandbox.listen]\naddress = \"127.0.0.1:{port}\"\n{more}\
         forward_to = \"http://127.0.0.1:{forward}/webhooks\"\n\
         forward_secret = [{{ env = \"T_HOOK\" }}, {{ env = \"T_OLD_HOOK\" }}]\n"
    );
    let world = World::new().with_journal(&listen);
    let segment = if more.is_empty() { String::new() } else { format!("{SEGMENT}/") };
    let url = |gateway: &str| format!("http://127.0.0.1:{port}/{segment}{gateway}");
    let settings = world.settings();
    let settings = settings.replace("http://127.0.0.1:9/hush-path", &url("bitlipa"));
    world.rewrite(&settings.replace("http://127.0.0.1:9/", &url("cinetpay")));
    world
}

fn pay_out(world: &World, gateway: &str, id: &str) {
    let args = [
        "payout",
        "--gateway",
        gateway,
        "--json",
        "--ask",
        "phone,name,surname,email",
        "--order",
        id,
        "--amount",
        "1000",
        "--currency",
        "XOF",
        "--operator",
        "CI:Orange",
    ];
    let ended = end(world
        .nzimbu(&args)
        .env("T_SEGMENT", SEGMENT)
        .env("T_HOOK", HOOK)
        .env("T_OLD_HOOK", OLD_HOOK)
        .write_stdin("+2250700000000\nCanarykouassi\nAwa\nawa@example.com\n"));
    assert_eq!(ended.code, 0, "{}{}", ended.stdout, ended.stderr);
}

/// What the application was posted.
#[derive(Clone, Debug)]
struct Posted {
    id: String,
    timestamp: String,
    signature: String,
    text: String,
    body: Value,
}

/// An application that answers with these statuses in turn, the last of them for ever.
struct App {
    posted: Arc<Mutex<Vec<Posted>>>,
}

impl App {
    fn serve(port: u16, statuses: &'static [u16]) -> Self {
        let posted = Arc::new(Mutex::new(Vec::new()));
        let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
        let seen = Arc::clone(&posted);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let Some(one) = read(&stream) else { continue };
                let status = {
                    let mut seen = seen.lock().unwrap();
                    seen.push(one);
                    statuses[(seen.len() - 1).min(statuses.len() - 1)]
                };
                let _ = write!(
                    &stream,
                    "HTTP/1.1 {status} Said\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
                );
            }
        });
        Self { posted }
    }

    fn posted(&self) -> Vec<Posted> {
        self.posted.lock().unwrap().clone()
    }

    /// Waits for a change of this order to this state.
    fn wait_for(&self, order: &str, state: &str) -> Posted {
        let mut found = None;
        until(&format!("{order} {state} at the application"), || {
            let fits = |one: &Posted| one.body["order"] == order && one.body["state"] == state;
            found = self.posted().into_iter().find(fits);
            found.is_some()
        });
        found.unwrap()
    }
}

fn read(stream: &TcpStream) -> Option<Posted> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    assert!(line.starts_with("POST /webhooks HTTP/1.1"), "{line}");
    let (mut length, mut headers) = (0, std::collections::HashMap::new());
    loop {
        line.clear();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    assert_eq!(headers["content-type"], "application/json");
    let text = String::from_utf8(body).ok()?;
    Some(Posted {
        id: headers["webhook-id"].clone(),
        timestamp: headers["webhook-timestamp"].clone(),
        signature: headers["webhook-signature"].clone(),
        body: serde_json::from_str(&text).ok()?,
        text,
    })
}

/// As a receiver checks it that knows the scheme's document alone.
fn is_signed(posted: &Posted, secret: &str) -> bool {
    let key = BASE64_STANDARD.decode(secret.trim_start_matches("whsec_")).unwrap();
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(&key).unwrap();
    mac.update(format!("{}.{}.{}", posted.id, posted.timestamp, posted.text).as_bytes());
    let wanted = format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes()));
    posted.signature.split(' ').any(|signature| signature == wanted)
}

#[test]
fn a_callback_ends_as_a_signed_notice_at_the_application() {
    let (port, forward) = (free_port(), free_port());
    let world = world(port, forward, "");
    let app = App::serve(forward, &[200]);
    let mut listen = Running::start(&world, &["listen", "--json"]);
    let first = listen.wait_for_event("listening");
    assert_eq!(first["gateways"], json!(["bitlipa", "cinetpay"]));
    for (gateway, emulated, id) in
        [("bitlipa", "bitlipa", "OUT-1"), ("cinetpay", "cinetpay-transfer", "OUT-2")]
    {
        pay_out(&world, gateway, id);
        assert!(world.sandbox.settle(emulated, id, Decision::Approve));
        let noted =
            listen.wait_for("the callback", |told| told["seen"] == "noted" && told["order"]["order"] == id);
        assert_eq!((&noted["gateway"], &noted["order"]["operation"]), (&json!(gateway), &json!("payout")));
        let told = app.wait_for(id, "succeeded");
        assert!(is_signed(&told, HOOK) && is_signed(&told, OLD_HOOK), "{told:?}");
        let paid = if gateway == "bitlipa" { "amount_unconfirmed" } else { "yes" };
        let Value::Object(mut body) = told.body.clone() else { panic!("{told:?}") };
        assert!(body.remove("at").unwrap().is_number());
        assert_eq!(body.remove("id").unwrap(), *told.id);
        let flags = if gateway == "bitlipa" { json!(["amount_unconfirmed"]) } else { json!([]) };
        assert_eq!(
            Value::Object(body),
            json!({
                "gateway": gateway, "operation": "payout", "order": id, "reference": null, "state": "succeeded",
                "flags": flags, "amount": {"value": "1000", "currency": "XOF"}, "paid": paid,
            }),
        );
        listen.wait_for("that it was passed on", |told| {
            told["event"] == "forwarded" && told["state"] == "succeeded"
        });
    }
    // What comes again does nothing, and what is forged is refused.
    let forged = "POST /bitlipa HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
    assert!(!ask(port, forged).contains(" 200"));
    let refused = listen.wait_for("the forgery", |told| told["seen"] == "refused");
    assert_eq!(refused["gateway"], "bitlipa");
    assert!(ask(port, "GET /nobody HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").contains(" 404"));
    let (code, seen) = listen.stop("-TERM");
    assert_eq!(code, 0, "{seen}");
    for secret in ["Canarykouassi", "0700000000", HOOK, "/webhooks"] {
        assert!(!seen.contains(secret), "{secret}: {seen}");
    }
    let ids: Vec<_> = app.posted().into_iter().map(|one| one.id).collect();
    let different: std::collections::BTreeSet<_> = ids.iter().collect();
    assert_eq!(ids.len(), different.len(), "each is told once: {ids:?}");
}

#[test]
fn what_the_application_does_not_take_comes_again_also_after_a_restart() {
    let (port, forward) = (free_port(), free_port());
    let world = world(port, forward, "");
    let mut listen = Running::start(&world, &["listen", "--json"]);
    listen.wait_for_event("listening");
    pay_out(&world, "bitlipa", "OUT-1");
    assert!(world.sandbox.settle("bitlipa", "OUT-1", Decision::Approve));
    // Nobody is there.
    let missed = listen.wait_for_event("not_forwarded");
    assert_eq!(missed["status"], json!(null));
    until("the end in the journal", || {
        let shown = end(&mut world.nzimbu(&["journal", "show", "OUT-1", "--json"]));
        shown.json()["state"] == "succeeded"
    });
    listen.kill();

    // Now it is there, and not well at first.
    let app = App::serve(forward, &[500, 302, 200]);
    let mut listen = Running::start(&world, &["listen", "--json", "--no-worker"]);
    let refused = listen.wait_for("a refusal", |told| told["status"] == 500);
    assert_eq!(refused["event"], "not_forwarded");
    let told = app.wait_for("OUT-1", "succeeded");
    assert!(is_signed(&told, HOOK));
    let id = told.id.clone();
    listen.wait_for("its end", |told| told["event"] == "forwarded" && told["id"] == *id);
    let (code, seen) = listen.stop("-TERM");
    assert_eq!(code, 0, "{seen}");
    // Acknowledged, it is not told again.
    let before = app.posted().len();
    let mut listen = Running::start(&world, &["listen", "--json", "--no-worker"]);
    listen.wait_for_event("listening");
    pay_out(&world, "bitlipa", "OUT-2");
    app.wait_for("OUT-2", "accepted");
    assert!(app.posted()[before..].iter().all(|one| one.body["order"] == "OUT-2"));
    assert_eq!(listen.stop("-INT").0, 0);
}

#[test]
fn the_secret_part_of_the_path_is_needed_and_never_shown() {
    let (port, forward) = (free_port(), free_port());
    let world = world(port, forward, "segment = { env = \"T_SEGMENT\" }\n");
    let app = App::serve(forward, &[204]);
    let mut listen = Running::start(&world, &["listen"]);
    let first = listen.wait_for_line("listening on");
    assert!(first.contains("/…/bitlipa"), "{first}");
    let ping = |path: &str| format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    assert!(ask(port, &ping("/cinetpay")).contains(" 404"));
    assert!(ask(port, &ping("/wrong-segment-0000/cinetpay")).contains(" 404"));
    assert!(ask(port, &ping(&format!("/{SEGMENT}/cinetpay"))).contains(" 200"));
    pay_out(&world, "bitlipa", "OUT-1");
    assert!(world.sandbox.settle("bitlipa", "OUT-1", Decision::Refuse));
    app.wait_for("OUT-1", "failed");
    let (code, seen) = listen.stop("-TERM");
    assert_eq!(code, 0, "{seen}");
    assert!(seen.contains("callback of OUT-1") && seen.contains("OUT-1 failed: passed on (204)"), "{seen}");
    assert!(!seen.contains(SEGMENT), "{seen}");
}

#[test]
fn what_cannot_work_is_said_before_anything_is_taken_in() {
    let (port, forward) = (free_port(), free_port());
    let world = world(port, forward, "");
    let run = |hook: &str, more: &[&str]| {
        let args = [&["listen", "--json"], more].concat();
        end(world.nzimbu(&args).env("T_HOOK", hook).env("T_OLD_HOOK", OLD_HOOK))
    };
    let wrong = run("my-plain-secret", &[]);
    assert_eq!(wrong.code, 2, "{}", wrong.stdout);
    assert!(wrong.stdout.contains("openssl rand -base64 32") && !wrong.stdout.contains("my-plain-secret"));
    let plain = run(HOOK, &["--forward-to", "http://shop.example/webhooks"]);
    assert_eq!(plain.code, 2);
    assert!(plain.stdout.contains("begins with https://"), "{}", plain.stdout);
    let _taken = TcpListener::bind(("127.0.0.1", port)).unwrap();
    let taken = run(HOOK, &[]);
    assert_eq!((taken.code, &taken.json()["error"]["kind"]), (1, &json!("listen")), "{}", taken.stdout);
}
