//! The Seamless script on a merchant's page of another address.

use crate::driver::{Browser, DESKTOP, Look, PHONE, other_window};
use crate::shop::{Shop, site};

#[tokio::test(flavor = "multi_thread")]
async fn a_merchants_page_pays_without_leaving() {
    for look in [DESKTOP, Look { language: "en-GB", ..PHONE }] {
        let Some(browser) = Browser::start(look).await else { return };
        let shop = Shop::open();
        let page = site(&merchants_page(&shop, &shop.sandbox.endpoints().cinetpay.apikey));
        for (decision, status, said) in [
            ("approve", "ACCEPTED", "Your payment has been made successfully"),
            ("refuse", "REFUSED", "Your payment failed"),
        ] {
            browser.open(&page).await;
            let here = browser.client.window().await.unwrap();
            browser.press("Checkout").await;
            browser.reads("Payment under way (sandbox, no real money)").await;
            other_window(&browser, &here).await;
            browser.reads("Test paiement").await;
            browser.choose("Orange Money").await;
            browser.press("Continue").await;
            browser.reads("a request was sent to").await;
            browser.inspect("seamless-counter").await;
            if decision == "approve" {
                browser.fill("PIN", "1234").await;
                browser.press("Approve the payment").await;
            } else {
                browser.press("Refuse").await;
            }
            browser.client.switch_to_window(here).await.unwrap();
            browser.reads(said).await;
            let text = browser.text().await;
            assert!(
                text.contains(&format!("\"status\":\"{status}\"")) && !text.contains("under way"),
                "{text}"
            );
            assert_eq!(browser.client.windows().await.unwrap().len(), 1, "the counter closes");
        }
        assert_eq!(shop.sandbox.ledger().len(), 1);
        assert!(shop.merchant.wait_for_posts(4).iter().all(|post| post.path == "/notify"));
        browser.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_key_is_an_error_of_the_script() {
    let Some(browser) = Browser::start(DESKTOP).await else { return };
    let shop = Shop::open();
    browser.open(&site(&merchants_page(&shop, "sandbox-apikey-of-somebody-else"))).await;
    browser.press("Checkout").await;
    browser.reads("\"code\":\"609\"").await;
    assert_eq!(browser.client.windows().await.unwrap().len(), 1);
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_page_pays() {
    let Some(browser) = Browser::start(Look { language: "en-GB", ..PHONE }).await else { return };
    let shop = Shop::open();
    browser.open(&format!("{}/seamless/demo", shop.sandbox.endpoints().cinetpay.checkout_url)).await;
    browser.inspect("demo").await;
    let here = browser.client.window().await.unwrap();
    browser.press("Checkout").await;
    other_window(&browser, &here).await;
    browser.choose("MTN MoMo").await;
    browser.fill("Phone number", "0504030201").await;
    browser.press("Continue").await;
    browser.press("Too little money").await;
    browser.client.switch_to_window(here).await.unwrap();
    browser.reads("\"payment_method\": \"MOMO\"").await;
    browser.reads("Payment refused").await;
    browser.inspect("demo-refused").await;
    browser.close().await;
}

/// The documentation's example ("Integration without redirect"), with the lines that it lost.
fn merchants_page(shop: &Shop, apikey: &str) -> String {
    let cinetpay = &shop.sandbox.endpoints().cinetpay;
    format!(
        r#"<!DOCTYPE html>
<html lang="en">
<head>
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <script src="{script}/seamless/main.js"></script>
    <script>
        function checkout() {{
            CinetPay.setConfig({{
                apikey: '{apikey}',
                site_id: '{site_id}',
                notify_url: '{notify}/notify',
                mode: 'PRODUCTION'
            }});
            CinetPay.getCheckout({{
               transaction_id: Math.floor(Math.random() * 100000000).toString(),
               amount: 100,
               currency: 'XOF',
               channels: 'ALL',
               description: 'Test paiement',
               lang: 'en',
               customer_name:"Joe",
               customer_surname:"Down",
               customer_email: "",
               customer_phone_number: "2250707070707",
               customer_address: "BP 0024",
               customer_city: "Antananarivo",
               customer_country: "CM",
               customer_state: "CM",
               customer_zip_code: "06510"
            }});
            CinetPay.waitResponse(function(data) {{
                var said = data.status == "ACCEPTED" ? "Your payment has been made successfully" : "Your payment failed";
                document.getElementById("said").textContent = said + " " + JSON.stringify(data);
            }});
            CinetPay.onError(function(data) {{
                document.getElementById("said").textContent = JSON.stringify(data);
            }});
        }}
    </script>
</head>
<body>
    <div class="sdk"><h1>SDK SEAMLESS</h1><button onclick="checkout()">Checkout</button></div>
    <p id="said"></p>
</body>
</html>"#,
        script = cinetpay.checkout_url,
        site_id = cinetpay.site_id,
        notify = shop.merchant.url,
    )
}
