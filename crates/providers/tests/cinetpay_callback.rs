//! CinetPay's notifications: the golden vectors, every forgery that its documents describe, and the return URL.
#![cfg(feature = "cinetpay")]
#![allow(clippy::unwrap_used, reason = "a failing test may panic")]

use nzimbu_core::secret::Secret;
use nzimbu_core::{
    Callback, CallbackError, Currency, Method, Money, Operation, PaymentProvider, RawCallback, Status,
    UnixTime,
};
use nzimbu_providers::cinetpay::{
    CallbackVerifier, CheckoutConfig, CinetPay, Config, ReturnVisit, TransferConfig, x_token, x_token_text,
};

const VECTORS: &str = include_str!("../../../fixtures/signature/cinetpay-x-token.json");
const SECRET: &str = "sk_demo_0123456789abcdef";

/// The documents' worked example of a boundary that moves, and its token.
const SHIFT_TOKEN: &str = "01be3b4fc4fb37b9aa6a553ad398c04fcea7d95beb2a27f7d8e98057a5cf88d5";
const GENUINE: [(&str, &str); 16] = [
    ("cpm_site_id", "700100"),
    ("cpm_trans_id", "INV-7"),
    ("cpm_trans_date", "2024-03-09 08:15:45"),
    ("cpm_amount", "1500"),
    ("cpm_currency", "XOF"),
    ("signature", "ab12"),
    ("payment_method", "OM"),
    ("cel_phone_num", "0700000000"),
    ("cpm_phone_prefixe", "225"),
    ("cpm_language", "fr"),
    ("cpm_version", "V4"),
    ("cpm_payment_config", "SINGLE"),
    ("cpm_page_action", "PAYMENT"),
    ("cpm_custom", ""),
    ("cpm_designation", "Panier"),
    ("cpm_error_message", "SUCCES"),
];

fn verifier() -> CallbackVerifier {
    CallbackVerifier::new("700100", &[Secret::new(SECRET)]).unwrap()
}

fn form<'a>(fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// The genuine notification with some values replaced.
fn shifted(changes: &[(&str, &str)]) -> String {
    form(GENUINE.map(|(name, value)| {
        (name, changes.iter().find(|(changed, _)| *changed == name).map_or(value, |(_, value)| *value))
    }))
}

fn verify(body: &str) -> Result<Callback, CallbackError> {
    verifier().verify(&RawCallback::post(&[("x-token", SHIFT_TOKEN)], body.as_bytes()))
}

#[test]
fn the_golden_vectors_hold() {
    let vectors: serde_json::Value = serde_json::from_str(VECTORS).unwrap();
    let vectors = vectors["vectors"].as_array().unwrap();
    assert!(vectors.len() >= 9);
    for vector in vectors {
        let text = |name: &str| vector[name].as_str().unwrap();
        let (name, body, secret) = (text("name"), text("body").as_bytes(), Secret::new(text("secret")));
        assert_eq!(x_token_text(body).unwrap(), text("text"), "{name}");
        assert_eq!(x_token(&secret, body).unwrap().as_str(), text("hmac_sha256"), "{name}");
        let verifier = CallbackVerifier::new(text("site_id"), &[secret]).unwrap();
        for token in [text("x_token").to_owned(), text("x_token").to_uppercase()] {
            let headers = [("X-TOKEN", token.as_str())];
            let verdict = verifier.verify(&RawCallback::post(&headers, body));
            match text("expect") {
                "genuine" => assert!(matches!(verdict, Ok(Callback::Authentic(_))), "{name}"),
                _ => assert_eq!(verdict.unwrap_err(), CallbackError::BadSignature, "{name}"),
            }
        }
    }
}

