//! The common model over Bitlipa: from channel, phone and settings to one provider id, and back to receipts. And the
//! directory, held against figures that were copied from the page by hand.
#![cfg(feature = "bitlipa")]
#![allow(clippy::unwrap_used, reason = "a failing test may panic")]

use std::borrow::Cow;

use nzimbu_core::secret::Secret;
use nzimbu_core::testing::Script;
use nzimbu_core::{
    BaseUrl, Callbacks, Channel, Country, Currency, Document, DocumentKind, Entry, ErrorKind, Exchange,
    Fault, Flow, Money, NextAction, Operation, Operator, OrderId, OrderRef, Outcome, PaymentProvider,
    PaymentRequest, PayoutRequest, PhoneNumber, PhoneShape, Receipt, Repeats, Status, TransportExt,
    until_next_action,
};
use nzimbu_providers::bitlipa::{Bitlipa, Config};
use proptest::prelude::*;

fn config() -> Config {
    let base = BaseUrl::parse("https://api.example.com").unwrap();
    Config::new(base, "public", "m1", Secret::new("secret"))
}

fn bitlipa() -> Bitlipa {
    Bitlipa::new(config()).unwrap()
}

fn order() -> OrderId {
    OrderId::parse("INV-7").unwrap()
}

fn country(code: &str) -> Country {
    Country::parse(code).unwrap()
}

fn operator(code: &str, name: &str) -> Channel {
    Channel::Operator(Operator::new(country(code), name))
}

fn money(text: &str, currency: Currency) -> Money {
    Money::parse_major(text, currency).unwrap()
}

fn payment(channel: Channel, amount: &str, currency: Currency, phone: &str) -> PaymentRequest {
    let mut request = PaymentRequest::new(order(), money(amount, currency));
    request.channel = channel;
    request.payer.phone = (!phone.is_empty()).then(|| PhoneNumber::parse(phone).unwrap());
    request.payer.name = Some("Name Surname".into());
    request.payer.email = Some("a@example.com".into());
    request
}

fn payout(channel: Channel, amount: &str, currency: Currency, phone: &str) -> PayoutRequest {
    let mut request = PayoutRequest::new(order(), money(amount, currency), channel);
    request.recipient.phone = (!phone.is_empty()).then(|| PhoneNumber::parse(phone).unwrap());
    request.recipient.name = Some("Name Surname".into());
    request
}

/// The body of the one request, or the fault of the channel.
fn sent(exchange: Exchange<Receipt>) -> Result<serde_json::Value, Fault> {
    if let Some(problem) = exchange.problems().first() {
        assert_eq!(problem.field.as_str(), "channel", "{problem}");
        return Err(problem.fault.clone());
    }
    let script = Script::new([]);
    script.run(exchange).unwrap_err();
    Ok(serde_json::from_slice(&script.requests()[0].body).unwrap())
}

#[test]
fn an_operator_is_one_provider_id() {
    let body = sent(bitlipa().pay(&payment(operator("CD", "airtel"), "100", Currency::Cdf, "+243999000000")))
        .unwrap();
    assert_eq!((&body["provider_id"], &body["customer_id"]), (&2078.into(), &"999000000".into()));
    let body = sent(bitlipa().pay(&payment(operator("CD", "Orange"), "100", Currency::Cdf, "+243800000000")))
        .unwrap();
    assert_eq!((&body["provider_id"], &body["customer_id"]), (&2079.into(), &"0800000000".into()));
    let body = sent(bitlipa().pay_out(&payout(operator("CI", "Wave"), "5", Currency::Xof, "+2250700000000")))
        .unwrap();
    assert_eq!((&body["provider_id"], &body["customer_id"]), (&736.into(), &"2250700000000".into()));
    assert_eq!(body["extra"], serde_json::json!({"customer_name": "Name Surname"}));
    assert_eq!((&body["amount"], &body["country"]), (&"5.00".into(), &"CI".into()));
}

