//! The payment page inside the merchant's own page, opened by the gateway's browser script.

use std::fmt;

use nzimbu_core::Problems;
use serde::Serialize;

use super::CinetPay;
use super::checkout::CheckoutRequest;
use super::rules::checkout::Way;
use super::{rules, wire};

/// The two objects that the Seamless script takes, as JSON that is safe inside a `<script>` of an HTML page: no
/// text of the merchant's or the customer's can end the element or the line.
///
/// **The `apikey` in it becomes public**, as everything in a page does; the documents want it so. What is paid
/// counts only after [`check`](CinetPay::check) on the server, amount included: in the browser every value can be
/// changed.
#[derive(Clone, Eq, PartialEq)]
#[non_exhaustive]
pub struct Seamless {
    /// The script's configuration: `apikey`, `site_id`, `notify_url` and `mode`.
    pub config: String,
    /// The payment: `transaction_id`, `amount`, `currency`, `channels`, `description` and what else is set.
    pub checkout: String,
}

impl fmt::Debug for Seamless {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Seamless({} and {} bytes)", self.config.len(), self.checkout.len())
    }
}

impl Seamless {
    /// Both as one object: `{"config":{…},"checkout":{…}}`, with the `apikey` in it. There is no `Display`, so that
    /// nobody prints it by accident.
    #[must_use]
    pub fn to_object(&self) -> String {
        format!(r#"{{"config":{},"checkout":{}}}"#, self.config, self.checkout)
    }
}

impl CinetPay {
    /// Prepares the payment page for the browser script. Nothing is sent; the script opens the payment.
    ///
    /// ```
    /// # use nzimbu_core::secret::Secret;
    /// # use nzimbu_core::{Currency, Money, OrderId};
    /// # use nzimbu_providers::cinetpay::{CheckoutConfig, CheckoutRequest, CinetPay, Config};
    /// # let mut checkout = CheckoutConfig::new(Secret::new("your apikey"), "445160");
    /// # checkout.notify_url = Some("https://shop.example/cinetpay".into());
    /// # let cinetpay = CinetPay::new(Config::new(Some(checkout), None))?;
    /// let amount = Money::parse_major("2500", Currency::Xof)?;
    /// let seamless = cinetpay.seamless_config(&CheckoutRequest::new(OrderId::parse("INV-7")?, amount, "Tea"))?;
    /// let page = format!("<script>const cinetpay = {};</script>", seamless.to_object());
    /// assert!(page.contains(r#""mode":"PRODUCTION""#));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Every fault of the request, as in [`initialise`](Self::initialise), but a return URL is not needed; and
    /// `checkout` where the settings have none.
    pub fn seamless_config(&self, request: &CheckoutRequest) -> Result<Seamless, Problems> {
        let Some(part) = &self.shared.checkout else {
            let mut problems = Problems::default();
            problems.require("checkout", None);
            return Err(problems);
        };
        let checked = rules::checkout::checkout(&self.shared, part, request, None, Way::Script)?;
        let config = wire::checkout::ScriptConfig {
            apikey: part.config.api_key.expose(),
            site_id: &part.config.site_id,
            notify_url: checked.notify_url,
            // The page names no other mode, and there is no sandbox.
            mode: "PRODUCTION",
        };
        Ok(Seamless { config: embeddable(&config), checkout: embeddable(&checked.payment) })
    }
}

/// JSON without a character that means something to an HTML parser, or ends a line of JavaScript. All of them can
/// stand only inside texts, where the escape means the same.
fn embeddable<T: Serialize>(value: &T) -> String {
    let json = serde_json::to_string(value).expect("wire shapes have text keys and no failing parts");
    let mut safe = String::with_capacity(json.len());
    for sign in json.chars() {
        match sign {
            '<' | '>' | '&' | '\'' | '\u{2028}' | '\u{2029}' => {
                safe.push_str(&format!("\\u{:04x}", u32::from(sign)));
            }
            _ => safe.push(sign),
        }
    }
    safe
}
