//! Every code and state of CinetPay's checkout, and what settings change about it.

use std::time::Duration;

use nzimbu_sandbox::{CheckShape, CheckoutChoices, Decision, RefusalData, Settings};
use serde_json::{Value, json};

use crate::checkout::Shop;
use crate::client::{post_json, request, until};

/// The table of checkout codes: class, code, message.
const CODES: &[(&str, &str, &str)] = &[
    ("S", "00", "SUCCES"),
    ("F", "600", "PAYMENT_FAILED"),
    ("F", "602", "INSUFFICIENT_BALANCE"),
    ("?", "603", "SERVICE_UNAVAILABLE"),
    ("F", "604", "OTP_CODE_ERROR"),
    ("?", "605", "TRANSACTION_CLOSED"),
    ("F", "606", "INCORRECT_SETTINGS"),
    ("P", "607", "PENDING"),
    ("?", "621", "ERROR_OMPAY_UNAVAILABLE"),
    ("?", "622", "ERROR_MOMOPAY_UNAVAILABLE"),
    ("P", "623", "WAITING_CUSTOMER_TO_VALIDATE"),
    ("?", "624", "UNKNOWN_ERROR"),
    ("F", "625", "ABONNEMENT_OR_TRANSACTIONS_EXPIRED"),
    ("?", "626", "ERROR_FLOOZPAY_UNAVAILABLE"),
    ("F", "627", "TRANSACTION_CANCEL"),
    ("F", "629", "GENERAL_FAILURE"),
    ("F", "630", "INVALID_AMOUNT_FORMAT"),
    ("F", "631", "DAILY_LIMIT_HAS_BEEN_EXCEEDED"),
    ("F", "632", "SOURCE_ACCOUNT_NOT_ACTIVE"),
    ("F", "633", "MOBILE_ACCOUNT_NUMBER_IS_NOT_ACTIVE"),
    ("F", "634", "INVALID_MSISDN"),
    ("F", "635", "ERROR_PHONE_NUMBER_NOT_FOUND"),
    ("F", "636", "ERROR_PHONE_NUMBER_NOT_SUPPORTED"),
    ("F", "637", "ERROR_PHONE_PREFIX_NOT_SUPPORTED"),
    ("P", "638", "SECURE_PAYMENT_WAITING_CONFIRMATION"),
    ("?", "639", "ERROR_ATLVISA_UNAVAILABLE"),
    ("?", "640", "ERROR_YUP_UNAVAILABLE"),
    ("F", "641", "ERROR_AMOUNT_TOO_LOW"),
    ("F", "642", "ERROR_AMOUNT_TOO_HIGH"),
    ("?", "660", "REFUNDED"),
    ("?", "661", "REFUNDING_IN_PROCESS"),
    ("P", "662", "WAITING_CUSTOMER_PAYMENT"),
    ("P", "663", "WAITING_CUSTOMER_OTP_CODE"),
    ("P", "664", "WAITING_CUSTOMER_PAYMENT_AT_OPERATOR_SIDE"),
    ("?", "800", "ACCESS_RESTRICTED"),
    ("?", "801", "QUOTA_REACHED"),
    ("?", "802", "PAYMENT_METHOD_DISABLED"),
    ("?", "803", "OTP_VALIDATION"),
    ("?", "804", "OPERATOR_UNAVAILABLE"),
    ("F", "807", "DAILY_MAX_NUMBER_TRANSACTION_REACHED"),
    ("F", "808", "DAILY_MAX_AMOUNT_TRANSACTION_REACHED"),
    ("F", "809", "MONTHLY_MAX_AMOUNT"),
    ("F", "810", "MONTHLY_MAX_NUMBER"),
    ("F", "811", "WEEKLY_MAX_AMOUNT"),
    ("F", "812", "WEEKLY_MAX_NUMBER"),
];

