//! What is done at a gateway, as exchanges that any driver runs.

use std::sync::Arc;
use std::time::Duration;

use nzimbu::{
    Callback, CallbackError, Callbacks, Capabilities, Checked, ErrorKind, Exchange, GatewayRef, Mismatch,
    Money, Operation, OrderId, OrderRef, PaymentRequest, PayoutRequest, ProviderError, Receipt,
    SharedProvider, Status, delays, until_final,
};

use super::gateways;
use super::listener::{Listener, Mailbox};
use super::report::Row;

/// The steps in their order; their names are the operations of the report.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Step {
    Payment,
    Callback,
    Status,
    Payout,
    PayoutCallback,
    PayoutStatus,
    Balance,
}

impl Step {
    pub(super) const ALL: [Self; 7] = [
        Self::Payment,
        Self::Callback,
        Self::Status,
        Self::Payout,
        Self::PayoutCallback,
        Self::PayoutStatus,
        Self::Balance,
    ];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Payment => "payment",
            Self::Callback => "callback",
            Self::Status => "status",
            Self::Payout => "payout",
            Self::PayoutCallback => "payout_callback",
            Self::PayoutStatus => "payout_status",
            Self::Balance => "balance",
        }
    }

    const fn operation(self) -> Operation {
        match self {
            Self::Payment | Self::Callback | Self::Status => Operation::Payment,
            Self::Payout | Self::PayoutCallback | Self::PayoutStatus | Self::Balance => Operation::Payout,
        }
    }

    /// The step that begins the order which this one looks at.
    const fn beginning(self) -> Self {
        match self.operation() {
            Operation::Payment => Self::Payment,
            Operation::Payout => Self::Payout,
        }
    }
}

/// Everything that one driver does at one gateway.
#[derive(Debug)]
pub(super) struct Job {
    provider: SharedProvider,
    driver: &'static str,
    payment: PaymentRequest,
    payout: PayoutRequest,
    mail: [Mailbox; 2],
    rows: Vec<Row>,
}

/// What a step has seen.
#[derive(Debug)]
pub(super) struct Seen {
    status: &'static str,
    money: Option<Money>,
    reference: Option<GatewayRef>,
    /// Why it is no success, where the word alone does not say it.
    failure: Option<String>,
}

impl Seen {
    const fn only(status: &'static str) -> Self {
        Self { status, money: None, reference: None, failure: None }
    }
}

impl Job {
    /// A job with order ids that no other run derives, and with an address for each order's callbacks.
    pub(super) fn new(
        provider: &SharedProvider,
        driver: &'static str,
        namespace: &str,
        listener: &mut Listener,
    ) -> Self {
        let reference = format!("{}/{driver}", provider.id());
        let id = |operation| OrderId::derive(namespace, operation, &reference);
        let mut payment = gateways::payment(id(Operation::Payment));
        let mut payout = gateways::payout(id(Operation::Payout));
        let mail = [Operation::Payment, Operation::Payout].map(|operation| {
            let path = format!("/{reference}/{}", operation.as_str());
            let url = listener.url(&path);
            // A gateway without callbacks refuses an address for them.
            match operation {
                _ if provider.capabilities(operation).callbacks == Callbacks::None => {}
                Operation::Payment => payment.notify_url = Some(url),
                Operation::Payout => payout.notify_url = Some(url),
            }
            listener.route(path, provider)
        });
        Self { provider: Arc::clone(provider), driver, payment, payout, mail, rows: Vec::new() }
    }

