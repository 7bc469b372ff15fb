//! Reading a gateway's export.

use nzimbu::{Currency, Money};

use super::mapping::{Mapping, Part};
use super::{ExportRow, ExportStatus};
use crate::batch::cell::amount;
use crate::batch::column::{Column, fold};
use crate::batch::source::{FileDigest, Reading, Source, Unreadable};
use crate::batch::split::{Record, Splitter};
use crate::batch::trouble::Trouble;
use crate::batch::{cell, place, record_text};
use crate::lang::Lang;

/// Why an export cannot be compared.
#[derive(Debug)]
pub(crate) enum ExportError<E> {
    /// No row names these columns.
    NoHeader(Vec<&'static str>),
    /// A row is broken, so that what follows cannot be trusted.
    Row { line: u32, trouble: Trouble },
    /// The receiver of rows gave up.
    Stopped(E),
    /// The file cannot be read.
    Unreadable(Unreadable),
}

impl<E> ExportError<E> {
    /// What is wrong and what to do; nothing where the receiver gave up, who knows better.
    pub(crate) fn message(&self, lang: Lang) -> Option<String> {
        Some(match (self, lang) {
            (Self::NoHeader(columns), Lang::En) => {
                format!(
                    "the export has no column for {}: name it with --map, as in amount=HEADER",
                    columns.join(", ")
                )
            }
            (Self::NoHeader(columns), Lang::Fr) => format!(
                "l'export n'a pas de colonne pour {} : nommez-la avec --map, par exemple amount=EN-TÊTE",
                columns.join(", ")
            ),
            (Self::Row { line, trouble }, Lang::En) => format!("line {line} {}", trouble.message(lang)),
            (Self::Row { line, trouble }, Lang::Fr) => format!("ligne {line} : {}", trouble.message(lang)),
            (Self::Unreadable(error), _) => error.message(lang),
            (Self::Stopped(_), _) => return None,
        })
    }
}

impl<E> From<std::io::Error> for ExportError<E> {
    fn from(error: std::io::Error) -> Self {
        Self::Unreadable(error.into())
    }
}

impl<E> From<Unreadable> for ExportError<E> {
    fn from(error: Unreadable) -> Self {
        Self::Unreadable(error)
    }
}

/// Reads an export and hands over its rows one by one. Titles above the header are passed over.
///
/// # Errors
/// When the file cannot be read, has no header that fits, or has a row that cannot be trusted.
pub(crate) fn read<E>(
    source: &(impl Source + ?Sized),
    mapping: &Mapping,
    mut row: impl FnMut(ExportRow) -> Result<(), E>,
) -> Result<FileDigest, ExportError<E>> {
    let layout = Layout::detect(source, mapping)?;
    let mut splitter = Splitter::new(Reading::start(source, mapping.encoding)?, layout.delimiter);
    let mut record = Record::default();
    while splitter.read(&mut record)? {
        if record.line() <= layout.line || record.is_blank() {
            continue;
        }
        if record.flaw().is_some() {
            return Err(ExportError::Row { line: record.line(), trouble: Trouble::Quote });
        }
        // Sums and remarks below the last row name no order.
        let found = layout.row(&record, mapping);
        if found.order.is_none() && found.gateway_reference.is_none() {
            continue;
        }
        if record.len() < layout.cells {
            let trouble = Trouble::CellCount { found: record.len(), expected: layout.cells };
            return Err(ExportError::Row { line: record.line(), trouble });
        }
        row(found).map_err(ExportError::Stopped)?;
    }
    Ok(splitter.into_inner().finish()?)
}

/// Where what is in an export.
struct Layout {
    delimiter: u8,
    line: u32,
    cells: usize,
    amount: Option<usize>,
    currency: Option<usize>,
    gateway_reference: Option<usize>,
    order: Option<usize>,
    status: Option<usize>,
}

impl Layout {
    fn detect<E>(source: &(impl Source + ?Sized), mapping: &Mapping) -> Result<Self, ExportError<E>> {
        let mut head = Vec::new();
        let mut reading = Reading::start(source, mapping.encoding)?;
        std::io::Read::read_to_end(&mut std::io::Read::take(&mut reading, HEAD), &mut head)?;
        let mut best: Option<Self> = None;
        for delimiter in [b';', b',', b'\t', b'|'] {
            let mut splitter = Splitter::new(&head[..], delimiter);
            let mut record = Record::default();
            for _ in 0..LOOKED_AT {
                if !splitter.read(&mut record)? {
                    break;
                }
                let layout = Self::of(&record, delimiter, mapping);
                if best.as_ref().is_none_or(|best| best.known() < layout.known()) {
                    best = Some(layout);
                }
            }
        }
        let missing = best.as_ref().map_or_else(Vec::new, |best| best.missing(mapping));
        match best {
            Some(best) if missing.is_empty() => Ok(best),
            Some(_) => Err(ExportError::NoHeader(missing)),
            None => Err(ExportError::NoHeader(vec!["order", "amount"])),
        }
    }

