use std::sync::Arc;

use nzimbu::adullam::{Adullam, Checkout, CheckoutRequest, Config, Credentials};
use nzimbu_core::secret::Secret;
use nzimbu_core::{Exchange, PhoneNumber, RawCallback, SharedProvider, UnixTime};

use super::Gateway;
use crate::args::Args;
use crate::text::{self, Told};

const SECRETS: &[(&str, &str)] = &[("key", KEY), ("password", PASSWORD)];
const KEY: &str = "test-key-7f3a";
const PASSWORD: &str = "test-password-91";

#[derive(Debug)]
struct Checkouts(Adullam);

pub(super) fn open(with: &mut Args) -> Result<Box<dyn Gateway>, String> {
    let credentials = match with.take("credentials").as_deref() {
        None | Some("bearer") => Credentials::Bearer(Secret::new(KEY)),
        Some("x_auth") => Credentials::XAuth(Secret::new(KEY)),
        Some("password") => Credentials::Password {
            phone: PhoneNumber::parse("+2250700000001").map_err(|error| error.to_string())?,
            password: Secret::new(PASSWORD),
        },
        Some(other) => return Err(format!("no credentials: {other}")),
    };
    let mut config = Config::new(credentials);
    config.expires_in = with.seconds("expires_in")?;
    config.also_x_idempotency_key = with.take("also_x_idempotency_key").is_some();
    let adullam = Adullam::new(config).map_err(|problems| problems.to_string())?;
    Ok(Box::new(Checkouts(adullam)))
}

impl Gateway for Checkouts {
    fn provider(&self) -> SharedProvider {
        Arc::new(self.0.clone())
    }

    fn secrets(&self) -> &'static [(&'static str, &'static str)] {
        SECRETS
    }

    fn call(&self, name: &str, args: &mut Args) -> Result<Option<Exchange<Told>>, String> {
        if name != "adullam.create_checkout" {
            return Ok(None);
        }
        let mut request = CheckoutRequest::new(args.order()?, args.money("amount")?);
        request.payer = args.customer("payer.")?;
        request.description = args.take("description");
        request.expires_in = args.seconds("expires_in")?;
        Ok(Some(self.0.create_checkout(&request).map(|checkout| Told::of(&checkout, shown(&checkout)))))
    }

    fn verify(&self, _name: &str, _callback: &RawCallback<'_>, _now: UnixTime) -> Option<Told> {
        None
    }
}

fn shown(checkout: &Checkout) -> String {
    let text_of = |text: &Option<Box<str>>| text.as_deref().map(str::to_owned);
    let replayed = if checkout.replayed { "existing" } else { "new" };
    text::rows(
        &format!(
            "{replayed} checkout {} {} ({:?})",
            checkout.order,
            checkout.status.as_str(),
            &*checkout.raw_status
        ),
        &[
            ("id", Some(checkout.id.to_string())),
            ("amount", checkout.amount.map(|amount| amount.to_string())),
            ("fee", checkout.fee.map(|fee| fee.to_string())),
            ("payment id", text_of(&checkout.payment_id)),
            ("failure", text_of(&checkout.failure)),
            ("created at", checkout.created_at.map(text::time)),
            ("expires at", checkout.expires_at.map(text::time)),
            ("completed at", checkout.completed_at.map(text::time)),
        ],
    )
}
