//! What is said of a file, for people and for programs.

use nzimbu::{Currency, Money};
use serde::Serialize;

use crate::batch::report::numbers::amount_on_screen;
use crate::batch::totals::{Fees, Sum, decimal};
use crate::batch::trouble::Severity;
use crate::batch::{Checked, Finding};
use crate::lang::{Lang, Text, say};
use crate::output::{self, Failure, Style};
use crate::screen;

/// Prints problems as they are found: all of them as JSON, the first ones as a table.
#[derive(Debug)]
pub(super) struct Problems {
    style: Style,
    rows: Vec<Vec<String>>,
    left_out: u64,
}

impl Problems {
    pub(super) fn new(style: Style) -> Self {
        Self { style, rows: Vec::new(), left_out: 0 }
    }

    pub(super) fn add(&mut self, finding: &Finding) -> Result<(), Failure> {
        if self.style == Style::Json {
            return output::json(&ProblemLine::of(finding));
        }
        if self.rows.len() == SHOWN {
            self.left_out += 1;
            return Ok(());
        }
        let place = match &finding.column {
            Some((number, header)) => format!("{number} {}", printable(header)),
            // A gateway needs a field for which the file has no column.
            None if !finding.field.is_empty() => {
                format!("– {} ({})", finding.field, say!("no such column", "colonne absente"))
            }
            None => "–".to_owned(),
        };
        let mark = match finding.trouble.severity() {
            Severity::Error => Text::same(""),
            Severity::Warning => say!("(to be accepted) ", "(à accepter) "),
            Severity::Note => say!("(note) ", "(remarque) "),
        };
        self.rows.push(vec![
            finding.line.to_string(),
            place,
            finding.trouble.rule().to_owned(),
            format!("{mark}{}", finding.trouble.message(Lang::spoken())),
        ]);
        Ok(())
    }

    /// Adds what the journal has against a row.
    pub(super) fn clash(&mut self, line: u32, rule: &'static str, told: &Text) -> Result<(), Failure> {
        if self.style == Style::Json {
            return output::json(&ProblemLine {
                kind: "problem",
                severity: Severity::Error.as_str(),
                line,
                column: None,
                header: None,
                field: Some("reference"),
                rule,
                message: told.english().to_owned(),
            });
        }
        if self.rows.len() == SHOWN {
            self.left_out += 1;
            return Ok(());
        }
        self.rows.push(vec![line.to_string(), "–".to_owned(), rule.to_owned(), told.to_string()]);
        Ok(())
    }

    pub(super) fn finish(&self) -> Result<(), Failure> {
        if !self.rows.is_empty() {
            let head = [
                say!("line", "ligne"),
                say!("column", "colonne"),
                say!("rule", "règle"),
                say!("what to do", "que faire"),
            ];
            output::line(screen::table(&head, &self.rows))?;
        }
        match self.left_out {
            0 => Ok(()),
            count => output::line(say!(
                "{count} more are not shown: --json prints all of them",
                "{count} autres ne sont pas affichés : --json les donne tous",
            )),
        }
    }
}

/// Prints totals, needs and the verdict; gives the number of currencies of which the account holds too little.
pub(super) fn summary(checked: &Checked, balances: &[Money], style: Style) -> Result<usize, Failure> {
    let shortages = needs(checked, balances, style)?;
    match style {
        Style::Json => output::json(&SummaryLine {
            kind: "summary",
            fine: checked.is_fine() && shortages == 0,
            rows: checked.rows,
            good_rows: checked.good_rows,
            empty_rows: checked.empty_rows,
            errors: checked.errors,
            warnings: checked.warnings,
            sha256: checked.digest.to_string(),
        })?,
        Style::People => tell(verdict(checked, shortages))?,
    }
    Ok(shortages)
}

/// Prints totals and needs; gives the number of currencies of which the account holds too little.
pub(super) fn needs(checked: &Checked, balances: &[Money], style: Style) -> Result<usize, Failure> {
    let needs: Vec<_> =
        checked.totals.needs().into_iter().map(|(currency, sum)| Need::of(currency, sum, balances)).collect();
    let shortages = needs.iter().filter(|need| need.enough == Some(false)).count();
    match style {
        Style::Json => records(checked, &needs)?,
        Style::People => sentences(checked, &needs)?,
    }
    Ok(shortages)
}

fn records(checked: &Checked, needs: &[Need]) -> Result<(), Failure> {
    for (group, sum) in checked.totals.groups() {
        output::json(&TotalLine {
            kind: "total",
            country: group.country.as_ref().map(nzimbu::Country::as_str),
            operator: group.operator.as_deref(),
            currency: group.currency.code(),
            rows: sum.rows,
            amount: decimal(sum.minor, group.currency),
        })?;
    }
    needs.iter().try_for_each(output::json)
}

fn sentences(checked: &Checked, needs: &[Need]) -> Result<(), Failure> {
    if checked.good_rows > 0 {
        output::line(totals(checked))?;
        for need in needs {
            tell(need.sentence())?;
        }
        tell(say!(
            "Fees: unknown, since no document of the gateways has a tariff. They may come on top of what is needed.",
            "Frais : inconnus, aucun document des passerelles ne donne de tarif. Ils peuvent s'ajouter au besoin.",
        ))?;
    }
    if checked.empty_rows > 0 {
        let count = checked.empty_rows;
        tell(say!("Empty rows passed over: {count}.", "Lignes vides ignorées : {count}."))?;
    }
    Ok(())
}