    pub(super) fn driver(&self) -> &'static str {
        self.driver
    }

    /// The gateway and the driver.
    pub(super) fn name(&self) -> String {
        format!("{} {}", self.provider.id(), self.driver)
    }

    /// What a driver has to run for a step, by what the gateway can do and what the steps before have seen.
    pub(super) fn exchange(&self, step: Step) -> Exchange<Seen> {
        let operation = step.operation();
        let capabilities = self.provider.capabilities(operation);
        if !capabilities.offered && step != Step::Balance {
            return Exchange::done(Ok(Seen::only(UNSUPPORTED)));
        }
        match step {
            Step::Payment | Step::Payout => self.begin(operation),
            Step::Balance => {
                let balance = self.provider.balance(gateways::CURRENCY);
                balance.map(|balance| Seen { money: Some(balance.available), ..Seen::only(SUCCEEDED) })
            }
            _ if self.row(step.beginning()).is_none_or(|row| row.is_failed() && row.status != PENDING) => {
                Exchange::done(Ok(Seen::only("skipped")))
            }
            Step::Callback | Step::PayoutCallback if capabilities.callbacks == Callbacks::None => {
                Exchange::done(Ok(Seen::only(UNSUPPORTED)))
            }
            Step::Callback | Step::PayoutCallback => {
                let (order, amount) = self.asked(operation);
                let expected = Expected { order: order.clone(), amount, capabilities };
                let [payments, payouts] = &self.mail;
                let mail = if operation == Operation::Payment { payments } else { payouts };
                next_callback(expected, mail.clone(), CALLBACK_LOOKS)
            }
            Step::Status | Step::PayoutStatus => self.confirm(operation, capabilities),
        }
    }

    /// Notes how a step ended, and gives its word for it.
    pub(super) fn settle(&mut self, step: Step, result: Result<Seen, ProviderError>) -> &'static str {
        let seen = result.unwrap_or_else(|error| match error.kind() {
            ErrorKind::Unsupported => Seen::only(UNSUPPORTED),
            kind => Seen { failure: Some(error.to_string()), ..Seen::only(kind.as_str()) },
        });
        let status = seen.status;
        if matches!(step, Step::Status | Step::PayoutStatus)
            && let Some(begun) = self.rows.iter_mut().find(|row| row.step == step.beginning())
        {
            // Where an order ended, and at CinetPay its id, is known only now, if at all.
            if begun.status == PENDING {
                begun.status = if status == UNSUPPORTED { CREATED } else { status };
            }
            begun.reference = begun.reference.take().or_else(|| seen.reference.clone());
        }
        self.rows.push(Row {
            gateway: self.provider.id().as_str(),
            driver: self.driver,
            step,
            status,
            money: seen.money,
            reference: seen.reference,
            failure: seen.failure,
        });
        status
    }

    pub(super) fn into_rows(self) -> Vec<Row> {
        self.rows
    }

    fn begin(&self, operation: Operation) -> Exchange<Seen> {
        let receipt = match operation {
            Operation::Payment => self.provider.pay(&self.payment),
            Operation::Payout => self.provider.pay_out(&self.payout),
        };
        let (order, amount) = self.asked(operation);
        let order = order.clone();
        receipt.then(move |result| {
            Exchange::done(result.and_then(|receipt| {
                let receipt = receipt.expect(&order, amount).map_err(mismatch)?.into_receipt();
                Ok(Seen { money: Some(amount), ..Seen::from(receipt) })
            }))
        })
    }

    fn confirm(&self, operation: Operation, capabilities: Capabilities) -> Exchange<Seen> {
        let (order, amount) = self.asked(operation);
        let order = order.clone();
        let mut asked = OrderRef::new(operation, &order);
        let begun = if operation == Operation::Payment { Step::Payment } else { Step::Payout };
        asked.reference = self.row(begun).and_then(|row| row.reference.clone());
        let told =
            until_final(Arc::clone(&self.provider), asked, delays(FIRST_LOOK, MOST_PAUSE, STATUS_LOOKS));
        told.then(move |result| {
            Exchange::done(result.and_then(|told| match told {
                None => Ok(Seen::only("not-found")),
                Some(receipt) => match receipt.expect(&order, amount).map_err(mismatch)? {
                    Checked::AmountUnconfirmed(receipt)
                        if capabilities.states_amount && receipt.status == Status::Succeeded =>
                    {
                        Ok(Seen::only("amount-unconfirmed"))
                    }
                    checked => Ok(Seen::from(checked.into_receipt())),
                },
            }))
        })
    }

    fn asked(&self, operation: Operation) -> (&OrderId, Money) {
        match operation {
            Operation::Payment => (&self.payment.order, self.payment.amount),
            Operation::Payout => (&self.payout.order, self.payout.amount),
        }
    }

    fn row(&self, step: Step) -> Option<&Row> {
        self.rows.iter().find(|row| row.step == step)
    }
}

