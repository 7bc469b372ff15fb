//! Several merchants at every gateway, who see nothing of each other.

use nzimbu_sandbox::{Decision, Endpoints, Merchant as Account, Movement, Sandbox, Settings};
use serde_json::{Value, json};

use crate::bitlipa::{Body, Part};
use crate::client::{Answer, fill_form, get, post_form, post_json, request};
use crate::merchant::{Merchant, Received};

/// A sandbox with the merchants `main` and `shop`.
struct Two {
    sandbox: Sandbox,
    merchant: Merchant,
}

impl Two {
    fn start() -> Two {
        let mut settings = Settings::default();
        settings.auto = None;
        let mut shop = Account::new("shop");
        shop.auto = None;
        shop.transfer_balance = 4_000;
        settings.merchants.push(shop);
        Two { sandbox: Sandbox::start_blocking(settings).unwrap(), merchant: Merchant::start() }
    }

    fn both(&self) -> [&Endpoints; 2] {
        [self.sandbox.endpoints(), self.sandbox.endpoints_of("shop").unwrap()]
    }

    fn pay(&self, of: &Endpoints, id: &str, amount: u64) -> Answer {
        let body = json!({"apikey": of.cinetpay.apikey, "site_id": of.cinetpay.site_id, "transaction_id": id,
            "amount": amount, "currency": "XOF", "description": "test", "return_url": "http://localhost:1/",
            "notify_url": format!("{}/{id}", self.merchant.url)});
        post_json(&format!("{}/v2/payment", of.cinetpay.checkout_url), &body.to_string())
    }

    fn check(of: &Endpoints, name: &str, value: &str) -> Value {
        let body = json!({"apikey": of.cinetpay.apikey, "site_id": of.cinetpay.site_id, name: value});
        post_json(&format!("{}/v2/payment/check", of.cinetpay.checkout_url), &body.to_string()).json()
    }

    fn admin(&self, path: &str) -> Answer {
        get(&format!("{}{path}", self.sandbox.endpoints().admin_url))
    }

    /// Whose movements there are, in order.
    fn moved(&self) -> Vec<String> {
        let line = |moved: &Movement| format!("{} {} {}", moved.merchant, moved.gateway, moved.order_id);
        self.sandbox.ledger().iter().map(line).collect()
    }
}

fn log_in(of: &Endpoints) -> String {
    let cinetpay = &of.cinetpay;
    let form = [("apikey", cinetpay.apikey.as_str()), ("password", &cinetpay.password)];
    let answer = post_form(&format!("{}/v1/auth/login", cinetpay.transfer_url), &form).json();
    answer["data"]["token"].as_str().unwrap().to_owned()
}

#[test]
fn the_first_is_as_without_the_others() {
    let alone = Sandbox::start_blocking(Settings::default()).unwrap();
    let two = Two::start();
    let [first, shop] = two.both();
    let secrets = |of: &Endpoints| {
        let (c, b) = (of.cinetpay.clone(), of.bitlipa.clone());
        [
            c.apikey,
            c.site_id,
            c.secret_key,
            c.password,
            b.public_id,
            b.merchant_id,
            b.secret,
            of.adullam.token.clone(),
        ]
    };
    assert_eq!(secrets(first), secrets(alone.endpoints()));
    for (one, other) in secrets(first).iter().zip(&secrets(shop)) {
        assert_ne!(one, other);
    }
    assert!(secrets(shop).iter().all(|text| text.starts_with("sandbox") || text.starts_with("900")));
    assert_eq!(first.cinetpay.checkout_url, shop.cinetpay.checkout_url);
    assert!(two.sandbox.endpoints_of("nobody").is_none());
    let listed = two.admin("/api/merchants").json();
    assert_eq!((&listed["items"][0]["name"], &listed["items"][1]["name"]), (&json!("main"), &json!("shop")));
    assert_eq!(listed["items"][1]["bitlipa"]["secret"], json!(shop.bitlipa.secret));
}

