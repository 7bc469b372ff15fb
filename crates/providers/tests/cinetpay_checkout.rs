//! CinetPay's checkout against its documents: the bytes that leave, and what their answers mean.
#![cfg(feature = "cinetpay")]
#![allow(clippy::unwrap_used, reason = "a failing test may panic")]

use nzimbu_core::secret::Secret;
use nzimbu_core::testing::Script;
use nzimbu_core::{
    Advice, BaseUrl, Channel, Country, Currency, Effect, ErrorKind, HttpResponse, Language, Money,
    NextAction, Operation, Operator, OrderId, OrderName, OrderRef, Outcome, PaymentProvider, PaymentRequest,
    PhoneNumber, ProviderError, Status, TransportExt, UnixTime,
};
use nzimbu_providers::cinetpay::{
    CheckoutConfig, CheckoutRequest, CinetPay, Config, PaymentState, TokenField, Universe,
};

const CREATED: &str = include_str!("../../../fixtures/cinetpay/samples/checkout-created.json");
const ERROR: &str = include_str!("../../../fixtures/cinetpay/samples/checkout-error.json");
const FULL: &str = include_str!("../../../fixtures/cinetpay/samples/checkout-request-full.json");
const INVOICE: &str = include_str!("../../../fixtures/cinetpay/samples/checkout-invoice-data.json");
const LOCKED: &str = include_str!("../../../fixtures/cinetpay/samples/checkout-lock-phone-number.json");
const MOBILE: &str = include_str!("../../../fixtures/cinetpay/samples/checkout-request-mobile-money.json");
/// "Verification", the answer for a paid payment.
const ACCEPTED: &str = r#"{"code":"00","message":"SUCCES",
 "data":{"amount":"100","currency":"XOF","status":"ACCEPTED","payment_method":"OM",
  "description":"GFGHHG","metadata":null,"operator_id":"MP220915.2257.A76307",
  "payment_date":"2022-09-15 22:57:15","fund_availability_date":"2022-09-17 00:00:00"},
 "api_response_id":"1663323067.7677"}"#;

fn config() -> CheckoutConfig {
    let mut checkout = CheckoutConfig::new(Secret::new("12912847765bc0db748fdd44.40081707"), "445160");
    checkout.callback_secrets = vec![Secret::new("sk_demo_0123456789abcdef")];
    checkout.notify_url = Some("https://shop.example/notify".into());
    checkout.return_url = Some("https://shop.example/return".into());
    checkout
}

fn cinetpay() -> CinetPay {
    CinetPay::new(Config::new(Some(config()), None)).unwrap()
}

fn money(text: &str, currency: Currency) -> Money {
    Money::parse_major(text, currency).unwrap()
}

fn request() -> CheckoutRequest {
    CheckoutRequest::new(OrderId::parse("INV-7").unwrap(), money("2500", Currency::Xof), "Two books")
}

/// The sample, whose link the page has lost.
fn created() -> String {
    CREATED
        .replace(r#""payment_url": """#, r#""payment_url": "https://checkout.cinetpay.com/payment/5df64dd9""#)
}

fn value(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap()
}

fn sent(script: &Script) -> serde_json::Value {
    serde_json::from_slice(&script.requests()[0].body).unwrap()
}

#[test]
fn a_payment_page_is_opened_with_exactly_what_was_asked() {
    let script = Script::bodies([created().as_str()]);
    let checkout = script.run(cinetpay().initialise(&request())).unwrap();
    let [request] = &script.requests()[..] else { panic!() };
    assert_eq!(request.url, "https://api-checkout.cinetpay.com/v2/payment");
    assert_eq!((request.method().as_str(), request.effect()), ("POST", Effect::MovesMoney));
    assert_eq!(request.headers.len(), 1);
    assert_eq!(
        (request.headers[0].name, request.headers[0].value.as_str()),
        ("content-type", "application/json")
    );
    assert_eq!(
        String::from_utf8_lossy(&request.body),
        r#"{"apikey":"12912847765bc0db748fdd44.40081707","site_id":"445160","transaction_id":"INV-7","amount":2500,"currency":"XOF","description":"Two books","channels":"ALL","notify_url":"https://shop.example/notify","return_url":"https://shop.example/return"}"#
    );
    assert_eq!(checkout.order.as_str(), "INV-7");
    assert_eq!(checkout.page.as_str(), "https://checkout.cinetpay.com/payment/5df64dd9");
    assert!(checkout.token.expose().starts_with("5df64dd9c5447739"));
    assert_eq!(checkout.response_id.as_deref(), Some("1632143554.8513"));
    assert!(!format!("{checkout:?}").contains("5df64dd9"));
}

#[test]
fn every_documented_field_travels_under_its_documented_name() {
    let mut request = CheckoutRequest::new(
        OrderId::parse("YOUR-TRANSACTION-ID").unwrap(),
        money("34", Currency::Usd),
        " TEST INTEGRATION ",
    );
    request.alternative_currency = Some(String::new());
    request.payer.id = Some("172".into());
    request.payer.name = Some("KOUADIO".into());
    request.payer.surname = Some("Francisse".into());
    request.payer.email = Some("a@b.example".into());
    request.payer.phone = Some(PhoneNumber::parse("+2250504315545").unwrap());
    request.payer.address = Some("Antananarivo".into());
    request.payer.city = Some("Antananarivo".into());
    request.payer.country = Some(Country::parse("CM").unwrap());
    request.payer.state = Some("CM".into());
    request.payer.zip = Some("065100".into());
    request.metadata = Some("user1".into());
    request.language = Some(Language::Fr);
    request.invoice = ["Donnee1", "Donnee2", "Donnee3"].map(|name| (name.into(), String::new())).into();
    let script = Script::bodies([created().as_str()]);
    script.run(cinetpay().initialise(&request)).unwrap();
    let (sent, sample) = (sent(&script), value(FULL));
    let names = |value: &serde_json::Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&sent), names(&sample));
    for (name, value) in sample.as_object().unwrap() {
        // The page has lost addresses and links; its phone number is one of nine digits; our ids have no underscore.
        let lost =
            value == "" || ["customer_phone_number", "transaction_id", "lang"].contains(&name.as_str());
        assert!(lost || sent[name] == *value, "{name}");
    }
    assert_eq!((&sent["lang"], &sent["customer_phone_number"]), (&"fr".into(), &"+2250504315545".into()));
}

