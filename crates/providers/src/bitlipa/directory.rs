//! Written by `cargo xtask directory` from directory.toml; never edited.

use std::borrow::Cow;

use nzimbu_core::{Country, Currency, Entry, Flow, Money, Operation, PhoneShape};

type Needs = &'static [Cow<'static, str>];

#[rustfmt::skip]
#[allow(clippy::too_many_arguments, reason = "one column of the table each")]
const fn payment(
    flow: Flow, country: &str, operator: &'static str, code: &'static str, currency: Currency, phone: PhoneShape,
    needs: Needs, least: u64, most: Option<u64>,
) -> Entry {
    let Ok(country) = Country::parse(country) else { panic!("a row names a country by two capital letters") };
    Entry {
        country,
        operator: Cow::Borrowed(operator),
        operation: Operation::Payment,
        currency,
        code: Cow::Borrowed(code),
        phone,
        needs: Cow::Borrowed(needs),
        flow,
        least: Some(amount(least, currency)),
        most: match most {
            Some(most) => Some(amount(most, currency)),
            None => None,
        },
    }
}

/// How a recipient gets a payout is described for none.
#[rustfmt::skip]
#[allow(clippy::too_many_arguments, reason = "one column of the table each")]
const fn payout(
    country: &str, operator: &'static str, code: &'static str, currency: Currency, phone: PhoneShape,
    needs: Needs, least: u64, most: Option<u64>,
) -> Entry {
    let mut entry = payment(Flow::Undocumented, country, operator, code, currency, phone, needs, least, most);
    entry.operation = Operation::Payout;
    entry
}

const fn amount(minor: u64, currency: Currency) -> Money {
    let Ok(amount) = Money::from_minor(minor, currency) else { panic!("a limit is below i64::MAX") };
    amount
}

