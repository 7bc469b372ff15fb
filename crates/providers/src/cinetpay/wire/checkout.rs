//! The checkout's spelling ("Initiating a payment", "Verification").

use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};

use crate::json::Scalar;

/// The body of `POST /v2/payment`. It carries the login, for there is no header for one.
#[derive(Serialize)]
pub(in crate::cinetpay) struct PaymentBody<'a> {
    pub(in crate::cinetpay) apikey: &'a str,
    pub(in crate::cinetpay) site_id: &'a str,
    #[serde(flatten)]
    pub(in crate::cinetpay) payment: Payment<'a>,
    pub(in crate::cinetpay) notify_url: &'a str,
    pub(in crate::cinetpay) return_url: &'a str,
}

/// The fields that the page without redirect takes as well.
#[derive(Serialize)]
pub(in crate::cinetpay) struct Payment<'a> {
    pub(in crate::cinetpay) transaction_id: &'a str,
    pub(in crate::cinetpay) amount: u64,
    pub(in crate::cinetpay) currency: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cinetpay) alternative_currency: Option<&'a str>,
    pub(in crate::cinetpay) description: &'a str,
    pub(in crate::cinetpay) channels: &'static str,
    #[serde(flatten)]
    pub(in crate::cinetpay) customer: Customer<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cinetpay) metadata: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cinetpay) lang: Option<&'static str>,
    #[serde(skip_serializing_if = "Pairs::is_empty")]
    pub(in crate::cinetpay) invoice_data: Pairs<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cinetpay) lock_phone_number: Option<bool>,
}

/// `customer_name` is the family name, `customer_surname` the first name.
#[derive(Default, Serialize)]
pub(in crate::cinetpay) struct Customer<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cinetpay) customer_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cinetpay) customer_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cinetpay) customer_surname: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cinetpay) customer_email: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cinetpay) customer_phone_number: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cinetpay) customer_address: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cinetpay) customer_city: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cinetpay) customer_country: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cinetpay) customer_state: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cinetpay) customer_zip_code: Option<&'a str>,
}

/// An object with the merchant's own names, in the merchant's order.
pub(in crate::cinetpay) struct Pairs<'a>(pub(in super::super) &'a [(String, String)]);

impl Pairs<'_> {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for Pairs<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// The body of `POST /v2/payment/check`: exactly one of the last three.
#[derive(Default, Serialize)]
pub(in crate::cinetpay) struct CheckBody<'a> {
    pub(in crate::cinetpay) apikey: &'a str,
    pub(in crate::cinetpay) site_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cinetpay) transaction_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cinetpay) token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cinetpay) payment_token: Option<&'a str>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(in crate::cinetpay) struct Created {
    pub(in crate::cinetpay) payment_token: Scalar,
    pub(in crate::cinetpay) payment_url: Scalar,
}

/// Every member may be missing, `null`, empty or one blank; the answers of 2021 had no amount, currency or status.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in crate::cinetpay) struct State {
    pub(in crate::cinetpay) amount: Scalar,
    pub(in crate::cinetpay) currency: Scalar,
    pub(in crate::cinetpay) status: Scalar,
    pub(in crate::cinetpay) payment_method: Scalar,
    pub(in crate::cinetpay) description: Scalar,
    pub(in crate::cinetpay) metadata: Scalar,
    pub(in crate::cinetpay) operator_id: Scalar,
    pub(in crate::cinetpay) payment_date: Scalar,
    pub(in crate::cinetpay) fund_availability_date: Scalar,
    pub(in crate::cinetpay) phone_prefix: Scalar,
    pub(in crate::cinetpay) phone_number: Scalar,
}

impl State {
    /// Whether nothing is said of any payment.
    pub(in crate::cinetpay) fn is_empty(&self) -> bool {
        let Self {
            amount,
            currency,
            status,
            payment_method,
            description,
            metadata,
            operator_id,
            payment_date,
            fund_availability_date,
            phone_prefix,
            phone_number,
        } = self;
        [
            amount,
            currency,
            status,
            payment_method,
            description,
            metadata,
            operator_id,
            payment_date,
            fund_availability_date,
            phone_prefix,
            phone_number,
        ]
        .into_iter()
        .all(|member| member.as_str().trim().is_empty())
    }
}

/// What the browser script is configured with.
#[derive(Serialize)]
pub(in crate::cinetpay) struct ScriptConfig<'a> {
    pub(in crate::cinetpay) apikey: &'a str,
    pub(in crate::cinetpay) site_id: &'a str,
    pub(in crate::cinetpay) notify_url: &'a str,
    pub(in crate::cinetpay) mode: &'static str,
}