#[test]
fn equal_transaction_ids_are_two_payments() {
    let two = Two::start();
    let [first, shop] = two.both();
    let tokens = [two.pay(first, "SAME", 100), two.pay(shop, "SAME", 500)].map(|answer| {
        assert_eq!(answer.json()["code"], "201", "{}", answer.body);
        answer.json()["data"]["payment_token"].as_str().unwrap().to_owned()
    });
    assert_ne!(tokens[0], tokens[1]);
    assert_eq!(Two::check(first, "transaction_id", "SAME")["data"]["amount"], "100");
    assert_eq!(Two::check(shop, "transaction_id", "SAME")["data"]["amount"], "500");
    assert_eq!(Two::check(shop, "token", &tokens[0])["code"], "608", "another's token is unknown");
    two.pay(first, "MINE", 100);
    assert_eq!(Two::check(shop, "transaction_id", "MINE")["code"], "608");

    // One merchant's apikey with the other's site.
    let mixed =
        json!({"apikey": first.cinetpay.apikey, "site_id": shop.cinetpay.site_id, "token": tokens[0]});
    let mixed = post_json(&format!("{}/v2/payment/check", first.cinetpay.checkout_url), &mixed.to_string());
    assert_eq!(mixed.json()["code"], "613");

    // Each page decides its own payment, and each notification is signed with its own merchant's secret.
    let page = format!("{}/payment/{}", shop.cinetpay.checkout_url, tokens[1]);
    assert!(get(&page).body.contains("500\u{a0}XOF"));
    let choice = [("step", "choose"), ("country", "CI"), ("operator", "OM"), ("phone", "0707070707")];
    assert_eq!(fill_form(&page, &choice).status, 303);
    assert_eq!(fill_form(&page, &[("decision", "approve"), ("pin", "1234")]).status, 303);
    assert_eq!(two.moved(), ["shop cinetpay-checkout SAME"]);
    assert_eq!(Two::check(first, "transaction_id", "SAME")["code"], "662");
    assert_eq!(Two::check(shop, "transaction_id", "SAME")["code"], "00");
    let posts = two.merchant.wait_for_posts(2);
    let site = |post: &Received| post.form().into_iter().find(|(name, _)| name == "cpm_site_id").unwrap().1;
    assert!(posts.iter().all(|post| site(post) == shop.cinetpay.site_id));
    let shown = two.admin("/api/orders/cinetpay-checkout/SAME?merchant=shop").json();
    assert_eq!(shown["order"]["state"], "approved");
    assert!(shown["callbacks"].as_array().unwrap().iter().all(|one| one["signature"]["valid"] == true));
    let shown = two.admin("/api/orders/cinetpay-checkout/SAME").json();
    assert_eq!((&shown["order"]["merchant"], &shown["order"]["state"]), (&json!("main"), &json!("open")));
    assert_eq!((&shown["callbacks"], &shown["ledger"]), (&json!([]), &json!([])));
    assert_eq!(two.admin("/api/orders/cinetpay-checkout/MINE?merchant=shop").status, 404);
    assert_eq!(two.admin("/api/ledger/keys/SAME?merchant=main").json()["count"], 0);
    assert_eq!(two.admin("/api/ledger/keys/SAME?merchant=shop").json()["count"], 1);

    assert!(two.sandbox.settle("cinetpay-checkout", "SAME", Decision::Refuse), "main's is still open");
    assert!(!two.sandbox.settle_of("shop", "cinetpay-checkout", "SAME", Decision::Refuse));
}

#[test]
fn accounts_contacts_and_tokens_of_transfers_are_apart() {
    let two = Two::start();
    let [first, shop] = two.both();
    let tokens = [log_in(first), log_in(shop)];
    let url =
        |path: &str, token: &str| format!("{}/v1/transfer/{path}?token={token}", first.cinetpay.transfer_url);
    let balance = |token: &str| get(&url("check/balance", token)).json()["data"].clone();
    assert_eq!(balance(&tokens[0])["available"], 10_000_000);
    assert_eq!(balance(&tokens[1])["available"], 4_000);
    let contact =
        json!([{"prefix": "225", "phone": "0707000001", "name": "A", "surname": "B", "email": "a@b.ci"}])
            .to_string();
    let order =
        json!([{"prefix": "225", "phone": "0707000001", "amount": 1000, "notify_url": two.merchant.url,
        "client_transaction_id": "OUT-1"}])
        .to_string();
    let send = |token: &str| {
        post_form(&url("money/send/contact", token), &[("data", &order)]).json()["data"][0][0]["code"].clone()
    };
    let add = |token: &str| {
        post_form(&url("contact", token), &[("data", &contact)]).json()["data"][0][0]["code"].clone()
    };
    assert_eq!(add(&tokens[0]), 0);
    assert_eq!(send(&tokens[1]), 724, "another's contact is none of mine");
    assert_eq!(add(&tokens[1]), 0, "nor known to me");
    assert_eq!([send(&tokens[0]), send(&tokens[1])], [0, 0], "one id, two merchants");
    assert_eq!(send(&tokens[1]), 805);
    assert_eq!(balance(&tokens[1])["inUsing"], 1_000);
    assert!(two.sandbox.settle_of("shop", "cinetpay-transfer", "OUT-1", Decision::Approve));
    assert_eq!(balance(&tokens[0])["amount"], 10_000_000);
    assert_eq!(balance(&tokens[1])["amount"], 3_000);
    let state = |token: &str| {
        let url = format!("{}&client_transaction_id=OUT-1", url("check/money", token));
        get(&url).json()["data"][0]["treatment_status"].clone()
    };
    assert_eq!([state(&tokens[0]), state(&tokens[1])], ["NEW", "VAL"]);
    assert_eq!(two.moved(), ["shop cinetpay-transfer OUT-1"]);

    // Wrong passwords of a known apikey, and nobody's apikey.
    let login = format!("{}/v1/auth/login", first.cinetpay.transfer_url);
    for (apikey, password) in
        [(&shop.cinetpay.apikey, &first.cinetpay.password), (&"nobody".to_owned(), &shop.cinetpay.password)]
    {
        let answer = post_form(&login, &[("apikey", apikey), ("password", password)]);
        assert_eq!((answer.status, &answer.json()["code"]), (401, &json!("701")));
    }
}

