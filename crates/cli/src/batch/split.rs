//! From bytes to rows of cells, more strictly than a general reader of CSV.
//!
//! The crate `csv` reads `"100"0` as 1000, takes a quote that is never closed for the end of the file, counts
//! lines by line feeds alone and grows with a row without end. A file that moves money may do none of these, so
//! the rows are cut here, and a test holds this reader to that crate wherever a file is well-formed.

use std::io::{self, BufRead, BufReader, Read};

/// One row: its cells without their quotes, the line on which it begins, and what is wrong with its form.
#[derive(Debug, Default)]
pub(super) struct Record {
    bytes: Vec<u8>,
    ends: Vec<usize>,
    line: u32,
    flaw: Option<Flaw>,
}

/// What is wrong with the form of a row. Its cells are not to be trusted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Flaw {
    /// A cell, by its number from zero, has text before its opening or after its closing quote.
    Quote(usize),
    /// The row is longer or has more cells than any row of payouts.
    TooLong,
    /// A cell, by its number from zero, opens a quote that is never closed.
    Unclosed(usize),
}

impl Record {
    /// The line on which the row begins, from one.
    pub(super) fn line(&self) -> u32 {
        self.line
    }

    pub(super) fn flaw(&self) -> Option<Flaw> {
        self.flaw
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// A cell, empty beyond the last one.
    pub(super) fn cell(&self, index: usize) -> &[u8] {
        let Some(&end) = self.ends.get(index) else { return &[] };
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.bytes[start..end]
    }

    pub(super) fn cells(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.len()).map(|index| self.cell(index))
    }

    /// Whether nothing but blanks is in any cell.
    pub(super) fn is_blank(&self) -> bool {
        self.flaw.is_none()
            && self.cells().all(|cell| str::from_utf8(cell).is_ok_and(|text| text.trim().is_empty()))
    }

    fn begin(&mut self, line: u32) {
        self.bytes.clear();
        self.ends.clear();
        self.line = line;
        self.flaw = None;
    }

    /// The first flaw is the one that explains the others.
    fn blame(&mut self, flaw: Flaw) {
        self.flaw.get_or_insert(flaw);
    }

    fn push(&mut self, byte: u8) {
        if self.bytes.len() < MOST_BYTES {
            self.bytes.push(byte);
        } else {
            self.blame(Flaw::TooLong);
        }
    }

    fn end_cell(&mut self) {
        if self.ends.len() < MOST_CELLS {
            self.ends.push(self.bytes.len());
        } else {
            self.blame(Flaw::TooLong);
        }
    }

    /// Whether the cell under way has nothing but blanks.
    fn cell_is_blank(&self) -> bool {
        let start = self.ends.last().copied().unwrap_or_default();
        self.bytes[start..].iter().all(|byte| b" \t".contains(byte))
    }
}

/// Cuts a stream into rows.
#[derive(Debug)]
pub(super) struct Splitter<R> {
    input: BufReader<R>,
    delimiter: u8,
    /// The line of the next byte.
    line: u32,
    /// Whether the last byte was a carriage return, so that a line feed belongs to it.
    after_return: bool,
    over: bool,
}

impl<R: Read> Splitter<R> {
    pub(super) fn new(input: R, delimiter: u8) -> Self {
        Self { input: BufReader::new(input), delimiter, line: 1, after_return: false, over: false }
    }

    /// What the rows are read from.
    pub(super) fn into_inner(self) -> R {
        self.input.into_inner()
    }

    /// Reads the next row that has a byte in it; false at the end.
    pub(super) fn read(&mut self, record: &mut Record) -> io::Result<bool> {
        loop {
            record.begin(self.line);
            if self.over || !self.read_line(record)? {
                return Ok(false);
            }
            // A line without any byte is no row.
            if record.len() > 1 || !record.bytes.is_empty() || record.flaw.is_some() {
                return Ok(true);
            }
        }
    }

    fn read_line(&mut self, record: &mut Record) -> io::Result<bool> {
        let mut state = State::Start;
        let mut any = false;
        loop {
            let Some(byte) = self.byte()? else {
                self.over = true;
                if state == State::Quoted {
                    record.blame(Flaw::Unclosed(record.ends.len()));
                }
                if any {
                    record.end_cell();
                }
                return Ok(any);
            };
            any = true;
            let ends_line = byte == b'\n' || byte == b'\r';
            state = match state {
                State::Quoted if byte == b'"' => State::QuoteSeen,
                State::Quoted => {
                    // What follows an open quote cannot be told from it, so there is no way to go on.
                    if record.flaw == Some(Flaw::TooLong) {
                        record.flaw = Some(Flaw::Unclosed(record.ends.len()));
                        self.over = true;
                        return Ok(true);
                    }
                    record.push(byte);
                    State::Quoted
                }
                State::QuoteSeen if byte == b'"' => {
                    record.push(byte);
                    State::Quoted
                }
                _ if ends_line => {
                    record.end_cell();
                    return Ok(true);
                }
                _ if byte == self.delimiter => {
                    record.end_cell();
                    State::Start
                }
                State::Start if byte == b'"' => State::Quoted,
                State::QuoteSeen => {
                    record.blame(Flaw::Quote(record.ends.len()));
                    State::Plain
                }
                State::Start | State::Plain => {
                    if byte == b'"' && record.cell_is_blank() {
                        record.blame(Flaw::Quote(record.ends.len()));
                    }
                    record.push(byte);
                    State::Plain
                }
            };
        }
    }

