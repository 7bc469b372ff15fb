//! Whole calls of the providers whose instructions `cargo xtask bench --check` counts under valgrind, beside the floor
//! that they are held to. Signing alone is counted by the bench `signature`.
//!
//! `--list-counted` prints name, floor and limit in hundredths; `--count NAME N` does the work N times.
#![allow(clippy::unwrap_used, reason = "what cannot be done has no instructions")]

use std::hint::black_box;

use hmac::{Hmac, KeyInit, Mac};
use nzimbu::bitlipa::{self, Bitlipa, C2bRequest};
use nzimbu::cinetpay;
use nzimbu_core::secret::Secret;
use nzimbu_core::signature::recursive::{RecursiveKey, explain_json};
use nzimbu_core::{
    BaseUrl, Currency, HttpResponse, Money, OrderId, PhoneNumber, RawCallback, Run, Step, UnixTime,
};
use serde::Serialize;
use sha2::block_api::compress512;
use sha2::{Sha256, Sha512};

/// Name, floor, and how many hundredths of the floor's instructions the work may take.
///
/// The figures of the project are ratios of time and stand in the other benches. An instruction of the compression
/// takes another time than one of the parser, so these limits are not the same numbers: they lie a little above what
/// was counted when they were set, and catch what makes the work longer.
const COUNTED: &[(&str, &str, u32)] = &[
    ("verify a callback", "MAC of the callback", 200),
    ("refuse a forged callback", "MAC of the callback", 150),
    ("verify a notification", "MAC of the notification", 190),
    ("build, sign and read a payment", "compressions of the payload", 250),
];

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["--list-counted"] => {
            COUNTED.iter().for_each(|(name, floor, limit)| println!("{name}\t{floor}\t{limit}"))
        }
        ["--count", name, times] => count(name, times.parse().unwrap()),
        _ => {
            // Every work is done once, so that none rots unseen.
            for (name, floor, _) in COUNTED {
                count(name, 1);
                count(floor, 1);
            }
            println!("counted by `cargo xtask bench --check` where valgrind is present");
        }
    }
}

fn count(name: &str, times: u32) {
    let mut work = work(name);
    (0..times).for_each(|_| work());
}

