//! Adullam against its one page: the sample answer, the bounds, replays, refusals, and what is not documented.
#![cfg(feature = "adullam")]
#![allow(clippy::unwrap_used, reason = "a failing test may panic")]

use std::time::Duration;

use nzimbu_core::secret::Secret;
use nzimbu_core::testing::Script;
use nzimbu_core::{
    Advice, BaseUrl, CallbackError, Channel, Checked, Country, Currency, ErrorKind, HttpResponse, Money,
    Operation, Operator, OrderId, OrderRef, Outcome, PaymentProvider, PaymentRequest, PayoutRequest,
    PhoneNumber, RawCallback, Status, TransportError, TransportExt, UnixTime,
};
use nzimbu_providers::adullam::{Adullam, CheckoutRequest, Config, Credentials};
use proptest::prelude::*;

/// The real answer, from the schema half of the page.
const CREATED: &str = include_str!("../../../fixtures/adullam/samples/checkout-created.json");
/// The answer of the generic half, which is another API.
const GENERIC: &str = include_str!("../../../fixtures/adullam/samples/generic-checkout-response.json");

fn adullam() -> Adullam {
    Adullam::new(Config::new(Credentials::Bearer(Secret::new("key-1")))).unwrap()
}

fn xof(amount: u64) -> Money {
    Money::from_minor(amount, Currency::Xof).unwrap()
}

/// The request of the sample. Its phone has eight digits, which ended in 2021; here it is in today's form.
fn request() -> CheckoutRequest {
    let mut request = CheckoutRequest::new(OrderId::parse("ORDER-123").unwrap(), xof(5_000));
    request.payer.phone = Some(PhoneNumber::migrate("+22507987654").unwrap());
    request.description = Some("Commande 123".into());
    request
}

fn answer(status: u16, body: &str) -> Script {
    Script::new([Ok(HttpResponse::new(status, body))])
}

/// The sample with the phone in today's form.
fn created() -> String {
    CREATED.replace("+22507987654", "+2250707987654")
}

#[test]
fn the_request_leaves_as_documented() {
    let script = answer(201, &created());
    script.run(adullam().create_checkout(&request())).unwrap();
    let sent = &script.requests()[0];
    assert_eq!((sent.method().as_str(), sent.url.as_str()), ("POST", "https://api.adullam.dev/v1/checkouts"));
    assert_eq!(
        String::from_utf8(sent.body.clone()).unwrap(),
        r#"{"amount":5000,"currency":"XOF","user_phone":"+2250707987654","description":"Commande 123"}"#
    );
    let header = |name: &str| {
        sent.headers.iter().find(|header| header.name == name).map(|header| header.value.as_str())
    };
    assert_eq!(header("authorization"), Some("Bearer key-1"));
    assert_eq!(header("content-type"), Some("application/json"));
    let key = header("idempotency-key").unwrap();
    assert!(key.len() == 36 && key.as_bytes()[14] == b'4', "a version-4 UUID: {key}");
}

#[test]
fn the_sample_answer_is_read_whole() {
    let checkout = answer(201, &created()).run(adullam().create_checkout(&request())).unwrap();
    assert_eq!(checkout.id.as_str(), "cs_ci_123456789");
    assert_eq!((checkout.status, &*checkout.raw_status), (Status::Pending, "created"));
    assert_eq!((checkout.amount, checkout.fee), (Some(xof(5_000)), Some(xof(25))));
    assert_eq!(checkout.payment_id.as_deref(), Some("ORDER_123"));
    assert_eq!(checkout.created_at, UnixTime::parse_utc("2023-11-07T05:31:56Z"));
    assert!(checkout.created_at.is_some() && !checkout.replayed);
}

#[test]
fn a_repeat_sends_the_same_key_and_is_recognised() {
    let script = Script::new([Ok(HttpResponse::new(201, created())), Ok(HttpResponse::new(200, created()))]);
    let (first, second) = (adullam(), adullam());
    assert!(!script.run(first.create_checkout(&request())).unwrap().replayed);
    assert!(script.run(second.create_checkout(&request())).unwrap().replayed);
    let sent = script.requests();
    let keys: Vec<_> = sent
        .iter()
        .map(|sent| sent.headers.iter().find(|h| h.name == "idempotency-key").unwrap().value.clone())
        .collect();
    assert_eq!(keys[0], keys[1]);
    assert_eq!(sent[0].body, sent[1].body);
    let mut other = request();
    other.order = OrderId::parse("ORDER-124").unwrap();
    let script = answer(201, &created());
    script.run(first.create_checkout(&other)).unwrap();
    assert_ne!(script.requests()[0].headers[0].value, keys[0]);
}

