//! State that outlives the process.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use nzimbu_sandbox::{Decision, Merchant as Account, Sandbox, Settings};
use serde_json::{Value, json};

use crate::client::{get, post_form, post_json, request, until};
use crate::merchant::Merchant;
use crate::{checkout, create, payment, quiet, start, status};

#[test]
fn a_restart_goes_on_where_it_was() {
    let file = TempFile::new("restart");
    let settings = || {
        let mut settings = quiet();
        settings.store = Some(file.path.clone());
        settings
    };
    let sandbox = start(settings());
    let endpoints = sandbox.endpoints().clone();
    create(&endpoints, "OPEN", 100);
    create(&endpoints, "PAID", 200);
    assert!(sandbox.settle("cinetpay-checkout", "PAID", Decision::Approve));
    let before = checkout(&endpoints, "K-1", 500, "+2250707070707").json();
    let token = log_in(&endpoints.cinetpay);
    let contact =
        json!([{"prefix": "225", "phone": "0707070707", "name": "A", "surname": "B", "email": "a@b.ci"}]);
    let url = format!("{}/v1/transfer/contact?token={token}", endpoints.cinetpay.transfer_url);
    assert_eq!(post_form(&url, &[("data", &contact.to_string())]).json()["code"], 0);
    let order = json!([{"prefix": "225", "phone": "0707070707", "amount": 1000, "client_transaction_id": "T-1",
        "notify_url": "http://localhost:1/"}]);
    let url = format!("{}/v1/transfer/money/send/contact?token={token}", endpoints.cinetpay.transfer_url);
    let sent = post_form(&url, &[("data", &order.to_string())]).json();
    assert_eq!(sent["data"][0][0]["treatment_status"], "NEW", "{sent}");
    assert!(Sandbox::start_blocking(settings()).is_err(), "two sandboxes must not share one file");
    drop(sandbox);

    let sandbox = start(settings());
    let endpoints = sandbox.endpoints().clone();
    assert_eq!(status(&endpoints, "OPEN").as_deref(), Some("WAITING_FOR_CUSTOMER"));
    assert_eq!(status(&endpoints, "PAID").as_deref(), Some("ACCEPTED"));
    assert_eq!(sandbox.ledger().len(), 1);
    assert_eq!(checkout(&endpoints, "K-1", 500, "+2250707070707").json()["id"], before["id"], "a replay");
    let other = checkout(&endpoints, "K-2", 500, "+2250707070707").json();
    assert_ne!(other["id"], before["id"], "the dice go on");
    // The token, the contact and the reserved balance are there as well.
    let url = format!("{}/v1/transfer/check/balance?token={token}", endpoints.cinetpay.transfer_url);
    assert_eq!(get(&url).json()["data"]["inUsing"], 1000);
    let again = json!([{"prefix": "225", "phone": "0707070707", "amount": 500, "client_transaction_id": "T-2",
        "notify_url": "http://localhost:1/"}]);
    let url = format!("{}/v1/transfer/money/send/contact?token={token}", endpoints.cinetpay.transfer_url);
    assert_eq!(post_form(&url, &[("data", &again.to_string())]).json()["data"][0][0]["code"], 0);
    assert!(sandbox.settle("cinetpay-transfer", "T-1", Decision::Approve));
    assert!(sandbox.settle("cinetpay-checkout", "OPEN", Decision::Refuse));
    assert_eq!(sandbox.ledger().len(), 2);
}

