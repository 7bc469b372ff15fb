//! What signing and verifying cost beyond the compressions of the hash that nobody can avoid.
//!
//! Run with `cargo bench -p nzimbu-tests --bench signature`.
#![allow(clippy::unwrap_used, reason = "a bench that cannot sign has nothing to measure")]

mod harness;

use harness::compare;
use hmac::{Hmac, KeyInit, Mac};
use nzimbu_core::secret::Secret;
use nzimbu_core::signature::fields::{self, FieldsKey};
use nzimbu_core::signature::recursive::{RecursiveKey, Value, VerifyError, explain_json, verify};
use serde::Serialize;
use sha2::block_api::{compress256, compress512};
use sha2::{Sha256, Sha512};
use std::borrow::Cow;
use std::hint::black_box;

fn main() {
    let held = [typed_payload(), json_documents(), callback(), notification()];
    println!("\n{}", if held.contains(&false) { "NOT all limits hold" } else { "all limits hold" });
}

fn typed_payload() -> bool {
    let key = RecursiveKey::new(&Secret::new(SECRET));
    let json = serde_json::to_string(&PAYLOAD).unwrap();
    let text = explain_json(json.as_bytes()).unwrap();
    let digest = key.sign(&PAYLOAD).unwrap();
    assert_eq!(digest.as_str(), plain_payload(SECRET, &PAYLOAD));
    assert_eq!(sha512_blocks(text.len()), 3);
    let blocks = [[0x5a; 128]; 3];
    let mac = Hmac::<Sha512>::new_from_slice(SECRET.as_bytes()).unwrap();
    compare(
        &format!("sign a typed payload (text of {} bytes)", text.len()),
        ("3 inner compressions and 1 outer", &mut || floor512(&blocks)),
        &mut [
            ("MAC over the text, ready made", &mut || keep(whole(&mac, black_box(&text))), None),
            ("RecursiveKey::sign", &mut || keep(key.sign(black_box(&PAYLOAD)).unwrap()), Some(1.15)),
            (
                "plain: text, new HMAC, hex::encode",
                &mut || keep(plain_payload(SECRET, black_box(&PAYLOAD))),
                None,
            ),
        ],
    )
}

