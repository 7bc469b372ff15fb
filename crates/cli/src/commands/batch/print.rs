//! What `nzimbu batch check` prints, for people and for programs.

use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, TableStyle, presets};
use nzimbu::{Currency, Money};
use serde::Serialize;

use crate::batch::totals::{Fees, Sum, decimal};
use crate::batch::{Checked, Finding, Lang};
use crate::output::{self, Failure};

/// Prints problems as they are found: all of them as JSON, the first ones as a table.
#[derive(Debug)]
pub(super) struct Problems {
    lang: Lang,
    json: bool,
    table: Table,
    shown: u64,
    left_out: u64,
}

impl Problems {
    pub(super) fn new(lang: Lang, json: bool) -> Self {
        let mut table = table();
        let head = [("line", "ligne"), ("column", "colonne"), ("rule", "règle"), ("what to do", "que faire")];
        table.set_header(head.map(|(en, fr)| lang.pick(en, fr)));
        Self { lang, json, table, shown: 0, left_out: 0 }
    }

    pub(super) fn add(&mut self, finding: &Finding) -> Result<(), Failure> {
        if self.json {
            return output::json(&ProblemLine::of(finding, self.lang));
        }
        if self.shown == SHOWN {
            self.left_out += 1;
            return Ok(());
        }
        self.shown += 1;
        let (lang, trouble) = (self.lang, &finding.trouble);
        let place = match &finding.column {
            Some((number, header)) => format!("{number} {}", printable(header)),
            // A gateway needs a field for which the file has no column.
            None if !finding.field.is_empty() => {
                format!("– {} ({})", finding.field, lang.pick("no such column", "colonne absente"))
            }
            None => "–".to_owned(),
        };
        self.table.add_row([
            finding.line.to_string(),
            place,
            trouble.rule().to_owned(),
            format!("{}{}", self.mark(finding), trouble.message(lang)),
        ]);
        Ok(())
    }

    pub(super) fn finish(&self) -> Result<(), Failure> {
        if self.shown > 0 {
            output::line(&self.table)?;
        }
        match (self.left_out, self.lang) {
            (0, _) => Ok(()),
            (count, Lang::En) => {
                output::line(format!("{count} more are not shown: --json prints all of them"))
            }
            (count, Lang::Fr) => {
                output::line(format!("{count} autres ne sont pas affichés : --json les donne tous"))
            }
        }
    }

    fn mark(&self, finding: &Finding) -> String {
        use crate::batch::trouble::Severity;
        match finding.trouble.severity() {
            Severity::Error => String::new(),
            Severity::Warning => self.lang.pick("(to be accepted) ", "(à accepter) ").to_owned(),
            Severity::Note => self.lang.pick("(note) ", "(remarque) ").to_owned(),
        }
    }
}

/// Prints totals, needs and the verdict; gives the number of currencies of which the account holds too little.
pub(super) fn summary(
    checked: &Checked,
    balances: &[Money],
    lang: Lang,
    json: bool,
) -> Result<usize, Failure> {
    let needs: Vec<_> =
        checked.totals.needs().into_iter().map(|(currency, sum)| Need::of(currency, sum, balances)).collect();
    let shortages = needs.iter().filter(|need| need.enough == Some(false)).count();
    if json {
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
        for need in &needs {
            output::json(need)?;
        }
        output::json(&SummaryLine {
            kind: "summary",
            fine: checked.is_fine() && shortages == 0,
            rows: checked.rows,
            good_rows: checked.good_rows,
            empty_rows: checked.empty_rows,
            errors: checked.errors,
            warnings: checked.warnings,
            sha256: checked.digest.to_string(),
        })?;
        return Ok(shortages);
    }
    if checked.good_rows > 0 {
        output::line(totals(checked, lang))?;
        for need in &needs {
            output::line(need.sentence(lang))?;
        }
        output::line(lang.pick(
            "Fees: unknown, since no document of the gateways has a tariff. They may come on top of what is needed.",
            "Frais : inconnus, aucun document des passerelles ne donne de tarif. Ils peuvent s'ajouter au besoin.",
        ))?;
    }
    output::line(verdict(checked, shortages, lang))?;
    Ok(shortages)
}

