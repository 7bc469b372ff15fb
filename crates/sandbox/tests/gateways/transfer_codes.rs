//! Every code and state of CinetPay's transfer service, and what settings change about it.

use std::io::{Read, Write};
use std::time::Duration;

use nzimbu_sandbox::{Decision, Settings, TransferChoices, TransferNotification};
use serde_json::{Value, json};

use crate::client::{get, post_form, request, until};
use crate::transfer::Desk;

#[test]
fn every_code_of_an_order_can_be_had_by_its_amount() {
    let desk = Desk::manual();
    desk.add("225", "0707070707");
    // 900,000 and ten times the code. Those of the call stand in the envelope, those of an item in the item.
    for code in [702, 703, 704, 705, 706, 707, 708, 709, 710, 716, 718] {
        let answer = desk.send(&[desk.order("CALL", 900_000 + code * 10)]);
        let number = answer["code"].as_u64().or_else(|| answer["code"].as_str()?.parse().ok());
        assert_eq!((number, &answer["data"]), (Some(code), &json!([])));
    }
    for (code, message) in [
        (717, "ERROR_PHONE_NOT_PARTICULAR"),
        (719, "AMOUNT_TOO_SMALL"),
        (720, "AMOUNT_TOO_LARGE"),
        (721, "OPERATOR_NOT_AVAILABLE"),
        (801, "INVALID_AMOUNT"),
        (802, "INVALID_PHONE"),
        (804, "OPERATOR_UNAVAILABLE"),
    ] {
        let answer = desk.send(&[desk.order("ITEM", 900_000 + code * 10), desk.order(message, 500)]);
        let items = &answer["data"][0];
        assert_eq!((&answer["code"], &items[0]["code"]), (&json!(0), &json!(code)));
        assert_eq!(
            (&items[0]["status"], &items[1]["code"]),
            (&json!(message), &json!(0)),
            "the rest goes on"
        );
    }
    // Nobody knows after 715, so here it was done.
    assert_eq!(desk.send(&[desk.order("LOST", 907_150)])["code"], 715);
    assert_eq!(desk.check("client_transaction_id", "LOST")["data"][0]["treatment_status"], "NEW");
    assert_eq!(desk.check("client_transaction_id", "CALL")["code"], 723);
    assert_eq!(desk.check("client_transaction_id", "sandbox-code-710")["code"], 710);
}

#[test]
fn codes_of_logins_and_contacts_can_be_had_by_a_text() {
    let desk = Desk::manual();
    for code in [702, 703, 715] {
        let password = format!("sandbox-code-{code}");
        let fields = [("apikey", desk.sandbox.endpoints().cinetpay.apikey.as_str()), ("password", &password)];
        assert_eq!(post_form(&desk.url("/v1/auth/login"), &fields).json()["code"], code);
    }
    let contact = |name: &str| {
        let item =
            json!([{"prefix": "225", "phone": "0707070707", "name": name, "surname": "B", "email": ""}]);
        desk.call("contact", &item.to_string()).json()
    };
    assert_eq!(contact("sandbox-code-717")["data"][0][0]["status"], "ERROR_PHONE_NOT_PARTICULAR");
    assert_eq!(contact("sandbox-code-802")["data"][0][0]["code"], 802);
    assert_eq!(contact("sandbox-code-716")["code"], 716);
    assert_eq!(contact("Test & A")["data"][0][0]["name"], "Test & A");
}

