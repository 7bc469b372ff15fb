//! What signing and verifying cost beyond the hashing that nobody can avoid.
//!
//! ```text
//! cargo bench -p nzimbu-tests --bench signature                              times, against the limits
//! cargo bench -p nzimbu-tests --bench signature -- --list-counted            name, floor, limit in hundredths
//! cargo bench -p nzimbu-tests --bench signature -- --count callback 1000     does that work 1000 times
//! ```
//!
//! Times are taken in turns with those of the floor, and only ratios are judged. The last two forms are for counting
//! instructions, which are the same in every run on one kind of machine: under `valgrind --tool=callgrind
//! --callgrind-out-file=/dev/null` the difference between 1100 and 100 calls is a thousand calls without the start of
//! the program. Instructions have limits of their own, three percent above what was counted, because they weigh
//! otherwise than times: the compressions are long chains in which each instruction waits for the one before.
//! Valgrind does not know the processor's instructions for SHA-256, so that the floor of a notification weighs far more
//! there than on the clock.
#![allow(clippy::unwrap_used, reason = "a bench that cannot sign has nothing to measure")]

mod harness;

use harness::{Group, main_of};
use hmac::{Hmac, KeyInit, Mac};
use nzimbu::bitlipa;
use nzimbu::cinetpay;
use nzimbu_core::secret::Secret;
use nzimbu_core::signature::fields::{self, FieldsKey};
use nzimbu_core::signature::recursive::{RecursiveKey, explain_json, verify};
use nzimbu_core::{Callback, CallbackError, RawCallback};
use serde::Serialize;
use sha2::block_api::{compress256, compress512};
use sha2::{Sha256, Sha512};
use std::borrow::Cow;
use std::hint::black_box;

fn main() {
    let payload = serde_json::to_string(&PAYLOAD).unwrap();
    let payload = json_document("json", "the same payload", Some(1.25), payload);
    let long = json_document("json-long", "120 members", None, many_members());
    let floats = json_document("json-floats", "a float among the values", None, WITH_FLOAT.to_owned());
    main_of(vec![typed_payload(), payload, long, floats, callback(), notification()]);
}

fn typed_payload() -> Group {
    let key = RecursiveKey::new(&Secret::new(SECRET));
    let json = serde_json::to_string(&PAYLOAD).unwrap();
    let text = explain_json(json.as_bytes()).unwrap();
    assert_eq!(key.sign(&PAYLOAD).unwrap().as_str(), plain_payload(SECRET, &PAYLOAD));
    assert_eq!(sha512_blocks(text.len()), 3);
    let blocks = [[0x5a; 128]; 3];
    let mac = Hmac::<Sha512>::new_from_slice(SECRET.as_bytes()).unwrap();
    let title = format!("sign a typed payload (text of {} bytes)", text.len());
    Group::new(&title, "typed-floor", "3 inner compressions and 1 outer", move || floor512(&blocks))
        .way("the crate hmac, of the text ready made", move || keep(whole(&mac, black_box(&text))))
        .judged("typed", "RecursiveKey::sign", 1.15, TYPED, move || {
            keep(key.sign(black_box(&PAYLOAD)).unwrap());
        })
        .way("plain: text, new HMAC, hex::encode", || keep(plain_payload(SECRET, black_box(&PAYLOAD))))
}

fn json_document(name: &'static str, title: &str, limit: Option<f64>, json: String) -> Group {
    let key = RecursiveKey::new(&Secret::new(SECRET));
    let text = explain_json(json.as_bytes()).unwrap();
    assert_eq!(key.sign_json(json.as_bytes()).unwrap().as_str(), plain_json(SECRET, &json));
    let blocks = vec![[0x5a; 128]; sha512_blocks(text.len())];
    let title = format!("sign a JSON text: {title} ({} bytes, text of {})", json.len(), text.len());
    let plain = json.clone();
    let ours = move || keep(key.sign_json(black_box(json.as_bytes())).unwrap());
    let group = Group::new(&title, "json-floor", "the compressions alone", move || floor512(&blocks));
    let group = match limit {
        Some(limit) => group.judged(name, "RecursiveKey::sign_json", limit, JSON, ours),
        None => group.way("RecursiveKey::sign_json", ours),
    };
    group.way("plain: serde tree, text, new HMAC, hex::encode", move || {
        keep(plain_json(SECRET, black_box(&plain)));
    })
}

