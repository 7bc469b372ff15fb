//! The merchant's own entries of a gateway's directory.

use std::borrow::Cow;

use nzimbu::{Country, Currency, Entry, Flow, Limits, Money, Operation, PhoneShape};

use super::section::Section;
use crate::lang::say;

/// Reads a list of entries; an entry with a fault is left out, and the fault told.
pub(super) fn read(section: &mut Section<'_, '_>, name: &'static str) -> Vec<Entry> {
    section.sections(name).into_iter().filter_map(entry).collect()
}

/// `enforced` or `ignored`.
pub(super) fn limits(section: &mut Section<'_, '_>, name: &'static str) -> Limits {
    section.word(name, &[("enforced", Limits::Enforced), ("ignored", Limits::Ignored)]).unwrap_or_default()
}

fn entry(mut section: Section<'_, '_>) -> Option<Entry> {
    for name in ["country", "operator", "operation", "currency", "code"] {
        if !section.has(name) {
            section.missing(name);
        }
    }
    let country = section.parsed("country", Country::parse);
    let operator = section.text("operator");
    let operation = section.word("operation", &[("pay", Operation::Payment), ("payout", Operation::Payout)]);
    let currency = section.parsed("currency", Currency::parse);
    let code = section.text("code");
    let phone = section.word("phone", &SHAPES).unwrap_or(PhoneShape::Undocumented);
    let needs = section.texts("needs").unwrap_or_default();
    let flow = section.word("flow", &FLOWS).unwrap_or(Flow::Undocumented);
    let mut limit = |name| {
        let text = section.text(name)?;
        let limit = currency.map(|currency| Money::parse_major(&text, currency))?;
        match limit {
            Ok(limit) => Some(limit),
            Err(error) => {
                let told = error.to_string();
                section.fault(say!("{name} is wrong: {told}", "{name} est faux : {told}"));
                None
            }
        }
    };
    let (least, most) = (limit("least"), limit("most"));
    section.end();
    Some(Entry {
        country: country?,
        operator: Cow::Owned(operator?),
        operation: operation?,
        currency: currency?,
        code: Cow::Owned(code?),
        phone,
        needs: needs.into_iter().map(Cow::Owned).collect(),
        flow,
        least,
        most,
    })
}

/// The shapes by the words that settings and `operators` use.
pub(crate) const SHAPES: [(&str, PhoneShape); 5] = [
    ("e164", PhoneShape::E164),
    ("msisdn", PhoneShape::Msisdn),
    ("national", PhoneShape::National),
    ("national_with_zero", PhoneShape::NationalWithZero),
    ("undocumented", PhoneShape::Undocumented),
];

/// The flows by the words that settings and `operators` use.
pub(crate) const FLOWS: [(&str, Flow); 6] = [
    ("bank_details", Flow::BankDetails),
    ("hosted_page", Flow::HostedPage),
    ("prompt", Flow::Prompt),
    ("redirect_by_status", Flow::RedirectByStatus),
    ("sms_then_ussd", Flow::SmsThenUssd),
    ("undocumented", Flow::Undocumented),
];
