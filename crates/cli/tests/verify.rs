//! `nzimbu verify` against the golden vectors, genuine and forged.
#![allow(clippy::unwrap_used, reason = "a failing test may panic")]

mod common;

use common::{Ended, end, nzimbu, vectors};
use serde_json::{Value, json};

fn verify(args: &[&str], body: &str) -> Ended {
    let mut all = vec!["verify"];
    all.extend(args);
    end(nzimbu(&all)
        .env("SECRET", "sk_demo_0123456789abcdef")
        .env("OLD", "old")
        .env("NEW", "new")
        .env("EMPTY", "")
        .env("BLANK", " ")
        .write_stdin(body))
}

fn cinetpay(token: &str, site_id: &str, body: &str) -> Ended {
    let header = format!("X-Token: {token}");
    verify(
        &["--gateway", "cinetpay", "--secret-env", "SECRET", "--site-id", site_id, "--header", &header],
        body,
    )
}

#[test]
fn a_foreign_content_type_is_refused_whatever_the_site() {
    let ended = verify(
        &["--gateway", "cinetpay", "--secret-env", "SECRET", "--header", "content-type: application/json"],
        "cpm_site_id=123456&cpm_trans_id=INV-7",
    );
    assert_eq!((ended.code, &ended.json()["reason"]), (1, &json!("content-type")));
}

#[test]
fn every_vector_of_cinetpay_gets_its_verdict() {
    let mut seen = [0, 0];
    for vector in vectors("cinetpay-x-token.json", "vectors") {
        let text = |member: &str| vector[member].as_str().unwrap();
        assert_eq!(text("secret"), "sk_demo_0123456789abcdef");
        let ended = cinetpay(text("x_token"), text("site_id"), text("body"));
        let verdict = ended.json();
        if text("expect") == "genuine" {
            seen[0] += 1;
            let order = text("body").split("cpm_trans_id=").nth(1).unwrap().split('&').next().unwrap();
            let expected = json!({"verdict": "authentic", "order_id": order});
            assert_eq!((ended.code, verdict), (0, expected), "{}", text("name"));
        } else {
            seen[1] += 1;
            assert_eq!(ended.code, 1, "{}", text("name"));
            assert_eq!((&verdict["verdict"], &verdict["order_id"]), (&json!("rejected"), &Value::Null));
            assert_eq!(verdict["reason"], "bad-signature", "{}", text("name"));
        }
    }
    assert!(seen[0] >= 3 && seen[1] >= 6, "{seen:?}");
}

const A: &str = "cpm_site_id=123456&cpm_trans_id=ORDER-1001&cpm_trans_date=2024-05-17+10%3A42%3A31&cpm_amount=2500\
&cpm_currency=XOF&signature=9f86d081884c7d659a2feaa0c55ad015&payment_method=OM&cel_phone_num=0707070707\
&cpm_phone_prefixe=225&cpm_language=fr&cpm_version=V4&cpm_payment_config=SINGLE&cpm_page_action=PAYMENT\
&cpm_custom=user001&cpm_designation=Achat+test&cpm_error_message=SUCCES";
const A_TOKEN: &str = "fb751ada0d4aa0df698b0b3938d8242b69bd48d3a834aa620fb2f893261f5f06";

#[test]
fn a_genuine_token_does_not_cover_forgeries() {
    // The same signed text cut in other places ("The boundary shift").
    let rows = [
        ("10%3A42%3A31&cpm_amount=2500", "10%3A42%3A3&cpm_amount=12500", "malformed"),
        ("cpm_site_id=123456&cpm_trans_id=ORDER", "cpm_site_id=12345&cpm_trans_id=6ORDER", "wrong-merchant"),
        ("cpm_site_id=123456&cpm_trans_id=ORDER", "cpm_site_id=123456O&cpm_trans_id=RDER", "wrong-merchant"),
        ("cpm_amount=2500&", "cpm_amount=2500&cpm_amount=2500&", "malformed"),
    ];
    for (genuine, forged, reason) in rows {
        let body = A.replace(genuine, forged);
        assert_ne!(body, A);
        let ended = cinetpay(A_TOKEN, "123456", &body);
        assert_eq!((ended.code, &ended.json()["reason"]), (1, &json!(reason)), "{forged}");
        assert!(ended.json()["message"].as_str().is_some_and(|message| !message.is_empty()));
    }
    let ended = cinetpay("", "123456", A);
    assert_eq!((ended.code, &ended.json()["reason"]), (1, &json!("missing-header")));
    let ended = cinetpay(A_TOKEN, "654321", A);
    assert_eq!((ended.code, &ended.json()["reason"]), (1, &json!("wrong-merchant")));
    // A line break that an editor added is no forgery.
    assert_eq!(cinetpay(A_TOKEN, "123456", &format!("{A}\n")).code, 0);
}

