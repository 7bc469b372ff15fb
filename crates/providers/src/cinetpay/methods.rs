//! Payment methods: the gateway's codes, and the operators, countries and amounts behind them.

use std::borrow::Cow;
use std::fmt;

use nzimbu_core::{Country, Currency, Directory, Entry, Flow, Money, Operation, Operator, PhoneShape};

use super::checkout::Universe;

/// How a payment was made, by the gateway's code: `OM`, `WAVECI`, `VISAM`.
///
/// The list is open, because operators come and go: a code that this table does not know is kept as it is.
///
/// ```
/// use nzimbu_providers::cinetpay::PaymentMethod;
/// let method = PaymentMethod::parse("WAVECI").unwrap();
/// assert_eq!(method.operator().unwrap().name, "Wave");
/// assert_eq!(PaymentMethod::parse("NEWPAY").unwrap().operator(), None);
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PaymentMethod(Box<str>);

impl PaymentMethod {
    /// Keeps a code as it came; blank text is none, as it is until the customer has chosen.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        (!code.trim().is_empty()).then(|| Self(code.trim().into()))
    }

    /// The code.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The operator, where the code is a known one. Capitals do not matter: `TmoneyTG` is also seen as
    /// `TMONEYTG`.
    #[must_use]
    pub fn operator(&self) -> Option<Operator> {
        self.entry().map(|entry| Operator::new(entry.country, entry.operator.clone()))
    }

    /// The currency in which the method collects, where the code is a known one.
    #[must_use]
    pub fn currency(&self) -> Option<Currency> {
        self.entry().map(|entry| entry.currency)
    }

    fn entry(&self) -> Option<&'static Entry> {
        let fits = |entry: &&Entry| {
            entry.operation == Operation::Payment && entry.code.eq_ignore_ascii_case(&self.0)
        };
        ENTRIES.iter().find(fits)
    }
}

impl fmt::Display for PaymentMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The universe of the payment page that shows a method. The documents name the universes and the methods, but
/// not which is where: cards are told by `VISAM`, wallets by `WAVE`, and the rest is mobile money.
pub(super) fn universe_of(code: &str) -> Universe {
    let begins = |start: &str| code.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start));
    if begins("VISAM") {
        Universe::CreditCard
    } else if begins("WAVE") {
        Universe::Wallet
    } else {
        Universe::MobileMoney
    }
}

/// Other names under which operators are known: of the network where the code names the wallet.
pub(super) fn same_operator(one: &str, other: &str) -> bool {
    let name = |text: &str| match text.to_ascii_lowercase().as_str() {
        "m-pesa" | "mpesa" | "vodacom" => "mpesa".to_owned(),
        "flooz" | "moov" => "moov".to_owned(),
        plain => plain.to_owned(),
    };
    name(one) == name(other)
}

/// The built-in directory.
pub(super) fn directory() -> Directory {
    Directory::new(ENTRIES)
}

/// Amounts for one operator, after the merchant's entries have replaced built-in ones.
#[derive(Debug)]
pub(super) struct Slice {
    operation: Operation,
    country: Country,
    currency: Currency,
    operator: Box<str>,
    least: Option<Money>,
    most: Option<Money>,
}

/// The slices of a directory, each operator once.
pub(super) fn slices(directory: &Directory) -> Vec<Slice> {
    let mut slices: Vec<Slice> = Vec::new();
    for entry in directory.iter() {
        let seen = slices.iter().any(|known| {
            (known.operation, known.country, known.currency)
                == (entry.operation, entry.country, entry.currency)
                && known.operator.eq_ignore_ascii_case(&entry.operator)
        });
        if !seen {
            slices.push(Slice {
                operation: entry.operation,
                country: entry.country,
                currency: entry.currency,
                operator: entry.operator.as_ref().into(),
                least: entry.least,
                most: entry.most,
            });
        }
    }
    slices
}

/// The currencies of a country, none if the gateway does not serve it.
pub(super) fn currencies_of(slices: &[Slice], operation: Operation, country: Country) -> Vec<Currency> {
    let mut currencies = Vec::new();
    for slice in slices.iter().filter(|slice| slice.operation == operation && slice.country == country) {
        if !currencies.contains(&slice.currency) {
            currencies.push(slice.currency);
        }
    }
    currencies
}

