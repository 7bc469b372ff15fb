//! Turns `directory.toml` of a gateway into the constant table that is compiled in.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use serde::Deserialize;

/// Writes the table, or with [`Mode::Check`] compares it with what is there.
///
/// # Errors
/// When a row contradicts itself, when a file cannot be read or written, or when the table is stale.
pub(crate) fn run(mode: Mode) -> Result<(), String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/providers/src/bitlipa");
    let source = folder.join("directory.toml");
    let text = std::fs::read_to_string(&source).map_err(|error| format!("{}: {error}", source.display()))?;
    let table = table(&text)?;
    let target = folder.join("directory.rs");
    match mode {
        Mode::Write => {
            std::fs::write(&target, table).map_err(|error| format!("{}: {error}", target.display()))
        }
        Mode::Check if std::fs::read_to_string(&target).is_ok_and(|found| found == table) => Ok(()),
        Mode::Check => Err(format!("{} is stale: run `cargo xtask directory`", target.display())),
    }
}

/// What to do with the table.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Mode {
    /// Compare it.
    Check,
    /// Write it.
    Write,
}

#[derive(Deserialize)]
struct Source {
    countries: Vec<Country>,
}

#[derive(Deserialize)]
struct Country {
    country: String,
    currency: String,
    iso_4217_exponent: u32,
    phone_form: String,
    #[serde(default)]
    c2b_extra: Vec<String>,
    #[serde(default)]
    b2c_extra: Vec<String>,
    customer_flow: String,
    c2b_min: String,
    b2c_min: String,
    max: String,
    providers: Vec<Provider>,
}

#[derive(Deserialize)]
struct Provider {
    id: u32,
    name: String,
    network: Option<String>,
    phone_form: Option<String>,
    c2b_extra: Option<Vec<String>>,
    b2c_extra: Option<Vec<String>>,
    /// Where a payment can begin: over the API, on the hosted page (`hpp`), or both.
    c2b_channels: Option<Vec<String>>,
}

fn table(text: &str) -> Result<String, String> {
    let source: Source = toml::from_str(text).map_err(|error| error.to_string())?;
    let mut rows = String::new();
    let mut networks = BTreeSet::new();
    let mut lists = BTreeSet::new();
    let mut ids = BTreeSet::new();
    for country in &source.countries {
        for provider in &country.providers {
            if !ids.insert(provider.id) {
                return Err(format!("provider {} stands twice", provider.id));
            }
            if let Some(network) = &provider.network {
                networks.insert((&country.country, network, &provider.name));
            }
            for side in [Side::Payment, Side::Payout] {
                let needs = needs(country, provider, side)?;
                writeln!(rows, "    {},", row(country, provider, side, &list_name(&needs))?)
                    .map_err(|error| error.to_string())?;
                lists.insert(needs);
            }
        }
    }
    let lists = lists.iter().filter(|needs| !needs.is_empty());
    let lists: Vec<_> = lists.map(|needs| list(needs)).collect();
    let networks: Vec<_> = networks
        .iter()
        .map(|(country, network, operator)| format!("    ({country:?}, {network:?}, {operator:?}),\n"))
        .collect();
    Ok(format!(
        "{HEAD}{}\n/// Two rows for each provider id, one for each direction.\n#[rustfmt::skip]\n\
         pub(super) static ENTRIES: &[Entry] = &[\n{rows}];\n\n\
         /// Country, licence holder of number ranges, and the operator under which it is listed.\n\
         #[rustfmt::skip]\npub(super) const NETWORKS: &[(&str, &str, &str)] = &[\n{}];\n",
        lists.concat(),
        networks.concat(),
    ))
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Side {
    Payment,
    Payout,
}

fn row(country: &Country, provider: &Provider, side: Side, needs: &str) -> Result<String, String> {
    let (function, least) = match side {
        Side::Payment => (format!("payment(Flow::{}, ", flow(country, provider)?), &country.c2b_min),
        Side::Payout => ("payout(".to_owned(), &country.b2c_min),
    };
    let least = minor(least, country.iso_4217_exponent)?;
    let most = match country.max.as_str() {
        "" => "None".to_owned(),
        most => format!("Some({})", minor(most, country.iso_4217_exponent)?),
    };
    let form = provider.phone_form.as_deref().unwrap_or(&country.phone_form);
    let phone = match form {
        "international_without_plus" => "Msisdn",
        "national_leading_zero" => "NationalWithZero",
        "national_without_zero" => "National",
        "not_documented" => "Undocumented",
        other => return Err(format!("provider {}: phone_form {other} is not known", provider.id)),
    };
    let (code, currency) = (&country.country, capitalised(&country.currency));
    Ok(format!(
        "{function}{code:?}, {:?}, \"{}\", Currency::{currency}, PhoneShape::{phone}, {needs}, {least}, {most})",
        provider.name, provider.id,
    ))
}

fn flow(country: &Country, provider: &Provider) -> Result<&'static str, String> {
    let channels = provider.c2b_channels.as_deref();
    let over_api = channels.is_none_or(|channels| channels.iter().any(|channel| channel == "api"));
    Ok(match country.customer_flow.as_str() {
        _ if !over_api => "HostedPage",
        // Where the page is only one of two ways, the other is bank details in the answer.
        "hosted_payment_page" => "BankDetails",
        "none" => "Prompt",
        "not_documented" => "Undocumented",
        "sms_then_ussd" => "SmsThenUssd",
        "status_extra_customer_redirect" => "RedirectByStatus",
        other => return Err(format!("{}: customer_flow {other} is not known", country.country)),
    })
}

