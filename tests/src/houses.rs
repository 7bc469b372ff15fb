//! The gateways of the sandbox as merchants use them: settings, requests that they take, and how to find an order in
//! the sandbox's ledger.

use nzimbu::adullam::{self, Adullam};
use nzimbu::bitlipa::{self, Bitlipa};
use nzimbu::cinetpay::{self, CheckoutConfig, CinetPay, TransferConfig};
use nzimbu_core::secret::Secret;
use nzimbu_core::{
    BaseUrl, Channel, Country, Currency, Customer, Money, Operation, Operator, OrderId, PaymentRequest,
    PayoutRequest, PhoneNumber, SharedProvider,
};
use std::sync::Arc;

use nzimbu_sandbox::Endpoints;

use crate::world::World;

/// One gateway in a world.
#[derive(Debug)]
pub struct House {
    /// With the credentials that the sandbox knows.
    pub provider: SharedProvider,
    /// With credentials that it does not know.
    pub stranger: SharedProvider,
    /// At an address where nobody listens.
    pub nowhere: SharedProvider,
    books: Books,
}

/// Under which names the sandbox books the orders of a gateway.
#[derive(Debug)]
struct Books {
    payment: &'static str,
    payout: &'static str,
    name: fn(&OrderId) -> String,
}

/// Who the merchant is to a gateway, and where it finds it.
#[derive(Clone, Copy)]
struct Access<'a> {
    /// Replaces every credential but the ids.
    secret: Option<&'a str>,
    /// Replaces every address.
    address: Option<&'a str>,
}

const KNOWN: Access<'_> = Access { secret: None, address: None };
const STRANGER: Access<'_> = Access { secret: Some("sandbox-secret-that-nobody-gave-out"), address: None };
/// The port of the discard service, where nobody listens.
const NOWHERE: Access<'_> = Access { secret: None, address: Some("http://127.0.0.1:9") };

/// All gateways of a world.
///
/// # Panics
/// When the sandbox's settings are not usable.
#[must_use]
pub fn all(world: &World) -> Vec<House> {
    at(world.sandbox.endpoints())
}

/// All gateways at these addresses.
///
/// # Panics
/// When they are not usable.
#[must_use]
pub fn at(endpoints: &Endpoints) -> Vec<House> {
    let open = |books: Books, provider: &dyn Fn(Access<'_>) -> SharedProvider| House {
        provider: provider(KNOWN),
        stranger: provider(STRANGER),
        nowhere: provider(NOWHERE),
        books,
    };
    let same = |order: &OrderId| order.as_str().to_owned();
    vec![
        open(
            Books { payment: "adullam", payout: "adullam", name: |order| order.to_uuid("adullam checkout") },
            &|access| adullam(endpoints, access),
        ),
        open(Books { payment: "bitlipa", payout: "bitlipa", name: same }, &|access| {
            bitlipa(endpoints, access)
        }),
        open(Books { payment: "cinetpay-checkout", payout: "cinetpay-transfer", name: same }, &|access| {
            cinetpay(endpoints, access)
        }),
    ]
}

impl House {
    /// The name of an order's gateway in the sandbox's ledger.
    #[must_use]
    pub fn ledger(&self, operation: Operation) -> &'static str {
        match operation {
            Operation::Payment => self.books.payment,
            Operation::Payout => self.books.payout,
        }
    }

    /// The name of an order in the sandbox's ledger.
    #[must_use]
    pub fn booked(&self, order: &OrderId) -> String {
        (self.books.name)(order)
    }
}

fn adullam(endpoints: &Endpoints, access: Access<'_>) -> SharedProvider {
    let there = &endpoints.adullam;
    let token = Secret::new(access.secret.unwrap_or(&there.token));
    let mut config = adullam::Config::new(adullam::Credentials::Bearer(token));
    config.base_url = address(access, &there.base_url);
    Arc::new(Adullam::new(config).expect("the sandbox's settings are good"))
}

fn bitlipa(endpoints: &Endpoints, access: Access<'_>) -> SharedProvider {
    let there = &endpoints.bitlipa;
    let secret = Secret::new(access.secret.unwrap_or(&there.secret));
    let base = address(access, &there.base_url);
    let mut config = bitlipa::Config::new(base, &*there.public_id, &*there.merchant_id, secret);
    config.hosted_page = address(access, &there.hosted_page_url);
    Arc::new(Bitlipa::new(config).expect("the sandbox's settings are good"))
}

fn cinetpay(endpoints: &Endpoints, access: Access<'_>) -> SharedProvider {
    let there = &endpoints.cinetpay;
    let secret = |known: &str| Secret::new(access.secret.unwrap_or(known));
    let mut checkout = CheckoutConfig::new(secret(&there.apikey), &*there.site_id);
    checkout.base_url = address(access, &there.checkout_url);
    checkout.callback_secrets = vec![secret(&there.secret_key)];
    checkout.not_known_code = Some("608".to_owned());
    let mut transfer = TransferConfig::new(secret(&there.apikey), secret(&there.password));
    transfer.base_url = address(access, &there.transfer_url);
    transfer.currency = Some(Currency::Xof);
    let config = cinetpay::Config::new(Some(checkout), Some(transfer));
    Arc::new(CinetPay::new(config).expect("the sandbox's settings are good"))
}

fn address(access: Access<'_>, url: &str) -> BaseUrl {
    BaseUrl::parse(access.address.unwrap_or(url)).expect("loopback is a base URL")
}

/// A payment that every gateway takes.
#[must_use]
pub fn payment(order: &OrderId) -> PaymentRequest {
    let mut request = PaymentRequest::new(order.clone(), francs(2_500));
    request.channel = orange();
    request.payer = customer();
    request.description = Some("Two books".to_owned());
    request
}

/// A payout that every gateway with payouts takes.
#[must_use]
pub fn payout(order: &OrderId) -> PayoutRequest {
    let mut request = PayoutRequest::new(order.clone(), francs(1_000), orange());
    request.recipient = customer();
    request.reason = Some("One book came back".to_owned());
    request
}

fn francs(amount: u64) -> Money {
    Money::from_minor(amount, Currency::Xof).expect("small amounts are in range")
}

fn orange() -> Channel {
    Channel::Operator(Operator::new(Country::parse("CI").expect("CI is a country"), "Orange"))
}

fn customer() -> Customer {
    let mut customer = Customer::default();
    customer.name = Some("Kouassi".to_owned());
    customer.surname = Some("Awa".to_owned());
    customer.email = Some("awa@example.com".to_owned());
    customer.phone = Some(PhoneNumber::parse("+2250700000000").expect("Orange's numbers begin with 07"));
    customer
}