fn json_documents() -> bool {
    let key = RecursiveKey::new(&Secret::new(SECRET));
    let payload = serde_json::to_string(&PAYLOAD).unwrap();
    let members: Vec<String> = (0..120).map(|n| format!(r#""member_{n}":"value {n}""#)).collect();
    let long = format!("{{{}}}", members.join(","));
    let floats = r#"{"merchant_id":"e0fecd91fcb24f348048193b3fb34875ba3722b4","customer_id":"254700000001","order_id":"ORD-01J8Z7Q6V3T0S4B2N9","amount":1000.50,"currency":"KES","country":"KE","callback_url":"https://merchant.example/callbacks/bitlipa","provider_id":199,"extra":{"customer_name":"Name Surname","customer_email":"customer@example.com"}}"#;
    let mut held = true;
    for (name, json, limit) in [
        ("the same payload", payload.as_str(), Some(1.25)),
        ("120 members", long.as_str(), None),
        ("a float among the values", floats, None),
    ] {
        let text = explain_json(json.as_bytes()).unwrap();
        assert_eq!(key.sign_json(json.as_bytes()).unwrap().as_str(), plain_json(SECRET, json));
        let blocks = vec![[0x5a; 128]; sha512_blocks(text.len())];
        held &= compare(
            &format!("sign a JSON text: {name} ({} bytes, text of {})", json.len(), text.len()),
            ("the compressions alone", &mut || floor512(&blocks)),
            &mut [
                (
                    "RecursiveKey::sign_json",
                    &mut || keep(key.sign_json(black_box(json.as_bytes())).unwrap()),
                    limit,
                ),
                (
                    "plain: serde tree, text, new HMAC, hex::encode",
                    &mut || keep(plain_json(SECRET, black_box(json))),
                    None,
                ),
            ],
        );
    }
    held
}

fn callback() -> bool {
    let keys = [RecursiveKey::new(&Secret::new(SECRET))];
    let digest = keys[0].sign_json(CALLBACK.as_bytes()).unwrap();
    let text = explain_json(CALLBACK.as_bytes()).unwrap();
    let body = format!(r#"{},"signature":"{digest}"}}"#, &CALLBACK[..CALLBACK.len() - 1]);
    let forged = body.replace(r#""status":3"#, r#""status":2"#);
    assert_eq!(read_callback(&keys, body.as_bytes()).unwrap().status, 3);
    assert_eq!(read_callback(&keys, forged.as_bytes()).err(), Some(Refused::Signature));
    let claimed = hex::decode(digest.as_str()).unwrap();
    let mac = Hmac::<Sha512>::new_from_slice(SECRET.as_bytes()).unwrap();
    compare(
        &format!("verify a callback ({} bytes, text of {})", body.len(), text.len()),
        ("its MAC alone", &mut || {
            let mut mac = mac.clone();
            mac.update(black_box(text.as_bytes()));
            assert!(mac.verify_slice(black_box(&claimed)).is_ok());
        }),
        &mut [
            ("verify", &mut || keep(verify(&keys, black_box(body.as_bytes())).unwrap()), None),
            (
                "verify, strict schema, typed",
                &mut || keep(read_callback(&keys, black_box(body.as_bytes())).unwrap()),
                Some(2.0),
            ),
            (
                "a forged one",
                &mut || keep(read_callback(&keys, black_box(forged.as_bytes())).unwrap_err()),
                Some(1.5),
            ),
            (
                "plain: serde tree, text, new HMAC, hex ==",
                &mut || assert_eq!(plain_json(SECRET, black_box(&body)), digest.as_str()),
                None,
            ),
        ],
    )
}

fn notification() -> bool {
    let keys = [FieldsKey::new(&Secret::new(SECRET))];
    let values = NOTIFICATION_FIELDS.map(|field| decoded(field, NOTIFICATION));
    let text: String = values.concat();
    let token = keys[0].sign(values.iter().map(|value| &**value)).to_string();
    let claimed = hex::decode(&token).unwrap();
    let mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    let blocks = vec![[0x5a; 64]; (text.len() + 9).div_ceil(64)];
    compare(
        &format!(
            "verify a notification of {} fields (text of {})",
            NOTIFICATION.split('&').count(),
            text.len()
        ),
        ("its MAC alone", &mut || {
            let mut mac = mac.clone();
            mac.update(black_box(text.as_bytes()));
            assert!(mac.verify_slice(black_box(&claimed)).is_ok());
        }),
        &mut [
            (
                "the compressions alone",
                &mut || {
                    let mut state = black_box([1; 8]);
                    compress256(&mut state, black_box(&blocks));
                    compress256(&mut state, black_box(&blocks[..1]));
                    black_box(state);
                },
                None,
            ),
            (
                "fields::verify of decoded values",
                &mut || {
                    let parts = black_box(&values).iter().map(|value| &**value);
                    assert!(fields::verify(&keys, parts, black_box(&token)).is_ok());
                },
                None,
            ),
            (
                "form decoding and fields::verify",
                &mut || {
                    let values = read_form(black_box(NOTIFICATION));
                    let parts = values.iter().map(|value| &**value);
                    assert!(fields::verify(&keys, parts, black_box(&token)).is_ok());
                },
                Some(4.0),
            ),
            (
                "plain: form_urlencoded and fields::verify",
                &mut || {
                    let mut values = [const { Cow::Borrowed("") }; 16];
                    for (key, value) in form_urlencoded::parse(black_box(NOTIFICATION.as_bytes())) {
                        if let Some(at) = NOTIFICATION_FIELDS.iter().position(|field| *field == key) {
                            values[at] = value;
                        }
                    }
                    let parts = values.iter().map(|value| &**value);
                    assert!(fields::verify(&keys, parts, black_box(&token)).is_ok());
                },
                None,
            ),
        ],
    )
}

/// The sixteen values of a form, found where they usually stand, and decoded only where needed.
fn read_form(form: &str) -> [Cow<'_, str>; 16] {
    let mut values = [const { Cow::Borrowed("") }; 16];
    let mut expected = 0;
    for pair in form.split('&') {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let at = match NOTIFICATION_FIELDS.get(expected) {
            Some(field) if *field == key => Some(expected),
            _ => NOTIFICATION_FIELDS.iter().position(|field| *field == key),
        };
        let Some(at) = at else { continue };
        expected = at + 1;
        values[at] = if value.bytes().any(|byte| matches!(byte, b'%' | b'+')) {
            let whole = form_urlencoded::parse(value.as_bytes()).next();
            whole.map_or(Cow::Borrowed(""), |(value, _)| value)
        } else {
            Cow::Borrowed(value)
        };
    }
    values
}

/// What a provider makes of a callback: the keys from a list, each value of its type.
#[derive(Debug)]
#[allow(dead_code, reason = "written to be paid for, not to be read")]
struct Callback {
    order_id: String,
    transaction_id: Option<String>,
    status: i64,
    result: Option<(i64, String)>,
    key_index: usize,
}

#[derive(Debug, PartialEq)]
enum Refused {
    Schema,
    Signature,
}

fn read_callback(keys: &[RecursiveKey], body: &[u8]) -> Result<Callback, Refused> {
    let verified = verify(keys, body).map_err(|error| match error {
        VerifyError::Malformed(_) => Refused::Schema,
        _ => Refused::Signature,
    })?;
    let (mut order_id, mut transaction_id, mut status, mut result) = (None, None, None, None);
    for (key, value) in verified.document.members() {
        match (key, value) {
            ("order_id", Value::Text(id)) => order_id = Some(id.to_owned()),
            ("transaction_id", Value::Text(id)) => transaction_id = Some(id.to_owned()),
            ("status", value) => status = Some(value.as_integer().ok_or(Refused::Schema)?),
            ("result", Value::Object(members)) => {
                let (mut code, mut message) = (None, None);
                for (key, value) in members {
                    match (key, value) {
                        ("code", value) => code = Some(value.as_integer().ok_or(Refused::Schema)?),
                        ("message", Value::Text(text)) => message = Some(text.to_owned()),
                        _ => return Err(Refused::Schema),
                    }
                }
                result = code.zip(message);
            }
            ("service_id" | "provider_id", Value::Number(_))
            | (
                "customer_id" | "currency" | "service_version" | "service_date_time" | "signature",
                Value::Text(_),
            ) => {}
            _ => return Err(Refused::Schema),
        }
    }
    Ok(Callback {
        order_id: order_id.ok_or(Refused::Schema)?,
        transaction_id,
        status: status.ok_or(Refused::Schema)?,
        result,
        key_index: verified.proof.key_index(),
    })
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
