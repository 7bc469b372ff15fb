//! Countries and languages, as two letters.

use core::fmt;

/// A country by its ISO 3166-1 alpha-2 code, such as `CI`.
///
/// ```
/// use nzimbu_core::Country;
/// assert_eq!(Country::parse("CI")?.as_str(), "CI");
/// assert!(Country::parse("NGA").is_err());
/// # Ok::<(), nzimbu_core::CountryError>(())
/// ```
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(try_from = "alloc::string::String", into = "alloc::string::String"))]
pub struct Country([u8; 2]);

impl Country {
    /// Reads two capital letters.
    ///
    /// # Errors
    /// When the text is anything else; that the code is assigned to a country is not checked.
    pub const fn parse(text: &str) -> Result<Self, CountryError> {
        match *text.as_bytes() {
            [first @ b'A'..=b'Z', second @ b'A'..=b'Z'] => Ok(Self([first, second])),
            _ => Err(CountryError(())),
        }
    }

    /// The two letters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // The constructor admits ASCII letters only, so the fallback is never taken.
        core::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Country({self})")
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl TryFrom<alloc::string::String> for Country {
    type Error = CountryError;
    fn try_from(text: alloc::string::String) -> Result<Self, CountryError> {
        Self::parse(&text)
    }
}

impl From<Country> for alloc::string::String {
    fn from(country: Country) -> Self {
        country.as_str().into()
    }
}

/// The text is not a country code.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct CountryError(());

impl fmt::Display for CountryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a country is two capital letters of ISO 3166-1; write CI for Côte d'Ivoire")
    }
}

impl core::error::Error for CountryError {}

/// The language in which a gateway speaks to the customer.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize), serde(rename_all = "lowercase"))]
#[non_exhaustive]
pub enum Language {
    /// English.
    En,
    /// French.
    Fr,
}

impl Language {
    /// The ISO 639-1 code in small letters.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Fr => "fr",
        }
    }
}
