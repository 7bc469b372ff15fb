//! Money: an integer of minor units and an ISO 4217 currency. No float, anywhere.

use alloc::format;
use alloc::string::{String, ToString};
use core::fmt;

/// A currency in which one of the gateways works.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize), serde(rename_all = "UPPERCASE"))]
#[non_exhaustive]
pub enum Currency {
    /// Burundian franc.
    Bif,
    /// Congolese franc.
    Cdf,
    /// Ghanaian cedi.
    Ghs,
    /// Guinean franc.
    Gnf,
    /// Kenyan shilling.
    Kes,
    /// Malawian kwacha.
    Mwk,
    /// Nigerian naira.
    Ngn,
    /// Rwandan franc.
    Rwf,
    /// Tanzanian shilling.
    Tzs,
    /// Ugandan shilling.
    Ugx,
    /// United States dollar.
    Usd,
    /// Central African CFA franc.
    Xaf,
    /// West African CFA franc.
    Xof,
    /// South African rand.
    Zar,
    /// Zambian kwacha.
    Zmw,
}

impl Currency {
    /// Every currency, by its code.
    pub const ALL: &'static [Self] = &[
        Self::Bif,
        Self::Cdf,
        Self::Ghs,
        Self::Gnf,
        Self::Kes,
        Self::Mwk,
        Self::Ngn,
        Self::Rwf,
        Self::Tzs,
        Self::Ugx,
        Self::Usd,
        Self::Xaf,
        Self::Xof,
        Self::Zar,
        Self::Zmw,
    ];

    /// Reads three capital letters of ISO 4217.
    ///
    /// # Errors
    /// When none of the gateways works in a currency of this code.
    pub fn parse(code: &str) -> Result<Self, MoneyError> {
        let known = Self::ALL.iter().copied().find(|currency| currency.code() == code);
        known.ok_or(MoneyError(Reason::Currency))
    }

    /// The code of ISO 4217.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Bif => "BIF",
            Self::Cdf => "CDF",
            Self::Ghs => "GHS",
            Self::Gnf => "GNF",
            Self::Kes => "KES",
            Self::Mwk => "MWK",
            Self::Ngn => "NGN",
            Self::Rwf => "RWF",
            Self::Tzs => "TZS",
            Self::Ugx => "UGX",
            Self::Usd => "USD",
            Self::Xaf => "XAF",
            Self::Xof => "XOF",
            Self::Zar => "ZAR",
            Self::Zmw => "ZMW",
        }
    }

    /// How many decimals a minor unit is: 0 for francs and the Ugandan shilling, 2 for the others.
    ///
    /// The Congolese franc has 2 by ISO 4217, although no centime is in circulation.
    #[must_use]
    pub const fn exponent(self) -> u32 {
        match self {
            Self::Bif | Self::Gnf | Self::Rwf | Self::Ugx | Self::Xaf | Self::Xof => 0,
            _ => 2,
        }
    }

    const fn minor_per_unit(self) -> u64 {
        10_u64.pow(self.exponent())
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// An amount: minor units from 0 to [`i64::MAX`], so that every database can hold it, and a currency.
///
/// ```
/// use nzimbu_core::{Currency, Money};
/// let price = Money::parse_major("12.50", Currency::Ghs)?;
/// assert_eq!((price.minor(), price.to_string()), (1250, "12.50 GHS".into()));
/// let price = Money::parse_major("2500", Currency::Xof)?;
/// assert_eq!((price.minor(), price.to_string()), (2500, "2500 XOF".into()));
/// # Ok::<(), nzimbu_core::MoneyError>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(try_from = "MoneyText", into = "MoneyText"))]
pub struct Money {
    minor: u64,
    currency: Currency,
}

impl Money {
    /// An amount in minor units: cents, or whole francs.
    ///
    /// # Errors
    /// When the amount is above [`i64::MAX`].
    pub const fn from_minor(minor: u64, currency: Currency) -> Result<Self, MoneyError> {
        if minor <= i64::MAX.unsigned_abs() {
            Ok(Self { minor, currency })
        } else {
            Err(MoneyError(Reason::Range))
        }
    }

    /// Reads an amount in major units: digits, perhaps a point and at most as many decimals as the currency has.
    ///
    /// # Errors
    /// When the text has a sign, a blank, an exponent, separators between thousands, too many decimals, or is
    /// out of range.
    pub fn parse_major(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        let (whole, decimals) =
            text.split_once('.').map_or((text, None), |(whole, rest)| (whole, Some(rest)));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole) || !decimals.is_none_or(digits) {
            return Err(MoneyError(Reason::Form));
        }
        let decimals = decimals.unwrap_or_default();
        if decimals.len() > currency.exponent() as usize {
            return Err(MoneyError(Reason::Decimals { currency }));
        }
        let scale = currency.exponent() as usize - decimals.len();
        let mut digits = whole.bytes().chain(decimals.bytes()).chain(core::iter::repeat_n(b'0', scale));
        let minor =
            digits.try_fold(0_u64, |sum, digit| sum.checked_mul(10)?.checked_add(u64::from(digit - b'0')));
        Self::from_minor(minor.ok_or(MoneyError(Reason::Range))?, currency)
    }

    /// Reads what a gateway said: like [`parse_major`](Self::parse_major), but any number of zeros may follow
    /// the point (`"500.00"` francs), because gateways print amounts in their own ways.
    ///
    /// # Errors
    /// As [`parse_major`](Self::parse_major), above all when a decimal that the currency lacks is not zero.
    pub fn parse_told(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        let Some((whole, decimals)) = text.split_once('.') else {
            return Self::parse_major(text, currency);
        };
        let (kept, spare) = decimals.split_at_checked(currency.exponent() as usize).unwrap_or((decimals, ""));
        if decimals.is_empty() || !spare.bytes().all(|byte| byte == b'0') {
            return Self::parse_major(text, currency);
        }
        if kept.is_empty() {
            Self::parse_major(whole, currency)
        } else {
            Self::parse_major(&format!("{whole}.{kept}"), currency)
        }
    }

    /// The amount in minor units.
    #[must_use]
    pub const fn minor(self) -> u64 {
        self.minor
    }

    /// The currency.
    #[must_use]
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// The amount in whole units; nothing for 12.50.
    #[must_use]
    pub const fn whole_units(self) -> Option<u64> {
        let step = self.currency.minor_per_unit();
        if self.minor.is_multiple_of(step) { Some(self.minor / step) } else { None }
    }

    /// The amount in major units with exactly the currency's decimals: `"12.50"`, `"1000"`.
    #[must_use]
    pub fn to_major(self) -> String {
        self.to_decimals(self.currency.exponent() as usize)
    }

    /// The amount in major units with this many decimals, at least those of the currency: Bitlipa wants
    /// `"1000.00"` francs.
    #[must_use]
    pub fn to_decimals(self, decimals: usize) -> String {
        let step = self.currency.minor_per_unit();
        let (whole, rest) = (self.minor / step, self.minor % step);
        let own = self.currency.exponent() as usize;
        let mut text = whole.to_string();
        if decimals.max(own) > 0 {
            text.push('.');
        }
        if own > 0 {
            text.push_str(&format!("{rest:0own$}"));
        }
        text.extend(core::iter::repeat_n('0', decimals.saturating_sub(own)));
        text
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.to_major(), self.currency)
    }
}

