//! The messages in English.

use nzimbu::{PhoneError, PhoneErrorKind};

use super::{Content, Trouble, alternatives, spellings};
use crate::batch::cell::amount::AmountFault;
use crate::batch::cell::phone::PhoneFault;

pub(super) fn message(trouble: &Trouble) -> String {
    let text = match trouble {
        Trouble::Amount(fault) => return amount(fault),
        Trouble::Card => "holds what looks like a card number: remove it, no payout needs one",
        Trouble::CellCount { found, expected } => {
            return format!(
                "the row has {found} cells where the header has {expected}: put quotes around a cell that holds the \
                 separator, as in \"1000,50\""
            );
        }
        Trouble::CountryOfPhone { said, found } => {
            return format!("is a number of {found}, but the row says {said}: correct one of the two");
        }
        Trouble::ColumnAgain { first } => {
            return format!("means the same as column {first}: remove or rename one of the two");
        }
        Trouble::Control => "holds an invisible control character: type the cell anew",
        Trouble::Country => "is no country that we know by this name: write its two letters, as in CI",
        Trouble::Currency => "is no currency of the gateways: write its three letters, as in XOF",
        Trouble::CurrencyCfa => "may be either CFA franc: write XOF (West Africa) or XAF (Central Africa)",
        Trouble::DocumentKind => "must be passport, national_id or driving_licence",
        Trouble::Duplicate { first, content: Content::Same } => {
            return format!("is the same payout as on line {first}: remove one of the two");
        }
        Trouble::Duplicate { first, content: Content::Other } => {
            return format!(
                "is the reference of another payout on line {first}: give every payout a reference of its own"
            );
        }
        Trouble::DuplicateRecipient { first } => {
            return format!(
                "the same recipient gets the same amount as on line {first}: remove one, or accept with \
                 --accept-duplicate-recipients"
            );
        }
        Trouble::Formula => "is a formula: replace it by its value (copy, paste special, values)",
        Trouble::Gateway => {
            "is no gateway that can be used here: write cinetpay or bitlipa, or leave the cell empty"
        }
        Trouble::GatewaySendsNone => "this gateway's documents offer no payouts: use another gateway",
        Trouble::HeaderBelow { line } => {
            return format!("the header seems to be on line {line}: remove the lines above it");
        }
        Trouble::IgnoredColumn => "is not read: no field of a payout has this name",
        Trouble::Invisible => {
            "holds an invisible character, as copied from a contact or a web page: type the cell anew"
        }
        Trouble::LineBreak => "holds a line break: remove it, or close the quotes that begin the cell",
        Trouble::Misread => {
            "has letters that were garbled (Ã© for é): save the original again as \"CSV UTF-8\""
        }
        Trouble::NoColumn { alternatives: columns } => {
            return format!(
                "there is no column {}: name one in the first row; understood are {}",
                alternatives(columns, " or "),
                spellings(columns)
            );
        }
        Trouble::NoHeader => {
            "the first row is no header: begin the file with names of columns, such as reference;amount;currency;phone"
        }
        Trouble::NoRows => "there is no payout below the header: add the rows, or save the right sheet",
        Trouble::NotUtf8 => {
            "is not UTF-8: save the file as \"CSV UTF-8\", or say --encoding windows-1252 if Excel on Windows wrote it"
        }
        Trouble::OrderId => "must be 1 to 30 of A-Z, 0-9 and -, not beginning with -",
        Trouble::Phone(fault) => return phone(*fault),
        Trouble::Provider(problem) => return problem.fault.to_string(),
        Trouble::Quote => {
            "has text outside of its quotes: quote the whole cell or nothing, and double quotes inside"
        }
        Trouble::Reference => {
            "must be 1 to 64 letters without accents, digits, blanks and signs, the same for ever"
        }
        Trouble::RepeatedHeader => "the row repeats the header: remove it",
        Trouble::Replaced => {
            "lost a character when it was saved (\u{fffd}): correct it and save as \"CSV UTF-8\""
        }
        Trouble::Required => "is required: fill the cell",
        Trouble::RowTooLong => {
            "the row is longer than any row of payouts: look for a quote that is not closed"
        }
        Trouble::Scientific => {
            "was shortened by the spreadsheet (1.2E+11), its digits are lost: format the column as text and enter it again"
        }
        Trouble::SpreadsheetError => "is an error of the spreadsheet's: correct the cell before you save",
        Trouble::TooLong { most } => return format!("has more than {most} bytes: shorten it"),
        Trouble::TooManyRows { most } => return format!("the file has more than {most} rows: split it"),
        Trouble::TotalsRow => "the row is a total, not a payout: remove it",
        Trouble::Unclosed => "opens a quote that is never closed: close it",
    };
    text.to_owned()
}

fn amount(fault: &AmountFault) -> String {
    let text = match fault {
        AmountFault::Ambiguous => {
            "can be read as decimals or as thousands: write it without separators, or say --decimal-mark comma or point"
        }
        AmountFault::Decimals(currency) => {
            return match currency.exponent() {
                0 => format!("{currency} has no decimals: round it to a whole number"),
                most => format!("{currency} has {most} decimals: round it"),
            };
        }
        AmountFault::Form => {
            "must be a number alone, such as 2500 or 12.50: leave out currency, letters and signs"
        }
        AmountFault::Grouping => {
            "has separators in unusual places: write it without separators, such as 2500"
        }
        AmountFault::LeadingZero => {
            "begins with a zero like a phone number or a code: check that it is the amount"
        }
        AmountFault::Negative => "must not be negative: payouts only send money",
        AmountFault::Range => "is beyond 9223372036854775807 minor units: lower it",
        AmountFault::Scientific => {
            "was shortened by the spreadsheet (1E+06): format the column as a number without decimals and save again"
        }
    };
    text.to_owned()
}

fn phone(fault: PhoneFault) -> String {
    let text = match fault {
        PhoneFault::Decimals => "has a decimal point, as a program writes numbers: format the column as text",
        PhoneFault::Formula => "is a formula or has letters: write the number alone, as in +225…",
        PhoneFault::LostZero(country) => {
            return format!(
                "lacks a digit; numbers of {country} may begin with the zero that spreadsheets drop: format the column \
                 as text and write all digits"
            );
        }
        PhoneFault::Negative => "begins with a minus sign: write +, the country code and the number",
        PhoneFault::Plan(PhoneErrorKind::OldPlan { country, since, .. }) => {
            return format!(
                "numbers of {country} changed on {since} and this is an old one: write today's number in full"
            );
        }
        PhoneFault::Plan(kind) => return PhoneError::from(kind).to_string(),
        PhoneFault::Scientific => {
            "was shortened by the spreadsheet (2.25E+12), its digits are lost: format the column as text and enter it again"
        }
        PhoneFault::Several => "holds more than one number: write one",
    };
    text.to_owned()
}