#[rustfmt::skip]
const BANK_CODE_AND_RECIPIENT_NAME_AND_RECIPIENT_EMAIL_AND_RECIPIENT_PHONE_AND_RECIPIENT_ADDRESS: &[Cow<'static, str>] = &[Cow::Borrowed("bank_code"), Cow::Borrowed("recipient.name"), Cow::Borrowed("recipient.email"), Cow::Borrowed("recipient.phone"), Cow::Borrowed("recipient.address")];
#[rustfmt::skip]
const PAYER_EMAIL: &[Cow<'static, str>] = &[Cow::Borrowed("payer.email")];
#[rustfmt::skip]
const PAYER_NAME: &[Cow<'static, str>] = &[Cow::Borrowed("payer.name")];
#[rustfmt::skip]
const PAYER_NAME_AND_PAYER_EMAIL: &[Cow<'static, str>] = &[Cow::Borrowed("payer.name"), Cow::Borrowed("payer.email")];
#[rustfmt::skip]
const RECIPIENT_NAME: &[Cow<'static, str>] = &[Cow::Borrowed("recipient.name")];
#[rustfmt::skip]
const RECIPIENT_NAME_AND_BANK_CODE: &[Cow<'static, str>] = &[Cow::Borrowed("recipient.name"), Cow::Borrowed("bank_code")];
#[rustfmt::skip]
const RECIPIENT_NAME_AND_DOCUMENT: &[Cow<'static, str>] = &[Cow::Borrowed("recipient.name"), Cow::Borrowed("document")];

/// Two rows for each provider id, one for each direction.
#[rustfmt::skip]
pub(super) static ENTRIES: &[Entry] = &[
    payment(Flow::SmsThenUssd, "BI", "Lumicash", "2302", Currency::Bif, PhoneShape::Msisdn, &[], 1000, Some(1000000)),
    payout("BI", "Lumicash", "2302", Currency::Bif, PhoneShape::Msisdn, &[], 2000, Some(1000000)),
    payment(Flow::Prompt, "BF", "Orange", "189", Currency::Xof, PhoneShape::Msisdn, PAYER_EMAIL, 5, Some(550000)),
    payout("BF", "Orange", "189", Currency::Xof, PhoneShape::Msisdn, RECIPIENT_NAME, 1, Some(550000)),
    payment(Flow::Prompt, "BF", "Mobicash", "190", Currency::Xof, PhoneShape::Msisdn, PAYER_EMAIL, 5, Some(550000)),
    payout("BF", "Mobicash", "190", Currency::Xof, PhoneShape::Msisdn, RECIPIENT_NAME, 1, Some(550000)),
    payment(Flow::Prompt, "CM", "Orange", "191", Currency::Xaf, PhoneShape::Msisdn, PAYER_EMAIL, 5, Some(550000)),
    payout("CM", "Orange", "191", Currency::Xaf, PhoneShape::Msisdn, RECIPIENT_NAME, 1, Some(550000)),
    payment(Flow::Prompt, "CM", "MTN", "192", Currency::Xaf, PhoneShape::Msisdn, PAYER_EMAIL, 5, Some(550000)),
    payout("CM", "MTN", "192", Currency::Xaf, PhoneShape::Msisdn, RECIPIENT_NAME, 1, Some(550000)),
    payment(Flow::Prompt, "CM", "MTN", "658", Currency::Xaf, PhoneShape::Msisdn, PAYER_NAME, 5, Some(550000)),
    payout("CM", "MTN", "658", Currency::Xaf, PhoneShape::Msisdn, RECIPIENT_NAME, 1, Some(550000)),
    payment(Flow::Prompt, "CM", "Orange", "659", Currency::Xaf, PhoneShape::Msisdn, PAYER_NAME, 5, Some(550000)),
    payout("CM", "Orange", "659", Currency::Xaf, PhoneShape::Msisdn, RECIPIENT_NAME, 1, Some(550000)),
    payment(Flow::Prompt, "CD", "Orange", "2079", Currency::Cdf, PhoneShape::NationalWithZero, &[], 10000, Some(150000000)),
    payout("CD", "Orange", "2079", Currency::Cdf, PhoneShape::NationalWithZero, &[], 10000, Some(150000000)),
    payment(Flow::Prompt, "CD", "Airtel", "2078", Currency::Cdf, PhoneShape::National, &[], 10000, Some(150000000)),
    payout("CD", "Airtel", "2078", Currency::Cdf, PhoneShape::National, &[], 10000, Some(150000000)),
    payment(Flow::Prompt, "CD", "Africell", "2080", Currency::Cdf, PhoneShape::NationalWithZero, &[], 10000, Some(150000000)),
    payout("CD", "Africell", "2080", Currency::Cdf, PhoneShape::NationalWithZero, &[], 10000, Some(150000000)),
    payment(Flow::RedirectByStatus, "CI", "Orange", "193", Currency::Xof, PhoneShape::Msisdn, PAYER_NAME_AND_PAYER_EMAIL, 5, Some(550000)),
    payout("CI", "Orange", "193", Currency::Xof, PhoneShape::Msisdn, RECIPIENT_NAME, 1, Some(550000)),
    payment(Flow::RedirectByStatus, "CI", "MTN", "194", Currency::Xof, PhoneShape::Msisdn, PAYER_NAME_AND_PAYER_EMAIL, 5, Some(550000)),
    payout("CI", "MTN", "194", Currency::Xof, PhoneShape::Msisdn, RECIPIENT_NAME, 1, Some(550000)),
    payment(Flow::RedirectByStatus, "CI", "Moov", "195", Currency::Xof, PhoneShape::Msisdn, PAYER_NAME_AND_PAYER_EMAIL, 5, Some(550000)),
    payout("CI", "Moov", "195", Currency::Xof, PhoneShape::Msisdn, RECIPIENT_NAME, 1, Some(550000)),
    payment(Flow::RedirectByStatus, "CI", "Wave", "736", Currency::Xof, PhoneShape::Msisdn, PAYER_NAME_AND_PAYER_EMAIL, 5, Some(550000)),
    payout("CI", "Wave", "736", Currency::Xof, PhoneShape::Msisdn, RECIPIENT_NAME, 1, Some(550000)),
    payment(Flow::RedirectByStatus, "GH", "AirtelTigo", "196", Currency::Ghs, PhoneShape::Msisdn, PAYER_NAME_AND_PAYER_EMAIL, 100, Some(500000)),
    payout("GH", "AirtelTigo", "196", Currency::Ghs, PhoneShape::Msisdn, RECIPIENT_NAME, 1000, Some(500000)),
    payment(Flow::RedirectByStatus, "GH", "AirtelTigo", "2062", Currency::Ghs, PhoneShape::Msisdn, PAYER_NAME_AND_PAYER_EMAIL, 100, Some(500000)),
    payout("GH", "AirtelTigo", "2062", Currency::Ghs, PhoneShape::Msisdn, RECIPIENT_NAME, 1000, Some(500000)),
    payment(Flow::RedirectByStatus, "GH", "MTN", "197", Currency::Ghs, PhoneShape::Msisdn, PAYER_NAME_AND_PAYER_EMAIL, 100, Some(500000)),
    payout("GH", "MTN", "197", Currency::Ghs, PhoneShape::Msisdn, RECIPIENT_NAME, 1000, Some(500000)),
    payment(Flow::RedirectByStatus, "GH", "MTN", "2063", Currency::Ghs, PhoneShape::Msisdn, PAYER_NAME_AND_PAYER_EMAIL, 100, Some(500000)),
    payout("GH", "MTN", "2063", Currency::Ghs, PhoneShape::Msisdn, RECIPIENT_NAME, 1000, Some(500000)),
    payment(Flow::RedirectByStatus, "GH", "Vodafone", "198", Currency::Ghs, PhoneShape::Msisdn, PAYER_NAME_AND_PAYER_EMAIL, 100, Some(500000)),
    payout("GH", "Vodafone", "198", Currency::Ghs, PhoneShape::Msisdn, RECIPIENT_NAME, 1000, Some(500000)),
    payment(Flow::RedirectByStatus, "GH", "Vodafone", "2064", Currency::Ghs, PhoneShape::Msisdn, PAYER_NAME_AND_PAYER_EMAIL, 100, Some(500000)),
    payout("GH", "Vodafone", "2064", Currency::Ghs, PhoneShape::Msisdn, RECIPIENT_NAME, 1000, Some(500000)),
    payment(Flow::Prompt, "GN", "MTN", "660", Currency::Gnf, PhoneShape::Msisdn, PAYER_NAME, 1000, Some(10000000)),
    payout("GN", "MTN", "660", Currency::Gnf, PhoneShape::Msisdn, RECIPIENT_NAME, 1000, Some(10000000)),
    payment(Flow::Prompt, "KE", "MPESA", "199", Currency::Kes, PhoneShape::Msisdn, PAYER_NAME_AND_PAYER_EMAIL, 100, Some(15000000)),
    payout("KE", "MPESA", "199", Currency::Kes, PhoneShape::Msisdn, RECIPIENT_NAME_AND_DOCUMENT, 50000, Some(15000000)),
    payment(Flow::Prompt, "KE", "MPESA", "347", Currency::Kes, PhoneShape::Msisdn, PAYER_NAME_AND_PAYER_EMAIL, 100, Some(15000000)),
    payout("KE", "MPESA", "347", Currency::Kes, PhoneShape::Msisdn, RECIPIENT_NAME, 50000, Some(15000000)),
    payment(Flow::Prompt, "KE", "MPESA", "2012", Currency::Kes, PhoneShape::Msisdn, PAYER_NAME_AND_PAYER_EMAIL, 100, Some(15000000)),
    payout("KE", "MPESA", "2012", Currency::Kes, PhoneShape::Msisdn, RECIPIENT_NAME, 50000, Some(15000000)),
    payment(Flow::Prompt, "MW", "Airtel", "2157", Currency::Mwk, PhoneShape::Msisdn, &[], 5000, Some(75000000)),
    payout("MW", "Airtel", "2157", Currency::Mwk, PhoneShape::Msisdn, RECIPIENT_NAME, 5000, Some(75000000)),
    payment(Flow::Prompt, "MW", "TNM", "2158", Currency::Mwk, PhoneShape::Msisdn, &[], 5000, Some(75000000)),
    payout("MW", "TNM", "2158", Currency::Mwk, PhoneShape::Msisdn, RECIPIENT_NAME, 5000, Some(75000000)),
    payment(Flow::Prompt, "ML", "Orange", "661", Currency::Xof, PhoneShape::Msisdn, PAYER_NAME, 200, Some(1500000)),
    payout("ML", "Orange", "661", Currency::Xof, PhoneShape::Msisdn, RECIPIENT_NAME, 1000, Some(1500000)),
    payment(Flow::BankDetails, "NG", "BankTransfer", "5008", Currency::Ngn, PhoneShape::Undocumented, PAYER_EMAIL, 10000, Some(40000000)),
    payout("NG", "BankTransfer", "5008", Currency::Ngn, PhoneShape::Undocumented, RECIPIENT_NAME_AND_BANK_CODE, 10000, Some(40000000)),
    payment(Flow::HostedPage, "NG", "Palmpay", "5010", Currency::Ngn, PhoneShape::Undocumented, &[], 10000, Some(40000000)),
    payout("NG", "Palmpay", "5010", Currency::Ngn, PhoneShape::Undocumented, &[], 10000, Some(40000000)),
    payment(Flow::HostedPage, "NG", "Pay Attitude", "5011", Currency::Ngn, PhoneShape::Undocumented, &[], 10000, Some(40000000)),
    payout("NG", "Pay Attitude", "5011", Currency::Ngn, PhoneShape::Undocumented, &[], 10000, Some(40000000)),
    payment(Flow::RedirectByStatus, "RW", "Airtel", "200", Currency::Rwf, PhoneShape::Msisdn, PAYER_NAME_AND_PAYER_EMAIL, 300, None),
    payout("RW", "Airtel", "200", Currency::Rwf, PhoneShape::Msisdn, RECIPIENT_NAME, 300, None),
    payment(Flow::RedirectByStatus, "RW", "MTN", "201", Currency::Rwf, PhoneShape::Msisdn, PAYER_NAME_AND_PAYER_EMAIL, 300, None),
    payout("RW", "MTN", "201", Currency::Rwf, PhoneShape::Msisdn, RECIPIENT_NAME, 300, None),
    payment(Flow::RedirectByStatus, "SN", "Orange", "202", Currency::Xof, PhoneShape::Msisdn, PAYER_NAME_AND_PAYER_EMAIL, 100, None),
    payout("SN", "Orange", "202", Currency::Xof, PhoneShape::Msisdn, RECIPIENT_NAME, 100, None),
    payment(Flow::RedirectByStatus, "SN", "Wave", "203", Currency::Xof, PhoneShape::Msisdn, PAYER_NAME_AND_PAYER_EMAIL, 100, None),
    payout("SN", "Wave", "203", Currency::Xof, PhoneShape::Msisdn, RECIPIENT_NAME, 100, None),
    payment(Flow::RedirectByStatus, "SN", "Free money", "204", Currency::Xof, PhoneShape::Msisdn, PAYER_NAME_AND_PAYER_EMAIL, 100, None),
    payout("SN", "Free money", "204", Currency::Xof, PhoneShape::Msisdn, RECIPIENT_NAME, 100, None),
    payment(Flow::RedirectByStatus, "SN", "E-money", "205", Currency::Xof, PhoneShape::Msisdn, PAYER_NAME_AND_PAYER_EMAIL, 100, None),
    payout("SN", "E-money", "205", Currency::Xof, PhoneShape::Msisdn, RECIPIENT_NAME, 100, None),
    payment(Flow::Undocumented, "ZA", "BankTransfer", "5012", Currency::Zar, PhoneShape::Undocumented, PAYER_EMAIL, 500, None),
    payout("ZA", "BankTransfer", "5012", Currency::Zar, PhoneShape::Undocumented, BANK_CODE_AND_RECIPIENT_NAME_AND_RECIPIENT_EMAIL_AND_RECIPIENT_PHONE_AND_RECIPIENT_ADDRESS, 500, None),
    payment(Flow::Prompt, "TZ", "Airtel", "2007", Currency::Tzs, PhoneShape::Msisdn, PAYER_NAME_AND_PAYER_EMAIL, 10000, Some(5000000000)),
    payout("TZ", "Airtel", "2007", Currency::Tzs, PhoneShape::Msisdn, RECIPIENT_NAME, 100000, Some(5000000000)),
    payment(Flow::Prompt, "TZ", "Airtel", "117", Currency::Tzs, PhoneShape::Msisdn, PAYER_NAME_AND_PAYER_EMAIL, 10000, Some(5000000000)),
    payout("TZ", "Airtel", "117", Currency::Tzs, PhoneShape::Msisdn, RECIPIENT_NAME, 100000, Some(5000000000)),
    payment(Flow::Prompt, "TZ", "Airtel", "206", Currency::Tzs, PhoneShape::Msisdn, PAYER_NAME_AND_PAYER_EMAIL, 10000, Some(5000000000)),
    payout("TZ", "Airtel", "206", Currency::Tzs, PhoneShape::Msisdn, RECIPIENT_NAME_AND_DOCUMENT, 100000, Some(5000000000)),
    payment(Flow::Prompt, "TZ", "HaloPesa", "2008", Currency::Tzs, PhoneShape::Msisdn, PAYER_NAME_AND_PAYER_EMAIL, 10000, Some(5000000000)),
    payout("TZ", "HaloPesa", "2008", Currency::Tzs, PhoneShape::Msisdn, RECIPIENT_NAME, 100000, Some(5000000000)),
    payment(Flow::Prompt, "TZ", "HaloPesa", "119", Currency::Tzs, PhoneShape::Msisdn, PAYER_NAME_AND_PAYER_EMAIL, 10000, Some(5000000000)),
    payout("TZ", "HaloPesa", "119", Currency::Tzs, PhoneShape::Msisdn, RECIPIENT_NAME, 100000, Some(5000000000)),
    payment(Flow::Prompt, "TZ", "HaloPesa", "207", Currency::Tzs, PhoneShape::Msisdn, PAYER_NAME_AND_PAYER_EMAIL, 10000, Some(5000000000)),
    payout("TZ", "HaloPesa", "207", Currency::Tzs, PhoneShape::Msisdn, RECIPIENT_NAME_AND_DOCUMENT, 100000, Some(5000000000)),
    payment(Flow::Prompt, "TZ", "Vodafone", "2009", Currency::Tzs, PhoneShape::Msisdn, PAYER_NAME_AND_PAYER_EMAIL, 10000, Some(5000000000)),
    payout("TZ", "Vodafone", "2009", Currency::Tzs, PhoneShape::Msisdn, RECIPIENT_NAME, 100000, Some(5000000000)),
    payment(Flow::Prompt, "TZ", "Vodafone", "126", Currency::Tzs, PhoneShape::Msisdn, PAYER_NAME_AND_PAYER_EMAIL, 10000, Some(5000000000)),
    payout("TZ", "Vodafone", "126", Currency::Tzs, PhoneShape::Msisdn, RECIPIENT_NAME, 100000, Some(5000000000)),
    payment(Flow::Prompt, "TZ", "Vodafone", "209", Currency::Tzs, PhoneShape::Msisdn, PAYER_NAME_AND_PAYER_EMAIL, 10000, Some(5000000000)),
    payout("TZ", "Vodafone", "209", Currency::Tzs, PhoneShape::Msisdn, RECIPIENT_NAME_AND_DOCUMENT, 100000, Some(5000000000)),
    payment(Flow::Prompt, "TZ", "Tigo", "2010", Currency::Tzs, PhoneShape::Msisdn, PAYER_NAME_AND_PAYER_EMAIL, 10000, Some(5000000000)),
    payout("TZ", "Tigo", "2010", Currency::Tzs, PhoneShape::Msisdn, RECIPIENT_NAME, 100000, Some(5000000000)),
    payment(Flow::Prompt, "TZ", "Tigo", "118", Currency::Tzs, PhoneShape::Msisdn, PAYER_NAME_AND_PAYER_EMAIL, 10000, Some(5000000000)),
    payout("TZ", "Tigo", "118", Currency::Tzs, PhoneShape::Msisdn, RECIPIENT_NAME, 100000, Some(5000000000)),
    payment(Flow::Prompt, "TZ", "Tigo", "208", Currency::Tzs, PhoneShape::Msisdn, PAYER_NAME_AND_PAYER_EMAIL, 10000, Some(5000000000)),
    payout("TZ", "Tigo", "208", Currency::Tzs, PhoneShape::Msisdn, RECIPIENT_NAME_AND_DOCUMENT, 100000, Some(5000000000)),
    payment(Flow::RedirectByStatus, "UG", "Airtel", "2005", Currency::Ugx, PhoneShape::Msisdn, PAYER_NAME_AND_PAYER_EMAIL, 1000, Some(4000000)),
    payout("UG", "Airtel", "2005", Currency::Ugx, PhoneShape::Msisdn, RECIPIENT_NAME, 2000, Some(4000000)),
    payment(Flow::RedirectByStatus, "UG", "Airtel", "210", Currency::Ugx, PhoneShape::Msisdn, PAYER_NAME_AND_PAYER_EMAIL, 1000, Some(4000000)),
    payout("UG", "Airtel", "210", Currency::Ugx, PhoneShape::Msisdn, RECIPIENT_NAME, 2000, Some(4000000)),
    payment(Flow::RedirectByStatus, "UG", "MTN", "2006", Currency::Ugx, PhoneShape::Msisdn, PAYER_NAME_AND_PAYER_EMAIL, 1000, Some(4000000)),
    payout("UG", "MTN", "2006", Currency::Ugx, PhoneShape::Msisdn, RECIPIENT_NAME, 2000, Some(4000000)),
    payment(Flow::RedirectByStatus, "UG", "MTN", "211", Currency::Ugx, PhoneShape::Msisdn, PAYER_NAME_AND_PAYER_EMAIL, 1000, Some(4000000)),
    payout("UG", "MTN", "211", Currency::Ugx, PhoneShape::Msisdn, RECIPIENT_NAME, 2000, Some(4000000)),
    payment(Flow::Prompt, "ZM", "Airtel", "2159", Currency::Zmw, PhoneShape::Msisdn, &[], 100, Some(500000)),
    payout("ZM", "Airtel", "2159", Currency::Zmw, PhoneShape::Msisdn, &[], 100, Some(500000)),
    payment(Flow::Prompt, "ZM", "Airtel", "2376", Currency::Zmw, PhoneShape::Msisdn, &[], 100, Some(500000)),
    payout("ZM", "Airtel", "2376", Currency::Zmw, PhoneShape::Msisdn, &[], 100, Some(500000)),
    payment(Flow::Prompt, "ZM", "MTN", "2160", Currency::Zmw, PhoneShape::Msisdn, &[], 100, Some(500000)),
    payout("ZM", "MTN", "2160", Currency::Zmw, PhoneShape::Msisdn, &[], 100, Some(500000)),
    payment(Flow::Prompt, "ZM", "MTN", "2377", Currency::Zmw, PhoneShape::Msisdn, &[], 100, Some(500000)),
    payout("ZM", "MTN", "2377", Currency::Zmw, PhoneShape::Msisdn, &[], 100, Some(500000)),
    payment(Flow::Prompt, "ZM", "ZAMTEL", "2161", Currency::Zmw, PhoneShape::Msisdn, &[], 100, Some(500000)),
    payout("ZM", "ZAMTEL", "2161", Currency::Zmw, PhoneShape::Msisdn, &[], 100, Some(500000)),
    payment(Flow::Prompt, "ZM", "ZAMTEL", "2378", Currency::Zmw, PhoneShape::Msisdn, &[], 100, Some(500000)),
    payout("ZM", "ZAMTEL", "2378", Currency::Zmw, PhoneShape::Msisdn, &[], 100, Some(500000)),
    payment(Flow::Prompt, "TG", "TMoney", "355", Currency::Xof, PhoneShape::Msisdn, &[], 200, Some(200000)),
    payout("TG", "TMoney", "355", Currency::Xof, PhoneShape::Msisdn, &[], 500, Some(200000)),
];

/// Country, licence holder of number ranges, and the operator under which it is listed.
#[rustfmt::skip]
pub(super) const NETWORKS: &[(&str, &str, &str)] = &[
    ("BI", "Lumitel", "Lumicash"),
    ("KE", "Safaricom", "MPESA"),
    ("TZ", "Halotel", "HaloPesa"),
    ("TZ", "Vodacom", "Vodafone"),
];
