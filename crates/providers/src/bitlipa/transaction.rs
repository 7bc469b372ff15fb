//! What Bitlipa's answers say.

use std::fmt;

use nzimbu_core::{GatewayRef, Money, NextAction, OrderName, PageUrl, Receipt, Status};

/// A transaction as an answer to `payment_c2b`, `payment_b2c` or `status` describes it. `Debug` hides what the
/// gateway says about the customer.
///
/// Answers are not signed: what they say is worth as much as the TLS connection.
#[derive(Clone, Eq, PartialEq)]
#[non_exhaustive]
pub struct Transaction {
    /// Our id; the answer's own was compared with it.
    pub order: OrderName,
    /// Where it stands, by `status` alone.
    pub status: Status,
    /// The gateway's number for it.
    pub raw_status: Box<str>,
    /// Their id; none while a bank transfer is pending.
    pub transaction_id: Option<GatewayRef>,
    /// The operator's reference of a success.
    pub transaction_ref: Option<Box<str>>,
    /// Whether the gateway took the request, which says nothing about the transaction.
    pub result: ResultCode,
    /// What the operator said; for people, `-8888` stands for anything.
    pub provider_result: ResultCode,
    /// What the customer has to know or do.
    pub extra: Extra,
    /// The kind of confirmation that is asked for; none when it is zero or absent.
    pub confirm_type: Option<Box<str>>,
    /// The amount, if the answer states it with its currency, which no document promises. It was compared with
    /// the request.
    pub amount: Option<Money>,
    /// Opaque.
    pub service_id: Option<Box<str>>,
    /// Opaque.
    pub service_version: Option<Box<str>>,
    /// `YYYY-MM-DD HH:MM:SS.ffffff` in a time zone that is not documented.
    pub service_date_time: Option<Box<str>>,
}

impl Transaction {
    /// What has to happen before the transaction can end; nothing once it has.
    ///
    /// A confirmation comes before a page, a page before bank details, bank details before a message. Where a page was
    /// left out there is nothing to do but a confirmation: what else is said may only go with the page.
    #[must_use]
    pub fn next_action(&self) -> NextAction {
        if self.status.is_final() {
            return NextAction::None;
        }
        if let Some(kind) = &self.confirm_type {
            return NextAction::Confirmation(kind.clone());
        }
        if let Some(page) = &self.extra.customer_redirect {
            return NextAction::Redirect(page.clone());
        }
        if self.extra.untrusted_redirect {
            return NextAction::None;
        }
        if let (Some(account), Some(bank)) = (&self.extra.account_number, &self.extra.bank_name) {
            return NextAction::BankTransfer {
                bank: bank.to_string(),
                account: account.to_string(),
                amount: self.extra.transfer_amount,
            };
        }
        match &self.extra.customer_message {
            Some(words) => NextAction::Prompt(words.to_string()),
            None => NextAction::None,
        }
    }
}

impl fmt::Debug for Transaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transaction")
            .field("order", &self.order)
            .field("status", &self.status)
            .field("raw_status", &self.raw_status)
            .field("transaction_id", &self.transaction_id)
            .field("result", &self.result)
            .field("provider_result", &self.provider_result)
            .field("extra", &self.extra)
            .field("next_action", &self.next_action())
            .finish_non_exhaustive()
    }
}

impl From<Transaction> for Receipt {
    fn from(transaction: Transaction) -> Self {
        let next_action = transaction.next_action();
        let mut receipt = Self::new(transaction.order, transaction.status, transaction.raw_status);
        receipt.reference = transaction.transaction_id;
        receipt.amount = transaction.amount;
        receipt.next_action = next_action;
        if matches!(receipt.status, Status::Failed | Status::Cancelled) {
            receipt.failure = transaction.provider_result.message.or(transaction.result.message);
        }
        receipt
    }
}

/// A code and its words. `Debug` hides the words, which may repeat what was sent.
#[derive(Clone, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct ResultCode {
    /// The code, verbatim: `0`, `10201`, `-8888`.
    pub code: Option<Box<str>>,
    /// For people.
    pub message: Option<Box<str>>,
}

impl fmt::Debug for ResultCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ResultCode({})", self.code.as_deref().unwrap_or("none"))
    }
}

/// What comes beside the state of a transaction, for the customer. `Debug` names what is there.
#[derive(Clone, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Extra {
    /// An instruction to show.
    pub customer_message: Option<Box<str>>,
    /// The page on which the customer enters a one-time password; it comes with `status`, not with the first
    /// answer. Only read while the transaction is open.
    pub customer_redirect: Option<PageUrl>,
    /// Whether there was such a page and it was left out, because it is not `https` on one of
    /// [`Config::redirect_hosts`](super::Config::redirect_hosts). Ask Bitlipa whether the host is theirs; a customer
    /// whose page was left out cannot pay.
    pub untrusted_redirect: bool,
    /// How much to transfer, in the request's currency; none in answers to `status`, which name no currency.
    pub transfer_amount: Option<Money>,
    /// The account to transfer to.
    pub account_number: Option<Box<str>>,
    /// Its bank.
    pub bank_name: Option<Box<str>>,
}

impl fmt::Debug for Extra {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let there = [
            ("customer_message", self.customer_message.is_some()),
            ("customer_redirect", self.customer_redirect.is_some()),
            ("untrusted_redirect", self.untrusted_redirect),
            ("transfer_amount", self.transfer_amount.is_some()),
            ("account_number", self.account_number.is_some()),
            ("bank_name", self.bank_name.is_some()),
        ];
        f.write_str("Extra")?;
        f.debug_set().entries(there.iter().filter(|(_, set)| *set).map(|(name, _)| name)).finish()
    }
}

/// How a payout was taken.
#[derive(Clone, Debug, Eq, PartialEq)]
#[must_use = "a payout that waits for a confirmation is not under way"]
pub enum B2cOutcome {
    /// It is under way or over.
    Accepted(Transaction),
    /// The gateway wants a second request with data that its page does not describe ("Confirmation Types" is
    /// missing). Ask Bitlipa, with the kind at hand; nothing is guessed here.
    ConfirmationRequired {
        /// The value of `confirm_type`.
        confirm_type: Box<str>,
        /// The transaction so far.
        transaction: Transaction,
    },
}

impl B2cOutcome {
    /// The transaction, whichever it is.
    #[must_use]
    pub fn into_transaction(self) -> Transaction {
        match self {
            Self::Accepted(transaction) | Self::ConfirmationRequired { transaction, .. } => transaction,
        }
    }
}

/// A bank that payouts can go to.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Bank {
    /// What to send as the bank's code.
    pub code: Box<str>,
    /// The bank's name.
    pub name: Box<str>,
}
