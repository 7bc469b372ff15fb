//! A whole file: its header, its rows, and what repeats in it.

use std::collections::HashMap;

use nzimbu::Operation;

use super::column::{Column, Given, Header};
use super::row::{Finding, Row, RowReader};
use super::seen::{Fingerprint, Repeated, Seen};
use super::source::{FileDigest, Reading, Source, Unreadable};
use super::split::{Flaw, Record, Splitter};
use super::totals::Totals;
use super::trouble::{Content, Severity, Trouble};
use super::{DuplicateRecipients, Settings, record_text};

/// A file of payouts and how to read it.
#[derive(Debug)]
pub(crate) struct Batch<'a, S: ?Sized> {
    source: &'a S,
    settings: &'a Settings,
}

/// What is known of a file once all of it was read.
#[derive(Debug)]
pub(crate) struct Checked {
    /// Of the whole file.
    pub(crate) digest: FileDigest,
    /// Sums of the rows without an error.
    pub(crate) totals: Totals,
    /// How many rows there are, empty ones left out.
    pub(crate) rows: u64,
    /// How many of them have no error.
    pub(crate) good_rows: u64,
    /// How many rows were passed over because nothing is in them.
    pub(crate) empty_rows: u64,
    /// How many things are wrong.
    pub(crate) errors: u64,
    /// How many things are to be acknowledged.
    pub(crate) warnings: u64,
    verdict: DuplicateRecipients,
    repeated: Repeats,
}

impl Checked {
    /// Whether every row may be sent.
    pub(crate) fn is_fine(&self) -> bool {
        self.errors == 0 && (self.warnings == 0 || self.verdict == DuplicateRecipients::Accept)
    }
}

/// Why reading rows ended early.
#[derive(Debug)]
pub(crate) enum RowsError<E> {
    /// The receiver of rows gave up.
    Stopped(E),
    /// The file cannot be read, or is no longer the one that was checked.
    Unreadable(Unreadable),
}

impl<E> From<Unreadable> for RowsError<E> {
    fn from(error: Unreadable) -> Self {
        Self::Unreadable(error)
    }
}

impl<E> From<std::io::Error> for RowsError<E> {
    fn from(error: std::io::Error) -> Self {
        Self::Unreadable(error.into())
    }
}

impl<'a, S: Source + ?Sized> Batch<'a, S> {
    pub(crate) fn new(source: &'a S, settings: &'a Settings) -> Self {
        Self { source, settings }
    }

    /// Reads the whole file twice and hands over everything that is wrong, line by line.
    ///
    /// # Errors
    /// When the file cannot be read, changes meanwhile, or is no CSV; and what `found` gives up with.
    pub(crate) fn check<E>(
        &self,
        mut found: impl FnMut(&Finding) -> Result<(), E>,
    ) -> Result<Checked, RowsError<E>> {
        let layout = Layout::detect(self.source, self.settings)?;
        let (digest, repeated) = self.survey(&layout)?;
        let mut checked = Checked {
            digest,
            totals: Totals::default(),
            rows: 0,
            good_rows: 0,
            empty_rows: 0,
            errors: 0,
            warnings: 0,
            verdict: self.settings.duplicate_recipients,
            repeated: Repeats::default(),
        };
        let mut tell = |findings: &[Finding], checked: &mut Checked| {
            let mut good = true;
            for finding in findings {
                match finding.trouble.severity() {
                    Severity::Error => {
                        checked.errors += 1;
                        good = false;
                    }
                    Severity::Warning => checked.warnings += 1,
                    Severity::Note => {}
                }
                found(finding).map_err(RowsError::Stopped)?;
            }
            Ok::<bool, RowsError<E>>(good)
        };
        tell(&layout.findings, &mut checked)?;
        let end = self.pass(&layout, |reader, record| {
            checked.rows += 1;
            let (row, findings) = self.judged(reader, record, &repeated);
            if tell(&findings, &mut checked)?
                && let Some(row) = row
            {
                checked.good_rows += 1;
                checked.totals.add(&row.request);
            }
            Ok(())
        })?;
        if end.digest != digest {
            return Err(Unreadable::Changed.into());
        }
        checked.empty_rows = end.empty_rows;
        if let Some(line) = end.too_many {
            let trouble = Trouble::TooManyRows { most: self.settings.most_rows };
            tell(&[Finding { line, column: None, field: String::new(), trouble }], &mut checked)?;
        }
        if layout.is_usable() && checked.rows == 0 {
            let line = layout.header.line();
            tell(
                &[Finding { line, column: None, field: String::new(), trouble: Trouble::NoRows }],
                &mut checked,
            )?;
        }
        checked.repeated = repeated;
        Ok(checked)
    }

