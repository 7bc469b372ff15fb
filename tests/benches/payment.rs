//! What building, checking, signing, writing and reading one payment costs, network aside: `cargo bench -p nzimbu-tests
//! --bench payment`. The options are those of the bench `signature`.
#![allow(clippy::unwrap_used, reason = "what cannot be done has no time")]

mod harness;

use std::hint::black_box;
use std::time::Duration;

use harness::{Group, main_of};
use hmac::{Hmac, KeyInit, Mac};
use nzimbu::adullam::{self, Adullam, CheckoutRequest, Credentials};
use nzimbu::bitlipa::{self, Bitlipa, C2bRequest};
use nzimbu::cinetpay::{self, CheckoutConfig, CinetPay};
use nzimbu_core::secret::Secret;
use nzimbu_core::signature::recursive::explain_json;
use nzimbu_core::{
    BaseUrl, Currency, Customer, Exchange, HttpResponse, Money, OrderId, PhoneNumber, Run, Step, UnixTime,
};
use serde_json::{Value, json};
use sha2::Sha512;
use sha2::block_api::compress512;

fn main() {
    main_of(vec![bitlipa(), cinetpay(), adullam()]);
}

/// The best peer that publishes a figure takes a hundred times as long.
const MOST: Duration = Duration::from_micros(20);

fn bitlipa() -> Group {
    let base = BaseUrl::parse("https://gateway.example").unwrap();
    let config = bitlipa::Config::new(base, "public", "merchant", Secret::new(SECRET));
    let bitlipa = Bitlipa::new(config).unwrap();
    let payment = move || {
        let mut request = C2bRequest::new(order(), money("100", Currency::Kes), 347);
        request.payer = payer("+254700000001");
        bitlipa.payment_c2b(&request)
    };
    let sent = sent(payment());
    let text = explain_json(sent.as_bytes()).unwrap();
    let blocks = vec![[0x5a; 128]; (text.len() + 17).div_ceil(128)];
    let title = format!("a payment of Bitlipa ({} bytes out, {} in)", sent.len(), BITLIPA.len());
    let mac = Hmac::<Sha512>::new_from_slice(SECRET.as_bytes()).unwrap();
    let form: Value = serde_json::from_str(&sent).unwrap();
    Group::new(&title, "payment-compressions", "the compressions of its signature", move || {
        let mut state = black_box([1; 8]);
        compress512(&mut state, black_box(&blocks));
        compress512(&mut state, black_box(&blocks[..1]));
        black_box(state);
    })
    .judged("payment", "request, checks, signature, body, answer", MOST, PAYMENT, whole(payment, BITLIPA))
    .way("plain: serde trees, text and MAC, no checks", move || {
        let mut body = black_box(&form).clone();
        let text = explain_json(body.to_string().as_bytes()).unwrap();
        let mut mac = mac.clone();
        mac.update(text.as_bytes());
        body["signature"] = json!(hex::encode(mac.finalize().into_bytes()));
        black_box(body.to_string());
        black_box(serde_json::from_str::<Value>(black_box(BITLIPA)).unwrap());
    })
}

fn cinetpay() -> Group {
    let mut checkout = CheckoutConfig::new(Secret::new("test-apikey-52c1"), "123456");
    checkout.callback_secrets = vec![Secret::new(SECRET)];
    checkout.notify_url = Some("https://shop.example/cinetpay".into());
    checkout.return_url = Some("https://shop.example/thanks".into());
    let cinetpay = CinetPay::new(cinetpay::Config::new(Some(checkout), None)).unwrap();
    let payment = move || {
        let amount = money("2500", Currency::Xof);
        let mut request = cinetpay::CheckoutRequest::new(order(), amount, "Two books");
        request.payer = payer("+2250700000001");
        cinetpay.initialise(&request)
    };
    unsigned("a payment page of CinetPay", "page", PAGE, payment, CINETPAY)
}