/// How [`Money`] stands in JSON: `{"value": "12.50", "currency": "GHS"}`.
#[cfg(feature = "serde")]
#[derive(serde::Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
struct MoneyText {
    value: String,
    currency: Currency,
}

#[cfg(feature = "serde")]
impl TryFrom<MoneyText> for Money {
    type Error = MoneyError;
    fn try_from(text: MoneyText) -> Result<Self, MoneyError> {
        Self::parse_major(&text.value, text.currency)
    }
}

#[cfg(feature = "serde")]
impl From<Money> for MoneyText {
    fn from(money: Money) -> Self {
        Self { value: money.to_major(), currency: money.currency }
    }
}

/// The text or number is not an amount.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct MoneyError(Reason);

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Reason {
    Currency,
    Decimals { currency: Currency },
    Form,
    Range,
}

impl fmt::Display for MoneyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Reason::Currency => {
                f.write_str(
                    "a currency is a code of ISO 4217 that a gateway works in, such as XOF: use one of",
                )?;
                Currency::ALL.iter().try_for_each(|currency| write!(f, " {currency}"))
            }
            Reason::Decimals { currency } => match currency.exponent() {
                0 => write!(f, "{currency} has no decimals: write a whole number"),
                most => write!(f, "{currency} has {most} decimals: drop the spare ones"),
            },
            Reason::Form => f.write_str("an amount is digits with an optional point, such as 2500 or 12.50"),
            Reason::Range => f.write_str("the amount is beyond 9223372036854775807 minor units: lower it"),
        }
    }
}

impl core::error::Error for MoneyError {}