#[test]
fn the_other_samples_travel_too() {
    let mut mobile = CheckoutRequest::new(
        OrderId::parse("REFID12354").unwrap(),
        money("2500", Currency::Xof),
        "TRANSACTION DESCRIPTION",
    );
    mobile.universe = Universe::MobileMoney;
    mobile.metadata = Some("user001".into());
    mobile.payer.id = Some("001".into());
    mobile.payer.name = Some("John".into());
    mobile.payer.surname = Some("Doe".into());
    let script = Script::bodies([created().as_str()]);
    script.run(cinetpay().initialise(&mobile)).unwrap();
    let mut sent_mobile = sent(&script);
    let mut sample = value(MOBILE);
    for (name, ours) in [("notify_url", ""), ("return_url", ""), ("site_id", "XXXXX")] {
        sent_mobile[name] = ours.into();
        sample[name] = ours.into();
    }
    sent_mobile.as_object_mut().unwrap().remove("apikey");
    assert_eq!(sent_mobile, sample);

    let mut fragments = request();
    fragments.invoice = vec![("Reste à payer".into(), "25 000fr".into())];
    fragments.lock_phone = true;
    fragments.payer.phone = Some(PhoneNumber::parse("+2250504315545").unwrap());
    let script = Script::bodies([created().as_str()]);
    script.run(cinetpay().initialise(&fragments)).unwrap();
    let sent = sent(&script);
    assert_eq!(sent["invoice_data"], value(INVOICE)["invoice_data"]);
    for name in ["lock_phone_number", "customer_phone_number"] {
        assert_eq!(sent[name], value(LOCKED)[name]);
    }
}

#[test]
fn universes_are_spelled_as_documented_and_cards_need_the_whole_block() {
    for (universe, word) in
        [(Universe::All, "ALL"), (Universe::MobileMoney, "MOBILE_MONEY"), (Universe::Wallet, "WALLET")]
    {
        let mut request = request();
        request.universe = universe;
        let script = Script::bodies([created().as_str()]);
        script.run(cinetpay().initialise(&request)).unwrap();
        assert_eq!(sent(&script)["channels"], word);
    }
    let mut card = request();
    card.universe = Universe::CreditCard;
    let fields = faults(&card);
    for field in ["name", "surname", "email", "address", "city", "zip", "phone", "country"] {
        assert!(fields.contains(&format!("payer.{field} required")), "{field}");
    }
    card.payer = full_payer("US");
    assert_eq!(faults(&card), ["payer.state required"]);
    card.payer.state = Some("California".into());
    assert_eq!(faults(&card), ["payer.state format"]);
    card.payer.state = Some("CA".into());
    let script = Script::bodies([created().as_str()]);
    script.run(cinetpay().initialise(&card)).unwrap();
    assert_eq!(
        (&sent(&script)["channels"], &sent(&script)["customer_state"]),
        (&"CREDIT_CARD".into(), &"CA".into())
    );
    // Elsewhere the country stands in for the state, as the samples have it.
    card.payer = full_payer("CI");
    let script = Script::bodies([created().as_str()]);
    script.run(cinetpay().initialise(&card)).unwrap();
    assert_eq!(sent(&script)["customer_state"], "CI");
}

#[test]
fn half_a_card_block_is_a_fault_and_a_country_alone_stays_here() {
    let mut half = request();
    half.payer.zip = Some("06510".into());
    let missing = |fields: &[&str]| -> Vec<String> {
        fields.iter().map(|field| format!("payer.{field} required")).collect()
    };
    assert_eq!(faults(&half), missing(&["address", "city", "country"]));
    half.payer.address = Some("BP 0024".into());
    half.payer.city = Some("Abidjan".into());
    half.payer.country = Some(Country::parse("CI").unwrap());
    half.payer.zip = None;
    assert_eq!(faults(&half), missing(&["zip"]));
    half.payer.zip = Some("06510".into());
    assert_eq!(faults(&half), [""; 0]);
    let mut only = request();
    only.payer.country = Some(Country::parse("CI").unwrap());
    let script = Script::bodies([created().as_str()]);
    script.run(cinetpay().initialise(&only)).unwrap();
    assert!(sent(&script).get("customer_country").is_none());
}

