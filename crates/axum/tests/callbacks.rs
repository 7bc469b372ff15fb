//! Every case of a request to the notify addresses, over real sockets: C01, C05 to C08, C10 to C14, C18 of the fault
//! matrix as far as they are the endpoint's.
#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

mod common;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use common::{
    CINETPAY_BODY, CINETPAY_TOKEN, ORDER, begin, bitlipa_body, cashier, exchange, gateways, request, send,
    serve, token,
};
use nzimbu_axum::{Cashier, Inbox, Settings, callbacks};
use nzimbu_core::{
    Balance, Callback, CallbackError, Capabilities, Currency, Directory, Exchange, Operation, OrderId,
    OrderRef, PaymentProvider, PaymentRequest, PayoutRequest, ProviderId, RawCallback, Receipt, Secret,
    SharedProvider, UnixTime,
};
use nzimbu_journal::testing::Commit;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const FORM: &str = "content-type: application/x-www-form-urlencoded";

fn genuine() -> String {
    token(CINETPAY_TOKEN)
}

async fn history(cashier: &Cashier, gateway: &str) -> Vec<String> {
    let order = OrderId::parse(ORDER).unwrap();
    let events = cashier.journal().history(gateway, Operation::Payment, &order).await.unwrap();
    events.unwrap_or_default().iter().map(|event| event.body.to_string()).collect()
}

