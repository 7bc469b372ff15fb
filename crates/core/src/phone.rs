//! Phone numbers: E.164 in, the gateways' shapes out.
//!
//! A number is read once, at the edge, against the numbering plan that is in force today, and from
//! then on it can be sent as any gateway wants it. Printing shows only the calling code and the last
//! two digits; [`PhoneNumber::e164`] and its sisters are the named ways out.
//!
//! | Country | Codes |
//! |---|---|
//! | with a plan here | BF BI BJ CD CI CM GH GN KE ML MW NE NG RW SN TG TZ UG ZA ZM |
//! | every other | accepted by E.164 alone: 7 to 15 digits, [`PhoneNumber::country`] is `None` |
//!
//! Reading a number does not say that it is in service, that it is a mobile line, or whose it is.
//! Landlines that are shorter than the mobile numbers of their country are refused; none of them
//! holds mobile money.

mod error;
mod plans;
#[cfg(feature = "serde")]
mod serial;

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use core::fmt;
use core::str::FromStr;

use crate::place::Country;

pub use error::{PhoneError, PhoneErrorKind};
use plans::{OldForms, Plan};

/// A phone number in E.164, valid in the current numbering plan of its country.
///
/// `Debug` and `Display` are masked, so a number cannot reach a log by accident.
///
/// ```
/// use nzimbu_core::{PhoneNumber, PhoneShape};
///
/// let phone = PhoneNumber::parse("+225 07 00 00 00 00")?;
/// assert_eq!(phone.e164(), "+2250700000000");
/// assert_eq!((phone.calling_code(), phone.national()), ("225", "0700000000"));
/// assert_eq!(phone.shaped(PhoneShape::Msisdn).as_deref(), Some("2250700000000"));
/// assert_eq!(format!("{phone} {phone:?}"), "+225…00 PhoneNumber(+225…00)");
/// # Ok::<(), nzimbu_core::PhoneError>(())
/// ```
#[derive(Clone, Eq, Hash, PartialEq)]
pub struct PhoneNumber(Box<str>);

impl PhoneNumber {
    /// Reads the international form: `+` or `00`, the calling code, the national number.
    ///
    /// Blanks, hyphens, dots and parentheses are passed over. A trunk zero after the calling code, as
    /// in `+233 (0)24 …`, is dropped in the countries that have one, because no number there begins
    /// with zero and so only one reading is possible. Nowhere else is a zero touched: in Côte
    /// d'Ivoire, Benin and Burkina Faso it belongs to the number.
    ///
    /// # Errors
    /// - [`Empty`](PhoneErrorKind::Empty) when there is no digit.
    /// - [`NotDigits`](PhoneErrorKind::NotDigits) for letters, invisible characters, digits of other
    ///   scripts and a `+` that does not come first.
    /// - [`NoCountryCode`](PhoneErrorKind::NoCountryCode) when neither `+` nor `00` comes first, or a
    ///   zero follows it.
    /// - [`OldPlan`](PhoneErrorKind::OldPlan) for Ivorian and Beninese numbers of eight digits.
    /// - [`WrongLength`](PhoneErrorKind::WrongLength) and
    ///   [`UnknownPrefix`](PhoneErrorKind::UnknownPrefix) when the plan of the country has no such
    ///   number.
    /// - [`TooShort`](PhoneErrorKind::TooShort) and [`TooLong`](PhoneErrorKind::TooLong) outside 7 to
    ///   15 digits, calling code included, for a country without a plan here.
    pub fn parse(text: &str) -> Result<Self, PhoneError> {
        let written = Written::read(text)?;
        Self::international(written.after_access_code().ok_or(NO_CODE)?, OldForms::Refuse)
    }

