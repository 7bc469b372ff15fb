//! Amounts and phone numbers that bring about failures without the admin API.

use super::{FaultKind, SeenOrder};
use crate::gateway::Decision;

/// One amount and one ending of phone numbers, and what an order with either of them suffers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MagicValue {
    /// In whole units of the currency; the amount has to be exactly this. A multiple of 5.
    pub amount: u64,
    /// The last six digits of the customer's or payee's phone number.
    pub phone_ending: &'static str,
    /// What happens.
    pub effect: MagicEffect,
    /// What happens, in words.
    pub meaning: &'static str,
}

/// What a magic value brings about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MagicEffect {
    /// The exchange that creates the order, or the order's callbacks, go wrong.
    Fault(FaultKind),
    /// The order is decided at once, whatever the settings say.
    Decision(Decision),
}

/// Every magic value. They count on requests that create an order, for amounts in any currency.
pub const MAGIC: [MagicValue; 22] = [
    fault(771_005, "977101", FaultKind::CutBefore, "the connection is cut; nothing was done"),
    fault(771_010, "977102", FaultKind::CutAfter, "the order is made, then the connection is cut"),
    fault(771_015, "977103", FaultKind::Stall, "the order is made; the answer comes after 30 s"),
    fault(771_020, "977104", FaultKind::Error500, "the order is made; the answer is HTTP 500"),
    fault(771_025, "977105", FaultKind::Html403, "nothing is done; the answer is HTML with HTTP 403"),
    fault(771_030, "977106", FaultKind::Html200, "the order is made; the answer is HTML with HTTP 200"),
    fault(771_035, "977107", FaultKind::Drip, "the order is made; the answer comes a byte a second"),
    fault(771_040, "977108", FaultKind::Oversize, "the order is made; the answer is 2 MiB long"),
    fault(771_045, "977109", FaultKind::Redirect307, "nothing is done; the answer is HTTP 307"),
    fault(771_050, "977110", FaultKind::RateLimit, "nothing is done; the answer is HTTP 429"),
    fault(771_055, "977111", FaultKind::OperatorDown, "the operator is out of service"),
    fault(771_060, "977112", FaultKind::DropCallback, "no callback is sent"),
    fault(771_065, "977113", FaultKind::DuplicateCallback, "every callback is sent twice"),
    fault(771_070, "977114", FaultKind::DelayCallback, "callbacks come 5 s late"),
    fault(771_075, "977115", FaultKind::ReorderCallback, "the first callback is overtaken by the next"),
    fault(771_080, "977116", FaultKind::ForgeCallback, "callbacks carry a wrong signature"),
    fault(771_085, "977117", FaultKind::CorruptCallback, "callbacks are cut in the middle"),
    decision(771_100, "977120", Decision::Approve, "approved at once"),
    decision(771_105, "977121", Decision::Refuse, "refused at once"),
    decision(771_110, "977122", Decision::WrongPin, "fails at once: wrong PIN"),
    decision(771_115, "977123", Decision::TooLittleMoney, "fails at once: too little money"),
    decision(771_120, "977124", Decision::Expire, "expires at once"),
];

/// The magic value of an order, by its amount or its phone number.
pub(super) fn find(order: &SeenOrder) -> Option<&'static MagicValue> {
    let amount = order.amount.as_deref().and_then(whole);
    let phone = order.phone.as_deref();
    MAGIC.iter().find(|value| {
        amount == Some(value.amount) || phone.is_some_and(|phone| phone.ends_with(value.phone_ending))
    })
}

/// `771005` and `771005.00`.
fn whole(amount: &str) -> Option<u64> {
    let whole = match amount.split_once('.') {
        Some((whole, fraction)) if fraction.bytes().all(|byte| byte == b'0') => whole,
        Some(_) => return None,
        None => amount,
    };
    whole.parse().ok()
}

const fn fault(
    amount: u64,
    phone_ending: &'static str,
    kind: FaultKind,
    meaning: &'static str,
) -> MagicValue {
    MagicValue { amount, phone_ending, effect: MagicEffect::Fault(kind), meaning }
}

const fn decision(
    amount: u64,
    phone_ending: &'static str,
    decision: Decision,
    meaning: &'static str,
) -> MagicValue {
    MagicValue { amount, phone_ending, effect: MagicEffect::Decision(decision), meaning }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_valid_and_stands_for_one_thing() {
        for (index, value) in MAGIC.iter().enumerate() {
            assert!(value.amount.is_multiple_of(5), "{}", value.amount);
            assert!((200..1_500_000).contains(&value.amount), "within every gateway's slices");
            assert_eq!(value.phone_ending.len(), 6);
            for other in &MAGIC[..index] {
                assert_ne!(value.amount, other.amount);
                assert_ne!(value.phone_ending, other.phone_ending);
                assert_ne!(value.effect, other.effect);
            }
        }
    }

    #[test]
    fn the_readme_lists_them() {
        let readme = include_str!("../../README.md");
        for value in MAGIC {
            let row = format!("| {} | …{} | {} |", value.amount, value.phone_ending, value.meaning);
            assert!(readme.contains(&row), "the README lacks the row {row}");
        }
    }
}
