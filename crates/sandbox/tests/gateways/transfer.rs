//! CinetPay's transfers.

use std::time::Duration;

use nzimbu_sandbox::{Decision, Sandbox, Settings};
use serde_json::{Value, json};

use crate::client::{Answer, get, post_form, request, until};
use crate::merchant::Merchant;

#[test]
fn login_knows_the_merchant() {
    let desk = Desk::manual();
    let url = desk.url("/v1/auth/login?lang=fr");
    let cinetpay = &desk.sandbox.endpoints().cinetpay;
    let right = post_form(&url, &[("apikey", &cinetpay.apikey), ("password", &cinetpay.password)]);
    assert_eq!(right.status, 200);
    assert_eq!((&right.json()["code"], &right.json()["message"]), (&json!(0), &json!("OPERATION_SUCCES")));
    assert!(right.json()["data"]["token"].as_str().unwrap().starts_with("sandbox"));
    let wrong = post_form(&url, &[("apikey", &cinetpay.apikey), ("password", "other")]);
    assert_eq!(wrong.status, 401);
    let sample = json!({"code": "701", "message": "INVALID_CREDENTIALS",
        "description": "Identifiant de connexion incorrect", "data": []});
    assert_eq!(wrong.json(), sample);
    assert_eq!(post_form(&url, &[]).json(), sample);
}

#[test]
fn the_token_counts_in_the_query_only_and_dies() {
    let mut settings = Settings::default();
    settings.transfer_token_life = Duration::from_millis(1_000);
    let desk = Desk::new(settings);
    let token = desk.log_in();
    let sample = json!({"code": "706", "message": "INVALID_TOKEN",
        "description": "Votre token est invalide", "data": []});
    assert_eq!(get(&desk.url("/v1/transfer/check/balance?token=other")).json(), sample);
    assert_eq!(get(&desk.url("/v1/transfer/check/balance")).json(), sample);
    let in_body = [("token", token.as_str()), ("data", "[]")];
    assert_eq!(post_form(&desk.url("/v1/transfer/contact"), &in_body).json(), sample);
    let balance = get(&desk.url(&format!("/v1/transfer/check/balance/?token={token}&lang=fr"))).json();
    assert_eq!(
        balance,
        json!({"code": 0, "message": "OPERATION_SUCCES",
            "data": {"amount": 10_000_000, "inUsing": 0, "available": 10_000_000}})
    );
    std::thread::sleep(Duration::from_millis(1_010));
    let expired = get(&desk.url(&format!("/v1/transfer/check/balance?token={token}"))).json();
    assert_eq!((&expired["code"], &expired["message"]), (&json!(705), &json!("EXPIRED_TOKEN")));
}

#[test]
fn a_wrong_url_or_method_is_708() {
    let desk = Desk::manual();
    for answer in [
        post_form(&desk.url("/v1/transfer/check/balance"), &[]),
        get(&desk.url("/v1/transfer/elsewhere")),
        request("PUT", &desk.url("/v1/transfer/contact"), &[], ""),
    ] {
        assert_eq!(answer.json()["code"], 708);
    }
}

#[test]
fn contacts_of_the_documents_are_added_once() {
    let desk = Desk::manual();
    // The request of the 2018 collection; its answer is the one that the page shows.
    let contacts = json!([
        {"prefix": "225", "phone": "53798590", "name": "Test A", "surname": "Test B", "email": "testa@exemple.com"},
        {"prefix": "225", "phone": "77895086", "name": "Test C", "surname": "Test D", "email": "testb@exemple.com"},
    ]);
    let answer = desk.call("contact", &contacts.to_string()).json();
    let lot = answer["data"][0][0]["lot"].as_str().unwrap();
    assert_eq!(lot.len(), 22);
    let mut expected = contacts.clone();
    for item in expected.as_array_mut().unwrap() {
        item["code"] = json!(0);
        item["status"] = json!("success");
        item["lot"] = json!(lot);
    }
    assert_eq!(answer, json!({"code": 0, "message": "OPERATION_SUCCES", "data": [expected]}));

    let again = desk.call("contact", &contacts.to_string()).json();
    assert_eq!(again["code"], 0, "726 stands in an envelope of 0");
    for item in again["data"][0].as_array().unwrap() {
        assert_eq!((&item["code"], &item["status"]), (&json!(726), &json!("ERROR_PHONE_ALREADY_MY_CONTACT")));
    }
}