#[test]
fn every_state_of_a_payment_can_be_had() {
    let shop = Shop::deciding_itself();
    for (class, code, message) in CODES {
        let set = format!("SET-{code}");
        shop.open(&json!({"transaction_id": set}));
        assert!(shop.sandbox.set_state("cinetpay-checkout", &set, code), "{code}");
        // The same by an amount alone: 9,000,000 and ten times the code.
        let paid = format!("AMOUNT-{code}");
        let amount = match *code {
            // A round amount stands for nothing; this one is paid at once.
            "00" => 771_100,
            code => 9_000_000 + code.parse::<u64>().unwrap() * 10,
        };
        let opened = shop.open(&json!({"transaction_id": paid, "amount": amount}));
        assert_eq!(opened.json()["code"], "201", "{code}");
        for id in [&set, &paid] {
            let body = shop.check(&json!({"transaction_id": id}));
            assert_eq!((&body["code"], &body["message"]), (&json!(code), &json!(message)));
            let status = match *class {
                "S" => json!("ACCEPTED"),
                "F" => json!("REFUSED"),
                "P" => json!("WAITING_FOR_CUSTOMER"),
                _ => Value::Null,
            };
            assert_eq!(body["data"].get("status").unwrap_or(&Value::Null), &status, "{code}");
            match *class {
                "?" => assert_eq!(body["data"], json!([]), "{code}"),
                "F" => {
                    assert_eq!(body["data"]["payment_date"], " ");
                    assert_eq!(body["data"]["operator_id"], Value::Null);
                    assert!(body["data"]["fund_availability_date"].as_str().unwrap().ends_with(" 00:00:00"));
                }
                _ => assert_eq!(body["data"].as_object().unwrap().len(), 9),
            }
        }
        let paid = shop.sandbox.ledger().iter().filter(|moved| moved.order_id.ends_with(code)).count();
        assert_eq!(paid, if *class == "S" { 2 } else { 0 }, "{code}");
    }
    let open = "SET-662";
    for (id, word) in [(open, "613"), (open, "nonsense"), ("NOBODY", "627"), ("SET-00", "627")] {
        assert!(!shop.sandbox.set_state("cinetpay-checkout", id, word), "{id} {word}");
    }
    assert!(shop.sandbox.settle("cinetpay-checkout", open, Decision::Approve), "what waits can be decided");
}

#[test]
fn a_refused_payer_may_pay_after_all() {
    let shop = Shop::deciding_itself();
    shop.open(&json!({}));
    assert!(shop.sandbox.settle("cinetpay-checkout", "ORDER-1", Decision::Refuse));
    assert!(!shop.sandbox.settle("cinetpay-checkout", "ORDER-1", Decision::Approve));
    assert!(shop.sandbox.set_state("cinetpay-checkout", "ORDER-1", "00"));
    assert_eq!(shop.check(&json!({"transaction_id": "ORDER-1"}))["code"], "00");
    assert_eq!(shop.sandbox.ledger().len(), 1);
    let messages: Vec<String> =
        shop.merchant.wait_for_posts(2).iter().map(|post| post.form().last().unwrap().1.clone()).collect();
    assert_eq!(messages, ["TRANSACTION_CANCEL", "SUCCES"]);
}

#[test]
fn every_refusal_of_a_request_can_be_had_by_its_amount() {
    let shop = Shop::deciding_itself();
    for code in [601, 608, 609, 610, 611, 612, 613, 614, 615, 616, 617, 618, 619, 620, 628] {
        let answer = shop.open(&json!({"amount": 9_000_000 + code * 10}));
        assert_eq!((answer.status, &answer.json()["code"]), (400, &json!(code.to_string())));
    }
    assert_eq!(shop.open(&json!({"amount": 9_004_030})).status, 403);
    let suspicious = shop.open(&json!({"amount": 9_004_290}));
    assert_eq!((suspicious.status, &suspicious.json()["message"]), (429, &json!("TOO_MANY_REQUEST")));
    let banned = shop.open(&json!({"amount": 9_010_100}));
    assert_eq!((banned.status, banned.body.as_str()), (403, "error code: 1010"));
    assert_eq!(shop.check(&json!({"transaction_id": "ORDER-1"}))["code"], "608", "nothing was made");

    let mut settings = Settings::default();
    settings.magic = false;
    let shop = Shop::new(settings);
    assert_eq!(shop.open(&json!({"amount": 9_006_090})).json()["code"], "201");
}

#[test]
fn methods_follow_the_payer() {
    let shop = Shop::deciding_itself();
    let method = |id: &str, phone: Option<&str>, word: Option<&str>| {
        shop.open(&json!({"transaction_id": id, "customer_phone_number": phone}));
        if let Some(word) = word {
            assert!(shop.sandbox.set_state("cinetpay-checkout", id, word), "{word}");
        }
        assert!(shop.sandbox.settle("cinetpay-checkout", id, Decision::Approve));
        shop.check(&json!({"transaction_id": id}))["data"]["payment_method"].clone()
    };
    assert_eq!(method("none", None, None), "OM");
    for (phone, usual) in [("+221771234567", "OMSN"), ("22507070707", "OM"), ("22997123456", "MTNBJ")] {
        assert_eq!(method(phone, Some(phone), None), usual);
    }
    for word in ["MOMO", "FLOOZ", "WAVECI", "VISAM", "WAVESN", "TmoneyTG", "MOOVML"] {
        assert_eq!(method(word, None, Some(word)), word);
    }
    shop.open(&json!({"transaction_id": "WRONG"}));
    assert!(!shop.sandbox.set_state("cinetpay-checkout", "WRONG", "OMCM"), "that is for another currency");
}

