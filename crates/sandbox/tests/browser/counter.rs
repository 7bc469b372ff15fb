//! CinetPay's payment counter.

use serde_json::json;

use crate::driver::{Browser, DESKTOP, ENTER, Look, PHONE, SPACE, TAB};
use crate::shop::Shop;

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_is_approved_on_a_phone_and_the_browser_goes_back() {
    let Some(browser) = Browser::start(PHONE).await else { return };
    let shop = Shop::open();
    let url =
        shop.payment("PHONE-1", &json!({"invoice_data": {"Reste à payer": "25 000 F", "Classe": "CM2"}}));
    browser.open(&url).await;
    browser.reads("2 500 XOF").await;
    let text = browser.text().await;
    assert!(text.contains("Reste à payer") && text.contains("25 000 F"), "{text}");
    assert!(!text.contains("Carte bancaire"), "no card block, no card");
    browser.inspect("counter").await;

    browser.leave("Sénégal").await;
    browser.reads("Expresso").await;
    browser.leave("Côte d’Ivoire").await;
    browser.choose("MTN MoMo").await;
    browser.fill("Numéro de téléphone", "05").await;
    browser.leave("Continuer").await;
    browser.reads("Entrez un numéro de 8 à 10 chiffres").await;
    browser.inspect("counter-problem").await;
    browser.fill("Numéro de téléphone", "05 04 03 02 01").await;
    browser.leave("Continuer").await;
    browser.reads("une demande a été envoyée au +225 0504030201").await;
    browser.inspect("confirm").await;
    let first = shop.merchant.wait_for_posts(1)[0].form();
    assert_eq!(field(&first, "cpm_error_message"), "WAITING_FOR_CUSTOMER");
    assert_eq!(shop.check("PHONE-1").0, "662");

    browser.fill("Code secret", "1234").await;
    browser.press("Payer").await;
    browser.reads("Paiement accepté").await;
    browser.inspect("accepted").await;
    assert_eq!(shop.check("PHONE-1"), ("00".to_owned(), "ACCEPTED".to_owned()));
    let last = shop.merchant.wait_for_posts(2)[1].form();
    for (name, value) in [
        ("cpm_error_message", "SUCCES"),
        ("payment_method", "MOMO"),
        ("cpm_phone_prefixe", "225"),
        ("cel_phone_num", "0504030201"),
    ] {
        assert_eq!(field(&last, name), value);
    }
    // By itself, after a while.
    let back = shop.returned().form();
    assert_eq!(field(&back, "transaction_id"), "PHONE-1");
    assert!(url.ends_with(field(&back, "token")));
    assert_eq!(shop.sandbox.ledger().len(), 1);
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_way_to_fail_has_its_documented_code() {
    let Some(browser) = Browser::start(DESKTOP).await else { return };
    let shop = Shop::open();
    for (id, button, code, text) in [
        ("NO", "Refuse", "627", "Payment refused"),
        ("PIN", "Wrong PIN", "604", "Payment refused: wrong PIN"),
        ("POOR", "Too little money", "602", "Payment refused: too little money"),
        ("LATE", "Let it expire", "625", "Payment expired"),
    ] {
        browser.open(&shop.payment(id, &json!({"customer_phone_number": "+2250707070707"}))).await;
        browser.choose("Orange Money").await;
        browser.leave("Continue").await;
        browser.reads("a request was sent to +225 0707070707").await;
        browser.press(button).await;
        browser.reads(text).await;
        browser.inspect(&format!("ended-{code}")).await;
        assert_eq!(shop.check(id), (code.to_owned(), "REFUSED".to_owned()));
    }
    // A PIN that is typed, and the way out before anything was chosen.
    browser.open(&shop.payment("TYPED", &json!({}))).await;
    browser.choose("Wave").await;
    browser.fill("Phone number", "0707070707").await;
    browser.leave("Continue").await;
    browser.fill("PIN", "4321").await;
    browser.press("Approve the payment").await;
    browser.reads("Payment refused: wrong PIN").await;
    assert_eq!(shop.check("TYPED").0, "604");
    browser.open(&shop.payment("OUT", &json!({}))).await;
    browser.leave("Cancel the payment").await;
    browser.reads("Payment refused").await;
    assert_eq!(shop.check("OUT").0, "627");
    assert!(shop.sandbox.ledger().is_empty());
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn channels_cards_and_locked_numbers_are_respected() {
    let Some(browser) = Browser::start(DESKTOP).await else { return };
    let shop = Shop::open();
    let holder = json!({
        "customer_name": "Kouadio", "customer_surname": "Francisse", "customer_phone_number": "+2250707070707",
        "customer_email": "k@example.com", "customer_address": "BP 0024", "customer_city": "Abidjan",
        "customer_country": "CI", "customer_state": "CI", "customer_zip_code": "06510", "lang": "en",
    });
    let with = |change: &[(&str, serde_json::Value)]| {
        let mut order = holder.clone();
        for (name, value) in change {
            order[*name] = value.clone();
        }
        order
    };
    for (channels, seen, unseen) in [
        ("ALL", vec!["Mobile money", "Wallet", "Bank card", "Kouadio Francisse"], vec![]),
        ("MOBILE_MONEY", vec!["MTN MoMo"], vec!["Wave", "Visa"]),
        ("WALLET", vec!["Wave"], vec!["MTN MoMo", "Visa"]),
        ("CREDIT_CARD", vec!["Visa, Mastercard"], vec!["MTN MoMo", "Wave", "Phone number"]),
        ("WALLET,CREDIT_CARD", vec!["Wave", "Visa, Mastercard"], vec!["MTN MoMo"]),
    ] {
        browser.open(&shop.payment(&format!("CH-{channels}"), &with(&[("channels", json!(channels))]))).await;
        // What is folded in counts as well.
        browser.script("document.querySelectorAll('details').forEach((e) => e.open = true)").await;
        let text = browser.text().await;
        assert!(seen.iter().all(|word| text.contains(word)), "{channels}: {text}");
        assert!(!unseen.iter().any(|word| text.contains(word)), "{channels}: {text}");
        browser.inspect(&format!("channels-{channels}")).await;
    }
    browser.open(&shop.payment("CARD", &holder)).await;
    browser.choose("Visa, Mastercard").await;
    browser.leave("Continue").await;
    browser.reads("Payment by card").await;
    assert!(shop.merchant.posts().is_empty(), "no prompt, no first notification");
    browser.fill("PIN", "1234").await;
    browser.press("Approve the payment").await;
    browser.reads("Payment accepted").await;
    let form = shop.merchant.wait_for_posts(1)[0].form();
    assert_eq!((field(&form, "payment_method"), field(&form, "cel_phone_num")), ("VISAM", ""));

    let locked = with(&[("lock_phone_number", json!(true)), ("channels", json!("MOBILE_MONEY"))]);
    browser.open(&shop.payment("LOCKED", &locked)).await;
    browser.reads("Phone number (fixed by the merchant)").await;
    assert_eq!(browser.script("return document.querySelectorAll('input[type=tel]').length").await, 0);
    browser.choose("Moov Money").await;
    browser.leave("Continue").await;
    browser.reads("a request was sent to +225 0707070707").await;

    browser.open(&shop.payment("NO-CARD", &json!({"channels": "CREDIT_CARD"}))).await;
    browser.reads("No way to pay: the card only appears").await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_language_comes_from_the_reader_the_order_or_the_browser() {
    let shop = Shop::open();
    for (look, change, heading, lang) in [
        (PHONE, json!({}), "Paiement", "fr"),
        (PHONE, json!({"lang": "EN"}), "Payment", "en"),
        (DESKTOP, json!({}), "Payment", "en"),
        (DESKTOP, json!({"lang": "fr"}), "Paiement", "fr"),
    ] {
        let Some(browser) = Browser::start(look).await else { return };
        let id = format!("L-{}-{lang}", look.width);
        browser.open(&shop.payment(&id, &change)).await;
        let title = browser.client.title().await.unwrap();
        assert!(title.starts_with(heading), "{title}");
        assert_eq!(browser.script("return document.documentElement.lang").await, lang);
        // The reader's own choice wins, and stays through the whole payment.
        let (switch, other, cancel, end) = match lang {
            "fr" => ("Read this page in English", "en", "Cancel the payment", "Payment refused"),
            _ => ("Lire cette page en français", "fr", "Annuler le paiement", "Paiement refusé"),
        };
        browser.leave(switch).await;
        browser.reads(cancel).await;
        assert_eq!(browser.script("return document.documentElement.lang").await, other);
        browser.leave(cancel).await;
        browser.reads(end).await;
        assert_eq!(browser.script("return document.documentElement.lang").await, other);
        browser.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_keyboard_alone_is_enough() {
    let Some(browser) = Browser::start(DESKTOP).await else { return };
    let shop = Shop::open();
    browser.open(&shop.payment("KEYS", &json!({"currency": "XOF"}))).await;
    browser.keys(&[TAB]).await;
    assert_eq!(browser.focus().await, "Skip to the content");
    browser.keys(&[ENTER]).await;
    assert_eq!(browser.focus().await, "main");
    // The countries, the operators, the number, the button: in the order of the page.
    for country in ["Côte d’Ivoire", "Senegal", "Mali", "Burkina Faso", "Togo", "Benin"] {
        browser.keys(&[TAB]).await;
        assert_eq!(browser.focus().await, country);
    }
    browser.keys(&[TAB, SPACE]).await;
    assert_eq!(browser.focus().await, "operator=OM");
    browser.inspect("focus").await;
    browser.keys(&[TAB]).await;
    assert_eq!(browser.focus().await, "phone");
    browser.keys(&"0707070707".chars().collect::<Vec<_>>()).await;
    browser.keys(&[TAB]).await;
    assert_eq!(browser.focus().await, "step=choose");
    browser.keys(&[SPACE]).await;
    browser.reads("a request was sent to").await;
    assert_eq!(browser.focus().await, "pin", "the field that is asked for has the focus");
    browser.keys(&['1', '2', '3', '4', ENTER]).await;
    browser.reads("Payment accepted").await;
    assert_eq!(shop.check("KEYS").0, "00");
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_works_without_scripts() {
    let Some(browser) = Browser::start(Look { scripts: false, language: "fr-FR", ..DESKTOP }).await else {
        return;
    };
    let shop = Shop::open();
    browser.open(&shop.payment("PLAIN", &json!({}))).await;
    browser.leave("Mali").await;
    browser.choose("Orange Money").await;
    browser.fill("Numéro de téléphone", "70000001").await;
    browser.leave("Continuer").await;
    browser.reads("+223 70000001").await;
    browser.fill("Code secret", "1234").await;
    browser.press("Payer").await;
    browser.reads("Paiement accepté").await;
    // Longer than the script would have waited.
    tokio::time::sleep(std::time::Duration::from_millis(3_500)).await;
    assert!(shop.merchant.posts().iter().all(|post| post.path == "/notify"));
    browser.press("Retourner chez le marchand").await;
    assert_eq!(field(&shop.returned().form(), "transaction_id"), "PLAIN");
    assert_eq!(shop.check("PLAIN").0, "00");
    browser.close().await;
}

fn field<'a>(form: &'a [(String, String)], name: &str) -> &'a str {
    form.iter().find(|(key, _)| key == name).map_or("missing", |(_, value)| value)
}