impl From<Receipt> for Seen {
    fn from(receipt: Receipt) -> Self {
        Self {
            money: receipt.amount,
            reference: receipt.reference,
            failure: receipt.failure.map(String::from),
            ..Self::only(receipt.status.as_str())
        }
    }
}

/// What a callback has to speak of.
struct Expected {
    order: OrderId,
    amount: Money,
    capabilities: Capabilities,
}

impl Expected {
    /// What a callback says, or nothing when it says nothing.
    fn judge(&self, mail: Result<Callback, CallbackError>) -> Result<Option<Seen>, ProviderError> {
        let (told, seen) = match mail {
            Ok(Callback::Authentic(authentic)) => {
                let told = authentic.order_ref();
                let receipt = authentic.into_receipt();
                let checked = receipt.expect(&self.order, self.amount).map_err(mismatch)?;
                let receipt = checked.into_receipt();
                // That it came and is genuine is what counts here; what became of the order, the status tells.
                // Only a final word that is not success is worth more than that.
                let status = match receipt.status {
                    Status::Cancelled | Status::Expired | Status::Failed => receipt.status.as_str(),
                    _ => SUCCEEDED,
                };
                (told, Seen { status, ..Seen::from(receipt) })
            }
            Ok(Callback::Hint(told)) if self.capabilities.callbacks == Callbacks::Unsigned => {
                let reference = told.reference.clone();
                (told, Seen { reference, ..Seen::only(SUCCEEDED) })
            }
            Ok(Callback::Hint(_)) => return Ok(Some(Seen::only("unproven"))),
            Ok(_) => return Ok(None),
            Err(error) => {
                let failure = Some(format!("a callback was refused ({}): {error}", error.as_str()));
                return Ok(Some(Seen { failure, ..Seen::only("rejected") }));
            }
        };
        // The direction is not compared: Bitlipa's callbacks rarely state it, and no two orders share an id.
        if told.order != self.order {
            return Err(mismatch(Mismatch::Order));
        }
        Ok(Some(seen))
    }
}

/// Looks into the mailbox until something is there.
fn next_callback(expected: Expected, mail: Mailbox, looks: usize) -> Exchange<Seen> {
    while let Some(mail) = mail.take() {
        match expected.judge(mail) {
            Ok(None) => {}
            Ok(Some(seen)) => return Exchange::done(Ok(seen)),
            Err(error) => return Exchange::done(Err(error)),
        }
    }
    if looks == 0 {
        return Exchange::done(Ok(Seen::only("missing")));
    }
    Exchange::wait(CALLBACK_PAUSE, move || next_callback(expected, mail, looks - 1))
}

fn mismatch(mismatch: Mismatch) -> ProviderError {
    ProviderError::new(ErrorKind::Mismatch, mismatch.to_string())
}

pub(super) const SUCCEEDED: &str = Status::Succeeded.as_str();
pub(super) const CREATED: &str = "created";
pub(super) const UNSUPPORTED: &str = "unsupported";
const PENDING: &str = Status::Pending.as_str();

// Two seconds each, all in all; the sandbox needs a quarter of one.
const CALLBACK_PAUSE: Duration = Duration::from_millis(10);
const CALLBACK_LOOKS: usize = 200;
const FIRST_LOOK: Duration = Duration::from_millis(20);
const MOST_PAUSE: Duration = Duration::from_millis(50);
const STATUS_LOOKS: usize = 40;

#[cfg(test)]
mod tests;
