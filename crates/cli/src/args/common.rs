//! Arguments that several commands share.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use nzimbu::{Channel, Country, Currency, Money, Operator};

/// Which settings.
#[derive(Args, Clone, Debug)]
pub(crate) struct Settings {
    /// The TOML file with the settings [default: $NZIMBU_CONFIG, ./nzimbu.toml, or nzimbu/nzimbu.toml in the user's
    /// folder for configuration]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    /// The profile in it [default: $NZIMBU_PROFILE, what the file says, or the only one]
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Option<String>,
}

/// How an order is named.
#[derive(Args, Debug)]
#[group(multiple = false)]
pub(crate) struct Name {
    /// Your id of the order: 1 to 30 of A-Z, 0-9 and -
    #[arg(long, value_name = "ID")]
    pub(crate) order: Option<String>,

    /// Your own reference, from which the id is derived: always the same one in the profile's namespace
    #[arg(long, value_name = "TEXT")]
    pub(crate) reference: Option<String>,
}

/// How much.
#[derive(Args, Debug)]
pub(crate) struct Amount {
    /// The amount in whole units, with decimals where the currency has them: 2500 or 12.50
    #[arg(long, value_name = "NUMBER", requires = "currency")]
    pub(crate) amount: Option<String>,

    /// The currency by its ISO 4217 code
    #[arg(long, value_name = "CODE", value_parser = currency)]
    pub(crate) currency: Option<Currency>,
}

impl Amount {
    /// The amount, where one was typed.
    pub(crate) fn money(&self) -> Result<Option<Money>, String> {
        match (&self.amount, self.currency) {
            (Some(amount), Some(currency)) => {
                Money::parse_major(amount, currency).map(Some).map_err(|error| error.to_string())
            }
            _ => Ok(None),
        }
    }
}

/// How money travels, where no operator is named.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Way {
    Any,
    Bank,
    Card,
    MobileMoney,
    Wallet,
}

impl From<Way> for Channel {
    fn from(way: Way) -> Self {
        match way {
            Way::Any => Self::Any,
            Way::Bank => Self::Bank,
            Way::Card => Self::Card,
            Way::MobileMoney => Self::MobileMoney,
            Way::Wallet => Self::Wallet,
        }
    }
}

pub(crate) fn currency(code: &str) -> Result<Currency, String> {
    Currency::parse(code).map_err(|error| error.to_string())
}

pub(crate) fn country(code: &str) -> Result<Country, String> {
    Country::parse(code).map_err(|error| error.to_string())
}

pub(crate) fn operator(text: &str) -> Result<Operator, String> {
    let (code, name) =
        text.split_once(':').ok_or("write country and name, as in CI:Orange; see `nzimbu operators`")?;
    if name.trim().is_empty() {
        return Err("the name of the operator is missing: write it as in CI:Orange".to_owned());
    }
    Ok(Operator::new(country(code.trim())?, name.trim()))
}