#[test]
fn every_treatment_can_be_had() {
    let desk = Desk::manual();
    desk.add("225", "0707070707");
    let state = |id: &str| desk.check("client_transaction_id", id)["data"][0].clone();
    desk.send(&[desk.order("A", 500), desk.order("B", 500)]);
    let transfer = "cinetpay-transfer";
    for (id, words) in [("A", ["REC", "NOS", "VAL"]), ("B", ["NOS", "REC", "REJ"])] {
        for word in words {
            assert!(desk.sandbox.set_state(transfer, id, word), "{id} {word}");
            assert_eq!(state(id)["treatment_status"], word);
            assert_eq!(state(id)["transfer_valid"], if word == "VAL" { "Y" } else { "N" });
        }
        assert!(!desk.sandbox.set_state(transfer, id, "NOS"), "an end is an end");
    }
    assert!(!desk.sandbox.set_state(transfer, "A", "CONFIRM"));
    assert!(!desk.sandbox.set_state(transfer, "NOBODY", "REC"));
    assert_eq!(desk.sandbox.ledger().len(), 1);
    // By an amount: they stay there until somebody decides.
    desk.send(&[desk.order("C", 909_010), desk.order("D", 909_020)]);
    assert_eq!(
        (&state("C")["treatment_status"], &state("D")["treatment_status"]),
        (&json!("NOS"), &json!("REC"))
    );
    assert!(desk.sandbox.settle(transfer, "C", Decision::Approve));
    assert_eq!(state("C")["treatment_status"], "VAL");
    let steps: Vec<(String, String)> = desk
        .merchant
        .wait_for_posts(9)
        .iter()
        .map(|post| {
            let form = post.form();
            let value = |name: &str| form.iter().find(|(key, _)| key == name).unwrap().1.clone();
            (value("client_transaction_id"), value("treatment_status"))
        })
        .filter(|(id, _)| id == "A" || id == "C")
        .collect();
    let expected = [("A", "REC"), ("A", "NOS"), ("A", "VAL"), ("C", "NOS"), ("C", "VAL")]
        .map(|(id, word)| (id.to_owned(), word.to_owned()));
    for order in ["A", "C"] {
        let of = |list: &[(String, String)]| {
            list.iter().filter(|(id, _)| id == order).map(|(_, word)| word.clone()).collect::<Vec<_>>()
        };
        assert_eq!(of(&steps), of(&expected), "each step is told, in order");
    }
}

#[test]
fn texts_come_in_both_languages() {
    let desk = Desk::manual();
    let login = |lang: &str| {
        let url = desk.url(&format!("/v1/auth/login?lang={lang}"));
        post_form(&url, &[("apikey", "a"), ("password", "b")]).json()["description"].clone()
    };
    assert_eq!(login("fr"), "Identifiant de connexion incorrect");
    assert_eq!(login("en"), "Incorrect login credentials");
    assert_eq!(login("sw"), login("fr"));
    let balance =
        |lang: &str| get(&desk.url(&format!("/v1/transfer/check/balance?token=x&lang={lang}"))).json();
    assert_eq!(balance("fr")["description"], "Votre token est invalide");
    assert_eq!(balance("en")["description"], "Your token is invalid");
    let token = desk.log_in();
    let money = |lang: &str| {
        let url = format!("/v1/transfer/check/money?token={token}&lot=1&lang={lang}");
        get(&desk.url(&url)).json()["description"].clone()
    };
    assert_eq!((money("fr"), money("en")), (json!("Aucun element trouvé"), json!("No element found")));
}

#[test]
fn headers_tell_of_a_limit_that_can_be_enforced() {
    let desk = with(|choices| choices.rate_limit = 3);
    let left: Vec<String> = (0..5)
        .map(|_| {
            let answer = get(&desk.url("/v1/transfer/check/balance?token=x"));
            assert_eq!((answer.status, answer.header("x-ratelimit-limit")), (200, "3"));
            assert_eq!(answer.header("cache-control"), "private, must-revalidate");
            assert_eq!((answer.header("expires"), answer.header("pragma")), ("-1", "no-cache"));
            assert_eq!(answer.header("access-control-allow-methods"), "GET,POST");
            answer.header("x-ratelimit-remaining").to_owned()
        })
        .collect();
    assert_eq!(left, ["2", "1", "0", "0", "0"]);
    assert_eq!(get(&Desk::manual().url("/v1/x")).header("x-ratelimit-limit"), "60");

    let desk = with(|choices| {
        choices.rate_limit = 1;
        choices.enforce_rate_limit = true;
    });
    desk.log_in();
    let answer = get(&desk.url("/v1/transfer/check/balance?token=x"));
    assert_eq!((answer.status, &answer.json()["code"]), (429, &json!(429)));
    assert!(answer.header("retry-after").parse::<u64>().unwrap() <= 60);
}

