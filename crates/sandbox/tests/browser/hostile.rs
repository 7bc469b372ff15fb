//! Text that wants to be markup, and sites that want to act in the customer's name.

use serde_json::json;

use crate::client::{fill_form, request};
use crate::driver::{Browser, DESKTOP};
use crate::shop::{Shop, site};

/// Each would run `broken()` or leave an element with `data-broken` behind where text becomes markup.
const PAYLOADS: [&str; 12] = [
    "<script>broken()</script>",
    "</title></textarea></script><script>broken()</script>",
    "\"><img src=x onerror=broken() data-broken>",
    "'><svg onload=broken() data-broken>",
    "\" autofocus onfocus=broken() data-broken=\"",
    "' autofocus onfocus='broken()' data-broken='",
    "<iframe srcdoc='<script>parent.broken()</script>' data-broken></iframe>",
    "javascript:broken()",
    "{{ 7 * 7 }}{% raw %}${7*7}<%= 7 * 7 %>",
    "&lt;script&gt;broken()&lt;/script&gt;",
    "<!-- --!><b data-broken>",
    "\u{202e}<a href=javascript:broken() data-broken>\u{0}\u{7}",
];

#[tokio::test(flavor = "multi_thread")]
async fn no_field_of_a_payment_becomes_markup() {
    let Some(browser) = Browser::start(DESKTOP).await else { return };
    let shop = Shop::open();
    for (number, payload) in PAYLOADS.into_iter().enumerate() {
        let id = format!("{payload}-{number}");
        let url = shop.payment(
            &id,
            &json!({
                "description": payload, "metadata": payload, "customer_id": payload, "customer_name": payload,
                "customer_surname": payload, "customer_email": payload, "customer_address": payload,
                "customer_city": payload, "customer_country": payload, "customer_state": payload,
                "customer_zip_code": payload, "customer_phone_number": "+2250707070707",
                "alternative_currency": payload, "invoice_data": {payload: payload, "b": payload},
                "return_url": format!("{}/back?{}", shop.merchant.url, payload.replace([' ', '\0', '\u{7}'], "+")),
            }),
        );
        browser.open(&format!("{url}?lang=en&country={}", payload.replace(['&', '#', '%'], "_"))).await;
        is_unbroken(&browser, payload).await;
        browser.choose("Orange Money").await;
        browser.fill("Phone number", &payload.replace(['\0', '\u{7}'], "")).await;
        browser.leave("Continue").await;
        browser.reads("Enter a number of 8 to 10 digits").await;
        is_unbroken(&browser, payload).await;
        browser.fill("Phone number", "0707070707").await;
        browser.leave("Continue").await;
        browser.reads("a request was sent to").await;
        is_unbroken(&browser, payload).await;
        browser.press("Refuse").await;
        browser.reads("Payment refused").await;
        is_unbroken(&browser, payload).await;
    }
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_field_of_the_hosted_page_becomes_markup() {
    let Some(browser) = Browser::start(DESKTOP).await else { return };
    let shop = Shop::open();
    for (number, payload) in PAYLOADS.into_iter().enumerate() {
        let given = [("name", payload), ("email", payload), ("amount", payload), ("extra", payload)];
        browser.open(&shop.hosted_link(&format!("X-{number}"), &given)).await;
        browser.reads("Complete what is missing.").await;
        assert_eq!(is_broken(&browser).await, json!(false), "{payload}");
        let name = browser.input("Name").await.prop("value").await.unwrap().unwrap();
        let visible = |text: &str| text.replace(['\0', '\u{7}', '\u{fffd}', '\u{202e}'], "");
        assert_eq!(visible(&name), visible(payload.trim()));
    }
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn other_sites_can_neither_act_nor_frame() {
    let Some(browser) = Browser::start(DESKTOP).await else { return };
    let shop = Shop::open();
    let url = shop.payment("CSRF", &json!({}));
    let token = "0".repeat(32);
    let evil = site(&format!(
        "<form method=post action=\"{url}\"><input name=decision value=approve>\
         <input name=form_token value={token}><button>Win a prize</button></form><iframe src=\"{url}\"></iframe>"
    ));
    browser.open(&evil).await;
    browser.client.enter_frame(0).await.unwrap();
    assert!(!browser.text().await.contains("2 500 XOF"), "the counter shows itself in a frame");
    browser.client.enter_parent_frame().await.unwrap();
    browser.press("Win a prize").await;
    browser.reads("This form did not come from this page and was ignored.").await;
    assert_eq!(shop.check("CSRF").0, "662");

    // The token of one page is worth nothing on another, nor through a name that leads here.
    let other = shop.payment("OTHER", &json!({}));
    let page = crate::client::get(&other);
    let stolen = page.body.split("form_token\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let form = format!("decision=approve&form_token={stolen}");
    let kind = ("content-type", "application/x-www-form-urlencoded");
    assert_eq!(request("POST", &url, &[kind], &form).status, 403);
    assert!(shop.sandbox.ledger().is_empty());
    assert_eq!(fill_form(&other, &[("decision", "approve")]).status, 303);
    assert_eq!(shop.sandbox.ledger().len(), 1);
    browser.close().await;
}

async fn is_unbroken(browser: &Browser, payload: &str) {
    assert_eq!(is_broken(browser).await, json!(false), "{payload}");
    let text = browser.script("return document.body.textContent").await;
    let visible = |text: &str| text.replace(['\0', '\u{7}', '\u{fffd}', '\u{202e}'], "");
    assert!(visible(text.as_str().unwrap()).contains(&visible(payload)), "{payload:?} is not shown: {text}");
}

/// Whether a payload came alive. Scripts that the page's policy stops would still leave their elements.
async fn is_broken(browser: &Browser) -> serde_json::Value {
    assert!(browser.client.get_alert_text().await.is_err());
    browser
        .script(
            "return document.querySelector('[data-broken], [onerror], [onfocus], [onload], iframe, img') !== null \
             || [...document.scripts].some((script) => !script.src) \
             || [...document.links].some((link) => link.protocol === 'javascript:')",
        )
        .await
}
