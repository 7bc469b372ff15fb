use std::sync::Arc;

use nzimbu::bitlipa::{
    B2cOutcome, B2cRequest, Bitlipa, C2bRequest, Config, HostedPageRequest, Schema, Transaction,
};
use nzimbu_core::secret::Secret;
use nzimbu_core::{
    BaseUrl, Exchange, NextAction, OrderName, PageUrl, ProviderError, RawCallback, SharedProvider, UnixTime,
};

use super::Gateway;
use crate::args::Args;
use crate::text::{self, Told};

const SECRETS: &[(&str, &str)] = &[("secretKey", SECRET), ("secretKey before", SECRET_BEFORE)];
const SECRET: &str = "test-secret-key-6ad5";
const SECRET_BEFORE: &str = "test-secret-key-of-last-year";
/// The sample ids of the documentation.
const PUBLIC_ID: &str = "f54ec96649be11ebb3780242ac130002";
const MERCHANT_ID: &str = "e0fecd91fcb24f348048193b3fb34875ba3722b4";

#[derive(Debug)]
struct Account(Bitlipa);

pub(super) fn open(with: &mut Args) -> Result<Box<dyn Gateway>, String> {
    let base = BaseUrl::parse("https://api.bitlipa.example").map_err(told)?;
    let mut config = Config::new(base, PUBLIC_ID, MERCHANT_ID, Secret::new(SECRET));
    config.secrets.push(Secret::new(SECRET_BEFORE));
    config.notify_url = Some("https://shop.example/bitlipa".into());
    config.banks_path = with.take("banks_path");
    if with.take("schema").as_deref() == Some("lenient") {
        config.callback_schema = Schema::Lenient;
    }
    for id in with.take("picks").unwrap_or_default().split(',').filter(|id| !id.is_empty()) {
        config.picks.push(id.parse().map_err(told)?);
    }
    Ok(Box::new(Account(Bitlipa::new(config).map_err(told)?)))
}

impl Gateway for Account {
    fn provider(&self) -> SharedProvider {
        Arc::new(self.0.clone())
    }

    fn secrets(&self) -> &'static [(&'static str, &'static str)] {
        SECRETS
    }

    fn call(&self, name: &str, args: &mut Args) -> Result<Option<Exchange<Told>>, String> {
        let bitlipa = &self.0;
        Ok(Some(match name {
            "bitlipa.payment_c2b" => {
                bitlipa.payment_c2b(&c2b(args)?).map(|told| Told::of(&told, shown(&told)))
            }
            "bitlipa.payment_b2c" => bitlipa.payment_b2c(&b2c(args)?).map(|told| {
                let text = match &told {
                    B2cOutcome::Accepted(transaction) => format!("accepted: {}", shown(transaction)),
                    B2cOutcome::ConfirmationRequired { confirm_type, transaction } => {
                        format!("confirmation required, kind {confirm_type}: {}", shown(transaction))
                    }
                };
                Told::of(&told, text)
            }),
            "bitlipa.status" => {
                let order = OrderName::parse(&args.need("order")?).map_err(told)?;
                bitlipa.status(&order).map(|told| Told::of(&told, shown(&told)))
            }
            "bitlipa.banks" => {
                let id = args.number("provider")?.ok_or("provider is missing")?;
                bitlipa.banks(id).map(|banks| Told::plain(&banks))
            }
            "bitlipa.hosted_page_link" => {
                Exchange::done(match bitlipa.hosted_page_link(&hosted_page(args)?) {
                    Ok(page) => Ok(Told::of(&page, format!("link {}", page.as_str()))),
                    Err(problems) => Err(ProviderError::from(problems)),
                })
            }
            _ => return Ok(None),
        }))
    }

    fn verify(&self, _name: &str, _callback: &RawCallback<'_>, _now: UnixTime) -> Option<Told> {
        None
    }
}

fn c2b(args: &mut Args) -> Result<C2bRequest, String> {
    let provider = args.number("provider")?.ok_or("provider is missing")?;
    let mut request = C2bRequest::new(args.order()?, args.money("amount")?, provider);
    request.payer = args.customer("payer.")?;
    request.customer_id = args.take("customer_id").map(String::into_boxed_str);
    request.country = args.country("country")?;
    request.notify_url = args.take("notify_url");
    Ok(request)
}

fn b2c(args: &mut Args) -> Result<B2cRequest, String> {
    let provider = args.number("provider")?.ok_or("provider is missing")?;
    // The common payout reads bank code and document; its channel is not used here.
    let common = args.payout()?;
    let mut request = B2cRequest::new(common.order, common.amount, provider);
    request.recipient = common.recipient;
    request.bank_code = common.bank_code;
    request.document = common.document;
    request.notify_url = common.notify_url;
    request.customer_id = args.take("customer_id").map(String::into_boxed_str);
    request.country = args.country("country")?;
    Ok(request)
}

fn hosted_page(args: &mut Args) -> Result<HostedPageRequest, String> {
    let provider = args.number("provider")?.ok_or("provider is missing")?;
    let mut request = HostedPageRequest::new(args.order()?, provider);
    request.payer = args.customer("payer.")?;
    request.customer_id = args.take("customer_id").map(String::into_boxed_str);
    request.amount = args.take("amount").map(|text| crate::args::money(&text)).transpose()?;
    if let Some(country) = args.take("country") {
        request.country = country.into_boxed_str();
    }
    request.name = args.take("name").map(String::into_boxed_str);
    request.email = args.take("email").map(String::into_boxed_str);
    request.notify_url = args.take("notify_url");
    Ok(request)
}

fn shown(transaction: &Transaction) -> String {
    let text_of = |text: &Option<Box<str>>| text.as_deref().map(str::to_owned);
    let code = |result: &nzimbu::bitlipa::ResultCode| {
        let code = result.code.as_deref()?;
        Some(format!("{code} {}", result.message.as_deref().unwrap_or_default()).trim_end().to_owned())
    };
    let extra = &transaction.extra;
    let next = transaction.next_action();
    text::rows(
        &format!(
            "transaction {} {} ({})",
            transaction.order,
            transaction.status.as_str(),
            transaction.raw_status
        ),
        &[
            ("transaction id", transaction.transaction_id.as_ref().map(ToString::to_string)),
            ("transaction ref", text_of(&transaction.transaction_ref)),
            ("result", code(&transaction.result)),
            ("provider result", code(&transaction.provider_result)),
            ("message", text_of(&extra.customer_message)),
            ("redirect", extra.customer_redirect.as_ref().map(PageUrl::as_str).map(str::to_owned)),
            ("untrusted redirect", extra.untrusted_redirect.then(|| "left out".to_owned())),
            ("transfer amount", extra.transfer_amount.map(|amount| amount.to_string())),
            ("account", text_of(&extra.account_number)),
            ("bank", text_of(&extra.bank_name)),
            ("amount", transaction.amount.map(|amount| amount.to_string())),
            ("service", text_of(&transaction.service_id)),
            ("version", text_of(&transaction.service_version)),
            ("at", text_of(&transaction.service_date_time)),
            ("next", (next != NextAction::None).then(|| format!("{next:?}"))),
        ],
    )
}

fn told<E: std::fmt::Display>(error: E) -> String {
    error.to_string()
}