#[test]
fn numbers_and_texts_are_one_unless_the_table_is_kept() {
    let loose = Shop::deciding_itself();
    for (id, change) in [
        ("A", json!({"amount": "2500"})),
        ("B", json!({"amount": 2500.0})),
        ("C", json!({"customer_phone_number": 2_250_707_070_707_u64, "customer_zip_code": 225})),
        ("D", json!({"invoice_data": {"Reste à payer": 25_000}, "metadata": 7})),
        ("E", json!({"lock_phone_number": 1, "customer_phone_number": "2250504315545"})),
        ("F", json!({"unknown_field": {"a": [1, 2]}, "designation": "x", "customer_id": 3})),
        ("G", json!({"alternative_currency": "EUR", "channels": "MOBILE_MONEY,CREDIT_CARD", "lang": "EN"})),
    ] {
        let mut change = change;
        change["transaction_id"] = json!(id);
        let answer = loose.open(&change);
        assert_eq!(answer.json()["code"], "201", "{change}: {}", answer.body);
    }
    assert_eq!(loose.open(&json!({"transaction_id": 12_345})).json()["code"], "201");
    assert_eq!(loose.check(&json!({"transaction_id": "12345"}))["code"], "662");

    let strict = with(|choices| choices.strict_types = true);
    for change in [json!({"amount": "2500"}), json!({"amount": 2500.0}), json!({"transaction_id": 7})] {
        assert_eq!(strict.open(&change).json()["code"], "608", "{change}");
    }
}

#[test]
fn settings_change_codes_shapes_and_statuses() {
    let shop = with(|choices| {
        choices.created_status = 201;
        choices.refusal_status = 422;
        choices.refusal_data = RefusalData::EmptyArray;
        choices.older_codes = true;
        choices.slices = true;
        choices.refuse_special_characters = true;
        choices.unknown_payment_code = "627".to_owned();
    });
    assert_eq!(shop.open(&json!({})).status, 201);
    for (change, code) in [
        (json!({"channels": "CASH"}), "610"),
        (json!({"amount": -5}), "611"),
        (json!({"currency": "EUR"}), "612"),
        (json!({"lang": "sw"}), "615"),
        (json!({"amount": 5000}), "620"),
        (json!({"amount": 95}), "641"),
        (json!({"amount": 2_000_005}), "642"),
        (json!({"description": "a#b"}), "608"),
        (json!({"notify_url": null}), "608"),
    ] {
        let answer = shop.open(&change);
        let body = answer.json();
        assert_eq!((answer.status, &body["code"]), (422, &json!(code)), "{change}");
        assert_eq!(body["data"], json!([]));
    }
    assert_eq!(shop.check(&json!({"transaction_id": "NOBODY"}))["code"], "627");

    let shop = with(|choices| {
        choices.refusal_data = RefusalData::Null;
        choices.refuse_local_addresses = true;
        choices.check_shape = CheckShape::Of2021;
        choices.notify_error_message = false;
    });
    let body = shop.open(&json!({})).json();
    assert_eq!((&body["code"], &body["data"]), (&json!("608"), &Value::Null));
    assert!(body["description"].as_str().unwrap().contains("notify_url must be an address"));
}

#[test]
fn the_shapes_of_2021_are_served() {
    let shop = with(|choices| {
        choices.check_shape = CheckShape::Of2021;
        choices.notify_error_message = false;
    });
    let names = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ");
    shop.open(&json!({"customer_phone_number": "+22890123456"}));
    assert!(shop.sandbox.settle("cinetpay-checkout", "ORDER-1", Decision::Approve));
    let body = shop.check(&json!({"transaction_id": "ORDER-1"}));
    assert_eq!(names(&body["data"]), "operator_id payment_date payment_method phone_number phone_prefix");
    assert_eq!((&body["code"], &body["data"]["phone_prefix"]), (&json!("00"), &json!("228")));
    shop.open(&json!({"transaction_id": "NO"}));
    assert!(shop.sandbox.set_state("cinetpay-checkout", "NO", "600"));
    let body = shop.check(&json!({"transaction_id": "NO"}));
    assert_eq!(names(&body["data"]), "payment_date payment_method phone_number phone_prefix");
    let post = &shop.merchant.wait_for_posts(1)[0];
    assert_eq!(post.form().len(), 15);
    shop.assert_genuine(post);
}

