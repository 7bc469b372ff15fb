use std::sync::Arc;

use nzimbu::cinetpay::{
    CallbackVerifier, Checkout, CheckoutConfig, CheckoutRequest, CinetPay, Config, Contact, PaymentNotice,
    PaymentState, ReturnVisit, TokenField, Transfer, TransferBatch, TransferConfig, TransferKey,
    TransferRequest, TransferState, Universe, Wallet,
};
use nzimbu_core::secret::Secret;
use nzimbu_core::{
    Currency, Exchange, GatewayRef, OrderName, ProviderError, RawCallback, SharedProvider, UnixTime,
};

use super::Gateway;
use crate::args::Args;
use crate::text::{self, Told};

const SECRETS: &[(&str, &str)] = &[("apikey", APIKEY), ("password", PASSWORD), ("Secret Key", SECRET_KEY)];
const APIKEY: &str = "test-apikey-52c1";
const PASSWORD: &str = "test-password-08";
/// The secret of the golden vectors, so that transcripts can use their notifications.
const SECRET_KEY: &str = "sk_demo_0123456789abcdef";
const SITE_ID: &str = "123456";

#[derive(Debug)]
struct Both(CinetPay);

pub(super) fn open(with: &mut Args) -> Result<Box<dyn Gateway>, String> {
    let apis = with.take("apis");
    let mut checkout = CheckoutConfig::new(Secret::new(APIKEY), SITE_ID);
    checkout.callback_secrets = vec![Secret::new(SECRET_KEY)];
    checkout.notify_url = Some("https://shop.example/cinetpay".into());
    checkout.return_url = Some("https://shop.example/thanks".into());
    checkout.currency = with.take("currency").map(|code| Currency::parse(&code)).transpose().map_err(told)?;
    if with.take("token_field").is_some() {
        checkout.token_field = TokenField::PaymentToken;
    }
    let mut transfer = TransferConfig::new(Secret::new(APIKEY), Secret::new(PASSWORD));
    transfer.currency = Some(Currency::Xof);
    transfer.notify_url = Some("https://shop.example/transfers".into());
    let config = match apis.as_deref() {
        None => Config::new(Some(checkout), Some(transfer)),
        Some("checkout") => Config::new(Some(checkout), None),
        Some("transfer") => Config::new(None, Some(transfer)),
        Some(other) => return Err(format!("no apis: {other}")),
    };
    Ok(Box::new(Both(CinetPay::new(config).map_err(told)?)))
}

impl Gateway for Both {
    fn provider(&self) -> SharedProvider {
        Arc::new(self.0.clone())
    }

