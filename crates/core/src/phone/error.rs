//! Why a text is not a phone number.

use core::fmt;

use super::plans::Plan;
use crate::place::Country;

/// The text is not a phone number of a current plan.
///
/// The message names the rule and the remedy and never shows a digit of the number.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PhoneError(PhoneErrorKind);

impl PhoneError {
    /// Which rule was broken.
    #[must_use]
    pub const fn kind(&self) -> PhoneErrorKind {
        self.0
    }
}

/// The rule that a text broke.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum PhoneErrorKind {
    /// There is no digit.
    Empty,
    /// Neither `+` nor `00` and a calling code come first.
    NoCountryCode,
    /// A character is neither a digit from 0 to 9 nor a blank, hyphen, dot or parenthesis.
    NotDigits,
    /// The number has the length of a plan that was given up.
    OldPlan {
        /// Whose plan it was.
        country: Country,
        /// The first day of the current plan, such as `31 January 2021`.
        since: &'static str,
        /// How to write the number today.
        remedy: &'static str,
    },
    /// More than 15 digits.
    TooLong,
    /// Fewer than 7 digits.
    TooShort,
    /// The length is right, but no number of the country begins like this.
    UnknownPrefix {
        /// Whose plan has no such prefix.
        country: Country,
    },
    /// The country's numbers have another length.
    WrongLength {
        /// Whose numbers.
        country: Country,
        /// How many digits follow the calling code.
        expected: u8,
    },
}

impl From<PhoneErrorKind> for PhoneError {
    fn from(kind: PhoneErrorKind) -> Self {
        Self(kind)
    }
}

impl fmt::Display for PhoneError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            PhoneErrorKind::Empty => {
                f.write_str("the phone number is empty: write + and the country code, then the number")
            }
            PhoneErrorKind::NoCountryCode => f.write_str(
                "the phone number has no country code: write + and the country code first, as in +225 for \
                 Côte d'Ivoire",
            ),
            PhoneErrorKind::NotDigits => f.write_str(
                "the phone number holds a character other than the digits 0 to 9, blanks, hyphens, dots and \
                 parentheses, perhaps an invisible one: type the number anew",
            ),
            PhoneErrorKind::OldPlan { country, since, remedy } => {
                let old = Plan::of(country).and_then(|plan| plan.old.as_ref());
                let rule = old.map_or("numbers have more digits", |old| old.rule);
                write!(f, "{rule} since {since}: {remedy}")
            }
            PhoneErrorKind::TooLong => {
                f.write_str("the phone number has more than 15 digits: write the country code and one number")
            }
            PhoneErrorKind::TooShort => {
                f.write_str("the phone number has fewer than 7 digits: write the country code and all digits")
            }
            PhoneErrorKind::UnknownPrefix { country } => {
                write!(f, "no phone number of {country} begins like this: {}", prefix_rule(country))
            }
            PhoneErrorKind::WrongLength { country, expected } => {
                write!(f, "phone numbers of {country} have {expected} digits after the country code: ")?;
                f.write_str("write all of them and no more")
            }
        }
    }
}

impl core::error::Error for PhoneError {}

fn prefix_rule(country: Country) -> &'static str {
    Plan::of(country).map_or("", |plan| plan.prefix_rule)
}