#[test]
fn numbers_that_fit_no_plan_are_refused_with_the_documented_texts() {
    let desk = Desk::manual();
    for (prefix, phone, text) in [
        ("+225", "0707070707", "The prefix \"+225\" belongs to a country not taken into account"),
        ("33", "612345678", "The prefix \"33\" belongs to a country not taken into account"),
        ("225", "2707070707", "Undefined index: country"),
        ("225", "070707070", "Undefined index: country"),
        ("221", "7012345678", "Undefined index: country"),
        ("229", "0297000000", "Undefined index: country"),
        ("237", "69 000 000", "Undefined index: country"),
        ("", "0707070707", "Undefined index: prefix"),
    ] {
        let contact = json!([{"prefix": prefix, "phone": phone, "name": "A", "surname": "B", "email": ""}]);
        let order =
            json!([{"prefix": prefix, "phone": phone, "amount": 500, "notify_url": desk.merchant.url}]);
        for (call, data) in [("contact", contact), ("money/send/contact", order)] {
            let answer = desk.call(call, &data.to_string()).json();
            let expected = json!({"code": -1, "message": "OPERATION_ERROR", "description": text, "data": []});
            assert_eq!(answer, expected);
        }
    }
    let answer = desk.call("contact", r#"[{"prefix":"225","phone":"0707070707"}]"#).json();
    assert_eq!((&answer["code"], &answer["description"]), (&json!(-1), &json!("Undefined index: name")));
}

#[test]
fn data_that_is_not_a_json_array_is_refused() {
    let desk = Desk::manual();
    for call in ["contact", "money/send/contact"] {
        for (data, code) in [("[{", 718), ("", 718), ("{}", -1), ("[]", -1), ("[1]", -1)] {
            assert_eq!(desk.call(call, data).json()["code"], code, "{data:?}");
        }
    }
}

#[test]
fn the_documents_order_is_paid_and_reported() {
    let desk = Desk::new(Settings::default());
    desk.add("225", "0102324373");
    let orders = json!([
        {"prefix": "225", "phone": "0102324373", "amount": 500, "client_transaction_id": "TEST-ID1",
         "notify_url": format!("{}/transfer/notify", desk.merchant.url)},
        {"prefix": "225", "phone": "0102324373", "amount": "2000", "client_transaction_id": "MYMERCHANTID2",
         "notify_url": format!("{}/transfer/notify", desk.merchant.url), "payment_method": "WAVECI"},
    ]);
    let answer = desk.call("money/send/contact", &orders.to_string()).json();
    assert_eq!((&answer["code"], &answer["message"]), (&json!(0), &json!("OPERATION_SUCCES")));
    let mut expected = orders.clone();
    for (item, sent) in expected.as_array_mut().unwrap().iter_mut().zip(answer["data"][0].as_array().unwrap())
    {
        item["code"] = json!(0);
        item["status"] = json!("success");
        item["treatment_status"] = json!("NEW");
        item["transaction_id"] = sent["transaction_id"].clone();
        // As in the sample, an order to a wallet shows no lot.
        if item.get("payment_method").is_none() {
            item["lot"] = sent["lot"].clone();
        }
        assert_eq!(sent.get("lot").is_none(), item.get("payment_method").is_some());
        let id = sent["transaction_id"].as_str().unwrap();
        // EA211005.065802.Z794810, and the lot ends in the same moment.
        assert!(id.len() == 23 && id.starts_with("EA") && id.as_bytes()[15] == b'.', "{id}");
    }
    assert_eq!(answer["data"], json!([expected]));

    let state = until("VAL", || {
        let state = desk.check("client_transaction_id", "TEST-ID1");
        (state["data"][0]["treatment_status"] == "VAL").then_some(state)
    });
    let item = &state["data"][0];
    assert_eq!(item["transaction_id"], answer["data"][0][0]["transaction_id"]);
    assert_eq!((&item["amount"], &item["receiver"]), (&json!("500"), &json!("0102324373")));
    assert_eq!((&item["receiver_e164"], &item["operator"]), (&json!("+2250102324373"), &json!("FLOOZ")));
    assert_eq!((&item["sending_status"], &item["transfer_valid"]), (&json!("CONFIRM"), &json!("Y")));
    assert_eq!(item["comment"], "Transfert effectué avec succès");
    assert_eq!(item["validated_at"].as_str().unwrap().len(), 19);
    assert_eq!(item.as_object().unwrap().len(), 12);

    let lot = answer["data"][0][0]["lot"].as_str().unwrap();
    assert_eq!(desk.check("lot", lot)["data"].as_array().unwrap().len(), 2);
    let id = answer["data"][0][1]["transaction_id"].as_str().unwrap();
    assert_eq!(desk.check("transaction_id", id)["data"][0]["operator"], "WAVECI");

    let posts = desk.merchant.wait_for_posts(4);
    let first: Vec<_> = posts.iter().map(|post| post.form()).filter(|form| form[1].1 == "TEST-ID1").collect();
    let names: Vec<_> = first[0].iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "transaction_id",
            "client_transaction_id",
            "lot",
            "amount",
            "receiver",
            "sending_status",
            "comment",
            "treatment_status",
            "operator_transaction_id",
            "validated_at"
        ]
    );
    assert_eq!((first[0][7].1.as_str(), first[1][7].1.as_str()), ("REC", "VAL"));
    assert!(posts.iter().all(|post| post.header("x-token").is_none() && post.path == "/transfer/notify"));
    assert_eq!(desk.merchant.received()[0].method, "GET");

    let ledger = desk.sandbox.ledger();
    assert_eq!(ledger.len(), 2);
    assert_eq!((ledger[0].gateway, ledger[0].operation), ("cinetpay-transfer", "payout"));
    assert_eq!((ledger[0].order_id.as_str(), ledger[0].amount.as_str()), ("TEST-ID1", "500"));
    assert_eq!(desk.balance(), json!({"amount": 9_997_500, "inUsing": 0, "available": 9_997_500}));
}