/// The least and the most of a currency: of the operator or else the country where they are known, and the
/// widest of all otherwise. No bound where one of several operators has none.
pub(super) fn bounds(
    slices: &[Slice],
    operation: Operation,
    currency: Currency,
    country: Option<Country>,
    operator: Option<&str>,
) -> (Option<Money>, Option<Money>) {
    let fitting = |narrow: &dyn Fn(&Slice) -> bool| {
        let mut found: Option<(Option<Money>, Option<Money>)> = None;
        let all = slices.iter().filter(|slice| slice.operation == operation && slice.currency == currency);
        for slice in all.filter(|slice| narrow(slice)) {
            found = Some(match found {
                None => (slice.least, slice.most),
                Some((least, most)) => (
                    least
                        .zip(slice.least)
                        .map(|(one, other)| if other.minor() < one.minor() { other } else { one }),
                    most.zip(slice.most)
                        .map(|(one, other)| if other.minor() > one.minor() { other } else { one }),
                ),
            });
        }
        found
    };
    let here = |slice: &Slice| country.is_some_and(|country| slice.country == country);
    let by_operator =
        |slice: &Slice| here(slice) && operator.is_some_and(|name| same_operator(name, &slice.operator));
    fitting(&by_operator).or_else(|| fitting(&here)).or_else(|| fitting(&|_| true)).unwrap_or((None, None))
}

const fn money(units: u64, currency: Currency) -> Option<Money> {
    match Money::from_minor(units * 10_u64.pow(currency.exponent()), currency) {
        Ok(money) => Some(money),
        Err(_) => panic!("a published limit is an amount"),
    }
}

const fn country(code: &str) -> Country {
    match Country::parse(code) {
        Ok(country) => country,
        Err(_) => panic!("a row names a country by two capital letters"),
    }
}

const CARD_NEEDS: &[Cow<'static, str>] = &[
    Cow::Borrowed("payer.name"),
    Cow::Borrowed("payer.surname"),
    Cow::Borrowed("payer.phone"),
    Cow::Borrowed("payer.email"),
    Cow::Borrowed("payer.address"),
    Cow::Borrowed("payer.city"),
    Cow::Borrowed("payer.country"),
    Cow::Borrowed("payer.zip"),
];