    /// Hands over every row that has no error, in the order of the file, and proves at the end that the file is
    /// still the one that was checked. Use no row before this has returned: release them all together.
    ///
    /// # Errors
    /// As [`check`](Self::check), and when the file is another one by now.
    pub(crate) fn rows<E>(
        &self,
        checked: &Checked,
        mut row: impl FnMut(Row) -> Result<(), E>,
    ) -> Result<(), RowsError<E>> {
        let layout = Layout::detect(self.source, self.settings)?;
        let end = self.pass(&layout, |reader, record| {
            let (found, findings) = self.judged(reader, record, &checked.repeated);
            let good = findings.iter().all(|finding| finding.trouble.severity() != Severity::Error);
            match found.filter(|_| good) {
                Some(found) => row(found).map_err(RowsError::Stopped),
                None => Ok(()),
            }
        })?;
        if end.digest == checked.digest { Ok(()) } else { Err(Unreadable::Changed.into()) }
    }

    /// The first reading: the digest, and the lines that repeat an earlier one.
    fn survey(&self, layout: &Layout) -> Result<(FileDigest, Repeats), Unreadable> {
        let (mut orders, mut recipients) = (Seen::default(), Seen::default());
        let mut ignored = Vec::new();
        let end = self.pass(layout, |reader, record| {
            ignored.clear();
            if let Some(draft) = reader.read(record, &mut ignored) {
                if let Some(order) = draft.order() {
                    orders.note(order, draft.line());
                }
                if let Some(recipient) = draft.recipient() {
                    recipients.note(recipient, draft.line());
                }
            }
            Ok::<(), RowsError<std::convert::Infallible>>(())
        });
        let end = match end {
            Ok(end) => end,
            Err(RowsError::Unreadable(error)) => return Err(error),
            Err(RowsError::Stopped(never)) => match never {},
        };
        let (orders, recipients) = (orders.repeats(), recipients.repeats());
        let mut repeats = Repeats { contents: HashMap::new(), firsts: orders.firsts(), orders, recipients };
        if !repeats.firsts.is_empty() {
            self.note_contents(layout, &mut repeats)?;
        }
        Ok((end.digest, repeats))
    }

    /// What the rows say whose order stands in the file again.
    fn note_contents(&self, layout: &Layout, repeats: &mut Repeats) -> Result<(), Unreadable> {
        let mut ignored = Vec::new();
        let done = self.pass(layout, |reader, record| {
            if repeats.firsts.binary_search(&record.line()).is_ok() {
                ignored.clear();
                if let Some(draft) = reader.read(record, &mut ignored) {
                    repeats.contents.insert(draft.line(), draft.content());
                }
            }
            Ok::<(), RowsError<std::convert::Infallible>>(())
        });
        match done {
            Ok(_) => Ok(()),
            Err(RowsError::Unreadable(error)) => Err(error),
            Err(RowsError::Stopped(never)) => match never {},
        }
    }