fn work(name: &str) -> Box<dyn FnMut()> {
    let key = RecursiveKey::new(&Secret::new(SECRET));
    let json = serde_json::to_string(&PAYLOAD).unwrap();
    let digest = key.sign_json(CALLBACK.as_bytes()).unwrap();
    let callback = format!(r#"{},"signature":"{digest}"}}"#, &CALLBACK[..CALLBACK.len() - 1]);
    match name {
        "compressions of the payload" => {
            let blocks = vec![[0x5a; 128]; (explain_json(json.as_bytes()).unwrap().len() + 17).div_ceil(128)];
            Box::new(move || {
                let mut state = black_box([1; 8]);
                compress512(&mut state, black_box(&blocks));
                compress512(&mut state, black_box(&blocks[..1]));
                black_box(state);
            })
        }
        "MAC of the callback" => {
            let text = explain_json(CALLBACK.as_bytes()).unwrap();
            let (mac, claimed) = (
                Hmac::<Sha512>::new_from_slice(SECRET.as_bytes()).unwrap(),
                hex::decode(digest.as_str()).unwrap(),
            );
            Box::new(move || {
                let mut mac = mac.clone();
                mac.update(black_box(text.as_bytes()));
                assert!(mac.verify_slice(black_box(&claimed)).is_ok());
            })
        }
        "verify a callback" => {
            let verifier = bitlipa::CallbackVerifier::new(&[Secret::new(SECRET)]);
            Box::new(move || {
                black_box(verifier.verify(black_box(&RawCallback::post(&[], callback.as_bytes()))).unwrap());
            })
        }
        "refuse a forged callback" => {
            let verifier = bitlipa::CallbackVerifier::new(&[Secret::new(SECRET)]);
            let forged = callback.replace(r#""status":3"#, r#""status":2"#);
            Box::new(move || {
                black_box(
                    verifier.verify(black_box(&RawCallback::post(&[], forged.as_bytes()))).unwrap_err(),
                );
            })
        }
        "MAC of the notification" => {
            let text = cinetpay::x_token_text(NOTIFICATION.as_bytes()).unwrap();
            let mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
            let claimed = hex::decode(x_token()).unwrap();
            Box::new(move || {
                let mut mac = mac.clone();
                mac.update(black_box(text.as_bytes()));
                assert!(mac.verify_slice(black_box(&claimed)).is_ok());
            })
        }
        "verify a notification" => {
            let verifier = cinetpay::CallbackVerifier::new("123456", &[Secret::new(SECRET)]).unwrap();
            let token = x_token();
            Box::new(move || {
                let headers = [("x-token", token.as_str())];
                let raw = RawCallback::post(&headers, NOTIFICATION.as_bytes());
                black_box(verifier.verify(black_box(&raw)).unwrap());
            })
        }
        "build, sign and read a payment" => payment(),
        other => panic!("nothing is counted under the name {other}"),
    }
}

/// One payment without a network: the request as the transport would get it, and the reading of its answer.
fn payment() -> Box<dyn FnMut()> {
    let base = BaseUrl::parse("https://gateway.example").unwrap();
    let bitlipa =
        Bitlipa::new(bitlipa::Config::new(base, "public", "merchant", Secret::new(SECRET))).unwrap();
    let mut request = C2bRequest::new(
        OrderId::parse("INV-7").unwrap(),
        Money::parse_major("100", Currency::Kes).unwrap(),
        347,
    );
    request.payer.phone = Some(PhoneNumber::parse("+254700000001").unwrap());
    request.payer.name = Some("Otieno".to_owned());
    request.payer.email = Some("otieno@example.com".to_owned());
    let body = r#"{"order_id":"INV-7","transaction_id":"12345","transaction_ref":"","status":1,"result":{"code":0,"message":"OK"},"confirm_type":0}"#;
    let now = UnixTime::from_secs(0);
    Box::new(move || {
        let run: Run<_> = bitlipa.payment_c2b(black_box(&request)).start();
        let Step::Send(sending) = run.step(now) else { panic!("the request has faults") };
        black_box(sending.request());
        let Step::Done(done) = sending.resume(Ok(HttpResponse::new(200, body))).step(now) else { panic!() };
        black_box(done.unwrap());
    })
}

fn x_token() -> String {
    let text = cinetpay::x_token_text(NOTIFICATION.as_bytes()).unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(text.as_bytes());
    hex::encode(mac.finalize().into_bytes())
}

#[derive(Serialize)]
struct Payload<'a> {
    merchant_id: &'a str,
    customer_id: &'a str,
    order_id: &'a str,
    amount: &'a str,
    currency: &'a str,
    country: &'a str,
    callback_url: &'a str,
    provider_id: u32,
    extra: Extra<'a>,
}

#[derive(Serialize)]
struct Extra<'a> {
    customer_name: &'a str,
    customer_email: &'a str,
}

const SECRET: &str = "a-secret-that-is-used-as-text-0123456789abcdef0123456789abcdef";

const PAYLOAD: Payload<'static> = Payload {
    merchant_id: "e0fecd91fcb24f348048193b3fb34875ba3722b4",
    customer_id: "254700000001",
    order_id: "ORD-01J8Z7Q6V3T0S4B2N9",
    amount: "1000.00",
    currency: "KES",
    country: "KE",
    callback_url: "https://merchant.example/callbacks/bitlipa",
    provider_id: 199,
    extra: Extra { customer_name: "Name Surname", customer_email: "customer@example.com" },
};

/// The documented members and some that were seen, without the signature.
const CALLBACK: &str = r#"{"transaction_id":"1234567","order_id":"16280954971628095497","status":3,"service_id":12345,"service_version":"5.2.0","service_date_time":"2020-11-25 10:08:32.832969","customer_id":"254700000001","provider_id":199,"currency":"KES","result":{"code":0,"message":"The customer did not confirm the payment within the time given"}}"#;

const NOTIFICATION: &str = "cpm_site_id=123456&cpm_trans_id=ORDER-1001&cpm_trans_date=2024-05-17+10%3A42%3A31&cpm_amount=2500&cpm_currency=XOF&signature=9f86d081884c7d659a2feaa0c55ad015&payment_method=OM&cel_phone_num=0707070707&cpm_phone_prefixe=225&cpm_language=fr&cpm_version=V4&cpm_payment_config=SINGLE&cpm_page_action=PAYMENT&cpm_custom=user001&cpm_designation=Achat+test&cpm_error_message=SUCCES&buyer_name=Ama";