/// All five members of a contact stand in every sample, and none is marked as optional.
const PAYOUT_NEEDS: &[Cow<'static, str>] =
    &[Cow::Borrowed("recipient.name"), Cow::Borrowed("recipient.surname"), Cow::Borrowed("recipient.email")];

/// One method of collecting. The amounts are the slices that integrators copied from a page of the gateway's.
const fn collect(
    code: &'static str,
    in_country: &str,
    operator: &'static str,
    currency: Currency,
    least: u64,
    most: u64,
) -> Entry {
    let needs: &[Cow<'static, str>] =
        if let [b'V', b'I', b'S', b'A', ..] = code.as_bytes() { CARD_NEEDS } else { &[] };
    Entry {
        country: country(in_country),
        operator: Cow::Borrowed(operator),
        operation: Operation::Payment,
        currency,
        code: Cow::Borrowed(code),
        phone: PhoneShape::E164,
        needs: Cow::Borrowed(needs),
        flow: Flow::HostedPage,
        least: money(least, currency),
        most: money(most, currency),
    }
}

/// One operator that transfers reach. Only minima are known, from one integrator.
const fn send(
    code: &'static str,
    in_country: &str,
    operator: &'static str,
    currency: Currency,
    least: u64,
) -> Entry {
    Entry {
        country: country(in_country),
        operator: Cow::Borrowed(operator),
        operation: Operation::Payout,
        currency,
        code: Cow::Borrowed(code),
        phone: PhoneShape::National,
        needs: Cow::Borrowed(PAYOUT_NEEDS),
        // What the recipient has to do, if anything, no document says.
        flow: Flow::Undocumented,
        least: money(least, currency),
        most: None,
    }
}

/// CinetPay, "Tableau" (payment methods by country), and the operators that transfers find by the number.
static ENTRIES: &[Entry] = &[
    collect("OM", "CI", "Orange", Currency::Xof, 100, 1_500_000),
    collect("MOMO", "CI", "MTN", Currency::Xof, 100, 1_500_000),
    collect("FLOOZ", "CI", "Moov", Currency::Xof, 100, 1_500_000),
    collect("WAVECI", "CI", "Wave", Currency::Xof, 100, 1_500_000),
    collect("VISAM", "CI", "Card", Currency::Xof, 100, 1_500_000),
    collect("OMSN", "SN", "Orange", Currency::Xof, 100, 2_000_000),
    collect("FREESN", "SN", "Free", Currency::Xof, 100, 2_000_000),
    collect("EXPRESSOSN", "SN", "Expresso", Currency::Xof, 100, 2_000_000),
    collect("WAVESN", "SN", "Wave", Currency::Xof, 100, 2_000_000),
    collect("OMML", "ML", "Orange", Currency::Xof, 100, 1_500_000),
    collect("MOOVML", "ML", "Moov", Currency::Xof, 100, 1_500_000),
    collect("OMBF", "BF", "Orange", Currency::Xof, 100, 1_500_000),
    collect("MOOVBF", "BF", "Moov", Currency::Xof, 100, 1_500_000),
    collect("TmoneyTG", "TG", "TMoney", Currency::Xof, 150, 1_500_000),
    collect("FLOOZTG", "TG", "Moov", Currency::Xof, 150, 1_500_000),
    collect("MTNBJ", "BJ", "MTN", Currency::Xof, 100, 1_500_000),
    collect("MOOVBJ", "BJ", "Moov", Currency::Xof, 100, 1_500_000),
    collect("OMCM", "CM", "Orange", Currency::Xaf, 100, 1_500_000),
    collect("MTNCM", "CM", "MTN", Currency::Xaf, 100, 1_500_000),
    collect("EXPRESSUNIONCM", "CM", "Express Union", Currency::Xaf, 100, 1_500_000),
    collect("VISAMCM", "CM", "Card", Currency::Xaf, 100, 1_500_000),
    collect("OMGN", "GN", "Orange", Currency::Gnf, 1_000, 15_000_000),
    collect("MTNGN", "GN", "MTN", Currency::Gnf, 1_000, 15_000_000),
    collect("OMCD", "CD", "Orange", Currency::Cdf, 100, 2_000_000),
    collect("MPESACD", "CD", "MPESA", Currency::Cdf, 100, 2_000_000),
    collect("AIRTELCD", "CD", "Airtel", Currency::Cdf, 100, 2_000_000),
    collect("OMCDUSD", "CD", "Orange", Currency::Usd, 1, 3_000),
    collect("MPESACDUSD", "CD", "MPESA", Currency::Usd, 1, 3_000),
    collect("AIRTELCDUSD", "CD", "Airtel", Currency::Usd, 1, 3_000),
    collect("VISAMCDUSD", "CD", "Card", Currency::Usd, 1, 3_000),
    send("OM", "CI", "Orange", Currency::Xof, 200),
    send("MOMO", "CI", "MTN", Currency::Xof, 200),
    send("FLOOZ", "CI", "Moov", Currency::Xof, 200),
    send("WAVECI", "CI", "Wave", Currency::Xof, 200),
    send("OM", "SN", "Orange", Currency::Xof, 200),
    send("FREE", "SN", "Free", Currency::Xof, 200),
    send("EXPRESSO", "SN", "Expresso", Currency::Xof, 200),
    send("WAVESN", "SN", "Wave", Currency::Xof, 200),
    send("OM", "ML", "Orange", Currency::Xof, 500),
    send("MOOV", "ML", "Moov", Currency::Xof, 500),
    send("OM", "BF", "Orange", Currency::Xof, 500),
    send("MOOV", "BF", "Moov", Currency::Xof, 500),
    send("TMONEY", "TG", "TMoney", Currency::Xof, 150),
    send("FLOOZ", "TG", "Moov", Currency::Xof, 150),
    send("MTN", "BJ", "MTN", Currency::Xof, 500),
    send("MOOV", "BJ", "Moov", Currency::Xof, 500),
    send("OM", "CM", "Orange", Currency::Xaf, 500),
    send("MTN", "CM", "MTN", Currency::Xaf, 500),
    send("OM", "GN", "Orange", Currency::Gnf, 1_000),
    send("MTN", "GN", "MTN", Currency::Gnf, 1_000),
    send("OM", "CD", "Orange", Currency::Cdf, 1_000),
    send("AIRTEL", "CD", "Airtel", Currency::Cdf, 1_000),
    send("MPESA", "CD", "MPESA", Currency::Cdf, 1_000),
];
