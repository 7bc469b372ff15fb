//! What leaves for Bitlipa and how its answers are read, against the samples of its page. The digests were computed
//! with another implementation of HMAC-SHA512 over texts put together by hand.
#![cfg(feature = "bitlipa")]
#![allow(clippy::unwrap_used, reason = "a failing test may panic")]

use nzimbu_core::secret::Secret;
use nzimbu_core::testing::Script;
use nzimbu_core::{
    Advice, BaseUrl, Country, Currency, Document, DocumentKind, Effect, Entry, ErrorKind, Exchange, Fault,
    Flow, HttpResponse, Method, Money, NextAction, Operation, OrderId, OrderName, Outcome, PhoneNumber,
    PhoneShape, ProviderError, Receipt, Status, TransportExt,
};
use nzimbu_providers::Limits;
use nzimbu_providers::bitlipa::{
    B2cOutcome, B2cRequest, Bitlipa, C2bRequest, Config, HostedPageRequest, SIMULATOR, Transaction,
};

macro_rules! sample {
    ($name:literal) => {
        include_str!(concat!("../../../fixtures/bitlipa/samples/", $name, ".json"))
    };
}

/// Printed on the gateway's public page.
const SECRET: &str = "cf11635572c1e8d77297207152dc0791ad91f22b32d23c758ce3ba2637202ad8f7290ba41f2243cccf32edde1dfb8bf0f5dea62525309e293b3adb2c76eed6a5";
const MERCHANT: &str = "e0fecd91fcb24f348048193b3fb34875ba3722b4";
const PUBLIC: &str = "f54ec96649be11ebb3780242ac130002";
const ORDER: &str = "16280954971628095497";

fn config() -> Config {
    let base = BaseUrl::parse("https://api.example.com").unwrap();
    Config::new(base, PUBLIC, MERCHANT, Secret::new(SECRET))
}

fn bitlipa() -> Bitlipa {
    Bitlipa::new(config()).unwrap()
}

fn order(text: &str) -> OrderId {
    OrderId::parse(text).unwrap()
}

fn money(text: &str, currency: Currency) -> Money {
    Money::parse_major(text, currency).unwrap()
}

fn phone(text: &str) -> PhoneNumber {
    PhoneNumber::parse(text).unwrap()
}

fn simulated_c2b() -> C2bRequest {
    let mut request = C2bRequest::new(order(ORDER), money("100", Currency::Cdf), SIMULATOR);
    request.customer_id = Some("0900000001".into());
    request.country = Some(Country::parse("KE").unwrap());
    request.payer.surname = Some("Name".into());
    request.payer.name = Some("Surname".into());
    request
}

fn simulated_b2c() -> B2cRequest {
    let mut request = B2cRequest::new(order(ORDER), money("100", Currency::Cdf), SIMULATOR);
    request.customer_id = Some("0900000001".into());
    request.country = Some(Country::parse("KE").unwrap());
    request.recipient.name = Some("Name Surname".into());
    request
}

fn run<T>(exchange: Exchange<T>, answer: &str) -> Result<T, ProviderError> {
    Script::bodies([answer]).run(exchange)
}

fn collect(answer: &str) -> Result<Transaction, ProviderError> {
    run(bitlipa().payment_c2b(&simulated_c2b()), answer)
}

fn pay_out(answer: &str) -> Result<B2cOutcome, ProviderError> {
    run(bitlipa().payment_b2c(&simulated_b2c()), answer)
}

fn status(answer: &str) -> Result<Transaction, ProviderError> {
    run(bitlipa().status(&OrderName::parse(ORDER).unwrap()), answer)
}

/// The one request of an exchange, as path and body.
fn sent<T>(exchange: Exchange<T>) -> (String, String) {
    let script = Script::new([]);
    assert!(script.run(exchange).is_err(), "the script has no answer");
    let [request] = &script.requests()[..] else { panic!("one request") };
    assert_eq!(request.method(), Method::Post);
    let headers: Vec<_> = request.headers.iter().map(|header| (header.name, header.value.as_str())).collect();
    assert_eq!(headers, [("content-type", "application/json")]);
    let path = request.url.strip_prefix("https://api.example.com/").unwrap();
    (path.into(), String::from_utf8(request.body.clone()).unwrap())
}

fn faults<T: 'static>(exchange: &Exchange<T>) -> Vec<(&str, &'static str)> {
    exchange.problems().iter().map(|problem| (problem.field.as_str(), problem.fault.rule())).collect()
}

#[test]
fn a_collection_is_the_sample_signed() {
    let exchange = bitlipa().payment_c2b(&simulated_c2b());
    let (path, body) = sent(exchange);
    assert_eq!(path, format!("{PUBLIC}/payment_c2b"));
    let signature = "15d999bb8bdfb8c8888dd25ee3833c16d5188d518409bac320ed8cab56e97e6032e68c80cdf406543fd2d1d87849016cc0919b0afcdb9e72ce2c6db461854dc1";
    assert_eq!(
        body,
        format!(
            r#"{{"merchant_id":"{MERCHANT}","customer_id":"0900000001","order_id":"{ORDER}","amount":"100.00","currency":"CDF","country":"KE","provider_id":14,"extra":{{"customer_name":"Name Surname"}},"signature":"{signature}"}}"#
        )
    );
    let mut printed: serde_json::Value = serde_json::from_str(sample!("c2b-request")).unwrap();
    printed["signature"] = signature.into();
    assert_eq!(serde_json::from_str::<serde_json::Value>(&body).unwrap(), printed);
}

