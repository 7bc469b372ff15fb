//! Bitlipa's providers: who needs which data, within which limits, and how the customer approves.

use serde::{Deserialize, Serialize};

/// Providers that share their rules.
pub(super) struct Providers {
    pub(super) ids: &'static [i64],
    pub(super) country: &'static str,
    pub(super) currency: &'static str,
    pub(super) phone: Phone,
    pub(super) flow: Flow,
    pub(super) c2b_extra: &'static [&'static str],
    pub(super) b2c_extra: &'static [&'static str],
    /// Hundredths, as all amounts here.
    pub(super) c2b_min: u64,
    pub(super) b2c_min: u64,
    pub(super) max: Option<u64>,
}

/// The form of the customer's number.
#[derive(Clone, Copy)]
pub(super) enum Phone {
    Any,
    /// Begins with the country code and has so many digits in all.
    International(&'static str, usize),
    /// Begins with 0 and has so many digits in all.
    WithZero(usize),
    /// Does not begin with 0 and has so many digits.
    WithoutZero(usize),
    /// Guinea: "country code is not required", and the printed example is one digit short.
    Guinea,
}

/// How a collection comes to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Flow {
    /// The customer gets a USSD or SMS prompt.
    Prompt,
    /// `status` names a page where the customer enters a one-time password.
    Redirect,
    /// The customer pays into a bank account that the answer names.
    Bank,
    /// Only the hosted page collects.
    Hosted,
    /// Provider 14: stays in progress for ever.
    Simulator,
}

pub(super) fn find(provider_id: i64) -> Option<&'static Providers> {
    PROVIDERS.iter().find(|providers| providers.ids.contains(&provider_id))
}

/// The banks of a provider, as code and name.
pub(super) fn banks(provider_id: i64) -> &'static [(&'static str, &'static str)] {
    match provider_id {
        14 => &[("000001", "OK")],
        5008 => &[("000001", "OK"), ("000002", "Sandbox Bank"), ("000003", "Sandbox Savings")],
        5012 => &[("FNB", "First National Bank")],
        _ => &[],
    }
}

impl Phone {
    pub(super) fn fits(self, number: &str) -> bool {
        let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        match self {
            Self::Any => true,
            Self::International(start, count) => digits && number.len() == count && number.starts_with(start),
            Self::WithZero(count) => digits && number.len() == count && number.starts_with('0'),
            Self::WithoutZero(count) => digits && number.len() == count && !number.starts_with('0'),
            Self::Guinea => {
                digits
                    && (number.len() == 9 || (number.starts_with("224") && matches!(number.len(), 11 | 12)))
            }
        }
    }
}

/// Whether amounts of the currency have no decimals (ISO 4217); two zeros are still written.
pub(super) fn has_no_fractions(currency: &str) -> bool {
    matches!(currency, "BIF" | "GNF" | "RWF" | "UGX" | "XAF" | "XOF")
}

/// The published table and Guinea's franc, which it lacks.
pub(super) const CURRENCIES: [&str; 14] =
    ["BIF", "CDF", "GHS", "GNF", "KES", "MWK", "NGN", "RWF", "TZS", "UGX", "XAF", "XOF", "ZAR", "ZMW"];

const NONE: &[&str] = &[];
const NAME: &[&str] = &["customer_name"];
const EMAIL: &[&str] = &["customer_email"];
const BOTH: &[&str] = &["customer_name", "customer_email"];
const PAPERS: &[&str] = &["customer_name", "customer_doc_type", "customer_doc_number"];
const NG_BANK: &[&str] = &["customer_name", "bank_code"];
const ZA_BANK: &[&str] =
    &["bank_code", "customer_name", "customer_email", "customer_phone", "customer_address"];

use Flow::{Bank, Hosted, Prompt, Redirect, Simulator};
use Phone::{Any, Guinea, International, WithZero, WithoutZero};