    /// Reads a number as people of `country` write it: national (`0700000000` in Côte d'Ivoire,
    /// `024…` or `24…` in Ghana) or international (with `+`, `00` or the bare calling code).
    ///
    /// The national reading comes first. A number that names another country with `+` or `00` is
    /// accepted as that country's; ask [`country`](Self::country) where this matters. What could be
    /// either a number of this country with a zero too many or a foreign one behind `00` is refused.
    ///
    /// ```
    /// use nzimbu_core::{Country, PhoneNumber};
    ///
    /// let ghana = Country::parse("GH").unwrap();
    /// for text in ["024 123 4567", "24 123 4567", "233241234567", "+233 24 123 4567", "+233 (0)24 123 4567"] {
    ///     assert_eq!(PhoneNumber::parse_in(ghana, text)?.e164(), "+233241234567");
    /// }
    /// # Ok::<(), nzimbu_core::PhoneError>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`parse`](Self::parse); without `+` and `00`,
    /// [`NoCountryCode`](PhoneErrorKind::NoCountryCode) only in a country without a plan here.
    pub fn parse_in(country: Country, text: &str) -> Result<Self, PhoneError> {
        let written = Written::read(text)?;
        if written.plus {
            return Self::international(&written.digits, OldForms::Refuse);
        }
        let Some(plan) = Plan::of(country) else {
            let digits = written.after_access_code().ok_or(NO_CODE)?;
            return Self::international(digits, OldForms::Refuse);
        };
        let refusal = match plan.significant(&written.digits, OldForms::Refuse) {
            Ok(national) => return Ok(Self::join(plan, &national)),
            Err(refusal) => refusal,
        };
        // Digits of the national length that the plan does not know are a slip, not a foreign number.
        if !matches!(refusal.kind(), PhoneErrorKind::WrongLength { .. }) {
            return Err(refusal);
        }
        if let Some(digits) = written.after_access_code() {
            // One zero too many before a number of this country looks like the way to dial abroad.
            return match plan.significant(&written.digits[1..], OldForms::Refuse) {
                Ok(_) => Err(refusal),
                Err(_) => Self::international(digits, OldForms::Refuse),
            };
        }
        let rest = written.digits.strip_prefix(plan.code).ok_or(refusal)?;
        Ok(Self::join(plan, &plan.significant(rest, OldForms::Refuse)?))
    }

    /// Reads the international form like [`parse`](Self::parse), and rewrites numbers of abandoned
    /// plans into the current one.
    ///
    /// - Côte d'Ivoire, eight digits until 31 January 2021: mobile numbers get 07, 05 or 01 in front,
    ///   as the second of the old digits decides.
    /// - Benin, eight digits until 30 November 2024: every number gets 01 in front.
    ///
    /// A current number that lost two digits cannot be told from an old one, so migrate lists that
    /// were written before these dates, and let [`parse`](Self::parse) refuse what people type today.
    ///
    /// ```
    /// use nzimbu_core::PhoneNumber;
    ///
    /// assert_eq!(PhoneNumber::migrate("+225 07 89 50 86")?.e164(), "+2250707895086");
    /// assert_eq!(PhoneNumber::migrate("+229 97 12 34 56")?.e164(), "+2290197123456");
    /// assert_eq!(PhoneNumber::migrate("+2250707895086")?.e164(), "+2250707895086");
    /// # Ok::<(), nzimbu_core::PhoneError>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`parse`](Self::parse); [`OldPlan`](PhoneErrorKind::OldPlan) only for eight digits
    /// that the old plan did not give to a mobile line (Ivorian landlines were renumbered by operator)
    /// or to any line.
    pub fn migrate(text: &str) -> Result<Self, PhoneError> {
        let written = Written::read(text)?;
        Self::international(written.after_access_code().ok_or(NO_CODE)?, OldForms::Rewrite)
    }

    /// The country, or nothing for a calling code without a plan here.
    #[must_use]
    pub fn country(&self) -> Option<Country> {
        self.plan().map(|plan| plan.country)
    }

    /// The full number with `+`: `+2250700000000`.
    #[must_use]
    pub fn e164(&self) -> &str {
        &self.0
    }

    /// The full number without `+`: `2250700000000`.
    #[must_use]
    pub fn msisdn(&self) -> &str {
        // The constructors put one ASCII `+` first.
        &self.0[1..]
    }

    /// The calling code: `225`. CinetPay calls it `prefix` and takes it apart from the number.
    #[must_use]
    pub fn calling_code(&self) -> &str {
        &self.msisdn()[..plans::calling_code_len(self.msisdn())]
    }

    /// What follows the calling code: `0700000000`. A trunk zero is not part of it.
    #[must_use]
    pub fn national(&self) -> &str {
        &self.msisdn()[plans::calling_code_len(self.msisdn())..]
    }

    /// The number as a gateway wants it, or nothing when its country has no such shape.
    ///
    /// ```
    /// use nzimbu_core::{PhoneNumber, PhoneShape};
    ///
    /// // Bitlipa: Orange of DR Congo wants the zero, Airtel does not.
    /// let congolese = PhoneNumber::parse("+243 800 000 000")?;
    /// assert_eq!(congolese.shaped(PhoneShape::NationalWithZero).as_deref(), Some("0800000000"));
    /// assert_eq!(congolese.shaped(PhoneShape::National).as_deref(), Some("800000000"));
    /// // Senegal has no trunk zero.
    /// let senegalese = PhoneNumber::parse("+221 77 123 45 67")?;
    /// assert_eq!(senegalese.shaped(PhoneShape::NationalWithZero), None);
    /// # Ok::<(), nzimbu_core::PhoneError>(())
    /// ```
    #[must_use]
    pub fn shaped(&self, shape: PhoneShape) -> Option<String> {
        match shape {
            PhoneShape::E164 => Some(self.e164().into()),
            PhoneShape::Msisdn | PhoneShape::Undocumented => Some(self.msisdn().into()),
            PhoneShape::National => Some(self.national().into()),
            PhoneShape::NationalWithZero => {
                self.plan().filter(|plan| plan.trunk_zero).map(|_| format!("0{}", self.national()))
            }
        }
    }