#[test]
fn every_fault_is_told_at_once_and_nothing_is_sent() {
    let mut request = CheckoutRequest::new(OrderId::parse("A-1").unwrap(), xof(99));
    request.description = Some("é".repeat(201));
    request.expires_in = Some(Duration::from_secs(299));
    let script = Script::default();
    let error = script.run(adullam().create_checkout(&request)).unwrap_err();
    let told: Vec<_> =
        error.problems().iter().map(|problem| (problem.field.as_str(), problem.fault.rule())).collect();
    assert_eq!(
        told,
        [
            ("amount", "minimum"),
            ("payer.phone", "required"),
            ("description", "max_length"),
            ("expires_in", "minimum")
        ]
    );
    assert_eq!(
        (error.outcome(), error.advice(), script.requests().len()),
        (Outcome::NotSent, Advice::Change, 0)
    );

    let dollars = Money::parse_major("50", Currency::Usd).unwrap();
    let mut request = CheckoutRequest::new(OrderId::parse("A-1").unwrap(), dollars);
    request.payer.phone = Some(PhoneNumber::parse("+221770000000").unwrap());
    request.expires_in = Some(Duration::from_secs(86_401));
    request.description = Some("card 4111 1111 1111 1111".into());
    let exchange = adullam().create_checkout(&request);
    let told: Vec<_> =
        exchange.problems().iter().map(|problem| (problem.field.as_str(), problem.fault.rule())).collect();
    assert_eq!(
        told,
        [
            ("amount.currency", "supported"),
            ("payer.phone", "format"),
            ("description", "format"),
            ("expires_in", "maximum")
        ]
    );
}

proptest! {
    #[test]
    fn amounts_and_lives_are_taken_exactly_within_the_bounds(amount in 0_u64..300, life in 0_u64..100_000) {
        let mut request = request();
        request.amount = xof(amount);
        request.expires_in = Some(Duration::from_secs(life));
        let faults = adullam().create_checkout(&request).problems().len();
        prop_assert_eq!(faults, usize::from(amount < 100) + usize::from(!(300..=86_400).contains(&life)));
    }
}

#[test]
fn an_answer_about_something_else_is_a_mismatch() {
    let others = [
        created().replace("5000", "50000"),
        created().replace("\"XOF\"", "\"XAF\""),
        created().replace("\"XOF\"", "\"EUR\""),
        created().replace("+2250707987654", "+2250707987655"),
        created().replace("5000", "4999.5"),
        created().replace("5000", "-5000"),
        created().replace("5000", "null").replace("\"XOF\"", "\"USD\""),
    ];
    for body in others {
        let error = answer(201, &body).run(adullam().create_checkout(&request())).unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::Mismatch, Outcome::Unknown), "{body}");
    }
    let spelled = created().replace("+2250707987654", "07 07 98 76 54");
    answer(200, &spelled).run(adullam().create_checkout(&request())).unwrap();
    let small = created().replace("\"XOF\"", "\"xof\"");
    assert_eq!(
        answer(200, &small).run(adullam().create_checkout(&request())).unwrap().amount,
        Some(xof(5_000))
    );
}

#[test]
fn the_generic_half_of_the_page_is_not_taken_for_an_answer() {
    let error = answer(200, GENERIC).run(adullam().create_checkout(&request())).unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Mismatch, Outcome::Unknown));
}

#[test]
fn statuses_are_the_documented_ones_and_no_other_is_final() {
    let rows = [
        ("created", Status::Pending),
        ("pending", Status::Pending),
        ("processing", Status::Pending),
        ("completed", Status::Succeeded),
        ("failed", Status::Failed),
        ("expired", Status::Expired),
        ("cancelled", Status::Cancelled),
        ("paid", Status::Unrecognized),
        ("COMPLETED", Status::Unrecognized),
        ("", Status::Unrecognized),
    ];
    for (word, status) in rows {
        let body = created().replace("\"created\"", &format!("\"{word}\""));
        let checkout = answer(200, &body).run(adullam().create_checkout(&request())).unwrap();
        assert_eq!((checkout.status, &*checkout.raw_status), (status, word));
    }
}