#[test]
fn several_ids_are_ambiguous_until_one_is_picked() {
    let request = payment(operator("KE", "MPESA"), "100", Currency::Kes, "+254700000001");
    let Err(Fault::Ambiguous { choices, remedy }) = sent(bitlipa().pay(&request)) else {
        panic!("ambiguous")
    };
    assert_eq!(choices, ["199", "347", "2012"]);
    assert!(remedy.contains("Config::picks"));
    let mut config = config();
    config.picks = vec![347];
    let body = sent(Bitlipa::new(config).unwrap().pay(&request)).unwrap();
    assert_eq!(body["provider_id"], 347);

    for picks in [vec![199, 347], vec![347, 2012, 347]] {
        let mut config = self::config();
        config.picks = picks;
        let bitlipa = Bitlipa::new(config.clone()).unwrap();
        assert!(matches!(sent(bitlipa.pay(&request)), Err(Fault::Ambiguous { .. })), "{:?}", config.picks);
    }
    let mut config = self::config();
    config.picks = vec![347, 347];
    assert_eq!(sent(Bitlipa::new(config).unwrap().pay(&request)).unwrap()["provider_id"], 347);
}

#[test]
fn an_entry_of_the_merchants_wins() {
    let mut config = config();
    config.directory.push(Entry {
        country: country("KE"),
        operator: Cow::Borrowed("MPESA"),
        operation: Operation::Payment,
        currency: Currency::Kes,
        code: Cow::Borrowed("43"),
        phone: PhoneShape::NationalWithZero,
        needs: Cow::Borrowed(&[]),
        flow: Flow::Prompt,
        least: None,
        most: Some(money("10", Currency::Kes)),
    });
    let bitlipa = Bitlipa::new(config.clone()).unwrap();
    let mut request = payment(operator("KE", "mpesa"), "0.01", Currency::Kes, "+254700000001");
    request.payer.email = None;
    let body = sent(bitlipa.pay(&request)).unwrap();
    assert_eq!((&body["provider_id"], &body["customer_id"]), (&43.into(), &"0700000001".into()));
    request.amount = money("10.01", Currency::Kes);
    assert_eq!(bitlipa.pay(&request).problems()[0].fault, Fault::TooLarge("10.00 KES".into()));

    config.directory[0].code = Cow::Borrowed("MPESA");
    config.directory[0].needs = Cow::Borrowed(&[Cow::Borrowed("document")]);
    config.directory[0].currency = Currency::Usd;
    config.directory[0].most = None;
    assert_eq!(Bitlipa::new(config.clone()).unwrap_err().as_slice().len(), 3);

    config.directory[0].code = Cow::Borrowed("43");
    config.directory[0].needs = Cow::Borrowed(&[]);
    config.directory[0].currency = Currency::Kes;
    for (least, most) in [(Some(Currency::Ugx), None), (None, Some(Currency::Ugx))] {
        let limit = |currency: Option<Currency>| currency.map(|currency| money("10", currency));
        (config.directory[0].least, config.directory[0].most) = (limit(least), limit(most));
        let problems = Bitlipa::new(config.clone()).unwrap_err();
        let [problem] = problems.as_slice() else { panic!("{problems}") };
        assert!(problem.to_string().contains("least and most"), "{problem}");
    }
}

#[test]
fn what_is_not_offered_says_what_is() {
    let offered = |request: &PaymentRequest| match sent(bitlipa().pay(request)) {
        Err(Fault::Unsupported(offered)) => offered,
        other => panic!("{other:?}"),
    };
    let request = payment(operator("CD", "Vodacom"), "100", Currency::Cdf, "+243810000000");
    assert_eq!(offered(&request), "Orange in CDF, Airtel in CDF, Africell in CDF");
    let request = payment(operator("CD", "Orange"), "100", Currency::Kes, "+243800000000");
    assert_eq!(offered(&request), "Orange in CDF, Airtel in CDF, Africell in CDF");
    let request = payment(operator("NE", "Airtel"), "100", Currency::Xof, "+22796000000");
    assert_eq!(
        offered(&request),
        "an operator of BF, BI, CD, CI, CM, GH, GN, KE, ML, MW, NG, RW, SN, TG, TZ, UG, ZA, ZM"
    );
    let request = payment(Channel::Card, "100", Currency::Kes, "+254700000001");
    assert_eq!(offered(&request), "bank, mobile_money or an operator");
    let request = payment(Channel::Wallet, "100", Currency::Xof, "+2250700000000");
    assert_eq!(offered(&request), "the wallet as an operator, such as Wave of CI");
    let request = payment(Channel::Any, "100", Currency::Xof, "+221760000000");
    assert_eq!(
        offered(&request),
        "the operator by name, since the phone number does not tell it: \
         Orange in XOF, Wave in XOF, Free money in XOF, E-money in XOF"
    );
    let request = payment(Channel::Any, "100", Currency::Kes, "+33612345678");
    assert!(offered(&request).starts_with("an operator of BF"));
    let request = payment(Channel::Bank, "100", Currency::Kes, "+254700000001");
    assert_eq!(offered(&request), "a bank channel of another country: NGN in NG, ZAR in ZA");
}

