//! What spans and events tell, and above all what they do not: no secret, no phone number, no name, no address with a
//! query. Everything is written down at the finest level by a subscriber that other people made.
#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

mod common;

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use common::{CINETPAY_BODY, CINETPAY_TOKEN, send, serve, token};
use nzimbu::{AsyncHttp, SharedProvider, TransportExt as _};
use nzimbu_axum::{Inbox, Settings};
use nzimbu_core::{
    BaseUrl, Channel, Country, Currency, Customer, Money, Operation, OrderId, OrderRef, PaymentRequest,
    PayoutRequest, PhoneNumber, Secret,
};
use nzimbu_journal::testing::{Commit, Memory};
use nzimbu_journal::{Cashier, Journal, Limits, SteadyClock, Timing, Verdict};
use nzimbu_providers::bitlipa::{self, Bitlipa};
use nzimbu_providers::cinetpay::{self, CinetPay};
use nzimbu_sandbox::{Decision, Fault, FaultKind, Sandbox};
use tracing_subscriber::fmt::format::FmtSpan;

/// What was written down.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn start() -> Self {
        let log = Self::default();
        let writer = log.clone();
        tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_span_events(FmtSpan::FULL)
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .init();
        log
    }

    /// The lines of our own crates; what HTTP clients write at this level is theirs.
    fn ours(&self) -> Vec<String> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        text.lines().filter(|line| line.contains("nzimbu")).map(str::to_owned).collect()
    }
}

const NAME: &str = "Canarykouassi";
const SURNAME: &str = "Canaryawa";
const PHONE: &str = "+2250701020304";
const EMAIL: &str = "canary@example.com";
const DESCRIPTION: &str = "Canary books";
const REFERENCE: &str = "canary invoice";
const SEGMENT: &str = "canary-segment-0123";

fn person() -> Customer {
    let mut person = Customer::default();
    person.name = Some(NAME.into());
    person.surname = Some(SURNAME.into());
    person.phone = Some(PhoneNumber::parse(PHONE).unwrap());
    person.email = Some(EMAIL.into());
    person.country = Some(Country::parse("CI").unwrap());
    person
}

fn providers(sandbox: &Sandbox) -> Vec<SharedProvider> {
    let ours = &sandbox.endpoints().cinetpay;
    let mut checkout = cinetpay::CheckoutConfig::new(Secret::new(&ours.apikey), &ours.site_id);
    checkout.base_url = BaseUrl::parse(&ours.checkout_url).unwrap();
    checkout.callback_secrets = vec![Secret::new(&ours.secret_key)];
    checkout.notify_url = Some("http://127.0.0.1:9/canary-notify?canary=1".into());
    checkout.return_url = Some("http://127.0.0.1:9/canary-back".into());
    let mut transfer = cinetpay::TransferConfig::new(Secret::new(&ours.apikey), Secret::new(&ours.password));
    transfer.base_url = BaseUrl::parse(&ours.transfer_url).unwrap();
    transfer.currency = Some(Currency::Xof);
    let cinetpay = CinetPay::new(cinetpay::Config::new(Some(checkout), Some(transfer))).unwrap();
    let theirs = &sandbox.endpoints().bitlipa;
    let base = BaseUrl::parse(&theirs.base_url).unwrap();
    let config =
        bitlipa::Config::new(base, &theirs.public_id, &theirs.merchant_id, Secret::new(&theirs.secret));
    vec![Arc::new(cinetpay), Arc::new(Bitlipa::new(config).unwrap())]
}

fn xof(amount: &str) -> Money {
    Money::parse_major(amount, Currency::Xof).unwrap()
}

fn payment(order: &str, amount: &str) -> PaymentRequest {
    let mut request = PaymentRequest::new(OrderId::parse(order).unwrap(), xof(amount));
    request.payer = person();
    request.description = Some(DESCRIPTION.into());
    request.metadata.insert("canary".into(), "canary value".into());
    request
}