    /// A row with everything that is wrong with it, in the order of its columns.
    fn judged(
        &self,
        reader: &RowReader<'_>,
        record: &Record,
        repeats: &Repeats,
    ) -> (Option<Row>, Vec<Finding>) {
        let mut findings = Vec::new();
        let Some(draft) = reader.read(record, &mut findings) else { return (None, findings) };
        let line = draft.line();
        // The gateway that is used for the whole file is spoken of once, beside the header.
        if draft_is_judged(reader, self.settings) {
            reader.judge(&draft, &mut findings);
        }
        if let Some(first) = repeats.orders.first_of(line) {
            let same = repeats.contents.get(&first) == Some(&draft.content());
            let content = if same { Content::Same } else { Content::Other };
            let column = match reader.header.place(Column::Reference) {
                Some(_) => Column::Reference,
                None => Column::OrderId,
            };
            findings.push(reader.finding(line, column, Trouble::Duplicate { first, content }));
        } else if let Some(first) = repeats.recipients.first_of(line) {
            let column = match reader.header.place(Column::Phone) {
                Some(_) => Column::Phone,
                None => Column::Account,
            };
            findings.push(reader.finding(line, column, Trouble::DuplicateRecipient { first }));
        }
        findings.sort_by_key(|finding| finding.column.as_ref().map_or(usize::MAX, |(place, _)| *place));
        (draft.into_row(), findings)
    }

    /// Reads the file once and hands over every row that is not empty.
    fn pass<E>(
        &self,
        layout: &Layout,
        mut row: impl FnMut(&RowReader<'_>, &Record) -> Result<(), RowsError<E>>,
    ) -> Result<End, RowsError<E>> {
        let mut splitter =
            Splitter::new(Reading::start(self.source, self.settings.encoding)?, layout.delimiter);
        let reader = RowReader { header: &layout.header, settings: self.settings };
        let mut record = Record::default();
        let (mut rows, mut empty_rows, mut too_many) = (0, 0, None);
        while layout.is_usable() && splitter.read(&mut record)? {
            if record.line() <= layout.header.line() {
                continue;
            }
            if record.is_blank() {
                empty_rows += 1;
                continue;
            }
            if rows == self.settings.most_rows {
                too_many = Some(record.line());
                break;
            }
            rows += 1;
            row(&reader, &record)?;
        }
        Ok(End { digest: splitter.into_inner().finish()?, empty_rows, too_many })
    }
}

/// What a reading ended with.
struct End {
    digest: FileDigest,
    empty_rows: u64,
    /// The first line that was one too many.
    too_many: Option<u32>,
}

/// What repeats in a file.
#[derive(Debug, Default)]
struct Repeats {
    orders: Repeated,
    recipients: Repeated,
    /// The lines whose order stands in the file again, and what they say.
    firsts: Vec<u32>,
    contents: HashMap<u32, Fingerprint>,
}

fn draft_is_judged(reader: &RowReader<'_>, settings: &Settings) -> bool {
    let sends = |gateway: &nzimbu::SharedProvider| gateway.capabilities(Operation::Payout).offered;
    reader.header.place(Column::Gateway).is_some() || settings.gateway.as_ref().is_none_or(sends)
}

/// How a file is laid out.
struct Layout {
    delimiter: u8,
    header: Header,
    /// What is wrong with the header.
    findings: Vec<Finding>,
}

impl Layout {
    /// Looks at the beginning of a file.
    fn detect(source: &(impl Source + ?Sized), settings: &Settings) -> Result<Self, Unreadable> {
        let mut head = Vec::new();
        let mut reading = Reading::start(source, settings.encoding)?;
        std::io::Read::read_to_end(&mut std::io::Read::take(&mut reading, HEAD), &mut head)?;
        let told = told_delimiter(&head);
        let candidates: Vec<_> = told.map_or_else(|| DELIMITERS.to_vec(), |told| vec![told]);
        let mut best: Option<Self> = None;
        for delimiter in candidates {
            let mut splitter = Splitter::new(&head[..], delimiter);
            let mut record = Record::default();
            let mut more = splitter.read(&mut record)?;
            while more && (record.is_blank() || told.is_some() && record.line() == 1) {
                more = splitter.read(&mut record)?;
            }
            let header = Header::read(&record);
            // The first in the list wins where several are as good.
            if best.as_ref().is_none_or(|best| best.header.known() < header.known()) {
                let findings = Self::findings(&header, &record, settings);
                best = Some(Self { delimiter, header, findings });
            }
        }
        // There is at least one candidate.
        let mut layout =
            best.unwrap_or_else(|| Self { delimiter: b',', header: Header::default(), findings: Vec::new() });
        if !layout.is_usable()
            && layout.header.known() < 2
            && let Some(line) = header_below(&head)?
        {
            let line_of_header = layout.header.line();
            let trouble = Trouble::HeaderBelow { line };
            layout.findings =
                vec![Finding { line: line_of_header, column: None, field: String::new(), trouble }];
        }
        Ok(layout)
    }