fn callback() -> Group {
    let secret = Secret::new(SECRET);
    let keys = [RecursiveKey::new(&secret)];
    let digest = keys[0].sign_json(CALLBACK.as_bytes()).unwrap();
    let text = explain_json(CALLBACK.as_bytes()).unwrap();
    let body = format!(r#"{},"signature":"{digest}"}}"#, &CALLBACK[..CALLBACK.len() - 1]);
    let forged = body.replace(r#""status":3"#, r#""status":2"#);
    let verifier = bitlipa::CallbackVerifier::new(&[secret]).unwrap();
    let other = verifier.clone();
    assert!(matches!(verifier.verify(&RawCallback::post(&[], body.as_bytes())), Ok(Callback::Authentic(_))));
    let refused = verifier.verify(&RawCallback::post(&[], forged.as_bytes()));
    assert_eq!(refused.err(), Some(CallbackError::BadSignature));
    let claimed = hex::decode(digest.as_str()).unwrap();
    let mac = Hmac::<Sha512>::new_from_slice(SECRET.as_bytes()).unwrap();
    let title = format!("verify a callback of Bitlipa ({} bytes, text of {})", body.len(), text.len());
    let (signed, plain) = (body.clone(), body.clone());
    Group::new(&title, "callback-mac", "its MAC alone", move || {
        let mut mac = mac.clone();
        mac.update(black_box(text.as_bytes()));
        assert!(mac.verify_slice(black_box(&claimed)).is_ok());
    })
    .way("verify without schema", move || keep(verify(&keys, black_box(signed.as_bytes())).unwrap()))
    .judged("callback", "bitlipa::CallbackVerifier::verify", 2.0, GENUINE, move || {
        keep(verifier.verify(&RawCallback::post(&[], black_box(body.as_bytes()))).unwrap());
    })
    .judged("callback-forged", "the same of a forged one", 1.5, FORGED, move || {
        keep(other.verify(&RawCallback::post(&[], black_box(forged.as_bytes()))).unwrap_err());
    })
    .way("plain: serde tree, text, new HMAC, hex ==", move || {
        assert_eq!(plain_json(SECRET, black_box(&plain)), digest.as_str());
    })
}

fn notification() -> Group {
    let secret = Secret::new(SECRET);
    let keys = [FieldsKey::new(&secret)];
    let values = NOTIFICATION_FIELDS.map(|field| decoded(field, NOTIFICATION));
    let text: String = values.concat();
    let token = keys[0].sign(values.iter().map(|value| &**value)).to_string();
    let claimed = hex::decode(&token).unwrap();
    let mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    let blocks = vec![[0x5a; 64]; (text.len() + 9).div_ceil(64)];
    let verifier = cinetpay::CallbackVerifier::new("123456", &[secret]).unwrap();
    let title = format!(
        "verify a notification of CinetPay ({} fields, text of {})",
        NOTIFICATION.split('&').count(),
        text.len()
    );
    let (keys_of_plain, token_of_plain, token_of_ours) = (keys.clone(), token.clone(), token.clone());
    Group::new(&title, "notification-mac", "its MAC alone", move || {
        let mut mac = mac.clone();
        mac.update(black_box(text.as_bytes()));
        assert!(mac.verify_slice(black_box(&claimed)).is_ok());
    })
    .way("the compressions alone", move || {
        let mut state = black_box([1; 8]);
        compress256(&mut state, black_box(&blocks));
        compress256(&mut state, black_box(&blocks[..1]));
        black_box(state);
    })
    .way("fields::verify of decoded values", move || {
        let parts = black_box(&values).iter().map(|value| &**value);
        assert!(fields::verify(&keys, parts, black_box(&token)).is_ok());
    })
    .judged("notification", "cinetpay::CallbackVerifier::verify", 4.0, NOTICE, move || {
        let headers = [("x-token", token_of_ours.as_str())];
        keep(verifier.verify(&RawCallback::post(&headers, black_box(NOTIFICATION.as_bytes()))).unwrap());
    })
    .way("plain: form_urlencoded and fields::verify", move || {
        let mut values = [const { Cow::Borrowed("") }; 16];
        for (key, value) in form_urlencoded::parse(black_box(NOTIFICATION.as_bytes())) {
            if let Some(at) = NOTIFICATION_FIELDS.iter().position(|field| *field == key) {
                values[at] = value;
            }
        }
        let parts = values.iter().map(|value| &**value);
        assert!(fields::verify(&keys_of_plain, parts, black_box(&token_of_plain)).is_ok());
    })
}

fn many_members() -> String {
    let members: Vec<String> = (0..120).map(|n| format!(r#""member_{n}":"value {n}""#)).collect();
    format!("{{{}}}", members.join(","))
}

#[derive(Serialize)]
struct Payload<'a> {
    merchant_id: &'a str,
    customer_id: &'a str,
    order_id: &'a str,
    amount: &'a str,
    currency: &'a str,
    country: &'a str,
    callback_url: Option<&'a str>,
    provider_id: u32,
    extra: Extra<'a>,
}

#[derive(Serialize)]
struct Extra<'a> {
    customer_name: &'a str,
    customer_email: &'a str,
}

/// What one writes first: the text as a `String`, an HMAC from the secret, and its hex.
fn plain_payload(secret: &str, payload: &Payload<'_>) -> String {
    let mut text = String::new();
    let provider_id = payload.provider_id.to_string();
    for (key, value) in [
        ("merchant_id", payload.merchant_id),
        ("customer_id", payload.customer_id),
        ("order_id", payload.order_id),
        ("amount", payload.amount),
        ("currency", payload.currency),
        ("country", payload.country),
        ("callback_url", payload.callback_url.unwrap_or("")),
        ("provider_id", &provider_id),
        ("extra.customer_name", payload.extra.customer_name),
        ("extra.customer_email", payload.extra.customer_email),
    ] {
        text.push_str(&format!("{key}{value}"));
    }
    plain_mac(secret, &text)
}

fn plain_json(secret: &str, json: &str) -> String {
    let mut text = String::new();
    let tree: plain::Tree = serde_json::from_str(json).unwrap();
    tree.write("", &mut text);
    plain_mac(secret, &text)
}

fn plain_mac(secret: &str, text: &str) -> String {
    let mut mac = Hmac::<Sha512>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(text.as_bytes());
    hex::encode(mac.finalize().into_bytes())
}

/// A tree of owned values, as one gets it from serde when the order of members matters.
mod plain {
    use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
    use std::fmt;

    pub(crate) enum Tree {
        Container(Vec<(String, Tree)>),
        Scalar(String),
    }

    impl Tree {
        pub(crate) fn write(&self, prefix: &str, out: &mut String) {
            let Self::Container(members) = self else { return };
            for (key, value) in members {
                match value {
                    Self::Container(_) => value.write(&format!("{prefix}{key}."), out),
                    Self::Scalar(_) if key == "signature" => {}
                    Self::Scalar(text) => out.push_str(&format!("{prefix}{key}{text}")),
                }
            }
        }
    }

    impl<'de> Deserialize<'de> for Tree {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_any(TreeVisitor)
        }
    }

    struct TreeVisitor;

    impl<'de> Visitor<'de> for TreeVisitor {
        type Value = Tree;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("JSON")
        }

        fn visit_u64<E>(self, value: u64) -> Result<Tree, E> {
            Ok(Tree::Scalar(value.to_string()))
        }

        fn visit_f64<E>(self, value: f64) -> Result<Tree, E> {
            Ok(Tree::Scalar(value.to_string()))
        }

        fn visit_str<E>(self, value: &str) -> Result<Tree, E> {
            Ok(Tree::Scalar(value.to_owned()))
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Tree, A::Error> {
            let mut items = Vec::new();
            while let Some(item) = list.next_element()? {
                items.push((items.len().to_string(), item));
            }
            Ok(Tree::Container(items))
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Tree, A::Error> {
            let mut members = Vec::new();
            while let Some(member) = map.next_entry()? {
                members.push(member);
            }
            Ok(Tree::Container(members))
        }
    }
}

fn keep<T>(value: T) {
    black_box(value);
}

/// The MAC over a text that is there already.
fn whole(mac: &Hmac<Sha512>, text: &str) -> [u8; 64] {
    let mut mac = mac.clone();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().into()
}

/// The inner compressions, and the outer one, from midstates that are known.
fn floor512(blocks: &[[u8; 128]]) {
    let mut state = black_box([1; 8]);
    compress512(&mut state, black_box(blocks));
    compress512(&mut state, black_box(&blocks[..1]));
    black_box(state);
}

/// Blocks of a text with the padding of SHA-512: one byte and a length of 16 bytes.
fn sha512_blocks(text: usize) -> usize {
    (text + 17).div_ceil(128)
}

fn decoded(field: &str, form: &str) -> String {
    form_urlencoded::parse(form.as_bytes())
        .find(|(key, _)| key == field)
        .map_or_else(String::new, |(_, value)| value.into_owned())
}

// Limits in hundredths of the floor. Where the clock has a looser one, it is a little above what was counted.
const TYPED: u32 = 115;
const JSON: u32 = 125;
const GENUINE: u32 = 200;
const FORGED: u32 = 150;
const NOTICE: u32 = 190;

const SECRET: &str = "an invented secret of ordinary length";

const PAYLOAD: Payload<'static> = Payload {
    merchant_id: "e0fecd91fcb24f348048193b3fb34875ba3722b4",
    customer_id: "254700000001",
    order_id: "ORD-01J8Z7Q6V3T0S4B2N9",
    amount: "1000.00",
    currency: "KES",
    country: "KE",
    callback_url: Some("https://merchant.example/callbacks/bitlipa"),
    provider_id: 199,
    extra: Extra { customer_name: "Name Surname", customer_email: "customer@example.com" },
};

const WITH_FLOAT: &str = r#"{"merchant_id":"e0fecd91fcb24f348048193b3fb34875ba3722b4","customer_id":"254700000001","order_id":"ORD-01J8Z7Q6V3T0S4B2N9","amount":1000.50,"currency":"KES","country":"KE","callback_url":"https://merchant.example/callbacks/bitlipa","provider_id":199,"extra":{"customer_name":"Name Surname","customer_email":"customer@example.com"}}"#;

/// The documented members and some that were seen, without the signature.
const CALLBACK: &str = r#"{"transaction_id":"1234567","order_id":"16280954971628095497","status":3,"service_id":12345,"service_version":"5.2.0","service_date_time":"2020-11-25 10:08:32.832969","customer_id":"254700000001","provider_id":199,"currency":"KES","result":{"code":0,"message":"The customer did not confirm the payment within the time given"}}"#;

const NOTIFICATION: &str = "cpm_site_id=123456&cpm_trans_id=ORDER-1001&cpm_trans_date=2024-05-17+10%3A42%3A31&cpm_amount=2500&cpm_currency=XOF&signature=9f86d081884c7d659a2feaa0c55ad015&payment_method=OM&cel_phone_num=0707070707&cpm_phone_prefixe=225&cpm_language=fr&cpm_version=V4&cpm_payment_config=SINGLE&cpm_page_action=PAYMENT&cpm_custom=user001&cpm_designation=Achat+test&cpm_error_message=SUCCES&buyer_name=Ama";

const NOTIFICATION_FIELDS: [&str; 16] = [
    "cpm_site_id",
    "cpm_trans_id",
    "cpm_trans_date",
    "cpm_amount",
    "cpm_currency",
    "signature",
    "payment_method",
    "cel_phone_num",
    "cpm_phone_prefixe",
    "cpm_language",
    "cpm_version",
    "cpm_payment_config",
    "cpm_page_action",
    "cpm_custom",
    "cpm_designation",
    "cpm_error_message",
];
