//! Bitlipa's callbacks: the golden vectors, every forgery that its documents make possible, and the law that a signed
//! text can be read in one way only.
#![cfg(feature = "bitlipa")]
#![allow(clippy::unwrap_used, reason = "a failing test may panic")]

use nzimbu_core::secret::Secret;
use nzimbu_core::signature::recursive::{RecursiveKey, explain_json};
use nzimbu_core::{
    BaseUrl, Callback, CallbackError, Currency, Method, Money, Operation, PaymentProvider, RawCallback,
    Receipt, Status, UnixTime,
};
use nzimbu_providers::bitlipa::{Bitlipa, CallbackVerifier, Config, Schema};
use proptest::prelude::*;

const VECTORS: &str = include_str!("../../../fixtures/signature/bitlipa-signature.json");
const SECRET: &str = "cf11635572c1e8d77297207152dc0791ad91f22b32d23c758ce3ba2637202ad8f7290ba41f2243cccf32edde1dfb8bf0f5dea62525309e293b3adb2c76eed6a5";

/// The page's callback.
const SAMPLE: &str = include_str!("../../../fixtures/bitlipa/samples/callback-success.json");

/// What was seen in use.
const SEEN: &str = r#"{"order_id":"INV-7","transaction_id":"t-9","status":2,"customer_id":"0800000000","provider_id":2079,"amount":2500,"currency":"CDF","merchant_id":"m1"}"#;

fn verifier() -> CallbackVerifier {
    CallbackVerifier::new(&[Secret::new(SECRET)]).unwrap()
}

fn verify(body: &str) -> Result<Callback, CallbackError> {
    verifier().verify(&RawCallback::post(&[], body.as_bytes()))
}

/// Signs an object and puts the signature in as its last member.
fn signed(object: &str) -> String {
    let digest = RecursiveKey::new(&Secret::new(SECRET)).sign_json(object.as_bytes()).unwrap();
    with_signature(object, digest.as_str())
}

