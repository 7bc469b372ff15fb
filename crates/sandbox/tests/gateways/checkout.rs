//! CinetPay's checkout.

use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use nzimbu_sandbox::{Decision, Sandbox, Settings};
use serde_json::{Value, json};

use crate::client::{Answer, fill_form, get, post_form, post_json, request, unescaped, until};
use crate::merchant::{Merchant, Received};

#[test]
fn the_documents_own_request_gets_the_documents_own_answer() {
    let shop = Shop::deciding_itself();
    // "Example of query" of the page, its blanks filled.
    let answer = shop.open(&json!({
        "transaction_id": "REFID12354", "description": "TRANSACTION DESCRIPTION", "metadata": "user001",
        "customer_id": "001", "customer_name": "John", "customer_surname": "Doe", "channels": "MOBILE_MONEY",
    }));
    assert_eq!(answer.status, 200);
    let body = answer.json();
    assert_eq!(body["code"], "201");
    assert_eq!(body["message"], "CREATED");
    assert_eq!(body["description"], "Transaction created with success");
    let token = body["data"]["payment_token"].as_str().unwrap();
    assert_eq!(token.len(), 110);
    assert!(token.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let url = format!("{}/payment/{token}", shop.sandbox.endpoints().cinetpay.checkout_url);
    assert_eq!(body["data"]["payment_url"], url);
    let (seconds, fraction) = body["api_response_id"].as_str().unwrap().split_once('.').unwrap();
    assert!(seconds.len() == 10 && fraction.len() == 4);
    assert_in_order(
        &answer.body,
        &["code", "message", "description", "data", "payment_token", "api_response_id"],
    );
    assert_eq!(body.as_object().unwrap().len(), 5);
}

#[test]
fn the_full_sample_of_a_dollar_account_passes() {
    let mut settings = Settings::default();
    settings.auto = None;
    settings.cinetpay_currency = "USD".to_owned();
    let shop = Shop::new(settings);
    let answer = shop.open(&json!({
        "amount": 34, "currency": "USD", "alternative_currency": "", "description": " TEST INTEGRATION ",
        "customer_id": "172", "customer_name": "KOUADIO", "customer_surname": "Francisse", "customer_email": "",
        "customer_phone_number": "+225004315545", "customer_address": "Antananarivo",
        "customer_city": "Antananarivo", "customer_country": "CM", "customer_state": "CM",
        "customer_zip_code": "065100", "channels": "ALL", "metadata": "user1", "lang": "FR",
        "invoice_data": {"Donnee1": "", "Donnee2": "", "Donnee3": ""},
    }));
    assert_eq!(answer.json()["code"], "201");
}

#[test]
fn cloudflare_wants_a_user_agent_and_cinetpay_json() {
    let shop = Shop::deciding_itself();
    let url = shop.url("/v2/payment");
    let body = shop.order(&json!({})).to_string();
    for headers in [
        vec![("content-type", "application/json")],
        vec![("content-type", "application/json"), ("user-agent", " ")],
    ] {
        let answer = request("POST", &url, &headers, &body);
        assert_eq!((answer.status, answer.body.as_str()), (403, "error code: 1010"));
        assert!(answer.header("content-type").starts_with("text/plain"));
    }
    let answer = request("POST", &url, &[("user-agent", "t"), ("content-type", "text/plain")], &body);
    assert_eq!((answer.status, answer.json()["code"].clone()), (403, json!("403")));
}

#[test]
fn every_broken_rule_is_608_and_names_the_field() {
    let shop = Shop::deciding_itself();
    for (change, field) in [
        (json!({"amount": null}), "amount"),
        (json!({"amount": "many"}), "amount"),
        (json!({"amount": "2 500"}), "amount"),
        (json!({"amount": 2500.5}), "amount"),
        (json!({"amount": 0}), "amount"),
        (json!({"amount": -5}), "amount"),
        (json!({"amount": 2501}), "multiple of 5"),
        (json!({"currency": "EUR"}), "currency"),
        (json!({"currency": null}), "currency"),
        (json!({"transaction_id": ""}), "transaction_id"),
        (json!({"transaction_id": true}), "transaction_id"),
        (json!({"description": null}), "description"),
        (json!({"notify_url": null}), "notify_url"),
        (json!({"notify_url": "ftp://example.org/"}), "notify_url"),
        (json!({"return_url": "javascript:alert(1)"}), "return_url"),
        (json!({"apikey": null}), "apikey"),
        (json!({"site_id": null}), "site_id"),
        (json!({"channels": "CASH"}), "channels"),
        (json!({"lang": "sw"}), "lang"),
        (json!({"metadata": {"a": 1}}), "metadata"),
        (json!({"invoice_data": {"a": "", "b": "", "c": "", "d": ""}}), "invoice_data"),
        (json!({"lock_phone_number": "true"}), "lock_phone_number"),
    ] {
        let answer = shop.open(&change);
        let body = answer.json();
        assert_eq!((answer.status, &body["code"]), (400, &json!("608")), "{change}");
        assert_eq!(body["message"], "MINIMUM_REQUIRED_FIELDS");
        assert!(body["description"].as_str().unwrap().contains(field), "{change}: {body}");
        assert!(body.get("data").is_none(), "errors carry no data");
        assert!(body["api_response_id"].is_string());
    }
    for text in ["", "{", "[]", "\"x\"", "transaction_id=1&amount=5"] {
        assert_eq!(post_json(&shop.url("/v2/payment"), text).json()["code"], "608", "{text:?}");
    }
}

#[test]
fn all_missing_fields_are_named_at_once() {
    let shop = Shop::deciding_itself();
    let body = post_json(&shop.url("/v2/payment"), "{}").json();
    for field in [
        "apikey",
        "site_id",
        "transaction_id",
        "amount",
        "currency",
        "description",
        "notify_url",
        "return_url",
    ] {
        assert!(body["description"].as_str().unwrap().contains(&format!("{field} is missing")), "{body}");
    }
}

#[test]
fn another_currency_than_the_accounts_names_both() {
    let shop = Shop::deciding_itself();
    let body = shop.open(&json!({"currency": "XAF"})).json();
    assert_eq!(body["code"], "608");
    assert_eq!(
        body["description"],
        "You cannot create a transaction in a different currency than the one allowed to your account. \
         Transaction currency:'XAF' Account currency:'XOF'"
    );
}

#[test]
fn wrong_credentials_are_609_and_613() {
    let shop = Shop::deciding_itself();
    for path in ["/v2/payment", "/v2/payment/check"] {
        for (change, code, message) in [
            (json!({"apikey": "other"}), "609", "AUTH_NOT_FOUND"),
            (json!({"site_id": "1"}), "613", "ERROR_SITE_ID_NOTVALID"),
        ] {
            let body = post_json(&shop.url(path), &shop.order(&change).to_string()).json();
            assert_eq!((&body["code"], &body["message"]), (&json!(code), &json!(message)));
        }
    }
    let number: u64 = shop.sandbox.endpoints().cinetpay.site_id.parse().unwrap();
    assert_eq!(shop.open(&json!({"site_id": number})).json()["code"], "201");
}

#[test]
fn a_bad_locked_number_and_half_a_card_block_are_624() {
    let shop = Shop::deciding_itself();
    for change in [
        json!({"lock_phone_number": true}),
        json!({"lock_phone_number": true, "customer_phone_number": "0504315545"}),
        json!({"lock_phone_number": true, "customer_phone_number": "+33612345678"}),
        json!({"customer_country": "CI", "customer_city": "Abidjan"}),
        json!({"channels": "CREDIT_CARD", "customer_address": "BP 0024"}),
    ] {
        let body = shop.open(&change).json();
        assert_eq!((&body["code"], &body["message"]), (&json!("624"), &json!("UNKNOWN_ERROR")), "{change}");
    }
    for (id, change) in [
        ("A", json!({"lock_phone_number": true, "customer_phone_number": "+2250504315545"})),
        ("B", json!({"lock_phone_number": true, "customer_phone_number": "2250504315545"})),
        ("C", json!({"channels": "MOBILE_MONEY", "customer_country": "CI"})),
    ] {
        let mut change = change;
        change["transaction_id"] = json!(id);
        assert_eq!(shop.open(&change).json()["code"], "201", "{change}");
    }
}

#[test]
fn the_same_id_gets_the_same_token_or_a_refusal() {
    let shop = Shop::deciding_itself();
    let first = shop.open(&json!({})).json();
    let again = shop.open(&json!({})).json();
    assert_eq!(first["data"], again["data"]);
    let other = shop.open(&json!({"amount": 5000})).json();
    assert_eq!(other["code"], "608");
    assert!(other["description"].as_str().unwrap().contains("transaction_id"));
    assert!(shop.sandbox.settle("cinetpay-checkout", "ORDER-1", Decision::Approve));
    assert_eq!(shop.open(&json!({})).json()["data"], first["data"]);
    assert_eq!(shop.sandbox.ledger().len(), 1);
}

#[test]
fn check_follows_the_payment() {
    let shop = Shop::deciding_itself();
    let token = shop.open(&json!({"metadata": "m-1"})).json()["data"]["payment_token"].clone();
    let pending = shop.check(&json!({"transaction_id": "ORDER-1"}));
    assert_eq!((&pending["code"], &pending["message"]), (&json!("662"), &json!("WAITING_CUSTOMER_PAYMENT")));
    assert_eq!(pending["data"]["status"], "WAITING_FOR_CUSTOMER");
    assert_eq!(pending["data"]["operator_id"], Value::Null);

    assert!(shop.sandbox.settle("cinetpay-checkout", "ORDER-1", Decision::Approve));
    assert!(!shop.sandbox.settle("cinetpay-checkout", "ORDER-1", Decision::Refuse));
    for lookup in
        [json!({"transaction_id": "ORDER-1"}), json!({"token": token}), json!({"payment_token": token})]
    {
        let paid = shop.check(&lookup);
        assert_eq!((&paid["code"], &paid["message"]), (&json!("00"), &json!("SUCCES")));
        let data = &paid["data"];
        assert_eq!(data["amount"], "2500");
        assert_eq!(data["currency"], "XOF");
        assert_eq!(data["status"], "ACCEPTED");
        assert_eq!(data["payment_method"], "OM");
        assert_eq!(data["description"], "Achat test");
        assert_eq!(data["metadata"], "m-1");
        assert!(data["operator_id"].as_str().unwrap().starts_with("MP"));
        assert_eq!(data["payment_date"].as_str().unwrap().len(), 19);
        assert!(data["fund_availability_date"].as_str().unwrap().ends_with(" 00:00:00"));
        assert_eq!(data.as_object().unwrap().len(), 9);
    }
}

#[test]
fn failed_payments_are_told_apart() {
    let shop = Shop::deciding_itself();
    for (id, decision, code, message) in [
        ("NO", Decision::Refuse, "627", "TRANSACTION_CANCEL"),
        ("LATE", Decision::Expire, "625", "ABONNEMENT_OR_TRANSACTIONS_EXPIRED"),
        ("PIN", Decision::WrongPin, "604", "OTP_CODE_ERROR"),
        ("POOR", Decision::TooLittleMoney, "602", "INSUFFICIENT_BALANCE"),
    ] {
        shop.open(&json!({"transaction_id": id}));
        assert!(shop.sandbox.settle("cinetpay-checkout", id, decision));
        let body = shop.check(&json!({"transaction_id": id}));
        assert_eq!((&body["code"], &body["message"]), (&json!(code), &json!(message)));
        assert_eq!(body["data"]["status"], "REFUSED");
        assert_eq!(body["data"]["payment_date"], " ");
        assert_eq!(body["data"]["operator_id"], Value::Null);
        assert_eq!(body["data"]["metadata"], Value::Null);
    }
    assert!(shop.sandbox.ledger().is_empty());
}

#[test]
fn check_of_nothing_known_is_608() {
    let shop = Shop::deciding_itself();
    for lookup in [json!({"transaction_id": "NOBODY"}), json!({"token": "ff"}), json!({})] {
        assert_eq!(shop.check(&lookup)["code"], "608", "{lookup}");
    }
}

#[test]
fn notifications_are_pinged_signed_and_repeated() {
    let mut settings = Settings::default();
    settings.auto = Some(Duration::from_millis(60));
    let shop = Shop::new(settings);
    shop.open(&json!({"metadata": "été & co", "customer_phone_number": "+2250504315545"}));
    let posts = shop.merchant.wait_for_posts(2);
    let all = shop.merchant.received();
    assert_eq!(all.iter().map(|r| r.method.as_str()).collect::<Vec<_>>(), ["GET", "POST", "GET", "POST"]);
    assert!(all.iter().all(|request| request.path == "/notify"));
    assert_eq!(all[0].body, "");
    for (post, message) in posts.iter().zip(["WAITING_FOR_CUSTOMER", "SUCCES"]) {
        shop.assert_genuine(post);
        let form = post.form();
        assert_eq!(form.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), FIELDS);
        let value = |name: &str| form.iter().find(|(key, _)| key == name).unwrap().1.clone();
        assert_eq!(value("cpm_site_id"), shop.sandbox.endpoints().cinetpay.site_id);
        assert_eq!(value("cpm_trans_id"), "ORDER-1");
        assert_eq!((value("cpm_amount"), value("cpm_currency")), ("2500".to_owned(), "XOF".to_owned()));
        assert_eq!(value("cpm_trans_date").len(), 19);
        assert_eq!((value("cpm_phone_prefixe"), value("cel_phone_num")), ("225".into(), "0504315545".into()));
        assert_eq!((value("cpm_custom"), value("cpm_designation")), ("été & co".into(), "Achat test".into()));
        assert_eq!(value("cpm_error_message"), message);
    }
    let movements = shop.sandbox.ledger();
    assert_eq!(movements.len(), 1);
    assert_eq!((movements[0].gateway, movements[0].operation), ("cinetpay-checkout", "payment"));
    assert_eq!((movements[0].amount.as_str(), movements[0].currency.as_str()), ("2500", "XOF"));
}

