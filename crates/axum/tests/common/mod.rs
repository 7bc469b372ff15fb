//! What the tests share: a server on loopback, a client that sends what it is told, a journal in memory, and gateways.
#![allow(dead_code, reason = "each test takes what it needs")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use axum::Router;
use nzimbu_core::signature::recursive::RecursiveKey;
use nzimbu_core::testing::Script;
use nzimbu_core::{BaseUrl, Currency, Money, OrderId, PaymentRequest, PhoneNumber, Secret, SharedProvider};
use nzimbu_journal::testing::{Commit, Disk, Memory};
use nzimbu_journal::{Cashier, Journal, Limits, SteadyClock, Timing};
use nzimbu_providers::adullam::{self, Adullam};
use nzimbu_providers::bitlipa::{self, Bitlipa};
use nzimbu_providers::cinetpay::{self, CinetPay};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// The sample of the documentation, and its token.
pub(crate) const CINETPAY_TOKEN: &str = "fb751ada0d4aa0df698b0b3938d8242b69bd48d3a834aa620fb2f893261f5f06";
pub(crate) const CINETPAY_BODY: &str = "cpm_site_id=123456&cpm_trans_id=ORDER-1001&cpm_trans_date=2024-05-17+10%3A42%3A31\
    &cpm_amount=2500&cpm_currency=XOF&signature=9f86d081884c7d659a2feaa0c55ad015&payment_method=OM\
    &cel_phone_num=0707070707&cpm_phone_prefixe=225&cpm_language=fr&cpm_version=V4&cpm_payment_config=SINGLE\
    &cpm_page_action=PAYMENT&cpm_custom=user001&cpm_designation=Achat+test&cpm_error_message=SUCCES";
pub(crate) const BITLIPA_SECRET: &str = "canary-bitlipa-secret";
pub(crate) const ORDER: &str = "ORDER-1001";

/// All three gateways, at addresses where nobody listens.
pub(crate) fn gateways() -> Vec<SharedProvider> {
    let nowhere = || BaseUrl::parse("http://127.0.0.1:9").expect("loopback");
    let mut checkout = cinetpay::CheckoutConfig::new(Secret::new("canary-apikey"), "123456");
    checkout.base_url = nowhere();
    checkout.callback_secrets = vec![Secret::new("sk_demo_0123456789abcdef")];
    checkout.notify_url = Some("http://127.0.0.1:9/notify".into());
    checkout.return_url = Some("http://127.0.0.1:9/back".into());
    let mut transfer =
        cinetpay::TransferConfig::new(Secret::new("canary-apikey"), Secret::new("canary-password"));
    transfer.base_url = nowhere();
    let cinetpay = CinetPay::new(cinetpay::Config::new(Some(checkout), Some(transfer)));
    let bitlipa =
        Bitlipa::new(bitlipa::Config::new(nowhere(), "public", "merchant", Secret::new(BITLIPA_SECRET)));
    let mut adullam = adullam::Config::new(adullam::Credentials::Bearer(Secret::new("canary-token")));
    adullam.base_url = nowhere();
    vec![
        Arc::new(cinetpay.expect("settings")),
        Arc::new(bitlipa.expect("settings")),
        Arc::new(Adullam::new(adullam).expect("settings")),
    ]
}

/// A disk whose next commits end as it is told.
#[derive(Clone, Default)]
pub(crate) struct Moody(Arc<AtomicU8>);

impl Moody {
    pub(crate) fn set(&self, commit: Commit) {
        let mood = match commit {
            Commit::Full => 1,
            Commit::DiesBefore => 2,
            Commit::DiesAfter => 3,
            _ => 0,
        };
        self.0.store(mood, Ordering::SeqCst);
    }
}

impl Disk for Moody {
    fn commit(&mut self) -> Commit {
        match self.0.load(Ordering::SeqCst) {
            1 => Commit::Full,
            2 => Commit::DiesBefore,
            3 => Commit::DiesAfter,
            _ => Commit::Synced,
        }
    }
}

/// A cashier over a memory, and the mood of its disk. No test lasts until it asks by itself, so that whatever a callback
/// brings about is seen.
pub(crate) fn cashier(providers: Vec<SharedProvider>) -> (Cashier, Moody) {
    let mut timing = Timing::default();
    timing.first_poll = Duration::from_secs(600);
    cashier_with(providers, timing)
}