    /// The next byte; the line feed of a carriage return is passed over.
    fn byte(&mut self) -> io::Result<Option<u8>> {
        loop {
            let Some(&byte) = self.input.fill_buf()?.first() else { return Ok(None) };
            self.input.consume(1);
            let belongs_to_return = byte == b'\n' && self.after_return;
            self.after_return = byte == b'\r';
            if belongs_to_return {
                continue;
            }
            if byte == b'\n' || byte == b'\r' {
                self.line = self.line.saturating_add(1);
            }
            return Ok(Some(byte));
        }
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    /// Before the first byte of a cell.
    Start,
    Plain,
    Quoted,
    /// A quote inside quotes: the end of the cell, or the first half of a doubled quote.
    QuoteSeen,
}

/// The most bytes of a row.
const MOST_BYTES: usize = 64 << 10;

/// The most cells of a row.
const MOST_CELLS: usize = 256;

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failing test may panic")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rows(text: &[u8], delimiter: u8) -> Vec<(u32, Vec<String>, Option<Flaw>)> {
        let mut splitter = Splitter::new(text, delimiter);
        let mut record = Record::default();
        let mut rows = Vec::new();
        while splitter.read(&mut record).unwrap() {
            let cells = record.cells().map(|cell| String::from_utf8_lossy(cell).into_owned()).collect();
            rows.push((record.line(), cells, record.flaw()));
        }
        rows
    }

    #[test]
    fn every_end_of_line_counts_once() {
        for text in ["a;b\nc;d\n\ne;f", "a;b\r\nc;d\r\n\r\ne;f\r\n", "a;b\rc;d\r\re;f\r"] {
            let lines: Vec<_> = rows(text.as_bytes(), b';').into_iter().map(|row| row.0).collect();
            assert_eq!(lines, [1, 2, 4], "{text:?}");
        }
        let lines: Vec<_> =
            rows(b"\"a\r\nb\";c\r\n\"d\n\re\"\r\nf", b';').into_iter().map(|row| row.0).collect();
        assert_eq!(lines, [1, 3, 6]);
    }

    #[test]
    fn quotes_are_all_or_nothing() {
        let flaw = |text: &str| rows(text.as_bytes(), b',')[0].2;
        assert_eq!(flaw("\"100\"0,x"), Some(Flaw::Quote(0)));
        assert_eq!(flaw("x, \"100\""), Some(Flaw::Quote(1)));
        assert_eq!(flaw("x,\"100"), Some(Flaw::Unclosed(1)));
        assert_eq!(flaw("x,\"100\"\"\"\n"), None);
        assert_eq!(flaw("x,1\"00\n"), None);
        // The reader that we do not use reads another number.
        let mut lax = csv::ReaderBuilder::new().has_headers(false).from_reader(&b"\"100\"0"[..]);
        assert_eq!(&lax.records().next().unwrap().unwrap()[0], "1000");
    }

    #[test]
    fn a_row_without_end_is_cut_off() {
        let long = "x".repeat(MOST_BYTES + 1);
        assert_eq!(rows(format!("{long}\na").as_bytes(), b',')[0].2, Some(Flaw::TooLong));
        assert_eq!(rows(format!("{long}\na").as_bytes(), b',')[1].1, ["a"]);
        assert_eq!(rows(format!("a,\"{long}\nb").as_bytes(), b',').len(), 1);
        assert_eq!(rows(format!("a,\"{long}\nb").as_bytes(), b',')[0].2, Some(Flaw::Unclosed(1)));
        assert_eq!(rows(",".repeat(MOST_CELLS).as_bytes(), b',')[0].2, Some(Flaw::TooLong));
    }

    proptest! {
        #[test]
        fn what_csv_writes_is_read_alike(
            table in prop::collection::vec(prop::collection::vec("[ -~\n\ré\u{202f}]{0,9}", 3), 1..9),
            delimiter in prop::sample::select(vec![b',', b';', b'\t']),
        ) {
            let mut writer = csv::WriterBuilder::new().delimiter(delimiter).from_writer(Vec::new());
            for row in &table {
                writer.write_record(row).unwrap();
            }
            let text = writer.into_inner().unwrap();
            let read: Vec<_> = rows(&text, delimiter);
            // A blank before a quote is literal text to others and a slip to us.
            let slip = |row: &Vec<String>| row.iter().any(|cell| cell.trim_start().starts_with('"') && !cell.starts_with('"'));
            prop_assert_eq!(read.len(), table.len());
            for ((_, cells, flaw), row) in read.iter().zip(&table) {
                prop_assert!(flaw.is_none() || slip(row));
                // Line ends inside of cells are passed on as they are, but for the line feed of a pair.
                let row: Vec<_> = row.iter().map(|cell| cell.replace("\r\n", "\r")).collect();
                prop_assert_eq!(cells, &row);
            }
        }

        #[test]
        fn any_bytes_are_read(text in prop::collection::vec(any::<u8>(), 0..400)) {
            let read = rows(&text, b';');
            prop_assert!(read.len() <= text.len());
        }
    }
}