    fn secrets(&self) -> &'static [(&'static str, &'static str)] {
        SECRETS
    }

    fn call(&self, name: &str, args: &mut Args) -> Result<Option<Exchange<Told>>, String> {
        let cinetpay = &self.0;
        Ok(Some(match name {
            "cinetpay.initialise" => {
                cinetpay.initialise(&checkout(args)?).map(|page| Told::of(&page, shown_page(&page)))
            }
            "cinetpay.check" => {
                cinetpay.check(&name_of(args)?).map(|state| Told::of(&state, shown_state(&state)))
            }
            "cinetpay.check_token" => cinetpay
                .check_token(&Secret::new(args.need("token")?))
                .map(|state| Told::of(&state, shown_state(&state))),
            "cinetpay.seamless_config" => Exchange::done(match cinetpay.seamless_config(&checkout(args)?) {
                Ok(seamless) => {
                    let text = format!("config {}\ncheckout {}", seamless.config, seamless.checkout);
                    Ok(Told::of(&seamless, text))
                }
                Err(problems) => Err(ProviderError::from(problems)),
            }),
            "cinetpay.return_visit" => {
                let visit = ReturnVisit::parse(args.need("form")?.as_bytes());
                let text = match &visit {
                    Err(error) => format!("refused {}\n  {error}", error.as_str()),
                    Ok(visit) => {
                        let token = visit.token.as_ref().map_or("none", Secret::expose);
                        let order = visit.order.as_ref().map_or("none", OrderName::as_str);
                        format!("visit for order {order}, token {token}; proves nothing")
                    }
                };
                Exchange::done(Ok(Told::of(&visit, text)))
            }
            "cinetpay.transfer_balance" => cinetpay.transfer_balance().map(|balance| Told::plain(&balance)),
            "cinetpay.add_contacts" => cinetpay.add_contacts(&contacts(args)?).map(|all| Told::plain(&all)),
            "cinetpay.send" => {
                cinetpay.send(&transfers(args)?).map(|batch| Told::of(&batch, shown_batch(&batch)))
            }
            "cinetpay.transfer" => {
                let person = args.customer("recipient.")?;
                let mut request = TransferRequest::new(args.order()?, args.money("amount")?, person);
                request.notify_url = args.take("notify_url");
                request.wallet = wallet(args.take("wallet"))?;
                cinetpay.transfer(&request).map(|state| Told::of(&state, shown_transfer(&state)))
            }
            "cinetpay.check_transfer" => {
                let reference = |text: String| GatewayRef::new(&text).ok_or("an empty reference".to_owned());
                let key = match (args.take("lot"), args.take("order"), args.take("reference")) {
                    (Some(lot), None, None) => TransferKey::Lot(reference(lot)?),
                    (None, Some(order), None) => TransferKey::Order(OrderName::parse(&order).map_err(told)?),
                    (None, None, Some(id)) => TransferKey::Reference(reference(id)?),
                    _ => return Err("exactly one of lot, order and reference".to_owned()),
                };
                cinetpay.check_transfer(&key).map(|states| {
                    let all = states.iter().map(shown_transfer).collect::<Vec<_>>().join("\n");
                    Told::of(&states, if states.is_empty() { "no transfer".to_owned() } else { all })
                })
            }
            _ => return Ok(None),
        }))
    }

    fn verify(&self, name: &str, callback: &RawCallback<'_>, _now: UnixTime) -> Option<Told> {
        let verifier = CallbackVerifier::new(SITE_ID, &[Secret::new(SECRET_KEY)]).ok()?;
        (name == "cinetpay.notice.verify").then(|| {
            let read = verifier.read(callback);
            let text = match &read {
                Ok(notice) => shown_notice(notice),
                Err(error) => format!("refused {}\n  {error}", error.as_str()),
            };
            Told::of(&read, text)
        })
    }
}

fn checkout(args: &mut Args) -> Result<CheckoutRequest, String> {
    let description = args.take("description").unwrap_or_default();
    let mut request = CheckoutRequest::new(args.order()?, args.money("amount")?, description);
    request.universe = match args.take("universe").as_deref() {
        None | Some("all") => Universe::All,
        Some("card") => Universe::CreditCard,
        Some("mobile_money") => Universe::MobileMoney,
        Some("wallet") => Universe::Wallet,
        Some(other) => return Err(format!("no universe: {other}")),
    };
    request.payer = args.customer("payer.")?;
    request.notify_url = args.take("notify_url");
    request.return_url = args.take("return_url");
    request.language = args.language()?;
    request.metadata = args.take("metadata");
    request.invoice =
        args.take_all("invoice.").into_iter().map(|(name, value)| (name.replace('_', " "), value)).collect();
    request.lock_phone = args.take("lock_phone").is_some();
    request.alternative_currency = args.take("alternative_currency");
    Ok(request)
}

/// `contact.1="+2250700000000,Kouassi,Awa,awa@example.com"`
fn contacts(args: &mut Args) -> Result<Vec<Contact>, String> {
    let read = |(name, text): (String, String)| {
        let parts: Vec<_> = text.split(',').collect();
        let [phone, family, first, email] = parts[..] else {
            return Err(format!("contact.{name} is phone,name,surname,email"));
        };
        let phone = nzimbu_core::PhoneNumber::parse(phone).map_err(told)?;
        Ok(Contact::new(phone, family, first, email))
    };
    args.take_all("contact.").into_iter().map(read).collect()
}

/// `transfer.TEST-ID1="500XOF,+2250700000000,wave_ci"`
fn transfers(args: &mut Args) -> Result<Vec<Transfer>, String> {
    let read = |(order, text): (String, String)| {
        let parts: Vec<_> = text.split(',').collect();
        let [amount, phone, rest @ ..] = &parts[..] else {
            return Err(format!("transfer.{order} is amount,phone[,wallet]"));
        };
        let order = nzimbu_core::OrderId::parse(&order).map_err(told)?;
        let phone = nzimbu_core::PhoneNumber::parse(phone).map_err(told)?;
        let mut transfer = Transfer::new(order, crate::args::money(amount)?, phone);
        transfer.wallet = wallet(rest.first().map(|name| (*name).to_owned()))?;
        Ok(transfer)
    };
    args.take_all("transfer.").into_iter().map(read).collect()
}

