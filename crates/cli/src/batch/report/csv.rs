//! The report as CSV, one row a payout, for spreadsheets.

use std::io::{self, Write};

use csv::{Writer, WriterBuilder};

use super::ReportRow;
use super::numbers::time;
use crate::lang::Lang;

/// Writes rows as they come.
///
/// In French, cells are separated by `;` and decimals by `,`, since that is what a French spreadsheet opens; both
/// begin with a byte-order mark, without which Excel takes the text for Windows-1252.
pub(crate) struct CsvReport<W: Write> {
    writer: Writer<W>,
    lang: Lang,
}

impl<W: Write> CsvReport<W> {
    /// Begins a report with its header.
    ///
    /// # Errors
    /// As those of the output.
    pub(crate) fn new(mut output: W, lang: Lang) -> io::Result<Self> {
        output.write_all("\u{feff}".as_bytes())?;
        let delimiter = match lang {
            Lang::En => b',',
            Lang::Fr => b';',
        };
        let mut writer = WriterBuilder::new().delimiter(delimiter).from_writer(output);
        writer.write_record(HEADER.map(|(en, fr)| lang.pick(en, fr)))?;
        Ok(Self { writer, lang })
    }

    /// Writes one row.
    ///
    /// # Errors
    /// As those of the output.
    pub(crate) fn add(&mut self, row: &ReportRow) -> io::Result<()> {
        let lang = self.lang;
        let amount = row.amount.to_major().replace('.', lang.pick(".", ","));
        let phone = row.masked_phone();
        let (created, updated) =
            (row.created_at.map(time).unwrap_or_default(), row.updated_at.map(time).unwrap_or_default());
        let cells = [
            row.reference.as_str(),
            row.order.as_str(),
            &phone,
            row.country.as_ref().map_or("", nzimbu::Country::as_str),
            row.operator.as_deref().unwrap_or_default(),
            &amount,
            row.amount.currency().code(),
            row.state.as_str(),
            row.flag.map_or("", super::Flag::as_str),
            row.state.words(lang),
            row.gateway.as_str(),
            row.gateway_reference.as_ref().map_or("", nzimbu::GatewayRef::as_str),
            row.failure.as_deref().unwrap_or_default(),
            &created,
            &updated,
        ];
        Ok(self.writer.write_record(cells.map(guarded))?)
    }

    /// Writes what is left and gives the output back.
    ///
    /// # Errors
    /// As those of the output.
    pub(crate) fn finish(self) -> io::Result<W> {
        self.writer.into_inner().map_err(csv::IntoInnerError::into_error)
    }
}

const HEADER: [(&str, &str); 15] = [
    ("reference", "référence"),
    ("order_id", "identifiant"),
    ("phone", "téléphone"),
    ("country", "pays"),
    ("operator", "opérateur"),
    ("amount", "montant"),
    ("currency", "devise"),
    ("state", "état"),
    ("attention", "attention"),
    ("in_words", "en_clair"),
    ("gateway", "passerelle"),
    ("gateway_reference", "référence_passerelle"),
    ("failure", "échec"),
    ("created_at", "créé"),
    ("updated_at", "modifié"),
];

/// A cell that no spreadsheet takes for a formula.
pub(super) fn guarded(text: &str) -> String {
    // Full-width signs begin formulas in some spreadsheets as well.
    let risky = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    if risky { format!("'{text}") } else { text.to_owned() }
}
