//! The checkout's spelling ("Initiating a payment", "Verification").

use serde::ser::{SerializeMap, SerializeStruct};
use serde::{Serialize, Serializer};

use crate::json::{Body, Given, answer, body};

body! {
    /// The body of `POST /v2/payment`. It carries the login, for there is no header for one.
    pub(in crate::cinetpay) struct PaymentBody<'a> {
        apikey: &'a str,
        site_id: &'a str,
        payment: Payment<'a>,
        notify_url: &'a str,
        return_url: &'a str,
    }
}

body! {
    /// The fields that the page without redirect takes as well.
    pub(in crate::cinetpay) struct Payment<'a> {
        transaction_id: &'a str,
        amount: u64,
        currency: &'static str,
        alternative_currency: Option<&'a str>,
        description: &'a str,
        channels: &'static str,
        customer: Customer<'a>,
        metadata: Option<&'a str>,
        lang: Option<&'static str>,
        invoice_data: Pairs<'a>,
        lock_phone_number: Option<bool>,
    }
}

/// Its members stand among those of the body around it.
impl Given for Payment<'_> {
    fn write<O: SerializeStruct>(&self, _: &'static str, object: &mut O) -> Result<(), O::Error> {
        Body::write(self, object)
    }
}

body! {
    /// `customer_name` is the family name, `customer_surname` the first name.
    #[derive(Default)]
    pub(in crate::cinetpay) struct Customer<'a> {
        customer_id: Option<&'a str>,
        customer_name: Option<&'a str>,
        customer_surname: Option<&'a str>,
        customer_email: Option<&'a str>,
        customer_phone_number: Option<&'a str>,
        customer_address: Option<&'a str>,
        customer_city: Option<&'a str>,
        customer_country: Option<&'a str>,
        customer_state: Option<&'a str>,
        customer_zip_code: Option<&'a str>,
    }
}

/// Its members stand among those of the body around it.
impl Given for Customer<'_> {
    fn write<O: SerializeStruct>(&self, _: &'static str, object: &mut O) -> Result<(), O::Error> {
        Body::write(self, object)
    }
}

/// An object with the merchant's own names, in the merchant's order, left out where it is empty.
pub(in crate::cinetpay) struct Pairs<'a>(pub(in crate::cinetpay) &'a [(String, String)]);

impl Given for Pairs<'_> {
    fn write<O: SerializeStruct>(&self, name: &'static str, object: &mut O) -> Result<(), O::Error> {
        if self.0.is_empty() { Ok(()) } else { object.serialize_field(name, self) }
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

body! {
    /// The body of `POST /v2/payment/check`: exactly one of the last three.
    #[derive(Default)]
    pub(in crate::cinetpay) struct CheckBody<'a> {
        apikey: &'a str,
        site_id: &'a str,
        transaction_id: Option<&'a str>,
        token: Option<&'a str>,
        payment_token: Option<&'a str>,
    }
}

answer! {
    pub(in crate::cinetpay) struct Created {
        payment_token,
        payment_url,
    }
}

answer! {
    /// Every member may be missing, `null`, empty or one blank; the answers of 2021 had no amount, currency or status.
    pub(in crate::cinetpay) struct State {
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
    }
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

body! {
    /// What the browser script is configured with.
    pub(in crate::cinetpay) struct ScriptConfig<'a> {
        apikey: &'a str,
        site_id: &'a str,
        notify_url: &'a str,
        mode: &'static str,
    }
}