    /// Whether rows can be read under the header.
    fn is_usable(&self) -> bool {
        self.findings.iter().all(|finding| {
            finding.trouble.severity() != Severity::Error || finding.trouble == Trouble::GatewaySendsNone
        })
    }

    fn findings(header: &Header, record: &Record, settings: &Settings) -> Vec<Finding> {
        let line = header.line().max(1);
        let bare = |trouble| Finding { line, column: None, field: String::new(), trouble };
        match record.flaw() {
            Some(Flaw::TooLong) => return vec![bare(Trouble::RowTooLong)],
            Some(Flaw::Unclosed(_)) => return vec![bare(Trouble::Unclosed)],
            Some(Flaw::Quote(_)) => return vec![bare(Trouble::Quote)],
            None if record.len() == 0 => {
                return vec![Finding {
                    line: 1,
                    column: None,
                    field: String::new(),
                    trouble: Trouble::NoRows,
                }];
            }
            None => {}
        }
        let has_currency = if settings.currency.is_some() { Given::Yes } else { Given::No };
        let troubles = header.troubles(has_currency);
        let mut findings: Vec<_> = troubles
            .into_iter()
            .map(|(place, trouble)| {
                let column =
                    place.map(|place| header.named(place)).map(|(number, name)| (number, name.to_owned()));
                Finding { line, column, field: "header".to_owned(), trouble }
            })
            .collect();
        let silent = |gateway: &nzimbu::SharedProvider| !gateway.capabilities(Operation::Payout).offered;
        if header.place(Column::Gateway).is_none() && settings.gateway.as_ref().is_some_and(silent) {
            findings.push(bare(Trouble::GatewaySendsNone));
        }
        findings
    }
}

/// The separator that Excel was told by a first line `sep=;`.
fn told_delimiter(head: &[u8]) -> Option<u8> {
    let rest = head.strip_prefix(b"\"").unwrap_or(head);
    let start = rest.get(..4).filter(|start| start.eq_ignore_ascii_case(b"sep="))?;
    match rest[start.len()..] {
        [delimiter, b'\r' | b'\n' | b'"', ..] if DELIMITERS.contains(&delimiter) => Some(delimiter),
        _ => None,
    }
}

/// The line of what looks like a header under a title.
fn header_below(head: &[u8]) -> Result<Option<u32>, Unreadable> {
    for delimiter in DELIMITERS {
        let mut splitter = Splitter::new(head, *delimiter);
        let mut record = Record::default();
        for _ in 0..LOOKED_AT {
            if !splitter.read(&mut record)? {
                break;
            }
            let header = Header::read(&record);
            if header.known() >= 3 && record.cells().map(record_text).any(|name| !name.is_empty()) {
                return Ok(Some(header.line()));
            }
        }
    }
    Ok(None)
}

const DELIMITERS: &[u8] = b";,\t|";

/// How many bytes the header has to be in.
const HEAD: u64 = 64 << 10;

/// How many rows are looked at for a header under a title.
const LOOKED_AT: usize = 20;

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failing test may panic")]
mod tests;
