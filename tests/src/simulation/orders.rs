//! The orders of a run: what is asked, of whom, and what became of it in truth.

use nzimbu_core::{
    Channel, Country, Currency, Customer, Money, Operation, Operator, OrderId, PaymentRequest, PayoutRequest,
    PhoneNumber,
};

use super::dice::Dice;
use super::plain::Copies;

/// A gateway in one direction.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Kind {
    CinetPayPayout,
    BitlipaPayout,
    PlainPayout,
    StrictPayout,
    CinetPayPayment,
    BitlipaPayment,
    AdullamPayment,
}

impl Kind {
    pub(super) const ALL: [Self; 7] = [
        Self::CinetPayPayout,
        Self::BitlipaPayout,
        Self::PlainPayout,
        Self::StrictPayout,
        Self::CinetPayPayment,
        Self::BitlipaPayment,
        Self::AdullamPayment,
    ];

    pub(super) const PAYOUTS: [Self; 4] =
        [Self::CinetPayPayout, Self::BitlipaPayout, Self::PlainPayout, Self::StrictPayout];
    pub(super) const PAYMENTS: [Self; 3] =
        [Self::CinetPayPayment, Self::BitlipaPayment, Self::AdullamPayment];

    pub(super) fn operation(self) -> Operation {
        if Self::PAYOUTS.contains(&self) { Operation::Payout } else { Operation::Payment }
    }

    /// As the journal names the gateway.
    pub(super) fn gateway(self) -> &'static str {
        match self {
            Self::CinetPayPayout | Self::CinetPayPayment => "cinetpay",
            Self::BitlipaPayout | Self::BitlipaPayment => "bitlipa",
            Self::PlainPayout => Copies::Executed.gateway(),
            Self::StrictPayout => Copies::Refused.gateway(),
            Self::AdullamPayment => "adullam",
        }
    }

    /// As the ledger names it.
    pub(super) fn ledger(self) -> &'static str {
        match self {
            Self::CinetPayPayout => "cinetpay-transfer",
            Self::CinetPayPayment => "cinetpay-checkout",
            _ => self.gateway(),
        }
    }

    /// How the ledger names an order.
    pub(super) fn booked(self, order: &OrderId) -> String {
        match self {
            Self::AdullamPayment => order.to_uuid("adullam checkout"),
            _ => order.as_str().to_owned(),
        }
    }
}

/// One order.
#[derive(Clone, Debug)]
pub(super) struct Order {
    pub(super) kind: Kind,
    pub(super) id: OrderId,
    /// Every id under which it was sent: one with a journal, one for each try without.
    pub(super) ids: Vec<OrderId>,
    pub(super) amount: Money,
    /// Whether the journal has said that it is durable.
    pub(super) begun: bool,
    /// Whether its intent was lost with a disk, so that nobody but the application knows that it was begun.
    pub(super) lost: bool,
    /// How often its money moved, by any of its ids.
    pub(super) moved: u32,
    /// Copies of its request that are under way.
    pub(super) under_way: u32,
    /// Whether a copy ever reached the gateway.
    pub(super) arrived: bool,
    /// Whether a person has decided it, who answers for that.
    pub(super) by_hand: bool,
    /// What a policy without a journal believes in the end.
    pub(super) claim: Option<Claim>,
}

/// What a policy without a journal tells its users.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Claim {
    Paid,
    Failed,
}

impl Order {
    pub(super) fn new(number: usize, kind: Kind, dice: &mut Dice) -> Self {
        let units = 1_000 + 5 * dice.below(2_000);
        let amount = Money::from_minor(units, Currency::Xof).expect("small amounts are in range");
        let reference = format!("order {number}");
        Self {
            kind,
            id: OrderId::derive("simulation", kind.operation(), &reference),
            ids: Vec::new(),
            amount,
            begun: false,
            lost: false,
            moved: 0,
            under_way: 0,
            arrived: false,
            by_hand: false,
            claim: None,
        }
    }

    pub(super) fn payment(&self, id: &OrderId) -> PaymentRequest {
        let mut request = PaymentRequest::new(id.clone(), self.amount);
        request.channel = orange();
        request.payer = customer();
        request.description = Some("Two books".to_owned());
        if self.kind != Kind::AdullamPayment {
            request.notify_url = Some(NOTIFY.to_owned());
        }
        request
    }

    pub(super) fn payout(&self, id: &OrderId) -> PayoutRequest {
        let mut request = PayoutRequest::new(id.clone(), self.amount, orange());
        request.recipient = customer();
        request.reason = Some("A book came back".to_owned());
        request.notify_url = Some(NOTIFY.to_owned());
        request
    }
}

const NOTIFY: &str = "http://127.0.0.1:8/notify";

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