#[test]
fn a_payout_is_the_sample_signed() {
    let exchange = bitlipa().payment_b2c(&simulated_b2c());
    let (path, body) = sent(exchange);
    assert_eq!(path, format!("{PUBLIC}/payment_b2c"));
    let mut printed: serde_json::Value = serde_json::from_str(sample!("b2c-request")).unwrap();
    printed["signature"] = "15d999bb8bdfb8c8888dd25ee3833c16d5188d518409bac320ed8cab56e97e6032e68c80cdf406543fd2d1d87849016cc0919b0afcdb9e72ce2c6db461854dc1".into();
    assert_eq!(serde_json::from_str::<serde_json::Value>(&body).unwrap(), printed);
}

#[test]
fn the_directory_spells_phone_country_and_address() {
    let mut request = C2bRequest::new(order("ORD-01J8Z7"), money("100", Currency::Kes), 199);
    request.payer.phone = Some(phone("+254700000001"));
    request.payer.name = Some("Name Surname".into());
    request.payer.email = Some("a@example.com".into());
    request.notify_url = Some("https://merchant.example/cb".into());
    let (_, body) = sent(bitlipa().payment_c2b(&request));
    assert_eq!(
        body,
        format!(
            r#"{{"merchant_id":"{MERCHANT}","customer_id":"254700000001","order_id":"ORD-01J8Z7","amount":"100.00","currency":"KES","country":"KE","callback_url":"https://merchant.example/cb","provider_id":199,"extra":{{"customer_name":"Name Surname","customer_email":"a@example.com"}},"signature":"5ff05e8d035707d68477d53a6d6233f828d3e8bd80b2bdcbacec40b640893f80712fc46944cc5109254ac4dd65da141eb3f67e72f2557c6aed855738fdd4e762"}}"#
        )
    );
    // The same address from the settings, and francs with the two decimals that the gateway wants.
    let mut config = config();
    config.notify_url = Some("https://merchant.example/cb".into());
    let mut request = C2bRequest::new(order("A"), money("2500", Currency::Xof), 355);
    request.payer.phone = Some(phone("+22890000000"));
    let (_, body) = sent(Bitlipa::new(config).unwrap().payment_c2b(&request));
    let start = format!(
        r#"{{"merchant_id":"{MERCHANT}","customer_id":"22890000000","order_id":"A","amount":"2500.00","currency":"XOF","country":"TG","callback_url":"https://merchant.example/cb","provider_id":355,"signature":""#
    );
    assert!(body.starts_with(&start), "{body}");
}

#[test]
fn south_africas_payout_has_all_keys_of_its_sample() {
    let mut request = B2cRequest::new(order("0900000001"), money("100", Currency::Zar), 5012);
    request.customer_id = Some("16280954971628095497".into());
    request.bank_code = Some("FNB".into());
    request.recipient.name = Some("Name Lastname".into());
    request.recipient.email = Some("a@example.com".into());
    request.recipient.phone = Some(phone("+27123456789"));
    request.recipient.address = Some("Customer Address".into());
    let (_, body) = sent(bitlipa().payment_b2c(&request));
    let ours: serde_json::Value = serde_json::from_str(&body).unwrap();
    let mut printed: serde_json::Value = serde_json::from_str(sample!("za-5012-b2c-request")).unwrap();
    // The sample's amount has no decimals, against the page's own rule; its address is masked; the country is ours.
    printed["amount"] = "100.00".into();
    printed["extra"]["customer_email"] = "a@example.com".into();
    printed["country"] = "ZA".into();
    printed["signature"] = "1c73efa190d539429d59fa50d55d853d49b1e3cc5a757682295049d43962e8ac27b70b699eebf68ba2dd52549c29c4d11f39a4295ed7cb32d714653ad8a89ce2".into();
    assert_eq!(ours, printed);
}

#[test]
fn documents_go_out_in_the_gateways_words() {
    let rows = [
        (DocumentKind::Passport, "intl_passport"),
        (DocumentKind::DrivingLicence, "driving_license"),
        (DocumentKind::NationalId, "national_id"),
    ];
    for (kind, word) in rows {
        let mut request = B2cRequest::new(order("A"), money("500", Currency::Kes), 199);
        request.recipient.phone = Some(phone("+254700000001"));
        request.recipient.name = Some("Name".into());
        request.document = Some(Document { kind, number: "A1".into() });
        let (_, body) = sent(bitlipa().payment_b2c(&request));
        assert!(
            body.contains(&format!(
                r#""extra":{{"customer_name":"Name","customer_doc_type":"{word}","customer_doc_number":"A1"}}"#
            )),
            "{body}"
        );
    }
}

