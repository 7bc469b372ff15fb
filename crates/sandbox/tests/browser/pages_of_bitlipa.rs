//! Bitlipa's hosted page and its page for the one-time password.

use serde_json::json;

use crate::driver::{Browser, DESKTOP, ENTER, Look, PHONE};
use crate::shop::Shop;

#[tokio::test(flavor = "multi_thread")]
async fn the_one_time_password_decides() {
    let Some(browser) = Browser::start(PHONE).await else { return };
    let shop = Shop::open();
    browser.open(&shop.collection("OTP-1")).await;
    browser.reads("1 000.00 XOF").await;
    browser.inspect("otp").await;
    for _ in 0..2 {
        browser.fill("Code reçu par SMS", "9999").await;
        browser.leave("Payer").await;
        browser.reads("Le code est faux.").await;
    }
    browser.inspect("otp-problem").await;
    assert_eq!(shop.status("OTP-1")["status"], 1);
    browser.fill("Code reçu par SMS", "1234").await;
    browser.keys(&[ENTER]).await;
    browser.reads("Paiement accepté").await;
    browser.inspect("otp-accepted").await;
    assert_eq!(shop.status("OTP-1")["status"], 2);
    assert!(shop.merchant.wait_for_posts(1)[0].body.contains("\"order_id\":\"OTP-1\",\"status\":2"));

    browser.open(&shop.collection("OTP-2")).await;
    for _ in 0..3 {
        browser.fill("Code reçu par SMS", "0000").await;
        browser.leave("Payer").await;
    }
    browser.reads("Paiement refusé : code faux").await;
    let state = shop.status("OTP-2");
    assert_eq!((&state["status"], &state["result"]["code"]), (&json!(3), &json!(1)));

    for (id, button, text, status, result) in [
        ("OTP-3", "Refuser", "Paiement refusé", 3, 0),
        ("OTP-4", "Code secret faux", "Paiement refusé : code faux", 3, 1),
        ("OTP-5", "Solde insuffisant", "Paiement refusé : solde insuffisant", 3, 10_301),
        ("OTP-6", "Laisser expirer", "Paiement expiré", 4, 0),
    ] {
        browser.open(&shop.collection(id)).await;
        browser.press(button).await;
        browser.reads(text).await;
        let state = shop.status(id);
        assert_eq!((&state["status"], &state["result"]["code"]), (&json!(status), &json!(result)), "{id}");
    }
    assert_eq!(shop.sandbox.ledger().len(), 1);
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hosted_page_asks_for_what_is_missing_and_names_the_bank() {
    for look in [Look { scripts: false, ..DESKTOP }, Look { language: "en-GB", ..PHONE }] {
        let Some(browser) = Browser::start(look).await else { return };
        let shop = Shop::open();
        browser.open(&shop.hosted_link("HPP-1", &[("name", "Ada Obi")])).await;
        browser.reads("Complete what is missing.").await;
        browser.inspect("hosted").await;
        browser.press("Lire cette page en français").await;
        browser.reads("Complétez ce qui manque.").await;
        browser.fill("Montant (NGN)", "99.99").await;
        browser.fill("Courriel", "ada@example.ng").await;
        browser.leave("Continuer").await;
        browser.reads("Le montant est hors des limites du fournisseur.").await;
        browser.inspect("hosted-problem").await;
        browser.fill("Montant (NGN)", "2500.50").await;
        browser.leave("Continuer").await;
        browser.reads("Payez par virement").await;
        browser.reads("2 500.50 NGN").await;
        browser.inspect("bank").await;
        browser.press("Le virement est arrivé").await;
        browser.reads("Paiement accepté").await;
        assert_eq!(shop.status("HPP-1")["status"], 2);
        assert_eq!(shop.sandbox.ledger()[0].amount, "2500.50");
        browser.close().await;
    }
}