fn wallet(name: Option<String>) -> Result<Option<Wallet>, String> {
    match name.as_deref() {
        None => Ok(None),
        Some("wave_ci") => Ok(Some(Wallet::WaveCi)),
        Some("wave_sn") => Ok(Some(Wallet::WaveSn)),
        Some(other) => Err(format!("no wallet: {other}")),
    }
}

fn name_of(args: &mut Args) -> Result<OrderName, String> {
    OrderName::parse(&args.need("order")?).map_err(told)
}

fn shown_page(page: &Checkout) -> String {
    let id = page.response_id.as_deref().unwrap_or("none");
    format!(
        "page {}\n  order: {}\n  token: {}\n  response id: {id}",
        page.page.as_str(),
        page.order,
        page.token.expose()
    )
}

fn shown_state(state: &PaymentState) -> String {
    let phone = state.phone.as_ref().map(nzimbu_core::PhoneNumber::e164);
    text::rows(
        &format!("payment {} ({:?}, code {})", state.status.as_str(), &*state.raw_status, state.code),
        &[
            ("message", state.message.as_deref().map(str::to_owned)),
            ("amount", state.amount.map(|amount| amount.to_string())),
            ("method", state.method.as_ref().map(|method| method.as_str().to_owned())),
            ("operator id", state.operator_id.as_ref().map(ToString::to_string)),
            ("phone", phone.map(str::to_owned)),
            ("description", state.description.as_deref().map(str::to_owned)),
            ("metadata", state.metadata.as_deref().map(str::to_owned)),
            ("paid at", state.paid_at.map(text::time)),
            ("funds at", state.funds_at.map(text::time)),
            ("response id", state.response_id.as_deref().map(str::to_owned)),
        ],
    )
}

fn shown_transfer(state: &TransferState) -> String {
    let phone = state.phone.as_ref().map(nzimbu_core::PhoneNumber::e164);
    let order = state.order.as_ref().map_or("without our id", OrderName::as_str);
    text::rows(
        &format!("transfer {order} {} ({:?})", state.status.as_str(), &*state.raw_status),
        &[
            ("reference", state.reference.as_ref().map(ToString::to_string)),
            ("lot", state.lot.as_ref().map(ToString::to_string)),
            ("amount", state.amount.map(|amount| amount.to_string())),
            ("phone", phone.map(str::to_owned)),
            ("operator", state.operator.as_deref().map(str::to_owned)),
            ("approval", state.approval.as_ref().map(|approval| format!("{approval:?}"))),
            ("valid", state.valid.as_deref().map(str::to_owned)),
            ("comment", state.comment.as_deref().map(str::to_owned)),
            ("validated at", state.validated_at.map(text::time)),
        ],
    )
}

fn shown_batch(batch: &TransferBatch) -> String {
    let mut told = Vec::new();
    for one in &batch.results {
        let result = match &one.result {
            Ok(state) => shown_transfer(state),
            Err(error) => text::error(error).trim_end().to_owned(),
        };
        told.push(format!("{}: {result}", one.order));
    }
    told.extend(batch.unexpected.iter().map(|state| format!("unexpected {}", shown_transfer(state))));
    told.join("\n")
}

fn shown_notice(notice: &PaymentNotice) -> String {
    let text_of = |text: &Option<Box<str>>| text.as_deref().map(str::to_owned);
    text::rows(
        &format!("notice {} {}", notice.order, notice.amount),
        &[
            ("date", Some(text::time(notice.date))),
            ("key", Some(notice.proof.key_index().to_string())),
            ("mark", text_of(&notice.mark)),
            ("method", notice.method.as_ref().map(|method| method.as_str().to_owned())),
            ("phone", text_of(&notice.phone)),
            ("phone prefix", text_of(&notice.phone_prefix)),
            ("language", text_of(&notice.language)),
            ("metadata", text_of(&notice.metadata)),
            ("description", text_of(&notice.description)),
            ("hint", text_of(&notice.hint)),
        ],
    )
}

fn told<E: std::fmt::Display>(error: E) -> String {
    error.to_string()
}