fn with_signature(object: &str, digest: &str) -> String {
    let open = object.trim_end().strip_suffix('}').unwrap();
    let comma = if open.trim_end().ends_with('{') { "" } else { "," };
    format!(r#"{open}{comma}"signature":"{digest}"}}"#)
}

fn receipt(result: Result<Callback, CallbackError>) -> Receipt {
    match result {
        Ok(Callback::Authentic(callback)) => callback.into_receipt(),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn refused(object: &str) {
    let result = verify(&signed(object));
    assert!(
        matches!(result, Err(CallbackError::Malformed(_) | CallbackError::Unreadable(_))),
        "{object}: {result:?}"
    );
}

#[test]
fn the_pages_callback_is_authentic_once_it_is_really_signed() {
    assert_eq!(verify(SAMPLE).unwrap_err(), CallbackError::BadSignature, "its signature is a placeholder");
    let mut body: serde_json::Value = serde_json::from_str(SAMPLE).unwrap();
    let placeholder = body["signature"].as_str().unwrap().to_owned();
    let digest = RecursiveKey::new(&Secret::new(SECRET)).sign_json(SAMPLE.as_bytes()).unwrap();
    let genuine = SAMPLE.replace(&placeholder, digest.as_str());
    let told = receipt(verify(&genuine));
    assert_eq!(
        (told.order.as_str(), told.status, &*told.raw_status),
        ("16280954971628095497", Status::Succeeded, "2")
    );
    assert_eq!((told.reference.unwrap().as_str(), told.amount), ("1234567", None));
    // Capitals in the digest are the same bytes.
    let loud = SAMPLE.replace(&placeholder, &digest.as_str().to_uppercase());
    assert_eq!(receipt(verify(&loud)).status, Status::Succeeded);
    body["status"] = 3.into();
    assert_eq!(verify(&body.to_string()).unwrap_err(), CallbackError::BadSignature);
}

#[test]
fn the_callback_seen_in_use_is_authentic_and_states_its_amount() {
    let told = receipt(verify(&signed(SEEN)));
    assert_eq!(told.amount, Some(Money::parse_major("2500", Currency::Cdf).unwrap()));
    assert_eq!(told.method.as_deref(), Some("2079"));
    for amount in ["2500.00", "\"2500.00\"", "\"2500\"", "2500.0"] {
        let told = receipt(verify(&signed(&SEEN.replace("2500", amount))));
        assert_eq!(told.amount, Some(Money::parse_major("2500", Currency::Cdf).unwrap()), "{amount}");
    }
    for amount in
        ["-2500", "2.5e3", "\"2 500\"", "2500.001", "123456789012345678", "true", "null", "\"\"", "{}"]
    {
        refused(&SEEN.replace("2500", amount));
    }
    for currency in ["EUR", "cdf", "CD", ""] {
        refused(&SEEN.replace("CDF", currency));
    }
}

#[test]
fn every_documented_member_is_allowed() {
    let all = r#"{"transaction_id":"1","order_id":"A","status":4,"service_id":"s","service_version":11.1,"service_date_time":"2020-11-25 10:08:32.832969","result":{"code":"0","message":"Invalid amount, operation failed"},"provider_result":{"code":-8888,"message":"not confirmed"},"transaction_ref":"","confirm_type":0,"country":"KE","operation":16,"extra":{"customer_message":"status of the country","customer_redirect":"https://hpp.bitlipa.net/?order_id=A&status=2&transaction_id=","transfer_amount":100,"account_number":"1","bank_name":"B"}}"#;
    let result = verify(&signed(all));
    let Ok(Callback::Authentic(callback)) = &result else { panic!("{result:?}") };
    assert_eq!(callback.operation(), Operation::Payout);
    assert_eq!(callback.receipt().failure.as_deref(), Some("not confirmed"));
    for (code, operation) in [("17", Operation::Payment), ("\"16\"", Operation::Payout)] {
        let body = signed(&all.replace(r#""operation":16"#, &format!(r#""operation_type":{code}"#)));
        let Ok(Callback::Authentic(callback)) = verify(&body) else { panic!("{code}") };
        assert_eq!(callback.operation(), operation);
    }
    refused(&all.replace(r#""operation":16"#, r#""operation":16,"operation_type":17"#));
    refused(&all.replace(r#""operation":16"#, r#""operation":18"#));
    refused(&all.replace(r#""operation":16"#, r#""operation":"payment_c2b""#));
    // PHP writes an empty object as an empty list; neither leaves a trace in what is signed.
    for empty in ["[]", "{}"] {
        let body = signed(&format!(r#"{{"order_id":"A","status":1,"extra":{empty}}}"#));
        assert_eq!(receipt(verify(&body)).status, Status::Pending);
    }
    refused(r#"{"order_id":"A","status":1,"extra":null}"#);
    refused(r#"{"order_id":"A","status":1,"extra":["x"]}"#);
    refused(r#"{"order_id":"A","status":1,"result":0}"#);
}

#[test]
fn statuses_are_integers_of_the_table() {
    let rows = [
        ("-1", Status::Unrecognized),
        ("0", Status::Pending),
        ("1", Status::Pending),
        ("2", Status::Succeeded),
        ("3", Status::Failed),
        ("4", Status::Cancelled),
        ("5", Status::Unrecognized),
        ("6", Status::Pending),
        ("7", Status::Unrecognized),
    ];
    for (code, meaning) in rows {
        let told = receipt(verify(&signed(&format!(r#"{{"order_id":"A","status":{code}}}"#))));
        assert_eq!(told.status, meaning, "{code}");
    }
    for code in ["8", "-2", "22", "\"2\"", "2.0", "2e0", "-0", "true", "null", "{}", "[2]"] {
        refused(&format!(r#"{{"order_id":"A","status":{code}}}"#));
    }
}

#[test]
fn order_and_status_are_needed_and_typed() {
    refused(r#"{"status":2}"#);
    refused(r#"{"order_id":"A"}"#);
    refused(r#"{"order_id":1,"status":2}"#);
    refused(r#"{"order_id":"","status":2}"#);
    refused(r#"{"order_id":"A B","status":2}"#);
    refused(r#"{"order_id":"É","status":2}"#);
    refused(&format!(r#"{{"order_id":"{}","status":2}}"#, "A".repeat(129)));
    let long = "A".repeat(128);
    assert_eq!(
        receipt(verify(&signed(&format!(r#"{{"order_id":"{long}","status":2}}"#)))).order.as_str(),
        long
    );
    refused(r#"{"order_id":"A","status":2,"transaction_id":true}"#);
    refused(r#"{"order_id":"A","status":2,"customer_id":1.5}"#);
}

#[test]
fn vectors_pass_only_where_they_are_callbacks() {
    let vectors: serde_json::Value = serde_json::from_str(VECTORS).unwrap();
    let mut authentic = Vec::new();
    let mut seen = 0;
    for vector in vectors["vectors"].as_array().unwrap() {
        let (Some(json), Some(digest)) = (vector["json"].as_str(), vector["hmac_sha512"].as_str()) else {
            continue;
        };
        if !json.starts_with('{') {
            continue;
        }
        seen += 1;
        let body = json.replace(r#","signature":"ignored""#, "");
        let body = if body.contains(r#""signature":"#) { body } else { with_signature(&body, digest) };
        let secret = Secret::new(vector["secret"].as_str().unwrap());
        match CallbackVerifier::new(&[secret]).unwrap().verify(&RawCallback::post(&[], body.as_bytes())) {
            Ok(Callback::Authentic(_)) => authentic.push(vector["name"].as_str().unwrap()),
            Ok(other) => panic!("{vector}: {other:?}"),
            Err(CallbackError::Malformed(_) | CallbackError::Unreadable(_)) => {}
            // The vectors of the signature key hold a placeholder of their own.
            Err(CallbackError::BadSignature) => assert!(json.contains(r#""signature":"#), "{vector}"),
            Err(other) => panic!("{vector}: {other:?}"),
        }
    }
    assert_eq!(authentic, ["callback_sample", "pretty_printed_same_as_compact"]);
    assert!(seen > 40);
}

#[test]
fn a_failure_cannot_be_cut_into_a_success() {
    let vectors: serde_json::Value = serde_json::from_str(VECTORS).unwrap();
    let vector = |name: &str| {
        let vectors = vectors["vectors"].as_array().unwrap();
        let found = vectors.iter().find(|vector| vector["name"] == name).unwrap();
        let (json, digest) = (found["json"].as_str().unwrap(), found["hmac_sha512"].as_str().unwrap());
        with_signature(json, digest)
    };
    // The order id that makes it possible is refused as well, though the message is genuine.
    for name in ["forge_orderid_genuine_failed", "forge_orderid_fake_success"] {
        assert!(
            matches!(verify(&vector(name)), Err(CallbackError::Malformed(_) | CallbackError::Unreadable(_))),
            "{name}"
        );
    }
}

#[test]
fn no_cut_hides_in_an_allowed_member() {
    let genuine = r#"{"transaction_id":"1","order_id":"Astatus2extra.customer_message","status":3,"service_id":12345,"result":{"code":0,"message":"OK"}}"#;
    let forged = r#"{"transaction_id":"1","order_id":"A","status":2,"extra":{"customer_message":"status3"},"service_id":12345,"result":{"code":0,"message":"OK"}}"#;
    let text = "transaction_id1order_idAstatus2extra.customer_messagestatus3service_id12345result.code0result.messageOK";
    for object in [genuine, forged] {
        assert_eq!(explain_json(object.as_bytes()).unwrap(), text);
        refused(object);
    }
    // The same with every other member that takes any words, and with the amount.
    for place in [
        r#""result":{"message":"status3"}"#,
        r#""provider_result":{"message":"status3"}"#,
        r#""service_version":"status3""#,
        r#""extra":{"bank_name":"xstatus-1"}"#,
        r#""result":{"message":"amount1"}"#,
        r#""result":{"message":"currencyKES"}"#,
        r#""result":{"message":"order_idB"}"#,
        r#""result":{"message":"operation_code16"}"#,
        r#""customer_id":"order_idB""#,
        r#""merchant_id":"m1status2""#,
        // The name begins in the value and ends in what follows it.
        r#""service_version":"provider_","result":{"code":"0"}"#,
        r#""service_version":"st","result":{"message":"result.code0"}"#,
    ] {
        refused(&format!(r#"{{"order_id":"A","status":2,{place}}}"#));
    }
}

#[test]
fn members_stand_once_and_are_known() {
    let good = signed(r#"{"order_id":"A","status":3}"#);
    let twice = good.replace(r#""status":3"#, r#""status":2,"status":3"#);
    assert_eq!(verify(&twice).unwrap_err(), CallbackError::Malformed("a member stands twice"));
    let object = r#"{"order_id":"A","status":2,"status":3}"#;
    assert_eq!(verify(&signed(object)).unwrap_err(), CallbackError::Malformed("a member stands twice"));
    for member in [
        r#""x":1"#,
        r#""statusx":1"#,
        r#""result.code":0"#,
        r#""extra.customer_message":"x""#,
        r#""extra":{"note":"x"}"#,
        r#""extra":{"signature":"x"}"#,
        r#""extra":{"customer_message":{"a":1}}"#,
        r#""result":{"code":0,"status":2}"#,
        r#""Status":2"#,
        r#""callback_url":"https://m.example/cb""#,
        r#""name":"x""#,
        r#""":1"#,
    ] {
        refused(&format!(r#"{{"order_id":"A","status":2,{member}}}"#));
    }
    for signature in [r#"{"a":"b"}"#, r#"["a"]"#] {
        let body = format!(r#"{{"order_id":"A","status":2,"signature":{signature}}}"#);
        assert!(
            matches!(verify(&body), Err(CallbackError::Malformed(_) | CallbackError::Unreadable(_))),
            "{signature}"
        );
    }
    for signature in ["null", "1", "\"\"", "\"ab\"", &format!("\"{}\"", "g".repeat(128))] {
        let body = format!(r#"{{"order_id":"A","status":2,"signature":{signature}}}"#);
        assert_eq!(verify(&body).unwrap_err(), CallbackError::BadSignature, "{signature}");
    }
    assert_eq!(verify(r#"{"order_id":"A","status":2}"#).unwrap_err(), CallbackError::BadSignature);
    for body in ["", "[]", "null", "status=2", r#"{"order_id":"A""#, "{\"a\":\"\u{0}\"}"] {
        assert!(
            matches!(verify(body), Err(CallbackError::Malformed(_) | CallbackError::Unreadable(_))),
            "{body}"
        );
    }
    let get = RawCallback { method: Method::Get, ..RawCallback::post(&[], good.as_bytes()) };
    assert!(matches!(
        verifier().verify(&get),
        Err(CallbackError::Malformed(_) | CallbackError::Unreadable(_))
    ));
}

#[test]
fn a_link_shown_to_the_customer_is_no_callback() {
    let vectors: serde_json::Value = serde_json::from_str(VECTORS).unwrap();
    let links = vectors["hpp_flat_vectors"].as_array().unwrap();
    let link = links.iter().find(|link| link["name"] == "hpp_user_controlled_name").unwrap();
    let digest = link["hmac_sha512"].as_str().unwrap();
    let start = r#""merchant_id":"m1","customer_id":"c1","order_id":"victim-1","country":"NG","currency":"NGN","provider_id":5008"#;
    for end in [
        r#""operation":"c2b","type":"bank_transfer","callback_url":"https://m.example/cb","namex":"","status":2"#,
        r#""operation":"c2btypebank_transfercallback_urlhttps://m.example/cbnamex","status":2"#,
        r#""operationc":"2btypebank_transfercallback_urlhttps://m.example/cbnamex","status":2"#,
        r#""operation":"c2b","type":"bank_transfer","callback_url":"https://m.example/cb","name":"xstatus2""#,
    ] {
        let object = format!("{{{start},{end}}}");
        assert_eq!(explain_json(object.as_bytes()).unwrap(), link["text"].as_str().unwrap());
        let result = verify(&with_signature(&object, digest));
        assert!(
            matches!(result, Err(CallbackError::Malformed(_) | CallbackError::Unreadable(_))),
            "{end}: {result:?}"
        );
    }
    // Hidden in a member that takes any words.
    refused(r#"{"order_id":"A","status":2,"result":{"message":"callback_urlhttps://m.example/cb"}}"#);
}

#[test]
fn a_request_of_ours_is_no_callback() {
    for sample in [
        include_str!("../../../fixtures/bitlipa/samples/c2b-request.json"),
        include_str!("../../../fixtures/bitlipa/samples/b2c-request.json"),
        include_str!("../../../fixtures/bitlipa/samples/status-request.json"),
        include_str!("../../../fixtures/bitlipa/samples/banks-request.json"),
        include_str!("../../../fixtures/bitlipa/samples/ng-5008-c2b-request.json"),
        include_str!("../../../fixtures/bitlipa/samples/za-5012-b2c-request.json"),
    ] {
        let request: serde_json::Value = serde_json::from_str(sample).unwrap();
        let digest = RecursiveKey::new(&Secret::new(SECRET)).sign_json(sample.as_bytes()).unwrap();
        let reflected = sample.replace(request["signature"].as_str().unwrap(), digest.as_str());
        assert!(
            matches!(verify(&reflected), Err(CallbackError::Malformed(_) | CallbackError::Unreadable(_))),
            "{sample}"
        );
    }
}

#[test]
fn floats_that_do_not_fit_are_undecided() {
    let body = with_signature(&SEEN.replace("2500", "2500.50"), &"0".repeat(128));
    let Ok(Callback::Hint(order)) = verify(&body) else { panic!("a hint") };
    assert_eq!((order.order.as_str(), order.reference.unwrap().as_str()), ("INV-7", "t-9"));
    // Without floats it is a forgery, and a hint has to keep to the schema too.
    assert_eq!(verify(&with_signature(SEEN, &"0".repeat(128))).unwrap_err(), CallbackError::BadSignature);
    let odd = with_signature(&SEEN.replace("2500", r#"2500.50,"x":1"#), &"0".repeat(128));
    assert!(matches!(verify(&odd), Err(CallbackError::Malformed(_) | CallbackError::Unreadable(_))));
    let other = verifier().for_merchant("m2").verify(&RawCallback::post(&[], body.as_bytes()));
    assert_eq!(other.unwrap_err(), CallbackError::WrongMerchant);
    // One that fits is as good as any other.
    assert!(matches!(verify(&signed(&SEEN.replace("2500", "2500.50"))), Ok(Callback::Authentic(_))));
}

#[test]
fn callbacks_for_another_merchant_are_refused() {
    let body = signed(SEEN);
    let check =
        |merchant: &str| verifier().for_merchant(merchant).verify(&RawCallback::post(&[], body.as_bytes()));
    assert!(matches!(check("m1"), Ok(Callback::Authentic(_))));
    assert_eq!(check("m2").unwrap_err(), CallbackError::WrongMerchant);
    // Most name no merchant.
    let body = signed(r#"{"order_id":"A","status":2}"#);
    let result = verifier().for_merchant("m2").verify(&RawCallback::post(&[], body.as_bytes()));
    assert!(matches!(result, Ok(Callback::Authentic(_))));
}

/// An unset environment variable must not become a secret that everybody knows.
#[test]
fn a_verifier_without_a_real_secret_is_refused() {
    let real = || Secret::new(SECRET);
    for secrets in
        [vec![], vec![Secret::new("")], vec![real(), Secret::new("")], vec![Secret::new(" \n"), real()]]
    {
        let problems = CallbackVerifier::new(&secrets).unwrap_err();
        assert_eq!(problems.to_string(), "secrets is required: set it");
    }
    assert!(CallbackVerifier::new(&[real(), Secret::new("the one before")]).is_ok());
}

#[test]
fn the_provider_checks_with_its_settings() {
    let base = BaseUrl::parse("https://api.example.com").unwrap();
    let mut config = Config::new(base, "p", "m1", Secret::new("the newest"));
    config.secrets.push(Secret::new(SECRET));
    config.callback_keys = vec!["fee".into(), "extra.note".into()];
    let bitlipa = Bitlipa::new(config).unwrap();
    let check = |body: &str| bitlipa.verify(&RawCallback::post(&[], body.as_bytes()), UnixTime::default());
    let Ok(Callback::Authentic(callback)) = check(&signed(SEEN)) else { panic!("authentic") };
    assert_eq!(callback.proof().key_index(), 1, "the secret before the newest one");
    assert_eq!(callback.order_ref().order.as_str(), "INV-7");
    assert_eq!(check(&signed(&SEEN.replace("m1", "m2"))).unwrap_err(), CallbackError::WrongMerchant);
    let allowed = r#"{"order_id":"A","status":2,"fee":1.5,"extra":{"note":"any words"}}"#;
    assert!(matches!(check(&signed(allowed)), Ok(Callback::Authentic(_))));
    assert!(
        matches!(verify(&signed(allowed)), Err(CallbackError::Malformed(_) | CallbackError::Unreadable(_))),
        "but only where allowed"
    );
    // An added name is as dangerous inside a value as a known one.
    let spelled = r#"{"order_id":"A","status":2,"extra":{"note":"no fees"}}"#;
    assert!(matches!(
        check(&signed(spelled)),
        Err(CallbackError::Malformed(_) | CallbackError::Unreadable(_))
    ));
}

#[test]
fn leniency_makes_hints_and_never_proofs() {
    let lenient = verifier().for_merchant("m1").with_schema(Schema::Lenient);
    let check = |body: &str| lenient.verify(&RawCallback::post(&[], body.as_bytes()));
    let odd = r#"{"order_id":"A","status":2,"surprise":1}"#;
    assert!(matches!(check(&signed(odd)), Ok(Callback::Hint(order)) if order.order.as_str() == "A"));
    assert!(matches!(check(&signed(SEEN)), Ok(Callback::Authentic(_))));
    assert_eq!(check(&signed(&SEEN.replace("m1", "m2"))).unwrap_err(), CallbackError::WrongMerchant);
    assert_eq!(check(&with_signature(odd, &"0".repeat(128))).unwrap_err(), CallbackError::BadSignature);
    assert!(matches!(
        check(&signed(r#"{"status":2}"#)),
        Err(CallbackError::Malformed(_) | CallbackError::Unreadable(_))
    ));
    for name in ["Astatus2", "A/B", "status-1"] {
        let body = format!(r#"{{"order_id":"{name}","status":2,"surprise":1}}"#);
        assert!(
            matches!(check(&signed(&body)), Err(CallbackError::Malformed(_) | CallbackError::Unreadable(_))),
            "no question about {name}"
        );
    }
}

#[test]
fn a_long_body_is_looked_through_once() {
    // Names that begin everywhere must not cost the square of the length.
    let words = "operation".repeat(80_000);
    let object =
        format!(r#"{{"order_id":"A","status":2,"service_version":1.5,"result":{{"message":"{words}"}}}}"#);
    let body = with_signature(&object, &"0".repeat(128));
    assert!(matches!(verify(&body), Ok(Callback::Hint(_))));
}

/// The names that a callback may have, copied from the gateway's documents.
const NAMES: &[&str] = &[
    "transaction_id",
    "order_id",
    "status",
    "service_id",
    "service_version",
    "service_date_time",
    "result.code",
    "result.message",
    "customer_id",
    "provider_id",
    "amount",
    "currency",
    "merchant_id",
    "transaction_ref",
    "provider_result.code",
    "provider_result.message",
    "extra.customer_message",
    "extra.customer_redirect",
    "extra.transfer_amount",
    "extra.account_number",
    "extra.bank_name",
    "confirm_type",
    "country",
    "operation",
    "operation_type",
    "operationStatus",
    "operation_",
];

/// What a callback says, as far as anything depends on it.
fn reading(object: &str, digest: &str) -> Option<(String, Status, Option<Money>, Option<String>)> {
    match verify(&with_signature(object, digest)) {
        Ok(Callback::Authentic(callback)) => {
            let told = callback.into_receipt();
            let reference = told.reference.map(|reference| reference.to_string());
            Some((told.order.to_string(), told.status, told.amount, reference))
        }
        Ok(Callback::Hint(_)) => panic!("no floats here"),
        _ => None,
    }
}

/// Fields as an object; neighbours of one container go into one object. The status is a number where it can be.
fn object(fields: &[(String, String)]) -> String {
    let mut json = String::from("{");
    let mut open: Option<&str> = None;
    for (path, value) in fields {
        let (container, name) =
            path.split_once('.').map_or((None, path.as_str()), |(outer, name)| (Some(outer), name));
        if open.is_some() && open != container {
            json.push('}');
        }
        if json.len() > 1 {
            json.push(',');
        }
        if let Some(container) = container.filter(|_| open != container) {
            json.push_str(&format!("{}:{{", serde_json::to_string(container).unwrap()));
        }
        open = container;
        let number =
            path == "status" && value.parse::<i64>().is_ok_and(|number| number.to_string() == *value);
        let value = if number { value.clone() } else { serde_json::to_string(value).unwrap() };
        json.push_str(&format!("{}:{value}", serde_json::to_string(name).unwrap()));
    }
    json.push_str(if open.is_some() { "}}" } else { "}" });
    json
}

/// Every way to cut a text into known names and values, up to a number of them.
fn cuts(text: &str, at: usize, fields: &mut Vec<(String, String)>, found: &mut Vec<Vec<(String, String)>>) {
    if at == text.len() {
        found.push(fields.clone());
        return;
    }
    for name in NAMES.iter().filter(|name| text[at..].starts_with(**name)) {
        let start = at + name.len();
        for end in start..=text.len() {
            if found.len() > 500 {
                return;
            }
            if text.is_char_boundary(end)
                && (end == text.len() || NAMES.iter().any(|name| text[end..].starts_with(name)))
            {
                fields.push(((*name).to_owned(), text[start..end].to_owned()));
                cuts(text, end, fields, found);
                fields.pop();
            }
        }
    }
}

/// The cuts of a text that are accepted as callbacks.
fn accepted(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    cuts(text, 0, &mut Vec::new(), &mut found);
    let mut accepted = Vec::new();
    for json in found.iter().map(|fields| object(fields)) {
        // A member that stands twice signs otherwise.
        if explain_json(json.as_bytes()).unwrap() == text {
            let digest = RecursiveKey::new(&Secret::new(SECRET)).sign_json(json.as_bytes()).unwrap();
            if reading(&json, digest.as_str()).is_some() {
                accepted.push(json);
            }
        }
    }
    accepted
}

#[test]
fn the_cutter_of_this_test_finds_the_documented_forgery() {
    let text = "transaction_id1order_idAstatus2extra.customer_messagestatus3service_id12345";
    let mut found = Vec::new();
    cuts(text, 0, &mut Vec::new(), &mut found);
    let objects: Vec<_> = found.iter().map(|fields| object(fields)).collect();
    for wanted in [
        r#"{"transaction_id":"1","order_id":"Astatus2extra.customer_message","status":3,"service_id":"12345"}"#,
        r#"{"transaction_id":"1","order_id":"A","status":2,"extra":{"customer_message":"status3"},"service_id":"12345"}"#,
    ] {
        assert!(objects.iter().any(|object| object == wanted), "{wanted} in {objects:?}");
        assert_eq!(explain_json(wanted.as_bytes()).unwrap(), text);
    }
    assert_eq!(accepted(text), [""; 0], "neither the genuine one nor a forged one");
    let plain = "transaction_id1order_idINV-7status3service_id12345result.code0result.messageOK";
    assert_eq!(accepted(plain).len(), 1);
}

fn fragment() -> impl Strategy<Value = &'static str> {
    let values = prop::sample::select(
        &[
            "1",
            "2",
            "3",
            "-1",
            "A",
            "INV-7",
            "OK",
            "",
            "x",
            "KE",
            "KES",
            "100",
            "16",
            "17",
            "provider_",
            "st",
            "e",
            "co",
            "status",
            "status2",
            "order_id",
            "amount",
            "A.",
            ".code",
            "customer confirms",
            "extra.",
            "operation",
        ][..],
    );
    prop_oneof![values, prop::sample::select(NAMES)]
}

fn genuine() -> impl Strategy<Value = Vec<(String, String)>> {
    let field = |name: &'static str, value: &'static str| {
        prop::option::of(
            proptest::string::string_regex(value).unwrap().prop_map(move |value| (name.to_owned(), value)),
        )
    };
    let needed = |name: &'static str, value: &'static str| {
        proptest::string::string_regex(value).unwrap().prop_map(move |value| Some((name.to_owned(), value)))
    };
    let parts = (
        field("transaction_id", "[a-zA-Z0-9.-]{0,12}"),
        needed("order_id", "[A-Z0-9][A-Z0-9-]{0,20}"),
        needed("status", "-1|[0-7]"),
        field("customer_id", "[0-9]{8,12}"),
        field("provider_id", "[0-9]{1,4}"),
        field("amount", "[0-9]{1,6}\\.00"),
        field("currency", "KES|CDF|XOF"),
        field("merchant_id", "[0-9a-f]{40}"),
        field("result.message", "[a-zA-Z ]{0,30}"),
        field("extra.customer_message", "[a-z_.0-9 ]{0,20}"),
    );
    let list = parts.prop_map(|(a, b, c, d, e, f, g, h, i, j)| [a, b, c, d, e, f, g, h, i, j]);
    (list, any::<prop::sample::Index>()).prop_map(|(list, turn)| {
        let mut fields: Vec<_> = list.into_iter().flatten().collect();
        let turn = turn.index(fields.len());
        fields.rotate_left(turn);
        fields
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Whatever is signed, at most one way of cutting it into known members is accepted.
    #[test]
    fn a_signed_text_has_one_reading(
        head in prop::collection::vec(fragment(), 0..4),
        middle in prop::collection::vec(fragment(), 0..4),
        tail in prop::collection::vec(fragment(), 0..4),
    ) {
        let text = [&head[..], &["order_id", "A"], &middle[..], &["status", "2"], &tail[..]].concat().concat();
        let accepted = accepted(&text);
        prop_assert!(accepted.len() <= 1, "{text}: {accepted:?}");
    }

    /// A character that moves over any boundary of a genuine callback changes nothing that matters, or is refused.
    #[test]
    fn a_shifted_boundary_is_refused_or_harmless(fields in genuine()) {
        let json = object(&fields);
        let digest = RecursiveKey::new(&Secret::new(SECRET)).sign_json(json.as_bytes()).unwrap();
        let truth = reading(&json, digest.as_str());
        let text = explain_json(json.as_bytes()).unwrap();
        // The whole text as names and values in turn; every boundary between two of them may move.
        let pieces: Vec<String> = fields.iter().flat_map(|(path, value)| [path.clone(), value.clone()]).collect();
        for boundary in 1..pieces.len() {
            for steps in 1..=3 {
                for leftwards in [true, false] {
                    let mut moved = pieces.clone();
                    let (from, to) = if leftwards { (boundary, boundary - 1) } else { (boundary - 1, boundary) };
                    if moved[from].len() < steps || !moved[from].is_ascii() {
                        continue;
                    }
                    if leftwards {
                        let rest = moved[from].split_off(steps);
                        let taken = std::mem::replace(&mut moved[from], rest);
                        moved[to].push_str(&taken);
                    } else {
                        let cut = moved[from].len() - steps;
                        let taken = moved[from].split_off(cut);
                        moved[to].insert_str(0, &taken);
                    }
                    let shifted: Vec<_> =
                        moved.chunks(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect();
                    let forged = object(&shifted);
                    let same = explain_json(forged.as_bytes()).is_ok_and(|found| found == text);
                    if let Some(told) = reading(&forged, digest.as_str()).filter(|_| same) {
                        prop_assert_eq!(Some(told), truth.clone(), "{} from {}", forged, json);
                    }
                }
            }
        }
    }

    /// Genuine callbacks of our own orders are not refused for words that only look like names.
    #[test]
    fn genuine_callbacks_are_accepted(fields in genuine(), words in "(the |status |amount |country |currency |operation |of |customer |is |not |confirmed |order ){0,8}") {
        let mut fields = fields;
        for (path, value) in &mut fields {
            if path.ends_with("message") {
                *value = if path == "result.message" { words.trim_end().into() } else { words.clone() };
            }
            if path == "transaction_id" {
                value.make_ascii_uppercase();
            }
        }
        let json = object(&fields);
        prop_assert!(matches!(verify(&signed(&json)), Ok(Callback::Authentic(_))), "{json}");
    }

    /// No change of a byte is accepted as another message.
    #[test]
    fn a_changed_byte_is_refused(fields in genuine(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let body = signed(&object(&fields));
        let truth = verify(&body).ok().map(|callback| format!("{callback:?}"));
        let mut changed = body.clone().into_bytes();
        let at = at.index(changed.len());
        changed[at] = byte;
        if let Ok(callback) = verifier().verify(&RawCallback::post(&[], &changed)) {
            prop_assert_eq!(Some(format!("{callback:?}")), truth);
        }
    }
}