#[test]
fn the_customer_pays_on_the_page_without_a_script() {
    let shop = Shop::deciding_itself();
    let answer = shop.open(&json!({
        "description": "<script>alert(1)</script>\"'&", "transaction_id": "X\"><b>",
        "return_url": format!("{}/back?a=\"><script>", shop.merchant.url), "lang": "en",
    }));
    let url = answer.json()["data"]["payment_url"].as_str().unwrap().to_owned();
    let page = get(&url);
    assert_eq!(page.status, 200);
    assert!(page.header("content-security-policy").contains("frame-ancestors 'none'"));
    assert!(page.body.contains("SANDBOX – no real money"));
    assert!(unescaped(&page.body).contains("<script>alert(1)</script>\"'&"));
    assert!(!page.body.contains("<script>") && !page.body.contains("<b>"));

    let foreign = request(
        "POST",
        &url,
        &[("origin", "http://evil.example"), ("content-type", "application/x-www-form-urlencoded")],
        "decision=approve",
    );
    assert_eq!(foreign.status, 403);
    assert_eq!(post_form(&url, &[("decision", "approve")]).status, 403, "a form without a token");
    assert_eq!(post_form(&url, &[("decision", "approve"), ("form_token", "00")]).status, 403);
    assert!(shop.sandbox.ledger().is_empty());

    let decided = fill_form(&url, &[("decision", "approve")]);
    assert_eq!(
        (decided.status, decided.header("location")),
        (303, url[url.find("/payment").unwrap()..].as_ref())
    );
    fill_form(&url, &[("decision", "refuse")]);
    let page = get(&url);
    assert!(page.body.contains("Payment accepted"));
    assert!(
        page.body.contains(&format!("action=\"{}/back?a=&#34;&#62;&#60;script&#62;\"", shop.merchant.url))
    );
    assert!(page.body.contains("name=\"token\"") && page.body.contains("name=\"transaction_id\""));
    assert!(!page.body.contains("<script>"));
    shop.assert_genuine(&shop.merchant.wait_for_posts(1)[0]);
    assert_eq!(shop.sandbox.ledger().len(), 1);
    assert_eq!(get(&shop.url("/payment/unknown")).status, 404);
}