#[test]
fn a_genuine_notification_is_a_reason_to_ask() {
    for hint in ["SUCCES", "TRANSACTION_CANCEL", "", "WAITING_FOR_CUSTOMER"] {
        let body = shifted(&[("cpm_error_message", hint)]);
        let token = x_token(&Secret::new(SECRET), body.as_bytes()).unwrap();
        let headers = [
            ("Content-Type", "application/x-www-form-urlencoded; charset=utf-8"),
            ("x-token", token.as_str()),
        ];
        let Callback::Authentic(callback) =
            verifier().verify(&RawCallback::post(&headers, body.as_bytes())).unwrap()
        else {
            panic!()
        };
        assert_eq!((callback.operation(), callback.proof().key_index()), (Operation::Payment, 0));
        let receipt = callback.receipt();
        assert_eq!(
            (receipt.order.as_str(), receipt.status, &*receipt.raw_status),
            ("INV-7", Status::Pending, "")
        );
        // Free words are for people: hidden, and there only if they tell of a failure.
        assert_eq!(receipt.failure.as_deref(), (hint == "TRANSACTION_CANCEL").then_some(hint));
        assert!(hint.is_empty() || !format!("{receipt:?}").contains(hint));
        assert_eq!(receipt.amount, Some(Money::parse_major("1500", Currency::Xof).unwrap()));
        assert_eq!(receipt.created_at, UnixTime::parse_utc("2024-03-09 08:15:45"));
        assert_eq!((receipt.completed_at, receipt.method.as_deref()), (None, None));
    }
}

#[test]
fn order_and_foreign_fields_do_not_matter() {
    let reversed = form(GENUINE.into_iter().rev().chain([("cpm_result", "00"), ("cpm_result", "01")]));
    assert!(matches!(verify(&reversed), Ok(Callback::Authentic(_))));
}

#[test]
fn every_forgery_of_the_documents_is_refused() {
    assert!(matches!(verify(&shifted(&[])), Ok(Callback::Authentic(_))));
    // The signature fits all of them but the one that is looked at before it.
    let unreadable = |rule| Err::<(), _>(CallbackError::Unreadable(rule));
    let date = "cpm_trans_date is not of the form YYYY-MM-DD HH:MM:SS";
    let rows = [
        // More than 34 times the money.
        (vec![("cpm_trans_date", "2024-03-09 08:15:4"), ("cpm_amount", "51500")], unreadable(date)),
        // The date still has 19 characters.
        (
            vec![
                ("cpm_trans_id", "INV-72"),
                ("cpm_trans_date", "024-03-09 08:15:451"),
                ("cpm_amount", "500"),
            ],
            unreadable(date),
        ),
        (vec![("cpm_site_id", "70010"), ("cpm_trans_id", "0INV-7")], Err(CallbackError::WrongMerchant)),
        (vec![("cpm_site_id", "700100I"), ("cpm_trans_id", "NV-7")], Err(CallbackError::WrongMerchant)),
        (vec![("cpm_site_id", "")], Err(CallbackError::Malformed("cpm_site_id is missing"))),
        (
            vec![
                ("cpm_site_id", "700100"),
                ("cpm_trans_id", ""),
                ("cpm_trans_date", "INV-72024-03-09 08:15:45"),
            ],
            unreadable(date),
        ),
        (
            vec![("cpm_amount", "1500X"), ("cpm_currency", "OF")],
            unreadable("cpm_currency is not one in which payments are made"),
        ),
        (
            vec![("cpm_currency", "XOFa"), ("signature", "b12")],
            unreadable("cpm_currency is not one in which payments are made"),
        ),
    ];
    for (changes, verdict) in rows {
        let body = shifted(&changes);
        assert_eq!(verify(&body).map(|_| ()), verdict, "{changes:?}");
    }
    // Not detectable, and harmless, since nothing reads these fields.
    let moved = verify(&shifted(&[("cpm_custom", "Pan"), ("cpm_designation", "ier")]));
    let Ok(Callback::Authentic(moved)) = moved else { panic!() };
    assert_eq!(moved.receipt().amount, Some(Money::parse_major("1500", Currency::Xof).unwrap()));
}

