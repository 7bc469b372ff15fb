//! `nzimbu operators`: the directory of all gateways, offline.

use std::borrow::Cow;
use std::process::ExitCode;

use nzimbu::{Currency, Entry, Money, Operation, SharedProvider};
use serde::Serialize;

use crate::args::operations::Operators;
use crate::args::{Direction, Gateway};
use crate::commands::check::rules;
use crate::lang::{Text, say};
use crate::output::{self, Failure, Style};
use crate::profile::{FLOWS, Profile, SHAPES, Unfit};
use crate::screen;
use crate::trouble::Trouble;
use crate::words;

pub(crate) fn run(args: &Operators) -> Result<ExitCode, Failure> {
    let style = Style::of(args.json);
    let providers = match providers(args) {
        Ok(providers) => providers,
        Err(trouble) => return trouble.end(style),
    };
    let mut rows: Vec<Row<'_>> = Vec::new();
    for (gateway, provider) in &providers {
        let entries = provider.directory().iter().filter(|entry| args.wants(entry));
        // An entry of the settings stands for the built-in ones of the same operator.
        let counts = entries.filter(|entry| {
            let operator = nzimbu::Operator::new(entry.country, entry.operator.clone());
            let found = provider.directory().find(&operator, entry.operation, entry.currency);
            found.iter().any(|known| std::ptr::eq(*known, *entry))
        });
        rows.extend(counts.map(|entry| Row::new(*gateway, entry)));
    }
    rows.sort_by(|one, other| one.place().cmp(&other.place()));
    match style {
        Style::Json => rows.iter().try_for_each(output::json)?,
        Style::People => {
            if !rows.is_empty() {
                output::line(table(&rows))?;
            }
            let count = rows.len();
            output::line(say!(
                "{count} entries. Another code or limit in your contract: write it into the settings.",
                "{count} lignes. Un autre code ou plafond dans votre contrat : écrivez-le dans les réglages.",
            ))?;
            if args.wants_adullam() {
                output::line(say!(
                    "adullam lists no operators: it collects XOF, at least 100, from phones of Côte d'Ivoire.",
                    "adullam ne liste pas d'opérateurs : elle encaisse des XOF, au moins 100, de téléphones de Côte \
                     d'Ivoire.",
                ))?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

impl Operators {
    fn wants(&self, entry: &Entry) -> bool {
        self.country.is_none_or(|country| country == entry.country)
            && self.currency.is_none_or(|currency| currency == entry.currency)
            && self.operation.is_none_or(|operation| Operation::from(operation) == entry.operation)
    }

    /// Whether what can be said of Adullam, which lists nothing, is asked for.
    fn wants_adullam(&self) -> bool {
        self.gateway.is_none_or(|gateway| gateway == Gateway::Adullam)
            && self.country.is_none_or(|country| country.as_str() == "CI")
            && self.currency.is_none_or(|currency| currency == Currency::Xof)
            && self.operation.is_none_or(|operation| operation == Direction::Pay)
    }
}

/// The fields without their owner, whom the direction names.
fn needs(fields: &[Cow<'static, str>]) -> String {
    let short = |field: &Cow<'static, str>| field.rsplit('.').next().unwrap_or_default().to_owned();
    fields.iter().map(short).collect::<Vec<_>>().join(", ")
}

/// The gateways with the entries of the settings where there are settings, and as they are built otherwise.
fn providers(args: &Operators) -> Result<Vec<(Gateway, SharedProvider)>, Trouble> {
    let profile = match Profile::find(&args.settings) {
        Ok(profile) => Some(profile),
        Err(Unfit::Absent) => None,
        Err(unfit) => return Err(unfit.into()),
    };
    let wanted = Gateway::ALL.into_iter().filter(|gateway| args.gateway.is_none_or(|only| only == *gateway));
    let providers = wanted.map(|gateway| {
        let of_profile = profile.as_ref().filter(|profile| profile.gateways().contains(&gateway));
        let provider = match of_profile {
            Some(profile) => {
                profile.stand_in(gateway).map(|connected| connected.shared()).map_err(|wrong| {
                    Trouble::settings(say!("unusable settings:", "réglages inutilisables :"), &wrong)
                })?
            }
            None => rules::offline(gateway, None)?,
        };
        Ok((gateway, provider))
    });
    providers.collect()
}

/// One operator in one direction at one gateway.
#[derive(Debug, Serialize)]
struct Row<'a> {
    gateway: &'static str,
    operation: Operation,
    country: &'a str,
    operator: &'a str,
    currency: &'static str,
    code: &'a str,
    phone_shape: &'static str,
    least: Option<Money>,
    most: Option<Money>,
    needs: &'a [Cow<'static, str>],
    flow: &'static str,
}

impl<'a> Row<'a> {
    fn new(gateway: Gateway, entry: &'a Entry) -> Self {
        let shape = SHAPES.iter().find(|(_, shape)| *shape == entry.phone);
        let flow = FLOWS.iter().find(|(_, flow)| *flow == entry.flow);
        Self {
            gateway: gateway.as_str(),
            operation: entry.operation,
            country: entry.country.as_str(),
            operator: &entry.operator,
            currency: entry.currency.code(),
            code: &entry.code,
            phone_shape: shape.map_or("undocumented", |(word, _)| word),
            least: entry.least,
            most: entry.most,
            needs: &entry.needs,
            flow: flow.map_or("undocumented", |(word, _)| word),
        }
    }

    fn place(&self) -> (&str, &str, &str, &str, &str) {
        (self.country, self.operator, self.gateway, self.operation.as_str(), self.code)
    }
}

fn table(rows: &[Row<'_>]) -> String {
    let head: [Text; 9] = [
        say!("country", "pays"),
        say!("operator", "opérateur"),
        say!("gateway", "passerelle"),
        say!("direction", "sens"),
        say!("code", "code"),
        say!("phone", "téléphone"),
        say!("least", "minimum"),
        say!("most", "maximum"),
        say!("needs", "demande"),
    ];
    let limit = |limit: Option<Money>| limit.map_or_else(String::new, |limit| limit.to_string());
    let cells: Vec<_> = rows
        .iter()
        .map(|row| {
            let least = if row.least.is_none() { row.currency.to_owned() } else { limit(row.least) };
            vec![
                row.country.to_owned(),
                row.operator.to_owned(),
                row.gateway.to_owned(),
                words::operation(row.operation).into(),
                row.code.to_owned(),
                phone(row.phone_shape).into(),
                least,
                limit(row.most),
                needs(row.needs),
            ]
        })
        .collect();
    screen::table(&head, &cells)
}

/// A shape by the field's own terms.
fn phone(shape: &str) -> Text {
    match shape {
        "e164" => Text::same("E.164"),
        "msisdn" => Text::same("MSISDN"),
        "national" => Text::same("national"),
        "national_with_zero" => say!("national with 0", "national avec 0"),
        _ => Text::same(""),
    }
}
