//! A merchant with the sandbox behind it.

use std::io::{Read, Write};
use std::net::TcpListener;

use hmac::{Hmac, KeyInit, Mac};
use nzimbu_sandbox::{Sandbox, Settings};
use serde_json::{Value, json};

use crate::client::post_json;
use crate::merchant::{Merchant, Received};

pub(crate) struct Shop {
    pub(crate) sandbox: Sandbox,
    pub(crate) merchant: Merchant,
}

impl Shop {
    /// Nothing is decided but on the pages.
    pub(crate) fn open() -> Shop {
        let mut settings = Settings::default();
        settings.auto = None;
        Shop { sandbox: Sandbox::start_blocking(settings).unwrap(), merchant: Merchant::start() }
    }

    /// Opens a CinetPay payment and tells the address of its counter.
    pub(crate) fn payment(&self, id: &str, change: &Value) -> String {
        let cinetpay = &self.sandbox.endpoints().cinetpay;
        let mut order = json!({
            "apikey": cinetpay.apikey, "site_id": cinetpay.site_id, "transaction_id": id, "amount": 2500,
            "currency": "XOF", "description": "Achat test", "notify_url": format!("{}/notify", self.merchant.url),
            "return_url": format!("{}/back", self.merchant.url), "channels": "ALL",
        });
        for (name, value) in change.as_object().unwrap() {
            order[name] = value.clone();
        }
        let answer = post_json(&format!("{}/v2/payment", cinetpay.checkout_url), &order.to_string()).json();
        answer["data"]["payment_url"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
    }

    /// Code and status of `payment/check`.
    pub(crate) fn check(&self, id: &str) -> (String, String) {
        let cinetpay = &self.sandbox.endpoints().cinetpay;
        let body =
            json!({"apikey": cinetpay.apikey, "site_id": cinetpay.site_id, "transaction_id": id}).to_string();
        let answer = post_json(&format!("{}/v2/payment/check", cinetpay.checkout_url), &body).json();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        (text(&answer["code"]), text(&answer["data"]["status"]))
    }

    /// Waits for the browser to come back from the counter.
    #[track_caller]
    pub(crate) fn returned(&self) -> Received {
        crate::client::until("the browser's return", || {
            self.merchant.posts().into_iter().find(|post| post.path == "/back")
        })
    }

    /// Orders a Bitlipa collection from Côte d'Ivoire, which a page with a one-time password confirms.
    pub(crate) fn collection(&self, id: &str) -> String {
        self.collect(id, ["2250707070707", "1000.00", "XOF", "CI", "193"]);
        self.status(id)["extra"]["customer_redirect"].as_str().unwrap().to_owned()
    }

    /// Orders a Bitlipa collection from Kenya, which a prompt on the phone confirms.
    pub(crate) fn prompt(&self, id: &str) {
        self.collect(id, ["254700000001", "100.00", "KES", "KE", "347"]);
    }

    fn collect(&self, id: &str, [phone, amount, currency, country, provider]: [&str; 5]) {
        let callback = format!("{}/notify", self.merchant.url);
        let members = [
            ("merchant_id", self.sandbox.endpoints().bitlipa.merchant_id.as_str()),
            ("customer_id", phone),
            ("order_id", id),
            ("amount", amount),
            ("currency", currency),
            ("country", country),
            ("callback_url", &callback),
        ];
        let text: String = members.iter().map(|(name, value)| format!("{name}{value}")).collect();
        let signature = self
            .signed(&format!("{text}provider_id{provider}extra.customer_nameA Bextra.customer_emaila@b.ci"));
        let members: Vec<String> =
            members.iter().map(|(name, value)| format!("{}:{}", json!(name), json!(value))).collect();
        let body = format!(
            "{{{},\"provider_id\":{provider},\"extra\":{{\"customer_name\":\"A B\",\
             \"customer_email\":\"a@b.ci\"}},\"signature\":\"{signature}\"}}",
            members.join(",")
        );
        let answer = post_json(&self.bitlipa("payment_c2b"), &body).json();
        assert_eq!(answer["status"], 1, "{answer}");
    }

    pub(crate) fn status(&self, id: &str) -> Value {
        let merchant_id = &self.sandbox.endpoints().bitlipa.merchant_id;
        let signature = self.signed(&format!("merchant_id{merchant_id}order_id{id}"));
        let body = format!(
            "{{\"merchant_id\":\"{merchant_id}\",\"order_id\":\"{id}\",\"signature\":\"{signature}\"}}"
        );
        post_json(&self.bitlipa("status"), &body).json()
    }

    /// A link to Bitlipa's hosted page.
    pub(crate) fn hosted_link(&self, id: &str, more: &[(&str, &str)]) -> String {
        let bitlipa = &self.sandbox.endpoints().bitlipa;
        let callback = format!("{}/notify", self.merchant.url);
        let pairs = [
            ("merchant_id", bitlipa.merchant_id.as_str()),
            ("customer_id", "customer-1"),
            ("order_id", id),
            ("country", "NG"),
            ("currency", "NGN"),
            ("provider_id", "5008"),
            ("operation", "c2b"),
            ("type", "bank_transfer"),
            ("callback_url", &callback),
        ];
        let pairs: Vec<_> = pairs.into_iter().chain(more.iter().copied()).collect();
        let text: String = pairs.iter().map(|(name, value)| format!("{name}{value}")).collect();
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(&pairs)
            .append_pair("signature", &self.signed(&text))
            .finish();
        format!("{}?{query}", bitlipa.hosted_page_url)
    }

    fn bitlipa(&self, call: &str) -> String {
        let bitlipa = &self.sandbox.endpoints().bitlipa;
        format!("{}/{}/{call}", bitlipa.base_url, bitlipa.public_id)
    }

    fn signed(&self, text: &str) -> String {
        let secret = &self.sandbox.endpoints().bitlipa.secret;
        let mut mac = Hmac::<sha2::Sha512>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(text.as_bytes());
        hex::encode(mac.finalize().into_bytes())
    }
}

/// Serves one page at an address of its own, and tells the address.
pub(crate) fn site(html: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let answer = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/html; charset=utf-8\r\ncontent-length: {}\r\n\
         connection: close\r\n\r\n{html}",
        html.len()
    );
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    url
}