#[test]
fn a_notification_of_a_transfer_is_a_hint() {
    let body = "transaction_id=EA211005.065802.Z794810&client_transaction_id=PAYOUT-1&lot=1&amount=500\
                &receiver=0707070707&sending_status=CONFIRM&comment=&treatment_status=VAL";
    let ended = verify(&["--gateway", "cinetpay", "--secret-env", "SECRET"], body);
    let expected = json!({"verdict": "hint", "order_id": "PAYOUT-1"});
    assert_eq!((ended.code, ended.json()), (0, expected));
}

/// A callback of Bitlipa's with the signature of a secret.
fn signed(variable: &str, body: &str) -> String {
    let mut sign = nzimbu(&["sign", "--gateway", "bitlipa", "--secret-env", variable]);
    let ended = end(sign.env("OLD", "old").env("NEW", "new").env("OTHER", "other").write_stdin(body));
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    format!("{},\"signature\":\"{}\"}}", body.strip_suffix('}').unwrap(), ended.stdout.trim_end())
}

const CALLBACK: &str = r#"{"transaction_id":"1234567","order_id":"INV-7","status":2,"service_id":11,"service_version":"5.2.0","service_date_time":"2021-08-04 17:36:37.123456","result":{"code":0,"message":"OK"}}"#;

#[test]
fn callbacks_of_bitlipa_are_verified_under_every_secret() {
    let both = ["--gateway", "bitlipa", "--secret-env", "NEW", "--secret-env", "OLD"];
    for variable in ["OLD", "NEW"] {
        for line_break in ["", "\n"] {
            let ended = verify(&both, &(signed(variable, CALLBACK) + line_break));
            let verdict = ended.json();
            assert_eq!((ended.code, &verdict["verdict"]), (0, &json!("authentic")), "{verdict}");
            assert_eq!(verdict["order_id"], "INV-7");
            assert_eq!((&verdict["status"], &verdict["raw_status"]), (&json!("succeeded"), &json!("2")));
        }
    }
    for (body, reason) in [
        (signed("OTHER", CALLBACK), "bad-signature"),
        (CALLBACK.to_owned(), "bad-signature"),
        (signed("NEW", CALLBACK).replace("INV-7", "INV-8"), "bad-signature"),
        ("{".to_owned(), "malformed"),
    ] {
        let ended = verify(&both, &body);
        let verdict = ended.json();
        assert_eq!((ended.code, &verdict["verdict"]), (1, &json!("rejected")), "{body}");
        assert_eq!((&verdict["reason"], &verdict["order_id"]), (&json!(reason), &Value::Null), "{body}");
    }
}

#[test]
fn an_order_id_that_spells_a_key_is_refused_in_spite_of_its_signature() {
    let vectors = vectors("bitlipa-signature.json", "vectors");
    let find = |name: &str| vectors.iter().find(|vector| vector["name"] == name).unwrap().clone();
    let fake = find("forge_orderid_fake_success");
    assert_eq!(
        fake["hmac_sha512"],
        find("forge_orderid_genuine_failed")["hmac_sha512"],
        "one text, one digest"
    );
    let body = fake["json"].as_str().unwrap().strip_suffix('}').unwrap().to_owned();
    let body = format!("{body},\"signature\":{}}}", fake["hmac_sha512"]);
    let mut command = nzimbu(&["verify", "--gateway", "bitlipa", "--secret-env", "SECRET"]);
    let ended = end(command.env("SECRET", fake["secret"].as_str().unwrap()).write_stdin(body));
    assert_eq!((ended.code, &ended.json()["reason"]), (1, &json!("malformed")), "{}", ended.stdout);
}

#[test]
fn bad_usage_ends_with_2_and_prints_no_verdict() {
    let token = format!("x-token: {A_TOKEN}");
    let rows: [&[&str]; 10] = [
        &["--gateway", "cinetpay", "--secret-env", "SECRET", "--header", &token],
        &["--gateway", "cinetpay", "--secret-env", "SECRET"],
        &["--gateway", "cinetpay", "--site-id", "123456"],
        &["--gateway", "cinetpay", "--secret-env", "UNSET", "--site-id", "123456"],
        &["--gateway", "cinetpay", "--secret-env", "SECRET", "--site-id", "shop"],
        &["--gateway", "cinetpay", "--secret-env", "SECRET", "--site-id", "123456", "--header", "x-token"],
        &["--gateway", "bitlipa"],
        &["--gateway", "bitlipa", "--secret-env", "UNSET"],
        &["--gateway", "bitlipa", "--secret-env", "EMPTY"],
        &["--gateway", "bitlipa", "--secret-env", "SECRET", "--secret-env", "BLANK"],
    ];
    for args in rows {
        let ended = verify(args, A);
        assert_eq!((ended.code, ended.stdout.as_str()), (2, ""), "{args:?}");
        assert!(!ended.stderr.is_empty(), "{args:?}");
    }
}

#[test]
fn secrets_are_never_echoed() {
    for body in [A, "", "{"] {
        for gateway in ["bitlipa", "cinetpay"] {
            let ended =
                verify(&["--gateway", gateway, "--secret-env", "SECRET", "--site-id", "123456"], body);
            assert!(!ended.stdout.contains("sk_demo") && !ended.stderr.contains("sk_demo"));
        }
    }
}
