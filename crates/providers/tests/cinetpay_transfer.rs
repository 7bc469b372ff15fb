//! CinetPay's transfers against their documents: login, contacts, sending, adoption and questions.
#![cfg(feature = "cinetpay")]
#![allow(clippy::unwrap_used, reason = "a failing test may panic")]

use nzimbu_core::secret::Secret;
use nzimbu_core::testing::Script;
use nzimbu_core::{
    Advice, BaseUrl, Channel, Country, Currency, Customer, Effect, ErrorKind, GatewayRef, HttpRequest,
    HttpResponse, Language, Money, NextAction, Operation, Operator, OrderId, OrderName, OrderRef, Outcome,
    PaymentProvider, PayoutRequest, PhoneNumber, ProviderError, Status, TransportError, TransportExt,
    UnixTime,
};
use nzimbu_providers::cinetpay::{
    Approval, CinetPay, Config, Contact, ContactResult, Transfer, TransferConfig, TransferKey,
    TransferRequest, TransferState, Wallet,
};

macro_rules! sample {
    ($name:literal) => {
        include_str!(concat!("../../../fixtures/cinetpay/samples/transfer-", $name, ".json"))
    };
}

const LOGIN: &str = sample!("login-success");
const BALANCE: &str = sample!("balance-success");
const CHECK: &str = sample!("check-success");
const CONTACTS: &str = sample!("contact-success");
const SENT: &str = sample!("send-success");
const NOT_FOUND: &str = sample!("check-error-723");
const BAD_TOKEN: &str = sample!("balance-error-706");
const BAD_LOGIN: &str = sample!("login-error-701");
const NO_MONEY: &str = sample!("send-error-602");

fn config() -> TransferConfig {
    let mut transfer = TransferConfig::new(Secret::new("key with blank"), Secret::new("p&ss+wörd"));
    transfer.notify_url = Some("http://yourdomain.com/transfer/notify".into());
    transfer.currency = Some(Currency::Xof);
    transfer
}

fn cinetpay() -> CinetPay {
    CinetPay::new(Config::new(None, Some(config()))).unwrap()
}

fn xof(units: u64) -> Money {
    Money::from_minor(units, Currency::Xof).unwrap()
}

fn order(text: &str) -> OrderId {
    OrderId::parse(text).unwrap()
}

fn phone(text: &str) -> PhoneNumber {
    PhoneNumber::parse(text).unwrap()
}

/// The two transfers of the sample, the first plain, the second to a wallet.
fn pair() -> [Transfer; 2] {
    let mut second = Transfer::new(order("MYMERCHANTID2"), xof(2000), phone("+2250102324373"));
    second.wallet = Some(Wallet::WaveCi);
    [Transfer::new(order("TEST-ID1"), xof(500), phone("+2250102324373")), second]
}

fn one() -> [Transfer; 1] {
    let [first, _] = pair();
    [first]
}

fn recipient() -> Customer {
    let mut recipient = Customer::default();
    recipient.name = Some("Test A".into());
    recipient.surname = Some("Test B".into());
    recipient.email = Some("testa@exemple.com".into());
    recipient.phone = Some(phone("+2250102324373"));
    recipient
}

fn ok(body: &str) -> Result<HttpResponse, TransportError> {
    Ok(HttpResponse::new(200, body))
}

fn told(code: &str) -> String {
    format!(r#"{{"code":{code},"message":"M","description":"D","data":[]}}"#)
}

/// An answer to sending with these items.
fn items(items: &str) -> String {
    format!(r#"{{"code":0,"message":"OPERATION_SUCCES","data":[[{items}]]}}"#)
}

const TAKEN: &str = r#"{"prefix":"225","phone":"0102324373","amount":500,"client_transaction_id":"TEST-ID1","code":0,
    "status":"success","treatment_status":"NEW","transaction_id":"EA211005.065802.Z794810","lot":"0069229938091633417082"}"#;
/// What a check says of the same transfer.
const KNOWN: &str = r#"{"code":0,"message":"OPERATION_SUCCES","data":[{"transaction_id":"EA1","client_transaction_id":"TEST-ID1",
    "amount":"500","receiver":"0102324373","receiver_e164":"+2250102324373","sending_status":"CONFIRM","treatment_status":"REC"}]}"#;

fn data(request: &HttpRequest) -> serde_json::Value {
    let pairs: Vec<_> = form_urlencoded::parse(&request.body).collect();
    let [(name, value)] = &pairs[..] else { panic!("one field") };
    assert_eq!(name, "data");
    assert_eq!(request.headers[0].value, "application/x-www-form-urlencoded");
    serde_json::from_str(value).unwrap()
}

#[test]
fn the_login_is_a_form_and_the_token_is_kept_for_four_minutes() {
    let cinetpay = cinetpay();
    let script = Script::bodies([LOGIN, BALANCE, BALANCE, sample!("login-success-2018"), BALANCE]);
    script.run(cinetpay.transfer_balance()).unwrap();
    script.set_now(UnixTime::from_secs(239));
    script.run(cinetpay.transfer_balance()).unwrap();
    script.set_now(UnixTime::from_secs(240));
    script.run(cinetpay.transfer_balance()).unwrap();
    let requests = script.requests();
    let lines: Vec<_> =
        requests.iter().map(|request| format!("{} {}", request.method().as_str(), request.url)).collect();
    let balance = "GET https://client.cinetpay.com/v1/transfer/check/balance?token=";
    assert_eq!(
        lines,
        [
            "POST https://client.cinetpay.com/v1/auth/login",
            &format!("{balance}YOUR_TOKEN_HERE"),
            &format!("{balance}YOUR_TOKEN_HERE"),
            "POST https://client.cinetpay.com/v1/auth/login",
            &format!("{balance}XXX_TOKEN_XXX"),
        ]
    );
    assert_eq!(requests[0].body, b"apikey=key+with+blank&password=p%26ss%2Bw%C3%B6rd");
    assert!(requests.iter().all(|request| request.effect() == Effect::NoMoney));
    assert!(
        requests.iter().all(|request| request.headers.iter().all(|header| header.name == "content-type"))
    );
    assert!(!format!("{requests:?} {cinetpay:?}").contains("YOUR_TOKEN"));
}

#[test]
fn the_language_travels_in_the_query() {
    let mut config = Config::new(None, Some(config()));
    config.language = Some(Language::Fr);
    let script = Script::bodies([LOGIN, BALANCE]);
    script.run(CinetPay::new(config).unwrap().transfer_balance()).unwrap();
    assert!(script.requests()[0].url.ends_with("/v1/auth/login?lang=fr"));
    assert!(script.requests()[1].url.ends_with("/check/balance?token=YOUR_TOKEN_HERE&lang=fr"));
}

