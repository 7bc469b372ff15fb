//! Numbering plans: one row a country, each checked on the day its comment names.
//!
//! A row is a wall only where the plan is certain: the length everywhere, prefixes where the regulator
//! fixed all of them. New ranges are opened every year, and a table that knew better than the operator
//! would refuse good customers.
//!
//! "Plan" in a comment is the national numbering plan as libphonenumber 9.0.43 records it, compared on
//! 22 November 2026; so are the operators, unless another source is named. Only ranges that belong
//! wholly to one operator whose name has not changed are listed.

use alloc::borrow::Cow;
use alloc::format;

use super::{PhoneError, PhoneErrorKind};
use crate::place::Country;

pub(super) struct Plan {
    pub(super) country: Country,
    /// The calling code, without `+`.
    pub(super) code: &'static str,
    /// How many digits follow the calling code.
    pub(super) digits: u8,
    /// Whether callers inside the country dial a zero that is not part of the number.
    pub(super) trunk_zero: bool,
    /// All prefixes of the plan, or none where only the length is checked.
    prefixes: &'static [&'static str],
    /// What to write instead of an unknown prefix.
    pub(super) prefix_rule: &'static str,
    pub(super) old: Option<Old>,
    operators: &'static [Range],
}

/// What to do with a number of an abandoned plan.
#[derive(Clone, Copy)]
pub(super) enum OldForms {
    Refuse,
    Rewrite,
}

pub(super) struct Old {
    digits: usize,
    /// What holds since that day.
    pub(super) rule: &'static str,
    since: &'static str,
    remedy: &'static str,
    /// What to put before the old digits; nothing when this cannot be told.
    prefix: fn(&[u8]) -> Option<&'static str>,
    lost: &'static str,
}

struct Range {
    operators: &'static [&'static str],
    prefixes: &'static [&'static str],
}

impl Plan {
    pub(super) fn of(country: Country) -> Option<&'static Self> {
        PLANS.iter().find(|plan| plan.country == country)
    }

    pub(super) fn of_code(code: &str) -> Option<&'static Self> {
        PLANS.iter().find(|plan| plan.code == code)
    }

    /// The digits that follow the calling code in E.164, from those that somebody wrote there.
    pub(super) fn significant<'a>(
        &self,
        written: &'a str,
        old: OldForms,
    ) -> Result<Cow<'a, str>, PhoneError> {
        let national = match written.strip_prefix('0') {
            Some(rest) if self.trunk_zero => rest,
            _ => written,
        };
        if let Some(form) = self.old.as_ref().filter(|form| form.digits == national.len()) {
            return self.rewrite(form, national, old);
        }
        if national.len() != usize::from(self.digits) {
            return Err(PhoneErrorKind::WrongLength { country: self.country, expected: self.digits }.into());
        }
        let zero_again = self.trunk_zero && national.starts_with('0');
        if zero_again || !(self.prefixes.is_empty() || begins(national, self.prefixes)) {
            return Err(PhoneErrorKind::UnknownPrefix { country: self.country }.into());
        }
        Ok(Cow::Borrowed(national))
    }

    pub(super) fn operators_of(&self, national: &str) -> &'static [&'static str] {
        let range = self.operators.iter().find(|range| begins(national, range.prefixes));
        range.map_or(&[], |range| range.operators)
    }

    fn rewrite<'a>(&self, form: &Old, national: &str, old: OldForms) -> Result<Cow<'a, str>, PhoneError> {
        let remedy = match (old, (form.prefix)(national.as_bytes())) {
            (OldForms::Rewrite, Some(prefix)) => return Ok(format!("{prefix}{national}").into()),
            (OldForms::Refuse, Some(_)) => form.remedy,
            (_, None) => form.lost,
        };
        Err(PhoneErrorKind::OldPlan { country: self.country, since: form.since, remedy }.into())
    }
}

/// How many of the first digits are the calling code. The codes are prefix-free (ITU-T E.164, list of
/// assigned codes): zones 1 and 7 have one digit, those listed here two, all others three.
pub(super) fn calling_code_len(msisdn: &str) -> usize {
    match msisdn.as_bytes() {
        [b'1' | b'7', ..] => 1,
        [b'2', b'0' | b'7', ..]
        | [b'3', b'0'..=b'4' | b'6' | b'9', ..]
        | [b'4', b'0' | b'1' | b'3'..=b'9', ..]
        | [b'5', b'1'..=b'8', ..]
        | [b'6', b'0'..=b'6', ..]
        | [b'8', b'1' | b'2' | b'4' | b'6', ..]
        | [b'9', b'0'..=b'5' | b'8', ..] => 2,
        _ => 3,
    }
}

