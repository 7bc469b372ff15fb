//! The dashboard and the virtual handset.

use nzimbu_sandbox::{Merchant as Account, Sandbox, Settings};
use serde_json::json;

use crate::client::{get, request, until};
use crate::driver::{Browser, DESKTOP, Look, PHONE};
use crate::shop::Shop;

#[tokio::test(flavor = "multi_thread")]
async fn what_happened_is_shown_as_it_happens() {
    let Some(browser) = Browser::start(DESKTOP).await else { return };
    let shop = Shop::open();
    let admin = shop.sandbox.endpoints().admin_url.clone();
    browser.open(&admin).await;
    browser.reads(&shop.sandbox.endpoints().bitlipa.secret).await;
    browser.reads("Magic values").await;
    browser.inspect("home").await;

    browser.press("Payments").await;
    browser.reads("Nothing yet.").await;
    let url = shop.payment("LIVE & <b>1</b>", &json!({}));
    // Without a reload by the reader.
    browser.reads("LIVE & <b>1</b>").await;
    browser.reads("WAITING_FOR_CUSTOMER").await;
    browser.inspect("payments").await;
    browser.leave("LIVE & <b>1</b>").await;
    browser.reads("Nothing has moved.").await;
    browser.leave("Approve").await;
    browser.reads("ACCEPTED").await;
    shop.merchant.wait_for_posts(1);
    browser.reads("HTTP 200").await;
    browser.script("document.querySelectorAll('details').forEach((e) => e.open = true)").await;
    let text = browser.text().await;
    assert!(text.contains("HMAC-SHA256 of this text, with the secret as the key:"), "{text}");
    assert!(text.contains("XOF") && text.contains("POST /v2/payment"), "{text}");
    browser.inspect("order").await;

    browser.press("Callbacks").await;
    browser.reads("taken").await;
    browser.inspect("callbacks").await;
    browser.leave("Send again").await;
    let posts = shop.merchant.wait_for_posts(2);
    assert_eq!(posts[0].body, posts[1].body);
    browser.press("Ledger").await;
    browser.reads("Money that really moved").await;
    browser.reads("LIVE & <b>1</b>").await;
    browser.inspect("ledger").await;
    browser.press("Requests").await;
    browser.reads("POST /v2/payment → 200").await;
    browser.inspect("requests").await;
    assert_eq!(get(&url).status, 200);
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_are_armed_and_removed_without_scripts() {
    let Some(browser) = Browser::start(Look { scripts: false, ..DESKTOP }).await else { return };
    let shop = Shop::open();
    browser.open(&format!("{}/faults", shop.sandbox.endpoints().admin_url)).await;
    browser.reads("No fault is armed.").await;
    browser.input("Kind").await.select_by_label("error_500").await.unwrap();
    browser.fill("Order (* for any text)", "BAD-*").await;
    browser.leave("Arm").await;
    browser.reads("order_id = BAD-*").await;
    browser.inspect("faults").await;
    let cinetpay = &shop.sandbox.endpoints().cinetpay;
    let order = |id: &str| {
        let body = json!({
            "apikey": cinetpay.apikey, "site_id": cinetpay.site_id, "transaction_id": id, "amount": 100,
            "currency": "XOF", "description": "d", "notify_url": "http://localhost:1/", "return_url": "http://localhost:1/",
        });
        crate::client::post_json(&format!("{}/v2/payment", cinetpay.checkout_url), &body.to_string()).status
    };
    assert_eq!((order("BAD-1"), order("GOOD-1")), (500, 200));
    browser.leave("Remove").await;
    browser.reads("No fault is armed.").await;
    assert_eq!(order("BAD-2"), 200);
    for _ in 0..2 {
        browser.input("Kind").await.select_by_label("error_500").await.unwrap();
        browser.leave("Arm").await;
    }
    assert_eq!(order("BAD-3"), 500);
    browser.leave("Remove all faults").await;
    browser.reads("No fault is armed.").await;
    assert_eq!(order("BAD-4"), 200);
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn merchants_are_shown_apart() {
    let Some(browser) = Browser::start(DESKTOP).await else { return };
    let mut settings = Settings::default();
    settings.auto = None;
    let mut other = Account::new("school");
    other.auto = None;
    settings.merchants.push(other);
    let sandbox = Sandbox::start_blocking(settings).unwrap();
    let school = sandbox.endpoints_of("school").unwrap();
    for of in [sandbox.endpoints(), school] {
        let body = json!({
            "apikey": of.cinetpay.apikey, "site_id": of.cinetpay.site_id, "transaction_id": "FEES", "amount": 100,
            "currency": "XOF", "description": "d", "notify_url": "http://localhost:1/", "return_url": "http://localhost:1/",
        });
        let url = format!("{}/v2/payment", of.cinetpay.checkout_url);
        assert_eq!(crate::client::post_json(&url, &body.to_string()).status, 200);
    }
    browser.open(&sandbox.endpoints().admin_url).await;
    browser.reads("Other merchants").await;
    browser.reads(&school.adullam.token).await;
    browser.inspect("merchants").await;
    browser.press("Payments").await;
    browser.reads("cinetpay-checkout · school").await;
    // The newest stands first, and is the school's.
    browser.leave("FEES").await;
    browser.reads("cinetpay-checkout · school").await;
    browser.leave("Approve").await;
    browser.reads("ACCEPTED").await;
    browser.reads("cinetpay-checkout · school").await;
    let moved: Vec<&str> = sandbox.ledger().iter().map(|moved| moved.merchant).collect();
    assert_eq!(moved, ["school"]);
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_handset_answers_prompts_of_direct_collections() {
    for look in [PHONE, Look { scripts: false, language: "fr-FR", ..DESKTOP }] {
        let Some(browser) = Browser::start(look).await else { return };
        let shop = Shop::open();
        let handset = format!("{}/handset", shop.sandbox.endpoints().admin_url);
        let checkout = |key: &str| {
            let adullam = &shop.sandbox.endpoints().adullam;
            let token = format!("Bearer {}", adullam.token);
            let headers = [
                ("authorization", token.as_str()),
                ("content-type", "application/json"),
                ("idempotency-key", key),
            ];
            let body = json!({"amount": 5000, "currency": "XOF", "user_phone": "+2250707070707"}).to_string();
            request("POST", &format!("{}/v1/checkouts", adullam.base_url), &headers, &body).json()
        };
        for (key, button, status) in [
            ("K-PAY", "Payer", "completed"),
            ("K-NO", "Refuser", "failed"),
            ("K-PIN", "Code secret faux", "failed"),
            ("K-POOR", "Solde insuffisant", "failed"),
            ("K-LATE", "Laisser expirer", "expired"),
        ] {
            checkout(key);
            browser.open(&handset).await;
            browser.leave("+2250707070707").await;
            browser.reads(key).await;
            browser.reads("5 000 XOF").await;
            browser.inspect(&format!("handset-{key}")).await;
            if button == "Payer" {
                browser.fill("Code secret", "1234").await;
            }
            browser.leave(button).await;
            browser.reads("Rien n’attend sur ce téléphone.").await;
            assert_eq!(checkout(key)["status"], status, "{key}");
        }
        let reason = checkout("K-PIN")["failure_reason"].as_str().unwrap().to_owned();
        assert!(reason.contains("PIN"), "{reason}");

        // A collection of Bitlipa that a prompt confirms, found by its local number and failed by a typed PIN.
        shop.prompt("USSD-1");
        browser.open(&handset).await;
        browser.fill("Numéro de téléphone", "700 00 00 01").await;
        browser.leave("Prendre ce téléphone").await;
        browser.reads("USSD-1").await;
        browser.fill("Code secret", "0000").await;
        browser.leave("Payer").await;
        browser.reads("Rien n’attend sur ce téléphone.").await;
        let state = shop.status("USSD-1");
        assert_eq!((&state["status"], &state["result"]["code"]), (&json!(3), &json!(1)));
        assert_eq!(shop.sandbox.ledger().len(), 1);
        browser.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_dashboard_shows_hostile_text_as_text_on_a_phone() {
    let Some(browser) = Browser::start(Look { language: "en-GB", ..PHONE }).await else { return };
    let shop = Shop::open();
    let admin = shop.sandbox.endpoints().admin_url.clone();
    let payload = "\"><img src=x onerror=alert(1)></pre></script><script>alert(1)</script>'";
    shop.payment(
        payload,
        &json!({"description": payload, "metadata": payload, "customer_name": payload,
            "notify_url": format!("{}/{}", shop.merchant.url, payload.replace([' ', '<'], "%20"))}),
    );
    request(
        "GET",
        &format!("{}/v2/x?{}", shop.sandbox.endpoints().cinetpay.checkout_url, payload.replace(' ', "+")),
        &[("user-agent", payload)],
        "",
    );
    shop.sandbox.settle("cinetpay-checkout", payload, nzimbu_sandbox::Decision::Approve);
    until("a delivery", || shop.sandbox.deliveries().into_iter().next());
    let order = form_urlencoded::Serializer::new(String::new())
        .append_pair("gateway", "cinetpay-checkout")
        .append_pair("id", payload)
        .finish();
    for path in [
        "/?",
        "/faults?",
        "/payments",
        "/exchanges",
        "/callbacks",
        "/ledger",
        "/handset?phone=%22%3E%3Cimg+onerror=alert(1)%3E",
        &format!("/order?{order}"),
    ] {
        browser.open(&format!("{admin}{path}")).await;
        browser.script("document.querySelectorAll('details').forEach((e) => e.open = true)").await;
        let broken = browser
            .script("return document.querySelector('main img, main script, [onerror]') !== null")
            .await;
        assert_eq!(broken, json!(false), "{path}");
        if !path.contains('?') || path.starts_with("/order") {
            assert!(browser.text().await.contains("<img src=x onerror=alert(1)>"), "{path}");
        }
        browser.inspect(&format!("hostile{}", path.split('?').next().unwrap().replace('/', "-"))).await;
    }
    browser.close().await;
}

#[test]
fn the_admin_host_is_for_this_machine_only() {
    let shop = Shop::open();
    let admin = &shop.sandbox.endpoints().admin_url;
    let html = ("accept", "text/html");
    let page = request("GET", admin, &[html], "");
    assert_eq!(page.status, 200);
    assert!(page.header("content-security-policy").contains("default-src 'self'"));
    assert_eq!(page.header("x-content-type-options"), "nosniff");
    let programs = request("GET", admin, &[("accept", "*/*")], "");
    assert_eq!(programs.status, 200);
    assert!(
        programs.header("content-type").starts_with("text/plain") && programs.body.contains("/openapi.json")
    );
    for path in ["/", "/payments", "/faults", "/handset"] {
        // Two hosts in one request are no longer a request, so the stranger's name stands alone.
        let answer = crate::client::request_as("evil.example", "GET", &format!("{admin}{path}"), &[html], "");
        assert_eq!(answer.status, 403, "{path}");
    }
    let form = ("content-type", "application/x-www-form-urlencoded");
    for path in ["/order", "/callbacks", "/faults", "/handset"] {
        let answer = request("POST", &format!("{admin}{path}"), &[form], "kind=error_500&callback=1");
        assert_eq!(answer.status, 403, "{path}");
    }
}