/// Every way to cut the first five fields out of the one signed text.
#[test]
fn no_other_cut_of_the_signed_text_is_believed() {
    let text = x_token_text(shifted(&[]).as_bytes()).unwrap();
    let head = text.strip_suffix("ab12OM0700000000225frV4SINGLEPAYMENTPanierSUCCES").unwrap();
    assert_eq!(head, "700100INV-72024-03-09 08:15:451500XOF");
    let rest = form(GENUINE.into_iter().skip(5));
    let (head, end) = (head.replace(' ', "+"), head.len());
    let verifier = verifier();
    let verify =
        |body: &str| verifier.verify(&RawCallback::post(&[("x-token", SHIFT_TOKEN)], body.as_bytes()));
    let mut believed = Vec::new();
    let cuts = (0..=end).flat_map(|a| (a..=end).flat_map(move |b| (b..=end).map(move |c| (a, b, c))));
    for (a, b, c) in cuts {
        for d in c..=end {
            let body = format!(
                "cpm_site_id={}&cpm_trans_id={}&cpm_trans_date={}&cpm_amount={}&cpm_currency={}&{rest}",
                &head[..a],
                &head[a..b],
                &head[b..c],
                &head[c..d],
                &head[d..]
            );
            if verify(&body).is_ok() {
                believed.push((a, b, c, d));
            }
        }
    }
    assert_eq!(believed, [(6, 11, 30, 34)]);
}

#[test]
fn what_breaks_the_documented_form_is_refused() {
    let body = shifted(&[]);
    let post = |headers: &[(&str, &str)], body: &[u8]| {
        verifier().verify(&RawCallback::post(headers, body)).map(|_| ())
    };
    let token = ("x-token", SHIFT_TOKEN);
    assert_eq!(post(&[], body.as_bytes()), Err(CallbackError::MissingHeader("x-token")));
    assert_eq!(post(&[("x-token", " ")], body.as_bytes()), Err(CallbackError::MissingHeader("x-token")));
    for bad in ["0", &SHIFT_TOKEN[1..], &SHIFT_TOKEN.replace('0', "1"), &"g".repeat(64), "é"] {
        assert_eq!(post(&[("x-token", bad)], body.as_bytes()), Err(CallbackError::BadSignature), "{bad}");
    }
    let several = CallbackError::Malformed("there are several x-token headers");
    assert_eq!(post(&[token, token], body.as_bytes()), Err(several));
    for (name, _) in GENUINE {
        let twice = format!("{body}&{name}=1");
        let verdict = Err(CallbackError::Malformed("a field occurs more than once"));
        assert_eq!(post(&[token], twice.as_bytes()), verdict, "{name}");
        let hidden = format!("{body}&{}=", name.replacen('c', "%63", 1).replacen('s', "%73", 1));
        assert_eq!(post(&[token], hidden.as_bytes()), verdict, "{hidden}");
    }
    let latin = [body.as_bytes(), b"&cpm_x=%E9"].concat();
    assert_eq!(post(&[token], &latin), Ok(()));
    let latin = body.replace("Panier", "Pani%E9r");
    assert_eq!(post(&[token], latin.as_bytes()), Err(CallbackError::Malformed("a field is not UTF-8")));
    let json = [token, ("content-type", "application/json")];
    assert_eq!(post(&json, body.as_bytes()), Err(CallbackError::ContentType));
    let long = format!("{body}&x={}", "a".repeat(65_536));
    assert_eq!(
        post(&[token], long.as_bytes()),
        Err(CallbackError::Malformed("the body is longer than 65536 bytes"))
    );
    assert!(matches!(post(&[token], b""), Err(CallbackError::Malformed(_) | CallbackError::Unreadable(_))));
}

#[test]
fn values_outside_their_grammar_are_refused_though_signed() {
    let rows = [
        ("cpm_trans_date", "2024-02-30 08:15:45", false),
        ("cpm_trans_date", "2024-03-09T08:15:45", false),
        ("cpm_trans_date", "2024-03-09 08:15:45.5", false),
        ("cpm_trans_date", "2024-03-09 08:15:45Z", false),
        ("cpm_trans_date", "", false),
        ("cpm_amount", "1500.00", true),
        ("cpm_amount", "1500.5", false),
        ("cpm_amount", "", false),
        ("cpm_amount", "-5", false),
        ("cpm_amount", "1 500", false),
        ("cpm_amount", "1e3", false),
        ("cpm_currency", "xof", false),
        ("cpm_currency", "EUR", false),
        ("cpm_currency", "XAF", true),
        ("cpm_trans_id", "", false),
        ("cpm_trans_id", "a b", false),
        ("cpm_trans_id", "a:b", false),
        ("cpm_trans_id", "é", false),
        ("cpm_trans_id", "older_id/7", true),
        ("cpm_designation", "Abonnement été à 5 % <b>", true),
        ("cel_phone_num", "", true),
    ];
    for (name, value, accepted) in rows {
        let body = shifted(&[(name, value)]);
        let token = x_token(&Secret::new(SECRET), body.as_bytes()).unwrap();
        let verdict = verifier().verify(&RawCallback::post(&[("x-token", token.as_str())], body.as_bytes()));
        match verdict {
            Ok(_) => assert!(accepted, "{name} {value}"),
            Err(error) => {
                assert!(
                    !accepted && matches!(error, CallbackError::Malformed(_) | CallbackError::Unreadable(_)),
                    "{name} {value}: {error}"
                );
            }
        }
    }
}