#[test]
fn a_repeated_id_moves_money_once() {
    let desk = Desk::manual();
    desk.add("225", "0707070707");
    let order = desk.order("ONE", 500);
    assert_eq!(desk.send(std::slice::from_ref(&order))["data"][0][0]["code"], 0);
    for _ in 0..3 {
        let again = desk.send(std::slice::from_ref(&order));
        let item = &again["data"][0][0];
        assert_eq!((&item["code"], &item["status"]), (&json!(805), &json!("CLIENT_TRANSACTION_ID_EXIST")));
    }
    let twins = desk.send(&[desk.order("TWIN", 500), desk.order("TWIN", 500)]);
    assert_eq!((&twins["data"][0][0]["code"], &twins["data"][0][1]["code"]), (&json!(0), &json!(805)));
    assert!(desk.sandbox.ledger().is_empty(), "money has been reserved, none has moved");
    assert_eq!(desk.balance(), json!({"amount": 10_000_000, "inUsing": 1_000, "available": 9_999_000}));
    assert!(desk.sandbox.settle("cinetpay-transfer", "ONE", Decision::Approve));
    assert!(!desk.sandbox.settle("cinetpay-transfer", "ONE", Decision::Approve));
    assert_eq!(desk.sandbox.ledger().len(), 1);
}

