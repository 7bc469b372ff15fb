//! Programs in other languages, with only the base URL changed.

use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use nzimbu_sandbox::{Sandbox, Settings};
use serde_json::{Value, json};

use crate::bitlipa::hmac_sha512;
use crate::client::until;

#[test]
fn python_collects_and_pays_out() {
    run("python3", &["-u"], "merchant.py");
}

#[test]
fn node_speaks_to_all_gateways() {
    run("node", &[], "gateways.mjs");
}

#[test]
fn php_collects_and_pays_out() {
    if Command::new("php")
        .args(["-r", "exit(extension_loaded('curl') ? 0 : 1);"])
        .status()
        .is_ok_and(|s| s.success())
    {
        run("php", &[], "merchant.php");
    } else {
        skip("php with its cURL extension");
    }
}

#[test]
fn published_clients_are_served() {
    // An interpreter that knows them; `.ci/run` makes one.
    let python = std::env::var("NZIMBU_PUBLISHED_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let Some(said) = try_run(&python, &["-u"], "published.py") else { return };
    let missing: Vec<&str> = said.lines().filter_map(|line| line.strip_prefix("MISSING ")).collect();
    if !missing.is_empty() {
        skip(&format!("of the clients on PyPI: {}", missing.join(", ")));
    }
}

#[test]
fn curl_speaks_to_all_gateways() {
    if Command::new("curl").arg("--version").output().is_err() {
        return skip("curl");
    }
    let sandbox = sandbox();
    let endpoints = sandbox.endpoints();
    let cinetpay = &endpoints.cinetpay;
    let order = json!({"apikey": cinetpay.apikey, "site_id": cinetpay.site_id, "transaction_id": "CURL-1",
        "amount": 2500, "currency": "XOF", "description": "TRANSACTION DESCRIPTION", "channels": "MOBILE_MONEY",
        "notify_url": "http://127.0.0.1:9/n", "return_url": "http://127.0.0.1:9/r", "metadata": "user001"});
    let json_type = "Content-Type: application/json";
    let url = format!("{}/v2/payment", cinetpay.checkout_url);
    let created = curl(&["-X", "POST", &url, "-H", json_type, "-d", &order.to_string()]);
    assert_eq!(created["code"], "201");
    let banned = curl_text(&["-X", "POST", &url, "-A", "", "-H", json_type, "-d", &order.to_string()]);
    assert_eq!(banned, "error code: 1010");
    // curl calls a body a form unless it is told otherwise.
    assert_eq!(curl(&[&url, "-d", &order.to_string()])["code"], "403");
    let check = format!("{url}/check");
    let question =
        json!({"apikey": cinetpay.apikey, "site_id": cinetpay.site_id, "transaction_id": "CURL-1"});
    until("the payment", || {
        let state = curl(&[&check, "-H", json_type, "--http1.0", "-d", &question.to_string()]);
        (state["code"] == "00").then_some(())
    });

    let login = format!("{}/v1/auth/login", cinetpay.transfer_url);
    let (apikey, password) =
        (format!("apikey={}", cinetpay.apikey), format!("password={}", cinetpay.password));
    let answer = curl(&["-G", &login, "-d", &apikey]);
    assert_eq!(answer["code"], "701", "what stands in the query of a login is not seen");
    for form in ["-d", "-F"] {
        assert_eq!(curl(&[&login, form, &apikey, form, &password])["code"], 0, "{form}");
    }
    let answer = curl(&[&login, "--data-urlencode", &apikey, "--data-urlencode", &password]);
    let query = format!("token={}", answer["data"]["token"].as_str().unwrap());
    let transfer = format!("{}/v1/transfer", cinetpay.transfer_url);
    assert_eq!(curl(&[&format!("{transfer}/check/balance/?{query}&lang=fr")])["data"]["inUsing"], 0);
    let contact =
        r#"data=[{"prefix":"225","phone":"0102324373","name":"Test A","surname":"B","email":"a@b.ci"}]"#;
    let added = curl(&[&format!("{transfer}/contact?{query}"), "--data-urlencode", contact]);
    assert_eq!(added["data"][0][0]["status"], "success");
    let orders = r#"data=[{"prefix":"225","phone":"0102324373","amount":500,"client_transaction_id":"TEST-ID1","notify_url":"http://127.0.0.1:9/n"}]"#;
    let sent = curl(&[&format!("{transfer}/money/send/contact?{query}"), "--form-string", orders]);
    assert_eq!(sent["data"][0][0]["treatment_status"], "NEW");
    until("the transfer", || {
        let state = curl(&[&format!("{transfer}/check/money?{query}&client_transaction_id=TEST-ID1")]);
        (state["data"][0]["treatment_status"] == "VAL").then_some(())
    });

    let bitlipa = &endpoints.bitlipa;
    let signature = hmac_sha512(&format!("merchant_id{}provider_id14", bitlipa.merchant_id), &bitlipa.secret);
    let body =
        format!(r#"{{"merchant_id":"{}","provider_id":14,"signature":"{signature}"}}"#, bitlipa.merchant_id);
    let banks =
        curl(&[&format!("{}/{}/banks", bitlipa.base_url, bitlipa.public_id), "-H", json_type, "-d", &body]);
    assert_eq!(banks["banks"][0]["code"], "000001");

    let adullam = &endpoints.adullam;
    let bearer = format!("Authorization: Bearer {}", adullam.token);
    let url = format!("{}/v1/checkouts", adullam.base_url);
    let body = r#"{"amount":5000,"currency":"XOF","user_phone":"+22507987654"}"#;
    let key = "idempotency-key: 123e4567-e89b-42d3-a456-426614174000";
    let status = |extra: &[&str]| {
        let mut arguments =
            vec!["-o", "/dev/null", "-w", "%{http_code}", &url, "-H", json_type, "-H", key, "-d", body];
        arguments.extend(extra);
        curl_text(&arguments)
    };
    assert_eq!([status(&["-H", &bearer]), status(&["-H", &bearer]), status(&[])], ["201", "200", "401"]);
}

fn run(interpreter: &str, arguments: &[&str], program: &str) {
    if let Some(said) = try_run(interpreter, arguments, program) {
        assert_eq!(said.trim(), "OK", "{program}");
    }
}

/// Runs a program of the folder `programs` against a sandbox of its own, and tells what it said before its `OK`.
fn try_run(interpreter: &str, arguments: &[&str], program: &str) -> Option<String> {
    if Command::new(interpreter).arg("--version").output().is_err() {
        skip(interpreter);
        return None;
    }
    let sandbox = sandbox();
    let endpoints = sandbox.endpoints();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/programs").join(program);
    let output = Command::new(interpreter)
        .args(arguments)
        .arg(path)
        .env_remove("HTTP_PROXY")
        .env_remove("http_proxy")
        .env("CHECKOUT_URL", &endpoints.cinetpay.checkout_url)
        .env("TRANSFER_URL", &endpoints.cinetpay.transfer_url)
        .env("APIKEY", &endpoints.cinetpay.apikey)
        .env("SITE_ID", &endpoints.cinetpay.site_id)
        .env("SECRET_KEY", &endpoints.cinetpay.secret_key)
        .env("PASSWORD", &endpoints.cinetpay.password)
        .env("BITLIPA_URL", &endpoints.bitlipa.base_url)
        .env("PUBLIC_ID", &endpoints.bitlipa.public_id)
        .env("MERCHANT_ID", &endpoints.bitlipa.merchant_id)
        .env("BITLIPA_SECRET", &endpoints.bitlipa.secret)
        .env("ADULLAM_URL", &endpoints.adullam.base_url)
        .env("ADULLAM_TOKEN", &endpoints.adullam.token)
        .output()
        .unwrap();
    let (said, complained) = texts(&output);
    assert!(output.status.success() && said.trim().ends_with("OK"), "{program}: {said}\n{complained}");
    Some(said)
}

fn curl(arguments: &[&str]) -> Value {
    let text = curl_text(arguments);
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error} in {text:?}"))
}

fn curl_text(arguments: &[&str]) -> String {
    let output = Command::new("curl").args(["-s", "-S", "--noproxy", "*"]).args(arguments).output().unwrap();
    let (said, complained) = texts(&output);
    assert!(output.status.success(), "{complained}");
    said
}

fn texts(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr))
}

fn sandbox() -> Sandbox {
    let mut settings = Settings::default();
    settings.auto = Some(Duration::from_millis(40));
    settings.callback_pause = Duration::from_millis(5);
    Sandbox::start_blocking(settings).unwrap()
}

/// Where a language is missing its test proves nothing, and says so.
fn skip(what: &str) {
    eprintln!("SKIPPED: {what} is not installed, so nothing was tested");
}