#[test]
fn refusals_count_only_in_the_gateways_own_form() {
    let own = r#"{"error":"phone +2250707987654 is wrong"}"#;
    let rows = [
        (400, own, ErrorKind::InvalidRequest, Outcome::Rejected),
        (401, own, ErrorKind::Authentication, Outcome::Rejected),
        (404, own, ErrorKind::Unsupported, Outcome::Rejected),
        (429, own, ErrorKind::RateLimited, Outcome::Rejected),
        (409, own, ErrorKind::DuplicateOrder, Outcome::Unknown),
        (422, own, ErrorKind::DuplicateOrder, Outcome::Unknown),
        (403, own, ErrorKind::Malformed, Outcome::Unknown),
        (400, r#"{"message":"wrong"}"#, ErrorKind::InvalidRequest, Outcome::Unknown),
        (418, own, ErrorKind::Malformed, Outcome::Unknown),
        (500, own, ErrorKind::Unavailable, Outcome::Unknown),
        (307, "", ErrorKind::Malformed, Outcome::Unknown),
        (400, "{}", ErrorKind::InvalidRequest, Outcome::Unknown),
        (403, "<html>blocked</html>", ErrorKind::Malformed, Outcome::Unknown),
        (502, "<html>bad gateway</html>", ErrorKind::Unavailable, Outcome::Unknown),
        (200, "<html>welcome</html>", ErrorKind::Malformed, Outcome::Unknown),
        (200, "[]", ErrorKind::Malformed, Outcome::Unknown),
        (200, "{}", ErrorKind::Malformed, Outcome::Unknown),
        (200, r#"{"id":" "}"#, ErrorKind::Malformed, Outcome::Unknown),
    ];
    for (status, body, kind, outcome) in rows {
        let error = answer(status, body).run(adullam().create_checkout(&request())).unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (kind, outcome), "{status} {body}");
        assert!(!format!("{error} {error:?}").contains("07987654"), "a message repeats the phone: {error}");
    }
}

#[test]
fn a_lost_answer_is_unknown_and_an_unsent_request_is_not() {
    let lost = Script::new([Err(TransportError::unknown("cut"))]);
    assert_eq!(lost.run(adullam().create_checkout(&request())).unwrap_err().outcome(), Outcome::Unknown);
    let unsent = Script::new([Err(TransportError::not_sent("refused"))]);
    let error = unsent.run(adullam().create_checkout(&request())).unwrap_err();
    assert_eq!((error.outcome(), error.advice()), (Outcome::NotSent, Advice::Repeat));
}

#[test]
fn a_password_is_exchanged_for_a_token_that_is_kept_and_renewed() {
    let phone = PhoneNumber::parse("+2250700000001").unwrap();
    let config = Config::new(Credentials::Password { phone, password: Secret::new("longpassword") });
    let adullam = Adullam::new(config).unwrap();
    let login = |token: &str| {
        format!(r#"{{"access_token":"{token}","token_type":"Bearer","expires_in":3600,"partner_id":"p"}}"#)
    };
    let script = Script::new(
        [
            (200, login("t-1")),
            (201, created()),
            (200, created()),
            (401, r#"{"error":"expired"}"#.into()),
            (200, login("t-2")),
            (200, created()),
        ]
        .map(|(status, body)| Ok(HttpResponse::new(status, body))),
    );
    script.run(adullam.create_checkout(&request())).unwrap();
    script.run(adullam.create_checkout(&request())).unwrap();
    // Refused in spite of the clock: this run never sends the money request twice, the next one logs in again.
    let error = script.run(adullam.create_checkout(&request())).unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome(), error.advice()),
        (ErrorKind::LoginExpired, Outcome::Rejected, Advice::Repeat)
    );
    script.run(adullam.create_checkout(&request())).unwrap();
    let paths: Vec<_> = script.requests().iter().map(|sent| sent.path().to_owned()).collect();
    let (login, checkout) = ("/v1/auth/token", "/v1/checkouts");
    assert_eq!(paths, [login, checkout, checkout, checkout, login, checkout]);
    assert_eq!(script.requests()[0].body, br#"{"phone":"+2250700000001","password":"longpassword"}"#);
    assert_eq!(
        script.requests()[5].headers.iter().find(|h| h.name == "authorization").unwrap().value,
        "Bearer t-2"
    );
}

#[test]
fn a_refused_token_is_forgotten_whatever_the_answer_looks_like() {
    let phone = PhoneNumber::parse("+2250700000001").unwrap();
    let config = Config::new(Credentials::Password { phone, password: Secret::new("longpassword") });
    let adullam = Adullam::new(config).unwrap();
    let script = Script::new(
        [
            (200, r#"{"access_token":"t-1"}"#),
            (401, "Unauthorized"),
            (200, r#"{"access_token":"t-2"}"#),
            (201, &created()),
        ]
        .map(|(status, body)| Ok(HttpResponse::new(status, body))),
    );
    let error = script.run(adullam.create_checkout(&request())).unwrap_err();
    assert_eq!(error.outcome(), Outcome::Unknown);
    script.run(adullam.create_checkout(&request())).unwrap();
}

#[test]
fn a_failed_login_has_sent_no_money() {
    let phone = PhoneNumber::parse("+2250700000001").unwrap();
    let config = Config::new(Credentials::Password { phone, password: Secret::new("longpassword") });
    let adullam = Adullam::new(config).unwrap();
    for (status, body, outcome) in [
        (401, r#"{"error":"no"}"#, Outcome::Rejected),
        (500, "", Outcome::NotSent),
        (200, "{}", Outcome::NotSent),
    ] {
        let error = answer(status, body).run(adullam.create_checkout(&request())).unwrap_err();
        assert_eq!(error.outcome(), outcome, "{status}");
    }
}

#[test]
fn a_static_key_may_travel_as_x_auth_and_the_key_under_both_names() {
    let mut config = Config::new(Credentials::XAuth(Secret::new("key-1")));
    config.also_x_idempotency_key = true;
    config.base_url = BaseUrl::parse("http://127.0.0.1:9").unwrap();
    let script = answer(201, &created());
    script.run(Adullam::new(config).unwrap().create_checkout(&request())).unwrap();
    let sent = &script.requests()[0];
    let names: Vec<_> = sent.headers.iter().map(|header| header.name).collect();
    assert_eq!(names, ["idempotency-key", "content-type", "x-idempotency-key", "x-auth"]);
    assert_eq!(sent.headers[0].value, sent.headers[2].value);
}

#[test]
fn settings_are_checked_all_at_once() {
    let mut config = Config::new(Credentials::Bearer(Secret::new("sandbox-key")));
    config.expires_in = Some(Duration::from_secs(1));
    let problems = Adullam::new(config).unwrap_err();
    assert_eq!(problems.as_slice().len(), 2);
}

#[test]
fn the_common_trait_maps_and_the_rest_is_unsupported() {
    let adullam = adullam();
    let mut request = PaymentRequest::new(OrderId::parse("ORDER-123").unwrap(), xof(5_000));
    request.payer.phone = Some(PhoneNumber::migrate("+22507987654").unwrap());
    let receipt = answer(201, &created()).run(adullam.pay(&request)).unwrap();
    assert!(matches!(receipt.expect(&request.order, request.amount), Ok(Checked::AmountConfirmed(_))));

    request.channel = Channel::Card;
    request.payer.phone = None;
    request.notify_url = Some("https://shop.example/cb".into());
    assert_eq!(adullam.pay(&request).problems().len(), 3);
    request.notify_url = None;
    request.channel = Channel::Operator(Operator::new(Country::parse("SN").unwrap(), "Orange"));
    assert_eq!(adullam.pay(&request).problems().len(), 2);

    let script = Script::default();
    let order = OrderRef::new(Operation::Payment, request.order.clone());
    let payout = PayoutRequest::new(request.order.clone(), request.amount, Channel::Any);
    let unsupported = [
        script.run(adullam.status(&order)).unwrap_err(),
        script.run(adullam.balance(Currency::Xof)).unwrap_err(),
        script.run(adullam.pay_out(&payout)).unwrap_err(),
    ];
    for error in unsupported {
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::Unsupported, Outcome::NotSent));
    }
    assert!(script.requests().is_empty());
    let callback = RawCallback::post(&[], br#"{"event":"checkout.completed"}"#);
    assert_eq!(adullam.verify(&callback, UnixTime::default()).unwrap_err(), CallbackError::Unsupported);
    assert!(
        adullam.capabilities(Operation::Payment).offered && !adullam.capabilities(Operation::Payout).offered
    );
}
