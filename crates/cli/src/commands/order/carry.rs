//! The one place where an order leaves.

use nzimbu::{
    BlockingHttp, Money, Operation, OrderId, PaymentRequest, PayoutRequest, PhoneNumber, ProviderError,
    Receipt, SharedProvider,
};

use crate::session::Session;

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

/// Sends an order, once. A journal would be told here, before and after.
pub(crate) fn carry(
    _session: &Session,
    http: &BlockingHttp,
    provider: &SharedProvider,
    order: &Order,
) -> Result<Receipt, ProviderError> {
    http.run(match order {
        Order::Payment(request) => provider.pay(request),
        Order::Payout(request) => provider.pay_out(request),
    })
}