#[test]
fn nothing_that_was_answered_is_lost_by_a_kill() {
    let file = TempFile::new("kill");
    let mut server = Served::start(&file.path);
    let answered: Vec<AtomicU32> = (0..8).map(|_| AtomicU32::new(0)).collect();
    let killed = AtomicBool::new(false);
    thread::scope(|scope| {
        for (client, count) in answered.iter().enumerate() {
            let (server, killed) = (&server, &killed);
            scope.spawn(move || {
                while !killed.load(Ordering::Relaxed) {
                    let id = format!("K-{client}-{}", count.load(Ordering::Relaxed));
                    if !server.create(&id) {
                        return;
                    }
                    count.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        until("a few hundred answers", || {
            let all: u32 = answered.iter().map(|count| count.load(Ordering::Relaxed)).sum();
            (all >= 400).then_some(())
        });
        server.process_id_kill();
        killed.store(true, Ordering::Relaxed);
    });
    server.process.wait().unwrap();

    let server = Served::start(&file.path);
    let mut looked_at = 0;
    for (client, count) in answered.iter().enumerate() {
        for number in 0..count.load(Ordering::Relaxed) {
            assert_eq!(server.status(&format!("K-{client}-{number}")), "WAITING_FOR_CUSTOMER");
            looked_at += 1;
        }
    }
    assert!(looked_at >= 400, "{looked_at}");
}

#[test]
fn callbacks_that_wait_are_sent_after_a_kill() {
    let file = TempFile::new("callbacks");
    let deaf = Merchant::answering(|_, _| "500 Down\r\n");
    let mut server = Served::start(&file.path);
    let endpoints = server.endpoints();
    let url = format!("{}/v2/payment", endpoints.cinetpay.checkout_url);
    assert_eq!(post_json(&url, &payment(&endpoints, "CB", 100, &deaf.url)).status, 200);
    let settle = json!({"gateway": "cinetpay-checkout", "order_id": "CB", "decision": "approve"});
    let settled = post_json(&format!("{}/api/settle", endpoints.admin_url), &settle.to_string());
    assert_eq!(settled.status, 200, "{}", settled.body);
    until("a failed attempt", || (!deaf.received().is_empty()).then_some(()));
    server.kill();
    let tried = deaf.received().len();

    let server = Served::start(&file.path);
    until("another attempt", || (deaf.received().len() > tried).then_some(()));
    let ledger = get(&format!("{}/api/ledger?key=CB", server.endpoints().admin_url)).json();
    assert_eq!(ledger["items"].as_array().unwrap().len(), 1, "{ledger}");
}

#[test]
fn a_file_that_is_no_store_is_refused_with_its_remedy() {
    let file = TempFile::new("garbage");
    std::fs::write(&file.path, "this is no database, and long enough to be sure of that: ".repeat(40))
        .unwrap();
    let mut settings = quiet();
    settings.store = Some(file.path.clone());
    let error = Sandbox::start_blocking(settings).unwrap_err().to_string();
    assert!(error.contains("no SQLite file"), "{error}");
    let mut settings = quiet();
    settings.store = Some(file.path.join("nowhere/x.db"));
    let error = Sandbox::start_blocking(settings).unwrap_err().to_string();
    assert!(error.contains("cannot be opened"), "{error}");
}

#[test]
fn a_file_of_another_form_is_refused_and_left_alone() {
    let file = TempFile::new("older");
    let mut settings = quiet();
    settings.store = Some(file.path.clone());
    let sandbox = start(settings.clone());
    create(sandbox.endpoints(), "OLD", 100);
    drop(sandbox);
    // Where SQLite's files tell the form: four bytes at 60 of the header.
    let mut bytes = std::fs::read(&file.path).unwrap();
    bytes[60..64].copy_from_slice(&7_u32.to_be_bytes());
    std::fs::write(&file.path, &bytes).unwrap();
    let error = Sandbox::start_blocking(settings).unwrap_err().to_string();
    assert!(error.contains("made by another version"), "{error}");
}

#[test]
fn lists_and_merchants_are_the_same_after_a_restart() {
    let file = TempFile::new("lists");
    let settings = || {
        let mut settings = quiet();
        settings.store = Some(file.path.clone());
        let mut shop = Account::new("shop");
        shop.auto = None;
        settings.merchants.push(shop);
        settings
    };
    let ids = |sandbox: &Sandbox, query: &str| {
        let page = crate::admin_get(sandbox, &format!("/api/payments?{query}"));
        let items = page["items"].as_array().unwrap().iter();
        items.map(|item| item["order_id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let look = |sandbox: &Sandbox| {
        assert_eq!(ids(sandbox, "state=open"), ["S-1", "OPEN"]);
        assert_eq!(ids(sandbox, "state=approved"), ["S-2", "PAID"]);
        assert_eq!(ids(sandbox, "state=approved&merchant=main"), ["PAID"]);
        assert_eq!(ids(sandbox, "state=refused&limit=1"), ["LOST"]);
        assert_eq!(ids(sandbox, "merchant=shop"), ["S-2", "S-1"]);
        let keys = crate::admin_get(sandbox, "/api/ledger/keys?prefix=S-");
        assert_eq!(keys["items"], json!([{"key": "S-2", "count": 1}]));
    };
    let sandbox = start(settings());
    for (id, decision) in
        [("OPEN", None), ("PAID", Some(Decision::Approve)), ("LOST", Some(Decision::Refuse))]
    {
        create(sandbox.endpoints(), id, 100);
        assert!(decision.is_none_or(|decision| sandbox.settle("cinetpay-checkout", id, decision)));
    }
    for id in ["S-1", "S-2"] {
        create(sandbox.endpoints_of("shop").unwrap(), id, 100);
    }
    assert!(sandbox.settle_of("shop", "cinetpay-checkout", "S-2", Decision::Approve));
    look(&sandbox);
    drop(sandbox);
    let sandbox = start(settings());
    look(&sandbox);
    assert_eq!(status(sandbox.endpoints_of("shop").unwrap(), "S-2").as_deref(), Some("ACCEPTED"));
    assert_eq!(status(sandbox.endpoints(), "S-2"), None);
}

#[test]
fn a_reset_forgets_the_file_too() {
    let file = TempFile::new("reset");
    let mut settings = quiet();
    settings.store = Some(file.path.clone());
    let sandbox = start(settings.clone());
    create(sandbox.endpoints(), "GONE", 100);
    let reset = crate::admin_post(&sandbox, "/api/reset", &json!({}));
    assert_eq!(reset.status, 200);
    assert_eq!(status(sandbox.endpoints(), "GONE"), None);
    drop(sandbox);
    assert_eq!(status(start(settings).endpoints(), "GONE"), None);
}

/// Not a test: the process that the others start and kill.
#[test]
fn serve_for_another_test() {
    let Ok(path) = std::env::var(SERVE) else { return };
    let mut settings: Settings = quiet();
    settings.store = Some(path.into());
    settings.callback_pause = Duration::from_millis(50);
    settings.callback_attempts = 1_000;
    let sandbox = start(settings);
    println!("\n{MARK}{}", serde_json::to_string(sandbox.endpoints()).unwrap());
    loop {
        thread::park();
    }
}

struct Served {
    process: Child,
    endpoints: Value,
}

impl Served {
    fn start(path: &Path) -> Served {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "store::serve_for_another_test", "--nocapture", "--test-threads=1"])
            .env(SERVE, path)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines().map(Result::unwrap);
        let line = lines.find_map(|line| line.strip_prefix(MARK).map(str::to_owned)).unwrap();
        // The rest is read so that the process never waits for a reader.
        thread::spawn(move || lines.count());
        Served { process, endpoints: serde_json::from_str(&line).unwrap() }
    }

    /// The same in the form that the helpers take: a sandbox of the same seed has the same credentials.
    fn endpoints(&self) -> nzimbu_sandbox::Endpoints {
        let mut endpoints = start(quiet()).endpoints().clone();
        let url = |group: &str, name: &str| self.endpoints[group][name].as_str().unwrap().to_owned();
        endpoints.cinetpay.checkout_url = url("cinetpay", "checkout_url");
        endpoints.cinetpay.transfer_url = url("cinetpay", "transfer_url");
        endpoints.admin_url = self.endpoints["admin_url"].as_str().unwrap().to_owned();
        endpoints
    }

    /// Whether the payment was answered; the server may be gone.
    fn create(&self, id: &str) -> bool {
        let cinetpay = &self.endpoints["cinetpay"];
        let body = json!({"apikey": cinetpay["apikey"], "site_id": cinetpay["site_id"], "transaction_id": id,
            "amount": 100, "currency": "XOF", "description": "x", "notify_url": "http://localhost:1/",
            "return_url": "http://localhost:1/"})
        .to_string();
        let url = format!("{}/v2/payment", cinetpay["checkout_url"].as_str().unwrap());
        std::panic::catch_unwind(|| {
            let headers = [("user-agent", "test/1"), ("content-type", "application/json")];
            let answer = request("POST", &url, &headers, &body);
            answer.status == 200 && answer.body.ends_with('}')
        })
        .unwrap_or(false)
    }

    fn status(&self, id: &str) -> String {
        let cinetpay = &self.endpoints["cinetpay"];
        let body =
            json!({"apikey": cinetpay["apikey"], "site_id": cinetpay["site_id"], "transaction_id": id});
        let url = format!("{}/v2/payment/check", cinetpay["checkout_url"].as_str().unwrap());
        let answer = post_json(&url, &body.to_string()).json();
        answer["data"]["status"].as_str().unwrap_or("unknown").to_owned()
    }

    fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// By its number, because others still look at the process.
    fn process_id_kill(&self) {
        let killed = Command::new("kill").args(["-9", &self.process.id().to_string()]).status().unwrap();
        assert!(killed.success());
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

struct TempFile {
    path: PathBuf,
}

impl TempFile {
    fn new(name: &str) -> TempFile {
        let path = std::env::temp_dir().join(format!("nzimbu-{name}-{}.db", std::process::id()));
        TempFile { path }
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        for ending in ["", "-wal", "-shm"] {
            // Not all of them are there.
            let _ = std::fs::remove_file(format!("{}{ending}", self.path.display()));
        }
    }
}

fn log_in(cinetpay: &nzimbu_sandbox::CinetPayEndpoints) -> String {
    let url = format!("{}/v1/auth/login", cinetpay.transfer_url);
    let form = [("apikey", cinetpay.apikey.as_str()), ("password", cinetpay.password.as_str())];
    post_form(&url, &form).json()["data"]["token"].as_str().unwrap().to_owned()
}

const SERVE: &str = "NZIMBU_TEST_SERVE";
const MARK: &str = "endpoints: ";