fn begins(national: &str, prefixes: &[&str]) -> bool {
    prefixes.iter().any(|prefix| national.starts_with(prefix))
}

/// Old Ivorian mobile numbers: the second digit named the operator, which 07, 05 and 01 name today.
/// 00 was never given out, being the way to dial abroad.
fn ivorian_prefix(old: &[u8]) -> Option<&'static str> {
    match old {
        [b'0', b'0', ..] => None,
        [b'0' | b'4'..=b'9', b'7'..=b'9', ..] => Some("07"),
        [b'0' | b'4'..=b'9', b'4'..=b'6', ..] => Some("05"),
        [b'0' | b'4'..=b'9', b'0'..=b'3', ..] => Some("01"),
        _ => None,
    }
}

/// Old Beninese numbers began with 2, 4, 5, 6 or 9. Eight digits that begin with 01 are rather a
/// current number that lost two, and to put 01 before them would invent a stranger's number.
fn beninese_prefix(old: &[u8]) -> Option<&'static str> {
    matches!(old, [b'2' | b'4'..=b'6' | b'9', ..]).then_some("01")
}

const fn plan(country: &str, code: &'static str, digits: u8) -> Plan {
    let Ok(country) = Country::parse(country) else { panic!("a row names a country by two capital letters") };
    Plan {
        country,
        code,
        digits,
        trunk_zero: false,
        prefixes: &[],
        prefix_rule: "check the first digits",
        old: None,
        operators: &[],
    }
}

const fn with_trunk_zero(country: &str, code: &'static str, digits: u8) -> Plan {
    Plan {
        trunk_zero: true,
        prefix_rule: "write one zero or none before the number, or check the first digits",
        ..plan(country, code, digits)
    }
}

const fn range(operators: &'static [&'static str], prefixes: &'static [&'static str]) -> Range {
    Range { operators, prefixes }
}