    /// The operators that the number's range was given to, such as `["Orange"]` for +225 07; empty
    /// when this is not known.
    ///
    /// A hint for routing, never a reason to refuse: where numbers are portable (among others Benin,
    /// Cameroon, Ghana, Kenya, Senegal) the customer may have moved, and wallets such as Wave belong
    /// to no range.
    #[must_use]
    pub fn operators(&self) -> &'static [&'static str] {
        self.plan().map_or(&[], |plan| plan.operators_of(self.national()))
    }

    fn plan(&self) -> Option<&'static Plan> {
        Plan::of_code(self.calling_code())
    }

    fn international(digits: &str, old: OldForms) -> Result<Self, PhoneError> {
        // No calling code begins with zero.
        if digits.is_empty() || digits.starts_with('0') {
            return Err(NO_CODE.into());
        }
        let (code, rest) = digits.split_at(plans::calling_code_len(digits).min(digits.len()));
        match Plan::of_code(code) {
            Some(plan) => Ok(Self::join(plan, &plan.significant(rest, old)?)),
            None if digits.len() < E164_LEAST => Err(PhoneErrorKind::TooShort.into()),
            None if digits.len() > E164_MOST => Err(PhoneErrorKind::TooLong.into()),
            None => Ok(Self(format!("+{digits}").into())),
        }
    }

    fn join(plan: &Plan, national: &str) -> Self {
        Self(format!("+{}{national}", plan.code).into())
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PhoneNumber({self})")
    }
}

/// Masked: the calling code and the last two digits, `+225…00`.
impl fmt::Display for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "+{}…{}", self.calling_code(), &self.0[self.0.len() - 2..])
    }
}

impl FromStr for PhoneNumber {
    type Err = PhoneError;
    fn from_str(text: &str) -> Result<Self, PhoneError> {
        Self::parse(text)
    }
}

/// How a gateway wants a phone number spelled.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum PhoneShape {
    /// `+2250700000000`.
    E164,
    /// `2250700000000`: calling code and national number, no `+`.
    Msisdn,
    /// `0700000000` in Côte d'Ivoire, `999000000` in DR Congo: what follows the calling code.
    National,
    /// `0800000000` in DR Congo: the national number behind its trunk zero. Only countries that have
    /// one have this shape.
    NationalWithZero,
    /// The gateway documents no shape; spelled as [`Msisdn`](Self::Msisdn), the one most wanted.
    Undocumented,
}

/// A number as it was written: ASCII digits alone, and whether `+` came first.
struct Written {
    plus: bool,
    digits: String,
}

impl Written {
    fn read(text: &str) -> Result<Self, PhoneErrorKind> {
        let mut written = Self { plus: false, digits: String::new() };
        for sign in text.chars() {
            match sign {
                '0'..='9' if written.digits.len() == MOST_WRITTEN => return Err(PhoneErrorKind::TooLong),
                '0'..='9' => written.digits.push(sign),
                '+' if !written.plus && written.digits.is_empty() => written.plus = true,
                // Besides the common blank, those that French typography puts between pairs of digits.
                ' ' | '\u{a0}' | '\u{202f}' | '-' | '.' | '(' | ')' => {}
                _ => return Err(PhoneErrorKind::NotDigits),
            }
        }
        if written.digits.is_empty() { Err(PhoneErrorKind::Empty) } else { Ok(written) }
    }

    fn after_access_code(&self) -> Option<&str> {
        if self.plus { Some(&self.digits) } else { self.digits.strip_prefix("00") }
    }
}

const NO_CODE: PhoneErrorKind = PhoneErrorKind::NoCountryCode;

/// The shortest numbers in use have seven digits with their calling code (landlines of Niue).
const E164_LEAST: usize = 7;

/// ITU-T E.164, 6.2.1.
const E164_MOST: usize = 15;

/// `00` and fifteen digits, with room for a trunk zero; what is longer is refused unread.
const MOST_WRITTEN: usize = 2 + E164_MOST + 1;

#[cfg(test)]
mod tests;