/// One test alone in its process, since a subscriber is the process's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn spans_tell_what_happened_and_nothing_about_people() {
    let log = Log::start();
    let mut settings = nzimbu_sandbox::Settings::default();
    settings.auto = None;
    let mut fault = Fault::new(FaultKind::Error500);
    fault.order_id = Some("LOST".into());
    fault.operation = Some("create".into());
    settings.faults.push(fault);
    let sandbox = Sandbox::start(settings).await.unwrap();
    let disk = common::Moody::default();
    let journal = Journal::in_memory(&Memory::new(), Arc::new(SteadyClock::new()), Box::new(disk.clone()));
    let mut timing = Timing::default();
    timing.first_poll = Duration::ZERO;
    timing.wake_pause = Duration::ZERO;
    let cashier = Cashier::with(journal, providers(&sandbox), timing, Limits::default());
    let http = AsyncHttp::new().unwrap();

    // A page, a prompt, a payout, a refusal by our own rules, an answer that is lost, a key that is reused.
    let pay = |gateway: &str, order: &str, amount: &str| {
        let mut intent = cashier.payment(gateway, payment(order, amount)).unwrap();
        intent.reference = Some(REFERENCE.into());
        intent
    };
    cashier.send_async(&http, pay("cinetpay", "PAGE", "2500")).await.unwrap();
    cashier.send_async(&http, pay("bitlipa", "PROMPT", "2500")).await.unwrap();
    cashier.send_async(&http, pay("cinetpay", "WRONG", "2501")).await.unwrap();
    cashier.send_async(&http, pay("cinetpay", "LOST", "2500")).await.unwrap();
    assert!(cashier.send_async(&http, pay("cinetpay", "PAGE", "3000")).await.is_err());
    let mut payout = PayoutRequest::new(OrderId::parse("REFUND").unwrap(), xof("1000"), Channel::MobileMoney);
    payout.recipient = person();
    payout.reason = Some(DESCRIPTION.into());
    cashier.send_async(&http, cashier.payout("cinetpay", payout).unwrap()).await.unwrap();
    // A decision by a person, whose name and reason stay in the journal.
    let desk = cashier.desk("cinetpay", Operation::Payment).unwrap();
    let lost = OrderId::parse("LOST").unwrap();
    let decided = cashier.journal().decide(desk, &lost, Verdict::Failed, NAME, DESCRIPTION).await;
    assert!(decided.is_ok(), "{decided:?}");
    // Callbacks: genuine of an unknown order, forged, for nobody, and while the disk is full.
    let mut bounds = Settings::default();
    bounds.segment = Some(Secret::new(SEGMENT));
    let inbox = Inbox::with(cashier.clone(), bounds).unwrap();
    let to = serve(inbox.router()).await;
    let path = format!("/{SEGMENT}/cinetpay");
    let form = "content-type: application/x-www-form-urlencoded";
    let hint = "client_transaction_id=REFUND&transaction_id=1&treatment_status=VAL&receiver=2250701020304";
    assert_eq!(send(to, "POST", &path, &[&token(CINETPAY_TOKEN), form], CINETPAY_BODY).await.status, 400);
    assert_eq!(send(to, "POST", &path, &[form], hint).await.status, 200);
    assert_eq!(send(to, "POST", "/canary-segment-9999/cinetpay", &[form], hint).await.status, 404);
    disk.set(Commit::Full);
    sandbox.settle("bitlipa", "PROMPT", Decision::Approve);
    assert!(cashier.reconcile_async(&http).await.is_err());
    disk.set(Commit::Synced);
    // And everything that is open is asked for, over both drivers.
    sandbox.settle("cinetpay-checkout", "PAGE", Decision::Approve);
    cashier.round_async(&http).await.unwrap();
    let script = nzimbu_core::testing::Script::new([Err(nzimbu_core::TransportError::not_sent("nobody"))]);
    let asked = OrderRef::new(Operation::Payment, &lost);
    let unheard = script.run(cashier.provider("cinetpay").unwrap().status(&asked));
    assert!(unheard.is_err());

    let lines = log.ours();
    let all = lines.join("\n");
    for wanted in [
        "nzimbu.pay{otel.kind=\"client\"",
        "nzimbu.pay_out{otel.kind=\"client\"",
        "nzimbu.status{otel.kind=\"client\"",
        "nzimbu.http{otel.kind=\"client\" otel.name=\"POST\"",
        "http.request.method=\"POST\"",
        "http.response.status_code=200",
        "http.response.status_code=500 error.type=\"500\"",
        "server.address=\"127.0.0.1\" server.port=",
        "nzimbu.effect=\"moves_money\"",
        "nzimbu.effect=\"no_money\"",
        "error.type=\"not_sent\"",
        "nzimbu.outcome=\"unknown\"",
        "nzimbu.outcome=\"not-sent\"",
        "nzimbu.journal.begin{",
        "nzimbu.journal.claim{",
        "nzimbu.journal.settle",
        "nzimbu.journal.receive",
        "nzimbu.journal.decide",
        "error.type=\"key_reuse\"",
        "error.type=\"not_writable\"",
        "nzimbu.from=\"nothing\" nzimbu.to=\"sending\"",
        "nzimbu.from=\"sending\" nzimbu.to=\"accepted\"",
        "nzimbu.from=\"sending\" nzimbu.to=\"unknown\"",
        "nzimbu.to=\"succeeded\"",
        "nzimbu.event=\"decided\"",
        "a callback was refused error.type=\"wrong-merchant\" http.response.status_code=400",
        "a callback was refused error.type=\"not-found\" http.response.status_code=404",
    ] {
        assert!(all.contains(wanted), "{wanted} is missing in:\n{all}");
    }
    let ends = sandbox.endpoints();
    let secrets = [
        ("name", NAME),
        ("surname", SURNAME),
        ("phone", "0701020304"),
        ("phone", "701020304"),
        ("e-mail", EMAIL),
        ("description", DESCRIPTION),
        ("reference", REFERENCE),
        ("any canary", "anary"),
        ("order", "PROMPT"),
        ("order", "REFUND"),
        ("apikey", &ends.cinetpay.apikey),
        ("secret key", &ends.cinetpay.secret_key),
        ("password", &ends.cinetpay.password),
        ("public id", &ends.bitlipa.public_id),
        ("merchant id", &ends.bitlipa.merchant_id),
        ("secret", &ends.bitlipa.secret),
        ("signature", CINETPAY_TOKEN),
        ("query", "?"),
        ("path", "/v2/payment"),
        ("url", "http://"),
    ];
    for (what, secret) in secrets {
        let found = lines.iter().find(|line| line.contains(secret));
        assert_eq!(found, None, "{what}");
    }
}