static PLANS: &[Plan] = &[
    // Plan; eight digits also in Bitlipa's example.
    Plan {
        operators: &[
            range(
                &["Moov"],
                &["01", "02", "03", "50", "51", "52", "53", "60", "61", "62", "63", "70", "71", "72", "73"],
            ),
            range(
                &["Orange"],
                &[
                    "04", "05", "06", "07", "44", "45", "46", "54", "55", "56", "57", "64", "65", "66", "67",
                    "74", "75", "76", "77",
                ],
            ),
            range(&["Telecel"], &["58", "68", "69", "78", "79"]),
        ],
        ..plan("BF", "226", 8)
    },
    // Plan; eight digits also in Bitlipa's example.
    Plan { operators: &[range(&["Lumitel"], &["6"])], ..plan("BI", "257", 8) },
    // Plan, in force since 30 November 2024: every line got 01 in front.
    Plan {
        prefixes: &["01"],
        prefix_rule: "write 01 first",
        old: Some(Old {
            digits: 8,
            rule: "Beninese numbers have ten digits",
            since: "30 November 2024",
            remedy: "write 01 before the old eight digits, or call PhoneNumber::migrate",
            prefix: beninese_prefix,
            lost: "these eight are no old number either, perhaps two digits are missing; write all ten",
        }),
        operators: &[
            range(&["Celtiis"], &["0140", "0141", "0143", "0144", "0147", "0192", "0193"]),
            range(
                &["MTN"],
                &[
                    "0142", "0146", "0150", "0151", "0152", "0153", "0154", "0156", "0157", "0159", "0161",
                    "0162", "0166", "0167", "0169", "0190", "0191", "0196", "0197",
                ],
            ),
            range(
                &["Moov"],
                &[
                    "0145", "0155", "0158", "0160", "0163", "0164", "0165", "0168", "0194", "0195", "0198",
                    "0199",
                ],
            ),
        ],
        ..plan("BJ", "229", 10)
    },
    // Plan; nine digits and the zero also in Bitlipa's rules for Orange, Airtel and Africell.
    Plan {
        operators: &[
            range(&["Africell"], &["90", "91"]),
            range(&["Airtel"], &["96", "97", "98", "99"]),
            range(&["Orange"], &["80", "84", "85", "89"]),
            range(&["Vodacom"], &["81", "82", "83", "86"]),
        ],
        ..with_trunk_zero("CD", "243", 9)
    },
    // CinetPay's country page (10 digits; 07 Orange, 05 MTN, 01 Moov), Bitlipa's example (13 with the
    // code) and the plan of 31 January 2021, which gave the landlines 21, 25 and 27.
    Plan {
        prefixes: &["01", "05", "07", "21", "25", "27"],
        prefix_rule: "mobile numbers begin with 07 (Orange), 05 (MTN) or 01 (Moov), landlines with 21, 25 or 27",
        old: Some(Old {
            digits: 8,
            rule: "Ivorian numbers have ten digits",
            since: "31 January 2021",
            remedy: "write 07 (Orange), 05 (MTN) or 01 (Moov) before the old eight digits, or call PhoneNumber::migrate",
            prefix: ivorian_prefix,
            lost: "these eight are no old mobile number, so only their holder can tell the new ones; write all ten",
        }),
        operators: &[range(&["MTN"], &["05"]), range(&["Moov"], &["01"]), range(&["Orange"], &["07"])],
        ..plan("CI", "225", 10)
    },
    // Plan; nine digits also in CinetPay's country page and Bitlipa's example.
    Plan {
        operators: &[
            range(&["MTN"], &["67"]),
            range(&["Orange"], &["69"]),
            range(&["Camtel"], &["62", "242", "243"]),
        ],
        ..plan("CM", "237", 9)
    },
    // Plan; nine digits also in Bitlipa's example. The operators beside MTN changed their names.
    Plan {
        operators: &[range(&["MTN"], &["24", "53", "54", "55", "59"])],
        ..with_trunk_zero("GH", "233", 9)
    },
    // Plan; Bitlipa's example has eight digits, which are too few for a mobile line.
    Plan { operators: &[range(&["Orange"], &["61", "62"])], ..plan("GN", "224", 9) },
    // Plan; nine digits also in Bitlipa's example.
    Plan {
        operators: &[
            range(&["Airtel"], &["73", "78"]),
            range(&["Safaricom"], &["11", "70", "71", "72", "79"]),
            range(&["Telkom"], &["77"]),
        ],
        ..with_trunk_zero("KE", "254", 9)
    },
    // Plan; eight digits also in Bitlipa's example.
    Plan {
        operators: &[range(&["Orange"], &["7", "82", "83", "90", "91", "92", "93", "94"])],
        ..plan("ML", "223", 8)
    },
    // Plan; nine digits also in Bitlipa's example.
    Plan {
        operators: &[range(&["Airtel"], &["98", "99"]), range(&["TNM"], &["31", "88", "89"])],
        ..with_trunk_zero("MW", "265", 9)
    },
    // Plan.
    Plan {
        operators: &[
            range(&["Airtel"], &["86", "87", "88", "89", "96", "97", "98", "99"]),
            range(&["Moov"], &["84", "85", "94", "95"]),
        ],
        ..plan("NE", "227", 8)
    },
    // Plan, mobile lines; landlines have ten digits as well since they got 20 in front. Ranges are split
    // by four digits and portable, so none is listed.
    with_trunk_zero("NG", "234", 10),
    // Plan; nine digits also in Bitlipa's example.
    Plan {
        operators: &[range(&["Airtel"], &["72", "73"]), range(&["MTN"], &["78", "79"])],
        ..with_trunk_zero("RW", "250", 9)
    },
    // Plan; nine digits also in Bitlipa's example.
    Plan {
        operators: &[
            range(&["Expresso"], &["70"]),
            range(&["Orange"], &["71", "77", "78"]),
            range(&["Promobile"], &["75"]),
        ],
        ..plan("SN", "221", 9)
    },
    // Plan; eight digits also in Bitlipa's example. The other operator changed its name.
    Plan { operators: &[range(&["Moov"], &["78", "79", "96", "97", "98", "99"])], ..plan("TG", "228", 8) },
    // Plan; nine digits also in Bitlipa's example.
    Plan {
        operators: &[
            range(&["Airtel"], &["60", "66", "68", "69", "78"]),
            range(&["Halotel"], &["61", "62", "63"]),
            range(&["Vodacom"], &["72", "74", "75", "76", "79"]),
        ],
        ..with_trunk_zero("TZ", "255", 9)
    },
    // Plan; nine digits also in Bitlipa's example, an Airtel number.
    Plan {
        operators: &[range(&["Airtel"], &["70", "74", "75"]), range(&["MTN"], &["76", "77", "78"])],
        ..with_trunk_zero("UG", "256", 9)
    },
    // Plan; nine digits with the zero also in Bitlipa's sample of a customer_phone. All ranges are portable.
    with_trunk_zero("ZA", "27", 9),
    // Plan; nine digits also in Bitlipa's example, an Airtel number.
    Plan {
        operators: &[
            range(&["Airtel"], &["57", "77", "97"]),
            range(&["MTN"], &["56", "76", "96"]),
            range(&["ZAMTEL"], &["55", "75", "95"]),
        ],
        ..with_trunk_zero("ZM", "260", 9)
    },
];