#[tokio::test]
async fn every_case_has_its_status_and_no_answer_has_a_body() {
    let (cashier, _) = cashier(gateways());
    begin(&cashier, "cinetpay").await;
    begin(&cashier, "bitlipa").await;
    let inbox = Inbox::new(cashier);
    let to = serve(Router::new().nest("/hooks", inbox.router())).await;

    let token = genuine();
    let forged = common::token(&"0".repeat(64));
    let good = [&*token, FORM];
    let signed = bitlipa_body(2);
    let shifted = CINETPAY_BODY.replace("10%3A42%3A31&cpm_amount=2500", "10%3A42%3A3&cpm_amount=12500");
    let other_site = CINETPAY_BODY.replace("123456", "123457");
    let transfer = "client_transaction_id=NOT-OURS&transaction_id=1&treatment_status=VAL";
    let (longest, too_long) = ("a".repeat(64 * 1024), "a".repeat(64 * 1024 + 1));
    let multipart = "content-type: multipart/form-data; boundary=x";
    let rows: &[(&str, &str, &[&str], &str, u16)] = &[
        // Pings, where they are documented.
        ("GET", "/hooks/cinetpay", &[], "", 200),
        ("GET", "/hooks/cinetpay?probe=1", &[], "", 200),
        ("HEAD", "/hooks/cinetpay", &[], "", 200),
        ("GET", "/hooks/cinetpay", &good, CINETPAY_BODY, 400),
        ("GET", "/hooks/bitlipa", &[], "", 405),
        ("HEAD", "/hooks/bitlipa", &[], "", 405),
        ("GET", "/hooks/adullam", &[], "", 405),
        // Other methods.
        ("PUT", "/hooks/cinetpay", &good, CINETPAY_BODY, 405),
        ("DELETE", "/hooks/bitlipa", &[], "", 405),
        ("OPTIONS", "/hooks/cinetpay", &[], "", 405),
        // Callbacks.
        ("POST", "/hooks/cinetpay", &good, CINETPAY_BODY, 200),
        ("POST", "/hooks/cinetpay", &good, CINETPAY_BODY, 200),
        ("POST", "/hooks/cinetpay", &[&token], CINETPAY_BODY, 200),
        ("POST", "/hooks/cinetpay", &[FORM], transfer, 200),
        ("POST", "/hooks/bitlipa", &["content-type: application/json"], &signed, 200),
        ("POST", "/hooks/bitlipa", &["content-type: text/plain"], &signed, 200),
        ("POST", "/hooks/bitlipa", &[], &signed, 200),
        // Whatever a gateway did not sign.
        ("POST", "/hooks/cinetpay", &[&forged, FORM], CINETPAY_BODY, 401),
        ("POST", "/hooks/cinetpay", &["x-token: zz", FORM], CINETPAY_BODY, 401),
        ("POST", "/hooks/cinetpay", &[FORM], CINETPAY_BODY, 401),
        ("POST", "/hooks/cinetpay", &["x-token:", FORM], CINETPAY_BODY, 401),
        ("POST", "/hooks/bitlipa", &[], r#"{"order_id":"ORDER-1001","status":2,"signature":"00"}"#, 401),
        ("POST", "/hooks/bitlipa", &[], r#"{"order_id":"ORDER-1001","status":2}"#, 401),
        // What breaks the documented form.
        // It is signed all the same: kept for people, and acknowledged, since it would only come again.
        ("POST", "/hooks/cinetpay", &good, &shifted, 200),
        ("POST", "/hooks/cinetpay", &good, &other_site, 400),
        ("POST", "/hooks/cinetpay", &[&token, &token, FORM], CINETPAY_BODY, 400),
        ("POST", "/hooks/cinetpay", &good, "", 400),
        ("POST", "/hooks/bitlipa", &[], "", 400),
        ("POST", "/hooks/bitlipa", &[], "[]", 400),
        ("POST", "/hooks/adullam", &[], "{}", 400),
        // A content type that the documents rule out.
        ("POST", "/hooks/cinetpay", &[&token, "content-type: application/json"], CINETPAY_BODY, 415),
        ("POST", "/hooks/cinetpay", &[&token, multipart], CINETPAY_BODY, 415),
        // Nobody there.
        ("POST", "/hooks/wave", &[FORM], CINETPAY_BODY, 404),
        ("POST", "/hooks/CinetPay", &good, CINETPAY_BODY, 404),
        ("POST", "/hooks/%ff", &good, CINETPAY_BODY, 404),
        ("POST", "/hooks", &good, CINETPAY_BODY, 404),
        // The cap, to the byte.
        ("POST", "/hooks/cinetpay", &good, &longest, 400),
        ("POST", "/hooks/cinetpay", &good, &too_long, 413),
        ("POST", "/hooks/bitlipa", &[], &too_long, 413),
    ];
    for (method, path, headers, body, status) in rows {
        let answer = send(to, method, path, headers, body).await;
        let shown = &body[..body.len().min(60)];
        assert_eq!(answer.status, *status, "{method} {path} {headers:?} {shown}");
        assert_eq!(answer.body, "", "{method} {path}");
        if *status == 405 {
            let pings = path.ends_with("cinetpay");
            assert_eq!(
                answer.header("allow"),
                Some(if pings { "GET, HEAD, POST" } else { "POST" }),
                "{path}"
            );
        }
    }
    let count = |status: &[u16]| rows.iter().filter(|row| status.contains(&row.4)).count() as u64;
    let tally = inbox.tally();
    assert_eq!(tally.refused, count(&[400, 401, 404, 405, 413, 415]) - 1, "`/hooks` alone is not ours");
    assert_eq!((tally.pings, tally.noted, tally.replays, tally.strays), (3, 2, 4, 2));
    assert_eq!(tally.turned_away, 0);
    // Of all that was refused, nothing was kept; of what was signed and cannot be read, that it came.
    let strays = inbox.cashier().journal().strays(100).await.unwrap();
    let reasons: Vec<_> = strays.iter().map(|stray| &*stray.reason).collect();
    assert!(matches!(reasons[..], [reason] if reason.contains("cpm_trans_date")), "{reasons:?}");
    for gateway in ["cinetpay", "bitlipa"] {
        let woken = history(inbox.cashier(), gateway).await;
        assert_eq!(woken.iter().filter(|event| event.contains("woken")).count(), 1, "{gateway}: {woken:?}");
    }
}

#[tokio::test]
async fn bodies_without_a_length_are_capped_as_well() {
    let (cashier, _) = cashier(gateways());
    let to = serve(callbacks(cashier)).await;
    let head =
        "POST /bitlipa HTTP/1.1\r\nhost: shop\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n";
    let chunk = format!("1000\r\n{}\r\n", "a".repeat(0x1000));
    // An end without an end: 64 KiB and one byte are enough for an answer.
    let request = [head, &chunk.repeat(16), "1\r\na\r\n"].concat();
    assert_eq!(exchange(to, request.as_bytes()).await.unwrap().status, 413);
    // Exactly 64 KiB is read to its end, and looked at.
    let request = [head, &chunk.repeat(16), "0\r\n\r\n"].concat();
    assert_eq!(exchange(to, request.as_bytes()).await.unwrap().status, 400);
    // Ten megabytes that were only announced.
    let huge =
        b"POST /bitlipa HTTP/1.1\r\nhost: shop\r\nconnection: close\r\ncontent-length: 10485760\r\n\r\n{";
    assert_eq!(exchange(to, huge).await.unwrap().status, 413);
}

#[tokio::test]
async fn a_body_that_drips_or_breaks_off_is_not_waited_for() {
    let (cashier, _) = cashier(gateways());
    let mut settings = Settings::default();
    settings.body_time = Duration::from_millis(200);
    let inbox = Inbox::with(cashier, settings).unwrap();
    let to = serve(inbox.router()).await;
    let part = b"POST /bitlipa HTTP/1.1\r\nhost: shop\r\nconnection: close\r\ncontent-length: 30\r\n\r\n{";
    assert_eq!(exchange(to, part).await.unwrap().status, 408);
    let broken = b"POST /bitlipa HTTP/1.1\r\nhost: shop\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n";
    assert_eq!(exchange(to, broken).await.unwrap().status, 400);
    assert_eq!(inbox.tally().refused, 2);
}

#[tokio::test]
async fn no_forgery_learns_more_than_another() {
    let (cashier, _) = cashier(gateways());
    begin(&cashier, "cinetpay").await;
    let to = serve(callbacks(cashier.clone())).await;
    let mut told = Vec::new();
    let before = history(&cashier, "cinetpay").await;
    // Every digit of the token changed, one at a time; the token cut, prolonged, of another algorithm.
    let mut tokens: Vec<String> = (0..64)
        .map(|at| {
            let digit = if &CINETPAY_TOKEN[at..=at] == "0" { "1" } else { "0" };
            [&CINETPAY_TOKEN[..at], digit, &CINETPAY_TOKEN[at + 1..]].concat()
        })
        .collect();
    tokens.extend([
        CINETPAY_TOKEN[..63].to_owned(),
        format!("{CINETPAY_TOKEN}0"),
        "0".repeat(128),
        "x".repeat(64),
    ]);
    for forged in tokens {
        let answer = send(to, "POST", "/cinetpay", &[&token(&forged), FORM], CINETPAY_BODY).await;
        assert_eq!(answer.status, 401, "{forged}");
        let lines = answer.head.lines().filter(|line| !line.starts_with("date:"));
        told.push(lines.collect::<Vec<_>>().join("\n"));
    }
    told.dedup();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(history(&cashier, "cinetpay").await, before);
    // The digits in capitals are the same bytes.
    let capitals = token(&CINETPAY_TOKEN.to_uppercase());
    assert_eq!(send(to, "POST", "/cinetpay", &[&capitals, FORM], CINETPAY_BODY).await.status, 200);
}

#[tokio::test]
async fn no_200_before_it_is_durable_and_nothing_is_half_stored() {
    let (cashier, disk) = cashier(gateways());
    begin(&cashier, "cinetpay").await;
    let to = serve(callbacks(cashier.clone())).await;
    let token = genuine();
    let headers = [&*token, FORM];
    let before = history(&cashier, "cinetpay").await;
    for commit in [Commit::Full, Commit::DiesBefore] {
        disk.set(commit);
        let answer = send(to, "POST", "/cinetpay", &headers, CINETPAY_BODY).await;
        assert_eq!((answer.status, &*answer.body, answer.header("retry-after")), (503, "", Some("5")));
        assert_eq!(history(&cashier, "cinetpay").await, before, "{commit:?}");
    }
    // A forgery needs no journal to be refused.
    assert_eq!(send(to, "POST", "/cinetpay", &[FORM], CINETPAY_BODY).await.status, 401);
    // It was synced, and the process died before it could say so: the gateway repeats, and that changes nothing.
    disk.set(Commit::DiesAfter);
    assert_eq!(send(to, "POST", "/cinetpay", &headers, CINETPAY_BODY).await.status, 503);
    let noted = history(&cashier, "cinetpay").await;
    assert_eq!(noted.len(), before.len() + 1);
    disk.set(Commit::Synced);
    assert_eq!(send(to, "POST", "/cinetpay", &headers, CINETPAY_BODY).await.status, 200);
    assert_eq!(history(&cashier, "cinetpay").await, noted);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_copies_at_once_have_one_effect() {
    let (cashier, _) = cashier(gateways());
    begin(&cashier, "cinetpay").await;
    let mut settings = Settings::default();
    settings.at_once = 1_000;
    let inbox = Inbox::with(cashier.clone(), settings).unwrap();
    let to = serve(inbox.router()).await;
    let request = Arc::new(request("POST", "/cinetpay", &[&genuine(), FORM], CINETPAY_BODY));
    let copies: Vec<_> = (0..1_000)
        .map(|_| {
            let request = Arc::clone(&request);
            tokio::spawn(async move { exchange(to, &request).await.map(|answer| answer.status) })
        })
        .collect();
    for copy in copies {
        assert_eq!(copy.await.unwrap(), Some(200));
    }
    let tally = inbox.tally();
    assert_eq!((tally.noted, tally.replays, tally.turned_away), (1, 999, 0));
    let woken = history(&cashier, "cinetpay").await;
    assert_eq!(woken.iter().filter(|event| event.contains("woken")).count(), 1);
}

#[tokio::test]
async fn more_at_once_than_allowed_are_turned_away() {
    let (cashier, _) = cashier(gateways());
    begin(&cashier, "cinetpay").await;
    let mut settings = Settings::default();
    settings.at_once = 1;
    let inbox = Inbox::with(cashier, settings).unwrap();
    let to = serve(inbox.router()).await;
    // The server asks for the body once it has let the request in.
    let mut first = TcpStream::connect(to).await.unwrap();
    let length = format!("content-length: {}", CINETPAY_BODY.len());
    let head = request("POST", "/cinetpay", &[&genuine(), FORM, &length, "expect: 100-continue"], "");
    first.write_all(&head).await.unwrap();
    let mut interim = [0; 25];
    first.read_exact(&mut interim).await.unwrap();
    assert!(interim.starts_with(b"HTTP/1.1 100 Continue"));
    let turned_away = send(to, "POST", "/cinetpay", &[&genuine(), FORM], CINETPAY_BODY).await;
    assert_eq!((turned_away.status, turned_away.header("retry-after")), (503, Some("5")));
    first.write_all(CINETPAY_BODY.as_bytes()).await.unwrap();
    assert_eq!(common::read(&mut first).await.unwrap().status, 200);
    assert_eq!(inbox.tally().turned_away, 1);
    // The place is free again.
    assert_eq!(send(to, "GET", "/cinetpay", &[], "").await.status, 200);
}

#[tokio::test]
async fn a_panic_is_no_acknowledgement_and_gives_its_place_back() {
    let panics =
        Double::new(|raw| if raw.body == b"panic" { panic!("on demand") } else { Ok(Callback::Ping) });
    let (cashier, _) = cashier(vec![Arc::new(panics)]);
    let mut settings = Settings::default();
    settings.at_once = 1;
    let to = serve(Inbox::with(cashier, settings).unwrap().router()).await;
    for _ in 0..3 {
        let answer = exchange(to, &request("POST", "/double", &[], "panic")).await;
        assert!(answer.is_none_or(|answer| answer.status >= 500));
    }
    assert_eq!(send(to, "POST", "/double", &[], "calm").await.status, 200);
}

#[tokio::test]
async fn a_gateway_sees_the_request_as_it_came() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let writes = Arc::clone(&seen);
    let double = Double::new(move |raw| {
        let headers = raw.headers.iter().filter(|(name, _)| name.starts_with("x-"));
        let headers: Vec<_> = headers.map(|(name, value)| format!("{name}={value}")).collect();
        writes.lock().unwrap().push((raw.query.to_owned(), headers, raw.body.to_vec()));
        Ok(Callback::Ping)
    });
    let (cashier, _) = cashier(vec![Arc::new(double)]);
    let to = serve(callbacks(cashier)).await;
    let headers = ["X-Token: first", "x-other: 1", "x-TOKEN: second", "x-bytes: \u{e9}"];
    let body = "{\"b\": 1.00,\r\n \"a\":\"\\u00e9\"}";
    assert_eq!(send(to, "POST", "/double?a=%20+&a=%zz&b", &headers, body).await.status, 200);
    let seen = seen.lock().unwrap();
    let (query, headers, raw) = seen.last().unwrap();
    assert_eq!(query, "a=%20+&a=%zz&b");
    let tokens: Vec<_> = headers.iter().filter(|header| header.starts_with("x-token")).collect();
    assert_eq!(tokens, ["x-token=first", "x-token=second"]);
    assert!(headers.contains(&"x-other=1".to_owned()) && headers.contains(&"x-bytes=\u{e9}".to_owned()));
    assert_eq!(raw, body.as_bytes());
}

#[tokio::test]
async fn a_secret_part_of_the_path_keeps_strangers_out() {
    let (cashier, _) = cashier(gateways());
    let mut settings = Settings::default();
    settings.segment = Some(Secret::new("Zq3-a_0123456789"));
    let inbox = Inbox::with(cashier.clone(), settings.clone()).unwrap();
    let to = serve(Router::new().nest("/hooks", inbox.router())).await;
    let hint = "client_transaction_id=NOT-OURS&transaction_id=1&treatment_status=VAL";
    for (path, status) in [
        ("/hooks/Zq3-a_0123456789/cinetpay", 200),
        ("/hooks/zq3-a_0123456789/cinetpay", 404),
        ("/hooks/Zq3-a_012345678/cinetpay", 404),
        ("/hooks/Zq3-a_01234567890/cinetpay", 404),
        ("/hooks/Zq3-a_0123456789/wave", 404),
        ("/hooks/cinetpay", 404),
    ] {
        let answer = send(to, "POST", path, &[FORM], hint).await;
        assert_eq!((answer.status, &*answer.body), (status, ""), "{path}");
    }
    for bad in ["", "short", "0123456789 abcdef", "0123456789/abcdef", "0123456789abcdé"] {
        settings.segment = Some(Secret::new(bad));
        let told = Inbox::with(cashier.clone(), settings.clone()).unwrap_err().to_string();
        assert!(told.contains("`segment`") && (bad.is_empty() || !told.contains(bad)), "{told}");
    }
    settings.body_cap = 0;
    settings.at_once = 0;
    settings.journal_time = Duration::ZERO;
    assert_eq!(Inbox::with(cashier, settings).unwrap_err().faults().count(), 4);
}

type Check = dyn Fn(&RawCallback<'_>) -> Result<Callback, CallbackError> + Send + Sync;

/// A gateway whose check is the test's.
struct Double(Box<Check>);

impl Double {
    fn new(
        check: impl Fn(&RawCallback<'_>) -> Result<Callback, CallbackError> + Send + Sync + 'static,
    ) -> Self {
        Self(Box::new(check))
    }
}

impl std::fmt::Debug for Double {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Double")
    }
}

impl PaymentProvider for Double {
    fn id(&self) -> ProviderId {
        ProviderId::new("double")
    }

    fn capabilities(&self, _: Operation) -> Capabilities {
        Capabilities::NONE
    }

    fn directory(&self) -> &Directory {
        unreachable!("no test asks for it")
    }

    fn pay(&self, _: &PaymentRequest) -> Exchange<Receipt> {
        unreachable!("no test pays through it")
    }

    fn pay_out(&self, _: &PayoutRequest) -> Exchange<Receipt> {
        unreachable!("no test pays through it")
    }

    fn status(&self, _: &OrderRef) -> Exchange<Option<Receipt>> {
        unreachable!("no test asks it")
    }

    fn balance(&self, _: Currency) -> Exchange<Balance> {
        unreachable!("no test asks it")
    }

    fn verify(&self, callback: &RawCallback<'_>, _: UnixTime) -> Result<Callback, CallbackError> {
        (self.0)(callback)
    }
}

#[test]
fn what_applications_hold_can_be_shared() {
    fn shared<T: Clone + Send + Sync + 'static>() {}
    shared::<Inbox>();
    shared::<nzimbu_axum::Gateways>();
    shared::<SharedProvider>();
}