#[test]
fn a_phone_tells_its_operator() {
    let rows = [
        ("+2250700000000", "5", Currency::Xof, 193),
        ("+2250500000000", "5", Currency::Xof, 194),
        ("+2250100000000", "5", Currency::Xof, 195),
        ("+243900000000", "100", Currency::Cdf, 2080),
        ("+265990000000", "50", Currency::Mwk, 2157),
        ("+25766000000", "1000", Currency::Bif, 2302),
        ("+221770000000", "100", Currency::Xof, 202),
        ("+250780000000", "300", Currency::Rwf, 201),
    ];
    for (phone, amount, currency, id) in rows {
        for channel in [Channel::Any, Channel::MobileMoney] {
            let body = sent(bitlipa().pay(&payment(channel, amount, currency, phone))).unwrap();
            assert_eq!(body["provider_id"], id, "{phone}");
        }
    }
    let result = sent(bitlipa().pay(&payment(Channel::Any, "100", Currency::Kes, "+254700000001")));
    assert!(matches!(result, Err(Fault::Ambiguous { choices, .. }) if choices == ["199", "347", "2012"]));
    let result = sent(bitlipa().pay(&payment(Channel::Any, "100", Currency::Tzs, "+255740000000")));
    assert!(matches!(result, Err(Fault::Ambiguous { choices, .. }) if choices == ["2009", "126", "209"]));
}

#[test]
fn banks_take_an_account_and_a_code() {
    let mut request = payment(Channel::Bank, "100", Currency::Ngn, "+2348031234567");
    let body = sent(bitlipa().pay(&request)).unwrap();
    assert_eq!((&body["provider_id"], &body["customer_id"]), (&5008.into(), &"2348031234567".into()));
    (request.payer.phone, request.payer.country) = (None, Some(country("NG")));
    request.payer.id = Some("0000000000".into());
    let body = sent(bitlipa().pay(&request)).unwrap();
    assert_eq!((&body["customer_id"], &body["country"]), (&"0000000000".into(), &"NG".into()));

    let mut request = payout(Channel::Bank, "100", Currency::Zar, "+27123456789");
    request.recipient.id = Some("62000000000".into());
    request.recipient.email = Some("a@example.com".into());
    request.recipient.address = Some("1 Main Road".into());
    request.bank_code = Some("FNB".into());
    let body = sent(bitlipa().pay_out(&request)).unwrap();
    assert_eq!((&body["provider_id"], &body["customer_id"]), (&5012.into(), &"62000000000".into()));
    assert_eq!(body["extra"]["customer_phone"], "0123456789");
    assert_eq!(body["extra"]["bank_code"], "FNB");

    request.recipient = nzimbu_core::Customer::default();
    let exchange = bitlipa().pay_out(&request);
    let fields: Vec<_> = exchange.problems().iter().map(|problem| problem.field.as_str()).collect();
    assert_eq!(fields, ["recipient.country", "recipient.phone"]);
}

#[test]
fn an_own_id_is_sent_to_banks_only() {
    let mut request = payment(operator("CD", "Orange"), "100", Currency::Cdf, "+243800000000");
    request.payer.id = Some("customer 7".into());
    let body = sent(bitlipa().pay(&request)).unwrap();
    assert_eq!(body["customer_id"], "0800000000");
}

#[test]
fn faults_of_the_channel_come_with_all_others() {
    let mut request = payment(Channel::Any, "0", Currency::Usd, "");
    request.notify_url = Some("nowhere".into());
    let exchange = bitlipa().pay(&request);
    let fields: Vec<_> = exchange.problems().iter().map(|problem| problem.field.as_str()).collect();
    assert_eq!(fields, ["amount.currency", "amount", "payer.phone", "notify_url"]);
    let request = payout(operator("XX", "Nobody"), "0", Currency::Kes, "+254700000001");
    let exchange = bitlipa().pay_out(&request);
    let fields: Vec<_> = exchange.problems().iter().map(|problem| problem.field.as_str()).collect();
    assert_eq!(fields, ["channel", "amount"]);
    let error = Script::new([]).run(exchange).unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::InvalidRequest, Outcome::NotSent));
}