/// The same, with times of its own.
pub(crate) fn cashier_with(providers: Vec<SharedProvider>, timing: Timing) -> (Cashier, Moody) {
    let disk = Moody::default();
    let journal = Journal::in_memory(&Memory::new(), Arc::new(SteadyClock::new()), Box::new(disk.clone()));
    (Cashier::with(journal, providers, timing, Limits::default()), disk)
}

/// Has the journal know an order that the gateway accepted, so that a callback about it is welcome.
pub(crate) async fn begin(cashier: &Cashier, gateway: &str) {
    let order = OrderId::parse(ORDER).expect("an id");
    let mut request = PaymentRequest::new(order, Money::parse_major("2500", Currency::Xof).expect("money"));
    request.payer.phone = Some(PhoneNumber::parse("+2250700000000").expect("a phone"));
    request.payer.name = Some("Kouassi".into());
    request.payer.surname = Some("Awa".into());
    request.payer.email = Some("awa@example.com".into());
    request.description = Some("Two books".into());
    // The sample answers of the documents.
    let accepted = match gateway {
        "cinetpay" => {
            r#"{"code":"201","message":"CREATED","description":"Transaction created with success","data":
            {"payment_token":"5df64dd9","payment_url":"https://checkout.cinetpay.com/payment/5df64dd9"},
            "api_response_id":"1632143554.8513"}"#
        }
        _ => {
            r#"{"order_id":"ORDER-1001","transaction_id":"732007046722","transaction_ref":"MP.33234.342.CP33",
            "status":1,"result":{"code":0,"message":"OK"},"service_id":1,"service_version":11.1,
            "service_date_time":"2020-11-25 10:08:32.832969"}"#
        }
    };
    let intent = cashier.payment(gateway, request).expect("served");
    let handled = cashier.send_async(&Script::bodies([accepted]), intent).await.expect("written down");
    assert_eq!(handled.entry.state.as_str(), "accepted", "{:?}", handled.answer);
}

/// A signed callback of Bitlipa's about the order.
pub(crate) fn bitlipa_body(status: u8) -> String {
    let object = format!(r#"{{"order_id":"{ORDER}","status":{status}}}"#);
    let key = RecursiveKey::new(&Secret::new(BITLIPA_SECRET));
    let digest = key.sign_json(object.as_bytes()).expect("an object");
    format!("{},\"signature\":\"{digest}\"}}", object.trim_end_matches('}'))
}

/// Serves an application on loopback until the test is over.
pub(crate) async fn serve(app: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("bound");
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

/// An answer as it came.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().skip(1).filter_map(|line| line.split_once(':'));
        lines.filter(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).next()
    }
}

/// Writes bytes on a connection of its own and reads all that comes; none if no answer came.
pub(crate) async fn exchange(to: SocketAddr, request: &[u8]) -> Option<Answer> {
    let mut stream = TcpStream::connect(to).await.expect("it listens");
    // The server may answer and close before it has read everything.
    let _ = stream.write_all(request).await;
    read(&mut stream).await
}

/// Reads an answer to the end of the connection.
pub(crate) async fn read(stream: &mut TcpStream) -> Option<Answer> {
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes).await;
    let text = String::from_utf8(bytes).expect("text");
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some(Answer { status, head: head.to_owned(), body: body.to_owned() })
}

/// A request as text; every header stands on a line of its own.
pub(crate) fn request(method: &str, path: &str, headers: &[&str], body: &str) -> Vec<u8> {
    let mut text = format!("{method} {path} HTTP/1.1\r\nhost: shop\r\nconnection: close\r\n");
    for header in headers {
        text.push_str(header);
        text.push_str("\r\n");
    }
    if !body.is_empty() {
        text.push_str(&format!("content-length: {}\r\n", body.len()));
    }
    text.push_str("\r\n");
    text.push_str(body);
    text.into_bytes()
}

/// Sends a request and reads the answer.
pub(crate) async fn send(to: SocketAddr, method: &str, path: &str, headers: &[&str], body: &str) -> Answer {
    exchange(to, &request(method, path, headers, body)).await.expect("an answer")
}

pub(crate) fn token(token: &str) -> String {
    format!("x-token: {token}")
}