#[test]
fn every_fault_is_found_before_anything_is_sent() {
    let mut config = config();
    (config.notify_url, config.return_url, config.currency) = (None, None, Some(Currency::Xaf));
    let cinetpay = CinetPay::new(Config::new(Some(config), None)).unwrap();
    let mut request = CheckoutRequest::new(
        OrderId::parse("INV-7").unwrap(),
        money("99", Currency::Xof),
        "50 % off_ #1 & more",
    );
    request.lock_phone = true;
    request.payer.email = Some("nobody".into());
    request.payer.state = Some("X".into());
    request.invoice = ["a", "a", "", "b"].map(|name| (name.into(), String::new())).into();
    request.return_url = Some("http://localhost/thanks".into());
    let exchange = cinetpay.initialise(&request);
    let found: Vec<_> = exchange
        .problems()
        .iter()
        .map(|problem| format!("{} {}", problem.field, problem.fault.rule()))
        .collect();
    assert_eq!(
        found,
        [
            "amount.currency supported",
            "amount multiple_of",
            "amount minimum",
            "description forbidden_character",
            "description forbidden_character",
            "description forbidden_character",
            "invoice max_length",
            "invoice[1].name format",
            "invoice[2].name required",
            "payer.email format",
            "payer.phone required",
            "payer.address required",
            "payer.city required",
            "payer.zip required",
            "payer.country required",
            "payer.state format",
            "notify_url required",
            "return_url format",
        ]
    );
    let script = Script::default();
    assert_eq!(script.run(exchange).unwrap_err().outcome(), Outcome::NotSent);
    assert!(script.requests().is_empty());
}

#[test]
fn a_card_number_has_no_place_in_any_text() {
    // A test number published by a card scheme.
    let card = "4111 1111 1111 1111";
    let mut request = request();
    request.description = format!("card {card}");
    request.metadata = Some(format!("card={card}"));
    request.invoice =
        vec![("Total".into(), "2500".into()), ("Card".into(), card.into()), (card.into(), "x".into())];
    let found = faults(&request);
    assert_eq!(
        found,
        ["description format", "metadata format", "invoice[1].value format", "invoice[2].value format"]
    );
    let exchange = cinetpay().initialise(&request);
    assert!(exchange.problems().iter().all(|problem| !problem.to_string().contains("4111")));
}

#[test]
fn amounts_follow_the_rules_of_currency_and_country() {
    let rows = [
        ("100", Currency::Xof, None, &[][..]),
        ("95", Currency::Xof, None, &["amount minimum"]),
        ("0", Currency::Xof, None, &["amount minimum"]),
        ("102", Currency::Xof, None, &["amount multiple_of"]),
        // Without a country the widest of all slices, that of Senegal.
        ("2000000", Currency::Xof, None, &[]),
        ("2000005", Currency::Xof, None, &["amount maximum"]),
        ("2000000", Currency::Xof, Some("CI"), &["amount maximum"]),
        ("2000000", Currency::Xof, Some("SN"), &[]),
        ("145", Currency::Xof, Some("TG"), &["amount minimum"]),
        // A country whose money is another one says nothing.
        ("100", Currency::Xof, Some("CM"), &[]),
        ("7", Currency::Usd, None, &[]),
        ("3001", Currency::Usd, None, &["amount maximum"]),
        ("7.50", Currency::Usd, None, &["amount whole_units"]),
        ("995", Currency::Gnf, None, &["amount minimum"]),
        ("100.50", Currency::Cdf, None, &["amount whole_units"]),
        ("100", Currency::Cdf, None, &[]),
        ("100", Currency::Ghs, None, &["amount.currency supported"]),
    ];
    for (amount, currency, country, expected) in rows {
        let mut request = request();
        request.amount = money(amount, currency);
        request.payer.country = country.map(|country| Country::parse(country).unwrap());
        assert_eq!(faults(&request), expected, "{amount} {currency} {country:?}");
    }
    let mut config = Config::new(Some(config()), None);
    config.limits = nzimbu_providers::Limits::Ignored;
    let mut request = request();
    request.amount = money("5", Currency::Xof);
    assert!(CinetPay::new(config).unwrap().initialise(&request).problems().is_empty());
}

#[test]
fn the_merchants_own_limits_replace_the_published_ones() {
    let mut config = Config::new(Some(config()), None);
    let directory = cinetpay();
    let orange = Operator::new(Country::parse("CI").unwrap(), "orange");
    let mut entry = directory.directory().find(&orange, Operation::Payment, Currency::Xof)[0].clone();
    entry.most = Some(money("5000000", Currency::Xof));
    config.operators = vec![entry];
    let cinetpay = CinetPay::new(config).unwrap();
    let mut request = PaymentRequest::new(OrderId::parse("INV-7").unwrap(), money("4000000", Currency::Xof));
    request.description = Some("A car".into());
    request.payer.phone = Some(PhoneNumber::parse("+2250700000000").unwrap());
    request.channel = Channel::Operator(orange);
    assert_eq!(cinetpay.pay(&request).problems(), []);
    request.channel = Channel::Operator(Operator::new(Country::parse("CI").unwrap(), "MTN"));
    assert_eq!(
        cinetpay.pay(&request).problems()[0].to_string(),
        "amount must be at most 1500000 XOF: lower it"
    );
}