#[test]
fn a_document_goes_with_the_provider_that_asks_for_it() {
    let mut config = config();
    config.picks = vec![199];
    let bitlipa = Bitlipa::new(config).unwrap();
    let mut request = payout(operator("KE", "MPESA"), "500", Currency::Kes, "+254700000001");
    assert_eq!(bitlipa.pay_out(&request).problems()[0].to_string(), "document is required: set it");
    request.document = Some(Document { kind: DocumentKind::NationalId, number: "12345678".into() });
    let body = sent(bitlipa.pay_out(&request)).unwrap();
    assert_eq!(body["extra"]["customer_doc_type"], "national_id");
}

#[test]
fn receipts_say_what_the_gateway_said() {
    let request = payment(operator("CD", "Orange"), "100", Currency::Cdf, "+243800000000");
    let run = |answer: &str| Script::bodies([answer]).run(bitlipa().pay(&request));
    let receipt = run(r#"{"order_id":"INV-7","transaction_id":"9","status":1,"result":{"code":0,"message":"OK"},"extra":{"customer_message":"dial"}}"#).unwrap();
    assert_eq!((receipt.status, &*receipt.raw_status, receipt.amount), (Status::Pending, "1", None));
    assert_eq!(receipt.reference.as_ref().unwrap().as_str(), "9");
    assert_eq!(receipt.next_action, NextAction::Prompt("dial".into()));
    let receipt = run(r#"{"order_id":"INV-7","status":3,"result":{"code":0,"message":"OK"},"provider_result":{"code":5,"message":"no"}}"#).unwrap();
    assert_eq!((receipt.status, receipt.failure.as_deref()), (Status::Failed, Some("no")));

    let payout = payout(operator("CD", "Orange"), "100", Currency::Cdf, "+243800000000");
    let answer = r#"{"order_id":"INV-7","status":0,"result":{"code":0},"confirm_type":2}"#;
    let receipt = Script::bodies([answer]).run(bitlipa().pay_out(&payout)).unwrap();
    assert_eq!(
        (receipt.status, receipt.next_action),
        (Status::Pending, NextAction::Confirmation("2".into()))
    );
    let answer = r#"{"order_id":"INV-7","status":7,"result":{"code":0},"confirm_type":2}"#;
    let receipt = Script::bodies([answer]).run(bitlipa().pay_out(&payout)).unwrap();
    assert_eq!(
        (receipt.status, receipt.next_action),
        (Status::Unrecognized, NextAction::Confirmation("2".into())),
        "a confirmation does not explain a status in no table"
    );
}

#[test]
fn a_status_is_always_a_receipt() {
    let asked = OrderRef::new(Operation::Payout, order());
    let run = |answer: &str| {
        let exchange = PaymentProvider::status(&bitlipa(), &asked);
        Script::bodies([answer]).run(exchange)
    };
    let receipt =
        run(r#"{"status":-1,"result":{"code":404,"message":"parent operation not found"}}"#).unwrap();
    assert_eq!(receipt.unwrap().status, Status::Unrecognized, "it may still be under way");
    assert_eq!(run("<html>").unwrap_err().kind(), ErrorKind::Malformed);
}

#[test]
fn the_page_of_a_redirect_flow_is_waited_for() {
    let answer = |extra: &str| format!(r#"{{"order_id":"INV-7","status":1,"result":{{"code":0}}{extra}}}"#);
    let link = answer(r#","extra":{"customer_redirect":"https://otp.bitlipa.net/7"}"#);
    let script = Script::bodies([answer("").as_str(), answer(r#","extra":{}"#).as_str(), link.as_str()]);
    let provider: nzimbu_core::SharedProvider = std::sync::Arc::new(bitlipa());
    let delays = [std::time::Duration::from_secs(2); 5];
    let exchange =
        until_next_action(provider, OrderRef::new(Operation::Payment, order()), delays.into_iter());
    let receipt = script.run(exchange).unwrap();
    let shown = format!("{receipt:?}");
    assert!(shown.contains("Redirect(..)"), "{shown}");
    assert_eq!(script.requests().len(), 3);
}

#[test]
fn a_page_elsewhere_does_not_end_the_waiting() {
    let answer = |host: &str| {
        format!(
            r#"{{"order_id":"INV-7","status":1,"result":{{"code":0}},"extra":{{"customer_redirect":"https://{host}/7"}}}}"#
        )
    };
    let over = r#"{"order_id":"INV-7","status":2,"result":{"code":0}}"#;
    let script = Script::bodies([answer("evil.example").as_str(), answer("evil.example").as_str(), over]);
    let provider: nzimbu_core::SharedProvider = std::sync::Arc::new(bitlipa());
    let delays = [std::time::Duration::from_secs(2); 5];
    let exchange =
        until_next_action(provider, OrderRef::new(Operation::Payment, order()), delays.into_iter());
    assert_eq!(script.run(exchange).unwrap().unwrap().status, Status::Succeeded);
    assert_eq!(script.requests().len(), 3);
}

#[test]
fn capabilities_are_those_of_the_documents() {
    let bitlipa = bitlipa();
    for operation in [Operation::Payment, Operation::Payout] {
        let offered = bitlipa.capabilities(operation);
        assert!(offered.offered && offered.status_by_order && !offered.states_amount);
        assert_eq!((offered.callbacks, offered.repeats), (Callbacks::Signed, Repeats::Replayed));
        assert_eq!(offered.currencies.len(), Currency::ALL.len() - 1);
        assert!(!offered.currencies.contains(&Currency::Usd));
    }
    assert_eq!(bitlipa.id().as_str(), "bitlipa");
    let error = Script::new([]).run(bitlipa.balance(Currency::Kes)).unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Unsupported, Outcome::NotSent));
}

#[test]
fn the_directory_is_the_pages_table() {
    let bitlipa = bitlipa();
    let entries: Vec<_> = bitlipa.directory().iter().collect();
    assert_eq!(entries.len(), 2 * 60, "60 ids beside the simulator, which belongs to no country");
    let entry = |code: &str, operation| {
        let found: Vec<_> = bitlipa.directory().by_code(code, operation).collect();
        assert_eq!(found.len(), 1, "{code}");
        found[0].clone()
    };
    use Operation::{Payment, Payout};
    // Code, direction, country, operator, phone shape, needs, flow, least and most, as printed on the page.
    type Row = (
        &'static str,
        Operation,
        &'static str,
        &'static str,
        PhoneShape,
        &'static [&'static str],
        Flow,
        &'static str,
        &'static str,
    );
    let rows: &[Row] = &[
        (
            "2302",
            Payment,
            "BI",
            "Lumicash",
            PhoneShape::Msisdn,
            &[],
            Flow::SmsThenUssd,
            "1000 BIF",
            "1000000 BIF",
        ),
        (
            "2302",
            Payout,
            "BI",
            "Lumicash",
            PhoneShape::Msisdn,
            &[],
            Flow::Undocumented,
            "2000 BIF",
            "1000000 BIF",
        ),
        (
            "190",
            Payment,
            "BF",
            "Mobicash",
            PhoneShape::Msisdn,
            &["payer.email"],
            Flow::Prompt,
            "5 XOF",
            "550000 XOF",
        ),
        (
            "191",
            Payment,
            "CM",
            "Orange",
            PhoneShape::Msisdn,
            &["payer.email"],
            Flow::Prompt,
            "5 XAF",
            "550000 XAF",
        ),
        (
            "658",
            Payment,
            "CM",
            "MTN",
            PhoneShape::Msisdn,
            &["payer.name"],
            Flow::Prompt,
            "5 XAF",
            "550000 XAF",
        ),
        (
            "2080",
            Payout,
            "CD",
            "Africell",
            PhoneShape::NationalWithZero,
            &[],
            Flow::Undocumented,
            "100.00 CDF",
            "1500000.00 CDF",
        ),
        (
            "2078",
            Payment,
            "CD",
            "Airtel",
            PhoneShape::National,
            &[],
            Flow::Prompt,
            "100.00 CDF",
            "1500000.00 CDF",
        ),
        (
            "2064",
            Payment,
            "GH",
            "Vodafone",
            PhoneShape::Msisdn,
            &["payer.name", "payer.email"],
            Flow::RedirectByStatus,
            "1.00 GHS",
            "5000.00 GHS",
        ),
        (
            "660",
            Payout,
            "GN",
            "MTN",
            PhoneShape::Msisdn,
            &["recipient.name"],
            Flow::Undocumented,
            "1000 GNF",
            "10000000 GNF",
        ),
        (
            "199",
            Payout,
            "KE",
            "MPESA",
            PhoneShape::Msisdn,
            &["recipient.name", "document"],
            Flow::Undocumented,
            "500.00 KES",
            "150000.00 KES",
        ),
        (
            "347",
            Payout,
            "KE",
            "MPESA",
            PhoneShape::Msisdn,
            &["recipient.name"],
            Flow::Undocumented,
            "500.00 KES",
            "150000.00 KES",
        ),
        (
            "5008",
            Payment,
            "NG",
            "BankTransfer",
            PhoneShape::Undocumented,
            &["payer.email"],
            Flow::BankDetails,
            "100.00 NGN",
            "400000.00 NGN",
        ),
        (
            "5008",
            Payout,
            "NG",
            "BankTransfer",
            PhoneShape::Undocumented,
            &["recipient.name", "bank_code"],
            Flow::Undocumented,
            "100.00 NGN",
            "400000.00 NGN",
        ),
        (
            "5010",
            Payment,
            "NG",
            "Palmpay",
            PhoneShape::Undocumented,
            &[],
            Flow::HostedPage,
            "100.00 NGN",
            "400000.00 NGN",
        ),
        (
            "5012",
            Payout,
            "ZA",
            "BankTransfer",
            PhoneShape::Undocumented,
            &["bank_code", "recipient.name", "recipient.email", "recipient.phone", "recipient.address"],
            Flow::Undocumented,
            "5.00 ZAR",
            "",
        ),
        (
            "201",
            Payment,
            "RW",
            "MTN",
            PhoneShape::Msisdn,
            &["payer.name", "payer.email"],
            Flow::RedirectByStatus,
            "300 RWF",
            "",
        ),
        (
            "209",
            Payout,
            "TZ",
            "Vodafone",
            PhoneShape::Msisdn,
            &["recipient.name", "document"],
            Flow::Undocumented,
            "1000.00 TZS",
            "50000000.00 TZS",
        ),
        (
            "2009",
            Payout,
            "TZ",
            "Vodafone",
            PhoneShape::Msisdn,
            &["recipient.name"],
            Flow::Undocumented,
            "1000.00 TZS",
            "50000000.00 TZS",
        ),
        ("2378", Payment, "ZM", "ZAMTEL", PhoneShape::Msisdn, &[], Flow::Prompt, "1.00 ZMW", "5000.00 ZMW"),
        ("355", Payment, "TG", "TMoney", PhoneShape::Msisdn, &[], Flow::Prompt, "200 XOF", "200000 XOF"),
    ];
    for (code, operation, home, name, phone, needs, flow, least, most) in rows {
        let entry = entry(code, *operation);
        assert_eq!((entry.country.as_str(), &*entry.operator), (*home, *name), "{code}");
        assert_eq!((entry.phone, entry.flow), (*phone, *flow), "{code}");
        assert_eq!(entry.needs, *needs, "{code}");
        let text = |limit: Option<Money>| limit.map(|limit| limit.to_string()).unwrap_or_default();
        assert_eq!(
            (text(entry.least), text(entry.most)),
            ((*least).to_owned(), (*most).to_owned()),
            "{code}"
        );
    }
}

proptest! {
    /// Every amount leaves with two decimals, and reads back as what was asked.
    #[test]
    fn amounts_have_two_decimals(minor in 1..=i64::MAX as u64, index in 0..Currency::ALL.len()) {
        let currency = Currency::ALL[index];
        let amount = Money::from_minor(minor, currency).unwrap();
        let mut request = nzimbu_providers::bitlipa::C2bRequest::new(order(), amount, 14);
        request.customer_id = Some("1".into());
        let exchange = bitlipa().payment_c2b(&request);
        if currency == Currency::Usd {
            prop_assert_eq!(exchange.problems().len(), 1);
            return Ok(());
        }
        let script = Script::new([]);
        script.run(exchange).unwrap_err();
        let body: serde_json::Value = serde_json::from_slice(&script.requests()[0].body).unwrap();
        let told = body["amount"].as_str().unwrap();
        prop_assert!(told.split_once('.').is_some_and(|(_, decimals)| decimals.len() == 2), "{told}");
        prop_assert_eq!(Money::parse_told(told, currency).unwrap(), amount);
    }
}