fn totals(checked: &Checked, lang: Lang) -> Table {
    let mut table = table();
    let head = [
        ("country", "pays"),
        ("operator", "opérateur"),
        ("currency", "devise"),
        ("rows", "lignes"),
        ("amount", "montant"),
    ];
    table.set_header(head.map(|(en, fr)| lang.pick(en, fr)));
    for (group, sum) in checked.totals.groups() {
        let country = group.country.as_ref().map_or("–", nzimbu::Country::as_str);
        let operator = match group.operator.as_deref() {
            Some("bank") => lang.pick("bank", "banque"),
            Some(name) => name,
            None => "–",
        };
        let amount = decimal(sum.minor, group.currency);
        let row = [country, operator, group.currency.code(), &sum.rows.to_string(), &amount];
        table.add_row(row);
    }
    for column in table.column_iter_mut().skip(3) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn verdict(checked: &Checked, shortages: usize, lang: Lang) -> String {
    let (rows, good, errors, warnings) = (checked.rows, checked.good_rows, checked.errors, checked.warnings);
    let empty = match (checked.empty_rows, lang) {
        (0, _) => String::new(),
        (count, Lang::En) => format!(" {count} empty rows were passed over."),
        (count, Lang::Fr) => format!(" {count} lignes vides ont été ignorées."),
    };
    let fine = checked.is_fine() && shortages == 0;
    let said = match (fine, checked.is_fine(), lang) {
        (true, _, Lang::En) => format!("Fine: all {rows} rows may be sent."),
        (true, _, Lang::Fr) => format!("Tout est bon : les {rows} lignes peuvent être envoyées."),
        (_, true, Lang::En) => format!("Not fine: all {rows} rows are, but the account holds too little."),
        (_, true, Lang::Fr) => {
            format!("À corriger : les {rows} lignes sont bonnes, mais le compte n'a pas assez.")
        }
        (_, _, Lang::En) => format!(
            "Not fine: {good} of {rows} rows are without error; {errors} errors, {warnings} to be accepted."
        ),
        (_, _, Lang::Fr) => {
            format!(
                "À corriger : {good} lignes sur {rows} sans erreur ; {errors} erreurs, {warnings} à accepter."
            )
        }
    };
    format!("{said}{empty} {}", lang.pick("Nothing was sent.", "Rien n'a été envoyé."))
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
        }
    }

    fn sentence(&self, lang: Lang) -> String {
        let (need, currency) = (&self.need, self.currency);
        match (&self.balance, self.enough, lang) {
            (Some(balance), Some(true), Lang::En) => {
                format!(
                    "Needed: {need} {currency}. The account holds {balance}, which is enough without fees."
                )
            }
            (Some(balance), Some(true), Lang::Fr) => {
                format!("Besoin : {need} {currency}. Le compte a {balance}, ce qui suffit hors frais.")
            }
            (Some(balance), _, Lang::En) => format!(
                "Needed: {need} {currency}. The account holds {balance}, which is not enough: top it up or send less."
            ),
            (Some(balance), _, Lang::Fr) => format!(
                "Besoin : {need} {currency}. Le compte a {balance}, ce qui ne suffit pas : approvisionnez-le ou \
                 envoyez moins."
            ),
            (None, _, Lang::En) => format!("Needed: {need} {currency}."),
            (None, _, Lang::Fr) => format!("Besoin : {need} {currency}."),
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
    fn of(finding: &'a Finding, lang: Lang) -> Self {
        Self {
            kind: "problem",
            severity: finding.trouble.severity().as_str(),
            line: finding.line,
            column: finding.column.as_ref().map(|(number, _)| *number),
            header: finding.column.as_ref().map(|(_, header)| printable(header)),
            field: Some(finding.field.as_str()).filter(|field| !field.is_empty()),
            rule: finding.trouble.rule(),
            message: finding.trouble.message(lang),
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

fn table() -> Table {
    let mut table = Table::new();
    table.load_style(LOOK);
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table
}

/// How many problems the table has room for.
const SHOWN: u64 = 200;

const LOOK: TableStyle = TableStyle { row_separator: LineStyle::none(), ..presets::UTF8_HORIZONTAL_ONLY };