    fn of(record: &Record, delimiter: u8, mapping: &Mapping) -> Self {
        let header: Vec<_> = record.cells().map(|cell| fold(&record_text(cell))).collect();
        let place = |part| mapping.place(part, &header);
        Self {
            delimiter,
            line: record.line(),
            cells: header.len(),
            amount: place(Part::Amount),
            currency: place(Part::Currency),
            gateway_reference: place(Part::GatewayReference),
            order: place(Part::Order),
            status: place(Part::Status),
        }
    }

    fn known(&self) -> usize {
        [self.amount, self.currency, self.gateway_reference, self.order, self.status].iter().flatten().count()
    }

    fn missing(&self, mapping: &Mapping) -> Vec<&'static str> {
        let mut missing = Vec::new();
        if self.order.is_none() && self.gateway_reference.is_none() {
            missing.push("order");
        }
        if self.amount.is_none() {
            missing.push("amount");
        }
        if self.currency.is_none() && mapping.currency.is_none() {
            missing.push("currency");
        }
        missing
    }

    fn row(&self, record: &Record, mapping: &Mapping) -> ExportRow {
        let text = |place: Option<usize>| {
            place.map_or(Ok(None), |place| cell::text(record.cell(place), Column::Amount))
        };
        let name = |place| text(place).ok().flatten();
        let status = match text(self.status) {
            Ok(None) => ExportStatus::None,
            Ok(Some(word)) => mapping.status(&word),
            Err(_) => ExportStatus::Unrecognized,
        };
        ExportRow {
            line: record.line(),
            order: name(self.order),
            gateway_reference: name(self.gateway_reference),
            amount: money(text(self.amount), text(self.currency), mapping),
            status,
        }
    }
}

/// An amount of a statement: money that went out may be written as negative, and the currency behind it.
fn money(
    amount: Result<Option<String>, Trouble>,
    currency: Result<Option<String>, Trouble>,
    mapping: &Mapping,
) -> Result<Money, Trouble> {
    let written = amount?.ok_or(Trouble::Required)?;
    let unsigned = written.trim_start_matches(['-', '\u{2212}']).trim_start();
    let code = |at: usize| Currency::parse(unsigned.get(at..)?).ok();
    let behind = unsigned.len().checked_sub(3).and_then(code);
    let digits = match behind {
        Some(_) => unsigned[..unsigned.len() - 3].trim_end(),
        None => unsigned,
    };
    let named = currency?.map(|text| place::currency(&text)).transpose()?;
    let currency = named.or(behind).or(mapping.currency).ok_or(Trouble::Required)?;
    if behind.is_some_and(|behind| behind != currency) {
        return Err(Trouble::Currency);
    }
    amount::parse(digits, currency, mapping.decimal_mark).map_err(Trouble::Amount)
}

/// How many bytes the header has to be in.
const HEAD: u64 = 64 << 10;

/// How many rows are looked at for the header.
const LOOKED_AT: usize = 30;