#[test]
fn calls_can_be_limited() {
    let shop = with(|choices| choices.calls_per_minute = Some(2));
    assert_eq!(shop.open(&json!({})).status, 200);
    assert_eq!(shop.check(&json!({"transaction_id": "ORDER-1"}))["code"], "662");
    let answer = shop.open(&json!({}));
    let body = answer.json();
    assert_eq!((answer.status, &body["code"]), (429, &json!("429")));
    assert_eq!(body["message"], "TOO_MANY_REQUEST");
    assert!(body["api_response_id"].is_string() && body.get("data").is_none());
    assert!(answer.header("retry-after").parse::<u64>().unwrap() <= 60);
}

#[test]
fn an_account_of_any_currency_can_be_had() {
    let mut settings = Settings::default();
    settings.cinetpay_currency = "ANY".to_owned();
    assert!(settings.check().is_ok());
    let shop = Shop::new(settings);
    for currency in ["XOF", "XAF", "CDF", "GNF", "USD"] {
        let body = shop.open(&json!({"transaction_id": currency, "currency": currency})).json();
        assert_eq!(body["code"], "201", "{currency}");
    }
}

#[test]
fn what_was_told_by_hand_is_not_decided_by_time() {
    let mut settings = Settings::default();
    settings.auto = Some(Duration::from_millis(100));
    let shop = Shop::new(settings);
    shop.open(&json!({}));
    assert!(shop.sandbox.set_state("cinetpay-checkout", "ORDER-1", "663"));
    shop.open(&json!({"transaction_id": "OTHER"}));
    until("the other payment", || (shop.sandbox.ledger().len() == 1).then_some(()));
    assert_eq!(shop.check(&json!({"transaction_id": "ORDER-1"}))["code"], "663");
}

#[test]
fn pages_of_this_machine_may_call_from_the_browser() {
    let shop = Shop::deciding_itself();
    let body = shop.order(&json!({})).to_string();
    for (origin, told) in [("http://localhost:3000", "http://localhost:3000"), ("https://evil.example", "")] {
        let headers = [("user-agent", "x"), ("content-type", "application/json"), ("origin", origin)];
        for method in ["OPTIONS", "POST"] {
            let answer = request(method, &shop.url("/v2/payment"), &headers, &body);
            assert_eq!(answer.status, 200, "{method} {origin}");
            assert_eq!(answer.header("access-control-allow-origin"), told, "{method} {origin}");
        }
    }
}

#[test]
fn headers_may_be_written_in_any_way() {
    let shop = Shop::deciding_itself();
    let body = shop.order(&json!({})).to_string();
    for kind in ["application/json; charset=utf-8", "Application/JSON;charset=UTF-8", "application/json "] {
        let headers = [("USER-AGENT", "x"), ("CONTENT-TYPE", kind), ("Accept", "*/*"), ("X-Other", "1")];
        assert_eq!(
            request("POST", &shop.url("/v2/payment/"), &headers, &body).json()["code"],
            "201",
            "{kind}"
        );
    }
    let headers = [("user-agent", "x"), ("content-type", "application/x-www-form-urlencoded")];
    assert_eq!(request("POST", &shop.url("/v2/payment"), &headers, &body).status, 403);
    for (method, status) in [("GET", 405), ("HEAD", 405), ("OPTIONS", 200)] {
        assert_eq!(request(method, &shop.url("/v2/payment"), &headers, "").status, status, "{method}");
    }
    assert_eq!(post_json(&shop.url("/v1/payment"), &body).status, 404);
    assert_eq!(
        post_json(&shop.url("//v2//payment"), &body).json()["code"],
        "201",
        "slashes are counted once"
    );
    let urllib = [("content-type", "application/json"), ("user-agent", "Python-urllib/3.11")];
    assert_eq!(request("POST", &shop.url("/v2/payment"), &urllib, &body).status, 200);
    let shop = with(|choices| {
        choices.require_user_agent = false;
        choices.banned_user_agents = vec!["Python-urllib/".to_owned()];
    });
    let body = shop.order(&json!({})).to_string();
    let status = |agent: &[(&str, &str)]| {
        let mut headers = vec![("content-type", "application/json")];
        headers.extend(agent);
        request("POST", &shop.url("/v2/payment"), &headers, &body).status
    };
    assert_eq!(
        [status(&[]), status(&[("user-agent", "Python-urllib/3.11")]), status(&[("user-agent", "t")])],
        [200, 403, 200]
    );
}

fn with(change: impl FnOnce(&mut CheckoutChoices)) -> Shop {
    let mut settings = Settings::default();
    settings.auto = None;
    settings.callback_pause = Duration::from_millis(5);
    change(&mut settings.checkout);
    Shop::new(settings)
}