#[test]
fn forms_come_in_both_encodings() {
    let desk = Desk::manual();
    let cinetpay = &desk.sandbox.endpoints().cinetpay;
    let multipart = |url: &str, fields: &[(&str, &str)]| {
        let mut body = String::new();
        for (name, value) in fields {
            body += &format!("--xx\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        }
        body += "--xx--\r\n";
        request("POST", url, &[("content-type", "multipart/form-data; boundary=xx")], &body).json()
    };
    let login = [("apikey", cinetpay.apikey.as_str()), ("password", cinetpay.password.as_str())];
    let token = multipart(&desk.url("/v1/auth/login"), &login)["data"]["token"].as_str().unwrap().to_owned();
    // Numbers for texts, as languages without types write them.
    let contact = r#"[{"prefix":225,"phone":"0707070707","name":"É","surname":"B","email":"a@b.ci"}]"#;
    let url = desk.url(&format!("/v1/transfer/contact?token={token}"));
    assert_eq!(multipart(&url, &[("data", contact)])["data"][0][0]["code"], 0);
    let order = r#"[{"prefix":"225","phone":"0707070707","amount":"500.00","notify_url":"http://127.0.0.1:9/",
        "client_transaction_id":77,"unknown":1}]"#;
    let url = desk.url(&format!("/v1/transfer/money/send/contact/?token={token}"));
    let item = multipart(&url, &[("data", order)])["data"][0][0].clone();
    assert_eq!((&item["code"], &item["client_transaction_id"]), (&json!(0), &json!(77)));
    assert!(item.get("unknown").is_none());
    assert_eq!(desk.check("client_transaction_id", "77")["data"][0]["amount"], "500");
    // JSON is no form, and a token in the body is not seen.
    let json_login = json!({"apikey": cinetpay.apikey, "password": cinetpay.password}).to_string();
    let headers = [("content-type", "application/json")];
    assert_eq!(request("POST", &desk.url("/v1/auth/login"), &headers, &json_login).status, 401);
    let blind = post_form(&desk.url("/v1/transfer/contact"), &[("token", &token), ("data", contact)]).json();
    assert_eq!(blind["code"], "706");
}

#[test]
fn methods_are_those_of_the_documents() {
    let desk = Desk::manual();
    let token = desk.log_in();
    let at = |path: &str| desk.url(&format!("{path}?token={token}"));
    let code = |method: &str, path: &str| request(method, &at(path), &[], "").json()["code"].clone();
    // GET & POST: without POST parameters something is missing.
    assert_eq!(code("GET", "/v1/auth/login"), "701");
    assert_eq!(code("GET", "/v1/transfer/contact"), -1);
    assert_eq!(code("POST", "/v1/transfer/money/send/contact"), -1);
    assert_eq!(code("POST", "/v1/transfer/check/money"), 708);
    assert_eq!(code("DELETE", "/v1/auth/login"), 708);
    assert_eq!(request("OPTIONS", &at("/v1/auth/login"), &[], "").status, 200);
    let head = request("HEAD", &at("/v1/transfer/check/balance"), &[], "");
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    // The airtime twins, as far as their paths are known.
    assert_eq!(code("GET", "/v1/airtime/check/balance"), 0);
    let contact = json!([{"prefix": "225", "phone": "0707070707", "name": "A", "surname": "B", "email": ""}])
        .to_string();
    for expected in [0, 726] {
        let answer = post_form(&at("/v1/airtime/contact"), &[("data", &contact)]).json();
        assert_eq!(answer["data"][0][0]["code"], expected);
    }
    assert_eq!(code("POST", "/v1/airtime/money/send/contact"), 708);
}

#[test]
fn callers_are_told_apart_by_their_address() {
    let listed = |confirm: bool| {
        let mut settings = Settings::default();
        settings.auto = None;
        settings.email_confirmation = confirm;
        settings.transfer.allowed_callers = vec!["127.0.0.1".parse().unwrap()];
        let desk = Desk::new(settings);
        desk.add("225", "0707070707");
        desk
    };
    let desk = listed(false);
    assert_eq!(desk.send(&[desk.order("HERE", 500)])["data"][0][0]["code"], 0);
    let answer = send_from("127.0.0.2", &desk, "THERE");
    assert_eq!((&answer["code"], &answer["message"]), (&json!(709), &json!("EXECUTION_ERROR")));
    let desk = listed(true);
    desk.send(&[desk.order("HERE", 500)]);
    send_from("127.0.0.2", &desk, "THERE");
    let sending = |id: &str| desk.check("client_transaction_id", id)["data"][0]["sending_status"].clone();
    assert_eq!((sending("HERE"), sending("THERE")), (json!("CONFIRM"), json!("PENDING")));
    assert!(desk.sandbox.set_state("cinetpay-transfer", "THERE", "CONFIRM"));
    assert_eq!(sending("THERE"), "CONFIRM");
    assert_eq!(desk.check("client_transaction_id", "THERE")["data"][0]["treatment_status"], "NEW");
}

