//! What became of the payouts of a file, for people who read and forward it: CSV row by row, HTML as a whole.
//!
//! Both are written from rows one at a time, so that a million of them need not be in memory.

pub(crate) mod csv;
pub(crate) mod html;
pub(crate) mod numbers;
mod sums;

use nzimbu::{Country, GatewayRef, Money, OrderId, UnixTime};

use crate::lang::Lang;

/// One payout of a batch, as the journal knows it.
#[derive(Clone, Debug)]
pub(crate) struct ReportRow {
    /// The caller's own name of the order.
    pub(crate) reference: String,
    /// Our id.
    pub(crate) order: OrderId,
    /// The recipient's number, masked as `PhoneNumber` prints it. Whatever else is in here is masked again.
    pub(crate) phone: Option<String>,
    /// The operator's name.
    pub(crate) operator: Option<String>,
    /// Where the money goes.
    pub(crate) country: Option<Country>,
    /// How much was asked for.
    pub(crate) amount: Money,
    /// Where the order stands.
    pub(crate) state: State,
    /// What people have to look at.
    pub(crate) flag: Option<Flag>,
    /// The gateway's name.
    pub(crate) gateway: String,
    /// The gateway's own id.
    pub(crate) gateway_reference: Option<GatewayRef>,
    /// Why it failed, by the class of the failure; never the gateway's own words, which may hold names.
    pub(crate) failure: Option<String>,
    /// When the row was planned.
    pub(crate) created_at: Option<UnixTime>,
    /// When its state changed last.
    pub(crate) updated_at: Option<UnixTime>,
}

/// Where an order stands, in the words of the journal; the best first.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum State {
    Succeeded,
    Accepted,
    Sending,
    Ready,
    Planned,
    Unknown,
    Failed,
    Rejected,
    Expired,
    Cancelled,
}

/// What people have to look at.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Flag {
    /// The gateway said success and no amount. Nothing to do.
    AmountUnconfirmed,
    /// The gateway contradicted itself.
    Conflict,
    /// Another amount or currency than was asked for.
    Mismatch,
    /// No machine can go on.
    NeedsReview,
}

/// What a state means for the money.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Class {
    /// It arrived.
    Paid,
    /// It is under way or still to be sent.
    Waiting,
    /// It may have been paid or not: do not send it again.
    Unclear,
    /// It was not paid, and will not be.
    Unpaid,
}

impl ReportRow {
    /// What the state and the flag together mean for the money.
    pub(crate) fn class(&self) -> Class {
        match self.flag {
            Some(Flag::Conflict | Flag::Mismatch | Flag::NeedsReview) => Class::Unclear,
            Some(Flag::AmountUnconfirmed) | None => self.state.class(),
        }
    }

    /// The number with its middle hidden, whatever was handed in.
    fn masked_phone(&self) -> String {
        let phone = self.phone.as_deref().unwrap_or_default();
        if phone.chars().filter(char::is_ascii_digit).count() <= MASKED_DIGITS {
            return phone.to_owned();
        }
        let digits: Vec<_> = phone.chars().filter(char::is_ascii_digit).collect();
        digits[digits.len() - 2..].iter().fold("…".to_owned(), |mut text, digit| {
            text.push(*digit);
            text
        })
    }
}

impl State {
    /// The name in files for programs.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
            Self::Failed => "failed",
            Self::Planned => "planned",
            Self::Ready => "ready",
            Self::Rejected => "rejected",
            Self::Sending => "sending",
            Self::Succeeded => "succeeded",
            Self::Unknown => "unknown",
        }
    }

    const fn words(self, lang: Lang) -> &'static str {
        match self {
            Self::Accepted => lang.pick("accepted by the gateway", "accepté par la passerelle"),
            Self::Cancelled => lang.pick("cancelled", "annulé"),
            Self::Expired => lang.pick("expired", "expiré"),
            Self::Failed => lang.pick("failed", "échoué"),
            Self::Planned => lang.pick("planned", "planifié"),
            Self::Ready => lang.pick("ready to be sent", "prêt à l'envoi"),
            Self::Rejected => lang.pick("refused", "refusé"),
            Self::Sending => lang.pick("being sent", "en cours d'envoi"),
            Self::Succeeded => lang.pick("paid", "payé"),
            Self::Unknown => lang.pick("not known yet", "pas encore connu"),
        }
    }

    const fn class(self) -> Class {
        match self {
            Self::Succeeded => Class::Paid,
            Self::Accepted | Self::Planned | Self::Ready | Self::Sending => Class::Waiting,
            Self::Unknown => Class::Unclear,
            Self::Cancelled | Self::Expired | Self::Failed | Self::Rejected => Class::Unpaid,
        }
    }
}

impl Flag {
    /// The name in files for programs.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::AmountUnconfirmed => "amount_unconfirmed",
            Self::Conflict => "conflict",
            Self::Mismatch => "mismatch",
            Self::NeedsReview => "needs_review",
        }
    }

    const fn words(self, lang: Lang) -> &'static str {
        match self {
            Self::AmountUnconfirmed => lang.pick("amount not confirmed", "montant non confirmé"),
            Self::Conflict => lang.pick("the gateway contradicts itself", "la passerelle se contredit"),
            Self::Mismatch => lang.pick("another amount than asked", "autre montant que demandé"),
            Self::NeedsReview => lang.pick("to be looked at", "à examiner"),
        }
    }
}

impl Class {
    pub(crate) const ALL: &'static [Self] = &[Self::Paid, Self::Waiting, Self::Unclear, Self::Unpaid];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Paid => "paid",
            Self::Unclear => "unclear",
            Self::Unpaid => "unpaid",
            Self::Waiting => "waiting",
        }
    }

    const fn words(self, lang: Lang) -> &'static str {
        match self {
            Self::Paid => lang.pick("Paid", "Payé"),
            Self::Unclear => lang.pick("Unclear", "Incertain"),
            Self::Unpaid => lang.pick("Not paid", "Non payé"),
            Self::Waiting => lang.pick("Under way", "En cours"),
        }
    }

    const fn explained(self, lang: Lang) -> &'static str {
        match self {
            Self::Paid => lang.pick("the gateway confirmed it", "confirmé par la passerelle"),
            Self::Unclear => {
                lang.pick("may have been paid: do not pay again", "peut-être payé\u{a0}: ne pas repayer")
            }
            Self::Unpaid => {
                lang.pick("refused, failed, expired or cancelled", "refusé, échoué, expiré ou annulé")
            }
            Self::Waiting => lang.pick("sent or still to be sent", "envoyé ou à envoyer"),
        }
    }
}

/// The most digits that a masked number shows: a calling code and the last two.
const MASKED_DIGITS: usize = 6;

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failing test may panic")]
mod tests;
