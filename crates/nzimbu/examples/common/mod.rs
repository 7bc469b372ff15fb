//! What the examples share: a sandbox, its credentials, and a customer. A program of yours has real ones instead.
#![allow(dead_code, reason = "each example takes what it needs")]
#![allow(unreachable_pub, reason = "a module of examples has no outside")]

use std::error::Error;
use std::time::Duration;

use nzimbu::adullam::{self, Adullam};
use nzimbu::bitlipa::{self, Bitlipa};
use nzimbu::cinetpay::{self, CinetPay};
use nzimbu::{BaseUrl, Currency, Customer, Money, Operation, OrderId, PhoneNumber, Secret};
use nzimbu_sandbox::{Sandbox, Settings};

pub type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Starts the sandbox. Nobody has to approve: it does so by itself after a moment.
pub fn sandbox() -> Result<Sandbox> {
    let mut settings = Settings::default();
    settings.auto = Some(Duration::from_millis(100));
    Ok(Sandbox::start_blocking(settings)?)
}

pub fn cinetpay(sandbox: &Sandbox) -> Result<CinetPay> {
    let ours = &sandbox.endpoints().cinetpay;
    let api_key = Secret::new(&ours.apikey);
    let mut checkout = cinetpay::CheckoutConfig::new(api_key.clone(), &ours.site_id);
    checkout.base_url = BaseUrl::parse(&ours.checkout_url)?;
    checkout.callback_secrets = vec![Secret::new(&ours.secret_key)];
    checkout.notify_url = Some("http://127.0.0.1:9/cinetpay".into());
    checkout.return_url = Some("http://127.0.0.1:9/thanks".into());
    let mut transfer = cinetpay::TransferConfig::new(api_key, Secret::new(&ours.password));
    transfer.base_url = BaseUrl::parse(&ours.transfer_url)?;
    transfer.currency = Some(Currency::Xof);
    transfer.notify_url = Some("http://127.0.0.1:9/cinetpay".into());
    Ok(CinetPay::new(cinetpay::Config::new(Some(checkout), Some(transfer)))?)
}

pub fn bitlipa(sandbox: &Sandbox) -> Result<Bitlipa> {
    let ours = &sandbox.endpoints().bitlipa;
    let base_url = BaseUrl::parse(&ours.base_url)?;
    let mut config =
        bitlipa::Config::new(base_url, &ours.public_id, &ours.merchant_id, Secret::new(&ours.secret));
    config.hosted_page = BaseUrl::parse(&ours.hosted_page_url)?;
    config.banks_path = Some("banks".into());
    Ok(Bitlipa::new(config)?)
}

pub fn adullam(sandbox: &Sandbox) -> Result<Adullam> {
    let ours = &sandbox.endpoints().adullam;
    let mut config = adullam::Config::new(adullam::Credentials::Bearer(Secret::new(&ours.token)));
    config.base_url = BaseUrl::parse(&ours.base_url)?;
    Ok(Adullam::new(config)?)
}

/// A customer of Orange in Côte d'Ivoire.
pub fn customer() -> Result<Customer> {
    let mut customer = Customer::default();
    customer.name = Some("Kouassi".into());
    customer.surname = Some("Awa".into());
    customer.email = Some("awa@example.com".into());
    customer.phone = Some(PhoneNumber::parse("+2250700000000")?);
    Ok(customer)
}

/// An id that is derived from a reference of our own, so that it is the same after a crash.
pub fn order(operation: Operation, reference: &str) -> OrderId {
    OrderId::derive("nzimbu/examples", operation, reference)
}

pub fn xof(amount: &str) -> Result<Money> {
    Ok(Money::parse_major(amount, Currency::Xof)?)
}

pub fn ngn(amount: &str) -> Result<Money> {
    Ok(Money::parse_major(amount, Currency::Ngn)?)
}

/// Delays for polling: half a second apart at first; a sandbox needs no more.
pub fn soon() -> impl Iterator<Item = Duration> + Send + 'static {
    nzimbu::delays(Duration::from_millis(50), Duration::from_millis(200), 20)
}
