//! Everything that can be wrong with a file of payouts, by rule, and what to do about it.
//!
//! No message repeats what stands in a cell: it may be a number or a name.

mod french;
mod english;

use nzimbu::{Country, Problem};

use super::cell::amount::AmountFault;
use super::cell::phone::PhoneFault;
use super::column::Column;
use crate::lang::Lang;

/// One thing that is wrong.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Trouble {
    Amount(AmountFault),
    /// A card number in a free text.
    Card,
    /// The row has another number of cells than the header.
    CellCount {
        found: usize,
        expected: usize,
    },
    /// The phone is of another country than the row says.
    CountryOfPhone {
        said: Country,
        found: Country,
    },
    /// A second column of one kind.
    ColumnAgain {
        first: usize,
    },
    /// A control character, such as NUL.
    Control,
    /// No country that we know by this name.
    Country,
    /// No currency that we know by this code.
    Currency,
    /// CFA francs, of which there are two.
    CurrencyCfa,
    /// No kind of identity document.
    DocumentKind,
    /// The order of another row, with the same content or with another one.
    Duplicate {
        first: u32,
        content: Content,
    },
    /// The recipient and the amount of another row; to be acknowledged.
    DuplicateRecipient {
        first: u32,
    },
    /// A formula of a spreadsheet.
    Formula,
    /// A gateway that is not among those that can be used.
    Gateway,
    /// A gateway that sends no payouts.
    GatewaySendsNone,
    /// The header seems to stand further down.
    HeaderBelow {
        line: u32,
    },
    /// A column that means nothing to us; a note.
    IgnoredColumn,
    /// An invisible character.
    Invisible,
    /// A line break inside of quotes.
    LineBreak,
    /// UTF-8 that was read as Windows-1252.
    Misread,
    /// None of these columns is there.
    NoColumn {
        alternatives: &'static [Column],
    },
    /// The first row names hardly a column that we know.
    NoHeader,
    /// There are no rows.
    NoRows,
    /// Bytes that are not UTF-8.
    NotUtf8,
    /// The text is not an order id.
    OrderId,
    Phone(PhoneFault),
    /// A rule of the gateway's.
    Provider(Problem),
    /// Text before or after the quotes of a cell.
    Quote,
    /// The text does not do as a reference.
    Reference,
    /// The header again.
    RepeatedHeader,
    /// A character was lost before the file was saved.
    Replaced,
    /// A cell is empty that must not be.
    Required,
    /// A number that the spreadsheet has shortened.
    Scientific,
    /// A cell that holds an error of the spreadsheet's.
    SpreadsheetError,
    /// A cell is too long.
    TooLong {
        most: usize,
    },
    /// The row is too long.
    RowTooLong,
    /// The file has more rows than may be paid in one batch.
    TooManyRows {
        most: u32,
    },
    /// A sum at the bottom.
    TotalsRow,
    /// A quote that is never closed.
    Unclosed,
}

/// Whether two rows of one order say the same.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Content {
    Other,
    Same,
}

/// How much a trouble weighs.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Severity {
    /// Nothing to do.
    Note,
    /// To be acknowledged.
    Warning,
    /// Nothing is sent as long as it is there.
    Error,
}

impl Severity {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl Trouble {
    /// The broken rule by a stable short name, the same in every language.
    pub(crate) fn rule(&self) -> &'static str {
        match self {
            Self::Amount(fault) => match fault {
                AmountFault::Ambiguous => "ambiguous",
                AmountFault::Decimals(_) => "decimals",
                AmountFault::Form => "format",
                AmountFault::Grouping => "grouping",
                AmountFault::LeadingZero => "leading_zero",
                AmountFault::Negative => "negative",
                AmountFault::Range => "maximum",
                AmountFault::Scientific => "scientific",
            },
            Self::Card => "card_number",
            Self::CellCount { .. } => "cell_count",
            Self::ColumnAgain { .. } => "duplicate_column",
            Self::Control => "control_character",
            Self::Country | Self::Currency | Self::DocumentKind | Self::Gateway | Self::GatewaySendsNone => {
                "supported"
            }
            Self::CountryOfPhone { .. } => "country_of_phone",
            Self::CurrencyCfa => "ambiguous",
            Self::Duplicate { content: Content::Same, .. } => "duplicate_row",
            Self::Duplicate { content: Content::Other, .. } => "reference_reuse",
            Self::DuplicateRecipient { .. } => "duplicate_recipient",
            Self::Formula => "formula",
            Self::HeaderBelow { .. } => "header_position",
            Self::IgnoredColumn => "ignored_column",
            Self::Invisible => "invisible_character",
            Self::LineBreak => "line_break",
            Self::Misread | Self::NotUtf8 | Self::Replaced => "encoding",
            Self::NoColumn { .. } => "required_column",
            Self::NoHeader => "no_header",
            Self::NoRows => "no_rows",
            Self::OrderId | Self::Reference => "format",
            Self::Phone(fault) => match fault {
                PhoneFault::Decimals => "decimals",
                PhoneFault::Formula => "formula",
                PhoneFault::LostZero(_) => "lost_zero",
                PhoneFault::Negative => "negative",
                PhoneFault::Plan(_) => "phone",
                PhoneFault::Scientific => "scientific",
                PhoneFault::Several => "one_number",
            },
            Self::Provider(problem) => problem.fault.rule(),
            Self::Quote => "quote",
            Self::RepeatedHeader => "repeated_header",
            Self::Required => "required",
            Self::RowTooLong | Self::TooLong { .. } => "max_length",
            Self::Scientific => "scientific",
            Self::SpreadsheetError => "spreadsheet_error",
            Self::TooManyRows { .. } => "too_many_rows",
            Self::TotalsRow => "totals_row",
            Self::Unclosed => "unclosed_quote",
        }
    }

    /// How much it weighs.
    pub(crate) const fn severity(&self) -> Severity {
        match self {
            Self::DuplicateRecipient { .. } => Severity::Warning,
            Self::IgnoredColumn => Severity::Note,
            _ => Severity::Error,
        }
    }

    /// The rule and the remedy, without the field.
    pub(crate) fn message(&self, lang: Lang) -> String {
        match lang {
            Lang::En => english::message(self),
            Lang::Fr => french::message(self),
        }
    }
}

/// The names of columns, as a header may have them.
fn alternatives(columns: &[Column], or: &str) -> String {
    columns.iter().map(|column| column.name()).collect::<Vec<_>>().join(or)
}

/// The names of some columns in other spellings.
fn spellings(columns: &[Column]) -> String {
    let all = columns.iter().flat_map(|column| column.headers().iter().take(4));
    all.copied().collect::<Vec<_>>().join(", ")
}