#[test]
fn ids_that_the_directory_does_not_know_are_sent_as_they_are() {
    let mut request = C2bRequest::new(order("A"), money("1", Currency::Cdf), 987_654);
    request.payer.phone = Some(phone("+243800000000"));
    request.phone_shape = Some(PhoneShape::NationalWithZero);
    let (_, body) = sent(bitlipa().payment_c2b(&request));
    assert!(
        body.contains(r#""customer_id":"0800000000""#) && body.contains(r#""provider_id":987654"#),
        "{body}"
    );
    assert!(!body.contains("country") && !body.contains("extra"), "{body}");
}

#[test]
fn ids_that_the_directory_does_not_know_get_the_phone_beside_an_account() {
    let mut request = B2cRequest::new(order("A"), money("1", Currency::Zar), 987_654);
    request.recipient.phone = Some(phone("+27123456789"));
    request.customer_id = Some("16280954971628095497".into());
    let (_, body) = sent(bitlipa().payment_b2c(&request));
    assert!(body.contains(r#""extra":{"customer_phone":"0123456789"}"#), "{body}");
    request.provider_id = 199;
    request.amount = money("500", Currency::Kes);
    (request.recipient.name, request.customer_id) = (Some("Name".into()), Some("1".into()));
    request.document = Some(Document { kind: DocumentKind::Passport, number: "A1".into() });
    let (_, body) = sent(bitlipa().payment_b2c(&request));
    assert!(!body.contains("customer_phone"), "the directory knows that it is not needed: {body}");
}

#[test]
fn a_status_query_is_the_sample_signed() {
    let (path, body) = sent(bitlipa().status(&OrderName::parse(ORDER).unwrap()));
    assert_eq!(path, format!("{PUBLIC}/status"));
    let signature = "519ccccacdb134c09f2332e1fe1d909d97d7ae614cff1b9263670e39cc48eaf4774f0da3d811c15c28f74cf021e55e13f7870239e7727f4f0bccd183ecca3ea8";
    assert_eq!(
        body,
        format!(r#"{{"merchant_id":"{MERCHANT}","order_id":"{ORDER}","signature":"{signature}"}}"#)
    );
}

#[test]
fn a_status_is_asked_only_of_names_that_are_safe_to_sign() {
    let asked = |name: &str| bitlipa().status(&OrderName::parse(name).unwrap());
    for name in ["Astatus2", "status-1", "xstatus0y", "A/B", "A\"B", "A+B", "A|B"] {
        let exchange = asked(name);
        assert_eq!(faults(&exchange), [("order", "format")], "{name}");
        let script = Script::new([]);
        assert_eq!(script.run(exchange).unwrap_err().outcome(), Outcome::NotSent);
        assert!(script.requests().is_empty(), "{name} was sent");
    }
    let both = asked("status2/");
    assert_eq!(faults(&both), [("order", "format"), ("order", "format")]);
    for name in ["a_b:c.d-e", "status", "statusA2", &"A".repeat(128)] {
        assert_eq!(faults(&asked(name)), [], "{name}");
    }
}

#[test]
fn banks_need_the_path_that_the_page_lost() {
    let error = Script::new([]).run(bitlipa().banks(5008)).unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Unsupported, Outcome::NotSent));
    let mut config = config();
    config.banks_path = Some("banks".into());
    let bitlipa = Bitlipa::new(config).unwrap();
    let (path, body) = sent(bitlipa.banks(14));
    assert_eq!(path, format!("{PUBLIC}/banks"));
    let signature = "a9c7f2fb7d3dc17341d6cf121d57ffc0bb179a63dff0b44d2a5c49b0b74083f48b38b650651d95a49e1c59d6fbc1d4e5c55b42abf3fdc29ec1003918923d0ba7";
    assert_eq!(body, format!(r#"{{"merchant_id":"{MERCHANT}","provider_id":14,"signature":"{signature}"}}"#));

    let banks = run(bitlipa.banks(14), sample!("banks-success")).unwrap();
    assert_eq!(banks.len(), 1);
    assert_eq!((&*banks[0].code, &*banks[0].name), ("000001", "OK"));
    assert!(run(bitlipa.banks(14), r#"{"banks":[],"result":{"code":"0"}}"#).unwrap().is_empty());
    let rows = [
        (r#"{"result":{"code":0}}"#, ErrorKind::Malformed),
        (r#"{"banks":[{"name":"x"}],"result":{"code":0}}"#, ErrorKind::Malformed),
        (r#"{"banks":[]}"#, ErrorKind::Malformed),
        (r#"{"result":{"code":10201}}"#, ErrorKind::Authentication),
        (r#"{"result":{"code":77}}"#, ErrorKind::Unavailable),
    ];
    for (answer, kind) in rows {
        assert_eq!(run(bitlipa.banks(14), answer).unwrap_err().kind(), kind, "{answer}");
    }
}

#[test]
fn only_payments_and_payouts_move_money() {
    let mut config = config();
    config.banks_path = Some("banks".into());
    let bitlipa = Bitlipa::new(config).unwrap();
    let effect = |script: &Script| script.requests()[0].effect();
    let script = Script::new([]);
    script.run(bitlipa.status(&order("A").into())).unwrap_err();
    assert_eq!(effect(&script), Effect::NoMoney);
    let script = Script::new([]);
    script.run(bitlipa.banks(1)).unwrap_err();
    assert_eq!(effect(&script), Effect::NoMoney);
    let script = Script::new([]);
    script.run(bitlipa.payment_c2b(&simulated_c2b())).unwrap_err();
    assert_eq!(effect(&script), Effect::MovesMoney);
    let script = Script::new([]);
    script.run(bitlipa.payment_b2c(&simulated_b2c())).unwrap_err();
    assert_eq!(effect(&script), Effect::MovesMoney);
}

#[test]
fn answers_of_the_page_are_read() {
    let transaction = collect(sample!("c2b-success")).unwrap();
    assert_eq!((transaction.status, &*transaction.raw_status), (Status::Succeeded, "2"));
    assert_eq!(transaction.transaction_id.as_ref().unwrap().as_str(), "732007046722");
    assert_eq!(transaction.transaction_ref.as_deref(), Some("MP.33234.342.CP33"));
    assert_eq!(transaction.service_version.as_deref(), Some("11.1"));
    assert_eq!(transaction.amount, None, "no answer states the amount");
    let B2cOutcome::Accepted(transaction) = pay_out(sample!("b2c-success")).unwrap() else {
        panic!("accepted")
    };
    assert_eq!(Receipt::from(transaction).status, Status::Succeeded);

    let transaction = status(sample!("status-success")).unwrap();
    assert_eq!(transaction.status, Status::Succeeded);
    assert_eq!(transaction.confirm_type, None, "zero is none");
    let words = "Complete the payment by following the instructions received by USSD";
    assert_eq!(transaction.extra.customer_message.as_deref(), Some(words));
    assert_eq!(transaction.next_action(), NextAction::None, "it is over");

    let pending = sample!("simulator-in-progress").replace("54321", ORDER);
    let transaction = collect(&pending).unwrap();
    assert_eq!(transaction.status, Status::Pending);
    assert_eq!(transaction.provider_result.code.as_deref(), Some("-8888"));
    assert!(matches!(pay_out(&pending).unwrap(), B2cOutcome::Accepted(_)));
}

#[test]
fn nigerian_bank_details_are_shown_and_compared() {
    let request = |amount| {
        let mut request = C2bRequest::new(order("90900000001"), money(amount, Currency::Ngn), 5008);
        request.customer_id = Some("0000000000".into());
        request.payer.email = Some("a@example.com".into());
        request
    };
    let answer = sample!("ng-5008-c2b-bank-details");
    let transaction = run(bitlipa().payment_c2b(&request("100")), answer).unwrap();
    assert_eq!(transaction.transaction_id, None);
    assert_eq!(
        transaction.next_action(),
        NextAction::BankTransfer {
            bank: "Premium Trust Bank".into(),
            account: "4000000000".into(),
            amount: Some(money("100", Currency::Ngn)),
        }
    );
    assert_eq!(transaction.amount, None);
    for told in ["\"100\"", "100.00", "\"100.00\""] {
        let answer = answer.replace(r#""transfer_amount": 100"#, &format!(r#""transfer_amount": {told}"#));
        assert!(run(bitlipa().payment_c2b(&request("100")), &answer).is_ok(), "{told}");
    }
    let error = run(bitlipa().payment_c2b(&request("101")), answer).unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Mismatch, Outcome::Unknown));
}

#[test]
fn every_status_has_its_meaning() {
    let rows = [
        ("0", Status::Pending),
        ("1", Status::Pending),
        ("2", Status::Succeeded),
        ("3", Status::Failed),
        ("4", Status::Cancelled),
        ("5", Status::Unrecognized),
        ("6", Status::Pending),
        ("7", Status::Unrecognized),
        ("8", Status::Unrecognized),
        ("-2", Status::Unrecognized),
        ("2.0", Status::Unrecognized),
        ("true", Status::Unrecognized),
        (r#""2""#, Status::Succeeded),
        (r#""done""#, Status::Unrecognized),
    ];
    for (code, meaning) in rows {
        let answer =
            format!(r#"{{"order_id":"{ORDER}","status":{code},"result":{{"code":0,"message":"OK"}}}}"#);
        assert_eq!(status(&answer).unwrap().status, meaning, "{code}");
        let transaction = collect(&answer).unwrap();
        assert_eq!(transaction.status, meaning, "{code}");
        assert_eq!(&*transaction.raw_status, code.trim_matches('"'));
        assert_eq!(pay_out(&answer).unwrap().into_transaction().status, meaning, "{code}");
    }
    let undefined = format!(r#"{{"order_id":"{ORDER}","status":-1,"result":{{"code":0}}}}"#);
    assert_eq!(status(&undefined).unwrap().status, Status::Unrecognized);
    for error in [collect(&undefined).unwrap_err(), pay_out(&undefined).unwrap_err()] {
        assert_eq!((error.outcome(), error.advice()), (Outcome::Unknown, Advice::AskStatus));
    }
}

#[test]
fn only_a_refused_login_is_a_refusal() {
    let rows = [
        (
            r#"{"result":{"code":10201,"message":"x"}}"#,
            ErrorKind::Authentication,
            Outcome::Rejected,
            Some("10201"),
        ),
        (
            r#"{"result":{"code":"10201"},"status":-1}"#,
            ErrorKind::Authentication,
            Outcome::Rejected,
            Some("10201"),
        ),
        (
            r#"{"result":{"code":10201},"status":3}"#,
            ErrorKind::Authentication,
            Outcome::Rejected,
            Some("10201"),
        ),
        // It speaks of a transaction all the same.
        (r#"{"result":{"code":10201},"status":1}"#, ErrorKind::Malformed, Outcome::Unknown, Some("10201")),
        (r#"{"result":{"code":10201},"status":2}"#, ErrorKind::Malformed, Outcome::Unknown, Some("10201")),
        (r#"{"result":{"code":1}}"#, ErrorKind::InvalidRequest, Outcome::Unknown, Some("1")),
        (r#"{"result":{"code":2}}"#, ErrorKind::InvalidRequest, Outcome::Unknown, Some("2")),
        (r#"{"result":{"code":"3"}}"#, ErrorKind::InvalidRequest, Outcome::Unknown, Some("3")),
        (r#"{"result":{"code":4}}"#, ErrorKind::Unavailable, Outcome::Unknown, Some("4")),
        (
            r#"{"result":{"code":10301,"message":"get token error"}}"#,
            ErrorKind::Unavailable,
            Outcome::Unknown,
            Some("10301"),
        ),
        (r#"{"result":{"code":99999},"status":3}"#, ErrorKind::Unavailable, Outcome::Unknown, Some("99999")),
        (r#"{"result":{"code":"+254 700 000 001"}}"#, ErrorKind::Unavailable, Outcome::Unknown, Some("?")),
        (r#"{"result":{"code":0}}"#, ErrorKind::Malformed, Outcome::Unknown, None),
        (r#"{"result":{"code":0},"status":null}"#, ErrorKind::Malformed, Outcome::Unknown, None),
        (r#"{"status":1}"#, ErrorKind::Malformed, Outcome::Unknown, None),
        (r#"{"status":1,"result":[]}"#, ErrorKind::Malformed, Outcome::Unknown, None),
        (r#"{"status":2,"status":3,"result":{"code":0}}"#, ErrorKind::Malformed, Outcome::Unknown, None),
        ("[]", ErrorKind::Malformed, Outcome::Unknown, None),
        ("", ErrorKind::Malformed, Outcome::Unknown, None),
        ("<html><body>signature error</body></html>", ErrorKind::Malformed, Outcome::Unknown, None),
    ];
    for (answer, kind, outcome, code) in rows {
        for error in [collect(answer).unwrap_err(), pay_out(answer).map(|_| ()).unwrap_err()] {
            assert_eq!((error.kind(), error.outcome()), (kind, outcome), "{answer}");
            assert_eq!(error.gateway_code(), code, "{answer}");
        }
    }
}

#[test]
fn a_status_decides_where_the_result_does_not() {
    let answer = format!(r#"{{"order_id":"{ORDER}","status":3,"result":{{"code":77,"message":"m"}}}}"#);
    let receipt = Receipt::from(status(&answer).unwrap());
    assert_eq!((receipt.status, receipt.failure.as_deref()), (Status::Failed, Some("m")));
    assert_eq!(status(r#"{"status":1}"#).unwrap().order.as_str(), ORDER, "without an echo the id is ours");
    assert_eq!(status(r#"{"result":{"code":10201}}"#).unwrap_err().kind(), ErrorKind::Authentication);
    let error = status(r#"{"result":{"code":77}}"#).unwrap_err();
    assert_eq!((error.kind(), error.gateway_code()), (ErrorKind::Unavailable, Some("77")));
    assert_eq!(status(r#"{"result":{"code":0}}"#).unwrap_err().kind(), ErrorKind::Malformed);
}

/// Every sample names the order and a result code.
#[test]
fn an_end_is_believed_of_the_order_that_it_names() {
    for state in [2, 3, 4] {
        for rest in [
            r#""result":{"code":0}"#.to_owned(),
            r#""order_id":"","result":{"code":0}"#.to_owned(),
            r#""order_id":null,"result":{"code":"0"}"#.to_owned(),
            format!(r#""order_id":"{ORDER}""#),
            format!(r#""order_id":"{ORDER}","result":[]"#),
            format!(r#""order_id":"{ORDER}","result":{{"message":"OK"}}"#),
            format!(r#""order_id":"{ORDER}","result":{{"code":""}}"#),
            format!(r#""order_id":"{ORDER}","result":{{"code":"OK"}}"#),
        ] {
            let answer = format!(r#"{{"status":{state},{rest}}}"#);
            assert_eq!(status(&answer).unwrap_err().kind(), ErrorKind::Malformed, "{answer}");
            for error in [collect(&answer).unwrap_err(), pay_out(&answer).map(|_| ()).unwrap_err()] {
                assert_eq!(
                    (error.outcome(), error.advice()),
                    (Outcome::Unknown, Advice::AskStatus),
                    "{answer}"
                );
            }
        }
        let whole = format!(r#"{{"order_id":"{ORDER}","status":{state},"result":{{"code":"0"}}}}"#);
        assert!(status(&whole).unwrap().status.is_final());
        assert!(collect(&whole).unwrap().status.is_final());
    }
}

#[test]
fn http_statuses_other_than_success_leave_money_unknown() {
    let fine = format!(r#"{{"order_id":"{ORDER}","status":2,"result":{{"code":0}}}}"#);
    let refused = r#"{"result":{"code":10201}}"#;
    let rows = [
        (302, fine.as_str(), ErrorKind::Malformed, Outcome::Unknown),
        (400, "<html>", ErrorKind::Malformed, Outcome::Unknown),
        (401, refused, ErrorKind::Authentication, Outcome::Rejected),
        (403, "<html>signature</html>", ErrorKind::Malformed, Outcome::Unknown),
        (429, "slow down", ErrorKind::RateLimited, Outcome::Unknown),
        (500, fine.as_str(), ErrorKind::Unavailable, Outcome::Unknown),
        (502, "<html>", ErrorKind::Unavailable, Outcome::Unknown),
        (503, refused, ErrorKind::Unavailable, Outcome::Unknown),
    ];
    for (code, body, kind, outcome) in rows {
        let script = Script::new([Ok(HttpResponse::new(code, body))]);
        let error = script.run(bitlipa().payment_b2c(&simulated_b2c())).map(|_| ()).unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (kind, outcome), "{code}");
    }
}

#[test]
fn answers_about_something_else_are_mismatches() {
    let rows = [
        r#"{"order_id":"OTHER","status":2,"result":{"code":0}}"#,
        r#"{"order_id":"OTHER","result":{"code":10201}}"#,
        r#"{"status":1,"result":{"code":0},"amount":"100.01"}"#,
        r#"{"status":1,"result":{"code":0},"amount":100,"currency":"KES"}"#,
        r#"{"status":1,"result":{"code":0},"currency":"EUR"}"#,
    ];
    for answer in rows {
        let error = collect(answer).unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::Mismatch, Outcome::Unknown), "{answer}");
    }
    let stated = r#"{"status":1,"result":{"code":0},"amount":100.0,"currency":"CDF"}"#;
    assert_eq!(collect(stated).unwrap().amount, Some(money("100", Currency::Cdf)));
    assert_eq!(status(stated).unwrap().amount, Some(money("100", Currency::Cdf)));
    let unreadable = r#"{"status":1,"result":{"code":0},"amount":"a hundred","currency":"CDF"}"#;
    assert_eq!(collect(unreadable).unwrap_err().kind(), ErrorKind::Malformed);
}

#[test]
fn the_page_for_a_one_time_password_comes_with_the_status() {
    let answer = |status: u8, link: &str| {
        format!(
            r#"{{"order_id":"{ORDER}","status":{status},"result":{{"code":0}},"extra":{{"customer_redirect":"{link}"}}}}"#
        )
    };
    for good in ["https://otp.bitlipa.net/x?y=1", "https://hpp.bitlipa.net/"] {
        let action = status(&answer(1, good)).unwrap().next_action();
        assert!(matches!(action, NextAction::Redirect(page) if page.as_str() == good), "{good}");
        assert!(!status(&answer(1, good)).unwrap().extra.untrusted_redirect);
    }
    for bad in [
        "http://otp.bitlipa.net/",
        "https://bitlipa.net.evil.example/",
        "https://evil.example/",
        "javascript:x",
    ] {
        // The link is lost, and the state of the money is not.
        let with_words =
            answer(1, bad).replace(r#""extra":{"#, r#""extra":{"customer_message":"open the page","#);
        for transaction in [
            status(&answer(1, bad)).unwrap(),
            collect(&answer(1, bad)).unwrap(),
            status(&with_words).unwrap(),
        ] {
            assert_eq!((transaction.status, transaction.next_action()), (Status::Pending, NextAction::None));
            assert_eq!(transaction.extra.customer_redirect, None, "{bad}");
            assert!(transaction.extra.untrusted_redirect, "{bad}");
            let shown = format!("{transaction:?}");
            assert!(shown.contains("untrusted_redirect") && !shown.contains("evil"), "{shown}");
        }
        // What is over leads nowhere, so the link is not looked at.
        let over = status(&answer(2, bad)).unwrap().extra;
        assert_eq!((over.customer_redirect, over.untrusted_redirect), (None, false));
    }
    let mut config = config();
    config.redirect_hosts = vec!["otp.operator.example".into()];
    let bitlipa = Bitlipa::new(config).unwrap();
    let exchange = bitlipa.status(&order(ORDER).into());
    assert!(run(exchange, &answer(1, "https://otp.operator.example/1")).is_ok());
    let empty =
        r#"{"status":1,"result":{"code":0},"extra":{"customer_redirect":"","customer_message":"dial"}}"#;
    assert_eq!(status(empty).unwrap().next_action(), NextAction::Prompt("dial".into()));
    for extra in ["[]", "null", "\"\""] {
        let answer = format!(r#"{{"status":1,"result":{{"code":0}},"extra":{extra}}}"#);
        assert_eq!(status(&answer).unwrap().next_action(), NextAction::None, "{extra}");
    }
}

#[test]
fn a_confirmation_is_an_outcome_of_its_own() {
    for (kind, value) in [("1", "1"), ("\"2\"", "2"), ("\"otp\"", "otp")] {
        let answer =
            format!(r#"{{"order_id":"{ORDER}","status":1,"result":{{"code":0}},"confirm_type":{kind}}}"#);
        let B2cOutcome::ConfirmationRequired { confirm_type, transaction } = pay_out(&answer).unwrap() else {
            panic!("{kind}")
        };
        assert_eq!(&*confirm_type, value);
        assert_eq!(transaction.next_action(), NextAction::Confirmation(value.into()));
    }
    for kind in ["0", "\"0\"", "\"\"", "null"] {
        let answer =
            format!(r#"{{"order_id":"{ORDER}","status":1,"result":{{"code":0}},"confirm_type":{kind}}}"#);
        assert!(matches!(pay_out(&answer).unwrap(), B2cOutcome::Accepted(_)), "{kind}");
    }
    let over = format!(r#"{{"order_id":"{ORDER}","status":4,"result":{{"code":0}},"confirm_type":1}}"#);
    assert!(matches!(pay_out(&over).unwrap(), B2cOutcome::Accepted(_)), "what is over needs no confirmation");
}

#[test]
fn all_faults_are_reported_at_once() {
    let mut request = C2bRequest::new(order("A"), money("0.50", Currency::Kes), 199);
    request.payer.phone = Some(phone("+256709000000"));
    request.payer.email = Some(" ".into());
    request.notify_url = Some("http://localhost/cb".into());
    let exchange = bitlipa().payment_c2b(&request);
    assert_eq!(
        faults(&exchange),
        [
            ("amount", "minimum"),
            ("payer.phone", "format"),
            ("payer.name", "required"),
            ("payer.email", "required"),
            ("notify_url", "format"),
        ]
    );
    let error = Script::new([]).run(exchange).unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::InvalidRequest, Outcome::NotSent));

    let request = B2cRequest::new(order("A"), money("0", Currency::Usd), 199);
    assert_eq!(
        faults(&bitlipa().payment_b2c(&request)),
        [
            ("amount.currency", "supported"),
            ("amount", "minimum"),
            ("recipient.phone", "required"),
            ("recipient.name", "required"),
            ("document", "required"),
        ]
    );
    let mut request = B2cRequest::new(order("A"), money("100", Currency::Ngn), 5008);
    request.recipient.phone = Some(phone("+2348031234567"));
    assert_eq!(
        faults(&bitlipa().payment_b2c(&request)),
        [("recipient.id", "format"), ("recipient.name", "required"), ("bank_code", "required")],
        "a phone number is no account"
    );
}

#[test]
fn hints_of_the_directory_can_be_ignored() {
    let mut config = config();
    (config.limits, config.phone_rules, config.field_rules) =
        (Limits::Ignored, Limits::Ignored, Limits::Ignored);
    let bitlipa = Bitlipa::new(config).unwrap();
    let mut request = C2bRequest::new(order("A"), money("0.50", Currency::Kes), 199);
    request.payer.phone = Some(phone("+256709000000"));
    assert_eq!(faults(&bitlipa.payment_c2b(&request)), []);
    request.amount = money("0", Currency::Kes);
    assert_eq!(faults(&bitlipa.payment_c2b(&request)), [("amount", "minimum")], "nothing is never an amount");
}

#[test]
fn limits_of_the_directory_hold_to_the_minor_unit() {
    let rows = [("99.99", Some("minimum")), ("100", None), ("400000", None), ("400000.01", Some("maximum"))];
    for (amount, rule) in rows {
        let mut request = C2bRequest::new(order("A"), money(amount, Currency::Ngn), 5008);
        request.customer_id = Some("0000000000".into());
        request.payer.email = Some("a@example.com".into());
        let found = faults(&bitlipa().payment_c2b(&request)).first().map(|(_, rule)| *rule);
        assert_eq!(found, rule, "{amount}");
    }
}

#[test]
fn providers_of_the_page_alone_name_the_remedy() {
    for provider in [5010, 5011] {
        let mut request = C2bRequest::new(order("A"), money("100", Currency::Ngn), provider);
        request.customer_id = Some("0000000000".into());
        let exchange = bitlipa().payment_c2b(&request);
        let [problem] = exchange.problems() else { panic!("{exchange:?}") };
        assert!(
            matches!(&problem.fault, Fault::Unsupported(offered) if offered.contains("hosted_page_link"))
        );
        let mut request = B2cRequest::new(order("A"), money("100", Currency::Ngn), provider);
        request.customer_id = Some("0000000000".into());
        assert_eq!(faults(&bitlipa().payment_b2c(&request)), [], "payouts go over the API");
    }
}

#[test]
fn what_people_type_cannot_spell_a_status() {
    let mut request = simulated_b2c();
    request.recipient.name = Some("xstatus2".into());
    request.recipient.email = Some("status-1@example.com".into());
    request.recipient.address = Some("1 Main Street\n2 Side Street".into());
    request.bank_code = Some("status3".into());
    request.customer_id = Some("status2".into());
    assert_eq!(
        faults(&bitlipa().payment_b2c(&request)),
        [
            ("customer_id", "format"),
            ("recipient.name", "format"),
            ("recipient.email", "format"),
            ("recipient.address", "forbidden_character"),
            ("bank_code", "format"),
        ]
    );
    let mut request = simulated_c2b();
    request.payer.address = Some("status quo, 2nd floor".into());
    assert_eq!(faults(&bitlipa().payment_c2b(&request)), []);
}

#[test]
fn links_are_signed_flat_over_decoded_values() {
    let base = BaseUrl::parse("https://api.example.com").unwrap();
    let bitlipa = Bitlipa::new(Config::new(base, "p", "m1", Secret::new(SECRET))).unwrap();
    let mut request = HostedPageRequest::new(order("ORD-7"), 5010);
    request.payer.phone = Some(phone("+2348031234567"));
    request.notify_url = Some("https://m.example/cb?a=1&b=2".into());
    request.email = Some("A+B@EXAMPLE.COM".into());
    request.name = Some("ADA ỌBỊ".into());
    request.amount = Some(money("100", Currency::Ngn));
    let link = bitlipa.hosted_page_link(&request).unwrap();
    assert_eq!(
        link.as_str(),
        "https://hpp.bitlipa.net/?merchant_id=m1&customer_id=2348031234567&order_id=ORD-7&country=NG&currency=NGN\
         &provider_id=5010&operation=c2b&type=bank_transfer&callback_url=https%3A%2F%2Fm.example%2Fcb%3Fa%3D1%26b%3D2\
         &email=A%2BB%40EXAMPLE.COM&name=ADA+%E1%BB%8CB%E1%BB%8A&amount=100.00\
         &signature=1ba4a8f93d6f386a63f6b234eef186367e9658da1b99c19b06c7d839b0e7d81a3bf14ebe1eb78fd51ae422a2ad5edb3f27925ed9ceefc84c218a41d34a5c91e0"
    );
    assert_eq!(format!("{link:?}"), "PageUrl(..)");

    let mut request = HostedPageRequest::new(order("ORD-7"), 5008);
    request.customer_id = Some("0000000000".into());
    request.country = "NGA".into();
    let link = bitlipa.hosted_page_link(&request).unwrap();
    assert_eq!(
        link.as_str(),
        "https://hpp.bitlipa.net/?merchant_id=m1&customer_id=0000000000&order_id=ORD-7&country=NGA&currency=NGN\
         &provider_id=5008&operation=c2b&type=bank_transfer\
         &signature=ec3fdcbf5a13aa86f03278472bd053ca913f6e85d35054c0321fa3a18ba6cb554baa6a6605eabe6030a030f02400cd3c2530848e330cdffc3e209c07da38f2c0"
    );
}

#[test]
fn a_secret_of_its_own_signs_links() {
    let mut config = config();
    let request = {
        let mut request = HostedPageRequest::new(order("ORD-7"), 5008);
        request.customer_id = Some("1".into());
        request
    };
    let shared = Bitlipa::new(config.clone()).unwrap().hosted_page_link(&request).unwrap();
    config.hosted_page_secret = Some(Secret::new("another"));
    config.hosted_page = BaseUrl::parse("http://127.0.0.1:9/pay").unwrap();
    let apart = Bitlipa::new(config).unwrap().hosted_page_link(&request).unwrap();
    assert!(apart.as_str().starts_with("http://127.0.0.1:9/pay/?merchant_id="));
    let signature = |link: &str| link.rsplit_once("signature=").unwrap().1.to_owned();
    assert_ne!(signature(shared.as_str()), signature(apart.as_str()));
}

#[test]
fn links_hold_nothing_that_a_customer_could_abuse() {
    let mut request = HostedPageRequest::new(order("ORD-7"), 5008);
    request.name = Some("xstatus2".into());
    request.email = Some("a@example.com".into());
    request.customer_id = Some("c1".into());
    request.kind = "bank transfer".into();
    request.country = "Nigeria".into();
    request.amount = Some(money("99", Currency::Kes));
    request.notify_url = Some("https://m.example/status2".into());
    let problems = bitlipa().hosted_page_link(&request).unwrap_err();
    let fields: Vec<_> = problems.as_slice().iter().map(|problem| problem.field.as_str()).collect();
    assert_eq!(
        fields,
        [
            "amount.currency",
            "amount.currency",
            "customer_id",
            "country",
            "kind",
            "name",
            "email",
            "notify_url"
        ]
    );
    let problems = bitlipa().hosted_page_link(&HostedPageRequest::new(order("A"), 5008)).unwrap_err();
    assert_eq!(problems.to_string(), "payer.phone is required: set it");
}

#[test]
fn links_are_for_the_providers_of_the_page() {
    let link = |config: Config, provider_id: u32, currency: Currency, amount: Option<Money>| {
        let mut request = HostedPageRequest::new(order("A"), provider_id);
        request.customer_id = Some("1".into());
        (request.currency, request.amount) = (currency, amount);
        let problems = Bitlipa::new(config).unwrap().hosted_page_link(&request).err();
        let problems = problems.map(|problems| problems.as_slice().to_vec()).unwrap_or_default();
        problems.iter().map(|problem| problem.field.as_str().to_owned()).collect::<Vec<_>>()
    };
    for id in [5008, 5010, 5011] {
        assert_eq!(link(config(), id, Currency::Ngn, None), [""; 0]);
        assert_eq!(link(config(), id, Currency::Kes, None), ["currency"]);
    }
    assert_eq!(link(config(), 199, Currency::Kes, None), ["provider_id"], "it has no page");
    assert_eq!(link(config(), 987_654, Currency::Usd, None), ["provider_id", "currency"]);
    let nothing = Some(money("0", Currency::Kes));
    assert_eq!(
        link(config(), 5008, Currency::Ngn, nothing),
        ["amount.currency", "amount", "amount.currency"]
    );

    let mut own = config();
    own.directory.push(Entry {
        country: Country::parse("KE").unwrap(),
        operator: "Page".into(),
        operation: Operation::Payment,
        currency: Currency::Kes,
        code: "987654".into(),
        phone: PhoneShape::Undocumented,
        needs: Default::default(),
        flow: Flow::HostedPage,
        least: None,
        most: None,
    });
    assert_eq!(link(own.clone(), 987_654, Currency::Kes, None), [""; 0]);
    assert_eq!(link(own, 987_654, Currency::Ngn, None), ["currency"]);
}

#[test]
fn settings_are_checked_all_at_once() {
    let mut config = config();
    config.public_id = "../x".into();
    config.merchant_id = String::new();
    config.secrets = vec![Secret::new("sandbox-secret")];
    config.banks_path = Some("/banks?x".into());
    config.notify_url = Some("ftp://x".into());
    config.picks = vec![1];
    config.callback_keys = vec!["status".into()];
    let problems = Bitlipa::new(config).unwrap_err();
    let fields: Vec<_> = problems.as_slice().iter().map(|problem| problem.field.as_str()).collect();
    assert_eq!(
        fields,
        ["public_id", "merchant_id", "secrets", "notify_url", "banks_path", "picks", "callback_keys"]
    );
    let mut config = self::config();
    config.secrets.clear();
    assert_eq!(Bitlipa::new(config).unwrap_err().to_string(), "secrets is required: set it");
}

#[test]
fn the_first_secret_signs() {
    let mut config = config();
    config.secrets.push(Secret::new("the one before"));
    let (_, rotated) = sent(Bitlipa::new(config).unwrap().payment_c2b(&simulated_c2b()));
    let (_, plain) = sent(bitlipa().payment_c2b(&simulated_c2b()));
    assert_eq!(rotated, plain);
}

#[test]
fn nothing_secret_or_personal_is_printed() {
    let mut request = C2bRequest::new(order("A"), money("100", Currency::Kes), 199);
    request.payer.phone = Some(phone("+254700000001"));
    request.payer.name = Some("Wanjiku".into());
    request.payer.email = Some("w@example.com".into());
    request.customer_id = Some("ACCOUNT-4711".into());
    request.notify_url = Some("https://shop.example/hidden-1".into());
    let mut payout = B2cRequest::new(order("A"), money("100", Currency::Kes), 199);
    payout.recipient = request.payer.clone();
    payout.customer_id = Some("ACCOUNT-4712".into());
    payout.bank_code = Some("BANK-4713".into());
    payout.notify_url = Some("https://shop.example/hidden-2".into());
    let mut page = HostedPageRequest::new(order("A"), 5008);
    page.payer = request.payer.clone();
    page.customer_id = Some("ACCOUNT-4714".into());
    page.name = Some("WANJIKU".into());
    page.email = Some("W@EXAMPLE.COM".into());
    page.notify_url = Some("https://shop.example/hidden-3".into());
    let mut config = config();
    config.notify_url = Some("https://shop.example/hidden-4".into());
    let requests = format!("{config:?} {payout:?} {page:?}");
    for named in ["notify_url: ..", "customer_id: ..", "bank_code: ..", "name: ..", "email: .."] {
        assert!(requests.contains(named), "{named} in {requests}");
    }
    let bitlipa = Bitlipa::new(config).unwrap();
    let answer = r#"{"status":1,"result":{"code":0,"message":"sent to 254700000001"},"extra":{"account_number":"4000000000","bank_name":"B","customer_message":"Dear Wanjiku"}}"#;
    let transaction = run(bitlipa.payment_c2b(&request), answer).unwrap();
    let outcome = B2cOutcome::Accepted(transaction.clone());
    let shown = format!(
        "{requests} {bitlipa:?} {request:?} {:?} {transaction:?} {:?} {outcome:?} {:?}",
        bitlipa.payment_c2b(&request),
        transaction.extra,
        transaction.result,
    );
    for hidden in [
        &SECRET[..16],
        "700000001",
        "Wanjiku",
        "w@example",
        "4000000000",
        "471",
        "WANJIKU",
        "W@EXAMPLE",
        "hidden",
    ] {
        assert!(!shown.contains(hidden), "{hidden} in {shown}");
    }
}