#[test]
fn items_are_judged_one_by_one() {
    let desk = Desk::manual();
    desk.add("225", "0707070707");
    let change = |name: &str, value: Value| {
        let mut order = desk.order(&format!("ID-{name}"), 500);
        order[name] = value;
        order
    };
    let answer = desk.send(&[
        change("phone", json!("0505050505")),
        change("notify_url", json!("")),
        change("amount", json!(502)),
        change("amount", json!("many")),
        change("amount", json!(1_500_005)),
        change("payment_method", json!("MOMO")),
        change("payment_method", json!("WAVESN")),
        desk.order("GOOD", 500),
    ]);
    assert_eq!(answer["code"], 0);
    let results: Vec<_> = answer["data"][0]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| (item["code"].as_i64().unwrap(), item["status"].as_str().unwrap().to_owned()))
        .collect();
    let expected = [
        (724, "ERROR_PHONE_NOT_MY_CONTACT"),
        (725, "MISSING_NOTIFY_URL"),
        (801, "INVALID_AMOUNT"),
        (801, "INVALID_AMOUNT"),
        (720, "AMOUNT_TOO_LARGE"),
        (811, "INVALID_PAYMENT_METHOD"),
        (811, "INVALID_PAYMENT_METHOD"),
        (0, "success"),
    ];
    assert_eq!(results, expected.map(|(code, status)| (code, status.to_owned())));
    assert_eq!(desk.check("client_transaction_id", "ID-amount")["code"], 723);
}

#[test]
fn an_amount_below_the_slice_refuses_the_batch() {
    let desk = Desk::manual();
    desk.add("225", "0707070707");
    let answer = desk.send(&[desk.order("A", 500), desk.order("B", 195)]);
    let expected =
        json!({"code": -1, "message": "OPERATION_ERROR", "description": "ERROR_PM_AMOUNT", "data": []});
    assert_eq!(answer, expected);
    assert_eq!(desk.check("client_transaction_id", "A")["code"], 723);
}

#[test]
fn too_little_money_is_602_in_french_per_country() {
    let mut settings = Settings::default();
    settings.auto = None;
    settings.transfer_balance = 4_235;
    let desk = Desk::new(settings);
    desk.add("225", "0707070707");
    desk.add("221", "701234567");
    let answer = desk.send(&[desk.order("A", 2_000), desk.order("B", 30_000)]);
    assert_eq!(
        answer,
        json!({"code": 602, "message": "INSUFFICIENT_BALANCE", "data": [],
            "description": "Fonds Insuffisant :disponible 4 235,00, Total de l'operation à effectuer : 32 000,00"})
    );
    assert_eq!(desk.check("client_transaction_id", "A")["code"], 723);
    assert_eq!(desk.send(&[desk.order("C", 4_000)])["data"][0][0]["code"], 0);
    assert_eq!(desk.send(&[desk.order("D", 240)])["code"], 602, "the rest is too little");
    let mut abroad = desk.order("E", 4_000);
    abroad["prefix"] = json!("221");
    abroad["phone"] = json!("701234567");
    assert_eq!(desk.send(&[abroad])["data"][0][0]["code"], 0, "every country has its own account");
    assert!(desk.sandbox.settle("cinetpay-transfer", "C", Decision::Refuse));
    assert_eq!(desk.check("client_transaction_id", "C")["data"][0]["treatment_status"], "REJ");
    assert_eq!(desk.balance(), json!({"amount": 4_235, "inUsing": 0, "available": 4_235}));
    assert!(desk.sandbox.ledger().is_empty());
}

#[test]
fn an_unknown_transfer_is_723_and_an_unclear_question_704() {
    let desk = Desk::manual();
    let sample =
        json!({"code": 723, "message": "NOT_FOUND", "description": "Aucun element trouvé", "data": []});
    for name in ["transaction_id", "client_transaction_id", "lot"] {
        assert_eq!(desk.check(name, "NOBODY"), sample);
    }
    let token = desk.log_in();
    for query in ["", "&lot=1&transaction_id=2"] {
        let answer = get(&desk.url(&format!("/v1/transfer/check/money?token={token}{query}")));
        assert_eq!(answer.json()["code"], 704);
    }
}