#[test]
fn a_callback_is_repeated_until_it_is_taken() {
    let merchant = Merchant::answering(|request, count| match (request.method.as_str(), count) {
        // The first ping, then the first message, then a redirect that must not be followed.
        (_, 0) => "404 Not Found\r\n",
        ("POST", 2) => "500 Oops\r\n",
        ("POST", 4) => "302 Found\r\nlocation: /elsewhere\r\n",
        _ => "200 OK\r\n",
    });
    let mut settings = Settings::default();
    settings.auto = None;
    settings.callback_attempts = 5;
    settings.callback_pause = Duration::from_millis(5);
    let shop = Shop { sandbox: Sandbox::start_blocking(settings).unwrap(), merchant };
    shop.open(&json!({}));
    shop.sandbox.settle("cinetpay-checkout", "ORDER-1", Decision::Approve);
    let deliveries =
        until("four attempts", || Some(shop.sandbox.deliveries()).filter(|deliveries| deliveries.len() == 4));
    let outcomes: Vec<_> = deliveries.iter().map(|delivery| delivery.outcome.clone()).collect();
    let ping = "the availability ping (GET) was answered with 404".to_owned();
    assert_eq!(outcomes, [Err(ping), Ok(500), Ok(302), Ok(200)]);
    assert_eq!(deliveries.iter().map(|delivery| delivery.attempt).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert!(deliveries.iter().all(|delivery| delivery.gateway == "cinetpay-checkout"));
    assert!(shop.merchant.received().iter().all(|request| request.path == "/notify"));
    assert_eq!(shop.sandbox.ledger().len(), 1);
}

#[test]
fn callbacks_stay_on_this_machine() {
    let shop = Shop::deciding_itself();
    for (id, url) in [
        ("far", "http://192.0.2.1/notify"),
        ("link-local", "http://169.254.169.254/latest"),
        ("named", "http://merchant.example/notify"),
        ("tls", "https://127.0.0.1/notify"),
    ] {
        shop.open(&json!({"transaction_id": id, "notify_url": url}));
        assert!(shop.sandbox.settle("cinetpay-checkout", id, Decision::Approve));
        let failure = until("the refusal", || {
            shop.sandbox.deliveries().into_iter().find(|delivery| delivery.order_id == id)
        });
        let reason = failure.outcome.unwrap_err();
        assert!(reason.contains("neither loopback nor allowed") || reason.contains("only http"), "{reason}");
    }
}

pub(crate) struct Shop {
    pub(crate) sandbox: Sandbox,
    pub(crate) merchant: Merchant,
}

impl Shop {
    pub(crate) fn new(settings: Settings) -> Shop {
        Shop { sandbox: Sandbox::start_blocking(settings).unwrap(), merchant: Merchant::start() }
    }

    pub(crate) fn deciding_itself() -> Shop {
        let mut settings = Settings::default();
        settings.auto = None;
        settings.callback_pause = Duration::from_millis(5);
        Shop::new(settings)
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.sandbox.endpoints().cinetpay.checkout_url)
    }

    pub(crate) fn order(&self, change: &Value) -> Value {
        let cinetpay = &self.sandbox.endpoints().cinetpay;
        let mut order = json!({
            "apikey": cinetpay.apikey, "site_id": cinetpay.site_id, "transaction_id": "ORDER-1", "amount": 2500,
            "currency": "XOF", "description": "Achat test", "notify_url": format!("{}/notify", self.merchant.url),
            "return_url": format!("{}/back", self.merchant.url),
        });
        for (name, value) in change.as_object().unwrap() {
            order[name] = value.clone();
        }
        order
    }

    pub(crate) fn open(&self, change: &Value) -> Answer {
        post_json(&self.url("/v2/payment"), &self.order(change).to_string())
    }

    pub(crate) fn check(&self, lookup: &Value) -> Value {
        let cinetpay = &self.sandbox.endpoints().cinetpay;
        let mut body = json!({"apikey": cinetpay.apikey, "site_id": cinetpay.site_id});
        for (name, value) in lookup.as_object().unwrap() {
            body[name] = value.clone();
        }
        post_json(&self.url("/v2/payment/check"), &body.to_string()).json()
    }

    /// The formula of the page "hmac", written down once more.
    #[track_caller]
    pub(crate) fn assert_genuine(&self, post: &Received) {
        assert_eq!(post.header("content-type"), Some("application/x-www-form-urlencoded"));
        let form = post.form();
        let message: String = FIELDS
            .iter()
            .map(|name| form.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str()))
            .collect();
        let secret = &self.sandbox.endpoints().cinetpay.secret_key;
        let mut mac = Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(message.as_bytes());
        assert_eq!(post.header("x-token").unwrap(), hex::encode(mac.finalize().into_bytes()));
    }
}

#[track_caller]
fn assert_in_order(text: &str, names: &[&str]) {
    let places: Vec<_> = names.iter().map(|name| text.find(&format!("\"{name}\"")).unwrap()).collect();
    assert!(places.is_sorted(), "{names:?} in {text}");
}

const FIELDS: [&str; 16] = [
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
