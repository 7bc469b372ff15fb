//! The operators that a gateway serves, under the merchant's own entries.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use crate::money::{Currency, Money};
use crate::order::Operation;
use crate::phone::PhoneShape;
use crate::place::Country;
use crate::request::Operator;

/// One operator for one direction, with one code of the gateway's.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Entry {
    /// The country.
    pub country: Country,
    /// The operator's name.
    pub operator: Cow<'static, str>,
    /// Which direction the entry is for.
    pub operation: Operation,
    /// The currency in which the operator works.
    pub currency: Currency,
    /// The gateway's name for the operator: `WAVECI`, `199`.
    pub code: Cow<'static, str>,
    /// How the gateway wants the phone number written.
    pub phone: PhoneShape,
    /// The fields of the request that this operator needs besides amount and phone: `payer.name`,
    /// `recipient.email`, `bank_code`, `document`.
    pub needs: Cow<'static, [Cow<'static, str>]>,
    /// How the customer completes a payment.
    pub flow: Flow,
    /// The least amount, where one is published.
    pub least: Option<Money>,
    /// The most, where it is published.
    pub most: Option<Money>,
}

/// How a customer completes a payment with an operator.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Flow {
    /// By account details that come with the answer.
    BankDetails,
    /// On a page of the gateway that the merchant links to.
    HostedPage,
    /// By a prompt on the phone.
    Prompt,
    /// On a page whose link comes with a later status, to enter a one-time password.
    RedirectByStatus,
    /// By a text message, then a USSD menu.
    SmsThenUssd,
    /// The documents do not say.
    Undocumented,
}

/// The operators that a gateway serves: its own table, and the merchant's entries, which win.
#[derive(Clone, Debug, Default)]
pub struct Directory {
    built_in: Cow<'static, [Entry]>,
    own: Vec<Entry>,
}

impl Directory {
    /// A directory over a gateway's own table.
    #[must_use]
    pub const fn new(built_in: &'static [Entry]) -> Self {
        Self { built_in: Cow::Borrowed(built_in), own: Vec::new() }
    }

    /// Adds an entry of the merchant's. It hides the built-in entries of the same country, operator, direction
    /// and currency, so that one of several codes can be picked and any limit replaced.
    #[must_use]
    pub fn with(mut self, entry: Entry) -> Self {
        self.own.push(entry);
        self
    }

    /// The entries that fit: none when the gateway does not serve the operator, several when the gateway has
    /// several codes for it and the merchant has picked none.
    #[must_use]
    pub fn find(&self, operator: &Operator, operation: Operation, currency: Currency) -> Vec<&Entry> {
        let fits = |entry: &&Entry| {
            entry.country == operator.country
                && entry.operation == operation
                && entry.currency == currency
                && entry.operator.eq_ignore_ascii_case(&operator.name)
        };
        // The last entry of the merchant's is the one that counts.
        if let Some(own) = self.own.iter().rev().find(fits) {
            return alloc::vec![own];
        }
        self.built_in.iter().filter(fits).collect()
    }

    /// Every entry with this code, the merchant's first.
    pub fn by_code<'a>(&'a self, code: &'a str, operation: Operation) -> impl Iterator<Item = &'a Entry> {
        self.iter().filter(move |entry| entry.code == code && entry.operation == operation)
    }

    /// Every entry, the merchant's first.
    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.own.iter().rev().chain(self.built_in.iter())
    }
}