#[test]
fn a_confirmed_order_goes_on_by_itself() {
    let mut settings = Settings::default();
    settings.auto = Some(Duration::from_millis(20));
    settings.email_confirmation = true;
    let desk = Desk::new(settings);
    desk.add("225", "0707070707");
    desk.send(&[desk.order("MAIL", 500)]);
    assert!(desk.sandbox.set_state("cinetpay-transfer", "MAIL", "CONFIRM"));
    until("VAL", || (desk.sandbox.ledger().len() == 1).then_some(()));
}

#[test]
fn notifications_come_in_three_variants() {
    for (variant, names) in [
        (
            TransferNotification::Today,
            "transaction_id client_transaction_id lot amount receiver sending_status comment treatment_status \
             operator_transaction_id validated_at",
        ),
        (
            TransferNotification::French2018,
            "transaction_id client_transaction_id lot amount receiver operator treatment_status",
        ),
        (
            TransferNotification::English2018,
            "transaction_id client_transaction_id lot amount receiver treatment_status",
        ),
    ] {
        let desk = with(|choices| choices.notification = variant);
        desk.add("225", "0707070707");
        desk.send(&[desk.order("A", 500)]);
        assert!(desk.sandbox.settle("cinetpay-transfer", "A", Decision::Approve));
        let post = &desk.merchant.wait_for_posts(2)[1];
        let given: Vec<String> = post.form().into_iter().map(|(name, _)| name).collect();
        assert_eq!(given.join(" "), names);
        assert_eq!(post.header("x-token"), None);
    }
}

#[test]
fn settings_change_shapes_and_limits() {
    let desk = with(|choices| {
        choices.flat_data = true;
        choices.known_contact_in_envelope = true;
        choices.wallet_lot = true;
        choices.slices = false;
        choices.refuse_expect = true;
        choices.balances = [("237".to_owned(), 100), ("225".to_owned(), 900)].into();
        choices.balance_country = "237".to_owned();
    });
    let contact = json!([{"prefix": "225", "phone": "0707070707", "name": "A", "surname": "B", "email": ""}])
        .to_string();
    assert_eq!(desk.call("contact", &contact).json()["data"][0]["code"], 0);
    let known = desk.call("contact", &contact).json();
    assert_eq!((&known["code"], &known["data"]), (&json!(726), &json!([])));
    let mut order = desk.order("A", 5);
    order["payment_method"] = json!("WAVECI");
    let item = desk.send(&[order])["data"][0].clone();
    assert!(item["lot"].is_string());
    assert_eq!(desk.balance(), json!({"amount": 100, "inUsing": 0, "available": 100}));
    let poor = desk.send(&[desk.order("B", 1_000)]);
    assert_eq!(
        poor["description"],
        "Fonds Insuffisant :disponible 895,00, Total de l'operation à effectuer : 1 000,00"
    );
    let headers = [("expect", "100-continue")];
    let refused = request("POST", &desk.url("/v1/auth/login"), &headers, "");
    assert_eq!(refused.status, 417);
}

fn with(change: impl FnOnce(&mut TransferChoices)) -> Desk {
    let mut settings = Settings::default();
    settings.auto = None;
    change(&mut settings.transfer);
    Desk::new(settings)
}

/// Orders a transfer from another address of this machine.
fn send_from(address: &str, desk: &Desk, id: &str) -> Value {
    let token = desk.log_in();
    let body = form_urlencoded::Serializer::new(String::new())
        .append_pair("data", &json!([desk.order(id, 500)]).to_string())
        .finish();
    let url = desk.sandbox.endpoints().cinetpay.transfer_url.clone();
    let host = url.strip_prefix("http://").unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let stream = runtime.block_on(async {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind(format!("{address}:0").parse().unwrap()).unwrap();
        socket.connect(host.parse().unwrap()).await.unwrap()
    });
    let mut stream = stream.into_std().unwrap();
    stream.set_nonblocking(false).unwrap();
    write!(
        stream,
        "POST /v1/transfer/money/send/contact?token={token} HTTP/1.0\r\nhost: {host}\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
}
