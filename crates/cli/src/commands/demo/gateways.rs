//! The gateways of the sandbox, and the one payment and the one payout that all of them get.

use std::sync::Arc;

use nzimbu::adullam::{self, Adullam};
use nzimbu::bitlipa::{self, Bitlipa};
use nzimbu::cinetpay::{self, CinetPay};
use nzimbu::{
    BaseUrl, Channel, Country, Currency, Customer, Money, Operator, OrderId, PaymentRequest, PayoutRequest,
    PhoneNumber, Secret, SharedProvider,
};
use nzimbu_sandbox::{AdullamEndpoints, BitlipaEndpoints, CinetPayEndpoints, Endpoints};

use crate::output::Failure;

/// Every gateway with the sandbox's addresses and credentials, in the order of their names.
pub(super) fn providers(endpoints: &Endpoints, return_url: &str) -> Result<Vec<SharedProvider>, Failure> {
    Ok(vec![
        Arc::new(adullam(&endpoints.adullam)?),
        Arc::new(bitlipa(&endpoints.bitlipa)?),
        Arc::new(cinetpay(&endpoints.cinetpay, return_url)?),
    ])
}

fn adullam(endpoints: &AdullamEndpoints) -> Result<Adullam, Failure> {
    let mut config =
        adullam::Config::new(adullam::Credentials::Bearer(Secret::new(endpoints.token.as_str())));
    config.base_url = base_url(&endpoints.base_url)?;
    Adullam::new(config).map_err(unusable)
}

fn bitlipa(endpoints: &BitlipaEndpoints) -> Result<Bitlipa, Failure> {
    let mut config = bitlipa::Config::new(
        base_url(&endpoints.base_url)?,
        endpoints.public_id.as_str(),
        endpoints.merchant_id.as_str(),
        Secret::new(endpoints.secret.as_str()),
    );
    config.hosted_page = base_url(&endpoints.hosted_page_url)?;
    Bitlipa::new(config).map_err(unusable)
}

fn cinetpay(endpoints: &CinetPayEndpoints, return_url: &str) -> Result<CinetPay, Failure> {
    let api_key = Secret::new(endpoints.apikey.as_str());
    let mut checkout = cinetpay::CheckoutConfig::new(api_key.clone(), endpoints.site_id.as_str());
    checkout.base_url = base_url(&endpoints.checkout_url)?;
    checkout.callback_secrets = vec![Secret::new(endpoints.secret_key.as_str())];
    checkout.currency = Some(CURRENCY);
    checkout.return_url = Some(return_url.to_owned());
    let mut transfer = cinetpay::TransferConfig::new(api_key, Secret::new(endpoints.password.as_str()));
    transfer.base_url = base_url(&endpoints.transfer_url)?;
    transfer.currency = Some(CURRENCY);
    CinetPay::new(cinetpay::Config::new(Some(checkout), Some(transfer))).map_err(unusable)
}

/// A payment that every gateway takes: 2,500 francs from a customer of Orange in Côte d'Ivoire.
pub(super) fn payment(order: OrderId) -> PaymentRequest {
    let mut request = PaymentRequest::new(order, francs(2_500));
    request.channel = orange();
    request.payer = customer();
    request.description = Some("Two books".to_owned());
    request
}

/// A payout that every gateway with payouts takes: 1,000 francs to the same customer.
pub(super) fn payout(order: OrderId) -> PayoutRequest {
    let mut request = PayoutRequest::new(order, francs(1_000), orange());
    request.recipient = customer();
    request.reason = Some("One book came back".to_owned());
    request
}

pub(super) const CURRENCY: Currency = Currency::Xof;

fn francs(amount: u64) -> Money {
    Money::from_minor(amount, CURRENCY).expect("small amounts are in range")
}

fn orange() -> Channel {
    let country = Country::parse("CI").expect("CI is two capital letters");
    Channel::Operator(Operator::new(country, "Orange"))
}

fn customer() -> Customer {
    let mut customer = Customer::default();
    customer.name = Some("Kouassi".to_owned());
    customer.surname = Some("Awa".to_owned());
    customer.email = Some("awa@example.com".to_owned());
    customer.phone = Some(PhoneNumber::parse("+2250700000000").expect("07 and ten digits is Orange's plan"));
    customer
}

fn base_url(text: &str) -> Result<BaseUrl, Failure> {
    BaseUrl::parse(text)
        .map_err(|error| Failure::failed(format!("the sandbox's address is unusable: {error}")))
}

fn unusable(problems: nzimbu::Problems) -> Failure {
    Failure::failed(format!("the sandbox's settings are unusable: {problems}"))
}
