//! The one place where an order leaves.

use nzimbu::{
    BlockingHttp, Money, Operation, OrderId, PaymentRequest, PayoutRequest, PhoneNumber, ProviderError,
    Receipt, SharedProvider,
};

use nzimbu_journal::{Entry, Handled, JournalError};

use crate::session::{Access, Session};
use crate::trouble::Trouble;

/// What is asked of a gateway.
#[derive(Debug)]
pub(crate) enum Order {
    Payment(PaymentRequest),
    Payout(PayoutRequest),
}

impl Order {
    pub(crate) fn id(&self) -> &OrderId {
        match self {
            Self::Payment(request) => &request.order,
            Self::Payout(request) => &request.order,
        }
    }

    pub(crate) fn amount(&self) -> Money {
        match self {
            Self::Payment(request) => request.amount,
            Self::Payout(request) => request.amount,
        }
    }

    /// Who pays or is paid; it prints masked.
    pub(crate) fn phone(&self) -> Option<&PhoneNumber> {
        match self {
            Self::Payment(request) => request.payer.phone.as_ref(),
            Self::Payout(request) => request.recipient.phone.as_ref(),
        }
    }

    pub(crate) const fn operation(&self) -> Operation {
        match self {
            Self::Payment(_) => Operation::Payment,
            Self::Payout(_) => Operation::Payout,
        }
    }
}

/// How an order went.
#[derive(Debug)]
pub(crate) enum Carried {
    /// The gateway was called, and this is how it ended; and where the order stands, if there is a journal.
    Sent(Box<Result<Receipt, ProviderError>>, Option<Entry>),
    /// It was begun before, and nothing was sent.
    Known(Entry),
}

/// Sends an order, once. Where the profile has a journal, the order is written down before and after.
pub(crate) fn carry(
    session: &Session,
    http: &BlockingHttp,
    provider: &SharedProvider,
    order: Order,
    reference: Option<&str>,
) -> Result<Carried, Trouble> {
    if session.profile.journal.is_none() {
        let result = http.run(match &order {
            Order::Payment(request) => provider.pay(request),
            Order::Payout(request) => provider.pay_out(request),
        });
        return Ok(Carried::Sent(Box::new(result), None));
    }
    let id = order.id().clone();
    let told = |error: &JournalError| Trouble::journal(error).with_order(id.as_str());
    let cashier = session.cashier_with(session.journal(Access::Write)?, vec![provider.clone()])?;
    let gateway = provider.id().as_str();
    let intent = match order {
        Order::Payment(request) => cashier.payment(gateway, request),
        Order::Payout(request) => cashier.payout(gateway, request),
    };
    let mut intent = intent.map_err(|error| told(&error))?;
    intent.reference = reference.map(str::to_owned);
    let Handled { entry, answer, .. } = cashier.send(http, intent).map_err(|error| told(&error))?;
    Ok(match answer {
        Some(answer) => Carried::Sent(Box::new(answer), Some(entry)),
        None => Carried::Known(entry),
    })
}