#[test]
fn every_documented_refusal_is_told_apart_from_what_proves_nothing() {
    let rows = [
        ("403", Outcome::Rejected, ErrorKind::InvalidRequest),
        ("429", Outcome::Rejected, ErrorKind::RateLimited),
        ("600", Outcome::Unknown, ErrorKind::Malformed),
        ("601", Outcome::Unknown, ErrorKind::Malformed),
        ("602", Outcome::Unknown, ErrorKind::Malformed),
        ("603", Outcome::Unknown, ErrorKind::Unavailable),
        ("608", Outcome::Rejected, ErrorKind::InvalidRequest),
        ("609", Outcome::Rejected, ErrorKind::Authentication),
        ("610", Outcome::Rejected, ErrorKind::InvalidRequest),
        ("611", Outcome::Rejected, ErrorKind::InvalidRequest),
        ("612", Outcome::Rejected, ErrorKind::InvalidRequest),
        ("613", Outcome::Rejected, ErrorKind::Authentication),
        ("614", Outcome::Rejected, ErrorKind::InvalidRequest),
        ("615", Outcome::Rejected, ErrorKind::InvalidRequest),
        ("619", Outcome::Rejected, ErrorKind::InvalidRequest),
        ("620", Outcome::Unknown, ErrorKind::DuplicateOrder),
        ("621", Outcome::Unknown, ErrorKind::Unavailable),
        ("623", Outcome::Unknown, ErrorKind::Malformed),
        ("624", Outcome::Rejected, ErrorKind::InvalidRequest),
        ("628", Outcome::Unknown, ErrorKind::Malformed),
        ("635", Outcome::Rejected, ErrorKind::InvalidRequest),
        ("636", Outcome::Rejected, ErrorKind::InvalidRequest),
        ("637", Outcome::Rejected, ErrorKind::InvalidRequest),
        ("641", Outcome::Rejected, ErrorKind::InvalidRequest),
        ("642", Outcome::Rejected, ErrorKind::InvalidRequest),
        ("804", Outcome::Unknown, ErrorKind::Unavailable),
        ("00", Outcome::Unknown, ErrorKind::Malformed),
        ("ERROR_CODE", Outcome::Unknown, ErrorKind::Malformed),
    ];
    for (code, outcome, kind) in rows {
        for status in [200, 302, 400, 401, 404, 500, 503] {
            // A server that fails, or a redirect, refuses nothing.
            let outcome = if matches!(status, 302 | 500..) { Outcome::Unknown } else { outcome };
            // As text and as number.
            for spelled in [format!("\"{code}\""), code.trim_start_matches("00").to_owned()] {
                if spelled.is_empty() || spelled == "ERROR_CODE" {
                    continue;
                }
                let error = opening(status, &ERROR.replace("\"ERROR_CODE\"", &spelled));
                assert_eq!(
                    (error.outcome(), error.kind()),
                    (outcome, kind),
                    "{spelled} with {status}: {error}"
                );
                assert_eq!(error.gateway_code(), Some(code));
            }
        }
    }
    let text = r#"{"code":"608","message":"MINIMUM_REQUIRED_FIELDS","description":"You cannot create a transaction in a different currency than the one allowed to your account. Transaction currency:'XOF' Account currency:'XAF'","data":[],"api_response_id":"1632143554.8513"}"#;
    let error = opening(400, text);
    let words = error.gateway_text().unwrap();
    for part in ["MINIMUM_REQUIRED_FIELDS", "Account currency:'XAF'", "1632143554.8513"] {
        assert!(words.contains(part) && !format!("{error} {error:?}").contains(part), "{part} in {words}");
    }
    assert_eq!((error.outcome(), error.advice()), (Outcome::Rejected, Advice::Change));
    let slow = HttpResponse {
        headers: vec![("retry-after".into(), "7".into())],
        ..HttpResponse::new(429, r#"{"code":"429","message":"TOO_MANY_REQUEST"}"#)
    };
    let error = Script::new([Ok(slow)]).run(cinetpay().initialise(&request())).unwrap_err();
    assert_eq!((error.advice(), error.retry_after().map(|delay| delay.as_secs())), (Advice::Repeat, Some(7)));
}

#[test]
fn only_the_known_page_of_the_edge_is_a_refusal() {
    let blocked = opening(403, "error code: 1010");
    assert_eq!((blocked.outcome(), blocked.kind()), (Outcome::Rejected, ErrorKind::Blocked));
    assert_eq!(blocked.gateway_code(), Some("1010"));
    let rows = [
        (200, "error code: 1010", ErrorKind::Malformed),
        (403, "error code: 1015", ErrorKind::Malformed),
        (403, "<html>error code: 1010</html>", ErrorKind::Malformed),
        (403, r#"{"message":"error code: 1010"}"#, ErrorKind::Malformed),
        (401, "who are you", ErrorKind::Malformed),
        (429, "slow down", ErrorKind::RateLimited),
        (502, "<html>Bad Gateway</html>", ErrorKind::Unavailable),
        (500, "", ErrorKind::Unavailable),
        (200, "", ErrorKind::Malformed),
        (200, "[]", ErrorKind::Malformed),
        (200, r#"{"code":"201","data":{"payment_token":"5d"#, ErrorKind::Malformed),
        (200, r#"{"code":"609","code":"201"}"#, ErrorKind::Malformed),
        (200, r#"{"code":{"a":1}}"#, ErrorKind::Malformed),
    ];
    for (status, body, kind) in rows {
        let error = opening(status, body);
        assert_eq!((error.outcome(), error.kind()), (Outcome::Unknown, kind), "{status} {body}");
    }
}

#[test]
fn a_page_counts_only_with_a_success_a_token_and_a_known_host() {
    for status in [200, 201, 202] {
        let script = Script::new([Ok(HttpResponse::new(status, created().replace("\"201\"", "201")))]);
        assert!(script.run(cinetpay().initialise(&request())).is_ok());
    }
    assert_eq!(opening(400, &created()).kind(), ErrorKind::Malformed);
    // As the page shows it: the link is lost.
    assert_eq!(opening(200, CREATED).kind(), ErrorKind::Malformed);
    assert_eq!(opening(200, r#"{"code":201,"data":[]}"#).kind(), ErrorKind::Malformed);
    for host in
        ["https://checkout.cinetpay.com.evil.example/", "http://checkout.cinetpay.com/", "javascript:x"]
    {
        let error = opening(200, &created().replace("https://checkout.cinetpay.com/", host));
        assert_eq!((error.outcome(), error.kind()), (Outcome::Unknown, ErrorKind::UntrustedUrl), "{host}");
        assert!(!error.to_string().contains("evil"));
    }
    let mut config = config();
    config.base_url = BaseUrl::parse("http://127.0.0.1:8080").unwrap();
    config.page_hosts = vec!["pay.shop.example".into()];
    let local = CinetPay::new(Config::new(Some(config), None)).unwrap();
    for page in ["http://127.0.0.1:8080/payment/5d", "https://pay.shop.example/5d"] {
        let body = created().replace("https://checkout.cinetpay.com/payment/5df64dd9", page);
        assert_eq!(
            Script::bodies([body.as_str()]).run(local.initialise(&request())).unwrap().page.as_str(),
            page
        );
    }
}

#[test]
fn a_payment_is_asked_for_by_order_or_token() {
    let script = Script::bodies([ACCEPTED, ACCEPTED]);
    script.run(cinetpay().check(&OrderName::parse("old_id#7").unwrap())).unwrap();
    script.run(cinetpay().check_token(&Secret::new("5df64dd9"))).unwrap();
    let mut config = config();
    config.token_field = TokenField::PaymentToken;
    let other = CinetPay::new(Config::new(Some(config), None)).unwrap();
    script.push(Ok(HttpResponse::new(200, ACCEPTED)));
    script.run(other.check_token(&Secret::new("5df64dd9"))).unwrap();
    let login = r#""apikey":"12912847765bc0db748fdd44.40081707","site_id":"445160""#;
    let keys = [r#""transaction_id":"old_id#7""#, r#""token":"5df64dd9""#, r#""payment_token":"5df64dd9""#];
    for (request, key) in script.requests().iter().zip(keys) {
        assert_eq!(request.url, "https://api-checkout.cinetpay.com/v2/payment/check");
        assert_eq!((request.method().as_str(), request.effect()), ("POST", Effect::NoMoney));
        assert_eq!(String::from_utf8_lossy(&request.body), format!("{{{login},{key}}}"));
    }
}

#[test]
fn a_paid_payment_is_read_whole() {
    let state = asking(200, ACCEPTED).unwrap();
    assert_eq!((state.status, &*state.raw_status, &*state.code), (Status::Succeeded, "ACCEPTED", "00"));
    assert_eq!(state.amount, Some(money("100", Currency::Xof)));
    let method = state.method.clone().unwrap();
    assert_eq!((method.as_str(), method.operator().unwrap().name.as_str()), ("OM", "Orange"));
    assert_eq!(state.operator_id.as_ref().unwrap().as_str(), "MP220915.2257.A76307");
    assert_eq!(state.paid_at, UnixTime::parse_utc("2022-09-15 22:57:15"));
    assert_eq!(state.funds_at, UnixTime::parse_utc("2022-09-17 00:00:00"));
    assert_eq!(state.response_id.as_deref(), Some("1663323067.7677"));
    assert_eq!((state.metadata.as_deref(), state.description.as_deref()), (None, Some("GFGHHG")));

    let order = OrderId::parse("INV-7").unwrap();
    let script = Script::bodies([ACCEPTED]);
    let asked = OrderRef::new(Operation::Payment, order.clone());
    let receipt = script.run(cinetpay().status(&asked)).unwrap().unwrap();
    assert_eq!(receipt.completed_at, UnixTime::parse_utc("2022-09-15 22:57:15"));
    assert_eq!(receipt.method.as_deref(), Some("OM"));
    assert!(receipt.clone().expect(&order, money("100", Currency::Xof)).is_ok());
    assert!(receipt.expect(&order, money("2500", Currency::Xof)).is_err());
}

#[test]
fn status_word_first_then_the_class_of_the_code() {
    let with = |code: &str, word: &str| {
        format!(
            r#"{{"code":"{code}","message":"M","data":{{"amount":"100","currency":"XOF","status":"{word}"}}}}"#
        )
    };
    let rows = [
        ("00", "ACCEPTED", Status::Succeeded),
        ("0", "ACCEPTED", Status::Succeeded),
        ("627", "ACCEPTED", Status::Unrecognized),
        ("662", "ACCEPTED", Status::Unrecognized),
        ("201", "ACCEPTED", Status::Unrecognized),
        ("", "", Status::Unrecognized),
        ("627", "REFUSED", Status::Failed),
        ("999", "REFUSED", Status::Failed),
        ("631", "REFUSED", Status::Failed),
        ("00", "REFUSED", Status::Unrecognized),
        ("662", "REFUSED", Status::Unrecognized),
        ("662", "WAITING_FOR_CUSTOMER", Status::Pending),
        ("623", "WAITING_FOR_CUSTOMER", Status::Pending),
        ("00", "WAITING_FOR_CUSTOMER", Status::Unrecognized),
        ("662", "PENDING", Status::Pending),
        ("662", "CREATED", Status::Pending),
        ("662", "CANCELLED", Status::Unrecognized),
        ("627", "CANCELED", Status::Unrecognized),
        ("625", "EXPIRED", Status::Unrecognized),
        ("00", "accepted", Status::Unrecognized),
        ("00", "", Status::Succeeded),
        ("662", " ", Status::Pending),
        ("663", "", Status::Pending),
        ("664", "", Status::Pending),
        ("600", "", Status::Failed),
        ("602", "", Status::Failed),
        ("604", "", Status::Failed),
        ("606", "", Status::Failed),
        ("625", "", Status::Failed),
        ("627", "", Status::Failed),
        ("635", "", Status::Failed),
        ("642", "", Status::Failed),
        ("807", "", Status::Failed),
        ("812", "", Status::Failed),
        // These prove nothing: out of service, unexplained, or known from a third-party list alone.
        ("603", "", Status::Unrecognized),
        ("605", "", Status::Unrecognized),
        ("607", "", Status::Unrecognized),
        ("624", "", Status::Unrecognized),
        ("629", "", Status::Unrecognized),
        ("660", "", Status::Unrecognized),
        ("804", "", Status::Unrecognized),
        ("201", "", Status::Unrecognized),
        ("xyz", "", Status::Unrecognized),
    ];
    for (code, word, status) in rows {
        match asking(200, &with(code, word)) {
            Ok(state) => assert_eq!(state.status, status, "{code} {word}"),
            Err(error) => assert!(code.is_empty() && error.kind() == ErrorKind::Malformed, "{code} {word}"),
        }
    }
    for (code, kind) in [
        ("608", ErrorKind::InvalidRequest),
        ("609", ErrorKind::Authentication),
        ("613", ErrorKind::Authentication),
        ("429", ErrorKind::RateLimited),
    ] {
        let error = asking(400, &format!(r#"{{"code":"{code}","message":"M"}}"#)).unwrap_err();
        assert_eq!((error.outcome(), error.kind()), (Outcome::Rejected, kind));
    }
}

#[test]
fn a_verdict_needs_data_and_a_success() {
    for body in [
        r#"{"code":"00","message":"SUCCES"}"#,
        r#"{"code":"00","data":[]}"#,
        r#"{"code":"00","data":{}}"#,
        r#"{"code":"00","data":{"amount":"","payment_date":" ","metadata":null}}"#,
        r#"{"code":"627","data":{}}"#,
        r#"{"code":"627","data":null}"#,
    ] {
        assert_eq!(asking(200, body).unwrap().status, Status::Unrecognized, "{body}");
    }
    assert_eq!(asking(404, ACCEPTED).unwrap().status, Status::Unrecognized);
    assert_eq!(asking(500, ACCEPTED).unwrap_err().kind(), ErrorKind::Unavailable);
    assert_eq!(asking(502, "<html>").unwrap_err().kind(), ErrorKind::Unavailable);
    assert_eq!(asking(200, "<html>").unwrap_err().kind(), ErrorKind::Malformed);
}

#[test]
fn odd_spellings_of_the_documents_are_read() {
    let refused = r#"{"code":"627","message":"TRANSACTION_CANCEL","data":{"amount":100,"currency":"XOF","status":"REFUSED",
        "payment_method":"MOMO","metadata":"user1","operator_id":null,"payment_date":" ",
        "fund_availability_date":"2022-09-08 00:00:00"},"api_response_id":"1.2"}"#;
    let state = asking(200, refused).unwrap();
    assert_eq!(
        (state.status, state.paid_at, state.metadata.as_deref()),
        (Status::Failed, None, Some("user1"))
    );
    assert_eq!(state.amount, Some(money("100", Currency::Xof)));
    let receipt = state.into_receipt(OrderId::parse("INV-7").unwrap());
    assert_eq!(receipt.failure.as_deref(), Some("627 TRANSACTION_CANCEL"));

    // Free words are for people: where the gateway has no word for the status, its code stands in.
    let wordy =
        refused.replace("TRANSACTION_CANCEL", "Solde de 0707070707 insuffisant").replace("REFUSED", "");
    let state = asking(200, &wordy).unwrap();
    assert_eq!((state.status, &*state.raw_status), (Status::Failed, "627"));
    let receipt = state.into_receipt(OrderId::parse("INV-7").unwrap());
    assert_eq!(receipt.failure.as_deref(), Some("627 Solde de 0707070707 insuffisant"));
    assert!(!format!("{receipt:?}").contains("0707070707"));

    // The shape of 2021: neither amount nor currency nor status.
    let old = r#"{"code":"00","message":"SUCCES","data":{"operator_id":"8211027064102","payment_method":"FLOOZ","payment_date":"2021-10-27 09:13:39","phone_number":"0101000000","phone_prefix":"225"}}"#;
    let state = asking(200, old).unwrap();
    assert_eq!((state.status, state.amount), (Status::Succeeded, None));
    assert_eq!(state.phone.clone().unwrap().e164(), "+2250101000000");
    assert!(!format!("{state:?}").contains("0101000000"));

    let with_amount = |amount: &str, currency: &str| {
        let from = r#""amount":"100","currency":"XOF""#;
        asking(200, &ACCEPTED.replace(from, &format!(r#""amount":{amount},"currency":{currency}"#)))
    };
    for amount in ["100", "\"100\"", "\"100.00\"", "100.0", "\" 100 \""] {
        assert_eq!(
            with_amount(amount, "\"XOF\"").unwrap().amount,
            Some(money("100", Currency::Xof)),
            "{amount}"
        );
    }
    for amount in ["\"\"", "null", "\"4 233,00\"", "\"abc\"", "1e2"] {
        assert_eq!(with_amount(amount, "\"XOF\"").unwrap().amount, None, "{amount}");
    }
    // A number that is no amount of francs is certainly not the one that was asked for.
    for amount in ["-100", "100.5", "\"99.50\""] {
        assert_eq!(with_amount(amount, "\"XOF\"").unwrap_err().kind(), ErrorKind::Mismatch, "{amount}");
    }
    assert_eq!(with_amount("100", "\"\"").unwrap().amount, None);
    assert_eq!(with_amount("100", "\"EUR\"").unwrap_err().kind(), ErrorKind::Mismatch);
}

#[test]
fn the_common_model_maps_channels_and_metadata() {
    let ci = Country::parse("CI").unwrap();
    let rows = [
        (Channel::Any, "ALL"),
        (Channel::MobileMoney, "MOBILE_MONEY"),
        (Channel::Wallet, "WALLET"),
        (Channel::Operator(Operator::new(ci, "orange")), "MOBILE_MONEY"),
        (Channel::Operator(Operator::new(ci, "Flooz")), "MOBILE_MONEY"),
        (Channel::Operator(Operator::new(ci, "Wave")), "WALLET"),
    ];
    for (channel, word) in rows {
        let mut request = PaymentRequest::new(OrderId::parse("INV-7").unwrap(), money("2500", Currency::Xof));
        request.description = Some("Two books".into());
        request.channel = channel;
        request.metadata = [("b".into(), "2".into()), ("a".into(), "\"1\"".into())].into();
        let script = Script::bodies([created().as_str()]);
        let receipt = script.run(cinetpay().pay(&request)).unwrap();
        assert_eq!(sent(&script)["channels"], word);
        assert_eq!(sent(&script)["metadata"], r#"{"a":"\"1\"","b":"2"}"#);
        assert_eq!((receipt.status, receipt.amount), (Status::Pending, None));
        let NextAction::Redirect(page) = receipt.next_action else { panic!() };
        assert_eq!(page.as_str(), "https://checkout.cinetpay.com/payment/5df64dd9");
    }
    let mut request = PaymentRequest::new(OrderId::parse("INV-7").unwrap(), money("2500", Currency::Xof));
    let refused = [
        (Channel::Bank, "channel"),
        (Channel::Operator(Operator::new(ci, "Safaricom")), "channel"),
        (Channel::Operator(Operator::new(Country::parse("KE").unwrap(), "MPESA")), "channel"),
        (Channel::Operator(Operator::new(ci, "Card")), "payer.name"),
        (Channel::Card, "payer.name"),
    ];
    for (channel, field) in refused {
        request.channel = channel;
        let exchange = cinetpay().pay(&request);
        let fields: Vec<_> = exchange.problems().iter().map(|problem| problem.field.as_str()).collect();
        assert!(fields.contains(&field) && fields.contains(&"description"), "{fields:?}");
    }
}

#[test]
fn the_script_of_the_page_without_redirect_gets_json_that_html_cannot_misread() {
    let mut config = config();
    config.return_url = None;
    let cinetpay = CinetPay::new(Config::new(Some(config), None)).unwrap();
    let mut request = request();
    request.description = "</script><script>alert('1')\u{2028}".replace('/', "");
    request.metadata = Some("</script> & <!--".into());
    let seamless = cinetpay.seamless_config(&request).unwrap();
    let whole = seamless.to_object();
    assert!(!whole.contains(['<', '>', '&', '\'', '\u{2028}']));
    let read = value(&whole);
    assert_eq!(
        read["config"],
        value(
            r#"{"apikey":"12912847765bc0db748fdd44.40081707","site_id":"445160","notify_url":"https://shop.example/notify","mode":"PRODUCTION"}"#
        )
    );
    assert_eq!(read["checkout"]["metadata"], "</script> & <!--");
    assert_eq!(read["checkout"]["description"], request.description);
    assert_eq!(
        (&read["checkout"]["amount"], &read["checkout"]["transaction_id"]),
        (&2500.into(), &"INV-7".into())
    );
    assert!(read["checkout"].get("apikey").is_none() && read["checkout"].get("return_url").is_none());
    assert!(!format!("{seamless:?}").contains("12912847765"));
    request.amount = money("3", Currency::Xof);
    assert!(cinetpay.seamless_config(&request).is_err());
}

#[test]
fn settings_are_checked_at_once() {
    assert!(CinetPay::new(Config::new(None, None)).is_err());
    let mut wrong = CheckoutConfig::new(Secret::new("sandbox-key"), "44x");
    wrong.callback_secrets = vec![Secret::new("")];
    wrong.notify_url = Some("http://127.0.0.1/notify".into());
    let problems = CinetPay::new(Config::new(Some(wrong), None)).unwrap_err();
    let fields: Vec<_> = problems.as_slice().iter().map(|problem| problem.field.as_str()).collect();
    assert_eq!(
        fields,
        ["checkout.api_key", "checkout.site_id", "checkout.callback_secrets", "checkout.notify_url"]
    );
    let shown = format!("{:?}", cinetpay());
    assert!(!shown.contains("12912847765") && !shown.contains("sk_demo"));
    assert!(!cinetpay().capabilities(Operation::Payout).offered);
    assert!(cinetpay().capabilities(Operation::Payment).states_amount);
}

#[test]
fn requests_and_settings_print_no_texts_and_no_urls() {
    let mut request = request();
    request.description = "canary1".into();
    request.metadata = Some("canary2".into());
    request.invoice = vec![("canary3".into(), "canary4".into())];
    request.notify_url = Some("https://shop.example/canary5".into());
    request.return_url = Some("https://shop.example/canary6".into());
    request.alternative_currency = Some("canary7".into());
    request.payer.name = Some("canary8".into());
    let shown = format!("{request:?}");
    assert!(shown.contains("INV-7") && shown.contains("invoice: ..") && !shown.contains("canary"), "{shown}");

    let mut config = config();
    config.notify_url = Some("https://shop.example/notify?key=canary1".into());
    config.return_url = Some("https://shop.example/return?key=canary2".into());
    let shown = format!("{config:?} {:?}", Config::new(Some(config.clone()), None));
    let whole = format!("{shown} {:?}", CinetPay::new(Config::new(Some(config), None)).unwrap());
    assert!(
        shown.contains("445160") && !whole.contains("canary") && !whole.contains("12912847765"),
        "{whole}"
    );
}

fn full_payer(country: &str) -> nzimbu_core::Customer {
    let mut payer = nzimbu_core::Customer::default();
    payer.name = Some("Doe".into());
    payer.surname = Some("Joe".into());
    payer.email = Some("joe@doe.example".into());
    payer.phone = Some(PhoneNumber::parse("+2250504315545").unwrap());
    payer.address = Some("BP 0024".into());
    payer.city = Some("Abidjan".into());
    payer.country = Some(Country::parse(country).unwrap());
    payer.zip = Some("06510".into());
    payer
}

fn faults(request: &CheckoutRequest) -> Vec<String> {
    let exchange = cinetpay().initialise(request);
    exchange.problems().iter().map(|problem| format!("{} {}", problem.field, problem.fault.rule())).collect()
}

fn opening(status: u16, body: &str) -> ProviderError {
    let script = Script::new([Ok(HttpResponse::new(status, body))]);
    script.run(cinetpay().initialise(&request())).unwrap_err()
}

fn asking(status: u16, body: &str) -> Result<PaymentState, ProviderError> {
    let script = Script::new([Ok(HttpResponse::new(status, body))]);
    script.run(cinetpay().check(&OrderName::parse("INV-7").unwrap()))
}

mod laws {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Whatever is accepted leaves as the same integer, a multiple of 5 unless it is dollars.
        #[test]
        fn accepted_amounts_leave_unchanged(minor in 0_u64..400_000_000, usd in any::<bool>()) {
            let currency = if usd { Currency::Usd } else { Currency::Xof };
            let mut request = request();
            request.amount = Money::from_minor(minor, currency).unwrap();
            let script = Script::bodies([created().as_str()]);
            if script.run(cinetpay().initialise(&request)).is_ok() {
                let units = sent(&script)["amount"].as_u64().unwrap();
                prop_assert_eq!(Some(units), request.amount.whole_units());
                prop_assert!(units > 0 && (usd || units.is_multiple_of(5)));
            } else {
                prop_assert!(script.requests().is_empty());
            }
        }

        /// No answer makes the reader panic, and none but a 201 opens a page.
        #[test]
        fn any_answer_is_survived(status in 100_u16..600, code in "[0-9]{2,3}", word in "[A-Z_]{0,12}", nested in 0_usize..3) {
            let data = format!(r#"{{"status":"{word}","payment_token":"t","payment_url":"https://checkout.cinetpay.com/t"}}"#);
            let data = format!("{}{data}{}", "[".repeat(nested), "]".repeat(nested));
            let body = format!(r#"{{"code":"{code}","data":{data}}}"#);
            let script = Script::new([Ok(HttpResponse::new(status, body.as_str()))]);
            let opened = script.run(cinetpay().initialise(&request())).is_ok();
            prop_assert_eq!(opened, code == "201" && (200..300).contains(&status));
            if let Ok(state) = asking(status, &body) {
                let paid = state.status == Status::Succeeded;
                // Link and token say nothing of a payment, so that the word has to.
                let documented = word == "ACCEPTED" && code == "00" && (200..300).contains(&status);
                prop_assert_eq!(paid, documented);
            }
        }
    }
}
