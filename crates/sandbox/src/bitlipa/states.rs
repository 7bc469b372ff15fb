//! The states of an order, and the amounts that lead straight into them.

use serde::{Deserialize, Serialize};

/// Where an order stands. ("Operation status" of the documents.)
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum State {
    Undefined,
    Initiated,
    InProgress,
    Success,
    Failed(Failure),
    Cancelled,
    PartlyCancelled,
    InTransit,
}

/// Why a transaction failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Failure {
    /// By the operator, before the customer heard of it.
    Unacceptable,
    Refused,
    WrongPin,
    BlankPin,
    PinOfWrongLength,
    TooLittleMoney,
}

impl State {
    pub(super) fn code(self) -> i64 {
        match self {
            State::Undefined => -1,
            State::Initiated => 0,
            State::InProgress => 1,
            State::Success => 2,
            State::Failed(_) => 3,
            State::Cancelled => 4,
            State::PartlyCancelled => 5,
            State::InTransit => 6,
        }
    }

    /// By its code, as a text.
    pub(super) fn parse(code: &str) -> Option<State> {
        Some(match code {
            "-1" => State::Undefined,
            "0" => State::Initiated,
            "1" => State::InProgress,
            "2" => State::Success,
            "3" => State::Failed(Failure::Refused),
            "4" => State::Cancelled,
            "5" => State::PartlyCancelled,
            "6" => State::InTransit,
            _ => return None,
        })
    }

    pub(super) fn is_open(self) -> bool {
        matches!(self, State::Undefined | State::Initiated | State::InProgress | State::InTransit)
    }
}

/// The state that an order of so many hundredths has from the start. The amounts lie within the limits of every
/// provider.
pub(super) fn magic(amount: u64) -> Option<State> {
    Some(match amount {
        437_000 => State::Initiated,
        437_100 => State::InProgress,
        437_200 => State::Success,
        437_300 => State::Failed(Failure::Refused),
        437_400 => State::Cancelled,
        437_500 => State::PartlyCancelled,
        437_600 => State::InTransit,
        437_900 => State::Undefined,
        438_100 => State::Failed(Failure::WrongPin),
        438_200 => State::Failed(Failure::BlankPin),
        438_300 => State::Failed(Failure::PinOfWrongLength),
        _ => return None,
    })
}

/// A payout of exactly this many hundredths asks for a confirmation.
pub(super) const CONFIRMATION_AMOUNT: u64 = 222_200;