#[test]
fn the_merchant_may_have_to_confirm_or_be_listed() {
    let mut settings = Settings::default();
    settings.auto = Some(Duration::ZERO);
    settings.email_confirmation = true;
    let desk = Desk::new(settings);
    desk.add("225", "0707070707");
    desk.send(&[desk.order("MAIL", 500)]);
    std::thread::sleep(Duration::from_millis(30));
    let item = desk.check("client_transaction_id", "MAIL")["data"][0].clone();
    assert_eq!((&item["sending_status"], &item["treatment_status"]), (&json!("PENDING"), &json!("NEW")));
    assert_eq!((&item["validated_at"], &item["transfer_valid"]), (&Value::Null, &json!("N")));
    assert!(desk.sandbox.settle("cinetpay-transfer", "MAIL", Decision::Approve));
    assert_eq!(desk.check("client_transaction_id", "MAIL")["data"][0]["sending_status"], "CONFIRM");

    let mut settings = Settings::default();
    settings.ip_allowed = false;
    let desk = Desk::new(settings);
    desk.add("225", "0707070707");
    let answer = desk.send(&[desk.order("IP", 500)]);
    assert_eq!((&answer["code"], &answer["message"]), (&json!(709), &json!("EXECUTION_ERROR")));
    assert_eq!(answer["description"], "This IP is not allow to execute this action");
}

pub(crate) struct Desk {
    pub(crate) sandbox: Sandbox,
    pub(crate) merchant: Merchant,
}

impl Desk {
    pub(crate) fn new(settings: Settings) -> Desk {
        Desk { sandbox: Sandbox::start_blocking(settings).unwrap(), merchant: Merchant::start() }
    }

    pub(crate) fn manual() -> Desk {
        let mut settings = Settings::default();
        settings.auto = None;
        Desk::new(settings)
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.sandbox.endpoints().cinetpay.transfer_url)
    }

    pub(crate) fn log_in(&self) -> String {
        let cinetpay = &self.sandbox.endpoints().cinetpay;
        let fields = [("apikey", cinetpay.apikey.as_str()), ("password", cinetpay.password.as_str())];
        let answer = post_form(&self.url("/v1/auth/login"), &fields).json();
        answer["data"]["token"].as_str().unwrap().to_owned()
    }

    pub(crate) fn call(&self, call: &str, data: &str) -> Answer {
        let token = self.log_in();
        post_form(&self.url(&format!("/v1/transfer/{call}?token={token}&lang=fr")), &[("data", data)])
    }

    pub(crate) fn add(&self, prefix: &str, phone: &str) {
        let contact =
            json!([{"prefix": prefix, "phone": phone, "name": "A", "surname": "B", "email": "a@b.ci"}]);
        assert_eq!(self.call("contact", &contact.to_string()).json()["data"][0][0]["code"], 0);
    }

    pub(crate) fn order(&self, id: &str, amount: u64) -> Value {
        json!({"prefix": "225", "phone": "0707070707", "amount": amount, "client_transaction_id": id,
            "notify_url": format!("{}/notify", self.merchant.url)})
    }

    pub(crate) fn send(&self, orders: &[Value]) -> Value {
        self.call("money/send/contact", &json!(orders).to_string()).json()
    }

    pub(crate) fn check(&self, name: &str, value: &str) -> Value {
        let token = self.log_in();
        get(&self.url(&format!("/v1/transfer/check/money?token={token}&{name}={value}"))).json()
    }

    pub(crate) fn balance(&self) -> Value {
        let token = self.log_in();
        get(&self.url(&format!("/v1/transfer/check/balance?token={token}"))).json()["data"].clone()
    }
}
