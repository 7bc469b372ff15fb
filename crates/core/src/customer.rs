//! People: who pays and who is paid. Everything is optional; each gateway says what it needs.

use alloc::string::String;
use core::fmt;

use crate::phone::PhoneNumber;
use crate::place::Country;

/// A payer or a recipient. `Debug` names the fields that are set, never what is in them.
#[derive(Clone, Default, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize), serde(default))]
#[non_exhaustive]
pub struct Customer {
    /// The merchant's own id of the person.
    pub id: Option<String>,
    /// The family name, or the whole name where a gateway knows only one.
    pub name: Option<String>,
    /// The first name.
    pub surname: Option<String>,
    /// The e-mail address.
    pub email: Option<String>,
    /// The telephone number.
    pub phone: Option<PhoneNumber>,
    /// Street and house, or a box.
    pub address: Option<String>,
    /// The town.
    pub city: Option<String>,
    /// The country.
    pub country: Option<Country>,
    /// Two letters of a state or province; cards ask for it in the United States and Canada.
    pub state: Option<String>,
    /// The postal code.
    pub zip: Option<String>,
}

impl Customer {
    /// First name and family name as one text, or whichever there is.
    #[must_use]
    pub fn full_name(&self) -> Option<String> {
        match (self.surname.as_deref(), self.name.as_deref()) {
            (Some(first), Some(last)) => Some([first, " ", last].concat()),
            (first, last) => first.or(last).map(String::from),
        }
    }
}

impl fmt::Debug for Customer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fields = [
            ("id", self.id.is_some()),
            ("name", self.name.is_some()),
            ("surname", self.surname.is_some()),
            ("email", self.email.is_some()),
            ("phone", self.phone.is_some()),
            ("address", self.address.is_some()),
            ("city", self.city.is_some()),
            ("country", self.country.is_some()),
            ("state", self.state.is_some()),
            ("zip", self.zip.is_some()),
        ];
        f.write_str("Customer")?;
        f.debug_set().entries(fields.iter().filter(|(_, set)| *set).map(|(name, _)| name)).finish()
    }
}

/// Which identity document.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum DocumentKind {
    /// A driving licence.
    DrivingLicence,
    /// A national identity card.
    NationalId,
    /// An international passport.
    Passport,
}

/// An identity document; some operators ask for one before they pay out. `Debug` hides the number.
#[derive(Clone, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct Document {
    /// Which document.
    pub kind: DocumentKind,
    /// Its number, as printed.
    pub number: String,
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Document({:?})", self.kind)
    }
}