#[test]
fn bitlipa_and_adullam_tell_merchants_apart() {
    let two = Two::start();
    let both = two.both();
    let call = |of: &Endpoints, call: &str, secret: &str| {
        let mut body = Body(Vec::new());
        body.set("merchant_id", Part::Text(of.bitlipa.merchant_id.clone()));
        body.set("order_id", Part::Text("ORDER".to_owned()));
        if call != "status" {
            body.set("customer_id", Part::Text("254700000001".to_owned()));
            body.set("amount", Part::Text("100.00".to_owned()));
            body.set("currency", Part::Text("KES".to_owned()));
            body.set("callback_url", Part::Text(format!("{}/cb", two.merchant.url)));
            body.set("provider_id", Part::Number(199));
            let names = [("customer_name", "A B"), ("customer_email", "a@example.com")];
            let extra = names.map(|(name, value)| (name.to_owned(), value.to_owned()));
            body.set("extra", Part::Object(extra.to_vec()));
        }
        let url = format!("{}/{}/{call}", of.bitlipa.base_url, of.bitlipa.public_id);
        post_json(&url, &body.signed(secret)).json()
    };
    let created = call(both[1], "payment_c2b", &both[1].bitlipa.secret);
    assert_eq!(created["status"], 1, "{created}");
    assert_eq!(call(both[1], "status", &both[0].bitlipa.secret)["result"]["code"], 10201);
    assert_eq!(call(both[0], "status", &both[0].bitlipa.secret)["status"], -1, "unknown to the other");
    assert!(two.sandbox.settle_of("shop", "bitlipa", "ORDER", Decision::Approve));
    assert_eq!(call(both[1], "status", &both[1].bitlipa.secret)["status"], 2);
    let shown = two.admin("/api/orders/bitlipa/ORDER?merchant=shop").json();
    assert_eq!(shown["callbacks"][0]["signature"]["valid"], true, "with its own merchant's secret");

    let checkout = |of: &Endpoints, token: &str| {
        let bearer = format!("Bearer {token}");
        let headers = [
            ("authorization", bearer.as_str()),
            ("idempotency-key", "KEY"),
            ("content-type", "application/json"),
        ];
        let body = json!({"amount": 500, "currency": "XOF", "user_phone": "+2250707070707"}).to_string();
        request("POST", &format!("{}/v1/checkouts", of.adullam.base_url), &headers, &body)
    };
    let [one, other] = both.map(|of| checkout(of, &of.adullam.token));
    assert_eq!((one.status, other.status), (201, 201), "one key, two merchants");
    assert_ne!(one.json()["id"], other.json()["id"]);
    assert_eq!(checkout(both[0], &both[0].adullam.token).status, 200);
    let token = |password: &str| {
        let body = json!({"phone": "+22507123456", "password": password}).to_string();
        let answer = post_json(&format!("{}/v1/auth/token", both[0].adullam.base_url), &body).json();
        answer["access_token"].as_str().map(str::to_owned)
    };
    let short = token("sandbox-password-shop").unwrap();
    assert_eq!(checkout(both[1], &short).json()["id"], other.json()["id"], "the shop's own checkout again");
    assert_eq!(token("sandbox-password-nobody"), None);
}

#[test]
fn a_fault_can_be_one_merchants_own() {
    let two = Two::start();
    let [first, shop] = two.both();
    let admin = &first.admin_url;
    let fault = json!({"kind": "error_500", "merchant": "shop"}).to_string();
    assert_eq!(post_json(&format!("{admin}/api/faults"), &fault).status, 201);
    assert_eq!((two.pay(first, "F", 100).status, two.pay(shop, "F", 100).status), (200, 500));
    for wrong in
        [json!({"kind": "error_500", "merchant": "nobody"}), json!({"kind": "reset", "merchant": "shop"})]
    {
        assert_eq!(post_json(&format!("{admin}/api/faults"), &wrong.to_string()).status, 400, "{wrong}");
    }
}

#[test]
fn all_merchants_begin_anew_after_a_reset() {
    let two = Two::start();
    let [_, shop] = two.both();
    let first = two.pay(shop, "R", 100).json();
    assert_eq!(post_json(&format!("{}/api/reset", shop.admin_url), "{}").status, 200);
    assert_eq!(Two::check(shop, "transaction_id", "R")["code"], "608");
    assert_eq!(two.pay(shop, "R", 100).json()["data"], first["data"], "the same seed, the same token");
}