#[test]
fn secrets_rotate_and_tell_which_fitted() {
    let body = shifted(&[]);
    let post = RawCallback::post(&[("x-token", SHIFT_TOKEN)], body.as_bytes());
    let verifier = CallbackVerifier::new("700100", &[Secret::new("new"), Secret::new(SECRET)]).unwrap();
    let Callback::Authentic(callback) = verifier.verify(&post).unwrap() else { panic!() };
    assert_eq!(callback.proof().key_index(), 1);
    assert!(CallbackVerifier::new("700100", &[]).is_err());
    assert!(CallbackVerifier::new("700100", &[Secret::new("")]).is_err());
    assert!(CallbackVerifier::new("7001OO", &[Secret::new(SECRET)]).is_err());
    assert!(!format!("{verifier:?}").contains(SECRET));
}

#[test]
fn pings_are_answered_and_transfers_are_hints() {
    let get = |query, body| RawCallback { method: Method::Get, query, headers: &[], body };
    assert!(matches!(verifier().verify(&get("", b"")), Ok(Callback::Ping)));
    assert!(matches!(verifier().verify(&get("shop=7", b"")), Ok(Callback::Ping)));
    assert!(verifier().verify(&get("", b"cpm_site_id=700100")).is_err());

    let body = "transaction_id=EA211005.065802.Z794810&client_transaction_id=PAY-1&lot=0069229938091633417082\
                &amount=500&receiver=0102324373&sending_status=CONFIRM&comment=Transfert+effectu%C3%A9\
                &treatment_status=VAL&operator_transaction_id=&validated_at=";
    let Callback::Hint(hint) = verifier().verify(&RawCallback::post(&[], body.as_bytes())).unwrap() else {
        panic!()
    };
    assert_eq!((hint.operation, hint.order.as_str()), (Operation::Payout, "PAY-1"));
    assert_eq!(hint.reference.unwrap().as_str(), "EA211005.065802.Z794810");
    for body in
        ["transaction_id=EA1&treatment_status=VAL", "client_transaction_id=a+b&treatment_status=VAL", "x=1"]
    {
        let verdict = verifier().verify(&RawCallback::post(&[], body.as_bytes()));
        assert!(matches!(verdict, Err(CallbackError::Malformed(_) | CallbackError::Unreadable(_))), "{body}");
    }
    // A payment's field among them holds the whole to the rules of a payment.
    let mixed = format!("{body}&cpm_trans_id=INV-7");
    let verdict = verifier().verify(&RawCallback::post(&[], mixed.as_bytes()));
    assert_eq!(verdict.unwrap_err(), CallbackError::MissingHeader("x-token"));
}