fn adullam() -> Group {
    let config = adullam::Config::new(Credentials::Bearer(Secret::new("test-key-7f3a")));
    let adullam = Adullam::new(config).unwrap();
    let payment = move || {
        let mut request = CheckoutRequest::new(order(), money("2500", Currency::Xof));
        request.payer = payer("+2250700000001");
        request.description = Some("Two books".into());
        adullam.create_checkout(&request)
    };
    unsigned("a checkout of Adullam", "checkout", CHECKOUT, payment, ADULLAM)
}

/// Without a signature, the least is to write and to read the same bytes.
fn unsigned<T: 'static>(
    title: &str,
    name: &'static str,
    instructions: u32,
    payment: impl Fn() -> Exchange<T> + 'static,
    answer: &'static str,
) -> Group {
    let sent = sent(payment());
    let tree: Value = serde_json::from_str(&sent).unwrap();
    let title = format!("{title} ({} bytes out, {} in)", sent.len(), answer.len());
    let floor = if name == "page" { "page-trees" } else { "checkout-trees" };
    Group::new(&title, floor, "plain: serde trees, no checks", move || {
        black_box(black_box(&tree).to_string());
        black_box(serde_json::from_str::<Value>(black_box(answer)).unwrap());
    })
    .judged(name, "request, checks, body, answer", MOST, instructions, whole(payment, answer))
}

/// One payment from the request to what is told of the answer.
fn whole<T>(payment: impl Fn() -> Exchange<T>, answer: &'static str) -> impl FnMut() {
    move || {
        let now = UnixTime::from_secs(0);
        let Step::Send(sending) = payment().start().step(now) else { panic!("the request has faults") };
        black_box(sending.request());
        let reply = HttpResponse::new(200, black_box(answer));
        let Step::Done(done) = sending.resume(Ok(reply)).step(now) else { panic!("there is more to do") };
        assert!(done.is_ok());
        black_box(&done);
    }
}

/// The body that goes out.
fn sent<T>(payment: Exchange<T>) -> String {
    let run: Run<T> = payment.start();
    let Step::Send(sending) = run.step(UnixTime::from_secs(0)) else { panic!("the request has faults") };
    String::from_utf8(sending.request().body.to_vec()).unwrap()
}

fn order() -> OrderId {
    OrderId::parse(black_box("INV-7")).unwrap()
}

fn money(major: &str, currency: Currency) -> Money {
    Money::parse_major(black_box(major), currency).unwrap()
}

fn payer(phone: &str) -> Customer {
    let mut payer = Customer::default();
    payer.phone = Some(PhoneNumber::parse(black_box(phone)).unwrap());
    payer.name = Some("Otieno".to_owned());
    payer.email = Some("otieno@example.com".to_owned());
    payer
}

// Instructions in hundredths of the floor, a little above what was counted.
const PAYMENT: u32 = 325;
const PAGE: u32 = 195;
const CHECKOUT: u32 = 175;

const SECRET: &str = "a-secret-that-is-used-as-text-0123456789abcdef0123456789abcdef";

const BITLIPA: &str = r#"{"order_id":"INV-7","transaction_id":"12345","transaction_ref":"","status":1,"result":{"code":0,"message":"OK"},"confirm_type":0}"#;

const CINETPAY: &str = r#"{"code":"201","message":"CREATED","description":"Transaction created with success","data":{"payment_token":"5df64dd9c5447739327eb88e1e4ea0ac015555cc262ea308c91acbd4e5c8fb95f4bd0bd7cad877a452f877fa6f51fe74184d00a84ab7f9","payment_url":"https://checkout.cinetpay.com/payment/5df64dd9c5447739327eb88e1e4ea0ac015555cc262ea308c91acbd4e5c8fb95f4bd0bd7cad877a452f877fa6f51fe74184d00a84ab7f9"},"api_response_id":"1632143554.8513"}"#;

const ADULLAM: &str = r#"{"id":"cs_ci_123456789","status":"created","amount":2500,"currency":"XOF","user_phone":"+2250700000001","payment_id":"INV-7","description":"Two books","created_at":"2023-11-07T05:31:56Z","expires_at":"2023-11-07T06:01:56Z","completed_at":null,"failure_reason":null,"transaction_fee":25}"#;