#[rustfmt::skip]
static PROVIDERS: [Providers; 28] = [
    row(&[14],   ("", "", Any, Simulator), NONE, NONE, (1, 1, None)),
    row(&[2302], ("BI", "BIF", International("257", 11), Prompt), NONE, NONE, (100_000, 200_000, Some(100_000_000))),
    row(&[189, 190], ("BF", "XOF", International("226", 11), Prompt), EMAIL, NAME, (500, 100, Some(55_000_000))),
    row(&[191, 192], ("CM", "XAF", International("237", 12), Prompt), EMAIL, NAME, (500, 100, Some(55_000_000))),
    row(&[658, 659], ("CM", "XAF", International("237", 12), Prompt), NAME, NAME, (500, 100, Some(55_000_000))),
    row(&[2079, 2080], ("CD", "CDF", WithZero(10), Prompt), NONE, NONE, (10_000, 10_000, Some(150_000_000))),
    row(&[2078], ("CD", "CDF", WithoutZero(9), Prompt), NONE, NONE, (10_000, 10_000, Some(150_000_000))),
    row(&[193, 194, 195, 736], ("CI", "XOF", International("225", 13), Redirect), BOTH, NAME, (500, 100, Some(55_000_000))),
    row(&[196, 2062, 197, 2063, 198, 2064], ("GH", "GHS", International("233", 12), Redirect), BOTH, NAME, (100, 1_000, Some(500_000))),
    row(&[660], ("GN", "GNF", Guinea, Prompt), NAME, NAME, (100_000, 100_000, Some(1_000_000_000))),
    row(&[199], ("KE", "KES", International("254", 12), Prompt), BOTH, PAPERS, (100, 50_000, Some(15_000_000))),
    row(&[347, 2012], ("KE", "KES", International("254", 12), Prompt), BOTH, NAME, (100, 50_000, Some(15_000_000))),
    row(&[2157, 2158], ("MW", "MWK", International("265", 12), Prompt), NONE, NAME, (5_000, 5_000, Some(75_000_000))),
    row(&[661], ("ML", "XOF", International("223", 11), Prompt), NAME, NAME, (20_000, 100_000, Some(150_000_000))),
    row(&[5008], ("NG", "NGN", Any, Bank), EMAIL, NG_BANK, (10_000, 10_000, Some(40_000_000))),
    row(&[5010, 5011], ("NG", "NGN", Any, Hosted), NONE, NONE, (10_000, 10_000, Some(40_000_000))),
    row(&[200, 201], ("RW", "RWF", International("250", 12), Redirect), BOTH, NAME, (30_000, 30_000, None)),
    row(&[202, 203, 204, 205], ("SN", "XOF", International("221", 12), Redirect), BOTH, NAME, (10_000, 10_000, None)),
    row(&[5012], ("ZA", "ZAR", Any, Prompt), EMAIL, ZA_BANK, (500, 500, None)),
    row(&[2007, 117, 2008, 119], ("TZ", "TZS", International("255", 12), Prompt), BOTH, NAME, (10_000, 100_000, Some(5_000_000_000))),
    row(&[2009, 126, 2010, 118], ("TZ", "TZS", International("255", 12), Prompt), BOTH, NAME, (10_000, 100_000, Some(5_000_000_000))),
    row(&[206, 207, 208, 209], ("TZ", "TZS", International("255", 12), Prompt), BOTH, PAPERS, (10_000, 100_000, Some(5_000_000_000))),
    row(&[2005, 210], ("UG", "UGX", International("256", 12), Redirect), BOTH, NAME, (100_000, 200_000, Some(400_000_000))),
    row(&[2006, 211], ("UG", "UGX", International("256", 12), Redirect), BOTH, NAME, (100_000, 200_000, Some(400_000_000))),
    row(&[2159, 2376], ("ZM", "ZMW", International("260", 12), Prompt), NONE, NONE, (100, 100, Some(500_000))),
    row(&[2160, 2377], ("ZM", "ZMW", International("260", 12), Prompt), NONE, NONE, (100, 100, Some(500_000))),
    row(&[2161, 2378], ("ZM", "ZMW", International("260", 12), Prompt), NONE, NONE, (100, 100, Some(500_000))),
    row(&[355],  ("TG", "XOF", International("228", 11), Prompt), NONE, NONE, (20_000, 50_000, Some(20_000_000))),
];

const fn row(
    ids: &'static [i64],
    (country, currency, phone, flow): (&'static str, &'static str, Phone, Flow),
    c2b_extra: &'static [&'static str],
    b2c_extra: &'static [&'static str],
    (c2b_min, b2c_min, max): (u64, u64, Option<u64>),
) -> Providers {
    Providers { ids, country, currency, phone, flow, c2b_extra, b2c_extra, c2b_min, b2c_min, max }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_every_published_provider_once() {
        let mut ids: Vec<i64> = PROVIDERS.iter().flat_map(|row| row.ids.iter().copied()).collect();
        // The published table has 60 ids besides the simulator.
        assert_eq!(ids.len(), 61);
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), 61);
    }
}