fn tell(text: Text) -> Result<(), Failure> {
    output::line(screen::wrapped(&text.to_string(), 0))
}

fn totals(checked: &Checked) -> String {
    let head = [
        say!("country", "pays"),
        say!("operator", "opérateur"),
        say!("currency", "devise"),
        say!("rows", "lignes"),
        say!("amount", "montant"),
    ];
    let rows = checked.totals.groups().map(|(group, sum)| {
        let operator = match group.operator.as_deref() {
            Some("bank") => say!("bank", "banque").to_string(),
            Some(name) => name.to_owned(),
            None => "–".to_owned(),
        };
        vec![
            group.country.as_ref().map_or("–", nzimbu::Country::as_str).to_owned(),
            operator,
            group.currency.code().to_owned(),
            sum.rows.to_string(),
            amount_on_screen(sum.minor, group.currency),
        ]
    });
    screen::table(&head, &rows.collect::<Vec<_>>())
}

fn verdict(checked: &Checked, shortages: usize) -> Text {
    let Checked { rows, good_rows, errors, warnings, .. } = checked;
    match (checked.is_fine(), shortages) {
        (true, 0) => say!(
            "Fine: rows {rows}, and every one may be sent. Nothing was sent.",
            "Tout est bon : lignes {rows}, et chacune peut être envoyée. Rien n'a été envoyé.",
        ),
        (true, _) => say!(
            "Not fine: every row is, but the account holds too little. Nothing was sent.",
            "À corriger : chaque ligne est bonne, mais le compte n'a pas assez. Rien n'a été envoyé.",
        ),
        (false, _) => say!(
            "Not fine: rows {rows}, without error {good_rows}; errors {errors}, to be accepted {warnings}. Nothing \
             was sent.",
            "À corriger : lignes {rows}, sans erreur {good_rows} ; erreurs {errors}, à accepter {warnings}. Rien n'a \
             été envoyé.",
        ),
    }
}

/// What is needed in one currency, and what is there.
#[derive(Debug, Serialize)]
struct Need {
    kind: &'static str,
    currency: &'static str,
    rows: u64,
    need: String,
    balance: Option<String>,
    enough: Option<bool>,
    fees: Fees,
    #[serde(skip)]
    shown: (String, Option<String>),
}

impl Need {
    fn of(currency: Currency, sum: Sum, balances: &[Money]) -> Self {
        let balance = balances.iter().find(|balance| balance.currency() == currency);
        Self {
            kind: "need",
            currency: currency.code(),
            rows: sum.rows,
            need: decimal(sum.minor, currency),
            balance: balance.map(|balance| balance.to_major()),
            enough: balance.map(|balance| u128::from(balance.minor()) >= sum.minor),
            fees: Fees::Undocumented,
            shown: (
                amount_on_screen(sum.minor, currency),
                balance.map(|balance| amount_on_screen(balance.minor().into(), currency)),
            ),
        }
    }

    fn sentence(&self) -> Text {
        let ((need, balance), currency) = (&self.shown, self.currency);
        match (balance, self.enough) {
            (Some(balance), Some(true)) => say!(
                "Needed: {need} {currency}. The account holds {balance}, which is enough without fees.",
                "Besoin : {need} {currency}. Le compte a {balance}, ce qui suffit hors frais.",
            ),
            (Some(balance), _) => say!(
                "Needed: {need} {currency}. The account holds {balance}, which is not enough: top it up or send less.",
                "Besoin : {need} {currency}. Le compte a {balance}, ce qui ne suffit pas : approvisionnez-le ou envoyez \
                 moins.",
            ),
            (None, _) => say!("Needed: {need} {currency}.", "Besoin : {need} {currency}."),
        }
    }
}

/// One problem for programs.
#[derive(Serialize)]
struct ProblemLine<'a> {
    kind: &'static str,
    severity: &'static str,
    line: u32,
    column: Option<usize>,
    header: Option<String>,
    field: Option<&'a str>,
    rule: &'static str,
    message: String,
}

impl<'a> ProblemLine<'a> {
    fn of(finding: &'a Finding) -> Self {
        Self {
            kind: "problem",
            severity: finding.trouble.severity().as_str(),
            line: finding.line,
            column: finding.column.as_ref().map(|(number, _)| *number),
            header: finding.column.as_ref().map(|(_, header)| printable(header)),
            field: Some(finding.field.as_str()).filter(|field| !field.is_empty()),
            rule: finding.trouble.rule(),
            message: finding.trouble.message(Lang::En),
        }
    }
}

#[derive(Serialize)]
struct TotalLine<'a> {
    kind: &'static str,
    country: Option<&'a str>,
    operator: Option<&'a str>,
    currency: &'static str,
    rows: u64,
    amount: String,
}

#[derive(Serialize)]
struct SummaryLine {
    kind: &'static str,
    fine: bool,
    rows: u64,
    good_rows: u64,
    empty_rows: u64,
    errors: u64,
    warnings: u64,
    sha256: String,
}

/// A header as it can be shown: where the first row is none, it may be a payout with a phone number.
fn printable(header: &str) -> String {
    let digits = header.chars().filter(char::is_ascii_digit).count();
    if digits > 4 {
        return "…".to_owned();
    }
    let shown: String = header.chars().filter(|sign| !sign.is_control()).take(24).collect();
    shown.trim().to_owned()
}

/// How many problems the table has room for.
const SHOWN: usize = 200;