/// The fields of a request behind the keys of `extra`, in the order of the keys.
fn needs(country: &Country, provider: &Provider, side: Side) -> Result<Vec<String>, String> {
    let (keys, person) = match side {
        Side::Payment => (provider.c2b_extra.as_ref().unwrap_or(&country.c2b_extra), "payer"),
        Side::Payout => (provider.b2c_extra.as_ref().unwrap_or(&country.b2c_extra), "recipient"),
    };
    let mut needs = Vec::new();
    for key in keys {
        let field = match key.as_str() {
            "customer_name" => format!("{person}.name"),
            "customer_email" => format!("{person}.email"),
            "customer_phone" => format!("{person}.phone"),
            "customer_address" => format!("{person}.address"),
            "customer_doc_type" | "customer_doc_number" => "document".to_owned(),
            "bank_code" => "bank_code".to_owned(),
            other => return Err(format!("provider {}: the key {other} is not known", provider.id)),
        };
        if !needs.contains(&field) {
            needs.push(field);
        }
    }
    Ok(needs)
}

fn list_name(needs: &[String]) -> String {
    match needs {
        [] => "&[]".to_owned(),
        needs => needs.join("_AND_").replace('.', "_").to_uppercase(),
    }
}

fn list(needs: &[String]) -> String {
    let items: Vec<_> = needs.iter().map(|field| format!("Cow::Borrowed({field:?})")).collect();
    format!("#[rustfmt::skip]\nconst {}: &[Cow<'static, str>] = &[{}];\n", list_name(needs), items.join(", "))
}

/// Minor units of an amount with two decimals.
fn minor(text: &str, exponent: u32) -> Result<u64, String> {
    let wrong = || format!("{text:?} is not an amount with two decimals");
    let (whole, decimals) = text.split_once('.').filter(|(_, rest)| rest.len() == 2).ok_or_else(wrong)?;
    let whole: u64 = whole.parse().map_err(|_| wrong())?;
    let decimals: u64 = decimals.parse().map_err(|_| wrong())?;
    match exponent {
        0 if decimals == 0 => Ok(whole),
        2 => Ok(whole * 100 + decimals),
        _ => Err(format!("{text:?} has decimals that its currency lacks")),
    }
}

fn capitalised(code: &str) -> String {
    let (first, rest) = code.split_at(1);
    first.to_owned() + &rest.to_lowercase()
}

const HEAD: &str = "\
//! Written by `cargo xtask directory` from directory.toml; never edited.

use std::borrow::Cow;

use nzimbu_core::{Country, Currency, Entry, Flow, Money, Operation, PhoneShape};

type Needs = &'static [Cow<'static, str>];

#[rustfmt::skip]
#[allow(clippy::too_many_arguments, reason = \"one column of the table each\")]
const fn payment(
    flow: Flow, country: &str, operator: &'static str, code: &'static str, currency: Currency, phone: PhoneShape,
    needs: Needs, least: u64, most: Option<u64>,
) -> Entry {
    let Ok(country) = Country::parse(country) else { panic!(\"a row names a country by two capital letters\") };
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
#[allow(clippy::too_many_arguments, reason = \"one column of the table each\")]
const fn payout(
    country: &str, operator: &'static str, code: &'static str, currency: Currency, phone: PhoneShape,
    needs: Needs, least: u64, most: Option<u64>,
) -> Entry {
    let mut entry = payment(Flow::Undocumented, country, operator, code, currency, phone, needs, least, most);
    entry.operation = Operation::Payout;
    entry
}

const fn amount(minor: u64, currency: Currency) -> Money {
    let Ok(amount) = Money::from_minor(minor, currency) else { panic!(\"a limit is below i64::MAX\") };
    amount
}

";

#[cfg(test)]
mod tests {
    use super::{Mode, minor, run};

    #[test]
    fn the_table_is_fresh() {
        assert_eq!(run(Mode::Check), Ok(()));
    }

    #[test]
    fn amounts_are_read_by_the_decimals_of_their_currency() {
        assert_eq!(minor("1000.00", 0), Ok(1000));
        assert_eq!(minor("0.50", 2), Ok(50));
        for (text, exponent) in [("1000.50", 0), ("1000", 2), ("1 000.00", 2), ("1.0", 2), ("", 2)] {
            assert!(minor(text, exponent).is_err(), "{text}");
        }
    }
}
