//! What a checkout session accepts ("Create a Checkout Session", schema): amount, description, `expires_in`.

use std::time::Duration;

use nzimbu_core::{Channel, Country, Currency, Fault, PhoneNumber, Problems};

use super::CheckoutRequest;
use crate::check;

/// The least amount in XOF.
const LEAST: u64 = 100;
/// The most characters of a description.
const DESCRIPTION: usize = 200;
/// The seconds that a session may live.
const LIFE: std::ops::RangeInclusive<u64> = 300..=86_400;

/// A request that passed every rule.
pub(super) struct Checked<'a> {
    pub(super) amount: u64,
    pub(super) phone: &'a PhoneNumber,
}

pub(super) fn checkout(request: &CheckoutRequest) -> Result<Checked<'_>, Problems> {
    let mut problems = Problems::default();
    let mut amount = 0;
    if request.amount.currency() == Currency::Xof {
        // XOF has no decimals, so the minor unit is the whole one.
        amount = request.amount.minor();
        if amount < LEAST {
            problems.add("amount", Fault::TooSmall("100 XOF".into()));
        }
    } else {
        problems.add("amount.currency", Fault::Unsupported("XOF".into()));
    }
    match &request.payer.phone {
        None => problems.add("payer.phone", Fault::Missing),
        Some(phone) if phone.calling_code() != "225" => {
            problems.add("payer.phone", Fault::wrong("a number of Côte d'Ivoire, beginning with +225"));
        }
        Some(_) => {}
    }
    if let Some(description) = &request.description {
        check::at_most(&mut problems, "description", description, DESCRIPTION);
        check::no_card_number(&mut problems, "description", description);
    }
    if let Some(life) = request.expires_in {
        check_life(&mut problems, "expires_in", life);
    }
    let phone = request.payer.phone.as_ref();
    match (problems.into_result(), phone) {
        (Ok(()), Some(phone)) => Ok(Checked { amount, phone }),
        (Err(problems), _) => Err(problems),
        (Ok(()), None) => unreachable!("a missing phone is a problem"),
    }
}

pub(super) fn check_life(problems: &mut Problems, field: &'static str, life: Duration) {
    if life.as_secs() < *LIFE.start() {
        problems.add(field, Fault::TooSmall("300 seconds".into()));
    } else if life > Duration::from_secs(*LIFE.end()) {
        problems.add(field, Fault::TooLarge("86400 seconds".into()));
    }
}

/// A session is driven by the phone number alone: no card or bank can be chosen, and an operator only in the sense
/// that the number is one of its own. The names are those of the gateway's channels.
pub(super) fn channel(problems: &mut Problems, channel: &Channel) {
    let offered = match channel {
        Channel::Any | Channel::MobileMoney => return,
        Channel::Operator(operator) => {
            let here = Country::parse("CI").is_ok_and(|ci| operator.country == ci);
            let known =
                ["Orange", "MTN", "Moov", "Wave"].iter().any(|name| operator.name.eq_ignore_ascii_case(name));
            if here && known {
                return;
            }
            "Orange, MTN, Moov or Wave of CI"
        }
        _ => "any or mobile_money",
    };
    problems.add("channel", Fault::Unsupported(offered.into()));
}
