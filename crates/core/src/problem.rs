//! Everything that is wrong with a request, found before anything is sent.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

/// The path of a field in a request: `amount`, `payer.phone`, `contacts[2].email`.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Field(Cow<'static, str>);

impl Field {
    /// A field by its name in the request.
    #[must_use]
    pub const fn new(path: &'static str) -> Self {
        Self(Cow::Borrowed(path))
    }

    /// A field of one item of a list, counted from zero.
    #[must_use]
    pub fn item(list: &str, index: usize, field: &str) -> Self {
        Self(Cow::Owned(format!("{list}[{index}].{field}")))
    }

    /// The path as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&'static str> for Field {
    fn from(path: &'static str) -> Self {
        Self::new(path)
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What is wrong with a field. Its text says the rule and the remedy, and never repeats the value,
/// which may be a phone number or a name.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Fault {
    /// Several codes of the gateway fit; the merchant's settings have to name one.
    Ambiguous {
        /// The codes that fit.
        choices: Vec<String>,
        /// The setting to write.
        remedy: &'static str,
    },
    /// A character that the gateway does not take.
    Forbidden(char),
    /// The field is needed and absent or empty.
    Missing,
    /// The amount is not a multiple of this many whole units.
    NotAMultipleOf(u32),
    /// The amount has decimals in a currency or at a gateway that takes whole units only.
    SpareDigits,
    /// The value is above the most that is allowed, here as it would be written.
    TooLarge(String),
    /// The text has more characters, or the list more items, than this.
    TooLong(usize),
    /// The text has fewer characters, or the list fewer items, than this.
    TooShort(usize),
    /// The value is below the least that is allowed, here as it would be written.
    TooSmall(String),
    /// The gateway does not offer this value; here is what it does offer.
    Unsupported(String),
    /// The form of the value is wrong; here is the form it should have.
    Wrong(Cow<'static, str>),
}

impl Fault {
    /// A fault of form, by the form that is asked for.
    #[must_use]
    pub const fn wrong(expected: &'static str) -> Self {
        Self::Wrong(Cow::Borrowed(expected))
    }

    /// The broken rule by a stable short name, for programs that sort or translate.
    #[must_use]
    pub const fn rule(&self) -> &'static str {
        match self {
            Self::Ambiguous { .. } => "ambiguous",
            Self::Forbidden(_) => "forbidden_character",
            Self::Missing => "required",
            Self::NotAMultipleOf(_) => "multiple_of",
            Self::SpareDigits => "whole_units",
            Self::TooLarge(_) => "maximum",
            Self::TooLong(_) => "max_length",
            Self::TooShort(_) => "min_length",
            Self::TooSmall(_) => "minimum",
            Self::Unsupported(_) => "supported",
            Self::Wrong(_) => "format",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ambiguous { choices, remedy } => {
                write!(f, "fits several codes of the gateway ({}): {remedy}", choices.join(", "))
            }
            Self::Forbidden(found) => write!(f, "must not contain {found:?}: remove or replace it"),
            Self::Missing => f.write_str("is required: set it"),
            Self::NotAMultipleOf(step) => write!(f, "must be a multiple of {step}: round it"),
            Self::SpareDigits => f.write_str("must be in whole units here: drop the decimals"),
            Self::TooLarge(most) => write!(f, "must be at most {most}: lower it"),
            Self::TooLong(most) => write!(f, "must have at most {most} characters or items: shorten it"),
            Self::TooShort(least) => write!(f, "must have at least {least} characters or items: lengthen it"),
            Self::TooSmall(least) => write!(f, "must be at least {least}: raise it"),
            Self::Unsupported(offered) if offered.is_empty() => {
                f.write_str("is not offered by this gateway: leave it out")
            }
            Self::Unsupported(offered) => write!(f, "is not offered by this gateway: use {offered}"),
            Self::Wrong(expected) => write!(f, "must be {expected}"),
        }
    }
}

/// One fault of one field.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Problem {
    /// Where.
    pub field: Field,
    /// What.
    pub fault: Fault,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.field, self.fault)
    }
}

/// Everything wrong with a request, in the order of its fields; never only the first thing.
///
/// ```
/// use nzimbu_core::{Fault, Problems};
/// let mut problems = Problems::default();
/// problems.add("amount", Fault::NotAMultipleOf(5));
/// problems.add("payer.phone", Fault::Missing);
/// assert_eq!(
///     problems.to_string(),
///     "amount must be a multiple of 5: round it; payer.phone is required: set it",
/// );
/// ```
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// Notes one more fault.
    pub fn add(&mut self, field: impl Into<Field>, fault: Fault) {
        self.0.push(Problem { field: field.into(), fault });
    }

    /// Notes that a required text is missing or blank.
    pub fn require(&mut self, field: impl Into<Field>, value: Option<&str>) {
        if value.is_none_or(|text| text.trim().is_empty()) {
            self.add(field, Fault::Missing);
        }
    }

    /// Takes over the faults of a part of the request.
    pub fn extend(&mut self, others: Self) {
        self.0.extend(others.0);
    }

    /// The faults so far.
    #[must_use]
    pub fn as_slice(&self) -> &[Problem] {
        &self.0
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Goes on only if nothing is wrong.
    ///
    /// # Errors
    /// All faults, when there is at least one.
    pub fn into_result(self) -> Result<(), Self> {
        if self.0.is_empty() { Ok(()) } else { Err(self) }
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts: Vec<_> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&texts.join("; "))
    }
}

impl core::error::Error for Problems {}