#[test]
fn a_provider_believes_only_what_it_is_set_up_for() {
    let mut checkout = CheckoutConfig::new(Secret::new("key"), "700100");
    let transfer = TransferConfig::new(Secret::new("key"), Secret::new("password"));
    let now = UnixTime::from_secs(0);
    let (payment, payout) = (shifted(&[]), "client_transaction_id=PAY-1&treatment_status=VAL");
    let headers = [("x-token", SHIFT_TOKEN)];
    let payment = RawCallback::post(&headers, payment.as_bytes());
    let payout = RawCallback::post(&[], payout.as_bytes());

    let without_secret = CinetPay::new(Config::new(Some(checkout.clone()), None)).unwrap();
    assert_eq!(without_secret.verify(&payment, now).unwrap_err(), CallbackError::BadSignature);
    checkout.callback_secrets = vec![Secret::new(SECRET)];
    let collects = CinetPay::new(Config::new(Some(checkout.clone()), None)).unwrap();
    assert!(matches!(collects.verify(&payment, now), Ok(Callback::Authentic(_))));
    assert_eq!(collects.verify(&payout, now).unwrap_err(), CallbackError::Unsupported);
    let pays = CinetPay::new(Config::new(None, Some(transfer.clone()))).unwrap();
    assert_eq!(pays.verify(&payment, now).unwrap_err(), CallbackError::Unsupported);
    assert!(matches!(pays.verify(&payout, now), Ok(Callback::Hint(_))));
    let both = CinetPay::new(Config::new(Some(checkout), Some(transfer))).unwrap();
    assert!(matches!(both.verify(&payment, now), Ok(Callback::Authentic(_))));
    assert!(matches!(both.verify(&payout, now), Ok(Callback::Hint(_))));
}

#[test]
fn a_notice_gives_all_it_holds_and_shows_nothing_of_people() {
    let body = shifted(&[]);
    let post = RawCallback::post(&[("x-token", SHIFT_TOKEN)], body.as_bytes());
    let notice = verifier().read(&post).unwrap();
    assert_eq!((notice.order.as_str(), notice.amount.to_string().as_str()), ("INV-7", "1500 XOF"));
    assert_eq!(notice.method.as_ref().unwrap().as_str(), "OM");
    assert_eq!((notice.phone.as_deref(), notice.phone_prefix.as_deref()), (Some("0700000000"), Some("225")));
    assert_eq!((notice.metadata.as_deref(), notice.description.as_deref()), (None, Some("Panier")));
    assert_eq!((notice.mark.as_deref(), notice.hint.as_deref()), (Some("ab12"), Some("SUCCES")));
    assert!(!format!("{notice:?}").contains("0700000000"));
    assert_eq!(
        verifier().read(&RawCallback::post(&[], b"client_transaction_id=A")).unwrap_err(),
        CallbackError::Unsupported
    );
}

#[test]
fn the_return_url_brings_names_and_no_trust() {
    let visit = ReturnVisit::parse(b"transaction_id=INV-7&token=5df64dd9").unwrap();
    assert_eq!(visit.order.as_ref().unwrap().as_str(), "INV-7");
    assert_eq!(visit.token.as_ref().unwrap().expose(), "5df64dd9");
    assert!(!format!("{visit:?}").contains("5df64dd9"));
    let bare = ReturnVisit::parse(b"").unwrap();
    assert!(bare.order.is_none() && bare.token.is_none());
    assert!(ReturnVisit::parse(b"transaction_id=a+b&token=").unwrap().order.is_none());
    assert!(ReturnVisit::parse(b"token=1&token=2").is_err());
}

mod laws {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// One changed byte of the genuine body is refused, or changes nothing that is read.
        #[test]
        fn no_mutation_is_believed(at in 0_usize..300, byte in any::<u8>()) {
            let genuine = shifted(&[]);
            let mut body = genuine.clone().into_bytes();
            let at = at % body.len();
            body[at] = byte;
            let verdict = verifier().verify(&RawCallback::post(&[("x-token", SHIFT_TOKEN)], &body));
            if let Ok(Callback::Authentic(callback)) = verdict {
                let receipt = callback.receipt();
                prop_assert_eq!(receipt.order.as_str(), "INV-7");
                prop_assert_eq!(receipt.amount, Some(Money::parse_major("1500", Currency::Xof).unwrap()));
            }
        }

        #[test]
        fn any_body_is_survived(body in proptest::collection::vec(any::<u8>(), 0..200), token in "\\PC{0,70}") {
            let verdict = verifier().verify(&RawCallback::post(&[("x-token", token.as_str())], &body));
            prop_assert!(!matches!(verdict, Ok(Callback::Authentic(_))));
            let _ = ReturnVisit::parse(&body);
        }
    }
}