#[test]
fn refused_logins_are_told() {
    for (status, body, outcome, kind) in [
        (401, BAD_LOGIN, Outcome::Rejected, ErrorKind::Authentication),
        (200, sample!("login-error-701-2018"), Outcome::Rejected, ErrorKind::Authentication),
        (200, &told("703"), Outcome::Rejected, ErrorKind::Authentication),
        (200, &told("702"), Outcome::Rejected, ErrorKind::Unavailable),
        (200, &told("706"), Outcome::NotSent, ErrorKind::Authentication),
        (401, "no", Outcome::NotSent, ErrorKind::Authentication),
        (403, "error code: 1010", Outcome::Rejected, ErrorKind::Blocked),
        (200, r#"{"code":0,"data":{}}"#, Outcome::NotSent, ErrorKind::Malformed),
        (500, LOGIN, Outcome::NotSent, ErrorKind::Malformed),
        (502, "<html>", Outcome::NotSent, ErrorKind::Unavailable),
    ] {
        let script = Script::new([Ok(HttpResponse::new(status, body))]);
        let error = script.run(cinetpay().send(&one())).unwrap_err();
        assert_eq!((error.outcome(), error.kind()), (outcome, kind), "{status} {body}");
        assert_eq!(script.requests().len(), 1);
    }
}

#[test]
fn the_balance_is_three_whole_numbers() {
    let script = Script::bodies([LOGIN, BALANCE]);
    let balance = script.run(cinetpay().transfer_balance()).unwrap();
    assert_eq!((balance.total, balance.reserved, balance.available), (663, 0, 663));

    let script = Script::bodies([
        LOGIN,
        r#"{"code":"0","data":[{"amount":"700.00","inUsing":"37","available":663}]}"#,
    ]);
    let balance = script.run(cinetpay().balance(Currency::Xof)).unwrap();
    assert_eq!(
        (balance.available, balance.reserved, balance.total),
        (xof(663), Some(xof(37)), Some(xof(700)))
    );

    for odd in [
        r#"{"amount":663}"#,
        r#"{"amount":1.5,"inUsing":0,"available":1}"#,
        r#"{"amount":-1,"inUsing":0,"available":0}"#,
        "[]",
    ] {
        let script = Script::bodies([LOGIN, &format!(r#"{{"code":0,"data":{odd}}}"#)]);
        assert_eq!(
            script.run(cinetpay().transfer_balance()).unwrap_err().kind(),
            ErrorKind::Malformed,
            "{odd}"
        );
    }
    // The answer has no currency, so only the account's own is told.
    assert_eq!(cinetpay().balance(Currency::Xaf).problems()[0].field.as_str(), "currency");
    let mut config = config();
    config.currency = None;
    let unnamed = CinetPay::new(Config::new(None, Some(config))).unwrap();
    assert_eq!(unnamed.balance(Currency::Xof).problems()[0].field.as_str(), "currency");
}

#[test]
fn a_refused_token_is_renewed_once_for_questions_and_contacts() {
    let refusals = [
        HttpResponse::new(200, BAD_TOKEN),
        HttpResponse::new(200, told("705")),
        HttpResponse::new(200, told("707")),
        HttpResponse::new(401, told("706")),
        HttpResponse::new(401, "Unauthorized"),
        HttpResponse::new(401, r#"{"message":"Unauthenticated."}"#),
    ];
    for refusal in refusals {
        let script =
            Script::new([ok(LOGIN), Ok(refusal.clone()), ok(sample!("login-success-2018")), ok(BALANCE)]);
        script.run(cinetpay().transfer_balance()).unwrap();
        assert!(script.requests()[3].url.ends_with("token=XXX_TOKEN_XXX"));
        // A second refusal in a row ends it.
        let script = Script::new([ok(LOGIN), Ok(refusal.clone()), ok(LOGIN), Ok(refusal.clone()), ok(LOGIN)]);
        let error = script.run(cinetpay().transfer_balance()).unwrap_err();
        assert_eq!(
            (error.kind(), error.advice(), script.requests().len()),
            (ErrorKind::LoginExpired, Advice::Repeat, 4)
        );
        let script = Script::new([ok(LOGIN), Ok(refusal), ok(LOGIN), ok(&told("726"))]);
        assert_eq!(script.run(cinetpay().add_contacts(&contacts()[..1])).unwrap(), [ContactResult::Known]);
    }
}

#[test]
fn money_is_never_sent_twice_in_a_run() {
    for code in ["705", "\"706\"", "707"] {
        let cinetpay = cinetpay();
        let script = Script::new([ok(LOGIN), ok(&told(code)), ok(LOGIN), ok(&items(TAKEN))]);
        let error = script.run(cinetpay.send(&one())).unwrap_err();
        assert_eq!(
            (error.outcome(), error.kind(), error.advice()),
            (Outcome::Rejected, ErrorKind::LoginExpired, Advice::Repeat)
        );
        assert_eq!(script.requests().len(), 2);
        // The token is forgotten, so that the repeat logs in.
        assert!(script.run(cinetpay.send(&one())).is_ok());
        assert!(script.requests()[2].url.ends_with("/v1/auth/login"));
    }
    let cinetpay = cinetpay();
    let script = Script::new([ok(LOGIN), Ok(HttpResponse::new(401, "<html>")), ok(LOGIN)]);
    let error = script.run(cinetpay.send(&one())).unwrap_err();
    assert_eq!((error.outcome(), error.kind()), (Outcome::Unknown, ErrorKind::LoginExpired));
    assert_eq!(script.requests().len(), 2);
}

fn contacts() -> [Contact; 2] {
    [
        Contact::new(phone("+2250153798590"), "Test A", "Test B", "testa@exemple.com"),
        Contact::new(phone("+2250177895086"), "Test C", "Test D", "testb@exemple.com"),
    ]
}

/// The sample, with the numbers of today.
fn contacts_answer() -> String {
    CONTACTS.replace("53798590", "0153798590").replace("77895086", "0177895086")
}

#[test]
fn contacts_are_sent_as_the_sample_has_them() {
    let script = Script::bodies([LOGIN, &contacts_answer()]);
    let results = script.run(cinetpay().add_contacts(&contacts())).unwrap();
    assert_eq!(results, [ContactResult::Added, ContactResult::Added]);
    let request = &script.requests()[1];
    assert_eq!(request.url, "https://client.cinetpay.com/v1/transfer/contact?token=YOUR_TOKEN_HERE");
    assert_eq!((request.method().as_str(), request.effect()), ("POST", Effect::NoMoney));
    let sample: serde_json::Value = serde_json::from_str(
        &sample!("contact-request-2018").replace("53798590", "0153798590").replace("77895086", "0177895086"),
    )
    .unwrap();
    assert_eq!(data(request), sample);
    let shown = format!("{:?}", contacts());
    assert!(!shown.contains("Test A") && !shown.contains("0153798590") && !shown.contains("exemple"));
}

#[test]
fn each_contact_finds_its_own_result() {
    let swapped = r#"{"code":0,"data":[{"prefix":"225","phone":"0177895086","code":726,"status":"ERROR_PHONE_ALREADY_MY_CONTACT"},
        {"prefix":"225","phone":"0153798590","code":"0"}]}"#;
    let rows = [
        (swapped.to_owned(), [ContactResult::Added, ContactResult::Known]),
        // Without numbers the places count.
        (
            r#"{"code":0,"data":[[{"code":0},{"code":717}]]}"#.into(),
            [ContactResult::Added, ContactResult::Refused("717".into())],
        ),
        (r#"{"code":0,"data":[[{"code":0}]]}"#.into(), [ContactResult::Unclear, ContactResult::Unclear]),
        (r#"{"code":0,"data":[]}"#.into(), [ContactResult::Unclear, ContactResult::Unclear]),
        // As printed the sample echoes other numbers than were sent.
        (CONTACTS.into(), [ContactResult::Unclear, ContactResult::Unclear]),
        (
            contacts_answer().replace("\"code\": 0,\n        \"status\"", "\"status\""),
            [ContactResult::Unclear, ContactResult::Unclear],
        ),
        (
            r#"{"code":0,"data":[{"phone":"0153798590","code":715},{"phone":"0177895086","code":"x"}]}"#
                .into(),
            [ContactResult::Unclear, ContactResult::Unclear],
        ),
        (told("726"), [ContactResult::Known, ContactResult::Known]),
        (told("\"726\""), [ContactResult::Known, ContactResult::Known]),
    ];
    for (answer, expected) in rows {
        let script = Script::bodies([LOGIN, &answer]);
        assert_eq!(script.run(cinetpay().add_contacts(&contacts())).unwrap(), expected, "{answer}");
    }
    let script = Script::bodies([LOGIN, &told("718")]);
    let error = script.run(cinetpay().add_contacts(&contacts())).unwrap_err();
    assert_eq!((error.outcome(), error.gateway_code()), (Outcome::Rejected, Some("718")));
}

#[test]
fn transfers_are_sent_as_the_sample_has_them_and_compared_with_the_answer() {
    let script = Script::bodies([LOGIN, SENT]);
    let mut batch = script.run(cinetpay().send(&pair())).unwrap();
    let request = &script.requests()[1];
    assert_eq!(
        request.url,
        "https://client.cinetpay.com/v1/transfer/money/send/contact?token=YOUR_TOKEN_HERE"
    );
    assert_eq!((request.method().as_str(), request.effect()), ("POST", Effect::MovesMoney));
    assert_eq!(data(request), serde_json::from_str::<serde_json::Value>(sample!("send-request")).unwrap());

    // The sample answers with 350 where 2000 was asked for.
    let second = batch.results.pop().unwrap();
    assert_eq!(second.order.as_str(), "MYMERCHANTID2");
    let error = second.result.unwrap_err();
    assert_eq!((error.outcome(), error.kind()), (Outcome::Unknown, ErrorKind::Mismatch));
    let first = batch.results.pop().unwrap().result.unwrap();
    assert_eq!((first.status, &*first.raw_status, first.amount), (Status::Pending, "NEW", Some(xof(500))));
    assert_eq!(first.reference.as_ref().unwrap().as_str(), "EA211005.065802.Z794810");
    assert_eq!(first.lot.as_ref().unwrap().as_str(), "0069229938091633417082");
    assert!(batch.unexpected.is_empty());
    assert!(!format!("{first:?}").contains("0102324373"));

    let script = Script::bodies([LOGIN, &SENT.replace("350", "\"2000\"")]);
    let batch = script.run(cinetpay().send(&pair())).unwrap();
    assert!(batch.results.iter().all(|result| result.result.is_ok()));
    let script = Script::bodies([LOGIN, &SENT.replace("350", "2000").replace("WAVECI", "MOMO")]);
    let batch = script.run(cinetpay().send(&pair())).unwrap();
    assert_eq!(batch.results[1].result.as_ref().unwrap_err().kind(), ErrorKind::Mismatch);
}

#[test]
fn results_are_matched_by_our_ids() {
    let second = TAKEN.replace("TEST-ID1", "MYMERCHANTID2").replace("500", "2000");
    let run = |answer: &str| {
        let script = Script::bodies([LOGIN, answer]);
        script.run(cinetpay().send(&pair())).unwrap()
    };
    let outcome = |result: &Result<TransferState, ProviderError>| {
        result.as_ref().map(|state| state.status).map_err(|error| (error.outcome(), error.kind()))
    };
    let reordered = run(&items(&format!("{second},{TAKEN}")));
    assert_eq!(reordered.results[0].result.as_ref().unwrap().amount, Some(xof(500)));
    assert_eq!(reordered.results[1].result.as_ref().unwrap().amount, Some(xof(2000)));

    let missing = run(&items(TAKEN));
    assert_eq!(outcome(&missing.results[1].result), Err((Outcome::Unknown, ErrorKind::Malformed)));
    let unnamed = run(&items(&format!("{TAKEN},{}", second.replace("MYMERCHANTID2", ""))));
    assert_eq!(outcome(&unnamed.results[1].result), Err((Outcome::Unknown, ErrorKind::Malformed)));
    assert_eq!(unnamed.unexpected.len(), 1);

    let extra = run(&items(&format!("{TAKEN},{second},{}", TAKEN.replace("TEST-ID1", "STRANGER"))));
    assert!(extra.results.iter().all(|result| result.result.is_ok()));
    assert_eq!(extra.unexpected[0].order.as_ref().unwrap().as_str(), "STRANGER");
    assert_eq!(extra.unexpected[0].amount, Some(xof(500)));

    let twice = run(&items(&format!("{TAKEN},{second},{TAKEN}")));
    assert_eq!(outcome(&twice.results[0].result), Err((Outcome::Unknown, ErrorKind::Malformed)));
    assert_eq!(twice.unexpected.len(), 1);

    let mixed = run(&items(&format!(
        r#"{TAKEN},{{"client_transaction_id":"MYMERCHANTID2","code":"724","status":"ERROR_PHONE_NOT_MY_CONTACT"}}"#
    )));
    assert_eq!(outcome(&mixed.results[0].result), Ok(Status::Pending));
    assert_eq!(outcome(&mixed.results[1].result), Err((Outcome::Rejected, ErrorKind::InvalidRequest)));

    for shape in ["[[[ITEM]]]", "[ITEM]", "ITEM", "[[ITEM],[]]"] {
        let answer = format!(r#"{{"code":"0","data":{}}}"#, shape.replace("ITEM", TAKEN));
        let script = Script::bodies([LOGIN, &answer]);
        assert!(script.run(cinetpay().send(&one())).unwrap().results[0].result.is_ok(), "{shape}");
    }
    // One asked for and one answered: there is nothing to confuse, but the echo is still compared.
    let nameless = TAKEN.replace(r#""client_transaction_id":"TEST-ID1","#, "");
    for (item, kind) in [
        (nameless.clone(), None),
        (nameless.replace("500", "505"), Some(ErrorKind::Mismatch)),
        (nameless.replace("0102324373", "0102324374"), Some(ErrorKind::Mismatch)),
        (TAKEN.replace("\"225\"", "\"226\""), Some(ErrorKind::Mismatch)),
        (TAKEN.replace("500", "\"5OO\""), Some(ErrorKind::Mismatch)),
        (TAKEN.replace("500", r#"500,"payment_method":"WAVECI""#), Some(ErrorKind::Mismatch)),
        (TAKEN.replace("500", r#"500,"payment_method":"""#), None),
        (TAKEN.replace("500", r#"500,"payment_method":"OM""#), None),
        (TAKEN.replace("500", "\"500.00\""), None),
        (TAKEN.replace("500", "null"), None),
        (TAKEN.replace("success", "error"), Some(ErrorKind::Malformed)),
        (TAKEN.replace(r#""code":0,"#, ""), Some(ErrorKind::Malformed)),
    ] {
        let script = Script::bodies([LOGIN, &items(&item)]);
        let result = script.run(cinetpay().send(&one())).unwrap().results.pop().unwrap().result;
        assert_eq!(result.as_ref().err().map(ProviderError::kind), kind, "{item}");
        assert!(result.is_ok_and(|state| state.status == Status::Pending) || kind.is_some());
    }
}

#[test]
fn every_code_of_the_table_means_what_the_documents_say() {
    use ErrorKind::{
        Authentication, Blocked, InsufficientFunds, InvalidRequest, LoginExpired, Malformed, Unavailable,
        Unsupported,
    };
    // Code, outcome and kind for the whole call, outcome for one item.
    let rows = [
        ("-1", Outcome::Rejected, InvalidRequest, Outcome::Unknown),
        ("602", Outcome::Rejected, InsufficientFunds, Outcome::Rejected),
        ("701", Outcome::Rejected, Authentication, Outcome::Rejected),
        ("702", Outcome::Rejected, Unavailable, Outcome::Rejected),
        ("703", Outcome::Rejected, Authentication, Outcome::Rejected),
        ("704", Outcome::Rejected, InvalidRequest, Outcome::Rejected),
        ("705", Outcome::Rejected, LoginExpired, Outcome::Unknown),
        ("706", Outcome::Rejected, LoginExpired, Outcome::Unknown),
        ("707", Outcome::Rejected, LoginExpired, Outcome::Unknown),
        ("708", Outcome::Rejected, Unsupported, Outcome::Rejected),
        ("709", Outcome::Rejected, Blocked, Outcome::Rejected),
        ("710", Outcome::Unknown, Unavailable, Outcome::Unknown),
        ("715", Outcome::Unknown, Unavailable, Outcome::Unknown),
        ("716", Outcome::Rejected, InvalidRequest, Outcome::Rejected),
        ("717", Outcome::Rejected, InvalidRequest, Outcome::Rejected),
        ("718", Outcome::Rejected, InvalidRequest, Outcome::Rejected),
        ("719", Outcome::Rejected, InvalidRequest, Outcome::Rejected),
        ("720", Outcome::Rejected, InvalidRequest, Outcome::Rejected),
        ("721", Outcome::Rejected, InvalidRequest, Outcome::Rejected),
        ("723", Outcome::Unknown, Malformed, Outcome::Unknown),
        ("724", Outcome::Rejected, InvalidRequest, Outcome::Rejected),
        ("725", Outcome::Rejected, InvalidRequest, Outcome::Rejected),
        ("726", Outcome::Unknown, Malformed, Outcome::Unknown),
        ("801", Outcome::Rejected, InvalidRequest, Outcome::Rejected),
        ("802", Outcome::Rejected, InvalidRequest, Outcome::Rejected),
        ("804", Outcome::Unknown, Unavailable, Outcome::Unknown),
        ("811", Outcome::Unknown, InvalidRequest, Outcome::Unknown),
        ("722", Outcome::Unknown, Malformed, Outcome::Unknown),
        ("727", Outcome::Unknown, Malformed, Outcome::Unknown),
        ("999", Outcome::Unknown, Malformed, Outcome::Unknown),
        ("\"x y\"", Outcome::Unknown, Malformed, Outcome::Unknown),
    ];
    for (code, outcome, kind, item_outcome) in rows {
        let plain = code.trim_matches('"');
        for spelled in [plain.to_owned(), format!("\"{plain}\"")] {
            if spelled == "x y" {
                continue;
            }
            let script = Script::bodies([LOGIN, &told(&spelled)]);
            let error = script.run(cinetpay().send(&one())).unwrap_err();
            assert_eq!((error.outcome(), error.kind()), (outcome, kind), "{spelled}: {error}");
            assert_eq!(error.gateway_code(), Some(plain.replace(' ', "").as_str()));

            let item = items(&format!(r#"{{"client_transaction_id":"TEST-ID1","code":{spelled}}}"#));
            let script = Script::bodies([LOGIN, &item]);
            let error =
                script.run(cinetpay().send(&one())).unwrap().results.pop().unwrap().result.unwrap_err();
            assert_eq!(error.outcome(), item_outcome, "{spelled} of an item: {error}");
        }
    }
    let script = Script::bodies([LOGIN, NO_MONEY]);
    let error = script.run(cinetpay().send(&one())).unwrap_err();
    assert_eq!((error.outcome(), error.kind()), (Outcome::Rejected, InsufficientFunds));
    assert!(!format!("{error} {error:?}").contains("4 233"));
    assert!(error.gateway_text().unwrap().contains("4 233"), "{:?}", error.gateway_text());
    // A server that fails, or a redirect, refuses nothing, whatever its body says.
    for (code, ..) in rows {
        for status in [302, 500, 503] {
            let script = Script::new([ok(LOGIN), Ok(HttpResponse::new(status, told(code)))]);
            let error = script.run(cinetpay().send(&one())).unwrap_err();
            assert_eq!(error.outcome(), Outcome::Unknown, "{code} with {status}");
        }
    }
}

/// The only result of a call with one transfer.
fn sole(script: &Script) -> Result<TransferState, ProviderError> {
    let mut batch = script.run(cinetpay().send(&one())).unwrap();
    assert_eq!(batch.results.len(), 1);
    batch.results.pop().unwrap().result
}

#[test]
fn a_call_that_was_not_accepted_refuses_no_transfer_that_it_names() {
    let refused = r#"{"client_transaction_id":"TEST-ID1","code":724}"#;
    let bare = r#"{"client_transaction_id":"TEST-ID1"}"#;
    for (status, code) in [(200, "715"), (200, "602"), (400, "-1"), (500, "724"), (500, "602"), (200, "706")]
    {
        for item in [TAKEN, refused, bare] {
            let body = format!(r#"{{"code":{code},"message":"M","data":[{item}]}}"#);
            let script = Script::new([ok(LOGIN), Ok(HttpResponse::new(status, body))]);
            let error = sole(&script).unwrap_err();
            assert_eq!((error.outcome(), error.gateway_code()), (Outcome::Unknown, Some(code)), "{item}");
        }
        // A duplicate is looked up, and the answer to that decides.
        let duplicate = refused.replace("724", "805");
        let body = format!(r#"{{"code":{code},"data":[{duplicate}]}}"#);
        let login = if code == "706" { Some(ok(LOGIN)) } else { None };
        let answers = [ok(LOGIN), Ok(HttpResponse::new(status, body))].into_iter().chain(login);
        assert_eq!(&*sole(&Script::new(answers.chain([ok(KNOWN)]))).unwrap().raw_status, "REC");
    }
    // A server that fails took nothing for certain, even if each item says so.
    let script = Script::new([ok(LOGIN), Ok(HttpResponse::new(500, items(TAKEN)))]);
    assert_eq!(script.run(cinetpay().send(&one())).unwrap_err().outcome(), Outcome::Unknown);
    // A token that was refused is forgotten, items or not.
    for code in ["705", "706"] {
        let cinetpay = cinetpay();
        let body = format!(r#"{{"code":{code},"data":[{TAKEN}]}}"#);
        let script = Script::new([ok(LOGIN), ok(&body), ok(LOGIN), ok(&items(TAKEN))]);
        assert!(script.run(cinetpay.send(&one())).unwrap().results[0].result.is_err());
        assert!(script.run(cinetpay.send(&one())).unwrap().results[0].result.is_ok());
        assert!(script.requests()[2].url.ends_with("/v1/auth/login"));
    }
}

#[test]
fn the_refusal_of_an_item_is_believed_only_without_contradiction() {
    let clean = r#"{"prefix":"225","phone":"0102324373","amount":500,"client_transaction_id":"TEST-ID1","code":724,
        "status":"ERROR_PHONE_NOT_MY_CONTACT"}"#;
    let rows = [
        (clean.to_owned(), Outcome::Rejected, ErrorKind::InvalidRequest),
        (clean.replace("500", "505"), Outcome::Unknown, ErrorKind::Mismatch),
        (clean.replace("0102324373", "0102324374"), Outcome::Unknown, ErrorKind::Mismatch),
        (clean.replace("\"225\"", "\"226\""), Outcome::Unknown, ErrorKind::Mismatch),
        (
            clean.replace("\"225\"", "226").replace(r#""phone":"0102324373","#, ""),
            Outcome::Unknown,
            ErrorKind::Mismatch,
        ),
        (clean.replace("724", r#"724,"transaction_id":"EA1""#), Outcome::Unknown, ErrorKind::InvalidRequest),
        (
            clean.replace("724", r#"724,"treatment_status":"NEW""#),
            Outcome::Unknown,
            ErrorKind::InvalidRequest,
        ),
        (clean.replace("ERROR_PHONE_NOT_MY_CONTACT", "Success"), Outcome::Unknown, ErrorKind::InvalidRequest),
        (
            clean.replace("724", r#"724,"transaction_id":"","treatment_status":null"#),
            Outcome::Rejected,
            ErrorKind::InvalidRequest,
        ),
    ];
    for (item, outcome, kind) in rows {
        let error = sole(&Script::bodies([LOGIN, &items(&item)])).unwrap_err();
        assert_eq!((error.outcome(), error.kind()), (outcome, kind), "{item}");
    }
    let error = sole(&Script::bodies([LOGIN, &items(clean)])).unwrap_err();
    assert_eq!(error.gateway_text(), Some("ERROR_PHONE_NOT_MY_CONTACT"));
}

#[test]
fn of_several_transfers_only_codes_of_the_call_refuse_all() {
    let all = ["602", "701", "702", "703", "705", "706", "707", "708", "709", "718"];
    let one_of_them = [
        "-1", "704", "710", "715", "716", "717", "719", "720", "721", "724", "725", "801", "802", "804",
        "811",
    ];
    for (codes, outcome) in [(&all[..], Outcome::Rejected), (&one_of_them, Outcome::Unknown)] {
        for code in codes {
            let script = Script::bodies([LOGIN, &told(code)]);
            let error = script.run(cinetpay().send(&pair())).unwrap_err();
            assert_eq!((error.outcome(), error.gateway_code()), (outcome, Some(*code)));
        }
    }
}

#[test]
fn an_answer_that_is_not_the_gateways_leaves_money_unknown() {
    let rows = [
        (200, "", ErrorKind::Malformed),
        (200, "<html>", ErrorKind::Malformed),
        (200, r#"{"code":0,"data":[[{"client_transaction_id":"TEST-ID1","code":0"#, ErrorKind::Malformed),
        (200, r#"{"message":"Too Many Attempts."}"#, ErrorKind::Malformed),
        (429, r#"{"message":"Too Many Attempts."}"#, ErrorKind::RateLimited),
        (417, "<html>Expectation Failed</html>", ErrorKind::Malformed),
        (500, SENT, ErrorKind::Malformed),
        (504, "", ErrorKind::Unavailable),
        (302, "", ErrorKind::Malformed),
        (200, r#"{"code":0,"data":7}"#, ErrorKind::Malformed),
    ];
    for (status, body, kind) in rows {
        let script = Script::new([ok(LOGIN), Ok(HttpResponse::new(status, body))]);
        let error = script.run(cinetpay().send(&one())).unwrap_err();
        assert_eq!((error.outcome(), error.kind()), (Outcome::Unknown, kind), "{status} {body}");
    }
    let script = Script::new([ok(LOGIN), Err(TransportError::unknown("read timed out"))]);
    assert_eq!(script.run(cinetpay().send(&one())).unwrap_err().outcome(), Outcome::Unknown);
    let script = Script::new([ok(LOGIN), Err(TransportError::not_sent("refused"))]);
    assert_eq!(script.run(cinetpay().send(&one())).unwrap_err().outcome(), Outcome::NotSent);
    let script = Script::new([ok(LOGIN), Ok(HttpResponse::new(403, "error code: 1010"))]);
    assert_eq!(script.run(cinetpay().send(&one())).unwrap_err().outcome(), Outcome::Rejected);
}

#[test]
fn a_known_id_is_looked_up_and_adopted_only_if_it_is_the_same_transfer() {
    let item =
        items(r#"{"client_transaction_id":"TEST-ID1","code":805,"status":"CLIENT_TRANSACTION_ID_EXIST"}"#);
    for refusal in [told("805"), told("\"805\""), item] {
        let script = Script::bodies([LOGIN, &refusal, KNOWN]);
        let state = script.run(cinetpay().send(&one())).unwrap().results.pop().unwrap().result.unwrap();
        assert_eq!((state.status, &*state.raw_status), (Status::Pending, "REC"));
        assert_eq!(
            script.requests()[2].url,
            "https://client.cinetpay.com/v1/transfer/check/money?token=YOUR_TOKEN_HERE&client_transaction_id=TEST-ID1"
        );
    }
    let national = KNOWN.replace(r#""receiver_e164":"+2250102324373","#, "");
    let rows = [
        (KNOWN.replace("\"500\"", "505"), ErrorKind::Mismatch),
        (KNOWN.replace("\"500\"", "null"), ErrorKind::Mismatch),
        (KNOWN.replace("0102324373", "0102324374"), ErrorKind::Mismatch),
        // Nobody is named, or nobody whole: a difference cannot be told, nor can it be confirmed.
        (KNOWN.replace("receiver", "other"), ErrorKind::DuplicateOrder),
        (national.clone(), ErrorKind::DuplicateOrder),
        (national.replace("0102324373", "0102324374"), ErrorKind::Mismatch),
        (national.replace("\"amount\"", r#""prefix":"226","amount""#), ErrorKind::Mismatch),
        (KNOWN.replace("\"amount\"", r#""operator":"WAVECI","amount""#), ErrorKind::Mismatch),
        (KNOWN.replace("\"amount\"", r#""payment_method":"WAVECI","amount""#), ErrorKind::Mismatch),
        (r#"{"code":0,"data":[]}"#.to_owned(), ErrorKind::DuplicateOrder),
        (NOT_FOUND.to_owned(), ErrorKind::DuplicateOrder),
        (told("715"), ErrorKind::DuplicateOrder),
        ("<html>".to_owned(), ErrorKind::DuplicateOrder),
        (KNOWN.replace("TEST-ID1", "OTHER"), ErrorKind::DuplicateOrder),
        (KNOWN.replace("}]", r#"},{"amount":500}]"#), ErrorKind::Mismatch),
    ];
    for (answer, kind) in rows {
        let script = Script::bodies([LOGIN, &told("805"), &answer]);
        let error = script.run(cinetpay().send(&one())).unwrap().results.pop().unwrap().result.unwrap_err();
        assert_eq!((error.outcome(), error.kind()), (Outcome::Unknown, kind), "{answer}");
    }
    // Without the full number the national one serves beside its prefix, or if it is the full one itself.
    for whole in [
        national.replace("\"amount\"", r#""prefix":"225","amount""#),
        national.replace("0102324373", "2250102324373"),
        KNOWN.replace("\"amount\"", r#""operator":"MOMO","amount""#),
    ] {
        assert!(sole(&Script::bodies([LOGIN, &told("805"), &whole])).is_ok(), "{whole}");
    }
    // Money for a wallet is not money for the number's operator.
    let [_, mut wallet] = pair();
    (wallet.order, wallet.amount) = (order("TEST-ID1"), xof(500));
    for (way, kind) in [
        (r#""operator":"WAVECI""#, None),
        (r#""payment_method":"WAVECI""#, None),
        (r#""operator":"OM""#, Some(ErrorKind::Mismatch)),
        (r#""operator":"WAVESN""#, Some(ErrorKind::Mismatch)),
        (r#""payment_method":"MOMO""#, Some(ErrorKind::Mismatch)),
    ] {
        let answer = KNOWN.replace("\"amount\"", &format!("{way},\"amount\""));
        let script = Script::bodies([LOGIN, &told("805"), &answer]);
        let result =
            script.run(cinetpay().send(std::slice::from_ref(&wallet))).unwrap().results.pop().unwrap().result;
        assert_eq!(result.err().map(|error| error.kind()), kind, "{way}");
    }

    // Of several, each is looked up by itself.
    let second = KNOWN.replace("TEST-ID1", "MYMERCHANTID2");
    let script = Script::bodies([LOGIN, &told("805"), KNOWN, &second]);
    let batch = script.run(cinetpay().send(&pair())).unwrap();
    assert!(batch.results[0].result.is_ok());
    assert_eq!(batch.results[1].result.as_ref().unwrap_err().kind(), ErrorKind::Mismatch);
}

#[test]
fn a_transfer_adds_the_contact_first() {
    let answer = contacts_answer().replace("0153798590", "0102324373");
    let mut request = TransferRequest::new(order("TEST-ID1"), xof(500), recipient());
    request.notify_url = Some("https://shop.example/paid".into());
    let script = Script::bodies([LOGIN, &answer, &items(TAKEN)]);
    let state = script.run(cinetpay().transfer(&request)).unwrap();
    assert_eq!(state.status, Status::Pending);
    let requests = script.requests();
    let effects: Vec<_> = requests.iter().map(HttpRequest::effect).collect();
    assert_eq!(effects, [Effect::NoMoney, Effect::NoMoney, Effect::MovesMoney]);
    assert_eq!(
        data(&requests[1]),
        serde_json::json!([{"prefix":"225","phone":"0102324373","name":"Test A","surname":"Test B","email":"testa@exemple.com"}])
    );
    assert_eq!(
        data(&requests[2]),
        serde_json::json!([{"prefix":"225","phone":"0102324373","amount":500,"client_transaction_id":"TEST-ID1","notify_url":"https://shop.example/paid"}])
    );
    let refused = r#"{"code":0,"data":[[{"prefix":"225","phone":"0102324373","code":717}]]}"#;
    let unclear = r#"{"code":0,"data":[]}"#;
    for (answer, outcome, kind) in [
        (refused, Outcome::Rejected, ErrorKind::InvalidRequest),
        (unclear, Outcome::NotSent, ErrorKind::Malformed),
        ("<html>", Outcome::NotSent, ErrorKind::Malformed),
    ] {
        let script = Script::bodies([LOGIN, answer]);
        let error = script.run(cinetpay().transfer(&request)).unwrap_err();
        assert_eq!((error.outcome(), error.kind(), script.requests().len()), (outcome, kind, 2));
    }
    let known = told("726");
    for (answer, outcome, kind) in [
        (NO_MONEY, Outcome::Rejected, ErrorKind::InsufficientFunds),
        (
            &items(r#"{"client_transaction_id":"TEST-ID1","code":724}"#),
            Outcome::Rejected,
            ErrorKind::InvalidRequest,
        ),
        (&told("715"), Outcome::Unknown, ErrorKind::Unavailable),
        (
            &items(&format!("{TAKEN},{}", TAKEN.replace("TEST-ID1", "X"))),
            Outcome::Unknown,
            ErrorKind::Malformed,
        ),
        (&items(""), Outcome::Unknown, ErrorKind::Malformed),
    ] {
        let script = Script::bodies([LOGIN, &known, answer]);
        let error = script.run(cinetpay().transfer(&request)).unwrap_err();
        assert_eq!((error.outcome(), error.kind()), (outcome, kind), "{answer}");
    }
    // After the money-moving request nothing can be a refusal any more.
    let script = Script::bodies([LOGIN, &known, &told("805"), &KNOWN.replace("\"500\"", "505")]);
    let error = script.run(cinetpay().transfer(&request)).unwrap_err();
    assert_eq!((error.outcome(), error.kind()), (Outcome::Unknown, ErrorKind::Mismatch));
    let script = Script::bodies([LOGIN, &known, &told("805"), KNOWN]);
    assert_eq!(&*script.run(cinetpay().transfer(&request)).unwrap().raw_status, "REC");
}

#[test]
fn transfers_are_looked_up_by_each_name() {
    let name = |text: &str| GatewayRef::new(text).unwrap();
    let keys = [
        (
            TransferKey::Order(OrderName::parse("MYMERCHANTID1").unwrap()),
            "client_transaction_id=MYMERCHANTID1",
        ),
        (TransferKey::Reference(name("EA180627.122753.M279245")), "transaction_id=EA180627.122753.M279245"),
        (TransferKey::Lot(name("0044557641201530102473")), "lot=0044557641201530102473"),
    ];
    for (key, query) in &keys {
        let script = Script::bodies([LOGIN, CHECK]);
        let states = script.run(cinetpay().check_transfer(key)).unwrap();
        let url =
            format!("https://client.cinetpay.com/v1/transfer/check/money?token=YOUR_TOKEN_HERE&{query}");
        assert_eq!(
            (script.requests()[1].url.as_str(), script.requests()[1].method().as_str()),
            (url.as_str(), "GET")
        );
        let [state] = &states[..] else { panic!() };
        assert_eq!((state.status, &*state.raw_status), (Status::Succeeded, "VAL"));
        // The number is of an abandoned plan, but its country tells the currency.
        assert_eq!((state.amount, state.phone.clone()), (Some(xof(500)), None));
        assert_eq!((state.operator.as_deref(), state.valid.as_deref()), (Some("OM"), Some("Y")));
        assert_eq!(state.approval, Some(Approval::Confirmed));
        assert_eq!(state.comment.as_deref(), Some("Transfert effectué avec succès"));
        assert_eq!(state.validated_at, UnixTime::parse_utc("2018-06-27 12:53:26"));
        assert!(!format!("{state:?}").contains("07895086"));
        let script = Script::bodies([LOGIN, NOT_FOUND]);
        assert!(script.run(cinetpay().check_transfer(key)).unwrap().is_empty());
    }
    let odd = TransferKey::Order(OrderName::parse("old&id=1").unwrap());
    let script = Script::bodies([LOGIN, NOT_FOUND]);
    script.run(cinetpay().check_transfer(&odd)).unwrap();
    assert!(script.requests()[1].url.ends_with("&client_transaction_id=old%26id%3D1"));

    let other = CHECK
        .replace("MYMERCHANTID1", "OTHER")
        .replace("EA180627.122753.M279245", "EA1")
        .replace("0044557641201530102473", "1");
    for (key, _) in &keys {
        let script = Script::bodies([LOGIN, &other]);
        assert_eq!(script.run(cinetpay().check_transfer(key)).unwrap_err().kind(), ErrorKind::Mismatch);
    }
    let lot = CHECK
        .replace("}]", "},{\"lot\":\"0044557641201530102473\",\"treatment_status\":\"REJ\"}]")
        .replace("    }\n  ]", "},{\"lot\":\"0044557641201530102473\",\"treatment_status\":\"REJ\"}]");
    let script = Script::bodies([LOGIN, &lot]);
    assert_eq!(script.run(cinetpay().check_transfer(&keys[2].0)).unwrap().len(), 2);
}

#[test]
fn only_723_alone_says_that_nothing_is_known() {
    let key = TransferKey::Order(OrderName::parse("TEST-ID1").unwrap());
    for (status, body) in [
        (200, r#"{"code":0,"message":"OPERATION_SUCCES","data":[]}"#.to_owned()),
        (200, r#"{"code":"0","data":null}"#.to_owned()),
        (200, KNOWN.replace("\"code\":0", "\"code\":723")),
        (500, NOT_FOUND.to_owned()),
        (302, NOT_FOUND.to_owned()),
    ] {
        let script = Script::new([ok(LOGIN), Ok(HttpResponse::new(status, body.as_str()))]);
        let error = script.run(cinetpay().check_transfer(&key)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Malformed, "{status} {body}");
    }
}

#[test]
fn the_common_status_follows_the_documented_words() {
    let asked = OrderRef::new(Operation::Payout, order("TEST-ID1"));
    let rows = [
        ("NEW", Status::Pending),
        ("REC", Status::Pending),
        ("NOS", Status::Pending),
        ("VAL", Status::Succeeded),
        ("REJ", Status::Failed),
        ("val", Status::Unrecognized),
        ("FINISHED", Status::Unrecognized),
        ("", Status::Unrecognized),
    ];
    for (word, status) in rows {
        let answer = KNOWN.replace("REC", word).replace(
            "\"sending_status\"",
            r#""comment":"words","validated_at":"2024-05-17 10:00:00","sending_status""#,
        );
        let script = Script::bodies([LOGIN, &answer]);
        let receipt = script.run(cinetpay().status(&asked)).unwrap().unwrap();
        assert_eq!((receipt.status, &*receipt.raw_status), (status, word));
        assert_eq!(receipt.completed_at.is_some(), status == Status::Succeeded);
        assert_eq!(receipt.failure.is_some(), status == Status::Failed);
        assert_eq!((receipt.amount, receipt.next_action.clone()), (Some(xof(500)), NextAction::None));
        assert!(receipt.expect(&order("TEST-ID1"), xof(500)).is_ok());
    }
    let waiting = KNOWN.replace("CONFIRM", "PENDING").replace("REC", "NEW");
    let script = Script::bodies([LOGIN, &waiting]);
    let receipt = script.run(cinetpay().status(&asked)).unwrap().unwrap();
    assert_eq!(receipt.next_action, NextAction::MerchantApproval);

    let script = Script::bodies([LOGIN, NOT_FOUND]);
    assert_eq!(script.run(cinetpay().status(&asked)).unwrap(), None);
    let script = Script::bodies([LOGIN, &KNOWN.replace("}]", r#"},{"amount":500}]"#)]);
    assert_eq!(script.run(cinetpay().status(&asked)).unwrap_err().kind(), ErrorKind::Mismatch);
}

fn payout(channel: Channel, number: &str) -> PayoutRequest {
    let mut request = PayoutRequest::new(order("TEST-ID1"), xof(500), channel);
    request.recipient = recipient();
    request.recipient.phone = Some(phone(number));
    request
}

#[test]
fn the_common_payout_lets_the_number_decide_or_names_a_wallet() {
    let operator =
        |country: &str, name: &str| Channel::Operator(Operator::new(Country::parse(country).unwrap(), name));
    let rows = [
        (Channel::Any, "+2250102324373", None),
        (Channel::MobileMoney, "+2250102324373", None),
        (operator("CI", "moov"), "+2250102324373", None),
        (operator("CI", "Flooz"), "+2250102324373", None),
        (Channel::Wallet, "+2250102324373", Some("WAVECI")),
        (operator("CI", "Wave"), "+2250102324373", Some("WAVECI")),
        (Channel::Wallet, "+221771234567", Some("WAVESN")),
        // The ranges of this operator are not known.
        (operator("SN", "Free"), "+221761234567", None),
    ];
    for (channel, number, wallet) in rows {
        let request = payout(channel, number);
        let national = request.recipient.phone.as_ref().unwrap().national().to_owned();
        let taken = TAKEN.replace("0102324373", &national).replace("225", &number[1..4]);
        let script = Script::bodies([LOGIN, &told("726"), &items(&taken)]);
        let receipt = script.run(cinetpay().pay_out(&request)).unwrap();
        assert_eq!((receipt.status, receipt.amount), (Status::Pending, Some(xof(500))));
        assert_eq!(receipt.reference.unwrap().as_str(), "EA211005.065802.Z794810");
        assert_eq!(
            data(&script.requests()[2])[0].get("payment_method").and_then(|word| word.as_str()),
            wallet
        );
    }
    let refused = [
        (operator("CI", "Orange"), "+2250102324373"),
        (operator("SN", "Wave"), "+2250102324373"),
        (operator("CI", "Safaricom"), "+2250102324373"),
        (Channel::Wallet, "+22670123456"),
        (Channel::Bank, "+2250102324373"),
        (Channel::Card, "+2250102324373"),
    ];
    for (channel, number) in refused {
        let exchange = cinetpay().pay_out(&payout(channel.clone(), number));
        let fields: Vec<_> = exchange.problems().iter().map(|problem| problem.field.as_str()).collect();
        assert_eq!(fields, ["channel"], "{channel:?}");
    }
}

#[test]
fn every_fault_of_a_payout_is_found_before_anything_is_sent() {
    let mut request = PayoutRequest::new(
        order("TEST-ID1"),
        Money::parse_major("7.50", Currency::Usd).unwrap(),
        Channel::Any,
    );
    request.bank_code = Some("1".into());
    let fields = |provider: &CinetPay, request: &PayoutRequest| -> Vec<String> {
        provider
            .pay_out(request)
            .problems()
            .iter()
            .map(|problem| format!("{} {}", problem.field, problem.fault.rule()))
            .collect()
    };
    // Without a phone there is no country, but everything else is looked at.
    assert_eq!(
        fields(&cinetpay(), &request),
        [
            "bank_code supported",
            "recipient.phone required",
            "recipient.name required",
            "recipient.surname required",
            "recipient.email required",
            "amount.currency supported",
            "amount whole_units",
        ]
    );
    request.recipient.phone = Some(phone("+254712345678"));
    request.recipient.email = Some("no body@x".into());
    let mut config = config();
    config.notify_url = None;
    let unset = CinetPay::new(Config::new(None, Some(config))).unwrap();
    assert_eq!(
        fields(&unset, &request),
        [
            "bank_code supported",
            "recipient.phone supported",
            "recipient.name required",
            "recipient.surname required",
            "recipient.email format",
            "amount.currency supported",
            "amount whole_units",
            "notify_url required",
        ]
    );
    let rows = [
        ("+2250102324373", "195", Currency::Xof, &["amount minimum"][..]),
        ("+2250102324373", "201", Currency::Xof, &["amount multiple_of"]),
        ("+2250102324373", "200", Currency::Xof, &[]),
        // Only minima are known.
        ("+2250102324373", "90000000", Currency::Xof, &[]),
        ("+237671234567", "500", Currency::Xof, &["amount.currency supported"]),
        ("+237671234567", "500", Currency::Xaf, &[]),
        ("+22890123456", "150", Currency::Xof, &[]),
        ("+243991234567", "1000", Currency::Cdf, &[]),
        ("+243991234567", "1000", Currency::Usd, &["amount.currency supported"]),
    ];
    for (number, amount, currency, expected) in rows {
        let mut request = payout(Channel::Any, number);
        request.amount = Money::parse_major(amount, currency).unwrap();
        assert_eq!(fields(&cinetpay(), &request), expected, "{number} {amount} {currency}");
    }
    let mut twice = [one(), one()].concat();
    twice[1].wallet = Some(Wallet::WaveSn);
    twice[1].notify_url = Some("http://localhost/x".into());
    let exchange = cinetpay().send(&twice);
    let fields: Vec<_> =
        exchange.problems().iter().map(|problem| problem.field.as_str().to_owned()).collect();
    assert_eq!(fields, ["transfers[1].order", "transfers[1].notify_url", "transfers[1].wallet"]);
    assert_eq!(cinetpay().send(&[]).problems()[0].field.as_str(), "transfers");
    assert_eq!(cinetpay().add_contacts(&[]).problems()[0].field.as_str(), "contacts");
    let wrong = [Contact::new(phone("+254712345678"), " ", "B", "")];
    let exchange = cinetpay().add_contacts(&wrong);
    let fields: Vec<_> =
        exchange.problems().iter().map(|problem| problem.field.as_str().to_owned()).collect();
    assert_eq!(fields, ["contacts[0].phone", "contacts[0].name", "contacts[0].email"]);
}

#[test]
fn the_merchants_own_operators_keep_one_currency_for_each_country() {
    let orange = Operator::new(Country::parse("CD").unwrap(), "Orange");
    let built_in = cinetpay();
    let own = |edit: &dyn Fn(&mut nzimbu_core::Entry)| {
        let mut entry = built_in.directory().find(&orange, Operation::Payout, Currency::Cdf)[0].clone();
        edit(&mut entry);
        entry
    };
    let faults = |operators: Vec<nzimbu_core::Entry>| {
        let mut config = Config::new(None, Some(config()));
        config.operators = operators;
        let problems = CinetPay::new(config).err();
        problems.map_or_else(Vec::new, |problems| {
            problems.as_slice().iter().map(|problem| problem.to_string()).collect::<Vec<_>>()
        })
    };
    let elsewhere = |code: &str, currency: Currency| {
        let country = Country::parse(code).unwrap();
        own(&|entry| (entry.country, entry.currency, entry.least) = (country, currency, None))
    };
    let money = |text: &str, currency: Currency| Some(Money::parse_major(text, currency).unwrap());
    assert_eq!(faults(vec![own(&|entry| entry.least = money("500", Currency::Cdf))]), [""; 0]);
    assert_eq!(faults(vec![elsewhere("GA", Currency::Xaf), elsewhere("GA", Currency::Xaf)]), [""; 0]);
    for (operators, field) in [
        (vec![own(&|entry| (entry.currency, entry.least) = (Currency::Usd, None))], "operators[0].currency"),
        (vec![own(&|entry| (entry.currency, entry.least) = (Currency::Xaf, None))], "operators[0].currency"),
        (vec![elsewhere("GA", Currency::Xaf), elsewhere("GA", Currency::Xof)], "operators[1].currency"),
        (vec![own(&|entry| entry.least = money("5", Currency::Usd))], "operators[0].least"),
        (vec![own(&|entry| entry.most = money("5", Currency::Usd))], "operators[0].most"),
    ] {
        let found = faults(operators);
        assert!(found.len() == 1 && found[0].starts_with(field), "{found:?}");
    }
    // Dollars are collected in that country, so that an entry for payments may have them.
    let entry = built_in.directory().find(&orange, Operation::Payment, Currency::Usd)[0].clone();
    assert_eq!(faults(vec![entry]), [""; 0]);
}

#[test]
fn what_is_not_set_up_is_unsupported() {
    let checkout = nzimbu_providers::cinetpay::CheckoutConfig::new(Secret::new("key"), "1");
    let collects = CinetPay::new(Config::new(Some(checkout), None)).unwrap();
    let script = Script::default();
    let errors = [
        script.run(collects.pay_out(&payout(Channel::Any, "+2250102324373"))).unwrap_err(),
        script.run(collects.send(&one())).unwrap_err(),
        script.run(collects.balance(Currency::Xof)).unwrap_err(),
        script.run(collects.status(&OrderRef::new(Operation::Payout, order("A")))).unwrap_err(),
        script.run(cinetpay().status(&OrderRef::new(Operation::Payment, order("A")))).unwrap_err(),
    ];
    assert!(
        errors
            .iter()
            .all(|error| (error.kind(), error.outcome()) == (ErrorKind::Unsupported, Outcome::NotSent))
    );
    assert!(script.requests().is_empty());
    let mut local = TransferConfig::new(Secret::new("sandbox-key"), Secret::new("sandbox-password"));
    assert!(CinetPay::new(Config::new(None, Some(local.clone()))).is_err());
    local.base_url = BaseUrl::parse("http://127.0.0.1:8080").unwrap();
    assert!(CinetPay::new(Config::new(None, Some(local))).is_ok());
}

#[test]
fn requests_and_settings_print_no_names_and_no_urls() {
    let url = || Some("https://shop.example/notify?key=canary".to_owned());
    let mut transfers = one();
    transfers[0].notify_url = url();
    let mut request = TransferRequest::new(order("TEST-ID1"), xof(500), recipient());
    request.notify_url = url();
    let mut config = config();
    config.notify_url = url();
    let shown = format!("{transfers:?} {request:?} {:?} {config:?}", contacts());
    for hidden in ["canary", "0102324373", "0153798590", "Test A", "exemple", "p&ss", "key with"] {
        assert!(!shown.contains(hidden), "{hidden} in {shown}");
    }
    assert!(shown.contains("TEST-ID1") && shown.contains("notify_url: .."));
}

mod laws {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// What is accepted leaves as the same whole number, a multiple of 5, to the same receiver.
        #[test]
        fn accepted_amounts_leave_unchanged(units in 0_u64..3_000_000) {
            let mut transfers = one();
            transfers[0].amount = xof(units);
            let script = Script::bodies([LOGIN, &items(TAKEN)]);
            let sent = script.run(cinetpay().send(&transfers)).is_ok();
            prop_assert_eq!(sent, units >= 200 && units.is_multiple_of(5));
            if sent {
                prop_assert_eq!(data(&script.requests()[1])[0]["amount"].as_u64(), Some(units));
            }
        }

        /// However items are mixed up, a transfer succeeds only by an item of its own that agrees with it.
        #[test]
        fn no_batch_is_misread(picks in proptest::collection::vec((0_usize..4, 0_usize..3, 0_usize..3), 0..5)) {
            let ids = ["TEST-ID1", "MYMERCHANTID2", "STRANGER", ""];
            let amounts = ["500", "2000", "350"];
            let codes = ["0", "724", "715"];
            let body: Vec<_> = picks.iter().map(|(id, amount, code)| format!(
                r#"{{"client_transaction_id":"{}","prefix":"225","phone":"0102324373","amount":{},"code":{}}}"#,
                ids[*id], amounts[*amount], codes[*code]
            )).collect();
            let script = Script::bodies([LOGIN, &items(&body.join(","))]);
            let batch = script.run(cinetpay().send(&pair())).unwrap();
            for (index, result) in batch.results.iter().enumerate() {
                let own: Vec<_> = picks.iter().filter(|(id, ..)| *id == index).collect();
                let agrees = matches!(own[..], [(_, amount, 0)] if *amount == index);
                prop_assert_eq!(result.result.is_ok(), agrees);
                if let Err(error) = &result.result {
                    // A refusal, too, counts only with the echo of what was asked for.
                    let refused = matches!(own[..], [(_, amount, 1)] if *amount == index);
                    prop_assert_eq!(error.outcome() == Outcome::Rejected, refused);
                }
            }
        }
    }
}
